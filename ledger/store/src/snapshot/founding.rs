//! Checks what a record tells beyond its hash: which subjects its event founded, in which order, and what of the event
//! goes into the state.

use std::collections::HashSet;

use suyuan_ledger::derive::{Derived, SUBJECTS_MAX};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::names::{Name, names_root};
use suyuan_ledger::record::Role;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::{KEYS_PER_ROW, NONE, StoredRecord, decode_keys, place_key};

use super::Refused;

/// The subjects that a block founded, ascending by number.
pub(super) struct Founded {
    keys: Vec<(u64, SubjectKey, Name)>,
}

/// A quantity as a payload says it: role, key, thousandths, unit.
type Said<'a> = (u8, &'a [u8], Option<i64>, [u8; 4]);

/// The numbers of the subjects that an event founded, in the order in which they were numbered.
fn numbers(record: &StoredRecord) -> Option<Vec<u64>> {
    let count = record.founded.iter().fold(0u64, |sum, run| sum.saturating_add(run.count.into()));
    let is_possible = count <= 2 * SUBJECTS_MAX as u64
        && record.founded.iter().all(|run| run.count > 0 && run.first.checked_add(run.count.into()).is_some());
    is_possible
        .then(|| record.founded.iter().flat_map(|run| run.first..run.first.saturating_add(run.count.into())).collect())
}

impl Founded {
    /// Reads the keys of all subjects that a block founded, each from the row in which it has to be.
    pub fn read(store: &dyn Read, height: u64, records: &[(u64, u32, StoredRecord)]) -> Result<Founded, Refused> {
        let mut all = Vec::new();
        for (_, index, record) in records {
            let found = numbers(record);
            let place = place_key(height, *index);
            all.append(&mut found.ok_or_else(|| Refused::fault(Table::Record, &place, "impossible new subjects"))?);
        }
        all.sort_unstable();
        let mut founded = Founded { keys: Vec::with_capacity(all.len()) };
        for neighbours in all.chunk_by(|one, two| one.checked_add(1) == Some(*two)) {
            for row in neighbours.chunks(KEYS_PER_ROW) {
                let first = row.first().copied().unwrap_or_default();
                let fault = |what: &str| Refused::fault(Table::Key, &first.to_be_bytes(), what);
                let bytes = store.get(Table::Key, &first.to_be_bytes())?.ok_or_else(|| fault("is missing"))?;
                let keys = decode_keys(&bytes).filter(|keys| keys.len() == row.len());
                let keys = keys.ok_or_else(|| fault("has not the keys of its subjects"))?;
                for (number, key) in row.iter().zip(keys) {
                    let key = SubjectKey::parse(key).ok_or_else(|| fault("has what is no key"))?;
                    let tag = key.tag();
                    founded.keys.push((*number, key, Name { number: *number, tag }));
                }
            }
        }
        Ok(founded)
    }

    /// How many they are.
    pub fn count(&self) -> u64 {
        self.keys.len() as u64
    }

    fn get(&self, number: u64) -> Option<&(u64, SubjectKey, Name)> {
        self.keys.binary_search_by_key(&number, |(number, _, _)| *number).ok().and_then(|place| self.keys.get(place))
    }

    /// Checks that a record commits the names of those that its event founded.
    pub fn check(&self, place: &[u8], record: &StoredRecord) -> Result<(), Refused> {
        let mut found = numbers(record).unwrap_or_default();
        found.sort_unstable();
        let names: Vec<Name> = found.iter().filter_map(|number| Some(self.get(*number)?.2)).collect();
        match names_root(&names) == record.names {
            true => Ok(()),
            false => Err(Refused::fault(Table::Key, place, "the new subjects are not those of the event's record")),
        }
    }

    /// Checks that a record is that of what its payload says, in what its hash leaves open.
    pub fn check_said(
        &self,
        store: &dyn Read,
        place: &[u8],
        record: &StoredRecord,
        derived: &Derived,
    ) -> Result<(), Refused> {
        let is_error = record.runs.iter().any(|run| run.role == Role::Own as u8);
        let is_right = record.effect.is_of(derived)
            && derived.receivers.is_empty() == (record.effect.next == NONE)
            && derived.error.is_some() == is_error
            && self.is_order(record, derived)
            && self.are_quantities(store, record, derived, is_error)?;
        match is_right {
            true => Ok(()),
            false => Err(Refused::fault(Table::Record, place, "not what the payload says")),
        }
    }

    /// Whether subjects were numbered in the order in which the payload names them, their classes behind them.
    fn is_order(&self, record: &StoredRecord, derived: &Derived) -> bool {
        if record.founded.is_empty() {
            return true;
        }
        let numbers = numbers(record).unwrap_or_default();
        let stored: Vec<&SubjectKey> = numbers.iter().filter_map(|number| Some(&self.get(*number)?.1)).collect();
        let mut named = 0;
        for key in &derived.keys {
            named += usize::from(stored.get(named).is_some_and(|next| *next == key));
        }
        let Some((named, classes)) = stored.split_at_checked(named) else { return false };
        if classes.is_empty() {
            return true;
        }
        // What is no class of those named, or is named itself, is not behind them.
        let keys: HashSet<&SubjectKey> = derived.keys.iter().collect();
        let (mut place, mut known) = (0, HashSet::new());
        for class in named.iter().filter_map(|key| key.class()) {
            let is_next = classes.get(place).is_some_and(|next| **next == class);
            if known.insert(class) {
                place += usize::from(is_next);
            }
        }
        place == classes.len() && classes.iter().all(|class| !keys.contains(class))
    }

    fn are_quantities(
        &self,
        store: &dyn Read,
        record: &StoredRecord,
        derived: &Derived,
        is_error: bool,
    ) -> Result<bool, Refused> {
        let kept = &record.effect.quantities;
        if is_error {
            return Ok(kept.is_empty());
        }
        let said = derived.links.iter().filter_map(|link| Some((link, link.quantity?)));
        let mut said: Vec<Said<'_>> = said
            .filter_map(|(link, quantity)| {
                let key = derived.keys.get(link.key as usize)?;
                Some((link.role as u8, key.bytes(), quantity.thousandths, quantity.unit))
            })
            .collect();
        if said.len() != kept.len() || !kept.is_sorted() {
            return Ok(false);
        }
        if kept.is_empty() {
            return Ok(true);
        }
        let reader = Reader::new(store);
        let mut found = Vec::with_capacity(kept.len());
        for one in kept {
            let key = match self.get(one.subject) {
                Some((_, key, _)) => key.bytes().to_vec(),
                None => reader.key_of(one.subject)?.map(|key| key.to_vec()).unwrap_or_default(),
            };
            found.push((one.role, key, one.thousandths, one.unit));
        }
        said.sort_unstable();
        found.sort_unstable();
        Ok(said
            .into_iter()
            .eq(found.iter().map(|(role, key, thousandths, unit)| (*role, key.as_slice(), *thousandths, *unit))))
    }
}
