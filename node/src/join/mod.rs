//! Joins a network from a snapshot: takes the ledger's contents as of a checkpoint from other nodes, and gives them to
//! those who join (`docs/adr/0015`). Nothing of it goes through the writer: what is given is read on a thread of its
//! own, and what is taken is taken before there is a writer.

mod message;
mod serve;
mod stuck;
mod take;

pub use message::SnapshotMessage;
pub use serve::Serving;
pub use stuck::Stuck;
pub use take::{Joined, Joiner, wants_to_join};
