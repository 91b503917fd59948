//! When special equipment has to be inspected next, and what it means if it was not.
//!
//! The schedule of lifts is that of TSG T7001-2023: years 1, 4, 7, 9, 11, 13 and 15 after the supervision of the
//! installation or alteration, then each year; due is the last day of the month of that supervision.

use std::sync::LazyLock;

use super::evaluate::Grade;
use crate::day::Day;
use crate::members::{InvalidRecord, Members, built_in};

/// The years of a lift's periodic inspections, up to the one from which on each year has one.
const LIFT_YEARS: [u32; 7] = [1, 4, 7, 9, 11, 13, 15];
/// So many years are looked at: older than any lift.
const YEARS_MAX: u32 = 200;
const MONTHS_A_YEAR: u32 = 12;
/// An inspection counts for what is due when it is at most so many months early.
const EARLY_MONTHS: i32 = 2;
/// The user applies for an inspection a month before it is due.
const APPLY_MONTHS: i32 = 1;
/// A ceiling comes so many days after the user was told that an inspection is overdue.
pub const NOTICE_DAYS: u32 = 7;
/// Overdue for more days than these, the ceiling is D.
const C_DAYS_MAX: i64 = 30;

/// A table says this of so many kinds at most, and of so many months.
const KINDS_MAX: usize = 256;
const MONTHS_MAX: u64 = 240;
/// Codes of lifts begin with it (`02-identifiers.md`).
pub(super) const LIFT: char = '3';

/// How long after the supervision of its installation or alteration equipment that is no lift is inspected first. From then on
/// it is due when its inspector says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquipmentIntervals(Vec<(String, u32)>);

static FIRST: LazyLock<EquipmentIntervals> =
    LazyLock::new(|| built_in(EquipmentIntervals::parse(include_bytes!("equipment-intervals.json"))));

impl EquipmentIntervals {
    /// Those of the technical regulations (`03-records.md` §3.5).
    pub fn first() -> &'static EquipmentIntervals {
        &FIRST
    }

    /// Reads months by how codes begin. Lifts have a schedule of their own.
    pub fn parse(bytes: &[u8]) -> Result<EquipmentIntervals, InvalidRecord> {
        let mut members = Members::parse(bytes)?;
        // It is for those who put the table in force.
        members.text("basis")?;
        let mut intervals: Vec<(String, u32)> = Vec::new();
        for mut one in members.objects("first", KINDS_MAX)? {
            let (code, months) = (one.text("code")?, one.integer("months", MONTHS_MAX)?);
            if code.starts_with(LIFT) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(one.error("code", "not digits with which codes begin that are no lifts'"));
            }
            if months == 0 {
                return Err(one.error("months", "none"));
            }
            if intervals.iter().any(|(other, _)| *other == code) {
                return Err(one.error("code", "is there twice"));
            }
            one.end()?;
            intervals.push((code, u32::try_from(months).unwrap_or(u32::MAX)));
        }
        if intervals.is_empty() {
            return Err(members.error("first", "none"));
        }
        members.end().map(|()| EquipmentIntervals(intervals))
    }

    /// The day by which equipment of a code is inspected first: the end of a month. None if the table has nothing of it.
    pub fn due(&self, code: &str, supervised: Day) -> Option<Day> {
        let of = self.0.iter().filter(|(begins, _)| code.starts_with(begins.as_str()));
        let (_, months) = of.max_by_key(|(begins, _)| begins.len())?;
        supervised.plus_months(i32::try_from(*months).ok()?)?.month_end()
    }
}

/// The inspections that a lift needs, by the day of the supervision that they count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiftSchedule {
    base: Day,
}

impl LiftSchedule {
    /// Counts from the supervision of an installation or alteration.
    pub fn new(supervised: Day) -> LiftSchedule {
        LiftSchedule { base: supervised }
    }

    /// The days by which inspections are due, ascending.
    pub fn due_days(self) -> impl Iterator<Item = Day> {
        let last = LIFT_YEARS.last().copied().unwrap_or(0);
        let years = LIFT_YEARS.into_iter().chain(last.saturating_add(1)..YEARS_MAX);
        years.map_while(move |year| {
            let months = i32::try_from(year.checked_mul(MONTHS_A_YEAR)?).ok()?;
            self.base.plus_months(months)?.month_end()
        })
    }

    /// The next inspection that is due, given those that were passed. Each passed inspection stands for the earliest due
    /// day that is still open and not more than two months ahead of it; being early does not move the next one.
    pub fn next_due(self, passed: &[Day]) -> Option<Day> {
        let mut passed = passed.to_vec();
        passed.sort_unstable();
        let mut due = self.due_days().peekable();
        for day in passed {
            if due.peek().is_some_and(|next| is_in_time_for(day, *next)) {
                due.next();
                // One inspection stands for all that were missed before it.
                while due.peek().is_some_and(|next| *next <= day) {
                    due.next();
                }
            }
        }
        due.next()
    }
}

/// Whether an inspection on this day stands for what is due on that one: it is not more than two months early.
pub fn is_in_time_for(inspected: Day, due: Day) -> bool {
    due.plus_months(-EARLY_MONTHS).is_some_and(|first| inspected >= first)
}

/// The day by which the user has to apply for an inspection.
pub fn apply_by(due: Day) -> Option<Day> {
    due.plus_months(-APPLY_MONTHS)
}

/// For how many days an inspection is overdue; 0 if it is not.
pub fn overdue_days(due: Day, today: Day) -> u32 {
    u32::try_from(today.number().saturating_sub(due.number())).unwrap_or(0)
}

/// The best grade of a user whose equipment is in use and overdue (CAP-4): none before seven days after the notice, then
/// C up to thirty days overdue, D from then on.
pub fn ceiling(due: Day, noticed: Day, today: Day) -> Option<Grade> {
    let overdue = i64::from(overdue_days(due, today));
    let is_told = noticed.plus_days(NOTICE_DAYS).is_some_and(|from| today >= from);
    match (is_told, overdue) {
        (false, _) | (_, 0) => None,
        (true, ..=C_DAYS_MAX) => Some(Grade::C),
        (true, _) => Some(Grade::D),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    // Goal: a lift is due when the specification's scenario has it due. Method: its dates.
    #[test]
    fn the_lift_of_the_scenario() {
        let schedule = LiftSchedule::new(day("2019-08-20"));
        let due: Vec<String> = schedule.due_days().take(10).filter_map(Day::text).collect();
        let expected = [
            "2020-08-31",
            "2023-08-31",
            "2026-08-31",
            "2028-08-31",
            "2030-08-31",
            "2032-08-31",
            "2034-08-31",
            "2035-08-31",
            "2036-08-31",
            "2037-08-31",
        ];
        assert_eq!(due, expected);
        let done = [day("2020-08-11"), day("2023-08-09")];
        let next = schedule.next_due(&done).unwrap();
        assert_eq!((next, apply_by(next)), (day("2026-08-31"), Some(day("2026-07-31"))));
        assert_eq!(overdue_days(next, day("2026-11-21")), 82);
        let table = [
            ("2026-08-31", None),
            ("2026-09-01", None),
            ("2026-09-07", None),
            ("2026-09-08", Some(Grade::C)),
            ("2026-09-30", Some(Grade::C)),
            ("2026-10-01", Some(Grade::D)),
            ("2026-11-21", Some(Grade::D)),
        ];
        for (today, expected) in table {
            assert_eq!(ceiling(next, day("2026-09-01"), day(today)), expected, "{today}");
        }
        // Late, or up to two months early: the next one stays where it is.
        for (third, next) in [("2026-12-04", "2028-08-31"), ("2026-07-05", "2028-08-31"), ("2026-06-20", "2026-08-31")]
        {
            let done = [done.as_slice(), &[day(third)]].concat();
            assert_eq!(schedule.next_due(&done), Some(day(next)), "{third}");
        }
    }

    // Goal: what was missed altogether is not owed twice. Method: a lift that nobody inspected for five years.
    #[test]
    fn one_inspection_for_all_that_was_missed() {
        let schedule = LiftSchedule::new(day("2019-02-28"));
        assert_eq!(schedule.next_due(&[]), Some(day("2020-02-29")));
        assert_eq!(schedule.next_due(&[day("2024-05-01")]), Some(day("2026-02-28")));
    }
}
