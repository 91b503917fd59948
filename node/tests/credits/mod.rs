//! A chain with firms and an authority, and records of credit as they write them.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use serde_json::Value;

use crate::runner::{OWNER, Run, chain_with_known_keys, event, is, path, run};

pub const FIRM: &str = "urn:uscc:91440115DEMA00013J";
pub const BUYER: &str = "urn:uscc:91441900DEMA00136H";
pub const AUTHORITY: &str = "urn:uscc:11440100DEMA00179H";

/// A chain with a firm and an authority on it, whose device keys are `firm.key` and `authority.key`.
pub fn chain(work: &tempfile::TempDir) -> String {
    let dir = chain_with_known_keys(work);
    for (name, uri, role) in
        [("firm", FIRM, "member"), ("buyer", BUYER, "member"), ("authority", AUTHORITY, "authority")]
    {
        register(work, &dir, (name, uri, role));
    }
    dir
}

/// Puts a further organisation on it.
pub fn register(work: &tempfile::TempDir, dir: &str, (name, uri, role): (&str, &str, &str)) {
    let (key, file) = (path(work, &format!("{name}.key")), path(work, &format!("{name}.json")));
    let made = run(&["keygen", "--output", &key, "--organisation", uri, "--role", "device", "--insecure"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    fs::write(&file, format!(r#"{{"uri":"{uri}","name":"{name}","role":"{role}"}}"#)).unwrap();
    is(&run(&["org", "register", &file, "--with-key", &key, "--dir", dir]), 0, "recorded at height");
}

/// Records of credit that are on these lines, in the name of one of them.
pub fn record(work: &tempfile::TempDir, place: &[&str], name: &str, lines: &str) -> Run {
    record_of("credit", work, place, name, lines)
}

/// Likewise of credit, or of contracts.
pub fn record_of(kind: &str, work: &tempfile::TempDir, place: &[&str], name: &str, lines: &str) -> Run {
    let (file, key) = (path(work, "records.ndjson"), path(work, &format!("{name}.key")));
    fs::write(&file, lines).unwrap();
    run(&[&[kind, "record", &file, "--key", &key, "--insecure", "--json"], place].concat())
}

/// The hashes of the records that were recorded.
pub fn hashes(done: &Run) -> Vec<String> {
    let lines = done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["record"].as_str().unwrap().to_owned()).collect()
}

pub fn line(kind: &str, on: &str, members: &str) -> String {
    format!("{{\"type\":\"suyuan:{kind}\",\"eventTime\":\"{on}T10:00:00+08:00\",\"subject\":\"{FIRM}\",{members}}}\n")
}

pub fn hash(digit: char) -> String {
    String::from(digit).repeat(64)
}

pub fn objection(target: &str) -> String {
    let members = format!(r#""target":"{target}","kind":"fact","statement":"{}","evidence":[]"#, hash('f'));
    let said = line("Objection", "2026-01-12", &members).replace(FIRM, OWNER);
    said.replacen('{', r#"{"eventID":"urn:uuid:00000000-0000-4000-8000-000000000001","#, 1).trim().to_owned()
}

pub fn penalty() -> String {
    let (notice, receipt) = (hash('a'), hash('b'));
    let members = format!(
        r#""decisionNo":"2026-17","basis":"x","class":"general","decided":"2026-07-10","repairNotice":"{notice}","deliveryReceipt":"{receipt}""#
    );
    line("Penalty", "2026-07-10", &members)
}

pub fn inspection(on: &str, result: &str) -> String {
    line("Inspection", on, &format!(r#""date":"{on}","result":"{result}","report":"{}""#, hash('c')))
}

pub fn write(work: &tempfile::TempDir, text: &str) -> String {
    let file = path(work, "document.json");
    fs::write(&file, text).unwrap();
    file
}

/// An event of the firm that its profile scores.
pub fn shipped(number: u32, time: &str, members: &str) -> String {
    let members = format!(
        r#","@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"bizStep":"shipping","disposition":"in_transit","suyuan:productClass":"FOOD","suyuan:recordType":"F7.SHIP"{members}"#
    );
    event(number, &members).replace("2026-10-01T08:00:00+08:00", time)
}

pub fn event_of(number: u32, time: &str, members: &str) -> String {
    let id = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", 0xe00 + number);
    format!(
        r#"{{"type":"ObjectEvent","eventID":"{id}","eventTime":"{time}","eventTimeZoneOffset":"+08:00",{members}}}"#
    )
}
