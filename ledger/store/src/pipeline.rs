//! Applies one block while the last one is being written.
//!
//! A block is durable when its batch is synced; the next one need not wait for that to be applied, only to be
//! acknowledged. Reads go through what is on its way to the store, so that they are those of the last block
//! handed over, however far writing has come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use suyuan_ledger::kv::{Layered, Pair, Read, StoreError, Table, Visit, VisitMany, WriteSet};

use crate::Store;

/// So many blocks are on their way to the store at most: one is written, and one waits so that writing never does.
const ON_THEIR_WAY_MAX: usize = 2;

/// What to do once a block is durable, on the thread that writes.
type Then = Box<dyn FnOnce() + Send>;

/// A store behind a thread that writes to it, block after block in the order in which they are handed over.
pub struct Pipeline<'a, S: ?Sized> {
    store: &'a S,
    jobs: SyncSender<(Arc<WriteSet>, Then)>,
    done: Receiver<Result<(), StoreError>>,
    /// What was handed over and is not known to be durable, the oldest first.
    pending: VecDeque<Arc<WriteSet>>,
    /// Why a block could not be written: nothing after it is.
    failed: Option<StoreError>,
}

impl<'a, S: Store + Sync + ?Sized> Pipeline<'a, S> {
    /// Runs `work` with a pipeline to a store, and ends once all that was handed over is durable. An error is that of
    /// a block that could not be written.
    pub fn run<T>(store: &'a S, work: impl FnOnce(&mut Pipeline<'a, S>) -> T) -> Result<T, StoreError> {
        thread::scope(|scope| {
            let (jobs, waiting) = sync_channel::<(Arc<WriteSet>, Then)>(ON_THEIR_WAY_MAX);
            let (tell, done) = sync_channel(ON_THEIR_WAY_MAX);
            let writer = thread::Builder::new().name("commit".to_owned()).spawn_scoped(scope, move || {
                for (writes, then) in waiting {
                    let outcome = store.commit(&writes);
                    let failed = outcome.is_err();
                    if !failed {
                        then();
                    }
                    if tell.send(outcome).is_err() || failed {
                        break;
                    }
                }
            });
            writer.map_err(|error| StoreError::Failed(format!("no thread to write with: {error}")))?;
            let mut pipeline = Pipeline { store, jobs, done, pending: VecDeque::new(), failed: None };
            let result = work(&mut pipeline);
            pipeline.finish()?;
            Ok(result)
        })
    }

    /// Hands a block over; waits while too many are on their way. `then` is run once it is durable, and never if it
    /// is not.
    pub fn commit(&mut self, writes: WriteSet, then: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        while self.pending.len() >= ON_THEIR_WAY_MAX {
            self.wait()?;
        }
        self.collect()?;
        let writes = Arc::new(writes);
        self.pending.push_back(Arc::clone(&writes));
        self.jobs.send((writes, Box::new(then))).map_err(|_| self.failure())
    }

    /// Waits until all that was handed over is durable.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        while !self.pending.is_empty() {
            self.wait()?;
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// How many blocks are on their way.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Notes what has become durable meanwhile.
    fn collect(&mut self) -> Result<(), StoreError> {
        while let Ok(outcome) = self.done.try_recv() {
            self.note(outcome)?;
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn wait(&mut self) -> Result<(), StoreError> {
        match self.done.recv() {
            Ok(outcome) => self.note(outcome),
            Err(_) => Err(self.failure()),
        }
    }

    fn note(&mut self, outcome: Result<(), StoreError>) -> Result<(), StoreError> {
        match outcome {
            Ok(()) => {
                self.pending.pop_front();
                Ok(())
            }
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn failure(&self) -> StoreError {
        let ended = || StoreError::Failed("the thread that writes has ended".to_owned());
        self.failed.clone().unwrap_or_else(ended)
    }

    /// Reads the store with what is on its way to it.
    fn read<T>(&self, read: impl FnOnce(&dyn Read) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut pending = self.pending.iter();
        match (pending.next(), pending.next()) {
            (None, _) => read(&self.store),
            (Some(writes), None) => read(&Layered { base: &self.store, writes }),
            (Some(older), Some(newer)) => {
                read(&Layered { base: &Layered { base: &self.store, writes: older }, writes: newer })
            }
        }
    }
}

impl<S: Store + Sync + ?Sized> Read for Pipeline<'_, S> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|read| read.get(table, key))
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        self.read(|read| read.get_many(table, keys, visit))
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.read(|read| read.at_or_before(table, key))
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.read(|read| read.scan(table, from, to, visit))
    }
}
