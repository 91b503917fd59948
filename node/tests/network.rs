//! Goal: four validators of four organisations and a fifth node without a vote keep one ledger, as processes of their own
//! over loopback; one that is killed is not missed and catches up, two that are killed stop everything but reading, nobody
//! who is not listed is let in; and one that comes late takes a snapshot, also where payloads are erased everywhere, goes on
//! with it before it has what was before, and finds out if that does not fit. Method: the commands that a user would give.

mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use runner::net::{Net, Of, height, json, node_seed, together, until};
use runner::{Served, is, path, run};
use suyuan_ledger::codec::{decode_trusted, encode};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::subject::StoredLog;
use suyuan_store::snapshot::{Receiver, Sink as _, Trust, heights, moment, part};
use suyuan_store::{DataDirectory, PayloadPlace, RocksStore};

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
    assert!(node.said.contains("joined from a snapshot"), "{}", node.said);
    // It goes on as if it had always been there.
    is(&net.capture(&node, VALIDATORS, 500..520), 0, "accepted 20");
    is(&net.capture(&nodes[0], 0, 600..620), 0, "accepted 20");
    let mut all: Vec<&Served> = nodes.iter().collect();
    all.push(&node);
    let stands = together(&all, 6);
    whole(&node);
    is(&run(&["trace", "https://id.gs1.org/00/095210010000000017", "--url", &node.url]), 0, "120");
    assert_eq!(node.stop(), 0);
    let said = run(&["fsck", "--dir", late]);
    is(&said, 0, "120 events");
    is(&said, 0, "1 erased");

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
    assert!(node.said.contains("joined from a snapshot"), "{}", node.said);
    is(&net.capture(&node, VALIDATORS, 800..820), 0, "accepted 20");
    whole(&node);
    assert!(!mark.exists() && !Path::new(late).join("join").exists());
    stop(nodes);
    assert_eq!(node.stop(), 0);
    let said = run(&["fsck", "--dir", late]);
    is(&said, 0, "160 events");
    is(&said, 0, "2 erased");
}

/// Waits until a node has all of the history.
fn whole(node: &Served) {
    until(node, "/v1/status", |status| status["history"].is_null());
}

/// Puts the state of a validator's directory into that of the last node, as if that had taken it from there and died.
fn begin_with_the_state_of(net: &Net, giver: usize, change: &dyn Fn(&RocksStore)) {
    let (from, to) = (Path::new(&net.dirs[giver]), Path::new(&net.dirs[VALIDATORS]));
    let (source, target) = (DataDirectory::open(from).unwrap(), DataDirectory::open(to).unwrap());
    let live = source.open_store(32 << 20).unwrap();
    let genesis = fs::read(from.join("genesis.json")).unwrap();
    let trust = Trust::new(chain_id(&genesis), Genesis::parse(&genesis).unwrap().validators);
    let place = target.begin_join().unwrap();
    let store = place.open_store(32 << 20).unwrap();
    let given = moment(&live, &live).unwrap().expect("the last block carries nothing");
    let mut receiver = Receiver::new(trust, given, &store, &place.scratch()).unwrap();
    while let Some((table, after)) = receiver.wants_part() {
        let part = part(&live, table, after, 1 << 20).unwrap();
        receiver.take_part(part.unwrap()).unwrap();
    }
    while let Some(height) = receiver.wants_block() {
        receiver.take_block(heights(&live, height, height, 1 << 20).unwrap().unwrap()).unwrap();
    }
    let key = SigningKey::from_bytes(&node_seed(giver)).verifying_key();
    receiver.finish(Hash(key.to_bytes())).unwrap();
    change(&store);
    drop(store);
    place.exchange().unwrap();
}

#[test]
fn who_has_a_state_and_no_history_says_so() {
    let roles = ["operator", "member", "member", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
    let start = || (0..VALIDATORS).map(|number| net.start(number)).collect::<Vec<Served>>();
    let stop = |nodes: Vec<Served>| nodes.into_iter().for_each(|node| assert_eq!(node.stop(), 0));
    let nodes = start();
    for (number, node) in nodes.iter().enumerate() {
        is(&net.capture(node, number, 1 + 100 * number as u32..21 + 100 * number as u32), 0, "accepted 20");
    }
    let stands = together(&nodes.iter().collect::<Vec<_>>(), 5);
    std::thread::sleep(Duration::from_secs(2));
    stop(nodes);
    let (late, unit) = (&net.dirs[VALIDATORS], "https://id.gs1.org/00/095210010000000017");
    begin_with_the_state_of(&net, 0, &|_| {});

    // Alone it has the state, and nothing that was before.
    is(&run(&["fsck", "--dir", late]), 3, "NODE-HISTORY_LATER");
    is(&run(&["trace", unit, "--dir", late]), 3, "NODE-HISTORY_LATER");
    is(&run(&["credit", "91441900DEMA00136H", "--dir", late]), 3, "NODE-HISTORY_LATER");
    let node = net.start(VALIDATORS);
    let status = json(&node, "/v1/status");
    assert!(status["height"].as_u64() >= Some(stands) && status["history"]["to"] == status["height"], "{status}");
    let receipt = format!("/v1/receipts/{}", "0".repeat(64));
    for path in ["/epcis/events", "/v1/blocks/1", "/v1/blocks", "/v1/credit/91441900DEMA00136H", &receipt] {
        let answer = node.ask(&format!("GET {path}"), b"");
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("NODE-HISTORY_LATER"), "{path}: {answer}");
        assert!(answer.contains("retry-after: "), "{answer}");
    }
    is(&run(&["trace", unit, "--url", &node.url]), 3, "NODE-HISTORY_LATER");
    assert!(node.ask("GET /v1/checkpoint", b"").starts_with("HTTP/1.1 200"));
    assert!(!node.ask("GET /metrics", b"").contains("suyuan_history_blocks_lacking 0"));
    is(&run(&["node", "status", "--url", &node.url]), 0, "history before the snapshot");
    let backup = path(&net.work, "backup");
    is(&run(&["node", "backup", "--dir", late, "--to", &backup]), 3, "NODE-HISTORY_LATER");
    // It is killed, and once others are there it goes on, and takes the rest.
    node.kill();
    let nodes = start();
    let node = net.start(VALIDATORS);
    assert!(!node.said.contains("joined from a snapshot"), "{}", node.said);
    is(&net.capture(&node, VALIDATORS, 500..520), 0, "accepted 20");
    whole(&node);
    is(&run(&["trace", unit, "--url", &node.url]), 0, "100");
    assert!(node.ask("GET /metrics", b"").contains("suyuan_history_blocks_lacking 0"));
    assert!(!Path::new(late).join("join").exists());
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", late]), 0, "100 events");
    std::thread::sleep(Duration::from_secs(2));
    stop(nodes);

    // A state whose logs have other entries than the blocks make: it stops, and takes one from another node.
    begin_with_the_state_of(&net, 0, &|store| {
        let (mut writes, mut found) = (WriteSet::default(), false);
        let change = &mut |key: &[u8], value: &[u8]| {
            let mut log: StoredLog = decode_trusted(value).unwrap();
            if let Some(entry) = log.recent.first_mut() {
                entry.standing ^= 1;
                writes.put(Table::Log, key, encode(&log));
                found = true;
            }
            !found
        };
        store.scan(Table::Log, &[], &[0xff; 9], change).unwrap();
        store.commit(&writes).unwrap();
        store.settle().unwrap();
    });
    let nodes = start();
    let node = net.start(VALIDATORS);
    let begun = Instant::now();
    while !node.ask("GET /health", b"").contains("NODE-FALSE_STATE") {
        assert!(begun.elapsed() < Duration::from_secs(30), "a state that is false is not noticed");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(node.stop(), 3);
    let node = net.start(VALIDATORS);
    assert!(node.said.contains("joined from a snapshot"), "{}", node.said);
    whole(&node);
    is(&run(&["trace", unit, "--url", &node.url]), 0, "100");
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", late]), 0, "100 events");
    stop(nodes);
}
