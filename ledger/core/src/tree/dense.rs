//! Keeps a tree of the state in pages, and brings it up to date a batch of leaves at a time.
//!
//! Complete nodes never depend on how many leaves follow, so they are what is stored: those of the levels
//! 0, 4, 8, … in pages of up to 16 neighbours. The nodes between two such levels, and the ragged right edge,
//! are computed when needed.
//!
//! **A page that is absent is derived from the leaves.** So a page need not be stored if all leaves beneath
//! are equal: a run of a million subjects has a handful of pages along its ends, and numbers that nobody
//! uses have none. This is a rule of the store only: no root depends on it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::runs::{LeafRun, RootBuilder, maximal_nodes};
use crate::hash::{Hash, Tag};
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::tree;

/// Trees have at most so many leaves.
pub const LEAVES_MAX: u64 = 1 << 40;

/// Levels from one page to the next above.
pub const PAGE_LEVELS: u32 = 4;
/// Nodes of a full page.
const PAGE_NODES: u64 = 1 << PAGE_LEVELS;

/// The tree of subjects. Its leaves are not stored: they are computed from what the subjects' table says.
pub const SUBJECTS: DenseTree = DenseTree { number: 1, tag: Tag::Subjects, leaves_stored: false };
/// The tree of events.
pub const EVENTS: DenseTree = DenseTree { number: 2, tag: Tag::Events, leaves_stored: true };
/// The tree of rows.
pub const ROWS: DenseTree = DenseTree { number: 3, tag: Tag::Rows, leaves_stored: true };
/// The tree of header ids.
pub const HISTORY: DenseTree = DenseTree { number: 4, tag: Tag::History, leaves_stored: true };

/// One of the trees that are kept in [`Table::Page`]. Its leaves are numbered from 0; it only grows.
#[derive(Debug, Clone, Copy)]
pub struct DenseTree {
    /// Its number, in the keys of its pages.
    pub number: u8,
    /// What its inner nodes are hashed as.
    pub tag: Tag,
    /// Whether the leaves' hashes are stored. Then a leaf that was never set is zeros.
    pub leaves_stored: bool,
}

/// Tells leaves of a tree.
pub trait LeafRuns {
    /// Counts and hashes of runs which, laid end to end, are exactly these leaves as they are now. Runs
    /// should be as long as they can. `store` is what the tree is read from.
    fn runs(&self, store: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError>;
}

/// The leaves that are set in a tree whose leaves are stored; all others are zeros or in its pages.
impl LeafRuns for BTreeMap<u64, Hash> {
    fn runs(&self, _: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
        let mut runs = Vec::new();
        let mut position = leaves.start;
        for (leaf, hash) in self.range(leaves.clone()) {
            if *leaf > position {
                runs.push((leaf - position, Hash::ZERO));
            }
            runs.push((1, *hash));
            position = leaf + 1;
        }
        if leaves.end > position {
            runs.push((leaves.end - position, Hash::ZERO));
        }
        Ok(runs)
    }
}

impl DenseTree {
    /// Brings the pages up to date and gives the root over `count_after` leaves. `changed` are the leaves
    /// that changed, ascending and disjoint; those from `count_before` on are new and need not be among
    /// them. `leaves` MUST tell these, and if leaves are not stored any other, as they are now.
    pub fn update(
        &self,
        store: &mut Overlay<'_>,
        count_before: u64,
        count_after: u64,
        changed: &[Range<u64>],
        leaves: &dyn LeafRuns,
    ) -> Result<Hash, StoreError> {
        if count_after < count_before || count_after > LEAVES_MAX {
            return Err(self.corrupt("its number of leaves shrinks or is too large"));
        }
        let mut runs = Vec::new();
        for range in self.touched(count_before, count_after, changed) {
            self.append_runs(&mut runs, store, leaves, range)?;
        }
        if runs.is_empty() {
            return self.root(store, count_after, leaves);
        }
        // Strictly above all leaves, so that each complete node lies in a page.
        let mut level = PAGE_LEVELS;
        while count_after >> level > 0 {
            level += PAGE_LEVELS;
        }
        let builder = RootBuilder::new(self.tag);
        let mut update = Update { tree: *self, store, count_before, count_after, leaves, builder };
        Ok(update.node(level, 0, &runs)?.hash)
    }

    /// Sets leaves of a tree whose leaves are stored; new ones that are not set are zeros.
    pub fn set(
        &self,
        store: &mut Overlay<'_>,
        count_before: u64,
        count_after: u64,
        leaves: &BTreeMap<u64, Hash>,
    ) -> Result<Hash, StoreError> {
        let mut changed: Vec<Range<u64>> = Vec::new();
        for leaf in leaves.range(..count_after).map(|(leaf, _)| *leaf) {
            match changed.last_mut() {
                Some(last) if last.end == leaf => last.end += 1,
                _ => changed.push(leaf..leaf + 1),
            }
        }
        self.update(store, count_before, count_after, &changed, leaves)
    }

    /// The root over the first `count` leaves: all that there are.
    pub fn root(&self, store: &dyn Read, count: u64, leaves: &dyn LeafRuns) -> Result<Hash, StoreError> {
        Pages::new(*self, store, count, leaves).node(0..count)
    }

    /// A leaf of a tree whose leaves are stored; `None` if there is none.
    pub fn stored_leaf(&self, store: &dyn Read, leaf: u64) -> Result<Option<Hash>, StoreError> {
        let page = store.get(Table::Page, &self.key(0, leaf / PAGE_NODES))?.unwrap_or_default();
        let hash = page.as_chunks::<32>().0.get((leaf % PAGE_NODES) as usize);
        Ok(hash.map(|bytes| Hash(*bytes)))
    }

    /// What [`tree::runs::root_from_runs`] needs beside the wanted leaves (ascending, disjoint): the hashes
    /// of the maximal nodes without any of them, from left to right.
    pub fn siblings(
        &self,
        store: &dyn Read,
        count: u64,
        wanted: &[Range<u64>],
        leaves: &dyn LeafRuns,
    ) -> Result<Vec<Hash>, StoreError> {
        let mut pages = Pages::new(*self, store, count, leaves);
        let mut siblings = Vec::new();
        let mut position = 0;
        for range in wanted.iter().cloned().chain(std::iter::once(count..count)) {
            for node in maximal_nodes(position..range.start.min(count), count) {
                siblings.push(pages.node(node)?);
            }
            position = position.max(range.end);
        }
        Ok(siblings)
    }

    /// The leaves to ask for: those changed and the new ones. If leaves are not stored, widened to whole
    /// nodes of the lowest stored level.
    fn touched(&self, count_before: u64, count_after: u64, changed: &[Range<u64>]) -> Vec<Range<u64>> {
        let mut touched: Vec<Range<u64>> = Vec::with_capacity(changed.len() + 1);
        let old = changed.iter().map(|range| range.start..range.end.min(count_before));
        for mut wide in old.chain(std::iter::once(count_before..count_after)) {
            if wide.is_empty() {
                continue;
            }
            if !self.leaves_stored {
                wide.start -= wide.start % PAGE_NODES;
                wide.end = wide.end.next_multiple_of(PAGE_NODES).min(count_after);
            }
            match touched.last_mut() {
                Some(last) if wide.start <= last.end => last.end = last.end.max(wide.end),
                _ => touched.push(wide),
            }
        }
        touched
    }

    /// Asks for leaves, and joins neighbouring runs that are equal.
    fn append_runs(
        &self,
        runs: &mut Vec<LeafRun>,
        store: &dyn Read,
        leaves: &dyn LeafRuns,
        range: Range<u64>,
    ) -> Result<(), StoreError> {
        let mut first = range.start;
        for (count, hash) in leaves.runs(store, range.clone())? {
            if count > range.end - first {
                return Err(self.corrupt("more leaves than were asked for"));
            }
            match runs.last_mut() {
                Some(last) if last.end() == first && last.hash == hash => last.count += count,
                _ if count == 0 => {}
                _ => runs.push(LeafRun { first, count, hash }),
            }
            first += count;
        }
        match first == range.end {
            true => Ok(()),
            false => Err(self.corrupt("fewer leaves than were asked for")),
        }
    }

    /// Reads a page of `count` nodes; `None` if it is not stored.
    fn read(&self, store: &dyn Read, level: u32, index: u64, count: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let Some(bytes) = store.get(Table::Page, &self.key(level, index))? else { return Ok(None) };
        let (hashes, rest) = bytes.as_chunks::<32>();
        if hashes.len() as u64 != count || !rest.is_empty() {
            return Err(self.corrupt("a page has not the nodes of its place"));
        }
        Ok(Some(hashes.iter().map(|bytes| Hash(*bytes)).collect()))
    }

    /// The key of a page.
    pub fn key(&self, level: u32, index: u64) -> [u8; 10] {
        let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
        // Levels stay below 64.
        [self.number, level as u8, a, b, c, d, e, f, g, h]
    }

    /// The hashes of the first `count` nodes of a page that is not stored, from the leaves.
    fn derive(
        &self,
        store: &dyn Read,
        leaves: &dyn LeafRuns,
        (level, index): (u32, u64),
        count: u64,
        builder: &mut RootBuilder,
    ) -> Result<Vec<Hash>, StoreError> {
        let first = (index * PAGE_NODES) << level;
        let mut runs = Vec::new();
        self.append_runs(&mut runs, store, leaves, first..first + (count << level))?;
        let nodes = (0..count).map(|place| first + (place << level));
        Ok(nodes.map(|start| root_of(builder, &runs, start..start + (1 << level))).collect())
    }

    fn corrupt(&self, words: &str) -> StoreError {
        StoreError::Corrupt(Table::Page, format!("tree {}: {words}", self.number))
    }
}

/// How many complete nodes a page has in a tree over `count` leaves.
fn page_nodes(count: u64, level: u32, index: u64) -> u64 {
    (count >> level).saturating_sub(index * PAGE_NODES).min(PAGE_NODES)
}

/// The runs that have leaves in a range.
fn overlapping(runs: &[LeafRun], range: Range<u64>) -> &[LeafRun] {
    let start = runs.partition_point(|run| run.end() <= range.start);
    let end = runs.partition_point(|run| run.first < range.end);
    runs.get(start..end).unwrap_or_default()
}

/// The root over a range of leaves that the runs cover.
fn root_of(builder: &mut RootBuilder, runs: &[LeafRun], range: Range<u64>) -> Hash {
    for run in overlapping(runs, range.clone()) {
        builder.push_run(run.hash, run.end().min(range.end) - run.first.max(range.start));
    }
    builder.finish(None)
}

/// Reads nodes from left to right, each page once.
struct Pages<'a> {
    tree: DenseTree,
    store: &'a dyn Read,
    count: u64,
    leaves: &'a dyn LeafRuns,
    builder: RootBuilder,
    /// By level, the page that was read last: its index and nodes.
    last: BTreeMap<u32, (u64, Vec<Hash>)>,
}

impl<'a> Pages<'a> {
    fn new(tree: DenseTree, store: &'a dyn Read, count: u64, leaves: &'a dyn LeafRuns) -> Self {
        Pages { tree, store, count, leaves, builder: RootBuilder::new(tree.tag), last: BTreeMap::new() }
    }

    /// A node of the tree over all leaves: complete, or the one that holds the last leaves.
    fn node(&mut self, leaves: Range<u64>) -> Result<Hash, StoreError> {
        let mut subtrees = Vec::new();
        let mut first = leaves.start;
        while first < leaves.end {
            let level = (leaves.end - first).ilog2();
            subtrees.push((level, self.complete(level, first >> level)?));
            first += 1 << level;
        }
        // The largest subtree first: so each begins at a multiple of its size.
        subtrees.into_iter().for_each(|(level, hash)| self.builder.push_subtree(level, hash));
        Ok(self.builder.finish(None))
    }

    /// The complete node at a level and place.
    fn complete(&mut self, level: u32, index: u64) -> Result<Hash, StoreError> {
        let above = level % PAGE_LEVELS;
        let first = index << above;
        let place = (first % PAGE_NODES) as usize;
        let tree = self.tree;
        let nodes = self.page(level - above, first / PAGE_NODES)?.get(place..place + (1 << above));
        let root = nodes.map(|nodes| tree::root(tree.tag, nodes));
        root.ok_or_else(|| tree.corrupt("a node beyond the last leaf"))
    }

    fn page(&mut self, level: u32, index: u64) -> Result<&[Hash], StoreError> {
        let known = self.last.get(&level).is_some_and(|(last, _)| *last == index);
        if !known {
            let count = page_nodes(self.count, level, index);
            let stored = match level == 0 && !self.tree.leaves_stored {
                true => None,
                false => self.tree.read(self.store, level, index, count)?,
            };
            let nodes = match stored {
                Some(nodes) => nodes,
                None => self.tree.derive(self.store, self.leaves, (level, index), count, &mut self.builder)?,
            };
            self.last.insert(level, (index, nodes));
        }
        Ok(self.last.get(&level).map_or(&[], |(_, nodes)| nodes))
    }
}

/// A walk from the root down to what changed.
struct Update<'a, 'store> {
    tree: DenseTree,
    store: &'a mut Overlay<'store>,
    count_before: u64,
    count_after: u64,
    leaves: &'a dyn LeafRuns,
    builder: RootBuilder,
}

/// A node that was touched.
struct Node {
    hash: Hash,
    /// The leaf that all leaves beneath are, if the pages beneath are not stored for that.
    equal: Option<Hash>,
}

impl Update<'_, '_> {
    /// Updates what lies beneath a node of which some leaves are in `runs`.
    fn node(&mut self, level: u32, index: u64, runs: &[LeafRun]) -> Result<Node, StoreError> {
        let first = index << level;
        let range = first..self.count_after.min(first + (1 << level));
        let runs = overlapping(runs, range.clone());
        if let [run] = runs
            && run.first <= range.start
            && run.end() >= range.end
        {
            // In a tree with stored leaves an absent page means zeros, so only zeros can be left out.
            if run.hash == Hash::ZERO || !self.tree.leaves_stored {
                self.delete_beneath(level, index)?;
                return Ok(Node { hash: root_of(&mut self.builder, runs, range), equal: Some(run.hash) });
            }
            if level == 0 {
                return Ok(Node { hash: run.hash, equal: None });
            }
        }
        if level == PAGE_LEVELS && !self.tree.leaves_stored {
            return Ok(Node { hash: root_of(&mut self.builder, runs, range), equal: None });
        }
        self.page(level - PAGE_LEVELS, index, range, runs)
    }

    /// Updates a page and what lies beneath it; gives the node above it, whose leaves are `range`.
    fn page(&mut self, level: u32, index: u64, range: Range<u64>, runs: &[LeafRun]) -> Result<Node, StoreError> {
        let nodes_before = page_nodes(self.count_before, level, index);
        let nodes_after = page_nodes(self.count_after, level, index);
        let stored = match nodes_before {
            0 => None,
            _ => self.tree.read(self.store, level, index, nodes_before)?,
        };
        let mut derived = None;
        let mut hashes = Vec::with_capacity(PAGE_NODES as usize);
        let (mut equal, mut complete_touched) = (None, false);
        for place in 0..(range.end - range.start).div_ceil(1 << level) {
            let start = range.start + (place << level);
            let child = start..range.end.min(start + (1 << level));
            let complete = place < nodes_after;
            hashes.push(if !overlapping(runs, child.clone()).is_empty() {
                let node = self.node(level, index * PAGE_NODES + place, runs)?;
                complete_touched |= complete;
                equal = equal.or(node.equal);
                node.hash
            } else if complete {
                let nodes = match (&stored, &derived) {
                    (Some(nodes), _) | (None, Some(nodes)) => nodes,
                    (None, None) => {
                        let (store, builder) = (&*self.store, &mut self.builder);
                        derived.insert(self.tree.derive(store, self.leaves, (level, index), nodes_before, builder)?)
                    }
                };
                *nodes.get(place as usize).ok_or_else(|| self.tree.corrupt("a new leaf that was not told"))?
            } else {
                Pages::new(self.tree, self.store, self.count_after, self.leaves).node(child)?
            });
        }
        let complete = hashes.get(..nodes_after as usize).unwrap_or_default();
        let equal = equal.filter(|leaf| complete.iter().all(|hash| *hash == self.builder.doubled(*leaf, level)));
        if complete_touched {
            match equal {
                Some(_) if stored.is_some() => self.store.delete(Table::Page, self.tree.key(level, index)),
                Some(_) => {}
                None => {
                    let mut parts: [&[u8]; PAGE_NODES as usize] = [&[]; PAGE_NODES as usize];
                    parts.iter_mut().zip(complete).for_each(|(part, hash)| *part = &hash.0);
                    self.store.put_parts(Table::Page, self.tree.key(level, index), &parts);
                }
            }
        }
        Ok(Node { hash: tree::root(self.tree.tag, &hashes), equal: equal.filter(|_| nodes_after == PAGE_NODES) })
    }

    /// Deletes the pages beneath a node, whose leaves have become equal.
    fn delete_beneath(&mut self, level: u32, index: u64) -> Result<(), StoreError> {
        let mut page_level = if self.tree.leaves_stored { 0 } else { PAGE_LEVELS };
        while page_level < level {
            let width = level - PAGE_LEVELS - page_level;
            let pages_before = (self.count_before >> page_level).div_ceil(PAGE_NODES);
            let (from, to) = (index << width, ((index + 1) << width).min(pages_before));
            if from < to {
                let mut keys = Vec::new();
                let (from, to) = (self.tree.key(page_level, from), self.tree.key(page_level, to));
                self.store.scan(Table::Page, &from, &to, &mut |key, _| {
                    keys.push(key.to_vec());
                    true
                })?;
                keys.into_iter().for_each(|key| self.store.delete(Table::Page, key));
            }
            page_level += PAGE_LEVELS;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
