//! How long traces take, asked of a store one after another.

use std::time::{Duration, Instant};

use suyuan_ledger::key::{KeyKind, SubjectKey};
use suyuan_ledger::kv::Read;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;

use crate::chain::Failure;
use crate::process::running;

/// What a trace took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Of the processor.
    pub processor: Duration,
    /// By the clock, other programs' work included.
    pub clock: Duration,
    /// How many nodes it has.
    pub nodes: usize,
}

/// Asks for a trace, without proof: from the key to the nodes.
pub fn trace(store: &dyn Read, key: &SubjectKey, direction: Direction) -> Result<Took, Failure> {
    let (began, clock) = (running(), Instant::now());
    let mut history = StoreHistory::new(store);
    let number = history.reader().number_of(key.tag())?.ok_or("there is no such subject")?;
    let nodes = close(&mut history, &Query::new(vec![number], direction))?.nodes.len();
    Ok(Took { processor: running().saturating_sub(began), clock: clock.elapsed(), nodes })
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

/// What so many of a hundred do not exceed, in microseconds.
pub fn quantile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
