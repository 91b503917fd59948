//! Proves of one event who signed it, in which block it was ordered, and what became of it; of a refused one
//! too, by its receipt (`proofs.md` §5, InclusionProof).
//!
//! The way up: event → batch → submission, signed → body → header of block h; and receipt → results root in
//! header h + 1, whose parent is header h. That header is certified itself, or is in the history of one that
//! is.

use super::format::PAYLOAD_BYTES_MAX;
use super::refused::{Place, Refused, RefusedCode};
use super::trust::{DecidedHeader, Trust, read_plain_header, write_plain_header};
use super::wire::{Reader, WireError, Writer};
use crate::block::{HEADER_TYPE, HEADER_VERSION, Header, Receipt};
use crate::codec;
use crate::hash::{Hash, Tag};
use crate::record::{Record, event_digest};
use crate::submission::{
    EVENTS_MAX, SUBMISSION_TYPE, SUBMISSION_VERSION, SUITE_ED25519, Submission, batch_leaf, key_id, verify,
};
use crate::tree::root_of_path;

/// The type byte of an inclusion proof.
pub const INCLUSION_PROOF_TYPE: u8 = 6;
/// The version of the format.
pub const INCLUSION_PROOF_VERSION: u8 = 1;
/// An inclusion proof has at most so many bytes: a payload, headers, paths, set changes.
pub const INCLUSION_BYTES_MAX: usize = 8 << 20;
/// A path has at most so many hashes.
const PATH_MAX: usize = 64;
/// Bytes of a submission, of a record, of a receipt.
const SUBMISSION_BYTES: usize = 163;
const RECORD_BYTES: usize = 156;
const RECEIPT_BYTES: usize = 70;

/// The proof of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The header that certifies.
    pub decided: DecidedHeader,
    /// The header of the event's block.
    pub header: Header,
    /// The header of its child and the path from there to the certifying header's history root; `None` if
    /// the child certifies.
    pub child: Option<(Header, Vec<Hash>)>,
    /// The submission.
    pub submission: Submission,
    /// Its signature.
    pub signature: [u8; 64],
    /// The public key of the lane.
    pub public: [u8; 32],
    /// The submission's path in the block.
    pub body: SidedPath,
    /// What the event is.
    pub record_type: u16,
    /// Its salt and payload, or its digest.
    pub event: EventShown,
    /// The event's path in the batch.
    pub batch: PathTo,
    /// The event's receipt, and those that show which of the submission's events it is of.
    pub receipts: Receipts,
}

/// An event, or what stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventShown {
    /// Its digest.
    Digest(Hash),
    /// Salt and payload.
    Payload([u8; 16], Vec<u8>),
}

impl EventShown {
    fn digest(&self) -> Hash {
        match self {
            EventShown::Digest(digest) => *digest,
            EventShown::Payload(salt, payload) => event_digest(salt, payload),
        }
    }
}

/// Where a leaf is in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTo {
    /// Its place.
    pub index: u64,
    /// How many leaves there are.
    pub count: u64,
    /// Siblings from the leaf up.
    pub siblings: Vec<Hash>,
}

/// The path of a leaf in a tree of which nothing commits the number of leaves: it says itself on which side
/// each sibling is, or a path would have several forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidedPath {
    /// A bit for each sibling, the lowest first: set if it is on the left.
    pub left: u64,
    /// Siblings from the leaf up.
    pub siblings: Vec<Hash>,
}

impl SidedPath {
    /// The path of the leaf at `index` of `count`.
    pub fn new(index: u64, count: u64, siblings: Vec<Hash>) -> SidedPath {
        let (mut left, mut index, mut count) = (0, index, count);
        for level in (0..siblings.len()).rev() {
            let middle = 1u64 << count.saturating_sub(1).max(1).ilog2();
            match index.checked_sub(middle) {
                Some(right) => {
                    left |= 1 << level;
                    (index, count) = (right, count.saturating_sub(middle));
                }
                None => count = middle,
            }
        }
        SidedPath { left, siblings }
    }

    fn root(&self, tag: Tag, leaf: Hash) -> Option<Hash> {
        let is_one_form = self.left.checked_shr(self.siblings.len() as u32).unwrap_or(0) == 0;
        let join = |below: Hash, (level, sibling): (u32, &Hash)| match self.left >> level & 1 {
            1 => tag.inner(*sibling, below),
            _ => tag.inner(below, *sibling),
        };
        is_one_form.then(|| (0..u64::BITS).zip(&self.siblings).fold(leaf, join))
    }
}

/// A receipt with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptShown {
    /// The receipt.
    pub receipt: Receipt,
    /// Siblings from its leaf up.
    pub siblings: Vec<Hash>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipts {
    /// It was accepted: its record names its digest.
    Accepted(ReceiptShown, Box<Record>),
    /// It was refused. The submission's first receipt (if the event is not the first), and the one before it
    /// (if there is one), which is another submission's: so the event's place in the batch is the receipt's.
    Refused(ReceiptShown, Vec<ReceiptShown>),
}

/// What an inclusion proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// The block.
    pub height: u64,
    /// The event's place in the block.
    pub index: u32,
    /// The block's time.
    pub block_time: i64,
    /// The organisation that signed it.
    pub organisation: u64,
    /// The submission's id.
    pub submission: Hash,
    /// The event's salted digest.
    pub digest: Hash,
    /// Why it was refused, or 0.
    pub code: u16,
    /// Its record, if it was accepted.
    pub record: Option<Record>,
    /// Its payload, if that is shown.
    pub payload: Option<Vec<u8>>,
    /// The height of the header that certifies this.
    pub certified_by: u64,
}

impl InclusionProof {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.raw(&[INCLUSION_PROOF_TYPE, INCLUSION_PROOF_VERSION]);
        self.decided.write(&mut writer);
        write_plain_header(&mut writer, &self.header);
        match &self.child {
            None => writer.byte(0),
            Some((header, path)) => {
                writer.byte(1);
                write_plain_header(&mut writer, header);
                writer.hashes(path);
            }
        }
        writer.raw(&codec::encode(&self.submission));
        writer.raw(&self.signature);
        writer.raw(&self.public);
        writer.number(self.body.left);
        writer.hashes(&self.body.siblings);
        writer.number(u64::from(self.record_type));
        match &self.event {
            EventShown::Digest(digest) => {
                writer.byte(0);
                writer.raw(&digest.0);
            }
            EventShown::Payload(salt, payload) => {
                writer.byte(1);
                writer.raw(salt);
                writer.text(payload);
            }
        }
        self.batch.write(&mut writer);
        match &self.receipts {
            Receipts::Accepted(receipt, record) => {
                writer.byte(0);
                receipt.write(&mut writer);
                writer.raw(&codec::encode(record.as_ref()));
            }
            Receipts::Refused(receipt, others) => {
                writer.byte(1);
                receipt.write(&mut writer);
                writer.count(others.len());
                others.iter().for_each(|receipt| receipt.write(&mut writer));
            }
        }
        writer.into_bytes()
    }

    /// Reads a proof: only what [`InclusionProof::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<InclusionProof, Refused> {
        RefusedCode::Size.unless(bytes.len() <= INCLUSION_BYTES_MAX, Place::Proof)?;
        let mut reader = Reader::new(bytes);
        let proof = InclusionProof::read(&mut reader).map_err(|error| error.at(reader.position()))?;
        RefusedCode::Form.unless(reader.is_empty() && proof.to_bytes() == bytes, Place::Proof)?;
        Ok(proof)
    }

    fn read(reader: &mut Reader<'_>) -> Result<InclusionProof, WireError> {
        if reader.raw(2)? != [INCLUSION_PROOF_TYPE, INCLUSION_PROOF_VERSION] {
            return Err(WireError::Malformed);
        }
        let decided = DecidedHeader::read(reader)?;
        let header = read_plain_header(reader)?;
        let child = match reader.byte()? {
            0 => None,
            _ => Some((read_plain_header(reader)?, reader.hashes(PATH_MAX)?)),
        };
        Ok(InclusionProof {
            decided,
            header,
            child,
            submission: fixed(reader, SUBMISSION_BYTES)?,
            signature: reader.array()?,
            public: reader.array()?,
            body: SidedPath { left: reader.number()?, siblings: reader.hashes(PATH_MAX)? },
            record_type: u16::try_from(reader.number()?).map_err(|_| WireError::Malformed)?,
            event: match reader.byte()? {
                0 => EventShown::Digest(reader.hash()?),
                _ => EventShown::Payload(reader.array()?, reader.text(PAYLOAD_BYTES_MAX)?.to_vec()),
            },
            batch: PathTo::read(reader)?,
            receipts: Receipts::read(reader)?,
        })
    }

    /// Checks a proof against whom its reader trusts.
    pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Included, Refused> {
        let proof = InclusionProof::from_bytes(bytes)?;
        proof.decided.check_names(trust)?;
        let child = proof.check_headers()?;
        let id = proof.submission.id();
        proof.check_submission(id)?;
        let digest = proof.event.digest();
        let receipt = proof.check_receipts(id, digest, child)?;
        RefusedCode::Signature.unless(verify(&proof.public, id, &proof.signature), Place::Proof)?;
        proof.decided.check_signatures(trust)?;
        let InclusionProof { decided, header, submission, event, receipts, .. } = proof;
        Ok(Included {
            height: header.height,
            index: receipt.index,
            block_time: header.time,
            organisation: submission.organisation,
            submission: id,
            digest,
            code: receipt.code,
            record: match receipts {
                Receipts::Accepted(_, record) => Some(*record),
                Receipts::Refused(..) => None,
            },
            payload: match event {
                EventShown::Payload(_, payload) => Some(payload),
                EventShown::Digest(_) => None,
            },
            certified_by: decided.header.height,
        })
    }

    /// Checks that the block's header is the parent of one that is certified, which it gives.
    fn check_headers(&self) -> Result<&Header, Refused> {
        let decided = &self.decided.header;
        let child = match &self.child {
            None => decided,
            Some((child, path)) => {
                let root = root_of_path(Tag::History, child.id(), child.height, decided.height, path);
                RefusedCode::Path.unless(root == Some(decided.history), Place::Proof)?;
                child
            }
        };
        for header in [child, &self.header] {
            let is_known = header.kind == HEADER_TYPE && header.version == HEADER_VERSION;
            RefusedCode::Form.unless(is_known && header.chain == decided.chain, Place::Proof)?;
        }
        let is_parent = child.parent == self.header.id() && self.header.height.checked_add(1) == Some(child.height);
        RefusedCode::Path.unless(is_parent, Place::Proof)?;
        Ok(child)
    }

    fn check_submission(&self, id: Hash) -> Result<(), Refused> {
        let submission = &self.submission;
        let is_known = submission.kind == SUBMISSION_TYPE && submission.version == SUBMISSION_VERSION;
        RefusedCode::Form.unless(is_known && submission.chain == self.header.chain, Place::Proof)?;
        let is_key = key_id(SUITE_ED25519, &self.public) == submission.key;
        RefusedCode::Signature.unless(is_key, Place::Proof)?;
        let is_in_body = self.body.root(Tag::Body, id) == Some(self.header.body);
        let leaf = batch_leaf(self.record_type, self.event.digest());
        let is_in_batch = self.batch.count == u64::from(submission.count)
            && submission.count as usize <= EVENTS_MAX
            && self.batch.root(Tag::Batch, leaf) == Some(submission.batch);
        RefusedCode::Path.unless(is_in_body && is_in_batch, Place::Proof)
    }

    /// Checks that the receipt is the event's.
    fn check_receipts(&self, submission: Hash, digest: Hash, child: &Header) -> Result<Receipt, Refused> {
        let count = u64::from(self.header.events);
        let is_proved = |shown: &ReceiptShown| {
            let leaf = shown.receipt.leaf();
            let index = u64::from(shown.receipt.index);
            root_of_path(Tag::Results, leaf, index, count, &shown.siblings) == Some(child.results)
        };
        let (receipt, is_events) = match &self.receipts {
            Receipts::Accepted(shown, record) => {
                let receipt = shown.receipt;
                let is_its = receipt.record == record.hash()
                    && (record.height, record.index) == (self.header.height, receipt.index)
                    && (record.record_type, record.event_digest) == (self.record_type, digest);
                (receipt, is_proved(shown) && is_its && receipt.code == 0)
            }
            Receipts::Refused(shown, others) => {
                let receipt = shown.receipt;
                let places = self.neighbours(receipt.index).ok_or(RefusedCode::Path.whole())?;
                // The submission's first receipt is its own; the one before is not.
                let are_bounds = others.len() == places.len()
                    && others.iter().zip(places).all(|(other, (index, own))| {
                        is_proved(other)
                            && other.receipt.index == index
                            && (other.receipt.submission == submission) == own
                    });
                (receipt, is_proved(shown) && are_bounds && receipt.code != 0 && receipt.record == Hash::ZERO)
            }
        };
        RefusedCode::Path.unless(is_events && receipt.submission == submission, Place::Proof)?;
        Ok(receipt)
    }

    /// Which receipts show that the receipt at `index` is of the event: their places, and whether they are of
    /// the same submission.
    fn neighbours(&self, index: u32) -> Option<Vec<(u32, bool)>> {
        neighbours(index, u32::try_from(self.batch.index).ok()?)
    }
}

/// See [`InclusionProof::neighbours`].
pub(super) fn neighbours(index: u32, place: u32) -> Option<Vec<(u32, bool)>> {
    let first = index.checked_sub(place)?;
    let own = (place > 0).then_some((first, true));
    Some(own.into_iter().chain(first.checked_sub(1).map(|before| (before, false))).collect())
}

impl PathTo {
    fn root(&self, tag: Tag, leaf: Hash) -> Option<Hash> {
        root_of_path(tag, leaf, self.index, self.count, &self.siblings)
    }

    fn write(&self, writer: &mut Writer) {
        writer.number(self.index);
        writer.number(self.count);
        writer.hashes(&self.siblings);
    }

    fn read(reader: &mut Reader<'_>) -> Result<PathTo, WireError> {
        Ok(PathTo { index: reader.number()?, count: reader.number()?, siblings: reader.hashes(PATH_MAX)? })
    }
}

impl ReceiptShown {
    fn write(&self, writer: &mut Writer) {
        writer.raw(&codec::encode(&self.receipt));
        writer.hashes(&self.siblings);
    }

    fn read(reader: &mut Reader<'_>) -> Result<ReceiptShown, WireError> {
        Ok(ReceiptShown { receipt: fixed(reader, RECEIPT_BYTES)?, siblings: reader.hashes(PATH_MAX)? })
    }
}

impl Receipts {
    fn read(reader: &mut Reader<'_>) -> Result<Receipts, WireError> {
        let control = reader.byte()?;
        let receipt = ReceiptShown::read(reader)?;
        if control == 0 {
            return Ok(Receipts::Accepted(receipt, Box::new(fixed(reader, RECORD_BYTES)?)));
        }
        let mut others = Vec::new();
        // The first of the submission, and the one before it.
        for _ in 0..reader.count(2, RECEIPT_BYTES)? {
            others.push(ReceiptShown::read(reader)?);
        }
        Ok(Receipts::Refused(receipt, others))
    }
}

fn fixed<T: bincode::Decode<()>>(reader: &mut Reader<'_>, bytes: usize) -> Result<T, WireError> {
    codec::decode_trusted(reader.raw(bytes)?).map_err(|_| WireError::Malformed)
}
