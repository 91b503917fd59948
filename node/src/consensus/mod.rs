//! Decides which block is next, with Malachite's consensus library: the only importer of it.
//!
//! The library is a state machine that asks for effects; [`Consensus`] answers what it can at once (signatures) and
//! hands the rest out, in order, as [`Output`]s. It reads no clock: `target_time` stays unset, timers are the caller's.
//! What of the library's contract falls to whom:
//! * [`Output::Remember`] MUST be on disk before any [`Output::Send`] behind it leaves. What is remembered is one log,
//!   written in order, so that whatever was sent can be told from it after a crash.
//! * The caller MUST write the body of a block before it calls [`Consensus::propose`] or [`Consensus::value`], and MUST
//!   propose the same block when it is asked again for the same height and round.
//! * A decision MUST be on disk before [`Consensus::start`] is called for the next height.

mod certificates;
mod pace;
mod types;
mod wire;

/// The library under the names that its own documentation uses.
mod malachite {
    pub(super) use arc_malachitebft_core_consensus as core;
    pub(super) use arc_malachitebft_core_types as types;
}

pub use pace::Pace;
pub use wire::{ConsensusMessage, Remembered, Signed, SignedProposal, SignedVote, Timer, VoteCertificate};

use std::sync::Arc;

use malachite::core::{Effect, Input, LocallyProposedValue, Params, ProposedValue, Resumable, Resume, State};
use malachite::types::{Round, SignedMessage, Timeouts as _, Validity, ValueOrigin, ValuePayload};
use suyuan_ledger::block::{CommitCertificate, CommitSignature, Validator};
use suyuan_ledger::hash::Hash;
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use types::{Address, BlockId, Chain, Height, ValidatorSet};

/// Messages of later heights that wait for theirs: so many heights, so many of each.
const LATER_HEIGHTS_MAX: usize = 16;
const LATER_MESSAGES_MAX: usize = 1_024;

/// What consensus asks for, in this order.
#[derive(Debug)]
pub enum Output {
    /// Remember it, on disk before anything that is sent later.
    Remember(Remembered),
    /// Send it to all other validators.
    Send(ConsensusMessage),
    /// A round has begun.
    Round {
        /// Which.
        round: u32,
        /// Whose turn it is to propose.
        proposer: [u8; 32],
    },
    /// Build a block, or take the one built before for this round, and call [`Consensus::propose`].
    Build {
        /// The round.
        round: u32,
    },
    /// Send the body of this block again.
    SendBody {
        /// The header's id.
        id: Hash,
    },
    /// Call [`Consensus::elapsed`] after so long, unless it is cancelled. The same timer set again starts anew.
    Wait {
        /// What for.
        timer: Timer,
        /// Milliseconds.
        ms: u64,
    },
    /// Forget a timer, or all.
    Cancel(Option<Timer>),
    /// The block of this id is decided.
    Decided {
        /// The header's id.
        id: Hash,
        /// Why.
        certificate: CommitCertificate,
    },
    /// A validator signed two things of which it may sign one.
    Equivocation {
        /// Who.
        validator: [u8; 32],
        /// One of them.
        one: ConsensusMessage,
        /// The other.
        other: ConsensusMessage,
    },
    /// The library could not make anything of an input: its words.
    Trouble(String),
}

/// A validator can't go on: what it remembers contradicts what it would do, so that it might vote twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction(pub String);

impl std::fmt::Display for Contradiction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "what this validator remembers contradicts what it would do: {}", self.0)
    }
}

impl std::error::Error for Contradiction {}

/// One validator's part in deciding one block after the other.
pub struct Consensus {
    state: State<Chain>,
    chain: Hash,
    signer: Arc<MemorySigner>,
    pace: Pace,
    validators: ValidatorSet,
}

impl Consensus {
    /// A validator that has not started a height. `height` is the one that it will start first.
    pub fn new(chain: Hash, signer: Arc<MemorySigner>, pace: Pace, members: &[Validator], height: u64) -> Consensus {
        let validators = ValidatorSet::new(members, &[0]);
        let params = Params {
            address: Address(signer.public()),
            threshold_params: Default::default(),
            // The proposal names the block; its body comes beside it.
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        // The library keeps what comes before its height is started, and of heights after it.
        let before = Height(height.saturating_sub(1));
        let (heights, each) = (LATER_HEIGHTS_MAX, LATER_MESSAGES_MAX);
        let state = State::new(Chain, before, validators.clone(), params, heights, each);
        Consensus { state, chain, signer, pace, validators }
    }

    /// The height that is being decided, or was last.
    pub fn height(&self) -> u64 {
        self.state.height().0
    }

    /// Starts a height, with the proposers of its rounds. `remembered` is what this validator had written of this very
    /// height before it stopped.
    pub fn start(
        &mut self,
        height: u64,
        members: &[Validator],
        proposers: &[u16],
        remembered: Vec<Remembered>,
    ) -> Result<Vec<Output>, Contradiction> {
        self.validators = ValidatorSet::new(members, proposers);
        let recovered: Vec<Input<Chain>> = remembered.into_iter().filter_map(wire::read_remembered).collect();
        let restart = !recovered.is_empty();
        let set = self.validators.clone();
        let mut outputs = Vec::new();
        let start = Input::StartHeight(Height(height), set, restart, None, Default::default());
        if restart {
            // Before anything of it is fed: what it would sign anew is compared with what it had signed.
            self.state.index_wal_entries(recovered.iter());
        }
        self.feed_into(start, &mut outputs)?;
        for input in recovered {
            self.feed_into(input, &mut outputs)?;
        }
        if restart {
            self.state.reset_entries_index();
            outputs.retain(|output| !matches!(output, Output::Remember(_)));
        }
        Ok(outputs)
    }

    /// Takes what another validator said. What none would say is passed over.
    pub fn receive(&mut self, message: ConsensusMessage) -> Result<Vec<Output>, Contradiction> {
        match wire::read_message(message) {
            Some(input) => self.feed(input),
            None => Ok(vec![Output::Trouble("a message of a form that no validator sends".to_owned())]),
        }
    }

    /// Takes that a timer has elapsed.
    pub fn elapsed(&mut self, timer: Timer) -> Result<Vec<Output>, Contradiction> {
        self.feed(Input::TimeoutElapsed(timer.timeout()))
    }

    /// Proposes the block that [`Output::Build`] asked for.
    pub fn propose(&mut self, round: u32, id: Hash) -> Result<Vec<Output>, Contradiction> {
        let value = BlockId(id);
        self.feed(Input::Propose(LocallyProposedValue::new(self.state.height(), Round::new(round), value)))
    }

    /// Tells that the body of a block is here, and whether it may be decided.
    pub fn value(
        &mut self,
        round: u32,
        id: Hash,
        proposer: [u8; 32],
        valid: bool,
    ) -> Result<Vec<Output>, Contradiction> {
        let value = ProposedValue {
            height: self.state.height(),
            round: Round::new(round),
            valid_round: Round::Nil,
            proposer: Address(proposer),
            value: BlockId(id),
            validity: Validity::from_bool(valid),
        };
        self.feed(Input::ProposedValue(value, ValueOrigin::Consensus))
    }

    fn feed(&mut self, input: Input<Chain>) -> Result<Vec<Output>, Contradiction> {
        let mut outputs = Vec::new();
        self.feed_into(input, &mut outputs)?;
        Ok(outputs)
    }

    fn feed_into(&mut self, input: Input<Chain>, outputs: &mut Vec<Output>) -> Result<(), Contradiction> {
        use malachite::core::{self as arc_malachitebft_core_consensus, Error};
        let mut handler =
            Handler { chain: self.chain, signer: &self.signer, pace: self.pace, validators: &self.validators, outputs };
        let result: Result<(), Error<Chain>> = arc_malachitebft_core_consensus::process!(
            input: input,
            state: &mut self.state,
            metrics: &(),
            with: effect => Ok::<_, Error<Chain>>(handler.perform(effect))
        );
        match result {
            Ok(()) => Ok(()),
            // It must never sign the other one.
            Err(error @ Error::ReplayDivergence(..)) => Err(Contradiction(error.to_string())),
            Err(error) => {
                outputs.push(Output::Trouble(error.to_string()));
                Ok(())
            }
        }
    }
}

/// Answers the library's effects.
struct Handler<'a> {
    chain: Hash,
    signer: &'a MemorySigner,
    pace: Pace,
    validators: &'a ValidatorSet,
    outputs: &'a mut Vec<Output>,
}

impl Handler<'_> {
    fn perform(&mut self, effect: Effect<Chain>) -> Resume<Chain> {
        let chain = self.chain;
        match effect {
            Effect::SignVote(vote, resume) => {
                let signature = self.signer.signature(certificates::vote_bytes(chain, &vote));
                resume.resume_with(SignedMessage::new(vote, signature))
            }
            Effect::SignProposal(proposal, resume) => {
                let signature = self.signer.signature(certificates::proposal_bytes(chain, &proposal));
                resume.resume_with(SignedMessage::new(proposal, signature))
            }
            Effect::VerifySignature(message, key, resume) => {
                resume.resume_with(certificates::is_signed(chain, &message, &key))
            }
            Effect::VerifyCommitCertificate(one, set, thresholds, resume) => {
                resume.resume_with(certificates::check_commit(chain, &one, &set, thresholds))
            }
            Effect::VerifyExtendedCommitCertificate(one, set, thresholds, _, resume) => {
                let one = one.trim_vote_extensions();
                resume.resume_with(certificates::check_commit(chain, &one, &set, thresholds))
            }
            Effect::VerifyPolkaCertificate(one, set, thresholds, resume) => {
                resume.resume_with(certificates::check_polka(chain, &one, &set, thresholds))
            }
            Effect::VerifyRoundCertificate(one, set, thresholds, resume) => {
                resume.resume_with(certificates::check_round(chain, &one, &set, thresholds))
            }
            Effect::ExtendVote(_, _, _, _, resume) => resume.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, resume) => resume.resume_with(Ok(())),
            other => {
                self.hand_out(other);
                Resume::Continue
            }
        }
    }

    /// Effects that need no answer.
    fn hand_out(&mut self, effect: Effect<Chain>) {
        let output = match effect {
            Effect::WalAppend(_, input, _) => wire::write_input(&input).map(Output::Remember),
            Effect::PublishConsensusMsg(message, _) => Some(Output::Send(wire::write_message(&message))),
            Effect::PublishLivenessMsg(message, _) => Some(Output::Send(wire::write_liveness(&message))),
            Effect::RepublishVote(vote, _) => Some(Output::Send(ConsensusMessage::Vote(wire::write_vote(&vote)))),
            Effect::RepublishRoundCertificate(one, _) => Some(Output::Send(wire::write_round(&one))),
            Effect::StartRound(_, round, proposer, _, _) => {
                round.as_u32().map(|round| Output::Round { round, proposer: proposer.0 })
            }
            Effect::GetValue(_, round, _, _) => round.as_u32().map(|round| Output::Build { round }),
            Effect::RestreamProposal(_, _, _, _, id, _) => Some(Output::SendBody { id: id.0 }),
            Effect::ScheduleTimeout(timeout, _) => {
                let ms = u64::try_from(self.pace.duration_for(timeout).as_millis()).unwrap_or(u64::MAX);
                Timer::of(timeout).map(|timer| Output::Wait { timer, ms })
            }
            Effect::CancelTimeout(timeout, _) => Timer::of(timeout).map(|timer| Output::Cancel(Some(timer))),
            Effect::CancelAllTimeouts(_) => Some(Output::Cancel(None)),
            Effect::Decide(certificate, _, _) => Some(self.decided(&certificate)),
            Effect::Finalize(_, _, evidence, _) => {
                self.tell(&evidence);
                None
            }
            // Blocks that were decided without this validator are checked and applied outside the library.
            _ => None,
        };
        self.outputs.extend(output);
    }

    /// The ledger's form of a certificate: by the places of validators, ascending.
    fn decided(&self, certificate: &malachite::types::CommitCertificate<Chain>) -> Output {
        let signed = |one: &malachite::types::CommitSignature<Chain>| {
            let validator = self.validators.place_of(&one.address)?;
            Some(CommitSignature { validator, signature: one.signature })
        };
        let mut signatures: Vec<CommitSignature> = certificate.commit_signatures.iter().filter_map(signed).collect();
        signatures.sort_by_key(|one| one.validator);
        let round = certificate.round.as_u32().unwrap_or(0);
        Output::Decided { id: certificate.value_id.0, certificate: CommitCertificate { round, signatures } }
    }

    /// Tells what contradicts itself. The library also pairs a proposal with itself: when there are two of a round, and the
    /// first is told again with another judgement of its body.
    fn tell(&mut self, evidence: &malachite::core::MisbehaviorEvidence<Chain>) {
        for (validator, pairs) in evidence.votes.iter() {
            for (one, other) in pairs.iter().filter(|(one, other)| one.message != other.message) {
                self.outputs.push(Output::Equivocation {
                    validator: validator.0,
                    one: ConsensusMessage::Vote(wire::write_vote(one)),
                    other: ConsensusMessage::Vote(wire::write_vote(other)),
                });
            }
        }
        for (validator, pairs) in evidence.proposals.iter() {
            for (one, other) in pairs.iter().filter(|(one, other)| one.message != other.message) {
                self.outputs.push(Output::Equivocation {
                    validator: validator.0,
                    one: ConsensusMessage::Proposal(wire::write_proposal(one)),
                    other: ConsensusMessage::Proposal(wire::write_proposal(other)),
                });
            }
        }
    }
}
