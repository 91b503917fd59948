//! Tests of the walk over small ledgers in memory, without hashes.

mod mini;
mod model;
mod scenarios;
mod shapes;
mod store;
