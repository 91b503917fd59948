//! How completely and how soon a firm records what it does: sums over its events of a class of products in a month, which
//! become facts TRC and TRT (`03-records.md` §3.9). The month is that of the block, so that nobody fills up a month that is
//! over, or makes a history by dating back. Sums are kept up to each block, so that they are read at any height
//! without looking at the events again, and made anew where an event's payload is erased.
//!
//! An event counts less from when it shows that a shipment was not received in time (`receipts.rs`): in the sum of its own
//! month, at the height at which that shows.
//!
//! Under `3.9` splitting events buys nothing: what a month weighs grows with the power of ten of its events.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use suyuan_epcis::model::Event;

use super::fact::{Fact, FactStatus, Ring, Source};
use super::indicator::Indicator;
use super::reading::{Place, Row, author, if_sound};
use super::receipts::{Followed, Receipts};
use super::rows::RowKind;
use super::{arrivals, devices, recalls};
use crate::codec;
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::organisation::Directory;
use crate::profile::{Judged, ProductClass, judge_event, may_follow, profiled};
use crate::record::{LinkRun, Role, Standing};
use crate::state::reader::Reader;
use crate::state::records;
use crate::state::subject::{StoredEntry, StoredLog, StoredRecord, place_key};
use crate::submission::record_type;
use crate::trace::numbers::NumberMap;
use crate::trace::recalled::is_of_return;

/// Of a firm's events: its URI, zero, the class, the month's last day BE8, height BE8. The value is a [`Month`] up to there.
const SUMS: u8 = RowKind::Sums as u8;
/// That another firm goes on with what a firm recorded: its URI, zero, the month's last day BE8, the height of the block in
/// which an event says so.
const CONFIRMED: u8 = RowKind::Confirmed as u8;
/// That an event is declared erroneous: its own number BE8, the height.
const WITHDRAWN: u8 = RowKind::Withdrawn as u8;
/// Of events that count less than what they say: the key of the sums that this changes, the place. The value is what the event
/// counted before, BE2.
const LESS: u8 = RowKind::Less as u8;
/// Bytes of a payload's salt, behind which it is stored.
const SALT_BYTES: usize = 16;
/// So many of a month's worst events are named by a fact that is not full.
const WORST_MAX: usize = 4;
/// So many of an event's runs of subjects, and of the entries before it, are looked at for whom it confirms.
const RUNS_LOOKED_AT: usize = 4;
const ENTRIES_LOOKED_AT: usize = 16;
/// And so many with those of strangers.
const ENTRIES_MAX: usize = 64;
/// For so many events at once; of so many long logs so many of the last entries are kept, and so many makers of records.
const CONFIRMING_AT_ONCE: usize = 1 << 12;
const TAILS_MAX: usize = 1 << 12;
const TAIL_ENTRIES: u64 = 256;
const MADE_MAX: usize = 1 << 16;
const FULL: u16 = 1_000;
/// What is shipped and not received in time, or received late, counts no more.
const LATE_MAX: u16 = 700;

/// What the events of a month come to so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
struct Month {
    complete: Sum,
    timely: Sum,
}

/// A sum of values of 0 to 1000.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
struct Sum {
    count: u64,
    total: u64,
    /// The worst values that are not full, the worst and first ones first.
    worst: Vec<(u16, u64, u32)>,
    /// The last event that counts.
    last: (u64, u32),
}

impl Sum {
    fn add(&mut self, value: u32, place: Place) {
        let value = u16::try_from(value).unwrap_or(FULL).min(FULL);
        (self.count, self.total, self.last) = (self.count + 1, self.total + u64::from(value), place);
        if value < FULL {
            self.note((value, place.0, place.1));
        }
    }

    /// What was added with a value counts no more than what is late.
    fn lower(&mut self, value: u16, place: Place) {
        self.total = self.total.saturating_sub(u64::from(value.saturating_sub(LATE_MAX)));
        self.worst.retain(|one| *one != (value, place.0, place.1));
        self.note((value.min(LATE_MAX), place.0, place.1));
    }

    fn note(&mut self, one: (u16, u64, u32)) {
        let at = self.worst.partition_point(|other| *other < one);
        self.worst.insert(at, one);
        self.worst.truncate(WORST_MAX);
    }

    /// The month's fact, if anything counts.
    fn fact(
        &self,
        indicator: Indicator,
        (class, end, source): (ProductClass, Day, Source),
        hash: &dyn Fn(Place) -> Result<Option<Hash>, StoreError>,
    ) -> Result<Option<Fact>, StoreError> {
        let Some(value) = self.total.checked_div(self.count) else { return Ok(None) };
        let places: Vec<Place> = match self.worst.as_slice() {
            [] => vec![self.last],
            worst => worst.iter().map(|(_, height, index)| (*height, *index)).collect(),
        };
        let evidence: Result<Vec<Option<Hash>>, StoreError> = places.into_iter().map(hash).collect();
        let month = end.text().unwrap_or_default();
        Ok(Some(Fact {
            id: format!("{}.{}.{}", indicator.name(), class.code(), month.get(..7).unwrap_or_default()),
            indicator,
            day: end,
            value: u16::try_from(value).unwrap_or(FULL),
            mass: mass(self.count),
            source,
            counterparty: None,
            status: FactStatus::Active,
            ring: Ring::Independent,
            evidence: evidence?.into_iter().flatten().collect(),
        }))
    }
}

/// What a month weighs by the number of its events.
fn mass(count: u64) -> u64 {
    match count {
        0..10 => 1_000,
        10..100 => 2_000,
        100..1_000 => 3_000,
        _ => 4_000,
    }
}

/// Whose sum: the firm's URI, the class, the month's last day.
type Group = (String, ProductClass, Day);

/// Adds events to the sums, block after block.
pub(super) struct Traces<'a> {
    store: &'a dyn Read,
    /// One for all events: what lies near is read once.
    reader: Reader<'a>,
    directory: &'a Directory,
    /// What is changed and not yet written, all of one block.
    open: BTreeMap<Group, Month>,
    height: u64,
}

impl<'a> Traces<'a> {
    pub fn new(store: &'a dyn Read, directory: &'a Directory) -> Traces<'a> {
        Traces { store, reader: Reader::new(store), directory, open: BTreeMap::new(), height: 0 }
    }

    /// Takes events, which ascend, with their payloads, as they are stored, and the heights and times of the blocks in which
    /// anything is recorded. Most events follow no profile and are passed over. The first block that is left for another time,
    /// if any.
    pub fn take(
        &mut self,
        events: &[(Place, StoredRecord)],
        blocks: &[(u64, i64)],
        overlay: &mut Overlay<'_>,
    ) -> Result<Option<u64>, StoreError> {
        let Followed { late, unread } = Receipts::follow(&self.reader, events, blocks, overlay)?;
        let read = events.partition_point(|((height, _), _)| unread.is_none_or(|unread| *height < unread));
        let events = events.get(..read).unwrap_or_default();
        let (store, mut rest, mut fault) = (self.store, events.iter().peekable(), None);
        let (mut judged, mut late) = (Vec::new(), late.into_iter().peekable());
        let keys = events.first().zip(events.last()).map_or(([0; 12], [0; 12]), |((first, _), (last, _))| {
            (place_key(first.0, first.1), place_key(last.0, last.1.saturating_add(1)))
        });
        store.scan(Table::Payload, &keys.0, &keys.1, &mut |key, value| {
            let payload = value.get(SALT_BYTES..).unwrap_or_default();
            let Some(place) = place_of(key).filter(|_| may_follow(payload)) else { return true };
            while rest.next_if(|(before, _)| *before < place).is_some() {}
            if let Some(found @ (_, record)) = rest.next_if(|(at, _)| *at == place)
                && let Some(event) = profiled(payload)
            {
                let mut take = || {
                    while let Some(one) = late.next_if(|(height, _)| *height < place.0) {
                        self.lower(one, overlay)?;
                    }
                    self.take_one(place, (record, &event), overlay)
                };
                match take() {
                    Ok(is_judged) => judged.extend(is_judged.then_some(found)),
                    Err(error) => fault = Some(error),
                }
            }
            fault.is_none()
        })?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        for one in late {
            self.lower(one, overlay)?;
        }
        for some in judged.chunks(CONFIRMING_AT_ONCE) {
            let mut before = Before::read(&self.reader, some.iter().map(|(_, record)| record))?;
            for (place, record) in some {
                for key in before.confirmed(self.directory, (*place, record), events)? {
                    overlay.put(Table::Reading, key, []);
                }
            }
        }
        self.write(overlay);
        Ok(unread)
    }

    /// Adds the event at a place, which ascends; whether its profile says anything of it.
    fn take_one(
        &mut self,
        place: Place,
        (record, event): (&StoredRecord, &Event),
        overlay: &mut Overlay<'_>,
    ) -> Result<bool, StoreError> {
        self.reach(place.0, overlay);
        for (key, value) in rows(self.store, self.directory, place, (record, event))? {
            overlay.put(Table::Reading, key, value);
        }
        let Some(judged) = judge_event(event, record.block_time) else { return Ok(false) };
        let Some((group, complete)) = group_of(self.directory, record, &judged) else { return Ok(true) };
        let month = self.month(group, overlay)?;
        month.complete.add(complete, place);
        judged.timeliness.into_iter().for_each(|timely| month.timely.add(timely, place));
        Ok(true)
    }

    /// From a height on, the event at a place counts as late. What is shipped or taken back is not: who takes back what can't
    /// be used has no order that it would check the receipt against, and may do away with it unrecorded.
    fn lower(&mut self, (height, place): (u64, Place), overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        self.reach(height, overlay);
        let Some((record, event)) = event_at(&self.reader, place)? else { return Ok(()) };
        let judged = judge_event(&event, record.block_time).filter(|_| !is_of_return(&event));
        let Some(judged) = judged else { return Ok(()) };
        let Some((group, complete)) = group_of(self.directory, &record, &judged) else { return Ok(()) };
        let value = u16::try_from(complete).unwrap_or(FULL).min(FULL);
        if value > LATE_MAX {
            overlay.put(Table::Reading, less_key(&group, height, place), value.to_be_bytes());
            self.month(group, overlay)?.complete.lower(value, place);
        }
        Ok(())
    }

    /// Goes on to a height, which is none before.
    fn reach(&mut self, height: u64, overlay: &mut Overlay<'_>) {
        if height != self.height {
            self.write(overlay);
            self.height = height;
        }
    }

    /// A group's sums as of the height.
    fn month(&mut self, group: Group, overlay: &Overlay<'_>) -> Result<&mut Month, StoreError> {
        match self.open.entry(group) {
            btree_map::Entry::Occupied(found) => Ok(found.into_mut()),
            btree_map::Entry::Vacant(free) => {
                let before = month_at(overlay, free.key(), self.height)?;
                Ok(free.insert(before))
            }
        }
    }

    fn write(&mut self, overlay: &mut Overlay<'_>) {
        for (group, month) in std::mem::take(&mut self.open) {
            overlay.put(Table::Reading, sums_key(&group, self.height), codec::encode(&month));
        }
    }
}

/// An event that is recorded and may follow a profile.
fn event_at(reader: &Reader<'_>, place: Place) -> Result<Option<(StoredRecord, Event)>, StoreError> {
    let (Some(record), Some(payload)) = (reader.record(place.0, place.1)?, reader.payload(place.0, place.1)?) else {
        return Ok(None);
    };
    let is_event = record.record_type == record_type::EPCIS;
    let event = is_event.then(|| profiled(&payload.payload)).flatten();
    Ok(event.map(|event| (record, event)))
}

/// An event that is recorded, and what its profile says of it.
fn judged_at(reader: &Reader<'_>, place: Place) -> Result<Option<(StoredRecord, Judged)>, StoreError> {
    let found = event_at(reader, place)?;
    Ok(found.and_then(|(record, event)| judge_event(&event, record.block_time).map(|judged| (record, judged))))
}

/// What is read out of an event alone: of equipment, of recalls, of what arrived.
fn rows(
    store: &dyn Read,
    directory: &Directory,
    place: Place,
    (record, event): (&StoredRecord, &Event),
) -> Result<Vec<Row>, StoreError> {
    // What declares an event erroneous says it again, and does not say it.
    if record.runs.iter().any(|run| run.role == Role::Own as u8) {
        let own = record.runs.iter().filter(|run| run.role == Role::Own as u8);
        return Ok(own.map(|run| (withdrawn_key(run.first, place.0), Vec::new())).collect());
    }
    let Some(by) = author(directory, record.author) else { return Ok(Vec::new()) };
    let mut rows = devices::rows(place, event, &by);
    rows.append(&mut arrivals::rows(place, (record, event, &by)));
    rows.append(&mut recalls::rows(store, directory, place, (record, event, &by))?);
    Ok(rows)
}

/// The key of that an event is declared erroneous, by its own number: only who recorded it does that.
fn withdrawn_key(own: u64, height: u64) -> Vec<u8> {
    [&[WITHDRAWN], own.to_be_bytes().as_slice(), &height.to_be_bytes()].concat()
}

/// Whether an event is declared erroneous up to a height.
pub(super) fn is_withdrawn(store: &dyn Read, record: &StoredRecord, at_height: u64) -> Result<bool, StoreError> {
    Ok(withdrawn_at(store, record, at_height)?.is_some())
}

/// At which height, up to one, an event was first declared erroneous.
pub(super) fn withdrawn_at(store: &dyn Read, record: &StoredRecord, at_height: u64) -> Result<Option<u64>, StoreError> {
    let from = withdrawn_key(record.own, 0);
    let to = withdrawn_key(record.own, at_height.saturating_add(1));
    let mut found = None;
    store.scan(Table::Reading, &from, &to, &mut |key, _| {
        found = key.last_chunk().map(|height| u64::from_be_bytes(*height));
        false
    })?;
    Ok(found)
}

/// Whose sum an event counts for, and how complete it is. What is not scored counts for none.
fn group_of(directory: &Directory, record: &StoredRecord, judged: &Judged) -> Option<(Group, u32)> {
    let author = directory.organisation(record.author)?;
    Some(((author.uri.clone(), judged.class?, month_of(record)?), judged.completeness?))
}

/// The last day of the month in which an event was recorded.
fn month_of(record: &StoredRecord) -> Option<Day> {
    Day::in_china(record.block_time).month_end()
}

/// What is in the logs of events' objects: of many events at once, since what lies near is read together.
pub(super) struct Before<'a> {
    reader: &'a Reader<'a>,
    /// The log of each run, by its first subject, and each log.
    logs: NumberMap<u64, u64>,
    stored: NumberMap<u64, StoredLog>,
    /// The last entries of long logs that were looked into, and the place of the first of them.
    tails: NumberMap<u64, (u64, Vec<StoredEntry>)>,
    /// Who made records before, of which kind, and in which month.
    made: BTreeMap<Place, (u64, u16, Option<Day>)>,
}

impl<'a> Before<'a> {
    pub fn read<'r>(
        reader: &'a Reader<'a>,
        records: impl Iterator<Item = &'r StoredRecord>,
    ) -> Result<Before<'a>, StoreError> {
        Before::of(reader, records.flat_map(by_right).map(|run| run.first).collect())
    }

    /// That of these things.
    pub fn of(reader: &'a Reader<'a>, mut firsts: Vec<u64>) -> Result<Before<'a>, StoreError> {
        firsts.sort_unstable();
        firsts.dedup();
        let (mut logs, mut ids) = (NumberMap::default(), Vec::new());
        reader.runs(&firsts, &mut |run, within| {
            logs.extend(within.iter().map(|first| (*first, run.log)));
            ids.push(run.log);
        })?;
        ids.sort_unstable();
        ids.dedup();
        let stored = reader.logs(&ids)?.into_iter().collect();
        Ok(Before { reader, logs, stored, tails: NumberMap::default(), made: BTreeMap::new() })
    }

    /// Whom an event confirms: the firm that recorded something of its objects before, if its author has a right to them.
    /// Keys of rows. What was read with it is known.
    fn confirmed(
        &mut self,
        directory: &Directory,
        (place, record): (Place, &StoredRecord),
        known: &[(Place, StoredRecord)],
    ) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let mut keys = BTreeSet::new();
        for run in by_right(record) {
            let before = self.entries(run.first, place)?;
            // A stranger confirms nobody, is confirmed by nobody, and hides nobody.
            let by_right = before.iter().rev().filter(|entry| entry.standing > Standing::Bystander as u8);
            for entry in by_right.take(ENTRIES_LOOKED_AT) {
                let Some((author, kind, month)) = self.made((entry.height, entry.index), known)? else { continue };
                if author == record.author || kind != record_type::EPCIS {
                    continue;
                }
                if let (Some(one), Some(end)) = (directory.organisation(author), month) {
                    keys.insert(confirmed_key(&one.uri, end, place.0));
                }
                break;
            }
        }
        Ok(keys)
    }

    fn made(
        &mut self,
        at: Place,
        known: &[(Place, StoredRecord)],
    ) -> Result<Option<(u64, u16, Option<Day>)>, StoreError> {
        if let Some(made) = self.made.get(&at) {
            return Ok(Some(*made));
        }
        let of = |record: &StoredRecord| (record.author, record.record_type, month_of(record));
        let made = match known.binary_search_by_key(&at, |(place, _)| *place) {
            Ok(found) => known.get(found).map(|(_, record)| of(record)),
            Err(_) => self.reader.record(at.0, at.1)?.as_ref().map(of),
        };
        if self.made.len() >= MADE_MAX {
            self.made.clear();
        }
        self.made.extend(made.map(|made| (at, made)));
        Ok(made)
    }

    /// Those of them that are looked at for whom an event confirms.
    fn entries(&mut self, first: u64, place: Place) -> Result<Vec<StoredEntry>, StoreError> {
        self.last(first, place, ENTRIES_MAX)
    }

    /// The last entries before a place of the log of a run, in their order; so many, or all if it is short.
    pub fn last(&mut self, first: u64, place: Place, count: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let is_before = |entry: &StoredEntry| (entry.height, entry.index) < place;
        let Some(log) = self.logs.get(&first) else { return Ok(Vec::new()) };
        let stored = self.stored.get(log);
        let stored = stored.ok_or_else(|| StoreError::Corrupt(Table::Log, format!("log {log} is missing")))?;
        // Most logs are short, and in one row with their state.
        if stored.recent_from() == 0 {
            return Ok(stored.recent.iter().take_while(|entry| is_before(entry)).cloned().collect());
        }
        if self.tails.len() >= TAILS_MAX {
            self.tails.clear();
        }
        let (tail, last) = match self.tails.entry(*log) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(free) => {
                let tail = stored.peaks.count.saturating_sub(TAIL_ENTRIES);
                free.insert((tail, self.reader.entries_from(*log, tail, TAIL_ENTRIES)?))
            }
        };
        // Mostly the event is among the last ones; else what is before it is found by halving, since entries ascend. As
        // many are taken however long the log has become since: whoever reads later finds the same.
        let end = last.partition_point(is_before);
        if *tail == 0 || end >= count {
            return Ok(last.get(end.saturating_sub(count)..end).unwrap_or_default().to_vec());
        }
        let (mut low, mut high) = (0, tail.saturating_add(end as u64));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.reader.entries_from(*log, middle, 1)?.first().is_some_and(is_before) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let from = low.saturating_sub(count as u64);
        self.reader.entries_from(*log, from, low - from)
    }
}

/// Those of an event's runs that are looked at.
fn by_right(record: &StoredRecord) -> impl Iterator<Item = &LinkRun> {
    record.runs.iter().filter(|run| run.standing > Standing::Bystander as u8).take(RUNS_LOOKED_AT)
}

/// Whom one event confirms.
fn confirmed(
    reader: &Reader<'_>,
    directory: &Directory,
    (place, record): (Place, &StoredRecord),
) -> Result<BTreeSet<Vec<u8>>, StoreError> {
    Before::read(reader, std::iter::once(record))?.confirmed(directory, (place, record), &[])
}

/// Takes an event's part out of the sums, before its payload is erased: what it went into is made anew without it.
pub(super) fn forget(
    store: &dyn Read,
    directory: &Directory,
    erased: &BTreeSet<Place>,
    overlay: &mut Overlay<'_>,
) -> Result<(), StoreError> {
    let (reader, mut groups) = (Reader::new(store), BTreeMap::<Group, u64>::new());
    let mut confirmations = BTreeMap::<u64, BTreeSet<Vec<u8>>>::new();
    for place in erased {
        let Some((record, event)) = if_sound(event_at(&reader, *place))? else { continue };
        for (key, _) in if_sound(rows(store, directory, *place, (&record, &event)).map(Some))?.unwrap_or_default() {
            overlay.delete(Table::Reading, key);
        }
        let Some(judged) = judge_event(&event, record.block_time) else { continue };
        confirmations.entry(place.0).or_default().append(&mut confirmed(&reader, directory, (*place, &record))?);
        if let Some((group, _)) = group_of(directory, &record, &judged) {
            // Places ascend.
            groups.entry(group).or_insert(place.0);
        }
    }
    for (height, mut keys) in confirmations {
        // What another event of the block confirms too stays.
        for place in left_of(store, height, erased)? {
            let Some((record, _)) = if_sound(judged_at(&reader, place))? else { continue };
            confirmed(&reader, directory, (place, &record))?.iter().for_each(|key| {
                keys.remove(key);
            });
        }
        keys.into_iter().for_each(|key| overlay.delete(Table::Reading, key));
    }
    for (group, first) in groups {
        sum_anew(store, directory, (&group, first), erased, overlay)?;
    }
    Ok(())
}

/// Makes the sums of a group anew from a height on, without what is erased.
fn sum_anew(
    store: &dyn Read,
    directory: &Directory,
    (group, first): (&Group, u64),
    erased: &BTreeSet<Place>,
    overlay: &mut Overlay<'_>,
) -> Result<(), StoreError> {
    let (reader, mut heights, mut lowered) = (Reader::new(store), Vec::new(), BTreeMap::<u64, Vec<_>>::new());
    store.scan(Table::Reading, &sums_key(group, first), &sums_key(group, u64::MAX), &mut |key, _| {
        heights.extend(key.last_chunk().map(|height| u64::from_be_bytes(*height)));
        true
    })?;
    // An event counts less at its own height at the earliest.
    for (height, place, value) in less(store, group, (first, u64::MAX))? {
        match erased.contains(&place) {
            true => overlay.delete(Table::Reading, less_key(group, height, place)),
            false => lowered.entry(height).or_default().push((place, value)),
        }
    }
    let mut month = month_at(overlay, group, first.saturating_sub(1))?;
    for height in heights {
        let before = month.clone();
        // Once the month is over events only count less.
        let places = match is_within(store, height, group.2)? {
            true => left_of(store, height, erased)?,
            false => Vec::new(),
        };
        for place in places {
            // Most are another's: that is known without its payload.
            let author = reader.record(place.0, place.1)?.and_then(|record| directory.organisation(record.author));
            if author.is_none_or(|author| author.uri != group.0) {
                continue;
            }
            let Some((record, judged)) = if_sound(judged_at(&reader, place))? else { continue };
            if let Some((of, complete)) = group_of(directory, &record, &judged)
                && of == *group
            {
                month.complete.add(complete, place);
                judged.timeliness.into_iter().for_each(|timely| month.timely.add(timely, place));
            }
        }
        for (place, value) in lowered.remove(&height).unwrap_or_default() {
            month.complete.lower(value, place);
        }
        let key = sums_key(group, height);
        match month == before {
            true => overlay.delete(Table::Reading, key),
            false => overlay.put(Table::Reading, key, codec::encode(&month)),
        }
    }
    Ok(())
}

/// Whether the block of a height, of which something is recorded, is of a month.
fn is_within(store: &dyn Read, height: u64, end: Day) -> Result<bool, StoreError> {
    let mut month = None;
    records::scan(store, (height, 0), (height.saturating_add(1), 0), &mut |_, record| {
        month = month_of(&record);
        ControlFlow::Break(())
    })?;
    Ok(month == Some(end))
}

/// The events of a block that may follow a profile, but for those that are erased.
fn left_of(store: &dyn Read, height: u64, erased: &BTreeSet<Place>) -> Result<Vec<Place>, StoreError> {
    let (from, to) = (place_key(height, 0), place_key(height.saturating_add(1), 0));
    let mut places = Vec::new();
    store.scan(Table::Payload, &from, &to, &mut |key, value| {
        if may_follow(value.get(SALT_BYTES..).unwrap_or_default()) {
            places.extend(place_of(key).filter(|place| !erased.contains(place)));
        }
        true
    })?;
    Ok(places)
}

/// The facts of a firm's events up to a height.
pub(super) fn facts(store: &dyn Read, subject: &str, at_height: u64) -> Result<Vec<Fact>, StoreError> {
    let (reader, mut facts) = (Reader::new(store), Vec::new());
    let hash = |place: Place| {
        let record = reader.record(place.0, place.1)?;
        Ok(record.map(|record| record.record(place.0, place.1).hash()))
    };
    let prefix = [&[SUMS], subject.as_bytes(), &[0]].concat();
    // From the last group back to the first: of each the last row.
    let mut end = [prefix.as_slice(), &[u8::MAX; 17]].concat();
    while let Some((key, _)) = store.at_or_before(Table::Reading, &end)? {
        let Some((class, month)) = key.strip_prefix(prefix.as_slice()).and_then(group_in) else { break };
        let group = (subject.to_owned(), class, month);
        let found = month_at(store, &group, at_height)?;
        let is_confirmed = is_confirmed(store, subject, month, at_height)?;
        let of = (class, month, if is_confirmed { Source::BothSides } else { Source::OneSide });
        // Turned round in the end.
        facts.extend(found.timely.fact(Indicator::TraceTimeliness, of, &hash)?);
        facts.extend(found.complete.fact(Indicator::TraceCompleteness, of, &hash)?);
        end = sums_key(&group, 0);
    }
    facts.reverse();
    Ok(facts)
}

/// The sums of a group as they are after a height.
fn month_at(store: &dyn Read, group: &Group, height: u64) -> Result<Month, StoreError> {
    let found = store.at_or_before(Table::Reading, &sums_key(group, height))?;
    let first = sums_key(group, 0);
    match found.filter(|(key, _)| *key >= first) {
        Some((_, value)) => {
            codec::decode_trusted(&value).map_err(|error| StoreError::Corrupt(Table::Reading, format!("{error:?}")))
        }
        None => Ok(Month::default()),
    }
}

fn is_confirmed(store: &dyn Read, subject: &str, end: Day, at_height: u64) -> Result<bool, StoreError> {
    let (first, last) = (confirmed_key(subject, end, 0), confirmed_key(subject, end, at_height));
    Ok(store.at_or_before(Table::Reading, &last)?.is_some_and(|(key, _)| key >= first))
}

/// Days ascend as bytes.
fn day_bytes(day: Day) -> [u8; 8] {
    (day.number() ^ i64::MIN).to_be_bytes()
}

fn sums_key((subject, class, end): &Group, height: u64) -> Vec<u8> {
    let place = ProductClass::ALL.iter().position(|one| one == class).and_then(|place| u8::try_from(place).ok());
    [&[SUMS], subject.as_bytes(), &[0, place.unwrap_or(u8::MAX)], &day_bytes(*end), &height.to_be_bytes()].concat()
}

fn less_key(group: &Group, height: u64, place: Place) -> Vec<u8> {
    let mut key = sums_key(group, height);
    key.first_mut().into_iter().for_each(|table| *table = LESS);
    key.extend_from_slice(&place_key(place.0, place.1));
    key
}

/// The events of a group that count less from one height (included) on to another (not included): the height, the place,
/// and what they counted before.
fn less(store: &dyn Read, group: &Group, (from, to): (u64, u64)) -> Result<Vec<(u64, Place, u16)>, StoreError> {
    let (from, to) = (less_key(group, from, (0, 0)), less_key(group, to, (0, 0)));
    let mut found = Vec::new();
    store.scan(Table::Reading, &from, &to, &mut |key, value| {
        let row = key.split_last_chunk::<12>().and_then(|(sums, place)| {
            Some((u64::from_be_bytes(*sums.last_chunk()?), place_of(place)?, u16::from_be_bytes(*value.first_chunk()?)))
        });
        found.extend(row);
        true
    })?;
    Ok(found)
}

/// What behind the subject is in a key of sums.
fn group_in(rest: &[u8]) -> Option<(ProductClass, Day)> {
    let (class, rest) = rest.split_first()?;
    let day = rest.first_chunk().map(|day| Day::from_number(i64::from_be_bytes(*day) ^ i64::MIN))?;
    Some((*ProductClass::ALL.get(usize::from(*class))?, day))
}

fn confirmed_key(subject: &str, end: Day, height: u64) -> Vec<u8> {
    [&[CONFIRMED], subject.as_bytes(), &[0], &day_bytes(end), &height.to_be_bytes()].concat()
}

fn place_of(key: &[u8]) -> Option<Place> {
    let (height, index) = key.split_first_chunk()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::WriteSet;
    use crate::kv_memory::MemoryRead;
    use crate::log::{LogNode, Peaks};
    use crate::state::subject::{StoredRun, SubjectState, entry_key};

    const LOG: u64 = 3;

    /// A log of so many entries, three in each block.
    fn store_of(count: u64) -> (MemoryRead, Vec<StoredEntry>) {
        let mut log = StoredLog {
            state: SubjectState::founded(Hash([1; 32]), 1),
            peaks: Peaks::default(),
            base: 0,
            base_count: 0,
            recent: Vec::new(),
            subjects: 1,
            founded_height: 1,
            founded_index: 0,
        };
        let (mut writes, mut entries) = (WriteSet::default(), Vec::new());
        for number in 0..count {
            let entry = StoredEntry { height: 1 + number / 3, index: (number % 3 * 2) as u32, role: 1, standing: 2 };
            let node = LogNode::entry_of((Hash([1; 32]), 0, 0), Role::Own, Standing::Bystander);
            if let Some((place, row)) = log.push(entry, node) {
                writes.put(Table::Entry, entry_key(LOG, place), codec::encode(&row));
            }
            entries.push(entry);
        }
        writes.put(Table::Log, LOG.to_be_bytes(), codec::encode(&log));
        writes.put(Table::Run, 7u64.to_be_bytes(), codec::encode(&StoredRun { count: 2, log: LOG }));
        let mut store = MemoryRead::default();
        store.apply(&writes);
        (store, entries)
    }

    /// Goal: the entries before a place are the last 64 of them, however long the log is and wherever the place; of a log
    /// within one row all of them. Method: logs around each length at which they are read otherwise, every place in them,
    /// against all entries.
    #[test]
    fn entries_before_a_place() {
        for count in [0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 271, 272, 273, 700] {
            let (store, all) = store_of(count);
            let reader = Reader::new(&store);
            let mut before = Before::read(&reader, std::iter::empty()).unwrap();
            before.logs.insert(7, LOG);
            before.stored.insert(LOG, reader.log(LOG).unwrap());
            for place in (0..count / 3 + 3).flat_map(|height| (0..6).map(move |index| (height, index))) {
                let end = all.partition_point(|entry| (entry.height, entry.index) < place);
                let expected = &all[end.saturating_sub(ENTRIES_MAX)..end];
                assert_eq!(before.entries(7, place).unwrap(), expected, "{count} {place:?}");
            }
        }
    }
}
