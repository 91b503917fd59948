//! Judges identifiers of customs: parties, declarations and classes of goods.

use super::lists::{COUNTRIES, contains};
use super::{Kind, Verdict, digit, digit_or_capital, fits, is_year};
use crate::codes::identifier as codes;
use crate::problem::Reason;

pub(super) fn registration(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit_or_capital, &[10])?;
    match text.bytes().take(4).all(digit) {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

/// Announcement 2019-101 of the General Administration of Customs for `CN`; of other economies only
/// that a country and up to 17 characters follow.
pub(super) fn operator(kind: Kind, text: &str) -> Verdict {
    kind.only(text, digit_or_capital)?;
    let parts = text.strip_prefix("AEO").and_then(|rest| rest.split_at_checked(2));
    let Some((country, number)) = parts else { return Err(kind.misshapen(text)) };
    let valid = match country {
        "CN" => fits(number, "9999XXXXXX"),
        _ => (1..=17).contains(&number.len()),
    };
    if !valid {
        return Err(kind.misshapen(text));
    }
    match contains(COUNTRIES, country) {
        true => Ok(None),
        false => Err(Reason::new(codes::NOT_LISTED, &[country, Kind::CountryCode.name()])),
    }
}

pub(super) fn declaration(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[18])?;
    let year = text.get(4..8).is_some_and(is_year);
    let direction = matches!(text.as_bytes().get(8), Some(b'0' | b'1'));
    match year && direction {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

pub(super) fn goods(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[6, 8, 10])?;
    let chapter = text.get(..2).unwrap_or("");
    match ("01"..="97").contains(&chapter) && chapter != "77" {
        true => Ok(None),
        false => Err(Reason::new(codes::CHAPTER, &[chapter])),
    }
}
