//! Checks the logs that were taken, each by all its entries, and with them the tree of subjects.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use suyuan_ledger::codec::{self, ENCODED_BYTES_MAX};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::log::{LogNode, Peaks};
use suyuan_ledger::record::{Role, Standing};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::{ENTRIES_PER_ROW, StoredEntry, StoredLog, StoredRun, read_number};
use suyuan_ledger::tree::dense::SUBJECTS;
use suyuan_ledger::tree::pages::{PageMaker, TakePage};

use super::Refused;
use super::blocks::{FACT_BYTES, Fact};
use super::flat::{self, Flat};

/// So many logs are checked at once by one thread.
const LOGS_AT_ONCE: u64 = 4_096;
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

/// Checks all logs, and writes the leaf of each. Their ids are 1, 2, 3, …
pub(super) fn check(
    store: &(dyn Read + Sync),
    events: &Events,
    leaves: &Flat<32>,
    weights: &Weights,
    threads: usize,
) -> Result<Totals, Refused> {
    let last = store.at_or_before(Table::Log, END)?.and_then(|(key, _)| read_number(&key)).unwrap_or(0);
    let (next, found) = (Mutex::new(1u64), Mutex::new(Ok(Totals::default())));
    let take = || {
        let mut next = next.lock().ok()?;
        let first = *next;
        *next = first.saturating_add(LOGS_AT_ONCE);
        (first <= last && found.lock().is_ok_and(|found| found.is_ok())).then_some(first)
    };
    let work = || -> Result<(), Refused> {
        let mut checking = Checking { store, events, facts: events.facts.reader()?, weights };
        while let Some(first) = take() {
            let totals =
                checking.logs(first..first.saturating_add(LOGS_AT_ONCE).min(last.saturating_add(1)), leaves)?;
            if let Ok(mut found) = found.lock()
                && let Ok(found) = found.as_mut()
            {
                found.logs = found.logs.saturating_add(totals.logs);
                found.rows = found.rows.saturating_add(totals.rows);
                found.subjects = (found.subjects + totals.subjects) % PRIME;
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

struct Checking<'a> {
    store: &'a (dyn Read + Sync),
    events: &'a Events,
    facts: flat::Reader<FACT_BYTES>,
    weights: &'a Weights,
}

impl Checking<'_> {
    fn logs(&mut self, ids: Range<u64>, leaves: &Flat<32>) -> Result<Totals, Refused> {
        let mut logs: Vec<(Vec<u8>, Option<StoredLog>)> = Vec::new();
        self.store.scan(Table::Log, &ids.start.to_be_bytes(), &ids.end.to_be_bytes(), &mut |key, value| {
            logs.push((key.to_vec(), codec::decode(value, ENCODED_BYTES_MAX).ok()));
            true
        })?;
        let mut totals = Totals { logs: logs.len() as u64, ..Totals::default() };
        let reader = Reader::new(self.store);
        let mut writer = leaves.writer(ids.start)?;
        let mut logs = logs.into_iter();
        for id in ids {
            let fault = |what: &str| Refused::fault(Table::Log, &id.to_be_bytes(), what);
            let found = logs.next().filter(|(key, _)| *key == id.to_be_bytes());
            let (_, log) = found.ok_or_else(|| fault("is missing, or another is there"))?;
            let mut log = log.ok_or_else(|| fault("is no log"))?;
            totals.rows = totals.rows.saturating_add(shape(&log, id).ok_or_else(|| fault("is not as it is written"))?);
            totals.subjects = self.weights.add(totals.subjects, id, log.subjects);
            let founded = self.fact(log.founded_height, log.founded_index)?;
            if founded.is_none_or(|(hash, ..)| hash != log.state.found) {
                return Err(fault("another event founded its subjects"));
            }
            let leaf = log.leaf().hash();
            let entries = match log.recent_from() {
                0 => std::mem::take(&mut log.recent),
                _ => reader.entries_of(id, &mut log)?,
            };
            let peaks = self.peaks(&entries)?.filter(|peaks| *peaks == log.peaks);
            peaks.ok_or_else(|| fault("its entries do not make it"))?;
            writer.push(&leaf.0)?;
        }
        if let Some((key, _)) = logs.next() {
            return Err(Refused::fault(Table::Log, &key, "is under no number"));
        }
        writer.flush()?;
        Ok(totals)
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
pub(super) fn check_rows(store: &dyn Read) -> Result<u64, Refused> {
    let (mut rows, mut fault) = (0u64, None);
    store.scan(Table::Entry, &[], END, &mut |key, value| {
        let place = key.get(8..).filter(|place| place.len() == 8).and_then(read_number);
        let is_full = place.is_some_and(|place| place.is_multiple_of(ENTRIES_PER_ROW as u64))
            && codec::decode::<Vec<StoredEntry>>(value, ENCODED_BYTES_MAX)
                .is_ok_and(|entries| entries.len() == ENTRIES_PER_ROW);
        rows = rows.saturating_add(1);
        if !is_full {
            fault = Some(Refused::fault(Table::Entry, key, "is no full row of entries"));
        }
        is_full
    })?;
    fault.map_or(Ok(rows), Err)
}

/// Makes the tree of subjects from runs and the leaves of logs: hands over its pages, and gives its root and how many
/// subjects are in runs.
pub(super) fn subjects(
    store: &dyn Read,
    subject_count: u64,
    (leaves, totals): (&Flat<32>, Totals),
    weights: &Weights,
    take: &mut TakePage<'_>,
) -> Result<(Hash, u64), Refused> {
    let mut leaves = leaves.reader()?;
    let (mut maker, mut named, mut weighed) = (PageMaker::new(SUBJECTS), 0u64, 0);
    let mut refused = None;
    store.scan(Table::Run, &[], END, &mut |key, value| {
        let mut one = || {
            let fault = |what: &str| Refused::fault(Table::Run, key, what);
            let first = read_number(key).filter(|_| key.len() == 8).ok_or_else(|| fault("is under no number"))?;
            let run: StoredRun = codec::decode(value, ENCODED_BYTES_MAX).map_err(|_| fault("is no run"))?;
            let end = first.checked_add(run.count).filter(|end| *end <= subject_count && run.count > 0);
            let (Some(_), Some(gap)) = (end, first.checked_sub(maker.count())) else {
                return Err(fault("overlaps another, or is beyond the last subject"));
            };
            let leaf = if run.log == 0 || run.log > totals.logs { None } else { leaves.get(run.log)? };
            let leaf = leaf.ok_or_else(|| fault("is of no log"))?;
            maker.push(Hash::ZERO, gap, take)?;
            maker.push(Hash(leaf), run.count, take)?;
            weighed = weights.add(weighed, run.log, run.count);
            named = named.saturating_add(run.count);
            Ok(())
        };
        refused = one().err();
        refused.is_none()
    })?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    if weighed != totals.subjects {
        return Err(Refused::fault(Table::Run, &[], "logs have not as many subjects as they say"));
    }
    maker.push(Hash::ZERO, subject_count.saturating_sub(maker.count()), take)?;
    Ok((maker.finish(take)?, named))
}
