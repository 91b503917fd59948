//! Goal: four validators of four organisations and a fifth node without a vote keep one ledger, as processes of their own
//! over loopback; one that is killed is not missed and catches up, two that are killed stop everything but reading, nobody
//! who is not listed is let in; and one that comes late takes a snapshot, also where payloads are erased everywhere. Method: the commands that a user would give.

mod runner;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use runner::{Served, document, event, folder, is, path, run};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};
use suyuan_store::{DataDirectory, PayloadPlace};

const VALIDATORS: usize = 4;
/// All nodes come to one height within so long.
const WAIT: Duration = Duration::from_secs(20);

/// A network whose keys are the same in every run.
struct Net {
    work: tempfile::TempDir,
    /// The data directories: of the validators, then of the node without a vote.
    dirs: Vec<String>,
}

fn organisation(number: usize) -> String {
    format!("urn:example:organisation:{number}")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Net {
    fn new() -> Net {
        let work = folder(&[]);
        let key = |kind: &str, number: usize, seed: u8, role: KeyRole| {
            let file = path(&work, &format!("{kind}{number}.key"));
            let seed = [seed + number as u8; 32];
            let made = "2026-10-01T00:00:00Z";
            keyfile::write(Path::new(&file), &seed, &organisation(number), role, made, &Protection::Insecure).unwrap();
            (file, Hash(SigningKey::from_bytes(&seed).verifying_key().to_bytes()).to_string())
        };
        let (mut listed, mut validators, mut nodes, mut devices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..=VALIDATORS {
            let role = if number == VALIDATORS { KeyRole::Node } else { KeyRole::Device };
            let (node, public) = key("node", number, 1, role);
            let device = key("device", number, 100, KeyRole::Device).0;
            listed.extend([device.clone(), key("root", number, 50, KeyRole::Root).0]);
            if number == VALIDATORS {
                listed.push(node.clone());
            } else {
                validators.push(node.clone());
            }
            nodes.push((node, public));
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
        let ports: Vec<u16> = (0..=VALIDATORS).map(|_| free_port()).collect();
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
        Net { work, dirs }
    }

    fn start(&self, number: usize) -> Served {
        Served::start(&self.dirs[number])
    }

    /// Captures events with these numbers at a node, signed by its organisation's device.
    fn capture(&self, at: &Served, number: usize, events: std::ops::Range<u32>) -> runner::Run {
        let file = path(&self.work, &format!("{}.json", events.start));
        let events: Vec<String> = events.map(|number| event(number, r#","bizStep":"shipping""#)).collect();
        fs::write(&file, document(&events)).unwrap();
        let key = path(&self.work, &format!("device{number}.key"));
        run(&["capture", &file, "--url", &at.url, "--key", &key, "--insecure"])
    }
}

fn height(node: &Served) -> u64 {
    let answer = node.ask("GET /metrics", b"");
    let line = answer.lines().find_map(|line| line.strip_prefix("suyuan_height "));
    line.and_then(|height| height.trim().parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

/// Waits until all of them have come to one height, at least this one.
fn together(nodes: &[&Served], least: u64) -> u64 {
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

#[test]
fn four_organisations_keep_one_ledger() {
    let net = Net::new();
    let mut nodes: Vec<Served> = (0..=VALIDATORS).map(|number| net.start(number)).collect();
    for (number, node) in nodes.iter().enumerate().take(VALIDATORS) {
        let first = 1 + 100 * number as u32;
        is(&net.capture(node, number, first..first + 20), 0, "accepted 20");
    }
    let before = together(&nodes.iter().collect::<Vec<_>>(), 4);

    // What one organisation recorded at its node is traced at another's, and proved.
    let proof = path(&net.work, "proof");
    let unit = "https://id.gs1.org/00/095210010000000017";
    is(&run(&["trace", unit, "--url", &nodes[VALIDATORS].url, "--proof", &proof]), 0, "80");
    is(&run(&["verify", &proof, "--trust", &path(&net.work, "genesis.json")]), 0, "proved");

    // One of four is not missed, and catches up.
    nodes.remove(2).kill();
    is(&net.capture(&nodes[0], 0, 500..520), 0, "accepted 20");
    is(&net.capture(&nodes[2], 3, 600..620), 0, "accepted 20");
    let after = together(&nodes.iter().collect::<Vec<_>>(), before + 2);
    nodes.insert(2, net.start(2));
    together(&nodes.iter().collect::<Vec<_>>(), after);
    is(&net.capture(&nodes[2], 2, 700..720), 0, "accepted 20");
    together(&nodes.iter().collect::<Vec<_>>(), after + 1);

    // With two of four nothing is decided, and reading goes on; with the third it is.
    let third = nodes.remove(3);
    third.kill();
    nodes.remove(2).kill();
    let stands = height(&nodes[0]);
    std::thread::sleep(Duration::from_secs(2));
    assert!(height(&nodes[0]) <= stands + 1);
    is(&run(&["trace", unit, "--url", &nodes[0].url]), 0, "140");
    nodes.insert(2, net.start(2));
    is(&net.capture(&nodes[0], 0, 800..820), 0, "accepted 20");
    nodes.insert(3, net.start(3));
    together(&nodes.iter().collect::<Vec<_>>(), stands + 1);

    for node in nodes {
        assert_eq!(node.stop(), 0);
    }
    for dir in &net.dirs {
        is(&run(&["fsck", "--dir", dir]), 0, "160 events");
    }
}

/// Erases the first payload of the first block above a height that has one, in a directory that nobody uses.
fn erase_above(dir: &str, height: u64) {
    let directory = DataDirectory::open(Path::new(dir)).unwrap();
    let store = directory.open_store(32 << 20).unwrap();
    let mut place = None;
    let from = (height + 1).to_be_bytes();
    store
        .scan(Table::Payload, &from, &[0xff; 16], &mut |key, _| {
            let height = u64::from_be_bytes(key[..8].try_into().unwrap());
            place = Some(PayloadPlace { height, index: u32::from_be_bytes(key[8..].try_into().unwrap()) });
            false
        })
        .unwrap();
    store.erase_payloads(&[place.unwrap()]).unwrap();
}

#[test]
fn who_comes_late_takes_a_snapshot() {
    let net = Net::new();
    let late = &net.dirs[VALIDATORS];
    let config = format!("{late}/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("\n[network]\n", "\n[network]\njoin_blocks = 2\n")).unwrap();
    let start = || (0..VALIDATORS).map(|number| net.start(number)).collect::<Vec<Served>>();
    let stop = |nodes: Vec<Served>| nodes.into_iter().for_each(|node| assert_eq!(node.stop(), 0));
    let erase = |height: u64| net.dirs.iter().take(VALIDATORS).for_each(|dir| erase_above(dir, height));

    let nodes = start();
    for (number, node) in nodes.iter().enumerate() {
        is(&net.capture(node, number, 1 + 100 * number as u32..21 + 100 * number as u32), 0, "accepted 20");
    }
    together(&nodes.iter().collect::<Vec<_>>(), 4);
    stop(nodes);
    // Nobody has all of the first block any more.
    erase(0);
    let nodes = start();
    let node = net.start(VALIDATORS);
    assert!(node.said.contains("joined from a snapshot") && node.said.contains("erased=1"), "{}", node.said);
    // It goes on as if it had always been there.
    is(&net.capture(&node, VALIDATORS, 500..520), 0, "accepted 20");
    is(&net.capture(&nodes[0], 0, 600..620), 0, "accepted 20");
    let mut all: Vec<&Served> = nodes.iter().collect();
    all.push(&node);
    let stands = together(&all, 6);
    is(&run(&["trace", "https://id.gs1.org/00/095210010000000017", "--url", &node.url]), 0, "120");
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", late]), 0, "120 events");

    // What was decided while it was away, nobody has whole: it notes that, and joins anew when it starts.
    is(&net.capture(&nodes[1], 1, 700..720), 0, "accepted 20");
    together(&nodes.iter().collect::<Vec<_>>(), stands + 1);
    stop(nodes);
    erase(stands);
    let nodes = start();
    let node = net.start(VALIDATORS);
    let mark = Path::new(late).join("BEHIND");
    let begun = Instant::now();
    while !mark.exists() {
        assert!(begun.elapsed() < Duration::from_secs(90), "a node that can't go on does not notice");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(node.stop(), 0);
    let node = net.start(VALIDATORS);
    assert!(node.said.contains("joined from a snapshot") && node.said.contains("erased=2"), "{}", node.said);
    is(&net.capture(&node, VALIDATORS, 800..820), 0, "accepted 20");
    assert!(!mark.exists() && !Path::new(late).join("join").exists());
    stop(nodes);
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", late]), 0, "160 events");
}
