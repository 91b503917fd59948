//! Chance that a seed decides.
//!
//! Counter mode: a draw is the BLAKE3 hash, keyed by the seed, of what it is for. It does not depend on
//! what was drawn before, so that any event can be made by itself, in any order.

/// Names the generator: another generator of the same seed shares nothing with it.
const CONTEXT: &str = "suyuan-sims 2026 workload 1";

/// What a draw is for, beside the kinds of events, which have the numbers below 64.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Purpose {
    /// When a campaign starts.
    Start = 64,
    /// Whether and when an item is sold.
    Sale = 65,
    /// The order in which items are packed.
    ItemOrder = 66,
    /// The order in which cases are packed.
    CaseOrder = 67,
}

/// All the chance of one seed.
#[derive(Clone)]
pub(super) struct Draws {
    key: [u8; 32],
}

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Draws { key: blake3::derive_key(CONTEXT, &seed.to_le_bytes()) }
    }

    /// The chance of the thing number `index` for `purpose` in a campaign.
    pub(super) fn draw(&self, campaign: u32, purpose: u8, index: u32) -> Draw {
        let mut what = [purpose; 9];
        let numbers = campaign.to_le_bytes().into_iter().chain(index.to_le_bytes());
        what.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = number);
        let hash = blake3::keyed_hash(&self.key, &what);
        let mut words = hash.as_bytes().chunks_exact(8).map(little_endian);
        let mut word = || words.next().unwrap_or_default();
        Draw { id: u128::from(word()) << 64 | u128::from(word()), first: word(), second: word() }
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// One draw: an identity and two numbers.
#[derive(Clone, Copy)]
pub(super) struct Draw {
    pub(super) id: u128,
    pub(super) first: u64,
    pub(super) second: u64,
}

/// Scales a drawn number to 0…`bound`-1. The bias is below `bound` / 2⁶⁴.
pub(super) fn below(drawn: u64, bound: u64) -> u64 {
    // The high half of the product is below `bound`, so it fits.
    ((u128::from(drawn) * u128::from(bound)) >> 64) as u64
}
