//! Adds problems to a collection, with their place in the document.

use crate::codes::{Code, Severity};
use crate::document::Locate;
use crate::problem::{PROBLEMS_MAX, Path, Place, Problem, Problems, Reason};

/// Where the problems of one event go. Paths given to it are relative to the event.
pub(super) struct Report<'a> {
    pointer: &'a str,
    problems: &'a mut Problems,
    locate: &'a dyn Locate,
    /// How many problems there were before these: what the reader found.
    found_by_reader: usize,
    has_error: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(pointer: &'a str, problems: &'a mut Problems, locate: &'a dyn Locate) -> Self {
        let (found_by_reader, has_error) = (problems.list.len(), problems.has_error());
        Report { pointer, problems, locate, found_by_reader, has_error }
    }

    /// Adds a problem at `path`.
    pub(super) fn add(&mut self, code: &'static Code, arguments: &[&str], path: &Path<'_>) {
        match self.has_room(code.severity) {
            true => self.add_reason(Reason::new(code, arguments), path),
            false => self.problems.dropped += 1,
        }
    }

    /// Adds a reason at `path`.
    pub(super) fn add_reason(&mut self, reason: Reason, path: &Path<'_>) {
        if !self.has_room(reason.code.severity) {
            self.problems.dropped += 1;
            return;
        }
        if self.problems.list.len() >= PROBLEMS_MAX {
            // Warnings must not hide that there is an error: the last makes place for the first one.
            self.problems.list.pop();
            self.problems.dropped += 1;
        }
        self.has_error |= reason.code.severity == Severity::Error;
        let relative = path.pointer();
        let line = self.locate.line(&relative);
        let place = Place { event: self.problems.event, pointer: [self.pointer, &relative].concat(), line };
        self.problems.list.push(Problem { reason, place });
    }

    fn has_room(&self, severity: Severity) -> bool {
        self.problems.list.len() < PROBLEMS_MAX || (severity == Severity::Error && !self.has_error)
    }

    /// Whether one of the problems is an error.
    pub(super) fn has_error(&self) -> bool {
        self.has_error
    }

    /// Whether a warning would be dropped: then nothing costly need be found out for its text.
    pub(super) fn is_full(&self) -> bool {
        self.problems.list.len() >= PROBLEMS_MAX
    }

    /// Whether the reader reported anything at or below `field` of the event. Then what is absent
    /// from the model may be there in the document.
    pub(super) fn reader_found(&self, field: &str) -> bool {
        self.problems.list.iter().take(self.found_by_reader).any(|problem| {
            let relative = problem.place.pointer.strip_prefix(self.pointer);
            let rest = relative.and_then(|relative| relative.strip_prefix('/')?.strip_prefix(field));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
