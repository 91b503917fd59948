//! The ledger in this process: captures, traces with and without proofs, histories, a check.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{ProofOptions, last_header, make_over};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::closure::{Direction, Query, close, subjects};
use suyuan_ledger::trace::history::History;
use suyuan_ledger::trace::store::{Known, StoreHistory};
use suyuan_store::{MEMORY_BYTES_DEFAULT, RocksStore, StoreOptions, fsck, memory_shares};

use crate::chain::{Chain, Failure, Spent, genesis};
use crate::peers::theirs::Asked;

/// Events of a batch, a submission and a block.
pub const BATCH: usize = 500;

/// A ledger on disk.
pub struct Ours {
    chain: Chain<RocksStore>,
    /// What traces have read, for those after them, as a node keeps it.
    known: RefCell<Option<Known>>,
}

/// How a trace is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// Its identifiers.
    Identifiers,
    /// Its proof, made.
    Proof,
}

impl Ours {
    /// Captures events anew, durably, in blocks of 500: the ledger, and events a second.
    pub fn capture(folder: &Path, store: &Path, events: usize) -> Result<(Ours, f64), Failure> {
        if store.exists() {
            fs::remove_dir_all(store)?;
        }
        let store = RocksStore::open(store, &StoreOptions { create: true, ..StoreOptions::default() })?;
        let mut chain = Chain::found(store)?;
        let mut lines =
            BufReader::with_capacity(1 << 20, File::open(folder.join("events.ndjson"))?).lines().take(events);
        let mut spent = Spent::default();
        let mut captured = 0usize;
        let started = Instant::now();
        loop {
            let payloads: Vec<Vec<u8>> =
                lines.by_ref().take(BATCH).map(|line| line.map(String::into_bytes)).collect::<Result<_, _>>()?;
            if payloads.is_empty() {
                break;
            }
            captured += payloads.len();
            match chain.block(payloads, &mut spent)? {
                0 => {}
                refused => return Err(format!("{refused} events refused").into()),
            }
        }
        let rate = captured as f64 / started.elapsed().as_secs_f64();
        chain.block(Vec::new(), &mut spent)?;
        Ok((Ours { chain, known: RefCell::default() }, rate))
    }

    /// Compacts all, and opens again as a restart does: how long that took.
    pub fn settle(self, store: &Path) -> Result<(Ours, Duration), Failure> {
        self.chain.store.compact()?;
        drop(self);
        let started = Instant::now();
        let chain = Chain::reopen(RocksStore::open(store, &StoreOptions::default())?)?;
        let ours = Ours { chain, known: RefCell::default() };
        Ok((ours, started.elapsed()))
    }

    /// Forgets what traces have read.
    pub fn forget(&self) {
        self.known.take();
    }

    /// Traces from each of these.
    pub fn trace(&self, direction: Direction, uris: &[String], with: With) -> Result<Vec<Asked>, Failure> {
        let trust = self.chain.trust();
        uris.iter().map(|uri| self.trace_one(direction, uri, with, &trust)).collect()
    }

    fn trace_one(&self, direction: Direction, uri: &str, with: With, trust: &Trust) -> Result<Asked, Failure> {
        let key = SubjectKey::from_uri(uri).map_err(|error| format!("{uri}: {error:?}"))?;
        let started = Instant::now();
        if with == With::Identifiers {
            let ids = self.walk(&key, direction, identifiers)?;
            return Ok(Asked {
                ms: super::milliseconds(started.elapsed()),
                count: ids.len(),
                ids,
                noticed: Vec::new(),
            });
        }
        let query = ProofQuery { key: key.bytes().to_vec(), direction: direction as u8, claims: false };
        let header = last_header(&self.chain.store).map_err(|error| format!("{error:?}"))?;
        let options = ProofOptions { payloads: false };
        let proof = self.walk(&key, direction, |history, _| {
            let made = make_over(history, &self.chain.store, header, query, options);
            Ok(made.map_err(|error| format!("{error:?}"))?.to_bytes())
        })?;
        let ms = super::milliseconds(started.elapsed());
        let verified = verify(&proof, trust).map_err(|refused| format!("{refused:?}"))?;
        let count = verified.trace.ok_or("a proof of absence")?.closure.nodes.len();
        Ok(Asked { ms, count, ids: Vec::new(), noticed: Vec::new() })
    }

    /// Histories of each of these: the events with their payloads.
    pub fn history(&self, uris: &[String]) -> Result<Vec<Asked>, Failure> {
        uris.iter()
            .map(|uri| {
                let key = SubjectKey::from_uri(uri).map_err(|error| format!("{uri}: {error:?}"))?;
                let started = Instant::now();
                let events = self.walk(&key, Direction::History, events)?;
                let ms = super::milliseconds(started.elapsed());
                let mut asked = Asked { ms, count: events.len(), ..Asked::default() };
                for (payload, is_noticed) in &events {
                    let id = event_id(payload)?;
                    asked.noticed.extend(is_noticed.then(|| id.clone()));
                    asked.ids.push(id);
                }
                Ok(asked)
            })
            .collect()
    }

    /// The one place that says how a trace is walked here: over what those before it have read.
    fn walk<T>(
        &self,
        key: &SubjectKey,
        direction: Direction,
        ask: impl FnOnce(&mut StoreHistory<'_>, &Query) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.known.take().unwrap_or_default();
        let mut history = StoreHistory::knowing(&self.chain.store, known)?;
        let number = history.reader().number_of(key.tag())?.ok_or("not recorded")?;
        let answer = ask(&mut history, &Query::new(vec![number], direction))?;
        self.known.replace(Some(history.into_known()));
        Ok(answer)
    }

    /// Builds the ledger anew from its blocks and compares: events a second.
    pub fn check(&self, scratch: &Path) -> Result<f64, Failure> {
        if scratch.exists() {
            fs::remove_dir_all(scratch)?;
        }
        let (_, memory_bytes) = memory_shares(MEMORY_BYTES_DEFAULT);
        let options = StoreOptions { memory_bytes, create: true, disposable: true, ..StoreOptions::default() };
        let anew = RocksStore::open(scratch, &options)?;
        let started = Instant::now();
        let found = fsck(&self.chain.store, &genesis()?, &anew, &mut |_| {})?;
        let rate = found.events as f64 / started.elapsed().as_secs_f64();
        drop(anew);
        fs::remove_dir_all(scratch)?;
        match found.differences.as_slice() {
            [] => Ok(rate),
            [first, ..] => Err(format!("fsck: {first:?}").into()),
        }
    }
}

/// The identifiers of a trace.
fn identifiers(history: &mut StoreHistory<'_>, query: &Query) -> Result<Vec<String>, Failure> {
    let (found, _) = subjects(history, query)?;
    let mut ids = Vec::with_capacity(found.len());
    for subject in found {
        let key = SubjectKey::parse(history.key_bytes(subject)?).ok_or("a key that can't be read")?;
        ids.push(key.to_uri());
    }
    Ok(ids)
}

/// An event's payload, and whether it only concerns what was asked for.
type Told = (Arc<[u8]>, bool);

/// The events of an item's history.
fn events(history: &mut StoreHistory<'_>, query: &Query) -> Result<Vec<Told>, Failure> {
    let closure = close(history, query)?;
    let mut payloads = Vec::with_capacity(closure.events.len());
    for event in &closure.events {
        let is_noticed = closure.notices.iter().any(|notice| notice.events.contains(&event.place));
        payloads.extend(history.payload(event.place)?.map(|payload| (payload, is_noticed)));
    }
    Ok(payloads)
}

fn event_id(payload: &[u8]) -> Result<String, Failure> {
    let event: serde_json::Value = serde_json::from_slice(payload)?;
    Ok(event["eventID"].as_str().ok_or("no eventID")?.to_owned())
}

/// Bytes of a folder's files.
pub fn bytes_in(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => bytes_in(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}
