//! Turns what a correct node would say into what a liar says.

use std::collections::BTreeMap;
use std::sync::Arc;

use suyuan_ledger::block::{VoteKind, ballot_message, proposal_message};
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_node::consensus::ConsensusMessage;
use suyuan_node::core::Message;
use suyuan_sdk::signer::MemorySigner;

use crate::profile::Chance;

/// Messages that a liar keeps to say them again.
const KEPT_MAX: usize = 64;

/// A validator that lies.
pub(super) struct Liar {
    signer: MemorySigner,
    chain: Hash,
    /// Blocks that it made invalid: their new ids.
    spoilt: BTreeMap<Hash, Hash>,
    kept: Vec<Arc<Message>>,
}

impl Liar {
    pub fn new(seed: &[u8; 32], chain: Hash) -> Liar {
        Liar { signer: MemorySigner::from_seed(seed), chain, spoilt: BTreeMap::new(), kept: Vec::new() }
    }

    /// What it says instead; nothing, or several things.
    pub fn turn(&mut self, message: &Arc<Message>, chance: &mut Chance) -> Vec<Arc<Message>> {
        let mut said = Vec::new();
        if chance.happens(100) && !self.kept.is_empty() {
            said.extend(self.kept.get(chance.index(self.kept.len())).cloned());
        }
        if self.kept.len() < KEPT_MAX && chance.happens(50) {
            self.kept.push(Arc::clone(message));
        }
        match message.as_ref() {
            Message::Proposed(_) | Message::Submission(_) if chance.happens(300) => {}
            Message::Proposed(block) if chance.happens(500) => {
                let mut block = block.clone();
                let before = block.header.id();
                match chance.below(4) {
                    0 => block.header.state = Tag::State.hash(b"another"),
                    1 => block.header.time += 86_400_000,
                    2 => block.header.parent = Tag::Header.hash(b"another"),
                    _ => block.header.proposer = 999,
                }
                self.spoilt.insert(before, block.header.id());
                said.push(Arc::new(Message::Proposed(block)));
            }
            Message::Consensus(one) => said.push(Arc::new(Message::Consensus(self.resign(one.clone(), chance)))),
            Message::Decided(blocks) if chance.happens(500) => {
                let mut blocks = blocks.clone();
                if let Some(block) = blocks.first_mut() {
                    match chance.below(3) {
                        0 => block.certificate.signatures.truncate(2),
                        1 => block.block.header.time += 1,
                        _ => block.block.submissions.clear(),
                    }
                }
                said.push(Arc::new(Message::Decided(blocks)));
            }
            Message::Status { .. } if chance.happens(300) => said.push(Arc::new(Message::Status { height: 1 << 40 })),
            _ => said.push(Arc::clone(message)),
        }
        said
    }

    /// Signs for the block that it spoilt, or for another round, or for nothing.
    fn resign(&self, message: ConsensusMessage, chance: &mut Chance) -> ConsensusMessage {
        match message {
            ConsensusMessage::Proposal(mut one) => {
                one.id = self.spoilt.get(&one.id).copied().unwrap_or(one.id);
                let bytes = proposal_message(self.chain, one.height, one.round, one.pol_round, one.id);
                one.signature = self.signer.signature(bytes);
                ConsensusMessage::Proposal(one)
            }
            ConsensusMessage::Vote(mut vote) => {
                vote.id = self.spoilt.get(&vote.id).copied().unwrap_or(vote.id);
                match chance.below(10) {
                    0 => vote.round += 1,
                    1 => (vote.kind, vote.id) = (vote.kind | 2, Hash::ZERO),
                    2 => vote.id = Tag::Header.hash(b"a block that nobody has"),
                    _ => {}
                }
                let kind = VoteKind::from_number(vote.kind).unwrap_or(VoteKind::Prevote);
                let bytes = ballot_message(self.chain, vote.height, vote.round, kind, vote.id);
                vote.signature = self.signer.signature(bytes);
                ConsensusMessage::Vote(vote)
            }
            other => other,
        }
    }
}
