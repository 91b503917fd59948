//! Measures what a peer does: how fast it sends, and how many points are against it.

use std::time::{Duration, Instant};

use super::settings::Limits;

/// Allows so much a second, and a second's worth at once.
pub(super) struct Bucket {
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub fn new(rate: u32) -> Bucket {
        let rate = f64::from(rate.max(1));
        Bucket { rate, tokens: rate, at: Instant::now() }
    }

    /// Takes what has been used already; may leave a debt.
    pub fn take(&mut self, count: usize) {
        let now = Instant::now();
        self.tokens = (self.tokens + self.rate * (now - self.at).as_secs_f64()).min(self.rate);
        self.at = now;
        self.tokens -= count as f64;
    }

    /// Until the debt is paid.
    pub fn debt(&self) -> Option<Duration> {
        (self.tokens < 0.0).then(|| Duration::from_secs_f64((-self.tokens / self.rate).min(60.0)))
    }
}

/// The points against a peer.
pub(super) struct Score {
    points: u32,
    /// Until when what time heals has been forgiven.
    at: Instant,
    /// How often in a row it was refused, and until when.
    refusals: u32,
    refused_until: Option<Instant>,
}

impl Score {
    pub fn new(now: Instant) -> Score {
        Score { points: 0, at: now, refusals: 0, refused_until: None }
    }

    pub fn points(&mut self, now: Instant, limits: &Limits) -> u32 {
        self.forgive(now, limits);
        self.points
    }

    /// Adds points. If there are too many now, the peer is refused, until when is told, and the count begins anew.
    pub fn count(&mut self, points: u32, now: Instant, limits: &Limits) -> Option<Instant> {
        self.forgive(now, limits);
        self.points = self.points.saturating_add(points);
        if self.points <= limits.score_max {
            return None;
        }
        let long = limits.refused_first.saturating_mul(1 << self.refusals.min(16)).min(limits.refused_max);
        self.points = 0;
        self.refusals += 1;
        self.refused_until = Some(now + long);
        self.refused_until
    }

    /// Forgives what time has healed.
    fn forgive(&mut self, now: Instant, limits: &Limits) {
        let seconds = (now - self.at).as_secs();
        self.at += Duration::from_secs(seconds);
        let forgiven = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(limits.forgiven_per_second);
        self.points = self.points.saturating_sub(forgiven);
        if self.refused_until.is_some_and(|until| now.saturating_duration_since(until) > limits.refused_max) {
            self.refusals = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_forgiven_and_refusals_grow_until_it_was_good_for_long() {
        let (begun, limits) = (Instant::now(), Limits::default());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut score = Score::new(begun);
        assert_eq!(score.count(100, at(0), &limits), None);
        assert_eq!(score.points(at(30), &limits), 70);
        assert_eq!(score.count(31, at(30), &limits), Some(at(40)));
        assert_eq!(score.points(at(30), &limits), 0);
        assert_eq!(score.count(101, at(50), &limits), Some(at(70)));
        assert_eq!(score.count(u32::MAX, at(80), &limits), Some(at(120)));
        assert_eq!(score.count(101, at(800), &limits), Some(at(810)));
    }

    #[test]
    fn a_second_s_worth_is_free_and_more_has_to_wait() {
        let mut bucket = Bucket::new(1000);
        bucket.take(900);
        assert_eq!(bucket.debt(), None);
        bucket.take(1100);
        let debt = bucket.debt().unwrap();
        assert!(debt > Duration::from_millis(900) && debt <= Duration::from_secs(1), "{debt:?}");
    }
}
