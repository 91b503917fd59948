//! Reads the part of GS1 Digital Link that EPCIS uses to name things: a key and its finest qualifier.

use super::scheme::Alphabet;
use super::text::{Syntax, all_digits, measure};

/// A primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Sscc,
    Gtin,
    Gdti,
    Gcn,
    Ginc,
    Gsin,
    Gln,
    Party,
    Grai,
    Giai,
    Itip,
    Cpid,
    Gsrnp,
    Gsrn,
}

/// A qualifier of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Qualifier {
    /// Consumer product variant.
    Variant,
    Lot,
    Serial,
    /// Third-party-controlled serial of tobacco traceability.
    Tpx,
    GlnExtension,
    PartSerial,
}

/// A key with its finest qualifier. The values still have their escapes; they have been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub key: Key,
    pub value: &'a str,
    pub qualifier: Option<(Qualifier, &'a str)>,
}

impl Key {
    /// The key of this application identifier or short name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Key> {
        Some(match name {
            b"01" | b"gtin" => Key::Gtin,
            b"00" | b"sscc" => Key::Sscc,
            b"414" | b"gln" => Key::Gln,
            b"417" | b"party" => Key::Party,
            b"253" | b"gdti" => Key::Gdti,
            b"255" | b"gcn" => Key::Gcn,
            b"401" | b"ginc" => Key::Ginc,
            b"402" | b"gsin" => Key::Gsin,
            b"8003" | b"grai" => Key::Grai,
            b"8004" | b"giai" => Key::Giai,
            b"8006" | b"itip" => Key::Itip,
            b"8010" | b"cpid" => Key::Cpid,
            b"8017" | b"gsrnp" => Key::Gsrnp,
            b"8018" | b"gsrn" => Key::Gsrn,
            _ => return None,
        })
    }

    /// The application identifier.
    pub(crate) fn identifier(self) -> &'static str {
        match self {
            Key::Sscc => "00",
            Key::Gtin => "01",
            Key::Gdti => "253",
            Key::Gcn => "255",
            Key::Ginc => "401",
            Key::Gsin => "402",
            Key::Gln => "414",
            Key::Party => "417",
            Key::Grai => "8003",
            Key::Giai => "8004",
            Key::Itip => "8006",
            Key::Cpid => "8010",
            Key::Gsrnp => "8017",
            Key::Gsrn => "8018",
        }
    }

    /// Whether `value` has the length and characters of this key.
    fn accepts(self, value: &str) -> bool {
        let digits = |count| value.len() == count && all_digits(value);
        match self {
            Key::Gtin => matches!(value.len(), 8 | 12 | 13 | 14) && all_digits(value),
            Key::Gln | Key::Party => digits(13),
            Key::Gsin => digits(17),
            Key::Sscc | Key::Itip | Key::Gsrnp | Key::Gsrn => digits(18),
            Key::Gcn => (13..=25).contains(&value.len()) && all_digits(value),
            Key::Gdti => leads(value, 13, 17),
            Key::Grai => leads(value, 14, 16),
            // A company prefix, of which every key has at least four digits, and a reference.
            Key::Ginc | Key::Giai => leads(value, 4, 26) && value.len() > 4,
            Key::Cpid => {
                value.len() > 4 && value.get(..4).is_some_and(all_digits) && measure_within(value, Alphabet::Part, 30)
            }
        }
    }

    /// Whether `qualifier` can follow this key (Digital Link §4.8).
    pub(crate) fn allows(self, qualifier: Qualifier) -> bool {
        match self {
            Key::Gtin => {
                matches!(qualifier, Qualifier::Variant | Qualifier::Lot | Qualifier::Serial | Qualifier::Tpx)
            }
            Key::Itip => matches!(qualifier, Qualifier::Variant | Qualifier::Lot | Qualifier::Serial),
            Key::Gln => qualifier == Qualifier::GlnExtension,
            Key::Cpid => qualifier == Qualifier::PartSerial,
            _ => false,
        }
    }
}

impl Qualifier {
    /// The qualifier of this application identifier or short name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Qualifier> {
        Some(match name {
            b"21" | b"ser" => Qualifier::Serial,
            b"10" | b"lot" => Qualifier::Lot,
            b"22" | b"cpv" => Qualifier::Variant,
            b"235" | b"tpx" => Qualifier::Tpx,
            b"254" | b"glnx" => Qualifier::GlnExtension,
            b"8011" | b"cpsn" => Qualifier::PartSerial,
            _ => return None,
        })
    }

    /// The application identifier.
    pub(crate) fn identifier(self) -> &'static str {
        match self {
            Qualifier::Variant => "22",
            Qualifier::Lot => "10",
            Qualifier::Serial => "21",
            Qualifier::Tpx => "235",
            Qualifier::GlnExtension => "254",
            Qualifier::PartSerial => "8011",
        }
    }

    fn accepts(self, value: &str) -> bool {
        match self {
            Qualifier::PartSerial => (1..=12).contains(&value.len()) && all_digits(value),
            Qualifier::Tpx => measure_within(value, Alphabet::Serial, 28),
            _ => measure_within(value, Alphabet::Serial, 20),
        }
    }

    /// Whether `next` may follow: variant, batch, serial in this order (Digital Link §4.8); a TPX
    /// takes the place of batch and serial.
    pub(crate) fn precedes(self, next: Qualifier) -> bool {
        self < next && !(self != Qualifier::Variant && next == Qualifier::Tpx)
    }
}

/// Whether `value` begins with exactly `digits` digits followed by at most `rest` other characters.
fn leads(value: &str, digits: usize, rest: usize) -> bool {
    let Some((head, tail)) = value.split_at_checked(digits) else { return false };
    all_digits(head) && (tail.is_empty() || measure_within(tail, Alphabet::Serial, rest))
}

fn measure_within(value: &str, alphabet: Alphabet, longest: usize) -> bool {
    // An escape has three bytes: a longer text needs no counting.
    value.len() <= 3 * longest
        && measure(value, alphabet, Syntax::Link).is_some_and(|count| (1..=longest).contains(&count))
}

/// Key and three qualifiers.
const PAIRS_MAX: usize = 4;

/// Reads a Digital Link of any host: the path may have anything before the key, nothing after the
/// qualifiers. None if it isn't a link of a key and qualifiers that EPCIS uses.
pub(crate) fn read(uri: &str) -> Option<Link<'_>> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let rest = match memchr::memchr2(b'?', b'#', rest.as_bytes()) {
        Some(end) => rest.get(..end)?,
        None => rest,
    };
    let (host, path) = rest.split_once('/')?;
    if host.is_empty() {
        return None;
    }
    // From the end, for what stands before the key can be anything.
    let mut parts = path.rsplit('/');
    let mut pairs: [(&str, &str); PAIRS_MAX] = [("", ""); PAIRS_MAX];
    for count in 1..=PAIRS_MAX {
        let (value, name) = (parts.next()?, parts.next()?);
        *pairs.get_mut(count - 1)? = (name, value);
        if let Some(key) = Key::from_name(name.as_bytes()) {
            // Names of keys and of qualifiers differ, so there is no second way to read it.
            return qualified(key, value, pairs.get(..count - 1)?);
        }
        Qualifier::from_name(name.as_bytes())?;
    }
    None
}

/// `qualifiers` are in reverse order, the finest first.
fn qualified<'a>(key: Key, value: &'a str, qualifiers: &[(&'a str, &'a str)]) -> Option<Link<'a>> {
    if !key.accepts(value) {
        return None;
    }
    let mut finest: Option<(Qualifier, &str)> = None;
    for (name, value) in qualifiers.iter().rev() {
        let qualifier = Qualifier::from_name(name.as_bytes())?;
        let in_order = finest.is_none_or(|(previous, _)| previous.precedes(qualifier));
        if !key.allows(qualifier) || !in_order || !qualifier.accepts(value) {
            return None;
        }
        finest = Some((qualifier, value));
    }
    let finest = finest.filter(|(qualifier, _)| *qualifier != Qualifier::Variant);
    Some(Link { key, value, qualifier: finest })
}
