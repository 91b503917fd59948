//! Tells what an identifier of an event names, and whether it is well formed.
//!
//! Any URI may name things (CBV 2.0 §8.1), so only what claims to be an EPC URN or a GS1 Digital
//! Link is judged. On GS1's own host every path is a claim; elsewhere a path is one if it has a
//! key's application identifier before enough digits for it. Nearly all links are of a few keys
//! and plain characters, and those are judged here without allocating; what is left is asked of
//! [`crate::gs1::digital_link`].

use crate::codes::{lint, semantics as codes};
use crate::epc::link::{Key, Qualifier};
use crate::epc::{EpcUrn, Level as UrnLevel, Scheme};
use crate::gs1::{ParseOptions, digital_link};
use crate::identifier::checks::mod10_ok;
use crate::problem::Reason;

/// What an identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub scheme: Scheme,
    pub level: Level,
}

/// How much it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// One thing.
    Instance,
    /// All things of one class.
    Class,
    /// More than one class: a pattern that only a query can use.
    Broad,
}

/// What is wrong with `text` as an EPC URN or a GS1 Digital Link; none if it is well formed, or
/// claims to be neither. Whether the reason refuses the event is its code's severity.
pub fn identifier_reason(text: &str) -> Option<Reason> {
    read(text).1
}

/// What `text` names, where that can be told, and what is wrong with it.
pub(super) fn read(text: &str) -> (Option<Identity>, Option<Reason>) {
    if text.starts_with("urn:epc:") {
        return match EpcUrn::parse(text) {
            Ok(urn) => (Some(identity_of_urn(&urn)), None),
            Err(reason) => (None, Some(reason)),
        };
    }
    match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        Some(rest) => read_link(text, rest),
        None => (None, None),
    }
}

fn identity_of_urn(urn: &EpcUrn<'_>) -> Identity {
    let level = match urn.level {
        UrnLevel::Instance => Level::Instance,
        UrnLevel::Class => Level::Class,
        // A pattern names a class if it leaves open the serial and nothing else (CBV 2.0 §8.3).
        UrnLevel::Pattern => {
            let open = urn.serial == "*" && urn.reference != "*" && urn.total != "*";
            if open { Level::Class } else { Level::Broad }
        }
    };
    Identity { scheme: urn.scheme, level }
}

/// The host whose paths are Digital Links and nothing else.
const GS1_HOST: &str = "id.gs1.org";

/// Key and three qualifiers.
const PAIRS_MAX: usize = 4;

/// Digits that make a value after an application identifier look like a key.
const CLAIM_DIGITS_MIN: usize = 11;

/// Reads a Digital Link; `rest` is `text` without its scheme.
fn read_link(text: &str, rest: &str) -> (Option<Identity>, Option<Reason>) {
    let hierarchy = rest.split(['?', '#']).next().unwrap_or(rest);
    let Some((host, path)) = hierarchy.split_once('/').filter(|(host, _)| !host.is_empty()) else {
        return (None, None);
    };
    let mut parts = path.rsplit('/');
    let mut finest = "";
    for count in 1..=PAIRS_MAX {
        let (Some(value), Some(name)) = (parts.next(), parts.next()) else { break };
        if let Some(key) = Key::from_name(name.as_bytes()) {
            if !key.looks_right(value) {
                break;
            }
            let well_ordered = count == 1 || qualifiers_hold(key, path, count - 1);
            if !well_ordered || !(is_plain(path) || strictly(text) != Strictly::None) {
                break;
            }
            let reason = (!key.check_holds(value))
                .then(|| Reason::new(codes::LINK_CHECK_DIGIT, &[key.checked_part(value), text]));
            return (Some(key.identity(value, finest)), reason);
        }
        if Qualifier::from_name(name.as_bytes()).is_none() || value.is_empty() {
            break;
        }
        if count == 1 {
            finest = name;
        }
    }
    let code = match host {
        GS1_HOST => codes::BAD_LINK,
        _ if claims_key(path) => codes::LINK_SHAPE,
        _ => return (None, None),
    };
    // There are keys that no event is about, but that may well be referred to.
    let reason = match strictly(text) {
        Strictly::Link => None,
        Strictly::WrongCheck => {
            let key = path.rsplit('/').next().unwrap_or(path);
            Some(Reason::new(codes::LINK_CHECK_DIGIT, &[key, text]))
        }
        Strictly::None => Some(Reason::new(code, &[text])),
    };
    (None, reason)
}

/// Whether `path` needs no look at its characters: these may stand in every qualifier.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_'))
}

/// What a text is as a GS1 Digital Link of any key.
#[derive(PartialEq)]
enum Strictly {
    Link,
    /// It would be one if its check characters were right.
    WrongCheck,
    None,
}

fn strictly(text: &str) -> Strictly {
    let options = ParseOptions { associations: false, ..ParseOptions::default() };
    match digital_link::parse(text, &options) {
        Ok(_) => Strictly::Link,
        Err(reason) if reason.code == lint::CHECK_DIGIT || reason.code == lint::INCORRECT_CHECK_PAIR => {
            Strictly::WrongCheck
        }
        Err(_) => Strictly::None,
    }
}

/// Whether somewhere in `path` a key's number stands before enough digits.
fn claims_key(path: &str) -> bool {
    let mut previous = "";
    path.split('/').any(|part| {
        let claims = previous.starts_with(|first: char| first.is_ascii_digit())
            && Key::from_name(previous.as_bytes()).is_some()
            && part.bytes().take_while(u8::is_ascii_digit).count() >= CLAIM_DIGITS_MIN;
        previous = part;
        claims
    })
}

/// Whether the last `count` pairs of `path` are qualifiers of `key` in their order.
fn qualifiers_hold(key: Key, path: &str, count: usize) -> bool {
    let mut parts = path.rsplit('/');
    let mut next: Option<Qualifier> = None;
    for _ in 0..count {
        let (Some(value), Some(name)) = (parts.next(), parts.next()) else { return false };
        let Some(qualifier) = Qualifier::from_name(name.as_bytes()) else { return false };
        let ordered = next.is_none_or(|next| qualifier.precedes(next));
        if !ordered || !key.allows(qualifier) || value.len() > qualifier.bytes_max() {
            return false;
        }
        next = Some(qualifier);
    }
    true
}

/// What is judged here of a key, without allocating.
impl Key {
    /// Digits that begin the value up to and with the check digit; 0 for keys without one.
    fn digits(self) -> usize {
        match self {
            Key::Gtin | Key::Grai | Key::Itip => 14,
            Key::Gln | Key::Party | Key::Gdti | Key::Gcn => 13,
            Key::Gsin => 17,
            Key::Sscc | Key::Gsrnp | Key::Gsrn => 18,
            Key::Ginc | Key::Giai | Key::Cpid => 0,
        }
    }

    /// Bytes that may follow those digits: characters, each possibly escaped.
    fn rest_bytes_max(self) -> usize {
        match self {
            Key::Grai => 3 * 16,
            Key::Gdti => 3 * 17,
            Key::Gcn => 12,
            Key::Itip => 4,
            Key::Ginc | Key::Giai | Key::Cpid => 3 * 30,
            _ => 0,
        }
    }

    /// Whether `value` has the length of this key, and digits where it must.
    fn looks_right(self, value: &str) -> bool {
        let digits = self.checked_part(value);
        let rest = value.len() - digits.len();
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Key::Gtin => matches!(value.len(), 8 | 12 | 13 | 14) && all_digits(value),
            Key::Ginc | Key::Giai | Key::Cpid => {
                value.len() > 4 && rest <= self.rest_bytes_max() && value.get(..4).is_some_and(all_digits)
            }
            Key::Itip => value.len() == 18 && all_digits(value),
            Key::Gcn => digits.len() == 13 && rest <= 12 && all_digits(value),
            Key::Grai => {
                digits.len() == 14 && digits.starts_with('0') && all_digits(digits) && rest <= self.rest_bytes_max()
            }
            _ => digits.len() == self.digits() && all_digits(digits) && rest <= self.rest_bytes_max(),
        }
    }

    /// The digits that the check digit is about.
    fn checked_part(self, value: &str) -> &str {
        value.get(..self.digits()).unwrap_or(if self.digits() == 0 { "" } else { value })
    }

    fn check_holds(self, value: &str) -> bool {
        self.digits() == 0 || mod10_ok(self.checked_part(value))
    }

    /// What the key with this value and the finest qualifier names.
    fn identity(self, value: &str, finest: &str) -> Identity {
        let serial = matches!(Qualifier::from_name(finest.as_bytes()), Some(Qualifier::Serial | Qualifier::PartSerial));
        let class_unless = |instance: bool| if instance { Level::Instance } else { Level::Class };
        let has_rest = value.len() > self.digits();
        let (scheme, level) = match (self, Qualifier::from_name(finest.as_bytes())) {
            (Key::Gtin, Some(Qualifier::Lot)) => (Scheme::Lgtin, Level::Class),
            (Key::Gtin, Some(Qualifier::Tpx)) => (Scheme::Upui, Level::Instance),
            (Key::Gtin, _) => (Scheme::Sgtin, class_unless(serial)),
            (Key::Sscc, _) => (Scheme::Sscc, Level::Instance),
            (Key::Gln, _) => (Scheme::Sgln, Level::Instance),
            (Key::Party, _) => (Scheme::Pgln, Level::Instance),
            (Key::Gdti, _) => (Scheme::Gdti, class_unless(has_rest)),
            (Key::Gcn, _) => (Scheme::Sgcn, class_unless(has_rest)),
            (Key::Ginc, _) => (Scheme::Ginc, Level::Instance),
            (Key::Gsin, _) => (Scheme::Gsin, Level::Instance),
            (Key::Grai, _) => (Scheme::Grai, class_unless(has_rest)),
            (Key::Giai, _) => (Scheme::Giai, Level::Instance),
            (Key::Itip, _) => (Scheme::Itip, class_unless(serial)),
            (Key::Cpid, _) => (Scheme::Cpi, class_unless(serial)),
            (Key::Gsrnp, _) => (Scheme::Gsrnp, Level::Instance),
            (Key::Gsrn, _) => (Scheme::Gsrn, Level::Instance),
        };
        Identity { scheme, level }
    }
}

impl Qualifier {
    /// Characters, each possibly escaped.
    fn bytes_max(self) -> usize {
        match self {
            Qualifier::PartSerial => 12,
            Qualifier::Tpx => 3 * 28,
            _ => 3 * 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> (Option<(&'static str, Level)>, Option<&'static str>) {
        let (identity, reason) = read(text);
        (identity.map(|known| (known.scheme.name(), known.level)), reason.map(|reason| reason.code.id))
    }

    // Goal: what links and URNs name, and which are broken. Method: a table of every key, right and wrong.
    #[test]
    fn identities() {
        use Level::{Broad, Class, Instance};
        let good = [
            ("https://id.gs1.org/01/09521234543213/21/1", "sgtin", Instance),
            ("https://a.example/some/01/09521234543213/22/V/10/A/21/1?x=1#y", "sgtin", Instance),
            ("https://a.example/01/09521234543213/21/a%2Fb(c)", "sgtin", Instance),
            ("http://a.example/gtin/9521234543213/lot/A", "lgtin", Class),
            ("https://a.example/01/09521234543213", "sgtin", Class),
            ("https://a.example/01/09521234543213/22/V", "sgtin", Class),
            ("https://a.example/01/09521234543213/235/TPX", "upui", Instance),
            ("https://a.example/00/095212345432109999", "sscc", Instance),
            ("https://a.example/414/9521234543213/254/0", "sgln", Instance),
            ("https://a.example/417/9521234543213", "pgln", Instance),
            ("https://a.example/8003/09521234543213", "grai", Class),
            ("https://a.example/8003/095212345432131", "grai", Instance),
            ("https://a.example/253/95212345432131", "gdti", Instance),
            ("https://a.example/255/9521234543213", "sgcn", Class),
            ("https://a.example/8004/9521A", "giai", Instance),
            ("https://a.example/8010/9521A", "cpi", Class),
            ("https://a.example/8010/9521A/8011/1", "cpi", Instance),
            ("https://a.example/8006/095212345432130102/21/1", "itip", Instance),
            ("urn:epc:id:sscc:0614141.1234567890", "sscc", Instance),
            ("urn:epc:class:lgtin:0614141.112345.A", "lgtin", Class),
            ("urn:epc:idpat:sgtin:0614141.112345.*", "sgtin", Class),
            ("urn:epc:idpat:sgtin:0614141.*.*", "sgtin", Broad),
            ("urn:epc:idpat:sscc:0614141.*", "sscc", Broad),
        ];
        for (text, scheme, level) in good {
            let (identity, _) = link(text);
            assert_eq!(identity, Some((scheme, level)), "{text}");
        }
        let silent = [
            "https://example.com/po/12345678",
            "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K",
            "https://a.example/8018/123456789012345675/8019/123",
            "https://example.com/2026/01/15",
            "https://example.com/01/",
            "https://example.com",
            "https://example.com/",
            "http://01/00",
            "urn:uuid:1",
            "geo:47.5,11.1",
            "",
        ];
        for text in silent {
            assert_eq!(link(text), (None, None), "{text}");
        }
        let bad = [
            ("https://a.example/01/09521234543214", "EPCIS-LINK_CHECK_DIGIT"),
            ("https://a.example/8003/030013450007718765", "EPCIS-LINK_CHECK_DIGIT"),
            ("https://a.example/8003/952012200000001004", "EPCIS-LINK_SHAPE"),
            ("https://a.example/01/0952123454321", "EPCIS-LINK_CHECK_DIGIT"),
            ("https://a.example/01/095212345432131/21/1", "EPCIS-LINK_SHAPE"),
            ("https://a.example/01/09521234543213/21/1/10/A", "EPCIS-LINK_SHAPE"),
            ("https://a.example/01/09521234543213/10/A/235/T", "EPCIS-LINK_SHAPE"),
            ("https://a.example/01/09521234543213/21/", "EPCIS-LINK_SHAPE"),
            ("https://a.example/01/09521234543213/99/1", "EPCIS-LINK_SHAPE"),
            ("https://a.example/00/095212345432109999/21/1", "EPCIS-LINK_SHAPE"),
            ("https://id.gs1.org/01/09521234543213/99/1", "EPCIS-BAD_LINK"),
            ("https://id.gs1.org/anything", "EPCIS-BAD_LINK"),
            ("https://id.gs1.org/01/09521234543213/21/a b", "EPCIS-BAD_LINK"),
            ("https://a.example/01/09521234543213/21/a~b", "EPCIS-LINK_SHAPE"),
            ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2L", "EPCIS-LINK_CHECK_DIGIT"),
            ("urn:epc:id:sgtin:061414.812345.6", "EPC-REFERENCE_LENGTH"),
            ("urn:epc:id:nothing:1", "EPC-SCHEME"),
            ("urn:epc:tag:sgtin-96:1.0614141.812345.6", "EPC-TAG_URI"),
        ];
        for (text, code) in bad {
            assert_eq!(identifier_reason(text).map(|reason| reason.code.id), Some(code), "{text}");
        }
    }
}
