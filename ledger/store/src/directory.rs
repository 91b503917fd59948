//! The data directory of a node (`interfaces.md`).
//!
//! | Name | Content |
//! |---|---|
//! | `FORMAT` | one line: `suyuan` and the number of the format |
//! | `FORMAT.new` | the same while the directory is being created: `FORMAT` comes last |
//! | `LOCK` | empty; a process that uses the directory holds an exclusive lock on it |
//! | `db/` | the database |
//! | `join/`, `JOINED` | a ledger that is being taken from other nodes ([`crate::snapshot`]) |
//! | `RESTORED` | empty; the directory was laid down from a backup, and nothing may be written to it yet |
//!
//! Others of this directory's files (configuration, keys) belong to the node.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::{OpenError, RocksStore, StoreOptions};

/// The format that this program writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

pub(crate) const FORMAT_NAME: &str = "FORMAT";
pub(crate) const RESTORED_NAME: &str = "RESTORED";
const FORMAT_NEW_NAME: &str = "FORMAT.new";
const LOCK_NAME: &str = "LOCK";
pub(crate) const DATABASE_NAME: &str = "db";
/// What may be in a directory where one is created: what an unfinished creation left, and what `mkfs` puts
/// into a new disk.
const NAMES_TOLERATED: &[&str] = &[FORMAT_NEW_NAME, LOCK_NAME, "lost+found"];
/// More than any `FORMAT` has.
const FORMAT_BYTES_MAX: u64 = 64;

/// A data directory that this process alone uses, as long as this lives.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// The lock is released when the file is closed, so also when the process dies.
    _lock: File,
}

impl DataDirectory {
    /// Creates a data directory and its empty store, in a directory that is absent (then its parents are
    /// created too), empty, or left by a creation that was interrupted.
    pub fn create(path: &Path, memory_bytes: usize) -> Result<DataDirectory, OpenError> {
        let at = |cause| OpenError::of_io(path, cause);
        match create_synced(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_free(path)?,
            Err(error) => return Err(at(error)),
        }
        let lock = lock(path)?;
        // Another process may have finished its creation while this one waited for nothing but the processor.
        if path.join(FORMAT_NAME).exists() {
            return Err(OpenError::Exists(path.to_path_buf()));
        }
        let new = path.join(FORMAT_NEW_NAME);
        write_synced(&new, format!("suyuan {FORMAT}\n").as_bytes()).map_err(|cause| OpenError::of_io(&new, cause))?;
        let directory = DataDirectory { path: path.to_path_buf(), _lock: lock };
        drop(RocksStore::open(
            &directory.database_path(),
            &StoreOptions { memory_bytes, create: true, ..Default::default() },
        )?);
        // Last of all, in one step: a directory with a FORMAT is complete.
        fs::rename(&new, path.join(FORMAT_NAME)).map_err(at)?;
        sync_directory(path).map_err(at)?;
        Ok(directory)
    }

    /// Opens a data directory of the format that this program writes.
    pub fn open(path: &Path) -> Result<DataDirectory, OpenError> {
        let found = read_format(path)?;
        if found != FORMAT {
            return Err(OpenError::FormatOther { path: path.to_path_buf(), found, known: FORMAT });
        }
        let directory = DataDirectory { path: path.to_path_buf(), _lock: lock(path)? };
        crate::snapshot::place::finish(path)?;
        Ok(directory)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was laid down from a backup, and nobody has said yet that nothing came after. Whoever writes MUST
    /// ask: what was signed after the backup would be signed a second time, differently.
    pub fn is_restored(&self) -> bool {
        self.path.join(RESTORED_NAME).exists()
    }

    /// Takes the directory for the newest there is, though it was laid down from a backup.
    pub fn accept_restored(&self) -> Result<(), OpenError> {
        let path = self.path.join(RESTORED_NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(OpenError::of_io(&path, error)),
            _ => sync_directory(&self.path).map_err(|cause| OpenError::of_io(&self.path, cause)),
        }
    }

    /// Where its database is.
    pub fn database_path(&self) -> PathBuf {
        self.path.join(DATABASE_NAME)
    }

    /// Opens its store, which MUST NOT outlive this value. A database that is missing is an error: an empty
    /// one in its place would hide a loss.
    pub fn open_store(&self, memory_bytes: usize) -> Result<RocksStore, OpenError> {
        RocksStore::open(&self.database_path(), &StoreOptions { memory_bytes, ..Default::default() })
    }

    /// Opens its store as it is, though what it had acknowledged may be missing: from now on that is given up.
    pub fn open_store_after_loss(&self, memory_bytes: usize) -> Result<RocksStore, OpenError> {
        let options = StoreOptions { memory_bytes, accept_torn_log: true, ..Default::default() };
        RocksStore::open(&self.database_path(), &options)
    }
}

/// Refuses a place where files are that a creation did not leave there. A database without `FORMAT.new` is
/// one that lost its `FORMAT`: it is not taken over.
fn check_free(path: &Path) -> Result<(), OpenError> {
    let at = |cause| OpenError::of_io(path, cause);
    if path.join(FORMAT_NAME).exists() {
        return Err(OpenError::Exists(path.to_path_buf()));
    }
    let unfinished = path.join(FORMAT_NEW_NAME).exists();
    for entry in fs::read_dir(path).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        let is_left_over = unfinished && name == DATABASE_NAME;
        if !is_left_over && !NAMES_TOLERATED.iter().any(|tolerated| name == *tolerated) {
            return Err(OpenError::NotEmpty(path.to_path_buf(), name.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}

/// The number in `FORMAT`.
fn read_format(path: &Path) -> Result<u32, OpenError> {
    let kind = fs::metadata(path).map_err(|cause| OpenError::of_io(path, cause))?;
    if !kind.is_dir() {
        return Err(OpenError::NotDirectory(path.to_path_buf()));
    }
    let format_path = path.join(FORMAT_NAME);
    let file = match File::open(&format_path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let unfinished = path.join(FORMAT_NEW_NAME).exists();
            return Err(match unfinished {
                true => OpenError::Unfinished(path.to_path_buf()),
                false => OpenError::FormatMissing(path.to_path_buf()),
            });
        }
        Err(error) => return Err(OpenError::of_io(&format_path, error)),
    };
    let mut bytes = Vec::new();
    file.take(FORMAT_BYTES_MAX).read_to_end(&mut bytes).map_err(|cause| OpenError::of_io(&format_path, cause))?;
    parse_format(&bytes).ok_or_else(|| OpenError::FormatGarbled(path.to_path_buf()))
}

/// Reads exactly what some version of this program writes: no sign, no leading zero, one line end.
fn parse_format(bytes: &[u8]) -> Option<u32> {
    let number: u32 = std::str::from_utf8(bytes).ok()?.strip_prefix("suyuan ")?.strip_suffix('\n')?.parse().ok()?;
    (number > 0 && format!("suyuan {number}\n").as_bytes() == bytes).then_some(number)
}

/// Takes the lock of the directory, or says that another has it.
fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = path.join(LOCK_NAME);
    let at = |cause| OpenError::of_io(&lock_path, cause);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path).map_err(at)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(path.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(at(error)),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in a directory survive a crash.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Creates a directory, with the parents that are missing, so that it survives a crash.
pub(crate) fn create_synced(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent != Path::new(".") => {
            create_synced(parent)?;
            fs::create_dir(path)?;
        }
        result => result?,
    }
    sync_directory(parent)
}
