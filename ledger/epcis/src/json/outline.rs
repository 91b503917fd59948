//! Reads the outline of a document in the first pass over it: everything but its events.

use std::collections::HashSet;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::guard::Meter;
use super::pass::{Walk, Walker, drive};
use crate::document::Limits;
use crate::input::Input;

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
    /// Whether reading ended within that list.
    pub within_events: bool,
    /// Keys that stood twice, with the pointer of the object.
    pub duplicates: Vec<(&'static str, String)>,
    /// What `epcisBody`, `queryResults`, `resultsBody` or `eventList` is instead of its shape.
    pub misshapen: Vec<(&'static str, &'static str)>,
}

/// Reads the outline of the input, as far as it is JSON.
pub(super) fn read(
    input: &mut Input,
    meter: &Meter,
    limits: &Limits,
) -> std::io::Result<(Outline, serde_json::Result<()>)> {
    let mut outline = Outline::default();
    let parsed = drive(input, meter, ReadObject { level: Level::Root, outline: &mut outline, meter, limits })?;
    Ok((outline, parsed))
}

/// The objects that may hold events, outermost first.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Level {
    Root,
    Body,
    QueryResults,
    ResultsBody,
}

impl Level {
    /// Its JSON pointer.
    pub fn pointer(self) -> &'static str {
        match self {
            Level::Root => "",
            Level::Body => "/epcisBody",
            Level::QueryResults => "/epcisBody/queryResults",
            Level::ResultsBody => "/epcisBody/queryResults/resultsBody",
        }
    }

    /// The object one level down that `key` names.
    pub fn below(self, key: &str) -> Option<Level> {
        match (self, key) {
            (Level::Root, "epcisBody") => Some(Level::Body),
            (Level::Body, "queryResults") => Some(Level::QueryResults),
            (Level::QueryResults, "resultsBody") => Some(Level::ResultsBody),
            _ => None,
        }
    }

    /// The pointer of the list of events, if this object may hold one.
    pub fn event_list(self, key: &str) -> Option<&'static str> {
        match (self, key) {
            (Level::Body, "eventList") => Some("/epcisBody/eventList"),
            (Level::ResultsBody, "eventList") => Some("/epcisBody/queryResults/resultsBody/eventList"),
            _ => None,
        }
    }
}

/// Reads one object of the first pass.
struct ReadObject<'a> {
    level: Level,
    outline: &'a mut Outline,
    meter: &'a Meter,
    limits: &'a Limits,
}

impl Walk for ReadObject<'_> {
    fn object<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let level = self.level;
        // What was read stays in the outline even if a fault follows.
        self.outline.members(level);
        let mut keys: HashSet<String> = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                self.outline.duplicates.push((level.pointer(), key));
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if let Some(below) = level.below(&key) {
                map.next_value_seed(Walker(ReadObject {
                    level: below,
                    outline: self.outline,
                    meter: self.meter,
                    limits: self.limits,
                }))?;
            } else if let Some(pointer) = level.event_list(&key) {
                self.outline.event_list = Some(pointer);
                map.next_value_seed(Walker(SkipEvents {
                    outline: self.outline,
                    pointer,
                    meter: self.meter,
                    limits: self.limits,
                }))?;
            } else {
                let value = map.next_value()?;
                self.outline.members(level).push((key.clone(), value));
            }
            keys.insert(key);
        }
        Ok(())
    }

    fn misshapen(&mut self, shape: &'static str) {
        self.outline.misshapen.push((self.level.pointer(), shape));
    }
}

impl Outline {
    /// The members of the object at this level, which is there once it has begun.
    fn members(&mut self, level: Level) -> &mut Vec<Member> {
        match level {
            Level::Root => &mut self.root,
            Level::Body => self.body.get_or_insert_default(),
            Level::QueryResults => self.query_results.get_or_insert_default(),
            Level::ResultsBody => self.results_body.get_or_insert_default(),
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

impl Walk for SkipEvents<'_> {
    fn list<'de, A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.outline.within_events = true;
        self.meter.mark(self.limits.event_bytes_max);
        while elements.next_element::<IgnoredAny>()?.is_some() {
            self.meter.mark(self.limits.event_bytes_max);
        }
        self.meter.mark(self.limits.header_bytes_max);
        self.outline.within_events = false;
        Ok(())
    }

    fn misshapen(&mut self, shape: &'static str) {
        self.outline.misshapen.push((self.pointer, shape));
    }
}
