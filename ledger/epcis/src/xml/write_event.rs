//! Writes one event as XML 2.0, in the order of the XSD's sequences.

use std::borrow::Cow;

use super::fields::{EVENT_FIELDS, sequence};
use super::lexical::{is_double, is_hex_binary};
use super::namespace::{Version, XSI};
use super::output::Output;
use super::source::ATTRIBUTES_MAX;
use crate::cbv::{self, Vocabulary};
use crate::codes::{structure, xml as codes};
use crate::document::WriteError;
use crate::field::{DESTINATIONS, SOURCES, TRANSACTIONS, TypedList};
use crate::model::{
    ErrorDeclaration, Event, EventType, Extension, Location, PersistentDisposition, QuantityElement, SensorElement,
    SensorField, SensorValue, Typed, Value,
};
use crate::name::{Name, Namespaces};
use crate::problem::Path;

type Written = Result<(), WriteError>;

impl Output {
    /// An event within an event list.
    pub(crate) fn event(&mut self, event: &Event, document: &Namespaces, path: &Path<'_>) -> Written {
        if event.certification_info.len() > 1 {
            return Err(self.cannot(codes::XML_ONE_CERTIFICATION, &[], &path.key("certificationInfo")));
        }
        match (&event.event_type, sequence(&event.event_type, Version::Two)) {
            (EventType::Other(name), _) => self.own_type(event, name, document, path),
            (_, None) => Ok(()),
            (known, Some(sequence)) => {
                let outside = self.scope_length();
                self.open_tag(known.name());
                self.declare_all(&event.namespaces, path)?;
                self.close_tag();
                for name in sequence.names {
                    self.field(event, name, path)?;
                }
                self.refuse_others(event, sequence.names, path)?;
                self.extensions(&event.extensions, path)?;
                self.end(known.name());
                self.reset_scope(outside);
                Ok(())
            }
        }
    }

    /// A user's own event type stands within `extension` (XSD `EPCISEventListExtensionType`).
    fn own_type(&mut self, event: &Event, name: &str, document: &Namespaces, path: &Path<'_>) -> Written {
        let expanded = event.namespaces.expand(name).or_else(|| document.expand(name)).or_else(|| {
            let (prefix, local) = name.split_once(':')?;
            let (_, namespace) = cbv::STANDARD_PREFIXES.iter().find(|(standard, _)| *standard == prefix)?;
            Some(Name { namespace: (*namespace).into(), prefix: prefix.into(), local: local.into() })
        });
        let Some(expanded) = expanded else {
            return Err(self.cannot(codes::XML_NO_NAMESPACE, &[name], path));
        };
        self.start("extension");
        let outside = self.scope_length();
        // The prefixes are declared on the element itself, before its name is chosen.
        let mark = self.text.len();
        self.declare_all(&event.namespaces, path)?;
        let declarations = self.text.split_off(mark);
        let open = self.open(&expanded, &[], false, path)?;
        self.text.pop();
        self.text.push_str(&declarations);
        self.close_tag();
        for field in EVENT_FIELDS {
            self.field(event, field, path)?;
        }
        self.extensions(&event.extensions, path)?;
        self.close(&open);
        self.reset_scope(outside);
        self.end("extension");
        Ok(())
    }

    /// Fields that the event's type has not cannot be written.
    fn refuse_others(&self, event: &Event, names: &[&str], path: &Path<'_>) -> Written {
        let present = [
            ("epcList", event.epc_list.is_some()),
            ("quantityList", event.quantity_list.is_some()),
            ("parentID", event.parent_id.is_some()),
            ("childEPCs", event.child_epcs.is_some()),
            ("childQuantityList", event.child_quantity_list.is_some()),
            ("inputEPCList", event.input_epc_list.is_some()),
            ("inputQuantityList", event.input_quantity_list.is_some()),
            ("outputEPCList", event.output_epc_list.is_some()),
            ("outputQuantityList", event.output_quantity_list.is_some()),
            ("transformationID", event.transformation_id.is_some()),
            ("action", event.action.is_some()),
            ("ilmd", event.ilmd.is_some()),
        ];
        match present.iter().find(|(name, present)| *present && !names.contains(name)) {
            Some((name, _)) => Err(self.cannot(structure::UNKNOWN_FIELD, &[name, path.name()], &path.key(name))),
            None => Ok(()),
        }
    }

    fn field(&mut self, event: &Event, name: &'static str, path: &Path<'_>) -> Written {
        let path = &path.key(name);
        let text = match name {
            "eventTime" => &event.event_time,
            "recordTime" => &event.record_time,
            "eventTimeZoneOffset" => &event.event_time_zone_offset,
            "eventID" => &event.event_id,
            "parentID" => &event.parent_id,
            "transformationID" => &event.transformation_id,
            "action" => &event.action,
            "bizStep" => return self.word(name, &event.biz_step, &cbv::BIZ_STEP, path),
            "disposition" => return self.word(name, &event.disposition, &cbv::DISPOSITION, path),
            "certificationInfo" => {
                return event.certification_info.iter().try_for_each(|text| self.leaf(name, text, path));
            }
            "errorDeclaration" => return self.optional(&event.error_declaration, path, Self::error_declaration),
            "epcList" => return self.texts(name, "epc", &event.epc_list, path),
            "childEPCs" => return self.texts(name, "epc", &event.child_epcs, path),
            "inputEPCList" => return self.texts(name, "epc", &event.input_epc_list, path),
            "outputEPCList" => return self.texts(name, "epc", &event.output_epc_list, path),
            "quantityList" => return self.quantities(name, &event.quantity_list, path),
            "childQuantityList" => return self.quantities(name, &event.child_quantity_list, path),
            "inputQuantityList" => return self.quantities(name, &event.input_quantity_list, path),
            "outputQuantityList" => return self.quantities(name, &event.output_quantity_list, path),
            "readPoint" => return self.location(name, &event.read_point, path),
            "bizLocation" => return self.location(name, &event.biz_location, path),
            "bizTransactionList" => return self.typed_list(name, &event.biz_transaction_list, &TRANSACTIONS, path),
            "sourceList" => return self.typed_list(name, &event.source_list, &SOURCES, path),
            "destinationList" => return self.typed_list(name, &event.destination_list, &DESTINATIONS, path),
            "sensorElementList" => return self.sensors(&event.sensor_element_list, path),
            "persistentDisposition" => {
                return self.optional(&event.persistent_disposition, path, Self::persistent_disposition);
            }
            "ilmd" => return self.optional(&event.ilmd, path, |output, ilmd, path| output.ilmd(ilmd, path)),
            // `extension` and `baseExtension`, which 2.0 writes nothing into.
            _ => return Ok(()),
        };
        match text {
            Some(text) => self.leaf(name, text, path),
            None => Ok(()),
        }
    }

    fn optional<T>(
        &mut self,
        value: &Option<T>,
        path: &Path<'_>,
        write: fn(&mut Self, &T, &Path<'_>) -> Written,
    ) -> Written {
        match value {
            Some(value) => write(self, value, path),
            None => Ok(()),
        }
    }

    fn word(&mut self, tag: &str, word: &Option<String>, vocabulary: &Vocabulary, path: &Path<'_>) -> Written {
        match word {
            Some(word) => self.leaf(tag, &vocabulary.to_xml(word), path),
            None => Ok(()),
        }
    }

    fn texts(&mut self, tag: &str, item: &str, texts: &Option<Vec<String>>, path: &Path<'_>) -> Written {
        let Some(texts) = texts else { return Ok(()) };
        self.start(tag);
        for (index, text) in texts.iter().enumerate() {
            self.leaf(item, text, &path.index(index))?;
        }
        self.end(tag);
        Ok(())
    }

    fn quantities(&mut self, tag: &str, quantities: &Option<Vec<QuantityElement>>, path: &Path<'_>) -> Written {
        let Some(quantities) = quantities else { return Ok(()) };
        self.start(tag);
        for (index, quantity) in quantities.iter().enumerate() {
            let path = &path.index(index);
            self.refuse_extensions(&quantity.extensions, path)?;
            self.start("quantityElement");
            if let Some(class) = &quantity.epc_class {
                self.leaf("epcClass", class, path)?;
            }
            if let Some(number) = &quantity.quantity {
                let written = decimal(&number.0);
                if written.contains(['e', 'E']) && is_double(&written) {
                    // An exponent so large that its digits would fill the memory.
                    return Err(self.cannot(codes::XML_CANNOT_WRITE, &[&number.0], &path.key("quantity")));
                }
                self.leaf("quantity", &written, path)?;
            }
            if quantity.nil {
                self.open_tag("quantity");
                self.attribute("xmlns:xsi", XSI, path)?;
                self.attribute("xsi:nil", "true", path)?;
                self.close_tag();
                self.end("quantity");
            }
            if let Some(unit) = &quantity.uom {
                self.leaf("uom", unit, path)?;
            }
            self.end("quantityElement");
        }
        self.end(tag);
        Ok(())
    }

    fn location(&mut self, tag: &str, location: &Option<Location>, path: &Path<'_>) -> Written {
        let Some(location) = location else { return Ok(()) };
        self.start(tag);
        if let Some(id) = &location.id {
            self.leaf("id", id, &path.key("id"))?;
        }
        self.extensions(&location.extensions, path)?;
        self.end(tag);
        Ok(())
    }

    fn typed_list(
        &mut self,
        tag: &str,
        typed: &Option<Vec<Typed>>,
        list: &'static TypedList,
        path: &Path<'_>,
    ) -> Written {
        // The XSD wants at least one item; an empty list says what none says.
        let Some(typed) = typed.as_ref().filter(|typed| !typed.is_empty()) else { return Ok(()) };
        self.start(tag);
        for (index, item) in typed.iter().enumerate() {
            let path = &path.index(index);
            self.refuse_extensions(&item.extensions, path)?;
            self.open_tag(list.item);
            if let Some(kind) = &item.kind {
                self.attribute("type", &list.vocabulary.to_xml(kind), &path.key("type"))?;
            }
            self.close_tag();
            self.escaped(item.value.as_deref().unwrap_or_default(), &path.key(list.item))?;
            self.end(list.item);
        }
        self.end(tag);
        Ok(())
    }

    fn error_declaration(&mut self, declaration: &ErrorDeclaration, path: &Path<'_>) -> Written {
        self.start("errorDeclaration");
        if let Some(time) = &declaration.declaration_time {
            self.leaf("declarationTime", time, &path.key("declarationTime"))?;
        }
        self.word("reason", &declaration.reason, &cbv::ERROR_REASON, &path.key("reason"))?;
        let identifiers = path.key("correctiveEventIDs");
        self.texts("correctiveEventIDs", "correctiveEventID", &declaration.corrective_event_ids, &identifiers)?;
        self.extensions(&declaration.extensions, path)?;
        self.end("errorDeclaration");
        Ok(())
    }

    fn persistent_disposition(&mut self, disposition: &PersistentDisposition, path: &Path<'_>) -> Written {
        self.refuse_extensions(&disposition.extensions, path)?;
        self.start("persistentDisposition");
        for (tag, words) in [("unset", &disposition.unset), ("set", &disposition.set)] {
            let path = path.key(tag);
            for (index, word) in words.iter().flatten().enumerate() {
                self.leaf(tag, &cbv::DISPOSITION.to_xml(word), &path.index(index))?;
            }
        }
        self.end("persistentDisposition");
        Ok(())
    }

    fn ilmd(&mut self, extensions: &[Extension], path: &Path<'_>) -> Written {
        self.start("ilmd");
        self.extensions(extensions, path)?;
        self.end("ilmd");
        Ok(())
    }

    fn sensors(&mut self, sensors: &Option<Vec<SensorElement>>, path: &Path<'_>) -> Written {
        let Some(sensors) = sensors.as_ref().filter(|sensors| !sensors.is_empty()) else { return Ok(()) };
        self.start("sensorElementList");
        for (index, sensor) in sensors.iter().enumerate() {
            let path = &path.index(index);
            self.start("sensorElement");
            if let Some(metadata) = &sensor.metadata {
                let path = path.key("sensorMetadata");
                self.sensor_fields("sensorMetadata", &metadata.fields, &metadata.extensions, &path)?;
            }
            let reports = path.key("sensorReport");
            for (index, report) in sensor.reports.iter().enumerate() {
                self.sensor_fields("sensorReport", &report.fields, &report.extensions, &reports.index(index))?;
            }
            self.extensions(&sensor.extensions, path)?;
            self.end("sensorElement");
        }
        self.end("sensorElementList");
        Ok(())
    }

    /// Standard fields and extensions alike are attributes, so the latter can only be scalars, and
    /// only one of each name.
    fn sensor_fields(
        &mut self,
        tag: &'static str,
        fields: &[(SensorField, Box<str>)],
        extensions: &[Extension],
        path: &Path<'_>,
    ) -> Written {
        let mut attributes: Vec<(Name, Box<str>)> = Vec::with_capacity(fields.len() + extensions.len());
        for (field, value) in fields {
            let written: Cow<'_, str> = match field.kind {
                SensorValue::MeasurementType => cbv::MEASUREMENT_TYPE.to_xml(value),
                SensorValue::Exception => cbv::EXCEPTION.to_xml(value),
                SensorValue::Component => cbv::COMPONENT.to_xml(value),
                // JSON's schema knows half bytes, the XSD does not.
                SensorValue::HexBinary if !is_hex_binary(value) => {
                    return Err(self.cannot(codes::XML_CANNOT_WRITE, &[value], &path.key(field.name)));
                }
                _ => Cow::Borrowed(value),
            };
            attributes.push((Name::local(field.name), written.into()));
        }
        if extensions.len() > ATTRIBUTES_MAX {
            return Err(self.cannot(codes::XML_TOO_MANY, &[&ATTRIBUTES_MAX.to_string(), "attributes"], path));
        }
        for extension in extensions {
            let name = extension.name.qualified();
            let path = path.key(&name);
            if extension.name.namespace.is_empty() {
                return Err(self.cannot(codes::XML_NO_NAMESPACE, &[&name], &path));
            }
            let Value::Scalar(text, _) = &extension.value else {
                return Err(self.cannot(codes::XML_SCALARS_ONLY, &[&name], &path));
            };
            if attributes.iter().any(|(other, _)| *other == extension.name) {
                return Err(self.cannot(codes::XML_SCALARS_ONLY, &[&name], &path));
            }
            attributes.push((extension.name.clone(), text.clone()));
        }
        let open = self.open(&Name::local(tag), &attributes, false, path)?;
        self.close(&open);
        Ok(())
    }

    fn refuse_extensions(&self, extensions: &[Extension], path: &Path<'_>) -> Written {
        match extensions.first() {
            None => Ok(()),
            Some(extension) => {
                let name = extension.name.qualified();
                Err(self.cannot(structure::UNKNOWN_FIELD, &[&name, path.name()], &path.key(&name)))
            }
        }
    }

    /// Extensions of an object of the standard: each needs a namespace.
    pub(crate) fn extensions(&mut self, extensions: &[Extension], path: &Path<'_>) -> Written {
        for extension in extensions {
            let name = extension.name.qualified();
            let path = path.key(&name);
            if extension.name.namespace.is_empty() {
                return Err(self.cannot(codes::XML_NO_NAMESPACE, &[&name], &path));
            }
            self.extension(extension, &path)?;
        }
        Ok(())
    }

    /// An extension as an element. Its depth is that of the document it was read from, which the
    /// reader limits.
    pub(crate) fn extension(&mut self, extension: &Extension, path: &Path<'_>) -> Written {
        match &extension.value {
            Value::Null => {
                let open = self.open(&extension.name, &[], true, path)?;
                self.close(&open);
            }
            Value::Scalar(text, _) => {
                let open = self.open(&extension.name, &[], false, path)?;
                self.escaped(text, path)?;
                self.close(&open);
            }
            Value::List(_) => return Err(self.cannot(codes::XML_LIST, &[], path)),
            Value::Object(object) => {
                if object.attributes.is_empty() && object.members.is_empty() && object.text.is_none() {
                    return Err(self.cannot(codes::XML_EMPTY_OBJECT, &[], path));
                }
                let open = self.open(&extension.name, &object.attributes, false, path)?;
                self.escaped(object.text.as_deref().unwrap_or_default(), path)?;
                for member in &object.members {
                    self.extension(member, &path.key(&member.name.qualified()))?;
                }
                self.close(&open);
            }
        }
        Ok(())
    }
}

/// A number as `xsd:decimal` writes it: without an exponent.
fn decimal(number: &str) -> Cow<'_, str> {
    match number.contains(['e', 'E']) {
        true => crate::decimal::canonical(number).map_or(Cow::Borrowed(number), Cow::Owned),
        false => Cow::Borrowed(number),
    }
}
