//! Reads and judges whole documents, for tests that compare with tables of expectations.
#![allow(dead_code, clippy::unwrap_used)]

mod documents;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use documents::files;
use suyuan_epcis::codes::Severity;
use suyuan_epcis::document::{Item, Limits, ReadError};
use suyuan_epcis::hash::{IgnoredFields, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Problem, Problems};
use suyuan_epcis::validate;

/// Every problem of a document, of its structure and of its meaning, in the order found.
pub fn problems(file: &Path) -> Vec<Problem> {
    let mut input = Input::open(file).unwrap();
    let (mut found, mut ignored) = (Vec::new(), IgnoredFields::new());
    let result = suyuan_epcis::read::read(&mut input, &Limits::default(), &mut |item| {
        match item {
            Item::Header(header, mut problems) => {
                ignored = ignored_fields(&header);
                validate::header(&header, &mut problems);
                found.extend(problems.list);
            }
            Item::Event(event, problems, locate) => found.extend(of_event(&event, problems, &ignored, locate)),
            Item::End(_, problems) => found.extend(problems.list),
        }
        ControlFlow::Continue(())
    });
    if let Err(ReadError::Malformed(problem)) = result {
        found.push(*problem);
    }
    found
}

fn of_event(
    event: &suyuan_epcis::model::Event,
    mut problems: Problems,
    ignored: &IgnoredFields,
    locate: &dyn suyuan_epcis::document::Locate,
) -> Vec<Problem> {
    // Where the event stands: readers name places from the root, in words that do not need this
    // pointer to be exact for a list of codes.
    let pointer = format!("/epcisBody/eventList/{}", problems.event.unwrap_or(0));
    validate::event(event, &pointer, ignored, &mut problems, locate);
    problems.list
}

/// The codes of one severity, in the order found.
pub fn codes(problems: &[Problem], severity: Severity) -> Vec<&'static str> {
    problems.iter().filter(|problem| problem.severity() == severity).map(|problem| problem.reason.code.id).collect()
}

/// Each code once, sorted.
pub fn distinct(mut codes: Vec<&'static str>) -> Vec<&'static str> {
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A file below the corpus, and the exact codes expected of it: every error in the order found,
/// and every warning once.
pub type Expected<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

/// Compares every file of `folder` with its row of `table`. A file without row must have no
/// error and no warning; a row without file is a fault too.
pub fn compare(corpus: &Path, folder: &str, suffixes: &[&str], table: &[Expected<'_>]) -> (usize, Vec<String>) {
    let mut rows: BTreeMap<&str, (&[&str], &[&str])> =
        table.iter().map(|(file, errors, warnings)| (*file, (*errors, *warnings))).collect();
    let mut differences = Vec::new();
    let found = files(&corpus.join(folder), suffixes);
    for file in &found {
        let name = file.strip_prefix(corpus.join(folder)).unwrap().to_str().unwrap();
        let problems = problems(file);
        let (errors, warnings) = (codes(&problems, Severity::Error), distinct(codes(&problems, Severity::Warning)));
        let (expected_errors, expected_warnings) = rows.remove(name).unwrap_or_default();
        if errors != expected_errors || warnings != expected_warnings {
            differences.push(format!("(\"{name}\", &{errors:?}, &{warnings:?}),"));
            for problem in problems.iter().filter(|_| std::env::var_os("SUYUAN_EXPLAIN").is_some()) {
                differences.push(format!("    {} {}", problem.place.pointer, problem.reason));
            }
        }
    }
    differences.extend(rows.keys().map(|name| format!("{folder}/{name} is in the table but not in the corpus")));
    (found.len(), differences)
}
