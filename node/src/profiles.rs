//! What profiles say of events, for programs.

use serde_json::{Value, json};
use suyuan_ledger::profile::{Judged, ProductClass};

/// What a profile says of an event, for programs.
pub fn profile_json(event: Option<u64>, judged: &Judged) -> Value {
    let mut codes: Vec<&str> = judged.remarks.iter().map(|reason| reason.code.id).collect();
    codes.dedup();
    json!({
        "event": event, "record_type": judged.record_type, "product_class": judged.class.map_or("-", ProductClass::code),
        "completeness": judged.completeness, "timeliness": judged.timeliness, "missing": judged.missing,
        "codes": codes,
    })
}
