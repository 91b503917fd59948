//! Working days: the terms of objections, repairs and recalls are counted in them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::day::Day;
use crate::members::{InvalidRecord, Members, built_in};

/// A calendar names at most so many days.
const DAYS_MAX: usize = 4_096;
/// A term has at most so many working days.
pub const TERM_MAX: u32 = 366;

/// Which days are worked on, as an authority has announced it. A calendar is data: a year that it does not cover has
/// Saturdays and Sundays off, and nothing else, until the next one is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Who announced it, and when.
    pub basis: String,
    /// The first and the last day of each time that was announced.
    announced: Vec<(Day, Day)>,
    /// Days off beside Saturdays and Sundays.
    holidays: BTreeSet<Day>,
    /// Saturdays and Sundays that are worked on.
    workdays: BTreeSet<Day>,
}

static FIRST: LazyLock<Calendar> = LazyLock::new(|| built_in(Calendar::parse(include_bytes!("calendar-cn-2026.json"))));

impl Calendar {
    /// That of mainland China for 2026 (General Office of the State Council, notice of 2025-11-04).
    pub fn first() -> &'static Calendar {
        &FIRST
    }

    /// Reads `{"basis", "from", "to", "holidays", "workdays"}`.
    pub fn parse(bytes: &[u8]) -> Result<Calendar, InvalidRecord> {
        let mut members = Members::parse(bytes)?;
        let basis = members.text("basis")?;
        let (from, to) = (members.day("from")?, members.day("to")?);
        if to < from {
            return Err(members.error("to", "before from"));
        }
        let days = |members: &mut Members, name: &str, are_weekend: bool| {
            let days = members.days(name, DAYS_MAX)?;
            let is_right = |day: &Day| (from..=to).contains(day) && day.is_weekend() == are_weekend;
            match days.iter().find(|day| !is_right(day)) {
                None => Ok(days.into_iter().collect()),
                Some(day) => {
                    let day = day.text().unwrap_or_default();
                    Err(members.error(name, format!("{day} is outside of the calendar, or needs no mention")))
                }
            }
        };
        let (holidays, workdays) = (days(&mut members, "holidays", false)?, days(&mut members, "workdays", true)?);
        members.end().map(|()| Calendar { basis, announced: vec![(from, to)], holidays, workdays })
    }

    /// Whether a day is within what was announced.
    pub fn covers(&self, day: Day) -> bool {
        self.announced.iter().any(|(from, to)| (from..=to).contains(&&day))
    }

    /// The first day that was announced.
    pub(super) fn first_day(&self) -> Day {
        self.announced.iter().map(|(from, _)| *from).min().unwrap_or(Day::from_number(0))
    }

    /// Takes what was announced later, instead of what was said of its days before.
    pub(super) fn take(&mut self, later: &Calendar) {
        for (mine, its) in [(&mut self.holidays, &later.holidays), (&mut self.workdays, &later.workdays)] {
            mine.retain(|day| !later.covers(*day));
            mine.extend(its);
        }
        self.announced.extend(&later.announced);
        self.basis = format!("{}; {}", self.basis, later.basis);
    }

    /// Whether a day is worked on.
    pub fn is_working(&self, day: Day) -> bool {
        match day.is_weekend() {
            true => self.workdays.contains(&day),
            false => !self.holidays.contains(&day),
        }
    }

    /// The last day of a term: so many working days after a day, which itself does not count. Terms beyond
    /// [`TERM_MAX`] end there.
    pub fn after(&self, day: Day, working_days: u32) -> Day {
        let (mut last, mut left) = (day, working_days.min(TERM_MAX));
        while left > 0 {
            last = last.next();
            left = left.saturating_sub(u32::from(self.is_working(last)));
        }
        last
    }

    /// How many working days have gone by: those after the first day, up to the second. At most [`TERM_MAX`] are counted.
    pub fn between(&self, from: Day, to: Day) -> u32 {
        let (mut day, mut count) = (from, 0);
        while day < to && count < TERM_MAX {
            day = day.next();
            count += u32::from(self.is_working(day));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    // Goal: terms end when the specification's scenarios have them end, over holidays and days that are worked on
    // instead. Method: a table.
    #[test]
    fn terms() {
        let table = [
            ("2026-09-16", 2, "2026-09-18"),
            ("2026-09-18", 2, "2026-09-21"),
            ("2026-09-21", 10, "2026-10-12"),
            ("2026-10-12", 3, "2026-10-15"),
            ("2026-10-13", 10, "2026-10-27"),
            ("2026-10-21", 10, "2026-11-04"),
            ("2026-12-31", 1, "2027-01-01"),
            ("2026-11-21", 0, "2026-11-21"),
        ];
        let calendar = Calendar::first();
        for (from, count, to) in table {
            assert_eq!(calendar.after(day(from), count), day(to), "{from} and {count}");
            assert_eq!(calendar.between(day(from), day(to)), count, "{from} to {to}");
        }
        assert_eq!(calendar.between(day("2026-10-13"), day("2026-10-22")), 7);
        assert!(calendar.is_working(day("2026-09-20")) && !calendar.is_working(day("2026-10-01")));
        assert!(calendar.covers(day("2026-12-31")) && !calendar.covers(day("2027-01-01")));
    }

    // Goal: a calendar that is none is refused at its place. Method: a table.
    #[test]
    fn calendars_that_are_none() {
        let good = r#"{"basis":"b","from":"2026-01-01","to":"2026-12-31","holidays":["2026-01-01"],"workdays":["2026-01-04"]}"#;
        assert!(Calendar::parse(good.as_bytes()).is_ok());
        let table = [
            ("[\"2026-01-01\"]", "[\"2026-01-04\"]", "/holidays"),
            ("[\"2026-01-01\"]", "[\"2027-01-01\"]", "/holidays"),
            ("[\"2026-01-04\"]", "[\"2026-01-05\"]", "/workdays"),
            ("[\"2026-01-04\"]", "[\"2026-02-30\"]", "/workdays"),
            ("2026-12-31", "2026-13-31", "/to"),
        ];
        for (from, to, pointer) in table {
            assert_eq!(Calendar::parse(good.replace(from, to).as_bytes()).unwrap_err().pointer, pointer, "{to}");
        }
    }
}
