//! Joins a node with those of the other members: hands what they say to the writer, and what it says to them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use suyuan_epcis::problem::Reason;
use suyuan_ledger::codec::decode_trusted;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::organisation::{Directory, KeyRole};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_store::{OpenError, RecordLog, RocksStore};
use tokio::runtime::Runtime;

use crate::codes::node as codes;
use crate::config::NetworkTable;
use crate::core::{Input, LogRecord, Message};
use crate::join::{Fetch, Fetching, Heard, Serving, Stuck};
use crate::network::{Class, Event, Events, Member, Network, NodeKey, PeerStatus, Settings};
use crate::shell::{Peers, Writer};

/// The folder of what a validator must remember while a block is decided.
const LOG_NAME: &str = "wal";
/// Threads that carry messages. Consensus must not wait for those that serve requests.
const NETWORK_THREADS: usize = 2;
/// Points against a node whose message can't be read.
const UNREADABLE_POINTS: u32 = 10;

/// Opens the log of a data directory, with its records. A validator that can't read what it remembers might vote twice,
/// so it does not start.
pub fn open_log(path: &Path) -> Result<(RecordLog, Vec<LogRecord>), OpenError> {
    let path = path.join(LOG_NAME);
    let (log, records) = RecordLog::open(&path)?;
    let unreadable = |error| {
        let words = format!("a record of what this validator must remember can't be read: {error:?}");
        OpenError::Store(path.clone(), StoreError::Failed(words))
    };
    let records = records.iter().map(|bytes| decode_trusted(bytes).map_err(unreadable)).collect::<Result<_, _>>()?;
    Ok((log, records))
}

/// A node that has connected, and does not listen to the others yet.
pub struct Joining {
    runtime: Runtime,
    network: Arc<Network>,
    events: Events,
    members: Arc<Members>,
    /// Those that have connected before anybody listens.
    connected: BTreeSet<NodeKey>,
}

/// Who the members are, and where their nodes are.
struct Members {
    own: NodeKey,
    addresses: Vec<(NodeKey, Vec<String>)>,
    /// All of them but this node.
    others: Mutex<Vec<NodeKey>>,
}

impl Members {
    /// Members are the validators of the next height and of the one after it, and whoever has the key of a node in force
    /// on the ledger.
    fn list(&self, directory: &Directory, height: u64) -> Vec<Member> {
        let nodes = directory.keys().filter(|key| key.role == KeyRole::Node && directory.is_in_force(key, i64::MAX));
        let validators = directory.validators();
        let validators = [height, height.saturating_add(1)]
            .into_iter()
            .flat_map(|height| validators.at(height))
            .map(|validator| validator.key);
        let mut keys: Vec<NodeKey> = validators.chain(nodes.map(|key| key.public)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| *key != self.own);
        self.others.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&keys);
        let addresses = |key: &NodeKey| {
            self.addresses.iter().find(|(other, _)| other == key).map(|(_, addresses)| addresses.clone())
        };
        keys.into_iter().map(|key| Member { key, addresses: addresses(&key).unwrap_or_default() }).collect()
    }
}

impl Joining {
    /// Listens for the other members and dials them.
    pub fn start(identity: &[u8; 32], table: &NetworkTable, ledger: &Ledger) -> Result<Joining, Reason> {
        let failed = |words: String| Reason::new(codes::NETWORK, &[&words]);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(NETWORK_THREADS)
            .thread_name("network")
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let own = crate::network::node_key(identity).map_err(|error| failed(error.to_string()))?;
        let addresses = table.peers.iter().filter_map(|peer| Some((peer.node_key()?, peer.addresses.clone())));
        let members = Members { own, addresses: addresses.collect(), others: Mutex::default() };
        let settings = Settings::new(*identity, ledger.head.chain.0, table.listen.clone());
        let listed = members.list(&ledger.directory, ledger.head.height.saturating_add(1));
        let started = runtime.block_on(Network::start(settings, listed));
        let (network, events) = started.map_err(|error| failed(error.to_string()))?;
        let (network, members) = (Arc::new(network), Arc::new(members));
        Ok(Joining { runtime, network, events, members, connected: BTreeSet::new() })
    }

    /// The next event, if one comes in time: for whoever has something to do before there is a writer.
    pub fn next(&mut self, wait: Duration) -> Option<Event> {
        let Joining { runtime, events, .. } = self;
        let event = runtime.block_on(async { tokio::time::timeout(wait, events.recv()).await }).ok().flatten()?;
        match &event {
            Event::Connected(node) => drop(self.connected.insert(*node)),
            Event::Disconnected(node) => drop(self.connected.remove(node)),
            Event::Message { .. } | Event::Refused { .. } => {}
        }
        Some(event)
    }

    /// Sends a message to a node that is connected; what can't be sent is dropped.
    pub fn send(&self, to: NodeKey, message: Message) {
        self.outgoing().send(Some(to), &Arc::new(message));
    }

    /// Counts points against a node.
    pub fn penalise(&self, node: NodeKey, points: u32) {
        self.network.penalise(node, points);
    }

    /// What the writer sends through.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing { network: Arc::clone(&self.network), members: Arc::clone(&self.members) }
    }

    /// Hands what others say to the writer from now on, and takes from them the history that is lacking.
    pub fn listen(
        self,
        writer: Arc<Writer>,
        store: &Arc<RocksStore>,
        directory: &Path,
        fetch: Option<Fetch>,
    ) -> std::io::Result<Others> {
        let serving = Serving::start(Arc::clone(store), Box::new(self.outgoing()))?;
        let start = |fetch| Fetching::start(fetch, Arc::clone(store), Arc::clone(&writer), self.outgoing());
        let fetching = fetch.map(start).transpose()?;
        let Joining { runtime, network, mut events, connected, .. } = self;
        let (handle, heard) = (runtime.handle().clone(), Arc::clone(&network));
        let mut hearing = Hearing { network: heard, writer, serving, fetching, stuck: Stuck::new(directory) };
        let listening = std::thread::Builder::new().name("listen".to_owned()).spawn(move || {
            let mut goes_on = connected.into_iter().all(|node| hearing.hear(Event::Connected(node)));
            while goes_on && let Some(event) = handle.block_on(events.recv()) {
                goes_on = hearing.hear(event);
            }
        })?;
        Ok(Others { network, running: Mutex::new(Some((runtime, listening))) })
    }
}

/// Hands events on: to the writer, and to the thread that gives others what they ask for.
struct Hearing {
    network: Arc<Network>,
    writer: Arc<Writer>,
    serving: Serving,
    /// While history is lacking.
    fetching: Option<Fetching>,
    stuck: Stuck,
}

impl Hearing {
    /// Hands one event on; `false` if nobody takes it any more.
    fn hear(&mut self, event: Event) -> bool {
        let Hearing { network, writer, serving, fetching, stuck } = self;
        let fetches = |heard: Heard| {
            if let Some(fetching) = fetching.as_ref() {
                fetching.hear(heard);
            }
        };
        match event {
            Event::Connected(node) => writer.hear(Input::Connected(node)),
            Event::Disconnected(node) => {
                fetches(Heard::Disconnected(node));
                stuck.gone(&node);
                writer.hear(Input::Disconnected(node))
            }
            Event::Message { from, class, bytes } => match Message::decode(&bytes) {
                // What is to be small must not come where large things may.
                Ok(message) if message.is_bulk() != (class == Class::Bulk) => {
                    network.penalise(from, UNREADABLE_POINTS);
                    true
                }
                // Submissions are verified here, while the writer applies blocks.
                Ok(Message::Submission(submission)) => {
                    let (chain, directory) = writer.verifies_under();
                    match VerifiedSubmission::verify(submission, chain, &directory) {
                        Ok(verified) => {
                            writer.hear(Input::Verified { request: None, submission: Box::new(verified), directory })
                        }
                        Err(refusal) => {
                            tracing::debug!(from = %Hash(from), code = refusal.code(), "a submission that is refused");
                            true
                        }
                    }
                }
                // What is only read is read beside the writer.
                Ok(question @ Message::WantDecided { .. }) => {
                    serving.ask(from, question);
                    true
                }
                Ok(Message::Snapshot(said)) => {
                    match said.asks() {
                        true => serving.ask(from, Message::Snapshot(said)),
                        false => fetches(Heard::Said(from, Box::new(said))),
                    }
                    true
                }
                Ok(message) => {
                    match &message {
                        Message::Status { height } => {
                            stuck.status(from, *height);
                            fetches(Heard::Height(from, *height));
                        }
                        Message::Decided(blocks) if stuck.answered(from, writer.height(), blocks.len()) => {
                            tracing::error!(
                                "the next block can't be had from any node, since payloads of it are erased: start this \
                             node again, and it joins from a snapshot"
                            )
                        }
                        _ => {}
                    }
                    writer.hear(Input::Message { from, message: Box::new(message) })
                }
                Err(error) => {
                    tracing::warn!(from = %Hash(from), ?error, "a message that can't be read");
                    network.penalise(from, UNREADABLE_POINTS);
                    true
                }
            },
            Event::Refused { address, peer, why, untold } => {
                writer.figures().refused.fetch_add(untold.saturating_add(1), Ordering::Relaxed);
                tracing::warn!(address, peer, %why, untold, "refused");
                true
            }
        }
    }
}

/// What the writer sends through.
pub struct Outgoing {
    network: Arc<Network>,
    members: Arc<Members>,
}

impl Outgoing {
    /// Counts points against a node.
    pub fn penalise(&self, node: NodeKey, points: u32) {
        self.network.penalise(node, points);
    }
}

impl Peers for Outgoing {
    fn send(&self, to: Option<NodeKey>, message: &Arc<Message>) {
        let class = if message.is_bulk() { Class::Bulk } else { Class::Consensus };
        let bytes: Arc<[u8]> = message.encode().into();
        let send = |to: NodeKey| {
            if let Err(error) = self.network.send(to, class, Arc::clone(&bytes)) {
                tracing::trace!(to = %Hash(to), %error, "not sent");
            }
        };
        match to {
            Some(to) => send(to),
            None => self.members.others.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().for_each(send),
        }
    }

    fn members(&self, directory: &Directory, height: u64) {
        self.network.set_members(self.members.list(directory, height));
    }
}

/// The other nodes, as long as this one runs.
pub struct Others {
    network: Arc<Network>,
    /// What carries messages, and the thread that listens; none once they have ended.
    running: Mutex<Option<(Runtime, JoinHandle<()>)>>,
}

impl Others {
    /// How it goes with them.
    pub fn peers(&self) -> Vec<PeerStatus> {
        self.network.peers()
    }

    /// Where this node listens for them.
    pub fn listening(&self) -> Vec<String> {
        self.network.listening()
    }

    /// Ends all connections, and the threads that read the store for others. The writer MUST have stopped.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((runtime, listening)) = running else { return };
        // Then no event comes any more, and the thread that listens ends.
        runtime.block_on(self.network.stop());
        let _ = listening.join();
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    }
}
