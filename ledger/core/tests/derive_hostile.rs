//! Goal: no payload makes deriving slow, deep, large or panic.
//! Method: payloads built to be the worst of their kind within and beyond the limits, each within a time
//! that work of another order would exceed by far; and good payloads with every byte changed or cut away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use suyuan_ledger::derive::{PAYLOAD_BYTES_MAX, SUBJECTS_MAX, derive};

fn event(members: &str) -> String {
    let head = r#""type":"ObjectEvent","eventID":"urn:uuid:1","eventTime":"2026-11-21T08:00:00Z","action":"ADD""#;
    format!("{{{head},{members}}}")
}

/// As many elements as fit a payload.
fn filled(before: &str, element: impl Fn(usize) -> String, after: &str) -> String {
    let mut members = before.to_owned();
    for index in 0.. {
        let element = element(index);
        if members.len() + element.len() + after.len() + 200 > PAYLOAD_BYTES_MAX {
            break;
        }
        members.push_str(&element);
        members.push(',');
    }
    members.pop();
    members.push_str(after);
    event(&members)
}

/// The code, or 0, and that it took no longer than an optimised build needs ten times over.
fn code(name: &str, payload: &str) -> u16 {
    let start = Instant::now();
    let result = derive(payload.as_bytes());
    let took = start.elapsed();
    assert!(took < Duration::from_millis(500), "{name}: {took:?}");
    if let Ok(derived) = &result {
        assert!(derived.keys.len() <= SUBJECTS_MAX, "{name}");
    }
    result.map_or_else(|error| error.code, |_| 0)
}

#[test]
fn worst_payloads() {
    let million = event(&format!("\"childEPCs\":[{}\"u:1\"]", "\"u:1\",".repeat(1_000_000)));
    assert_eq!(code("a million children", &million), 102);
    assert_eq!(code("depth bomb", &event(&format!("\"x\":{}", "[".repeat(200_000)))), 102);
    assert_eq!(code("depth bomb of objects", &event(&format!("\"x\":{}", "{\"a\":".repeat(40_000)))), 102);
    assert_eq!(code("huge number", &event(&format!("\"x\":{}", "9".repeat(200_000)))), 102);
    assert_eq!(
        code("huge exponent", &event("\"quantityList\":[{\"epcClass\":\"u:1\",\"quantity\":1e999999999999}]")),
        0
    );
    assert_eq!(code("many names", &filled("\"x\":{", |index| format!("\"{index:x}\":0"), "}")), 0);
    assert_eq!(code("many names alike", &filled("\"x\":{", |index| format!("\"a{index:05}a\":0"), "}")), 0);
    let twice = filled("\"x\":{", |index| format!("\"{index:x}\":0"), ",\"\\u0030\":0}");
    assert_eq!(code("a name twice among many", &twice), 101);
    assert_eq!(code("one subject again and again", &filled("\"epcList\":[", |_| "\"u:1\"".to_owned(), "]")), 0);
    let descending = filled("\"epcList\":[", |index| format!("\"u:{}\"", 4_095 - index % 4_096), "]");
    assert_eq!(code("descending subjects again and again", &descending), 0);
    let quantity = |index: usize| format!("{{\"epcClass\":\"u:{}\",\"quantity\":1}}", index % 4_096);
    assert_eq!(code("quantities again and again", &filled("\"quantityList\":[", quantity, "]")), 0);
    let item = |index: usize| format!("\"https://a/01/{index:014}/21/1\"");
    assert_eq!(code("too many items", &filled("\"epcList\":[", item, "]")), 104);
    let items: Vec<String> = (0..2_000).map(item).collect();
    let lots = filled(
        &format!("\"epcList\":[{}],\"ilmd\":{{\"a:lotNumber\":[", items.join(",")),
        |index| format!("\"{index}\""),
        "]}",
    );
    assert_eq!(code("lots of items", &lots), 104);
    let same_lot = filled(
        &format!("\"epcList\":[{}],\"ilmd\":{{\"a:lotNumber\":[", items.join(",")),
        |_| "\"L\"".to_owned(),
        "]}",
    );
    assert_eq!(code("one lot again and again", &same_lot), 104);
    let aliases = filled("\"suyuan:recordType\":\"ID.LINK\",\"suyuan:alias\":[", |index| format!("\"u:{index}\""), "]");
    assert_eq!(code("aliases", &aliases), 104);
    let party = |index: usize| format!("{{\"type\":\"owning_party\",\"source\":\"u:{index}\"}}");
    assert_eq!(code("parties", &filled("\"sourceList\":[", party, "]")), 104);
    assert_eq!(code("escapes", &filled("\"x\":[", |_| "\"\\u00e9\\n\\ud83d\\ude00\"".to_owned(), "]")), 0);
    assert_eq!(code("slashes", &event(&format!("\"epcList\":[\"https://a{}\"]", "/10/1".repeat(12_000)))), 0);
    assert_eq!(code("dots", &event(&format!("\"epcList\":[\"urn:epc:id:itip:9521001{}\"]", ".1".repeat(30_000)))), 0);
}

#[test]
fn changed_bytes() {
    let payload = event(
        r#""bizStep":"shipping","epcList":["urn:epc:id:sgtin:9521001.000101.S%2F1","https://a/01/09521001001014/10/L/21/1"],"quantityList":[{"epcClass":"urn:epc:class:lgtin:9521001.000101.L1","quantity":12.50e1,"uom":"KGM"}],"ilmd":{"cbvmda:lotNumber":"\u004c1"},"destinationList":[{"type":"owning_party","destination":"urn:epc:id:pgln:9521003.00001"}],"x":[true,null,{"a":-0.1}]"#,
    );
    let derived = derive(payload.as_bytes()).unwrap();
    assert_eq!((derived.keys.len(), derived.links.len(), derived.receivers.len()), (4, 5, 1));
    let mut accepted = 0;
    for place in 0..payload.len() {
        assert!(derive(&payload.as_bytes()[..place]).is_err());
        for byte in 0..=255 {
            let mut bytes = payload.clone().into_bytes();
            bytes[place] = byte;
            let ours = derive(&bytes);
            accepted += u32::from(ours.is_ok());
            // Whatever derives is JSON to another parser.
            if ours.is_ok() {
                assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(), "{place} {byte}");
            }
        }
    }
    assert!(accepted > 20_000, "{accepted}");
}
