//! Brings values into the form that is hashed: identifiers, numbers, words and times.

use super::Rules;
use crate::cbv::{self, Vocabulary};
use crate::decimal;
use crate::epc::canonical::append_constrained_canonical;
use crate::time::Stamp;

impl Rules {
    /// `name=` and the value; none if there is no value.
    pub(super) fn pair(&self, name: &str, value: &str) -> Option<String> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let mut pair = String::with_capacity(name.len() + value.len() + 16);
        pair.push_str(name);
        pair.push('=');
        self.push_value(value, &mut pair);
        Some(pair)
    }

    /// `name=` and a word of `vocabulary` by its URI; any other value as it is.
    pub(super) fn word_pair(&self, name: &str, vocabulary: &Vocabulary, value: &str) -> Option<String> {
        if !vocabulary.contains(value) {
            return self.pair(name, value);
        }
        let prefix = match vocabulary.curie {
            "gs1:" => self.gs1_vocabulary,
            _ => vocabulary.web.first().copied().unwrap_or_default(),
        };
        Some([name, "=", prefix, value].concat())
    }

    /// `name=` and the time in UTC to the millisecond; a text that is no time, as it is.
    pub(super) fn time(&self, name: &str, value: Option<&str>) -> Option<String> {
        let value = value?.trim();
        if value.is_empty() {
            return None;
        }
        let utc = Stamp::parse(value).or_else(|| lenient_stamp(value)).and_then(|stamp| {
            // The reference reads microseconds and no further.
            let nanoseconds = stamp.nanoseconds / 1000 * 1000;
            Stamp { nanoseconds, ..stamp }.to_utc_milliseconds(self.rounding)
        });
        Some([name, "=", utc.as_deref().unwrap_or(value)].concat())
    }

    /// Appends the canonical form of a value: GS1 identifiers as constrained Digital Link URIs, CBV
    /// URNs and CURIEs as web URIs, numbers without superfluous digits, anything else as it is.
    pub(super) fn push_value(&self, value: &str, text: &mut String) {
        if append_constrained_canonical(value, text) {
            return;
        }
        if let Some(number) = decimal::canonical(value) {
            let float = if self.floats { python_float(value) } else { None };
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
            text.push_str(self.gs1_vocabulary);
            return text.push_str(rest);
        }
        if let Some(rest) = value.strip_prefix("cbv:") {
            text.push_str("https://ref.gs1.org/cbv/");
            return text.push_str(rest);
        }
        text.push_str(value);
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

/// A boolean in XML may be written as a digit.
pub(super) fn boolean(value: &str) -> &str {
    match value {
        "1" => "true",
        "0" => "false",
        other => other,
    }
}
