//! Published XML documents: the valid ones are accepted, the invalid ones refused for the right reason.
//!
//! Tables as in `corpus_json.rs`: file, every error in the order found, every warning once. A file
//! that is not in its table must be clean. Where a published document is refused, the row says why.

#[path = "common/judge.rs"]
mod judge;

mod common;

use judge::{Expected, compare};

fn check(folder: &str, count: usize, table: &[Expected<'_>]) {
    let Some(corpus) = common::corpus() else { return };
    let (found, differences) = compare(&corpus, folder, &["xml"], table);
    assert!(differences.is_empty(), "{folder}, expected otherwise of:\n{}", differences.join("\n"));
    assert_eq!(found, count, "files in {folder}");
}

// Goal: GS1's own examples are accepted. Method: every file, with exact codes.
#[test]
fn gs1_examples() {
    check("gs1-epcis/XML", 37, GS1);
}

// Goal: OpenEPCIS' valid documents and single events are accepted. Method: as above.
#[test]
fn openepcis_valid() {
    check("openepcis/2.0/EPCIS/XML/Capture/Documents", 37, OPENEPCIS_DOCUMENTS);
    check("openepcis/2.0/EPCIS/XML/Capture/Events", 6, OPENEPCIS_EVENTS);
}

// Goal: query documents and queries, valid and invalid, are told apart. Method: as above.
#[test]
fn openepcis_queries() {
    check("openepcis/2.0/EPCIS/XML/Query", 16, OPENEPCIS_QUERY);
}

// Goal: each of the invalid documents is refused for exactly its fault. Method: as above.
#[test]
fn openepcis_invalid() {
    check("openepcis/2.0/EPCIS/XML/Capture/Invalid", 7, OPENEPCIS_INVALID);
}

// Goal: documents of EPCIS 1.2 are read. Many use what only 2.0 has, which is a warning. Method: as above.
#[test]
fn openepcis_old() {
    check("openepcis/1.2", 19, OPENEPCIS_OLD);
}

const GS1: &[Expected<'_>] = &[
    // The state of a capture job, which is no EPCIS document.
    ("CaptureJob/Example-CaptureJobRunning.xml", &["EPCIS-XML_ROOT"], &[]),
    // The state of a capture job, which is no EPCIS document.
    ("CaptureJob/Example-CaptureJobSuccess.xml", &["EPCIS-XML_ROOT"], &[]),
    // The state of a capture job, which is no EPCIS document.
    ("CaptureJob/Example-CaptureJobWithErrorFile.xml", &["EPCIS-XML_ROOT"], &[]),
    // The state of a capture job, which is no EPCIS document.
    ("CaptureJob/Example-CaptureJobWithErrors.xml", &["EPCIS-XML_ROOT"], &[]),
    ("Mimasu/Example2.xml", &[], &["EPCIS-WRONG_SCHEME"]),
    (
        "WithEventHashID/event_with_identical_hash_id_1.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithEventHashID/event_with_identical_hash_id_2.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithEventHashID/event_with_identical_hash_id_3.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithEventHashID/event_with_identical_hash_id_4.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithEventHashID/event_with_identical_hash_id_5.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithEventHashID/event_with_identical_hash_id_6.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    ("WithExtension/TransactionEvent.xml", &[], &["EPCIS-RESERVED_WORD"]),
    (
        "WithFullCombinationOfFields/aggregation_event_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithFullCombinationOfFields/association_event_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithFullCombinationOfFields/object_event_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithFullCombinationOfFields/transaction_event_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithFullCombinationOfFields/transformation_event_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    (
        "WithSensorData/SensorDataExamples.xml",
        &[],
        &["EPCIS-RESERVED_WORD", "EPCIS-SENSOR_EMPTY", "EPCIS-SENSOR_UNIT_ALONE"],
    ),
];

const OPENEPCIS_DOCUMENTS: &[Expected<'_>] = &[
    ("AggregationEvent.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "AggregationEvent_all_possible_fields.xml",
        &[],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
        ],
    ),
    ("AggregationEvent_with_digitalLink.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "AggregationEvent_with_sensorData.xml",
        &[],
        &["EPCIS-HASH_MISMATCH", "EPCIS-SENSOR_EMPTY", "EPCIS-SENSOR_UNIT_ALONE"],
    ),
    ("AssociationEvent_2.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "AssociationEvent_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    ("AssociationEvent_with_sensorData.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    ("Combination_of_different_event.xml", &[], &["EPCIS-LINK_CHECK_DIGIT", "EPCIS-SENSOR_AFTER_EVENT"]),
    ("CurieString_document.xml", &[], &["EPCIS-RESERVED_WORD", "EPCIS-SENSOR_AFTER_EVENT"]),
    // The order of elements is not that of the XSD, as its name says.
    (
        "JumbledFieldsOrder.xml",
        &[
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
        ],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_NO_UNIT", "EPCIS-SENSOR_TWICE"],
    ),
    // Its elements stand in the EPCIS namespace; the XSD has them in none.
    ("Namespace_document.xml", &["EPCIS-XML_QUALIFIED", "EPCIS-XML_QUALIFIED"], &[]),
    ("Namespaces_at_different_level.xml", &[], &["EPCIS-SENSOR_AFTER_EVENT"]),
    ("ObjectEvent.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "ObjectEvent_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    ("ObjectEvent_with_comment.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    ("ObjectEvent_with_digitalLink.xml", &[], &["EPCIS-HASH_MISMATCH", "EPCIS-WRONG_SCHEME"]),
    ("ObjectEvent_with_error_declaration.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    ("ObjectEvent_with_sensorData.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    ("SensorData_and_extension.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "SensorData_with_combined_events.xml",
        &[],
        &["EPCIS-LINK_SHAPE", "EPCIS-RESERVED_WORD", "EPCIS-SENSOR_EMPTY", "EPCIS-SENSOR_UNIT_ALONE"],
    ),
    (
        "TransactionEvent_all_possible_fields.xml",
        &[],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
        ],
    ),
    ("TransactionEvent_with_sensorData.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    ("TransactionEvent_with_userExtensions.xml", &[], &["EPCIS-RESERVED_WORD"]),
    ("TransformationEvent.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    (
        "TransformationEvent_all_possible_fields.xml",
        &[],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
        ],
    ),
    ("epcisDocWithAllGS1Keys.xml", &[], &["EPCIS-DUPLICATE_OBJECT"]),
];

const OPENEPCIS_EVENTS: &[Expected<'_>] = &[
    // Its elements stand in the EPCIS namespace; the XSD has them in none.
    ("Namespace_event.xml", &["EPCIS-XML_QUALIFIED", "EPCIS-XML_QUALIFIED"], &[]),
];

const OPENEPCIS_QUERY: &[Expected<'_>] = &[
    // CreatedAt instead of creationDate; QueryResults is not in the query namespace and names no query.
    (
        "Combination_of_different_event.xml",
        &["EPCIS-MISSING_FIELD", "EPCIS-UNKNOWN_FIELD", "EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD"],
        &["EPCIS-LINK_CHECK_DIGIT", "EPCIS-SENSOR_AFTER_EVENT"],
    ),
    // QueryResults is not in the query namespace and names no query.
    (
        "CurieString_document.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD"],
        &["EPCIS-RESERVED_WORD", "EPCIS-SENSOR_AFTER_EVENT"],
    ),
    ("Documents/QueryResultsDocument.xml", &[], &["EPCIS-LINK_SHAPE", "EPCIS-SENSOR_AFTER_EVENT"]),
    ("Documents/TransactionEvent_with_userExtensions.xml", &[], &["EPCIS-RESERVED_WORD"]),
    (
        "Invalid/QueryDocument_with_invalid_action.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD", "EPCIS-BAD_ACTION"],
        &[],
    ),
    (
        "Invalid/QueryDocument_with_invalid_eventType.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD", "EPCIS-UNKNOWN_EVENT_TYPE"],
        &[],
    ),
    ("Invalid/QueryDocument_with_missing_value.xml", &["EPCIS-MISSING_FIELD"], &[]),
    // The order of elements is not that of the XSD, as its name says; QueryResults names no query.
    (
        "JumbledFieldsOrder.xml",
        &[
            "EPCIS-XML_UNQUALIFIED",
            "EPCIS-MISSING_FIELD",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
        ],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_NO_UNIT", "EPCIS-SENSOR_TWICE"],
    ),
    // A time without seconds; QueryResults is not in the query namespace and names no query.
    (
        "ObjectEventWithAllPossibleFields.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD", "EPCIS-BAD_TIME"],
        &["EPCIS-SENSOR_AFTER_EVENT", "EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE"],
    ),
    ("Queries/Invalid/Query_without_queryName.xml", &["EPCIS-MISSING_FIELD"], &[]),
    ("QueryDocumentWithMultipleEvents.xml", &[], &["EPCIS-HASH_MISMATCH"]),
    // QueryResults is not in the query namespace and names no query.
    (
        "SensorData_with_combined_events.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD"],
        &["EPCIS-LINK_SHAPE", "EPCIS-RESERVED_WORD", "EPCIS-SENSOR_EMPTY", "EPCIS-SENSOR_UNIT_ALONE"],
    ),
    // QueryResults is not in the query namespace and names no query.
    (
        "TransactionEvent_with_userExtensions.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD"],
        &["EPCIS-RESERVED_WORD"],
    ),
    // A time without seconds; QueryResults is not in the query namespace and names no query.
    (
        "TransformationEvent_with_error_declaration.xml",
        &["EPCIS-XML_UNQUALIFIED", "EPCIS-MISSING_FIELD", "EPCIS-BAD_TIME"],
        &[],
    ),
    ("queryDocument.xml", &[], &["EPCIS-LINK_CHECK_DIGIT", "EPCIS-RESERVED_WORD"]),
];

const OPENEPCIS_INVALID: &[Expected<'_>] = &[
    ("ObjectEvent_bare_event_without_action.xml", &["EPCIS-MISSING_FIELD"], &[]),
    ("ObjectEvent_with_invalid_action.xml", &["EPCIS-BAD_ACTION"], &[]),
    ("ObjectEvent_with_invalid_eventTime_format.xml", &["EPCIS-BAD_TIME"], &[]),
    ("ObjectEvent_with_near_miss_action.xml", &["EPCIS-BAD_ACTION"], &[]),
    ("ObjectEvent_with_unknown_element.xml", &["EPCIS-UNKNOWN_FIELD"], &[]),
    ("ObjectEvent_with_wrong_element_order.xml", &["EPCIS-XML_ORDER", "EPCIS-XML_ORDER", "EPCIS-XML_ORDER"], &[]),
    ("ObjectEvent_without_eventTime.xml", &["EPCIS-MISSING_FIELD"], &[]),
];

const OPENEPCIS_OLD: &[Expected<'_>] = &[
    (
        "EPCIS/XML/Capture/Documents/AggregationEvent_all_possible_fields.xml",
        &[],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
            "EPCIS-XML_LATER_VERSION",
        ],
    ),
    (
        "EPCIS/XML/Capture/Documents/All_eventTypes_in_single_document.xml",
        &[],
        &["EPCIS-LINK_CHECK_DIGIT", "EPCIS-SENSOR_AFTER_EVENT", "EPCIS-XML_LATER_VERSION"],
    ),
    ("EPCIS/XML/Capture/Documents/AssociationEvent.xml", &[], &["EPCIS-XML_LATER_VERSION"]),
    (
        "EPCIS/XML/Capture/Documents/AssociationEvent_all_possible_fields.xml",
        &[],
        &["EPCIS-SENSOR_MEAN", "EPCIS-SENSOR_TIME_AND_PERIOD", "EPCIS-SENSOR_TWICE", "EPCIS-XML_LATER_VERSION"],
    ),
    // Its elements stand in the EPCIS namespace; the XSD has them in none.
    (
        "EPCIS/XML/Capture/Documents/Document_with_namespace.xml",
        &["EPCIS-XML_QUALIFIED", "EPCIS-XML_QUALIFIED", "EPCIS-XML_PLACE", "EPCIS-XML_PLACE"],
        &[],
    ),
    ("EPCIS/XML/Capture/Documents/EPCISDocument_with_comment.xml", &[], &["EPCIS-WRONG_SCHEME"]),
    ("EPCIS/XML/Capture/Documents/GS1_US_Pharma_Example_2_2_1_1.xml", &[], &["EPCIS-WRONG_SCHEME"]),
    // The order of elements is not that of the XSD, as its name says.
    (
        "EPCIS/XML/Capture/Documents/Jumbled_attributes_order.xml",
        &[
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
            "EPCIS-XML_ORDER",
        ],
        &[],
    ),
    // An ilmd in an event whose action is OBSERVE, a certificationInfo outside of any extension
    // that is no URI.
    (
        "EPCIS/XML/Capture/Documents/ObjectEvent_all_possible_fields.xml",
        &["EPCIS-XML_PLACE", "EPCIS-BAD_URI", "EPCIS-ILMD_WITHOUT_ADD"],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
            "EPCIS-XML_LATER_VERSION",
        ],
    ),
    ("EPCIS/XML/Capture/Documents/ObjectEvent_with_baseExtension_errorDeclaration.xml", &[], &["EPCIS-WRONG_SCHEME"]),
    ("EPCIS/XML/Capture/Documents/ObjectEvent_with_sensorData.xml", &[], &["EPCIS-XML_LATER_VERSION"]),
    // Its elements stand in the EPCIS namespace; the XSD has them in none.
    (
        "EPCIS/XML/Capture/Documents/Single_event_with_namespace.xml",
        &["EPCIS-XML_QUALIFIED", "EPCIS-XML_QUALIFIED", "EPCIS-XML_PLACE", "EPCIS-XML_PLACE"],
        &[],
    ),
    // A time without seconds.
    (
        "EPCIS/XML/Capture/Documents/TransactionEvent_all_possible_fields.xml",
        &["EPCIS-BAD_TIME"],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
            "EPCIS-XML_LATER_VERSION",
        ],
    ),
    (
        "EPCIS/XML/Capture/Documents/TransformationEvent_all_possible_fields.xml",
        &[],
        &[
            "EPCIS-HASH_MISMATCH",
            "EPCIS-SENSOR_AFTER_EVENT",
            "EPCIS-SENSOR_MEAN",
            "EPCIS-SENSOR_TIME_AND_PERIOD",
            "EPCIS-SENSOR_TWICE",
            "EPCIS-XML_LATER_VERSION",
        ],
    ),
];
