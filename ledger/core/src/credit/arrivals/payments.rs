//! That a payment has reached its creditor, by a bank's confirmation (`04-contract.md` §4.5): a record of the contract by who is
//! no party to it, which the debtor's performance names as evidence.
//!
//! A bank is who holds a licence of the kind `banking` by an authority's record; an authority confirms likewise. One
//! confirmation proves one performance of a debtor.

use std::collections::BTreeSet;

use super::{Arrivals, Arrived, Claim};
use crate::contract::record::{Act, ContractRecord};
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
            if self.is_first(name, claim)? {
                found.extend(self.payment(place, claim)?);
            }
        }
        Ok(found)
    }

    fn payment(&self, place: Place, claim: &Claim<'_>) -> Result<Option<Arrived>, StoreError> {
        let (Some(record), Some(said)) = (self.reader.record(place.0, place.1)?, self.said(place)?) else {
            return Ok(None);
        };
        let ContractRecord {
            contract: Some(contract), act: Act::Confirm { obligation, at, quantity, licence }, ..
        } = said
        else {
            return Ok(None);
        };
        let owed = claim.performed.obligation;
        if contract != claim.contract.id || obligation != owed.id || at < claim.performed.since {
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
        let mut arrived = self.arrived((place, &record), claim, (quantity, 0, false))?;
        if let Some(Arrived { arrival, .. }) = &mut arrived {
            (arrival.happened, arrival.is_of_authority) = (at, true);
        }
        Ok(arrived)
    }
}
