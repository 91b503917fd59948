//! Reads EPC URNs: syntax and values (GS1 Tag Data Standard 2.0 §6).

use super::scheme::{Alphabet, Key, Layout, Level, Reference, Scheme, Serial};
use super::text::{Syntax, all_digits, measure};
use crate::codes::{Code, epc as codes};
use crate::identifier::checks;
use crate::problem::Reason;

/// An EPC URN. Parts the scheme does not have are empty; in a pattern a part may be `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EpcUrn<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// Instance, class or pattern.
    pub level: Level,
    /// The GS1 company prefix; of gid the manager number, of usdod and adi the CAGE code or DoDAAC.
    pub company_prefix: &'a str,
    /// What the owner of the prefix assigned, with the indicator or extension digit in front where
    /// there is one; of bic and imovn the whole code.
    pub reference: &'a str,
    /// The piece, of itip.
    pub piece: &'a str,
    /// The total of pieces, of itip.
    pub total: &'a str,
    /// Serial number, batch, extension or TPX, with its escapes.
    pub serial: &'a str,
}

/// The longest EPC URN is about 130 bytes; whatever is longer needs no closer look.
const URN_BYTES_MAX: usize = 256;

const STAR: &str = "*";

/// A reason that costs nothing until somebody wants to read it.
#[derive(Clone, Copy)]
pub(crate) struct Fault<'a> {
    code: &'static Code,
    arguments: [Argument<'a>; 3],
}

#[derive(Clone, Copy)]
enum Argument<'a> {
    None,
    Text(&'a str),
    Number(u64),
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(text: &'a str) -> Self {
        Argument::Text(text)
    }
}

impl From<usize> for Argument<'_> {
    fn from(number: usize) -> Self {
        Argument::Number(number as u64)
    }
}

impl From<u64> for Argument<'_> {
    fn from(number: u64) -> Self {
        Argument::Number(number)
    }
}

impl<'a> Fault<'a> {
    fn one(code: &'static Code, argument: impl Into<Argument<'a>>) -> Self {
        Fault { code, arguments: [argument.into(), Argument::None, Argument::None] }
    }

    fn two(code: &'static Code, first: impl Into<Argument<'a>>, second: impl Into<Argument<'a>>) -> Self {
        Fault { code, arguments: [first.into(), second.into(), Argument::None] }
    }

    fn three(
        code: &'static Code,
        first: impl Into<Argument<'a>>,
        second: impl Into<Argument<'a>>,
        third: impl Into<Argument<'a>>,
    ) -> Self {
        Fault { code, arguments: [first.into(), second.into(), third.into()] }
    }

    fn into_reason(self) -> Reason {
        let numbers = self.arguments.map(|argument| match argument {
            Argument::Number(number) => number.to_string(),
            Argument::Text(_) | Argument::None => String::new(),
        });
        let borrowed: Vec<&str> = self
            .arguments
            .iter()
            .zip(&numbers)
            .filter_map(|(argument, number)| match argument {
                Argument::None => None,
                Argument::Text(text) => Some(*text),
                Argument::Number(_) => Some(number.as_str()),
            })
            .collect();
        Reason::new(self.code, &borrowed)
    }
}

impl<'a> EpcUrn<'a> {
    /// Reads an EPC URN of any scheme, `urn:epc:id:`, `urn:epc:class:` or `urn:epc:idpat:`.
    ///
    /// ```
    /// use suyuan_epcis::epc::{EpcUrn, Scheme};
    /// let urn = EpcUrn::parse("urn:epc:id:sgtin:0614141.812345.6789").unwrap();
    /// assert_eq!((urn.scheme, urn.company_prefix, urn.reference), (Scheme::Sgtin, "0614141", "812345"));
    /// assert_eq!(EpcUrn::parse("urn:epc:id:sgtin:061414.812345.6").unwrap_err().code.id, "EPC-REFERENCE_LENGTH");
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, Reason> {
        let urn = Self::shape(text).map_err(Fault::into_reason)?;
        urn.check_values().map_err(Fault::into_reason)?;
        Ok(urn)
    }

    /// Reads the URN's syntax; its values are left unjudged, since they change nothing about
    /// what the URN is in canonical form. Allocates nothing.
    pub(crate) fn shape(text: &'a str) -> Result<Self, Fault<'a>> {
        let Some(rest) = text.strip_prefix("urn:epc:") else { return Err(Fault::one(codes::NOT_EPC, text)) };
        if text.len() > URN_BYTES_MAX {
            return Err(Fault::one(codes::TOO_LONG, URN_BYTES_MAX));
        }
        let Some((kind, rest)) = rest.split_once(':') else { return Err(Fault::one(codes::NOT_EPC, text)) };
        let level = match kind {
            "id" => Level::Instance,
            "class" => Level::Class,
            "idpat" => Level::Pattern,
            "tag" | "raw" | "pat" => return Err(Fault::one(codes::TAG_URI, kind)),
            _ => return Err(Fault::one(codes::KIND, kind)),
        };
        let Some((name, body)) = rest.split_once(':') else { return Err(Fault::one(codes::NOT_EPC, text)) };
        let Some(scheme) = Scheme::from_name(name.as_bytes()) else { return Err(Fault::one(codes::SCHEME, name)) };
        if (scheme == Scheme::Lgtin) != (level == Level::Class) {
            return Err(Fault::two(codes::SCHEME_KIND, scheme.name(), level.name()));
        }
        let urn = Self::split(scheme, level, body)?;
        urn.check_syntax()?;
        Ok(urn)
    }

    /// Splits the body at its dots. The last part takes the rest: a serial may have dots of its own.
    fn split(scheme: Scheme, level: Level, body: &'a str) -> Result<Self, Fault<'a>> {
        let expected = scheme.component_count();
        let mut parts = [""; 5];
        let mut found = 0;
        for (slot, part) in parts.iter_mut().zip(body.splitn(expected, '.')) {
            *slot = part;
            found += 1;
        }
        if found != expected {
            return Err(Fault::three(codes::COMPONENTS, scheme.name(), expected, found));
        }
        let [first, second, third, fourth, fifth] = parts;
        let urn =
            EpcUrn { scheme, level, company_prefix: first, reference: second, piece: "", total: "", serial: third };
        let urn = match expected {
            5 => EpcUrn { piece: third, total: fourth, serial: fifth, ..urn },
            1 => EpcUrn { company_prefix: "", reference: first, ..urn },
            _ => urn,
        };
        let stars = parts.iter().take(expected).skip_while(|part| **part != STAR);
        if level == Level::Pattern && stars.clone().any(|part| *part != STAR) {
            return Err(Fault::one(codes::STAR, body));
        }
        Ok(urn)
    }

    /// Whether `part` is a wildcard of this pattern.
    fn is_star(&self, part: &str) -> bool {
        self.level == Level::Pattern && part == STAR
    }

    fn check_syntax(&self) -> Result<(), Fault<'a>> {
        match self.scheme.layout() {
            Layout::Key(key) => self.check_key(key),
            Layout::General => {
                // Tag Data Standard 2.0 §6.3.16: 28, 24 and 36 bits.
                self.check_number(self.company_prefix, 28)?;
                self.check_number(self.reference, 24)?;
                self.check_number(self.serial, 36)
            }
            Layout::Defense => {
                self.check_cage()?;
                self.check_number(self.reference, 36)
            }
            Layout::Aerospace => self.check_aerospace(),
            Layout::Container => self.check_container(),
            Layout::Vessel => {
                if self.is_star(self.reference) {
                    return Ok(());
                }
                check_digits(self.reference)?;
                exact_length(self.scheme, 7, self.reference.len())
            }
        }
    }

    fn check_key(&self, key: Key) -> Result<(), Fault<'a>> {
        let prefix = self.company_prefix;
        if self.is_star(prefix) {
            return Ok(());
        }
        if !(6..=12).contains(&prefix.len()) || !all_digits(prefix) {
            return Err(Fault::one(codes::PREFIX, prefix));
        }
        if self.is_star(self.reference) {
            return Ok(());
        }
        match key.reference {
            Reference::Digits(total) => {
                check_digits(self.reference)?;
                exact_length(self.scheme, total, prefix.len() + self.reference.len())?;
            }
            Reference::Text(total, alphabet) => {
                check_text(self.reference, alphabet, total.saturating_sub(prefix.len()))?;
            }
        }
        if key.pieces {
            for part in [self.piece, self.total] {
                if self.is_star(part) {
                    return Ok(());
                }
                if part.len() != 2 || !all_digits(part) {
                    return Err(Fault::two(codes::PIECES, self.piece, self.total));
                }
            }
        }
        if self.is_star(self.serial) {
            return Ok(());
        }
        match key.serial {
            Serial::None => Ok(()),
            Serial::Text(longest) => check_text(self.serial, Alphabet::Serial, longest),
            Serial::Digits(longest) => {
                check_digits(self.serial)?;
                if !(1..=longest).contains(&self.serial.len()) {
                    return Err(Fault::two(codes::PART_LENGTH, self.serial, longest));
                }
                Ok(())
            }
        }
    }

    fn check_number(&self, part: &'a str, bits: u32) -> Result<(), Fault<'a>> {
        if self.is_star(part) {
            return Ok(());
        }
        check_digits(part)?;
        if part.is_empty() {
            return Err(Fault::two(codes::PART_LENGTH, part, 11_usize));
        }
        if part.len() > 1 && part.starts_with('0') {
            return Err(Fault::one(codes::LEADING_ZERO, part));
        }
        let largest = (1_u64 << bits) - 1;
        match part.parse::<u64>() {
            Ok(number) if number <= largest => Ok(()),
            _ => Err(Fault::two(codes::RANGE, part, largest)),
        }
    }

    fn check_cage(&self) -> Result<(), Fault<'a>> {
        let cage = self.company_prefix;
        if self.is_star(cage) {
            return Ok(());
        }
        let allowed = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && byte != b'I' && byte != b'O';
        if !matches!(cage.len(), 5 | 6) || !cage.bytes().all(allowed) {
            return Err(Fault::one(codes::CAGE, cage));
        }
        Ok(())
    }

    /// Tag Data Standard 2.0 §6.3.18: the part number may be empty; only the serial may begin with
    /// `#`, and neither may contain it elsewhere.
    fn check_aerospace(&self) -> Result<(), Fault<'a>> {
        self.check_cage()?;
        if !self.is_star(self.reference) && !self.reference.is_empty() {
            check_text(self.reference, Alphabet::Part, 32)?;
            if self.reference.contains("%23") {
                return Err(Fault::one(codes::CHARACTER, self.reference));
            }
        }
        if self.is_star(self.serial) {
            return Ok(());
        }
        check_text(self.serial, Alphabet::Part, 30)?;
        let rest = self.serial.strip_prefix("%23").unwrap_or(self.serial);
        if rest.is_empty() || rest.contains("%23") {
            return Err(Fault::one(codes::CHARACTER, self.serial));
        }
        Ok(())
    }

    fn check_container(&self) -> Result<(), Fault<'a>> {
        match self.is_star(self.reference) || checks::is_container_shape(self.reference) {
            true => Ok(()),
            false => Err(Fault::one(codes::BIC, self.reference)),
        }
    }

    /// Judges what the syntax leaves open: numbers written with zeros in front, piece counts and
    /// the check digits that belong to the code itself.
    fn check_values(&self) -> Result<(), Fault<'a>> {
        match self.scheme {
            // Tag Data Standard 2.0 §6.3.9: a NumericComponent, so without leading zeros.
            Scheme::Cpi if self.serial.len() > 1 && self.serial.starts_with('0') => {
                Err(Fault::one(codes::LEADING_ZERO, self.serial))
            }
            Scheme::Itip if all_digits(self.piece) && all_digits(self.total) => {
                match self.piece != "00" && self.piece <= self.total {
                    true => Ok(()),
                    false => Err(Fault::two(codes::PIECES, self.piece, self.total)),
                }
            }
            Scheme::Bic if self.reference != STAR => self.check_last(checks::container_check(self.reference)),
            Scheme::Imovn if self.reference != STAR => self.check_last(checks::vessel_check(self.reference)),
            _ => Ok(()),
        }
    }

    fn check_last(&self, expected: Option<u8>) -> Result<(), Fault<'a>> {
        let last = self.reference.as_bytes().last().map(|byte| u64::from(byte.wrapping_sub(b'0')));
        match (expected.map(|byte| u64::from(byte.wrapping_sub(b'0'))), last) {
            (Some(expected), Some(last)) if expected != last => {
                Err(Fault::three(codes::CHECK_DIGIT, self.reference, expected, last))
            }
            _ => Ok(()),
        }
    }
}

fn check_digits(part: &str) -> Result<(), Fault<'_>> {
    match all_digits(part) {
        true => Ok(()),
        false => Err(Fault::one(codes::DIGITS, part)),
    }
}

fn exact_length<'a>(scheme: Scheme, expected: usize, found: usize) -> Result<(), Fault<'a>> {
    match expected == found {
        true => Ok(()),
        false => Err(Fault::three(codes::REFERENCE_LENGTH, scheme.name(), expected, found)),
    }
}

fn check_text(part: &str, alphabet: Alphabet, longest: usize) -> Result<(), Fault<'_>> {
    match measure(part, alphabet, Syntax::Urn) {
        None => Err(Fault::one(codes::CHARACTER, part)),
        Some(count) if !(1..=longest).contains(&count) => Err(Fault::two(codes::PART_LENGTH, part, longest)),
        Some(_) => Ok(()),
    }
}
