//! Demands a URI where the standard has one. GS1's JSON schema does, its XSD takes any text.

use super::report::Report;
use crate::codes::structure;
use crate::model::{Event, SensorField, SensorValue};
use crate::problem::Path;
use crate::uri::is_uri;

pub(super) fn check(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let one = |uri: &str, path: &Path<'_>, report: &mut Report<'_>| {
        if !is_uri(uri) {
            report.add(structure::BAD_URI, &[uri], path);
        }
    };
    let singles =
        [("eventID", &event.event_id), ("parentID", &event.parent_id), ("transformationID", &event.transformation_id)];
    for (field, uri) in singles.into_iter().filter_map(|(field, uri)| Some((field, uri.as_deref()?))) {
        one(uri, &root.key(field), report);
    }
    for (field, location) in [("readPoint", &event.read_point), ("bizLocation", &event.biz_location)] {
        if let Some(id) = location.as_ref().and_then(|location| location.id.as_deref()) {
            one(id, &root.key(field).key("id"), report);
        }
    }
    let corrective =
        event.error_declaration.as_ref().and_then(|declaration| declaration.corrective_event_ids.as_deref());
    let declaration = root.key("errorDeclaration");
    let lists = [
        (root.key("certificationInfo"), Some(event.certification_info.as_slice())),
        (declaration.key("correctiveEventIDs"), corrective),
        (root.key("epcList"), event.epc_list.as_deref()),
        (root.key("childEPCs"), event.child_epcs.as_deref()),
        (root.key("inputEPCList"), event.input_epc_list.as_deref()),
        (root.key("outputEPCList"), event.output_epc_list.as_deref()),
    ];
    for (path, list) in &lists {
        for (index, uri) in list.iter().flat_map(|list| list.iter()).enumerate() {
            one(uri, &path.index(index), report);
        }
    }
    classes_and_parties(event, root, report, one);
    sensors(event, root, report, one);
}

type One = fn(&str, &Path<'_>, &mut Report<'_>);

fn classes_and_parties(event: &Event, root: &Path<'_>, report: &mut Report<'_>, one: One) {
    let quantities = [
        ("quantityList", &event.quantity_list),
        ("childQuantityList", &event.child_quantity_list),
        ("inputQuantityList", &event.input_quantity_list),
        ("outputQuantityList", &event.output_quantity_list),
    ];
    for (field, list) in quantities {
        for (index, element) in list.iter().flatten().enumerate() {
            if let Some(class) = &element.epc_class {
                one(class, &root.key(field).index(index).key("epcClass"), report);
            }
        }
    }
    let parties = [
        ("bizTransactionList", "bizTransaction", &event.biz_transaction_list),
        ("sourceList", "source", &event.source_list),
        ("destinationList", "destination", &event.destination_list),
    ];
    for (field, member, list) in parties {
        for (index, typed) in list.iter().flatten().enumerate() {
            if let Some(value) = &typed.value {
                one(value, &root.key(field).index(index).key(member), report);
            }
        }
    }
}

fn sensors(event: &Event, root: &Path<'_>, report: &mut Report<'_>, one: One) {
    let all = |fields: &[(SensorField, Box<str>)], path: &Path<'_>, report: &mut Report<'_>| {
        for (field, uri) in fields.iter().filter(|(field, _)| field.kind == SensorValue::Uri) {
            one(uri, &path.key(field.name), report);
        }
    };
    let list = root.key("sensorElementList");
    for (index, element) in event.sensor_element_list.iter().flatten().enumerate() {
        let here = list.index(index);
        if let Some(metadata) = &element.metadata {
            all(&metadata.fields, &here.key("sensorMetadata"), report);
        }
        let reports = here.key("sensorReport");
        for (index, sensor_report) in element.reports.iter().enumerate() {
            all(&sensor_report.fields, &reports.index(index), report);
        }
    }
}
