//! Watches a simulated network: what must never happen, and what must have happened in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use suyuan_ledger::block::{VoteKind, ballot_message, proposal_message};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::verify;
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
    /// A correct node has a block that does not follow the one before it.
    Chain {
        /// Its number.
        node: usize,
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
    /// A client was refused what it may do: the answer, and why it is not justified.
    Refused {
        /// The node that refused.
        node: usize,
        /// What it said.
        why: String,
    },
    /// A correct node took the block of a correct validator for invalid, or a correct node for a liar.
    Accused {
        /// Who accuses.
        node: usize,
        /// Of what.
        what: String,
    },
    /// No correct node told of a validator that signed two things though they heard both at so many heights.
    Untold {
        /// How many.
        heights: u64,
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
    /// After nothing went wrong any more, a client got nothing on the ledger.
    Unanswered {
        /// The node that it asks.
        node: usize,
    },
    /// A correct node stopped by itself: its words.
    Stopped {
        /// Its number.
        node: usize,
        /// Why.
        why: String,
    },
    /// The ledger built anew from the blocks of a correct node differs from its own.
    Unsound {
        /// Its number.
        node: usize,
        /// How.
        what: String,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

/// What a vote is for, or what a proposal proposes and by which earlier round.
type Content = (Hash, i64);

/// What a message of consensus is: of which height and round, what (0 or 1 a vote, 4 a proposal), for what, by whom.
/// A vote for a block and one for none are the same vote.
type Said = (u64, u32, u8, Content, [u8; 32]);

fn said(message: &ConsensusMessage) -> Option<Said> {
    match message {
        ConsensusMessage::Vote(vote) => Some((vote.height, vote.round, vote.kind & 1, (vote.id, 0), vote.validator)),
        ConsensusMessage::Proposal(one) => Some((one.height, one.round, 4, (one.id, one.pol_round), one.validator)),
        _ => None,
    }
}

/// What has been seen.
#[derive(Default)]
pub(super) struct Watch {
    chain: Hash,
    /// By height: block and state after it, as the first correct node had them.
    decided: BTreeMap<u64, (Hash, Hash)>,
    /// What correct validators signed: by node, height, round, and what it was.
    signed: BTreeMap<(usize, u64, u32, u8), Content>,
    /// What a correct validator heard of the Byzantine one at the height that it decides.
    heard: BTreeMap<(usize, u64, u32, u8), Content>,
    /// Who heard two things of which the Byzantine one may sign one, and at which height.
    contradicted: BTreeSet<(usize, u64)>,
    /// The blocks that correct validators made.
    pub made: BTreeSet<Hash>,
    /// What correct nodes said is on the ledger, and at which height.
    pub acknowledged: Vec<(Hash, u64)>,
    /// How often a correct node told of a validator that signed two things.
    pub evidence: u64,
    pub violations: Vec<Violation>,
}

impl Watch {
    pub fn new(chain: Hash) -> Watch {
        Watch { chain, ..Watch::default() }
    }

    pub fn decided(&mut self, node: usize, height: u64, block: Hash, state: Hash) {
        let (first, first_state) = *self.decided.entry(height).or_insert((block, state));
        if first != block {
            self.violations.push(Violation::Disagreement { height });
        } else if first_state != state {
            self.violations.push(Violation::States { height });
        }
        self.heard.retain(|(of, at, ..), _| *of != node || *at > height);
    }

    /// A correct validator says something.
    pub fn said(&mut self, node: usize, key: &[u8; 32], message: &ConsensusMessage) {
        let Some((height, round, what, id, by)) = said(message).filter(|(.., by)| by == key) else { return };
        debug_assert_eq!(by, *key);
        let first = *self.signed.entry((node, height, round, what)).or_insert(id);
        if first != id {
            self.violations.push(Violation::VotedTwice { node, height, round });
        }
    }

    /// A correct validator that decides this height hears something of the Byzantine one.
    pub fn heard(&mut self, node: usize, next: u64, byzantine: &[u8; 32], message: &ConsensusMessage) {
        let Some((height, round, what, id, _)) = said(message).filter(|(.., by)| by == byzantine) else { return };
        if height == next && is_signed(self.chain, message) {
            let first = *self.heard.entry((node, height, round, what)).or_insert(id);
            if first != id {
                self.contradicted.insert((node, height));
            }
        }
    }

    /// How many heights there are at which a correct validator heard two things of the Byzantine one.
    pub fn contradicted(&self) -> u64 {
        self.contradicted.len() as u64
    }

    /// A correct node tells of a validator that signed two things: it must have.
    pub fn told(&mut self, node: usize, is_byzantine: bool, evidence: &(ConsensusMessage, ConsensusMessage)) {
        let (one, other) = evidence;
        let proves = match (said(one), said(other)) {
            (Some(a), Some(b)) => (a.0, a.1, a.2, a.4) == (b.0, b.1, b.2, b.4) && a.3 != b.3,
            _ => false,
        };
        if !proves || !is_byzantine || !is_signed(self.chain, one) || !is_signed(self.chain, other) {
            let what = format!("evidence that proves nothing, or of a correct validator: {evidence:?}");
            self.violations.push(Violation::Accused { node, what });
        }
        self.evidence += 1;
    }
}

/// Whether a vote or a proposal is its author's.
fn is_signed(chain: Hash, message: &ConsensusMessage) -> bool {
    match message {
        ConsensusMessage::Vote(vote) => VoteKind::from_number(vote.kind).is_some_and(|kind| {
            let bytes = ballot_message(chain, vote.height, vote.round, kind, vote.id);
            verify(&vote.validator, bytes, &vote.signature)
        }),
        ConsensusMessage::Proposal(one) => {
            let bytes = proposal_message(chain, one.height, one.round, one.pol_round, one.id);
            verify(&one.validator, bytes, &one.signature)
        }
        _ => false,
    }
}
