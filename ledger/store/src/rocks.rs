//! A ledger's store in RocksDB.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rocksdb::properties::TOTAL_SST_FILES_SIZE;
use rocksdb::{
    BottommostLevelCompaction, ColumnFamily, CompactOptions, DB, DBRawIterator, ErrorKind, ReadOptions, WriteBatch,
    WriteOptions,
};
use suyuan_ledger::kv::{Cursor, Pair, PairRef, Read, StoreError, Table, Visit, VisitMany, WriteSet};

use crate::OpenError;
use crate::acknowledged::{Acknowledged, Note, NoteError};
use crate::direct;
use crate::families::{self, ENTRY_PREFIX_BYTES, Memory};
use crate::rocks_log;

/// The memory of a store unless told otherwise.
pub const MEMORY_BYTES_DEFAULT: usize = 512 * 1024 * 1024;
/// The least memory of a store. Below it the write buffers are so small that it only compacts.
pub const MEMORY_BYTES_MIN: usize = 16 * 1024 * 1024;

/// So many keys are looked for at once: their values are held in memory meanwhile.
const MANY_KEYS: usize = 256;

/// A key that is no further above the last one, as a number, is looked for from there, at most so many pairs on.
const CURSOR_NEAR: u128 = 256;
const CURSOR_STEPS: usize = 16;

/// Whoever reads whole tables reads so much at once.
const READAHEAD_BYTES: usize = 1 << 20;
/// A change takes at most so many bytes of a batch beside its key and its value.
const BATCH_ENTRY_BYTES: usize = 16;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The budget for cache and write buffers together, in bytes. Measured, a process with a store has at most
    /// some 40 MiB more in memory, for open files, threads and what the allocator keeps.
    pub memory_bytes: usize,
    /// Whether an absent store, or one whose creation was interrupted, is created.
    pub create: bool,
    /// Whether a write-ahead log is accepted up to its first unreadable record. Such a record is refused
    /// otherwise, unless it is the cut-off end of the log. What follows it is lost and has to be fetched from
    /// other nodes, so this is for an operator to decide.
    pub accept_torn_log: bool,
    /// Whether it is thrown away after use: nothing is logged or synced, and what it holds is gone with a crash.
    pub disposable: bool,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions { memory_bytes: MEMORY_BYTES_DEFAULT, create: false, accept_torn_log: false, disposable: false }
    }
}

/// RocksDB's words for a file that can't be opened past the kernel's cache.
const NO_DIRECT_IO: &str = "Direct I/O is not supported";

/// A store in a RocksDB database of its own: a column family a table.
pub struct RocksStore {
    pub(crate) database: DB,
    pub(crate) path: PathBuf,
    reads: ReadOptions,
    pub(crate) writes: WriteOptions,
    /// What is on the disk, noted beside the database.
    note: Note,
    /// The words of the first write that failed: from then on the store refuses everything (`style.md` 26).
    failed: OnceLock<String>,
    /// Whoever reads bodies into `Table::Reading`, or erases them.
    reading: Mutex<()>,
}

impl RocksStore {
    /// To be held from when bodies are read until what was read out of them is committed: no body is erased meanwhile.
    pub fn reading(&self) -> MutexGuard<'_, ()> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the store at a path. Only one process can have it open.
    pub fn open(path: &Path, options: &StoreOptions) -> Result<RocksStore, OpenError> {
        if options.memory_bytes < MEMORY_BYTES_MIN {
            return Err(OpenError::TooLittleMemory { bytes: options.memory_bytes, minimum: MEMORY_BYTES_MIN });
        }
        // RocksDB would leave a directory with a log behind where nothing was.
        let current = path.join("CURRENT");
        let exists = current.try_exists().map_err(|cause| OpenError::of_io(path, cause))?;
        if !exists && !options.create {
            return Err(OpenError::NotFound(path.to_path_buf()));
        }
        if exists {
            check_logs(path, options.accept_torn_log)?;
        }
        let memory = Memory::new(options.memory_bytes);
        let opened = |direct: bool| {
            let of_database = families::database_options(&memory, options.create, options.accept_torn_log, direct);
            DB::open_cf_descriptors(&of_database, path, families::descriptors(&memory)?)
        };
        let database = match opened(direct::is_possible(path)) {
            // Of layers laid over one another, the upper may take what an old file in the lower refuses.
            Err(error) if error.as_ref().contains(NO_DIRECT_IO) => opened(false),
            opened => opened,
        };
        let database = database.map_err(|error| open_error(path, &error))?;
        let mut writes = WriteOptions::default();
        writes.set_sync(!options.disposable);
        writes.disable_wal(options.disposable);
        let note = open_note(path, &database, options.accept_torn_log)?;
        let (path, reads) = (path.to_path_buf(), ReadOptions::default());
        Ok(RocksStore { database, path, reads, writes, note, failed: OnceLock::new(), reading: Mutex::default() })
    }

    /// Makes the changes in one atomic, synced batch. After an error the store refuses everything.
    pub fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        self.check_usable()?;
        if writes.is_empty() {
            return Ok(());
        }
        let bytes =
            |(_, key, value): (_, &[u8], Option<&[u8]>)| BATCH_ENTRY_BYTES + key.len() + value.map_or(0, <[u8]>::len);
        let mut batch = WriteBatch::with_capacity_bytes(writes.iter().map(bytes).sum());
        let (mut table_before, mut height) = (None, None);
        for (table, key, value) in writes.iter() {
            // The changes are sorted by table: one look-up a table.
            let family = match table_before {
                Some((before, family)) if before == table => family,
                _ => self.family(table)?,
            };
            table_before = Some((table, family));
            if table == Table::Block {
                height = height_of(key).or(height);
            }
            match value {
                Some(value) => batch.put_cf(family, key, value),
                None => batch.delete_cf(family, key),
            }
        }
        self.database.write_opt(batch, &self.writes).map_err(|error| self.fail("commit", &error))?;
        let noted = self.note.advance(self.database.latest_sequence_number(), height);
        noted.map_err(|error| self.fail("note what is committed", &error))
    }

    /// The store as it is now, whatever is committed later. It keeps what it shows on the disk, so it should
    /// be short-lived.
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.snapshot_with(false)
    }

    /// The same, for whoever reads whole tables: what is read so takes nothing else's place in the cache.
    pub fn snapshot_beside_cache(&self) -> Snapshot<'_> {
        self.snapshot_with(true)
    }

    fn snapshot_with(&self, is_beside_cache: bool) -> Snapshot<'_> {
        let moment = self.database.snapshot();
        let mut reads = ReadOptions::default();
        reads.set_snapshot(&moment);
        Snapshot { store: self, moment, reads, is_beside_cache }
    }

    /// Writes out and compacts all that it holds: as small as it gets, at the price of writing all of it anew.
    pub fn compact(&self) -> Result<(), StoreError> {
        self.check_usable()?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::ForceOptimized);
        for table in Table::ALL {
            let family = self.family(*table)?;
            self.database.flush_cf(family).map_err(|error| self.fail("compact", &error))?;
            self.database.compact_range_cf_opt(family, None::<&[u8]>, None::<&[u8]>, &options);
        }
        Ok(())
    }

    /// How many bytes the files of each table have.
    pub fn bytes_of_tables(&self) -> Result<Vec<(Table, u64)>, StoreError> {
        let bytes = |table: &Table| {
            let bytes = self.database.property_int_value_cf(self.family(*table)?, TOTAL_SST_FILES_SIZE);
            Ok((*table, bytes.map_err(|error| read_error(*table, &error))?.unwrap_or(0)))
        };
        Table::ALL.iter().map(bytes).collect()
    }

    pub(crate) fn family(&self, table: Table) -> Result<&ColumnFamily, StoreError> {
        let family = self.database.cf_handle(table.name());
        family.ok_or_else(|| StoreError::Failed(format!("the database has no table {}", table.name())))
    }

    /// Refuses if a write has failed.
    pub(crate) fn check_usable(&self) -> Result<(), StoreError> {
        match self.failed.get() {
            None => Ok(()),
            Some(words) => Err(StoreError::Failed(format!("closed since a write failed: {words}; open it anew"))),
        }
    }

    /// Notes that a write has failed.
    pub(crate) fn fail(&self, doing: &str, error: &dyn std::fmt::Display) -> StoreError {
        let words = self.failed.get_or_init(|| format!("{doing}: {error}"));
        StoreError::Failed(words.clone())
    }

    fn get_with(&self, reads: &ReadOptions, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.check_usable()?;
        let value = self.database.get_pinned_cf_opt(self.family(table)?, key, reads);
        Ok(value.map_err(|error| read_error(table, &error))?.map(|bytes| bytes.to_vec()))
    }

    fn get_many_with(
        &self,
        reads: &ReadOptions,
        table: Table,
        keys: &[&[u8]],
        visit: &mut VisitMany<'_>,
    ) -> Result<(), StoreError> {
        self.check_usable()?;
        let family = self.family(table)?;
        for (start, keys) in (0..).step_by(MANY_KEYS).zip(keys.chunks(MANY_KEYS)) {
            let values = self.database.batched_multi_get_cf_opt(family, keys.iter().copied(), true, reads);
            for (place, value) in (start..).zip(values) {
                visit(place, value.map_err(|error| read_error(table, &error))?.as_deref());
            }
        }
        Ok(())
    }

    fn at_or_before_with(&self, mut reads: ReadOptions, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.check_usable()?;
        reads.set_total_order_seek(true);
        let mut pairs = self.database.raw_iterator_cf_opt(self.family(table)?, reads);
        pairs.seek_for_prev(key);
        let found = pairs.item().map(|(found, value)| (found.to_vec(), value.to_vec()));
        check_status(table, &pairs)?;
        Ok(found)
    }

    fn cursor_with(&self, mut reads: ReadOptions, table: Table) -> Box<dyn Cursor + '_> {
        reads.set_total_order_seek(true);
        let opened = self.check_usable().and_then(|()| self.family(table));
        let pairs = opened.map(|family| self.database.raw_iterator_cf_opt(family, reads));
        Box::new(RocksCursor { table, pairs, found: None })
    }

    fn scan_with(
        &self,
        mut reads: ReadOptions,
        table: Table,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.check_usable()?;
        if from >= to {
            return Ok(());
        }
        // Within one log the filter of beginnings rules out the files that have nothing of it.
        let one_prefix = table == Table::Entry && is_within_prefix(from, to);
        reads.set_prefix_same_as_start(one_prefix);
        reads.set_total_order_seek(!one_prefix);
        reads.set_iterate_upper_bound(to);
        let mut pairs = self.database.raw_iterator_cf_opt(self.family(table)?, reads);
        pairs.seek(from);
        while let Some((key, value)) = pairs.item() {
            if !visit(key, value) {
                break;
            }
            pairs.next();
        }
        check_status(table, &pairs)
    }
}

impl Read for RocksStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get_with(&self.reads, table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        self.get_many_with(&self.reads, table, keys, visit)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.at_or_before_with(ReadOptions::default(), table, key)
    }

    fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        self.cursor_with(ReadOptions::default(), table)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.scan_with(ReadOptions::default(), table, from, to, visit)
    }
}

/// A store at one moment, while others write to it.
pub struct Snapshot<'a> {
    store: &'a RocksStore,
    moment: rocksdb::Snapshot<'a>,
    reads: ReadOptions,
    is_beside_cache: bool,
}

impl Snapshot<'_> {
    fn reads(&self) -> ReadOptions {
        let mut reads = ReadOptions::default();
        reads.set_snapshot(&self.moment);
        if self.is_beside_cache {
            reads.fill_cache(false);
            reads.set_readahead_size(READAHEAD_BYTES);
        }
        reads
    }
}

impl Read for Snapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get_with(&self.reads, table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        self.store.get_many_with(&self.reads, table, keys, visit)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.store.at_or_before_with(self.reads(), table, key)
    }

    fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        self.store.cursor_with(self.reads(), table)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.store.scan_with(self.reads(), table, from, to, visit)
    }
}

struct RocksCursor<'a> {
    table: Table,
    /// At the pair that was found, or the next one; or why there are none.
    pairs: Result<DBRawIterator<'a>, StoreError>,
    /// The pair that was found, and whether `pairs` is past it.
    found: Option<(Vec<u8>, Vec<u8>, bool)>,
}

impl RocksCursor<'_> {
    /// Goes on from the pair that was found to the last one that is not above the key. Whether that was reached.
    fn step(pairs: &mut DBRawIterator<'_>, found: &mut (Vec<u8>, Vec<u8>, bool), key: &[u8]) -> bool {
        let (found, value, is_past) = found;
        for _ in 0..CURSOR_STEPS {
            if !std::mem::replace(is_past, true) {
                pairs.next();
            }
            match pairs.item() {
                Some((next, of_next)) if next <= key => {
                    *is_past = false;
                    put(found, next);
                    put(value, of_next);
                }
                // Where no more pairs are, there may have been an error.
                next => return next.is_some(),
            }
        }
        false
    }
}

impl Cursor for RocksCursor<'_> {
    fn at_or_before(&mut self, key: &[u8]) -> Result<Option<PairRef<'_>>, StoreError> {
        let pairs = self.pairs.as_mut().map_err(|error| error.clone())?;
        let is_reached =
            self.found.as_mut().is_some_and(|found| is_near(&found.0, key) && Self::step(pairs, found, key));
        if !is_reached {
            pairs.seek_for_prev(key);
            self.found = match pairs.item() {
                Some((found, value)) => {
                    let (mut key, mut kept, _) = self.found.take().unwrap_or_default();
                    put(&mut key, found);
                    put(&mut kept, value);
                    Some((key, kept, false))
                }
                None => None,
            };
            check_status(self.table, pairs)?;
        }
        Ok(self.found.as_ref().map(|(found, value, _)| (found.as_slice(), value.as_slice())))
    }
}

fn put(place: &mut Vec<u8>, bytes: &[u8]) {
    place.clear();
    place.extend_from_slice(bytes);
}

/// Whether a key is a little above one that was found, or the same.
fn is_near(found: &[u8], key: &[u8]) -> bool {
    let number = |key: &[u8]| key.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    let is_number = key.len() == found.len() && key.len() <= size_of::<u128>();
    is_number && number(key).checked_sub(number(found)).is_some_and(|gap| gap <= CURSOR_NEAR)
}

/// Whether all keys from `from` to `to` begin alike.
fn is_within_prefix(from: &[u8], to: &[u8]) -> bool {
    let first = from.first_chunk::<ENTRY_PREFIX_BYTES>();
    first.is_some() && first == to.first_chunk()
}

fn check_status(table: Table, pairs: &DBRawIterator<'_>) -> Result<(), StoreError> {
    pairs.status().map_err(|error| read_error(table, &error))
}

fn read_error(table: Table, error: &rocksdb::Error) -> StoreError {
    match error.kind() {
        ErrorKind::Corruption => StoreError::Corrupt(table, error.to_string()),
        _ => StoreError::Failed(format!("table {}: {error}", table.name())),
    }
}

/// Opens the note of what was acknowledged, unless the database has less.
fn open_note(path: &Path, database: &DB, accept_loss: bool) -> Result<Note, OpenError> {
    let found = Acknowledged { change: database.latest_sequence_number(), height: last_height(database)? };
    let noted = match Note::read(path) {
        _ if accept_loss => None,
        Ok(noted) => noted,
        Err(NoteError::Io(cause)) => return Err(OpenError::of_io(&Note::path(path), cause)),
        Err(NoteError::Garbled) => {
            let words = "Corruption: not what this program writes".to_owned();
            return Err(OpenError::Store(Note::path(path), StoreError::Failed(words)));
        }
    };
    if let Some(noted) = noted.filter(|noted| noted.change > found.change) {
        let path = path.to_path_buf();
        return Err(OpenError::Lost { path, acknowledged: noted.height, found: found.height });
    }
    Note::open(path, found).map_err(|cause| OpenError::of_io(&Note::path(path), cause))
}

/// The height of the last block, which is its key.
fn last_height(database: &DB) -> Result<u64, OpenError> {
    let Some(blocks) = database.cf_handle(Table::Block.name()) else { return Ok(0) };
    let mut pairs = database.raw_iterator_cf(blocks);
    pairs.seek_to_last();
    let height = pairs.key().and_then(height_of).unwrap_or(0);
    pairs
        .status()
        .map_err(|error| OpenError::Store(database.path().to_path_buf(), read_error(Table::Block, &error)))?;
    Ok(height)
}

fn height_of(key: &[u8]) -> Option<u64> {
    key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// RocksDB tells its reasons in words only.
/// Refuses a database with a log that RocksDB would read for ever; one that is accepted up to its first unreadable record is made
/// to end there.
fn check_logs(path: &Path, accept_torn_log: bool) -> Result<(), OpenError> {
    let at_path = |cause| OpenError::of_io(path, cause);
    while let Some(endless) = rocks_log::endless(path).map_err(at_path)? {
        if !accept_torn_log || endless.is_in_manifest() {
            let (log, at) = (endless.path.display(), endless.at);
            let words = format!("Corruption: {log}: byte {at}: a record of a kind that is not written here");
            return Err(OpenError::Store(path.to_path_buf(), StoreError::Failed(words)));
        }
        endless.end_there().map_err(at_path)?;
    }
    Ok(())
}

fn open_error(path: &Path, error: &rocksdb::Error) -> OpenError {
    let words = error.to_string();
    let path = path.to_path_buf();
    if words.contains("No space left on device") {
        OpenError::DiskFull(path, words)
    } else if words.contains("/LOCK: ") {
        OpenError::Locked(path)
    } else {
        OpenError::Store(path, StoreError::Failed(words))
    }
}
