//! Writes out and compacts every table: what a measure of bytes on disk needs, and an operator before a backup.

use rocksdb::{BottommostLevelCompaction, CompactOptions};
use suyuan_ledger::kv::{StoreError, Table};

use crate::RocksStore;

impl RocksStore {
    /// Writes the log out into sorted files and compacts all of them. RocksDB does so by itself in time.
    pub fn compact(&self) -> Result<(), StoreError> {
        self.check_usable()?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        for table in Table::ALL {
            let family = self.family(*table)?;
            self.database.flush_cf(family).map_err(|error| self.fail("flush", &error))?;
            self.database.compact_range_cf_opt(family, None::<&[u8]>, None::<&[u8]>, &options);
        }
        Ok(())
    }
}
