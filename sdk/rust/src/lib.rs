//! Writes to and checks a ledger.
