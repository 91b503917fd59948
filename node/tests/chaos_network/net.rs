//! A network of five organisations: four validators and one node without a vote, over hosts or, without them, over loopback.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde_json::Value;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};

use crate::clients::event_id;
use crate::hosts::Hosts;
use crate::load::Load;
use crate::node::Node;
use crate::runner::{folder, is, path, run};
use crate::world::{is_sound, recorded};

pub const VALIDATORS: usize = 4;
pub const NODES: usize = VALIDATORS + 1;
/// The node without a vote.
pub const AUDIT: usize = VALIDATORS;
/// Devices of each organisation: so many clients can write at its node.
pub const DEVICES: usize = 12;
/// Nodes come to one height within this after a fault is over.
pub const IN_STEP: Duration = Duration::from_secs(5);
/// A test that waits longer fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// The program that these tests were built with.
pub const THIS_BUILD: &str = env!("CARGO_BIN_EXE_suyuan");

pub struct Net {
    pub work: tempfile::TempDir,
    pub hosts: Option<Hosts>,
    pub dirs: Vec<String>,
    /// By node: its devices' key files.
    pub keys: Vec<Vec<String>>,
    nodes: Vec<Option<Node>>,
    pub genesis: String,
    /// What nodes are started from.
    pub program: String,
}

pub fn organisation(number: usize) -> String {
    format!("urn:example:organisation:{number}")
}

/// Writes a key file of a known seed; its path, and the public key.
pub fn key(work: &tempfile::TempDir, name: &str, organisation: &str, seed: u8, role: KeyRole) -> (String, String) {
    let file = path(work, &format!("{name}.key"));
    let at = "2026-10-01T00:00:00Z";
    keyfile::write(Path::new(&file), &[seed; 32], organisation, role, at, &Protection::Insecure).unwrap();
    (file, public(seed))
}

pub fn public(seed: u8) -> String {
    Hash(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes()).to_string()
}

fn agent() -> ureq::Agent {
    let patience = Some(Duration::from_secs(5));
    ureq::Agent::config_builder().timeout_global(patience).http_status_as_error(false).build().into()
}

/// A question to a node: the status and the answer.
pub fn ask(url: &str, route: &str) -> Option<(u16, Value)> {
    let mut answer = agent().get(format!("{url}{route}")).call().ok()?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_vec().ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

impl Net {
    pub fn new(hosts: Option<Hosts>) -> Net {
        let work = folder(&[]);
        let (mut listed, mut validators, mut nodes, mut keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..NODES {
            let (of, at) = (organisation(number), number as u8);
            let node = key(&work, &format!("node{number}"), &of, 1 + at, KeyRole::Node);
            let device = |device: usize| {
                key(
                    &work,
                    &format!("device{number}-{device}"),
                    &of,
                    100 + at * DEVICES as u8 + device as u8,
                    KeyRole::Device,
                )
                .0
            };
            let devices: Vec<String> = (0..DEVICES).map(device).collect();
            listed.push(key(&work, &format!("root{number}"), &of, 50 + at, KeyRole::Root).0);
            listed.extend(devices.clone());
            listed.push(node.0.clone());
            if number != AUDIT {
                validators.push(node.0.clone());
            }
            nodes.push(node);
            keys.push(devices);
        }
        let one = |number: usize| {
            let role = ["operator", "member", "member", "member", "authority"][number];
            format!(r#"{{"uri":"{}","name":"Organisation {number}","role":"{role}"}}"#, organisation(number))
        };
        let (list, genesis) = (path(&work, "list.json"), path(&work, "genesis.json"));
        fs::write(&list, format!("[{}]", (0..NODES).map(one).collect::<Vec<_>>().join(","))).unwrap();
        let mut new = vec!["genesis", "new", "--network", "chaos", "--organisations", &list, "--output", &genesis];
        validators.iter().for_each(|file| new.extend(["--validator", file]));
        listed.iter().for_each(|file| new.extend(["--key", file]));
        is(&run(&new), 0, "validators 4");
        let mut net =
            Net { work, hosts, dirs: Vec::new(), keys, nodes: Vec::new(), genesis, program: THIS_BUILD.to_owned() };
        let addresses: Vec<String> = (0..NODES).map(|number| net.address(number)).collect();
        for number in 0..NODES {
            let publics: Vec<(String, String)> =
                nodes.iter().map(|(_, public)| public.clone()).zip(addresses.clone()).collect();
            let dir = path(&net.work, &format!("data{number}"));
            let others = publics.into_iter().enumerate().filter(|(other, _)| *other != number).map(|(_, peer)| peer);
            let device = net.keys[number][0].clone();
            init(&dir, &net.genesis, &nodes[number].0, &device, &addresses[number], others);
            net.dirs.push(dir);
            net.nodes.push(None);
        }
        net
    }

    fn address(&self, number: usize) -> String {
        match &self.hosts {
            Some(hosts) => format!("/ip4/{}/tcp/8490", hosts.address(number)),
            None => {
                let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
                format!("/ip4/127.0.0.1/tcp/{free}")
            }
        }
    }

    pub fn start_all(&mut self) {
        (0..NODES).for_each(|number| self.start(number));
    }

    pub fn start(&mut self, number: usize) {
        self.start_under(number, &[]).unwrap_or_else(|said| panic!("node {number}: {said}"));
    }

    /// Starts a node under a tool; what it said if it does not start.
    pub fn start_under(&mut self, number: usize, tool: &[&str]) -> Result<(), String> {
        let dir = self.dirs[number].clone();
        self.nodes[number] = Some(self.run(number, &dir, tool)?);
        Ok(())
    }

    /// Runs a node over any directory on a host.
    pub fn run(&self, host: usize, dir: &str, tool: &[&str]) -> Result<Node, String> {
        let place = self.hosts.as_ref().map(|hosts| hosts.tool(host)).unwrap_or_default();
        let words: Vec<&str> = place.iter().map(String::as_str).chain(tool.iter().copied()).collect();
        let mut node = Node::start_of(&self.program, dir, &words, &[])?;
        if let Some(hosts) = &self.hosts {
            let port = node.url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
            node.url = hosts.reach(host, port.unwrap_or_else(|| panic!("no port: {}", node.url)));
        }
        Ok(node)
    }

    pub fn kill(&mut self, number: usize) {
        self.nodes[number].take().expect("it runs").kill();
    }

    pub fn node(&self, number: usize) -> &Node {
        self.nodes[number].as_ref().expect("it runs")
    }

    pub fn is_up(&self, number: usize) -> bool {
        self.nodes[number].is_some()
    }

    pub fn take(&mut self, number: usize) -> Node {
        self.nodes[number].take().expect("it runs")
    }

    pub fn url(&self, number: usize) -> String {
        self.node(number).url.clone()
    }

    /// The height of a node's last block; 0 if it does not answer.
    pub fn height(&self, number: usize) -> u64 {
        let answer = ask(&self.url(number), "/ready");
        answer.and_then(|(_, body)| body["height"].as_u64()).unwrap_or(0)
    }

    pub fn heights(&self) -> Vec<u64> {
        (0..NODES).map(|number| if self.is_up(number) { self.height(number) } else { 0 }).collect()
    }

    /// How long it takes until all these nodes have this height.
    pub fn reach(&self, nodes: &[usize], height: u64) -> Duration {
        let begun = Instant::now();
        loop {
            let heights: Vec<u64> = nodes.iter().map(|number| self.height(*number)).collect();
            if heights.iter().all(|at| *at >= height) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < PATIENCE, "{nodes:?} are at {heights:?}, not at {height}; {}", self.said(nodes));
            thread::sleep(LOOK);
        }
    }

    /// How long it takes until nodes are in step: all have what any of them has now, and a block more.
    pub fn in_step(&self, nodes: &[usize]) -> Duration {
        let most = nodes.iter().map(|number| self.height(*number)).max().unwrap();
        self.reach(nodes, most + 1)
    }

    /// The last words of nodes.
    pub fn said(&self, nodes: &[usize]) -> String {
        let last = |number: &usize| {
            let said = self.nodes[*number].as_ref().map(Node::said).unwrap_or_default();
            let lines: Vec<&str> = said.lines().rev().take(8).collect();
            format!("node {number}: {lines:?}\n")
        };
        nodes.iter().map(last).collect()
    }

    /// The id of a block, as a node has it.
    pub fn block(&self, number: usize, height: u64) -> Option<String> {
        let (status, body) = ask(&self.url(number), &format!("/v1/blocks/{height}"))?;
        (status == 200).then(|| body["header"]["id"].as_str().or(body["id"].as_str()).map(str::to_owned))?
    }

    /// Asserts that nodes have the same block at the least height of all: its header commits to all before, and to the state.
    pub fn agree(&self, nodes: &[usize]) -> u64 {
        let height = nodes.iter().map(|number| self.height(*number)).min().unwrap();
        let ids: BTreeSet<Option<String>> = nodes.iter().map(|number| self.block(*number, height)).collect();
        assert!(ids.len() == 1 && !ids.contains(&None), "at {height}: {ids:?}");
        height
    }

    /// Ends all nodes, and asserts that each holds all that was acknowledged, and is sound: how many events each has.
    pub fn finish(&mut self, load: &Load) -> usize {
        // What was acknowledged last may be on its way to one of them.
        let up: Vec<usize> = (0..NODES).filter(|number| self.is_up(*number)).collect();
        if let Some(most) = up.iter().map(|number| self.height(*number)).max() {
            self.reach(&up, most);
        }
        for number in 0..NODES {
            if self.is_up(number) {
                let (status, said) = self.take(number).stop();
                assert!(status.success(), "node {number}: {said}");
            }
        }
        let acknowledged: BTreeSet<String> = load.acknowledged().iter().map(|number| event_id(*number)).collect();
        let mut sets = Vec::new();
        for dir in &self.dirs {
            is_sound(dir);
            let recorded = recorded(dir);
            let lost = acknowledged.difference(&recorded).count();
            assert_eq!(lost, 0, "{dir}: {} acknowledged, {} recorded", acknowledged.len(), recorded.len());
            sets.push(recorded.len());
        }
        println!(
            "  all ended: {} events acknowledged, 0 lost; recorded at each node {sets:?}; fsck: 0 differences",
            acknowledged.len()
        );
        acknowledged.len()
    }
}

/// Makes the data directory of a node, with where it and the others are.
pub fn init(
    dir: &str,
    genesis: &str,
    node: &str,
    device: &str,
    address: &str,
    others: impl Iterator<Item = (String, String)>,
) {
    let init = ["node", "init", "--dir", dir, "--genesis", genesis, "--insecure"];
    is(&run(&[init.as_slice(), &["--validator", node, "--device", device]].concat()), 0, "chain");
    let mut text = fs::read_to_string(format!("{dir}/config.toml")).unwrap();
    text.push_str(&format!("\n[network]\nlisten = [\"{address}\"]\n"));
    for (public, address) in others {
        text.push_str(&format!("[[network.peers]]\nkey = \"{public}\"\naddresses = [\"{address}\"]\n"));
    }
    fs::write(format!("{dir}/config.toml"), text).unwrap();
}
