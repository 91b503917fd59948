//! Makes a trace's proof over a store.
//!
//! The walk goes over the store, and what it asks is noted: these subjects and these events are shown. An
//! event that is shown names further subjects, but those that are not shown need nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::format::{
    Answer, Found, NameKey, NamePart, Opened, ProofQuery, Recorded, ShownEvent, ShownName, ShownNames, ShownRun,
    TraceProof,
};
use super::trust::DecidedHeader;
use crate::block::StoredBlock;
use crate::codec;
use crate::derive::derive;
use crate::hash::{Hash, Tag};
use crate::kv::{Read, StoreError, Table};
use crate::log::{LogNode, LogStep, prune};
use crate::names::absence::prove_absence;
use crate::names::{self, PAGE_NAMES, page_hash};
use crate::record::{Role, Standing};
use crate::state::head::Head;
use crate::state::reader::Reader;
use crate::state::subject::{FoundedRun, StoredLog, StoredRecord, StoredRun, SubjectState, read_number};
use crate::trace::closure::visit;
use crate::trace::history::{Entry, History, Mode, Place, SubjectLog, class_key};
use crate::trace::numbers::{NumberMap, NumberSet};
use crate::trace::store::{StoreHistory, Whole};
use crate::tree::dense::{self, LeafRuns};

/// How much a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProofOptions {
    /// Whether payloads are shown, where they are not erased: then it need not be trusted that validators
    /// derived links rightly.
    pub payloads: bool,
}

/// Why a proof can't be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MakeError {
    /// The store failed.
    Store(StoreError),
    /// No header certifies the state yet: the next block does.
    NotCertified,
    /// The query's direction is none.
    Query,
}

impl From<StoreError> for MakeError {
    fn from(error: StoreError) -> Self {
        MakeError::Store(error)
    }
}

/// The last header, if it certifies the state that the store holds: an empty block after the last one that
/// changed something.
pub fn last_header(store: &dyn Read) -> Result<DecidedHeader, MakeError> {
    let head = Reader::new(store).head()?.ok_or(MakeError::NotCertified)?;
    let stored = store.get(Table::Block, &head.height.to_be_bytes())?.ok_or(MakeError::NotCertified)?;
    let block: StoredBlock = codec::decode_trusted(&stored).map_err(|error| corrupt(Table::Block, &error))?;
    let StoredBlock { header, certificate, .. } = block;
    match header.state == head.state {
        true => Ok(DecidedHeader { set_changes: Vec::new(), header, certificate }),
        false => Err(MakeError::NotCertified),
    }
}

/// The height up to which nothing is missing in what the store says: what a proof made now proves. An empty last
/// block only certifies those before it.
pub fn complete_to(store: &dyn Read) -> Result<u64, MakeError> {
    match last_header(store) {
        Ok(decided) => Ok(decided.header.height.saturating_sub(1)),
        Err(MakeError::NotCertified) => Ok(Reader::new(store).head()?.map_or(0, |head| head.height)),
        Err(error) => Err(error),
    }
}

/// Makes the proof of a trace as of a header that certifies the state of the store.
pub fn make(
    store: &dyn Read,
    decided: DecidedHeader,
    query: ProofQuery,
    options: ProofOptions,
) -> Result<TraceProof, MakeError> {
    let reader = Reader::new(store);
    let head = reader.head()?.ok_or(MakeError::NotCertified)?;
    if decided.header.state != head.roots.root() {
        return Err(MakeError::NotCertified);
    }
    let roots = head.roots.clone();
    let tag = Tag::Key.hash(&query.key);
    let answer = match reader.number_of(tag)? {
        None => {
            let absence = prove_absence(store, roots.name_count, tag)?;
            let missing = || StoreError::Corrupt(Table::Name, "a name that is recorded is missing".to_owned());
            Answer::Absent(absence.ok_or_else(missing)?)
        }
        Some(start) => Answer::Recorded(Box::new(show(store, &head, &query, start, options)?)),
    };
    Ok(TraceProof { decided, roots, query, answer })
}

fn show(
    store: &dyn Read,
    head: &Head,
    query: &ProofQuery,
    start: u64,
    options: ProofOptions,
) -> Result<Recorded, MakeError> {
    let walk = query.closure_query(start).map_err(|_: super::Refused| MakeError::Query)?;
    let mut noted = Noted::new(store);
    noted.named.push(start);
    visit(&mut noted, &walk)?;
    let mut maker = Maker { noted };
    let founding = maker.founding_events()?;
    let events = maker.events(options)?;
    let subjects = maker.subjects()?;
    let wanted: Vec<Range<u64>> =
        subjects.iter().map(|shown| shown.run.first..shown.run.first + shown.run.count).collect();
    let ahead = maker.noted.history.reader().store();
    let siblings = dense::SUBJECTS.siblings(ahead, head.roots.subject_count, &wanted, &StoreLeaves)?;
    let mut steps = Vec::new();
    for shown in subjects.iter().filter(|shown| shown.run.pruned.is_some()) {
        steps.extend(maker.pruned(shown)?);
    }
    let names = maker.names(&founding, &events)?;
    let subjects = subjects.into_iter().map(|shown| shown.run).collect();
    Ok(Recorded { start, events, subjects, siblings, logs: steps, names })
}

/// History over the store that notes what was asked.
struct Noted<'a> {
    history: StoreHistory<'a>,
    /// Subjects of which the log was asked, some more than once.
    subjects: Vec<u64>,
    /// Subjects of which the key was asked, some more than once.
    named: Vec<u64>,
    /// The events whose entries were shown, once each, in no order.
    places: Vec<Place>,
    /// The same, as a set: logs that are asked for again and again do not add up.
    shown: NumberSet<Place>,
    /// The log noted last: neighbours often share it.
    last: Option<Rc<SubjectLog>>,
}

impl<'a> Noted<'a> {
    fn new(store: &'a dyn Read) -> Self {
        let history = StoreHistory::new(store);
        Noted {
            history,
            subjects: Vec::new(),
            named: Vec::new(),
            places: Vec::new(),
            shown: NumberSet::default(),
            last: None,
        }
    }
}

/// Notes a subject, unless it was the last one.
fn note(noted: &mut Vec<u64>, subject: u64) {
    if noted.last() != Some(&subject) {
        noted.push(subject);
    }
}

fn in_order<T: Ord>(noted: &mut Vec<T>) {
    noted.sort_unstable();
    noted.dedup();
}

impl History for Noted<'_> {
    type Error = StoreError;

    fn log(&mut self, subject: u64, mode: Mode) -> Result<Rc<SubjectLog>, StoreError> {
        note(&mut self.subjects, subject);
        let log = self.history.log(subject, mode)?;
        if !self.last.as_ref().is_some_and(|last| Rc::ptr_eq(last, &log)) {
            let (shown, places) = (&mut self.shown, &mut self.places);
            places.extend(log.entries.iter().map(|entry| entry.place).filter(|place| shown.insert(*place)));
            self.last = Some(log.clone());
        }
        Ok(log)
    }

    fn key(&mut self, subject: u64) -> Result<Rc<[u8]>, StoreError> {
        note(&mut self.named, subject);
        self.history.key(subject)
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, StoreError> {
        note(&mut self.named, subject);
        let class = self.history.class_of(subject)?;
        class.into_iter().for_each(|class| note(&mut self.named, class));
        Ok(class)
    }

    fn payload(&mut self, place: Place) -> Result<Option<Rc<[u8]>>, StoreError> {
        self.history.payload(place)
    }
}

/// A run of subjects with its log.
struct RunOfLog {
    run: ShownRun,
    id: u64,
    log: Rc<SubjectLog>,
}

/// Whether logs have one leaf: the same entries make the same tree.
fn are_equal(one: &SubjectLog, two: &SubjectLog) -> bool {
    let same =
        |(one, two): (&Entry, &Entry)| (one.place, one.role, one.standing) == (two.place, two.role, two.standing);
    let count = one.entries.len();
    one.state == two.state && count == two.entries.len() && one.entries.iter().zip(&two.entries).all(same)
}

struct Maker<'a> {
    noted: Noted<'a>,
}

impl Maker<'_> {
    /// Adds the founding events of all subjects whose names are needed, and gives the subjects by those.
    fn founding_events(&mut self) -> Result<BTreeMap<Place, Vec<u64>>, MakeError> {
        let mut founding: BTreeMap<Place, Vec<u64>> = BTreeMap::new();
        let mut named = std::mem::take(&mut self.noted.named);
        in_order(&mut named);
        for number in &named {
            let log = self.noted.history.log_id(*number)?;
            let place = self.noted.history.whole(log)?.founded;
            founding.entry(place).or_default().push(*number);
        }
        self.noted.places.extend(founding.keys().copied());
        in_order(&mut self.noted.places);
        self.noted.subjects.append(&mut named);
        in_order(&mut self.noted.subjects);
        Ok(founding)
    }

    fn events(&mut self, options: ProofOptions) -> Result<Vec<ShownEvent>, MakeError> {
        let mut events = Vec::with_capacity(self.noted.places.len());
        for place in &self.noted.places {
            let stored = self.noted.history.record(*place)?;
            let payload = match options.payloads {
                true => self.noted.history.reader().payload(place.height, place.index)?,
                false => None,
            };
            let opened = match payload {
                Some(payload) => opened(payload.salt, payload.payload, &stored, *place, self.noted.history.reader())?,
                None => None,
            };
            let record = match stored.founded.is_empty() {
                true => stored,
                false => Rc::new(StoredRecord { founded: Vec::new(), ..StoredRecord::clone(&stored) }),
            };
            events.push(ShownEvent { place: *place, record, opened: opened.map(Rc::new) });
        }
        Ok(events)
    }

    /// The subjects asked for, in runs of equal leaves: two logs that were forked apart can still say the same,
    /// and the verifier, who knows no logs' ids, demands the longest runs.
    fn subjects(&mut self) -> Result<Vec<RunOfLog>, MakeError> {
        let mut runs: Vec<RunOfLog> = Vec::new();
        let places: NumberMap<Place, u32> = self.noted.places.iter().copied().zip(0..).collect();
        for number in std::mem::take(&mut self.noted.subjects) {
            let id = self.noted.history.log_id(number)?;
            if let Some(last) = runs.last_mut().filter(|last| last.run.first + last.run.count == number)
                && (last.id == id || are_equal(&last.log, &self.noted.history.whole(id)?.log.whole))
            {
                last.run.count += 1;
                continue;
            }
            let Whole { log, founded } = self.noted.history.whole(id)?;
            let log = log.whole.clone();
            let all = log.entries.iter().all(|entry| places.contains_key(&entry.place));
            let found = match (all, places.get(&founded)) {
                (true, _) if log.entries.first().map(|entry| entry.place) == Some(founded) => Found::FirstEntry,
                (_, Some(event)) => Found::Event(*event),
                (_, None) => Found::Hidden,
            };
            let mut state = SubjectState::clone(&log.state);
            if found != Found::Hidden {
                state.found = Hash::ZERO;
            }
            let pruned = (!all).then_some(log.entries.len() as u64);
            runs.push(RunOfLog { run: ShownRun { first: number, count: 1, state, found, pruned }, id, log });
        }
        Ok(runs)
    }

    /// The walk through a log of which only the entries of shown events are shown.
    fn pruned(&self, shown: &RunOfLog) -> Result<Vec<LogStep>, MakeError> {
        let entries = &shown.log.entries;
        let mut nodes = Vec::with_capacity(entries.len());
        let mut visible = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let record = entry.record.record(entry.place.height, entry.place.index);
            let known = Role::from_number(entry.role).zip(Standing::from_number(entry.standing));
            let unknown = || StoreError::Corrupt(Table::Entry, format!("log {} has an unknown role", shown.id));
            let (role, standing) = known.ok_or_else(unknown)?;
            nodes.push(LogNode::entry(&record, record.hash(), role, standing));
            if self.noted.places.binary_search(&entry.place).is_ok() {
                visible.push(index as u64);
            }
        }
        let steps = prune(&nodes, &visible, &|_| true);
        steps.ok_or_else(|| StoreError::Corrupt(Table::Entry, format!("log {} is out of order", shown.id)).into())
    }

    /// The pages of names that are needed, of events whose payload does not show them.
    fn names(
        &mut self,
        founding: &BTreeMap<Place, Vec<u64>>,
        events: &[ShownEvent],
    ) -> Result<Vec<ShownNames>, MakeError> {
        let mut names = Vec::new();
        for (index, event) in events.iter().enumerate().filter(|(_, event)| event.opened.is_none()) {
            let Some(needed) = founding.get(&event.place) else { continue };
            let stored = self.noted.history.record(event.place)?;
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            names.push(ShownNames {
                event: index,
                parts: name_parts(&stored.founded, needed, &mut self.noted.history)?,
            });
        }
        Ok(names)
    }
}

fn corrupt(table: Table, error: &dyn std::fmt::Debug) -> MakeError {
    MakeError::Store(StoreError::Corrupt(table, format!("{error:?}")))
}

/// The pages with the names that are needed, in the tree over all pages.
fn name_parts(
    founded: &[FoundedRun],
    needed: &[u64],
    history: &mut StoreHistory<'_>,
) -> Result<Vec<NamePart>, MakeError> {
    let mut numbers: Vec<u64> = founded.iter().flat_map(|run| run.first..run.first + u64::from(run.count)).collect();
    numbers.sort_unstable();
    let mut pages = Vec::new();
    for chunk in numbers.chunks(PAGE_NAMES) {
        let mut names = Vec::with_capacity(chunk.len());
        let mut page = Vec::with_capacity(chunk.len());
        for number in chunk {
            let key = history.key(*number)?;
            let tag = Tag::Key.hash(&key);
            names.push(names::Name { number: *number, tag });
            let is_needed = needed.binary_search(number).is_ok();
            page.push(ShownName {
                number: *number,
                key: if is_needed { NameKey::Key(key.to_vec()) } else { NameKey::Tag(tag) },
            });
        }
        let shown = page.iter().any(|name| matches!(name.key, NameKey::Key(_))).then_some(page);
        pages.push((page_hash(&names), shown));
    }
    let mut parts = Vec::new();
    tree_parts(&pages, &mut parts);
    Ok(parts)
}

/// Adds the tree over pages, of which some are shown, and gives its root.
fn tree_parts(pages: &[(Hash, Option<Vec<ShownName>>)], parts: &mut Vec<NamePart>) -> Hash {
    let place = parts.len();
    let root = match pages {
        [] => return Hash::ZERO,
        [(hash, Some(page))] => {
            parts.push(NamePart::Page(page.clone()));
            return *hash;
        }
        [(hash, None)] => *hash,
        _ => {
            parts.push(NamePart::Inner);
            let (left, right) = pages.split_at(1 << (pages.len() - 1).ilog2());
            Tag::Names.inner(tree_parts(left, parts), tree_parts(right, parts))
        }
    };
    if pages.iter().all(|(_, shown)| shown.is_none()) {
        parts.truncate(place);
        parts.push(NamePart::Hidden(root));
    }
    root
}

/// What is shown of a payload: which of its subjects were new.
fn opened(
    salt: [u8; 16],
    payload: Vec<u8>,
    stored: &StoredRecord,
    place: Place,
    reader: &Reader<'_>,
) -> Result<Option<Opened>, MakeError> {
    // What a verifier could not derive is shown without payload.
    let Ok(derived) = derive(&payload) else { return Ok(None) };
    if stored.rules != crate::derive::RULES {
        return Ok(None);
    }
    let founded_here: BTreeSet<u64> =
        stored.founded.iter().flat_map(|run| run.first..run.first + u64::from(run.count)).collect();
    let mut news = NewsOf::default();
    let mut is_new = |tag: Hash| -> Result<bool, StoreError> {
        let new = reader.number_of(tag)?.is_some_and(|number| founded_here.contains(&number));
        news.push(new);
        Ok(new)
    };
    let mut known = HashSet::new();
    let mut classes = Vec::new();
    for key in &derived.keys {
        let tag = key.tag();
        if is_new(tag)? {
            known.insert(tag);
            classes.extend(class_key(key.bytes()));
        }
    }
    for class in classes.into_iter().map(|class| class.tag()) {
        if known.insert(class) {
            is_new(class)?;
        }
    }
    let count: u64 = stored.founded.iter().map(|run| u64::from(run.count)).sum();
    if news.new_count != count {
        let words = format!("{}/{} founded others than its payload names", place.height, place.index);
        return Err(StoreError::Corrupt(Table::Record, words).into());
    }
    Ok(Some(Opened { salt, payload, founded: stored.founded.clone(), news: news.lengths }))
}

/// Lengths of runs of known and new subjects, by turns.
#[derive(Default)]
struct NewsOf {
    lengths: Vec<u32>,
    new_count: u64,
}

impl NewsOf {
    fn push(&mut self, new: bool) {
        self.new_count += u64::from(new);
        // Known ones have even places.
        if self.lengths.is_empty() || self.lengths.len().is_multiple_of(2) != new {
            if self.lengths.is_empty() && new {
                self.lengths.push(0);
            }
            self.lengths.push(0);
        }
        if let Some(last) = self.lengths.last_mut() {
            *last += 1;
        }
    }
}

fn stored_leaf(store: &dyn Read, log: u64) -> Result<Hash, StoreError> {
    let missing = || StoreError::Corrupt(Table::Log, format!("log {log} is missing"));
    let stored = store.get(Table::Log, &log.to_be_bytes())?.ok_or_else(missing)?;
    let stored: StoredLog =
        codec::decode_trusted(&stored).map_err(|error| StoreError::Corrupt(Table::Log, format!("{error:?}")))?;
    Ok(stored.leaf().hash())
}

/// The leaves of the tree of subjects, from what the store says of them.
pub(super) struct StoreLeaves;

impl LeafRuns for StoreLeaves {
    fn runs(&self, store: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
        let mut found: Vec<(u64, StoredRun)> = Vec::new();
        let mut fault = None;
        let mut keep = |key: &[u8], value: &[u8]| match (read_number(key), codec::decode_trusted::<StoredRun>(value)) {
            (Some(first), Ok(run)) => {
                found.push((first, run));
                true
            }
            _ => {
                fault = Some(StoreError::Corrupt(Table::Run, "a run can't be read".to_owned()));
                false
            }
        };
        if let Some((key, value)) = store.at_or_before(Table::Run, &leaves.start.to_be_bytes())? {
            keep(&key, &value);
        }
        let after = leaves.start.saturating_add(1);
        store.scan(Table::Run, &after.to_be_bytes(), &leaves.end.to_be_bytes(), &mut keep)?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        let mut hashes: HashMap<u64, Hash> = HashMap::new();
        let mut runs = Vec::new();
        let mut position = leaves.start;
        for (first, run) in found {
            let (from, to) = (first.max(leaves.start), first.saturating_add(run.count).min(leaves.end));
            if from >= to {
                continue;
            }
            if from > position {
                runs.push((from - position, Hash::ZERO));
            }
            let hash = match hashes.get(&run.log) {
                Some(hash) => *hash,
                None => stored_leaf(store, run.log)?,
            };
            hashes.insert(run.log, hash);
            runs.push((to - from, hash));
            position = to;
        }
        if leaves.end > position {
            runs.push((leaves.end - position, Hash::ZERO));
        }
        Ok(runs)
    }
}
