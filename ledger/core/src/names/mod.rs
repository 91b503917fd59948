//! Placeholder for the names of an event, replaced by the real one.
use crate::hash::{Hash, Tag};
use crate::tree;
use bincode::{Decode, Encode};
/// Names a page.
pub const PAGE_NAMES: u64 = 8;
/// A page's hash.
pub fn page_hash(names: &[(u64, Hash)]) -> Hash {
    let mut bytes = Vec::new();
    for (number, tag) in names {
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&tag.0);
    }
    Tag::NamePage.hash(&bytes)
}
/// The root.
pub fn names_root(names: &[(u64, Hash)]) -> Hash {
    let pages: Vec<Hash> = names.chunks(8).map(page_hash).collect();
    tree::root(Tag::Names, &pages)
}
/// Placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AbsenceProof {
    /// Placeholder.
    pub nothing: u8,
}
impl AbsenceProof {
    /// Placeholder.
    pub fn verify(&self, _count: u64, _root: Hash, _tag: Hash) -> bool {
        false
    }
}
/// Placeholder.
pub fn prove_absence(
    _store: &dyn crate::kv::Read,
    _count: u64,
    _tag: Hash,
) -> Result<AbsenceProof, crate::kv::StoreError> {
    Ok(AbsenceProof { nothing: 0 })
}
