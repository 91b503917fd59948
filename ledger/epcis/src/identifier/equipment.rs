//! Judges identifiers of special equipment.

use super::{Kind, PROVINCES, Verdict, digit, digit_or_capital, is_year};

/// 特种设备代码编号方法. Two lengths of the maker's part and two of the serial are in use, and
/// nothing but the length tells them apart: a code is valid if one reading is.
pub(super) fn code(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit_or_capital, &[17, 18, 19])?;
    let readings = [(5, 4), (5, 5), (6, 4), (6, 5)];
    let valid = |(maker, serial): (usize, usize)| {
        let Some((class, rest)) = text.split_at_checked(4) else { return false };
        let Some((maker, rest)) = rest.split_at_checked(maker) else { return false };
        let Some((year, rest)) = rest.split_at_checked(4) else { return false };
        let first = class.starts_with(|character| matches!(character, '1'..='9' | 'F'));
        first
            && class.bytes().skip(1).chain(maker.bytes()).chain(year.bytes()).all(digit)
            && is_year(year)
            && rest.len() == serial
            // A serial beyond 9999 takes a letter in front.
            && rest.bytes().skip(1).all(digit)
    };
    match readings.into_iter().any(valid) {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

pub(super) fn registration(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit, &[20])?;
    let date = text.get(10..16).and_then(|date| date.split_at_checked(4));
    let dated = date.is_some_and(|(year, month)| is_year(year) && ("01"..="12").contains(&month));
    match dated && !text.starts_with('0') {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

/// TSG 08: the equipment's character, its class, province and city, five characters, and in new
/// certificates the year.
pub(super) fn use_certificate(kind: Kind, text: &str) -> Verdict {
    match is_use_certificate(text) {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

fn is_use_certificate(text: &str) -> bool {
    let mut characters = text.chars();
    let equipment = characters.next().is_some_and(|first| "锅容管梯起索游车瓶".contains(first));
    let class = characters.by_ref().take(2).filter(char::is_ascii_digit).count() == 2;
    let province = characters.next().is_some_and(|province| PROVINCES.contains(province));
    if !equipment || !class || !province {
        return false;
    }
    let rest = characters.as_str();
    let number = match rest.strip_suffix(')') {
        None => rest,
        Some(dated) => match dated.split_once('(') {
            Some((number, year)) if year.len() == 2 && year.bytes().all(digit) => number,
            _ => return false,
        },
    };
    let city = number.len() == 6 && number.starts_with(|city: char| city.is_ascii_uppercase());
    (number.len() == 5 || city) && number.bytes().all(digit_or_capital)
}
