//! What happened, as far as credit goes.

use super::indicator::Indicator;
use crate::day::Day;
use crate::hash::Hash;
use crate::named::named;

named! {
    /// Who stands for a fact (`05-credit-model.md` §5.1).
    pub enum Source {
        /// An authority, an accredited agency, an adjudicator.
        Authority "S1",
        /// Both counterparties, or a bank; or computed from records that an independent counterparty confirmed.
        BothSides "S2",
        /// One side with a third party's evidence, or acceptance by silence.
        OneSide "S3",
        /// The firm itself, unverified.
        OwnStatement "S4",
    }
}

named! {
    /// Whether a fact counts.
    pub enum FactStatus {
        /// It does.
        Active "active",
        /// An objection to it is being looked into.
        Suspended "suspended",
        /// What it rests on was repaired.
        Repaired "repaired",
        /// Another has taken its place.
        Superseded "superseded",
        /// Its time is over.
        Expired "expired",
    }
}

/// How far a counterparty is suspected to be no independent one (`05-credit-model.md` §5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ring {
    /// It is not.
    #[default]
    Independent,
    /// By signals: favourable facts count half.
    Signalled,
    /// By a decision: favourable facts do not count.
    Confirmed,
}

impl Ring {
    /// The one with this number, 0 to 2.
    pub fn from_number(number: u64) -> Option<Ring> {
        [Ring::Independent, Ring::Signalled, Ring::Confirmed].get(usize::try_from(number).ok()?).copied()
    }
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name within its subject's facts.
    pub id: String,
    /// What it is about.
    pub indicator: Indicator,
    /// When it happened.
    pub day: Day,
    /// How well: 0 to 1000.
    pub value: u16,
    /// How much it weighs, in thousandths of a standard fact.
    pub mass: u64,
    /// Who stands for it.
    pub source: Source,
    /// A pseudonym of the counterparty, alike in all facts of one subject; none if there is none.
    pub counterparty: Option<String>,
    /// Whether it counts.
    pub status: FactStatus,
    /// How far the counterparty is suspected.
    pub ring: Ring,
    /// The records that it comes from.
    pub evidence: Vec<Hash>,
}
