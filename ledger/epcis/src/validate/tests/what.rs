//! What an event is about: its objects, containment, quantities.

use std::fmt::Write as _;

use super::{event_of, judge, show, table};
use crate::document::NoLines;
use crate::model::Event;
use crate::problem::Problems;
use crate::validate;

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
    validate::event(&event, "/epcisBody/eventList/4", &Default::default(), &mut problems, &NoLines);
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
