//! Shipments that nobody records to have received (`03-records.md` §3.9): after 72 hours the event of who shipped, and the
//! event of who receives only then, count no more than 700 for completeness.
//!
//! A shipment by one who holds the things, or has more of a right to them, waits for the one organisation that it names, and
//! for nobody else: so strangers can neither receive it nor keep it from being received, a shipper loses by no other than
//! whom it chose, and a receiver by no other than who shipped to it what it then received. What is shipped to one who is not
//! registered, or to nobody, waits for nothing, since nobody there can record.
//!
//! Which shipments wait follows from records alone, never from payloads: these are kept for ever, so that an event that is
//! erased takes nothing from what others did. Only what an event counts is read out of its payload (`traced.rs`).
//!
//! Every row ends: that of a shipment when it is received, voided or declared erroneous, else [`LATE_MS`] after it was due;
//! that of a receipt without a shipment when this comes, else after [`WAIT_MS`]. An event is in no more than [`BUCKETS_MAX`]
//! lists, and a shipment in one more by which it is voided; no list has more than [`LISTED_MAX`] places, and for no event more
//! than [`ROWS_MAX`] of them are searched. What else is read of others is taken away with it, so that they have paid for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::reading::{Place, place_bytes, place_of};
use super::traced::Before;
use crate::derive::Step;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::record::{LinkRun, Role, Standing};
use crate::state::erased::tag_of;
use crate::state::reader::Reader;
use crate::state::subject::{StoredEntry, StoredRecord};

/// Lists of the shipments that wait: who is to receive BE8, a bucket of the things BE8, who has shipped BE8. The value is the
/// place of each, ascending, with which ones of the bucket it ships, a bit each, BE8.
const WAITING: u8 = 22;
/// Of what ends at a time: the time BE8, the place.
const DUE: u8 = 23;
/// The same as the lists of what waits, by whom it is voided: who has shipped BE8, the first bucket BE8, who is to receive BE8.
const SENT: u8 = 25;
/// Lists of receipts whose shipments are not recorded yet: who has received BE8, a bucket BE8, zero BE8. The value is likewise.
const EARLY: u8 = 26;
/// Up to which time what was due was taken, as in the keys of what is: what lies before is not looked through again.
const TAKEN: u8 = 28;

const HOUR_MS: i64 = 3_600_000;
/// Within so long of its record a shipment is to be received, and a receipt to be shipped.
const WAIT_MS: i64 = 72 * HOUR_MS;
/// For so long after that a shipment can be received late.
const LATE_MS: i64 = 30 * 24 * HOUR_MS;
/// So many things with consecutive numbers share a bucket: few rows for a large shipment.
const BUCKET: u64 = u64::BITS as u64;
/// An event waits under so many buckets, the first ones of its things.
const BUCKETS_MAX: usize = 32;
/// So many wait in one list: as many things as a bucket has, each shipped by itself. The first one makes room for another.
const LISTED_MAX: usize = BUCKET as usize;
/// So many lists are looked for and read for one event.
const ROWS_MAX: usize = 256;
/// An event receives so many shipments, the last ones; the rest goes on waiting for the next event.
const RECEIVED_MAX: usize = 256;
/// And so many are looked at for one that voids.
const VOIDED_MAX: usize = 16;
/// Of so many things of a receipt it is looked up what they were packed with, and again of so many of what is found, to so
/// many levels.
const LOOKED_AT: [usize; 3] = [16, 4, 4];
/// In so many entries of each: who has no right to a thing hides by fewer entries nothing.
const ENTRIES_LOOKED_AT: usize = 256;

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

    /// In which lists it is, and as what.
    fn rows(&self) -> impl Iterator<Item = (Vec<u8>, u64)> {
        let waiting =
            first_of(&self.things).map(|(bucket, things)| ((WAITING, self.receiver, self.author), bucket, things));
        let sent =
            first_of(&self.things).take(1).map(|(bucket, things)| ((SENT, self.author, self.receiver), bucket, things));
        waiting
            .chain(sent)
            .map(|((table, party, other), bucket, things)| (list_key((table, party), *bucket, other), *things))
    }

    /// When its rows end, as of a time of which what ended before was taken.
    fn ends(&self, now: i64) -> i64 {
        if self.by < now { self.by.saturating_add(LATE_MS) } else { self.by }
    }
}

/// Follows shipments and receipts through blocks.
pub(super) struct Receipts<'a> {
    reader: &'a Reader<'a>,
    /// Events whose records are at hand, ascending.
    events: &'a [(Place, StoredRecord)],
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
        let mut receipts = Receipts { reader, events, due: due(overlay, *until)?, until: *until, late: Vec::new() };
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
            return own.map(|run| run.first).try_for_each(|own| self.declare(own, record.block_time, overlay));
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
        if was_received(&shipment, overlay)? {
            return Ok(());
        }
        for (key, things) in shipment.rows() {
            // The list is not to grow: of who lets so many wait the first one is not waited for any longer.
            let listed = listed(overlay, &key)?;
            if let Some((first, _)) = listed.first().filter(|_| listed.len() >= LISTED_MAX)
                && let Some(first_of_them) = self.shipment(*first)?
            {
                self.close((*first, &first_of_them), record.block_time, overlay)?;
            }
            add(overlay, &key, (place, things))?;
        }
        self.put_due((shipment.by, place), overlay);
        Ok(())
    }

    /// Receives what waits of its things, and for the rest of them what waits of what they were packed with. What nothing
    /// waits of may be shipped by an event that is recorded later.
    fn receive(&mut self, place: Place, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let (mut rest, mut rows) = (things(moved(record)), ROWS_MAX);
        let early: BTreeSet<u64> = first_of(&rest).map(|(bucket, _)| *bucket).collect();
        let received = self.receive_things(record, &mut rest, &mut rows, overlay)?;
        let around = self.receive_around((place, record), &rest, &mut rows, overlay)?;
        if received == Received::Late || around == Received::Late {
            self.late.push((place.0, place));
        }
        rest.retain(|bucket, _| around == Received::Nothing && early.contains(bucket));
        for (bucket, things) in &rest {
            add(overlay, &list_key((EARLY, record.author), *bucket, 0), (place, *things))?;
        }
        if !rest.is_empty() {
            self.put_due((record.block_time.saturating_add(WAIT_MS), place), overlay);
        }
        Ok(())
    }

    /// Receives the last shipments of some things, and takes these away. It is late if that is the last shipment of one of
    /// the things: who has waited in vain for one shipment receives the next one in time all the same.
    fn receive_things(
        &mut self,
        record: &StoredRecord,
        things: &mut Things,
        rows: &mut usize,
        overlay: &mut Overlay<'_>,
    ) -> Result<Received, StoreError> {
        let found = find(overlay, (WAITING, record.author), things, rows, |of, asked| of & asked != 0)?;
        let mut received = Received::Nothing;
        for place in found.into_iter().rev().take(RECEIVED_MAX) {
            let Some(shipment) = self.shipment(place)? else { continue };
            let is_late = remove(things, &shipment.things) && record.block_time > shipment.by;
            received = received.max(if is_late { Received::Late } else { Received::InTime });
            self.close((place, &shipment), record.block_time, overlay)?;
        }
        Ok(received)
    }

    /// Receives shipments of what things were put into or taken out of last, or of what was put into them: who has received
    /// a case may name what is in it, and the other way round.
    fn receive_around(
        &mut self,
        (place, record): (Place, &StoredRecord),
        things: &Things,
        rows: &mut usize,
        overlay: &mut Overlay<'_>,
    ) -> Result<Received, StoreError> {
        for (own, other) in [(Role::Child, Role::Parent), (Role::Parent, Role::Child)] {
            let mut around = things.clone();
            for count in LOOKED_AT {
                around = self.packed_with(&some_of(&around, count), place, (own, other))?;
                if around.is_empty() || *rows == 0 {
                    break;
                }
                let received = self.receive_things(record, &mut around.clone(), rows, overlay)?;
                if received != Received::Nothing {
                    return Ok(received);
                }
            }
        }
        Ok(Received::Nothing)
    }

    /// With what things were packed last before a place, by somebody with a right to them.
    fn packed_with(&self, numbers: &[u64], place: Place, (own, other): (Role, Role)) -> Result<Things, StoreError> {
        let mut before = Before::of(self.reader, numbers.to_vec())?;
        let mut packings = BTreeSet::new();
        for number in numbers {
            let entries = before.last(*number, place, ENTRIES_LOOKED_AT)?;
            let is_packing =
                |entry: &&StoredEntry| entry.role == own as u8 && entry.standing > Standing::Bystander as u8;
            packings.extend(entries.iter().rfind(is_packing).map(|entry| (entry.height, entry.index)));
        }
        let mut found = Things::new();
        for packing in packings {
            let Some(record) = self.record(packing)? else { continue };
            for (bucket, bits) in things(record.runs.iter().filter(|run| run.role == other as u8)) {
                *found.entry(bucket).or_default() |= bits;
            }
        }
        Ok(found)
    }

    /// Closes the last of its author's shipments of all of whose things it says that they were not shipped. Of a lot that
    /// was shipped more than once it says so once.
    fn void(&mut self, record: &StoredRecord, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let (mut rest, mut rows) = (things(moved(record)), ROWS_MAX);
        let found = find(overlay, (SENT, record.author), &rest, &mut rows, |of, asked| of & !asked == 0)?;
        for place in found.into_iter().rev().take(VOIDED_MAX) {
            let Some(shipment) = self.shipment(place)? else { continue };
            let is_in = |(bucket, things): (&u64, &u64)| rest.get(bucket).is_some_and(|rest| things & !rest == 0);
            if shipment.things.iter().all(is_in) {
                remove(&mut rest, &shipment.things);
                self.close((place, &shipment), record.block_time, overlay)?;
            }
        }
        Ok(())
    }

    /// What is declared erroneous is not waited for. A receipt that has received something stays one: what the receiver
    /// takes back costs the shipper nothing.
    fn declare(&mut self, own: u64, now: i64, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        let Some(event) = self.reader.event(tag_of(self.reader.store(), own)?)? else { return Ok(()) };
        let place = (event.height, event.index);
        let Some(record) = self.record(place)? else { return Ok(()) };
        match Shipment::of(&record) {
            Some(shipment) => self.close((place, &shipment), now, overlay),
            None if record.effect.step() == Some(Step::Receiving) => {
                self.end_receipt((record.block_time.saturating_add(WAIT_MS), place), &record, overlay)
            }
            None => Ok(()),
        }
    }

    /// What is due up to a time and was not received counts less from a height on; a while later it can't be received
    /// any more.
    fn pass(&mut self, height: u64, until: i64, overlay: &mut Overlay<'_>) -> Result<(), StoreError> {
        while let Some(due) = self.due.first().copied().filter(|(by, _)| *by <= until) {
            let Some(record) = self.record(due.1)? else {
                self.remove_due(due, overlay);
                continue;
            };
            match Shipment::of(&record) {
                Some(shipment) if due.0 == shipment.by => {
                    self.late.push((height, due.1));
                    self.remove_due(due, overlay);
                    self.put_due((shipment.by.saturating_add(LATE_MS), due.1), overlay);
                }
                Some(shipment) => self.close((due.1, &shipment), due.0, overlay)?,
                None => self.end_receipt(due, &record, overlay)?,
            }
        }
        Ok(())
    }

    /// Takes a shipment's rows away, as of a time of which what ended before was taken.
    fn close(
        &mut self,
        (place, shipment): (Place, &Shipment),
        now: i64,
        overlay: &mut Overlay<'_>,
    ) -> Result<(), StoreError> {
        for (key, _) in shipment.rows() {
            take_out(overlay, &key, place, u64::MAX)?;
        }
        self.remove_due((shipment.ends(now), place), overlay);
        Ok(())
    }

    /// Takes the rows of a receipt away that none of its shipments has taken.
    fn end_receipt(
        &mut self,
        due: (i64, Place),
        record: &StoredRecord,
        overlay: &mut Overlay<'_>,
    ) -> Result<(), StoreError> {
        for (bucket, _) in first_of(&things(moved(record))) {
            take_out(overlay, &list_key((EARLY, record.author), *bucket, 0), due.1, u64::MAX)?;
        }
        self.remove_due(due, overlay);
        Ok(())
    }

    fn put_due(&mut self, due: (i64, Place), overlay: &mut Overlay<'_>) {
        overlay.put(Table::Reading, due_key(due), []);
        if due.0 <= self.until {
            self.due.insert(due);
        }
    }

    fn remove_due(&mut self, due: (i64, Place), overlay: &mut Overlay<'_>) {
        overlay.delete(Table::Reading, due_key(due));
        self.due.remove(&due);
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

/// What a receipt has received, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Received {
    Nothing,
    InTime,
    Late,
}

/// Whether a receiver has recorded the receipt before who shipped the things recorded that: then this is what it received, and
/// receives them no more. It had no right to them yet, but it is the one whom the shipment names.
fn was_received(shipment: &Shipment, overlay: &mut Overlay<'_>) -> Result<bool, StoreError> {
    let things: Things = first_of(&shipment.things).map(|(bucket, things)| (*bucket, *things)).collect();
    let found = find(overlay, (EARLY, shipment.receiver), &things, &mut { ROWS_MAX }, |of, asked| of & asked != 0)?;
    let Some(last) = found.last() else { return Ok(false) };
    for (bucket, things) in &things {
        take_out(overlay, &list_key((EARLY, shipment.receiver), *bucket, 0), *last, *things)?;
    }
    Ok(true)
}

/// Takes what is due up to a time.
fn due(overlay: &mut Overlay<'_>, until: i64) -> Result<BTreeSet<(i64, Place)>, StoreError> {
    let (from, to) = (overlay.get(Table::Reading, &[TAKEN])?, due_key((until, (u64::MAX, u32::MAX))));
    let mut due = BTreeSet::new();
    overlay.scan(Table::Reading, from.as_deref().unwrap_or(&[DUE]), &to, &mut |key, _| {
        let by = key.get(1..).and_then(<[u8]>::first_chunk).map(|by| u64::from_be_bytes(*by).cast_signed() ^ i64::MIN);
        due.extend(by.zip(place_of(key)));
        true
    })?;
    overlay.put(Table::Reading, [TAKEN], to);
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
fn places(list: &[u8]) -> impl DoubleEndedIterator<Item = (Place, u64)> {
    let (rows, _) = list.as_chunks::<LISTED_BYTES>();
    rows.iter().filter_map(|row| {
        let (place, things) = row.split_last_chunk()?;
        Some((place_of(place)?, u64::from_be_bytes(*things)))
    })
}

/// Bytes of a place in a list, with its things.
const LISTED_BYTES: usize = 20;

fn listed(overlay: &Overlay<'_>, key: &[u8]) -> Result<Vec<(Place, u64)>, StoreError> {
    Ok(overlay.get(Table::Reading, key)?.map(|list| places(&list).collect()).unwrap_or_default())
}

fn put(overlay: &mut Overlay<'_>, key: &[u8], listed: &[(Place, u64)]) {
    let rows = listed.iter().flat_map(|(place, things)| place_bytes(*place).into_iter().chain(things.to_be_bytes()));
    match listed.is_empty() {
        true => overlay.delete(Table::Reading, key),
        false => overlay.put(Table::Reading, key, rows.collect::<Vec<u8>>()),
    }
}

/// Adds the last place to a list; the first ones make room.
fn add(overlay: &mut Overlay<'_>, key: &[u8], last: (Place, u64)) -> Result<(), StoreError> {
    let mut listed = listed(overlay, key)?;
    listed.push(last);
    put(overlay, key, listed.get(listed.len().saturating_sub(LISTED_MAX)..).unwrap_or_default());
    Ok(())
}

/// Takes things at a place out of a list.
fn take_out(overlay: &mut Overlay<'_>, key: &[u8], place: Place, things: u64) -> Result<(), StoreError> {
    let mut listed = listed(overlay, key)?;
    let Some((_, of)) = listed.iter_mut().find(|(at, _)| *at == place) else { return Ok(()) };
    *of &= !things;
    listed.retain(|(_, of)| *of != 0);
    put(overlay, key, &listed);
    Ok(())
}

/// The places that are listed for somebody under some things and fit those asked for. Looking for a bucket's lists counts
/// as a row, as each of them does.
fn find(
    overlay: &Overlay<'_>,
    (table, party): (u8, u64),
    asked: &Things,
    rows: &mut usize,
    fits: impl Fn(u64, u64) -> bool,
) -> Result<BTreeSet<Place>, StoreError> {
    let mut found = BTreeSet::new();
    for (bucket, asked) in asked {
        let Some(left) = rows.checked_sub(1) else { break };
        *rows = left;
        let (from, to) = (list_key((table, party), *bucket, 0), list_key((table, party), *bucket, u64::MAX));
        overlay.scan(Table::Reading, &from, &to, &mut |_, list| {
            found.extend(places(list).filter(|(_, of)| fits(*of, *asked)).map(|(place, _)| place));
            *rows = rows.saturating_sub(1);
            *rows > 0
        })?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv_memory::MemoryRead;

    /// Goal: no more lists are looked for and read than an event may, however many there are. Method: lists in a thousand
    /// buckets, of a thousand shippers in one, and none in a thousand others.
    #[test]
    fn rows_are_counted() {
        let base = MemoryRead::default();
        let mut overlay = Overlay::new(&base);
        for number in 0..1_000 {
            add(&mut overlay, &list_key((WAITING, 7), number, 1), ((number, 0), 1)).unwrap();
            add(&mut overlay, &list_key((WAITING, 8), 5, number), ((number, 0), 1)).unwrap();
        }
        let asked: Things = (0..1_000).map(|bucket| (bucket, 3)).collect();
        for (party, count, left) in [(7, ROWS_MAX / 2, 0), (8, ROWS_MAX - 6, 0), (9, 0, 0)] {
            let mut rows = ROWS_MAX;
            let found = find(&overlay, (WAITING, party), &asked, &mut rows, |of, asked| of & asked != 0).unwrap();
            assert_eq!((found.len(), rows), (count, left), "{party}");
        }
        let (mut rows, few) = (ROWS_MAX, asked.into_iter().take(4).collect());
        let found = find(&overlay, (WAITING, 7), &few, &mut rows, |of, asked| of & !asked == 0).unwrap();
        assert_eq!((found.len(), rows), (4, ROWS_MAX - 8));
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
