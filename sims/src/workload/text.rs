//! Writes one event as JSON.
//!
//! Members are written as they come. Nothing is escaped: the names and values of a workload hold no
//! quote, backslash or control character.

use std::fmt::{Display, Write};

use super::name::Time;

/// A quantity of a class: the class, the number as text, its unit of measure.
pub(crate) struct Quantity<C, N> {
    pub(crate) class: C,
    pub(crate) number: N,
    pub(crate) unit: &'static str,
}

/// An event on its way into JSON.
pub(crate) struct EventText {
    text: String,
}

impl EventText {
    /// Begins an event. `id` becomes a UUID of version 8 (RFC 9562 §5.8), `time_ms` counts from the
    /// start of the workload.
    pub(crate) fn new(event_type: &str, id: u128, time_ms: u64) -> Self {
        let mut event = EventText { text: String::with_capacity(1024) };
        event.put(format_args!(r#"{{"type":"{event_type}","eventID":"{}""#, Uuid(id)));
        event.word("eventTime", Time(time_ms)).word("eventTimeZoneOffset", "+00:00")
    }

    // Writing into a String cannot fail.
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(text);
    }

    /// A member with a text for its value.
    pub(crate) fn word(mut self, member: &str, value: impl Display) -> Self {
        self.put(format_args!(r#","{member}":"{value}""#));
        self
    }

    /// A member with a list of texts.
    pub(crate) fn list<T: Display>(self, member: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.many(member, values, |event, value| event.put(format_args!(r#""{value}""#)))
    }

    /// A member with a list of quantities.
    pub(crate) fn quantities<C: Display, N: Display>(
        self,
        member: &str,
        values: impl IntoIterator<Item = Quantity<C, N>>,
    ) -> Self {
        self.many(member, values, |event, Quantity { class, number, unit }| {
            event.put(format_args!(r#"{{"epcClass":"{class}","quantity":{number},"uom":"{unit}"}}"#));
        })
    }

    /// A list of documents, sources or destinations: `kind` names the member of each that has the value.
    pub(crate) fn typed<V: Display>(
        self,
        member: &str,
        kind: &str,
        values: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        self.many(member, values, |event, (value_type, value)| {
            event.put(format_args!(r#"{{"type":"{value_type}","{kind}":"{value}"}}"#));
        })
    }

    fn many<T>(
        mut self,
        member: &str,
        values: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) -> Self {
        self.put(format_args!(r#","{member}":["#));
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            each(&mut self, value);
        }
        self.text.push(']');
        self
    }

    /// A member with a value that is JSON already.
    pub(crate) fn json(mut self, member: &str, value: impl Display) -> Self {
        self.put(format_args!(r#","{member}":{value}"#));
        self
    }

    /// The event's bytes.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.text.push('}');
        self.text.into_bytes()
    }
}

/// Prints a UUID of version 8 as a URN.
pub(crate) struct Uuid(pub(crate) u128);

impl Display for Uuid {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (a, b, c) = (self.0 >> 96, self.0 >> 80 & 0xffff, self.0 >> 64 & 0xfff);
        let (d, e) = (self.0 >> 48 & 0x3fff | 0x8000, self.0 & 0xffff_ffff_ffff);
        write!(out, "urn:uuid:{a:08x}-{b:04x}-8{c:03x}-{d:04x}-{e:012x}")
    }
}
