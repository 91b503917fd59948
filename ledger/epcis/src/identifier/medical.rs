//! Judges identifiers of medical devices.

use super::checks::mod43;
use super::{AgencyDevice, Gtin, HibcDevice, Kind, PROVINCES, Verdict, digit, digit_or_capital, fits};
use crate::problem::Reason;

/// 医疗器械注册与备案管理办法: authority, kind of registration, year, class 2 or 3, 6 digits. Devices
/// from abroad (进) and from Hong Kong, Macao or Taiwan (许) are registered nationally only.
pub(super) fn registration(kind: Kind, text: &str) -> Verdict {
    let valid = text.split_once("械注").is_some_and(|(authority, rest)| {
        let number = match rest.strip_prefix(['进', '许']) {
            Some(number) => (authority == "国").then_some(number),
            None => rest.strip_prefix('准').filter(|_| authority == "国" || is_province(authority)),
        };
        number
            .is_some_and(|number| fits(number, "20999999999") && matches!(number.as_bytes().get(4), Some(b'2' | b'3')))
    });
    match valid {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

/// Authority (国, or province and city), year and serial of 4 to 7 digits.
pub(super) fn filing(kind: Kind, text: &str) -> Verdict {
    let valid = text.split_once("械备").is_some_and(|(authority, number)| {
        let mut place = authority.chars();
        let first = place.next().is_some_and(|first| first == '国' || PROVINCES.contains(first));
        let second = place.next().is_none_or(|city| !city.is_ascii());
        let authority_ok = first && second && place.next().is_none();
        authority_ok && number.starts_with("20") && (8..=11).contains(&number.len()) && number.bytes().all(digit)
    });
    match valid {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

fn is_province(text: &str) -> bool {
    text.chars().count() == 1 && PROVINCES.contains(text)
}

/// ANSI/HIBC 2.6: `+`, labeller (a letter and 3 characters), product of 1 to 18 characters, unit of
/// measure (a digit), check character.
pub(super) fn hibc(kind: Kind, text: &str) -> Verdict {
    kind.only(text, |byte| digit_or_capital(byte) || b"-. $/+%".contains(&byte))?;
    if !(8..=25).contains(&text.len()) {
        return Err(kind.length("8–25", text.len()));
    }
    let Some((body, check)) = text.split_at_checked(text.len() - 1) else { return Err(kind.misshapen(text)) };
    let Some(inner) = body.strip_prefix('+') else { return Err(kind.misshapen(text)) };
    let letter_first = inner.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    let unit_last = inner.bytes().last().is_some_and(digit);
    if !letter_first || !unit_last || !inner.bytes().all(digit_or_capital) {
        return Err(kind.misshapen(text));
    }
    kind.checked(text, mod43(body).is_some_and(|expected| check.as_bytes() == [expected]))?;
    Ok(None)
}

pub(super) fn agency(kind: Kind, text: &str) -> Verdict {
    kind.only(text, |byte| digit_or_capital(byte) || matches!(byte, b'.' | b'-'))?;
    if !(4..=64).contains(&text.len()) {
        return Err(kind.length("4–64", text.len()));
    }
    match text.starts_with("MA.") || text.starts_with("AHM") {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

/// Device identifier part of a unique device identification, by the agency that issued it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UdiDi {
    /// GS1.
    Gs1(Gtin),
    /// Health Industry Business Communications Council.
    Hibc(HibcDevice),
    /// One of the Chinese agencies.
    Agency(AgencyDevice),
}

impl UdiDi {
    /// Reads a device identifier; its first characters tell the agency.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if text.starts_with('+') {
            HibcDevice::parse(text).map(UdiDi::Hibc)
        } else if text.starts_with("MA.") || text.starts_with("AHM") {
            AgencyDevice::parse(text).map(UdiDi::Agency)
        } else {
            Gtin::parse(text).map(UdiDi::Gs1)
        }
    }

    /// The identifier as written.
    pub fn as_str(&self) -> &str {
        match self {
            UdiDi::Gs1(gtin) => gtin.as_str(),
            UdiDi::Hibc(device) => device.as_str(),
            UdiDi::Agency(device) => device.as_str(),
        }
    }
}
