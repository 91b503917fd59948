//! Agrees with other validators on the next block: starts a height when there is something to decide, builds blocks,
//! feeds consensus, and does what it asks for.
//!
//! No height is started for nothing: a block is due when records wait, when the last one is not sealed, when the
//! network has to show that it lives, or when another validator has begun.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bincode::{Decode, Encode};
use suyuan_ledger::block::{Block, CommitCertificate, Header, StoredBlock, Validator, proposal_message};
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::apply::{Ledger, lane};
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::verify;
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use super::body::{Body, Partial};
use super::turns::Turns;
use super::{Alarm, CoreError, Effect, Message, NodeCore, NodeKey, Part, ProposedBlock};
use crate::consensus::{Consensus, ConsensusMessage, Output, Pace, Remembered, SignedProposal, Timer};

/// Lists of blocks of the next height that wait until this one is decided.
const LATER_MAX: usize = 16;
/// A validator that speaks of a block decided so long ago is told how far the ledger is.
const LATE_MS: u64 = 200;
/// The body of a proposed block is asked for after so long: it was sent before the proposal.
const BODY_MS: u64 = 20;
/// Proposals are noted of so many rounds ahead, as the library takes them, and so many of one round: two show already that
/// its proposer is not honest.
const ROUNDS_AHEAD_MAX: u32 = 10;
const ROUND_PROPOSALS_MAX: usize = 2;
/// Lists and bodies of one validator that nobody has proposed yet.
const UNPROPOSED_MAX: usize = 4;

/// What a validator must still know if it stops in the middle of a block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Logged {
    /// What consensus wants to be remembered.
    Consensus(Remembered),
    /// A block that it built, or voted for.
    Body(Block),
    /// The block that it built for a round: it must not build another one.
    Built {
        /// The round.
        round: u32,
        /// The header's id.
        id: Hash,
    },
}

/// A record of the log: it can be forgotten when the block of its height is written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LogRecord {
    /// Of which block.
    pub height: u64,
    /// What.
    pub logged: Logged,
}

/// One proposal of a block.
#[derive(Clone, Copy)]
struct ProposedIn {
    round: u32,
    proposer: NodeKey,
    /// Whether it was proposed for the first time, so that its header has to name the proposer.
    is_new: bool,
    /// Whether consensus was told of the body for this proposal.
    told: bool,
}

/// What is known of a block that was proposed beside its body.
pub(super) struct Proposed {
    by: Vec<ProposedIn>,
    /// Who is asked for its body next, and when.
    pub from: NodeKey,
    pub ask_at: u64,
}

/// A validator's part in the block that is next.
pub(super) struct Agreement {
    consensus: Consensus,
    key: NodeKey,
    place: u16,
    turns: Turns,
    validators: u16,
    /// The proposers of the rounds of the height, and its round.
    order: Vec<u16>,
    round: u32,
    /// The height that is being decided.
    started: Option<u64>,
    /// Another validator has begun the next height.
    woken: bool,
    timers: BTreeMap<Timer, u64>,
    pub bodies: BTreeMap<Hash, Body>,
    pub partial: BTreeMap<Hash, Partial>,
    pub proposals: BTreeMap<Hash, Proposed>,
    built: BTreeMap<u32, Hash>,
    later: Vec<(NodeKey, ProposedBlock)>,
    /// What this validator had logged of the next height when it stopped.
    log: Vec<LogRecord>,
    /// Something was logged that may not be on disk yet.
    unflushed: bool,
    /// A block that is decided, and applied in the next step.
    decided: Option<(Hash, CommitCertificate)>,
}

impl Agreement {
    pub fn new(
        ledger: &Ledger,
        store: &dyn Read,
        signer: Arc<MemorySigner>,
        pace: Pace,
        mut log: Vec<LogRecord>,
    ) -> Result<Agreement, CoreError> {
        let (key, next) = (signer.public(), ledger.head.height.saturating_add(1));
        let (place, count) = place_among(&key, ledger.validators());
        log.retain(|record| record.height == next);
        Ok(Agreement {
            consensus: Consensus::new(ledger.head.chain, signer, pace, ledger.validators(), next),
            key,
            place,
            turns: turns(ledger, store, count)?,
            validators: count,
            order: Vec::new(),
            round: 0,
            started: None,
            woken: false,
            timers: BTreeMap::new(),
            bodies: BTreeMap::new(),
            partial: BTreeMap::new(),
            proposals: BTreeMap::new(),
            built: BTreeMap::new(),
            later: Vec::new(),
            log,
            unflushed: false,
            decided: None,
        })
    }

    pub fn key(&self) -> NodeKey {
        self.key
    }

    pub fn is_started(&self) -> bool {
        self.started.is_some()
    }

    /// The height and the round that are being decided.
    pub fn deciding(&self) -> Option<(u64, u32)> {
        self.started.map(|height| (height, self.round))
    }

    pub fn has_work(&self, height: u64) -> bool {
        self.decided.is_some()
            || self.started.is_none()
                && (self.woken || self.log.first().is_some_and(|record| record.height == height.saturating_add(1)))
    }

    pub fn wakes_at(&self) -> Option<u64> {
        let asking = self.partial.values().map(|partial| partial.ask_at);
        let wanting = self.wanted().map(|(_, proposed)| proposed.ask_at);
        self.timers.values().copied().chain(asking).chain(wanting).min()
    }

    pub fn keep_for_later(&mut self, from: NodeKey, block: ProposedBlock) {
        let of_sender = self.later.iter().filter(|(sender, _)| *sender == from).count();
        if self.later.len() < LATER_MAX && of_sender < UNPROPOSED_MAX {
            self.later.push((from, block));
        }
    }

    /// The place of the validator whose turn a round is.
    fn proposer(&self, round: u32) -> Option<usize> {
        let turn = (round as usize).checked_rem(self.order.len())?;
        self.order.get(turn).map(|place| usize::from(*place))
    }

    /// Notes a proposal of the one whose turn it is; whether it is noted. A block may be proposed again in a later round.
    fn proposed(&mut self, proposal: &SignedProposal, from: NodeKey, now: u64) -> bool {
        let (round, proposer, is_new) = (proposal.round, proposal.validator, proposal.pol_round == -1);
        let of_round = self.proposals.values().flat_map(|one| &one.by).filter(|by| by.round == round).count();
        let known = self.proposals.get(&proposal.id).is_some_and(|one| one.by.iter().any(|by| by.round == round));
        if round > self.round.saturating_add(ROUNDS_AHEAD_MAX) || known || of_round >= ROUND_PROPOSALS_MAX {
            return known;
        }
        // Its body was sent just before; if not, it is asked for soon.
        let ask_at = now.saturating_add(BODY_MS);
        let one = self.proposals.entry(proposal.id).or_insert(Proposed { by: Vec::new(), from, ask_at });
        one.by.push(ProposedIn { round, proposer, is_new, told: false });
        true
    }

    /// Whether a list or a body from a validator is kept: of what nobody has proposed yet, a few of each.
    pub fn has_room(&self, from: &NodeKey, id: &Hash) -> bool {
        let unproposed = |other: &Hash| !self.proposals.contains_key(other);
        let partial = self.partial.iter().filter(|(other, one)| unproposed(other) && one.from == *from).count();
        let bodies = self.bodies.iter().filter(|(other, one)| unproposed(other) && one.from == Some(*from)).count();
        self.proposals.contains_key(id) || partial + bodies < UNPROPOSED_MAX
    }

    /// Proposed blocks of whose bodies nothing is here.
    fn wanted(&self) -> impl Iterator<Item = (&Hash, &Proposed)> {
        let here = |id: &Hash| self.bodies.contains_key(id) || self.partial.contains_key(id);
        self.proposals.iter().filter(move |(id, _)| !here(id))
    }

    /// Those of them that are to be asked for now: of whom.
    pub fn ask_for_proposed(&mut self, now: u64, again: impl Fn(NodeKey) -> (NodeKey, u64)) -> Vec<(Hash, NodeKey)> {
        let due: Vec<Hash> = self.wanted().filter(|(_, one)| one.ask_at <= now).map(|(id, _)| *id).collect();
        let mut asked = Vec::with_capacity(due.len());
        for id in due {
            if let Some(proposed) = self.proposals.get_mut(&id) {
                asked.push((id, proposed.from));
                (proposed.from, proposed.ask_at) = again(proposed.from);
            }
        }
        asked
    }

    /// The block of the height is decided: whatever was known of it is forgotten.
    pub fn finish(&mut self, header: &Header) {
        let count = u64::from(self.validators);
        self.turns.add(header.height, header.proposer, count);
        self.started = None;
        self.woken = false;
        self.timers.clear();
        self.bodies.clear();
        self.partial.clear();
        self.proposals.clear();
        self.built.clear();
        self.log.clear();
    }

    /// The same, and another set decides the next one. Who proposed before says nothing of it.
    pub fn change(&mut self, header: &Header, validators: &[Validator]) {
        self.finish(header);
        self.turns = Turns::default();
        (self.place, self.validators) = place_among(&self.key, validators);
    }

    fn log(&mut self, height: u64, logged: Logged, effects: &mut Vec<Effect>) {
        self.unflushed = true;
        effects.push(Effect::Log(Box::new(LogRecord { height, logged })));
    }

    fn flush(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.unflushed) {
            effects.push(Effect::Flush);
        }
    }
}

/// A validator's place in its set, and how many there are.
fn place_among(key: &NodeKey, validators: &[Validator]) -> (u16, u16) {
    let place = validators.iter().position(|validator| validator.key == *key).unwrap_or(0);
    (u16::try_from(place).unwrap_or(u16::MAX), u16::try_from(validators.len()).unwrap_or(u16::MAX))
}

/// Who proposed the last blocks, as far as it is needed to say whose turn it is.
fn turns(ledger: &Ledger, store: &dyn Read, count: u16) -> Result<Turns, CoreError> {
    let (last, count) = (ledger.head.height, u64::from(count));
    let mut proposers = Vec::new();
    for height in (Turns::needed_from(last.saturating_add(1), count).max(1)..=last).rev() {
        let Some(bytes) = store.get(Table::Block, &height.to_be_bytes())? else { break };
        let corrupt = |error| StoreError::Corrupt(Table::Block, format!("{error:?}"));
        let block: StoredBlock = codec::decode_trusted(&bytes).map_err(corrupt)?;
        if block.header.validators != ledger.head.validators {
            break;
        }
        proposers.push((height, block.header.proposer));
    }
    let mut turns = Turns::default();
    proposers.into_iter().rev().for_each(|(height, proposer)| turns.add(height, proposer, count));
    Ok(turns)
}

impl NodeCore {
    /// Starts the next height if a block is due; whether it is decided at once.
    pub(super) fn start(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let Part::Validator(agreement) = &self.part else { return Ok(false) };
        if agreement.is_started() {
            return Ok(false);
        }
        self.looks_again = false;
        let told = agreement.has_work(self.ledger.head.height);
        let waits = self.patience.until(self.elapsed_ms).is_some();
        let seals = !self.sealed && self.is_idle();
        let is_due = seals || self.elapsed_ms >= self.heartbeat_at();
        if told || (!waits && (is_due || self.pool.is_ready(&mut |key| lane(store, key))?)) {
            return self.begin(store, effects);
        }
        Ok(false)
    }

    /// Starts the next height.
    fn begin(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let next = self.ledger.head.height.saturating_add(1);
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        agreement.started = Some(next);
        self.watch.begin(self.elapsed_ms);
        let later = std::mem::take(&mut agreement.later);
        let log = std::mem::take(&mut agreement.log);
        let remembered = self.recall(store, log)?;
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        let order = agreement.turns.proposers(next, agreement.validators);
        (agreement.order, agreement.round) = (order, 0);
        let outputs = agreement.consensus.start(next, self.ledger.validators(), &agreement.order, remembered)?;
        if self.perform(store, outputs, effects)? {
            return Ok(true);
        }
        for (from, block) in later {
            if self.take_proposed(store, from, block, effects)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes back what was logged of the height that starts, and gives what is consensus' own.
    fn recall(&mut self, store: &dyn Read, log: Vec<LogRecord>) -> Result<Vec<Remembered>, CoreError> {
        let mut remembered = Vec::new();
        // A body is logged first: what consensus was told of it may have been cut off by the crash.
        let told = |record: &LogRecord| match record.logged {
            Logged::Consensus(Remembered::Value { id, valid: true, .. }) => Some(id),
            _ => None,
        };
        let told: BTreeSet<Hash> = log.iter().filter_map(told).collect();
        for record in log {
            match record.logged {
                Logged::Consensus(one) => remembered.push(one),
                Logged::Built { round, id } => {
                    if let Part::Validator(agreement) = &mut self.part {
                        agreement.built.insert(round, id);
                    }
                }
                Logged::Body(block) => self.recall_body(store, block, &told)?,
            }
        }
        Ok(remembered)
    }

    fn recall_body(&mut self, store: &dyn Read, block: Block, told: &BTreeSet<Hash>) -> Result<(), CoreError> {
        let (chain, directory) = (self.ledger.head.chain, &self.ledger.directory);
        let verified = block.submissions.into_iter().map(|signed| VerifiedSubmission::verify(signed, chain, directory));
        let Ok(submissions) = verified.map(|one| one.map(Arc::new)).collect::<Result<Vec<_>, _>>() else {
            return Ok(());
        };
        let (id, header) = (block.header.id(), block.header);
        let valid = self.fault_in(store, &header, &submissions)?.is_none();
        if let Part::Validator(agreement) = &mut self.part {
            let told = valid && told.contains(&id);
            agreement.bodies.insert(id, Body { header, submissions, valid, told, from: None });
        }
        Ok(())
    }

    /// Takes a message of consensus; whether a block is decided by it.
    pub(super) fn take_consensus(
        &mut self,
        store: &dyn Read,
        from: NodeKey,
        message: ConsensusMessage,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        let (height, next) = (message.height(), self.ledger.head.height.saturating_add(1));
        if !self.votes(&from) {
            return Ok(false);
        }
        if height > next {
            self.follow.status(from, height - 1, self.elapsed_ms);
            // Of those further on nothing is kept: until then this node has caught up, or follows.
            if height > next.saturating_add(1) {
                return Ok(false);
            }
        }
        if height < next {
            // Votes that come after the decision are usual; who still speaks of it later has missed it.
            if height.saturating_add(1) < next || self.elapsed_ms >= self.decided_ms.saturating_add(LATE_MS) {
                self.send_status(Some(from), effects);
            }
            return Ok(false);
        }
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        if height == next && !agreement.is_started() {
            agreement.woken = true;
            if self.begin(store, effects)? {
                return Ok(true);
            }
        }
        let chain = self.ledger.head.chain;
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        let proposed = match &message {
            ConsensusMessage::Proposal(proposal) if height == next && is_signed(chain, proposal) => {
                let proposer = agreement.proposer(proposal.round).and_then(|place| self.ledger.validators().get(place));
                let is_due = proposer.is_some_and(|validator| validator.key == proposal.validator);
                (is_due && agreement.proposed(proposal, from, self.elapsed_ms)).then_some(proposal.id)
            }
            _ => None,
        };
        let outputs = agreement.consensus.receive(message)?;
        if self.perform(store, outputs, effects)? {
            return Ok(true);
        }
        match proposed {
            Some(id) => self.tell_body(store, id, effects),
            None => Ok(false),
        }
    }

    /// Tells consensus of a body whose proposal is here, once; whether a block is decided by that.
    pub(super) fn tell_body(
        &mut self,
        store: &dyn Read,
        id: Hash,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        let Some(body) = agreement.bodies.get_mut(&id).filter(|body| !body.told) else { return Ok(false) };
        let Some(by) = agreement.proposals.get_mut(&id).and_then(|one| one.by.iter_mut().find(|by| !by.told)) else {
            return Ok(false);
        };
        by.told = true;
        let ProposedIn { round, proposer, is_new, .. } = *by;
        let place = self.ledger.validators().iter().position(|validator| validator.key == proposer);
        let named = place.is_some_and(|place| place == usize::from(body.header.proposer));
        let valid = body.valid && (named || !is_new);
        if valid {
            // It stays valid whoever proposes it again. One that was not the proposer's own may yet be proposed by its own.
            body.told = true;
            let (height, block) = (body.header.height, body.block());
            agreement.log(height, Logged::Body(block), effects);
        }
        let outputs = agreement.consensus.value(round, id, proposer, valid)?;
        Ok(self.perform(store, outputs, effects)? || (!valid && self.tell_body(store, id, effects)?))
    }

    /// Does what timers ask for; whether a block is decided by that.
    pub(super) fn take_timers(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        self.ask_for_bodies(effects);
        let now = self.elapsed_ms;
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        let due: Vec<Timer> = agreement.timers.iter().filter(|(_, at)| **at <= now).map(|(timer, _)| *timer).collect();
        for timer in due {
            let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
            // One of those before it may have cancelled it.
            if agreement.timers.remove(&timer).is_none() {
                continue;
            }
            let outputs = agreement.consensus.elapsed(timer)?;
            if self.perform(store, outputs, effects)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does what consensus asks for, in order; whether a block is decided by that.
    fn perform(
        &mut self,
        store: &dyn Read,
        outputs: Vec<Output>,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        let (mut outputs, mut decided) = (VecDeque::from(outputs), None);
        while let Some(output) = outputs.pop_front() {
            let next = self.ledger.head.height.saturating_add(1);
            let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
            match output {
                Output::Remember(one) => agreement.log(next, Logged::Consensus(one), effects),
                Output::Send(message) => {
                    agreement.flush(effects);
                    effects.push(Effect::Send { to: None, message: Arc::new(Message::Consensus(message)) });
                }
                Output::Round { round, .. } => agreement.round = round,
                Output::Build { round } => outputs.extend(self.build(store, round, effects)?),
                Output::SendBody { id } => {
                    if let Some(body) = agreement.bodies.get(&id) {
                        let message = Arc::new(Message::Proposed(body.proposed()));
                        effects.push(Effect::Send { to: None, message });
                    }
                }
                Output::Wait { timer, ms } => {
                    agreement.timers.insert(timer, self.elapsed_ms.saturating_add(ms));
                }
                Output::Cancel(None) => agreement.timers.clear(),
                Output::Cancel(Some(timer)) => {
                    agreement.timers.remove(&timer);
                }
                Output::Decided { id, certificate } => decided = Some((id, certificate)),
                Output::Equivocation { validator, one, other } => {
                    let evidence = Box::new((one, other));
                    effects.push(Effect::Alarm(Alarm::Equivocation { validator, evidence }));
                }
                Output::Trouble(words) => effects.push(Effect::Alarm(Alarm::Trouble(words))),
            }
        }
        let Some((id, certificate)) = decided else { return Ok(false) };
        // Others may wait for this validator's vote, and applying takes long: first it is sent.
        let is_vote = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if matches!(message.as_ref(), Message::Consensus(_)));
        match &mut self.part {
            Part::Validator(agreement) if effects.iter().any(is_vote) => {
                agreement.decided = Some((id, certificate));
                Ok(true)
            }
            _ => self.apply_decided(store, id, certificate, effects),
        }
    }

    /// Applies the block that was decided in the last step, if there is one.
    pub(super) fn apply_pending(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        match agreement.decided.take() {
            Some((id, certificate)) => self.apply_decided(store, id, certificate, effects),
            None => Ok(false),
        }
    }

    /// Builds the block of a round, or takes the one that was built for it, and proposes it.
    fn build(&mut self, store: &dyn Read, round: u32, effects: &mut Vec<Effect>) -> Result<Vec<Output>, CoreError> {
        let Part::Validator(agreement) = &self.part else { return Ok(Vec::new()) };
        let id = match agreement.built.get(&round) {
            Some(id) if agreement.bodies.contains_key(id) => *id,
            _ => self.build_anew(store, round, effects)?,
        };
        let Part::Validator(agreement) = &mut self.part else { return Ok(Vec::new()) };
        agreement.flush(effects);
        if let Some(body) = agreement.bodies.get(&id) {
            effects.push(Effect::Send { to: None, message: Arc::new(Message::Proposed(body.proposed())) });
        }
        Ok(agreement.consensus.propose(round, id)?)
    }

    fn build_anew(&mut self, store: &dyn Read, round: u32, effects: &mut Vec<Effect>) -> Result<Hash, CoreError> {
        let submissions = self.choose(store)?;
        let mut header = self.ledger.next_header(self.wall_ms, &submissions);
        let Part::Validator(agreement) = &mut self.part else { return Ok(Hash::ZERO) };
        header.proposer = agreement.place;
        let (id, height) = (header.id(), header.height);
        let body = Body { header, submissions, valid: true, told: true, from: None };
        agreement.log(height, Logged::Body(body.block()), effects);
        agreement.log(height, Logged::Built { round, id }, effects);
        agreement.built.insert(round, id);
        agreement.bodies.insert(id, body);
        Ok(id)
    }

    fn apply_decided(
        &mut self,
        store: &dyn Read,
        id: Hash,
        certificate: CommitCertificate,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        let Some(Body { header, submissions, .. }) = agreement.bodies.remove(&id) else {
            // Consensus decides only what it was told of; without the body, the others have it.
            effects.push(Effect::Alarm(Alarm::Trouble(format!("block {id} is decided, and its body is not here"))));
            return Ok(false);
        };
        self.decided(store, &header, certificate, &submissions, effects)?;
        self.tell_followers(effects);
        Ok(true)
    }
}

/// The same effects with all that is logged first, on disk at once, before anything is sent: one flush a step.
pub(super) fn flushed_once(effects: Vec<Effect>) -> Vec<Effect> {
    if !effects.iter().any(|effect| matches!(effect, Effect::Flush)) {
        return effects;
    }
    let (mut first, rest): (Vec<Effect>, Vec<Effect>) =
        effects.into_iter().partition(|effect| matches!(effect, Effect::Log(_)));
    first.push(Effect::Flush);
    first.extend(rest.into_iter().filter(|effect| !matches!(effect, Effect::Flush)));
    first
}

/// Whether a proposal is its proposer's: what a node passes on for another proves nothing of itself.
fn is_signed(chain: Hash, proposal: &SignedProposal) -> bool {
    let SignedProposal { height, round, id, pol_round, validator, signature } = proposal;
    verify(validator, proposal_message(chain, *height, *round, *pol_round, *id), signature)
}
