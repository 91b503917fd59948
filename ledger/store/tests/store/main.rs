//! The tests of the stores, in one binary, since each that links RocksDB takes long to link.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod crash;
mod directory;
mod erase;
mod faults;
mod fsck;
#[path = "../../../core/tests/ledger/mod.rs"]
mod ledger;
mod model;
mod pipeline;
mod snapshot;
