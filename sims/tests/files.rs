//! Goal: what is written is what the workload says, the same bytes for the same arguments, others for another
//! seed. Method: files are written twice and compared, and read back; sums are checked by hashing anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};
use suyuan_sims::files::{Documents, Written, write};
use suyuan_sims::{Shape, Workload};

const DOCUMENTS: Documents = Documents { batch: 500, most: Some(3) };

fn written(shape: Shape, seed: u64) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().unwrap();
    let written = write(Workload::shaped(shape, 5_000, seed), folder.path(), DOCUMENTS).unwrap();
    (folder, written)
}

/// Every file of a folder by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (inside, prefix) in [(folder.to_owned(), ""), (folder.join("docs"), "docs/")] {
        for entry in inside.read_dir().unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for (name, shape) in Shape::ALL {
        let (one, two, other) = (written(shape, 7), written(shape, 7), written(shape, 8));
        assert_eq!(one.1, two.1, "{name}");
        assert!(files(one.0.path()) == files(two.0.path()), "{name}");
        for (path, bytes) in files(one.0.path()) {
            assert!(files(other.0.path()).get(&path) != Some(&bytes), "{name}: {path} does not depend on the seed");
        }
    }
}

/// A change of these sums changes every measurement that was made with a workload, so it must be meant.
#[test]
fn workloads_stay_as_they_are() {
    let sums: Vec<String> = Shape::ALL.iter().map(|(_, shape)| written(*shape, 7).1.sha256[..16].to_owned()).collect();
    assert_eq!(sums, ["d241fd1265a506f5", "d7c019ebf21e9eb6", "c66dd002e17b31d8", "54699a21a16aa8d9"]);
}

#[test]
fn sums_are_of_all_files() {
    let (folder, answer) = written(Shape::Food, 7);
    let mut all = files(folder.path());
    let sums = String::from_utf8(all.remove("SHA256SUMS").unwrap()).unwrap();
    assert_eq!(sums.lines().count(), all.len());
    for line in sums.lines() {
        let (sum, path) = line.split_once("  ").unwrap();
        let hash = Sha256::digest(&all[path]);
        assert_eq!(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), sum, "{path}");
    }
    assert!(sums.contains(&format!("{}  events.ndjson", answer.sha256)));
    assert_eq!(answer.bytes, all["events.ndjson"].len() as u64);
}

#[test]
fn documents_hold_the_first_events_and_contracts_name_shipments() {
    let (folder, answer) = written(Shape::Food, 7);
    assert_eq!((answer.events, answer.documents), (5_000, 3));
    let all = files(folder.path());
    let lines = |path: &str| -> Vec<Value> {
        let text = std::str::from_utf8(&all[path]).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let events = lines("events.ndjson");
    let documents: Vec<Value> = all
        .iter()
        .filter(|(path, _)| path.starts_with("docs/"))
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect();
    let held: Vec<&Value> =
        documents.iter().flat_map(|document| document["epcisBody"]["eventList"].as_array().unwrap()).collect();
    assert!(held.into_iter().eq(&events[..1_500]));
    assert_eq!(documents[0]["creationDate"], events[499]["eventTime"]);

    let contracts = lines("contracts.ndjson");
    assert_eq!(contracts.len(), answer.campaigns);
    let shipments: BTreeMap<&str, &Value> =
        events.iter().map(|event| (event["eventID"].as_str().unwrap(), event)).collect();
    let mut fulfilled = 0;
    for contract in &contracts {
        for id in contract["fulfilledBy"].as_array().unwrap() {
            // A campaign that is cut off lacks the rest.
            let Some(event) = shipments.get(id.as_str().unwrap()) else { continue };
            assert_eq!(event["bizTransactionList"][0]["bizTransaction"], contract["contractID"]);
            fulfilled += 1;
        }
    }
    assert!(fulfilled > contracts.len(), "{fulfilled}");
}

#[test]
fn the_command_writes_what_the_library_makes() {
    let (_, expected) = written(Shape::DairyLine, 9);
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_suyuan-workload"))
            .args(["--events", "5000", "--seed", "9", "--shape", "dairy-line", "--doc-batch", "1000", "--docs", "-1"])
            .arg("--out")
            .arg(folder.path())
            .output()
            .unwrap()
    };
    let first = run();
    let answer: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(answer["sha256"], expected.sha256);
    assert_eq!(answer["docs"], 5);
    // Documents of another workload are not mixed with its own.
    let again = run();
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8(again.stderr).unwrap().contains("docs is not empty"));
}

#[test]
fn a_wrong_shape_is_wrong_use() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_suyuan-workload")).args(["--out", "x", "--shape", "round"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no such shape, write one of food, dairy-line, single-items, shuffled"), "{text}");
}
