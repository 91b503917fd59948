//! Moves messages between one connection and the queues of its peer.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::futures::AsyncWrite;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::handler::{
    ConnectionEvent, ConnectionHandler, ConnectionHandlerEvent, DialUpgradeError, FullyNegotiatedInbound,
    FullyNegotiatedOutbound, StreamUpgradeError, SubstreamProtocol,
};
use libp2p::{Stream, StreamProtocol};
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep};

use super::each::Each;
use super::frame::{FrameReader, FrameWriter};
use super::peer::Peer;
use super::shared::Shared;
use super::{Class, Refusal};

/// So often at most one class is turned to before others have their turn.
const ROUNDS_MAX: usize = 32;
/// Points for a message that is longer than allowed.
const MISBEHAVED_POINTS: u32 = 50;
/// A connection with a peer of another chain is held so long after its streams were refused here: who closes at once would take
/// the refusal of its own streams from the other side, whose operator would never learn why they do not connect.
const LINGER: Duration = Duration::from_millis(200);

/// The protocol of a class.
#[derive(Clone)]
pub(super) struct Name {
    class: Class,
    protocol: StreamProtocol,
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.protocol.as_ref()
    }
}

/// Takes a stream of either class.
pub(super) struct Accept([Name; 2]);

impl UpgradeInfo for Accept {
    type Info = Name;
    type InfoIter = [Name; 2];

    fn protocol_info(&self) -> [Name; 2] {
        self.0.clone()
    }
}

impl InboundUpgrade<Stream> for Accept {
    type Output = (Class, Stream);
    type Error = Infallible;
    type Future = Ready<Result<(Class, Stream), Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: Name) -> Self::Future {
        ready(Ok((name.class, stream)))
    }
}

/// Opens a stream of one class.
pub(super) struct Open(Name);

impl UpgradeInfo for Open {
    type Info = Name;
    type InfoIter = iter::Once<Name>;

    fn protocol_info(&self) -> iter::Once<Name> {
        iter::once(self.0.clone())
    }
}

impl OutboundUpgrade<Stream> for Open {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, _name: Name) -> Self::Future {
        ready(Ok(stream))
    }
}

/// Asks that the connection be closed, since it does not end by itself.
#[derive(Debug)]
pub(super) struct Close;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Streams are being opened. That the other side takes them tells that it has let this connection in.
    Opening,
    /// Messages flow.
    Used,
    /// All streams are dropped, and the connection ends for want of them.
    Ending,
}

/// Why a connection is ended.
enum Fault {
    /// A stream has ended or failed.
    Lost(String),
    Silent,
    NotOpened,
    OtherChain,
    Misbehaved(String),
}

/// The two streams of a class.
#[derive(Default)]
struct Lane {
    writer: Option<(Stream, FrameWriter)>,
    reader: Option<(Stream, FrameReader)>,
    /// Until what was read is within the limits.
    pause: Option<Pin<Box<Sleep>>>,
    /// What was received last was not read to its end, for want of room or for a pause.
    is_held: bool,
    /// The other side will send nothing more.
    is_ended: bool,
    asked: bool,
}

/// One connection with a member.
pub(super) struct Handler {
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    connection: ConnectionId,
    address: String,
    names: [Name; 2],
    state: State,
    lanes: Each<Lane>,
    ping_due: bool,
    begun: Instant,
    pinged: Instant,
    silent_ticks: u32,
    tick: Interval,
    ask_close: bool,
    /// Until then it is held, so that the other side too learns why it ends.
    lingers: Option<Pin<Box<Sleep>>>,
}

impl Handler {
    pub fn new(shared: Arc<Shared>, peer: Arc<Peer>, connection: ConnectionId, address: String) -> Handler {
        let mut tick = interval((shared.limits.ping_every / 2).max(Duration::from_millis(10)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let names = Class::ALL.map(|class| Name { class, protocol: shared.protocols.of(class).clone() });
        let now = Instant::now();
        Handler {
            shared,
            peer,
            connection,
            address,
            names,
            state: State::Opening,
            lanes: Each::default(),
            ping_due: true,
            begun: now,
            pinged: now,
            silent_ticks: 0,
            tick,
            ask_close: false,
            lingers: None,
        }
    }

    /// Stops using the connection.
    fn end(&mut self) {
        self.state = State::Ending;
        self.lanes = Each::default();
        self.begun = Instant::now();
        self.peer.deactivate(self.connection);
        self.shared.changed.notify_one();
    }

    fn fail(&mut self, fault: Fault) {
        if self.state == State::Ending {
            return;
        }
        self.end();
        let (peer, address) = (self.peer.id, self.address.clone());
        match fault {
            Fault::Lost(why) => tracing::debug!(%peer, address, why, "a connection was lost"),
            Fault::Silent => tracing::info!(%peer, address, "a peer is silent"),
            Fault::NotOpened => tracing::debug!(%peer, address, "a connection did not come into use"),
            Fault::OtherChain => {
                self.lingers = Some(Box::pin(sleep(LINGER)));
                self.shared.refused(address, Some(peer), Refusal::OtherChain);
            }
            Fault::Misbehaved(what) => {
                self.shared.refused(address, Some(peer), Refusal::Misbehaved(what));
                self.shared.penalise(&self.peer, MISBEHAVED_POINTS);
            }
        }
    }

    /// Looks at the clock.
    fn look_at_clock(&mut self, context: &mut Context<'_>) -> Result<(), Fault> {
        let limits = Arc::clone(&self.shared.limits);
        while self.tick.poll_tick(context).is_ready() {
            match self.state {
                State::Opening if self.begun.elapsed() > limits.handshake_max => return Err(Fault::NotOpened),
                State::Opening => {}
                // Should have ended at once, unless the other side keeps opening streams.
                State::Ending => {
                    self.ask_close = self.lingers.is_none() && self.begun.elapsed() > limits.ping_every / 4;
                }
                State::Used => {
                    if self.pinged.elapsed() + Duration::from_millis(20) >= limits.ping_every {
                        self.ping_due = true;
                    }
                    if self.lanes.of(Class::Consensus).is_held {
                        // This side does not listen: that nothing is heard says nothing.
                        self.peer.hear();
                    }
                    let silent = self.peer.heard_for() > limits.silence_max;
                    self.silent_ticks = if silent { self.silent_ticks + 1 } else { 0 };
                    // Twice, since this process itself may have stood still.
                    if self.silent_ticks > 1 {
                        return Err(Fault::Silent);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the connection into use once all that is needed is there.
    fn try_use(&mut self) {
        let is_open = Class::ALL.iter().all(|class| self.lanes.of(*class).writer.is_some());
        if self.state != State::Opening || !is_open {
            return;
        }
        if self.peer.activate(self.connection, &self.address) {
            self.state = State::Used;
            self.ping_due = true;
            self.shared.changed.notify_one();
        } else {
            self.end();
        }
    }

    /// Writes what waits to be sent.
    fn write(&mut self, class: Class, context: &mut Context<'_>) -> Result<(), Fault> {
        let lane = self.lanes.of_mut(class);
        let Some((stream, writer)) = &mut lane.writer else { return Ok(()) };
        if class == Class::Consensus && self.ping_due && writer.has_room() {
            writer.push(Arc::from([]));
            self.ping_due = false;
            self.pinged = Instant::now();
        }
        for _ in 0..ROUNDS_MAX {
            while writer.has_room() {
                let Some(message) = self.peer.next_outgoing(class, context) else { break };
                writer.push(message);
            }
            if writer.is_empty() {
                // At the end the other side is told so: once it has read all, it closes the connection.
                let is_last = self.shared.is_stopping();
                let mut stream = Pin::new(stream);
                let done = if is_last { stream.as_mut().poll_close(context) } else { stream.poll_flush(context) };
                return match done {
                    Poll::Ready(Ok(())) => {
                        if is_last {
                            lane.writer = None;
                        }
                        Ok(())
                    }
                    Poll::Ready(Err(error)) => Err(Fault::Lost(error.to_string())),
                    Poll::Pending => Ok(()),
                };
            }
            match writer.poll_write(stream, context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Err(Fault::Lost(error.to_string())),
                Poll::Pending => return Ok(()),
            }
        }
        context.waker().wake_by_ref();
        Ok(())
    }

    /// Reads what has come, as long as there is room for it.
    fn read(&mut self, class: Class, context: &mut Context<'_>) -> Result<(), Fault> {
        let limits = Arc::clone(&self.shared.limits);
        let peer = Arc::clone(&self.peer);
        let lane = self.lanes.of_mut(class);
        let Some((stream, reader)) = &mut lane.reader else { return Ok(()) };
        let mut messages = 0;
        for _ in 0..ROUNDS_MAX {
            lane.is_held = true;
            if let Some(pause) = &mut lane.pause {
                if pause.as_mut().poll(context).is_pending() {
                    return Ok(());
                }
                lane.pause = None;
            }
            while !peer.is_full(class, context) {
                let message = reader.take(limits.class(class).message_bytes_max);
                let message = message.map_err(|long| Fault::Misbehaved(format!("a message of {} bytes", long.0)))?;
                let Some(message) = message else {
                    lane.is_held = false;
                    break;
                };
                messages += 1;
                if !message.is_empty() {
                    peer.receive(class, message);
                }
            }
            if lane.is_held {
                peer.spend(class, 0, messages);
                return Ok(());
            }
            match reader.poll_fill(stream, context) {
                Poll::Ready(Ok(0)) => {
                    lane.reader = None;
                    lane.is_ended = true;
                    let all = Class::ALL.iter().all(|class| self.lanes.of(*class).is_ended);
                    return if all { Err(Fault::Lost("the streams have ended".to_owned())) } else { Ok(()) };
                }
                Poll::Ready(Ok(count)) => {
                    peer.hear();
                    lane.pause = peer.spend(class, count, messages).map(|long| Box::pin(sleep(long)));
                    messages = 0;
                }
                Poll::Ready(Err(error)) => return Err(Fault::Lost(error.to_string())),
                Poll::Pending => {
                    peer.spend(class, 0, messages);
                    return Ok(());
                }
            }
        }
        context.waker().wake_by_ref();
        Ok(())
    }

    fn work(&mut self, context: &mut Context<'_>) -> Result<(), Fault> {
        self.look_at_clock(context)?;
        self.try_use();
        if self.state == State::Used {
            for class in Class::ALL {
                self.write(class, context)?;
                self.read(class, context)?;
            }
        }
        Ok(())
    }

    /// The next class of which no stream was asked for.
    fn next_to_ask(&mut self) -> Option<Name> {
        for name in &self.names {
            if !std::mem::replace(&mut self.lanes.of_mut(name.class).asked, true) {
                return Some(name.clone());
            }
        }
        None
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.peer.release(self.connection);
        self.shared.changed.notify_one();
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Close;
    type InboundProtocol = Accept;
    type OutboundProtocol = Open;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Class;

    fn listen_protocol(&self) -> SubstreamProtocol<Accept> {
        SubstreamProtocol::new(Accept(self.names.clone()), ()).with_timeout(self.shared.limits.handshake_max)
    }

    fn connection_keep_alive(&self) -> bool {
        self.state != State::Ending || self.lingers.is_some()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Open, Class, Close>> {
        // Before looking, so that what changes afterwards is not missed.
        self.peer.watch(self.connection, context);
        let is_late = self.state == State::Opening && self.shared.is_stopping();
        if self.state != State::Ending && (is_late || self.peer.is_over(self.connection, self.state == State::Used)) {
            self.end();
        }
        if self.state != State::Ending
            && let Some(name) = self.next_to_ask()
        {
            let class = name.class;
            let protocol = SubstreamProtocol::new(Open(name), class).with_timeout(self.shared.limits.handshake_max);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        if let Err(fault) = self.work(context) {
            self.fail(fault);
        }
        if let Some(until) = &mut self.lingers
            && (self.shared.is_stopping() || until.as_mut().poll(context).is_ready())
        {
            self.lingers = None;
        }
        if std::mem::take(&mut self.ask_close) {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Close));
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Accept, Open, (), Class>) {
        if self.state == State::Ending {
            return;
        }
        match event {
            // A newer one takes the place of the older.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: (class, stream), .. }) => {
                let lane = self.lanes.of_mut(class);
                lane.reader = Some((stream, FrameReader::new()));
                lane.is_ended = false;
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                self.lanes.of_mut(info).writer = Some((protocol, FrameWriter::default()));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => self.fail(match error {
                StreamUpgradeError::NegotiationFailed => Fault::OtherChain,
                StreamUpgradeError::Apply(never) => match never {},
                other => Fault::Lost(other.to_string()),
            }),
            _ => {}
        }
    }
}
