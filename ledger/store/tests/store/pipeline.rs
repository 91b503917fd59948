//! Goal: while blocks are on their way to a store, it reads as if they were there, and what was said to be durable
//! is. Method: random changes through a pipeline, to a real store, compared with a map after each; the store is
//! opened anew and compared again. A store that fails stops the pipeline: nothing after the failure is acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use suyuan_ledger::kv::{Read, StoreError, Table, Visit, WriteSet};
use suyuan_store::{MEMORY_BYTES_MIN, MemoryStore, Pipeline, RocksStore, Store, StoreOptions};

use crate::common::{END, Model, Numbers, scan};

const BLOCKS: u64 = 300;

fn changes(numbers: &mut Numbers) -> WriteSet {
    let mut writes = WriteSet::default();
    for _ in 0..1 + numbers.below(20) {
        let key = [numbers.below(40) as u8, 7];
        match numbers.below(4) {
            0 => writes.delete(Table::Page, key),
            _ => {
                let length = numbers.below(60) as usize;
                writes.put(Table::Page, key, numbers.bytes(length));
            }
        }
    }
    writes
}

#[test]
fn reads_what_is_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { memory_bytes: MEMORY_BYTES_MIN, create: true, ..StoreOptions::default() };
    let (mut numbers, mut model) = (Numbers(3), Model::default());
    let durable = Arc::new(AtomicU64::new(0));
    let store = RocksStore::open(folder.path(), &options).unwrap();
    Pipeline::run(&store, |pipeline| {
        for block in 0..BLOCKS {
            let writes = changes(&mut numbers);
            model.commit(&writes);
            let counted = durable.clone();
            pipeline
                .commit(writes, move || {
                    counted.fetch_add(1, Ordering::SeqCst);
                })
                .unwrap();
            let (key, other) = ([numbers.below(40) as u8, 7], [numbers.below(40) as u8, 7]);
            assert_eq!(pipeline.get(Table::Page, &key).unwrap(), model.get(Table::Page, &key));
            assert_eq!(pipeline.at_or_before(Table::Page, &key).unwrap(), model.at_or_before(Table::Page, &key));
            assert_eq!(scan(&*pipeline, Table::Page, &key, &other), model.scan(Table::Page, &key, &other));
            let keys: Vec<[u8; 2]> = (0..40).map(|first| [first, 7]).collect();
            let listed: Vec<&[u8]> = keys.iter().map(<[u8; 2]>::as_slice).collect();
            let mut visit = |place: usize, value: Option<&[u8]>| {
                assert_eq!(value.map(<[u8]>::to_vec), model.get(Table::Page, &keys[place]));
            };
            pipeline.get_many(Table::Page, &listed, &mut visit).unwrap();
            if block % 50 == 0 {
                pipeline.finish().unwrap();
                assert_eq!((pipeline.pending(), durable.load(Ordering::SeqCst)), (0, block + 1));
            }
        }
    })
    .unwrap();
    assert_eq!(durable.load(Ordering::SeqCst), BLOCKS);
    drop(store);
    let store = RocksStore::open(folder.path(), &options).unwrap();
    assert_eq!(scan(&store, Table::Page, &[], END), model.scan(Table::Page, &[], END));
}

/// Fails when it is told so many blocks.
struct Failing(MemoryStore, AtomicU64);

impl Read for Failing {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.0.at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.scan(table, from, to, visit)
    }
}

impl Store for Failing {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        match self.1.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(StoreError::Failed("the disk is gone".to_owned())),
            _ => self.0.commit(writes),
        }
    }
}

#[test]
fn stops_at_a_failure() {
    let mut numbers = Numbers(4);
    let durable = Arc::new(AtomicU64::new(0));
    let store = Failing(MemoryStore::default(), AtomicU64::new(5));
    let outcome = Pipeline::run(&store, |pipeline| {
        let mut handed_over = 0;
        loop {
            let counted = durable.clone();
            let then = move || {
                counted.fetch_add(1, Ordering::SeqCst);
            };
            if let Err(error) = pipeline.commit(changes(&mut numbers), then) {
                assert_eq!(error, StoreError::Failed("the disk is gone".to_owned()));
                return handed_over;
            }
            handed_over += 1;
            assert!(handed_over < 20, "the failure is never told");
        }
    });
    assert_eq!(outcome.unwrap_err(), StoreError::Failed("the disk is gone".to_owned()));
    assert_eq!(durable.load(Ordering::SeqCst), 4);
}
