//! Every rule, kept and broken, on events written as JSON.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use super::*;
use crate::document::{DocumentKind, Header, Item, Limits, NoLines, QueryParameter, Syntax};
use crate::input::Input;
use crate::problem::{PROBLEMS_MAX, Problem};

fn read(document: &str) -> Vec<(Event, Problems)> {
    let mut events = Vec::new();
    let mut input = Input::Memory(document.as_bytes().to_vec());
    crate::read::read(&mut input, &Limits::default(), &mut |item| {
        if let Item::Event(event, problems, _) = item {
            events.push((*event, problems));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    events
}

fn show(problems: &[Problem]) -> String {
    let mut shown = String::new();
    for problem in problems {
        let id = problem.reason.code.id;
        let _ = write!(shown, "{}{} ", id.strip_prefix("EPCIS-").unwrap_or(id), problem.place.pointer);
    }
    shown.trim_end().to_owned()
}

/// What is found in an event: reader and validation, each problem as code and pointer.
fn judge(event: &str) -> String {
    let (event, mut problems) = read(event).pop().unwrap();
    super::event(&event, "", &[], &mut problems, &NoLines);
    show(&problems.list)
}

const CONTEXT: &str =
    r#""@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ext": "https://example.com/ns/"}]"#;

/// An event of `kind` at noon with these members too.
fn event_of(kind: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{{CONTEXT}, "type": "{kind}", "eventTime": "2026-11-21T12:00:00Z", "eventTimeZoneOffset": "+08:00"{comma} {members}}}"#
    )
}

/// Each row: members of an event of `kind`, and what is found.
fn table(kind: &str, rows: &[(&str, &str)]) {
    for (members, expected) in rows {
        assert_eq!(judge(&event_of(kind, members)), *expected, "{kind} {members}");
    }
}

/// Each row: members of an otherwise sound ObjectEvent.
fn observed(rows: &[(&str, &str)]) {
    for (members, expected) in rows {
        let members = format!(r#""action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"], {members}"#);
        assert_eq!(judge(&event_of("ObjectEvent", &members)), *expected, "{members}");
    }
}

const E1: &str = r#""urn:epc:id:sgtin:0614141.107346.1""#;
const P1: &str = r#""urn:epc:id:sscc:0614141.1234567890""#;

// Goal: each type of event says what it is about (EPCIS 2.0 §7.4.2 to §7.4.6).
// Method: for each type, every way to say it and to fail to.
#[test]
fn objects_of_each_type() {
    let none = "NO_OBJECTS";
    table(
        "ObjectEvent",
        &[
            (r#""action": "ADD", "epcList": ["urn:epc:id:sgtin:0614141.107346.1"]"#, ""),
            (r#""action": "ADD", "quantityList": [{"epcClass": "urn:epc:class:lgtin:0614141.107346.1"}]"#, ""),
            (r#""action": "ADD""#, none),
            (r#""action": "ADD", "epcList": [], "quantityList": []"#, none),
            (r#""action": "OBSERVE", "sensorElementList": [{"sensorReport": [{"type": "Count", "value": 1}]}]"#, none),
            (r#""action": "OBSERVE", "readPoint": {"id": "geo:1,2"}"#, none),
            (
                r#""action": "OBSERVE", "readPoint": {"id": "geo:1,2"}, "sensorElementList": [{"sensorReport": [{"type": "Count", "value": 1}]}]"#,
                "",
            ),
            // What the reader refused is not called absent.
            (r#""action": "ADD", "epcList": "urn:x:y""#, "WRONG_TYPE/epcList"),
            (r#""action": "ADD", "epcList": [5]"#, "WRONG_TYPE/epcList/0"),
        ],
    );
    table(
        "TransactionEvent",
        &[
            (r#""action": "ADD", "bizTransactionList": [{"bizTransaction": "urn:a:b"}]"#, none),
            (r#""action": "DELETE", "bizTransactionList": [{"bizTransaction": "urn:a:b"}]"#, ""),
            (r#""action": "DELETE", "bizTransactionList": []"#, "TOO_FEW/bizTransactionList"),
            (r#""action": "ADD", "epcList": ["urn:a:b"], "bizTransactionList": [{"bizTransaction": "urn:a:b"}]"#, ""),
        ],
    );
    table(
        "TransformationEvent",
        &[
            (r#""inputEPCList": ["urn:a:b"], "outputEPCList": ["urn:a:c"]"#, ""),
            (r#""inputEPCList": ["urn:a:b"]"#, none),
            (r#""outputQuantityList": [{"epcClass": "urn:a:c"}]"#, none),
            ("", "NO_OBJECTS NO_OBJECTS"),
            (r#""transformationID": "urn:a:t", "inputEPCList": ["urn:a:b"]"#, ""),
            (r#""transformationID": "urn:a:t", "outputQuantityList": [{"epcClass": "urn:a:c"}]"#, ""),
            (r#""transformationID": "urn:a:t", "outputEPCList": []"#, none),
            (
                r#""inputEPCList": ["urn:a:b", "urn:a:c"], "outputEPCList": ["urn:a:d", "urn:a:c"]"#,
                "INPUT_IS_OUTPUT/outputEPCList/1",
            ),
        ],
    );
}

// Goal: containment has a parent and children where it must. Method: all actions, with and without.
#[test]
fn containment() {
    for action in ["ADD", "OBSERVE", "DELETE"] {
        for (parent, children) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut members = format!(r#""action": "{action}""#);
            if parent {
                let _ = write!(members, r#", "parentID": {P1}"#);
            }
            if children {
                let _ = write!(members, r#", "childEPCs": [{E1}]"#);
            }
            for kind in ["AggregationEvent", "AssociationEvent"] {
                let mut expected = Vec::new();
                if !parent && (kind == "AssociationEvent" || action != "OBSERVE") {
                    expected.push("NO_PARENT");
                }
                if !children && action != "DELETE" {
                    expected.push("NO_OBJECTS");
                }
                assert_eq!(judge(&event_of(kind, &members)), expected.join(" "), "{kind} {members}");
            }
        }
    }
    table(
        "AggregationEvent",
        &[
            (
                r#""action": "ADD", "parentID": "urn:a:p", "childEPCs": ["urn:a:c", "urn:a:p"]"#,
                "OWN_PARENT/childEPCs/1",
            ),
            // The same SSCC in two spellings.
            (
                r#""action": "ADD", "parentID": "https://a.example/00/106141412345678908", "childEPCs": ["urn:epc:id:sscc:0614141.1234567890"]"#,
                "OWN_PARENT/childEPCs/0",
            ),
            (
                r#""action": "ADD", "parentID": "urn:epc:class:lgtin:0614141.107346.A", "childEPCs": ["urn:a:c"]"#,
                "PARENT_IS_CLASS/parentID",
            ),
            (
                r#""action": "ADD", "parentID": "urn:epc:idpat:sscc:*.*", "childEPCs": ["urn:a:c"]"#,
                "PATTERN_AS_INSTANCE/parentID",
            ),
            (
                r#""action": "ADD", "parentID": "urn:epc:id:sgln:0614141.00001.0", "childEPCs": ["urn:a:c"]"#,
                "WRONG_SCHEME/parentID",
            ),
        ],
    );
    table(
        "AssociationEvent",
        &[(
            r#""action": "ADD", "parentID": "urn:epc:id:sgln:0614141.00001.0", "childEPCs": ["urn:epc:id:sgln:0614141.00001.7"]"#,
            "",
        )],
    );
}

// Goal: master data of instances comes only with what comes into being. Method: each action.
#[test]
fn instance_master_data() {
    let ilmd = r#""epcList": ["urn:a:b"], "ilmd": {"ext:colour": "red"}"#;
    for (action, expected) in [("ADD", ""), ("OBSERVE", "ILMD_WITHOUT_ADD/ilmd"), ("DELETE", "ILMD_WITHOUT_ADD/ilmd")] {
        assert_eq!(judge(&event_of("ObjectEvent", &format!(r#""action": "{action}", {ilmd}"#))), expected);
    }
    assert_eq!(judge(&event_of("ObjectEvent", &format!(r#""action": "BUILD", {ilmd}"#))), "BAD_ACTION/action");
}

// Goal: lists of objects hold single objects, once. Method: classes, patterns, places, and the same
// object in several spellings.
#[test]
fn instance_lists() {
    table(
        "ObjectEvent",
        &[
            (r#""action": "ADD", "epcList": ["urn:epc:class:lgtin:0614141.107346.A"]"#, "CLASS_AS_INSTANCE/epcList/0"),
            (r#""action": "ADD", "epcList": ["urn:epc:idpat:sgtin:0614141.107346.*"]"#, "CLASS_AS_INSTANCE/epcList/0"),
            (r#""action": "ADD", "epcList": ["https://a.example/01/09521234543213"]"#, "CLASS_AS_INSTANCE/epcList/0"),
            (r#""action": "ADD", "epcList": ["urn:epc:idpat:sgtin:0614141.*.*"]"#, "PATTERN_AS_INSTANCE/epcList/0"),
            (r#""action": "ADD", "epcList": ["urn:epc:id:sgln:0614141.00001.0"]"#, "WRONG_SCHEME/epcList/0"),
            (r#""action": "ADD", "epcList": ["urn:epc:id:sgtin:0614141.10734.1"]"#, "EPC-REFERENCE_LENGTH/epcList/0"),
            (
                r#""action": "ADD", "epcList": ["https://a.example/01/09521234543213/21/1", "https://b.example/gtin/9521234543213/ser/1"]"#,
                "DUPLICATE_OBJECT/epcList/1",
            ),
            (r#""action": "ADD", "epcList": ["urn:a:b", "urn:a:b"]"#, "REPEATED_ELEMENT/epcList/1"),
            (r#""action": "ADD", "epcList": ["http://a.example/obj/1", "https://a.example/obj/1"]"#, ""),
        ],
    );
}

// Goal: XML, which may repeat an element, gets the same duplicates reported. Method: an event made by hand.
#[test]
fn duplicates_without_a_reader() {
    let mut event = Event::new(crate::model::EventType::Object);
    event.epc_list = Some((0..30).map(|index| format!("urn:a:{}", index % 29)).collect());
    let mut problems = Problems::new(Some(4));
    super::event(&event, "/epcisBody/eventList/4", &[], &mut problems, &NoLines);
    assert_eq!(show(&problems.list), "DUPLICATE_OBJECT/epcisBody/eventList/4/epcList/29");
    assert_eq!(problems.list[0].place.event, Some(4));
}

// Goal: quantities are positive, whole without unit, and their classes classes (§7.3.3.3).
// Method: a table of elements.
#[test]
fn quantities() {
    let class = r#""epcClass": "urn:epc:class:lgtin:0614141.107346.A""#;
    let rows = [
        (r#", "quantity": 5"#, ""),
        (r#", "quantity": 5.0"#, ""),
        (r#", "quantity": 5e1"#, ""),
        (r#", "quantity": 0"#, "NOT_POSITIVE/quantityList/0/quantity"),
        (r#", "quantity": 0.0, "uom": "KGM""#, "NOT_POSITIVE/quantityList/0/quantity"),
        (r#", "quantity": -3"#, "NOT_POSITIVE/quantityList/0/quantity"),
        (r#", "quantity": 2.5"#, "NOT_WHOLE/quantityList/0/quantity"),
        (r#", "quantity": 2.5, "uom": "KGM""#, ""),
        (r#", "uom": "KGM""#, "UNIT_WITHOUT_QUANTITY/quantityList/0/uom"),
        (r#", "quantity": 1, "uom": "kg""#, "BAD_UNIT/quantityList/0/uom"),
        (r#", "quantity": 1, "uom": """#, "BAD_UNIT/quantityList/0/uom"),
        (r#", "quantity": 1, "uom": "KILO""#, "BAD_UNIT/quantityList/0/uom"),
        (r#", "quantity": 1, "uom": "Q0Q""#, "UNKNOWN_UNIT/quantityList/0/uom"),
        (r#", "quantity": "1", "uom": "KGM""#, "WRONG_TYPE/quantityList/0/quantity"),
        (r#", "quantity": 2.5, "uom": 7"#, "WRONG_TYPE/quantityList/0/uom"),
    ];
    for (members, expected) in rows {
        let list = format!(r#""action": "ADD", "quantityList": [{{{class}{members}}}]"#);
        assert_eq!(judge(&event_of("ObjectEvent", &list)), expected, "{members}");
    }
    let classes = [
        ("urn:epc:idpat:sgtin:0614141.107346.*", ""),
        ("https://a.example/01/09521234543213/10/A", ""),
        ("https://a.example/classes/1", ""),
        ("urn:epc:id:sgtin:0614141.107346.1", "INSTANCE_AS_CLASS/quantityList/0/epcClass"),
        ("https://a.example/01/09521234543213/21/A", "INSTANCE_AS_CLASS/quantityList/0/epcClass"),
        ("urn:epc:idpat:sgtin:0614141.*.*", "BROAD_CLASS/quantityList/0/epcClass"),
        ("urn:epc:class:sgtin:0614141.107346.A", "EPC-SCHEME_KIND/quantityList/0/epcClass"),
    ];
    for (class, expected) in classes {
        let list = format!(r#""action": "ADD", "quantityList": [{{"epcClass": "{class}"}}]"#);
        assert_eq!(judge(&event_of("ObjectEvent", &list)), expected, "{class}");
    }
    let twice = format!(
        r#""action": "ADD", "quantityList": [{{{class}, "quantity": 1}}, {{{class}, "quantity": 1, "uom": "KGM"}}, {{{class}, "quantity": 2}}]"#
    );
    assert_eq!(judge(&event_of("ObjectEvent", &twice)), "DUPLICATE_CLASS/quantityList/2");
}

// Goal: words are standard or URIs, and GS1's namespaces hold only GS1's words. Method: every field
// with a vocabulary, each with a right, a wrong, a private and a reserved word.
#[test]
fn vocabulary() {
    let report = |member: &str| {
        format!(r#""sensorElementList": [{{"sensorReport": [{{"value": 1, "uom": "CEL", {member}}}]}}]"#)
    };
    let fields: &[(&str, String, &str)] = &[
        ("bizStep", r#""bizStep": "#.to_owned(), "shipping"),
        ("disposition", r#""disposition": "#.to_owned(), "in_transit"),
        ("persistentDisposition/set/0", r#""persistentDisposition": {"set": [@]}"#.to_owned(), "recalled"),
        (
            "bizTransactionList/0/type",
            r#""bizTransactionList": [{"bizTransaction": "urn:a:b", "type": @}]"#.to_owned(),
            "po",
        ),
        ("sourceList/0/type", r#""sourceList": [{"source": "urn:a:b", "type": @}]"#.to_owned(), "owning_party"),
        (
            "destinationList/0/type",
            r#""destinationList": [{"destination": "urn:a:b", "type": @}]"#.to_owned(),
            "location",
        ),
        (
            "errorDeclaration/reason",
            r#""errorDeclaration": {"declarationTime": "2026-11-22T00:00:00Z", "reason": @}"#.to_owned(),
            "did_not_occur",
        ),
        ("sensorElementList/0/sensorReport/0/type", report(r#""type": @"#), "Temperature"),
        (
            "sensorElementList/0/sensorReport/0/exception",
            report(r#""type": "Temperature", "exception": @"#),
            "ALARM_CONDITION",
        ),
        ("sensorElementList/0/sensorReport/0/component", report(r#""type": "Temperature", "component": @"#), "x"),
    ];
    for (pointer, template, word) in fields {
        let template = if template.contains('@') { template.clone() } else { format!("{template}@") };
        let members = |word: &str| template.replace('@', &format!("\"{word}\""));
        observed(&[
            (&members(word), ""),
            (&members("https://example.com/vocabulary/mine"), ""),
            (&members("urn:example:mine"), ""),
            (&members("shiping now"), &format!("UNKNOWN_WORD/{pointer}")),
            (&members(""), &format!("UNKNOWN_WORD/{pointer}")),
            (&members("urn:epcglobal:cbv:bizstep:dancing"), &format!("RESERVED_WORD/{pointer}")),
            (&members("https://ref.gs1.org/cbv/BizStep-dancing"), &format!("RESERVED_WORD/{pointer}")),
            (&members("cbv:dancing"), &format!("RESERVED_WORD/{pointer}")),
        ]);
    }
}

// Goal: the message names the word that was meant. Method: a slip of the pen, bare and in a URN.
#[test]
fn nearest_word() {
    for word in ["shiping", "urn:epcglobal:cbv:bizstep:shiping"] {
        let text = event_of("ObjectEvent", &format!(r#""action": "ADD", "epcList": ["urn:a:b"], "bizStep": "{word}""#));
        let (event, mut problems) = read(&text).pop().unwrap();
        super::event(&event, "", &[], &mut problems, &NoLines);
        assert_eq!(problems.list[0].reason.arguments[2], "shipping");
        assert!(problems.list[0].reason.remedy(crate::codes::Language::Zh).contains("shipping"));
    }
}

// Goal: times are in their order. Method: before, equal, after, and no time at all.
#[test]
fn times() {
    let sensor = |metadata: &str, report: &str| {
        format!(
            r#""sensorElementList": [{{"sensorMetadata": {{{metadata}}}, "sensorReport": [{{"type": "Count", "value": 1{report}}}]}}]"#
        )
    };
    observed(&[
        (r#""recordTime": "2026-11-21T12:00:00Z""#, ""),
        (r#""recordTime": "2026-11-21T19:59:59+08:00""#, "RECORD_BEFORE_EVENT/recordTime"),
        (r#""recordTime": "yesterday""#, "BAD_TIME/recordTime"),
        (r#""errorDeclaration": {"declarationTime": "2026-11-21T12:00:00Z"}"#, ""),
        (
            r#""errorDeclaration": {"declarationTime": "2026-11-21T11:00:00Z"}"#,
            "DECLARED_BEFORE_EVENT/errorDeclaration/declarationTime",
        ),
        (&sensor(r#""time": "2026-11-21T12:00:00Z""#, ""), ""),
        (
            &sensor(r#""time": "2026-11-21T12:00:00.001Z""#, ""),
            "SENSOR_AFTER_EVENT/sensorElementList/0/sensorMetadata/time",
        ),
        (
            &sensor("", r#", "time": "2026-11-21T13:00:00Z""#),
            "SENSOR_AFTER_EVENT/sensorElementList/0/sensorReport/0/time",
        ),
        (&sensor(r#""startTime": "2026-11-21T10:00:00Z", "endTime": "2026-11-21T11:00:00Z""#, ""), ""),
        (
            &sensor(r#""startTime": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T10:00:00Z""#, ""),
            "SENSOR_PERIOD/sensorElementList/0/sensorMetadata/startTime",
        ),
        (
            &sensor(r#""time": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T11:00:00Z""#, ""),
            "SENSOR_TIME_AND_PERIOD/sensorElementList/0/sensorMetadata/time",
        ),
        (
            &sensor(r#""time": "2026-11-21T11:00:00Z""#, r#", "time": "2026-11-21T11:00:00Z""#),
            "SENSOR_TWICE/sensorElementList/0/sensorReport/0/time",
        ),
        (
            &sensor(r#""deviceID": "urn:a:b""#, r#", "deviceID": "urn:a:b""#),
            "SENSOR_TWICE/sensorElementList/0/sensorReport/0/deviceID",
        ),
        (
            &sensor(r#""deviceID": "urn:epc:id:giai:0614141""#, ""),
            "EPC-COMPONENTS/sensorElementList/0/sensorMetadata/deviceID",
        ),
    ]);
}

// Goal: a sensor report says something, and nothing impossible. Method: a table of reports.
#[test]
fn sensor_reports() {
    let at = "/sensorElementList/0/sensorReport/0";
    let rows = [
        (r#""type": "Temperature", "value": 26.0, "uom": "CEL""#, String::new()),
        (
            r#""type": "Temperature", "minValue": 1, "maxValue": 3, "meanValue": 2, "sDev": 0.5, "uom": "CEL""#,
            String::new(),
        ),
        (r#""type": "Temperature", "percRank": 50, "percValue": 12.7, "uom": "CEL""#, String::new()),
        (r#""type": "Temperature", "stringValue": "warm""#, String::new()),
        (r#""exception": "ERROR_CONDITION""#, String::new()),
        (r#""type": "Dimensionless", "value": 1"#, String::new()),
        (r#""type": "ext:Own", "value": 1"#, String::new()),
        (r#""type": "ext:Own", "ext:value": "1""#, String::new()),
        (r#""type": "Temperature", "value": "26""#, "WRONG_TYPE{at}/value".replace("{at}", at)),
        (r#""type": "Temperature""#, format!("SENSOR_EMPTY{at}")),
        (r#""type": "Temperature", "uom": "CEL""#, format!("SENSOR_EMPTY{at} SENSOR_UNIT_ALONE{at}/uom")),
        (r#""type": "Speed", "component": "x""#, format!("SENSOR_EMPTY{at} SENSOR_COMPONENT_ALONE{at}/component")),
        (r#""type": "Temperature", "value": 26.0"#, format!("SENSOR_NO_UNIT{at}")),
        (r#""type": "Temperature", "value": 26.0, "uom": "°C""#, format!("UNKNOWN_UNIT{at}/uom")),
        (
            r#""type": "Temperature", "minValue": 10, "maxValue": 9.5, "uom": "CEL""#,
            format!("SENSOR_RANGE{at}/minValue"),
        ),
        (
            r#""type": "Temperature", "minValue": -1, "maxValue": 1e1, "meanValue": 11, "uom": "CEL""#,
            format!("SENSOR_MEAN{at}/meanValue"),
        ),
        (r#""type": "Temperature", "value": 1, "sDev": -0.1, "uom": "CEL""#, format!("SENSOR_DEVIATION{at}/sDev")),
        (
            r#""type": "Temperature", "percRank": 101, "percValue": 1, "uom": "CEL""#,
            format!("SENSOR_RANK{at}/percRank"),
        ),
        (r#""type": "Temperature", "percRank": -1, "percValue": 1, "uom": "CEL""#, format!("SENSOR_RANK{at}/percRank")),
        (r#""type": "Temperature", "percRank": 5"#, format!("SENSOR_RANK_PAIR{at}/percRank")),
        (r#""type": "Temperature", "percValue": 5, "uom": "CEL""#, format!("SENSOR_RANK_PAIR{at}/percValue")),
    ];
    for (report, expected) in rows {
        observed(&[(&format!(r#""sensorElementList": [{{"sensorReport": [{{{report}}}]}}]"#), &expected)]);
    }
}

// Goal: places are places, parties parties. Method: identifiers of the wrong kind in each field.
#[test]
fn places_and_parties() {
    observed(&[
        (
            r#""readPoint": {"id": "urn:epc:id:sgln:0614141.00001.0"}, "bizLocation": {"id": "https://a.example/414/9521234543213"}"#,
            "",
        ),
        (r#""readPoint": {"id": "urn:epc:id:giai:0614141.truck7"}"#, ""),
        (r#""readPoint": {"id": "urn:epc:id:sgtin:0614141.107346.1"}"#, "WRONG_SCHEME/readPoint/id"),
        (r#""bizLocation": {"id": "https://a.example/417/9521234543213"}"#, "WRONG_SCHEME/bizLocation/id"),
        (r#""bizLocation": {"id": "urn:epc:id:sgln:0614141.1.0"}"#, "EPC-REFERENCE_LENGTH/bizLocation/id"),
        (r#""bizLocation": {"id": "https://a.example/414/9521234543214"}"#, "LINK_CHECK_DIGIT/bizLocation/id"),
        (r#""bizLocation": {"id": "https://id.gs1.org/414/952123454321"}"#, "BAD_LINK/bizLocation/id"),
        (r#""sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:0614141.00001"}]"#, ""),
        (
            r#""sourceList": [{"type": "owning_party", "source": "urn:epc:id:sgln:0614141.00001.0"}]"#,
            "WRONG_SCHEME/sourceList/0/source",
        ),
        (
            r#""destinationList": [{"type": "location", "destination": "urn:epc:id:pgln:0614141.00001"}]"#,
            "WRONG_SCHEME/destinationList/0/destination",
        ),
        (
            r#""sourceList": [{"type": "location", "source": "urn:a:b"}, {"type": "location", "source": "urn:a:c"}]"#,
            "DUPLICATE_PARTY_TYPE/sourceList",
        ),
        (
            r#""bizTransactionList": [{"type": "po", "bizTransaction": "urn:a:b"}, {"bizTransaction": "urn:a:b"}, {"type": "po", "bizTransaction": "urn:a:b"}]"#,
            "DUPLICATE_TRANSACTION/bizTransactionList/2",
        ),
        (
            r#""bizTransactionList": [{"bizTransaction": "urn:epc:id:gdti:0614141.1.1"}]"#,
            "EPC-REFERENCE_LENGTH/bizTransactionList/0/bizTransaction",
        ),
        (
            r#""persistentDisposition": {"set": ["recalled", "damaged"], "unset": ["damaged"]}"#,
            "SET_AND_UNSET/persistentDisposition/unset/0",
        ),
        (
            r#""certificationInfo": ["https://a.example/1", "https://a.example/2", "https://a.example/1"]"#,
            "DUPLICATE_CERTIFICATE/certificationInfo/2",
        ),
    ]);
}

// Goal: eventIDs are what they claim. Method: hashes true, false and malformed, UUIDs likewise.
#[test]
fn event_ids() {
    let (event, _) = read(&event_of("ObjectEvent", r#""action": "ADD", "epcList": ["urn:a:b"]"#)).pop().unwrap();
    for profile in crate::hash::Profile::ALL {
        let id = crate::hash::EventHash::of(&event, profile, &[]).to_ni();
        let text = format!(r#""action": "ADD", "epcList": ["urn:a:b"], "eventID": "{id}""#);
        assert_eq!(judge(&event_of("ObjectEvent", &text)), "");
    }
    let zeros = "0".repeat(64);
    observed(&[
        (&format!(r#""eventID": "ni:///sha-256;{zeros}?ver=CBV2.0""#), "HASH_MISMATCH/eventID"),
        (r#""eventID": "ni:///sha-256;123?ver=CBV2.0""#, "EVENT_ID_HASH/eventID"),
        (r#""eventID": "ni:///sha-512;abc""#, ""),
        (r#""eventID": "https://a.example/events/1""#, ""),
        (r#""eventID": "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8""#, ""),
        (r#""eventID": "urn:uuid:404D95FC-9457-4A51-BD6A-0BBA133845A8""#, ""),
        (r#""eventID": "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a""#, "EVENT_ID_UUID/eventID"),
        (r#""eventID": "urn:uuid:404d95fc94574a51bd6a0bba133845a8""#, "EVENT_ID_UUID/eventID"),
        (
            r#""eventID": "urn:a:b", "errorDeclaration": {"declarationTime": "2026-11-22T00:00:00Z", "correctiveEventIDs": []}"#,
            "NO_CORRECTIVE_IDS/errorDeclaration/correctiveEventIDs",
        ),
        (
            r#""eventID": "urn:a:b", "errorDeclaration": {"declarationTime": "2026-11-22T00:00:00Z", "correctiveEventIDs": ["urn:a:c", "urn:a:b"]}"#,
            "CORRECTS_ITSELF/errorDeclaration/correctiveEventIDs/1",
        ),
    ]);
}

// Goal: extensions keep out of GS1's namespaces and carry no personal numbers; identifiers are not
// mistaken for such. Method: a table; the resident number is GB 11643's published sample.
#[test]
fn extensions() {
    observed(&[
        (r#""ext:note": "fine", "ilmd": null"#, "WRONG_TYPE/ilmd"),
        (r#""ext:driver": "110105194912310021""#, ""),
        (r#""ext:driver": "11010519491231002X""#, "PERSON_NUMBER/ext:driver"),
        (r#""ext:driver": {"ext:id": ["a", "ID 11010519491231002X."]}"#, "PERSON_NUMBER/ext:driver/ext:id/1"),
        (r#""ext:phone": 13812345678"#, "MOBILE_NUMBER/ext:phone"),
        (r#""ext:phone": ["+86 13812345678"]"#, "MOBILE_NUMBER/ext:phone"),
        (r#""ext:amount": 13812345678.5"#, ""),
        (r#""ext:a": [[1, "13812345678"]]"#, "MOBILE_NUMBER/ext:a/0/1"),
        (r#""ext:truck": "京A12345""#, "LICENCE_PLATE/ext:truck"),
        (r#""ext:uuid": "urn:uuid:404d95fc-9457-4a51-bd6a-13812345678a""#, ""),
        (r#""ext:item": "urn:epc:id:sgtin:0614141.107346.13812345678""#, ""),
        (r#""readPoint": {"id": "urn:a:b", "ext:phone": "13812345678"}"#, "MOBILE_NUMBER/readPoint/ext:phone"),
        (
            r#""sensorElementList": [{"sensorReport": [{"type": "Count", "value": 1, "ext:by": "13812345678"}]}]"#,
            "MOBILE_NUMBER/sensorElementList/0/sensorReport/0/ext:by",
        ),
        (r#""cbvmda:lotNumber": "A1", "gs1:note": "x""#, ""),
        (r#""cbv:note": "x""#, "RESERVED_NAMESPACE/cbv:note"),
        (r#""ext:a": {"epcis:b": "x"}"#, "RESERVED_NAMESPACE/ext:a/epcis:b"),
    ]);
}

// Goal: a flood of warnings neither grows without bound nor hides an error that comes after it.
// Method: 300 warnings, then an error.
#[test]
fn flood() {
    let epcs: Vec<String> = (0..300).map(|index| format!(r#""urn:epc:class:lgtin:0614141.107346.{index}""#)).collect();
    let members = format!(r#""action": "ADD", "epcList": [{}], "bizStep": "wrong""#, epcs.join(","));
    let (event, mut problems) = read(&event_of("ObjectEvent", &members)).pop().unwrap();
    super::event(&event, "", &[], &mut problems, &NoLines);
    assert_eq!((problems.list.len(), problems.dropped), (PROBLEMS_MAX, 201));
    assert!(problems.has_error());
}

// Goal: hostile lists cost time in proportion. Method: 200,000 equal class identifiers and 200,000
// unknown words; pairwise comparison or a search for similar words would take minutes.
#[test]
fn long_lists() {
    let mut event = Event::new(crate::model::EventType::Object);
    event.epc_list = Some(vec!["https://a.example/01/09521234543213".to_owned(); 200_000]);
    event.persistent_disposition = Some(crate::model::PersistentDisposition {
        set: Some(vec!["wrong".repeat(12); 200_000]),
        unset: Some(vec!["wrong".repeat(12); 200_000]),
        extensions: Vec::new(),
    });
    let mut problems = Problems::new(None);
    let start = std::time::Instant::now();
    super::event(&event, "", &[], &mut problems, &NoLines);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(problems.list.len(), PROBLEMS_MAX);
}

// Goal: lines come from the reader, for places that have a problem only. Method: a locator that counts.
#[test]
fn lines() {
    struct Counting(std::cell::RefCell<Vec<String>>);
    impl Locate for Counting {
        fn line(&self, pointer: &str) -> Option<u64> {
            self.0.borrow_mut().push(pointer.to_owned());
            Some(7)
        }
    }
    let locate = Counting(Vec::new().into());
    let text = event_of("ObjectEvent", r#""action": "ADD", "epcList": ["urn:a:b"], "bizStep": "wrong""#);
    let (event, mut problems) = read(&text).pop().unwrap();
    super::event(&event, "/epcisBody/eventList/0", &[], &mut problems, &locate);
    assert_eq!(problems.list[0].place.line, Some(7));
    assert_eq!(problems.list[0].place.pointer, "/epcisBody/eventList/0/bizStep");
    assert_eq!(*locate.0.borrow(), ["/bizStep"]);
}

// Goal: events that stand twice in a document are found, withdrawn ones left alone, memory bounded.
// Method: a few events with and without IDs, digests and error declarations.
#[test]
fn documents() {
    let mut rules = DocumentRules::new(3);
    let mut feed = |id: Option<&str>, digest: Option<u8>, declared: bool| {
        let mut event = Event::new(crate::model::EventType::Object);
        event.event_id = id.map(str::to_owned);
        event.error_declaration = declared.then(Default::default);
        let mut problems = Problems::default();
        rules.event(&event, digest.map(|byte| [byte; 32]), "", &mut problems, &NoLines);
        let arguments = problems.list.first().map(|problem| problem.reason.arguments.join(" "));
        (show(&problems.list), arguments.unwrap_or_default())
    };
    let none = (String::new(), String::new());
    assert_eq!(feed(Some("urn:a:1"), Some(1), false), none);
    assert_eq!(feed(Some("urn:a:2"), Some(2), false), none);
    assert_eq!(feed(Some("urn:a:1"), Some(3), false), ("DUPLICATE_EVENT_ID/eventID".into(), "urn:a:1 0".into()));
    assert_eq!(feed(Some("urn:a:3"), Some(2), false), ("DUPLICATE_EVENT".into(), "1".into()));
    assert_eq!(feed(Some("urn:a:1"), Some(1), true), none);
    assert_eq!(feed(None, None, false), none);
    // Full: the fourth identity is not remembered.
    assert_eq!(feed(Some("urn:a:4"), Some(4), false), none);
    assert_eq!(feed(Some("urn:a:4"), Some(4), false), none);
    assert_eq!(feed(Some("urn:a:2"), None, false), ("DUPLICATE_EVENT_ID/eventID".into(), "urn:a:2 1".into()));
}

fn judge_header(header: &Header) -> String {
    let mut problems = Problems::default();
    super::header(header, &mut problems);
    show(&problems.list)
}

// Goal: queries give each known parameter once, with a value. Method: a table.
#[test]
fn queries() {
    let parameter = |name: &str, value: Option<&str>| QueryParameter {
        name: name.to_owned(),
        values: value.map(|value| vec![value.to_owned()]),
    };
    let judge = |parameters: Vec<QueryParameter>| {
        let mut header = Header::new(Syntax::Xml, DocumentKind::Query);
        header.query = parameters;
        judge_header(&header)
    };
    let (early, late) = (Some("2026-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z"));
    assert_eq!(judge(vec![parameter("GE_eventTime", early), parameter("LT_eventTime", late)]), "");
    assert_eq!(judge(vec![parameter("EXISTS_errorDeclaration", None)]), "");
    assert_eq!(judge(vec![parameter("EQ_bizStep", None)]), "QUERY_NO_VALUE/EQ_bizStep");
    assert_eq!(judge(vec![parameter("EQ_step", Some("a"))]), "QUERY_UNKNOWN_PARAMETER/EQ_step");
    let twice = vec![parameter("EQ_bizStep", Some("a")), parameter("EQ_bizStep", Some("b"))];
    assert_eq!(judge(twice), "QUERY_DUPLICATE_PARAMETER/EQ_bizStep");
    let reversed = vec![parameter("GE_eventTime", late), parameter("LT_eventTime", early)];
    assert_eq!(judge(reversed), "QUERY_EMPTY_RANGE/LT_eventTime");
}

// Goal: hierarchies of master data are hierarchies. Method: circles of one, two and many; a long chain.
#[test]
fn master_data() {
    use crate::document::{MasterAttribute, MasterElement, MasterVocabulary};
    let element = |id: &str, children: &[&str]| MasterElement {
        id: Some(id.to_owned()),
        children: Some(children.iter().map(|child| (*child).to_owned()).collect()),
        ..MasterElement::default()
    };
    let judge = |kind: &str, elements: Vec<MasterElement>| {
        let mut header = Header::new(Syntax::Json, DocumentKind::Capture);
        let vocabulary = MasterVocabulary { kind: Some(kind.to_owned()), elements, extensions: Vec::new() };
        header.master_data.push(vocabulary);
        judge_header(&header).replace("/epcisHeader/epcisMasterData/vocabularyList/0", "")
    };
    let location = "urn:epcglobal:epcis:vtype:Location";
    assert_eq!(judge(location, vec![element("urn:a:1", &["urn:a:2", "urn:a:3"]), element("urn:a:2", &[])]), "");
    assert_eq!(judge("https://a.example/vocabulary", vec![]), "");
    assert_eq!(judge("urn:epcglobal:epcis:vtype:Plaice", vec![]), "UNKNOWN_VOCABULARY/type");
    let at = "/vocabularyElementList";
    let rows = [
        (vec![element("urn:a:1", &["urn:a:1"])], format!("MASTER_CYCLE{at}/0/children")),
        (
            vec![element("urn:a:1", &["urn:a:2"]), element("urn:a:2", &["urn:a:1"])],
            format!("MASTER_CYCLE{at}/1/children"),
        ),
        (
            vec![
                element("urn:a:1", &["urn:a:2", "urn:a:3"]),
                element("urn:a:2", &["urn:a:4"]),
                element("urn:a:3", &["urn:a:4"]),
            ],
            String::new(),
        ),
        (vec![element("urn:a:1", &["urn:a:2", "urn:a:2"])], format!("DUPLICATE_CHILD{at}/0/children/1")),
        (vec![element("urn:a:1", &[]), element("urn:a:1", &[])], format!("DUPLICATE_MASTER_ID{at}/1/id")),
        (vec![element("urn:epc:id:sgln:0614141.1.0", &[])], format!("EPC-REFERENCE_LENGTH{at}/0/id")),
    ];
    for (elements, expected) in rows {
        assert_eq!(judge(location, elements), expected);
    }
    let mut person = element("urn:a:1", &[]);
    let value = crate::model::Value::Scalar("13812345678".into(), crate::model::Scalar::Text);
    person.attributes.push(MasterAttribute { id: Some("urn:a:phone".to_owned()), value: Some(value) });
    assert_eq!(judge(location, vec![person]), format!("MOBILE_NUMBER{at}/0/attributes/0/attribute"));
    let name = |index: usize| format!("urn:a:{index}");
    let chain: Vec<MasterElement> =
        (0..100_000).map(|index| element(&name(index), &[&name((index + 1) % 100_000)])).collect();
    assert_eq!(judge(location, chain), format!("MASTER_CYCLE{at}/99999/children"));
}

// Goal: a plain event is judged in a few microseconds. Method: the best of many rounds of an ObjectEvent
// of ten SGTINs; the bound is far above what is measured, for slow machines.
#[test]
fn speed() {
    let epcs: Vec<String> = (0..10).map(|index| format!(r#""urn:epc:id:sgtin:0614141.107346.{index}""#)).collect();
    let members = format!(
        r#""action": "OBSERVE", "epcList": [{}], "bizStep": "shipping", "disposition": "in_transit", "readPoint": {{"id": "urn:epc:id:sgln:0614141.07346.1234"}}, "bizTransactionList": [{{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}}]"#,
        epcs.join(",")
    );
    let (event, _) = read(&event_of("ObjectEvent", &members)).pop().unwrap();
    let mut problems = Problems::new(None);
    let best = (0..50)
        .map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..100 {
                super::event(std::hint::black_box(&event), "/epcisBody/eventList/0", &[], &mut problems, &NoLines);
            }
            start.elapsed() / 100
        })
        .min()
        .unwrap();
    assert!(problems.list.is_empty());
    println!("an ObjectEvent of ten SGTINs: {best:?}");
    assert!(best.as_micros() < 20, "{best:?}");
}
