//! Readings of a logger by command: what a record says of them, some shown, and whether they are those that were recorded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::fs;

use runner::{Served, chain_with_known_keys, folder, is, path, root, run};
use serde_json::{Value, json};

const ID: &str = "urn:uuid:11dd31b5-a8d0-5444-865b-ab3747041de7";

fn scenario(name: &str) -> String {
    root().join("docs/scenarios/b").join(name).display().to_string()
}

/// The codes of what a check found.
fn faults(said: &Value) -> Vec<&str> {
    said["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect()
}

// Goal: what a logger read is what the record says. Method: the vaccine's readings, their root for a record, some shown, checked
// against the document; then shown with a changed temperature, at another place, and cut off.
#[test]
fn without_a_ledger() {
    let work = folder(&[]);
    let (logger, carriage) = (scenario("logger-31.csv"), scenario("02-coldlog-transport.jsonld"));
    let text = fs::read_to_string(&carriage).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let recorded = &document["epcisBody"]["eventList"][0];
    let said = run(&["series", "root", &logger, "--interval", "300"]);
    is(&said, 0, "");
    for (name, value) in said.json().as_object().unwrap() {
        assert_eq!(*value, recorded[name], "{name}");
    }
    // Its own readings, all of them.
    let whole = run(&["series", "check", ID, "--document", &carriage, "--json"]);
    is(&whole, 0, "");
    assert_eq!((&whole.json()["shown"], &whole.json()["outside"]), (&json!(57), &json!(9)));
    let shown = ["series", "show", &logger, "--from", "2026-09-14T08:40:00+08:00", "--to", "2026-09-14T09:20:00+08:00"];
    let shown = run(&shown);
    is(&shown, 0, "");
    let part = path(&work, "part.json");
    let check = |text: &str| {
        fs::write(&part, text).unwrap();
        run(&["series", "check", ID, "--part", &part, "--document", &carriage, "--json"])
    };
    let done = check(&shown.stdout);
    is(&done, 0, "");
    let found = done.json();
    assert_eq!((&found["shown"], &found["count"], &found["outside"]), (&json!(9), &json!(57), &json!(9)));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut part: Value = serde_json::from_str(&shown.stdout).unwrap();
        change(&mut part);
        check(&part.to_string())
    };
    let tampered: [&dyn Fn(&mut Value); 4] = [
        &|part| part["readings"][3]["dC"] = json!(79),
        &|part| part["first"] = json!(25),
        &|part| drop(part["readings"].as_array_mut().unwrap().pop()),
        &|part| part["count"] = json!(58),
    ];
    for change in tampered {
        let done = changed(change);
        is(&done, 1, "");
        assert_eq!(faults(&done.json()), ["SERIES-ROOT"]);
    }
    // What can't be compared is none that does not go together.
    is(&check(&shown.stdout[..90]), 3, "SERIES-PART");
    is(&changed(&|part| part["siblings"][0] = json!("ff")), 3, "SERIES-PART");
    is(&changed(&|part| part["readings"][0]["time"] = json!("yesterday")), 3, "SERIES-PART");
    is(&changed(&|part| part["count"] = json!(1_048_577)), 3, "SERIES-PART");
    is(&run(&["series", "check", "urn:uuid:nobody", "--document", &carriage]), 3, "SERIES-NO_EVENT");
    is(&run(&["series", "check", ID, "--document", &logger]), 3, "EPCIS-");
    let twice = path(&work, "twice.jsonld");
    let mut several = document.clone();
    several["epcisBody"]["eventList"].as_array_mut().unwrap().push(recorded.clone());
    fs::write(&twice, several.to_string()).unwrap();
    is(&run(&["series", "check", ID, "--document", &twice]), 3, "SERIES-SEVERAL_EVENTS");
    let other = scenario("03-coldlog-excursion.jsonld");
    let said = run(&["series", "check", "urn:uuid:961573ea-3be1-5679-8db3-dd46d0b780a4", "--document", &other]);
    is(&said, 3, "SERIES-NOT_SAID");
    // Of another time than was asked for nothing is said.
    fs::write(&part, &shown.stdout).unwrap();
    for (from, to, code) in [("08:42", "09:18", 0), ("08:40", "09:20", 0), ("08:35", "09:20", 1), ("09:00", "09:25", 1)]
    {
        let [from, to] = [from, to].map(|time| format!("2026-09-14T{time}:00+08:00"));
        let place = ["--part", &part, "--document", &carriage, "--json", "--from", &from, "--to", &to];
        let done = run(&[&["series", "check", ID], &place[..]].concat());
        is(&done, code, "");
        let found = done.json();
        assert_eq!((&found["from"], &found["first"]), (&json!("2026-09-14T00:40:00.000Z"), &json!(26)));
        assert_eq!(faults(&found), if code == 0 { vec![] } else { vec!["SERIES-NOT_SHOWN"] });
    }
}

// Goal: a logger that stood still is seen unless the record says so. Method: the record's gap taken away, and readings of 50
// minutes that were cut out before the root was made.
#[test]
fn gaps() {
    let work = folder(&[]);
    let carriage = scenario("02-coldlog-transport.jsonld");
    let logger = fs::read_to_string(scenario("logger-31.csv")).unwrap();
    let is_kept = |line: &&str| !("2026-09-14T08:40".."2026-09-14T09:25").contains(line);
    let cut: Vec<&str> = logger.lines().filter(is_kept).collect();
    let (table, file) = (path(&work, "cut.csv"), path(&work, "cut.jsonld"));
    fs::write(&table, cut.join("\n")).unwrap();
    let said = run(&["series", "root", &table, "--interval", "300"]);
    is(&said, 0, "");
    let honest = said.json();
    assert_eq!(honest["suyuan:gaps"].as_array().unwrap().len(), 1);
    let part =
        run(&["series", "show", &table, "--from", "2026-09-14T08:00:00+08:00", "--to", "2026-09-14T10:00:00+08:00"]);
    let shown = path(&work, "part.json");
    fs::write(&shown, &part.stdout).unwrap();
    for declared in [true, false] {
        let mut document: Value = serde_json::from_str(&fs::read_to_string(&carriage).unwrap()).unwrap();
        let event = &mut document["epcisBody"]["eventList"][0];
        event.as_object_mut().unwrap().remove("sensorElementList");
        for (name, value) in honest.as_object().unwrap() {
            if declared || name != "suyuan:gaps" {
                event[name] = value.clone();
            }
        }
        fs::write(&file, document.to_string()).unwrap();
        let done = run(&["series", "check", ID, "--part", &shown, "--document", &file, "--json"]);
        is(&done, i32::from(!declared), "");
        let expected: &[&str] = match declared {
            true => &["SERIES-GAP_DECLARED"],
            false => &["SERIES-NUMBER", "SERIES-GAP"],
        };
        assert_eq!(faults(&done.json()), expected);
    }
    let words = run(&["series", "check", ID, "--part", &shown, "--document", &file]);
    assert!(
        words.stdout.contains("NOT AS RECORDED") && words.stdout.contains("2026-09-14T00:35:00.000Z"),
        "{}",
        words.stdout
    );
}

// Goal: a table that is none is refused with the line. Method: one thing after another is wrong.
#[test]
fn wrong_tables() {
    let work = folder(&[]);
    let table = path(&work, "table.csv");
    for (text, words) in [
        ("", "no column time"),
        ("time,celsius\n", "there are none"),
        ("time;celsius\n2026-09-14T06:30:00Z;4.5\n", "no column time"),
        ("time,celsius\n2026-09-14T06:30:00Z,4.5\n2026-09-14T06:35:00Z,warm\n", "line 3"),
        ("time,celsius\n2026-09-14 06:30,4.5\n", "line 2"),
        ("time,celsius\n2026-09-14T06:30:00Z,4.5\n2026-09-14T06:30:00Z,4.5\n", "line 3"),
        ("time,celsius\n2026-09-14T06:30:00Z\n", "line: 2"),
        ("time,celsius\n2026-09-14T06:30:00Z,\n", "line 2"),
        ("time,celsius\n2026-09-14T06:30:00Z,Err\n", "line 2"),
    ] {
        fs::write(&table, text).unwrap();
        let done = run(&["series", "root", &table, "--interval", "300"]);
        is(&done, 3, "SERIES-FILE");
        assert!(done.stderr.contains(words), "{text:?}: {}", done.stderr);
    }
    // A mark, spaces and another column do no harm, and half a degree below zero is that.
    fs::write(&table, "\u{feff}logger, celsius ,time\r\n31, -0.5 ,2026-09-14T06:30:00+08:00\r\n").unwrap();
    let done = run(&["series", "root", &table, "--interval", "300"]);
    is(&done, 0, "");
    assert_eq!(done.json()["suyuan:min_dC"], json!(-5));
    let show = |from: &str, to: &str| run(&["series", "show", &table, "--from", from, "--to", to]);
    is(&show("2026-09-14T06:35:00+08:00", "2026-09-14T06:31:00+08:00"), 2, "--to");
    is(&show("noon", "2026-09-14T06:35:00+08:00"), 2, "");
    is(&run(&["series", "root", &table, "--interval", "0"]), 2, "");
    is(&run(&["series", "root", &path(&work, "none.csv"), "--interval", "300"]), 3, "");
}

// Goal: the record is the one that a ledger has, by its directory and by a node. Method: the carriage is captured and declared
// erroneous; one that is not recorded, and one without readings.
#[test]
fn on_a_ledger() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let carriage = scenario("02-coldlog-transport.jsonld");
    is(&run(&["capture", &carriage, "--dir", &dir, "--insecure"]), 0, "");
    let part = path(&work, "part.json");
    let times = ["--from", "2026-09-14T06:00:00+08:00", "--to", "2026-09-14T07:00:00+08:00"];
    let shown = run(&[&["series", "show", &scenario("logger-31.csv")], &times[..]].concat());
    fs::write(&part, &shown.stdout).unwrap();
    let check = |place: &[&str]| run(&[&["series", "check", ID, "--part", &part, "--json"], place].concat());
    let done = check(&["--dir", &dir]);
    is(&done, 0, "");
    assert_eq!((&done.json()["shown"], &done.json()["looked_up"]), (&json!(7), &json!(true)));
    let mut declared: Value = serde_json::from_str(&fs::read_to_string(&carriage).unwrap()).unwrap();
    declared["epcisBody"]["eventList"][0]["errorDeclaration"] =
        json!({ "declarationTime": "2026-09-15T08:00:00.000+08:00", "reason": "incorrect_data" });
    let (file, bare) = (path(&work, "declared.jsonld"), path(&work, "bare.jsonld"));
    fs::write(&file, declared.to_string()).unwrap();
    is(&run(&["capture", &file, "--dir", &dir, "--insecure"]), 0, "");
    let other = "urn:uuid:11dd31b5-a8d0-5444-865b-ab3747041de8";
    let mut without: Value = serde_json::from_str(&fs::read_to_string(&carriage).unwrap()).unwrap();
    let event = without["epcisBody"]["eventList"][0].as_object_mut().unwrap();
    event.insert("eventID".to_owned(), json!(other));
    event.remove("sensorElementList").and_then(|_| event.remove("suyuan:series_root")).unwrap();
    fs::write(&bare, without.to_string()).unwrap();
    is(&run(&["capture", &bare, "--dir", &dir, "--insecure"]), 0, "");
    let served = Served::start(&dir);
    let url = served.url.clone();
    let done = check(&["--url", &url]);
    is(&done, 1, "");
    assert_eq!(faults(&done.json()), ["SERIES-WITHDRAWN"]);
    is(&run(&["series", "check", "urn:uuid:nobody", "--url", &url]), 3, "SERIES-NO_EVENT");
    is(&run(&["series", "check", other, "--url", &url]), 3, "SERIES-NO_READINGS");
    is(&run(&["series", "check", other, "--part", &part, "--url", &url]), 3, "SERIES-NO_ROOT");
    served.stop();
    is(&check(&["--dir", &dir]), 1, "SERIES-WITHDRAWN");
    is(&run(&["series", "check", ID, "--part", &part, "--document", &file]), 1, "SERIES-WITHDRAWN");
}
