//! The node's core: inputs in, effects out. No clock, no I/O, no randomness; the store is read through the
//! ledger's seam. With one validator it decides at once; the same code will stand under consensus.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use suyuan_ledger::block::{
    CommitCertificate, CommitSignature, Receipt, StoredBlock, Validator, validators_hash, vote_message,
};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::{ApplyError, Ledger, lane};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::verify::{Refusal, VerifiedSubmission};
use suyuan_ledger::submission::{InvalidSubmission, LaneState, SignedSubmission};
use suyuan_sdk::signer::MemorySigner;

/// A block carries at most so many events.
pub const BLOCK_EVENTS_MAX: usize = 8_192;
/// A block's salts and payloads fill at most so many bytes.
pub const BLOCK_BYTES_MAX: usize = 16 << 20;
/// So many submissions wait at most; further ones are told to come again.
pub const WAITING_MAX: usize = 1_024;
/// Waiting submissions fill at most so many bytes.
pub const WAITING_BYTES_MAX: usize = 64 << 20;
/// A block with records is sealed by the next header after so long, in milliseconds (`proofs.md` §4).
pub const SEAL_AFTER_MS: i64 = 250;

/// What the core is told.
#[derive(Debug)]
pub enum Input {
    /// A client submits; the answer goes to `request`.
    Submit {
        /// Whom to answer.
        request: u64,
        /// What is submitted.
        submission: Box<SignedSubmission>,
    },
    /// The same, verified already under a directory: it counts if that is still the ledger's.
    Verified {
        /// Whom to answer.
        request: u64,
        /// What is submitted.
        submission: Box<VerifiedSubmission>,
        /// Under which directory it was verified.
        directory: Arc<Directory>,
    },
    /// It is so late now, milliseconds since 1970.
    Time(i64),
    /// The node is stopping: seal the last block without waiting.
    Seal,
}

/// What the shell has to do, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Write in one synced batch, before anything that follows. If it fails, the node stops.
    Commit(Box<WriteSet>),
    /// Answer a request.
    Answer {
        /// Whom to answer.
        request: u64,
        /// What became of the submission.
        answer: Answer,
    },
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is on the ledger: at which height, and a receipt for each event.
    Applied {
        /// The block's height.
        height: u64,
        /// The block's time.
        time: i64,
        /// A receipt for each event.
        receipts: Vec<Receipt>,
    },
    /// It may not enter the ledger; nothing of it was kept.
    Refused(Refusal),
    /// It is not the next of its lane: where the lane stands.
    NotNext(LaneState),
    /// Two different submissions were signed for one place of a lane: the id of the one on the ledger or
    /// waiting. Both are kept as evidence by whoever has them.
    LaneFork(Hash),
    /// Too much is waiting; come again.
    Busy,
}

/// A submission as it comes.
enum Given {
    Signed(SignedSubmission),
    Verified(VerifiedSubmission),
}

struct Waiting {
    request: u64,
    submission: VerifiedSubmission,
    bytes: usize,
}

/// The core of a node with one validator.
pub struct NodeCore {
    ledger: Ledger,
    validator: MemorySigner,
    validators: Vec<Validator>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Where lanes stand once what is waiting is applied.
    lanes: BTreeMap<Hash, LaneState>,
    now: i64,
    /// When the last block was decided, by the clock that [`Input::Time`] tells; its own time may be later.
    decided_at: i64,
    sealed: bool,
}

impl NodeCore {
    /// A core over a ledger. `sealed` says whether the last block carries no events, so that no header has to
    /// follow it.
    pub fn new(ledger: Ledger, validator: MemorySigner, validators: Vec<Validator>, sealed: bool) -> Self {
        let now = ledger.head.time;
        NodeCore {
            ledger,
            validator,
            validators,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            lanes: BTreeMap::new(),
            now,
            decided_at: now,
            sealed,
        }
    }

    /// The ledger as of the last block decided.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the last block's state is certified by the header of a block after it.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Takes inputs, all that came since the last step, and says what to do. An error means that the store
    /// failed or that this program is wrong: the node stops.
    pub fn step(&mut self, store: &dyn Read, inputs: Vec<Input>) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = Vec::new();
        let mut seal = false;
        for input in inputs {
            match input {
                Input::Time(now) => self.now = now,
                Input::Seal => seal = true,
                Input::Submit { request, submission } => {
                    if let Some(answer) = self.admit(store, request, Given::Signed(*submission))? {
                        effects.push(Effect::Answer { request, answer });
                    }
                }
                Input::Verified { request, submission, directory } => {
                    let given = match Arc::ptr_eq(&directory, &self.ledger.directory) {
                        true => Given::Verified(*submission),
                        false => Given::Signed(submission.signed().clone()),
                    };
                    if let Some(answer) = self.admit(store, request, given)? {
                        effects.push(Effect::Answer { request, answer });
                    }
                }
            }
        }
        if !self.waiting.is_empty() {
            self.decide_waiting(store, &mut effects)?;
        } else if !self.sealed && (seal || self.is_idle()) {
            self.decide(store, Vec::new(), &mut effects)?;
        }
        Ok(effects)
    }

    /// Whether the last block was decided long enough ago to be sealed; a clock that was set back can't tell.
    fn is_idle(&self) -> bool {
        self.now >= self.decided_at.saturating_add(SEAL_AFTER_MS) || self.now < self.decided_at
    }

    /// Lets a submission wait for a block, or answers it at once.
    fn admit(&mut self, store: &dyn Read, request: u64, given: Given) -> Result<Option<Answer>, ApplyError> {
        let (id, bytes) = match &given {
            Given::Signed(signed) => (signed.submission.id(), signed.submission.body_bytes),
            Given::Verified(verified) => (verified.id(), verified.signed().submission.body_bytes),
        };
        let bytes = bytes as usize;
        if let Some(answer) = earlier_answer(store, id)? {
            return Ok(Some(answer));
        }
        if self.waiting.len() >= WAITING_MAX || self.waiting_bytes.saturating_add(bytes) > WAITING_BYTES_MAX {
            return Ok(Some(Answer::Busy));
        }
        let verified = match given {
            Given::Verified(verified) => verified,
            Given::Signed(signed) => {
                match VerifiedSubmission::verify(signed, self.ledger.head.chain, &self.ledger.directory) {
                    Ok(verified) => verified,
                    Err(refusal) => return Ok(Some(Answer::Refused(refusal))),
                }
            }
        };
        if verified.is_ahead_of(self.now, &self.ledger.directory) {
            let ahead = Refusal::Submission(InvalidSubmission::Ahead);
            return Ok(Some(Answer::Refused(ahead)));
        }
        let head = &verified.signed().submission;
        let lane = match self.lanes.get(&head.key) {
            Some(lane) => *lane,
            None => lane(store, &head.key)?,
        };
        if (head.sequence, head.previous) != (lane.next, lane.previous) {
            let forked = head.sequence < lane.next || (head.sequence == lane.next && head.previous != lane.previous);
            return Ok(Some(if forked { Answer::LaneFork(lane.previous) } else { Answer::NotNext(lane) }));
        }
        let next = LaneState { next: lane.next.saturating_add(1), previous: id };
        self.lanes.insert(head.key, next);
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes);
        self.waiting.push_back(Waiting { request, submission: verified, bytes });
        Ok(None)
    }

    /// Decides one block of what is waiting, as much as it may carry.
    fn decide_waiting(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<(), ApplyError> {
        let (mut events, mut bytes) = (0usize, 0usize);
        let mut taken = Vec::new();
        while let Some(waiting) = self.waiting.front() {
            events = events.saturating_add(waiting.submission.derived().len());
            bytes = bytes.saturating_add(waiting.bytes);
            if !taken.is_empty() && (events > BLOCK_EVENTS_MAX || bytes > BLOCK_BYTES_MAX) {
                break;
            }
            self.waiting_bytes = self.waiting_bytes.saturating_sub(waiting.bytes);
            taken.extend(self.waiting.pop_front());
        }
        if self.waiting.is_empty() {
            self.lanes.clear();
        }
        self.decide(store, taken, effects)
    }

    fn decide(&mut self, store: &dyn Read, taken: Vec<Waiting>, effects: &mut Vec<Effect>) -> Result<(), ApplyError> {
        let (requests, submissions): (Vec<(u64, usize)>, Vec<VerifiedSubmission>) = taken
            .into_iter()
            .map(|waiting| ((waiting.request, waiting.submission.derived().len()), waiting.submission))
            .unzip();
        let header = self.ledger.next_header(self.now, &submissions);
        let message = vote_message(header.chain, header.height, 0, header.id());
        let signature = CommitSignature { validator: 0, signature: self.validator.signature(message) };
        let certificate = CommitCertificate { round: 0, signatures: vec![signature] };
        let applied = self.ledger.apply(store, &header, certificate, &submissions)?;
        self.ledger = applied.ledger;
        self.sealed = submissions.is_empty();
        self.decided_at = self.now;
        effects.push(Effect::Commit(Box::new(applied.writes)));
        let mut receipts = applied.receipts.into_iter();
        for (request, events) in requests {
            let receipts = receipts.by_ref().take(events).collect();
            let answer = Answer::Applied { height: header.height, time: header.time, receipts };
            effects.push(Effect::Answer { request, answer });
        }
        Ok(())
    }

    /// The validator set, which is that of the genesis.
    pub fn validators(&self) -> &[Validator] {
        debug_assert_eq!(validators_hash(&self.validators), self.ledger.head.validators);
        &self.validators
    }

    /// Whether more is waiting for a block.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// The answer to a submission that is on the ledger already: its receipts, made again from the block.
pub fn earlier_answer(store: &dyn Read, id: Hash) -> Result<Option<Answer>, ApplyError> {
    let corrupt = |words: &str| suyuan_ledger::kv::StoreError::Corrupt(Table::Submission, words.to_owned());
    let Some(place) = store.get(Table::Submission, &id.0)? else { return Ok(None) };
    let [height, submission, index]: [u64; 3] = match (place.get(..8), place.get(8..12), place.get(12..16)) {
        (Some(height), Some(submission), Some(index)) => [number(height), number(submission), number(index)],
        _ => return Err(corrupt("a place is cut off").into()),
    };
    let block = store.get(Table::Block, &height.to_be_bytes())?.ok_or_else(|| corrupt("its block is missing"))?;
    let block: StoredBlock =
        suyuan_ledger::codec::decode_trusted(&block).map_err(|_| corrupt("its block can't be read"))?;
    let submission = usize::try_from(submission).ok().and_then(|place| block.submissions.get(place));
    let submission = submission.ok_or_else(|| corrupt("it is not in its block"))?;
    let mut receipts = Vec::with_capacity(submission.events.len());
    for (index, event) in (index as u32..).zip(&submission.events) {
        let record = match event.code {
            0 => {
                let record = Reader::new(store).record(height, index)?;
                record.ok_or_else(|| corrupt("a record is missing"))?.record(height, index).hash()
            }
            _ => Hash::ZERO,
        };
        receipts.push(Receipt { submission: id, index, code: event.code, record });
    }
    Ok(Some(Answer::Applied { height, time: block.header.time, receipts }))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
