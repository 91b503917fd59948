//! Reads one event: from its element tree to the model, judging its structure against the XSD.

use super::extension::{attribute, extension, is_schema_instance, misfit};
use super::fields::{EVENT_FIELDS, Sequence, required, sequence};
use super::namespace::{self, Version};
use super::tree::Element;
use crate::codes::structure;
use crate::codes::{Code, xml as codes};
use crate::field::Field;
use crate::model::{Event, EventType};
use crate::problem::{Path, Problems, Reason};
use crate::time::{Stamp, is_time_zone_offset};

/// Reads the event that `root` holds.
pub(crate) fn read(
    root: Element<'_>,
    event_type: EventType,
    version: Version,
    problems: &mut Problems,
    path: &Path<'_>,
) -> Event {
    let mut reader = EventReader {
        sequence: sequence(&event_type, version),
        version,
        problems,
        seen: Vec::new(),
        qualified_reported: false,
    };
    let mut event = Event::new(event_type);
    for found in root.attributes().filter(|found| !is_schema_instance(*found)) {
        if found.namespace().is_empty() {
            let name = ["@", found.local()].concat();
            reader.report(structure::UNKNOWN_FIELD, &[found.local(), root.local()], &path.key(&name), root);
        }
        event.extensions.push(attribute(found));
    }
    reader.walk(root, reader.sequence, &mut event, path);
    for name in required(&event.event_type) {
        if !reader.seen.contains(name) {
            reader.report(structure::MISSING_FIELD, &[name, root.local()], &path.key(name), root);
        }
    }
    event
}

/// What is kept while one event is read.
pub(crate) struct EventReader<'p> {
    /// Of the event's type; none of a user's own type, which may hold anything anywhere.
    sequence: Option<&'static Sequence>,
    version: Version,
    pub(crate) problems: &'p mut Problems,
    /// Names of the fields met so far.
    seen: Vec<&'static str>,
    /// Whether the event was already told that its elements stand in a namespace.
    qualified_reported: bool,
}

impl EventReader<'_> {
    /// Reads the children of `parent`: the event itself, or a wrapper within it.
    fn walk(&mut self, parent: Element<'_>, expected: Option<&'static Sequence>, event: &mut Event, path: &Path<'_>) {
        self.refuse_text(parent, path);
        let mut position = 0;
        for child in parent.elements() {
            if self.is_foreign(child, path) {
                event.extensions.push(extension(child));
                position = usize::MAX;
                continue;
            }
            let rank = expected.and_then(|sequence| sequence.names.iter().position(|name| *name == child.local()));
            match rank {
                Some(rank) if rank < position => {
                    self.report(codes::XML_ORDER, &[child.local()], &path.key(child.local()), child);
                }
                Some(rank) => position = rank,
                None => {}
            }
            if matches!(child.local(), "extension" | "baseExtension") {
                self.wrapper(child, expected, rank, event, path);
                continue;
            }
            if rank.is_some() || self.misplaced(child, expected, path) {
                self.field(child, event, path);
            } else {
                let arguments = [child.local(), event.event_type.name()];
                self.report(structure::UNKNOWN_FIELD, &arguments, &path.key(child.local()), child);
                event.extensions.push(misfit(child));
            }
        }
    }

    fn wrapper(
        &mut self,
        child: Element<'_>,
        expected: Option<&'static Sequence>,
        rank: Option<usize>,
        event: &mut Event,
        path: &Path<'_>,
    ) {
        // What a user's own type or a place for later versions holds isn't known here.
        let lax = expected.is_none_or(|sequence| sequence.lax);
        if rank.is_none() && !lax {
            self.report(codes::XML_PLACE, &[child.local(), self.version.text()], path, child);
        }
        self.refuse_attributes(child, &path.key(child.local()));
        let inner = expected.and_then(|sequence| match child.local() {
            "extension" => sequence.extension,
            _ => sequence.base_extension,
        });
        self.walk(child, inner.or(expected), event, path);
    }

    /// Whether an element that the sequence doesn't have here is a field of this event type all
    /// the same; says so where that is wrong.
    fn misplaced(&mut self, child: Element<'_>, expected: Option<&'static Sequence>, path: &Path<'_>) -> bool {
        let Some(sequence) = self.sequence else { return Field::from_name(child.local()).is_some() };
        let has = |sequence: &Sequence| sequence.names.contains(&child.local());
        let known_to =
            |outer: &Sequence| has(outer) || outer.extension.is_some_and(has) || outer.base_extension.is_some_and(has);
        let later = ["sensorElementList", "persistentDisposition", "certificationInfo"].contains(&child.local());
        // In 1.x `eventID` and `errorDeclaration` are in every type's base, in 2.0 at its beginning.
        if !known_to(sequence) && !later && !self.is_of_type(child.local()) {
            return false;
        }
        let path = path.key(child.local());
        match expected.is_some_and(|sequence| sequence.lax) {
            true => self.report(codes::XML_LATER_VERSION, &[child.local()], &path, child),
            false => self.report(codes::XML_PLACE, &[child.local(), self.version.text()], &path, child),
        }
        true
    }

    /// Whether 1.x has the field, at another place.
    fn is_of_type(&self, name: &str) -> bool {
        let Some(sequence) = self.sequence else { return false };
        sequence.extension.into_iter().chain(sequence.base_extension).any(|inner| inner.names.contains(&name))
    }

    fn field(&mut self, child: Element<'_>, event: &mut Event, path: &Path<'_>) {
        let Some(known) = Field::from_name(child.local()) else { return };
        let name = name_of(child.local());
        let path = &path.key(name);
        if self.seen.contains(&name) {
            self.report(structure::DUPLICATE_FIELD, &[name], path, child);
            event.extensions.push(misfit(child));
            return;
        }
        self.seen.push(name);
        if self.set(known, child, event, path).is_none() {
            event.extensions.push(misfit(child));
        }
    }

    /// Sets a field; none if the element has not its shape.
    fn set(&mut self, known: Field, child: Element<'_>, event: &mut Event, path: &Path<'_>) -> Option<()> {
        match known {
            Field::Time(place) => *place(event) = Some(self.time(child, path)?),
            Field::Offset => {
                let offset = self.text(child, path)?;
                if !is_time_zone_offset(&offset) {
                    self.report(structure::BAD_OFFSET, &[&offset], path, child);
                }
                event.event_time_zone_offset = Some(offset);
            }
            Field::Uri(place) => *place(event) = Some(self.text(child, path)?),
            Field::Action => {
                let action = self.text(child, path)?;
                if !matches!(action.as_str(), "ADD" | "OBSERVE" | "DELETE") {
                    self.report(structure::BAD_ACTION, &[&action], path, child);
                }
                event.action = Some(action);
            }
            Field::Word(place, vocabulary) => {
                let word = self.text(child, path)?;
                *place(event) = Some(vocabulary.to_model(&word).into_owned());
            }
            Field::Certification => event.certification_info.push(self.text(child, path)?),
            Field::Epcs(place) => *place(event) = Some(self.texts(child, "epc", path)?),
            Field::Quantities(place) => *place(event) = Some(self.quantities(child, path)?),
            Field::Location(place) => *place(event) = Some(self.location(child, path)),
            Field::Typed(place, list) => *place(event) = Some(self.typed_list(child, list, path)?),
            Field::ErrorDeclaration => event.error_declaration = Some(self.error_declaration(child, path)),
            Field::PersistentDisposition => {
                event.persistent_disposition = Some(self.persistent_disposition(child, path));
            }
            Field::Sensors => event.sensor_element_list = Some(self.sensors(child, path)?),
            Field::Ilmd => event.ilmd = Some(self.ilmd(child, path)),
        }
        Some(())
    }

    /// Whether the element is a user's. One in a namespace of the standard is the standard's own,
    /// wrongly qualified.
    pub(crate) fn is_foreign(&mut self, element: Element<'_>, path: &Path<'_>) -> bool {
        if element.namespace().is_empty() {
            return false;
        }
        if namespace::standard(element.namespace()).is_none() {
            return true;
        }
        if !std::mem::replace(&mut self.qualified_reported, true) {
            self.report(codes::XML_QUALIFIED, &[&element.qualified()], &path.key(element.local()), element);
        }
        false
    }

    /// The text of an element that holds nothing else.
    pub(crate) fn text(&mut self, element: Element<'_>, path: &Path<'_>) -> Option<String> {
        self.refuse_attributes(element, path);
        if element.has_elements() {
            self.report(structure::WRONG_TYPE, &[element.local(), "text", "elements"], path, element);
            return None;
        }
        Some(element.text().into_owned())
    }

    /// A time stamp, reported if it is none.
    pub(crate) fn time(&mut self, element: Element<'_>, path: &Path<'_>) -> Option<String> {
        let time = self.text(element, path)?;
        if Stamp::parse(&time).is_none() {
            self.report(structure::BAD_TIME, &[&time], path, element);
        }
        Some(time)
    }

    /// Reports attributes where none may be.
    pub(crate) fn refuse_attributes(&mut self, element: Element<'_>, path: &Path<'_>) {
        for found in element.attributes().filter(|found| !is_schema_instance(*found)) {
            let name = ["@", &found.qualified()].concat();
            self.report(structure::UNKNOWN_FIELD, &[&found.qualified(), path.name()], &path.key(&name), element);
        }
    }

    /// Reports text where only elements may be.
    pub(crate) fn refuse_text(&mut self, element: Element<'_>, path: &Path<'_>) {
        if !element.text().is_empty() {
            self.report(codes::XML_TEXT, &[element.local()], path, element);
        }
    }

    pub(crate) fn report(&mut self, code: &'static Code, arguments: &[&str], path: &Path<'_>, element: Element<'_>) {
        self.problems.add_reason(Reason::new(code, arguments), path, Some(element.line()));
    }
}

/// The field's name with a static life, for [`EventReader::seen`].
fn name_of(local: &str) -> &'static str {
    EVENT_FIELDS.iter().find(|name| **name == local).copied().unwrap_or_default()
}
