//! What the tests of faults share: how long they run, chance by seed, a chain of several devices, and what a directory
//! holds in the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};

use crate::runner::{OWNER, is, path, run};

/// Clients that write side by side.
pub const CLIENTS: usize = 4;

/// Whether this is the long form.
pub fn is_long() -> bool {
    std::env::var("SUYUAN_CHAOS").is_ok_and(|form| form == "long")
}

/// One number for the short form, another for the long one.
pub fn times(short: u64, long: u64) -> u64 {
    if is_long() { long } else { short }
}

/// Numbers by seed (SplitMix64), which is printed so that a run can be repeated.
pub struct Chance(u64);

impl Chance {
    pub fn new(test: &str) -> Chance {
        let seed = std::env::var("SUYUAN_CHAOS_SEED").ok().map_or(20_261_126, |text| text.parse().unwrap());
        println!("{test}: SUYUAN_CHAOS_SEED={seed}");
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Makes a data directory of a chain whose one organisation has a device for each client; their key files.
pub fn chain_of_devices(work: &tempfile::TempDir, dir: &str) -> Vec<String> {
    let made = "2026-10-01T00:00:00Z";
    let key = |name: &str, seed: u8, role: KeyRole| {
        let file = path(work, name);
        keyfile::write(Path::new(&file), &[seed; 32], OWNER, role, made, &Protection::Insecure).unwrap();
        file
    };
    let root = key("root.key", 1, KeyRole::Root);
    let devices: Vec<String> =
        (0..CLIENTS).map(|number| key(&format!("{number}.key"), 10 + number as u8, KeyRole::Device)).collect();
    let own = key("own.key", 2, KeyRole::Device);
    let (list, genesis) = (path(work, "list.json"), path(work, "genesis.json"));
    fs::write(&list, format!(r#"[{{"uri":"{OWNER}","name":"A","role":"operator"}}]"#)).unwrap();
    let mut new = vec!["genesis", "new", "--network", "chaos", "--organisations", &list, "--validator", &own];
    [&root, &own].into_iter().chain(&devices).for_each(|key| new.extend(["--key", key.as_str()]));
    new.extend(["--output", &genesis]);
    is(&run(&new), 0, "chain");
    let init = ["node", "init", "--dir", dir, "--genesis", &genesis, "--insecure", "--validator", &own];
    is(&run(&[init.as_slice(), &["--device", &own]].concat()), 0, "chain");
    devices
}

/// The ids of the events that a directory holds. None is there twice.
pub fn recorded(dir: &str) -> BTreeSet<String> {
    let exported = run(&["export", "--dir", dir]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let mut ids = BTreeSet::new();
    for line in exported.stdout.lines() {
        let at = line.find("urn:uuid:").expect(line);
        assert!(ids.insert(line[at..at + 45].to_owned()), "twice: {line}");
    }
    ids
}

/// Asserts that `fsck` finds nothing.
pub fn is_sound(dir: &str) {
    is(&run(&["fsck", "--dir", dir]), 0, " 0 differences");
}
