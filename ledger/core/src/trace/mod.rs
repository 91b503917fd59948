//! Walks what is recorded about subjects: where things came from, where they went, what befell them.
//!
//! The life of a trace: a [`closure`] is walked over a [`history`], which is the store's in a node and a
//! proof's in a verifier, by the same code; an [`answer`] says it to people and programs.

pub mod answer;
pub mod arena;
pub mod closure;
pub mod exceptions;
pub mod excursions;
mod finish;
pub mod history;
pub(crate) mod numbers;
pub mod recalled;
pub mod spans;
pub mod store;
pub mod tree;
mod walk;

#[cfg(test)]
mod tests;
