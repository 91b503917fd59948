//! What arrived of what was performed, by the events of those who received it (`04-contract.md` §4.5): the strongest proof
//! of a delivery, since neither side says it for the contract's sake.
//!
//! A `receiving` event that refers to a shipment is noted under the shipment's hash, and so is who names a shipment as evidence
//! of a performance. One shipment proves one performance of a debtor, the first that names it, in whichever contract that is.
//! From whom things came is for the one to say who received them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use suyuan_epcis::model::Event;

use super::reading::{Place, Row, place_of};
use super::recalls::{ENTRIES_MAX, entries};
use super::traced::is_withdrawn;
use crate::contract::fold::{Arrival, Performed};
use crate::contract::{Obligation, ObligationKind};
use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Read, StoreError, Table};
use crate::organisation::{Directory, Organisation};
use crate::profile::{profiled, text, thousandths};
use crate::record::{LinkRun, Role, Standing, mask};
use crate::state::erased::StoredQuantity;
use crate::state::reader::Reader;
use crate::state::standing::is_class_level;
use crate::state::subject::{StoredEntry, StoredRecord, place_key};

/// Of receiving events: the hash of the shipment that one refers to, its author's number BE8, the place. Others can't hide
/// behind their own what one has received.
const RECEIVED: u8 = 16;
/// Of performances: the hash of an event that one names as evidence, its author's number BE8, the place.
const CLAIMED: u8 = 17;

/// So many receiving events of one organisation that refer to one shipment are looked at.
const EVENTS_MAX: usize = 64;
/// So many things are looked at to find out what is in those that one of them names.
const THINGS_MAX: usize = 1 << 16;
/// A thing in a case on a pallet in a container: deeper nesting is not looked through.
const NESTING_MAX: u32 = 4;
/// One piece in thousandths.
const PIECE: i64 = 1_000;

fn key(table: u8, shipment: &Hash, author: u64, place: Place) -> Vec<u8> {
    [&[table], shipment.0.as_slice(), &author.to_be_bytes(), &place_key(place.0, place.1)].concat()
}

/// The row of an event that says what arrived of a shipment. A stranger receives nothing.
pub(super) fn rows(place: Place, (record, event): (&StoredRecord, &Event)) -> Vec<Row> {
    let shipment = refers_to(event).filter(|_| is_by_right(record));
    shipment.map(|shipment| (key(RECEIVED, &shipment, record.author, place), Vec::new())).into_iter().collect()
}

/// The shipment that a receiving event refers to: the event hash of what announced it.
fn refers_to(event: &Event) -> Option<Hash> {
    if event.biz_step.as_deref() != Some("receiving") {
        return None;
    }
    text(event, "cross_ref").or_else(|| text(event, "announced_ref")).and_then(Hash::from_hex)
}

fn things(record: &StoredRecord) -> impl Iterator<Item = &LinkRun> {
    record.runs.iter().filter(|run| run.role == Role::Epc as u8)
}

fn is_by_right(record: &StoredRecord) -> bool {
    things(record).next().is_some() && things(record).all(|run| run.standing > Standing::Bystander as u8)
}

/// The rows of a performance, by what it names as evidence.
pub(super) fn claims(place: Place, author: u64, evidence: &[Hash]) -> impl Iterator<Item = Row> {
    evidence.iter().map(move |shipment| (key(CLAIMED, shipment, author, place), Vec::new()))
}

/// A performance that counts, as it was recorded.
pub(super) struct Claim<'a> {
    pub place: Place,
    pub author: u64,
    pub evidence: &'a [Hash],
    pub performed: Performed<'a>,
}

/// Reads what arrived, as of a height.
pub(super) struct Arrivals<'a> {
    pub store: &'a dyn Read,
    pub reader: &'a Reader<'a>,
    pub directory: &'a Directory,
    pub at_height: u64,
}

impl Arrivals<'_> {
    /// What arrived of a performance: the places of the events, and what they say.
    pub fn of(&self, claim: &Claim<'_>) -> Result<Vec<(Place, Arrival)>, StoreError> {
        let mut found = Vec::new();
        let obligation = claim.performed.obligation;
        if !matches!(obligation.kind, ObligationKind::Deliver | ObligationKind::Carry) {
            return Ok(found);
        }
        for shipment in claim.evidence.iter().collect::<BTreeSet<_>>() {
            if !self.is_first(shipment, claim)? {
                continue;
            }
            let creditor = self.directory.number_of(&obligation.creditor);
            let is_first_name = |one: &Organisation| one.uri == obligation.creditor;
            let creditor = creditor.filter(|one| self.directory.organisation(*one).is_some_and(is_first_name));
            for receiver in creditor.into_iter().chain(self.consignee(claim).filter(|one| Some(*one) != creditor)) {
                for place in self.received(shipment, receiver)? {
                    found.extend(self.arrival(place, claim)?.map(|arrival| (place, arrival)));
                }
            }
        }
        Ok(found)
    }

    /// Whether no performance of the same debtor named the shipment before.
    fn is_first(&self, shipment: &Hash, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let (from, own) =
            (key(CLAIMED, shipment, claim.author, (0, 0)), key(CLAIMED, shipment, claim.author, claim.place));
        let mut is_first = true;
        self.store.scan(Table::Reading, &from, &own, &mut |_, _| {
            is_first = false;
            false
        })?;
        Ok(is_first)
    }

    /// Of a carriage, whose the place is that both sides have agreed on; never its debtor's own.
    fn consignee(&self, claim: &Claim<'_>) -> Option<u64> {
        let obligation = claim.performed.obligation;
        let place = obligation.place.as_deref().filter(|_| obligation.kind == ObligationKind::Carry)?;
        self.owner(place, claim.performed.since).filter(|owner| *owner != claim.author)
    }

    fn received(&self, shipment: &Hash, receiver: u64) -> Result<Vec<Place>, StoreError> {
        let from = key(RECEIVED, shipment, receiver, (0, 0));
        let to = key(RECEIVED, shipment, receiver, (self.at_height.saturating_add(1), 0));
        let mut places = Vec::new();
        self.store.scan(Table::Reading, &from, &to, &mut |key, _| {
            places.extend(place_of(key));
            places.len() < EVENTS_MAX
        })?;
        Ok(places)
    }

    fn arrival(&self, place: Place, claim: &Claim<'_>) -> Result<Option<Arrival>, StoreError> {
        let (Some(record), Some(payload)) =
            (self.reader.record(place.0, place.1)?, self.reader.payload(place.0, place.1)?)
        else {
            return Ok(None);
        };
        let author = self.directory.organisation(record.author);
        let (Some(event), Some(author)) = (profiled(&payload.payload), author) else { return Ok(None) };
        let obligation = claim.performed.obligation;
        let is_theirs = self.is_from_debtor((&record, &event), claim);
        if !is_theirs || is_withdrawn(self.store, &record, self.at_height)? {
            return Ok(None);
        }
        let Some((quantity, bad)) = self.amount(place, (&record, &event), obligation)? else { return Ok(None) };
        Ok(Some(Arrival {
            hash: record.record(place.0, place.1).hash(),
            author: author.uri.clone(),
            captured: record.block_time,
            happened: record.event_time,
            performance: claim.performed.hash,
            quantity,
            bad,
        }))
    }

    /// Whether who received says that it was from the debtor: goods from who sold them, what was carried from who had it. An
    /// alias that is given later changes nothing of what was recorded: only a first name counts, or a GLN of one's own.
    fn is_from_debtor(&self, (record, event): (&StoredRecord, &Event), claim: &Claim<'_>) -> bool {
        let obligation = claim.performed.obligation;
        let parties = |kind: &str| -> Vec<&str> {
            let of_kind = event.source_list.iter().flatten().filter(|one| one.kind.as_deref() == Some(kind));
            of_kind.filter_map(|one| one.value.as_deref()).collect()
        };
        let (source, owner, possessor) =
            (text(event, "source").into_iter().collect(), parties("owning_party"), parties("possessing_party"));
        let says = match obligation.kind {
            ObligationKind::Carry => [possessor, source, owner],
            _ => [source, owner, possessor],
        };
        let is_debtor =
            |uri: &&str| *uri == obligation.debtor || self.owner(uri, record.block_time) == Some(claim.author);
        says.iter().find(|parties| !parties.is_empty()).is_some_and(|parties| parties.iter().any(is_debtor))
    }

    /// Whose a GLN is, bare or in a URI.
    fn owner(&self, place: &str, time: i64) -> Option<u64> {
        let key = match place.len() == 13 && place.bytes().all(|byte| byte.is_ascii_digit()) {
            true => SubjectKey::new(KeyKind::Place, &[place.as_bytes(), b""]),
            false => SubjectKey::from_uri(place).ok().filter(|key| key.kind() == KeyKind::Place),
        };
        self.directory.owner(&key?, time).map(|(owner, _)| owner)
    }

    // ---- how much ----

    /// How much of what is owed an event says was received, in thousandths of the obligation's unit, and how much of it is
    /// bad; none if it says nothing of it.
    fn amount(
        &self,
        place: Place,
        (record, event): (&StoredRecord, &Event),
        obligation: &Obligation,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let unit = obligation.unit.as_deref();
        let said = |name| thousandths(event, name).filter(|(_, of)| is_same_unit(*of, unit));
        let said = |name| said(name).map(|(number, _)| number.max(0));
        let owed = self.owed(place, record, obligation)?;
        let damaged = said("damaged_qty");
        let received = match said("accepted_qty").filter(|_| owed.is_all) {
            Some(accepted) => accepted.saturating_add(damaged.unwrap_or(0)),
            None => owed.counted,
        };
        let is_bad = text(event, "temperature_accepted") == Some("false")
            || (event.disposition.as_deref() == Some("damaged") && damaged.is_none());
        let bad = if is_bad { received } else { damaged.unwrap_or(0).min(received) };
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok((received > 0).then(|| (number(received), number(bad))))
    }

    /// What of an event's things is owed.
    fn owed(&self, place: Place, record: &StoredRecord, obligation: &Obligation) -> Result<Owed, StoreError> {
        let unit = obligation.unit.as_deref();
        let search = obligation.what.as_deref().map(|what| self.search(what));
        let quantities = record.effect.quantities.iter().filter(|one| one.role == Role::Epc as u8);
        let quantities: BTreeMap<u64, &StoredQuantity> = quantities.map(|one| (one.subject, one)).collect();
        let mut owed = Owed { is_all: true, counted: 0 };
        for (thing, key) in self.keys(&subjects(record, Role::Epc))? {
            let is_piece = key.as_ref().is_some_and(|key| !is_class_level(key.kind()));
            let is = match (&search, key) {
                (None, _) => Is::It,
                (Some(Some(search)), Some(key)) => search.look(record, (thing, &key), (place, NESTING_MAX))?,
                (Some(_), _) => Is::Other,
            };
            owed.is_all &= is != Is::Other;
            let number = match quantities.get(&thing) {
                Some(one) if is_same_unit(unit_of(&one.unit), unit) => one.thousandths.unwrap_or(0).max(0),
                None if is_piece && is_same_unit(None, unit) => PIECE,
                _ => 0,
            };
            // A container of what is owed is no piece of it.
            owed.counted = owed.counted.saturating_add(if is == Is::It { number } else { 0 });
        }
        Ok(owed)
    }

    fn search(&self, what: &str) -> Option<Search<'_>> {
        Some(Search { reader: self.reader, what: named(what)?, left: Cell::new(THINGS_MAX) })
    }

    fn keys(&self, subjects: &[u64]) -> Result<BTreeMap<u64, Option<SubjectKey>>, StoreError> {
        let mut keys: BTreeMap<u64, Option<SubjectKey>> = subjects.iter().map(|subject| (*subject, None)).collect();
        self.reader.keys(subjects, &mut |subject, key| {
            if let Some(slot) = keys.get_mut(&subject) {
                *slot = SubjectKey::parse(key);
            }
        })?;
        Ok(keys)
    }
}

/// What a thing is to what is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// What is owed, or of it.
    It,
    /// It holds nothing else.
    Around,
    /// Something else, as far as is known.
    Other,
}

/// Looks for what is owed among things and in them.
struct Search<'a> {
    reader: &'a Reader<'a>,
    what: SubjectKey,
    /// So many things are still looked at.
    left: Cell<usize>,
}

impl Search<'_> {
    /// What a thing that a record names is, as of a place.
    fn look(
        &self,
        record: &StoredRecord,
        (subject, key): (u64, &SubjectKey),
        (before, depth): (Place, u32),
    ) -> Result<Is, StoreError> {
        let Some(left) = self.left.get().checked_sub(1) else { return Ok(Is::Other) };
        self.left.set(left);
        if *key == self.what || key.class().as_ref() == Some(&self.what) || self.is_of_lot(record, key)? {
            return Ok(Is::It);
        }
        let is_container = matches!(key.kind(), KeyKind::LogisticUnit | KeyKind::Instance | KeyKind::Container);
        match is_container && depth > 0 && self.is_around(subject, (before, depth - 1))? {
            true => Ok(Is::Around),
            false => Ok(Is::Other),
        }
    }

    /// Whether an item is of the lot that is owed: the event that names it names one lot, this one.
    fn is_of_lot(&self, record: &StoredRecord, key: &SubjectKey) -> Result<bool, StoreError> {
        if self.what.kind() != KeyKind::Lot || key.kind() != KeyKind::Item || key.gtin() != self.what.gtin() {
            return Ok(false);
        }
        match subjects(record, Role::Lot).as_slice() {
            [lot] => Ok(self.reader.key_of(*lot)?.is_some_and(|key| *key == *self.what.bytes())),
            _ => Ok(false),
        }
    }

    /// Whether all that is in a container before an event, by those with a right to it, is what is owed.
    fn is_around(&self, container: u64, (before, depth): (Place, u32)) -> Result<bool, StoreError> {
        let Some(run) = self.reader.run_at(container)? else { return Ok(false) };
        let entries = entries(self.reader, run.log, before)?;
        // Of what has lived that long not all is looked at.
        if entries.len() as u64 >= ENTRIES_MAX {
            return Ok(false);
        }
        let is_packing =
            |entry: &&StoredEntry| entry.role == Role::Parent as u8 && entry.standing > Standing::Bystander as u8;
        let mut holds = false;
        for entry in entries.iter().filter(is_packing).rev() {
            let packed = (entry.height, entry.index);
            let Some(record) = self.reader.record(packed.0, packed.1)? else { return Ok(false) };
            if record.mask & mask::UNPACK_ALL != 0 {
                break;
            }
            let children = if record.mask & mask::ADD == 0 { Vec::new() } else { subjects(&record, Role::Child) };
            for child in children {
                let key = self.reader.key_of(child)?.and_then(|key| SubjectKey::parse(&key));
                let Some(key) = key else { return Ok(false) };
                if self.look(&record, (child, &key), (packed, depth))? == Is::Other {
                    return Ok(false);
                }
                holds = true;
            }
        }
        Ok(holds)
    }
}

/// How much of an event's things is owed.
struct Owed {
    /// Whether nothing else is among them.
    is_all: bool,
    /// How much they are by themselves, in thousandths of the unit.
    counted: i64,
}

/// What is owed, if it is named so that things can be compared with it: by a GTIN or by a URI.
fn named(what: &str) -> Option<SubjectKey> {
    match matches!(what.len(), 8 | 12 | 13 | 14) && what.bytes().all(|byte| byte.is_ascii_digit()) {
        true => SubjectKey::new(KeyKind::Class, &[format!("{what:0>14}").as_bytes()]),
        false => SubjectKey::from_uri(what).ok(),
    }
}

fn subjects(record: &StoredRecord, role: Role) -> Vec<u64> {
    let runs = record.runs.iter().filter(|run| run.role == role as u8);
    runs.flat_map(|run| run.first..run.first.saturating_add(run.count.into())).collect()
}

/// The unit of a quantity that was recorded; none for pieces.
fn unit_of(unit: &[u8; 4]) -> Option<&str> {
    let length = unit.iter().position(|byte| *byte == 0).unwrap_or(unit.len());
    std::str::from_utf8(unit.get(..length)?).ok().filter(|unit| !unit.is_empty())
}

/// Whether two units are the same. Pieces have several names in UN/ECE Recommendation 20, and none in EPCIS.
fn is_same_unit(one: Option<&str>, other: Option<&str>) -> bool {
    let is_pieces = |unit: Option<&str>| matches!(unit, None | Some("H87" | "C62" | "EA"));
    one == other || (is_pieces(one) && is_pieces(other))
}
