//! Goal: a replica whose disk rots, fails or is full says so and stops, or answers rightly, and never serves what is wrong;
//! the others go on without it, and it is in step again once its disk is good. Method: one bit of a RocksDB file flipped
//! while the node is down; fsync that fails by chance (fiu-run); a small tmpfs; clients at all nodes meanwhile.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hosts::Hosts;
use crate::load::Load;
use crate::net::{AUDIT, NODES, Net, ask};
use crate::node::there_is;
use crate::runner::copy;
use crate::world::Chance;

const CLIENTS: usize = 2;
const ALL: [usize; NODES] = [0, 1, 2, 3, AUDIT];
/// The node whose disk is bad.
const BAD: usize = 2;
const REST: [usize; NODES - 1] = [0, 1, 3, AUDIT];

fn goes_on(net: &Net, load: &Load, during: Duration) -> usize {
    let (begun, before) = (Instant::now(), net.height(0));
    sleep(during);
    let events = load.events(&REST, begun, during);
    assert!(net.height(0) > before && events > 0, "the others stand still at {before}");
    events
}

/// The sorted files of a node's store, the largest first.
fn sorted_files(dir: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(dir).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false if entry.path().extension().is_some_and(|kind| kind == "sst" || kind == "log") => {
                    found.push((entry.metadata().unwrap().len(), entry.path().to_str().unwrap().to_owned()));
                }
                false => {}
            }
        }
    }
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.into_iter().filter(|(bytes, _)| *bytes > 0).map(|(_, name)| name).collect()
}

#[test]
fn rotten() {
    let Some(hosts) = Hosts::new(NODES) else { return };
    let mut net = Net::new(Some(hosts));
    net.start_all();
    let mut chance = Chance::new("rotten");
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(Duration::from_secs(6));
    // What the log held is written into sorted files when the node starts.
    net.kill(BAD);
    net.start(BAD);
    load.follow(&net);
    sleep(Duration::from_secs(3));
    let (mut refused, mut halted, mut harmless) = (0, 0, 0);
    for _ in 0..12 {
        net.in_step(&ALL);
        net.kill(BAD);
        load.follow(&net);
        let dir = net.dirs[BAD].clone();
        let good = format!("{dir}.good");
        copy(Path::new(&dir), Path::new(&good));
        let files = sorted_files(&dir);
        let file = &files[chance.below(files.len() as u64) as usize];
        let mut bytes = fs::read(file).unwrap();
        let (place, bit) = (chance.below(bytes.len() as u64) as usize, chance.below(8));
        bytes[place] ^= 1 << bit;
        fs::write(file, bytes).unwrap();
        let short = file.strip_prefix(&dir).unwrap();
        match net.start_under(BAD, &[]) {
            Err(said) => {
                assert!(said.contains("NODE-"), "{said}");
                println!(
                    "rotten: {short} byte {place} bit {bit}: does not start: {}",
                    said.lines().next().unwrap_or("")
                );
                refused += 1;
            }
            Ok(()) => {
                load.follow(&net);
                let common = net.height(0);
                // Whatever it says of blocks and events is what the others say, or that it can't.
                let (mut told, mut wrong) = (0, 0);
                // Some hundred of them, another some each time.
                let step = common / 300 + 1;
                for height in (1 + chance.below(step)..=common).step_by(step as usize) {
                    let route = format!("/v1/blocks/{height}");
                    match (ask(&net.url(BAD), &route), ask(&net.url(0), &route)) {
                        (Some((200, one)), Some((200, other))) => {
                            // Certificates of one block may be of other validators.
                            let is_same =
                                one["header"] == other["header"] && one["submissions"] == other["submissions"];
                            wrong += u32::from(!is_same);
                        }
                        (Some((404, _)), _) => break,
                        _ => told += 1,
                    }
                }
                assert_eq!(wrong, 0, "{short} byte {place} bit {bit}");
                sleep(Duration::from_secs(1));
                let (status, body) = net.node(BAD).health();
                if status != 200 || told > 0 {
                    println!(
                        "rotten: {short} byte {place} bit {bit}: told {told} times, health {status} {}",
                        body["code"]
                    );
                    halted += 1;
                } else {
                    harmless += 1;
                }
                net.kill(BAD);
            }
        }
        goes_on(&net, &load, Duration::from_secs(1));
        fs::remove_dir_all(&dir).unwrap();
        fs::rename(&good, &dir).unwrap();
        // What it has signed meanwhile is not in the copy, so neither is a log: it does not vote before it can't matter.
        fs::remove_dir_all(Path::new(&dir).join("wal")).unwrap();
        net.start(BAD);
        load.follow(&net);
    }
    let took = net.in_step(&ALL);
    load.stop();
    net.agree(&ALL);
    println!(
        "rotten: 12 flipped bits in files of one replica: {refused} times it does not start, {halted} times it halts or says \
         so, {harmless} times all answers are right; never a wrong one; in step {took:.2?} after"
    );
    net.finish(&load);
}

#[test]
fn failing() {
    if !there_is("fiu-run", "fiu-utils") {
        return;
    }
    let Some(hosts) = Hosts::new(NODES) else { return };
    let mut net = Net::new(Some(hosts));
    net.start_all();
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(Duration::from_secs(3));
    let fault = |call: &str| format!("enable_random name=posix/io/sync/{call},probability=0.02,failinfo=5");
    let (sync, data) = (fault("fsync"), fault("fdatasync"));
    let tool = ["fiu-run", "-x", "-c", &sync, "-c", &data];
    let (mut closed, mut refused) = (0, 0);
    for _ in 0..6 {
        net.kill(BAD);
        load.follow(&net);
        match net.start_under(BAD, &tool) {
            Err(said) => {
                assert!(said.contains("NODE-"), "{said}");
                refused += 1;
            }
            Ok(()) => {
                load.follow(&net);
                let begun = Instant::now();
                let code = loop {
                    let (status, body) = net.node(BAD).health();
                    if status != 200 {
                        break body["code"].as_str().unwrap_or_default().to_owned();
                    }
                    assert!(begun.elapsed() < Duration::from_secs(60), "fsync never failed");
                    sleep(Duration::from_millis(50));
                };
                assert_eq!(code, "NODE-STORE");
                closed += 1;
                goes_on(&net, &load, Duration::from_secs(2));
                net.kill(BAD);
            }
        }
        net.start(BAD);
        load.follow(&net);
        net.in_step(&ALL);
    }
    load.stop();
    net.agree(&ALL);
    println!(
        "failing: fsync of one validator fails: {closed} times it closed its store with NODE-STORE, {refused} starts \
              refused with a code; the others went on; in step again each time"
    );
    net.finish(&load);
}

#[test]
fn full() {
    let Some(hosts) = Hosts::new(NODES) else { return };
    let mut net = Net::new(Some(hosts));
    let dir = net.dirs[BAD].clone();
    let (disk, inner) = (format!("{dir}.disk"), format!("{dir}.disk/data"));
    fs::create_dir(&disk).unwrap();
    let mount = |options: &str| Command::new("mount").args(["-t", "tmpfs", "-o", options, "suyuan", &disk]).status();
    if !mount("size=64m").is_ok_and(|status| status.success()) {
        println!("SKIPPED: full needs the right to mount a tmpfs");
        return;
    }
    copy(Path::new(&dir), Path::new(&inner));
    net.dirs[BAD] = inner;
    net.start_all();
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(Duration::from_secs(3));
    // Others need the space, all but a little.
    let filling = format!("{disk}/others");
    let fill = |left_kib: u64| {
        let script = format!(
            "free=$(df -k --output=avail '{disk}' | tail -1); head -c $(( (free - {left_kib}) * 1024 )) /dev/zero >> '{filling}'"
        );
        Command::new("sh").args(["-c", &script]).status().unwrap();
    };
    fill(64);
    let begun = Instant::now();
    let code = loop {
        let (status, body) = net.node(BAD).health();
        if status != 200 {
            break body["code"].as_str().unwrap_or_default().to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the disk never fills");
        sleep(Duration::from_millis(50));
    };
    let noticed = begun.elapsed();
    let events = goes_on(&net, &load, Duration::from_secs(4));
    net.kill(BAD);
    load.follow(&net);
    fs::remove_file(&filling).unwrap();
    net.start(BAD);
    load.follow(&net);
    let took = net.in_step(&ALL);
    load.stop();
    net.agree(&ALL);
    println!(
        "full: one validator's disk is full: it stops with {code} after {noticed:.1?}; the others recorded {events} events in \
         four seconds; with room again it is in step {took:.2?} after"
    );
    assert_eq!(code, "NODE-DISK_FULL");
    net.finish(&load);
    let _ = Command::new("umount").arg(&disk).status();
}
