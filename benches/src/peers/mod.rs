//! The ledger beside PostgreSQL on the same files in one run: what the program `peers` is made of.

pub mod connection;
pub mod node;
pub mod ours;
pub mod theirs;

use std::time::Duration;

/// Ratios of one thing over the rounds of a run.
#[derive(Debug, Clone, Default)]
pub struct Ratios(Vec<f64>);

impl Ratios {
    /// Adds a round's.
    pub fn add(&mut self, ratio: f64) {
        self.0.push(ratio);
    }

    /// The middle one, and the least and the greatest.
    pub fn spread(&self) -> Option<(f64, f64, f64)> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        Some((*sorted.get(sorted.len() / 2)?, *sorted.first()?, *sorted.last()?))
    }
}

/// The middle of times and the one that 99 in 100 do not exceed, in milliseconds.
pub fn quantiles(times: &[f64]) -> (f64, f64) {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (sorted.len() as f64 * share) as usize;
        sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    (at(0.5), at(0.99))
}

/// In milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
