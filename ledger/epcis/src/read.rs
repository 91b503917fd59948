//! Reads a document of any syntax.

use crate::codes::structure;
use crate::document::{Limits, ReadError, Receiver, Syntax};
use crate::input::Input;
use crate::problem::{Place, Problem, Reason};

/// Reads the input, whatever its syntax, and hands its parts to `receiver`: one header, the
/// events in order, one end. A broken event comes with its problems and stops nothing.
pub fn read(input: &mut Input, limits: &Limits, receiver: &mut Receiver<'_>) -> Result<(), ReadError> {
    match input.syntax()? {
        Ok(Syntax::Json) => crate::json::document::read(input, limits, receiver),
        Ok(Syntax::Xml) => crate::xml::read(&mut *input.reader()?, limits, receiver),
        Err(first) => {
            let reason = match first {
                None => Reason::new(structure::EMPTY_DOCUMENT, &[]),
                Some(first) => Reason::new(structure::UNKNOWN_SYNTAX, &[&first.escape_default().to_string()]),
            };
            Err(ReadError::Malformed(Box::new(Problem { reason, place: Place::default() })))
        }
    }
}
