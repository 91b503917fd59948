//! Reads one event from JSON into the model, judging its structure as GS1's JSON schema does.

mod sensors;
mod shapes;

use shapes::{
    COMMON_FIELDS, ERROR_DECLARATION, ILMD, LOCATION, PERSISTENT_DISPOSITION, QUANTITY, Shape, WHY_AND_WHERE_FIELDS,
    own_fields,
};

use super::context::Context;
use super::tree::Json;
use super::value::{self, Scope};
use crate::cbv;
use crate::codes::structure;
use crate::field::{Field, TypedList};
use crate::model::{
    ErrorDeclaration, Event, EventType, Extension, Location, Number, PersistentDisposition, QuantityElement, Typed,
};
use crate::name::Name;
use crate::problem::{Path, Problems};
use crate::time::{Stamp, is_time_zone_offset};
use crate::uri::is_uri;

/// Reads an event. Whatever is wrong is reported; whatever can be kept is kept.
pub fn event(json: Json, context: &Context, path: &Path<'_>, problems: &mut Problems) -> Event {
    let Json::Object(members) = json else {
        problems.add(structure::WRONG_TYPE, &["event", "object", json.kind()], path);
        return Event::new(EventType::Other(String::new()));
    };
    let mut event = Event::new(event_type(&members, path, problems));
    if let Some((_, own)) = members.iter().find(|(key, _)| key == "@context") {
        event.namespaces = context.read_event(own, &path.key("@context"), problems);
    }
    let namespaces = std::mem::take(&mut event.namespaces);
    let mut reader = EventReader { scope: Scope { context, own: &namespaces }, problems };
    reader.members(members, &mut event, path);
    reader.required(&event, path);
    event.namespaces = namespaces;
    event
}

fn event_type(members: &[(String, Json)], path: &Path<'_>, problems: &mut Problems) -> EventType {
    match members.iter().find(|(key, _)| key == "type" || key == "isA") {
        Some((_, Json::Text(name))) => {
            let event_type = EventType::from_name(name);
            if matches!(event_type, EventType::Other(_)) && !is_uri(name) {
                problems.add(structure::UNKNOWN_EVENT_TYPE, &[name], &path.key("type"));
            }
            event_type
        }
        Some((_, other)) => {
            problems.add(structure::WRONG_TYPE, &["type", "string", other.kind()], &path.key("type"));
            EventType::Other(String::new())
        }
        None => {
            problems.add(structure::MISSING_FIELD, &["type", "event"], path);
            EventType::Other(String::new())
        }
    }
}

struct EventReader<'a> {
    scope: Scope<'a>,
    problems: &'a mut Problems,
}

/// A value in its shape, or the JSON that was not (already reported).
type Read<T> = Result<T, Json>;

impl EventReader<'_> {
    fn members(&mut self, members: Vec<(String, Json)>, event: &mut Event, path: &Path<'_>) {
        value::report_repeated(&members, path, self.problems);
        let mut seen: Vec<&'static str> = Vec::with_capacity(members.len());
        let own = own_fields(&event.event_type);
        let known = |key: &str, lists: [&'static [&'static str]; 3]| {
            lists.into_iter().flatten().find(|field| **field == key).copied()
        };
        for (key, json) in members {
            let here = path.key(&key);
            let everything = own_fields(&EventType::Other(String::new()));
            let Some(field) = known(&key, [COMMON_FIELDS, WHY_AND_WHERE_FIELDS, everything]) else {
                let name = value::name(&key, event.event_type.name(), &self.scope, &here, self.problems);
                value::extension(name, json, &self.scope, &here, self.problems, &mut event.extensions);
                continue;
            };
            if known(field, [COMMON_FIELDS, WHY_AND_WHERE_FIELDS, own]).is_none() {
                self.problems.add(structure::UNKNOWN_FIELD, &[field, event.event_type.name()], &here);
            }
            if seen.contains(&field) {
                self.keep(field, json, &mut event.extensions, &here);
                continue;
            }
            seen.push(field);
            if let Err(json) = self.field(field, json, event, &here) {
                self.keep(field, json, &mut event.extensions, &here);
            }
        }
    }

    /// Keeps a value that has no place in the model, under its own name without a namespace.
    fn keep(&mut self, field: &str, json: Json, extensions: &mut Vec<Extension>, path: &Path<'_>) {
        value::extension(Name::local(field), json, &self.scope, path, self.problems, extensions);
    }

    fn field(&mut self, name: &'static str, json: Json, event: &mut Event, path: &Path<'_>) -> Read<()> {
        // `@context` and `type` have been read before.
        let Some(known) = Field::from_name(name) else { return Ok(()) };
        match known {
            Field::Time(place) => *place(event) = Some(self.time(name, json, path)?),
            Field::Offset => event.event_time_zone_offset = Some(self.offset(json, path)?),
            Field::Uri(place) => *place(event) = Some(self.text(name, json, path)?),
            Field::Action => event.action = Some(self.action(json, path)?),
            Field::Word(place, vocabulary) => *place(event) = Some(self.word(vocabulary, json, path)?),
            Field::Epcs(place) => *place(event) = Some(self.epcs(name, json, path)?),
            Field::Quantities(place) => *place(event) = Some(self.list(name, json, path, Self::quantity)?),
            Field::Location(place) => *place(event) = Some(self.location(name, json, path)?),
            Field::Typed(place, list) => {
                let element = |reader: &mut Self, json, path: &Path<'_>| reader.typed(list, json, path);
                *place(event) = Some(self.list(name, json, path, element)?);
            }
            Field::Certification => event.certification_info = self.certification(json, path)?,
            Field::ErrorDeclaration => event.error_declaration = Some(self.error_declaration(json, path)?),
            Field::PersistentDisposition => event.persistent_disposition = Some(self.dispositions(json, path)?),
            Field::Sensors => event.sensor_element_list = Some(self.sensor_elements(json, path)?),
            Field::Ilmd => event.ilmd = Some(self.ilmd(json, path)?),
        }
        Ok(())
    }

    // ---- single values ----

    fn text(&mut self, field: &str, json: Json, path: &Path<'_>) -> Read<String> {
        match json {
            Json::Text(text) => Ok(text),
            other => {
                self.problems.add(structure::WRONG_TYPE, &[field, "string", other.kind()], path);
                Err(other)
            }
        }
    }

    fn time(&mut self, field: &str, json: Json, path: &Path<'_>) -> Read<String> {
        let text = self.text(field, json, path)?;
        if Stamp::parse(&text).is_none() {
            self.problems.add(structure::BAD_TIME, &[&text], path);
        }
        Ok(text)
    }

    fn offset(&mut self, json: Json, path: &Path<'_>) -> Read<String> {
        let text = self.text("eventTimeZoneOffset", json, path)?;
        if !is_time_zone_offset(&text) {
            self.problems.add(structure::BAD_OFFSET, &[&text], path);
        }
        Ok(text)
    }

    fn action(&mut self, json: Json, path: &Path<'_>) -> Read<String> {
        let text = self.text("action", json, path)?;
        if !matches!(text.as_str(), "ADD" | "OBSERVE" | "DELETE") {
            self.problems.add(structure::BAD_ACTION, &[&text], path);
        }
        Ok(text)
    }

    /// A word of a vocabulary, bare in the model. Whether an unknown one is a URI of the user's
    /// own or a fault is for [`crate::validate`].
    fn word(&mut self, vocabulary: &cbv::Vocabulary, json: Json, path: &Path<'_>) -> Read<String> {
        let text = self.text(vocabulary.name, json, path)?;
        let Some(word) = vocabulary.word_of_uri(&text) else { return Ok(text) };
        if text.starts_with("urn:epcglobal:cbv:") || text.starts_with("https://gs1.org/voc/") {
            self.problems.add(structure::JSON_WORD, &[&text, word], path);
        }
        Ok(word.to_owned())
    }

    fn number(&mut self, field: &str, json: Json, path: &Path<'_>) -> Read<Box<str>> {
        match json {
            Json::Number(text) => Ok(text),
            other => {
                self.problems.add(structure::WRONG_TYPE, &[field, "number", other.kind()], path);
                Err(other)
            }
        }
    }

    // ---- lists and structures ----

    fn list<T>(
        &mut self,
        field: &str,
        json: Json,
        path: &Path<'_>,
        mut element: impl FnMut(&mut Self, Json, &Path<'_>) -> Option<T>,
    ) -> Read<Vec<T>> {
        let Json::List(elements) = json else {
            self.problems.add(structure::WRONG_TYPE, &[field, "array", json.kind()], path);
            return Err(json);
        };
        let mut read = Vec::with_capacity(elements.len());
        for (index, json) in elements.into_iter().enumerate() {
            read.extend(element(self, json, &path.index(index)));
        }
        Ok(read)
    }

    fn epcs(&mut self, field: &str, json: Json, path: &Path<'_>) -> Read<Vec<String>> {
        let epcs = self.list(field, json, path, |reader, json, path| reader.text(field, json, path).ok())?;
        self.unique(&epcs, path);
        Ok(epcs)
    }

    /// Reports what stands twice (the JSON schema's `uniqueItems`).
    fn unique(&mut self, values: &[String], path: &Path<'_>) {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|one, two| values[*one].cmp(&values[*two]).then(one.cmp(two)));
        for pair in order.windows(2) {
            if let [first, second] = pair
                && values[*first] == values[*second]
            {
                self.problems.add(structure::REPEATED_ELEMENT, &[&values[*second]], &path.index(*second));
            }
        }
    }

    fn certification(&mut self, json: Json, path: &Path<'_>) -> Read<Vec<String>> {
        match json {
            Json::List(_) => {
                // All or nothing: a list that holds anything but URIs is kept whole as it is.
                if let Json::List(elements) = &json
                    && let Some(at) = elements.iter().position(|element| !matches!(element, Json::Text(_)))
                {
                    let kind = elements[at].kind();
                    let arguments = ["certificationInfo", "URI / [URI, …]", kind];
                    self.problems.add(structure::WRONG_TYPE, &arguments, &path.index(at));
                    return Err(json);
                }
                self.list("certificationInfo", json, path, |reader, json, path| {
                    reader.text("certificationInfo", json, path).ok()
                })
            }
            single => Ok(vec![self.text("certificationInfo", single, path)?]),
        }
    }

    fn object(&mut self, field: &str, json: Json, path: &Path<'_>) -> Read<Vec<(String, Json)>> {
        match json {
            Json::Object(members) => Ok(members),
            other => {
                self.problems.add(structure::WRONG_TYPE, &[field, "object", other.kind()], path);
                Err(other)
            }
        }
    }

    /// Reads the members of a structure: `known` takes those it knows and reads them, the others
    /// are user extensions where `open`, faults elsewhere.
    fn structure(
        &mut self,
        shape: &Shape,
        members: Vec<(String, Json)>,
        path: &Path<'_>,
        mut known: impl FnMut(&mut Self, &str, Json, &Path<'_>) -> Read<()>,
    ) -> Vec<Extension> {
        value::report_repeated(&members, path, self.problems);
        let mut extensions = Vec::new();
        let mut seen: Vec<&'static str> = Vec::with_capacity(shape.fields.len());
        for (key, json) in members {
            let here = path.key(&key);
            let Some(field) = shape.fields.iter().find(|field| **field == key) else {
                let name = match shape.open {
                    true => value::name(&key, shape.name, &self.scope, &here, self.problems),
                    false => {
                        self.problems.add(structure::UNKNOWN_FIELD, &[&key, shape.name], &here);
                        self.scope.resolve(&key).unwrap_or_else(|| Name::local(&key))
                    }
                };
                value::extension(name, json, &self.scope, &here, self.problems, &mut extensions);
                continue;
            };
            let read = match seen.contains(field) {
                true => Err(json),
                false => known(self, field, json, &here),
            };
            seen.push(field);
            if let Err(json) = read {
                self.keep(field, json, &mut extensions, &here);
            }
        }
        for field in shape.required.iter().filter(|field| !seen.contains(field)) {
            self.problems.add(structure::MISSING_FIELD, &[field, shape.name], path);
        }
        extensions
    }

    fn error_declaration(&mut self, json: Json, path: &Path<'_>) -> Read<ErrorDeclaration> {
        let members = self.object("errorDeclaration", json, path)?;
        let mut declaration = ErrorDeclaration::default();
        declaration.extensions = self.structure(&ERROR_DECLARATION, members, path, |reader, field, json, path| {
            match field {
                "declarationTime" => declaration.declaration_time = Some(reader.time(field, json, path)?),
                "reason" => declaration.reason = Some(reader.word(&cbv::ERROR_REASON, json, path)?),
                _ => {
                    let ids = reader.list(field, json, path, |reader, json, path| {
                        reader.text("correctiveEventIDs", json, path).ok()
                    })?;
                    declaration.corrective_event_ids = Some(ids);
                }
            }
            Ok(())
        });
        Ok(declaration)
    }

    fn location(&mut self, field: &'static str, json: Json, path: &Path<'_>) -> Read<Location> {
        let members = self.object(field, json, path)?;
        let mut location = Location::default();
        let shape = Shape { name: field, ..LOCATION };
        location.extensions = self.structure(&shape, members, path, |reader, field, json, path| {
            location.id = Some(reader.text(field, json, path)?);
            Ok(())
        });
        Ok(location)
    }

    fn quantity(&mut self, json: Json, path: &Path<'_>) -> Option<QuantityElement> {
        let members = self.object("quantityElement", json, path).ok()?;
        let mut element = QuantityElement::default();
        element.extensions = self.structure(&QUANTITY, members, path, |reader, field, json, path| {
            match field {
                "epcClass" => element.epc_class = Some(reader.text(field, json, path)?),
                "quantity" if json == Json::Null => {
                    reader.problems.add(structure::NULL_QUANTITY, &[], path);
                    element.nil = true;
                }
                "quantity" => element.quantity = Some(Number(reader.number(field, json, path)?)),
                _ => element.uom = Some(reader.text(field, json, path)?),
            }
            Ok(())
        });
        Some(element)
    }

    fn typed(&mut self, list: &TypedList, json: Json, path: &Path<'_>) -> Option<Typed> {
        let members = self.object(list.item, json, path).ok()?;
        let fields = ["type", list.item];
        let required = if list.type_required { &fields[..] } else { &fields[1..] };
        let shape = Shape { name: list.item, fields: &fields, required, open: false };
        let mut typed = Typed::default();
        typed.extensions = self.structure(&shape, members, path, |reader, field, json, path| {
            match field {
                "type" => typed.kind = Some(reader.word(list.vocabulary, json, path)?),
                _ => typed.value = Some(reader.text(field, json, path)?),
            }
            Ok(())
        });
        Some(typed)
    }

    fn dispositions(&mut self, json: Json, path: &Path<'_>) -> Read<PersistentDisposition> {
        let members = self.object("persistentDisposition", json, path)?;
        let mut dispositions = PersistentDisposition::default();
        dispositions.extensions =
            self.structure(&PERSISTENT_DISPOSITION, members, path, |reader, field, json, path| {
                let words = reader
                    .list(field, json, path, |reader, json, path| reader.word(&cbv::DISPOSITION, json, path).ok())?;
                if words.is_empty() {
                    reader.problems.add(structure::TOO_FEW, &[field], path);
                }
                reader.unique(&words, path);
                match field {
                    "set" => dispositions.set = Some(words),
                    _ => dispositions.unset = Some(words),
                }
                Ok(())
            });
        if dispositions.set.is_none() && dispositions.unset.is_none() {
            self.problems.add(structure::MISSING_FIELD, &["set / unset", "persistentDisposition"], path);
        }
        Ok(dispositions)
    }

    fn ilmd(&mut self, json: Json, path: &Path<'_>) -> Read<Vec<Extension>> {
        let members = self.object("ilmd", json, path)?;
        Ok(self.structure(&ILMD, members, path, |_, _, json, _| Err(json)))
    }

    // ---- what must be there ----

    fn required(&mut self, event: &Event, path: &Path<'_>) {
        let name = event.event_type.name();
        let has = |field: &str| event.extensions.iter().any(|kept| *kept.name.local == *field);
        let mut missing = |absent: bool, field: &str| {
            if absent && !has(field) {
                self.problems.add(structure::MISSING_FIELD, &[field, name], path);
            }
        };
        missing(event.event_time.is_none(), "eventTime");
        missing(event.event_time_zone_offset.is_none(), "eventTimeZoneOffset");
        match event.event_type {
            EventType::Transformation | EventType::Other(_) => {}
            EventType::Transaction => {
                missing(event.action.is_none(), "action");
                missing(event.biz_transaction_list.is_none(), "bizTransactionList");
            }
            _ => missing(event.action.is_none(), "action"),
        }
    }
}
