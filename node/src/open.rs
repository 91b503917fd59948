//! Makes and opens a data directory: format, configuration, genesis, keys, store, ledger (`interfaces.md`).
//!
//! | Step | Makes |
//! |---|---|
//! | 1 | the directory, its lock and its empty store ([`DataDirectory::create`]) |
//! | 2 | `keys/`, `config.toml`, `genesis.json` |
//! | 3 | the ledger of the genesis, in one batch: with it the directory is complete |
//!
//! A creation that was interrupted is finished by the next; what it finds it keeps.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::organisation::genesis::{GENESIS_BYTES_MAX, Genesis, chain_id};
use suyuan_ledger::state::apply::{ApplyError, Ledger};
use suyuan_ledger::state::head::lacks_history;
use suyuan_sdk::signer::{MemorySigner, Signer};

use suyuan_store::snapshot::{Trust, lacks};
use suyuan_store::{DataDirectory, Fsck, OpenError, Progress, RecordLog, RocksStore, fsck_directory, memory_shares};

use crate::alarms::Alarms;
use crate::clock;
use crate::codes::node as codes;
use crate::config::{Configuration, default_text};
use crate::consensus::Pace;
use crate::core::{CoreError, CoreSettings, NodeCore, NodeKey};
use crate::join::{Fetch, HistoryProgress, Joined, Joiner, Stuck, wants_to_join};
use crate::peers::{self, Joining, Others};
use crate::shell::{Peers as _, Stopped, Together, Writer};
use crate::traces::Remembered;

/// Bytes of a configuration file.
const CONFIGURATION_BYTES_MAX: u64 = 64 << 10;
pub(crate) const GENESIS_NAME: &str = "genesis.json";
pub(crate) const CONFIGURATION_NAME: &str = "config.toml";

/// Where a data directory keeps its keys.
pub fn keys_folder(path: &Path) -> PathBuf {
    path.join("keys")
}

/// Where a data directory keeps submissions whose receipts have not come.
pub fn spool_folder(path: &Path) -> PathBuf {
    path.join("spool")
}

/// Whether a path is that of a data directory.
pub fn is_there(path: &Path) -> bool {
    path.join("FORMAT").exists()
}

/// A data directory that is open, with nobody writing yet.
pub struct Opened {
    /// Its store.
    pub store: Arc<RocksStore>,
    /// Its configuration.
    pub configuration: Configuration,
    /// Its genesis.
    pub genesis: Genesis,
    /// The genesis' bytes, from which the chain has its identity.
    pub genesis_bytes: Vec<u8>,
    /// Where its ledger stands.
    pub ledger: Ledger,
    /// Where it is.
    pub path: PathBuf,
    // Last: the lock goes once the store is closed.
    directory: DataDirectory,
}

/// A data directory with its writer at work.
pub struct Node {
    /// Decides blocks and writes them.
    pub writer: Arc<Writer>,
    /// Its store, to read snapshots of.
    pub store: Arc<RocksStore>,
    /// What traces of it have read.
    pub remembered: Remembered,
    /// How much is there of the history that it lacks.
    pub history: Arc<HistoryProgress>,
    /// Its configuration.
    pub configuration: Configuration,
    /// Its genesis.
    pub genesis: Genesis,
    /// The other nodes, if it is not alone.
    pub others: Option<Others>,
    /// What those who watch it should know.
    pub alarms: Arc<Alarms>,
    /// Its key, by which others know it.
    pub key: NodeKey,
    /// Where it is.
    pub path: PathBuf,
    _directory: DataDirectory,
}

/// Makes a data directory. `found` writes key files into the folder that it is given, where there are none
/// yet, and gives the genesis' bytes.
pub fn create(
    path: &Path,
    allow_unencrypted_keys: bool,
    found: &mut dyn FnMut(&Path) -> Result<Vec<u8>, Reason>,
) -> Result<(), Reason> {
    let text = default_text(allow_unencrypted_keys);
    let configuration = Configuration::parse(&text, &path.join(CONFIGURATION_NAME))?;
    let directory = match DataDirectory::create(path, configuration.memory_bytes()) {
        Err(OpenError::Exists(_)) => DataDirectory::open(path),
        made => made,
    };
    let directory = directory.map_err(|error| directory_reason(&error))?;
    let store = directory.open_store(configuration.memory_bytes()).map_err(|error| directory_reason(&error))?;
    if Ledger::open(&store).map_err(|error| store_reason(&error))?.is_some() {
        return Err(Reason::new(codes::EXISTS, &[&path.display().to_string()]));
    }
    for folder in [keys_folder(path), path.join("wal"), spool_folder(path)] {
        fs::create_dir_all(&folder).map_err(|error| io_reason(&folder, &error))?;
    }
    keep_private(&keys_folder(path))?;
    put(&path.join(CONFIGURATION_NAME), text.as_bytes())?;
    let kept = path.join(GENESIS_NAME);
    let is_kept = kept.exists();
    let bytes = if is_kept { read_file(&kept, GENESIS_BYTES_MAX as u64)? } else { found(&keys_folder(path))? };
    let genesis = Genesis::parse(&bytes).map_err(|error| error.reason)?;
    clock::allow(genesis.trial, &path.display().to_string())?;
    if !is_kept {
        put(&kept, &bytes)?;
    }
    let (_, writes) = Ledger::found(chain_id(&bytes), genesis.start_time, &genesis.rows(), genesis.directory(), &store)
        .map_err(|error| store_reason(&error))?;
    store.commit(&writes).map_err(|error| store_reason(&error))
}

impl Opened {
    /// Opens a data directory for this process alone.
    pub fn open(path: &Path) -> Result<Opened, Reason> {
        Opened::open_with(path, DataDirectory::open_store)
    }

    /// Opens one that lost what it had acknowledged, or was laid down from a backup: from now on it counts as the
    /// newest there is.
    pub fn open_after_loss(path: &Path) -> Result<Opened, Reason> {
        let opened = Opened::open_with(path, DataDirectory::open_store_after_loss)?;
        opened.accept_restored()?;
        // Whoever says so takes it on that nothing was signed that is not here.
        let (log, _) = peers::open_log(path).map_err(|error| directory_reason(&error))?;
        log.remember().map_err(|error| store_reason(&error))?;
        Ok(opened)
    }

    /// Opens one that is to be checked, with the memory that leaves enough for building it anew.
    pub fn open_to_check(path: &Path) -> Result<Opened, Reason> {
        Opened::open_with(path, |directory, memory| directory.open_store(memory_shares(memory).0))
    }

    fn open_with(
        path: &Path,
        open_store: fn(&DataDirectory, usize) -> Result<RocksStore, OpenError>,
    ) -> Result<Opened, Reason> {
        let directory = DataDirectory::open(path).map_err(|error| directory_reason(&error))?;
        let unfinished = |name: &str| Reason::new(codes::UNFINISHED, &[&path.join(name).display().to_string()]);
        let name = path.join(CONFIGURATION_NAME);
        if !name.exists() {
            return Err(unfinished(CONFIGURATION_NAME));
        }
        let text = read_file(&name, CONFIGURATION_BYTES_MAX)?;
        let configuration = Configuration::parse(&String::from_utf8_lossy(&text), &name)?;
        if !path.join(GENESIS_NAME).exists() {
            return Err(unfinished(GENESIS_NAME));
        }
        let bytes = read_file(&path.join(GENESIS_NAME), GENESIS_BYTES_MAX as u64)?;
        let genesis = Genesis::parse(&bytes).map_err(|error| error.reason)?;
        clock::allow(genesis.trial, &path.display().to_string())?;
        let store = open_store(&directory, configuration.memory_bytes()).map_err(|error| directory_reason(&error))?;
        let ledger = Ledger::open(&store).map_err(|error| store_reason(&error))?;
        let ledger = ledger.filter(|ledger| ledger.head.chain == chain_id(&bytes));
        let ledger = ledger.ok_or_else(|| unfinished(GENESIS_NAME))?;
        clock::no_earlier_than(ledger.head.time);
        let (store, path) = (Arc::new(store), path.to_owned());
        Ok(Opened { store, configuration, genesis, genesis_bytes: bytes, ledger, path, directory })
    }

    /// The same, if all of its history is there.
    pub fn whole(self) -> Result<Opened, Reason> {
        whole(self.store.as_ref()).map(|()| self)
    }

    /// Takes a directory that was laid down from a backup for the newest there is.
    pub fn accept_restored(&self) -> Result<(), Reason> {
        self.directory.accept_restored().map_err(|error| directory_reason(&error))
    }

    /// Whom its genesis trusts to decide blocks.
    fn trust(&self) -> Trust {
        Trust::new(self.ledger.head.chain, self.genesis.validators.clone())
    }

    /// The file of the validator's key.
    pub fn validator_key(&self) -> PathBuf {
        keys_folder(&self.path).join(&self.configuration.validator_key)
    }

    /// The file of the node's own device key.
    pub fn device_key(&self) -> PathBuf {
        keys_folder(&self.path).join(&self.configuration.device_key)
    }

    /// Recomputes the ledger from its blocks, and compares.
    pub fn fsck(&self, progress: &mut dyn FnMut(Progress)) -> Result<Fsck, Reason> {
        whole(self.store.as_ref())?;
        let memory = self.configuration.memory_bytes();
        let checked = fsck_directory(&self.directory, self.store.as_ref(), &self.genesis_bytes, memory, progress);
        checked.map_err(|error| store_reason(&error))
    }

    /// Starts the writer with the node's key, with which it votes while it is a validator's.
    pub fn start(self, key: MemorySigner) -> Result<Node, Reason> {
        let public = key.public();
        let is_audit = self.configuration.audit;
        if is_audit && self.ledger.directory.validators().set.iter().any(|one| one.key == public) {
            return Err(Reason::new(codes::AUDIT_KEY, &[&Hash(public).to_string()]));
        }
        let decides_alone = matches!(self.ledger.validators(), [only] if only.key == public);
        let is_alone = decides_alone && self.configuration.network.is_none();
        let is_restored = self.directory.is_restored();
        let restored = Reason::new(codes::RESTORED, &[&self.path.display().to_string()]);
        if decides_alone && is_restored {
            return Err(restored);
        }
        let identity = key.identity_seed();
        // Before what must be remembered is read: a snapshot may come in the place of the ledger.
        let (opened, joining) = match is_alone {
            true => (self, None),
            false => self.join(&identity)?,
        };
        let trust = opened.trust();
        let Opened { store, configuration, genesis, ledger, path, directory, .. } = opened;
        let alarms = Arc::new(Alarms::open(&path, ledger.head.chain)?);
        let log = match is_alone {
            true => None,
            false => Some(peers::open_log(&path).map_err(|error| directory_reason(&error))?),
        };
        let (log, records) = log.unzip();
        if is_restored {
            // With others it takes from them what came after the backup, and does not vote before; but not if there is a log,
            // which is of something else.
            if !log.as_ref().is_some_and(RecordLog::is_new) {
                return Err(restored);
            }
            directory.accept_restored().map_err(|error| directory_reason(&error))?;
        }
        // Who decides alone signs nothing that it has not applied.
        let is_new_log = log.as_ref().is_some_and(RecordLog::is_new) && ledger.validators().len() > 1;
        if let (false, Some(log)) = (is_new_log, &log) {
            log.remember().map_err(|error| store_reason(&error))?;
        }
        if is_new_log && ledger.head.height > 0 {
            tracing::warn!("the log is new: this node votes once it has two blocks more than others have now");
        }
        let log_records = records.unwrap_or_default();
        let settings = CoreSettings { key: Some(key), pace: Pace::default(), log: log_records, is_new_log };
        let core = NodeCore::new(ledger, store.as_ref(), settings).map_err(|error| core_reason(&error))?;
        let core = if configuration.audit { core.into_audit() } else { core };
        let at = |error: io::Error| io_reason(&path, &error);
        let history = Arc::<HistoryProgress>::default();
        let fetch = match lacks(store.as_ref()).map_err(|error| store_reason(&error))? {
            None => None,
            Some(lacks) => {
                history.begin(lacks.moment.height);
                let place = directory.begin_join().map_err(|error| directory_reason(&error))?;
                Some(Fetch { trust, lacks, place, progress: Arc::clone(&history) })
            }
        };
        let (writer, others) = match log.zip(joining) {
            None => (Arc::new(Writer::start(core, store.clone(), None).map_err(at)?), None),
            Some((log, joining)) => {
                let together = Together { log, peers: Box::new(joining.outgoing()), alarms: Arc::clone(&alarms) };
                let writer = Arc::new(Writer::start(core, store.clone(), Some(together)).map_err(at)?);
                let others = joining.listen(Arc::clone(&writer), &store, &path, fetch).map_err(at)?;
                (writer, Some(others))
            }
        };
        let remembered = Remembered::default();
        Ok(Node {
            writer,
            store,
            others,
            alarms,
            key: public,
            remembered,
            history,
            configuration,
            genesis,
            path,
            _directory: directory,
        })
    }
}

impl Opened {
    /// Connects with the other members, and takes the ledger from them if it is far behind (`join`).
    fn join(self, identity: &[u8; 32]) -> Result<(Opened, Option<Joining>), Reason> {
        let Some(table) = self.configuration.network.clone() else {
            return Err(Reason::new(codes::NO_NETWORK, &[&self.path.display().to_string()]));
        };
        let mut joining = Joining::start(identity, &table, &self.ledger)?;
        let (height, is_stuck) = (self.ledger.head.height, Stuck::is_marked(&self.path));
        let known = lacks(self.store.as_ref()).map_err(|error| store_reason(&error))?;
        let known = known.filter(|lacks| lacks.is_false);
        if known.is_none() && !wants_to_join(&table, height, is_stuck) {
            return Ok((self, Some(joining)));
        }
        let (memory, trust) = (self.configuration.memory_bytes(), self.trust());
        let (height, behind) = match (&known, is_stuck) {
            // What was applied to a state that is false is worth nothing. But it is no further back than that state: up to
            // there this node may have voted.
            (Some(lacks), _) => (lacks.moment.height.saturating_sub(1), 1),
            (None, true) => (height, 1),
            (None, false) => (height, table.join_blocks),
        };
        let liar = known.map(|lacks| lacks.giver.0);
        let joiner = Joiner::new(&mut joining, &self.directory, trust, (height, behind), memory);
        let joined = liar.into_iter().fold(joiner, Joiner::without).run()?;
        let Joined::Taken(place) = joined else {
            let still_false = |_| Err(Reason::new(codes::FALSE_STATE, &["no other node gives one"]));
            return liar.map_or(Ok(()), still_false).map(|()| (self, Some(joining)));
        };
        let Opened { store, directory, .. } = self;
        // It MUST be closed before another comes in its place.
        drop(store);
        place.exchange().map_err(|error| directory_reason(&error))?;
        Stuck::unmark(&self.path);
        let store = directory.open_store(memory).map_err(|error| directory_reason(&error))?;
        let ledger = Ledger::open(&store).map_err(|error| store_reason(&error))?;
        let ledger = ledger.ok_or_else(|| Reason::new(codes::UNFINISHED, &[&self.path.display().to_string()]))?;
        joining.outgoing().members(&ledger.directory, ledger.head.height.saturating_add(1));
        let Opened { configuration, genesis, genesis_bytes, path, .. } = self;
        Ok((
            Opened { store: Arc::new(store), configuration, genesis, genesis_bytes, ledger, path, directory },
            Some(joining),
        ))
    }
}

impl Node {
    /// Seals the last block, and ends once all is on disk.
    pub fn close(self) -> Result<(), Reason> {
        let stopped = self.writer.stop();
        if let Some(others) = self.others {
            others.stop();
        }
        match stopped {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(stopped)) => Err(stopped_reason(&stopped)),
        }
    }
}

/// Reads a file of at most so many bytes.
pub fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes));
    read.map_err(|error| io_reason(path, &error))?;
    match bytes.len() as u64 > bytes_max {
        true => Err(Reason::new(codes::IO, &[&path.display().to_string(), &format!("more than {bytes_max} bytes")])),
        false => Ok(bytes),
    }
}

/// Writes a file that is there whole or not at all; one that is there stays.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Reason> {
    if path.exists() {
        return Ok(());
    }
    let at = |error: io::Error| io_reason(path, &error);
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(at)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(at)?;
    file.persist_noclobber(path).map_err(|error| at(error.error))?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at)
}

#[cfg(unix)]
fn keep_private(folder: &Path) -> Result<(), Reason> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(|error| io_reason(folder, &error))
}

#[cfg(not(unix))]
fn keep_private(_folder: &Path) -> Result<(), Reason> {
    Ok(())
}

/// Refuses a ledger that was begun with a state and lacks what was before it.
pub fn whole(store: &dyn Read) -> Result<(), Reason> {
    match lacks_history(store) {
        Ok(false) => Ok(()),
        Ok(true) => Err(store_reason(&StoreError::Later)),
        Err(error) => Err(store_reason(&error)),
    }
}

/// Why the store can't go on.
pub fn store_reason(error: &StoreError) -> Reason {
    let words = error.to_string();
    // RocksDB tells its reasons in words only.
    let code = match error {
        _ if words.contains("No space left on device") => codes::DISK_FULL,
        StoreError::Corrupt(..) => codes::DAMAGED,
        StoreError::Failed(_) if words.contains("Corruption: ") => codes::DAMAGED,
        StoreError::Failed(_) => codes::STORE,
        StoreError::Later => return Reason::new(codes::HISTORY_LATER, &[]),
    };
    Reason::new(code, &[&words])
}

/// Why a file can't be read or written.
pub fn io_reason(path: &Path, error: &io::Error) -> Reason {
    let shown = path.display().to_string();
    let words = format!("{shown}: {error}");
    match error.kind() {
        io::ErrorKind::NotFound => missing_folder(path)
            .map(|folder| Reason::new(codes::NO_FOLDER, &[&shown, &folder.display().to_string()]))
            .unwrap_or_else(|| Reason::new(codes::IO, &[&shown, &error.to_string()])),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Reason::new(codes::NOT_PERMITTED, &[&words])
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Reason::new(codes::DISK_FULL, &[&words]),
        _ => Reason::new(codes::IO, &[&shown, &error.to_string()]),
    }
}

/// The first folder on the way to a path that is not there; none if the path's own folder is.
pub fn missing_folder(path: &Path) -> Option<&Path> {
    let above = path.ancestors().skip(1).filter(|folder| *folder != Path::new(""));
    above.take_while(|folder| !folder.exists()).last()
}

/// Why the writer stopped.
pub fn stopped_reason(stopped: &Stopped) -> Reason {
    core_reason(&stopped.0)
}

/// Why a node's core can't go on.
fn core_reason(error: &CoreError) -> Reason {
    match error {
        CoreError::Apply(ApplyError::Store(error)) => store_reason(error),
        CoreError::Apply(ApplyError::Rules(rules)) => Reason::new(codes::RULES, &[&rules.to_string()]),
        CoreError::NotAlone => Reason::new(codes::NOT_ALONE, &[]),
        CoreError::FalseState(what) => Reason::new(codes::FALSE_STATE, &[what]),
        other => Reason::new(codes::STORE, &[&other.to_string()]),
    }
}

/// Refuses a path to be written whose folder is not there, before any work is done for it.
pub fn need_folder(path: &Path) -> Result<(), Reason> {
    let shown = |path: &Path| path.display().to_string();
    match missing_folder(path) {
        Some(folder) => Err(Reason::new(codes::NO_FOLDER, &[&shown(path), &shown(folder)])),
        None => Ok(()),
    }
}

pub(crate) fn directory_reason(error: &OpenError) -> Reason {
    let (words, shown) = (error.to_string(), |path: &Path| path.display().to_string());
    match error {
        OpenError::Locked(path) => Reason::new(codes::IN_USE, &[&shown(path)]),
        OpenError::PermissionDenied(..) => Reason::new(codes::NOT_PERMITTED, &[&words]),
        OpenError::DiskFull(..) => Reason::new(codes::DISK_FULL, &[&words]),
        OpenError::Lost { .. } => Reason::new(codes::LOST, &[&words]),
        OpenError::Store(_, error) if words.contains("Corruption: ") || matches!(error, StoreError::Corrupt(..)) => {
            Reason::new(codes::DAMAGED, &[&words])
        }
        OpenError::NotFound(path) if missing_folder(path).is_some() => {
            let folder = missing_folder(path).map(shown).unwrap_or_default();
            Reason::new(codes::NO_FOLDER, &[&shown(path), &folder])
        }
        _ => Reason::new(codes::DIRECTORY, &[&words]),
    }
}
