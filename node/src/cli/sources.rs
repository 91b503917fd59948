//! Which documents a command is given: files, folders, standard input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use suyuan_epcis::input::Input;
use suyuan_epcis::problem::Reason;

use super::outcome::{Outcome, read_reason};
use crate::codes;

/// Names of files that a folder is searched for.
const EXTENSIONS: [&str; 4] = ["json", "jsonld", "ndjson", "xml"];

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input, `-`.
    Standard,
    /// A file.
    File(PathBuf),
}

/// A path that leads to no document, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The path as shown.
    pub name: String,
    /// What is wrong with it.
    pub reason: Reason,
    /// What that makes of the command.
    pub outcome: Outcome,
}

impl Missing {
    fn new(name: String, reason: Reason, outcome: Outcome) -> Self {
        Missing { name, reason, outcome }
    }
}

impl Source {
    /// What `path` names, if it is no folder.
    pub fn from_path(path: &Path) -> Source {
        match path.as_os_str() == "-" {
            true => Source::Standard,
            false => Source::File(path.to_owned()),
        }
    }

    /// Its name as shown. A name that is no Unicode is shown with replacement characters.
    pub fn name(&self) -> String {
        match self {
            Source::Standard => "-".to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }

    /// Opens it.
    pub fn open(&self) -> io::Result<Input> {
        match self {
            Source::Standard => Input::spool(&mut io::stdin().lock()),
            Source::File(path) => Input::open(path),
        }
    }
}

/// The documents that `paths` name, folders replaced by the documents in and below them in the
/// order of their names.
pub fn expand(paths: &[PathBuf]) -> Vec<Result<Source, Missing>> {
    let mut sources = Vec::with_capacity(paths.len());
    for path in paths {
        let source = Source::from_path(path);
        if source == Source::File(path.clone()) && path.is_dir() {
            folder(path, &mut sources);
        } else if source == Source::Standard && sources.contains(&Ok(Source::Standard)) {
            sources.push(Err(Missing::new(source.name(), Reason::new(codes::STDIN_TWICE, &[]), Outcome::WrongUse)));
        } else {
            sources.push(Ok(source));
        }
    }
    sources
}

fn folder(root: &Path, sources: &mut Vec<Result<Source, Missing>>) {
    let before = sources.len();
    // Folders yet to read and files yet to name, the next one last.
    let mut pending = vec![(root.to_owned(), true)];
    while let Some((path, is_folder)) = pending.pop() {
        if !is_folder {
            sources.push(Ok(Source::File(path)));
            continue;
        }
        match entries(&path) {
            Ok(entries) => pending.extend(entries.into_iter().rev()),
            Err(error) => {
                sources.push(Err(Missing::new(path.display().to_string(), read_reason(&error), Outcome::Failed)));
            }
        }
    }
    if sources.len() == before {
        let reason = Reason::new(codes::NO_DOCUMENTS, &[]);
        sources.push(Err(Missing::new(root.display().to_string(), reason, Outcome::Failed)));
    }
}

/// Documents and folders in `folder`, by name, with whether each is a folder. A link to a folder is not
/// followed: it could lead back here.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            found.push((path, true));
        } else if is_document(&path) && (kind.is_file() || kind.is_symlink() && !path.is_dir()) {
            found.push((path, false));
        }
    }
    found.sort();
    Ok(found)
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}
