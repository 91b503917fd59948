//! Conversion loses nothing: every document of the corpus through the other syntax and back.

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use suyuan_epcis::document::{Header, Item, Limits, ReadError};
use suyuan_epcis::input::Input;
use suyuan_epcis::json;
use suyuan_epcis::model::{Event, Extension};
use suyuan_epcis::read::read;

/// A whole document.
struct Document {
    header: Header,
    events: Vec<Event>,
    tail: Vec<Extension>,
}

fn load(mut input: Input) -> Result<Document, ReadError> {
    let (mut header, mut events, mut tail) = (None, Vec::new(), Vec::new());
    read(&mut input, &Limits::default(), &mut |item| {
        match item {
            Item::Header(read, _) => header = Some(*read),
            Item::Event(event, _, _) => events.push(*event),
            Item::End(rest, _) => tail = rest,
        }
        ControlFlow::Continue(())
    })?;
    Ok(Document { header: header.unwrap(), events, tail })
}

fn to_json(document: &Document) -> Result<Vec<u8>, suyuan_epcis::document::WriteError> {
    let mut header = document.header.clone();
    header.creation_date.get_or_insert_with(|| "2026-11-21T08:00:00Z".to_owned());
    let mut writer = json::Writer::new(Vec::new(), &header)?;
    for event in &document.events {
        writer.event(event)?;
    }
    writer.end(&document.tail)
}

/// Every file under `folder` with one of these endings.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if endings.iter().any(|wanted| ending == *wanted) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

const FOLDERS: &[&str] = &[
    "gs1-epcis/JSON",
    "gs1-epcis/JSON-simple-context",
    "gs1-epcis/XML",
    "openepcis",
    "fsma204/fsma204/epcis",
    "event-hash-reference/examples",
    "event-hash-reference/expected_equal",
];

// Goal: writing JSON keeps the model of whatever was read from JSON.
// Method: every JSON document of the corpus, read, written, read again.
#[test]
fn json_to_json() {
    let Some(corpus) = common::corpus() else { return };
    let (mut count, mut differences) = (0, Vec::new());
    for file in FOLDERS.iter().flat_map(|folder| files(&corpus.join(folder), &["json", "jsonld"])) {
        let document = load(Input::open(&file).unwrap()).unwrap();
        if document.events.is_empty() {
            continue;
        }
        count += document.events.len();
        let written = to_json(&document).unwrap();
        let again = load(Input::Memory(written.clone())).unwrap();
        if document.events != again.events || document.tail != again.tail {
            differences.push(format!("{}\n{}", file.display(), String::from_utf8_lossy(&written)));
        }
    }
    assert!(differences.is_empty(), "{} files\n{}", differences.len(), differences.join("\n"));
    assert!(count >= 298, "{count} events");
}
