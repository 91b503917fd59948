//! Goal: erasing payloads takes nothing from the ledger but the payloads: it stays sound, can be built anew from its
//! blocks, traces say the same links and name what is absent, proofs are made and hold. Method: a supply chain captured
//! by the command; the payloads of some of its events erased, then of all; after each, on the data directory as it is
//! and on one whose database was built anew from the blocks, fsck, export, trace, proof and a further capture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use runner::{chain_with_known_keys, copy, document, event, folder, is, path, run};
use serde_json::Value;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::replay::replay_next;
use suyuan_store::{DataDirectory, PayloadPlace, RocksStore, StoreOptions};

const MEMORY: usize = 32 << 20;
const SUBJECT: &str = "(01)09521001001014(10)L20261003A";
const SAMPLE: &str = "docs/samples/infant-formula.jsonld";
/// The sample's events.
const EVENTS: u32 = 10;

fn erase(dir: &str, indexes: &[u32]) {
    let directory = DataDirectory::open(Path::new(dir)).unwrap();
    let store = directory.open_store(MEMORY).unwrap();
    let places: Vec<PayloadPlace> = indexes.iter().map(|index| PayloadPlace { height: 1, index: *index }).collect();
    store.erase_payloads(&places).unwrap();
}

/// A copy of the directory whose database is made from nothing but its genesis, its blocks and the payloads left.
fn rebuilt(dir: &str, target: &str) {
    let directory = DataDirectory::open(Path::new(dir)).unwrap();
    let source = directory.open_store(MEMORY).unwrap();
    copy(Path::new(dir), Path::new(target));
    let database = Path::new(target).join("db");
    fs::remove_dir_all(&database).unwrap();
    let options = StoreOptions { memory_bytes: MEMORY, create: true, ..StoreOptions::default() };
    let anew = RocksStore::open(&database, &options).unwrap();
    let bytes = fs::read(Path::new(dir).join("genesis.json")).unwrap();
    let genesis = Genesis::parse(&bytes).unwrap();
    let (rows, members) = (genesis.rows(), genesis.directory());
    let (mut ledger, writes) = Ledger::found(chain_id(&bytes), genesis.start_time, &rows, members, &anew).unwrap();
    anew.commit(&writes).unwrap();
    let head = Ledger::open(&source).unwrap().unwrap().head;
    while ledger.head.height < head.height {
        let replayed = replay_next(&ledger, &anew, &source).unwrap();
        assert_eq!(replayed.faults, []);
        anew.commit(&replayed.applied.writes).unwrap();
        ledger = replayed.applied.ledger;
    }
    assert_eq!(ledger.head, head);
}

/// The trace, its proof made, checked and saying the same.
fn traced(work: &tempfile::TempDir, dir: &str, direction: &str) -> Value {
    let (proof, genesis) = (path(work, "proof"), format!("{dir}/genesis.json"));
    let traced = run(&["trace", SUBJECT, direction, "--dir", dir, "--proof", &proof, "--json"]);
    assert_eq!(traced.code, 0, "{}", traced.stderr);
    let verified = run(&["verify", &proof, "--trust", &genesis, "--json"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let (traced, verified) = (traced.json(), verified.json());
    assert_eq!(verified["valid"], true);
    // Organisations are numbers to one who has nothing but the proof.
    let nodes = |trace: &Value| -> Vec<Value> {
        trace["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
    };
    assert_eq!(nodes(&verified["trace"]), nodes(&traced));
    assert_eq!(verified["trace"]["edges"], traced["edges"]);
    assert_eq!(erased_in(&verified["trace"]), erased_in(&traced));
    traced
}

/// The places of the events that a trace says are erased.
fn erased_in(trace: &Value) -> BTreeSet<String> {
    let events = trace["events"].as_array().unwrap().iter();
    events.filter(|event| event["erased"] == true).map(|event| event["position"].as_str().unwrap().to_owned()).collect()
}

/// What links are said, without the events' names: an erased event is named by its place.
fn links(trace: &Value) -> BTreeSet<String> {
    let edges = trace["edges"].as_array().unwrap().iter();
    edges.map(|edge| format!("{} {} {}", edge["from"], edge["to"], edge["relation"])).collect()
}

#[test]
fn erased_payloads() {
    let work = folder(&[("later.json", &document(&[event(1, "")]))]);
    let dir = chain_with_known_keys(&work);
    is(&run(&["capture", SAMPLE, "--dir", &dir]), 0, "accepted 10");
    let directions = ["--back", "--forward", "--history"];
    let whole = directions.map(|direction| traced(&work, &dir, direction));
    assert!(whole.iter().all(|trace| erased_in(trace).is_empty()));
    assert!(whole[0]["edges"].as_array().unwrap().len() > 2 && whole[1]["edges"].as_array().unwrap().len() > 10);

    let mut gone: BTreeSet<u32> = BTreeSet::new();
    for (step, indexes) in [vec![1, 2, 6], (0..EVENTS).collect()].iter().enumerate() {
        erase(&dir, indexes);
        gone.extend(indexes);
        let anew = path(&work, &format!("anew{step}"));
        rebuilt(&dir, &anew);
        for dir in [&dir, &anew] {
            is(&run(&["fsck", "--dir", dir]), 0, &format!("{} erased, 0 differences", gone.len()));
            let exported = run(&["export", "--dir", dir]);
            assert_eq!((exported.code, exported.stdout.lines().count()), (0, EVENTS as usize - gone.len()));
            for index in &gone {
                let named = format!("NODE-ERASED: the payload at 1/{index} is erased");
                assert!(exported.stderr.contains(&named), "{}", exported.stderr);
            }
            for (direction, whole) in directions.iter().zip(&whole) {
                let trace = traced(&work, dir, direction);
                assert_eq!(links(&trace), links(whole), "{direction}");
                let events =
                    whole["events"].as_array().unwrap().iter().map(|event| event["position"].as_str().unwrap());
                let named: BTreeSet<String> = gone.iter().map(|index| format!("1/{index}")).collect();
                let expected: BTreeSet<String> = events.map(str::to_owned).filter(|at| named.contains(at)).collect();
                assert_eq!(erased_in(&trace), expected, "{direction}");
                let gaps = trace["gaps"].as_array().unwrap();
                let told = gaps.iter().filter(|gap| gap["reason"] == "payload_erased").count();
                assert_eq!(told, expected.len(), "{direction} {gaps:?}");
            }
            let shown = run(&["trace", SUBJECT, "--history", "--dir", dir]);
            is(&shown, 0, "payload_erased");
        }
        // What was built anew goes on.
        is(&run(&["capture", &path(&work, "later.json"), "--dir", &anew]), 0, "accepted 1");
        is(&run(&["capture", SAMPLE, "--dir", &anew]), 0, "accepted 0, duplicates 10");
        is(&run(&["fsck", "--dir", &anew]), 0, " 0 differences");
    }
}
