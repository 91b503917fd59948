//! How complete and how timely a recorded event is, by the profile of its product class. Remarks, never a refusal.
//!
//! An event that names its record type, or its product class and is written like one record type of that class, is
//! judged; any other follows no profile.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use suyuan_epcis::codes::record as codes;
use suyuan_epcis::json::context::Context;
use suyuan_epcis::json::{read, tree};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Path, Problems, Reason};
use suyuan_epcis::time::Stamp;

use super::{ProductClass, RecordType, assess, classify, declared_class, declared_type, timeliness};
use crate::derive::DEPTH_MAX;

/// Founds what was there before its holder joined: neither scored nor late (domain/03 §3.10).
const OPENING_BALANCE: &str = "TRC.OPENING_BALANCE";
/// In full time, in thousandths.
const IN_TIME: u32 = 1_000;

/// What a profile says of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The record type, if the event is of one.
    pub record_type: Option<&'static str>,
    /// The product class; none if the event names none that there is.
    pub class: Option<ProductClass>,
    /// Mandatory key data elements that are there, of all, in thousandths; none if it is not scored.
    pub completeness: Option<u32>,
    /// How soon it was recorded, in thousandths; none if it can't be late.
    pub timeliness: Option<u32>,
    /// Mandatory key data elements that are not there.
    pub missing: Vec<&'static str>,
    /// What is remarked.
    pub remarks: Vec<Reason>,
}

static NAMES: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| ["recordType", "productClass", "\\u"].map(Finder::new));

/// Whether an event may follow a profile. Most do not, and are not read again. Behind an escape a name could hide.
pub fn may_follow(payload: &[u8]) -> bool {
    NAMES.iter().any(|name| name.find(payload).is_some())
}

/// Judges a payload that was recorded at this time, in milliseconds since 1970.
pub fn judge(payload: &[u8], recorded_ms: i64) -> Option<Judged> {
    judge_event(&profiled(payload)?, recorded_ms)
}

/// The event of a payload that may follow a profile.
pub(crate) fn profiled(payload: &[u8]) -> Option<Event> {
    may_follow(payload).then(|| event_of(payload))?
}

/// The event of a payload, whether it follows a profile or not; none if that is no JSON.
pub fn event_of(payload: &[u8]) -> Option<Event> {
    // A payload is one event: what it takes to find out whether an input is one is left out.
    let json = tree::parse(payload, DEPTH_MAX as usize).ok()?;
    Some(read::event(json, &Context::default(), &Path::root(""), &mut Problems::new(None)))
}

/// Judges an event that was recorded at this time, in milliseconds since 1970.
pub(crate) fn judge_event(event: &Event, recorded_ms: i64) -> Option<Judged> {
    let (named, class) = (declared_type(event), declared_class(event));
    if matches!((&named, &class), (Ok(None), Ok(None))) {
        return None;
    }
    let known = class.as_ref().ok().copied().flatten();
    let Some(record_type) = classify(event) else {
        let remarks: Vec<Reason> = named.err().into_iter().chain(class.err()).collect();
        let missing = Vec::new();
        // A class alone obliges to nothing where no record type is written like the event.
        let judged = Judged { record_type: None, class: known, completeness: None, timeliness: None, missing, remarks };
        return Some(judged).filter(|judged| !judged.remarks.is_empty());
    };
    let class = known.unwrap_or_else(|| least_demanding(record_type));
    let assessment = assess(event, record_type, class);
    let mut remarks = assessment.problems;
    if record_type.code == OPENING_BALANCE {
        remarks.retain(|reason| *reason.code != *codes::FIELD_MISSING);
        let (record_type, missing) = (Some(record_type.code), Vec::new());
        return Some(Judged {
            record_type,
            class: Some(class),
            completeness: None,
            timeliness: None,
            missing,
            remarks,
        });
    }
    let limit = record_type.limit_hours(class);
    let stamp = event.event_time.as_deref().and_then(Stamp::parse);
    let time =
        stamp.map(|stamp| stamp.seconds.saturating_mul(1_000).saturating_add(i64::from(stamp.nanoseconds / 1_000_000)));
    let timely = time.and_then(|time| timeliness(time, recorded_ms, limit));
    if let (Some(counts), Some(hours)) = (timely.filter(|counts| *counts < IN_TIME), limit) {
        let arguments = [record_type.code, &hours.to_string(), &counts.to_string()];
        remarks.push(Reason::new(codes::LATE, &arguments));
    }
    Some(Judged {
        record_type: Some(record_type.code),
        class: Some(class),
        completeness: Some(assessment.completeness),
        timeliness: timely,
        missing: assessment.missing,
        remarks,
    })
}

/// The class by which a record is judged that names none: one for which nothing more is mandatory, if it can be.
fn least_demanding(record_type: &RecordType) -> ProductClass {
    match record_type.is_for(ProductClass::Other) {
        true => ProductClass::Other,
        false => record_type.classes.first().copied().unwrap_or(ProductClass::Other),
    }
}
