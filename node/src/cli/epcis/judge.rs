//! Judges what the reader hands out beyond its structure.

use suyuan_epcis::document::{Header, Locate};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Problems;
use suyuan_epcis::validate::{self, DocumentRules};

use super::is_unreadable;

/// What the judgement of an event needs of its document and of the events before it.
pub struct Judge {
    header: Header,
    ignored: IgnoredFields,
    rules: DocumentRules,
}

impl Judge {
    /// Judges the header, and is ready for its events.
    pub fn new(header: Header, problems: &mut Problems) -> Self {
        validate::header(&header, problems);
        Judge { ignored: ignored_fields(&header), header, rules: DocumentRules::default() }
    }

    /// Adds what is wrong with the meaning of the event that the problems are of.
    pub fn event(&mut self, event: &Event, problems: &mut Problems, lines: &dyn Locate) {
        if is_unreadable(event) {
            return;
        }
        let pointer = self.header.event_pointer(problems.event.unwrap_or(0));
        validate::event(event, &pointer, &self.ignored, problems, lines);
        let digest = EventHash::of(event, Profile::default(), &self.ignored).digest;
        self.rules.event(event, Some(digest), &pointer, problems, lines);
    }
}
