//! Goal: clients that do not go on, thousands of them, cost the node bounded memory, and others are answered. Method:
//! connections that send half a head, half a body, nothing, or ask for much and never read; then the memory, /health, and
//! a capture beside them.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::clients::{Client, Way};
use crate::node::Node;
use crate::runner::{document, event, folder, is, path, run};
use crate::world::{chain_of_devices, is_sound, times};

/// All of them together cost so much memory at most.
const MEMORY_KIB_MAX: u64 = 400 << 10;
/// Others are answered within this, the attack standing.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

/// Lets this process have so many files open, if it may.
fn allow_files(count: u64) {
    let process = std::process::id().to_string();
    let _ = Command::new("prlimit").args(["--pid", &process, &format!("--nofile={count}:")]).status();
}

/// Requests that are never finished, by turns.
fn half(number: u64, large: &str) -> String {
    match number % 4 {
        0 => String::new(),
        1 => "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Le".to_owned(),
        2 => format!("POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{}", "a".repeat(10_000)),
        _ => format!("GET /v1/trace/{large}?direction=history HTTP/1.1\r\nHost: x\r\n\r\n"),
    }
}

#[test]
fn clients_that_do_not_go_on() {
    let count = times(300, 4_000);
    allow_files(count + 1_000);
    let subject = "https://id.gs1.org/00/095210010000000017";
    let events: Vec<String> = (0..2_000).map(|number| event(number, &format!(r#","ex:number":{number}"#))).collect();
    let work = folder(&[("many.json", &document(&events))]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    is(&run(&["capture", &path(&work, "many.json"), "--dir", &dir]), 0, "accepted 2000");
    let node = Node::start(&dir);
    let address = node.url.strip_prefix("http://").unwrap().to_owned();
    let before = node.resident_kib();
    let mut held = Vec::new();
    let mut refused = 0;
    for number in 0..count {
        match TcpStream::connect_timeout(&address.parse().unwrap(), Duration::from_secs(5)) {
            Ok(mut stream) => {
                // A node that has closed it already has answered the attack.
                let _ = stream.write_all(half(number, subject).as_bytes());
                held.push(stream);
            }
            Err(_) => refused += 1,
        }
    }
    let begun = Instant::now();
    let healthy = loop {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(5)))
            .http_status_as_error(false)
            .build()
            .into();
        if agent.get(format!("{}/health", node.url)).call().is_ok_and(|answer| answer.status().as_u16() == 200) {
            break true;
        }
        if begun.elapsed() > ANSWER_WAIT {
            break false;
        }
    };
    let answered = begun.elapsed();
    let memory = node.resident_kib();
    println!(
        "clients_that_do_not_go_on: {} connections held, {refused} refused, resident {} MiB then {} MiB, healthy {healthy} \
         after {answered:.1?}",
        held.len(),
        before >> 10,
        memory >> 10
    );
    assert!(healthy);
    assert!(memory < before + MEMORY_KIB_MAX, "{memory} KiB");
    drop(held);
    let mut client = Client::new(Way::Records, &keys[0], 0, 0);
    // The node takes a moment to see that they are gone; until then it says that it is busy.
    let begun = Instant::now();
    while !client.once(&node.url, 3) {
        assert!(client.refused.is_empty() && begun.elapsed() < ANSWER_WAIT, "{:?}", client.refused);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(node.stop().0.success());
    is_sound(&dir);
    let _ = fs::remove_dir_all(&dir);
}
