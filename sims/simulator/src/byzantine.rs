//! Turns what a correct node would say into what a liar says.

use std::collections::BTreeMap;
use std::sync::Arc;

use suyuan_ledger::block::{CommitSignature, VoteKind, ballot_message, proposal_message, vote_message};
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_node::consensus::{ConsensusMessage, Signed, SignedVote, VoteCertificate};
use suyuan_node::core::{DecidedBlock, Message};
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use crate::profile::Chance;
use crate::{VALIDATOR, seed_of};

/// Messages that a liar keeps to say them again.
const KEPT_MAX: usize = 64;
/// Blocks that it remembers to have altered.
const SPOILT_MAX: usize = 256;

/// Signs a vote with a key, which need not be that of the validator that it names.
fn sign(signer: &MemorySigner, chain: Hash, vote: &mut SignedVote) {
    let kind = VoteKind::from_number(vote.kind).unwrap_or(VoteKind::Prevote);
    vote.signature = signer.signature(ballot_message(chain, vote.height, vote.round, kind, vote.id));
}

/// Who has the keys of all validators: what it signs is what would pass if nobody checked.
pub(super) struct Forger {
    chain: Hash,
    signers: Vec<MemorySigner>,
}

impl Forger {
    pub fn new(chain: Hash, validators: usize) -> Forger {
        let signers = (0..validators).map(|number| MemorySigner::from_seed(&seed_of(VALIDATOR, number))).collect();
        Forger { chain, signers }
    }

    /// The same vote by everybody but its author and who is told.
    pub fn votes(&self, message: &Message, told: &[u8; 32]) -> Vec<Arc<Message>> {
        let Message::Consensus(ConsensusMessage::Vote(vote)) = message else { return Vec::new() };
        let others = self.signers.iter().filter(|signer| ![vote.validator, *told].contains(&signer.public()));
        let forged = others.map(|signer| {
            let mut vote = SignedVote { validator: signer.public(), ..vote.clone() };
            sign(signer, self.chain, &mut vote);
            Arc::new(Message::Consensus(ConsensusMessage::Vote(vote)))
        });
        forged.collect()
    }

    /// Another block in place of a decided one, decided by those whose keys these are.
    fn decide(&self, decided: &mut DecidedBlock) {
        decided.block.header.time += 1;
        let (header, round) = (&decided.block.header, decided.certificate.round);
        let message = vote_message(self.chain, header.height, round, header.id());
        let one = |(place, signer): (usize, &MemorySigner)| CommitSignature {
            validator: u16::try_from(place).unwrap_or(u16::MAX),
            signature: signer.signature(message),
        };
        decided.certificate.signatures = self.signers.iter().enumerate().map(one).collect();
    }
}

/// A validator that lies.
pub(super) struct Liar {
    signer: MemorySigner,
    place: usize,
    chain: Hash,
    validators: Vec<[u8; 32]>,
    /// Whether its own signature is all that a certificate takes.
    suffices: bool,
    /// Blocks that it altered, for each receiver in its way: their new ids.
    spoilt: BTreeMap<(Hash, usize), Hash>,
    kept: Vec<Arc<Message>>,
    /// Who signs its certificates, if it has all keys.
    forger: Option<Forger>,
}

impl Liar {
    pub fn new(place: usize, chain: Hash, validators: usize, suffices: bool, forger: Option<Forger>) -> Liar {
        let key = |number| MemorySigner::from_seed(&seed_of(VALIDATOR, number));
        Liar {
            signer: key(place),
            place,
            chain,
            validators: (0..validators).map(|number| key(number).public()).collect(),
            suffices,
            spoilt: BTreeMap::new(),
            kept: Vec::new(),
            forger,
        }
    }

    /// What it says to a node instead; nothing, or several things.
    pub fn turn(&mut self, to: usize, message: &Arc<Message>, chance: &mut Chance) -> Vec<Arc<Message>> {
        let mut said = Vec::new();
        if self.suffices || self.forger.is_some() {
            // Without it nothing is decided, so all that it does is to make certificates.
            return match message.as_ref() {
                Message::Decided(blocks) if chance.happens(600) => {
                    vec![Arc::new(Message::Decided(self.lie(blocks, chance)))]
                }
                _ => vec![Arc::clone(message)],
            };
        }
        if chance.happens(60) && !self.kept.is_empty() {
            said.extend(self.kept.get(chance.index(self.kept.len())).cloned());
        }
        if self.kept.len() < KEPT_MAX && chance.happens(20) {
            self.kept.push(Arc::clone(message));
        }
        match message.as_ref() {
            Message::Proposed(_) | Message::Submission(_) if chance.happens(300) => {}
            Message::Proposed(block) if chance.happens(600) => {
                let mut block = block.clone();
                let before = block.header.id();
                match chance.below(8) {
                    // Two good blocks in one round, one to these and one to those.
                    0..=2 => block.header.time += 1 + (to as i64 & 1),
                    3 => block.header.state = Tag::State.hash(b"another"),
                    4 => block.header.time += 86_400_000,
                    5 => block.header.parent = Tag::Header.hash(b"another"),
                    6 => block.header.proposer = 999,
                    _ => block.submissions.push(Tag::Submission.hash(&before.0)),
                }
                if self.spoilt.len() >= SPOILT_MAX {
                    self.spoilt.clear();
                }
                self.spoilt.insert((before, to), block.header.id());
                said.push(Arc::new(Message::Proposed(block)));
            }
            Message::Consensus(one) => {
                let one = self.resign(to, one.clone(), chance);
                if let (ConsensusMessage::Vote(vote), true) = (&one, chance.happens(100)) {
                    said.push(self.as_another(vote, chance));
                }
                said.push(Arc::new(Message::Consensus(one)));
            }
            Message::Decided(blocks) if chance.happens(600) => {
                said.push(Arc::new(Message::Decided(self.lie(blocks, chance))));
            }
            Message::Status { .. } if chance.happens(300) => {
                let heights = [0, 1 << 40, u64::MAX];
                let height = heights.get(chance.index(3)).copied().unwrap_or(0);
                said.push(Arc::new(Message::Status { height }));
            }
            _ => said.push(Arc::clone(message)),
        }
        said
    }

    /// Signs for the block that it spoilt, or for another round, or for nothing.
    fn resign(&self, to: usize, message: ConsensusMessage, chance: &mut Chance) -> ConsensusMessage {
        match message {
            ConsensusMessage::Proposal(mut one) => {
                one.id = self.spoilt.get(&(one.id, to)).copied().unwrap_or(one.id);
                if chance.happens(50) {
                    one.pol_round = i64::try_from(chance.below(3)).unwrap_or(0) - 1;
                }
                let bytes = proposal_message(self.chain, one.height, one.round, one.pol_round, one.id);
                one.signature = self.signer.signature(bytes);
                ConsensusMessage::Proposal(one)
            }
            ConsensusMessage::Vote(mut vote) => {
                vote.id = self.spoilt.get(&(vote.id, to)).copied().unwrap_or(vote.id);
                match chance.below(10) {
                    0 => vote.round += 1,
                    1 => (vote.kind, vote.id) = (vote.kind | 2, Hash::ZERO),
                    2 if vote.kind < 2 => vote.id = Tag::Header.hash(b"a block that nobody has"),
                    _ => {}
                }
                sign(&self.signer, self.chain, &mut vote);
                ConsensusMessage::Vote(vote)
            }
            ConsensusMessage::Polka(one) => ConsensusMessage::Polka(self.alter(one, chance)),
            ConsensusMessage::Skip(one) => ConsensusMessage::Skip(self.alter(one, chance)),
            ConsensusMessage::Undecided(one) => match chance.below(4) {
                // What shows one thing does not show another.
                0 => ConsensusMessage::Skip(one),
                1 => ConsensusMessage::Polka(one),
                _ => ConsensusMessage::Undecided(self.alter(one, chance)),
            },
        }
    }

    /// A certificate that shows nothing, or what it showed long ago.
    fn alter(&self, mut one: VoteCertificate, chance: &mut Chance) -> VoteCertificate {
        match chance.below(10) {
            0 => one.round += 1,
            1 => one.height += 1,
            2 => one.votes.truncate(1),
            3 => one.votes.iter_mut().for_each(|vote| vote.id = Tag::Header.hash(b"another")),
            4 => one.votes = one.votes.first().cloned().into_iter().cycle().take(self.validators.len()).collect(),
            5 => {
                // Its own signature for everybody.
                let kind = one.votes.first().map_or(0, |vote| vote.kind);
                let id = Tag::Header.hash(b"a block that nobody has");
                let named = VoteKind::from_number(kind).unwrap_or(VoteKind::Prevote);
                let signature = self.signer.signature(ballot_message(self.chain, one.height, one.round, named, id));
                let by = |validator: &[u8; 32]| Signed { kind, id, validator: *validator, signature };
                one.votes = self.validators.iter().map(by).collect();
            }
            _ => {}
        }
        one
    }

    /// Its vote, by another validator: with a key that is not that one's.
    fn as_another(&self, vote: &SignedVote, chance: &mut Chance) -> Arc<Message> {
        let by = self.validators.get(chance.index(self.validators.len())).copied().unwrap_or(vote.validator);
        let mut vote = SignedVote { validator: by, ..vote.clone() };
        if vote.kind < 2 {
            vote.id = Tag::Header.hash(&by);
        }
        sign(&self.signer, self.chain, &mut vote);
        Arc::new(Message::Consensus(ConsensusMessage::Vote(vote)))
    }

    /// Blocks that were not decided, or not so.
    fn lie(&self, blocks: &[DecidedBlock], chance: &mut Chance) -> Vec<DecidedBlock> {
        let mut blocks = blocks.to_vec();
        let last = blocks.last().map(|block| block.certificate.clone());
        let Some(block) = blocks.first_mut() else { return blocks };
        if self.suffices || self.forger.is_some() {
            match &self.forger {
                Some(forger) => forger.decide(block),
                None => self.decide_alone(block),
            }
            return blocks;
        }
        match chance.below(9) {
            0 => block.certificate.signatures.truncate(2),
            1 => block.block.header.time += 1,
            2 => block.block.submissions.clear(),
            3 => block.certificate = last.unwrap_or_default(),
            4 => self.decide_alone(block),
            5 => {
                // The same signature once for each validator.
                block.block.header.time += 1;
                self.decide_alone(block);
                let own = block.certificate.signatures.first().map_or([0; 64], |one| one.signature);
                let places = 0..u16::try_from(self.validators.len()).unwrap_or(0);
                block.certificate.signatures =
                    places.map(|validator| CommitSignature { validator, signature: own }).collect();
            }
            6 => {
                let doubled = block.certificate.signatures.clone();
                block.certificate.signatures.truncate(2);
                block.certificate.signatures.extend(doubled.into_iter().take(2));
            }
            7 => {
                blocks.remove(0);
            }
            _ => blocks.clear(),
        }
        blocks
    }

    /// Another block, decided by its own signature alone.
    fn decide_alone(&self, decided: &mut DecidedBlock) {
        decided.block.header.time += 1;
        let header = &decided.block.header;
        let message = vote_message(self.chain, header.height, decided.certificate.round, header.id());
        let validator = u16::try_from(self.place).unwrap_or(u16::MAX);
        decided.certificate.signatures = vec![CommitSignature { validator, signature: self.signer.signature(message) }];
    }
}
