//! History as a node has it: over the store.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use crate::key::KeyKind;
use crate::kv::{Read, StoreError, Table};
use crate::record::{Role, mask};
use crate::state::reader::{Reader, SubjectRun};
use crate::state::records;
use crate::state::subject::{StoredEntry, StoredLog, StoredRecord, SubjectState};
use crate::trace::arena::{Arena, LogEntry};
use crate::trace::history::{History, Mode, Place, ShownLog, class_key};
use crate::trace::numbers::{NumberMap, Paged};

/// History over a store. It keeps what it has read: make one for each trace, or hand what it has read on to the
/// next one while the store stays as it is.
pub struct StoreHistory<'a> {
    reader: Reader<'a>,
    /// The run that was found last: neighbours are asked for one after another.
    run: Option<SubjectRun>,
    known: Known,
    /// What happened on the ledger from there on is left out.
    before: Option<Place>,
}

/// What was read of a store.
#[derive(Debug, Default)]
pub struct Known {
    /// As of the block of this height.
    height: u64,
    arena: Arena,
    /// By subject, the place of its log in the arena, plus one.
    logs: Paged<u32>,
    /// By a log's id, its place in the arena; and the other way round.
    places: NumberMap<u64, u32>,
    ids: Vec<u64>,
    /// By a log's place in the arena, the event with which its subjects appeared.
    founded: Vec<Place>,
    /// By where an event is, its place in the arena.
    events: NumberMap<Place, u32>,
    /// By subject, the place of its name, plus one.
    names: Paged<u32>,
    name_list: Vec<Name>,
    key_bytes: Vec<u8>,
    /// By the part of the key that is a GTIN: most subjects are of few classes.
    classes: HashMap<[u8; GTIN_PART_BYTES], Option<u64>>,
    class_last: Option<([u8; GTIN_PART_BYTES], Option<u64>)>,
    /// Names whose class is not recorded, as far as is known.
    lacking: Vec<usize>,
}

/// What was read is not brought up to date over more blocks than this: to read anew what is asked costs less.
const CATCH_UP_BLOCKS_MAX: u64 = 1_024;

/// Fewer subjects than this are as soon read one after another.
const ANNOUNCED_MIN: usize = 2;

/// A subject's key, and its class once that was asked for.
#[derive(Debug, Clone)]
struct Name {
    kind: u8,
    key: Range<usize>,
    class: Option<Option<u64>>,
}

impl Known {
    fn add_event(&mut self, place: Place, record: StoredRecord) -> u32 {
        let event = self.arena.add_event(place, Arc::new(record));
        self.events.insert(place, event);
        event
    }

    fn add_name(&mut self, subject: u64, key: &[u8]) {
        if self.names.get(subject) != 0 {
            return;
        }
        let from = self.key_bytes.len();
        self.key_bytes.extend_from_slice(key);
        let kind = key.first().copied().unwrap_or(0);
        self.name_list.push(Name { kind, key: from..self.key_bytes.len(), class: None });
        self.names.set(subject, u32::try_from(self.name_list.len()).unwrap_or(u32::MAX));
    }

    /// Forgets the logs that events have grown since, and which classes there are not.
    fn forget(&mut self, record: &StoredRecord) {
        let in_logs = |role: u8| Role::from_number(role).is_some_and(|role| !role.names_events());
        for run in record.runs.iter().filter(|run| in_logs(run.role)) {
            for subject in run.first..run.first.saturating_add(u64::from(run.count)) {
                let Some(log) = self.logs.get(subject).checked_sub(1) else { continue };
                self.logs.set(subject, 0);
                if let Some(id) = self.ids.get(log as usize) {
                    self.places.remove(id);
                }
            }
        }
        if !record.founded.is_empty() && !self.lacking.is_empty() {
            self.classes.clear();
            self.class_last = None;
            for name in std::mem::take(&mut self.lacking) {
                if let Some(name) = self.name_list.get_mut(name) {
                    name.class = None;
                }
            }
        }
    }

    /// What subjects were packed in, ascending: a walk looks there for how long they stayed.
    fn parents_of(&self, subjects: &[u64]) -> Vec<u64> {
        let mut parents = Vec::new();
        let mut last = None;
        for log in subjects.iter().filter_map(|subject| self.logs.get(*subject).checked_sub(1)) {
            if last.replace(log) == Some(log) {
                continue;
            }
            for entry in self.arena.entries(log).filter_map(|entry| self.arena.entry(entry)) {
                if entry.role == Role::Child as u8 && entry.mask & mask::ADD != 0 {
                    let links = self.arena.linked(entry.event, Role::Parent);
                    parents.extend(links.filter_map(|link| self.arena.link(link)).map(|run| run.first));
                }
            }
        }
        parents.sort_unstable();
        parents.dedup();
        parents
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        // A record, its place and its names beside entries and links, which are counted one by one.
        const EVENT_BYTES: usize = 400;
        const LOG_BYTES: usize = 300;
        const NAME_BYTES: usize = 64;
        const LINK_BYTES: usize = 40;
        let arena = self.arena.event_count() * EVENT_BYTES + self.arena.log_count() * LOG_BYTES;
        arena + self.arena.size() * LINK_BYTES + self.name_list.len() * NAME_BYTES + self.key_bytes.len()
    }
}

impl<'a> StoreHistory<'a> {
    /// Reads this store.
    pub fn new(store: &'a dyn Read) -> Self {
        StoreHistory { reader: Reader::new(store), run: None, known: Known::default(), before: None }
    }

    /// Reads this store as it was before an event: the same however much was recorded since.
    pub fn before(store: &'a dyn Read, place: Place) -> Self {
        StoreHistory { before: Some(place), ..StoreHistory::new(store) }
    }

    /// Reads this store, of which this was read at the same or an earlier height.
    pub fn knowing(store: &'a dyn Read, mut known: Known) -> Result<Self, StoreError> {
        let reader = Reader::new(store);
        let height = reader.head()?.map_or(0, |head| head.height);
        match height.checked_sub(known.height) {
            Some(0) => {}
            Some(behind) if behind <= CATCH_UP_BLOCKS_MAX => catch_up(store, &mut known, height)?,
            _ => known = Known::default(),
        }
        known.height = height;
        Ok(StoreHistory { reader, run: None, known, before: None })
    }

    /// What was read, for the next one that reads the same store.
    pub fn into_known(self) -> Known {
        self.known
    }

    /// What reads the store.
    pub fn reader(&self) -> &Reader<'a> {
        &self.reader
    }

    /// A subject's log: its place in the arena. Subjects with one place share state and entries.
    pub fn log_of(&mut self, subject: u64) -> Result<u32, StoreError> {
        if let Some(known) = self.known.logs.get(subject).checked_sub(1) {
            return Ok(known);
        }
        let id = self.run_of(subject)?.log;
        let log = match self.known.places.get(&id) {
            Some(known) => *known,
            None => {
                let mut stored = self.reader.log(id)?;
                let own = self.entries_of(id, &mut stored)?;
                self.add_log(id, stored, own)?
            }
        };
        self.known.logs.set(subject, log.saturating_add(1));
        Ok(log)
    }

    fn run_of(&mut self, subject: u64) -> Result<SubjectRun, StoreError> {
        let run = match self.run.filter(|run| run.contains(subject)) {
            Some(run) => run,
            None => self.reader.run_at(subject)?.ok_or_else(|| missing(Table::Run, subject))?,
        };
        self.run = Some(run);
        Ok(run)
    }

    /// Reads the logs of subjects, which ascend, and what is recorded of the events in them: each table in its order.
    fn read_logs(&mut self, subjects: &[u64]) -> Result<(), StoreError> {
        let (mut logs, mut ids) = (Vec::with_capacity(subjects.len()), Vec::new());
        self.reader.runs(subjects, &mut |run, within| {
            logs.extend(within.iter().map(|subject| (*subject, run.log)));
            ids.extend(Some(run.log).filter(|id| !self.known.places.contains_key(id)));
        })?;
        ids.sort_unstable();
        ids.dedup();
        let mut read = Vec::with_capacity(ids.len());
        let mut places: Vec<(u64, u32)> = Vec::new();
        for (id, mut stored) in self.reader.logs(&ids)? {
            let own = self.entries_of(id, &mut stored)?;
            let of_entries = own.iter().map(|entry| Place { height: entry.height, index: entry.index });
            let unread = of_entries.filter(|place| !self.known.events.contains_key(place));
            places.extend(unread.map(|place| (place.height, place.index)));
            read.push((id, stored, own));
        }
        places.sort_unstable();
        places.dedup();
        let known = &mut self.known;
        self.reader.records(&places, &mut |(height, index), record| {
            known.add_event(Place { height, index }, record);
        })?;
        for (id, stored, own) in read {
            self.add_log(id, stored, own)?;
        }
        // What is missing is found to be so when it is asked for.
        for (subject, id) in logs {
            if let Some(log) = self.known.places.get(&id) {
                self.known.logs.set(subject, log.saturating_add(1));
            }
        }
        Ok(())
    }

    fn entries_of(&self, id: u64, stored: &mut StoredLog) -> Result<Vec<StoredEntry>, StoreError> {
        let mut entries = self.reader.entries_of(id, stored)?;
        if let Some(before) = self.before {
            entries.retain(|entry| (entry.height, entry.index) < (before.height, before.index));
        }
        Ok(entries)
    }

    fn add_log(&mut self, id: u64, stored: StoredLog, own: Vec<StoredEntry>) -> Result<u32, StoreError> {
        let mut entries = Vec::with_capacity(own.len());
        for entry in own {
            let event = self.event_at(Place { height: entry.height, index: entry.index })?;
            entries.push(LogEntry { event, role: entry.role, standing: entry.standing });
        }
        let log = self.known.arena.add_log(Arc::new(stored.state), entries);
        self.known.founded.push(Place { height: stored.founded_height, index: stored.founded_index });
        self.known.places.insert(id, log);
        self.known.ids.push(id);
        Ok(log)
    }

    /// A subject's state, as it is now.
    pub fn state_of(&mut self, subject: u64) -> Result<Arc<SubjectState>, StoreError> {
        let log = self.log_of(subject)?;
        self.known.arena.state(log).cloned().ok_or_else(|| missing(Table::Log, subject))
    }

    /// The event with which the subjects of a log appeared.
    pub fn founded(&self, log: u32) -> Place {
        self.known.founded.get(log as usize).copied().unwrap_or(Place { height: 0, index: 0 })
    }

    /// The place in the arena of an event that is there.
    pub fn event_at(&mut self, place: Place) -> Result<u32, StoreError> {
        if let Some(known) = self.known.events.get(&place) {
            return Ok(*known);
        }
        let missing = || StoreError::Corrupt(Table::Record, format!("no record at {}/{}", place.height, place.index));
        let record = self.reader.record(place.height, place.index)?.ok_or_else(missing)?;
        Ok(self.known.add_event(place, record))
    }

    /// The key bytes of a subject.
    pub fn key_bytes(&mut self, subject: u64) -> Result<&[u8], StoreError> {
        let key = self.name(subject)?.key.clone();
        Ok(self.known.key_bytes.get(key).unwrap_or_default())
    }

    fn name(&mut self, subject: u64) -> Result<&mut Name, StoreError> {
        if self.known.names.get(subject) == 0 {
            let Self { reader, known, .. } = self;
            reader.keys_near(subject, &mut |number, key| known.add_name(number, key))?;
        }
        let place = (self.known.names.get(subject) as usize).checked_sub(1);
        let name = place.and_then(|place| self.known.name_list.get_mut(place));
        name.ok_or_else(|| missing(Table::Key, subject))
    }

    /// The number of the class that a key says.
    fn class_of_key(&mut self, key: Range<usize>) -> Result<Option<u64>, StoreError> {
        let key = self.known.key_bytes.get(key).unwrap_or_default();
        let gtin = gtin_part(key);
        if let (Some(gtin), Some((last, number))) = (&gtin, &self.known.class_last)
            && gtin == last
        {
            return Ok(*number);
        }
        let known = gtin.and_then(|gtin| self.known.classes.get(&gtin)).copied();
        let number = match known {
            Some(number) => number,
            None => match class_key(key) {
                Some(class) => self.reader.number_of(class.tag())?,
                None => return Ok(None),
            },
        };
        if let Some(gtin) = gtin {
            self.known.classes.insert(gtin, number);
            self.known.class_last = Some((gtin, number));
        }
        Ok(number)
    }
}

/// Forgets what the blocks since have changed. An event changes only subjects that it names.
fn catch_up(store: &dyn Read, known: &mut Known, height: u64) -> Result<(), StoreError> {
    records::scan(store, (known.height.saturating_add(1), 0), (height.saturating_add(1), 0), &mut |_, record| {
        known.forget(&record);
        ControlFlow::Continue(())
    })
}

/// A GTIN's length and its 14 digits.
const GTIN_PART_BYTES: usize = 16;

/// The first part of a key, with its length, where that is a GTIN that alone tells the class.
fn gtin_part(key: &[u8]) -> Option<[u8; GTIN_PART_BYTES]> {
    let of_gtin = [KeyKind::Item, KeyKind::Upui, KeyKind::Lot].iter().any(|kind| key.first() == Some(&(*kind as u8)));
    let part: &[u8; GTIN_PART_BYTES] = key.get(2..)?.first_chunk()?;
    (of_gtin && part.starts_with(&[14, 0])).then_some(*part)
}

fn missing(table: Table, subject: u64) -> StoreError {
    StoreError::Corrupt(table, format!("subject {subject} is missing"))
}

impl History for StoreHistory<'_> {
    type Error = StoreError;

    fn arena(&self) -> &Arena {
        &self.known.arena
    }

    fn announce(&mut self, subjects: &[u64]) -> Result<(), StoreError> {
        if subjects.len() < ANNOUNCED_MIN {
            return Ok(());
        }
        let mut subjects = subjects.to_vec();
        subjects.sort_unstable();
        let Self { reader, known, .. } = self;
        let unnamed: Vec<u64> = subjects.iter().copied().filter(|subject| known.names.get(*subject) == 0).collect();
        reader.keys(&unnamed, &mut |number, key| known.add_name(number, key))?;
        subjects.retain(|subject| self.known.logs.get(*subject) == 0);
        self.read_logs(&subjects)?;
        let mut parents = self.known.parents_of(&subjects);
        parents.retain(|subject| self.known.logs.get(*subject) == 0);
        self.read_logs(&parents)
    }

    fn log(&mut self, subject: u64, mode: Mode) -> Result<ShownLog, StoreError> {
        let log = self.log_of(subject)?;
        Ok(ShownLog { log, entries: self.known.arena.shown(log, mode) })
    }

    fn kind(&mut self, subject: u64) -> Result<u8, StoreError> {
        Ok(self.name(subject)?.kind)
    }

    fn key(&mut self, subject: u64) -> Result<Arc<[u8]>, StoreError> {
        self.key_bytes(subject).map(Arc::from)
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, StoreError> {
        let name = self.name(subject)?;
        if let Some(known) = name.class {
            return Ok(known);
        }
        let key = name.key.clone();
        let mut class = self.class_of_key(key)?;
        if let (Some(number), Some(before)) = (class, self.before) {
            // A class that was named since was none then.
            let log = self.log_of(number)?;
            class = class.filter(|_| self.founded(log) < before);
        }
        self.name(subject)?.class = Some(class);
        if class.is_none() && class_key(self.key_bytes(subject)?).is_some() {
            self.known.lacking.extend((self.known.names.get(subject) as usize).checked_sub(1));
        }
        Ok(class)
    }

    fn payload(&mut self, place: Place) -> Result<Option<Arc<[u8]>>, StoreError> {
        Ok(self.reader.payload(place.height, place.index)?.map(|stored| stored.payload.into()))
    }
}
