//! The configuration of a data directory: `config.toml`, read strictly and judged before anything else is
//! touched.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;

use crate::codes::node as codes;
use crate::network::{NodeKey, check_address};

/// Least memory of a store, in MiB, and most.
const MEMORY_MIB: std::ops::RangeInclusive<u32> = 16..=1_048_576;
/// Least connections that a node holds open, and most.
const CONNECTIONS: std::ops::RangeInclusive<u32> = 8..=65_536;
/// Least requests that a node works on at once, and most.
const REQUESTS: std::ops::RangeInclusive<u32> = 1..=1_024;

/// What `config.toml` says. Members that are unknown are refused: a slip must not pass for a default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where `suyuan node run` listens.
    pub listen: SocketAddr,
    /// Memory for the store's caches, in MiB.
    pub memory_mib: u32,
    /// The file in `keys/` of the validator's key.
    pub validator_key: String,
    /// The file in `keys/` with which the node signs what its own organisation captures.
    pub device_key: String,
    /// Whether key files without a passphrase are used.
    pub allow_unencrypted_keys: bool,
    /// Whether this is an audit node: it has no vote, takes nothing in, and watches those who decide.
    #[serde(default)]
    pub audit: bool,
    /// How this node and those of the other members reach each other; a network of several needs it.
    pub network: Option<NetworkTable>,
    /// How requests are served.
    #[serde(default)]
    pub http: Http,
    /// Who may ask what without an account.
    #[serde(default)]
    pub access: Access,
    /// The certificate of `https`; without it the node talks plain HTTP.
    pub tls: Option<Tls>,
    /// What is logged, and how.
    #[serde(default)]
    pub log: Log,
}

/// How nodes reach each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkTable {
    /// Multiaddresses at which this node listens for others: `/ip4/0.0.0.0/tcp/8490`, `/ip4/0.0.0.0/udp/8490/quic-v1`.
    pub listen: Vec<String>,
    /// Where nodes of other members are. Who may connect says the ledger; whoever is not named here has to dial.
    #[serde(default)]
    pub peers: Vec<PeerTable>,
    /// How a node without a ledger comes by it.
    #[serde(default)]
    pub join: JoinBy,
    /// So many blocks others must be ahead for a snapshot to be taken.
    #[serde(default = "join_blocks_default")]
    pub join_blocks: u64,
}

fn join_blocks_default() -> u64 {
    1_000
}

/// How a node without a ledger comes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinBy {
    /// It takes the contents as of a checkpoint, and checks them against it.
    #[default]
    Snapshot,
    /// It applies every block from the first one on.
    Replay,
}

/// Where another member's node is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerTable {
    /// Its public key, 64 digits of hex.
    pub key: String,
    /// Its multiaddresses, tried in turn: `/dns4/node.example.org/tcp/8490`.
    pub addresses: Vec<String>,
}

impl PeerTable {
    /// Its key.
    pub fn node_key(&self) -> Option<NodeKey> {
        Hash::from_hex(&self.key).map(|key| key.0)
    }
}

/// How requests are served.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Connections held open at most.
    pub connections_max: u32,
    /// Requests worked on at once at most.
    pub requests_max: u32,
    /// Whether the node may listen without TLS where others than this machine reach it.
    pub allow_plain: bool,
}

impl Default for Http {
    fn default() -> Http {
        Http { connections_max: 512, requests_max: 128, allow_plain: false }
    }
}

/// Who may ask what without an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Whether programs on this machine need no token.
    pub open_loopback: bool,
    /// Whether nobody needs a token to read.
    pub public_reads: bool,
}

impl Default for Access {
    fn default() -> Access {
        Access { open_loopback: true, public_reads: false }
    }
}

/// The certificate of `https`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The file of the certificate and those above it, in PEM; relative to the data directory.
    pub certificate: PathBuf,
    /// The file of its private key, in PEM.
    pub key: PathBuf,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The least that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What stops the node, or a request that fails for its sake.
    Error,
    /// What an operator should look at.
    #[default]
    Warn,
    /// Start, stop, every write.
    Info,
    /// Every request.
    Debug,
}

/// What is logged, on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How.
    pub format: LogFormat,
    /// The least.
    pub level: LogLevel,
}

impl Configuration {
    /// Reads a configuration; `name` is the file's, for messages.
    pub fn parse(text: &str, name: &Path) -> Result<Configuration, Reason> {
        let wrong = |what: &str| Reason::new(codes::CONFIGURATION, &[&name.display().to_string(), what]);
        let configuration: Configuration = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text.get(..span.start).unwrap_or("").matches('\n').count() + 1);
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            wrong(&format!("{line}{}", error.message()))
        })?;
        let Configuration { memory_mib, http, .. } = &configuration;
        for (key, value, range) in [
            ("memory_mib", *memory_mib, MEMORY_MIB),
            ("http.connections_max", http.connections_max, CONNECTIONS),
            ("http.requests_max", http.requests_max, REQUESTS),
        ] {
            if !range.contains(&value) {
                return Err(wrong(&format!("{key}: {} to {}", range.start(), range.end())));
            }
        }
        if http.requests_max > http.connections_max {
            return Err(wrong("http.requests_max: at most http.connections_max"));
        }
        for (key, file) in [("validator_key", &configuration.validator_key), ("device_key", &configuration.device_key)]
        {
            // A name within keys/, never a path that leads out of it.
            if file.is_empty() || file.contains(['/', '\\']) || file.starts_with('.') {
                return Err(wrong(&format!("{key}: a file's name")));
            }
        }
        if let Some(network) = &configuration.network {
            network.check().map_err(|what| wrong(&format!("network: {what}")))?;
        }
        if let Some(Tls { certificate, key }) = &configuration.tls
            && (certificate.as_os_str().is_empty() || key.as_os_str().is_empty())
        {
            return Err(wrong("tls: the names of two files, certificate and key"));
        }
        configuration.check_listener(configuration.listen)?;
        Ok(configuration)
    }

    /// Refuses to talk plain HTTP where others than this machine listen, unless that is wanted: tokens would go
    /// over the wire for all to read.
    pub fn check_listener(&self, listen: SocketAddr) -> Result<(), Reason> {
        match self.tls.is_some() || self.http.allow_plain || listen.ip().is_loopback() {
            true => Ok(()),
            false => Err(Reason::new(codes::PLAIN_HTTP, &[&listen.to_string()])),
        }
    }

    /// Bytes of memory for the store.
    pub fn memory_bytes(&self) -> usize {
        usize::try_from(self.memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }
}

impl NetworkTable {
    fn check(&self) -> Result<(), String> {
        let peers = self.peers.iter().flat_map(|peer| &peer.addresses);
        for address in self.listen.iter().chain(peers) {
            check_address(address).map_err(|error| error.to_string())?;
        }
        match self.peers.iter().find(|peer| peer.node_key().is_none()) {
            Some(peer) => Err(format!("key {}: 64 digits of hex", peer.key)),
            None => Ok(()),
        }
    }
}

/// A new directory's file.
pub fn default_text(allow_unencrypted_keys: bool) -> String {
    format!(
        "# Where `suyuan node run` listens. Others than this machine reach it only if it is not 127.0.0.1;\n\
         # then it needs [tls] below, or http.allow_plain.\n\
         listen = \"127.0.0.1:8480\"\n\
         # Memory for the store's caches, in MiB.\n\
         memory_mib = 128\n\
         # Files in keys/: the validator's key decides blocks, the device's signs what this node captures.\n\
         validator_key = \"validator.key\"\n\
         device_key = \"device.key\"\n\
         # Whether key files without a passphrase are used: for demonstrations.\n\
         allow_unencrypted_keys = {allow_unencrypted_keys}\n\
         \n\
         # The rest may be left out; these are the defaults (docs/operate/node.md).\n\
         # Whether this node only watches: no vote, no captures, alarms (docs/operate/network.md).\n\
         audit = false\n\
         \n\
         [http]\n\
         connections_max = 512\n\
         requests_max = 128\n\
         allow_plain = false\n\
         \n\
         # Accounts are made by `suyuan node account add`. Who has none may ask only what is open here.\n\
         [access]\n\
         open_loopback = true\n\
         public_reads = false\n\
         \n\
         # In a network of several: where this node listens for those of other members, and where they are\n\
         # (docs/operate/network.md). Who may connect says the ledger.\n\
         # [network]\n\
         # listen = [\"/ip4/0.0.0.0/tcp/8490\"]\n\
         # join = \"snapshot\"\n\
         # join_blocks = 1000\n\
         # [[network.peers]]\n\
         # key = \"64 digits of hex\"\n\
         # addresses = [\"/dns4/node.example.org/tcp/8490\"]\n\
         \n\
         # [tls]\n\
         # certificate = \"tls/certificate.pem\"\n\
         # key = \"tls/key.pem\"\n\
         \n\
         # On standard error. format: text, json; level: error, warn, info, debug.\n\
         [log]\n\
         format = \"text\"\n\
         level = \"warn\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: what is written is read, and slips are refused with their line. Method: change lines of the file.
    #[test]
    fn strict() {
        let good = default_text(true);
        let read = |text: &str| Configuration::parse(text, Path::new("config.toml"));
        let parsed = read(&good).unwrap();
        assert!(parsed.allow_unencrypted_keys);
        assert_eq!((parsed.http, parsed.access, parsed.log), Default::default());
        for (from, to, expected) in [
            ("memory_mib = 128", "memory_mb = 128", "line 5"),
            ("memory_mib = 128", "memory_mib = 1", "memory_mib"),
            ("validator.key", "../validator.key", "validator_key"),
            ("127.0.0.1:8480", "here", "line 3"),
            ("requests_max = 128", "requests_max = 0", "http.requests_max"),
            ("requests_max = 128", "requests_max = 1000", "http.connections_max"),
            ("connections_max = 512", "connections_max = 100000", "http.connections_max"),
            ("public_reads = false", "public_read = false", "public_read"),
            ("level = \"warn\"", "level = \"loud\"", "loud"),
            ("[log]", "[tls]\ncertificate = \"\"\nkey = \"\"\n[log]", "tls"),
            ("127.0.0.1:8480", "0.0.0.0:8480", "0.0.0.0:8480"),
        ] {
            let reason = read(&good.replace(from, to)).unwrap_err();
            assert!(reason.to_string().contains(expected), "{reason}");
        }
    }

    // Goal: a file from before these tables were there is read as before. Method: one without them.
    #[test]
    fn older() {
        let good = default_text(false);
        let older = good.split("\n\n").next().unwrap();
        let read = Configuration::parse(older, Path::new("config.toml")).unwrap();
        assert_eq!(read, Configuration::parse(&good, Path::new("config.toml")).unwrap());
    }

    // Goal: nobody but this machine is talked to without TLS by mistake. Method: each way to allow it.
    #[test]
    fn plain_http() {
        let good = default_text(false).replace("127.0.0.1:8480", "0.0.0.0:8480");
        let read = |text: &str| Configuration::parse(text, Path::new("config.toml"));
        assert_eq!(read(&good).unwrap_err().code.id, codes::PLAIN_HTTP.id);
        assert!(read(&good.replace("allow_plain = false", "allow_plain = true")).is_ok());
        assert!(read(&good.replace("[log]", "[tls]\ncertificate = \"a\"\nkey = \"b\"\n[log]")).is_ok());
    }
}
