//! Writes whole documents as XML 2.0.

use std::io::Write;

use super::namespace::{EPCIS, MASTER_DATA, QUERY, SBDH, XSI};
use super::output::Output;
use super::sbdh;
use crate::codes::{structure, xml as codes};
use crate::document::WriteError;
use crate::document::{DocumentKind, Header, MasterElement, MasterVocabulary, Tail};
use crate::model::{Event, Extension, Object, Value};
use crate::name::{Name, Namespaces};
use crate::problem::Path;

/// Writes one document: [`Writer::new`], each [`Writer::event`], [`Writer::end`]. An event that XML
/// cannot carry is refused whole, and the document can go on without it.
pub struct Writer<W: Write> {
    sink: W,
    output: Output,
    kind: DocumentKind,
    /// The root's tag.
    root: String,
    namespaces: Namespaces,
    /// Where events stand, as problems name it.
    pointer: &'static str,
    /// The extensions of body, query results and document, which the XSD puts after the events.
    body_tail: String,
    query_results_tail: String,
    document_tail: String,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a document. Bare events are written as a document; that needs a `creation_date`, for
    /// only the caller knows the time.
    pub fn new(sink: W, header: &Header) -> Result<Self, WriteError> {
        let (prefix, local, namespace) = match header.kind {
            DocumentKind::Capture | DocumentKind::BareEvents => ("epcis", "EPCISDocument", EPCIS),
            DocumentKind::QueryResults | DocumentKind::Query => ("epcisq", "EPCISQueryDocument", QUERY),
            DocumentKind::MasterData => ("epcismd", "EPCISMasterDataDocument", MASTER_DATA),
        };
        let mut prefix = prefix.to_owned();
        while header.namespaces.get(&prefix).is_some_and(|bound| !super::namespace::is_implied(&bound.namespace)) {
            prefix.push('_');
        }
        let pointer = match header.kind {
            DocumentKind::QueryResults => "/epcisBody/queryResults/resultsBody/eventList",
            _ => "/epcisBody/eventList",
        };
        let mut writer = Writer {
            sink,
            output: Output::new(),
            kind: header.kind,
            root: [&prefix, ":", local].concat(),
            namespaces: header.namespaces.clone(),
            pointer,
            body_tail: String::new(),
            query_results_tail: String::new(),
            document_tail: String::new(),
            events: 0,
        };
        writer.begin(header, &prefix, namespace)?;
        writer.flush()?;
        Ok(writer)
    }

    /// Writes the next event.
    pub fn event(&mut self, event: &Event) -> Result<(), WriteError> {
        self.output.event = Some(self.events);
        let path = Path::root(self.pointer);
        let path = path.index(usize::try_from(self.events).unwrap_or(usize::MAX));
        if !matches!(self.kind, DocumentKind::Capture | DocumentKind::BareEvents | DocumentKind::QueryResults) {
            return Err(self.output.cannot(codes::XML_CANNOT_WRITE, &["an event in this kind of document"], &path));
        }
        let outside = self.output.scope_length();
        let written = self.output.event(event, &self.namespaces, &path);
        self.output.event = None;
        if let Err(error) = written {
            self.output.text.clear();
            self.output.reset_scope(outside);
            return Err(error);
        }
        self.events += 1;
        self.output.text.push('\n');
        self.flush()
    }

    /// Ends the document, with these extensions after the events, and gives the sink back.
    pub fn end(mut self, tail: &Tail) -> Result<W, WriteError> {
        let is_query = self.kind == DocumentKind::QueryResults;
        let body_path = Path::root("/epcisBody");
        refuse_where_xml_has_no_place(&self.output, is_query, &tail.body, &tail.results_body)?;
        if matches!(self.kind, DocumentKind::Capture | DocumentKind::BareEvents) || is_query {
            self.output.end("EventList");
        }
        if is_query {
            self.output.end("resultsBody");
            self.output.text.push_str(&self.query_results_tail);
            self.output.extensions(&tail.query_results, &Path::root("/epcisBody/queryResults"))?;
            self.output.end(&self.root.replace("EPCISQueryDocument", "QueryResults"));
        }
        self.output.text.push_str(&self.body_tail);
        self.output.extensions(&tail.body, &body_path)?;
        self.output.end("EPCISBody");
        self.output.text.push_str(&self.document_tail);
        self.output.extensions(&tail.document, &Path::root(""))?;
        let root = std::mem::take(&mut self.root);
        self.output.end(&root);
        self.output.text.push('\n');
        self.flush()?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.sink.write_all(self.output.text.as_bytes())?;
        self.output.text.clear();
        Ok(())
    }

    fn begin(&mut self, header: &Header, prefix: &str, namespace: &str) -> Result<(), WriteError> {
        let path = Path::root("");
        let Some(creation_date) = &header.creation_date else {
            return Err(self.output.cannot(
                structure::MISSING_FIELD,
                &["creationDate", path.name()],
                &path.key("creationDate"),
            ));
        };
        let output = &mut self.output;
        output.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        output.open_tag(&self.root);
        output.declare(prefix, namespace, &path)?;
        output.declare_all(&header.namespaces, &path)?;
        output.attribute("schemaVersion", "2.0", &path)?;
        output.attribute("creationDate", creation_date, &path.key("creationDate"))?;
        if let Some(id) = &header.id {
            output.attribute("id", id, &path.key("id"))?;
        }
        output.close_tag();
        output.text.push('\n');
        let is_query = header.kind == DocumentKind::QueryResults;
        refuse_where_xml_has_no_place(output, is_query, &header.body_extensions, &header.results_body_extensions)?;
        // Written now, to be refused before anything is in the sink.
        let begun = std::mem::take(&mut output.text);
        output.extensions(&header.body_extensions, &path.key("epcisBody"))?;
        self.body_tail = std::mem::take(&mut output.text);
        output.extensions(&header.query_results_extensions, &Path::root("/epcisBody/queryResults"))?;
        self.query_results_tail = std::mem::take(&mut output.text);
        output.extensions(&header.extensions, &path)?;
        self.document_tail = std::mem::replace(&mut output.text, begun);
        self.header(header)?;
        let output = &mut self.output;
        output.start("EPCISBody");
        match header.kind {
            DocumentKind::Capture | DocumentKind::BareEvents => output.start("EventList"),
            DocumentKind::MasterData => {
                output.vocabularies(&header.master_data, &Path::root("/epcisBody/vocabularyList"))?;
            }
            DocumentKind::QueryResults => {
                output.start(&[prefix, ":QueryResults"].concat());
                let path = Path::root("/epcisBody/queryResults");
                match &header.query_name {
                    Some(name) => output.leaf("queryName", name, &path.key("queryName"))?,
                    None => {
                        return Err(output.cannot(
                            structure::MISSING_FIELD,
                            &["queryName", path.name()],
                            &path.key("queryName"),
                        ));
                    }
                }
                if let Some(id) = &header.subscription_id {
                    output.leaf("subscriptionID", id, &path.key("subscriptionID"))?;
                }
                output.start("resultsBody");
                output.start("EventList");
            }
            DocumentKind::Query => self.poll(header, prefix)?,
        }
        self.output.text.push('\n');
        Ok(())
    }

    /// `EPCISHeader`, if there is anything to say in it.
    fn header(&mut self, header: &Header) -> Result<(), WriteError> {
        let minimal = header.sender.is_some() || header.receiver.is_some() || header.instance_identifier.is_some();
        let master_data = header.kind != DocumentKind::MasterData && !header.master_data.is_empty();
        if !minimal && !master_data && header.header_extensions.is_empty() {
            return Ok(());
        }
        let output = &mut self.output;
        let path = Path::root("/epcisHeader");
        let is_sbdh =
            |extension: &&Extension| &*extension.name.local == sbdh::HEADER && &*extension.name.namespace == SBDH;
        let (business, others): (Vec<&Extension>, Vec<&Extension>) = header.header_extensions.iter().partition(is_sbdh);
        if business.len() + usize::from(minimal) > 1 {
            return Err(output.cannot(structure::DUPLICATE_FIELD, &[sbdh::HEADER], &path));
        }
        output.start("EPCISHeader");
        if minimal {
            output.extension(&sbdh::write(header), &path)?;
        }
        for extension in business {
            output.extension(extension, &path)?;
        }
        if master_data {
            output.start("extension");
            output.start("EPCISMasterData");
            output.vocabularies(&header.master_data, &Path::root("/epcisHeader/epcisMasterData/vocabularyList"))?;
            output.end("EPCISMasterData");
            output.end("extension");
        }
        // The XSD of 2.0 has no place for these, for example DSCSA statements; this is where 1.2
        // has them and where receivers look.
        for extension in others {
            output.extensions(std::slice::from_ref(extension), &path)?;
        }
        output.end("EPCISHeader");
        output.text.push('\n');
        Ok(())
    }

    fn poll(&mut self, header: &Header, prefix: &str) -> Result<(), WriteError> {
        let output = &mut self.output;
        let path = &Path::root("/epcisBody/query");
        let Some(name) = &header.query_name else {
            return Err(output.cannot(structure::MISSING_FIELD, &["queryName", path.name()], &path.key("queryName")));
        };
        let poll = [prefix, ":Poll"].concat();
        output.start(&poll);
        output.leaf("queryName", name, path)?;
        output.start("params");
        for (index, parameter) in header.query.iter().enumerate() {
            let path = &path.index(index);
            let Some(values) = &parameter.values else {
                return Err(output.cannot(structure::MISSING_FIELD, &["value", path.name()], &path.key("value")));
            };
            output.start("param");
            output.leaf("name", &parameter.name, path)?;
            match values.as_slice() {
                [value] if !value.is_empty() => output.leaf("value", value, path)?,
                values => {
                    output.open_tag("value");
                    output.attribute("xmlns:xsi", XSI, path)?;
                    let kind = if values.is_empty() { ":VoidHolder" } else { ":ArrayOfString" };
                    output.attribute("xsi:type", &[prefix, kind].concat(), path)?;
                    output.close_tag();
                    for value in values {
                        output.leaf("string", value, path)?;
                    }
                    output.end("value");
                }
            }
            output.end("param");
        }
        output.end("params");
        output.end(&poll);
        Ok(())
    }
}

impl Output {
    fn vocabularies(&mut self, vocabularies: &[MasterVocabulary], path: &Path<'_>) -> Result<(), WriteError> {
        self.start("VocabularyList");
        for (index, vocabulary) in vocabularies.iter().enumerate() {
            let path = &path.index(index);
            self.open_tag("Vocabulary");
            if let Some(kind) = &vocabulary.kind {
                self.attribute("type", kind, path)?;
            }
            self.close_tag();
            if !vocabulary.elements.is_empty() {
                self.start("VocabularyElementList");
                let list = path.key("vocabularyElementList");
                for (index, element) in vocabulary.elements.iter().enumerate() {
                    self.vocabulary_element(element, &list.index(index))?;
                }
                self.end("VocabularyElementList");
            }
            self.extensions(&vocabulary.extensions, path)?;
            self.end("Vocabulary");
        }
        self.end("VocabularyList");
        Ok(())
    }

    fn vocabulary_element(&mut self, element: &MasterElement, path: &Path<'_>) -> Result<(), WriteError> {
        self.open_tag("VocabularyElement");
        if let Some(id) = &element.id {
            self.attribute("id", id, &path.key("id"))?;
        }
        self.close_tag();
        let attributes = path.key("attributes");
        for (index, attribute) in element.attributes.iter().enumerate() {
            let path = attributes.index(index);
            let mut object = match &attribute.value {
                None => Object::default(),
                Some(Value::Object(object)) => object.clone(),
                Some(Value::Scalar(text, _)) => Object { text: Some(text.clone()), ..Object::default() },
                Some(Value::Null) => return Err(self.cannot(codes::XML_CANNOT_WRITE, &["null"], &path)),
                Some(Value::List(_)) => return Err(self.cannot(codes::XML_LIST, &[], &path)),
            };
            let id = attribute.id.as_deref().unwrap_or_default();
            object.attributes.insert(0, (Name::local("id"), id.into()));
            let written = Extension { name: Name::local("attribute"), value: Value::Object(object) };
            self.extension(&written, &path)?;
        }
        if let Some(children) = element.children.as_ref().filter(|children| !children.is_empty()) {
            self.start("children");
            for (index, id) in children.iter().enumerate() {
                self.leaf("id", id, &path.key("children").index(index))?;
            }
            self.end("children");
        }
        self.extensions(&element.extensions, path)?;
        self.end("VocabularyElement");
        Ok(())
    }
}

/// The XSD allows extensions of a body, but not of a query's body, nor of `resultsBody`.
fn refuse_where_xml_has_no_place(
    output: &Output,
    is_query: bool,
    body: &[Extension],
    results_body: &[Extension],
) -> Result<(), WriteError> {
    let refused = [
        (is_query && !body.is_empty(), "extensions of a query's body", "/epcisBody"),
        (!results_body.is_empty(), "extensions of resultsBody", "/epcisBody/queryResults/resultsBody"),
    ];
    match refused.iter().find(|(refused, ..)| *refused) {
        Some((_, what, pointer)) => Err(output.cannot(codes::XML_CANNOT_WRITE, &[what], &Path::root(pointer))),
        None => Ok(()),
    }
}
