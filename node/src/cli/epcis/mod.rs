//! Commands on EPCIS documents.

use std::io;
use std::ops::ControlFlow;

use suyuan_epcis::document::{Item, Limits, ReadError};
use suyuan_epcis::model::{Event, EventType};
use suyuan_epcis::read::read;

use super::screen::Screen;
use super::sources::Source;

pub mod convert;
pub mod hash;
mod judge;
mod report;
pub mod validate;
mod writer;

/// Reads a document and gives each part to `handler`. The outer error is of the answers' stream
/// and ends the command; the inner is of the document.
fn read_items(
    source: &Source,
    screen: &mut Screen,
    handler: &mut dyn FnMut(Item<'_>, &mut Screen) -> io::Result<()>,
) -> io::Result<Result<(), ReadError>> {
    let mut input = match source.open() {
        Ok(input) => screen.watch(input, &source.name()),
        Err(error) => return Ok(Err(ReadError::Io(error))),
    };
    let mut handled = Ok(());
    let ended = read(&mut input, &Limits::default(), &mut |item| match handler(item, screen) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            handled = Err(error);
            ControlFlow::Break(())
        }
    });
    screen.unwatch();
    handled.map(|()| ended)
}

/// Whether so little of the event could be read that not even its type is known.
fn is_unreadable(event: &Event) -> bool {
    matches!(&event.event_type, EventType::Other(name) if name.is_empty())
}
