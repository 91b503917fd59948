//! Makes the payload of an event: one JSON text that stands alone (`proofs.md` §2).
//!
//! Of an event in JSON the author's own bytes are kept. Only where it lacks an `eventID`, or uses prefixes that
//! the document around it declares, these are added: at its beginning, or, if it has an `@context` of its own,
//! in that.

use suyuan_epcis::document::{Header, Syntax, WriteError};
use suyuan_epcis::json::tree::{self, Json};
use suyuan_epcis::json::write::single_event;
use suyuan_epcis::model::{Event, visit_names};
use suyuan_epcis::name::Binding;
use suyuan_epcis::problem::Problem;

/// How deep a payload is nested at most; the reader's own limit for documents is wider.
const DEPTH_MAX: usize = 64;

/// The payload of an event. `text` is its own text if the document is in JSON; `event_id` the id that it is to
/// have if it has none.
pub fn payload(
    header: &Header,
    event: &mut Event,
    text: Option<&[u8]>,
    event_id: Option<String>,
) -> Result<Vec<u8>, Box<Problem>> {
    let text = text.filter(|_| header.syntax == Syntax::Json).map(<[u8]>::trim_ascii);
    let Some(text) = text else {
        event.event_id = event_id.or_else(|| event.event_id.take());
        return single_event(event).map_err(|error| match error {
            WriteError::CannotCarry(problem) => problem,
            WriteError::Io(error) => Box::new(crate::batch::internal(&error.to_string())),
        });
    };
    let needed = needed_prefixes(header, event, text);
    if needed.is_empty() && event_id.is_none() {
        return Ok(text.to_vec());
    }
    Ok(with_members(text, &needed, event_id.as_deref()))
}

/// The document's prefixes that the event uses without declaring them itself: in names, and, as far as its text
/// shows, in values.
fn needed_prefixes<'a>(header: &'a Header, event: &Event, text: &[u8]) -> Vec<&'a Binding> {
    if header.namespaces.iter().next().is_none() {
        return Vec::new();
    }
    let mut used = Vec::new();
    visit_names(event, &mut |name| {
        if !name.prefix.is_empty() && !used.contains(&name.prefix) {
            used.push(name.prefix.clone());
        }
    });
    // Behind an escape anything can stand; then every prefix counts as used.
    let has_escapes = memchr::memmem::find(text, b"\\u").is_some();
    let stands_in = |prefix: &str| memchr::memmem::find(text, [prefix, ":"].concat().as_bytes()).is_some();
    let needed = |binding: &&Binding| {
        event.namespaces.get(&binding.prefix).is_none()
            && (has_escapes || used.contains(&binding.prefix) || stands_in(&binding.prefix))
    };
    header.namespaces.iter().filter(needed).collect()
}

fn with_members(text: &[u8], needed: &[&Binding], event_id: Option<&str>) -> Vec<u8> {
    let id = event_id.map(|id| ("eventID".to_owned(), Json::Text(id.to_owned())));
    let pair = |binding: &&Binding| (binding.prefix.to_string(), Json::Text(binding.namespace.to_string()));
    let context = (!needed.is_empty()).then(|| Json::Object(needed.iter().map(pair).collect()));
    // An `@context` of its own is joined with what is needed; its own bindings come later and so hide those.
    let has_own = context.is_some() && memchr::memmem::find(text, b"context").is_some();
    if has_own
        && let Ok(Json::Object(mut members)) = tree::parse(text, DEPTH_MAX)
        && let Some((_, own)) = members.iter_mut().find(|(name, _)| name == "@context")
    {
        let mut parts: Vec<Json> = context.into_iter().collect();
        match std::mem::replace(own, Json::Null) {
            Json::List(list) => parts.extend(list),
            single => parts.push(single),
        }
        *own = Json::List(parts);
        members.extend(id);
        let mut written = Vec::with_capacity(text.len() + 256);
        Json::Object(members).write(0, &mut written);
        return written;
    }
    let mut added = Vec::new();
    let members = context.map(|context| ("@context".to_owned(), Json::List(vec![context]))).into_iter().chain(id);
    Json::Object(members.collect()).write(0, &mut added);
    // `{` members `,` what stood behind the event's own `{`: an event is never empty.
    let (added, rest) = (added.trim_ascii_end(), text.strip_prefix(b"{").unwrap_or_default());
    let opened = added.strip_suffix(b"}").unwrap_or_default().trim_ascii_end();
    [opened, b",", rest].concat()
}
