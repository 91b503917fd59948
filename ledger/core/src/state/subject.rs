//! What the ledger keeps of a subject: its state, the log it shares with those that lived alike, and where
//! the events of the log are.

use bincode::{Decode, Encode};

use super::erased::StoredEffect;
use crate::codec;
use crate::hash::{Hash, Tag};
use crate::log::{LogNode, Peaks};
use crate::record::{LinkRun, Record, links_hash};

/// Stands for nobody and nothing where an organisation or subject number is kept.
pub const NONE: u64 = 0;
/// Stands for a party that is no member here, where a shipment's receiver is kept.
pub const UNREGISTERED: u64 = u64::MAX;

/// How far a subject's life has come, as recorded by those who have standing.
pub mod life {
    /// Never commissioned on this ledger.
    pub const UNKNOWN: u8 = 0;
    /// Commissioned.
    pub const ACTIVE: u8 = 1;
    /// Decommissioned, destroyed, dispensed.
    pub const ENDED: u8 = 2;
    /// Consumed by a transformation.
    pub const CONSUMED: u8 = 3;
}

/// What subjects have in common that share one history. Numbers of events are kept plus one, so that
/// zero stands for none.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SubjectState {
    /// The hash of the record with which the subject appeared.
    pub found: Hash,
    /// The organisation that recorded it first.
    pub founder: u64,
    /// The organisation that commissioned it with the right to, or [`NONE`].
    pub maker: u64,
    /// Who holds it, or [`NONE`].
    pub holder: u64,
    /// Whom the holder named as receiver: [`NONE`], an organisation, or [`UNREGISTERED`].
    pub next: u64,
    /// The receipt by which an unconfirmed holder came to it, or 0: a shipment captured later confirms it.
    pub claim: u64,
    /// The subject that contains it, or 0: a subject's number plus one.
    pub parent: u64,
    /// The event that put it there.
    pub packed: u64,
    /// The event that emptied it, as a parent.
    pub emptied: u64,
    /// Who held it when it was emptied.
    pub emptied_by: u64,
    /// How much of a lot there is by what was made, used and destroyed, in thousandths of the unit.
    pub balance: i64,
    /// The unit of the balance; zeros stand for "each" or for no balance.
    pub unit: [u8; 4],
    /// A [`life`].
    pub life: u8,
    /// 1 while recalled.
    pub recall: u8,
}

impl SubjectState {
    /// The state of a subject of which nothing is recorded but that it was named.
    pub fn founded(found: Hash, founder: u64) -> SubjectState {
        SubjectState {
            found,
            founder,
            maker: NONE,
            holder: NONE,
            next: NONE,
            claim: 0,
            parent: 0,
            packed: 0,
            emptied: 0,
            emptied_by: NONE,
            balance: 0,
            unit: [0; 4],
            life: life::UNKNOWN,
            recall: 0,
        }
    }

    /// Takes it out of its parent, which this organisation emptied.
    pub fn release(&mut self, holder: u64) {
        (self.parent, self.packed) = (0, 0);
        (self.holder, self.next, self.claim) = (holder, NONE, 0);
    }
}

/// A leaf of the tree of subjects: the same for all that share their history, so that their subtrees hash
/// by doubling (`ranges.md`).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SubjectLeaf {
    /// The subject's state.
    pub state: SubjectState,
    /// How many entries its log has.
    pub count: u64,
    /// The root node of its log.
    pub log: LogNode,
}

impl SubjectLeaf {
    /// Its hash.
    pub fn hash(&self) -> Hash {
        codec::with_encoded(self, |bytes| Tag::Leaf.hash(bytes))
    }
}

/// So many entries of a log are stored together once they are complete; the rest is stored with the log itself.
/// A trace reads most logs whole, so that reading one row instead of one for each entry is what its time is.
pub const ENTRIES_PER_ROW: usize = 16;

/// A log as it is stored, under its id: the state of its subjects, its last entries, and where its first entries
/// are if it was forked from another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredLog {
    /// The state of the subjects that have this log.
    pub state: SubjectState,
    /// The peaks over all its entries, those of its base included.
    pub peaks: Peaks,
    /// The log that it was forked from, or 0.
    pub base: u64,
    /// So many of its first entries are found with its base: those in rows that were complete when it was forked.
    pub base_count: u64,
    /// Its last entries, fewer than [`ENTRIES_PER_ROW`]: most logs never have more.
    pub recent: Vec<StoredEntry>,
    /// How many subjects have it.
    pub subjects: u64,
    /// The block of the event with which its subjects appeared. That event need not name them: a class is
    /// numbered with its first instance.
    pub founded_height: u64,
    /// The place of that event in the block.
    pub founded_index: u32,
}

impl StoredLog {
    /// Adds an entry with its node; gives the entries of a row that is now complete, with the place of the first.
    pub fn push(&mut self, entry: StoredEntry, node: LogNode) -> Option<(u64, Vec<StoredEntry>)> {
        self.peaks.push(node);
        self.recent.push(entry);
        let from = self.recent_from();
        (self.recent.len() >= ENTRIES_PER_ROW).then(|| (from, std::mem::take(&mut self.recent)))
    }

    /// The place of the first of its last entries: those before are in rows.
    pub fn recent_from(&self) -> u64 {
        self.peaks.count.saturating_sub(self.recent.len() as u64)
    }

    /// The leaf of its subjects.
    pub fn leaf(&self) -> SubjectLeaf {
        SubjectLeaf { state: self.state.clone(), count: self.peaks.count, log: self.peaks.root() }
    }
}

/// A run of subjects with consecutive numbers that share a log, stored under its first number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct StoredRun {
    /// How many subjects.
    pub count: u64,
    /// Their log's id.
    pub log: u64,
}

/// An entry of a log as it is stored: which event, in which role and standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct StoredEntry {
    /// The event's block.
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
    /// The role.
    pub role: u8,
    /// The standing.
    pub standing: u8,
}

/// Subjects with consecutive numbers that an event founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct FoundedRun {
    /// The first one's number.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// A derived record as it is stored, under its height and index: kept for ever, so that neither proofs nor
/// replay need an erased payload.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredRecord {
    /// The record, but for what is in the key or follows from the rest.
    pub record_type: u16,
    /// The block's time.
    pub block_time: i64,
    /// When it happened.
    pub event_time: i64,
    /// The rules it was derived under.
    pub rules: u16,
    /// The author's organisation number.
    pub author: u64,
    /// The event's own number.
    pub own: u64,
    /// Flags.
    pub flags: u64,
    /// Mask.
    pub mask: u32,
    /// The salted digest of the payload.
    pub event_digest: Hash,
    /// The root over the names of new subjects.
    pub names: Hash,
    /// Its link runs.
    pub runs: Vec<LinkRun>,
    /// The subjects that it founded, in the order in which they were numbered.
    pub founded: Vec<FoundedRun>,
    /// What else of it goes into the state. No hash commits it alone: what it does to the state is.
    pub effect: StoredEffect,
}

impl StoredRecord {
    /// The record whose place is known from the key.
    pub fn record(&self, height: u64, index: u32) -> Record {
        Record {
            record_type: self.record_type,
            height,
            index,
            block_time: self.block_time,
            event_time: self.event_time,
            rules: self.rules,
            author: self.author,
            own: self.own,
            flags: self.flags,
            mask: self.mask,
            event_digest: self.event_digest,
            links: links_hash(&self.runs),
            names: self.names,
        }
    }
}

/// The key of an event's place: height BE8, index BE4.
pub fn place_key(height: u64, index: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&height.to_be_bytes());
    key[8..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The height of an event of which only the own number is known: the genesis has none.
pub const UNPLACED: u64 = 0;

/// The row of an event: own number BE8, height BE8, index BE4.
pub fn event_row(own: u64, height: u64, index: u32) -> [u8; 20] {
    let mut row = [0; 20];
    row[..8].copy_from_slice(&own.to_be_bytes());
    row[8..].copy_from_slice(&place_key(height, index));
    row
}

/// The key of a row of a log's entries: log id BE8, place of the first BE8.
pub fn entry_key(log: u64, place: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&log.to_be_bytes());
    key[8..].copy_from_slice(&place.to_be_bytes());
    key
}

/// A number read from the first eight bytes, big-endian.
pub fn read_number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?))
}

/// So many keys of subjects that were numbered one after another are stored together: reading one row brings the
/// names of the neighbours, which a trace needs too.
pub const KEYS_PER_ROW: usize = 16;

/// A row of keys: each behind its length, four bytes little-endian.
pub fn encode_keys<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut row = Vec::new();
    for key in keys {
        row.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
        row.extend_from_slice(key);
    }
    row
}

/// The keys of a row; `None` if they are cut off.
pub fn decode_keys(mut row: &[u8]) -> Option<Vec<&[u8]>> {
    let mut keys = Vec::with_capacity(KEYS_PER_ROW);
    while !row.is_empty() {
        let (length, rest) = row.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        keys.push(key);
        row = rest;
    }
    Some(keys)
}
