//! Makes the wires: TCP with Noise and Yamux, QUIC, and names for both.

use std::error::Error;
use std::{fmt, io};

use libp2p::core::Transport as _;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{PeerId, dns, noise, quic, tcp, yamux};

use super::NetworkError;
use super::settings::{Limits, Settings};

/// What libp2p asks of a transport.
pub(super) type Wires = Boxed<(PeerId, StreamMuxerBox)>;

/// So many streams a peer may have open on a connection; it needs two.
const STREAMS_MAX: usize = 16;

/// The identity that a seed makes.
pub(super) fn identity(secret: &[u8; 32]) -> Result<Keypair, NetworkError> {
    Keypair::ed25519_from_bytes(*secret).map_err(|error| NetworkError::Identity(error.to_string()))
}

/// All ways in which a node is reached.
pub(super) fn wires(keypair: &Keypair, settings: &Settings) -> Result<Wires, NetworkError> {
    let named = match dns::tokio::Transport::system(plain(keypair, settings)?) {
        Ok(named) => named.boxed(),
        Err(error) => {
            // A machine without a resolver reaches addresses all the same.
            tracing::warn!(%error, "names of nodes cannot be looked up");
            plain(keypair, settings)?
        }
    };
    Ok(TransportTimeout::new(named, settings.limits.handshake_max).boxed())
}

fn plain(keypair: &Keypair, settings: &Settings) -> Result<Wires, NetworkError> {
    let mut prologue = b"suyuan/".to_vec();
    prologue.extend_from_slice(&settings.chain);
    let noise = noise::Config::new(keypair)
        .map_err(|error| NetworkError::Identity(error.to_string()))?
        // Both sides must say the same, or the handshake fails: those of another chain do not get as far as a name.
        .with_prologue(prologue);
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS_MAX);
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .map_err(|error| error.either(io::Error::other, after_handshake));
    let quic = quic::tokio::Transport::new(quic_config(keypair, &settings.limits))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    Ok(tcp
        .or_transport(quic)
        .map(|either, _| either.into_inner())
        .map_err(|error| error.either(|tcp| tcp, io::Error::other))
        .boxed())
}

fn quic_config(keypair: &Keypair, limits: &Limits) -> quic::Config {
    let mut config = quic::Config::new(keypair);
    config.handshake_timeout = limits.handshake_max;
    config.keep_alive_interval = limits.ping_every;
    // Later than the silence that the handler notices: it knows when it is itself that does not listen.
    config.max_idle_timeout = u32::try_from(2 * limits.silence_max.as_millis()).unwrap_or(u32::MAX);
    config.max_concurrent_stream_limit = STREAMS_MAX as u32;
    config
}

/// The other side had proven its key and the chain, and then closed the connection before it was in use.
///
/// Of two members that dial each other at once, each may do so to the connection that is one too many.
#[derive(Debug)]
pub(super) struct Left(String);

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "closed by the other side: {}", self.0)
    }
}

impl Error for Left {}

/// Why a connection with a finished handshake came to nothing.
fn after_handshake(error: impl Error + Send + Sync + 'static) -> io::Error {
    if causes(&error).any(|cause| cause.is::<io::Error>()) {
        return io::Error::other(Left(error.to_string()));
    }
    io::Error::other(error)
}

/// An error and those behind it; `io::Error` passes over the one it holds.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|held| held as &(dyn Error + 'static)),
        None => error.source(),
    })
}
