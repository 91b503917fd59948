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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::Overlay;
    use crate::test_random::Random;

    /// Goal: a store with changes laid over it reads as the store with the changes made. Method: thousands
    /// of random changes among a few keys, deletions among them; every key is read in each of the three
    /// ways from both.
    #[test]
    fn overlay() {
        let mut random = Random(6);
        let mut store = MemoryRead::default();
        for _ in 0..400 {
            let mut overlay = Overlay::new(&store);
            for _ in 0..random.below(30) {
                let table = [Table::Page, Table::Segment][random.below(2) as usize];
                let key = [random.below(6) as u8, random.below(3) as u8 * 127];
                match random.below(2) {
                    0 => overlay.delete(table, key),
                    _ => overlay.put(table, key, [random.below(256) as u8]),
                }
            }
            let mut changed = store.clone();
            let writes = overlay.into_writes();
            changed.apply(&writes);
            let mut overlay = Overlay::new(&store);
            for (table, key, change) in writes.iter() {
                match change {
                    Some(value) => overlay.put(table, key, value),
                    None => overlay.delete(table, key),
                }
            }
            compare(&overlay, &changed, random.below(9) as usize);
            store = changed;
        }
    }

    fn compare(left: &dyn Read, right: &dyn Read, visits_max: usize) {
        let scan = |read: &dyn Read, from: &[u8], to: &[u8]| {
            let mut pairs = Vec::new();
            let mut visit = |key: &[u8], value: &[u8]| {
                pairs.push((key.to_vec(), value.to_vec()));
                pairs.len() < visits_max
            };
            read.scan(Table::Page, from, to, &mut visit).unwrap();
            pairs
        };
        let keys: Vec<[u8; 2]> = (0..7).flat_map(|high| [0, 1, 127, 254, 255].map(|low| [high, low])).collect();
        let listed: Vec<&[u8]> = keys.iter().map(<[u8; 2]>::as_slice).collect();
        let mut many = vec![None; keys.len()];
        left.get_many(Table::Page, &listed, &mut |place, value| many[place] = Some(value.map(<[u8]>::to_vec))).unwrap();
        for (key, value) in keys.iter().zip(many) {
            assert_eq!(value, Some(right.get(Table::Page, key).unwrap()));
            assert_eq!(left.get(Table::Page, key), right.get(Table::Page, key));
            assert_eq!(left.at_or_before(Table::Page, key), right.at_or_before(Table::Page, key), "{key:?}");
            for to in &keys {
                assert_eq!(scan(left, key, to), scan(right, key, to), "{key:?} to {to:?}");
            }
        }
    }
}
