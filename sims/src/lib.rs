//! Makes workloads: EPCIS events of a whole supply chain with the answers a trace of them must give.
//!
//! [`Workload`] makes the events one by one, [`files::write`] puts them into a folder,
//! [`walk::Graph`] finds closures by brute force, [`hostile`] holds events that break naive code.
//! The same arguments give the same bytes everywhere: no clock, and no chance but a keyed hash of the
//! seed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod files;
pub mod hostile;
pub mod walk;
mod workload;

pub use workload::{Query, Shape, Workload};
