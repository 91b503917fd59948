//! The twin in memory: the same seam without a disk, for tests, simulations and what is rebuilt only to be compared.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use suyuan_ledger::kv::{Pair, Read, StoreError, Table, Visit, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;

use crate::Store;

/// A store in memory. It is gone with its process; it never fails, and what visits its pairs must not change it.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<MemoryRead>);

impl MemoryStore {
    fn tables(&self) -> RwLockReadGuard<'_, MemoryRead> {
        // Whoever panicked while it had the lock was reading.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tables().get(table, key)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.tables().at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.tables().scan(table, from, to, visit)
    }
}

impl Store for MemoryStore {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).apply(writes);
        Ok(())
    }
}
