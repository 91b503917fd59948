//! Makes all pages of a tree of the state at once, from its leaves from left to right.
//!
//! What [`super::dense`] keeps up to date batch by batch depends on the leaves alone, so it can be made anew from them:
//! by whoever has a state's contents from others and believes nothing of it but the root.

use super::dense::{DenseTree, LEAVES_MAX, PAGE_LEVELS};
use super::runs::RootBuilder;
use crate::hash::Hash;
use crate::kv::{StoreError, Table};
use crate::tree;

/// Nodes of a full page.
const PAGE_NODES: u64 = 1 << PAGE_LEVELS;

/// Takes a page: its key, and its hashes laid end to end.
pub type TakePage<'a> = dyn FnMut([u8; 10], &[u8]) -> Result<(), StoreError> + 'a;

/// Makes the pages of a tree.
pub struct PageMaker {
    tree: DenseTree,
    count: u64,
    /// The root over all leaves so far.
    root: RootBuilder,
    /// What is hashed by doubling.
    doubling: RootBuilder,
    /// The leaves behind the last node of the lowest level that is stored, and the one that they all are.
    below: RootBuilder,
    below_equal: Option<Hash>,
    /// From the lowest level on: the page that is not full yet.
    levels: Vec<Page>,
}

#[derive(Default)]
struct Page {
    nodes: Vec<Hash>,
    /// The leaf that all leaves beneath are.
    equal: Option<Hash>,
}

impl PageMaker {
    /// No leaves yet.
    pub fn new(tree: DenseTree) -> PageMaker {
        let builder = || RootBuilder::new(tree.tag);
        PageMaker {
            tree,
            count: 0,
            root: builder(),
            doubling: builder(),
            below: builder(),
            below_equal: None,
            levels: Vec::new(),
        }
    }

    /// How many leaves were taken.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes the next leaves, which are equal.
    pub fn push(&mut self, leaf: Hash, count: u64, take: &mut TakePage<'_>) -> Result<(), StoreError> {
        let end = self.count.checked_add(count).filter(|end| *end <= LEAVES_MAX);
        let end = end.ok_or_else(|| StoreError::Corrupt(Table::Page, "more leaves than there can be".to_owned()))?;
        self.root.push_run(leaf, count);
        // In a tree with stored leaves an absent page means zeros, so only zeros can be left out.
        let equal = (!self.tree.leaves_stored || leaf == Hash::ZERO).then_some(leaf);
        let lowest = self.lowest();
        while self.count < end {
            let left = end - self.count;
            let unit = 1u64 << lowest;
            let within = self.count % unit;
            if within > 0 || left < unit {
                // Part of a node of the lowest level.
                let taken = left.min(unit - within);
                self.below_equal =
                    if within == 0 { equal } else { self.below_equal.filter(|known| Some(*known) == equal) };
                self.below.push_run(leaf, taken);
                self.count += taken;
                if self.count.is_multiple_of(unit) {
                    let (hash, equal) = (self.below.finish(None), self.below_equal);
                    self.node(lowest, hash, equal, take)?;
                }
                continue;
            }
            let mut level = lowest;
            while self.count.is_multiple_of(1 << (level + PAGE_LEVELS))
                && left >= 1 << (level + PAGE_LEVELS)
                && equal.is_some()
            {
                level += PAGE_LEVELS;
            }
            let hash = self.doubling.doubled(leaf, level);
            self.count += 1 << level;
            self.node(level, hash, equal, take)?;
        }
        Ok(())
    }

    /// Hands over the pages that are not full, and gives the root.
    pub fn finish(mut self, take: &mut TakePage<'_>) -> Result<Hash, StoreError> {
        let mut level = self.lowest();
        for page in std::mem::take(&mut self.levels) {
            if !page.nodes.is_empty() && page.equal.is_none() {
                self.hand(level, (self.count >> level) / PAGE_NODES, &page.nodes, take)?;
            }
            level += PAGE_LEVELS;
        }
        Ok(self.root.finish(None))
    }

    fn lowest(&self) -> u32 {
        if self.tree.leaves_stored { 0 } else { PAGE_LEVELS }
    }

    /// Takes a complete node that ends at the count.
    fn node(&mut self, level: u32, hash: Hash, equal: Option<Hash>, take: &mut TakePage<'_>) -> Result<(), StoreError> {
        let (mut level, mut hash, mut equal) = (level, hash, equal);
        loop {
            let place = ((level - self.lowest()) / PAGE_LEVELS) as usize;
            if self.levels.len() <= place {
                self.levels.resize_with(place + 1, Page::default);
            }
            let Some(page) = self.levels.get_mut(place) else { return Ok(()) };
            page.equal = if page.nodes.is_empty() { equal } else { page.equal.filter(|known| Some(*known) == equal) };
            page.nodes.push(hash);
            if page.nodes.len() as u64 != PAGE_NODES {
                return Ok(());
            }
            let Page { nodes, equal: all } = std::mem::take(page);
            if all.is_none() {
                self.hand(level, (self.count >> (level + PAGE_LEVELS)) - 1, &nodes, take)?;
            }
            (level, hash, equal) = (level + PAGE_LEVELS, tree::root(self.tree.tag, &nodes), all);
        }
    }

    fn hand(&self, level: u32, index: u64, nodes: &[Hash], take: &mut TakePage<'_>) -> Result<(), StoreError> {
        let mut bytes = [0; 32 * PAGE_NODES as usize];
        bytes.as_chunks_mut::<32>().0.iter_mut().zip(nodes).for_each(|(place, node)| *place = node.0);
        take(self.tree.key(level, index), bytes.get(..32 * nodes.len()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Range;

    use super::*;
    use crate::hash::Tag;
    use crate::kv::{Overlay, Read};
    use crate::kv_memory::MemoryRead;
    use crate::test_random::Random;
    use crate::tree::dense::{EVENTS, LeafRuns, SUBJECTS};

    struct Told(Vec<Hash>);

    impl LeafRuns for Told {
        fn runs(&self, _: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
            let told = &self.0[leaves.start as usize..leaves.end as usize];
            Ok(told.chunk_by(|one, two| one == two).map(|run| (run.len() as u64, run[0])).collect())
        }
    }

    fn pages(store: &dyn Read) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut pages = BTreeMap::new();
        let mut visit = |key: &[u8], value: &[u8]| pages.insert(key.to_vec(), value.to_vec()).is_none();
        store.scan(Table::Page, &[], &[0xff; 12], &mut visit).unwrap();
        pages
    }

    fn made(tree: DenseTree, leaves: &[Hash]) -> (Hash, BTreeMap<Vec<u8>, Vec<u8>>) {
        let mut pages = BTreeMap::new();
        let mut take = |key: [u8; 10], value: &[u8]| {
            assert!(pages.insert(key.to_vec(), value.to_vec()).is_none());
            Ok(())
        };
        let mut maker = PageMaker::new(tree);
        for run in leaves.chunk_by(|one, two| one == two) {
            maker.push(run[0], run.len() as u64, &mut take).unwrap();
        }
        let root = maker.finish(&mut take).unwrap();
        (root, pages)
    }

    /// Goal: made at once, pages and root are those that many batches leave behind. Method: random batches of changes in
    /// runs of all lengths over a growing tree, compared after each.
    #[test]
    fn pages_are_those_of_batches() {
        let mut random = Random(5);
        for round in 0..60 {
            let mut store = MemoryRead::default();
            let mut leaves: Vec<Hash> = Vec::new();
            for _ in 0..12 {
                let before = leaves.len() as u64;
                let grown = random.below([3, 40, 700, 5_000][round % 4]);
                leaves.resize((before + grown) as usize, Hash::ZERO);
                let mut changed: Vec<Range<u64>> = Vec::new();
                for _ in 0..random.below(6) {
                    if leaves.is_empty() {
                        continue;
                    }
                    let first = random.below(leaves.len() as u64);
                    let longest = [2, 20, 600, 4_096][random.below(4) as usize];
                    let end = (first + 1 + random.below(longest)).min(leaves.len() as u64);
                    let leaf = if random.below(4) == 0 { Hash::ZERO } else { Tag::Leaf.hash(&[random.below(3) as u8]) };
                    leaves[first as usize..end as usize].fill(leaf);
                    changed.push(first..end);
                }
                changed.sort_by_key(|range| range.start);
                let mut joined: Vec<Range<u64>> = Vec::new();
                for range in changed {
                    match joined.last_mut() {
                        Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                        _ => joined.push(range),
                    }
                }
                let mut overlay = Overlay::new(&store);
                let count = leaves.len() as u64;
                let root = SUBJECTS.update(&mut overlay, before, count, &joined, &Told(leaves.clone())).unwrap();
                let writes = overlay.into_writes();
                store.apply(&writes);
                assert_eq!(made(SUBJECTS, &leaves), (root, pages(&store)), "{count} leaves");
            }
        }
    }

    /// The same of a tree whose leaves are stored, and always set.
    #[test]
    fn stored_leaves() {
        let mut random = Random(6);
        let (mut store, mut leaves) = (MemoryRead::default(), Vec::new());
        for _ in 0..60 {
            let (before, new) = (leaves.len() as u64, random.below(90));
            let set: BTreeMap<u64, Hash> =
                (before..before + new).map(|leaf| (leaf, Tag::Key.hash(&leaf.to_le_bytes()))).collect();
            leaves.extend(set.values().copied());
            let mut overlay = Overlay::new(&store);
            let root = EVENTS.set(&mut overlay, before, before + new, &set).unwrap();
            let writes = overlay.into_writes();
            store.apply(&writes);
            assert_eq!(made(EVENTS, &leaves), (root, pages(&store)));
        }
    }
}
