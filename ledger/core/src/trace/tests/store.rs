//! History over a store's tables against the ledger in memory that they were written from.

use super::mini::Mini;
use super::model::world;
use crate::codec;
use crate::kv::{Overlay, StoreError, Table, WriteSet};
use crate::kv_memory::MemoryRead;
use crate::log::Peaks;
use crate::state::reader::Reader;
use crate::state::records;
use crate::state::subject::{StoredEntry, StoredLog, StoredRecord, StoredRun, SubjectState, encode_keys, entry_key};
use crate::trace::closure::{Direction, Query, close};
use crate::trace::history::History;
use crate::trace::store::StoreHistory;

/// Writes the tables. Each log is forked twice from logs that have grown since.
fn tables(mini: &mut Mini) -> WriteSet {
    let mut writes = WriteSet::default();
    for subject in mini.subjects() {
        let Ok(key) = mini.key(subject);
        writes.put(Table::Name, crate::hash::Tag::Key.hash(&key).0, subject.to_be_bytes());
        writes.put(Table::Key, subject.to_be_bytes(), encode_keys([&*key].into_iter()));
        let entries = mini.entries(subject);
        let Ok(log) = mini.log(subject, crate::trace::history::Mode::Full);
        let count = entries.len() as u64;
        let first = 1 + 3 * subject;
        let mut put = |log_id: u64, base: u64, base_count: u64, count: u64| {
            let own: Vec<StoredEntry> =
                (base_count..count).map(|place| *entries.get(place as usize).or(entries.first()).unwrap()).collect();
            // Rows of two, and what is left with the log.
            let (rows, recent) = own.as_chunks::<2>();
            for (place, row) in (base_count..).step_by(2).zip(rows) {
                writes.put(Table::Entry, entry_key(log_id, place), codec::encode(&row.to_vec()));
            }
            let peaks = Peaks { count, ..Peaks::default() };
            let stored = StoredLog {
                state: SubjectState::clone(mini.arena().state(log.log).unwrap()),
                peaks,
                base,
                base_count,
                recent: recent.to_vec(),
                subjects: 1,
                founded_height: 1,
                founded_index: 0,
            };
            writes.put(Table::Log, log_id.to_be_bytes(), codec::encode(&stored));
        };
        let grown = if count == 0 { 0 } else { 2 };
        put(first, 0, 0, count / 3 + grown);
        // A fork leaves whole rows of two with its base.
        let third = (count / 3) & !1;
        let half = third + ((count / 2 - third) & !1);
        put(first + 1, if third == 0 { 0 } else { first }, third, count / 2 + grown);
        put(first + 2, if half == 0 { 0 } else { first + 1 }, half, count);
        writes.put(Table::Run, subject.to_be_bytes(), codec::encode(&StoredRun { count: 1, log: first + 2 }));
    }
    let below = MemoryRead::default();
    let mut overlay = Overlay::new(&below);
    let records: Vec<_> =
        mini.records().iter().map(|(place, record)| (place.height, place.index, StoredRecord::clone(record))).collect();
    records::put(&mut overlay, &records);
    for (table, key, value) in overlay.into_writes().iter() {
        writes.put(table, key, value.unwrap());
    }
    writes
}

/// Goal: the store's history is the ledger's. Method: random worlds, written with logs forked from logs that
/// have grown since; every closure is the same.
#[test]
fn the_stores_history_is_the_same() {
    for seed in 0..60 {
        let mut world = world(seed);
        let mut store = MemoryRead::default();
        store.apply(&tables(&mut world.mini));
        for start in world.mini.subjects() {
            for direction in [Direction::Back, Direction::Forward, Direction::History] {
                let query = Query::new(vec![start], direction);
                let Ok(expected) = close(&mut world.mini, &query);
                assert_eq!(close(&mut StoreHistory::new(&store), &query), Ok(expected), "seed {seed}");
            }
        }
    }
}

/// Goal: a damaged store is an error and never a panic, a hang or a shorter answer without a word. Method:
/// every pair of a small store cut, lengthened, filled with ones, or deleted.
#[test]
fn damage_is_told() {
    let mut world = world(5);
    let writes = tables(&mut world.mini);
    let mut whole = MemoryRead::default();
    whole.apply(&writes);
    let mut told = 0;
    for (table, key, value) in writes.iter() {
        let value = value.unwrap();
        let damages = [
            Some(value[..value.len() - 1].to_vec()),
            Some([value, &[0]].concat()),
            Some(vec![0xff; value.len()]),
            None,
        ];
        for damage in damages {
            let mut change = WriteSet::default();
            let deleted = damage.is_none();
            match damage {
                Some(damaged) => change.put(table, key, damaged),
                None => change.delete(table, key),
            }
            let mut store = whole.clone();
            store.apply(&change);
            for start in world.mini.subjects() {
                let query = Query::new(vec![start], Direction::Forward);
                let Ok(expected) = close(&mut world.mini, &query);
                match close(&mut StoreHistory::new(&store), &query) {
                    Err(StoreError::Corrupt(..)) => told += 1,
                    Err(other) => panic!("{other:?}"),
                    // Other bytes of the same width can be another history; what is missing or cut can not,
                    // but for the name of a class: whether there is one is not known from elsewhere.
                    Ok(found) => assert!(found == expected || !deleted || table == Table::Name, "{table:?}"),
                }
            }
        }
    }
    assert!(told > 100, "{told}");
}

/// Goal: what is not there is nothing, not an error. Method: ask an empty store.
#[test]
fn nothing_is_nothing() {
    let store = MemoryRead::default();
    let reader = Reader::new(&store);
    assert_eq!(reader.head(), Ok(None));
    assert_eq!(reader.number_of(crate::hash::Hash::ZERO), Ok(None));
    assert_eq!((reader.key_of(1), reader.run_at(1)), (Ok(None), Ok(None)));
    assert_eq!((reader.record(1, 0), reader.payload(1, 0)), (Ok(None), Ok(None)));
    assert_eq!(reader.event(crate::hash::Hash::ZERO), Ok(None));
    assert!(matches!(reader.entries(1), Err(StoreError::Corrupt(Table::Log, _))));
}
