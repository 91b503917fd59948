//! Asks a node by HTTP, byte by byte where a test needs it, and makes nodes that are configured otherwise.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::runner::{Served, run};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header fields, with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header field; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Asserts that this is a problem of RFC 7807, with this status and code.
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}: {}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["type"], format!("urn:suyuan:code:{code}"), "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    }
}

/// The address of a node without its scheme.
pub fn address(node: &Served) -> &str {
    node.url.strip_prefix("http://").unwrap()
}

/// A connection to a node.
pub fn connect(node: &Served) -> TcpStream {
    let stream = TcpStream::connect(address(node)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Asks once, on a connection of its own.
pub fn ask(node: &Served, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = connect(node);
    stream.write_all(&request(method, path, headers, body)).unwrap();
    read(&mut stream)
}

/// Gets a path.
pub fn get(node: &Served, path: &str) -> Answer {
    ask(node, "GET", path, &[], b"")
}

/// A request as bytes, of a connection that ends with it.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str("Host: localhost\r\n");
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    [head.as_bytes(), b"\r\n", body].concat()
}

/// Reads an answer to the connection's end.
pub fn read(stream: &mut impl Read) -> Answer {
    let mut bytes = Vec::new();
    // A node that refuses a body before it has read it resets the connection behind its answer.
    let ended = stream.read_to_end(&mut bytes);
    parse(&bytes).unwrap_or_else(|| panic!("{ended:?} {}", String::from_utf8_lossy(&bytes)))
}

/// An answer's parts.
pub fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = bytes[end + 4..].to_vec();
    assert_eq!(headers.get("transfer-encoding"), None, "answers are whole");
    Some(Answer { status, headers, body })
}

/// Changes a data directory's configuration.
pub fn configure(dir: &str, from: &str, to: &str) {
    let name = Path::new(dir).join("config.toml");
    let text = fs::read_to_string(&name).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&name, text.replace(from, to)).unwrap();
}

/// Makes an account; gives what has to be sent with a request.
pub fn account(dir: &str, name: &str, role: &str) -> String {
    let made = run(&["node", "account", "add", name, "--role", role, "--dir", dir]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    format!("Bearer {}", made.stdout.trim())
}

/// A figure of `/metrics`.
pub fn figure(node: &Served, name: &str) -> f64 {
    let text = get(node, "/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}
