//! Judges identifiers of drugs.

use super::checks::mod10_ok;
use super::{Kind, Verdict, digit, is_year};

pub(super) fn trace_code(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[20])?;
    Ok(None)
}

pub(super) fn standard_code(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[14])?;
    // 86 is the country, 9 the category of drugs.
    if !text.starts_with("869") {
        return Err(kind.misshapen(text));
    }
    kind.checked(text, mod10_ok(text))?;
    Ok(None)
}

/// 药品注册管理办法 (2020) art. 123: H, Z or S, then C (Hong Kong, Macao, Taiwan) or J (abroad) if
/// so, year and serial. Before: one letter, also J, B, T or F, and eight digits.
pub(super) fn approval(kind: Kind, text: &str) -> Verdict {
    let numbers = |rest: &str| rest.len() == 8 && rest.bytes().all(digit);
    let valid = text.strip_prefix("国药准字").is_some_and(|rest| {
        let mut characters = rest.chars();
        match characters.next() {
            Some('H' | 'Z' | 'S') => {
                let rest = characters.as_str();
                match rest.strip_prefix(['C', 'J']) {
                    Some(number) => numbers(number) && is_year(number),
                    None => numbers(rest),
                }
            }
            Some('J' | 'B' | 'T' | 'F') => numbers(characters.as_str()),
            _ => false,
        }
    });
    match valid {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}
