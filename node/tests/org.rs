//! Records of organisations and keys from the command line: what works, and who may not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::fs;

use runner::{OWNER, Run, chain_of_genesis, chain_with_known_keys, document, event, folder, is, path, run};

/// Another firm.
const MEMBER: &str = "urn:uscc:91440115DEMA00013J";

/// Makes a key file; its id.
fn keygen(work: &tempfile::TempDir, name: &str, organisation: &str, role: &str) -> String {
    let output = path(work, name);
    let arguments = ["keygen", "--output", &output, "--organisation", organisation, "--role", role];
    let made = run(&[arguments.as_slice(), &["--insecure", "--json"]].concat());
    assert_eq!(made.code, 0, "{}", made.stderr);
    made.json()["key"].as_str().unwrap().to_owned()
}

/// A chain with a second firm on it, whose keys are `member-root.key` and `member-device.key`.
fn with_member(work: &tempfile::TempDir) -> String {
    let dir = chain_with_known_keys(work);
    keygen(work, "member-root.key", MEMBER, "root");
    keygen(work, "member-device.key", MEMBER, "device");
    fs::write(path(work, "member.json"), format!(r#"{{"uri":"{MEMBER}","name":"Member","role":"member"}}"#)).unwrap();
    let (file, root, device) =
        (path(work, "member.json"), path(work, "member-root.key"), path(work, "member-device.key"));
    let registered = run(&["org", "register", &file, "--with-key", &root, "--with-key", &device, "--dir", &dir]);
    is(&registered, 0, "recorded at height");
    dir
}

/// Runs `suyuan org` signed with this key.
fn org(work: &tempfile::TempDir, dir: &str, key: &str, arguments: &[&str]) -> Run {
    let key = path(work, key);
    run(&[["org"].as_slice(), arguments, &["--dir", dir, "--key", &key, "--insecure"]].concat())
}

fn capture(work: &tempfile::TempDir, dir: &str, key: &str, event: String) -> Run {
    let file = path(work, "document.json");
    fs::write(&file, document(&[event])).unwrap();
    run(&["capture", &file, "--dir", dir, "--key", &path(work, key), "--insecure"])
}

// Goal: the operator registers a firm, which can then record; nobody else can, and nothing twice. Method: register and
// list; then with a device's key, with the member's root key, again, and from files that say nothing or wrong things.
#[test]
fn register() {
    let work = folder(&[
        ("other.json", r#"{"uri":"urn:lei:529900T8BM49AURSDO55","name":"Other","role":"member"}"#),
        ("typo.json", r#"{"uri":"urn:uscc:91440115DEMA00013J","name":"Member","rôle":"member"}"#),
        ("cut.json", r#"{"uri":"#),
        ("person.json", r#"{"uri":"urn:lei:529900T8BM49AURSDO55","name":"Li 13812345678","role":"member"}"#),
    ]);
    let dir = with_member(&work);
    is(&run(&["org", "list", "--dir", &dir]), 0, &format!("2 {MEMBER} (member) Member"));
    is(&capture(&work, &dir, "member-device.key", event(1, "")), 0, "accepted 1");
    let (member, other) = (path(&work, "member.json"), path(&work, "other.json"));
    is(&org(&work, &dir, "root.key", &["register", &member]), 1, "LEDGER-210");
    for key in ["device.key", "member-root.key", "member-device.key"] {
        is(&org(&work, &dir, key, &["register", &other]), 1, "LEDGER-208");
    }
    keygen(&work, "stranger.key", MEMBER, "root");
    is(&org(&work, &dir, "stranger.key", &["register", &other]), 1, "NODE-KEY_UNKNOWN");
    for file in ["typo.json", "cut.json"] {
        is(&org(&work, &dir, "root.key", &["register", &path(&work, file)]), 3, "NODE-CONFIGURATION");
    }
    is(&org(&work, &dir, "root.key", &["register", &path(&work, "none.json")]), 3, "NODE-IO");
    // Nothing of a natural person, on the ledger as in its genesis.
    is(&org(&work, &dir, "root.key", &["register", &path(&work, "person.json")]), 1, "LEDGER-106");
    let list = path(&work, "people.json");
    fs::write(&list, format!(r#"[{{"uri":"{OWNER}","name":"Li 110105 19491231 002X","role":"operator"}}]"#)).unwrap();
    let (output, device) = (path(&work, "people-genesis.json"), path(&work, "device.key"));
    let new = ["genesis", "new", "--network", "n", "--organisations", &list, "--validator", &device];
    is(&run(&[new.as_slice(), &["--key", &device, "--output", &output]].concat()), 1, "LEDGER-106");
    assert!(!std::path::Path::new(&output).exists());
    let listed = run(&["org", "list", "--dir", &dir, "--json"]).json();
    assert_eq!(listed["organisations"].as_array().unwrap().len(), 2);
}

// Goal: a firm changes a device's key: the new one is admitted, the old one retired; within the days of grace the old
// one's records are still taken, after them not. Method: chains with the usual grace and with none.
#[test]
fn rotate() {
    for (grace, code, words) in [(None, 0, "accepted 1"), (Some(0), 1, "LEDGER-202")] {
        let work = folder(&[]);
        let dir = chain_of_genesis(&work, &|genesis| {
            let Some(seconds) = grace else { return genesis };
            let from = genesis.find("\"retiredKeyGraceSeconds\":").unwrap() + 25;
            let to = from + genesis[from..].find([',', '}']).unwrap();
            [&genesis[..from], &format!(" {seconds}"), &genesis[to..]].concat()
        });
        let new = keygen(&work, "new.key", OWNER, "device");
        let admitted = org(&work, &dir, "root.key", &["admit", &path(&work, "new.key")]);
        is(&admitted, 0, "recorded at height");
        is(&capture(&work, &dir, "device.key", event(1, "")), 0, "accepted 1");
        is(&capture(&work, &dir, "new.key", event(2, "")), 0, "accepted 1");
        let listed = run(&["org", "list", "--dir", &dir, "--json"]).json();
        let keys = listed["organisations"][0]["keys"].as_array().unwrap();
        let devices = keys.iter().filter(|key| key["role"] == "device").map(|key| key["key"].as_str().unwrap());
        let old = devices.into_iter().find(|key| *key != new).unwrap().to_owned();
        is(&org(&work, &dir, "root.key", &["retire", &old]), 0, "recorded at height");
        is(&run(&["org", "list", "--dir", &dir]), 0, &format!("device {old} retired"));
        is(&capture(&work, &dir, "device.key", event(3, "")), code, words);
        is(&capture(&work, &dir, "new.key", event(4, "")), 0, "accepted 1");
        is(&org(&work, &dir, "root.key", &["retire", &old]), 1, "LEDGER-210");
        is(&org(&work, &dir, "root.key", &["revoke", &new]), 0, "recorded at height");
        is(&capture(&work, &dir, "new.key", event(5, "")), 1, "LEDGER-202");
        is(&run(&["fsck", "--dir", &dir]), 0, " 0 differences");
    }
}

// Goal: keys are handled by who has the right to. Method: admitting, retiring and revoking by a device, by another firm
// and of keys that are not there; a key that has no file, and a text that is no key.
#[test]
fn keys_of_others() {
    let work = folder(&[]);
    let dir = with_member(&work);
    let new = keygen(&work, "new.key", OWNER, "device");
    let file = path(&work, "new.key");
    is(&org(&work, &dir, "device.key", &["admit", &file]), 1, "LEDGER-208");
    is(&org(&work, &dir, "root.key", &["retire", &new]), 1, "LEDGER-210");
    is(&org(&work, &dir, "root.key", &["admit", &file]), 0, "recorded at height");
    is(&org(&work, &dir, "root.key", &["admit", &file]), 1, "LEDGER-210");
    for command in ["retire", "revoke"] {
        for key in ["device.key", "member-device.key", "member-root.key", "new.key"] {
            is(&org(&work, &dir, key, &[command, &new]), 1, "LEDGER-208");
        }
        is(&org(&work, &dir, "root.key", &[command, "abc"]), 2, "NODE-OPTION");
        is(&org(&work, &dir, "root.key", &[command, &"0".repeat(64)]), 1, "LEDGER-210");
    }
    is(&org(&work, &dir, "root.key", &["admit", &path(&work, "none.key")]), 3, "KEY-IO");
    // A file of another firm's key: as a key of one's own it would record in the wrong name.
    is(&org(&work, &dir, "root.key", &["admit", &path(&work, "member-device.key")]), 3, "NODE-KEY_OF_OTHER");
    is(&capture(&work, &dir, "new.key", event(1, "")), 0, "accepted 1");
    is(&run(&["org", "revoke", &new, "--dir", &dir, "--key", &path(&work, "none.key")]), 3, "KEY-IO");
}

// Goal: the owner of a strict prefix alone commissions under it, and whom it lends that to. Method: a member
// commissions before and after the delegation; delegations by a device, by one who owns nothing, to nobody, and into
// the past.
#[test]
fn delegate() {
    let commission = |number: u32| {
        event(number, r#","bizStep":"commissioning""#).replace("OBSERVE", "ADD").replace(
            "https://id.gs1.org/00/095210010000000017",
            &format!("https://id.gs1.org/01/09521001001014/21/{number}"),
        )
    };
    let work = folder(&[]);
    let dir = with_member(&work);
    let scope = "prefix:9521001";
    is(&org(&work, &dir, "root.key", &["bind", scope, OWNER, "--strict"]), 0, "recorded at height");
    is(&org(&work, &dir, "member-root.key", &["bind", scope, MEMBER]), 1, "LEDGER-208");
    is(&capture(&work, &dir, "device.key", commission(1)), 0, "accepted 1");
    is(&capture(&work, &dir, "member-device.key", commission(2)), 1, "LEDGER-204");
    let until = ["--until", "2099-01-01T00:00:00+08:00"];
    let lend = |to: &'static str, until: &[&'static str]| [["delegate", scope, to].as_slice(), until].concat();
    is(&org(&work, &dir, "device.key", &lend(MEMBER, &until)), 1, "LEDGER-208");
    is(&org(&work, &dir, "member-root.key", &lend(MEMBER, &until)), 1, "LEDGER-208");
    is(&org(&work, &dir, "root.key", &lend("urn:lei:529900T8BM49AURSDO55", &until)), 1, "LEDGER-210");
    is(&org(&work, &dir, "root.key", &lend(MEMBER, &["--until", "2020-01-01T00:00:00Z"])), 1, "LEDGER-210");
    is(&org(&work, &dir, "root.key", &lend(MEMBER, &["--until", "soon"])), 2, "NODE-OPTION");
    is(&org(&work, &dir, "root.key", &["delegate", "prefix:x", MEMBER, "--until", until[1]]), 2, "NODE-OPTION");
    is(&capture(&work, &dir, "member-device.key", commission(2)), 1, "LEDGER-204");
    is(&org(&work, &dir, "root.key", &lend(MEMBER, &until)), 0, "recorded at height");
    is(&capture(&work, &dir, "member-device.key", commission(2)), 0, "accepted 1");
    is(&run(&["fsck", "--dir", &dir]), 0, " 0 differences");
}
