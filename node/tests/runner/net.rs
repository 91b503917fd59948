//! Networks of nodes of several organisations, over loopback.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};

use super::{Run, Served, document, event, folder, is, path, run};

/// All nodes come to one height within so long.
pub const WAIT: Duration = Duration::from_secs(20);

/// What a network is made of: organisations with a node each.
pub struct Of<'a> {
    /// Their roles.
    pub roles: &'a [&'a str],
    /// How many of them, the first ones, are validators.
    pub validators: usize,
    /// How many authorities govern.
    pub threshold: usize,
}

/// A network whose keys are the same in every run.
pub struct Net {
    pub work: tempfile::TempDir,
    /// The data directories.
    pub dirs: Vec<String>,
    /// The ports at which they listen for each other.
    pub ports: Vec<u16>,
}

/// The seed of a node's key.
pub fn node_seed(number: usize) -> [u8; 32] {
    [1 + number as u8; 32]
}

pub fn organisation(number: usize) -> String {
    format!("urn:example:organisation:{number}")
}

fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Not one of those that the system gives to connections: one of those would take it while its node is down. Tests run
    // side by side, each in a process of its own, which has ten ports before the next one's.
    let own = (std::process::id() % 2_000) as u16 * 10;
    loop {
        let port = 10_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 22_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Net {
    pub fn new(of: &Of<'_>) -> Net {
        let work = folder(&[]);
        let key = |kind: &str, number: usize, seed: u8, role: KeyRole| {
            let file = path(&work, &format!("{kind}{number}.key"));
            let seed = [seed + number as u8; 32];
            let made = "2026-10-01T00:00:00Z";
            keyfile::write(Path::new(&file), &seed, &organisation(number), role, made, &Protection::Insecure).unwrap();
            (file, Hash(SigningKey::from_bytes(&seed).verifying_key().to_bytes()).to_string())
        };
        let (mut listed, mut nodes, mut devices) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..of.roles.len() {
            let (node, public) = key("node", number, 1, KeyRole::Node);
            let device = key("device", number, 100, KeyRole::Device).0;
            listed.extend([node.clone(), device.clone(), key("root", number, 50, KeyRole::Root).0]);
            nodes.push((node, public));
            devices.push(device);
        }
        let one = |(number, role): (usize, &&str)| {
            format!(r#"{{"uri":"{}","name":"Organisation {number}","role":"{role}"}}"#, organisation(number))
        };
        let (list, genesis) = (path(&work, "list.json"), path(&work, "genesis.json"));
        fs::write(&list, format!("[{}]", of.roles.iter().enumerate().map(one).collect::<Vec<_>>().join(","))).unwrap();
        let threshold = of.threshold.to_string();
        let mut new = vec!["genesis", "new", "--network", "net", "--organisations", &list, "--output", &genesis];
        new.extend(["--threshold", &threshold]);
        nodes.iter().take(of.validators).for_each(|(file, _)| new.extend(["--validator", file]));
        listed.iter().for_each(|file| new.extend(["--key", file]));
        is(&run(&new), 0, &format!("validators {}", of.validators));
        let ports: Vec<u16> = nodes.iter().map(|_| free_port()).collect();
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
        Net { work, dirs, ports }
    }

    pub fn start(&self, number: usize) -> Served {
        Served::start(&self.dirs[number])
    }

    pub fn file(&self, name: &str) -> String {
        path(&self.work, name)
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

pub fn height(node: &Served) -> u64 {
    let answer = node.ask("GET /metrics", b"");
    let line = answer.lines().find_map(|line| line.strip_prefix("suyuan_height "));
    line.and_then(|height| height.trim().parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

/// Waits until all of them have come to one height, at least this one.
pub fn together(nodes: &[&Served], least: u64) -> u64 {
    let begun = Instant::now();
    loop {
        let heights: Vec<u64> = nodes.iter().map(|node| height(node)).collect();
        if heights.iter().all(|height| *height == heights[0] && *height >= least) {
            return heights[0];
        }
        assert!(begun.elapsed() < WAIT, "{heights:?}, at least {least}");
        std::thread::sleep(Duration::from_millis(50));
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
