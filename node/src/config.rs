//! The configuration of a data directory: `config.toml`, read strictly and judged before anything else is
//! touched.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use suyuan_epcis::problem::Reason;

use crate::codes::node as codes;

/// Least memory of a store, in MiB, and most.
const MEMORY_MIB: std::ops::RangeInclusive<u32> = 16..=1_048_576;

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
        if !MEMORY_MIB.contains(&configuration.memory_mib) {
            return Err(wrong(&format!("memory_mib: {} to {}", MEMORY_MIB.start(), MEMORY_MIB.end())));
        }
        for (key, file) in [("validator_key", &configuration.validator_key), ("device_key", &configuration.device_key)]
        {
            // A name within keys/, never a path that leads out of it.
            if file.is_empty() || file.contains(['/', '\\']) || file.starts_with('.') {
                return Err(wrong(&format!("{key}: a file's name")));
            }
        }
        Ok(configuration)
    }

    /// Bytes of memory for the store.
    pub fn memory_bytes(&self) -> usize {
        usize::try_from(self.memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }
}

/// A new directory's file.
pub fn default_text(allow_unencrypted_keys: bool) -> String {
    format!(
        "# Where `suyuan node run` listens. Others than this machine reach it only if it is not 127.0.0.1.\n\
         listen = \"127.0.0.1:8480\"\n\
         # Memory for the store's caches, in MiB.\n\
         memory_mib = 128\n\
         # Files in keys/: the validator's key decides blocks, the device's signs what this node captures.\n\
         validator_key = \"validator.key\"\n\
         device_key = \"device.key\"\n\
         # Whether key files without a passphrase are used: for demonstrations.\n\
         allow_unencrypted_keys = {allow_unencrypted_keys}\n"
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
        assert!(read(&good).unwrap().allow_unencrypted_keys);
        for (from, to, expected) in [
            ("memory_mib = 128", "memory_mb = 128", "line 4"),
            ("memory_mib = 128", "memory_mib = 1", "memory_mib"),
            ("validator.key", "../validator.key", "validator_key"),
            ("127.0.0.1:8480", "here", "line 2"),
        ] {
            let reason = read(&good.replace(from, to)).unwrap_err();
            assert!(reason.to_string().contains(expected), "{reason}");
        }
    }
}
