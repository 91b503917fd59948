//! Derives again what opened events say, and compares it with what was recorded (`proofs.md` §5, step 3).
//!
//! That validators recorded what the payload says is so no longer a matter of trust: who is named in which
//! role follows from the payload, the numbers of what was new from the names root.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::names::Names;
use crate::derive::{self, Derived};
use crate::hash::{Hash, Tag};
use crate::names::{Name, names_root};
use crate::proof::format::{Opened, ShownEvent};
use crate::proof::refused::{Place, Refused, RefusedCode};
use crate::record::{LinkRun, Role, Standing, mask};
use crate::state::subject::StoredRecord;
use crate::trace::history::class_key;

/// The bits of a mask that the payload alone decides.
const DERIVED_BITS: u32 = mask::ADD | mask::DELETE | mask::UNPACK_ALL | mask::ASSOCIATION;

/// Checks all opened events, and adds the keys that they founded.
pub(super) fn check(events: &[ShownEvent], names: &mut Names) -> Result<(), Refused> {
    let mut derived_events = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Some(opened) = &event.opened else { continue };
        let derived = derive_again(&event.record, opened).ok_or(RefusedCode::Payload.event(index))?;
        add_founded(&event.record, opened, &derived, names, index).ok_or(RefusedCode::Names.event(index))?;
        derived_events.push((index, event, derived));
    }
    // Only now are all keys known, also those that later events founded.
    names.sort().ok_or(RefusedCode::Names.whole())?;
    for (index, event, derived) in derived_events {
        let agree = links_agree(&event.record, &derived, names);
        RefusedCode::Links.unless(agree, Place::Event(index))?;
    }
    Ok(())
}

fn derive_again(record: &StoredRecord, opened: &Opened) -> Option<Derived> {
    if record.rules != derive::RULES {
        return None;
    }
    let derived = derive::derive(&opened.payload).ok()?;
    let agrees = derived.event_time == record.event_time && (derived.mask ^ record.mask) & DERIVED_BITS == 0;
    agrees.then_some(derived)
}

/// Adds the keys that an event founded, if their numbers give its names root.
fn add_founded(
    record: &StoredRecord,
    opened: &Opened,
    derived: &Derived,
    names: &mut Names,
    event: usize,
) -> Option<()> {
    let mut news = News::read(&opened.news)?;
    let mut new: Vec<(Hash, Vec<u8>)> = Vec::new();
    for key in &derived.keys {
        if news.next()? {
            new.push((key.tag(), key.bytes().to_vec()));
        }
    }
    // An instance also numbers its class.
    let mut known: HashSet<Hash> = new.iter().map(|(tag, _)| *tag).collect();
    let classes: Vec<_> = new.iter().filter_map(|(_, key)| class_key(key)).collect();
    for class in classes.into_iter().filter(|class| known.insert(class.tag())) {
        if news.next()? {
            new.push((class.tag(), class.bytes().to_vec()));
        }
    }
    let mut numbers: Vec<u64> = Vec::with_capacity(new.len());
    for run in &opened.founded {
        let end = run.first.checked_add(u64::from(run.count))?;
        if run.count == 0 || run.count as usize > new.len() || numbers.last().is_some_and(|last| *last + 1 == run.first)
        {
            return None;
        }
        numbers.extend(run.first..end);
        if numbers.len() > new.len() {
            return None;
        }
    }
    if numbers.len() != new.len() || !news.is_empty() {
        return None;
    }
    let name = |(number, (tag, _)): (&u64, &(Hash, Vec<u8>))| Name { number: *number, tag: *tag };
    let mut pairs: Vec<Name> = numbers.iter().zip(&new).map(name).collect();
    pairs.sort_unstable_by_key(|name| name.number);
    if names_root(&pairs) != record.names {
        return None;
    }
    for (number, (tag, key)) in numbers.into_iter().zip(new) {
        names.add(number, tag, key.into(), event)?;
    }
    Some(())
}

/// Which subjects were new, one after another.
struct News<'a> {
    lengths: &'a [u32],
    left: u32,
    new: bool,
}

impl<'a> News<'a> {
    /// Of lengths that are not zero but for the first.
    fn read(lengths: &'a [u32]) -> Option<News<'a>> {
        let (first, rest) = match lengths.split_first() {
            Some((first, rest)) => (*first, rest),
            None => (0, lengths),
        };
        // One form: nothing at all, or no run of nothing but a first one.
        let is_one_form = !rest.contains(&0) && (first > 0 || !rest.is_empty() || lengths.is_empty());
        is_one_form.then_some(News { lengths: rest, left: first, new: false })
    }

    fn next(&mut self) -> Option<bool> {
        while self.left == 0 {
            let (length, rest) = self.lengths.split_first()?;
            (self.left, self.lengths, self.new) = (*length, rest, !self.new);
        }
        self.left -= 1;
        Some(self.new)
    }

    fn is_empty(&self) -> bool {
        self.left == 0 && self.lengths.is_empty()
    }
}

/// Whether a role's links follow from the payload, not from the state.
fn is_derived(role: u8) -> bool {
    (Role::Epc as u8..=Role::Alias as u8).contains(&role)
}

/// Compares total count per role, and every subject whose key is known.
fn links_agree(record: &StoredRecord, derived: &Derived, names: &Names) -> bool {
    let mut counts: BTreeMap<u8, i64> = BTreeMap::new();
    for run in record.runs.iter().filter(|run| is_derived(run.role)) {
        *counts.entry(run.role).or_default() += i64::from(run.count);
    }
    // An error declaration repeats its target, whose subjects it links as in error.
    let is_error = derived.error.is_some();
    let mut tags: BTreeSet<(u8, Hash)> = BTreeSet::new();
    for link in derived.links.iter().filter(|_| !is_error) {
        let Some(key) = derived.keys.get(link.key as usize) else { return false };
        let role = link.role as u8;
        *counts.entry(role).or_default() -= 1;
        let tag = key.tag();
        tags.insert((role, tag));
        if names.number(&tag).is_some_and(|number| !links(record, role, number)) {
            return false;
        }
    }
    counts.values().all(|count| *count == 0) && record.runs.iter().all(|run| known_are_derived(run, &tags, names))
}

fn links(record: &StoredRecord, role: u8, number: u64) -> bool {
    // Runs ascend by role, standing and first number.
    (Standing::Bystander as u8..=Standing::Authority as u8).any(|standing| {
        let up_to = |run: &LinkRun| (run.role, run.standing, run.first) <= (role, standing, number);
        let last = record.runs.partition_point(up_to).checked_sub(1).and_then(|last| record.runs.get(last));
        last.is_some_and(|run| {
            let place = number.checked_sub(run.first);
            (run.role, run.standing) == (role, standing) && place.is_some_and(|place| place < u64::from(run.count))
        })
    })
}

fn known_are_derived(run: &LinkRun, tags: &BTreeSet<(u8, Hash)>, names: &Names) -> bool {
    let end = run.first.saturating_add(u64::from(run.count));
    !is_derived(run.role)
        || names.within(run.first..end).iter().all(|known| tags.contains(&(run.role, Tag::Key.hash(&known.key))))
}
