//! Checks a ledger: replays every block from genesis into an empty store, and compares every table with what
//! that makes.
//!
//! The replay checks what blocks say of themselves and of each other (`state::replay`); the comparison finds
//! whatever else differs, down to the last byte of the last table. Of payloads there is no second copy: those
//! that are there are held to their digests, and those that are not count as erased.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::Path;

use suyuan_ledger::block::validators_hash;
use suyuan_ledger::kv::{Pair, Read, StoreError, Table};
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::replay::{Fault, ReplayError, replay_next, stored_block};

use crate::{DataDirectory, RocksStore, Store, StoreOptions};

/// The directory, within the data directory, in which the ledger is built anew.
const SCRATCH_NAME: &str = "fsck";
/// Pairs and bytes of a table that are read at once.
const PAGE_PAIRS: usize = 4_096;
const PAGE_BYTES: usize = 4 << 20;
/// Above every key of every table.
const END: &[u8] = &[u8::MAX; 256];
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
/// which MUST be empty. An error means that the check could not be done.
pub fn fsck(
    source: &dyn Read,
    genesis: &[u8],
    scratch: &dyn Store,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fsck, StoreError> {
    let mut found = Fsck::default();
    match replay_all(source, genesis, scratch, &mut found, progress) {
        Ok(payloads) => compare_all(source, scratch, payloads, &mut found, progress)?,
        // Without the blocks there is nothing to compare the rest with.
        Err(ReplayError::Fault(fault)) => found.add(fault),
        Err(ReplayError::Failed(words)) => return Err(StoreError::Failed(words)),
    }
    Ok(found)
}

/// Checks the ledger of a data directory, with a store of its own beside the database while it lasts.
pub fn fsck_directory(
    directory: &DataDirectory,
    source: &dyn Read,
    genesis: &[u8],
    memory_bytes: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fsck, StoreError> {
    let path = directory.path().join(SCRATCH_NAME);
    // What a check that was killed left.
    remove(&path)?;
    let options = StoreOptions { memory_bytes, create: true, ..Default::default() };
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

/// Replays every block; gives the number of payloads that are there, right or wrong.
fn replay_all(
    source: &dyn Read,
    genesis: &[u8],
    scratch: &dyn Store,
    found: &mut Fsck,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ReplayError> {
    let parsed = Genesis::parse(genesis).map_err(|error| ReplayError::Failed(format!("the genesis: {error:?}")))?;
    let (mut ledger, writes) = Ledger::found(
        chain_id(genesis),
        parsed.start_time,
        validators_hash(&parsed.validators),
        &parsed.rows(),
        parsed.directory(),
        scratch,
    )?;
    scratch.commit(&writes)?;
    let last = source.at_or_before(Table::Block, END)?.map_or(0, |(key, _)| height_of(&key));
    let mut payloads = 0u64;
    while ledger.head.height < last {
        let replayed = replay_next(&ledger, scratch, source, &parsed.validators)?;
        found.blocks = found.blocks.saturating_add(1);
        found.events = found.events.saturating_add(replayed.events);
        found.erased = found.erased.saturating_add(replayed.events.saturating_sub(replayed.payloads));
        payloads = payloads.saturating_add(replayed.payloads).saturating_add(replayed.faults.len() as u64);
        replayed.faults.into_iter().for_each(|fault| found.add(fault));
        let mut writes = replayed.applied.writes;
        writes.forget(Table::Payload);
        scratch.commit(&writes)?;
        ledger = replayed.applied.ledger;
        progress(Progress::Replayed { height: ledger.head.height, last });
    }
    Ok(payloads)
}

fn height_of(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn compare_all(
    source: &dyn Read,
    scratch: &dyn Read,
    payloads: u64,
    found: &mut Fsck,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    for table in Table::ALL {
        progress(Progress::Compares(*table));
        let result = match table {
            Table::Payload => check_payload_places(source, payloads, found),
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

/// Compares a table, key by key, up to the first difference.
fn compare(source: &dyn Read, scratch: &dyn Read, table: Table, found: &mut Fsck) -> Result<(), StoreError> {
    let (mut left, mut right) = (Cursor::new(source, table), Cursor::new(scratch, table));
    let (mut stored, mut replayed) = (left.next()?, right.next()?);
    loop {
        match (&stored, &replayed) {
            (None, None) => return Ok(()),
            (Some((key, value)), Some((replayed_key, replayed_value))) if key == replayed_key => {
                if value != replayed_value {
                    found.tell(table, key, differs(value, replayed_value));
                    return Ok(());
                }
                (stored, replayed) = (left.next()?, right.next()?);
            }
            (Some((key, _)), other) if other.as_ref().is_none_or(|(replayed_key, _)| key < replayed_key) => {
                found.tell(table, key, "is stored, and replay makes no such key");
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

/// Looks for payloads at places where no event is. Those of events were held to their digests.
fn check_payload_places(source: &dyn Read, payloads: u64, found: &mut Fsck) -> Result<(), StoreError> {
    let mut count = 0u64;
    source.scan(Table::Payload, &[], END, &mut |_, _| {
        count = count.saturating_add(1);
        true
    })?;
    if count == payloads {
        return Ok(());
    }
    let mut cursor = Cursor::new(source, Table::Payload);
    let mut block: Option<(u64, u32)> = None;
    while let Some((key, _)) = cursor.next()? {
        let height = height_of(&key);
        let events = match block {
            Some((known, events)) if known == height => events,
            _ => stored_block(source, height).map_or(0, |block| block.header.events),
        };
        block = Some((height, events));
        let index = key.get(8..).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
        if index.is_none_or(|index| index >= events) {
            found.tell(Table::Payload, &key, "is stored, and no event is there");
            return Ok(());
        }
    }
    Ok(())
}

/// Reads a table in order, a page at a time.
struct Cursor<'a> {
    store: &'a dyn Read,
    table: Table,
    from: Option<Vec<u8>>,
    page: VecDeque<Pair>,
}

impl<'a> Cursor<'a> {
    fn new(store: &'a dyn Read, table: Table) -> Self {
        Cursor { store, table, from: Some(Vec::new()), page: VecDeque::new() }
    }

    fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        if self.page.is_empty()
            && let Some(from) = self.from.take()
        {
            let mut bytes = 0usize;
            let page = &mut self.page;
            self.store.scan(self.table, &from, END, &mut |key, value| {
                bytes = bytes.saturating_add(key.len() + value.len());
                page.push_back((key.to_vec(), value.to_vec()));
                page.len() < PAGE_PAIRS && bytes < PAGE_BYTES
            })?;
            // The least key above the last one read.
            self.from = self.page.back().map(|(key, _)| [key.as_slice(), &[0]].concat());
        }
        Ok(self.page.pop_front())
    }
}
