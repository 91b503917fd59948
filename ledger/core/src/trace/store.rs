//! History as a node has it: over the store.

use std::collections::HashMap;
use std::rc::Rc;

use crate::key::KeyKind;
use crate::kv::{Read, StoreError, Table};
use crate::record::{Role, mask};
use crate::state::reader::{Reader, SubjectRun};
use crate::state::subject::{StoredEntry, StoredRecord};
use crate::trace::history::{Entry, History, IndexedLog, Mode, Place, SubjectLog, class_key};
use crate::trace::numbers::NumberMap;

/// History over a store. It keeps what it has read: make one for each trace.
pub struct StoreHistory<'a> {
    reader: Reader<'a>,
    /// The run that was found last: neighbours are asked for one after another.
    run: Option<SubjectRun>,
    logs: NumberMap<u64, Whole>,
    records: NumberMap<Place, Rc<StoredRecord>>,
    keys: NumberMap<u64, Rc<[u8]>>,
    /// By the part of the key that is a GTIN: most subjects are of few classes.
    classes: HashMap<Vec<u8>, Option<u64>>,
}

/// A log as it was read.
#[derive(Clone)]
pub struct Whole {
    /// The state of its subjects and all of its entries.
    pub log: Rc<IndexedLog>,
    /// The event with which its subjects appeared.
    pub founded: Place,
}

impl<'a> StoreHistory<'a> {
    /// Reads this store.
    pub fn new(store: &'a dyn Read) -> Self {
        StoreHistory {
            reader: Reader::new(store),
            run: None,
            logs: NumberMap::default(),
            records: NumberMap::default(),
            keys: NumberMap::default(),
            classes: HashMap::new(),
        }
    }

    /// What reads the store.
    pub fn reader(&self) -> &Reader<'a> {
        &self.reader
    }

    /// The id of a subject's log: subjects with one id share state and entries.
    pub fn log_id(&mut self, subject: u64) -> Result<u64, StoreError> {
        if let Some(run) = self.run.filter(|run| run.contains(subject)) {
            return Ok(run.log);
        }
        let run = self.reader.run_at(subject)?.ok_or_else(|| missing(Table::Run, subject))?;
        self.run = Some(run);
        Ok(run.log)
    }

    /// A log by its id.
    pub fn whole(&mut self, log: u64) -> Result<Whole, StoreError> {
        if let Some(known) = self.logs.get(&log) {
            return Ok(known.clone());
        }
        let mut stored = self.reader.log(log)?;
        let own = self.reader.entries_of(log, &mut stored)?;
        let mut entries = Vec::with_capacity(own.len());
        for entry in &own {
            let record = self.record(Place { height: entry.height, index: entry.index })?;
            entries.push(timed(entry, record));
        }
        let whole = Whole {
            log: Rc::new(IndexedLog::new(SubjectLog { state: Rc::new(stored.state), entries })),
            founded: Place { height: stored.founded_height, index: stored.founded_index },
        };
        self.logs.insert(log, whole.clone());
        Ok(whole)
    }

    /// The record of an event that is there.
    pub fn record(&mut self, place: Place) -> Result<Rc<StoredRecord>, StoreError> {
        if let Some(known) = self.records.get(&place) {
            return Ok(known.clone());
        }
        let missing = || StoreError::Corrupt(Table::Record, format!("no record at {}/{}", place.height, place.index));
        let record = Rc::new(self.reader.record(place.height, place.index)?.ok_or_else(missing)?);
        self.records.insert(place, record.clone());
        Ok(record)
    }
}

/// An entry with what its node says (`proofs.md` §3).
pub fn timed(entry: &StoredEntry, record: Rc<StoredRecord>) -> Entry {
    let role = Role::from_number(entry.role).map_or(0, Role::bit);
    let standing = if entry.standing > 0 { mask::STANDING } else { 0 };
    Entry {
        place: Place { height: entry.height, index: entry.index },
        role: entry.role,
        standing: entry.standing,
        time: record.event_time,
        mask: record.mask | role | standing,
        record,
    }
}

/// The first part of a key, with its length, where that is a GTIN that alone tells the class.
fn gtin_part(key: &[u8]) -> Option<&[u8]> {
    const GTIN_PART_BYTES: usize = 16;
    let of_gtin = [KeyKind::Item, KeyKind::Upui, KeyKind::Lot].iter().any(|kind| key.first() == Some(&(*kind as u8)));
    key.get(2..2 + GTIN_PART_BYTES).filter(|part| of_gtin && part.starts_with(&[14, 0]))
}

fn missing(table: Table, subject: u64) -> StoreError {
    StoreError::Corrupt(table, format!("subject {subject} is missing"))
}

impl History for StoreHistory<'_> {
    type Error = StoreError;

    fn log(&mut self, subject: u64, mode: Mode) -> Result<Rc<SubjectLog>, StoreError> {
        let log = self.log_id(subject)?;
        let whole = self.whole(log)?.log;
        if mode == Mode::Full {
            return Ok(whole.whole.clone());
        }
        Ok(whole.at(&whole.shown(mode)))
    }

    fn key(&mut self, subject: u64) -> Result<Rc<[u8]>, StoreError> {
        if let Some(known) = self.keys.get(&subject) {
            return Ok(known.clone());
        }
        let keys = &mut self.keys;
        self.reader.keys_near(subject, &mut |number, key| {
            keys.entry(number).or_insert_with(|| Rc::from(key));
        })?;
        keys.get(&subject).cloned().ok_or_else(|| missing(Table::Key, subject))
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, StoreError> {
        let key = self.key(subject)?;
        let gtin = gtin_part(&key);
        if let Some(known) = gtin.and_then(|gtin| self.classes.get(gtin)) {
            return Ok(*known);
        }
        let Some(class) = class_key(&key) else { return Ok(None) };
        let number = self.reader.number_of(class.tag())?;
        if let Some(gtin) = gtin {
            self.classes.insert(gtin.to_vec(), number);
        }
        Ok(number)
    }

    fn payload(&mut self, place: Place) -> Result<Option<Rc<[u8]>>, StoreError> {
        Ok(self.reader.payload(place.height, place.index)?.map(|stored| stored.payload.into()))
    }
}
