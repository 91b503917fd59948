//! Linters of dates and times of day.

use super::{LintError, LintResult, csetnumeric};
use crate::codes::{Code, lint};

/// YYMMDD.
pub fn yymmdd(value: &str) -> LintResult {
    date(value, 2, false)
}

/// YYMMDD, where day 00 leaves the day open.
pub fn yymmd0(value: &str) -> LintResult {
    date(value, 2, true)
}

/// YYYYMMDD.
pub fn yyyymmdd(value: &str) -> LintResult {
    date(value, 4, false)
}

/// YYYYMMDD, where day 00 leaves the day open.
pub fn yyyymmd0(value: &str) -> LintResult {
    date(value, 4, true)
}

fn date(value: &str, year_digits: usize, day_may_be_zero: bool) -> LintResult {
    let length = year_digits.saturating_add(4);
    sized(value, length, lint::DATE_TOO_SHORT, lint::DATE_TOO_LONG)?;
    csetnumeric(value)?;
    let month_start = year_digits;
    let day_start = year_digits.saturating_add(2);
    let year = number(value, 0, year_digits);
    let month = number(value, month_start, day_start);
    let day = number(value, day_start, length);
    let Some(days) = days_in_month(year, month) else {
        return Err(LintError::range(lint::ILLEGAL_MONTH, month_start, day_start));
    };
    match day > days || (day == 0 && !day_may_be_zero) {
        true => Err(LintError::range(lint::ILLEGAL_DAY, day_start, length)),
        false => Ok(()),
    }
}

/// Days of a month. A year of two digits lies from 1951 to 2050 or so (General Specifications §7.12), where every
/// fourth year is a leap year, 2000 among them; a year of four digits follows the Gregorian rule.
fn days_in_month(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (year < 100 || !year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => Some(if leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// HHMM.
pub fn hhmi(value: &str) -> LintResult {
    sized(value, 4, lint::HOUR_WITH_MINUTE_TOO_SHORT, lint::HOUR_WITH_MINUTE_TOO_LONG)?;
    csetnumeric(value)?;
    if number(value, 0, 2) > 23 {
        return Err(LintError::range(lint::ILLEGAL_HOUR, 0, 2));
    }
    if number(value, 2, 4) > 59 {
        return Err(LintError::range(lint::ILLEGAL_MINUTE, 2, 4));
    }
    Ok(())
}

/// An hour, 00 to 23.
pub fn hh(value: &str) -> LintResult {
    two_digits(value, 23, [lint::HOUR_TOO_SHORT, lint::HOUR_TOO_LONG, lint::ILLEGAL_HOUR])
}

/// A minute, 00 to 59.
pub fn mi(value: &str) -> LintResult {
    two_digits(value, 59, [lint::MINUTE_TOO_SHORT, lint::MINUTE_TOO_LONG, lint::ILLEGAL_MINUTE])
}

/// A second, 00 to 59.
pub fn ss(value: &str) -> LintResult {
    two_digits(value, 59, [lint::SECOND_TOO_SHORT, lint::SECOND_TOO_LONG, lint::ILLEGAL_SECOND])
}

fn two_digits(value: &str, max: u32, [short, long, illegal]: [&'static Code; 3]) -> LintResult {
    sized(value, 2, short, long)?;
    csetnumeric(value)?;
    match number(value, 0, 2) > max {
        true => Err(LintError::whole(illegal, value)),
        false => Ok(()),
    }
}

fn sized(value: &str, length: usize, short: &'static Code, long: &'static Code) -> LintResult {
    match value.len() {
        given if given < length => Err(LintError::whole(short, value)),
        given if given > length => Err(LintError::whole(long, value)),
        _ => Ok(()),
    }
}

/// The number that the digits `start..end` are; callers have checked that they are digits, at most four.
fn number(value: &str, start: usize, end: usize) -> u32 {
    value.get(start..end).and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX)
}
