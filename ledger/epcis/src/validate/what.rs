//! The "what" of an event (EPCIS 2.0 §7.4.2 to §7.4.6): which objects each type must name, and how.

use super::identifier::{self, Identity, Level};
use super::report::Report;
use super::{lists, quantity};
use crate::codes::{semantics as codes, structure};
use crate::epc::{Scheme, append_constrained_canonical};
use crate::model::{Event, EventType, QuantityElement};
use crate::problem::Path;

pub(super) fn check(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    match event.event_type {
        EventType::Object => object_event(event, root, report),
        EventType::Aggregation => containment(event, false, root, report),
        EventType::Association => containment(event, true, root, report),
        EventType::Transaction => transaction_event(event, root, report),
        EventType::Transformation => transformation_event(event, root, report),
        EventType::Other(_) => {}
    }
    let instances = [
        ("epcList", &event.epc_list),
        ("childEPCs", &event.child_epcs),
        ("inputEPCList", &event.input_epc_list),
        ("outputEPCList", &event.output_epc_list),
    ];
    for (field, epcs) in instances {
        if let Some(epcs) = epcs {
            instance_list(event, field, epcs, root, report);
        }
    }
    let classes = [
        ("quantityList", &event.quantity_list),
        ("childQuantityList", &event.child_quantity_list),
        ("inputQuantityList", &event.input_quantity_list),
        ("outputQuantityList", &event.output_quantity_list),
    ];
    for (field, elements) in classes {
        if let Some(elements) = elements {
            quantity::list(elements, &root.key(field), report);
        }
    }
    if let Some(parent) = &event.parent_id {
        parent_id(event, parent, root, report);
    }
    if let Some(id) = &event.transformation_id {
        any(id, &root.key("transformationID"), report);
    }
}

fn filled<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}

/// Whether the reader found fault with any of `fields`: then something is said there.
fn reader_found_any(fields: &[&str], report: &Report<'_>) -> bool {
    fields.iter().any(|field| report.reader_found(field))
}

fn names_none(event: &Event, fields: &[&str], remedy: &str, root: &Path<'_>, report: &mut Report<'_>) {
    if !reader_found_any(fields, report) {
        report.add(structure::NO_OBJECTS, &[event.event_type.name(), remedy], root);
    }
}

/// EPCIS 2.0 §7.4.2: objects, classes, or what sensors at a place say.
fn object_event(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let sensed = filled(&event.sensor_element_list) && event.read_point.is_some();
    if !filled(&event.epc_list) && !filled(&event.quantity_list) && !sensed {
        let fields = ["epcList", "quantityList", "sensorElementList", "readPoint"];
        names_none(event, &fields, "epcList, quantityList, or sensorElementList and readPoint", root, report);
    }
    // Only what comes into being gets its master data.
    if let (Some(_), Some(action @ ("OBSERVE" | "DELETE"))) = (&event.ilmd, event.action.as_deref()) {
        report.add(structure::ILMD_WITHOUT_ADD, &[action], &root.key("ilmd"));
    }
}

/// §7.4.5: DELETE without objects ends the transaction for all of them.
fn transaction_event(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let action = event.action.as_deref();
    if !filled(&event.epc_list) && !filled(&event.quantity_list) && matches!(action, Some("ADD" | "OBSERVE")) {
        names_none(event, &["epcList", "quantityList"], "epcList / quantityList", root, report);
    }
    let empty = event.biz_transaction_list.as_ref().is_some_and(Vec::is_empty);
    if empty && !report.reader_found("bizTransactionList") {
        report.add(structure::TOO_FEW, &["bizTransactionList"], &root.key("bizTransactionList"));
    }
}

/// §7.4.4: inputs and outputs, or one side of a transformation that an ID joins.
fn transformation_event(event: &Event, root: &Path<'_>, report: &mut Report<'_>) {
    let inputs = filled(&event.input_epc_list) || filled(&event.input_quantity_list);
    let outputs = filled(&event.output_epc_list) || filled(&event.output_quantity_list);
    let (input_fields, output_fields) =
        (["inputEPCList", "inputQuantityList"], ["outputEPCList", "outputQuantityList"]);
    if event.transformation_id.is_some() {
        if !inputs && !outputs && !reader_found_any(&output_fields, report) {
            names_none(
                event,
                &input_fields,
                "inputEPCList / inputQuantityList / outputEPCList / outputQuantityList",
                root,
                report,
            );
        }
    } else if !report.reader_found("transformationID") {
        if !inputs {
            names_none(event, &input_fields, "inputEPCList / inputQuantityList / transformationID", root, report);
        }
        if !outputs {
            names_none(event, &output_fields, "outputEPCList / outputQuantityList / transformationID", root, report);
        }
    }
    if let (Some(inputs), Some(outputs)) = (&event.input_epc_list, &event.output_epc_list) {
        let list = root.key("outputEPCList");
        lists::common(inputs, outputs, |_, index| {
            if let Some(epc) = outputs.get(index) {
                report.add(codes::INPUT_IS_OUTPUT, &[epc], &list.index(index));
            }
        });
    }
}

/// §7.4.3 and §7.4.6: who contains what. ADD and DELETE need the parent (an association always);
/// DELETE without children takes all of them out.
fn containment(event: &Event, is_association: bool, root: &Path<'_>, report: &mut Report<'_>) {
    let Some(action @ ("ADD" | "OBSERVE" | "DELETE")) = event.action.as_deref() else { return };
    if event.parent_id.is_none() && (is_association || action != "OBSERVE") && !report.reader_found("parentID") {
        report.add(codes::NO_PARENT, &[event.event_type.name(), action], root);
    }
    let children = filled(&event.child_epcs) || filled(&event.child_quantity_list);
    if !children && action != "DELETE" {
        names_none(event, &["childEPCs", "childQuantityList"], "childEPCs / childQuantityList", root, report);
    }
}

/// A list of single objects: each one well formed, an instance, of a fitting kind, and once.
fn instance_list(event: &Event, field: &'static str, epcs: &[String], root: &Path<'_>, report: &mut Report<'_>) {
    let list = root.key(field);
    let mut links = false;
    for (index, epc) in epcs.iter().enumerate() {
        links |= epc.starts_with("http");
        let (identity, reason) = identifier::read(epc);
        if let Some(reason) = reason {
            report.add_reason(reason, &list.index(index));
        }
        let Some(identity) = identity else { continue };
        match identity.level {
            Level::Instance => {
                // A place can be part of an assembly: a room of a building (§7.4.6).
                let place_may_be_child = event.event_type == EventType::Association && identity.scheme == Scheme::Sgln;
                if matches!(identity.scheme, Scheme::Sgln | Scheme::Pgln) && !place_may_be_child {
                    wrong_scheme(epc, identity, "an object", "sgtin, sscc, grai, giai", &list.index(index), report);
                }
            }
            Level::Class => report.add(codes::CLASS_AS_INSTANCE, &[epc, field], &list.index(index)),
            Level::Broad => report.add(codes::PATTERN_AS_INSTANCE, &[epc], &list.index(index)),
        }
    }
    duplicates(field, epcs, links, &list, report);
}

/// Reports what stands twice, also under two spellings where links make that possible. What the
/// JSON reader has reported as repeated stays with it.
fn duplicates(field: &str, epcs: &[String], links: bool, list: &Path<'_>, report: &mut Report<'_>) {
    if epcs.len() < 2 || report.reader_found(field) {
        return;
    }
    let mut add = |first: usize, index: usize| {
        if let (Some(first), Some(epc)) = (epcs.get(first), epcs.get(index)) {
            report.add(codes::DUPLICATE_OBJECT, &[epc, first], &list.index(index));
        }
    };
    if !links {
        lists::repeated(epcs, add);
        return;
    }
    let canonical: Vec<String> = epcs.iter().map(|epc| canonical(epc)).collect();
    lists::repeated(&canonical, &mut add);
}

/// One form for every spelling of an identifier; private ones stay as they are.
fn canonical(epc: &str) -> String {
    let mut form = String::with_capacity(epc.len() + 16);
    if !append_constrained_canonical(epc, &mut form) {
        form.push_str(epc);
    }
    form
}

fn parent_id(event: &Event, parent: &str, root: &Path<'_>, report: &mut Report<'_>) {
    let path = root.key("parentID");
    let (identity, reason) = identifier::read(parent);
    if let Some(reason) = reason {
        report.add_reason(reason, &path);
    }
    match identity {
        Some(Identity { level: Level::Class, .. }) => report.add(codes::PARENT_IS_CLASS, &[parent], &path),
        Some(Identity { level: Level::Broad, .. }) => report.add(codes::PATTERN_AS_INSTANCE, &[parent], &path),
        Some(identity) => {
            let may_be_place = event.event_type == EventType::Association;
            if identity.scheme == Scheme::Pgln || identity.scheme == Scheme::Sgln && !may_be_place {
                wrong_scheme(parent, identity, "a parent", "sscc, grai, sgtin, giai", &path, report);
            }
        }
        None => {}
    }
    let children = [("childEPCs", &event.child_epcs), ("epcList", &event.epc_list)];
    for (field, epcs) in children {
        own_child(parent, epcs.as_deref().unwrap_or_default(), &root.key(field), report);
    }
}

fn own_child(parent: &str, children: &[String], list: &Path<'_>, report: &mut Report<'_>) {
    let spellings = parent.starts_with("http") || children.iter().any(|child| child.starts_with("http"));
    let form = spellings.then(|| canonical(parent));
    let mut buffer = String::new();
    for (index, child) in children.iter().enumerate() {
        let same = match &form {
            None => child == parent,
            Some(form) => {
                buffer.clear();
                child == parent || append_constrained_canonical(child, &mut buffer) && buffer == *form
            }
        };
        if same {
            report.add(codes::OWN_PARENT, &[child], &list.index(index));
        }
    }
}

/// The class of a quantity element.
pub(super) fn class(element: &QuantityElement, path: &Path<'_>, report: &mut Report<'_>) {
    let Some(class) = &element.epc_class else { return };
    let here = path.key("epcClass");
    let (identity, reason) = identifier::read(class);
    if let Some(reason) = reason {
        report.add_reason(reason, &here);
    }
    match identity.map(|identity| identity.level) {
        Some(Level::Instance) => report.add(codes::INSTANCE_AS_CLASS, &[class], &here),
        Some(Level::Broad) => report.add(codes::BROAD_CLASS, &[class], &here),
        Some(Level::Class) | None => {}
    }
}

/// An identifier of any kind.
pub(super) fn any(id: &str, path: &Path<'_>, report: &mut Report<'_>) -> Option<Identity> {
    let (identity, reason) = identifier::read(id);
    if let Some(reason) = reason {
        report.add_reason(reason, path);
    }
    identity
}

pub(super) fn wrong_scheme(
    id: &str,
    found: Identity,
    place: &str,
    usual: &str,
    path: &Path<'_>,
    report: &mut Report<'_>,
) {
    report.add(codes::WRONG_SCHEME, &[id, found.scheme.name(), place, usual], path);
}
