//! Erasing payloads so that their bytes leave the disk (`sharing.md` §5).
//!
//! A deletion alone leaves the bytes where they are: in the write-ahead log, in the files below, in what a
//! snapshot still shows. So the log is flushed away, the files of the range are rewritten, and the store
//! looks whether any file that may hold the bytes is left. The file system's free blocks are not
//! overwritten, and RocksDB's cache in memory forgets in its own time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rocksdb::{BottommostLevelCompaction, CompactOptions, LiveFile};
use suyuan_ledger::credit::reading;
use suyuan_ledger::kv::{StoreError, Table};
use suyuan_ledger::state::head::lacks_history;

use crate::RocksStore;

/// How long readers may hold what is erased before that is an error.
const WAIT: Duration = Duration::from_secs(30);
const WAIT_STEP: Duration = Duration::from_millis(10);

/// Where a payload is: the height of its block and its index in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PayloadPlace {
    /// The height of the block.
    pub height: u64,
    /// The index of the event in the block.
    pub index: u32,
}

impl PayloadPlace {
    /// Its key in `Table::Payload`.
    pub fn key(self) -> [u8; 12] {
        let mut key = [0; 12];
        key[..8].copy_from_slice(&self.height.to_be_bytes());
        key[8..].copy_from_slice(&self.index.to_be_bytes());
        key
    }
}

impl RocksStore {
    /// Deletes payloads, all of them or none, and returns once no file of the store holds their bytes. Rewrites the files
    /// that hold any of them.
    ///
    /// If readers hold a [`crate::Snapshot`] from before for too long, or the disk is full, it fails with
    /// the payloads deleted and their bytes still on the disk; then it has to be called again.
    ///
    /// While the history is taken that a ledger lacks, it is refused: what is erased would come back.
    pub fn erase_payloads(&self, places: &[PayloadPlace]) -> Result<(), StoreError> {
        if lacks_history(self)? {
            return Err(StoreError::Later);
        }
        let keys: BTreeSet<[u8; 12]> = places.iter().map(|place| place.key()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let read_out: Vec<(u64, u32)> = places.iter().map(|place| (place.height, place.index)).collect();
        let reading = self.reading();
        let mut deletions = reading::forget(self, &read_out)?;
        for key in &keys {
            deletions.delete(Table::Payload, *key);
        }
        self.commit(&deletions)?;
        drop(reading);
        let moment = self.database.latest_sequence_number();

        let mut suspects = files(&self.path, "log")?;
        // The log is dropped only when every table has written out what it holds of it.
        for table in Table::ALL {
            self.database.flush_cf(self.family(*table)?).map_err(|error| self.fail("flush", &error))?;
        }
        wait(|| {
            let holds = self.oldest_snapshot()?.is_some_and(|oldest| oldest < moment);
            Ok(holds.then(|| "a reader holds the store as it was".to_owned()))
        })?;
        suspects.append(&mut files(&self.path, "sst")?);
        let mut options = CompactOptions::default();
        options.set_exclusive_manual_compaction(true);
        // The values lie mostly on the last level, which RocksDB would leave alone.
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        for key in &keys {
            // A file that was rewritten for one holds no other any more.
            if self.left(&suspects, &BTreeSet::from([*key]))?.iter().any(|name| name.ends_with(".sst")) {
                self.database.compact_range_cf_opt(self.family(Table::Payload)?, Some(key), Some(key), &options);
            }
        }
        // RocksDB does not say whether the compaction worked, so the files must.
        wait(|| {
            let left = self.left(&suspects, &keys)?;
            if left.iter().any(|name| name.ends_with(".log")) {
                self.flush_unused()?;
            }
            Ok((!left.is_empty()).then(|| format!("files in use, or not rewritten: {}", left.join(" "))))
        })
    }

    /// Those of the files that were not deleted, unless they are in use for something else.
    fn left(&self, suspects: &BTreeSet<String>, keys: &BTreeSet<[u8; 12]>) -> Result<Vec<String>, StoreError> {
        let live = self.database.live_files().map_err(|error| StoreError::Failed(format!("list files: {error}")))?;
        let is_harmless = |file: &&LiveFile| {
            let may_hold = |key: &[u8; 12]| {
                let below = file.end_key.as_deref().is_some_and(|end| end < key.as_slice());
                let above = file.start_key.as_deref().is_some_and(|start| start > key.as_slice());
                !below && !above
            };
            file.column_family_name != Table::Payload.name() || !keys.iter().any(may_hold)
        };
        let harmless: BTreeSet<&str> =
            live.iter().filter(is_harmless).map(|file| file.name.trim_start_matches('/')).collect();
        let mut on_disk = files(&self.path, "log")?;
        on_disk.append(&mut files(&self.path, "sst")?);
        let left = suspects.intersection(&on_disk).filter(|name| !harmless.contains(name.as_str()));
        Ok(left.cloned().collect())
    }

    /// Flushes once more. RocksDB notes at a flush how far the log is needed; of two flushes that end at the
    /// same time, each takes the other's table to need it still.
    fn flush_unused(&self) -> Result<(), StoreError> {
        let flush = || {
            self.database.put_opt(b"flushed", b"", &self.writes)?;
            self.database.flush()
        };
        flush().map_err(|error| self.fail("flush", &error))
    }

    /// The moment of the oldest snapshot, if there is one.
    fn oldest_snapshot(&self) -> Result<Option<u64>, StoreError> {
        let oldest = self.database.property_int_value("rocksdb.oldest-snapshot-sequence");
        let oldest = oldest.map_err(|error| StoreError::Failed(format!("list snapshots: {error}")))?;
        Ok(oldest.filter(|sequence| *sequence > 0))
    }
}

/// The names of the files of a kind in a database.
fn files(path: &Path, extension: &str) -> Result<BTreeSet<String>, StoreError> {
    let failed = |error| StoreError::Failed(format!("{}: {error}", path.display()));
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if Path::new(&name).extension().is_some_and(|found| found == extension) {
            names.insert(name.to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Waits until there is nothing to wait for.
fn wait(mut for_what: impl FnMut() -> Result<Option<String>, StoreError>) -> Result<(), StoreError> {
    let start = Instant::now();
    while let Some(what) = for_what()? {
        if start.elapsed() > WAIT {
            let seconds = WAIT.as_secs();
            return Err(StoreError::Failed(format!(
                "payloads are deleted, but their bytes are on the disk after {seconds} s: {what}; erase again"
            )));
        }
        thread::sleep(WAIT_STEP);
    }
    Ok(())
}
