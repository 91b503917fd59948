//! Why a data directory or its store can't be opened.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use suyuan_ledger::kv::StoreError;

/// A data directory or a store could not be created or opened. Each says where.
#[derive(Debug)]
pub enum OpenError {
    /// There is nothing here.
    NotFound(PathBuf),
    /// Something is here, but it is not a directory.
    NotDirectory(PathBuf),
    /// A directory was to be created where other files are: the first of them.
    NotEmpty(PathBuf, String),
    /// A data directory was to be created where one is.
    Exists(PathBuf),
    /// The directory's creation was not finished; creating it again finishes it.
    Unfinished(PathBuf),
    /// The directory has no `FORMAT`.
    FormatMissing(PathBuf),
    /// `FORMAT` is not what this program writes.
    FormatGarbled(PathBuf),
    /// Another version of this program wrote the directory.
    FormatOther {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The format that this program reads.
        known: u32,
    },
    /// Another process uses it.
    Locked(PathBuf),
    /// The system refused access.
    PermissionDenied(PathBuf, io::Error),
    /// The disk or the quota is full.
    DiskFull(PathBuf, String),
    /// Another failure of the system.
    Io(PathBuf, io::Error),
    /// Less memory than a store can work with.
    TooLittleMemory {
        /// What was given.
        bytes: usize,
        /// What is needed.
        minimum: usize,
    },
    /// The database could not be opened.
    Store(PathBuf, StoreError),
    /// The database opens, but without the last changes that it had acknowledged.
    Lost {
        /// The database.
        path: PathBuf,
        /// The height of the last block that was acknowledged.
        acknowledged: u64,
        /// The height of the last block that is here.
        found: u64,
    },
}

impl OpenError {
    /// The error that the system's error at this place is.
    pub(crate) fn of_io(path: &Path, cause: io::Error) -> OpenError {
        let path = path.to_path_buf();
        match cause.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound(path),
            io::ErrorKind::NotADirectory => OpenError::NotDirectory(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::PermissionDenied(path, cause)
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::DiskFull(path, cause.to_string()),
            _ => OpenError::Io(path, cause),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotFound(path) => write!(formatter, "{}: no data here; create it first", path.display()),
            OpenError::NotDirectory(path) => write!(formatter, "{}: not a directory", path.display()),
            OpenError::NotEmpty(path, name) => {
                write!(formatter, "{}: holds other files ({name}); give an empty or a new directory", path.display())
            }
            OpenError::Exists(path) => {
                write!(formatter, "{}: is a data directory already; open it instead", path.display())
            }
            OpenError::Unfinished(path) => {
                write!(formatter, "{}: was not created to the end; create it again", path.display())
            }
            OpenError::FormatMissing(path) => {
                write!(formatter, "{}: has no FORMAT, so it is no data directory of suyuan", path.display())
            }
            OpenError::FormatGarbled(path) => {
                write!(formatter, "{}: FORMAT is damaged; restore it from a backup", path.display())
            }
            OpenError::FormatOther { path, found, known } => {
                let help = match found > known {
                    true => "use a newer suyuan",
                    false => "use the suyuan that wrote it, or capture into a new data directory",
                };
                write!(formatter, "{}: has format {found}, this program reads format {known}; {help}", path.display())
            }
            OpenError::Locked(path) => {
                write!(formatter, "{}: in use by another process; stop it first", path.display())
            }
            OpenError::PermissionDenied(path, cause) => write!(formatter, "{}: {cause}", path.display()),
            OpenError::DiskFull(path, cause) => write!(formatter, "{}: {cause}; free some space", path.display()),
            OpenError::Io(path, cause) => write!(formatter, "{}: {cause}", path.display()),
            OpenError::TooLittleMemory { bytes, minimum } => {
                write!(formatter, "a store can't work with {bytes} bytes of memory; give it at least {minimum}")
            }
            OpenError::Store(path, cause) => write!(formatter, "{}: {cause}", path.display()),
            OpenError::Lost { path, acknowledged, found } => write!(
                formatter,
                "{}: the last block acknowledged was {acknowledged}, the last one here is {found}",
                path.display()
            ),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OpenError::PermissionDenied(_, cause) | OpenError::Io(_, cause) => Some(cause),
            OpenError::Store(_, cause) => Some(cause),
            _ => None,
        }
    }
}
