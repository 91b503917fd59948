//! Reads a JSON input of any size: a document, an event, a list of events, or one event a line.
//!
//! Two passes. The first reads everything but the events, since `@context` may follow them; the
//! second reads the events, one at a time. Only an event, or all that is no event, is ever in
//! memory.

use std::io::Read;
use std::ops::ControlFlow;

use super::context::Context;
use super::events::stream;
use super::guard::Meter;
use super::lines::{first_line_is_whole, lines, single};
use super::outline::Outline;
use super::pass::{failure, limit_reason};
use super::{header, outline};
use crate::codes::structure;
use crate::document::{DocumentKind, Header, Item, Limits, ReadError, Receiver, Syntax, Tail};
use crate::input::Input;
use crate::problem::Problems;

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
        _ => Header::new(Syntax::Json, DocumentKind::BareEvents),
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
            Some(pointer) => stream(input, limits, &context, pointer, receiver)?,
            None => ControlFlow::Continue(()),
        },
        Layout::List => stream(input, limits, &context, "", receiver)?,
        Layout::Single => single(input, limits, &context, receiver)?,
        Layout::Lines => lines(input, limits, &context, receiver)?,
    };
    if flow.is_continue() {
        let _ = receiver(Item::End(Tail::default(), Problems::new(None)));
    }
    Ok(())
}

fn layout(input: &mut Input, limits: &Limits) -> Result<Layout, ReadError> {
    if starts_a_list(input)? {
        return Ok(Layout::List);
    }
    if first_line_is_whole(input, limits)? {
        return Ok(Layout::Lines);
    }
    let meter = Meter::new(limits.header_bytes_max);
    let (outline, parsed) = outline::read(input, &meter, limits)?;
    // A document that is broken within its events or behind them still has good ones before the
    // fault: the second pass finds them, and reports the fault where it stands.
    let readable = outline.within_events || (outline.event_list.is_some() && !meter.exhausted());
    if let Err(error) = parsed
        && !readable
    {
        let limit = limit_reason(structure::HEADER_TOO_LARGE, limits.header_bytes_max);
        return Err(failure(&error, &meter, limit, None));
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
