//! Checks a ledger: replays every block from genesis into an empty store, and compares every table with what
//! that makes.
//!
//! The replay checks what blocks say of themselves and of each other (`state::replay`); the comparison finds
//! whatever else differs, down to the last byte of the last table. What a block writes once, under its height, is
//! compared while it is replayed; the rest when all blocks are. Of payloads there is no second copy: those that are
//! there are held to their digests, those that are not count as erased, and there must be none where no event is.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::iter::once;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use suyuan_ledger::credit::reading;
use suyuan_ledger::kv::{Pair, Read, StoreError, Table, Visit, VisitMany, WriteSet};
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::replay::{Fault, Gathered, NO_EVENT, ReplayError};

use crate::{DataDirectory, MEMORY_BYTES_MIN, Pipeline, RocksStore, Store, StoreOptions};

/// The directory, within the data directory, in which the ledger is built anew.
const SCRATCH_NAME: &str = "fsck";
/// Pairs and bytes of a table that are read at once.
const PAGE_PAIRS: usize = 4_096;
const PAGE_BYTES: usize = 4 << 20;
/// Above every key of every table.
const END: &[u8] = &[u8::MAX; 256];
/// Tables whose keys begin with the height of the block that writes them, and nobody else does: what is alike is not
/// written to the scratch store.
const BY_HEIGHT: [Table; 2] = [Table::Block, Table::Record];
/// Of a budget of memory, the store that is checked gets one part in so many: it is read once and, but for what erased
/// payloads said, in order, while what is built anew is read and written all over.
const SOURCE_SHARE: usize = 4;
/// So many differences are told of one ledger.
const DIFFERENCES_MAX: usize = 64;

/// What a check has found, or has found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fsck {
    /// Blocks replayed.
    pub blocks: u64,
    /// Events in them.
    pub events: u64,
    /// Those of them without a payload.
    pub erased: u64,
    /// What is wrong, in the order in which it was found; of each table compared, the first difference.
    pub differences: Vec<Fault>,
}

impl Fsck {
    fn tell(&mut self, table: Table, key: &[u8], what: impl Into<String>) {
        self.add(Fault { table, key: key.to_vec(), what: what.into() });
    }

    fn add(&mut self, fault: Fault) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(fault);
        }
    }
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// This height of so many is replayed.
    Replayed {
        /// The height.
        height: u64,
        /// The last one.
        last: u64,
    },
    /// This table is compared next.
    Compares(Table),
}

/// Checks the ledger in `source`, of the network with these genesis bytes, by building it anew in `scratch`,
/// which MUST be empty, and has less than the ledger afterwards. An error means that the check could not be done.
pub fn fsck(
    source: &(dyn Read + Sync),
    genesis: &[u8],
    scratch: &(dyn Store + Sync),
    progress: &mut dyn FnMut(Progress),
) -> Result<Fsck, StoreError> {
    let mut found = Fsck::default();
    match replay_all(source, genesis, &Anew { scratch, source }, &mut found, progress) {
        Ok(replayed) => compare_all(source, scratch, &replayed, &mut found, progress)?,
        // Without the blocks there is nothing to compare the rest with.
        Err(ReplayError::Fault(fault)) => found.add(fault),
        Err(ReplayError::Failed(words)) => return Err(StoreError::Failed(words)),
    }
    Ok(found)
}

/// How a budget of memory is shared between the store that is checked and the one in which it is built anew.
pub fn memory_shares(memory_bytes: usize) -> (usize, usize) {
    let source = (memory_bytes / SOURCE_SHARE).max(MEMORY_BYTES_MIN);
    (source, memory_bytes.saturating_sub(source).max(MEMORY_BYTES_MIN))
}

/// Checks the ledger of a data directory, with a store of its own beside the database while it lasts. `source` should
/// be open with its share of the memory ([`memory_shares`]).
pub fn fsck_directory(
    directory: &DataDirectory,
    source: &(dyn Read + Sync),
    genesis: &[u8],
    memory_bytes: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fsck, StoreError> {
    let path = directory.path().join(SCRATCH_NAME);
    // What a check that was killed left.
    remove(&path)?;
    let (_, memory_bytes) = memory_shares(memory_bytes);
    let options = StoreOptions { memory_bytes, create: true, disposable: true, ..Default::default() };
    let result = RocksStore::open(&path, &options)
        .map_err(|error| StoreError::Failed(error.to_string()))
        .and_then(|scratch| fsck(source, genesis, &scratch, progress));
    remove(&path)?;
    result
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Failed(format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// So many blocks are gathered ahead of the one that is applied.
const GATHERED_MAX: usize = 2;

/// The ledger as it is built anew. Records are asked for one by one, by error declarations: those that were found to be
/// alike are only with the source, where neither a scan nor a cursor looks.
struct Anew<'a> {
    scratch: &'a (dyn Store + Sync),
    source: &'a (dyn Read + Sync),
}

impl Read for Anew<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.scratch.get(table, key)? {
            None if BY_HEIGHT.contains(&table) => self.source.get(table, key),
            found => Ok(found),
        }
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        if !BY_HEIGHT.contains(&table) {
            return self.scratch.get_many(table, keys, visit);
        }
        for (place, key) in keys.iter().enumerate() {
            visit(place, self.get(table, key)?.as_deref());
        }
        Ok(())
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.scratch.at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.scratch.scan(table, from, to, visit)
    }
}

impl Store for Anew<'_> {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        self.scratch.commit(writes)
    }
}

/// What a replay came to.
struct ReplayedAll {
    /// The heights of its blocks.
    first: u64,
    last: u64,
    /// Tables of which a difference is told.
    told: BTreeSet<Table>,
}

/// Replays every block. While one block is written to the scratch store the next is applied, and the one after that
/// read and derived: three threads.
fn replay_all(
    source: &(dyn Read + Sync),
    genesis: &[u8],
    anew: &Anew<'_>,
    found: &mut Fsck,
    progress: &mut dyn FnMut(Progress),
) -> Result<ReplayedAll, ReplayError> {
    let parsed = Genesis::parse(genesis).map_err(|error| ReplayError::Failed(format!("the genesis: {error:?}")))?;
    let (ledger, writes) =
        Ledger::found(chain_id(genesis), parsed.start_time, &parsed.rows(), parsed.directory(), anew)?;
    anew.commit(&writes)?;
    let last = source.at_or_before(Table::Block, END)?.map_or(0, |(key, _)| height_of(&key));
    thread::scope(|scope| {
        let (gathered, blocks) = sync_channel(GATHERED_MAX);
        let first = ledger.head.height.saturating_add(1);
        let gathering = thread::Builder::new().name("gather".to_owned()).spawn_scoped(scope, move || {
            for height in first..=last {
                let block = Gathered::read(&source, height).map(|block| {
                    let rows = BY_HEIGHT.map(|table| Page::of_height(source, table, height, block.events()));
                    (block, rows)
                });
                let ends = block.is_err();
                if gathered.send(block).is_err() || ends {
                    break;
                }
            }
        });
        gathering.map_err(|error| ReplayError::Failed(format!("no thread to read with: {error}")))?;
        Pipeline::run(anew, |pipeline| {
            let mut replay = Replay { ledger, found, told: BTreeSet::new(), pipeline };
            for block in blocks {
                let (block, rows) = block?;
                replay.block(block, rows)?;
                progress(Progress::Replayed { height: replay.ledger.head.height, last });
            }
            let told = replay.told;
            Ok(ReplayedAll { first, last, told })
        })?
    })
}

/// A ledger while it is built anew.
struct Replay<'a, 's> {
    ledger: Ledger,
    found: &'a mut Fsck,
    told: BTreeSet<Table>,
    pipeline: &'a mut Pipeline<'s, Anew<'s>>,
}

impl Replay<'_, '_> {
    fn block(&mut self, block: Gathered, rows: [Result<Page, StoreError>; BY_HEIGHT.len()]) -> Result<(), ReplayError> {
        let replayed = block.replay(&self.ledger, self.pipeline)?;
        let found = &mut *self.found;
        found.blocks = found.blocks.saturating_add(1);
        found.events = found.events.saturating_add(replayed.events);
        found.erased = found.erased.saturating_add(replayed.events.saturating_sub(replayed.payloads));
        replayed.faults.into_iter().for_each(|fault| found.add(fault));
        if let Some(other) = replayed.other.filter(|other| self.told.insert(other.table)) {
            found.add(other);
        }
        let mut writes = replayed.applied.writes;
        writes.forget(Table::Payload);
        for (table, stored) in BY_HEIGHT.into_iter().zip(rows) {
            self.compare_rows(table, stored, &mut writes)?;
        }
        // What was applied is freed where there is time for it.
        self.pipeline.commit(writes, move || drop(block))?;
        self.ledger = replayed.applied.ledger;
        Ok(())
    }

    /// Compares what is stored of a block in a table with what it writes there, which is forgotten if it is alike.
    fn compare_rows(
        &mut self,
        table: Table,
        stored: Result<Page, StoreError>,
        writes: &mut WriteSet,
    ) -> Result<(), StoreError> {
        let mut found = Fsck::default();
        match stored {
            Err(StoreError::Corrupt(damaged, words)) => found.tell(damaged, &[], words),
            page => {
                let made = Page::of(writes.of_table(table));
                compare_pairs(Cursor::new(once(page))?, Cursor::new(once(Ok(made)))?, table, &mut found)?;
            }
        }
        match found.differences.pop() {
            None => writes.forget(table),
            Some(first) if self.told.insert(table) => self.found.add(first),
            Some(_) => {}
        }
        Ok(())
    }
}

fn height_of(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn compare_all(
    source: &(dyn Read + Sync),
    scratch: &dyn Store,
    replayed: &ReplayedAll,
    found: &mut Fsck,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    for table in Table::ALL {
        progress(Progress::Compares(*table));
        let result = match table {
            Table::Reading => compare_reading(source, scratch, replayed.last, found),
            table if *table == Table::Payload || BY_HEIGHT.contains(table) => {
                check_heights(&source, *table, replayed, found)
            }
            _ => compare(source, scratch, *table, found),
        };
        match result {
            // The store itself says that a table is damaged.
            Err(StoreError::Corrupt(table, words)) => found.tell(table, &[], words),
            other => other?,
        }
    }
    Ok(())
}

/// Reads out of bodies anew what the store has read out of them so far, and compares.
fn compare_reading(
    source: &(dyn Read + Sync),
    scratch: &dyn Store,
    last: u64,
    found: &mut Fsck,
) -> Result<(), StoreError> {
    // What an earlier version read is read anew before anybody is told of it.
    if !reading::is_of_now(&source)? {
        return Ok(());
    }
    let height = reading::height(&source)?;
    if height > last {
        found.tell(Table::Reading, &[], format!("says that blocks up to {height} were read, and there are {last}"));
        return Ok(());
    }
    let bodies = Bodies { source, scratch };
    while let Some(writes) = reading::read_on(&bodies, height)? {
        scratch.commit(&writes)?;
    }
    compare(source, scratch, Table::Reading, found)
}

/// The store that is checked, but for what is read out of its bodies: that is made anew.
struct Bodies<'a> {
    source: &'a (dyn Read + Sync),
    scratch: &'a dyn Store,
}

impl Read for Bodies<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match table {
            Table::Reading => self.scratch.get(table, key),
            _ => self.source.get(table, key),
        }
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        match table {
            Table::Reading => self.scratch.at_or_before(table, key),
            _ => self.source.at_or_before(table, key),
        }
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        match table {
            Table::Reading => self.scratch.scan(table, from, to, visit),
            _ => self.source.scan(table, from, to, visit),
        }
    }
}

/// What is said of a row that nothing makes.
const TOO_MANY: &str = "is stored, and replay makes no such key";

/// So many pages are read ahead of what is compared.
const PAGES_MAX: usize = 2;

/// Compares a table, key by key, up to the first difference. What is stored is read on a thread of its own.
fn compare(source: &(dyn Read + Sync), scratch: &dyn Read, table: Table, found: &mut Fsck) -> Result<(), StoreError> {
    thread::scope(|scope| {
        let (read, pages) = sync_channel(PAGES_MAX);
        let reading = thread::Builder::new().name("compare".to_owned()).spawn_scoped(scope, move || {
            // Whoever compares has found a difference if nobody takes more.
            let _ = Pages::new(&source, table).try_for_each(|page| read.send(page));
        });
        reading.map_err(|error| StoreError::Failed(format!("no thread to read with: {error}")))?;
        compare_pairs(Cursor::new(pages.into_iter())?, Cursor::new(Pages::new(scratch, table))?, table, found)
    })
}

fn compare_pairs(
    mut stored: Cursor<impl Iterator<Item = Result<Page, StoreError>>>,
    mut replayed: Cursor<impl Iterator<Item = Result<Page, StoreError>>>,
    table: Table,
    found: &mut Fsck,
) -> Result<(), StoreError> {
    loop {
        match (stored.pair(), replayed.pair()) {
            (None, None) => return Ok(()),
            (Some((key, value)), Some((replayed_key, replayed_value))) if key == replayed_key => {
                if value != replayed_value {
                    found.tell(table, key, differs(value, replayed_value));
                    return Ok(());
                }
                stored.advance()?;
                replayed.advance()?;
            }
            (Some((key, _)), other) if other.is_none_or(|(replayed_key, _)| key < replayed_key) => {
                found.tell(table, key, TOO_MANY);
                return Ok(());
            }
            (_, Some((key, _))) => {
                found.tell(table, key, "is missing");
                return Ok(());
            }
            (Some(_), None) => return Ok(()),
        }
    }
}

fn differs(stored: &[u8], replayed: &[u8]) -> String {
    let common = stored.iter().zip(replayed).take_while(|(left, right)| left == right).count();
    let (left, right) = (stored.len(), replayed.len());
    format!("{left} bytes that differ from the {right} that replay makes, from byte {common} on")
}

/// Looks for rows of heights at which no block is.
fn check_heights(source: &dyn Read, table: Table, replayed: &ReplayedAll, found: &mut Fsck) -> Result<(), StoreError> {
    let words = if table == Table::Payload { NO_EVENT } else { TOO_MANY };
    let (first, after) = (replayed.first.to_be_bytes(), replayed.last.saturating_add(1).to_be_bytes());
    for (from, to) in [(&[][..], &first[..]), (&after, END)] {
        let mut row = None;
        source.scan(table, from, to, &mut |key, _| {
            row = Some(key.to_vec());
            false
        })?;
        if let Some(key) = row.filter(|_| !replayed.told.contains(&table)) {
            found.tell(table, &key, words);
            break;
        }
    }
    Ok(())
}

/// Pairs of a table that were read at once.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    /// Where each key ends, and its value.
    ends: Vec<(usize, usize)>,
}

impl Page {
    /// What a table has of a block with so many events: of more rows than it can have, so many that one is too many.
    fn of_height(source: &dyn Read, table: Table, height: u64, events: u64) -> Result<Page, StoreError> {
        // The block itself, or at most a row an event.
        let rows_max = events.max(1);
        let mut page = Page::default();
        let (from, to) = (height.to_be_bytes(), height.saturating_add(1).to_be_bytes());
        source.scan(table, &from, &to, &mut |key, value| {
            page.push(key, value);
            page.ends.len() as u64 <= rows_max
        })?;
        Ok(page)
    }

    /// What is written to a table.
    fn of<'a>(writes: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> Page {
        let mut page = Page::default();
        writes.for_each(|(key, value)| page.push(key, value.unwrap_or_default()));
        page
    }

    fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
    }

    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        let (key_end, value_end) = *self.ends.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(_, end)| *end);
        Some((self.bytes.get(start..key_end)?, self.bytes.get(key_end..value_end)?))
    }
}

/// Reads a table in order, a page at a time.
struct Pages<'a> {
    store: &'a dyn Read,
    table: Table,
    from: Option<Vec<u8>>,
}

impl<'a> Pages<'a> {
    fn new(store: &'a dyn Read, table: Table) -> Self {
        Pages { store, table, from: Some(Vec::new()) }
    }
}

impl Iterator for Pages<'_> {
    type Item = Result<Page, StoreError>;

    fn next(&mut self) -> Option<Result<Page, StoreError>> {
        let from = self.from.take()?;
        let mut page = Page::default();
        let scanned = self.store.scan(self.table, &from, END, &mut |key, value| {
            page.push(key, value);
            page.ends.len() < PAGE_PAIRS && page.bytes.len() < PAGE_BYTES
        });
        // The least key above the last one read.
        let last = page.ends.len().checked_sub(1).and_then(|last| page.pair(last));
        self.from = last.map(|(key, _)| [key, &[0]].concat());
        match scanned {
            Err(error) => Some(Err(error)),
            Ok(()) => (!page.ends.is_empty()).then_some(Ok(page)),
        }
    }
}

/// Stands at a pair of a table.
struct Cursor<I> {
    pages: I,
    page: Page,
    place: usize,
}

impl<I: Iterator<Item = Result<Page, StoreError>>> Cursor<I> {
    fn new(mut pages: I) -> Result<Self, StoreError> {
        let page = pages.next().transpose()?.unwrap_or_default();
        Ok(Cursor { pages, page, place: 0 })
    }

    fn pair(&self) -> Option<(&[u8], &[u8])> {
        self.page.pair(self.place)
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        self.place += 1;
        if self.place >= self.page.ends.len() {
            (self.page, self.place) = (self.pages.next().transpose()?.unwrap_or_default(), 0);
        }
        Ok(())
    }
}
