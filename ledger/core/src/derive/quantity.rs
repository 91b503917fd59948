//! Reads quantities exactly.

use super::Quantity;

impl Quantity {
    /// The quantity that `text`, a JSON number, counts in `unit`. Without a unit it counts pieces.
    pub(super) fn new(text: &str, unit: Option<&str>) -> Quantity {
        let Some(unit) = unit else { return Quantity { thousandths: thousandths(text), unit: [0; 4] } };
        match padded(unit) {
            Some(unit) => Quantity { thousandths: thousandths(text), unit },
            // Of an unknown unit there is no telling how much it is.
            None => Quantity { thousandths: None, unit: [0; 4] },
        }
    }

    /// Both together; unknown if one is, or if their units differ.
    pub(super) fn plus(self, other: Quantity) -> Quantity {
        let sum = match (self.thousandths, other.thousandths) {
            (Some(one), Some(two)) if self.unit == other.unit => one.checked_add(two),
            _ => None,
        };
        Quantity { thousandths: sum, unit: self.unit }
    }
}

/// UN/ECE Recommendation 20: two or three capitals or digits.
fn padded(unit: &str) -> Option<[u8; 4]> {
    let fits =
        matches!(unit.len(), 2 | 3) && unit.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let mut padded = [0; 4];
    padded.get_mut(..unit.len()).filter(|_| fits)?.copy_from_slice(unit.as_bytes());
    Some(padded)
}

/// A JSON number times a thousand, if that is a whole number of 64 bits.
pub(crate) fn thousandths(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    let zeros = digits().rev().take_while(|digit| *digit == b'0').count();
    let significant = (whole.len() + fraction.len()).checked_sub(zeros)?;
    if significant == 0 {
        return Some(0);
    }
    // The last digit is none of the zeros now: if it all doesn't fit, or the point would stand before that
    // digit, there is no such number of thousandths.
    let mut value = digits()
        .take(significant)
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(i64::from(digit.checked_sub(b'0')?)))?;
    let exponent: i64 = exponent.parse().ok()?;
    let moved = i64::try_from(zeros).ok()? - i64::try_from(fraction.len()).ok()? + 3;
    let shift = exponent.checked_add(moved).filter(|shift| *shift >= 0)?;
    for _ in 0..shift {
        value = value.checked_mul(10)?;
    }
    Some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: thousandths are exact, or none. Method: a table around each limit.
    #[test]
    fn exact_thousandths() {
        let table = [
            ("0", Some(0)),
            ("-0.000e99999999999999999999999", Some(0)),
            ("1", Some(1_000)),
            ("12.50", Some(12_500)),
            ("-0.001", Some(-1)),
            ("0.0010", Some(1)),
            ("0.0001", None),
            ("1.0005", None),
            ("9007199254740993", Some(9_007_199_254_740_993_000)),
            ("9223372036854775.807", Some(i64::MAX)),
            ("9223372036854775.808", None),
            ("-9223372036854775.807", Some(-i64::MAX)),
            ("9223372036854776", None),
            ("1e2", Some(100_000)),
            ("1E+2", Some(100_000)),
            ("12345e-2", Some(123_450)),
            ("12345e-6", None),
            ("1000e-6", Some(1)),
            ("1.0000000000000000000000000000000000000", Some(1_000)),
            ("10000000000000000000000000000000000e-31", Some(1_000_000)),
            ("1e15", Some(1_000_000_000_000_000_000)),
            ("1e16", None),
            ("1e9223372036854775807", None),
            ("1e-9223372036854775808", None),
            ("1e99999999999999999999999999999999999", None),
        ];
        for (text, expected) in table {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }

    /// Goal: a sum knows its unit, or is unknown. Method: like and unlike units, an overflow.
    #[test]
    fn sums() {
        let quantity = Quantity::new;
        assert_eq!(quantity("1.5", Some("KGM")).plus(quantity("2", Some("KGM"))).thousandths, Some(3_500));
        assert_eq!(quantity("1", Some("KGM")).plus(quantity("2", None)).thousandths, None);
        assert_eq!(quantity("9e15", None).plus(quantity("9e15", None)).thousandths, None);
        for unit in ["", "K", "KGMX", "kgm", "é", "K M"] {
            assert_eq!(quantity("1", Some(unit)), Quantity { thousandths: None, unit: [0; 4] }, "{unit}");
        }
        assert_eq!(quantity("1", Some("C62")), Quantity { thousandths: Some(1_000), unit: *b"C62\0" });
    }
}
