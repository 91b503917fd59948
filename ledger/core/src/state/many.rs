//! Reads many values whose keys are known beforehand: neighbours one after another, others by a list.

use crate::kv::{Read, StoreError, Table};

/// From so many neighbours on, going from one to the next takes less time than looking for each: to begin costs a store
/// about as much as finding so many keys.
const STEPPED_MIN: usize = 4;

/// Visits the values of keys, which MUST ascend, each with the key's place in the list; in no order. `near` tells
/// whether hardly any other key is between two.
pub fn each<K: AsRef<[u8]>>(
    store: &dyn Read,
    table: Table,
    keys: &[K],
    near: impl Fn(&K, &K) -> bool,
    visit: &mut dyn FnMut(usize, &[u8]),
) -> Result<(), StoreError> {
    let (mut places, mut listed): (Vec<usize>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    let (mut start, mut cursor) = (0, None);
    for group in keys.chunk_by(near) {
        if group.len() < STEPPED_MIN {
            places.extend(start..start + group.len());
            listed.extend(group.iter().map(AsRef::as_ref));
        } else {
            let cursor = cursor.get_or_insert_with(|| store.cursor(table));
            for (place, key) in (start..).zip(group) {
                match cursor.at_or_before(key.as_ref())? {
                    Some((found, value)) if found == key.as_ref() => visit(place, value),
                    _ => {}
                }
            }
        }
        start += group.len();
    }
    drop(cursor);
    store.get_many(table, &listed, &mut |place, value| {
        if let (Some(place), Some(value)) = (places.get(place), value) {
            visit(*place, value);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::WriteSet;
    use crate::kv_memory::MemoryRead;
    use crate::test_random::Random;

    /// Goal: many at once are what one after another are. Method: sparse and dense tables, lists at random with
    /// keys that are not there, neighbours near and far.
    #[test]
    fn reads_as_one_after_another() {
        let mut random = Random(21);
        for _ in 0..400 {
            let mut writes = WriteSet::default();
            let end = 1 + random.below(200);
            for _ in 0..random.below(200) {
                writes.put(Table::Log, random.below(end).to_be_bytes(), vec![random.below(256) as u8]);
            }
            let mut store = MemoryRead::default();
            store.apply(&writes);
            let mut keys: Vec<[u8; 8]> = (0..random.below(150)).map(|_| random.below(end + 2).to_be_bytes()).collect();
            keys.sort_unstable();
            keys.dedup();
            let gap = random.below(9);
            let near = |one: &[u8; 8], two: &[u8; 8]| u64::from_be_bytes(*two) - u64::from_be_bytes(*one) <= gap;
            let mut found: Vec<Option<Vec<u8>>> = vec![None; keys.len()];
            each(&store, Table::Log, &keys, near, &mut |place, value| {
                assert!(found[place].replace(value.to_vec()).is_none(), "visited twice");
            })
            .unwrap();
            let expected: Vec<_> = keys.iter().map(|key| store.get(Table::Log, key).unwrap()).collect();
            assert_eq!(found, expected);
        }
    }
}
