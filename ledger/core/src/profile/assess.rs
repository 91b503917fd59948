//! Which key data elements an event has, and which it lacks.

use suyuan_epcis::codes::record as codes;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Reason;

use super::carrier::Carrier;
use super::class::ProductClass;
use super::classify::{declared_class, declared_type};
use super::extension::Extensions;
use super::table::RecordType;

/// What every record must say besides the key data elements of its type.
const ALWAYS: [(&str, Carrier); 2] = [("event_time", Carrier::EventTime), ("read_point", Carrier::ReadPoint)];

/// How complete a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// How many key data elements are mandatory.
    pub mandatory: u32,
    /// How many of them are there.
    pub present: u32,
    /// The others.
    pub missing: Vec<&'static str>,
    /// `present` of `mandatory` in thousandths, rounded down.
    pub completeness: u32,
    /// What is wrong with the record.
    pub problems: Vec<Reason>,
}

/// Judges `event` as a record of this type about a product of this class.
pub fn assess(event: &Event, record_type: &RecordType, class: ProductClass) -> Assessment {
    let mut assessment =
        Assessment { mandatory: 0, present: 0, missing: Vec::new(), completeness: 0, problems: Vec::new() };
    assessment.problems.extend(declared_type(event).err());
    assessment.problems.extend(declared_class(event).err());
    if !record_type.is_for(class) {
        let classes: Vec<&str> = record_type.classes.iter().map(|class| class.code()).collect();
        let arguments = [record_type.code, class.code(), &classes.join(" ")];
        assessment.problems.push(Reason::new(codes::WRONG_CLASS, &arguments));
    }
    if !record_type.is_written_like(event) {
        let step = event.biz_step.as_deref().unwrap_or("-");
        let written = format!("{}/{}, {step}", event.event_type.name(), event.action.as_deref().unwrap_or("-"));
        let arguments = [record_type.code, &written, &record_type.describe_shape()];
        assessment.problems.push(Reason::new(codes::WRONG_SHAPE, &arguments));
    }
    for (name, carrier) in ALWAYS {
        assessment.count(record_type, name, carrier.holds(event));
    }
    let extensions = Extensions::of(event);
    for field in &record_type.fields {
        let carried = field.carriers.iter().any(|carrier| carrier.holds(event));
        let given = extensions.values(field.name).map(|values| field.kind.accepts(values));
        if given == Some(false) {
            let arguments = [field.name, record_type.code, &field.kind.describe()];
            assessment.problems.push(Reason::new(codes::FIELD_TYPE, &arguments));
        }
        if field.is_mandatory(class) {
            assessment.count(record_type, field.name, carried || given == Some(true));
        }
    }
    // At least the two of every record are mandatory: nothing is divided by zero.
    let thousandths = assessment.present.saturating_mul(1000).checked_div(assessment.mandatory);
    assessment.completeness = thousandths.unwrap_or(1000);
    assessment
}

impl Assessment {
    fn count(&mut self, record_type: &RecordType, name: &'static str, is_present: bool) {
        self.mandatory = self.mandatory.saturating_add(1);
        if is_present {
            self.present = self.present.saturating_add(1);
            return;
        }
        self.missing.push(name);
        self.problems.push(Reason::new(codes::FIELD_MISSING, &[record_type.code, name]));
    }
}
