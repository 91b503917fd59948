//! Clients that write all the time, at all nodes, and remember when what was acknowledged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::clients::{Client, Way, agent};
use crate::net::{NODES, Net};

/// Events of a submission.
const GROUP: u32 = 10;
/// A client whose node is gone comes again after so long.
const AGAIN: Duration = Duration::from_millis(50);

/// When a client of a node got how many events acknowledged.
#[derive(Clone, Copy)]
struct Told {
    at: Instant,
    node: usize,
    events: usize,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    told: Mutex<Vec<Told>>,
    /// By node: where it is now.
    urls: Mutex<Vec<Option<String>>>,
}

/// The clients of a network.
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Client>>,
    done: Vec<Client>,
}

impl Load {
    /// So many clients begin to write at each of these nodes. `skip` of its devices are others'.
    pub fn start(net: &Net, nodes: &[usize], clients: usize, skip: usize) -> Load {
        let shared = Arc::new(Shared::default());
        *shared.urls.lock().unwrap() = vec![None; NODES];
        let mut load = Load { shared, threads: Vec::new(), done: Vec::new() };
        load.follow(net);
        for (node, device) in nodes.iter().flat_map(|node| (skip..skip + clients).map(move |device| (*node, device))) {
            let client = Client::new(Way::Records, &net.keys[node][device], node * crate::net::DEVICES + device, 0);
            let shared = Arc::clone(&load.shared);
            load.threads.push(thread::spawn(move || write(client, node, &shared)));
        }
        load
    }

    /// Nodes may be at another address, or gone.
    pub fn follow(&self, net: &Net) {
        let url = |node: usize| net.is_up(node).then(|| net.url(node));
        *self.shared.urls.lock().unwrap() = (0..NODES).map(url).collect();
    }

    /// Events acknowledged by these nodes from a moment on, for so long.
    pub fn events(&self, nodes: &[usize], from: Instant, during: Duration) -> usize {
        let told = self.shared.told.lock().unwrap();
        let of = told.iter().filter(|one| nodes.contains(&one.node) && one.at >= from && one.at < from + during);
        of.map(|one| one.events).sum()
    }

    /// When these nodes acknowledged something for the first time after a moment.
    pub fn first(&self, nodes: &[usize], after: Instant) -> Option<Duration> {
        let told = self.shared.told.lock().unwrap();
        let of = told.iter().filter(|one| nodes.contains(&one.node) && one.at >= after);
        of.map(|one| one.at - after).min()
    }

    /// Ends all clients.
    pub fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.done.extend(self.threads.drain(..).map(|thread| thread.join().unwrap()));
    }

    /// The numbers of the events acknowledged; the clients MUST have ended.
    pub fn acknowledged(&self) -> Vec<u32> {
        self.done.iter().flat_map(|client| &client.acknowledged).copied().collect()
    }

    /// How often a client was told to come again.
    pub fn busy(&self) -> u64 {
        self.done.iter().map(|client| client.busy).sum()
    }

    /// What was refused for other reasons than that the node is busy or about to end.
    pub fn refused(&self) -> Vec<String> {
        let all = self.done.iter().flat_map(|client| &client.refused);
        all.filter(|(status, _)| *status != 503).map(|(status, body)| format!("{status} {body}")).collect()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

fn write(mut client: Client, node: usize, shared: &Shared) -> Client {
    let agent = agent();
    while !shared.stop.load(Ordering::Relaxed) {
        let url = shared.urls.lock().unwrap()[node].clone();
        let Some(url) = url else {
            thread::sleep(AGAIN);
            continue;
        };
        let before = client.acknowledged.len();
        let goes_on = client.turn(&agent, &url, GROUP);
        let events = client.acknowledged.len() - before;
        if events > 0 {
            shared.told.lock().unwrap().push(Told { at: Instant::now(), node, events });
        }
        if !goes_on {
            thread::sleep(AGAIN);
        }
    }
    client
}
