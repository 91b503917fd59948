//! Goal: the EPCIS interface does what GS1's OpenAPI says: jobs, rollback and proceed, single events, paging,
//! negotiation, errors. Method: a node in a process of its own, asked by HTTP as clients ask.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod http;
mod runner;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use http::{all_events, ask, capture, encoded, ended, events, get, query};
use runner::{OWNER, Served, chain_with_known_keys, document, event, folder, is, path, run};
use serde_json::{Value, json};
use suyuan_store::{DataDirectory, PayloadPlace};

fn id(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["eventID"].as_str().unwrap().to_owned()).collect()
}

fn recorded(url: &str) -> usize {
    all_events(url, "/epcis/events?perPage=1000").len()
}

/// An event that names nothing recorded as what it declares erroneous.
fn orphan(number: u32) -> String {
    event(number, r#","errorDeclaration":{"declarationTime":"2026-10-02T00:00:00Z"}"#)
}

// Goal: a document becomes a job, its events are recorded, and the job says so, whatever the syntax. Method: one
// document in JSON, XML 2.0 and XML 1.2, the job and the list of jobs read in JSON and XML.
#[test]
fn jobs() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let other_work = folder(&[]);
    let other = Served::start(&chain_with_known_keys(&other_work));
    let root = runner::root().join("docs/samples");
    for (node, name, media_type, expected) in [
        (&node, "infant-formula.jsonld", "application/ld+json", (10, 0)),
        (&node, "infant-formula.xml", "application/xml", (0, 10)),
        (&node, "distributor.ndjson", "application/x-ndjson", (2, 1)),
        (&other, "infant-formula-1.2.xml", "text/xml; charset=utf-8", (3, 0)),
    ] {
        let text = fs::read(root.join(name)).unwrap();
        let job = capture(&node.url, &text, &[("Content-Type", media_type)]);
        assert_eq!((&job["success"], &job["captureErrorBehaviour"]), (&json!(true), &json!("rollback")), "{job}");
        let counts = (job["suyuan:recorded"].as_u64().unwrap(), job["suyuan:duplicates"].as_u64().unwrap());
        assert_eq!(counts, expected, "{name} {job}");
        assert_eq!(job["errors"], json!([]));
        assert!(job["createdAt"].as_str().unwrap() <= job["finishedAt"].as_str().unwrap());
    }
    assert_eq!(other.stop(), 0);
    let first = get(&node.url, "/epcis/capture?perPage=2");
    let list = first.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let rest = get(&node.url, &first.next().unwrap());
    assert_eq!((rest.json().as_array().unwrap().len(), rest.next()), (1, None));
    let seen: BTreeSet<String> = list
        .as_array()
        .unwrap()
        .iter()
        .chain(rest.json().as_array().unwrap())
        .map(|job| job["captureID"].to_string())
        .collect();
    assert_eq!(seen.len(), 3);
    let location = format!("/epcis/capture/{}", list[0]["captureID"].as_str().unwrap());
    let xml = ask(&node.url, "GET", &location, &[("Accept", "application/xml")], b"");
    assert_eq!((xml.status, xml.header("content-type")), (200, "application/xml"));
    assert!(xml.text().contains("<epcis:EPCISCaptureJob") && xml.text().contains("success=\"true\""), "{}", xml.text());
    assert_eq!(get(&node.url, "/epcis/capture/none").fault(), (404, "CAPTURE-NO_JOB".to_owned()));
    assert_eq!(node.stop(), 0);
}

// Goal: with rollback nothing of a document is recorded if any event is bad, by itself or by what the ledger holds,
// however large the document; with proceed all good ones are. Method: documents with a bad event at the end.
#[test]
fn rollback_and_proceed() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let height = || get(&node.url, "/v1/checkpoint").json()["height"].as_u64().unwrap_or(0);
    let invalid = r#"{"type":"ObjectEvent","eventTime":"yesterday"}"#.to_owned();
    let many: Vec<String> = (0..5_000).map(|number| event(number, "")).chain([orphan(9_000)]).collect();
    for (events, place, code, pointer) in [
        (vec![event(1, ""), invalid.clone(), event(2, "")], 1, "EPCIS-BAD_TIME", "/epcisBody/eventList/1/eventTime"),
        (vec![event(1, ""), event(2, ""), orphan(3)], 2, "LEDGER-206", ""),
        (many, 5_000, "LEDGER-206", ""),
    ] {
        let job = capture(&node.url, document(&events).as_bytes(), &[]);
        assert_eq!((&job["success"], &job["suyuan:recorded"]), (&json!(false), &json!(0)), "{job}");
        let errors = job["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["code"] == code).unwrap_or_else(|| panic!("{code}: {job}"));
        assert_eq!((&error["event"], error["pointer"].as_str().unwrap_or_default()), (&json!(place), pointer), "{job}");
        assert_eq!((&error["type"], &error["status"]), (&json!("epcisException:ValidationException"), &json!(400)));
        assert_eq!((recorded(&node.url), height()), (0, 0));
    }
    // An event of the same document may be declared erroneous.
    let both = document(&[event(1, ""), orphan(1)]);
    assert_eq!(capture(&node.url, both.as_bytes(), &[])["suyuan:recorded"], 2);
    let proceed = [("GS1-Capture-Error-Behaviour", "proceed")];
    let mixed = document(&[event(4, ""), invalid, orphan(5), event(6, "")]);
    let job = capture(&node.url, mixed.as_bytes(), &proceed);
    assert_eq!((&job["success"], &job["captureErrorBehaviour"]), (&json!(false), &json!("proceed")), "{job}");
    assert_eq!((&job["suyuan:recorded"], recorded(&node.url)), (&json!(2), 4), "{job}");
    let at: BTreeSet<u64> =
        job["errors"].as_array().unwrap().iter().map(|error| error["event"].as_u64().unwrap()).collect();
    assert_eq!(at, BTreeSet::from([1, 2]));
    // What is recorded already is no error.
    let again = capture(&node.url, document(&[event(4, ""), event(7, "")]).as_bytes(), &[]);
    assert_eq!(
        (&again["success"], &again["suyuan:duplicates"], &again["suyuan:recorded"]),
        (&json!(true), &json!(1), &json!(1))
    );
    // A document that breaks off.
    let whole = document(&[event(8, ""), event(9, "")]);
    let cut = &whole.as_bytes()[..whole.len() - 40];
    let job = capture(&node.url, cut, &[]);
    assert_eq!((&job["success"], &job["suyuan:recorded"]), (&json!(false), &json!(0)), "{job}");
    assert_eq!(node.stop(), 0);
}

// Goal: jobs outlive the node: whatever was taken is recorded once, in full or not at all, though the node is killed
// at any moment; one that was at work says that it was interrupted. Method: documents are sent, the node is killed
// after ever longer, and started again; at the end every job has ended well and every event is there once.
#[test]
fn killed_at_work() {
    const DOCUMENTS: u32 = 12;
    const EVENTS: u32 = 400;
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let (mut locations, mut interrupted) = (Vec::new(), 0);
    for round in 0..4u32 {
        let node = Served::start(&dir);
        for part in 0..DOCUMENTS / 4 {
            let first = (round * DOCUMENTS / 4 + part) * EVENTS;
            let text = document(&(first..first + EVENTS).map(|number| event(number, "")).collect::<Vec<_>>());
            let sent = ask(&node.url, "POST", "/epcis/capture", &[], text.as_bytes());
            assert_eq!(sent.status, 202, "{}", sent.text());
            locations.push(sent.header("location").to_owned());
        }
        thread::sleep(std::time::Duration::from_millis(u64::from(round) * 40));
        node.kill();
    }
    let node = Served::start(&dir);
    for location in &locations {
        let job = ended(&node.url, location);
        assert_eq!(job["success"], true, "{job}");
        let counts = (job["suyuan:recorded"].as_u64().unwrap(), job["suyuan:duplicates"].as_u64().unwrap());
        assert_eq!(counts.0 + counts.1, u64::from(EVENTS), "{job}");
        interrupted += u64::from(job["suyuan:interruptions"].as_u64().unwrap_or(0) > 0);
    }
    let found = ids(&all_events(&node.url, "/epcis/events?perPage=1000"));
    let expected: BTreeSet<String> = (0..DOCUMENTS * EVENTS).map(id).collect();
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
    println!("{interrupted} of {} jobs were interrupted", locations.len());
    assert_eq!(node.stop(), 0);
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

// Goal: pages neither skip nor repeat while others capture, in every order; a token is good until it is deleted, and
// after a restart. Method: events are recorded one by one while pages of seven are read.
#[test]
fn pages() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let node = Served::start(&dir);
    let text = document(&(0..60).map(|number| event(number, "")).collect::<Vec<_>>());
    assert_eq!(capture(&node.url, text.as_bytes(), &[])["success"], true);
    let expected: BTreeSet<String> = (0..60).map(id).collect();
    let mut number = 100;
    for order in ["", "&orderBy=recordTime", "&orderBy=eventTime", "&orderBy=eventTime&orderDirection=ASC"] {
        let (mut found, mut next, mut pages) = (Vec::new(), Some(format!("/epcis/events?perPage=7{order}")), 0);
        let before = recorded(&node.url);
        while let Some(target) = next {
            let page = get(&node.url, &target);
            assert_eq!(page.next().is_some(), !page.header("gs1-next-page-token-expires").is_empty());
            found.extend(ids(&events(&page)));
            (next, pages) = (page.next(), pages + 1);
            let one = ask(&node.url, "POST", "/epcis/events", &[], event(number, "").as_bytes());
            assert_eq!(one.status, 201, "{}", one.text());
            number += 1;
        }
        assert_eq!((found.len(), pages), (before, before.div_ceil(7)), "{order}");
        let found: BTreeSet<String> = found.into_iter().collect();
        assert!(found.len() == before && found.is_superset(&expected), "{order}");
    }
    let limited = all_events(&node.url, "/epcis/events?perPage=7&orderBy=recordTime&eventCountLimit=10");
    assert_eq!(limited.len(), 10);
    // A token says the query; other parameters beside it are a mistake.
    let next = get(&node.url, "/epcis/events?perPage=7&EQ_action=OBSERVE").next().unwrap();
    assert_eq!(events(&get(&node.url, &next)).len(), 7);
    assert_eq!(events(&get(&node.url, &[&next, "&EQ_action=OBSERVE"].concat())).len(), 7);
    assert_eq!(get(&node.url, &[&next, "&EQ_action=ADD"].concat()).fault(), (400, "REST-PAGE_TOKEN".to_owned()));
    assert_eq!(node.stop(), 0);
    let node = Served::start(&dir);
    assert_eq!(events(&get(&node.url, &next)).len(), 7);
    let token = next.split("nextPageToken=").nth(1).unwrap();
    let address = format!("/epcis/nextPageToken/{token}");
    assert_eq!(ask(&node.url, "DELETE", &address, &[], b"").status, 204);
    assert_eq!(get(&node.url, &next).fault(), (400, "REST-PAGE_TOKEN".to_owned()));
    let foreign = get(&node.url, "/epcis/capture?nextPageToken=00").fault();
    assert_eq!(foreign, (400, "REST-PAGE_TOKEN".to_owned()));
    assert_eq!(node.stop(), 0);
}

// Goal: one event is captured and read by its id, with what declares it erroneous; a second time it is a duplicate.
// Method: events with ids of every kind.
#[test]
fn single_events() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let send =
        |text: &str| ask(&node.url, "POST", "/epcis/events", &[("Content-Type", "application/json")], text.as_bytes());
    let created = send(&event(1, ""));
    assert_eq!((created.status, created.json()["eventID"].as_str()), (201, Some(id(1).as_str())));
    let location = created.header("location").to_owned();
    assert_eq!(ids(&events(&get(&node.url, &location))), [id(1)]);
    let again = send(&event(1, ""));
    assert_eq!(
        (again.fault(), again.header("location")),
        ((409, "CAPTURE-EVENT_EXISTS".to_owned()), location.as_str())
    );
    assert_eq!(again.json()["type"], "epcisException:ResourceAlreadyExistsException");
    let declared = send(&orphan(1));
    assert_eq!(declared.status, 201, "{}", declared.text());
    assert_eq!(ids(&events(&get(&node.url, &location))), [id(1), id(1)]);
    assert_eq!(send(&orphan(2)).fault(), (400, "LEDGER-206".to_owned()));
    // An id that the node gives, a hash, is read encoded or not.
    let nameless = event(3, "").replace(&format!("\"eventID\":\"{}\",", id(3)), "");
    let created = send(&nameless);
    let hash = created.json()["eventID"].as_str().unwrap().to_owned();
    assert!(hash.starts_with("ni:///sha-256;"), "{hash}");
    assert_eq!(ids(&events(&get(&node.url, created.header("location")))), std::slice::from_ref(&hash));
    assert_eq!(ids(&events(&get(&node.url, &format!("/epcis/events/{hash}")))), std::slice::from_ref(&hash));
    assert_eq!(ids(&events(&get(&node.url, &format!("/epcis/events/{}", encoded(&hash))))), [hash]);
    assert_eq!(get(&node.url, "/epcis/events/urn:uuid:none").fault(), (404, "QUERY-NO_EVENT".to_owned()));
    // An event that names nothing is found with its declaration too.
    let bare = |members: &str| {
        format!(
            r#"{{"type":"ObjectEvent","eventID":"urn:x:bare","eventTime":"2026-10-01T08:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE","readPoint":{{"id":"https://example.com/here"}},"epcList":[],"sensorElementList":[{{"sensorReport":[{{"type":"Temperature","value":4,"uom":"CEL"}}]}}]{members}}}"#
        )
    };
    assert_eq!(send(&bare("")).status, 201);
    assert_eq!(send(&bare(r#","errorDeclaration":{"declarationTime":"2026-10-02T00:00:00Z"}"#)).status, 201);
    assert_eq!(events(&get(&node.url, "/epcis/events/urn:x:bare")).len(), 2);
    assert_eq!(events(&get(&node.url, "/epcis/events?EQ_eventID=urn:x:bare")).len(), 2);
    for (text, code) in [
        ("", "EPCIS-EMPTY_DOCUMENT"),
        ("[]", "CAPTURE-ONE_EVENT"),
        ("{", "EPCIS-JSON_CUT"),
        (r#"{"type":"ObjectEvent","eventTime":"yesterday"}"#, "EPCIS-BAD_TIME"),
    ] {
        assert_eq!(send(text).fault(), (400, code.to_owned()), "{text}");
    }
    let two = document(&[event(5, ""), event(6, "")]);
    assert_eq!(send(&two).fault(), (400, "CAPTURE-ONE_EVENT".to_owned()));
    let future = event(7, "").replace("2026-10-01T08:00:00+08:00", "2999-10-01T08:00:00+08:00");
    assert_eq!(send(&future).fault(), (400, "LEDGER-111".to_owned()));
    let large = event(8, &format!(r#","ex:large":"{}""#, "x".repeat(400 << 10)));
    assert_eq!(send(&large).fault(), (413, "REST-BODY_TOO_LARGE".to_owned()));
    assert_eq!(node.stop(), 0);
}

// Goal: many clients at once lose nothing and get each its own answer. Method: eight threads capture single events,
// every tenth of them bad, half of each thread's twice.
#[test]
fn many_clients() {
    const THREADS: u32 = 8;
    const EACH: u32 = 40;
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let url = node.url.as_str();
    thread::scope(|scope| {
        for part in 0..THREADS {
            scope.spawn(move || {
                for number in part * EACH..(part + 1) * EACH {
                    let (text, expected) = match number % 10 {
                        0 => (orphan(number), 400),
                        _ => (event(number, ""), 201),
                    };
                    let sent = ask(url, "POST", "/epcis/events", &[], text.as_bytes());
                    assert_eq!(sent.status, expected, "{}", sent.text());
                    if number % 2 == 1 {
                        assert_eq!(ask(url, "POST", "/epcis/events", &[], text.as_bytes()).status, 409);
                    }
                }
            });
        }
    });
    let found: BTreeSet<String> = ids(&all_events(url, "/epcis/events?perPage=1000")).into_iter().collect();
    assert_eq!(found, (0..THREADS * EACH).filter(|number| number % 10 > 0).map(id).collect());
    assert_eq!(node.stop(), 0);
}

// Goal: an id that several authors use gives the node's own event, or says who they are. Method: a chain of three
// firms; two of them record the same event, then the node's own does.
#[test]
fn several_authors() {
    let work = folder(&[("one.json", &document(&[event(1, "")]))]);
    let owners = [OWNER, "urn:lei:999900DEMOTH00000275", "urn:lei:999900DEMOTH00000372"];
    let (list, genesis, dir) = (path(&work, "list.json"), path(&work, "genesis.json"), path(&work, "data"));
    let firms: Vec<Value> = owners.iter().enumerate().map(|(place, uri)| json!({"uri": uri, "name": place.to_string(), "role": if place == 0 { "operator" } else { "member" }})).collect();
    fs::write(&list, json!(firms).to_string()).unwrap();
    let mut keys = Vec::new();
    for (place, uri) in owners.iter().enumerate() {
        for role in ["root", "device"] {
            let file = path(&work, &format!("{role}{place}.key"));
            let made = run(&["keygen", "--output", &file, "--organisation", uri, "--role", role, "--insecure"]);
            assert_eq!(made.code, 0, "{}", made.stderr);
            keys.push(file);
        }
    }
    let mut new = vec!["genesis", "new", "--network", "n", "--organisations", &list, "--validator", &keys[1]];
    keys.iter().for_each(|key| new.extend(["--key", key.as_str()]));
    new.extend(["--output", &genesis]);
    let made = run(&new);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let init = [
        "node",
        "init",
        "--dir",
        &dir,
        "--genesis",
        &genesis,
        "--insecure",
        "--validator",
        &keys[1],
        "--device",
        &keys[1],
    ];
    let made = run(&init);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let node = Served::start(&dir);
    let address = format!("/epcis/events/{}", id(1));
    for key in [&keys[3], &keys[5]] {
        is(
            &run(&["capture", &path(&work, "one.json"), "--url", &node.url, "--key", key, "--insecure"]),
            0,
            "accepted 1",
        );
    }
    let answer = get(&node.url, &address);
    assert_eq!(answer.fault(), (409, "QUERY-SEVERAL_AUTHORS".to_owned()));
    assert_eq!(answer.json()["authors"], json!([owners[1], owners[2]]));
    assert_eq!(ask(&node.url, "POST", "/epcis/events", &[], event(1, "").as_bytes()).status, 201);
    assert_eq!(events(&get(&node.url, &address)).len(), 1);
    assert_eq!(events(&get(&node.url, &query(&[("EQ_eventID", &id(1))]))).len(), 3);
    assert_eq!(node.stop(), 0);
}

// Goal: what is erased is named, not passed over. Method: of three events one is erased; all are asked for, in both
// syntaxes, and it alone by its id.
#[test]
fn erased_events() {
    let work = folder(&[]);
    let dir = chain_with_known_keys(&work);
    let node = Served::start(&dir);
    let text = document(&(1..4).map(|number| event(number, "")).collect::<Vec<_>>());
    assert_eq!(capture(&node.url, text.as_bytes(), &[])["success"], true);
    assert_eq!(node.stop(), 0);
    let directory = DataDirectory::open(Path::new(&dir)).unwrap();
    let store = directory.open_store(32 << 20).unwrap();
    store.erase_payloads(&[PayloadPlace { height: 1, index: 1 }]).unwrap();
    drop(store);
    drop(directory);
    let node = Served::start(&dir);
    for order in ["", "?orderBy=eventTime"] {
        let all = get(&node.url, &["/epcis/events", order].concat());
        assert_eq!(events(&all).len(), 2);
        let erased = &all.json()["suyuan:erased"];
        assert_eq!(
            (&erased["suyuan:position"], &erased["suyuan:code"]),
            (&json!("1/1"), &json!("NODE-ERASED")),
            "{}",
            all.text()
        );
    }
    let xml = ask(&node.url, "GET", "/epcis/events", &[("Accept", "application/xml")], b"");
    assert!(xml.text().contains("<suyuan:position>1/1</suyuan:position>"), "{}", xml.text());
    let alone = get(&node.url, &format!("/epcis/events/{}", id(2)));
    assert_eq!((events(&alone).len(), alone.json()["suyuan:erased"]["suyuan:position"].as_str()), (0, Some("1/1")));
    // Its record rules it out.
    let other = get(&node.url, "/epcis/events?eventType=AggregationEvent");
    assert!(other.json().get("suyuan:erased").is_none());
    assert_eq!(node.stop(), 0);
}

// Goal: a client gets the syntax and the forms that it asks for, in versions that it speaks, or an error that says
// why not. Method: one event asked for in every way.
#[test]
fn negotiation() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let text = event(1, r#","bizStep":"shipping","readPoint":{"id":"urn:epc:id:sgln:4012345.00000.0"}"#)
        .replace("https://id.gs1.org/00/095210010000000017", "urn:epc:id:sscc:4012345.0000000011");
    assert_eq!(ask(&node.url, "POST", "/epcis/events", &[], text.as_bytes()).status, 201);
    let asked = |headers: &[(&str, &str)]| ask(&node.url, "GET", "/epcis/events", headers, b"");
    let links = asked(&[]);
    assert_eq!(
        (links.header("content-type"), links.header("gs1-epc-format")),
        ("application/json", "Always_GS1_Digital_Link")
    );
    assert!(links.text().contains("https://id.gs1.org/00/040123450000000115"), "{}", links.text());
    for (format, expected) in [
        ("Always_EPC_URN", "urn:epc:id:sscc:4012345.0000000011"),
        ("Never_Translates", "urn:epc:id:sgln:4012345.00000.0"),
        ("No_Preference", "urn:epc:id:sscc:4012345.0000000011"),
    ] {
        let answer = asked(&[("GS1-EPC-Format", format)]);
        assert!(answer.text().contains(expected), "{format}: {}", answer.text());
    }
    let xml = asked(&[("Accept", "application/xml")]);
    assert_eq!((xml.header("content-type"), xml.header("gs1-cbv-xml-format")), ("application/xml", "Always_URN"));
    assert!(xml.text().contains("<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>"), "{}", xml.text());
    assert!(xml.text().contains("EPCISQueryDocument") && xml.text().contains("<recordTime>"), "{}", xml.text());
    let web = asked(&[("Accept", "text/xml"), ("GS1-CBV-XML-Format", "Always_Web_URI")]);
    assert!(web.text().contains("<bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep>"), "{}", web.text());
    for (header, value, status, code) in [
        ("Accept", "image/png", 406, "REST-NOT_ACCEPTABLE"),
        ("GS1-EPC-Format", "Digital_Link", 400, "REST-HEADER"),
        ("GS1-EPCIS-Min", "2.1.0", 406, "REST-VERSION"),
        ("GS1-EPCIS-Max", "1.2.0", 406, "REST-VERSION"),
        ("GS1-CBV-Version", "3.0", 406, "REST-VERSION"),
        ("GS1-EPCIS-Version", "two", 400, "REST-HEADER"),
    ] {
        assert_eq!(asked(&[(header, value)]).fault(), (status, code.to_owned()), "{header}: {value}");
    }
    let plain = ask(&node.url, "POST", "/epcis/capture", &[("Content-Type", "text/csv")], b"a,b");
    assert_eq!(
        (plain.fault(), &plain.json()["type"]),
        ((415, "REST-MEDIA_TYPE".to_owned()), &json!("epcisException:UnsupportedMediaTypeException"))
    );
    let behaviour = ask(&node.url, "POST", "/epcis/capture", &[("GS1-Capture-Error-Behaviour", "all")], b"{}");
    assert_eq!(behaviour.fault(), (400, "REST-HEADER".to_owned()));
    for (body, code) in
        [("{}", "EPCIS-"), ("", "EPCIS-EMPTY_DOCUMENT"), ("nothing", "EPCIS-UNKNOWN_SYNTAX"), ("<a/>", "EPCIS-")]
    {
        let (status, found) = ask(&node.url, "POST", "/epcis/capture", &[], body.as_bytes()).fault();
        assert!(status == 400 && found.starts_with(code), "{body}: {status} {found}");
    }
    let length = ask(&node.url, "POST", "/epcis/capture", &[("Content-Length", "999999999999")], b"");
    assert_eq!(
        (length.fault(), length.header("gs1-epcis-capture-file-size-limit")),
        ((413, "REST-BODY_TOO_LARGE".to_owned()), "268435456")
    );
    assert_eq!(node.stop(), 0);
}

// Goal: every path tells what it takes. Method: `OPTIONS`, and a method that none takes.
#[test]
fn discovery() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    for (target, allowed) in [
        ("/epcis", "OPTIONS, GET, HEAD"),
        ("/epcis/capture", "OPTIONS, GET, HEAD, POST"),
        ("/epcis/capture/1", "OPTIONS, GET, HEAD"),
        ("/epcis/events", "OPTIONS, GET, HEAD, POST"),
        ("/epcis/events/urn:uuid:1", "OPTIONS, GET, HEAD"),
        ("/epcis/nextPageToken/00", "OPTIONS, DELETE"),
    ] {
        let options = ask(&node.url, "OPTIONS", target, &[], b"");
        assert_eq!((options.status, options.header("allow")), (204, allowed), "{target}");
        for name in
            ["gs1-epcis-version", "gs1-epcis-min", "gs1-epcis-max", "gs1-cbv-version", "gs1-cbv-min", "gs1-cbv-max"]
        {
            assert_eq!(options.header(name), "2.0.0", "{target} {name}");
        }
        for name in ["gs1-vendor-version", "gs1-extensions", "gs1-epc-format", "gs1-cbv-xml-format"] {
            assert!(!options.header(name).is_empty(), "{target} {name}");
        }
        let wrong = ask(&node.url, "PUT", target, &[], b"");
        assert_eq!((wrong.fault(), wrong.header("allow")), ((405, "REST-METHOD".to_owned()), allowed), "{target}");
    }
    let capture = ask(&node.url, "OPTIONS", "/epcis/capture", &[], b"");
    assert_eq!(capture.header("gs1-capture-error-behaviour"), "all");
    assert!(capture.header("gs1-epcis-capture-limit").parse::<u64>().is_ok());
    assert_eq!(get(&node.url, "/epcis").json()["member"], json!(["capture", "events"]));
    assert_eq!(get(&node.url, "/epcis/queries").status, 404);
    assert_eq!(node.stop(), 0);
}

// Goal: a queue that is full says so at once, and nothing that was taken is lost. Method: more documents than may wait.
#[test]
fn back_pressure() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let (mut taken, mut full) = (Vec::new(), None);
    for part in 0..400u32 {
        let text = document(&(part * 500..(part + 1) * 500).map(|number| event(number, "")).collect::<Vec<_>>());
        let sent = ask(&node.url, "POST", "/epcis/capture", &[], text.as_bytes());
        match sent.status {
            202 => taken.push(sent.header("location").to_owned()),
            429 => {
                assert_eq!((sent.fault().1.as_str(), sent.header("retry-after")), ("CAPTURE-QUEUE_FULL", "1"));
                full = Some(part);
                break;
            }
            other => panic!("{other} {}", sent.text()),
        }
    }
    assert!(full.is_some(), "the queue never filled");
    for location in &taken {
        let job = ended(&node.url, location);
        assert_eq!((&job["success"], &job["suyuan:recorded"]), (&json!(true), &json!(500)), "{job}");
    }
    assert_eq!(node.stop(), 0);
}
