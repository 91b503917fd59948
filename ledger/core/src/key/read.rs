//! Reads a URI as a key: EPC URNs (GS1 Tag Data Standard 2.0 §6), GS1 Digital Links of any host (URI Syntax
//! §4), URNs of codes of other issuers. Whatever is none of these, or is one badly written, is a URI like
//! any other, and its key is its text.

use super::characters::{PART, SERIAL, Syntax, all_digits, append_decoded, is_lot};
use super::{KeyKind, SubjectKey};

/// Why a text gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// It is empty.
    Empty,
    /// It is longer than a part of a key can be: 2^16 − 1 bytes.
    TooLong,
    /// It is a pattern of more than one class, or one that isn't understood.
    WidePattern,
}

/// What a URI names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The finest thing that it names.
    pub key: SubjectKey,
    /// The lot of that item, if the URI says it too.
    pub lot: Option<SubjectKey>,
}

impl Named {
    fn only(key: SubjectKey) -> Named {
        Named { key, lot: None }
    }
}

/// Most characters of a serial number, lot or extension (AI 21, 10, 254).
pub(super) const SERIAL_MAX: usize = 20;
/// Most characters of a third-party controlled serial (AI 235).
const TPX_MAX: usize = 28;
/// Most characters of a GIAI, GINC or CPID.
const REFERENCE_MAX: usize = 30;
/// Most characters behind the check digit of a GRAI.
const GRAI_SERIAL_MAX: usize = 16;
/// Most characters behind the check digit of a GDTI.
const GDTI_SERIAL_MAX: usize = 17;
/// Most digits behind the check digit of a coupon number, and of a part's serial (AI 8011).
const DIGIT_SERIAL_MAX: usize = 12;

impl SubjectKey {
    /// The key of what a URI names; of a Digital Link with lot and serial, the item's.
    pub fn from_uri(uri: &str) -> Result<SubjectKey, KeyError> {
        SubjectKey::named_by(uri).map(|named| named.key)
    }

    /// The lot of the item that a URI names, if the URI says it too.
    pub fn lot_of(uri: &str) -> Option<SubjectKey> {
        SubjectKey::named_by(uri).ok()?.lot
    }

    /// The key of what a URI names, and its lot.
    pub fn named_by(uri: &str) -> Result<Named, KeyError> {
        if uri.is_empty() {
            return Err(KeyError::Empty);
        }
        let found = if let Some(rest) = without_prefix(uri, "urn:") {
            read_urn(rest)?.map(Named::only)
        } else if let Some(rest) = without_prefix(uri, "https://").or_else(|| without_prefix(uri, "http://")) {
            read_link(rest)
        } else {
            None
        };
        match found {
            Some(named) => Ok(named),
            None => SubjectKey::new(KeyKind::Other, &[uri.as_bytes()]).map(Named::only).ok_or(KeyError::TooLong),
        }
    }

    /// The lot of this item, UPUI or class by its lot number; none if that is no lot number of AI (10).
    pub fn with_lot(&self, lot: &str) -> Option<SubjectKey> {
        match self.kind() {
            KeyKind::Item | KeyKind::Upui | KeyKind::Class if is_lot(lot) => {
                SubjectKey::new(KeyKind::Lot, &[self.gtin()?.as_bytes(), lot.as_bytes()])
            }
            _ => None,
        }
    }
}

/// What follows `prefix`, in any case of letters: schemes (RFC 3986 §3.1) and namespaces of URNs (RFC 8141
/// §2.1) have none.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Puts the parts of a key together.
struct Builder(Vec<u8>);

impl Builder {
    fn new(kind: KeyKind, parts: u8) -> Builder {
        let mut bytes = Vec::with_capacity(48);
        bytes.push(kind as u8);
        bytes.push(parts);
        Builder(bytes)
    }

    fn part(self, part: &[u8]) -> Option<Builder> {
        self.append(|bytes| {
            bytes.extend_from_slice(part);
            Some(())
        })
    }

    fn decoded(self, text: &str, alphabet: u8, syntax: Syntax, longest: usize) -> Option<Builder> {
        self.append(|bytes| append_decoded(text, alphabet, syntax, longest, bytes))
    }

    /// A part that `fill` writes, with its length before it.
    fn append(mut self, fill: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Option<Builder> {
        let start = self.0.len();
        self.0.extend_from_slice(&[0, 0]);
        fill(&mut self.0)?;
        let length = u16::try_from(self.0.len().checked_sub(start)?.checked_sub(2)?).ok()?;
        self.0.get_mut(start..start.checked_add(2)?)?.copy_from_slice(&length.to_le_bytes());
        Some(self)
    }

    fn key(self) -> SubjectKey {
        SubjectKey(self.0)
    }
}

// ------------------------------------------------------------------------------------------------ URNs

fn read_urn(rest: &str) -> Result<Option<SubjectKey>, KeyError> {
    if let Some(rest) = without_prefix(rest, "epc:") {
        return read_epc(rest);
    }
    let capital = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    let fits = |code: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&code.len()) && code.bytes().all(capital)
    };
    let key = |kind, code: &str| SubjectKey::new(kind, &[code.as_bytes()]);
    if let Some(rest) = without_prefix(rest, "cn:") {
        if let Some(code) = rest.strip_prefix("drugtrace:") {
            let characters = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return Ok(match code.len() {
                20 if characters => key(KeyKind::DrugCode, code),
                super::DRUG_CLASS_BYTES if characters => key(KeyKind::DrugClass, code),
                _ => None,
            });
        }
        let code = rest.strip_prefix("speq:").filter(|code| fits(code, 17..=19));
        return Ok(code.and_then(|code| key(KeyKind::Device, code)));
    }
    if let Some(code) = without_prefix(rest, "iso6346:") {
        return Ok(container(code));
    }
    // An organisation's id is the URI itself (`proofs.md` §1).
    let organisation = |lead: &str, code: &str| key(KeyKind::Organisation, &[lead, code].concat());
    if let Some(code) = without_prefix(rest, "uscc:").filter(|code| fits(code, 18..=18)) {
        return Ok(organisation("urn:uscc:", code));
    }
    let code = without_prefix(rest, "lei:").filter(|code| fits(code, 20..=20));
    Ok(code.and_then(|code| organisation("urn:lei:", code)))
}

/// ISO 6346: three letters of the owner, one of the category, six digits and a check digit.
fn container(code: &str) -> Option<SubjectKey> {
    let (letters, digits) = code.split_at_checked(4)?;
    let fits = letters.bytes().all(|byte| byte.is_ascii_uppercase()) && digits.len() == 7 && all_digits(digits);
    fits.then(|| SubjectKey::new(KeyKind::Container, &[code.as_bytes()]))?
}

/// An EPC URN, without `urn:epc:`.
fn read_epc(rest: &str) -> Result<Option<SubjectKey>, KeyError> {
    let Some((level, rest)) = rest.split_once(':') else { return Ok(None) };
    let Some((scheme, body)) = rest.split_once(':') else { return Ok(None) };
    match level {
        "id" if scheme != "lgtin" => Ok(read_instance(scheme, body)),
        "class" if scheme == "lgtin" => Ok(read_instance(scheme, body)),
        "idpat" => read_pattern(scheme, body).map(Some),
        // Patterns of tags have ranges (Tag Data Standard 2.0 §6.5).
        "pat" => Err(KeyError::WidePattern),
        _ => Ok(None),
    }
}

/// A pattern that leaves nothing open is the thing itself; one that leaves open the serial is its class.
fn read_pattern(scheme: &str, body: &str) -> Result<SubjectKey, KeyError> {
    let key = if !body.contains('*') {
        read_instance(scheme, body)
    } else {
        body.strip_suffix(".*").and_then(|head| read_class(scheme, head))
    };
    key.ok_or(KeyError::WidePattern)
}

/// The class that a pattern names, of which `head` is all before the open serial.
fn read_class(scheme: &str, head: &str) -> Option<SubjectKey> {
    let (prefix, rest) = head.split_once('.')?;
    match scheme {
        "sgtin" | "upui" => Some(Builder::new(KeyKind::Class, 1).part(moved(prefix, rest, 13)?.text())?.key()),
        "itip" => pieces(prefix, rest, KeyKind::InstanceClass, 2).map(Builder::key),
        "grai" => value(KeyKind::InstanceClass, "8003", digits(b"0", prefix, rest, 12)?),
        "gdti" => value(KeyKind::InstanceClass, "253", digits(b"", prefix, rest, 12)?),
        "sgcn" => value(KeyKind::InstanceClass, "255", digits(b"", prefix, rest, 12)?),
        "cpi" => Some(reference(KeyKind::InstanceClass, 2, "8010", prefix, rest, PART)?.key()),
        _ => None,
    }
}

fn read_instance(scheme: &str, body: &str) -> Option<SubjectKey> {
    if scheme == "bic" {
        return container(body);
    }
    let (prefix, rest) = body.split_once('.')?;
    // Of schemes without serial the reference is all that follows; a dot in it then is a fault.
    let with_serial = || rest.split_once('.');
    let serial = |builder: Builder, text, longest| builder.decoded(text, SERIAL, Syntax::Urn, longest);
    let trade_item = |kind, longest| {
        let (reference, text) = with_serial()?;
        serial(Builder::new(kind, 2).part(moved(prefix, reference, 13)?.text())?, text, longest)
    };
    let numbered = |identifier: &str, zero: &[u8], longest| {
        let (reference, text) = with_serial()?;
        let number = digits(zero, prefix, reference, 12)?;
        let builder = Builder::new(KeyKind::Instance, 3).part(identifier.as_bytes())?.part(number.text())?;
        serial(builder, text, longest)
    };
    let builder = match scheme {
        "sgtin" => trade_item(KeyKind::Item, SERIAL_MAX)?,
        "lgtin" => trade_item(KeyKind::Lot, SERIAL_MAX)?,
        "upui" => trade_item(KeyKind::Upui, TPX_MAX)?,
        "sscc" => Builder::new(KeyKind::LogisticUnit, 1).part(moved(prefix, rest, 17)?.text())?,
        "sgln" => {
            let (reference, extension) = with_serial()?;
            return place(digits(b"", prefix, reference, 12)?.text(), extension, Syntax::Urn);
        }
        "pgln" => return place(digits(b"", prefix, rest, 12)?.text(), "0", Syntax::Urn),
        "grai" => numbered("8003", b"0", GRAI_SERIAL_MAX)?,
        "gdti" => numbered("253", b"", GDTI_SERIAL_MAX)?,
        "sgcn" if with_serial().is_some_and(|(_, serial)| all_digits(serial)) => {
            numbered("255", b"", DIGIT_SERIAL_MAX)?
        }
        "itip" => {
            // Reference, piece and total; the serial may have dots of its own.
            let (at, _) = rest.match_indices('.').nth(2)?;
            let (head, text) = rest.split_at_checked(at)?;
            serial(pieces(prefix, head, KeyKind::Instance, 3)?, text.strip_prefix('.')?, SERIAL_MAX)?
        }
        "cpi" => {
            let (part, text) = with_serial()?;
            let builder = reference(KeyKind::Instance, 3, "8010", prefix, part, PART)?;
            serial(builder, Some(text).filter(|text| all_digits(text))?, DIGIT_SERIAL_MAX)?
        }
        "giai" => reference(KeyKind::Instance, 2, "8004", prefix, rest, SERIAL)?,
        "ginc" => reference(KeyKind::Instance, 2, "401", prefix, rest, SERIAL)?,
        "gsrn" => return value(KeyKind::Instance, "8018", digits(b"", prefix, rest, 17)?),
        "gsrnp" => return value(KeyKind::Instance, "8017", digits(b"", prefix, rest, 17)?),
        "gsin" => return value(KeyKind::Instance, "402", digits(b"", prefix, rest, 16)?),
        // gid, usdod, adi and imovn have no other form: the URN is the key.
        _ => return None,
    };
    Some(builder.key())
}

/// The digits of a GS1 key, with its check digit.
struct Digits {
    bytes: [u8; DIGITS_MAX],
    length: usize,
}

/// SSCC and GSRN are the longest.
const DIGITS_MAX: usize = 18;

impl Digits {
    /// `parts` together, and their check digit (GS1 General Specifications §7.9.1).
    fn with_check_digit(parts: [&[u8]; 3]) -> Option<Digits> {
        let mut digits = Digits { bytes: [0; DIGITS_MAX], length: 0 };
        for part in parts {
            let end = digits.length.checked_add(part.len())?;
            digits.bytes.get_mut(digits.length..end)?.copy_from_slice(part);
            digits.length = end;
        }
        let (mut sum, mut weight) = (0_u32, 3);
        for byte in digits.text().iter().rev() {
            sum = sum.checked_add(u32::from(byte.checked_sub(b'0')?) * weight)?;
            weight = 4 - weight;
        }
        let check = u8::try_from((10 - sum % 10) % 10).ok()?;
        *digits.bytes.get_mut(digits.length)? = b'0' + check;
        digits.length = digits.length.checked_add(1)?;
        Some(digits)
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

fn is_prefix(prefix: &str) -> bool {
    (6..=12).contains(&prefix.len()) && all_digits(prefix)
}

/// A key of `total` digits before the check digit.
fn digits(zero: &[u8], prefix: &str, reference: &str, total: usize) -> Option<Digits> {
    let fits = is_prefix(prefix) && all_digits(reference) && prefix.len().checked_add(reference.len()) == Some(total);
    fits.then(|| Digits::with_check_digit([zero, prefix.as_bytes(), reference.as_bytes()]))?
}

/// As [`digits`], for keys whose first digit stands before the reference in the URN.
fn moved(prefix: &str, reference: &str, total: usize) -> Option<Digits> {
    let fits = is_prefix(prefix) && all_digits(reference) && prefix.len().checked_add(reference.len()) == Some(total);
    let (first, rest) = reference.as_bytes().split_at_checked(1)?;
    fits.then(|| Digits::with_check_digit([first, prefix.as_bytes(), rest]))?
}

fn value(kind: KeyKind, identifier: &str, digits: Digits) -> Option<SubjectKey> {
    Some(Builder::new(kind, 2).part(identifier.as_bytes())?.part(digits.text())?.key())
}

/// GTIN, piece and total: `head` is reference, piece and total with their dots.
fn pieces(prefix: &str, head: &str, kind: KeyKind, parts: u8) -> Option<Builder> {
    let mut fields = head.split('.');
    let (item, piece, total) = (fields.next()?, fields.next()?, fields.next()?);
    let two = |text: &str| text.len() == 2 && all_digits(text);
    if fields.next().is_some() || !two(piece) || !two(total) {
        return None;
    }
    let gtin = moved(prefix, item, 13)?;
    Builder::new(kind, parts).part(b"8006")?.append(|bytes| {
        for part in [gtin.text(), piece.as_bytes(), total.as_bytes()] {
            bytes.extend_from_slice(part);
        }
        Some(())
    })
}

/// Company prefix and a reference of characters.
fn reference(kind: KeyKind, parts: u8, identifier: &str, prefix: &str, rest: &str, alphabet: u8) -> Option<Builder> {
    if !is_prefix(prefix) {
        return None;
    }
    Builder::new(kind, parts).part(identifier.as_bytes())?.append(|bytes| {
        bytes.extend_from_slice(prefix.as_bytes());
        append_decoded(rest, alphabet, Syntax::Urn, REFERENCE_MAX.checked_sub(prefix.len())?, bytes)
    })
}

/// Tag Data Standard 2.0 §6.3.3: the extension 0 stands for none.
fn place(gln: &[u8], extension: &str, syntax: Syntax) -> Option<SubjectKey> {
    let bare = Builder::new(KeyKind::Place, 2).part(gln)?;
    let extended = bare.decoded(extension, SERIAL, syntax, SERIAL_MAX)?.key();
    match extended.part(1) {
        "0" => SubjectKey::new(KeyKind::Place, &[gln, b""]),
        _ => Some(extended),
    }
}

// --------------------------------------------------------------------------------------- Digital Links

/// A key and three qualifiers.
const PAIRS_MAX: usize = 4;

/// The qualifiers of a link.
#[derive(Default)]
struct Qualifiers<'a> {
    /// Consumer product variant: names no finer subject.
    variant: Option<&'a str>,
    lot: Option<&'a str>,
    serial: Option<&'a str>,
    tpx: Option<&'a str>,
    extension: Option<&'a str>,
    part_serial: Option<&'a str>,
}

/// A Digital Link without its scheme. The path may have anything before the key, nothing behind the
/// qualifiers; query and fragment say nothing about what is named.
fn read_link(rest: &str) -> Option<Named> {
    let end = rest.bytes().position(|byte| byte == b'?' || byte == b'#').unwrap_or(rest.len());
    let (host, path) = rest.get(..end)?.split_once('/')?;
    if host.is_empty() {
        return None;
    }
    let mut segments = path.rsplit('/');
    let mut found = Qualifiers::default();
    // From the end each qualifier must come before the last one in the order of the standard (§4.9).
    let mut rank_before = u8::MAX;
    for _ in 0..PAIRS_MAX {
        let (value, name) = (segments.next()?, segments.next()?);
        if let Some(identifier) = key_identifier(name) {
            return read_key(identifier, value, &found);
        }
        let (slot, rank) = match name {
            "22" | "cpv" => (&mut found.variant, 1),
            "10" | "lot" => (&mut found.lot, 2),
            "21" | "ser" => (&mut found.serial, 3),
            // A TPX takes the place of lot and serial.
            "235" | "tpx" => (&mut found.tpx, 4),
            "254" | "glnx" => (&mut found.extension, 1),
            "8011" | "cpsn" => (&mut found.part_serial, 1),
            _ => return None,
        };
        if rank >= rank_before {
            return None;
        }
        (*slot, rank_before) = (Some(value), rank);
    }
    None
}

/// The primary key that a segment of the path announces, by number or by the short name of earlier editions.
fn key_identifier(name: &str) -> Option<&'static str> {
    Some(match name {
        "01" | "gtin" => "01",
        "00" | "sscc" => "00",
        "414" | "gln" => "414",
        "417" | "party" => "417",
        "253" | "gdti" => "253",
        "255" | "gcn" => "255",
        "401" | "ginc" => "401",
        "402" | "gsin" => "402",
        "8003" | "grai" => "8003",
        "8004" | "giai" => "8004",
        "8006" | "itip" => "8006",
        "8010" | "cpid" => "8010",
        "8017" | "gsrnp" => "8017",
        "8018" | "gsrn" => "8018",
        _ => return None,
    })
}

fn read_key(identifier: &'static str, value: &str, qualifiers: &Qualifiers<'_>) -> Option<Named> {
    let Qualifiers { variant, lot, serial, tpx, extension, part_serial } = *qualifiers;
    let trade_item = variant.is_some() || lot.is_some() || serial.is_some() || tpx.is_some();
    match identifier {
        "01" if extension.is_none() && part_serial.is_none() => read_trade_item(value, qualifiers),
        "8006" if tpx.is_none() && extension.is_none() && part_serial.is_none() => read_pieces(value, qualifiers),
        "414" if !trade_item && part_serial.is_none() => {
            let extension = extension.unwrap_or("0");
            place(exact_digits(value, 13)?.as_bytes(), extension, Syntax::Link).map(Named::only)
        }
        "8010" if !trade_item && extension.is_none() => read_part(value, part_serial).map(Named::only),
        _ if trade_item || extension.is_some() || part_serial.is_some() => None,
        "417" => place(exact_digits(value, 13)?.as_bytes(), "0", Syntax::Link).map(Named::only),
        "00" => SubjectKey::new(KeyKind::LogisticUnit, &[exact_digits(value, 18)?.as_bytes()]).map(Named::only),
        _ => read_value(identifier, value).map(Named::only),
    }
}

fn exact_digits(value: &str, count: usize) -> Option<&str> {
    (value.len() == count && all_digits(value)).then_some(value)
}

fn read_trade_item(value: &str, qualifiers: &Qualifiers<'_>) -> Option<Named> {
    if !matches!(value.len(), 8 | 12 | 13 | 14) || !all_digits(value) {
        return None;
    }
    let mut gtin = [b'0'; 14];
    gtin.get_mut(14_usize.checked_sub(value.len())?..)?.copy_from_slice(value.as_bytes());
    let finer = |kind, text, longest| {
        let builder = Builder::new(kind, 2).part(&gtin)?;
        Some(builder.decoded(text, SERIAL, Syntax::Link, longest)?.key())
    };
    let is_variant = |text| append_decoded(text, SERIAL, Syntax::Link, SERIAL_MAX, &mut Vec::new()).is_some();
    if qualifiers.variant.is_some_and(|variant| !is_variant(variant)) {
        return None;
    }
    let lot = match qualifiers.lot {
        Some(lot) => Some(finer(KeyKind::Lot, lot, SERIAL_MAX)?),
        None => None,
    };
    match (qualifiers.tpx, qualifiers.serial) {
        (Some(tpx), None) if lot.is_none() => finer(KeyKind::Upui, tpx, TPX_MAX).map(Named::only),
        (Some(_), _) => None,
        (None, Some(serial)) => Some(Named { key: finer(KeyKind::Item, serial, SERIAL_MAX)?, lot }),
        (None, None) => match lot {
            Some(lot) => Some(Named::only(lot)),
            None => SubjectKey::new(KeyKind::Class, &[&gtin]).map(Named::only),
        },
    }
}

/// Pieces of a trade item: GTIN, piece and total, with the same qualifiers as a trade item.
fn read_pieces(value: &str, qualifiers: &Qualifiers<'_>) -> Option<Named> {
    exact_digits(value, 18)?;
    if let Some(variant) = qualifiers.variant {
        append_decoded(variant, SERIAL, Syntax::Link, SERIAL_MAX, &mut Vec::new())?;
    }
    let finer = |kind, text| {
        let builder = Builder::new(kind, 3).part(b"8006")?.part(value.as_bytes())?;
        Some(builder.decoded(text, SERIAL, Syntax::Link, SERIAL_MAX)?.key())
    };
    let lot = match qualifiers.lot {
        Some(lot) => Some(finer(KeyKind::InstanceClass, lot)?),
        None => None,
    };
    match (qualifiers.serial, lot) {
        (Some(serial), lot) => Some(Named { key: finer(KeyKind::Instance, serial)?, lot }),
        (None, Some(lot)) => Some(Named::only(lot)),
        (None, None) => SubjectKey::new(KeyKind::InstanceClass, &[b"8006", value.as_bytes()]).map(Named::only),
    }
}

fn read_part(value: &str, serial: Option<&str>) -> Option<SubjectKey> {
    // A company prefix, of which each has at least four digits, and a reference.
    if value.len() <= 4 || !all_digits(value.get(..4)?) {
        return None;
    }
    let (kind, parts) = if serial.is_some() { (KeyKind::Instance, 3) } else { (KeyKind::InstanceClass, 2) };
    let builder = Builder::new(kind, parts).part(b"8010")?.decoded(value, PART, Syntax::Link, REFERENCE_MAX)?;
    match serial {
        Some(serial) if (1..=DIGIT_SERIAL_MAX).contains(&serial.len()) && all_digits(serial) => {
            Some(builder.part(serial.as_bytes())?.key())
        }
        Some(_) => None,
        None => Some(builder.key()),
    }
}

/// Keys without qualifiers.
fn read_value(identifier: &'static str, value: &str) -> Option<SubjectKey> {
    let exact =
        |count| SubjectKey::new(KeyKind::Instance, &[identifier.as_bytes(), exact_digits(value, count)?.as_bytes()]);
    match identifier {
        "402" => exact(17),
        "8017" | "8018" => exact(18),
        "401" | "8004" => {
            if value.len() <= 4 || !all_digits(value.get(..4)?) {
                return None;
            }
            let builder = Builder::new(KeyKind::Instance, 2).part(identifier.as_bytes())?;
            Some(builder.decoded(value, SERIAL, Syntax::Link, REFERENCE_MAX)?.key())
        }
        "8003" => read_numbered(identifier, value, 14, GRAI_SERIAL_MAX),
        "253" => read_numbered(identifier, value, 13, GDTI_SERIAL_MAX),
        "255" if all_digits(value) => read_numbered(identifier, value, 13, DIGIT_SERIAL_MAX),
        _ => None,
    }
}

/// So many digits, and a serial of at most `longest` characters, or none: then it is the class.
fn read_numbered(identifier: &str, value: &str, count: usize, longest: usize) -> Option<SubjectKey> {
    let (number, serial) = value.split_at_checked(count)?;
    exact_digits(number, count)?;
    if serial.is_empty() {
        return SubjectKey::new(KeyKind::InstanceClass, &[identifier.as_bytes(), number.as_bytes()]);
    }
    let builder = Builder::new(KeyKind::Instance, 3).part(identifier.as_bytes())?.part(number.as_bytes())?;
    Some(builder.decoded(serial, SERIAL, Syntax::Link, longest)?.key())
}
