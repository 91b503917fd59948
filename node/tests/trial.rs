//! Goal: a trial goes by a clock that is set, and nothing else does: no ledger of another network is made, opened or written to.
//! Method: commands and nodes with `SUYUAN_CLOCK`, over directories of both kinds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code)]

mod runner;

use std::fs;
use std::path::Path;
use std::process::Command;

use runner::{
    Run, Served, chain_of_genesis, chain_with_known_keys, command, document, event, finish, folder, is, path, run,
};

fn by(clock: &str) -> Command {
    let mut command = command();
    command.env("SUYUAN_CLOCK", clock);
    command
}

fn run_by(clock: &str, arguments: &[&str]) -> Run {
    let mut command = by(clock);
    command.args(arguments);
    finish(command, b"")
}

fn trial(genesis: String) -> String {
    genesis.replacen(r#""pilot": true,"#, r#""pilot": true, "trial": true,"#, 1)
}

#[test]
fn goes_by_the_clock() {
    let sale = event(1, "").replace("2026-10-01T08", "2030-03-01T08");
    let work = folder(&[("clock", "2030-03-01T09:00:00+08:00\n"), ("a.json", &document(&[sale]))]);
    let (dir, clock, file) = (chain_of_genesis(&work, &trial), path(&work, "clock"), path(&work, "a.json"));
    // By the machine's clock that has not happened yet.
    is(&run(&["capture", &file, "--dir", &dir]), 1, "LEDGER-111");
    is(&run_by(&clock, &["capture", &file, "--dir", &dir]), 0, "accepted 1");
    let recorded = "GE_recordTime=2030-03-01T01:00:00Z LT_recordTime=2030-03-01T01:01:00Z";
    assert_eq!(run_by(&clock, &["query", recorded, "--ndjson", "--dir", &dir]).stdout.lines().count(), 1);
    // Set back it is not, before the last block; and what comes next is later.
    fs::write(&clock, "2030-02-01T09:00:00+08:00").unwrap();
    let served = Served::start_by(by(&clock), &dir);
    let status = served.ask("GET /v1/status", b"");
    assert!(status.contains(r#""trial":true,"trial_time":"2030-03-01T01:0"#), "{status}");
    fs::write(&clock, "2030-04-01T09:00:00+08:00").unwrap();
    let status = served.ask("GET /v1/status", b"");
    assert!(status.contains(r#""trial_time":"2030-04-01T01:00:"#), "{status}");
    is(&run_by(&clock, &["node", "status", "--url", &served.url]), 0, "2030-04-01T01:00:");
    assert_eq!(served.stop(), 0);
    let (proof, genesis) = (path(&work, "proof"), path(&work, "genesis.json"));
    let thing = "(00)095210010000000017";
    assert_eq!(run_by(&clock, &["trace", thing, "--history", "--dir", &dir, "--proof", &proof]).code, 0);
    is(&run(&["verify", &proof, "--trust", &genesis]), 0, "NODE-TRIAL");
    is(&run(&["genesis", "check", &genesis]), 0, "trial");
    // Without the variable it goes by the machine's clock; the ledger itself is of the time that was set.
    is(&run(&["fsck", "--dir", &dir]), 0, "0 differences");
}

#[test]
fn nothing_else_does() {
    let work = folder(&[("clock", "2030-03-01T09:00:00+08:00\n"), ("a.json", &document(&[event(1, "")]))]);
    let (dir, clock, file) = (chain_with_known_keys(&work), path(&work, "clock"), path(&work, "a.json"));
    let (key, new) = (path(&work, "device.key"), path(&work, "new"));
    let genesis = path(&work, "genesis.json");
    let there = |name: &str| work.path().join(name).exists();
    for arguments in [
        ["capture", &file, "--dir", &dir].as_slice(),
        &["node", "run", "--dir", &dir, "--listen", "127.0.0.1:0"],
        &["fsck", "--dir", &dir],
        &["export", "--dir", &dir],
        &["trace", "(00)095210010000000017", "--dir", &dir],
        &["node", "init", "--dir", &new, "--insecure"],
        &["capture", &file, "--dir", &new, "--insecure"],
        &["node", "init", "--dir", &new, "--genesis", &genesis, "--validator", &key, "--device", &key, "--insecure"],
        &[
            "genesis",
            "new",
            "--network",
            "n",
            "--organisations",
            &path(&work, "list.json"),
            "--validator",
            &key,
            "--key",
            &path(&work, "root.key"),
            "--output",
            &path(&work, "other.json"),
        ],
    ] {
        is(&run_by(&clock, arguments), 3, "NODE-CLOCK");
    }
    assert!(!there("other.json") && !Path::new(&new).join("genesis.json").exists());
    assert_eq!(run(&["capture", &file, "--dir", &new, "--insecure"]).code, 0, "it is made by the machine's clock");
    // Nor is anything written to a node of another network, though it runs by the machine's clock.
    let served = Served::start(&dir);
    let capture = ["capture", &file, "--url", &served.url, "--key", &key, "--insecure"];
    is(&run_by(&clock, &capture), 3, "NODE-CLOCK");
    is(&run(&capture), 0, "accepted 1");
    assert!(served.ask("GET /v1/status", b"").contains(r#""trial":false,"trial_time":null"#));
    assert_eq!(served.stop(), 0);
    // A file that is none is told before anything else, and an empty variable is none.
    fs::write(&clock, "soon").unwrap();
    is(&run_by(&clock, &["export", "--dir", &dir]), 3, "NODE-CLOCK_FILE");
    is(&run_by(&path(&work, "none"), &["export", "--dir", &dir]), 3, "SUYUAN_CLOCK");
    assert_eq!(run_by("", &["export", "--dir", &dir]).code, 0);
}
