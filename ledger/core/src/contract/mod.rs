//! Contracts between firms: what they owe each other, what became of it, and the facts that credit rests on
//! (`04-contract.md`).
//!
//! A pure fold: the same records, in the order in which the ledger has them, give the same contract on any node and at any
//! height. What a record may not do has no effect, and says why. Terms are told by the ledger's clock, never by an
//! author's; what both sides say of a delivery is believed.

mod course;
mod facts;
pub mod fold;
#[cfg(test)]
mod late_deliveries;
mod obligation;
pub mod record;

pub use course::{Course, ObligationState};
pub use facts::pseudonym;
pub use obligation::{Determination, Obligation, ObligationKind};
