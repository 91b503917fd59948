//! Joins a network from a snapshot: takes a state from another node, and with the ledger that begins with it what was
//! before from any; and gives both to those who join (`docs/adr/0015`). Nothing of it goes through the writer: what is
//! given is read on a thread of its own, the state is taken before there is a writer, the history beside it.

mod asking;
mod history;
mod message;
mod serve;
mod stuck;
mod take;

pub use asking::Heard;
pub use history::{Fetch, Fetching, HistoryProgress};
pub use message::SnapshotMessage;
pub use serve::Serving;
pub use stuck::Stuck;
pub use take::{Joined, Joiner, wants_to_join};
