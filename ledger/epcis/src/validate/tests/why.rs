//! Places, parties, transactions and what events are called.

use super::{event_of, judge, observed, read};

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
        let id = crate::hash::EventHash::of(&event, profile, &Default::default()).to_ni();
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
