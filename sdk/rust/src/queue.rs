//! The offline queue: batches of events that wait for the network, in a folder, in order.
//!
//! | File | Holds |
//! |---|---|
//! | `key` | the key id whose queue it is: one key, one lane, one queue |
//! | `lock` | nothing: locked while a program uses the queue |
//! | *number* `.batch` | the events with their salts, as they will be sent |
//! | *number* `.signed` | the first batch as it was signed, until its receipt is there |
//!
//! A file is whole or absent: written beside, synced, renamed. A batch is signed only when it is the next to
//! be sent; from then on the very same bytes are sent until the receipt has come, so that a submission that
//! arrived though its answer did not is found again by its id. After the receipt the batch is deleted first,
//! then the signed form: a signed form without its batch is one whose receipt has come.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX, LaneState, SignedSubmission, SubmittedEvent};

use crate::durable::{self, TEMPORARY_PREFIX};
use crate::signer::{Signer, sign_submission};

/// Bytes that a queue keeps by default: some weeks of a line's events.
pub const QUEUE_BYTES_MAX: u64 = 4 << 30;
/// Bytes of a batch's file: its events, and 34 for each beside salt and payload, rounded up; the envelope.
const FILE_BYTES_MAX: usize = BODY_BYTES_MAX + EVENTS_MAX * 40 + 1_024;

/// A queue in use. Dropping it lets another program use it.
pub struct Queue {
    folder: PathBuf,
    key: Hash,
    bytes_max: u64,
    /// Bytes by the number of each waiting batch.
    batches: BTreeMap<u64, u64>,
    /// The number of the next batch to be added.
    next: u64,
    /// Locked as long as it is open.
    _lock: File,
}

/// A signed batch, to be sent until its receipt is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The batch's number in the queue.
    pub number: u64,
    /// What was signed.
    pub submission: SignedSubmission,
    /// The bytes to send: the same at each attempt.
    pub bytes: Vec<u8>,
}

impl Queue {
    /// Opens the queue of a key, or makes it; clears up after a crash.
    pub fn open(folder: &Path, key: Hash, bytes_max: u64) -> Result<Queue, Reason> {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        let lock = lock(folder)?;
        let (owner, text) = (folder.join("key"), key.to_string());
        match durable::read(&owner, text.len()) {
            Ok(Some(known)) if known == text.as_bytes() => {}
            Ok(_) => return Err(Reason::new(codes::QUEUE_OTHER_KEY, &[&folder.display().to_string()])),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                durable::create(&owner, text.as_bytes()).map_err(|error| failed(&owner, &error))?;
            }
            Err(error) => return Err(failed(&owner, &error)),
        }
        let mut queue =
            Queue { folder: folder.to_owned(), key, bytes_max, batches: BTreeMap::new(), next: 0, _lock: lock };
        queue.take_stock().map_err(|error| failed(folder, &error))?;
        Ok(queue)
    }

    /// Finds the batches, and removes what a crash has left over.
    fn take_stock(&mut self) -> io::Result<()> {
        let mut signed = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(TEMPORARY_PREFIX) {
                durable::remove(&entry.path())?;
                continue;
            }
            let Some((number, kind)) = name.split_once('.') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            // What was set aside keeps its number, so that no later batch takes it.
            self.next = self.next.max(number.saturating_add(1));
            match kind {
                "batch" => {
                    self.batches.insert(number, entry.metadata()?.len());
                }
                "signed" => signed.push(number),
                _ => {}
            }
        }
        for number in signed.into_iter().filter(|number| !self.batches.contains_key(number)) {
            durable::remove(&self.path(number, "signed"))?;
        }
        Ok(())
    }

    fn path(&self, number: u64, kind: &str) -> PathBuf {
        // Twenty digits hold every number, so that names sort as numbers do.
        self.folder.join(format!("{number:020}.{kind}"))
    }

    /// How many batches wait.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> u64 {
        self.batches.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// Adds a batch; once this returns it survives a crash. Gives its number.
    pub fn add(&mut self, events: &[SubmittedEvent]) -> Result<u64, Reason> {
        let body = events
            .iter()
            .fold(0usize, |sum, event| sum.saturating_add(event.salt.len()).saturating_add(event.payload.len()));
        if events.is_empty() || events.len() > EVENTS_MAX || body > BODY_BYTES_MAX {
            return Err(Reason::new(codes::QUEUE_TOO_LARGE, &[&events.len().to_string(), &body.to_string()]));
        }
        let bytes = codec::encode(&events.to_vec());
        let (waiting, size) = (self.bytes(), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if waiting.saturating_add(size) > self.bytes_max {
            return Err(Reason::new(codes::QUEUE_FULL, &[&waiting.to_string(), &size.to_string()]));
        }
        let number = self.next;
        let path = self.path(number, "batch");
        durable::create(&path, &bytes).map_err(|error| failed(&path, &error))?;
        self.next = number.saturating_add(1);
        self.batches.insert(number, size);
        Ok(number)
    }

    /// The submission to send next, signed now unless it was before. `lane` is where the lane stands;
    /// `signed_at` the time in milliseconds since 1970. `None` if nothing waits.
    pub fn next(
        &mut self,
        signer: &dyn Signer,
        chain: Hash,
        organisation: u64,
        lane: LaneState,
        signed_at: i64,
    ) -> Result<Option<Pending>, Reason> {
        if signer.key_id() != self.key {
            return Err(Reason::new(codes::QUEUE_OTHER_KEY, &[&self.folder.display().to_string()]));
        }
        if let Some(pending) = self.signed()? {
            return Ok(Some(pending));
        }
        let Some(number) = self.first() else { return Ok(None) };
        let events: Vec<SubmittedEvent> = self.load(number, "batch")?.0;
        let submission = sign_submission(signer, chain, organisation, lane, signed_at, events)?;
        let bytes = codec::encode(&submission);
        let path = self.path(number, "signed");
        durable::create(&path, &bytes).map_err(|error| failed(&path, &error))?;
        Ok(Some(Pending { number, submission, bytes }))
    }

    /// The first batch, if it was signed before: its receipt has not come, and its bytes are to be sent again.
    pub fn signed(&self) -> Result<Option<Pending>, Reason> {
        let Some(number) = self.first() else { return Ok(None) };
        let path = self.path(number, "signed");
        if !path.try_exists().map_err(|error| failed(&path, &error))? {
            return Ok(None);
        }
        let (submission, bytes) = self.load(number, "signed")?;
        Ok(Some(Pending { number, submission, bytes }))
    }

    /// The receipt of the first batch is there: forgets it. The lane's new state
    /// ([`crate::lane::after`]) MUST have been kept before.
    pub fn receipted(&mut self, number: u64) -> Result<(), Reason> {
        for kind in ["batch", "signed"] {
            let path = self.path(number, kind);
            durable::remove(&path).map_err(|error| failed(&path, &error))?;
        }
        self.batches.remove(&number);
        Ok(())
    }

    /// Forgets the signed form of the first batch, so that it is signed anew: only when the node has said
    /// that these bytes never enter the ledger (a code from 101 to 112).
    pub fn sign_again(&mut self, number: u64) -> Result<(), Reason> {
        let path = self.path(number, "signed");
        durable::remove(&path).map_err(|error| failed(&path, &error))
    }

    /// Sets a batch aside that can't be read or will never be taken, so that what is behind it goes on. Its
    /// file is kept, as *number* `.aside`; gives its path.
    pub fn set_aside(&mut self, number: u64) -> Result<PathBuf, Reason> {
        let (from, to) = (self.path(number, "batch"), self.path(number, "aside"));
        std::fs::rename(&from, &to).map_err(|error| failed(&from, &error))?;
        let signed = self.path(number, "signed");
        durable::remove(&signed).map_err(|error| failed(&signed, &error))?;
        self.batches.remove(&number);
        Ok(to)
    }

    /// The number of the batch that is next.
    pub fn first(&self) -> Option<u64> {
        self.batches.keys().next().copied()
    }

    fn load<T: bincode::Decode<()> + bincode::Encode>(&self, number: u64, kind: &str) -> Result<(T, Vec<u8>), Reason> {
        let path = self.path(number, kind);
        let damaged = || Reason::new(codes::QUEUE_DAMAGED, &[&path.display().to_string()]);
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|error| failed(&path, &error))?;
        let bytes = bytes.ok_or_else(damaged)?;
        let thing = codec::decode(&bytes, FILE_BYTES_MAX).map_err(|_| damaged())?;
        Ok((thing, bytes))
    }
}

fn lock(folder: &Path) -> Result<File, Reason> {
    let path = folder.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| failed(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Reason::new(codes::QUEUE_BUSY, &[&folder.display().to_string()])),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(&path, &error)),
    }
}

fn failed(path: &Path, error: &io::Error) -> Reason {
    Reason::new(codes::QUEUE_IO, &[&path.display().to_string(), &error.to_string()])
}
