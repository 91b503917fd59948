//! A network of four validators and a node without a vote, as data directories for processes over loopback.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use crate::runner::{Run, Served, document, event, folder, is, path, run};

/// So many vote; the node after them does not.
pub const VALIDATORS: usize = 4;
/// All nodes come to one height within so long.
const WAIT: Duration = Duration::from_secs(20);

/// The seed of a node's key, the same in every run.
pub fn node_seed(number: usize) -> [u8; 32] {
    [1 + number as u8; 32]
}

/// A network.
pub struct Net {
    pub work: tempfile::TempDir,
    /// The data directories: of the validators, then of the node without a vote.
    pub dirs: Vec<String>,
    /// The ports at which they listen for each other.
    pub ports: Vec<u16>,
    pub genesis: String,
}

fn organisation(number: usize) -> String {
    format!("urn:example:organisation:{number}")
}

fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

impl Net {
    pub fn new() -> Net {
        let work = folder(&[]);
        let key = |kind: &str, number: usize, seed: [u8; 32], role: KeyRole| {
            let file = path(&work, &format!("{kind}{number}.key"));
            let made = "2026-10-01T00:00:00Z";
            keyfile::write(Path::new(&file), &seed, &organisation(number), role, made, &Protection::Insecure).unwrap();
            (file, Hash(MemorySigner::from_seed(&seed).public()).to_string())
        };
        let (mut listed, mut validators, mut nodes, mut devices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..=VALIDATORS {
            let node = key("node", number, node_seed(number), KeyRole::Node);
            let device = key("device", number, [100 + number as u8; 32], KeyRole::Device).0;
            listed.extend([
                device.clone(),
                key("root", number, [50 + number as u8; 32], KeyRole::Root).0,
                node.0.clone(),
            ]);
            if number < VALIDATORS {
                validators.push(node.0.clone());
            }
            nodes.push(node);
            devices.push(device);
        }
        let one = |number: usize| {
            let role = ["operator", "member", "member", "member", "authority"][number];
            format!(r#"{{"uri":"{}","name":"Organisation {number}","role":"{role}"}}"#, organisation(number))
        };
        let (list, genesis) = (path(&work, "list.json"), path(&work, "genesis.json"));
        fs::write(&list, format!("[{}]", (0..=VALIDATORS).map(one).collect::<Vec<_>>().join(","))).unwrap();
        let mut new = vec!["genesis", "new", "--network", "four", "--organisations", &list, "--output", &genesis];
        validators.iter().for_each(|file| new.extend(["--validator", file]));
        listed.iter().for_each(|file| new.extend(["--key", file]));
        is(&run(&new), 0, "validators 4");
        let ports = free_ports(VALIDATORS + 1);
        let mut dirs = Vec::new();
        for (number, ((node, _), device)) in nodes.iter().zip(&devices).enumerate() {
            let dir = path(&work, &format!("data{number}"));
            let init = ["node", "init", "--dir", &dir, "--genesis", &genesis, "--insecure"];
            is(&run(&[init.as_slice(), &["--validator", node, "--device", device]].concat()), 0, "chain");
            let mut text = fs::read_to_string(format!("{dir}/config.toml")).unwrap();
            text.push_str(&format!("\n[network]\nlisten = [\"/ip4/127.0.0.1/tcp/{}\"]\n", ports[number]));
            for (other, (_, public)) in nodes.iter().enumerate().filter(|(other, _)| *other != number) {
                let port = ports[other];
                text.push_str(&format!(
                    "[[network.peers]]\nkey = \"{public}\"\naddresses = [\"/ip4/127.0.0.1/tcp/{port}\"]\n"
                ));
            }
            fs::write(format!("{dir}/config.toml"), text).unwrap();
            dirs.push(dir);
        }
        Net { work, dirs, ports, genesis }
    }

    pub fn start(&self, number: usize) -> Served {
        Served::start(&self.dirs[number])
    }

    /// Captures events with these numbers at a node, signed by its organisation's device.
    pub fn capture(&self, at: &Served, number: usize, events: std::ops::Range<u32>) -> Run {
        let file = path(&self.work, &format!("{}.json", events.start));
        let events: Vec<String> = events.map(|number| event(number, r#","bizStep":"shipping""#)).collect();
        fs::write(&file, document(&events)).unwrap();
        let key = path(&self.work, &format!("device{number}.key"));
        run(&["capture", &file, "--url", &at.url, "--key", &key, "--insecure"])
    }
}

/// What a node answers in JSON.
pub fn json(node: &Served, path: &str) -> serde_json::Value {
    let answer = node.ask(&format!("GET {path}"), b"");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// Waits until a node's answer is as it should be.
pub fn until(node: &Served, path: &str, is: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let said = json(node, path);
        if is(&said) {
            return said;
        }
        assert!(begun.elapsed() < WAIT, "{path}: {said}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until all of them have come to one height, at least this one.
pub fn together(nodes: &[&Served], least: u64) -> u64 {
    let begun = Instant::now();
    loop {
        let heights: Vec<u64> = nodes.iter().map(|node| json(node, "/v1/status")["height"].as_u64().unwrap()).collect();
        if heights.iter().all(|height| *height == heights[0] && *height >= least) {
            return heights[0];
        }
        assert!(begun.elapsed() < WAIT, "{heights:?}, at least {least}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
