//! Keeps what is known of one member: its queues, its link, its record.
//!
//! A member is spoken with over one connection at a time, its holder. Both sides may dial at once, so one of them, that
//! with the lower key, decides which connection that is: it takes the first and closes all others before a
//! stream is open on them. The other side uses a connection once its streams were taken there, which tells that it was
//! let in: so no message is lost with a surplus one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};

use super::each::{Each, lock};
use super::inbox::Inbox;
use super::record::{Bucket, Score};
use super::settings::Limits;
use super::{Class, ClassStatus, NodeKey, NotSent, PeerStatus};

/// Why a connection is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    NotListed,
    Penalised,
    /// There is one already. Happens whenever both sides dial, and is nobody's fault.
    Surplus,
    /// Too many are in their handshake from one IP address.
    TooManyFromThere,
    Stopping,
}

impl std::fmt::Display for Denial {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Denial::NotListed => "not a member",
            Denial::Penalised => "refused for a while",
            Denial::Surplus => "there is a connection already",
            Denial::TooManyFromThere => "too many handshakes from one address",
            Denial::Stopping => "this node is stopping",
        })
    }
}

impl std::error::Error for Denial {}

/// How a member is connected.
#[derive(Default)]
struct Link {
    /// No member any more: whatever still holds this never connects again.
    removed: bool,
    refused_until: Option<Instant>,
    /// The connection that is used, or will be.
    holder: Option<ConnectionId>,
    /// Messages flow over the holder.
    active: bool,
    address: Option<String>,
    /// Since when messages flow.
    since: Option<Instant>,
    /// Connections whose handlers live.
    open: usize,
    /// Of those handlers, to tell them that something changed here.
    wakers: Vec<(ConnectionId, Waker)>,
    /// Connected or not, since it was last told: alternating, two at most.
    changes: VecDeque<bool>,
}

/// How far a member is from being connected, for the one who dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Connected,
    /// A connection is open, and not yet in use.
    Opening,
    Refused(Instant),
    Away,
}

#[derive(Default)]
struct Outgoing {
    open: bool,
    messages: VecDeque<Arc<[u8]>>,
    bytes: usize,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Incoming {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    /// The inbox knows that there is something here.
    known: bool,
    /// Its peer is no member any more.
    gone: bool,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Counters {
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    received: AtomicU64,
    received_bytes: AtomicU64,
    dropped: AtomicU64,
}

/// A member, as long as it is listed.
pub(super) struct Peer {
    pub key: NodeKey,
    pub id: PeerId,
    /// This node decides which connection is used.
    pub decides: bool,
    pub addresses: Mutex<Vec<Multiaddr>>,
    link: Mutex<Link>,
    outgoing: Each<Mutex<Outgoing>>,
    incoming: Each<Mutex<Incoming>>,
    counters: Each<Counters>,
    /// Bytes and messages that may be read.
    budgets: Each<Mutex<(Bucket, Bucket)>>,
    score: Mutex<Score>,
    born: Instant,
    /// When something was last heard, in milliseconds since `born`.
    heard: AtomicU64,
    limits: Arc<Limits>,
    inbox: Arc<Inbox>,
}

impl Peer {
    pub fn new(key: NodeKey, id: PeerId, own: &NodeKey, limits: Arc<Limits>, inbox: Arc<Inbox>) -> Peer {
        let now = Instant::now();
        Peer {
            key,
            id,
            decides: *own < key,
            addresses: Mutex::default(),
            link: Mutex::default(),
            outgoing: Each::default(),
            incoming: Each::default(),
            counters: Each::default(),
            budgets: Each::new(|class| {
                let limits = limits.class(class);
                Mutex::new((Bucket::new(limits.bytes_per_second), Bucket::new(limits.messages_per_second)))
            }),
            score: Mutex::new(Score::new(now)),
            born: now,
            heard: AtomicU64::new(0),
            limits,
            inbox,
        }
    }

    /// Decides on a connection whose other side has proved that it has this member's key.
    pub fn admit(self: &Arc<Peer>, connection: ConnectionId, dialled: bool) -> Result<(), Denial> {
        let mut link = lock(&self.link);
        let now = Instant::now();
        if link.removed {
            return Err(Denial::NotListed);
        }
        if link.refused_until.is_some_and(|until| until > now) {
            return Err(Denial::Penalised);
        }
        if self.decides {
            // One who dials has no connection that works. If nothing was heard on that in use, it is the one that
            // the other side has lost.
            let live = self.heard_for() < 2 * self.limits.ping_every;
            if link.holder.is_some() && (dialled || live) {
                return Err(Denial::Surplus);
            }
            self.give_up(&mut link);
            link.holder = Some(connection);
            self.hear();
        }
        link.open += 1;
        Ok(())
    }

    /// Has the handler of a connection woken when the link changes.
    pub fn watch(&self, connection: ConnectionId, context: &Context<'_>) {
        let mut link = lock(&self.link);
        match link.wakers.iter_mut().find(|(other, _)| *other == connection) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => link.wakers.push((connection, context.waker().clone())),
        }
    }

    /// Wakes the handlers of its connections.
    pub fn wake(&self) {
        for (_, waker) in &lock(&self.link).wakers {
            waker.wake_by_ref();
        }
    }

    /// Whether a connection is to be closed.
    pub fn is_over(&self, connection: ConnectionId, was_used: bool) -> bool {
        let link = lock(&self.link);
        let refused = link.removed || link.refused_until.is_some_and(|until| until > Instant::now());
        refused || ((self.decides || was_used) && link.holder != Some(connection))
    }

    /// Lets messages flow over a connection. False if it is not to be used.
    pub fn activate(self: &Arc<Peer>, connection: ConnectionId, address: &str) -> bool {
        let mut link = lock(&self.link);
        if link.removed || (self.decides && link.holder != Some(connection)) {
            return false;
        }
        self.give_up(&mut link);
        link.holder = Some(connection);
        link.active = true;
        link.address = Some(address.to_owned());
        link.since = Some(Instant::now());
        for class in Class::ALL {
            lock(self.outgoing.of(class)).open = true;
        }
        self.hear();
        self.change(&mut link, true);
        true
    }

    /// A connection is no longer used.
    pub fn deactivate(self: &Arc<Peer>, connection: ConnectionId) {
        let mut link = lock(&self.link);
        if link.holder == Some(connection) {
            self.give_up(&mut link);
        }
    }

    /// The handler of a connection is gone.
    pub fn release(self: &Arc<Peer>, connection: ConnectionId) {
        let mut link = lock(&self.link);
        link.open = link.open.saturating_sub(1);
        link.wakers.retain(|(other, _)| *other != connection);
        if link.holder == Some(connection) {
            self.give_up(&mut link);
        }
    }

    /// It is no member any more: is disconnected at once, and what came from it is not handed up.
    pub fn remove(self: &Arc<Peer>) {
        let mut link = lock(&self.link);
        link.removed = true;
        self.give_up(&mut link);
        drop(link);
        for class in Class::ALL {
            let mut incoming = lock(self.incoming.of(class));
            incoming.gone = true;
            incoming.messages = VecDeque::new();
            incoming.bytes = 0;
        }
    }

    /// Counts points against it. Until when it is refused, if there are too many of them now.
    pub fn penalise(self: &Arc<Peer>, points: u32) -> Option<Instant> {
        let until = lock(&self.score).count(points, Instant::now(), &self.limits)?;
        let mut link = lock(&self.link);
        link.refused_until = Some(until);
        self.give_up(&mut link);
        Some(until)
    }

    pub fn reach(&self) -> Reach {
        let link = lock(&self.link);
        match link.refused_until {
            Some(until) if until > Instant::now() => Reach::Refused(until),
            _ if link.active => Reach::Connected,
            _ if link.open > 0 => Reach::Opening,
            _ => Reach::Away,
        }
    }

    /// Ends the use of the holder: what waits to be sent is lost, and that is told.
    fn give_up(self: &Arc<Peer>, link: &mut Link) {
        link.holder = None;
        link.address = None;
        link.since = None;
        for (_, waker) in &link.wakers {
            waker.wake_by_ref();
        }
        if !std::mem::take(&mut link.active) {
            return;
        }
        for class in Class::ALL {
            let mut outgoing = lock(self.outgoing.of(class));
            let lost = outgoing.messages.len() as u64;
            *outgoing = Outgoing::default();
            drop(outgoing);
            self.counters.of(class).dropped.fetch_add(lost, Ordering::Relaxed);
        }
        self.change(link, false);
    }

    fn change(self: &Arc<Peer>, link: &mut Link, connected: bool) {
        if link.changes.is_empty() {
            self.inbox.changed(Arc::clone(self));
        }
        link.changes.push_back(connected);
        if link.changes.len() > 2 {
            // Came and went between two looks: the last two suffice to tell that messages may be lost.
            link.changes.drain(..2);
        }
    }

    pub fn hear(&self) {
        self.heard.store(self.born.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long nothing has been heard.
    pub fn heard_for(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.heard.load(Ordering::Relaxed)))
    }

    /// Puts a message in the queue, behind those that are there.
    pub fn send(&self, class: Class, message: Arc<[u8]>) -> Result<(), NotSent> {
        let limits = self.limits.class(class);
        if message.is_empty() {
            return Err(NotSent::Empty);
        }
        if message.len() > limits.message_bytes_max as usize {
            return Err(NotSent::TooLarge);
        }
        let mut outgoing = lock(self.outgoing.of(class));
        if !outgoing.open {
            return Err(NotSent::NotConnected);
        }
        let bytes = outgoing.bytes + message.len();
        // One that is larger than the whole queue goes alone.
        let fits = bytes <= limits.queue_bytes_max || outgoing.messages.is_empty();
        if !fits || outgoing.messages.len() >= limits.queue_messages_max {
            drop(outgoing);
            self.counters.of(class).dropped.fetch_add(1, Ordering::Relaxed);
            return Err(NotSent::Full);
        }
        outgoing.bytes = bytes;
        outgoing.messages.push_back(message);
        let waker = outgoing.waker.take();
        drop(outgoing);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// The next message to write. If there is none, the caller is woken when one comes.
    pub fn next_outgoing(&self, class: Class, context: &Context<'_>) -> Option<Arc<[u8]>> {
        let mut outgoing = lock(self.outgoing.of(class));
        let Some(message) = outgoing.messages.pop_front() else {
            outgoing.waker = Some(context.waker().clone());
            return None;
        };
        outgoing.bytes -= message.len();
        drop(outgoing);
        let counters = self.counters.of(class);
        counters.sent.fetch_add(1, Ordering::Relaxed);
        counters.sent_bytes.fetch_add(message.len() as u64, Ordering::Relaxed);
        Some(message)
    }

    /// Whether what was received fills its queue. If so, the caller is woken when there is room.
    pub fn is_full(&self, class: Class, context: &Context<'_>) -> bool {
        let limits = self.limits.class(class);
        let mut incoming = lock(self.incoming.of(class));
        let full = incoming.messages.len() >= limits.queue_messages_max || incoming.bytes >= limits.queue_bytes_max;
        if full {
            incoming.waker = Some(context.waker().clone());
        }
        full
    }

    /// Puts a message where it is handed up from.
    pub fn receive(self: &Arc<Peer>, class: Class, message: Vec<u8>) {
        let counters = self.counters.of(class);
        counters.received.fetch_add(1, Ordering::Relaxed);
        counters.received_bytes.fetch_add(message.len() as u64, Ordering::Relaxed);
        let mut incoming = lock(self.incoming.of(class));
        if incoming.gone {
            return;
        }
        incoming.bytes += message.len();
        incoming.messages.push_back(message);
        let known = std::mem::replace(&mut incoming.known, true);
        drop(incoming);
        if !known {
            self.inbox.ready(class, Arc::clone(self));
        }
    }

    /// Takes the oldest message, and whether there are more. The inbox forgets this peer if not.
    pub fn hand_up(&self, class: Class) -> (Option<Vec<u8>>, bool) {
        let mut incoming = lock(self.incoming.of(class));
        let message = incoming.messages.pop_front();
        incoming.bytes -= message.as_ref().map_or(0, Vec::len);
        incoming.known = !incoming.messages.is_empty();
        let known = incoming.known;
        // Not for every message: a reader that is woken shall have something to do.
        let limits = self.limits.class(class);
        let room =
            incoming.messages.len() <= limits.queue_messages_max / 2 && incoming.bytes <= limits.queue_bytes_max / 2;
        let waker = if room { incoming.waker.take() } else { None };
        drop(incoming);
        if let Some(waker) = waker {
            waker.wake();
        }
        (message, known)
    }

    /// Takes the oldest change that was not told, and whether there is another.
    pub fn next_change(&self) -> (Option<bool>, bool) {
        let mut link = lock(&self.link);
        let change = link.changes.pop_front();
        (change, !link.changes.is_empty())
    }

    /// Counts what was read. So long nothing more is to be.
    pub fn spend(&self, class: Class, bytes: usize, messages: usize) -> Option<Duration> {
        let mut budgets = lock(self.budgets.of(class));
        budgets.0.take(bytes);
        budgets.1.take(messages);
        budgets.0.debt().max(budgets.1.debt())
    }

    pub fn status(&self) -> PeerStatus {
        let now = Instant::now();
        let score = lock(&self.score).points(now, &self.limits);
        let link = lock(&self.link);
        PeerStatus {
            key: self.key,
            connected: link.active,
            address: link.address.clone(),
            connected_for: link.since.map(|since| now.saturating_duration_since(since)),
            consensus: self.class_status(Class::Consensus),
            bulk: self.class_status(Class::Bulk),
            score,
            refused_for: link.refused_until.map(|until| until.saturating_duration_since(now)).filter(|d| !d.is_zero()),
        }
    }

    fn class_status(&self, class: Class) -> ClassStatus {
        let counters = self.counters.of(class);
        let (queued, queued_bytes) = {
            let outgoing = lock(self.outgoing.of(class));
            (outgoing.messages.len(), outgoing.bytes)
        };
        let (waiting, waiting_bytes) = {
            let incoming = lock(self.incoming.of(class));
            (incoming.messages.len(), incoming.bytes)
        };
        ClassStatus {
            sent: counters.sent.load(Ordering::Relaxed),
            sent_bytes: counters.sent_bytes.load(Ordering::Relaxed),
            received: counters.received.load(Ordering::Relaxed),
            received_bytes: counters.received_bytes.load(Ordering::Relaxed),
            dropped: counters.dropped.load(Ordering::Relaxed),
            queued,
            queued_bytes,
            waiting,
            waiting_bytes,
        }
    }
}
