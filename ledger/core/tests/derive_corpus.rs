//! Goal: what the standard's own examples and real documents say is derived, whatever their syntax was.
//! Method: every event of the corpus without an error, written as a JSON event; it derives, and it names
//! exactly what the model of the event names, in the same roles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../epcis/tests/common/mod.rs"]
mod common;
#[path = "../../epcis/tests/common/documents.rs"]
mod documents;

use std::collections::BTreeSet;
use std::path::Path;

use documents::{Document, files, load};
use serde_json::value::RawValue;
use suyuan_epcis::codes::Severity;
use suyuan_epcis::document::{Header, NoLines};
use suyuan_epcis::hash::ignored_fields;
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Problems;
use suyuan_epcis::{json, validate};
use suyuan_ledger::derive::{Derived, derive};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::record::Role;

const FOLDERS: &[&str] = &[
    "gs1-epcis/JSON",
    "gs1-epcis/JSON-simple-context",
    "gs1-epcis/XML",
    "openepcis",
    "fsma204/fsma204/epcis",
    "event-hash-reference/examples",
    "event-hash-reference/expected_equal",
    "event-hash-2026",
    "dscsa-exceptions",
];

/// The event as the payload of a submission: its own JSON text.
fn payload(header: &Header, event: &Event) -> Option<Vec<u8>> {
    let mut header = header.clone();
    header.creation_date.get_or_insert_with(|| "2026-11-21T08:00:00Z".to_owned());
    let mut writer = json::Writer::new(Vec::new(), &header).ok()?;
    writer.event(event).ok()?;
    let text = writer.end(&Default::default()).ok()?;

    let of = |text: &RawValue, name: &str| -> Option<Box<RawValue>> {
        let mut members: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_str(text.get()).ok()?;
        members.remove(name)
    };
    let document: Box<RawValue> = serde_json::from_slice(&text).ok()?;
    let body = of(&document, "epcisBody")?;
    let body = of(&body, "queryResults").and_then(|results| of(&results, "resultsBody")).unwrap_or(body);
    let events: Vec<Box<RawValue>> = serde_json::from_str(of(&body, "eventList")?.get()).ok()?;
    events.first().map(|event| event.get().as_bytes().to_vec())
}

fn has_error(document: &Document, index: usize) -> bool {
    let event = &document.events[index];
    let mut problems = Problems::new(Some(0));
    validate::event(event, "", &ignored_fields(&document.header), &mut problems, &NoLines);
    document.event_problems[index].iter().chain(&problems.list).any(|problem| problem.severity() == Severity::Error)
}

/// Roles and keys that the model says, without those of lots.
fn expected(event: &Event) -> BTreeSet<(Role, SubjectKey)> {
    let things = [
        (Role::Epc, &event.epc_list),
        (Role::Child, &event.child_epcs),
        (Role::Input, &event.input_epc_list),
        (Role::Output, &event.output_epc_list),
    ];
    let classes = [
        (Role::Epc, &event.quantity_list),
        (Role::Child, &event.child_quantity_list),
        (Role::Input, &event.input_quantity_list),
        (Role::Output, &event.output_quantity_list),
    ];
    let things = things.iter().flat_map(|(role, list)| list.iter().flatten().map(|uri| (*role, uri.clone())));
    let classes = classes
        .iter()
        .flat_map(|(role, list)| list.iter().flatten().filter_map(|element| Some((*role, element.epc_class.clone()?))));
    let parent = event.parent_id.iter().map(|uri| (Role::Parent, uri.clone()));
    let keys = things.chain(classes).chain(parent).map(|(role, uri)| (role, SubjectKey::from_uri(&uri).unwrap()));
    let process = event.transformation_id.iter().map(|id| (Role::Process, SubjectKey::process(id).unwrap()));
    keys.chain(process).collect()
}

fn found(derived: &Derived) -> BTreeSet<(Role, SubjectKey)> {
    let pair = |role, index: u32| (role, derived.keys[usize::try_from(index).unwrap()].clone());
    derived.links.iter().filter(|link| link.role != Role::Lot).map(|link| pair(link.role, link.key)).collect()
}

/// Differences and the number of events of one file.
fn check(file: &Path, differences: &mut Vec<String>) -> usize {
    // What is no document is other tests' matter.
    let Ok(document) = load(Input::open(file).unwrap()) else { return 0 };
    let mut count = 0;
    for (index, event) in document.events.iter().enumerate() {
        if has_error(&document, index) {
            continue;
        }
        let mut event = event.clone();
        event.event_id.get_or_insert_with(|| format!("urn:uuid:{index}"));
        let Some(payload) = payload(&document.header, &event) else { continue };
        count += 1;
        let place = || format!("{} {index}", file.display());
        match derive(&payload) {
            Ok(derived) if found(&derived) != expected(&event) => differences.push(format!("{} names", place())),
            Ok(derived) if derived.action.is_some() != event.action.is_some() => {
                differences.push(format!("{} action", place()));
            }
            Ok(_) => {}
            Err(error) => differences.push(format!("{} {error:?}", place())),
        }
    }
    count
}

#[test]
fn corpus_derives() {
    let Some(corpus) = common::corpus() else { return };
    let (mut count, mut differences) = (0, Vec::new());
    for folder in FOLDERS.iter().map(|folder| corpus.join(folder)) {
        for file in files(&folder, &["json", "jsonld", "xml"]) {
            count += check(&file, &mut differences);
        }
    }
    assert!(differences.is_empty(), "{} of {count}\n{}", differences.len(), differences.join("\n"));
    assert!(count >= 400, "{count} events");
}
