//! Backups of a data directory, and what has to be known of them before they are used (`docs/BACKUP.md`).

use std::fs;
use std::path::Path;

use suyuan_epcis::problem::Reason;
use suyuan_ledger::proof::trust::{TRUST_BYTES_MAX, Trust, read_checkpoint};
use suyuan_ledger::state::apply::Ledger;
use suyuan_store::{BackupError, Copied, DataDirectory, RocksStore};

use crate::codes::node as codes;
use crate::open::{CONFIGURATION_NAME, GENESIS_NAME, Opened, io_reason, keys_folder, read_file, store_reason, whole};
use crate::traces::refused;

/// Who may ask what: as secret as the keys.
const ACCOUNTS_NAME: &str = "accounts.json";

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// All blocks up to this height, at least.
    pub height: u64,
    /// What was copied.
    pub copied: Copied,
}

/// Makes a backup in `to` of the data directory at `path`, whose store this is; with its key files only if they are
/// asked for. All that was acknowledged before is in it.
pub fn back_up(store: &RocksStore, path: &Path, to: &Path, with_keys: bool) -> Result<BackedUp, Reason> {
    whole(store)?;
    let height = Ledger::open(&store.snapshot()).map_err(|error| store_reason(&error))?;
    let height = height.map_or(0, |ledger| ledger.head.height);
    let mut beside = vec![GENESIS_NAME.to_owned(), CONFIGURATION_NAME.to_owned()];
    if with_keys {
        beside.extend(key_files(path)?);
        beside.extend(path.join(ACCOUNTS_NAME).exists().then(|| ACCOUNTS_NAME.to_owned()));
    }
    let copied = store.back_up(path, to, &beside).map_err(|error| backup_reason(&error))?;
    Ok(BackedUp { height, copied })
}

/// The names of the key files, as of the data directory.
fn key_files(path: &Path) -> Result<Vec<String>, Reason> {
    let folder = keys_folder(path);
    let at = |error| io_reason(&folder, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        if entry.file_type().map_err(at)?.is_file() {
            names.push(format!("keys/{}", entry.file_name().to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

/// Lays a backup down in `to`, and opens it. It is not to be written to yet.
pub fn restore(from: &Path, to: &Path) -> Result<(Opened, Copied), Reason> {
    let copied = DataDirectory::restore(from, to).map_err(|error| backup_reason(&error))?;
    fs::create_dir_all(keys_folder(to)).map_err(|error| io_reason(to, &error))?;
    Ok((Opened::open_to_check(to)?, copied))
}

/// Whether a directory that was laid down has all that this checkpoint certifies: then it may be written to.
pub fn accept_if_newest(opened: &Opened, checkpoint: &Path) -> Result<(), Reason> {
    let bytes = read_file(checkpoint, TRUST_BYTES_MAX as u64)?;
    let exported = read_checkpoint(&bytes).map_err(refused)?;
    let (head, genesis) = (&opened.ledger.head, &opened.genesis);
    let trust = Trust::genesis(head.chain, genesis.start_time, genesis.validators.clone());
    trust.follow(&exported).map_err(refused)?;
    let point = exported.checkpoint;
    if point.height() > head.height {
        let heights = [head.height, point.height()].map(|height| height.to_string());
        return Err(Reason::new(codes::BEHIND, &[&heights[0], &heights[1]]));
    }
    opened.accept_restored()
}

fn backup_reason(error: &BackupError) -> Reason {
    let shown = |path: &Path| path.display().to_string();
    match error {
        BackupError::Exists(path) => Reason::new(codes::EXISTS, &[&shown(path)]),
        BackupError::NoBackup(path) => Reason::new(codes::NO_BACKUP, &[&shown(path)]),
        BackupError::Damaged(path) => Reason::new(codes::BACKUP_DAMAGED, &[&shown(path)]),
        BackupError::DiskFull(..) => Reason::new(codes::DISK_FULL, &[&error.to_string()]),
        BackupError::Io(path, cause) => io_reason(path, cause),
        BackupError::Store(cause) => store_reason(cause),
    }
}
