//! Stores a ledger on disk.
//!
//! A [`DataDirectory`] is what a node owns on a disk: its format, its lock, its database. A
//! [`RocksStore`] is that database, the seam of `suyuan_ledger::kv` over RocksDB: a column family a
//! table, one atomic and synced batch a commit, reads of the present or of a fixed moment
//! ([`Snapshot`]). [`MemoryStore`] is its twin in memory.
//!
//! What a store MUST do, and the tests hold it to:
//! * what [`Store::commit`] has acknowledged survives the death of the process; no commit is half visible;
//! * a database that lost changes which were acknowledged, however that came about, does not open without a word;
//! * after a failed write it refuses everything until it is opened anew;
//! * bytes that rotted on the disk are an error, never another answer;
//! * its memory is bounded, whatever it holds.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod acknowledged;
mod backup;
mod direct;
mod directory;
mod erase;
mod error;
mod families;
mod fsck;
mod memory;
mod pipeline;
mod record_log;
mod rocks;
mod rocks_log;
pub mod snapshot;

use suyuan_ledger::kv::{Read, StoreError, WriteSet};

pub use backup::{BackupError, Copied};
pub use directory::{DataDirectory, FORMAT};
pub use erase::PayloadPlace;
pub use error::OpenError;
pub use fsck::{Fsck, Progress, fsck, fsck_directory, memory_shares};
pub use memory::MemoryStore;
pub use pipeline::Pipeline;
pub use record_log::RecordLog;
pub use rocks::{MEMORY_BYTES_DEFAULT, MEMORY_BYTES_MIN, RocksStore, Snapshot, StoreOptions};

/// A store that takes changes.
pub trait Store: Read {
    /// Makes the changes, all or none; they MUST survive a crash once this returns `Ok`. After an error the
    /// store MUST refuse everything.
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError>;
}

impl Store for RocksStore {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        RocksStore::commit(self, writes)
    }
}
