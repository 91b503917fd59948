//! The node's core: inputs in, effects out. No clock, no I/O, no randomness; the store is read through the
//! ledger's seam. A validator that is alone decides at once; several agree by [`crate::consensus`], and whoever is no
//! validator follows what they decide.

mod abstain;
mod agreement;
mod alarm;
mod body;
pub mod evidence;
mod follow;
mod message;
mod patience;
mod pool;
mod turns;
mod watch;

pub use agreement::{LogRecord, Logged};
pub use alarm::Alarm;
pub use follow::{Followed, decided_blocks};
pub use message::{DecidedBlock, Message, ProposedBlock};
pub use watch::{DECIDED_MS, Decided, PASSED_OVER_BLOCKS, Role, STALLED_MS, View};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use suyuan_ledger::block::{CommitCertificate, CommitSignature, Header, Receipt, StoredBlock, Validator, vote_message};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table, WriteSet};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::{ApplyError, Ledger, lane};
use suyuan_ledger::state::head::lacks_history;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::verify::{Refusal, VerifiedSubmission};
use suyuan_ledger::submission::{InvalidSubmission, LaneState, SignedSubmission};
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use crate::consensus::{Contradiction, Pace};
use abstain::Abstaining;
use agreement::Agreement;
use follow::Follow;
use patience::Patience;
use pool::{Added, Pool, is_of_organisations};
use watch::Watch;

/// A block carries at most so many events.
pub const BLOCK_EVENTS_MAX: usize = 8_192;
/// A block's salts and payloads fill at most so many bytes.
pub const BLOCK_BYTES_MAX: usize = 16 << 20;
/// So many submissions wait at most; further ones are told to come again.
pub const WAITING_MAX: usize = 1_024;
/// Waiting submissions fill at most so many bytes.
pub const WAITING_BYTES_MAX: usize = 64 << 20;
/// A block with records is sealed by the next header after so long, in milliseconds (`proofs.md` §4).
pub const SEAL_AFTER_MS: u64 = 250;
/// So many messages of other nodes wait while a block is written; further ones are dropped, and come again.
const INBOX_MAX: usize = 16_384;
/// Of what has waited long, so many submissions are passed on again at a time, and so many bytes.
const AGAIN_MAX: (usize, usize) = (128, 1 << 20);

/// The key of a member's node, by which others know it.
pub type NodeKey = [u8; 32];

/// What the core is told.
#[derive(Debug)]
pub enum Input {
    /// A client submits; the answer goes to `request`.
    Submit {
        /// Whom to answer.
        request: u64,
        /// What is submitted.
        submission: Arc<SignedSubmission>,
    },
    /// The same, verified already under a directory: it counts if that is still the ledger's.
    Verified {
        /// Whom to answer; nobody if another node passed it on.
        request: Option<u64>,
        /// What is submitted.
        submission: Box<VerifiedSubmission>,
        /// Under which directory it was verified.
        directory: Arc<Directory>,
    },
    /// It is so late now.
    Time {
        /// Milliseconds since 1970, by this node's clock, which may be wrong and may be set.
        wall_ms: i64,
        /// Milliseconds since some moment, which only grow.
        elapsed_ms: u64,
    },
    /// The node is stopping: seal the last block without waiting.
    Seal,
    /// What [`Effect::Verify`] handed out, verified.
    Followed(Vec<Followed>),
    /// Another node is connected.
    Connected(NodeKey),
    /// Another node is not connected any more.
    Disconnected(NodeKey),
    /// Another node says something.
    Message {
        /// Who.
        from: NodeKey,
        /// What.
        message: Box<Message>,
    },
}

/// What the shell has to do, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Write in one synced batch, before anything that follows. If it fails, the node stops.
    Commit {
        /// The height of the block.
        height: u64,
        /// How many submissions it carries, and events.
        carries: (u64, u64),
        /// What to write.
        writes: Box<WriteSet>,
    },
    /// Append to the log of what a validator must remember; it need not be on disk yet.
    Log(Box<LogRecord>),
    /// Have all that was logged on disk, before anything that follows.
    Flush,
    /// Take the log for one that has all that this validator signed and must remember: at its next start it is no new one.
    Remember {
        /// It votes on blocks after this height.
        height: u64,
    },
    /// Send a message: to one node, or to all that are connected.
    Send {
        /// To whom.
        to: Option<NodeKey>,
        /// What.
        message: Arc<Message>,
    },
    /// Verify these blocks beside the core, and give them back as [`Input::Followed`].
    Verify(Vec<Followed>),
    /// Answer a request.
    Answer {
        /// Whom to answer.
        request: u64,
        /// What became of the submission.
        answer: Answer,
    },
    /// Tell those who watch this node.
    Alarm(Alarm),
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is on the ledger: at which height, and a receipt for each event.
    Applied {
        /// The block's height.
        height: u64,
        /// The block's time.
        time: i64,
        /// A receipt for each event.
        receipts: Vec<Receipt>,
    },
    /// It may not enter the ledger; nothing of it was kept.
    Refused(Refusal),
    /// It is not the next of its lane: where the lane stands.
    NotNext(LaneState),
    /// Two different submissions were signed for one place of a lane: the id of the one on the ledger or
    /// waiting. Both are kept as evidence by whoever has them.
    LaneFork(Hash),
    /// Too much is waiting; come again.
    Busy,
}

/// Why a node can't go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreError {
    /// The store failed, or a block that was decided can't be applied.
    Apply(ApplyError),
    /// It would contradict itself.
    Contradiction(Contradiction),
    /// Others decide with it, and it has no way to them.
    NotAlone,
    /// The state with which its ledger was begun is not what the blocks before it make: what is wrong.
    FalseState(String),
}

impl From<ApplyError> for CoreError {
    fn from(error: ApplyError) -> Self {
        CoreError::Apply(error)
    }
}

impl From<StoreError> for CoreError {
    fn from(error: StoreError) -> Self {
        CoreError::Apply(error.into())
    }
}

impl From<Contradiction> for CoreError {
    fn from(error: Contradiction) -> Self {
        CoreError::Contradiction(error)
    }
}

impl std::fmt::Display for CoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CoreError::Apply(error) => error.fmt(formatter),
            CoreError::Contradiction(error) => error.fmt(formatter),
            CoreError::NotAlone => formatter.write_str("others decide with this node, and it has no network"),
            CoreError::FalseState(what) => {
                write!(formatter, "the state that was taken is not that of its history: {what}")
            }
        }
    }
}

impl std::error::Error for CoreError {}

/// A submission as it comes.
enum Given {
    Signed(Arc<SignedSubmission>),
    Verified(VerifiedSubmission),
}

/// What a core is made of beside its ledger.
pub struct CoreSettings {
    /// The key of this node, with which it votes while it is a validator's.
    pub key: Option<MemorySigner>,
    /// The times of consensus and of blocks.
    pub pace: Pace,
    /// What this node had logged when it stopped.
    pub log: Vec<LogRecord>,
    /// What it may have signed is not known: its log is a new one.
    pub is_new_log: bool,
}

/// The core of a node.
pub struct NodeCore {
    ledger: Ledger,
    key: Option<Arc<MemorySigner>>,
    pool: Pool,
    /// Who waits for the answer to a submission.
    requests: BTreeMap<Hash, Vec<u64>>,
    /// Where lanes stand once what is waiting is applied.
    tips: BTreeMap<Hash, LaneState>,
    wall_ms: i64,
    elapsed_ms: u64,
    /// When the last block was decided.
    decided_ms: u64,
    sealed: bool,
    /// Something waited when the last block was decided: the next one may be due at once.
    looks_again: bool,
    part: Part,
    /// While it does not vote though it is listed.
    abstaining: Option<Abstaining>,
    /// Its ledger was begun with a state, and lacks what was before: it follows until that is there. Whose turn it is can't
    /// be said without, nor what some blocks do.
    lacks_history: bool,
    follow: Follow,
    patience: Patience,
    watch: Watch,
    inbox: VecDeque<(NodeKey, Message)>,
    pace: Pace,
    /// The last block may have moved lanes otherwise than by what it carries of them.
    lanes_moved: bool,
}

/// What a node is to the decision of blocks.
enum Part {
    /// The only validator.
    Alone(Arc<MemorySigner>),
    /// One of several.
    Validator(Box<Agreement>),
    /// None: it follows.
    Follower,
}

impl Part {
    /// What a node with this key is to the next block.
    fn of(
        ledger: &Ledger,
        store: &dyn Read,
        key: Option<Arc<MemorySigner>>,
        pace: Pace,
        log: Vec<LogRecord>,
    ) -> Result<Part, CoreError> {
        let votes = |key: &Arc<MemorySigner>| ledger.validators().iter().any(|one| one.key == key.public());
        Ok(match key.filter(votes) {
            None => Part::Follower,
            Some(key) if ledger.validators().len() == 1 => Part::Alone(key),
            Some(key) => Part::Validator(Box::new(Agreement::new(ledger, store, key, pace, log)?)),
        })
    }
}

impl NodeCore {
    /// A core over a ledger that a store holds.
    pub fn new(ledger: Ledger, store: &dyn Read, settings: CoreSettings) -> Result<NodeCore, CoreError> {
        let CoreSettings { key, pace, log, is_new_log } = settings;
        let (key, sealed) = (key.map(Arc::new), is_sealed(&ledger, store)?);
        let abstaining = (is_new_log && ledger.validators().len() > 1).then(|| Abstaining::new(ledger.head.height));
        let lacks_history = lacks_history(store)?;
        let voter = key.clone().filter(|_| abstaining.is_none() && !lacks_history);
        let part = Part::of(&ledger, store, voter, pace, log)?;
        Ok(NodeCore {
            wall_ms: ledger.head.time,
            ledger,
            key,
            pool: Pool::default(),
            requests: BTreeMap::new(),
            tips: BTreeMap::new(),
            elapsed_ms: 0,
            decided_ms: 0,
            sealed,
            looks_again: true,
            part,
            abstaining,
            lacks_history,
            follow: Follow::default(),
            patience: Patience::default(),
            watch: Watch::default(),
            inbox: VecDeque::new(),
            pace,
            lanes_moved: false,
        })
    }

    /// The ledger as of the last block decided.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the last block's state is certified by the header of a block after it.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Whether this node decides by itself, so that a block may be applied before the last one is written.
    pub fn is_alone(&self) -> bool {
        matches!(self.part, Part::Alone(_))
    }

    /// Those who decide the next block.
    pub fn validators(&self) -> &[Validator] {
        self.ledger.validators()
    }

    /// Whether there is something to do without another input, once all effects are done.
    pub fn has_work(&self) -> bool {
        let own = match &self.part {
            Part::Alone(_) => !self.pool.is_empty(),
            Part::Validator(agreement) => {
                let goes_on = self.looks_again && !agreement.is_started();
                goes_on || agreement.has_work(self.ledger.head.height)
            }
            Part::Follower => false,
        };
        own || !self.inbox.is_empty() || self.follow.has_block(self.ledger.head.height, self.elapsed_ms)
    }

    /// Until when nothing is to be done unless there is an input, in milliseconds as [`Input::Time`] tells them.
    pub fn wakes_at(&self) -> Option<u64> {
        let seal = (!self.sealed).then(|| self.decided_ms.saturating_add(SEAL_AFTER_MS));
        match &self.part {
            // Those who follow see from blocks that it lives.
            Part::Alone(_) => seal.or_else(|| self.follow.has_nodes().then(|| self.heartbeat_at())),
            Part::Validator(agreement) => {
                let due = seal.unwrap_or(self.heartbeat_at());
                let start = (!agreement.is_started()).then(|| self.patience.until(self.elapsed_ms).unwrap_or(due));
                [start, agreement.wakes_at(), self.follow.wakes_at()].into_iter().flatten().min()
            }
            Part::Follower => self.follow.wakes_at(),
        }
    }

    /// Takes inputs, all that came since the last step, and says what to do. An error means that the store
    /// failed, that this validator would contradict itself, or that this program is wrong: the node stops.
    ///
    /// It ends with at most one block decided. The store that the next step is given MUST read as if that were written,
    /// and what the next step logs or says of a later block MUST wait until it is.
    pub fn step(&mut self, store: &dyn Read, inputs: Vec<Input>) -> Result<Vec<Effect>, CoreError> {
        let mut effects = Vec::new();
        let mut seal = false;
        if std::mem::take(&mut self.lanes_moved) {
            self.drop_skipped(store, &mut effects)?;
        }
        for input in inputs {
            match input {
                Input::Time { wall_ms, elapsed_ms } => {
                    self.wall_ms = wall_ms;
                    self.elapsed_ms = elapsed_ms.max(self.elapsed_ms);
                }
                Input::Seal => seal = true,
                Input::Submit { request, submission } => {
                    self.admit(store, request, Given::Signed(submission), &mut effects)?;
                }
                Input::Verified { request, submission, directory } => {
                    let given = match Arc::ptr_eq(&directory, &self.ledger.directory) {
                        true => Given::Verified(*submission),
                        false => Given::Signed(submission.signed().clone()),
                    };
                    match request {
                        Some(request) => self.admit(store, request, given, &mut effects)?,
                        None => self.take_passed_on(store, given)?,
                    }
                }
                Input::Followed(blocks) => self.follow.verified(blocks),
                Input::Connected(node) => self.connected(node, &mut effects),
                Input::Disconnected(node) => {
                    self.follow.disconnected(&node);
                    self.patience.end(&node, self.elapsed_ms);
                }
                Input::Message { from, message } if self.inbox.len() < INBOX_MAX => {
                    self.inbox.push_back((from, *message));
                }
                Input::Message { .. } => {}
            }
        }
        match self.part {
            Part::Alone(_) => {
                let shows = self.follow.has_nodes() && self.elapsed_ms >= self.heartbeat_at();
                if !self.pool.is_empty() || (!self.sealed && (seal || self.is_idle())) || shows {
                    self.decide_alone(store, &mut effects)?;
                    self.tell_followers(&mut effects);
                }
                while let Some((from, message)) = self.inbox.pop_front() {
                    self.take(store, from, message, &mut effects)?;
                }
            }
            Part::Validator(_) | Part::Follower => self.go_on(store, &mut effects)?,
        }
        Ok(agreement::flushed_once(effects))
    }

    /// When a block is due though there is nothing to record.
    fn heartbeat_at(&self) -> u64 {
        self.decided_ms.saturating_add(u64::from(self.pace.heartbeat_ms))
    }

    /// Whether the last block was decided long enough ago to be sealed.
    fn is_idle(&self) -> bool {
        self.elapsed_ms >= self.decided_ms.saturating_add(SEAL_AFTER_MS)
    }

    /// Votes from now on, if that can't contradict what was signed and is not known, and all of the history is there.
    fn end_abstaining(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<(), CoreError> {
        let lacked = self.lacks_history;
        self.lacks_history = lacked && lacks_history(store)?;
        let Some(key) = self.key.clone().filter(|_| !self.lacks_history) else { return Ok(()) };
        let height = self.ledger.head.height;
        let is_over = |one: &mut Abstaining| one.is_over(key.public(), height, self.ledger.validators());
        let is_over = self.abstaining.as_mut().is_some_and(is_over);
        if is_over {
            self.abstaining = None;
            effects.push(Effect::Remember { height });
        }
        if (is_over || lacked) && self.abstaining.is_none() {
            self.part = Part::of(&self.ledger, store, Some(key), self.pace, Vec::new())?;
            self.looks_again = true;
        }
        Ok(())
    }

    /// With others: does what messages, timers and the state of the ledger ask for, until a block is decided.
    fn go_on(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<(), CoreError> {
        if self.apply_pending(store, effects)? {
            return Ok(());
        }
        while let Some((from, message)) = self.inbox.pop_front() {
            if self.take(store, from, message, effects)? {
                return Ok(());
            }
        }
        if self.complete_bodies(store, effects)?
            || self.apply_followed(store, effects)?
            || self.take_timers(store, effects)?
            || self.start(store, effects)?
        {
            return Ok(());
        }
        self.ask_for_blocks(effects);
        self.watch_time(effects);
        self.end_abstaining(store, effects)
    }

    /// Takes a message; whether a block is decided.
    fn take(
        &mut self,
        store: &dyn Read,
        from: NodeKey,
        message: Message,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        match message {
            Message::Consensus(message) => {
                self.watch_consensus(&message, effects);
                return self.take_consensus(store, from, message, effects);
            }
            Message::Proposed(block) => return self.take_proposed(store, from, block, effects),
            Message::WantProposed { height, id } => self.send_proposed(from, height, id, effects),
            Message::WantSubmissions { height, id, submissions } if self.votes(&from) => {
                self.send_submissions(from, height, id, &submissions, effects);
            }
            Message::WantSubmissions { .. } => {}
            Message::Submission(submission) => self.take_passed_on(store, Given::Signed(submission))?,
            Message::Status { height } => {
                self.follow.status(from, height, self.elapsed_ms);
                self.wait_for(store, from, height);
                if let Some(abstaining) = &mut self.abstaining {
                    abstaining.told(from, height);
                }
            }
            Message::WantDecided { from: first } => {
                // One a step: it may be megabytes. Whoever gets nothing asks again.
                let answered = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if matches!(message.as_ref(), Message::Decided(_)));
                if !effects.iter().any(answered) {
                    self.send_decided(store, from, first, effects)?;
                }
            }
            Message::Decided(blocks) => self.take_decided(from, blocks, effects),
            Message::WantDecision { height } => self.send_decision(store, from, height, effects)?,
            Message::Decision { decision, wall_ms } => self.take_decision(store, from, decision, wall_ms, effects)?,
            Message::Snapshot(_) => {}
        }
        Ok(false)
    }

    /// Whether a node is a validator's, now or from the next block but one on.
    fn votes(&self, node: &NodeKey) -> bool {
        let next = self.ledger.directory.validators().at(self.ledger.head.height.saturating_add(2));
        self.validators().iter().chain(next).any(|validator| validator.key == *node)
    }

    /// Lets a client's submission wait for a block, or answers it at once.
    fn admit(
        &mut self,
        store: &dyn Read,
        request: u64,
        given: Given,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let id = match &given {
            Given::Signed(signed) => signed.submission.id(),
            Given::Verified(verified) => verified.id(),
        };
        if self.pool.get(&id).is_some() {
            self.requests.entry(id).or_default().push(request);
            // Whoever proposes may not have got it.
            self.pass_on(id, None, effects);
            return Ok(());
        }
        let answer = match earlier_answer(store, id)? {
            Some(answer) => answer,
            None => match self.verified(given) {
                Err(refusal) => Answer::Refused(refusal),
                Ok(verified) if verified.is_ahead_of(self.wall_ms, &self.ledger.directory) => {
                    Answer::Refused(Refusal::Submission(InvalidSubmission::Ahead))
                }
                Ok(verified) => match self.let_wait(store, verified)? {
                    // It may be one that is on the ledger, where this node can't see it yet.
                    Some(Answer::LaneFork(_)) if self.lacks_history => Answer::Busy,
                    Some(answer) => answer,
                    None => {
                        self.requests.entry(id).or_default().push(request);
                        self.pass_on(id, None, effects);
                        return Ok(());
                    }
                },
            },
        };
        effects.push(Effect::Answer { request, answer });
        Ok(())
    }

    fn verified(&self, given: Given) -> Result<VerifiedSubmission, Refusal> {
        match given {
            Given::Verified(verified) => Ok(verified),
            Given::Signed(signed) => VerifiedSubmission::verify(signed, self.ledger.head.chain, &self.ledger.directory),
        }
    }

    /// Lets the next submission of a lane wait; what else it is, is the answer.
    fn let_wait(&mut self, store: &dyn Read, verified: VerifiedSubmission) -> Result<Option<Answer>, CoreError> {
        let (id, head) = (verified.id(), &verified.signed().submission);
        let (key, sequence, previous) = (head.key, head.sequence, head.previous);
        let tip = match self.tips.get(&key) {
            Some(tip) => *tip,
            None => self.pool.tip(&key, lane(store, &key)?),
        };
        if (sequence, previous) != (tip.next, tip.previous) {
            let forked = sequence < tip.next || (sequence == tip.next && previous != tip.previous);
            return Ok(Some(if forked { Answer::LaneFork(tip.previous) } else { Answer::NotNext(tip) }));
        }
        let directory = Arc::clone(&self.ledger.directory);
        Ok(match self.pool.add(Arc::new(verified), directory, true, tip) {
            Added::Full => Some(Answer::Busy),
            Added::Fork(other) => Some(Answer::LaneFork(other)),
            Added::Waits => {
                self.tips.insert(key, LaneState { next: tip.next.saturating_add(1), previous: id });
                None
            }
        })
    }

    /// Lets a submission wait that another node passed on. What can't wait is forgotten: who brought it still has it.
    fn take_passed_on(&mut self, store: &dyn Read, given: Given) -> Result<(), CoreError> {
        let (id, key) = match &given {
            Given::Signed(signed) => (signed.submission.id(), signed.submission.key),
            Given::Verified(verified) => (verified.id(), verified.signed().submission.key),
        };
        if self.pool.get(&id).is_some() {
            return Ok(());
        }
        let Ok(verified) = self.verified(given).map(Arc::new) else { return Ok(()) };
        // A block may carry what this node has no room for, or what is ahead of its clock.
        if self.is_missing(&id) {
            self.keep_for_bodies(&verified);
        }
        if !verified.is_ahead_of(self.wall_ms, &self.ledger.directory) {
            let lane = lane(store, &key)?;
            self.pool.add(verified, Arc::clone(&self.ledger.directory), false, lane);
            self.tips.remove(&key);
        }
        Ok(())
    }

    /// Passes a submission on, to one node or all, so that whoever proposes next has it.
    fn pass_on(&self, id: Hash, to: Option<NodeKey>, effects: &mut Vec<Effect>) {
        if self.is_alone() {
            return;
        }
        if let Some(pooled) = self.pool.get(&id) {
            let message = Message::Submission(pooled.submission.signed().clone());
            effects.push(Effect::Send { to, message: Arc::new(message) });
        }
    }

    /// Passes on again what clients of this node brought and that waits. Others may have had no room for it, and this validator
    /// may rest ([`turns`]) or have no vote at all: it would wait for long where nobody else knows of it.
    fn pass_on_again(&mut self, effects: &mut Vec<Effect>) {
        self.pool.again(AGAIN_MAX).into_iter().for_each(|id| self.pass_on(id, None, effects));
    }

    fn connected(&mut self, node: NodeKey, effects: &mut Vec<Effect>) {
        self.follow.connected(node);
        self.send_status(Some(node), effects);
        let own: Vec<Hash> = self.pool.own().map(|pooled| pooled.submission.id()).collect();
        own.into_iter().for_each(|id| self.pass_on(id, Some(node), effects));
    }

    /// Decides one block of what is waiting, as much as it may carry.
    fn decide_alone(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<(), CoreError> {
        let submissions = self.choose(store)?;
        let header = self.ledger.next_header(self.wall_ms, &submissions);
        let Part::Alone(signer) = &self.part else { return Ok(()) };
        let message = vote_message(header.chain, header.height, 0, header.id());
        let signature = CommitSignature { validator: 0, signature: signer.signature(message) };
        self.decided(store, &header, CommitCertificate { round: 0, signatures: vec![signature] }, &submissions, effects)
    }

    /// What the next block carries if this node proposes it.
    fn choose(&self, store: &dyn Read) -> Result<Vec<Arc<VerifiedSubmission>>, CoreError> {
        let (events_max, bytes_max) = self.block_limits();
        // The clock may have been set back since it was let in.
        let time = self.wall_ms.max(self.ledger.head.time + 1);
        let may_enter = |submission: &VerifiedSubmission| !submission.is_ahead_of(time, &self.ledger.directory);
        let chosen = self.pool.choose((events_max, bytes_max), &may_enter, &mut |key| lane(store, key))?;
        let mut submissions = Vec::with_capacity(chosen.len());
        for pooled in chosen {
            // Its key may be another's by now; what can't be in a block is dropped when it is found in none.
            submissions.extend(self.current(&pooled));
        }
        Ok(submissions)
    }

    /// A submission as the directory in force has it.
    fn current(&self, pooled: &pool::Pooled) -> Option<Arc<VerifiedSubmission>> {
        if Arc::ptr_eq(&pooled.directory, &self.ledger.directory) {
            return Some(Arc::clone(&pooled.submission));
        }
        self.verified(Given::Signed(pooled.submission.signed().clone())).ok().map(Arc::new)
    }

    fn block_limits(&self) -> (usize, usize) {
        let parameters = self.ledger.directory.parameters();
        let (events, bytes) = (parameters.block_events_max as usize, parameters.block_bytes_max as usize);
        (events.min(BLOCK_EVENTS_MAX), bytes.min(BLOCK_BYTES_MAX))
    }

    /// Applies a block that is decided, and answers those who waited for it.
    fn decided(
        &mut self,
        store: &dyn Read,
        header: &Header,
        certificate: CommitCertificate,
        submissions: &[Arc<VerifiedSubmission>],
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let round = certificate.round;
        let proposer = self.ledger.validators().get(usize::from(header.proposer)).map_or([0; 32], |one| one.key);
        let applied = self.ledger.apply(store, header, certificate, submissions)?;
        self.ledger = applied.ledger;
        match &mut self.part {
            _ if header.next_validators != header.validators => self.change_part(store, header)?,
            Part::Validator(agreement) => agreement.finish(header),
            Part::Alone(_) | Part::Follower => {}
        }
        let gap_ms = self.elapsed_ms.saturating_sub(self.decided_ms);
        self.sealed = submissions.is_empty();
        self.decided_ms = self.elapsed_ms;
        let carries = (submissions.len() as u64, applied.receipts.len() as u64);
        effects.push(Effect::Commit { height: header.height, carries, writes: Box::new(applied.writes) });
        let mut receipts = applied.receipts.into_iter();
        for submission in submissions {
            let id = submission.id();
            let receipts: Vec<Receipt> = receipts.by_ref().take(submission.derived().len()).collect();
            self.pool.remove(&id);
            for request in self.requests.remove(&id).unwrap_or_default() {
                let receipts = receipts.clone();
                let answer = Answer::Applied { height: header.height, time: header.time, receipts };
                effects.push(Effect::Answer { request, answer });
            }
        }
        self.drop_outdated(submissions, effects);
        // Where they stand now can be read once the block is written.
        self.lanes_moved = submissions.iter().any(|submission| is_of_organisations(submission));
        if self.pool.is_empty() {
            self.tips.clear();
        }
        self.looks_again = !self.pool.is_empty();
        self.watch_decided(store, (header, round, proposer), submissions, gap_ms, effects)
    }

    /// Another set decides the next block: what this node is to it.
    fn change_part(&mut self, store: &dyn Read, header: &Header) -> Result<(), CoreError> {
        let validators = self.ledger.validators();
        let votes = |key: NodeKey| validators.iter().any(|one| one.key == key);
        match &mut self.part {
            // It goes on with what it has heard of the next height.
            Part::Validator(agreement) if validators.len() > 1 && votes(agreement.key()) => {
                agreement.change(header, validators);
            }
            part => {
                let voter = self.key.clone().filter(|_| self.abstaining.is_none() && !self.lacks_history);
                *part = Part::of(&self.ledger, store, voter, self.pace, Vec::new())?;
            }
        }
        Ok(())
    }

    /// Answers those whose submissions can't be the next of their lanes any more.
    fn drop_outdated(&mut self, submissions: &[Arc<VerifiedSubmission>], effects: &mut Vec<Effect>) {
        let mut lanes: BTreeMap<Hash, LaneState> = BTreeMap::new();
        for submission in submissions {
            let head = &submission.signed().submission;
            lanes.insert(head.key, LaneState { next: head.sequence.saturating_add(1), previous: submission.id() });
        }
        lanes.into_iter().for_each(|(key, lane)| self.drop_outdated_of(&key, lane, effects));
    }

    /// The same for lanes that an administrator has moved.
    fn drop_skipped(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<(), CoreError> {
        self.tips.clear();
        for key in self.pool.lanes() {
            let lane = lane(store, &key)?;
            self.drop_outdated_of(&key, lane, effects);
        }
        Ok(())
    }

    fn drop_outdated_of(&mut self, key: &Hash, lane: LaneState, effects: &mut Vec<Effect>) {
        for pooled in self.pool.outdated(key, lane) {
            self.tips.remove(key);
            for request in self.requests.remove(&pooled.submission.id()).unwrap_or_default() {
                effects.push(Effect::Answer { request, answer: Answer::LaneFork(lane.previous) });
            }
        }
    }
}

/// Whether the last block of a ledger carries no events, so that no header has to follow it.
fn is_sealed(ledger: &Ledger, store: &dyn Read) -> Result<bool, CoreError> {
    if ledger.head.height == 0 {
        return Ok(true);
    }
    let corrupt = |words: String| StoreError::Corrupt(Table::Block, words);
    let bytes = store.get(Table::Block, &ledger.head.height.to_be_bytes())?;
    let bytes = bytes.ok_or_else(|| corrupt("the last block is missing".to_owned()))?;
    let block: StoredBlock =
        suyuan_ledger::codec::decode_trusted(&bytes).map_err(|error| corrupt(format!("{error:?}")))?;
    Ok(block.header.events == 0)
}

/// The answer to a submission that is on the ledger already: its receipts, made again from the block.
pub fn earlier_answer(store: &dyn Read, id: Hash) -> Result<Option<Answer>, ApplyError> {
    let corrupt = |words: &str| suyuan_ledger::kv::StoreError::Corrupt(Table::Submission, words.to_owned());
    let Some(place) = store.get(Table::Submission, &id.0)? else { return Ok(None) };
    let [height, submission, index]: [u64; 3] = match (place.get(..8), place.get(8..12), place.get(12..16)) {
        (Some(height), Some(submission), Some(index)) => [number(height), number(submission), number(index)],
        _ => return Err(corrupt("a place is cut off").into()),
    };
    let block = store.get(Table::Block, &height.to_be_bytes())?.ok_or_else(|| corrupt("its block is missing"))?;
    let block: StoredBlock =
        suyuan_ledger::codec::decode_trusted(&block).map_err(|_| corrupt("its block can't be read"))?;
    let submission = usize::try_from(submission).ok().and_then(|place| block.submissions.get(place));
    let submission = submission.ok_or_else(|| corrupt("it is not in its block"))?;
    let mut receipts = Vec::with_capacity(submission.events.len());
    for (index, event) in (index as u32..).zip(&submission.events) {
        let record = match event.code {
            0 => {
                let record = Reader::new(store).record(height, index)?;
                record.ok_or_else(|| corrupt("a record is missing"))?.record(height, index).hash()
            }
            _ => Hash::ZERO,
        };
        receipts.push(Receipt { submission: id, index, code: event.code, record });
    }
    Ok(Some(Answer::Applied { height, time: block.header.time, receipts }))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
