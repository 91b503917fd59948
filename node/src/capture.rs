//! Captures documents: reads them, signs their events in groups, submits them, says what became of each.
//!
//! A group is kept in the spool before it is signed, and its signed bytes before they are sent; both go when
//! the receipt has come. So a capture that was killed sends the very same bytes when it is run again, and the
//! node, which knows them by their id, answers as it did before.

use std::ops::ControlFlow;
use std::time::Duration;

use suyuan_epcis::codes::{Code, ledger as ledger_codes};
use suyuan_epcis::document::{Limits, ReadError};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Place, Problem, Reason};
use suyuan_ledger::derive::derive;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::profile::{Judged, judge};
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent};
use suyuan_sdk::batch::{self, Batch, Counts, Part};
use suyuan_sdk::lane::after;
use suyuan_sdk::queue::Queue;
use suyuan_sdk::recall;
use suyuan_sdk::signer::{Signer, sign_submission};

use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::link::{EventReceipt, Link, Station, Submitted, View};

/// A submission carries so many events by default.
pub const GROUP_EVENTS: usize = 500;
/// So often is a submission signed anew because another came before it in its lane.
const SIGNED_AGAIN_MAX: u32 = 8;
/// It is waited before that: so long, and twice as long each time.
const SIGNED_AGAIN_WAIT: Duration = Duration::from_millis(25);
/// So often, and so far apart, is a busy node asked again.
const BUSY_TRIES_MAX: u32 = 60;
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// The receipt's code of an event that its author had recorded before.
const DUPLICATE: u16 = 201;
/// Flags are bits below this one.
const FLAG_BITS: u32 = 64;

/// How many events came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Recorded.
    pub accepted: u64,
    /// Had been recorded before by the same author.
    pub duplicates: u64,
    /// Not recorded.
    pub refused: u64,
    /// Recorded, with remarks.
    pub flagged: u64,
}

/// What is said while capturing.
#[derive(Debug)]
pub enum Said<'a> {
    /// What is wrong or odd with a document or an event of it.
    Problem(&'a Problem),
    /// An event is recorded, with these remarks.
    Flagged {
        /// Its place in its document; none if an earlier run had left it in the spool.
        event: Option<u64>,
        /// The remarks.
        flags: &'a [&'static Code],
    },
    /// An event that follows a profile is recorded: how complete and timely it is.
    Profile {
        /// As for [`Said::Flagged`].
        event: Option<u64>,
        /// What the profile says.
        profile: &'a Judged,
    },
    /// A submission is on the ledger.
    Receipt {
        /// The block's height.
        height: u64,
        /// The submission's id.
        submission: &'a str,
        /// How many events it carries.
        events: usize,
    },
    /// Groups that an earlier run had left are on the ledger.
    Resumed(u64),
}

/// Hears what is said; an error ends the capture.
pub type Hear<'a> = dyn FnMut(Said<'_>) -> std::io::Result<()> + 'a;

/// Why a capture ends early.
#[derive(Debug)]
pub enum CaptureError {
    /// It can't go on. What was not receipted waits in the spool.
    Stopped(Reason),
    /// The submission as a whole may not enter the ledger.
    Refused(Reason),
    /// Whoever hears failed.
    Io(std::io::Error),
}

impl From<Reason> for CaptureError {
    fn from(reason: Reason) -> Self {
        CaptureError::Stopped(reason)
    }
}

impl From<std::io::Error> for CaptureError {
    fn from(error: std::io::Error) -> Self {
        CaptureError::Io(error)
    }
}

/// Says why an event's payload is not to be recorded, beside what is wrong with it by itself; `Err` if that can't be found out.
pub type Refuse<'a> = dyn FnMut(&[u8]) -> Result<Option<Reason>, Reason> + 'a;

/// Reads a document without submitting anything: how many events are good and bad, and what is wrong.
pub fn rehearse(input: &mut Input, refuse: &mut Refuse<'_>, hear: &mut Hear<'_>) -> Result<Counts, ReadError> {
    let mut failed = None;
    let mut broken = 0u64;
    let read = batch::read(input, &Limits::default(), &mut |part| {
        let problems = match part {
            Part::Document(problems) => {
                broken += problems.iter().filter(|problem| problem.is_error()).count() as u64;
                problems
            }
            Part::Event { problems, .. } => problems,
            Part::Batch(batch) => match refused_of(&batch, refuse) {
                Ok(problems) => {
                    broken += problems.len() as u64;
                    problems
                }
                Err(reason) => {
                    failed = Some(std::io::Error::other(reason.to_string()));
                    return ControlFlow::Break(());
                }
            },
        };
        match problems.iter().try_for_each(|problem| hear(Said::Problem(problem))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match failed {
        Some(error) => Err(ReadError::Io(error)),
        None => read.map(|counts| Counts { refused: counts.refused.saturating_add(broken), ..counts }),
    }
}

/// The events of a batch that are not to be recorded, with why.
fn refused_of(batch: &Batch, refuse: &mut Refuse<'_>) -> Result<Vec<Problem>, Reason> {
    let mut problems = Vec::new();
    for (event, (index, _)) in batch.events.iter().zip(&batch.origins) {
        let place = Place { event: Some(*index), ..Place::default() };
        problems.extend(refuse(&event.payload)?.map(|reason| Problem { reason, place }));
    }
    Ok(problems)
}

/// Captures with one key over one link.
pub struct Capture<'a> {
    link: Link<'a>,
    signer: &'a dyn Signer,
    /// The spool; without one, whoever sent the documents sends them again after a failure.
    queue: Option<Queue>,
    station: Station,
    chain: Hash,
    organisation: u64,
    group: usize,
    /// Whether events that sell, dispense or ship on what is under recall are refused.
    pub refuses_recalled: bool,
    /// Where that is asked, since the last submission.
    recalls: Option<View<'a>>,
    /// What came of all documents yet.
    pub tally: Tally,
}

impl<'a> Capture<'a> {
    /// Asks where the key's lane stands.
    pub fn new(
        link: Link<'a>,
        signer: &'a dyn Signer,
        queue: Option<Queue>,
        group: usize,
    ) -> Result<Capture<'a>, Reason> {
        let station = link.station(&signer.key_id())?;
        let unknown = || Reason::new(codes::KEY_UNKNOWN, &[&signer.key_id().to_string()]);
        let organisation = station.organisation.ok_or_else(unknown)?;
        let chain = Hash::from_hex(&station.chain).ok_or_else(|| Reason::new(codes::ANSWER, &["", "chain"]))?;
        let (refuses_recalled, recalls, tally) = (false, None, Tally::default());
        Ok(Capture { link, signer, queue, station, chain, organisation, group, refuses_recalled, recalls, tally })
    }

    /// The URI of the organisation that captures.
    pub fn organisation(&self) -> &str {
        self.station.uri.as_deref().unwrap_or_default()
    }

    /// Submits what an earlier run had left in the spool.
    pub fn resume(&mut self, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        let mut groups = 0u64;
        while self.queue.as_ref().is_some_and(|queue| !queue.is_empty()) {
            self.drain(None, hear)?;
            groups += 1;
        }
        if groups > 0 {
            hear(Said::Resumed(groups))?;
        }
        Ok(())
    }

    /// Captures a document. What is wrong with its text is said like any problem; `false` if it could not be
    /// read to its end.
    pub fn document(&mut self, input: &mut Input, hear: &mut Hear<'_>) -> Result<bool, CaptureError> {
        let mut failed = None;
        let read = batch::read(input, &Limits::default(), &mut |part| match self.part(part, hear) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        match read {
            Ok(counts) => {
                self.tally.refused = self.tally.refused.saturating_add(counts.refused);
                Ok(true)
            }
            Err(ReadError::Malformed(problem)) => {
                hear(Said::Problem(&problem))?;
                Ok(false)
            }
            Err(ReadError::Io(error)) => Err(CaptureError::Io(error)),
        }
    }

    fn part(&mut self, part: Part, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        match part {
            Part::Document(problems) | Part::Event { problems, .. } => {
                problems.iter().try_for_each(|problem| hear(Said::Problem(problem))).map_err(CaptureError::Io)
            }
            Part::Batch(batch) => self.batch(batch, hear),
        }
    }

    fn batch(&mut self, batch: Batch, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        let latest = now_ms().saturating_add(self.station.clock_tolerance_ms);
        let mut group: (Vec<SubmittedEvent>, Vec<u64>) = Default::default();
        let (mut events, mut origins, mut ahead) = (batch.events.into_iter(), batch.origins.into_iter(), 0usize);
        loop {
            if ahead == 0 {
                let next = events.as_slice();
                let next = next.get(..self.group).unwrap_or(next);
                self.look_ahead(next)?;
                ahead = next.len();
            }
            let (Some(event), Some((index, _))) = (events.next(), origins.next()) else { break };
            ahead = ahead.saturating_sub(1);
            // One event from the future would keep its whole group off the ledger (111).
            if derive(&event.payload).is_ok_and(|derived| derived.event_time > latest) {
                self.refuse(index, Reason::new(ledger_codes::CLOCK, &["eventTime"]), "/eventTime", hear)?;
                continue;
            }
            if let Some(reason) = self.recalled(&event.payload)? {
                self.refuse(index, reason, "", hear)?;
                continue;
            }
            group.0.push(event);
            group.1.push(index);
            if group.0.len() >= self.group {
                self.send(std::mem::take(&mut group.0), &std::mem::take(&mut group.1), hear)?;
                ahead = 0;
            }
        }
        match group.0.is_empty() {
            true => Ok(()),
            false => self.send(group.0, &group.1, hear),
        }
    }

    /// Asks a node of what all these events sell, dispense or ship on: in few questions, not in one for each thing.
    fn look_ahead(&mut self, events: &[SubmittedEvent]) -> Result<(), Reason> {
        if !self.refuses_recalled || !matches!(self.link, Link::Remote(_)) {
            return Ok(());
        }
        let view = match &mut self.recalls {
            Some(view) => view,
            none => none.insert(self.link.view()?),
        };
        view.look_ahead(events.iter().map(|event| event.payload.as_slice()))
    }

    /// Why an event is not to be recorded: it sells, dispenses or ships on what is under recall.
    fn recalled(&mut self, payload: &[u8]) -> Result<Option<Reason>, Reason> {
        if !self.refuses_recalled {
            return Ok(None);
        }
        let (link, recalls) = (&self.link, &mut self.recalls);
        recall::refuse::<Reason>(payload, &mut |key| match recalls {
            Some(view) => view.recall_of(key),
            None => recalls.insert(link.view()?).recall_of(key),
        })
    }

    fn refuse(&mut self, index: u64, reason: Reason, pointer: &str, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        self.tally.refused = self.tally.refused.saturating_add(1);
        let place = Place { event: Some(index), pointer: pointer.to_owned(), line: None };
        Ok(hear(Said::Problem(&Problem { reason, place }))?)
    }

    /// Submits events as one group; `origins` says where each was in its document.
    fn send(&mut self, events: Vec<SubmittedEvent>, origins: &[u64], hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        // What is recorded now may be a recall.
        self.recalls = None;
        match &mut self.queue {
            Some(queue) => {
                queue.add(&events)?;
                self.drain(Some(origins), hear)
            }
            None => {
                let mut tries = 0;
                loop {
                    let signed = self.sign(events.clone())?;
                    let bytes = match self.link {
                        Link::Local(..) => Vec::new(),
                        Link::Remote(_) => suyuan_ledger::codec::encode(&signed),
                    };
                    let submitted = self.submit(&signed, &bytes)?;
                    if !matches!(submitted, Submitted::NotNext { .. }) {
                        return self.settle(&signed, submitted, Some(origins), hear);
                    }
                    tries += 1;
                    self.again(tries)?;
                }
            }
        }
    }

    /// Submits the first group of the spool.
    fn drain(&mut self, origins: Option<&[u64]>, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        let mut tries = 0;
        loop {
            let lane = self.lane()?;
            let (chain, organisation, signer) = (self.chain, self.organisation, self.signer);
            let Some(queue) = &mut self.queue else { return Ok(()) };
            let Some(pending) = queue.next(signer, chain, organisation, lane, now_ms())? else { return Ok(()) };
            let submitted = self.submit(&pending.submission, &pending.bytes)?;
            let not_next = matches!(submitted, Submitted::NotNext { .. });
            let settled = match not_next {
                true => Ok(()),
                false => self.settle(&pending.submission, submitted, origins, hear),
            };
            let Some(queue) = &mut self.queue else { return Ok(()) };
            if !not_next {
                queue.receipted(pending.number)?;
                return settled;
            }
            queue.sign_again(pending.number)?;
            tries += 1;
            self.again(tries)?;
        }
    }

    /// Asks where the lane stands now that another submission is before ours.
    fn again(&mut self, tries: u32) -> Result<(), CaptureError> {
        if tries > SIGNED_AGAIN_MAX {
            return Err(Reason::new(codes::LANE_MOVED, &[]).into());
        }
        // The node that is asked may be a block behind the one that took the last submission.
        std::thread::sleep(SIGNED_AGAIN_WAIT.saturating_mul(1 << (tries - 1).min(5)));
        self.station = self.link.station(&self.signer.key_id())?;
        Ok(())
    }

    fn lane(&self) -> Result<suyuan_ledger::submission::LaneState, Reason> {
        self.station.lane().ok_or_else(|| Reason::new(codes::ANSWER, &["", "lane"]))
    }

    fn sign(&self, events: Vec<SubmittedEvent>) -> Result<SignedSubmission, Reason> {
        sign_submission(self.signer, self.chain, self.organisation, self.lane()?, now_ms(), events)
    }

    /// Submits, and waits while the node is busy.
    fn submit(&self, signed: &SignedSubmission, bytes: &[u8]) -> Result<Submitted, Reason> {
        for _ in 0..BUSY_TRIES_MAX {
            match self.link.submit(signed, bytes)? {
                Submitted::Busy => std::thread::sleep(BUSY_WAIT),
                submitted => return Ok(submitted),
            }
        }
        Err(Reason::new(codes::BUSY, &[]))
    }

    /// Counts and says what became of a group.
    fn settle(
        &mut self,
        signed: &SignedSubmission,
        submitted: Submitted,
        origins: Option<&[u64]>,
        hear: &mut Hear<'_>,
    ) -> Result<(), CaptureError> {
        let (height, time, id, receipts) = match submitted {
            Submitted::Applied { height, block_time, submission, receipts } => {
                (height, block_time, submission, receipts)
            }
            Submitted::Refused { number, event, pointer, argument } => {
                let reason =
                    Reason::new(ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED), &[&argument]);
                if let (Some(event), Some(origins)) = (event, origins) {
                    let index = usize::try_from(event).ok().and_then(|event| origins.get(event));
                    let place = Place { event: index.copied(), pointer, line: None };
                    hear(Said::Problem(&Problem { reason: reason.clone(), place }))?;
                }
                self.tally.refused = self.tally.refused.saturating_add(signed.events.len() as u64);
                return Err(CaptureError::Refused(reason));
            }
            Submitted::NotNext { .. } | Submitted::Busy => return Err(Reason::new(codes::BUSY, &[]).into()),
        };
        let lane = after(signed);
        if lane.next > self.station.next {
            (self.station.next, self.station.previous) = (lane.next, lane.previous.to_string());
        }
        for (place, receipt) in receipts.iter().enumerate() {
            let index = origins.and_then(|origins| origins.get(place)).copied();
            self.receipt(receipt, index, hear)?;
            let accepted = signed.events.get(place).filter(|_| receipt.code == 0);
            if let Some(profile) = accepted.and_then(|event| judge(&event.payload, time)) {
                hear(Said::Profile { event: index, profile: &profile })?;
            }
        }
        Ok(hear(Said::Receipt { height, submission: &id, events: receipts.len() })?)
    }

    fn receipt(&mut self, receipt: &EventReceipt, index: Option<u64>, hear: &mut Hear<'_>) -> Result<(), CaptureError> {
        let place = || Place { event: index, ..Place::default() };
        match receipt.code {
            0 => self.tally.accepted = self.tally.accepted.saturating_add(1),
            DUPLICATE => self.tally.duplicates = self.tally.duplicates.saturating_add(1),
            code => {
                self.tally.refused = self.tally.refused.saturating_add(1);
                let reason = Reason::new(ledger_codes::of_number(code).unwrap_or(ledger_codes::RESERVED), &[]);
                hear(Said::Problem(&Problem { reason, place: place() }))?;
            }
        }
        if receipt.flags != 0 {
            self.tally.flagged = self.tally.flagged.saturating_add(1);
            let codes = (0..FLAG_BITS).filter(|bit| receipt.flags >> bit & 1 == 1).filter_map(ledger_codes::of_flag);
            hear(Said::Flagged { event: index, flags: &codes.collect::<Vec<_>>() })?;
        }
        Ok(())
    }
}
