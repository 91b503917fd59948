//! Reads a store ahead: what was captured together lies together, so a trace that has asked for one thing
//! will soon ask for its neighbours.
//!
//! Reading a pair on its own costs a store ten times what the next pair of a scan does. So once a trace has asked a
//! table a few times, a stretch of neighbours is read at once: the longer, the more was asked, since a long trace
//! comes back to what it passed by; and never so much that reading ahead in vain would cost more than it can save.
//! Short traces never read ahead.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kv::{Cursor, Pair, Read, StoreError, Table, Visit};
use crate::state::many;

/// So many questions to a table are passed on before anything is read ahead.
const PLAIN_READS: usize = 16;
/// A stretch has one pair for so many that were asked for.
const ASKED_PER_PAIR: usize = 8;
/// Of all pairs read ahead, one in so many was asked for, or no further stretch is read.
const AHEAD_PER_ASKED: usize = 12;
/// The shortest stretch, in pairs.
const STRETCH_PAIRS_MIN: usize = 8;
/// The longest stretch, in pairs.
const STRETCH_PAIRS_MAX: usize = 2048;
/// No stretch is read on beyond so many bytes.
const STRETCH_BYTES_MAX: usize = 1 << 20;
/// All stretches together are forgotten beyond so many bytes.
const AHEAD_BYTES_MAX: usize = 64 << 20;
/// So many keys are asked for at once, or no stretches are read for them.
const MANY_AHEAD_MIN: usize = 512;
/// What a pair costs in memory beside its value.
const PAIR_BYTES: usize = 32;
/// Above all keys of the tables that are read ahead.
const END: [u8; 17] = [0xff; 17];

/// A store as it was when it was first asked: what was read ahead is not read again.
pub struct Ahead<'a> {
    store: &'a dyn Read,
    tables: RefCell<[Stretches; Table::ALL.len()]>,
}

/// What was read of a table.
#[derive(Default)]
struct Stretches {
    /// By their beginnings; disjoint.
    known: BTreeMap<u128, Rc<Stretch>>,
    /// The one that was asked last.
    last: Option<Rc<Stretch>>,
    /// How many pairs were asked for, each once if it was read ahead.
    asked: Cell<usize>,
    /// How many were read ahead.
    read: usize,
    bytes: usize,
}

/// All pairs of a table from one key (included) to another (not included). Keys are compared as numbers.
struct Stretch {
    from: u128,
    to: u128,
    keys: Vec<u128>,
    /// Where each value ends in `values`.
    ends: Vec<usize>,
    values: Vec<u8>,
    used: Vec<Cell<bool>>,
    /// The place that was asked for last: the next one is likely to follow.
    last: Cell<usize>,
}

/// How many bytes the keys have of a table that is read ahead.
fn width(table: Table) -> Option<usize> {
    match table {
        Table::Run | Table::Log | Table::Key => Some(8),
        Table::Record => Some(12),
        Table::Entry => Some(16),
        _ => None,
    }
}

/// A key as a number, in the keys' order; `None` if it is none of the table.
fn as_number(table: Table, key: &[u8]) -> Option<u128> {
    let mut bytes = [0; 16];
    let whole = width(table) == Some(key.len());
    bytes.get_mut(..key.len()).filter(|_| whole)?.copy_from_slice(key);
    Some(u128::from_be_bytes(bytes))
}

/// The key of a number: so many of its first bytes as the table's keys have.
fn as_key(table: Table, number: &[u8; 16]) -> &[u8] {
    number.get(..width(table).unwrap_or(0)).unwrap_or_default()
}

impl Stretch {
    fn holds(&self, number: u128) -> bool {
        self.from <= number && number < self.to
    }

    /// How many keys are below.
    fn place(&self, number: u128) -> usize {
        let last = self.last.get();
        let near = [last, last.saturating_add(1)].into_iter().find(|place| self.keys.get(*place) == Some(&number));
        let place = near.unwrap_or_else(|| self.keys.partition_point(|key| *key < number));
        self.last.set(place);
        place
    }

    /// The place of the greatest key that is not above.
    fn place_at_or_before(&self, number: u128) -> Option<usize> {
        let holds = |place: &usize| {
            let next = place.saturating_add(1);
            self.keys.get(*place).is_some_and(|key| *key <= number)
                && self.keys.get(next).is_none_or(|key| *key > number)
        };
        let last = self.last.get();
        let near = [last, last.saturating_add(1)].into_iter().find(holds);
        let place = near.or_else(|| self.keys.partition_point(|key| *key <= number).checked_sub(1))?;
        self.last.set(place);
        Some(place)
    }

    /// Whether this is the first time that a place is asked for.
    fn note_use(&self, place: usize) -> bool {
        self.used.get(place).is_some_and(|used| !used.replace(true))
    }

    fn value(&self, place: usize) -> Option<&[u8]> {
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.values.get(start..*self.ends.get(place)?)
    }
}

impl Stretches {
    /// The stretch in which a key is, if it was read.
    fn at(&mut self, number: u128) -> Option<Rc<Stretch>> {
        if let Some(last) = self.last.as_ref().filter(|last| last.holds(number)) {
            return Some(last.clone());
        }
        let (_, found) = self.known.range(..=number).next_back()?;
        let found = Some(found.clone()).filter(|found| found.holds(number))?;
        self.last = Some(found.clone());
        Some(found)
    }

    /// How many pairs to read from a key that was not read: none if it is to be asked for alone.
    fn next_length(&mut self) -> Option<usize> {
        let asked = self.asked.get();
        let may_read = asked.saturating_mul(AHEAD_PER_ASKED).saturating_sub(self.read);
        let length = (asked / ASKED_PER_PAIR).clamp(STRETCH_PAIRS_MIN, STRETCH_PAIRS_MAX).min(may_read);
        if asked < PLAIN_READS || length < STRETCH_PAIRS_MIN {
            self.asked.set(asked.saturating_add(1));
            return None;
        }
        Some(length)
    }
}

impl<'a> Ahead<'a> {
    /// Reads this store.
    pub fn new(store: &'a dyn Read) -> Self {
        Ahead { store, tables: RefCell::default() }
    }

    /// Visits the values of keys as [`many::each`] does: what few ask for is not read ahead, since it lies apart, and
    /// its stretches would be in the way of later ones.
    pub fn many<K: AsRef<[u8]>>(
        &self,
        table: Table,
        keys: &[K],
        near: impl Fn(&K, &K) -> bool,
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), StoreError> {
        if keys.len() < MANY_AHEAD_MIN {
            return many::each(self.store, table, keys, near, visit);
        }
        for (place, key) in keys.iter().enumerate() {
            self.value(table, key.as_ref(), |value| visit(place, value))?;
        }
        Ok(())
    }

    /// A cursor of the store, for keys of which many are known beforehand: nothing is read ahead for them.
    pub fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        self.store.cursor(table)
    }

    /// What is read of the value of a key; `None` if there is none.
    pub fn value<T>(&self, table: Table, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError> {
        match self.stretch(table, key, false)? {
            Some((number, stretch)) => {
                let place = stretch.place(number);
                let is_there = stretch.keys.get(place) == Some(&number);
                Ok(self.used(table, &stretch, place).filter(|_| is_there).map(read))
            }
            None => Ok(self.store.get(table, key)?.as_deref().map(read)),
        }
    }

    /// What is read of the greatest key that is not above `key`, and its value.
    pub fn pair_at_or_before<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce(&[u8], &[u8]) -> T,
    ) -> Result<Option<T>, StoreError> {
        if let Some((number, stretch)) = self.stretch(table, key, true)? {
            let place = stretch.place_at_or_before(number);
            let found = place.and_then(|place| Some((stretch.keys.get(place)?, self.used(table, &stretch, place)?)));
            // A stretch does not tell what is before it.
            if let Some((found, value)) = found {
                return Ok(Some(read(as_key(table, &found.to_be_bytes()), value)));
            }
        }
        Ok(self.store.at_or_before(table, key)?.map(|(found, value)| read(&found, &value)))
    }

    /// A value that is asked for.
    fn used<'s>(&self, table: Table, stretch: &'s Stretch, place: usize) -> Option<&'s [u8]> {
        if stretch.note_use(place) {
            let asked = &self.tables.borrow()[table as usize].asked;
            asked.set(asked.get().saturating_add(1));
        }
        stretch.value(place)
    }

    /// The stretch that a key is in, with the key as a number; `None` if it is to be asked for alone. If the
    /// pair before a key may answer too, a new stretch begins with that.
    fn stretch(&self, table: Table, key: &[u8], or_before: bool) -> Result<Option<(u128, Rc<Stretch>)>, StoreError> {
        let Some(number) = as_number(table, key) else { return Ok(None) };
        let mut tables = self.tables.borrow_mut();
        let stretches = &mut tables[table as usize];
        if let Some(known) = stretches.at(number) {
            return Ok(Some((number, known)));
        }
        let Some(pairs) = stretches.next_length() else { return Ok(None) };
        drop(tables);
        let before = if or_before { self.store.at_or_before(table, key)? } else { None };
        let from = before.and_then(|(before, _)| as_number(table, &before)).unwrap_or(number);
        // What can't be read ahead may not be needed: what is needed is asked for alone, and gives the error.
        let Ok(stretch) = self.read(table, from, pairs) else { return Ok(None) };
        let stretch = Rc::new(stretch);
        self.keep(table, stretch.clone());
        Ok(Some((number, stretch)).filter(|(number, stretch)| stretch.holds(*number)))
    }

    fn read(&self, table: Table, from: u128, pairs: usize) -> Result<Stretch, StoreError> {
        let next = self.tables.borrow()[table as usize].known.range(from..).next().map(|next| *next.0);
        let end = next.map_or(END.to_vec(), |next| as_key(table, &next.to_be_bytes()).to_vec());
        let mut stretch = Stretch {
            from,
            to: next.unwrap_or(u128::MAX),
            keys: Vec::with_capacity(pairs),
            ends: Vec::with_capacity(pairs),
            values: Vec::new(),
            used: Vec::new(),
            last: Cell::new(0),
        };
        self.store.scan(table, as_key(table, &from.to_be_bytes()), &end, &mut |key, value| {
            let Some(number) = as_number(table, key) else { return true };
            // The first one that is left out tells that there is none before it.
            if stretch.keys.len() >= pairs || stretch.values.len() > STRETCH_BYTES_MAX {
                stretch.to = number;
                return false;
            }
            stretch.keys.push(number);
            stretch.values.extend_from_slice(value);
            stretch.ends.push(stretch.values.len());
            true
        })?;
        stretch.used = vec![Cell::new(false); stretch.keys.len()];
        Ok(stretch)
    }

    fn keep(&self, table: Table, stretch: Rc<Stretch>) {
        let mut tables = self.tables.borrow_mut();
        let added = stretch.values.len().saturating_add(stretch.keys.len().saturating_mul(PAIR_BYTES));
        let held: usize = tables.iter().map(|stretches| stretches.bytes).sum();
        if held.saturating_add(added) > AHEAD_BYTES_MAX {
            for stretches in tables.iter_mut() {
                stretches.known.clear();
                (stretches.last, stretches.bytes) = (None, 0);
            }
        }
        let stretches = &mut tables[table as usize];
        stretches.read = stretches.read.saturating_add(stretch.keys.len());
        stretches.bytes = stretches.bytes.saturating_add(added);
        stretches.known.insert(stretch.from, stretch.clone());
        stretches.last = Some(stretch);
    }
}

impl Read for Ahead<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.value(table, key, <[u8]>::to_vec)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.pair_at_or_before(table, key, |found, value| (found.to_vec(), value.to_vec()))
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let Some(end) = as_number(table, to) else { return self.store.scan(table, from, to, visit) };
        match self.stretch(table, from, false)? {
            Some((start, stretch)) if end <= stretch.to => {
                for place in stretch.place(start)..stretch.place(end) {
                    let key = stretch.keys.get(place).copied().unwrap_or_default().to_be_bytes();
                    if !visit(as_key(table, &key), self.used(table, &stretch, place).unwrap_or_default()) {
                        break;
                    }
                }
                Ok(())
            }
            _ => self.store.scan(table, from, to, visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::WriteSet;
    use crate::kv_memory::MemoryRead;
    use crate::test_random::Random;

    /// Goal: what is read ahead is what the store says. Method: tables with dense, sparse and no keys are asked
    /// thousands of questions of each kind, in runs and at random; each answer is compared with the store's.
    #[test]
    fn reads_as_the_store() {
        let mut random = Random(11);
        for sparseness in [1, 3, 40, 5000] {
            let mut writes = WriteSet::default();
            for table in [Table::Run, Table::Entry, Table::Record, Table::Name] {
                for _ in 0..6000 / sparseness {
                    let number = random.below(5000);
                    writes.put(table, key_of(table, number), vec![number as u8; random.below(5) as usize]);
                }
            }
            let mut store = MemoryRead::default();
            store.apply(&writes);
            let ahead = Ahead::new(&store);
            let mut number = 0;
            for _ in 0..6000 {
                number = if random.below(8) == 0 { random.below(5100) } else { number + random.below(3) };
                for table in [Table::Run, Table::Entry, Table::Record, Table::Name] {
                    let key = key_of(table, number);
                    assert_eq!(ahead.get(table, &key), store.get(table, &key));
                    assert_eq!(ahead.at_or_before(table, &key), store.at_or_before(table, &key));
                    let to = key_of(table, (number + random.below(12)).saturating_sub(1));
                    let visits_max = random.below(9) as usize;
                    assert_eq!(
                        scanned(&ahead, table, &key, &to, visits_max),
                        scanned(&store, table, &key, &to, visits_max)
                    );
                }
            }
        }
    }

    fn key_of(table: Table, number: u64) -> Vec<u8> {
        let mut key = vec![0; width(table).unwrap_or(32)];
        // The last number of all is a key, too.
        let number = if number == 4999 { u64::MAX } else { number };
        let end = key.len();
        key[end - 8..].copy_from_slice(&number.to_be_bytes());
        if number == u64::MAX {
            key.fill(0xff);
        }
        key
    }

    fn scanned(read: &dyn Read, table: Table, from: &[u8], to: &[u8], visits_max: usize) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            pairs.push((key.to_vec(), value.to_vec()));
            pairs.len() < visits_max
        };
        read.scan(table, from, to, &mut visit).unwrap();
        pairs
    }
}
