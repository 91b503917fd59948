//! Goal: a store reads as a map does, now and at any earlier moment, before and after it is opened anew.
//! Method: random changes by seed, with keys that collide and that share beginnings, against a `BTreeMap`;
//! every kind of read on both, and on snapshots taken on the way; flushes and compactions in between come
//! from the smallest budget and values of some KiB.

use crate::common::{END, Model, Numbers, OPTIONS, contents, scan};
use suyuan_ledger::kv::{Overlay, Read, StoreError, Table, WriteSet};
use suyuan_store::{RocksStore, Snapshot, Store};

/// A key of 0 to 20 bytes of which most have the length and the look of real ones.
fn key(numbers: &mut Numbers) -> Vec<u8> {
    let first = [0, 1, 2, 255, 256, u64::MAX - 1, u64::MAX][numbers.below(7) as usize];
    let mut key = first.to_be_bytes().to_vec();
    match numbers.below(8) {
        0 => key.truncate(numbers.below(9) as usize),
        1 => {}
        2 => key.extend(numbers.bytes(12)),
        _ => key.extend(numbers.below(6).to_be_bytes()),
    }
    key
}

fn table(numbers: &mut Numbers) -> Table {
    // Half of the changes in the table that has filters of its own.
    match numbers.below(2) {
        0 => Table::Entry,
        _ => Table::ALL[numbers.below(Table::ALL.len() as u64) as usize],
    }
}

fn changes(numbers: &mut Numbers) -> WriteSet {
    let mut writes = WriteSet::default();
    for _ in 0..numbers.below(60) {
        let (table, key) = (table(numbers), key(numbers));
        match numbers.below(3) {
            0 => writes.delete(table, key),
            _ => {
                let length = [0, 1, 40, 3000][numbers.below(4) as usize];
                writes.put(table, key, numbers.bytes(length));
            }
        }
    }
    writes
}

fn compare(numbers: &mut Numbers, store: &dyn Read, model: &Model, reads: u64) {
    for _ in 0..reads {
        let (table, one, other) = (table(numbers), key(numbers), key(numbers));
        assert!(store.get(table, &one).unwrap() == model.get(table, &one), "get {table:?} {one:?}");
        let before = store.at_or_before(table, &one).unwrap();
        assert!(before == model.at_or_before(table, &one), "at or before {table:?} {one:?}");
        let mut cursor = store.cursor(table);
        for wanted in [&one, &other, &one, &one] {
            let found = cursor.at_or_before(wanted).unwrap().map(|(key, value)| (key.to_vec(), value.to_vec()));
            assert!(found == model.at_or_before(table, wanted), "cursor {table:?} {wanted:?}");
        }
        drop(cursor);
        let mut bounds = [one, other];
        if numbers.below(4) > 0 {
            bounds.sort();
        }
        // All of one log: the way its entries are read.
        if numbers.below(3) == 0 && bounds[0].len() >= 8 {
            bounds[0].truncate(8);
            bounds[1] = [bounds[0].as_slice(), &[0xff; 12]].concat();
            bounds[1].truncate(numbers.below(21) as usize);
        }
        let [from, to] = &bounds;
        let pairs = scan(store, table, from, to);
        assert!(pairs == model.scan(table, from, to), "scan {table:?} {from:?} {to:?}");
        if let Some(stop) = (!pairs.is_empty()).then(|| numbers.below(pairs.len() as u64) as usize) {
            let mut seen = 0;
            let mut visit = |_: &[u8], _: &[u8]| {
                seen += 1;
                seen <= stop
            };
            store.scan(table, from, to, &mut visit).unwrap();
            assert_eq!(seen, stop + 1, "a scan goes on after its end");
        }
    }
}

#[test]
fn reads_as_a_map_does() {
    for seed in 1..=4 {
        println!("seed {seed}");
        let mut numbers = Numbers(seed);
        let directory = tempfile::tempdir().unwrap();
        let mut model = Model::default();
        for _ in 0..4 {
            let store = RocksStore::open(directory.path(), &OPTIONS).unwrap();
            assert!(contents(&store) == model, "opened anew");
            let mut snapshots: Vec<(Snapshot<'_>, Model)> = Vec::new();
            for round in 0..100 {
                let writes = changes(&mut numbers);
                store.commit(&writes).unwrap();
                model.commit(&writes);
                compare(&mut numbers, &store, &model, 10);
                if round % 20 == 0 {
                    snapshots.push((store.snapshot(), model.clone()));
                }
                if let Some((snapshot, then)) = snapshots.last() {
                    compare(&mut numbers, snapshot, then, 3);
                }
            }
            for (snapshot, then) in &snapshots {
                assert!(&contents(snapshot) == then, "a snapshot moved");
            }
            assert!(contents(&store) == model);
        }
    }
}

/// Goal: a cursor finds what a look-up finds, wherever it was before. Method: numbers dense and sparse, some put again or
/// deleted, in write buffers and in files; questions that mostly ascend, by steps from none to further than a cursor goes
/// on; of the store, and of a snapshot while the store goes on.
#[test]
fn a_cursor_finds_what_a_look_up_finds() {
    let mut numbers = Numbers(12);
    for (table, gap) in [(Table::Run, 1), (Table::Log, 3), (Table::Record, 40), (Table::Entry, 900)] {
        let directory = tempfile::tempdir().unwrap();
        let store = RocksStore::open(directory.path(), &OPTIONS).unwrap();
        let mut model = Model::default();
        let key = |number: u64| match table {
            Table::Run | Table::Log => number.to_be_bytes().to_vec(),
            Table::Record => [7u64.to_be_bytes().as_slice(), &(number as u32).to_be_bytes()].concat(),
            _ => [7u64.to_be_bytes(), number.to_be_bytes()].concat(),
        };
        for round in 0..40 {
            let mut writes = WriteSet::default();
            for _ in 0..50 {
                let key = key(5 + gap * numbers.below(1_000));
                match numbers.below(4) {
                    0 => writes.delete(table, key),
                    _ => writes.put(table, key, numbers.bytes(20)),
                }
            }
            let (snapshot, then) = (store.snapshot(), model.clone());
            store.commit(&writes).unwrap();
            model.commit(&writes);
            if round % 10 == 5 {
                store.compact().unwrap();
            }
            for (read, model) in [(&store as &dyn Read, &model), (&snapshot, &then)] {
                let (mut cursor, mut number) = (read.cursor(table), 0u64);
                for _ in 0..200 {
                    let step = gap * [0, 1, 2, 30, 300][numbers.below(5) as usize];
                    number = match numbers.below(20) {
                        0 => number.saturating_sub(step),
                        _ => number + numbers.below(step + 2),
                    };
                    let found = cursor.at_or_before(&key(number)).unwrap();
                    let found = found.map(|(key, value)| (key.to_vec(), value.to_vec()));
                    assert!(found == model.at_or_before(table, &key(number)), "{table:?} {number}");
                }
            }
        }
    }
}

/// Goal: changes laid over a store read as if they were committed. Method: the same reads on the overlay and
/// on the map with the changes; keys of one width, as the overlay demands for looking backwards.
#[test]
fn an_overlay_reads_as_committed() {
    let mut numbers = Numbers(9);
    let directory = tempfile::tempdir().unwrap();
    let store = RocksStore::open(directory.path(), &OPTIONS).unwrap();
    let mut model = Model::default();
    for _ in 0..100 {
        let mut overlay = Overlay::new(&store);
        for _ in 0..numbers.below(30) {
            let key = numbers.below(40).to_be_bytes();
            let value = numbers.bytes(3);
            match numbers.below(2) {
                0 => overlay.delete(Table::Run, key),
                _ => overlay.put(Table::Run, key, value),
            }
        }
        let mut after = model.clone();
        after.commit(&overlay_writes(&overlay));
        for _ in 0..40 {
            let (one, other) = (numbers.below(41).to_be_bytes(), numbers.below(41).to_be_bytes());
            assert_eq!(overlay.get(Table::Run, &one).unwrap(), after.get(Table::Run, &one));
            assert_eq!(overlay.at_or_before(Table::Run, &one).unwrap(), after.at_or_before(Table::Run, &one));
            assert_eq!(scan(&overlay, Table::Run, &one, &other), after.scan(Table::Run, &one, &other));
        }
        store.commit(&overlay.into_writes()).unwrap();
        model = after;
    }
    assert_eq!(contents(&store), model);
}

/// The changes of an overlay, which gives them only at its end.
fn overlay_writes(overlay: &Overlay<'_>) -> WriteSet {
    let mut writes = WriteSet::default();
    for number in 0..40u64 {
        let key = number.to_be_bytes();
        match overlay.get(Table::Run, &key).unwrap() {
            Some(value) => writes.put(Table::Run, key, value),
            None => writes.delete(Table::Run, key),
        }
    }
    writes
}

/// Goal: readers of a snapshot see one moment while a writer commits. Method: a writer keeps two rows equal
/// and raises both; four readers compare them within a snapshot, and across two.
#[test]
fn snapshots_while_a_writer_commits() {
    let directory = tempfile::tempdir().unwrap();
    let store = RocksStore::open(directory.path(), &OPTIONS).unwrap();
    let number = |store: &dyn Read, key: &[u8]| -> Result<u64, StoreError> {
        Ok(store.get(Table::Meta, key)?.map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap())))
    };
    let last = 2000u64;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for count in 1..=last {
                let mut writes = WriteSet::default();
                writes.put(Table::Meta, *b"first", count.to_be_bytes());
                writes.put(Table::Meta, *b"second", count.to_be_bytes());
                writes.put(Table::Payload, count.to_be_bytes(), vec![7; 3000]);
                Store::commit(&store, &writes).unwrap();
            }
        });
        for _ in 0..4 {
            scope.spawn(|| {
                let mut before = 0;
                while before < last {
                    let snapshot = store.snapshot();
                    let first = number(&snapshot, b"first").unwrap();
                    std::thread::yield_now();
                    assert_eq!(first, number(&snapshot, b"second").unwrap());
                    let payloads = scan(&snapshot, Table::Payload, &first.saturating_sub(3).to_be_bytes(), END);
                    assert_eq!(payloads.len() as u64, first.min(4), "at {first}");
                    assert!(first >= before, "time ran backwards");
                    before = first;
                }
            });
        }
    });
}
