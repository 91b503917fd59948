//! What those who watch a node should know.

use suyuan_ledger::hash::Hash;

use super::NodeKey;
use super::evidence::{Decision, Evidence, Misdeed};
use crate::consensus::ConsensusMessage;

/// What those who watch a node should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// A validator signed two things of which it may sign one.
    Equivocation {
        /// Its key.
        validator: [u8; 32],
        /// The two messages.
        evidence: Box<(ConsensusMessage, ConsensusMessage)>,
    },
    /// Two headers are decided at one height.
    Fork {
        /// Who sent the other one.
        node: NodeKey,
        /// The one on this node's ledger, and the other.
        evidence: Box<(Decision, Decision)>,
    },
    /// Validators decided a header that says another state than this node computed. It applies nothing more.
    State {
        /// What differs: the state root, the results root or the history root.
        field: &'static str,
        /// What this node computed.
        computed: Hash,
        /// The header, with the reason why it is decided.
        decision: Box<Decision>,
    },
    /// No block has come for a long time.
    Stalled {
        /// The height of the last one.
        height: u64,
        /// So long ago.
        silent_ms: u64,
        /// So many submissions wait here.
        waiting: usize,
        /// The highest height that another node tells of: if it is greater, the network goes on and this node does not.
        told: u64,
    },
    /// A submission is the next of its lane, and blocks are made without it though they had room.
    PassedOver {
        /// Its id.
        submission: Hash,
        /// The number of its organisation.
        organisation: u64,
        /// So many blocks.
        blocks: u32,
    },
    /// The time of a block that was just decided is not what this node's clock says.
    BlockClock {
        /// The block's height.
        height: u64,
        /// Who proposed it.
        validator: [u8; 32],
        /// So far the block is ahead; negative if behind.
        ahead_ms: i64,
    },
    /// Another node's clock says something else than this node's.
    PeerClock {
        /// Whose.
        node: NodeKey,
        /// So far it is ahead; negative if behind.
        ahead_ms: i64,
    },
    /// Another node sent what no honest one would.
    Misbehaved {
        /// Who.
        node: NodeKey,
        /// What it did.
        what: &'static str,
    },
    /// A proposed block may not be decided: why.
    Invalid {
        /// The header's id.
        id: Hash,
        /// Why.
        why: String,
    },
    /// Consensus could make nothing of something.
    Trouble(String),
}

impl Alarm {
    /// What of it others can check by themselves.
    pub fn evidence(&self, chain: Hash) -> Option<Evidence> {
        let misdeed = match self {
            Alarm::Equivocation { evidence, .. } => {
                let (one, other) = evidence.as_ref().clone();
                Misdeed::Equivocation { one, other }
            }
            Alarm::Fork { evidence, .. } => {
                let (one, other) = evidence.as_ref().clone();
                Misdeed::Fork { one, other }
            }
            Alarm::State { computed, decision, .. } => {
                Misdeed::State { decision: decision.as_ref().clone(), computed: *computed }
            }
            _ => return None,
        };
        Some(Evidence::new(chain, misdeed))
    }
}
