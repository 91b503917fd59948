//! The ledger's commands as users run them: what they print, how they end, and what they survive.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod http;
mod runner;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use runner::{Run, Served, command, document, event, finish, folder, is, path, run};
use serde_json::Value;
use suyuan_epcis::time::{Rounding, Stamp};
use suyuan_node::clock::now_ms;

/// Hashes and random ids replaced, so that texts can be compared.
fn stable(text: &str) -> String {
    let is_hex = |word: &str, length| word.len() == length && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let word = |word: &str| {
        let bare = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        if is_hex(bare, 64) { word.replace(bare, "HASH") } else { word.to_owned() }
    };
    text.split(' ').map(|part| part.split('\n').map(word).collect::<Vec<_>>().join("\n")).collect::<Vec<_>>().join(" ")
}

// Goal: the way of one user from a document to a proof. Method: capture a sample twice, trace, prove, verify,
// query, export; what people read is compared word for word.
#[test]
fn from_document_to_proof() {
    let work = folder(&[]);
    let (dir, proof) = (path(&work, "data"), path(&work, "proof"));
    let first = run(&["capture", "docs/samples/distributor.ndjson", "--dir", &dir]);
    is(&first, 0, "NODE-NEW_CHAIN");
    let expected = "  docs/samples/distributor.ndjson event 0: LEDGER-FLAG_0 LEDGER-FLAG_9
  docs/samples/distributor.ndjson event 1: LEDGER-FLAG_0 LEDGER-FLAG_2 LEDGER-FLAG_9
  docs/samples/distributor.ndjson event 2: LEDGER-FLAG_0 LEDGER-FLAG_2 LEDGER-FLAG_9
  height 1  HASH  3 events
  LEDGER-FLAG_0 × 3: a prefix is bound to nobody
  LEDGER-FLAG_2 × 2: named without ever having been commissioned here
  LEDGER-FLAG_9 × 3: captured later than the limit
accepted 3, duplicates 0, refused 0, flagged 3
";
    assert_eq!(stable(&first.stdout), expected);
    let again = run(&["capture", "docs/samples/distributor.ndjson", "--dir", &dir, "--json"]).json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&Value::from(0), &Value::from(3)));
    let unit = "(00)095210010000000017";
    let traced = run(&["trace", unit, "--history", "--dir", &dir, "--proof", &proof, "--json"]);
    assert_eq!(traced.code, 0, "{}", traced.stderr);
    let genesis = path(&work, "data/genesis.json");
    let verified = run(&["verify", &proof, "--trust", &genesis, "--json"]).json();
    assert_eq!(
        verified["trace"]["events"].as_array().unwrap().len(),
        traced.json()["events"].as_array().unwrap().len()
    );
    let mut bytes = fs::read(&proof).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&proof, bytes).unwrap();
    is(&run(&["verify", &proof, "--trust", &genesis]), 1, "PROOF-");
    is(&run(&["trace", "(00)095210010000000024", "--dir", &dir]), 1, "NODE-NOT_RECORDED");
    is(&run(&["trace", "(00)095210010000000018", "--dir", &dir]), 1, "help: ");
    assert_eq!(run(&["export", "--dir", &dir]).stdout.lines().count(), 3);
    is(&run(&["fsck", "--dir", &dir]), 0, "4 blocks, 6 events, 0 erased, 0 differences");
    let found =
        run(&["query", "eventType=ObjectEvent MATCH_anyEPC=https://id.gs1.org/00/095210010000000017", "--dir", &dir]);
    let listed = found.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().unwrap().len();
    let limited = run(&["query", "orderBy=recordTime eventCountLimit=1", "--ndjson", "--dir", &dir]);
    assert_eq!((listed > 0, limited.stdout.lines().count()), (true, 1));
    is(&run(&["query", "EQ_nothing=1", "--dir", &dir]), 2, "EPCIS-QUERY_UNKNOWN_PARAMETER");
}

// Goal: a bad event never loses a good one, unless that is asked for. Method: three events, the second without
// an action; a document that breaks off; the same with --rollback.
#[test]
fn bad_beside_good() {
    let bad = event(2, "").replace("OBSERVE", "LOOK");
    let text = document(&[event(1, ""), bad, event(3, "")]);
    let cut = text.split_at(text.len() - 40).0.to_owned();
    let work = folder(&[("bad.json", &text), ("cut.json", &cut)]);
    let dir = path(&work, "data");
    let refused = run(&["capture", &path(&work, "bad.json"), "--dir", &dir, "--rollback"]);
    is(&refused, 1, "NODE-ROLLED_BACK");
    assert_eq!(run(&["export", "--dir", &dir]).stdout, "");
    let captured = run(&["capture", &path(&work, "bad.json"), "--dir", &dir, "--json"]);
    let said = captured.json();
    assert_eq!((captured.code, &said["accepted"], &said["refused"]), (1, &Value::from(2), &Value::from(1)));
    let problem = &said["problems"][0];
    assert_eq!((&problem["code"], &problem["event"]), (&Value::from("EPCIS-BAD_ACTION"), &Value::from(1)));
    assert_eq!(problem["pointer"], "/epcisBody/eventList/1/action");
    let captured =
        run(&["capture", &path(&work, "cut.json"), path(&work, "none.json").as_str(), "--dir", &dir, "--json"]);
    assert_eq!((captured.code, &captured.json()["unreadable"]), (3, &Value::from(2)));
}

// Goal: numbers that floats can't hold are kept to the digit. Method: capture and export.
#[test]
fn numbers_are_kept() {
    let members = r#","quantityList":[{"epcClass":"https://id.gs1.org/01/09521001001014/10/A","quantity":12.50,"uom":"KGM"}],"ex:serial":9007199254740993"#;
    let work = folder(&[("numbers.json", &document(&[event(1, members)]))]);
    let dir = path(&work, "data");
    assert_eq!(run(&["capture", &path(&work, "numbers.json"), "--dir", &dir]).code, 0);
    let exported = run(&["export", "--dir", &dir]).stdout;
    assert!(exported.contains(r#""quantity":12.50,"#) && exported.contains(":9007199254740993}"), "{exported}");
}

// Goal: a directory that can't be used is refused with a reason, and nothing is harmed. Method: a path under a
// file, a newer FORMAT, a wrong line in config.toml, another genesis.
#[test]
fn unusable_directories() {
    let work = folder(&[("file", "x"), ("one.json", &document(&[event(1, "")]))]);
    let (one, dir) = (path(&work, "one.json"), path(&work, "data"));
    is(&run(&["capture", &one, "--dir", &path(&work, "file/below")]), 3, "NODE-DIRECTORY");
    assert_eq!(run(&["capture", &one, "--dir", &dir]).code, 0);
    let format = fs::read(path(&work, "data/FORMAT")).unwrap();
    fs::write(path(&work, "data/FORMAT"), "suyuan 99\n").unwrap();
    is(&run(&["export", "--dir", &dir]), 3, "has format 99");
    fs::write(path(&work, "data/FORMAT"), format).unwrap();
    let configuration = fs::read_to_string(path(&work, "data/config.toml")).unwrap();
    fs::write(path(&work, "data/config.toml"), configuration.replace("listen", "lisen")).unwrap();
    is(&run(&["export", "--dir", &dir]), 3, "NODE-CONFIGURATION");
    fs::write(path(&work, "data/config.toml"), configuration).unwrap();
    let genesis = fs::read_to_string(path(&work, "data/genesis.json")).unwrap();
    fs::write(path(&work, "data/genesis.json"), genesis.replace("One organisation", "Two")).unwrap();
    is(&run(&["export", "--dir", &dir]), 3, "NODE-UNFINISHED");
}

/// A command with this passphrase.
fn with_passphrase(passphrase: &str, arguments: &[&str]) -> Run {
    let mut command = command();
    command.args(arguments).env("SUYUAN_PASSPHRASE", passphrase);
    finish(command, b"")
}

// Goal: keys are encrypted under a passphrase, and without it nothing is signed. Method: init, capture with the
// right passphrase, a wrong one, none.
#[test]
fn passphrases() {
    let work = folder(&[("one.json", &document(&[event(1, "")]))]);
    let (one, dir) = (path(&work, "one.json"), path(&work, "data"));
    is(&with_passphrase("right", &["node", "init", "--dir", &dir]), 0, "its keys are encrypted");
    is(&with_passphrase("right", &["node", "init", "--dir", &dir]), 3, "NODE-EXISTS");
    is(&with_passphrase("wrong", &["capture", &one, "--dir", &dir]), 3, "KEY-WRONG_PASSPHRASE");
    is(&run(&["capture", &one, "--dir", &dir]), 3, "KEY-NO_PASSPHRASE");
    is(&with_passphrase("right", &["capture", &one, "--dir", &dir]), 0, "accepted 1");
}

// Goal: organisations' records work from the shell, and a revoked key records nothing more. Method: admit a new
// key and capture with it, revoke it and capture again; bind a prefix and see its flag go.
#[test]
fn organisations() {
    let (first, second) = (document(&[event(1, "")]), document(&[event(2, "")]));
    let work = folder(&[("1.json", &first), ("2.json", &second), ("3.json", &document(&[event(3, "")]))]);
    let (dir, key, owner) = (path(&work, "data"), path(&work, "new.key"), "urn:lei:999900DEMOTH00000178");
    is(&run(&["node", "init", "--dir", &dir, "--insecure", "--organisation", owner]), 0, owner);
    let made = run(&["keygen", "--output", &key, "--organisation", owner, "--insecure", "--json"]).json();
    let capture = |file: &str| run(&["capture", &path(&work, file), "--dir", &dir, "--key", &key]);
    is(&capture("1.json"), 1, "NODE-KEY_UNKNOWN");
    is(&run(&["org", "admit", &key, "--dir", &dir]), 0, "recorded at height");
    is(&capture("1.json"), 0, "LEDGER-FLAG_0");
    is(&run(&["org", "bind", "prefix:9521001", owner, "--dir", &dir]), 0, "recorded at height");
    let bound = capture("2.json");
    assert_eq!((bound.code, bound.stdout.contains("LEDGER-FLAG_0")), (0, false), "{}", bound.stdout);
    let id = made["key"].as_str().unwrap();
    is(&run(&["org", "revoke", id, "--dir", &dir]), 0, "recorded at height");
    is(&capture("3.json"), 1, "LEDGER-202");
    is(&run(&["org", "list", "--dir", &dir]), 0, &format!("device {id} revoked"));
}

// Goal: a genesis is made of organisations and keys, and checked. Method: make one, check it, spoil it.
#[test]
fn genesis() {
    let organisations = r#"[{"uri":"urn:lei:999900DEMOTH00000178","name":"A","role":"operator"}]"#;
    let work = folder(&[("organisations.json", organisations)]);
    let (key, genesis) = (path(&work, "root.key"), path(&work, "genesis.json"));
    let owner = "urn:lei:999900DEMOTH00000178";
    assert_eq!(run(&["keygen", "--output", &key, "--organisation", owner, "--role", "root", "--insecure"]).code, 0);
    is(&run(&["keygen", "--output", &key, "--organisation", owner, "--insecure"]), 3, "NODE-EXISTS");
    let list = path(&work, "organisations.json");
    let new = ["genesis", "new", "--network", "n", "--organisations", &list, "--key", &key, "--validator", &key];
    let made = run(&[new.as_slice(), &["--output", &genesis, "--json"]].concat()).json();
    let checked = run(&["genesis", "check", &genesis, "--json"]).json();
    assert_eq!(made, checked);
    let text = fs::read_to_string(&genesis).unwrap();
    fs::write(&genesis, text.replace("999900DEMOTH00000178", "999900DEMOTH00000179")).unwrap();
    assert_eq!(run(&["genesis", "check", &genesis]).code, 1);
    fs::write(&genesis, text.replace("true", "false")).unwrap();
    is(&run(&["genesis", "check", &genesis]), 1, "GENESIS-NOT_PILOT");
}

// Goal: a node serves what it holds, alone on its directory, and ends well. Method: capture by HTTP as a document
// and as signed records, trace with proof, ask wrongly, use its directory from another process, stop it.
#[test]
fn a_node_serves() {
    let first = document(&[event(1, "")]);
    let work = folder(&[("2.json", &document(&[event(2, "")]))]);
    let (dir, proof) = (path(&work, "data"), path(&work, "proof"));
    assert_eq!(run(&["node", "init", "--dir", &dir, "--insecure"]).code, 0);
    let node = Served::start(&dir);
    let url = node.url.clone();
    let port = url.strip_prefix("http://").unwrap();
    let other = path(&work, "other");
    assert_eq!(run(&["node", "init", "--dir", &other, "--insecure"]).code, 0);
    is(&run(&["node", "run", "--dir", &other, "--listen", port]), 3, "NODE-PORT");
    is(&run(&["export", "--dir", &dir]), 3, "in use by another process");
    assert!(node.ask("GET /health", b"").contains("\"status\":\"ok\""));
    let captured = http::capture(&url, first.as_bytes(), &[]);
    assert_eq!(
        (&captured["success"], &captured["suyuan:recorded"]),
        (&Value::from(true), &Value::from(1)),
        "{captured}"
    );
    let refused = node.ask("POST /epcis/capture", b"{}");
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let garbage = node.ask("POST /v1/records", b"garbage");
    assert!(garbage.starts_with("HTTP/1.1 400") && garbage.contains("API-BODY"), "{garbage}");
    assert!(node.ask("GET /v1/lanes/00", b"").contains("API-PARAMETER"));
    assert!(node.ask("GET /nothing", b"").starts_with("HTTP/1.1 404"));
    let key = path(&work, "data/keys/device.key");
    let sent = run(&["capture", &path(&work, "2.json"), "--url", &url, "--key", &key, "--insecure", "--json"]);
    assert_eq!((sent.code, &sent.json()["accepted"]), (0, &Value::from(1)), "{}", sent.stderr);
    let subject = "urn:epc:id:sscc:9521001.0000000001";
    let traced = run(&["trace", subject, "--history", "--url", &url, "--proof", &proof, "--json"]);
    assert_eq!(traced.json()["events"].as_array().unwrap().len(), 2);
    is(&run(&["trace", subject, "--history", "--url", &url]), 0, "2 events");
    is(&run(&["trace", "(00)095210010000000024", "--url", &url]), 1, "NODE-NOT_RECORDED");
    is(&run(&["verify", &proof, "--trust", &path(&work, "data/genesis.json")]), 0, "nothing is missing");
    assert!(node.ask("GET /v1/checkpoint", b"").contains("\"state\""));
    assert_eq!(node.stop(), 0);
    assert_eq!(run(&["export", "--dir", &dir]).stdout.lines().count(), 2);
    is(&run(&["trace", subject, "--url", &url]), 3, "NODE-UNREACHABLE");
}

/// Reads one request of a connection: its head and body.
fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

// Goal: what was signed and sent, but not answered, is sent again byte for byte. Method: a server that drops the
// connection after each submission; the command is run twice; the second time without the document.
#[test]
fn sends_the_same_bytes_again() {
    let work = folder(&[("one.json", &document(&[event(1, "")])), ("empty.json", &document(&[]))]);
    let key = path(&work, "device.key");
    let owner = "urn:lei:999900DEMOTH00000178";
    assert_eq!(run(&["keygen", "--output", &key, "--organisation", owner, "--insecure"]).code, 0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut sent: Vec<Vec<u8>> = Vec::new();
        while sent.len() < 2 {
            let (mut stream, _) = listener.accept().unwrap();
            let (head, body) = request(&mut stream);
            if head.starts_with("POST /v1/records") {
                sent.push(body);
                continue;
            }
            let zeros = "0".repeat(64);
            let station = format!(
                r#"{{"next":0,"previous":"{zeros}","chain":"{zeros}","organisation":1,"uri":"x","clock_tolerance_ms":0}}"#
            );
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", station.len());
            stream.write_all(&[head, station].concat().into_bytes()).unwrap();
        }
        sent
    });
    for document in ["one.json", "empty.json"] {
        let captured = run(&["capture", &path(&work, document), "--url", &url, "--key", &key, "--insecure"]);
        is(&captured, 3, "NODE-UNREACHABLE");
    }
    let sent = server.join().unwrap();
    assert!(!sent[0].is_empty());
    assert_eq!(sent[0], sent[1]);
}

// Goal: what its profile says of a record is told, in text and JSON, and refuses nothing. Method: shipments that lack
// key data elements, captured at once, two days and two months later; a type that is unknown; an event without profile.
#[test]
fn profiles() {
    let written = |number: u32, record_type: &str, days_ago: i64| {
        let seconds = now_ms() / 1_000 - days_ago * 86_400 - 60;
        let time = Stamp { seconds, nanoseconds: 0 }.to_utc_milliseconds(Rounding::HalfUp).unwrap();
        let members = format!(
            r#","@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"bizStep":"shipping","disposition":"in_transit","suyuan:productClass":"FOOD","suyuan:vehicle_class":"chilled","suyuan:recordType":"{record_type}""#
        );
        event(number, &members).replace("2026-10-01T08:00:00+08:00", &time)
    };
    let events = [
        written(1, "F7.SHIP", 0),
        written(2, "F7.SHIP", 2),
        written(3, "F7.SHIP", 60),
        written(4, "F99.NONE", 0),
        event(5, ""),
    ];
    let work = folder(&[("records.json", &document(&events))]);
    let (file, dir) = (path(&work, "records.json"), path(&work, "data"));
    let captured = run(&["capture", &file, "--dir", &dir, "--json"]);
    assert_eq!((captured.code, &captured.json()["accepted"]), (0, &Value::from(5)), "{}", captured.stdout);
    let said = captured.json();
    let of = |event: usize| &said["profiles"][event];
    assert_eq!(said["profiles"].as_array().unwrap().len(), 4);
    for (index, timeliness) in [(0, 1_000), (1, 800), (2, 0)] {
        let profile = of(index);
        assert_eq!((&profile["record_type"], &profile["product_class"]), (&"F7.SHIP".into(), &"FOOD".into()));
        assert_eq!((&profile["event"], &profile["timeliness"]), (&Value::from(index), &Value::from(timeliness)));
        let missing: Vec<&str> = profile["missing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(missing.contains(&"eta") && !missing.contains(&"vehicle_class"), "{missing:?}");
        let complete = profile["completeness"].as_u64().unwrap();
        assert!((1..1_000).contains(&complete), "{complete}");
        let codes = profile["codes"].as_array().unwrap();
        assert_eq!(codes.contains(&"REC-LATE".into()), timeliness < 1_000, "{codes:?}");
        assert!(codes.contains(&"REC-FIELD_MISSING".into()), "{codes:?}");
    }
    assert_eq!((&of(3)["record_type"], &of(3)["codes"]), (&Value::Null, &Value::from(vec!["REC-UNKNOWN_TYPE"])));
    for (language, words) in [("en", "F7.SHIP FOOD, complete "), ("zh", "按产品类别评估 4")] {
        let dir = path(&work, language);
        let shown = run(&["--lang", language, "capture", &file, "--dir", &dir]);
        is(&shown, 0, words);
        is(&shown, 0, "REC-LATE × 2: ");
    }
}

// Goal: the demo holds what it promises. Method: run it; it checks itself.
#[test]
fn demo() {
    let mut command = command();
    command.args(["demo", "--once"]);
    let shown = finish(command, b"");
    is(&shown, 0, ", 0 do not");
    assert!(!shown.stdout.contains('✗'));
}

// Goal: what can't be written is said with the folder that is missing, before any work. Method: outputs in folders that
// are not there.
#[test]
fn missing_folders() {
    let work = folder(&[("1.json", &document(&[event(1, "")]))]);
    let (one, dir) = (path(&work, "1.json"), path(&work, "data"));
    assert_eq!(run(&["capture", &one, "--dir", &dir]).code, 0);
    let (missing, below) = (path(&work, "missing"), path(&work, "missing/deeper/file"));
    let owner = "urn:lei:999900DEMOTH00000178";
    for arguments in [
        ["trace", "(00)095210010000000017", "--history", "--dir", &dir, "--proof", &below].as_slice(),
        &["keygen", "--organisation", owner, "--insecure", "--output", &below],
        &["epcis", "convert", &one, "--to", "xml", "--output", &below],
        &["export", "--dir", &below],
        &["verify", &below],
    ] {
        let refused = run(arguments);
        is(&refused, 3, "NODE-NO_FOLDER");
        assert!(refused.stderr.contains(&format!("the folder {missing} is missing")), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    assert!(!Path::new(&missing).exists());
}

// Goal: a document that breaks off is told in our words, with place, code and remedy. Method: a document cut at several
// places, in both languages.
#[test]
fn cut_documents() {
    let text = document(&[event(1, ""), event(2, "")]);
    for left in [text.len() - 1, text.len() - 60, 300, 20] {
        for (language, words) in [("en", "breaks off at line 1, column"), ("zh", "列处中断")] {
            let mut command = command();
            command.args(["--lang", language, "epcis", "validate", "-"]);
            let told = finish(command, &text.as_bytes()[..left]);
            is(&told, 1, "EPCIS-JSON_CUT");
            is(&told, 1, words);
            assert!(!told.stdout.contains("EOF") && !told.stderr.contains("EOF"), "{left}");
        }
    }
}

// Goal: a trace can be drawn, whatever its names hold. Method: the graph of a trace has each node and edge of its JSON, and
// quotation marks, backslashes and line ends in names stay within their labels; from a directory and from a node.
#[test]
fn drawn_as_a_graph() {
    let work = folder(&[]);
    let (dir, file) = (path(&work, "data"), path(&work, "trace.dot"));
    assert_eq!(run(&["capture", "docs/samples/infant-formula.jsonld", "--dir", &dir]).code, 0);
    let subject = "(01)09521001001014(10)L20261003A";
    let traced = run(&["trace", subject, "--forward", "--dir", &dir, "--json", "--dot", &file]);
    assert_eq!(traced.code, 0, "{}", traced.stderr);
    let graph = fs::read_to_string(&file).unwrap();
    let trace = traced.json();
    assert!(graph.starts_with("digraph trace {\n") && graph.ends_with("}\n"));
    let (edges, nodes): (Vec<&str>, Vec<&str>) =
        graph.lines().filter(|line| line.contains("[label=")).partition(|line| line.contains(" -> "));
    assert_eq!(edges.len(), trace["edges"].as_array().unwrap().len());
    assert_eq!(nodes.len(), trace["nodes"].as_array().unwrap().len());
    let node = Served::start(&dir);
    assert_eq!(run(&["trace", subject, "--forward", "--url", &node.url, "--dot", &file]).code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), graph);
    assert_eq!(node.stop(), 0);
}
