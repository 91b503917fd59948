//! The shell around the core: the clock, the store, and the one thread that writes.
//!
//! What comes while a block is written waits, and makes the next block together: one sync serves all who wait.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use suyuan_ledger::state::apply::ApplyError;
use suyuan_ledger::submission::SignedSubmission;
use suyuan_store::Store;
use tokio::sync::oneshot;

use crate::core::{Answer, Effect, Input, NodeCore, SEAL_AFTER_MS, WAITING_BYTES_MAX};

/// So many submissions may be on their way to the writer; further senders are told to come again.
pub const ON_THEIR_WAY_MAX: usize = 256;
/// Those on their way fill at most so many bytes.
pub const ON_THEIR_WAY_BYTES_MAX: usize = WAITING_BYTES_MAX;
/// The writer takes so many messages at a time, so that a block is not kept waiting for ever.
const TAKEN_MAX: usize = 64;

enum Message {
    Submit(Box<SignedSubmission>, oneshot::Sender<Answer>),
    Stop,
}

impl Message {
    /// Bytes of the events that it carries.
    fn bytes(&self) -> usize {
        match self {
            Message::Submit(submission, _) => submission.events.iter().map(|event| event.payload.len()).sum(),
            Message::Stop => 0,
        }
    }
}

/// Why the writer stopped.
#[derive(Debug, Clone)]
pub struct Stopped(pub Arc<ApplyError>);

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
}

/// What a writer and its thread share.
#[derive(Default)]
struct Common {
    figures: Figures,
    /// Why the writer stopped by itself.
    failure: OnceLock<Stopped>,
}

/// A node that runs: submissions go in, answers come out once they are on disk.
pub struct Writer {
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<Result<NodeCore, Stopped>>>>,
    common: Arc<Common>,
}

/// Milliseconds since 1970, by this machine's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Writer {
    /// Starts the thread that writes.
    pub fn start<S: Store + Send + Sync + 'static>(core: NodeCore, store: Arc<S>) -> std::io::Result<Writer> {
        let (sender, receiver) = sync_channel(ON_THEIR_WAY_MAX);
        let common = Arc::new(Common::default());
        let shared = common.clone();
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            Writing { core, store: store.as_ref(), common: &shared, answers: HashMap::new(), requests: 0 }
                .run(&receiver)
        })?;
        Ok(Writer { sender, thread: Mutex::new(Some(thread)), common })
    }

    /// Hands a submission over. The answer comes once it is on disk; the receiver fails if the writer stopped.
    pub fn submit(&self, submission: SignedSubmission) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Submit(Box::new(submission), answer));
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
            Message::Submit(_, answer) => drop(answer.send(Answer::Busy)),
            Message::Stop => {}
        }
    }

    /// Lets the writer finish what is waiting, seal the last block, and end. Gives the core, or why it had
    /// stopped before; `None` if it was stopped already.
    pub fn stop(&self) -> Option<Result<NodeCore, Stopped>> {
        let thread = self.thread.lock().ok()?.take()?;
        // It fails only if the writer has ended by itself.
        let _ = self.sender.send(Message::Stop);
        thread.join().ok()
    }

    /// Why the writer stopped by itself.
    pub fn failure(&self) -> Option<&Stopped> {
        self.common.failure.get()
    }

    /// What it has done.
    pub fn figures(&self) -> &Figures {
        &self.common.figures
    }

    /// Whether the writer is still there.
    pub fn is_running(&self) -> bool {
        self.thread.lock().is_ok_and(|thread| thread.as_ref().is_some_and(|thread| !thread.is_finished()))
    }
}

/// The thread that writes.
struct Writing<'a, S> {
    core: NodeCore,
    store: &'a S,
    common: &'a Common,
    /// Who waits for an answer, by request.
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    requests: u64,
}

impl<S: Store> Writing<'_, S> {
    fn run(mut self, receiver: &Receiver<Message>) -> Result<NodeCore, Stopped> {
        let mut stopping = false;
        loop {
            let mut inputs = Vec::new();
            if !self.core.has_waiting() && !stopping {
                match receiver.recv_timeout(idle_time(&self.core)) {
                    Ok(message) => stopping |= self.take(message, &mut inputs),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => stopping = true,
                }
            }
            let mut taken = 1;
            while taken < TAKEN_MAX
                && let Ok(message) = receiver.try_recv()
            {
                stopping |= self.take(message, &mut inputs);
                taken += 1;
            }
            // What came while this thread waited came now.
            inputs.insert(0, Input::Time(now_ms()));
            if let Err(error) = self.step(inputs, stopping) {
                // Before the answers are dropped: whoever waits for one asks why.
                return Err(self.common.failure.get_or_init(|| Stopped(Arc::new(error))).clone());
            }
            if stopping && !self.core.has_waiting() && self.core.is_sealed() {
                return Ok(self.core);
            }
        }
    }

    /// Turns a message into an input; whether it asks to stop.
    fn take(&mut self, message: Message, inputs: &mut Vec<Input>) -> bool {
        let (figures, bytes) = (&self.common.figures, message.bytes());
        match message {
            Message::Stop => return true,
            Message::Submit(submission, answer) => {
                self.requests += 1;
                self.answers.insert(self.requests, answer);
                inputs.push(Input::Submit { request: self.requests, submission });
            }
        }
        figures.on_their_way_bytes.fetch_sub(bytes, Ordering::Relaxed);
        figures.on_their_way.fetch_sub(1, Ordering::Relaxed);
        false
    }

    fn step(&mut self, mut inputs: Vec<Input>, stopping: bool) -> Result<(), ApplyError> {
        if stopping {
            inputs.push(Input::Seal);
        }
        for effect in self.core.step(self.store, inputs)? {
            match effect {
                Effect::Commit(writes) => {
                    let begun = Instant::now();
                    self.store.commit(&writes)?;
                    let taken = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    let figures = &self.common.figures;
                    figures.commit_ns.fetch_add(taken, Ordering::Relaxed);
                    figures.blocks.fetch_add(1, Ordering::Relaxed);
                    figures.height.store(self.core.ledger().head.height, Ordering::Relaxed);
                    if !self.core.is_sealed() {
                        figures.blocks_with_events.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Effect::Answer { request, answer } => {
                    if let Answer::Applied { receipts, .. } = &answer {
                        self.common.figures.submissions.fetch_add(1, Ordering::Relaxed);
                        self.common.figures.events.fetch_add(receipts.len() as u64, Ordering::Relaxed);
                    }
                    if let Some(waiting) = self.answers.remove(&request) {
                        // Whoever asked may have gone.
                        let _ = waiting.send(answer);
                    }
                }
            }
        }
        Ok(())
    }
}

fn idle_time(core: &NodeCore) -> Duration {
    if core.is_sealed() { Duration::from_secs(3600) } else { Duration::from_millis(SEAL_AFTER_MS.unsigned_abs()) }
}
