//! Encodes and decodes what is signed, hashed or stored.
//!
//! The layout is our specification (`docs/FORMATS.md`): integers of fixed width, little-endian; a list or
//! text as its length in 8 bytes and then its elements; a structure as its fields in order. The crate
//! `bincode` in its 1.3 layout happens to write it; a test holds another crate to the same bytes.

use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::{Decode, Encode, config};

/// No single encoded thing is larger than this, in bytes: a submission of 4 MiB with its envelope, a proof.
pub const ENCODED_BYTES_MAX: usize = 256 << 20;

/// Why bytes are not an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// More bytes than the limit of this type.
    TooLong,
    /// They end early, or a length in them is impossible.
    Malformed,
    /// Bytes follow the encoded thing.
    Trailing,
    /// Another encoding of the same thing: encoding what was read gives other bytes.
    NotCanonical,
}

/// The bytes of a thing.
pub fn encode<T: Encode>(thing: &T) -> Vec<u8> {
    // Encoding into memory fails only for types that no format here contains (see the crate's docs).
    bincode::encode_to_vec(thing, config::legacy()).unwrap_or_default()
}

/// Appends the bytes of a thing.
pub fn encode_onto<T: Encode>(thing: &T, bytes: &mut Vec<u8>) {
    // As above.
    let _ = bincode::encode_into_writer(thing, Onto(bytes), config::legacy());
}

struct Onto<'a>(&'a mut Vec<u8>);

impl Writer for Onto<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// No longer encoding is made on the stack.
const SMALL_BYTES: usize = 512;

/// What is made of the bytes of a thing: of a small one without memory of its own, since hashes are made of
/// hundreds of thousands of small things.
pub fn with_encoded<T: Encode, R>(thing: &T, make: impl FnOnce(&[u8]) -> R) -> R {
    let mut small = [0; SMALL_BYTES];
    let encoded = bincode::encode_into_slice(thing, &mut small, config::legacy()).ok();
    match encoded.and_then(|length| small.get(..length)) {
        Some(bytes) => make(bytes),
        None => make(&encode(thing)),
    }
}

/// Reads a thing that must fill the bytes exactly, of at most `bytes_max` bytes, and whose encoding
/// must be those bytes.
pub fn decode<T: Decode<()> + Encode>(bytes: &[u8], bytes_max: usize) -> Result<T, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::TooLong);
    }
    let thing = decode_trusted(bytes)?;
    let mut compared = Same { rest: bytes };
    let is_same = bincode::encode_into_writer(&thing, &mut compared, config::legacy()).is_ok();
    if is_same && compared.rest.is_empty() { Ok(thing) } else { Err(DecodeError::NotCanonical) }
}

/// Compares an encoding with bytes instead of keeping it: a body of a MiB is not written once more to be looked at.
struct Same<'a> {
    rest: &'a [u8],
}

impl Writer for &mut Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.rest = self.rest.strip_prefix(bytes).ok_or(EncodeError::Other("another encoding"))?;
        Ok(())
    }
}

/// Reads a thing that this node wrote itself: as [`decode`], but without encoding it again.
pub fn decode_trusted<T: Decode<()>>(bytes: &[u8]) -> Result<T, DecodeError> {
    // The limit bounds what a false length can make the decoder allocate.
    let limited = config::legacy().with_limit::<ENCODED_BYTES_MAX>();
    let (thing, used) = bincode::decode_from_slice(bytes, limited).map_err(|_| DecodeError::Malformed)?;
    if used == bytes.len() { Ok(thing) } else { Err(DecodeError::Trailing) }
}
