//! The seam between the walk and what it walks over: the store in a node, a proof in a verifier.

use std::sync::Arc;

use crate::key::SubjectKey;
use crate::log::entry_mask;
use crate::record::{Role, mask};
use crate::trace::arena::{Arena, Places};

/// Where an event is in the chain: the block's height, and its index in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The block's height.
    pub height: u64,
    /// The event's index in the block.
    pub index: u32,
}

/// An entry of a subject's log, with what its node in the log says of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The event's place in the arena.
    pub event: u32,
    /// Where the event is.
    pub place: Place,
    /// A [`Role`]'s number.
    pub role: u8,
    /// A [`crate::record::Standing`]'s number: the author's towards the subject.
    pub standing: u8,
    /// When it happened.
    pub time: i64,
    /// The record's mask, the role's bit, and [`mask::STANDING`] from standing 1 on.
    pub mask: u32,
}

impl Entry {
    /// Whether the author's word moves the subject.
    pub fn moves(&self) -> bool {
        self.mask & mask::STANDING != 0
    }

    /// Whether it empties the subject of all that was packed in it, or of all that was associated with it.
    pub fn empties(&self, association: bool) -> bool {
        self.mask & mask::UNPACK_ALL != 0
            && (self.mask & mask::ASSOCIATION != 0) == association
            && self.role == Role::Parent as u8
            && self.moves()
    }

    /// The mask of its node in the log, by which it is decided whether it must be shown: the roles in which
    /// the event names others are not in it.
    pub fn node_mask(&self) -> u32 {
        entry_mask(self.mask, Role::from_number(self.role).map_or(0, Role::bit), self.moves())
    }

    /// The order in which things happened: event time, then the ledger's order.
    pub fn when(&self) -> (i64, Place) {
        (self.time, self.place)
    }
}

/// What a notice log must show: that a thing was made, declared erroneous, renamed, recalled.
pub const NOTICE_MASK: u32 =
    1 << Role::Output as u8 | 1 << Role::Alias as u8 | 1 << Role::Error as u8 | mask::RECALL | mask::RECALL_CLAIM;

/// How much of a log the walk needs (`proofs.md` §5, step 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Every entry.
    Full,
    /// Entries with a bit of [`NOTICE_MASK`].
    Notice,
    /// Entries with an event time from `from` to `to`, both included.
    Window {
        /// The earliest event time.
        from: i64,
        /// The latest event time.
        to: i64,
    },
    /// As a window, but no later than the first unpack-all of standing 1 or more after `from`: how long at
    /// most a thing that was packed at `from` stayed in the subject. What ends associations is no unpack-all.
    Stay {
        /// When it was packed.
        from: i64,
        /// When it had left at the latest.
        to: i64,
    },
}

impl Mode {
    /// The mode once the entries are known: a stay becomes the window that it is. The entries may be all of
    /// the log or only those that a proof shows: what hides an earlier unpack-all may not be pruned then.
    pub fn narrowed(self, entries: impl Iterator<Item = Entry>) -> Mode {
        let Mode::Stay { from, to } = self else { return self };
        let ends = entries.filter(|entry| entry.empties(false) && entry.time > from);
        let end = ends.map(|entry| entry.time).min();
        Mode::Window { from, to: end.map_or(to, |end| end.min(to)) }
    }

    /// Whether a node of a log with these extremes of event time and this mask may be missing, if the mode is
    /// [`Mode::narrowed`].
    pub fn may_prune(self, time_min: i64, time_max: i64, mask: u32) -> bool {
        match self {
            Mode::Full => false,
            Mode::Notice => mask & NOTICE_MASK == 0,
            Mode::Window { from, to } | Mode::Stay { from, to } => time_max < from || time_min > to,
        }
    }
}

/// A log as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLog {
    /// The log's place in the arena: its state.
    pub log: u32,
    /// Exactly the entries that the mode shows.
    pub entries: Places,
}

/// What the walk reads. The store and a proof of the same height must give the same.
pub trait History {
    /// Why it can't answer: the store failed, the proof leaves out what it must show.
    type Error;

    /// What was read.
    fn arena(&self) -> &Arena;

    /// What will be asked of next: names and logs of these subjects. What reads a store reads them at once, and in
    /// the store's order.
    fn announce(&mut self, _subjects: &[u64]) -> Result<(), Self::Error> {
        Ok(())
    }

    /// A subject's state and the entries of its log that the mode shows ([`Mode::may_prune`]).
    fn log(&mut self, subject: u64, mode: Mode) -> Result<ShownLog, Self::Error>;

    /// The kind of a subject's key ([`crate::key::KeyKind`]).
    fn kind(&mut self, subject: u64) -> Result<u8, Self::Error>;

    /// The key bytes of a subject.
    fn key(&mut self, subject: u64) -> Result<Arc<[u8]>, Self::Error>;

    /// The number of the class of an item or lot ([`class_key`]), if it has one.
    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, Self::Error>;

    /// The payload of an event, unless it is erased or not shown.
    fn payload(&mut self, place: Place) -> Result<Option<Arc<[u8]>>, Self::Error>;
}

/// The key of the class of an item, lot or instance, if its key says it.
pub fn class_key(key: &[u8]) -> Option<SubjectKey> {
    SubjectKey::parse(key)?.class()
}
