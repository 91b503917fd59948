//! What a store has acknowledged, noted beside the database, so that a database that lost its end does not open as
//! if nothing were missing.
//!
//! RocksDB takes a write-ahead log or a manifest that ends too early for one that a crash cut off, and opens with what
//! is before. After a crash that is right: what was being written was not acknowledged. After a rotten length or a
//! file that was cut, what is missing was acknowledged. So each commit, once it is on the disk, notes RocksDB's number
//! of the last change and the height of the last block; a store that opens with a lower number has lost something.
//!
//! The note is not synced: the kernel keeps it when the process dies, and after a loss of power it may be an older
//! one, which asks for less. It never asks for more than the disk was told to keep.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use suyuan_ledger::hash::FileHasher;

/// The note's name, in the database's folder.
pub(crate) const NOTE_NAME: &str = "ACKNOWLEDGED";
/// More than any note has.
const NOTE_BYTES_MAX: usize = 256;
/// Digits of the checksum that ends the note.
const CHECKSUM_DIGITS: usize = 16;

/// What was acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Acknowledged {
    /// RocksDB's number of the last change.
    pub change: u64,
    /// The height of the last block.
    pub height: u64,
}

impl Acknowledged {
    /// One line of the same length whatever it says, so that it is replaced by one write in place.
    fn line(self) -> String {
        let said = format!("change {:020} block {:020} ", self.change, self.height);
        let sum = checksum(&said);
        format!("{said}{sum}\n")
    }

    fn parse(line: &str) -> Option<Acknowledged> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["change", change, "block", height, _] = words.as_slice() else { return None };
        let read = Acknowledged { change: change.parse().ok()?, height: height.parse().ok()? };
        (read.line() == line).then_some(read)
    }
}

fn checksum(said: &str) -> String {
    let mut hasher = FileHasher::default();
    hasher.update(said.as_bytes());
    hasher.finish().to_string().chars().take(CHECKSUM_DIGITS).collect()
}

/// Why a note can't be used.
#[derive(Debug)]
pub(crate) enum NoteError {
    Io(io::Error),
    /// It is not what this program writes.
    Garbled,
}

/// The note of a store that is open.
#[derive(Debug)]
pub(crate) struct Note {
    open: Mutex<(File, Acknowledged)>,
}

impl Note {
    /// Where the note of a database is.
    pub(crate) fn path(database: &Path) -> PathBuf {
        database.join(NOTE_NAME)
    }

    /// What the note of a database says; `None` if it has none, as one that an earlier version wrote or a restored one.
    pub(crate) fn read(database: &Path) -> Result<Option<Acknowledged>, NoteError> {
        match fs::read(Note::path(database)) {
            Ok(bytes) if bytes.len() <= NOTE_BYTES_MAX => {
                let line = String::from_utf8(bytes).ok();
                line.and_then(|line| Acknowledged::parse(&line)).map(Some).ok_or(NoteError::Garbled)
            }
            Ok(_) => Err(NoteError::Garbled),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(NoteError::Io(error)),
        }
    }

    /// Opens the note to be written, saying this.
    pub(crate) fn open(database: &Path, stands: Acknowledged) -> io::Result<Note> {
        let path = Note::path(database);
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        let line = stands.line();
        file.write_all(line.as_bytes())?;
        file.set_len(line.len() as u64)?;
        Ok(Note { open: Mutex::new((file, stands)) })
    }

    /// Notes what is on the disk now.
    pub(crate) fn advance(&self, change: u64, height: Option<u64>) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, stands) = &mut *open;
        let next = Acknowledged { change: stands.change.max(change), height: height.unwrap_or(stands.height) };
        file.seek(SeekFrom::Start(0))?;
        file.write_all(next.line().as_bytes())?;
        *stands = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: what is noted is read, and a note in which any bit is flipped is refused. Method: every bit.
    #[test]
    fn strict() {
        let said = Acknowledged { change: 812, height: 7 };
        let line = said.line();
        assert_eq!(Acknowledged::parse(&line), Some(said));
        for place in 0..line.len() * 8 {
            let mut bytes = line.clone().into_bytes();
            bytes[place / 8] ^= 1 << (place % 8);
            let read = String::from_utf8(bytes).ok().and_then(|line| Acknowledged::parse(&line));
            assert_eq!(read, None, "bit {place}");
        }
        assert_eq!(line.len(), Acknowledged { change: u64::MAX, height: u64::MAX }.line().len());
    }
}
