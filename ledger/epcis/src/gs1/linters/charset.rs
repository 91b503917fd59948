//! Linters of characters: GS1's character sets and the small alphabets beside them.

use super::{LintError, LintResult};
use crate::codes::{Code, lint};

/// GS1 character set 82 in the order of its values, 0 to 81 (General Specifications figure 7.11-1).
const CHARACTERS_82: &[u8] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const CHARACTERS_39: &[u8] = b"#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const CHARACTERS_64: &[u8] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

const DIGIT: u8 = 1;
/// Member of set 82.
const CSET_82: u8 = 2;
const CSET_39: u8 = 4;
/// Member of set 64, the file-safe base64 alphabet; the same characters serve as importer index.
const CSET_64: u8 = 8;
const HEXADECIMAL: u8 = 16;

/// The sets each byte is a member of. A byte above 127 is a member of none.
static MEMBERSHIP: [u8; 256] = membership();
/// The value of each character of set 82; 0 too for those outside it.
static VALUES_82: [u8; 256] = values_82();

const fn membership() -> [u8; 256] {
    let mut table = mark([0; 256], b"0123456789", DIGIT);
    table = mark(table, CHARACTERS_82, CSET_82);
    table = mark(table, CHARACTERS_39, CSET_39);
    table = mark(table, CHARACTERS_64, CSET_64);
    mark(table, b"0123456789ABCDEFabcdef", HEXADECIMAL)
}

const fn mark(mut table: [u8; 256], characters: &[u8], set: u8) -> [u8; 256] {
    let mut index = 0;
    while index < characters.len() {
        table[characters[index] as usize] |= set;
        index += 1;
    }
    table
}

const fn values_82() -> [u8; 256] {
    let mut table = [0; 256];
    let mut value = 0;
    while value < CHARACTERS_82.len() {
        table[CHARACTERS_82[value] as usize] = value as u8;
        value += 1;
    }
    table
}

/// Whether `byte` is a member of one of the sets `set`.
fn is_member(byte: u8, set: u8) -> bool {
    MEMBERSHIP[usize::from(byte)] & set != 0
}

/// The value of a character in set 82.
pub(super) fn cset_82_value(byte: u8) -> Option<u32> {
    is_member(byte, CSET_82).then(|| u32::from(VALUES_82[usize::from(byte)]))
}

/// All bytes of `value` are members of `set`, or the first that isn't is at fault.
fn only(value: &str, set: u8, code: &'static Code) -> LintResult {
    match value.bytes().position(|byte| !is_member(byte, set)) {
        None => Ok(()),
        Some(start) => Err(LintError::character(code, value, start)),
    }
}

/// Digits only.
pub fn csetnumeric(value: &str) -> LintResult {
    only(value, DIGIT, lint::NON_DIGIT_CHARACTER)
}

/// GS1 character set 82 only.
pub fn cset82(value: &str) -> LintResult {
    only(value, CSET_82, lint::INVALID_CSET82_CHARACTER)
}

/// GS1 character set 39 only.
pub fn cset39(value: &str) -> LintResult {
    only(value, CSET_39, lint::INVALID_CSET39_CHARACTER)
}

/// File-safe base64 only. Padding may be left out; where there is some, it fills the text to a multiple of three
/// characters (as GS1's reference has it) and isn't longer than two.
pub fn cset64(value: &str) -> LintResult {
    let unpadded = value.trim_end_matches('=');
    let padding = value.len().saturating_sub(unpadded.len());
    if padding > 2 || (padding > 0 && !value.len().is_multiple_of(3)) {
        return Err(LintError::range(lint::INVALID_CSET64_PADDING, unpadded.len(), value.len()));
    }
    only(unpadded, CSET_64, lint::INVALID_CSET64_CHARACTER)
}

/// At least one character isn't a digit.
pub fn hasnondigit(value: &str) -> LintResult {
    match value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Err(LintError::whole(lint::REQUIRES_NON_DIGIT_CHARACTER, value)),
        false => Ok(()),
    }
}

/// Hyphens only.
pub fn hyphen(value: &str) -> LintResult {
    match !value.is_empty() && value.bytes().all(|byte| byte == b'-') {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_HYPHEN, value)),
    }
}

/// The importer index of Commission Implementing Regulation (EU) 2018/574: one character of base64.
pub fn importeridx(value: &str) -> LintResult {
    let mut characters = value.chars();
    match (characters.next(), characters.next()) {
        (Some(_), None) => only(value, CSET_64, lint::INVALID_IMPORT_IDX_CHARACTER),
        _ => Err(LintError::whole(lint::IMPORTER_IDX_MUST_BE_ONE_CHARACTER, value)),
    }
}

/// Each `%` is followed by two hexadecimal digits.
pub fn pcenc(value: &str) -> LintResult {
    let bytes = value.as_bytes();
    let mut start = 0;
    while let Some(found) = bytes.get(start..).and_then(|tail| tail.iter().position(|byte| *byte == b'%')) {
        let percent = start.saturating_add(found);
        match bytes.get(percent..).unwrap_or_default() {
            [_, high, low, ..] if is_member(*high, HEXADECIMAL) && is_member(*low, HEXADECIMAL) => {
                start = percent.saturating_add(3);
            }
            _ => {
                let fault: usize = value.get(percent..).unwrap_or_default().chars().take(3).map(char::len_utf8).sum();
                return Err(LintError::range(lint::INVALID_PERCENT_SEQUENCE, percent, percent.saturating_add(fault)));
            }
        }
    }
    Ok(())
}
