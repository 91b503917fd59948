//! Keeps what a validator must remember while a block is decided: a log in a small RocksDB database of its own.
//!
//! Records are appended in order and, once the block of their height is written, forgotten. What is flushed survives a
//! crash, with everything before it; what is not may be lost from the end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{DB, DBRecoveryMode, IteratorMode, Options, WriteBatch};
use suyuan_ledger::kv::StoreError;

use crate::OpenError;

/// Blocks that are voted for are in it: few at a time, of at most some tens of MiB.
const WRITE_BUFFER_BYTES: usize = 16 << 20;
const WRITE_BUFFERS: i32 = 2;
const WAL_BYTES_MAX: u64 = 64 << 20;

/// The log of one validator.
pub struct RecordLog {
    database: DB,
    path: PathBuf,
    next: AtomicU64,
}

impl RecordLog {
    /// Opens a log, or creates it, and gives its records in order.
    pub fn open(path: &Path) -> Result<(RecordLog, Vec<Vec<u8>>), OpenError> {
        let failed =
            |error: rocksdb::Error| OpenError::Store(path.to_path_buf(), StoreError::Failed(error.into_string()));
        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_paranoid_checks(true);
        // Only a last, torn record is passed over: a validator that forgets what it flushed might vote twice.
        options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        options.set_write_buffer_size(WRITE_BUFFER_BYTES);
        options.set_max_write_buffer_number(WRITE_BUFFERS);
        options.set_max_total_wal_size(WAL_BYTES_MAX);
        options.set_keep_log_file_num(2);
        options.set_max_background_jobs(1);
        let database = DB::open(&options, path).map_err(failed)?;
        let (mut records, mut next) = (Vec::new(), 0);
        for pair in database.iterator(IteratorMode::Start) {
            let (key, value) = pair.map_err(failed)?;
            next = sequence(&key).saturating_add(1).max(next);
            records.push(value.into_vec());
        }
        Ok((RecordLog { database, path: path.to_path_buf(), next: AtomicU64::new(next) }, records))
    }

    /// Appends a record of a height.
    pub fn append(&self, height: u64, record: &[u8]) -> Result<(), StoreError> {
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        let key = [height.to_be_bytes(), sequence.to_be_bytes()].concat();
        self.database.put(key, record).map_err(|error| self.failed("append", &error))
    }

    /// Has all that was appended on the disk.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.database.flush_wal(true).map_err(|error| self.failed("sync", &error))
    }

    /// Forgets the records of all heights up to this one. That it is forgotten need not survive a crash.
    pub fn forget(&self, height: u64) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.delete_range(&[][..], &height.saturating_add(1).to_be_bytes()[..]);
        self.database.write(batch).map_err(|error| self.failed("forget", &error))
    }

    fn failed(&self, what: &str, error: &rocksdb::Error) -> StoreError {
        StoreError::Failed(format!("{}: {what}: {error}", self.path.display()))
    }
}

fn sequence(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: records come back in order until they are forgotten. Method: appended, opened again, forgotten in part.
    #[test]
    fn remembers_until_told_to_forget() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wal");
        let (log, records) = RecordLog::open(&path).unwrap();
        assert!(records.is_empty());
        for height in 1..5u64 {
            for part in 0..300u64 {
                log.append(height, format!("{height}/{part}").as_bytes()).unwrap();
            }
        }
        log.flush().unwrap();
        log.forget(2).unwrap();
        drop(log);
        let (log, records) = RecordLog::open(&path).unwrap();
        let expected: Vec<Vec<u8>> =
            (3..5).flat_map(|height| (0..300).map(move |part| format!("{height}/{part}").into_bytes())).collect();
        assert_eq!(records, expected);
        log.append(4, b"more").unwrap();
        drop(log);
        let (_, records) = RecordLog::open(&path).unwrap();
        assert_eq!(records.last().unwrap(), b"more");
    }
}
