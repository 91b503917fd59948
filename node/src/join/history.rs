//! Takes what was before the state with which the ledger was begun, from any node, on a thread beside the writer. If it
//! shows that the state is false, the node stops, and takes another one when it starts again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_store::RocksStore;
use suyuan_store::snapshot::{History, Lacks, Place, Refused, Trust, disbelieve};

use super::SnapshotMessage;
use super::asking::{Asking, Heard, Line, Other, Stopping, Unanswered};
use super::message::unpacked;
use crate::core::{CoreError, Message, NodeKey};
use crate::peers::Outgoing;
use crate::shell::{Peers as _, Writer};

/// So much that was heard waits; answers beyond it are dropped, and asked for again.
const HEARD_MAX: usize = 256;
/// While no node has the next blocks, they are asked again after so long.
const LATER: Duration = Duration::from_secs(2);
/// So many nodes have to send other blocks than those that fit the state, and nobody be left to ask, until it is taken for
/// false.
const LIARS_LEAST: usize = 2;

/// How much of the history is there, of a node that began with a state.
#[derive(Debug, Default)]
pub struct HistoryProgress {
    through: AtomicU64,
    to: AtomicU64,
}

impl HistoryProgress {
    /// Up to which height blocks are there and checked, and up to which they are to be; none if nothing is lacking.
    pub fn lacks(&self) -> Option<(u64, u64)> {
        let to = self.to.load(Ordering::Acquire);
        (to > 0).then(|| (self.through.load(Ordering::Relaxed), to))
    }

    /// Blocks up to this height are lacking, or may be.
    pub fn begin(&self, to: u64) {
        self.to.store(to, Ordering::Release);
    }

    fn come_to(&self, height: u64) {
        self.through.store(height, Ordering::Relaxed);
    }

    fn end(&self) {
        self.to.store(0, Ordering::Release);
    }
}

/// What the history is taken with.
pub struct Fetch {
    /// Whom the genesis trusts.
    pub trust: Trust,
    /// What is lacking.
    pub lacks: Lacks,
    /// Room for what is needed meanwhile.
    pub place: Place,
    /// Where it is told how far it is.
    pub progress: Arc<HistoryProgress>,
}

/// The thread that takes the history.
pub struct Fetching {
    heard: Option<SyncSender<Heard>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fetching {
    /// Starts it.
    pub fn start(
        fetch: Fetch,
        store: Arc<RocksStore>,
        writer: Arc<Writer>,
        outgoing: Outgoing,
    ) -> std::io::Result<Fetching> {
        let (heard, hears) = sync_channel(HEARD_MAX);
        let stopping = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopping);
        let thread = Builder::new().name("history".to_owned()).spawn(move || {
            let asking = Asking::new(Beside { hears, outgoing });
            Taking { asking, store: &store, stopping: &told, fetch, liars: Vec::new() }.run(&writer);
        })?;
        Ok(Fetching { heard: Some(heard), stopping, thread: Some(thread) })
    }

    /// Hands on what is heard, if there is room: nodes say again how far they are, and answers are asked for again.
    pub fn hear(&self, heard: Heard) {
        // Once all is there nobody hears any more.
        let _ = self.heard.as_ref().map(|sender| sender.try_send(heard));
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        self.heard = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The way to others beside the writer.
struct Beside {
    hears: Receiver<Heard>,
    outgoing: Outgoing,
}

impl Line for Beside {
    fn next(&mut self, wait: Duration) -> Result<Option<Heard>, Stopping> {
        match self.hears.recv_timeout(wait) {
            Ok(heard) => Ok(Some(heard)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Stopping),
        }
    }

    fn send(&self, to: NodeKey, message: SnapshotMessage) {
        self.outgoing.send(Some(to), &Arc::new(Message::Snapshot(message)));
    }

    fn penalise(&self, node: NodeKey, points: u32) {
        self.outgoing.penalise(node, points);
    }
}

/// Why it ended before all was there.
enum End {
    /// This node is stopping.
    Stopping,
    /// The state is not that of the history.
    False(String),
    /// The own store or disk failed.
    Failed(StoreError),
}

impl From<Refused> for End {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Failed(error) => End::Failed(error),
            fault @ Refused::Fault(_) => End::False(fault.to_string()),
        }
    }
}

impl From<Stopping> for End {
    fn from(_: Stopping) -> Self {
        End::Stopping
    }
}

struct Taking<'a> {
    asking: Asking<Beside>,
    store: &'a RocksStore,
    stopping: &'a AtomicBool,
    fetch: Fetch,
    /// Those that sent blocks which are not right, since the last one that were.
    liars: Vec<NodeKey>,
}

impl Taking<'_> {
    fn run(mut self, writer: &Writer) {
        let begun = Instant::now();
        let to = self.fetch.lacks.moment.height;
        tracing::warn!(to, "the history before the snapshot is taken meanwhile");
        match self.take() {
            Ok(erased) => {
                self.fetch.progress.end();
                tracing::warn!(to, erased, seconds = begun.elapsed().as_secs_f32(), "the history is whole");
                if let Err(error) = self.fetch.place.end() {
                    tracing::warn!(%error, "what was needed to join stays behind");
                }
            }
            _ if self.stopping.load(Ordering::Acquire) => {}
            Err(End::Stopping) => {}
            Err(End::Failed(error)) => writer.give_up(error.into()),
            Err(End::False(what)) => {
                // The next start takes another state; without the note it finds out once more.
                if let Err(error) = disbelieve(self.store) {
                    tracing::error!(%error, "that the state is false can't be noted");
                }
                writer.give_up(CoreError::FalseState(what));
            }
        }
    }

    /// Takes all of it; gives how many events have no payload.
    fn take(&mut self) -> Result<u64, End> {
        let store = self.store;
        let scratch: PathBuf = self.fetch.place.scratch();
        let (trust, lacks) = (self.fetch.trust.clone(), self.fetch.lacks.clone());
        let mut history = History::new(trust, lacks, store, &scratch, self.stopping)?;
        self.take_own(&mut history)?;
        match self.take_from_others(&mut history) {
            Err(End::Stopping) => {
                history.keep().map_err(End::Failed)?;
                return Err(End::Stopping);
            }
            taken => taken?,
        }
        let erased = history.erased();
        history.finish(&store.snapshot_beside_cache())?;
        Ok(erased)
    }

    fn take_from_others(&mut self, history: &mut History<'_, RocksStore>) -> Result<(), End> {
        // Who was asked for which blocks while those before were checked; who sent the last ones.
        let (mut asked, mut before, mut tried) = (None, None, Vec::new());
        while let Some(from) = history.wants_heights() {
            let to = history.moment().height;
            self.fetch.progress.come_to(from.saturating_sub(1));
            self.asking.tell(|| format!("block {from} of {to}"));
            let Some(source) = self.source(from, before, &tried) else {
                tried.clear();
                self.asking.hear(LATER)?;
                continue;
            };
            let is_asked = asked.take() == Some((source, from));
            let question = SnapshotMessage::WantBlocks { from, to };
            let answer = self.asking.answer(source, &question, is_asked, |said| match said {
                SnapshotMessage::Blocks { from: first, through, rows } if first == from => Some((through, rows)),
                _ => None,
            });
            let (through, rows) = match answer {
                Ok((through, rows)) if through >= from => (through, rows),
                Ok(_) | Err(Unanswered::Silent) => {
                    tried.push(source);
                    continue;
                }
                Err(Unanswered::Stopping) => return Err(End::Stopping),
            };
            let Some(portion) = unpacked(through, &rows) else {
                self.blame(source, "blocks that can't be read".to_owned())?;
                continue;
            };
            let next = through.saturating_add(1);
            if next <= to {
                self.asking.send(source, SnapshotMessage::WantBlocks { from: next, to });
                asked = Some((source, next));
            }
            match history.take_heights(portion) {
                Ok(()) => {
                    (before, tried) = (Some(source), Vec::new());
                    self.liars.clear();
                }
                Err(Refused::Failed(error)) => return Err(End::Failed(error)),
                Err(fault @ Refused::Fault(_)) => {
                    // If those before are wanted anew, it was they that were wrong.
                    let is_before = history.wants_heights() != Some(from);
                    let liar = before.filter(|_| is_before).unwrap_or(source);
                    self.blame(liar, fault.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Takes what is here already.
    fn take_own(&mut self, history: &mut History<'_, RocksStore>) -> Result<(), End> {
        loop {
            match history.take_own() {
                Ok(true) if self.stopping.load(Ordering::Acquire) => return Err(End::Stopping),
                Ok(true) => {
                    self.fetch.progress.come_to(history.wants_heights().map_or(0, |next| next.saturating_sub(1)))
                }
                // What is not right any more is taken from others.
                Ok(false) | Err(Refused::Fault(_)) => return Ok(()),
                Err(Refused::Failed(error)) => return Err(End::Failed(error)),
            }
        }
    }

    /// Whom to ask for blocks from a height on: whoever gave the last ones, or another.
    fn source(&self, from: u64, before: Option<NodeKey>, tried: &[NodeKey]) -> Option<NodeKey> {
        let able = |node: &NodeKey| {
            let other = self.asking.others.get(node)?;
            let is_able = other.connected && !other.refused && other.height >= Some(from) && !tried.contains(node);
            is_able.then_some(*node)
        };
        let giver = self.fetch.lacks.giver.0;
        before.as_ref().and_then(able).or_else(|| able(&giver)).or_else(|| self.asking.others.keys().find_map(able))
    }

    /// A node has sent blocks that are not those that fit the state. If it gave the state, or whoever is left says what
    /// does not fit either, it is the state that does not. As long as somebody else can be asked, those who lie are not
    /// believed, however many they are.
    fn blame(&mut self, liar: NodeKey, what: String) -> Result<(), End> {
        self.asking.refuse(liar, &what);
        if !self.liars.contains(&liar) {
            self.liars.push(liar);
        }
        let may_answer = |other: &Other| other.connected && !other.refused && other.height.is_some();
        let is_left = self.asking.others.values().any(may_answer);
        match Hash(liar) == self.fetch.lacks.giver || (self.liars.len() >= LIARS_LEAST && !is_left) {
            true => Err(End::False(what)),
            false => Ok(()),
        }
    }
}
