//! A firm's credit from records: written by an authority and the firm, read from a directory and from a node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use asking::{ask, get};
use runner::{OWNER, Run, Served, chain_with_known_keys, document, event, folder, is, path, run};
use serde_json::Value;
use suyuan_epcis::time::{Rounding, Stamp};
use suyuan_ledger::codec;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::clock::now_ms;
use suyuan_node::core::Answer;
use suyuan_node::link::Station;
use suyuan_node::open::Opened;
use suyuan_sdk::keyfile::KeyFile;
use suyuan_sdk::lane::after;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};

const FIRM: &str = "urn:uscc:91440115DEMA00013J";
const BUYER: &str = "urn:uscc:91441900DEMA00136H";
const AUTHORITY: &str = "urn:uscc:11440100DEMA00179H";

/// A chain with a firm and an authority on it, whose device keys are `firm.key` and `authority.key`.
fn chain(work: &tempfile::TempDir) -> String {
    let dir = chain_with_known_keys(work);
    for (name, uri, role) in
        [("firm", FIRM, "member"), ("buyer", BUYER, "member"), ("authority", AUTHORITY, "authority")]
    {
        let (key, file) = (path(work, &format!("{name}.key")), path(work, &format!("{name}.json")));
        let made = run(&["keygen", "--output", &key, "--organisation", uri, "--role", "device", "--insecure"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        fs::write(&file, format!(r#"{{"uri":"{uri}","name":"{name}","role":"{role}"}}"#)).unwrap();
        is(&run(&["org", "register", &file, "--with-key", &key, "--dir", &dir]), 0, "recorded at height");
    }
    dir
}

/// Records of credit that are on these lines, in the name of one of them.
fn record(work: &tempfile::TempDir, place: &[&str], name: &str, lines: &str) -> Run {
    record_of("credit", work, place, name, lines)
}

/// Likewise of credit, or of contracts.
fn record_of(kind: &str, work: &tempfile::TempDir, place: &[&str], name: &str, lines: &str) -> Run {
    let (file, key) = (path(work, "records.ndjson"), path(work, &format!("{name}.key")));
    fs::write(&file, lines).unwrap();
    run(&[&[kind, "record", &file, "--key", &key, "--insecure", "--json"], place].concat())
}

/// The hashes of the records that were recorded.
fn hashes(done: &Run) -> Vec<String> {
    let lines = done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["record"].as_str().unwrap().to_owned()).collect()
}

fn line(kind: &str, on: &str, members: &str) -> String {
    format!("{{\"type\":\"suyuan:{kind}\",\"eventTime\":\"{on}T10:00:00+08:00\",\"subject\":\"{FIRM}\",{members}}}\n")
}

fn hash(digit: char) -> String {
    String::from(digit).repeat(64)
}

fn objection(target: &str) -> String {
    let members = format!(r#""target":"{target}","kind":"fact","statement":"{}","evidence":[]"#, hash('f'));
    let said = line("Objection", "2026-01-12", &members).replace(FIRM, OWNER);
    said.replacen('{', r#"{"eventID":"urn:uuid:00000000-0000-4000-8000-000000000001","#, 1).trim().to_owned()
}

fn penalty() -> String {
    let (notice, receipt) = (hash('a'), hash('b'));
    let members = format!(
        r#""decisionNo":"2026-17","basis":"x","class":"general","decided":"2026-07-10","repairNotice":"{notice}","deliveryReceipt":"{receipt}""#
    );
    line("Penalty", "2026-07-10", &members)
}

fn inspection(on: &str, result: &str) -> String {
    line("Inspection", on, &format!(r#""date":"{on}","result":"{result}","report":"{}""#, hash('c')))
}

// Goal: what an authority records makes a grade whose every point has its record; what is repaired is gone from it, and
// any past height still says what it said. Method: records in a directory, the credit before and after a repair, then
// `fsck`, which reads the records anew.
#[test]
fn a_grade_from_records() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let show = |more: &[&str]| run(&[&["credit", FIRM, "--json"], more, &place].concat());
    is(&show(&[]), 1, "CREDIT-NOTHING");
    let score = line("PublicScore", "2026-07-01", r#""score":860,"date":"2026-07-01""#);
    let first = [inspection("2026-01-10", "pass"), score, penalty(), inspection("2026-07-10", "fail")].concat();
    let done = record(&work, &place, "authority", &first);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let recorded = hashes(&done);
    let before = show(&[]).json();
    let value = |said: &Value, code: &str| {
        said["indicators"].as_array().unwrap().iter().find(|one| one["code"] == code).map(|one| one["value"].clone())
    };
    assert_eq!((value(&before, "PEN"), value(&before, "PUB")), (Some(800.into()), Some(860.into())));
    let facts = before["facts"].as_array().unwrap();
    let evidence: Vec<&str> = facts.iter().map(|fact| fact["evidence"][0].as_str().unwrap()).collect();
    assert_eq!(evidence, [recorded[0].as_str(), recorded[3].as_str()]);
    assert!(facts[1]["delta"].as_i64().unwrap() < 0, "{before}");
    is(&run(&[&["credit", "91440115DEMA00013J", "--explain"], &place[..]].concat()), 0, "2026-07-10");

    let pledge = line("Pledge", "2026-10-08", &format!(r#""text":"{}","duty":"x","due":"2026-12-31""#, hash('d')));
    let pledge = hashes(&record(&work, &place, "firm", &pledge)).remove(0);
    let repair = |on: &str| {
        let members = format!(r#""targets":["{}"],"pledge":"{pledge}","dutiesDone":["{}"]"#, recorded[2], hash('e'));
        line("Repair", on, &members)
    };
    is(&record(&work, &place, "firm", &repair("2026-10-09")), 1, "CREDIT-MIN_PERIOD");
    let applied = hashes(&record(&work, &place, "firm", &repair("2026-10-12"))).remove(0);
    let step = |on: &str, more: &str| line("RepairStep", on, &format!(r#""repair":"{applied}",{more}"#));
    is(&record(&work, &place, "firm", &step("2026-10-13", r#""step":"accept""#)), 1, "CREDIT-NO_RIGHT");
    is(&record(&work, &place, "authority", &step("2026-10-13", r#""step":"accept""#)), 0, "");
    assert_eq!(show(&[]).json()["repairs"][0]["due"], "2026-10-27");
    let decided = step("2026-10-22", r#""step":"decide","result":"repaired""#);
    is(&record(&work, &place, "authority", &decided), 0, "");
    is(&record(&work, &place, "authority", &decided), 1, "CREDIT-TRANSITION");
    let after = show(&[]).json();
    assert_eq!((value(&after, "PEN"), after["repairs"].as_array().unwrap().len()), (Some(1000.into()), 0));
    assert!(after["score"].as_u64() > before["score"].as_u64(), "{before} {after}");
    let height = before["height"].to_string();
    assert_eq!(show(&["--at", &height]).json(), before);
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

// Goal: what would have no effect, is no record or says something of a person is refused with its place, and keeps out
// nothing beside it. Method: good and bad lines in one file; bad ones alone.
#[test]
fn refused() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let person =
        line("Licence", "2026-01-01", r#""kind":"13812345678","number":"1","from":"2026-01-01","state":"valid""#);
    let opinion = line("PublicScore", "2026-07-01", r#""score":860,"date":"2026-07-01","opinion":"bad""#);
    let lines = [opinion, inspection("2026-01-10", "pass"), person].concat();
    let done = record(&work, &place, "authority", &lines);
    assert_eq!((done.code, hashes(&done).len()), (1, 1), "{}", done.stderr);
    for words in ["event 0 /opinion: error CREDIT-RECORD_FORM", "event 2 /kind: error LEDGER-106"] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    is(&record(&work, &place, "firm", &inspection("2026-01-10", "pass")), 1, "CREDIT-NO_RIGHT");
    is(&record(&work, &place, "authority", "{\"type\":"), 1, "CREDIT-RECORD_FORM");
    // One line that is cut off, between two that are not.
    let good = inspection("2026-02-10", "pass");
    let cut = record(&work, &place, "authority", &[&good, &good[..40], "\n", &good].concat());
    assert_eq!((cut.code, hashes(&cut).len()), (1, 2), "{}", cut.stderr);
    assert!(cut.stderr.contains("event 1 (line 2): error CREDIT-RECORD_FORM"), "{}", cut.stderr);
    // A record of credit that would act as an event.
    let events = event(1, &format!(r#","subject":"{FIRM}""#)).replace("ObjectEvent", "suyuan:Pledge");
    is(&record(&work, &place, "firm", &events), 1, "CREDIT-RECORD_FORM");
    is(&run(&["capture", &write(&work, &document(&[event(2, "")])), "--dir", &dir]), 0, "accepted 1");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

fn write(work: &tempfile::TempDir, text: &str) -> String {
    let file = path(work, "document.json");
    fs::write(&file, text).unwrap();
    file
}

/// An event of the firm that its profile scores.
fn shipped(number: u32, time: &str, members: &str) -> String {
    let members = format!(
        r#","@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"bizStep":"shipping","disposition":"in_transit","suyuan:productClass":"FOOD","suyuan:recordType":"F7.SHIP"{members}"#
    );
    event(number, &members).replace("2026-10-01T08:00:00+08:00", time)
}

// Goal: how completely and how soon a firm records counts in its credit once the month is over, with the worst events as
// evidence, to which it may object; and is told again at any height. Method: an event of months ago and others of now, of
// which the month goes on; the credit as of today, and as of a day on which it is over.
#[test]
fn events_count() {
    let work = folder(&[]);
    let dir = chain(&work);
    let key = path(&work, "firm.key");
    let capture = |events: &[String]| {
        let file = write(&work, &document(events));
        is(&run(&["capture", &file, "--key", &key, "--insecure", "--dir", &dir]), 0, "accepted");
    };
    let show = |more: &[&str]| run(&[&["credit", FIRM, "--json", "--dir", &dir], more].concat()).json();
    let facts = |said: &Value| -> Vec<(String, u64, u64, usize)> {
        let facts = said["facts"].as_array().unwrap().iter();
        let number = |fact: &Value, name: &str| fact[name].as_u64().unwrap();
        let evidence = |fact: &Value| fact["evidence"].as_array().unwrap().len();
        let id = |fact: &Value| fact["id"].as_str().unwrap().to_owned();
        facts.map(|fact| (id(fact), number(fact, "value"), number(fact, "mass"), evidence(fact))).collect()
    };
    let now = Stamp { seconds: now_ms() / 1_000 - 60, nanoseconds: 0 }.to_utc_milliseconds(Rounding::HalfUp).unwrap();
    capture(&[shipped(1, "2026-01-10T08:00:00+08:00", ""), shipped(2, &now, r#","suyuan:eta":"2026-02-02""#)]);
    let later = ["--day", "2030-01-01"];
    let first = show(&later);
    let at_first = facts(&first);
    let indicators: Vec<&str> =
        at_first.iter().filter_map(|one| one.0.split_once(".FOOD.20")).map(|(of, _)| of).collect();
    assert_eq!(indicators, ["TRC", "TRT"]);
    assert!((1..1_000).contains(&at_first[0].1), "{at_first:?}");
    assert_eq!((at_first[1].1, at_first[1].2, at_first[1].3), (500, 1_000, 1), "{at_first:?}");
    assert_eq!(facts(&show(&[])), [], "a month that goes on does not count yet");
    // Ten in a month weigh twice as much.
    capture(&(10..20).map(|number| shipped(number, &now, "")).collect::<Vec<_>>());
    let more = facts(&show(&later));
    assert_eq!((more[1].1, more[1].2, more[1].3), (11_000 / 12, 2_000, 1), "{more:?}");
    let height = first["height"].to_string();
    assert_eq!(facts(&show(&["--at", &height, later[0], later[1]])), at_first);
    // What a month counts is objected to by one of its events.
    let target = first["facts"][1]["evidence"][0].as_str().unwrap();
    let members =
        format!(r#""target":"{target}","kind":"fact","statement":"{}","evidence":[],"indicators":["TRT"]"#, hash('f'));
    let done = record(&work, &["--dir", &dir], "firm", &line("Objection", "2026-07-27", &members));
    let accepted = format!(r#""objection":"{}","step":"accept""#, hashes(&done)[0]);
    let accepted = line("ObjectionStep", "2026-07-28", &accepted);
    is(&record(&work, &["--dir", &dir], "authority", &accepted), 0, "\"record\"");
    let said = show(&later);
    let status = |place: usize| said["facts"][place]["status"].as_str().unwrap().to_owned();
    assert_eq!((status(0), status(1)), ("active".to_owned(), "suspended".to_owned()));
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

// Goal: a table is taken in row by row: what is wrong of one is told with its line and keeps none of the others out, the same
// table adds nothing, and its quality is told. Method: a table of penalties with a row of each kind of fault, twice, as CSV and
// as JSON.
#[test]
fn tables_are_imported() {
    let work = folder(&[]);
    let dir = chain(&work);
    let (notice, receipt, firm) = (hash('a'), hash('b'), FIRM.trim_start_matches("urn:uscc:"));
    let row = |subject: &str, number: &str, class: &str, notice: &str| {
        format!("{subject},{number},\"basis, with a comma\",{class},2026-07-10,{notice},{receipt}\n")
    };
    let table = [
        "\u{feff}subject,decisionNo,basis,class,decided,repairNotice,deliveryReceipt\n".to_owned(),
        row(firm, "1", "general", &notice),
        row(FIRM, "2", "minor", &notice),
        row("91440115DEMA00013K", "3", "minor", &notice),
        row(firm, "4", "harmless", &notice),
        row(firm, "5", "minor", ""),
        row(firm, "2", "minor", &notice),
        row(BUYER, "1", "general", &notice),
        row(BUYER, "6", "general", &notice),
    ]
    .concat();
    let (file, key, left) = (path(&work, "penalties.csv"), path(&work, "authority.key"), path(&work, "left.csv"));
    fs::write(&file, [table.as_bytes(), b"\xb9\xe3\xd6\xdd,7,x,minor,2026-07-10,a,b\n"].concat()).unwrap();
    let import = |file: &str, more: &[&str]| {
        run(&[&["import", file, "--key", &key, "--insecure", "--dir", &dir, "--json"], more].concat())
    };
    let done = import(&file, &["--as", "Penalty", "--rejected", &left]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let told = done.json();
    let counts = ["rows", "recorded", "known", "rejected"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [9, 3, 0, 6], "{told} {}", done.stderr);
    assert_eq!(told["compliance_ppm"], 333_333);
    assert_eq!(told["bad_ppm"], 333_333);
    let read = fs::read_to_string(&left).unwrap();
    let lines: Vec<(String, String)> = csv::Reader::from_reader(read.as_bytes())
        .records()
        .map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).unwrap())
        .collect();
    let expected = [
        ("4", "ID-CHECK_DIGIT"),
        ("5", "CREDIT-RECORD_FORM"),
        ("6", "CREDIT-NOT_DELIVERED"),
        ("7", "CREDIT-RECORD_FORM"),
        ("8", "CREDIT-RECORD_FORM"),
        ("10", "CREDIT-RECORD_FORM"),
    ];
    let told: Vec<(&str, &str)> = lines.iter().map(|(line, code)| (line.as_str(), code.as_str())).collect();
    assert_eq!(told, expected, "{read}");
    let again = import(&file, &["--as", "Penalty"]).json();
    assert_eq!(["recorded", "known", "rejected"].map(|name| again[name].as_u64().unwrap()), [0, 3, 6]);
    // Rows of JSON say what they are.
    let json = path(&work, "rows.json");
    let rows = format!(
        r#"[{{"type":"suyuan:PublicScore","subject":"{firm}","score":860,"date":"2026-07-01"}},{{"type":"suyuan:PublicScore","subject":"{firm}","score":1001,"date":"2026-08-01"}},7]"#
    );
    fs::write(&json, rows).unwrap();
    let done = import(&json, &[]);
    let told = done.json();
    assert_eq!(["recorded", "rejected"].map(|name| told[name].as_u64().unwrap()), [1, 2], "{}", done.stderr);
    let credit = run(&["credit", FIRM, "--json", "--dir", &dir]).json();
    let score = credit["indicators"].as_array().unwrap().iter().find(|one| one["code"] == "PUB").unwrap();
    assert_eq!(score["value"], 860);
    is(&import(&file, &["--as", "Nothing"]), 2, "");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

// Goal: what is due, and how a recall goes on, is seen where the ledger is. Method: a lift that an authority has registered
// and nobody inspected; a lot that is shipped, recalled and acknowledged.
#[test]
fn equipment_and_recalls_are_seen() {
    let work = folder(&[]);
    let dir = chain(&work);
    let now = Stamp { seconds: now_ms() / 1_000 - 60, nanoseconds: 0 }.to_utc_milliseconds(Rounding::HalfUp).unwrap();
    let capture = |name: &str, events: &[String]| {
        let (file, key) = (write(&work, &document(events)), path(&work, &format!("{name}.key")));
        is(&run(&["capture", &file, "--key", &key, "--insecure", "--dir", &dir]), 0, "accepted");
    };
    let about = |members: &str| {
        format!(
            r#""@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"readPoint":{{"id":"https://id.gs1.org/414/9521001000017"}},{members}"#
        )
    };
    let lift = |number: u32, kind: &str, written: &str, members: &str| {
        let members = format!(
            r#""epcList":["urn:cn:speq:31104401020190123"],{written},"suyuan:recordType":"{kind}","suyuan:productClass":"SPEQ","suyuan:device":"31104401020190123",{members}"#
        );
        event_of(number, &now, &about(&members))
    };
    let register =
        format!(r#""suyuan:user":"{FIRM}","suyuan:registrar":"{AUTHORITY}","suyuan:first_use":"2019-09-06""#);
    let install = r#""suyuan:supervision_result":"pass","suyuan:supervision_date":"2019-08-20""#;
    capture(
        "authority",
        &[
            lift(1, "S4.INSTALL", r#""action":"OBSERVE","bizStep":"installing","disposition":"active""#, install),
            lift(2, "S5.USE_REGISTER", r#""action":"ADD","bizStep":"commissioning","disposition":"active""#, &register),
        ],
    );
    let equipment = run(&["equipment", FIRM, "--json", "--dir", &dir, "--day", "2020-10-02"]);
    let device = equipment.json()[0].clone();
    assert_eq!(
        (equipment.code, device["due"].as_str(), device["overdue_days"].as_u64()),
        (1, Some("2020-08-31"), Some(32))
    );
    is(&run(&["equipment", "--overdue", "--dir", &dir]), 1, "31104401020190123");
    is(&run(&["equipment", "--overdue", "--dir", &dir, "--day", "2020-08-31"]), 0, "");
    is(&run(&["equipment", "--dir", &dir, "--day", "2020-02-30"]), 2, "");
    let credit = run(&["credit", FIRM, "--json", "--dir", &dir, "--day", "2020-10-02"]).json();
    assert_eq!(
        (credit["ceilings"][0]["code"].as_str(), credit["ceilings"][0]["ceiling"].as_str()),
        (Some("CAP-4"), Some("D"))
    );

    is(&run(&["recall", FIRM, "--dir", &dir]), 1, "no such recall");
    let lot = |number: u32, members: &str| {
        let lot = r#""quantityList":[{"epcClass":"https://id.gs1.org/01/09521001001014/10/L1","quantity":10}]"#;
        event_of(number, &now, &about(&format!("{lot},{members}")))
    };
    let to = format!(r#""destinationList":[{{"type":"owning_party","destination":"{BUYER}"}}]"#);
    let recall = format!(
        r#""action":"OBSERVE","bizStep":"holding","disposition":"recalled","suyuan:recordType":"F11.RECALL","suyuan:productClass":"FOOD","suyuan:recall_id":"R-1","suyuan:level":"I","suyuan:risk_known_at":"{now}""#
    );
    capture(
        "firm",
        &[
            lot(3, r#""action":"ADD","bizStep":"commissioning","disposition":"active""#),
            lot(4, &format!(r#""action":"OBSERVE","bizStep":"shipping","disposition":"in_transit",{to}"#)),
            lot(5, &recall),
        ],
    );
    let shown = || run(&["recall", FIRM, "R-1", "--json", "--dir", &dir]).json()[0].clone();
    assert_eq!(shown()["customers"], serde_json::json!([{"organisation": BUYER, "acknowledged": null}]));
    assert_eq!((shown()["level"].as_str(), shown()["value"].as_u64()), (Some("I"), Some(400)));
    let acknowledged = r#""action":"OBSERVE","bizStep":"holding","disposition":"recalled","suyuan:recordType":"F11a.RECALL_ACK","suyuan:productClass":"FOOD","suyuan:recall_id":"R-1","suyuan:stock_qty":{"suyuan:milli":10000}"#;
    capture(
        "buyer",
        &[lot(6, r#""action":"OBSERVE","bizStep":"receiving","disposition":"in_progress""#), lot(7, acknowledged)],
    );
    assert_eq!((shown()["confirmed"].as_i64(), shown()["value"].as_u64()), (Some(10_000), Some(600)));
    is(&run(&["recall", FIRM, "--dir", &dir]), 0, "recovered by what customers say 10.000");
    is(&run(&["--lang", "zh", "recall", FIRM, "--dir", &dir]), 0, "据客户确认已收回 10.000");

    // Who scans it is told, and it is not sold; what was sold all the same is recorded.
    let recalled = |thing: &str| run(&["recalled", thing, "--dir", &dir]);
    is(&recalled("(01)09521001001014(10)L1"), 1, "RECALLED: not to be sold, dispensed or shipped on");
    is(&recalled("(01)09521001001014(10)L2"), 0, "not recalled");
    is(&run(&["--lang", "zh", "recalled", "(01)09521001001014(10)L1", "--dir", &dir]), 1, "不得销售");
    let told = run(&["recalled", "(01)09521001001014(10)L1", "--json", "--dir", &dir]).json();
    assert_eq!((&told["recalls"][0]["recall"], &told["recalls"][0]["reach"]), (&"R-1".into(), &"named".into()));
    let sale = lot(9, r#""action":"OBSERVE","bizStep":"retail_selling","disposition":"retail_sold""#);
    let (file, key) = (write(&work, &document(&[sale])), path(&work, "buyer.key"));
    let sell =
        |more: &[&str]| run(&[&["capture", &file, "--key", &key, "--insecure", "--dir", &dir][..], more].concat());
    is(&sell(&[]), 1, "LEDGER-RECALLED");
    is(&sell(&["--rollback"]), 1, "LEDGER-RECALLED");
    is(&sell(&["--recalled-anyway"]), 0, "accepted 1");

    let excursions = |thing: &str| run(&["excursions", thing, "--dir", &dir]);
    is(&excursions("https://id.gs1.org/01/09521001001014/10/L1"), 0, "no excursion is recorded");
    is(&excursions("https://id.gs1.org/01/09521001001014/10/L2"), 1, "");
    let warm = format!(
        r#""action":"OBSERVE","bizStep":"sensor_reporting","disposition":"unavailable","suyuan:recordType":"D7a.EXCURSION","suyuan:productClass":"FRESH","suyuan:from":"{now}","suyuan:to":"{now}","suyuan:minutes":45,"suyuan:min_dC":84,"suyuan:max_dC":116,"suyuan:custodian":"{FIRM}""#
    );
    capture("firm", &[lot(8, &warm)]);
    is(&excursions("(01)09521001001014(10)L1"), 1, "8.4 °C, 11.6 °C");
    let found = run(&["--lang", "zh", "excursions", "(01)09521001001014(10)L1", "--dir", &dir]);
    is(&found, 1, "未作决定");

    let exceptions = |code: &str| run(&["exceptions", code, "--dir", &dir]);
    is(&exceptions("(01)09521001001014(10)L1"), 1, "");
    let item = |number: u32, members: &str| {
        let item = r#""epcList":["https://id.gs1.org/01/09521001001014/21/E1"]"#;
        event_of(number, &now, &about(&format!("{item},{members}")))
    };
    let sale = |number: u32, location: &str| {
        let place = format!(r#""bizLocation":{{"id":"https://id.gs1.org/414/9521001000017/254/{location}"}}"#);
        item(number, &format!(r#""action":"OBSERVE","bizStep":"retail_selling","disposition":"retail_sold",{place}"#))
    };
    capture("firm", &[item(9, r#""action":"ADD","bizStep":"commissioning","disposition":"active""#), sale(10, "A")]);
    is(&exceptions("(01)09521001001014(21)E1"), 0, "no exception is recorded");
    capture("firm", &[sale(11, "B")]);
    is(&exceptions("(01)09521001001014(21)E1"), 1, "used or made more than once");
    is(&run(&["--lang", "zh", "exceptions", "(01)09521001001014(21)E1", "--dir", &dir]), 1, "重复使用或重复赋码");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

/// An event about objects with these members.
fn event_of(number: u32, time: &str, members: &str) -> String {
    let id = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", 0xe00 + number);
    format!(
        r#"{{"type":"ObjectEvent","eventID":"{id}","eventTime":"{time}","eventTimeZoneOffset":"+08:00",{members}}}"#
    )
}

// Goal: an authority commits to whom it may inspect, each at the rate of its grade, before anybody can know who is drawn.
// Method: a draw among a firm with a penalty and one of which nothing is known; the same name again, and a firm that draws.
#[test]
fn a_draw_is_committed_to() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let listing = format!(
        r#""list":"x","decisionNo":"1","basis":"x","from":"2026-01-01","humanDecision":true,"noticeReceipt":"{}""#,
        hash('a')
    );
    is(&record(&work, &place, "authority", &line("Listing", "2026-01-01", &listing)), 0, "");
    let firms = path(&work, "firms.txt");
    fs::write(&firms, format!("91440115DEMA00013J\n\n{BUYER}\n")).unwrap();
    let commit = |name: &str, key: &str| {
        let key = path(&work, key);
        run(&[&["inspect-draw", "commit", name, &firms, "--key", &key, "--insecure"], &place[..]].concat())
    };
    is(&commit("2026-1", "authority.key"), 0, "recorded at height");
    is(&commit("2026-1", "authority.key"), 1, "CREDIT-TRANSITION");
    is(&commit("2026-2", "firm.key"), 1, "CREDIT-NO_RIGHT");
    let shown = run(&[&["inspect-draw", "show", AUTHORITY, "--json"], &place[..]].concat());
    let said = &shown.json()[0];
    assert_eq!((said["draw"].as_str(), said["lot_height"].is_null()), (Some("2026-1"), true), "{said}");
    let rates: Vec<u64> = said["entities"].as_array().unwrap().iter().filter_map(|one| one["rate"].as_u64()).collect();
    assert_eq!(rates, [1_000_000, 100_000], "{said}");
    is(
        &run(&[&["inspect-draw", "show", AUTHORITY, "2026-1"], &place[..]].concat()),
        0,
        "the lot is the first block from",
    );
    is(&run(&[&["inspect-draw", "show", AUTHORITY, "2026-7"], &place[..]].concat()), 1, "");
    fs::write(&firms, "91440115DEMA00013J\n91440115DEMA00013J\n").unwrap();
    is(&commit("2026-3", "authority.key"), 1, "CREDIT-RECORD_FORM");
}

// Goal: a grade is published only as it follows from the records, and one that was published all the same is found, by whoever
// looks and by every node. Method: a grade published by the authority; the same with each part changed is refused at the
// gateway; then written past it, and looked for in the directory and by a node that reads it.
#[test]
fn published_grades_are_computed_again() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let (firm, authority) = (path(&work, "firm.key"), path(&work, "authority.key"));
    let score = line("PublicScore", "2026-07-01", r#""score":860,"date":"2026-07-01""#);
    is(&record(&work, &place, "authority", &[inspection("2026-01-10", "pass"), score, penalty()].concat()), 0, "");
    let publish = |key: &str, more: &[&str]| {
        run(&[&["credit", "publish", FIRM, "--key", key, "--insecure"], more, &place].concat())
    };
    is(&publish(&firm, &[]), 1, "CREDIT-NO_RIGHT");
    is(&publish(&authority, &[]), 0, "recorded at height");
    let said = run(&[&["credit", FIRM, "--json"], &place[..]].concat()).json();
    let published = &said["published"];
    assert_eq!(published["grade"], said["to_publish"]["grade"], "{said}");
    is(&run(&[&["credit", FIRM], &place[..]].concat()), 0, "published: ");
    is(
        &run(&[&["credit", "audit"], &place[..]].concat()),
        0,
        "1 grades published, of which do not follow from the records: 0",
    );
    let record_of = |change: &dyn Fn(&mut Value)| {
        let mut record = serde_json::json!({
            "type": "suyuan:Grade", "subject": FIRM, "model": said["model"], "profile": published["profile"],
            "parametersHash": published["parameters_hash"], "height": published["height"], "day": published["day"],
            "score": published["score"], "band": published["band"], "grade": published["grade"],
            "ceilings": published["ceilings"], "explanation": published["explanation"],
        });
        change(&mut record);
        format!("{record}\n")
    };
    is(&record(&work, &place, "authority", &record_of(&|_| {})), 0, "\"record\"");
    let changes: [&dyn Fn(&mut Value); 9] = [
        &|record| record["grade"] = "A".into(),
        &|record| record["band"] = "E".into(),
        &|record| record["score"] = 1.into(),
        &|record| record["explanation"] = hash('0').into(),
        &|record| record["parametersHash"] = hash('0').into(),
        &|record| record["profile"] = "SPEQ".into(),
        &|record| record["height"] = 1.into(),
        &|record| record["height"] = 1_000_000.into(),
        &|record| record["day"] = "2020-01-01".into(),
    ];
    for change in changes {
        is(&record(&work, &place, "authority", &record_of(change)), 1, "CREDIT-GRADE_DIFFERS");
    }

    // Past the gateway, as a node that another has changed would do it.
    let forged = record_of(&|record| {
        record["grade"] = "A".into();
        record["eventID"] = "urn:uuid:00000000-0000-4000-8000-000000000007".into();
        record["eventTime"] = "2026-10-01T00:00:00Z".into();
    });
    let opened = Opened::open(Path::new(&dir)).unwrap();
    let signer = KeyFile::read(Path::new(&authority)).unwrap().open_insecure().unwrap();
    let station = Station::of(&opened.store, &signer.key_id()).unwrap();
    let payload = forged.trim().as_bytes().to_vec();
    let events = vec![SubmittedEvent { record_type: record_type::CREDIT, salt: [7; 16], payload }];
    let of_hex = |text: &str| Hash::from_hex(text).unwrap();
    let lane = LaneState { next: station.next, previous: of_hex(&station.previous) };
    let signed =
        sign_submission(&signer, of_hex(&station.chain), station.organisation.unwrap(), lane, now_ms(), events)
            .unwrap();
    let writer = opened.start(MemorySigner::from_seed(&[2; 32])).unwrap();
    assert!(matches!(writer.writer.submit(signed).blocking_recv().unwrap(), Answer::Applied { .. }));
    writer.close().unwrap();

    let node = Served::start(&dir);
    let begun = Instant::now();
    let alarms = || run(&["alarms", "--dir", &dir]);
    while !alarms().stdout.contains("ALARM-GRADE") {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", alarms().stdout);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(node.stop(), 0);
    let audit = run(&[&["credit", "audit", "--json"], &place[..]].concat());
    let said = audit.json();
    assert_eq!((audit.code, &said["published"], said["wrong"].as_array().unwrap().len()), (1, &3.into(), 1), "{said}");
}

// Goal: what credit is read with is on the ledger: numbers that those who govern put in force count from their height and day
// on, and what can't be read or comes too late is refused. Method: another prior from a day far ahead; the credit of the day
// before and of that day; what is shown of it; then `fsck`.
#[test]
fn numbers_are_put_in_force() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    is(&record(&work, &place, "authority", &inspection("2026-01-10", "pass")), 0, "");
    let numbers = include_str!("../../ledger/core/src/credit/scl-credit-1.0.0.json");
    let (from, other) = ("2099-03-01", numbers.trim().replace("\"PRIOR\":700", "\"PRIOR\":650"));
    assert_ne!(other, numbers.trim());
    let file = path(&work, "numbers.json");
    let set = |name: &str, text: &str, from: &str| {
        fs::write(&file, text).unwrap();
        run(&[&["governance", "table", name, &file, "--from", from], &place[..]].concat())
    };
    is(&set("parameters", "{}", from), 1, "CREDIT-TABLE");
    is(&set("prices", &other, from), 2, "CLI-");
    is(&set("parameters", &other, "2099"), 2, "CLI-");
    is(&set("parameters", &other, "2020-01-01"), 1, "LEDGER-210");
    let credit = |on: &str| run(&[&["credit", FIRM, "--json", "--day", on], &place[..]].concat()).json();
    let before = credit(from);
    is(&set("parameters", &other, from), 0, "recorded at height");
    let after = credit(from);
    let hash_of = |said: &Value| said["parameters_hash"].clone();
    assert_ne!(hash_of(&before), hash_of(&after));
    assert_eq!(hash_of(&credit("2099-02-28")), hash_of(&before));
    assert_ne!(before["score"], after["score"], "{after}");
    let shown = run(&[&["governance", "show", "--json"], &place[..]].concat()).json();
    let tables = shown["tables"].as_array().unwrap();
    assert_eq!((tables.len(), &tables[0]["name"], &tables[0]["from"]), (1, &"parameters".into(), &from.into()));
    assert_eq!(tables[0]["table"], other);
    is(&run(&[&["governance", "show"], &place[..]].concat()), 0, "table parameters from 2099-03-01");
    is(&run(&[&["fsck"], &place[..]].concat()), 0, "");
}

// Goal: a node takes records and tells credit as a directory does, refuses what would have no effect, and tells of others
// to nobody. Method: records over HTTP to a node that is a firm's; its own credit, and another's.
#[test]
fn of_a_node() {
    let work = folder(&[]);
    let dir = chain(&work);
    let node = Served::start(&dir);
    let place = ["--url", node.url.as_str()];
    let own = inspection("2026-01-10", "pass").replace(FIRM, OWNER);
    let done = record(&work, &place, "authority", &[own, penalty()].concat());
    assert_eq!(done.code, 0, "{}", done.stderr);
    // Sent again, since the answer was lost, it is answered as before; said once more, it is an objection too many.
    let object = objection(&hashes(&done)[0]);
    let signer = MemorySigner::from_seed(&[2; 32]);
    let station = get(&node, &format!("/v1/lanes/{}", signer.key_id())).json();
    let chain = Hash::from_hex(station["chain"].as_str().unwrap()).unwrap();
    let organisation = station["organisation"].as_u64().unwrap();
    let sign = |lane: LaneState, payload: &str| {
        let events = vec![SubmittedEvent {
            record_type: record_type::CREDIT,
            salt: [lane.next as u8; 16],
            payload: payload.as_bytes().to_vec(),
        }];
        sign_submission(&signer, chain, organisation, lane, now_ms(), events).unwrap()
    };
    let send = |signed: &SignedSubmission| {
        let headers = [("Content-Type", "application/octet-stream")];
        ask(&node, "POST", "/v1/records", &headers, &codec::encode(signed))
    };
    let signed = sign(LaneState::default(), &object);
    let (first, again) = (send(&signed), send(&signed));
    assert_eq!((first.status, again.status, first.json()), (200, 200, again.json()));
    // What is known is not kept again as something refused, and what is open is not objected to twice.
    send(&sign(after(&signed), &object)).is_problem(400, "LEDGER-201");
    let other = object.replace("000000000001", "000000000002");
    assert_ne!(other, object);
    send(&sign(after(&signed), &other)).is_problem(400, "CREDIT-TRANSITION");
    is(&record(&work, &place, "firm", &penalty()), 1, "CREDIT-NO_RIGHT");
    let said = run(&[&["credit", OWNER, "--json"], &place[..]].concat());
    let said = (said.code, said.json());
    assert_eq!(
        (said.0, &said.1["facts"][0]["value"], &said.1["facts"][0]["status"]),
        (0, &1000.into(), &"active".into())
    );
    assert_eq!(said.1["objections"].as_array().map(Vec::len), Some(1), "{}", said.1);
    is(&run(&[&["credit", FIRM], &place[..]].concat()), 3, "CREDIT-NOT_YOURS");
    get(&node, &format!("/v1/credit/{FIRM}")).is_problem(403, "CREDIT-NOT_YOURS");
    get(&node, &format!("/v1/credit/{OWNER}?profile=BANK")).is_problem(400, "API-PARAMETER");
    get(&node, &format!("/v1/credit/{OWNER}?at=1")).is_problem(404, "CREDIT-NOTHING");
    assert_eq!(node.stop(), 0);
    let said = run(&["credit", FIRM, "--dir", &dir, "--json"]).json();
    assert_eq!(said["indicators"].as_array().unwrap().iter().find(|one| one["code"] == "PEN").unwrap()["value"], 800);
}

// Goal: what is about everybody is told by an authority's node alone, and a node says what a directory does. Method: the same
// chain served by a firm's key and by an authority's; every question that there is, by HTTP and by command.
#[test]
fn supervision_of_a_node() {
    let work = folder(&[]);
    let dir = chain(&work);
    let firms = path(&work, "firms.txt");
    fs::write(&firms, FIRM).unwrap();
    let place = ["--dir", dir.as_str()];
    is(&record(&work, &place, "authority", &penalty()), 0, "");
    let key = path(&work, "authority.key");
    is(&run(&["inspect-draw", "commit", "2026-1", &firms, "--key", &key, "--insecure", "--dir", &dir]), 0, "");
    let item = r#""epcList":["https://id.gs1.org/01/09521001001014/21/E1"],"action":"ADD","bizStep":"commissioning","disposition":"active""#;
    let now = Stamp { seconds: now_ms() / 1_000 - 60, nanoseconds: 0 }.to_utc_milliseconds(Rounding::HalfUp).unwrap();
    let file = write(&work, &document(&[event_of(1, &now, item)]));
    is(&run(&["capture", &file, "--key", &path(&work, "firm.key"), "--insecure", "--dir", &dir]), 0, "accepted");
    let code = "(01)09521001001014(21)E1";
    let commands: [&[&str]; 6] = [
        &["equipment"],
        &["penalties", "--months", "1200", "--least", "1"],
        &["inspect-draw", "show", AUTHORITY],
        &["credit", "removals"],
        &["excursions", code],
        &["exceptions", code],
    ];
    let asked = |command: &[&str], place: &[&str]| run(&[command, &["--json"], place].concat());
    let by_directory: Vec<(i32, Value)> =
        commands.iter().map(|command| asked(command, &place)).map(|done| (done.code, done.json())).collect();
    assert_eq!(by_directory[1].1[0]["penalties"][0]["ends"].as_str().map(str::len), Some(10), "{:?}", by_directory[1]);
    let routes = ["/v1/equipment", "/v1/penalties?months=12", &format!("/v1/draws/{AUTHORITY}"), "/v1/removals"];

    let node = Served::start(&dir);
    let here = ["--url", node.url.as_str()];
    for route in routes {
        get(&node, route).is_problem(403, "CREDIT-NOT_YOURS");
    }
    get(&node, &format!("/v1/removals?firm={FIRM}")).is_problem(403, "CREDIT-NOT_YOURS");
    assert_eq!(get(&node, &format!("/v1/removals?firm={OWNER}")).json(), Value::Array(vec![]));
    for command in &commands[..4] {
        is(&asked(command, &here), 3, "CREDIT-NOT_YOURS");
    }
    // What follows from events is told to who may trace them.
    for (command, said) in commands.iter().zip(&by_directory).skip(4) {
        let done = asked(command, &here);
        assert_eq!(&(done.code, done.json()), said, "{command:?}");
    }
    for what in ["excursions", "exceptions"] {
        get(&node, &format!("/v1/{what}/nonsense")).is_problem(400, "ID-UNKNOWN");
        get(&node, &format!("/v1/{what}/https%3A%2F%2Fid.gs1.org%2F01%2F09521001001014%2F21%2FE2"))
            .is_problem(404, "NODE-NOT_RECORDED");
        get(&node, &format!("/v1/{what}/https%3A%2F%2Fid.gs1.org%2F01%2F09521001001014%2F21%2FE1?at=0"))
            .is_problem(404, "NODE-NOT_RECORDED");
        // Before it was there nothing is known of it, not even that it is sound.
        get(&node, &format!("/v1/{what}/https%3A%2F%2Fid.gs1.org%2F01%2F09521001001014%2F21%2FE1?at=1"))
            .is_problem(404, "NODE-NOT_RECORDED");
        is(&run(&[&[what, "(01)09521001001014(21)E2"], &here[..]].concat()), 1, "NODE-NOT_RECORDED");
    }
    assert_eq!(node.stop(), 0);

    fs::copy(&key, Path::new(&dir).join("keys/device.key")).unwrap();
    let node = Served::start(&dir);
    let here = ["--url", node.url.as_str()];
    for (command, said) in commands.iter().zip(&by_directory) {
        let done = asked(command, &here);
        assert_eq!(&(done.code, done.json()), said, "{command:?}");
    }
    for wrong in [
        "penalties",
        "penalties?months=1201",
        "penalties?months=1&least=0",
        "penalties?months=1&day=x",
        "equipment?day=x",
    ] {
        get(&node, &format!("/v1/{wrong}")).is_problem(400, "API-PARAMETER");
    }
    assert_eq!(node.stop(), 0);
}

/// A record of a contract.
fn act(kind: &str, on: &str, members: &str) -> String {
    format!("{{\"type\":\"suyuan:{kind}\",\"eventTime\":\"{on}T12:00:00+08:00\",{members}}}\n")
}

/// A contract of two deliveries and a payment, all due in July 2026.
fn proposal() -> String {
    let parties = format!(
        r#""parties":[{{"organisation":"{FIRM}","role":"seller","size":"sme"}},{{"organisation":"{BUYER}","role":"buyer","size":"large"}}]"#
    );
    let owed = |id: &str, kind: &str, from: &str, to: &str, day: &str, more: &str| {
        let due = format!("{day}T12:00:00+08:00");
        format!(
            r#"{{"id":"{id}","kind":"{kind}","debtor":"{from}","creditor":"{to}","quantity":1000000,"due":"{due}"{more}}}"#
        )
    };
    let obligations = [
        owed("one", "deliver", FIRM, BUYER, "2026-07-10", ""),
        owed("two", "deliver", FIRM, BUYER, "2026-07-20", ""),
        owed("pay", "pay", BUYER, FIRM, "2026-07-30", r#","termDays":90"#),
    ];
    let (text, list) = (hash('1'), obligations.join(","));
    let members =
        format!(r#"{parties},"category":"goods","textCommitment":"{text}","sizeBand":3,"obligations":[{list}]"#);
    act("Contract", "2026-06-30", &members)
}

// Goal: two firms make a contract, perform it and say so, and each has facts of credit from it whose every point has its
// records; what one may not say is refused with its code; what is objected to rests. Method: a directory, the commands of
// both and of an authority; then `fsck`, and a node that shows it to those alone who may see it.
#[test]
fn facts_from_a_contract() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let say = |name: &str, lines: &str| record_of("contract", &work, &place, name, lines);
    is(&say("buyer", &proposal().replace("\"seller\"", "\"king\"")), 1, "CONTRACT-RECORD_FORM");
    is(&say("authority", &proposal()), 1, "CONTRACT-NO_RIGHT");
    let id = hashes(&say("firm", &proposal())).remove(0);
    let on = |kind: &str, day: &str, members: &str| act(kind, day, &format!(r#""contract":"{id}",{members}"#));
    let consent = |band: u8| on("ContractConsent", "2026-07-01", &format!(r#""to":"{id}","sizeBand":{band}"#));
    let receipt = |obligation: &str, day: &str, more: &str| {
        let members =
            format!(r#""obligation":"{obligation}","received":"{day}T12:00:00+08:00","quantity":1000000{more}"#);
        on("Receipt", day, &members)
    };
    is(&say("buyer", &receipt("one", "2026-07-10", "")), 1, "CONTRACT-TRANSITION");
    is(&say("buyer", &consent(2)), 1, "CONTRACT-BAND");
    is(&say("buyer", &consent(3)), 0, "\"record\"");
    is(&say("buyer", &consent(3)), 1, "CONTRACT-CONFLICT");
    is(&say("firm", &receipt("one", "2026-07-10", "")), 1, "CONTRACT-NO_RIGHT");
    is(&say("buyer", &receipt("three", "2026-07-10", "")), 1, "CONTRACT-UNKNOWN");
    let reasons = format!(r#","good":950000,"reasons":"{}""#, hash('2'));
    let lines = [receipt("one", "2026-07-10", ""), receipt("two", "2026-07-25", &reasons)].concat();
    let received = hashes(&say("buyer", &lines));
    let show = || run(&[&["contract", "show", &id, "--json"], &place[..]].concat()).json();
    let shown = show();
    let states: Vec<&str> =
        shown["obligations"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!((states, &shown["state"]), (vec!["done", "partly_accepted", "overdue"], &"in_performance".into()));
    assert_eq!((&shown["flags"][0]["flag"], &shown["voids"]), (&"TERM_UNLAWFUL".into(), &Value::Array(vec![])));
    let of = |firm: &str| run(&[&["credit", firm, "--json", "--day", "2026-08-01"], &place[..]].concat());
    let values = || -> Vec<(String, u64, String)> {
        let said = of(FIRM).json();
        let facts = said["facts"].as_array().unwrap().iter();
        let text = |fact: &Value, name: &str| fact[name].as_str().unwrap().to_owned();
        facts.map(|fact| (text(fact, "indicator"), fact["value"].as_u64().unwrap(), text(fact, "status"))).collect()
    };
    let all = |list: &[(&str, u64, &str)]| -> Vec<(String, u64, String)> {
        list.iter().map(|(name, value, status)| ((*name).to_owned(), *value, (*status).to_owned())).collect()
    };
    let good = [("FUL", 1_000, "active"), ("ONT", 1_000, "active"), ("QUA", 1_000, "active")];
    assert_eq!(values(), all(&good));
    // The firm agrees that it was five days late and of less quality: that holds from now on.
    is(&say("firm", &on("ContractConsent", "2026-07-26", &format!(r#""to":"{}""#, received[1]))), 0, "\"record\"");
    let late = |status| [("FUL", 1_000, status), ("ONT", 750, status), ("QUA", 950, "active")];
    assert_eq!(values(), all(&[good, late("active")].concat()));
    is(&of(BUYER), 0, "\"grade\":\"NR\"");
    is(&run(&[&["contract", "list", BUYER], &place[..]].concat()), 0, "2 / 3");

    let members = format!(
        r#""target":"{}","kind":"fact","statement":"{}","evidence":[],"indicators":["FUL","ONT"]"#,
        received[1],
        hash('f')
    );
    let objection = hashes(&record(&work, &place, "firm", &line("Objection", "2026-07-27", &members))).remove(0);
    let accepted = line("ObjectionStep", "2026-07-28", &format!(r#""objection":"{objection}","step":"accept""#));
    is(&record(&work, &place, "authority", &accepted), 0, "\"record\"");
    assert_eq!(values(), all(&[good, late("suspended")].concat()));
    let finding = r#""decisionNo":"2026-9","outcomes":[{"obligation":"two","finding":"excused_creditor"}]"#;
    is(&say("buyer", &on("Award", "2026-07-29", finding)), 1, "CONTRACT-NO_RIGHT");
    is(&say("authority", &on("Award", "2026-07-29", finding)), 0, "\"record\"");
    assert_eq!(values()[3..5], all(&good)[..2]);
    assert_eq!(show()["obligations"][1]["state"], "excused_creditor");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");

    let node = Served::start(&dir);
    get(&node, &format!("/v1/contracts/{id}")).is_problem(403, "CONTRACT-NOT_YOURS");
    get(&node, &format!("/v1/contracts/{}", hash('0'))).is_problem(404, "CONTRACT-NOTHING");
    get(&node, &format!("/v1/contracts?party={FIRM}")).is_problem(403, "CONTRACT-NOT_YOURS");
    assert_eq!(get(&node, &format!("/v1/contracts?party={OWNER}")).json()["contracts"], Value::Array(vec![]));
    is(&run(&["contract", "show", &id, "--url", &node.url]), 3, "CONTRACT-NOT_YOURS");
    is(&record_of("contract", &work, &["--url", &node.url], "buyer", &consent(3)), 1, "CONTRACT-CONFLICT");
    let own = proposal().replace(BUYER, OWNER);
    let done = record_of("contract", &work, &["--url", &node.url], "firm", &own);
    let id = hashes(&done).remove(0);
    assert_eq!(get(&node, &format!("/v1/contracts/{id}")).json()["state"], "proposed");
    is(&run(&["contract", "list", OWNER, "--url", &node.url]), 0, "proposed");
    assert_eq!(node.stop(), 0);
}

// Goal: a firm objects and applies for repair by commands of their own, whose steps find the firm by the record; what is due
// is listed, from a directory and from a node. Method: a penalty of half a year ago and one of now, both procedures to their
// end; penalties before and after; what is wrong.
#[test]
fn through_the_window() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let key = |name: &str| path(&work, &format!("{name}.key"));
    let (firm, authority) = (key("firm"), key("authority"));
    // Ten o'clock of today may lie ahead.
    let today = Day::from_number(Day::in_china(now_ms()).number() - 1);
    let before = today.plus_months(-6).and_then(Day::text).unwrap();
    let today = today.text().unwrap();
    let of = |on: &str| penalty().replace("2026-07-10", on);
    let penalties = hashes(&record(&work, &place, "authority", &[of(&before), of(&today)].concat()));
    let say = |by: &str, words: &[&str]| run(&[words, &["--key", by, "--insecure", "--json"], &place].concat());
    let again = |months: &str| run(&[&["penalties", "--json", "--months", months], &place[..]].concat());
    assert_eq!((again("12").code, again("3").code), (1, 0));
    assert_eq!(again("12").json()[0]["penalties"].as_array().unwrap().len(), 2);
    is(&run(&[&["penalties", FIRM, "--months", "12", "--least", "3"], &place[..]].concat()), 0, "");

    let (statement, evidence) = (hash('1'), hash('2'));
    let target = penalties[1].as_str();
    let submit =
        ["objection", "submit", FIRM, target, "--kind", "fact", "--statement", &statement, "--evidence", &evidence];
    is(&say(&authority, &submit), 1, "CREDIT-NO_RIGHT");
    let objection = hashes(&say(&firm, &submit)).remove(0);
    let list = run(&[&["objection", "list", FIRM, "--json"], &place[..]].concat());
    let listed = list.json()[0].clone();
    assert_eq!(
        (list.code, listed["record"].as_str(), &listed["overdue"]),
        (0, Some(objection.as_str()), &false.into())
    );
    is(&say(&firm, &["objection", "step", &objection, "accept"]), 1, "CREDIT-NO_RIGHT");
    is(&say(&authority, &["objection", "step", &hash('9'), "accept"]), 1, "CREDIT-UNKNOWN_TARGET");
    is(&say(&authority, &["objection", "step", &objection, "decide", "--result", "upheld"]), 1, "CREDIT-TRANSITION");
    is(&say(&authority, &["objection", "step", &objection, "wait"]), 1, "CREDIT-RECORD_FORM");
    is(&say(&authority, &["objection", "step", &objection, "accept"]), 0, "");
    is(&say(&authority, &["objection", "step", &objection, "decide", "--result", "upheld"]), 0, "");
    assert_eq!(again("12").code, 0);

    let pledge = line("Pledge", &today, &format!(r#""text":"{}","duty":"x","due":"{today}""#, hash('d')));
    let pledge = hashes(&record(&work, &place, "firm", &pledge)).remove(0);
    let duties = hash('e');
    let apply = |target: &str| {
        say(&firm, &["repair", "apply", FIRM, "--targets", target, "--pledge", &pledge, "--duties", &duties])
    };
    is(&apply(&pledge), 1, "CREDIT-WRONG_TARGET");
    let repair = hashes(&apply(&penalties[0])).remove(0);
    is(&run(&[&["repair", "list", FIRM], &place[..]].concat()), 0, &repair);
    is(&say(&authority, &["repair", "step", &repair, "accept"]), 0, "");
    is(&say(&authority, &["repair", "step", &repair, "decide", "--result", "repaired"]), 0, "");
    assert_eq!(run(&[&["repair", "list", FIRM, "--json"], &place[..]].concat()).json(), Value::Array(vec![]));
    assert_eq!(run(&[&["penalties", "--json", "--months", "12", "--least", "1"], &place[..]].concat()).code, 0);

    // A node tells whose a procedure is to nobody but that firm, and authorities.
    let node = Served::start(&dir);
    get(&node, &format!("/v1/procedures/{objection}")).is_problem(403, "CREDIT-NOT_YOURS");
    get(&node, &format!("/v1/procedures/{}", hash('9'))).is_problem(404, "CREDIT-UNKNOWN_TARGET");
    get(&node, "/v1/procedures/x").is_problem(400, "API-PARAMETER");
    assert_eq!(node.stop(), 0);
}

// Goal: what scores nothing is shown, and a measure is one of a catalogue. Method: one of each; the catalogue's items that a
// firm meets; measures that are in none.
#[test]
fn what_scores_nothing_is_shown() {
    let work = folder(&[]);
    let dir = chain(&work);
    let place = ["--dir", dir.as_str()];
    let on = "2026-10-01";
    let document = hash('a');
    let act = format!(
        r#""kind":"reward","decisionNo":"1","basis":"x","date":"{on}","document":"{document}","catalogueItem":"honours""#
    );
    let notice = format!(r#""kind":"talk","due":"2026-10-08","document":"{document}""#);
    let said = [inspection(on, "pass"), line("Administrative", on, &act), line("Notice", on, &notice)].concat();
    is(&record(&work, &place, "authority", &said), 0, "");
    let show = || run(&[&["credit", FIRM, "--json", "--day", "2026-10-09"], &place[..]].concat()).json();
    let before = show();
    let disclosure = format!(r#""topic":"operation","content":"{}","truthPledge":"{}""#, hash('b'), hash('c'));
    let disclosure = hashes(&record(&work, &place, "firm", &line("Disclosure", on, &disclosure))).remove(0);
    assert_eq!(show()["disclosures"][0]["source"], "S4");
    let verified = format!(r#""disclosure":"{disclosure}","result":"verified","evidence":"{document}""#);
    is(&record(&work, &place, "authority", &line("Verification", on, &verified)), 0, "");
    let items = r#""items":[{"code":"P1","kind":"penalty","name":"n","basis":"x","applies":["E"]},{"code":"I1","kind":"incentive","name":"n","basis":"x","applies":["NR","A"]}]"#;
    let catalogue = line("MeasureCatalogue", on, &format!(r#""version":"1","from":"2026-01-01",{items}"#));
    let catalogue = record(&work, &place, "authority", &catalogue.replace(FIRM, AUTHORITY));
    let catalogue = hashes(&catalogue).remove(0);
    let measure = |code: &str| {
        let members = format!(
            r#""catalogue":"{catalogue}","code":"{code}","decisionNo":"2","basis":"x","humanDecision":true,"from":"{on}","noticeReceipt":"{document}""#
        );
        record(&work, &place, "authority", &line("Measure", on, &members))
    };
    is(&measure("P9"), 1, "CREDIT-NOT_CATALOGUED");
    is(&measure("I1"), 0, "");
    let after = show();
    assert_eq!((&after["score"], &after["facts"]), (&before["score"], &before["facts"]));
    let act = &after["administrative"][0];
    assert_eq!((&act["kind"], &act["catalogue_item"]), (&"reward".into(), &"honours".into()));
    assert_eq!((&after["notices"][0]["kind"], &after["notices"][0]["overdue"]), (&"talk".into(), &true.into()));
    assert_eq!((&after["disclosures"][0]["source"], &after["measures"][0]["code"]), (&"S1".into(), &"I1".into()));
    let measures = run(&[&["measures", FIRM, "--json", "--day", "2026-10-09"], &place[..]].concat()).json();
    assert_eq!((&measures["in_use"], &measures["that_apply"]), (&after["measures"], &after["measures_that_apply"]));
    let codes = |list: &Value| list.as_array().unwrap().iter().map(|one| one["code"].clone()).collect::<Vec<_>>();
    assert_eq!(codes(&measures["that_apply"]), ["I1"]);
    is(&run(&[&["credit", FIRM, "--day", "2026-10-09"], &place[..]].concat()), 0, "talk, by 2026-10-08, overdue");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}
