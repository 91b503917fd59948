//! Goal: a payload derives the same, byte for byte, for ever and in every language.
//! Method: `docs/vectors/derive.json` (its format: `docs/vectors/README.md`). With `SUYUAN_GOLDEN=write` the
//! expectations are written anew from the payloads: only when the rules change, and a new rules number does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use suyuan_ledger::derive::{self, Derived, Link, RULES};
use suyuan_ledger::key::{KeyKind, SubjectKey};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Vectors {
    rules: u16,
    cases: Vec<Case>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fill: Option<Fill>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    derived: Option<Expected>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Fill {
    element: String,
    count: usize,
    separator: String,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Refused {
    code: u16,
    pointer: String,
}

/// Role, key, and the thousandths and unit of a quantity.
type LinkCase = (u8, u32, Option<(Option<String>, String)>);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    event_id: String,
    event_time: i64,
    event_type: String,
    action: Option<String>,
    step: String,
    recalled: bool,
    recall_lifted: bool,
    opening_balance: bool,
    error: Option<Declared>,
    receivers: Vec<Key>,
    senders: Vec<Key>,
    mask: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_count: Option<usize>,
    keys: Vec<Key>,
    links: Vec<LinkCase>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
struct Declared {
    did_not_occur: bool,
    corrective: Vec<String>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Key {
    hex: String,
    uri: String,
    tag: String,
}

/// Of cases with more keys than this, the first and the last are written.
const KEYS_SHOWN_MAX: usize = 64;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

fn key(key: &SubjectKey) -> Key {
    assert_eq!(SubjectKey::parse(key.bytes()).as_ref(), Some(key));
    // A process's identifier alone does not say that it is a process's.
    if key.kind() != KeyKind::Process {
        assert_eq!(SubjectKey::from_uri(&key.to_uri()).as_ref(), Ok(key));
    }
    Key { hex: hex(key.bytes()), uri: key.to_uri(), tag: key.tag().to_string() }
}

fn keys(list: &[SubjectKey]) -> Vec<Key> {
    list.iter().map(key).collect()
}

fn link(link: &Link) -> (u8, u32, Option<(Option<String>, String)>) {
    let quantity = link.quantity.map(|quantity| {
        let unit = String::from_utf8(quantity.unit.to_vec()).unwrap().trim_end_matches('\0').to_owned();
        (quantity.thousandths.map(|number| number.to_string()), unit)
    });
    (link.role as u8, link.key, quantity)
}

fn expected(derived: &Derived) -> Expected {
    let many = derived.keys.len() > KEYS_SHOWN_MAX;
    let ends = |count: usize| if many { vec![0, count - 1] } else { (0..count).collect() };
    Expected {
        event_id: derived.event_id.clone(),
        event_time: derived.event_time,
        event_type: format!("{:?}", derived.event_type),
        action: derived.action.map(|action| format!("{action:?}")),
        step: format!("{:?}", derived.step),
        recalled: derived.recalled,
        recall_lifted: derived.recall_lifted,
        opening_balance: derived.opening_balance,
        error: derived
            .error
            .as_ref()
            .map(|error| Declared { did_not_occur: error.did_not_occur, corrective: error.corrective.clone() }),
        receivers: keys(&derived.receivers),
        senders: keys(&derived.senders),
        mask: derived.mask,
        key_count: many.then_some(derived.keys.len()),
        keys: ends(derived.keys.len()).into_iter().map(|index| key(&derived.keys[index])).collect(),
        links: ends(derived.links.len()).into_iter().map(|index| link(&derived.links[index])).collect(),
    }
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        match (&self.payload, &self.payload_hex, &self.fill) {
            (Some(payload), None, None) => payload.clone().into_bytes(),
            (Some(payload), None, Some(fill)) => {
                let element = |index: usize| fill.element.replace('#', &index.to_string());
                let elements: Vec<String> = (0..fill.count).map(element).collect();
                payload.replace("@@", &elements.join(&fill.separator)).into_bytes()
            }
            (None, Some(payload), None) => from_hex(payload),
            _ => panic!("{}: one payload", self.name),
        }
    }

    /// The same case, with what is derived now.
    fn now(&self) -> Case {
        let (derived, error) = match derive::derive(&self.bytes()) {
            Ok(derived) => (Some(expected(&derived)), None),
            Err(error) => (None, Some(Refused { code: error.code, pointer: error.pointer })),
        };
        Case {
            name: self.name.clone(),
            payload: self.payload.clone(),
            payload_hex: self.payload_hex.clone(),
            fill: self.fill.clone(),
            error,
            derived,
        }
    }
}

#[test]
fn derive_vectors() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/derive.json");
    let vectors: Vectors = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let now = Vectors { rules: RULES, cases: vectors.cases.iter().map(Case::now).collect() };
    if std::env::var("SUYUAN_GOLDEN").as_deref() == Ok("write") {
        // A case a line: a change of one shows as one.
        let lines: Vec<String> = now.cases.iter().map(|case| serde_json::to_string(case).unwrap()).collect();
        let text = format!("{{\"rules\":{},\"cases\":[\n{}\n]}}\n", now.rules, lines.join(",\n"));
        std::fs::write(&file, text).unwrap();
        return;
    }
    assert!(vectors.cases.len() >= 60, "{} cases", vectors.cases.len());
    assert_eq!(vectors.rules, now.rules);
    for (expected, found) in vectors.cases.iter().zip(&now.cases) {
        assert_eq!(expected, found);
    }
}
