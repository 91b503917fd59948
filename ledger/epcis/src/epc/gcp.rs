//! Tells how long the company prefix of a GS1 key is.
//!
//! GS1 publishes which ranges of numbers belong to company prefixes of which length. The table is
//! the list of 2022 (99,839 prefixes), made by `generate/gcp_lengths.rs` into sorted ranges:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | number of blocks, little-endian, as every number |
//! | 12 a block | first number of its first range (8); where its ranges begin, from the end of this index (4) |
//! | 2–7 a range | number of zeros × 16 + prefix length (1); the distance from the previous range's first number without those zeros at its end, as LEB128 |
//!
//! A range reaches to the next one, and a block ends with the first range of the next; length 0
//! means unknown or assigned without a prefix. Numbers are the first twelve digits of a key.

static TABLE: &[u8] = include_bytes!("gcp_lengths.bin");

const DIGITS: usize = 12;

/// The length of the company prefix that `digits` begin with: a key without the indicator or
/// extension digit before the prefix. None if the list does not tell.
///
/// ```
/// use suyuan_epcis::epc::gcp::prefix_length;
/// assert_eq!(prefix_length("9528765123457"), None);
/// ```
pub fn prefix_length(digits: &str) -> Option<usize> {
    let mut low: u64 = 0;
    let mut high: u64 = 0;
    let mut leading = digits.bytes().take_while(u8::is_ascii_digit);
    for _ in 0..DIGITS {
        // Where the key is shorter every continuation must agree.
        let (least, greatest) = match leading.next() {
            Some(digit) => (digit - b'0', digit - b'0'),
            None => (0, 9),
        };
        low = low * 10 + u64::from(least);
        high = high * 10 + u64::from(greatest);
    }
    let (length, end) = range_of(low)?;
    (length != 0 && high < end).then_some(length)
}

/// The length that holds at `number`, and the first number after its range.
fn range_of(number: u64) -> Option<(usize, u64)> {
    let (count, rest) = TABLE.split_first_chunk::<4>()?;
    let (index, ranges) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(12)?)?;
    let (index, _) = index.as_chunks::<12>();
    let block = index.partition_point(|entry| first_of(entry) <= number).checked_sub(1)?;
    let entry = index.get(block)?;
    let (_, offset) = entry.split_last_chunk::<4>()?;
    let mut bytes = ranges.get(usize::try_from(u32::from_le_bytes(*offset)).ok()?..)?.iter();
    let mut start = first_of(entry);
    let mut length = 0;
    // The block ends with the next block's first range, so the search always ends within it.
    while let Some(head) = bytes.next() {
        let distance = next_number(&mut bytes)?.checked_mul(10_u64.checked_pow(u32::from(head >> 4))?)?;
        let next = start.checked_add(distance)?;
        if next > number {
            return Some((length, next));
        }
        start = next;
        length = usize::from(head & 15);
    }
    Some((length, u64::MAX))
}

fn first_of(entry: &[u8; 12]) -> u64 {
    entry.first_chunk::<8>().map_or(u64::MAX, |first| u64::from_le_bytes(*first))
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
