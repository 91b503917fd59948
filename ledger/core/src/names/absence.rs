//! Proves that no subject has a name: between which neighbours its tag would stand, in each segment.

use std::ops::Range;

use bincode::{Decode, Encode};

use super::sealed::{
    CHUNK_LEVEL, Segment, chunk_at, chunk_from, corrupt, cover, names_root_of, node, read_tail, sorted,
};
use super::{Name, PAGE_NAMES, page_hash, page_hashes};
use crate::codec;
use crate::hash::{Hash, Tag};
use crate::kv::{Read, StoreError};
use crate::tree;
use crate::tree::dense::LEAVES_MAX;
use crate::tree::runs::{LeafRun, maximal_nodes, root_from_runs};

/// An encoded [`AbsenceProof`] is no longer: some 60 segments of two pages and 60 hashes are less.
pub const ABSENCE_PROOF_BYTES_MAX: usize = 256 << 10;

/// Shows that a tag is in none of the segments that cover all names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AbsenceProof {
    /// For each segment in order, and the tail if there is one.
    pub segments: Vec<SegmentAbsence>,
}

/// Where a tag would stand in a segment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SegmentAbsence {
    /// The place of the first page that is shown.
    pub page: u64,
    /// The names on the page, or on it and the next: the neighbours of the tag are among them.
    pub names: Vec<Name>,
    /// Hashes of the maximal nodes without these pages, from left to right.
    pub siblings: Vec<Hash>,
}

/// Shows that a tag is not among the first `count` names, which are all that there are. `None` if it is.
pub fn prove_absence(store: &dyn Read, count: u64, tag: Hash) -> Result<Option<AbsenceProof>, StoreError> {
    let (cover, _) = cover(count);
    let mut segments = Vec::with_capacity(cover.len() + 1);
    for segment in cover {
        let Some(absence) = absence_in_segment(store, segment, tag)? else { return Ok(None) };
        segments.push(absence);
    }
    let tail = sorted(read_tail(store, count)?)?;
    if !tail.is_empty() {
        let Some(pages) = pages_around(&tail, 0, tail.len() as u64, tag) else { return Ok(None) };
        let hashes = page_hashes(&tail);
        let names = tail.chunks(PAGE_NAMES).skip(pages.start as usize).take((pages.end - pages.start) as usize);
        let names = names.flatten().copied().collect();
        let siblings = siblings(&pages, hashes.len() as u64, |node| {
            let beneath = hashes.get(node.start as usize..node.end as usize);
            Ok(tree::root(Tag::Names, beneath.unwrap_or_default()))
        })?;
        segments.push(SegmentAbsence { page: pages.start, names, siblings });
    }
    Ok(Some(AbsenceProof { segments }))
}

/// The pages with the neighbours of a tag, of which at least the lower one, if there is one, is among
/// `names`, sorted names that begin at the place `first` of `size`; `None` if the tag is among them.
fn pages_around(names: &[Name], first: u64, size: u64, tag: Hash) -> Option<Range<u64>> {
    let above = match names.binary_search_by_key(&tag, |name| name.tag) {
        Ok(_) => return None,
        Err(place) => first + place as u64,
    };
    let page = |place: u64| place / PAGE_NAMES as u64;
    Some(page(above.saturating_sub(1))..page(above.min(size - 1)) + 1)
}

fn siblings(
    pages: &Range<u64>,
    count: u64,
    mut hash: impl FnMut(Range<u64>) -> Result<Hash, StoreError>,
) -> Result<Vec<Hash>, StoreError> {
    let before = maximal_nodes(0..pages.start, count);
    before.chain(maximal_nodes(pages.end..count, count)).map(&mut hash).collect()
}

fn absence_in_segment(store: &dyn Read, segment: Segment, tag: Hash) -> Result<Option<SegmentAbsence>, StoreError> {
    let found = match chunk_at(store, segment, &tag.0)? {
        Some(chunk) => Some(chunk),
        None => chunk_from(store, segment, &[])?,
    };
    let chunk = found.ok_or_else(|| corrupt("a segment in force has no names"))?;
    let chunk_pages = 1u64 << CHUNK_LEVEL;
    let first_page = chunk.index * chunk_pages;
    let Some(pages) = pages_around(&chunk.names, first_page * PAGE_NAMES as u64, segment.size(), tag) else {
        return Ok(None);
    };
    // The pages shown lie in this chunk, or the second one is the first of the next chunk.
    let mut names = chunk.names;
    if pages.end > first_page + chunk_pages {
        let last = names.last().map(|name| name.tag.0).unwrap_or_default();
        let next = chunk_from(store, segment, &last)?;
        names.extend(next.ok_or_else(|| corrupt("a chunk is missing"))?.names);
    }
    let hashes = page_hashes(&names);
    let within = |pages: &Range<u64>| {
        let place = |page: u64| page.checked_sub(first_page).map(|page| page as usize);
        Some(place(pages.start)?..place(pages.end)?)
    };
    let siblings = siblings(&pages, segment.size() / PAGE_NAMES as u64, |range| {
        // Segments have a power of two of pages, so all nodes are complete.
        let level = (range.end - range.start).ilog2();
        if level >= CHUNK_LEVEL {
            return node(store, segment, level, range.start >> level);
        }
        // A node below a chunk has its sibling in the same chunk, where a page is shown.
        let beneath = within(&range).and_then(|range| hashes.get(range));
        Ok(tree::root(Tag::Names, beneath.ok_or_else(|| corrupt("a chunk is missing"))?))
    })?;
    let shown = within(&pages).and_then(|pages| names.get(pages.start * PAGE_NAMES..pages.end * PAGE_NAMES));
    let shown = shown.ok_or_else(|| corrupt("a chunk is missing"))?.to_vec();
    Ok(Some(SegmentAbsence { page: pages.start, names: shown, siblings }))
}

impl AbsenceProof {
    /// Whether it shows that a tag is not among the `count` names under a root.
    pub fn verify(&self, names_root: Hash, count: u64, tag: Hash) -> bool {
        if count > LEAVES_MAX {
            return false;
        }
        let (cover, tail) = cover(count);
        let sizes = cover.iter().map(|segment| segment.size()).chain((tail < count).then_some(count - tail));
        if self.segments.len() != sizes.clone().count() {
            return false;
        }
        let roots = self.segments.iter().zip(sizes).map(|(segment, size)| segment.root(size, tag));
        roots.collect::<Option<Vec<Hash>>>().is_some_and(|roots| names_root_of(count, &roots) == names_root)
    }

    /// Reads a proof.
    pub fn decode(bytes: &[u8]) -> Result<AbsenceProof, codec::DecodeError> {
        codec::decode(bytes, ABSENCE_PROOF_BYTES_MAX)
    }
}

impl SegmentAbsence {
    /// The root of the segment, if its names leave no place for the tag.
    fn root(&self, size: u64, tag: Hash) -> Option<Hash> {
        let (first, last) = (self.names.first()?, self.names.last()?);
        let first_place = self.page.checked_mul(PAGE_NAMES as u64)?;
        let end_place = first_place.checked_add(self.names.len() as u64)?;
        // One page or two, each full but for the last of the segment.
        let whole = end_place.is_multiple_of(PAGE_NAMES as u64) || end_place == size;
        if self.names.len() > 2 * PAGE_NAMES || end_place > size || !whole {
            return None;
        }
        let ascending = self.names.is_sorted_by(|left, right| left.tag < right.tag);
        // Neighbours on both sides, unless the segment begins or ends there.
        let below = first.tag < tag || first_place == 0;
        let above = last.tag > tag || end_place == size;
        if !ascending || !below || !above || self.names.iter().any(|name| name.tag == tag) {
            return None;
        }
        let pages = self.names.chunks(PAGE_NAMES).zip(self.page..);
        let runs: Vec<LeafRun> =
            pages.map(|(names, page)| LeafRun { first: page, count: 1, hash: page_hash(names) }).collect();
        root_from_runs(Tag::Names, size.div_ceil(PAGE_NAMES as u64), &runs, &self.siblings)
    }
}
