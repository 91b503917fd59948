//! Asks a node by HTTP, byte for byte as a client does.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A job is given so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Status and code of an error.
    pub fn fault(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The address of the next page.
    pub fn next(&self) -> Option<String> {
        let link = self.headers.iter().find(|(name, _)| name == "link").map(|(_, value)| value.as_str())?;
        let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"next\"").then(|| target.to_owned())
    }
}

/// One request.
pub fn ask(url: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // A node that refuses a body by its head does not read it.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {target}"));
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    Answer { status, headers: lines.filter_map(header).collect(), body: bytes[end + 4..].to_vec() }
}

/// Reads.
pub fn get(url: &str, target: &str) -> Answer {
    ask(url, "GET", target, &[], b"")
}

/// Sends a document, and waits for its job to end.
pub fn capture(url: &str, document: &[u8], headers: &[(&str, &str)]) -> Value {
    let sent = ask(url, "POST", "/epcis/capture", headers, document);
    assert_eq!(sent.status, 202, "{}", sent.text());
    ended(url, sent.header("location"))
}

/// Waits for a job to end.
pub fn ended(url: &str, location: &str) -> Value {
    let start = Instant::now();
    loop {
        let job = get(url, location);
        assert_eq!(job.status, 200, "{}", job.text());
        let job = job.json();
        if job["running"] == false {
            return job;
        }
        assert!(start.elapsed() < PATIENCE, "{job}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The events of a query's answer.
pub fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().unwrap().clone()
}

/// The events of all pages.
pub fn all_events(url: &str, target: &str) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), Some(target.to_owned()));
    while let Some(target) = next {
        let page = get(url, &target);
        found.extend(events(&page));
        next = page.next();
    }
    found
}

/// A text as it stands in an address.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// `name=value&…`, values escaped.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    ["/epcis/events?", &pairs.join("&")].concat()
}
