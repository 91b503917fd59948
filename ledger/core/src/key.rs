//! Subjects' keys: what identifies an item, a lot, a logistic unit, a process, a device, an event
//! (`proofs.md` §2).
//!
//! A key is made from a URI by [`SubjectKey::from_uri`] (EPC URNs, GS1 Digital Links of any host,
//! URNs of Chinese codes), and written as one canonical URI by [`SubjectKey::to_uri`]. All that decides a key
//! is in this module and frozen with the rules number of [`crate::derive`]: `suyuan-epcis` may learn to read
//! more without any key changing. For the same reason no table of company prefixes is asked, and a wrong
//! check digit still gives a key.
//!
//! |Kind|Parts|
//! |---|---|
//! |1 item|GTIN of 14 digits, serial|
//! |2 UPUI|GTIN, TPX|
//! |3 lot|GTIN, lot|
//! |4 class|GTIN|
//! |5 logistic unit|SSCC|
//! |6 instance|AI, value without its serial, serial (a value without serial: two parts)|
//! |7 class of instances|AI, value; of pieces (8006) with a lot a third part|
//! |8 place|GLN, extension (empty if none); a party (417) is the place of the same GLN|
//! |9 drug code|20 characters|
//! |10 class of drug codes|7 characters|
//! |11 device|code|
//! |12 container|code|
//! |13 organisation|URI|
//! |14 contract|id|
//! |15 process|transformationID, a GS1 identifier in its canonical form|
//! |16 event|author's number in 8 bytes, little-endian; eventID|
//! |255 other|URI, unchanged|

use std::borrow::Cow;

use crate::hash::{Hash, Tag};

mod characters;
mod read;
mod write;

pub use read::{KeyError, Named};

/// The kinds of subjects. The number is the first byte of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyKind {
    /// A serialised trade item: GTIN, serial.
    Item = 1,
    /// A unit with a third-party controlled serial: GTIN, TPX.
    Upui = 2,
    /// A lot: GTIN, lot.
    Lot = 3,
    /// A class of trade items: GTIN.
    Class = 4,
    /// A logistic unit: SSCC.
    LogisticUnit = 5,
    /// An instance under another GS1 key: AI, value and further parts.
    Instance = 6,
    /// A class under another GS1 key.
    InstanceClass = 7,
    /// A place: GLN, extension.
    Place = 8,
    /// A Chinese drug trace code.
    DrugCode = 9,
    /// The class of a drug trace code: its first seven characters.
    DrugClass = 10,
    /// A device: its code.
    Device = 11,
    /// A container: its ISO 6346 code.
    Container = 12,
    /// An organisation.
    Organisation = 13,
    /// A contract.
    Contract = 14,
    /// A process: a transformationID.
    Process = 15,
    /// An event: author, eventID.
    Event = 16,
    /// Any other URI, unchanged.
    Other = 255,
}

impl KeyKind {
    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<KeyKind> {
        Some(match number {
            1 => KeyKind::Item,
            2 => KeyKind::Upui,
            3 => KeyKind::Lot,
            4 => KeyKind::Class,
            5 => KeyKind::LogisticUnit,
            6 => KeyKind::Instance,
            7 => KeyKind::InstanceClass,
            8 => KeyKind::Place,
            9 => KeyKind::DrugCode,
            10 => KeyKind::DrugClass,
            11 => KeyKind::Device,
            12 => KeyKind::Container,
            13 => KeyKind::Organisation,
            14 => KeyKind::Contract,
            15 => KeyKind::Process,
            16 => KeyKind::Event,
            255 => KeyKind::Other,
            _ => return None,
        })
    }
}

/// Who can be bound to a subject: what bindings (`proofs.md` §1) are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer<'a> {
    /// The digits (of some keys, characters) with which the GS1 company prefix begins.
    Gs1(&'a str),
    /// The first seven characters of a drug trace code.
    DrugCode(&'a str),
    /// The maker in a device's code: its characters 5 to 9.
    DeviceMaker(&'a str),
    /// The URI.
    Uri(Cow<'a, str>),
}

/// A key: its kind, the number of its parts, and each part as a length in two bytes, little-endian, and
/// its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectKey(Vec<u8>);

impl SubjectKey {
    /// A key of these parts, of which each must be shorter than 2^16 bytes.
    pub fn new(kind: KeyKind, parts: &[&[u8]]) -> Option<SubjectKey> {
        let mut bytes = Vec::with_capacity(2 + parts.iter().map(|part| part.len() + 2).sum::<usize>());
        bytes.push(kind as u8);
        bytes.push(u8::try_from(parts.len()).ok()?);
        for part in parts {
            bytes.extend_from_slice(&u16::try_from(part.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(part);
        }
        Some(SubjectKey(bytes))
    }

    /// The key that these bytes are; none if they are no key's.
    pub fn parse(bytes: &[u8]) -> Option<SubjectKey> {
        let [kind, count, rest @ ..] = bytes else { return None };
        KeyKind::from_number(*kind)?;
        let mut parts = Parts { rest };
        for _ in 0..*count {
            parts.next()?;
        }
        parts.rest.is_empty().then(|| SubjectKey(bytes.to_vec()))
    }

    /// The subject that an event itself is.
    pub fn event(author: u64, event_id: &str) -> Option<SubjectKey> {
        SubjectKey::new(KeyKind::Event, &[&author.to_le_bytes(), event_id.as_bytes()])
    }

    /// The process of a `transformationID`. One identifier may be written as a URN or as a Digital Link of
    /// any host: it is one process.
    pub fn process(transformation_id: &str) -> Result<SubjectKey, KeyError> {
        let named = SubjectKey::from_uri(transformation_id)?;
        let id = match named.kind() {
            KeyKind::Other => Cow::Borrowed(transformation_id),
            _ => Cow::Owned(named.to_uri()),
        };
        SubjectKey::new(KeyKind::Process, &[id.as_bytes()]).ok_or(KeyError::TooLong)
    }

    /// The bytes that are stored and hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key's tag: what stands for it in the ledger.
    pub fn tag(&self) -> Hash {
        Tag::Key.hash(&self.0)
    }

    /// Its kind.
    pub fn kind(&self) -> KeyKind {
        // The first byte is a kind's in every key that was made.
        self.0.first().and_then(|number| KeyKind::from_number(*number)).unwrap_or(KeyKind::Other)
    }

    /// Its parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        Parts { rest: self.0.get(2..).unwrap_or(&[]) }
    }

    /// A part as text; empty if there is none or it is no text.
    fn part(&self, index: usize) -> &str {
        self.parts().nth(index).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("")
    }

    /// The class of an item, a lot or an instance, if its key says it: the GTIN, the value without serial,
    /// the first seven characters of a drug code.
    pub fn class(&self) -> Option<SubjectKey> {
        let (first, second) = (self.part(0), self.part(1));
        match self.kind() {
            KeyKind::Item | KeyKind::Upui | KeyKind::Lot => SubjectKey::new(KeyKind::Class, &[first.as_bytes()]),
            KeyKind::Instance | KeyKind::InstanceClass if self.parts().count() == 3 => {
                SubjectKey::new(KeyKind::InstanceClass, &[first.as_bytes(), second.as_bytes()])
            }
            KeyKind::DrugCode => SubjectKey::new(KeyKind::DrugClass, &[first.get(..DRUG_CLASS_BYTES)?.as_bytes()]),
            _ => None,
        }
    }

    /// The GTIN of an item, UPUI, lot, class, or piece: 14 digits.
    pub fn gtin(&self) -> Option<&str> {
        match self.kind() {
            KeyKind::Item | KeyKind::Upui | KeyKind::Lot | KeyKind::Class => Some(self.part(0)),
            KeyKind::Instance | KeyKind::InstanceClass if self.part(0) == "8006" => self.part(1).get(..14),
            _ => None,
        }
    }

    /// The GLN of a place: 13 digits.
    pub fn gln(&self) -> Option<&str> {
        (self.kind() == KeyKind::Place).then(|| self.part(0))
    }

    /// What bindings are compared with. None for events, and for keys whose parts are not of their kind.
    ///
    /// A company prefix begins behind the indicator of a GTIN, the extension digit of an SSCC and the zero
    /// that fills a GRAI; all other GS1 keys begin with it (GS1 General Specifications §1.4.2, §3). The check
    /// digit may be within what is returned, for it stands behind the longest prefix.
    pub fn issuer(&self) -> Option<Issuer<'_>> {
        let (first, second) = (self.part(0), self.part(1));
        Some(match self.kind() {
            KeyKind::Item | KeyKind::Upui | KeyKind::Lot | KeyKind::Class | KeyKind::LogisticUnit => {
                Issuer::Gs1(first.get(1..)?)
            }
            KeyKind::Instance | KeyKind::InstanceClass if matches!(first, "8003" | "8006") => {
                Issuer::Gs1(second.get(1..)?)
            }
            KeyKind::Instance | KeyKind::InstanceClass => Issuer::Gs1(second),
            KeyKind::Place => Issuer::Gs1(first),
            KeyKind::DrugCode | KeyKind::DrugClass => Issuer::DrugCode(first.get(..DRUG_CLASS_BYTES)?),
            // Four characters of the kind of equipment, then five of the maker (domain/02 §2.1).
            KeyKind::Device => Issuer::DeviceMaker(first.get(4..9)?),
            KeyKind::Container => Issuer::Uri(Cow::Owned(self.to_uri())),
            KeyKind::Organisation | KeyKind::Contract | KeyKind::Process | KeyKind::Other => {
                Issuer::Uri(Cow::Borrowed(first))
            }
            KeyKind::Event => return None,
        })
    }
}

/// Characters of the class in a drug trace code (NMPAB/T 1002-2019: 药品标识码).
const DRUG_CLASS_BYTES: usize = 7;

/// The parts of a key.
struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<2>()?;
        let (part, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        self.rest = rest;
        Some(part)
    }
}

#[cfg(test)]
mod tests;
