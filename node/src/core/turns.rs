//! Says whose turn it is to propose: one validator after the other, but that one who misses its turns rests.
//!
//! Waiting for a dead validator costs the time of a round each time it is due. Who missed is read from the chain, so
//! that all validators say the same: a block's header names its proposer, and if that is not the one whose turn it
//! was, the other missed it. One who missed a turn rests until its next turn in so many, at which it is tried again.

use std::collections::VecDeque;

/// One turn in so many is given to a validator even if it missed one since the last such turn.
pub(super) const TRIED_EVERY: u64 = 64;

/// Who proposed the last blocks of the validator set that is in force.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The height of the first one kept.
    first: u64,
    proposers: VecDeque<u16>,
}

impl Turns {
    /// The first height of which something must be known to say whose turn it is at `height`.
    pub fn needed_from(height: u64, validators: u64) -> u64 {
        height.saturating_sub(TRIED_EVERY.saturating_mul(validators).saturating_add(validators))
    }

    /// Adds a block: the next one, or the first of a new set.
    pub fn add(&mut self, height: u64, proposer: u16, validators: u64) {
        if self.proposers.is_empty() {
            self.first = height;
        }
        self.proposers.push_back(proposer);
        while self.first < Turns::needed_from(height.saturating_add(1), validators) {
            self.proposers.pop_front();
            self.first += 1;
        }
    }

    /// The proposers of the rounds of a height, each validator once.
    pub fn proposers(&self, height: u64, validators: u16) -> Vec<u16> {
        let count = u64::from(validators.max(1));
        let start = height % count;
        let turn = |step: u64| u16::try_from((start + step) % count).unwrap_or(0);
        let (resting, ready): (Vec<u16>, Vec<u16>) =
            (0..count).map(turn).partition(|place| self.rests(*place, height, count));
        ready.into_iter().chain(resting).collect()
    }

    fn rests(&self, place: u16, height: u64, count: u64) -> bool {
        // Its turns are the heights that leave this rest; `turn` is the number of its last one, this height's included.
        let Some(turn) = height.checked_sub(u64::from(place)).map(|above| above / count) else { return false };
        let tried = turn - turn % TRIED_EVERY;
        (tried..=turn)
            .map(|turn| turn * count + u64::from(place))
            .filter(|due| *due < height)
            .any(|due| self.proposer(due).is_some_and(|proposer| proposer != place))
    }

    fn proposer(&self, height: u64) -> Option<u16> {
        let at = height.checked_sub(self.first)?;
        self.proposers.get(usize::try_from(at).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: one that is dead costs a round once in so many turns, and is back in turn at its next trial. Method: blocks
    /// are proposed by the first in order that lives.
    #[test]
    fn a_dead_proposer_rests() {
        let mut turns = Turns::default();
        let mut waited = Vec::new();
        let mut proposed = [0u32; 4];
        for height in 1..4_000u64 {
            let lives = |place: &u16| *place != 2 || !(300..2_000).contains(&height);
            let order = turns.proposers(height, 4);
            let proposer = *order.iter().find(|place| lives(place)).unwrap();
            waited.extend(order.first().filter(|place| !lives(place)).map(|_| height));
            turns.add(height, proposer, 4);
            proposed[usize::from(proposer)] += u32::from(height > 2_300);
        }
        assert!(waited.len() <= 2 + 1_700 / (64 * 4), "{waited:?}");
        assert!(proposed.iter().all(|times| (424..=426).contains(times)), "{proposed:?}");
    }

    /// Goal: a node that started later says the same. Method: it is given the last blocks alone.
    #[test]
    fn the_last_blocks_are_enough() {
        let mut random = 7u64;
        let mut all = Turns::default();
        let mut blocks = Vec::new();
        for height in 1..3_000u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let order = all.proposers(height, 5);
            let proposer = order[usize::from(random >> 60 == 0)];
            blocks.push((height, proposer));
            all.add(height, proposer, 5);
            let mut late = Turns::default();
            let from = Turns::needed_from(height + 1, 5);
            blocks.iter().filter(|(at, _)| *at >= from).for_each(|(at, proposer)| late.add(*at, *proposer, 5));
            assert_eq!(late.proposers(height + 1, 5), all.proposers(height + 1, 5));
        }
    }
}
