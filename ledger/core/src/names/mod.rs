//! Names of subjects: which number stands for which tag (`ranges.md`, "Names").
//!
//! That a subject is there is shown by its founding event's record, which commits the names of all subjects
//! that are new with it. That one is not there is shown by the [`sealed`] names: all names, sorted.

pub mod absence;
pub mod sealed;

use bincode::{Decode, Encode};

use crate::codec;
use crate::hash::{Hash, Tag};
use crate::tree;

/// Names of a full page.
pub const PAGE_NAMES: usize = 8;

/// A subject's number and its tag. 40 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Name {
    /// The subject's number.
    pub number: u64,
    /// The tag of its key.
    pub tag: Hash,
}

/// The hash of a page.
pub(crate) fn page_hash(names: &[Name]) -> Hash {
    let mut bytes = Vec::with_capacity(names.len() * NAME_BYTES);
    write_names(&mut bytes, names);
    Tag::NamePage.hash(&bytes)
}

/// The hashes of the pages that names fill.
pub(crate) fn page_hashes(names: &[Name]) -> Vec<Hash> {
    names.chunks(PAGE_NAMES).map(page_hash).collect()
}

const NAME_BYTES: usize = 40;

/// Appends names as pages hash them and tables keep them: number, tag.
fn write_names(bytes: &mut Vec<u8>, names: &[Name]) {
    for name in names {
        bytes.extend_from_slice(&name.number.to_le_bytes());
        bytes.extend_from_slice(&name.tag.0);
    }
}

/// The root over the names of the subjects that are new with an event, ascending by number; zeros if none.
pub fn names_root(names: &[Name]) -> Hash {
    tree::root(Tag::Names, &page_hashes(names))
}

/// Shows names of a founding event whose payload is not there to derive them from.
///
/// A record commits no count beside its names root. None is needed: pages and inner nodes are hashed apart,
/// so whatever the count, a page that leads to the root is one of the record's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NameProof {
    /// The place of the page.
    pub page: u64,
    /// How many pages there are.
    pub pages: u64,
    /// The names on the page, at most [`PAGE_NAMES`].
    pub names: Vec<Name>,
    /// Siblings from the page up.
    pub path: Vec<Hash>,
}

/// An encoded [`NameProof`] is no longer.
pub const NAME_PROOF_BYTES_MAX: usize = 4_096;

impl NameProof {
    /// Shows the page with a number; `None` if the event names no such subject for the first time.
    pub fn new(names: &[Name], number: u64) -> Option<NameProof> {
        let place = names.binary_search_by_key(&number, |name| name.number).ok()?;
        let page = place / PAGE_NAMES;
        let hashes = page_hashes(names);
        Some(NameProof {
            page: page as u64,
            pages: hashes.len() as u64,
            names: names.chunks(PAGE_NAMES).nth(page)?.to_vec(),
            path: tree::path(Tag::Names, &hashes, page),
        })
    }

    /// The tag of a number; `None` if the proof does not show it under this root.
    pub fn tag(&self, root: Hash, number: u64) -> Option<Hash> {
        if self.names.len() > PAGE_NAMES {
            return None;
        }
        let computed = tree::root_of_path(Tag::Names, page_hash(&self.names), self.page, self.pages, &self.path)?;
        let name = self.names.iter().find(|name| name.number == number)?;
        (computed == root).then_some(name.tag)
    }

    /// Reads a proof.
    pub fn decode(bytes: &[u8]) -> Result<NameProof, codec::DecodeError> {
        codec::decode(bytes, NAME_PROOF_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests;
