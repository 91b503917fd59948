//! Where it is said what is to be erased of firms' files, and who has done so: rows beside a file, since who acknowledges is
//! anybody that has a node, and must not lengthen a file.

use std::collections::BTreeSet;

use super::file::{About, Author, CreditFile};
use super::reading::{Place, Row, author, corrupt, place_bytes, place_of, places_of_subject, written};
use super::record::{CreditRecord, Removed, Statement};
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::organisation::Directory;
use crate::state::reader::Reader;
use crate::submission::record_type;

/// Of records that ask for a removal: the place. The value is the record's hash and the firm's URI.
const REMOVAL: u8 = 18;
/// Of the same: the hash.
const ASKED: u8 = 19;
/// Of those who have done it: the hash of the record that asks for it, the organisation's number BE8. The value is the place
/// of its last record.
const DONE: u8 = 20;

/// A removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Where it is asked for.
    pub place: Place,
    /// The hash of that record.
    pub record: Hash,
    /// Of whose file.
    pub subject: String,
}

/// The rows of a record at a place that is about a removal. `asked` are the removals that were read a moment ago.
pub(super) fn rows(
    store: &dyn Read,
    asked: &mut BTreeSet<Hash>,
    said: &CreditRecord,
    (author, number): (&Author, u64),
    (place, hash): (Place, Hash),
) -> Result<Vec<Row>, StoreError> {
    Ok(match &said.statement {
        Statement::Removal { .. } if author.is_authority || author.uri == said.subject => {
            asked.insert(hash);
            let value = [&hash.0, said.subject.as_bytes()].concat();
            vec![([&[REMOVAL], place_bytes(place).as_slice()].concat(), value), (asked_key(&hash), Vec::new())]
        }
        Statement::RemovalDone { removal }
            if asked.contains(removal) || store.get(Table::Reading, &asked_key(removal))?.is_some() =>
        {
            let key = [&[DONE], removal.0.as_slice(), &number.to_be_bytes()].concat();
            vec![(key, place_bytes(place).to_vec())]
        }
        _ => Vec::new(),
    })
}

fn asked_key(hash: &Hash) -> Vec<u8> {
    [&[ASKED], hash.0.as_slice()].concat()
}

/// The removals that were asked for from one height (not included) to another.
pub fn removals(store: &dyn Read, from: u64, to: u64) -> Result<Vec<Removal>, StoreError> {
    let key = |height: u64| [&[REMOVAL], place_bytes((height.saturating_add(1), 0)).as_slice()].concat();
    let (mut found, mut is_sound) = (Vec::new(), true);
    store.scan(Table::Reading, &key(from), &key(to), &mut |key, value| {
        let removal = place_of(key).zip(value.split_first_chunk()).and_then(|(place, (hash, subject))| {
            Some(Removal { place, record: Hash(*hash), subject: String::from_utf8(subject.to_vec()).ok()? })
        });
        is_sound = removal.is_some();
        found.extend(removal);
        is_sound
    })?;
    if is_sound { Ok(found) } else { Err(corrupt("a removal is none")) }
}

/// Who says to have erased what a removal asks for.
pub fn done(store: &dyn Read, directory: &Directory, removal: &Hash) -> Result<BTreeSet<String>, StoreError> {
    let from = [&[DONE], removal.0.as_slice()].concat();
    let to = [from.as_slice(), &[u8::MAX; 9]].concat();
    let mut found = BTreeSet::new();
    store.scan(Table::Reading, &from, &to, &mut |key, _| {
        let number = key.last_chunk().map(|number| u64::from_be_bytes(*number));
        found.extend(number.and_then(|number| author(directory, number)).map(|author| author.uri));
        true
    })?;
    Ok(found)
}

/// Where the bodies are that a removal asks to be erased: those of its penalties and of all that is about them, as far as they
/// are there. None if it has no effect in the firm's file.
pub fn bodies_of(
    store: &dyn Read,
    directory: &Directory,
    removal: &Removal,
    file: &CreditFile<'_>,
) -> Result<Vec<Place>, StoreError> {
    let Some(penalties) = file.removals().get(&removal.record) else { return Ok(Vec::new()) };
    let (reader, mut about, mut places) = (Reader::new(store), About::new(file, penalties), Vec::new());
    for place in places_of_subject(store, &removal.subject, u64::MAX)? {
        let Some(written) = written(&reader, directory, place)? else { continue };
        if about.is_part(written.hash, &written.record) {
            places.push(place);
        }
    }
    Ok(places)
}

/// What is to be removed of a firm's file: each penalty with its place.
pub fn removable(
    store: &dyn Read,
    directory: &Directory,
    file: &CreditFile<'_>,
    day: Day,
) -> Result<Vec<Removed>, StoreError> {
    let over = file.removable(day);
    if over.is_empty() {
        return Ok(Vec::new());
    }
    let (reader, mut found) = (Reader::new(store), Vec::new());
    for place in places_of_subject(store, file.subject(), u64::MAX)? {
        let record = written(&reader, directory, place)?.map(|written| written.hash);
        found.extend(record.filter(|hash| over.contains(hash)).map(|record| Removed { record, place }));
    }
    Ok(found)
}

/// Whether that record is at that place, and an authority's.
pub fn is_there(store: &dyn Read, directory: &Directory, of: &Removed) -> Result<bool, StoreError> {
    let (height, index) = of.place;
    let record = Reader::new(store).record(height, index)?;
    Ok(record.is_some_and(|record| {
        let is_authority = author(directory, record.author).is_some_and(|author| author.is_authority);
        is_authority && record.record_type == record_type::CREDIT && record.record(height, index).hash() == of.record
    }))
}

/// Whether what follows from the records up to a height can't be computed any more: a penalty of then was removed since, its
/// body is gone, and who asked for that had a right to. What was published after a removal nothing hides.
pub fn hides(store: &dyn Read, directory: &Directory, file: &CreditFile<'_>, height: u64) -> Result<bool, StoreError> {
    let reader = Reader::new(store);
    let later = removals(store, height, u64::MAX)?.into_iter().filter(|one| one.subject == file.subject());
    for of in later.filter_map(|one| file.removals().get(&one.record)).flatten() {
        let (at, index) = of.place;
        if at <= height && is_there(store, directory, of)? && reader.payload(at, index)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}
