//! Reads whole documents: from the root to the list of events, each handed out as it is read.

use std::io::BufRead;
use std::ops::ControlFlow;

use super::event;
use super::extension::{attribute, is_schema_instance};
use super::header;
use super::lexical::{is_date_time, is_decimal};
use super::locate::Lines;
use super::namespace::{self, Standard, Version, is_implied, standard};
use super::source::{Source, Step};
use super::tree::Element;
use crate::codes::structure;
use crate::codes::{Code, xml as codes};
use crate::document::{DocumentKind, Header, Item, Limits, ReadError, Receiver, Syntax, Tail, judge_version};
use crate::model::{EventType, Extension};
use crate::name::Namespaces;
use crate::problem::{Path, Problems, Reason};

const QUERY_RESULTS: &str = "/epcisBody/queryResults";
const RESULTS_BODY: &str = "/epcisBody/queryResults/resultsBody";

/// Reads a document of EPCIS 2.0 or 1.x, or a bare event, and hands out its parts in order. Faults
/// of an event go with it, and reading goes on; it ends early only where the text is not
/// well-formed XML, exceeds a limit, or the receiver breaks off.
///
/// User extensions that stand after the events come with [`Item::End`].
pub fn read(input: &mut dyn BufRead, limits: &Limits, receiver: &mut Receiver<'_>) -> Result<(), ReadError> {
    let mut reader = DocumentReader {
        source: Source::open(input, limits)?,
        receiver,
        version: Version::Two,
        header: Some(Box::new(Header::new(Syntax::Xml, DocumentKind::Capture))),
        namespaces: Namespaces::default(),
        problems: Problems::new(None),
        tail: Tail::default(),
        events: 0,
    };
    match reader.document() {
        Ok(()) | Err(Stop::Broken) => Ok(()),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Different prefixes of one event; each declaration is looked up among them.
const EVENT_PREFIXES_MAX: usize = 256;

/// Why reading stops before the end.
enum Stop {
    /// The receiver has enough.
    Broken,
    Error(ReadError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Stop::Error(error)
    }
}

struct DocumentReader<'a, 'r> {
    source: Source<'a>,
    receiver: &'a mut Receiver<'r>,
    version: Version,
    /// Until it is handed out.
    header: Option<Box<Header>>,
    /// Prefixes of the document.
    namespaces: Namespaces,
    /// Of the header until it is handed out, then of the end.
    problems: Problems,
    /// Extensions that come after the events.
    tail: Tail,
    /// How many were handed out.
    events: u64,
}

impl DocumentReader<'_, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        if self.source.step(false)? != Step::Start {
            return Err(self.source.ill_formed("no root element").into());
        }
        let root = self.source.tree.root();
        let local = root.local().to_owned();
        let in_namespace = standard(root.namespace());
        let kind = match (in_namespace, local.as_str()) {
            (Some(Standard::Epcis(_)), "EPCISDocument") => DocumentKind::Capture,
            (Some(Standard::Query(_)), "EPCISQueryDocument") => DocumentKind::QueryResults,
            (Some(Standard::MasterData(_)), "EPCISMasterDataDocument") => DocumentKind::MasterData,
            (Some(_), name) if name.ends_with("Event") => DocumentKind::BareEvents,
            (None, name) if name.ends_with("Event") => DocumentKind::BareEvents,
            _ => {
                let name = root.qualified().into_owned();
                return Err(self.source.error(codes::XML_ROOT, &[&name]).into());
            }
        };
        self.version = match in_namespace {
            Some(Standard::Epcis(version) | Standard::Query(version) | Standard::MasterData(version)) => version,
            None => self.declared_version(),
        };
        self.edit(|header| header.kind = kind);
        self.root_attributes(kind);
        if kind == DocumentKind::BareEvents {
            self.hand_out_header()?;
            self.event("")?;
        } else {
            self.bind_document();
            self.root_children(kind)?;
        }
        self.source.event = None;
        if self.source.step(false)? != Step::Eof {
            return Err(self.source.ill_formed("a second root element").into());
        }
        self.hand_out_header()?;
        let problems = std::mem::replace(&mut self.problems, Problems::new(None));
        let tail = std::mem::take(&mut self.tail);
        self.hand_out(Item::End(tail, problems))
    }

    /// The version of a bare event: 1.x if it declares that namespace.
    fn declared_version(&self) -> Version {
        let one = |binding: &crate::name::Binding| {
            matches!(standard(&binding.namespace), Some(Standard::Epcis(Version::One)))
        };
        match self.source.own_bindings().iter().any(one) {
            true => Version::One,
            false => Version::Two,
        }
    }

    /// Changes the header, as long as it is not handed out.
    fn edit(&mut self, change: impl FnOnce(&mut Header)) {
        if let Some(header) = &mut self.header {
            change(header);
        }
    }

    fn root_attributes(&mut self, kind: DocumentKind) {
        let root = self.source.tree.root();
        let Some(header) = &mut self.header else { return };
        header.schema_version = root.attribute("schemaVersion").map(str::to_owned);
        header.creation_date = root.attribute("creationDate").map(str::to_owned);
        if kind == DocumentKind::BareEvents {
            return;
        }
        let path = Path::root("");
        for name in ["schemaVersion", "creationDate"] {
            let path = path.key(name);
            match root.attribute(name) {
                None => header::report(&mut self.problems, structure::MISSING_FIELD, &[name, path.name()], &path, root),
                Some(value) if name == "schemaVersion" && !is_decimal(value) => {
                    header::report(&mut self.problems, structure::BAD_NUMBER, &[value], &path, root);
                }
                Some(value) if name == "schemaVersion" => {
                    if let Some(code) = judge_version(value, Syntax::Xml) {
                        header::report(&mut self.problems, code, &[value], &path, root);
                    }
                }
                Some(value) if name == "creationDate" && !is_date_time(value) => {
                    header::report(&mut self.problems, structure::BAD_TIME, &[value], &path, root);
                }
                Some(_) => {}
            }
        }
        header.id = root.attribute("id").map(str::to_owned);
        for found in root.attributes().filter(|found| !is_schema_instance(*found)) {
            match (found.namespace(), found.local()) {
                ("", "schemaVersion" | "creationDate" | "id") => continue,
                ("", name) => {
                    header::report(
                        &mut self.problems,
                        structure::UNKNOWN_FIELD,
                        &[name, path.name()],
                        &path.key(name),
                        root,
                    );
                }
                _ => {}
            }
            header.extensions.push(attribute(found));
        }
    }

    /// The bindings of the element at hand become the document's.
    fn bind_document(&mut self) {
        for binding in self.source.own_bindings() {
            let free = self.namespaces.get(&binding.prefix).is_none();
            if free && !binding.prefix.is_empty() && !is_implied(&binding.namespace) {
                self.namespaces.bind(&binding.prefix, &binding.namespace);
            }
        }
    }

    fn root_children(&mut self, kind: DocumentKind) -> Result<(), Stop> {
        let line = self.source.line();
        let mut position = 0;
        loop {
            match self.source.step(false)? {
                Step::Start => {}
                Step::Text => {
                    self.report(codes::XML_TEXT, &["EPCISDocument"], "");
                    continue;
                }
                Step::Close | Step::Eof => break,
            }
            let child = self.source.tree.root();
            let local = child.local().to_owned();
            let own = child.namespace().is_empty() || standard(child.namespace()).is_some();
            let rank = match local.as_str() {
                "EPCISHeader" if own => 1,
                "EPCISBody" if own => 2,
                "extension" if own => 3,
                _ => 4,
            };
            if rank < position || (rank == position && rank < 4) || (rank > 2 && position < 2) {
                self.report_here(codes::XML_ORDER, &[&local], "");
            }
            if rank < 3 || position >= 2 {
                position = position.max(rank);
            }
            self.report_qualified();
            match rank {
                // Results without the elements around them: wrong, but the events are not lost.
                4 if own && local == "resultsBody" && kind == DocumentKind::QueryResults => self.results_body()?,
                1 => {
                    self.source.finish(false)?;
                    let element = self.source.tree.root();
                    if let Some(header) = &mut self.header {
                        header::read(element, self.version, header, &mut self.problems);
                    }
                }
                2 => {
                    self.bind_document();
                    self.body(kind)?;
                }
                _ => self.other("")?,
            }
        }
        if position < 2 {
            let reason = Reason::new(structure::MISSING_FIELD, &["EPCISBody", "EPCISDocument"]);
            self.problems.add_reason(reason, &Path::root("/epcisBody"), Some(line));
        }
        Ok(())
    }

    /// An element that is no known part: an extension of the document, before or after the
    /// events.
    fn other(&mut self, pointer: &str) -> Result<(), Stop> {
        self.source.finish(false)?;
        let element = self.source.tree.root();
        let extensions = match (&mut self.header, pointer) {
            (Some(header), "/epcisBody") => &mut header.body_extensions,
            (Some(header), QUERY_RESULTS) => &mut header.query_results_extensions,
            (Some(header), RESULTS_BODY) => &mut header.results_body_extensions,
            (Some(header), _) => &mut header.extensions,
            (None, "/epcisBody") => &mut self.tail.body,
            (None, QUERY_RESULTS) => &mut self.tail.query_results,
            (None, RESULTS_BODY) => &mut self.tail.results_body,
            (None, _) => &mut self.tail.document,
        };
        header::wrapped(element, extensions, &mut self.problems, &Path::root(pointer));
        Ok(())
    }

    fn body(&mut self, kind: DocumentKind) -> Result<(), Stop> {
        let pointer = "/epcisBody";
        let mut seen = false;
        loop {
            match self.source.step(false)? {
                Step::Start => {}
                Step::Text => {
                    self.report(codes::XML_TEXT, &["EPCISBody"], pointer);
                    continue;
                }
                Step::Close | Step::Eof => break,
            }
            let child = self.source.tree.root();
            let own = child.namespace().is_empty() || standard(child.namespace()).is_some();
            if matches!(child.local(), "EventList" | "VocabularyList" | "QueryResults" | "Poll")
                && own
                && std::mem::replace(&mut seen, true)
            {
                let path = Path::root(pointer);
                header::report(&mut self.problems, structure::DUPLICATE_FIELD, &[child.local()], &path, child);
            }
            match (kind, child.local()) {
                (DocumentKind::Capture, "EventList") if own => {
                    self.report_qualified();
                    self.event_list("/epcisBody/eventList")?;
                }
                (DocumentKind::MasterData, "VocabularyList") if own => {
                    self.report_qualified();
                    self.vocabulary_list()?;
                }
                (DocumentKind::QueryResults, "QueryResults") if own => {
                    self.require_query_namespace();
                    self.bind_document();
                    self.query_results()?;
                }
                (DocumentKind::QueryResults, "Poll") if own => {
                    self.require_query_namespace();
                    self.source.finish(false)?;
                    let element = self.source.tree.root();
                    if let Some(header) = &mut self.header {
                        header.kind = DocumentKind::Query;
                        header::poll(element, header, &mut self.problems);
                    }
                }
                _ => self.other(pointer)?,
            }
        }
        if kind == DocumentKind::QueryResults && !seen {
            self.report(structure::MISSING_FIELD, &["QueryResults", "EPCISBody"], pointer);
        }
        // Extensions of the document that follow are those of the end.
        self.hand_out_header()
    }

    fn vocabulary_list(&mut self) -> Result<(), Stop> {
        self.source.finish(false)?;
        let element = self.source.tree.root();
        if let Some(header) = &mut self.header {
            let path = Path::root("/epcisBody/vocabularyList");
            header::vocabularies(element, &mut header.master_data, &mut self.problems, &path);
        }
        Ok(())
    }

    /// `epcisq:QueryResults`: queryName, subscriptionID, resultsBody, extensions.
    fn query_results(&mut self) -> Result<(), Stop> {
        let pointer = QUERY_RESULTS;
        let line = self.source.line();
        let mut position = 0;
        while let step @ (Step::Start | Step::Text) = self.source.step(false)? {
            if step == Step::Text {
                self.report(codes::XML_TEXT, &["QueryResults"], pointer);
                continue;
            }
            let child = self.source.tree.root();
            let own = child.namespace().is_empty() || standard(child.namespace()).is_some();
            let local = child.local().to_owned();
            let rank = match local.as_str() {
                "queryName" if own => 1,
                "subscriptionID" if own => 2,
                "resultsBody" if own => 3,
                _ => 4,
            };
            if rank < position || (rank == position && rank < 4) {
                self.report_here(codes::XML_ORDER, &[&local], pointer);
            }
            if position == 0 && rank > 1 {
                let path = Path::root(pointer);
                let reason = Reason::new(structure::MISSING_FIELD, &["queryName", path.name()]);
                self.problems.add_reason(reason, &path.key("queryName"), Some(line));
            }
            position = position.max(rank);
            self.report_qualified();
            match rank {
                1 | 2 => {
                    self.source.finish(false)?;
                    let text = Some(self.source.tree.root().text().into_owned());
                    self.edit(|header| match rank {
                        1 => header.query_name = text,
                        _ => header.subscription_id = text,
                    });
                }
                3 => self.results_body()?,
                _ => self.other(QUERY_RESULTS)?,
            }
        }
        if position < 3 {
            let reason = Reason::new(structure::MISSING_FIELD, &["resultsBody", "queryResults"]);
            self.problems.add_reason(reason, &Path::root("/epcisBody/queryResults/resultsBody"), Some(line));
        }
        Ok(())
    }

    fn results_body(&mut self) -> Result<(), Stop> {
        let (pointer, line) = (RESULTS_BODY, self.source.line());
        let mut seen = false;
        while let step @ (Step::Start | Step::Text) = self.source.step(false)? {
            if step == Step::Text {
                self.report(codes::XML_TEXT, &["resultsBody"], pointer);
                continue;
            }
            self.report_qualified();
            let child = self.source.tree.root();
            if matches!(child.local(), "EventList" | "VocabularyList") && std::mem::replace(&mut seen, true) {
                let path = Path::root(pointer);
                header::report(&mut self.problems, structure::DUPLICATE_FIELD, &[child.local()], &path, child);
            }
            match child.local() {
                "EventList" => self.event_list("/epcisBody/queryResults/resultsBody/eventList")?,
                "VocabularyList" => self.vocabulary_list()?,
                _ => self.other(pointer)?,
            }
        }
        if !seen {
            let reason = Reason::new(structure::MISSING_FIELD, &["EventList", "resultsBody"]);
            self.problems.add_reason(reason, &Path::root(pointer), Some(line));
        }
        Ok(())
    }

    /// The events, also those within `extension`: 1.x keeps TransformationEvent there, 2.0 the
    /// events of users' own types.
    fn event_list(&mut self, pointer: &'static str) -> Result<(), Stop> {
        self.bind_document();
        self.hand_out_header()?;
        let mut wrappers = 0;
        loop {
            match self.source.step(true)? {
                Step::Start => {}
                Step::Text => {
                    self.report(codes::XML_TEXT, &["EventList"], pointer);
                    continue;
                }
                Step::Close | Step::Eof if wrappers == 0 => break,
                Step::Close | Step::Eof => {
                    wrappers -= 1;
                    continue;
                }
            }
            if self.source.tree.root().is("extension") {
                wrappers += 1;
                continue;
            }
            self.event_at(pointer, wrappers)?;
        }
        self.source.event = None;
        Ok(())
    }

    fn event_at(&mut self, pointer: &'static str, wrappers: usize) -> Result<(), Stop> {
        let pointer = format!("{pointer}/{}", self.events);
        let name = self.source.tree.root().local();
        // Where the XSD wants each type: directly, or within so many `extension`.
        let expected = match (self.version, name) {
            (Version::One, "TransformationEvent") => 1,
            (Version::One, "AssociationEvent") => 2,
            _ => 0,
        };
        let foreign =
            !self.source.tree.root().namespace().is_empty() && standard(self.source.tree.root().namespace()).is_none();
        let known = EventType::STANDARD.iter().any(|event_type| event_type.name() == name);
        let misplaced = match foreign {
            true => wrappers == 0,
            false => known && wrappers != expected,
        };
        self.event_with(&pointer, misplaced)
    }

    fn event(&mut self, pointer: &str) -> Result<(), Stop> {
        self.event_with(pointer, false)
    }

    /// Reads the event whose start tag is at hand and hands it out.
    fn event_with(&mut self, pointer: &str, misplaced: bool) -> Result<(), Stop> {
        self.source.event = Some(self.events);
        pointer.clone_into(&mut self.source.pointer);
        self.source.finish(true)?;
        self.source.pointer.clear();
        let root = self.source.tree.root();
        let mut problems = Problems::new(Some(self.events));
        let path = Path::root(pointer);
        let event_type = self.event_type(root, &mut problems, &path);
        if misplaced {
            header::report(&mut problems, codes::XML_PLACE, &[root.local(), self.version.text()], &path, root);
        }
        let mut event = Box::new(event::read(root, event_type, self.version, &mut problems, &path));
        if pointer.is_empty() {
            // They are the document's, which a bare event has none of.
            event.extensions.retain(|found| !is_document_attribute(found));
            problems
                .list
                .retain(|problem| !matches!(problem.place.pointer.as_str(), "/@schemaVersion" | "/@creationDate"));
        }
        for binding in self.source.own_bindings() {
            let of_document = self.namespaces.get(&binding.prefix).is_some_and(|known| known == binding);
            let bound = event.namespaces.get(&binding.prefix).is_some();
            if !of_document && !bound && !binding.prefix.is_empty() && !is_implied(&binding.namespace) {
                if event.namespaces.iter().count() >= EVENT_PREFIXES_MAX {
                    let arguments = [&EVENT_PREFIXES_MAX.to_string(), "namespace prefixes of an event"];
                    return Err(self.source.error(codes::XML_TOO_MANY, &arguments).into());
                }
                event.namespaces.bind(&binding.prefix, &binding.namespace);
            }
        }
        self.events += 1;
        match (self.receiver)(Item::Event(event, problems, &Lines { root })) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Broken),
        }
    }

    fn event_type(&self, root: Element<'_>, problems: &mut Problems, path: &Path<'_>) -> EventType {
        let foreign = !root.namespace().is_empty() && standard(root.namespace()).is_none();
        if foreign {
            return EventType::Other(root.qualified().into_owned());
        }
        if !root.namespace().is_empty() {
            header::report(problems, codes::XML_QUALIFIED, &[&root.qualified()], path, root);
        }
        let event_type = EventType::from_name(root.local());
        match (&event_type, self.version) {
            (EventType::Other(name), _) if name == "QuantityEvent" => {
                header::report(problems, codes::XML_QUANTITY_EVENT, &[], path, root);
            }
            (EventType::Other(name), _) => {
                header::report(problems, structure::UNKNOWN_EVENT_TYPE, &[name], path, root);
            }
            (EventType::Association, Version::One) => {
                header::report(problems, codes::XML_LATER_VERSION, &["AssociationEvent"], path, root);
            }
            _ => {}
        }
        event_type
    }

    fn hand_out_header(&mut self) -> Result<(), Stop> {
        let Some(mut header) = self.header.take() else { return Ok(()) };
        header.namespaces = self.namespaces.clone();
        let problems = std::mem::replace(&mut self.problems, Problems::new(None));
        self.hand_out(Item::Header(header, problems))
    }

    fn hand_out(&mut self, item: Item<'_>) -> Result<(), Stop> {
        match (self.receiver)(item) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Broken),
        }
    }

    fn report(&mut self, code: &'static Code, arguments: &[&str], pointer: &str) {
        let line = Some(self.source.line());
        self.problems.add_reason(Reason::new(code, arguments), &Path::root(pointer), line);
    }

    /// Reports at the element at hand.
    fn report_here(&mut self, code: &'static Code, arguments: &[&str], pointer: &str) {
        let line = Some(self.source.tree.root().line());
        self.problems.add_reason(Reason::new(code, arguments), &Path::root(pointer), line);
    }

    /// Reports the element at hand if it stands in a namespace of the standard.
    fn report_qualified(&mut self) {
        let root = self.source.tree.root();
        if standard(root.namespace()).is_some() {
            header::report(&mut self.problems, codes::XML_QUALIFIED, &[&root.qualified()], &Path::root(""), root);
        }
    }

    /// Reports the element at hand if it does not stand in the query namespace.
    fn require_query_namespace(&mut self) {
        let root = self.source.tree.root();
        if !matches!(standard(root.namespace()), Some(Standard::Query(_))) {
            let arguments = [root.local(), namespace::QUERY];
            let path = Path::root("/epcisBody");
            header::report(&mut self.problems, codes::XML_UNQUALIFIED, &arguments, &path, root);
        }
    }
}

/// Whether it is an attribute that a bare event carries for want of a document.
fn is_document_attribute(found: &Extension) -> bool {
    found.name.namespace.is_empty() && matches!(&*found.name.local, "schemaVersion" | "creationDate")
}
