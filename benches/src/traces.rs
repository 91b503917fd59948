//! How long traces take, asked of a store one after another.

use std::time::{Duration, Instant};

use suyuan_ledger::key::{KeyKind, SubjectKey};
use suyuan_ledger::kv::Read;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;

use crate::chain::Failure;
use crate::process::running;

/// What traces took.
#[derive(Debug, Default, Clone)]
pub struct Took {
    /// Of the processor, all of them together: what a single one takes the kernel does not count finely enough.
    pub processor: Duration,
    /// Each by the clock, other programs' work included.
    pub clock: Vec<Duration>,
}

impl Took {
    /// What one takes of the processor, in microseconds.
    pub fn processor_each_us(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.clock.len().max(1) as f64
    }

    /// What so many of a hundred do not exceed by the clock, in microseconds.
    pub fn clock_us(&mut self, percent: usize) -> f64 {
        self.clock.sort_unstable();
        let place = (self.clock.len() * percent / 100).min(self.clock.len().saturating_sub(1));
        self.clock.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }
}

/// Asks for traces without proof, each from the key to the nodes and of a reader of its own. `nodes` is how many each
/// must have, if that is known.
pub fn traces(
    store: &dyn Read,
    keys: &[SubjectKey],
    direction: Direction,
    nodes: Option<usize>,
) -> Result<Took, Failure> {
    let (began, mut clock) = (running(), Vec::with_capacity(keys.len()));
    for key in keys {
        let started = Instant::now();
        let mut history = StoreHistory::new(store);
        let number = history.reader().number_of(key.tag())?.ok_or("there is no such subject")?;
        let found = close(&mut history, &Query::new(vec![number], direction))?.nodes.len();
        clock.push(started.elapsed());
        if nodes.is_some_and(|nodes| nodes != found) {
            return Err(format!("a closure of {found} nodes").into());
        }
    }
    Ok(Took { processor: running().saturating_sub(began), clock })
}

/// Items spread over all subjects, the same ones each time.
pub fn items(store: &dyn Read, subjects: u64, count: usize) -> Result<Vec<SubjectKey>, Failure> {
    let reader = Reader::new(store);
    let (mut found, mut place) = (Vec::with_capacity(count), 0u64);
    while found.len() < count {
        place += 1;
        if place > 1_000 * count as u64 {
            return Err("there are hardly any items".into());
        }
        let number = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) % subjects.max(1);
        let key = reader.key_of(number)?.and_then(|bytes| SubjectKey::parse(&bytes));
        found.extend(key.filter(|key| key.kind() == KeyKind::Item));
    }
    Ok(found)
}
