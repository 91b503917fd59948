//! Where a ledger is taken to, beside the one that is there, and how it comes in its place.
//!
//! | Name in the data directory | Content |
//! |---|---|
//! | `join/db/` | the database while it is taken; begun anew by each attempt |
//! | `join/scratch/` | what is known of events and logs meanwhile, also while the history is taken |
//! | `JOINED` | empty; `join/db` is whole and on the disk, and is to be the database |
//!
//! `JOINED` is the one step: before it the old ledger is in force, from it on the new one, whatever the rest of the
//! exchange has come to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::directory::{DATABASE_NAME, create_synced, sync_directory};
use crate::{DataDirectory, OpenError, RocksStore, StoreOptions};

const JOIN_NAME: &str = "join";
const JOINED_NAME: &str = "JOINED";
const SCRATCH_NAME: &str = "scratch";

/// The place of an attempt.
pub struct Place {
    directory: PathBuf,
}

impl DataDirectory {
    /// Makes room for taking a ledger. What an earlier attempt left is gone.
    pub fn begin_join(&self) -> Result<Place, OpenError> {
        let place = Place { directory: self.path().to_owned() };
        remove(&place.join())?;
        for folder in [place.join(), place.scratch()] {
            create_synced(&folder).map_err(|cause| OpenError::of_io(&folder, cause))?;
        }
        Ok(place)
    }
}

impl Place {
    fn join(&self) -> PathBuf {
        self.directory.join(JOIN_NAME)
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

    /// Nothing of it is needed any more.
    pub fn end(&self) -> Result<(), OpenError> {
        remove(&self.join())
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
