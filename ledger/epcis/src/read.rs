//! Reads a document of any syntax.

use std::io::BufRead;
use std::ops::ControlFlow;

use crate::codes::structure;
use crate::document::{Item, Limits, ReadError, Receiver, Syntax};
use crate::hash::{IGNORE_FIELDS, fields_ignored_by};
use crate::input::Input;
use crate::name::Name;
use crate::problem::{Place, Problem, Reason};

/// Reads the input, whatever its syntax, and hands its parts to `receiver`: one header, the
/// events in order, one end. A broken event comes with its problems and stops nothing.
pub fn read(input: &mut Input, limits: &Limits, receiver: &mut Receiver<'_>) -> Result<(), ReadError> {
    match input.syntax()? {
        Ok(Syntax::Json) => crate::json::document::read(input, limits, receiver),
        Ok(Syntax::Xml) => {
            let late = late_ignored_fields(input, limits)?;
            crate::xml::read(&mut *input.reader()?, limits, &mut |item| match item {
                Item::Header(mut header, problems) => {
                    header.late_ignored_fields.clone_from(&late);
                    receiver(Item::Header(header, problems))
                }
                other => receiver(other),
            })
        }
        Err(first) => {
            let reason = match first {
                None => Reason::new(structure::EMPTY_DOCUMENT, &[]),
                // The byte order marks of UTF-16, in either order, and of UTF-32 begin with one of these.
                Some('\u{ff}' | '\u{fe}') => Reason::new(structure::NOT_UTF8, &[]),
                Some(first) => Reason::new(structure::UNKNOWN_SYNTAX, &[&first.escape_default().to_string()]),
            };
            Err(ReadError::Malformed(Box::new(Problem { reason, place: Place::default() })))
        }
    }
}

/// What an `ignoreFields` behind the events of an XML document excludes from their hashes. XML has
/// a document's extensions at its end, JSON anywhere: only a document that has the word at all is
/// read twice for it.
fn late_ignored_fields(input: &mut Input, limits: &Limits) -> Result<Vec<Name>, ReadError> {
    if !contains(&mut *input.reader()?, IGNORE_FIELDS.as_bytes())? {
        return Ok(Vec::new());
    }
    let (mut namespaces, mut names) = (Default::default(), Vec::new());
    let read = crate::xml::read(&mut *input.reader()?, limits, &mut |item| {
        match item {
            Item::Header(header, _) => namespaces = header.namespaces,
            Item::Event(..) => {}
            Item::End(tail, _) => {
                for extensions in [&tail.document, &tail.body, &tail.query_results] {
                    names.extend(fields_ignored_by(extensions, &namespaces));
                }
            }
        }
        ControlFlow::Continue(())
    });
    match read {
        // The second reading meets the same fault, and reports it behind the events it spares.
        Ok(()) | Err(ReadError::Malformed(_)) => Ok(names),
        Err(error) => Err(error),
    }
}

/// Whether `word` stands anywhere in the input.
fn contains(reader: &mut dyn BufRead, word: &[u8]) -> std::io::Result<bool> {
    let finder = memchr::memmem::Finder::new(word);
    let mut carried: Vec<u8> = Vec::new();
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(false);
        }
        // The word may lie across two buffers: the end of the last is kept for it.
        carried.extend_from_slice(&buffer[..buffer.len().min(word.len() - 1)]);
        if finder.find(&carried).is_some() || finder.find(buffer).is_some() {
            return Ok(true);
        }
        carried.clear();
        carried.extend_from_slice(&buffer[buffer.len().saturating_sub(word.len() - 1)..]);
        let length = buffer.len();
        reader.consume(length);
    }
}
