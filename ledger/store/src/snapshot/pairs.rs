//! Keys with their values, laid end to end: as they are sent, and as they are handed on.
//!
//! | Bytes | What |
//! |---|---|
//! | 2 | length of the key, little-endian |
//! | 4 | length of the value, little-endian |
//! | … | the key, the value |
//!
//! Packed they are one LZ4 block behind the number of bytes that it unpacks to (4, little-endian).

/// Packed, they have at most so many bytes: what fits into a message.
pub const PACKED_BYTES_MAX: usize = 60 << 20;
/// Unpacked, they have at most so many.
const BYTES_MAX: usize = 192 << 20;
/// Bytes before each key.
const HEAD_BYTES: usize = 6;

/// Pairs of one table, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    bytes: Vec<u8>,
    /// Where each key begins, where its value, and where that ends.
    places: Vec<(usize, usize, usize)>,
}

impl Pairs {
    /// None, with room for so many bytes.
    pub fn with_room(bytes: usize) -> Pairs {
        Pairs { bytes: Vec::with_capacity(bytes), places: Vec::new() }
    }

    /// Adds a pair. What is too long for the format is left out; no key or value of a ledger is.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        let (Ok(key_bytes), Ok(value_bytes)) = (u16::try_from(key.len()), u32::try_from(value.len())) else { return };
        self.bytes.extend_from_slice(&key_bytes.to_le_bytes());
        self.bytes.extend_from_slice(&value_bytes.to_le_bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.places.push((start, middle, self.bytes.len()));
    }

    /// How many pairs.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many bytes they have.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The pair at a place.
    pub fn get(&self, place: usize) -> Option<(&[u8], &[u8])> {
        let (start, middle, end) = *self.places.get(place)?;
        Some((self.bytes.get(start..middle)?, self.bytes.get(middle..end)?))
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len()).map_while(|place| self.get(place))
    }

    /// The last key.
    pub fn last_key(&self) -> Option<&[u8]> {
        self.get(self.len().checked_sub(1)?).map(|(key, _)| key)
    }

    /// Whether the keys ascend strictly, from above this one on.
    pub fn ascend_from<'a>(&'a self, mut last: Option<&'a [u8]>) -> bool {
        self.iter().all(|(key, _)| last.replace(key).is_none_or(|last| last < key))
    }

    /// As they are sent.
    pub fn pack(&self) -> Vec<u8> {
        lz4_flex::block::compress_prepend_size(&self.bytes)
    }

    /// Reads what was sent; none if it is anything else.
    pub fn unpack(packed: &[u8]) -> Option<Pairs> {
        let size = u32::from_le_bytes(*packed.first_chunk()?) as usize;
        if size > BYTES_MAX || packed.len() > PACKED_BYTES_MAX {
            return None;
        }
        let bytes = lz4_flex::block::decompress_size_prepended(packed).ok()?;
        let (mut places, mut next) = (Vec::new(), 0usize);
        while next < bytes.len() {
            let head: &[u8; HEAD_BYTES] = bytes.get(next..)?.first_chunk()?;
            let [a, b, c, d, e, f] = *head;
            let start = next.checked_add(HEAD_BYTES)?;
            let middle = start.checked_add(u16::from_le_bytes([a, b]).into())?;
            next = middle.checked_add(usize::try_from(u32::from_le_bytes([c, d, e, f])).ok()?)?;
            places.push((start, middle, next));
        }
        (next == bytes.len()).then_some(Pairs { bytes, places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: pairs come as they were sent, and nothing else is read as pairs. Method: packed and unpacked; cut, changed
    /// and lengthened at every byte.
    #[test]
    fn packed_and_unpacked() {
        let mut pairs = Pairs::default();
        for number in 0..200u32 {
            pairs.push(&number.to_be_bytes(), &vec![7; number as usize]);
        }
        assert!(pairs.ascend_from(None) && !pairs.ascend_from(Some(&[0; 4])));
        let packed = pairs.pack();
        assert!(packed.len() < pairs.bytes());
        assert_eq!(Pairs::unpack(&packed).unwrap(), pairs);
        for end in 0..packed.len() {
            assert_ne!(Pairs::unpack(&packed[..end]), Some(pairs.clone()), "cut at {end}");
        }
        for place in 0..packed.len() {
            let mut changed = packed.clone();
            changed[place] ^= 0x55;
            // It may be other pairs, never a panic.
            let _ = Pairs::unpack(&changed);
        }
        assert!(Pairs::unpack(&u32::MAX.to_le_bytes()).is_none());
        assert_eq!(Pairs::unpack(&Pairs::default().pack()), Some(Pairs::default()));
    }
}
