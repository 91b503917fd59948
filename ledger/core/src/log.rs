//! A subject's log (placeholder of shapes, replaced by the real one).
use crate::hash::{Hash, Tag};
use crate::record::{Record, Role, Standing, mask};
use bincode::{Decode, Encode};
/// A node of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct LogNode {
    /// Its hash.
    pub hash: Hash,
    /// Earliest event time below it.
    pub tmin: i64,
    /// Latest event time below it.
    pub tmax: i64,
    /// The masks of all entries below it, joined.
    pub mask: u32,
}
impl LogNode {
    /// An entry.
    pub fn entry(record: &Record, hash: Hash, role: Role, standing: Standing) -> LogNode {
        let standing_bit = if standing >= Standing::Unconfirmed { mask::STANDING } else { 0 };
        LogNode {
            hash: Tag::Entry.hash_parts(&[&hash.0, &[role as u8, standing as u8]]),
            tmin: record.event_time,
            tmax: record.event_time,
            mask: record.mask | role.bit() | standing_bit,
        }
    }
    /// An inner node.
    pub fn inner(left: &LogNode, right: &LogNode) -> LogNode {
        let encode = crate::codec::encode;
        LogNode {
            hash: Tag::Log.hash_parts(&[&encode(left), &encode(right)]),
            tmin: left.tmin.min(right.tmin),
            tmax: left.tmax.max(right.tmax),
            mask: left.mask | right.mask,
        }
    }
}
/// The peaks of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Peaks {
    /// How many entries.
    pub count: u64,
    /// The roots of its perfect subtrees, left to right.
    pub nodes: Vec<LogNode>,
}
impl Peaks {
    /// Appends.
    pub fn push(&mut self, node: LogNode) {
        let mut node = node;
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = LogNode::inner(&left, &node);
            }
        }
        self.nodes.push(node);
        self.count += 1;
    }
    /// The root node.
    pub fn root(&self) -> LogNode {
        let mut nodes = self.nodes.iter().rev().copied();
        let last = nodes.next().unwrap_or_default();
        nodes.fold(last, |right, left| LogNode::inner(&left, &right))
    }
}
