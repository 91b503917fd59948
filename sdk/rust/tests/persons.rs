//! Natural persons stay out of what is recorded, and no identifier is taken for one (`domain/02` §2.6).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use suyuan_epcis::identifier::Uscc;
use suyuan_epcis::json::tree;
use suyuan_sdk::batch::natural_person;

/// Cases of persons' data.
const PERSONS: u64 = 10_000;
/// Identifiers.
const IDENTIFIERS: u64 = 100_000;

/// The same numbers from the same seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|one| char::from_u32(u32::from(one) + 0xfee0).filter(|_| one.is_ascii_graphic()).unwrap_or(one))
        .collect()
}

// ---- persons ----

/// GB 11643: division, birth date, order, and the check character of ISO 7064 MOD 11-2.
fn resident_id(random: &mut Random) -> [String; 3] {
    let division = format!("{}{}", random.pick(&["110105", "440106", "310104", "5101", "4419"]), random.digits(2));
    let division = division[..6].to_owned();
    let birth = format!("{}{:02}{:02}", 1930 + random.below(80), 1 + random.below(12), 1 + random.below(28));
    let order = random.digits(3);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("{division}{birth}{order}");
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
    [division, birth, format!("{order}{check}")]
}

fn person(random: &mut Random) -> String {
    match random.below(4) {
        0 => {
            let parts = resident_id(random);
            let text = parts.join(random.pick(&["", "", " ", "-"]));
            if random.below(3) == 0 { text.to_lowercase() } else { text }
        }
        1 => {
            let parts = [format!("1{}{}", 3 + random.below(7), random.digits(1)), random.digits(4), random.digits(4)];
            let number = parts.join(random.pick(&["", "", " ", "-", "."]));
            let plain = number.starts_with(|one: char| one.is_ascii_digit()) && number.len() == 11;
            match random.below(3) {
                0 if plain => format!("{}{number}", random.pick(&["+86", "0086", "+86-", "+86 "])),
                1 => format!("+86 {number}"),
                _ => number,
            }
        }
        2 => {
            let local = format!("{}{}", random.pick(&["zhang.san", "li_si+w", "user", "Wang"]), random.below(1_000));
            let mail = [
                "qq.com",
                "163.com",
                "VIP.qq.com",
                "gmail.com",
                "hotmail.fr",
                "yahoo.co.jp",
                "outlook.com",
                "icloud.com",
                "mail.ru",
            ];
            format!("{local}@{}", random.pick(&mail))
        }
        _ => {
            let letter = char::from(b'A' + random.below(8) as u8);
            format!("{}{letter}{}{}", random.pick(&["粤", "京", "沪", "桂"]), random.pick(&["", "·"]), random.digits(5))
        }
    }
}

/// An event with a text somewhere in it.
fn event_with(random: &mut Random, text: &str) -> String {
    let text = match random.below(5) {
        0 => format!("送货 {text}"),
        1 => format!("({text})"),
        2 => wide(text),
        _ => text.to_owned(),
    };
    let member = match random.below(8) {
        0 => format!(r#""ex:driver":"{text}""#),
        1 => format!(r#""ilmd":{{"ex:note":["a","{text}"]}}"#),
        2 => format!(r#""bizLocation":{{"id":"https://firm.example/{text}"}}"#),
        3 => format!(r#""bizTransactionList":[{{"type":"po","bizTransaction":"https://firm.example/po/{text}"}}]"#),
        4 => format!(r#""ex:deep":{{"ex:a":[{{"ex:b":"{text}"}}]}}"#),
        5 => format!(r#""sensorElementList":[{{"sensorReport":[{{"type":"Temperature","stringValue":"{text}"}}]}}]"#),
        6 => format!(r#""errorDeclaration":{{"declarationTime":"2026-11-21T00:00:00Z","ex:by":"{text}"}}"#),
        _ => format!(r#""ex:{text}":true"#),
    };
    format!(r#"{{"type":"ObjectEvent","action":"OBSERVE","eventTime":"2026-11-21T00:00:00.000Z",{member}}}"#)
}

/// Goal: no number or address of a person is recorded, however it is written and wherever it stands, and none is repeated
/// in what is said of it. Method: ten thousand random ones in random places of events.
#[test]
fn no_person_passes() {
    let mut random = Random(1);
    for number in 0..PERSONS {
        let person = person(&mut random);
        let event = event_with(&mut random, &person);
        let found = natural_person(&tree::parse(event.as_bytes(), 32).unwrap());
        let (reason, pointer) = found.unwrap_or_else(|| panic!("case {number} passes: {event}"));
        assert_eq!(reason.code.id, "LEDGER-106");
        let said = format!("{reason} {pointer}");
        assert!(!said.contains(&person), "case {number} is repeated: {said}");
    }
}

/// The records of the scenarios: events, contracts, what is said of credit, receipts.
fn records() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios");
    let files = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let (mut records, mut paths) = (Vec::new(), Vec::new());
    for scenario in files(&folder).iter().filter(|path| path.is_dir()) {
        paths.extend(files(scenario));
    }
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|kind| kind != "csv")) {
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        match document.pointer("/epcisBody/eventList").or(document.pointer("/epcisBody/event")) {
            Some(Value::Array(events)) => records.extend(events.iter().cloned()),
            Some(event) => records.push(event.clone()),
            None => records.extend(document.as_array().unwrap().iter().map(|line| line["record"].clone())),
        }
    }
    records.push(json!({
        "type": "suyuan:OrganisationRegister", "uri": "urn:example:organisation:9", "name": "Nine", "role": "member",
        "aliases": ["urn:uscc:91440101DEMA000032"], "keys": [{"role": "root", "key": "ab".repeat(32)}],
    }));
    records
}

/// The places of all texts of a record.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, one)| texts(one, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => members.iter().filter(|(name, _)| *name != "@context").for_each(|(name, one)| {
            texts(one, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// Goal: the same in any field of any kind of record. Method: each text of the scenarios' records in turn, as often as there
/// are cases, instead of which there is what a person has; as they are, none of them is refused.
#[test]
fn no_person_passes_in_any_field_of_any_record() {
    let mut random = Random(3);
    let parsed = |record: &Value| tree::parse(record.to_string().as_bytes(), 32).unwrap();
    let (records, mut places, mut kinds) = (records(), Vec::new(), BTreeSet::new());
    for record in &records {
        assert_eq!(natural_person(&parsed(record)), None, "{record}");
        kinds.insert(record["type"].as_str().unwrap());
        let mut found = Vec::new();
        texts(record, "", &mut found);
        places.extend(found.into_iter().map(|at| (record, at)));
    }
    assert!(kinds.len() >= 20 && places.len() >= 2_000, "{} places of {kinds:?}", places.len());
    let cases = (PERSONS as usize).div_ceil(places.len()) * places.len();
    for (record, at) in places.iter().cycle().take(cases) {
        let (person, mut record) = (person(&mut random), (*record).clone());
        let text = match random.below(3) {
            0 => format!("送货 {person}"),
            1 => wide(&person),
            _ => person.clone(),
        };
        *record.pointer_mut(at).unwrap() = text.into();
        let found = natural_person(&parsed(&record));
        let (reason, pointer) = found.unwrap_or_else(|| panic!("{person} passes at {at}: {record}"));
        assert_eq!((reason.code.id, pointer.as_str()), ("LEDGER-106", at.as_str()));
        assert!(!reason.to_string().contains(&person), "{reason}");
    }
}

// ---- identifiers ----

/// GS1's check digit behind these digits.
fn checked(digits: &str) -> String {
    let sum: u32 =
        digits.bytes().rev().zip([3, 1].into_iter().cycle()).map(|(one, weight)| u32::from(one - b'0') * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn uscc(random: &mut Random) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    loop {
        // All digits now and then: then it looks most like a person's number.
        let range = if random.below(2) == 0 { 10 } else { DIGITS.len() as u64 };
        let body: String = (0..9).map(|_| char::from(DIGITS[random.below(range) as usize])).collect();
        let lead =
            format!("{}{}", random.pick(&["91", "11", "12", "52"]), random.pick(&["440106", "110105", "441900"]));
        let found = DIGITS.iter().map(|check| format!("{lead}{body}{}", char::from(*check)));
        if let Some(code) = found.into_iter().find(|code| Uscc::parse(code).is_ok()) {
            return code;
        }
    }
}

fn identifier(random: &mut Random) -> (&'static str, String) {
    // Serial numbers and lots that look like what persons have.
    let like = match random.below(3) {
        0 => format!("1{}{}", 3 + random.below(7), random.digits(9)),
        1 => resident_id(random).concat(),
        _ => random.digits(11),
    };
    let prefix = format!("9521{}", random.digits(3));
    let item = random.digits(5);
    match random.below(10) {
        0 => ("epcList", format!("urn:epc:id:sgtin:{prefix}.1{item}.{like}")),
        1 => ("epcList", format!("https://id.gs1.org/01/{}/21/{like}", checked(&format!("1{prefix}{item}")))),
        2 => ("epcList", format!("https://id.gs1.org/01/{}/10/{like}", checked(&format!("0{prefix}{item}")))),
        3 => ("epcList", format!("https://id.gs1.org/00/{}", checked(&format!("1{prefix}{}", random.digits(9))))),
        4 => ("bizTransaction", format!("urn:epcglobal:cbv:bt:{}:{like}", checked(&format!("{prefix}{item}")))),
        5 => ("source", format!("urn:uscc:{}", uscc(random))),
        6 => ("epcList", format!("urn:cn:drugtrace:8{}", random.digits(19))),
        7 => ("eventID", format!("ni:///sha-256;{}?ver=CBV2.0", "13812345678a".repeat(6)[..64].to_lowercase())),
        8 => {
            let digest: String = (0..64).map(|_| char::from(b"0123456789abcdef"[random.below(16) as usize])).collect();
            ("ex:key", digest)
        }
        _ => {
            let hex = |random: &mut Random, count| random.digits(count);
            let groups = [8, 4, 4, 4].map(|count| hex(random, count));
            ("eventID", format!("urn:uuid:{}-a{}", groups.join("-"), like.get(..11).unwrap()))
        }
    }
}

/// Goal: an identifier is never refused for what it looks like. Method: a hundred thousand valid ones, most with parts
/// that look like numbers of persons, each in a field of its kind; and digests, as keys and records are named by.
#[test]
fn every_identifier_passes() {
    let mut random = Random(2);
    for number in 0..IDENTIFIERS {
        let (field, text) = identifier(&mut random);
        let event = match field {
            "epcList" => format!(r#"{{"epcList":["{text}"]}}"#),
            "eventID" | "ex:key" => format!(r#"{{"{field}":"{text}"}}"#),
            "source" => format!(r#"{{"sourceList":[{{"type":"owning_party","source":"{text}"}}]}}"#),
            _ => format!(r#"{{"bizTransactionList":[{{"type":"po","bizTransaction":"{text}"}}]}}"#),
        };
        let found = natural_person(&tree::parse(event.as_bytes(), 32).unwrap());
        assert_eq!(found, None, "identifier {number}: {event}");
    }
}
