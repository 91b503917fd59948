//! Runs the swarm: listens, dials members until they are connected, and tells who was refused.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libp2p::core::transport::ListenerId;
use libp2p::futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{Config, ConnectionDenied, ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use tokio::time::{sleep, sleep_until, timeout};

use super::address::{tcp_socket, to_listen};
use super::behaviour::{Behaviour, BehaviourEvent};
use super::each::lock;
use super::peer::{Denial, Peer, Reach};
use super::shared::Shared;
use super::transport::{Left, Wires, causes};
use super::{NetworkError, NodeKey, Refusal};

/// A connection that lasted so long was a good one: when it is lost, the member is dialled at once.
const GOOD_AFTER: Duration = Duration::from_secs(1);
/// And that is after so long at most; a little later at random, or both sides would always dial at once.
const AT_ONCE: Duration = Duration::from_millis(100);
/// After so many attempts in a row it is logged that a member cannot be reached.
const LOG_AFTER: u32 = 6;
/// For so long it is waited that what was sent is read, and then that connections are closed.
const STOP_MAX: Duration = Duration::from_secs(1);
/// For so long it is waited for the addresses of the listeners.
const LISTEN_MAX: Duration = Duration::from_secs(5);
/// So long until an address that is taken is tried again.
const LISTEN_PAUSE: Duration = Duration::from_millis(100);
/// Streams that one connection may have in negotiation; it needs two.
const NEGOTIATING_MAX: usize = 8;

/// How far a member has been dialled.
struct Dial {
    peer: Arc<Peer>,
    addresses: Vec<Multiaddr>,
    /// The one that answered last, which is tried first.
    best: Option<Multiaddr>,
    /// Attempts in a row that came to nothing.
    failures: u32,
    next: Instant,
    under_way: Option<ConnectionId>,
    /// A connection is open, and not yet in use.
    is_opening: bool,
    connected_since: Option<Instant>,
}

impl Dial {
    fn new(peer: Arc<Peer>, now: Instant) -> Dial {
        Dial {
            peer,
            addresses: Vec::new(),
            best: None,
            failures: 0,
            next: now,
            under_way: None,
            is_opening: false,
            connected_since: None,
        }
    }

    /// An attempt came to nothing.
    fn fail(&mut self, first: Duration, most: Duration, now: Instant) {
        let wait = first.saturating_mul(1 << self.failures.min(16)).min(most);
        self.failures = self.failures.saturating_add(1);
        // Between three quarters and all of it.
        self.next = now + wait.mul_f64(0.75 + 0.25 * chance());
    }

    /// The connection that was in use is not any more.
    fn lose(&mut self, since: Instant, first: Duration, most: Duration, now: Instant) {
        self.is_opening = false;
        if now.saturating_duration_since(since) < GOOD_AFTER {
            return self.fail(first, most, now);
        }
        self.failures = 0;
        self.next = now + AT_ONCE.min(first).mul_f64(chance());
    }

    fn addresses_in_order(&self) -> Vec<Multiaddr> {
        let mut addresses = self.addresses.clone();
        // Stable: those that are not the best keep their order.
        addresses.sort_by_key(|address| self.best.as_ref() != Some(address));
        addresses
    }
}

/// From 0 to 1, different each time: enough to keep two nodes out of step.
fn chance() -> f64 {
    let drawn = RandomState::new().build_hasher().finish();
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}

/// What the network's task does.
pub(super) struct Driver {
    shared: Arc<Shared>,
    swarm: Swarm<Behaviour>,
    dials: HashMap<NodeKey, Dial>,
}

impl Driver {
    /// Starts to listen. Done once it is known on which addresses.
    pub async fn listen(
        shared: Arc<Shared>,
        keypair: &Keypair,
        wires: Wires,
        listen: &[String],
    ) -> Result<Driver, NetworkError> {
        let config = Config::with_tokio_executor()
            // One address at a time: of two that answer at once, the surplus one would look like a second dialler.
            .with_dial_concurrency_factor(NonZeroU8::MIN)
            .with_max_negotiating_inbound_streams(NEGOTIATING_MAX)
            // A handler keeps its connection until it ends it, and then at once.
            .with_idle_connection_timeout(Duration::ZERO);
        let swarm = Swarm::new(wires, Behaviour::new(shared.clone()), keypair.public().to_peer_id(), config);
        let mut driver = Driver { shared, swarm, dials: HashMap::new() };
        let mut waiting: HashMap<ListenerId, &String> = HashMap::new();
        for (text, address) in free_addresses(listen).await? {
            let listener = driver.swarm.listen_on(address);
            let failed = |error| NetworkError::Listen { address: text.clone(), why: format!("{error}") };
            waiting.insert(listener.map_err(failed)?, text);
        }
        let deadline = tokio::time::Instant::now() + LISTEN_MAX;
        while let Some(text) = waiting.values().next().copied() {
            let failed = |why: String| NetworkError::Listen { address: text.clone(), why };
            let event = tokio::time::timeout_at(deadline, driver.swarm.select_next_some()).await;
            let event = event.map_err(|_| failed("it takes too long".to_owned()))?;
            if let SwarmEvent::ListenerClosed { reason: Err(error), .. } = &event {
                return Err(failed(error.to_string()));
            }
            if let SwarmEvent::NewListenAddr { listener_id, .. } = &event {
                waiting.remove(listener_id);
            }
            driver.note(event);
        }
        Ok(driver)
    }

    /// Runs until the network is stopped.
    pub async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        while !shared.is_stopping() {
            let next = self.plan();
            tokio::select! {
                event = self.swarm.select_next_some() => self.note(event),
                () = shared.changed.notified() => {}
                () = sleep_until(next.into()) => {}
            }
        }
        self.stop().await;
    }

    /// Dials whom it is time to dial. When to look again.
    fn plan(&mut self) -> Instant {
        let now = Instant::now();
        let peers = self.shared.peers();
        let listed: HashSet<NodeKey> = peers.iter().map(|peer| peer.key).collect();
        self.dials.retain(|key, _| listed.contains(key));
        let mut next = now + Duration::from_secs(60);
        for peer in peers {
            let dial = self.dials.entry(peer.key).or_insert_with(|| Dial::new(peer.clone(), now));
            if !Arc::ptr_eq(&dial.peer, &peer) {
                // Was removed and listed again meanwhile.
                *dial = Dial::new(peer.clone(), now);
            }
            let limits = &self.shared.limits;
            let (first, most) = (limits.redial_first, limits.redial_max);
            {
                let addresses = lock(&peer.addresses);
                if dial.addresses != *addresses {
                    dial.addresses.clone_from(&addresses);
                    (dial.failures, dial.next) = (0, now);
                }
            }
            let reach = peer.reach();
            if reach == Reach::Connected {
                dial.connected_since.get_or_insert(now);
                continue;
            }
            if let Some(since) = dial.connected_since.take() {
                dial.lose(since, first, most, now);
            }
            match reach {
                Reach::Connected => {}
                Reach::Opening => dial.is_opening = true,
                Reach::Refused(until) => {
                    (dial.is_opening, dial.next) = (false, until);
                    next = next.min(until);
                }
                Reach::Away => {
                    if std::mem::take(&mut dial.is_opening) {
                        dial.fail(first, most, now);
                    }
                    if dial.under_way.is_none() && !dial.addresses.is_empty() {
                        if dial.next <= now {
                            Self::dial(&mut self.swarm, dial, first, most, now);
                        }
                        next = next.min(dial.next.max(now));
                    }
                }
            }
        }
        next
    }

    fn dial(swarm: &mut Swarm<Behaviour>, dial: &mut Dial, first: Duration, most: Duration, now: Instant) {
        let options = DialOpts::peer_id(dial.peer.id)
            .condition(PeerCondition::Always)
            .addresses(dial.addresses_in_order())
            // From the port that is listened on, two nodes that dial each other at once would meet in one connection
            // of which both are the dialler.
            .allocate_new_port()
            .build();
        let connection = options.connection_id();
        // Failures to come are told by an event; it is not dialled again before.
        match swarm.dial(options) {
            Ok(()) => {
                dial.under_way = Some(connection);
                dial.next = now + most;
            }
            Err(error) => {
                tracing::debug!(peer = %dial.peer.id, %error, "cannot dial");
                dial.fail(first, most, now);
            }
        }
    }

    /// Notes what happened in the swarm.
    fn note(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening");
                lock(&self.shared.listening).push(address.to_string());
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                lock(&self.shared.listening).retain(|other| *other != address.to_string());
            }
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                tracing::error!(?addresses, ?reason, "does not listen any more");
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed to accept"),
            SwarmEvent::ConnectionEstablished { connection_id, endpoint, .. } if endpoint.is_dialer() => {
                let mut address = endpoint.get_remote_address().clone();
                if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
                    address.pop();
                }
                if let Some(dial) = self.under_way(connection_id) {
                    dial.under_way = None;
                    dial.is_opening = true;
                    dial.best = Some(address);
                }
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, peer_id, .. } => {
                if let Some(why) = refusal(&error) {
                    self.shared.refused(send_back_addr.to_string(), peer_id, why);
                } else {
                    tracing::debug!(address = %send_back_addr, %error, "a connection was not taken");
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, peer_id } => {
                self.note_failure(connection_id, &error, peer_id);
            }
            _ => {}
        }
    }

    fn under_way(&mut self, connection: ConnectionId) -> Option<&mut Dial> {
        self.dials.values_mut().find(|dial| dial.under_way == Some(connection))
    }

    /// Somebody could not be dialled.
    fn note_failure(&mut self, connection: ConnectionId, error: &DialError, peer: Option<PeerId>) {
        if let DialError::WrongPeerId { obtained, address } = error {
            self.shared.refused(address.to_string(), Some(*obtained), Refusal::WrongKey);
        }
        let limits = Arc::clone(&self.shared.limits);
        let Some(dial) = self.under_way(connection) else { return };
        dial.under_way = None;
        dial.fail(limits.redial_first, limits.redial_max, Instant::now());
        if dial.failures == LOG_AFTER {
            tracing::warn!(?peer, %error, "a member cannot be reached");
        } else {
            tracing::debug!(?peer, %error, "a member was not reached");
        }
    }

    /// Lets the handlers write what waits and the peers read it, closes the connections that are left, and ends.
    async fn stop(mut self) {
        let is_done = timeout(STOP_MAX, self.until_alone()).await.is_ok();
        let left: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in left {
            // Says whether there was a connection; there may not be one by now.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let is_closed = timeout(STOP_MAX, self.until_alone()).await.is_ok();
        tracing::info!(is_done, is_closed, "the network has stopped");
    }

    async fn until_alone(&mut self) {
        while self.swarm.connected_peers().next().is_some() {
            self.swarm.select_next_some().await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // However it came to its end: who listens is told.
        self.shared.stop();
        self.shared.set_members(Vec::new());
        self.shared.inbox.end();
    }
}

/// The addresses to listen on. That no other process does so is seen here: libp2p shares ports of TCP, and then each of
/// two nodes would get some of the connections of both. What is left of a process that has just ended may hold one a moment
/// longer.
async fn free_addresses(listen: &[String]) -> Result<Vec<(&String, Multiaddr)>, NetworkError> {
    let (mut addresses, deadline) = (Vec::new(), Instant::now() + LISTEN_MAX);
    for text in listen {
        let address = to_listen(text).map_err(NetworkError::Address)?;
        if let Some(socket) = tcp_socket(&address) {
            let failed = |error| NetworkError::Listen { address: text.clone(), why: format!("{error}") };
            loop {
                match std::net::TcpListener::bind(socket) {
                    Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < deadline => {
                        sleep(LISTEN_PAUSE).await;
                    }
                    bound => break drop(bound.map_err(failed)?),
                }
            }
        }
        addresses.push((text, address));
    }
    Ok(addresses)
}

/// What to tell of a connection that came in and was not taken, if it is of interest.
fn refusal(error: &ListenError) -> Option<Refusal> {
    match error {
        ListenError::Denied { cause } => denial(cause),
        // Nothing was refused to it, and nothing failed.
        ListenError::Transport(error) if causes(error).any(|cause| cause.is::<Left>()) => None,
        ListenError::Transport(error) => Some(Refusal::Handshake(all_causes(error))),
        ListenError::Aborted | ListenError::LocalPeerId { .. } | ListenError::WrongPeerId { .. } => None,
    }
}

/// What an error and those behind it say, without what is said twice.
fn all_causes(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).fold(String::new(), |told, cause| match cause.to_string() {
        text if told.contains(&text) => told,
        text if told.is_empty() => text,
        text => format!("{told}: {text}"),
    })
}

fn denial(cause: &ConnectionDenied) -> Option<Refusal> {
    match cause.downcast_ref::<Denial>() {
        Some(Denial::NotListed) => Some(Refusal::NotListed),
        Some(Denial::Penalised) => Some(Refusal::Penalised),
        Some(Denial::Surplus | Denial::Stopping) => None,
        // The other behaviour counts connections.
        Some(Denial::TooManyFromThere) | None => Some(Refusal::TooMany),
    }
}
