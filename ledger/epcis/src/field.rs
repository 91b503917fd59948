//! Finds the fields of an event by their names, and where the model holds them.

use crate::cbv::{self, Vocabulary};
use crate::model::{Event, Location, QuantityElement, Typed};

/// What a field of an event is, and where the model holds it.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    /// A time stamp.
    Time(fn(&mut Event) -> &mut Option<String>),
    /// The offset.
    Offset,
    /// A URI.
    Uri(fn(&mut Event) -> &mut Option<String>),
    Action,
    /// A word of a vocabulary, or a URI.
    Word(fn(&mut Event) -> &mut Option<String>, &'static Vocabulary),
    /// A list of EPCs.
    Epcs(fn(&mut Event) -> &mut Option<Vec<String>>),
    Quantities(fn(&mut Event) -> &mut Option<Vec<QuantityElement>>),
    Location(fn(&mut Event) -> &mut Option<Location>),
    Typed(fn(&mut Event) -> &mut Option<Vec<Typed>>, &'static TypedList),
    Certification,
    ErrorDeclaration,
    PersistentDisposition,
    Sensors,
    Ilmd,
}

impl Field {
    /// The field that a name stands for, in JSON and XML alike.
    pub(crate) fn from_name(name: &str) -> Option<Field> {
        Some(match name {
            "eventTime" => Field::Time(|event| &mut event.event_time),
            "recordTime" => Field::Time(|event| &mut event.record_time),
            "eventTimeZoneOffset" => Field::Offset,
            "eventID" => Field::Uri(|event| &mut event.event_id),
            "errorDeclaration" => Field::ErrorDeclaration,
            "certificationInfo" => Field::Certification,
            "epcList" => Field::Epcs(|event| &mut event.epc_list),
            "quantityList" => Field::Quantities(|event| &mut event.quantity_list),
            "parentID" => Field::Uri(|event| &mut event.parent_id),
            "childEPCs" => Field::Epcs(|event| &mut event.child_epcs),
            "childQuantityList" => Field::Quantities(|event| &mut event.child_quantity_list),
            "inputEPCList" => Field::Epcs(|event| &mut event.input_epc_list),
            "inputQuantityList" => Field::Quantities(|event| &mut event.input_quantity_list),
            "outputEPCList" => Field::Epcs(|event| &mut event.output_epc_list),
            "outputQuantityList" => Field::Quantities(|event| &mut event.output_quantity_list),
            "transformationID" => Field::Uri(|event| &mut event.transformation_id),
            "action" => Field::Action,
            "bizStep" => Field::Word(|event| &mut event.biz_step, &cbv::BIZ_STEP),
            "disposition" => Field::Word(|event| &mut event.disposition, &cbv::DISPOSITION),
            "persistentDisposition" => Field::PersistentDisposition,
            "readPoint" => Field::Location(|event| &mut event.read_point),
            "bizLocation" => Field::Location(|event| &mut event.biz_location),
            "bizTransactionList" => Field::Typed(|event| &mut event.biz_transaction_list, &TRANSACTIONS),
            "sourceList" => Field::Typed(|event| &mut event.source_list, &SOURCES),
            "destinationList" => Field::Typed(|event| &mut event.destination_list, &DESTINATIONS),
            "sensorElementList" => Field::Sensors,
            "ilmd" => Field::Ilmd,
            _ => return None,
        })
    }
}

/// A list of values with types.
pub(crate) struct TypedList {
    /// The element of one item in XML; in JSON the key of its value.
    pub(crate) item: &'static str,
    pub(crate) vocabulary: &'static Vocabulary,
    pub(crate) type_required: bool,
}

pub(crate) const TRANSACTIONS: TypedList =
    TypedList { item: "bizTransaction", vocabulary: &cbv::BIZ_TRANSACTION, type_required: false };
pub(crate) const SOURCES: TypedList =
    TypedList { item: "source", vocabulary: &cbv::SOURCE_DESTINATION, type_required: true };
pub(crate) const DESTINATIONS: TypedList =
    TypedList { item: "destination", vocabulary: &cbv::SOURCE_DESTINATION, type_required: true };
