//! The state while a block is applied: what was read, what has changed, and what it becomes in the store.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;
use std::ops::Range;

use bincode::{Decode, Encode};

use super::head::{StateRoots, row_leaf};
use super::kept::{Kept, KeptRuns};
use super::records;
use super::subject::{
    FoundedRun, KEYS_PER_ROW, StoredEntry, StoredLog, StoredRecord, StoredRun, SubjectState, UNPLACED, encode_keys,
    entry_key, event_row, read_number,
};
use super::verify::Tags;
use crate::codec::{decode_trusted, encode};
use crate::hash::Hash;
use crate::key::SubjectKey;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::log::{LogNode, Peaks};
use crate::names::{Name, sealed};
use crate::trace::numbers::{NumberHasher, NumberMap, Secret};
use crate::tree::dense::{self, LeafRuns};

/// The store's state with a block's changes so far.
pub struct Working<'a> {
    base: &'a dyn Read,
    /// Counts as they stand; roots as of the block before.
    pub(super) roots: StateRoots,
    next_log: u64,
    names: Names,
    changed_runs: Vec<u64>,
    changed_logs: RefCell<Vec<u64>>,
    founded: Vec<(u64, SubjectKey, Hash)>,
    runs: RefCell<KeptRuns<Cached<StoredRun>>>,
    logs: RefCell<Logs>,
    tiles: RefCell<Tiles>,
    /// Rows of entries that are complete: log, place of the first.
    entries: Vec<(u64, u64, Vec<StoredEntry>)>,
    changed_leaves: Vec<(u64, u64)>,
    rows: BTreeMap<Vec<u8>, Row>,
    new_rows: Vec<Vec<u8>>,
    extents: BTreeMap<ExtentOf, Extent>,
    /// By tag the events that were looked for, with those that were not there, and those of this block.
    events: HashMap<Hash, Option<EventPlace>>,
    /// The tags of this block's events, and whether each is there for the first time.
    event_tags: Vec<(Hash, EventPlace, bool)>,
    records: Vec<(u64, u32, StoredRecord)>,
}

/// What was read or written lately, kept from block to block: it changes how fast a block is applied, never what
/// it does. Contents are those of the store once the block is committed.
#[derive(Debug, Default, Clone)]
pub struct Cache {
    names: Names,
    runs: KeptRuns<Cached<StoredRun>>,
    logs: Logs,
    tiles: Tiles,
}

/// So many neighbouring leaves of the tree of subjects are one node of those that are stored.
const TILE: u64 = 1 << dense::PAGE_LEVELS;

/// By the first number divided by [`TILE`], the hashes of neighbouring leaves: a leaf is hashed together with its
/// neighbours, which would otherwise be asked for sixteen times as often as subjects change.
type Tiles = Kept<u64, Box<[Hash; TILE as usize]>, NumberHash>;

type Names = Kept<Hash, Option<u64>, Secret>;
/// Logs are large: a table that grows has room for twice as many, and for a moment for three times as many.
type Logs = Kept<u64, Box<Cached<StoredLog>>, NumberHash>;
type NumberHash = BuildHasherDefault<NumberHasher>;

// Of each of these at most twice as many are kept, and what one block adds: with all of them full about 35 MiB, names 6,
// runs 4, logs 16, tiles 7. Three times as many made nothing faster, and a node has other uses for the memory.
const NAMES_HALF: usize = 57_000;
const RUNS_HALF: usize = 40_000;
const LOGS_HALF: usize = 12_000;
const TILES_HALF: usize = 6_000;

#[derive(Debug, Clone, Copy)]
struct Cached<T> {
    value: T,
    changed: bool,
}

impl<T> Cached<T> {
    fn read(value: T) -> Self {
        Cached { value, changed: false }
    }

    fn written(value: T) -> Self {
        Cached { value, changed: true }
    }
}

struct Row {
    number: Option<u64>,
    value: Option<Vec<u8>>,
    changed: bool,
}

impl Cache {
    /// Drops what was not used for long: what is needed of it is read again.
    fn bound(&mut self) {
        self.names.bound(NAMES_HALF);
        self.runs.bound(RUNS_HALF);
        self.logs.bound(LOGS_HALF);
        self.tiles.bound(TILES_HALF);
    }
}

/// Whose numbers an extent is for: the lane's key, the kind, the class or zeros.
pub type ExtentOf = (Hash, u8, Hash);

/// Numbers that are given one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Extent {
    /// The next one.
    pub next: u64,
    /// The first one that is not of the extent.
    pub end: u64,
    /// How many this extent has.
    pub size: u64,
}

fn extent_row((key, kind, class): &ExtentOf) -> Vec<u8> {
    [b"extent/".as_slice(), &key.0, &[*kind], &class.0].concat()
}

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// Its own number.
    pub own: u64,
    /// Its block; [`UNPLACED`] while a ledger that was begun with a state lacks it.
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
}

impl EventPlace {
    fn read(value: &[u8]) -> Result<EventPlace, StoreError> {
        let read = || {
            let (own, rest) = value.split_first_chunk()?;
            let (height, rest) = rest.split_first_chunk()?;
            let index = u32::from_be_bytes(rest.try_into().ok()?);
            Some(EventPlace { own: u64::from_be_bytes(*own), height: u64::from_be_bytes(*height), index })
        };
        read().ok_or_else(|| StoreError::Corrupt(Table::Event, "not 20 bytes".to_owned()))
    }
}

/// Decodes what this node wrote; that it can't be read means that the store is damaged.
pub(crate) fn stored<T: Decode<()>>(table: Table, bytes: &[u8]) -> Result<T, StoreError> {
    decode_trusted(bytes).map_err(|error| StoreError::Corrupt(table, format!("{error:?}")))
}

fn stored_number(table: Table, bytes: &[u8]) -> Result<u64, StoreError> {
    read_number(bytes).ok_or_else(|| StoreError::Corrupt(table, "a number is cut off".to_owned()))
}

impl<'a> Working<'a> {
    /// No changes yet.
    pub fn new(base: &'a dyn Read, roots: StateRoots, next_log: u64, cache: Cache) -> Self {
        Working {
            base,
            roots,
            next_log,
            names: cache.names,
            changed_runs: Vec::new(),
            changed_logs: RefCell::default(),
            founded: Vec::new(),
            runs: RefCell::new(cache.runs),
            logs: RefCell::new(cache.logs),
            tiles: RefCell::new(cache.tiles),
            entries: Vec::new(),
            changed_leaves: Vec::new(),
            rows: BTreeMap::new(),
            new_rows: Vec::new(),
            extents: BTreeMap::new(),
            events: HashMap::new(),
            event_tags: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Looks for all that events name at once, in the order of the tables, which costs a store a fraction of looking
    /// for one after another.
    pub fn prepare<'t>(&mut self, tags: impl Iterator<Item = &'t Tags> + Clone) -> Result<(), StoreError> {
        let unknown = |tag: &&Hash| self.names.get_mut(**tag).is_none();
        let mut names: Vec<&Hash> = tags.clone().flat_map(|tags| &tags.keys).filter(unknown).collect();
        names.sort_unstable();
        names.dedup();
        let keys: Vec<&[u8]> = names.iter().map(|tag| tag.0.as_slice()).collect();
        let (kept, mut fault) = (&mut self.names, None);
        self.base.get_many(Table::Name, &keys, &mut |place, value| {
            let Some(tag) = names.get(place) else { return };
            match value.map(|bytes| stored_number(Table::Name, bytes)).transpose() {
                Ok(number) => kept.insert(**tag, number),
                Err(error) => fault = Some(error),
            }
        })?;
        let mut events: Vec<&Hash> = tags.map(|tags| &tags.event).collect();
        events.sort_unstable();
        events.dedup();
        let keys: Vec<&[u8]> = events.iter().map(|tag| tag.0.as_slice()).collect();
        let kept = &mut self.events;
        self.base.get_many(Table::Event, &keys, &mut |place, value| {
            let Some(tag) = events.get(place) else { return };
            match value.map(EventPlace::read).transpose() {
                Ok(found) => {
                    kept.insert(**tag, found);
                }
                Err(error) => fault = Some(error),
            }
        })?;
        fault.map_or(Ok(()), Err)
    }

    /// The number of the subject with this tag.
    pub fn number_of(&mut self, tag: Hash) -> Result<Option<u64>, StoreError> {
        if let Some(known) = self.names.get_mut(tag) {
            return Ok(*known);
        }
        let bytes = self.base.get(Table::Name, &tag.0)?;
        let number = bytes.map(|bytes| stored_number(Table::Name, &bytes)).transpose()?;
        self.names.insert(tag, number);
        Ok(number)
    }

    /// The run that covers a number.
    fn run_at(&self, number: u64) -> Result<Option<(u64, StoredRun)>, StoreError> {
        let covers = |first: u64, run: &StoredRun| number - first < run.count;
        let known = self.runs.borrow_mut().at_or_before(number, |first, run| covers(first, &run.value));
        if let Some((first, run)) = known {
            return Ok(Some((first, run.value)));
        }
        let Some((key, value)) = self.base.at_or_before(Table::Run, &number.to_be_bytes())? else { return Ok(None) };
        let first = stored_number(Table::Run, &key)?;
        let run: StoredRun = stored(Table::Run, &value)?;
        // One that is cached may have been cut: its pieces are cached too, and none covers the number.
        if self.runs.borrow().get(first).is_some() || !covers(first, &run) {
            return Ok(None);
        }
        self.runs.borrow_mut().insert(first, Cached::read(run));
        Ok(Some((first, run)))
    }

    /// The id of the log of a numbered subject.
    pub fn log_of(&self, number: u64) -> Result<u64, StoreError> {
        match self.run_at(number)? {
            Some((_, run)) => Ok(run.log),
            None => Err(StoreError::Corrupt(Table::Run, format!("no run covers subject {number}"))),
        }
    }

    fn with_log<T>(&self, id: u64, use_log: impl FnOnce(&mut Cached<StoredLog>) -> T) -> Result<T, StoreError> {
        let noted = |log: &mut Cached<StoredLog>| {
            let was_changed = log.changed;
            let result = use_log(log);
            if log.changed && !was_changed {
                self.changed_logs.borrow_mut().push(id);
            }
            result
        };
        if let Some(log) = self.logs.borrow_mut().get_mut(id) {
            return Ok(noted(log));
        }
        let mut log = Box::new(Cached::read(self.read_log(id)?));
        let result = noted(&mut log);
        self.logs.borrow_mut().insert(id, log);
        Ok(result)
    }

    fn read_log(&self, id: u64) -> Result<StoredLog, StoreError> {
        match self.base.get(Table::Log, &id.to_be_bytes())? {
            Some(bytes) => stored(Table::Log, &bytes),
            None => Err(StoreError::Corrupt(Table::Log, format!("no log {id}"))),
        }
    }

    /// The state that subjects with this log share.
    pub fn state_of_log(&self, log: u64) -> Result<SubjectState, StoreError> {
        self.with_log(log, |log| log.value.state.clone())
    }

    /// The state of a numbered subject.
    pub fn state_of(&self, number: u64) -> Result<SubjectState, StoreError> {
        self.state_of_log(self.log_of(number)?)
    }

    /// Brings new subjects in: numbered, named, all with one empty log. They are in no extent's unused part
    /// any more.
    pub fn found(
        &mut self,
        subjects: Vec<(u64, SubjectKey, Hash)>,
        state: SubjectState,
        (founded_height, founded_index): (u64, u32),
    ) -> Vec<FoundedRun> {
        let mut runs: Vec<FoundedRun> = Vec::new();
        for (number, _, tag) in &subjects {
            self.names.insert(*tag, Some(*number));
            match runs.last_mut() {
                Some(run) if run.first + u64::from(run.count) == *number && run.count < u32::MAX => run.count += 1,
                _ => runs.push(FoundedRun { first: *number, count: 1 }),
            }
        }
        if runs.is_empty() {
            return runs;
        }
        let log = self.new_log(StoredLog {
            state,
            peaks: Peaks::default(),
            base: 0,
            base_count: 0,
            recent: Vec::new(),
            subjects: subjects.len() as u64,
            founded_height,
            founded_index,
        });
        for run in &runs {
            self.put_run(run.first, u64::from(run.count), log);
        }
        self.roots.name_count += subjects.len() as u64;
        self.founded.extend(subjects);
        runs
    }

    fn new_log(&mut self, log: StoredLog) -> u64 {
        let id = self.next_log;
        self.next_log += 1;
        self.logs.borrow_mut().insert(id, Box::new(Cached::written(log)));
        self.changed_logs.borrow_mut().push(id);
        id
    }

    fn put_run(&mut self, first: u64, count: u64, log: u64) {
        self.runs.borrow_mut().insert(first, Cached::written(StoredRun { count, log }));
        self.changed_runs.push(first);
        self.changed_leaves.push((first, count));
    }

    /// Cuts runs so that `first..first+count` are whole runs, and gives those.
    fn pieces(&mut self, first: u64, count: u64) -> Result<Vec<(u64, StoredRun)>, StoreError> {
        let end = first + count;
        let mut pieces = Vec::new();
        let mut number = first;
        while number < end {
            let Some((run_first, run)) = self.run_at(number)? else {
                return Err(StoreError::Corrupt(Table::Run, format!("no run covers subject {number}")));
            };
            let run_end = run_first + run.count;
            let piece_end = run_end.min(end);
            if run_first < number || piece_end < run_end {
                let mut runs = self.runs.borrow_mut();
                let mut cut = |from: u64, to: u64| {
                    if from < to {
                        runs.insert(from, Cached::written(StoredRun { count: to - from, log: run.log }));
                        self.changed_runs.push(from);
                    }
                };
                cut(run_first, number);
                cut(number, piece_end);
                cut(piece_end, run_end);
            }
            pieces.push((number, StoredRun { count: piece_end - number, log: run.log }));
            number = piece_end;
        }
        Ok(pieces)
    }

    /// Appends an entry to the logs of runs of subjects (first, count), and changes their state. Subjects that
    /// shared a log and are all among them go on sharing it; else those named go on with a fork.
    pub fn append(
        &mut self,
        subjects: &[(u64, u64)],
        entry: StoredEntry,
        node: LogNode,
        change: &dyn Fn(&mut SubjectState),
    ) -> Result<(), StoreError> {
        let mut by_log: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        for (first, count) in subjects {
            for (piece, run) in self.pieces(*first, *count)? {
                by_log.entry(run.log).or_default().push((piece, run.count));
            }
        }
        for (log, pieces) in by_log {
            let named: u64 = pieces.iter().map(|(_, count)| count).sum();
            let push = |log: &mut Cached<StoredLog>| {
                change(&mut log.value.state);
                log.changed = true;
                log.value.push(entry, node)
            };
            let pushed = self.with_log(log, |log| if log.value.subjects == named { Some(push(log)) } else { None })?;
            let all = pushed.is_some();
            let (target, complete) = match pushed {
                Some(complete) => (log, complete),
                None => {
                    let target = self.fork(log, named)?;
                    (target, self.with_log(target, push)?)
                }
            };
            self.entries.extend(complete.map(|(place, entries)| (target, place, entries)));
            for (first, count) in pieces {
                if all {
                    self.changed_leaves.push((first, count));
                } else {
                    self.put_run(first, count, target);
                }
            }
        }
        Ok(())
    }

    /// A log for some of a log's subjects, with all that it has so far.
    fn fork(&mut self, log: u64, subjects: u64) -> Result<u64, StoreError> {
        let forked = self.with_log(log, |parent| {
            parent.value.subjects -= subjects;
            parent.changed = true;
            // A parent that has no rows of its own yet is found with what it was forked from itself.
            let base_count = parent.value.recent_from();
            let base = if base_count == parent.value.base_count { parent.value.base } else { log };
            StoredLog { base, base_count, subjects, ..parent.value.clone() }
        })?;
        Ok(self.new_log(forked))
    }

    /// The value of a row.
    pub fn row(&mut self, name: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.load_row(name)?.value.as_deref())
    }

    /// Sets a row.
    pub fn set_row(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        let row = self.load_row(name)?;
        let new = row.number.is_none() && !row.changed;
        row.value = Some(value);
        row.changed = true;
        if new {
            self.new_rows.push(name.to_vec());
        }
        Ok(())
    }

    /// The extent of numbers for these, which may be used up.
    pub fn extent(&mut self, of: ExtentOf) -> Result<&mut Extent, StoreError> {
        if !self.extents.contains_key(&of) {
            let name = extent_row(&of);
            let extent = match self.row(&name)? {
                Some(value) => stored(Table::Row, value)?,
                None => {
                    // Rows are numbered in the order in which they are first set.
                    self.set_row(&name, encode(&Extent::default()))?;
                    Extent::default()
                }
            };
            self.extents.insert(of, extent);
        }
        self.extents.get_mut(&of).ok_or_else(|| StoreError::Failed("an extent just read is gone".to_owned()))
    }

    /// The first `count_max` numbers (eight bytes, big-endian) that follow a prefix in the names of rows, ascending.
    pub fn rows_below(&self, prefix: &[u8], count_max: usize) -> Result<Vec<u64>, StoreError> {
        let mut end = prefix.to_vec();
        end.extend_from_slice(&[u8::MAX; 9]);
        let number = |name: &[u8]| name.get(prefix.len()..).and_then(read_number);
        let here = self.rows.range(prefix.to_vec()..end.clone()).filter(|(_, row)| row.value.is_some());
        let mut numbers: BTreeSet<u64> = here.filter_map(|(name, _)| number(name)).take(count_max).collect();
        let mut left = count_max;
        self.base.scan(Table::Row, prefix, &end, &mut |name, _| {
            numbers.extend(number(name));
            left = left.saturating_sub(1);
            left > 0
        })?;
        Ok(numbers.into_iter().take(count_max).collect())
    }

    fn load_row(&mut self, name: &[u8]) -> Result<&mut Row, StoreError> {
        if !self.rows.contains_key(name) {
            let row = match self.base.get(Table::Row, name)? {
                None => Row { number: None, value: None, changed: false },
                Some(bytes) => Row {
                    number: Some(stored_number(Table::Row, &bytes)?),
                    value: Some(bytes.get(8..).unwrap_or_default().to_vec()),
                    changed: false,
                },
            };
            self.rows.insert(name.to_vec(), row);
        }
        self.rows.get_mut(name).ok_or_else(|| StoreError::Failed("a row just read is gone".to_owned()))
    }

    /// Where the event with this tag is.
    pub fn event(&mut self, tag: Hash) -> Result<Option<EventPlace>, StoreError> {
        if let Some(known) = self.events.get(&tag) {
            return Ok(*known);
        }
        self.base.get(Table::Event, &tag.0)?.map(|bytes| EventPlace::read(&bytes)).transpose()
    }

    /// The derived record of an earlier event.
    pub fn record(&self, place: EventPlace) -> Result<StoredRecord, StoreError> {
        if place.height == UNPLACED {
            return Err(StoreError::Later);
        }
        let here =
            self.records.binary_search_by_key(&(place.height, place.index), |(height, index, _)| (*height, *index));
        if let Some((_, _, record)) = here.ok().and_then(|at| self.records.get(at)) {
            return Ok(record.clone());
        }
        let at = (place.height, place.index);
        let row = self.base.get(Table::Record, &records::row_key(at))?;
        let record = row.map(|row| records::find(&row, at)).transpose()?.flatten();
        record.ok_or_else(|| StoreError::Corrupt(Table::Record, format!("none at {}/{}", place.height, place.index)))
    }

    /// Keeps an accepted event. `first` says that its tag is new: an error declaration repeats its target's.
    pub fn add_event(&mut self, tag: Hash, first: bool, height: u64, index: u32, record: StoredRecord) {
        let place = EventPlace { own: self.roots.event_count, height, index };
        self.roots.event_count += 1;
        if first {
            self.events.insert(tag, Some(place));
        }
        self.event_tags.push((tag, place, first));
        self.records.push((height, index, record));
    }

    /// The number that the next event will have.
    pub fn next_event(&self) -> u64 {
        self.roots.event_count
    }

    /// Writes everything, brings the trees up to date, and gives the roots after the block and the next log.
    pub fn finish(mut self, overlay: &mut Overlay<'_>) -> Result<(StateRoots, u64, Cache), StoreError> {
        for (of, extent) in std::mem::take(&mut self.extents) {
            self.set_row(&extent_row(&of), encode(&extent))?;
        }
        let before = self.roots_before(overlay)?;
        let mut roots = self.roots.clone();
        roots.rows = self.finish_rows(overlay, before.row_count, &mut roots.row_count)?;
        roots.names = self.finish_names(overlay, before.name_count)?;
        roots.events = self.finish_events(overlay, before.event_count)?;
        let changed = merged(std::mem::take(&mut self.changed_leaves));
        roots.subjects = if changed.is_empty() && roots.subject_count == before.subject_count {
            before.subjects
        } else {
            let leaves = Leaves::new(&self, &changed)?;
            dense::SUBJECTS.update(overlay, before.subject_count, roots.subject_count, &changed, &leaves)?
        };
        let (mut runs, mut logs) = (self.runs.take(), self.logs.take());
        for first in std::mem::take(&mut self.changed_runs) {
            if let Some(run) = runs.get_mut(first).filter(|run| run.changed) {
                run.changed = false;
                overlay.put_encoded(Table::Run, first.to_be_bytes(), &run.value);
            }
        }
        for id in self.changed_logs.take() {
            if let Some(log) = logs.get_mut(id).filter(|log| log.changed) {
                log.changed = false;
                overlay.put_encoded(Table::Log, id.to_be_bytes(), &log.value);
            }
        }
        for (log, place, entries) in &self.entries {
            overlay.put_encoded(Table::Entry, entry_key(*log, *place), entries);
        }
        records::put(overlay, &self.records);
        let mut cache = Cache { names: self.names, runs, logs, tiles: self.tiles.take() };
        cache.bound();
        Ok((roots, self.next_log, cache))
    }

    fn roots_before(&self, overlay: &Overlay<'_>) -> Result<StateRoots, StoreError> {
        match overlay.get(Table::Meta, super::head::HEAD_KEY)? {
            Some(bytes) => stored::<super::head::Head>(Table::Meta, &bytes).map(|head| head.roots),
            None => Ok(StateRoots::default()),
        }
    }

    fn finish_rows(&mut self, overlay: &mut Overlay<'_>, before: u64, count: &mut u64) -> Result<Hash, StoreError> {
        *count = before;
        for name in std::mem::take(&mut self.new_rows) {
            if let Some(row) = self.rows.get_mut(&name) {
                overlay.put(Table::RowName, count.to_be_bytes(), name);
                row.number = Some(*count);
                *count += 1;
            }
        }
        let mut leaves = BTreeMap::new();
        for (name, row) in self.rows.iter().filter(|(_, row)| row.changed) {
            let (Some(number), Some(value)) = (row.number, &row.value) else { continue };
            leaves.insert(number, row_leaf(name, value));
            overlay.put_parts(Table::Row, name, &[&number.to_be_bytes(), value]);
        }
        dense::ROWS.set(overlay, before, *count, &leaves)
    }

    fn finish_names(&mut self, overlay: &mut Overlay<'_>, before: u64) -> Result<Hash, StoreError> {
        self.founded.sort_unstable_by_key(|(number, _, _)| *number);
        let mut new = Vec::with_capacity(self.founded.len());
        for (number, _, tag) in &self.founded {
            overlay.put(Table::Name, tag.0, number.to_be_bytes());
            new.push(Name { number: *number, tag: *tag });
        }
        for neighbours in self.founded.chunk_by(|left, right| left.0 + 1 == right.0) {
            for row in neighbours.chunks(KEYS_PER_ROW) {
                let first = row.first().map_or(0, |(number, _, _)| *number);
                overlay.put(Table::Key, first.to_be_bytes(), encode_keys(row.iter().map(|(_, key, _)| key.bytes())));
            }
        }
        sealed::append(overlay, before, &new)
    }

    fn finish_events(&mut self, overlay: &mut Overlay<'_>, before: u64) -> Result<Hash, StoreError> {
        for (tag, place, _) in self.event_tags.iter().filter(|(_, _, first)| *first) {
            overlay.put(Table::Event, tag.0, event_row(place.own, place.height, place.index));
        }
        let leaves = self.event_tags.iter().map(|(tag, place, _)| (place.own, *tag)).collect();
        dense::EVENTS.set(overlay, before, self.roots.event_count, &leaves)
    }
}

/// Ranges sorted and joined where they touch or overlap.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<Range<u64>> {
    ranges.sort_unstable();
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for (first, count) in ranges {
        match joined.last_mut() {
            Some(last) if last.end >= first => last.end = last.end.max(first + count),
            _ => joined.push(first..first + count),
        }
    }
    joined
}

/// The leaves of the tree of subjects once all events of a block are applied.
struct Leaves<'a, 'b> {
    working: &'a Working<'b>,
    /// By log: what those of its subjects that lie apart have in common.
    hashes: RefCell<NumberMap<u64, Hash>>,
}

impl<'a, 'b> Leaves<'a, 'b> {
    /// Brings the tiles up to date that are kept and in which leaves have changed.
    fn new(working: &'a Working<'b>, changed: &[Range<u64>]) -> Result<Self, StoreError> {
        let leaves = Leaves { working, hashes: RefCell::default() };
        let mut tiles = working.tiles.borrow_mut();
        for range in changed {
            for tile in range.start / TILE..range.end.div_ceil(TILE) {
                let start = tile * TILE;
                let part = start.max(range.start)..range.end.min(start + TILE);
                if part.end - part.start == TILE {
                    tiles.remove(&tile);
                } else if let Some(kept) = tiles.get_mut(tile) {
                    leaves.fill(part, start, kept)?;
                }
            }
        }
        drop(tiles);
        Ok(leaves)
    }

    /// Sets the hashes of these leaves of the tile that begins at `start`.
    fn fill(&self, leaves: Range<u64>, start: u64, tile: &mut [Hash; TILE as usize]) -> Result<(), StoreError> {
        let mut number = leaves.start;
        while number < leaves.end {
            let (end, hash) = self.run(number, leaves.end)?;
            let places = (number - start) as usize..(end - start) as usize;
            tile.get_mut(places).into_iter().flatten().for_each(|leaf| *leaf = hash);
            number = end;
        }
        Ok(())
    }

    /// The leaf at a number, and the number up to which, below `end`, others are equal to it.
    fn run(&self, number: u64, end: u64) -> Result<(u64, Hash), StoreError> {
        match self.working.run_at(number)? {
            Some((first, run)) => Ok(((first + run.count).min(end), self.hash(run.log)?)),
            None => Ok((self.working.next_run(number, end)?, Hash::ZERO)),
        }
    }

    /// The hash of the leaf of a log's subjects.
    fn hash(&self, id: u64) -> Result<Hash, StoreError> {
        if let Some(known) = self.hashes.borrow().get(&id) {
            return Ok(*known);
        }
        // A log that is read for this alone is not kept: its events are of others.
        let hash = match self.working.logs.borrow_mut().get_mut(id) {
            Some(log) => log.value.leaf().hash(),
            None => self.working.read_log(id)?.leaf().hash(),
        };
        self.hashes.borrow_mut().insert(id, hash);
        Ok(hash)
    }
}

impl LeafRuns for Leaves<'_, '_> {
    fn runs(&self, _: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
        let mut runs = Vec::new();
        let mut number = leaves.start;
        while number < leaves.end {
            let tile = number / TILE;
            let whole = number.is_multiple_of(TILE) && leaves.end - number >= TILE;
            if whole && let Some(kept) = self.working.tiles.borrow_mut().get_mut(tile) {
                runs.extend(kept.iter().map(|hash| (1, *hash)));
                number += TILE;
                continue;
            }
            let (end, hash) = self.run(number, leaves.end)?;
            if whole && end - number < TILE {
                let mut made = Box::new([hash; TILE as usize]);
                self.fill(end..number + TILE, number, &mut made)?;
                runs.extend(made.iter().map(|hash| (1, *hash)));
                self.working.tiles.borrow_mut().insert(tile, made);
                number += TILE;
                continue;
            }
            // Of a longer one only whole tiles, so that the next one is looked for as a whole.
            let end = if whole { end - end % TILE } else { end };
            runs.push((end - number, hash));
            number = end;
        }
        Ok(runs)
    }
}

impl Working<'_> {
    /// The first number from `number` on, below `end`, that a run covers; `end` if none does.
    fn next_run(&self, number: u64, end: u64) -> Result<u64, StoreError> {
        let cached = self.runs.borrow().first_from(number..end);
        let mut next = cached.unwrap_or(end);
        self.base.scan(Table::Run, &number.to_be_bytes(), &next.to_be_bytes(), &mut |key, _| {
            next = read_number(key).unwrap_or(next);
            false
        })?;
        Ok(next)
    }
}
