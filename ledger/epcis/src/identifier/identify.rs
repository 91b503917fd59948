//! Tells what identifier a text can be.

use super::{Check, Kind};
use crate::codes::{identifier as codes, lint};
use crate::problem::Reason;

/// A kind of identifier that a text is valid as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The kind.
    pub kind: Kind,
    /// The canonical URI, if the kind has one.
    pub uri: Option<String>,
    /// Whether the check character was verified or only the form.
    pub check: Check,
    /// What is odd about it.
    pub note: Option<Reason>,
}

/// The kinds in order of how much their form says. Left out are those a bare text doesn't show: a
/// batch can be anything, GIAI, GRAI, GDTI and GSRN are told from other numbers only by the
/// application identifier before them.
const ORDER: &[Kind] = &[
    Kind::Uscc,
    Kind::Lei,
    Kind::FoodLicence,
    Kind::ContainerNumber,
    Kind::HibcDevice,
    Kind::DrugApproval,
    Kind::InfantFormulaRegistration,
    Kind::DeviceRegistration,
    Kind::DeviceFiling,
    Kind::UseCertificate,
    Kind::DrugStandardCode,
    Kind::UnNumber,
    Kind::Aeo,
    Kind::AgencyDevice,
    Kind::Sscc,
    Kind::Gtin,
    Kind::Gln,
    Kind::CustomsDeclaration,
    Kind::EquipmentRegistration,
    Kind::DrugTraceCode,
    Kind::EquipmentCode,
    Kind::CustomsRegistration,
    Kind::HsCode,
    Kind::Division,
    Kind::HkBusinessNumber,
    Kind::CurrencyCode,
    Kind::CountryCode,
    Kind::UnitCode,
];

/// The longest identifier of these kinds, in bytes.
const BYTES_MAX: usize = 80;

/// Every kind `text` is valid as, the most specific first. If it is none, the reason of the kind it
/// was most likely meant to be, or that it is unknown.
///
/// Texts with a syntax of their own are not looked at here: whoever has GS1 element strings, Digital
/// Links and EPC URNs to tell apart asks those parsers first (they answer at the first bytes) and
/// this function when none claims the text.
///
/// ```
/// use suyuan_epcis::identifier::{Kind, identify};
/// let kinds = |text| identify(text).map(|all| all.iter().map(|one| one.kind).collect::<Vec<_>>());
/// assert_eq!(kinds("21603101012006010101").unwrap(), [Kind::EquipmentRegistration, Kind::DrugTraceCode]);
/// assert_eq!(kinds("CSQU3054384").unwrap_err().code.id, "ID-CHECK_DIGIT");
/// ```
pub fn identify(text: &str) -> Result<Vec<Identified>, Reason> {
    let unknown = || Reason::new(codes::UNKNOWN, &[text]);
    if text.is_empty() || text.len() > BYTES_MAX {
        return Err(unknown());
    }
    let mut found = Vec::new();
    let mut best: Option<(u8, Reason)> = None;
    for kind in ORDER.iter().copied() {
        match kind.judge(text) {
            Ok(note) => found.push(Identified { kind, uri: kind.canonical_uri(text), check: kind.check(), note }),
            Err(reason) => {
                let weight = likelihood(kind, text, &reason);
                if weight > best.as_ref().map_or(0, |(weight, _)| *weight) {
                    best = Some((weight, reason));
                }
            }
        }
    }
    match (found.is_empty(), best) {
        (false, _) => Ok(found),
        (true, Some((_, reason))) => Err(reason),
        (true, None) => Err(unknown()),
    }
}

/// How likely `text` was meant to be of `kind` though it isn't, from 0.
fn likelihood(kind: Kind, text: &str, reason: &Reason) -> u8 {
    let leads: &[&str] = match kind {
        Kind::FoodLicence => &["SC"],
        Kind::HibcDevice => &["+"],
        Kind::DrugApproval => &["国药准字"],
        Kind::InfantFormulaRegistration => &["国食注字"],
        Kind::UnNumber => &["UN"],
        Kind::Aeo => &["AEO"],
        Kind::DrugStandardCode => &["869"],
        _ => &[],
    };
    if leads.iter().any(|lead| text.starts_with(lead)) {
        return 4;
    }
    // The form is right and only the check fails; a short code of a list says nothing by its form.
    let near = [lint::CHECK_DIGIT, codes::CATEGORY, codes::DEPT, codes::DIVISION, codes::CHAPTER];
    if near.contains(&reason.code) {
        return if reason.code == lint::CHECK_DIGIT { 3 } else { 1 };
    }
    if kind == Kind::Uscc && reason.code == codes::CHARSET && is_like_uscc(text) {
        return 4;
    }
    let half_width = narrowed(text);
    if half_width != text && kind.is_valid(&half_width) {
        return 2;
    }
    0
}

/// Eighteen characters that begin as almost every code does.
fn is_like_uscc(text: &str) -> bool {
    text.len() == 18 && text.bytes().take(8).all(|byte| byte.is_ascii_digit())
}

/// The text as it may have been meant: half-width, capital, without separators. Only to choose which
/// fault to report.
fn narrowed(text: &str) -> String {
    let narrow = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        ' ' | '-' | '\u{3000}' | '\u{a0}' => None,
        other => Some(other),
    };
    text.chars().filter_map(narrow).map(|character| character.to_ascii_uppercase()).collect()
}
