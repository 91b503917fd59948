//! The common state: what `apply` makes from the chain alone, on every node alike.

pub mod head;
pub mod reader;
pub mod subject;
