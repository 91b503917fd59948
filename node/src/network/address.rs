//! Reads the addresses and keys of members.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use libp2p::identity::{PublicKey, ed25519};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use super::NodeKey;

/// Why an address or a key is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// It is no multiaddress at all.
    Syntax {
        /// As it was given.
        address: String,
        /// What the parser says.
        why: String,
    },
    /// It is a multiaddress, but neither `…/tcp/port` nor `…/udp/port/quic-v1` behind `/ip4`, `/ip6`, `/dns`, `/dns4`
    /// or `/dns6`; or it is to be dialled and has port 0; or it is to be listened on and has a name.
    Unsupported {
        /// As it was given.
        address: String,
    },
    /// It ends with `/p2p/…` of somebody else.
    OtherPeer {
        /// As it was given.
        address: String,
    },
    /// The member's key is no Ed25519 public key.
    Key(NodeKey),
}

impl fmt::Display for AddressError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::Syntax { address, why } => write!(formatter, "{address:?} is no address: {why}"),
            AddressError::Unsupported { address } => {
                write!(formatter, "{address:?} cannot be used: neither /tcp/port nor /udp/port/quic-v1 of a host")
            }
            AddressError::OtherPeer { address } => write!(formatter, "{address:?} names another peer"),
            AddressError::Key(_) => write!(formatter, "a key is no Ed25519 public key"),
        }
    }
}

impl std::error::Error for AddressError {}

/// Whether an address can be dialled, as far as one can tell without doing so.
pub fn check_address(address: &str) -> Result<(), AddressError> {
    to_dial(address, None).map(|_| ())
}

/// The address as it is dialled: without the peer, which is that of the member.
pub(super) fn to_dial(text: &str, peer: Option<PeerId>) -> Result<Multiaddr, AddressError> {
    let (address, port, _) = parse(text, peer)?;
    if port == 0 { Err(AddressError::Unsupported { address: text.to_owned() }) } else { Ok(address) }
}

/// The address as it is listened on.
pub(super) fn to_listen(text: &str) -> Result<Multiaddr, AddressError> {
    let (address, _, named) = parse(text, None)?;
    if named { Err(AddressError::Unsupported { address: text.to_owned() }) } else { Ok(address) }
}

/// Where it is listened on by TCP, if it is.
pub(super) fn tcp_socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        Some(Protocol::Ip6(ip)) => ip.into(),
        _ => return None,
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The address, its port, and whether its host is a name.
fn parse(text: &str, peer: Option<PeerId>) -> Result<(Multiaddr, u16, bool), AddressError> {
    let mut address: Multiaddr =
        text.parse().map_err(|error| AddressError::Syntax { address: text.to_owned(), why: format!("{error}") })?;
    let last = address.iter().last();
    if let Some(Protocol::P2p(named)) = last {
        if peer.is_some_and(|peer| peer != named) {
            return Err(AddressError::OtherPeer { address: text.to_owned() });
        }
        address.pop();
    }
    let unsupported = || AddressError::Unsupported { address: text.to_owned() };
    let mut parts = address.iter();
    let named = match parts.next() {
        Some(Protocol::Ip4(_) | Protocol::Ip6(_)) => false,
        Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)) => true,
        _ => return Err(unsupported()),
    };
    let port = match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Tcp(port)), None, None) => port,
        (Some(Protocol::Udp(port)), Some(Protocol::QuicV1), None) => port,
        _ => return Err(unsupported()),
    };
    Ok((address, port, named))
}

/// The identity that is made of a key.
pub(super) fn peer_id(key: &NodeKey) -> Result<PeerId, AddressError> {
    let public = ed25519::PublicKey::try_from_bytes(key).map_err(|_| AddressError::Key(*key))?;
    Ok(PublicKey::from(public).to_peer_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_hosts_are_taken_and_others_are_not() {
        for good in [
            "/ip4/10.0.0.1/tcp/4001",
            "/ip6/::1/udp/4001/quic-v1",
            "/dns4/node.example.org/tcp/4001",
            "/dns/node.example.org/udp/4001/quic-v1",
            "/dns6/node.example.org/tcp/1",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "/ip4/10.0.0.1/tcp/0",
            "/ip4/10.0.0.1/udp/4001",
            "/ip4/10.0.0.1/tcp/4001/ws",
            "/dnsaddr/example.org",
            "/tcp/4001",
            "/memory/1",
        ] {
            assert_eq!(check_address(bad), Err(AddressError::Unsupported { address: bad.to_owned() }));
        }
        assert!(matches!(check_address("10.0.0.1:4001"), Err(AddressError::Syntax { .. })));
        assert!(to_listen("/ip4/0.0.0.0/tcp/0").is_ok());
        assert!(to_listen("/dns4/example.org/tcp/1").is_err());
    }

    #[test]
    fn an_address_may_name_its_own_peer_only() {
        let [one, two] = [PeerId::random(), PeerId::random()];
        let text = format!("/ip4/10.0.0.1/tcp/4001/p2p/{one}");
        assert_eq!(to_dial(&text, Some(one)).unwrap().to_string(), "/ip4/10.0.0.1/tcp/4001");
        assert_eq!(to_dial(&text, Some(two)), Err(AddressError::OtherPeer { address: text.clone() }));
    }
}
