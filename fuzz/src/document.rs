//! Documents of any syntax.

use std::io::Write as _;
use std::ops::ControlFlow;

use suyuan_epcis::document::{Header, Item, Limits, ReadError, Tail};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields, profiles_of_claim};
use suyuan_epcis::input::Input;
use suyuan_epcis::json::write::Writer;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Problem, Problems};
use suyuan_epcis::read::read;
use suyuan_epcis::validate;

/// Far below the defaults, so that the fuzzer's short inputs meet them.
const LIMITS: Limits = Limits { event_bytes_max: 32 << 10, header_bytes_max: 32 << 10, depth_max: 16 };

/// All that reading hands out.
#[derive(Debug, Default, PartialEq)]
struct Document {
    header: Option<Header>,
    events: Vec<Event>,
    hashes: Vec<[EventHash; 3]>,
    tail: Option<Tail>,
    problems: Vec<Problem>,
    /// What ended the reading before its time.
    error: Option<Problem>,
}

/// Reading never panics and gives the same twice, from memory and from a file; items come in the
/// order promised; a hash claimed is a hash recognised; what is valid survives being written.
pub fn check(bytes: &[u8]) {
    let document = load(Input::Memory(bytes.to_vec()));
    for problem in document.problems.iter().chain(&document.error) {
        crate::render(&problem.reason);
    }
    assert_eq!(document, load(Input::Memory(bytes.to_vec())), "read twice");
    let from_file = load(file(bytes));
    // serde_json counts the column at which a broken text ends otherwise in a stream than in a slice.
    let code = |error: &Option<Problem>| error.as_ref().map(|problem| problem.reason.code);
    assert_eq!(code(&document.error), code(&from_file.error), "memory and file differ");
    assert_eq!(document, Document { error: document.error.clone(), ..from_file }, "memory and file differ");
    if document.error.is_none() {
        assert!(document.header.is_some() && document.tail.is_some(), "a whole document has both ends");
        check_written(&document);
    }
}

fn load(mut input: Input) -> Document {
    let mut document = Document::default();
    let mut ignored = IgnoredFields::new();
    let mut rules = validate::DocumentRules::new(1_000);
    let outcome = read(&mut input, &LIMITS, &mut |item| {
        assert!(document.tail.is_none(), "nothing follows the end");
        match item {
            Item::Header(header, mut problems) => {
                assert!(document.header.is_none(), "one header");
                validate::header(&header, &mut problems);
                ignored = ignored_fields(&header);
                keep(&mut document, problems);
                document.header = Some(*header);
            }
            Item::Event(event, mut problems, locate) => {
                let header = document.header.as_ref().expect("the header comes first");
                let pointer = header.event_pointer(problems.event.unwrap_or(0));
                validate::event(&event, &pointer, &ignored, &mut problems, locate);
                let hashes = Profile::ALL.map(|profile| hash(&event, profile, &ignored));
                rules.event(&event, Some(hashes[0].digest), &pointer, &mut problems, locate);
                for problem in &problems.list {
                    locate.line(&problem.place.pointer);
                }
                keep(&mut document, problems);
                document.hashes.push(hashes);
                document.events.push(*event);
            }
            Item::End(tail, problems) => {
                keep(&mut document, problems);
                document.tail = Some(tail);
            }
        }
        ControlFlow::Continue(())
    });
    document.error = match outcome {
        Ok(()) => None,
        Err(ReadError::Malformed(problem)) => Some(*problem),
        Err(ReadError::Io(error)) => panic!("memory and files can be read: {error}"),
    };
    document
}

fn keep(document: &mut Document, problems: Problems) {
    document.problems.extend(problems.list);
}

fn hash(event: &Event, profile: Profile, ignored: &IgnoredFields) -> EventHash {
    let hash = EventHash::of(event, profile, ignored);
    let uri = hash.to_ni();
    assert_eq!(EventHash::parse_ni(&uri), Some((hash.digest, profile.version())));
    let profiles = profiles_of_claim(event, &uri, ignored);
    assert!(profiles.is_some_and(|profiles| profiles.contains(&profile)), "own hash not recognised");
    hash
}

fn file(bytes: &[u8]) -> Input {
    let mut file = tempfile::tempfile().expect("a temporary file can be made");
    file.write_all(bytes).expect("a temporary file can be written");
    Input::File(file)
}

/// A document without a fault, written as JSON, has the same events and hashes when read again.
/// What JSON cannot carry is refused by the writer.
fn check_written(document: &Document) {
    let (Some(header), Some(tail)) = (&document.header, &document.tail) else { return };
    if document.problems.iter().any(Problem::is_error) {
        return;
    }
    let Ok(mut writer) = Writer::new(Vec::new(), header) else { return };
    if document.events.iter().any(|event| writer.event(event).is_err()) {
        return;
    }
    let Ok(written) = writer.end(tail) else { return };
    // Writing may lengthen (indentation, declared prefixes), so a limit may be met now.
    if written.len() >= LIMITS.event_bytes_max {
        return;
    }
    let mut again = load(Input::Memory(written.clone()));
    // XML may list an EPC twice, JSON may not (`uniqueItems` of GS1's schema).
    again.problems.retain(|problem| problem.reason.code.id != "EPCIS-REPEATED_ELEMENT");
    let shown = || String::from_utf8_lossy(&written).into_owned();
    assert!(again.error.is_none() && !again.problems.iter().any(Problem::is_error), "{again:?}\n{}", shown());
    assert_eq!(document.hashes, again.hashes, "{}", shown());
}
