//! Times of an event (EPCIS 2.0 §7.4.1). A text that is no time was reported by the reader; rules
//! about it are passed over.

use super::report::Report;
use crate::codes::semantics as codes;
use crate::model::Event;
use crate::problem::Path;
use crate::time::Stamp;

pub(super) fn check(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let Some(event_time) = event.event_time.as_deref() else { return };
    if let Some(record_time) = event.record_time.as_deref()
        && is_before(record_time, event_time)
    {
        report.add(codes::RECORD_BEFORE_EVENT, &[record_time, event_time], &root.key("recordTime"));
    }
    let declaration = event.error_declaration.as_ref();
    if let Some(declared) = declaration.and_then(|declaration| declaration.declaration_time.as_deref())
        && is_before(declared, event_time)
    {
        let path = root.key("errorDeclaration");
        report.add(codes::DECLARED_BEFORE_EVENT, &[declared, event_time], &path.key("declarationTime"));
    }
}

/// Whether both are times and `one` is earlier than `two`.
pub(super) fn is_before(one: &str, two: &str) -> bool {
    matches!((Stamp::parse(one), Stamp::parse(two)), (Some(one), Some(two)) if one < two)
}
