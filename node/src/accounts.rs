//! The accounts of a node: people and programs that may ask it, off the ledger.
//!
//! `accounts.json` in the data directory holds names, roles, and the BLAKE3 of each token: tokens are 32 random
//! bytes, so a plain hash can't be guessed back. A running node sees within a second what a command has changed.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use suyuan_epcis::problem::Reason;

use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::open::io_reason;
use crate::random::random;

/// The file's name.
const FILE_NAME: &str = "accounts.json";
/// Commands that change the file take turns by a lock on this one.
const LOCK_NAME: &str = "accounts.lock";
/// Bytes of the file.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Accounts of a node, revoked ones included.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Bytes of a name.
pub const NAME_BYTES_MAX: usize = 64;
/// What a token begins with, so that it is known for what it is where it should not be.
const TOKEN_PREFIX: &str = "suyuan_";
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// So long a change of the file may go unseen.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// What an account may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Reader,
    /// Records in the node's name.
    Writer,
    /// Writes, and whatever comes that changes the node itself.
    Admin,
}

impl Role {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Writer => "writer",
            Role::Admin => "admin",
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The BLAKE3 of its token, in hex.
    pub token_blake3: String,
    /// When it was made, milliseconds since 1970.
    pub created: i64,
    /// When it was revoked: its token is good for nothing since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked: Option<i64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    accounts: Vec<Account>,
}

/// A token's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
}

/// Makes an account, and gives its token: it is kept nowhere.
pub fn add(folder: &Path, name: &str, role: Role) -> Result<String, Reason> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
        let what = format!("NAME: 1 to {NAME_BYTES_MAX} of letters, digits, - _ . @");
        return Err(Reason::new(codes::OPTION, &[&what, name]));
    }
    let hex: String = random::<TOKEN_BYTES>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let token = [TOKEN_PREFIX, &hex].concat();
    change(folder, |file| {
        if file.accounts.iter().any(|account| account.name == name && account.revoked.is_none()) {
            return Err(Reason::new(codes::EXISTS, &[name]));
        }
        if file.accounts.len() >= ACCOUNTS_MAX {
            return Err(Reason::new(codes::OPTION, &["NAME", &format!("{ACCOUNTS_MAX} accounts at most")]));
        }
        let token_blake3 = blake3::hash(token.as_bytes()).to_hex().to_string();
        file.accounts.push(Account { name: name.to_owned(), role, token_blake3, created: now_ms(), revoked: None });
        Ok(())
    })?;
    Ok(token)
}

/// Revokes an account.
pub fn revoke(folder: &Path, name: &str) -> Result<(), Reason> {
    change(folder, |file| {
        let mut valid = file.accounts.iter_mut().filter(|account| account.name == name && account.revoked.is_none());
        let account = valid.next().ok_or_else(|| Reason::new(codes::ACCOUNT_UNKNOWN, &[name]))?;
        account.revoked = Some(now_ms());
        Ok(())
    })
}

/// The accounts of a data directory.
pub fn list(folder: &Path) -> Result<Vec<Account>, Reason> {
    Ok(load(&folder.join(FILE_NAME))?.accounts)
}

fn load(path: &Path) -> Result<AccountFile, Reason> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(AccountFile::default()),
        opened => opened.map_err(|error| io_reason(path, &error))?,
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| io_reason(path, &error))?;
    let wrong = |what: String| Reason::new(codes::CONFIGURATION, &[&path.display().to_string(), &what]);
    let file: AccountFile = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    match file.accounts.iter().find(|account| blake3::Hash::from_hex(&account.token_blake3).is_err()) {
        Some(account) => Err(wrong(format!("{}: token_blake3", account.name))),
        None => Ok(file),
    }
}

/// Changes the file: whole or not at all, one process after the other.
fn change(folder: &Path, edit: impl FnOnce(&mut AccountFile) -> Result<(), Reason>) -> Result<(), Reason> {
    let (path, lock) = (folder.join(FILE_NAME), folder.join(LOCK_NAME));
    if !crate::open::is_there(folder) {
        return Err(Reason::new(codes::DIRECTORY, &[&folder.display().to_string()]));
    }
    let turn = File::options().create(true).truncate(false).write(true).open(&lock);
    let turn = turn.map_err(|error| io_reason(&lock, &error))?;
    turn.lock().map_err(|error| io_reason(&lock, &error))?;
    let mut accounts = load(&path)?;
    edit(&mut accounts)?;
    let at = |error: io::Error| io_reason(&path, &error);
    let text = serde_json::to_vec_pretty(&accounts).map_err(|error| at(error.into()))?;
    // Its mode is 600 from the first: a temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(at)?;
    file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(at)?;
    file.persist(&path).map_err(|error| at(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at)
}

/// What a file looked like from outside when it was read.
type Look = Option<(SystemTime, u64)>;

/// The accounts as a running node sees them.
pub struct Accounts {
    path: PathBuf,
    seen: Mutex<Seen>,
}

struct Seen {
    look: Look,
    checked: Instant,
    tokens: Arc<[(blake3::Hash, Known)]>,
}

impl Accounts {
    /// Those of a data directory.
    pub fn open(folder: &Path) -> Result<Accounts, Reason> {
        let path = folder.join(FILE_NAME);
        let (look, tokens) = (look(&path), tokens(load(&path)?));
        Ok(Accounts { path, seen: Mutex::new(Seen { look, checked: Instant::now(), tokens }) })
    }

    /// Whose token this is. Every token that is known is compared in full, whichever it is, and by hashes, so
    /// that the time taken tells nothing of a token.
    pub fn find(&self, token: &str) -> Option<Known> {
        let asked = blake3::hash(token.as_bytes());
        let tokens = self.tokens();
        let mut found = None;
        for (hash, known) in tokens.iter() {
            // Compares in constant time.
            if *hash == asked {
                found = Some(known);
            }
        }
        found.cloned()
    }

    fn tokens(&self) -> Arc<[(blake3::Hash, Known)]> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.checked.elapsed() >= CHECK_EVERY {
            seen.checked = Instant::now();
            let look_now = look(&self.path);
            if look_now != seen.look {
                match load(&self.path) {
                    Ok(file) => (seen.look, seen.tokens) = (look_now, tokens(file)),
                    // A file that can't be read opens no door that was closed: whom it may have revoked is out.
                    Err(reason) => {
                        tracing::error!(code = reason.code.id, "{reason}");
                        seen.tokens = Arc::new([]);
                    }
                }
            }
        }
        seen.tokens.clone()
    }
}

fn look(path: &Path) -> Look {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn tokens(file: AccountFile) -> Arc<[(blake3::Hash, Known)]> {
    let valid = file.accounts.into_iter().filter(|account| account.revoked.is_none());
    let known = valid.filter_map(|account| {
        let hash = blake3::Hash::from_hex(&account.token_blake3).ok()?;
        Some((hash, Known { name: account.name.into(), role: account.role }))
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a token is good from when it is made until it is revoked, is kept nowhere, and the file is its owner's
    // alone. Method: a directory that looks like a node's.
    #[test]
    fn life_of_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(add(path, "app", Role::Writer).unwrap_err().code.id, codes::DIRECTORY.id);
        fs::write(path.join("FORMAT"), "").unwrap();
        let token = add(path, "app", Role::Writer).unwrap();
        assert_eq!(token.len(), TOKEN_PREFIX.len() + 2 * TOKEN_BYTES);
        let text = fs::read_to_string(path.join(FILE_NAME)).unwrap();
        assert!(!text.contains(&token), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path.join(FILE_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let accounts = Accounts::open(path).unwrap();
        assert_eq!(accounts.find(&token).map(|known| known.role), Some(Role::Writer));
        assert_eq!(accounts.find(&token[1..]), None);
        assert_eq!(add(path, "app", Role::Reader).unwrap_err().code.id, codes::EXISTS.id);
        assert_eq!(add(path, "a b", Role::Reader).unwrap_err().code.id, codes::OPTION.id);
        revoke(path, "app").unwrap();
        assert_eq!(revoke(path, "app").unwrap_err().code.id, codes::ACCOUNT_UNKNOWN.id);
        assert_eq!(Accounts::open(path).unwrap().find(&token), None);
        // The node that runs sees it too.
        std::thread::sleep(CHECK_EVERY + Duration::from_millis(50));
        assert_eq!(accounts.find(&token), None);
        let other = add(path, "app", Role::Reader).unwrap();
        assert_eq!(list(path).unwrap().len(), 2);
        std::thread::sleep(CHECK_EVERY + Duration::from_millis(50));
        assert_eq!(accounts.find(&other).map(|known| known.role), Some(Role::Reader));
        // A file that was damaged lets nobody in.
        fs::write(path.join(FILE_NAME), "{").unwrap();
        std::thread::sleep(CHECK_EVERY + Duration::from_millis(50));
        assert_eq!(accounts.find(&other), None);
    }
}
