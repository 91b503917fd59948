//! Trees of hashes: RFC 6962 splits, no duplicated leaves, each with a tag of its own (`proofs.md` §1).
//! The root over nothing is zeros; the root over one leaf is the leaf. Whatever commits a root commits
//! the number of leaves beside it.

pub mod dense;
pub mod pages;
pub mod runs;

use crate::hash::{Hash, Tag};

/// The root over leaves.
pub fn root(tag: Tag, leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            tag.inner(root(tag, left), root(tag, right))
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// The siblings on the way from a leaf to the root, from the leaf up.
pub fn path(tag: Tag, leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut below, sibling) = match index.checked_sub(left.len()) {
        None => (path(tag, left, index), root(tag, right)),
        Some(index) => (path(tag, right, index), root(tag, left)),
    };
    below.push(sibling);
    below
}

/// The root that a leaf at `index` of `count` leaves and its path give; `None` if the path has not the
/// length that the place demands.
pub fn root_of_path(tag: Tag, leaf: Hash, index: u64, count: u64, path: &[Hash]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    if count == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (last, below) = path.split_last()?;
    let left = 1u64 << (u64::BITS - 1 - (count - 1).leading_zeros());
    match index.checked_sub(left) {
        None => Some(tag.inner(root_of_path(tag, leaf, index, left, below)?, *last)),
        Some(index) => Some(tag.inner(*last, root_of_path(tag, leaf, index, count - left, below)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a path proves its leaf's place and no other. Method: every index of every small tree; the path
    /// with a sibling changed, cut or lengthened, and at every other index, gives another root or none.
    #[test]
    fn paths() {
        for count in 1..=20usize {
            let leaves: Vec<Hash> = (0..count).map(|i| Tag::Row.hash(&i.to_le_bytes())).collect();
            let whole = root(Tag::Rows, &leaves);
            for index in 0..count {
                let path = path(Tag::Rows, &leaves, index);
                let prove =
                    |leaf, index: usize, path: &[Hash]| root_of_path(Tag::Rows, leaf, index as u64, count as u64, path);
                assert_eq!(prove(leaves[index], index, &path), Some(whole));
                for other in (0..=count).filter(|other| *other != index) {
                    assert_ne!(prove(leaves[index], other, &path), Some(whole));
                }
                for place in 0..path.len() {
                    let mut changed = path.clone();
                    changed[place].0[0] ^= 1;
                    assert_ne!(prove(leaves[index], index, &changed), Some(whole));
                    changed.remove(place);
                    assert_ne!(prove(leaves[index], index, &changed), Some(whole));
                }
            }
        }
    }
}
