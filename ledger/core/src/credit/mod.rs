//! Evaluates a firm's credit from facts that were recorded: the model `scl-credit/1.0.0` (`05-credit-model.md`).
//!
//! Integers only, no clock: the same facts, parameters and day give the same bytes on every machine. A fact is one thing
//! that happened, worth 0 to 1000, with a mass that decays; facts of one indicator make its value, the weighted values
//! the score, the score the band, and ceilings the grade. What each fact did to the score is told with it.
//!
//! What a grade rests on is data: facts with the records they come from, and a table of [`Parameters`] with its hash.

pub mod administrative;
mod arrivals;
pub mod calendar;
pub mod catalogue;
mod ceiling;
pub mod devices;
pub mod disclosure;
pub mod draw;
pub mod equipment;
mod evaluate;
mod explain;
mod fact;
pub mod falsification;
pub mod file;
mod indicator;
pub mod kind;
pub mod measures;
pub mod notice;
mod parameters;
mod published;
mod read;
pub mod reading;
pub mod recalls;
mod receipts;
pub mod record;
pub mod removal;
pub mod repair;
mod rows;
mod status;
pub mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod traced;
pub mod unlicensed;

pub use ceiling::{Ceiling, CeilingCode, Evidence};
pub use evaluate::{Assessment, Evaluation, Grade, Row, evaluate};
pub use explain::{Delta, Explanation};
pub use fact::{Fact, FactStatus, Ring, Source};
pub use indicator::Indicator;
pub use parameters::{Parameters, Profile};
pub use published::Published;
pub use read::{Case, FACTS_MAX};
pub use status::{CustomsTier, Equipment, Licences, Penalty, PenaltyClass, PenaltyState, Status};

/// The name and version of the model: of what this module computes. Its numbers are [`Parameters`].
pub const MODEL: &str = "scl-credit/1.0.0";
