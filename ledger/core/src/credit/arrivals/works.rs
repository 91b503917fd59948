//! That special equipment was installed, maintained or inspected, by events of whom that was done for, or of an authority or an
//! agency that an authority has approved (`04-contract.md` §4.5).
//!
//! The performance names such an event, or one of the debtor's own to which the other side's refers. One event proves one
//! performance of a debtor, whichever way it is named.

use std::collections::BTreeSet;

use suyuan_epcis::model::Event;

use super::{Arrivals, Arrived, Claim, PIECE, is_same_unit, key};
use crate::contract::Obligation;
use crate::credit::devices::{Register, Work, bare, work};
use crate::credit::file::Author;
use crate::credit::reading::{Place, Row, author};
use crate::hash::Hash;
use crate::kv::StoreError;
use crate::profile::{profiled, text};
use crate::state::subject::{StoredRecord, place_key};
use crate::trace::excursions::event_hash;

/// Of works: the event's hash or that of the event that it refers to, its author's number BE8, the place.
const WORK: u8 = 18;
/// Of works of those who may be an independent witness: the same hashes, 0 for authorities and 1 for others, so that these hide
/// none of those, the author's number BE8, the place.
const WITNESSED: u8 = 19;

/// The hashes by which a work may be named.
fn names(event: &Event) -> BTreeSet<Hash> {
    let referred = text(event, "cross_ref").and_then(Hash::from_hex);
    std::iter::once(event_hash(event)).chain(referred).collect()
}

pub(super) fn rows(place: Place, (number, event, by): (u64, &Event, &Author)) -> Vec<Row> {
    let Some(work) = work(event) else { return Vec::new() };
    let may_witness = by.is_authority || work.approval.is_some();
    let mut rows = Vec::new();
    for name in names(event) {
        rows.push((key(WORK, &name, number, place), Vec::new()));
        if may_witness {
            rows.push((witnessed(&name, !by.is_authority, number, place), Vec::new()));
        }
    }
    rows
}

fn witnessed(name: &Hash, is_other: bool, number: u64, place: Place) -> Vec<u8> {
    let (is_other, number) = ([u8::from(is_other)], number.to_be_bytes());
    [&[WITNESSED], name.0.as_slice(), &is_other, &number, &place_key(place.0, place.1)].concat()
}

impl Arrivals<'_> {
    /// What is said of a performance by others than its debtor.
    pub(super) fn works(&self, claim: &Claim<'_>) -> Result<Vec<Arrived>, StoreError> {
        let (mut found, mut places) = (Vec::new(), BTreeSet::new());
        let creditor = self.creditor(claim.performed.obligation);
        for name in claim.evidence.iter().collect::<BTreeSet<_>>() {
            if let Some(creditor) = creditor {
                let to = key(WORK, name, creditor, (self.at_height.saturating_add(1), 0));
                places.extend(self.places(&key(WORK, name, creditor, (0, 0)), &to)?);
            }
            let to = witnessed(name, true, u64::MAX, (u64::MAX, u32::MAX));
            places.extend(self.places(&witnessed(name, false, 0, (0, 0)), &to)?);
        }
        for place in places.into_iter().filter(|place| place.0 <= self.at_height) {
            found.extend(self.work(place, creditor, claim)?);
        }
        Ok(found)
    }

    fn work(&self, place: Place, creditor: Option<u64>, claim: &Claim<'_>) -> Result<Option<Arrived>, StoreError> {
        let (Some(record), Some(payload)) =
            (self.reader.record(place.0, place.1)?, self.reader.payload(place.0, place.1)?)
        else {
            return Ok(None);
        };
        let Some(event) = profiled(&payload.payload) else { return Ok(None) };
        let obligation = claim.performed.obligation;
        let Some(work) = work(&event).filter(|work| self.is_owed(work, &record, claim)) else { return Ok(None) };
        // Nobody is its own witness.
        let is_of_authority =
            record.author != claim.author && Some(record.author) != creditor && self.witnesses(&record, &work)?;
        let is_of_creditor = Some(record.author) == creditor && record.author != claim.author;
        if !(is_of_creditor || is_of_authority) || !is_same_unit(None, obligation.unit.as_deref()) {
            return Ok(None);
        }
        for name in names(&event) {
            if !self.is_first(&name, claim)? {
                return Ok(None);
            }
        }
        let piece = u64::try_from(PIECE).unwrap_or(0);
        let bad = if work.is_good { 0 } else { piece };
        let mut arrived = self.arrived((place, &record), claim, (piece, bad, false))?;
        if let Some(arrived) = &mut arrived {
            arrived.arrival.is_of_authority = is_of_authority;
        }
        Ok(arrived)
    }

    /// Whether a work is of the kind, on the equipment and by whom it is owed.
    fn is_owed(&self, work: &Work, record: &StoredRecord, claim: &Claim<'_>) -> bool {
        let Obligation { kind, what, debtor, .. } = claim.performed.obligation;
        let is_device = |what: &String| bare(what) == work.device;
        let is_debtor =
            |by: &String| by == debtor || self.owner(by, record.block_time).is_some_and(|one| one == claim.author);
        work.kind == *kind && what.as_ref().is_none_or(is_device) && work.by.as_ref().is_none_or(is_debtor)
    }

    /// Whether an authority says it, or one whom an authority has approved to.
    fn witnesses(&self, record: &StoredRecord, work: &Work) -> Result<bool, StoreError> {
        let Some(by) = author(self.directory, record.author) else { return Ok(false) };
        match &work.approval {
            _ if by.is_authority => Ok(true),
            Some(number) => {
                Register::new(self.store, self.directory, self.at_height).is_licensed(&by.uri, number, work.day)
            }
            None => Ok(false),
        }
    }
}
