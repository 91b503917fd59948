//! Every rule, kept and broken, on events written as JSON.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use crate::document::{Item, Limits, NoLines};
use crate::input::Input;
use crate::model::Event;
use crate::problem::{Problem, Problems};
use crate::validate;

mod document;
mod extensions;
mod how;
mod limits;
mod what;
mod why;
mod words;

fn read(document: &str) -> Vec<(Event, Problems)> {
    let mut events = Vec::new();
    let mut input = Input::Memory(document.as_bytes().to_vec());
    crate::read::read(&mut input, &Limits::default(), &mut |item| {
        if let Item::Event(event, problems, _) = item {
            events.push((*event, problems));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    events
}

fn show(problems: &[Problem]) -> String {
    let mut shown = String::new();
    for problem in problems {
        let id = problem.reason.code.id;
        let _ = write!(shown, "{}{} ", id.strip_prefix("EPCIS-").unwrap_or(id), problem.place.pointer);
    }
    shown.trim_end().to_owned()
}

/// What is found in an event: reader and validation, each problem as code and pointer.
fn judge(event: &str) -> String {
    let (event, mut problems) = read(event).pop().unwrap();
    validate::event(&event, "", &Default::default(), &mut problems, &NoLines);
    show(&problems.list)
}

const CONTEXT: &str =
    r#""@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ext": "https://example.com/ns/"}]"#;

/// An event of `kind` at noon with these members too.
fn event_of(kind: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{{CONTEXT}, "type": "{kind}", "eventTime": "2026-11-21T12:00:00Z", "eventTimeZoneOffset": "+08:00"{comma} {members}}}"#
    )
}

/// Each row: members of an event of `kind`, and what is found.
fn table(kind: &str, rows: &[(&str, &str)]) {
    for (members, expected) in rows {
        assert_eq!(judge(&event_of(kind, members)), *expected, "{kind} {members}");
    }
}

/// Each row: members of an otherwise sound ObjectEvent.
fn observed(rows: &[(&str, &str)]) {
    for (members, expected) in rows {
        let members = format!(r#""action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"], {members}"#);
        assert_eq!(judge(&event_of("ObjectEvent", &members)), *expected, "{members}");
    }
}
