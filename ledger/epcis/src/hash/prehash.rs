//! Writes the string that is hashed: an event's fields in the order of the reference, lists and
//! extensions sorted.

use super::value::boolean;
use super::{IgnoredFields, Profile, Rules};
use crate::cbv::{self, Vocabulary};
use crate::model::{
    Event, Extension, Location, Object, QuantityElement, SensorElement, SensorField, SensorValue, Typed, Value,
};
use crate::name::Name;

/// The string that is hashed.
pub fn prehash(event: &Event, profile: Profile, ignored: &IgnoredFields) -> String {
    let mut writer = Writer {
        text: String::with_capacity(1024),
        rules: profile.rules(),
        block: String::new(),
        leftovers: Vec::new(),
    };
    writer.event(event, ignored);
    writer.text
}

/// What the reference makes of `xsi:nil="true"`.
const NIL: &str = "{http://www.w3.org/2001/XMLSchema-instance}nil=true";

/// Texts that are sorted before they are joined.
type Parts = Vec<String>;

struct Writer {
    text: String,
    rules: &'static Rules,
    /// Extensions of standard fields that stand in a block behind everything.
    block: String,
    /// What has no place of its own; sorted at the end.
    leftovers: Parts,
}

impl Writer {
    fn event(&mut self, event: &Event, ignored: &IgnoredFields) {
        self.text.push_str("eventType=");
        self.text.push_str(event.event_type.name());
        self.when(event);
        self.what(event);
        self.field("action", event.action.as_deref());
        self.field("transformationID", event.transformation_id.as_deref());
        self.word("bizStep", &cbv::BIZ_STEP, event.biz_step.as_deref());
        self.word("disposition", &cbv::DISPOSITION, event.disposition.as_deref());
        self.persistent_disposition(event);
        self.location("readPoint", event.read_point.as_ref());
        self.location("bizLocation", event.biz_location.as_ref());
        self.why(event);
        self.sensors(event.sensor_element_list.as_deref().unwrap_or_default());
        self.rest(event, ignored);
    }

    fn when(&mut self, event: &Event) {
        if let Some(time) = self.rules.time("eventTime", event.event_time.as_deref()) {
            self.text.push_str(&time);
        }
        self.field("eventTimeZoneOffset", event.event_time_zone_offset.as_deref());
        if self.rules.certification {
            let values =
                event.certification_info.iter().filter_map(|uri| self.rules.pair("certificationInfo", uri)).collect();
            self.sorted("", values);
        }
    }

    fn what(&mut self, event: &Event) {
        if self.rules.parent_first {
            self.field("parentID", event.parent_id.as_deref());
        }
        self.epcs("epcList", event.epc_list.as_deref());
        if !self.rules.parent_first {
            self.field("parentID", event.parent_id.as_deref());
        }
        self.epcs("inputEPCList", event.input_epc_list.as_deref());
        self.epcs("childEPCs", event.child_epcs.as_deref());
        self.quantities("quantityList", event.quantity_list.as_deref());
        self.quantities("childQuantityList", event.child_quantity_list.as_deref());
        self.quantities("inputQuantityList", event.input_quantity_list.as_deref());
        self.epcs("outputEPCList", event.output_epc_list.as_deref());
        self.quantities("outputQuantityList", event.output_quantity_list.as_deref());
    }

    fn persistent_disposition(&mut self, event: &Event) {
        let Some(dispositions) = &event.persistent_disposition else { return };
        let words = |name: &str, words: &Option<Vec<String>>| -> Parts {
            words.iter().flatten().filter_map(|word| self.rules.word_pair(name, &cbv::DISPOSITION, word)).collect()
        };
        let (set, unset) = (words("set", &dispositions.set), words("unset", &dispositions.unset));
        if set.is_empty() && unset.is_empty() {
            return;
        }
        self.text.push_str("persistentDisposition");
        self.sorted("", set);
        self.sorted("", unset);
    }

    fn why(&mut self, event: &Event) {
        let transactions = self.typed("bizTransaction", &cbv::BIZ_TRANSACTION, event.biz_transaction_list.as_deref());
        let sources = self.typed("source", &cbv::SOURCE_DESTINATION, event.source_list.as_deref());
        let destinations = self.typed("destination", &cbv::SOURCE_DESTINATION, event.destination_list.as_deref());
        for list in [transactions, sources, destinations].into_iter().flatten() {
            match self.rules.why_in_order {
                true => self.text.push_str(&list),
                false => self.leftovers.push(list),
            }
        }
    }

    /// Instance master data, extensions of standard fields where they have a block, and the
    /// event's own extensions with everything left over.
    fn rest(&mut self, event: &Event, ignored: &IgnoredFields) {
        let ilmd = event.ilmd.as_deref().map(|members| ["ilmd", &self.joined(members.iter())].concat());
        let never = |name: &Name| {
            let unnamed = name.namespace.is_empty();
            let local = &*name.local;
            let excluded = matches!(local, "recordTime" | "eventID" | "type" | "errorDeclaration" | "comment" | "isA");
            (unnamed && (excluded || (!self.rules.certification && local == "certificationInfo")))
                || is_comment(name)
                || ignored.contains(name)
        };
        let extensions: Parts = event
            .extensions
            .iter()
            .filter(|extension| !never(&extension.name))
            .map(|extension| self.extension(extension))
            .collect();
        match self.rules.extensions_inline {
            true => self.leftovers.extend(ilmd),
            false => {
                self.text.push_str(ilmd.as_deref().unwrap_or(""));
                let block = std::mem::take(&mut self.block);
                self.text.push_str(&block);
            }
        }
        let mut leftovers = std::mem::take(&mut self.leftovers);
        leftovers.extend(extensions);
        self.sorted("", leftovers);
    }

    // ---- fields ----

    /// Appends `name=value` unless there is no value.
    fn field(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return };
        self.text.push_str(name);
        self.text.push('=');
        self.rules.push_value(value, &mut self.text);
    }

    fn word(&mut self, name: &str, vocabulary: &Vocabulary, value: Option<&str>) {
        if let Some(pair) = value.and_then(|value| self.rules.word_pair(name, vocabulary, value)) {
            self.text.push_str(&pair);
        }
    }

    /// Appends the parts in the order of their UTF-8 bytes, behind `name`; nothing if there are
    /// none.
    fn sorted(&mut self, name: &str, mut parts: Parts) {
        if parts.is_empty() {
            return;
        }
        parts.sort_unstable();
        self.text.push_str(name);
        parts.iter().for_each(|part| self.text.push_str(part));
    }

    fn epcs(&mut self, name: &str, epcs: Option<&[String]>) {
        let parts = epcs.unwrap_or_default().iter().filter_map(|epc| self.rules.pair("epc", epc)).collect();
        self.sorted(name, parts);
    }

    fn quantities(&mut self, name: &str, elements: Option<&[QuantityElement]>) {
        let mut parts = Parts::new();
        for element in elements.unwrap_or_default() {
            let mut part = String::from("quantityElement");
            let number = element.quantity.as_ref().map(|number| &*number.0);
            for (field, value) in
                [("epcClass", element.epc_class.as_deref()), ("quantity", number), ("uom", element.uom.as_deref())]
            {
                // A value that stood twice, or in a wrong shape, is hashed where it belongs.
                let kept = element.extensions.iter().filter(|kept| kept.name.namespace.is_empty());
                let kept = kept.filter(|kept| *kept.name.local == *field).filter_map(|kept| match &kept.value {
                    Value::Scalar(text, _) => self.rules.pair(field, text),
                    _ => None,
                });
                let mut values: Parts =
                    value.and_then(|value| self.rules.pair(field, value)).into_iter().chain(kept).collect();
                values.sort_unstable();
                part.extend(values);
            }
            if part != "quantityElement" {
                parts.push(part);
            }
            if element.nil {
                self.leftovers.push([name, "quantityElementquantity", NIL].concat());
            }
        }
        self.sorted(name, parts);
    }

    /// The list of transactions, sources or destinations: within each the type stands first.
    fn typed(&self, name: &str, vocabulary: &Vocabulary, list: Option<&[Typed]>) -> Option<String> {
        let mut parts = Parts::new();
        for typed in list? {
            let kind = typed.kind.as_deref().and_then(|kind| self.rules.word_pair("type", vocabulary, kind));
            let value = typed.value.as_deref().and_then(|value| self.rules.pair(name, value));
            parts.push([kind.unwrap_or_default(), value.unwrap_or_default()].concat());
        }
        parts.sort_unstable();
        parts.retain(|part| !part.is_empty());
        (!parts.is_empty()).then(|| [&[name, "List"].concat(), parts.concat().as_str()].concat())
    }

    fn location(&mut self, name: &str, location: Option<&Location>) {
        let Some(location) = location else { return };
        let id = location.id.as_deref().and_then(|id| self.rules.pair("id", id)).unwrap_or_default();
        let (within, outside) = self.split(&location.extensions);
        let inline = if self.rules.extensions_inline { within.as_str() } else { "" };
        if !id.is_empty() || !inline.is_empty() {
            self.text.push_str(&[name, &id, inline].concat());
        }
        let in_block = !self.rules.extensions_inline && !within.is_empty();
        if in_block {
            self.block.push_str(&[name, &within].concat());
        }
        // Once a field is in the block, the reference forgets what else is left of it.
        if !outside.is_empty() && !in_block {
            self.leftovers.push([name, &outside].concat());
        }
    }

    // ---- sensors ----

    fn sensors(&mut self, elements: &[SensorElement]) {
        let mut parts: Vec<SensorText> = elements.iter().map(|element| self.sensor_element(element)).collect();
        parts.sort_unstable();
        let token = if self.rules.sensor_list_token { "sensorElementList" } else { "" };
        let join = |pick: fn(&SensorText) -> &str| parts.iter().map(pick).collect::<Vec<_>>().concat();
        let (standard, block, outside) =
            (join(|part| &part.standard), join(|part| &part.block), join(|part| &part.outside));
        if !standard.is_empty() {
            self.text.push_str(token);
            self.text.push_str(&standard);
        }
        if !block.is_empty() {
            self.block.push_str(token);
            self.block.push_str(&block);
        }
        if !outside.is_empty() && block.is_empty() {
            self.leftovers.push(["sensorElementList", &outside].concat());
        }
    }

    fn sensor_element(&self, element: &SensorElement) -> SensorText {
        let mut whole = SensorText::default();
        if let Some(metadata) = &element.metadata {
            whole.append(&self.sensor_part("sensorMetadata", &metadata.fields, &metadata.extensions));
        }
        let mut reports: Vec<SensorText> = element
            .reports
            .iter()
            .map(|report| self.sensor_part("sensorReport", &report.fields, &report.extensions))
            .collect();
        reports.sort_unstable();
        reports.iter().for_each(|report| whole.append(report));
        let (within, outside) = self.split(&element.extensions);
        whole.extend(self.rules, within, outside);
        whole.under("sensorElement")
    }

    fn sensor_part(&self, name: &str, fields: &[(SensorField, Box<str>)], extensions: &[Extension]) -> SensorText {
        let mut part = SensorText::default();
        for (field, value) in fields {
            let pair = match field.kind {
                SensorValue::Time => self.rules.time(field.name, Some(value)),
                SensorValue::MeasurementType => self.rules.word_pair(field.name, &cbv::MEASUREMENT_TYPE, value),
                SensorValue::Exception => self.rules.word_pair(field.name, &cbv::EXCEPTION, value),
                SensorValue::Component => self.rules.word_pair(field.name, &cbv::COMPONENT, value),
                SensorValue::Boolean => self.rules.pair(field.name, boolean(value)),
                _ => self.rules.pair(field.name, value),
            };
            let pair = pair.unwrap_or_default();
            // The reference knows no business rules of a report: in 2025 it takes them for left over,
            // and its expectations of 2026 are without them.
            match (name, field.name) {
                ("sensorReport", "bizRules") if self.rules.certification => part.outside.push_str(&pair),
                ("sensorReport", "bizRules") => {}
                _ => part.standard.push_str(&pair),
            }
        }
        let (within, outside) = self.split(extensions);
        part.extend(self.rules, within, outside);
        part.under(name)
    }

    // ---- extensions ----

    /// The extensions of a standard field, sorted: those the reference keeps with the field (their
    /// namespace ends with `/`), and those it takes for left over.
    fn split(&self, extensions: &[Extension]) -> (String, String) {
        let of = |kept: bool| {
            self.joined(extensions.iter().filter(|extension| extension.name.namespace.ends_with('/') == kept))
        };
        match extensions.is_empty() {
            true => (String::new(), String::new()),
            false => (of(true), of(false)),
        }
    }

    fn extension(&self, extension: &Extension) -> String {
        let mut part = String::with_capacity(64);
        self.push_name(&extension.name, &mut part);
        self.push_content(&extension.value, &mut part);
        part
    }

    fn push_name(&self, name: &Name, part: &mut String) {
        let namespace = match &*name.namespace {
            "" => return part.push_str(&name.local),
            "https://gs1.org/voc/" | "https://ref.gs1.org/voc/" => self.rules.gs1_vocabulary,
            other => other,
        };
        part.push('{');
        part.push_str(namespace);
        part.push('}');
        part.push_str(&name.local);
    }

    fn push_content(&self, value: &Value, part: &mut String) {
        match value {
            Value::Null => part.push_str(NIL),
            Value::Scalar(text, _) => self.push_text(text, part),
            Value::Object(object) => self.push_object(object, part),
            Value::List(elements) => {
                let mut parts: Parts = Vec::with_capacity(elements.len());
                for element in elements {
                    let mut inner = String::new();
                    self.push_content(element, &mut inner);
                    parts.push(inner);
                }
                parts.sort_unstable();
                part.extend(parts);
            }
        }
    }

    fn push_text(&self, text: &str, part: &mut String) {
        let text = text.trim();
        if !text.is_empty() {
            part.push('=');
            self.rules.push_value(text, part);
        }
    }

    fn push_object(&self, object: &Object, part: &mut String) {
        self.push_text(object.text.as_deref().unwrap_or(""), part);
        let mut parts: Parts = Vec::new();
        for (name, value) in &object.attributes {
            let mut attribute = String::new();
            self.push_name(name, &mut attribute);
            self.push_text(value, &mut attribute);
            parts.push(attribute);
        }
        let members = object.members.iter().filter(|member| !is_comment(&member.name));
        parts.extend(members.map(|member| self.extension(member)));
        parts.sort_unstable();
        part.extend(parts);
    }

    /// Extensions but for comments, sorted and joined.
    fn joined<'e>(&self, extensions: impl Iterator<Item = &'e Extension>) -> String {
        let chosen = extensions.filter(|extension| !is_comment(&extension.name));
        let mut parts: Parts = chosen.map(|extension| self.extension(extension)).collect();
        parts.sort_unstable();
        parts.concat()
    }
}

/// The texts a sensor element, its metadata or a report comes to.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct SensorText {
    standard: String,
    block: String,
    outside: String,
}

impl SensorText {
    fn append(&mut self, other: &SensorText) {
        self.standard.push_str(&other.standard);
        self.block.push_str(&other.block);
        self.outside.push_str(&other.outside);
    }

    fn extend(&mut self, rules: &Rules, within: String, outside: String) {
        match rules.extensions_inline {
            true => self.standard.push_str(&within),
            false => self.block.push_str(&within),
        }
        self.outside.push_str(&outside);
    }

    /// Each text behind `name`, unless it is empty.
    fn under(mut self, name: &str) -> SensorText {
        for text in [&mut self.standard, &mut self.block, &mut self.outside] {
            if !text.is_empty() {
                text.insert_str(0, name);
            }
        }
        self
    }
}

/// Comments are never hashed (CBV 2.0 §8.9.2).
fn is_comment(name: &Name) -> bool {
    &*name.local == "comment" && &*name.namespace == "http://www.w3.org/2000/01/rdf-schema#"
}
