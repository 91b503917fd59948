//! The nodes as processes of their own, which end with the demo however it ends.

use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use suyuan_epcis::problem::Reason;

use crate::clock;
use crate::codes::node as codes;
use crate::link::Remote;
use crate::open::io_reason;

/// A node has so long until it answers.
const START_WAIT: Duration = Duration::from_secs(60);
/// And is asked so often whether it does.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// What a shell makes of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// A node.
pub struct NodeProcess {
    /// The key of its organisation in `actors.json`.
    pub actor: &'static str,
    /// Its data directory.
    pub dir: PathBuf,
    /// Where it answers.
    pub remote: Remote,
    /// Where it listens for other nodes.
    pub address: String,
    /// Whether it only watches.
    pub audits: bool,
    /// Whether it runs.
    pub runs: bool,
    http: SocketAddr,
    /// The file with the time by which it goes.
    clock: PathBuf,
    log: PathBuf,
}

impl NodeProcess {
    /// A node over a data directory, not started yet.
    pub fn new(
        (actor, dir): (&'static str, PathBuf),
        http: SocketAddr,
        address: String,
        clock: PathBuf,
    ) -> Result<NodeProcess, Reason> {
        let remote = Remote::new(&format!("http://{http}"), None)?;
        let log = dir.with_extension("log");
        Ok(NodeProcess { actor, dir, remote, address, clock, audits: false, runs: false, http, log })
    }

    /// Asks it something that it answers in JSON.
    pub fn ask(&self, path: &str) -> Result<Value, Reason> {
        self.remote.said(path)
    }

    /// How far it is, and the state there.
    pub fn stands(&self) -> Result<(u64, String), Reason> {
        let status = self.ask("/v1/status")?;
        let text = status.get("state").and_then(Value::as_str).unwrap_or_default();
        Ok((status.get("height").and_then(Value::as_u64).unwrap_or_default(), text.to_owned()))
    }

    /// What it said last, if it said anything.
    fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        said.lines().last().unwrap_or("it said nothing").to_owned()
    }
}

/// Processes that run.
#[derive(Clone, Default)]
pub struct Processes(Arc<Mutex<Vec<(PathBuf, Child)>>>);

impl Processes {
    fn list(&self) -> MutexGuard<'_, Vec<(PathBuf, Child)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a node.
    pub fn start(&self, node: &mut NodeProcess) -> Result<(), Reason> {
        let at = |error: std::io::Error| io_reason(&node.log, &error);
        let program = std::env::current_exe().map_err(at)?;
        let log = OpenOptions::new().append(true).create(true).open(&node.log).map_err(at)?;
        let mut command = Command::new(program);
        command.args(["node", "run", "--listen", &node.http.to_string(), "--dir"]).arg(&node.dir);
        command.env(clock::VARIABLE, &node.clock);
        if node.audits {
            command.arg("--audit");
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::from(log)).spawn().map_err(at)?;
        self.list().push((node.dir.clone(), child));
        node.runs = true;
        Ok(())
    }

    /// Waits until a node answers.
    pub fn await_ready(&self, node: &NodeProcess) -> Result<(), Reason> {
        let begun = Instant::now();
        loop {
            if matches!(node.remote.get("/ready", "*/*"), Ok((200, _))) {
                return Ok(());
            }
            let mut list = self.list();
            let child = list.iter_mut().find(|(dir, _)| *dir == node.dir);
            let has_ended = child.is_none_or(|(_, child)| !matches!(child.try_wait(), Ok(None)));
            drop(list);
            if has_ended || begun.elapsed() > START_WAIT {
                return Err(Reason::new(codes::UNREACHABLE, &[node.remote.url(), &node.last_words()]));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Kills a node: SIGKILL, so that it can write nothing more.
    pub fn kill(&self, node: &mut NodeProcess) {
        node.runs = false;
        let mut list = self.list();
        if let Some(place) = list.iter().position(|(dir, _)| *dir == node.dir) {
            let (_, child) = list.swap_remove(place);
            end(child);
        }
    }

    /// Kills all of them.
    pub fn kill_all(&self) {
        self.list().drain(..).for_each(|(_, child)| end(child));
    }

    /// From now on whoever interrupts the demo ends the nodes with it, and removes their folder.
    pub fn end_with_signals(&self, folder: &Path) -> std::io::Result<()> {
        let (processes, folder) = (self.clone(), folder.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async { crate::cli::run::stop().await });
            // None is started meanwhile: the list stays locked until the process is gone.
            let mut list = processes.list();
            list.drain(..).for_each(|(_, child)| end(child));
            let _ = std::fs::remove_dir_all(&folder);
            std::process::exit(INTERRUPTED);
        })?;
        Ok(())
    }
}

fn end(mut child: Child) {
    // Either fails only if it has ended already.
    let _ = child.kill();
    let _ = child.wait();
}

/// Ports of this machine that nobody listens on, all different; `first` if it is free.
pub fn free_ports(count: usize, first: u16) -> Result<Vec<u16>, Reason> {
    let failed = |error: std::io::Error| Reason::new(codes::PORT, &["127.0.0.1", &error.to_string()]);
    let wanted = TcpListener::bind(("127.0.0.1", first)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    // All are held until all are found.
    let mut held = vec![wanted.map_err(failed)?];
    while held.len() < count {
        held.push(TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?);
    }
    held.iter().map(|listener| listener.local_addr().map(|address| address.port()).map_err(failed)).collect()
}
