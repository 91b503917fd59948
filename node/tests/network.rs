//! Goal: four validators of four organisations and a fifth node without a vote keep one ledger, as processes of their own
//! over loopback; one that is killed is not missed and catches up, two that are killed stop everything but reading, nobody
//! who is not listed is let in; and one that comes late takes a snapshot, also where payloads are erased everywhere. Method: the commands that a user would give.

mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use runner::net::{Net, Of, height, json, together, until};
use runner::{Served, is, path, run};
use suyuan_ledger::kv::{Read, Table};
use suyuan_store::{DataDirectory, PayloadPlace};

const VALIDATORS: usize = 4;

#[test]
fn four_organisations_keep_one_ledger() {
    let roles = ["operator", "member", "member", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
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
    // And says that it may be behind.
    let said = run(&["trace", unit, "--url", &nodes[0].url]);
    is(&said, 0, "140");
    assert!(said.stderr.contains("may be stale"), "{}", said.stderr);
    assert!(nodes[0].ask("GET /v1/checkpoint", b"").contains("suyuan-stale: no-quorum"));
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

#[test]
fn a_validator_that_is_laid_down_from_a_backup_catches_up_before_it_votes() {
    let roles = ["operator", "member", "member", "member"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
    let mut nodes: Vec<Served> = (0..VALIDATORS).map(|number| net.start(number)).collect();
    is(&net.capture(&nodes[2], 2, 1..21), 0, "accepted 20");
    let (dir, backup) = (&net.dirs[2], path(&net.work, "backup"));
    is(&run(&["node", "backup", "--dir", dir, "--to", &backup, "--keys"]), 0, "");
    is(&net.capture(&nodes[2], 2, 101..121), 0, "accepted 20");
    let stands = together(&nodes.iter().collect::<Vec<_>>(), 2);
    nodes.remove(2).kill();
    fs::remove_dir_all(dir).unwrap();
    is(&run(&["node", "restore", "--from", &backup, "--dir", dir]), 0, "");
    let node = net.start(2);
    assert!(node.said.contains("the log is new"), "{}", node.said);
    until(&node, "/v1/status", |status| status["height"].as_u64() >= Some(stands));
    // Others decide without it, until it may vote.
    is(&net.capture(&nodes[0], 0, 201..221), 0, "accepted 20");
    until(&node, "/v1/status", |status| status["role"] == "validator");
    // Now the others can't.
    nodes.remove(2).kill();
    is(&net.capture(&node, 2, 301..321), 0, "accepted 20");
    is(&net.capture(&nodes[0], 0, 401..421), 0, "accepted 20");
    for node in &nodes {
        let alarms = json(node, "/v1/alarms").to_string();
        assert!(!alarms.contains("EQUIVOCATION"), "{alarms}");
    }
    assert_eq!(node.stop(), 0);
    assert!(!Path::new(dir).join("wal/NEW").exists());
    is(&run(&["fsck", "--dir", dir]), 0, "100 events");
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
    let roles = ["operator", "member", "member", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
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
