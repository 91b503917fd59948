//! Pages of a query's answer: so many events at most, and where the next page begins.
//!
//! A page of events in the ledger's order is read off. One by event time needs all that holds looked at, for which the
//! ledger has no index: the first are kept by their times alone, so that memory does not grow with what is found, and
//! a payload whose record already says that it comes later is not read.

use std::cell::Cell;
use std::collections::BTreeSet;

use suyuan_epcis::model::Event;
use suyuan_epcis::time::Stamp;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::StoredRecord;

use super::condition::milliseconds;
use super::find::event_of;
use super::{Effort, EventQuery, Hit, OrderBy, Place, QueryError, Reached, Window};

/// So many events are put in order at a time where all are wanted.
const ORDERED_AT_ONCE: usize = 100_000;

/// An event's place in the order by event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimedPlace {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
    /// Of events of one time, the ledger's order.
    pub place: Place,
}

/// Where the next page begins: behind this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// In the ledger's order.
    Place(Place),
    /// By event time.
    Time(TimedPlace),
}

/// What is asked of a page.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// No block above this height.
    pub height: u64,
    /// Where it begins.
    pub behind: Option<Behind>,
    /// At most so many events.
    pub events_max: usize,
    /// It ends with the event that fills so many bytes.
    pub bytes_max: usize,
}

/// An event of a page.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub place: Place,
    /// Its record.
    pub record: StoredRecord,
    /// The event; none if its payload is erased.
    pub event: Option<Event>,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Its events.
    pub found: Vec<Found>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<Behind>,
}

impl EventQuery {
    /// One page of the answer. It may have fewer events than asked for, or none, though more follow: what may be
    /// looked at for one answer is limited.
    pub fn page(&self, store: &dyn Read, asked: &Asked) -> Result<Page, QueryError> {
        let mut effort = Effort::of_one_answer();
        match self.order {
            OrderBy::Record => self.page_in_order(store, asked, &mut effort),
            OrderBy::Event => self.page_by_time(store, asked, &mut effort),
        }
    }

    fn page_in_order(&self, store: &dyn Read, asked: &Asked, effort: &mut Effort) -> Result<Page, QueryError> {
        let after = match asked.behind {
            Some(Behind::Place(place)) => Some(place),
            _ => None,
        };
        let window = Window { height: asked.height, after, descending: self.descending };
        let (mut page, mut bytes) = (Page::default(), 0usize);
        let mut is_full = false;
        let reached = self.find(store, &window, effort, &mut |hit| {
            // One more than fits tells that there is a next page.
            is_full = page.found.len() >= asked.events_max || bytes >= asked.bytes_max;
            if !is_full {
                bytes = bytes.saturating_add(hit.payload.map_or(0, <[u8]>::len));
                page.found.push(Found { place: hit.place, record: hit.record.clone(), event: hit.event.cloned() });
            }
            !is_full
        })?;
        page.next = match reached {
            Reached::End => None,
            Reached::Stopped => page.found.last().map(|found| Behind::Place(found.place)),
            Reached::Spent(last) => last.or(after).map(Behind::Place),
        };
        Ok(page)
    }

    fn page_by_time(&self, store: &dyn Read, asked: &Asked, effort: &mut Effort) -> Result<Page, QueryError> {
        let behind = match asked.behind {
            Some(Behind::Time(timed)) => Some(timed),
            _ => None,
        };
        let window = Window::whole(asked.height, true);
        let first = self.first_by_time(store, &window, behind, asked.events_max.saturating_add(1), effort)?;
        let reader = Reader::new(store);
        let (mut page, mut bytes) = (Page::default(), 0usize);
        for (number, timed) in first.iter().enumerate() {
            if number >= asked.events_max || bytes >= asked.bytes_max {
                page.next = number.checked_sub(1).and_then(|last| first.get(last)).copied().map(Behind::Time);
                break;
            }
            let (found, length) = read_at(&reader, timed.place)?;
            bytes = bytes.saturating_add(length);
            page.found.push(found);
        }
        Ok(page)
    }

    /// The first events by time, as many as are wanted, in their order.
    fn first_by_time(
        &self,
        store: &dyn Read,
        window: &Window,
        behind: Option<TimedPlace>,
        wanted: usize,
        effort: &mut Effort,
    ) -> Result<Vec<TimedPlace>, QueryError> {
        let mut first: BTreeSet<TimedPlace> = BTreeSet::new();
        // The time beyond which a record can't be among the first any more, in milliseconds.
        let last_ms: Cell<Option<i64>> = Cell::new(None);
        let behind_ms = behind.map(|behind| time_ms(&behind));
        let descending = self.descending;
        let wants = |record: &StoredRecord| {
            let time = record.event_time;
            let is_early = |limit: i64| if descending { time >= limit } else { time <= limit };
            let is_behind = |limit: i64| if descending { time <= limit } else { time >= limit };
            last_ms.get().is_none_or(is_early) && behind_ms.is_none_or(is_behind)
        };
        let reached = self.find_among(store, window, effort, &wants, &mut |hit| {
            let timed = timed_place(&hit);
            let is_behind = behind.is_none_or(|behind| if descending { timed < behind } else { timed > behind });
            if is_behind {
                first.insert(timed);
                if first.len() > wanted {
                    let _ = if descending { first.pop_first() } else { first.pop_last() };
                }
                if first.len() == wanted {
                    let last = if descending { first.first() } else { first.last() };
                    last_ms.set(last.map(time_ms));
                }
            }
            true
        })?;
        if let Reached::Spent(_) = reached {
            return Err(Effort::spent());
        }
        Ok(if descending { first.into_iter().rev().collect() } else { first.into_iter().collect() })
    }
}

/// Visits all events that hold by event time, at most `left`.
pub(super) fn each_by_event_time(
    query: &EventQuery,
    store: &dyn Read,
    window: &Window,
    mut left: u64,
    visit: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), QueryError> {
    let reader = Reader::new(store);
    let mut behind = None;
    loop {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(ORDERED_AT_ONCE);
        let first = query.first_by_time(store, window, behind, wanted, &mut Effort::unlimited())?;
        for timed in &first {
            let Some(payload) = reader.payload(timed.place.0, timed.place.1)? else { continue };
            left = left.saturating_sub(1);
            if !visit(&payload.payload) || left == 0 {
                return Ok(());
            }
        }
        match first.last() {
            Some(last) if first.len() == wanted => behind = Some(*last),
            _ => return Ok(()),
        }
    }
}

fn time_ms(timed: &TimedPlace) -> i64 {
    milliseconds(&Stamp { seconds: timed.seconds, nanoseconds: timed.nanoseconds })
}

/// The exact time of an event; of one that is erased, what its record keeps of it.
fn timed_place(hit: &Hit<'_>) -> TimedPlace {
    let exact = hit.event.and_then(|event| event.event_time.as_deref()).and_then(Stamp::parse);
    let stamp = exact.unwrap_or_else(|| {
        let time = hit.record.event_time;
        let nanoseconds = u32::try_from(time.rem_euclid(1_000)).unwrap_or(0).saturating_mul(1_000_000);
        Stamp { seconds: time.div_euclid(1_000), nanoseconds }
    });
    TimedPlace { seconds: stamp.seconds, nanoseconds: stamp.nanoseconds, place: hit.place }
}

/// The event at a place.
pub fn event_at(store: &dyn Read, place: Place) -> Result<Found, StoreError> {
    read_at(&Reader::new(store), place).map(|(found, _)| found)
}

/// Reads what is at a place that was found before, and how long its payload is.
fn read_at(reader: &Reader<'_>, place: Place) -> Result<(Found, usize), StoreError> {
    let missing = || StoreError::Corrupt(Table::Record, format!("{}/{} is missing", place.0, place.1));
    let record = reader.record(place.0, place.1)?.ok_or_else(missing)?;
    let payload = reader.payload(place.0, place.1)?;
    let length = payload.as_ref().map_or(0, |payload| payload.payload.len());
    let event = payload.and_then(|payload| event_of(&payload.payload));
    Ok((Found { place, record, event }, length))
}
