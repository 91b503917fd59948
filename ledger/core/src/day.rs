//! Civil days.

use suyuan_epcis::time::{Rounding, Stamp};

const DAY_SECONDS: i64 = 86_400;
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;

/// A civil day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day with this number, from 1970-01-01 on.
    pub const fn from_number(number: i64) -> Day {
        Day(number)
    }

    /// Its number, from 1970-01-01 on.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Reads `YYYY-MM-DD`, a day that exists.
    pub fn parse(text: &str) -> Option<Day> {
        (text.len() == 10).then_some(())?;
        let stamp = Stamp::parse(&[text, "T00:00:00Z"].concat())?;
        Some(Day(stamp.seconds.div_euclid(DAY_SECONDS)))
    }

    /// The day, in UTC, of a time in milliseconds since 1970.
    pub fn of(time_ms: i64) -> Day {
        Day(time_ms.div_euclid(DAY_SECONDS.saturating_mul(1000)))
    }

    /// The day in China (UTC+8, without summer time) of a time in milliseconds since 1970: that of all terms.
    pub fn in_china(time_ms: i64) -> Day {
        Day::of(time_ms.saturating_add(CHINA_OFFSET_MS))
    }

    /// When it begins in China, in milliseconds since 1970.
    pub fn begins_in_china(self) -> i64 {
        self.0.saturating_mul(DAY_SECONDS.saturating_mul(1000)).saturating_sub(CHINA_OFFSET_MS)
    }

    /// `YYYY-MM-DD`; none outside the years 0 to 9999.
    pub fn text(self) -> Option<String> {
        let stamp = Stamp { seconds: self.0.checked_mul(DAY_SECONDS)?, nanoseconds: 0 };
        let mut text = stamp.to_utc_milliseconds(Rounding::HalfUp)?;
        text.truncate(10);
        Some(text)
    }

    /// The next day.
    pub fn next(self) -> Day {
        Day(self.0.saturating_add(1))
    }

    /// Whether it is a Saturday or a Sunday: 1970-01-01 was a Thursday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.rem_euclid(7), 2 | 3)
    }

    /// The last day of its month.
    pub fn month_end(self) -> Option<Day> {
        let text = self.text()?;
        let number = |place: std::ops::Range<usize>| text.get(place)?.parse::<i64>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.0.checked_add(days - day).map(Day)
    }

    /// So many days later.
    pub fn plus_days(self, days: u32) -> Option<Day> {
        self.0.checked_add(i64::from(days)).map(Day)
    }

    /// The same day of the month, `months` later, or earlier if they are negative; the last of that month if it is
    /// shorter.
    pub fn plus_months(self, months: i32) -> Option<Day> {
        let text = self.text()?;
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let month_count = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?.checked_add_signed(months)?;
        let (year, month) = (month_count / 12, month_count % 12 + 1);
        // A month has at least 28 days: one of the four is there.
        (0..4).find_map(|less| Day::parse(&format!("{year:04}-{month:02}-{:02}", day.checked_sub(less)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: days are read, written and counted in months as the calendar has them. Method: a table with short months
    // and leap years; then texts that are no day.
    #[test]
    fn days() {
        let table = [
            ("2026-10-03", 6, "2027-04-03"),
            ("2026-08-31", 6, "2027-02-28"),
            ("2027-08-31", 6, "2028-02-29"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2028-02-29", 60, "2033-02-28"),
            ("2026-12-15", 24, "2028-12-15"),
            ("1969-12-31", 1, "1970-01-31"),
            ("2026-03-31", -1, "2026-02-28"),
            ("2026-08-31", -2, "2026-06-30"),
            ("2026-01-15", -13, "2024-12-15"),
        ];
        for (from, months, to) in table {
            let later = Day::parse(from).unwrap().plus_months(months).unwrap();
            assert_eq!(later.text().as_deref(), Some(to), "{from}");
        }
        for text in ["", "2026-02-29", "2026-1-01", "2026-13-01", "2026-01-01Z", "20260101", "２026-01-01"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day::in_china(16 * 3_600_000).text().as_deref(), Some("1970-01-02"));
        assert_eq!(Day::in_china(16 * 3_600_000 - 1).text().as_deref(), Some("1970-01-01"));
        assert_eq!(Day::of(0).text().as_deref(), Some("1970-01-01"));
        assert_eq!(Day::of(-1).text().as_deref(), Some("1969-12-31"));
        assert_eq!(Day::of(i64::MAX).text(), None);
        assert_eq!(Day::of(i64::MAX).plus_months(1), None);
        assert_eq!(Day::parse("9999-12-01").unwrap().plus_months(1), None);
        assert_eq!(Day::parse("0000-12-01").unwrap().plus_months(-12), None);
        for (of, end) in [("2026-02-10", "2026-02-28"), ("2028-02-29", "2028-02-29"), ("2026-11-30", "2026-11-30")] {
            assert_eq!(Day::parse(of).unwrap().month_end(), Day::parse(end), "{of}");
        }
        let weekend = ["2026-09-19", "2026-09-20", "1969-12-27"].map(|text| Day::parse(text).unwrap().is_weekend());
        let week = ["2026-09-18", "2026-09-21", "1970-01-01"].map(|text| Day::parse(text).unwrap().is_weekend());
        assert_eq!((weekend, week), ([true; 3], [false; 3]));
    }
}
