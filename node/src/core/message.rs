//! Names what nodes tell each other (`docs/FORMATS.md`, "Messages between nodes").

use std::sync::Arc;

use bincode::{Decode, Encode};
use suyuan_ledger::block::{Block, CommitCertificate, Header};
use suyuan_ledger::codec::{self, DecodeError, ENCODED_BYTES_MAX};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::SignedSubmission;

use super::evidence::Decision;
use crate::consensus::ConsensusMessage;
use crate::join::SnapshotMessage;

/// A message of one node to another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// Of consensus.
    Consensus(ConsensusMessage),
    /// A block that is proposed: the submissions by their ids, since whoever votes has most of them already.
    Proposed(ProposedBlock),
    /// Asks for the header and the list of a block that is proposed.
    WantProposed {
        /// Of which height.
        height: u64,
        /// The header's id.
        id: Hash,
    },
    /// Asks for submissions of a block that is proposed.
    WantSubmissions {
        /// Of which height.
        height: u64,
        /// The header's id.
        id: Hash,
        /// Those that are missing.
        submissions: Vec<Hash>,
    },
    /// A submission that waits for a block.
    Submission(Arc<SignedSubmission>),
    /// How far the sender's ledger goes.
    Status {
        /// The height of its last block.
        height: u64,
    },
    /// Asks for decided blocks, from this height on.
    WantDecided {
        /// The first height.
        from: u64,
    },
    /// Decided blocks, one after the other.
    Decided(Vec<DecidedBlock>),
    /// Asks which header is decided at a height, to compare.
    WantDecision {
        /// The height.
        height: u64,
    },
    /// What is decided at a height.
    Decision {
        /// The header, and why.
        decision: Decision,
        /// Milliseconds since 1970, by the sender's clock.
        wall_ms: i64,
    },
    /// Of a snapshot: between shells, the core has no part in it.
    Snapshot(SnapshotMessage),
}

/// A proposed block without the bytes of its submissions.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProposedBlock {
    /// The header.
    pub header: Header,
    /// The ids of its submissions, in order.
    pub submissions: Vec<Hash>,
}

/// A block with the reason why it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DecidedBlock {
    /// The block.
    pub block: Block,
    /// Why.
    pub certificate: CommitCertificate,
}

impl Message {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads a message.
    pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
        codec::decode(bytes, ENCODED_BYTES_MAX)
    }

    /// Whether it is large or can wait: what must not hold up votes.
    pub fn is_bulk(&self) -> bool {
        matches!(
            self,
            Message::Submission(_) | Message::WantDecided { .. } | Message::Decided(_) | Message::Snapshot(_)
        )
    }
}
