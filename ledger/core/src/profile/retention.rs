//! How long a record must be kept.

use suyuan_epcis::time::{Rounding, Stamp};

use super::class::ProductClass;

const DAY_SECONDS: i64 = 86_400;

/// A civil day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
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

    /// `YYYY-MM-DD`; none outside the years 0 to 9999.
    pub fn text(self) -> Option<String> {
        let stamp = Stamp { seconds: self.0.checked_mul(DAY_SECONDS)?, nanoseconds: 0 };
        let mut text = stamp.to_utc_milliseconds(Rounding::HalfUp)?;
        text.truncate(10);
        Some(text)
    }

    fn plus_days(self, days: u32) -> Option<Day> {
        self.0.checked_add(i64::from(days)).map(Day)
    }

    /// The same day of the month, `months` later, or the last of that month if it is shorter.
    fn plus_months(self, months: u32) -> Option<Day> {
        let text = self.text()?;
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let month_count = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?.checked_add(months)?;
        let (year, month) = (month_count / 12, month_count % 12 + 1);
        // A month has at least 28 days: one of the four is there.
        (0..4).find_map(|less| Day::parse(&format!("{year:04}-{month:02}-{:02}", day.checked_sub(less)?)))
    }
}

/// The last day on which a record of this class must be kept; none if no end is known, so that it must be kept.
///
/// `expiry` is that of the goods; without it `shelf_life_days` count from the event. Food: six months after it,
/// without one two years (Food Safety Law art. 50). Drugs: a year after it and five years after the event at
/// least; vaccines: five years after it. Equipment lives as long as it lives, and for the other classes no rule is
/// known here.
pub fn retain_until(
    class: ProductClass,
    event_day: Day,
    expiry: Option<Day>,
    shelf_life_days: Option<u32>,
) -> Option<Day> {
    let expiry = match (expiry, shelf_life_days) {
        (Some(expiry), _) => Some(expiry),
        (None, Some(days)) => Some(event_day.plus_days(days)?),
        (None, None) => None,
    };
    match class {
        ProductClass::Food | ProductClass::Infant | ProductClass::Fresh | ProductClass::Agri => match expiry {
            Some(expiry) => expiry.plus_months(6),
            None => event_day.plus_months(24),
        },
        ProductClass::Drug => Some(expiry?.plus_months(12)?.max(event_day.plus_months(60)?)),
        ProductClass::Vacc => expiry?.plus_months(60),
        ProductClass::AgInput
        | ProductClass::MedCon
        | ProductClass::Cosm
        | ProductClass::SpEq
        | ProductClass::Haz
        | ProductClass::Other => None,
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
        ];
        for (from, months, to) in table {
            let later = Day::parse(from).unwrap().plus_months(months).unwrap();
            assert_eq!(later.text().as_deref(), Some(to), "{from}");
        }
        for text in ["", "2026-02-29", "2026-1-01", "2026-13-01", "2026-01-01Z", "20260101", "２026-01-01"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day::of(0).text().as_deref(), Some("1970-01-01"));
        assert_eq!(Day::of(-1).text().as_deref(), Some("1969-12-31"));
        assert_eq!(Day::of(i64::MAX).text(), None);
        assert_eq!(Day::of(i64::MAX).plus_months(1), None);
        assert_eq!(Day::parse("9999-12-01").unwrap().plus_months(1), None);
    }

    // Goal: each class is kept as long as its rule says. Method: a table.
    #[test]
    fn retention() {
        use ProductClass::{Agri, Drug, Food, Haz, Infant, SpEq, Vacc};
        let table = [
            (Infant, Some("2028-10-02"), None, Some("2029-04-02")),
            (Food, None, None, Some("2028-10-03")),
            (Agri, None, Some(10), Some("2027-04-13")),
            (Food, Some("2027-01-31"), Some(900), Some("2027-07-31")),
            (Drug, Some("2028-08-31"), None, Some("2031-10-03")),
            (Drug, Some("2031-08-31"), None, Some("2032-08-31")),
            (Drug, None, None, None),
            (Vacc, Some("2028-08-31"), None, Some("2033-08-31")),
            (Vacc, None, None, None),
            (SpEq, Some("2028-08-31"), None, None),
            (Haz, None, None, None),
        ];
        let day = |text: &str| Day::parse(text).unwrap();
        for (class, expiry, shelf_life_days, until) in table {
            let kept = retain_until(class, day("2026-10-03"), expiry.map(day), shelf_life_days);
            assert_eq!(kept, until.map(day), "{class:?} {expiry:?}");
        }
    }
}
