//! What an event says to `apply`, and how that is had again once its payload is erased: from its stored
//! record, the keys of its subjects and its tag in the tree of events.
//!
//! What is read so is no more trusted than a payload: replay makes the record, the receipt and the state
//! anew from it, and these must lead to the roots in the headers.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use super::reader::Reader;
use super::subject::{NONE, StoredRecord, UNREGISTERED};
use super::verify::Tags;
use crate::derive::{Action, Derived, ErrorDeclared, EventType, Link, Quantity, SUBJECTS_MAX, Step};
use crate::hash::Hash;
use crate::key::SubjectKey;
use crate::kv::{Read, StoreError, Table};
use crate::record::{Role, mask};
use crate::tree::dense;

/// What an event says, as far as it goes into the state.
pub struct Said<'a> {
    /// What follows from the payload.
    pub derived: &'a Derived,
    /// Its tag and those of its keys.
    pub tags: &'a Tags,
    /// The receiver whom a shipment names: an organisation, [`super::subject::UNREGISTERED`] or
    /// [`super::subject::NONE`].
    pub next: u64,
}

/// What of an event goes into the state and is neither in its link runs nor in its mask. It is kept for ever
/// beside them, so that replay needs no erased payload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct StoredEffect {
    /// The event type: 1 object, 2 aggregation, 3 association, 4 transaction, 5 transformation, 6 other.
    pub event_type: u8,
    /// The business step: 1 commissioning, 2 shipping, 3 receiving, 4 void shipping, 5 ending, 6 holding,
    /// 7 other.
    pub step: u8,
    /// 1 recalled, 2 recall lifted, 4 opening balance.
    pub bits: u8,
    /// [`Said::next`].
    pub next: u64,
    /// The quantities, ascending by role and subject.
    pub quantities: Vec<StoredQuantity>,
}

/// How much of a subject an event names in a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct StoredQuantity {
    /// The role.
    pub role: u8,
    /// The subject's number.
    pub subject: u64,
    /// Thousandths of the unit, if they are known.
    pub thousandths: Option<i64>,
    /// The unit.
    pub unit: [u8; 4],
}

const RECALLED: u8 = 1;
const RECALL_LIFTED: u8 = 2;
const OPENING_BALANCE: u8 = 4;

const EVENT_TYPES: [EventType; 6] = [
    EventType::Object,
    EventType::Aggregation,
    EventType::Association,
    EventType::Transaction,
    EventType::Transformation,
    EventType::Other,
];

const STEPS: [Step; 7] = [
    Step::Commissioning,
    Step::Shipping,
    Step::Receiving,
    Step::VoidShipping,
    Step::Ending,
    Step::Holding,
    Step::Other,
];

/// The place of a value in a list, from 1.
fn number_in<T: PartialEq>(list: &[T], value: &T) -> u8 {
    list.iter().zip(1..).find(|(listed, _)| *listed == value).map_or(0, |(_, number)| number)
}

fn at_number<T: Copy>(list: &[T], number: u8) -> Option<T> {
    list.get(usize::from(number.checked_sub(1)?)).copied()
}

impl StoredEffect {
    /// What is kept of what an event says.
    pub fn new(said: &Said<'_>, mut quantities: Vec<StoredQuantity>) -> StoredEffect {
        let derived = said.derived;
        quantities.sort_unstable();
        let (event_type, step, bits) = decided_by(derived);
        StoredEffect { event_type, step, bits, next: said.next, quantities }
    }

    /// The business step.
    pub fn step(&self) -> Option<Step> {
        at_number(&STEPS, self.step)
    }

    /// Whether it is that of an event about objects.
    pub fn is_of_objects(&self) -> bool {
        at_number(&EVENT_TYPES, self.event_type) == Some(EventType::Object)
    }

    /// Whether it founds what was there before its holder joined.
    pub fn is_opening_balance(&self) -> bool {
        self.bits & OPENING_BALANCE != 0
    }

    /// The organisation to which it ships, if it does to one that is registered.
    pub fn ships_to(&self) -> Option<u64> {
        let is_one = self.step == number_in(&STEPS, &Step::Shipping) && ![NONE, UNREGISTERED].contains(&self.next);
        is_one.then_some(self.next)
    }

    /// Whether it takes the disposition `recalled` from what it names for good.
    pub fn lifts_recall(&self) -> bool {
        self.bits & (RECALLED | RECALL_LIFTED) == RECALL_LIFTED
    }

    /// Whether it is that of a payload which says this, as far as the payload alone decides it: all but the receiver
    /// and the subjects of the quantities.
    pub fn is_of(&self, derived: &Derived) -> bool {
        (self.event_type, self.step, self.bits) == decided_by(derived)
    }
}

/// Event type, step and bits of an effect.
fn decided_by(derived: &Derived) -> (u8, u8, u8) {
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    let bits = bit(derived.recalled, RECALLED)
        | bit(derived.recall_lifted, RECALL_LIFTED)
        | bit(derived.opening_balance, OPENING_BALANCE);
    (number_in(&EVENT_TYPES, &derived.event_type), number_in(&STEPS, &derived.step), bits)
}

/// An event whose payload is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// It was refused with this code, and left nothing in the state.
    Refused(u16),
    /// It was accepted.
    Accepted {
        /// Its tag.
        tag: Hash,
        /// [`Said::next`].
        next: u64,
    },
}

/// What stands for a payload that left nothing.
pub fn nothing_derived() -> Derived {
    Derived {
        event_id: String::new(),
        event_time: 0,
        event_type: EventType::Other,
        action: None,
        step: Step::Other,
        recalled: false,
        recall_lifted: false,
        keys: Vec::new(),
        links: Vec::new(),
        receivers: Vec::new(),
        senders: Vec::new(),
        error: None,
        opening_balance: false,
        mask: 0,
    }
}

/// The tag of the event with this own number.
pub fn tag_of(source: &dyn Read, own: u64) -> Result<Hash, StoreError> {
    let leaf = dense::EVENTS.stored_leaf(source, own)?;
    leaf.ok_or_else(|| StoreError::Corrupt(Table::Page, format!("event {own} has no tag")))
}

/// What an erased payload said, as far as it goes into the state.
pub fn derived_of(source: &dyn Read, record: &StoredRecord) -> Result<Derived, StoreError> {
    let impossible = |words: &str| StoreError::Corrupt(Table::Record, words.to_owned());
    let effect = &record.effect;
    let (Some(event_type), Some(step)) = (at_number(&EVENT_TYPES, effect.event_type), at_number(&STEPS, effect.step))
    else {
        return Err(impossible("an unknown event type or step"));
    };
    if effect.bits & !(RECALLED | RECALL_LIFTED | OPENING_BALANCE) != 0 {
        return Err(impossible("unknown bits of an effect"));
    }
    let is_error = record.runs.iter().any(|run| run.role == Role::Own as u8);
    let (keys, links) = match is_error {
        true => (Vec::new(), Vec::new()),
        false => keys_and_links(source, record)?,
    };
    let action = match (record.mask & mask::ADD != 0, record.mask & mask::DELETE != 0) {
        (true, false) => Some(Action::Add),
        (false, true) => Some(Action::Delete),
        (false, false) => None,
        (true, true) => return Err(impossible("added and deleted at once")),
    };
    Ok(Derived {
        event_time: record.event_time,
        event_type,
        action,
        step,
        recalled: effect.bits & RECALLED != 0,
        recall_lifted: effect.bits & RECALL_LIFTED != 0,
        keys,
        links,
        error: is_error.then(|| ErrorDeclared { did_not_occur: false, corrective: Vec::new() }),
        opening_balance: effect.bits & OPENING_BALANCE != 0,
        mask: record.mask & (mask::ADD | mask::DELETE | mask::UNPACK_ALL | mask::ASSOCIATION),
        ..nothing_derived()
    })
}

/// The subjects of an event and its links to them. Those that it founded come first, as they were numbered,
/// so that they are numbered so again.
fn keys_and_links(source: &dyn Read, record: &StoredRecord) -> Result<(Vec<SubjectKey>, Vec<Link>), StoreError> {
    let impossible = |words: &str| StoreError::Corrupt(Table::Record, words.to_owned());
    let links_max = (SUBJECTS_MAX * Role::ALL.len()) as u64;
    let mut quantities: BTreeMap<(u8, u64), Quantity> = BTreeMap::new();
    for StoredQuantity { role, subject, thousandths, unit } in &record.effect.quantities {
        quantities.insert((*role, *subject), Quantity { thousandths: *thousandths, unit: *unit });
    }
    let runs = record.runs.iter().filter_map(|run| Some((Role::from_number(run.role)?, run)));
    let runs: Vec<_> = runs.filter(|(role, _)| !role.names_events()).collect();
    let count = runs.iter().fold(0u64, |sum, (_, run)| sum.saturating_add(u64::from(run.count)));
    let founded_count = record.founded.iter().fold(0u64, |sum, run| sum.saturating_add(u64::from(run.count)));
    if count > links_max || founded_count > 2 * SUBJECTS_MAX as u64 {
        return Err(impossible("more links than an event can have"));
    }
    let numbers = |first: u64, count: u32| first..first.saturating_add(u64::from(count));
    let linked: BTreeSet<u64> = runs.iter().flat_map(|(_, run)| numbers(run.first, run.count)).collect();
    let founded: Vec<u64> = record.founded.iter().flat_map(|run| numbers(run.first, run.count)).collect();
    let founded_set: BTreeSet<u64> = founded.iter().copied().collect();
    let order = founded.iter().filter(|number| linked.contains(number)).chain(linked.difference(&founded_set));
    let mut places: BTreeMap<u64, u32> = BTreeMap::new();
    let mut keys = Vec::with_capacity(linked.len());
    let reader = Reader::new(source);
    for number in order {
        let key = reader.key_of(*number)?.and_then(|bytes| SubjectKey::parse(&bytes));
        let key = key.ok_or_else(|| StoreError::Corrupt(Table::Key, format!("subject {number} has no valid key")))?;
        places.insert(*number, u32::try_from(keys.len()).map_err(|_| impossible("too many subjects"))?);
        keys.push(key);
    }
    let mut links = Vec::new();
    for (role, run) in runs {
        for number in numbers(run.first, run.count) {
            let Some(key) = places.get(&number) else { continue };
            links.push(Link { role, key: *key, quantity: quantities.remove(&(role as u8, number)) });
        }
    }
    match quantities.is_empty() {
        true => Ok((keys, links)),
        false => Err(impossible("a quantity of what is not named")),
    }
}
