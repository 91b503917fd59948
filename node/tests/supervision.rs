//! What authorities supervise, and lists of it: equipment, recalls, draws, who has several penalties; on a directory and a node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod credits;
mod runner;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use asking::get;
use credits::{AUTHORITY, BUYER, FIRM, chain, event_of, hash, line, penalty, record, write};
use runner::{OWNER, Served, document, folder, is, path, run};
use serde_json::Value;
use suyuan_epcis::time::{Rounding, Stamp};
use suyuan_node::clock::now_ms;

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
    is(&run(&["credit", "overdue", "--dir", &dir, "--day", "2020-09-01"]), 1, "31104401020190123");
    is(&run(&["credit", "overdue", FIRM, "--dir", &dir, "--day", "2020-08-31"]), 0, "");
    is(&run(&["credit", "overdue", BUYER, "--dir", &dir]), 0, "");
    is(&run(&["credit", "overdue", "--dir", &dir, "--day", "2020-02-30"]), 2, "");
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
    // Two things are to be done by a day that is over, and one by another firm.
    for (firm, due) in [(FIRM, "2026-08-01"), (FIRM, "2026-07-20"), (BUYER, "2026-08-02"), (OWNER, "2099-01-01")] {
        let notice = format!(r#""kind":"warning","due":"{due}","document":"{}""#, hash('d'));
        is(&record(&work, &place, "authority", &line("Notice", "2026-07-12", &notice).replace(FIRM, firm)), 0, "");
    }
    let commands: [&[&str]; 7] = [
        &["equipment"],
        &["penalties", "--months", "1200", "--least", "1"],
        &["inspect-draw", "show", AUTHORITY],
        &["credit", "removals"],
        &["credit", "overdue"],
        &["excursions", code],
        &["exceptions", code],
    ];
    let asked = |command: &[&str], place: &[&str]| run(&[command, &["--json"], place].concat());
    let by_directory: Vec<(i32, Value)> =
        commands.iter().map(|command| asked(command, &place)).map(|done| (done.code, done.json())).collect();
    assert_eq!(by_directory[1].1[0]["penalties"][0]["ends"].as_str().map(str::len), Some(10), "{:?}", by_directory[1]);
    assert_eq!((by_directory[4].0, by_directory[4].1.as_array().unwrap().len()), (1, 3));
    assert_eq!(by_directory[4].1[0]["due"], "2026-07-20");
    let draws = format!("/v1/draws/{AUTHORITY}");
    let routes = ["/v1/equipment", "/v1/penalties?months=12", &draws, "/v1/removals", "/v1/overdue"];
    let alarms = |node: &Served| run(&["alarms", "--url", &node.url]).stdout;

    let node = Served::start(&dir);
    let here = ["--url", node.url.as_str()];
    for route in routes {
        get(&node, route).is_problem(403, "CREDIT-NOT_YOURS");
    }
    get(&node, &format!("/v1/removals?firm={FIRM}")).is_problem(403, "CREDIT-NOT_YOURS");
    assert_eq!(get(&node, &format!("/v1/removals?firm={OWNER}")).json(), Value::Array(vec![]));
    assert_eq!(get(&node, &format!("/v1/overdue?firm={OWNER}")).json(), Value::Array(vec![]));
    for command in &commands[..5] {
        is(&asked(command, &here), 3, "CREDIT-NOT_YOURS");
    }
    // What follows from events is told to who may trace them.
    for (command, said) in commands.iter().zip(&by_directory).skip(5) {
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
    // What others have to do is nothing to it.
    assert_eq!(alarms(&node).matches("ALARM-OVERDUE").count(), 0);
    assert_eq!(node.stop(), 0);

    fs::copy(&key, Path::new(&dir).join("keys/device.key")).unwrap();
    let node = Served::start(&dir);
    let here = ["--url", node.url.as_str()];
    for (command, said) in commands.iter().zip(&by_directory) {
        let done = asked(command, &here);
        assert_eq!(&(done.code, done.json()), said, "{command:?}");
    }
    // By itself, of all firms: once for the kind, with the one that is longest overdue.
    let begun = Instant::now();
    while !alarms(&node).contains("ALARM-OVERDUE") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", alarms(&node));
        std::thread::sleep(Duration::from_millis(100));
    }
    let said = alarms(&node);
    assert!(said.matches("ALARM-OVERDUE").count() == 1 && said.contains("3 overdue: notice"), "{said}");
    assert!(said.contains(FIRM) && said.contains("2026-07-20"), "{said}");
    for wrong in [
        "overdue?day=x",
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
