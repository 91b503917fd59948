//! Linters of numbers: check digits, ranges, and pairs of numbers.

use super::{LintError, LintResult, cset_82_value, csetnumeric};
use crate::codes::lint;
use crate::gs1::check_digit_of;

/// The last digit is the check digit of those before it.
pub fn csum(value: &str) -> LintResult {
    let Some((last, body)) = value.as_bytes().split_last() else {
        return Err(LintError::whole(lint::TOO_SHORT_FOR_CHECK_DIGIT, value));
    };
    match check_digit_of(body).map(|digit| digit + b'0' == *last) {
        Some(true) => Ok(()),
        // Either the check digit is wrong or some character isn't a digit.
        _ => {
            csetnumeric(value)?;
            Err(LintError::range(lint::CHECK_DIGIT, body.len(), value.len()))
        }
    }
}

/// The weights of the characters before a check pair, from right to left: the primes (General Specifications §7.9.5).
const PRIMES: [u16; 97] = primes();
/// The characters of a check pair by their value.
const CHARACTERS_32: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

const fn primes() -> [u16; 97] {
    let mut primes = [2; 97];
    let mut count = 1;
    let mut candidate: u16 = 3;
    while count < primes.len() {
        let mut index = 0;
        while index < count && !candidate.is_multiple_of(primes[index]) {
            index += 1;
        }
        if index == count {
            primes[count] = candidate;
            count += 1;
        }
        candidate += 1;
    }
    primes
}

/// The last two characters are the check pair of those before them: the sum of their values, weighted, modulo 1021.
pub fn csumalpha(value: &str) -> LintResult {
    let bytes = value.as_bytes();
    let Some((body, pair)) = bytes.len().checked_sub(2).and_then(|split| bytes.split_at_checked(split)) else {
        return Err(LintError::whole(lint::TOO_SHORT_FOR_CHECK_PAIR, value));
    };
    if body.len() > PRIMES.len() {
        return Err(LintError::whole(lint::TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION, value));
    }
    if let Some(start) = body.iter().position(|byte| cset_82_value(*byte).is_none()) {
        return Err(LintError::character(lint::INVALID_CSET82_CHARACTER, value, start));
    }
    // At most 97 × 81 × 509, far below the limit of u32.
    let sum: u32 = body
        .iter()
        .rev()
        .zip(PRIMES)
        .map(|(byte, prime)| cset_82_value(*byte).unwrap_or(0).saturating_mul(u32::from(prime)))
        .sum();
    let sum = usize::try_from(sum % 1021).unwrap_or_default();
    match CHARACTERS_32.get(sum >> 5).zip(CHARACTERS_32.get(sum & 31)) {
        Some((high, low)) if [*high, *low] == *pair => Ok(()),
        _ if value.is_char_boundary(body.len()) => {
            Err(LintError::range(lint::INCORRECT_CHECK_PAIR, body.len(), value.len()))
        }
        _ => Err(LintError::whole(lint::INCORRECT_CHECK_PAIR, value)),
    }
}

/// Zeros only.
pub fn zero(value: &str) -> LintResult {
    match !value.is_empty() && value.bytes().all(|byte| byte == b'0') {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_ZERO, value)),
    }
}

/// A number that isn't zero.
pub fn nonzero(value: &str) -> LintResult {
    csetnumeric(value)?;
    match value.bytes().all(|byte| byte == b'0') {
        true => Err(LintError::whole(lint::ILLEGAL_ZERO_VALUE, value)),
        false => Ok(()),
    }
}

/// A number without leading zeros; zero itself is refused too.
pub fn nozeroprefix(value: &str) -> LintResult {
    csetnumeric(value)?;
    match value.starts_with('0') {
        true => Err(LintError::range(lint::ILLEGAL_ZERO_PREFIX, 0, 1)),
        false => Ok(()),
    }
}

/// `0` or `1`.
pub fn yesno(value: &str) -> LintResult {
    match value {
        "0" | "1" => Ok(()),
        _ => Err(LintError::whole(lint::NOT_ZERO_OR_ONE, value)),
    }
}

/// The winding direction of a roll: `0`, `1`, or `9` for undefined.
pub fn winding(value: &str) -> LintResult {
    match value {
        "0" | "1" | "9" => Ok(()),
        _ => Err(LintError::whole(lint::INVALID_WINDING_DIRECTION, value)),
    }
}

/// A piece number and the total of pieces with equally many digits, neither zero, the first not above the second.
pub fn pieceoftotal(value: &str) -> LintResult {
    if value.is_empty() || !value.len().is_multiple_of(2) {
        return Err(LintError::whole(lint::INVALID_LENGTH_FOR_PIECE_OF_TOTAL, value));
    }
    csetnumeric(value)?;
    let (piece, total) = value.split_at_checked(value.len() / 2).unwrap_or((value, ""));
    if nonzero(piece).is_err() {
        return Err(LintError::range(lint::ZERO_PIECE_NUMBER, 0, piece.len()));
    }
    if nonzero(total).is_err() {
        return Err(LintError::range(lint::ZERO_TOTAL_PIECES, piece.len(), value.len()));
    }
    // Numbers of equal length compare as their digits do.
    match piece > total {
        true => Err(LintError::whole(lint::PIECE_NUMBER_EXCEEDS_TOTAL, value)),
        false => Ok(()),
    }
}

/// A position and the end of a sequence, `2/3`: numbers without leading zeros, the first not above the second.
pub fn posinseqslash(value: &str) -> LintResult {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((position, end)) = value.split_once('/').filter(|(position, end)| digits(position) && digits(end)) else {
        return Err(LintError::whole(lint::POSITION_IN_SEQUENCE_MALFORMED, value));
    };
    if position.starts_with('0') {
        return Err(LintError::range(lint::ILLEGAL_ZERO_PREFIX, 0, position.len()));
    }
    if end.starts_with('0') {
        return Err(LintError::range(lint::ILLEGAL_ZERO_PREFIX, position.len().saturating_add(1), value.len()));
    }
    match (position.len(), position) > (end.len(), end) {
        true => Err(LintError::whole(lint::POSITION_EXCEEDS_END, value)),
        false => Ok(()),
    }
}

/// Latitude in ten-millionths of a degree, counted from the south pole.
pub fn latitude(value: &str) -> LintResult {
    if value.len() != 10 {
        return Err(LintError::whole(lint::LATITUDE_INVALID_LENGTH, value));
    }
    csetnumeric(value)?;
    match value > "1800000000" {
        true => Err(LintError::whole(lint::INVALID_LATITUDE, value)),
        false => Ok(()),
    }
}

/// Longitude in ten-millionths of a degree.
pub fn longitude(value: &str) -> LintResult {
    if value.len() != 10 {
        return Err(LintError::whole(lint::LONGITUDE_INVALID_LENGTH, value));
    }
    csetnumeric(value)?;
    match value > "3600000000" {
        true => Err(LintError::whole(lint::INVALID_LONGITUDE, value)),
        false => Ok(()),
    }
}
