//! Judges codes of administrative divisions of China.

use super::{Kind, Verdict, digit};
use crate::codes::identifier as codes;
use crate::problem::Reason;

/// GB/T 2260: provinces, autonomous regions, municipalities and special administrative regions.
const PROVINCES: &[&str] = &[
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// The counties change every year and old codes stay in use: the province decides.
pub(super) fn division(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[6])?;
    match text.get(..2).is_some_and(|province| PROVINCES.contains(&province)) {
        true => Ok(None),
        false => Err(Reason::new(codes::DIVISION, &[text])),
    }
}
