//! Blocks: headers, what they carry, receipts, certificates, checkpoints (`proofs.md` §4).

use std::sync::Arc;

use bincode::{Decode, Encode};

use crate::codec;
use crate::hash::{Hash, Tag};
use crate::submission::{SignedSubmission, Submission, verify};
use crate::tree;

/// The type byte of a header.
pub const HEADER_TYPE: u8 = 2;
/// The version of the format.
pub const HEADER_VERSION: u8 = 1;
/// A certificate names at most so many validators.
pub const VALIDATORS_MAX: usize = 1_024;

/// A block's header. 290 bytes; its hash is what validators vote for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// [`HEADER_TYPE`].
    pub kind: u8,
    /// [`HEADER_VERSION`].
    pub version: u8,
    /// The chain's identity.
    pub chain: Hash,
    /// The block's height; the first block has height 1.
    pub height: u64,
    /// Milliseconds since 1970, above the parent's.
    pub time: i64,
    /// The parent's id; zeros for the first block.
    pub parent: Hash,
    /// The root over the ids of its submissions.
    pub body: Hash,
    /// Bytes of all its salts and payloads.
    pub body_bytes: u64,
    /// How many events it carries.
    pub events: u32,
    /// The state root before this block is applied: after its parent.
    pub state: Hash,
    /// The root over the parent's receipts.
    pub results: Hash,
    /// The root over the ids of all headers before it.
    pub history: Hash,
    /// The hash of the validator set that decides it.
    pub validators: Hash,
    /// The hash of the validator set that decides its child.
    pub next_validators: Hash,
    /// The rules it is applied under.
    pub rules: u16,
    /// The proposer's place in the validator set.
    pub proposer: u16,
}

impl Header {
    /// Its id.
    pub fn id(&self) -> Hash {
        Tag::Header.hash(&codec::encode(self))
    }
}

/// A validator: its key and its voting power.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Validator {
    /// Its Ed25519 key.
    pub key: [u8; 32],
    /// Its voting power, at least 1.
    pub power: u64,
}

/// The hash of a validator set.
pub fn validators_hash(validators: &[Validator]) -> Hash {
    Tag::Validators.hash(&codec::encode(&validators.to_vec()))
}

/// What a vote says: its number is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum VoteKind {
    /// This header may be decided in this round.
    Prevote = 0,
    /// This header is to be decided: two thirds of these are a certificate.
    Precommit = 1,
    /// No header may be decided in this round, as far as this validator knows.
    PrevoteNil = 2,
    /// No header is to be decided in this round.
    PrecommitNil = 3,
}

impl VoteKind {
    /// The kind of a number.
    pub fn from_number(number: u8) -> Option<VoteKind> {
        let all = [VoteKind::Prevote, VoteKind::Precommit, VoteKind::PrevoteNil, VoteKind::PrecommitNil];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// What a validator signs as a vote; the id is zeros in a vote for no header.
pub fn ballot_message(chain: Hash, height: u64, round: u32, kind: VoteKind, id: Hash) -> Hash {
    Tag::Vote.hash_parts(&[&chain.0, &height.to_le_bytes(), &round.to_le_bytes(), &[kind as u8], &id.0])
}

/// What a validator signs to decide a header (`proofs.md` §4).
pub fn vote_message(chain: Hash, height: u64, round: u32, id: Hash) -> Hash {
    ballot_message(chain, height, round, VoteKind::Precommit, id)
}

/// What a validator signs to propose a header: in which round, and in which earlier one two thirds voted for it (-1: in
/// none).
pub fn proposal_message(chain: Hash, height: u64, round: u32, pol_round: i64, id: Hash) -> Hash {
    let (height, round, pol_round) = (height.to_le_bytes(), round.to_le_bytes(), pol_round.to_le_bytes());
    Tag::Proposal.hash_parts(&[&chain.0, &height, &round, &pol_round, &id.0])
}

/// One validator's signature in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CommitSignature {
    /// The validator's place in the set.
    pub validator: u16,
    /// Over [`vote_message`].
    pub signature: [u8; 64],
}

/// Why a header is decided: signatures of more than two thirds of the voting power.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct CommitCertificate {
    /// The round in which it was decided.
    pub round: u32,
    /// Ascending by validator.
    pub signatures: Vec<CommitSignature>,
}

impl CommitCertificate {
    /// Whether it decides this header under this validator set. One unknown or repeated signer or one bad
    /// signature makes the whole certificate invalid.
    pub fn decides(&self, header: &Header, validators: &[Validator]) -> bool {
        let message = vote_message(header.chain, header.height, self.round, header.id());
        let total: u128 = validators.iter().map(|validator| u128::from(validator.power)).sum();
        let mut power = 0u128;
        let mut last = None;
        for signed in &self.signatures {
            let Some(validator) = validators.get(usize::from(signed.validator)) else { return false };
            if last.is_some_and(|last| last >= signed.validator) {
                return false;
            }
            if !verify(&validator.key, message, &signed.signature) {
                return false;
            }
            last = Some(signed.validator);
            power += u128::from(validator.power);
        }
        validators.len() <= VALIDATORS_MAX && power * 3 > total * 2
    }
}

/// A block as it is proposed and sent: the header and the submissions with their payloads.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The submissions, in order.
    pub submissions: Vec<Arc<SignedSubmission>>,
}

/// The root over a block's submissions.
pub fn body_root(ids: &[Hash]) -> Hash {
    tree::root(Tag::Body, ids)
}

/// A submission as a block keeps it: without payloads, which may be erased.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredSubmission {
    /// What was signed.
    pub submission: Submission,
    /// Its signature.
    pub signature: [u8; 64],
    /// For each event its record type, digest, and the code of its refusal (0: accepted).
    pub events: Vec<StoredEvent>,
}

/// An event as a block keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct StoredEvent {
    /// What the payload is.
    pub record_type: u16,
    /// The code of its refusal (2xx), 0 if it was accepted.
    pub code: u16,
    /// Its salted digest.
    pub digest: Hash,
}

/// A decided block as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredBlock {
    /// The header.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// Its submissions, in order.
    pub submissions: Vec<StoredSubmission>,
}

/// What became of one event of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// The submission's id.
    pub submission: Hash,
    /// The event's place in the block, from 0.
    pub index: u32,
    /// 0 if it was accepted, else why it was refused (2xx).
    pub code: u16,
    /// The hash of its derived record, zeros if it was refused.
    pub record: Hash,
}

impl Receipt {
    /// Its leaf in the results tree.
    pub fn leaf(&self) -> Hash {
        Tag::Receipt.hash(&codec::encode(self))
    }
}

/// The root over receipts.
pub fn results_root(receipts: &[Receipt]) -> Hash {
    let leaves: Vec<Hash> = receipts.iter().map(Receipt::leaf).collect();
    tree::root(Tag::Results, &leaves)
}

/// Checkpoint N: the header of height N+1 with its certificate and validator set. It certifies the state
/// after block N, and the header of block N by its history root and parent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Checkpoint {
    /// The header of height N+1.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// The validator set that the header names.
    pub validators: Vec<Validator>,
}

impl Checkpoint {
    /// The height up to which it certifies the state.
    pub fn height(&self) -> u64 {
        self.header.height.saturating_sub(1)
    }

    /// Whether it is decided by the validator set that its header names.
    pub fn is_decided(&self) -> bool {
        self.header.kind == HEADER_TYPE
            && self.header.version == HEADER_VERSION
            && validators_hash(&self.validators) == self.header.validators
            && self.certificate.decides(&self.header, &self.validators)
    }
}
