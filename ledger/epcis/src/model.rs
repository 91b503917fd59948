//! The EPCIS 2.0 data model, lossless and the same for JSON and XML.
//!
//! Fields hold the text that was read; what the text means is judged by [`crate::validate`] and
//! canonicalised by [`crate::hash`]. So a document with faults can still be shown, hashed and
//! answered to, and nothing is repaired in passing.
//!
//! Three rules make one model of two syntaxes:
//! * a value of a CBV vocabulary is held as its bare word (`shipping`) however it was written
//!   (bare word, `urn:epcglobal:cbv:bizstep:shipping`, web URI or CURIE); any other value as is;
//! * a list in JSON is repeated elements in XML;
//! * a scalar of an extension is its text, with the JSON type it had as a hint for the writer.

use std::collections::HashMap;

use crate::name::{Name, Namespaces};

/// The kind of an event (EPCIS 2.0 §7.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// §7.4.2
    Object,
    /// §7.4.3
    Aggregation,
    /// §7.4.4
    Transaction,
    /// §7.4.5
    Transformation,
    /// §7.4.6
    Association,
    /// Any other: a user's own event type, which the standard allows as a URI.
    Other(String),
}

impl EventType {
    /// The five types of the standard.
    pub const STANDARD: [EventType; 5] = [
        EventType::Object,
        EventType::Aggregation,
        EventType::Transaction,
        EventType::Transformation,
        EventType::Association,
    ];

    /// The name in documents, for example `ObjectEvent`.
    pub fn name(&self) -> &str {
        match self {
            EventType::Object => "ObjectEvent",
            EventType::Aggregation => "AggregationEvent",
            EventType::Transaction => "TransactionEvent",
            EventType::Transformation => "TransformationEvent",
            EventType::Association => "AssociationEvent",
            EventType::Other(name) => name,
        }
    }

    /// The type that documents call `name`.
    pub fn from_name(name: &str) -> EventType {
        match EventType::STANDARD.iter().find(|known| known.name() == name) {
            Some(known) => known.clone(),
            None => EventType::Other(name.to_owned()),
        }
    }
}

/// A number as it was written. Equal when the numbers are, however written (`200` and `200.0`).
#[derive(Clone, Debug)]
pub struct Number(pub Box<str>);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
            || match (crate::decimal::canonical(&self.0), crate::decimal::canonical(&other.0)) {
                (Some(one), Some(two)) => one == two,
                _ => false,
            }
    }
}

/// One event. A field that its type does not have, or of the wrong shape, is kept in
/// `extensions` under its own name without a namespace, and reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Which of the five, or a user's own.
    pub event_type: EventType,
    /// Prefixes declared on the event itself (JSON `@context`, XML `xmlns:`).
    pub namespaces: Namespaces,
    /// When it happened.
    pub event_time: Option<String>,
    /// When a repository recorded it; set by the server, not by the client.
    pub record_time: Option<String>,
    /// The offset in force where it happened, `+08:00`.
    pub event_time_zone_offset: Option<String>,
    /// A URI, often `ni:///sha-256;…`.
    pub event_id: Option<String>,
    /// URIs of certificates.
    pub certification_info: Vec<String>,
    /// Withdraws an earlier event of the same identity.
    pub error_declaration: Option<ErrorDeclaration>,
    /// What: instances (ObjectEvent, TransactionEvent).
    pub epc_list: Option<Vec<String>>,
    /// What: classes with quantities (ObjectEvent, TransactionEvent).
    pub quantity_list: Option<Vec<QuantityElement>>,
    /// The container, assembly or transaction's parent.
    pub parent_id: Option<String>,
    /// Contained instances (AggregationEvent, AssociationEvent).
    pub child_epcs: Option<Vec<String>>,
    /// Contained classes.
    pub child_quantity_list: Option<Vec<QuantityElement>>,
    /// Consumed instances (TransformationEvent).
    pub input_epc_list: Option<Vec<String>>,
    /// Consumed classes.
    pub input_quantity_list: Option<Vec<QuantityElement>>,
    /// Produced instances.
    pub output_epc_list: Option<Vec<String>>,
    /// Produced classes.
    pub output_quantity_list: Option<Vec<QuantityElement>>,
    /// Joins several events to one transformation.
    pub transformation_id: Option<String>,
    /// `ADD`, `OBSERVE` or `DELETE`.
    pub action: Option<String>,
    /// Why: the business step.
    pub biz_step: Option<String>,
    /// Why: the state afterwards.
    pub disposition: Option<String>,
    /// Why: states that stay until unset.
    pub persistent_disposition: Option<PersistentDisposition>,
    /// Where it was seen.
    pub read_point: Option<Location>,
    /// Where it is afterwards.
    pub biz_location: Option<Location>,
    /// Why: orders, invoices and the like.
    pub biz_transaction_list: Option<Vec<Typed>>,
    /// Why: from whom.
    pub source_list: Option<Vec<Typed>>,
    /// Why: to whom.
    pub destination_list: Option<Vec<Typed>>,
    /// How: sensor data.
    pub sensor_element_list: Option<Vec<SensorElement>>,
    /// Instance or lot master data.
    pub ilmd: Option<Vec<Extension>>,
    /// User extensions of the event.
    pub extensions: Vec<Extension>,
}

impl Event {
    /// An event of this type with nothing else said.
    pub fn new(event_type: EventType) -> Self {
        Event {
            event_type,
            namespaces: Namespaces::default(),
            event_time: None,
            record_time: None,
            event_time_zone_offset: None,
            event_id: None,
            certification_info: Vec::new(),
            error_declaration: None,
            epc_list: None,
            quantity_list: None,
            parent_id: None,
            child_epcs: None,
            child_quantity_list: None,
            input_epc_list: None,
            input_quantity_list: None,
            output_epc_list: None,
            output_quantity_list: None,
            transformation_id: None,
            action: None,
            biz_step: None,
            disposition: None,
            persistent_disposition: None,
            read_point: None,
            biz_location: None,
            biz_transaction_list: None,
            source_list: None,
            destination_list: None,
            sensor_element_list: None,
            ilmd: None,
            extensions: Vec::new(),
        }
    }
}

/// EPCIS 2.0 §7.4.1.3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorDeclaration {
    /// When it was declared.
    pub declaration_time: Option<String>,
    /// Bare word of `ER` or a URI.
    pub reason: Option<String>,
    /// The events that are right instead.
    pub corrective_event_ids: Option<Vec<String>>,
    /// User extensions.
    pub extensions: Vec<Extension>,
}

/// A class with an optional quantity (§7.3.3.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuantityElement {
    /// Class of objects.
    pub epc_class: Option<String>,
    /// How many or how much; none means unspecified.
    pub quantity: Option<Number>,
    /// Whether the quantity is given as unspecified: `xsi:nil="true"` in XML, `null` in JSON. Means
    /// the same as none, but hashes otherwise.
    pub nil: bool,
    /// UN/ECE Recommendation 20 unit; none means pieces.
    pub uom: Option<String>,
    /// What doesn't belong there: kept, reported.
    pub extensions: Vec<Extension>,
}

/// A read point or business location.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// Its URI.
    pub id: Option<String>,
    /// User extensions.
    pub extensions: Vec<Extension>,
}

/// A business transaction, source or destination: a value with a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// Bare word of the vocabulary or a URI.
    pub kind: Option<String>,
    /// The transaction's, source's or destination's URI.
    pub value: Option<String>,
    /// What doesn't belong there: kept, reported.
    pub extensions: Vec<Extension>,
}

/// Dispositions set and unset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersistentDisposition {
    /// Set by this event.
    pub set: Option<Vec<String>>,
    /// Unset by this event.
    pub unset: Option<Vec<String>>,
    /// What doesn't belong there: kept, reported.
    pub extensions: Vec<Extension>,
}

/// One sensor element (§7.3.7).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorElement {
    /// What holds for all reports.
    pub metadata: Option<SensorMetadata>,
    /// The readings.
    pub reports: Vec<SensorReport>,
    /// User extensions.
    pub extensions: Vec<Extension>,
}

/// Sensor metadata: each standard attribute under its name, then the user's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorMetadata {
    /// Standard attributes present, in [`SENSOR_METADATA_FIELDS`]' order.
    pub fields: Vec<(SensorField, Box<str>)>,
    /// User extensions (XML can carry only scalars here).
    pub extensions: Vec<Extension>,
}

/// One sensor report, likewise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorReport {
    /// Standard attributes present, in [`SENSOR_REPORT_FIELDS`]' order.
    pub fields: Vec<(SensorField, Box<str>)>,
    /// User extensions (XML can carry only scalars here).
    pub extensions: Vec<Extension>,
}

/// A standard attribute of sensor metadata or a sensor report.
#[derive(Clone, Copy, Debug)]
pub struct SensorField {
    /// Its name in documents.
    pub name: &'static str,
    /// What its value is.
    pub kind: SensorValue,
}

impl PartialEq for SensorField {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What the value of a sensor attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorValue {
    /// A URI.
    Uri,
    /// A time stamp.
    Time,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any text.
    Text,
    /// Hexadecimal digits.
    HexBinary,
    /// A measurement type of the GS1 web vocabulary.
    MeasurementType,
    /// An alarm or error condition of the GS1 web vocabulary.
    Exception,
    /// A component of the CBV.
    Component,
}

/// The attributes of `sensorMetadata`, in the order the event hash takes them.
pub const SENSOR_METADATA_FIELDS: &[SensorField] = &[
    SensorField { name: "time", kind: SensorValue::Time },
    SensorField { name: "startTime", kind: SensorValue::Time },
    SensorField { name: "endTime", kind: SensorValue::Time },
    SensorField { name: "deviceID", kind: SensorValue::Uri },
    SensorField { name: "deviceMetadata", kind: SensorValue::Uri },
    SensorField { name: "rawData", kind: SensorValue::Uri },
    SensorField { name: "dataProcessingMethod", kind: SensorValue::Uri },
    SensorField { name: "bizRules", kind: SensorValue::Uri },
];

/// The attributes of `sensorReport`, in the order the event hash takes them.
pub const SENSOR_REPORT_FIELDS: &[SensorField] = &[
    SensorField { name: "type", kind: SensorValue::MeasurementType },
    SensorField { name: "exception", kind: SensorValue::Exception },
    SensorField { name: "deviceID", kind: SensorValue::Uri },
    SensorField { name: "deviceMetadata", kind: SensorValue::Uri },
    SensorField { name: "rawData", kind: SensorValue::Uri },
    SensorField { name: "dataProcessingMethod", kind: SensorValue::Uri },
    SensorField { name: "bizRules", kind: SensorValue::Uri },
    SensorField { name: "time", kind: SensorValue::Time },
    SensorField { name: "microorganism", kind: SensorValue::Uri },
    SensorField { name: "chemicalSubstance", kind: SensorValue::Uri },
    SensorField { name: "value", kind: SensorValue::Number },
    SensorField { name: "component", kind: SensorValue::Component },
    SensorField { name: "stringValue", kind: SensorValue::Text },
    SensorField { name: "booleanValue", kind: SensorValue::Boolean },
    SensorField { name: "hexBinaryValue", kind: SensorValue::HexBinary },
    SensorField { name: "uriValue", kind: SensorValue::Uri },
    SensorField { name: "minValue", kind: SensorValue::Number },
    SensorField { name: "maxValue", kind: SensorValue::Number },
    SensorField { name: "meanValue", kind: SensorValue::Number },
    SensorField { name: "sDev", kind: SensorValue::Number },
    SensorField { name: "percRank", kind: SensorValue::Number },
    SensorField { name: "percValue", kind: SensorValue::Number },
    SensorField { name: "uom", kind: SensorValue::Text },
    SensorField { name: "coordinateReferenceSystem", kind: SensorValue::Uri },
];

/// A user extension: a name and what it holds. A JSON list of several values is several
/// extensions of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Value,
}

/// The value of an extension.
#[derive(Clone, Debug)]
pub enum Value {
    /// JSON `null`, XML `xsi:nil="true"`.
    Null,
    /// A scalar's text, and how JSON wrote it.
    Scalar(Box<str>, Scalar),
    /// A structure.
    Object(Object),
    /// A JSON list that repeated elements cannot say: empty, or inside a list. XML can't carry it.
    List(Vec<Value>),
}

/// How JSON wrote a scalar. From XML: always `Text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A string.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// A structured extension: XML attributes, own text, and members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// XML attributes; JSON writes them as members named `@name`.
    pub attributes: Vec<(Name, Box<str>)>,
    /// Text beside attributes or members; JSON writes it as the member `#text`.
    pub text: Option<Box<str>>,
    /// Members in document order.
    pub members: Vec<Extension>,
}

impl PartialEq for Value {
    /// Scalars are compared as text (a number in JSON is text in XML); an empty structure and an
    /// empty text are one (an empty element in XML).
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Scalar(text, _), Value::Object(object)) | (Value::Object(object), Value::Scalar(text, _)) => {
                text.is_empty() && object.is_empty()
            }
            (Value::Null, Value::Null) => true,
            (Value::Scalar(one, _), Value::Scalar(two, _)) => one == two,
            (Value::Object(one), Value::Object(two)) => one == two,
            (Value::List(one), Value::List(two)) => one == two,
            _ => false,
        }
    }
}

impl Object {
    /// Whether it has no content at all.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.text.is_none() && self.members.is_empty()
    }
}

/// Brings extensions of one name together, at the place of the first: the order a JSON object,
/// which holds them as one list, gives them. Within a name the order stays.
pub fn group(extensions: Vec<Extension>) -> Vec<Extension> {
    let firsts = first_of_name(&extensions);
    if firsts.is_sorted() {
        return extensions;
    }
    let mut ranked: Vec<(usize, Extension)> = firsts.into_iter().zip(extensions).collect();
    ranked.sort_by_key(|(first, _)| *first);
    ranked.into_iter().map(|(_, extension)| extension).collect()
}

/// Where the first extension of each one's name stands. Few are compared with each other, many are
/// looked up, so that a hostile object costs no more than its size.
fn first_of_name(extensions: &[Extension]) -> Vec<usize> {
    const FEW: usize = 16;
    if extensions.len() <= FEW {
        let first = |name: &Name| extensions.iter().position(|other| other.name == *name).unwrap_or(0);
        return extensions.iter().map(|extension| first(&extension.name)).collect();
    }
    let mut firsts: HashMap<&Name, usize> = HashMap::with_capacity(extensions.len());
    extensions.iter().enumerate().map(|(at, extension)| *firsts.entry(&extension.name).or_insert(at)).collect()
}

/// Calls `visit` with every extension name in `event`, for writers that must declare prefixes.
pub fn visit_names(event: &Event, visit: &mut dyn FnMut(&Name)) {
    let quantities =
        [&event.quantity_list, &event.child_quantity_list, &event.input_quantity_list, &event.output_quantity_list];
    let typed = [&event.biz_transaction_list, &event.source_list, &event.destination_list];
    let sensors = event.sensor_element_list.iter().flatten();
    visit_extension_names(&event.extensions, visit);
    visit_extension_names(event.ilmd.as_deref().unwrap_or_default(), visit);
    for element in quantities.into_iter().flatten().flatten() {
        visit_extension_names(&element.extensions, visit);
    }
    for element in typed.into_iter().flatten().flatten() {
        visit_extension_names(&element.extensions, visit);
    }
    for location in [&event.read_point, &event.biz_location].into_iter().flatten() {
        visit_extension_names(&location.extensions, visit);
    }
    for sensor in sensors {
        let metadata = sensor.metadata.iter().map(|metadata| &metadata.extensions);
        let reports = sensor.reports.iter().map(|report| &report.extensions);
        for extensions in metadata.chain(reports).chain([&sensor.extensions]) {
            visit_extension_names(extensions, visit);
        }
    }
    if let Some(dispositions) = &event.persistent_disposition {
        visit_extension_names(&dispositions.extensions, visit);
    }
    if let Some(declaration) = &event.error_declaration {
        visit_extension_names(&declaration.extensions, visit);
    }
}

/// Calls `visit` with every name in these extensions.
pub fn visit_extension_names(extensions: &[Extension], visit: &mut dyn FnMut(&Name)) {
    for extension in extensions {
        visit(&extension.name);
        visit_value_names(&extension.value, visit);
    }
}

/// Calls `visit` with every name in this value.
pub fn visit_value_names(value: &Value, visit: &mut dyn FnMut(&Name)) {
    match value {
        Value::Null | Value::Scalar(..) => {}
        Value::List(elements) => elements.iter().for_each(|element| visit_value_names(element, visit)),
        Value::Object(object) => {
            object.attributes.iter().for_each(|(name, _)| visit(name));
            visit_extension_names(&object.members, visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: few and many extensions are grouped alike, and many in time that grows with their number. Method: names
    // that come again and again in turn, compared with what a list of lists gives.
    #[test]
    fn grouping() {
        for (count, names) in [(0, 1), (1, 1), (16, 5), (17, 5), (1000, 7), (300_000, 100_000)] {
            let one = |at: usize| Extension {
                name: Name::local(&format!("n{}", at % names)),
                value: Value::Scalar(at.to_string().into(), Scalar::Number),
            };
            let mut lists = vec![Vec::new(); names];
            (0..count).for_each(|at| lists[at % names].push(one(at)));
            let start = std::time::Instant::now();
            assert!(group((0..count).map(one).collect()) == lists.concat(), "{count} {names}");
            assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
        }
    }
}
