//! Admits members and nobody else, before a single stream is open.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::behaviour::{ConnectionEstablished, ListenFailure};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, connection_limits};

use super::handler::Handler;
use super::peer::Denial;
use super::settings::Limits;
use super::shared::Shared;

/// What the swarm does: it counts connections, and it admits them.
#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
pub(super) struct Behaviour {
    limits: connection_limits::Behaviour,
    // The last: what it admits is not refused by another.
    gate: Gate,
}

impl Behaviour {
    pub fn new(shared: Arc<Shared>) -> Behaviour {
        let limits = connection_limits(&shared.limits);
        Behaviour { limits, gate: Gate { shared, pending: HashMap::new(), to_close: VecDeque::new(), waker: None } }
    }
}

fn connection_limits(limits: &Limits) -> connection_limits::Behaviour {
    connection_limits::Behaviour::new(
        connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(limits.pending_max))
            .with_max_pending_outgoing(Some(limits.pending_max))
            .with_max_established_per_peer(Some(limits.connections_per_peer_max))
            .with_max_established(Some(limits.connections_max)),
    )
}

/// Lets members in, one connection each.
pub(super) struct Gate {
    shared: Arc<Shared>,
    /// Where those come from that are in their handshake.
    pending: HashMap<ConnectionId, IpAddr>,
    to_close: VecDeque<(PeerId, ConnectionId)>,
    waker: Option<Waker>,
}

impl Gate {
    fn admit(
        &self,
        connection: ConnectionId,
        id: PeerId,
        address: &Multiaddr,
        dialled: bool,
    ) -> Result<Handler, ConnectionDenied> {
        if self.shared.is_stopping() {
            return Err(ConnectionDenied::new(Denial::Stopping));
        }
        let peer = self.shared.find_id(&id).ok_or_else(|| ConnectionDenied::new(Denial::NotListed))?;
        peer.admit(connection, dialled).map_err(ConnectionDenied::new)?;
        Ok(Handler::new(Arc::clone(&self.shared), peer, connection, address.to_string()))
    }
}

fn ip(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => Some(ip.into()),
        Some(Protocol::Ip6(ip)) => Some(ip.into()),
        _ => None,
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = Handler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        if self.shared.is_stopping() {
            return Err(ConnectionDenied::new(Denial::Stopping));
        }
        let Some(ip) = ip(remote) else { return Ok(()) };
        let count = self.pending.values().filter(|other| **other == ip).count();
        if count >= self.shared.limits.pending_per_ip_max as usize {
            return Err(ConnectionDenied::new(Denial::TooManyFromThere));
        }
        self.pending.insert(connection, ip);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending.remove(&connection);
        self.admit(connection, peer, remote, false)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(connection, peer, address, true)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ListenFailure(ListenFailure { connection_id, .. })
            | FromSwarm::ConnectionEstablished(ConnectionEstablished { connection_id, .. }) => {
                self.pending.remove(&connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, _close: THandlerOutEvent<Self>) {
        self.to_close.push_back((peer, connection));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.to_close.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) });
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
