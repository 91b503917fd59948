//! Keeps what a ledger reads again and again from block to block, in bounded memory.
//!
//! What is kept is what the store says, or will say once the last block is committed: how much of it there is
//! changes how fast a block is applied, never what it does.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

/// A map in two halves: what was asked for since the halves changed places, and what was not. When the first
/// half is full the second one is forgotten. So what is in use stays, at the price of one more look-up.
#[derive(Debug, Clone)]
pub(super) struct Kept<K, V, H> {
    recent: HashMap<K, V, H>,
    older: HashMap<K, V, H>,
}

impl<K, V, H: Default> Default for Kept<K, V, H> {
    fn default() -> Self {
        Kept { recent: HashMap::default(), older: HashMap::default() }
    }
}

impl<K: Hash + Eq + Copy, V, H: BuildHasher + Default> Kept<K, V, H> {
    /// What is kept under a key, which counts as asked for.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        match self.recent.entry(key) {
            Entry::Occupied(kept) => Some(kept.into_mut()),
            Entry::Vacant(place) => self.older.remove(&key).map(|value| place.insert(value)),
        }
    }

    /// Keeps a value. One that is kept in the other half is never seen again, and forgotten with it.
    pub fn insert(&mut self, key: K, value: V) {
        self.recent.insert(key, value);
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: &K) {
        self.older.remove(key);
        self.recent.remove(key);
    }

    /// Forgets what was not asked for lately, if there are more than `half_max` of the others.
    pub fn bound(&mut self, half_max: usize) {
        if self.recent.len() > half_max {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

/// The same of values that stand for all numbers from theirs on, up to the next one.
#[derive(Debug, Clone)]
pub(super) struct KeptRuns<V> {
    recent: BTreeMap<u64, V>,
    older: BTreeMap<u64, V>,
}

impl<V> Default for KeptRuns<V> {
    fn default() -> Self {
        KeptRuns { recent: BTreeMap::new(), older: BTreeMap::new() }
    }
}

impl<V: Copy> KeptRuns<V> {
    /// The last one that begins at a number or before, in each half.
    pub fn at_or_before(&mut self, number: u64, covers: impl Fn(u64, &V) -> bool) -> Option<(u64, V)> {
        let last = |half: &BTreeMap<u64, V>| half.range(..=number).next_back().map(|(first, value)| (*first, *value));
        if let Some((first, value)) = last(&self.recent).filter(|(first, value)| covers(*first, value)) {
            return Some((first, value));
        }
        let (first, value) = last(&self.older).filter(|(first, value)| covers(*first, value))?;
        self.older.remove(&first);
        self.recent.insert(first, value);
        Some((first, value))
    }

    /// The first number in a range at which one begins.
    pub fn first_from(&self, range: std::ops::Range<u64>) -> Option<u64> {
        let first = |half: &BTreeMap<u64, V>| half.range(range.clone()).next().map(|(first, _)| *first);
        match (first(&self.recent), first(&self.older)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// The one that begins at a number.
    pub fn get(&self, first: u64) -> Option<&V> {
        self.recent.get(&first).or_else(|| self.older.get(&first))
    }

    /// The one that begins at a number, to be changed.
    pub fn get_mut(&mut self, first: u64) -> Option<&mut V> {
        self.recent.get_mut(&first)
    }

    /// Keeps a value.
    pub fn insert(&mut self, first: u64, value: V) {
        self.older.remove(&first);
        self.recent.insert(first, value);
    }

    /// As [`Kept::bound`].
    pub fn bound(&mut self, half_max: usize) {
        if self.recent.len() > half_max {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_random::Random;
    use crate::trace::numbers::NumberHasher;
    use std::hash::BuildHasherDefault;

    /// Goal: what is kept is what was put there last, and what is asked for stays. Method: random puts, removals and
    /// questions beside a plain map, with bounds so small that most is forgotten; what is there must be right, and
    /// what was asked for since the halves changed places must be there.
    #[test]
    fn keeps_what_is_used() {
        let mut random = Random(5);
        let mut kept: Kept<u64, u64, BuildHasherDefault<NumberHasher>> = Kept::default();
        let mut model = BTreeMap::new();
        kept.insert(1_000, 7);
        for round in 0..20_000 {
            let key = random.below(300);
            match random.below(4) {
                0 => {
                    kept.insert(key, round);
                    model.insert(key, round);
                }
                1 => {
                    kept.remove(&key);
                    model.remove(&key);
                }
                _ => {
                    if let Some(value) = kept.get_mut(key) {
                        assert_eq!(Some(&*value), model.get(&key));
                    }
                }
            }
            assert_eq!(kept.get_mut(1_000), Some(&mut 7));
            kept.bound(40);
            assert!(kept.recent.len() <= 41 && kept.older.len() <= 41);
        }
    }

    /// Goal: runs that are cut are found as they are now. Method: a line of numbers is cut at random places; every
    /// number that is found must be found in the run that covers it in a plain map.
    #[test]
    fn runs() {
        let mut random = Random(9);
        let (mut kept, mut model) = (KeptRuns::default(), BTreeMap::from([(0u64, 1_000u64)]));
        kept.insert(0, 1_000);
        let covers = |number: u64| move |first: u64, count: &u64| number - first < *count;
        for _ in 0..3_000 {
            let number = random.below(1_000);
            let (first, count) = model.range(..=number).next_back().map(|(first, count)| (*first, *count)).unwrap();
            let found = kept.at_or_before(number, covers(number));
            assert!(found.is_none_or(|found| found == (first, count)));
            if random.below(3) == 0 && number > first {
                for (first, count) in [(first, number - first), (number, first + count - number)] {
                    kept.insert(first, count);
                    model.insert(first, count);
                }
            }
            let from = random.below(1_000);
            if let Some(next) = kept.first_from(from..1_000) {
                assert!(model.contains_key(&next));
            }
            kept.bound(60);
        }
    }
}
