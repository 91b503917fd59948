//! What the ledger's commands share: where the ledger is, how keys are opened, how a command fails.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use suyuan_epcis::codes::{contract, credit};
use suyuan_epcis::problem::Reason;
use suyuan_sdk::keyfile::{KeyFile, PASSPHRASE_VARIABLE, Passphrase, find_passphrase};
use suyuan_sdk::signer::MemorySigner;

use super::arguments::{PlaceArguments, UnlockArguments};
use super::outcome::Outcome;
use super::screen::Screen;
use super::status::stale;
use crate::codes::node as codes;
use crate::credits::Reading;
use crate::link::Remote;
use crate::open::{Node, Opened, is_there};

/// Where a node listens unless its configuration says otherwise.
const URL_DEFAULT: &str = "http://127.0.0.1:8480";
/// The environment's token for it.
const TOKEN_VARIABLE: &str = "SUYUAN_TOKEN";

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// For a reason, to be said of something.
    Of(String, Reason),
    /// Answers can't be written.
    Io(io::Error),
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Failure::Of("suyuan".to_owned(), reason)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

/// Says why a command ended early.
pub fn end(result: Result<Outcome, Failure>, screen: &mut Screen) -> io::Result<Outcome> {
    match result {
        Ok(outcome) => Ok(outcome),
        Err(Failure::Io(error)) => Err(error),
        Err(Failure::Of(name, reason)) => {
            let outcome = outcome_of(&reason);
            screen.complain_of(&name, reason)?;
            Ok(outcome)
        }
    }
}

/// The code of a reason: of what a node refuses, the node's, as if it had been refused here.
pub fn said_code(reason: &Reason) -> &str {
    let refused = reason.arguments.get(1).filter(|_| reason.code == codes::REFUSED);
    refused.map_or(reason.code.id, String::as_str)
}

/// What a reason makes of a command.
pub fn outcome_of(reason: &Reason) -> Outcome {
    let id = said_code(reason);
    // Who is not told has no answer.
    if [credit::NOT_YOURS, contract::NOT_YOURS].iter().any(|code| code.id == id) {
        return Outcome::Failed;
    }
    let answers_no = [
        codes::SUBJECT,
        codes::NOT_RECORDED,
        codes::ROLLED_BACK,
        codes::KEY_UNKNOWN,
        codes::BEHIND,
        codes::BACKUP_DAMAGED,
    ];
    let wrong_use = ["EPCIS-QUERY_", "QUERY-", codes::OPTION.id, codes::API_PARAMETER.id];
    if wrong_use.iter().any(|area| id.starts_with(area)) {
        Outcome::WrongUse
    } else if answers_no.iter().any(|code| code.id == id)
        || ["ID-", "EPC-", "DL-", "ES-", "LINT-", "GENESIS-", "LEDGER-", "PROOF-", "EVIDENCE-", "CREDIT-", "CONTRACT-"]
            .iter()
            .any(|area| id.starts_with(area))
    {
        Outcome::No
    } else {
        Outcome::Failed
    }
}

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a data directory on this machine.
    Directory(PathBuf),
    /// With a node.
    Node(String),
}

/// Where the arguments and the environment say that the ledger is; `create` says that a data directory that
/// is absent would be made.
pub fn place(arguments: &PlaceArguments, create: bool) -> Place {
    if let Some(url) = &arguments.url {
        return Place::Node(url.clone());
    }
    if let Some(dir) = &arguments.dir {
        return Place::Directory(dir.clone());
    }
    if let Some(url) = std::env::var("SUYUAN_URL").ok().filter(|url| !url.is_empty()) {
        return Place::Node(url);
    }
    let directory = directory(None);
    match create || is_there(&directory) || std::env::var_os("SUYUAN_DIR").is_some() {
        true => Place::Directory(directory),
        false => Place::Node(URL_DEFAULT.to_owned()),
    }
}

/// The node at an address, asked with the token that the arguments or the environment give.
pub fn remote(url: &str, arguments: &PlaceArguments) -> Result<Remote, Reason> {
    remote_at(url, arguments.token.as_deref())
}

/// The same, with a token alone.
pub fn remote_at(url: &str, token: Option<&str>) -> Result<Remote, Reason> {
    let variable = || std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.is_empty());
    Remote::new(url, token.map(str::to_owned).or_else(variable).as_deref())
}

/// What is read out of a directory, or else answered at a path of a node.
pub fn told<T: DeserializeOwned>(
    at: &PlaceArguments,
    path: &str,
    screen: &mut Screen,
    of_directory: impl FnOnce(&Reading) -> Result<T, Reason>,
) -> Result<T, Failure> {
    match place(at, false) {
        Place::Directory(folder) => {
            let opened = Opened::open(&folder)?.whole()?;
            Ok(of_directory(&Reading::new(Arc::clone(&opened.store)))?)
        }
        Place::Node(url) => {
            let remote = remote(&url, at)?;
            let said = remote.said(path)?;
            warn_if_stale(&remote, screen)?;
            Ok(said)
        }
    }
}

/// Says so if what a node answered last may be stale.
pub fn warn_if_stale(remote: &Remote, screen: &mut Screen) -> io::Result<()> {
    match remote.stale() {
        Some(why) => screen.say(&format!("{}\n", stale(why, screen.language))),
        None => Ok(()),
    }
}

/// The address of a node: of an argument, else of the environment, else the default.
pub fn node_url(argument: Option<&str>) -> String {
    let variable = || std::env::var("SUYUAN_URL").ok().filter(|url| !url.is_empty());
    argument.map(str::to_owned).or_else(variable).unwrap_or_else(|| URL_DEFAULT.to_owned())
}

/// The data directory that an argument names, else the environment, else the default.
pub fn directory(argument: Option<&Path>) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    argument
        .map(Path::to_owned)
        .or_else(|| variable("SUYUAN_DIR"))
        .or_else(|| variable("XDG_DATA_HOME").map(|folder| folder.join("suyuan")))
        .unwrap_or_else(|| variable("HOME").unwrap_or_default().join(".local/share/suyuan"))
}

/// Opens a key file with the passphrase that the arguments, the environment or the user gives.
pub fn unlock(path: &Path, arguments: &UnlockArguments, allow_insecure: bool) -> Result<MemorySigner, Reason> {
    let file = KeyFile::read(path)?;
    file.unlock(arguments.insecure || allow_insecure, &mut || passphrase(path, arguments))
}

/// The passphrase of a key file.
pub fn passphrase(path: &Path, arguments: &UnlockArguments) -> Result<Passphrase, Reason> {
    find_passphrase(path, arguments.passphrase_file.as_deref(), &mut || ask(path))
}

/// Whether a passphrase is given without asking.
pub fn is_passphrase_given(arguments: &UnlockArguments) -> bool {
    arguments.passphrase_file.is_some() || std::env::var_os(PASSPHRASE_VARIABLE).is_some_and(|text| !text.is_empty())
}

/// Asks on the terminal, what is typed not being shown.
fn ask(path: &Path) -> Option<String> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let echo = |how: &str| {
        let told = Command::new("stty").arg(how).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
        told.is_ok_and(|status| status.success())
    };
    let _ = write!(io::stderr(), "{}: ", path.display());
    let hidden = echo("-echo");
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    if hidden {
        echo("echo");
    }
    let _ = writeln!(io::stderr());
    read.ok()?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Starts the writer of a data directory, to record something.
pub fn start(opened: Opened, unlock_with: &UnlockArguments) -> Result<Node, Reason> {
    if opened.configuration.audit {
        return Err(Reason::new(codes::AUDIT_ONLY, &[]));
    }
    let allow = opened.configuration.allow_unencrypted_keys;
    let validator = unlock(&opened.validator_key(), unlock_with, allow)?;
    opened.start(validator)
}
