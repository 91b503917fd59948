//! Converts EPC URNs to GS1 Digital Links and back (Tag Data Standard 2.0 §6.3, Digital Link 1.3 §7).

use super::canonical;
use super::gcp;
use super::link::{self, Key, Link, Qualifier};
use super::text::{append_urn, decoded};
use super::urn::EpcUrn;
use crate::codes::epc as codes;
use crate::identifier::checks::mod10;
use crate::problem::Reason;

/// The canonical GS1 Digital Link of an EPC URN: the check digit is computed, the indicator or
/// extension digit moved to the front. A pattern that leaves open only the serial is its class.
///
/// ```
/// let link = suyuan_epcis::epc::to_link("urn:epc:id:sscc:4012345.0000000011").unwrap();
/// assert_eq!(link, "https://id.gs1.org/00/040123450000000115");
/// ```
pub fn to_link(urn: &str) -> Result<String, Reason> {
    let parsed = EpcUrn::parse(urn)?;
    let mut out = String::with_capacity(urn.len() + 24);
    match canonical::append_urn(&parsed, &mut out) {
        true => Ok(out),
        false => Err(Reason::new(codes::NO_LINK, &[urn])),
    }
}

/// The EPC URN of a GS1 Digital Link. A class becomes `urn:epc:class:lgtin:` or a pattern with `*`.
///
/// A URN shows where the company prefix ends, a link does not: unless `prefix_length` is given the
/// table of [`gcp`] decides, and where that does not know, this is an error and no guess.
///
/// ```
/// use suyuan_epcis::epc::to_urn;
/// let link = "https://id.gs1.org/01/04012345111118/21/98%22";
/// assert_eq!(to_urn(link, Some(7)).unwrap(), "urn:epc:id:sgtin:4012345.011111.98%22");
/// ```
pub fn to_urn(link: &str, prefix_length: Option<usize>) -> Result<String, Reason> {
    let Some(read) = link::read(link) else { return Err(Reason::new(codes::NOT_LINK, &[link])) };
    let urn = urn_of(link, &read, prefix_length)?;
    // The last word on numbers with leading zeros and piece counts belongs to the URN's own rules.
    EpcUrn::parse(&urn)?;
    Ok(urn)
}

/// Where the digits of a key stand in a URN.
struct Split<'a> {
    /// The digit before the company prefix that the URN has after it; empty if the key has none.
    first: &'a str,
    /// Company prefix and reference, without check digit.
    body: &'a str,
    /// Serial, piece and total within the key's own value.
    rest: &'a str,
}

fn urn_of(text: &str, link: &Link<'_>, prefix_length: Option<usize>) -> Result<String, Reason> {
    let mut padded = String::new();
    let value = match link.key {
        Key::Gtin if link.value.len() < 14 => {
            padded.push_str("000000".get(link.value.len().saturating_sub(8)..).unwrap_or(""));
            padded.push_str(link.value);
            padded.as_str()
        }
        _ => link.value,
    };
    let split = split_key(link.key, value)?;
    let length = match prefix_length.or_else(|| gcp::prefix_length(split.body)) {
        Some(length) => length,
        None => return Err(Reason::new(codes::PREFIX_UNKNOWN, &[text])),
    };
    let prefix_and_reference = match (6..=12).contains(&length) {
        true => split.body.split_at_checked(length),
        false => None,
    };
    let prefix_and_reference =
        prefix_and_reference.filter(|(prefix, _)| prefix.bytes().all(|byte| byte.is_ascii_digit()));
    let Some((prefix, reference)) = prefix_and_reference else {
        return Err(Reason::new(codes::PREFIX_LENGTH, &[text, &length.to_string()]));
    };
    let Some((name, serial)) = name_and_serial(link, split.rest) else {
        return Err(Reason::new(codes::NO_URN, &[text]));
    };
    let mut urn = String::with_capacity(text.len() + 16);
    for part in ["urn:epc:", name, ":", prefix, ".", split.first] {
        urn.push_str(part);
    }
    append_urn(reference, &mut urn);
    if link.key == Key::Itip {
        for part in [split.rest.get(..2), split.rest.get(2..)] {
            urn.push('.');
            urn.push_str(part.unwrap_or(""));
        }
    }
    if let Some(serial) = serial {
        urn.push('.');
        append_urn(serial, &mut urn);
    }
    Ok(urn)
}

/// Takes a key apart and verifies its check digit.
fn split_key(key: Key, value: &str) -> Result<Split<'_>, Reason> {
    // Length of the digits with check digit, and how many of them stand before the prefix.
    let (digits, before) = match key {
        Key::Giai | Key::Ginc | Key::Cpid => return Ok(Split { first: "", body: value, rest: "" }),
        Key::Gtin | Key::Itip => (14, 1),
        Key::Sscc => (18, 1),
        // The zero that fills a GRAI up to 14 digits is no part of it.
        Key::Grai => (14, 1),
        Key::Gsrn | Key::Gsrnp => (18, 0),
        Key::Gsin => (17, 0),
        Key::Gln | Key::Party | Key::Gdti | Key::Gcn => (13, 0),
    };
    let split = value.split_at_checked(digits).and_then(|(number, rest)| {
        let (unchecked, check) = number.split_at_checked(digits - 1)?;
        let (first, body) = unchecked.split_at_checked(before)?;
        Some((unchecked, check, first, body, rest))
    });
    let Some((unchecked, check, first, body, rest)) = split else {
        return Err(Reason::new(codes::NOT_LINK, &[value]));
    };
    if key == Key::Grai && first != "0" {
        return Err(Reason::new(codes::NO_URN, &[value]));
    }
    let expected = char::from(mod10(unchecked.as_bytes())).to_string();
    if expected != check {
        return Err(Reason::new(codes::CHECK_DIGIT, &[value, &expected, check]));
    }
    Ok(Split { first: if key == Key::Grai { "" } else { first }, body, rest })
}

/// What stands after `urn:epc:`, and the serial part if the scheme has one. None where no URN
/// says what the link says.
fn name_and_serial<'a>(link: &Link<'a>, rest: &'a str) -> Option<(&'static str, Option<&'a str>)> {
    let own_serial = |instance, class| match rest.is_empty() {
        true => (class, Some("*")),
        false => (instance, Some(rest)),
    };
    Some(match (link.key, link.qualifier) {
        (Key::Gtin, None) => ("idpat:sgtin", Some("*")),
        (Key::Gtin, Some((Qualifier::Serial, serial))) => ("id:sgtin", Some(serial)),
        (Key::Gtin, Some((Qualifier::Lot, lot))) => ("class:lgtin", Some(lot)),
        (Key::Gtin, Some((Qualifier::Tpx, serial))) => ("id:upui", Some(serial)),
        (Key::Itip, None) => ("idpat:itip", Some("*")),
        (Key::Itip, Some((Qualifier::Serial, serial))) => ("id:itip", Some(serial)),
        (Key::Gln, None) => ("id:sgln", Some("0")),
        // The extension 0 would read as no extension.
        (Key::Gln, Some((_, extension))) if decoded(extension).eq([b'0']) => return None,
        (Key::Gln, Some((_, extension))) => ("id:sgln", Some(extension)),
        (Key::Cpid, None) => ("idpat:cpi", Some("*")),
        (Key::Cpid, Some((_, serial))) => ("id:cpi", Some(serial)),
        (Key::Grai, _) => own_serial("id:grai", "idpat:grai"),
        (Key::Gdti, _) => own_serial("id:gdti", "idpat:gdti"),
        (Key::Gcn, _) => own_serial("id:sgcn", "idpat:sgcn"),
        (Key::Sscc, _) => ("id:sscc", None),
        (Key::Party, _) => ("id:pgln", None),
        (Key::Ginc, _) => ("id:ginc", None),
        (Key::Gsin, _) => ("id:gsin", None),
        (Key::Giai, _) => ("id:giai", None),
        (Key::Gsrn, _) => ("id:gsrn", None),
        (Key::Gsrnp, _) => ("id:gsrnp", None),
        (Key::Gtin | Key::Itip, Some(_)) => return None,
    })
}
