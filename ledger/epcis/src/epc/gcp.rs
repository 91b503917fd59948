//! How long the company prefix of a GS1 key is.
//!
//! GS1 publishes which ranges of numbers belong to company prefixes of which length. The table is
//! the list of 2022 (99,839 prefixes), made by `generate/gcp_lengths.rs` into sorted ranges:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | number of blocks, little-endian, as every number |
//! | 8 a block | first number of its first range; where its ranges begin, from the end of this index |
//! | 1–5 a range | LEB128 of (distance from the previous range's first number × 16 + prefix length); a block ends with the first range of the next |
//!
//! A range reaches to the next one; length 0 means unknown or assigned without a prefix. Numbers are
//! the first nine digits of a key.

static TABLE: &[u8] = include_bytes!("gcp_lengths.bin");

const DIGITS: usize = 9;

/// The length of the company prefix that `digits` begin with: a key without the indicator or
/// extension digit before the prefix. None if the list does not tell.
///
/// ```
/// use suyuan_epcis::epc::gcp::prefix_length;
/// assert_eq!(prefix_length("9528765123457"), None);
/// ```
pub fn prefix_length(digits: &str) -> Option<usize> {
    let mut low: u32 = 0;
    let mut high: u32 = 0;
    let mut leading = digits.bytes().take_while(u8::is_ascii_digit);
    for _ in 0..DIGITS {
        // Where the key is shorter every continuation must agree.
        let (least, greatest) = match leading.next() {
            Some(digit) => (digit - b'0', digit - b'0'),
            None => (0, 9),
        };
        low = low * 10 + u32::from(least);
        high = high * 10 + u32::from(greatest);
    }
    let (length, end) = range_of(low)?;
    (length != 0 && high < end).then_some(length)
}

/// The length that holds at `number`, and the first number after its range.
fn range_of(number: u32) -> Option<(usize, u32)> {
    let (count, rest) = TABLE.split_first_chunk::<4>()?;
    let (index, ranges) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(8)?)?;
    let (index, _) = index.as_chunks::<8>();
    let first_of = |entry: &[u8; 8]| u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
    let block = index.partition_point(|entry| first_of(entry) <= number).checked_sub(1)?;
    let entry = index.get(block)?;
    let offset = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
    let mut bytes = ranges.get(usize::try_from(offset).ok()?..)?.iter();
    let mut start = first_of(entry);
    let mut length = 0;
    // The block ends with the next block's first range, so the search always ends within it.
    while let Some(code) = next_number(&mut bytes) {
        let next = start.checked_add(u32::try_from(code >> 4).ok()?)?;
        if next > number {
            return Some((length, next));
        }
        start = next;
        length = usize::try_from(code & 15).ok()?;
    }
    Some((length, u32::MAX))
}

fn next_number(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0_u32;
    for byte in bytes {
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
    None
}
