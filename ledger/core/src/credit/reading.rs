//! Where the records of contracts and of a subject's credit are: an index over blocks, apart from `apply`, that any node
//! makes anew from what it holds. A contract or a file is read at any height by taking the records up to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::arrivals::{self, Arrivals, Arrived, Claim};
use super::calendar::Calendar;
use super::devices::{self, Register};
use super::draw::Draw;
use super::file::{Author, CreditFile, Written};
use super::kind::RecordKind;
use super::measures::Catalogues;
use super::recalls;
use super::receipts;
use super::record::{CreditRecord, Statement};
use super::removal;
use super::repair::RepairPolicies;
use super::rows::RowKind;
use super::traced::{self, Traces};
use crate::contract::fold::{self, Arrival, Contract};
use crate::contract::record::{Act, ContractRecord};
use crate::hash::Hash;
use crate::kv::{Overlay, Read, StoreError, Table, WriteSet};
use crate::organisation::{Directory, OrganisationRole};
use crate::state::apply::directory;
use crate::state::reader::Reader;
use crate::state::records;
use crate::state::subject::StoredRecord;
use crate::submission::record_type;

/// Under this key is the height up to which blocks were read. Its last byte is the version of what is read out of them: of
/// another version all is read anew.
const HEIGHT_KEY: &[u8] = &[0, 9];
/// Above every key of the table.
const END: &[u8] = &[u8::MAX];
/// Of a subject's records of credit: its URI, zero, height BE8, index BE4.
const OF_SUBJECT: u8 = RowKind::OfSubject as u8;
/// Of a contract's records: its hash, height BE8, index BE4.
const OF_CONTRACT: u8 = RowKind::OfContract as u8;
/// Of contracts: the hash. The value is the place of the first record: height BE8, index BE4.
const CONTRACT: u8 = RowKind::Contract as u8;
/// Of a party's records of contracts: its URI, zero, height BE8, index BE4. The value is the contract's hash. They are apart
/// from those of credit, so that no number of contracts hides what an authority has said.
const OF_PARTY: u8 = RowKind::OfParty as u8;
/// Of grades that were published: the place. The value is the subject's URI.
const GRADE: u8 = RowKind::Grade as u8;
/// Of catalogues of measures: the authority's URI, zero, the place.
const CATALOGUE: u8 = RowKind::Catalogue as u8;
/// Of objections and applications for repair: the hash. The value is the subject's URI.
const PROCEDURE: u8 = RowKind::Procedure as u8;
/// So many records are looked at before what was found is to be kept. One of many runs of things counts as more: all of
/// them are in memory, and so is what is written of each; and so does one of things in many buckets, each with lists of its
/// own.
const RECORDS_AT_ONCE: usize = 1 << 13;
const RUNS_OF_RECORD: usize = 4;
/// A file has at most so many records, and a contract.
pub const FILE_RECORDS_MAX: usize = 1 << 20;

/// Where a record is.
pub type Place = (u64, u32);

/// Up to which height blocks were read.
pub fn height(store: &dyn Read) -> Result<u64, StoreError> {
    let found = store.get(Table::Reading, HEIGHT_KEY)?;
    let number = found.map(|bytes| bytes.try_into().map(u64::from_be_bytes));
    number.transpose().map(|height| height.unwrap_or(0)).map_err(|_| corrupt("the height is no number"))
}

/// Whether what was read is of this version. Nothing is, if nothing was read yet.
pub fn is_of_now(store: &dyn Read) -> Result<bool, StoreError> {
    let mut is_empty = true;
    store.scan(Table::Reading, &[], END, &mut |_, _| {
        is_empty = false;
        false
    })?;
    Ok(is_empty || store.get(Table::Reading, HEIGHT_KEY)?.is_some())
}

/// Reads further blocks, up to that height, which the store MUST hold: what is to be written, or none if all were read.
pub fn read_on(store: &dyn Read, head: u64) -> Result<Option<WriteSet>, StoreError> {
    if !is_of_now(store)? {
        return forgotten(store).map(Some);
    }
    let done = height(store)?;
    if done >= head {
        return Ok(None);
    }
    let (mut found, mut events, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
    let (mut looked_at, mut within, mut is_cut) = (0usize, done, false);
    records::scan(store, (done + 1, 0), (head + 1, 0), &mut |(height, index), record| {
        // A block that is begun is read to its end.
        if looked_at >= RECORDS_AT_ONCE && height > within {
            is_cut = true;
            return ControlFlow::Break(());
        }
        looked_at = looked_at.saturating_add(weight(&record));
        if height > within {
            blocks.push((height, record.block_time));
        }
        within = height;
        match record.record_type {
            record_type::EPCIS => events.push(((height, index), record)),
            kind if record_type::is_read_apart(kind) => found.push((height, index)),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    let last = if is_cut { within } else { head };
    let (mut index, mut writes) = (Index::new(store)?, Overlay::new(store));
    let unread = Traces::new(store, &index.directory).take(&events, &blocks, &mut writes)?;
    let last = unread.map_or(last, |unread| unread.saturating_sub(1));
    for place in found.into_iter().filter(|(height, _)| *height <= last) {
        for (key, value) in index.rows(place)? {
            writes.put(Table::Reading, key, value);
        }
    }
    writes.put(Table::Reading, HEIGHT_KEY, last.to_be_bytes());
    Ok(Some(writes.into_writes()))
}

/// As how many records one counts.
fn weight(record: &StoredRecord) -> usize {
    let buckets =
        record.runs.iter().map(|run| 1 + u64::from(run.count) / receipts::BUCKET).fold(0, u64::saturating_add);
    let lists = usize::try_from(buckets).unwrap_or(usize::MAX).clamp(1, receipts::BUCKETS_MAX);
    lists.saturating_add(record.runs.len() / RUNS_OF_RECORD)
}

/// Takes away what an earlier version read. What is left says that nothing was read.
fn forgotten(store: &dyn Read) -> Result<WriteSet, StoreError> {
    let mut writes = WriteSet::default();
    store.scan(Table::Reading, &[], END, &mut |key, _| {
        writes.delete(Table::Reading, key);
        true
    })?;
    writes.put(Table::Reading, HEIGHT_KEY, 0u64.to_be_bytes());
    Ok(writes)
}

/// Makes the rows of records.
struct Index<'a> {
    store: &'a dyn Read,
    directory: Arc<Directory>,
    /// The parties of contracts whose first record was read a moment ago.
    parties: BTreeMap<Hash, Vec<String>>,
    /// Removals likewise.
    asked: BTreeSet<Hash>,
}

pub(super) type Row = (Vec<u8>, Vec<u8>);

impl<'a> Index<'a> {
    fn new(store: &'a dyn Read) -> Result<Index<'a>, StoreError> {
        Ok(Index { store, directory: Arc::new(directory(store)?), parties: BTreeMap::new(), asked: BTreeSet::new() })
    }

    /// The rows of the record at a place. What can't be read is void whosever it is, what is erased is nobody's, and what
    /// its author has no part in is kept out of others' files.
    fn rows(&mut self, place: Place) -> Result<Vec<Row>, StoreError> {
        let reader = Reader::new(self.store);
        let (Some(payload), Some(record)) = (reader.payload(place.0, place.1)?, reader.record(place.0, place.1)?)
        else {
            return Ok(Vec::new());
        };
        let Some(author) = author(&self.directory, record.author) else { return Ok(Vec::new()) };
        if record.record_type == record_type::CREDIT {
            let Ok(said) = CreditRecord::parse(&payload.payload) else { return Ok(Vec::new()) };
            let hash = record.record(place.0, place.1).hash();
            return self.rows_of_credit(&said, (&author, record.author), (place, hash));
        }
        let Ok(said) = ContractRecord::parse(&payload.payload) else { return Ok(Vec::new()) };
        let hash = record.record(place.0, place.1).hash();
        // It is found by who names it, so that nobody fills another's contract.
        if let Act::Confirm { .. } = said.act {
            return Ok(vec![arrivals::payment(place, &hash)]);
        }
        let (id, parties) = match (said.contract, &said.act) {
            (None, Act::Propose { parties, .. }) => {
                (hash, parties.iter().map(|party| party.organisation.clone()).collect::<Vec<String>>())
            }
            (Some(id), _) => (id, self.parties_of(&id)?),
            (None, _) => return Ok(Vec::new()),
        };
        let is_new = said.contract.is_none();
        let may = parties.contains(&author.uri) || (author.is_authority && !parties.is_empty() && !is_new);
        if !may {
            return Ok(Vec::new());
        }
        if is_new {
            self.parties.insert(id, parties.clone());
        }
        let mut rows: Vec<Row> = parties.iter().map(|party| (party_key(party, place), id.0.to_vec())).collect();
        rows.push((contract_key(&id, place), Vec::new()));
        if said.contract.is_none() {
            rows.push((founded_key(&id), place_bytes(place).to_vec()));
        }
        if let Act::Perform { evidence, .. } = &said.act {
            rows.extend(arrivals::claims(place, record.author, evidence));
        }
        Ok(rows)
    }

    fn rows_of_credit(
        &mut self,
        said: &CreditRecord,
        (author, number): (&Author, u64),
        (place, hash): (Place, Hash),
    ) -> Result<Vec<Row>, StoreError> {
        let (is_authority, is_of_itself) = (author.is_authority, author.uri == said.subject);
        let mut rows = Vec::new();
        // Who has erased something is anybody with a node, and adds nothing to the file.
        if (is_authority || is_of_itself) && said.kind != RecordKind::RemovalDone {
            rows.push((subject_key(&said.subject, place), Vec::new()));
        }
        match said.kind {
            RecordKind::MeasureCatalogue if is_authority && is_of_itself => {
                rows.push((catalogue_key(&said.subject, place), Vec::new()));
            }
            RecordKind::Objection | RecordKind::Repair if is_of_itself => {
                rows.push((procedure_key(&hash), said.subject.clone().into_bytes()));
            }
            // What a firm says of its own grade has no effect, and is nothing to be alarmed at.
            RecordKind::Grade if is_authority && !is_of_itself => {
                rows.push((grade_key(place), said.subject.clone().into_bytes()));
            }
            RecordKind::Licence if is_authority && !is_of_itself => {
                rows.push(devices::licence(&said.subject, place));
            }
            RecordKind::Removal | RecordKind::RemovalDone => {
                rows.extend(removal::rows(self.store, &mut self.asked, said, (author, number), (place, hash))?);
            }
            _ => {}
        }
        Ok(rows)
    }

    fn parties_of(&mut self, id: &Hash) -> Result<Vec<String>, StoreError> {
        if let Some(known) = self.parties.get(id) {
            return Ok(known.clone());
        }
        let Some(place) = founded(self.store, id)? else { return Ok(Vec::new()) };
        let payload = Reader::new(self.store).payload(place.0, place.1)?;
        let said = payload.and_then(|payload| ContractRecord::parse(&payload.payload).ok());
        let parties = match said.map(|said| said.act) {
            Some(Act::Propose { parties, .. }) => parties.into_iter().map(|party| party.organisation).collect(),
            _ => Vec::new(),
        };
        self.parties.insert(*id, parties.clone());
        Ok(parties)
    }
}

/// What is to be written when the payloads of records at these places are erased: what was read out of them goes with them,
/// and with a contract's first record all of that contract's. Of a payload that has rotted nothing is known, and it is erased
/// all the same.
pub fn forget(store: &dyn Read, places: &[Place]) -> Result<WriteSet, StoreError> {
    let (mut index, mut writes) = (Index::new(store)?, Overlay::new(store));
    let keys = |index: &mut Index<'_>, place| {
        let rows = if_sound(index.rows(place).map(Some))?.unwrap_or_default();
        Ok::<_, StoreError>(rows.into_iter().map(|(key, _)| key))
    };
    for place in places {
        let record = Reader::new(store).record(place.0, place.1)?;
        if !record.is_some_and(|record| record_type::is_read_apart(record.record_type)) {
            continue;
        }
        let mut rows: Vec<Vec<u8>> = keys(&mut index, *place)?.collect();
        let founds = rows.iter().find(|key| key.first() == Some(&CONTRACT)).and_then(|key| key.get(1..));
        if let Some(id) = founds.and_then(|id| <[u8; 32]>::try_from(id).ok()).map(Hash) {
            for place in places_of(store, &id, u64::MAX)? {
                rows.extend(keys(&mut index, place)?);
            }
        }
        rows.into_iter().for_each(|row| writes.delete(Table::Reading, row));
    }
    traced::forget(store, &index.directory, &places.iter().copied().collect(), &mut writes)?;
    Ok(writes.into_writes())
}

/// Nothing, where the store is damaged.
pub(super) fn if_sound<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Corrupt(..)) => Ok(None),
        other => other,
    }
}

pub(super) fn author(directory: &Directory, number: u64) -> Option<Author> {
    let one = directory.organisation(number)?;
    Some(Author { uri: one.uri.clone(), is_authority: one.role == OrganisationRole::Authority })
}

/// The places of a contract's records up to a height, in their order.
fn places_of(store: &dyn Read, id: &Hash, at_height: u64) -> Result<Vec<Place>, StoreError> {
    places_between(store, &contract_key(id, (0, 0)), &contract_key(id, (at_height.saturating_add(1), 0)))
}

/// The places in the keys from one (included) to another (not included).
fn places_between(store: &dyn Read, from: &[u8], to: &[u8]) -> Result<Vec<Place>, StoreError> {
    let mut places = Vec::new();
    store.scan(Table::Reading, from, to, &mut |key, _| {
        places.extend(place_of(key));
        places.len() < FILE_RECORDS_MAX
    })?;
    Ok(places)
}

/// What events tell a contract.
enum Told {
    Arrived(Arrival),
    Withdrawn { event: Hash, performance: Hash, time: i64 },
}

impl Told {
    fn tell(&self, contract: &mut Contract<'_>) {
        match self {
            Told::Arrived(arrival) => contract.arrive(arrival),
            Told::Withdrawn { event, performance, time } => contract.withdraw(event, performance, *time),
        }
    }
}

/// The place of a contract's first record.
pub(super) fn founded(store: &dyn Read, id: &Hash) -> Result<Option<Place>, StoreError> {
    Ok(store.get(Table::Reading, &founded_key(id))?.and_then(|bytes| place_of(&bytes)))
}

/// A contract at a height, from the records that are still there and from what arrived, told up to a time of the ledger; with
/// it the salt of its first record. None if there is no such contract. The index MUST reach that height.
pub fn contract<'a>(
    store: &dyn Read,
    directory: &Directory,
    id: &Hash,
    (at_height, time): (u64, i64),
    calendar: &'a Calendar,
) -> Result<Option<(Contract<'a>, [u8; 16])>, StoreError> {
    let (reader, mut found): (_, Option<(Contract<'a>, [u8; 16])>) = (Reader::new(store), None);
    let arrivals = Arrivals::new(store, &reader, directory, at_height);
    // What is told where the records get to it: by the place from which on it counts, and its own.
    let mut ahead: BTreeMap<(Place, Place, Hash, Hash), Told> = BTreeMap::new();
    for place in places_of(store, id, at_height)? {
        let (Some(payload), Some(record)) = (reader.payload(place.0, place.1)?, reader.record(place.0, place.1)?)
        else {
            continue;
        };
        let (Ok(said), Some(author)) = (ContractRecord::parse(&payload.payload), author(directory, record.author))
        else {
            continue;
        };
        let hash = record.record(place.0, place.1).hash();
        let written = fold::Written { hash, author, recorded: record.block_time, record: said };
        let Some((contract, _)) = &mut found else {
            found = Contract::new(&written, calendar).ok().map(|contract| (contract, payload.salt));
            continue;
        };
        let later = ahead.split_off(&(place, (0, 0), Hash::ZERO, Hash::ZERO));
        std::mem::replace(&mut ahead, later).values().for_each(|told| told.tell(contract));
        // Whether it has an effect the contract notes itself.
        let is_taken = contract.take(&written).is_ok();
        if let (true, Act::Perform { evidence, .. }) = (is_taken, &written.record.act)
            && let Some(performed) = contract.performed(&hash)
        {
            let claim = Claim { place, author: record.author, evidence, performed, contract };
            for Arrived { place: at, arrival, withdrawn } in arrivals.of(&claim)? {
                let event = arrival.hash;
                if let Some((from, time)) = withdrawn {
                    ahead.insert((from, from, hash, event), Told::Withdrawn { event, performance: hash, time });
                }
                ahead.insert((at.max(place), at, hash, event), Told::Arrived(arrival));
            }
        }
    }
    if let Some((contract, _)) = &mut found {
        ahead.values().for_each(|told| told.tell(contract));
        contract.advance(time);
    }
    Ok(found)
}

/// The contracts of a party up to a height, in the order in which they were proposed.
pub fn contracts_of(store: &dyn Read, party: &str, at_height: u64) -> Result<Vec<Hash>, StoreError> {
    let (from, to) = (party_key(party, (0, 0)), party_key(party, (at_height.saturating_add(1), 0)));
    let (mut known, mut contracts, mut count) = (BTreeSet::new(), Vec::new(), 0usize);
    store.scan(Table::Reading, &from, &to, &mut |_, value| {
        if let Ok(id) = <[u8; 32]>::try_from(value)
            && known.insert(id)
        {
            contracts.push(Hash(id));
        }
        count += 1;
        count < FILE_RECORDS_MAX
    })?;
    Ok(contracts)
}

/// A draw that an authority has committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The hash of its record.
    pub record: Hash,
    /// The height of its block, and that block's time.
    pub block: (u64, i64),
    /// It.
    pub draw: Draw,
}

/// The draws that an authority has committed to, up to a height. Of two of one name the first one is meant.
pub fn draws(
    store: &dyn Read,
    directory: &Directory,
    authority: &str,
    at_height: u64,
) -> Result<Vec<Committed>, StoreError> {
    let (reader, mut found, mut names) = (Reader::new(store), Vec::new(), BTreeSet::new());
    for (height, index) in places_of_subject(store, authority, at_height)? {
        let (Some(payload), Some(record)) = (reader.payload(height, index)?, reader.record(height, index)?) else {
            continue;
        };
        let is_own = author(directory, record.author).is_some_and(|one| one.is_authority && one.uri == authority);
        let said = CreditRecord::parse(&payload.payload).ok().filter(|_| is_own);
        if let Some(Statement::Draw(draw)) = said.map(|said| said.statement)
            && names.insert(draw.id.clone())
        {
            let (block, record) = ((height, record.block_time), record.record(height, index).hash());
            found.push(Committed { record, block, draw: *draw });
        }
    }
    Ok(found)
}

/// The grades that were published from one height (not included) to another: where, and whose.
pub fn grades(store: &dyn Read, from: u64, to: u64) -> Result<Vec<(Place, String)>, StoreError> {
    let (from, to) = (grade_key((from.saturating_add(1), 0)), grade_key((to.saturating_add(1), 0)));
    let mut found = Vec::new();
    store.scan(Table::Reading, &from, &to, &mut |key, value| {
        found.extend(place_of(key).zip(String::from_utf8(value.to_vec()).ok()));
        true
    })?;
    Ok(found)
}

/// A subject's file at a height and a time of the ledger, from the records that are still there. The index MUST reach
/// that height.
pub fn file<'a>(
    store: &dyn Read,
    directory: &Directory,
    subject: &str,
    at: (u64, i64),
    (calendar, policies): (&'a Calendar, &'a RepairPolicies),
) -> Result<CreditFile<'a>, StoreError> {
    let mut file = CreditFile::new(subject, calendar, policies);
    // The first contract's salt is known to whom its body is, and to nobody else.
    let mut salt = None;
    for id in contracts_of(store, subject, at.0)? {
        // What the subject has not agreed to says nothing of it, whoever names it as a party.
        let found = contract(store, directory, &id, at, calendar)?;
        let Some((contract, own)) = found.filter(|(contract, _)| contract.version > 0) else { continue };
        file.take_contract(&contract, salt.get_or_insert(own));
    }
    file.take_traces(traced::facts(store, subject, at.0)?);
    file.take_devices(Register::new(store, directory, at.0).of_firm(subject)?);
    file.take_recalls(recalls::of_firm(store, directory, subject, (at.0, calendar))?);
    take_records(store, directory, &mut file, at.0)?;
    Ok(file)
}

/// The same of its records of credit alone, without what contracts and events come to: its penalties are the same.
pub fn file_of_records<'a>(
    store: &dyn Read,
    directory: &Directory,
    subject: &str,
    at_height: u64,
    (calendar, policies): (&'a Calendar, &'a RepairPolicies),
) -> Result<CreditFile<'a>, StoreError> {
    let mut file = CreditFile::new(subject, calendar, policies);
    take_records(store, directory, &mut file, at_height)?;
    Ok(file)
}

fn take_records(
    store: &dyn Read,
    directory: &Directory,
    file: &mut CreditFile<'_>,
    at_height: u64,
) -> Result<(), StoreError> {
    let (reader, mut catalogues) = (Reader::new(store), Catalogues::new(store, directory));
    for place in places_of_subject(store, file.subject(), at_height)? {
        let Some(written) = written(&reader, directory, place)? else { continue };
        if let Some(item) = catalogues.item_of(&written, place)? {
            file.take_measure_item(written.hash, item);
        }
        removal::gone(store, directory, &written.record)?.into_iter().for_each(|record| file.take_gone(record));
        // Whether it has an effect the file notes itself.
        let _ = file.take(&written);
    }
    Ok(())
}

/// Whose objection or application for repair a record is, by its hash.
pub fn subject_of_procedure(store: &dyn Read, hash: &Hash) -> Result<Option<String>, StoreError> {
    let found = store.get(Table::Reading, &procedure_key(hash))?;
    Ok(found.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
}

/// All of whose credit something is recorded.
pub fn subjects(store: &dyn Read) -> Result<Vec<String>, StoreError> {
    names_in(store, OF_SUBJECT)
}

/// All that may have something to do: of whose credit something is recorded, who uses equipment, who recalls or was ordered
/// to.
pub fn firms(store: &dyn Read) -> Result<BTreeSet<String>, StoreError> {
    let mut firms = BTreeSet::new();
    for table in [OF_SUBJECT, devices::USER, recalls::ANNOUNCED, recalls::ORDERED] {
        firms.extend(names_in(store, table)?);
    }
    Ok(firms)
}

/// The authorities that have recorded a catalogue of measures.
pub(super) fn authorities_with_catalogues(store: &dyn Read) -> Result<Vec<String>, StoreError> {
    names_in(store, CATALOGUE)
}

/// The names in keys that are a byte, a name, zero, and a place, each once.
fn names_in(store: &dyn Read, first: u8) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    // One look for each name: what is behind all of its places begins with the name and a one.
    let mut from = vec![first];
    loop {
        let mut name = None;
        store.scan(Table::Reading, &from, &[first.saturating_add(1)], &mut |key, _| {
            name = key.get(1..).and_then(|rest| rest.split(|byte| *byte == 0).next()).map(<[u8]>::to_vec);
            false
        })?;
        let Some(name) = name else { return Ok(names) };
        from = [&[first], name.as_slice(), &[1]].concat();
        names.extend(String::from_utf8(name).ok());
    }
}

/// The places of an authority's catalogues of measures.
pub(super) fn places_of_catalogues(store: &dyn Read, authority: &str) -> Result<Vec<Place>, StoreError> {
    places_between(store, &catalogue_key(authority, (0, 0)), &catalogue_key(authority, (u64::MAX, 0)))
}

/// A record of credit as it was written, if its body is there and is one.
pub(super) fn written(
    reader: &Reader<'_>,
    directory: &Directory,
    (height, index): Place,
) -> Result<Option<Written>, StoreError> {
    let (Some(payload), Some(record)) = (reader.payload(height, index)?, reader.record(height, index)?) else {
        return Ok(None);
    };
    let said = CreditRecord::parse(&payload.payload).ok().zip(author(directory, record.author));
    Ok(said.map(|(said, author)| Written { hash: record.record(height, index).hash(), author, record: said }))
}

/// The places of the records of a subject's credit up to a height.
pub(super) fn places_of_subject(store: &dyn Read, subject: &str, at_height: u64) -> Result<Vec<Place>, StoreError> {
    places_between(store, &subject_key(subject, (0, 0)), &subject_key(subject, (at_height.saturating_add(1), 0)))
}

pub(super) fn place_bytes((height, index): Place) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&height.to_be_bytes());
    bytes[8..].copy_from_slice(&index.to_be_bytes());
    bytes
}

fn subject_key(subject: &str, place: Place) -> Vec<u8> {
    // No URI has a zero byte, so that no subject's keys are among another's.
    [&[OF_SUBJECT], subject.as_bytes(), &[0], &place_bytes(place)].concat()
}

fn party_key(party: &str, place: Place) -> Vec<u8> {
    [&[OF_PARTY], party.as_bytes(), &[0], &place_bytes(place)].concat()
}

fn grade_key(place: Place) -> Vec<u8> {
    [&[GRADE], place_bytes(place).as_slice()].concat()
}

fn catalogue_key(authority: &str, place: Place) -> Vec<u8> {
    [&[CATALOGUE], authority.as_bytes(), &[0], &place_bytes(place)].concat()
}

fn procedure_key(hash: &Hash) -> Vec<u8> {
    [&[PROCEDURE], hash.0.as_slice()].concat()
}

fn contract_key(id: &Hash, place: Place) -> Vec<u8> {
    [&[OF_CONTRACT], id.0.as_slice(), &place_bytes(place)].concat()
}

fn founded_key(id: &Hash) -> Vec<u8> {
    [&[CONTRACT], id.0.as_slice()].concat()
}

pub(super) fn place_of(key: &[u8]) -> Option<Place> {
    let (rest, index) = key.split_last_chunk()?;
    let (_, height) = rest.split_last_chunk()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(*index)))
}

pub(super) fn corrupt(words: &str) -> StoreError {
    StoreError::Corrupt(Table::Reading, words.to_owned())
}
