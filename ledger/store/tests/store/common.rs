//! What the tests share: a generator of numbers by seed, and the simple model of a store.

use std::collections::BTreeMap;

use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_store::{MEMORY_BYTES_MIN, StoreOptions};

/// A small store, made if it is not there.
pub const OPTIONS: StoreOptions =
    StoreOptions { memory_bytes: MEMORY_BYTES_MIN, create: true, accept_torn_log: false, disposable: false };

/// Numbers by seed (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

/// A store as a map.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Model(pub BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Model {
    pub fn commit(&mut self, writes: &WriteSet) {
        for (table, key, value) in writes.iter() {
            match value {
                Some(value) => self.0.insert((table, key.to_vec()), value.to_vec()),
                None => self.0.remove(&(table, key.to_vec())),
            };
        }
    }

    pub fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(&(table, key.to_vec())).cloned()
    }

    pub fn at_or_before(&self, table: Table, key: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut below = self.0.range((table, Vec::new())..=(table, key.to_vec()));
        below.next_back().map(|((_, key), value)| (key.clone(), value.clone()))
    }

    pub fn scan(&self, table: Table, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        if from >= to {
            return Vec::new();
        }
        let range = self.0.range((table, from.to_vec())..(table, to.to_vec()));
        range.map(|((_, key), value)| (key.clone(), value.clone())).collect()
    }
}

/// All pairs from `from` to below `to`.
pub fn scan(store: &dyn Read, table: Table, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    store
        .scan(table, from, to, &mut |key, value| {
            pairs.push((key.to_vec(), value.to_vec()));
            true
        })
        .unwrap();
    pairs
}

/// Above every key of the tests.
pub const END: &[u8] = &[0xff; 40];

/// Everything a store holds.
pub fn contents(store: &dyn Read) -> Model {
    let mut model = Model::default();
    for table in Table::ALL {
        for (key, value) in scan(store, *table, &[], END) {
            model.0.insert((*table, key), value);
        }
    }
    model
}
