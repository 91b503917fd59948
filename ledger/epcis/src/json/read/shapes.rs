//! Lists the fields of events and of the structures within them, as GS1's JSON schema lists them.

use crate::model::EventType;

/// The fields of every event.
pub(super) const COMMON_FIELDS: &[&str] = &[
    "@context",
    "type",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "certificationInfo",
    "errorDeclaration",
];

/// The fields of every event of the five standard types, beside the common ones.
pub(super) const WHY_AND_WHERE_FIELDS: &[&str] = &[
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
];

/// The fields of each type, beside those.
pub(super) fn own_fields(event_type: &EventType) -> &'static [&'static str] {
    match event_type {
        EventType::Object => &["action", "epcList", "quantityList", "ilmd"],
        EventType::Aggregation | EventType::Association => &["action", "parentID", "childEPCs", "childQuantityList"],
        EventType::Transaction => &["action", "parentID", "epcList", "quantityList"],
        EventType::Transformation => {
            &["transformationID", "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "ilmd"]
        }
        EventType::Other(_) => &[
            "action",
            "epcList",
            "quantityList",
            "ilmd",
            "parentID",
            "childEPCs",
            "childQuantityList",
            "transformationID",
            "inputEPCList",
            "inputQuantityList",
            "outputEPCList",
            "outputQuantityList",
        ],
    }
}

/// A structure's field names, which of them must be there, and whether it may be extended.
pub(super) struct Shape<'a> {
    pub name: &'static str,
    pub fields: &'a [&'static str],
    pub required: &'a [&'static str],
    pub open: bool,
}

pub(super) const ERROR_DECLARATION: Shape<'static> = Shape {
    name: "errorDeclaration",
    fields: &["declarationTime", "reason", "correctiveEventIDs"],
    required: &["declarationTime"],
    open: true,
};
pub(super) const LOCATION: Shape<'static> = Shape { name: "readPoint", fields: &["id"], required: &["id"], open: true };
pub(super) const QUANTITY: Shape<'static> =
    Shape { name: "quantityElement", fields: &["epcClass", "quantity", "uom"], required: &["epcClass"], open: false };
pub(super) const PERSISTENT_DISPOSITION: Shape<'static> =
    Shape { name: "persistentDisposition", fields: &["set", "unset"], required: &[], open: false };
pub(super) const ILMD: Shape<'static> = Shape { name: "ilmd", fields: &[], required: &[], open: true };
