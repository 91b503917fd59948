//! States what a network is started with, and how much it lets its peers do.

use std::time::Duration;

use super::Class;

const MIB: usize = 1024 * 1024;

/// What one class of messages may take up with one peer, the same in both directions.
#[derive(Debug, Clone)]
pub struct ClassLimits {
    /// A message has at most so many bytes. A peer that announces a longer one is disconnected and penalised.
    pub message_bytes_max: u32,
    /// So many messages wait at most, to be sent and to be handed up each.
    pub queue_messages_max: usize,
    /// They fill at most so many bytes. Of those received, one more may be on its way in.
    pub queue_bytes_max: usize,
    /// So many bytes are read a second: what comes faster waits at the peer.
    pub bytes_per_second: u32,
    /// So many messages are read a second.
    pub messages_per_second: u32,
}

impl ClassLimits {
    /// The default for votes and the like: 1 MiB a message, 4,096 of them or 8 MiB in a queue, 64 MiB and 100,000
    /// messages a second.
    pub fn consensus() -> ClassLimits {
        ClassLimits {
            message_bytes_max: MIB as u32,
            queue_messages_max: 4096,
            queue_bytes_max: 8 * MIB,
            bytes_per_second: 64 * MIB as u32,
            messages_per_second: 100_000,
        }
    }

    /// The default for blocks and the like: 64 MiB a message, 1,024 of them or 128 MiB in a queue, 512 MiB and 50,000
    /// messages a second.
    pub fn bulk() -> ClassLimits {
        ClassLimits {
            message_bytes_max: 64 * MIB as u32,
            queue_messages_max: 1024,
            queue_bytes_max: 128 * MIB,
            bytes_per_second: 512 * MIB as u32,
            messages_per_second: 50_000,
        }
    }
}

/// How much peers may do, and how patient this node is with them. [`Limits::default`] tells the defaults.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For [`Class::Consensus`].
    pub consensus: ClassLimits,
    /// For [`Class::Bulk`].
    pub bulk: ClassLimits,
    /// So many connections may be in their handshake, those that come in and those that go out each: 128.
    pub pending_max: u32,
    /// So many of those that come in may be from one IP address: 16.
    pub pending_per_ip_max: u32,
    /// So many connections may be open with one peer, while surplus ones are being closed: 4.
    pub connections_per_peer_max: u32,
    /// So many connections may be open in all: 1,024.
    pub connections_max: u32,
    /// After so long a handshake, from the first packet until messages flow, is given up: 5 s.
    pub handshake_max: Duration,
    /// So often a peer is told that this node lives: 1 s. All nodes must do so more often than `silence_max`.
    pub ping_every: Duration,
    /// A peer of which nothing was heard for so long is disconnected: 4 s.
    pub silence_max: Duration,
    /// So long a member is left alone after the first attempt to reach it, then twice as long each time: 100 ms.
    pub redial_first: Duration,
    /// But no longer than this: 10 s.
    pub redial_max: Duration,
    /// A peer with more points is disconnected and refused for a while: 100.
    pub score_max: u32,
    /// So many points are forgiven a second: 1.
    pub forgiven_per_second: u32,
    /// So long a peer is refused the first time, then twice as long each time: 10 s.
    pub refused_first: Duration,
    /// But no longer than this: 10 min. Having been good for as long as that clears the record.
    pub refused_max: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            consensus: ClassLimits::consensus(),
            bulk: ClassLimits::bulk(),
            pending_max: 128,
            pending_per_ip_max: 16,
            connections_per_peer_max: 4,
            connections_max: 1024,
            handshake_max: Duration::from_secs(5),
            ping_every: Duration::from_secs(1),
            silence_max: Duration::from_secs(4),
            redial_first: Duration::from_millis(100),
            redial_max: Duration::from_secs(10),
            score_max: 100,
            forgiven_per_second: 1,
            refused_first: Duration::from_secs(10),
            refused_max: Duration::from_secs(600),
        }
    }
}

impl Limits {
    /// Those of a class.
    pub fn class(&self, class: Class) -> &ClassLimits {
        match class {
            Class::Consensus => &self.consensus,
            Class::Bulk => &self.bulk,
        }
    }
}

/// What a network is started with.
pub struct Settings {
    /// The Ed25519 seed of this node's key.
    pub secret: [u8; 32],
    /// The chain: nodes of another one are not spoken with.
    pub chain: [u8; 32],
    /// Where to listen, as multiaddresses: `/ip4/0.0.0.0/tcp/4001`, `/ip6/::/udp/4001/quic-v1`. Port 0 is one that is
    /// free. May be empty: then this node only dials.
    pub listen: Vec<String>,
    /// How much peers may do.
    pub limits: Limits,
}

impl Settings {
    /// With the default limits.
    pub fn new(secret: [u8; 32], chain: [u8; 32], listen: Vec<String>) -> Settings {
        Settings { secret, chain, listen, limits: Limits::default() }
    }
}
