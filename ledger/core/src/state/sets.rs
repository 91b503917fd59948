//! The validator sets of a chain: each is kept with the height of the header that names it first.
//!
//! They are not under the state root: a header names a set by its hash, and whoever reads one checks it against that.

use crate::block::{StoredBlock, Validator};
use crate::codec;
use crate::kv::{Overlay, Read, StoreError, Table};
use crate::proof::trust::SetChange;

/// What keys begin with in the table `meta`: `set/`, then the height as eight bytes, the highest first.
const PREFIX: &[u8] = b"set/";

fn key(height: u64) -> Vec<u8> {
    [PREFIX, &height.to_be_bytes()].concat()
}

/// Keeps the set that the header of a height names as the one that decides its child; 0 for that of the genesis.
pub(super) fn keep(overlay: &mut Overlay<'_>, height: u64, set: &[Validator]) {
    overlay.put(Table::Meta, key(height), codec::encode(&set.to_vec()));
}

/// Those who decide the block of a height.
pub fn validators_at(store: &dyn Read, height: u64) -> Result<Vec<Validator>, StoreError> {
    let found = store.at_or_before(Table::Meta, &key(height.saturating_sub(1)))?;
    let found = found.filter(|(key, _)| key.starts_with(PREFIX));
    let (_, set) = found.ok_or_else(|| corrupt("a set of validators is missing"))?;
    decoded(&set)
}

/// The headers from one height to another that name another set for their child, with it.
pub fn changes(store: &dyn Read, from: u64, to: u64) -> Result<Vec<SetChange>, StoreError> {
    let mut sets: Vec<(u64, Vec<u8>)> = Vec::new();
    store.scan(Table::Meta, &key(from.max(1)), &key(to.saturating_add(1)), &mut |key, set| {
        let height = key.strip_prefix(PREFIX).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        sets.extend(height.map(|height| (height, set.to_vec())));
        true
    })?;
    let change = |(height, set): (u64, Vec<u8>)| {
        let block = store.get(Table::Block, &height.to_be_bytes())?;
        let block = block.ok_or_else(|| corrupt("the block that names a set is missing"))?;
        let block: StoredBlock =
            codec::decode_trusted(&block).map_err(|error| StoreError::Corrupt(Table::Block, format!("{error:?}")))?;
        Ok(SetChange { header: block.header, certificate: block.certificate, next: decoded(&set)? })
    };
    sets.into_iter().map(change).collect()
}

fn decoded(set: &[u8]) -> Result<Vec<Validator>, StoreError> {
    codec::decode_trusted(set).map_err(|_| corrupt("a set of validators can't be read"))
}

fn corrupt(words: &str) -> StoreError {
    StoreError::Corrupt(Table::Meta, words.to_owned())
}
