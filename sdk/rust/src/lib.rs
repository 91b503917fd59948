//! Writes to a ledger, from the firm's side: keys, lanes, the offline queue, batches of events.
//!
//! The life of a batch: [`batch`] makes it from documents of any syntax; [`queue`] keeps it until there is a
//! network, signs it with a [`signer`] as late as it can, and sends the same bytes until a receipt is there.
//!
//! Errors are codes of the registry with their arguments ([`suyuan_epcis::problem::Reason`]), never prose.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod batch;
mod durable;
pub mod guard;
pub mod keyfile;
pub mod lane;
pub mod payload;
pub mod queue;
pub mod recall;
pub mod signer;
