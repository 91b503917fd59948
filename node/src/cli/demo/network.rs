//! The demo's network: every actor with keys of its own; four of them have a validator's node, a regulator an audit node.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::block::Validator;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_ledger::submission::record_type;
use suyuan_sdk::keyfile::{self, Protection};
use suyuan_sdk::signer::{MemorySigner, Signer};

use super::course::{self, LONG_AFTER, START};
use super::documents::{ACTORS, Document};
use super::process::{NodeProcess, Processes, free_ports};
use crate::capture::{Capture, CaptureError, GROUP_EVENTS, Said, Tally};
use crate::cli::apart;
use crate::cli::found::time_text;
use crate::cli::org::submit;
use crate::cli::place::Failure;
use crate::clock::{self, now_ms};
use crate::codes::node as codes;
use crate::link::{Link, Submitted};
use crate::open::{create, io_reason, put};
use crate::random::{random, random_uri};

/// Runs the network: the demo's own, of the same fictional kind as the actors.
const OPERATOR: &str = "urn:uscc:11440100DEMA00208W";
/// Whose nodes decide, and the scenario that is captured at each.
const VALIDATORS: [(&str, char); 4] = [("dairy", 'a'), ("vaccine", 'b'), ("liftmfr", 'c'), ("importer", 'e')];
/// Whose node watches.
const REGULATOR: &str = "amr";
/// Who has no node yet: whoever tries the demo may add one of its.
pub const NEWCOMER: &str = "retail";
/// Nodes come to one height and one state within so long.
const TOGETHER_WAIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// An actor.
pub struct Actor {
    /// Its primary URI.
    pub uri: String,
    /// What people call it.
    pub name: String,
    /// The URI of its location.
    pub place: String,
    signer: MemorySigner,
    administrator: MemorySigner,
}

/// The network.
pub struct Network {
    /// The nodes: of the validators, then the audit node.
    pub nodes: Vec<NodeProcess>,
    /// The actors, by their keys in `actors.json`.
    pub actors: BTreeMap<String, Actor>,
    /// The chain's identity.
    pub chain: Hash,
    folder: PathBuf,
    /// The file with the time by which all go.
    pub clock: PathBuf,
    processes: Processes,
    proofs: u32,
}

fn broken(what: &str) -> Reason {
    Reason::new(codes::CONFIGURATION, &["actors.json", what])
}

fn text(actor: &Value, name: &str) -> Result<String, Reason> {
    actor.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| broken(name))
}

fn member(actor: &Value, keys: Vec<([u8; 32], KeyRole)>) -> Result<GenesisOrganisation, Reason> {
    let kinds = [
        ("companyPrefix", ScopeKind::Prefix),
        ("drugCode", ScopeKind::DrugCode),
        ("deviceMakerCode", ScopeKind::DeviceMaker),
    ];
    let mut bindings = Vec::new();
    for (name, kind) in kinds {
        if let Ok(value) = text(actor, name) {
            bindings.push((Scope::new(kind, &value).map_err(|_| broken(name))?, false));
        }
    }
    Ok(GenesisOrganisation {
        uri: text(actor, "entity")?,
        aliases: vec![format!("https://id.gs1.org/414/{}", text(actor, "gln")?)],
        name: text(actor, "name")?,
        role: OrganisationRole::from_name(&text(actor, "role")?).ok_or_else(|| broken("role"))?,
        keys,
        bindings,
    })
}

/// A node that is to be: its key and its device's.
struct Planned {
    actor: &'static str,
    uri: String,
    node: [u8; 32],
    device: [u8; 32],
}

impl Planned {
    fn public(&self) -> [u8; 32] {
        MemorySigner::from_seed(&self.node).public()
    }
}

/// A node's height and its state root.
type Stand = (u64, String);

impl Network {
    /// Makes the network in an empty folder, and starts its nodes. The first answers at `port` if that is free.
    pub fn found(folder: &Path, port: u16) -> Result<Network, Reason> {
        let listed: Vec<Value> = serde_json::from_str(ACTORS).map_err(|error| broken(&error.to_string()))?;
        let hosts: Vec<&'static str> = VALIDATORS.iter().map(|(actor, _)| *actor).chain([REGULATOR]).collect();
        let (mut actors, mut organisations, mut planned) = (BTreeMap::new(), Vec::new(), Vec::new());
        for actor in &listed {
            let (device, keeper) = (random::<32>()?, random::<32>()?);
            let (signer, administrator) = (MemorySigner::from_seed(&device), MemorySigner::from_seed(&keeper));
            let mut keys = vec![(signer.public(), KeyRole::Device), (administrator.public(), KeyRole::Administrator)];
            let (key, uri) = (text(actor, "key")?, text(actor, "entity")?);
            if let Some(host) = hosts.iter().find(|host| **host == key) {
                let one = Planned { actor: host, uri: uri.clone(), node: random::<32>()?, device };
                keys.push((one.public(), KeyRole::Node));
                planned.push(one);
            }
            if key == NEWCOMER {
                write_key(&folder.join("administrator.key"), &keeper, &uri, KeyRole::Administrator)?;
            }
            let organisation = member(actor, keys)?;
            let place = organisation.aliases.first().cloned().unwrap_or_default();
            actors.insert(key, Actor { uri, name: organisation.name.clone(), place, signer, administrator });
            organisations.push(organisation);
        }
        planned.sort_by_key(|one| hosts.iter().position(|host| *host == one.actor));
        let (root, device) = (MemorySigner::from_seed(&random::<32>()?), MemorySigner::from_seed(&random::<32>()?));
        organisations.push(GenesisOrganisation {
            uri: OPERATOR.to_owned(),
            aliases: Vec::new(),
            name: "Demo operator".to_owned(),
            role: OrganisationRole::Operator,
            keys: vec![(root.public(), KeyRole::Root), (device.public(), KeyRole::Device)],
            bindings: Vec::new(),
        });
        let votes = planned.iter().filter(|one| one.actor != REGULATOR);
        let validators = votes.map(|one| Validator { key: one.public(), power: 1 }).collect();
        let clock = folder.join("clock");
        clock::set(&clock, course::time(START)?)?;
        clock::follow(clock.as_os_str())?;
        let (network, parameters) = ("demo".to_owned(), Parameters::default());
        let start_time = now_ms();
        let genesis = Genesis { network, trial: true, start_time, parameters, organisations, validators, threshold: 0 };
        genesis.check().map_err(|error| error.reason)?;
        let bytes = genesis.write();
        put(&folder.join("genesis.json"), &bytes)?;
        let processes = Processes::default();
        processes.end_with_signals(folder).map_err(|error| io_reason(folder, &error))?;
        let (chain, folder) = (chain_id(&bytes), folder.to_owned());
        let mut made = Network { nodes: Vec::new(), actors, chain, folder, clock, processes, proofs: 0 };
        made.start(&planned, &bytes, port)?;
        Ok(made)
    }

    fn start(&mut self, planned: &[Planned], genesis: &[u8], port: u16) -> Result<(), Reason> {
        let ports = free_ports(2 * planned.len(), port)?;
        let (http, network) = ports.split_at(planned.len());
        let peers: Vec<(String, String)> = planned
            .iter()
            .zip(network)
            .map(|(one, port)| (Hash(one.public()).to_string(), format!("/ip4/127.0.0.1/tcp/{port}")))
            .collect();
        // For one more, which only dials: it needs no port.
        put(&self.folder.join("network.toml"), network_toml(None, &peers).as_bytes())?;
        for ((one, http), (key, address)) in planned.iter().zip(http).zip(&peers) {
            let dir = self.folder.join(one.actor);
            create(&dir, true, &mut |keys| {
                write_key(&keys.join("validator.key"), &one.node, &one.uri, KeyRole::Node)?;
                write_key(&keys.join("device.key"), &one.device, &one.uri, KeyRole::Device)?;
                Ok(genesis.to_vec())
            })?;
            let others: Vec<(String, String)> = peers.iter().filter(|(other, _)| other != key).cloned().collect();
            let configuration = dir.join("config.toml");
            let appended = std::fs::OpenOptions::new()
                .append(true)
                .open(&configuration)
                .and_then(|mut file| file.write_all(network_toml(Some(address), &others).as_bytes()));
            appended.map_err(|error| io_reason(&configuration, &error))?;
            let http = SocketAddr::from(([127, 0, 0, 1], *http));
            let mut node = NodeProcess::new((one.actor, dir), http, address.clone(), self.clock.clone())?;
            node.audits = one.actor == REGULATOR;
            self.nodes.push(node);
        }
        for node in &mut self.nodes {
            self.processes.start(node)?;
        }
        self.nodes.iter().try_for_each(|node| self.processes.await_ready(node))
    }

    /// The node at which a scenario is captured: that of its actors, or the next one if that does not run.
    pub fn host(&self, scenario: char) -> Result<&NodeProcess, Reason> {
        let place = VALIDATORS.iter().position(|(_, of)| *of == scenario).unwrap_or(0);
        let hosts = self.nodes.iter().take(VALIDATORS.len());
        let running = hosts.clone().cycle().skip(place).take(VALIDATORS.len()).find(|node| node.runs);
        running.ok_or_else(|| Reason::new(codes::UNREACHABLE, &["demo", "no node runs"]))
    }

    /// Kills the node at which a scenario is captured; its actor.
    pub fn kill_host(&mut self, scenario: char) -> &'static str {
        let place = VALIDATORS.iter().position(|(_, of)| *of == scenario).unwrap_or(0);
        match self.nodes.get_mut(place) {
            Some(node) => {
                self.processes.kill(node);
                node.actor
            }
            None => "",
        }
    }

    /// Starts the nodes that do not run.
    pub fn restart(&mut self) -> Result<(), Reason> {
        for node in self.nodes.iter_mut().filter(|node| !node.runs) {
            self.processes.start(node)?;
            self.processes.await_ready(node)?;
        }
        Ok(())
    }

    /// Waits until all that run have one height and one state; these, or what each had at last.
    pub fn together(&self) -> Result<Result<Stand, Vec<Stand>>, Reason> {
        let begun = Instant::now();
        loop {
            let running = self.nodes.iter().filter(|node| node.runs);
            let stand: Vec<Stand> = running.map(NodeProcess::stands).collect::<Result<_, _>>()?;
            match stand.first() {
                Some(first) if stand.iter().all(|one| one == first) => return Ok(Ok(first.clone())),
                _ if begun.elapsed() > TOGETHER_WAIT => return Ok(Err(stand)),
                _ => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Has the program itself check a proof, as one who has nothing but the genesis.
    pub fn verify(&mut self, proof: &[u8]) -> Result<Value, Reason> {
        self.proofs += 1;
        let file = self.folder.join(format!("{}.proof", self.proofs));
        put(&file, proof)?;
        let at = |error: std::io::Error| io_reason(&file, &error);
        let program = std::env::current_exe().map_err(at)?;
        let mut command = Command::new(program);
        command.env(clock::VARIABLE, &self.clock);
        command.arg("verify").arg(&file).arg("--trust").arg(self.folder.join("genesis.json")).arg("--json");
        let output = command.stdin(Stdio::null()).output().map_err(at)?;
        let said = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
        said.ok_or_else(|| Reason::new(codes::ANSWER, &["suyuan verify", &String::from_utf8_lossy(&output.stderr)]))
    }

    /// The folder with everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records that an owner lends its standing for a scope to another actor.
    pub fn delegate(&self, owner: &str, delegate: &str, kind: ScopeKind, value: &str) -> Result<(), Reason> {
        let [owner, delegate] = [owner, delegate].map(|key| self.actors.get(key).ok_or_else(|| broken(key)));
        let scope = Scope::new(kind, value).map_err(|_| broken(value))?;
        let to = course::time(LONG_AFTER)?;
        let operation = Operation::DelegationSet { scope, delegate: delegate?.uri.clone(), from: 0, to };
        let record = OrganisationRecord { event_id: random_uri()?, event_time: now_ms(), operation };
        let link = Link::Remote(&self.host('c')?.remote);
        match submit(&link, &owner?.administrator, record_type::ORGANISATION, &record)?.0 {
            Submitted::Applied { receipts, .. } if receipts.iter().all(|receipt| receipt.code == 0) => Ok(()),
            refused => Err(broken(&format!("{refused:?}"))),
        }
    }

    /// Records payloads of one kind as an actor, at the node of a scenario: what became of each.
    pub fn record(
        &self,
        (actor, scenario): (&str, char),
        kind: &apart::Kind,
        payloads: &[&[u8]],
    ) -> Result<Vec<apart::Recorded>, Failure> {
        let actor = self.actors.get(actor).ok_or_else(|| broken(actor))?;
        let link = Link::Remote(&self.host(scenario)?.remote);
        apart::submit(kind, &link, None, &actor.signer, payloads)
    }

    /// Captures a document as its actor, at the node of its scenario: what came of its events, and what was wrong.
    pub fn capture(&self, document: &Document) -> Result<(Tally, Vec<String>), Reason> {
        let (tally, said) = self.capture_of(document, false)?;
        Ok((tally, said.into_iter().map(|reason| format!("{} {reason}", document.name)).collect()))
    }

    /// The same of what is not to be sold, dispensed or shipped on if it is recalled; of what was wrong, the codes.
    pub fn capture_unless_recalled(&self, document: &Document) -> Result<(Tally, Vec<&'static str>), Reason> {
        let (tally, said) = self.capture_of(document, true)?;
        Ok((tally, said.into_iter().map(|reason| reason.code.id).collect()))
    }

    fn capture_of(&self, document: &Document, refuses_recalled: bool) -> Result<(Tally, Vec<Reason>), Reason> {
        let actor = self.actors.get(document.actor()).ok_or_else(|| broken(document.actor()))?;
        let link = Link::Remote(&self.host(document.scenario)?.remote);
        let mut capture = Capture::new(link, &actor.signer, None, GROUP_EVENTS)?;
        capture.refuses_recalled = refuses_recalled;
        let mut said = Vec::new();
        let read = capture.document(&mut Input::Memory(document.text.as_bytes().to_vec()), &mut |one| {
            if let Said::Problem(problem) = one
                && problem.is_error()
            {
                said.push(problem.reason.clone());
            }
            Ok(())
        });
        match read {
            Ok(_) => Ok((capture.tally, said)),
            Err(CaptureError::Stopped(reason) | CaptureError::Refused(reason)) => Err(reason),
            Err(CaptureError::Io(error)) => Err(Reason::new(codes::IO, &[document.name, &error.to_string()])),
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.processes.kill_all();
    }
}

fn write_key(path: &Path, seed: &[u8; 32], organisation: &str, role: KeyRole) -> Result<(), Reason> {
    keyfile::write(path, seed, organisation, role, &time_text(now_ms()), &Protection::Insecure).map(|_| ())
}

/// How a node reaches others, for its config.toml.
fn network_toml(listen: Option<&str>, peers: &[(String, String)]) -> String {
    let listen = listen.map(|address| format!("\"{address}\"")).unwrap_or_default();
    let mut text = format!("\n[network]\nlisten = [{listen}]\n");
    for (key, address) in peers {
        text.push_str(&format!("[[network.peers]]\nkey = \"{key}\"\naddresses = [\"{address}\"]\n"));
    }
    text
}
