//! Reads portions of a ledger for a node that joins.

use suyuan_ledger::block::{Header, StoredBlock};
use suyuan_ledger::codec::decode_trusted;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::sets;
use suyuan_ledger::tree::dense::DenseTree;

use super::{Moment, Pairs, SetChange, TABLES};

/// A portion ends with the pair, or the block, with which it has so many bytes, unless told otherwise: packed about 3 to 4
/// MiB.
pub const PORTION_BYTES: usize = 12 << 20;
/// What a record has about, in bytes: how many blocks make a portion is judged before they are read.
const RECORD_BYTES: usize = 256;
/// Above every key.
const END: &[u8] = &[u8::MAX; 256];

/// Some pairs of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// They.
    pub pairs: Pairs,
    /// Whether the table has no more.
    pub is_last: bool,
}

/// Blocks one after another, with what is stored under their heights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heights {
    /// The height of the last one.
    pub through: u64,
    /// Rows of `block`.
    pub blocks: Pairs,
    /// Rows of `record`.
    pub records: Pairs,
    /// Rows of `payload`.
    pub payloads: Pairs,
}

/// Whether the state before a block is the one after it: it carries nothing.
pub(super) fn is_empty(header: &Header) -> bool {
    header.events == 0 && header.body == Hash::ZERO
}

/// The state that `at` shows, if a header of `live`, which may be further, certifies it.
pub fn moment(at: &dyn Read, live: &dyn Read) -> Result<Option<Moment>, StoreError> {
    let Some(head) = Reader::new(at).head()? else { return Ok(None) };
    let (height, roots) = (head.height, head.roots);
    let changes = sets::changes(at, 1, height)?.into_iter();
    let changes: Vec<SetChange> = changes
        .map(|change| SetChange { header: change.header, certificate: change.certificate, next: change.next })
        .collect();
    let certifies = |block: StoredBlock| {
        let StoredBlock { header, certificate, .. } = block;
        Moment { height, header, certificate, roots: roots.clone(), changes: changes.clone() }
    };
    if let Some(next) = block_at(live, height.saturating_add(1))? {
        return Ok(Some(certifies(next)));
    }
    Ok(block_at(at, height)?.filter(|block| is_empty(&block.header)).map(certifies))
}

fn block_at(read: &dyn Read, height: u64) -> Result<Option<StoredBlock>, StoreError> {
    let bytes = read.get(Table::Block, &height.to_be_bytes())?;
    let block = bytes.map(|bytes| decode_trusted(&bytes)).transpose();
    block.map_err(|error| StoreError::Corrupt(Table::Block, format!("{error:?}")))
}

/// From where to where a table is given away.
pub(super) fn limits(leaves_of: Option<DenseTree>) -> (Vec<u8>, Vec<u8>) {
    match leaves_of {
        Some(tree) => (tree.key(0, 0).to_vec(), tree.key(1, 0).to_vec()),
        None => (Vec::new(), END.to_vec()),
    }
}

/// The pairs above a key, or from the first one on, until they have so many bytes, of the table of [`super::TABLES`] with
/// this number; none if there is no such.
pub fn part(at: &dyn Read, number: u8, after: Option<&[u8]>, bytes_max: usize) -> Result<Option<Part>, StoreError> {
    let Some((table, leaves_of)) = TABLES.get(usize::from(number)).copied() else { return Ok(None) };
    let (first, end) = limits(leaves_of);
    let from = after.map_or(first, |after| [after, &[0]].concat());
    let mut part = Part { pairs: Pairs::with_room(bytes_max), is_last: true };
    at.scan(table, &from, &end, &mut |key, value| {
        part.pairs.push(key, value);
        part.is_last = part.pairs.bytes() < bytes_max;
        part.is_last
    })?;
    Ok(Some(part))
}

/// Blocks from one height to another (included), until they have about so many bytes; none if the first is not there.
pub fn heights(live: &dyn Read, from: u64, to: u64, bytes_max: usize) -> Result<Option<Heights>, StoreError> {
    let mut found = Heights::default();
    let (mut next, mut bytes, mut fault) = (from, 0usize, None);
    let key = |height: u64| height.to_be_bytes();
    live.scan(Table::Block, &key(from), &key(to.saturating_add(1)), &mut |at, value| {
        let header = match decode_trusted::<StoredBlock>(value) {
            Ok(block) => block.header,
            Err(error) => {
                fault = Some(StoreError::Corrupt(Table::Block, format!("{error:?}")));
                return false;
            }
        };
        if at != key(next) {
            return false;
        }
        found.blocks.push(at, value);
        (found.through, next) = (next, next.saturating_add(1));
        let body = usize::try_from(header.body_bytes).unwrap_or(usize::MAX);
        bytes = bytes.saturating_add(value.len()).saturating_add(body);
        bytes = bytes.saturating_add((header.events as usize).saturating_mul(RECORD_BYTES));
        bytes < bytes_max
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    if found.blocks.is_empty() {
        return Ok(None);
    }
    for (table, rows) in [(Table::Record, &mut found.records), (Table::Payload, &mut found.payloads)] {
        live.scan(table, &key(from), &key(next), &mut |key, value| {
            rows.push(key, value);
            true
        })?;
    }
    Ok(Some(found))
}
