//! Rules about the events of one document together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::report::Report;
use crate::codes::semantics as codes;
use crate::document::Locate;
use crate::model::Event;
use crate::problem::{Path, Problems};

/// Events remembered of one document, by default: about 30 MB when each has an eventID of usual length.
const EVENTS_MAX: usize = 100_000;
/// Bytes of eventIDs remembered.
const ID_BYTES_MAX: usize = 16 << 20;

/// Finds events that a document brings twice. Fed event by event; remembers a bounded number of
/// them, so of a longer document the later events are compared with the first ones only.
///
/// An event with an error declaration repeats the identity of the one it withdraws (EPCIS 2.0
/// §7.4.1.2), so it is neither compared nor remembered.
#[derive(Debug)]
pub struct DocumentRules {
    ids: HashMap<Box<str>, u64>,
    digests: HashMap<[u8; 32], u64>,
    id_bytes: usize,
    events_max: usize,
    next: u64,
}

impl Default for DocumentRules {
    fn default() -> Self {
        DocumentRules::new(EVENTS_MAX)
    }
}

impl DocumentRules {
    /// Remembers at most `events_max` events.
    pub fn new(events_max: usize) -> Self {
        DocumentRules { ids: HashMap::new(), digests: HashMap::new(), id_bytes: 0, events_max, next: 0 }
    }

    /// Adds the problems that `event` has with the events before it. `digest` is its hash under
    /// one profile, the same for all events; without it only eventIDs are compared. `pointer` and
    /// `locate` are as for [`super::event`].
    pub fn event(
        &mut self,
        event: &Event,
        digest: Option<[u8; 32]>,
        pointer: &str,
        problems: &mut Problems,
        locate: &dyn Locate,
    ) {
        let index = problems.event.unwrap_or(self.next);
        self.next = index.saturating_add(1);
        if event.error_declaration.is_some() {
            return;
        }
        let mut report = Report::new(pointer, problems, locate);
        let root = Path::root("");
        let same_id = event.event_id.as_deref().and_then(|id| self.remember_id(id, index));
        let same_digest = digest.and_then(|digest| self.remember_digest(digest, index));
        if let (Some(first), Some(id)) = (same_id, event.event_id.as_deref()) {
            report.add(codes::DUPLICATE_EVENT_ID, &[id, &first.to_string()], &root.key("eventID"));
        } else if let Some(first) = same_digest {
            report.add(codes::DUPLICATE_EVENT, &[&first.to_string()], &root);
        }
    }

    /// The index of the first event with this ID, or none and it is remembered.
    fn remember_id(&mut self, id: &str, index: u64) -> Option<u64> {
        if let Some(first) = self.ids.get(id) {
            return Some(*first);
        }
        let id_bytes = self.id_bytes.saturating_add(id.len());
        if self.ids.len() < self.events_max && id_bytes <= ID_BYTES_MAX {
            self.id_bytes = id_bytes;
            self.ids.insert(id.into(), index);
        }
        None
    }

    fn remember_digest(&mut self, digest: [u8; 32], index: u64) -> Option<u64> {
        let full = self.digests.len() >= self.events_max;
        match self.digests.entry(digest) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                if !full {
                    place.insert(index);
                }
                None
            }
        }
    }
}
