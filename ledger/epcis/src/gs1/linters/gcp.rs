//! Linters of the GS1 company prefix, and where they look it up.

use super::{LintError, LintResult};
use crate::codes::lint;

/// The shortest company prefix has four digits.
const PREFIX_DIGITS_MIN: usize = 4;

/// What a table of company prefixes knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyPrefix {
    /// The key begins with an allocated company prefix.
    Known,
    /// It doesn't.
    Unknown,
    /// The table can't tell now, and the key must not pass for that reason.
    Offline,
}

/// Where company prefixes are looked up.
#[derive(Clone, Copy, Debug, Default)]
pub enum CompanyPrefixes {
    /// Nowhere: only the form of the shortest prefix is checked. What GS1's reference does unless told otherwise.
    #[default]
    Unchecked,
    /// In a table that is told the key (a GTIN without its indicator digit, any other key as is).
    Table(fn(&str) -> CompanyPrefix),
}

/// The value begins with a company prefix.
pub fn gcppos1(value: &str) -> LintResult {
    gcppos1_with(value, CompanyPrefixes::Unchecked)
}

/// The value begins with a company prefix that `prefixes` knows.
pub fn gcppos1_with(value: &str, prefixes: CompanyPrefixes) -> LintResult {
    if value.len() < PREFIX_DIGITS_MIN {
        return Err(LintError::whole(lint::TOO_SHORT_FOR_GCP, value));
    }
    if let Some(start) = value.bytes().take(PREFIX_DIGITS_MIN).position(|byte| !byte.is_ascii_digit()) {
        return Err(LintError::character(lint::INVALID_GCP_PREFIX, value, start));
    }
    let CompanyPrefixes::Table(look_up) = prefixes else { return Ok(()) };
    match look_up(value) {
        CompanyPrefix::Known => Ok(()),
        CompanyPrefix::Unknown => Err(LintError::whole(lint::INVALID_GCP_PREFIX, value)),
        CompanyPrefix::Offline => Err(LintError::whole(lint::GCP_DATASOURCE_OFFLINE, value)),
    }
}

/// The value begins with a company prefix after its first character, an indicator or extension digit.
pub fn gcppos2(value: &str) -> LintResult {
    gcppos2_with(value, CompanyPrefixes::Unchecked)
}

/// As [`gcppos2`], with a prefix that `prefixes` knows.
pub fn gcppos2_with(value: &str, prefixes: CompanyPrefixes) -> LintResult {
    let first = value.chars().next().map_or(0, char::len_utf8);
    match value.get(first..) {
        Some(rest) if !rest.is_empty() => gcppos1_with(rest, prefixes).map_err(|error| error.shifted(first)),
        _ => Err(LintError::whole(lint::TOO_SHORT_FOR_GCP, value)),
    }
}
