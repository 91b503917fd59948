//! Keeps the ledger's rules.

pub mod profile;
