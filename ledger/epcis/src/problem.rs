//! Problems: what is wrong with an input, where, and how much it weighs.

use std::fmt;

use crate::codes::{Code, Language, Severity};

/// A code with its arguments: the whole of what an identifier's parser has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The registry entry.
    pub code: &'static Code,
    /// What the texts' `{0}`, `{1}` … stand for.
    pub arguments: Vec<String>,
}

impl Reason {
    /// A reason with its arguments.
    pub fn new(code: &'static Code, arguments: &[&str]) -> Self {
        Reason { code, arguments: arguments.iter().map(|argument| shorten(argument)).collect() }
    }

    /// What is wrong, in `language`.
    pub fn what(&self, language: Language) -> String {
        self.code.what.render(language, &self.arguments)
    }

    /// What to do about it, in `language`.
    pub fn remedy(&self, language: Language) -> String {
        self.code.remedy.render(language, &self.arguments)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.id, self.what(Language::En))
    }
}

impl std::error::Error for Reason {}

/// An argument longer than this many characters is shown shortened, so that a hostile value of
/// megabytes doesn't fill a log.
const ARGUMENT_CHARACTERS_MAX: usize = 120;

fn shorten(argument: &str) -> String {
    match argument.char_indices().nth(ARGUMENT_CHARACTERS_MAX) {
        None => argument.to_owned(),
        Some((cut, _)) => format!("{}…", &argument[..cut]),
    }
}

/// Where in a document a problem is. The file's name is known to the caller, not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Index of the event in the document, from 0; none for the document itself.
    pub event: Option<u64>,
    /// JSON pointer (RFC 6901) from the document's root; for XML the same path in the words of
    /// the JSON binding, so that both syntaxes name a place alike.
    pub pointer: String,
    /// Line from 1: of XML always, of JSON where the text itself is broken.
    pub line: Option<u64>,
}

/// A reason at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub reason: Reason,
    /// Where.
    pub place: Place,
}

impl Problem {
    /// Error or warning.
    pub fn severity(&self) -> Severity {
        self.reason.code.severity
    }

    /// Whether the document must be refused for it.
    pub fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }
}

/// A path into a document, kept on the stack while reading and written out only for a problem.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

/// One step of a [`Path`].
#[derive(Clone, Copy)]
enum Step<'a> {
    /// Text that already is a JSON pointer.
    Base(&'a str),
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// A path that begins at the JSON pointer `pointer` (empty for the root).
    pub fn root(pointer: &'a str) -> Self {
        Path { parent: None, step: Step::Base(pointer) }
    }

    /// The member `key` below.
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    /// The element `index` below.
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// The name of the nearest member at or above this place: what a message calls the structure.
    pub fn name(&self) -> &'a str {
        match (self.step, self.parent) {
            (Step::Key(key), _) => key,
            (_, Some(parent)) => parent.name(),
            _ => "EPCIS",
        }
    }

    /// The JSON pointer (RFC 6901 §3: `~` is written `~0`, `/` is written `~1`).
    pub fn pointer(&self) -> String {
        let mut pointer = match self.parent {
            Some(parent) => parent.pointer(),
            None => String::new(),
        };
        match self.step {
            Step::Base(base) => pointer.push_str(base),
            Step::Key(key) => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// Collects the problems of one event or document, up to a limit, so that a hostile document
/// of a million faults costs neither memory nor the reader's patience.
#[derive(Debug, Default)]
pub struct Problems {
    /// The problems, in the order found.
    pub list: Vec<Problem>,
    /// How many more there were.
    pub dropped: u64,
    /// The event being read.
    pub event: Option<u64>,
}

/// Problems kept an event.
pub const PROBLEMS_MAX: usize = 100;

impl Problems {
    /// For the event `event`, or the document.
    pub fn new(event: Option<u64>) -> Self {
        Problems { list: Vec::new(), dropped: 0, event }
    }

    /// Adds a problem at `path`.
    pub fn add(&mut self, code: &'static Code, arguments: &[&str], path: &Path<'_>) {
        self.add_reason(Reason::new(code, arguments), path, None);
    }

    /// Adds a reason at `path` and, where known, a line.
    pub fn add_reason(&mut self, reason: Reason, path: &Path<'_>, line: Option<u64>) {
        if self.list.len() >= PROBLEMS_MAX {
            self.dropped += 1;
            if reason.code.severity != Severity::Error || self.has_error() {
                return;
            }
            // Warnings must not hide that there is an error: the last makes place for the first one.
            self.list.pop();
        }
        let place = Place { event: self.event, pointer: path.pointer(), line };
        self.list.push(Problem { reason, place });
    }

    /// Whether any of them is an error.
    pub fn has_error(&self) -> bool {
        self.list.iter().any(Problem::is_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::structure;

    // Goal: of a flood of problems few are kept, and never warnings alone where there is an error. Method: warnings
    // up to the limit and beyond, then two errors.
    #[test]
    fn warnings_hide_no_error() {
        let mut problems = Problems::new(None);
        for _ in 0..PROBLEMS_MAX + 5 {
            problems.add(structure::JSON_WORD, &["a", "b"], &Path::root(""));
        }
        assert_eq!((problems.list.len(), problems.dropped, problems.has_error()), (PROBLEMS_MAX, 5, false));
        problems.add(structure::BAD_TIME, &["first"], &Path::root(""));
        problems.add(structure::BAD_TIME, &["second"], &Path::root(""));
        assert_eq!((problems.list.len(), problems.dropped, problems.has_error()), (PROBLEMS_MAX, 7, true));
        assert_eq!(&*problems.list[PROBLEMS_MAX - 1].reason.arguments[0], "first");
    }
}
