//! Keeps the ledger's rules.
