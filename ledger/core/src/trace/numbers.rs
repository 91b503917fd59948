//! Maps keyed by numbers that the ledger gave: subjects, logs, heights, times.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use crate::hash::Hash;

/// A map by numbers. Nobody chooses the numbers, so the hash need not stand against those who would; the order
/// is that of no reader, so it is for look-ups only.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;
/// A set of numbers, likewise.
pub(crate) type NumberSet<K> = HashSet<K, BuildHasherDefault<NumberHasher>>;

/// Multiplies what it is given into one number, by the odd number nearest 2^64 over the golden ratio.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        // Maps take their place from the low bits, which a product mixes least.
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// A map by hashes. Others choose what is hashed, and can choose hashes that are alike in some bits, so the map's
/// own hash has a secret.
pub(crate) type HashMapped<V> = HashMap<Hash, V, Secret>;

/// Two numbers that nobody knows.
#[derive(Clone, Copy)]
pub(crate) struct Secret(u64, u64);

impl Default for Secret {
    fn default() -> Self {
        #[allow(clippy::disallowed_types, reason = "for a secret: nothing follows the order of a map with it")]
        let random = std::hash::RandomState::new();
        Secret(random.hash_one(0), random.hash_one(1))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl BuildHasher for Secret {
    type Hasher = SecretHasher;

    fn build_hasher(&self) -> SecretHasher {
        SecretHasher { secret: *self, mixed: 0 }
    }
}

/// Multiplies the first two words of a hash, each with a secret of its own added.
pub(crate) struct SecretHasher {
    secret: Secret,
    mixed: u64,
}

impl Hasher for SecretHasher {
    fn finish(&self) -> u64 {
        self.mixed
    }

    fn write(&mut self, bytes: &[u8]) {
        let word = |from: usize| bytes.get(from..)?.first_chunk().map(|word| u64::from_le_bytes(*word));
        let (one, two) = (word(0).unwrap_or(0) ^ self.secret.0, word(8).unwrap_or(0) ^ self.secret.1);
        let product = u128::from(one) * u128::from(two);
        self.mixed = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, _length: usize) {
        // All have one length.
    }
}

/// Numbers of one page of a [`Paged`].
const PAGE: u64 = 64;

/// A value for each number. Numbers that are near each other lie near each other, so that neighbours, which are
/// asked for one after another, cost no search.
#[derive(Debug, Default)]
pub(crate) struct Paged<T> {
    /// By the number of a page, its place.
    pages: NumberMap<u64, u32>,
    values: Vec<[T; PAGE as usize]>,
    /// The page that was asked for last, and its place.
    last: Cell<Option<(u64, u32)>>,
}

impl<T: Copy + Default> Paged<T> {
    /// The value of a number; the default if none was set.
    pub fn get(&self, number: u64) -> T {
        let page = number / PAGE;
        let place = match self.last.get().filter(|last| last.0 == page) {
            Some((_, place)) => Some(place),
            None => self.pages.get(&page).copied(),
        };
        let Some(place) = place else { return T::default() };
        self.last.set(Some((page, place)));
        let values = self.values.get(place as usize);
        values.and_then(|values| values.get((number % PAGE) as usize)).copied().unwrap_or_default()
    }

    /// Sets the value of a number.
    pub fn set(&mut self, number: u64, value: T) {
        let page = number / PAGE;
        let place = match self.last.get().filter(|last| last.0 == page) {
            Some((_, place)) => place,
            None => {
                let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
                let place = *self.pages.entry(page).or_insert(next);
                if place == next {
                    self.values.push([T::default(); PAGE as usize]);
                }
                self.last.set(Some((page, place)));
                place
            }
        };
        let slot = self.values.get_mut(place as usize).and_then(|values| values.get_mut((number % PAGE) as usize));
        if let Some(slot) = slot {
            *slot = value;
        }
    }

    /// The numbers with a value that is wanted, ascending, and the values.
    pub fn ascending(&self, wanted: impl Fn(T) -> bool) -> Vec<(u64, T)> {
        #[allow(clippy::disallowed_methods, reason = "sorted at once")]
        let mut pages: Vec<(u64, u32)> = self.pages.iter().map(|(page, place)| (*page, *place)).collect();
        pages.sort_unstable();
        let mut found = Vec::new();
        for (page, place) in pages {
            let values = self.values.get(place as usize).into_iter().flatten();
            let numbered = (0..PAGE).zip(values).filter(|(_, value)| wanted(**value));
            found.extend(numbered.map(|(offset, value)| (page * PAGE + offset, *value)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_random::Random;
    use std::collections::BTreeMap;

    /// Goal: it is a map. Method: numbers near and far are set and read, against a sorted map.
    #[test]
    fn paged_is_a_map() {
        let (mut random, mut paged, mut map) = (Random(3), Paged::default(), BTreeMap::new());
        for _ in 0..20_000 {
            let far = [0, 1 << 20, u64::MAX - 500][random.below(3) as usize];
            let number = far + random.below(500);
            if random.below(3) == 0 {
                let value = random.below(9) as u32;
                paged.set(number, value);
                map.insert(number, value);
            }
            assert_eq!(paged.get(number), map.get(&number).copied().unwrap_or_default());
        }
        map.retain(|_, value| *value > 4);
        assert_eq!(paged.ascending(|value| value > 4), map.into_iter().collect::<Vec<_>>());
    }
}
