//! Writes documents as JSON-LD, one event after the other.

use std::collections::HashMap;
use std::io::Write;

use super::context::{DEFAULT_CONTEXT, is_built_in};
use super::prefixes::Prefixes;
use super::tree::{Json, is_json_number, new_line, write_string};
use crate::codes::structure;
use crate::decimal;
use crate::document::{DocumentKind, Header, MasterElement, MasterVocabulary, Syntax, Tail, WriteError};
use crate::model::{
    ErrorDeclaration, Event, Extension, Location, PersistentDisposition, QuantityElement, Scalar, SensorElement,
    SensorField, SensorValue, Typed, Value,
};
use crate::problem::{Path, Place, Problem, Reason};

/// Writes one document.
pub struct Writer<W: Write> {
    sink: W,
    /// Prefixes of the whole document.
    prefixes: Prefixes<'static>,
    kind: DocumentKind,
    /// Where events stand, for messages.
    pointer: String,
    events: u64,
    buffer: Vec<u8>,
}

type Members = Vec<(String, Json)>;

impl<W: Write> Writer<W> {
    /// Begins the document. A document of bare events becomes an EPCISDocument, which needs a
    /// `creation_date`.
    pub fn new(sink: W, header: &Header) -> Result<Self, WriteError> {
        let what = match header.kind {
            DocumentKind::Query => Some("EPCISQueryDocument (Poll)"),
            DocumentKind::MasterData => Some("EPCISMasterDataDocument"),
            _ => None,
        };
        if let Some(what) = what {
            return Err(cannot_carry(Reason::new(structure::NO_JSON_FORM, &[what]), "", None));
        }
        let is_query = header.kind == DocumentKind::QueryResults;
        if !is_query && header.creation_date.is_none() {
            let reason = Reason::new(structure::MISSING_FIELD, &["creationDate", "EPCISDocument"]);
            return Err(cannot_carry(reason, "", None));
        }
        let prefixes = Prefixes::of_document(header);
        let pointer = match is_query {
            true => "/epcisBody/queryResults/resultsBody/eventList",
            false => "/epcisBody/eventList",
        };
        let mut writer = Writer {
            sink,
            prefixes,
            kind: header.kind,
            pointer: pointer.to_owned(),
            events: 0,
            buffer: Vec::with_capacity(4096),
        };
        writer.begin(header)?;
        Ok(writer)
    }

    fn begin(&mut self, header: &Header) -> Result<(), WriteError> {
        let is_query = header.kind == DocumentKind::QueryResults;
        let mut root: Members = vec![("@context".to_owned(), self.context(header))];
        let name = if is_query { "EPCISQueryDocument" } else { "EPCISDocument" };
        let version = header.schema_version.as_deref().filter(|version| version.starts_with("2.")).unwrap_or("2.0");
        let mut texts = vec![("id", header.id.as_deref()), ("type", Some(name)), ("schemaVersion", Some(version))];
        texts.push(("creationDate", header.creation_date.as_deref()));
        texts.push(("instanceIdentifier", header.instance_identifier.as_deref()));
        texts.push(("sender", header.sender.as_deref()));
        texts.push(("receiver", header.receiver.as_deref()));
        root.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Json::Text(text?.to_owned())))));
        let document = Scope { prefixes: &self.prefixes, pointer: "" };
        document.extensions(&header.extensions, &mut root)?;
        let mut epcis_header: Members = Vec::new();
        if !is_query && !header.master_data.is_empty() {
            let list = ("vocabularyList".to_owned(), document.vocabularies(&header.master_data)?);
            epcis_header.push(("epcisMasterData".to_owned(), Json::Object(vec![list])));
        }
        document.extensions(&header.header_extensions, &mut epcis_header)?;
        if !epcis_header.is_empty() {
            root.push(("epcisHeader".to_owned(), Json::Object(epcis_header)));
        }
        let mut levels: Vec<(&str, Members)> = vec![("epcisBody", document.all(&header.body_extensions)?)];
        if is_query {
            let mut results: Members = Vec::new();
            for (key, text) in [("queryName", &header.query_name), ("subscriptionID", &header.subscription_id)] {
                results.extend(text.as_ref().map(|text| (key.to_owned(), Json::Text(text.clone()))));
            }
            document.extensions(&header.query_results_extensions, &mut results)?;
            levels.push(("queryResults", results));
            let mut body = document.all(&header.results_body_extensions)?;
            if !header.master_data.is_empty() {
                body.push(("vocabularyList".to_owned(), document.vocabularies(&header.master_data)?));
            }
            levels.push(("resultsBody", body));
        }
        self.open(root, levels)
    }

    /// Writes the open objects down to the list of events.
    fn open(&mut self, root: Members, levels: Vec<(&str, Members)>) -> Result<(), WriteError> {
        self.buffer.push(b'{');
        let mut depth = 1;
        self.open_members(root, depth);
        for (key, members) in levels {
            self.key(key, depth);
            self.buffer.push(b'{');
            depth += 1;
            self.open_members(members, depth);
        }
        self.key("eventList", depth);
        self.buffer.push(b'[');
        self.flush()
    }

    /// Writes members, each with a comma behind it: another always follows.
    fn open_members(&mut self, members: Members, level: usize) {
        for (key, value) in members {
            self.key(&key, level);
            value.write(level, &mut self.buffer);
            self.buffer.push(b',');
        }
    }

    fn key(&mut self, key: &str, level: usize) {
        new_line(level, &mut self.buffer);
        write_string(key, &mut self.buffer);
        self.buffer.extend_from_slice(b": ");
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.sink.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn context(&self, header: &Header) -> Json {
        let mut parts: Vec<Json> = Vec::new();
        if !header.contexts.iter().any(|uri| is_built_in(uri)) {
            parts.push(Json::Text(DEFAULT_CONTEXT.to_owned()));
        }
        parts.extend(header.contexts.iter().map(|uri| Json::Text(uri.clone())));
        parts.extend(self.prefixes.declared());
        Json::List(parts)
    }

    /// How deep the list of events lies.
    fn list_level(&self) -> usize {
        if self.kind == DocumentKind::QueryResults { 4 } else { 2 }
    }

    /// Writes an event.
    pub fn event(&mut self, event: &Event) -> Result<(), WriteError> {
        let pointer = format!("{}/{}", self.pointer, self.events);
        let own = self.prefixes.of_event(event);
        let scope = Scope { prefixes: &own, pointer: &pointer };
        let json = scope.event(event).map_err(|error| with_event(error, self.events))?;
        if self.events > 0 {
            self.buffer.push(b',');
        }
        let level = self.list_level() + 1;
        new_line(level, &mut self.buffer);
        json.write(level, &mut self.buffer);
        self.events += 1;
        self.flush()
    }

    /// Ends the document with the extensions that stood behind the events, and hands back the sink.
    pub fn end(mut self, tail: &Tail) -> Result<W, WriteError> {
        let level = self.list_level();
        if self.events > 0 {
            new_line(level, &mut self.buffer);
        }
        self.buffer.push(b']');
        let places: &[&[Extension]] = match self.kind {
            DocumentKind::QueryResults => &[&tail.results_body, &tail.query_results, &tail.body, &tail.document],
            _ => &[&tail.body, &tail.document],
        };
        for (place, level) in places.iter().zip((1..=level).rev()) {
            let scope = Scope { prefixes: &self.prefixes, pointer: "" };
            for (key, value) in scope.all(place)? {
                self.buffer.push(b',');
                self.key(&key, level);
                value.write(level, &mut self.buffer);
            }
            new_line(level - 1, &mut self.buffer);
            self.buffer.push(b'}');
        }
        self.buffer.push(b'\n');
        self.flush()?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}

/// Writes one event that stands alone: the prefixes it uses are declared in itself.
pub fn single_event(event: &Event) -> Result<Vec<u8>, WriteError> {
    let header = Header::new(Syntax::Json, DocumentKind::BareEvents);
    let document = Prefixes::of_document(&header);
    let own = document.of_event(event);
    let mut text = Vec::with_capacity(1024);
    Scope { prefixes: &own, pointer: "" }.event(event)?.write(0, &mut text);
    Ok(text)
}

fn cannot_carry(reason: Reason, pointer: &str, event: Option<u64>) -> WriteError {
    let place = Place { event, pointer: pointer.to_owned(), line: None };
    WriteError::CannotCarry(Box::new(Problem { reason, place }))
}

fn with_event(error: WriteError, index: u64) -> WriteError {
    match error {
        WriteError::CannotCarry(mut problem) => {
            problem.place.event = Some(index);
            WriteError::CannotCarry(problem)
        }
        other => other,
    }
}

/// What names and messages need to know of a place.
struct Scope<'a> {
    prefixes: &'a Prefixes<'a>,
    pointer: &'a str,
}

type Written<T> = Result<T, WriteError>;

impl Scope<'_> {
    fn event(&self, event: &Event) -> Written<Json> {
        let mut members: Members = Vec::with_capacity(16);
        if let Some(context) = self.prefixes.declared() {
            members.push(("@context".to_owned(), Json::List(vec![context])));
        }
        let mut text = |key: &str, value: Option<&str>| {
            members.extend(value.map(|value| (key.to_owned(), Json::Text(value.to_owned()))));
        };
        text("type", Some(event.event_type.name()));
        text("eventID", event.event_id.as_deref());
        text("eventTime", event.event_time.as_deref());
        text("eventTimeZoneOffset", event.event_time_zone_offset.as_deref());
        text("recordTime", event.record_time.as_deref());
        text("action", event.action.as_deref());
        text("parentID", event.parent_id.as_deref());
        text("transformationID", event.transformation_id.as_deref());
        text("bizStep", event.biz_step.as_deref());
        text("disposition", event.disposition.as_deref());
        match event.certification_info.as_slice() {
            [] => {}
            [single] => text("certificationInfo", Some(single)),
            several => members.push(("certificationInfo".to_owned(), texts(several))),
        }
        for (key, epcs) in [
            ("epcList", &event.epc_list),
            ("childEPCs", &event.child_epcs),
            ("inputEPCList", &event.input_epc_list),
            ("outputEPCList", &event.output_epc_list),
        ] {
            members.extend(epcs.as_ref().map(|epcs| (key.to_owned(), texts(epcs))));
        }
        for (key, elements) in [
            ("quantityList", &event.quantity_list),
            ("childQuantityList", &event.child_quantity_list),
            ("inputQuantityList", &event.input_quantity_list),
            ("outputQuantityList", &event.output_quantity_list),
        ] {
            self.put_list(key, elements.as_deref(), &mut members, |element, path| self.quantity(element, path))?;
        }
        for (key, location) in [("readPoint", &event.read_point), ("bizLocation", &event.biz_location)] {
            if let Some(location) = location {
                members.push((key.to_owned(), self.location(location)?));
            }
        }
        self.why_and_how(event, &mut members)?;
        self.extensions(&event.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn why_and_how(&self, event: &Event, members: &mut Members) -> Written<()> {
        for (key, value_key, list) in [
            ("bizTransactionList", "bizTransaction", &event.biz_transaction_list),
            ("sourceList", "source", &event.source_list),
            ("destinationList", "destination", &event.destination_list),
        ] {
            self.put_list(key, list.as_deref(), members, |typed, _| self.typed(value_key, typed))?;
        }
        let sensors = event.sensor_element_list.as_deref();
        self.put_list("sensorElementList", sensors, members, |element, path| self.sensor_element(element, path))?;
        if let Some(dispositions) = &event.persistent_disposition {
            members.push(("persistentDisposition".to_owned(), self.dispositions(dispositions)?));
        }
        if let Some(ilmd) = &event.ilmd {
            members.push(("ilmd".to_owned(), Json::Object(self.all(ilmd)?)));
        }
        if let Some(declaration) = &event.error_declaration {
            members.push(("errorDeclaration".to_owned(), self.error_declaration(declaration)?));
        }
        Ok(())
    }

    fn put_list<T>(
        &self,
        key: &str,
        list: Option<&[T]>,
        members: &mut Members,
        element: impl Fn(&T, &Path<'_>) -> Written<Json>,
    ) -> Written<()> {
        let Some(list) = list else { return Ok(()) };
        let root = Path::root(self.pointer);
        let path = root.key(key);
        let written: Written<Vec<Json>> =
            list.iter().enumerate().map(|(index, part)| element(part, &path.index(index))).collect();
        members.push((key.to_owned(), Json::List(written?)));
        Ok(())
    }

    fn quantity(&self, element: &QuantityElement, path: &Path<'_>) -> Written<Json> {
        let mut members = optional_texts(&[("epcClass", &element.epc_class)]);
        if let Some(number) = &element.quantity {
            members.push(("quantity".to_owned(), self.number(&number.0, &path.key("quantity"))?));
        }
        if element.nil {
            members.push(("quantity".to_owned(), Json::Null));
        }
        members.extend(optional_texts(&[("uom", &element.uom)]));
        self.extensions(&element.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn location(&self, location: &Location) -> Written<Json> {
        let mut members = optional_texts(&[("id", &location.id)]);
        self.extensions(&location.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn typed(&self, value_key: &str, typed: &Typed) -> Written<Json> {
        let mut members = optional_texts(&[("type", &typed.kind), (value_key, &typed.value)]);
        self.extensions(&typed.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn dispositions(&self, dispositions: &PersistentDisposition) -> Written<Json> {
        let mut members: Members = Vec::new();
        for (key, words) in [("set", &dispositions.set), ("unset", &dispositions.unset)] {
            members.extend(words.as_ref().map(|words| (key.to_owned(), texts(words))));
        }
        self.extensions(&dispositions.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn error_declaration(&self, declaration: &ErrorDeclaration) -> Written<Json> {
        let mut members =
            optional_texts(&[("declarationTime", &declaration.declaration_time), ("reason", &declaration.reason)]);
        members
            .extend(declaration.corrective_event_ids.as_ref().map(|ids| ("correctiveEventIDs".to_owned(), texts(ids))));
        self.extensions(&declaration.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn sensor_element(&self, element: &SensorElement, path: &Path<'_>) -> Written<Json> {
        let mut members: Members = Vec::new();
        if let Some(metadata) = &element.metadata {
            let json = self.sensor_fields(&metadata.fields, &metadata.extensions, &path.key("sensorMetadata"))?;
            members.push(("sensorMetadata".to_owned(), json));
        }
        let here = path.key("sensorReport");
        let reports: Written<Vec<Json>> = element
            .reports
            .iter()
            .enumerate()
            .map(|(index, report)| self.sensor_fields(&report.fields, &report.extensions, &here.index(index)))
            .collect();
        members.push(("sensorReport".to_owned(), Json::List(reports?)));
        self.extensions(&element.extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    fn sensor_fields(
        &self,
        fields: &[(SensorField, Box<str>)],
        extensions: &[Extension],
        path: &Path<'_>,
    ) -> Written<Json> {
        let mut members: Members = Vec::with_capacity(fields.len());
        for (field, text) in fields {
            let json = match field.kind {
                SensorValue::Number => self.number(text, &path.key(field.name))?,
                SensorValue::Boolean => match &**text {
                    "true" | "1" => Json::Boolean(true),
                    "false" | "0" => Json::Boolean(false),
                    other => Json::Text(other.to_owned()),
                },
                _ => Json::Text(text.to_string()),
            };
            members.push((field.name.to_owned(), json));
        }
        self.extensions(extensions, &mut members)?;
        Ok(Json::Object(members))
    }

    /// A number as it was written if JSON has that spelling, in canonical form otherwise. XML's
    /// `INF` and `NaN` have none.
    fn number(&self, text: &str, path: &Path<'_>) -> Written<Json> {
        if is_json_number(text) {
            return Ok(Json::Number(text.into()));
        }
        match decimal::canonical(text) {
            Some(number) => Ok(Json::Number(number.into())),
            None => Err(cannot_carry(Reason::new(structure::NO_JSON_NUMBER, &[text]), &path.pointer(), None)),
        }
    }

    // ---- extensions ----

    fn all(&self, extensions: &[Extension]) -> Written<Members> {
        let mut members = Vec::with_capacity(extensions.len());
        self.extensions(extensions, &mut members)?;
        Ok(members)
    }

    /// Adds extensions; those of one name become one member with a list.
    fn extensions(&self, extensions: &[Extension], members: &mut Members) -> Written<()> {
        let mut places: HashMap<String, usize> = HashMap::with_capacity(extensions.len());
        for extension in extensions {
            let key = self.name(&extension.name)?;
            let value = self.value(&extension.value)?;
            let earlier = places.get(&key).and_then(|place| members.get_mut(*place));
            match earlier {
                Some((_, Json::List(values))) if !matches!(extension.value, Value::List(_)) => values.push(value),
                Some((_, single)) => {
                    let first = std::mem::replace(single, Json::Null);
                    *single = Json::List(vec![first, value]);
                }
                None => {
                    places.insert(key.clone(), members.len());
                    members.push((key, value));
                }
            }
        }
        Ok(())
    }

    fn name(&self, name: &crate::name::Name) -> Written<String> {
        self.prefixes.key(name).ok_or_else(|| {
            let reason = Reason::new(structure::NO_PREFIX, &[&name.qualified(), &name.namespace]);
            cannot_carry(reason, self.pointer, None)
        })
    }

    fn value(&self, value: &Value) -> Written<Json> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Scalar(text, Scalar::Number) if is_json_number(text) => Json::Number(text.clone()),
            Value::Scalar(text, Scalar::Boolean) if matches!(&**text, "true" | "false") => {
                Json::Boolean(&**text == "true")
            }
            Value::Scalar(text, _) => Json::Text(text.to_string()),
            Value::List(elements) => {
                Json::List(elements.iter().map(|element| self.value(element)).collect::<Written<_>>()?)
            }
            Value::Object(object) => {
                let mut members: Members = Vec::new();
                for (name, text) in &object.attributes {
                    members.push((["@", &self.name(name)?].concat(), Json::Text(text.to_string())));
                }
                members.extend(object.text.as_ref().map(|text| ("#text".to_owned(), Json::Text(text.to_string()))));
                self.extensions(&object.members, &mut members)?;
                Json::Object(members)
            }
        })
    }

    // ---- master data ----

    fn vocabularies(&self, vocabularies: &[MasterVocabulary]) -> Written<Json> {
        let mut list = Vec::with_capacity(vocabularies.len());
        for vocabulary in vocabularies {
            let mut members = optional_texts(&[("type", &vocabulary.kind)]);
            let elements: Written<Vec<Json>> =
                vocabulary.elements.iter().map(|element| self.master_element(element)).collect();
            members.push(("vocabularyElementList".to_owned(), Json::List(elements?)));
            self.extensions(&vocabulary.extensions, &mut members)?;
            list.push(Json::Object(members));
        }
        Ok(Json::List(list))
    }

    fn master_element(&self, element: &MasterElement) -> Written<Json> {
        let mut members = optional_texts(&[("id", &element.id)]);
        if !element.attributes.is_empty() {
            let mut attributes = Vec::with_capacity(element.attributes.len());
            for attribute in &element.attributes {
                let mut parts = optional_texts(&[("id", &attribute.id)]);
                if let Some(value) = &attribute.value {
                    parts.push(("attribute".to_owned(), self.value(value)?));
                }
                attributes.push(Json::Object(parts));
            }
            members.push(("attributes".to_owned(), Json::List(attributes)));
        }
        members.extend(element.children.as_ref().map(|children| ("children".to_owned(), texts(children))));
        self.extensions(&element.extensions, &mut members)?;
        Ok(Json::Object(members))
    }
}

fn texts(values: &[String]) -> Json {
    Json::List(values.iter().map(|value| Json::Text(value.clone())).collect())
}

fn optional_texts(fields: &[(&str, &Option<String>)]) -> Members {
    fields
        .iter()
        .filter_map(|(key, text)| text.as_ref().map(|text| ((*key).to_owned(), Json::Text(text.clone()))))
        .collect()
}
