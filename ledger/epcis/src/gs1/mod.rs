//! GS1 application identifiers: their dictionary, element strings as symbols carry them, and GS1 Digital Link URIs.
//!
//! The life of a value: [`parse_any`] or a parser of [`element_string`] or [`digital_link`] splits the text, each value
//! is checked against its [`Ai`] (length, characters, [`linters`]), then the values against each other. What comes out
//! is an [`ElementString`] that can be written in every other form. Nothing is repaired on the way.

pub mod ai;
mod ai_table;
pub mod digital_link;
pub mod element_string;
pub mod linters;
mod percent;

pub use ai::{Ai, Component, Kind};
pub use digital_link::DigitalLink;
pub use element_string::{Element, ElementString};
pub use linters::{CompanyPrefix, CompanyPrefixes, LintError, Linter};

use crate::codes::element_string as codes;
use crate::problem::Reason;

/// The longest text that is read, in bytes. A symbol holds at most 7,089 digits (QR Code 40-L), and a URI of 64
/// values fits too.
pub const TEXT_BYTES_MAX: usize = 8192;
/// The most application identifiers in one text.
pub const ELEMENTS_MAX: usize = 64;

/// What a parser lets pass.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions {
    /// Check that application identifiers come with those they require and without those they exclude. GS1 means this
    /// for all carriers on an item together, so leave it off when reading only one of several.
    pub associations: bool,
    /// Accept two-digit numbers that the dictionary leaves unallocated, such as (89), with any value of up to 90
    /// characters of set 82.
    pub unknown_ais: bool,
    /// Read the short names of earlier editions of GS1 Digital Link, such as `/gtin/…/ser/…`.
    pub short_names: bool,
    /// Read a GTIN-8, GTIN-12 or GTIN-13 in a Digital Link URI, as earlier editions allowed; it is filled with zeros
    /// to the GTIN-14 that (01) demands.
    pub zero_suppressed_gtins: bool,
    /// Where company prefixes are looked up.
    pub company_prefixes: CompanyPrefixes,
}

impl ParseOptions {
    /// What the current standards allow, nothing of earlier editions.
    pub const STRICT: ParseOptions = ParseOptions {
        associations: true,
        unknown_ais: false,
        short_names: false,
        zero_suppressed_gtins: false,
        company_prefixes: CompanyPrefixes::Unchecked,
    };
}

impl Default for ParseOptions {
    /// Documents outlive editions: what earlier editions allowed is read too.
    fn default() -> Self {
        ParseOptions { short_names: true, zero_suppressed_gtins: true, ..ParseOptions::STRICT }
    }
}

/// The check digit of `digits`, 0 to 9: weighted 3, 1, 3, 1 … from the right, what is missing to a multiple of ten
/// (GS1 General Specifications §7.9.1). None if a character isn't a digit.
pub fn check_digit(digits: &str) -> Option<u8> {
    check_digit_of(digits.as_bytes())
}

fn check_digit_of(digits: &[u8]) -> Option<u8> {
    // At most 27 times the length, which no text in memory can bring to overflow.
    let mut sum: u64 = 0;
    let mut weight = 3;
    for byte in digits.iter().rev() {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum += weight * u64::from(byte - b'0');
        weight = 4 - weight;
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Reads GS1 data in whichever form it is in: with brackets, with FNC1 (`^` or the group separator) first, with a
/// symbology identifier as scanners send it, or as a GS1 Digital Link URI.
pub fn parse_any(text: &str, options: &ParseOptions) -> Result<ElementString, Reason> {
    check_size(text)?;
    match text.as_bytes() {
        [b'(', ..] => element_string::parse_bracketed(text, options),
        [b'^' | element_string::GROUP_SEPARATOR, ..] => element_string::parse_unbracketed(text, options),
        [b']', ..] => element_string::parse_scanned(text, options),
        _ if digital_link::has_scheme(text) => Ok(digital_link::parse(text, options)?.elements),
        _ => Err(Reason::new(codes::PLAIN, &[text])),
    }
}

/// Refuses a text that is empty or too long, before any other work.
fn check_size(text: &str) -> Result<(), Reason> {
    match text.len() {
        0 => Err(Reason::new(codes::EMPTY, &[])),
        1..=TEXT_BYTES_MAX => Ok(()),
        length => Err(Reason::new(codes::TOO_LONG, &[&length.to_string(), &TEXT_BYTES_MAX.to_string()])),
    }
}
