//! Where the records of a subject's credit are: an index over blocks, apart from `apply`, that any node makes anew from
//! what it holds. A file is read at any height by taking the records up to it.

use std::ops::ControlFlow;

use super::calendar::Calendar;
use super::file::{Author, CreditFile, Written};
use super::record::CreditRecord;
use super::repair::RepairPolicies;
use crate::kv::{Read, StoreError, Table, WriteSet};
use crate::organisation::{Directory, OrganisationRole};
use crate::state::reader::Reader;
use crate::state::records;
use crate::submission::record_type;

/// Under this key is the height up to which blocks were read.
const HEIGHT_KEY: &[u8] = &[0];
/// What the keys of places begin with.
const PLACES: u8 = 1;
/// So many records are looked at before what was found is to be kept.
const RECORDS_AT_ONCE: usize = 1 << 16;
/// A file has at most so many records.
pub const FILE_RECORDS_MAX: usize = 1 << 20;

/// Up to which height blocks were read.
pub fn height(store: &dyn Read) -> Result<u64, StoreError> {
    let found = store.get(Table::Reading, HEIGHT_KEY)?;
    let number = found.map(|bytes| bytes.try_into().map(u64::from_be_bytes));
    number.transpose().map(|height| height.unwrap_or(0)).map_err(|_| corrupt("the height is no number"))
}

/// Reads further blocks, up to that height, which the store MUST hold: what is to be written, or none if all were read.
pub fn read_on(store: &dyn Read, head: u64) -> Result<Option<WriteSet>, StoreError> {
    let done = height(store)?;
    if done >= head {
        return Ok(None);
    }
    let (mut found, mut looked_at, mut within, mut is_cut) = (Vec::new(), 0usize, done, false);
    records::scan(store, (done + 1, 0), (head + 1, 0), &mut |(height, index), record| {
        // A block that is begun is read to its end.
        if looked_at >= RECORDS_AT_ONCE && height > within {
            is_cut = true;
            return ControlFlow::Break(());
        }
        looked_at += 1;
        within = height;
        if record.record_type == record_type::CREDIT {
            found.push((height, index));
        }
        ControlFlow::Continue(())
    })?;
    let last = if is_cut { within } else { head };
    let (reader, mut writes) = (Reader::new(store), WriteSet::default());
    for (height, index) in found {
        let payload = reader.payload(height, index)?;
        // What can't be read is void whosever it is; what is erased is nobody's.
        if let Some(row) = payload.and_then(|salted| row_of(&salted.payload, height, index)) {
            writes.put(Table::Reading, row, []);
        }
    }
    writes.put(Table::Reading, HEIGHT_KEY, last.to_be_bytes());
    Ok(Some(writes))
}

/// A subject's file at a height, from the records that are still there. The index MUST reach that height.
pub fn file<'a>(
    store: &dyn Read,
    directory: &Directory,
    subject: &str,
    at_height: u64,
    (calendar, policies): (&'a Calendar, &'a RepairPolicies),
) -> Result<CreditFile<'a>, StoreError> {
    let (from, to) = (place_key(subject, 0, 0), place_key(subject, at_height.saturating_add(1), 0));
    let mut places = Vec::new();
    store.scan(Table::Reading, &from, &to, &mut |key, _| {
        places.extend(place_of(key));
        places.len() < FILE_RECORDS_MAX
    })?;
    let (reader, mut file) = (Reader::new(store), CreditFile::new(subject, calendar, policies));
    for (height, index) in places {
        let (Some(payload), Some(record)) = (reader.payload(height, index)?, reader.record(height, index)?) else {
            continue;
        };
        let Ok(said) = CreditRecord::parse(&payload.payload) else { continue };
        let author = directory
            .organisation(record.author)
            .map(|one| Author { uri: one.uri.clone(), is_authority: one.role == OrganisationRole::Authority });
        let Some(author) = author else { continue };
        // Whether it has an effect the file notes itself.
        let _ = file.take(&Written { hash: record.record(height, index).hash(), author, record: said });
    }
    Ok(file)
}

/// The row of a record of credit at a place, if the payload is one: what goes with the payload when that is erased.
pub fn row_of(payload: &[u8], height: u64, index: u32) -> Option<Vec<u8>> {
    CreditRecord::parse(payload).ok().map(|record| place_key(&record.subject, height, index))
}

fn place_key(subject: &str, height: u64, index: u32) -> Vec<u8> {
    // No URI has a zero byte, so that no subject's keys are among another's.
    [&[PLACES], subject.as_bytes(), &[0], &height.to_be_bytes(), &index.to_be_bytes()].concat()
}

fn place_of(key: &[u8]) -> Option<(u64, u32)> {
    let (rest, index) = key.split_last_chunk()?;
    let (_, height) = rest.split_last_chunk()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(*index)))
}

fn corrupt(words: &str) -> StoreError {
    StoreError::Corrupt(Table::Reading, words.to_owned())
}
