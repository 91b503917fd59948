//! Keeps one simulated node: its core while it runs, its disk, and what waits while the disk is busy.

use std::collections::VecDeque;
use std::sync::Arc;

use suyuan_ledger::block::{Header, Validator};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::WriteSet;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_node::consensus::Pace;
use suyuan_node::core::{CoreSettings, Effect, Followed, Input, LogRecord, Message, NodeCore};
use suyuan_sdk::signer::{MemorySigner, Signer as _};
use suyuan_store::{MemoryStore, Store as _};

use crate::client::Client;
use crate::{VALIDATOR, seed_of};

/// So many inputs wait while a node's disk is busy; further ones are lost, as at a socket that nobody reads.
const WAITING_MAX: usize = 8_192;

/// A node.
pub(super) struct Node {
    pub key: [u8; 32],
    pub correct: bool,
    pub skew_ms: i64,
    pub store: Arc<MemoryStore>,
    /// Whom its clients are.
    pub client: Client,
    /// What was logged; up to `flushed` it survives.
    pub log: Vec<LogRecord>,
    pub flushed: usize,
    /// The log is a new one, and nobody has said that nothing is missing.
    pub is_new_log: bool,
    /// Stops before its so-manieth next effect.
    pub stops_in: Option<u64>,
    pub planned: Option<u64>,
    /// What it has to do before it takes inputs again: the disk is busy with the first of them.
    pub held: VecDeque<Effect>,
    /// How often it has started: what was planned for an earlier life does not count.
    pub life: u64,
    waiting: Vec<Input>,
    /// Its place in the genesis, which its twin has, too.
    pub number: usize,
    core: Option<NodeCore>,
    /// When it started, of which its core counts the time.
    started_ms: u64,
    height: u64,
}

impl Node {
    pub fn new(genesis: &Genesis, bytes: &[u8], number: usize, client: Client) -> Node {
        let store = MemoryStore::default();
        let (rows, directory) = (genesis.rows(), genesis.directory());
        let founded = Ledger::found(chain_id(bytes), genesis.start_time, &rows, directory, &store);
        if let Ok((_, writes)) = founded {
            // A store in memory never fails.
            let _ = store.commit(&writes);
        }
        Node {
            key: MemorySigner::from_seed(&seed_of(VALIDATOR, number)).public(),
            correct: true,
            skew_ms: 0,
            store: Arc::new(store),
            client,
            log: Vec::new(),
            flushed: 0,
            is_new_log: false,
            stops_in: None,
            planned: None,
            held: VecDeque::new(),
            life: 0,
            waiting: Vec::new(),
            number,
            core: None,
            started_ms: 0,
            height: 0,
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

    /// The last validator set that the ledger has, which may not decide yet.
    pub fn set(&self) -> Vec<Validator> {
        self.core.as_ref().map(|core| core.ledger().directory.validators().set.clone()).unwrap_or_default()
    }

    /// Its place among those who decide the next block.
    pub fn place(&self) -> Option<usize> {
        self.core.as_ref()?.validators().iter().position(|one| one.key == self.key)
    }

    /// The header of the block that would be next, without records.
    pub fn next_header(&self, wall_ms: i64) -> Option<Header> {
        let none: &[VerifiedSubmission] = &[];
        self.core.as_ref().map(|core| core.ledger().next_header(wall_ms, none))
    }

    pub fn start(&mut self, now: u64) -> Result<(), String> {
        let ledger = Ledger::open(self.store.as_ref()).map_err(|error| error.to_string())?.ok_or("an empty store")?;
        let settings = CoreSettings {
            // Who is not listed among the validators follows.
            key: Some(MemorySigner::from_seed(&seed_of(VALIDATOR, self.number))),
            pace: Pace::default(),
            log: self.log.clone(),
            is_new_log: self.is_new_log,
        };
        self.height = ledger.head.height;
        let core = NodeCore::new(ledger, self.store.as_ref(), settings).map_err(|error| error.to_string())?;
        (self.core, self.stops_in, self.planned, self.started_ms) = (Some(core), None, None, now);
        self.life += 1;
        Ok(())
    }

    /// Stops, as if the machine had lost its power: of what was not flushed, some of the beginning may be there; a block
    /// that was being written is there or not.
    pub fn stop(&mut self, chance: u64) {
        self.core = None;
        self.stops_in = None;
        self.waiting.clear();
        if let (Some(Effect::Commit { height, writes, .. }), true) = (self.held.pop_front(), chance & 1 == 1) {
            self.commit(height, &writes);
        }
        self.held.clear();
        let unflushed = self.log.len().saturating_sub(self.flushed) as u64;
        let kept = self.flushed + usize::try_from((chance >> 1) % (unflushed + 1)).unwrap_or(0);
        self.log.truncate(kept);
        self.flushed = self.log.len();
    }

    pub fn forget(&mut self) {
        self.log.clear();
        self.flushed = 0;
    }

    /// The same, and it knows: another log is made in the place of the one that it had.
    pub fn lose_log(&mut self) {
        self.forget();
        self.is_new_log = true;
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

    /// Whether its disk is busy: then what comes waits, and it says nothing.
    pub fn is_busy(&self) -> bool {
        !self.held.is_empty()
    }

    pub fn waits(&mut self, inputs: Vec<Input>) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.extend(inputs);
        }
    }

    pub fn waited(&mut self) -> Vec<Input> {
        std::mem::take(&mut self.waiting)
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

    /// Verifies a block that the core has handed out.
    pub fn verify(&self, block: &mut Followed) {
        if let Some(core) = &self.core {
            block.verify(core.ledger().head.chain);
        }
    }

    pub fn commit(&mut self, height: u64, writes: &WriteSet) {
        // A store in memory never fails.
        let _ = self.store.commit(writes);
        self.log.retain(|record| record.height > height);
        self.flushed = self.log.len();
        self.height = height;
    }
}
