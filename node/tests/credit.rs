//! A firm's credit from records: written by an authority and the firm, read from a directory and from a node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod credits;
mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use asking::{ask, get};
use credits::{
    AUTHORITY, BUYER, FIRM, chain, hash, hashes, inspection, line, objection, penalty, record, record_of, register,
    shipped, write,
};
use runner::{OWNER, Served, document, event, folder, is, path, run};
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
    // Lists in a cell, and a number that has bounds.
    let head = "subject,decisionNo,basis,class,decided,repairNotice,deliveryReceipt,kinds,amountBand\n";
    let row = |number: u32, band: u32| {
        format!("{firm},{number},x,general,2026-07-11,{notice},{receipt},confiscation; fine,{band}\n")
    };
    fs::write(&file, [head.to_owned(), row(8, 2), row(9, 6), row(10, 0)].concat()).unwrap();
    let told = import(&file, &["--as", "Penalty"]).json();
    assert_eq!(["recorded", "rejected"].map(|name| told[name].as_u64().unwrap()), [1, 2]);
    let credit = run(&["credit", FIRM, "--json", "--dir", &dir]).json();
    let penalties = credit["penalties"].as_array().unwrap().iter();
    let eighth = penalties.clone().find(|one| one["decision"] == "8").unwrap();
    assert_eq!((&eighth["kinds"], &eighth["amount_band"]), (&serde_json::json!(["confiscation", "fine"]), &2.into()));
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
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
    is(&set("prices", &other, from), 2, "NODE-OPTION");
    is(&set("parameters", &other, "2099"), 2, "NODE-OPTION");
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

// Goal: a bank that an authority has licensed confirms a payment, and nobody else does. Method: the commands of a bank before and
// after it has a licence, of the parties, and of the authority; then what the contract says, and `fsck`.
#[test]
fn paid_by_a_bank() {
    const BANK: &str = "urn:uscc:91440000DEMA001607";
    let work = folder(&[]);
    let dir = chain(&work);
    register(&work, &dir, ("bank", BANK, "member"));
    let place = ["--dir", dir.as_str()];
    let say = |name: &str, lines: &str| record_of("contract", &work, &place, name, lines);
    let id = hashes(&say("firm", &proposal())).remove(0);
    let on = |kind: &str, members: &str| {
        let now = now_ms();
        let stamp = Stamp { seconds: now / 1_000, nanoseconds: u32::try_from(now % 1_000).unwrap() * 1_000_000 };
        let now = stamp.to_utc_milliseconds(Rounding::HalfUp).unwrap();
        let members = members.replace("NOW", &now);
        format!("{{\"type\":\"suyuan:{kind}\",\"eventTime\":\"{now}\",\"contract\":\"{id}\",{members}}}\n")
    };
    let confirm = |obligation: &str, received: &str| {
        let members = format!(
            r#""obligation":"{obligation}","received":"{received}","quantity":1000000,"transfer":"{}","licence":"B0001S244010001""#,
            hash('7')
        );
        on("PaymentConfirmation", &members)
    };
    is(&say("authority", &confirm("pay", "NOW")), 1, "CONTRACT-TRANSITION");
    is(&say("buyer", &on("ContractConsent", &format!(r#""to":"{id}","sizeBand":3"#))), 0, "\"record\"");
    is(&say("bank", &confirm("pay", "NOW")), 1, "CONTRACT-NO_RIGHT");
    let number = r#""kind":"banking","number":"B0001S244010001","from":"2020-01-01","state":"valid""#;
    let licence = line("Licence", "2026-01-10", number).replace(FIRM, BANK);
    is(&record(&work, &place, "authority", &licence), 0, "\"record\"");
    is(
        &say("bank", &confirm("pay", "NOW").replace("\"quantity\":1000000", "\"quantity\":0")),
        1,
        "CONTRACT-RECORD_FORM",
    );
    is(&say("bank", &confirm("pay", "2030-01-01T00:00:00Z")), 1, "CONTRACT-RECORD_FORM");
    is(&say("bank", &confirm("pay", "2026-01-20T00:00:00Z")), 1, "CONTRACT-TRANSITION");
    is(&say("bank", &confirm("one", "NOW")), 1, "CONTRACT-TRANSITION");
    is(&say("bank", &confirm("three", "NOW")), 1, "CONTRACT-UNKNOWN");
    is(&say("firm", &confirm("pay", "NOW")), 1, "CONTRACT-NO_RIGHT");
    let paper = hashes(&say("bank", &confirm("pay", "NOW"))).remove(0);
    let paid = format!(r#""obligation":"pay","completed":"NOW","quantity":1000000,"evidence":["{paper}"]"#);
    is(&say("buyer", &on("Performance", &paid)), 0, "\"record\"");
    let shown = run(&[&["contract", "show", &id, "--json"], &place[..]].concat()).json();
    assert_eq!(shown["obligations"][2]["state"], "accepted", "{shown}");
    assert!(shown.to_string().contains(&paper), "{shown}");
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
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
