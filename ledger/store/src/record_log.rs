//! Keeps what a validator must remember while a block is decided: records in order, forgotten when the block of their
//! height is written. What is flushed survives a crash, with everything before it; what is not may be lost from the end.
//!
//! Two files are written in turn: while one holds what must be remembered, the other may be written over, so that files
//! do not grow and a flush has nothing to tell the file system of. A flush writes one batch (`docs/FORMATS.md`), at a
//! multiple of [`PAGE`], so that a batch cut short harms none before it. Batches are numbered, and each names the first
//! that must still be there: if one is missing between that and the last, something that was flushed has rotted, and the
//! log does not open. A batch at the very end that can't be read was cut off by a crash, or looks as if it were.
//!
//! Bytes of others are in records, and what is left of old ones lies behind the last batch: so each file has a key of its
//! own, without which nobody can make bytes that look like a batch.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use suyuan_ledger::hash::FileHasher;
use suyuan_ledger::kv::StoreError;

use crate::OpenError;

/// Batches begin at multiples of this.
const PAGE: usize = 4096;
/// The first bytes of a file; a changed layout gets others.
const MAGIC: &[u8; 8] = b"suyuanL1";
const NAMES: [&str; 2] = ["records.0", "records.1"];
/// Is there while nobody has said that nothing is missing.
const NEW_NAME: &str = "NEW";
/// Hash 32, number 8, number of the first 8, bytes of records 8.
const HEAD_BYTES: usize = 56;
const HASH_BYTES: usize = 32;
/// Room for the next batch is kept up to this: that of a large block.
const BATCH_BYTES_KEPT: usize = 8 << 20;
/// A file that is to be written over is cut down to this.
const FILE_BYTES_KEPT: u64 = 32 << 20;

/// The log of one validator.
pub struct RecordLog {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    files: [Keyed; 2],
    /// The file that is written, and where the next batch goes in it.
    current: usize,
    end: u64,
    /// The number of the next batch, and that of the first one that must be there.
    next: u64,
    first: u64,
    /// The next batch, its head left free.
    batch: Vec<u8>,
    /// The highest height of a record since the first batch.
    highest: u64,
    /// A write failed: nothing is written any more.
    failed: bool,
}

struct Keyed {
    file: File,
    key: [u8; 32],
}

/// A batch that was found.
struct Found {
    file: usize,
    end: u64,
    first: u64,
    records: Vec<u8>,
}

impl RecordLog {
    /// Opens a log, or creates it, and gives its records in order.
    pub fn open(path: &Path) -> Result<(RecordLog, Vec<Vec<u8>>), OpenError> {
        let at = |cause| OpenError::of_io(path, cause);
        fs::create_dir_all(path).map_err(at)?;
        let corrupt = |what: &str| {
            let words = format!("what a validator must remember is damaged: {what}");
            OpenError::Store(path.to_path_buf(), StoreError::Failed(words))
        };
        if !NAMES.iter().all(|name| path.join(name).exists()) {
            // Before the files are there: one that begins is known to.
            mark_new(path).map_err(at)?;
        }
        let mut batches: BTreeMap<u64, Found> = BTreeMap::new();
        let mut open = |number: usize, name: &str| {
            let place = path.join(name);
            create(&place).map_err(at)?;
            let bytes = fs::read(&place).map_err(at)?;
            let key = key_of(&bytes).ok_or_else(|| corrupt("the head of a file"))?;
            find_batches(&bytes, number, &key, &mut batches);
            let file = OpenOptions::new().write(true).open(&place).map_err(at)?;
            Ok::<_, OpenError>(Keyed { file, key })
        };
        let [one, other] = NAMES;
        let files = [open(0, one)?, open(1, other)?];
        let mut state = State {
            files,
            current: 0,
            end: PAGE as u64,
            next: 1,
            first: 1,
            batch: vec![0; HEAD_BYTES],
            highest: 0,
            failed: false,
        };
        let mut records = Vec::new();
        if let Some((last, found)) = batches.last_key_value() {
            (state.current, state.end) = (found.file, found.end);
            (state.next, state.first) = (last.saturating_add(1), found.first);
            for number in found.first..=*last {
                let batch = batches.get(&number).ok_or_else(|| corrupt("a batch is missing"))?;
                let whole = read_records(&batch.records, |height, record| {
                    state.highest = state.highest.max(height);
                    records.push(record.to_vec());
                });
                whole.ok_or_else(|| corrupt("a record is cut off"))?;
            }
        }
        Ok((RecordLog { path: path.to_path_buf(), state: Mutex::new(state) }, records))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was made here, or made again, and nobody has said since that nothing is missing: what was in another one
    /// before, if there was one, is not known.
    pub fn is_new(&self) -> bool {
        self.path.join(NEW_NAME).exists()
    }

    /// Takes it for one in which nothing is missing. If that is lost in a crash, it is a new one again.
    pub fn remember(&self) -> Result<(), StoreError> {
        match fs::remove_file(self.path.join(NEW_NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failure(&error.to_string())),
            _ => Ok(()),
        }
    }

    /// Appends a record of a height: what is written behind the bytes that are there, which must stay.
    pub fn append(&self, height: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        state.highest = state.highest.max(height);
        let batch = &mut state.batch;
        batch.extend_from_slice(&height.to_le_bytes());
        let start = batch.len() + size_of::<u64>();
        batch.resize(start, 0);
        write(batch);
        let length = batch.len().saturating_sub(start) as u64;
        if let Some(place) = batch.get_mut(start - size_of::<u64>()..start) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }

    /// Has all that was appended on the disk.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.failed {
            return Err(self.failure("closed since a write failed; open it anew"));
        }
        if state.batch.len() == HEAD_BYTES {
            return Ok(());
        }
        state.flush().map_err(|error| {
            state.failed = true;
            self.failure(&error.to_string())
        })
    }

    /// Forgets the records of all heights up to this one. That it is forgotten need not survive a crash.
    pub fn forget(&self, height: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        // What is of later heights, if there is any, keeps all that is before it.
        if state.highest > height {
            return Ok(());
        }
        state.batch.truncate(HEAD_BYTES);
        state.begin_anew().map_err(|error| {
            state.failed = true;
            self.failure(&error.to_string())
        })
    }

    fn failure(&self, words: &str) -> StoreError {
        StoreError::Failed(format!("{}: {words}", self.path.display()))
    }
}

impl State {
    fn flush(&mut self) -> io::Result<()> {
        let State { files, current, end, next, first, batch, .. } = self;
        let Some(Keyed { file, key }) = files.get(*current) else { return Ok(()) };
        let records = (batch.len() - HEAD_BYTES) as u64;
        let numbers = [*next, *first, records].map(u64::to_le_bytes).concat();
        if let Some(head) = batch.get_mut(HASH_BYTES..HEAD_BYTES) {
            head.copy_from_slice(&numbers);
        }
        let hash = hash(key, batch.get(HASH_BYTES..).unwrap_or_default());
        if let Some(head) = batch.get_mut(..HASH_BYTES) {
            head.copy_from_slice(&hash);
        }
        batch.resize(batch.len().next_multiple_of(PAGE), 0);
        file.write_all_at(batch, *end)?;
        file.sync_data()?;
        *end += batch.len() as u64;
        *next += 1;
        batch.truncate(HEAD_BYTES);
        batch.shrink_to(BATCH_BYTES_KEPT);
        Ok(())
    }

    /// Turns to the other file, of which nothing is needed any more.
    fn begin_anew(&mut self) -> io::Result<()> {
        if self.end == PAGE as u64 {
            return Ok(());
        }
        (self.current, self.end, self.first, self.highest) = (1 - self.current, PAGE as u64, self.next, 0);
        let Some(Keyed { file, .. }) = self.files.get(self.current) else { return Ok(()) };
        match file.metadata()?.len() > FILE_BYTES_KEPT {
            true => file.set_len(FILE_BYTES_KEPT),
            false => Ok(()),
        }
    }
}

fn hash(key: &[u8; 32], bytes: &[u8]) -> [u8; HASH_BYTES] {
    let mut hasher = FileHasher::default();
    hasher.update(key);
    hasher.update(bytes);
    hasher.finish().0
}

fn mark_new(folder: &Path) -> io::Result<()> {
    File::create(folder.join(NEW_NAME))?.sync_all()?;
    File::open(folder)?.sync_all()
}

/// Makes a file with a new key if there is none: whole, or not at all.
fn create(place: &Path) -> io::Result<()> {
    if place.exists() {
        return Ok(());
    }
    let mut page = vec![0; PAGE];
    let key = [chance(), chance(), chance(), chance()].map(u64::to_le_bytes).concat();
    let key = key.first_chunk().copied().unwrap_or_default();
    let head = [MAGIC.as_slice(), &key, &hash(&key, MAGIC)].concat();
    page.iter_mut().zip(head).for_each(|(byte, value)| *byte = value);
    let anew = place.with_extension("new");
    let file = File::create(&anew)?;
    file.write_all_at(&page, 0)?;
    file.sync_all()?;
    fs::rename(&anew, place)?;
    match place.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Bits that nobody can tell beforehand: of a hash under a key that the system drew.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn key_of(file: &[u8]) -> Option<[u8; 32]> {
    let (key, rest) = file.strip_prefix(MAGIC)?.split_first_chunk()?;
    (*rest.first_chunk()? == hash(key, MAGIC)).then_some(*key)
}

/// Notes all batches of a file.
fn find_batches(bytes: &[u8], file: usize, key: &[u8; 32], found: &mut BTreeMap<u64, Found>) {
    let mut at = PAGE;
    while at < bytes.len() {
        match batch_at(bytes, at, key) {
            Some((number, first, records)) => {
                let end = (at + HEAD_BYTES + records.len()).next_multiple_of(PAGE);
                found.insert(number, Found { file, end: end as u64, first, records: records.to_vec() });
                at = end;
            }
            None => at += PAGE,
        }
    }
}

/// The batch that begins here: its number, that of the first one, its records.
fn batch_at<'a>(bytes: &'a [u8], at: usize, key: &[u8; 32]) -> Option<(u64, u64, &'a [u8])> {
    let batch = bytes.get(at..)?;
    let number = |at: usize| batch.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let [one, first, length] = [number(32)?, number(40)?, number(48)?];
    let end = HEAD_BYTES.checked_add(usize::try_from(length).ok()?)?;
    let records = batch.get(HEAD_BYTES..end)?;
    let told: &[u8; HASH_BYTES] = batch.first_chunk()?;
    (hash(key, batch.get(HASH_BYTES..end)?) == *told).then_some((one, first, records))
}

/// Gives the records of a batch with their heights; `None` if they are not whole.
fn read_records(mut bytes: &[u8], mut each: impl FnMut(u64, &[u8])) -> Option<()> {
    while !bytes.is_empty() {
        let (height, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        each(u64::from_le_bytes(*height), record);
        bytes = rest;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Height 8, length 8.
    const RECORD_HEAD_BYTES: usize = 16;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wal");
        (folder, path)
    }

    fn append(log: &RecordLog, height: u64, record: &[u8]) {
        log.append(height, |batch| batch.extend_from_slice(record));
    }

    fn texts(records: &[Vec<u8>]) -> Vec<String> {
        records.iter().map(|record| String::from_utf8(record.clone()).unwrap()).collect()
    }

    fn reopened(path: &Path) -> Vec<String> {
        texts(&RecordLog::open(path).unwrap().1)
    }

    /// Goal: records come back in order until they are forgotten, over many heights and openings; what was not flushed is
    /// lost, and nothing else. Method: heights of many flushes and sizes, the log opened anew at every step.
    #[test]
    fn remembers_until_told_to_forget() {
        let (_folder, path) = folder();
        for height in 1..20u64 {
            let (log, _) = RecordLog::open(&path).unwrap();
            log.forget(height - 1).unwrap();
            let mut expected = Vec::new();
            for part in 0..height {
                let text = format!("{height}/{part}/{}", "x".repeat((height * part * 97) as usize));
                append(&log, height, text.as_bytes());
                expected.push(text);
                if part % 2 == 0 {
                    log.flush().unwrap();
                }
            }
            log.flush().unwrap();
            append(&log, height, b"not flushed");
            drop(log);
            assert_eq!(reopened(&path), expected);
        }
        let (log, _) = RecordLog::open(&path).unwrap();
        append(&log, 19, b"more");
        append(&log, 20, b"of the next");
        log.flush().unwrap();
        log.forget(19).unwrap();
        drop(log);
        // What is of the next height keeps what is before it.
        assert_eq!(reopened(&path).last().unwrap(), "of the next");
        assert_eq!(reopened(&path).len(), 21);
    }

    /// Goal: what was flushed is there or the log does not open; only its last batch may look cut off. Method: three
    /// batches over others of an earlier height, each of their bytes flipped in turn.
    #[test]
    fn what_rots_is_told() {
        let (_folder, path) = folder();
        let (log, _) = RecordLog::open(&path).unwrap();
        for height in 1..=3u64 {
            log.forget(height - 1).unwrap();
            for part in 0..4 - height.min(3) + 2 {
                append(&log, height, format!("{height}/{part}").as_bytes());
                log.flush().unwrap();
            }
        }
        drop(log);
        // The third height is in the first file again, over the first one's.
        let place = path.join(NAMES[0]);
        let good = fs::read(&place).unwrap();
        let all = ["3/0", "3/1", "3/2"];
        assert_eq!(reopened(&path), all);
        let used = HEAD_BYTES + RECORD_HEAD_BYTES + 3;
        for batch in 0..3 {
            for byte in 0..used {
                let mut bad = good.clone();
                bad[PAGE * (batch + 1) + byte] ^= 4;
                fs::write(&place, bad).unwrap();
                match RecordLog::open(&path) {
                    Ok((_, records)) => assert_eq!((batch, texts(&records)), (2, vec!["3/0".into(), "3/1".into()])),
                    Err(_) => assert!(batch < 2),
                }
            }
        }
        for byte in 0..MAGIC.len() + 32 + HASH_BYTES {
            let mut bad = good.clone();
            bad[byte] ^= 1;
            fs::write(&place, bad).unwrap();
            assert!(RecordLog::open(&path).is_err());
        }
    }

    /// Goal: a batch that was cut short by a crash takes nothing with it, and is written over. Method: the file cut off
    /// within its last batch, everywhere.
    #[test]
    fn a_last_batch_may_be_cut_short() {
        let (_folder, path) = folder();
        let (log, _) = RecordLog::open(&path).unwrap();
        append(&log, 1, b"one");
        log.flush().unwrap();
        append(&log, 1, "two".repeat(3_000).as_bytes());
        log.flush().unwrap();
        drop(log);
        let place = path.join(NAMES[0]);
        let good = fs::read(&place).unwrap();
        for length in (2 * PAGE..2 * PAGE + HEAD_BYTES + RECORD_HEAD_BYTES + 9_000).step_by(61) {
            fs::write(&place, &good[..length]).unwrap();
            let (log, records) = RecordLog::open(&path).unwrap();
            assert_eq!(texts(&records), ["one"], "{length}");
            append(&log, 1, b"three");
            log.flush().unwrap();
            drop(log);
            assert_eq!(reopened(&path), ["one", "three"]);
        }
    }

    /// Goal: bytes of others in a record never pass for a batch. Method: a record that holds a whole batch at a page's
    /// start is left behind by later, smaller ones; made under another key, it is not taken for one.
    #[test]
    fn nobody_makes_a_batch() {
        let (_folder, path) = folder();
        let (_other, elsewhere) = self::folder();
        let (log, _) = RecordLog::open(&elsewhere).unwrap();
        for number in 0..3 {
            append(&log, 9, format!("made up {number}").as_bytes());
            log.flush().unwrap();
        }
        let made = fs::read(elsewhere.join(NAMES[0])).unwrap();
        let (log, _) = RecordLog::open(&path).unwrap();
        let mut record = vec![0; PAGE - HEAD_BYTES - RECORD_HEAD_BYTES];
        record.extend_from_slice(&made[PAGE..]);
        for height in 1..=3u64 {
            log.forget(height - 1).unwrap();
            append(&log, height, if height < 3 { &record } else { b"small" });
            log.flush().unwrap();
        }
        drop(log);
        assert_eq!(reopened(&path), ["small"]);
    }
}
