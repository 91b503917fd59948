//! Stores a ledger.
