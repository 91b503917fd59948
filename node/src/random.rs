//! Random bytes, and names that are nobody else's.

use suyuan_epcis::problem::Reason;

use crate::codes::node as codes;

/// Random bytes of the operating system.
pub fn random<const COUNT: usize>() -> Result<[u8; COUNT], Reason> {
    let mut bytes = [0u8; COUNT];
    getrandom::fill(&mut bytes).map_err(|error| Reason::new(codes::IO, &["random", &error.to_string()]))?;
    Ok(bytes)
}

/// A new URI that is nobody else's: `urn:uuid:` with a random UUID (RFC 9562 §5.4).
pub fn random_uri() -> Result<String, Reason> {
    Ok(uuid_uri(random()?, 4))
}

/// The URI of a UUID of a version, of these bytes but for those that say which version.
pub fn uuid_uri(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
