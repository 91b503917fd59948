//! Who may ask a node what: accounts, tokens, roles, the log of writes, TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod runner;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use asking::{account, ask, configure, get};
use runner::{Served, chain_with_known_keys, command, folder, is, path, run};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::Value;

/// The lines of a node's log of writes.
fn journal(dir: &str) -> Vec<Value> {
    let text = fs::read_to_string(format!("{dir}/journal/writes.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

// Goal: each role may do what it should, with and without a token, and nothing else. Method: every pair of a role
// and a kind of request, where programs on this machine need a token.
#[test]
fn roles() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    configure(&dir, "open_loopback = true", "open_loopback = false");
    let tokens: Vec<String> = ["reader", "writer", "admin"].iter().map(|role| account(&dir, role, role)).collect();
    let node = Served::start(&dir);
    let with = |method: &str, target: &str, token: Option<&str>| {
        let headers: Vec<(&str, &str)> = token.map(|token| ("Authorization", token)).into_iter().collect();
        ask(&node, method, target, &headers, b"nothing")
    };
    for target in ["/v1/organisations", "/metrics", "/v1/trace/(00)095210010000000017"] {
        let refused = with("GET", target, None);
        refused.is_problem(401, "API-TOKEN");
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"suyuan\"");
        with("GET", target, Some("Bearer suyuan_0")).is_problem(401, "API-TOKEN_UNKNOWN");
        with("GET", target, Some("Basic YTpi")).is_problem(401, "API-TOKEN_UNKNOWN");
        tokens.iter().for_each(|token| assert!([200, 404].contains(&with("GET", target, Some(token)).status)));
    }
    let lower = tokens[0].replace("Bearer", "bearer");
    assert_eq!(with("GET", "/v1/organisations", Some(&lower)).status, 200);
    with("POST", "/v1/records", None).is_problem(401, "API-TOKEN");
    with("POST", "/v1/records", Some(&tokens[0])).is_problem(403, "API-ROLE");
    with("POST", "/v1/records", Some(&tokens[1])).is_problem(400, "API-BODY");
    with("POST", "/v1/records", Some(&tokens[2])).is_problem(400, "API-BODY");
    // What says nothing of the ledger is open.
    for target in ["/health", "/ready", "/docs/", "/v1/openapi.json"] {
        assert_eq!(with("GET", target, None).status, 200, "{target}");
    }
    // Every write is in the log, refused ones too, and says by whom.
    let said: Vec<(Value, Value, Value)> = journal(&dir)
        .into_iter()
        .map(|entry| (entry["account"].clone(), entry["status"].clone(), entry["code"].clone()))
        .collect();
    let entry = |account: Option<&str>, status: u16, code: &str| (account.into(), status.into(), code.into());
    let expected = [
        entry(None, 401, "API-TOKEN"),
        entry(Some("reader"), 403, "API-ROLE"),
        entry(Some("writer"), 400, "API-BODY"),
        entry(Some("admin"), 400, "API-BODY"),
    ];
    assert_eq!(said, expected);
    assert!(
        tokens
            .iter()
            .all(|token| !fs::read_to_string(format!("{dir}/journal/writes.ndjson")).unwrap().contains(&token[7..]))
    );
}

// Goal: an account that is made or revoked while the node runs counts at once, nearly. Method: the commands.
#[test]
fn revoked() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    configure(&dir, "open_loopback = true", "open_loopback = false");
    let node = Served::start(&dir);
    let token = account(&dir, "app", "reader");
    let status = || ask(&node, "GET", "/v1/organisations", &[("Authorization", &token)], b"").status;
    let becomes = |wanted: u16| {
        let begun = Instant::now();
        while status() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(10), "{wanted}");
            sleep(Duration::from_millis(100));
        }
    };
    becomes(200);
    let token_text = token.strip_prefix("Bearer ").unwrap();
    is(&run(&["org", "list", "--url", &node.url, "--token", token_text]), 0, "urn:lei:");
    is(&run(&["org", "list", "--url", &node.url]), 3, "API-TOKEN");
    is(&run(&["node", "account", "list", "--dir", &dir]), 0, "app  reader");
    is(&run(&["node", "account", "revoke", "app", "--dir", &dir]), 0, "revoked app");
    is(&run(&["node", "account", "revoke", "app", "--dir", &dir]), 3, "NODE-ACCOUNT_UNKNOWN");
    is(&run(&["node", "account", "add", "a b", "--role", "reader", "--dir", &dir]), 2, "NODE-OPTION");
    is(&run(&["node", "account", "add", "ab", "--role", "king", "--dir", &dir]), 2, "reader, writer, admin");
    becomes(401);
    let listed = run(&["node", "account", "list", "--dir", &dir, "--json"]).json();
    assert!(listed["accounts"][0]["revoked"].is_i64(), "{listed}");
}

// Goal: where programs on this machine need no token, a page in a browser does, and so does a name that leads here.
// Method: what a browser sends.
#[test]
fn browsers() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let node = Served::start(&dir);
    for header in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")] {
        ask(&node, "POST", "/v1/records", &[header], b"x").is_problem(403, "API-LOCAL_ONLY");
        assert_eq!(ask(&node, "GET", "/v1/organisations", &[header], b"").status, 200);
    }
    ask(&node, "GET", "/v1/organisations", &[("Host", "evil.example:8480")], b"").is_problem(403, "API-LOCAL_ONLY");
    for host in ["localhost", "127.0.0.1:8480", "[::1]:8480", "node"] {
        assert_eq!(ask(&node, "GET", "/v1/organisations", &[("Host", host)], b"").status, 200, "{host}");
    }
    let token = account(&dir, "page", "writer");
    sleep(Duration::from_millis(1_200));
    let headers = [("Origin", "https://app.example"), ("Authorization", token.as_str()), ("Host", "node.example")];
    ask(&node, "POST", "/v1/records", &headers, b"x").is_problem(400, "API-BODY");
}

// Goal: reads can be opened to all, writes not. Method: the configuration, with nothing open for this machine.
#[test]
fn public_reads() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    configure(&dir, "open_loopback = true", "open_loopback = false");
    configure(&dir, "public_reads = false", "public_reads = true");
    let node = Served::start(&dir);
    assert_eq!(ask(&node, "GET", "/v1/organisations", &[("Host", "node.example")], b"").status, 200);
    ask(&node, "POST", "/v1/records", &[], b"x").is_problem(401, "API-TOKEN");
}

// Goal: a node does not listen in the open without TLS. Method: the configuration and the option.
#[test]
fn plain_http() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    is(&run(&["node", "run", "--dir", &dir, "--listen", "0.0.0.0:0", "--insecure"]), 3, "NODE-PLAIN_HTTP");
    configure(&dir, "127.0.0.1:8480", "0.0.0.0:0");
    is(&run(&["node", "run", "--dir", &dir, "--insecure"]), 3, "NODE-PLAIN_HTTP");
}

/// Writes a new certificate for `localhost` into a data directory; gives it.
fn certificate(dir: &str) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::create_dir_all(format!("{dir}/tls")).unwrap();
    fs::write(format!("{dir}/tls/certificate.pem"), made.cert.pem()).unwrap();
    fs::write(format!("{dir}/tls/key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// Asks by TLS, trusting this certificate alone.
fn ask_tls(port: &str, trusted: &CertificateDer<'static>) -> std::io::Result<asking::Answer> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = Arc::new(client.with_root_certificates(roots).with_no_client_auth());
    let mut connection = ClientConnection::new(client, ServerName::try_from("localhost").unwrap()).unwrap();
    let mut socket = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    stream.write_all(&asking::request("GET", "/v1/organisations", &[], b""))?;
    Ok(asking::read(&mut stream))
}

// Goal: a node with a certificate is asked by TLS and in no other way, and takes a new certificate without being
// stopped. Method: a certificate made here, then another, and the signal.
#[test]
fn tls() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let name = format!("{dir}/config.toml");
    let text = fs::read_to_string(&name).unwrap();
    let tables = "\n[tls]\ncertificate = \"tls/certificate.pem\"\nkey = \"tls/key.pem\"\n";
    fs::write(&name, [text.as_str(), tables].concat()).unwrap();
    let run_node = ["node", "run", "--dir", &dir, "--listen", "127.0.0.1:0", "--insecure"];
    is(&run(&run_node), 3, "certificate.pem");
    let first = certificate(&dir);
    let key = fs::read(format!("{dir}/tls/key.pem")).unwrap();
    fs::write(format!("{dir}/tls/key.pem"), "no key").unwrap();
    is(&run(&run_node), 3, "NODE-CERTIFICATE");
    fs::write(format!("{dir}/tls/key.pem"), key).unwrap();

    let mut node = command().args(run_node).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(node.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("https://")).expect(&line).to_owned();
    let port = url.rsplit(':').next().unwrap();
    let asked = ask_tls(port, &first);
    let mut plain = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    plain.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut said = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain, &mut said);
    let second = certificate(&dir);
    let told = std::process::Command::new("sh").args(["-c", "kill -HUP \"$0\"", &node.id().to_string()]).status();
    let begun = Instant::now();
    let mut renewed = ask_tls(port, &second);
    while renewed.is_err() && begun.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(100));
        renewed = ask_tls(port, &second);
    }
    let old = ask_tls(port, &first);
    node.kill().unwrap();
    node.wait().unwrap();
    assert_eq!(asked.unwrap().status, 200);
    assert!(!String::from_utf8_lossy(&said).starts_with("HTTP/1.1 200"), "plain HTTP was answered");
    assert!(told.unwrap().success());
    assert_eq!(renewed.unwrap().status, 200);
    assert!(old.is_err(), "the old certificate is still used");
}

// Goal: what the node is told on its configuration is said with its line. Method: a slip.
#[test]
fn configuration() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    configure(&dir, "requests_max = 128", "requests_maximum = 128");
    is(&run(&["node", "run", "--dir", &dir, "--insecure"]), 3, "NODE-CONFIGURATION");
    assert!(path(&work, "data").ends_with("data"));
    configure(&dir, "requests_maximum = 128", "requests_max = 128");
    let node = Served::start(&dir);
    assert_eq!(get(&node, "/ready").json()["status"], "ready");
}
