//! The twin in memory: the same seam without a disk, for tests, simulations and what is rebuilt only to be compared.

use std::cell::RefCell;

use suyuan_ledger::kv::{Pair, Read, StoreError, Table, Visit, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;

use crate::Store;

/// A store in memory. It is gone with its process; it never fails, and reads must not change it.
#[derive(Debug, Default)]
pub struct MemoryStore(RefCell<MemoryRead>);

impl Read for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.borrow().get(table, key)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.0.borrow().at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.borrow().scan(table, from, to, visit)
    }
}

impl Store for MemoryStore {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        let busy = |_| StoreError::Failed("committed while the store is being read".to_owned());
        self.0.try_borrow_mut().map_err(busy)?.apply(writes);
        Ok(())
    }
}
