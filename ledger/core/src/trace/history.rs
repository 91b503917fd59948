//! The seam between the walk and what it walks over: the store in a node, a proof in a verifier.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::key::SubjectKey;
use crate::log::entry_mask;
use crate::record::{Role, mask};
use crate::state::subject::{StoredRecord, SubjectState};

/// Where an event is in the chain: the block's height, and its index in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The block's height.
    pub height: u64,
    /// The event's index in the block.
    pub index: u32,
}

/// An entry of a subject's log, with what its node in the log says of the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub place: Place,
    /// A [`Role`]'s number.
    pub role: u8,
    /// A [`crate::record::Standing`]'s number: the author's towards the subject.
    pub standing: u8,
    /// When it happened.
    pub time: i64,
    /// The record's mask, the role's bit, and [`mask::STANDING`] from standing 1 on.
    pub mask: u32,
    /// The event's record.
    pub record: Rc<StoredRecord>,
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
    pub fn narrowed(self, entries: &[Entry]) -> Mode {
        let Mode::Stay { from, to } = self else { return self };
        let ends = entries.iter().filter(|entry| entry.empties(false) && entry.time > from);
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

    /// The entries that the mode shows, of entries in the log's order.
    pub fn shown(self, entries: &[Entry]) -> Vec<Entry> {
        let mode = self.narrowed(entries);
        entries.iter().filter(|entry| !mode.may_prune(entry.time, entry.time, entry.node_mask())).cloned().collect()
    }
}

/// What is known of a subject: its state, and the entries of its log that a mode shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectLog {
    /// The subject's state.
    pub state: Rc<SubjectState>,
    /// In the log's order: by place, then role.
    pub entries: Vec<Entry>,
}

/// A whole log, in which a window costs what it shows and not what the log has: a thing can be packed in another as
/// often as its log is long, and each time is a window of its own.
#[derive(Debug, Clone)]
pub struct IndexedLog {
    /// The log.
    pub whole: Rc<SubjectLog>,
    times: OnceCell<Times>,
}

#[derive(Debug, Clone)]
struct Times {
    /// The event time of each entry with its place, ascending.
    entries: Vec<(i64, usize)>,
    /// When it was emptied of what was packed in it, ascending.
    emptied: Vec<i64>,
}

impl IndexedLog {
    /// Of a whole log.
    pub fn new(whole: SubjectLog) -> IndexedLog {
        IndexedLog { whole: Rc::new(whole), times: OnceCell::new() }
    }

    fn times(&self) -> &Times {
        self.times.get_or_init(|| {
            let entries = &self.whole.entries;
            let mut times: Vec<(i64, usize)> = entries.iter().map(|entry| entry.time).zip(0..).collect();
            times.sort_unstable();
            let mut emptied: Vec<i64> =
                entries.iter().filter(|entry| entry.empties(false)).map(|entry| entry.time).collect();
            emptied.sort_unstable();
            Times { entries: times, emptied }
        })
    }

    /// As [`Mode::narrowed`].
    pub fn narrowed(&self, mode: Mode) -> Mode {
        let Mode::Stay { from, to } = mode else { return mode };
        let emptied = &self.times().emptied;
        let end = emptied.get(emptied.partition_point(|time| *time <= from));
        Mode::Window { from, to: end.map_or(to, |end| to.min(*end)) }
    }

    /// The places of the entries that a mode shows, ascending: as [`Mode::shown`].
    pub fn shown(&self, mode: Mode) -> Vec<usize> {
        let entries = &self.whole.entries;
        match self.narrowed(mode) {
            Mode::Window { from, to } | Mode::Stay { from, to } => {
                let times = &self.times().entries;
                let start = times.partition_point(|(time, _)| *time < from);
                let end = times.partition_point(|(time, _)| *time <= to);
                let mut places: Vec<usize> =
                    times.get(start..end).unwrap_or_default().iter().map(|(_, place)| *place).collect();
                places.sort_unstable();
                places
            }
            mode => {
                let is_shown = |entry: &Entry| !mode.may_prune(entry.time, entry.time, entry.node_mask());
                (0..).zip(entries).filter(|(_, entry)| is_shown(entry)).map(|(place, _)| place).collect()
            }
        }
    }

    /// The log as a mode shows it: these places.
    pub fn at(&self, places: &[usize]) -> Rc<SubjectLog> {
        if places.len() == self.whole.entries.len() {
            return self.whole.clone();
        }
        let entries = places.iter().filter_map(|place| self.whole.entries.get(*place)).cloned().collect();
        Rc::new(SubjectLog { state: self.whole.state.clone(), entries })
    }
}

/// What the walk reads. The store and a proof of the same height must give the same.
pub trait History {
    /// Why it can't answer: the store failed, the proof leaves out what it must show.
    type Error;

    /// A subject's state and exactly the entries of its log that the mode shows ([`Mode::shown`]).
    fn log(&mut self, subject: u64, mode: Mode) -> Result<Rc<SubjectLog>, Self::Error>;

    /// The key bytes of a subject.
    fn key(&mut self, subject: u64) -> Result<Rc<[u8]>, Self::Error>;

    /// The number of the class of an item or lot ([`class_key`]), if it has one.
    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, Self::Error>;

    /// The payload of an event, unless it is erased or not shown.
    fn payload(&mut self, place: Place) -> Result<Option<Rc<[u8]>>, Self::Error>;
}

/// The key of the class of an item, lot or instance, if its key says it.
pub fn class_key(key: &[u8]) -> Option<SubjectKey> {
    SubjectKey::parse(key)?.class()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;
    use crate::test_random::Random;

    /// Goal: the index shows what the rule shows. Method: random logs of few moments, every mode over them.
    #[test]
    fn index_is_the_rule() {
        let mut random = Random(5);
        for _ in 0..300 {
            let count = random.below(12);
            let record = Rc::new(StoredRecord {
                record_type: 1,
                block_time: 0,
                event_time: 0,
                rules: 1,
                author: 1,
                own: 0,
                flags: 0,
                mask: 0,
                event_digest: Hash::ZERO,
                names: Hash::ZERO,
                runs: Vec::new(),
                founded: Vec::new(),
                effect: Default::default(),
            });
            let place = |height| Place { height, index: 0 };
            let entries: Vec<Entry> = (0..count)
                .map(|height| {
                    let bits = [0, mask::UNPACK_ALL, mask::RECALL, mask::ADD][random.below(4) as usize];
                    let mask = bits | if random.below(3) > 0 { mask::STANDING } else { 0 };
                    let role = [Role::Parent as u8, Role::Output as u8][random.below(2) as usize];
                    let time = random.below(6) as i64;
                    Entry { place: place(height), role, standing: 0, time, mask, record: record.clone() }
                })
                .collect();
            let log = SubjectLog { state: Rc::new(SubjectState::founded(Hash::ZERO, 1)), entries: entries.clone() };
            let indexed = IndexedLog::new(log);
            let spans = (-1..7).flat_map(|from| (-1..7).map(move |to| (from, to)));
            let windows = spans.flat_map(|(from, to)| [Mode::Window { from, to }, Mode::Stay { from, to }]);
            for mode in windows.chain([Mode::Full, Mode::Notice]) {
                assert_eq!(indexed.narrowed(mode), mode.narrowed(&entries));
                assert_eq!(indexed.at(&indexed.shown(mode)).entries, mode.shown(&entries), "{mode:?}");
            }
        }
    }
}
