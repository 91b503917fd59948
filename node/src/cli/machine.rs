//! Answers for machines: what every command's JSON shares.

use std::io::{self, Write};

use serde::Serialize;
use suyuan_epcis::codes::{Language, Severity};
use suyuan_epcis::problem::{Problem, Reason};

/// A problem in JSON.
#[derive(Serialize)]
pub struct ProblemEntry {
    severity: &'static str,
    code: &'static str,
    /// Index of the event in its document, from 0.
    event: Option<u64>,
    /// JSON pointer from the document's root.
    pointer: String,
    /// Line from 1, where known.
    line: Option<u64>,
    what: String,
    remedy: String,
}

impl ProblemEntry {
    /// The entry of `problem`, its texts in `language`.
    pub fn new(problem: &Problem, language: Language) -> Self {
        ProblemEntry {
            severity: severity(problem.severity()),
            code: problem.reason.code.id,
            event: problem.place.event,
            pointer: problem.place.pointer.clone(),
            line: problem.place.line,
            what: problem.reason.what(language),
            remedy: problem.reason.remedy(language),
        }
    }
}

/// A reason in JSON.
#[derive(Serialize)]
pub struct ReasonEntry {
    code: &'static str,
    what: String,
    remedy: String,
}

impl ReasonEntry {
    /// The entry of `reason`, its texts in `language`.
    pub fn new(reason: &Reason, language: Language) -> Self {
        ReasonEntry { code: reason.code.id, what: reason.what(language), remedy: reason.remedy(language) }
    }
}

/// The severity in JSON, the same in every language.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Writes a value, without a line's end.
pub fn write(value: &impl Serialize, sink: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(sink, value).map_err(io::Error::from)
}

/// A JSON list written element by element, so that it needs no memory.
#[derive(Default)]
pub struct List {
    begun: bool,
}

impl List {
    /// Writes what stands before the next element.
    pub fn next(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        let separator: &[u8] = if self.begun { b",\n" } else { b"\n" };
        self.begun = true;
        sink.write_all(separator)
    }
}
