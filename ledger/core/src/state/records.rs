//! Derived records as they are stored: those of events that follow each other in a block in one row. A trace mostly
//! wants an event's neighbours too, and a store finds one large value in less time than many small ones.

use std::ops::ControlFlow;

use crate::codec;
use crate::derive::SUBJECTS_MAX;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::record::LinkRun;
use crate::state::subject::{StoredRecord, place_key};

/// So many places of a block share a row. Places without a record, which those of refused events are, have none in it.
pub const PLACES_PER_ROW: u32 = 16;

/// Where an event is: the block's height, its index in the block.
pub type EventPlace = (u64, u32);

/// Visits a record.
pub type VisitRecord<'a> = dyn FnMut(EventPlace, StoredRecord) -> ControlFlow<()> + 'a;

/// The key of the row in which the record of an event is.
pub fn row_key((height, index): EventPlace) -> [u8; 12] {
    place_key(height, index - index % PLACES_PER_ROW)
}

/// The place of a row's first event, whether it has a record or not.
pub fn row_place(key: &[u8]) -> Result<EventPlace, StoreError> {
    let place = key
        .split_first_chunk()
        .and_then(|(height, index)| Some((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().ok()?))));
    place.filter(|(_, index)| index % PLACES_PER_ROW == 0).ok_or_else(|| corrupt("a row under an impossible key"))
}

/// Writes records, which ascend by their places.
pub fn put(overlay: &mut Overlay<'_>, records: &[(u64, u32, StoredRecord)]) {
    let mut row = Vec::new();
    for records in records.chunk_by(|one, two| row_key((one.0, one.1)) == row_key((two.0, two.1))) {
        row.clear();
        for (_, index, record) in records {
            row.push((index % PLACES_PER_ROW) as u8);
            let length_at = row.len();
            row.extend_from_slice(&[0; 4]);
            codec::encode_onto(record, &mut row);
            let length = u32::try_from(row.len() - length_at - 4).unwrap_or(u32::MAX);
            if let Some(place) = row.get_mut(length_at..length_at + 4) {
                place.copy_from_slice(&length.to_le_bytes());
            }
        }
        if let Some((height, index, _)) = records.first() {
            overlay.put(Table::Record, row_key((*height, *index)), &row);
        }
    }
}

/// The records of a row, each undecoded and with its place in the row.
struct Row<'a> {
    rest: &'a [u8],
    next: u8,
}

impl<'a> Iterator for Row<'a> {
    type Item = Result<(u32, &'a [u8]), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut take = || {
            let (place, rest) = self.rest.split_first()?;
            let (length, rest) = rest.split_first_chunk()?;
            let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let is_next = *place >= self.next && u32::from(*place) < PLACES_PER_ROW;
            (self.rest, self.next) = (rest, *place + 1);
            is_next.then_some((u32::from(*place), record))
        };
        let taken = take();
        if taken.is_none() {
            self.rest = &[];
        }
        Some(taken.ok_or_else(|| corrupt("a row that is cut off or out of order")))
    }
}

/// The record of an event in its row, if it has one.
pub fn find(row: &[u8], place: EventPlace) -> Result<Option<StoredRecord>, StoreError> {
    for found in (Row { rest: row, next: 0 }) {
        let (at, record) = found?;
        if at == place.1 % PLACES_PER_ROW {
            return decode(record, place).map(Some);
        }
    }
    Ok(None)
}

/// Hands over all records of a row whose first place this is.
pub fn each(row: &[u8], first: EventPlace, visit: &mut VisitRecord<'_>) -> Result<ControlFlow<()>, StoreError> {
    for found in (Row { rest: row, next: 0 }) {
        let (at, record) = found?;
        let place = (first.0, first.1.saturating_add(at));
        if visit(place, decode(record, place)?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Visits the records from one place (included) to another (not included), ascending.
pub fn scan(store: &dyn Read, from: EventPlace, to: EventPlace, visit: &mut VisitRecord<'_>) -> Result<(), StoreError> {
    let mut fault = None;
    let end = place_key(to.0, to.1);
    store.scan(Table::Record, &row_key(from), &end, &mut |key, row| {
        let mut within = |place: EventPlace, record| match from <= place && place < to {
            true => visit(place, record),
            false => ControlFlow::Continue(()),
        };
        match row_place(key).and_then(|first| each(row, first, &mut within)) {
            Ok(go_on) => go_on.is_continue(),
            Err(error) => {
                fault = Some(error);
                false
            }
        }
    })?;
    fault.map_or(Ok(()), Err)
}

/// The same, descending. Each row is looked for alone.
pub fn scan_back(
    store: &dyn Read,
    from: EventPlace,
    to: EventPlace,
    visit: &mut VisitRecord<'_>,
) -> Result<(), StoreError> {
    let mut end = to;
    while from <= end {
        let Some((key, row)) = store.at_or_before(Table::Record, &place_key(end.0, end.1))? else { break };
        let first = row_place(&key)?;
        let mut records = Vec::with_capacity(PLACES_PER_ROW as usize);
        let _ = each(&row, first, &mut |place, record| {
            if from <= place && place < to {
                records.push((place, record));
            }
            ControlFlow::Continue(())
        })?;
        for (place, record) in records.into_iter().rev() {
            if visit(place, record).is_break() {
                return Ok(());
            }
        }
        end = match (first.0.checked_sub(1), first.1.checked_sub(1)) {
            (_, Some(index)) => (first.0, index),
            (Some(height), None) => (height, u32::MAX),
            (None, None) => break,
        };
    }
    Ok(())
}

/// The last record up to a height.
pub fn last_to(store: &dyn Read, height: u64) -> Result<Option<(EventPlace, StoredRecord)>, StoreError> {
    let Some((key, row)) = store.at_or_before(Table::Record, &place_key(height, u32::MAX))? else { return Ok(None) };
    let mut last = None;
    let _ = each(&row, row_place(&key)?, &mut |place, record| {
        last = Some((place, record));
        ControlFlow::Continue(())
    })?;
    Ok(last)
}

/// Reads a record, if its links are possible: an event names so many subjects in a role at most, and a walk relies on
/// it.
fn decode(bytes: &[u8], place: EventPlace) -> Result<StoredRecord, StoreError> {
    let record: StoredRecord = codec::decode_trusted(bytes).map_err(|error| corrupt(&format!("{error:?}")))?;
    let is_possible =
        |run: &LinkRun| run.count as usize <= SUBJECTS_MAX && run.first.checked_add(run.count.into()).is_some();
    match record.runs.iter().all(is_possible) {
        true => Ok(record),
        false => Err(corrupt(&format!("impossible links at {}/{}", place.0, place.1))),
    }
}

fn corrupt(words: &str) -> StoreError {
    StoreError::Corrupt(Table::Record, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv_memory::MemoryRead;
    use crate::test_random::Random;

    fn record(own: u64) -> StoredRecord {
        StoredRecord {
            record_type: 1,
            block_time: 0,
            event_time: 0,
            rules: 1,
            author: 1,
            own,
            flags: 0,
            mask: 0,
            event_digest: crate::hash::Hash::ZERO,
            names: crate::hash::Hash::ZERO,
            runs: Vec::new(),
            founded: Vec::new(),
            effect: Default::default(),
        }
    }

    /// Goal: rows are the records, one by one, from any place to any other, in both directions. Method: blocks with
    /// gaps where events were refused, blocks without any, and all questions at random.
    #[test]
    fn rows_are_the_records() {
        let mut random = Random(31);
        let below = MemoryRead::default();
        let mut overlay = Overlay::new(&below);
        let mut all: Vec<(EventPlace, u64)> = Vec::new();
        for height in [1, 2, 5, 6, u64::MAX] {
            let mut block = Vec::new();
            for index in (0..70).filter(|_| random.below(3) > 0) {
                all.push(((height, index), all.len() as u64));
                block.push((height, index, record(all.len() as u64 - 1)));
            }
            put(&mut overlay, &block);
        }
        let mut store = MemoryRead::default();
        store.apply(&overlay.into_writes());
        assert!(store.count(Table::Record) <= 25);
        let any_place =
            |random: &mut Random| ([0, 1, 2, 3, 5, 6, 7, u64::MAX][random.below(8) as usize], random.below(90) as u32);
        for _ in 0..4000 {
            let (from, to, stop) = (any_place(&mut random), any_place(&mut random), random.below(100) as usize);
            let expected: Vec<_> = all.iter().copied().filter(|(place, _)| from <= *place && *place < to).collect();
            for back in [false, true] {
                let mut found = Vec::new();
                let mut visit = |place, record: StoredRecord| {
                    found.push((place, record.own));
                    if found.len() > stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                match back {
                    false => scan(&store, from, to, &mut visit).unwrap(),
                    true => scan_back(&store, from, to, &mut visit).unwrap(),
                }
                let mut expected = expected.clone();
                if back {
                    expected.reverse();
                }
                expected.truncate(stop + 1);
                assert_eq!(found, expected, "{from:?} {to:?} {back}");
            }
            let row = store.get(Table::Record, &row_key(from)).unwrap().unwrap_or_default();
            let found = find(&row, from).unwrap().map(|record| record.own);
            assert_eq!(found, all.iter().find(|(place, _)| *place == from).map(|(_, own)| *own));
            let last = last_to(&store, from.0).unwrap().map(|(place, _)| place);
            assert_eq!(last, all.iter().map(|(place, _)| *place).rfind(|place| place.0 <= from.0));
        }
    }

    /// A row that is cut, or whose places do not ascend, is an error and not fewer records.
    #[test]
    fn a_garbled_row_is_an_error() {
        let below = MemoryRead::default();
        let mut overlay = Overlay::new(&below);
        put(&mut overlay, &[(1, 3, record(0)), (1, 5, record(1))]);
        let row = overlay.get(Table::Record, &row_key((1, 3))).unwrap().unwrap();
        let read = |row: &[u8]| each(row, (1, 0), &mut |_, _| ControlFlow::Continue(()));
        assert!(read(&row).is_ok());
        for end in (1..row.len()).filter(|end| *end != row.len() / 2) {
            assert!(read(&row[..end]).is_err(), "cut at {end}");
        }
        let turned = [&row[row.len() / 2..], &row[..row.len() / 2]].concat();
        assert!(read(&turned).is_err());
    }
}
