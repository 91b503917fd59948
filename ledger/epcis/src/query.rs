//! The simple event query (EPCIS 2.0 §8.2.7): its parameters' names and what their values must be.

use crate::codes::query as codes;
use crate::document::QueryParameter;
use crate::model::EventType;
use crate::problem::{Path, Problems};
use crate::time::Stamp;

/// What the values of a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    EventType,
    Time,
    Action,
    Text,
    Count,
    Number,
    OrderDirection,
    Boolean,
}

/// The parameters with fixed names, beside those made of an operator and a field.
const FIXED: &[(&str, Kind)] = &[
    ("eventType", Kind::EventType),
    ("EQ_action", Kind::Action),
    ("orderBy", Kind::Text),
    ("orderDirection", Kind::OrderDirection),
    ("eventCountLimit", Kind::Count),
    ("maxEventCount", Kind::Count),
    ("perPage", Kind::Count),
    ("nextPageToken", Kind::Text),
    // GS1's query schema writes the first, its OpenAPI the second.
    ("GE_errorDeclaration_Time", Kind::Time),
    ("LT_errorDeclaration_Time", Kind::Time),
    ("GE_errorDeclarationTime", Kind::Time),
    ("LT_errorDeclarationTime", Kind::Time),
];

/// Fields of the standard with the operators they take.
const OPERATORS: &[(&[&str], &[&str], Kind)] = &[
    (&["GE", "LT"], &["eventTime", "recordTime", "startTime", "endTime", "time"], Kind::Time),
    (
        &["EQ"],
        &[
            "bizStep",
            "disposition",
            "persistentDisposition_set",
            "persistentDisposition_unset",
            "readPoint",
            "bizLocation",
            "transformationID",
            "eventID",
            "errorReason",
            "correctiveEventID",
            "type",
            "deviceID",
            "dataProcessingMethod",
            "microorganism",
            "chemicalSubstance",
            "bizRules",
            "stringValue",
            "hexBinaryValue",
            "uriValue",
            "component",
            "coordinateReferenceSystem",
            "exception",
            "sensorMetadata_deviceID",
            "sensorReport_deviceID",
            "sensorMetadata_deviceMetadata",
            "sensorReport_deviceMetadata",
            "sensorMetadata_rawData",
            "sensorReport_rawData",
            "sensorMetadata_dataProcessingMethod",
            "sensorReport_dataProcessingMethod",
        ],
        Kind::Text,
    ),
    (&["EQ"], &["booleanValue"], Kind::Boolean),
    (&["WD"], &["readPoint", "bizLocation"], Kind::Text),
    (
        &["MATCH"],
        &[
            "epc",
            "parentID",
            "inputEPC",
            "outputEPC",
            "anyEPC",
            "epcClass",
            "inputEPCClass",
            "outputEPCClass",
            "anyEPCClass",
        ],
        Kind::Text,
    ),
    (&["EQ", "GT", "GE", "LT", "LE"], &["quantity", "percRank"], Kind::Number),
    (&["EXISTS"], &["errorDeclaration", "sensorElementList", "ilmd", "persistentDisposition"], Kind::Boolean),
];

/// Fields whose names go on with a type or unit: `EQ_bizTransaction_po`, `GE_value_CEL`.
const OPEN_FIELDS: &[(&[&str], &[&str], Kind)] = &[
    (&["EQ"], &["bizTransaction_", "source_", "destination_"], Kind::Text),
    (
        &["EQ", "GT", "GE", "LT", "LE"],
        &["value_", "minValue_", "maxValue_", "meanValue_", "sDev_", "percValue_"],
        Kind::Number,
    ),
];

fn kind(name: &str) -> Option<Kind> {
    if let Some((_, kind)) = FIXED.iter().find(|(known, _)| *known == name) {
        return Some(*kind);
    }
    let (operator, field) = name.split_once('_')?;
    let closed =
        OPERATORS.iter().find(|(operators, fields, _)| operators.contains(&operator) && fields.contains(&field));
    if let Some((_, _, kind)) = closed {
        return Some(*kind);
    }
    let open = OPEN_FIELDS.iter().find(|(operators, fields, _)| {
        let goes_on = |prefix: &&str| field.strip_prefix(*prefix).is_some_and(|rest| !rest.is_empty());
        operators.contains(&operator) && fields.iter().any(goes_on)
    });
    match open {
        Some((_, _, kind)) => Some(*kind),
        None => extension_kind(operator, field),
    }
}

/// Parameters on user extensions: `EQ_INNER_ILMD_ext:field`, `EXISTS_ext:field`,
/// `HASATTR_field`, `EQATTR_field_attribute`.
fn extension_kind(operator: &str, field: &str) -> Option<Kind> {
    match operator {
        "HASATTR" | "EQATTR" => return (!field.is_empty()).then_some(Kind::Text),
        "EQ" | "GT" | "GE" | "LT" | "LE" | "EXISTS" => {}
        _ => return None,
    }
    let mut rest = field.strip_prefix("INNER_").unwrap_or(field);
    for place in [
        "ILMD_",
        "ERROR_DECLARATION_",
        "SENSORELEMENT_",
        "SENSORMETADATA_",
        "SENSORREPORT_",
        "readPoint_",
        "bizLocation_",
    ] {
        rest = rest.strip_prefix(place).unwrap_or(rest);
    }
    rest = rest.strip_prefix("INNER_").unwrap_or(rest);
    let (prefix, local) = rest.rsplit_once([':', '#', '/'])?;
    (!prefix.is_empty() && !local.is_empty()).then_some(Kind::Text)
}

/// Whether `name` is the name of a parameter.
pub fn is_parameter_name(name: &str) -> bool {
    kind(name).is_some()
}

/// Judges the parameters of a query.
pub fn check(parameters: &[QueryParameter], base: &str, problems: &mut Problems) {
    let root = Path::root(base);
    for parameter in parameters {
        let here = root.key(&parameter.name);
        let Some(kind) = kind(&parameter.name) else {
            problems.add(codes::UNKNOWN_PARAMETER, &[&parameter.name], &here);
            continue;
        };
        for value in parameter.values.iter().flatten() {
            if !holds(kind, value) {
                problems.add(codes::BAD_VALUE, &[value, &parameter.name, kind.expected()], &here);
            }
        }
    }
    let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
    if has("eventCountLimit") && has("maxEventCount") {
        problems.add(codes::EXCLUSIVE, &["eventCountLimit", "maxEventCount"], &root);
    }
}

fn holds(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::EventType => !matches!(EventType::from_name(value), EventType::Other(_)) || crate::uri::is_uri(value),
        Kind::Time => Stamp::parse(value).is_some(),
        Kind::Action => matches!(value, "ADD" | "OBSERVE" | "DELETE"),
        Kind::Text => true,
        Kind::Count => value.parse::<u32>().is_ok_and(|count| count > 0),
        Kind::Number => crate::decimal::canonical(value).is_some(),
        Kind::OrderDirection => matches!(value, "ASC" | "DESC"),
        Kind::Boolean => matches!(value, "true" | "false"),
    }
}

impl Kind {
    fn expected(self) -> &'static str {
        match self {
            Kind::EventType => "ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent",
            Kind::Time => "2026-11-21T08:30:00.000+08:00",
            Kind::Action => "ADD, OBSERVE, DELETE",
            Kind::Text => "text",
            Kind::Count => "1, 2, 3 …",
            Kind::Number => "12.5",
            Kind::OrderDirection => "ASC, DESC",
            Kind::Boolean => "true, false",
        }
    }
}
