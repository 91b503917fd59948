//! A subject's log (placeholder of shapes, replaced by the real one).
use crate::hash::Hash;
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
/// The peaks of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Peaks {
    /// How many entries.
    pub count: u64,
    /// The roots of its perfect subtrees, left to right.
    pub nodes: Vec<LogNode>,
}
impl Peaks {
    /// The root node.
    pub fn root(&self) -> LogNode {
        self.nodes.last().copied().unwrap_or_default()
    }
}
