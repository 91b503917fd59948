//! The table of company prefix lengths in the form `src/epc/gcp.rs` reads and documents.

/// Ranges in a block: the reader looks a block up and goes through its ranges.
const BLOCK_RANGES: usize = 64;

/// A first number and an offset.
const INDEX_ENTRY_BYTES: usize = 12;

/// Digits of the longest prefix.
const DIGITS: usize = 12;

/// Makes the table of the tab-separated rows `prefix`, `length`.
pub fn encode(rows: &str) -> Result<Vec<u8>, String> {
    let ranges = ranges_of(rows)?;
    let mut index = Vec::new();
    let mut body = Vec::new();
    for block in ranges.chunks(BLOCK_RANGES) {
        let Some((first, _)) = block.first() else { continue };
        index.extend_from_slice(&first.to_le_bytes());
        index.extend_from_slice(&u32::try_from(body.len()).map_err(|_| "too large")?.to_le_bytes());
        let mut previous = *first;
        // The last range of a block ends where the next block begins, so that one range is repeated.
        let last = block.last().map_or(*first, |(start, _)| *start);
        let after = ranges.iter().find(|(start, _)| *start > last);
        for (start, length) in block.iter().chain(after) {
            append_range(start - previous, *length, &mut body);
            previous = *start;
        }
    }
    let mut table = u32::try_from(index.len() / INDEX_ENTRY_BYTES).map_err(|_| "too large")?.to_le_bytes().to_vec();
    table.extend(index);
    table.extend(body);
    Ok(table)
}

/// The ranges of equal length, sorted, by their first number; 0 where no row says anything.
fn ranges_of(rows: &str) -> Result<Vec<(u64, u8)>, String> {
    let mut intervals = Vec::new();
    for row in rows.lines().filter(|row| !row.is_empty()) {
        let bad = || format!("not a row of prefix and length: {row}");
        let (prefix, length) = row.split_once('\t').ok_or_else(bad)?;
        if prefix.is_empty() || prefix.len() > DIGITS || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let width = 10_u64.pow(u32::try_from(DIGITS - prefix.len()).map_err(|_| bad())?);
        let first = prefix.parse::<u64>().map_err(|_| bad())? * width;
        let length: u8 = length.parse().map_err(|_| bad())?;
        if length > 12 {
            return Err(bad());
        }
        intervals.push((first, first + width, length));
    }
    intervals.sort_unstable();
    let mut ranges: Vec<(u64, u8)> = Vec::new();
    let mut add = |start: u64, length: u8| {
        if ranges.last().map(|(_, last)| *last) != Some(length) {
            ranges.push((start, length));
        }
    };
    let mut end = 0;
    for (first, after, length) in intervals {
        if first < end {
            return Err(format!("prefixes within others, at {first:012}"));
        }
        if first > end {
            add(end, 0);
        }
        add(first, length);
        end = after;
    }
    add(end, 0);
    Ok(ranges)
}

/// Distances mostly end in many zeros; these are counted rather than written.
fn append_range(mut distance: u64, length: u8, out: &mut Vec<u8>) {
    let mut zeros = 0;
    while distance != 0 && distance.is_multiple_of(10) {
        distance /= 10;
        zeros += 1;
    }
    out.push(zeros << 4 | length);
    append_number(distance, out);
}

fn append_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
