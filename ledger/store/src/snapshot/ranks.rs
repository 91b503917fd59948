//! Brings the names of a state into the order in which they were founded, however many there are: parts are sorted in
//! memory, laid down in files and merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::names::Name;

use super::flat::{Flat, Values};

/// So many names are sorted in memory: 48 MiB, and half as much beside.
const NAMES_MAX: usize = 1 << 20;
/// Height and number, eight bytes each, big-endian, and the tag: as bytes they sort as they were founded.
const RANKED_BYTES: usize = 48;
type Ranked = [u8; RANKED_BYTES];

/// Names that come in the order of their numbers.
pub(super) struct Ranks {
    folder: PathBuf,
    part: Vec<Ranked>,
    parts: Vec<Flat<RANKED_BYTES>>,
}

impl Ranks {
    /// None yet; parts that are too many are laid down in this folder.
    pub fn new(folder: PathBuf) -> Ranks {
        Ranks { folder, part: Vec::new(), parts: Vec::new() }
    }

    /// Adds a name, which the block of this height founded. Within a block the order is that of the numbers.
    pub fn push(&mut self, height: u64, name: &Name) -> Result<(), StoreError> {
        let mut ranked = [0; RANKED_BYTES];
        ranked[..8].copy_from_slice(&height.to_be_bytes());
        ranked[8..16].copy_from_slice(&name.number.to_be_bytes());
        ranked[16..].copy_from_slice(&name.tag.0);
        self.part.push(ranked);
        if self.part.len() >= NAMES_MAX { self.lay_down() } else { Ok(()) }
    }

    fn lay_down(&mut self) -> Result<(), StoreError> {
        self.part.sort_by_key(founded);
        let part = Flat::create(&self.folder.join(format!("ranks-{}", self.parts.len())))?;
        let mut writer = part.writer(0)?;
        self.part.drain(..).try_for_each(|ranked| writer.push(&ranked))?;
        writer.flush()?;
        self.parts.push(part);
        Ok(())
    }

    /// Hands over all names as they were founded.
    pub fn each(mut self, take: &mut dyn FnMut(Name) -> Result<(), StoreError>) -> Result<(), StoreError> {
        if self.parts.is_empty() {
            self.part.sort_by_key(founded);
            return self.part.iter().try_for_each(|ranked| take(name_of(ranked)));
        }
        self.lay_down()?;
        let mut parts = self.parts.iter().map(Flat::values).collect::<Result<Vec<Values<RANKED_BYTES>>, _>>()?;
        let mut heads = BinaryHeap::new();
        for (place, part) in parts.iter_mut().enumerate() {
            heads.extend(part.next().transpose()?.map(|first| Reverse((first, place))));
        }
        while let Some(Reverse((ranked, place))) = heads.pop() {
            take(name_of(&ranked))?;
            let next = parts.get_mut(place).and_then(Iterator::next).transpose()?;
            heads.extend(next.map(|next| Reverse((next, place))));
        }
        Ok(())
    }
}

/// Height and number: names come by their numbers, and mostly as they were founded, which a stable sort makes use of.
fn founded(ranked: &Ranked) -> u128 {
    ranked.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

fn name_of(ranked: &Ranked) -> Name {
    let (mut number, mut tag) = ([0; 8], [0; 32]);
    number.copy_from_slice(&ranked[8..16]);
    tag.copy_from_slice(&ranked[16..]);
    Name { number: u64::from_be_bytes(number), tag: Hash(tag) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: names come in the order of heights, within one of numbers, in memory and by way of files. Method: more of
    /// them than are sorted in memory, at heights that leap, and few.
    #[test]
    fn names_in_order_of_founding() {
        for count in [0, 1, 1_000, 2 * NAMES_MAX as u64 + 17] {
            let folder = tempfile::tempdir().unwrap();
            let mut ranks = Ranks::new(folder.path().to_owned());
            let height = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
            for number in 0..count {
                ranks.push(height(number), &Name { number, tag: Hash([number as u8; 32]) }).unwrap();
            }
            let (mut last, mut taken) = (None, 0);
            ranks
                .each(&mut |name| {
                    let rank = Some((height(name.number), name.number));
                    assert!(last < rank && name.tag.0[0] == name.number as u8);
                    (last, taken) = (rank, taken + 1);
                    Ok(())
                })
                .unwrap();
            assert_eq!(taken, count);
        }
    }
}
