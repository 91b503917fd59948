//! Hands out the events of a document in the second pass over it, one after the other.

use std::ops::ControlFlow;

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::context::Context;
use super::guard::Meter;
use super::outline::Level;
use super::pass::{Walk, Walker, drive, failure, limit_reason, tree_reason};
use super::{read, tree};
use crate::codes::structure;
use crate::document::{Item, Limits, Locate, NoLines, ReadError, Receiver};
use crate::input::Input;
use crate::model::{Event, EventType};
use crate::problem::{Path, Problems, Reason};

/// Hands out the events of the list at `pointer`, which is empty where the input is that list.
pub(super) fn stream(
    input: &mut Input,
    limits: &Limits,
    context: &Context,
    pointer: &str,
    receiver: &mut Receiver<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let meter = Meter::new(limits.header_bytes_max);
    let mut taker = Taker { context, limits, meter: &meter, pointer, receiver, next_index: 0, stopped: false };
    let parsed = match pointer {
        "" => drive(input, &meter, TakeEvents { taker: &mut taker })?,
        _ => drive(input, &meter, FindEvents { level: Level::Root, taker: &mut taker })?,
    };
    let (stopped, index) = (taker.stopped, taker.next_index);
    match parsed {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(_) if stopped => Ok(ControlFlow::Break(())),
        Err(error) => {
            Err(failure(&error, &meter, limit_reason(structure::EVENT_TOO_LARGE, limits.event_bytes_max), Some(index)))
        }
    }
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
pub(super) fn hand_out(
    text: &[u8],
    index: u64,
    pointer: &str,
    context: &Context,
    limits: &Limits,
    receiver: &mut Receiver<'_>,
) -> ControlFlow<()> {
    let mut problems = Problems::new(Some(index));
    let path = Path::root(pointer);
    let event = match tree::parse(text, limits.depth_max) {
        Ok(json) => read::event(json, context, &path, &mut problems),
        Err(error) => {
            problems.add_reason(tree_reason(&error, limits), &path, None);
            Event::new(EventType::Other(String::new()))
        }
    };
    receiver(Item::Event(Box::new(event), problems, &OwnText(text)))
}

/// Knows the event's own text, and no lines.
struct OwnText<'a>(&'a [u8]);

impl Locate for OwnText<'_> {
    fn line(&self, _pointer: &str) -> Option<u64> {
        None
    }

    fn text(&self) -> Option<&[u8]> {
        Some(self.0)
    }
}

/// Hands out an event of which nothing could be read.
pub(super) fn broken(reason: Reason, index: u64, line: Option<u64>, receiver: &mut Receiver<'_>) -> ControlFlow<()> {
    let mut problems = Problems::new(Some(index));
    problems.add_reason(reason, &Path::root(""), line);
    let event = Event::new(EventType::Other(String::new()));
    receiver(Item::Event(Box::new(event), problems, &NoLines))
}

/// Walks down to the list of events.
struct FindEvents<'a, 'b, 'r> {
    level: Level,
    taker: &'a mut Taker<'b, 'r>,
}

impl Walk for FindEvents<'_, '_, '_> {
    fn object<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            let below = self.level.below(&key);
            let list = self.level.event_list(&key).is_some_and(|pointer| pointer == self.taker.pointer);
            match below {
                Some(level) if !found && self.taker.pointer.starts_with(level.pointer()) => {
                    found = true;
                    map.next_value_seed(Walker(FindEvents { level, taker: self.taker }))?;
                }
                None if list && !found => {
                    found = true;
                    map.next_value_seed(Walker(TakeEvents { taker: self.taker }))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Takes the events of a list. What is no list was reported by the first pass.
struct TakeEvents<'a, 'b, 'r> {
    taker: &'a mut Taker<'b, 'r>,
}

impl Walk for TakeEvents<'_, '_, '_> {
    fn list<'de, A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
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
}
