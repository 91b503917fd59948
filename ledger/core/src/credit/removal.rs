//! Where it is said what is to be erased of firms' files, and who has done so: rows beside a file, since who acknowledges is
//! anybody that has a node, and must not lengthen a file.

use std::collections::BTreeSet;

use super::file::{About, Author, CreditFile};
use super::reading::{Place, Row, author, corrupt, place_bytes, place_of, places_of_subject, written};
use super::record::{CreditRecord, Removed, Statement};
use super::rows::RowKind;
use crate::block::StoredBlock;
use crate::codec::{self, ENCODED_BYTES_MAX};
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::organisation::Directory;
use crate::state::reader::Reader;

use crate::submission::record_type;

/// Of records that ask for a removal: the place. The value is the record's hash and the firm's URI.
const REMOVAL: u8 = RowKind::Removal as u8;
/// Of the same: the hash.
const ASKED: u8 = RowKind::Asked as u8;
/// Of those who have done it: the hash of the record that asks for it, the organisation's number BE8. The value is the place
/// of its last record.
const DONE: u8 = RowKind::Done as u8;

/// A removal that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
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
        Statement::Removal { .. } if author.is_authority && author.uri != said.subject => {
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
pub fn removals(store: &dyn Read, from: u64, to: u64) -> Result<Vec<Asked>, StoreError> {
    let key = |height: u64| [&[REMOVAL], place_bytes((height.saturating_add(1), 0)).as_slice()].concat();
    let (mut found, mut is_sound) = (Vec::new(), true);
    store.scan(Table::Reading, &key(from), &key(to), &mut |key, value| {
        let removal = place_of(key).zip(value.split_first_chunk()).and_then(|(place, (hash, subject))| {
            Some(Asked { place, record: Hash(*hash), subject: String::from_utf8(subject.to_vec()).ok()? })
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

/// Where the bodies are that a removal asks to be erased: those of its targets and of all that is about them, as far as they
/// are there, with what was handed in twice, and what had no effect for what was there: it must have none without. The file MUST be of the removal's height at least. None if it has no effect.
pub fn bodies_of(
    store: &dyn Read,
    directory: &Directory,
    removal: &Asked,
    file: &CreditFile<'_>,
) -> Result<Vec<Place>, StoreError> {
    let Some(case) = file.removals().get(&removal.record) else { return Ok(Vec::new()) };
    let (reader, mut about, mut places, mut events) =
        (Reader::new(store), About::new(case), Vec::new(), BTreeSet::new());
    // What is said afterwards of what is removed has no effect, and is no part of it.
    for place in places_of_subject(store, &removal.subject, removal.place.0)? {
        let Some(written) = written(&reader, directory, place)?.filter(|_| place < removal.place) else { continue };
        let is_void = could_have_effect(&written.record) && file.is_void(&written.hash);
        if about.is_part(written.hash, &written.record) || is_void {
            places.push(place);
            events.insert(written.record.event_id);
        }
    }
    let Some((first, _)) = places.first() else { return Ok(places) };
    for height in *first..=removal.place.0 {
        copies(store, height, (&removal.subject, &events), &mut places)?;
    }
    Ok(places)
}

/// Whether a record that has no effect could have one if another record had no body. A removal could too, of what is over in
/// any case; who tells that it is done is in a list of its own.
pub(super) fn could_have_effect(record: &CreditRecord) -> bool {
    matches!(record.statement, Statement::Verification(_) | Statement::Repair { .. } | Statement::RepairStep { .. })
}

/// The places of a block's refused records of these events: what is handed in twice is kept twice.
fn copies(
    store: &dyn Read,
    height: u64,
    (subject, events): (&str, &BTreeSet<String>),
    places: &mut Vec<Place>,
) -> Result<(), StoreError> {
    let Some(bytes) = store.get(Table::Block, &height.to_be_bytes())? else { return Ok(()) };
    let block: StoredBlock = codec::decode(&bytes, ENCODED_BYTES_MAX).map_err(|_| corrupt("a block can't be read"))?;
    let reader = Reader::new(store);
    let kept = block.submissions.iter().flat_map(|one| &one.events).zip(0u32..);
    for (_, index) in kept.filter(|(event, _)| event.code != 0 && event.record_type == record_type::CREDIT) {
        let said = reader.payload(height, index)?.and_then(|payload| CreditRecord::parse(&payload.payload).ok());
        if said.is_some_and(|said| said.subject == subject && events.contains(&said.event_id)) {
            places.push((height, index));
        }
    }
    Ok(())
}

/// The targets of a removal that have no body here, and are an authority's records at their places.
pub(super) fn gone(store: &dyn Read, directory: &Directory, said: &CreditRecord) -> Result<Vec<Hash>, StoreError> {
    let Statement::Removal { targets } = &said.statement else { return Ok(Vec::new()) };
    let (reader, mut found) = (Reader::new(store), Vec::new());
    for of in targets {
        if is_there(store, directory, of)? && reader.payload(of.place.0, of.place.1)?.is_none() {
            found.push(of.record);
        }
    }
    Ok(found)
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

/// Whether what was published at a place, as of a height, can't be computed here any more: an authority has asked since that a
/// record of then is removed, and its body is gone. What is published after a removal nothing hides.
pub fn hides(
    store: &dyn Read,
    directory: &Directory,
    subject: &str,
    (place, of_height): (Place, u64),
) -> Result<bool, StoreError> {
    let reader = Reader::new(store);
    for asked in removals(store, place.0.saturating_sub(1), u64::MAX)? {
        if asked.place <= place || asked.subject != subject {
            continue;
        }
        let said = written(&reader, directory, asked.place)?.map(|written| written.record.statement);
        let Some(Statement::Removal { targets }) = said else { continue };
        for of in targets.iter().filter(|of| of.place.0 <= of_height) {
            if is_there(store, directory, of)? && reader.payload(of.place.0, of.place.1)?.is_none() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether an authority has asked for a removal in a firm's file after a height and before a place: nobody publishes a grade
/// as of then any more, since not everybody can compute it.
pub fn is_before_removal(
    store: &dyn Read,
    subject: &str,
    (of_height, place): (u64, Place),
) -> Result<bool, StoreError> {
    let asked = removals(store, of_height, place.0)?;
    Ok(asked.iter().any(|one| one.place < place && one.subject == subject))
}
