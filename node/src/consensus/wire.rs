//! Writes what validators tell each other, and what one of them must remember, in the ledger's codec
//! (`docs/FORMATS.md`, "Messages of consensus").

use bincode::{Decode, Encode};
use malachite::core::{Input, LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachite::types::{
    self, NilOrVal, PolkaSignature, Round, RoundCertificateType, RoundSignature, SignedMessage, Timeout, TimeoutKind,
    Validity, ValueOrigin, VoteType,
};
use suyuan_ledger::block::{VALIDATORS_MAX, VoteKind};
use suyuan_ledger::hash::Hash;

use super::malachite;
use super::types::{Address, BlockId, Chain, Height, Proposal, Vote};

/// A vote with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SignedVote {
    /// The number of a [`VoteKind`].
    pub kind: u8,
    /// Of which block.
    pub height: u64,
    /// In which round.
    pub round: u32,
    /// For which header; zeros if for none.
    pub id: Hash,
    /// Who votes.
    pub validator: [u8; 32],
    /// Over `suyuan_ledger::block::ballot_message`.
    pub signature: [u8; 64],
}

/// A proposal with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SignedProposal {
    /// Of which block.
    pub height: u64,
    /// In which round.
    pub round: u32,
    /// Which header.
    pub id: Hash,
    /// The round in which two thirds voted for it already, -1 if it is new.
    pub pol_round: i64,
    /// Who proposes.
    pub validator: [u8; 32],
    /// Over `suyuan_ledger::block::proposal_message`.
    pub signature: [u8; 64],
}

/// One of the votes of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Signed {
    /// The number of a [`VoteKind`].
    pub kind: u8,
    /// For which header; zeros if for none.
    pub id: Hash,
    /// Who votes.
    pub validator: [u8; 32],
    /// Over `suyuan_ledger::block::ballot_message`.
    pub signature: [u8; 64],
}

/// Votes that show something to whoever missed them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct VoteCertificate {
    /// Of which block.
    pub height: u64,
    /// In which round.
    pub round: u32,
    /// The votes.
    pub votes: Vec<Signed>,
}

/// What validators tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ConsensusMessage {
    /// A vote.
    Vote(SignedVote),
    /// A proposal.
    Proposal(SignedProposal),
    /// Two thirds of the power voted for a header.
    Polka(VoteCertificate),
    /// More than a third of the power is in a later round.
    Skip(VoteCertificate),
    /// Two thirds of the power voted in a round, and did not agree.
    Undecided(VoteCertificate),
}

impl ConsensusMessage {
    /// Of which block it speaks.
    pub fn height(&self) -> u64 {
        match self {
            ConsensusMessage::Vote(vote) => vote.height,
            ConsensusMessage::Proposal(proposal) => proposal.height,
            ConsensusMessage::Polka(one) | ConsensusMessage::Skip(one) | ConsensusMessage::Undecided(one) => one.height,
        }
    }
}

/// What a validator must still know if it stops in the middle of a block, in the order in which it happened.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Remembered {
    /// It received or sent this.
    Message(ConsensusMessage),
    /// It had the body of a block.
    Value {
        /// Of which height.
        height: u64,
        /// In which round it came.
        round: u32,
        /// Which header.
        id: Hash,
        /// Who proposed it.
        proposer: [u8; 32],
        /// Whether it may be decided.
        valid: bool,
    },
    /// It waited long enough.
    Elapsed(Timer),
}

/// What a validator waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Timer {
    /// 0: a proposal; 1: votes that agree; 2: precommits that agree; 3: the time to say it again.
    pub kind: u8,
    /// In which round.
    pub round: u32,
}

const REPEAT: u8 = 3;

impl Timer {
    /// The timer of a timeout; `None` of one that is not used here.
    pub(super) fn of(timeout: Timeout) -> Option<Timer> {
        let kind = match timeout.kind {
            TimeoutKind::Propose => 0,
            TimeoutKind::Prevote => 1,
            TimeoutKind::Precommit => 2,
            TimeoutKind::Rebroadcast => REPEAT,
            TimeoutKind::FinalizeHeight(_) => return None,
        };
        Some(Timer { kind, round: timeout.round.as_u32()? })
    }

    pub(super) fn timeout(self) -> Timeout {
        let kind = match self.kind {
            0 => TimeoutKind::Propose,
            1 => TimeoutKind::Prevote,
            2 => TimeoutKind::Precommit,
            _ => TimeoutKind::Rebroadcast,
        };
        Timeout::new(Round::new(self.round), kind)
    }
}

/// The kind under which a vote is signed, and the header it names.
pub(super) fn ballot(kind: VoteType, value: &NilOrVal<BlockId>) -> (VoteKind, Hash) {
    match (kind, value) {
        (VoteType::Prevote, NilOrVal::Val(id)) => (VoteKind::Prevote, id.0),
        (VoteType::Precommit, NilOrVal::Val(id)) => (VoteKind::Precommit, id.0),
        (VoteType::Prevote, NilOrVal::Nil) => (VoteKind::PrevoteNil, Hash::ZERO),
        (VoteType::Precommit, NilOrVal::Nil) => (VoteKind::PrecommitNil, Hash::ZERO),
    }
}

/// A vote for nothing names nothing: another form of it would be another message with the same meaning.
fn read_ballot(kind: u8, id: Hash) -> Option<(VoteType, NilOrVal<BlockId>)> {
    let nil = (id == Hash::ZERO).then_some(NilOrVal::Nil);
    match VoteKind::from_number(kind)? {
        VoteKind::Prevote => Some((VoteType::Prevote, NilOrVal::Val(BlockId(id)))),
        VoteKind::Precommit => Some((VoteType::Precommit, NilOrVal::Val(BlockId(id)))),
        VoteKind::PrevoteNil => Some((VoteType::Prevote, nil?)),
        VoteKind::PrecommitNil => Some((VoteType::Precommit, nil?)),
    }
}

/// Rounds of -1 are the library's "none": nothing here has one but a proposal's polka.
fn number(round: Round) -> u32 {
    round.as_u32().unwrap_or(0)
}

pub(super) fn write_vote(signed: &types::SignedVote<Chain>) -> SignedVote {
    let vote = &signed.message;
    let (kind, id) = ballot(vote.kind, &vote.value);
    SignedVote {
        kind: kind as u8,
        height: vote.height.0,
        round: number(vote.round),
        id,
        validator: vote.validator.0,
        signature: signed.signature,
    }
}

pub(super) fn write_proposal(signed: &types::SignedProposal<Chain>) -> SignedProposal {
    let proposal = &signed.message;
    SignedProposal {
        height: proposal.height.0,
        round: number(proposal.round),
        id: proposal.value.0,
        pol_round: proposal.pol_round.as_i64(),
        validator: proposal.validator.0,
        signature: signed.signature,
    }
}

fn write_polka(certificate: &types::PolkaCertificate<Chain>) -> VoteCertificate {
    let signed = |one: &PolkaSignature<Chain>| Signed {
        kind: VoteKind::Prevote as u8,
        id: certificate.value_id.0,
        validator: one.address.0,
        signature: one.signature,
    };
    VoteCertificate {
        height: certificate.height.0,
        round: number(certificate.round),
        votes: certificate.polka_signatures.iter().map(signed).collect(),
    }
}

pub(super) fn write_round(certificate: &types::RoundCertificate<Chain>) -> ConsensusMessage {
    let signed = |one: &RoundSignature<Chain>| {
        let (kind, id) = ballot(one.vote_type, &one.value_id);
        Signed { kind: kind as u8, id, validator: one.address.0, signature: one.signature }
    };
    let votes = VoteCertificate {
        height: certificate.height.0,
        round: number(certificate.round),
        votes: certificate.round_signatures.iter().map(signed).collect(),
    };
    match certificate.cert_type {
        RoundCertificateType::Skip => ConsensusMessage::Skip(votes),
        RoundCertificateType::Precommit => ConsensusMessage::Undecided(votes),
    }
}

pub(super) fn write_message(message: &SignedConsensusMsg<Chain>) -> ConsensusMessage {
    match message {
        SignedConsensusMsg::Vote(vote) => ConsensusMessage::Vote(write_vote(vote)),
        SignedConsensusMsg::Proposal(proposal) => ConsensusMessage::Proposal(write_proposal(proposal)),
    }
}

pub(super) fn write_liveness(message: &LivenessMsg<Chain>) -> ConsensusMessage {
    match message {
        LivenessMsg::Vote(vote) => ConsensusMessage::Vote(write_vote(vote)),
        LivenessMsg::PolkaCertificate(certificate) => ConsensusMessage::Polka(write_polka(certificate)),
        LivenessMsg::SkipRoundCertificate(certificate) => write_round(certificate),
    }
}

/// What the library wants to be remembered; `None` of what it never should.
pub(super) fn write_input(input: &Input<Chain>) -> Option<Remembered> {
    Some(match input {
        Input::Vote(vote) => Remembered::Message(ConsensusMessage::Vote(write_vote(vote))),
        Input::Proposal(proposal) => Remembered::Message(ConsensusMessage::Proposal(write_proposal(proposal))),
        Input::PolkaCertificate(one) => Remembered::Message(ConsensusMessage::Polka(write_polka(one))),
        Input::ProposedValue(value, _) => Remembered::Value {
            height: value.height.0,
            round: number(value.round),
            id: value.value.0,
            proposer: value.proposer.0,
            valid: value.validity.is_valid(),
        },
        Input::TimeoutElapsed(timeout) => Remembered::Elapsed(Timer::of(*timeout)?),
        _ => return None,
    })
}

/// The library's form of a message; `None` if it is none that a validator would send.
pub(super) fn read_message(message: ConsensusMessage) -> Option<Input<Chain>> {
    match message {
        ConsensusMessage::Vote(vote) => read_vote(vote).map(Input::Vote),
        ConsensusMessage::Proposal(one) => read_proposal(one).map(Input::Proposal),
        ConsensusMessage::Polka(one) => read_polka(one).map(Input::PolkaCertificate),
        ConsensusMessage::Skip(one) => read_round(one, RoundCertificateType::Skip).map(Input::RoundCertificate),
        ConsensusMessage::Undecided(one) => {
            read_round(one, RoundCertificateType::Precommit).map(Input::RoundCertificate)
        }
    }
}

pub(super) fn read_remembered(remembered: Remembered) -> Option<Input<Chain>> {
    match remembered {
        Remembered::Message(message) => read_message(message),
        Remembered::Value { height, round, id, proposer, valid } => {
            let value = ProposedValue {
                height: Height(height),
                round: Round::new(round),
                valid_round: Round::Nil,
                proposer: Address(proposer),
                value: BlockId(id),
                validity: Validity::from_bool(valid),
            };
            Some(Input::ProposedValue(value, ValueOrigin::Consensus))
        }
        Remembered::Elapsed(timer) => Some(Input::TimeoutElapsed(timer.timeout())),
    }
}

fn read_vote(signed: SignedVote) -> Option<types::SignedVote<Chain>> {
    let (kind, value) = read_ballot(signed.kind, signed.id)?;
    let (height, round) = (Height(signed.height), Round::new(signed.round));
    let vote = Vote { kind, height, round, value, validator: Address(signed.validator) };
    Some(SignedMessage::new(vote, signed.signature))
}

fn read_proposal(signed: SignedProposal) -> Option<types::SignedProposal<Chain>> {
    let pol_round = match signed.pol_round {
        -1 => Round::Nil,
        round => Round::new(u32::try_from(round).ok()?),
    };
    let proposal = Proposal {
        height: Height(signed.height),
        round: Round::new(signed.round),
        value: BlockId(signed.id),
        pol_round,
        validator: Address(signed.validator),
    };
    Some(SignedMessage::new(proposal, signed.signature))
}

fn read_polka(one: VoteCertificate) -> Option<types::PolkaCertificate<Chain>> {
    let id = one.votes.first()?.id;
    let alike = |vote: &Signed| vote.kind == VoteKind::Prevote as u8 && vote.id == id;
    if one.votes.len() > VALIDATORS_MAX || !one.votes.iter().all(alike) {
        return None;
    }
    let signed = |vote: Signed| PolkaSignature::new(Address(vote.validator), vote.signature);
    Some(types::PolkaCertificate {
        height: Height(one.height),
        round: Round::new(one.round),
        value_id: BlockId(id),
        polka_signatures: one.votes.into_iter().map(signed).collect(),
    })
}

fn read_round(one: VoteCertificate, cert_type: RoundCertificateType) -> Option<types::RoundCertificate<Chain>> {
    if one.votes.len() > VALIDATORS_MAX {
        return None;
    }
    let signed = |vote: Signed| {
        let (kind, value) = read_ballot(vote.kind, vote.id)?;
        Some(RoundSignature::new(kind, value, Address(vote.validator), vote.signature))
    };
    let round_signatures = one.votes.into_iter().map(signed).collect::<Option<_>>()?;
    Some(types::RoundCertificate {
        height: Height(one.height),
        round: Round::new(one.round),
        cert_type,
        round_signatures,
    })
}
