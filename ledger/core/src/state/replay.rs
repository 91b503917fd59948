//! Applies stored blocks anew, from genesis, with payloads where they still are and stored records where they
//! are erased. What comes out is what the store has to hold.
//!
//! Each block is checked for itself (certificate, signatures, digests) and against what the blocks before it
//! made: its header names the state, the receipts and the history after its parent.

use std::collections::BTreeMap;

use super::apply::{Applied, ApplyError, Ledger};
use super::erased::{Erased, derived_of, nothing_derived, tag_of};
use super::reader::Reader;
use super::subject::place_key;
use super::verify::VerifiedSubmission;
use crate::block::{StoredBlock, StoredEvent, StoredSubmission};
use crate::codec::{self, ENCODED_BYTES_MAX};
use crate::derive::{Derived, derive};
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::submission::{
    EVENTS_MAX, SUBMISSION_TYPE, SUBMISSION_VERSION, SignedSubmission, SubmittedEvent, batch_root, record_type,
};

/// Something stored that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub table: Table,
    /// Under which key; empty if the fault is not of one key.
    pub key: Vec<u8>,
    /// What is wrong with it.
    pub what: String,
}

/// Why replay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayError {
    /// A store failed.
    Failed(String),
    /// What is stored can't be replayed.
    Fault(Fault),
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Failed(words) => ReplayError::Failed(words),
            later @ StoreError::Later => ReplayError::Failed(later.to_string()),
            StoreError::Corrupt(table, what) => ReplayError::Fault(Fault { table, key: Vec::new(), what }),
        }
    }
}

/// What is said of a payload at whose place no event is.
pub const NO_EVENT: &str = "is stored, and no event is there";

/// A block that was applied anew.
#[derive(Debug)]
pub struct Replayed {
    /// What it does.
    pub applied: Applied,
    /// Events in it.
    pub events: u64,
    /// Those of them whose payloads are there.
    pub payloads: u64,
    /// Payloads that are there and are not those of their events: replay went on as if they were erased.
    pub faults: Vec<Fault>,
    /// The first payload at whose place no event is, or why such ones can't be looked for.
    pub other: Option<Fault>,
}

/// Reads the block of a height.
pub fn stored_block(source: &dyn Read, height: u64) -> Result<StoredBlock, ReplayError> {
    let key = height.to_be_bytes();
    let fault = |what: String| ReplayError::Fault(Fault { table: Table::Block, key: key.to_vec(), what });
    let bytes = source.get(Table::Block, &key)?.ok_or_else(|| fault("the block is missing".to_owned()))?;
    codec::decode(&bytes, ENCODED_BYTES_MAX).map_err(|error| fault(format!("the block can't be read: {error:?}")))
}

/// The payloads of a block with so many events by their keys, read at once; `None` if one of them can't be or there are
/// more, so that each is to be asked for.
fn payloads_of(source: &dyn Read, height: u64, events: usize) -> Result<Option<Payloads>, StoreError> {
    let mut payloads = Payloads::new();
    let (from, to) = (height.to_be_bytes(), height.saturating_add(1).to_be_bytes());
    let scanned = source.scan(Table::Payload, &from, &to, &mut |key, value| {
        payloads.insert(key.to_vec(), value.to_vec());
        payloads.len() <= events
    });
    match scanned {
        Ok(()) => Ok(Some(payloads).filter(|payloads| payloads.len() <= events)),
        Err(StoreError::Corrupt(..)) => Ok(None),
        Err(error) => Err(error),
    }
}

type Payloads = BTreeMap<Vec<u8>, Vec<u8>>;

/// A block read back with all that is stored of it and can be had without the ledger before it, so that one block
/// can be gathered while another is applied.
pub struct Gathered {
    block: StoredBlock,
    submissions: Vec<VerifiedSubmission>,
    events: u64,
    payloads: u64,
    faults: Vec<Fault>,
    other: Option<Fault>,
}

impl Gathered {
    /// Reads the block of a height, and derives what its payloads say.
    pub fn read(source: &dyn Read, height: u64) -> Result<Gathered, ReplayError> {
        let block = stored_block(source, height)?;
        let events = block.submissions.iter().map(|submission| submission.events.len()).sum();
        let found = payloads_of(source, height, events)?;
        let mut gathering = Gathering { source, height, found, index: 0, payloads: 0, faults: Vec::new() };
        let mut submissions = Vec::with_capacity(block.submissions.len());
        for (place, stored) in block.submissions.iter().enumerate() {
            check_form(stored).map_err(|what| block_fault(height, format!("submission {place}: {what}")))?;
            submissions.push(gathering.gather(stored)?);
        }
        let other = gathering.other()?;
        let Gathering { index, payloads, faults, .. } = gathering;
        Ok(Gathered { block, submissions, events: u64::from(index), payloads, faults, other })
    }

    /// How many events are in it.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Applies it as the next block of a ledger replayed so far, which `store` holds.
    pub fn replay(&self, ledger: &Ledger, store: &dyn Read) -> Result<Replayed, ReplayError> {
        let Gathered { block, submissions, faults, .. } = self;
        let height = ledger.head.height.saturating_add(1);
        for (place, stored) in block.submissions.iter().enumerate() {
            check_signature(ledger, stored)
                .map_err(|what| block_fault(height, format!("submission {place}: {what}")))?;
        }
        // Before the certificate, so that what is wrong with a header is said of its field.
        if let Err(error) = ledger.check_header(&block.header, submissions) {
            return Err(block_fault(height, error.to_string()));
        }
        if !block.certificate.decides(&block.header, ledger.validators()) {
            return Err(block_fault(height, "the certificate does not decide the header".to_owned()));
        }
        match ledger.apply(store, &block.header, block.certificate.clone(), submissions) {
            Ok(applied) => {
                let (events, payloads, faults) = (self.events, self.payloads, faults.clone());
                Ok(Replayed { applied, events, payloads, faults, other: self.other.clone() })
            }
            Err(ApplyError::Store(error)) => Err(error.into()),
            Err(error) => Err(block_fault(height, error.to_string())),
        }
    }
}

/// Applies the next block of `source` to a ledger replayed so far, which `store` holds.
pub fn replay_next(ledger: &Ledger, store: &dyn Read, source: &dyn Read) -> Result<Replayed, ReplayError> {
    Gathered::read(source, ledger.head.height.saturating_add(1))?.replay(ledger, store)
}

fn block_fault(height: u64, what: String) -> ReplayError {
    ReplayError::Fault(Fault { table: Table::Block, key: height.to_be_bytes().to_vec(), what })
}

/// Checks that a submission has the form and the events that were signed.
pub fn check_form(stored: &StoredSubmission) -> Result<(), &'static str> {
    let head = &stored.submission;
    if head.kind != SUBMISSION_TYPE || head.version != SUBMISSION_VERSION || head.visibility != 0 {
        return Err(OTHER_CHAIN);
    }
    if stored.events.is_empty() || stored.events.len() > EVENTS_MAX || head.count as usize != stored.events.len() {
        return Err("not as many events as were signed");
    }
    if batch_root(stored.events.iter().map(|event| (event.record_type, event.digest))) != head.batch {
        return Err("the events are not those that were signed");
    }
    Ok(())
}

const OTHER_CHAIN: &str = "of another chain or version";

/// Checks that a key of the ledger signed a submission for this chain.
fn check_signature(ledger: &Ledger, stored: &StoredSubmission) -> Result<(), &'static str> {
    let head = &stored.submission;
    if head.chain != ledger.head.chain {
        return Err(OTHER_CHAIN);
    }
    let key = ledger.directory.key(&head.key).filter(|key| key.organisation == head.organisation);
    let signed = SignedSubmission { submission: head.clone(), signature: stored.signature, events: Vec::new() };
    match key.is_some_and(|key| signed.is_signed_by(&key.public)) {
        true => Ok(()),
        false => Err("the signature is not that of its key"),
    }
}

/// Makes what can be applied of what is stored of a block.
struct Gathering<'a> {
    source: &'a dyn Read,
    height: u64,
    found: Option<Payloads>,
    index: u32,
    payloads: u64,
    faults: Vec<Fault>,
}

impl Gathering<'_> {
    fn gather(&mut self, stored: &StoredSubmission) -> Result<VerifiedSubmission, ReplayError> {
        let mut events = Vec::with_capacity(stored.events.len());
        let mut derived = Vec::with_capacity(stored.events.len());
        let mut erased = BTreeMap::new();
        for (place, event) in stored.events.iter().enumerate() {
            let record_type = event.record_type;
            match self.payload(event)? {
                Some(whole) => {
                    derived.push(self.derive(&whole.payload)?);
                    events.push(whole);
                }
                None => {
                    let (one, how) = self.erased(event)?;
                    derived.push(one);
                    erased.insert(place, how);
                    events.push(SubmittedEvent { record_type, salt: [0; 16], payload: Vec::new() });
                }
            }
            self.index = self.index.saturating_add(1);
        }
        let signed = SignedSubmission { submission: stored.submission.clone(), signature: stored.signature, events };
        let digests: Vec<Hash> = stored.events.iter().map(|event| event.digest).collect();
        Ok(VerifiedSubmission::replayed(signed, digests, derived, erased))
    }

    /// Looks for a payload that is no event's, when those of all events were taken.
    fn other(&self) -> Result<Option<Fault>, StoreError> {
        let other = match &self.found {
            Some(left) => left.keys().next().cloned(),
            None => {
                let (from, to) = (self.height.to_be_bytes(), self.height.saturating_add(1).to_be_bytes());
                let (mut index, mut other) = (0, None);
                let scanned = self.source.scan(Table::Payload, &from, &to, &mut |key, _| {
                    // Erased ones are passed over.
                    while index < self.index && place_key(self.height, index).as_slice() < key {
                        index += 1;
                    }
                    let is_of_event = index < self.index && place_key(self.height, index) == key;
                    other = (!is_of_event).then(|| key.to_vec());
                    is_of_event
                });
                match scanned {
                    Err(StoreError::Corrupt(table, what)) => return Ok(Some(Fault { table, key: Vec::new(), what })),
                    scanned => scanned?,
                }
                other
            }
        };
        Ok(other.map(|key| Fault { table: Table::Payload, key, what: NO_EVENT.to_owned() }))
    }

    fn fault(&self, table: Table, what: impl Into<String>) -> Fault {
        Fault { table, key: place_key(self.height, self.index).to_vec(), what: what.into() }
    }

    /// The payload, if it is there and is that of the event.
    fn payload(&mut self, event: &StoredEvent) -> Result<Option<SubmittedEvent>, ReplayError> {
        let key = place_key(self.height, self.index);
        let found = match &mut self.found {
            Some(found) => Ok(found.remove(key.as_slice())),
            None => self.source.get(Table::Payload, &key),
        };
        let found = match found {
            Ok(found) => found,
            Err(StoreError::Corrupt(table, what)) => {
                self.faults.push(self.fault(table, what));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(mut payload) = found else { return Ok(None) };
        let Some(salt) = payload.first_chunk().copied() else {
            self.faults.push(self.fault(Table::Payload, "shorter than its salt"));
            return Ok(None);
        };
        payload.drain(..salt.len());
        let whole = SubmittedEvent { record_type: event.record_type, salt, payload };
        if whole.digest() == event.digest {
            self.payloads = self.payloads.saturating_add(1);
            return Ok(Some(whole));
        }
        self.faults.push(self.fault(Table::Payload, "the payload has another digest than its event"));
        Ok(None)
    }

    fn derive(&self, payload: &[u8]) -> Result<Derived, ReplayError> {
        derive(payload).map_err(|error| {
            ReplayError::Fault(self.fault(Table::Payload, format!("nothing can be derived: {}", error.code)))
        })
    }

    /// What is known of an event without its payload.
    fn erased(&self, event: &StoredEvent) -> Result<(Derived, Erased), ReplayError> {
        if event.code != 0 {
            return Ok((nothing_derived(), Erased::Refused(event.code)));
        }
        if !record_type::is_erasable(event.record_type) {
            let what = "the record of an organisation is missing, without which none after it can be judged";
            return Err(ReplayError::Fault(self.fault(Table::Payload, what)));
        }
        let record = match Reader::new(self.source).record(self.height, self.index) {
            Ok(Some(record)) => record,
            Ok(None) => {
                let what = "there is neither payload nor record";
                return Err(ReplayError::Fault(self.fault(Table::Record, what)));
            }
            Err(StoreError::Corrupt(table, what)) => return Err(ReplayError::Fault(self.fault(table, what))),
            Err(error) => return Err(error.into()),
        };
        let tag = tag_of(self.source, record.own)?;
        let derived = derived_of(self.source, &record)?;
        Ok((derived, Erased::Accepted { tag, next: record.effect.next }))
    }
}
