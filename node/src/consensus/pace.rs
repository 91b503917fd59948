//! How long a validator waits for what, in milliseconds.

/// The times of consensus and of blocks. Every validator may have its own: they decide how fast blocks follow, never
/// what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// For a proposal, in the first round.
    pub propose_ms: u32,
    /// For more votes than the two thirds that do not agree, in the first round.
    pub vote_ms: u32,
    /// So much longer is waited in each further round.
    pub more_ms: u32,
    /// Votes are sent again after so long.
    pub repeat_ms: u32,
    /// No wait is longer.
    pub longest_ms: u32,
    /// An empty block is proposed so long after the last block, to show that the network lives.
    pub heartbeat_ms: u32,
    /// A block with records is sealed by the next header after so long (`proofs.md` §4).
    pub seal_ms: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            propose_ms: 400,
            vote_ms: 200,
            more_ms: 200,
            repeat_ms: 500,
            longest_ms: 10_000,
            heartbeat_ms: 10_000,
            seal_ms: 250,
        }
    }
}

impl Pace {
    pub(super) fn propose_in(&self, round: u32) -> u64 {
        self.longer(self.propose_ms, round)
    }

    pub(super) fn vote_in(&self, round: u32) -> u64 {
        self.longer(self.vote_ms, round)
    }

    pub(super) fn repeat_in(&self, round: u32) -> u64 {
        self.longer(self.repeat_ms, round)
    }

    fn longer(&self, first: u32, round: u32) -> u64 {
        let all = u64::from(first).saturating_add(u64::from(self.more_ms).saturating_mul(u64::from(round)));
        all.min(u64::from(self.longest_ms))
    }
}
