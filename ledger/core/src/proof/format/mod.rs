//! The bytes of a trace's proof.

mod events;
mod names;
mod subjects;

use std::sync::Arc;

use super::refused::{Place, Refused, RefusedCode};
use super::trust::DecidedHeader;
use super::wire::{Reader, WireError, Writer};
use crate::codec;
use crate::hash::Hash;
use crate::log::LogStep;
use crate::names::absence::{ABSENCE_PROOF_BYTES_MAX, AbsenceProof};
use crate::state::head::StateRoots;
use crate::state::subject::{FoundedRun, StoredRecord, SubjectState};
use crate::trace::closure::{Direction, Query};
use crate::trace::history;

/// The type byte of a trace's proof.
pub const TRACE_PROOF_TYPE: u8 = 3;
/// The version of the format.
pub const TRACE_PROOF_VERSION: u8 = 1;
/// A proof has at most so many bytes.
pub const PROOF_BYTES_MAX: usize = 256 << 20;
/// A proof shows at most so many events.
pub const EVENTS_MAX: usize = 1 << 21;
/// All events shown have at most so many link runs.
pub const LINK_RUNS_MAX: usize = 1 << 23;
/// A proof shows at most so many runs of subjects.
pub const SUBJECT_RUNS_MAX: usize = 1 << 21;
/// A proof shows at most so many subjects.
pub const SUBJECTS_MAX: u64 = 1 << 24;
/// A proof has at most so many sibling hashes.
pub const SIBLINGS_MAX: usize = 1 << 22;
/// All pruned logs have at most so many steps.
pub const LOG_STEPS_MAX: usize = 1 << 22;
/// A proof shows at most so many names, those included that are known by their tag only.
pub const NAMES_MAX: usize = 1 << 22;
/// A key has at most so many bytes: two parts of the longest length, with room.
pub const KEY_BYTES_MAX: usize = 1 << 18;
/// A payload has at most so many bytes (`proofs.md` §2).
pub const PAYLOAD_BYTES_MAX: usize = 256 << 10;
/// An event founds at most so many subjects: 4,096 and their classes.
pub const FOUNDED_MAX: usize = 1 << 13;
/// Bytes of the roots that the state root is made of.
const ROOTS_BYTES: usize = 160;

/// A trace's proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceProof {
    /// The header whose state is proved.
    pub decided: DecidedHeader,
    /// What its state root is made of.
    pub roots: StateRoots,
    /// What was asked.
    pub query: ProofQuery,
    /// What is shown.
    pub answer: Answer,
}

/// What a trace asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofQuery {
    /// The key of the subject where it starts.
    pub key: Vec<u8>,
    /// The number of its [`Direction`].
    pub direction: u8,
    /// Whether claims are walked.
    pub claims: bool,
}

impl ProofQuery {
    /// As the walk takes it, from the subject with this number.
    pub(super) fn closure_query(&self, start: u64) -> Result<Query, Refused> {
        let direction = [Direction::Back, Direction::Forward, Direction::History]
            .into_iter()
            .find(|direction| *direction as u8 == self.direction)
            .ok_or(RefusedCode::Form.whole())?;
        Ok(Query { claims: self.claims, ..Query::new(vec![start], direction) })
    }
}

/// What a proof shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The subject is not recorded: it is absent from the names.
    Absent(AbsenceProof),
    /// All that the trace is made of.
    Recorded(Box<Recorded>),
}

/// What a trace is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The number of the subject where it starts.
    pub start: u64,
    /// The events, ascending by place.
    pub events: Vec<ShownEvent>,
    /// The subjects, ascending by number.
    pub subjects: Vec<ShownRun>,
    /// The maximal nodes of the tree of subjects that have none of them below, from left to right.
    pub siblings: Vec<Hash>,
    /// The pruned logs, in the order of the subjects: each from its root down, left before right.
    pub logs: Vec<LogStep>,
    /// Names, ascending by the events that founded them.
    pub names: Vec<ShownNames>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownEvent {
    /// Where it is.
    pub place: history::Place,
    /// Its record. What it founded is left empty: an opened event has it in [`Opened::founded`].
    pub record: Arc<StoredRecord>,
    /// Its payload, if it is shown (form 0).
    pub opened: Option<Arc<Opened>>,
}

/// An event's payload, and which of the subjects that it names were new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The salt of its digest.
    pub salt: [u8; 16],
    /// The submitter's bytes.
    pub payload: Vec<u8>,
    /// The subjects that it founded, in the order in which they were numbered.
    pub founded: Vec<FoundedRun>,
    /// Lengths of runs, by turns of subjects that were known and that were new, over the subjects that the
    /// payload names and then the classes of the new ones; the first may be zero.
    pub news: Vec<u32>,
}

/// Subjects with consecutive numbers that share state and log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRun {
    /// The first one's number.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Their state. Its `found` is what `found` says.
    pub state: SubjectState,
    /// Which record they appeared with.
    pub found: Found,
    /// How many entries their log has, if some of them are pruned.
    pub pruned: Option<u64>,
}

/// Which record a subject appeared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The record of its log's first entry, which is shown.
    FirstEntry,
    /// Another record that is shown: the place among the events shown.
    Event(u32),
    /// A record that is not shown: the hash in the state.
    Hidden,
}

/// Names that an event founded: a part of the tree over its pages, parents before children, left before
/// right. The tree tells its own shape, since a record commits no count beside its names root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownNames {
    /// The event's place among those shown.
    pub event: u32,
    /// The tree.
    pub parts: Vec<NamePart>,
}

/// A node of the tree over pages of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePart {
    /// An inner node, with a page below that is shown: its two children follow.
    Inner,
    /// A node without any.
    Hidden(Hash),
    /// A page.
    Page(Vec<ShownName>),
}

/// A subject's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownName {
    /// The subject's number.
    pub number: u64,
    /// Its key, or only its tag.
    pub key: NameKey,
}

/// What a page says of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameKey {
    /// The key's tag.
    Tag(Hash),
    /// The key.
    Key(Arc<[u8]>),
}

impl TraceProof {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.laid_out().0
    }

    /// Its bytes, and where its sections end.
    pub fn laid_out(&self) -> (Vec<u8>, Sections) {
        let mut writer = Writer::default();
        let mut sections = Sections::default();
        writer.raw(&[TRACE_PROOF_TYPE, TRACE_PROOF_VERSION]);
        self.decided.write(&mut writer);
        writer.raw(&codec::encode(&self.roots));
        writer.text(&self.query.key);
        writer.raw(&[self.query.direction, u8::from(self.query.claims)]);
        match &self.answer {
            Answer::Absent(absence) => {
                writer.byte(0);
                writer.text(&codec::encode(absence));
            }
            Answer::Recorded(recorded) => {
                writer.byte(1);
                writer.number(recorded.start);
                sections.head = writer.position();
                events::write(&mut writer, &recorded.events);
                sections.events = writer.position();
                subjects::write(&mut writer, &recorded.subjects);
                sections.subjects = writer.position();
                writer.hashes(&recorded.siblings);
                sections.siblings = writer.position();
                subjects::write_logs(&mut writer, &recorded.logs);
                sections.logs = writer.position();
                names::write(&mut writer, &recorded.names);
                sections.names = writer.position();
            }
        }
        (writer.into_bytes(), sections)
    }

    /// Reads a proof: only what [`TraceProof::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<TraceProof, Refused> {
        RefusedCode::Size.unless(bytes.len() <= PROOF_BYTES_MAX, Place::Proof)?;
        let mut reader = Reader::new(bytes);
        let proof = read(&mut reader).map_err(|error| error.at(reader.position()))?;
        let is_whole = reader.is_empty() && proof.to_bytes() == bytes;
        RefusedCode::Form.unless(is_whole, Place::Proof)?;
        Ok(proof)
    }
}

/// Where the sections of a proof end, in bytes from its beginning; zero for those that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sections {
    /// The header, its certificate, the roots, the query.
    pub head: usize,
    /// The events.
    pub events: usize,
    /// The subjects.
    pub subjects: usize,
    /// The siblings.
    pub siblings: usize,
    /// The pruned logs.
    pub logs: usize,
    /// The names.
    pub names: usize,
}

fn read(reader: &mut Reader<'_>) -> Result<TraceProof, WireError> {
    if reader.raw(2)? != [TRACE_PROOF_TYPE, TRACE_PROOF_VERSION] {
        return Err(WireError::Malformed);
    }
    let decided = DecidedHeader::read(reader)?;
    let roots = codec::decode_trusted(reader.raw(ROOTS_BYTES)?).map_err(|_| WireError::Malformed)?;
    let key = reader.text(KEY_BYTES_MAX)?.to_vec();
    let query = ProofQuery { key, direction: reader.byte()?, claims: read_flag(reader)? };
    let answer = match read_flag(reader)? {
        false => {
            let absence = AbsenceProof::decode(reader.text(ABSENCE_PROOF_BYTES_MAX)?);
            Answer::Absent(absence.map_err(|_| WireError::Malformed)?)
        }
        true => Answer::Recorded(Box::new(Recorded {
            start: reader.number()?,
            events: events::read(reader)?,
            subjects: subjects::read(reader)?,
            siblings: reader.hashes(SIBLINGS_MAX)?,
            logs: subjects::read_logs(reader)?,
            names: names::read(reader)?,
        })),
    };
    Ok(TraceProof { decided, roots, query, answer })
}

fn read_flag(reader: &mut Reader<'_>) -> Result<bool, WireError> {
    match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(WireError::Malformed),
    }
}
