//! The EPCIS dimensions that carry key data elements.

use suyuan_epcis::epc::constrained_canonical;
use suyuan_epcis::identifier::Kind;
use suyuan_epcis::model::{Event, Extension, QuantityElement, Typed, Value};

/// The namespaces of the CBV's master data attributes: as the JSON context has it, and as XML often does.
const MASTER_DATA: [&str; 2] = ["urn:epcglobal:cbv:mda", "urn:epcglobal:cbv:mda:"];

/// Declares the carriers: `Variant = "name", holds;`, the last telling whether an event has that dimension.
macro_rules! carriers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $holds:expr;)*) => {
        /// A dimension of an event that says a key data element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Carrier {
            $($(#[$doc])* $variant,)*
        }

        impl Carrier {
            /// The carrier that the table calls `name`.
            pub fn from_name(name: &str) -> Option<Carrier> {
                match name {
                    $($name => Some(Carrier::$variant),)*
                    _ => None,
                }
            }

            /// Whether `event` says it.
            pub fn holds(self, event: &Event) -> bool {
                let holds: fn(&Event) -> bool = match self { $(Carrier::$variant => $holds,)* };
                holds(event)
            }
        }
    };
}

carriers! {
    /// Anything the event is about.
    Objects = "objects", |event| subjects(event).next().is_some();
    /// How much: a class with its quantity, shipped, contained or made.
    Quantity = "quantity", |event| [&event.quantity_list, &event.child_quantity_list, &event.output_quantity_list].into_iter().any(has_quantity);
    /// How many: a quantity, or objects one by one.
    Count = "count", |event| Carrier::Quantity.holds(event) || filled(&event.epc_list) || filled(&event.child_epcs);
    /// What went in.
    Inputs = "inputs", |event| filled(&event.input_epc_list) || filled(&event.input_quantity_list);
    /// How much went in.
    InputQuantity = "input_quantity", |event| has_quantity(&event.input_quantity_list);
    /// What came out.
    Outputs = "outputs", |event| filled(&event.output_epc_list) || filled(&event.output_quantity_list);
    /// The container or assembly.
    Parent = "parent", |event| event.parent_id.is_some();
    /// What is in it. Without them a DELETE is about all.
    Children = "children", |event| filled(&event.child_epcs) || filled(&event.child_quantity_list) || event.action.as_deref() == Some("DELETE");
    /// ADD, OBSERVE or DELETE.
    Action = "action", |event| event.action.is_some();
    /// A trade item.
    Gtin = "gtin", |event| subjects(event).any(is_trade_item);
    /// A lot, of an object or in the master data.
    Lot = "lot", |event| subjects(event).any(has_lot) || master_data(event, &["lotNumber"]);
    /// Objects by their serial numbers.
    Serial = "serial", |event| filled(&event.epc_list);
    /// When it was made.
    Made = "made", |event| master_data(event, &["productionDate"]);
    /// Until when it is good.
    Expiry = "expiry", |event| master_data(event, &["itemExpirationDate", "bestBeforeDate", "sellByDate"]);
    /// When the event happened.
    EventTime = "event_time", |event| event.event_time.is_some();
    /// Where it was seen.
    ReadPoint = "read_point", |event| names_place(&event.read_point);
    /// Where it is afterwards.
    Location = "location", |event| names_place(&event.biz_location);
    /// From which party.
    SourceParty = "source_party", |event| names(&event.source_list, &["owning_party", "possessing_party"]);
    /// From which place.
    SourcePlace = "source_place", |event| names(&event.source_list, &["location"]);
    /// To which party.
    DestinationParty = "destination_party", |event| names(&event.destination_list, &["owning_party", "possessing_party"]);
    /// To which place.
    DestinationPlace = "destination_place", |event| names(&event.destination_list, &["location"]);
    /// The number of a document.
    Document = "document", |event| event.biz_transaction_list.iter().flatten().any(|document| document.value.is_some());
    /// The kind of a document that goes with goods.
    DocumentType = "document_type", |event| names(&event.biz_transaction_list, &["po", "desadv", "bol", "inv"]);
    /// Readings of a sensor.
    Sensor = "sensor", |event| event.sensor_element_list.iter().flatten().any(|element| !element.reports.is_empty());
    /// A special equipment by its code.
    Equipment = "equipment", |event| subjects(event).any(is_equipment);
    /// A sensor by its identity.
    SensorDevice = "sensor_device", |event| names_sensor(event);
    /// What a test found.
    Conformity = "conformity", |event| disposition_is(event, &["conformant", "non_conformant"]);
    /// What a receipt found.
    Completeness = "completeness", |event| disposition_is(event, &["completeness_verified", "mismatch_instance", "mismatch_class", "mismatch_quantity"]);
    /// Whether it can be used.
    Availability = "availability", |event| disposition_is(event, &["available", "unavailable"]);
}

fn filled<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}

fn has_quantity(list: &Option<Vec<QuantityElement>>) -> bool {
    list.iter().flatten().any(|element| element.quantity.is_some())
}

/// Every identifier of an object or class that the event is about, its inputs left out.
fn subjects(event: &Event) -> impl Iterator<Item = &str> {
    let instances = [&event.epc_list, &event.child_epcs, &event.output_epc_list].into_iter().flatten().flatten();
    let lists = [&event.quantity_list, &event.child_quantity_list, &event.output_quantity_list];
    let classes = lists.into_iter().flatten().flatten().filter_map(|element| element.epc_class.as_ref());
    event.parent_id.iter().chain(instances).chain(classes).map(String::as_str)
}

fn is_trade_item(subject: &str) -> bool {
    constrained_canonical(subject).is_some_and(|link| link.starts_with("https://id.gs1.org/01/"))
}

/// The canonical link of one object leaves its lot out, so the lot is looked for where it was written.
fn has_lot(subject: &str) -> bool {
    subject.starts_with("urn:epc:class:lgtin:")
        || is_trade_item(subject) && (subject.contains("/10/") || subject.contains("/lot/"))
}

fn is_equipment(subject: &str) -> bool {
    subject.strip_prefix("urn:cn:speq:").is_some_and(|code| Kind::EquipmentCode.is_valid(code))
}

/// Whether the master data has a value under one of these names.
fn master_data(event: &Event, names: &[&str]) -> bool {
    let is_one = |extension: &&Extension| {
        MASTER_DATA.contains(&&*extension.name.namespace) && names.contains(&&*extension.name.local)
    };
    let says = |extension: &Extension| matches!(&extension.value, Value::Scalar(text, _) if !text.is_empty());
    event.ilmd.iter().flatten().filter(is_one).any(says)
}

fn names_place(location: &Option<suyuan_epcis::model::Location>) -> bool {
    location.as_ref().is_some_and(|location| location.id.is_some())
}

fn names(list: &Option<Vec<Typed>>, kinds: &[&str]) -> bool {
    let fits = |one: &Typed| one.value.is_some() && one.kind.as_deref().is_some_and(|kind| kinds.contains(&kind));
    list.iter().flatten().any(fits)
}

fn names_sensor(event: &Event) -> bool {
    event.sensor_element_list.iter().flatten().any(|element| {
        let metadata = element.metadata.iter().flat_map(|metadata| &metadata.fields);
        let reports = element.reports.iter().flat_map(|report| &report.fields);
        metadata.chain(reports).any(|(field, _)| field.name == "deviceID")
    })
}

fn disposition_is(event: &Event, words: &[&str]) -> bool {
    event.disposition.as_deref().is_some_and(|disposition| words.contains(&disposition))
}
