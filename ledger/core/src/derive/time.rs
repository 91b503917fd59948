//! Reads times as EPCIS writes them.

const MINUTE: i64 = 60_000;

/// Milliseconds since 1970 of `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`: RFC 3339 in upper case, as the XSD's
/// `DateTimeStamp` has it.
///
/// Years 0000 to 9999 of the proleptic Gregorian calendar, offsets up to ±14:00. A leap second (`:60`) is
/// none that EPCIS can write, and is refused. What is finer than a millisecond is cut off, towards the past.
pub(crate) fn milliseconds(text: &str) -> Option<i64> {
    let (date_time, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2] = *date_time else {
        return None;
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[mo1, mo2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[mi1, mi2])?, number(&[s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) {
        return None;
    }
    if !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    let (fraction, zone) = fraction(rest)?;
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes(zone)?;
    Some(minutes * MINUTE + second * 1_000 + fraction)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| match byte {
        b'0'..=b'9' => Some(number * 10 + i64::from(byte - b'0')),
        _ => None,
    })
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days between 1970-01-01 and this one of the years 0 to 9999.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // The leap years before `year`, of which year 0 is one.
    let before = year - 1;
    let leap_days = if year == 0 { 0 } else { before / 4 - before / 100 + before / 400 + 1 };
    let of_year: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    const DAYS_BEFORE_1970: i64 = 719_528;
    year * 365 + leap_days + of_year + day - 1 - DAYS_BEFORE_1970
}

/// The milliseconds of `.f…` if there is one, and what follows.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(tail) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = tail.split_at_checked(length)?;
    let three = digits.iter().chain(b"00").take(3).copied();
    let milliseconds = three.fold(0, |number, byte| number * 10 + i64::from(byte.saturating_sub(b'0')));
    (length > 0).then_some((milliseconds, zone))
}

fn offset_minutes(zone: &[u8]) -> Option<i64> {
    let (sign, [h1, h2, b':', m1, m2]) = (match zone {
        b"Z" => return Some(0),
        [b'+', offset @ ..] => (1, <[u8; 5]>::try_from(offset).ok()?),
        [b'-', offset @ ..] => (-1, <[u8; 5]>::try_from(offset).ok()?),
        _ => return None,
    }) else {
        return None;
    };
    let (hour, minute) = (number(&[h1, h2])?, number(&[m1, m2])?);
    let holds = (hour <= 13 && minute <= 59) || (hour == 14 && minute == 0);
    holds.then_some(sign * (hour * 60 + minute))
}

#[cfg(test)]
mod tests {
    use suyuan_epcis::time::Stamp;

    use super::*;

    /// Goal: the same instants as the reader of documents, and the same texts refused. Method: every day of
    /// years around the rules of leap years, and good and bad forms.
    #[test]
    fn agrees_with_the_reader() {
        let expected = |text: &str| {
            Stamp::parse(text).map(|stamp| stamp.seconds * 1_000 + i64::from(stamp.nanoseconds / 1_000_000))
        };
        for year in [0, 1, 4, 100, 400, 1582, 1899, 1900, 1904, 1969, 1970, 1972, 1999, 2000, 2024, 2026, 2100, 9999] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year:04}-{month:02}-{day:02}T23:59:58.999+08:00");
                    assert_eq!(milliseconds(&text), expected(&text), "{text}");
                }
            }
        }
        for text in [
            "1970-01-01T00:00:00Z",
            "1969-12-31T23:59:59.9999Z",
            "2026-11-21T08:00:00.1Z",
            "2026-11-21T08:00:00.123456789123-14:00",
            "2026-11-21T08:00:00+14:00",
            "2026-11-21T08:00:00+14:01",
            "2026-11-21T08:00:00-13:59",
            "2026-11-21T08:00:00+13:60",
            "2026-11-21T08:00:60Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:60:00Z",
            "2026-11-21T08:00:00",
            "2026-11-21T08:00:00.Z",
            "2026-11-21T08:00:00z",
            "2026-11-21t08:00:00Z",
            "2026-11-21 08:00:00Z",
            "2026-11-21T08:00Z",
            "2026-11-21T08:00:00+0800",
            "2026-11-21T08:00:00Zx",
            "+026-11-21T08:00:00Z",
            "２026-11-21T08:00:00Z",
            "",
        ] {
            assert_eq!(milliseconds(text), expected(text), "{text}");
        }
        assert_eq!(milliseconds("1970-01-01T00:00:00.001Z"), Some(1));
        assert_eq!(milliseconds("1969-12-31T23:59:59.9999Z"), Some(-1));
    }
}
