//! What can be bound and delegated, and which subjects lie within it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::is_uri;
use crate::key::{Issuer, KeyKind, SubjectKey};

/// Bytes of a URI prefix that can be bound.
const URI_BYTES_MAX: usize = 256;

/// The kinds of scopes (`proofs.md` §1). The number is in the names of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ScopeKind {
    /// A GS1 company prefix: 4 to 12 digits.
    Prefix = 1,
    /// One GTIN: 14 digits.
    Gtin = 2,
    /// One GLN: 13 digits.
    Gln = 3,
    /// The first seven digits of Chinese drug trace codes.
    DrugCode = 4,
    /// The maker in a Chinese special equipment code: its characters 5 to 9.
    DeviceMaker = 5,
    /// URIs that begin alike, up to a delimiter.
    Uri = 6,
}

impl ScopeKind {
    /// All kinds.
    pub const ALL: [ScopeKind; 6] = [
        ScopeKind::Prefix,
        ScopeKind::Gtin,
        ScopeKind::Gln,
        ScopeKind::DrugCode,
        ScopeKind::DeviceMaker,
        ScopeKind::Uri,
    ];

    /// Its name in records and files.
    pub fn name(self) -> &'static str {
        match self {
            ScopeKind::Prefix => "prefix",
            ScopeKind::Gtin => "gtin",
            ScopeKind::Gln => "gln",
            ScopeKind::DrugCode => "drugCode",
            ScopeKind::DeviceMaker => "deviceMaker",
            ScopeKind::Uri => "uri",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<ScopeKind> {
        ScopeKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn from_number(number: u8) -> Option<ScopeKind> {
        ScopeKind::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A text is no scope of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidScope;

/// What is bound or delegated. Only [`Scope::new`] makes one, so it has the form of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    kind: ScopeKind,
    value: String,
}

impl Scope {
    /// A scope of this kind. A GTIN may be of 8, 12, 13 or 14 digits; it is kept with 14.
    ///
    /// A URI prefix ends with a delimiter, so that `https://firm.example` does not claim
    /// `https://firm.example.thief.example/`, and names more than a scheme.
    pub fn new(kind: ScopeKind, value: &str) -> Result<Scope, InvalidScope> {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match kind {
            ScopeKind::Prefix => digits && (4..=12).contains(&value.len()),
            ScopeKind::Gtin => digits && matches!(value.len(), 8 | 12 | 13 | 14) && has_check_digit(value),
            ScopeKind::Gln => digits && value.len() == 13 && has_check_digit(value),
            ScopeKind::DrugCode => digits && value.len() == 7,
            ScopeKind::DeviceMaker => {
                value.len() == 5 && value.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            }
            ScopeKind::Uri => {
                value.len() <= URI_BYTES_MAX && value.ends_with(['/', ':', '#', '?', '=']) && is_uri(value)
            }
        };
        let value = if kind == ScopeKind::Gtin { format!("{value:0>14}") } else { value.to_owned() };
        if fits { Ok(Scope { kind, value }) } else { Err(InvalidScope) }
    }

    /// Its kind.
    pub fn kind(&self) -> ScopeKind {
        self.kind
    }

    /// Its digits or characters.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What the scope is looked up by, as if it were a subject.
    pub(super) fn places(&self) -> Places<'_> {
        let value = self.value.as_bytes();
        match self.kind {
            ScopeKind::Prefix => Places { prefixed: Some((ScopeKind::Prefix, value)), exact: None },
            ScopeKind::Gtin => Places::gtin(value),
            ScopeKind::Gln => Places::gln(value),
            kind => Places { prefixed: Some((kind, value)), exact: None },
        }
    }
}

/// GS1 General Specifications §7.9: weights 3 and 1 from the right, before the check digit.
pub(super) fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(digit.wrapping_sub(b'0')) * if place % 2 == 1 { 3 } else { 1 })
        .sum();
    sum.is_multiple_of(10)
}

/// Where a subject is looked up: exactly, and failing that by the longest beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Places<'a> {
    exact: Option<(ScopeKind, &'a [u8])>,
    prefixed: Option<(ScopeKind, &'a [u8])>,
}

impl<'a> Places<'a> {
    /// The company prefix of a GTIN begins behind its indicator digit.
    fn gtin(digits: &'a [u8]) -> Places<'a> {
        let prefixed = digits.get(1..).map(|rest| (ScopeKind::Prefix, rest));
        Places { exact: Some((ScopeKind::Gtin, digits)), prefixed }
    }

    fn gln(digits: &'a [u8]) -> Places<'a> {
        Places { exact: Some((ScopeKind::Gln, digits)), prefixed: Some((ScopeKind::Prefix, digits)) }
    }

    /// Where a subject of this key is looked up.
    pub(super) fn of(key: &'a SubjectKey) -> Places<'a> {
        if let Some(gtin) = key.gtin() {
            return Places::gtin(gtin.as_bytes());
        }
        if let Some(gln) = key.gln() {
            return Places::gln(gln.as_bytes());
        }
        // An organisation is its own, and the register of containers is kept elsewhere: neither is bound.
        if matches!(key.kind(), KeyKind::Organisation | KeyKind::Container) {
            return Places::default();
        }
        let prefixed = match key.issuer() {
            Some(Issuer::Gs1(digits)) => Some((ScopeKind::Prefix, digits.as_bytes())),
            Some(Issuer::DrugCode(code)) => Some((ScopeKind::DrugCode, code.as_bytes())),
            Some(Issuer::DeviceMaker(maker)) => Some((ScopeKind::DeviceMaker, maker.as_bytes())),
            Some(Issuer::Uri(Cow::Borrowed(uri))) => Some((ScopeKind::Uri, uri.as_bytes())),
            Some(Issuer::Uri(Cow::Owned(_))) | None => None,
        };
        Places { exact: None, prefixed }
    }

    /// The GLN that is looked up, if it is one.
    pub(super) fn exact_gln(&self) -> Option<&'a [u8]> {
        self.exact.and_then(|(kind, digits)| (kind == ScopeKind::Gln).then_some(digits))
    }
}

/// Things by their scope: looked up exactly or by the longest beginning, without allocating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scopes<T> {
    /// One map a kind, in the order of [`ScopeKind::ALL`].
    maps: [BTreeMap<Vec<u8>, Vec<T>>; 6],
}

impl<T> Default for Scopes<T> {
    fn default() -> Self {
        Scopes { maps: Default::default() }
    }
}

impl<T> Scopes<T> {
    fn map(&self, kind: ScopeKind) -> Option<&BTreeMap<Vec<u8>, Vec<T>>> {
        self.maps.get((kind as usize).checked_sub(1)?)
    }

    /// What stands under exactly this scope.
    pub(super) fn at(&self, scope: &Scope) -> &[T] {
        self.map(scope.kind).and_then(|map| map.get(scope.value.as_bytes())).map_or(&[], Vec::as_slice)
    }

    /// As [`Scopes::at`], to change it.
    pub(super) fn at_mut(&mut self, scope: &Scope) -> Option<&mut Vec<T>> {
        let map = self.maps.get_mut((scope.kind as usize).checked_sub(1)?)?;
        if !map.contains_key(scope.value.as_bytes()) {
            map.insert(scope.value.as_bytes().to_vec(), Vec::new());
        }
        map.get_mut(scope.value.as_bytes())
    }

    /// All of them, by kind and scope.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.maps.iter().flat_map(BTreeMap::values).flatten()
    }

    /// The first that `holds` under the most specific scope that has such a one.
    pub(super) fn find<'a>(&'a self, places: &Places<'_>, holds: impl Fn(&T) -> bool) -> Option<&'a T> {
        if let Some((kind, value)) = places.exact
            && let Some(found) = self.map(kind)?.get(value).and_then(|list| list.iter().find(|one| holds(one)))
        {
            return Some(found);
        }
        let (kind, value) = places.prefixed?;
        let map = self.map(kind)?;
        let mut end = value;
        loop {
            // The greatest beginning of `value` that is a key lies at or before it. If what lies there is
            // no beginning, no key longer than what both have in common is one.
            let (found, list) = map.range::<[u8], _>((Bound::Unbounded, Bound::Included(end))).next_back()?;
            let common = found.iter().zip(end).take_while(|(one, other)| one == other).count();
            if common == found.len() {
                if let Some(one) = list.iter().find(|one| holds(one)) {
                    return Some(one);
                }
                end = end.get(..common.checked_sub(1)?)?;
            } else {
                end = end.get(..common)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: KeyKind, parts: &[&str]) -> SubjectKey {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        SubjectKey::new(kind, &parts).unwrap()
    }

    /// Goal: only texts of a kind's form make a scope. Method: a table of good and bad ones.
    #[test]
    fn forms() {
        let table = [
            (ScopeKind::Prefix, "9521", true),
            (ScopeKind::Prefix, "952100100012", true),
            (ScopeKind::Prefix, "952", false),
            (ScopeKind::Prefix, "9521001000123", false),
            (ScopeKind::Prefix, "952１", false),
            (ScopeKind::Gtin, "9521001001014", true),
            (ScopeKind::Gtin, "19521001001011", true),
            (ScopeKind::Gtin, "9521001001015", false),
            (ScopeKind::Gtin, "", false),
            (ScopeKind::Gln, "9521001000017", true),
            (ScopeKind::Gln, "9521001000018", false),
            (ScopeKind::DrugCode, "8105123", true),
            (ScopeKind::DrugCode, "810512", false),
            (ScopeKind::DeviceMaker, "44010", true),
            (ScopeKind::DeviceMaker, "4401a", false),
            (ScopeKind::Uri, "https://firm.example/", true),
            (ScopeKind::Uri, "urn:firm:", true),
            (ScopeKind::Uri, "https://firm.example", false),
            (ScopeKind::Uri, "https://", false),
            (ScopeKind::Uri, "urn:", false),
            (ScopeKind::Uri, "", false),
        ];
        for (kind, value, good) in table {
            assert_eq!(Scope::new(kind, value).is_ok(), good, "{} {value}", kind.name());
        }
    }

    /// Goal: the longest beginning is found, and where it does not hold the next one. Method: random sets of
    /// short strings over two letters against a plain search, for every text up to seven letters.
    #[test]
    fn longest_beginning() {
        let mut seed = 1u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        let texts: Vec<String> = (0..=7u32)
            .flat_map(|length| {
                (0..1u32 << length)
                    .map(move |bits| (0..length).map(|i| if bits >> i & 1 == 1 { 'b' } else { 'a' }).collect())
            })
            .collect();
        for _ in 0..200 {
            let mut scopes = Scopes::<(String, bool)>::default();
            let mut list = Vec::new();
            for _ in 0..next(12) {
                let text = texts[next(texts.len() as u64) as usize].clone();
                if text.is_empty() {
                    continue;
                }
                let holds = next(3) > 0;
                scopes.maps[5].entry(text.clone().into_bytes()).or_default().push((text.clone(), holds));
                list.push((text, holds));
            }
            for text in &texts {
                let places = Places { exact: None, prefixed: Some((ScopeKind::Uri, text.as_bytes())) };
                let found = scopes.find(&places, |(_, holds)| *holds).map(|(text, _)| text);
                let expected = list
                    .iter()
                    .filter(|(scope, holds)| *holds && text.starts_with(scope.as_str()))
                    .map(|(scope, _)| scope)
                    .max_by_key(|scope| scope.len());
                assert_eq!(found, expected, "{text} in {list:?}");
            }
        }
    }

    /// Goal: each kind of subject is looked up by the right digits. Method: a table.
    #[test]
    fn places_of_subjects() {
        let table = [
            (key(KeyKind::Item, &["19521001001011", "1"]), Some("19521001001011"), Some("9521001001011")),
            (key(KeyKind::Lot, &["09521001001014", "L"]), Some("09521001001014"), Some("9521001001014")),
            (key(KeyKind::LogisticUnit, &["095210010000000017"]), None, Some("95210010000000017")),
            (key(KeyKind::Place, &["9521001000017", "0"]), Some("9521001000017"), Some("9521001000017")),
            (key(KeyKind::Instance, &["8003", "09521001000017X"]), None, Some("9521001000017X")),
            (key(KeyKind::Instance, &["8004", "9521001A"]), None, Some("9521001A")),
            (key(KeyKind::Instance, &["8006", "195210010010110102"]), Some("19521001001011"), Some("9521001001011")),
            (key(KeyKind::Instance, &["8004"]), None, Some("")),
            (key(KeyKind::DrugCode, &["81051230000000004471"]), None, Some("8105123")),
            (key(KeyKind::DrugClass, &["8105123"]), None, Some("8105123")),
            (key(KeyKind::Device, &["31104401020190123"]), None, Some("44010")),
            (key(KeyKind::Device, &["3110"]), None, None),
            (key(KeyKind::Process, &["urn:firm:1"]), None, Some("urn:firm:1")),
            (key(KeyKind::Event, &["a", "b"]), None, None),
            (SubjectKey::new(KeyKind::Item, &[]).unwrap(), Some(""), None),
        ];
        for (key, exact, prefixed) in table {
            let places = Places::of(&key);
            assert_eq!(places.exact.map(|(_, value)| value), exact.map(str::as_bytes), "{key:?}");
            assert_eq!(places.prefixed.map(|(_, value)| value), prefixed.map(str::as_bytes), "{key:?}");
        }
    }
}
