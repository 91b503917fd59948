//! Judges identifiers of food and its makers.

use super::checks::mod11_10;
use super::{Kind, Verdict, digit, fits};
use crate::codes::identifier as codes;
use crate::problem::Reason;

/// 食品生产许可管理办法: category 3, division 6, serial 4 and check digit. Category 1 is food (01–31), 2
/// additives (01–03).
pub(super) fn licence(kind: Kind, text: &str) -> Verdict {
    let Some(number) = text.strip_prefix("SC") else { return Err(kind.misshapen(text)) };
    kind.only(text, |byte| byte.is_ascii_digit() || matches!(byte, b'S' | b'C'))?;
    if number.len() != 14 {
        return Err(kind.length("16", text.len()));
    }
    if !number.bytes().all(digit) {
        return Err(kind.misshapen(text));
    }
    let category = number.get(..3).unwrap_or("");
    let known = match category.split_at_checked(1) {
        Some(("1", class)) => ("01"..="31").contains(&class),
        Some(("2", class)) => ("01"..="03").contains(&class),
        _ => false,
    };
    if !known {
        return Err(Reason::new(codes::CATEGORY, &[kind.name(), category]));
    }
    let right = number
        .split_at_checked(13)
        .is_some_and(|(body, check)| mod11_10(body).is_some_and(|expected| check.as_bytes() == [expected]));
    kind.checked(text, right)?;
    Ok(None)
}

pub(super) fn infant_formula(kind: Kind, text: &str) -> Verdict {
    match fits(text, "国食注字YP20999999") {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}
