//! Goal: every parameter of the simple event query finds what it is to find, and nothing else. Method: one document
//! with an event for each field, captured by HTTP; for each parameter a value that some events have and one that none
//! has, written in the forms that mean the same; what is found is compared with a list of the events' numbers. Then
//! orders and limits, on the same events; and refusals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod http;
mod runner;

use http::{all_events, capture, events, get, query};
use runner::{Served, chain_with_known_keys, folder};
use serde_json::{Value, json};

const ITEM: &str = "urn:epc:id:sgtin:4012345.011111.1";
const ITEM_LINK: &str = "https://shop.example/01/04012345111118/21/1";
const LOT: &str = "urn:epc:class:lgtin:4012345.011111.L1";
const CASE: &str = "urn:epc:id:sscc:4012345.0000000011";
const PLACE: &str = "urn:epc:id:sgln:4012345.00000.0";
const PLACE_LINK: &str = "https://id.gs1.org/414/4012345000009";

fn id(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

/// An event of its own hour, with these members.
fn event(number: u32, kind: &str, members: Value) -> Value {
    let mut event = json!({
        "type": kind, "eventID": id(number), "eventTime": format!("2026-10-01T{number:02}:00:00.000+08:00"),
        "eventTimeZoneOffset": "+08:00",
    });
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn corpus() -> Vec<Value> {
    let observed = |number, members: Value| {
        let mut members = members;
        members["action"] = json!("OBSERVE");
        if members.get("epcList").is_none() && members.get("quantityList").is_none() {
            members["epcList"] = json!(["urn:epc:id:sgtin:4012345.099999.9"]);
        }
        event(number, "ObjectEvent", members)
    };
    vec![
        event(1, "ObjectEvent", json!({"action": "ADD", "epcList": [ITEM], "bizStep": "commissioning"})),
        event(
            2,
            "ObjectEvent",
            json!({"action": "ADD", "quantityList": [
            {"epcClass": LOT, "quantity": 12.5, "uom": "KGM"}], "bizStep": "commissioning"}),
        ),
        event(
            3,
            "AggregationEvent",
            json!({"action": "ADD", "parentID": CASE, "childEPCs": [ITEM_LINK],
            "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011112.K1", "quantity": 3}],
            "bizStep": "packing"}),
        ),
        event(
            4,
            "TransformationEvent",
            json!({"transformationID": "urn:epc:id:gdti:4012345.00001.7",
            "inputEPCList": ["urn:epc:id:sgtin:4012345.022222.1"],
            "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.022222.IN", "quantity": 7}],
            "outputEPCList": ["urn:epc:id:sgtin:4012345.033333.1"],
            "outputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.033333.OUT", "quantity": 8}]}),
        ),
        event(
            5,
            "TransactionEvent",
            json!({"action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:4012345.044444.1"],
            "bizTransactionList": [{"type": "po", "bizTransaction": "http://x.example/po/1"}]}),
        ),
        event(
            6,
            "AssociationEvent",
            json!({"action": "ADD", "parentID": "urn:epc:id:grai:4012345.55555.1",
            "childEPCs": ["urn:epc:id:giai:4012345.5"]}),
        ),
        observed(
            7,
            json!({"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping", "disposition": "in_transit",
            "readPoint": {"id": PLACE}}),
        ),
        observed(
            8,
            json!({"bizStep": "receiving", "disposition": "in_progress", "bizLocation": {"id": PLACE_LINK},
            "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
            "destinationList": [{"type": "possessing_party", "destination": "urn:epc:id:pgln:4012345.00001"}]}),
        ),
        observed(9, json!({"persistentDisposition": {"set": ["completeness_verified"], "unset": ["recalled"]}})),
        observed(10, json!({"bizStep": "shipping", "ex:note": "a \\ \" that escapes"})),
        // Declares the one before erroneous.
        observed(
            10,
            json!({"bizStep": "shipping", "ex:note": "a \\ \" that escapes", "errorDeclaration": {
            "declarationTime": "2026-10-02T00:00:00.500Z", "reason": "incorrect_data",
            "correctiveEventIDs": [id(7)]}}),
        ),
    ]
}

fn document(events: &[Value]) -> String {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.com/"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-10-01T00:00:00Z",
        "epcisBody": {"eventList": events},
    })
    .to_string()
}

fn numbers(events: &[Value]) -> Vec<u32> {
    events.iter().map(|event| event["eventID"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()).collect()
}

/// Parameters, and the numbers of the events that they find.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a [u32]);

const FOUND: &[Row<'static>] = &[
    (&[("eventType", "ObjectEvent|AssociationEvent")], &[1, 2, 6, 7, 8, 9, 10, 10]),
    (&[("eventType", "TransformationEvent")], &[4]),
    (&[("GE_eventTime", "2026-10-01T09:00:00+08:00")], &[9, 10, 10]),
    (&[("GE_eventTime", "2026-10-01T00:59:59.9999Z"), ("LT_eventTime", "2026-10-01T01:00:00.0001Z")], &[9]),
    (&[("LT_eventTime", "2026-10-01T02:00:00+08:00")], &[1]),
    (&[("GE_recordTime", "2030-01-01T00:00:00Z")], &[]),
    (&[("LT_recordTime", "2030-01-01T00:00:00Z"), ("eventType", "TransactionEvent")], &[5]),
    (&[("LT_recordTime", "2020-01-01T00:00:00Z")], &[]),
    (&[("EQ_action", "ADD")], &[1, 2, 3, 6]),
    (&[("EQ_action", "DELETE")], &[]),
    (&[("EQ_bizStep", "shipping")], &[7, 10, 10]),
    (&[("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping|receiving")], &[7, 8, 10, 10]),
    (&[("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-packing")], &[3]),
    (&[("EQ_bizStep", "ship")], &[]),
    (&[("EQ_disposition", "in_transit")], &[7]),
    (&[("EQ_disposition", "expired")], &[]),
    (&[("EQ_persistentDisposition_set", "completeness_verified")], &[9]),
    (&[("EQ_persistentDisposition_set", "recalled")], &[]),
    (&[("EQ_persistentDisposition_unset", "recalled")], &[9]),
    (&[("EQ_readPoint", PLACE)], &[7]),
    (&[("EQ_readPoint", PLACE_LINK)], &[7]),
    (&[("EQ_bizLocation", PLACE)], &[8]),
    (&[("EQ_bizLocation", "urn:epc:id:sgln:4012345.00001.0")], &[]),
    (&[("EQ_transformationID", "urn:epc:id:gdti:4012345.00001.7")], &[4]),
    (&[("EQ_transformationID", "urn:epc:id:gdti:4012345.00001.8")], &[]),
    (&[("EQ_bizTransaction_po", "http://x.example/po/1")], &[5]),
    (&[("EQ_bizTransaction_inv", "http://x.example/po/1")], &[]),
    (&[("EQ_source_owning_party", "https://id.gs1.org/417/4012345000009")], &[8]),
    (&[("EQ_source_possessing_party", "https://id.gs1.org/417/4012345000009")], &[]),
    (&[("EQ_destination_possessing_party", "urn:epc:id:pgln:4012345.00001")], &[8]),
    (&[("MATCH_epc", ITEM)], &[1, 3]),
    (&[("MATCH_epc", ITEM_LINK)], &[1, 3]),
    (&[("MATCH_epc", "urn:epc:id:sgtin:4012345.011111.2")], &[]),
    (&[("MATCH_epc", "urn:epc:idpat:sgtin:4012345.011111.*")], &[1, 3]),
    (&[("MATCH_epc", "urn:epc:idpat:sgtin:4012345.*.*")], &[1, 3, 5, 7, 8, 9, 10, 10]),
    (&[("MATCH_epc", "https://id.gs1.org/01/04012345111118")], &[1, 3]),
    (&[("MATCH_epc", "urn:epc:id:sgtin:4012345.022222.1")], &[]),
    (&[("MATCH_parentID", CASE)], &[3]),
    (&[("MATCH_parentID", "urn:epc:idpat:sscc:4012345.*")], &[3]),
    (&[("MATCH_parentID", ITEM)], &[]),
    (&[("MATCH_inputEPC", "urn:epc:id:sgtin:4012345.022222.1")], &[4]),
    (&[("MATCH_inputEPC", "urn:epc:id:sgtin:4012345.033333.1")], &[]),
    (&[("MATCH_outputEPC", "https://id.gs1.org/01/04012345333336/21/1")], &[4]),
    (&[("MATCH_outputEPC", "urn:epc:id:sgtin:4012345.022222.1")], &[]),
    (&[("MATCH_anyEPC", "urn:epc:id:sgtin:4012345.033333.1|urn:epc:id:giai:4012345.5")], &[4, 6]),
    (&[("MATCH_anyEPC", "urn:epc:id:giai:4012345.6")], &[]),
    (&[("MATCH_epcClass", LOT)], &[2]),
    (&[("MATCH_epcClass", "urn:epc:idpat:sgtin:4012345.011112.*")], &[3]),
    (&[("MATCH_epcClass", "urn:epc:class:lgtin:4012345.022222.IN")], &[]),
    (&[("MATCH_inputEPCClass", "urn:epc:class:lgtin:4012345.022222.IN")], &[4]),
    (&[("MATCH_inputEPCClass", LOT)], &[]),
    (&[("MATCH_outputEPCClass", "urn:epc:class:lgtin:4012345.033333.OUT")], &[4]),
    (&[("MATCH_outputEPCClass", "urn:epc:class:lgtin:4012345.022222.IN")], &[]),
    (&[("MATCH_anyEPCClass", "urn:epc:class:lgtin:4012345.022222.IN|https://id.gs1.org/01/04012345111118")], &[2, 4]),
    (&[("MATCH_anyEPCClass", "urn:epc:class:lgtin:4012345.022222.OUT")], &[]),
    (&[("EQ_quantity", "12.50")], &[2]),
    (&[("GT_quantity", "8")], &[2]),
    (&[("GE_quantity", "8")], &[2, 4]),
    (&[("LT_quantity", "7")], &[3]),
    (&[("LE_quantity", "7")], &[3, 4]),
    (&[("LE_quantity", "1")], &[]),
    (&[("EQ_eventID", "urn:uuid:00000000-0000-4000-8000-000000000007")], &[7]),
    (&[("EQ_eventID", "urn:uuid:00000000-0000-4000-8000-000000000010")], &[10, 10]),
    (&[("EQ_eventID", "urn:uuid:00000000-0000-4000-8000-000000000099")], &[]),
    (&[("EXISTS_errorDeclaration", "true")], &[10]),
    (&[("EXISTS_errorDeclaration", "false"), ("EQ_disposition", "in_transit")], &[7]),
    (&[("GE_errorDeclarationTime", "2026-10-02T00:00:00.5Z")], &[10]),
    (&[("LT_errorDeclarationTime", "2026-10-02T00:00:00.5Z")], &[]),
    (&[("LT_errorDeclaration_Time", "2026-10-02T08:00:01+08:00")], &[10]),
    (&[("EQ_errorReason", "incorrect_data")], &[10]),
    (&[("EQ_errorReason", "did_not_occur")], &[]),
    (&[("EQ_correctiveEventID", "urn:uuid:00000000-0000-4000-8000-000000000007")], &[10]),
    (&[("EQ_correctiveEventID", "urn:uuid:00000000-0000-4000-8000-000000000008")], &[]),
    // Parameters are all to hold.
    (&[("EQ_bizStep", "shipping"), ("EQ_disposition", "in_transit")], &[7]),
    (&[("MATCH_epc", ITEM), ("EQ_bizStep", "packing"), ("eventType", "AggregationEvent")], &[3]),
    (&[("MATCH_epc", ITEM), ("EQ_bizStep", "shipping")], &[]),
    // Orders and limits.
    (&[("orderBy", "eventTime"), ("EQ_action", "ADD")], &[6, 3, 2, 1]),
    (&[("orderBy", "eventTime"), ("orderDirection", "ASC"), ("EQ_action", "ADD")], &[1, 2, 3, 6]),
    (&[("orderBy", "recordTime"), ("EQ_action", "ADD")], &[6, 3, 2, 1]),
    (&[("orderBy", "recordTime"), ("MATCH_epc", ITEM)], &[3, 1]),
    (&[("orderBy", "eventTime"), ("eventCountLimit", "2")], &[10, 10]),
    (&[("orderBy", "eventTime"), ("orderDirection", "ASC"), ("eventCountLimit", "3")], &[1, 2, 3]),
    (&[("maxEventCount", "4"), ("EQ_action", "ADD")], &[1, 2, 3, 6]),
];

#[test]
fn families() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let job = capture(&node.url, document(&corpus()).as_bytes(), &[]);
    assert_eq!((&job["success"], &job["suyuan:recorded"]), (&json!(true), &json!(11)), "{job}");
    let mut wrong = Vec::new();
    for (parameters, expected) in FOUND {
        let target = query(parameters);
        let answer = get(&node.url, &target);
        let found =
            if answer.status == 200 { numbers(&events(&answer)) } else { panic!("{target}: {}", answer.text()) };
        if found != *expected {
            wrong.push(format!("{parameters:?}: {found:?}, expected {expected:?}"));
        }
        // The same, one event a page.
        let paged = numbers(&all_events(&node.url, &[&target, "&perPage=1"].concat()));
        if paged != *expected {
            wrong.push(format!("{parameters:?} by pages: {paged:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let too_large = get(&node.url, &query(&[("maxEventCount", "3"), ("EQ_action", "ADD")]));
    assert_eq!(too_large.fault(), (413, "QUERY-TOO_LARGE".to_owned()));
    assert_eq!(too_large.json()["type"], "epcisException:QueryTooLargeException");
    // The command asks the same engine.
    assert_eq!(node.stop(), 0);
}

// Goal: what is asked for is never passed over: a parameter that is wrong or not built is refused with its code.
// Method: a table.
#[test]
fn refusals() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    for (target, status, code) in [
        ("/epcis/events?EQ_nothing=1", 400, "EPCIS-QUERY_UNKNOWN_PARAMETER"),
        ("/epcis/events?eventType=objectEvent", 400, "EPCIS-QUERY_BAD_VALUE"),
        ("/epcis/events?GE_eventTime=today", 400, "EPCIS-QUERY_BAD_VALUE"),
        ("/epcis/events?EQ_bizStep=", 400, "API-PARAMETER"),
        ("/epcis/events?EQ_bizStep=a&EQ_bizStep=b", 400, "API-PARAMETER"),
        ("/epcis/events?perPage=0", 400, "API-PARAMETER"),
        ("/epcis/events?perPage=many", 400, "API-PARAMETER"),
        ("/epcis/events?eventCountLimit=1", 400, "QUERY-LIMIT_WITHOUT_ORDER"),
        ("/epcis/events?orderBy=eventTime&eventCountLimit=1&maxEventCount=1", 400, "EPCIS-QUERY_EXCLUSIVE"),
        ("/epcis/events?orderBy=eventTime&eventCountLimit=0", 400, "EPCIS-QUERY_BAD_VALUE"),
        ("/epcis/events?MATCH_epc=urn:epc:idpat:sgtin:x", 400, "EPC-COMPONENTS"),
        ("/epcis/events?nextPageToken=abc", 400, "REST-PAGE_TOKEN"),
        ("/epcis/events?WD_readPoint=urn:epc:id:sgln:4012345.00000.0", 400, "QUERY-NOT_BUILT"),
        ("/epcis/events?EQ_ex:note=1", 400, "QUERY-NOT_BUILT"),
        ("/epcis/events?GE_value_CEL=1", 400, "QUERY-NOT_BUILT"),
        ("/epcis/events?HASATTR_readPoint=x", 400, "QUERY-NOT_BUILT"),
    ] {
        let answer = get(&node.url, target);
        assert_eq!(answer.fault(), (status, code.to_owned()), "{target}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{target}");
    }
    // A time zone's plus that is not escaped is still one.
    let plus = get(&node.url, "/epcis/events?GE_eventTime=2026-10-01T09:00:00+08:00");
    assert_eq!(plus.status, 200, "{}", plus.text());
    assert_eq!(node.stop(), 0);
}
