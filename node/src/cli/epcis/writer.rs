//! Writers of documents, whichever the syntax.

use std::io::Write;

use suyuan_epcis::document::{Header, Syntax, Tail, WriteError};
use suyuan_epcis::model::Event;
use suyuan_epcis::{json, xml};

/// Writes one document, event by event. An event that the syntax cannot carry is refused whole,
/// and the document can go on without it.
pub trait DocumentWriter {
    /// Writes the next event.
    fn event(&mut self, event: &Event) -> Result<(), WriteError>;
    /// Ends the document, with what the model holds of after its events.
    fn end(self: Box<Self>, tail: &Tail) -> Result<(), WriteError>;
}

impl<W: Write> DocumentWriter for xml::Writer<W> {
    fn event(&mut self, event: &Event) -> Result<(), WriteError> {
        xml::Writer::event(self, event)
    }

    fn end(self: Box<Self>, tail: &Tail) -> Result<(), WriteError> {
        xml::Writer::end(*self, tail)?.flush()?;
        Ok(())
    }
}

impl<W: Write> DocumentWriter for json::Writer<W> {
    fn event(&mut self, event: &Event) -> Result<(), WriteError> {
        json::Writer::event(self, event)
    }

    fn end(self: Box<Self>, tail: &Tail) -> Result<(), WriteError> {
        json::Writer::end(*self, tail)?.flush()?;
        Ok(())
    }
}

/// Begins a document in `syntax`.
pub fn begin<'a>(
    syntax: Syntax,
    sink: Box<dyn Write + 'a>,
    header: &Header,
) -> Result<Box<dyn DocumentWriter + 'a>, WriteError> {
    Ok(match syntax {
        Syntax::Xml => Box::new(xml::Writer::new(sink, header)?),
        Syntax::Json => Box::new(json::Writer::new(sink, header)?),
    })
}
