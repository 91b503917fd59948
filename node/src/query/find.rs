//! Finds the events of a query in a ledger, in its order or against it, with a bounded effort.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use suyuan_epcis::document::{Item, Limits};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Reason;
use suyuan_epcis::read;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::records;
use suyuan_ledger::state::subject::StoredRecord;
use suyuan_ledger::submission::record_type;

use super::condition::{Condition, TimeOf};
use super::errors::ids_at;
use super::matcher::Matcher;
use super::{EventQuery, Place, QueryError};
use crate::codes::epcis as codes;

/// Records that are looked at for one answer.
pub const RECORDS_MAX: u64 = 4_000_000;
/// Payloads that are read for one answer.
pub const PAYLOADS_MAX: u64 = 200_000;

/// How much may still be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    records: u64,
    payloads: u64,
}

impl Effort {
    /// As much as one answer of a node may cost.
    pub fn of_one_answer() -> Effort {
        Effort { records: RECORDS_MAX, payloads: PAYLOADS_MAX }
    }

    /// No limit: on one's own machine.
    pub fn unlimited() -> Effort {
        Effort { records: u64::MAX, payloads: u64::MAX }
    }

    /// Nothing more may be looked at.
    pub fn is_spent(&self) -> bool {
        self.records == 0 || self.payloads == 0
    }

    /// The limits were met before there was an answer.
    pub fn spent() -> QueryError {
        let limits = [RECORDS_MAX.to_string(), PAYLOADS_MAX.to_string()];
        QueryError::TooLarge(Reason::new(codes::TOO_COMPLEX, &[&limits[0], &limits[1]]))
    }
}

/// What part of the ledger is looked at, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// No block above this height: so pages of one query show one state of the ledger.
    pub height: u64,
    /// Only what comes behind this place, in the order that is asked for.
    pub after: Option<Place>,
    /// Whether the latest come first.
    pub descending: bool,
}

impl Window {
    /// All up to this height.
    pub fn whole(height: u64, descending: bool) -> Window {
        Window { height, after: None, descending }
    }

    /// The first place that is looked at, and the one before which it ends.
    fn bounds(&self) -> (Place, Place) {
        let end = (self.height.saturating_add(1), 0);
        match (self.after, self.descending) {
            (None, _) => ((0, 0), end),
            (Some(after), false) => (next(after), end),
            (Some(after), true) => ((0, 0), after.min(end)),
        }
    }
}

fn next((height, index): Place) -> Place {
    match index.checked_add(1) {
        Some(index) => (height, index),
        None => (height.saturating_add(1), 0),
    }
}

/// An event that holds.
pub struct Hit<'a> {
    /// Where it is.
    pub place: Place,
    /// Its record.
    pub record: &'a StoredRecord,
    /// The event as it was read; none if its payload is erased: then nothing that its record says rules it out.
    pub event: Option<&'a Event>,
    /// The author's bytes.
    pub payload: Option<&'a [u8]>,
}

/// Visits an event that holds; `false` ends the search.
pub type VisitHit<'a> = dyn FnMut(Hit<'_>) -> bool + 'a;

/// How far a search came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// There is nothing more.
    End,
    /// Whoever visits wanted no more.
    Stopped,
    /// The effort is spent: this is the last place that was looked at, if any was.
    Spent(Option<Place>),
}

impl EventQuery {
    /// Visits the events that hold in a window.
    pub fn find(
        &self,
        store: &dyn Read,
        window: &Window,
        effort: &mut Effort,
        visit: &mut VisitHit<'_>,
    ) -> Result<Reached, QueryError> {
        self.find_among(store, window, effort, &|_| true, visit)
    }

    /// The same, of those whose record `wants` takes.
    pub(super) fn find_among(
        &self,
        store: &dyn Read,
        window: &Window,
        effort: &mut Effort,
        wants: &dyn Fn(&StoredRecord) -> bool,
        visit: &mut VisitHit<'_>,
    ) -> Result<Reached, QueryError> {
        let reader = Reader::new(store);
        let (from, to) = self.narrowed(store, window.bounds())?;
        if from >= to {
            return Ok(Reached::End);
        }
        let mut search = Search { query: self, reader: &reader, effort, wants, visit, last: None };
        let reached = match self.places(store, &reader)? {
            Some(places) => search.among(&places, from, to, window.descending)?,
            None => search.between(store, from, to, window.descending)?,
        };
        Ok(reached)
    }

    /// Bounds within which all record times are that the query allows. Blocks' times ascend.
    fn narrowed(&self, store: &dyn Read, bounds: (Place, Place)) -> Result<(Place, Place), StoreError> {
        let (mut from, mut to) = bounds;
        for condition in &self.conditions {
            let Condition::Time { of: TimeOf::Record, from: is_from, .. } = condition else { continue };
            // The first height whose records are late enough: from there on all are, before it none is.
            let late = |record: &StoredRecord| condition.may_hold(record) == *is_from;
            let first = first_height(store, to.0, &late)?;
            match is_from {
                true => from = from.max((first, 0)),
                false => to = to.min((first, 0)),
            }
        }
        Ok((from, to))
    }

    /// Where the events are, if a condition asks for what the ledger has an index of.
    fn places(&self, store: &dyn Read, reader: &Reader<'_>) -> Result<Option<BTreeSet<Place>>, StoreError> {
        for condition in &self.conditions {
            let keys: Option<Vec<SubjectKey>> = match condition {
                Condition::EventId(ids) => return ids_at(store, ids).map(Some),
                Condition::Process(values) => {
                    values.iter().map(|value| SubjectKey::process(value.text()).ok()).collect()
                }
                Condition::Match(_, matchers) => matchers.iter().map(exact_key).collect(),
                _ => None,
            };
            let Some(keys) = keys else { continue };
            let mut places = BTreeSet::new();
            for key in keys {
                let Some(number) = reader.number_of(key.tag())? else { continue };
                let Some(run) = reader.run_at(number)? else { continue };
                places.extend(reader.entries(run.log)?.iter().map(|entry| (entry.height, entry.index)));
            }
            return Ok(Some(places));
        }
        Ok(None)
    }

    /// Whether an event with this record can hold.
    fn may_hold(&self, record: &StoredRecord) -> bool {
        self.conditions.iter().all(|condition| condition.may_hold(record))
    }

    /// Whether a payload has the words without which no event of it holds. Behind an escape any word can hide.
    fn may_be_in(&self, payload: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(payload) else { return true };
        let missing = |condition: &Condition| {
            condition.words().is_some_and(|words| !words.iter().any(|word| text.contains(word)))
        };
        !self.conditions.iter().any(missing) || text.contains('\\')
    }

    /// Whether an event holds.
    fn holds(&self, event: &Event, record: &StoredRecord) -> bool {
        self.conditions.iter().all(|condition| condition.holds(event, record))
    }
}

fn exact_key(matcher: &Matcher) -> Option<SubjectKey> {
    match matcher {
        Matcher::Exact(key) => Some(key.clone()),
        Matcher::Class(_) | Matcher::Pattern(_) => None,
    }
}

/// The lowest height, up to `end`, whose records are all late.
fn first_height(store: &dyn Read, end: u64, late: &dyn Fn(&StoredRecord) -> bool) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, end.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        // The last record up to this height tells for all heights between it and this one.
        let is_late = records::last_to(store, middle)?.is_some_and(|(_, record)| late(&record));
        if is_late { high = middle } else { low = middle + 1 }
    }
    // Heights without records lie between the last early record and the first late one.
    Ok(low)
}

/// Reads the event of a payload.
pub fn event_of(payload: &[u8]) -> Option<Event> {
    let mut event = None;
    let read = read::read(&mut Input::Memory(payload.to_vec()), &Limits::default(), &mut |item| {
        if let Item::Event(found, ..) = item {
            event = Some(*found);
        }
        ControlFlow::Continue(())
    });
    read.ok()?;
    event
}

struct Search<'a, 'b> {
    query: &'a EventQuery,
    reader: &'a Reader<'a>,
    effort: &'a mut Effort,
    wants: &'a dyn Fn(&StoredRecord) -> bool,
    visit: &'a mut VisitHit<'b>,
    last: Option<Place>,
}

impl Search<'_, '_> {
    fn among(
        &mut self,
        places: &BTreeSet<Place>,
        from: Place,
        to: Place,
        descending: bool,
    ) -> Result<Reached, StoreError> {
        let within = places.range((Bound::Included(from), Bound::Excluded(to)));
        let ordered: Vec<Place> = if descending { within.rev().copied().collect() } else { within.copied().collect() };
        for place in ordered {
            let Some(record) = self.reader.record(place.0, place.1)? else { continue };
            if let Some(reached) = self.look(place, &record)? {
                return Ok(reached);
            }
        }
        Ok(Reached::End)
    }

    fn between(&mut self, store: &dyn Read, from: Place, to: Place, descending: bool) -> Result<Reached, StoreError> {
        let mut ended = Ok(None);
        let mut look = |place: Place, record: StoredRecord| {
            ended = self.look(place, &record);
            if matches!(ended, Ok(None)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        match descending {
            true => records::scan_back(store, from, to, &mut look)?,
            false => records::scan(store, from, to, &mut look)?,
        }
        Ok(ended?.unwrap_or(Reached::End))
    }

    /// Looks at one record; how far the search came if it ends here.
    fn look(&mut self, place: Place, record: &StoredRecord) -> Result<Option<Reached>, StoreError> {
        if self.effort.is_spent() {
            return Ok(Some(Reached::Spent(self.last)));
        }
        self.effort.records -= 1;
        self.last = Some(place);
        let is_event = record.record_type == record_type::EPCIS;
        if !is_event || !self.query.may_hold(record) || !(self.wants)(record) {
            return Ok(None);
        }
        self.effort.payloads -= 1;
        let Some(payload) = self.reader.payload(place.0, place.1)? else {
            return Ok(self.offer(Hit { place, record, event: None, payload: None }));
        };
        let payload = payload.payload;
        if !self.query.may_be_in(&payload) {
            return Ok(None);
        }
        let event = event_of(&payload)
            .ok_or_else(|| StoreError::Corrupt(Table::Payload, format!("{}/{} is no event", place.0, place.1)))?;
        match self.query.holds(&event, record) {
            true => Ok(self.offer(Hit { place, record, event: Some(&event), payload: Some(&payload) })),
            false => Ok(None),
        }
    }

    fn offer(&mut self, hit: Hit<'_>) -> Option<Reached> {
        if (self.visit)(hit) { None } else { Some(Reached::Stopped) }
    }
}
