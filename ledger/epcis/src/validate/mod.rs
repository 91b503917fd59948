//! Judges what events and headers mean (EPCIS 2.0 §7, CBV 2.0), beyond their structure.
//!
//! Readers report what has the wrong shape; nothing of that is repeated here, and a rule about a
//! value whose shape is wrong is passed over. No clock is read: whether a time lies in the
//! future, whoever has a clock must judge.
//!
//! An event without faults costs no allocation as long as it names objects by URN and brings no
//! sensor data, hash or extensions; long lists are compared by sorting, never pairwise.

mod document;
mod extensions;
mod header;
mod how;
mod identifier;
mod lists;
mod quantity;
mod report;
mod uris;
mod what;
mod when;
mod why;
mod words;

pub use document::DocumentRules;
pub use header::header;
pub use identifier::identifier_reason;

use crate::document::Locate;
use crate::hash::IgnoredFields;
use crate::model::Event;
use crate::problem::{Path, Problems};
use report::Report;

/// Adds the problems of `event`, which stands at the JSON pointer `pointer` of its document.
/// `ignored` are the extensions that the document excludes from event hashes
/// ([`crate::hash::ignored_fields`]).
pub fn event(event: &Event, pointer: &str, ignored: &IgnoredFields, problems: &mut Problems, locate: &dyn Locate) {
    let mut report = Report::new(pointer, problems, locate);
    let root = Path::root("");
    uris::check(event, &root, &mut report);
    what::check(event, &root, &mut report);
    when::check(event, &root, &mut report);
    why::check(event, ignored, &root, &mut report);
    how::check(event, &root, &mut report);
    extensions::check(event, &mut report);
}

#[cfg(test)]
mod tests;
