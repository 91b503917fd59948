//! Documents become batches of payloads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use suyuan_epcis::document::{Item, Limits, ReadError};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_ledger::derive::derive;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX};
use suyuan_sdk::batch::{self, Batch, Counts, Part};

/// All that came of a document.
#[derive(Default)]
struct Outcome {
    counts: Option<Counts>,
    batches: Vec<Batch>,
    /// Codes and pointers by event.
    events: Vec<(u64, Vec<(&'static str, String)>)>,
    document: Vec<&'static str>,
    failed: bool,
}

impl Outcome {
    fn payloads(&self) -> Vec<&[u8]> {
        self.batches.iter().flat_map(|batch| &batch.events).map(|event| event.payload.as_slice()).collect()
    }
}

fn run(mut input: Input) -> Outcome {
    let mut outcome = Outcome::default();
    let read = batch::read(&mut input, &Limits::default(), &mut |part| {
        match part {
            Part::Batch(batch) => outcome.batches.push(batch),
            Part::Document(problems) => outcome.document.extend(problems.iter().map(|problem| problem.reason.code.id)),
            Part::Event { index, problems } => {
                let of = |problem: suyuan_epcis::problem::Problem| (problem.reason.code.id, problem.place.pointer);
                outcome.events.push((index, problems.into_iter().map(of).collect()));
            }
        }
        ControlFlow::Continue(())
    });
    match read {
        Ok(counts) => outcome.counts = Some(counts),
        Err(ReadError::Malformed(_)) => outcome.failed = true,
        Err(ReadError::Io(error)) => panic!("{error}"),
    }
    outcome
}

fn run_text(text: &str) -> Outcome {
    run(Input::Memory(text.as_bytes().to_vec()))
}

fn event(rest: &str) -> String {
    format!(
        r#"{{"type":"ObjectEvent","eventTime":"2026-11-21T08:00:00.000+08:00","eventTimeZoneOffset":"+08:00","epcList":["urn:epc:id:sgtin:9521001.000101.1"],"action":"OBSERVE"{rest}}}"#
    )
}

fn document(context: &str, events: &[String]) -> String {
    format!(
        r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"{context}],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-21T08:00:00.000+08:00","epcisBody":{{"eventList":[{}]}}}}"#,
        events.join(",\n ")
    )
}

const ID: &str = r#","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001""#;

/// Goal: the author's bytes are kept where they stand alone. Method: events with an id, with odd spacing and
/// numbers, as document, list, line and bare event.
#[test]
fn own_bytes_are_kept() {
    let one = event(&format!(
        "{ID} , \"ex:n\" :  1.50e0, \"@context\":[{{\"ex\":\"https://ns.example/\"}}], \"ex:t\":\"\\u6eaf\\u6e90\""
    ));
    for text in
        [document("", std::slice::from_ref(&one)), format!("[ {one} ]"), one.clone(), format!("{one}\n{}\n", event(""))]
    {
        let outcome = run_text(&text);
        assert_eq!(outcome.payloads()[0], one.as_bytes(), "{text}");
    }
}

/// Goal: an id and prefixes are added where they are needed and nothing else is changed. Method: each need, alone
/// and with the others; the rest of the text is found again.
#[test]
fn minimal_changes() {
    let context = r#",{"ex":"https://ns.example/","unused":"https://unused.example/"}"#;
    let payload = |text: &str| String::from_utf8(run_text(text).payloads()[0].to_vec()).unwrap();
    let without_id = event("");
    let with_id = payload(&without_id);
    assert!(with_id.ends_with(without_id.strip_prefix('{').unwrap()), "{with_id}");
    assert!(with_id.contains(r#""eventID": "ni:///sha-256;"#));
    assert!(!with_id.contains("@context"));

    let name = event(&format!(r#"{ID},"ex:a":1"#));
    let with_prefix = payload(&document(context, std::slice::from_ref(&name)));
    assert!(with_prefix.ends_with(name.strip_prefix('{').unwrap()), "{with_prefix}");
    assert!(with_prefix.contains(r#""ex": "https://ns.example/""#) && !with_prefix.contains("unused"));

    // A prefix in a value, and one behind an escape.
    let value = event(&format!(r#"{ID},"https://other.example/a":"ex:b""#));
    assert!(payload(&document(context, &[value])).contains(r#""ex": "https://ns.example/""#));
    let escaped = event(&format!(r#"{ID},"https://other.example/a":"\u0065x:b""#));
    assert!(payload(&document(context, &[escaped])).contains(r#""ex": "https://ns.example/""#));

    // Its own binding hides the document's; a further one of the document's is joined with it.
    let own = event(&format!(r#"{ID},"@context":[{{"ex":"https://own.example/"}}],"ex:a":1"#));
    assert_eq!(payload(&document(context, std::slice::from_ref(&own))), own);
    let both = event(&format!(r#"{ID},"@context":{{"own":"https://own.example/"}},"ex:a":1.50,"own:b":2"#));
    let joined = payload(&document(context, &[both]));
    assert!(joined.contains(r#""ex": "https://ns.example/""#) && joined.contains(r#""own": "https://own.example/""#));
    assert!(joined.contains("1.50"), "{joined}");
}

/// Goal: a bad event is told with its place and never loses a good one. Method: good and bad events in turn, of
/// each kind of bad; then a document that breaks off.
#[test]
fn bad_beside_good() {
    let good = |serial: u32| event("").replace(".1\"]", &format!(".{serial}\"]"));
    let deep = format!(r#"{ID},"https://x.example/a":{}1{}"#, "[".repeat(40), "]".repeat(40));
    let large = format!(r#"{ID},"https://x.example/a":"{}""#, "x".repeat(300 << 10));
    let bad = [
        (event("").replace("OBSERVE", "WATCH"), "EPCIS-BAD_ACTION", "/action"),
        (event("").replace("9521001.000101.1", "9521001.1.1"), "EPC-REFERENCE_LENGTH", "/epcList/0"),
        (event(r#","https://x.example/driver":"13812345678""#), "EPCIS-MOBILE_NUMBER", "/driver"),
        (event(r#","bizLocation":{"id":"https://firm.example/13812345678"}"#), "LEDGER-106", "/bizLocation/id"),
        (event(&deep), "LEDGER-102", ""),
        (event(&large), "LEDGER-102", ""),
        (event(r#","action":"OBSERVE""#), "EPCIS-DUPLICATE_FIELD", "/action"),
        ("7".to_owned(), "", ""),
    ];
    let mut events = Vec::new();
    for (index, (bad, _, _)) in bad.iter().enumerate() {
        events.extend([good(index as u32 + 10), bad.clone()]);
    }
    let outcome = run_text(&document("", &events));
    assert_eq!(outcome.counts, Some(Counts { accepted: bad.len() as u64, refused: bad.len() as u64 }));
    let told: BTreeMap<u64, _> = outcome.events.iter().map(|(index, list)| (*index, list)).collect();
    for (index, (_, code, pointer)) in bad.iter().enumerate() {
        let list = told[&(index as u64 * 2 + 1)];
        let place = format!("/epcisBody/eventList/{}{pointer}", index * 2 + 1);
        let found = list.iter().any(|(id, at)| (id, at.starts_with(&place)) == (code, true));
        assert!(found || code.is_empty(), "{code} {place} not in {list:?}");
    }
    let origins: Vec<u64> = outcome.batches[0].origins.iter().map(|(index, _)| *index).collect();
    assert_eq!(origins, (0..bad.len() as u64).map(|index| index * 2).collect::<Vec<_>>());

    let whole = document("", &[good(1), good(2), good(3)]);
    let broken = run_text(&whole[..whole.len() - 40]);
    assert!(broken.failed);
    assert_eq!(broken.payloads().len(), 2);
}

/// Goal: what is handed out fits one submission, and every event is in it once, in order. Method: more events than
/// a submission takes; then events so large that the bytes are what fills it.
#[test]
fn limits_of_batches() {
    for (count, filler) in [(EVENTS_MAX * 2 + 5, 10), (100, 200 << 10)] {
        let lines: Vec<String> = (0..count)
            .map(|serial| {
                event(&format!(r#","https://x.example/filler":"{}""#, "x".repeat(filler)))
                    .replace(".1\"]", &format!(".{serial}\"]"))
            })
            .collect();
        let outcome = run_text(&lines.join("\n"));
        let bytes = |batch: &Batch| batch.events.iter().map(|event| event.payload.len() + 16).sum::<usize>();
        assert!(outcome.batches.iter().all(|one| one.events.len() <= EVENTS_MAX && bytes(one) <= BODY_BYTES_MAX));
        assert!(outcome.batches.windows(2).all(|pair| {
            pair[0].events.len() == EVENTS_MAX
                || bytes(&pair[0]) + pair[1].events[0].payload.len() + 16 > BODY_BYTES_MAX
        }));
        let origins: Vec<u64> =
            outcome.batches.iter().flat_map(|batch| &batch.origins).map(|(index, _)| *index).collect();
        assert_eq!(origins, (0..count as u64).collect::<Vec<_>>());
        let salts: std::collections::BTreeSet<[u8; 16]> =
            outcome.batches.iter().flat_map(|batch| &batch.events).map(|event| event.salt).collect();
        assert_eq!(salts.len(), count);
    }
}

/// A document that is written while it is read.
struct Generated {
    events: u32,
    next: u32,
    chunk: io::Cursor<Vec<u8>>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.chunk.read(buffer)?;
            if count > 0 || self.next > self.events {
                return Ok(count);
            }
            let (head, tail) = (document("", &[String::new()]), "]}}");
            let text = match self.next {
                0 => head.strip_suffix(tail).unwrap().to_owned(),
                _ => String::new(),
            };
            let separator = if self.next > 0 { "," } else { "" };
            let filled = event(&format!(r#","https://x.example/filler":"{}""#, "x".repeat(1_000)));
            let text = match self.next == self.events {
                true => tail.to_owned(),
                false => [&text, separator, &filled.replace(".1\"]", &format!(".{}\"]", self.next))].concat(),
            };
            self.next += 1;
            self.chunk = io::Cursor::new(text.into_bytes());
        }
    }
}

/// Goal: a large document passes in bounded memory. Method: 50 MB are generated while they are read; batches are
/// dropped as they come, none is beyond the limits, and as soon as the receiver stops, reading stops.
#[test]
fn large_documents_stream() {
    let events = 50_000;
    let generated = || Generated { events, next: 0, chunk: io::Cursor::new(Vec::new()) };
    let mut input = Input::spool(&mut generated()).unwrap();
    assert!(input.length().unwrap() > 50_000_000);
    assert!(matches!(input, Input::File(_)));
    let (mut seen, mut batches) = (0, 0);
    let counts = batch::read(&mut input, &Limits::default(), &mut |part| {
        match part {
            Part::Batch(batch) => {
                assert!(batch.events.len() <= EVENTS_MAX);
                seen += batch.events.len();
                batches += 1;
            }
            other => panic!("{other:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(counts.unwrap(), Counts { accepted: u64::from(events), refused: 0 });
    assert_eq!(seen, events as usize);
    assert!(batches > 10, "{batches}");
    let mut calls = 0;
    let stopped = batch::read(&mut input, &Limits::default(), &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    });
    assert_eq!((calls, stopped.unwrap().accepted < u64::from(events)), (1, true));
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = |ending: &str| path.extension().is_some_and(|extension| extension == ending);
        match path.is_dir() {
            true => files(&path, found),
            false if ["json", "jsonld", "ndjson", "xml"].into_iter().any(named) => found.push(path),
            false => {}
        }
    }
}

fn events_of(mut input: Input) -> Option<(Vec<Event>, IgnoredFields)> {
    let (mut events, mut ignored) = (Vec::new(), IgnoredFields::default());
    let read = suyuan_epcis::read::read(&mut input, &Limits::default(), &mut |item| {
        match item {
            Item::Header(header, _) => ignored = ignored_fields(&header),
            Item::Event(event, _, _) => events.push(*event),
            Item::End(..) => {}
        }
        ControlFlow::Continue(())
    });
    read.is_ok().then_some((events, ignored))
}

/// Goal: a payload alone says what its event said in its document, whatever the syntax. Method: over the samples
/// and the corpus, each payload is read alone and has the hashes of the event it came from under every profile,
/// and its id; and links can be derived from it.
#[test]
fn payloads_say_what_their_events_said() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/samples");
    let mut paths = Vec::new();
    files(&samples, &mut paths);
    let few = paths.len();
    let corpus = std::env::var_os("SUYUAN_CORPUS").unwrap_or_else(|| "../../../shared/corpus".into());
    let corpus = Path::new(&corpus);
    if corpus.is_dir() {
        files(corpus, &mut paths);
        assert!(paths.len() > few + 100);
    } else {
        assert!(std::env::var_os("CI").is_none(), "no corpus at {}", corpus.display());
        eprintln!("SKIPPED: the corpus, since there is none at {}; set SUYUAN_CORPUS", corpus.display());
    }
    let mut compared = 0;
    for path in paths {
        let Some((events, ignored)) = events_of(Input::open(&path).unwrap()) else { continue };
        for batch in run(Input::open(&path).unwrap()).batches {
            for (submitted, (index, event_id)) in batch.events.iter().zip(&batch.origins) {
                let original = &events[usize::try_from(*index).unwrap()];
                let (alone, _) = events_of(Input::Memory(submitted.payload.clone())).unwrap();
                assert_eq!(alone.len(), 1, "{}", path.display());
                for profile in Profile::ALL {
                    let hash = |event| EventHash::of(event, profile, &ignored);
                    assert_eq!(hash(&alone[0]), hash(original), "{} event {index}", path.display());
                }
                let derived = derive(&submitted.payload).unwrap();
                assert_eq!((Some(&derived.event_id), alone[0].event_id.as_ref()), (Some(event_id), Some(event_id)));
                compared += 1;
            }
        }
    }
    assert!(compared > 10, "{compared}");
}
