//! Where a ledger is taken to, beside the one that is there, and how it comes in its place.
//!
//! | Name in the data directory | Content |
//! |---|---|
//! | `join/db/` | the database while it is taken; begun anew by each attempt |
//! | `join/scratch/` | what is known of events and logs meanwhile |
//! | `join/blocks/` | blocks as they came, for the next attempt |
//! | `JOINED` | empty; `join/db` is whole and on the disk, and is to be the database |
//!
//! `JOINED` is the one step: before it the old ledger is in force, from it on the new one, whatever the rest of the
//! exchange has come to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use suyuan_ledger::kv::StoreError;

use super::{Heights, Pairs};
use crate::directory::{DATABASE_NAME, create_synced, sync_directory};
use crate::{DataDirectory, OpenError, RocksStore, StoreOptions};

const JOIN_NAME: &str = "join";
const JOINED_NAME: &str = "JOINED";
const SCRATCH_NAME: &str = "scratch";
const BLOCKS_NAME: &str = "blocks";
/// Digits of a height in a name.
const HEIGHT_DIGITS: usize = 20;

/// The place of an attempt.
pub struct Place {
    directory: PathBuf,
}

impl DataDirectory {
    /// Makes room for taking a ledger. What an earlier attempt left is gone, but for the blocks that it had.
    pub fn begin_join(&self) -> Result<Place, OpenError> {
        let place = Place { directory: self.path().to_owned() };
        remove(&place.join().join(DATABASE_NAME))?;
        remove(&place.scratch())?;
        for folder in [place.join(), place.scratch(), place.blocks()] {
            if !folder.exists() {
                create_synced(&folder).map_err(|cause| OpenError::of_io(&folder, cause))?;
            }
        }
        Ok(place)
    }

    /// Whether there are blocks that an attempt which did not come to its end had taken.
    pub fn has_begun_join(&self) -> bool {
        self.path().join(JOIN_NAME).exists()
    }
}

impl Place {
    fn join(&self) -> PathBuf {
        self.directory.join(JOIN_NAME)
    }

    fn blocks(&self) -> PathBuf {
        self.join().join(BLOCKS_NAME)
    }

    fn block_file(&self, from: u64) -> PathBuf {
        self.blocks().join(format!("{from:0HEIGHT_DIGITS$}"))
    }

    /// The folder for what is needed while it lasts.
    pub fn scratch(&self) -> PathBuf {
        self.join().join(SCRATCH_NAME)
    }

    /// The store to take the ledger into. It has nothing to lose until it is whole.
    pub fn open_store(&self, memory_bytes: usize) -> Result<RocksStore, OpenError> {
        let options = StoreOptions { memory_bytes, create: true, disposable: true, ..Default::default() };
        RocksStore::open(&self.join().join(DATABASE_NAME), &options)
    }

    /// Keeps blocks as they came, packed, for an attempt that begins anew. That they survive a crash is not promised:
    /// they are checked as if another node sent them.
    pub fn keep(&self, from: u64, through: u64, rows: &[Vec<u8>]) -> Result<(), StoreError> {
        let name = self.block_file(from);
        let mut bytes = through.to_le_bytes().to_vec();
        for packed in rows {
            bytes.extend_from_slice(&(packed.len() as u64).to_le_bytes());
            bytes.extend_from_slice(packed);
        }
        fs::write(&name, bytes).map_err(|error| StoreError::Failed(format!("{}: {error}", name.display())))
    }

    /// Whether blocks from a height on were kept.
    pub fn has_kept(&self, from: u64) -> bool {
        self.block_file(from).exists()
    }

    /// The blocks from a height on, if they were kept and do not go beyond another.
    pub fn kept(&self, from: u64, to: u64) -> Option<Heights> {
        let bytes = fs::read(self.block_file(from)).ok()?;
        let (through, mut rest) = bytes.split_first_chunk()?;
        let mut next = || {
            let (length, behind) = rest.split_first_chunk()?;
            let (packed, behind) = behind.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            rest = behind;
            Pairs::unpack(packed)
        };
        let (blocks, records, payloads) = (next()?, next()?, next()?);
        let through = u64::from_le_bytes(*through);
        (through <= to).then_some(Heights { through, blocks, records, payloads })
    }

    /// Forgets blocks that were kept: they are wrong.
    pub fn forget(&self, from: u64) {
        // If they stay, they are refused once more.
        let _ = fs::remove_file(self.block_file(from));
    }

    /// Puts the store that was taken in the place of the one that is there. Neither may be open.
    pub fn exchange(&self) -> Result<(), OpenError> {
        self.mark()?;
        finish(&self.directory)
    }

    /// The first half of the exchange, after which the second is done by whoever opens the directory next.
    pub fn mark(&self) -> Result<(), OpenError> {
        let database = self.join().join(DATABASE_NAME);
        sync_all(&database).map_err(|cause| OpenError::of_io(&database, cause))?;
        let join = self.join();
        sync_directory(&join).map_err(|cause| OpenError::of_io(&join, cause))?;
        let mark = self.directory.join(JOINED_NAME);
        let marked = File::create(&mark).and_then(|file| file.sync_all());
        marked.and_then(|()| sync_directory(&self.directory)).map_err(|cause| OpenError::of_io(&mark, cause))
    }
}

/// Finishes an exchange that was begun, if there is one. The directory's lock MUST be held.
pub(crate) fn finish(directory: &Path) -> Result<(), OpenError> {
    let mark = directory.join(JOINED_NAME);
    if !mark.exists() {
        return Ok(());
    }
    let (new, old) = (directory.join(JOIN_NAME).join(DATABASE_NAME), directory.join(DATABASE_NAME));
    let at = |cause| OpenError::of_io(directory, cause);
    if new.exists() {
        remove(&old)?;
        fs::rename(&new, &old).map_err(at)?;
        sync_directory(directory).map_err(at)?;
    }
    remove(&directory.join(JOIN_NAME))?;
    fs::remove_file(&mark).map_err(at)?;
    sync_directory(directory).map_err(at)
}

fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        File::open(entry?.path())?.sync_all()?;
    }
    sync_directory(folder)
}

fn remove(path: &Path) -> Result<(), OpenError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(OpenError::of_io(path, error)),
        _ => Ok(()),
    }
}
