//! Decimal text in one canonical form, exactly and without floating point.

use std::cmp::Ordering;

/// The largest exponent accepted: beyond it a number of a few characters would be canonicalised
/// to a text of gigabytes.
const EXPONENT_MAX: i64 = 400;

/// The canonical form of a decimal number: no sign `+`, no exponent, no leading or trailing
/// zeros, no `-0`. None if `text` is not a number (`[+-]digits[.digits][e[+-]digits]`).
///
/// ```
/// use suyuan_epcis::decimal::canonical;
/// assert_eq!(canonical("+0200.50").as_deref(), Some("200.5"));
/// assert_eq!(canonical("1.2e-7").as_deref(), Some("0.00000012"));
/// assert_eq!(canonical("12a"), None);
/// ```
pub fn canonical(text: &str) -> Option<String> {
    // Most values are names or URIs: leave at the first character.
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    let (negative, unsigned) = match first {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], exponent_of(&unsigned[at + 1..])?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let digits = [whole, fraction].concat();
    let point = whole.len() as i64 + exponent;
    Some(place_point(negative, &digits, point))
}

/// Which of two numbers is greater; none if one of them is no number.
///
/// ```
/// use std::cmp::Ordering;
/// use suyuan_epcis::decimal::compare;
/// assert_eq!(compare("-12.5", "1e1"), Some(Ordering::Less));
/// assert_eq!(compare("0.10", ".1"), Some(Ordering::Equal));
/// assert_eq!(compare("1", "one"), None);
/// ```
pub fn compare(one: &str, two: &str) -> Option<Ordering> {
    let (one, two) = (canonical(one)?, canonical(two)?);
    Some(match (one.strip_prefix('-'), two.strip_prefix('-')) {
        (None, None) => compare_unsigned(&one, &two),
        (Some(one), Some(two)) => compare_unsigned(two, one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    })
}

/// Compares canonical numbers without sign: the longer whole part is the greater, and of equally
/// long ones the order of the text is that of the numbers.
fn compare_unsigned(one: &str, two: &str) -> Ordering {
    let whole = |number: &str| number.find('.').unwrap_or(number.len());
    whole(one).cmp(&whole(two)).then_with(|| one.cmp(two))
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = text.parse().ok()?;
    (-EXPONENT_MAX..=EXPONENT_MAX).contains(&exponent).then_some(exponent)
}

/// Writes `digits` with the decimal point before digit number `point`.
fn place_point(negative: bool, digits: &str, point: i64) -> String {
    let leading = digits.bytes().take_while(|digit| *digit == b'0').count();
    let digits = &digits[leading..];
    let point = point - leading as i64;
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let mut number = String::with_capacity(digits.len() + 3);
    if negative {
        number.push('-');
    }
    let length = digits.len() as i64;
    if point <= 0 {
        number.push_str("0.");
        number.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
        number.push_str(digits);
    } else if point >= length {
        number.push_str(digits);
        number.extend(std::iter::repeat_n('0', (point - length) as usize));
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        number.push_str(whole);
        number.push('.');
        number.push_str(fraction);
    }
    number
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{canonical, compare};

    // Goal: every spelling of a number has one canonical form; what is no number has none.
    // Method: a table.
    #[test]
    fn canonical_forms() {
        let table = [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("007", "7"),
            ("100", "100"),
            ("1e2", "100"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-12.340e1", "-123.4"),
            ("12345678901234567890", "12345678901234567890"),
            ("0.1e-3", "0.0001"),
        ];
        for (text, expected) in table {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "+", "-", ".", "e5", "1e", "1e+", "1e999", "1_000", "0x10", "NaN", "INF", "1.2.3", "１"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    // Goal: numbers are ordered as numbers, not as texts. Method: a sorted list, every pair both ways.
    #[test]
    fn order() {
        let sorted = ["-1e2", "-99.5", "-99.49", "-1", "-0.5", "0", "0.05", "0.5", "1", "1.5", "9", "10", "1e3"];
        for (i, one) in sorted.iter().enumerate() {
            for (j, two) in sorted.iter().enumerate() {
                assert_eq!(compare(one, two), Some(i.cmp(&j)), "{one} {two}");
            }
        }
        assert_eq!(compare("-0", "0"), Some(Ordering::Equal));
        assert_eq!(compare("", "0"), None);
    }
}
