//! Finds events by their ids, with what declares them erroneous.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::record::Role;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::event::event_tag;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::records;
use suyuan_ledger::state::subject::StoredRecord;

use super::Place;

/// The events with an id: the number of each author, and the place. Every organisation is asked for: an id is its
/// author's own.
pub fn by_id(store: &dyn Read, directory: &Directory, id: &str) -> Result<Vec<(u64, Place)>, StoreError> {
    let reader = Reader::new(store);
    let mut found = Vec::new();
    for organisation in directory.organisations() {
        if let Some(event) = reader.event(event_tag(organisation.number, id))? {
            found.push((organisation.number, (event.height, event.index)));
        }
    }
    Ok(found)
}

/// The places of all events with one of these ids, whoever their authors, and of what declares them erroneous.
pub fn ids_at(store: &dyn Read, ids: &[String]) -> Result<BTreeSet<Place>, StoreError> {
    let mut places = BTreeSet::new();
    let Some(ledger) = Ledger::open(store)? else { return Ok(places) };
    for id in ids {
        for (_, place) in by_id(store, &ledger.directory, id)? {
            places.insert(place);
            places.extend(declarations_of(store, place)?);
        }
    }
    Ok(places)
}

/// The places of the events that declare an event erroneous: they have its id, and name the subjects that it names.
pub fn declarations_of(store: &dyn Read, place: Place) -> Result<BTreeSet<Place>, StoreError> {
    let reader = Reader::new(store);
    let Some(target) = reader.record(place.0, place.1)? else { return Ok(BTreeSet::new()) };
    let declares =
        |record: &StoredRecord| record.runs.iter().any(|run| run.role == Role::Own as u8 && run.first == target.own);
    let names_subjects = |role: u8| Role::from_number(role).is_some_and(|role| !role.names_events());
    let subject = target.runs.iter().find(|run| names_subjects(run.role));
    let mut found = BTreeSet::new();
    match subject.map(|run| reader.run_at(run.first)).transpose()?.flatten() {
        Some(run) => {
            for entry in reader.entries(run.log)? {
                let is_behind = (entry.height, entry.index) > place && entry.role == Role::Error as u8;
                if is_behind && reader.record(entry.height, entry.index)?.is_some_and(|record| declares(&record)) {
                    found.insert((entry.height, entry.index));
                }
            }
        }
        // An event that names nothing is in no log. The row that counts declarations says whether there is one.
        None if is_declared_erroneous(store, target.own)? => {
            records::scan(store, place, (u64::MAX, u32::MAX), &mut |place, record| {
                if declares(&record) {
                    found.insert(place);
                }
                ControlFlow::Continue(())
            })?;
        }
        None => {}
    }
    Ok(found)
}

/// Whether any event declares this one erroneous.
fn is_declared_erroneous(store: &dyn Read, own: u64) -> Result<bool, StoreError> {
    let row = [b"error/".as_slice(), &own.to_be_bytes()].concat();
    Ok(store.get(Table::Row, &row)?.is_some())
}
