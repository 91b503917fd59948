//! Judges identifiers of transport: containers and dangerous goods.

use super::checks::{container_check, is_container_shape};
use super::{Kind, Verdict, digit_or_capital, fits};

pub(super) fn container(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, digit_or_capital, &[11])?;
    if !is_container_shape(text) {
        return Err(kind.misshapen(text));
    }
    kind.checked(text, container_check(text) == text.bytes().last())?;
    Ok(None)
}

pub(super) fn un_number(kind: Kind, text: &str) -> Verdict {
    match fits(text, "UN9999") {
        true => Ok(None),
        false => Err(kind.misshapen(text)),
    }
}
