//! That special equipment was installed, maintained or inspected, by events of whom that was done for, or of an authority or an
//! agency that an authority has approved (`04-contract.md` §4.5).
//!
//! An event is known by one name: the hash of the debtor's event that it refers to, or its own if it refers to none. The
//! performance names that, and a name proves one performance of a debtor, of one piece. Who only witnesses has to refer to the
//! debtor's event, and to say that it was the debtor: by its name, or by the number of a licence that it holds.

use suyuan_epcis::model::Event;

use super::{Arrivals, Arrived, Claim, PIECE, is_same_unit, key};
use crate::contract::Obligation;
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
            if let Some(creditor) = creditor {
                found.extend(self.first_of(&self.by(name, creditor)?, claim, false, |_| Ok(true))?);
            }
            // Who witnesses refers to what the debtor itself has recorded of the equipment.
            let own = self.first_of(&self.by(name, claim.author)?, claim, false, |_| Ok(true))?;
            for is_other in own.iter().flat_map(|_| [false, true]) {
                let to = witnessed(name, is_other, (self.at_height.saturating_add(1), 0));
                let places = self.places(&witnessed(name, is_other, (0, 0)), &to)?;
                if let Some(witness) = self.first_of(&places, claim, true, |found| self.witnesses(found, claim))? {
                    found.push(witness);
                    break;
                }
            }
        }
        Ok(found)
    }

    fn by(&self, name: &Hash, number: u64) -> Result<Vec<Place>, StoreError> {
        let to = key(WORK, name, number, (self.at_height.saturating_add(1), 0));
        self.places(&key(WORK, name, number, (0, 0)), &to)
    }

    /// The first of these that is of what is owed, was not withdrawn before it was claimed, and that may say so.
    fn first_of(
        &self,
        places: &[Place],
        claim: &Claim<'_>,
        is_of_authority: bool,
        may: impl Fn(&Found) -> Result<bool, StoreError>,
    ) -> Result<Option<Arrived>, StoreError> {
        let piece = u64::try_from(PIECE).unwrap_or(0);
        for place in places {
            let Some(found) = self.owed_work(*place, claim)? else { continue };
            let bad = if found.work.is_good { 0 } else { piece };
            let arrived = self.arrived((found.place, &found.record), claim, (piece, bad, false))?;
            if let (Some(mut arrived), true) = (arrived, may(&found)?) {
                arrived.arrival.happened = found.work.at.max(claim.performed.since);
                arrived.arrival.is_of_authority = is_of_authority;
                return Ok(Some(arrived));
            }
        }
        Ok(None)
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
        let Obligation { kind, what, debtor, .. } = claim.performed.obligation;
        let is_device = what.as_ref().is_some_and(|what| bare(what) == work.device);
        let is_debtor =
            |by: &String| by == debtor || self.owner(by, record.block_time).is_some_and(|one| one == claim.author);
        let (since, until) = (Day::in_china(claim.performed.since), Day::in_china(record.block_time));
        let is_owed = work.kind == *kind
            && is_device
            && work.by.as_ref().is_none_or(is_debtor)
            && (since..=until).contains(&work.day);
        Ok(is_owed.then_some(Found { place, record, work }))
    }

    /// Whether an authority says it, or one whom an authority has approved to, that has no part in the contract.
    fn witnesses(&self, found: &Found, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let Some(by) = author(self.directory, found.record.author) else { return Ok(false) };
        if claim.contract.has_party(&by.uri) || found.record.author == claim.author {
            return Ok(false);
        }
        // As was known when it was said and claimed: what is recorded of licences later changes nothing.
        let Work { by: worker, licence, approval, day, .. } = &found.work;
        let (known, recorded) = (found.place.max(claim.place).0, Day::in_china(found.record.block_time));
        let mut register = self.register.borrow_mut();
        let debtor = &claim.performed.obligation.debtor;
        let is_of_debtor = match licence {
            Some(number) => register.is_licensed(debtor, number, (*day, known))?,
            None => worker.is_some(),
        };
        match approval {
            _ if by.is_authority || !is_of_debtor => Ok(is_of_debtor),
            Some(number) => Ok(register.is_licensed(&by.uri, number, (*day, known))?
                && register.is_licensed(&by.uri, number, (recorded, known))?),
            None => Ok(false),
        }
    }
}
