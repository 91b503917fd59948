//! Goal: what was repaired goes from the disk of every node, also of one that was away, and each says so on the ledger; one that
//! comes later never has it. Method: a penalty with words that occur nowhere else, repaired and removed in a network of four
//! validators of which one is down; then all files of all data directories are searched for these words. Files of the store are
//! compressed, so that what the search sees are logs; that no file of the store has what is erased is the store's own test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use runner::net::{Net, Of, json, organisation, together, until};
use runner::{Served, is, path, run};
use serde_json::Value;
use suyuan_ledger::credit::reading;
use suyuan_ledger::day::Day;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_node::clock::now_ms;
use suyuan_store::DataDirectory;

const VALIDATORS: usize = 4;
const AUTHORITY: usize = 0;
const FIRM: usize = 1;
/// No compression finds anything like it elsewhere.
const WORDS: &str = "q7Zk0XvB3nR8tLw5YhJd2MfPs9GcUaE4";
const WAIT: Duration = Duration::from_secs(60);

/// The files of a folder, with all below it, that have the words.
fn files_with_words(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_with_words(&path, found);
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(WORDS.len()).any(|part| part == WORDS.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
}

fn with_words(dir: &str) -> Vec<String> {
    let mut found = Vec::new();
    files_with_words(Path::new(dir), &mut found);
    found
}

/// Waits until a data directory has the words no more.
fn gone(dir: &str) {
    let begun = Instant::now();
    loop {
        let found = with_words(dir);
        if found.is_empty() {
            return;
        }
        assert!(begun.elapsed() < WAIT, "{found:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn hash(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// A record of the firm's credit in an organisation's name, at its node: the record's hash.
fn record(net: &Net, node: &Served, author: usize, kind: &str, members: &str) -> String {
    let (file, key) = (path(&net.work, "record.json"), path(&net.work, &format!("device{author}.key")));
    let firm = organisation(FIRM);
    fs::write(&file, format!(r#"{{"type":"suyuan:{kind}","subject":"{firm}",{members}}}"#)).unwrap();
    let done = run(&["credit", "record", &file, "--key", &key, "--insecure", "--json", "--url", &node.url]);
    assert_eq!(done.code, 0, "{kind} {}", done.stderr);
    done.json()["record"].as_str().unwrap().to_owned()
}

/// A penalty of long ago, its finding, and its repair.
fn repaired(net: &Net, nodes: &[Served]) {
    let decided = Day::from_number(Day::in_china(now_ms()).number() - 400).text().unwrap();
    let (notice, receipt) = (hash('a'), hash('b'));
    let penalty = format!(
        r#""decisionNo":"{WORDS}","basis":"law","class":"serious","decided":"{decided}","repairNotice":"{notice}","deliveryReceipt":"{receipt}""#
    );
    let authority = &nodes[AUTHORITY];
    let penalty = record(net, authority, AUTHORITY, "Penalty", &penalty);
    let finding = format!(r#""date":"{decided}","result":"fail","report":"{}","penalty":"{penalty}""#, hash('c'));
    record(net, authority, AUTHORITY, "Inspection", &finding);
    let pass = format!(r#""date":"{decided}","result":"pass","report":"{}""#, hash('d'));
    record(net, authority, AUTHORITY, "Inspection", &pass);
    let key = path(&net.work, "device0.key");
    let firm = organisation(FIRM);
    is(&run(&["credit", "publish", &firm, "--key", &key, "--insecure", "--url", &authority.url]), 0, "recorded");
    let pledge = format!(r#""text":"{}","duty":"safety","due":"2030-01-01""#, hash('e'));
    let pledge = record(net, &nodes[FIRM], FIRM, "Pledge", &pledge);
    let done = hash('f');
    let repair = format!(r#""targets":["{penalty}"],"pledge":"{pledge}","dutiesDone":["{done}"]"#);
    let repair = record(net, &nodes[FIRM], FIRM, "Repair", &repair);
    let step = |step: &str| format!(r#""repair":"{repair}",{step}"#);
    record(net, authority, AUTHORITY, "RepairStep", &step(r#""step":"accept""#));
    let nothing = run(&["credit", "remove", &firm, "--key", &key, "--insecure", "--url", &authority.url]);
    is(&nothing, 0, "nothing is to be removed");
    record(net, authority, AUTHORITY, "RepairStep", &step(r#""step":"decide","result":"repaired""#));
}

fn removals(dir: &str) -> Value {
    run(&["credit", "removals", "--dir", dir, "--json"]).json()
}

#[test]
fn what_was_repaired_goes_from_every_node() {
    let roles = ["authority", "member", "member", "member", "operator"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
    let mut nodes: Vec<Served> = (0..VALIDATORS).map(|number| net.start(number)).collect();
    repaired(&net, &nodes);
    let stands = together(&nodes.iter().collect::<Vec<_>>(), 1);
    for dir in &net.dirs[..VALIDATORS] {
        assert_ne!(with_words(dir), Vec::<String>::new(), "the search finds nothing even before");
    }
    let away = nodes.pop().unwrap();
    away.kill();

    let (firm, key) = (organisation(FIRM), path(&net.work, "device0.key"));
    let url = nodes[AUTHORITY].url.clone();
    is(&run(&["credit", "remove", &firm, "--key", &key, "--insecure", "--url", &url]), 0, "recorded at height");
    net.dirs[..VALIDATORS - 1].iter().for_each(|dir| gone(dir));
    // The one that was away has it still, and does as the others once it is back.
    let back = &net.dirs[VALIDATORS - 1];
    assert_ne!(with_words(back), Vec::<String>::new());
    nodes.push(net.start(VALIDATORS - 1));
    together(&nodes.iter().collect::<Vec<_>>(), stands);
    gone(back);
    // Who comes now gets the ledger without, from a snapshot.
    let config = format!("{}/config.toml", net.dirs[VALIDATORS]);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("\n[network]\n", "\n[network]\njoin_blocks = 2\n")).unwrap();
    nodes.push(net.start(VALIDATORS));
    assert!(nodes[VALIDATORS].said.contains("joined from a snapshot"), "{}", nodes[VALIDATORS].said);
    until(&nodes[VALIDATORS], "/v1/status", |status| status["history"].is_null());
    until(&nodes[AUTHORITY], &format!("/v1/credit/{firm}"), |credit| {
        let is_clean = credit["to_remove"] == serde_json::json!([]) && credit["repairs"] == serde_json::json!([]);
        is_clean && credit["facts"].as_array().is_some_and(|facts| facts.len() == 1)
    });

    // All have said so; where one is missing it is named.
    let begun = Instant::now();
    loop {
        let copy = path(&net.work, "copy");
        let _ = fs::remove_dir_all(&copy);
        is(&run(&["node", "backup", "--dir", &net.dirs[AUTHORITY], "--to", &copy]), 0, "");
        let looked = path(&net.work, "looked");
        let _ = fs::remove_dir_all(&looked);
        is(&run(&["node", "restore", "--from", &copy, "--dir", &looked]), 0, "");
        let said = removals(&looked);
        assert_eq!(said.as_array().map(Vec::len), Some(1), "{said}");
        if said[0]["done"].as_array().unwrap().len() == VALIDATORS + 1 {
            assert_eq!(said[0]["missing"], serde_json::json!([]));
            break;
        }
        assert!(begun.elapsed() < WAIT, "{said}");
        std::thread::sleep(Duration::from_secs(1));
    }
    for node in &nodes {
        let alarms = json(node, "/v1/alarms").to_string();
        assert!(!alarms.contains("ALARM-GRADE"), "{alarms}");
    }
    for node in nodes {
        assert_eq!(node.stop(), 0);
    }
    for dir in &net.dirs {
        assert_eq!(with_words(dir), Vec::<String>::new());
        // The penalty, its finding, the repair and its two steps.
        is(&run(&["fsck", "--dir", dir]), 0, "5 erased, 0 differences");
        let audited = run(&["credit", "audit", "--dir", dir, "--json"]);
        assert_eq!(audited.code, 0, "{}", audited.stdout);
        assert_eq!(audited.json(), serde_json::json!({"published": 1, "removed": 1, "wrong": []}));
    }
}

// A node that was killed when the bodies were deleted, and their bytes were not gone yet, ends that when it starts again.
#[test]
fn what_was_cut_short_is_ended() {
    let roles = ["operator", "member"];
    let net = Net::new(&Of { roles: &roles, validators: 1, threshold: 0 });
    let node = net.start(AUTHORITY);
    let members = format!(r#""text":"{}","duty":"{WORDS}","due":"2030-01-01""#, hash('e'));
    record(&net, &node, FIRM, "Pledge", &members);
    assert_eq!(node.stop(), 0);
    let dir = &net.dirs[AUTHORITY];
    let mut place = None;
    {
        let directory = DataDirectory::open(Path::new(dir)).unwrap();
        let store = directory.open_store(32 << 20).unwrap();
        let visit = &mut |key: &[u8], _: &[u8]| {
            let index = u32::from_be_bytes(key[8..].try_into().unwrap());
            place = Some((u64::from_be_bytes(key[..8].try_into().unwrap()), index));
            false
        };
        store.scan(Table::Payload, &[], &[0xff; 16], visit).unwrap();
        let (height, index) = place.unwrap();
        let mut writes: WriteSet = reading::forget(&store, &[(height, index)]).unwrap();
        writes.delete(Table::Payload, [height.to_be_bytes().as_slice(), &index.to_be_bytes()].concat());
        store.commit(&writes).unwrap();
    }
    let noted = serde_json::to_vec(&[place.unwrap()]).unwrap();
    fs::write(Path::new(dir).join("erasing.json"), noted).unwrap();
    let node = net.start(AUTHORITY);
    let begun = Instant::now();
    while fs::read_to_string(Path::new(dir).join("erasing.json")).unwrap() != "[]" {
        assert!(begun.elapsed() < WAIT, "it is still noted");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(with_words(dir), Vec::<String>::new());
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", dir]), 0, "1 erased, 0 differences");
}
