//! Judges identifiers of organisations.

use super::checks::{USCC_CHARACTERS, mod31, mod97_ok, organisation_check};
use super::{Kind, Verdict, digit, digit_or_capital};
use crate::codes::identifier as codes;
use crate::problem::Reason;

/// GB 32100-2015 §4: registering department and category of organisation.
const DEPARTMENTS: &[&str] = &[
    "11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "39", "41", "49", "51", "52", "53", "59", "61",
    "62", "69", "71", "72", "79", "81", "89", "91", "92", "93", "A1", "A9", "N1", "N2", "N3", "N9", "Y1",
];

pub(super) fn uscc(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, |byte| USCC_CHARACTERS.contains(&byte), &[18])?;
    let (department, rest) = text.split_at_checked(2).unwrap_or((text, ""));
    let (division, rest) = rest.split_at_checked(6).unwrap_or((rest, ""));
    let (organisation, rest) = rest.split_at_checked(8).unwrap_or((rest, ""));
    let (organisation_digit, check) = rest.split_at_checked(1).unwrap_or((rest, ""));
    if !DEPARTMENTS.contains(&department) {
        return Err(Reason::new(codes::DEPT, &[department]));
    }
    // The division of registration may since have been dissolved: only its form is judged.
    if !division.bytes().all(digit) {
        return Err(Reason::new(codes::DIVISION, &[division]));
    }
    let right = text.get(..17).and_then(mod31).is_some_and(|expected| check.as_bytes() == [expected]);
    kind.checked(text, right)?;
    // GB 11714 inside: a few old codes deviate, so this is no error.
    let expected = organisation_check(organisation).map(char::from).map(String::from).unwrap_or_default();
    Ok((expected != organisation_digit)
        .then(|| Reason::new(codes::ORG_CHECK, &[organisation, &expected, organisation_digit])))
}

pub(super) fn lei(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit_or_capital, &[20])?;
    if !text.bytes().skip(18).all(digit) {
        return Err(kind.misshapen(text));
    }
    kind.checked(text, mod97_ok(text))?;
    Ok(None)
}

pub(super) fn hk_business(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[8])?;
    Ok(None)
}
