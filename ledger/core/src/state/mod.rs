//! The common state: what `apply` makes from the chain alone, on every node alike.
//!
//! Everything that `apply` reads is under the state root ([`head::StateRoots`]).

mod ahead;
pub mod apply;
pub(crate) mod effect;
pub mod erased;
pub mod event;
pub mod head;
mod kept;
mod many;
pub mod reader;
pub mod records;
pub mod replay;
pub mod sets;
mod shares;
pub mod standing;
pub mod subject;
pub mod verify;
mod working;
