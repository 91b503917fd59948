//! What a node does for clients that ask nothing, half, slowly, too much, or do not listen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod runner;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use asking::{address, configure, connect, figure, get};
use runner::{Served, chain_with_known_keys, folder};
use suyuan_node::api::limits::{BODY_STALL, PLACE_WAIT};

/// A node that holds so many connections and works on so many requests.
fn node(work: &tempfile::TempDir, connections: u32, requests: u32) -> Served {
    let dir = chain_with_known_keys(work);
    configure(&dir, "connections_max = 512", &format!("connections_max = {connections}"));
    configure(&dir, "requests_max = 128", &format!("requests_max = {requests}"));
    Served::start(&dir)
}

/// Waits until something holds.
fn until(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "{what}");
        sleep(Duration::from_millis(100));
    }
}

// Goal: however many half-open requests there are, the node's memory stays, and whoever asks is answered. Method:
// thousands of connections that send half a header, those the node closes replaced, while health is asked.
#[test]
fn half_open() {
    const WAVES: usize = 20;
    const WAVE: usize = 200;
    let work = folder(&[]);
    let node = node(&work, 64, 8);
    let memory_before = figure(&node, "suyuan_process_resident_memory_bytes");
    let mut open: Vec<TcpStream> = Vec::new();
    for wave in 0..WAVES {
        for number in 0..WAVE {
            let Ok(mut stream) = TcpStream::connect(address(&node)) else { continue };
            // A third say nothing at all.
            if number % 3 > 0 {
                let _ = stream.write_all(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nX-");
            }
            open.push(stream);
        }
        open.drain(..open.len().saturating_sub(WAVE));
        let begun = Instant::now();
        assert_eq!(get(&node, "/health").status, 200, "wave {wave}");
        assert!(begun.elapsed() < Duration::from_secs(5), "wave {wave}: {:?}", begun.elapsed());
    }
    assert!(figure(&node, "suyuan_connections_evicted_total") > (WAVES * WAVE / 2) as f64);
    assert!(figure(&node, "suyuan_connections_open") <= 64.0);
    let grown = figure(&node, "suyuan_process_resident_memory_bytes") - memory_before;
    assert!(grown < (32 << 20) as f64, "{grown} bytes more");
    assert_eq!(get(&node, "/v1/organisations").status, 200);
}

// Goal: a body that does not go on is given up, and holds its place no longer than that; until then others are
// told to come again, but for those who watch the node. Method: half a body, where one request is worked on.
#[test]
fn slow_body() {
    let work = folder(&[]);
    let node = node(&work, 64, 1);
    let mut slow = connect(&node);
    slow.write_all(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf").unwrap();
    // The other that is under way is the one that asks.
    until("the place is taken", 20, || figure(&node, "suyuan_requests_in_flight") >= 2.0);
    let refused = get(&node, "/v1/organisations");
    refused.is_problem(429, "NODE-BUSY");
    assert_eq!(refused.header("retry-after"), "1");
    for watched in ["/health", "/ready", "/metrics"] {
        assert_eq!(get(&node, watched).status, 200, "{watched}");
    }
    assert!(figure(&node, "suyuan_turned_away_total") >= 1.0);
    let begun = Instant::now();
    let answer = asking::read(&mut slow);
    answer.is_problem(408, "API-STALLED");
    assert!(begun.elapsed() < BODY_STALL + Duration::from_secs(5));
    assert_eq!(get(&node, "/v1/organisations").status, 200);
}

// Goal: who finds no place waits for one for a while, and not all may wait. Method: half a body, where one request is
// worked on: one that asks meanwhile is answered once the body is whole, or told to come again after that while; of very
// many, those for whom there is no room to wait are told at once, and who watches the node is answered.
#[test]
fn waits_for_a_place() {
    let work = folder(&[]);
    let node = node(&work, 128, 1);
    let half = |content: usize| {
        let mut slow = connect(&node);
        let head = format!(
            "POST /v1/records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {content}\r\n\r\nhalf"
        );
        slow.write_all(head.as_bytes()).unwrap();
        until("the place is taken", 20, || figure(&node, "suyuan_requests_in_flight") >= 2.0);
        slow
    };
    let ask = b"GET /v1/organisations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut slow = half(8);
    let mut waiting = connect(&node);
    waiting.write_all(ask).unwrap();
    sleep(PLACE_WAIT / 4);
    slow.write_all(b"more").unwrap();
    asking::read(&mut slow).is_problem(400, "API-BODY");
    assert_eq!(asking::read(&mut waiting).status, 200);

    let slow = half(8);
    let begun = Instant::now();
    get(&node, "/v1/organisations").is_problem(429, "NODE-BUSY");
    assert!(begun.elapsed() >= PLACE_WAIT, "{:?}", begun.elapsed());
    let (begun, before) = (Instant::now(), figure(&node, "suyuan_turned_away_total"));
    let mut crowd: Vec<TcpStream> = (0..100).map(|_| connect(&node)).collect();
    crowd.iter_mut().for_each(|one| one.write_all(ask).unwrap());
    // 128 may be open; one of them is worked on, and 64 are kept free.
    let told = || figure(&node, "suyuan_turned_away_total") - before;
    until("those for whom there is no room are told", 1, || told() >= 37.0);
    assert!(begun.elapsed() >= PLACE_WAIT || told() < 100.0, "some wait");
    assert_eq!(get(&node, "/health").status, 200);
    crowd.iter_mut().for_each(|one| asking::read(one).is_problem(429, "NODE-BUSY"));
    assert!(begun.elapsed() >= PLACE_WAIT);
    drop(slow);
    assert_eq!(get(&node, "/v1/organisations").status, 200);
}

// Goal: who does not read its answers is cut off. Method: one request after the other on a connection, none of the
// answers read, until the node sends no more.
#[test]
fn not_read() {
    let work = folder(&[]);
    let node = node(&work, 64, 8);
    let baseline = figure(&node, "suyuan_connections_open");
    let mut silent = connect(&node);
    silent.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Answers fill the buffers between the two, then the node reads no more requests.
    while silent.write_all(&request).is_ok() {}
    assert!(figure(&node, "suyuan_connections_open") > baseline);
    let stall = Duration::from_secs(15);
    let begun = Instant::now();
    until("the connection is cut off", 60, || figure(&node, "suyuan_connections_open") <= baseline);
    assert!(begun.elapsed() < stall * 2, "{:?}", begun.elapsed());
    assert_eq!(get(&node, "/v1/organisations").status, 200);
}

// Goal: headers without end are refused. Method: more bytes, and more fields, than the node takes.
#[test]
fn headers() {
    let work = folder(&[]);
    let node = node(&work, 64, 8);
    let long = format!("GET /health HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(64 << 10));
    let many = format!("GET /health HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: a\r\n".repeat(200));
    for request in [long, many] {
        let mut stream = connect(&node);
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let status = asking::parse(&answer).map(|answer| answer.status);
        assert!(status.is_none() || status == Some(431), "{status:?}");
    }
    assert_eq!(get(&node, "/health").status, 200);
}

// Goal: a node that is told to stop does, though clients do not go on, and what is under way is answered. Method:
// half a body, and a signal.
#[test]
fn stops() {
    let work = folder(&[]);
    let node = node(&work, 64, 8);
    let mut idle = connect(&node);
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut slow = connect(&node);
    slow.write_all(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf").unwrap();
    sleep(Duration::from_millis(200));
    let begun = Instant::now();
    assert_eq!(node.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

// Goal: metrics are what Prometheus reads, and count. Method: requests of each kind, and the text.
#[test]
fn metrics() {
    let work = folder(&[]);
    let node = node(&work, 64, 8);
    assert_eq!(get(&node, "/v1/blocks").status, 200);
    get(&node, "/v1/blocks?limit=0").is_problem(400, "API-PARAMETER");
    get(&node, "/nowhere/at/all").is_problem(404, "API-NOT_FOUND");
    asking::ask(&node, "POST", "/v1/records", &[], b"none").is_problem(400, "API-BODY");
    let answer = get(&node, "/metrics");
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text();
    for line in [
        "suyuan_requests_total{route=\"/v1/blocks\",method=\"GET\",status=\"200\"} 1",
        "suyuan_requests_total{route=\"/v1/blocks\",method=\"GET\",status=\"400\"} 1",
        "suyuan_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"} 1",
        "suyuan_problems_total{code=\"API-PARAMETER\"} 1",
        "suyuan_read_seconds_count{route=\"/v1/blocks\"} 2",
        "suyuan_writer_running 1",
        "suyuan_capture_seconds_count{route=\"/v1/records\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for name in ["store_bytes", "process_resident_memory_bytes", "connections_open", "requests_in_flight"] {
        assert!(figure(&node, &format!("suyuan_{name}")) > 0.0, "{name}");
    }
}
