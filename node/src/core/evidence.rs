//! Shows what validators did that they must not: whoever knows the chain's validators checks it, without a ledger
//! (`docs/FORMATS.md`, "Evidence").

use std::fmt;

use bincode::{Decode, Encode};
use suyuan_ledger::block::{
    CommitCertificate, HEADER_TYPE, HEADER_VERSION, Header, Validator, VoteKind, ballot_message, proposal_message,
    validators_hash,
};
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::verify;

use crate::consensus::{ConsensusMessage, SignedProposal, SignedVote};

/// The type byte of evidence.
pub const EVIDENCE_TYPE: u8 = 7;
/// The version of the format.
pub const EVIDENCE_VERSION: u8 = 1;
/// Evidence has at most so many bytes: two headers, each with the signatures of a full set.
pub const EVIDENCE_BYTES_MAX: usize = 1 << 20;

/// A header, with the reason why it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Decision {
    /// The header.
    pub header: Header,
    /// Why.
    pub certificate: CommitCertificate,
}

/// What validators did.
#[expect(clippy::large_enum_variant, reason = "one at a time is made or read")]
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Misdeed {
    /// One of them signed two things of which it may sign one.
    Equivocation {
        /// One of them.
        one: ConsensusMessage,
        /// The other.
        other: ConsensusMessage,
    },
    /// They decided two headers of one height.
    Fork {
        /// One of them.
        one: Decision,
        /// The other.
        other: Decision,
    },
    /// They decided a header that says another state than a node computed from the same blocks. The evidence shows what
    /// they decided; who keeps the ledger computes it again.
    State {
        /// The header.
        decision: Decision,
        /// What the node computed.
        computed: Hash,
    },
}

/// A misdeed on a chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    kind: u8,
    version: u8,
    /// The chain's identity.
    pub chain: Hash,
    /// What was done.
    pub misdeed: Misdeed,
}

/// What evidence shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `equivocation`, `fork` or `state`.
    pub what: &'static str,
    /// At which height.
    pub height: u64,
    /// Who signed both; of a state: who decided it.
    pub validators: Vec<[u8; 32]>,
}

/// Why evidence shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproved {
    /// It is of another chain.
    Chain,
    /// It is of other validators than those that are believed.
    Validators,
    /// A signature or a certificate does not hold.
    Signature,
    /// What was signed does not contradict itself.
    Nothing,
}

impl fmt::Display for Unproved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Unproved::Chain => "it is of another chain",
            Unproved::Validators => "it is of other validators than those believed",
            Unproved::Signature => "a signature does not hold",
            Unproved::Nothing => "what was signed does not contradict itself",
        })
    }
}

impl Evidence {
    /// Evidence of a misdeed.
    pub fn new(chain: Hash, misdeed: Misdeed) -> Evidence {
        Evidence { kind: EVIDENCE_TYPE, version: EVIDENCE_VERSION, chain, misdeed }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Whether bytes claim to be evidence.
    pub fn is_claimed(bytes: &[u8]) -> bool {
        bytes.starts_with(&[EVIDENCE_TYPE, EVIDENCE_VERSION])
    }

    /// Reads evidence; nothing of it is checked yet.
    pub fn from_bytes(bytes: &[u8]) -> Option<Evidence> {
        let evidence: Evidence = codec::decode(bytes, EVIDENCE_BYTES_MAX).ok()?;
        (evidence.kind == EVIDENCE_TYPE && evidence.version == EVIDENCE_VERSION).then_some(evidence)
    }

    /// The height of what was done.
    pub fn height(&self) -> u64 {
        match &self.misdeed {
            Misdeed::Equivocation { one, .. } => one.height(),
            Misdeed::Fork { one, .. } => one.header.height,
            Misdeed::State { decision, .. } => decision.header.height,
        }
    }

    /// Whether it shows what it claims, of these validators of this chain.
    pub fn check(&self, chain: Hash, validators: &[Validator]) -> Result<Shown, Unproved> {
        if self.chain != chain {
            return Err(Unproved::Chain);
        }
        match &self.misdeed {
            Misdeed::Equivocation { one, other } => {
                let validator = equivocation(chain, one, other)?;
                match validators.iter().any(|listed| listed.key == validator) {
                    true => Ok(Shown { what: "equivocation", height: one.height(), validators: vec![validator] }),
                    false => Err(Unproved::Validators),
                }
            }
            Misdeed::Fork { one, other } => {
                let signers = [one, other].map(|decision| decided(decision, chain, validators));
                let [first, second] = signers;
                let (first, second) = (first?, second?);
                if one.header.height != other.header.height || one.header.id() == other.header.id() {
                    return Err(Unproved::Nothing);
                }
                let both = first.into_iter().filter(|key| second.contains(key)).collect();
                Ok(Shown { what: "fork", height: one.header.height, validators: both })
            }
            Misdeed::State { decision, computed } => {
                let signers = decided(decision, chain, validators)?;
                let Header { state, results, history, height, .. } = &decision.header;
                match [state, results, history].contains(&computed) {
                    true => Err(Unproved::Nothing),
                    false => Ok(Shown { what: "state", height: *height, validators: signers }),
                }
            }
        }
    }
}

/// Who decided a header, if it is decided.
fn decided(decision: &Decision, chain: Hash, validators: &[Validator]) -> Result<Vec<[u8; 32]>, Unproved> {
    let Decision { header, certificate } = decision;
    if header.chain != chain || header.kind != HEADER_TYPE || header.version != HEADER_VERSION {
        return Err(Unproved::Chain);
    }
    if header.validators != validators_hash(validators) {
        return Err(Unproved::Validators);
    }
    if !certificate.decides(header, validators) {
        return Err(Unproved::Signature);
    }
    let keys = certificate.signatures.iter().filter_map(|signed| validators.get(usize::from(signed.validator)));
    Ok(keys.map(|validator| validator.key).collect())
}

/// Who signed two messages of which it may sign one.
fn equivocation(chain: Hash, one: &ConsensusMessage, other: &ConsensusMessage) -> Result<[u8; 32], Unproved> {
    let (Some(first), Some(second)) = (Said::of(one), Said::of(other)) else { return Err(Unproved::Nothing) };
    if first.place != second.place || first.content == second.content {
        return Err(Unproved::Nothing);
    }
    match is_signed(chain, one) && is_signed(chain, other) {
        true => Ok(first.place.validator),
        false => Err(Unproved::Signature),
    }
}

/// Where a validator may say one thing only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub height: u64,
    pub validator: [u8; 32],
    round: u32,
    /// 0 a prevote, 1 a precommit, 2 a proposal.
    kind: u8,
}

/// What a validator says at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub place: Place,
    /// For which header; in a vote 1 if for none, in a proposal its earlier round.
    content: (Hash, i64),
}

impl Said {
    /// Of a vote or a proposal; `None` of what no validator says, or what it only passes on.
    pub fn of(message: &ConsensusMessage) -> Option<Said> {
        match message {
            ConsensusMessage::Vote(vote) => {
                let SignedVote { kind, height, round, id, validator, .. } = *vote;
                let (kind, is_nil) = match VoteKind::from_number(kind)? {
                    VoteKind::Prevote => (0, false),
                    VoteKind::Precommit => (1, false),
                    VoteKind::PrevoteNil => (0, true),
                    VoteKind::PrecommitNil => (1, true),
                };
                // A vote for nothing that names something says no more than one that does not.
                let id = if is_nil { Hash::ZERO } else { id };
                Some(Said { place: Place { height, validator, round, kind }, content: (id, i64::from(is_nil)) })
            }
            ConsensusMessage::Proposal(proposal) => {
                let SignedProposal { height, round, id, pol_round, validator, .. } = *proposal;
                Some(Said { place: Place { height, validator, round, kind: 2 }, content: (id, pol_round) })
            }
            ConsensusMessage::Polka(_) | ConsensusMessage::Skip(_) | ConsensusMessage::Undecided(_) => None,
        }
    }
}

/// Whether a vote or a proposal is its validator's.
pub(super) fn is_signed(chain: Hash, message: &ConsensusMessage) -> bool {
    let (validator, text, signature) = match message {
        ConsensusMessage::Vote(SignedVote { kind, height, round, id, validator, signature }) => {
            let Some(kind) = VoteKind::from_number(*kind) else { return false };
            (validator, ballot_message(chain, *height, *round, kind, *id), signature)
        }
        ConsensusMessage::Proposal(SignedProposal { height, round, id, pol_round, validator, signature }) => {
            (validator, proposal_message(chain, *height, *round, *pol_round, *id), signature)
        }
        _ => return false,
    };
    verify(validator, text, signature)
}
