//! Works on capture jobs, one after another.
//!
//! A document that is to be recorded as a whole or not at all is first applied to the ledger as it stands, group
//! after group, with nothing written: so what the ledger would refuse by receipt is known as well as what is wrong in
//! itself, and only a document without an error is then recorded.

use std::ops::ControlFlow;
use std::sync::Arc;

use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::document::{Limits, ReadError};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Place, Problem, Reason};
use suyuan_ledger::block::CommitCertificate;
use suyuan_ledger::derive::derive;
use suyuan_ledger::kv::{Overlay, Table};
use suyuan_ledger::state::apply::{Ledger, lane};
use suyuan_ledger::state::event::refusal;
use suyuan_ledger::state::verify::{Refusal, VerifiedSubmission};
use suyuan_ledger::submission::{LaneState, SubmittedEvent};
use suyuan_sdk::batch::{self, Part};
use suyuan_sdk::lane::after;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};
use suyuan_store::RocksStore;

use super::job::{Behaviour, Job};
use super::jobs::Jobs;
use crate::clock::now_ms;
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;
use crate::link::apply_reason;
use crate::open::store_reason;
use crate::own_lane::{NotRecorded, OwnLane};

/// A document that is recorded as a whole or not at all has at most so many events: what they do to the ledger is
/// held in memory, some 7 KB each as measured, until it is known that all are good.
pub const ROLLBACK_EVENTS_MAX: u64 = 25_000;
/// Events of a document this small are kept from its check to its recording; of a greater one they are read again.
const KEPT_BYTES_MAX: usize = 8 << 20;

/// What the work needs.
pub struct Workshop {
    /// The jobs.
    pub jobs: Arc<Jobs>,
    /// Where events are handed in.
    pub lane: Arc<OwnLane>,
    /// What the ledger is kept in.
    pub store: Arc<RocksStore>,
    /// Signs in the node's name.
    pub signer: Arc<MemorySigner>,
}

/// Why work on a job ends before its end.
enum Halt {
    /// The node stops; the job is begun again with it.
    Stopping,
    /// It can't be done.
    Failed(Reason),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Halt::Failed(reason)
    }
}

/// Events that go together, with the place of each in its document.
type Group = (Vec<SubmittedEvent>, Vec<u64>);
type TakeGroup<'a> = dyn FnMut(Group, &mut Job) -> Result<(), Halt> + 'a;

impl Workshop {
    /// Works until the node stops.
    pub fn run(&self) {
        while let Some((mut job, opened)) = self.jobs.next() {
            let worked = opened.map_err(Halt::Failed).and_then(|mut input| {
                self.jobs.begin(&mut job)?;
                self.work(&mut job, &mut input)
            });
            match worked {
                Ok(()) => {}
                Err(Halt::Stopping) => return,
                Err(Halt::Failed(reason)) => job.failure(&reason),
            }
            let id = job.id.clone();
            if let Err(reason) = self.jobs.finish(job) {
                tracing::error!(capture = id, "{reason}");
            }
        }
    }

    fn work(&self, job: &mut Job, input: &mut Input) -> Result<(), Halt> {
        if job.behaviour == Behaviour::Proceed {
            return self.read(job, input, &mut |group, job| self.record(group, job));
        }
        let kept = self.rehearse(job, input)?;
        if job.errors_count > 0 {
            return Ok(());
        }
        match kept {
            Some(groups) => groups.into_iter().try_for_each(|group| self.record(group, job))?,
            None => self.read(job, input, &mut |group, job| self.record(group, job))?,
        }
        // What was good when it was checked is refused only if another capture came between.
        if job.errors_count > 0 && job.recorded > 0 {
            job.failure(&Reason::new(codes::OVERTAKEN, &[&job.recorded.to_string()]));
        }
        Ok(())
    }

    /// Reads a document, notes what is wrong with it, and hands on its good events in groups.
    fn read(&self, job: &mut Job, input: &mut Input, send: &mut TakeGroup<'_>) -> Result<(), Halt> {
        let mut halted = None;
        let read = batch::read(input, &Limits::default(), &mut |part| match self.part(part, job, send) {
            Ok(()) => ControlFlow::Continue(()),
            Err(halt) => {
                halted = Some(halt);
                ControlFlow::Break(())
            }
        });
        match (halted, read) {
            (Some(halt), _) => Err(halt),
            (None, Ok(_)) => Ok(()),
            (None, Err(ReadError::Malformed(problem))) => {
                job.fault(&problem.reason, &problem.place);
                Ok(())
            }
            (None, Err(ReadError::Io(error))) => {
                Err(Halt::Failed(Reason::new(node_codes::API_BODY, &[&error.to_string()])))
            }
        }
    }

    fn part(&self, part: Part, job: &mut Job, send: &mut TakeGroup<'_>) -> Result<(), Halt> {
        if self.jobs.is_stopping() {
            return Err(Halt::Stopping);
        }
        let batch = match part {
            Part::Document(problems) | Part::Event { problems, .. } => {
                for problem in problems.iter().filter(|problem| Problem::is_error(problem)) {
                    job.fault(&problem.reason, &problem.place);
                }
                return Ok(());
            }
            Part::Batch(batch) => batch,
        };
        let latest = self.lane.latest();
        let mut group: Group = Default::default();
        for (event, (index, _)) in batch.events.into_iter().zip(batch.origins) {
            // One event from the future would keep its whole group off the ledger (111).
            if derive(&event.payload).is_ok_and(|derived| derived.event_time > latest) {
                let place = Place { event: Some(index), pointer: "/eventTime".to_owned(), line: None };
                job.fault(&Reason::new(ledger_codes::CLOCK, &["eventTime"]), &place);
                continue;
            }
            group.0.push(event);
            group.1.push(index);
        }
        let sent = if group.0.is_empty() { Ok(()) } else { send(group, job) };
        self.jobs.tell(job);
        sent
    }

    /// Records a group.
    fn record(&self, (events, origins): Group, job: &mut Job) -> Result<(), Halt> {
        if self.jobs.is_stopping() {
            return Err(Halt::Stopping);
        }
        let answer = loop {
            match self.lane.submit(events.clone()) {
                Ok(answered) => break answered.blocking_recv().unwrap_or_else(|_| Err(crate::own_lane::stopping())),
                // Single events are before it: this one has time.
                Err(NotRecorded::Busy) => std::thread::sleep(std::time::Duration::from_millis(50)),
                Err(other) => break Err(other),
            }
            if self.jobs.is_stopping() {
                return Err(Halt::Stopping);
            }
        };
        let recorded = match answer {
            Ok(recorded) => recorded,
            Err(NotRecorded::Refused { reason, event, pointer }) => {
                let event = event.and_then(|event| origins.get(event)).copied();
                job.fault(&reason, &Place { event, pointer, line: None });
                return Ok(());
            }
            Err(NotRecorded::Busy) => return Err(Reason::new(node_codes::BUSY, &[]).into()),
            Err(NotRecorded::Stopped(_)) => return Err(Halt::Stopping),
        };
        job.height = recorded.height;
        for (receipt, index) in recorded.receipts.iter().zip(origins) {
            match receipt.code {
                0 => job.recorded = job.recorded.saturating_add(1),
                refusal::DUPLICATE => job.duplicates = job.duplicates.saturating_add(1),
                code => refused_by_receipt(job, code, index),
            }
        }
        Ok(())
    }

    /// Applies a document to the ledger without writing anything. Gives its events, if they are few.
    fn rehearse(&self, job: &mut Job, input: &mut Input) -> Result<Option<Vec<Group>>, Halt> {
        let snapshot = self.store.snapshot();
        let failed = |error| Halt::Failed(store_reason(&error));
        let ledger = Ledger::open(&snapshot).map_err(failed)?;
        let ledger = ledger.ok_or_else(|| Reason::new(node_codes::STORE, &["no ledger"]))?;
        let key = self.signer.key_id();
        let organisation = ledger.directory.key(&key).map(|key| key.organisation);
        let mut rehearsal = Rehearsal {
            lane: lane(&snapshot, &key).map_err(failed)?,
            organisation: organisation.ok_or_else(|| Reason::new(node_codes::KEY_UNKNOWN, &[&key.to_string()]))?,
            ledger,
            overlay: Overlay::new(&snapshot),
            signer: &self.signer,
            events: 0,
        };
        let (mut kept, mut bytes) = (Some(Vec::new()), 0usize);
        self.read(job, input, &mut |group, job| {
            bytes = group.0.iter().fold(bytes, |sum, event| sum.saturating_add(event.payload.len()));
            if bytes > KEPT_BYTES_MAX {
                kept = None;
            }
            if let Some(kept) = &mut kept {
                kept.push(group.clone());
            }
            rehearsal.group(group, job)
        })?;
        Ok(kept)
    }
}

/// The ledger as it would be.
struct Rehearsal<'a> {
    ledger: Ledger,
    overlay: Overlay<'a>,
    lane: LaneState,
    organisation: u64,
    signer: &'a MemorySigner,
    events: u64,
}

impl Rehearsal<'_> {
    /// Applies a group, and notes what the ledger would refuse.
    fn group(&mut self, (events, origins): Group, job: &mut Job) -> Result<(), Halt> {
        self.events = self.events.saturating_add(events.len() as u64);
        if self.events > ROLLBACK_EVENTS_MAX {
            return Err(Reason::new(codes::ROLLBACK_LIMIT, &[&ROLLBACK_EVENTS_MAX.to_string()]).into());
        }
        let (chain, now) = (self.ledger.head.chain, now_ms());
        let signed = sign_submission(self.signer, chain, self.organisation, self.lane, now, events)?;
        self.lane = after(&signed);
        let verified = match VerifiedSubmission::verify(signed, chain, &self.ledger.directory) {
            Ok(verified) => verified,
            Err(refusal) => {
                let code = ledger_codes::of_number(refusal.code()).unwrap_or(ledger_codes::RESERVED);
                let (event, pointer, argument) = match refusal {
                    Refusal::Event(place, error) => (origins.get(place).copied(), error.pointer, error.argument),
                    Refusal::Submission(_) => (None, String::new(), String::new()),
                };
                job.fault(&Reason::new(code, &[&argument]), &Place { event, pointer, line: None });
                return Ok(());
            }
        };
        let verified = [verified];
        let header = self.ledger.next_header(now, &verified);
        let applied = self.ledger.apply(&self.overlay, &header, CommitCertificate::default(), &verified);
        let applied = applied.map_err(|error| apply_reason(&error))?;
        for (receipt, index) in applied.receipts.iter().zip(origins) {
            if !matches!(receipt.code, 0 | refusal::DUPLICATE) {
                refused_by_receipt(job, receipt.code, index);
            }
        }
        for (table, key, value) in applied.writes.iter() {
            match value {
                // Nothing that follows reads what it says.
                Some(_) if table == Table::Payload => {}
                Some(value) => self.overlay.put(table, key, value),
                None => self.overlay.delete(table, key),
            }
        }
        self.ledger = applied.ledger;
        Ok(())
    }
}

fn refused_by_receipt(job: &mut Job, code: u16, index: u64) {
    let reason = Reason::new(ledger_codes::of_number(code).unwrap_or(ledger_codes::RESERVED), &[]);
    job.fault(&reason, &Place { event: Some(index), pointer: String::new(), line: None });
}
