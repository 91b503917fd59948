//! Walks over the input once, and says what a walk that failed means.
//!
//! A walk names what it does with an object and with a list; whatever it has no use for is skipped,
//! never kept.

use std::fmt;
use std::io::BufReader;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::guard::{Guarded, Meter};
use super::tree::TreeError;
use crate::codes::{Code, structure};
use crate::document::{Limits, ReadError};
use crate::input::Input;
use crate::problem::{Place, Problem, Reason};

/// What the parser's own buffer holds.
const BUFFER_BYTES: usize = 64 << 10;

/// What is done with one value of the input.
pub(super) trait Walk: Sized {
    /// The value is an object.
    fn object<'de, A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.misshapen("object");
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// The value is a list.
    fn list<'de, A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        self.misshapen("array");
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// The value has another shape than the one sought.
    fn misshapen(&mut self, _shape: &'static str) {}
}

/// A walk, as the parser wants it.
pub(super) struct Walker<W>(pub W);

impl<'de, W: Walk> DeserializeSeed<'de> for Walker<W> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<W: Walk> Walker<W> {
    fn misshapen<E>(mut self, shape: &'static str) -> Result<(), E> {
        self.0.misshapen(shape);
        Ok(())
    }
}

impl<'de, W: Walk> Visitor<'de> for Walker<W> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        self.0.object(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        self.0.list(elements)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.misshapen("boolean")
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.misshapen("number")
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.misshapen("number")
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.misshapen("number")
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.misshapen("string")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.misshapen("null")
    }
}

/// Walks over the input: straight over what is in memory (several times as fast), through the
/// guarded reader otherwise.
pub(super) fn drive(input: &mut Input, meter: &Meter, walk: impl Walk) -> std::io::Result<serde_json::Result<()>> {
    if let Some(bytes) = input.in_memory() {
        let mut parser = serde_json::Deserializer::from_slice(bytes);
        return Ok(Walker(walk).deserialize(&mut parser).and_then(|()| parser.end()));
    }
    // The buffer is outermost: the parser takes single bytes, which must not each pass the guard.
    let guarded = BufReader::with_capacity(BUFFER_BYTES, Guarded { inner: input.reader()?, meter: meter.clone() });
    let mut parser = serde_json::Deserializer::from_reader(guarded);
    Ok(Walker(walk).deserialize(&mut parser).and_then(|()| parser.end()))
}

// ---- failures ----

/// An input of which nothing more can be read.
pub(super) fn malformed(reason: Reason, event: Option<u64>, line: Option<u64>) -> ReadError {
    ReadError::Malformed(Box::new(Problem { reason, place: Place { event, pointer: String::new(), line } }))
}

/// What a failed parse means: the limit met, the input unreadable, or the text broken.
pub(super) fn failure(error: &serde_json::Error, meter: &Meter, limit: Reason, event: Option<u64>) -> ReadError {
    let line = Some(error.line() as u64);
    if meter.exhausted() {
        return malformed(limit, event, line);
    }
    if let (true, Some(kind)) = (error.is_io(), error.io_error_kind()) {
        return ReadError::Io(std::io::Error::new(kind, error.to_string()));
    }
    let reason = match error.is_eof() {
        true => Reason::new(structure::JSON_CUT, &[&error.line().to_string(), &error.column().to_string()]),
        false => Reason::new(structure::JSON_SYNTAX, &[&error.to_string()]),
    };
    malformed(reason, event, line)
}

/// That something is larger than its limit.
pub(super) fn limit_reason(code: &'static Code, bytes: usize) -> Reason {
    Reason::new(code, &[&bytes.to_string()])
}

/// Why a text is no JSON value, as a reason.
pub(super) fn tree_reason(error: &TreeError, limits: &Limits) -> Reason {
    match error {
        TreeError::TooDeep => limit_reason(structure::TOO_DEEP, limits.depth_max),
        TreeError::Syntax(what, at) => {
            Reason::new(structure::JSON_SYNTAX, &[&format!("{what} (byte {at} of the value)")])
        }
    }
}
