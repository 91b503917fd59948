//! How complete and how timely a recorded event is, by the profile of its product class. Remarks, never a refusal.
//!
//! An event that names its record type, or its product class and is written like one record type of that class, is
//! judged; any other follows no profile.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use suyuan_epcis::codes::record as codes;
use suyuan_epcis::document::{Item, Limits};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Reason;
use suyuan_epcis::time::Stamp;
use suyuan_ledger::profile::{ProductClass, RecordType, assess, classify, declared_class, declared_type, timeliness};

/// Founds what was there before its holder joined: neither scored nor late (domain/03 §3.10).
const OPENING_BALANCE: &str = "TRC.OPENING_BALANCE";
/// In full time, in thousandths.
const IN_TIME: u32 = 1_000;

/// What a profile says of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The record type, if the event is of one.
    pub record_type: Option<&'static str>,
    /// The product class.
    pub class: &'static str,
    /// Mandatory key data elements that are there, of all, in thousandths; none if it is not scored.
    pub completeness: Option<u32>,
    /// How soon it was recorded, in thousandths; none if it can't be late.
    pub timeliness: Option<u32>,
    /// Mandatory key data elements that are not there.
    pub missing: Vec<&'static str>,
    /// What is remarked.
    pub remarks: Vec<Reason>,
}

/// What a profile says of an event, for programs.
pub fn profile_json(event: Option<u64>, profile: &Profile) -> Value {
    let mut codes: Vec<&str> = profile.remarks.iter().map(|reason| reason.code.id).collect();
    codes.dedup();
    json!({
        "event": event, "record_type": profile.record_type, "product_class": profile.class,
        "completeness": profile.completeness, "timeliness": profile.timeliness, "missing": profile.missing,
        "codes": codes,
    })
}

/// Judges a payload that was recorded at this time, in milliseconds since 1970.
pub fn profile(payload: &[u8], recorded_ms: i64) -> Option<Profile> {
    // Most events follow no profile: they are not read again. Behind an escape a name could hide.
    let text = std::str::from_utf8(payload).ok()?;
    if !["recordType", "productClass", "\\u"].iter().any(|name| text.contains(name)) {
        return None;
    }
    let mut event = None;
    let read = suyuan_epcis::read::read(&mut Input::Memory(payload.to_vec()), &Limits::default(), &mut |item| {
        if let Item::Event(found, ..) = item {
            event = Some(*found);
        }
        ControlFlow::Continue(())
    });
    read.ok()?;
    of_event(&event?, recorded_ms)
}

fn of_event(event: &Event, recorded_ms: i64) -> Option<Profile> {
    let (named, class) = (declared_type(event), declared_class(event));
    if matches!((&named, &class), (Ok(None), Ok(None))) {
        return None;
    }
    let known = class.as_ref().ok().copied().flatten();
    let Some(record_type) = classify(event) else {
        let remarks: Vec<Reason> = named.err().into_iter().chain(class.err()).collect();
        let (class, missing) = (known.map_or("-", ProductClass::code), Vec::new());
        // A class alone obliges to nothing where no record type is written like the event.
        let profile = Profile { record_type: None, class, completeness: None, timeliness: None, missing, remarks };
        return Some(profile).filter(|profile| !profile.remarks.is_empty());
    };
    let class = known.unwrap_or_else(|| least_demanding(record_type));
    let assessment = assess(event, record_type, class);
    let mut remarks = assessment.problems;
    if record_type.code == OPENING_BALANCE {
        remarks.retain(|reason| *reason.code != *codes::FIELD_MISSING);
        let (record_type, missing) = (Some(record_type.code), Vec::new());
        return Some(Profile {
            record_type,
            class: class.code(),
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
    Some(Profile {
        record_type: Some(record_type.code),
        class: class.code(),
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
