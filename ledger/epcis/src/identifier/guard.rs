//! Keeps personal data out: finds what is shaped like a natural person's number in a text.
//!
//! To be asked about texts that are not identifiers: a valid identifier in a field of its own kind is
//! never refused for its shape. A resident identity number is only seen where its check character
//! is right and no digit touches it, so a longer number is not mistaken for one.

use super::PROVINCES;
use super::checks::mod11_2;

/// What a text has the shape of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Resident identity number, GB 11643-1999.
    ResidentId,
    /// Mobile telephone number of mainland China.
    MobileNumber,
    /// Licence plate of a motor vehicle, GA 36-2018.
    LicencePlate,
}

/// What personal number `text` is or contains, if any.
///
/// ```
/// use suyuan_epcis::identifier::guard::{Kind, natural_person_shape};
/// // The sample published in GB 11643.
/// assert_eq!(natural_person_shape("11010519491231002X"), Some(Kind::ResidentId));
/// assert_eq!(natural_person_shape("110105194912310021"), None);
/// ```
pub fn natural_person_shape(text: &str) -> Option<Kind> {
    let mut rest = text.as_bytes();
    let mut preceding = None;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if run == 0 {
            preceding = Some(*first);
            rest = rest.get(1..)?;
            continue;
        }
        let (digits, after) = rest.split_at_checked(run)?;
        if let Some(kind) = number_shape(digits, preceding, after) {
            return Some(kind);
        }
        preceding = digits.last().copied();
        rest = after;
    }
    has_plate(text).then_some(Kind::LicencePlate)
}

/// Judges a run of digits that no other digit touches.
fn number_shape(digits: &[u8], preceding: Option<u8>, after: &[u8]) -> Option<Kind> {
    let mobile =
        |number: &[u8]| number.len() == 11 && matches!(number, [b'1', second, ..] if (b'3'..=b'9').contains(second));
    match digits.len() {
        11 if mobile(digits) => Some(Kind::MobileNumber),
        // Written internationally, +86.
        13 if preceding == Some(b'+') && digits.strip_prefix(b"86").is_some_and(mobile) => Some(Kind::MobileNumber),
        17 => {
            let check_and_end =
                matches!(after.first(), Some(b'X' | b'x')) && !after.get(1).is_some_and(u8::is_ascii_digit);
            (check_and_end && is_resident(digits, b'X')).then_some(Kind::ResidentId)
        }
        18 => {
            let (check, body) = digits.split_last()?;
            is_resident(body, *check).then_some(Kind::ResidentId)
        }
        _ => None,
    }
}

/// Division 6, birth date 8, order 3, then the check character.
fn is_resident(body: &[u8], check: u8) -> bool {
    let number = |from: usize, to: usize| {
        let digits = body.get(from..to).unwrap_or(&[]);
        digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let born = (1900..=2099).contains(&number(6, 10))
        && (1..=12).contains(&number(10, 12))
        && (1..=31).contains(&number(12, 14));
    body.first() != Some(&b'0') && born && mod11_2(body) == Some(check)
}

/// A province's character, a capital, an optional dot, then five or six characters of which the last
/// may be a Chinese one. Letters I and O are not used. What stands within a longer number, such as a
/// certificate's, is no plate.
fn has_plate(text: &str) -> bool {
    let letter = |character: char| matches!(character, 'A'..='H' | 'J'..='N' | 'P'..='Z');
    let mut preceding = ' ';
    for (at, character) in text.char_indices() {
        // The cheap test first: the search in the list is for Chinese characters only.
        let starts = !character.is_ascii() && !preceding.is_ascii_alphanumeric() && PROVINCES.contains(character);
        preceding = character;
        if !starts {
            continue;
        }
        let mut rest = text.get(at + character.len_utf8()..).unwrap_or("").chars();
        if !rest.next().is_some_and(letter) {
            continue;
        }
        let rest = rest.as_str().trim_start_matches(['·', '•', ' ', '-']);
        let digit_or_letter = |found: &char| letter(*found) || found.is_ascii_digit();
        let count = rest.chars().take(7).take_while(digit_or_letter).count();
        let next = rest.chars().nth(count);
        let special = next.is_some_and(|last| "挂学警港澳".contains(last));
        let ended = !next.is_some_and(|next| next.is_ascii_alphanumeric());
        if ended && (matches!(count, 5 | 6) || count == 4 && special) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Kind, natural_person_shape};

    // Goal: personal numbers are found as whole numbers and nothing else is. Method: a table; the
    // resident numbers are the standard's samples.
    #[test]
    fn shapes() {
        let table = [
            ("11010519491231002X", Some(Kind::ResidentId)),
            ("身份证 11010519491231002x。", Some(Kind::ResidentId)),
            ("440524188001010014", None),
            ("110105194912310021", None),
            ("11010519491231002X1", None),
            ("111010519491231002X", None),
            ("13812345678", Some(Kind::MobileNumber)),
            ("call +8613812345678 now", Some(Kind::MobileNumber)),
            ("8613812345678", None),
            ("138123456789", None),
            ("12812345678", None),
            ("粤A12345", Some(Kind::LicencePlate)),
            ("车牌：粤B·D12345，", Some(Kind::LicencePlate)),
            ("粤Z1234港", Some(Kind::LicencePlate)),
            ("粤A1234", None),
            ("粤A1234567", None),
            ("梯11粤A00123(19)", None),
            ("粤械注准20162140001", None),
            ("91440115DEMA00013J", None),
            ("095210010000000017", None),
            ("81051230000000004471", None),
            ("", None),
            ("\0\u{7f}é１３８", None),
        ];
        for (text, expected) in table {
            assert_eq!(natural_person_shape(text), expected, "{text}");
        }
    }

    // Goal: size costs linear time. Method: 100 MB of the worst.
    #[test]
    fn hostile_size() {
        for unit in ["1", "粤", "粤A", "粤A ", "12345678901234567 ", "粤A1"] {
            assert_eq!(natural_person_shape(&unit.repeat(100_000_000 / unit.len())), None, "{unit}");
        }
    }
}
