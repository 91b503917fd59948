//! Carries messages between the nodes of a chain's members, over libp2p, and keeps everybody else out.
//!
//! Who is listed is known beforehand, by key and mostly by address, so nothing is discovered here. With every member
//! one connection is kept: TCP with Noise and Yamux, or QUIC. It carries two streams in each direction, one for votes
//! and one for blocks, so that a block never holds up a vote. What is sent waits in a queue of its peer that is bounded
//! by count and by bytes; so does what is received, and who is slow to listen slows those who speak.
//!
//! Messages arrive in the order in which they were sent, within their class, once or not at all. They may be lost only
//! when [`Event::Disconnected`] is told of the peer, on either side.

mod address;
mod behaviour;
mod driver;
mod each;
mod frame;
mod handler;
mod inbox;
mod peer;
mod record;
mod settings;
mod shared;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

pub use address::{AddressError, check_address};
pub use inbox::Events;
pub use settings::{ClassLimits, Limits, Settings};

use each::lock;
use shared::Shared;

/// The Ed25519 public key of a member's node: its identity in libp2p is made of it.
pub type NodeKey = [u8; 32];

/// One who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its node's key.
    pub key: NodeKey,
    /// Where its node is reached, as multiaddresses. May be empty: then it dials us.
    pub addresses: Vec<String>,
}

/// A kind of messages, with a stream and queues of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Small ones that others wait for: votes, proposals.
    Consensus,
    /// Large ones: blocks, states.
    Bulk,
}

impl Class {
    /// Both, in the order of their urgency.
    pub const ALL: [Class; 2] = [Class::Consensus, Class::Bulk];

    fn other(self) -> Class {
        match self {
            Class::Consensus => Class::Bulk,
            Class::Bulk => Class::Consensus,
        }
    }
}

/// What happens in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Messages can be sent to this member now.
    Connected(NodeKey),
    /// They cannot any more, and those not yet answered may be lost. What had come from it before may still follow,
    /// unless it is no member any more.
    Disconnected(NodeKey),
    /// A member has sent something.
    Message {
        /// Who sent it.
        from: NodeKey,
        /// As what.
        class: Class,
        /// What it is; never empty.
        bytes: Vec<u8>,
    },
    /// Somebody was refused, or what was dialled is not what it should be. Only some of these are told if there are
    /// many.
    Refused {
        /// The other side's address.
        address: String,
        /// Its identity in libp2p, if it got as far as proving one.
        peer: Option<String>,
        /// Why.
        why: Refusal,
        /// So many others were refused before and not told of.
        untold: u64,
    },
}

/// Why somebody was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is no member.
    NotListed,
    /// It is one, but has too many points against it.
    Penalised,
    /// There are too many connections.
    TooMany,
    /// It does not speak of this chain.
    OtherChain,
    /// Another node answers at a member's address.
    WrongKey,
    /// It did not complete its handshake: it may be of another chain, no node at all, or a member that dialled at the
    /// same time as this node and needs no second connection. What was said.
    Handshake(String),
    /// A member does what no node that works does.
    Misbehaved(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotListed => write!(formatter, "not a member"),
            Refusal::Penalised => write!(formatter, "refused for a while"),
            Refusal::TooMany => write!(formatter, "too many connections"),
            Refusal::OtherChain => write!(formatter, "not of this chain"),
            Refusal::WrongKey => write!(formatter, "another node than expected"),
            Refusal::Handshake(what) => write!(formatter, "no handshake: {what}"),
            Refusal::Misbehaved(what) => write!(formatter, "misbehaved: {what}"),
        }
    }
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// The peer is no member, or not connected.
    NotConnected,
    /// Too much waits to be sent to it.
    Full,
    /// It is longer than messages of its class may be.
    TooLarge,
    /// It is empty, which says nothing.
    Empty,
}

impl fmt::Display for NotSent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            NotSent::NotConnected => "the peer is not connected",
            NotSent::Full => "too much waits to be sent",
            NotSent::TooLarge => "the message is too long",
            NotSent::Empty => "the message is empty",
        })
    }
}

impl std::error::Error for NotSent {}

/// Why a network could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkError {
    /// The seed makes no identity.
    Identity(String),
    /// An address to listen on cannot be used.
    Address(AddressError),
    /// It can, but not listened on.
    Listen {
        /// As it was given.
        address: String,
        /// What the system says.
        why: String,
    },
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkError::Identity(why) => write!(formatter, "no identity: {why}"),
            NetworkError::Address(error) => write!(formatter, "{error}"),
            NetworkError::Listen { address, why } => write!(formatter, "cannot listen on {address}: {why}"),
        }
    }
}

impl std::error::Error for NetworkError {}

/// How it goes with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// Whom this is about.
    pub key: NodeKey,
    /// Whether messages can be sent to it.
    pub connected: bool,
    /// The address at the other end, while connected.
    pub address: Option<String>,
    /// For how long it has been connected.
    pub connected_for: Option<Duration>,
    /// Its votes and the like.
    pub consensus: ClassStatus,
    /// Its blocks and the like.
    pub bulk: ClassStatus,
    /// Points against it.
    pub score: u32,
    /// For how long it still is refused, if it is.
    pub refused_for: Option<Duration>,
}

/// How it goes with a member's messages of one class, since it was listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassStatus {
    /// Messages taken from the queue to be written.
    pub sent: u64,
    /// Bytes of these.
    pub sent_bytes: u64,
    /// Messages received.
    pub received: u64,
    /// Bytes of these.
    pub received_bytes: u64,
    /// Messages that were not sent for the queue was full, or the connection ended before they were written.
    pub dropped: u64,
    /// Messages that wait to be sent.
    pub queued: usize,
    /// Bytes of these.
    pub queued_bytes: usize,
    /// Messages that wait to be handed up.
    pub waiting: usize,
    /// Bytes of these.
    pub waiting_bytes: usize,
}

/// The connections with the members' nodes.
pub struct Network {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Network {
    /// Listens, and dials the members. What of them is of no use, an address or a key, is logged and left out.
    pub async fn start(settings: Settings, members: Vec<Member>) -> Result<(Network, Events), NetworkError> {
        let keypair = transport::identity(&settings.secret)?;
        let own = key_of(&keypair)?;
        let wires = transport::wires(&keypair, &settings)?;
        let shared = Arc::new(Shared::new(own, &settings.chain, settings.limits)?);
        shared.set_members(members);
        let driver = driver::Driver::listen(Arc::clone(&shared), &keypair, wires, &settings.listen).await?;
        let events = Events::new(Arc::clone(&shared.inbox));
        let task = tokio::spawn(driver.run());
        Ok((Network { shared, task: Mutex::new(Some(task)) }, events))
    }

    /// This node's key.
    pub fn key(&self) -> NodeKey {
        self.shared.own
    }

    /// Puts a message in its peer's queue. Never waits.
    pub fn send(&self, to: NodeKey, class: Class, bytes: Arc<[u8]>) -> Result<(), NotSent> {
        if self.shared.is_stopping() {
            return Err(NotSent::NotConnected);
        }
        self.shared.find(&to).ok_or(NotSent::NotConnected)?.send(class, bytes)
    }

    /// Makes these the members. Those that are not any more are disconnected at once and refused from then on. The list
    /// holds even if some of its addresses or keys are of no use: these are left out, logged and returned.
    pub fn set_members(&self, members: Vec<Member>) -> Vec<AddressError> {
        self.shared.set_members(members)
    }

    /// Counts points against a member. With too many, it is disconnected and refused for a while, a longer one each
    /// time.
    pub fn penalise(&self, key: NodeKey, points: u32) {
        if let Some(peer) = self.shared.find(&key) {
            self.shared.penalise(&peer, points);
        }
    }

    /// How it goes with the members, in the order of their keys.
    pub fn peers(&self) -> Vec<PeerStatus> {
        let mut peers: Vec<PeerStatus> = self.shared.peers().iter().map(|peer| peer.status()).collect();
        peers.sort_by_key(|peer| peer.key);
        peers
    }

    /// The addresses that are listened on, with the ports that were free.
    pub fn listening(&self) -> Vec<String> {
        lock(&self.shared.listening).clone()
    }

    /// Writes what waits to be sent, for a second at most, closes all connections and ends.
    pub async fn stop(&self) {
        self.shared.stop();
        let task = lock(&self.task).take();
        if let Some(task) = task {
            // Fails only if the task panicked, and then it has ended as well.
            let _ = task.await;
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// The key that a seed makes: what other members list this node under.
pub fn node_key(secret: &[u8; 32]) -> Result<NodeKey, NetworkError> {
    key_of(&transport::identity(secret)?)
}

fn key_of(keypair: &libp2p::identity::Keypair) -> Result<NodeKey, NetworkError> {
    let public = keypair.public().try_into_ed25519();
    public.map(|public| public.to_bytes()).map_err(|error| NetworkError::Identity(error.to_string()))
}
