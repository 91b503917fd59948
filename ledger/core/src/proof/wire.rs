//! How proofs are laid out in bytes: numbers in as few bytes as they need, differences instead of values.
//!
//! A proof is neither signed nor hashed, so it may be compact; yet one proof has one encoding. A number is
//! written in groups of seven bits, least first, and never in more bytes than it needs; whatever is read
//! is written again and compared ([`super::format::TraceProof::from_bytes`]).

use crate::hash::Hash;

/// Seven bits a byte: a number of 64 bits takes at most so many.
const NUMBER_BYTES_MAX: u32 = 10;

/// Writes a proof.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes were written.
    pub fn position(&self) -> usize {
        self.bytes.len()
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Bytes whose number the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes with their number before them.
    pub fn text(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// A number.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// How many there are of something.
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number as its difference to another; all of both are possible.
    pub fn difference(&mut self, number: u64, before: u64) {
        let difference = number.wrapping_sub(before);
        // The sign goes into the lowest bit, so that small differences to either side stay short.
        self.number(difference << 1 ^ if difference >> 63 == 1 { u64::MAX } else { 0 });
    }

    /// As [`Writer::difference`], of numbers with a sign.
    pub fn time(&mut self, number: i64, before: i64) {
        self.difference(number.cast_unsigned(), before.cast_unsigned());
    }

    /// Hashes with their number before them.
    pub fn hashes(&mut self, hashes: &[Hash]) {
        self.count(hashes.len());
        hashes.iter().for_each(|hash| self.raw(&hash.0));
    }
}

/// Why bytes are not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireError {
    /// They end early, or a number in them is written in more bytes than it needs.
    Malformed,
    /// More of something than a proof may have, or than the bytes can hold.
    TooMany,
}

/// Reads a proof.
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, length: bytes.len() }
    }

    /// How many bytes were read.
    pub fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next bytes.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(WireError::Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, WireError> {
        let (byte, rest) = self.rest.split_first().ok_or(WireError::Malformed)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// The next bytes, of a fixed number.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Malformed)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// A hash.
    pub fn hash(&mut self) -> Result<Hash, WireError> {
        self.array().map(Hash)
    }

    /// Bytes with their number before them, of at most `bytes_max`.
    pub fn text(&mut self, bytes_max: usize) -> Result<&'a [u8], WireError> {
        let count = self.count(bytes_max, 1)?;
        self.raw(count)
    }

    /// A number.
    pub fn number(&mut self) -> Result<u64, WireError> {
        let mut number = 0u64;
        for group in 0..NUMBER_BYTES_MAX {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shift = group * 7;
            // A last group of zeros says nothing; the tenth group has one bit.
            let is_wide = bits << shift >> shift != bits;
            if is_wide || byte == 0 && group > 0 {
                return Err(WireError::Malformed);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(WireError::Malformed)
    }

    /// A number of at most 32 bits.
    pub fn number_u32(&mut self) -> Result<u32, WireError> {
        u32::try_from(self.number()?).map_err(|_| WireError::Malformed)
    }

    /// How many there are of something that takes at least `bytes_each`: at most `count_max`, and not more
    /// than what is left can hold, so that nothing is allocated for a false count.
    pub fn count(&mut self, count_max: usize, bytes_each: usize) -> Result<usize, WireError> {
        let count = usize::try_from(self.number()?).map_err(|_| WireError::TooMany)?;
        match count <= count_max && count <= self.rest.len() / bytes_each.max(1) {
            true => Ok(count),
            false => Err(WireError::TooMany),
        }
    }

    /// A number that was written as its difference to another.
    pub fn difference(&mut self, before: u64) -> Result<u64, WireError> {
        let zigzag = self.number()?;
        let sign = if zigzag & 1 == 1 { u64::MAX } else { 0 };
        Ok(before.wrapping_add(zigzag >> 1 ^ sign))
    }

    /// As [`Reader::difference`], of numbers with a sign.
    pub fn time(&mut self, before: i64) -> Result<i64, WireError> {
        Ok(self.difference(before.cast_unsigned())?.cast_signed())
    }

    /// Hashes with their number before them.
    pub fn hashes(&mut self, count_max: usize) -> Result<Vec<Hash>, WireError> {
        let count = self.count(count_max, 32)?;
        let (hashes, _) = self.raw(count * 32)?.as_chunks::<32>();
        Ok(hashes.iter().map(|bytes| Hash(*bytes)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: numbers and differences come back, each from one encoding. Method: edges of every width to and
    /// fro; every encoding of up to three bytes either is refused or is what the number is written as.
    #[test]
    fn numbers_have_one_encoding() {
        let edges: Vec<u64> =
            (0..64).flat_map(|bit| [1u64 << bit, (1u64 << bit) - 1, !(1u64 << bit)]).chain([0, u64::MAX]).collect();
        for number in edges.iter().copied() {
            for before in edges.iter().copied() {
                let mut writer = Writer::default();
                writer.number(number);
                writer.difference(number, before);
                writer.time(number.cast_signed(), before.cast_signed());
                let bytes = writer.into_bytes();
                let mut reader = Reader::new(&bytes);
                assert_eq!(reader.number(), Ok(number));
                assert_eq!(reader.difference(before), Ok(number));
                assert_eq!(reader.time(before.cast_signed()), Ok(number.cast_signed()));
                assert!(reader.is_empty());
            }
        }
        for bits in 0..1u32 << 24 {
            let bytes = bits.to_le_bytes();
            let mut reader = Reader::new(&bytes[..3]);
            if let Ok(number) = reader.number() {
                let mut writer = Writer::default();
                writer.number(number);
                assert_eq!(writer.into_bytes(), bytes[..reader.position()]);
            }
        }
        assert_eq!(Reader::new(&[0xff; 10]).number(), Err(WireError::Malformed));
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).number(), Ok(u64::MAX));
    }

    /// Goal: a false count allocates nothing. Method: counts above the limit and above what follows.
    #[test]
    fn counts_are_bounded() {
        let mut writer = Writer::default();
        writer.number(3);
        writer.raw(&[0; 5]);
        let bytes = writer.into_bytes();
        assert_eq!(Reader::new(&bytes).count(9, 1), Ok(3));
        assert_eq!(Reader::new(&bytes).count(2, 1), Err(WireError::TooMany));
        assert_eq!(Reader::new(&bytes).count(9, 2), Err(WireError::TooMany));
        assert_eq!(Reader::new(&bytes).hashes(9), Err(WireError::TooMany));
    }
}
