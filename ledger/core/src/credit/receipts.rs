//! Shipments that nobody records to have received (`03-records.md` §3.9): after 72 hours the event of who shipped, and the
//! event of who receives only then, count no more than 700 for completeness.
//!
//! A shipment by one who holds the things, or has more of a right to them, waits for the one organisation that it names, and
//! for nobody else: so strangers can neither receive it nor keep it from being received, a shipper loses by no other than
//! whom it chose, and a receiver by no other than who shipped to it what it then received. What is shipped to one who is not
//! registered, or to nobody, waits for nothing, since nobody there can record.
//!
//! Who can ship is who holds one of the things by a confirmed receipt or was named as its receiver, owns its key or is an
//! authority; and so is who has first named a key whose prefix nobody has bound, or still has some of a lot that it once
//! held. Such a one can ship what it does not send: then its receiver, if it names the thing later, is late for nothing.
//!
//! A receipt receives what is shipped of its things to its receiver up to 72 hours before and after it: so it does not matter
//! who records first, nor how often, and a shipment can be corrected meanwhile. Once a shipment was not received in time,
//! every receipt of things of which it is the last shipment is late, for [`LATE_MS`]: else a receipt that counts nothing
//! would clear the way for the one that does.
//!
//! Which shipments wait follows from records alone, never from payloads: these are kept for ever, so that an event that is
//! erased takes nothing from what others did. Only what an event counts is read out of its payload (`traced.rs`).
//!
//! Every row ends: that of a shipment when it is received in time, voided or declared erroneous, else [`LATE_MS`] after it
//! was due; that of a receipt after [`WAIT_MS`], or when it is declared erroneous. The rows only say where to look: whether
//! it is too late is told by the times of the records, so that rows may end later. A block takes no more than [`DUE_MAX`]
//! that are due: after a halt the rest counts less from the next blocks on.
//!
//! An event is in no more than twice [`BUCKETS_MAX`] lists, and a shipment in one more by which it is voided; no list has more
//! than [`LISTED_MAX`] places, and for no event more than [`ROWS_MAX`] and [`ROWS_AROUND_MAX`] of them are searched. Lists are
//! written once for many blocks. What else is read of others is taken away with it, so that they have paid for it.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::reading::{Place, place_bytes, place_of};
use super::rows::RowKind;
use super::traced::Before;
use crate::derive::Step;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::record::{LinkRun, Role, Standing};
use crate::state::erased::tag_of;
use crate::state::reader::Reader;
use crate::state::subject::{StoredEntry, StoredRecord};

/// Lists of the shipments that wait: who is to receive BE8, a bucket of the things BE8, who has shipped BE8. The value is the
/// place of each, ascending, with which ones of the bucket it ships, a bit each, BE8.
const WAITING: u8 = RowKind::Waiting as u8;
/// Of what ends at a time: the time BE8, the place.
const DUE: u8 = RowKind::Due as u8;
/// The same as the lists of what waits, by whom it is voided: who has shipped BE8, the first bucket BE8, who is to receive BE8.
const SENT: u8 = RowKind::Sent as u8;
/// Lists of receipts, whose shipments may be recorded later: who has received BE8, a bucket BE8, zero BE8. The value is likewise.
const EARLY: u8 = RowKind::Early as u8;
/// Up to where what was due was taken, as in the keys of what is: what lies before is not looked through again.
const TAKEN: u8 = RowKind::Taken as u8;
/// Lists of the last shipment of each thing, if it waits or was not received in time: who is to receive BE8, a bucket BE8, zero
/// BE8. The value is likewise; no thing is there twice.
const LAST: u8 = RowKind::Last as u8;

const HOUR_MS: i64 = 3_600_000;
/// Within so long of its record a shipment is to be received, and a receipt to be shipped.
const WAIT_MS: i64 = 72 * HOUR_MS;
/// For so long after that receipts of a shipment's things are late.
const LATE_MS: i64 = 30 * 24 * HOUR_MS;
/// So many things with consecutive numbers share a bucket: few rows for a large shipment.
pub(super) const BUCKET: u64 = u64::BITS as u64;
/// An event waits under so many buckets, the first ones of its things.
pub(super) const BUCKETS_MAX: usize = 32;
/// So many wait in one list: as many things as a bucket has, each shipped by itself. The first one makes room for another.
const LISTED_MAX: usize = BUCKET as usize;
/// So many lists are looked for and read for the things that an event names.
const ROWS_MAX: usize = 256;
/// And so many for what these are packed with.
const ROWS_AROUND_MAX: usize = 64;
/// An event receives so many shipments, the last ones; the rest goes on waiting for the next event.
const RECEIVED_MAX: usize = 256;
/// And so many are looked at for one that voids, the last ones of which it names all in the first bucket.
const VOIDED_MAX: usize = 16;
/// Of so many things of a receipt it is looked up what they were packed with, and again of so many of what is found, to so
/// many levels.
const LOOKED_AT: [usize; 3] = [16, 4, 4];
/// In so many entries of each: who has no right to a thing hides by fewer entries nothing.
const ENTRIES_LOOKED_AT: usize = 256;
/// No more records of packings are read for a receipt once they have so many runs of things together.
const RUNS_AROUND_MAX: usize = 1 << 10;
/// So many are taken that are due, in one block.
const DUE_MAX: usize = 1 << 14;
/// So many of these are in memory at once.
const DUE_AT_ONCE: usize = 1 << 10;

/// Things by their numbers: which ones of a bucket, a bit each. None is there without any.
type Things = BTreeMap<u64, u64>;

/// A shipment that is to be received.
struct Shipment {
    author: u64,
    receiver: u64,
    /// Up to when it is received in time.
    by: i64,
    /// Those that its author holds.
    things: Things,
}

impl Shipment {
    fn of(record: &StoredRecord) -> Option<Shipment> {
        let is_declaration = record.mask & Role::Own.bit() != 0;
        let receiver = record.effect.ships_to().filter(|to| *to != record.author && !is_declaration)?;
        let things = things(moved(record).filter(|run| run.standing >= Standing::Holder as u8));
        let by = record.block_time.saturating_add(WAIT_MS);
        (!things.is_empty()).then_some(Shipment { author: record.author, receiver, by, things })
    }

    /// In which lists it waits, and as what.
    fn waiting(&self) -> impl Iterator<Item = (Vec<u8>, u64)> {
        first_of(&self.things)
            .map(|(bucket, things)| (list_key((WAITING, self.receiver), *bucket, self.author), *things))
    }

    /// In which one it is voided.
    fn sent(&self) -> impl Iterator<Item = (Vec<u8>, u64)> {
        let first = first_of(&self.things).take(1);
        first.map(|(bucket, things)| (list_key((SENT, self.author), *bucket, self.receiver), *things))
    }

    /// In which ones it is the last.
    fn last(&self) -> impl Iterator<Item = (Vec<u8>, u64)> {
        first_of(&self.things).map(|(bucket, things)| (list_key((LAST, self.receiver), *bucket, 0), *things))
    }
}

/// What counts less, and what was not read.
pub(super) struct Followed {
    /// Which events count less from which height on, ascending by that.
    pub late: Vec<(u64, Place)>,
    /// The first block that was left for another time, since so much was due before.
    pub unread: Option<u64>,
}

/// Follows shipments and receipts through blocks.
pub(super) struct Receipts<'a> {
    reader: &'a Reader<'a>,
    /// Events whose records are at hand, ascending.
    events: &'a [(Place, StoredRecord)],
    lists: Lists,
    /// Up to where what is due was taken, as a key of it.
    taken: Vec<u8>,
    late: Vec<(u64, Place)>,
}

impl<'a> Receipts<'a> {
    /// Takes all events of blocks, of which the heights and times are given, both ascending; or only those of the first ones.
    pub fn follow(
        reader: &'a Reader<'a>,
        events: &'a [(Place, StoredRecord)],
        blocks: &[(u64, i64)],
        overlay: &mut Overlay<'_>,
    ) -> Result<Followed, StoreError> {
        if blocks.is_empty() {
            return Ok(Followed { late: Vec::new(), unread: None });
        }
        let taken = overlay.get(Table::Reading, &[TAKEN])?.unwrap_or_else(|| vec![DUE]);
        let mut receipts = Receipts { reader, events, lists: Lists::default(), taken, late: Vec::new() };
        let (mut rest, mut count, mut unread) = (events.iter().peekable(), 0usize, None);
        for (height, time) in blocks {
            if count >= DUE_MAX {
                unread = Some(*height);
                break;
            }
            let mut left = DUE_MAX;
            // What comes in the very moment is in time.
            receipts.pass((*height, time.saturating_sub(1)), &mut left, overlay)?;
            while let Some((place, record)) = rest.next_if(|((at, _), _)| at <= height) {
                receipts.take(*place, record, overlay)?;
            }
            receipts.pass((*height, *time), &mut left, overlay)?;
            count = count.saturating_add(DUE_MAX - left);
        }
        receipts.lists.write(overlay);
        overlay.put(Table::Reading, [TAKEN], &receipts.taken);
        Ok(Followed { late: receipts.late, unread })
    }

    fn take(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        if record.mask & Role::Own.bit() != 0 {
            let own = record.runs.iter().filter(|run| run.role == Role::Own as u8);
            return own.map(|run| run.first).try_for_each(|own| self.declare(own, overlay));
        }
        match record.effect.step() {
            Some(Step::Shipping) => self.ship(place, record, overlay),
            Some(Step::Receiving) => self.receive(place, record, overlay),
            Some(Step::VoidShipping) => self.void(record, overlay),
            _ => Ok(()),
        }
    }

    fn ship(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let Some(shipment) = Shipment::of(record) else { return Ok(()) };
        let was_received = self.was_received(&shipment, record.block_time, overlay)?;
        for (key, things) in shipment.last() {
            self.lists.change(overlay, key, |listed| {
                listed.iter_mut().for_each(|(_, of)| *of &= !things);
                listed.retain(|(_, of)| *of != 0);
                listed.extend((!was_received).then_some((place, things)));
            })?;
        }
        if was_received {
            return Ok(());
        }
        for (key, things) in shipment.waiting().chain(shipment.sent()) {
            // The list is not to grow: of who lets so many wait the first one is not waited for any longer.
            let listed = self.lists.listed(overlay, &key)?;
            let first = listed.first().filter(|_| listed.len() >= LISTED_MAX).map(|(first, _)| *first);
            if let Some(first) = first
                && let Some(first_of_them) = self.shipment(first)?
            {
                self.close((first, &first_of_them), overlay)?;
            }
            self.lists.add(overlay, key, (place, things))?;
        }
        overlay.put(Table::Reading, due_key((shipment.by, place)), []);
        Ok(())
    }

    /// Whether a receiver has recorded a receipt before who shipped the things recorded that: then this is what it received.
    /// It had no right to them yet, but it is the one whom the shipment names.
    fn was_received(&self, shipment: &Shipment, now: i64, overlay: &Overlay<'_>) -> Result<bool, StoreError> {
        let mut last = None;
        for (bucket, things) in first_of(&shipment.things) {
            let listed = self.lists.listed(overlay, &list_key((EARLY, shipment.receiver), *bucket, 0))?;
            last = last.max(listed.iter().rfind(|(_, of)| of & things != 0).map(|(place, _)| *place));
        }
        let Some(last) = last else { return Ok(false) };
        Ok(self.record(last)?.is_some_and(|receipt| receipt.block_time.saturating_add(WAIT_MS) >= now))
    }

    /// Receives what waits of its things, and for the rest of them what waits of what they were packed with; and what is
    /// shipped of them by an event that is recorded later.
    fn receive(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let mut rest = things(moved(record));
        let early: Vec<(u64, u64)> = first_of(&rest).map(|(bucket, things)| (*bucket, *things)).collect();
        let received = self.receive_things(record, &mut rest, &mut { ROWS_MAX }, overlay)?;
        let around = self.receive_around((place, record), rest, overlay)?;
        if received == Received::Late || around == Received::Late {
            self.late.push((place.0, place));
        }
        for (bucket, things) in &early {
            self.lists.add(overlay, list_key((EARLY, record.author), *bucket, 0), (place, *things))?;
        }
        if !early.is_empty() {
            overlay.put(Table::Reading, due_key((record.block_time.saturating_add(WAIT_MS), place)), []);
        }
        Ok(())
    }

    /// Receives the last shipments of some things that wait, and takes these away. It is late if the last shipment of one of
    /// the things was not received in time: who has waited in vain for one shipment receives the next one in time all the
    /// same.
    fn receive_things(
        &mut self,
        record: &StoredRecord,
        things: &mut Things,
        rows: &mut usize,
        overlay: &mut Overlay<'_>,
    ) -> Result<Received, StoreError> {
        let (now, lists_max) = (record.block_time, *rows);
        let found = self.lists.find(overlay, (WAITING, record.author), things, rows, |of, asked| of & asked != 0)?;
        let mut received = Received::Nothing;
        for place in found.into_iter().rev().take(RECEIVED_MAX) {
            let Some(shipment) = self.shipment(place)?.filter(|shipment| now <= shipment.by) else { continue };
            remove(things, &shipment.things);
            self.close((place, &shipment), overlay)?;
            received = Received::InTime;
        }
        let (mut of_late, mut shipments) = (Things::new(), BTreeSet::new());
        for (bucket, asked) in things.iter().take(lists_max) {
            let listed = self.lists.listed(overlay, &list_key((LAST, record.author), *bucket, 0))?;
            for (place, of) in listed.iter().filter(|(_, of)| of & asked != 0) {
                shipments.insert(*place);
                *of_late.entry(*bucket).or_default() |= of;
            }
        }
        remove(things, &of_late);
        // The first one that can still be late is so, if any is.
        for place in shipments.into_iter().take(RECEIVED_MAX) {
            let Some(shipment) = self.shipment(place)? else { continue };
            if now <= shipment.by.saturating_add(LATE_MS) {
                return Ok(if now > shipment.by { Received::Late } else { received });
            }
        }
        Ok(received)
    }

    /// Receives shipments of what things were put into or taken out of last, or of what was put into them: who has received
    /// a case may name what is in it, and the other way round.
    fn receive_around(
        &mut self,
        (place, record): (Place, &StoredRecord),
        things: Things,
        overlay: &mut Overlay<'_>,
    ) -> Result<Received, StoreError> {
        let first = some_of(&things, LOOKED_AT.first().copied().unwrap_or_default());
        let (mut rows, mut runs) = (ROWS_AROUND_MAX, RUNS_AROUND_MAX);
        for (own, other) in [(Role::Child, Role::Parent), (Role::Parent, Role::Child)] {
            let mut numbers = first.clone();
            for count in LOOKED_AT.into_iter().skip(1).map(Some).chain([None]) {
                let mut around = self.packed_with(&numbers, place, (own, other), &mut runs)?;
                if around.is_empty() || rows == 0 {
                    break;
                }
                let received = self.receive_things(record, &mut around, &mut rows, overlay)?;
                if received != Received::Nothing {
                    return Ok(received);
                }
                numbers = count.map(|count| some_of(&around, count)).unwrap_or_default();
            }
        }
        Ok(Received::Nothing)
    }

    /// With what things were packed last before a place, by somebody with a right to them, as far as so many runs of things
    /// tell.
    fn packed_with(
        &self,
        numbers: &[u64],
        place: Place,
        (own, other): (Role, Role),
        runs: &mut usize,
    ) -> Result<Things, StoreError> {
        if *runs == 0 || numbers.is_empty() {
            return Ok(Things::new());
        }
        let mut before = Before::of(self.reader, numbers.to_vec())?;
        let mut packings = BTreeSet::new();
        for number in numbers {
            let entries = before.last(*number, place, ENTRIES_LOOKED_AT)?;
            let is_packing = |entry: &&StoredEntry| entry.role == own as u8 && entry.standing >= Standing::Holder as u8;
            packings.extend(entries.iter().rfind(is_packing).map(|entry| (entry.height, entry.index)));
        }
        let mut found = Things::new();
        for packing in packings {
            if *runs == 0 {
                break;
            }
            let Some(record) = self.record(packing)? else { continue };
            let others = record.runs.iter().filter(|run| run.role == other as u8).take(*runs);
            for (bucket, bits) in things(others) {
                *found.entry(bucket).or_default() |= bits;
            }
            *runs = runs.saturating_sub(record.runs.len());
        }
        Ok(found)
    }

    /// Closes the last of its author's shipments of all of whose things it says that they were not shipped. Of a lot that
    /// was shipped more than once it says so once.
    fn void(&mut self, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let (mut rest, mut rows) = (things(moved(record)), ROWS_MAX);
        let fits = |of: u64, asked: u64| of & !asked == 0;
        let found = self.lists.find(overlay, (SENT, record.author), &rest, &mut rows, fits)?;
        for place in found.into_iter().rev().take(VOIDED_MAX) {
            let Some(shipment) = self.shipment(place)? else { continue };
            let is_in = |(bucket, things): (&u64, &u64)| rest.get(bucket).is_some_and(|rest| things & !rest == 0);
            if shipment.things.iter().all(is_in) {
                remove(&mut rest, &shipment.things);
                self.close((place, &shipment), overlay)?;
            }
        }
        Ok(())
    }

    /// What is declared erroneous is not waited for. A receipt that has received something stays one: what the receiver
    /// takes back costs the shipper nothing.
    fn declare(&mut self, own: u64, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let Some(event) = self.reader.event(tag_of(self.reader.store(), own)?)? else { return Ok(()) };
        let place = (event.height, event.index);
        let Some(record) = self.record(place)? else { return Ok(()) };
        match Shipment::of(&record) {
            Some(shipment) => self.close((place, &shipment), overlay),
            None if record.effect.step() == Some(Step::Receiving) => {
                self.end_receipt((record.block_time.saturating_add(WAIT_MS), place), &record, overlay)
            }
            None => Ok(()),
        }
    }

    /// What is due up to a time and was not received counts less from a height on; a while later no receipt is late for it any
    /// more. So much of it is taken, or less.
    fn pass(
        &mut self,
        (height, until): (u64, i64),
        left: &mut usize,
        overlay: &mut Overlay<'_>,
    ) -> Result<(), StoreError> {
        let end = due_key((until, (u64::MAX, u32::MAX)));
        while *left > 0 && self.taken < end {
            let some = due(overlay, (&self.taken, &end), (*left).min(DUE_AT_ONCE))?;
            let Some(last) = some.last().copied() else {
                self.taken = end;
                break;
            };
            *left = left.saturating_sub(some.len());
            for due in some {
                self.end(height, due, overlay)?;
            }
            self.taken = due_key(last);
        }
        Ok(())
    }

    fn end(&mut self, height: u64, due: (i64, Place), overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        overlay.delete(Table::Reading, due_key(due));
        let Some(record) = self.record(due.1)? else { return Ok(()) };
        match Shipment::of(&record) {
            Some(shipment) if due.0 == shipment.by => {
                self.late.push((height, due.1));
                shipment.waiting().try_for_each(|(key, _)| self.lists.take_out(overlay, key, due.1))?;
                overlay.put(Table::Reading, due_key((shipment.by.saturating_add(LATE_MS), due.1)), []);
                Ok(())
            }
            Some(shipment) => self.take_out(due.1, &shipment, overlay),
            None => self.end_receipt(due, &record, overlay),
        }
    }

    /// Takes a shipment's rows away.
    fn close(&mut self, (place, shipment): (Place, &Shipment), overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let by = due_key((shipment.by, place));
        let ends = if by <= self.taken { due_key((shipment.by.saturating_add(LATE_MS), place)) } else { by };
        overlay.delete(Table::Reading, ends);
        self.take_out(place, shipment, overlay)
    }

    fn take_out(&mut self, place: Place, shipment: &Shipment, overlay: &Overlay<'_>) -> Result<(), StoreError> {
        let mut rows = shipment.waiting().chain(shipment.sent()).chain(shipment.last());
        rows.try_for_each(|(key, _)| self.lists.take_out(overlay, key, place))
    }

    /// Takes a receipt's rows away.
    fn end_receipt(
        &mut self,
        due: (i64, Place),
        record: &StoredRecord,
        overlay: &mut Overlay<'_>,
    ) -> Result<(), StoreError> {
        for (bucket, _) in first_of(&things(moved(record))) {
            self.lists.take_out(overlay, list_key((EARLY, record.author), *bucket, 0), due.1)?;
        }
        overlay.delete(Table::Reading, due_key(due));
        Ok(())
    }

    fn shipment(&self, place: Place) -> Result<Option<Shipment>, StoreError> {
        Ok(self.record(place)?.and_then(|record| Shipment::of(&record)))
    }

    fn record(&self, place: Place) -> Result<Option<Cow<'a, StoredRecord>>, StoreError> {
        match self.events.binary_search_by_key(&place, |(at, _)| *at) {
            Ok(found) => Ok(self.events.get(found).map(|(_, record)| Cow::Borrowed(record))),
            Err(_) => Ok(self.reader.record(place.0, place.1)?.map(Cow::Owned)),
        }
    }
}

/// What a receipt has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Received {
    Nothing,
    InTime,
    Late,
}

/// So many that are due, from behind one key up to another.
fn due(overlay: &Overlay<'_>, (from, to): (&[u8], &[u8]), count: usize) -> Result<Vec<(i64, Place)>, StoreError> {
    let mut due = Vec::new();
    overlay.scan(Table::Reading, from, to, &mut |key, _| {
        let by = key.get(1..).and_then(<[u8]>::first_chunk).map(|by| u64::from_be_bytes(*by).cast_signed() ^ i64::MIN);
        due.extend(by.zip(place_of(key)));
        due.len() < count
    })?;
    // What is due again, since a shipment was not received, is behind these.
    let end = due.first().map_or(i64::MAX, |(by, _)| by.saturating_add(LATE_MS));
    due.retain(|(by, _)| *by < end);
    Ok(due)
}

/// What an event that ships or receives moves.
fn moved(record: &StoredRecord) -> impl Iterator<Item = &LinkRun> {
    let roles = [Role::Epc as u8, Role::Parent as u8, Role::Child as u8];
    record.runs.iter().filter(move |run| roles.contains(&run.role))
}

fn things<'a>(runs: impl Iterator<Item = &'a LinkRun>) -> Things {
    let mut things = Things::new();
    for run in runs {
        let (mut at, end) = (run.first, run.first.saturating_add(run.count.into()));
        while at < end {
            let bucket = at / BUCKET;
            let next = bucket.saturating_add(1).saturating_mul(BUCKET).min(end);
            *things.entry(bucket).or_default() |= u64::MAX >> (BUCKET - (next - at)) << (at % BUCKET);
            at = next;
        }
    }
    things
}

/// Those in the first buckets.
fn first_of(things: &Things) -> impl Iterator<Item = (&u64, &u64)> {
    things.iter().take(BUCKETS_MAX)
}

/// So many of the things, or fewer, spread evenly: what lies together is often packed together.
fn some_of(things: &Things, count: usize) -> Vec<u64> {
    let all = things.iter().flat_map(|(bucket, bits)| {
        (0..BUCKET).filter(move |thing| bits >> thing & 1 == 1).map(move |thing| bucket.saturating_mul(BUCKET) + thing)
    });
    let all: Vec<u64> = all.collect();
    let step = all.len().div_ceil(count).max(1);
    all.into_iter().step_by(step).collect()
}

/// Takes some of the things away: whether there were any of them.
fn remove(from: &mut Things, things: &Things) -> bool {
    let mut is_any = false;
    for (bucket, bits) in things {
        let Some(rest) = from.get_mut(bucket) else { continue };
        is_any |= *rest & bits != 0;
        *rest &= !bits;
        if *rest == 0 {
            from.remove(bucket);
        }
    }
    is_any
}

fn place_key(of: &[u8], place: Place) -> Vec<u8> {
    [of, &place_bytes(place)].concat()
}

/// Times ascend as bytes.
fn due_key((by, place): (i64, Place)) -> Vec<u8> {
    place_key(&[&[DUE], (by ^ i64::MIN).to_be_bytes().as_slice()].concat(), place)
}

fn list_key((table, party): (u8, u64), bucket: u64, other: u64) -> Vec<u8> {
    [&[table], [party, bucket, other].map(u64::to_be_bytes).as_flattened()].concat()
}

/// The places in a list, ascending, each with its things of the bucket.
fn places(list: &[u8]) -> impl Iterator<Item = Listed> {
    let (rows, _) = list.as_chunks::<LISTED_BYTES>();
    rows.iter().filter_map(|row| {
        let (place, things) = row.split_last_chunk()?;
        Some((place_of(place)?, u64::from_be_bytes(*things)))
    })
}

/// Bytes of a place in a list, with its things.
const LISTED_BYTES: usize = 20;

/// A place in a list, with which things of the bucket.
type Listed = (Place, u64);

/// The lists that are changed and not yet written: an overlay keeps whatever was put in it.
#[derive(Default)]
struct Lists {
    changed: BTreeMap<Vec<u8>, Vec<Listed>>,
}

impl Lists {
    fn listed(&self, overlay: &Overlay<'_>, key: &[u8]) -> Result<Cow<'_, [Listed]>, StoreError> {
        match self.changed.get(key) {
            Some(listed) => Ok(Cow::Borrowed(listed)),
            None => stored(overlay, key).map(Cow::Owned),
        }
    }

    fn change(
        &mut self,
        overlay: &Overlay<'_>,
        key: Vec<u8>,
        change: impl FnOnce(&mut Vec<Listed>),
    ) -> Result<(), StoreError> {
        match self.changed.entry(key) {
            Entry::Occupied(found) => change(found.into_mut()),
            Entry::Vacant(free) => {
                let before = stored(overlay, free.key())?;
                let mut listed = before.clone();
                change(&mut listed);
                if listed != before {
                    free.insert(listed);
                }
            }
        }
        Ok(())
    }

    /// Adds the last place to a list; the first ones make room.
    fn add(&mut self, overlay: &Overlay<'_>, key: Vec<u8>, last: Listed) -> Result<(), StoreError> {
        self.change(overlay, key, |listed| {
            listed.push(last);
            listed.drain(..listed.len().saturating_sub(LISTED_MAX));
        })
    }

    /// Takes a place out of a list.
    fn take_out(&mut self, overlay: &Overlay<'_>, key: Vec<u8>, place: Place) -> Result<(), StoreError> {
        self.change(overlay, key, |listed| listed.retain(|(at, _)| *at != place))
    }

    /// The places that are listed for somebody under some things and fit those asked for. Looking for a bucket's lists counts
    /// as a row, as each of them does.
    fn find(
        &self,
        overlay: &Overlay<'_>,
        (table, party): (u8, u64),
        asked: &Things,
        rows: &mut usize,
        fits: impl Fn(u64, u64) -> bool,
    ) -> Result<BTreeSet<Place>, StoreError> {
        let mut found = BTreeSet::new();
        for (bucket, asked) in asked {
            let Some(left) = rows.checked_sub(1) else { break };
            let (from, to) = (list_key((table, party), *bucket, 0), list_key((table, party), *bucket, u64::MAX));
            let fitting = |(place, of): &Listed| fits(*of, *asked).then_some(*place);
            // The first ones of both, so that it is the same whether they are written.
            let mut lists = BTreeMap::<Vec<u8>, Vec<Place>>::new();
            if left > 0 {
                overlay.scan(Table::Reading, &from, &to, &mut |key, list| {
                    if !self.changed.contains_key(key) {
                        lists.insert(key.to_vec(), places(list).filter_map(|listed| fitting(&listed)).collect());
                    }
                    lists.len() < left
                })?;
            }
            let range = (Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice()));
            let changed = self.changed.range::<[u8], _>(range).filter(|(_, listed)| !listed.is_empty());
            for (key, listed) in changed.take(left) {
                lists.insert(key.clone(), listed.iter().filter_map(fitting).collect());
            }
            *rows = left.saturating_sub(lists.len());
            found.extend(lists.into_values().take(left).flatten());
        }
        Ok(found)
    }

    /// Writes each list that was changed, once.
    fn write(self, overlay: &mut Overlay<'_>) {
        for (key, listed) in self.changed {
            let rows =
                listed.iter().flat_map(|(place, things)| place_bytes(*place).into_iter().chain(things.to_be_bytes()));
            match listed.is_empty() {
                true => overlay.delete(Table::Reading, key),
                false => overlay.put(Table::Reading, key, rows.collect::<Vec<u8>>()),
            }
        }
    }
}

fn stored(overlay: &Overlay<'_>, key: &[u8]) -> Result<Vec<Listed>, StoreError> {
    Ok(overlay.get(Table::Reading, key)?.map(|list| places(&list).collect()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv_memory::MemoryRead;

    /// Goal: no more lists are looked for and read than an event may, however many there are, and be they written or not.
    /// Method: lists in a thousand buckets, of a thousand shippers in one, and none in a thousand others; all unwritten, all
    /// written, and the even ones changed since.
    #[test]
    fn rows_are_counted() {
        let mut base = MemoryRead::default();
        for round in 0..3 {
            let (mut overlay, mut lists) = (Overlay::new(&base), Lists::default());
            for number in (0..1_000).filter(|number| round == 0 || (round == 2 && number % 2 == 0)) {
                let place = (round * 1_000 + number, 0);
                lists.add(&overlay, list_key((WAITING, 7), number, 1), (place, 1)).unwrap();
                lists.add(&overlay, list_key((WAITING, 8), 5, number), (place, 1)).unwrap();
            }
            let asked: Things = (0..1_000).map(|bucket| (bucket, 3)).collect();
            for (party, count, left) in [(7, ROWS_MAX / 2, 0), (8, ROWS_MAX - 6, 0), (9, 0, 0)] {
                let mut rows = ROWS_MAX;
                let found =
                    lists.find(&overlay, (WAITING, party), &asked, &mut rows, |of, asked| of & asked != 0).unwrap();
                let both = if round == 2 { count + count / 2 } else { count };
                assert_eq!((found.len(), rows), (both, left), "{round} {party}");
            }
            let (mut rows, few) = (ROWS_MAX, asked.into_iter().take(4).collect());
            let found = lists.find(&overlay, (WAITING, 7), &few, &mut rows, |of, asked| of & !asked == 0).unwrap();
            assert_eq!((found.len(), rows), (if round == 2 { 6 } else { 4 }, ROWS_MAX - 8));
            lists.write(&mut overlay);
            let writes = overlay.into_writes();
            base.apply(&writes);
        }
    }

    /// Goal: a list is written once, however often it changes, and not at all if it stays as it is. Method: a thousand places
    /// added to one list and taken out of it again, with what is to be written counted on the way.
    #[test]
    fn written_once() {
        let base = MemoryRead::default();
        let (mut overlay, mut lists, key) = (Overlay::new(&base), Lists::default(), list_key((WAITING, 7), 5, 1));
        for number in 0..1_000 {
            lists.add(&overlay, key.clone(), ((number, 0), 1)).unwrap();
            lists.take_out(&overlay, list_key((WAITING, 7), number + 6, 1), (number, 0)).unwrap();
            assert_eq!(lists.listed(&overlay, &key).unwrap().len(), LISTED_MAX.min(number as usize + 1));
        }
        assert_eq!(lists.changed.len(), 1);
        lists.take_out(&overlay, key.clone(), (999, 0)).unwrap();
        lists.write(&mut overlay);
        let writes = overlay.into_writes();
        let written: Vec<(&[u8], usize)> =
            writes.of_table(Table::Reading).map(|(key, value)| (key, value.unwrap().len())).collect();
        assert_eq!(written, [(key.as_slice(), (LISTED_MAX - 1) * LISTED_BYTES)]);
    }

    /// Goal: a block takes no more than it may of what is due, however much that is, the next ones take the rest, and what is
    /// read at once ends behind the block in which so much was taken. Method: thrice as much due as a block may take, and then
    /// some; blocks read at once and one by one.
    #[test]
    fn due_by_blocks() {
        let mut writes = crate::kv::WriteSet::default();
        let count = 3 * DUE_MAX + 100;
        for number in 0..count {
            writes.put(Table::Reading, due_key((number as i64, (number as u64, 0))), []);
        }
        let mut stored = MemoryRead::default();
        stored.apply(&writes);
        let blocks: Vec<(u64, i64)> = (1..=8).map(|height| (height, 1_000_000 + height as i64)).collect();
        let mut ends = Vec::new();
        for at_once in [8, 1] {
            let (mut store, mut rest, mut left) = (stored.clone(), blocks.as_slice(), Vec::new());
            while !rest.is_empty() {
                let reader = Reader::new(&store);
                let mut overlay = Overlay::new(&store);
                let some = &rest[..rest.len().min(at_once)];
                let followed = Receipts::follow(&reader, &[], some, &mut overlay).unwrap();
                let done = followed.unread.map_or(some.len(), |unread| (unread - some[0].0) as usize);
                rest = &rest[done..];
                let writes = overlay.into_writes();
                assert!(writes.of_table(Table::Reading).count() <= DUE_MAX + 1);
                store.apply(&writes);
                left.push((done, store.count(Table::Reading) - 1));
            }
            let first = [(1, count - DUE_MAX), (1, count - 2 * DUE_MAX), (1, 100)];
            assert_eq!(left[..3], first);
            assert_eq!(left.last(), Some(&(if at_once == 8 { 5 } else { 1 }, 0)));
            ends.push(store.get(Table::Reading, &[TAKEN]).unwrap());
        }
        let end = Some(due_key((1_000_008, (u64::MAX, u32::MAX))));
        assert_eq!(ends, [end.clone(), end]);
    }

    /// Goal: what is due again within what was due already is not passed over. Method: due rows more than thirty days apart,
    /// taken some at a time.
    #[test]
    fn due_again() {
        let base = MemoryRead::default();
        let mut overlay = Overlay::new(&base);
        for by in [0, 1, LATE_MS - 1, LATE_MS, LATE_MS + 1] {
            overlay.put(Table::Reading, due_key((by, (1, 0))), []);
        }
        let found = due(&overlay, (&[DUE], &[DUE + 1]), 100).unwrap();
        assert_eq!(found.iter().map(|(by, _)| *by).collect::<Vec<_>>(), [0, 1, LATE_MS - 1]);
        assert_eq!(due(&overlay, (&[DUE], &[DUE + 1]), 2).unwrap().len(), 2);
    }

    /// Goal: things are in their buckets, and nothing else is. Method: runs around the ends of buckets, against the numbers
    /// one by one; some taken away.
    #[test]
    fn things_in_buckets() {
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
        let all = |things: &Things| -> BTreeSet<u64> { some_of(things, usize::MAX).into_iter().collect() };
        for one in &lists {
            assert_eq!(all(&things(one.iter())), numbers(one), "{one:?}");
            for other in &lists {
                let mut rest = things(one.iter());
                let is_any = remove(&mut rest, &things(other.iter()));
                let expected: BTreeSet<u64> = numbers(one).difference(&numbers(other)).copied().collect();
                assert_eq!((is_any, all(&rest)), (!numbers(one).is_disjoint(&numbers(other)), expected));
                assert!(rest.values().all(|bits| *bits != 0));
            }
        }
        assert_eq!(some_of(&things([run(60, 40)].iter()), 4), [60, 70, 80, 90]);
        assert_eq!(some_of(&things([run(60, 3)].iter()), 4), [60, 61, 62]);
        let last = things([run(u64::MAX - 1, 5)].iter());
        assert_eq!(last, Things::from([(u64::MAX / BUCKET, 1 << 62)]));
    }
}
