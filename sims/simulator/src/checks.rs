//! Watches a simulated network: what must never happen, and what must have happened in the end.

use std::collections::BTreeMap;
use std::fmt;

use suyuan_ledger::hash::Hash;
use suyuan_node::consensus::ConsensusMessage;

/// What must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// Two correct nodes have different blocks at a height.
    Disagreement {
        /// The height.
        height: u64,
    },
    /// The state roots behind the same blocks differ.
    States {
        /// The height.
        height: u64,
    },
    /// A correct validator signed two things of which it may sign one.
    VotedTwice {
        /// Its number.
        node: usize,
        /// The height.
        height: u64,
        /// The round.
        round: u32,
    },
    /// A submission that a correct node said is on the ledger is not.
    Lost {
        /// Its id.
        submission: Hash,
    },
    /// After nothing went wrong any more, a correct node did not come as far as it must.
    Stuck {
        /// Its number.
        node: usize,
        /// How far it came.
        height: u64,
        /// How far it must.
        needed: u64,
    },
    /// A correct node stopped by itself: its words.
    Stopped {
        /// Its number.
        node: usize,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

/// What has been seen.
#[derive(Default)]
pub(super) struct Watch {
    /// By height: block and state after it, as the first correct node had them.
    decided: BTreeMap<u64, (Hash, Hash)>,
    /// What correct validators signed: by node, height, round, and what it was (0 to 3 a vote, 4 a proposal).
    signed: BTreeMap<(usize, u64, u32, u8), Hash>,
    /// What correct nodes said is on the ledger, and at which height.
    pub acknowledged: Vec<(Hash, u64)>,
    pub violations: Vec<Violation>,
}

impl Watch {
    pub fn decided(&mut self, height: u64, block: Hash, state: Hash) {
        let (first, first_state) = *self.decided.entry(height).or_insert((block, state));
        if first != block {
            self.violations.push(Violation::Disagreement { height });
        } else if first_state != state {
            self.violations.push(Violation::States { height });
        }
    }

    pub fn said(&mut self, node: usize, key: &[u8; 32], message: &ConsensusMessage) {
        let (height, round, what, id, by) = match message {
            // A vote for a block and one for none are the same vote.
            ConsensusMessage::Vote(vote) => (vote.height, vote.round, vote.kind & 1, vote.id, vote.validator),
            ConsensusMessage::Proposal(one) => (one.height, one.round, 4, one.id, one.validator),
            _ => return,
        };
        if by != *key {
            return;
        }
        let first = *self.signed.entry((node, height, round, what)).or_insert(id);
        if first != id {
            self.violations.push(Violation::VotedTwice { node, height, round });
        }
    }
}
