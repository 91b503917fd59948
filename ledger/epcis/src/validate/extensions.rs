//! User extensions and instance master data: their namespaces, and personal data in them.
//!
//! Most extensions are in order, so they are first looked through without keeping a path.

use super::identifier;
use super::report::Report;
use crate::codes::{Code, semantics as codes};
use crate::identifier::guard::{Kind, natural_person_shape};
use crate::model::{Event, Extension, Object, Scalar, Value};
use crate::problem::Path;

pub(super) fn check(event: &Event, report: &mut Report<'_>) {
    let root = Path::root("");
    list(&event.extensions, &root, report);
    list(event.ilmd.as_deref().unwrap_or_default(), &root.key("ilmd"), report);
    for (field, location) in [("readPoint", &event.read_point), ("bizLocation", &event.biz_location)] {
        if let Some(location) = location {
            list(&location.extensions, &root.key(field), report);
        }
    }
    if let Some(declaration) = &event.error_declaration {
        list(&declaration.extensions, &root.key("errorDeclaration"), report);
    }
    let elements = root.key("sensorElementList");
    for (index, element) in event.sensor_element_list.iter().flatten().enumerate() {
        let here = elements.index(index);
        list(&element.extensions, &here, report);
        if let Some(metadata) = &element.metadata {
            list(&metadata.extensions, &here.key("sensorMetadata"), report);
        }
        let reports = here.key("sensorReport");
        for (index, sensor_report) in element.reports.iter().enumerate() {
            list(&sensor_report.extensions, &reports.index(index), report);
        }
    }
}

/// Judges the extensions that stand at `path`.
pub(super) fn list(extensions: &[Extension], path: &Path<'_>, report: &mut Report<'_>) {
    if !extensions.iter().all(is_clean) {
        walk(extensions, path, report);
    }
}

/// Judges one value, such as that of a master data attribute.
pub(super) fn single(value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
    if !is_clean_value(value) {
        walk_value(value, path, report);
    }
}

fn is_clean(extension: &Extension) -> bool {
    !is_reserved(&extension.name.namespace) && is_clean_value(&extension.value)
}

fn is_clean_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Scalar(text, kind) => personal_scalar(text, *kind).is_none(),
        Value::List(values) => values.iter().all(is_clean_value),
        Value::Object(object) => {
            object.text.as_deref().is_none_or(|text| personal(text).is_none())
                && object.attributes.iter().all(|(_, text)| personal(text).is_none())
                && object.members.iter().all(is_clean)
        }
    }
}

fn walk(extensions: &[Extension], path: &Path<'_>, report: &mut Report<'_>) {
    for (index, extension) in extensions.iter().enumerate() {
        if report.is_full() && report.has_error() {
            return;
        }
        if is_clean(extension) {
            continue;
        }
        let name = extension.name.qualified();
        let here = path.key(&name);
        // Several of one name are a list in JSON.
        let before = extensions.iter().take(index).filter(|other| other.name == extension.name).count();
        let more = extensions.iter().skip(index + 1).any(|other| other.name == extension.name);
        let listed = here.index(before);
        let here = if before > 0 || more { &listed } else { &here };
        if is_reserved(&extension.name.namespace) {
            report.add(codes::RESERVED_NAMESPACE, &[&name, &extension.name.namespace], here);
        }
        walk_value(&extension.value, here, report);
    }
}

fn walk_value(value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
    match value {
        Value::Null => {}
        Value::Scalar(text, kind) => add(personal_scalar(text, *kind), path, report),
        Value::List(values) => {
            for (index, value) in values.iter().enumerate() {
                walk_value(value, &path.index(index), report);
            }
        }
        Value::Object(object) => walk_object(object, path, report),
    }
}

fn walk_object(object: &Object, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(text) = &object.text {
        add(personal(text), &path.key("#text"), report);
    }
    for (name, text) in &object.attributes {
        add(personal(text), &path.key(&["@", &name.qualified()].concat()), report);
    }
    walk(&object.members, path, report);
}

/// The value itself is never repeated in the message: that would spread what must not spread.
fn add(code: Option<&'static Code>, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(code) = code {
        report.add(code, &[], path);
    }
}

fn personal_scalar(text: &str, kind: Scalar) -> Option<&'static Code> {
    match kind {
        // A measurement with a fraction is no number of a person.
        Scalar::Number if !text.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Scalar::Boolean => None,
        Scalar::Number | Scalar::Text => personal(text),
    }
}

/// What personal number `text` holds, unless it is an identifier whose digits mean something else.
fn personal(text: &str) -> Option<&'static Code> {
    let kind = natural_person_shape(text)?;
    let registered = text.starts_with("urn:uuid:") || text.starts_with("ni:") || identifier::read(text).0.is_some();
    if registered && kind != Kind::PrivateEmail {
        return None;
    }
    Some(match kind {
        Kind::ResidentId => codes::PERSON_NUMBER,
        Kind::MobileNumber => codes::MOBILE_NUMBER,
        Kind::LicencePlate => codes::LICENCE_PLATE,
        Kind::PrivateEmail => codes::PRIVATE_EMAIL,
    })
}

/// Namespaces of the standards themselves.
const RESERVED: &[&str] = &[
    "urn:epcglobal:epcis",
    "urn:epcglobal:cbv",
    "urn:epcglobal:xsd",
    "https://ref.gs1.org/epcis/",
    "https://ref.gs1.org/cbv/",
    "https://ns.gs1.org/",
];
/// Among them what is made to be used in events: the CBV's master data attributes.
const MASTER_DATA: &str = "urn:epcglobal:cbv:mda";

fn is_reserved(namespace: &str) -> bool {
    RESERVED.iter().any(|reserved| namespace.starts_with(reserved)) && !namespace.starts_with(MASTER_DATA)
}
