//! Lists which elements an event has, in which order: the XSD's sequences, of 2.0 and of 1.x.

use super::namespace::Version;
use crate::model::EventType;

/// An `xsd:sequence`: these elements in this order, then elements of other namespaces.
pub(crate) struct Sequence {
    pub(crate) names: &'static [&'static str],
    /// What `baseExtension` holds.
    pub(crate) base_extension: Option<&'static Sequence>,
    /// What `extension` holds.
    pub(crate) extension: Option<&'static Sequence>,
    /// Whether the XSD lets any element without a namespace stand here: the place that 1.x kept
    /// for later versions.
    pub(crate) lax: bool,
}

/// 2.0: within `extension` and `baseExtension` elements of other namespaces only.
const OTHERS: Sequence = Sequence { names: &[], base_extension: None, extension: None, lax: false };
/// 1.x: the innermost `extension`.
const LATER: Sequence = Sequence { names: &[], base_extension: None, extension: None, lax: true };

macro_rules! two {
    ($($name:literal),*) => {
        Sequence {
            names: &[
                "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo",
                "baseExtension", $($name,)* "extension"
            ],
            base_extension: Some(&OTHERS),
            extension: Some(&OTHERS),
            lax: false,
        }
    };
}

macro_rules! one {
    ($extension:expr, $($name:literal),*) => {
        Sequence {
            names: &["eventTime", "recordTime", "eventTimeZoneOffset", "baseExtension", $($name,)* "extension"],
            base_extension: Some(&ONE_BASE),
            extension: Some($extension),
            lax: false,
        }
    };
}

const OBJECT: Sequence = two!(
    "epcList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "quantityList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition",
    "ilmd"
);
const AGGREGATION: Sequence = two!(
    "parentID",
    "childEPCs",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "childQuantityList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition"
);
const TRANSACTION: Sequence = two!(
    "bizTransactionList",
    "parentID",
    "epcList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "quantityList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition"
);
const TRANSFORMATION: Sequence = two!(
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition",
    "ilmd"
);
const ASSOCIATION: Sequence = two!(
    "parentID",
    "childEPCs",
    "childQuantityList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition"
);

const ONE_BASE: Sequence = Sequence {
    names: &["eventID", "errorDeclaration", "extension"],
    base_extension: None,
    extension: Some(&LATER),
    lax: false,
};
const ONE_OBJECT_EXTENSION: Sequence = Sequence {
    names: &["quantityList", "sourceList", "destinationList", "ilmd", "extension"],
    base_extension: None,
    extension: Some(&LATER),
    lax: false,
};
const ONE_AGGREGATION_EXTENSION: Sequence = Sequence {
    names: &["childQuantityList", "sourceList", "destinationList", "extension"],
    base_extension: None,
    extension: Some(&LATER),
    lax: false,
};
const ONE_TRANSACTION_EXTENSION: Sequence = Sequence {
    names: &["quantityList", "sourceList", "destinationList", "extension"],
    base_extension: None,
    extension: Some(&LATER),
    lax: false,
};
const ONE_OBJECT: Sequence = one!(
    &ONE_OBJECT_EXTENSION,
    "epcList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList"
);
const ONE_AGGREGATION: Sequence = one!(
    &ONE_AGGREGATION_EXTENSION,
    "parentID",
    "childEPCs",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList"
);
const ONE_TRANSACTION: Sequence = one!(
    &ONE_TRANSACTION_EXTENSION,
    "bizTransactionList",
    "parentID",
    "epcList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation"
);
const ONE_TRANSFORMATION: Sequence = one!(
    &LATER,
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "ilmd"
);
/// 1.x has no AssociationEvent; documents that put one where 1.x leaves room for later versions
/// write it as 2.0 does, but for the base extension.
const ONE_ASSOCIATION: Sequence = one!(
    &LATER,
    "parentID",
    "childEPCs",
    "childQuantityList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition"
);

/// The sequence of an event type; none of a user's own.
pub(crate) fn sequence(event_type: &EventType, version: Version) -> Option<&'static Sequence> {
    Some(match (event_type, version) {
        (EventType::Object, Version::Two) => &OBJECT,
        (EventType::Aggregation, Version::Two) => &AGGREGATION,
        (EventType::Transaction, Version::Two) => &TRANSACTION,
        (EventType::Transformation, Version::Two) => &TRANSFORMATION,
        (EventType::Association, Version::Two) => &ASSOCIATION,
        (EventType::Object, Version::One) => &ONE_OBJECT,
        (EventType::Aggregation, Version::One) => &ONE_AGGREGATION,
        (EventType::Transaction, Version::One) => &ONE_TRANSACTION,
        (EventType::Transformation, Version::One) => &ONE_TRANSFORMATION,
        (EventType::Association, Version::One) => &ONE_ASSOCIATION,
        (EventType::Other(_), _) => return None,
    })
}

/// Every field of any event, in the order in which a user's own event type has them: the standard's base,
/// then all others.
pub(crate) const EVENT_FIELDS: &[&str] = &[
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "errorDeclaration",
    "certificationInfo",
    "epcList",
    "parentID",
    "childEPCs",
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "quantityList",
    "childQuantityList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition",
    "ilmd",
];

/// What each event of the type must have.
pub(crate) fn required(event_type: &EventType) -> &'static [&'static str] {
    match event_type {
        EventType::Object | EventType::Aggregation => &["eventTime", "eventTimeZoneOffset", "action"],
        EventType::Transaction => &["eventTime", "eventTimeZoneOffset", "bizTransactionList", "action"],
        EventType::Association => &["eventTime", "eventTimeZoneOffset", "parentID", "action"],
        EventType::Transformation | EventType::Other(_) => &["eventTime", "eventTimeZoneOffset"],
    }
}
