//! Keeps the tables in memory: the simple model of a store, to which real stores are compared.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::kv::{Read, StoreError, Table, Visit, WriteSet};

/// Tables in memory. Its reads never fail.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MemoryRead {
    tables: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryRead {
    /// Makes changes.
    pub fn apply(&mut self, writes: &WriteSet) {
        for (table, key, change) in writes.iter() {
            let pairs = self.tables.entry(table).or_default();
            match change {
                Some(value) => pairs.insert(key.to_vec(), value.to_vec()),
                None => pairs.remove(key),
            };
        }
    }

    /// How many pairs a table has.
    pub fn count(&self, table: Table) -> usize {
        self.tables.get(&table).map_or(0, BTreeMap::len)
    }
}

impl Read for MemoryRead {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables.get(&table).and_then(|pairs| pairs.get(key)).cloned())
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        let to_key = (Bound::Unbounded, Bound::Included(key));
        let pair = self.tables.get(&table).and_then(|pairs| pairs.range::<[u8], _>(to_key).next_back());
        Ok(pair.map(|(key, value)| (key.clone(), value.clone())))
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let Some(pairs) = self.tables.get(&table) else { return Ok(()) };
        // A map panics on a range that ends before it starts.
        if from < to {
            let range = (Bound::Included(from), Bound::Excluded(to));
            pairs.range::<[u8], _>(range).all(|(key, value)| visit(key, value));
        }
        Ok(())
    }
}
