//! Hashes, each under a key of its own, so that no hash of one kind of thing is one of another.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use bincode::{Decode, Encode};

/// 32 bytes of a hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Hash(pub [u8; 32]);

/// The order of their bytes. Almost always the first word decides: names are sorted and merged by it all the time.
impl Ord for Hash {
    fn cmp(&self, other: &Hash) -> Ordering {
        first_word(&self.0).cmp(&first_word(&other.0)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Hash {
    fn partial_cmp(&self, other: &Hash) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The first eight bytes as a number, in the bytes' order.
pub(crate) fn first_word<const N: usize>(bytes: &[u8; N]) -> u64 {
    bytes.first_chunk().map_or(0, |word| u64::from_be_bytes(*word))
}

impl Hash {
    /// What stands for nothing: an empty tree, an unused number.
    pub const ZERO: Hash = Hash([0; 32]);

    /// Reads lower-case hex.
    pub fn from_hex(text: &str) -> Option<Hash> {
        let mut bytes = [0u8; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair.first())? << 4 | digit(pair.get(1))?;
        }
        Some(Hash(bytes))
    }
}

fn digit(byte: Option<&u8>) -> Option<u8> {
    match *byte? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        letter @ b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident $text:literal),+ $(,)?) => {
        /// What is hashed. Each has a key of its own (`proofs.md` §1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Tag { $($(#[$doc])* $name),+ }

        const NAMES: &[&str] = &[$($text),+];
    };
}

tags! {
    /// The bytes of a genesis: the chain's identity.
    Chain "chain",
    /// A public key with its suite: a key id.
    KeyId "kid",
    /// Salt and payload of an event.
    Event "evt",
    /// A subject's key: its tag.
    Key "key",
    /// A record type and an event's digest: a leaf of a submission's batch.
    Batch "bat",
    /// A submission's bytes: its id, and the message that is signed.
    Submission "sub",
    /// Link runs of an event.
    Links "lnk",
    /// A derived record.
    Record "rec",
    /// An entry of a log: a record in a role and standing.
    Entry "ent",
    /// An inner node of a log.
    Log "log",
    /// A subject's state: a leaf of the tree of subjects.
    Leaf "leaf",
    /// An inner node of the tree of subjects.
    Subjects "num",
    /// An inner node of the tree of events, whose leaves are the events' tags.
    Events "evs",
    /// A page of names.
    NamePage "npg",
    /// An inner node over pages of names.
    Names "nam",
    /// The root over the segments of names.
    NamesRoot "nms",
    /// A row of the tables: its name and value.
    Row "row",
    /// An inner node of the tree of rows.
    Rows "rws",
    /// The state root.
    State "state",
    /// A header: its id.
    Header "hdr",
    /// An inner node of a body's tree over submission ids.
    Body "bdy",
    /// A receipt: a leaf of the results tree.
    Receipt "rct",
    /// An inner node of the results tree.
    Results "res",
    /// An inner node of the history tree over header ids.
    History "hst",
    /// A validator set.
    Validators "val",
    /// A vote for a header.
    Vote "vote",
    /// A proposal of a header.
    Proposal "prop",
    /// A counterparty as a subject's facts of credit name it.
    Pseudonym "psd",
    /// The explanation of a published grade.
    Explanation "exp",
    /// What a draw is made by: a block and the draw's name.
    Lot "lot",
    /// Whether a firm is drawn.
    Drawn "drw",
    /// A reading of a sensor: a leaf of its series.
    Reading "reading",
    /// An inner node of the tree over a series.
    Readings "readings",
    /// The root over a series and how many readings it has.
    Series "series",
}

/// The keyed hasher's keys, made once: deriving one for each hash would cost more than the hash.
static KEYS: OnceLock<Vec<[u8; 32]>> = OnceLock::new();

impl Tag {
    fn key(self) -> &'static [u8; 32] {
        let keys = KEYS
            .get_or_init(|| NAMES.iter().map(|name| blake3::derive_key(&format!("suyuan/1/{name}"), &[])).collect());
        // One key a tag, by construction of both from one list.
        &keys[self as usize]
    }

    /// The hash of one piece of bytes.
    pub fn hash(self, bytes: &[u8]) -> Hash {
        Hash(*blake3::keyed_hash(self.key(), bytes).as_bytes())
    }

    /// The hash of pieces laid end to end.
    pub fn hash_parts(self, parts: &[&[u8]]) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(self.key());
        for part in parts {
            hasher.update(part);
        }
        Hash(*hasher.finalize().as_bytes())
    }

    /// The inner node over two subtrees.
    pub fn inner(self, left: Hash, right: Hash) -> Hash {
        let mut both = [0u8; 64];
        both[..32].copy_from_slice(&left.0);
        both[32..].copy_from_slice(&right.0);
        self.hash(&both)
    }
}

/// Hashes bytes as they come, plain BLAKE3 as `b3sum` prints it: for files that are kept beside a ledger. Nothing of
/// a ledger is hashed so.
#[derive(Debug, Default)]
pub struct FileHasher(blake3::Hasher);

impl FileHasher {
    /// Takes the bytes that follow.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was taken.
    pub fn finish(&self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }
}
