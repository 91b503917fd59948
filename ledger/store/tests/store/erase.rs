//! Goal: an erased payload's bytes are in no file of the store. Method: payloads that don't compress, among
//! others, in the log, in files of the first level and of the last; after each erasure all files of the
//! directory are searched for the erased bytes, and for those of a neighbour, which must still be there.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::common::{END, Numbers, OPTIONS, scan};
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_store::{PayloadPlace, RocksStore};

/// How many files hold these bytes.
fn files_with(path: &Path, bytes: &[u8]) -> usize {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|file| fs::read(file).is_ok_and(|text| text.windows(bytes.len()).any(|part| part == bytes))).count()
}

fn place(height: u64, index: u32) -> PayloadPlace {
    PayloadPlace { height, index }
}

/// Each payload is different, and does not compress.
fn payload(place: PayloadPlace) -> Vec<u8> {
    Numbers(place.height * 1000 + u64::from(place.index)).bytes(500)
}

fn commit(store: &RocksStore, heights: std::ops::RangeInclusive<u64>) {
    for height in heights {
        let mut writes = WriteSet::default();
        for index in 0..20 {
            writes.put(Table::Payload, place(height, index).key(), payload(place(height, index)));
        }
        // Another table, so that the log holds more than payloads.
        writes.put(Table::Block, height.to_be_bytes(), vec![7; 100]);
        store.commit(&writes).unwrap();
    }
}

/// Erases, and looks for what is left.
fn erase_and_search(path: &Path, store: &RocksStore, places: &[PayloadPlace], neighbour: PayloadPlace) {
    for place in places {
        assert!(files_with(path, &payload(*place)) > 0, "the search finds nothing even before");
    }
    store.erase_payloads(places).unwrap();
    for place in places {
        assert_eq!(store.get(Table::Payload, &place.key()).unwrap(), None);
        assert_eq!(files_with(path, &payload(*place)), 0, "{place:?} is still on the disk");
    }
    assert_eq!(store.get(Table::Payload, &neighbour.key()).unwrap(), Some(payload(neighbour)));
    assert!(files_with(path, &payload(neighbour)) > 0, "the search finds nothing");
}

#[test]
fn erased_bytes_leave_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    commit(&store, 1..=50);
    // From the log.
    erase_and_search(path, &store, &[place(3, 7)], place(3, 8));
    // From the last level, where the erasure before has put all; beside newer ones in the log.
    commit(&store, 51..=100);
    erase_and_search(path, &store, &[place(2, 0), place(2, 1)], place(2, 2));
    // From both, and the one at the very end.
    erase_and_search(path, &store, &[place(100, 19), place(40, 3)], place(99, 19));
    // Twice, and one that never was.
    store.erase_payloads(&[place(3, 7), place(1_000_000, 0)]).unwrap();
    store.erase_payloads(&[]).unwrap();
    let left = scan(&store, Table::Payload, &[], END);
    assert_eq!(left.len(), 100 * 20 - 5);
    drop(store);
    // From what was recovered from the log.
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    commit(&store, 101..=110);
    drop(store);
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    erase_and_search(path, &store, &[place(105, 5)], place(105, 6));
    assert_eq!(store.get(Table::Block, &105u64.to_be_bytes()).unwrap(), Some(vec![7; 100]));
}

/// Goal: an erasure waits for readers that still see the payload. Method: a snapshot and a scan, each held for
/// a while by another thread; both see the payload as long as they live.
#[test]
fn waits_for_readers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    commit(&store, 1..=50);
    let pause = Duration::from_millis(300);
    for (height, with_snapshot) in [(10, true), (20, false)] {
        let (erased, (begun, wait)) = (place(height, 1), std::sync::mpsc::channel());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let expected = payload(erased);
                if with_snapshot {
                    let snapshot = store.snapshot();
                    begun.send(()).unwrap();
                    std::thread::sleep(pause);
                    assert_eq!(snapshot.get(Table::Payload, &erased.key()).unwrap(), Some(expected));
                } else {
                    let mut seen = false;
                    let mut visit = |key: &[u8], value: &[u8]| {
                        if key == place(1, 0).key() {
                            begun.send(()).unwrap();
                            std::thread::sleep(pause);
                        }
                        seen |= value == expected;
                        true
                    };
                    store.scan(Table::Payload, &[], END, &mut visit).unwrap();
                    assert!(seen, "a scan that has begun sees what was there");
                }
            });
            wait.recv().unwrap();
            erase_and_search(path, &store, &[erased], place(height, 2));
        });
    }
}
