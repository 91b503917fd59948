//! Judges what the reader hands out beyond its structure.

use suyuan_epcis::document::{Header, Locate};
use suyuan_epcis::hash::ignored_fields;
use suyuan_epcis::model::Event;
use suyuan_epcis::name::Name;
use suyuan_epcis::problem::Problems;

use super::is_unreadable;

/// What the judgement of an event needs of its document.
pub struct Judge {
    header: Header,
    ignored: Vec<Name>,
}

impl Judge {
    /// Judges the header, and is ready for its events.
    pub fn new(header: Header, _: &mut Problems) -> Self {
        Judge { ignored: ignored_fields(&header), header }
    }

    /// Adds what is wrong with the meaning of the event that the problems are of.
    pub fn event(&self, event: &Event, problems: &mut Problems, lines: &dyn Locate) {
        if is_unreadable(event) {
            return;
        }
        let pointer = self.header.event_pointer(problems.event.unwrap_or(0));
        let _ = (pointer, lines, &self.ignored);
    }
}
