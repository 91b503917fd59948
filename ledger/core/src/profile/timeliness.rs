//! How soon an event was recorded.

const HOUR_MS: i64 = 3_600_000;

/// How many times the limit an event may take, and what it then counts, in thousandths.
const STEPS: [(i64, u32); 4] = [(1, 1000), (3, 800), (7, 500), (30, 200)];

/// What an event counts for timeliness, in thousandths, when it happened at `event_time_ms` and was recorded at
/// `recorded_ms`: 1000 within the limit, 800 within 3 times, 500 within 7, 200 within 30, else 0. None without a
/// limit: an opening balance is never late. Recorded before it happened (clocks differ) is in time.
pub fn timeliness(event_time_ms: i64, recorded_ms: i64, limit_hours: Option<u32>) -> Option<u32> {
    let limit_ms = i64::from(limit_hours?).saturating_mul(HOUR_MS);
    let taken_ms = recorded_ms.saturating_sub(event_time_ms);
    let within = |(times, _): &&(i64, u32)| taken_ms <= limit_ms.saturating_mul(*times);
    Some(STEPS.iter().find(within).map_or(0, |(_, counts)| *counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each step ends at its bound and not a millisecond later. Method: the bounds of several limits, exactly and
    // one more; then the ends of the range of times.
    #[test]
    fn bounds() {
        for hours in [1_u32, 4, 24, 72, 720] {
            let limit_ms = i64::from(hours) * HOUR_MS;
            for event_ms in [0, -1, 1_790_000_000_000] {
                let counts = |taken_ms: i64| timeliness(event_ms, event_ms + taken_ms, Some(hours));
                assert_eq!((counts(-300_000), counts(0)), (Some(1000), Some(1000)));
                for (times, at, after) in [(1, 1000, 800), (3, 800, 500), (7, 500, 200), (30, 200, 0)] {
                    assert_eq!(counts(limit_ms * times), Some(at), "{hours} {times}");
                    assert_eq!(counts(limit_ms * times + 1), Some(after), "{hours} {times}");
                }
            }
        }
        assert_eq!(timeliness(0, i64::MAX, None), None);
        assert_eq!(timeliness(i64::MIN, i64::MAX, Some(u32::MAX)), Some(0));
        assert_eq!(timeliness(i64::MAX, i64::MIN, Some(1)), Some(1000));
        assert_eq!((timeliness(0, 0, Some(0)), timeliness(0, 1, Some(0))), (Some(1000), Some(0)));
    }
}
