//! Captures as a node does under load: while one block is written the next is applied, and the one after that is
//! signed, verified and derived. Each step has a thread of its own; they wait for each other at short queues.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::state::apply::{Ledger, lane};
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, key_id, record_type};
use suyuan_store::{Pipeline, Store};

use crate::chain::{BLOCK_MS, Chain, Failure, Spent, Voter, timed};

/// So many submissions wait between two steps.
const WAITING_MAX: usize = 2;

enum Step<T> {
    Block(T),
    /// Say when all before it is durable.
    Wait,
}

/// Takes what is to be captured.
pub struct Feed {
    batches: SyncSender<Step<Vec<Vec<u8>>>>,
    waited: Receiver<()>,
}

impl Feed {
    /// Captures payloads as one block of one submission.
    pub fn block(&self, payloads: Vec<Vec<u8>>) -> Result<(), Failure> {
        self.batches.send(Step::Block(payloads)).map_err(|_| "the capture has ended".into())
    }

    /// Waits until all that was fed is durable.
    pub fn wait(&self) -> Result<(), Failure> {
        self.batches.send(Step::Wait).map_err(|_| "the capture has ended")?;
        self.waited.recv().map_err(|_| "the capture has ended".into())
    }
}

impl<S: Store + Sync> Chain<S> {
    /// Captures what `work` feeds. What it gives, and how many events were refused. `spent` is how long each step
    /// took; of a commit only how long it was waited for.
    pub fn pipelined<T>(
        &mut self,
        spent: &mut Spent,
        work: impl FnOnce(&Feed, &S) -> Result<T, Failure>,
    ) -> Result<(T, usize), Failure> {
        let signer = Signer {
            chain: self.ledger.head.chain,
            device: self.device.clone(),
            lane: lane(&self.store, &key_id(1, self.device.verifying_key().as_bytes()))?,
            time: self.time,
        };
        let directory = std::sync::Arc::clone(&self.ledger.directory);
        let (store, ledger, voter) = (&self.store, &mut self.ledger, &self.voter);
        let time = self.time;
        let (result, refused, blocks) = thread::scope(|scope| {
            let (batches, to_sign) = sync_channel(WAITING_MAX);
            let (to_apply, verified) = sync_channel(WAITING_MAX);
            let (wait_over, waited) = sync_channel(1);
            let named = |name: &str| thread::Builder::new().name(name.to_owned());
            let signing = named("sign").spawn_scoped(scope, move || signer.run(&directory, &to_sign, &to_apply))?;
            let applying = named("apply").spawn_scoped(scope, move || {
                let run = |pipeline: &mut Pipeline<'_, S>| apply(pipeline, ledger, voter, time, &verified, &wait_over);
                Pipeline::run(store, run).map_err(|error| error.to_string()).and_then(|outcome| outcome)
            })?;
            let feed = Feed { batches, waited };
            let result = work(&feed, store);
            drop(feed);
            let signed = signing.join().map_err(|_| "signing panicked")??;
            let applied = applying.join().map_err(|_| "applying panicked")??;
            (spent.sign, spent.verify) = (spent.sign + signed.sign, spent.verify + signed.verify);
            (spent.apply, spent.commit) = (spent.apply + applied.spent.apply, spent.commit + applied.spent.commit);
            Ok::<_, Failure>((result?, applied.refused, applied.blocks))
        })?;
        self.time = self.time.saturating_add(BLOCK_MS.saturating_mul(blocks));
        Ok((result, refused))
    }
}

/// Signs submission after submission of one lane.
struct Signer {
    chain: Hash,
    device: SigningKey,
    lane: LaneState,
    time: i64,
}

impl Signer {
    fn run(
        mut self,
        directory: &suyuan_ledger::organisation::Directory,
        batches: &Receiver<Step<Vec<Vec<u8>>>>,
        to_apply: &SyncSender<Step<VerifiedSubmission>>,
    ) -> Result<Spent, String> {
        let mut spent = Spent::default();
        for step in batches {
            let step = match step {
                Step::Wait => Step::Wait,
                Step::Block(payloads) => {
                    let signed = timed(&mut spent.sign, || self.sign(payloads));
                    let verified =
                        timed(&mut spent.verify, || VerifiedSubmission::verify(signed, self.chain, directory));
                    Step::Block(verified.map_err(|refusal| format!("{refusal:?}"))?)
                }
            };
            if to_apply.send(step).is_err() {
                break;
            }
        }
        Ok(spent)
    }

    fn sign(&mut self, payloads: Vec<Vec<u8>>) -> SignedSubmission {
        let events = salted(payloads, self.time);
        let signed = SignedSubmission::sign(self.chain, 1, &self.device, self.lane, self.time, events);
        self.lane = LaneState { next: self.lane.next.saturating_add(1), previous: signed.submission.id() };
        self.time = self.time.saturating_add(BLOCK_MS);
        signed
    }
}

/// Payloads with salts that no other block of the chain has.
pub(crate) fn salted(payloads: Vec<Vec<u8>>, time: i64) -> Vec<SubmittedEvent> {
    let salted = payloads.into_iter().zip(0u64..).map(|(payload, place)| {
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&time.to_le_bytes());
        salt[8..].copy_from_slice(&place.to_le_bytes());
        SubmittedEvent { record_type: record_type::EPCIS, salt, payload }
    });
    salted.collect()
}

struct AppliedAll {
    spent: Spent,
    refused: usize,
    blocks: i64,
}

fn apply<S: Store + Sync>(
    pipeline: &mut Pipeline<'_, S>,
    ledger: &mut Ledger,
    voter: &Voter,
    time: i64,
    verified: &Receiver<Step<VerifiedSubmission>>,
    wait_over: &SyncSender<()>,
) -> Result<AppliedAll, String> {
    let mut all = AppliedAll { spent: Spent::default(), refused: 0, blocks: 0 };
    let mut waiting = Duration::ZERO;
    for step in verified {
        let submission = match step {
            Step::Block(submission) => submission,
            Step::Wait => {
                pipeline.finish().map_err(|error| error.to_string())?;
                wait_over.send(()).map_err(|error| error.to_string())?;
                continue;
            }
        };
        all.blocks = all.blocks.saturating_add(1);
        let time = time.saturating_add(BLOCK_MS.saturating_mul(all.blocks));
        let applied =
            timed(&mut all.spent.apply, || voter.apply(ledger, pipeline, time, std::slice::from_ref(&submission)))?;
        all.refused += applied.receipts.iter().filter(|receipt| receipt.code != 0).count();
        *ledger = applied.ledger;
        // What was applied is freed where there is time for it.
        let then = move || drop(submission);
        timed(&mut waiting, || pipeline.commit(applied.writes, then)).map_err(|error| error.to_string())?;
    }
    all.spent.commit = waiting;
    Ok(all)
}
