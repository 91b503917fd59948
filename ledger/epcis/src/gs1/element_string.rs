//! Element strings: application identifiers and their values, as symbols carry them and people write them.

use super::ai::{Ai, Requirement, matches_pattern};
use super::{ELEMENTS_MAX, ParseOptions, check_size, digital_link};
use crate::codes::element_string as codes;
use crate::problem::Reason;

/// The group separator, which a scanner sends for an FNC1 that ends a value.
pub const GROUP_SEPARATOR: u8 = 0x1D;

/// An application identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The application identifier.
    pub ai: &'static Ai,
    /// Its value, valid for it.
    pub value: String,
}

/// Elements in the order given, each application identifier once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementString {
    /// The elements.
    pub elements: Vec<Element>,
}

impl ElementString {
    /// Elements from numbers and values, checked as parsed ones are.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        options: &ParseOptions,
    ) -> Result<Self, Reason> {
        let mut elements = ElementString::default();
        for (number, value) in pairs {
            elements.add(find_ai(number, options)?, value, options)?;
        }
        elements.finish(0, options)
    }

    /// The value of the application identifier `number`.
    pub fn get(&self, number: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.ai.is(number)).map(|element| element.value.as_str())
    }

    /// Adds a value after checking it. The same value once more changes nothing; another one is refused, since an
    /// item has only one (General Specifications §4.13).
    pub(super) fn add<T>(&mut self, ai: &'static Ai, value: T, options: &ParseOptions) -> Result<(), Reason>
    where
        T: AsRef<str> + Into<String>,
    {
        ai.check(value.as_ref(), options.company_prefixes)?;
        match self.elements.iter().find(|element| element.ai == ai) {
            Some(present) if present.value == value.as_ref() => return Ok(()),
            Some(_) => return Err(Reason::new(codes::AI_DUPLICATE, &[ai.number])),
            None => {}
        }
        if self.elements.len() >= ELEMENTS_MAX {
            return Err(Reason::new(codes::AIS_TOO_MANY, &[&ELEMENTS_MAX.to_string()]));
        }
        self.elements.push(Element { ai, value: value.into() });
        Ok(())
    }

    /// What is left to check once all elements are there. The first `path_length` are a key of GS1 Digital Link and its
    /// qualifiers: those belong together by the key's own rule, even where `req` doesn't know of it (the dictionary has
    /// (22) qualify (8006), and require (01)).
    pub(super) fn finish(self, path_length: usize, options: &ParseOptions) -> Result<Self, Reason> {
        if self.elements.is_empty() {
            return Err(Reason::new(codes::EMPTY, &[]));
        }
        if options.associations {
            self.check_associations_after(path_length)?;
        }
        Ok(self)
    }

    /// Each element comes with those it requires and without those it excludes (the attributes `req` and `ex` of the
    /// dictionary).
    pub fn check_associations(&self) -> Result<(), Reason> {
        self.check_associations_after(0)
    }

    fn check_associations_after(&self, path_length: usize) -> Result<(), Reason> {
        for (index, Element { ai, .. }) in self.elements.iter().enumerate() {
            let is_qualifier = (1..path_length).contains(&index);
            let mut requirements = ai.requires.iter().filter(|_| !is_qualifier);
            if let Some(requirement) = requirements.find(|requirement| !self.satisfies(requirement)) {
                let groups: Vec<String> = requirement.iter().map(|group| format!("({})", group.join(")+("))).collect();
                return Err(Reason::new(codes::AI_REQUIRES, &[ai.number, &groups.join(", ")]));
            }
            for pattern in ai.excludes {
                // A pattern may match the application identifier itself, which doesn't exclude itself.
                let excluded =
                    self.elements.iter().find(|other| other.ai != *ai && matches_pattern(other.ai.number, pattern));
                if let Some(other) = excluded {
                    return Err(Reason::new(codes::AI_EXCLUDES, &[ai.number, other.ai.number]));
                }
            }
        }
        Ok(())
    }

    fn satisfies(&self, requirement: &Requirement) -> bool {
        let present = |pattern: &&str| self.elements.iter().any(|element| matches_pattern(element.ai.number, pattern));
        requirement.iter().any(|group| group.iter().all(present))
    }

    /// With brackets, `(01)09521141012345(21)2017`; an opening bracket within a value is written `\(`.
    pub fn to_bracketed(&self) -> String {
        let mut text = String::new();
        for Element { ai, value } in &self.elements {
            text.push('(');
            text.push_str(ai.number);
            text.push(')');
            text.push_str(&value.replace('(', "\\("));
        }
        text
    }

    /// With `fnc1` first and after each value that isn't of predefined length, but not at the end.
    pub fn to_unbracketed(&self, fnc1: char) -> String {
        let mut text = String::new();
        let mut separate = true;
        for Element { ai, value } in &self.elements {
            if separate {
                text.push(fnc1);
            }
            text.push_str(ai.number);
            text.push_str(value);
            separate = !ai.predefined_length;
        }
        text
    }

    /// With data titles, one line each: `GTIN (01) 09521141012345`.
    pub fn to_titled(&self) -> String {
        let line = |element: &Element| match element.ai.title {
            "" => format!("({}) {}", element.ai.number, element.value),
            title => format!("{title} ({}) {}", element.ai.number, element.value),
        };
        self.elements.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Reads `(01)09521141012345(21)2017`.
pub fn parse_bracketed(text: &str, options: &ParseOptions) -> Result<ElementString, Reason> {
    check_size(text)?;
    let brackets = || Reason::new(codes::BRACKETS, &[text]);
    let mut elements = ElementString::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')).ok_or_else(brackets)?;
        let ai = find_ai(number, options)?;
        let end = end_of_value(after);
        let (value, next) = after.split_at_checked(end).unwrap_or((after, ""));
        elements.add(ai, value.replace("\\(", "("), options)?;
        rest = next;
    }
    elements.finish(0, options)
}

/// Where an opening bracket that isn't escaped ends the value.
fn end_of_value(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        if byte == b'(' && !escaped {
            return index;
        }
        escaped = byte == b'\\';
    }
    text.len()
}

/// Reads data that begins with FNC1 and has it after each value that isn't of predefined length. FNC1 is `^` or the
/// group separator, the same throughout.
pub fn parse_unbracketed(text: &str, options: &ParseOptions) -> Result<ElementString, Reason> {
    check_size(text)?;
    match text.strip_prefix('^') {
        Some(data) => parse_separated(data, '^', options),
        None => match text.strip_prefix(char::from(GROUP_SEPARATOR)) {
            Some(data) => parse_separated(data, char::from(GROUP_SEPARATOR), options),
            None => Err(Reason::new(codes::PLAIN, &[text])),
        },
    }
}

fn parse_separated(data: &str, fnc1: char, options: &ParseOptions) -> Result<ElementString, Reason> {
    let mut elements = ElementString::default();
    let mut rest = data;
    while !rest.is_empty() {
        let start = || rest.chars().take(4).collect::<String>();
        let ai = Ai::at_start(rest)
            .or_else(|| options.unknown_ais.then(|| Ai::unallocated(rest.get(..2)?)).flatten())
            .ok_or_else(|| Reason::new(codes::AI_UNKNOWN, &[&start()]))?;
        let after = rest.get(ai.number.len()..).unwrap_or_default();
        let separator = after.find(fnc1).unwrap_or(after.len());
        let end = match ai.predefined_length {
            true => separator.min(ai.length_max()),
            false => separator,
        };
        // The end may lie within a character that no value can hold; then the check refuses the longer text.
        let (value, next) = after.split_at_checked(end).unwrap_or((after, ""));
        elements.add(ai, value, options)?;
        rest = next.strip_prefix(fnc1).unwrap_or(next);
    }
    elements.finish(0, options)
}

/// Reads what a scanner sends with a symbology identifier first (ISO/IEC 15424):
/// GS1-128, GS1 DataBar, GS1 DataMatrix, GS1 QR Code and GS1 DotCode with element strings; EAN, UPC and ITF-14 with a
/// GTIN; QR Code and Data Matrix with a GS1 Digital Link URI.
pub fn parse_scanned(text: &str, options: &ParseOptions) -> Result<ElementString, Reason> {
    check_size(text)?;
    let (identifier, data) = text.split_at_checked(3).unwrap_or((text, ""));
    match identifier {
        "]C1" | "]e0" | "]d2" | "]Q3" | "]J1" => {
            let separator = char::from(GROUP_SEPARATOR);
            parse_separated(data.strip_prefix(separator).unwrap_or(data), separator, options)
        }
        // UPC-A and UPC-E too come as the 13 digits of an EAN-13.
        "]E0" => parse_gtin(identifier, data, 13, options),
        "]E4" => parse_gtin(identifier, data, 8, options),
        "]I1" => parse_gtin(identifier, data, 14, options),
        "]Q0" | "]Q1" | "]d0" | "]d1" if digital_link::has_scheme(data) => {
            Ok(digital_link::parse(data, options)?.elements)
        }
        _ => Err(Reason::new(codes::SYMBOLOGY, &[identifier])),
    }
}

fn parse_gtin(identifier: &str, data: &str, digits: usize, options: &ParseOptions) -> Result<ElementString, Reason> {
    if data.len() != digits {
        let length = data.chars().count().to_string();
        return Err(Reason::new(codes::SYMBOL_LENGTH, &[identifier, &digits.to_string(), &length]));
    }
    let gtin = format!("{data:0>14}");
    ElementString::from_pairs([("01", gtin.as_str())], options)
}

/// The application identifier `number`, or what stands in for it where `options` let unknown ones pass.
pub(super) fn find_ai(number: &str, options: &ParseOptions) -> Result<&'static Ai, Reason> {
    Ai::find(number)
        .or_else(|| options.unknown_ais.then(|| Ai::unallocated(number)).flatten())
        .ok_or_else(|| Reason::new(codes::AI_UNKNOWN, &[number]))
}
