//! The words of vocabularies.

use super::{event_of, observed, read};
use crate::document::NoLines;
use crate::validate;

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
        validate::event(&event, "", &Default::default(), &mut problems, &NoLines);
        assert_eq!(problems.list[0].reason.arguments[2], "shipping");
        assert!(problems.list[0].reason.remedy(crate::codes::Language::Zh).contains("shipping"));
    }
}
