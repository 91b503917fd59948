//! Identifiers.
pub(crate) mod checks;
