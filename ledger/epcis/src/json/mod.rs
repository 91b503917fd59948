//! The JSON and JSON-LD binding (EPCIS 2.0 §10).

pub mod context;
pub mod document;
mod events;
mod guard;
mod header;
mod lines;
mod outline;
mod pass;
mod prefixes;
pub mod read;
pub mod tree;
pub mod value;
pub mod write;

pub use write::Writer;
