//! Names what is said between a node that joins and one that gives (`docs/FORMATS.md`, "Messages between nodes").

use bincode::{Decode, Encode};
use suyuan_store::snapshot::{BY_HEIGHT, Heights, Moment, Pairs, Part};

/// What is said about a snapshot.
#[expect(clippy::large_enum_variant, reason = "one at a time is made or read")]
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum SnapshotMessage {
    /// Asks for a state that can be had.
    WantMoment,
    /// The state that can be had now, and for a while; none if there is none, or too many are given already.
    Moment(Option<Moment>),
    /// Asks for a part of a table of a state.
    WantPart {
        /// The height of the state's last block.
        height: u64,
        /// The table's number.
        table: u8,
        /// The key above which the part begins; empty for the table's beginning.
        after: Vec<u8>,
    },
    /// A part of a table.
    Part {
        /// The height of the state's last block.
        height: u64,
        /// The table's number.
        table: u8,
        /// The key above which it begins.
        after: Vec<u8>,
        /// Whether the table has no more.
        is_last: bool,
        /// The pairs, packed.
        pairs: Vec<u8>,
    },
    /// The state of this height is not held any more.
    Gone {
        /// The height of its last block.
        height: u64,
    },
    /// Asks for blocks with what is stored under their heights.
    WantBlocks {
        /// The first height.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// Blocks one after another.
    Blocks {
        /// The first height, as it was asked for.
        from: u64,
        /// The last one; below the first if there are none.
        through: u64,
        /// The rows of `block`, of `record` and of `payload`, each packed.
        rows: Vec<Vec<u8>>,
    },
}

impl SnapshotMessage {
    /// Whether it asks for something.
    pub fn asks(&self) -> bool {
        matches!(
            self,
            SnapshotMessage::WantMoment | SnapshotMessage::WantPart { .. } | SnapshotMessage::WantBlocks { .. }
        )
    }

    /// A part as it is sent.
    pub(super) fn part(height: u64, table: u8, after: Vec<u8>, part: &Part) -> SnapshotMessage {
        SnapshotMessage::Part { height, table, after, is_last: part.is_last, pairs: part.pairs.pack() }
    }

    /// Blocks as they are sent.
    pub(super) fn blocks(from: u64, found: Option<&Heights>) -> SnapshotMessage {
        let Some(Heights { through, blocks, records, payloads }) = found else {
            return SnapshotMessage::Blocks { from, through: 0, rows: Vec::new() };
        };
        let rows = [blocks, records, payloads].iter().map(|pairs| pairs.pack()).collect();
        SnapshotMessage::Blocks { from, through: *through, rows }
    }
}

/// Blocks as they came; none if they can't be read.
pub(super) fn unpacked(through: u64, rows: &[Vec<u8>]) -> Option<Heights> {
    let rows: Vec<Pairs> = rows.iter().map(|packed| Pairs::unpack(packed)).collect::<Option<_>>()?;
    let [blocks, records, payloads]: [Pairs; BY_HEIGHT.len()] = rows.try_into().ok()?;
    Some(Heights { through, blocks, records, payloads })
}
