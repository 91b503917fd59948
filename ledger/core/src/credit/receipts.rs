//! Shipments that nobody records to have received (`03-records.md` §3.9): after 72 hours the event of who shipped, and the
//! event of who receives only then, count no more than 700 for completeness.
//!
//! A shipment by one with a right to the things waits for the one organisation that it names, and for nobody else: so
//! strangers can neither receive it nor keep it from being received, a shipper loses by no other than whom it chose, and a
//! receiver by no other than who shipped to it what it then received. What is shipped to one who is not registered, or to
//! nobody, waits for nothing, since nobody there can record.
//!
//! Which shipments wait follows from records alone, never from payloads: these are kept for ever, so that an event that is
//! erased takes nothing from what others did. Only what an event counts is read out of its payload (`traced.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::reading::{Place, place_bytes, place_of};
use super::traced::Before;
use crate::derive::Step;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::record::{LinkRun, Role, Standing};
use crate::state::reader::Reader;
use crate::state::subject::{StoredEntry, StoredRecord};

/// Of shipments that wait: who is to receive BE8, a bucket of the things BE8, the place. The value says which ones of the bucket
/// they are, a bit each, BE8.
const WAITING: u8 = 22;
/// The same, by when they are to be received: the time BE8, the place.
const DUE: u8 = 23;
/// Of events that say that others' did not take place: the own number of one that is declared erroneous BE8.
const DECLARED: u8 = 25;
/// Of events that void shipments: the author BE8, a bucket BE8, the place. The value is as above.
const VOIDED: u8 = 26;
/// Of receipts that have received something: the place.
const SPENT: u8 = 27;
/// Up to which time what was due was taken, as in the keys of what is: what lies before is not looked through again.
const TAKEN: u8 = 28;

/// Within so long of its record a shipment is to be received.
const WAIT_MS: i64 = 72 * 3_600_000;
/// So many things with consecutive numbers share a bucket: few rows for a large shipment.
const BUCKET: u64 = u64::BITS as u64;
/// An event receives at most so many shipments, and as many rows of a bucket are looked at for it; the rest goes on waiting
/// for the next one.
const SHIPMENTS_MAX: usize = 1 << 12;
const ROWS_MAX: usize = 1 << 16;
/// So many events that void it are looked at.
const VOIDS_MAX: usize = 64;
/// So many of the things of an event are looked at for what was before, and so many entries of each.
const RUNS_LOOKED_AT: usize = 4;
const ENTRIES_LOOKED_AT: usize = 16;
/// Of a thing in a case on a pallet the shipment of the pallet is found.
const NESTING_MAX: usize = 3;

/// Follows shipments and receipts through blocks.
pub(super) struct Receipts<'a> {
    reader: &'a Reader<'a>,
    /// Events whose records are at hand, ascending.
    events: &'a [(Place, StoredRecord)],
    /// What was recorded of the things that are shipped.
    before: Before<'a>,
    /// What is due within these blocks.
    due: BTreeSet<(i64, Place)>,
    until: i64,
    late: Vec<(u64, Place)>,
}

impl<'a> Receipts<'a> {
    /// Takes all events of blocks, of which the heights and times are given, both ascending: which events count less from
    /// which height on, ascending by that.
    pub fn follow(
        reader: &'a Reader<'a>,
        events: &'a [(Place, StoredRecord)],
        blocks: &[(u64, i64)],
        overlay: &mut Overlay<'_>,
    ) -> Result<Vec<(u64, Place)>, StoreError> {
        let Some((_, until)) = blocks.last() else { return Ok(Vec::new()) };
        let shipped = events.iter().map(|(_, record)| record).filter(|record| waits_for(record).is_some());
        let mut receipts = Receipts {
            reader,
            events,
            before: Before::read(reader, shipped)?,
            due: due(overlay, *until)?,
            until: *until,
            late: Vec::new(),
        };
        let mut rest = events.iter().peekable();
        for (height, time) in blocks {
            // What comes in the very moment is in time.
            receipts.pass(*height, time.saturating_sub(1), overlay)?;
            while let Some((place, record)) = rest.next_if(|((at, _), _)| at <= height) {
                receipts.take(*place, record, overlay)?;
            }
            receipts.pass(*height, *time, overlay)?;
        }
        Ok(receipts.late)
    }

    fn take(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        if record.mask & Role::Own.bit() != 0 {
            let own = record.runs.iter().filter(|run| run.role == Role::Own as u8);
            own.for_each(|run| overlay.put(Table::Reading, number_key(DECLARED, run.first), []));
            return Ok(());
        }
        match record.effect.step() {
            Some(Step::Shipping) => self.ship(place, record, overlay),
            Some(Step::Receiving) => self.receive(place, record, overlay),
            Some(Step::VoidShipping) => {
                put(overlay, (VOIDED, record.author), place, moved(record));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn ship(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let Some(receiver) = waits_for(record) else { return Ok(()) };
        if self.was_received((place, record), receiver, overlay)? {
            return Ok(());
        }
        put(overlay, (WAITING, receiver), place, by_right(record));
        let by = received_by(record);
        overlay.put(Table::Reading, due_key((by, place)), []);
        if by <= self.until {
            self.due.insert((by, place));
        }
        Ok(())
    }

    /// Whether a receiver has recorded the receipt before who shipped the things recorded that: then this is what it received.
    /// It had no right to them yet, but it is the one whom the shipment names.
    fn was_received(
        &mut self,
        (place, record): (Place, &StoredRecord),
        receiver: u64,
        overlay: &mut Overlay<'_>,
    ) -> Result<bool, StoreError> {
        for run in by_right(record).take(RUNS_LOOKED_AT) {
            let entries = self.before.entries(run.first, place)?;
            for entry in entries.iter().rev().filter(|entry| is_moved(entry.role)).take(ENTRIES_LOOKED_AT) {
                let Some(other) = self.record((entry.height, entry.index))? else { continue };
                if record.block_time.saturating_sub(other.block_time) > WAIT_MS {
                    break;
                }
                let is_receipt = other.author == receiver && other.effect.step() == Some(Step::Receiving);
                let spent = place_key(&[SPENT], (entry.height, entry.index));
                if is_receipt && !is_declared(overlay, &other)? && overlay.get(Table::Reading, &spent)?.is_none() {
                    overlay.put(Table::Reading, spent, []);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn receive(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let mut found = self.waiting(record.author, &spans(moved(record)), overlay)?;
        if found.is_empty() && is_awaiting(overlay, record.author)? {
            found = self.waiting_around((place, record), overlay)?;
        }
        if !found.is_empty() {
            overlay.put(Table::Reading, place_key(&[SPENT], place), []);
        }
        // Who has waited in vain for one shipment receives the next one in time all the same.
        let mut last = None;
        for (at, shipment) in found.iter().rev() {
            if !self.is_void((*at, shipment), overlay)? {
                last = Some(shipment);
                break;
            }
        }
        if last.is_some_and(|shipment| record.block_time > received_by(shipment)) {
            self.late.push((place.0, place));
        }
        for (at, shipment) in &found {
            for bucket in buckets(&spans(by_right(shipment))).into_keys() {
                overlay.delete(Table::Reading, bucket_key((WAITING, record.author), bucket, *at));
            }
            let due = (received_by(shipment), *at);
            self.due.remove(&due);
            overlay.delete(Table::Reading, due_key(due));
        }
        Ok(())
    }

    /// The shipments of some of these things that wait for a receiver.
    fn waiting(
        &self,
        receiver: u64,
        things: &[Range<u64>],
        overlay: &Overlay<'_>,
    ) -> Result<BTreeMap<Place, StoredRecord>, StoreError> {
        let places = of_things(overlay, (WAITING, receiver), (things, FIRST), SHIPMENTS_MAX)?;
        let mut found = BTreeMap::new();
        for place in places {
            found.extend(self.record(place)?.map(|shipment| (place, shipment)));
        }
        Ok(found)
    }

    /// Those of what its things were put into or taken out of last, or of what was put into them: who has received a case
    /// may name what is in it, and the other way round.
    fn waiting_around(
        &self,
        (place, record): (Place, &StoredRecord),
        overlay: &Overlay<'_>,
    ) -> Result<BTreeMap<Place, StoredRecord>, StoreError> {
        for (own, other) in [(Role::Child, Role::Parent), (Role::Parent, Role::Child)] {
            let mut runs: Vec<LinkRun> = moved(record).take(RUNS_LOOKED_AT).copied().collect();
            for _ in 0..NESTING_MAX {
                let mut next = Vec::new();
                let mut before = Before::of(self.reader, runs.iter().map(|run| run.first).collect())?;
                for run in &runs {
                    let entries = before.entries(run.first, place)?;
                    let is_packing =
                        |entry: &&StoredEntry| entry.role == own as u8 && entry.standing > Standing::Bystander as u8;
                    let Some(entry) = entries.iter().rfind(is_packing) else { continue };
                    let packing = self.record((entry.height, entry.index))?;
                    next.extend(packing.iter().flat_map(|packing| &packing.runs).filter(|run| run.role == other as u8));
                }
                let found = self.waiting(record.author, &spans(next.iter()), overlay)?;
                if !found.is_empty() {
                    return Ok(found);
                }
                next.truncate(RUNS_LOOKED_AT);
                runs = next;
            }
        }
        Ok(BTreeMap::new())
    }

    /// What is due up to a time and was not received counts less from a height on, unless it did not take place.
    fn pass(&mut self, height: u64, until: i64, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        while let Some(due) = self.due.first().copied().filter(|(by, _)| *by <= until) {
            self.due.remove(&due);
            overlay.delete(Table::Reading, due_key(due));
            let Some(shipment) = self.record(due.1)? else { continue };
            if !self.is_void((due.1, &shipment), overlay)? {
                self.late.push((height, due.1));
            }
        }
        Ok(())
    }

    /// Whether its author has voided a shipment, or declared it erroneous.
    fn is_void(&self, (place, shipment): (Place, &StoredRecord), overlay: &Overlay<'_>) -> Result<bool, StoreError> {
        if is_declared(overlay, shipment)? {
            return Ok(true);
        }
        let things = spans(by_right(shipment));
        for void in of_things(overlay, (VOIDED, shipment.author), (&things, place), VOIDS_MAX)? {
            if let Some(void) = self.record(void)?
                && !is_declared(overlay, &void)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn record(&self, place: Place) -> Result<Option<StoredRecord>, StoreError> {
        match self.events.binary_search_by_key(&place, |(at, _)| *at) {
            Ok(found) => Ok(self.events.get(found).map(|(_, record)| record.clone())),
            Err(_) => self.reader.record(place.0, place.1),
        }
    }
}

/// Who is to receive what an event ships, if somebody is who can.
fn waits_for(record: &StoredRecord) -> Option<u64> {
    let is_declaration = record.mask & Role::Own.bit() != 0;
    let to = record.effect.ships_to().filter(|to| *to != record.author && !is_declaration)?;
    by_right(record).next().map(|_| to)
}

/// Up to when a shipment is received in time.
fn received_by(shipment: &StoredRecord) -> i64 {
    shipment.block_time.saturating_add(WAIT_MS)
}

/// Whether an event is declared erroneous, as far as blocks were taken.
fn is_declared(overlay: &Overlay<'_>, record: &StoredRecord) -> Result<bool, StoreError> {
    Ok(overlay.get(Table::Reading, &number_key(DECLARED, record.own))?.is_some())
}

/// Whether anything waits for a receiver.
fn is_awaiting(overlay: &Overlay<'_>, receiver: u64) -> Result<bool, StoreError> {
    let (from, to) = (bucket_key((WAITING, receiver), 0, FIRST), bucket_key((WAITING, receiver), u64::MAX, LAST));
    let mut is_any = false;
    overlay.scan(Table::Reading, &from, &to, &mut |_, _| {
        is_any = true;
        false
    })?;
    Ok(is_any)
}

/// Takes what is due up to a time.
fn due(overlay: &mut Overlay<'_>, until: i64) -> Result<BTreeSet<(i64, Place)>, StoreError> {
    let (from, to) = (overlay.get(Table::Reading, &[TAKEN])?, due_key((until, LAST)));
    let mut due = BTreeSet::new();
    overlay.scan(Table::Reading, from.as_deref().unwrap_or(&[DUE]), &to, &mut |key, _| {
        let by = key.get(1..).and_then(<[u8]>::first_chunk).map(|by| u64::from_be_bytes(*by).cast_signed() ^ i64::MIN);
        due.extend(by.zip(place_of(key)));
        true
    })?;
    overlay.put(Table::Reading, [TAKEN], to);
    Ok(due)
}

/// Whether an event that ships or receives moves what it names in this role.
fn is_moved(role: u8) -> bool {
    [Role::Epc as u8, Role::Parent as u8, Role::Child as u8].contains(&role)
}

fn moved(record: &StoredRecord) -> impl Iterator<Item = &LinkRun> {
    record.runs.iter().filter(|run| is_moved(run.role))
}

fn by_right(record: &StoredRecord) -> impl Iterator<Item = &LinkRun> {
    moved(record).filter(|run| run.standing > Standing::Bystander as u8)
}

/// The numbers of things in runs: apart from each other, ascending.
fn spans<'a>(runs: impl Iterator<Item = &'a LinkRun>) -> Vec<Range<u64>> {
    let mut spans: Vec<Range<u64>> =
        runs.map(|run| run.first..run.first.saturating_add(run.count.into())).filter(|span| !span.is_empty()).collect();
    spans.sort_unstable_by_key(|span| span.start);
    spans.dedup_by(|next, span| {
        let is_joined = next.start <= span.end;
        if is_joined {
            span.end = span.end.max(next.end);
        }
        is_joined
    });
    spans
}

/// In which buckets things are, and which ones of each, a bit each.
fn buckets(spans: &[Range<u64>]) -> BTreeMap<u64, u64> {
    let mut buckets = BTreeMap::new();
    for span in spans {
        for bucket in span.start / BUCKET..=span.end.saturating_sub(1) / BUCKET {
            let first = bucket.saturating_mul(BUCKET);
            let (from, to) = (span.start.max(first) - first, span.end.saturating_sub(first).min(BUCKET));
            let things = (from..to).fold(0, |things, thing| things | 1 << thing);
            *buckets.entry(bucket).or_insert(0) |= things;
        }
    }
    buckets
}

/// Before every place, and behind it.
const FIRST: Place = (0, 0);
const LAST: Place = (u64::MAX, u32::MAX);

fn number_key(table: u8, number: u64) -> Vec<u8> {
    [&[table], number.to_be_bytes().as_slice()].concat()
}

fn place_key(of: &[u8], place: Place) -> Vec<u8> {
    [of, &place_bytes(place)].concat()
}

fn bucket_key((table, party): (u8, u64), bucket: u64, place: Place) -> Vec<u8> {
    place_key(&[number_key(table, party).as_slice(), &bucket.to_be_bytes()].concat(), place)
}

/// Notes an event under the buckets of its things.
fn put<'a>(overlay: &mut Overlay<'_>, of: (u8, u64), place: Place, runs: impl Iterator<Item = &'a LinkRun>) {
    for (bucket, things) in buckets(&spans(runs)) {
        overlay.put(Table::Reading, bucket_key(of, bucket, place), things.to_be_bytes());
    }
}

/// The first events, from a place on, that are noted under some of these things.
fn of_things(
    overlay: &Overlay<'_>,
    of: (u8, u64),
    (things, from): (&[Range<u64>], Place),
    count_max: usize,
) -> Result<BTreeSet<Place>, StoreError> {
    let mut places = BTreeSet::new();
    for (bucket, things) in buckets(things) {
        let mut rows = 0usize;
        let (from, to) = (bucket_key(of, bucket, from), bucket_key(of, bucket, LAST));
        overlay.scan(Table::Reading, &from, &to, &mut |key, value| {
            let is_of = value.first_chunk().is_some_and(|of| u64::from_be_bytes(*of) & things != 0);
            places.extend(place_of(key).filter(|_| is_of));
            rows += 1;
            rows < ROWS_MAX && places.len() < count_max
        })?;
    }
    Ok(places)
}

/// Times ascend as bytes.
fn due_key((by, place): (i64, Place)) -> Vec<u8> {
    place_key(&number_key(DUE, (by ^ i64::MIN).cast_unsigned()), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: things are in their buckets, and nothing else is. Method: spans around the ends of buckets, against
    /// the numbers one by one.
    #[test]
    fn spans_and_buckets() {
        let run = |first: u64, count: u32| LinkRun { role: 1, standing: 2, first, count };
        let lists = [
            vec![],
            vec![run(0, 1)],
            vec![run(63, 2)],
            vec![run(64, 64)],
            vec![run(5, 200), run(300, 1)],
            vec![run(10, 5), run(12, 8), run(20, 1), run(128, 1)],
            vec![run(130, 3), run(1, 1)],
        ];
        let numbers = |runs: &[LinkRun]| -> BTreeSet<u64> {
            runs.iter().flat_map(|run| run.first..run.first + u64::from(run.count)).collect()
        };
        for one in &lists {
            let spans_of = spans(one.iter());
            let found = buckets(&spans_of).into_iter().flat_map(|(bucket, things)| {
                (0..BUCKET).filter(move |thing| things >> thing & 1 == 1).map(move |thing| bucket * BUCKET + thing)
            });
            assert_eq!(found.collect::<BTreeSet<u64>>(), numbers(one), "{one:?}");
        }
    }
}
