//! Takes sorted pairs in bulk: into files of RocksDB that become part of the database as they are, without its log.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rocksdb::{IngestExternalFileOptions, SstFileWriter};
use suyuan_ledger::kv::{StoreError, Table, WriteSet};

use super::Pairs;
use crate::families::{Memory, family_options};
use crate::{MEMORY_BYTES_MIN, MemoryStore, RocksStore, Store};

/// A table's pairs are written out when they have so many bytes, as two files.
const FILE_BYTES: usize = 32 << 20;
/// So many pairs with keys that fall anywhere are sorted together, in some 60 MiB: each file of them overlaps all others, and
/// RocksDB merges them sooner the more there are.
const SORTED_MAX: usize = 1 << 19;

/// A store that takes pairs in bulk.
pub trait Sink: Store + Sync {
    /// Takes pairs of a table, whose keys ascend over all portions.
    fn ingest(&self, table: Table, portions: &[Pairs]) -> Result<(), StoreError>;

    /// Has all on the disk.
    fn settle(&self) -> Result<(), StoreError>;
}

impl Sink for MemoryStore {
    fn ingest(&self, table: Table, portions: &[Pairs]) -> Result<(), StoreError> {
        let mut writes = WriteSet::default();
        portions.iter().flat_map(Pairs::iter).for_each(|(key, value)| writes.put(table, key, value));
        self.commit(&writes)
    }

    fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Numbers the files that are made before RocksDB names them.
static FILES: AtomicU64 = AtomicU64::new(0);

impl Sink for RocksStore {
    fn ingest(&self, table: Table, portions: &[Pairs]) -> Result<(), StoreError> {
        self.check_usable()?;
        let portions: Vec<&Pairs> = portions.iter().filter(|pairs| !pairs.is_empty()).collect();
        if portions.is_empty() {
            return Ok(());
        }
        let failed = |error: rocksdb::Error| self.fail("write a file", &error);
        let options = family_options(&Memory::new(MEMORY_BYTES_MIN), table).map_err(failed)?;
        let write = |portions: &[&Pairs]| {
            let path = self.path.join(format!("taken-{}.part", FILES.fetch_add(1, Ordering::Relaxed)));
            let mut file = SstFileWriter::create(&options);
            file.open(&path)?;
            portions.iter().flat_map(|pairs| pairs.iter()).try_for_each(|(key, value)| file.put(key, value))?;
            file.finish().map(|()| path)
        };
        // Making the blocks of a file is most of it, and is done for two at once.
        let (first, second) = portions.split_at(portions.len() / 2);
        let paths = thread::scope(|scope| {
            let beside = (!first.is_empty()).then(|| scope.spawn(|| write(first)));
            let second = write(second)?;
            let first = beside.map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).transpose()?;
            Ok(first.into_iter().chain([second]).collect::<Vec<PathBuf>>())
        });
        let mut how = IngestExternalFileOptions::default();
        how.set_move_files(true);
        let taken = self.database.ingest_external_file_cf_opts(self.family(table)?, &how, paths.map_err(failed)?);
        taken.map_err(|error| self.fail("take a file in", &error))
    }

    fn settle(&self) -> Result<(), StoreError> {
        self.check_usable()?;
        for table in Table::ALL {
            self.database.flush_cf(self.family(*table)?).map_err(|error| self.fail("flush", &error))?;
        }
        self.database.flush().map_err(|error| self.fail("flush", &error))
    }
}

/// Gathers the portions of a table until they are worth a file.
pub(super) struct Gathered {
    table: Table,
    portions: Vec<Pairs>,
    bytes: usize,
}

impl Gathered {
    pub fn new(table: Table) -> Gathered {
        Gathered { table, portions: Vec::new(), bytes: 0 }
    }

    pub fn add(&mut self, sink: &impl Sink, pairs: Pairs) -> Result<(), StoreError> {
        self.bytes = self.bytes.saturating_add(pairs.bytes());
        self.portions.push(pairs);
        if self.bytes >= FILE_BYTES { self.write(sink) } else { Ok(()) }
    }

    /// Writes out what was gathered.
    pub fn write(&mut self, sink: &impl Sink) -> Result<(), StoreError> {
        sink.ingest(self.table, &self.portions)?;
        self.portions.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Gathers pairs whose keys are hashes, and sorts so many at a time.
pub(super) struct Sorted<const WIDTH: usize> {
    table: Table,
    pairs: Vec<([u8; 32], [u8; WIDTH])>,
}

impl<const WIDTH: usize> Sorted<WIDTH> {
    pub fn new(table: Table) -> Sorted<WIDTH> {
        Sorted { table, pairs: Vec::new() }
    }

    pub fn add(&mut self, sink: &impl Sink, key: [u8; 32], value: [u8; WIDTH]) -> Result<(), StoreError> {
        self.pairs.push((key, value));
        if self.pairs.len() >= SORTED_MAX { self.write(sink) } else { Ok(()) }
    }

    /// Whether so many more have them written out.
    pub fn is_almost_full(&self, more: usize) -> bool {
        self.pairs.len().saturating_add(more) >= SORTED_MAX
    }

    /// Writes out what was gathered.
    pub fn write(&mut self, sink: &impl Sink) -> Result<(), StoreError> {
        self.pairs.sort_unstable();
        let twice = |pair: &[([u8; 32], [u8; WIDTH])]| pair.first().map(|one| one.0) == pair.last().map(|two| two.0);
        if self.pairs.windows(2).any(twice) {
            return Err(StoreError::Corrupt(self.table, "a key is there twice".to_owned()));
        }
        let mut sorted = Pairs::default();
        self.pairs.drain(..).for_each(|(key, value)| sorted.push(&key, &value));
        sink.ingest(self.table, &[sorted])
    }
}
