//! The node's own log of writes: who recorded what through which account.
//!
//! One JSON object a line, appended to `journal/writes.ndjson` of the data directory. Full files are kept under
//! numbers, the oldest go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use suyuan_epcis::problem::Reason;

use crate::open::io_reason;

/// A file of the log has so many bytes at most.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// So many full files are kept.
const FILES_KEPT: u32 = 16;
const NAME: &str = "writes.ndjson";

/// One write, or the attempt.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    /// When it was answered, milliseconds since 1970.
    pub time: i64,
    /// The account; none for a program on this machine that needs none.
    pub account: Option<&'a str>,
    /// The address that it came from.
    pub peer: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path, as far as it is logged.
    pub path: &'a str,
    /// The answer's status.
    pub status: u16,
    /// The code of what was wrong.
    pub code: Option<&'static str>,
    /// The id of the submission, or of the capture.
    pub wrote: Option<&'a str>,
}

/// The log of a data directory.
pub struct Journal {
    path: PathBuf,
    file: Mutex<(File, u64)>,
    bytes_max: u64,
}

impl Journal {
    /// Opens the log, and makes it if there is none.
    pub fn open(folder: &Path) -> Result<Journal, Reason> {
        Journal::open_with(folder, FILE_BYTES_MAX)
    }

    fn open_with(folder: &Path, bytes_max: u64) -> Result<Journal, Reason> {
        let folder = folder.join("journal");
        let path = folder.join(NAME);
        let opened = fs::create_dir_all(&folder).and_then(|()| open(&path));
        let file = opened.map_err(|error| io_reason(&path, &error))?;
        Ok(Journal { path, file: Mutex::new(file), bytes_max })
    }

    /// Adds an entry.
    pub fn add(&self, entry: &Entry<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.1 > 0 && file.1.saturating_add(line.len() as u64) > self.bytes_max {
            file.0.sync_all()?;
            self.turn()?;
            *file = open(&self.path)?;
        }
        // In one call: a line is never mixed with another.
        file.0.write_all(&line)?;
        file.1 = file.1.saturating_add(line.len() as u64);
        Ok(())
    }

    /// Makes room for a new file: each takes the name of the next older.
    fn turn(&self) -> io::Result<()> {
        let name = |number: u32| self.path.with_extension(format!("{number}.ndjson"));
        for number in (1..FILES_KEPT).rev() {
            if name(number).exists() {
                fs::rename(name(number), name(number + 1))?;
            }
        }
        fs::rename(&self.path, name(1))
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: every entry is kept in its order over files of bounded size, and over a restart. Method: small files.
    #[test]
    fn turned() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |time| Entry {
            time,
            account: Some("app"),
            peer: "127.0.0.1:1",
            method: "POST",
            path: "/v1/records",
            status: 200,
            code: None,
            wrote: Some("ab"),
        };
        let first = Journal::open_with(folder.path(), 400).unwrap();
        (0..5).for_each(|time| first.add(&entry(time)).unwrap());
        let again = Journal::open_with(folder.path(), 400).unwrap();
        (5..10).for_each(|time| again.add(&entry(time)).unwrap());
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder.path().join("journal")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort_by_key(|path| fs::read_to_string(path).unwrap());
        assert!(files.len() > 2, "{files:?}");
        let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let times: Vec<i64> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["time"].as_i64().unwrap())
            .collect();
        assert_eq!(times, (0..10).collect::<Vec<i64>>());
        assert!(files.iter().all(|path| fs::metadata(path).unwrap().len() <= 400));
    }
}
