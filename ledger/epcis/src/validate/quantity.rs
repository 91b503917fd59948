//! Judges quantity elements (EPCIS 2.0 §7.3.3.3): how many, or how much.

use super::report::Report;
use super::{lists, what};
use crate::codes::semantics as codes;
use crate::decimal;
use crate::identifier::units::is_unit;
use crate::model::QuantityElement;
use crate::problem::Path;

pub(super) fn list(elements: &[QuantityElement], path: &Path<'_>, report: &mut Report<'_>) {
    for (index, element) in elements.iter().enumerate() {
        let here = path.index(index);
        what::class(element, &here, report);
        amount(element, &here, report);
    }
    if elements.len() < 2 {
        return;
    }
    let keys: Vec<(Option<&str>, Option<&str>, usize)> = elements
        .iter()
        .zip(0..)
        .map(|(element, index)| {
            // An element without class is none that could be doubled: its place makes it unique.
            let unique = if element.epc_class.is_some() { 0 } else { index + 1 };
            (element.epc_class.as_deref(), element.uom.as_deref(), unique)
        })
        .collect();
    lists::repeated(&keys, |_, index| {
        if let Some(class) = elements.get(index).and_then(|element| element.epc_class.as_deref()) {
            report.add(codes::DUPLICATE_CLASS, &[class], &path.index(index));
        }
    });
}

/// "If quantity is omitted, uom shall be omitted too; without uom a quantity is a positive
/// integer, with uom a positive real number": the gist of §7.3.3.3.
fn amount(element: &QuantityElement, path: &Path<'_>, report: &mut Report<'_>) {
    // A quantity of the wrong shape was kept aside by the reader and reported there.
    let misshapen = |field: &str| element.extensions.iter().any(|kept| *kept.name.local == *field);
    if let Some(uom) = &element.uom {
        let here = path.key("uom");
        unit(uom, &here, report);
        if element.quantity.is_none() && !misshapen("quantity") {
            report.add(codes::UNIT_WITHOUT_QUANTITY, &[uom], &here);
        }
    }
    let Some(quantity) = &element.quantity else { return };
    let here = path.key("quantity");
    let text = &*quantity.0;
    match sign_and_wholeness(text) {
        Some((false, _)) => report.add(codes::NOT_POSITIVE, &[text], &here),
        Some((true, false)) if element.uom.is_none() && !misshapen("uom") => {
            report.add(codes::NOT_WHOLE, &[text], &here);
        }
        _ => {}
    }
}

/// Whether a number is positive, and whether it is whole; none if it is no number.
fn sign_and_wholeness(text: &str) -> Option<(bool, bool)> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((text.bytes().any(|byte| byte != b'0'), true));
    }
    let number = decimal::canonical(text)?;
    Some((number != "0" && !number.starts_with('-'), !number.contains('.')))
}

/// A unit of measure: its form (GS1's JSON schema), then whether Recommendation 20 has it.
fn unit(uom: &str, path: &Path<'_>, report: &mut Report<'_>) {
    let formed =
        matches!(uom.len(), 2 | 3) && uom.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    match formed {
        true => known_unit(uom, path, report),
        false => report.add(codes::BAD_UNIT, &[uom], path),
    }
}

/// Whether Recommendation 20 has a unit. It grows, so an unknown one is a warning.
pub(super) fn known_unit(uom: &str, path: &Path<'_>, report: &mut Report<'_>) {
    if !is_unit(uom) {
        report.add(codes::UNKNOWN_UNIT, &[uom], path);
    }
}
