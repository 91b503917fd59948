//! Names the ledger's things in the words of the consensus library: heights, blocks, validators, votes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use malachite::types::{
    self, Context, NilOrVal, Round, SignedExtension, SigningScheme, Timeout, TimeoutKind, ValueId, VoteType,
};
use suyuan_ledger::block::Validator as Member;
use suyuan_ledger::hash::Hash;

use super::{malachite, pace::Pace};

/// The chain's instance of the library's types. It holds nothing: who proposes is told by the validator set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain;

/// A block's height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Height(pub u64);

impl fmt::Display for Height {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl types::Height for Height {
    const ZERO: Self = Height(0);
    const INITIAL: Self = Height(1);

    fn increment_by(&self, more: u64) -> Self {
        Height(self.0.saturating_add(more))
    }

    fn decrement_by(&self, less: u64) -> Option<Self> {
        self.0.checked_sub(less).map(Height)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// A validator's public key, by which votes name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address(pub [u8; 32]);

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl types::Address for Address {}

/// What is decided: a block, by the id of its header. Its body travels beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockId(pub Hash);

impl fmt::Display for BlockId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl types::Value for BlockId {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        *self
    }
}

/// Ed25519 over the messages of `suyuan_ledger::block`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ed25519;

/// A signature has another length.
#[derive(Debug)]
pub(super) struct WrongLength;

impl fmt::Display for WrongLength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("of another length")
    }
}

impl SigningScheme for Ed25519 {
    type DecodingError = WrongLength;
    type Signature = [u8; 64];
    type PublicKey = [u8; 32];
    // The library signs nothing itself.
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<[u8; 64], WrongLength> {
        bytes.try_into().map_err(|_| WrongLength)
    }

    fn encode_signature(signature: &[u8; 64]) -> Vec<u8> {
        signature.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<[u8; 32], WrongLength> {
        bytes.try_into().map_err(|_| WrongLength)
    }

    fn encode_public_key(key: &[u8; 32]) -> Vec<u8> {
        key.to_vec()
    }
}

/// One of those who vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validator {
    address: Address,
    power: u64,
}

impl types::Validator<Chain> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &[u8; 32] {
        &self.address.0
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// Those who vote at a height, in the ledger's order, and in which order they propose there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValidatorSet {
    validators: Arc<[Validator]>,
    /// By round: the place of the proposer. Round after round it is gone through again.
    proposers: Arc<[u16]>,
}

impl ValidatorSet {
    pub fn new(members: &[Member], proposers: &[u16]) -> ValidatorSet {
        let validators = members.iter().map(|member| Validator { address: Address(member.key), power: member.power });
        ValidatorSet { validators: validators.collect(), proposers: proposers.into() }
    }

    /// The place of a validator in the ledger's order.
    pub fn place_of(&self, address: &Address) -> Option<u16> {
        let place = self.validators.iter().position(|validator| validator.address == *address)?;
        u16::try_from(place).ok()
    }
}

impl types::ValidatorSet<Chain> for ValidatorSet {
    fn count(&self) -> usize {
        self.validators.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.validators.iter().map(|validator| validator.power).fold(0, u64::saturating_add)
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.validators.iter().find(|validator| validator.address == *address)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.validators.get(index)
    }
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vote {
    pub kind: VoteType,
    pub height: Height,
    pub round: Round,
    pub value: NilOrVal<BlockId>,
    pub validator: Address,
}

impl types::Vote<Chain> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }

    // No vote is extended here.
    fn extension(&self) -> Option<&SignedExtension<Chain>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Chain>> {
        None
    }

    fn extend(self, _: SignedExtension<Chain>) -> Self {
        self
    }
}

/// A proposal of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub height: Height,
    pub round: Round,
    pub value: BlockId,
    pub pol_round: Round,
    pub validator: Address,
}

impl types::Proposal<Chain> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }
}

/// Bodies are not sent in parts of the library's making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoPart;

impl types::ProposalPart<Chain> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

impl types::Timeouts<Chain> for Pace {
    fn duration_for(&self, timeout: Timeout) -> Duration {
        let round = timeout.round.as_u32().unwrap_or(0);
        Duration::from_millis(match timeout.kind {
            TimeoutKind::Propose => self.propose_in(round),
            TimeoutKind::Prevote | TimeoutKind::Precommit => self.vote_in(round),
            TimeoutKind::Rebroadcast => self.repeat_in(round),
            TimeoutKind::FinalizeHeight(_) => 0,
        })
    }
}

impl Context for Chain {
    type Address = Address;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = Pace;
    type Value = BlockId;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(&self, set: &'a ValidatorSet, _: Height, round: Round) -> &'a Validator {
        let round = round.as_u32().unwrap_or(0) as usize;
        let place = round.checked_rem(set.proposers.len()).and_then(|turn| set.proposers.get(turn));
        let proposer = set.validators.get(usize::from(place.copied().unwrap_or(0)));
        // A genesis or a record without a validator is refused long before.
        proposer.unwrap_or_else(|| unreachable!("a validator set is never empty"))
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockId,
        pol_round: Round,
        validator: Address,
    ) -> Proposal {
        Proposal { height, round, value, pol_round, validator }
    }

    fn new_prevote(&self, height: Height, round: Round, value: NilOrVal<ValueId<Self>>, validator: Address) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, value, validator }
    }

    fn new_precommit(&self, height: Height, round: Round, value: NilOrVal<ValueId<Self>>, validator: Address) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, value, validator }
    }
}
