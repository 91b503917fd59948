//! Event hash IDs (CBV 2.0 §8.9): the identity that an event's content gives it, the same for
//! JSON and XML.
//!
//! Three published states of the reference algorithm disagree, so a digest means nothing without
//! its [`Profile`]. Where the reference itself gives the JSON and the XML of one event two hashes
//! (it prints JSON's booleans as `True`, expands a user's prefixes in values of JSON only, and in
//! 2025 leaves `cbvmda:` unexpanded in JSON that does not declare it), this module gives both the
//! hash of the XML.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::cbv::{self, Vocabulary};
use crate::decimal;
use crate::document::Header;
use crate::epc::canonical::append_constrained_canonical;
use crate::model::{
    Event, Extension, Location, Object, QuantityElement, SensorElement, SensorField, SensorValue, Typed, Value,
};
use crate::name::{Name, Namespaces};
use crate::time::{Rounding, Stamp};

/// A named state of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// The reference of October 2025. The default.
    #[default]
    Cbv20Of2025,
    /// The reference of 2026, for CBV 2.0.
    Cbv20Of2026,
    /// The reference of 2026, for CBV 2.1.
    Cbv21Of2026,
}

/// What distinguishes the profiles.
struct Rules {
    /// certificationInfo is hashed, and so are business rules of a sensor report.
    certification: bool,
    /// parentID stands before epcList.
    parent_first: bool,
    /// Transactions, sources and destinations stand in this order before the sensors; otherwise
    /// they are sorted among what has no place of its own, behind them.
    why_in_order: bool,
    /// The token `sensorElementList` is written.
    sensor_list_token: bool,
    /// Extensions of a standard field stand within it; otherwise in a block behind everything.
    extensions_inline: bool,
    rounding: Rounding,
    /// Numbers pass through binary floating point, as Python's `float` reads and prints them.
    floats: bool,
    gs1_vocabulary: &'static str,
}

const CBV20_2025: Rules = Rules {
    certification: true,
    parent_first: true,
    why_in_order: false,
    sensor_list_token: true,
    extensions_inline: true,
    rounding: Rounding::HalfEven,
    floats: true,
    gs1_vocabulary: "https://gs1.org/voc/",
};

const CBV20_2026: Rules = Rules {
    certification: false,
    parent_first: false,
    why_in_order: true,
    sensor_list_token: false,
    extensions_inline: false,
    rounding: Rounding::HalfUp,
    floats: false,
    gs1_vocabulary: "https://ref.gs1.org/voc/",
};

const CBV21_2026: Rules = Rules { sensor_list_token: true, extensions_inline: true, ..CBV20_2026 };

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 3] = [Profile::Cbv20Of2025, Profile::Cbv20Of2026, Profile::Cbv21Of2026];

    /// Its name, for example `cbv2.0-2025`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Cbv20Of2025 => "cbv2.0-2025",
            Profile::Cbv20Of2026 => "cbv2.0-2026",
            Profile::Cbv21Of2026 => "cbv2.1-2026",
        }
    }

    /// The profile of this name.
    pub fn from_name(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// The version that the `ni:` URI names; two profiles name the same.
    pub fn version(self) -> &'static str {
        match self {
            Profile::Cbv20Of2025 | Profile::Cbv20Of2026 => "CBV2.0",
            Profile::Cbv21Of2026 => "CBV2.1",
        }
    }

    fn rules(self) -> &'static Rules {
        match self {
            Profile::Cbv20Of2025 => &CBV20_2025,
            Profile::Cbv20Of2026 => &CBV20_2026,
            Profile::Cbv21Of2026 => &CBV21_2026,
        }
    }
}

/// A digest and the profile it was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventHash {
    /// How it was made.
    pub profile: Profile,
    /// SHA-256 of the pre-hash string.
    pub digest: [u8; 32],
}

impl EventHash {
    /// The hash of `event`. `ignored` are the extensions its document excludes.
    pub fn of(event: &Event, profile: Profile, ignored: &[Name]) -> EventHash {
        let text = prehash(event, profile, ignored);
        EventHash { profile, digest: Sha256::digest(text.as_bytes()).into() }
    }

    /// The `ni:` URI (RFC 6920): `ni:///sha-256;<64 hex>?ver=CBV2.0`.
    pub fn to_ni(self) -> String {
        let mut uri = String::with_capacity(90);
        uri.push_str("ni:///sha-256;");
        for byte in self.digest {
            let _ = write!(uri, "{byte:02x}");
        }
        uri.push_str("?ver=");
        uri.push_str(self.profile.version());
        uri
    }

    /// Reads a `ni:` URI: the digest and the version it names.
    pub fn parse_ni(uri: &str) -> Option<([u8; 32], &str)> {
        let (hex, version) = uri.strip_prefix("ni:///sha-256;")?.split_once("?ver=")?;
        let hex = hex.as_bytes();
        if hex.len() != 64 {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |character: u8| char::from(character).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some((digest, version))
    }
}

/// The profiles by which the `ni:` URI `claimed` is the hash of `event`. Empty: the claim is
/// false. None: it is no hash ID at all.
pub fn profiles_of_claim(event: &Event, claimed: &str, ignored: &[Name]) -> Option<Vec<Profile>> {
    let (digest, version) = EventHash::parse_ni(claimed)?;
    let fits =
        |profile: &Profile| profile.version() == version && EventHash::of(event, *profile, ignored).digest == digest;
    Some(Profile::ALL.into_iter().filter(fits).collect())
}

/// The extensions that a document says are no part of its events' identity: those named by an
/// extension `ignoreFields` of the document, its body or its query results.
pub fn ignored_fields(header: &Header) -> Vec<Name> {
    let mut names = header.late_ignored_fields.clone();
    for extensions in [&header.extensions, &header.body_extensions, &header.query_results_extensions] {
        names.extend(fields_ignored_by(extensions, &header.namespaces));
    }
    names
}

/// The local name of the extension that excludes others from event hashes, as the reference reads it.
pub const IGNORE_FIELDS: &str = "ignoreFields";

/// What the extensions named `ignoreFields` among these exclude.
pub fn fields_ignored_by(extensions: &[Extension], namespaces: &Namespaces) -> Vec<Name> {
    let mut names = Vec::new();
    for extension in extensions.iter().filter(|extension| &*extension.name.local == IGNORE_FIELDS) {
        match &extension.value {
            Value::Scalar(text, _) => names.extend(namespaces.expand(text)),
            Value::Object(object) => names.extend(object.members.iter().map(|member| member.name.clone())),
            Value::Null | Value::List(_) => {}
        }
    }
    names
}

/// The string that is hashed.
pub fn prehash(event: &Event, profile: Profile, ignored: &[Name]) -> String {
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

/// A sorted list's elements, each made in the one buffer.
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
    fn event(&mut self, event: &Event, ignored: &[Name]) {
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
        if let Some(time) = self.time("eventTime", event.event_time.as_deref()) {
            self.text.push_str(&time);
        }
        self.field("eventTimeZoneOffset", event.event_time_zone_offset.as_deref());
        if self.rules.certification {
            let values =
                event.certification_info.iter().filter_map(|uri| self.pair("certificationInfo", uri)).collect();
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
            words.iter().flatten().filter_map(|word| self.word_pair(name, &cbv::DISPOSITION, word)).collect()
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
    fn rest(&mut self, event: &Event, ignored: &[Name]) {
        let ilmd = event.ilmd.as_deref().map(|members| ["ilmd", &self.members(members)].concat());
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
        let rules = self.rules;
        push_value(value, rules, &mut self.text);
    }

    fn word(&mut self, name: &str, vocabulary: &Vocabulary, value: Option<&str>) {
        if let Some(pair) = value.and_then(|value| self.word_pair(name, vocabulary, value)) {
            self.text.push_str(&pair);
        }
    }

    fn pair(&self, name: &str, value: &str) -> Option<String> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let mut pair = String::with_capacity(name.len() + value.len() + 16);
        pair.push_str(name);
        pair.push('=');
        push_value(value, self.rules, &mut pair);
        Some(pair)
    }

    fn word_pair(&self, name: &str, vocabulary: &Vocabulary, value: &str) -> Option<String> {
        if !vocabulary.contains(value) {
            return self.pair(name, value);
        }
        let prefix = match vocabulary.curie {
            "gs1:" => self.rules.gs1_vocabulary,
            _ => vocabulary.web.first().copied().unwrap_or_default(),
        };
        Some([name, "=", prefix, value].concat())
    }

    /// `name=` and the time in UTC to the millisecond; a text that is no time, as it is.
    fn time(&self, name: &str, value: Option<&str>) -> Option<String> {
        let value = value?.trim();
        if value.is_empty() {
            return None;
        }
        let utc = Stamp::parse(value).or_else(|| lenient_stamp(value)).and_then(|stamp| {
            // The reference reads microseconds and no further.
            let nanoseconds = stamp.nanoseconds / 1000 * 1000;
            Stamp { nanoseconds, ..stamp }.to_utc_milliseconds(self.rules.rounding)
        });
        Some([name, "=", utc.as_deref().unwrap_or(value)].concat())
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
        let parts = epcs.unwrap_or_default().iter().filter_map(|epc| self.pair("epc", epc)).collect();
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
                    Value::Scalar(text, _) => self.pair(field, text),
                    _ => None,
                });
                let mut values: Parts =
                    value.and_then(|value| self.pair(field, value)).into_iter().chain(kept).collect();
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
            let kind = typed.kind.as_deref().and_then(|kind| self.word_pair("type", vocabulary, kind));
            let value = typed.value.as_deref().and_then(|value| self.pair(name, value));
            parts.push([kind.unwrap_or_default(), value.unwrap_or_default()].concat());
        }
        parts.sort_unstable();
        parts.retain(|part| !part.is_empty());
        (!parts.is_empty()).then(|| [&[name, "List"].concat(), parts.concat().as_str()].concat())
    }

    fn location(&mut self, name: &str, location: Option<&Location>) {
        let Some(location) = location else { return };
        let id = location.id.as_deref().and_then(|id| self.pair("id", id)).unwrap_or_default();
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
                SensorValue::Time => self.time(field.name, Some(value)),
                SensorValue::MeasurementType => self.word_pair(field.name, &cbv::MEASUREMENT_TYPE, value),
                SensorValue::Exception => self.word_pair(field.name, &cbv::EXCEPTION, value),
                SensorValue::Component => self.word_pair(field.name, &cbv::COMPONENT, value),
                SensorValue::Boolean => self.pair(field.name, boolean(value)),
                _ => self.pair(field.name, value),
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
            let chosen = extensions.iter().filter(|extension| !is_comment(&extension.name));
            let chosen = chosen.filter(|extension| extension.name.namespace.ends_with('/') == kept);
            let mut parts: Parts = chosen.map(|extension| self.extension(extension)).collect();
            parts.sort_unstable();
            parts.concat()
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
            push_value(text, self.rules, part);
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

    fn members(&self, members: &[Extension]) -> String {
        let chosen = members.iter().filter(|member| !is_comment(&member.name));
        let mut parts: Parts = chosen.map(|member| self.extension(member)).collect();
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

/// Times that are not valid in EPCIS and yet hash alike in every state of the reference: a date
/// alone is its midnight, and what says no offset is taken as UTC.
fn lenient_stamp(value: &str) -> Option<Stamp> {
    let day = match (value.get(..10), value.as_bytes()) {
        (Some(day), [_, _, b'-', _, _, b'-', ..]) => [&day[6..10], "-", &day[3..5], "-", &day[..2]].concat(),
        (Some(day), _) => day.to_owned(),
        (None, _) => return None,
    };
    let time = match value.get(10..)? {
        "" => "T00:00:00",
        time => time,
    };
    Stamp::parse(&[&day, time, "Z"].concat())
}

/// The number as Python prints it once it was a `float`: whole numbers with all digits of their
/// binary value, others with the fewest digits that tell them apart, small ones with an exponent.
/// None for what is too large.
fn python_float(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    if !number.is_finite() {
        return None;
    }
    if number.fract() == 0.0 {
        // Adding zero turns -0 into 0.
        return Some(format!("{:.0}", number + 0.0));
    }
    if number.abs() >= 1e-4 {
        return Some(format!("{number}"));
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once("e-")?;
    Some(format!("{mantissa}e-{exponent:0>2}"))
}

/// Comments are never hashed (CBV 2.0 §8.9.2).
fn is_comment(name: &Name) -> bool {
    &*name.local == "comment" && &*name.namespace == "http://www.w3.org/2000/01/rdf-schema#"
}

/// A boolean in XML may be written as a digit.
fn boolean(value: &str) -> &str {
    match value {
        "1" => "true",
        "0" => "false",
        other => other,
    }
}

/// Appends the canonical form of a value: GS1 identifiers as constrained Digital Link URIs, CBV
/// URNs and CURIEs as web URIs, numbers without superfluous digits, anything else as it is.
fn push_value(value: &str, rules: &Rules, text: &mut String) {
    if append_constrained_canonical(value, text) {
        return;
    }
    if let Some(number) = decimal::canonical(value) {
        let float = if rules.floats { python_float(value) } else { None };
        return text.push_str(float.as_ref().unwrap_or(&number));
    }
    if let Some(rest) = value.strip_prefix("urn:epcglobal:cbv:") {
        for vocabulary in
            [&cbv::BIZ_STEP, &cbv::DISPOSITION, &cbv::BIZ_TRANSACTION, &cbv::SOURCE_DESTINATION, &cbv::ERROR_REASON]
        {
            let urn = vocabulary.urn.unwrap_or_default();
            if let (Some(word), Some(web)) = (value.strip_prefix(urn), vocabulary.web.first()) {
                text.push_str(web);
                return text.push_str(word);
            }
        }
        text.push_str("urn:epcglobal:cbv:");
        return text.push_str(rest);
    }
    if let Some(rest) = value.strip_prefix("gs1:") {
        text.push_str(rules.gs1_vocabulary);
        return text.push_str(rest);
    }
    if let Some(rest) = value.strip_prefix("cbv:") {
        text.push_str("https://ref.gs1.org/cbv/");
        return text.push_str(rest);
    }
    text.push_str(value);
}
