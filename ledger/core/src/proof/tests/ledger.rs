//! A ledger made by hand for tests: what `apply` would have stored, as far as proofs read it.

use std::collections::{BTreeMap, HashMap};

use ed25519_dalek::SigningKey;

use crate::block::{
    CommitCertificate, CommitSignature, HEADER_TYPE, HEADER_VERSION, Header, StoredBlock, Validator, validators_hash,
    vote_message,
};
use crate::codec::encode;
use crate::hash::{Hash, Tag};
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Overlay, Table};
use crate::kv_memory::MemoryRead;
use crate::log::{LogNode, Peaks};
use crate::names::{self, Name};
use crate::proof::format::ProofQuery;
use crate::proof::trust::{DecidedHeader, Trust};
use crate::record::{LinkRun, Role, Standing};
use crate::state::erased::StoredEffect;
use crate::state::head::{HEAD_KEY, Head, StateRoots};
use crate::state::records;
use crate::state::subject::{
    FoundedRun, StoredEntry, StoredLog, StoredRecord, StoredRun, SubjectState, encode_keys, entry_key,
};
use crate::submission::sign;
use crate::trace::closure::Direction;
use crate::trace::history::{Place, class_key};
use crate::tree::dense;

struct Subject {
    key: Vec<u8>,
    state: SubjectState,
    founded: Place,
    entries: Vec<(StoredEntry, LogNode)>,
}

/// Subjects and events in memory; [`TestLedger::store`] lays them out.
#[derive(Default)]
pub struct TestLedger {
    subjects: BTreeMap<u64, Subject>,
    numbers: HashMap<Hash, u64>,
    records: BTreeMap<Place, StoredRecord>,
    new: Vec<Name>,
    height: u64,
    index: u32,
    next: u64,
}

/// One event of a test.
#[derive(Clone)]
pub struct TestEvent<'a> {
    pub author: u64,
    pub time: i64,
    pub bits: u32,
    pub links: &'a [(Role, Standing, &'a [SubjectKey])],
}

pub fn item(gtin: u64, serial: u64) -> SubjectKey {
    let (gtin, serial) = (format!("{gtin:014}"), format!("S{serial:07}"));
    SubjectKey::new(KeyKind::Item, &[gtin.as_bytes(), serial.as_bytes()]).unwrap()
}

pub fn lot(gtin: u64, lot: &str) -> SubjectKey {
    SubjectKey::new(KeyKind::Lot, &[format!("{gtin:014}").as_bytes(), lot.as_bytes()]).unwrap()
}

pub fn case(number: u64) -> SubjectKey {
    SubjectKey::new(KeyKind::LogisticUnit, &[format!("{number:018}").as_bytes()]).unwrap()
}

pub fn validator() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub fn trust() -> Trust {
    Trust::genesis(Tag::Chain.hash(b"test"), 0, vec![test_validator()])
}

pub fn test_validator() -> Validator {
    Validator { key: validator().verifying_key().to_bytes(), power: 1 }
}

pub fn query(key: &SubjectKey, direction: Direction) -> ProofQuery {
    ProofQuery { key: key.bytes().to_vec(), direction: direction as u8, claims: false }
}

impl TestLedger {
    pub fn new() -> TestLedger {
        TestLedger { height: 1, ..TestLedger::default() }
    }

    pub fn next_block(&mut self) {
        self.height += 1;
        self.index = 0;
    }

    pub fn number(&self, key: &SubjectKey) -> u64 {
        self.numbers[&key.tag()]
    }

    /// Applies an event: founds what is new and its classes, appends to all logs. Gives its place.
    pub fn event(&mut self, event: &TestEvent<'_>) -> Place {
        let place = Place { height: self.height, index: self.index };
        self.index += 1;
        let founded = self.found(event, place);
        let mut singles: Vec<(u8, u8, u64)> = event
            .links
            .iter()
            .flat_map(|(role, standing, keys)| keys.iter().map(move |key| (*role as u8, *standing as u8, key)))
            .map(|(role, standing, key)| (role, standing, self.number(key)))
            .collect();
        singles.sort_unstable();
        let runs = LinkRun::maximal(&singles);
        let mut names: Vec<Name> = Vec::new();
        for run in &founded {
            names.extend(
                (run.first..run.first + u64::from(run.count)).map(|number| Name { number, tag: self.tag_of(number) }),
            );
        }
        names.sort_unstable_by_key(|name| name.number);
        self.new.extend(names.iter().copied());
        let roles = runs.iter().fold(0, |mask, run| mask | Role::from_number(run.role).unwrap().bit());
        let time = 1_000 * place.height as i64;
        let stored = StoredRecord {
            effect: StoredEffect::default(),
            record_type: 1,
            block_time: time,
            event_time: event.time,
            rules: 1,
            author: event.author,
            own: self.records.len() as u64,
            flags: 0,
            mask: event.bits | roles,
            event_digest: Tag::Event.hash(&encode(&(place.height, place.index))),
            names: names::names_root(&names),
            runs,
            founded: founded.clone(),
        };
        let record = stored.record(place.height, place.index);
        let hash = record.hash();
        for run in &founded {
            for number in run.first..run.first + u64::from(run.count) {
                self.subjects.get_mut(&number).unwrap().state.found = hash;
            }
        }
        for (role, standing, number) in &singles {
            let entry = StoredEntry { height: place.height, index: place.index, role: *role, standing: *standing };
            let (role, standing) = (Role::from_number(*role).unwrap(), Standing::from_number(*standing).unwrap());
            let node = LogNode::entry(&record, hash, role, standing);
            let subject = self.subjects.get_mut(number).unwrap();
            subject.entries.push((entry, node));
            subject.state.holder = event.author;
        }
        self.records.insert(place, stored);
        place
    }

    fn tag_of(&self, number: u64) -> Hash {
        Tag::Key.hash(&self.subjects[&number].key)
    }

    fn found(&mut self, event: &TestEvent<'_>, place: Place) -> Vec<FoundedRun> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        let named = event.links.iter().flat_map(|(_, _, keys)| keys.iter());
        keys.extend(named.map(|key| key.bytes().to_vec()));
        let classes: Vec<Vec<u8>> =
            keys.iter().filter_map(|key| class_key(key)).map(|class| class.bytes().to_vec()).collect();
        keys.extend(classes);
        let mut founded: Vec<FoundedRun> = Vec::new();
        let mut any = false;
        for key in keys {
            let tag = Tag::Key.hash(&key);
            if self.numbers.contains_key(&tag) {
                continue;
            }
            // Each event's new subjects begin at a multiple of 4: some numbers stay unused.
            if !any {
                self.next = self.next.next_multiple_of(4);
                any = true;
            }
            let number = self.next;
            self.next += 1;
            self.numbers.insert(tag, number);
            let state = SubjectState::founded(Hash::ZERO, event.author);
            self.subjects.insert(number, Subject { key, state, founded: place, entries: Vec::new() });
            match founded.last_mut() {
                Some(run) if run.first + u64::from(run.count) == number => run.count += 1,
                _ => founded.push(FoundedRun { first: number, count: 1 }),
            }
        }
        founded
    }

    /// The store of this ledger after an empty block that certifies it, and that block's header.
    pub fn store(&self) -> (MemoryRead, DecidedHeader) {
        let mut store = MemoryRead::default();
        let empty = MemoryRead::default();
        let mut overlay = Overlay::new(&empty);
        let mut logs: HashMap<Vec<u8>, u64> = HashMap::new();
        let mut runs: Vec<(u64, StoredRun)> = Vec::new();
        for (number, subject) in &self.subjects {
            overlay.put(Table::Key, number.to_be_bytes(), encode_keys([subject.key.as_slice()].into_iter()));
            overlay.put(Table::Name, Tag::Key.hash(&subject.key).0, number.to_be_bytes());
            let entries: Vec<StoredEntry> = subject.entries.iter().map(|(entry, _)| *entry).collect();
            let next = logs.len() as u64 + 1;
            let Place { height, index } = subject.founded;
            let log = *logs.entry(encode(&(height, index, entries, subject.state.clone()))).or_insert_with(|| {
                self.put_log(&mut overlay, next, subject);
                next
            });
            match runs.last_mut() {
                Some((first, run)) if *first + run.count == *number && run.log == log => run.count += 1,
                _ => runs.push((*number, StoredRun { count: 1, log })),
            }
        }
        for (first, run) in &runs {
            overlay.put(Table::Run, first.to_be_bytes(), encode(run));
        }
        let records: Vec<_> =
            self.records.iter().map(|(place, record)| (place.height, place.index, record.clone())).collect();
        records::put(&mut overlay, &records);
        let names = names::sealed::append(&mut overlay, 0, &self.new).unwrap();
        store.apply(&overlay.into_writes());
        let before = store.clone();
        let mut overlay = Overlay::new(&before);
        let leaves = &crate::proof::make::StoreLeaves;
        let subjects = dense::SUBJECTS.update(&mut overlay, 0, self.next, &[], leaves).unwrap();
        let roots = StateRoots {
            subject_count: self.next,
            subjects,
            event_count: self.records.len() as u64,
            events: Tag::Events.hash(b"events"),
            name_count: self.new.len() as u64,
            names,
            row_count: 3,
            rows: Tag::Rows.hash(b"rows"),
        };
        let decided = self.decided(roots.root());
        let block = StoredBlock {
            header: decided.header.clone(),
            certificate: decided.certificate.clone(),
            submissions: Vec::new(),
        };
        overlay.put(Table::Block, decided.header.height.to_be_bytes(), encode(&block));
        overlay.put(Table::Meta, HEAD_KEY, encode(&self.head(&decided.header, roots)));
        store.apply(&overlay.into_writes());
        (store, decided)
    }

    /// A subject's log: how many entries, its root, and where its events are.
    pub fn log_of(&self, number: u64) -> (u64, LogNode, Vec<Place>) {
        let mut peaks = Peaks::default();
        let entries = &self.subjects[&number].entries;
        entries.iter().for_each(|(_, node)| peaks.push(*node));
        let places = entries.iter().map(|(entry, _)| Place { height: entry.height, index: entry.index });
        (peaks.count, peaks.root(), places.collect())
    }

    pub fn found_of(&self, number: u64) -> Hash {
        self.subjects[&number].state.found
    }

    fn put_log(&self, overlay: &mut Overlay<'_>, id: u64, subject: &Subject) {
        let mut peaks = Peaks::default();
        for (place, (entry, node)) in (0u64..).zip(&subject.entries) {
            peaks.push(*node);
            overlay.put(Table::Entry, entry_key(id, place), encode(&vec![*entry]));
        }
        let log = StoredLog {
            state: subject.state.clone(),
            peaks,
            base: 0,
            base_count: 0,
            recent: Vec::new(),
            subjects: 1,
            founded_height: subject.founded.height,
            founded_index: subject.founded.index,
        };
        overlay.put(Table::Log, id.to_be_bytes(), encode(&log));
    }

    fn decided(&self, state: Hash) -> DecidedHeader {
        let validators = validators_hash(&[test_validator()]);
        let header = Header {
            kind: HEADER_TYPE,
            version: HEADER_VERSION,
            chain: trust().chain,
            height: self.height + 1,
            time: 1_000 * (self.height as i64 + 1),
            parent: Tag::Header.hash(b"parent"),
            body: Hash::ZERO,
            body_bytes: 0,
            events: 0,
            state,
            results: Hash::ZERO,
            history: Tag::History.hash(b"history"),
            validators,
            next_validators: validators,
            rules: 1,
            proposer: 0,
        };
        let certificate = certify(&header, &validator());
        DecidedHeader { set_changes: Vec::new(), header, certificate }
    }

    fn head(&self, header: &Header, roots: StateRoots) -> Head {
        Head {
            chain: header.chain,
            height: header.height,
            id: header.id(),
            time: header.time,
            state: header.state,
            results: Hash::ZERO,
            history: Hash::ZERO,
            validators: header.validators,
            roots,
            next_log: 1_000_000,
        }
    }
}

pub fn certify(header: &Header, key: &SigningKey) -> CommitCertificate {
    let message = vote_message(header.chain, header.height, 0, header.id());
    CommitCertificate { round: 0, signatures: vec![CommitSignature { validator: 0, signature: sign(key, message) }] }
}
