//! The shell around the core: the clock, the store, and the one thread that writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use suyuan_ledger::state::apply::ApplyError;
use suyuan_ledger::submission::SignedSubmission;
use suyuan_store::Store;
use tokio::sync::oneshot;

use crate::core::{Answer, Effect, Input, NodeCore, SEAL_AFTER_MS};

/// So many submissions may be on their way to the writer; further senders are told to come again.
const ON_THEIR_WAY_MAX: usize = 256;
/// The writer takes so many messages at a time, so that a block is not kept waiting for ever.
const TAKEN_MAX: usize = 64;

enum Message {
    Submit(Box<SignedSubmission>, oneshot::Sender<Answer>),
    Stop,
}

/// Why the writer stopped.
#[derive(Debug, Clone)]
pub struct Stopped(pub Arc<ApplyError>);

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// A node that runs: submissions go in, answers come out once they are on disk.
pub struct Writer {
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<Result<NodeCore, Stopped>>>>,
    /// Why it stopped by itself.
    failure: Arc<OnceLock<Stopped>>,
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
        let failure = Arc::new(OnceLock::new());
        let failed = failure.clone();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(core, store.as_ref(), &receiver, &failed))?;
        Ok(Writer { sender, thread: Mutex::new(Some(thread)), failure })
    }

    /// Hands a submission over. The answer comes once it is on disk; the receiver fails if the writer stopped.
    pub fn submit(&self, submission: SignedSubmission) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        match self.sender.try_send(Message::Submit(Box::new(submission), answer)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(Message::Submit(_, answer))) => drop(answer.send(Answer::Busy)),
            Err(TrySendError::Full(Message::Stop)) => {}
        }
        answered
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
        self.failure.get()
    }

    /// Whether the writer is still there.
    pub fn is_running(&self) -> bool {
        self.thread.lock().is_ok_and(|thread| thread.as_ref().is_some_and(|thread| !thread.is_finished()))
    }
}

fn write<S: Store>(
    mut core: NodeCore,
    store: &S,
    receiver: &Receiver<Message>,
    failed: &OnceLock<Stopped>,
) -> Result<NodeCore, Stopped> {
    let mut answers: HashMap<u64, oneshot::Sender<Answer>> = HashMap::new();
    let mut request = 0u64;
    let mut stopping = false;
    loop {
        let mut inputs = Vec::new();
        if !core.has_waiting() && !stopping {
            match receiver.recv_timeout(idle_time(&core)) {
                Ok(message) => stopping |= take(message, &mut inputs, &mut answers, &mut request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => stopping = true,
            }
        }
        while inputs.len() < TAKEN_MAX
            && let Ok(message) = receiver.try_recv()
        {
            stopping |= take(message, &mut inputs, &mut answers, &mut request);
        }
        // What came while this thread waited came now.
        inputs.insert(0, Input::Time(now_ms()));
        if stopping {
            inputs.push(Input::Seal);
        }
        step(&mut core, store, inputs, &mut answers).map_err(|error| {
            // Before the answers are dropped: whoever waits for one asks why.
            failed.get_or_init(|| Stopped(Arc::new(error))).clone()
        })?;
        if stopping && !core.has_waiting() && core.is_sealed() {
            return Ok(core);
        }
    }
}

fn idle_time(core: &NodeCore) -> Duration {
    if core.is_sealed() { Duration::from_secs(3600) } else { Duration::from_millis(SEAL_AFTER_MS.unsigned_abs()) }
}

/// Turns a message into an input; whether it asks to stop.
fn take(
    message: Message,
    inputs: &mut Vec<Input>,
    answers: &mut HashMap<u64, oneshot::Sender<Answer>>,
    request: &mut u64,
) -> bool {
    match message {
        Message::Stop => true,
        Message::Submit(submission, answer) => {
            *request += 1;
            answers.insert(*request, answer);
            inputs.push(Input::Submit { request: *request, submission });
            false
        }
    }
}

fn step<S: Store>(
    core: &mut NodeCore,
    store: &S,
    inputs: Vec<Input>,
    answers: &mut HashMap<u64, oneshot::Sender<Answer>>,
) -> Result<(), ApplyError> {
    for effect in core.step(store, inputs)? {
        match effect {
            Effect::Commit(writes) => store.commit(&writes)?,
            Effect::Answer { request, answer } => {
                if let Some(waiting) = answers.remove(&request) {
                    // Whoever asked may have gone.
                    let _ = waiting.send(answer);
                }
            }
        }
    }
    Ok(())
}
