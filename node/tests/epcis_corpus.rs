//! Goal: what others have published goes in by HTTP and comes out as it went in, in both formats. Method: every
//! document of the corpus is captured by one node each folder, with `proceed`; a query for each event's id gives, in
//! JSON and in XML, an event that has the model and the hashes, under every profile, of the one that went in. What the
//! standard's rules or the ledger refuse is what the job says; every event is accounted for. What XML cannot carry is
//! named, and counted here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../ledger/epcis/tests/common/mod.rs"]
mod common;
#[path = "../../ledger/epcis/tests/common/documents.rs"]
mod documents;
mod http;
mod runner;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use documents::{Document, files, load};
use http::{ask, capture, query};
use runner::{Served, chain_with_known_keys, copy, folder, path};
use suyuan_epcis::codes::Severity;
use suyuan_epcis::document::NoLines;
use suyuan_epcis::hash::{EventHash, Profile, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Problems;
use suyuan_epcis::validate;

/// Nodes that run side by side.
const AT_ONCE: usize = 4;

/// What was compared.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Compared {
    documents: usize,
    unreadable: usize,
    events: usize,
    refused: usize,
    not_in_xml: usize,
}

/// What is said of an event wherever its prefixes are declared, without the time that the server sets.
fn model(event: &Event) -> Event {
    Event { namespaces: Default::default(), record_time: None, ..event.clone() }
}

fn is_valid(document: &Document, index: usize) -> bool {
    let mut problems = Problems::new(Some(index as u64));
    validate::event(&document.events[index], "", &ignored_fields(&document.header), &mut problems, &NoLines);
    let all = document.event_problems[index].iter().chain(&problems.list);
    all.into_iter().all(|problem| problem.severity() != Severity::Error)
}

/// The events with an id, asked for in one syntax.
fn asked(url: &str, id: &str, accept: &str) -> (Vec<Event>, String) {
    let headers = [("Accept", accept), ("GS1-EPC-Format", "Never_Translates")];
    let answer = ask(url, "GET", &query(&[("EQ_eventID", id)]), &headers, b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), accept);
    let text = answer.text();
    (load(Input::Memory(answer.body)).unwrap().events, text)
}

/// Whether two events are one, hashes under all profiles included.
fn same(found: &Event, sent: &Event, document: &Document) -> Result<(), String> {
    if model(found) != model(sent) {
        return Err(format!("another event\n  {sent:?}\n  {found:?}"));
    }
    let ignored = ignored_fields(&document.header);
    for profile in Profile::ALL {
        if EventHash::of(found, profile, &ignored) != EventHash::of(sent, profile, &ignored) {
            return Err(format!("another hash ({})", profile.name()));
        }
    }
    if found.record_time.is_none() {
        return Err("no record time".to_owned());
    }
    Ok(())
}

/// Captures one file with a node of its own, and compares what comes out.
fn check(new: &str, file: &Path, compared: &mut Compared) -> Result<(), String> {
    let work = folder(&[]);
    let dir = path(&work, "data");
    copy(Path::new(new), Path::new(&dir));
    let node = Served::start(&dir);
    let is_xml = file.extension().is_some_and(|ending| ending == "xml");
    let media_type = if is_xml { "application/xml" } else { "application/json" };
    let headers = [("Content-Type", media_type), ("GS1-Capture-Error-Behaviour", "proceed")];
    let bytes = fs::read(file).unwrap();
    let document = match load(Input::Memory(bytes.clone())) {
        Ok(document) => document,
        Err(_) => {
            compared.unreadable += 1;
            let sent = ask(&node.url, "POST", "/epcis/capture", &headers, &bytes);
            if sent.status == 400 {
                return Ok(());
            }
            let job = http::ended(&node.url, sent.header("location"));
            return if job["success"] == false { Ok(()) } else { Err(format!("unreadable, and not said: {job}")) };
        }
    };
    compared.documents += 1;
    if document.events.is_empty() {
        return Ok(());
    }
    let job = capture(&node.url, &bytes, &headers);
    let refused: BTreeSet<u64> =
        job["errors"].as_array().unwrap().iter().filter_map(|error| error["event"].as_u64()).collect();
    let mut sent: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for (index, event) in document.events.iter().enumerate() {
        if refused.contains(&(index as u64)) {
            compared.refused += 1;
            continue;
        }
        if !is_valid(&document, index) {
            return Err(format!("event {index} is wrong, and not refused: {job}"));
        }
        let mut event = event.clone();
        let hash = || EventHash::of(&event, Profile::Cbv20Of2025, &ignored_fields(&document.header)).to_ni();
        let id = event.event_id.clone().unwrap_or_else(hash);
        event.event_id = Some(id.clone());
        let of_id = sent.entry(id).or_default();
        // A declaration of an error has the id of what it declares erroneous; else it is a duplicate.
        if !of_id.iter().any(|other| other.error_declaration.is_some() == event.error_declaration.is_some()) {
            of_id.push(event);
        }
    }
    for (id, events) in &sent {
        let (in_json, _) = asked(&node.url, id, "application/json");
        let (in_xml, xml) = asked(&node.url, id, "application/xml");
        if in_json.len() != events.len() {
            return Err(format!("{id}: {} events, {} expected", in_json.len(), events.len()));
        }
        let carried = events.len() - xml.matches("QUERY-NOT_IN_XML").count();
        compared.not_in_xml += events.len() - carried;
        if in_xml.len() != carried {
            return Err(format!("{id}: {} events in XML, {carried} expected", in_xml.len()));
        }
        for (found, event) in in_json.iter().zip(events) {
            same(found, event, &document)?;
        }
        for found in &in_xml {
            let twin =
                events.iter().find(|event| event.error_declaration.is_some() == found.error_declaration.is_some());
            same(found, twin.unwrap(), &document).map_err(|fault| format!("XML: {fault}"))?;
        }
        compared.events += events.len();
    }
    let recorded = job["suyuan:recorded"].as_u64().unwrap() as usize;
    let expected: usize = sent.values().map(Vec::len).sum();
    if recorded != expected {
        return Err(format!("{recorded} recorded, {expected} expected: {job}"));
    }
    Ok(())
}

fn check_all(folders: &[&str], endings: &[&str]) -> Option<Compared> {
    let corpus = common::corpus()?;
    let found: Vec<PathBuf> = folders.iter().flat_map(|folder| files(&corpus.join(folder), endings)).collect();
    let (next, faults, total) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Compared::default()));
    let template = folder(&[]);
    let new = chain_with_known_keys(&template);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(file) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut compared = Compared::default();
                    if let Err(fault) = check(&new, file, &mut compared) {
                        faults.lock().unwrap().push(format!("{}: {fault}", file.display()));
                    }
                    let mut total = total.lock().unwrap();
                    total.documents += compared.documents;
                    total.unreadable += compared.unreadable;
                    total.events += compared.events;
                    total.refused += compared.refused;
                    total.not_in_xml += compared.not_in_xml;
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {} documents:\n{}", faults.len(), found.len(), faults.join("\n"));
    let total = total.into_inner().unwrap();
    println!("{total:?}");
    Some(total)
}

/// Documents, unreadable ones, events compared, refused ones, events that XML cannot carry.
fn counts(compared: Compared) -> [usize; 5] {
    [compared.documents, compared.unreadable, compared.events, compared.refused, compared.not_in_xml]
}

// The counts of documents, events and refusals are those of `corpus.rs`, which captures by the command.

#[test]
fn gs1_json() {
    let folders = ["gs1-epcis/JSON", "gs1-epcis/JSON-simple-context"];
    let Some(compared) = check_all(&folders, &["jsonld"]) else { return };
    assert_eq!(counts(compared), [93, 0, 85, 25, 0]);
}

#[test]
fn gs1_xml() {
    let Some(compared) = check_all(&["gs1-epcis/XML"], &["xml"]) else { return };
    assert_eq!(counts(compared), [33, 4, 60, 3, 0]);
}

#[test]
fn openepcis_json() {
    let Some(compared) = check_all(&["openepcis/2.0/EPCIS/JSON"], &["json"]) else { return };
    assert_eq!(counts(compared), [72, 0, 82, 43, 0]);
}

#[test]
fn openepcis_xml() {
    let folders = ["openepcis/1.2/EPCIS/XML", "openepcis/2.0/EPCIS/XML"];
    let Some(compared) = check_all(&folders, &["xml"]) else { return };
    assert_eq!(counts(compared), [85, 0, 117, 39, 0]);
}

#[test]
fn others() {
    let folders = [
        "fsma204/fsma204/epcis",
        "event-hash-reference/examples",
        "event-hash-reference/expected_equal",
        "event-hash-2026",
        "dscsa-exceptions/examples",
    ];
    let Some(compared) = check_all(&folders, &["json", "jsonld", "xml"]) else { return };
    assert_eq!(counts(compared), [66, 0, 97, 34, 0]);
}
