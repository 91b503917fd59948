//! Proves what the ledger holds to one who has none of it: only the bytes of a proof, and the keys of the
//! validators whom he trusts.
//!
//! A [`format::TraceProof`] shows the events that a trace is made of, and what is needed to see that **none
//! is missing** up to a checkpoint: the logs of all subjects that the trace touches, rebuilt from the events
//! shown, lead to the state root that the validators signed (`proofs.md` §5, as amended by `ranges.md`). The
//! trace itself is not in the proof: the verifier walks it again, with the very code that a node walks it
//! with. An [`inclusion::InclusionProof`] shows one event: who signed it, in which block it was ordered, and
//! what became of it.
//!
//! The life of a proof: a node walks the trace over its store and notes what is read ([`make`]); it is laid
//! out as bytes ([`format`], [`wire`]); a verifier reads them and recomputes everything ([`verify`]).

pub mod format;
pub mod inclusion;
pub mod make;
pub mod make_inclusion;
pub mod refused;
pub mod trust;
pub mod verify;
pub mod wire;

#[cfg(test)]
mod tests;

pub use refused::{Place, Refused, RefusedCode};
