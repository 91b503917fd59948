//! Reads, checks, hashes and converts GS1 identifiers and EPCIS documents.
//!
//! The life of a document: bytes are read ([`json`], [`xml`]) into the one [`model`] of both
//! syntaxes, each event on its own; its structure is judged while reading, its meaning by
//! [`validate`]; [`hash`] gives each event its identity. Identifiers of every kind are parsed
//! once into their type ([`gs1`], [`epc`], [`identifier`]).
//!
//! No network, no clock, no randomness: the same bytes give the same answer everywhere.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cbv;
pub mod codes;
pub mod decimal;
pub mod document;
pub mod epc;
mod field;
pub mod gs1;
pub mod hash;
pub mod identifier;
pub mod input;
pub mod json;
pub mod model;
pub mod name;
pub mod problem;
pub mod query;
pub mod read;
pub mod time;
pub mod uri;
pub mod validate;
pub mod xml;
