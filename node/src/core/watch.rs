//! Watches what the validators do: whether they contradict themselves or each other, whether blocks come, whether they
//! leave something out, whether clocks agree. An audit node looks at all of it; other nodes at what costs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_ledger::block::{Header, StoredBlock, Validator};
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::apply::lane;
use suyuan_ledger::state::sets::validators_at;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_sdk::signer::Signer as _;

use super::evidence::{Decision, Evidence, Misdeed, Place, Said, is_signed};
use super::pool::is_of_organisations;
use super::{Alarm, CoreError, DecidedBlock, Effect, Message, NodeCore, NodeKey, Part};
use crate::consensus::ConsensusMessage;

/// A network in which no block comes for so long, or for three heartbeats if that is longer, stands still.
pub const STALLED_MS: u64 = 30_000;
const STALLED_HEARTBEATS: u64 = 3;
/// A submission that so many blocks with room leave out is passed over; or twice as many as there are validators, if those
/// are more, so that each had its turn.
pub const PASSED_OVER_BLOCKS: u32 = 8;
/// Every validator is asked so often what it has decided. A fork goes on, so one height of each is enough.
const ASK_MS: u64 = 1_000;
/// Votes are compared of so many heights before the next one, and after it.
const HEIGHTS_BEFORE: u64 = 8;
const HEIGHTS_AFTER: u64 = 4;
/// So many votes and proposals of one validator are kept to be compared.
const SAID_MAX: usize = 256;
/// The clock is compared with a block that is late once so many blocks came one by one: those before may be old.
const LIVE_BLOCKS: u32 = 3;
/// Answers to a question for a decision in one step: each is a read.
const ANSWERS_MAX: usize = 64;
/// Bounds of the histogram of how long a block took to be decided, in milliseconds.
pub const DECIDED_MS: [u64; 12] = [2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// How blocks were decided since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// Blocks that this node proposed.
    pub own: u64,
    /// Blocks that others did.
    pub others: u64,
    /// Blocks that took more than one round.
    pub later_rounds: u64,
    /// How many took at most so long, by the bounds of [`DECIDED_MS`], and how many longer; from when this node began.
    pub within: [u64; DECIDED_MS.len() + 1],
    /// All of their times.
    pub sum_ms: u64,
}

/// What a node is to the decision of blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// The only validator.
    Alone,
    /// One of several.
    Validator,
    /// One of several that does not vote yet: what it has signed before is not known.
    Abstaining,
    /// It has no vote, and watches those who have.
    Audit,
    /// It has no vote; submissions come in by it.
    #[default]
    Gateway,
}

impl Role {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Alone => "alone",
            Role::Validator => "validator",
            Role::Abstaining => "abstaining",
            Role::Audit => "audit",
            Role::Gateway => "gateway",
        }
    }
}

/// How it goes with a node, for those who watch it.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What it is.
    pub role: Role,
    /// The height of the last block.
    pub height: u64,
    /// Its header's id.
    pub id: Hash,
    /// Its time.
    pub time: i64,
    /// The state root after it.
    pub state: Hash,
    /// The height and the round that are being decided.
    pub deciding: Option<(u64, u32)>,
    /// Submissions that wait here, and their bytes.
    pub waiting: (usize, usize),
    /// Those who decide the next block.
    pub validators: Vec<Validator>,
    /// How far the nodes are that are connected, as they say.
    pub peers: Vec<(NodeKey, u64)>,
    /// From which height on it applies nothing, since its state is not what validators decided.
    pub diverged: Option<u64>,
    /// How blocks were decided.
    pub decided: Decided,
}

/// What is remembered to compare with.
#[derive(Default)]
pub(super) struct Watch {
    /// Whether this is an audit node.
    pub audits: bool,
    /// From which height on nothing is applied.
    pub diverged: Option<u64>,
    decided: Decided,
    /// When the height was begun that is being decided.
    begun_ms: Option<u64>,
    stalled_at: Option<u64>,
    /// Blocks that came one by one.
    live: u32,
    said: BTreeMap<Place, ConsensusMessage>,
    of_validator: BTreeMap<[u8; 32], usize>,
    contradicted: BTreeSet<Place>,
    passed: BTreeMap<Hash, Passed>,
    asked: BTreeMap<NodeKey, u64>,
    ask_at: u64,
}

/// A submission that is the next of its lane.
struct Passed {
    /// By this node's clock.
    since: i64,
    blocks: u32,
}

/// A block as it was decided, beside this node's clock.
pub(super) struct Clocked<'a> {
    pub header: &'a Header,
    pub validator: [u8; 32],
    pub wall_ms: i64,
    /// Since the block before.
    pub gap_ms: u64,
    pub tolerance_ms: i64,
    /// Whether no other node tells of a later block.
    pub is_last: bool,
}

impl Watch {
    /// Compares what a validator says with what it said before.
    pub fn hear(&mut self, chain: Hash, height: u64, message: &ConsensusMessage) -> Option<Alarm> {
        let said = Said::of(message)?;
        let window = height.saturating_sub(HEIGHTS_BEFORE)..=height.saturating_add(HEIGHTS_AFTER);
        if !window.contains(&said.place.height) || self.contradicted.contains(&said.place) {
            return None;
        }
        let validator = said.place.validator;
        match self.said.get(&said.place) {
            None => {
                let count = self.of_validator.get(&validator).copied().unwrap_or_default();
                if count < SAID_MAX && is_signed(chain, message) {
                    self.said.insert(said.place, message.clone());
                    self.of_validator.insert(validator, count + 1);
                }
                None
            }
            Some(before) if Said::of(before) == Some(said) || !is_signed(chain, message) => None,
            Some(before) => {
                let evidence = Box::new((before.clone(), message.clone()));
                self.contradicted.insert(said.place);
                Some(Alarm::Equivocation { validator, evidence })
            }
        }
    }

    /// Forgets what was said of heights that are long decided.
    fn forget_before(&mut self, height: u64) {
        let first = height.saturating_sub(HEIGHTS_BEFORE);
        let old = |place: &Place| place.height < first;
        while let Some((place, _)) = self.said.first_key_value().filter(|(place, _)| old(place)) {
            let place = *place;
            self.said.remove(&place);
            if let Some(count) = self.of_validator.get_mut(&place.validator) {
                *count -= 1;
                if *count == 0 {
                    self.of_validator.remove(&place.validator);
                }
            }
        }
        self.contradicted.retain(|place| !old(place));
    }

    /// Notes that a height is begun, to know how long it took.
    pub fn begin(&mut self, now: u64) {
        self.begun_ms.get_or_insert(now);
    }

    /// Counts a block that is decided.
    fn count(&mut self, header: &Header, round: u32, is_own: bool, now: u64) {
        match is_own {
            true => self.decided.own += 1,
            false => self.decided.others += 1,
        }
        self.decided.later_rounds += u64::from(round > 0);
        if let Some(begun) = self.begun_ms.take() {
            let took = now.saturating_sub(begun);
            let bound = DECIDED_MS.iter().position(|bound| took <= *bound).unwrap_or(DECIDED_MS.len());
            if let Some(count) = self.decided.within.get_mut(bound) {
                *count += 1;
            }
            self.decided.sum_ms = self.decided.sum_ms.saturating_add(took);
        }
        self.stalled_at = None;
        self.forget_before(header.height);
    }

    /// Compares a block's time with this node's clock.
    fn compare_clock(&mut self, block: &Clocked<'_>) -> Option<Alarm> {
        let Clocked { header, validator, wall_ms, gap_ms, tolerance_ms, is_last } = *block;
        self.live = if is_last { self.live.saturating_add(1) } else { 0 };
        let ahead_ms = header.time.saturating_sub(wall_ms);
        // Its time is that of its proposal, which came after the block before.
        let gap = i64::try_from(gap_ms).unwrap_or(i64::MAX);
        let is_fresh = self.live >= LIVE_BLOCKS && gap_ms <= STALLED_MS;
        let is_late = is_fresh && ahead_ms.saturating_add(gap) < tolerance_ms.saturating_neg();
        (ahead_ms > tolerance_ms || is_late).then_some(Alarm::BlockClock { height: header.height, validator, ahead_ms })
    }

    /// Whether it is time to say that no block comes.
    fn is_stalled(&mut self, now: u64, decided_ms: u64, heartbeat_ms: u64) -> bool {
        let limit = STALLED_MS.max(heartbeat_ms.saturating_mul(STALLED_HEARTBEATS));
        let since = self.stalled_at.unwrap_or(decided_ms);
        if now.saturating_sub(since) <= limit {
            return false;
        }
        self.stalled_at = Some(now);
        true
    }

    /// Counts a block that left a submission out; how many there are now, if that is worth an alarm.
    fn pass(&mut self, id: Hash, block_time: i64, now: i64, most: u32) -> Option<u32> {
        let passed = self.passed.entry(id).or_insert(Passed { since: now, blocks: 0 });
        if block_time <= passed.since {
            return None;
        }
        passed.blocks = passed.blocks.saturating_add(1);
        passed.blocks.is_multiple_of(most).then_some(passed.blocks)
    }
}

impl NodeCore {
    /// Makes this the core of an audit node: it never votes, and watches those who do.
    pub fn into_audit(mut self) -> NodeCore {
        self.part = Part::Follower;
        self.key = None;
        self.abstaining = None;
        self.watch.audits = true;
        self
    }

    /// How it goes.
    pub fn view(&self) -> View {
        let head = &self.ledger.head;
        let (role, deciding) = match &self.part {
            Part::Alone(_) => (Role::Alone, None),
            Part::Validator(agreement) => (Role::Validator, agreement.deciding()),
            Part::Follower if self.watch.audits => (Role::Audit, None),
            Part::Follower
                if (self.abstaining.is_some() || self.lacks_history)
                    && self.key.as_ref().is_some_and(|key| self.votes(&key.public())) =>
            {
                (Role::Abstaining, None)
            }
            Part::Follower => (Role::Gateway, None),
        };
        View {
            role,
            height: head.height,
            id: head.id,
            time: head.time,
            state: head.state,
            deciding,
            waiting: self.pool.size(),
            validators: self.validators().to_vec(),
            peers: self.follow.heights().collect(),
            diverged: self.watch.diverged,
            decided: self.watch.decided.clone(),
        }
    }

    /// Looks at what a validator says to all, if this node has no vote: others are told by consensus.
    pub(super) fn watch_consensus(&mut self, message: &ConsensusMessage, effects: &mut Vec<Effect>) {
        if !self.watch.audits {
            return;
        }
        if Said::of(message).is_some_and(|said| self.votes(&said.place.validator)) {
            let (chain, height) = (self.ledger.head.chain, self.ledger.head.height);
            effects.extend(self.watch.hear(chain, height, message).map(Effect::Alarm));
        }
    }

    /// Looks at a block that is decided, in which round and whose it is: `gap_ms` after the one before.
    pub(super) fn watch_decided(
        &mut self,
        store: &dyn Read,
        decided: (&Header, u32, NodeKey),
        submissions: &[Arc<VerifiedSubmission>],
        gap_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let (header, round, validator) = decided;
        let own = match &self.part {
            Part::Alone(signer) => Some(signer.public()),
            Part::Validator(agreement) => Some(agreement.key()),
            Part::Follower => None,
        };
        self.watch.count(header, round, own == Some(validator), self.elapsed_ms);
        let clocked = Clocked {
            header,
            validator,
            wall_ms: self.wall_ms,
            gap_ms,
            tolerance_ms: self.ledger.directory.parameters().clock_tolerance_ms,
            is_last: self.follow.is_last(header.height),
        };
        effects.extend(self.watch.compare_clock(&clocked).map(Effect::Alarm));
        self.look_for_passed_over(store, header, submissions, effects)
    }

    /// Counts how often submissions are left out that could have been in a block.
    fn look_for_passed_over(
        &mut self,
        store: &dyn Read,
        header: &Header,
        submissions: &[Arc<VerifiedSubmission>],
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        if !self.watch.audits {
            return Ok(());
        }
        let waiting = self.pool.next_of_lanes(&mut |key| lane(store, key))?;
        let ids: BTreeSet<Hash> = waiting.iter().map(|pooled| pooled.submission.id()).collect();
        self.watch.passed.retain(|id, _| ids.contains(id));
        // Nothing follows a record of an organisation in a block.
        if submissions.iter().any(|submission| is_of_organisations(submission)) {
            return Ok(());
        }
        let in_block: BTreeSet<Hash> =
            submissions.iter().map(|submission| submission.signed().submission.key).collect();
        let (events_max, bytes_max) = self.block_limits();
        let events_left = events_max.saturating_sub(header.events as usize);
        let bytes_left = (bytes_max as u64).saturating_sub(header.body_bytes);
        let most = PASSED_OVER_BLOCKS.max(u32::try_from(self.validators().len()).unwrap_or(u32::MAX).saturating_mul(2));
        for pooled in waiting {
            let submission = &pooled.submission;
            let head = &submission.signed().submission;
            let fits = submission.derived().len() <= events_left && u64::from(head.body_bytes) <= bytes_left;
            let may_enter = !submission.is_ahead_of(header.time, &self.ledger.directory);
            if in_block.contains(&head.key) || !fits || !may_enter || self.current(&pooled).is_none() {
                continue;
            }
            if let Some(blocks) = self.watch.pass(submission.id(), header.time, self.wall_ms, most) {
                let (submission, organisation) = (submission.id(), head.organisation);
                effects.push(Effect::Alarm(Alarm::PassedOver { submission, organisation, blocks }));
            }
        }
        Ok(())
    }

    /// Does what is due: says that no block comes, asks validators what they decided.
    pub(super) fn watch_time(&mut self, effects: &mut Vec<Effect>) {
        let (now, height) = (self.elapsed_ms, self.ledger.head.height);
        if self.watch.is_stalled(now, self.decided_ms, u64::from(self.pace.heartbeat_ms)) {
            let told = self.follow.heights().map(|(_, said)| said).max().unwrap_or(0);
            let (silent_ms, (waiting, _)) = (now.saturating_sub(self.decided_ms), self.pool.size());
            effects.push(Effect::Alarm(Alarm::Stalled { height, silent_ms, waiting, told }));
        }
        if !self.watch.audits || now < self.watch.ask_at {
            return;
        }
        self.watch.ask_at = now.saturating_add(ASK_MS);
        let validators: Vec<(NodeKey, u64)> = self.follow.heights().filter(|(node, _)| self.votes(node)).collect();
        self.watch.asked.clear();
        for (node, said) in validators {
            let height = height.min(said);
            if height > 0 {
                self.watch.asked.insert(node, height);
                effects.push(Effect::Send { to: Some(node), message: Arc::new(Message::WantDecision { height }) });
            }
        }
    }

    /// Tells a node what is decided at a height.
    pub(super) fn send_decision(
        &self,
        store: &dyn Read,
        to: NodeKey,
        height: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let is_answer = |effect: &&Effect| matches!(effect, Effect::Send { message, .. } if matches!(message.as_ref(), Message::Decision { .. }));
        if effects.iter().filter(is_answer).count() >= ANSWERS_MAX {
            return Ok(());
        }
        if let Some(decision) = decision_at(store, height)? {
            let message = Message::Decision { decision, wall_ms: self.wall_ms };
            effects.push(Effect::Send { to: Some(to), message: Arc::new(message) });
        }
        Ok(())
    }

    /// Compares what a validator has decided with what is on this node's ledger.
    pub(super) fn take_decision(
        &mut self,
        store: &dyn Read,
        node: NodeKey,
        other: Decision,
        wall_ms: i64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let height = other.header.height;
        if self.watch.asked.get(&node) != Some(&height) {
            return Ok(());
        }
        self.watch.asked.remove(&node);
        let ahead_ms = wall_ms.saturating_sub(self.wall_ms);
        if ahead_ms.saturating_abs() > self.ledger.directory.parameters().clock_tolerance_ms {
            effects.push(Effect::Alarm(Alarm::PeerClock { node, ahead_ms }));
        }
        let Some(own) = decision_at(store, height)? else { return Ok(()) };
        if own.header.id() == other.header.id() {
            return Ok(());
        }
        let evidence = Box::new((own, other));
        let (one, other) = evidence.as_ref().clone();
        let shown = Evidence::new(self.ledger.head.chain, Misdeed::Fork { one, other });
        let alarm = match shown.check(self.ledger.head.chain, &validators_at(store, height)?) {
            Ok(_) => Alarm::Fork { node, evidence },
            Err(_) => Alarm::Misbehaved { node, what: "another block at a height, which is not decided" },
        };
        effects.push(Effect::Alarm(alarm));
        Ok(())
    }

    /// Looks at a block that is decided and can't be the next one here; whether that is its sender's fault.
    pub(super) fn watch_refused(&mut self, decided: &DecidedBlock, sender: NodeKey, effects: &mut Vec<Effect>) -> bool {
        let (header, head) = (&decided.block.header, &self.ledger.head);
        let is_next = header.chain == head.chain && header.height == head.height.saturating_add(1);
        if !is_next || !decided.certificate.decides(header, self.validators()) {
            return true;
        }
        if header.parent != head.id {
            // It stands on another block than the last one here: which is decided, too?
            if head.height > 0 {
                self.watch.asked.insert(sender, head.height);
                let message = Arc::new(Message::WantDecision { height: head.height });
                effects.push(Effect::Send { to: Some(sender), message });
            }
            return false;
        }
        let fields = [
            ("state root", header.state, head.state),
            ("results root", header.results, head.results),
            ("history root", header.history, head.history),
        ];
        let Some((field, _, computed)) = fields.into_iter().find(|(_, theirs, ours)| theirs != ours) else {
            return true;
        };
        self.watch.diverged = Some(header.height);
        let decision = Decision { header: header.clone(), certificate: decided.certificate.clone() };
        effects.push(Effect::Alarm(Alarm::State { field, computed, decision: Box::new(decision) }));
        false
    }
}

/// What is decided at a height of this ledger.
fn decision_at(store: &dyn Read, height: u64) -> Result<Option<Decision>, StoreError> {
    let Some(bytes) = store.get(Table::Block, &height.to_be_bytes())? else { return Ok(None) };
    let corrupt = |error| StoreError::Corrupt(Table::Block, format!("{error:?}"));
    let StoredBlock { header, certificate, .. } = codec::decode_trusted(&bytes).map_err(corrupt)?;
    Ok(Some(Decision { header, certificate }))
}

#[cfg(test)]
mod tests;
