//! Hands out events that have no document around them: one by itself, or one a line.

use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use serde_json::value::RawValue;

use super::context::Context;
use super::events::{broken, hand_out};
use super::pass::{limit_reason, malformed};
use crate::codes::structure;
use crate::document::{Item, Limits, Locate, ReadError, Receiver};
use crate::input::Input;

/// Whether the input is one event a line: its first line with content is an object by itself, and
/// more lines with content follow.
pub(super) fn first_line_is_whole(input: &mut Input, limits: &Limits) -> Result<bool, ReadError> {
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

/// The one event that the input is.
pub(super) fn single(
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
pub(super) fn lines(
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
        Item::Event(event, mut problems, locate) => {
            for problem in &mut problems.list {
                problem.place.line = Some(line_number);
            }
            receiver(Item::Event(event, problems, &OneLine(line_number, locate)))
        }
        other => receiver(other),
    };
    hand_out(text, index, "", context, limits, &mut numbered)
}

/// Every part of the event is on this line.
struct OneLine<'a>(u64, &'a dyn Locate);

impl Locate for OneLine<'_> {
    fn line(&self, _pointer: &str) -> Option<u64> {
        Some(self.0)
    }

    fn text(&self) -> Option<&[u8]> {
        self.1.text()
    }
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
