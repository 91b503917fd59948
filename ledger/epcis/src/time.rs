//! Time stamps as EPCIS writes them.

use time::{Date, Month};

/// A time stamp read from text: the instant, exact to the digits written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second; further digits are cut off.
    pub nanoseconds: u32,
}

/// How a fraction of a second finer than a millisecond is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the even neighbour when exactly between.
    HalfEven,
    /// Up when exactly between.
    HalfUp,
}

const SECONDS_A_DAY: i64 = 86_400;

impl Stamp {
    /// Reads `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`: the pattern of the XSD's `DateTimeStamp`,
    /// offsets up to ±14:00, and a day that exists.
    pub fn parse(text: &str) -> Option<Stamp> {
        let bytes = text.as_bytes();
        let (date_time, rest) = (bytes.get(..19)?, bytes.get(19..)?);
        let number = |from: usize, to: usize| digits(&date_time[from..to]);
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if separators.iter().any(|(at, separator)| date_time[*at] != *separator) {
            return None;
        }
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let month = Month::try_from(u8::try_from(number(5, 7)?).ok()?).ok()?;
        let day = u8::try_from(number(8, 10)?).ok()?;
        let date = Date::from_calendar_date(i32::try_from(number(0, 4)?).ok()?, month, day).ok()?;
        let (nanoseconds, zone) = fraction(rest)?;
        let days = i64::from(date.to_julian_day()) - i64::from(EPOCH_JULIAN_DAY);
        let local = days * SECONDS_A_DAY + i64::from(hour * 3600 + minute * 60 + second);
        Some(Stamp { seconds: local - i64::from(offset_minutes(zone)?) * 60, nanoseconds })
    }

    /// `YYYY-MM-DDThh:mm:ss.mmmZ`, rounded to the millisecond. None beyond the year 9999.
    pub fn to_utc_milliseconds(self, rounding: Rounding) -> Option<String> {
        let (mut milliseconds, rest) = (self.nanoseconds / 1_000_000, self.nanoseconds % 1_000_000);
        let up = match rounding {
            Rounding::HalfUp => rest >= 500_000,
            Rounding::HalfEven => rest > 500_000 || (rest == 500_000 && milliseconds % 2 == 1),
        };
        milliseconds += u32::from(up);
        let seconds = self.seconds + i64::from(milliseconds / 1000);
        let milliseconds = milliseconds % 1000;
        let (days, second_of_day) = (seconds.div_euclid(SECONDS_A_DAY), seconds.rem_euclid(SECONDS_A_DAY));
        let julian = i32::try_from(days + i64::from(EPOCH_JULIAN_DAY)).ok()?;
        let date = Date::from_julian_day(julian).ok()?;
        let year = u16::try_from(date.year()).ok()?;
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let mut text = String::with_capacity(24);
        push_padded(&mut text, u32::from(year), 4);
        for (separator, number) in [('-', u32::from(u8::from(date.month()))), ('-', u32::from(date.day()))] {
            text.push(separator);
            push_padded(&mut text, number, 2);
        }
        for (separator, number) in [('T', hour), (':', minute), (':', second)] {
            text.push(separator);
            push_padded(&mut text, u32::try_from(number).ok()?, 2);
        }
        text.push('.');
        push_padded(&mut text, milliseconds, 3);
        text.push('Z');
        Some(text)
    }
}

/// The Julian day number of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// The minutes of a time zone offset `Z` or `±hh:mm` (hours 00–13, or 14:00).
fn offset_minutes(zone: &[u8]) -> Option<i32> {
    let (sign, hour, minute) = match zone {
        b"Z" => return Some(0),
        [b'+', hour @ .., b':', m1, m2] => (1, hour, [*m1, *m2]),
        [b'-', hour @ .., b':', m1, m2] => (-1, hour, [*m1, *m2]),
        _ => return None,
    };
    let (hour, minute) = ((hour.len() == 2).then(|| digits(hour)).flatten()?, digits(&minute)?);
    let holds = (hour <= 13 && minute <= 59) || (hour == 14 && minute == 0);
    holds.then(|| sign * i32::try_from(hour * 60 + minute).unwrap_or(0))
}

/// Whether `text` is an `eventTimeZoneOffset`: `±hh:mm` up to ±14:00 (no `Z`).
pub fn is_time_zone_offset(text: &str) -> bool {
    text != "Z" && offset_minutes(text.as_bytes()).is_some()
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(byte - b'0')),
        _ => None,
    })
}

/// The nanoseconds of `.f…` if there is one, and what follows.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some(tail) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let nine = tail[..length].iter().chain(std::iter::repeat(&b'0')).take(9);
    let nanoseconds = nine.fold(0, |number, byte| number * 10 + u32::from(byte - b'0'));
    Some((nanoseconds, &tail[length..]))
}

fn push_padded(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from_digit(number / 10_u32.pow(place) % 10, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: instants come out in UTC to the millisecond. Method: a table, both roundings.
    #[test]
    fn utc_milliseconds() {
        let table = [
            ("2005-04-03T20:33:31.116-06:00", "2005-04-04T02:33:31.116Z", "2005-04-04T02:33:31.116Z"),
            ("2023-02-02T11:04:03.1415Z", "2023-02-02T11:04:03.142Z", "2023-02-02T11:04:03.142Z"),
            ("2023-02-02T11:04:03.1425Z", "2023-02-02T11:04:03.142Z", "2023-02-02T11:04:03.143Z"),
            ("1999-12-31T23:59:59.9996Z", "2000-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z"),
            ("1960-02-29T00:00:00+14:00", "1960-02-28T10:00:00.000Z", "1960-02-28T10:00:00.000Z"),
        ];
        for (text, even, up) in table {
            let stamp = Stamp::parse(text).unwrap();
            assert_eq!(stamp.to_utc_milliseconds(Rounding::HalfEven).as_deref(), Some(even), "{text}");
            assert_eq!(stamp.to_utc_milliseconds(Rounding::HalfUp).as_deref(), Some(up), "{text}");
        }
    }

    // Goal: what the XSD's pattern refuses is refused, and what has no UTC form is no panic.
    // Method: a table.
    #[test]
    fn refused() {
        for text in [
            "",
            "22-07-2026",
            "2026-07-22",
            "2026-07-22T10:00:00",
            "2026-07-22T10:00Z",
            "2026-07-22T10:00:00.Z",
            "2026-02-30T10:00:00Z",
            "2026-07-22T24:00:00Z",
            "2026-07-22T10:00:60Z",
            "2026-07-22T10:00:00+15:00",
            "2026-07-22T10:00:00+14:01",
            "2026-07-22T10:00:00+1:00",
            "2026-07-22 10:00:00Z",
            "２026-07-22T10:00:00Z",
        ] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
        let last = Stamp::parse("9999-12-31T23:59:59-14:00").unwrap();
        assert_eq!(last.to_utc_milliseconds(Rounding::HalfUp), None);
        assert!(is_time_zone_offset("+08:00") && is_time_zone_offset("-14:00"));
        assert!(!is_time_zone_offset("Z") && !is_time_zone_offset("08:00") && !is_time_zone_offset("+14:30"));
    }
}
