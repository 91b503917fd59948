//! Copies a ledger while it is being written, and lays a copy down again.
//!
//! A backup is a folder with the files of a data directory as they were at one moment, and last of all `BACKUP`:
//!
//! | Line | Content |
//! |---|---|
//! | first | `suyuan backup 1` |
//! | one a file | BLAKE3 of the file as `b3sum` prints it, two spaces, its name |
//! | last | BLAKE3 of the lines above |
//!
//! The moment is RocksDB's checkpoint: links to files that never change, made within the data directory in no time. They
//! are then copied byte by byte, so that a backup shares nothing with what it is a copy of, on whatever disk it is;
//! writing goes on meanwhile. A copy is made under another name and renamed when it is whole and on the disk.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use rocksdb::checkpoint::Checkpoint;
use suyuan_ledger::hash::{FileHasher, Hash};
use suyuan_ledger::kv::StoreError;

use crate::directory::{DATABASE_NAME, FORMAT_NAME, RESTORED_NAME, create_synced, sync_directory};
use crate::{DataDirectory, OpenError, RocksStore};

/// The list of a backup's files.
const LIST_NAME: &str = "BACKUP";
/// Its first line: the format.
const LIST_HEAD: &str = "suyuan backup 1";
/// More than the list of any store has: a terabyte in files of RocksDB's size.
const LIST_BYTES_MAX: u64 = 16 << 20;
/// The links, within the data directory, while a backup is made.
const CHECKPOINT_NAME: &str = "backup.links";
/// What is put behind the name of a copy that is not finished.
const UNFINISHED_SUFFIX: &str = ".unfinished";
/// Bytes that are copied at once.
const COPY_BYTES: usize = 1 << 20;

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// Why a backup can't be made, or laid down.
#[derive(Debug)]
pub enum BackupError {
    /// Something is where the copy was to be.
    Exists(PathBuf),
    /// There is no finished backup here.
    NoBackup(PathBuf),
    /// A file of the backup is not as it was written, or is missing.
    Damaged(PathBuf),
    /// The disk or the quota is full.
    DiskFull(PathBuf, String),
    /// Another failure of the system.
    Io(PathBuf, io::Error),
    /// The store could not be read.
    Store(StoreError),
}

impl BackupError {
    fn of_io(path: &Path, cause: io::Error) -> BackupError {
        match OpenError::of_io(path, cause) {
            OpenError::DiskFull(path, words) => BackupError::DiskFull(path, words),
            OpenError::Io(path, cause) | OpenError::PermissionDenied(path, cause) => BackupError::Io(path, cause),
            OpenError::NotFound(path) => BackupError::Io(path, io::ErrorKind::NotFound.into()),
            OpenError::NotDirectory(path) => BackupError::Io(path, io::ErrorKind::NotADirectory.into()),
            other => BackupError::Io(path.to_owned(), io::Error::other(other.to_string())),
        }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackupError::Exists(path) => write!(formatter, "{}: is there already", path.display()),
            BackupError::NoBackup(path) => write!(formatter, "{}: no finished backup", path.display()),
            BackupError::Damaged(path) => write!(formatter, "{}: not as it was written", path.display()),
            BackupError::DiskFull(path, words) => write!(formatter, "{}: {words}", path.display()),
            BackupError::Io(path, cause) => write!(formatter, "{}: {cause}", path.display()),
            BackupError::Store(cause) => write!(formatter, "{cause}"),
        }
    }
}

impl Error for BackupError {}

impl RocksStore {
    /// Makes a backup in `to`, which must not be there, of the data directory whose store this is. `beside` are the
    /// files, by their names in the directory, that go with the database; one that is missing is an error. All that was
    /// acknowledged before this was called is in it. One at a time.
    pub fn back_up(&self, directory: &Path, to: &Path, beside: &[String]) -> Result<Copied, BackupError> {
        self.check_usable().map_err(BackupError::Store)?;
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let links = directory.join(CHECKPOINT_NAME);
        remove(&links)?;
        let made = Checkpoint::new(&self.database).and_then(|checkpoint| checkpoint.create_checkpoint(&links));
        let copied = made
            .map_err(|error| BackupError::Store(StoreError::Failed(format!("checkpoint: {error}"))))
            .and_then(|()| copy_whole(to, |unfinished| copy_out(directory, &links, unfinished, beside)));
        remove(&links)?;
        copied
    }
}

impl DataDirectory {
    /// Lays down a backup as a data directory in `to`, which must not be there. Every file is held to the hash that was
    /// taken when it was written. Of the directory it is true then that it [is restored](DataDirectory::is_restored).
    pub fn restore(from: &Path, to: &Path) -> Result<Copied, BackupError> {
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let files = read_list(from)?;
        copy_whole(to, |unfinished| {
            let mut copied = Copied::default();
            for (expected, name) in &files {
                let (hash, bytes) = copy_file(&from.join(name), &unfinished.join(name))?;
                if hash != *expected {
                    return Err(BackupError::Damaged(from.join(name)));
                }
                copied = Copied { files: copied.files.saturating_add(1), bytes: copied.bytes.saturating_add(bytes) };
            }
            let mark = unfinished.join(RESTORED_NAME);
            File::create(&mark).and_then(|file| file.sync_all()).map_err(|cause| BackupError::of_io(&mark, cause))?;
            Ok(copied)
        })
    }
}

/// Copies into a folder of another name, and gives it its own once all is on the disk. Nothing is left of a copy that
/// failed; of one that was killed, the next removes what is left.
fn copy_whole(to: &Path, copy: impl FnOnce(&Path) -> Result<Copied, BackupError>) -> Result<Copied, BackupError> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED_SUFFIX);
    let unfinished = to.with_file_name(name);
    remove(&unfinished)?;
    let at = |cause| BackupError::of_io(&unfinished, cause);
    let copied = create_synced(&unfinished).map_err(at).and_then(|()| copy(&unfinished)).and_then(|copied| {
        sync_folders(&unfinished).map_err(at)?;
        fs::rename(&unfinished, to).map_err(at)?;
        sync_parent(to).map_err(at)?;
        Ok(copied)
    });
    if copied.is_err() {
        remove(&unfinished)?;
    }
    copied
}

fn copy_out(directory: &Path, links: &Path, to: &Path, beside: &[String]) -> Result<Copied, BackupError> {
    let mut sources = vec![(directory.join(FORMAT_NAME), FORMAT_NAME.to_owned())];
    sources.extend(beside.iter().map(|name| (directory.join(name), name.clone())));
    let at = |cause| BackupError::of_io(links, cause);
    for entry in fs::read_dir(links).map_err(at)? {
        let entry = entry.map_err(at)?;
        sources.push((entry.path(), format!("{DATABASE_NAME}/{}", entry.file_name().to_string_lossy())));
    }
    sources.sort();
    let (mut copied, mut list) = (Copied::default(), format!("{LIST_HEAD}\n"));
    for (source, name) in &sources {
        let (hash, bytes) = copy_file(source, &to.join(name))?;
        list.push_str(&format!("{hash}  {name}\n"));
        copied = Copied { files: copied.files.saturating_add(1), bytes: copied.bytes.saturating_add(bytes) };
    }
    let sealed = format!("{list}{}\n", hash_of(list.as_bytes()));
    let path = to.join(LIST_NAME);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(sealed.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|cause| BackupError::of_io(&path, cause))?;
    Ok(copied)
}

/// The files of a backup with their hashes.
fn read_list(from: &Path) -> Result<Vec<(Hash, String)>, BackupError> {
    let path = from.join(LIST_NAME);
    let mut text = String::new();
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BackupError::NoBackup(from.to_owned())),
        opened => opened.map_err(|cause| BackupError::of_io(&path, cause))?,
    };
    let damaged = || BackupError::Damaged(path.clone());
    match file.take(LIST_BYTES_MAX).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(damaged()),
        read => read.map_err(|cause| BackupError::of_io(&path, cause))?,
    };
    let end = text.trim_end_matches('\n').rfind('\n').ok_or_else(damaged)?.saturating_add(1);
    let (list, seal) = text.split_at(end);
    if Hash::from_hex(seal.trim_end_matches('\n')) != Some(hash_of(list.as_bytes())) {
        return Err(damaged());
    }
    let mut lines = list.lines();
    if lines.next() != Some(LIST_HEAD) {
        return Err(damaged());
    }
    lines.map(|line| read_line(line).ok_or_else(damaged)).collect()
}

/// A line of the list. Whoever wrote the list can't name a file elsewhere.
fn read_line(line: &str) -> Option<(Hash, String)> {
    let (hash, name) = line.split_once("  ")?;
    let parts: Vec<Component<'_>> = Path::new(name).components().collect();
    let is_inside = parts.len() <= 2 && parts.iter().all(|part| matches!(part, Component::Normal(_)));
    (is_inside && !parts.is_empty()).then_some(())?;
    Some((Hash::from_hex(hash)?, name.to_owned()))
}

/// Copies a file with its permissions, synced: its hash and its length.
fn copy_file(from: &Path, to: &Path) -> Result<(Hash, u64), BackupError> {
    let (at_source, at_target) = (|cause| BackupError::of_io(from, cause), |cause| BackupError::of_io(to, cause));
    let mut source = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BackupError::Damaged(from.to_owned())),
        opened => opened.map_err(at_source)?,
    };
    let permissions = source.metadata().map_err(at_source)?.permissions();
    if let Some(folder) = to.parent().filter(|folder| !folder.exists()) {
        create_synced(folder).map_err(at_target)?;
        if let Some(original) = from.parent().and_then(|folder| fs::metadata(folder).ok()) {
            fs::set_permissions(folder, original.permissions()).map_err(at_target)?;
        }
    }
    let mut target = File::create_new(to).map_err(at_target)?;
    target.set_permissions(permissions).map_err(at_target)?;
    let (mut hasher, mut bytes) = (FileHasher::default(), 0u64);
    let mut piece = vec![0; COPY_BYTES];
    loop {
        let length = source.read(&mut piece).map_err(at_source)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        target.write_all(read).map_err(at_target)?;
        bytes = bytes.saturating_add(length as u64);
    }
    target.sync_all().map_err(at_target)?;
    Ok((hasher.finish(), bytes))
}

fn hash_of(bytes: &[u8]) -> Hash {
    let mut hasher = FileHasher::default();
    hasher.update(bytes);
    hasher.finish()
}

fn sync_folders(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_directory(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    sync_directory(path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BackupError::of_io(path, error)),
        _ => Ok(()),
    }
}
