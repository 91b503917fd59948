//! The shell around the core: the clock, the store, and the one thread that writes.
//!
//! Three steps go on at once: submissions are verified by those who bring them, side by side; one thread decides
//! and applies blocks; another writes and syncs them ([`Pipeline`]). What comes while a block is being written
//! waits, and makes the next one together: one sync serves all who wait. An answer is given once its block is on
//! disk; with others, nothing of the next block is logged or said before that either.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Cursor, Pair, Read, StoreError, Table, Visit, VisitMany, WriteSet};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::SignedSubmission;
use suyuan_store::{Pipeline, RecordLog, Store};
use tokio::sync::oneshot;

use crate::alarms::Alarms;
use crate::clock::{self, now_ms};
use crate::core::{
    Alarm, Answer, CoreError, Effect, Followed, Input, Message as NodeMessage, NodeCore, NodeKey, View,
    WAITING_BYTES_MAX,
};

/// So many submissions may be on their way to the writer; further senders are told to come again.
pub const ON_THEIR_WAY_MAX: usize = 256;
/// Those on their way fill at most so many bytes.
pub const ON_THEIR_WAY_BYTES_MAX: usize = WAITING_BYTES_MAX;
/// The writer takes so many messages at a time, so that a block is not kept waiting for ever.
const TAKEN_MAX: usize = 64;
/// Those who watch are told so often how it goes, and of every block.
const VIEW_AFTER: Duration = Duration::from_millis(100);
/// The rate of events is that of so long a time.
const RATE_OVER: Duration = Duration::from_secs(10);

/// Whom a node's messages go to.
pub trait Peers: Send {
    /// Sends a message to a node, or to all that are connected. What can't be sent now is dropped: whoever needs it
    /// asks for it.
    fn send(&self, to: Option<NodeKey>, message: &Arc<NodeMessage>);

    /// Another directory or another set of validators is in force, which say who the members are: at the next height.
    fn members(&self, directory: &Directory, height: u64);
}

/// What a node needs that is not alone.
pub struct Together {
    /// What it must remember while a block is decided.
    pub log: RecordLog,
    /// The others.
    pub peers: Box<dyn Peers>,
    /// Where alarms are kept.
    pub alarms: Arc<Alarms>,
}

enum Message {
    /// What another node says or does.
    Heard(Box<Input>),
    Submit(Arc<SignedSubmission>, oneshot::Sender<Answer>),
    Verified(Box<VerifiedSubmission>, Arc<Directory>, oneshot::Sender<Answer>),
    Stop,
}

impl Message {
    /// Bytes of the events that it carries.
    fn bytes(&self) -> usize {
        match self {
            Message::Submit(submission, _) => submission.submission.body_bytes as usize,
            Message::Verified(submission, ..) => submission.signed().submission.body_bytes as usize,
            Message::Heard(_) | Message::Stop => 0,
        }
    }
}

/// Why the writer stopped.
#[derive(Debug, Clone)]
pub struct Stopped(pub Arc<CoreError>);

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// What the writer has done since it was started, for those who watch it.
#[derive(Debug, Default)]
pub struct Figures {
    /// Blocks on disk.
    pub blocks: AtomicU64,
    /// Blocks on disk that carry events.
    pub blocks_with_events: AtomicU64,
    /// Events in blocks on disk.
    pub events: AtomicU64,
    /// Submissions in blocks on disk.
    pub submissions: AtomicU64,
    /// Nanoseconds in which blocks were written and synced.
    pub commit_ns: AtomicU64,
    /// The height of the last block on disk since the start; 0 before the first.
    pub height: AtomicU64,
    /// Messages that wait for the writer.
    pub on_their_way: AtomicUsize,
    /// Bytes of these.
    pub on_their_way_bytes: AtomicUsize,
    /// Messages that were turned away since too much was waiting.
    pub busy: AtomicU64,
    /// What those who watch the node should know, so often.
    pub alarms: AtomicU64,
    /// Connections of other nodes, or strangers, that were refused.
    pub refused: AtomicU64,
}

impl Figures {
    /// Counts a block that is on disk: how many submissions it carries, and events.
    fn count(&self, height: u64, (submissions, events): (u64, u64)) {
        self.height.store(height, Ordering::Relaxed);
        self.submissions.fetch_add(submissions, Ordering::Relaxed);
        self.events.fetch_add(events, Ordering::Relaxed);
        self.blocks_with_events.fetch_add(u64::from(submissions > 0), Ordering::Relaxed);
    }
}

impl Seen {
    fn note_events(&mut self, now: Instant, events: u64) {
        // A few moments are enough, however often somebody looks.
        let step = RATE_OVER / 20;
        if self.events.back().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= step) {
            self.events.push_back((now, events));
        }
        while self.events.len() > 2
            && self.events.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= RATE_OVER)
        {
            self.events.pop_front();
        }
    }

    fn rate(&self) -> f64 {
        let (Some((from, before)), Some((to, after))) = (self.events.front(), self.events.back()) else { return 0.0 };
        let seconds = to.saturating_duration_since(*from).as_secs_f64();
        if seconds > 0.0 { after.saturating_sub(*before) as f64 / seconds } else { 0.0 }
    }
}

/// What a writer and its threads share.
struct Common {
    figures: Arc<Figures>,
    /// Why the writer stopped by itself.
    failure: OnceLock<Stopped>,
    chain: Hash,
    /// That of the last block applied: under it, what comes is verified.
    directory: Mutex<Arc<Directory>>,
    /// How it went a moment ago.
    watched: Mutex<Seen>,
}

/// How it goes, as the writer last told.
#[derive(Default)]
struct Seen {
    view: Arc<View>,
    told_at: Option<Instant>,
    /// Events on disk at moments of the last seconds, the oldest first.
    events: VecDeque<(Instant, u64)>,
}

impl Common {
    fn directory(&self) -> MutexGuard<'_, Arc<Directory>> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alarm(&self, alarm: &Alarm, alarms: Option<&Alarms>) {
        // In a trial somebody sets the clock: what was on its way meanwhile is off by as much.
        if clock::is_set() && matches!(alarm, Alarm::BlockClock { .. } | Alarm::PeerClock { .. }) {
            return;
        }
        self.figures.alarms.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(?alarm, "alarm");
        if let Some(alarms) = alarms {
            alarms.note(alarm, now_ms());
        }
    }

    /// Tells those who watch how it goes, unless that was a moment ago.
    fn tell(&self, core: &NodeCore) {
        let (now, mut seen) = (Instant::now(), self.watched.lock().unwrap_or_else(PoisonError::into_inner));
        let is_told = seen.told_at.is_some_and(|at| now.saturating_duration_since(at) < VIEW_AFTER);
        if is_told && seen.view.height == core.ledger().head.height {
            return;
        }
        (seen.view, seen.told_at) = (Arc::new(core.view()), Some(now));
        let events = self.figures.events.load(Ordering::Relaxed);
        seen.note_events(now, events);
    }

    fn fail(&self, error: impl Into<CoreError>) -> Stopped {
        self.failure.get_or_init(|| Stopped(Arc::new(error.into()))).clone()
    }
}

/// The store as blocks are written to it: counted, and a failure is known before anybody who waits for an answer
/// learns that none comes.
struct Watched<'a, S> {
    store: &'a S,
    common: &'a Common,
}

impl<S: Store> Read for Watched<'_, S> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        self.store.get_many(table, keys, visit)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.store.at_or_before(table, key)
    }

    fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        self.store.cursor(table)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.store.scan(table, from, to, visit)
    }
}

impl<S: Store> Store for Watched<'_, S> {
    fn commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        let begun = Instant::now();
        let written = self.store.commit(writes);
        if let Err(error) = &written {
            self.common.fail(error.clone());
            return written;
        }
        let taken = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.common.figures.commit_ns.fetch_add(taken, Ordering::Relaxed);
        self.common.figures.blocks.fetch_add(1, Ordering::Relaxed);
        written
    }
}

/// A node that runs: submissions go in, answers come out once they are on disk.
pub struct Writer {
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<Result<NodeCore, Stopped>>>>,
    common: Arc<Common>,
}

impl Writer {
    /// Starts the thread that writes; a node that is not alone needs more than a store.
    pub fn start<S: Store + Send + Sync + 'static>(
        core: NodeCore,
        store: Arc<S>,
        together: Option<Together>,
    ) -> std::io::Result<Writer> {
        let (sender, receiver) = sync_channel(ON_THEIR_WAY_MAX);
        let common = Arc::new(Common {
            figures: Arc::default(),
            failure: OnceLock::new(),
            chain: core.ledger().head.chain,
            directory: Mutex::new(core.ledger().directory.clone()),
            watched: Mutex::default(),
        });
        common.tell(&core);
        let shared = common.clone();
        let (verifier, to_verify) = channel();
        let (chain, verified) = (common.chain, sender.clone());
        // It ends when the writer does.
        std::thread::Builder::new().name("verify".to_owned()).spawn(move || {
            for blocks in to_verify {
                let blocks = Message::Heard(Box::new(Input::Followed(verify(blocks, chain))));
                if verified.send(blocks).is_err() {
                    break;
                }
            }
        })?;
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let watched = Watched { store: store.as_ref(), common: &shared };
            let ended = Pipeline::run(&watched, |pipeline| {
                let begun = Instant::now();
                let (answers, common, validators) = (HashMap::new(), shared.as_ref(), core.ledger().head.validators);
                Writing { core, common, answers, requests: 0, begun, together, validators, unsettled: None, verifier }
                    .run(pipeline, &receiver)
            });
            // Whatever was handed over last may still have failed.
            ended.map_err(|error| shared.fail(error)).and_then(|core| core)
        })?;
        Ok(Writer { sender, thread: Mutex::new(Some(thread)), common })
    }

    /// Hands a submission over. The answer comes once it is on disk; the receiver fails if the writer stopped.
    /// It is verified here: for thousands of events that takes a while.
    pub fn submit(&self, submission: SignedSubmission) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let submission = Arc::new(submission);
        let directory = self.common.directory().clone();
        self.send(match VerifiedSubmission::verify(Arc::clone(&submission), self.common.chain, &directory) {
            Ok(verified) => Message::Verified(Box::new(verified), directory, answer),
            // It may be on the ledger already, under a directory that took it.
            Err(_) => Message::Submit(submission, answer),
        });
        answered
    }

    fn send(&self, message: Message) {
        let (figures, bytes) = (&self.common.figures, message.bytes());
        let waiting = figures.on_their_way_bytes.fetch_add(bytes, Ordering::Relaxed);
        figures.on_their_way.fetch_add(1, Ordering::Relaxed);
        // A single message always finds room, or none of its size ever would.
        let full = waiting > 0 && waiting.saturating_add(bytes) > ON_THEIR_WAY_BYTES_MAX;
        let refused = match full {
            true => Some(message),
            false => match self.sender.try_send(message) {
                Ok(()) => None,
                Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => Some(message),
            },
        };
        let Some(message) = refused else { return };
        figures.on_their_way_bytes.fetch_sub(bytes, Ordering::Relaxed);
        figures.on_their_way.fetch_sub(1, Ordering::Relaxed);
        if !self.is_running() {
            // Whoever waits learns it when the message is dropped.
            return;
        }
        figures.busy.fetch_add(1, Ordering::Relaxed);
        match message {
            Message::Submit(_, answer) | Message::Verified(_, _, answer) => drop(answer.send(Answer::Busy)),
            Message::Heard(_) | Message::Stop => {}
        }
    }

    /// Tells the core of what another node says or does; waits while the core has too much to do. `false` if it stopped.
    pub fn hear(&self, input: Input) -> bool {
        self.sender.send(Message::Heard(Box::new(input))).is_ok()
    }

    /// The directory under which what comes is verified, and the chain.
    pub fn verifies_under(&self) -> (Hash, Arc<Directory>) {
        (self.common.chain, self.common.directory().clone())
    }

    /// Stops the writer, since what it writes to is not to be gone on with.
    pub fn give_up(&self, error: CoreError) {
        let stopped = self.common.fail(error);
        tracing::error!("{stopped}");
        // It fails only if the writer has ended by itself.
        let _ = self.sender.send(Message::Stop);
    }

    /// Lets the writer finish what is waiting, seal the last block, and end. Gives the core, or why it had
    /// stopped before; `None` if it was stopped already.
    pub fn stop(&self) -> Option<Result<NodeCore, Stopped>> {
        let thread = self.thread.lock().ok()?.take()?;
        // It fails only if the writer has ended by itself.
        let _ = self.sender.send(Message::Stop);
        let ended = thread.join().ok()?;
        Some(self.failure().map_or(ended, |stopped| Err(stopped.clone())))
    }

    /// Why the writer stopped by itself.
    pub fn failure(&self) -> Option<&Stopped> {
        self.common.failure.get()
    }

    /// The height of the last block that is written, as far as this process knows: 0 before the first.
    pub fn height(&self) -> u64 {
        self.common.figures.height.load(Ordering::Relaxed)
    }

    /// How it goes, as of a moment ago, and how many events a second came to disk lately.
    pub fn view(&self) -> (Arc<View>, f64) {
        let mut seen = self.common.watched.lock().unwrap_or_else(PoisonError::into_inner);
        seen.note_events(Instant::now(), self.common.figures.events.load(Ordering::Relaxed));
        (seen.view.clone(), seen.rate())
    }

    /// What it has done.
    pub fn figures(&self) -> &Figures {
        &self.common.figures
    }

    /// Whether the writer is still there, and can write.
    pub fn is_running(&self) -> bool {
        self.failure().is_none()
            && self.thread.lock().is_ok_and(|thread| thread.as_ref().is_some_and(|thread| !thread.is_finished()))
    }
}

/// The thread that decides and applies.
struct Writing<'a> {
    core: NodeCore,
    common: &'a Common,
    /// Who waits for an answer, by request.
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    requests: u64,
    /// From when on the core's time is counted.
    begun: Instant,
    together: Option<Together>,
    /// The hash of those who decide the next block.
    validators: Hash,
    /// The last block handed over, if it is not known to be on disk.
    unsettled: Option<u64>,
    /// The thread that verifies what other nodes have decided, while this one applies.
    verifier: Sender<Vec<Followed>>,
}

impl Writing<'_> {
    fn run<S: Store + Sync>(
        mut self,
        pipeline: &mut Pipeline<'_, S>,
        receiver: &Receiver<Message>,
    ) -> Result<NodeCore, Stopped> {
        let mut stopping = false;
        loop {
            let mut inputs = Vec::new();
            if !self.core.has_work() && !stopping {
                match receiver.recv_timeout(self.idle_time()) {
                    Ok(message) => stopping |= self.take(message, &mut inputs),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => stopping = true,
                }
            }
            // One block may be written while this one is applied; more would only be smaller ones.
            if let Err(error) = pipeline.wait_until(1) {
                return Err(self.common.fail(error));
            }
            let mut taken = 1;
            while taken < TAKEN_MAX
                && let Ok(message) = receiver.try_recv()
            {
                stopping |= self.take(message, &mut inputs);
                taken += 1;
            }
            // What came while this thread waited came now.
            inputs.insert(0, Input::Time { wall_ms: now_ms(), elapsed_ms: self.elapsed_ms() });
            if stopping {
                inputs.push(Input::Seal);
            }
            if let Err(error) = self.step(pipeline, inputs) {
                // Before the answers are dropped: whoever waits for one asks why.
                return Err(self.common.fail(error));
            }
            self.common.tell(&self.core);
            // With others, what is not decided yet is not this node's to decide.
            if stopping && (!self.core.is_alone() || (!self.core.has_work() && self.core.is_sealed())) {
                return Ok(self.core);
            }
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How long nothing is to be done unless somebody comes.
    fn idle_time(&self) -> Duration {
        const LONG_MS: u64 = 3_600_000;
        let now = self.elapsed_ms();
        Duration::from_millis(self.core.wakes_at().map_or(LONG_MS, |at| at.saturating_sub(now).clamp(1, LONG_MS)))
    }

    /// Turns a message into an input; whether it asks to stop.
    fn take(&mut self, message: Message, inputs: &mut Vec<Input>) -> bool {
        let (figures, bytes) = (&self.common.figures, message.bytes());
        let request = self.requests + 1;
        let answer = match message {
            Message::Stop => return true,
            Message::Heard(input) => {
                inputs.push(*input);
                return false;
            }
            Message::Submit(submission, answer) => {
                inputs.push(Input::Submit { request, submission });
                answer
            }
            Message::Verified(submission, directory, answer) => {
                inputs.push(Input::Verified { request: Some(request), submission, directory });
                answer
            }
        };
        self.requests = request;
        self.answers.insert(request, answer);
        figures.on_their_way_bytes.fetch_sub(bytes, Ordering::Relaxed);
        figures.on_their_way.fetch_sub(1, Ordering::Relaxed);
        false
    }

    fn step<S: Store + Sync>(&mut self, pipeline: &mut Pipeline<'_, S>, inputs: Vec<Input>) -> Result<(), CoreError> {
        let mut effects = self.core.step(pipeline, inputs)?.into_iter();
        let not_alone = self.together.is_none() && !self.core.is_alone();
        self.tell_members();
        while let Some(effect) = effects.next() {
            if is_of_next_block(&effect) {
                self.settle(pipeline)?;
            }
            match effect {
                Effect::Commit { height, carries, writes } => {
                    // All answers behind it are given once it is on disk.
                    let (answers, rest) = self.answers_of(effects);
                    let figures = self.common.figures.clone();
                    pipeline.commit(*writes, move || {
                        figures.count(height, carries);
                        // Whoever asked may have gone.
                        answers.into_iter().for_each(|(waiting, answer)| drop(waiting.send(answer)));
                    })?;
                    self.unsettled = Some(height);
                    effects = rest.into_iter();
                }
                Effect::Answer { request, answer } => {
                    if matches!(answer, Answer::Applied { .. }) {
                        // Its block may be on its way yet.
                        pipeline.finish()?;
                    }
                    if let Some(waiting) = self.answers.remove(&request) {
                        let _ = waiting.send(answer);
                    }
                }
                Effect::Log(record) => {
                    self.with_others(|others| {
                        others.log.append(record.height, |batch| codec::encode_onto(record.as_ref(), batch));
                        Ok(())
                    })?;
                }
                Effect::Verify(blocks) => {
                    let gone = |_| StoreError::Failed("the thread that verifies has ended".to_owned());
                    self.verifier.send(blocks).map_err(gone)?;
                }
                Effect::Remember { height } => {
                    tracing::info!(height, "this validator votes on blocks after this height");
                    self.with_others(|others| others.log.remember())?;
                }
                Effect::Flush => self.with_others(|others| others.log.flush())?,
                Effect::Send { to, message } => self.with_others(|others| {
                    others.peers.send(to, &message);
                    Ok(())
                })?,
                Effect::Alarm(alarm) => {
                    self.common.alarm(&alarm, self.together.as_ref().map(|others| others.alarms.as_ref()));
                }
            }
        }
        match not_alone {
            true => Err(CoreError::NotAlone),
            false => Ok(()),
        }
    }

    /// Tells those who verify and those who connect of another directory or another set of validators.
    fn tell_members(&mut self) {
        let ledger = self.core.ledger();
        let mut known = self.common.directory();
        let is_other = !Arc::ptr_eq(&known, &ledger.directory);
        if is_other {
            *known = ledger.directory.clone();
        }
        drop(known);
        if (is_other || self.validators != ledger.head.validators)
            && let Some(together) = &self.together
        {
            self.validators = ledger.head.validators;
            together.peers.members(&ledger.directory, ledger.head.height.saturating_add(1));
        }
    }

    /// Does something that only a node with others has to do.
    fn with_others(&self, work: impl FnOnce(&Together) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.together.as_ref().map_or(Ok(()), work)
    }

    /// Waits until the last block is on disk: nothing of the next one is logged or sent before.
    fn settle<S: Store + Sync>(&mut self, pipeline: &mut Pipeline<'_, S>) -> Result<(), StoreError> {
        let Some(height) = self.unsettled.take() else { return Ok(()) };
        pipeline.finish()?;
        self.with_others(|others| others.log.forget(height))
    }

    /// Who waits for these answers, with them; and all that is none.
    fn answers_of(
        &mut self,
        effects: impl Iterator<Item = Effect>,
    ) -> (Vec<(oneshot::Sender<Answer>, Answer)>, Vec<Effect>) {
        let (mut found, mut rest) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::Answer { request, answer } => {
                    found.extend(self.answers.remove(&request).map(|waiting| (waiting, answer)));
                }
                other => rest.push(other),
            }
        }
        (found, rest)
    }
}

/// Whether an effect says something of the block after the one that was decided last.
fn is_of_next_block(effect: &Effect) -> bool {
    match effect {
        Effect::Log(_) | Effect::Flush => true,
        Effect::Send { message, .. } => matches!(**message, NodeMessage::Consensus(_) | NodeMessage::Proposed(_)),
        Effect::Commit { .. }
        | Effect::Answer { .. }
        | Effect::Alarm(_)
        | Effect::Verify(_)
        | Effect::Remember { .. } => false,
    }
}

/// Verifies blocks side by side.
fn verify(mut blocks: Vec<Followed>, chain: Hash) -> Vec<Followed> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = blocks.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        for part in blocks.chunks_mut(share) {
            scope.spawn(move || part.iter_mut().for_each(|block| block.verify(chain)));
        }
    });
    blocks
}
