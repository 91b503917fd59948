//! Plays those who bring records to a node: an organisation's device, and its administrator, who admits and retires the
//! device's keys and moves its lane. Each brings one submission after the other, each until it is answered, and knows
//! whether the answer is justified.

use suyuan_ledger::block::Validator;
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::organisation::KeyRole;
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::state::apply::lane;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::core::Answer;
use suyuan_sdk::signer::{MemorySigner, Signer as _, sign_submission};
use suyuan_sims::Workload;
use suyuan_store::MemoryStore;

use crate::profile::Chance;
use crate::{ADMINISTRATOR, DEVICE, LATER_DEVICES, seed_of};

/// Events of a client's workload; then it has another one. Making a large one costs more than a run.
const EVENTS: u32 = 2_000;
/// An administrator has something to do so many times in a thousand.
const ADMINISTERS_PERMILLE: u32 = 150;
/// No validator leaves so few.
const SET_MIN: usize = 4;
/// Keys that follow each other.
const GENERATIONS_MAX: u8 = 100;

/// Who brings something.
pub(super) struct Client {
    chain: Hash,
    number: usize,
    organisation: u64,
    workload: Workload,
    workload_seed: u64,
    device: Lane,
    administrator: Lane,
    /// Which of its keys the device uses, and what the administrator does next about it.
    generation: u8,
    next: Step,
    requests: u64,
    /// Submissions of the device that are on the ledger.
    pub applied: u64,
    /// Changes of the validator set that are.
    pub set_changes: u64,
    administers: bool,
}

/// One key's lane, as its owner knows it.
struct Lane {
    signer: MemorySigner,
    state: LaneState,
    waiting: Option<Waiting>,
}

struct Waiting {
    signed: SignedSubmission,
    asks: Asks,
    /// Requests up to this one were for what came before.
    after: u64,
}

/// What a submission asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Events,
    Admit,
    Retire,
    Skip { from: u64, becomes: LaneState },
    Set,
}

/// What the administrator does next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Admit,
    /// The device has to take its next key first.
    Change,
    Retire(Hash),
    Skip,
}

impl Lane {
    fn new(kind: u8, number: usize) -> Lane {
        Lane { signer: MemorySigner::from_seed(&seed_of(kind, number)), state: LaneState::default(), waiting: None }
    }
}

impl Client {
    pub fn new(chain: Hash, number: usize, seed: u64, administers: bool) -> Client {
        let workload_seed = seed.wrapping_mul(31).wrapping_add(number as u64);
        Client {
            chain,
            number,
            organisation: number as u64 + 1,
            workload: Workload::new(EVENTS, workload_seed),
            workload_seed,
            device: Lane::new(DEVICE, number),
            administrator: Lane::new(ADMINISTRATOR, number),
            generation: 0,
            next: Step::Admit,
            requests: 0,
            applied: 0,
            set_changes: 0,
            administers,
        }
    }

    /// What is brought now, each with the request that it is answered by.
    ///
    /// `governs` is who may get a vote or another power by the operator, and who has which now.
    pub fn brings(
        &mut self,
        wall_ms: i64,
        governs: Option<(&[[u8; 32]], &[Validator])>,
        chance: &mut Chance,
    ) -> Vec<(u64, SignedSubmission)> {
        if self.device.waiting.is_none() {
            if self.next == Step::Change {
                let before = self.device.signer.key_id();
                self.generation += 1;
                self.device = Lane::new(LATER_DEVICES + self.generation, self.number);
                self.next = Step::Retire(before);
            }
            let count = 1 + chance.index(3);
            let event = |payload| SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload };
            let mut events: Vec<SubmittedEvent> = self.workload.by_ref().take(count).map(event).collect();
            if events.is_empty() {
                self.workload_seed = self.workload_seed.wrapping_add(1 << 32);
                self.workload = Workload::new(EVENTS, self.workload_seed);
                events = self.workload.by_ref().take(count).map(event).collect();
            }
            self.sign(false, Asks::Events, events, wall_ms);
        }
        if self.administers && self.administrator.waiting.is_none() && chance.happens(ADMINISTERS_PERMILLE) {
            match governs.filter(|_| chance.happens(700)) {
                Some((keys, set)) => self.govern(wall_ms, keys, set, chance),
                None => self.administer(wall_ms, chance),
            }
        }
        // Devices are even, administrators odd.
        self.requests += 2;
        let of = |lane: &Lane, request: u64| lane.waiting.as_ref().map(|waiting| (request, waiting.signed.clone()));
        of(&self.device, self.requests).into_iter().chain(of(&self.administrator, self.requests + 1)).collect()
    }

    fn administer(&mut self, wall_ms: i64, chance: &mut Chance) {
        let (asks, operation) = match self.next {
            Step::Change => return,
            Step::Admit if self.generation >= GENERATIONS_MAX => return,
            Step::Admit => {
                let next = MemorySigner::from_seed(&seed_of(LATER_DEVICES + self.generation + 1, self.number));
                let (public, role) = (next.public(), KeyRole::Device);
                (Asks::Admit, Operation::KeyAdmit { organisation: None, public, role })
            }
            Step::Retire(key) => (Asks::Retire, Operation::KeyRetire { key, compromised_at: 0 }),
            // What the device has brought meanwhile may be there first: then nothing is skipped.
            Step::Skip => {
                let (key, from) = (self.device.signer.key_id(), self.device.state.next);
                let (to, previous) = (from + 1 + chance.below(5), Tag::Header.hash(&from.to_le_bytes()));
                let becomes = LaneState { next: to, previous };
                let reason = "simulated".to_owned();
                (Asks::Skip { from, becomes }, Operation::LaneSkip { key, from, to, previous, reason })
            }
        };
        self.record(record_type::ORGANISATION, asks, operation, wall_ms);
    }

    /// Adds a validator, gives it another power or removes it: no more than all faults at a time are borne.
    fn govern(&mut self, wall_ms: i64, keys: &[[u8; 32]], set: &[Validator], chance: &mut Chance) {
        let Some(public) = keys.get(chance.index(keys.len())).copied() else { return };
        let power = match set.iter().find(|one| one.key == public).map(|one| one.power) {
            None => 1,
            Some(1) if set.len() > SET_MIN && chance.happens(500) => 0,
            Some(1) => 2,
            Some(_) => 1,
        };
        self.record(record_type::GOVERNANCE, Asks::Set, Operation::ValidatorSet { public, power }, wall_ms);
    }

    fn record(&mut self, kind: u16, asks: Asks, operation: Operation, wall_ms: i64) {
        let sequence = self.administrator.state.next;
        let event_id = format!("urn:example:record:{}:{sequence}", self.number);
        let payload = OrganisationRecord { event_id, event_time: wall_ms, operation }.write();
        let event = SubmittedEvent { record_type: kind, salt: [9; 16], payload };
        self.sign(true, asks, vec![event], wall_ms);
    }

    fn sign(&mut self, administers: bool, asks: Asks, events: Vec<SubmittedEvent>, wall_ms: i64) {
        let lane = if administers { &mut self.administrator } else { &mut self.device };
        let signed = sign_submission(&lane.signer, self.chain, self.organisation, lane.state, wall_ms, events);
        // A key in memory always signs. Of the requests so far, the last is the administrator's.
        let after = self.requests + 1;
        lane.waiting = signed.ok().map(|signed| Waiting { signed, asks, after });
    }

    /// Takes an answer: the submission that it says is on the ledger, or why the answer is not justified.
    pub fn answered(&mut self, request: u64, answer: &Answer, store: &MemoryStore) -> Result<Option<Hash>, String> {
        let administers = request % 2 == 1;
        let one = if administers { &mut self.administrator } else { &mut self.device };
        let Some(waiting) = one.waiting.as_ref().filter(|waiting| request > waiting.after) else { return Ok(None) };
        let (id, asks, key) = (waiting.signed.submission.id(), waiting.asks, waiting.signed.submission.key);
        let state = one.state;
        match answer {
            Answer::Applied { receipts, .. } => {
                one.waiting = None;
                one.state = LaneState { next: state.next.saturating_add(1), previous: id };
                let refused = receipts.iter().find(|receipt| receipt.code != 0).map(|receipt| receipt.code);
                self.applied(asks, refused, store)?;
                Ok(Some(id))
            }
            Answer::NotNext(_) | Answer::LaneFork(_) => {
                // Only its administrator moves a device's lane.
                let stands = lane(store, &key).map_err(|error| error.to_string())?;
                let follows = LaneState { next: state.next.saturating_add(1), previous: id };
                match stands == state || stands == follows || administers {
                    true => Err(format!("{answer:?}, where the lane stands at {stands:?}")),
                    false => Ok(None),
                }
            }
            Answer::Refused(_) => Err(format!("{answer:?}")),
            // It comes again with the same.
            Answer::Busy => Ok(None),
        }
    }

    fn applied(&mut self, asks: Asks, refused: Option<u16>, store: &MemoryStore) -> Result<(), String> {
        match (asks, refused) {
            (Asks::Events, _) => self.applied += 1,
            (Asks::Admit, None) => self.next = Step::Change,
            (Asks::Retire, None) => self.next = Step::Skip,
            (Asks::Skip { becomes, .. }, None) => {
                self.next = Step::Admit;
                self.device.state = becomes;
                // What waits can't be taken any more: it is signed anew.
                if let Some(waiting) = self.device.waiting.take() {
                    let (at, events) = (waiting.signed.submission.signed_at, waiting.signed.events);
                    self.sign(false, Asks::Events, events, at);
                }
            }
            (Asks::Skip { from, .. }, Some(code)) => {
                self.next = Step::Admit;
                let stands = lane(store, &self.device.signer.key_id()).map_err(|error| error.to_string())?;
                if stands.next == from {
                    return Err(format!("a lane that stands at {from} is not moved: {code}"));
                }
            }
            (Asks::Set, None) => self.set_changes += 1,
            (Asks::Admit | Asks::Retire | Asks::Set, Some(code)) => {
                return Err(format!("a record of an administrator: {code}"));
            }
        }
        Ok(())
    }
}
