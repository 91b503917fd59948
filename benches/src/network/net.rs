//! Four validators of four organisations, each the program `suyuan` in a process of its own, over loopback.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde_json::Value;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};

use crate::chain::Failure;
use crate::peers::connection::Connection;
use crate::peers::node::run;

/// Validators.
pub const NODES: usize = 4;
/// Devices of one organisation: a genesis names at most 1,024 keys of each.
const DEVICES_EACH: usize = 960;
/// MiB that a node's configuration gives its store: the default.
pub const MEMORY_MIB: u64 = 128;

const CREATED: &str = "2026-10-01T00:00:00Z";
/// A node is given so long to start, and all of them to come to one height.
const WAIT: Duration = Duration::from_secs(30);
/// One that joins is given so long.
const JOIN_WAIT: Duration = Duration::from_secs(3_600);
/// So often it is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(5);

/// A network whose keys are the same in every run.
pub struct Net {
    program: PathBuf,
    folder: PathBuf,
    places: Vec<Place>,
    /// The keys of devices, which sign what is captured.
    pub keys: Vec<SigningKey>,
    /// The file of the genesis.
    pub genesis: String,
    /// Of each validator: its key, and where it listens to others.
    listed: Vec<(String, u16)>,
    /// The key file of a node without a vote, which is on the ledger and nowhere yet.
    late: String,
}

/// Where a validator is.
struct Place {
    dir: String,
    running: Option<Running>,
    /// The most MiB that any process of it has held.
    most_mib: u64,
    /// Seconds on processors of processes that have ended.
    cpu: f64,
}

struct Running {
    child: Child,
    address: String,
}

fn seed(kind: u8, number: usize) -> [u8; 32] {
    let mut seed = [kind; 32];
    for (byte, value) in seed.iter_mut().zip(number.to_le_bytes()) {
        *byte = value;
    }
    seed
}

fn organisation(number: usize) -> String {
    format!("urn:example:organisation:{number}")
}

/// Ports that are free, all at once, so that none is given twice.
fn free_ports(count: usize) -> Result<Vec<u16>, Failure> {
    let listeners = (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// Writes a key file; its path and its key.
fn key(folder: &Path, name: &str, seed: [u8; 32], of: usize, role: KeyRole) -> Result<(String, SigningKey), Failure> {
    let file = folder.join(format!("{name}.key"));
    let written = keyfile::write(&file, &seed, &organisation(of), role, CREATED, &Protection::Insecure);
    written.map_err(|reason| reason.to_string())?;
    Ok((file.to_str().ok_or("a path that is no text")?.to_owned(), SigningKey::from_bytes(&seed)))
}

impl Net {
    /// Makes the data directories in a folder, whatever was there being removed, and starts all nodes. The first
    /// organisation is bound to the prefix of what is captured, and has so many devices; those beyond what a genesis names
    /// of one organisation belong to the next.
    pub fn found(program: &Path, folder: &Path, devices: usize) -> Result<Net, Failure> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let text = |name: &str| folder.join(name).to_str().map(str::to_owned).ok_or("a path that is no text");
        let (mut listed, mut validators) = (Vec::new(), Vec::new());
        for number in 0..NODES {
            validators.push(key(folder, &format!("node{number}"), seed(1, number), number, KeyRole::Device)?);
            listed.push(key(folder, &format!("root{number}"), seed(2, number), number, KeyRole::Root)?.0);
        }
        let mut keys = Vec::with_capacity(devices);
        for number in 0..devices {
            let (file, key) =
                key(folder, &format!("device{number}"), seed(3, number), number / DEVICES_EACH, KeyRole::Device)?;
            listed.push(file);
            keys.push(key);
        }
        let late = key(folder, "late", seed(4, 0), NODES - 1, KeyRole::Node)?.0;
        listed.push(late.clone());
        let (list, genesis) = (text("list.json")?, text("genesis.json")?);
        let one = |number: usize| {
            let (role, bindings) = match number {
                0 => ("operator", r#"[{"scope":{"prefix":"9521"},"strict":false}]"#),
                _ => ("member", "[]"),
            };
            let uri = organisation(number);
            format!(r#"{{"uri":"{uri}","name":"Organisation {number}","role":"{role}","bindings":{bindings}}}"#)
        };
        fs::write(&list, format!("[{}]", (0..NODES).map(one).collect::<Vec<_>>().join(",")))?;
        let mut new = vec!["genesis", "new", "--network", "bench", "--organisations", &list, "--output", &genesis];
        validators.iter().for_each(|(file, _)| new.extend(["--validator", file]));
        listed.iter().for_each(|file| new.extend(["--key", file]));
        run(program, &new)?;
        let public = |(_, key): &(String, SigningKey)| Hash(key.verifying_key().to_bytes()).to_string();
        let listed: Vec<_> = validators.iter().map(public).zip(free_ports(NODES)?).collect();
        let places = Vec::new();
        let mut net =
            Net { program: program.to_owned(), folder: folder.to_owned(), places, keys, genesis, listed, late };
        for (number, (file, _)) in validators.iter().enumerate() {
            let port = net.listed.get(number).map_or(0, |(_, port)| *port);
            net.init(&format!("data{number}"), file, port, "")?;
            net.start(number)?;
        }
        Ok(net)
    }

    /// Makes a data directory of a node that knows where the validators are.
    fn init(&mut self, name: &str, key: &str, port: u16, more: &str) -> Result<(), Failure> {
        let dir = self.file(name);
        let init = ["node", "init", "--dir", &dir, "--genesis", &self.genesis, "--insecure"];
        run(&self.program, &[init.as_slice(), &["--validator", key, "--device", key]].concat())?;
        let config = Path::new(&dir).join("config.toml");
        let mut text = fs::read_to_string(&config)?;
        if !text.contains(&format!("memory_mib = {MEMORY_MIB}\n")) {
            return Err(format!("the default memory of a node is not {MEMORY_MIB} MiB any more").into());
        }
        text.push_str(&format!("\n[network]\nlisten = [\"/ip4/127.0.0.1/tcp/{port}\"]\n{more}"));
        for (public, at) in self.listed.iter().filter(|(_, at)| *at != port) {
            text.push_str(&format!(
                "[[network.peers]]\nkey = \"{public}\"\naddresses = [\"/ip4/127.0.0.1/tcp/{at}\"]\n"
            ));
        }
        fs::write(config, text)?;
        self.places.push(Place { dir, running: None, most_mib: 0, cpu: 0.0 });
        Ok(())
    }

    /// How long an audit node that has nothing takes to come to where the others are, by `snapshot` or by `replay`, and
    /// the seconds that it was on processors. It is gone after; what it made stays in the folder.
    pub fn join(&mut self, by: &str) -> Result<(Duration, f64), Failure> {
        let (key, port) = (self.late.clone(), free_ports(1)?.first().copied().unwrap_or_default());
        // However few blocks all of it is.
        self.init(by, &key, port, &format!("join = \"{by}\"\njoin_blocks = 1\n"))?;
        let (number, height, begun) = (self.places.len() - 1, self.height(0)?, Instant::now());
        self.start_as(number, &["--audit"], JOIN_WAIT)?;
        while self.height(number)? < height && begun.elapsed() < JOIN_WAIT {
            std::thread::sleep(LOOK);
        }
        let taken = begun.elapsed();
        self.together()?;
        let place = self.places.pop().ok_or("no such node")?;
        let ran = place.running.as_ref().map_or(0.0, |running| cpu_seconds(running.child.id()));
        Ok((taken, ran))
    }

    /// Starts a node, and waits until it says where it listens.
    pub fn start(&mut self, number: usize) -> Result<(), Failure> {
        self.start_as(number, &[], WAIT)
    }

    fn start_as(&mut self, number: usize, more: &[&str], wait: Duration) -> Result<(), Failure> {
        // A file: nobody reads a pipe to its end, and a node that has much to say would wait for that.
        let said = self.folder.join(format!("node{number}.log"));
        let place = self.places.get_mut(number).ok_or("no such node")?;
        // A session of its own, as a service has: where processors are scarce, the kernel shares them out among sessions, not
        // among all threads of all nodes and clients.
        let mut command = Command::new("setsid");
        command
            .arg(&self.program)
            .args(["node", "run", "--dir", &place.dir, "--listen", "127.0.0.1:0"])
            .args(more)
            .env("LANG", "C");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said)?);
        let mut child = command.spawn()?;
        let begun = Instant::now();
        let address = loop {
            let text = fs::read_to_string(&said)?;
            let words = text.lines().take_while(|_| text.contains('\n')).flat_map(str::split_whitespace);
            if let Some(address) = words.filter_map(|word| word.strip_prefix("http://")).next() {
                break address.to_owned();
            }
            if begun.elapsed() > wait || child.try_wait()?.is_some() {
                let _ = child.kill();
                return Err(format!("node {number} says: {text}").into());
            }
            std::thread::sleep(LOOK);
        };
        place.running = Some(Running { child, address });
        Ok(())
    }

    /// Kills a node, with no time to write anything more.
    pub fn kill(&mut self, number: usize) -> Result<(), Failure> {
        let place = self.places.get_mut(number).ok_or("no such node")?;
        place.look();
        if let Some(mut running) = place.running.take() {
            running.child.kill()?;
            running.child.wait()?;
        }
        Ok(())
    }

    /// Where a node answers.
    pub fn address(&self, number: usize) -> Result<&str, Failure> {
        let running = self.places.get(number).and_then(|place| place.running.as_ref());
        Ok(running.map(|running| running.address.as_str()).ok_or("the node does not run")?)
    }

    /// The nodes that run.
    pub fn running(&self) -> Vec<usize> {
        let running = self.places.iter().enumerate().filter(|(_, place)| place.running.is_some());
        running.map(|(number, _)| number).collect()
    }

    /// One question to a node, answered in JSON.
    pub fn get(&self, number: usize, path: &str) -> Result<Value, Failure> {
        let (status, body) = Connection::open(self.address(number)?)?.ask("GET", path, b"")?;
        match status {
            200 => Ok(serde_json::from_slice(&body)?),
            _ => Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into()),
        }
    }

    /// The height of a node's last block on disk.
    pub fn height(&self, number: usize) -> Result<u64, Failure> {
        Ok(self.get(number, "/ready")?["height"].as_u64().ok_or("no height")?)
    }

    /// Waits until all nodes that run have come to one height, of a block that seals the one before it, and compares
    /// its headers: that height, and the root of the state that it certifies.
    pub fn together(&self) -> Result<(u64, String), Failure> {
        let (begun, running) = (Instant::now(), self.running());
        loop {
            let heights = running.iter().map(|number| self.height(*number)).collect::<Result<Vec<_>, _>>()?;
            let first = heights.first().copied().unwrap_or_default();
            let mut said = Ok(Vec::new());
            if heights.iter().all(|height| *height == first) {
                said = running.iter().map(|number| self.header(*number, first)).collect::<Result<Vec<_>, _>>();
            }
            if let Ok([found @ (events, id, state), rest @ ..]) = said.as_deref() {
                if rest.iter().any(|(_, other, root)| other != id || root != state) {
                    return Err(format!("at height {first} nodes have different blocks: {found:?}, {rest:?}").into());
                }
                if *events == Some(0) {
                    return Ok((first, state.clone()));
                }
            }
            if begun.elapsed() > WAIT {
                // Who has joined with a state takes the blocks before it later, and can't show them until then.
                let why = said.err().map(|error| format!(": {error}")).unwrap_or_default();
                return Err(format!("nodes stay at heights {heights:?}{why}").into());
            }
            std::thread::sleep(LOOK * 10);
        }
    }

    /// Of the header of a block of a node: how many events, the block's id, the root of the state before it.
    fn header(&self, number: usize, height: u64) -> Result<(Option<u64>, String, String), Failure> {
        let page = self.get(number, &format!("/v1/blocks?from={height}"))?;
        let header = &page["blocks"][0];
        let text = |name: &str| header[name].as_str().map(str::to_owned).ok_or("no header");
        Ok((header["events"].as_u64(), text("id")?, text("state_before")?))
    }

    /// The most MiB that a node has held so far, and the seconds that all of them were on processors.
    pub fn used(&mut self) -> (u64, f64) {
        self.places.iter_mut().for_each(Place::look);
        let running = self.places.iter().filter_map(|place| place.running.as_ref());
        let now: f64 = running.map(|running| cpu_seconds(running.child.id())).sum();
        let most = self.places.iter().map(|place| place.most_mib).max().unwrap_or_default();
        (most, now + self.places.iter().map(|place| place.cpu).sum::<f64>())
    }

    /// The processes of the nodes that run.
    pub fn processes(&self) -> Vec<u32> {
        self.places.iter().filter_map(|place| Some(place.running.as_ref()?.child.id())).collect()
    }

    /// Runs the program to its end; what it printed.
    pub fn ask(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = Command::new(&self.program).args(arguments).env("LANG", "C").stdin(Stdio::null()).output()?;
        let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        match output.status.success() {
            true => Ok(said),
            false => Err(format!("suyuan {}: {said}", arguments.join(" ")).into()),
        }
    }

    /// A file in the network's folder.
    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

impl Place {
    /// Notes what the process has used so far.
    fn look(&mut self) {
        if let Some(running) = &self.running {
            self.most_mib = self.most_mib.max(most_mib(running.child.id()));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn most_mib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Seconds that a process was on processors.
fn cpu_seconds(process: u32) -> f64 {
    /// In which the kernel counts, on every platform that Linux tells programs of.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may have anything in it; fields 14 and 15 of all, which start at 1.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / TICKS_A_SECOND
}
