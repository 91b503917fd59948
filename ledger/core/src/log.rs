//! A subject's log: a tree of entries, of which a proof may leave out what cannot matter (`proofs.md` §3, §5).
//!
//! Each node tells the times and the kinds of what lies beneath it, so that a verifier sees of a node that
//! is left out that nothing it had to see was in it.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::codec;
use crate::hash::{Hash, Tag};
use crate::record::{Record, Role, Standing, mask};

/// The bits of all roles in a mask.
const ROLE_BITS: u32 = {
    let (mut bits, mut index) = (0, 0);
    while index < Role::ALL.len() {
        bits |= 1 << Role::ALL[index] as u32;
        index += 1;
    }
    bits
};

/// The mask of an entry's node, from its record's mask.
///
/// Of all roles in the record's mask an entry keeps its own and [`Role::Alias`] only: in which roles the event
/// names others says nothing about this subject, unless it says that it has another name; and would forbid to
/// leave entries out (`proofs.md` §3 says "REC's + role bit"; this is narrower, and sound because the role is
/// hashed into the entry). Whoever decides which entries must be shown MUST go by this mask: a verifier sees
/// no other of what is left out.
pub fn entry_mask(record_mask: u32, role_bit: u32, has_standing: bool) -> u32 {
    let others = ROLE_BITS & !Role::Alias.bit() | mask::STANDING;
    record_mask & !others | role_bit | if has_standing { mask::STANDING } else { 0 }
}

/// A node of a log: an entry, or what several have in common. 52 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct LogNode {
    /// Of an entry its record, role and standing; of an inner node its two children.
    pub hash: Hash,
    /// The earliest event time.
    pub tmin: i64,
    /// The latest event time.
    pub tmax: i64,
    /// Which roles and which [`mask`] bits occur.
    pub mask: u32,
}

impl LogNode {
    /// The root of a log without entries.
    pub const EMPTY: LogNode = LogNode { hash: Hash::ZERO, tmin: 0, tmax: 0, mask: 0 };

    /// The entry of a record in a role and standing.
    ///
    /// Its mask is [`entry_mask`].
    pub fn entry(record: &Record, record_hash: Hash, role: Role, standing: Standing) -> LogNode {
        LogNode::entry_of((record_hash, record.event_time, record.mask), role, standing)
    }

    /// The same, of a record of which hash, event time and mask are known.
    pub fn entry_of((record_hash, event_time, mask): (Hash, i64, u32), role: Role, standing: Standing) -> LogNode {
        let mut entry = [0; 34];
        entry[..32].copy_from_slice(&record_hash.0);
        entry[32..].copy_from_slice(&[role as u8, standing as u8]);
        LogNode {
            hash: Tag::Entry.hash(&entry),
            tmin: event_time,
            tmax: event_time,
            mask: entry_mask(mask, role.bit(), standing >= Standing::Unconfirmed),
        }
    }

    /// The node over two neighbours.
    pub fn inner(left: &LogNode, right: &LogNode) -> LogNode {
        LogNode {
            hash: codec::with_encoded(&(left, right), |bytes| Tag::Log.hash(bytes)),
            tmin: left.tmin.min(right.tmin),
            tmax: left.tmax.max(right.tmax),
            mask: left.mask | right.mask,
        }
    }
}

/// A log that grows: the roots of the complete subtrees that its entries make, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Peaks {
    /// How many entries.
    pub count: u64,
    /// One for each bit that is set in `count`.
    pub nodes: Vec<LogNode>,
}

impl Peaks {
    /// Adds an entry.
    pub fn push(&mut self, entry: LogNode) {
        let mut node = entry;
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = LogNode::inner(&left, &node);
            }
        }
        self.nodes.push(node);
        self.count = self.count.saturating_add(1);
    }

    /// The root of the RFC 6962 tree over all entries.
    pub fn root(&self) -> LogNode {
        let nodes = self.nodes.iter().rev().copied();
        nodes.reduce(|right, left| LogNode::inner(&left, &right)).unwrap_or(LogNode::EMPTY)
    }

    /// Whether there are as many nodes as the count demands: what must be checked after decoding.
    pub fn is_well_formed(&self) -> bool {
        self.nodes.len() == self.count.count_ones() as usize
    }
}

/// A step of the walk through a pruned log, parents before children, left before right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStep {
    /// An inner node whose children follow; or, at the bottom, an entry that is shown.
    Descend,
    /// A node beneath which nothing is shown.
    Pruned(LogNode),
}

/// A byte 0; or a byte 1 and the node's 52.
impl Encode for LogStep {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        match self {
            LogStep::Descend => 0u8.encode(encoder),
            LogStep::Pruned(node) => (1u8, *node).encode(encoder),
        }
    }
}

impl<Context> Decode<Context> for LogStep {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        match u8::decode(decoder)? {
            0 => Ok(LogStep::Descend),
            1 => Ok(LogStep::Pruned(LogNode::decode(decoder)?)),
            _ => Err(DecodeError::Other("a step of a log")),
        }
    }
}

/// The walk through a log in which entries (places, ascending) are shown, and of the rest the largest nodes
/// are pruned that may be. `None` if an entry that may not be pruned is not shown, or a place is none.
pub fn prune(entries: &[LogNode], shown: &[u64], may_prune: &dyn Fn(&LogNode) -> bool) -> Option<Vec<LogStep>> {
    let ascending = shown.windows(2).all(|pair| pair.first() < pair.last());
    let within = shown.last().is_none_or(|last| *last < entries.len() as u64);
    let mut steps = Vec::new();
    if !entries.is_empty() {
        prune_node(entries, 0, shown, may_prune, &mut steps)?;
    }
    (ascending && within).then_some(steps)
}

/// Walks the node over `entries`, which begin at the place `first`; `shown` are the places within.
fn prune_node(
    entries: &[LogNode],
    first: u64,
    shown: &[u64],
    may_prune: &dyn Fn(&LogNode) -> bool,
    steps: &mut Vec<LogStep>,
) -> Option<LogNode> {
    let place = steps.len();
    steps.push(LogStep::Descend);
    if let [entry] = entries {
        if shown.is_empty() {
            steps.pop();
            steps.push(LogStep::Pruned(*entry));
            return may_prune(entry).then_some(*entry);
        }
        return Some(*entry);
    }
    let size = split(entries.len() as u64);
    let (left, right) = entries.split_at_checked(size as usize)?;
    let middle = first + size;
    let (shown_left, shown_right) = shown.split_at(shown.partition_point(|shown| *shown < middle));
    let left = prune_node(left, first, shown_left, may_prune, steps)?;
    let right = prune_node(right, middle, shown_right, may_prune, steps)?;
    let node = LogNode::inner(&left, &right);
    if shown.is_empty() && may_prune(&node) {
        steps.truncate(place);
        steps.push(LogStep::Pruned(node));
    }
    Some(node)
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root of a log of `count` entries, and the places of those that are shown, which `shown` has in
/// order. `None` unless every node that is pruned may be, and steps and entries are used up exactly. What is
/// trusted to commit the root MUST commit the count: a pruned node does not tell how many it has.
pub fn root_of_pruned(
    count: u64,
    steps: &[LogStep],
    shown: &[LogNode],
    may_prune: &dyn Fn(&LogNode) -> bool,
) -> Option<(LogNode, Vec<u64>)> {
    let mut walk = Walk { steps: steps.iter(), shown: shown.iter(), may_prune, places: Vec::new() };
    let root = match count {
        0 => LogNode::EMPTY,
        _ => walk.node(0, count)?,
    };
    (walk.steps.next().is_none() && walk.shown.next().is_none()).then_some((root, walk.places))
}

struct Walk<'a> {
    steps: std::slice::Iter<'a, LogStep>,
    shown: std::slice::Iter<'a, LogNode>,
    may_prune: &'a dyn Fn(&LogNode) -> bool,
    places: Vec<u64>,
}

impl Walk<'_> {
    /// The node over `count` entries from the place `first` on. As deep as the count has bits, at most.
    fn node(&mut self, first: u64, count: u64) -> Option<LogNode> {
        match self.steps.next()? {
            LogStep::Pruned(node) => (self.may_prune)(node).then_some(*node),
            LogStep::Descend if count == 1 => {
                self.places.push(first);
                self.shown.next().copied()
            }
            LogStep::Descend => {
                let size = split(count);
                let left = self.node(first, size)?;
                let right = self.node(first + size, count - size)?;
                Some(LogNode::inner(&left, &right))
            }
        }
    }
}

#[cfg(test)]
mod tests;
