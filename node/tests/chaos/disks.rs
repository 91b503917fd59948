//! Goal: a disk that is full, fails or is slow makes the node say so and take nothing it can't keep; all that was
//! acknowledged is there afterwards, and the next start works. Method: a small tmpfs; fsync and fdatasync that fail by
//! chance (fiu-run) or wait (strace); four clients over HTTP meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::clients::{Client, Way, event_id};
use crate::node::{Node, there_is};
use crate::runner::{folder, is, path, run};
use crate::world::{CLIENTS, chain_of_devices, is_sound, recorded, times};

fn clients(keys: &[String], filling: usize) -> Vec<Client> {
    let new = |(number, key): (usize, &String)| Client::new(Way::Records, key, number, filling);
    keys.iter().enumerate().map(new).collect()
}

/// Lets the clients write until each ends by itself, or for so long.
fn write(clients: &mut [Client], url: &str, group: u32, most: Duration) {
    let (stop, begun) = (AtomicBool::new(false), Instant::now());
    thread::scope(|scope| {
        let work: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let stop = &stop;
                scope.spawn(move || client.run(url, group, stop))
            })
            .collect();
        while begun.elapsed() < most && !work.iter().all(|thread| thread.is_finished()) {
            thread::sleep(Duration::from_millis(10));
        }
        stop.store(true, Ordering::Relaxed);
    });
}

fn acknowledged(clients: &[Client]) -> BTreeSet<String> {
    clients.iter().flat_map(|client| &client.acknowledged).map(|number| event_id(*number)).collect()
}

/// Each refusal says with its status and its code that it is the store's fault, not the client's.
fn assert_refused(clients: &mut [Client], codes: &[&str]) -> usize {
    let refusals: Vec<(u16, Value)> = clients.iter_mut().flat_map(|client| client.refused.drain(..)).collect();
    for (status, body) in &refusals {
        assert!([503, 507].contains(status), "{status} {body}");
        assert!(codes.contains(&body["code"].as_str().unwrap()), "{status} {body}");
        assert!(!body["detail"].as_str().unwrap().is_empty(), "{body}");
    }
    refusals.len()
}

fn mount(path: &str, options: &[&str]) -> bool {
    let mut command = Command::new("mount");
    command.args(options).arg(path).output().is_ok_and(|output| output.status.success())
}

struct Mounted(String);

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status().is_ok_and(|status| status.success());
        assert!(unmounted || thread::panicking(), "can't unmount {}", self.0);
    }
}

#[test]
fn full() {
    let work = folder(&[]);
    let disk = path(&work, "disk");
    fs::create_dir(&disk).unwrap();
    if !mount(&disk, &["-t", "tmpfs", "-o", "size=24m", "suyuan-test"]) {
        println!("SKIPPED: full needs the right to mount a tmpfs (run as root)");
        return;
    }
    let mounted = Mounted(disk.clone());
    let dir = path(&work, "disk/data");
    let keys = chain_of_devices(&work, &dir);
    let mut clients = clients(&keys, 20_000);
    let rounds = times(2, 10);
    let (mut refusals, mut refused_starts) = (0, 0);
    for round in 0..rounds {
        // Space for some more, which then is used up in the middle of a capture.
        let size = format!("remount,size={}m", 24 + 16 * round);
        assert!(mount(&disk, &["-o", &size]));
        let node = Node::start(&dir);
        write(&mut clients, &node.url, 4, Duration::from_secs(60));
        refusals += assert_refused(&mut clients, &["NODE-DISK_FULL"]);
        let (status, body) = node.health();
        assert_eq!((status, body["code"].as_str()), (503, Some("NODE-DISK_FULL")), "{body}");
        node.kill();
        // While it is full: no start, or one that can't go on; and what is said is the same.
        let again = run(&["fsck", "--dir", &dir]);
        if again.code != 0 {
            is(&again, 3, "NODE-DISK_FULL");
            refused_starts += 1;
        }
    }
    assert!(mount(&disk, &["-o", &format!("remount,size={}m", 64 + 32 * rounds)]));
    let (acknowledged, recorded) = (acknowledged(&clients), recorded(&dir));
    let lost = acknowledged.difference(&recorded).count();
    is_sound(&dir);
    let node = Node::start(&dir);
    write(&mut clients, &node.url, 4, Duration::from_millis(300));
    assert!(clients.iter().all(|client| client.refused.is_empty()));
    assert!(node.stop().0.success());
    println!(
        "full: {rounds} times full, {} events acknowledged, {lost} lost, {refusals} refusals (507 or 503), \
         {refused_starts} starts refused, 0 differences",
        acknowledged.len()
    );
    assert_eq!(lost, 0);
    drop(mounted);
}

// Goal: after an fsync that failed nothing is acknowledged on it, the store is closed and says why, and a restart works:
// the kernel may have dropped what it could not write, so nothing is tried again on the same file.
#[test]
fn failing() {
    if !there_is("fiu-run", "fiu-utils") {
        return;
    }
    let work = folder(&[]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    let mut clients = clients(&keys, 200);
    let rounds = times(3, 30);
    let (mut refusals, mut starts_refused, mut closed) = (0, 0, 0);
    for _ in 0..rounds {
        let fault = |call: &str| format!("enable_random name=posix/io/sync/{call},probability=0.02,failinfo=5");
        let (sync, data) = (fault("fsync"), fault("fdatasync"));
        let wrapper = ["fiu-run", "-x", "-c", &sync, "-c", &data];
        let node = match Node::start_under(&dir, &wrapper, &[]) {
            Ok(node) => node,
            Err(said) => {
                // A start that meets the fault is refused with its code.
                assert!(said.contains("NODE-") && said.contains("help: "), "{said}");
                starts_refused += 1;
                continue;
            }
        };
        write(&mut clients, &node.url, 5, Duration::from_secs(20));
        let told = assert_refused(&mut clients, &["NODE-STORE"]);
        refusals += told;
        if told > 0 {
            let (status, body) = node.health();
            assert_eq!((status, body["code"].as_str()), (503, Some("NODE-STORE")), "{body}");
            closed += 1;
        }
        node.kill();
    }
    let (acknowledged, recorded) = (acknowledged(&clients), recorded(&dir));
    let lost = acknowledged.difference(&recorded).count();
    is_sound(&dir);
    println!(
        "failing: {rounds} nodes whose fsync fails, {} events acknowledged, {lost} lost, closed {closed} times with \
         {refusals} refusals, {starts_refused} starts refused, 0 differences",
        acknowledged.len()
    );
    assert_eq!(lost, 0);
    assert!(closed + starts_refused > 0);
}

// Goal: a slow disk makes clients wait or come again; memory stays bounded, and nothing is lost. Method: each flush takes
// 50 ms longer (100 in the long form); four times four clients with large events.
#[test]
fn slow() {
    if !there_is("strace", "strace") {
        return;
    }
    let work = folder(&[]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    let mut clients = clients(&keys, 50_000);
    let inject = format!("inject=fdatasync,fsync:delay_enter={}", times(50_000, 100_000));
    let wrapper = ["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", &inject];
    let node = match Node::start_under(&dir, &wrapper, &[]) {
        Ok(node) => node,
        Err(said) => {
            println!("SKIPPED: slow can't trace here: {said}");
            return;
        }
    };
    let begun = Instant::now();
    let before = node.resident_kib();
    write(&mut clients, &node.url, 10, Duration::from_secs(times(3, 60)));
    let took = begun.elapsed();
    let memory = node.resident_kib();
    let (status, _) = node.health();
    assert_eq!(status, 200);
    for client in &clients {
        assert!(client.refused.is_empty(), "{:?}", client.refused);
    }
    node.kill();
    let (acknowledged, recorded) = (acknowledged(&clients), recorded(&dir));
    let lost = acknowledged.difference(&recorded).count();
    is_sound(&dir);
    println!(
        "slow: {CLIENTS} clients for {took:.1?}, {} events acknowledged, {lost} lost, busy {} times, resident {} MiB, {} \
         at the end",
        acknowledged.len(),
        clients.iter().map(|client| client.busy).sum::<u64>(),
        before >> 10,
        memory >> 10
    );
    assert_eq!(lost, 0);
    assert!(!acknowledged.is_empty() && memory < 512 << 10, "{memory} KiB");
}
