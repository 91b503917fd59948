//! That a payment has reached its creditor, by a bank's confirmation (`04-contract.md` §4.5): a record of the contract by who is
//! no party to it, which the debtor's performance names as evidence.
//!
//! A bank is who holds a licence of the kind `banking` by an authority's record; an authority confirms likewise. One
//! confirmation, and one transfer, proves one performance of an obligation. A bank is no authority: what it confirms weighs as
//! what both sides say, and makes nobody rated that would not be.

use std::collections::BTreeSet;

use super::{Arrivals, Arrived, Claim};
use crate::contract::fold::Arrival;
use crate::contract::record::{Act, OBLIGATIONS_MAX};
use crate::credit::Source;
use crate::credit::reading::{Place, Row, author, place_bytes, place_of};
use crate::credit::rows::RowKind;
use crate::hash::Hash;
use crate::kv::{StoreError, Table};

/// Of confirmations: the hash of the record. The value is its place.
const PAID: u8 = RowKind::Paid as u8;

fn key(hash: &Hash) -> Vec<u8> {
    [&[PAID], hash.0.as_slice()].concat()
}

/// The row of a confirmation.
pub(in crate::credit) fn row(place: Place, hash: &Hash) -> Row {
    (key(hash), place_bytes(place).to_vec())
}

impl Arrivals<'_> {
    /// What banks say of a performance that names their confirmations.
    pub(super) fn payments(&self, claim: &Claim<'_>) -> Result<Vec<Arrived>, StoreError> {
        let mut found = Vec::new();
        for name in claim.evidence.iter().collect::<BTreeSet<_>>() {
            let place = self.store.get(Table::Reading, &key(name))?.and_then(|bytes| place_of(&bytes));
            let Some(place) = place.filter(|(height, _)| *height <= self.at_height) else { continue };
            if self.is_first_of_obligation(name, claim)? {
                found.extend(self.payment((place, name), claim)?);
            }
        }
        Ok(found)
    }

    /// Whether no performance of the obligation named it before, under whatever terms. It says itself of which one it is, so that
    /// what is named in the wrong place is not lost.
    fn is_first_of_obligation(&self, name: &Hash, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let Some(before) = self.claimed_before(name, claim, OBLIGATIONS_MAX)? else { return Ok(false) };
        for (height, index) in before {
            let Some(record) = self.reader.record(height, index)? else { continue };
            let earlier = claim.contract.performed(&record.record(height, index).hash());
            if earlier.is_some_and(|earlier| earlier.obligation.id == claim.performed.obligation.id) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn payment(&self, (place, name): (Place, &Hash), claim: &Claim<'_>) -> Result<Option<Arrived>, StoreError> {
        let (Some(record), Some(said)) = (self.reader.record(place.0, place.1)?, self.said(place)?) else {
            return Ok(None);
        };
        let (contract, owed) = (Some(claim.contract.id), claim.performed.obligation);
        let Act::Confirm { obligation, at, quantity, transfer, licence } = said.act else { return Ok(None) };
        if said.contract != contract || obligation != owed.id || at < claim.performed.since {
            return Ok(None);
        }
        let Some(by) = author(self.directory, record.author).filter(|by| !claim.contract.has_party(&by.uri)) else {
            return Ok(None);
        };
        // As was known when it was said and claimed: what is recorded of its licence later changes nothing.
        let when = (at, record.block_time, place.max(claim.place).0);
        if !self.register.borrow_mut().may_confirm(&by, licence.as_deref(), when)? {
            return Ok(None);
        }
        let arrival = Arrival {
            hash: *name,
            witness: Some(if by.is_authority { Source::Authority } else { Source::BothSides }),
            author: by.uri,
            captured: record.block_time,
            happened: at,
            performance: claim.performed.hash,
            quantity,
            bad: 0,
            is_short: false,
            name: Some(transfer),
        };
        Ok(Some(Arrived { place, arrival, withdrawn: None }))
    }
}
