//! Goal: a data directory is created whole or can be created again, is used by one process, and is refused
//! with a reason when it is not what it must be. Method: each fault made by hand, its error compared as text.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::{Numbers, contents};
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_store::{DataDirectory, MEMORY_BYTES_MIN, OpenError, RocksStore, StoreOptions};

const DIRECTORY_VARIABLE: &str = "SUYUAN_TEST_SECOND_OPENER";
const CREATION_VARIABLE: &str = "SUYUAN_TEST_CREATION";
const PERMISSIONS_VARIABLE: &str = "SUYUAN_TEST_PERMISSIONS";
/// The user without rights.
const NOBODY: u32 = 65_534;

fn create(path: &Path) -> Result<DataDirectory, OpenError> {
    DataDirectory::create(path, MEMORY_BYTES_MIN)
}

/// Opens a directory that was locked a moment ago. Tests run as threads of one process, and another one that starts a
/// process holds all that is open, locks too, until that process has begun.
fn open_soon(path: &Path) -> DataDirectory {
    soon(|| DataDirectory::open(path))
}

/// What the lock of a process that is just gone may keep from being done at once.
fn soon<T>(mut act: impl FnMut() -> Result<T, OpenError>) -> T {
    for _ in 0..500 {
        match act() {
            Err(OpenError::Locked(_)) => std::thread::sleep(Duration::from_millis(10)),
            done => return done.unwrap(),
        }
    }
    panic!("it stays locked");
}

/// The error's words after the path.
fn words<T>(path: &Path, result: Result<T, OpenError>) -> String {
    let text = result.err().expect("it was not refused").to_string();
    text.strip_prefix(&format!("{}", path.display())).unwrap_or(&text).to_owned()
}

#[test]
fn created_opened_and_kept() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("node");
    let mut writes = WriteSet::default();
    writes.put(Table::Meta, *b"key", *b"value");
    {
        let directory = create(&path).unwrap();
        assert_eq!(directory.path(), path);
        directory.open_store(MEMORY_BYTES_MIN).unwrap().commit(&writes).unwrap();
    }
    assert_eq!(fs::read(path.join("FORMAT")).unwrap(), b"suyuan 2\n");
    assert_eq!(words(&path, create(&path)), ": is a data directory already; open it instead");
    let directory = open_soon(&path);
    let store = directory.open_store(MEMORY_BYTES_MIN).unwrap();
    assert_eq!(store.get(Table::Meta, b"key").unwrap(), Some(b"value".to_vec()));
    assert_eq!(contents(&store).0.len(), 1);
}

/// Goal: whatever an interrupted creation leaves can be told from a data directory, and created again.
/// Method: what is there after each step of a creation.
#[test]
fn interrupted_creation() {
    for step in 0..5 {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("node");
        if step >= 1 {
            fs::create_dir(&path).unwrap();
        }
        if step >= 2 {
            fs::write(path.join("LOCK"), b"").unwrap();
        }
        if step >= 3 {
            fs::write(path.join("FORMAT.new"), b"suy").unwrap();
        }
        if step >= 4 {
            let options = StoreOptions { memory_bytes: MEMORY_BYTES_MIN, create: true, ..Default::default() };
            drop(RocksStore::open(&path.join("db"), &options).unwrap());
        }
        let expected = match step {
            0 => ": no data here; create it first",
            1 | 2 => ": has no FORMAT, so it is no data directory of suyuan",
            _ => ": was not created to the end; create it again",
        };
        assert_eq!(words(&path, DataDirectory::open(&path)), expected, "step {step}");
        drop(create(&path).unwrap());
        let store = open_soon(&path).open_store(MEMORY_BYTES_MIN).unwrap();
        assert!(contents(&store).0.is_empty());
    }
}

/// Goal: as above. Method: a child that creates a directory is killed at random moments.
#[test]
fn killed_creation() {
    if let Some(path) = std::env::var_os(CREATION_VARIABLE) {
        drop(create(Path::new(&path)).unwrap());
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(5);
    let mut moments = [0; 4];
    for round in 0..30 {
        let path = parent.path().join(format!("node{round}"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["directory::killed_creation", "--exact"])
            .env(CREATION_VARIABLE, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // As long as there is nothing, there is nothing to see.
        while !path.exists() && child.try_wait().unwrap().is_none() {}
        std::thread::sleep(Duration::from_micros(numbers.below(400_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let moment = match DataDirectory::open(&path) {
            Err(OpenError::NotFound(_)) => 0,
            Err(OpenError::FormatMissing(_)) => 1,
            Err(OpenError::Unfinished(_)) => 2,
            Err(error) => panic!("{error}"),
            Ok(_) => 3,
        };
        moments[moment] += 1;
        if moment < 3 {
            drop(soon(|| create(&path)));
        }
        let store = open_soon(&path).open_store(MEMORY_BYTES_MIN).unwrap();
        assert!(contents(&store).0.is_empty());
    }
    println!("killed with nothing, a directory, a part of a database, all: {moments:?}");
}

#[test]
fn not_taken_over() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("letter.txt"), b"").unwrap();
    let found = words(parent.path(), create(parent.path()));
    assert_eq!(found, ": holds other files (letter.txt); give an empty or a new directory");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1, "something was left behind");

    // A ledger that lost its FORMAT is neither opened nor begun again.
    let path = parent.path().join("node");
    drop(create(&path).unwrap());
    fs::remove_file(path.join("FORMAT")).unwrap();
    let found = words(&path, DataDirectory::open(&path));
    assert_eq!(found, ": has no FORMAT, so it is no data directory of suyuan");
    assert_eq!(words(&path, create(&path)), ": holds other files (db); give an empty or a new directory");
}

#[test]
fn formats() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("node");
    drop(create(&path).unwrap());
    let newer = ": has format 3, this program reads format 2; use a newer suyuan";
    let older = ": has format 1, this program reads format 2; use the suyuan that wrote it, or capture into a new data \
                 directory";
    let garbled = ": FORMAT is damaged; restore it from a backup";
    let long = "1".repeat(1 << 20);
    let cases: &[(&str, &str)] = &[
        ("suyuan 3\n", newer),
        ("suyuan 1\n", older),
        ("suyuan 4294967295\n", ": has format 4294967295, this program reads format 2; use a newer suyuan"),
        ("", garbled),
        ("suyuan", garbled),
        ("suyuan 2", garbled),
        ("suyuan 2\r\n", garbled),
        ("suyuan 2\nsuyuan 2\n", garbled),
        ("suyuan  1\n", garbled),
        ("suyuan 01\n", garbled),
        ("suyuan +1\n", garbled),
        ("suyuan 0\n", garbled),
        ("suyuan -1\n", garbled),
        ("suyuan 4294967296\n", garbled),
        ("Suyuan 1\n", garbled),
        (&long, garbled),
    ];
    for (text, expected) in cases {
        fs::write(path.join("FORMAT"), text).unwrap();
        assert_eq!(&words(&path, DataDirectory::open(&path)), expected, "{:?}", text.get(..20));
    }
    fs::write(path.join("FORMAT"), [0xff; 9]).unwrap();
    assert_eq!(words(&path, DataDirectory::open(&path)), garbled);
    fs::write(path.join("FORMAT"), "suyuan 2\n").unwrap();
    open_soon(&path);
}

/// Goal: one process at a time. Method: a second opener in this process and in a child; free again when the
/// first is dropped.
#[test]
fn second_opener() {
    if let Some(path) = std::env::var_os(DIRECTORY_VARIABLE) {
        let refused = DataDirectory::open(Path::new(&path)).expect_err("opened twice").to_string();
        let database = RocksStore::open(&Path::new(&path).join("db"), &StoreOptions::default());
        let database_refused = database.err().expect("opened twice").to_string();
        assert!(refused.ends_with(": in use by another process; stop it first"), "{refused}");
        assert!(database_refused.ends_with(": in use by another process; stop it first"), "{database_refused}");
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("node");
    let first = create(&path).unwrap();
    let store = first.open_store(MEMORY_BYTES_MIN).unwrap();
    assert_eq!(words(&path, DataDirectory::open(&path)), ": in use by another process; stop it first");
    let database = first.open_store(MEMORY_BYTES_MIN);
    assert_eq!(words(&path.join("db"), database), ": in use by another process; stop it first");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["directory::second_opener", "--exact"])
        .env(DIRECTORY_VARIABLE, &path)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    drop(store);
    drop(first);
    open_soon(&path);
}

#[test]
fn no_directory_no_database_no_memory() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, b"").unwrap();
    assert_eq!(words(&file, DataDirectory::open(&file)), ": not a directory");
    assert_eq!(words(&file, create(&file)), ": not a directory");
    let below = file.join("node");
    assert_eq!(words(&below, DataDirectory::open(&below)), ": not a directory");
    assert_eq!(words(&below, create(&below)), ": not a directory");
    let far = parent.path().join("absent/too/node");
    drop(create(&far).unwrap());
    DataDirectory::open(&far).unwrap();

    let path = parent.path().join("node");
    let directory = create(&path).unwrap();
    fs::remove_dir_all(path.join("db")).unwrap();
    let found = words(&path.join("db"), directory.open_store(MEMORY_BYTES_MIN));
    assert_eq!(found, ": no data here; create it first");
    assert!(!path.join("db").exists(), "opening made something");
    let found = words(&path, directory.open_store(MEMORY_BYTES_MIN - 1));
    assert_eq!(found, "a store can't work with 16777215 bytes of memory; give it at least 16777216");
}

/// Goal: a refusal of the system says what was refused. Method: directories that may not be read or written.
/// Root may do all, so root runs this test again as another user, or says that it can't.
#[test]
fn permissions() {
    if let Some(path) = std::env::var_os(PERMISSIONS_VARIABLE) {
        return check_permissions(Path::new(&path));
    }
    let parent = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let path = parent.path().join("node");
    drop(create(&path).unwrap());
    mode(&path, 0o000);
    let is_root = fs::read_dir(&path).is_ok();
    mode(&path, 0o755);
    if !is_root {
        return check_permissions(&path);
    }
    mode(parent.path(), 0o755);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["directory::permissions", "--exact"])
        .env(PERMISSIONS_VARIABLE, &path)
        .current_dir("/")
        .uid(NOBODY)
        .output();
    match child {
        Ok(child) => assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout)),
        Err(error) => println!("SKIPPED: permissions: can't run this as another user: {error}"),
    }
}

/// With a data directory that is this user's, or that this user may read but not write.
fn check_permissions(path: &Path) {
    let is_own = fs::set_permissions(path, fs::Permissions::from_mode(0o500)).is_ok();
    let inner = path.join("inner");
    let denied = create(&inner).unwrap_err();
    assert!(matches!(denied, OpenError::PermissionDenied(..)), "{denied}");
    assert_eq!(denied.to_string(), format!("{}: Permission denied (os error 13)", inner.display()));
    if is_own {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        let found = words(&path.join("FORMAT"), DataDirectory::open(path));
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found, ": Permission denied (os error 13)");
    } else {
        assert_eq!(words(&path.join("LOCK"), DataDirectory::open(path)), ": Permission denied (os error 13)");
    }
}
