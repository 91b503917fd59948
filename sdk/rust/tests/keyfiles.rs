//! Key files keep a seed, and tell what is wrong with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_ledger::submission::verify;
use suyuan_sdk::keyfile::{Cost, KeyFile, Passphrase, Protection, create, find_passphrase, write};
use suyuan_sdk::signer::Signer;

/// Little work, so that tests are fast.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };
const OWNER: &str = "urn:uscc:91440115DEMA00013J";
const CREATED: &str = "2026-11-21T00:00:00.000Z";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned())
}

fn made(folder: &Path) -> (PathBuf, String) {
    let path = folder.join("device.key");
    write(&path, &[7; 32], OWNER, KeyRole::Device, CREATED, &Protection::Passphrase(&passphrase("right"), CHEAP))
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

fn code_of(path: &Path, given: &str) -> &'static str {
    match KeyFile::read(path).and_then(|file| file.open(&passphrase(given))) {
        Ok(_) => "",
        Err(reason) => reason.code.id,
    }
}

/// Puts the checksum right again, as one would who changes the file on purpose.
fn with_checksum(text: &str) -> String {
    let (before, _) = text.split_once(",\n  \"checksum\"").unwrap();
    let compact = |text: &str| -> Vec<u8> {
        // No value in these files holds spaces or line ends.
        text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect()
    };
    let bytes = compact(&format!("{before},\"checksum\":\"\"}}"));
    let sum = Hash(blake3::derive_key("suyuan/1/key file checksum", &bytes)).to_string();
    format!("{before},\n  \"checksum\": \"{}\"\n}}\n", &sum[..32])
}

/// Goal: what is kept comes back, only to its passphrase, and nothing secret stands in the file. Method: there
/// and back; the seed is searched in the text.
#[test]
fn there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = made(folder.path());
    assert!(!text.contains(&Hash([7; 32]).to_string()));
    let file = KeyFile::read(&path).unwrap();
    let signer = file.open(&passphrase("right")).unwrap();
    let information = &file.information;
    assert_eq!((signer.key_id(), signer.public()), (information.key_id, information.public));
    assert_eq!((information.organisation.as_str(), information.role), (OWNER, KeyRole::Device));
    assert!(information.encrypted);
    let message = Hash([3; 32]);
    assert!(verify(&signer.public(), message, &signer.sign(message).unwrap()));
    assert_eq!(code_of(&path, "wrong"), "KEY-WRONG_PASSPHRASE");
    assert_eq!(code_of(&path, ""), "KEY-WRONG_PASSPHRASE");
    assert!(file.open_insecure().is_err());
}

/// Goal: only the owner may read the file, it is never replaced, and two new keys differ. Method: the mode, a
/// second writing, two creations.
#[test]
fn written_once() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = made(folder.path());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let secret = passphrase("other");
    let make = |path: &Path| create(path, OWNER, KeyRole::Root, CREATED, &Protection::Passphrase(&secret, CHEAP));
    assert_eq!(make(&path).unwrap_err().code.id, "KEY-EXISTS");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let keys = ["a", "b"].map(|name| make(&folder.path().join(name)).unwrap().key_id);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(make(&folder.path().join("no/such/folder")).unwrap_err().code.id, "KEY-IO");
    assert_eq!(KeyFile::read(&folder.path().join("none")).err().unwrap().code.id, "KEY-IO");
}

/// Goal: damage is told from a wrong passphrase and from a changed file. Method: the file cut at every byte; every
/// byte changed; then each value changed with the checksum put right.
#[test]
fn damaged_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = made(folder.path());
    assert_eq!(with_checksum(&text), text);
    for end in 0..text.len() - 2 {
        std::fs::write(&path, &text[..end]).unwrap();
        assert_eq!(code_of(&path, "right"), "KEY-UNREADABLE", "{end}");
    }
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        // White space may become other white space; nothing else goes unseen.
        let harmless = text.as_bytes()[place].is_ascii_whitespace();
        let code = code_of(&path, "right");
        assert!(code == "KEY-UNREADABLE" || harmless && code.is_empty(), "{place} {code}");
    }
    let value = |name: &str| {
        let (_, rest) = text.split_once(&format!("\"{name}\": \"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let other = |name: &str| {
        let known = value(name);
        let first = if known.starts_with('0') { "1" } else { "0" };
        text.replace(&known, &format!("{first}{}", &known[1..]))
    };
    for (name, code) in [
        ("ciphertext", "KEY-TAMPERED"),
        ("nonce", "KEY-TAMPERED"),
        ("keyId", "KEY-TAMPERED"),
        ("publicKey", "KEY-TAMPERED"),
        ("salt", "KEY-WRONG_PASSPHRASE"),
        ("check", "KEY-WRONG_PASSPHRASE"),
    ] {
        std::fs::write(&path, with_checksum(&other(name))).unwrap();
        assert_eq!(code_of(&path, "right"), code, "{name}");
    }
    for (from, to, code) in [
        (OWNER, "urn:uscc:91440607DEMA00021L", "KEY-TAMPERED"),
        ("\"device\"", "\"root\"", "KEY-TAMPERED"),
        ("\"device\"", "\"king\"", "KEY-UNREADABLE"),
        ("\"version\": 1", "\"version\": 2", "KEY-UNREADABLE"),
        ("\"suite\": 1", "\"suite\": 2", "KEY-UNREADABLE"),
        ("argon2id", "argon2d", "KEY-UNREADABLE"),
        ("\"created\"", "\"maker\": \"x\",\n  \"created\"", "KEY-UNREADABLE"),
    ] {
        std::fs::write(&path, with_checksum(&text.replace(from, to))).unwrap();
        assert_eq!(code_of(&path, "right"), code, "{from} {to}");
    }
    std::fs::write(&path, vec![b' '; 1 << 20]).unwrap();
    assert_eq!(code_of(&path, "right"), "KEY-UNREADABLE");
}

/// Goal: a file can't make its reader spend memory or time. Method: parameters beyond each limit, refused before
/// any work, and ones that make no sense.
#[test]
fn giant_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = made(folder.path());
    let started = std::time::Instant::now();
    for (from, to) in [
        ("\"memoryKib\": 64", "\"memoryKib\": 4294967295"),
        ("\"memoryKib\": 64", "\"memoryKib\": 524289"),
        ("\"memoryKib\": 64", "\"memoryKib\": 0"),
        ("\"passes\": 1", "\"passes\": 4294967295"),
        ("\"passes\": 1", "\"passes\": 0"),
        ("\"lanes\": 1", "\"lanes\": 16777215"),
        ("\"lanes\": 1", "\"lanes\": 0"),
        ("\"memoryKib\": 64,\n    \"passes\": 1", "\"memoryKib\": 524288,\n    \"passes\": 16"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, with_checksum(&text.replace(from, to))).unwrap();
        assert_eq!(code_of(&path, "right"), "KEY-PARAMETERS", "{to}");
    }
    assert!(started.elapsed().as_secs() < 2);
}

/// Goal: an unencrypted key is marked, and opens only where that is allowed and nobody else can read it. Method:
/// one written, opened with and without leave, then made readable.
#[test]
fn insecure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.key");
    write(&path, &[7; 32], OWNER, KeyRole::Device, CREATED, &Protection::Insecure).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("insecureSeed"));
    let file = KeyFile::read(&path).unwrap();
    assert!(!file.information.encrypted);
    let mut never = || panic!("no passphrase is asked for");
    assert_eq!(file.unlock(false, &mut never).err().unwrap().code.id, "KEY-INSECURE");
    assert_eq!(file.unlock(true, &mut never).unwrap().key_id(), file.information.key_id);
    assert!(file.open(&passphrase("")).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(KeyFile::read(&path).err().unwrap().code.id, "KEY-PERMISSIONS");
    }
}

/// Goal: a passphrase comes from a file without its line's end, or from asking; an empty one is none. Method: each.
#[test]
fn passphrases() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = made(folder.path());
    let file = KeyFile::read(&path).unwrap();
    let source = folder.path().join("passphrase");
    std::fs::write(&source, "right\r\n").unwrap();
    let mut nobody = || None;
    let found = find_passphrase(&path, Some(&source), &mut nobody).unwrap();
    assert!(file.open(&found).is_ok());
    assert_eq!(format!("{found:?}"), "Passphrase");
    let asked = find_passphrase(&path, None, &mut || Some("right".to_owned())).unwrap();
    assert!(file.open(&asked).is_ok());
    assert_eq!(find_passphrase(&path, None, &mut nobody).unwrap_err().code.id, "KEY-NO_PASSPHRASE");
    assert_eq!(find_passphrase(&path, None, &mut || Some(String::new())).unwrap_err().code.id, "KEY-NO_PASSPHRASE");
    assert_eq!(find_passphrase(&path, Some(&folder.path().join("none")), &mut nobody).unwrap_err().code.id, "KEY-IO");
}
