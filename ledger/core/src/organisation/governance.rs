//! Who decides blocks, under which rules, and what authorities propose and approve (`architecture.md`, "Engine and
//! network").

use bincode::{Decode, Encode};

use crate::block::{VALIDATORS_MAX, Validator};
use crate::derive::RULES;
use crate::hash::Hash;
use crate::named::named;

/// Rules are announced so many blocks before they are in force (`proofs.md` §7).
pub const RULES_AHEAD: u64 = 1_000;
/// A proposal that is not effective after so long lapses, in milliseconds.
pub const PROPOSAL_LAPSES_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// So many proposals of one organisation wait for approvals at most.
pub const PROPOSALS_MAX: usize = 64;
/// A record that is proposed has at most so many bytes.
pub const PROPOSAL_BYTES_MAX: usize = 64 << 10;
/// Tables that were put in force fill at most so many bytes, those that were replaced included: whoever reads credit reads them.
pub const TABLES_BYTES_MAX: usize = 4 << 20;
/// A table has at most so many bytes.
pub const TABLE_BYTES_MAX: usize = 48 << 10;
/// A change is certified by those before it, and in force one block later: so many heights behind the one that says it.
const SET_FROM: u64 = 2;

/// Who decides blocks: a set of validators from a height on, and those before it until then.
///
/// The block of height h says a change in its state, the header of h + 1 names the new set as that of its child, and
/// the new set decides h + 2.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Validators {
    /// From which height on they decide.
    pub from: u64,
    /// Those who decide from then on; an order, in which headers and certificates name them.
    pub set: Vec<Validator>,
    /// Those who decide the heights before.
    pub before: Vec<Validator>,
}

impl Validators {
    /// Those that a chain begins with.
    pub fn founding(set: Vec<Validator>) -> Validators {
        Validators { from: 1, set, before: Vec::new() }
    }

    /// Those who decide a height: the next one after the state that says it, or the one after that.
    pub fn at(&self, height: u64) -> &[Validator] {
        if height >= self.from { &self.set } else { &self.before }
    }

    /// The same after the block of this height has set others; `None` if there would be none, or too many.
    pub(super) fn changed(&self, height: u64, set: Vec<Validator>) -> Option<Validators> {
        let before = self.at(height.saturating_add(1)).to_vec();
        let fits = !set.is_empty() && set.len() <= VALIDATORS_MAX;
        fits.then_some(Validators { from: height.saturating_add(SET_FROM), set, before })
    }
}

/// How a network is governed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Governance {
    /// How many authorities have to sign a record of governance; 0: an operator alone, as long as the network is a pilot.
    pub threshold: u32,
    /// The rules in force before [`next_from`](Governance::next_from).
    pub rules: u16,
    /// The rules in force from then on.
    pub next_rules: u16,
    /// From which height on.
    pub next_from: u64,
}

impl Default for Governance {
    fn default() -> Self {
        Governance { threshold: 0, rules: RULES, next_rules: RULES, next_from: 0 }
    }
}

impl Governance {
    /// The rules under which the block of this height is applied.
    pub fn rules_at(&self, height: u64) -> u16 {
        if height >= self.next_from { self.next_rules } else { self.rules }
    }
}

named! {
    /// A table that credit is read with.
    pub enum TableName {
        /// Working days.
        Calendar "calendar",
        /// When penalties can be repaired, and end.
        RepairPolicies "repair-policies",
        /// The model's numbers.
        Parameters "parameters",
        /// How often firms of a grade are inspected.
        InspectionRates "inspection-rates",
        /// When equipment that is no lift is inspected first.
        EquipmentIntervals "equipment-intervals",
    }
}

/// A table that was put in force. Only those who read credit look into it: what it says never decides what a block does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedTable {
    /// At this height.
    pub height: u64,
    /// Which table it is.
    pub name: TableName,
    /// From which day on it says something: the number of days since 1970, later than the day on which it was put in force.
    pub from: i64,
    /// The time of the block, milliseconds since 1970.
    pub adopted_at: i64,
    /// It.
    pub text: String,
}

/// A record of governance that waits for approvals, or has had them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The digest of the event that proposed it: approvals name it, and so the very bytes that they approve.
    pub id: Hash,
    /// The record; empty once it is effective.
    pub record: Vec<u8>,
    /// When it was proposed: the time of the block, milliseconds since 1970.
    pub proposed_at: i64,
    /// The organisations that have signed it, the proposer first.
    pub signers: Vec<u64>,
}

impl Proposal {
    /// Whether it can still be approved.
    pub fn is_open_at(&self, time: i64) -> bool {
        !self.record.is_empty() && time <= self.proposed_at.saturating_add(PROPOSAL_LAPSES_MS)
    }
}
