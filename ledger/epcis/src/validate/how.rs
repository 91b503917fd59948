//! The "how" of an event: sensor elements (EPCIS 2.0 §7.3.7).

use std::cmp::Ordering;

use super::report::Report;
use super::when::is_before;
use super::{quantity, what, words};
use crate::cbv;
use crate::codes::semantics as codes;
use crate::decimal;
use crate::model::{Event, SensorElement, SensorField, SensorReport, SensorValue};
use crate::problem::Path;

type Fields = [(SensorField, Box<str>)];

/// The attributes that metadata and reports share.
const SHARED: &[&str] = &["time", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"];
/// Numbers that need a unit.
const MEASURED: &[&str] = &["value", "minValue", "maxValue", "meanValue", "sDev", "percValue"];
/// Values without unit.
const OTHER_VALUES: &[&str] = &["stringValue", "booleanValue", "hexBinaryValue", "uriValue"];
/// What is a mere number has no unit.
const WITHOUT_UNIT: &[&str] = &["Dimensionless", "Count"];

fn get<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field.name == name).map(|(_, value)| &**value)
}

fn any_of(fields: &Fields, names: &[&str]) -> bool {
    names.iter().any(|name| get(fields, name).is_some())
}

pub(super) fn check(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let list = root.key("sensorElementList");
    for (index, element) in event.sensor_element_list.iter().flatten().enumerate() {
        sensor_element(event, element, &list.index(index), report);
    }
}

fn sensor_element(event: &Event, element: &SensorElement, path: &Path<'_>, report: &mut Report<'_>) {
    let metadata: &Fields = element.metadata.as_ref().map(|metadata| &*metadata.fields).unwrap_or_default();
    let here = path.key("sensorMetadata");
    identifiers(metadata, &here, report);
    times(event, metadata, &here, report);
    let list = path.key("sensorReport");
    for (index, sensor_report) in element.reports.iter().enumerate() {
        let here = list.index(index);
        for name in SHARED {
            // TCR-53 step 29 of GS1's conformance tests. GS1's own examples of all fields do it.
            if get(metadata, name).is_some() && get(&sensor_report.fields, name).is_some() {
                report.add(codes::SENSOR_TWICE, &[name], &here.key(name));
            }
        }
        identifiers(&sensor_report.fields, &here, report);
        vocabularies(&sensor_report.fields, &here, report);
        if let Some(time) = get(&sensor_report.fields, "time") {
            not_after_event(event, time, &here.key("time"), report);
        }
        values(sensor_report, &here, report);
        statistics(&sensor_report.fields, &here, report);
    }
}

fn identifiers(fields: &Fields, path: &Path<'_>, report: &mut Report<'_>) {
    for (field, value) in fields.iter().filter(|(field, _)| field.kind == SensorValue::Uri) {
        what::any(value, &path.key(field.name), report);
    }
}

fn times(event: &Event, metadata: &Fields, path: &Path<'_>, report: &mut Report<'_>) {
    let (time, start, end) = (get(metadata, "time"), get(metadata, "startTime"), get(metadata, "endTime"));
    if let Some(time) = time {
        not_after_event(event, time, &path.key("time"), report);
        if start.is_some() || end.is_some() {
            report.add(codes::SENSOR_TIME_AND_PERIOD, &[], &path.key("time"));
        }
    }
    if let (Some(start), Some(end)) = (start, end)
        && is_before(end, start)
    {
        report.add(codes::SENSOR_PERIOD, &[start, end], &path.key("startTime"));
    }
}

/// Mandatory conformance test M122: what an event reports was sensed by then. Many published
/// examples are an hour off, so this is a warning.
fn not_after_event(event: &Event, time: &str, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(event_time) = event.event_time.as_deref()
        && is_before(event_time, time)
    {
        report.add(codes::SENSOR_AFTER_EVENT, &[time, event_time], path);
    }
}

fn vocabularies(fields: &Fields, path: &Path<'_>, report: &mut Report<'_>) {
    for (field, value) in fields {
        let vocabulary = match field.kind {
            SensorValue::MeasurementType => &cbv::MEASUREMENT_TYPE,
            SensorValue::Exception => &cbv::EXCEPTION,
            SensorValue::Component => &cbv::COMPONENT,
            _ => continue,
        };
        words::check(vocabulary, value, &path.key(field.name), report);
    }
}

/// Which values a report has, and which it would need for what else it says.
fn values(sensor_report: &SensorReport, path: &Path<'_>, report: &mut Report<'_>) {
    let fields = &*sensor_report.fields;
    let measured = any_of(fields, MEASURED);
    let valued = measured || any_of(fields, OTHER_VALUES) || get(fields, "percRank").is_some();
    // What the reader could not read was kept aside and reported; a report of the user's own
    // fields speaks through them.
    let says_nothing = !valued && sensor_report.extensions.is_empty();
    if says_nothing && get(fields, "exception").is_none() {
        report.add(codes::SENSOR_EMPTY, &[], path);
    }
    match (get(fields, "uom"), measured) {
        (Some(uom), _) => {
            let here = path.key("uom");
            quantity::known_unit(uom, &here, report);
            if says_nothing {
                report.add(codes::SENSOR_UNIT_ALONE, &[uom], &here);
            }
        }
        (None, true) => {
            // Of a user's own measurement type only the user knows whether it has a unit.
            let kind = get(fields, "type").unwrap_or_default();
            let misshapen = sensor_report.extensions.iter().any(|kept| &*kept.name.local == "uom");
            if cbv::MEASUREMENT_TYPE.contains(kind) && !WITHOUT_UNIT.contains(&kind) && !misshapen {
                report.add(codes::SENSOR_NO_UNIT, &[kind], path);
            }
        }
        (None, false) => {}
    }
    if let Some(component) = get(fields, "component")
        && says_nothing
    {
        report.add(codes::SENSOR_COMPONENT_ALONE, &[component], &path.key("component"));
    }
}

/// Numbers that contradict each other or what they are.
fn statistics(fields: &Fields, path: &Path<'_>, report: &mut Report<'_>) {
    let (least, greatest) = (get(fields, "minValue"), get(fields, "maxValue"));
    let is_less = |one: Option<&str>, two: Option<&str>| matches!((one, two), (Some(one), Some(two)) if decimal::compare(one, two) == Some(Ordering::Less));
    if let (Some(least), Some(greatest)) = (least, greatest)
        && is_less(Some(greatest), Some(least))
    {
        report.add(codes::SENSOR_RANGE, &[least, greatest], &path.key("minValue"));
    } else if let mean @ Some(text) = get(fields, "meanValue")
        && (is_less(mean, least) || is_less(greatest, mean))
    {
        report.add(codes::SENSOR_MEAN, &[text], &path.key("meanValue"));
    }
    if let deviation @ Some(text) = get(fields, "sDev")
        && is_less(deviation, Some("0"))
    {
        report.add(codes::SENSOR_DEVIATION, &[text], &path.key("sDev"));
    }
    let (rank, value) = (get(fields, "percRank"), get(fields, "percValue"));
    if let Some(text) = rank
        && (is_less(rank, Some("0")) || is_less(Some("100"), rank))
    {
        report.add(codes::SENSOR_RANK, &[text], &path.key("percRank"));
    }
    match (rank, value) {
        (Some(_), None) => report.add(codes::SENSOR_RANK_PAIR, &["percRank", "percValue"], &path.key("percRank")),
        (None, Some(_)) => report.add(codes::SENSOR_RANK_PAIR, &["percValue", "percRank"], &path.key("percValue")),
        _ => {}
    }
}
