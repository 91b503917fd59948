//! Keeps one simulated node: its core while it runs, and its disk.

use std::sync::Arc;

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::WriteSet;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::consensus::Pace;
use suyuan_node::core::{Answer, CoreSettings, Effect, Input, LogRecord, Message, NodeCore};
use suyuan_sdk::signer::{MemorySigner, Signer as _, sign_submission};
use suyuan_sims::Workload;
use suyuan_store::{MemoryStore, Store as _};

use crate::profile::Chance;
use crate::seed_of;

/// Events that the client of a node has to bring: more than any run takes.
const EVENTS: u32 = 100_000;

/// A node.
pub(super) struct Node {
    pub key: [u8; 32],
    pub correct: bool,
    pub skew_ms: i64,
    pub store: Arc<MemoryStore>,
    /// What was logged; up to `flushed` it survives.
    pub log: Vec<LogRecord>,
    pub flushed: usize,
    /// Stops before its so-manieth next effect.
    pub stops_in: Option<u64>,
    pub planned: Option<u64>,
    number: usize,
    core: Option<NodeCore>,
    /// When it started, of which its core counts the time.
    started_ms: u64,
    height: u64,
    client: Client,
}

/// The client of a node: it brings one submission after the other, each until it is answered.
struct Client {
    chain: Hash,
    device: MemorySigner,
    organisation: u64,
    lane: LaneState,
    workload: Workload,
    waiting: Option<SignedSubmission>,
    requests: u64,
}

impl Node {
    pub fn new(genesis: &Genesis, bytes: &[u8], number: usize, seed: u64) -> Node {
        let store = MemoryStore::default();
        let chain = chain_id(bytes);
        let founded = Ledger::found(chain, genesis.start_time, &genesis.rows(), genesis.directory(), &store);
        if let Ok((_, writes)) = founded {
            // A store in memory never fails.
            let _ = store.commit(&writes);
        }
        let client = Client {
            chain,
            device: MemorySigner::from_seed(&seed_of(2, number)),
            organisation: number as u64 + 1,
            lane: LaneState::default(),
            workload: Workload::new(EVENTS, seed.wrapping_mul(31).wrapping_add(number as u64)),
            waiting: None,
            requests: 0,
        };
        Node {
            key: MemorySigner::from_seed(&seed_of(1, number)).public(),
            correct: true,
            skew_ms: 0,
            store: Arc::new(store),
            log: Vec::new(),
            flushed: 0,
            stops_in: None,
            planned: None,
            number,
            core: None,
            started_ms: 0,
            height: 0,
            client,
        }
    }

    pub fn is_up(&self) -> bool {
        self.core.is_some()
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    /// The last block, and the state behind it.
    pub fn head(&self) -> Option<(Hash, Hash)> {
        self.core.as_ref().map(|core| (core.ledger().head.id, core.ledger().head.state))
    }

    pub fn start(&mut self) -> Result<(), String> {
        let ledger = Ledger::open(self.store.as_ref()).map_err(|error| error.to_string())?.ok_or("an empty store")?;
        let settings = CoreSettings {
            key: Some(MemorySigner::from_seed(&seed_of(1, self.number))),
            pace: Pace::default(),
            log: self.log.clone(),
        };
        self.height = ledger.head.height;
        let core = NodeCore::new(ledger, self.store.as_ref(), settings).map_err(|error| error.to_string())?;
        (self.core, self.stops_in, self.planned) = (Some(core), None, None);
        Ok(())
    }

    /// Stops, as if the machine had lost its power: of what was not flushed, some of the beginning may be there.
    pub fn stop(&mut self, chance: u64) {
        self.core = None;
        self.stops_in = None;
        let unflushed = self.log.len().saturating_sub(self.flushed) as u64;
        let kept = self.flushed + usize::try_from(chance % (unflushed + 1)).unwrap_or(0);
        self.log.truncate(kept);
        self.flushed = self.log.len();
    }

    pub fn forget(&mut self) {
        self.log.clear();
        self.flushed = 0;
    }

    /// Whether it stops before its next effect.
    pub fn stops_now(&mut self) -> bool {
        match &mut self.stops_in {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    pub fn has_work(&self) -> bool {
        self.core.as_ref().is_some_and(NodeCore::has_work)
    }

    /// When it has something to do by itself, by the world's clock.
    pub fn wakes_at(&self) -> Option<u64> {
        self.core.as_ref()?.wakes_at().map(|at| at.saturating_add(self.started_ms))
    }

    /// Takes inputs; `None` if it does not run.
    pub fn step(&mut self, now: u64, start: i64, inputs: Vec<Input>) -> Option<Result<Vec<Effect>, String>> {
        let core = self.core.as_mut()?;
        let wall_ms = start.saturating_add(i64::try_from(now).unwrap_or(0)).saturating_add(self.skew_ms);
        let time = Input::Time { wall_ms, elapsed_ms: now.saturating_sub(self.started_ms) };
        let inputs = std::iter::once(time).chain(inputs).collect();
        Some(core.step(self.store.as_ref(), inputs).map_err(|error| error.to_string()))
    }

    /// What its shell makes of a message: submissions are verified before the core gets them.
    pub fn heard(&self, from: [u8; 32], message: Message) -> Option<Input> {
        let ledger = self.core.as_ref()?.ledger();
        match message {
            Message::Submission(submission) => {
                let verified = VerifiedSubmission::verify(submission, ledger.head.chain, &ledger.directory).ok()?;
                let directory = Arc::clone(&ledger.directory);
                Some(Input::Verified { request: None, submission: Box::new(verified), directory })
            }
            message => Some(Input::Message { from, message: Box::new(message) }),
        }
    }

    pub fn commit(&mut self, height: u64, writes: &WriteSet) {
        // A store in memory never fails.
        let _ = self.store.commit(writes);
        self.log.retain(|record| record.height > height);
        self.flushed = self.log.len();
        self.height = height;
    }

    /// The submission that the client waits for.
    pub fn awaited(&self) -> Option<Hash> {
        self.client.waiting.as_ref().map(|signed| signed.submission.id())
    }

    pub fn next_submission(&mut self, wall_ms: i64, chance: &mut Chance) -> (u64, SignedSubmission) {
        let client = &mut self.client;
        client.requests += 1;
        let signed = match &client.waiting {
            Some(signed) => signed.clone(),
            None => {
                let count = 1 + chance.index(3);
                let events: Vec<SubmittedEvent> = client
                    .workload
                    .by_ref()
                    .take(count)
                    .map(|payload| SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload })
                    .collect();
                let (chain, organisation, lane) = (client.chain, client.organisation, client.lane);
                let signed = sign_submission(&client.device, chain, organisation, lane, wall_ms, events);
                signed.unwrap_or_else(|_| unreachable!("a key in memory always signs"))
            }
        };
        client.waiting = Some(signed.clone());
        (client.requests, signed)
    }

    pub fn answered(&mut self, _request: u64, answer: &Answer) {
        let client = &mut self.client;
        match answer {
            Answer::Applied { .. } => {
                if let Some(signed) = client.waiting.take() {
                    client.lane =
                        LaneState { next: client.lane.next.saturating_add(1), previous: signed.submission.id() };
                }
            }
            // It comes again with the same.
            Answer::Busy | Answer::NotNext(_) | Answer::LaneFork(_) | Answer::Refused(_) => {}
        }
    }
}
