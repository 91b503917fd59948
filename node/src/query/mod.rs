//! The EPCIS simple event query (EPCIS 2.0 §8.2.7.1) over the payloads of a ledger.
//!
//! Values of one parameter are alternatives, parameters are all to hold. [`EventQuery::new`] reads parameters,
//! [`EventQuery::find`] visits what holds in the ledger's order, [`page::by_event_time`] the first by event time.
//! Where a parameter names exact objects, events or processes, only what the ledger's indexes say of them is read;
//! else all records are looked at, and of those that their record does not rule out the payloads, up to a limit.

use std::ops::ControlFlow;

use suyuan_epcis::problem::Reason;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::records;
use suyuan_ledger::submission::record_type;

use crate::codes::epcis as codes;
use crate::open::store_reason;

mod condition;
mod errors;
mod find;
mod matcher;
pub mod page;
mod parameters;

pub use errors::{by_id, declarations_of, ids_at};
pub use find::{Effort, Hit, Reached, Window};
pub use page::event_at;

use condition::Condition;

/// Where an event is: the block's height, and its index in the block.
pub type Place = (u64, u32);

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryError {
    /// A parameter is not one, or has a value that is none.
    Parameter(Reason),
    /// A parameter of the standard that is not built.
    NotBuilt(Reason),
    /// More than may be answered, or than may be looked at for one answer.
    TooLarge(Reason),
    /// The store failed.
    Store(StoreError),
}

impl QueryError {
    /// The same for people.
    pub fn reason(&self) -> Reason {
        match self {
            QueryError::Parameter(reason) | QueryError::NotBuilt(reason) | QueryError::TooLarge(reason) => {
                reason.clone()
            }
            QueryError::Store(error) => store_reason(error),
        }
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        QueryError::Store(error)
    }
}

/// By what events are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderBy {
    /// By the ledger's order, which is that of the record times.
    #[default]
    Record,
    /// By the event time.
    Event,
}

/// A query.
#[derive(Debug, Default)]
pub struct EventQuery {
    conditions: Vec<Condition>,
    /// By what the events are ordered.
    pub order: OrderBy,
    /// Whether the latest come first.
    pub descending: bool,
    /// At most so many events, the first.
    pub limit: Option<u64>,
    /// It is an error if there are more events.
    pub events_max: Option<u64>,
}

impl EventQuery {
    /// Reads `name=value` pairs as the command line has them; alternatives of one are separated by commas.
    pub fn parse(pairs: &[String]) -> Result<EventQuery, QueryError> {
        let pairs = pairs.iter().flat_map(|text| text.split_whitespace());
        let parameters: Vec<(String, Vec<String>)> = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (name.to_owned(), value.split(',').map(str::to_owned).collect())
            })
            .collect();
        EventQuery::new(&parameters)
    }

    /// Visits the events that hold, in the query's order; `false` ends it. All of the ledger is looked at.
    pub fn run(&self, store: &dyn Read, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), QueryError> {
        let mut effort = Effort::unlimited();
        let head = Reader::new(store).head()?;
        let window = Window::whole(head.map_or(0, |head| head.height), self.descending);
        let mut left = self.events_max.map_or(u64::MAX, |most| most.saturating_add(1));
        if self.events_max.is_some() {
            self.find(store, &window, &mut effort, &mut |_| {
                left = left.saturating_sub(1);
                left > 0
            })?;
            if left == 0 {
                return Err(self.too_many());
            }
        }
        let mut left = self.limit.unwrap_or(u64::MAX);
        if self.order == OrderBy::Event {
            return page::each_by_event_time(self, store, &window, left, visit);
        }
        self.find(store, &window, &mut effort, &mut |hit| {
            let Some(payload) = hit.payload else { return true };
            left = left.saturating_sub(1);
            visit(payload) && left > 0
        })?;
        Ok(())
    }

    /// There are more events than `maxEventCount` allows.
    pub fn too_many(&self) -> QueryError {
        let most = self.events_max.unwrap_or_default().to_string();
        QueryError::TooLarge(Reason::new(codes::TOO_LARGE, &[&most]))
    }
}

/// What is told of each event: its place, and its payload unless that is erased; `false` ends it.
pub type VisitEvent<'a> = dyn FnMut(Place, Option<&[u8]>) -> bool + 'a;

/// Visits every EPCIS event on the ledger, in its order.
pub fn each_event(store: &dyn Read, visit: &mut VisitEvent<'_>) -> Result<(), StoreError> {
    let reader = Reader::new(store);
    let mut fault = None;
    records::scan(store, (0, 0), (u64::MAX, u32::MAX), &mut |place, record| {
        if record.record_type != record_type::EPCIS {
            return ControlFlow::Continue(());
        }
        match reader.payload(place.0, place.1) {
            Ok(payload) if visit(place, payload.as_ref().map(|payload| payload.payload.as_slice())) => {
                ControlFlow::Continue(())
            }
            Ok(_) => ControlFlow::Break(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    fault.map_or(Ok(()), Err)
}
