//! Gives others what they ask for of the ledger, on a thread that reads beside the writer: states for those who join,
//! and decided blocks for those who are behind.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::state::head::lacks_history;
use suyuan_store::RocksStore;
use suyuan_store::Snapshot;
use suyuan_store::snapshot::{Moment, PORTION_BYTES, TABLES, heights, moment, part};

use super::SnapshotMessage;
use crate::core::{Message, NodeKey, decided_blocks};
use crate::shell::Peers;

/// So many questions wait; further ones are dropped, and come again.
const QUESTIONS_MAX: usize = 64;
/// So many states are held at once. Each keeps what it shows on the disk; those who ask at the same time share one.
const MOMENTS_MAX: usize = 2;
/// So many of them are of one node: it asks for the next thing when it has the last one.
const QUESTIONS_OF_ONE_MAX: u32 = 2;
/// A state that nobody has asked for is held for so long. Erasing waits for it, no longer than this.
const IDLE: Duration = Duration::from_secs(15);
/// And no state longer than this.
const HELD_MAX: Duration = Duration::from_secs(1_800);
/// A state is taken for the same by whoever asks within so long.
const SHARED: Duration = Duration::from_secs(5);
/// For so long the header is waited for that certifies a state.
const CERTIFIED_WAIT: Duration = Duration::from_millis(1_500);
const CERTIFIED_STEP: Duration = Duration::from_millis(20);

/// The thread that gives.
pub struct Serving {
    questions: Option<SyncSender<(NodeKey, Message)>>,
    waiting: Waiting,
    thread: Option<JoinHandle<()>>,
}

/// How many questions of each node wait.
type Waiting = Arc<Mutex<BTreeMap<NodeKey, u32>>>;

impl Serving {
    /// Starts it.
    pub fn start(store: Arc<RocksStore>, peers: Box<dyn Peers + Send>) -> std::io::Result<Serving> {
        let (questions, asked) = sync_channel(QUESTIONS_MAX);
        let waiting = Waiting::default();
        let counted = Arc::clone(&waiting);
        let thread = Builder::new().name("serve".to_owned()).spawn(move || {
            Giving { store: &store, peers: peers.as_ref(), waiting: counted, held: Vec::new() }.run(&asked);
        })?;
        Ok(Serving { questions: Some(questions), waiting, thread: Some(thread) })
    }

    /// Hands a question over; with too many waiting it is dropped.
    pub fn ask(&self, from: NodeKey, question: Message) {
        let Some(questions) = &self.questions else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = waiting.entry(from).or_default();
        if *of_it < QUESTIONS_OF_ONE_MAX && questions.try_send((from, question)).is_ok() {
            *of_it += 1;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where a part of a state begins: the number of its table, and the key behind which.
type Cut = (u8, Vec<u8>);

/// A part as it is sent, and where the one behind it begins.
type Given = (SnapshotMessage, Option<Cut>);

/// A state that is held.
struct Held<'a> {
    moment: Moment,
    at: Snapshot<'a>,
    begun: Instant,
    asked: Instant,
    /// What is asked for next, if one node asks for all of it.
    next: Option<Cut>,
    /// The same, read while the last part was on its way: who joins waits for little else.
    ahead: Option<(Cut, Given)>,
}

impl Held<'_> {
    fn part(&mut self, cut: Cut) -> Result<SnapshotMessage, StoreError> {
        self.asked = Instant::now();
        let (part, next) = match self.ahead.take_if(|(of, _)| *of == cut) {
            Some((_, given)) => given,
            None => self.read(cut)?,
        };
        self.next = next;
        Ok(part)
    }

    fn read_ahead(&mut self) {
        let Some(cut) = self.next.take() else { return };
        // What can't be read is told when it is asked for.
        self.ahead = self.read(cut.clone()).ok().map(|given| (cut, given));
    }

    fn read(&self, (table, after): Cut) -> Result<Given, StoreError> {
        let height = self.moment.height;
        let above = Some(after.as_slice()).filter(|after| !after.is_empty());
        let Some(found) = part(&self.at, table, above, PORTION_BYTES)? else {
            return Ok((SnapshotMessage::Gone { height }, None));
        };
        let next = match found.is_last {
            true => {
                table.checked_add(1).filter(|next| usize::from(*next) < TABLES.len()).map(|next| (next, Vec::new()))
            }
            false => found.pairs.last_key().map(|key| (table, key.to_vec())),
        };
        Ok((SnapshotMessage::part(height, table, after, &found), next))
    }
}

struct Giving<'a> {
    store: &'a RocksStore,
    peers: &'a dyn Peers,
    waiting: Waiting,
    held: Vec<Held<'a>>,
}

impl Giving<'_> {
    fn run(mut self, asked: &Receiver<(NodeKey, Message)>) {
        loop {
            let question = match asked.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.held.iter_mut().for_each(Held::read_ahead);
                    match self.held.is_empty() {
                        true => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
                        false => asked.recv_timeout(IDLE),
                    }
                }
                question => question.map_err(|_| RecvTimeoutError::Disconnected),
            };
            match question {
                Ok((from, question)) => {
                    self.answer(from, question);
                    let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(left) =
                        waiting.remove(&from).and_then(|count| count.checked_sub(1)).filter(|left| *left > 0)
                    {
                        waiting.insert(from, left);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.held.retain(|held| held.asked.elapsed() < IDLE && held.begun.elapsed() < HELD_MAX);
        }
    }

    fn answer(&mut self, to: NodeKey, question: Message) {
        let answer = match question {
            Message::WantDecided { from } => decided_blocks(self.store, from).map(Message::Decided),
            Message::Snapshot(SnapshotMessage::WantMoment) => {
                self.moment().map(|moment| Message::Snapshot(SnapshotMessage::Moment(moment)))
            }
            Message::Snapshot(SnapshotMessage::WantPart { height, table, after }) => {
                self.part(height, (table, after)).map(Message::Snapshot)
            }
            Message::Snapshot(SnapshotMessage::WantBlocks { from, to }) => {
                heights(&self.store.snapshot_beside_cache(), from, to, PORTION_BYTES)
                    .map(|found| Message::Snapshot(SnapshotMessage::blocks(from, found.as_ref())))
            }
            _ => return,
        };
        match answer {
            Ok(answer) => self.peers.send(Some(to), &Arc::new(answer)),
            Err(error) => tracing::error!(to = %Hash(to), %error, "what is asked for can't be read"),
        }
    }

    /// A state that somebody can have: one that is held and new, or the present one.
    fn moment(&mut self) -> Result<Option<Moment>, StoreError> {
        // Who has not all of it gives no state: nobody could take the history of it here.
        if lacks_history(self.store)? {
            return Ok(None);
        }
        if let Some(held) = self.held.iter_mut().find(|held| held.begun.elapsed() < SHARED) {
            held.asked = Instant::now();
            return Ok(Some(held.moment.clone()));
        }
        if self.held.len() >= MOMENTS_MAX {
            return Ok(None);
        }
        let (at, begun) = (self.store.snapshot_beside_cache(), Instant::now());
        let certified = loop {
            match moment(&at, self.store)? {
                None if begun.elapsed() < CERTIFIED_WAIT => std::thread::sleep(CERTIFIED_STEP),
                found => break found,
            }
        };
        if let Some(moment) = &certified {
            tracing::info!(height = moment.height, "a state is given to a node that joins");
            let (moment, asked) = (moment.clone(), Instant::now());
            self.held.push(Held { moment, at, begun, asked, next: Some((0, Vec::new())), ahead: None });
        }
        Ok(certified)
    }

    fn part(&mut self, height: u64, cut: Cut) -> Result<SnapshotMessage, StoreError> {
        let held = self.held.iter_mut().find(|held| held.moment.height == height);
        held.map_or(Ok(SnapshotMessage::Gone { height }), |held| held.part(cut))
    }
}
