//! Keeps all names in sorted segments, under one root (`docs/adr/0009-names-in-sorted-segments.md`).
//!
//! A name's *rank* is its place in founding order. Segments are ranges of ranks, of 4,096 × 4ʲ names, each
//! beginning at a multiple of its size and sorted by tag. One of more than 4,096 names is in force only when
//! a sixteenth of its size has followed it: until then it is merged from its four parts, a little with each
//! batch of names, so that no batch waits for a merge. Names beyond the last multiple of 4,096 are the tail,
//! sorted anew for each root.
//!
//! Table `segment`:
//!
//! |Key|Value|
//! |---|---|
//! |0, rank / 256 BE8|tail: names in order of rank|
//! |1, level, first rank BE8, first tag 32|chunk: index BE8, 1,024 names in order of tag|
//! |2, level, first rank BE8, node level, index BE8|up to 128 nodes of a segment's tree, from 128 × index on|
//! |3, level, first rank BE8|a segment's root|

use super::{NAME_BYTES, Name, page_hashes, write_names};
use crate::hash::{Hash, Tag};
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::tree;
use crate::tree::dense::LEAVES_MAX;

/// Names of the smallest segments.
pub const SEGMENT_NAMES_MIN: u64 = 4_096;
/// The base-two logarithm of a segment's size over that of its parts.
const GROWTH_BITS: u32 = 2;
/// A segment is in force when its size divided by this has followed it.
const DELAY_DIVISOR: u64 = 16;
/// Names of a chunk: what is read and written at once. All delays are multiples of it.
const CHUNK_NAMES: u64 = 1_024;
/// The level of a chunk in the tree over the pages of a segment: 128 pages of 8.
pub(super) const CHUNK_LEVEL: u32 = 7;
/// Nodes that one value holds.
const NODES: u64 = 1 << CHUNK_LEVEL;
/// Names of a value of the tail.
const TAIL_NAMES: u64 = 256;

const KIND_TAIL: u8 = 0;
const KIND_CHUNK: u8 = 1;
const KIND_NODES: u8 = 2;
const KIND_ROOT: u8 = 3;

/// A range of ranks that is kept sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub level: u32,
    pub first: u64,
}

impl Segment {
    pub fn size(self) -> u64 {
        SEGMENT_NAMES_MIN << (GROWTH_BITS * self.level)
    }

    pub fn end(self) -> u64 {
        self.first + self.size()
    }

    /// The count of names from which on it is in force.
    fn in_force_from(self) -> u64 {
        self.end() + if self.level == 0 { 0 } else { self.size() / DELAY_DIVISOR }
    }

    fn parts(self) -> impl Iterator<Item = Segment> {
        let level = self.level.saturating_sub(1);
        let size = Segment { level, first: 0 }.size();
        (0..self.size() / size).map(move |part| Segment { level, first: self.first + part * size })
    }

    pub fn key(self, kind: u8) -> Vec<u8> {
        // Levels stay below 16: counts stay below 2^40.
        [&[kind, self.level as u8][..], &self.first.to_be_bytes()].concat()
    }

    /// Above all its keys of a kind, and not above those of the segment after it.
    fn key_end(self, kind: u8) -> Vec<u8> {
        Segment { first: self.end(), ..self }.key(kind)
    }

    pub fn chunk_key(self, tag: &[u8]) -> Vec<u8> {
        [&self.key(KIND_CHUNK), tag].concat()
    }

    fn nodes_key(self, level: u32, index: u64) -> Vec<u8> {
        [&self.key(KIND_NODES)[..], &[level as u8], &index.to_be_bytes()].concat()
    }
}

/// The segments in force at a count, from rank 0 on, the largest that can be at each place; and where the
/// tail begins.
pub(super) fn cover(count: u64) -> (Vec<Segment>, u64) {
    let mut segments = Vec::new();
    let mut first = 0;
    while count - first >= SEGMENT_NAMES_MIN {
        let mut segment = Segment { level: 0, first };
        loop {
            let larger = Segment { level: segment.level + 1, first };
            if !first.is_multiple_of(larger.size()) || larger.in_force_from() > count {
                break;
            }
            segment = larger;
        }
        segments.push(segment);
        first = segment.end();
    }
    (segments, first)
}

/// Adds names in founding order and gives the root over all. No tag may be there already. The work is
/// proportional to the number of new names, and one tail.
pub fn append(store: &mut Overlay<'_>, count_before: u64, new: &[Name]) -> Result<Hash, StoreError> {
    let count_after = count_before.saturating_add(new.len() as u64);
    if count_after > LEAVES_MAX {
        return Err(corrupt("more names than there can be"));
    }
    let mut tail = read_tail(store, count_before)?;
    let mut count = count_before;
    let mut rest = new;
    while !rest.is_empty() {
        // Each step ends at a multiple of a chunk, where segments end and come into force.
        let step = (CHUNK_NAMES - count % CHUNK_NAMES).min(rest.len() as u64);
        let (names, others) = rest.split_at_checked(step as usize).unwrap_or((rest, &[]));
        tail.extend_from_slice(names);
        rest = others;
        if (count + step).is_multiple_of(SEGMENT_NAMES_MIN) {
            write_base(store, count + step - SEGMENT_NAMES_MIN, std::mem::take(&mut tail))?;
        }
        merge_between(store, count, count + step)?;
        count += step;
    }
    write_tail(store, count_before, count_after, &tail);
    root_with_tail(store, count_after, tail)
}

/// The root over the first `count` names: all that there are.
pub fn root(store: &dyn Read, count: u64) -> Result<Hash, StoreError> {
    root_with_tail(store, count, read_tail(store, count)?)
}

/// The root from the number of names and the roots of what covers them.
pub(super) fn names_root_of(count: u64, segments: &[Hash]) -> Hash {
    Tag::NamesRoot.hash_parts(&[&count.to_le_bytes(), &tree::root(Tag::Names, segments).0])
}

fn root_with_tail(store: &dyn Read, count: u64, tail: Vec<Name>) -> Result<Hash, StoreError> {
    let (segments, _) = cover(count);
    let mut roots = Vec::with_capacity(segments.len() + 1);
    for segment in segments {
        let bytes = store.get(Table::Segment, &segment.key(KIND_ROOT))?;
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        roots.push(Hash(bytes.ok_or_else(|| corrupt("a segment in force has no root"))?));
    }
    if !tail.is_empty() {
        roots.push(tree::root(Tag::Names, &page_hashes(&sorted(tail)?)));
    }
    Ok(names_root_of(count, &roots))
}

/// Sorts names by tag.
pub(super) fn sorted(mut names: Vec<Name>) -> Result<Vec<Name>, StoreError> {
    names.sort_unstable_by_key(|name| name.tag);
    match names.windows(2).any(|pair| pair.first().map(|name| name.tag) == pair.last().map(|name| name.tag)) {
        true => Err(corrupt("a tag is there twice")),
        false => Ok(names),
    }
}

/// The names that are in no segment, in order of rank.
pub(super) fn read_tail(store: &dyn Read, count: u64) -> Result<Vec<Name>, StoreError> {
    let mut tail = Vec::new();
    let mut valid = true;
    store.scan(Table::Segment, &[KIND_TAIL], &[KIND_TAIL + 1], &mut |_, value| {
        valid &= read_names(value, &mut tail);
        valid
    })?;
    match valid && tail.len() as u64 == count % SEGMENT_NAMES_MIN {
        true => Ok(tail),
        false => Err(corrupt("the tail has not the names of its count")),
    }
}

/// Keeps the tail after names were added to it, and perhaps taken from it into segments.
fn write_tail(store: &mut Overlay<'_>, count_before: u64, count_after: u64, tail: &[Name]) {
    let key = |index: u64| [&[KIND_TAIL][..], &index.to_be_bytes()].concat();
    let first = |count: u64| count - count % SEGMENT_NAMES_MIN;
    if first(count_before) != first(count_after) {
        for index in first(count_before) / TAIL_NAMES..count_before.div_ceil(TAIL_NAMES) {
            store.delete(Table::Segment, key(index));
        }
    }
    for (place, names) in tail.chunks(TAIL_NAMES as usize).enumerate() {
        let start = first(count_after) + place as u64 * TAIL_NAMES;
        if start + names.len() as u64 > count_before {
            let mut bytes = Vec::with_capacity(names.len() * NAME_BYTES);
            write_names(&mut bytes, names);
            store.put(Table::Segment, key(start / TAIL_NAMES), bytes);
        }
    }
}

fn read_names(bytes: &[u8], names: &mut Vec<Name>) -> bool {
    let (records, rest) = bytes.as_chunks::<NAME_BYTES>();
    for record in records {
        if let (Some(number), Some(tag)) = (record.first_chunk::<8>(), record.last_chunk::<32>()) {
            names.push(Name { number: u64::from_le_bytes(*number), tag: Hash(*tag) });
        }
    }
    rest.is_empty()
}

/// Makes a segment of the smallest size of its names.
fn write_base(store: &mut Overlay<'_>, first: u64, names: Vec<Name>) -> Result<(), StoreError> {
    let segment = Segment { level: 0, first };
    for (index, chunk) in sorted(names)?.chunks(CHUNK_NAMES as usize).enumerate() {
        write_chunk(store, segment, index as u64, chunk)?;
    }
    write_root(store, segment)
}

/// How much of `total` is done at a count, if it is begun at `start` and done at `finish`.
fn due(start: u64, finish: u64, total: u64, count: u64) -> u64 {
    let passed = u128::from(count.clamp(start, finish) - start);
    let due = (u128::from(total) * passed).div_ceil(u128::from(finish - start).max(1));
    u64::try_from(due).unwrap_or(total).min(total)
}

/// Does what is due of all merges while the count goes from `count` to `next`, which is at most a chunk
/// further. It follows from the counts alone, so that nothing else need be kept of a merge.
fn merge_between(store: &mut Overlay<'_>, count: u64, next: u64) -> Result<(), StoreError> {
    for level in 1.. {
        let size = Segment { level, first: 0 }.size();
        if size > next {
            break;
        }
        let segment = Segment { level, first: next - next % size - size };
        let chunks = size / CHUNK_NAMES;
        // Its last part must be in force itself.
        let start = segment.parts().last().map_or(segment.end(), Segment::in_force_from);
        let finish = segment.in_force_from();
        let (from, to) = (due(start, finish, chunks, count), due(start, finish, chunks, next));
        if from < to {
            merge(store, segment, from, to)?;
        }
        if count < finish && finish <= next {
            for part in segment.parts() {
                delete(store, &part.key(KIND_NODES), &part.key_end(KIND_NODES))?;
                delete(store, &part.key(KIND_ROOT), &part.key_end(KIND_ROOT))?;
            }
        }
        // The parts' chunks are deleted as gradually, by slices of the space of tags.
        let retired = finish + size / DELAY_DIVISOR;
        let (from, to) = (due(finish, retired, chunks, count), due(finish, retired, chunks, next));
        for part in segment.parts().filter(|_| from < to) {
            let cut = |slice: u64| match slice == chunks {
                true => part.key_end(KIND_CHUNK),
                false => part.chunk_key(&(u64::MAX / chunks * slice).to_be_bytes()),
            };
            delete(store, &cut(from), &cut(to))?;
        }
    }
    Ok(())
}

fn delete(store: &mut Overlay<'_>, from: &[u8], to: &[u8]) -> Result<(), StoreError> {
    let mut keys = Vec::new();
    store.scan(Table::Segment, from, to, &mut |key, _| {
        keys.push(key.to_vec());
        true
    })?;
    keys.into_iter().for_each(|key| store.delete(Table::Segment, key));
    Ok(())
}

/// Writes the chunks `from` to `to` of a segment, from where its parts stand after the chunk before.
fn merge(store: &mut Overlay<'_>, segment: Segment, from: u64, to: u64) -> Result<(), StoreError> {
    let mut last = None;
    if from > 0 {
        let chunk = chunk_at(store, segment, &[u8::MAX; 32])?.filter(|chunk| chunk.index + 1 == from);
        let chunk = chunk.ok_or_else(|| corrupt("a merge has not come as far as its count"))?;
        last = chunk.names.last().map(|name| name.tag);
    }
    let mut parts = Vec::new();
    for part in segment.parts() {
        parts.push(Cursor::open(store, part, last)?);
    }
    let mut names = Vec::with_capacity(CHUNK_NAMES as usize);
    for index in from..to {
        names.clear();
        while (names.len() as u64) < CHUNK_NAMES {
            let least = parts.iter_mut().filter(|part| part.head().is_some()).min_by_key(|part| part.head());
            let name = least.map(|part| part.next(store)).transpose()?.flatten();
            let name = name.ok_or_else(|| corrupt("parts have too few names"))?;
            if last.replace(name.tag).is_some_and(|last| last >= name.tag) {
                return Err(corrupt("a tag is there twice"));
            }
            names.push(name);
        }
        write_chunk(store, segment, index, &names)?;
    }
    if to == segment.size() / CHUNK_NAMES {
        write_root(store, segment)?;
    }
    Ok(())
}

/// Reads a segment's names in order.
struct Cursor {
    segment: Segment,
    names: std::vec::IntoIter<Name>,
}

impl Cursor {
    /// Stands at the first name above a tag.
    fn open(store: &dyn Read, segment: Segment, after: Option<Hash>) -> Result<Cursor, StoreError> {
        let chunk = match after {
            Some(tag) => chunk_at(store, segment, &tag.0)?,
            None => None,
        };
        let chunk = match chunk {
            Some(chunk) => Some(chunk),
            None => chunk_from(store, segment, &[])?,
        };
        let mut cursor = Cursor { segment, names: chunk.map(|chunk| chunk.names).unwrap_or_default().into_iter() };
        while cursor.head().is_some_and(|head| after.is_some_and(|after| head <= after)) {
            cursor.next(store)?;
        }
        Ok(cursor)
    }

    fn head(&self) -> Option<Hash> {
        self.names.as_slice().first().map(|name| name.tag)
    }

    fn next(&mut self, store: &dyn Read) -> Result<Option<Name>, StoreError> {
        let name = self.names.next();
        if let (Some(name), None) = (name, self.head()) {
            let chunk = chunk_from(store, self.segment, &name.tag.0)?;
            self.names = chunk.map(|chunk| chunk.names).unwrap_or_default().into_iter();
        }
        Ok(name)
    }
}

/// Names of a segment that are kept together.
pub(super) struct Chunk {
    pub index: u64,
    pub names: Vec<Name>,
}

/// The chunk that has, or would have, a tag; `None` if it would come before all.
pub(super) fn chunk_at(store: &dyn Read, segment: Segment, tag: &[u8]) -> Result<Option<Chunk>, StoreError> {
    let found = store.at_or_before(Table::Segment, &segment.chunk_key(tag))?;
    let found = found.filter(|(key, _)| key.starts_with(&segment.key(KIND_CHUNK)));
    found.map(|(_, value)| read_chunk(&value)).transpose()
}

/// The first chunk whose first tag is not below a tag.
pub(super) fn chunk_from(store: &dyn Read, segment: Segment, tag: &[u8]) -> Result<Option<Chunk>, StoreError> {
    let mut found = None;
    store.scan(Table::Segment, &segment.chunk_key(tag), &segment.key_end(KIND_CHUNK), &mut |_, value| {
        found = Some(read_chunk(value));
        false
    })?;
    found.transpose()
}

fn read_chunk(value: &[u8]) -> Result<Chunk, StoreError> {
    let (index, bytes) = value.split_first_chunk::<8>().ok_or_else(|| corrupt("a chunk is cut"))?;
    let mut names = Vec::with_capacity(CHUNK_NAMES as usize);
    match read_names(bytes, &mut names) && names.len() as u64 == CHUNK_NAMES {
        true => Ok(Chunk { index: u64::from_be_bytes(*index), names }),
        false => Err(corrupt("a chunk is cut")),
    }
}

fn write_chunk(store: &mut Overlay<'_>, segment: Segment, index: u64, names: &[Name]) -> Result<(), StoreError> {
    let first = names.first().ok_or_else(|| corrupt("a chunk is empty"))?;
    let mut bytes = Vec::with_capacity(8 + names.len() * NAME_BYTES);
    bytes.extend_from_slice(&index.to_be_bytes());
    write_names(&mut bytes, names);
    store.put(Table::Segment, segment.chunk_key(&first.tag.0), bytes);
    append_node(store, segment, CHUNK_LEVEL, index, tree::root(Tag::Names, &page_hashes(names)))
}

/// How many nodes the tree over a segment's pages has at a level.
fn nodes_at(segment: Segment, level: u32) -> u64 {
    (segment.size() / super::PAGE_NAMES as u64) >> level
}

/// Adds the node that follows those that are stored at a level.
fn append_node(
    store: &mut Overlay<'_>,
    segment: Segment,
    level: u32,
    index: u64,
    hash: Hash,
) -> Result<(), StoreError> {
    let mut nodes = match index % NODES {
        0 => Vec::new(),
        held => read_nodes(store, segment, level, index / NODES, held)?,
    };
    nodes.push(hash);
    let bytes: Vec<u8> = nodes.iter().flat_map(|node| node.0).collect();
    store.put(Table::Segment, segment.nodes_key(level, index / NODES), bytes);
    match nodes.len() as u64 == NODES && nodes_at(segment, level) > NODES {
        true => append_node(store, segment, level + CHUNK_LEVEL, index / NODES, tree::root(Tag::Names, &nodes)),
        false => Ok(()),
    }
}

/// The nodes that a value holds, of which there must be `count`.
fn read_nodes(store: &dyn Read, segment: Segment, level: u32, index: u64, count: u64) -> Result<Vec<Hash>, StoreError> {
    let bytes = store.get(Table::Segment, &segment.nodes_key(level, index))?.unwrap_or_default();
    let (nodes, rest) = bytes.as_chunks::<32>();
    match nodes.len() as u64 == count && rest.is_empty() {
        true => Ok(nodes.iter().map(|node| Hash(*node)).collect()),
        false => Err(corrupt("nodes of a segment are missing")),
    }
}

/// A node of a complete segment's tree, at the level of chunks or above.
pub(super) fn node(store: &dyn Read, segment: Segment, level: u32, index: u64) -> Result<Hash, StoreError> {
    let above = level % CHUNK_LEVEL;
    let first = index << above;
    let held = nodes_at(segment, level - above).min(NODES);
    let nodes = read_nodes(store, segment, level - above, first / NODES, held)?;
    let place = (first % NODES) as usize;
    let beneath = nodes.get(place..place + (1 << above));
    Ok(tree::root(Tag::Names, beneath.ok_or_else(|| corrupt("a node beyond a segment"))?))
}

/// Keeps the root of a segment whose chunks are all written.
fn write_root(store: &mut Overlay<'_>, segment: Segment) -> Result<(), StoreError> {
    let mut level = CHUNK_LEVEL;
    while nodes_at(segment, level) > NODES {
        level += CHUNK_LEVEL;
    }
    let nodes = read_nodes(store, segment, level, 0, nodes_at(segment, level))?;
    store.put(Table::Segment, segment.key(KIND_ROOT), tree::root(Tag::Names, &nodes).0);
    Ok(())
}

pub(super) fn corrupt(words: &str) -> StoreError {
    StoreError::Corrupt(Table::Segment, words.to_owned())
}
