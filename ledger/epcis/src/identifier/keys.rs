//! GS1 keys without application identifier, and the batch.

use super::checks::mod10_ok;
use super::{Gtin, Kind, Verdict, digit};
use crate::epc::is_serial_character;

pub(super) fn gln(kind: Kind, text: &str) -> Verdict {
    number(kind, text, &[13])
}

pub(super) fn gtin(kind: Kind, text: &str) -> Verdict {
    number(kind, text, &[8, 12, 13, 14])
}

pub(super) fn sscc(kind: Kind, text: &str) -> Verdict {
    number(kind, text, &[18])
}

pub(super) fn gsrn(kind: Kind, text: &str) -> Verdict {
    number(kind, text, &[18])
}

fn number(kind: Kind, text: &str, lengths: &[usize]) -> Verdict {
    kind.characters(text, digit, lengths)?;
    kind.checked(text, mod10_ok(text))?;
    Ok(None)
}

pub(super) fn grai(kind: Kind, text: &str) -> Verdict {
    number_and_text(kind, text, 14, 16)?;
    match text.starts_with('0') {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

pub(super) fn gdti(kind: Kind, text: &str) -> Verdict {
    number_and_text(kind, text, 13, 17)
}

/// `digits` digits, the last of them a check digit, and up to `rest` characters.
fn number_and_text(kind: Kind, text: &str, digits: usize, rest: usize) -> Verdict {
    kind.only(text, is_serial_character)?;
    let Some((number, tail)) = text.split_at_checked(digits) else {
        return Err(kind.length(&format!("{digits}–{}", digits + rest), text.len()));
    };
    if tail.len() > rest {
        return Err(kind.length(&format!("{digits}–{}", digits + rest), text.len()));
    }
    kind.only(number, digit)?;
    kind.checked(text, mod10_ok(number))?;
    Ok(None)
}

pub(super) fn giai(kind: Kind, text: &str) -> Verdict {
    kind.only(text, is_serial_character)?;
    if !(5..=30).contains(&text.len()) {
        return Err(kind.length("5–30", text.len()));
    }
    match text.bytes().take(4).all(digit) {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}

pub(super) fn lot(kind: Kind, text: &str) -> Verdict {
    kind.only(text, is_serial_character)?;
    match (1..=20).contains(&text.len()) {
        true => Ok(None),
        false => Err(kind.length("1–20", text.len())),
    }
}

impl Gtin {
    /// The number with zeros in front, 14 digits: the form to compare GTINs in.
    pub fn padded(&self) -> String {
        format!("{:0>14}", self.as_str())
    }

    /// Whether both name the same trade item, whatever their lengths.
    pub fn is_same_item(&self, other: &Gtin) -> bool {
        self.as_str().trim_start_matches('0') == other.as_str().trim_start_matches('0')
    }
}
