//! That special equipment was installed, maintained or inspected, by events of whom that was done for, or of an authority or an
//! agency that an authority has approved (`04-contract.md` §4.5).
//!
//! An event is known by one name: the hash of the debtor's event that it refers to, or its own if it refers to none. The
//! performance names that, and a name proves one performance of a debtor, of one piece. An event has to say that it was the
//! debtor: by its name, or by the number of a licence that it holds; and who only witnesses has to refer to another event.

use suyuan_epcis::model::Event;

use super::{Arrivals, Arrived, Claim, PIECE, is_same_unit, key};
use crate::contract::Obligation;
use crate::credit::Source;
use crate::credit::devices::{Work, bare, work};
use crate::credit::file::Author;
use crate::credit::reading::{Place, Row, author, place_bytes};
use crate::credit::rows::RowKind;
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::StoreError;
use crate::profile::{profiled, text};
use crate::state::subject::StoredRecord;
use crate::trace::excursions::event_hash;

/// Of works: the name, its author's number BE8, the place.
const WORK: u8 = RowKind::Work as u8;
/// Of works of those who may be an independent witness: the name, 0 for authorities and 1 for others, so that these hide none of
/// those, the place, so that later ones hide no earlier ones.
const WITNESSED: u8 = RowKind::Witnessed as u8;

/// The name by which an event is known.
fn name_of(event: &Event) -> Hash {
    refers_to(event).unwrap_or_else(|| event_hash(event))
}

fn refers_to(event: &Event) -> Option<Hash> {
    text(event, "cross_ref").and_then(Hash::from_hex)
}

pub(super) fn rows(place: Place, (number, event, by): (u64, &Event, &Author)) -> Vec<Row> {
    let Some(work) = work(event) else { return Vec::new() };
    let mut rows = vec![(key(WORK, &name_of(event), number, place), Vec::new())];
    let may_witness = by.is_authority || work.approval.is_some();
    let referred = refers_to(event).filter(|_| may_witness);
    rows.extend(referred.map(|name| (witnessed(&name, !by.is_authority, place), Vec::new())));
    rows
}

fn witnessed(name: &Hash, is_other: bool, place: Place) -> Vec<u8> {
    [&[WITNESSED], name.0.as_slice(), &[u8::from(is_other)], &place_bytes(place)].concat()
}

/// A work as it was recorded.
struct Found {
    place: Place,
    record: StoredRecord,
    work: Work,
}

impl Arrivals<'_> {
    /// What is said of a performance by others than its debtor.
    pub(super) fn works(&self, claim: &Claim<'_>) -> Result<Vec<Arrived>, StoreError> {
        let (mut found, obligation) = (Vec::new(), claim.performed.obligation);
        if !is_same_unit(None, obligation.unit.as_deref()) {
            return Ok(found);
        }
        let creditor = self.creditor(obligation).filter(|creditor| *creditor != claim.author);
        let mut names: Vec<&Hash> = claim.evidence.iter().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            if !self.is_first(name, claim)? {
                continue;
            }
            let to = |is_other| witnessed(name, is_other, (self.at_height.saturating_add(1), 0));
            for is_other in [false, true] {
                for place in self.places(&witnessed(name, is_other, (0, 0)), &to(is_other))? {
                    found.extend(self.work(place, (name, creditor), claim)?);
                }
            }
            if let Some(creditor) = creditor {
                let to = key(WORK, name, creditor, (self.at_height.saturating_add(1), 0));
                for place in self.places(&key(WORK, name, creditor, (0, 0)), &to)? {
                    found.extend(self.work(place, (name, Some(creditor)), claim)?);
                }
            }
        }
        found.sort_by_key(|one| (one.place, one.arrival.witness.is_some()));
        found.dedup_by_key(|one| one.place);
        Ok(found)
    }

    /// What an event says of a performance that it is known by the name of.
    fn work(
        &self,
        place: Place,
        (name, creditor): (&Hash, Option<u64>),
        claim: &Claim<'_>,
    ) -> Result<Option<Arrived>, StoreError> {
        let Some(found) = self.owed_work(place, claim)? else { return Ok(None) };
        let is_of_creditor = Some(found.record.author) == creditor;
        if !self.is_of_debtor(&found, claim)? || !(is_of_creditor || self.witnesses(&found, claim)?) {
            return Ok(None);
        }
        let piece = u64::try_from(PIECE).unwrap_or(0);
        let bad = if found.work.is_good { 0 } else { piece };
        let mut arrived = self.arrived((found.place, &found.record), claim, (piece, bad, false))?;
        if let Some(Arrived { arrival, .. }) = &mut arrived {
            arrival.happened = found.work.at.max(claim.performed.since);
            arrival.name = Some(*name);
            arrival.witness = (!is_of_creditor).then_some(Source::Authority);
        }
        Ok(arrived)
    }

    /// The work at a place, if it is of the kind, on the equipment and by whom it is owed, and was done since it was.
    fn owed_work(&self, place: Place, claim: &Claim<'_>) -> Result<Option<Found>, StoreError> {
        let Some(left) = self.steps.get().checked_sub(1) else { return Ok(None) };
        self.steps.set(left);
        let (Some(record), Some(payload)) =
            (self.reader.record(place.0, place.1)?, self.reader.payload(place.0, place.1)?)
        else {
            return Ok(None);
        };
        let Some(work) = profiled(&payload.payload).as_ref().and_then(work) else { return Ok(None) };
        let Obligation { kind, what, .. } = claim.performed.obligation;
        let is_device = what.as_ref().is_some_and(|what| bare(what) == work.device);
        let (since, until) = (Day::in_china(claim.performed.since), Day::in_china(record.block_time));
        let is_owed = work.kind == *kind && is_device && (since..=until).contains(&work.day);
        Ok(is_owed.then_some(Found { place, record, work }))
    }

    /// Whether it says that the debtor has done it.
    fn is_of_debtor(&self, found: &Found, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let (debtor, time) = (&claim.performed.obligation.debtor, found.record.block_time);
        if let Some(by) = &found.work.by {
            return Ok(by == debtor || self.owner(by, time).is_some_and(|one| one == claim.author));
        }
        let Some(number) = &found.work.licence else { return Ok(false) };
        let known = found.place.max(claim.place).0;
        self.register.borrow_mut().is_licensed(debtor, number, (found.work.day, known))
    }

    /// Whether an authority says it, or one whom an authority has approved to, that has no part in the contract.
    fn witnesses(&self, found: &Found, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let Some(by) = author(self.directory, found.record.author) else { return Ok(false) };
        if claim.contract.has_party(&by.uri) || found.record.author == claim.author {
            return Ok(false);
        }
        let Some(number) = found.work.approval.as_ref().filter(|_| !by.is_authority) else {
            return Ok(by.is_authority);
        };
        // As was known when it was said and claimed: what is recorded of its approval later changes nothing.
        let (known, recorded) = (found.place.max(claim.place).0, Day::in_china(found.record.block_time));
        let mut register = self.register.borrow_mut();
        Ok(register.is_licensed(&by.uri, number, (found.work.day, known))?
            && register.is_licensed(&by.uri, number, (recorded, known))?)
    }
}
