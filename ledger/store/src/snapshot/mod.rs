//! Gives a ledger's contents to a node that joins, and takes them from nodes that it does not trust (`docs/adr/0015`):
//! first a state ([`Receiver`]), with which the node goes on at once, and beside that what was before ([`History`]).
//!
//! What is taken is held against one header that the joiner's own validator set has decided. Nothing else of it is
//! believed:
//!
//! | Table | How it is come by | Held against the header |
//! |---|---|---|
//! | `row`, `row-name` | taken with the state | all of them make the root over the rows |
//! | `page` | taken with the state: tags of events, ids of blocks; all else made from the leaves | the roots over the events and over the history |
//! | `run`, `log` | taken with the state | as leaves of the tree of subjects, which make its root |
//! | `key` | taken with the state | their names make the names root, in the order of founding that the logs tell |
//! | `name`, `segment` | made from the keys | so are they |
//! | `event` | made from the tags of events; where they are, from the records, with the history | as tags and records are |
//! | `entry` | taken with the state | with the history: all entries of a log, as nodes of their records, make its peaks |
//! | `block` | the last one, and those that change the validator set, with the state; all with the history | each is that of the id at its height, and decided by its certificate; submissions by body root, batch root and signature; refusals by the results root of the next header |
//! | `record` | as `block` | each by its hash in the results root; what that does not cover (subjects founded, effect) by the names root, the keys and the payload |
//! | `payload` | as `block` | each by its digest; a missing one counts as erased |
//! | `submission` | made from the blocks | as they are |
//! | `meta` | made from the headers | sets of validators by the headers that name them |
//!
//! A state that is taken is what was decided in all that `apply` reads, but for two things, which show with the history
//! at the latest: the entries of logs, of which new rows are made, and where events are, which is left open till then.
//! Until all of the history is there and right, a ledger says that it lacks it ([`lacks`]).
//!
//! Two things hang on the sender that no root covers, and no answer depends on: which numbers logs have, and, of an
//! event whose payload is erased, the effect that is kept for a replay. `fsck` tells both.

mod blocks;
mod flat;
mod founding;
mod history;
mod logs;
mod pairs;
pub(crate) mod place;
mod ranks;
mod receive;
mod serve;
mod sink;

use bincode::{Decode, Encode};
use suyuan_ledger::block::{CommitCertificate, Header, Validator, validators_hash};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{StoreError, Table};
use suyuan_ledger::state::head::StateRoots;
use suyuan_ledger::state::replay::Fault;
use suyuan_ledger::tree::dense::{DenseTree, EVENTS, HISTORY};

pub use history::{History, disbelieve, lacks};
pub use pairs::{PACKED_BYTES_MAX, Pairs};
pub use place::Place;
pub use receive::Receiver;
pub use serve::{Heights, PORTION_BYTES, Part, heights, moment, part};
pub use sink::Sink;

/// What is taken as of a moment, in this order: tables, and of pages the leaves of a tree. Their places are their numbers in
/// messages.
pub const TABLES: [(Table, Option<DenseTree>); 8] = [
    (Table::RowName, None),
    (Table::Row, None),
    (Table::Key, None),
    (Table::Page, Some(EVENTS)),
    (Table::Run, None),
    (Table::Log, None),
    (Table::Entry, None),
    (Table::Page, Some(HISTORY)),
];
/// The tables whose keys begin with a height.
pub const BY_HEIGHT: [Table; 3] = [Table::Block, Table::Record, Table::Payload];

/// A state that can be had: after which block, and the header that certifies it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Moment {
    /// The height of the last block in it.
    pub height: u64,
    /// The header after it; or that of the block itself, if the block carries nothing, so that the state before it is
    /// the one after it.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// What the state root is made of.
    pub roots: StateRoots,
    /// How the set that decided it follows from that of the genesis, ascending.
    pub changes: Vec<SetChange>,
}

/// What a ledger lacks that was begun with a state: all that was before it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Lacks {
    /// The state.
    pub moment: Moment,
    /// The node that gave it, and is to blame if the history shows it to be false.
    pub giver: Hash,
    /// Whether it has.
    pub is_false: bool,
}

/// A header that names another set for its child, with that set.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SetChange {
    /// The header.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// The set that decides its child.
    pub next: Vec<Validator>,
}

/// Who is believed that a header is decided: the validators of the genesis, and each set that one before it has decided
/// to be the next.
#[derive(Debug, Clone)]
pub struct Trust {
    chain: Hash,
    /// Each set with the first height that it decides, ascending.
    sets: Vec<(u64, Vec<Validator>)>,
}

impl Trust {
    /// Trusts the validators of a genesis.
    pub fn new(chain: Hash, validators: Vec<Validator>) -> Trust {
        Trust { chain, sets: vec![(1, validators)] }
    }

    /// The chain.
    pub fn chain(&self) -> Hash {
        self.chain
    }

    /// Trusts the set that a header names as the next, if those who are trusted have decided the header.
    pub fn follow(&mut self, change: &SetChange) -> bool {
        let SetChange { header, certificate, next } = change;
        let last = self.sets.last().map_or(0, |(from, _)| *from);
        let is_next = header.height >= last
            && header.next_validators != header.validators
            && header.next_validators == validators_hash(next)
            && self.decides(header, certificate);
        if is_next {
            self.sets.push((header.height.saturating_add(1), next.clone()));
        }
        is_next
    }

    /// The set of the genesis.
    pub(crate) fn first(&self) -> &[Validator] {
        self.sets.first().map_or(&[], |(_, set)| set)
    }

    /// Whether the set that a header names for its child is known.
    pub(crate) fn knows_next(&self, header: &Header) -> bool {
        let next = header.height.saturating_add(1);
        let set = self.sets.iter().rfind(|(from, _)| *from <= next);
        set.is_some_and(|(_, set)| validators_hash(set) == header.next_validators)
    }

    /// Whether a header is decided by those who are trusted to.
    pub fn decides(&self, header: &Header, certificate: &CommitCertificate) -> bool {
        let set = self.sets.iter().rfind(|(from, _)| *from <= header.height);
        set.is_some_and(|(_, set)| {
            header.chain == self.chain && header.validators == validators_hash(set) && certificate.decides(header, set)
        })
    }
}

/// Why contents are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The own store or disk failed.
    Failed(StoreError),
    /// They are not what the certified header says.
    Fault(Fault),
}

impl Refused {
    fn fault(table: Table, key: &[u8], what: impl Into<String>) -> Refused {
        Refused::Fault(Fault { table, key: key.to_vec(), what: what.into() })
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        match error {
            // What was taken from others is read: that it can't be is theirs.
            StoreError::Corrupt(table, what) => Refused::fault(table, &[], what),
            failed @ (StoreError::Failed(_) | StoreError::Later) => Refused::Failed(failed),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Failed(error) => write!(formatter, "{error}"),
            Refused::Fault(Fault { table, key, what }) => {
                write!(formatter, "table {}, key ", table.name())?;
                key.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))?;
                write!(formatter, ": {what}")
            }
        }
    }
}

impl std::error::Error for Refused {}
