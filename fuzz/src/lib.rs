//! What must hold for every input, one function a fuzz target. A panic is a finding.

pub mod digital_link;
pub mod document;
pub mod element_string;
pub mod trace_proof;
pub mod urn;
pub mod wire;

use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;

/// Messages are made from the input, so making them must be safe too.
fn render(reason: &Reason) {
    for language in [Language::En, Language::Zh] {
        assert!(!reason.what(language).is_empty());
        assert!(!reason.remedy(language).is_empty());
    }
}
