//! Makes the inclusion proof of an event over a store.

use super::inclusion::{EventShown, InclusionProof, PathTo, ReceiptShown, Receipts, SidedPath, neighbours};
use super::make::MakeError;
use super::trust::DecidedHeader;
use crate::block::{Header, Receipt, StoredBlock, StoredSubmission};
use crate::codec;
use crate::hash::{Hash, Tag};
use crate::kv::{Read, StoreError, Table};
use crate::organisation::Directory;
use crate::state::reader::Reader;
use crate::state::subject::StoredRecord;
use crate::submission::batch_leaf;
use crate::trace::history::Place;
use crate::tree;
use crate::tree::dense;

/// Makes the proof of the event at a place, as of the last header (see [`super::make::last_header`]), which
/// must be above the event's block. `payload`: show it, if it is not erased.
pub fn make_inclusion(
    store: &dyn Read,
    decided: DecidedHeader,
    directory: &Directory,
    place: Place,
    payload: bool,
) -> Result<InclusionProof, MakeError> {
    let block = block_at(store, place.height)?;
    let receipts = receipts_of(store, &block)?;
    let (body_index, first) = submission_of(&block, place.index).ok_or(MakeError::Query)?;
    let stored = block.submissions.get(body_index).ok_or(MakeError::Query)?;
    let batch_index = (place.index - first) as usize;
    let event = stored.events.get(batch_index).ok_or(MakeError::Query)?;
    let key = directory.key(&stored.submission.key);
    let key = key.ok_or_else(|| corrupt(Table::Row, "the key of a lane is missing"))?;
    let opened = if payload { Reader::new(store).payload(place.height, place.index)? } else { None };
    let leaves: Vec<Hash> = receipts.iter().map(|(receipt, _)| receipt.leaf()).collect();
    let shown = |index: u32| -> Result<ReceiptShown, MakeError> {
        let (receipt, _) = receipts.get(index as usize).ok_or(MakeError::Query)?;
        Ok(ReceiptShown { receipt: *receipt, siblings: tree::path(Tag::Results, &leaves, index as usize) })
    };
    let record = receipts.get(place.index as usize).and_then(|(_, record)| record.as_ref());
    let receipts = match record {
        Some(record) => Receipts::Accepted(shown(place.index)?, Box::new(record.record(place.height, place.index))),
        None => {
            let places = neighbours(place.index, place.index - first).unwrap_or_default();
            let others: Result<Vec<ReceiptShown>, MakeError> =
                places.into_iter().map(|(index, _)| shown(index)).collect();
            Receipts::Refused(shown(place.index)?, others?)
        }
    };
    let ids = block.submissions.iter().map(|stored| stored.submission.id()).collect();
    let body = path(Tag::Body, ids, body_index);
    Ok(InclusionProof {
        child: child_of(store, &decided.header, place.height)?,
        decided,
        submission: stored.submission.clone(),
        signature: stored.signature,
        public: key.public,
        body: SidedPath::new(body.index, body.count, body.siblings),
        record_type: event.record_type,
        event: match opened {
            Some(opened) => EventShown::Payload(opened.salt, opened.payload),
            None => EventShown::Digest(event.digest),
        },
        batch: path(Tag::Batch, batch_leaves(stored), batch_index),
        receipts,
        header: block.header,
    })
}

fn path(tag: Tag, leaves: Vec<Hash>, index: usize) -> PathTo {
    PathTo { index: index as u64, count: leaves.len() as u64, siblings: tree::path(tag, &leaves, index) }
}

fn batch_leaves(stored: &StoredSubmission) -> Vec<Hash> {
    stored.events.iter().map(|event| batch_leaf(event.record_type, event.digest)).collect()
}

fn block_at(store: &dyn Read, height: u64) -> Result<StoredBlock, MakeError> {
    let bytes = store.get(Table::Block, &height.to_be_bytes())?.ok_or(MakeError::NotCertified)?;
    codec::decode_trusted(&bytes).map_err(|_| corrupt(Table::Block, "a block can't be read"))
}

fn corrupt(table: Table, words: &str) -> MakeError {
    MakeError::Store(StoreError::Corrupt(table, words.to_owned()))
}

/// The submission that an event of a block is of: its place, and the place of its first event.
fn submission_of(block: &StoredBlock, index: u32) -> Option<(usize, u32)> {
    let mut first = 0u32;
    for (place, stored) in block.submissions.iter().enumerate() {
        let next = first.checked_add(u32::try_from(stored.events.len()).ok()?)?;
        if index < next {
            return Some((place, first));
        }
        first = next;
    }
    None
}

/// The receipts of a block, with the records of events that were accepted.
fn receipts_of(store: &dyn Read, block: &StoredBlock) -> Result<Vec<(Receipt, Option<StoredRecord>)>, MakeError> {
    let reader = Reader::new(store);
    let mut receipts = Vec::new();
    for stored in &block.submissions {
        let submission = stored.submission.id();
        for event in &stored.events {
            let (height, index) = (block.header.height, u32::try_from(receipts.len()).unwrap_or(u32::MAX));
            let record = match event.code {
                0 => {
                    let record = reader.record(height, index)?;
                    Some(record.ok_or_else(|| corrupt(Table::Record, "the record of an event is missing"))?)
                }
                _ => None,
            };
            let hash = record.as_ref().map_or(Hash::ZERO, |record| record.record(height, index).hash());
            receipts.push((Receipt { submission, index, code: event.code, record: hash }, record));
        }
    }
    Ok(receipts)
}

/// The header above a block and its path to the history root of the certifying header, unless it is that.
fn child_of(store: &dyn Read, decided: &Header, height: u64) -> Result<Option<(Header, Vec<Hash>)>, MakeError> {
    let head = Reader::new(store).head()?.ok_or(MakeError::NotCertified)?;
    if decided.height <= height || head.height != decided.height {
        return Err(MakeError::NotCertified);
    }
    let child = height + 1;
    if child == decided.height {
        return Ok(None);
    }
    // The tree of the store has one leaf more than the header's history: the header itself, which is the
    // last one. Without it, the nodes on the right are joined anew.
    let count = decided.height;
    let wanted = [child..child + 1, count..count + 1];
    let nodes = dense::HISTORY.siblings(store, count + 1, &wanted, &std::collections::BTreeMap::new())?;
    let path = path_without_last(child, count, &nodes);
    let path = path.ok_or_else(|| corrupt(Table::Page, "the history is too short"))?;
    Ok(Some((block_at(store, child)?.header, path)))
}

/// The path of a leaf among `count`, from the complete nodes to its left and right, from left to right.
fn path_without_last(leaf: u64, count: u64, nodes: &[Hash]) -> Option<Vec<Hash>> {
    let mut nodes = nodes.iter().copied();
    let mut left = Vec::new();
    let mut position = 0;
    while position < leaf {
        let level = aligned(position, leaf);
        left.push((position..position + (1 << level), nodes.next()?));
        position += 1 << level;
    }
    let mut right = Vec::new();
    position = leaf + 1;
    while position < count {
        let level = aligned(position, count);
        right.push((position..position + (1 << level), nodes.next()?));
        position += 1 << level;
    }
    let all: Vec<_> = left.into_iter().chain(right).collect();
    let mut path = Vec::new();
    climb(leaf, 0..count, &all, &mut path)?;
    nodes.next().is_none().then_some(path)
}

/// The level of the largest complete node that begins at `first` and ends at `end` or before.
fn aligned(first: u64, end: u64) -> u32 {
    first.trailing_zeros().min((end - first).ilog2())
}

type Node = (std::ops::Range<u64>, Hash);

/// Collects the siblings of a leaf below a node, from the leaf up.
fn climb(leaf: u64, node: std::ops::Range<u64>, nodes: &[Node], path: &mut Vec<Hash>) -> Option<()> {
    let size = node.end - node.start;
    if size == 1 {
        return Some(());
    }
    let middle = node.start + (1 << (size - 1).ilog2());
    let (below, sibling) = match leaf < middle {
        true => (node.start..middle, middle..node.end),
        false => (middle..node.end, node.start..middle),
    };
    climb(leaf, below, nodes, path)?;
    path.push(hash_of(sibling, nodes)?);
    Some(())
}

/// The hash of a node that complete nodes make up.
fn hash_of(node: std::ops::Range<u64>, nodes: &[Node]) -> Option<Hash> {
    if let Some((_, hash)) = nodes.iter().find(|(range, _)| *range == node) {
        return Some(*hash);
    }
    let size = node.end - node.start;
    if size < 2 {
        return None;
    }
    let middle = node.start + (1 << (size - 1).ilog2());
    Some(Tag::History.inner(hash_of(node.start..middle, nodes)?, hash_of(middle..node.end, nodes)?))
}
