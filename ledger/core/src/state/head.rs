//! Where the ledger stands after a block.

use bincode::{Decode, Encode};

use crate::hash::{Hash, Tag};
use crate::kv::{Read, StoreError, Table};

/// The key of the head in the table `meta`.
pub const HEAD_KEY: &[u8] = b"head";

/// The key in the table `meta` of what is said of the history that a ledger lacks: one that was begun with a state, and
/// takes what was before it meanwhile. Without it all is there.
pub const LACKS_KEY: &[u8] = b"lacks";

/// Whether a ledger was begun with a state, and what was before it is not all there yet.
pub fn lacks_history(store: &dyn Read) -> Result<bool, StoreError> {
    Ok(store.get(Table::Meta, LACKS_KEY)?.is_some())
}

/// Where the ledger stands: written with every block, in the same batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The chain's identity.
    pub chain: Hash,
    /// The height of the last block; 0 after genesis.
    pub height: u64,
    /// The last header's id; the chain's identity after genesis.
    pub id: Hash,
    /// The last block's time.
    pub time: i64,
    /// The state root after the last block.
    pub state: Hash,
    /// The root over the last block's receipts.
    pub results: Hash,
    /// The root over the ids of heights 0 to the last one's.
    pub history: Hash,
    /// The hash of the validator set that decides the next block.
    pub validators: Hash,
    /// What the state root is made of.
    pub roots: StateRoots,
    /// The next log's id.
    pub next_log: u64,
}

/// What the state root is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct StateRoots {
    /// Subject numbers given, unused ones of extents included.
    pub subject_count: u64,
    /// The root of the tree of subjects.
    pub subjects: Hash,
    /// Event numbers given.
    pub event_count: u64,
    /// The root of the tree of events, whose leaves are the events' tags.
    pub events: Hash,
    /// How many subjects have a name.
    pub name_count: u64,
    /// The root over the names.
    pub names: Hash,
    /// How many rows the tables have.
    pub row_count: u64,
    /// The root of the tree of rows.
    pub rows: Hash,
}

impl StateRoots {
    /// The state root.
    pub fn root(&self) -> Hash {
        Tag::State.hash(&crate::codec::encode(self))
    }
}

/// The leaf of a row in the tree of rows.
pub fn row_leaf(name: &[u8], value: &[u8]) -> Hash {
    let length = (name.len() as u64).to_le_bytes();
    Tag::Row.hash_parts(&[&length, name, value])
}
