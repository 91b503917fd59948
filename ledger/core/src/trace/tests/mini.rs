//! A ledger in memory: events in the order in which they were captured, each a height of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::record::{LinkRun, Role};
use crate::state::subject::{StoredEntry, StoredRecord, SubjectState};
use crate::trace::arena::{Arena, LogEntry};
use crate::trace::history::{History, Mode, Place, ShownLog, class_key};

/// An event to be: what it links, in which role and standing.
#[derive(Debug, Clone, Default)]
pub struct Happening {
    pub time: i64,
    pub mask: u32,
    pub author: u64,
    pub flags: u64,
    pub links: Vec<(Role, u8, u64)>,
    pub payload: Option<String>,
}

impl Happening {
    pub fn at(time: i64) -> Happening {
        Happening { time, ..Happening::default() }
    }

    pub fn with(mut self, mask: u32) -> Happening {
        self.mask |= mask;
        self
    }

    /// Links with standing 3.
    pub fn link(self, role: Role, subjects: &[u64]) -> Happening {
        self.link_as(role, 3, subjects)
    }

    pub fn link_as(mut self, role: Role, standing: u8, subjects: &[u64]) -> Happening {
        self.links.extend(subjects.iter().map(|subject| (role, standing, *subject)));
        self
    }

    pub fn saying(mut self, payload: &str) -> Happening {
        self.payload = Some(payload.to_owned());
        self
    }

    pub fn by(mut self, author: u64) -> Happening {
        self.author = author;
        self
    }
}

/// The ledger. An event's own number is its height.
#[derive(Default)]
pub struct Mini {
    keys: BTreeMap<u64, Vec<u8>>,
    numbers: HashMap<Vec<u8>, u64>,
    records: BTreeMap<Place, Arc<StoredRecord>>,
    payloads: BTreeMap<Place, Arc<[u8]>>,
    logs: BTreeMap<u64, Vec<StoredEntry>>,
    /// What was asked for since it changed last: logs by subject, events by place.
    arena: Arena,
    whole: HashMap<u64, u32>,
    events: HashMap<Place, u32>,
    states: BTreeMap<u64, SubjectState>,
    /// Every log that was asked for, in which mode.
    pub asked: Vec<(u64, Mode)>,
}

impl Mini {
    /// The number of a key, which is numbered if it is new, its class too.
    pub fn number(&mut self, kind: KeyKind, parts: &[&str]) -> u64 {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.number_of_key(SubjectKey::new(kind, &parts).unwrap())
    }

    pub fn number_of_key(&mut self, key: SubjectKey) -> u64 {
        if let Some(known) = self.numbers.get(key.bytes()) {
            return *known;
        }
        if let Some(class) = class_key(key.bytes()) {
            self.number_of_key(class);
        }
        let number = self.keys.len() as u64;
        self.keys.insert(number, key.bytes().to_vec());
        self.numbers.insert(key.bytes().to_vec(), number);
        number
    }

    /// An item, lot, case or the like with this name.
    pub fn item(&mut self, gtin: &str, serial: &str) -> u64 {
        self.number(KeyKind::Item, &[gtin, serial])
    }

    pub fn lot(&mut self, gtin: &str, lot: &str) -> u64 {
        self.number(KeyKind::Lot, &[gtin, lot])
    }

    pub fn unit(&mut self, sscc: &str) -> u64 {
        self.number(KeyKind::LogisticUnit, &[sscc])
    }

    pub fn capture(&mut self, happening: Happening) -> Place {
        let place = Place { height: self.records.len() as u64 + 1, index: 0 };
        let mut links = happening.links.clone();
        links.sort_unstable();
        links.dedup();
        let numbers: Vec<_> =
            links.iter().map(|(role, standing, subject)| (*role as u8, *standing, *subject)).collect();
        let runs = LinkRun::maximal(&numbers);
        for (role, standing, subject) in links.iter().filter(|link| !link.0.names_events()) {
            let entry =
                StoredEntry { height: place.height, index: place.index, role: *role as u8, standing: *standing };
            self.logs.entry(*subject).or_default().push(entry);
        }
        self.forget();
        let record = StoredRecord {
            record_type: 1,
            block_time: happening.time,
            event_time: happening.time,
            rules: 1,
            author: happening.author,
            own: place.height,
            flags: happening.flags,
            mask: links.iter().fold(happening.mask, |mask, link| mask | link.0.bit()),
            event_digest: Hash::ZERO,
            names: Hash::ZERO,
            runs,
            founded: Vec::new(),
            effect: Default::default(),
        };
        self.records.insert(place, Arc::new(record));
        if let Some(payload) = happening.payload {
            self.payloads.insert(place, payload.into_bytes().into());
        }
        place
    }

    pub fn subjects(&self) -> Vec<u64> {
        self.keys.keys().copied().collect()
    }

    pub fn entries(&self, subject: u64) -> Vec<StoredEntry> {
        self.logs.get(&subject).cloned().unwrap_or_default()
    }

    pub fn records(&self) -> &BTreeMap<Place, Arc<StoredRecord>> {
        &self.records
    }

    /// A subject's state, to be changed.
    pub fn state(&mut self, subject: u64) -> &mut SubjectState {
        self.forget();
        self.states.entry(subject).or_insert_with(|| SubjectState::founded(Hash::ZERO, 0))
    }

    fn forget(&mut self) {
        self.arena = Arena::default();
        self.whole.clear();
        self.events.clear();
    }

    pub fn erase(&mut self, place: Place) {
        self.payloads.remove(&place);
    }
}

impl History for Mini {
    type Error = std::convert::Infallible;

    fn arena(&self) -> &Arena {
        &self.arena
    }

    fn log(&mut self, subject: u64, mode: Mode) -> Result<ShownLog, Self::Error> {
        self.asked.push((subject, mode));
        if !self.whole.contains_key(&subject) {
            let mut entries = Vec::new();
            for entry in self.logs.get(&subject).into_iter().flatten() {
                let place = Place { height: entry.height, index: entry.index };
                let (arena, records) = (&mut self.arena, &self.records);
                let event =
                    *self.events.entry(place).or_insert_with(|| arena.add_event(place, records[&place].clone()));
                entries.push(LogEntry { event, role: entry.role, standing: entry.standing });
            }
            let state = self.states.get(&subject).cloned().unwrap_or_else(|| SubjectState::founded(Hash::ZERO, 0));
            self.whole.insert(subject, self.arena.add_log(Arc::new(state), entries));
        }
        let log = self.whole[&subject];
        Ok(ShownLog { log, entries: self.arena.shown(log, mode) })
    }

    fn kind(&mut self, subject: u64) -> Result<u8, Self::Error> {
        Ok(self.keys[&subject][0])
    }

    fn key(&mut self, subject: u64) -> Result<Arc<[u8]>, Self::Error> {
        Ok(self.keys[&subject].clone().into())
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, Self::Error> {
        Ok(class_key(&self.keys[&subject]).and_then(|class| self.numbers.get(class.bytes()).copied()))
    }

    fn payload(&mut self, place: Place) -> Result<Option<Arc<[u8]>>, Self::Error> {
        Ok(self.payloads.get(&place).cloned())
    }
}
