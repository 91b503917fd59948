//! Runs a whole network of nodes in one thread, under a virtual clock, from a seed: the very core that runs in
//! production, with messages that are lost, late, doubled and cut off, nodes that stop in the middle of what they do,
//! disks that are slow, clocks that are off, and a validator that lies.
//!
//! The same seed gives the same run, to the last message: [`Outcome::trace`] is a hash over all of it.
//!
//! What it can't show: how much of a processor something costs (a step takes no time here), and what the network layer
//! does (messages are lost or come; who is not listed never connects).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod byzantine;
mod checks;
mod client;
mod flood;
mod genesis;
mod node;
mod profile;
mod world;

pub use checks::Violation;
pub use profile::{Byzantine, Control, Profile};

use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::with_known_signatures;

/// 2028-01-01: later than any event of a workload.
const START_MS: i64 = 1_830_297_600_000;
/// After nothing goes wrong any more, all correct nodes must have come to one height, and three blocks further, and every
/// client must have got something on the ledger, within so long.
pub const CONVERGES_MS: u64 = 30_000;

/// The kinds of keys.
const VALIDATOR: u8 = 1;
const DEVICE: u8 = 2;
const ADMINISTRATOR: u8 = 3;
/// Those of a member that floods, and how many it has.
const FLOOD_DEVICES: u8 = 4;
const FLOOD_KEYS: usize = 20;
/// The device's later keys: from this number on.
const LATER_DEVICES: u8 = 100;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// A hash over all that happened.
    pub trace: Hash,
    /// The height that all correct nodes have.
    pub height: u64,
    /// How long it took them to come to one height, and their clients to be answered, once nothing went wrong any more, in
    /// virtual milliseconds.
    pub converged_ms: u64,
    /// Submissions that correct nodes said are on the ledger.
    pub acknowledged: usize,
    /// Changes of the validator set on the ledger.
    pub set_changes: u64,
    /// At how many heights a correct validator heard two things of which the Byzantine one may sign one.
    pub contradicted: u64,
    /// How often a correct node told of it.
    pub evidence: u64,
    /// What must never happen, and did.
    pub violations: Vec<Violation>,
}

/// Runs a network.
pub fn run(seed: u64, profile: Profile) -> Outcome {
    with_known_signatures(|| world::World::new(seed, profile, false).run())
}

/// Runs a network, and tells what happened, line by line.
pub fn run_with_timeline(seed: u64, profile: Profile) -> (Outcome, Vec<String>) {
    let mut world = world::World::new(seed, profile, true);
    let outcome = world.run();
    (outcome, world.into_timeline())
}

fn seed_of(kind: u8, number: usize) -> [u8; 32] {
    let mut seed = [kind; 32];
    if let Some(last) = seed.last_mut() {
        *last = u8::try_from(number).unwrap_or(u8::MAX);
    }
    seed
}
