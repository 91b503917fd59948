//! Reads a JSON input of any size: a document, an event, a list of events, or one event a line.
//!
//! Two passes. The first reads everything but the events, since `@context` may follow them; the
//! second reads the events, one at a time. Only an event, or all that is no event, is ever in
//! memory.

use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::context::Context;
use super::guard::{Guarded, Meter};
use super::{header, read, tree};
use crate::codes::structure;
use crate::document::{Header, Item, Limits, NoLines, ReadError, Receiver, Tail};
use crate::input::Input;
use crate::problem::{Path, Place, Problem, Problems, Reason};

/// A member that is no list of events, as its raw text.
pub(super) type Member = (String, Box<RawValue>);

/// What the first pass finds.
#[derive(Default)]
pub(super) struct Outline {
    /// Members of the root.
    pub root: Vec<Member>,
    /// Members of `epcisBody`, if that is an object.
    pub body: Option<Vec<Member>>,
    /// Members of `queryResults` within it.
    pub query_results: Option<Vec<Member>>,
    /// Members of `resultsBody` within that.
    pub results_body: Option<Vec<Member>>,
    /// The pointer of the list of events, if there is one.
    pub event_list: Option<&'static str>,
    /// Keys that stood twice, with the pointer of the object.
    pub duplicates: Vec<(&'static str, String)>,
    /// What `epcisBody`, `queryResults`, `resultsBody` or `eventList` is instead of its shape.
    pub misshapen: Vec<(&'static str, &'static str)>,
}

/// How the input is laid out.
enum Layout {
    Document(Box<Outline>),
    /// One event, over one line or several.
    Single,
    List,
    Lines,
}

/// Reads the input and hands its parts to `receiver`.
pub fn read(input: &mut Input, limits: &Limits, receiver: &mut Receiver<'_>) -> Result<(), ReadError> {
    let layout = layout(input, limits)?;
    let mut context = Context::default();
    let mut problems = Problems::new(None);
    let mut header = match &layout {
        Layout::Document(outline) => header::read(outline, &mut context, limits, &mut problems),
        _ => Header::new(crate::document::Syntax::Json, crate::document::DocumentKind::BareEvents),
    };
    match &layout {
        // Where the list really is, whatever kind the document says it is.
        Layout::Document(outline) => header.event_list = outline.event_list.or(header.event_list),
        Layout::List => header.event_list = Some(""),
        Layout::Single | Layout::Lines => {}
    }
    if receiver(Item::Header(Box::new(header), problems)).is_break() {
        return Ok(());
    }
    let flow = match layout {
        Layout::Document(outline) => match outline.event_list {
            Some(pointer) => stream(input, limits, &context, Target::Document, pointer, receiver)?,
            None => ControlFlow::Continue(()),
        },
        Layout::List => stream(input, limits, &context, Target::List, "", receiver)?,
        Layout::Single => single(input, limits, &context, receiver)?,
        Layout::Lines => lines(input, limits, &context, receiver)?,
    };
    if flow.is_continue() {
        let _ = receiver(Item::End(Tail::default(), Problems::new(None)));
    }
    Ok(())
}

fn malformed(reason: Reason, event: Option<u64>, line: Option<u64>) -> ReadError {
    ReadError::Malformed(Box::new(Problem { reason, place: Place { event, pointer: String::new(), line } }))
}

/// What a failed parse means: the limit met, the input unreadable, or the text broken.
fn failure(error: &serde_json::Error, meter: &Meter, limit: Reason, event: Option<u64>) -> ReadError {
    let line = Some(error.line() as u64);
    if meter.exhausted() {
        return malformed(limit, event, line);
    }
    if let (true, Some(kind)) = (error.is_io(), error.io_error_kind()) {
        return ReadError::Io(std::io::Error::new(kind, error.to_string()));
    }
    malformed(Reason::new(structure::JSON_SYNTAX, &[&error.to_string()]), event, line)
}

fn limit_reason(code: &'static crate::codes::Code, bytes: usize) -> Reason {
    Reason::new(code, &[&bytes.to_string()])
}

/// What walks over the input once, whatever it is read from.
trait Pass {
    fn walk<'de, R: serde_json::de::Read<'de>>(
        self,
        parser: &mut serde_json::Deserializer<R>,
    ) -> serde_json::Result<()>;
}

/// Walks over the input: straight over what is in memory (several times as fast), through the
/// guarded reader otherwise.
fn drive(input: &mut Input, meter: &Meter, pass: impl Pass) -> std::io::Result<serde_json::Result<()>> {
    if let Some(bytes) = input.in_memory() {
        let mut parser = serde_json::Deserializer::from_slice(bytes);
        return Ok(pass.walk(&mut parser).and_then(|()| parser.end()));
    }
    let guarded = Guarded { inner: input.reader()?, meter: meter.clone() };
    let mut parser = serde_json::Deserializer::from_reader(guarded);
    Ok(pass.walk(&mut parser).and_then(|()| parser.end()))
}

// ---- the first pass ----

impl Pass for ObjectPass<'_> {
    fn walk<'de, R: serde_json::de::Read<'de>>(
        self,
        parser: &mut serde_json::Deserializer<R>,
    ) -> serde_json::Result<()> {
        self.deserialize(parser)
    }
}

fn layout(input: &mut Input, limits: &Limits) -> Result<Layout, ReadError> {
    if starts_a_list(input)? {
        return Ok(Layout::List);
    }
    if first_line_is_whole(input, limits)? {
        return Ok(Layout::Lines);
    }
    let meter = Meter::new(limits.header_bytes_max);
    let mut outline = Outline::default();
    let pass = ObjectPass { level: Level::Root, outline: &mut outline, meter: &meter, limits };
    let parsed = drive(input, &meter, pass)?;
    if let Err(error) = parsed {
        // A document whose end is broken still has good events before the fault: the second pass
        // finds them, and reports the fault where it stands.
        let readable = outline.event_list.is_some() && !outline.root.is_empty() && !meter.exhausted();
        if !readable {
            return Err(failure(
                &error,
                &meter,
                limit_reason(structure::HEADER_TOO_LARGE, limits.header_bytes_max),
                None,
            ));
        }
    }
    let says = |key: &str| outline.root.iter().any(|(member, _)| member == key);
    let is_event = !says("epcisBody") && outline.body.is_none() && says("eventTime");
    Ok(match is_event {
        true => Layout::Single,
        false => Layout::Document(Box::new(outline)),
    })
}

fn starts_a_list(input: &mut Input) -> std::io::Result<bool> {
    let reader = input.reader()?;
    let first = reader.bytes().find(|byte| !matches!(byte, Ok(byte) if byte.is_ascii_whitespace()));
    Ok(matches!(first, Some(Ok(b'['))))
}

/// Whether the input is one event a line: its first line with content is an object by itself, and
/// more lines with content follow.
fn first_line_is_whole(input: &mut Input, limits: &Limits) -> Result<bool, ReadError> {
    let mut reader = input.reader()?;
    let mut line = Vec::new();
    while line.iter().all(u8::is_ascii_whitespace) {
        line.clear();
        if read_line(&mut reader, limits.event_bytes_max, &mut line)? == Line::End {
            return Ok(false);
        }
    }
    if serde_json::from_slice::<&RawValue>(&line).is_err() {
        return Ok(false);
    }
    let rest = reader.bytes().find(|byte| !matches!(byte, Ok(byte) if byte.is_ascii_whitespace()));
    Ok(rest.is_some())
}

/// The objects that may hold events, outermost first.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    Body,
    QueryResults,
    ResultsBody,
}

impl Level {
    fn pointer(self) -> &'static str {
        match self {
            Level::Root => "",
            Level::Body => "/epcisBody",
            Level::QueryResults => "/epcisBody/queryResults",
            Level::ResultsBody => "/epcisBody/queryResults/resultsBody",
        }
    }

    /// The object one level down that `key` names.
    fn below(self, key: &str) -> Option<Level> {
        match (self, key) {
            (Level::Root, "epcisBody") => Some(Level::Body),
            (Level::Body, "queryResults") => Some(Level::QueryResults),
            (Level::QueryResults, "resultsBody") => Some(Level::ResultsBody),
            _ => None,
        }
    }

    /// The pointer of the list of events, if this object may hold one.
    fn event_list(self, key: &str) -> Option<&'static str> {
        match (self, key) {
            (Level::Body, "eventList") => Some("/epcisBody/eventList"),
            (Level::ResultsBody, "eventList") => Some("/epcisBody/queryResults/resultsBody/eventList"),
            _ => None,
        }
    }
}

/// Reads one object of the first pass.
struct ObjectPass<'a> {
    level: Level,
    outline: &'a mut Outline,
    meter: &'a Meter,
    limits: &'a Limits,
}

impl<'de> DeserializeSeed<'de> for ObjectPass<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Visits of every shape but the right one: noted, and skipped.
macro_rules! misshapen {
    ($pointer:expr, $($visit:ident($kind:ty) $name:literal),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<(), E> {
            let pointer = $pointer(&self);
            self.outline.misshapen.push((pointer, $name));
            Ok(())
        })*
        fn visit_unit<E>(self) -> Result<(), E> {
            let pointer = $pointer(&self);
            self.outline.misshapen.push((pointer, "null"));
            Ok(())
        }
    };
}

impl<'de> Visitor<'de> for ObjectPass<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let level = self.level;
        let mut members: Vec<Member> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                self.outline.duplicates.push((level.pointer(), key));
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if let Some(below) = level.below(&key) {
                map.next_value_seed(ObjectPass {
                    level: below,
                    outline: self.outline,
                    meter: self.meter,
                    limits: self.limits,
                })?;
            } else if let Some(pointer) = level.event_list(&key) {
                // Noted first: a fault within the list leaves what was read before it.
                self.outline.event_list = Some(pointer);
                self.outline.put(level, &mut members);
                map.next_value_seed(SkipEvents {
                    outline: self.outline,
                    pointer,
                    meter: self.meter,
                    limits: self.limits,
                })?;
                members = self.outline.take(level);
            } else {
                members.push((key.clone(), map.next_value()?));
            }
            keys.push(key);
        }
        self.outline.put(level, &mut members);
        Ok(())
    }

    misshapen!(|pass: &Self| pass.level.pointer(), visit_bool(bool) "boolean", visit_i64(i64) "number",
        visit_u64(u64) "number", visit_f64(f64) "number", visit_str(&str) "string");

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.outline.misshapen.push((self.level.pointer(), "array"));
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl Outline {
    fn put(&mut self, level: Level, members: &mut Vec<Member>) {
        let members = std::mem::take(members);
        match level {
            Level::Root => self.root = members,
            Level::Body => self.body = Some(members),
            Level::QueryResults => self.query_results = Some(members),
            Level::ResultsBody => self.results_body = Some(members),
        }
    }

    fn take(&mut self, level: Level) -> Vec<Member> {
        match level {
            Level::Root => std::mem::take(&mut self.root),
            Level::Body => self.body.take().unwrap_or_default(),
            Level::QueryResults => self.query_results.take().unwrap_or_default(),
            Level::ResultsBody => self.results_body.take().unwrap_or_default(),
        }
    }
}

/// Skips the list of events in the first pass, each under its own limit.
struct SkipEvents<'a> {
    outline: &'a mut Outline,
    pointer: &'static str,
    meter: &'a Meter,
    limits: &'a Limits,
}

impl<'de> DeserializeSeed<'de> for SkipEvents<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SkipEvents<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.meter.mark(self.limits.event_bytes_max);
        while elements.next_element::<IgnoredAny>()?.is_some() {
            self.meter.mark(self.limits.event_bytes_max);
        }
        self.meter.mark(self.limits.header_bytes_max);
        Ok(())
    }

    misshapen!(|pass: &Self| pass.pointer, visit_bool(bool) "boolean", visit_i64(i64) "number",
        visit_u64(u64) "number", visit_f64(f64) "number", visit_str(&str) "string");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.outline.misshapen.push((self.pointer, "object"));
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

// ---- the second pass ----

/// Where the events are.
#[derive(Clone, Copy)]
enum Target {
    Document,
    List,
}

/// Takes one event after the other.
struct Taker<'a, 'r> {
    context: &'a Context,
    limits: &'a Limits,
    meter: &'a Meter,
    pointer: &'a str,
    receiver: &'a mut Receiver<'r>,
    next_index: u64,
    stopped: bool,
}

impl Taker<'_, '_> {
    fn take(&mut self, text: &str) -> ControlFlow<()> {
        let index = self.next_index;
        self.next_index += 1;
        if text.len() > self.limits.event_bytes_max {
            let reason = limit_reason(structure::EVENT_TOO_LARGE, self.limits.event_bytes_max);
            let flow = broken(reason, index, None, self.receiver);
            self.stopped = flow.is_break();
            return flow;
        }
        let base = format!("{}/{index}", self.pointer);
        let flow = hand_out(text.as_bytes(), index, &base, self.context, self.limits, self.receiver);
        self.stopped = flow.is_break();
        flow
    }
}

/// Parses one event and hands it out, broken or not.
fn hand_out(
    text: &[u8],
    index: u64,
    pointer: &str,
    context: &Context,
    limits: &Limits,
    receiver: &mut Receiver<'_>,
) -> ControlFlow<()> {
    let mut problems = Problems::new(Some(index));
    let path = Path::root(pointer);
    let json = match tree::parse(text, limits.depth_max) {
        Ok(json) => json,
        Err(error) => {
            problems.add_reason(tree_reason(&error, limits), &path, None);
            tree::Json::Null
        }
    };
    let broken = !problems.list.is_empty();
    let event = match broken {
        true => crate::model::Event::new(crate::model::EventType::Other(String::new())),
        false => read::event(json, context, &path, &mut problems),
    };
    receiver(Item::Event(Box::new(event), problems, &NoLines))
}

/// Why a text is no JSON value, as a reason.
pub(super) fn tree_reason(error: &tree::TreeError, limits: &Limits) -> Reason {
    match error {
        tree::TreeError::TooDeep => limit_reason(structure::TOO_DEEP, limits.depth_max),
        tree::TreeError::Syntax(what, at) => {
            Reason::new(structure::JSON_SYNTAX, &[&format!("{what} (byte {at} of the value)")])
        }
    }
}

fn stream(
    input: &mut Input,
    limits: &Limits,
    context: &Context,
    target: Target,
    pointer: &str,
    receiver: &mut Receiver<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let meter = Meter::new(limits.header_bytes_max);
    let mut taker = Taker { context, limits, meter: &meter, pointer, receiver, next_index: 0, stopped: false };
    let parsed = drive(input, &meter, EventPass { target, taker: &mut taker })?;
    let (stopped, index) = (taker.stopped, taker.next_index);
    match parsed {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(_) if stopped => Ok(ControlFlow::Break(())),
        Err(error) => {
            Err(failure(&error, &meter, limit_reason(structure::EVENT_TOO_LARGE, limits.event_bytes_max), Some(index)))
        }
    }
}

/// The second pass.
struct EventPass<'a, 'b, 'r> {
    target: Target,
    taker: &'a mut Taker<'b, 'r>,
}

impl Pass for EventPass<'_, '_, '_> {
    fn walk<'de, R: serde_json::de::Read<'de>>(
        self,
        parser: &mut serde_json::Deserializer<R>,
    ) -> serde_json::Result<()> {
        match self.target {
            Target::Document => FindEvents { level: Level::Root, taker: self.taker }.deserialize(parser),
            Target::List => TakeEvents { taker: self.taker }.deserialize(parser),
        }
    }
}

/// Walks down to the list of events.
struct FindEvents<'a, 'b, 'r> {
    level: Level,
    taker: &'a mut Taker<'b, 'r>,
}

impl<'de> DeserializeSeed<'de> for FindEvents<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FindEvents<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            let below = self.level.below(&key);
            let list = self.level.event_list(&key).is_some_and(|pointer| pointer == self.taker.pointer);
            match below {
                Some(level) if !found && self.taker.pointer.starts_with(level.pointer()) => {
                    found = true;
                    map.next_value_seed(FindEvents { level, taker: self.taker })?;
                }
                None if list && !found => {
                    found = true;
                    map.next_value_seed(TakeEvents { taker: self.taker })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Takes the events of a list.
struct TakeEvents<'a, 'b, 'r> {
    taker: &'a mut Taker<'b, 'r>,
}

impl<'de> DeserializeSeed<'de> for TakeEvents<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TakeEvents<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let (meter, limits) = (self.taker.meter, self.taker.limits);
        meter.mark(limits.event_bytes_max);
        while let Some(raw) = elements.next_element::<Box<RawValue>>()? {
            if self.taker.take(raw.get()).is_break() {
                return Err(A::Error::custom("stopped by the receiver"));
            }
            meter.mark(limits.event_bytes_max);
        }
        meter.mark(limits.header_bytes_max);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Reported with the header; nothing to take.
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

// ---- events without a document ----

fn single(
    input: &mut Input,
    limits: &Limits,
    context: &Context,
    receiver: &mut Receiver<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let mut text = Vec::new();
    input.reader()?.take(limits.event_bytes_max as u64 + 1).read_to_end(&mut text)?;
    if text.len() > limits.event_bytes_max {
        return Err(malformed(limit_reason(structure::EVENT_TOO_LARGE, limits.event_bytes_max), Some(0), None));
    }
    Ok(hand_out(&text, 0, "", context, limits, receiver))
}

/// One event a line. A line that is no JSON is an event with a problem; the others stay good.
fn lines(
    input: &mut Input,
    limits: &Limits,
    context: &Context,
    receiver: &mut Receiver<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let mut reader = input.reader()?;
    let (mut index, mut line_number, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        let ended = read_line(&mut reader, limits.event_bytes_max, &mut line)?;
        line_number += 1;
        if ended == Line::End {
            return Ok(ControlFlow::Continue(()));
        }
        if ended == Line::Whole && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let flow = match ended {
            Line::Whole => hand_out_line(&line, index, line_number, context, limits, receiver),
            _ => {
                let reason = limit_reason(structure::EVENT_TOO_LARGE, limits.event_bytes_max);
                broken(reason, index, Some(line_number), receiver)
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
        index += 1;
    }
}

/// Hands out the event of one line, whose every problem names that line.
fn hand_out_line(
    text: &[u8],
    index: u64,
    line_number: u64,
    context: &Context,
    limits: &Limits,
    receiver: &mut Receiver<'_>,
) -> ControlFlow<()> {
    let mut numbered = |item: Item<'_>| match item {
        Item::Event(event, mut problems, _) => {
            for problem in &mut problems.list {
                problem.place.line = Some(line_number);
            }
            receiver(Item::Event(event, problems, &OneLine(line_number)))
        }
        other => receiver(other),
    };
    hand_out(text, index, "", context, limits, &mut numbered)
}

/// Every part of the event is on this line.
struct OneLine(u64);

impl crate::document::Locate for OneLine {
    fn line(&self, _pointer: &str) -> Option<u64> {
        Some(self.0)
    }
}

/// Hands out an event of which nothing could be read.
fn broken(reason: Reason, index: u64, line: Option<u64>, receiver: &mut Receiver<'_>) -> ControlFlow<()> {
    let mut problems = Problems::new(Some(index));
    problems.add_reason(reason, &Path::root(""), line);
    let event = crate::model::Event::new(crate::model::EventType::Other(String::new()));
    receiver(Item::Event(Box::new(event), problems, &NoLines))
}

/// What [`read_line`] met.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Whole,
    /// Longer than the limit; read over to its end.
    TooLong,
    End,
}

/// Reads one line of at most `bytes_max` into `line`; the rest of a longer one is skipped.
fn read_line(reader: &mut dyn BufRead, bytes_max: usize, line: &mut Vec<u8>) -> std::io::Result<Line> {
    let mut any = false;
    let mut too_long = false;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = memchr::memchr(b'\n', buffer);
        let part = &buffer[..end.unwrap_or(buffer.len())];
        match line.len() + part.len() > bytes_max {
            true => too_long = true,
            false => line.extend_from_slice(part),
        }
        let consumed = part.len() + usize::from(end.is_some());
        reader.consume(consumed);
        if end.is_some() {
            break;
        }
    }
    Ok(match (any, too_long) {
        (false, _) => Line::End,
        (_, true) => Line::TooLong,
        _ => Line::Whole,
    })
}
