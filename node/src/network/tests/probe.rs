//! A peer of libp2p that knows our protocols and none of our manners.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::{Context, Poll};

use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, upgrade::SelectUpgrade};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound, SubstreamProtocol,
};
use libp2p::swarm::{
    Config, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    SwarmEvent, THandler, THandlerInEvent, ToSwarm,
};

use super::*;

/// What a bare peer saw.
#[derive(Debug)]
pub(super) enum Seen {
    Opened(Stream),
    Accepted(Stream),
    NotOpened,
}

/// A peer of libp2p that knows our protocols and none of our manners.
pub(super) struct Probe {
    ask: Vec<StreamProtocol>,
    accept: [StreamProtocol; 2],
    seen: mpsc::UnboundedSender<Seen>,
}

pub(super) struct ProbeHandler {
    ask: VecDeque<StreamProtocol>,
    accept: [StreamProtocol; 2],
    seen: mpsc::UnboundedSender<Seen>,
}

impl ConnectionHandler for ProbeHandler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = SelectUpgrade<ReadyUpgrade<StreamProtocol>, ReadyUpgrade<StreamProtocol>>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        let [one, two] = self.accept.clone().map(ReadyUpgrade::new);
        SubstreamProtocol::new(SelectUpgrade::new(one, two), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        match self.ask.pop_front() {
            Some(name) => Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(ReadyUpgrade::new(name), ()),
            }),
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), ()>,
    ) {
        let seen = match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => {
                Seen::Accepted(protocol.into_inner())
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, .. }) => {
                Seen::Opened(protocol)
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { .. }) => Seen::NotOpened,
            _ => return,
        };
        let _ = self.seen.send(seen);
    }
}

impl NetworkBehaviour for Probe {
    type ConnectionHandler = ProbeHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: Infallible) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

impl Probe {
    fn handler(&self) -> ProbeHandler {
        ProbeHandler { ask: self.ask.clone().into(), accept: self.accept.clone(), seen: self.seen.clone() }
    }

    fn names(chain: &[u8; 32]) -> [StreamProtocol; 2] {
        let shared = Shared::new([0; 32], chain, Limits::default()).unwrap();
        Class::ALL.map(|class| shared.protocols.of(class).clone())
    }

    /// A swarm that asks for our streams on every connection, or does nothing at all.
    pub(super) fn swarm(seed: u8, asks: bool) -> (Swarm<Probe>, mpsc::UnboundedReceiver<Seen>) {
        let settings = settings(seed, &[]);
        let keypair = transport::identity(&settings.secret).unwrap();
        let wires = transport::wires(&keypair, &settings).unwrap();
        let (seen, look) = mpsc::unbounded_channel();
        let names = Probe::names(&CHAIN);
        let probe = Probe { ask: if asks { names.to_vec() } else { Vec::new() }, accept: names, seen };
        let config = Config::with_tokio_executor();
        (Swarm::new(wires, probe, keypair.public().to_peer_id(), config), look)
    }

    /// Drives the swarm until its connection is closed, or could not be made.
    pub(super) async fn until_closed(swarm: &mut Swarm<Probe>) -> bool {
        let mut established = false;
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::ConnectionEstablished { .. } => established = true,
                SwarmEvent::ConnectionClosed { .. } => return true,
                SwarmEvent::OutgoingConnectionError { .. } => return established,
                _ => {}
            }
        }
    }
}
