//! Checks logs: what their leaves and the tree of subjects show at once, and, once it is known which events there are,
//! each by all its entries.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use suyuan_ledger::codec::{self, ENCODED_BYTES_MAX};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Pair, Read, StoreError, Table};
use suyuan_ledger::log::{LogNode, Peaks};
use suyuan_ledger::names::Name;
use suyuan_ledger::record::{Role, Standing};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::{
    ENTRIES_PER_ROW, KEYS_PER_ROW, StoredEntry, StoredLog, StoredRun, decode_keys, read_number,
};
use suyuan_ledger::tree::dense::{LEAVES_MAX, SUBJECTS};
use suyuan_ledger::tree::pages::{PageMaker, TakePage};

use super::Refused;
use super::blocks::{FACT_BYTES, Fact};
use super::flat::{self, Flat};

/// The leaf of a log's subjects, and the height at which they were founded, as the log says.
pub(super) const LEAF_BYTES: usize = 40;
/// So many logs are checked at once by one thread.
const LOGS_AT_ONCE: u64 = 4_096;
/// So many names are handed over at once, and so many times so many wait.
const NAMES_AT_ONCE: usize = 4_096;
const NAMES_AHEAD: usize = 8;
/// So many pairs are read at once.
const PAIRS_AT_ONCE: usize = 1_024;
/// Above every key.
const END: &[u8] = &[u8::MAX; 64];

/// Where events are among all, by the heights of their blocks: of each height the number of the first, and behind the
/// last height the number of all.
pub(super) struct Events {
    pub starts: Vec<u64>,
    pub facts: Flat<FACT_BYTES>,
}

/// Compares what two lists add up to for each log, without keeping either: the sums are weighed by numbers that nobody
/// knows beforehand, modulo a prime, so that other lists of one sum are found by chance only.
pub(super) struct Weights(RandomState);

const PRIME: u64 = (1 << 61) - 1;

impl Weights {
    pub fn new() -> Weights {
        Weights(RandomState::new())
    }

    fn add(&self, sum: u64, log: u64, count: u64) -> u64 {
        let weighed = u128::from(self.0.hash_one(log) % PRIME) * u128::from(count % PRIME) + u128::from(sum);
        u64::try_from(weighed % u128::from(PRIME)).unwrap_or(0)
    }
}

/// What logs add up to.
#[derive(Default, Clone, Copy)]
pub(super) struct Totals {
    /// How many there are.
    pub logs: u64,
    /// Rows of entries.
    pub rows: u64,
    /// How many subjects they have, weighed.
    subjects: u64,
}

/// Writes the leaf of each log. Their ids are 1, 2, 3, …
pub(super) fn leaves(
    store: &(dyn Read + Sync),
    leaves: &Flat<LEAF_BYTES>,
    weights: &Weights,
    threads: usize,
) -> Result<Totals, Refused> {
    over_all(store, threads, &AtomicBool::new(false), || {
        Ok(|first: u64, logs: Vec<StoredLog>| {
            let (mut writer, mut subjects) = (leaves.writer(first)?, 0);
            for (id, log) in (first..).zip(logs) {
                subjects = weights.add(subjects, id, log.subjects);
                let mut leaf = [0; LEAF_BYTES];
                leaf[..32].copy_from_slice(&log.leaf().hash().0);
                leaf[32..].copy_from_slice(&log.founded_height.to_be_bytes());
                writer.push(&leaf)?;
            }
            writer.flush()?;
            Ok(subjects)
        })
    })
}

/// Checks all logs by their entries, and by the event that founded their subjects.
pub(super) fn check(
    store: &(dyn Read + Sync),
    events: &Events,
    threads: usize,
    stopping: &AtomicBool,
) -> Result<Totals, Refused> {
    over_all(store, threads, stopping, || {
        let mut checking = Checking { store, events, facts: events.facts.reader()? };
        Ok(move |first: u64, logs: Vec<StoredLog>| {
            (first..).zip(logs).try_for_each(|(id, log)| checking.log(id, log))?;
            Ok(0)
        })
    })
}

/// Hands over all logs, which are under their numbers and as logs are written, to several threads, many at a time, and
/// adds up what each makes of them.
fn over_all<W>(
    store: &(dyn Read + Sync),
    threads: usize,
    stopping: &AtomicBool,
    begin: impl Fn() -> Result<W, StoreError> + Sync,
) -> Result<Totals, Refused>
where
    W: FnMut(u64, Vec<StoredLog>) -> Result<u64, Refused>,
{
    let last = store.at_or_before(Table::Log, END)?.and_then(|(key, _)| read_number(&key)).unwrap_or(0);
    let (next, found) = (Mutex::new(1u64), Mutex::new(Ok(Totals::default())));
    let take = || {
        let mut next = next.lock().ok()?;
        let first = *next;
        *next = first.saturating_add(LOGS_AT_ONCE);
        (first <= last && found.lock().is_ok_and(|found| found.is_ok())).then_some(first)
    };
    let work = || -> Result<(), Refused> {
        let mut work = begin()?;
        while let Some(first) = take() {
            go_on(stopping)?;
            let (logs, rows) = read(store, first, first.saturating_add(LOGS_AT_ONCE).min(last.saturating_add(1)))?;
            let count = logs.len() as u64;
            let subjects = work(first, logs)?;
            if let Ok(mut found) = found.lock()
                && let Ok(found) = found.as_mut()
            {
                found.logs = found.logs.saturating_add(count);
                found.rows = found.rows.saturating_add(rows);
                found.subjects = (found.subjects + subjects) % PRIME;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (work, found) = (&work, &found);
            let checking = thread::Builder::new().name("logs".to_owned()).spawn_scoped(scope, move || {
                if let Err(refused) = work()
                    && let Ok(mut found) = found.lock()
                {
                    *found = found.clone().and(Err(refused));
                }
            });
            checking.map_err(|error| StoreError::Failed(format!("no thread to check with: {error}")))?;
        }
        Ok::<(), StoreError>(())
    })?;
    found
        .into_inner()
        .unwrap_or_else(|_| Err(StoreError::Failed("a thread that checks has panicked".to_owned()).into()))
}

/// The logs from one id to another (not included), and how many rows of entries they have of their own.
fn read(store: &dyn Read, first: u64, end: u64) -> Result<(Vec<StoredLog>, u64), Refused> {
    let (mut logs, mut rows, mut refused) = (Vec::new(), 0u64, None);
    store.scan(Table::Log, &first.to_be_bytes(), &end.to_be_bytes(), &mut |key, value| {
        let id = first.saturating_add(logs.len() as u64);
        let mut one = || {
            let fault = |what: &str| Refused::fault(Table::Log, key, what);
            if key != id.to_be_bytes() {
                return Err(fault("is not under the next number"));
            }
            let log: StoredLog = codec::decode(value, ENCODED_BYTES_MAX).map_err(|_| fault("is no log"))?;
            rows = rows.saturating_add(shape(&log, id).ok_or_else(|| fault("is not as it is written"))?);
            logs.push(log);
            Ok(())
        };
        refused = one().err();
        refused.is_none()
    })?;
    match refused {
        Some(refused) => Err(refused),
        None if logs.len() as u64 == end.saturating_sub(first) => Ok((logs, rows)),
        None => Err(Refused::fault(Table::Log, &first.to_be_bytes(), "it or one after it is missing")),
    }
}

struct Checking<'a> {
    store: &'a (dyn Read + Sync),
    events: &'a Events,
    facts: flat::Reader<FACT_BYTES>,
}

impl Checking<'_> {
    fn log(&mut self, id: u64, mut log: StoredLog) -> Result<(), Refused> {
        let fault = |what: &str| Refused::fault(Table::Log, &id.to_be_bytes(), what);
        let founded = self.fact(log.founded_height, log.founded_index)?;
        if founded.is_none_or(|(hash, ..)| hash != log.state.found) {
            return Err(fault("another event founded its subjects"));
        }
        let entries = match log.recent_from() {
            0 => std::mem::take(&mut log.recent),
            _ => Reader::new(self.store).entries_of(id, &mut log)?,
        };
        let peaks = self.peaks(&entries)?.filter(|peaks| *peaks == log.peaks);
        peaks.map(|_| ()).ok_or_else(|| fault("its entries do not make it"))
    }

    /// The peaks over entries; none if one is of no event.
    fn peaks(&mut self, entries: &[StoredEntry]) -> Result<Option<Peaks>, StoreError> {
        let mut peaks = Peaks::default();
        for entry in entries {
            let fact = self.fact(entry.height, entry.index)?;
            let (Some(fact), Some(role), Some(standing)) =
                (fact, Role::from_number(entry.role), Standing::from_number(entry.standing))
            else {
                return Ok(None);
            };
            peaks.push(LogNode::entry_of(fact, role, standing));
        }
        Ok(Some(peaks))
    }

    /// Hash, event time and mask of an event's record, if it was accepted.
    fn fact(&mut self, height: u64, index: u32) -> Result<Option<(Hash, i64, u32)>, StoreError> {
        let starts = &self.events.starts;
        let Ok(place) = usize::try_from(height) else { return Ok(None) };
        let (Some(first), Some(end)) = (starts.get(place), starts.get(place.saturating_add(1))) else {
            return Ok(None);
        };
        let number = first.saturating_add(index.into());
        if number >= *end {
            return Ok(None);
        }
        Ok(self.facts.get(number)?.as_ref().and_then(read_fact))
    }
}

fn read_fact(fact: &Fact) -> Option<(Hash, i64, u32)> {
    let (hash, rest) = fact.split_first_chunk::<32>()?;
    let (time, mask) = rest.split_first_chunk::<8>()?;
    let fact = (Hash(*hash), i64::from_le_bytes(*time), u32::from_le_bytes(mask.try_into().ok()?));
    (fact.0 != Hash::ZERO).then_some(fact)
}

/// How many rows of entries are the log's own; none if it is not as logs are written.
fn shape(log: &StoredLog, id: u64) -> Option<u64> {
    let row = ENTRIES_PER_ROW as u64;
    let rows_end = log.peaks.count.checked_sub(log.recent.len() as u64)?;
    let is_right = log.peaks.is_well_formed()
        && log.recent.len() < ENTRIES_PER_ROW
        && rows_end.is_multiple_of(row)
        && log.base_count.is_multiple_of(row)
        && log.base_count <= rows_end
        && (log.base == 0) == (log.base_count == 0)
        && log.base < id
        && log.subjects > 0;
    is_right.then(|| (rows_end - log.base_count) / row)
}

/// Checks that every row of entries is full, where full ones begin. That the rows are those of the logs follows from
/// their number, since each log finds its own.
pub(super) fn check_rows(store: &dyn Read, stopping: &AtomicBool) -> Result<u64, Refused> {
    let (mut rows, mut refused) = (0u64, None);
    store.scan(Table::Entry, &[], END, &mut |key, value| {
        let place = key.get(8..).filter(|place| place.len() == 8).and_then(read_number);
        let is_full = place.is_some_and(|place| place.is_multiple_of(ENTRIES_PER_ROW as u64))
            && codec::decode::<Vec<StoredEntry>>(value, ENCODED_BYTES_MAX)
                .is_ok_and(|entries| entries.len() == ENTRIES_PER_ROW);
        rows = rows.saturating_add(1);
        refused = match is_full {
            false => Some(Refused::fault(Table::Entry, key, "is no full row of entries")),
            true => go_on(stopping).err().map(Refused::from),
        };
        refused.is_none()
    })?;
    refused.map_or(Ok(rows), Err)
}

fn go_on(stopping: &AtomicBool) -> Result<(), StoreError> {
    match stopping.load(Ordering::Acquire) {
        true => Err(StoreError::Failed("the node is stopping".to_owned())),
        false => Ok(()),
    }
}

/// Takes names, each with the height at which it was founded as its log says.
pub(super) type TakeNames<'a> = dyn FnMut(Vec<(u64, Name)>) -> Result<(), StoreError> + 'a;

/// Makes the tree of subjects from runs and the leaves of logs: hands over its pages and the names of all subjects in
/// runs, and gives its root and how many those are. They are exactly those that have keys.
pub(super) fn subjects(
    store: &(dyn Read + Sync),
    subject_count: u64,
    leaves: (&Flat<LEAF_BYTES>, Totals),
    weights: &Weights,
    take: &mut TakePage<'_>,
    take_names: &mut TakeNames<'_>,
) -> Result<(Hash, u64), Refused> {
    thread::scope(|scope| {
        let (send, keys) = sync_channel(NAMES_AHEAD);
        let reading =
            thread::Builder::new().name("keys".to_owned()).spawn_scoped(scope, move || read_keys(store, &send));
        reading.map_err(|error| StoreError::Failed(format!("no thread to read with: {error}")))?;
        let keys = Keys { rows: keys, names: Vec::new().into_iter() };
        subjects_of(store, subject_count, leaves, (weights, keys), take, take_names)
    })
}

fn subjects_of(
    store: &dyn Read,
    subject_count: u64,
    (leaves, totals): (&Flat<LEAF_BYTES>, Totals),
    (weights, mut keys): (&Weights, Keys),
    take: &mut TakePage<'_>,
    take_names: &mut TakeNames<'_>,
) -> Result<(Hash, u64), Refused> {
    let mut leaves = leaves.reader()?;
    let (mut maker, mut named, mut weighed) = (PageMaker::new(SUBJECTS), 0u64, 0);
    let (mut runs, mut names) = (Walk::new(store, Table::Run), Vec::with_capacity(NAMES_AT_ONCE));
    while let Some((key, value)) = runs.next()? {
        let fault = |what: &str| Refused::fault(Table::Run, &key, what);
        let first = read_number(&key).filter(|_| key.len() == 8).ok_or_else(|| fault("is under no number"))?;
        let run: StoredRun = codec::decode(&value, ENCODED_BYTES_MAX).map_err(|_| fault("is no run"))?;
        let end = first.checked_add(run.count).filter(|end| *end <= subject_count && run.count > 0);
        let (Some(end), Some(gap)) = (end, first.checked_sub(maker.count())) else {
            return Err(fault("overlaps another, or is beyond the last subject"));
        };
        let leaf = if run.log == 0 || run.log > totals.logs { None } else { leaves.get(run.log)? };
        let leaf = leaf.as_ref().and_then(|leaf| leaf.split_first_chunk::<32>());
        let (leaf, height) = leaf.ok_or_else(|| fault("is of no log"))?;
        let height = read_number(height).unwrap_or_default();
        maker.push(Hash::ZERO, gap, take)?;
        maker.push(Hash(*leaf), run.count, take)?;
        weighed = weights.add(weighed, run.log, run.count);
        named = named.saturating_add(run.count);
        for number in first..end {
            let name = keys.next()?.filter(|name| name.number == number);
            let missing = || Refused::fault(Table::Key, &number.to_be_bytes(), "is not that of the next subject");
            names.push((height, name.ok_or_else(missing)?));
            if names.len() >= NAMES_AT_ONCE {
                take_names(std::mem::replace(&mut names, Vec::with_capacity(NAMES_AT_ONCE)))?;
            }
        }
    }
    if let Some(name) = keys.next()? {
        return Err(Refused::fault(Table::Key, &name.number.to_be_bytes(), "is of no subject"));
    }
    take_names(names)?;
    if weighed != totals.subjects {
        return Err(Refused::fault(Table::Run, &[], "logs have not as many subjects as they say"));
    }
    maker.push(Hash::ZERO, subject_count.saturating_sub(maker.count()), take)?;
    Ok((maker.finish(take)?, named))
}

/// The pairs of a table one after another, read many at a time: whoever takes one may read and write meanwhile.
struct Walk<'a> {
    store: &'a dyn Read,
    table: Table,
    /// Where the pairs begin that were not read.
    from: Vec<u8>,
    pairs: VecDeque<Pair>,
}

impl Walk<'_> {
    fn new(store: &dyn Read, table: Table) -> Walk<'_> {
        Walk { store, table, from: Vec::new(), pairs: VecDeque::new() }
    }

    fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        if self.pairs.is_empty() {
            let pairs = &mut self.pairs;
            self.store.scan(self.table, &self.from, END, &mut |key, value| {
                pairs.push_back((key.to_vec(), value.to_vec()));
                pairs.len() < PAIRS_AT_ONCE
            })?;
            if let Some((last, _)) = self.pairs.back() {
                self.from = [last.as_slice(), &[0]].concat();
            }
        }
        Ok(self.pairs.pop_front())
    }
}

/// Names that follow each other, or why there are no more.
type Named = Result<Vec<Name>, Refused>;

/// The names that keys make, ascending by number.
struct Keys {
    rows: Receiver<Named>,
    names: std::vec::IntoIter<Name>,
}

impl Keys {
    fn next(&mut self) -> Result<Option<Name>, Refused> {
        loop {
            if let Some(name) = self.names.next() {
                return Ok(Some(name));
            }
            let Ok(names) = self.rows.recv() else { return Ok(None) };
            self.names = names?.into_iter();
        }
    }
}

/// Reads all keys, and sends the names that they make, until nobody takes them any more.
fn read_keys(store: &dyn Read, send: &SyncSender<Named>) {
    let (mut rows, mut names) = (Walk::new(store, Table::Key), Vec::new());
    loop {
        let goes_on = match rows.next() {
            Ok(Some((key, row))) => names_of(&key, &row, &mut names).map(|()| true),
            Ok(None) => Ok(false),
            Err(error) => Err(error.into()),
        };
        let is_full = names.len() >= NAMES_AT_ONCE || !matches!(goes_on, Ok(true));
        if is_full && send.send(Ok(std::mem::take(&mut names))).is_err() {
            return;
        }
        match goes_on {
            Ok(true) => {}
            Ok(false) => return,
            Err(refused) => {
                // Nobody waits for it any more if it fails.
                let _ = send.send(Err(refused));
                return;
            }
        }
    }
}

/// The names that a row of keys makes.
fn names_of(key: &[u8], row: &[u8], names: &mut Vec<Name>) -> Result<(), Refused> {
    let fault = |what: &str| Refused::fault(Table::Key, key, what);
    let first = read_number(key).filter(|first| key.len() == 8 && *first < LEAVES_MAX);
    let first = first.ok_or_else(|| fault("is under no number"))?;
    let keys = decode_keys(row).filter(|keys| !keys.is_empty() && keys.len() <= KEYS_PER_ROW);
    for (number, key) in (first..).zip(keys.ok_or_else(|| fault("is no row of keys"))?) {
        let key = SubjectKey::parse(key).ok_or_else(|| fault("has what is no key"))?;
        names.push(Name { number, tag: key.tag() });
    }
    Ok(())
}
