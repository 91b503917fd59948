//! What arrived of what was performed, by the events of those who received it (`04-contract.md` §4.5): the strongest proof
//! of a delivery, since neither side says it for the contract's sake.
//!
//! A `receiving` event that refers to a shipment is noted under the shipment's hash, and so is who names a shipment as evidence
//! of a performance. One shipment proves one performance of a debtor, the first that names it, in whichever contract that is.
//! From whom things came is for the one to say who received them. What was done to special equipment is proved likewise, by
//! events of whom it was done for or of an authority (`works`), and a payment by a bank's confirmation (`payments`).

mod payments;
mod works;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use suyuan_epcis::model::Event;

use super::devices::Register;
use super::file::Author;
use super::reading::{Place, Row, founded, place_of};
use super::recalls::ENTRIES_MAX;
use super::rows::RowKind;
use super::traced::withdrawn_at;
use crate::contract::fold::{Arrival, Contract, Performed};
use crate::contract::record::{Act, ContractRecord};
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
const RECEIVED: u8 = RowKind::Received as u8;
/// Of performances: the hash of an event or confirmation that one names as evidence, its author's number BE8, the place.
const CLAIMED: u8 = RowKind::Claimed as u8;

/// So many receiving events of one organisation that refer to one shipment are looked at.
const EVENTS_MAX: usize = 64;
/// So many steps are made for a whole contract to find out what is in the things that events name: each looks at an entry, at a
/// record, or at a thing.
const STEPS_MAX: usize = 1 << 16;
/// So many earlier claims to a shipment are looked into.
const CLAIMS_MAX: usize = 8;
/// A thing in a case on a pallet in a container: deeper nesting is not looked through.
const NESTING_MAX: u32 = 4;
/// One piece in thousandths.
const PIECE: i64 = 1_000;

fn key(table: u8, shipment: &Hash, author: u64, place: Place) -> Vec<u8> {
    [&[table], shipment.0.as_slice(), &author.to_be_bytes(), &place_key(place.0, place.1)].concat()
}

/// The rows of an event that says what arrived of a shipment, or what was done to a piece of equipment. A stranger receives
/// nothing.
pub(super) fn rows(place: Place, (record, event, by): (&StoredRecord, &Event, &Author)) -> Vec<Row> {
    let shipment = refers_to(event).filter(|_| is_by_right(record));
    let received = shipment.map(|shipment| (key(RECEIVED, &shipment, record.author, place), Vec::new()));
    received.into_iter().chain(works::rows(place, (record.author, event, by))).collect()
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

pub(super) use payments::row as payment;

/// A performance that counts, as it was recorded.
pub(super) struct Claim<'a> {
    pub place: Place,
    pub author: u64,
    pub evidence: &'a [Hash],
    pub performed: Performed<'a>,
    /// As far as it is told.
    pub contract: &'a Contract<'a>,
}

/// An event that says what arrived, where it says so, and where and when its author declared it erroneous, if it did.
pub(super) struct Arrived {
    pub place: Place,
    pub arrival: Arrival,
    pub withdrawn: Option<(Place, i64)>,
}

/// Reads what arrived, as of a height.
pub(super) struct Arrivals<'a> {
    pub store: &'a dyn Read,
    pub reader: &'a Reader<'a>,
    pub directory: &'a Directory,
    pub at_height: u64,
    /// So many steps are left.
    steps: Cell<usize>,
    /// What agencies were approved to do.
    register: RefCell<Register<'a>>,
}

impl<'a> Arrivals<'a> {
    pub fn new(store: &'a dyn Read, reader: &'a Reader<'a>, directory: &'a Directory, at_height: u64) -> Arrivals<'a> {
        let register = RefCell::new(Register::new(store, directory, at_height));
        Arrivals { store, reader, directory, at_height, steps: Cell::new(STEPS_MAX), register }
    }

    /// What arrived of a performance.
    pub fn of(&self, claim: &Claim<'_>) -> Result<Vec<Arrived>, StoreError> {
        let mut found = Vec::new();
        let obligation = claim.performed.obligation;
        match obligation.kind {
            ObligationKind::Deliver | ObligationKind::Carry => {}
            ObligationKind::Install | ObligationKind::Maintain | ObligationKind::Inspect => return self.works(claim),
            ObligationKind::Pay => return self.payments(claim),
            ObligationKind::Document => return Ok(found),
        }
        for shipment in claim.evidence.iter().collect::<BTreeSet<_>>() {
            if !self.is_first(shipment, claim)? {
                continue;
            }
            let creditor = self.creditor(obligation);
            for receiver in creditor.into_iter().chain(self.consignee(claim).filter(|one| Some(*one) != creditor)) {
                for place in self.received(shipment, receiver)? {
                    found.extend(self.arrival(place, claim)?);
                }
            }
        }
        Ok(found)
    }

    /// The creditor's number, by its first name.
    fn creditor(&self, obligation: &Obligation) -> Option<u64> {
        let is_first_name = |one: &Organisation| one.uri == obligation.creditor;
        let creditor = self.directory.number_of(&obligation.creditor);
        creditor.filter(|one| self.directory.organisation(*one).is_some_and(is_first_name))
    }

    /// Whether no performance of the same debtor that counts named the shipment before. Of many it is not asked which count.
    fn is_first(&self, shipment: &Hash, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let Some(before) = self.claimed_before(shipment, claim, CLAIMS_MAX)? else { return Ok(false) };
        for place in before {
            if self.counts(place, claim)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the same debtor named it before; none if too often.
    fn claimed_before(&self, shipment: &Hash, claim: &Claim<'_>, max: usize) -> Result<Option<Vec<Place>>, StoreError> {
        let (from, own) =
            (key(CLAIMED, shipment, claim.author, (0, 0)), key(CLAIMED, shipment, claim.author, claim.place));
        let mut before = Vec::new();
        self.store.scan(Table::Reading, &from, &own, &mut |key, _| {
            before.extend(place_of(key));
            before.len() <= max
        })?;
        Ok(Some(before).filter(|before| before.len() <= max))
    }

    /// Whether an earlier claim of the same author counts: in the same contract if it had an effect that still matters. Another
    /// contract is not told for that: there it counts unless its first terms say that another owes this.
    fn counts(&self, place: Place, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let Some(record) = self.reader.record(place.0, place.1)? else { return Ok(false) };
        let Some(ContractRecord { contract: Some(id), act: Act::Perform { obligation, .. }, .. }) = self.said(place)?
        else {
            return Ok(false);
        };
        if id == claim.contract.id {
            return Ok(claim.contract.claims(&record.record(place.0, place.1).hash()));
        }
        let Some(first) = founded(self.store, &id)? else { return Ok(false) };
        let Some(Act::Propose { terms, .. }) = self.said(first)?.map(|said| said.act) else { return Ok(false) };
        let named = terms.obligations.iter().find(|one| one.id == obligation);
        // Another obligation may have been agreed on since.
        Ok(named.is_none_or(|one| one.debtor == claim.performed.obligation.debtor))
    }

    fn said(&self, (height, index): Place) -> Result<Option<ContractRecord>, StoreError> {
        let payload = self.reader.payload(height, index)?;
        Ok(payload.and_then(|payload| ContractRecord::parse(&payload.payload).ok()))
    }

    /// Of a carriage, whose the place is that both sides have agreed on; never its debtor's own.
    fn consignee(&self, claim: &Claim<'_>) -> Option<u64> {
        let obligation = claim.performed.obligation;
        let place = obligation.place.as_deref().filter(|_| obligation.kind == ObligationKind::Carry)?;
        self.owner(place, claim.performed.since).filter(|owner| *owner != claim.author)
    }

    fn received(&self, shipment: &Hash, receiver: u64) -> Result<Vec<Place>, StoreError> {
        let from = key(RECEIVED, shipment, receiver, (0, 0));
        self.places(&from, &key(RECEIVED, shipment, receiver, (self.at_height.saturating_add(1), 0)))
    }

    /// The places in the keys from one to another (not included).
    fn places(&self, from: &[u8], to: &[u8]) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        self.store.scan(Table::Reading, from, to, &mut |key, _| {
            places.extend(place_of(key));
            places.len() < EVENTS_MAX
        })?;
        Ok(places)
    }

    fn arrival(&self, place: Place, claim: &Claim<'_>) -> Result<Option<Arrived>, StoreError> {
        let (Some(record), Some(payload)) =
            (self.reader.record(place.0, place.1)?, self.reader.payload(place.0, place.1)?)
        else {
            return Ok(None);
        };
        let Some(event) = profiled(&payload.payload) else { return Ok(None) };
        if !self.is_from_debtor((&record, &event), claim) {
            return Ok(None);
        }
        let Some(amount) = self.amount(place, (&record, &event), claim.performed.obligation)? else {
            return Ok(None);
        };
        self.arrived((place, &record), claim, amount)
    }

    /// What an event says that shows so much; none if it says nothing of what is claimed.
    fn arrived(
        &self,
        (place, record): (Place, &StoredRecord),
        claim: &Claim<'_>,
        (quantity, bad, is_short): (u64, u64, bool),
    ) -> Result<Option<Arrived>, StoreError> {
        let Some(author) = self.directory.organisation(record.author) else { return Ok(None) };
        // What came before anything was owed is not looked into.
        if record.event_time.min(record.block_time) < claim.performed.since {
            return Ok(None);
        }
        let withdrawn = withdrawn_at(self.store, record, self.at_height)?;
        // What was withdrawn before it was claimed said nothing of it.
        if withdrawn.is_some_and(|height| (height, u32::MAX) < claim.place) {
            return Ok(None);
        }
        let withdrawn = match withdrawn {
            Some(height) => {
                let first = self.reader.record(height, 0)?;
                first.map(|first| ((height, u32::MAX), first.block_time))
            }
            None => None,
        };
        let arrival = Arrival {
            hash: record.record(place.0, place.1).hash(),
            author: author.uri.clone(),
            captured: record.block_time,
            happened: record.event_time,
            performance: claim.performed.hash,
            quantity,
            bad,
            is_short,
            name: None,
            witness: None,
        };
        Ok(Some(Arrived { place, arrival, withdrawn }))
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

    /// How much of what is owed an event says was received, in thousandths of the obligation's unit, how much of it is bad,
    /// and whether it says that less came; none if it says nothing of it.
    fn amount(
        &self,
        place: Place,
        (record, event): (&StoredRecord, &Event),
        obligation: &Obligation,
    ) -> Result<Option<(u64, u64, bool)>, StoreError> {
        let unit = obligation.unit.as_deref();
        let said = |name| thousandths(event, name).map(|(number, of)| (number.max(0), is_same_unit(of, unit)));
        let in_unit = |name| said(name).and_then(|(number, is_same)| is_same.then_some(number));
        let owed = self.owed(place, record, obligation)?;
        let damaged = in_unit("damaged_qty");
        let accepted = in_unit("accepted_qty").filter(|_| owed.is_all);
        // How much of it is good can't be told: it is not counted, and silence makes nothing good.
        let is_uncountable = said("damaged_qty").is_some_and(|(number, is_same)| number > 0 && !is_same);
        let received = match accepted {
            _ if is_uncountable => 0,
            Some(accepted) => accepted.saturating_add(damaged.unwrap_or(0)),
            None => owed.counted,
        };
        let is_bad = text(event, "temperature_accepted") == Some("false")
            || (event.disposition.as_deref() == Some("damaged") && damaged.is_none());
        let bad = if is_bad { received } else { damaged.unwrap_or(0).min(received) };
        let lacks = said("short_qty").is_some_and(|(number, _)| number > 0)
            || event.disposition.as_deref().is_some_and(|one| one.starts_with("mismatch_"))
            || accepted == Some(0);
        let is_short = owed.is_any && (lacks || is_uncountable || (is_bad && received == 0));
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok((received > 0 || is_short).then(|| (number(received), number(bad), is_short)))
    }

    /// What of an event's things is owed.
    fn owed(&self, place: Place, record: &StoredRecord, obligation: &Obligation) -> Result<Owed, StoreError> {
        let unit = obligation.unit.as_deref();
        let what = obligation.what.as_deref().map(named);
        let search = Search { reader: self.reader, what: what.clone().flatten(), unit, steps: &self.steps };
        let quantities = quantities(record, Role::Epc);
        let mut owed = Owed { is_all: true, is_any: false, counted: 0 };
        for (thing, key) in self.keys(&subjects(record, Role::Epc))? {
            let is = match (&what, &key) {
                // A case is no piece of what is in it.
                (None, Some(key)) if is_container(key) => Is::Around,
                (None, _) => Is::It,
                (Some(Some(_)), Some(key)) => search.look(record, (thing, key), (place, NESTING_MAX))?,
                (Some(_), _) => Is::Other,
            };
            owed.is_all &= is != Is::Other;
            owed.is_any |= is != Is::Other;
            let number = match is {
                Is::It => search.quantity(key.as_ref(), quantities.get(&thing).copied()).unwrap_or(0),
                Is::Around => search.inside(thing, (place, NESTING_MAX))?.unwrap_or(0),
                Is::Other => 0,
            };
            owed.counted = owed.counted.saturating_add(number);
        }
        Ok(owed)
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
    /// None if everything is.
    what: Option<SubjectKey>,
    unit: Option<&'a str>,
    /// So many steps are left.
    steps: &'a Cell<usize>,
}

/// What was packed into something, and not taken out.
struct Packed {
    record: Rc<StoredRecord>,
    place: Place,
    child: u64,
    key: SubjectKey,
    /// In thousandths of the unit; none if that is not known.
    quantity: Option<i64>,
}

impl Search<'_> {
    /// Makes so many steps, if they are left.
    fn step(&self, count: usize) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(count)?);
        Some(())
    }

    /// What a thing that a record names is, as of a place.
    fn look(
        &self,
        record: &StoredRecord,
        (subject, key): (u64, &SubjectKey),
        (before, depth): (Place, u32),
    ) -> Result<Is, StoreError> {
        if self.step(1).is_none() {
            return Ok(Is::Other);
        }
        let what = self.what.as_ref();
        if what.is_none_or(|what| *key == *what || key.class().as_ref() == Some(what)) || self.is_of_lot(record, key)? {
            return Ok(Is::It);
        }
        match is_container(key) && depth > 0 && self.is_around(subject, (before, depth - 1))? {
            true => Ok(Is::Around),
            false => Ok(Is::Other),
        }
    }

    /// How much a thing is in thousandths of the unit, by itself or as was said.
    fn quantity(&self, key: Option<&SubjectKey>, said: Option<&StoredQuantity>) -> Option<i64> {
        let is_piece = || key.is_some_and(|key| !is_class_level(key.kind())) && is_same_unit(None, self.unit);
        match said {
            Some(one) => one.thousandths.filter(|number| *number >= 0 && is_same_unit(unit_of(&one.unit), self.unit)),
            None => is_piece().then_some(PIECE),
        }
    }

    /// How much is in a container before an event, if that is known of all that is in it.
    fn inside(&self, container: u64, (before, depth): (Place, u32)) -> Result<Option<i64>, StoreError> {
        let packed = if depth > 0 { self.packed(container, before)? } else { None };
        let Some(packed) = packed.filter(|packed| !packed.is_empty()) else { return Ok(None) };
        let mut sum = 0i64;
        for one in packed {
            let number = match is_container(&one.key) && self.what.as_ref() != Some(&one.key) {
                true => self.inside(one.child, (one.place, depth - 1))?,
                false => one.quantity,
            };
            let Some(number) = number else { return Ok(None) };
            sum = sum.saturating_add(number);
        }
        Ok(Some(sum))
    }

    /// Whether an item is of the lot that is owed: the event that names it names one lot, this one.
    fn is_of_lot(&self, record: &StoredRecord, key: &SubjectKey) -> Result<bool, StoreError> {
        let lot = self.what.as_ref().filter(|what| what.kind() == KeyKind::Lot && what.gtin() == key.gtin());
        let Some(what) = lot.filter(|_| key.kind() == KeyKind::Item) else { return Ok(false) };
        match subjects(record, Role::Lot).as_slice() {
            [lot] => Ok(self.reader.key_of(*lot)?.is_some_and(|key| *key == *what.bytes())),
            _ => Ok(false),
        }
    }

    /// Whether all that is in a container before an event is what is owed.
    fn is_around(&self, container: u64, (before, depth): (Place, u32)) -> Result<bool, StoreError> {
        let Some(packed) = self.packed(container, before)? else { return Ok(false) };
        for one in &packed {
            if self.look(&one.record, (one.child, &one.key), (one.place, depth))? == Is::Other {
                return Ok(false);
            }
        }
        Ok(!packed.is_empty())
    }

    /// Where those with a right to a container packed or unpacked it before an event. Strangers pack nothing, and hide nothing;
    /// what came since is not counted, so that the answer stays the same.
    fn packings(&self, log: u64, before: Place) -> Result<Option<Vec<Place>>, StoreError> {
        let (mut packings, mut from) = (Vec::new(), 0u64);
        loop {
            let mut entries = self.reader.entries_from(log, from, ENTRIES_MAX)?;
            let is_last = (entries.len() as u64) < ENTRIES_MAX;
            let count = entries.len();
            entries.retain(|entry| (entry.height, entry.index) < before);
            if self.step(entries.len()).is_none() {
                return Ok(None);
            }
            let is_packing =
                |entry: &&StoredEntry| entry.role == Role::Parent as u8 && entry.standing > Standing::Bystander as u8;
            packings.extend(entries.iter().filter(is_packing).map(|entry| (entry.height, entry.index)));
            if is_last || entries.len() < count {
                return Ok(Some(packings));
            }
            from = from.saturating_add(ENTRIES_MAX);
        }
    }

    /// What is in a container before an event, by those with a right to it; none if there is too much to look at.
    fn packed(&self, container: u64, before: Place) -> Result<Option<Vec<Packed>>, StoreError> {
        let (mut packed, mut settled) = (Vec::new(), BTreeSet::new());
        // Of a class so much was taken out since.
        let mut taken: BTreeMap<u64, Option<i64>> = BTreeMap::new();
        let Some(run) = self.reader.run_at(container)? else { return Ok(None) };
        let Some(packings) = self.packings(run.log, before)? else { return Ok(None) };
        for place in packings.into_iter().rev() {
            let (Some(()), Some(record)) = (self.step(1), self.reader.record(place.0, place.1)?) else {
                return Ok(None);
            };
            if record.mask & mask::UNPACK_ALL != 0 {
                return Ok(Some(packed));
            }
            let (is_in, is_out) = (record.mask & mask::ADD != 0, record.mask & mask::DELETE != 0);
            let (children, record) = (BTreeSet::from_iter(subjects(&record, Role::Child)), Rc::new(record));
            if self.step(children.len()).is_none() {
                return Ok(None);
            }
            let said = quantities(&record, Role::Child);
            for child in children.into_iter().filter(|_| is_in || is_out) {
                let Some(key) = self.reader.key_of(child)?.and_then(|key| SubjectKey::parse(&key)) else {
                    return Ok(None);
                };
                let quantity = self.quantity(Some(&key), said.get(&child).copied());
                let is_class = is_class_level(key.kind());
                if is_out && is_class {
                    let sum = taken.entry(child).or_insert(Some(0));
                    *sum = sum.zip(quantity).map(|(sum, quantity)| sum.saturating_add(quantity));
                } else if is_class {
                    // What was taken out was what was put in last; nothing is left of what was taken out wholly.
                    let out = taken.entry(child).or_insert(Some(0));
                    let used = out.zip(quantity).map(|(out, quantity)| out.min(quantity));
                    let left = quantity.zip(used).map(|(quantity, used)| quantity.saturating_sub(used));
                    *out = out.zip(used).map(|(out, used)| out.saturating_sub(used));
                    if left != Some(0) {
                        packed.push(Packed { record: Rc::clone(&record), place, child, key, quantity: left });
                    }
                } else if settled.insert(child) && is_in {
                    // What was last said of a thing is so.
                    packed.push(Packed { record: Rc::clone(&record), place, child, key, quantity });
                }
            }
        }
        Ok(Some(packed))
    }
}

/// How much of an event's things is owed.
struct Owed {
    /// Whether nothing else is among them.
    is_all: bool,
    /// Whether it is among them.
    is_any: bool,
    /// How much they are by themselves, or what is in them, in thousandths of the unit.
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

/// How much of its subjects in a role a record names.
fn quantities(record: &StoredRecord, role: Role) -> BTreeMap<u64, &StoredQuantity> {
    let of_role = record.effect.quantities.iter().filter(|one| one.role == role as u8);
    of_role.map(|one| (one.subject, one)).collect()
}

/// Whether something is there to hold other things.
fn is_container(key: &SubjectKey) -> bool {
    matches!(key.kind(), KeyKind::LogisticUnit | KeyKind::Instance | KeyKind::Container)
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
