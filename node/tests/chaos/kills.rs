//! Goal: nothing that was acknowledged is lost, nothing is there twice and nothing half, however often the node is
//! killed while clients capture; and it is soon back. Method: four clients over HTTP, SIGKILL at moments by seed, also
//! while the node starts; the clients send again what was not answered; in the end the events that were acknowledged
//! are looked for in the export, and `fsck` builds the ledger anew.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use crate::clients::{Client, Way, event_id};
use crate::node::Node;
use crate::runner::{command, folder, is, path, run};
use crate::world::{CLIENTS, Chance, chain_of_devices, is_long, is_sound, recorded, times};

/// One round in so many is killed while it starts.
const STARTS_KILLED: u64 = 10;
/// Events of a group.
const GROUP: u32 = 20;

/// Starts the node, lets the clients write, kills it; how long the start took.
fn round(dir: &str, clients: &mut [Client], chance: &mut Chance) -> Option<Duration> {
    let moment = Duration::from_millis(chance.below(400));
    let begun = Instant::now();
    if chance.below(STARTS_KILLED) == 0 {
        let mut command = command();
        command.args(["node", "run", "--dir", dir, "--listen", "127.0.0.1:0"]).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(moment / 8);
        child.kill().unwrap();
        child.wait().unwrap();
        return None;
    }
    let node = Node::start(dir);
    let started = begun.elapsed();
    let (url, stop) = (node.url.clone(), AtomicBool::new(false));
    thread::scope(|scope| {
        for client in clients.iter_mut() {
            let (url, stop) = (&url, &stop);
            scope.spawn(move || client.run(url, GROUP, stop));
        }
        thread::sleep(moment);
        node.kill();
    });
    Some(started)
}

fn killed(name: &str, way: Way, rounds: u64) {
    let work = folder(&[]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    let mut clients: Vec<Client> =
        keys.iter().enumerate().map(|(number, key)| Client::new(way, key, number, 0)).collect();
    let mut chance = Chance::new(name);
    let starts: Vec<Duration> = (0..rounds).filter_map(|_| round(&dir, &mut clients, &mut chance)).collect();
    for client in &clients {
        assert!(client.refused.is_empty(), "{:?}", client.refused);
    }
    let acknowledged: BTreeSet<String> =
        clients.iter().flat_map(|client| &client.acknowledged).map(|number| event_id(*number)).collect();
    let recorded = recorded(&dir);
    let lost = acknowledged.difference(&recorded).count();
    let begun = Instant::now();
    is_sound(&dir);
    println!(
        "{name}: {rounds} kills, {CLIENTS} clients, {} events acknowledged, {lost} lost, {} recorded, 0 differences \
         ({:.1?}), slowest start {:.2?}",
        acknowledged.len(),
        recorded.len(),
        begun.elapsed(),
        starts.iter().max().unwrap(),
    );
    assert_eq!(lost, 0);
    assert!(acknowledged.len() > 100);
}

#[test]
fn killed_while_four_clients_submit() {
    killed("killed_while_four_clients_submit", Way::Records, times(5, 200));
}

#[test]
fn killed_while_four_clients_capture_documents() {
    killed("killed_while_four_clients_capture_documents", Way::Documents, times(3, 40));
}

// Goal: a node that was killed is back within 2 seconds at 10^5 events and 5 seconds at 10^6. Method: a directory with
// that many events, a node that four clients write to, killed; the time until it listens again, of three.
#[test]
fn back_soon() {
    let sizes: &[(u32, u64)] = if is_long() { &[(100_000, 2), (1_000_000, 5)] } else { &[(3_000, 2)] };
    for (events, seconds) in sizes {
        let work = folder(&[]);
        let (dir, file) = (path(&work, "data"), path(&work, "events.ndjson"));
        let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
        for payload in suyuan_sims::Workload::new(*events, 7) {
            std::io::Write::write_all(&mut out, &[payload.as_slice(), b"\n"].concat()).unwrap();
        }
        std::io::Write::flush(&mut out).unwrap();
        let keys = chain_of_devices(&work, &dir);
        is(&run(&["capture", &file, "--dir", &dir]), 0, "accepted");
        let mut clients: Vec<Client> =
            keys.iter().enumerate().map(|(number, key)| Client::new(Way::Records, key, number, 0)).collect();
        let mut starts = Vec::new();
        for _ in 0..3 {
            let node = Node::start(&dir);
            let (url, stop) = (node.url.clone(), AtomicBool::new(false));
            thread::scope(|scope| {
                for client in &mut clients {
                    let (url, stop) = (&url, &stop);
                    scope.spawn(move || client.run(url, GROUP, stop));
                }
                thread::sleep(Duration::from_secs(2));
                node.kill();
            });
            let begun = Instant::now();
            let node = Node::start(&dir);
            starts.push(begun.elapsed());
            node.kill();
        }
        starts.sort();
        println!("back_soon: {events} events, killed three times, back in {starts:.2?}");
        assert!(starts[1] <= Duration::from_secs(*seconds), "{starts:?}");
    }
}
