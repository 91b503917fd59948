//! Linters of codes that other standards list: countries, currencies, packages, media, accounts.
//!
//! The lists are facts of those standards, as the vectors of GS1's reference linters enumerate them.

use super::package_types::PACKAGE_TYPES;
use super::{LintError, LintResult};
use crate::codes::lint;

/// Numeric country codes of ISO 3166-1.
const COUNTRIES: &[u16] = &[
    4, 8, 10, 12, 16, 20, 24, 28, 31, 32, 36, 40, 44, 48, 50, 51, 52, 56, 60, 64, 68, 70, 72, 74, 76, 84, 86, 90, 92,
    96, 100, 104, 108, 112, 116, 120, 124, 132, 136, 140, 144, 148, 152, 156, 158, 162, 166, 170, 174, 175, 178, 180,
    184, 188, 191, 192, 196, 203, 204, 208, 212, 214, 218, 222, 226, 231, 232, 233, 234, 238, 239, 242, 246, 248, 250,
    254, 258, 260, 262, 266, 268, 270, 275, 276, 288, 292, 296, 300, 304, 308, 312, 316, 320, 324, 328, 332, 334, 336,
    340, 344, 348, 352, 356, 360, 364, 368, 372, 376, 380, 384, 388, 392, 398, 400, 404, 408, 410, 414, 417, 418, 422,
    426, 428, 430, 434, 438, 440, 442, 446, 450, 454, 458, 462, 466, 470, 474, 478, 480, 484, 492, 496, 498, 499, 500,
    504, 508, 512, 516, 520, 524, 528, 531, 533, 534, 535, 540, 548, 554, 558, 562, 566, 570, 574, 578, 580, 581, 583,
    584, 585, 586, 591, 598, 600, 604, 608, 612, 616, 620, 624, 626, 630, 634, 638, 642, 643, 646, 652, 654, 659, 660,
    662, 663, 666, 670, 674, 678, 682, 686, 688, 690, 694, 702, 703, 704, 705, 706, 710, 716, 724, 728, 729, 732, 740,
    744, 748, 752, 756, 760, 762, 764, 768, 772, 776, 780, 784, 788, 792, 795, 796, 798, 800, 804, 807, 818, 826, 831,
    832, 833, 834, 840, 850, 854, 858, 860, 862, 876, 882, 887, 894,
];

/// Numeric currency codes of ISO 4217.
const CURRENCIES: &[u16] = &[
    8, 12, 32, 36, 44, 48, 50, 51, 52, 60, 64, 68, 72, 84, 90, 96, 104, 108, 116, 124, 132, 136, 144, 152, 156, 170,
    174, 188, 192, 203, 208, 214, 222, 230, 232, 238, 242, 262, 270, 292, 320, 324, 328, 332, 340, 344, 348, 352, 356,
    360, 364, 368, 376, 388, 392, 396, 398, 400, 404, 408, 410, 414, 417, 418, 422, 426, 430, 434, 446, 454, 458, 462,
    480, 484, 496, 498, 504, 512, 516, 524, 532, 533, 548, 554, 558, 566, 578, 586, 590, 598, 600, 604, 608, 634, 643,
    646, 654, 682, 690, 702, 704, 706, 710, 728, 748, 752, 756, 760, 764, 776, 780, 784, 788, 800, 807, 818, 826, 834,
    840, 858, 860, 882, 886, 901, 924, 925, 926, 927, 928, 929, 930, 933, 934, 936, 938, 940, 941, 943, 944, 946, 947,
    948, 949, 950, 951, 952, 953, 955, 956, 957, 958, 959, 960, 961, 962, 963, 964, 965, 967, 968, 969, 970, 971, 972,
    973, 975, 976, 977, 978, 979, 980, 981, 984, 985, 986, 990, 994, 997, 999,
];

/// Two-letter country codes of ISO 3166-1: for each first letter, A to Z, the second letters.
const COUNTRY_LETTERS: [&[u8]; 26] = [
    b"DEFGILMOQRSTUWXZ",
    b"ABDEFGHIJLMNOQRSTVWYZ",
    b"ACDFGHIKLMNORUVWXYZ",
    b"EJKMOZ",
    b"CEGHRST",
    b"IJKMOR",
    b"ABDEFGHILMNPQRSTUWY",
    b"KMNRTU",
    b"DELMNOQRST",
    b"EMOP",
    b"EGHIMNPRWYZ",
    b"ABCIKRSTUVY",
    b"ACDEFGHKLMNOPQRSTUVWXYZ",
    b"ACEFGILOPRUZ",
    b"M",
    b"AEFGHKLMNRSTWY",
    b"A",
    b"EOSUW",
    b"ABCDEGHIJKLMNORSTVXYZ",
    b"CDFGHJKLMNORTVWZ",
    b"AGMSYZ",
    b"ACEGINU",
    b"FS",
    b"",
    b"ET",
    b"AMW",
];

/// A numeric country code of ISO 3166-1.
pub fn iso3166(value: &str) -> LintResult {
    match is_listed(value, COUNTRIES) {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_ISO3166, value)),
    }
}

/// A numeric country code of ISO 3166-1, or 999.
pub fn iso3166999(value: &str) -> LintResult {
    match value == "999" || is_listed(value, COUNTRIES) {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_ISO3166_OR_999, value)),
    }
}

/// A two-letter country code of ISO 3166-1.
pub fn iso3166alpha2(value: &str) -> LintResult {
    match is_country(value.as_bytes()) {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_ISO3166_ALPHA2, value)),
    }
}

/// A numeric currency code of ISO 4217.
pub fn iso4217(value: &str) -> LintResult {
    match is_listed(value, CURRENCIES) {
        true => Ok(()),
        false => Err(LintError::whole(lint::NOT_ISO4217, value)),
    }
}

/// A sex code of ISO/IEC 5218.
pub fn iso5218(value: &str) -> LintResult {
    match value {
        "0" | "1" | "2" | "9" => Ok(()),
        _ => Err(LintError::whole(lint::INVALID_BIOLOGICAL_SEX_CODE, value)),
    }
}

/// An AIDC media type that ICCBBA has assigned (01 to 10) or leaves to local use (80 to 99).
pub fn mediatype(value: &str) -> LintResult {
    let assigned = match value.as_bytes() {
        [b'0', b'1'..=b'9'] | [b'1', b'0'] => true,
        [b'8' | b'9', last] => last.is_ascii_digit(),
        _ => false,
    };
    match assigned {
        true => Ok(()),
        false => Err(LintError::whole(lint::INVALID_MEDIA_TYPE, value)),
    }
}

/// A package type of UN/ECE Recommendation 21 or of GS1's additions to it.
pub fn packagetype(value: &str) -> LintResult {
    match PACKAGE_TYPES.binary_search(&value) {
        Ok(_) => Ok(()),
        Err(_) => Err(LintError::whole(lint::INVALID_PACKAGE_TYPE, value)),
    }
}

/// No IBAN is so short: a country code, check digits, and a little more.
const IBAN_CHARACTERS_MIN: usize = 11;
/// The longest IBAN (ISO 13616-1).
const IBAN_CHARACTERS_MAX: usize = 34;

/// An international bank account number: a country, characters and check digits that fit (ISO 13616-1; the check is
/// ISO/IEC 7064 MOD 97-10 of the text with its first four characters moved to the end).
pub fn iban(value: &str) -> LintResult {
    let bytes = value.as_bytes();
    let Some((head, body)) = bytes.split_at_checked(4) else {
        return Err(LintError::whole(lint::IBAN_TOO_SHORT, value));
    };
    if !is_country(head.get(..2).unwrap_or_default()) {
        let length = value.chars().take(2).map(char::len_utf8).sum();
        return Err(LintError::range(lint::ILLEGAL_IBAN_COUNTRY_CODE, 0, length));
    }
    if bytes.len() > IBAN_CHARACTERS_MAX {
        return Err(LintError::whole(lint::IBAN_TOO_LONG, value));
    }
    if bytes.len() < IBAN_CHARACTERS_MIN {
        return Err(LintError::whole(lint::IBAN_TOO_SHORT, value));
    }
    let permitted = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    let at_fault = body.iter().position(|byte| !permitted(byte)).map(|index| index.saturating_add(4));
    if let Some(start) = at_fault.or_else(|| head.iter().position(|byte| !permitted(byte))) {
        return Err(LintError::character(lint::INVALID_IBAN_CHARACTER, value, start));
    }
    let remainder = body.iter().chain(head).fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    match remainder {
        1 => Ok(()),
        _ => Err(LintError::range(lint::INCORRECT_IBAN_CHECKSUM, 2, 4)),
    }
}

fn is_country(letters: &[u8]) -> bool {
    let [first, second] = letters else { return false };
    let row = first.checked_sub(b'A').and_then(|index| COUNTRY_LETTERS.get(usize::from(index)));
    row.is_some_and(|seconds| seconds.contains(second))
}

/// Whether `value` is three digits and their number is in the sorted `list`.
fn is_listed(value: &str, list: &[u16]) -> bool {
    let three_digits = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_digit());
    three_digits && value.parse().is_ok_and(|number: u16| list.binary_search(&number).is_ok())
}
