//! Subjects' keys: what identifies an item, a lot, a logistic unit, a process, a device, an event
//! (`proofs.md` §2).

use crate::hash::{Hash, Tag};

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

    /// The bytes that are stored and hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key's tag: what stands for it in the ledger.
    pub fn tag(&self) -> Hash {
        Tag::Key.hash(&self.0)
    }
}
