//! Checks votes, proposals and certificates that consensus has collected or was sent.

// The library's own error, by which its effects are answered.
#![allow(clippy::result_large_err)]

use std::collections::BTreeSet;

use malachite::core::{ConsensusMsg, ThresholdParams};
use malachite::types::{
    CertificateError, CommitCertificate, NilOrVal, PolkaCertificate, Round, RoundCertificate, RoundCertificateType,
    SignedMessage, ThresholdParam, ValidatorSet as _, VoteType, VotingPower,
};
use malachite::types::{CommitSignature, PolkaSignature, RoundSignature};
use suyuan_ledger::block::{ballot_message, proposal_message};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::verify;

use super::malachite;
use super::types::{Address, BlockId, Chain, Height, Proposal, ValidatorSet, Vote};
use super::wire::ballot;

type Checked = Result<(), CertificateError<Chain>>;

/// What is signed of a vote.
pub(super) fn vote_bytes(chain: Hash, vote: &Vote) -> Hash {
    let (kind, id) = ballot(vote.kind, &vote.value);
    ballot_message(chain, vote.height.0, vote.round.as_u32().unwrap_or(0), kind, id)
}

/// What is signed of a proposal.
pub(super) fn proposal_bytes(chain: Hash, proposal: &Proposal) -> Hash {
    let round = proposal.round.as_u32().unwrap_or(0);
    proposal_message(chain, proposal.height.0, round, proposal.pol_round.as_i64(), proposal.value.0)
}

pub(super) fn is_signed(chain: Hash, message: &SignedMessage<Chain, ConsensusMsg<Chain>>, key: &[u8; 32]) -> bool {
    let bytes = match &message.message {
        ConsensusMsg::Vote(vote) => vote_bytes(chain, vote),
        ConsensusMsg::Proposal(proposal) => proposal_bytes(chain, proposal),
    };
    verify(key, bytes, &message.signature)
}

/// Adds up the power behind votes of one round: each of a validator of the set, none twice.
struct Count<'a> {
    chain: Hash,
    height: Height,
    round: Round,
    validators: &'a ValidatorSet,
    seen: BTreeSet<Address>,
    power: VotingPower,
}

impl<'a> Count<'a> {
    fn new(chain: Hash, height: Height, round: Round, validators: &'a ValidatorSet) -> Self {
        Count { chain, height, round, validators, seen: BTreeSet::new(), power: 0 }
    }

    /// Counts a vote, if it is one; `Ok(false)` if its signature is not that of its validator.
    fn add(
        &mut self,
        kind: VoteType,
        value: NilOrVal<BlockId>,
        address: Address,
        signature: &[u8; 64],
    ) -> Result<bool, CertificateError<Chain>> {
        use malachite::types::Validator as _;
        let Some(validator) = self.validators.get_by_address(&address) else {
            return Err(CertificateError::UnknownValidator(address));
        };
        if !self.seen.insert(address) {
            return Err(CertificateError::DuplicateVote(address));
        }
        let vote = Vote { kind, height: self.height, round: self.round, value, validator: address };
        if !verify(&address.0, vote_bytes(self.chain, &vote), signature) {
            return Ok(false);
        }
        self.power = self.power.saturating_add(validator.voting_power());
        Ok(true)
    }

    fn reaches(&self, threshold: ThresholdParam) -> Checked {
        let total = self.validators.total_voting_power();
        match threshold.is_met(self.power, total) {
            true => Ok(()),
            false => {
                let expected = threshold.min_expected(total);
                Err(CertificateError::NotEnoughVotingPower { signed: self.power, total, expected })
            }
        }
    }
}

pub(super) fn check_commit(
    chain: Hash,
    certificate: &CommitCertificate<Chain>,
    validators: &ValidatorSet,
    thresholds: ThresholdParams,
) -> Checked {
    let mut count = Count::new(chain, certificate.height, certificate.round, validators);
    for CommitSignature { address, signature } in &certificate.commit_signatures {
        let value = NilOrVal::Val(certificate.value_id);
        if !count.add(VoteType::Precommit, value, *address, signature)? {
            return Err(CertificateError::InvalidCommitSignature(CommitSignature::new(*address, *signature)));
        }
    }
    count.reaches(thresholds.quorum)
}

pub(super) fn check_polka(
    chain: Hash,
    certificate: &PolkaCertificate<Chain>,
    validators: &ValidatorSet,
    thresholds: ThresholdParams,
) -> Checked {
    let mut count = Count::new(chain, certificate.height, certificate.round, validators);
    for PolkaSignature { address, signature } in &certificate.polka_signatures {
        let value = NilOrVal::Val(certificate.value_id);
        if !count.add(VoteType::Prevote, value, *address, signature)? {
            return Err(CertificateError::InvalidPolkaSignature(PolkaSignature::new(*address, *signature)));
        }
    }
    count.reaches(thresholds.quorum)
}

pub(super) fn check_round(
    chain: Hash,
    certificate: &RoundCertificate<Chain>,
    validators: &ValidatorSet,
    thresholds: ThresholdParams,
) -> Checked {
    let mut count = Count::new(chain, certificate.height, certificate.round, validators);
    let undecided = certificate.cert_type == RoundCertificateType::Precommit;
    for one in &certificate.round_signatures {
        let RoundSignature { vote_type, value_id, address, signature } = one;
        if undecided && *vote_type != VoteType::Precommit {
            return Err(CertificateError::InvalidVoteType(*address));
        }
        if !count.add(*vote_type, *value_id, *address, signature)? {
            return Err(CertificateError::InvalidRoundSignature(one.clone()));
        }
    }
    count.reaches(if undecided { thresholds.quorum } else { thresholds.honest })
}
