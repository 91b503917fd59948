//! Reads the structured fields of an event.

use super::event::EventReader;
use super::extension::{attribute, extension, is_nil, is_schema_instance, misfit};
use super::lexical::{is_boolean, is_decimal, is_double, is_hex_binary};
use super::tree::{Attribute, Element};
use crate::cbv;
use crate::codes::{structure, xml as codes};
use crate::field::TypedList;
use crate::model::{
    ErrorDeclaration, Extension, Location, Number, PersistentDisposition, QuantityElement, SENSOR_METADATA_FIELDS,
    SENSOR_REPORT_FIELDS, SensorElement, SensorField, SensorMetadata, SensorReport, SensorValue, Typed,
};
use crate::problem::Path;
use crate::time::Stamp;

impl EventReader<'_> {
    /// A list of texts, each in an element `item`; none if it holds anything else.
    pub(crate) fn texts(&mut self, list: Element<'_>, item: &str, path: &Path<'_>) -> Option<Vec<String>> {
        self.items(list, item, path, |reader, element, path| reader.text(element, path))
    }

    /// What `read` makes of each `item` of a list; none if the list holds anything else.
    fn items<T>(
        &mut self,
        list: Element<'_>,
        item: &str,
        path: &Path<'_>,
        mut read: impl FnMut(&mut Self, Element<'_>, &Path<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.refuse_attributes(list, path);
        self.refuse_text(list, path);
        let mut items = Some(Vec::new());
        for (index, element) in list.elements().enumerate() {
            let path = &path.index(index);
            let foreign = self.is_foreign(element, path);
            let read = if foreign || element.local() != item {
                self.report(structure::UNKNOWN_FIELD, &[&element.qualified(), path.name()], path, element);
                None
            } else {
                read(self, element, path)
            };
            match (read, &mut items) {
                (Some(read), Some(items)) => items.push(read),
                _ => items = None,
            }
        }
        items
    }

    /// Reports a list that the XSD wants at least one item in.
    fn require_item<T>(&mut self, items: &[T], item: &str, list: Element<'_>, path: &Path<'_>) {
        if items.is_empty() {
            self.report(structure::MISSING_FIELD, &[item, path.name()], &path.index(0), list);
        }
    }

    pub(crate) fn quantities(&mut self, list: Element<'_>, path: &Path<'_>) -> Option<Vec<QuantityElement>> {
        self.items(list, "quantityElement", path, |reader, element, path| Some(reader.quantity(element, path)))
    }

    fn quantity(&mut self, element: Element<'_>, path: &Path<'_>) -> QuantityElement {
        self.refuse_attributes(element, path);
        self.refuse_text(element, path);
        let mut quantity = QuantityElement::default();
        let mut order = Order::default();
        for child in element.elements() {
            let path = &path.key(child.local());
            if self.is_foreign(child, path) {
                self.report(structure::UNKNOWN_FIELD, &[&child.qualified(), path.name()], path, child);
                quantity.extensions.push(extension(child));
                continue;
            }
            let rank = order.admit(self, child, &["epcClass", "quantity", "uom"], path);
            let text = rank.and_then(|_| self.text(child, path));
            match (rank, text) {
                (Some(0), Some(text)) => quantity.epc_class = Some(text),
                (Some(1), Some(text)) => {
                    // The XSD lets a quantity be nil: not known.
                    quantity.nil = is_nil(child);
                    if !quantity.nil {
                        if !is_decimal(&text) {
                            self.report(structure::BAD_NUMBER, &[&text], path, child);
                        }
                        quantity.quantity = Some(Number(text.into()));
                    }
                }
                (Some(2), Some(text)) => quantity.uom = Some(text),
                _ => quantity.extensions.push(misfit(child)),
            }
        }
        if !order.has(0) {
            self.report(structure::MISSING_FIELD, &["epcClass", path.name()], &path.key("epcClass"), element);
        }
        if order.has(2) && !order.has(1) {
            self.report(structure::MISSING_FIELD, &["quantity", path.name()], &path.key("quantity"), element);
        }
        quantity
    }

    pub(crate) fn location(&mut self, element: Element<'_>, path: &Path<'_>) -> Location {
        self.refuse_attributes(element, path);
        self.refuse_text(element, path);
        let mut location = Location::default();
        let mut order = Order::default();
        for child in element.elements() {
            if self.is_foreign(child, path) {
                order.finish();
                location.extensions.push(extension(child));
                continue;
            }
            let path = &path.key(child.local());
            match order.admit(self, child, &["id", "extension"], path) {
                Some(0) => match self.text(child, path) {
                    Some(id) => location.id = Some(id),
                    None => location.extensions.push(misfit(child)),
                },
                Some(_) => self.unwrap(child, &mut location.extensions, path),
                None => location.extensions.push(misfit(child)),
            }
        }
        if !order.has(0) {
            self.report(structure::MISSING_FIELD, &["id", path.name()], &path.key("id"), element);
        }
        location
    }

    /// What an `extension` element wraps. Elements without a namespace there are the standard's
    /// future, so not known.
    fn unwrap(&mut self, wrapper: Element<'_>, extensions: &mut Vec<Extension>, path: &Path<'_>) {
        self.refuse_attributes(wrapper, path);
        self.refuse_text(wrapper, path);
        for child in wrapper.elements() {
            match self.is_foreign(child, path) {
                true => extensions.push(extension(child)),
                false => {
                    self.report(
                        structure::UNKNOWN_FIELD,
                        &[child.local(), path.name()],
                        &path.key(child.local()),
                        child,
                    );
                    extensions.push(misfit(child));
                }
            }
        }
    }

    pub(crate) fn typed_list(
        &mut self,
        element: Element<'_>,
        list: &'static TypedList,
        path: &Path<'_>,
    ) -> Option<Vec<Typed>> {
        let typed = self.items(element, list.item, path, |reader, item, path| Some(reader.typed(item, list, path)))?;
        self.require_item(&typed, list.item, element, path);
        Some(typed)
    }

    fn typed(&mut self, element: Element<'_>, list: &'static TypedList, path: &Path<'_>) -> Typed {
        let mut typed = Typed::default();
        for found in element.attributes().filter(|found| !is_schema_instance(*found)) {
            if found.local() == "type" && found.namespace().is_empty() {
                typed.kind = Some(list.vocabulary.to_model(super::lexical::trim(found.value())).into_owned());
            } else {
                let name = found.qualified();
                self.report(structure::UNKNOWN_FIELD, &[&name, path.name()], &path.key(&name), element);
                typed.extensions.push(attribute(found));
            }
        }
        if list.type_required && typed.kind.is_none() {
            self.report(structure::MISSING_FIELD, &["type", path.name()], &path.key("type"), element);
        }
        if element.has_elements() {
            self.report(structure::WRONG_TYPE, &[list.item, "text", "elements"], &path.key(list.item), element);
            typed.extensions.extend(element.elements().map(extension));
        }
        typed.value = Some(element.text().into_owned());
        typed
    }

    pub(crate) fn error_declaration(&mut self, element: Element<'_>, path: &Path<'_>) -> ErrorDeclaration {
        self.refuse_text(element, path);
        let mut declaration = ErrorDeclaration::default();
        for found in element.attributes().filter(|found| !is_schema_instance(*found)) {
            if found.namespace().is_empty() {
                self.report(structure::UNKNOWN_FIELD, &[found.local(), path.name()], &path.key(found.local()), element);
            }
            declaration.extensions.push(attribute(found));
        }
        let mut order = Order::any();
        for child in element.elements() {
            if self.is_foreign(child, path) {
                declaration.extensions.push(extension(child));
                continue;
            }
            let path = &path.key(child.local());
            let names = &["declarationTime", "reason", "correctiveEventIDs", "extension"];
            let read = match order.admit(self, child, names, path) {
                Some(0) => self.time(child, path).map(|time| declaration.declaration_time = Some(time)),
                Some(1) => self.text(child, path).map(|reason| {
                    declaration.reason = Some(cbv::ERROR_REASON.to_model(&reason).into_owned());
                }),
                Some(2) => self
                    .texts(child, "correctiveEventID", path)
                    .map(|identifiers| declaration.corrective_event_ids = Some(identifiers)),
                Some(_) => {
                    self.unwrap(child, &mut declaration.extensions, path);
                    Some(())
                }
                None => None,
            };
            if read.is_none() {
                declaration.extensions.push(misfit(child));
            }
        }
        if !order.has(0) {
            self.report(
                structure::MISSING_FIELD,
                &["declarationTime", path.name()],
                &path.key("declarationTime"),
                element,
            );
        }
        declaration
    }

    pub(crate) fn persistent_disposition(&mut self, element: Element<'_>, path: &Path<'_>) -> PersistentDisposition {
        self.refuse_attributes(element, path);
        self.refuse_text(element, path);
        let mut disposition = PersistentDisposition::default();
        for child in element.elements() {
            let foreign = self.is_foreign(child, path);
            let list = match child.local() {
                "unset" if !foreign => &mut disposition.unset,
                "set" if !foreign => &mut disposition.set,
                _ => {
                    self.report(
                        structure::UNKNOWN_FIELD,
                        &[&child.qualified(), path.name()],
                        &path.key(&child.qualified()),
                        child,
                    );
                    disposition.extensions.push(extension(child));
                    continue;
                }
            };
            let list = list.get_or_insert_default();
            let path = path.key(child.local());
            let path = path.index(list.len());
            match self.text(child, &path) {
                Some(word) => list.push(cbv::DISPOSITION.to_model(&word).into_owned()),
                None => disposition.extensions.push(misfit(child)),
            }
        }
        let mut sets = element.elements().skip_while(|child| child.local() != "set");
        if let Some(late) = sets.find(|child| child.local() == "unset") {
            self.report(codes::XML_ORDER, &["unset"], &path.key("unset"), late);
        }
        disposition
    }

    pub(crate) fn ilmd(&mut self, element: Element<'_>, path: &Path<'_>) -> Vec<Extension> {
        self.refuse_text(element, path);
        let mut extensions: Vec<Extension> =
            element.attributes().filter(|found| !is_schema_instance(*found)).map(attribute).collect();
        for child in element.elements() {
            if self.is_foreign(child, path) {
                extensions.push(extension(child));
            } else if child.local() == "extension" {
                self.unwrap(child, &mut extensions, path);
            } else {
                self.report(structure::UNKNOWN_FIELD, &[child.local(), path.name()], &path.key(child.local()), child);
                extensions.push(misfit(child));
            }
        }
        extensions
    }

    pub(crate) fn sensors(&mut self, element: Element<'_>, path: &Path<'_>) -> Option<Vec<SensorElement>> {
        let sensors =
            self.items(element, "sensorElement", path, |reader, element, path| Some(reader.sensor(element, path)))?;
        self.require_item(&sensors, "sensorElement", element, path);
        Some(sensors)
    }

    fn sensor(&mut self, element: Element<'_>, path: &Path<'_>) -> SensorElement {
        self.refuse_attributes(element, path);
        self.refuse_text(element, path);
        let mut sensor = SensorElement::default();
        let mut order = Order::default();
        for child in element.elements() {
            if self.is_foreign(child, path) {
                order.finish();
                sensor.extensions.push(extension(child));
                continue;
            }
            let below = &path.key(child.local());
            if child.local() == "sensorReport" {
                order.repeat(self, child, 1, below);
                let (fields, extensions) =
                    self.sensor_fields(child, SENSOR_REPORT_FIELDS, &below.index(sensor.reports.len()));
                sensor.reports.push(SensorReport { fields, extensions });
                continue;
            }
            match order.admit(self, child, &["sensorMetadata", "sensorReport", "extension"], below) {
                Some(0) => {
                    let (fields, extensions) = self.sensor_fields(child, SENSOR_METADATA_FIELDS, below);
                    sensor.metadata = Some(SensorMetadata { fields, extensions });
                }
                Some(_) => self.unwrap(child, &mut sensor.extensions, below),
                None => sensor.extensions.push(misfit(child)),
            }
        }
        if sensor.reports.is_empty() {
            self.report(structure::MISSING_FIELD, &["sensorReport", path.name()], &path.key("sensorReport"), element);
        }
        sensor
    }

    fn sensor_fields(
        &mut self,
        element: Element<'_>,
        known: &'static [SensorField],
        path: &Path<'_>,
    ) -> (Vec<(SensorField, Box<str>)>, Vec<Extension>) {
        self.refuse_text(element, path);
        let mut fields: Vec<(usize, Box<str>)> = Vec::with_capacity(8);
        let mut extensions = Vec::new();
        for found in element.attributes().filter(|found| !is_schema_instance(*found)) {
            let rank = known.iter().position(|field| field.name == found.local() && found.namespace().is_empty());
            match rank.and_then(|rank| Some((rank, known.get(rank)?))) {
                Some((rank, field)) => {
                    let value = self.sensor_value(found, field, element, &path.key(field.name));
                    fields.push((rank, value));
                }
                None => {
                    if found.namespace().is_empty() {
                        self.report(
                            structure::UNKNOWN_FIELD,
                            &[found.local(), path.name()],
                            &path.key(found.local()),
                            element,
                        );
                    }
                    extensions.push(attribute(found));
                }
            }
        }
        for child in element.elements() {
            let name = child.qualified();
            self.report(structure::UNKNOWN_FIELD, &[&name, path.name()], &path.key(&name), child);
            extensions.push(extension(child));
        }
        fields.sort_by_key(|(rank, _)| *rank);
        let fields = fields.into_iter().filter_map(|(rank, value)| Some((*known.get(rank)?, value))).collect();
        (fields, extensions)
    }

    fn sensor_value(
        &mut self,
        found: Attribute<'_>,
        field: &SensorField,
        element: Element<'_>,
        path: &Path<'_>,
    ) -> Box<str> {
        let value = found.value();
        let vocabulary = match field.kind {
            SensorValue::MeasurementType => &cbv::MEASUREMENT_TYPE,
            SensorValue::Exception => &cbv::EXCEPTION,
            SensorValue::Component => &cbv::COMPONENT,
            kind => {
                // The XSD's simple types but strings collapse white space.
                let value = if kind == SensorValue::Text { value } else { super::lexical::trim(value) };
                match kind {
                    SensorValue::Time if Stamp::parse(value).is_none() => {
                        self.report(structure::BAD_TIME, &[value], path, element);
                    }
                    SensorValue::Number if !is_double(value) => {
                        self.report(structure::BAD_NUMBER, &[value], path, element);
                    }
                    SensorValue::Boolean if !is_boolean(value) => {
                        self.report(structure::BAD_BOOLEAN, &[value], path, element);
                    }
                    SensorValue::HexBinary if !is_hex_binary(value) => {
                        self.report(structure::BAD_HEX, &[value], path, element);
                    }
                    _ => {}
                }
                return value.into();
            }
        };
        vocabulary.to_model(super::lexical::trim(value)).into()
    }
}

/// Watches the order and number of a structure's elements.
#[derive(Default)]
struct Order {
    /// The rank of the element before, plus one.
    reached: usize,
    seen: u8,
    any: bool,
}

impl Order {
    /// For a structure without an order.
    fn any() -> Self {
        Order { any: true, ..Order::default() }
    }

    /// Only elements of other namespaces may follow.
    fn finish(&mut self) {
        self.reached = usize::MAX;
    }

    fn has(&self, rank: usize) -> bool {
        self.seen & (1 << rank) != 0
    }

    /// The rank of the element among `names`, fewer than eight; none if it is not to be read.
    fn admit(
        &mut self,
        reader: &mut EventReader<'_>,
        element: Element<'_>,
        names: &[&str],
        path: &Path<'_>,
    ) -> Option<usize> {
        let Some(rank) = names.iter().position(|name| *name == element.local()) else {
            reader.report(structure::UNKNOWN_FIELD, &[element.local(), path.name()], path, element);
            return None;
        };
        if self.has(rank) {
            reader.report(structure::DUPLICATE_FIELD, &[element.local()], path, element);
            return None;
        }
        self.repeat(reader, element, rank, path);
        Some(rank)
    }

    /// Takes an element that may come several times.
    fn repeat(&mut self, reader: &mut EventReader<'_>, element: Element<'_>, rank: usize, path: &Path<'_>) {
        if !self.any && rank + 1 < self.reached {
            reader.report(codes::XML_ORDER, &[element.local()], path, element);
        }
        self.reached = self.reached.max(rank + 1);
        self.seen |= 1 << rank;
    }
}
