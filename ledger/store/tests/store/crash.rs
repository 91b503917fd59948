//! Goal: nothing acknowledged is lost when the process dies, and no commit is half visible. Method: this
//! binary runs itself as a child that commits numbered batches over several tables and prints each number
//! once acknowledged; it is killed (SIGKILL) at random moments, and what it left is compared with what its
//! batches must give. The store is carried from round to round, so that recovered ones crash too.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::{Model, Numbers, OPTIONS, contents};
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_store::RocksStore;

const DIRECTORY_VARIABLE: &str = "SUYUAN_TEST_CRASH_DIRECTORY";
const ROUNDS: u64 = 40;
/// Batches of which the pairs are kept; each batch deletes those of the one that leaves this window.
const WINDOW: u64 = 50;

/// The pairs of a batch: up to 100, in tables and of lengths by its number.
fn pairs(batch: u64) -> Vec<(Table, Vec<u8>, Vec<u8>)> {
    let mut numbers = Numbers(batch);
    let count = 1 + numbers.below(100);
    let mut pairs: Vec<_> = (0..count)
        .map(|place| {
            let table = Table::ALL[numbers.below(Table::ALL.len() as u64) as usize];
            let key = [numbers.next().to_be_bytes(), batch.to_be_bytes(), place.to_be_bytes()].concat();
            let length = numbers.below(4000) as usize;
            (table, key, numbers.bytes(length))
        })
        .collect();
    pairs.push((Table::Meta, b"batch".to_vec(), batch.to_be_bytes().to_vec()));
    pairs
}

fn writes(batch: u64) -> WriteSet {
    let mut writes = WriteSet::default();
    if let Some(old) = batch.checked_sub(WINDOW).filter(|old| *old > 0) {
        for (table, key, _) in pairs(old) {
            writes.delete(table, key);
        }
    }
    for (table, key, value) in pairs(batch) {
        writes.put(table, key, value);
    }
    writes
}

fn last_batch(store: &RocksStore) -> u64 {
    let value = store.get(Table::Meta, b"batch").unwrap();
    value.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

/// The child: commits until it is killed.
fn commit_for_ever(path: &Path) -> ! {
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    let mut output = std::io::stdout();
    let mut batch = last_batch(&store);
    loop {
        batch += 1;
        store.commit(&writes(batch)).unwrap();
        writeln!(output, "acknowledged {batch}").unwrap();
        output.flush().unwrap();
    }
}

/// Runs the child, kills it some time after its first acknowledgement, and gives the last.
fn run_and_kill(path: &Path, delay: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::killed_at_any_moment", "--exact", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY_VARIABLE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
    // A line may be cut off by the kill, but then it does not end; `split` gives it all the same.
    let number =
        |line: &[u8]| -> Option<u64> { std::str::from_utf8(line).ok()?.split("acknowledged ").nth(1)?.parse().ok() };
    let first = lines.by_ref().find_map(|line| number(&line.unwrap())).expect("the child commits nothing");
    let killer = std::thread::spawn(move || {
        std::thread::sleep(delay);
        child.kill().unwrap();
        child.wait().unwrap()
    });
    let last = lines.filter_map(|line| number(&line.unwrap())).max().unwrap_or(first);
    let status = killer.join().unwrap();
    assert!(status.code().is_none(), "the child ended by itself: {status}");
    last
}

#[test]
fn killed_at_any_moment() {
    if let Some(path) = std::env::var_os(DIRECTORY_VARIABLE) {
        commit_for_ever(&PathBuf::from(path));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(20_261_122);
    let mut unacknowledged = 0;
    for round in 0..ROUNDS {
        let delay = Duration::from_micros(numbers.below(150_000));
        let acknowledged = run_and_kill(directory.path(), delay);
        let store = RocksStore::open(directory.path(), &OPTIONS).unwrap();
        let last = last_batch(&store);
        assert!(last >= acknowledged, "round {round}: {acknowledged} was acknowledged, {last} is there");
        assert!(last <= acknowledged + 1, "round {round}: {last} is there, {acknowledged} was acknowledged");
        unacknowledged += u64::from(last > acknowledged);
        let mut expected = Model::default();
        for batch in (last + 1).saturating_sub(WINDOW).max(1)..=last {
            let mut writes = WriteSet::default();
            for (table, key, value) in pairs(batch) {
                writes.put(table, key, value);
            }
            expected.commit(&writes);
        }
        assert!(contents(&store) == expected, "round {round}: not what batches up to {last} give");
    }
    println!("{ROUNDS} kills; a batch that was not acknowledged was there after {unacknowledged}");
}
