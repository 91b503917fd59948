//! Goal: a fault of the disk is a clear error, never another answer, and leaves a store that opens again
//! with all that was acknowledged. Method: a small file system that fills up; bits flipped one at a time at
//! random places of the files, after which every read either agrees with a map or fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{END, Model, Numbers, OPTIONS, contents};
use suyuan_ledger::kv::{Read, StoreError, Table, WriteSet};
use suyuan_store::{MEMORY_BYTES_MIN, OpenError, PayloadPlace, RocksStore, StoreOptions};

/// A file system of its own, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one, if this user may.
    fn mount(path: &Path, bytes: u64) -> Option<SmallDisk> {
        let size = format!("size={bytes}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "suyuan-test"]).arg(path).output();
        mount.is_ok_and(|output| output.status.success()).then(|| SmallDisk(path.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status().is_ok_and(|status| status.success());
        assert!(unmounted || std::thread::panicking(), "can't unmount {}", self.0.display());
    }
}

/// A batch over several tables that does not compress.
fn batch(number: u64) -> WriteSet {
    let mut numbers = Numbers(number);
    let mut writes = WriteSet::default();
    for place in 0..100u64 {
        let key = [number.to_be_bytes(), place.to_be_bytes()].concat();
        writes.put(Table::ALL[place as usize % Table::ALL.len()], key, numbers.bytes(2000));
    }
    writes.put(Table::Meta, *b"batch", number.to_be_bytes());
    writes
}

#[test]
fn full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), 64 * 1024 * 1024) else {
        println!("SKIPPED: full_disk needs the right to mount a tmpfs (run as root)");
        return;
    };
    // What is freed later.
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; 24 * 1024 * 1024]).unwrap();
    let path = disk.0.join("db");
    let store = RocksStore::open(&path, &OPTIONS).unwrap();
    let mut model = Model::default();
    let mut number = 0;
    let error = loop {
        number += 1;
        let writes = batch(number);
        match store.commit(&writes) {
            Ok(()) => model.commit(&writes),
            Err(error) => break error,
        }
        assert!(number < 1000, "the disk does not fill up");
    };
    println!("batch {number}: {error}");
    assert!(error.to_string().contains("No space left on device"), "{error}");
    // From now on it refuses everything, even when there is space.
    fs::remove_file(&ballast).unwrap();
    let refusals = [
        store.commit(&batch(number)).unwrap_err(),
        store.get(Table::Meta, b"batch").unwrap_err(),
        store.at_or_before(Table::Meta, b"batch").unwrap_err(),
        store.scan(Table::Meta, &[], END, &mut |_, _| true).unwrap_err(),
        store.snapshot().get(Table::Meta, b"batch").unwrap_err(),
        store.erase_payloads(&[PayloadPlace { height: 1, index: 1 }]).unwrap_err(),
    ];
    for refusal in refusals {
        let words = refusal.to_string();
        assert!(words.starts_with("closed since a write failed: "), "{words}");
        assert!(words.contains("No space left on device") && words.ends_with("; open it anew"), "{words}");
    }
    drop(store);
    let store = RocksStore::open(&path, &OPTIONS).unwrap();
    let found = contents(&store);
    let mut after = model.clone();
    after.commit(&batch(number));
    assert!(found == model || found == after, "half of a failed batch is there");
    store.commit(&batch(number)).unwrap();
    assert!(contents(&store) == after);
}

#[test]
fn full_disk_at_creation() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), 256 * 1024) else {
        println!("SKIPPED: full_disk_at_creation needs the right to mount a tmpfs (run as root)");
        return;
    };
    let ballast = disk.0.join("ballast");
    // Fills it: the last write fails, with the file as large as it gets.
    fs::write(&ballast, vec![1; 512 * 1024]).unwrap_err();
    let path = disk.0.join("node");
    let error = suyuan_store::DataDirectory::create(&path, MEMORY_BYTES_MIN).unwrap_err();
    assert!(matches!(error, OpenError::DiskFull(..)), "{error}");
    assert!(error.to_string().contains("No space left on device"), "{error}");
    fs::remove_file(&ballast).unwrap();
    suyuan_store::DataDirectory::create(&path, MEMORY_BYTES_MIN).unwrap();
}

/// Copies a closed store, whose directory is flat.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn with_extension(path: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    paths
}

/// Reads everything in every way and counts the errors; whatever is no error must be what the model says.
fn failed_reads(store: &RocksStore, model: &Model) -> u64 {
    let mut failed = 0;
    let mut note = |error: StoreError| {
        assert!(matches!(error, StoreError::Corrupt(..)), "{error}");
        failed += 1;
    };
    for table in Table::ALL {
        let mut pairs = Vec::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            pairs.push((key.to_vec(), value.to_vec()));
            true
        };
        match store.scan(*table, &[], END, &mut visit) {
            Ok(()) => assert!(pairs == model.scan(*table, &[], END), "{table:?}"),
            Err(error) => note(error),
        }
    }
    for (table, key) in model.0.keys() {
        match store.get(*table, key) {
            Ok(found) => assert!(found == model.get(*table, key), "{table:?} {key:?}"),
            Err(error) => note(error),
        }
        let mut absent = key.clone();
        absent.push(0);
        match store.get(*table, &absent) {
            Ok(found) => assert_eq!(found, None, "{table:?} {key:?}"),
            Err(error) => note(error),
        }
        match store.at_or_before(*table, &absent) {
            Ok(found) => assert!(found == model.at_or_before(*table, &absent), "{table:?} {key:?}"),
            Err(error) => note(error),
        }
    }
    for table in Table::ALL {
        let mut cursor = store.cursor(*table);
        for (_, key) in model.0.keys().filter(|(of, _)| of == table) {
            match cursor.at_or_before(key) {
                Ok(found) => {
                    let found = found.map(|(key, value)| (key.to_vec(), value.to_vec()));
                    assert!(found == model.at_or_before(*table, key), "{table:?} {key:?}");
                }
                Err(error) => note(error),
            }
        }
    }
    failed
}

/// A store whose pairs are in sorted files, or in the log only, and what it holds.
fn filled(path: &Path, in_files: bool) -> Model {
    let mut model = Model::default();
    let store = RocksStore::open(path, &OPTIONS).unwrap();
    for number in 1..=6 {
        let writes = batch(number);
        store.commit(&writes).unwrap();
        model.commit(&writes);
    }
    if in_files {
        // Erasing flushes; an absent payload will do.
        store.erase_payloads(&[PayloadPlace { height: u64::MAX, index: 0 }]).unwrap();
    }
    model
}

fn flip(path: &Path, place: u64, bit: u32) {
    let mut bytes = fs::read(path).unwrap();
    bytes[usize::try_from(place).unwrap()] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
}

#[test]
fn flipped_bits_in_files() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, rotten) = (directory.path().join("whole"), directory.path().join("rotten"));
    let model = filled(&whole, true);
    let mut numbers = Numbers(3);
    let (mut refused, mut noticed, mut unseen) = (0, 0, 0);
    for _ in 0..60 {
        copy(&whole, &rotten);
        let files = with_extension(&rotten, "sst");
        let file = &files[numbers.below(files.len() as u64) as usize];
        let place = numbers.below(fs::metadata(file).unwrap().len());
        flip(file, place, numbers.below(8) as u32);
        match RocksStore::open(&rotten, &OPTIONS) {
            Err(_) => refused += 1,
            Ok(store) => match failed_reads(&store, &model) {
                // Statistics and padding are not read for an answer.
                0 => unseen += 1,
                _ => noticed += 1,
            },
        }
    }
    println!("60 flips: {noticed} found on reading, {refused} on opening, {unseen} changed nothing that was read");
    assert!(noticed > 40, "most of a file is data, which is read here");
}

/// Where the types of the records in the first block of one of RocksDB's logs are.
fn types_of_records(log: &Path) -> Vec<u64> {
    let bytes = fs::read(log).unwrap();
    let (mut at, mut places) = (0, Vec::new());
    while at + 7 <= bytes.len().min(32 << 10) && bytes[at + 6] != 0 {
        places.push(at as u64 + 6);
        at += 7 + usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
    }
    places
}

// A record whose type became that of a recycled log would be read for ever.
#[test]
fn flipped_types_in_the_manifest() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, rotten) = (directory.path().join("whole"), directory.path().join("rotten"));
    filled(&whole, true);
    let manifest = |path: &Path| {
        let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("MANIFEST-")).max().unwrap()
    };
    let places = types_of_records(&manifest(&whole));
    assert!(places.len() > 10, "{places:?}");
    for place in places {
        for bit in 0..8 {
            copy(&whole, &rotten);
            flip(&manifest(&rotten), place, bit);
            let error = RocksStore::open(&rotten, &OPTIONS).err().unwrap().to_string();
            assert!(error.contains("Corruption"), "{place} {bit}: {error}");
        }
    }
}

#[test]
fn flipped_bits_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, rotten) = (directory.path().join("whole"), directory.path().join("rotten"));
    let model = filled(&whole, false);
    let mut numbers = Numbers(4);
    let (mut refused, mut unsaid) = (0, 0);
    let longest = |path: &Path| {
        let logs = with_extension(path, "log");
        logs.into_iter().max_by_key(|log| fs::metadata(log).unwrap().len()).unwrap()
    };
    let length = fs::metadata(longest(&whole)).unwrap().len();
    let anywhere: Vec<(u64, u32)> = (0..25).map(|_| (numbers.below(length), numbers.below(8) as u32)).collect();
    let of_types = types_of_records(&longest(&whole)).into_iter().flat_map(|place| [(place, 2), (place, 7)]);
    for (place, bit) in anywhere.into_iter().chain(of_types) {
        copy(&whole, &rotten);
        flip(&longest(&rotten), place, bit);
        match RocksStore::open(&rotten, &OPTIONS) {
            Err(error) => {
                let lost = matches!(error, OpenError::Lost { .. });
                assert!(lost || error.to_string().contains("Corruption"), "{error}");
                refused += 1;
                // The operator may accept the batches before it: a beginning, and whole batches.
                let options = StoreOptions { accept_torn_log: true, ..OPTIONS };
                let store = RocksStore::open(&rotten, &options).unwrap();
                let found = contents(&store);
                let mut beginning = Model::default();
                let is_beginning = (0..=6).any(|number| {
                    if number > 0 {
                        beginning.commit(&batch(number));
                    }
                    found == beginning
                });
                assert!(is_beginning, "not whole batches");
            }
            Ok(store) => {
                assert!(contents(&store) == model, "acknowledged batches are gone without a word");
                unsaid += 1;
            }
        }
    }
    println!("flips: {refused} refused, {unsaid} without effect");
    assert!(refused > 15);
}

/// Goal: a file that is gone is noticed at once. Method: each file deleted in turn.
#[test]
fn missing_files() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, broken) = (directory.path().join("whole"), directory.path().join("broken"));
    filled(&whole, true);
    let options = StoreOptions { create: false, ..OPTIONS };
    for file in with_extension(&whole, "sst") {
        copy(&whole, &broken);
        fs::remove_file(broken.join(file.file_name().unwrap())).unwrap();
        let error = RocksStore::open(&broken, &options).err().expect("a missing file goes unnoticed");
        assert!(matches!(error, OpenError::Store(..)), "{error}");
    }
}

/// Goal: what was acknowledged and is missing is told with its heights, until that is accepted. Method: the log cut at
/// every tenth of its length; the note rotten, or of another version.
#[test]
fn acknowledged_and_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, cut) = (directory.path().join("whole"), directory.path().join("cut"));
    filled(&whole, false);
    for part in 0..10 {
        copy(&whole, &cut);
        let logs = with_extension(&cut, "log");
        let log = logs.iter().max_by_key(|log| fs::metadata(log).unwrap().len()).unwrap();
        let length = fs::metadata(log).unwrap().len();
        fs::OpenOptions::new().write(true).open(log).unwrap().set_len(length * part / 10).unwrap();
        for _ in 0..2 {
            let error = RocksStore::open(&cut, &OPTIONS).err().expect("acknowledged batches are gone without a word");
            assert!(matches!(error, OpenError::Lost { acknowledged, found, .. } if acknowledged >= found), "{error}");
        }
        drop(RocksStore::open(&cut, &StoreOptions { accept_torn_log: true, ..OPTIONS }).unwrap());
        drop(RocksStore::open(&cut, &OPTIONS).unwrap());
    }
    copy(&whole, &cut);
    flip(&cut.join("ACKNOWLEDGED"), 20, 0);
    let error = RocksStore::open(&cut, &OPTIONS).err().expect("a rotten note is believed");
    assert!(error.to_string().contains("Corruption"), "{error}");
    fs::remove_file(cut.join("ACKNOWLEDGED")).unwrap();
    drop(RocksStore::open(&cut, &OPTIONS).unwrap());
}
