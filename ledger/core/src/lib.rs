//! Keeps the ledger's rules: formats, derivation, `apply`, item states, traces and proofs.
//!
//! Pure: no I/O, no clock, no randomness, no floats, no threads. The same blocks give the same bytes on
//! every machine. What is stored is reached through one seam, [`kv`]; time is a field of a block.
//!
//! The life of a record: a payload (one EPCIS event as JSON) is derived into subjects and links
//! ([`mod@derive`]), signed in a [`submission`], ordered in a [`block`], applied to the `state`, and
//! proved by `proof`.

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::iter_over_hash_type))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod block;
pub mod codec;
pub mod contract;
pub mod credit;
pub mod day;
pub mod derive;
pub mod hash;
pub mod key;
pub mod kv;
pub mod kv_memory;
pub mod log;
mod members;
mod named;
pub mod names;
pub mod organisation;
pub mod profile;
pub mod proof;
pub mod record;
pub mod series;
pub mod state;
pub mod submission;
#[cfg(test)]
mod test_random;
pub mod trace;
pub mod tree;
