//! Roots over leaves of which many neighbours are equal (`ranges.md`, "Tree").
//!
//! Equal leaves make a complete subtree by doubling, so that a run of any length and place costs a few
//! hashes for each of its aligned pieces. Nothing of this shows in a root: it is the one over the leaves
//! one by one, however runs are cut.

use std::ops::Range;

use crate::hash::{Hash, Tag};

/// Consecutive leaves with the same hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafRun {
    /// The first leaf.
    pub first: u64,
    /// How many, at least one.
    pub count: u64,
    /// The hash of each.
    pub hash: Hash,
}

impl LeafRun {
    /// The leaf after its last.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// Builds a root from left to right.
pub struct RootBuilder {
    tag: Tag,
    /// The leaf whose doublings are kept, and they: at index k the root over 2^k such leaves.
    doublings: Vec<Hash>,
    /// Complete subtrees with their levels, which descend from left to right.
    peaks: Vec<(u32, Hash)>,
    count: u64,
}

impl RootBuilder {
    /// No leaves yet.
    pub fn new(tag: Tag) -> Self {
        RootBuilder { tag, doublings: Vec::new(), peaks: Vec::new(), count: 0 }
    }

    /// The root over 2^level leaves with this hash.
    pub fn doubled(&mut self, leaf: Hash, level: u32) -> Hash {
        if self.doublings.first() != Some(&leaf) {
            self.doublings.clear();
            self.doublings.push(leaf);
        }
        let mut last = self.doublings.last().copied().unwrap_or(leaf);
        while self.doublings.len() <= level as usize {
            last = self.tag.inner(last, last);
            self.doublings.push(last);
        }
        self.doublings.get(level as usize).copied().unwrap_or(last)
    }

    /// Adds a complete subtree of 2^level leaves. The leaves before it MUST be a multiple of its size.
    pub fn push_subtree(&mut self, level: u32, hash: Hash) {
        self.count = self.count.saturating_add(1 << level);
        let mut top = (level, hash);
        while let Some((_, left)) = self.peaks.pop_if(|(left_level, _)| *left_level == top.0) {
            top = (top.0 + 1, self.tag.inner(left, top.1));
        }
        self.peaks.push(top);
    }

    /// Adds equal leaves.
    pub fn push_run(&mut self, leaf: Hash, count: u64) {
        let end = self.count.saturating_add(count);
        while self.count < end {
            let level = aligned_level(self.count).min((end - self.count).ilog2());
            let hash = self.doubled(leaf, level);
            self.push_subtree(level, hash);
        }
    }

    /// The root over what was added and a last, incomplete subtree; the builder is empty again.
    pub fn finish(&mut self, tail: Option<Hash>) -> Hash {
        self.count = 0;
        let mut root = tail;
        while let Some((_, left)) = self.peaks.pop() {
            root = Some(root.map_or(left, |right| self.tag.inner(left, right)));
        }
        root.unwrap_or(Hash::ZERO)
    }
}

/// The level of the largest complete subtree that can begin at a leaf.
fn aligned_level(first: u64) -> u32 {
    first.trailing_zeros().min(u64::BITS - 1)
}

/// The maximal nodes of the tree over `count` leaves that lie within `gap`, from left to right. All are
/// complete but perhaps the last one, which then ends at `count`.
pub(crate) fn maximal_nodes(gap: Range<u64>, count: u64) -> impl Iterator<Item = Range<u64>> {
    let mut first = gap.start;
    std::iter::from_fn(move || {
        if first >= gap.end {
            return None;
        }
        let level = aligned_level(first);
        // What remains up to the last leaf is one node if a complete one could hold it.
        let size = match gap.end == count && count - first <= 1 << level {
            true => count - first,
            false => 1 << level.min((gap.end - first).ilog2()),
        };
        let node = first..first + size;
        first = node.end;
        Some(node)
    })
}

/// The root over `count` leaves that runs of leaves (ascending, disjoint) and the hashes of all maximal
/// nodes outside them, from left to right, give; `None` if the runs are none such, or if there is one hash
/// too few or too many.
pub fn root_from_runs(tag: Tag, count: u64, runs: &[LeafRun], siblings: &[Hash]) -> Option<Hash> {
    let mut builder = RootBuilder::new(tag);
    let mut siblings = siblings.iter().copied();
    let mut position = 0;
    for run in runs {
        let end = run.first.checked_add(run.count)?;
        if run.first < position || run.count == 0 || end > count {
            return None;
        }
        for node in maximal_nodes(position..run.first, count) {
            builder.push_subtree((node.end - node.start).ilog2(), siblings.next()?);
        }
        builder.push_run(run.hash, run.count);
        position = end;
    }
    let mut tail = None;
    for node in maximal_nodes(position..count, count) {
        let hash = siblings.next()?;
        match (node.end - node.start).is_power_of_two() {
            true => builder.push_subtree((node.end - node.start).ilog2(), hash),
            false => tail = Some(hash),
        }
    }
    siblings.next().is_none().then(|| builder.finish(tail))
}
