//! Makes batches of events from documents: JSON, XML, 1.2, bare events, one event a line.
//!
//! Every event is judged as the gateway judges it; a bad event never loses a good one beside it. Only the
//! event at hand and the batch being filled are in memory.

use std::ops::ControlFlow;

use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::document::{Header, Item, Limits, Locate, ReadError};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields};
use suyuan_epcis::identifier::guard::Kind;
use suyuan_epcis::input::Input;
use suyuan_epcis::json::tree::{self, Json};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Place, Problem, Problems, Reason};
use suyuan_epcis::validate::{self, DocumentRules};
use suyuan_ledger::derive::derive;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX, SubmittedEvent, record_type};

use crate::guard;
use crate::payload::payload;

/// Levels of a payload (`proofs.md` §2).
const DEPTH_MAX: usize = 32;

/// A part of what comes of a document, in its order.
#[derive(Debug)]
pub enum Part {
    /// Problems of the document itself; its events are handed out all the same.
    Document(Vec<Problem>),
    /// What is wrong or odd with one event. With an error among them the event is in no batch.
    Event {
        /// The event's place in the document, from 0.
        index: u64,
        /// The problems.
        problems: Vec<Problem>,
    },
    /// Events to be submitted together.
    Batch(Batch),
}

/// Events to be submitted together, with where they came from.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, within the limits of one submission.
    pub events: Vec<SubmittedEvent>,
    /// Of each event its place in the document, from 0, and its `eventID`.
    pub origins: Vec<(u64, String)>,
    bytes: usize,
}

/// How many events were read, and what became of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// In batches.
    pub accepted: u64,
    /// Left out for an error.
    pub refused: u64,
}

/// Receives the parts; `Break` stops the reading.
pub type Take<'a> = dyn FnMut(Part) -> ControlFlow<()> + 'a;

/// Reads a document and hands out its events in batches. Where the document breaks off, what came before is
/// handed out first.
pub fn read(input: &mut Input, limits: &Limits, take: &mut Take<'_>) -> Result<Counts, ReadError> {
    let mut batcher =
        Batcher { document: None, batch: Batch::default(), counts: Counts::default(), stopped: false, take };
    let read = suyuan_epcis::read::read(input, limits, &mut |item| match batcher.item(item) {
        flow if flow.is_break() => {
            batcher.stopped = true;
            flow
        }
        flow => flow,
    });
    if !batcher.stopped {
        let _ = batcher.hand_out();
    }
    read.map(|()| batcher.counts)
}

/// What the judgement of an event needs of its document.
struct Document {
    header: Header,
    ignored: IgnoredFields,
    rules: DocumentRules,
}

struct Batcher<'a, 'b> {
    document: Option<Document>,
    batch: Batch,
    counts: Counts,
    stopped: bool,
    take: &'a mut Take<'b>,
}

impl Batcher<'_, '_> {
    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        match item {
            Item::Header(header, mut problems) => {
                validate::header(&header, &mut problems);
                let (ignored, rules) = (ignored_fields(&header), DocumentRules::default());
                self.document = Some(Document { header: *header, ignored, rules });
                self.tell_document(problems)
            }
            Item::Event(event, problems, locate) => self.event(*event, problems, locate),
            Item::End(_, problems) => self.tell_document(problems),
        }
    }

    fn tell_document(&mut self, problems: Problems) -> ControlFlow<()> {
        if problems.list.is_empty() { ControlFlow::Continue(()) } else { (self.take)(Part::Document(problems.list)) }
    }

    fn event(&mut self, event: Event, mut problems: Problems, locate: &dyn Locate) -> ControlFlow<()> {
        let index = problems.event.unwrap_or(0);
        let submitted = self.document.as_mut().and_then(|document| document.submit(event, &mut problems, locate));
        match submitted {
            Some(_) => self.counts.accepted = self.counts.accepted.saturating_add(1),
            None => self.counts.refused = self.counts.refused.saturating_add(1),
        }
        if !problems.list.is_empty() {
            (self.take)(Part::Event { index, problems: problems.list })?;
        }
        let Some((event, event_id)) = submitted else { return ControlFlow::Continue(()) };
        let bytes = event.salt.len().saturating_add(event.payload.len());
        if self.batch.events.len() >= EVENTS_MAX || self.batch.bytes.saturating_add(bytes) > BODY_BYTES_MAX {
            self.hand_out()?;
        }
        self.batch.bytes = self.batch.bytes.saturating_add(bytes);
        self.batch.events.push(event);
        self.batch.origins.push((index, event_id));
        ControlFlow::Continue(())
    }

    fn hand_out(&mut self) -> ControlFlow<()> {
        match self.batch.events.is_empty() {
            true => ControlFlow::Continue(()),
            false => (self.take)(Part::Batch(std::mem::take(&mut self.batch))),
        }
    }
}

impl Document {
    /// Judges an event and makes what is submitted of it, with its id; `None` if a problem is an error.
    fn submit(
        &mut self,
        mut event: Event,
        problems: &mut Problems,
        locate: &dyn Locate,
    ) -> Option<(SubmittedEvent, String)> {
        if problems.has_error() {
            return None;
        }
        let pointer = self.header.event_pointer(problems.event.unwrap_or(0));
        validate::event(&event, &pointer, &self.ignored, problems, locate);
        // The hash id of an event without id (CBV 2.0 §8.9).
        let hash = EventHash::of(&event, Profile::Cbv20Of2025, &self.ignored);
        self.rules.event(&event, Some(hash.digest), &pointer, problems, locate);
        if problems.has_error() {
            return None;
        }
        let assigned = event.event_id.is_none().then(|| hash.to_ni());
        let payload = match payload(&self.header, &mut event, locate.text(), assigned.clone()) {
            Ok(payload) => payload,
            Err(problem) => {
                add(problems, &pointer, &problem.place.pointer, problem.reason, locate);
                return None;
            }
        };
        // XML is converted on this side: places in the payload are places in the document by the same words.
        if let Some((reason, place)) = judge_payload(&payload) {
            add(problems, &pointer, &place, reason, locate);
            return None;
        }
        let mut salt = [0u8; 16];
        if let Err(error) = getrandom::fill(&mut salt) {
            add(problems, &pointer, "", internal(&error.to_string()).reason, locate);
            return None;
        }
        let event_id = assigned.or(event.event_id).unwrap_or_default();
        Some((SubmittedEvent { record_type: record_type::EPCIS, salt, payload }, event_id))
    }
}

/// Adds what is wrong at a place of the event at `pointer`.
fn add(problems: &mut Problems, pointer: &str, relative: &str, reason: Reason, locate: &dyn Locate) {
    let line = locate.line(relative);
    let place = Place { event: problems.event, pointer: [pointer, relative].concat(), line };
    problems.list.push(Problem { reason, place });
}

/// Why a payload may not be recorded, and where in it: what the ledger would refuse, and natural persons.
pub fn judge_payload(payload: &[u8]) -> Option<(Reason, String)> {
    if let Err(error) = derive(payload) {
        let code = codes::of_number(error.code).unwrap_or(codes::JSON_FORM);
        return Some((Reason::new(code, &[&error.argument]), error.pointer));
    }
    match tree::parse(payload, DEPTH_MAX) {
        Ok(json) => natural_person(&json),
        Err(_) => Some((Reason::new(codes::JSON_FORM, &["JSON"]), String::new())),
    }
}

/// What of a record has the form of a natural person's number or address, and where it is.
pub fn natural_person(record: &Json) -> Option<(Reason, String)> {
    let found = guard::find(record)?;
    let what = match found.kind {
        Kind::ResidentId => "identity number (身份证号)",
        Kind::MobileNumber => "mobile number (手机号)",
        Kind::LicencePlate => "licence plate (车牌号)",
        Kind::PrivateEmail => "e-mail address (个人邮箱)",
    };
    Some((Reason::new(codes::NATURAL_PERSON, &[what]), found.pointer))
}

/// Something that no document is to blame for.
pub(crate) fn internal(words: &str) -> Problem {
    Problem { reason: Reason::new(codes::QUEUE_IO, &["memory", words]), place: Place::default() }
}
