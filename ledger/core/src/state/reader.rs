//! Reads what `apply` has written: subjects, their logs, records, payloads.

use std::cell::RefCell;
use std::rc::Rc;

use bincode::Decode;

use crate::codec;
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::state::ahead::Ahead;
use crate::state::head::{HEAD_KEY, Head};
use crate::state::records::{self, EventPlace, PLACES_PER_ROW, row_key};
use crate::state::subject::{
    ENTRIES_PER_ROW, StoredEntry, StoredLog, StoredRecord, StoredRun, decode_keys, entry_key, place_key, read_number,
};
use crate::trace::numbers::NumberMap;

/// So many entries of logs are kept in memory, over all logs.
const CACHED_ENTRIES_MAX: usize = 1 << 20;
/// Between what is no further apart, what was not asked for is read too.
const NEAR: u32 = 4;
/// A payload is stored behind its salt, of so many bytes.
const SALT_BYTES: usize = 16;

/// Where an event is and how it is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventNumber {
    /// Its own number.
    pub own: u64,
    /// The block's height.
    pub height: u64,
    /// Its index in the block.
    pub index: u32,
}

/// A run of subjects that share a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectRun {
    /// The first subject's number.
    pub first: u64,
    /// How many subjects.
    pub count: u64,
    /// Their log's id.
    pub log: u64,
}

impl SubjectRun {
    /// Whether the subject is in the run.
    pub fn contains(&self, number: u64) -> bool {
        number.checked_sub(self.first).is_some_and(|place| place < self.count)
    }
}

/// A payload as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaltedPayload {
    /// The salt of its digest.
    pub salt: [u8; SALT_BYTES],
    /// The submitter's bytes.
    pub payload: Vec<u8>,
}

/// Reads a ledger's tables as what they mean, at one moment: make one for each question, since what lies near
/// what was asked for is read ahead and kept. What cannot have been written is [`StoreError::Corrupt`].
pub struct Reader<'a> {
    store: Ahead<'a>,
    entries: RefCell<EntryCache>,
}

#[derive(Default)]
struct EntryCache {
    /// By log and how many.
    logs: NumberMap<(u64, u64), Rc<[StoredEntry]>>,
    entry_count: usize,
}

impl<'a> Reader<'a> {
    /// Reads this store.
    pub fn new(store: &'a dyn Read) -> Self {
        Reader { store: Ahead::new(store), entries: RefCell::default() }
    }

    /// The store, as this reader reads it: ahead.
    pub fn store(&self) -> &dyn Read {
        &self.store
    }

    /// Where the ledger stands; `None` if nothing was ever written.
    pub fn head(&self) -> Result<Option<Head>, StoreError> {
        self.decoded(Table::Meta, HEAD_KEY)
    }

    /// The number of the subject with this tag.
    pub fn number_of(&self, tag: Hash) -> Result<Option<u64>, StoreError> {
        let Some(value) = self.store.get(Table::Name, &tag.0)? else { return Ok(None) };
        number(Table::Name, &value).map(Some)
    }

    /// The key bytes of a subject.
    pub fn key_of(&self, subject: u64) -> Result<Option<Rc<[u8]>>, StoreError> {
        let mut found = None;
        self.keys_near(subject, &mut |number, key| {
            if number == subject {
                found = Some(Rc::from(key));
            }
        })?;
        Ok(found)
    }

    /// Hands over the key of a subject, if it has one, and those of its neighbours that are stored with it.
    pub fn keys_near(&self, subject: u64, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        let read = |first: &[u8], row: &[u8]| keys_in(first, row, take);
        self.store.pair_at_or_before(Table::Key, &subject.to_be_bytes(), read)?.unwrap_or(Ok(()))
    }

    /// Hands over the keys of many subjects, which ascend, and those of their neighbours that are stored with them.
    pub fn keys(&self, subjects: &[u64], take: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        let mut cursor = self.store.cursor(Table::Key);
        let mut taken = None;
        for subject in subjects {
            if taken.is_none_or(|taken| taken < *subject)
                && let Some((first, row)) = cursor.at_or_before(&subject.to_be_bytes())?
            {
                keys_in(first, row, &mut |number, key| {
                    taken = Some(number);
                    take(number, key);
                })?;
            }
        }
        Ok(())
    }

    /// The run that a subject is in.
    pub fn run_at(&self, subject: u64) -> Result<Option<SubjectRun>, StoreError> {
        let found = self.store.pair_at_or_before(Table::Run, &subject.to_be_bytes(), run_of)?;
        Ok(found.transpose()?.filter(|run| run.contains(subject)))
    }

    /// Hands over the runs of many subjects, which ascend, each with those of them that are in it; those missing are left
    /// out.
    pub fn runs(&self, subjects: &[u64], take: &mut dyn FnMut(SubjectRun, &[u64])) -> Result<(), StoreError> {
        let mut cursor = self.store.cursor(Table::Run);
        let mut rest = subjects;
        while let Some((subject, others)) = rest.split_first() {
            let found = cursor.at_or_before(&subject.to_be_bytes())?;
            let run = found.map(|(first, value)| run_of(first, value)).transpose()?;
            rest = match run.filter(|run| run.contains(*subject)) {
                Some(run) => {
                    let (within, others) = rest.split_at(rest.partition_point(|subject| run.contains(*subject)).max(1));
                    take(run, within);
                    others
                }
                None => others,
            };
        }
        Ok(())
    }

    /// A log as it is stored.
    pub fn log(&self, log: u64) -> Result<StoredLog, StoreError> {
        let stored = self.decoded(Table::Log, &log.to_be_bytes())?;
        stored.ok_or_else(|| StoreError::Corrupt(Table::Log, format!("log {log} is missing")))
    }

    /// Many logs as they are stored, by their ids, which ascend; those missing are left out.
    pub fn logs(&self, ids: &[u64]) -> Result<Vec<(u64, StoredLog)>, StoreError> {
        let keys: Vec<[u8; 8]> = ids.iter().map(|id| id.to_be_bytes()).collect();
        let near = |one: &[u8; 8], two: &[u8; 8]| gap(one, two).is_some_and(|gap| gap <= NEAR.into());
        let mut logs = Vec::with_capacity(ids.len());
        let mut fault = None;
        self.store.many(
            Table::Log,
            &keys,
            near,
            &mut |place, value| match (ids.get(place), decoded(Table::Log, value)) {
                (Some(id), Ok(log)) => logs.push((*id, log)),
                (_, Err(error)) => fault = Some(error),
                (None, Ok(_)) => {}
            },
        )?;
        fault.map_or(Ok(logs), Err)
    }

    /// Hands over many derived records, by the places of their events, which ascend; those missing are left out.
    pub fn records(
        &self,
        places: &[EventPlace],
        take: &mut dyn FnMut(EventPlace, StoredRecord),
    ) -> Result<(), StoreError> {
        let rows: Vec<&[EventPlace]> = places.chunk_by(|one, two| row_key(*one) == row_key(*two)).collect();
        let keys: Vec<[u8; 12]> = rows.iter().filter_map(|row| row.first()).map(|place| row_key(*place)).collect();
        let near = |one: &[u8; 12], two: &[u8; 12]| match (records::row_place(one), records::row_place(two)) {
            (Ok(one), Ok(two)) if one.0 == two.0 => two.1 - one.1 <= NEAR * PLACES_PER_ROW,
            // How much of the block before follows is not known.
            (Ok(one), Ok(two)) => two.0 - one.0 == 1 && two.1 == 0,
            _ => false,
        };
        let mut fault = None;
        self.store.many(Table::Record, &keys, near, &mut |at, row| {
            let found = rows.get(at).copied().unwrap_or_default().iter().try_for_each(|place| {
                records::find(row, *place)?.into_iter().for_each(|record| take(*place, record));
                Ok(())
            });
            if let Err(error) = found {
                fault = Some(error);
            }
        })?;
        fault.map_or(Ok(()), Err)
    }

    /// All entries of a log in order, those of the logs included that it was forked from.
    pub fn entries(&self, log: u64) -> Result<Vec<StoredEntry>, StoreError> {
        self.entries_of(log, &mut self.log(log)?)
    }

    /// The same, of a log that was read already: its last entries are taken from it.
    pub fn entries_of(&self, log: u64, stored: &mut StoredLog) -> Result<Vec<StoredEntry>, StoreError> {
        let rows_end = stored.recent_from();
        let mut recent = std::mem::take(&mut stored.recent);
        if stored.base_count > rows_end {
            return Err(StoreError::Corrupt(Table::Log, format!("log {log} has an impossible base")));
        }
        if rows_end == 0 {
            return Ok(recent);
        }
        let mut entries = self.base_entries(log, stored.base, stored.base_count)?;
        self.rows_of_entries(log, stored.base_count, rows_end, &mut entries)?;
        entries.append(&mut recent);
        Ok(entries)
    }

    /// The entries of a log from a place on, at most so many: for whoever shows a log in pages.
    pub fn entries_from(&self, log: u64, place: u64, count: u64) -> Result<Vec<StoredEntry>, StoreError> {
        let impossible = |log: u64| StoreError::Corrupt(Table::Log, format!("log {log} has an impossible base"));
        let row = ENTRIES_PER_ROW as u64;
        let stored = self.log(log)?;
        let to = place.saturating_add(count).min(stored.peaks.count);
        let (first, rows_end) = (place / row * row, stored.recent_from());
        // The rows wanted, from the last back to the first; those of a base come before those of its fork.
        let mut parts = Vec::new();
        let (mut owner, mut owned, mut end) = (log, stored, rows_end.min(to.next_multiple_of(row)));
        while end > first {
            let from = owned.base_count.max(first);
            if from < end {
                parts.push((owner, from, end));
                end = from;
            }
            if end <= first {
                break;
            }
            if owned.base == 0 || owned.base >= owner {
                return Err(impossible(owner));
            }
            let fork = owner;
            owner = owned.base;
            owned = self.log(owner)?;
            if end > owned.recent_from() {
                return Err(impossible(fork));
            }
        }
        let mut entries = Vec::new();
        for (owner, from, end) in parts.into_iter().rev() {
            self.rows_of_entries(owner, from, end, &mut entries)?;
        }
        let begun = if first < rows_end { first } else { rows_end };
        if to > rows_end {
            entries.extend(self.log(log)?.recent);
        }
        let skipped = usize::try_from(place.saturating_sub(begun)).unwrap_or(usize::MAX);
        let wanted = usize::try_from(to.saturating_sub(place)).unwrap_or(usize::MAX);
        Ok(entries.into_iter().skip(skipped).take(wanted).collect())
    }

    /// The first entries of a log, which are found with the log that it was forked from.
    fn base_entries(&self, fork: u64, base: u64, count: u64) -> Result<Vec<StoredEntry>, StoreError> {
        let impossible = |log: u64| StoreError::Corrupt(Table::Log, format!("log {log} has an impossible base"));
        // The rows wanted, from the last back to the first: a base is older than its forks, so that even a corrupt
        // store gives no circle. Forks of one log ask for the same rows.
        let mut parts = Vec::new();
        let (mut log, mut next, mut end) = (fork, base, count);
        let mut entries: Vec<StoredEntry> = Vec::new();
        while end > 0 {
            if next == 0 || next >= log {
                return Err(impossible(log));
            }
            if let Some(known) = self.entries.borrow().logs.get(&(next, end)) {
                entries.extend_from_slice(known);
                break;
            }
            let stored = self.log(next)?;
            if end > stored.recent_from() {
                return Err(impossible(log));
            }
            let from = stored.base_count.min(end);
            parts.push((next, from, end));
            (log, next, end) = (next, stored.base, from);
        }
        for (log, from, end) in parts.into_iter().rev() {
            self.rows_of_entries(log, from, end, &mut entries)?;
            self.entries.borrow_mut().keep((log, end), entries.as_slice().into());
        }
        Ok(entries)
    }

    /// Adds the entries of a log from one place to another, which are in rows of their own.
    fn rows_of_entries(&self, log: u64, from: u64, to: u64, entries: &mut Vec<StoredEntry>) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let lacks = |place: u64| StoreError::Corrupt(Table::Entry, format!("log {log} lacks entry {place}"));
        let (mut fault, mut place) = (None, from);
        self.store.scan(Table::Entry, &entry_key(log, from), &entry_key(log, to), &mut |key, value| {
            match decoded::<Vec<StoredEntry>>(Table::Entry, value) {
                Ok(row) if key == entry_key(log, place) && !row.is_empty() => {
                    place = place.saturating_add(row.len() as u64);
                    entries.extend(row);
                }
                Ok(_) => fault = Some(lacks(place)),
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })?;
        match fault {
            Some(fault) => Err(fault),
            None if place != to => Err(lacks(place)),
            None => Ok(()),
        }
    }

    /// The derived record of an event.
    pub fn record(&self, height: u64, index: u32) -> Result<Option<StoredRecord>, StoreError> {
        let place = (height, index);
        Ok(self.store.value(Table::Record, &row_key(place), |row| records::find(row, place))?.transpose()?.flatten())
    }

    /// The payload of an event, unless it is erased.
    pub fn payload(&self, height: u64, index: u32) -> Result<Option<SaltedPayload>, StoreError> {
        let Some(mut value) = self.store.get(Table::Payload, &place_key(height, index))? else { return Ok(None) };
        let salt = value.first_chunk().copied();
        let salt = salt.ok_or_else(|| StoreError::Corrupt(Table::Payload, "shorter than its salt".to_owned()))?;
        value.drain(..SALT_BYTES);
        Ok(Some(SaltedPayload { salt, payload: value }))
    }

    /// The event with this tag.
    pub fn event(&self, tag: Hash) -> Result<Option<EventNumber>, StoreError> {
        let Some(value) = self.store.get(Table::Event, &tag.0)? else { return Ok(None) };
        let read = || {
            let (own, rest) = value.split_first_chunk()?;
            let (height, rest) = rest.split_first_chunk()?;
            let index = u32::from_be_bytes(rest.try_into().ok()?);
            Some(EventNumber { own: u64::from_be_bytes(*own), height: u64::from_be_bytes(*height), index })
        };
        read().map(Some).ok_or_else(|| StoreError::Corrupt(Table::Event, "not 20 bytes".to_owned()))
    }

    fn decoded<T: Decode<()>>(&self, table: Table, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.store.value(table, key, |value| decoded(table, value))?.transpose()
    }
}

fn run_of(first: &[u8], value: &[u8]) -> Result<SubjectRun, StoreError> {
    let StoredRun { count, log } = decoded(Table::Run, value)?;
    Ok(SubjectRun { first: number(Table::Run, first)?, count, log })
}

/// Hands over the keys of a row, the first of which is of this subject.
fn keys_in(first: &[u8], row: &[u8], take: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
    let keys = decode_keys(row).ok_or_else(|| StoreError::Corrupt(Table::Key, "a key is cut off".to_owned()))?;
    (number(Table::Key, first)?..).zip(keys).for_each(|(number, key)| take(number, key));
    Ok(())
}

/// By how much a number is above another.
fn gap(one: &[u8; 8], two: &[u8; 8]) -> Option<u64> {
    u64::from_be_bytes(*two).checked_sub(u64::from_be_bytes(*one))
}

impl EntryCache {
    fn keep(&mut self, log: (u64, u64), entries: Rc<[StoredEntry]>) {
        if self.entry_count.saturating_add(entries.len()) > CACHED_ENTRIES_MAX {
            self.logs.clear();
            self.entry_count = 0;
        }
        self.entry_count = self.entry_count.saturating_add(entries.len());
        self.logs.insert(log, entries);
    }
}

fn decoded<T: Decode<()>>(table: Table, value: &[u8]) -> Result<T, StoreError> {
    codec::decode_trusted(value).map_err(|error| StoreError::Corrupt(table, format!("{error:?}")))
}

fn number(table: Table, bytes: &[u8]) -> Result<u64, StoreError> {
    let whole = if bytes.len() == 8 { read_number(bytes) } else { None };
    whole.ok_or_else(|| StoreError::Corrupt(table, "not a number of 8 bytes".to_owned()))
}
