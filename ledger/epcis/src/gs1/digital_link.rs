//! GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax): a primary key and its qualifiers in the path, other
//! application identifiers in the query, on any host.

use std::borrow::Cow;

use super::ai::Ai;
use super::element_string::{Element, ElementString, find_ai};
use super::{ParseOptions, check_size, percent};
use crate::codes::element_string as codes;
use crate::problem::Reason;

/// The stem of canonical URIs.
pub const CANONICAL_STEM: &str = "https://id.gs1.org";
/// A primary key and at most three qualifiers.
const PATH_ELEMENTS_MAX: usize = 4;

/// The short names of earlier editions, sorted.
const SHORT_NAMES: [(&str, &str); 23] = [
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("cpv", "22"),
    ("gcn", "255"),
    ("gdti", "253"),
    ("giai", "8004"),
    ("ginc", "401"),
    ("gln", "414"),
    ("glnx", "254"),
    ("gmn", "8013"),
    ("grai", "8003"),
    ("gsin", "402"),
    ("gsrn", "8018"),
    ("gsrnp", "8017"),
    ("gtin", "01"),
    ("itip", "8006"),
    ("lot", "10"),
    ("party", "417"),
    ("payTo", "415"),
    ("refno", "8020"),
    ("ser", "21"),
    ("srin", "8019"),
    ("sscc", "00"),
];

/// A parsed URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitalLink {
    /// All that comes before the primary key, for example `https://example.com/some/path`.
    pub stem: String,
    /// Primary key, qualifiers and attributes, in the order of the URI. Never empty.
    pub elements: ElementString,
    /// How many of the elements are in the path.
    pub path_length: usize,
}

impl DigitalLink {
    /// The primary key, for example (01) and a GTIN.
    pub fn primary_key(&self) -> Option<&Element> {
        self.elements.elements.first()
    }

    /// The qualifiers of the primary key.
    pub fn qualifiers(&self) -> &[Element] {
        self.elements.elements.get(1..self.path_length).unwrap_or_default()
    }

    /// The data attributes, from the query.
    pub fn attributes(&self) -> &[Element] {
        self.elements.elements.get(self.path_length..).unwrap_or_default()
    }
}

/// Whether `text` begins with a scheme of GS1 Digital Link URIs.
pub fn has_scheme(text: &str) -> bool {
    after_scheme(text).is_some()
}

/// What follows the scheme. The standard's grammar knows it in all lower and all upper case only.
fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .or_else(|| text.strip_prefix("HTTPS://"))
        .or_else(|| text.strip_prefix("HTTP://"))
}

/// Reads a GS1 Digital Link URI. Query parameters whose name isn't a number, and the fragment, are not GS1's; they are
/// passed over.
pub fn parse(text: &str, options: &ParseOptions) -> Result<DigitalLink, Reason> {
    check_size(text)?;
    check_characters(text)?;
    let before_fragment = split_at(text, memchr::memchr(b'#', text.as_bytes())).0;
    let (hierarchy, query) = split_at(before_fragment, memchr::memchr(b'?', before_fragment.as_bytes()));
    let rest = after_scheme(hierarchy).ok_or_else(|| Reason::new(codes::DL_SCHEME, &[text]))?;
    let (authority, path) = split_at(rest, memchr::memchr(b'/', rest.as_bytes()));
    check_authority(authority)?;

    let (path_elements, path_length, key_start) = split_path(path, options)?;
    let path_elements = path_elements.get(..path_length).unwrap_or_default();
    check_path_order(path_elements, text)?;

    let mut elements = ElementString { elements: Vec::with_capacity(path_length.max(2)) };
    for (ai, encoded) in path_elements {
        elements.add(ai, read_value(ai, encoded, false, options)?, options)?;
    }
    read_query(query.strip_prefix('?').unwrap_or(query), path_elements, &mut elements, options)?;
    let stem_length = hierarchy.len().saturating_sub(path.len()).saturating_add(key_start);
    let stem = hierarchy.get(..stem_length).unwrap_or_default().to_owned();
    Ok(DigitalLink { stem, elements: elements.finish(path_length, options)?, path_length })
}

/// Application identifiers and encoded values of a path, their count, and where the first begins.
type PathElements<'a> = ([(&'static Ai, &'a str); PATH_ELEMENTS_MAX], usize, usize);

/// Splits pairs of application identifier and value off the end of the path, up to the first that is a primary key:
/// what comes before is the host's own business.
fn split_path<'a>(path: &'a str, options: &ParseOptions) -> Result<PathElements<'a>, Reason> {
    let no_key = || Reason::new(codes::DL_NO_KEY, &[path]);
    let mut pairs = [(Ai::all().first().ok_or_else(no_key)?, ""); PATH_ELEMENTS_MAX];
    let mut rest = path;
    for count in 1..=PATH_ELEMENTS_MAX {
        let (before_value, value) = split_last_segment(rest).ok_or_else(no_key)?;
        let (before, name) = split_last_segment(before_value).ok_or_else(no_key)?;
        let ai = path_ai(name, options).ok_or_else(no_key)?;
        if let Some(pair) = pairs.get_mut(PATH_ELEMENTS_MAX.saturating_sub(count)) {
            *pair = (ai, value);
        }
        rest = before;
        if ai.qualifiers.is_some() {
            pairs.rotate_left(PATH_ELEMENTS_MAX.saturating_sub(count));
            return Ok((pairs, count, before.len()));
        }
    }
    Err(no_key())
}

fn path_ai(name: &str, options: &ParseOptions) -> Option<&'static Ai> {
    if name.as_bytes().first()?.is_ascii_digit() {
        return find_ai(name, options).ok();
    }
    if !options.short_names {
        return None;
    }
    let index = SHORT_NAMES.binary_search_by(|(short, _)| short.cmp(&name)).ok()?;
    Ai::find(SHORT_NAMES.get(index)?.1)
}

/// Whether the qualifiers are some of those of `sequence`, in its order.
fn is_part(qualifiers: &[(&'static Ai, &str)], sequence: &[&str]) -> bool {
    let mut rest = sequence.iter();
    qualifiers.iter().all(|(ai, _)| rest.any(|number| ai.is(number)))
}

/// The path is a key and qualifiers of one of its alternatives, in order.
fn check_path_order(path: &[(&'static Ai, &str)], text: &str) -> Result<(), Reason> {
    let Some(((key, _), qualifiers)) = path.split_first() else {
        return Err(Reason::new(codes::DL_NO_KEY, &[text]));
    };
    let alternatives = key.qualifiers.unwrap_or_default();
    if alternatives.iter().any(|sequence| is_part(qualifiers, sequence)) {
        return Ok(());
    }
    let order: Vec<String> = alternatives.iter().map(|sequence| sequence.join(", ")).collect();
    Err(Reason::new(codes::DL_PATH_ORDER, &[text, key.number, &order.join(" | ")]))
}

/// Whether `ai` would fit among the qualifiers of the path, and so must not be in the query.
fn belongs_in_path(ai: &Ai, path: &[(&'static Ai, &str)]) -> bool {
    let Some(((key, _), qualifiers)) = path.split_first() else { return false };
    let fits = |sequence: &&[&str]| sequence.iter().any(|number| ai.is(number)) && is_part(qualifiers, sequence);
    key.qualifiers.unwrap_or_default().iter().any(fits)
}

/// Decodes a value, and fills a short GTIN with zeros where that is allowed.
fn read_value<'a>(ai: &Ai, encoded: &'a str, in_query: bool, options: &ParseOptions) -> Result<Cow<'a, str>, Reason> {
    let decoded = percent::decode(encoded, in_query).ok_or_else(|| Reason::new(codes::DL_PERCENT, &[encoded]))?;
    match decoded.len() {
        8 | 12 | 13 if ai.is("01") && options.zero_suppressed_gtins => Ok(Cow::Owned(format!("{decoded:0>14}"))),
        _ => Ok(decoded),
    }
}

fn read_query(
    query: &str,
    path: &[(&'static Ai, &str)],
    elements: &mut ElementString,
    options: &ParseOptions,
) -> Result<(), Reason> {
    if query.is_empty() {
        return Ok(());
    }
    for parameter in query.split('&') {
        // The standard reserves names of digits for application identifiers; others are not GS1's.
        let Some((name, encoded)) = parameter.split_once('=') else { continue };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let ai = find_ai(name, options)?;
        if elements.elements.iter().any(|element| element.ai == ai) {
            return Err(Reason::new(codes::AI_DUPLICATE, &[ai.number]));
        }
        if !ai.data_attribute {
            return Err(Reason::new(codes::DL_ATTRIBUTE, &[ai.number]));
        }
        if belongs_in_path(ai, path) {
            return Err(Reason::new(codes::DL_BELONGS_IN_PATH, &[ai.number]));
        }
        elements.add(ai, read_value(ai, encoded, true, options)?, options)?;
    }
    Ok(())
}

/// Splits `text` at a place that a search found, or leaves it whole.
fn split_at(text: &str, place: Option<usize>) -> (&str, &str) {
    place.and_then(|place| text.split_at_checked(place)).unwrap_or((text, ""))
}

/// What is before the last slash and what is after it.
fn split_last_segment(path: &str) -> Option<(&str, &str)> {
    let (before, slash_and_segment) = path.split_at_checked(memchr::memrchr(b'/', path.as_bytes())?)?;
    Some((before, slash_and_segment.strip_prefix('/')?))
}

/// Whether each byte is a character of a URI (RFC 3986 §2).
static URI_CHARACTERS: [bool; 256] = uri_characters();

const fn uri_characters() -> [bool; 256] {
    let others = b"-._~:/?#[]@!$&'()*+,;=%";
    let mut table = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
}

fn check_characters(text: &str) -> Result<(), Reason> {
    let permitted = |byte: u8| URI_CHARACTERS[usize::from(byte)];
    // Nearly always all are good, and a loop without a way out is the faster one.
    if text.bytes().fold(true, |good, byte| good & permitted(byte)) {
        return Ok(());
    }
    let wrong = |character: &char| !u8::try_from(*character).is_ok_and(permitted);
    let character = text.chars().find(wrong).unwrap_or_default();
    Err(Reason::new(codes::DL_CHARACTER, &[&character.escape_debug().to_string()]))
}

/// A host as a GS1 Digital Link URI has it: a domain name or an address, and perhaps a port; no user name.
fn check_authority(authority: &str) -> Result<(), Reason> {
    let (host_is_good, port) = match authority.strip_prefix('[') {
        Some(literal) => {
            let (address, port) = literal.split_once(']').unwrap_or(("", literal));
            (address.parse::<std::net::Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (name, port) =
                authority.split_at_checked(authority.find(':').unwrap_or(authority.len())).unwrap_or((authority, ""));
            let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            (!name.is_empty() && name.bytes().all(good), port)
        }
    };
    let port_is_good = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok());
    match host_is_good && port_is_good {
        true => Ok(()),
        false => Err(Reason::new(codes::DL_HOST, &[authority])),
    }
}

/// The URI for `elements` with `stem` (scheme, host and perhaps a path) before the key. The first primary key among
/// the elements leads, followed by those of its qualifiers that are there, as many as one alternative allows. The
/// others become attributes, those of predefined length first, as they would be in a symbol.
pub fn generate(elements: &ElementString, stem: &str) -> Result<String, Reason> {
    check_stem(stem)?;
    let (mut uri, mut attributes) = write_path(elements, stem)?;
    attributes.sort_by_key(|element| !element.ai.predefined_length);
    write_query(&attributes, &mut uri);
    Ok(uri)
}

/// The canonical URI: with GS1's own host, and attributes sorted by name, so that equal elements give equal URIs.
pub fn canonical(elements: &ElementString) -> Result<String, Reason> {
    let (mut uri, mut attributes) = write_path(elements, CANONICAL_STEM)?;
    attributes.sort_by_key(|element| element.ai.number);
    write_query(&attributes, &mut uri);
    Ok(uri)
}

fn check_stem(stem: &str) -> Result<(), Reason> {
    let bad = || Reason::new(codes::DL_STEM, &[stem]);
    check_size(stem)?;
    let rest = after_scheme(stem).ok_or_else(bad)?;
    if check_characters(rest).is_err() || rest.contains(['?', '#']) {
        return Err(bad());
    }
    check_authority(rest.split_once('/').map_or(rest, |(authority, _)| authority))
}

/// The URI up to the query, and the elements left for the query.
fn write_path<'a>(elements: &'a ElementString, stem: &str) -> Result<(String, Vec<&'a Element>), Reason> {
    let elements = &elements.elements;
    let key = elements.iter().find_map(|element| Some((element, element.ai.qualifiers?)));
    let Some((key, alternatives)) = key else {
        return Err(Reason::new(codes::DL_NO_KEY, &[stem]));
    };
    let present = |number: &str| elements.iter().any(|element| element.ai.number == number);
    // The first of the alternatives that use most elements.
    let mut sequence: &[&str] = &[];
    let mut most = 0;
    for alternative in alternatives {
        let count = alternative.iter().filter(|number| present(number)).count();
        if count > most {
            (sequence, most) = (alternative, count);
        }
    }
    let mut uri = String::with_capacity(stem.len().saturating_add(64));
    uri.push_str(stem.strip_suffix('/').unwrap_or(stem));
    write_path_element(key, &mut uri);
    for number in sequence {
        if let Some(element) = elements.iter().find(|element| element.ai.number == *number) {
            write_path_element(element, &mut uri);
        }
    }
    let in_path = |element: &Element| element.ai == key.ai || sequence.contains(&element.ai.number);
    let attributes: Vec<&Element> = elements.iter().filter(|element| !in_path(element)).collect();
    match attributes.iter().find(|element| !element.ai.data_attribute) {
        Some(element) => Err(Reason::new(codes::DL_ATTRIBUTE, &[element.ai.number])),
        None => Ok((uri, attributes)),
    }
}

fn write_path_element(element: &Element, uri: &mut String) {
    uri.push('/');
    uri.push_str(element.ai.number);
    uri.push('/');
    percent::encode(&element.value, uri);
}

fn write_query(attributes: &[&Element], uri: &mut String) {
    for (index, element) in attributes.iter().enumerate() {
        uri.push(if index == 0 { '?' } else { '&' });
        uri.push_str(element.ai.number);
        uri.push('=');
        percent::encode(&element.value, uri);
    }
}
