//! The words of the Core Business Vocabulary that move states: bare, as URN, as web URI, or with the prefix
//! `cbv` that GS1's own context binds (CBV 2.0 §7).

use super::Step;

/// The word that `value` is in one of the vocabularies below; `value` itself if it is bare, or no such word.
fn word<'a>(value: &'a str, urn: &str, web: &str) -> &'a str {
    let of_web = |lead: &str| value.strip_prefix(lead).and_then(|rest| rest.strip_prefix(web));
    value
        .strip_prefix("urn:epcglobal:cbv:")
        .and_then(|rest| rest.strip_prefix(urn))
        .or_else(|| of_web("https://ref.gs1.org/cbv/"))
        .or_else(|| of_web("cbv:"))
        .unwrap_or(value)
}

/// The step, `dispensing` without regard to its disposition.
pub(super) fn step(value: &str) -> Step {
    match word(value, "bizstep:", "BizStep-") {
        "commissioning" | "creating_class_instance" => Step::Commissioning,
        "shipping" | "departing" | "consigning" => Step::Shipping,
        "receiving" | "accepting" | "arriving" => Step::Receiving,
        "void_shipping" => Step::VoidShipping,
        "decommissioning" | "destroying" => Step::Ending,
        "holding" => Step::Holding,
        _ => Step::Other,
    }
}

pub(super) fn is_dispensing(value: &str) -> bool {
    word(value, "bizstep:", "BizStep-") == "dispensing"
}

pub(super) fn disposition(value: &str) -> &str {
    word(value, "disp:", "Disp-")
}

pub(super) fn error_reason(value: &str) -> &str {
    word(value, "er:", "ER-")
}

/// Whether the type of a source or destination is that of a party: owner or possessor, and no place.
pub(super) fn is_party(value: &str) -> bool {
    matches!(word(value, "sdt:", "SDT-"), "owning_party" | "possessing_party")
}
