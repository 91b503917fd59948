//! Reads whole documents, and finds them.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use suyuan_epcis::document::{Header, Item, Limits, ReadError, Receiver, Tail};
use suyuan_epcis::hash::{EventHash, Profile, ignored_fields, prehash};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Problem;

/// A whole document.
pub struct Document {
    pub header: Header,
    pub events: Vec<Event>,
    pub tail: Tail,
    /// The problems of each event.
    pub event_problems: Vec<Vec<Problem>>,
    /// The problems of all that is no event.
    pub other_problems: Vec<Problem>,
}

impl Document {
    /// The problems of its events, then all others.
    pub fn problems(&self) -> Vec<&Problem> {
        self.event_problems.iter().flatten().chain(&self.other_problems).collect()
    }
}

/// What `read` hands out.
pub fn collect(read: impl FnOnce(&mut Receiver<'_>) -> Result<(), ReadError>) -> Result<Document, ReadError> {
    let (mut header, mut events, mut tail) = (None, Vec::new(), Tail::default());
    let (mut event_problems, mut other_problems) = (Vec::new(), Vec::new());
    read(&mut |item| {
        match item {
            Item::Header(read, problems) => {
                header = Some(*read);
                other_problems.extend(problems.list);
            }
            Item::Event(event, problems, _) => {
                events.push(*event);
                event_problems.push(problems.list);
            }
            Item::End(rest, problems) => {
                tail = rest;
                other_problems.extend(problems.list);
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(Document { header: header.unwrap(), events, tail, event_problems, other_problems })
}

/// Reads a document of any syntax.
pub fn load(mut input: Input) -> Result<Document, ReadError> {
    collect(|receiver| suyuan_epcis::read::read(&mut input, &Limits::default(), receiver))
}

/// The hashes of a file's events under `profile`, with what was hashed.
pub fn hashes(file: &Path, profile: Profile) -> Vec<(String, String)> {
    let document = load(Input::open(file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let ignored = ignored_fields(&document.header);
    let of = |event| (EventHash::of(event, profile, &ignored).to_ni(), prehash(event, profile, &ignored));
    document.events.iter().map(of).collect()
}

/// All files below `folder` with one of these endings, sorted.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
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
