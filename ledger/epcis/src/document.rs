//! Documents: what surrounds the events, and what a reader hands out.

use std::ops::ControlFlow;

use crate::codes::{Code, structure};
use crate::model::{Event, Extension, Value, visit_extension_names, visit_value_names};
use crate::name::{Name, Namespaces};
use crate::problem::{Problem, Problems};

/// In which syntax a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// JSON or JSON-LD (EPCIS 2.0 §10).
    Json,
    /// XML 2.0, or 1.0 to 1.2 read only (§9).
    Xml,
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// `EPCISDocument`: events for capture.
    Capture,
    /// `EPCISQueryDocument` with query results.
    QueryResults,
    /// `EPCISQueryDocument` with a query, or a query in JSON.
    Query,
    /// `EPCISMasterDataDocument`.
    MasterData,
    /// Events without a document around them: one, a list, or one a line.
    BareEvents,
}

/// Everything of a document but its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its syntax.
    pub syntax: Syntax,
    /// Its kind.
    pub kind: DocumentKind,
    /// `schemaVersion` as written.
    pub schema_version: Option<String>,
    /// `creationDate` as written.
    pub creation_date: Option<String>,
    /// The document's own URI (JSON `id`).
    pub id: Option<String>,
    /// JSON `sender`; in XML within the SBDH.
    pub sender: Option<String>,
    /// JSON `receiver`; in XML within the SBDH.
    pub receiver: Option<String>,
    /// JSON `instanceIdentifier`; in XML within the SBDH.
    pub instance_identifier: Option<String>,
    /// Context URIs of a JSON document, in order.
    pub contexts: Vec<String>,
    /// Prefixes declared for the whole document, in JSON without those of the standard contexts.
    pub namespaces: Namespaces,
    /// Master data in the header.
    pub master_data: Vec<MasterVocabulary>,
    /// What else the header holds: the Standard Business Document Header, DSCSA statements, …
    pub header_extensions: Vec<Extension>,
    /// User extensions of the document (those that stand after the events come with [`Item::End`]).
    pub extensions: Vec<Extension>,
    /// User extensions of the body.
    pub body_extensions: Vec<Extension>,
    /// User extensions of `queryResults`.
    pub query_results_extensions: Vec<Extension>,
    /// User extensions of `resultsBody`.
    pub results_body_extensions: Vec<Extension>,
    /// Extensions that one behind the events excludes from event hashes (`ignoreFields`, in XML).
    pub late_ignored_fields: Vec<Name>,
    /// Of query results: the query's name.
    pub query_name: Option<String>,
    /// Of query results: the subscription.
    pub subscription_id: Option<String>,
    /// The query of a [`DocumentKind::Query`].
    pub query: Vec<QueryParameter>,
    /// JSON pointer of the list that holds the events; none where each event is a text of its own.
    pub event_list: Option<&'static str>,
}

impl Header {
    /// A header of this syntax and kind with nothing else said.
    pub fn new(syntax: Syntax, kind: DocumentKind) -> Self {
        Header {
            syntax,
            kind,
            schema_version: None,
            creation_date: None,
            id: None,
            sender: None,
            receiver: None,
            instance_identifier: None,
            contexts: Vec::new(),
            namespaces: Namespaces::default(),
            master_data: Vec::new(),
            header_extensions: Vec::new(),
            extensions: Vec::new(),
            body_extensions: Vec::new(),
            query_results_extensions: Vec::new(),
            results_body_extensions: Vec::new(),
            late_ignored_fields: Vec::new(),
            query_name: None,
            subscription_id: None,
            query: Vec::new(),
            event_list: match kind {
                DocumentKind::Capture | DocumentKind::Query | DocumentKind::MasterData => Some("/epcisBody/eventList"),
                DocumentKind::QueryResults => Some("/epcisBody/queryResults/resultsBody/eventList"),
                DocumentKind::BareEvents => None,
            },
        }
    }

    /// JSON pointer of the event `index` in this document, counted from 0.
    pub fn event_pointer(&self, index: u64) -> String {
        match self.event_list {
            Some(list) => format!("{list}/{index}"),
            None => String::new(),
        }
    }

    /// Calls `visit` with every extension name in the header, for writers that must declare
    /// prefixes.
    pub fn visit_names(&self, visit: &mut dyn FnMut(&Name)) {
        let lists = [
            &self.extensions,
            &self.header_extensions,
            &self.body_extensions,
            &self.query_results_extensions,
            &self.results_body_extensions,
        ];
        lists.into_iter().for_each(|list| visit_extension_names(list, visit));
        for vocabulary in &self.master_data {
            visit_extension_names(&vocabulary.extensions, visit);
            for element in &vocabulary.elements {
                visit_extension_names(&element.extensions, visit);
                let values = element.attributes.iter().filter_map(|attribute| attribute.value.as_ref());
                values.for_each(|value| visit_value_names(value, visit));
            }
        }
    }
}

/// One parameter of a simple event query, with its values as text.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryParameter {
    /// Its name, for example `GE_eventTime`.
    pub name: String,
    /// Its values; none where the document gives none.
    pub values: Option<Vec<String>>,
}

/// A vocabulary of master data (§9.4, `VocabularyList`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MasterVocabulary {
    /// `urn:epcglobal:epcis:vtype:…`.
    pub kind: Option<String>,
    /// Its elements.
    pub elements: Vec<MasterElement>,
    /// User extensions.
    pub extensions: Vec<Extension>,
}

/// One element of a vocabulary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MasterElement {
    /// What it describes.
    pub id: Option<String>,
    /// Attributes: URI and value.
    pub attributes: Vec<MasterAttribute>,
    /// What lies below it in its hierarchy.
    pub children: Option<Vec<String>>,
    /// User extensions.
    pub extensions: Vec<Extension>,
}

/// An attribute of a master data element.
#[derive(Clone, Debug, PartialEq)]
pub struct MasterAttribute {
    /// The attribute's URI.
    pub id: Option<String>,
    /// Its value; none where the document gives none.
    pub value: Option<Value>,
}

/// What a reader hands out, in this order: one header, the events, one end.
pub enum Item<'a> {
    /// The document's header and its problems.
    Header(Box<Header>, Problems),
    /// An event, its structural problems, and where its parts stand.
    Event(Box<Event>, Problems, &'a dyn Locate),
    /// What comes after the events, and the problems of that part.
    End(Tail, Problems),
}

/// User extensions that stand after the events, by the object they are of: in XML their only
/// place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tail {
    /// Of the document.
    pub document: Vec<Extension>,
    /// Of the body.
    pub body: Vec<Extension>,
    /// Of `queryResults`.
    pub query_results: Vec<Extension>,
    /// Of `resultsBody`.
    pub results_body: Vec<Extension>,
}

/// Finds the line of a part of the event at hand.
pub trait Locate {
    /// The line on which the part at `pointer` (relative to the event, in the JSON binding's
    /// words) begins; none where lines are not known.
    fn line(&self, pointer: &str) -> Option<u64>;

    /// The event's own text, where the input is JSON: for whoever must keep the author's bytes.
    fn text(&self) -> Option<&[u8]> {
        None
    }
}

/// For syntaxes whose places are named by pointer alone.
pub struct NoLines;

impl Locate for NoLines {
    fn line(&self, _pointer: &str) -> Option<u64> {
        None
    }
}

/// Receives what a reader reads; `Break` stops the reading.
pub type Receiver<'a> = dyn FnMut(Item<'_>) -> ControlFlow<()> + 'a;

/// What is to be said of a `schemaVersion`: 2.0 is the one known, another 2.x is read as 2.0; 1.x there
/// is in XML only.
pub(crate) fn judge_version(version: &str, syntax: Syntax) -> Option<&'static Code> {
    let major = version.split('.').next().unwrap_or(version);
    // The pattern of the JSON schema: numbers separated by dots.
    if !version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(structure::BAD_VERSION);
    }
    match (major, syntax) {
        ("2", _) if version == "2" || version == "2.0" || version.starts_with("2.0.") => None,
        ("2", _) => Some(structure::OTHER_VERSION),
        ("1", Syntax::Xml) => None,
        _ => Some(structure::BAD_VERSION),
    }
}

/// Limits on what is read. Every one has a default that no honest document meets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one event.
    pub event_bytes_max: usize,
    /// Bytes of everything but the events.
    pub header_bytes_max: usize,
    /// How deep values may be nested.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { event_bytes_max: 16 << 20, header_bytes_max: 64 << 20, depth_max: 64 }
    }
}

/// Why a document could not be read to its end. Items handed out before stay good.
#[derive(Debug)]
pub enum ReadError {
    /// The input could not be read.
    Io(std::io::Error),
    /// The text is broken or a limit was met, so that what follows can't be read.
    Malformed(Box<Problem>),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Io(error) => write!(formatter, "cannot read: {error}"),
            ReadError::Malformed(problem) => write!(formatter, "{}", problem.reason),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        ReadError::Io(error)
    }
}

/// Why a document could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// The output could not be written.
    Io(std::io::Error),
    /// The syntax has no place for a part of the model; the problem names it.
    CannotCarry(Box<Problem>),
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WriteError::Io(error) => write!(formatter, "cannot write: {error}"),
            WriteError::CannotCarry(problem) => write!(formatter, "{}", problem.reason),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        WriteError::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use super::{Syntax, judge_version};

    // Goal: which versions are known, read as 2.0, or refused. Method: a table.
    #[test]
    fn versions() {
        let code = |version, syntax| judge_version(version, syntax).map(|code| code.id);
        for version in ["2", "2.0", "2.0.1"] {
            assert_eq!(code(version, Syntax::Json), None, "{version}");
        }
        assert_eq!(code("2.1", Syntax::Json), Some("EPCIS-OTHER_VERSION"));
        assert_eq!(code("1.2", Syntax::Xml), None);
        for version in ["1.2", "3.0", "", "2.", "2.0 ", " 2.0", "2.x", "2..0", "２.0"] {
            assert_eq!(code(version, Syntax::Json), Some("EPCIS-BAD_VERSION"), "{version}");
        }
    }
}
