//! Makes a trace's proof over a store.
//!
//! The walk goes over the store, and what it asks is noted: these subjects and these events are shown. An
//! event that is shown names further subjects, but those that are not shown need nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

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
use crate::state::sets;
use crate::state::subject::{FoundedRun, StoredLog, StoredRecord, StoredRun, SubjectState, read_number};
use crate::trace::arena::Arena;
use crate::trace::closure::visit;
use crate::trace::history::{History, Mode, Place, ShownLog, class_key};
use crate::trace::numbers::Paged;
use crate::trace::store::StoreHistory;
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
    let decided = last_decided(store)?;
    match decided.header.state == head.state {
        true => Ok(decided),
        false => Err(MakeError::NotCertified),
    }
}

/// The last header, whatever the store holds beyond what it certifies.
pub fn last_decided(store: &dyn Read) -> Result<DecidedHeader, MakeError> {
    let head = Reader::new(store).head()?.ok_or(MakeError::NotCertified)?;
    let stored = store.get(Table::Block, &head.height.to_be_bytes())?.ok_or(MakeError::NotCertified)?;
    let block: StoredBlock = codec::decode_trusted(&stored).map_err(|error| corrupt(Table::Block, &error))?;
    let StoredBlock { header, certificate, .. } = block;
    let set_changes = sets::changes(store, 1, header.height.saturating_sub(1))?;
    Ok(DecidedHeader { set_changes, header, certificate })
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
    make_over(&mut StoreHistory::new(store), store, decided, query, options)
}

/// The same, over what was read of the store before.
pub fn make_over(
    history: &mut StoreHistory<'_>,
    store: &dyn Read,
    decided: DecidedHeader,
    query: ProofQuery,
    options: ProofOptions,
) -> Result<TraceProof, MakeError> {
    let head = history.reader().head()?.ok_or(MakeError::NotCertified)?;
    if decided.header.state != head.roots.root() {
        return Err(MakeError::NotCertified);
    }
    let roots = head.roots.clone();
    let tag = Tag::Key.hash(&query.key);
    let answer = match history.reader().number_of(tag)? {
        None => {
            let absence = prove_absence(store, roots.name_count, tag)?;
            let missing = || StoreError::Corrupt(Table::Name, "a name that is recorded is missing".to_owned());
            Answer::Absent(absence.ok_or_else(missing)?)
        }
        Some(start) => Answer::Recorded(Box::new(show(history, &head, &query, start, options)?)),
    };
    Ok(TraceProof { decided, roots, query, answer })
}

fn show(
    history: &mut StoreHistory<'_>,
    head: &Head,
    query: &ProofQuery,
    start: u64,
    options: ProofOptions,
) -> Result<Recorded, MakeError> {
    let walk = query.closure_query(start).map_err(|_: super::Refused| MakeError::Query)?;
    let mut noted = Noted::new(history);
    noted.note(start, NAMED);
    visit(&mut noted, &walk)?;
    let mut maker = Maker::new(noted)?;
    let events = maker.events(options)?;
    let subjects = maker.subjects()?;
    let wanted: Vec<Range<u64>> =
        subjects.iter().map(|shown| shown.run.first..shown.run.first + shown.run.count).collect();
    let ahead = maker.history.reader().store();
    let siblings = dense::SUBJECTS.siblings(ahead, head.roots.subject_count, &wanted, &StoreLeaves)?;
    let mut steps = Vec::new();
    for shown in subjects.iter().filter(|shown| shown.run.pruned.is_some()) {
        steps.extend(maker.pruned(shown)?);
    }
    let names = maker.names(&events)?;
    let subjects = subjects.into_iter().map(|shown| shown.run).collect();
    Ok(Recorded { start, events, subjects, siblings, logs: steps, names })
}

/// That the log of a subject was asked for.
const ASKED: u8 = 1;
/// That the key of a subject was asked for.
const NAMED: u8 = 2;

/// History over the store that notes what was asked.
struct Noted<'h, 'a> {
    history: &'h mut StoreHistory<'a>,
    /// By subject, what of it was asked.
    subjects: Paged<u8>,
    /// The events whose entries were shown, as places in the arena, once each, in no order.
    events: Vec<u32>,
    /// By such a place, whether that is one of them.
    is_shown: Vec<bool>,
    /// The log noted last: neighbours often share it.
    last: Option<ShownLog>,
}

impl<'h, 'a> Noted<'h, 'a> {
    fn new(history: &'h mut StoreHistory<'a>) -> Self {
        Noted { history, subjects: Paged::default(), events: Vec::new(), is_shown: Vec::new(), last: None }
    }

    fn note(&mut self, subject: u64, asked: u8) {
        let before = self.subjects.get(subject);
        if before & asked != asked {
            self.subjects.set(subject, before | asked);
        }
    }

    fn note_event(&mut self, event: u32) {
        let place = event as usize;
        if self.is_shown.len() <= place {
            self.is_shown.resize((place + 1).next_power_of_two(), false);
        }
        if let Some(is_shown) = self.is_shown.get_mut(place).filter(|is_shown| !**is_shown) {
            *is_shown = true;
            self.events.push(event);
        }
    }
}

impl History for Noted<'_, '_> {
    type Error = StoreError;

    fn arena(&self) -> &Arena {
        self.history.arena()
    }

    fn announce(&mut self, subjects: &[u64]) -> Result<(), StoreError> {
        self.history.announce(subjects)
    }

    fn log(&mut self, subject: u64, mode: Mode) -> Result<ShownLog, StoreError> {
        self.note(subject, ASKED);
        let log = self.history.log(subject, mode)?;
        if self.last.as_ref() != Some(&log) {
            for entry in log.entries.iter() {
                if let Some(event) = self.history.arena().event_of(entry) {
                    self.note_event(event);
                }
            }
            self.last = Some(log.clone());
        }
        Ok(log)
    }

    fn kind(&mut self, subject: u64) -> Result<u8, StoreError> {
        self.note(subject, NAMED);
        self.history.kind(subject)
    }

    fn key(&mut self, subject: u64) -> Result<Arc<[u8]>, StoreError> {
        self.note(subject, NAMED);
        self.history.key(subject)
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, StoreError> {
        self.note(subject, NAMED);
        let class = self.history.class_of(subject)?;
        if let Some(class) = class {
            self.note(class, NAMED);
        }
        Ok(class)
    }

    fn payload(&mut self, place: Place) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.history.payload(place)
    }
}

/// A run of subjects with its log, as its place in the arena.
struct RunOfLog {
    run: ShownRun,
    log: u32,
}

/// Whether logs have one leaf: the same entries make the same tree.
fn are_equal(arena: &Arena, one: u32, two: u32) -> bool {
    one == two || (arena.log_entries(one) == arena.log_entries(two) && arena.state(one) == arena.state(two))
}

struct Maker<'h, 'a> {
    history: &'h mut StoreHistory<'a>,
    /// All subjects that are shown, ascending.
    subjects: Vec<u64>,
    /// The subjects whose names are needed, by the events with which they appeared.
    founding: Vec<(Place, u64)>,
    /// The events shown, as places in the arena, in the order of the chain.
    events: Vec<u32>,
    /// By an event's place in the arena, its place among those shown, plus one.
    shown: Vec<u32>,
}

impl<'h, 'a> Maker<'h, 'a> {
    /// Of what was noted, with the founding events of all subjects whose names are needed.
    fn new(mut noted: Noted<'h, 'a>) -> Result<Self, MakeError> {
        let subjects = noted.subjects.ascending(|asked| asked != 0);
        let mut founding = Vec::with_capacity(subjects.len());
        for (number, _) in subjects.iter().filter(|(_, asked)| asked & NAMED != 0) {
            let log = noted.history.log_of(*number)?;
            founding.push((noted.history.founded(log), *number));
        }
        founding.sort();
        for places in founding.chunk_by(|one, two| one.0 == two.0) {
            if let Some((place, _)) = places.first() {
                let event = noted.history.event_at(*place)?;
                noted.note_event(event);
            }
        }
        let Noted { history, mut events, .. } = noted;
        events.sort_unstable_by_key(|event| history.arena().place_of(*event));
        let mut shown = vec![0; history.arena().event_count()];
        for (event, place) in events.iter().zip(1..) {
            if let Some(shown) = shown.get_mut(*event as usize) {
                *shown = place;
            }
        }
        let subjects = subjects.into_iter().map(|(number, _)| number).collect();
        Ok(Maker { history, subjects, founding, events, shown })
    }

    /// The place of an event among those shown.
    fn place_shown(&self, event: u32) -> Option<u32> {
        self.shown.get(event as usize)?.checked_sub(1)
    }

    fn events(&mut self, options: ProofOptions) -> Result<Vec<ShownEvent>, MakeError> {
        let mut events = Vec::with_capacity(self.events.len());
        let reader = self.history.reader();
        for event in &self.events {
            let place = self.history.arena().place_of(*event);
            let lost = || StoreError::Corrupt(Table::Record, format!("no record at {}/{}", place.height, place.index));
            let stored = self.history.arena().record(*event).ok_or_else(lost)?;
            let payload = match options.payloads {
                true => reader.payload(place.height, place.index)?,
                false => None,
            };
            let opened = match payload {
                Some(payload) => opened(payload.salt, payload.payload, stored, place, reader)?,
                None => None,
            };
            events.push(ShownEvent { place, record: stored.clone(), opened: opened.map(Arc::new) });
        }
        Ok(events)
    }

    /// The subjects asked for, in runs of equal leaves: two logs that were forked apart can still say the same,
    /// and the verifier, who knows no logs' ids, demands the longest runs.
    fn subjects(&mut self) -> Result<Vec<RunOfLog>, MakeError> {
        let mut runs: Vec<RunOfLog> = Vec::new();
        for number in std::mem::take(&mut self.subjects) {
            let log = self.history.log_of(number)?;
            let arena = self.history.arena();
            if let Some(last) = runs.last_mut().filter(|last| last.run.first + last.run.count == number)
                && are_equal(arena, last.log, log)
            {
                last.run.count += 1;
                continue;
            }
            runs.push(RunOfLog { run: self.shown_run(number, log)?, log });
        }
        Ok(runs)
    }

    /// The run of one subject.
    fn shown_run(&self, number: u64, log: u32) -> Result<ShownRun, MakeError> {
        let arena = self.history.arena();
        let founded = self.history.founded(log);
        let entries = arena.log_entries(log);
        let all = entries.iter().all(|entry| self.place_shown(entry.event).is_some());
        let is_first = entries.first().is_some_and(|entry| arena.place_of(entry.event) == founded);
        let found = match all && is_first {
            true => Found::FirstEntry,
            false => {
                let place = self.events.binary_search_by_key(&founded, |event| arena.place_of(*event));
                place.map_or(Found::Hidden, |place| Found::Event(u32::try_from(place).unwrap_or(u32::MAX)))
            }
        };
        let lost = || StoreError::Corrupt(Table::Log, format!("the log of subject {number} is missing"));
        let mut state = SubjectState::clone(arena.state(log).ok_or_else(lost)?);
        if found != Found::Hidden {
            state.found = Hash::ZERO;
        }
        Ok(ShownRun { first: number, count: 1, state, found, pruned: (!all).then_some(entries.len() as u64) })
    }

    /// The walk through a log of which only the entries of shown events are shown.
    fn pruned(&self, shown: &RunOfLog) -> Result<Vec<LogStep>, MakeError> {
        let arena = self.history.arena();
        let entries = arena.log_entries(shown.log);
        let mut nodes = Vec::with_capacity(entries.len());
        let mut visible = Vec::new();
        for (entry, index) in entries.iter().zip(0u64..) {
            let Place { height, index: in_block } = arena.place_of(entry.event);
            let known = Role::from_number(entry.role).zip(Standing::from_number(entry.standing));
            let unknown =
                || StoreError::Corrupt(Table::Entry, format!("the log of subject {} is unreadable", shown.run.first));
            let (role, standing) = known.ok_or_else(unknown)?;
            let record = arena.record(entry.event).ok_or_else(unknown)?.record(height, in_block);
            nodes.push(LogNode::entry(&record, record.hash(), role, standing));
            if self.place_shown(entry.event).is_some() {
                visible.push(index);
            }
        }
        let steps = prune(&nodes, &visible, &|_| true);
        let out_of_order =
            || StoreError::Corrupt(Table::Entry, format!("the log of subject {} is out of order", shown.run.first));
        steps.ok_or_else(|| out_of_order().into())
    }

    /// The pages of names that are needed, of events whose payload does not show them.
    fn names(&mut self, events: &[ShownEvent]) -> Result<Vec<ShownNames>, MakeError> {
        let mut names = Vec::new();
        let founding = std::mem::take(&mut self.founding);
        let mut founded = founding.chunk_by(|one, two| one.0 == two.0).peekable();
        for (index, event) in (0u32..).zip(events) {
            let is_here = |group: &&[(Place, u64)]| group.first().is_some_and(|first| first.0 == event.place);
            let Some(needed) = founded.next_if(is_here) else { continue };
            if event.opened.is_none() {
                let parts = name_parts(&event.record.founded, needed, self.history)?;
                names.push(ShownNames { event: index, parts });
            }
        }
        Ok(names)
    }
}

fn corrupt(table: Table, error: &dyn std::fmt::Debug) -> MakeError {
    MakeError::Store(StoreError::Corrupt(table, format!("{error:?}")))
}

/// The pages with the names that are needed (each with the place of its founding event), in the tree over all pages.
fn name_parts(
    founded: &[FoundedRun],
    needed: &[(Place, u64)],
    history: &mut StoreHistory<'_>,
) -> Result<Vec<NamePart>, MakeError> {
    let mut numbers: Vec<u64> = founded.iter().flat_map(|run| run.first..run.first + u64::from(run.count)).collect();
    numbers.sort_unstable();
    let pages: Vec<&[u64]> = numbers.chunks(PAGE_NAMES).collect();
    let mut parts = Vec::new();
    tree_parts(&pages, needed, history, &mut parts)?;
    Ok(parts)
}

/// The names needed among those of pages.
fn needed_within<'n>(pages: &[&[u64]], needed: &'n [(Place, u64)]) -> &'n [(Place, u64)] {
    let ends = pages.first().and_then(|page| page.first()).zip(pages.last().and_then(|page| page.last()));
    let Some((first, last)) = ends else { return &[] };
    let start = needed.partition_point(|(_, number)| number < first);
    let end = needed.partition_point(|(_, number)| number <= last);
    needed.get(start..end).unwrap_or_default()
}

/// Adds the tree over pages, of which some are shown. Only what is hidden is hashed.
fn tree_parts(
    pages: &[&[u64]],
    needed: &[(Place, u64)],
    history: &mut StoreHistory<'_>,
    parts: &mut Vec<NamePart>,
) -> Result<(), StoreError> {
    let needed = needed_within(pages, needed);
    match pages {
        [] => {}
        _ if needed.is_empty() => parts.push(NamePart::Hidden(pages_root(pages, history)?)),
        [page] => {
            let mut shown = Vec::with_capacity(page.len());
            for number in *page {
                let key = history.key_bytes(*number)?;
                let is_needed = needed.binary_search_by_key(number, |(_, needed)| *needed).is_ok();
                let key = if is_needed { NameKey::Key(key.into()) } else { NameKey::Tag(Tag::Key.hash(key)) };
                shown.push(ShownName { number: *number, key });
            }
            parts.push(NamePart::Page(shown));
        }
        _ => {
            parts.push(NamePart::Inner);
            let (left, right) = pages.split_at(1 << (pages.len() - 1).ilog2());
            tree_parts(left, needed, history, parts)?;
            tree_parts(right, needed, history, parts)?;
        }
    }
    Ok(())
}

/// The root over pages of names.
fn pages_root(pages: &[&[u64]], history: &mut StoreHistory<'_>) -> Result<Hash, StoreError> {
    match pages {
        [] => Ok(Hash::ZERO),
        [page] => {
            let mut names = Vec::with_capacity(page.len());
            for number in *page {
                names.push(names::Name { number: *number, tag: Tag::Key.hash(history.key_bytes(*number)?) });
            }
            Ok(page_hash(&names))
        }
        _ => {
            let (left, right) = pages.split_at(1 << (pages.len() - 1).ilog2());
            Ok(Tag::Names.inner(pages_root(left, history)?, pages_root(right, history)?))
        }
    }
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
