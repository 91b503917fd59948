//! JSON inputs of every layout, and hostile ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::ops::ControlFlow;

use suyuan_epcis::document::{DocumentKind, Header, Item, Limits, ReadError};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Problem;
use suyuan_epcis::read::read;

/// What came out of an input.
struct Outcome {
    header: Option<Header>,
    events: Vec<(Event, Vec<Problem>)>,
    problems: Vec<Problem>,
    end: bool,
    error: Option<Problem>,
}

fn run(mut input: Input, limits: Limits) -> Outcome {
    let mut outcome = Outcome { header: None, events: Vec::new(), problems: Vec::new(), end: false, error: None };
    let result = read(&mut input, &limits, &mut |item| {
        match item {
            Item::Header(header, problems) => {
                outcome.header = Some(*header);
                outcome.problems = problems.list;
            }
            Item::Event(event, problems, _) => outcome.events.push((*event, problems.list)),
            Item::End(..) => outcome.end = true,
        }
        ControlFlow::Continue(())
    });
    outcome.error = match result {
        Ok(()) => None,
        Err(ReadError::Malformed(problem)) => Some(*problem),
        Err(error) => panic!("{error}"),
    };
    outcome
}

/// Reads the text both from memory and from a file: the two must agree.
fn load(text: impl AsRef<[u8]>) -> Outcome {
    let memory = run(Input::Memory(text.as_ref().to_vec()), Limits::default());
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_ref()).unwrap();
    let file = run(Input::File(file), Limits::default());
    let codes = |outcome: &Outcome| {
        let events = outcome.events.iter().flat_map(|(_, problems)| problems);
        let all = outcome.problems.iter().chain(events).chain(&outcome.error);
        all.map(|problem| (problem.reason.code.id, problem.place.pointer.clone())).collect::<Vec<_>>()
    };
    assert_eq!(codes(&memory), codes(&file));
    assert_eq!((memory.events.len(), memory.end), (file.events.len(), file.end));
    memory
}

const CONTEXT: &str =
    r#""@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ex":"https://example.com/ns/"}]"#;

fn event(extra: &str) -> String {
    format!(
        r#"{{"type":"ObjectEvent","eventTime":"2026-11-21T08:30:00+08:00","eventTimeZoneOffset":"+08:00","action":"ADD","epcList":["urn:epc:id:sscc:9521001.0000000001"]{extra}}}"#
    )
}

fn document(context_first: bool, events: &str) -> String {
    let head = r#""type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-21T08:30:00Z""#;
    let body = format!(r#""epcisBody":{{"eventList":[{events}]}}"#);
    match context_first {
        true => format!("{{{CONTEXT},{head},{body}}}"),
        false => format!("{{{body},{head},{CONTEXT}}}"),
    }
}

// Goal: the place of @context does not matter, nor a byte order mark, nor white space.
// Method: the same events, told in each way, with a prefix that the context declares.
#[test]
fn the_context_may_stand_anywhere() {
    let events = [event(r#","ex:a":1"#), event("")].join(",");
    for text in [document(true, &events), document(false, &events), format!("\u{feff} \n{}", document(false, &events))]
    {
        let outcome = load(&text);
        assert!(outcome.problems.is_empty() && outcome.error.is_none() && outcome.end, "{:?}", outcome.error);
        assert_eq!(outcome.events.len(), 2);
        assert!(outcome.events.iter().all(|(_, problems)| problems.is_empty()), "{:?}", outcome.events);
        assert_eq!(&*outcome.events[0].0.extensions[0].name.namespace, "https://example.com/ns/");
    }
}

// Goal: events come without a document too. Method: one over several lines, one on one line, a list,
// one a line; each gives the same events.
#[test]
fn events_without_a_document() {
    let (one, pretty) = (event(""), event("").replace(',', ",\n  "));
    let cases = [
        (one.clone(), 1),
        (pretty, 1),
        (format!("[{one},\n{one}]"), 2),
        ("[]".to_owned(), 0),
        (format!("{one}\n{one}\n"), 2),
        (format!("\r\n{one}\r\n\r\n{one}"), 2),
    ];
    for (text, count) in cases {
        let outcome = load(&text);
        assert_eq!(outcome.header.unwrap().kind, DocumentKind::BareEvents, "{text}");
        assert_eq!(outcome.events.len(), count, "{text}");
        assert!(outcome.events.iter().all(|(_, problems)| problems.is_empty()), "{text}");
        assert!(outcome.error.is_none() && outcome.end, "{text}");
    }
}

// Goal: a broken event loses no good one beside it. Method: one bad among good, in each layout; in a
// document broken at its end, the events before.
#[test]
fn good_events_survive() {
    let (good, bad) = (event(""), r#"{"type":"ObjectEvent","eventTime":5}"#);
    for text in [
        document(true, &format!("{good},{bad},{good}")),
        format!("[{good},{bad},{good}]"),
        format!("{good}\n{bad}\n{good}\n"),
    ] {
        let outcome = load(&text);
        let clean: Vec<bool> = outcome.events.iter().map(|(_, problems)| problems.is_empty()).collect();
        assert_eq!(clean, [true, false, true], "{text}");
    }
    let lines = load(format!("{good}\n{{\"type\": oops\n{good}\n"));
    assert_eq!(lines.events.len(), 3);
    assert_eq!(lines.events[1].1[0].reason.code.id, "EPCIS-JSON_SYNTAX");
    assert_eq!(lines.events[1].1[0].place.line, Some(2));
    let text = document(true, &format!("{good},{good}"));
    let cut = load(&text[..text.len() - 3]);
    assert_eq!((cut.events.len(), cut.end), (2, false));
    let error = cut.error.unwrap();
    assert_eq!((error.reason.code.id, error.place.event), ("EPCIS-JSON_CUT", Some(2)));
}

// Goal: what is no JSON, or no EPCIS, is an error with its code. Method: a table.
#[test]
fn refused_inputs() {
    let first = |outcome: &Outcome| {
        let event = outcome.events.first().and_then(|(_, problems)| problems.first());
        outcome.error.as_ref().or(outcome.problems.first()).or(event).map(|problem| problem.reason.code.id)
    };
    for (text, code) in [
        ("", "EPCIS-EMPTY_DOCUMENT"),
        (" \n\t", "EPCIS-EMPTY_DOCUMENT"),
        ("hello", "EPCIS-UNKNOWN_SYNTAX"),
        ("{", "EPCIS-JSON_CUT"),
        ("[1", "EPCIS-JSON_CUT"),
        ("{}", "EPCIS-MISSING_FIELD"),
        ("[1]", "EPCIS-WRONG_TYPE"),
        (r#"{"type":"EPCISDocument","epcisBody":5}"#, "EPCIS-WRONG_TYPE"),
        (r#"{"type":"EPCISDocument","epcisBody":{"eventList":{}}}"#, "EPCIS-WRONG_TYPE"),
        (r#"{"type":"Something","epcisBody":{"eventList":[]}}"#, "EPCIS-NOT_EPCIS"),
        (
            r#"{"@context":"https://example.com/unknown.jsonld","type":"EPCISDocument","epcisBody":{"eventList":[]}}"#,
            "EPCIS-UNKNOWN_CONTEXT",
        ),
        ("{\"a\":\"\u{0}\"}", "EPCIS-JSON_SYNTAX"),
    ] {
        assert_eq!(first(&load(text)), Some(code), "{text}");
    }
    let mut bytes = document(true, &event(r#","ex:a":"?""#)).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xff;
    assert_eq!(first(&load(bytes)), Some("EPCIS-JSON_SYNTAX"));
    assert_eq!(first(&load(b"\xff\xfe{\0}\0")), Some("EPCIS-NOT_UTF8"));
}

// Goal: no cut of a document makes a panic, and none passes for whole. Method: every prefix.
#[test]
fn cut_anywhere() {
    let text = document(false, &event(r#","ex:a":{"ex:b":[1,"\u00e9",null]},"ilmd":{"ex:lot":"A"}"#));
    for cut in 0..text.len() {
        let outcome = run(Input::Memory(text.as_bytes()[..cut].to_vec()), Limits::default());
        assert!(outcome.error.is_some(), "{}", &text[..cut]);
    }
}

// Goal: depth and size meet a limit and not the stack or the memory. Method: 100,000 levels, values of
// megabytes under small limits, from memory and from a file.
#[test]
fn limits_hold() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let outcome = load(document(true, &event(&format!(r#","ex:a":{deep}"#))));
    assert_eq!(outcome.events[0].1[0].reason.code.id, "EPCIS-TOO_DEEP");
    let object = format!("{}1{}", r#"{"ex:a":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(load(document(true, &object)).events[0].1[0].reason.code.id, "EPCIS-TOO_DEEP");
    assert!(load("[".repeat(100_000)).error.is_some());

    let limits = Limits { event_bytes_max: 64 << 10, header_bytes_max: 64 << 10, depth_max: 16 };
    let large = "x".repeat(8 << 20);
    let with_event = document(true, &event(&format!(r#","ex:a":"{large}""#)));
    let with_header = with_event.replacen("\"type\"", &format!("\"ex:b\":\"{large}\",\"type\""), 1);
    for (text, code) in [(with_event, "EPCIS-EVENT_TOO_LARGE"), (with_header, "EPCIS-HEADER_TOO_LARGE")] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let outcome = run(Input::File(file), limits);
        assert_eq!(outcome.error.unwrap().reason.code.id, code);
    }
}

// Goal: what stands twice is told, in the document and in the event. Method: doubled members.
#[test]
fn doubled_members() {
    let text = document(true, &event(r#","action":"DELETE""#)).replacen(
        "\"schemaVersion\"",
        "\"type\":\"x\",\"schemaVersion\"",
        1,
    );
    let outcome = load(text);
    assert_eq!(outcome.problems[0].reason.code.id, "EPCIS-DUPLICATE_FIELD");
    assert_eq!(outcome.problems[0].place.pointer, "/type");
    assert_eq!(outcome.events[0].1[0].place.pointer, "/epcisBody/eventList/0/action");
    assert_eq!(outcome.events[0].0.action.as_deref(), Some("ADD"));

    for (extra, place) in [
        (r#","ex:a":1,"ex:a":2"#, "/ex:a"),
        (r#","ex:a":{"b":1,"b":2}"#, "/ex:a/b"),
        (r#","readPoint":{"id":"urn:epc:id:sgln:9521001.00001.0","ex:a":1,"ex:a":2}"#, "/readPoint/ex:a"),
        (r#","ilmd":{"ex:a":1,"ex:a":2}"#, "/ilmd/ex:a"),
    ] {
        let outcome = load(document(true, &event(extra)));
        let problems: Vec<_> =
            outcome.events[0].1.iter().map(|problem| (problem.reason.code.id, &*problem.place.pointer)).collect();
        assert_eq!(problems, [("EPCIS-DUPLICATE_FIELD", &*format!("/epcisBody/eventList/0{place}"))]);
    }
}

// Goal: hexBinaryValue is octets. Method: one digit too few, and none.
#[test]
fn half_an_octet() {
    for (value, fine) in [("0AFF", true), ("0AF", false), ("", false), ("0G", false)] {
        let sensors = format!(
            r#","sensorElementList":[{{"sensorReport":[{{"type":"Temperature","hexBinaryValue":"{value}"}}]}}]"#
        );
        let outcome = load(document(true, &event(&sensors)));
        let bad = outcome.events[0].1.iter().any(|problem| problem.reason.code.id == "EPCIS-BAD_HEX");
        assert_eq!(bad, !fine, "{value}");
    }
}

// Goal: what is many costs no more than many times one, and prefixes have a limit. Method: an event and a document with
// 50,000 extensions each, read, hashed without them, and written again (quadratic, each took minutes); a context of 1,000 prefixes.
#[test]
fn many_names() {
    let many: String = (0..50_000).map(|index| format!(r#","ex:a{index}":{index}"#)).collect();
    let text = document(true, &event(&many)).replacen("\"type\"", &format!("{}, \"type\"", &many[1..]), 1);
    let outcome = run(Input::Memory(text.into_bytes()), Limits::default());
    assert!(outcome.problems.is_empty() && outcome.error.is_none());
    assert_eq!(
        (outcome.events[0].0.extensions.len(), outcome.header.as_ref().unwrap().extensions.len()),
        (50_000, 50_000)
    );
    let extensions = &outcome.events[0].0.extensions;
    let ignored: IgnoredFields = extensions.iter().map(|extension| extension.name.clone()).collect();
    let of = |event: &Event, ignored| EventHash::of(event, Profile::default(), ignored).to_ni();
    let bare = load(document(true, &event("")));
    assert_eq!(of(&outcome.events[0].0, &ignored), of(&bare.events[0].0, &IgnoredFields::new()));
    let mut writer = suyuan_epcis::json::Writer::new(Vec::new(), &outcome.header.unwrap()).unwrap();
    writer.event(&outcome.events[0].0).unwrap();
    assert!(writer.end(&Default::default()).unwrap().len() > 1_000_000);

    let prefixes: String = (0..1000).map(|index| format!(r#","p{index}":"https://example.com/{index}/""#)).collect();
    let text = document(true, &event("")).replacen(r#""ex":"https://example.com/ns/""#, &prefixes[1..], 1);
    let outcome = load(text);
    assert_eq!(outcome.problems[0].reason.code.id, "EPCIS-TOO_MANY_PREFIXES");
}
