//! A node in a process of its own, also under a tool that makes its machine fail.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::runner::root;

/// A node that is told to stop has so long.
const STOP_WAIT: Duration = Duration::from_secs(60);
const STOP_STEP: Duration = Duration::from_millis(10);

/// A node that runs.
pub struct Node {
    /// The node, or the tool that it runs under.
    child: Child,
    /// What it is a process of.
    program: PathBuf,
    dir: String,
    /// Its address.
    pub url: String,
    said: Arc<Mutex<String>>,
}

impl Node {
    /// Starts a node that must start.
    pub fn start(dir: &str) -> Node {
        Node::start_under(dir, &[], &[]).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Starts a node under a tool and with an environment; what it said if it does not start.
    pub fn start_under(dir: &str, tool: &[&str], environment: &[(&str, &str)]) -> Result<Node, String> {
        Node::start_of(env!("CARGO_BIN_EXE_suyuan"), dir, tool, environment)
    }

    /// The same of any build of the program.
    pub fn start_of(program: &str, dir: &str, tool: &[&str], environment: &[(&str, &str)]) -> Result<Node, String> {
        let mut words = tool.iter().copied().chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["node", "run", "--dir", dir, "--listen", "127.0.0.1:0"]);
        command.current_dir(root()).env_clear().env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{tool:?}: {error}"))?;
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        let url = loop {
            let begun = text.len();
            if lines.read_line(&mut text).unwrap() == 0 {
                child.wait().unwrap();
                return Err(text);
            }
            if let Some(url) = text[begun..].split_whitespace().find(|word| word.starts_with("http://")) {
                break url.to_owned();
            }
        };
        let said = Arc::new(Mutex::new(text));
        let more = said.clone();
        // A pipe that nobody reads would stop the node.
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                more.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let program = fs::canonicalize(program).unwrap();
        Ok(Node { child, program, dir: dir.to_owned(), url, said })
    }

    /// The process of the node itself: that of this program which was given this directory.
    fn process(&self) -> Option<u32> {
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let Ok(process) = entry.file_name().to_string_lossy().parse() else { continue };
            let is_program = fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == self.program);
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if is_program && words.split(|byte| *byte == 0).any(|word| word == self.dir.as_bytes()) {
                return Some(process);
            }
        }
        None
    }

    /// What the kernel holds of it in memory.
    pub fn resident_kib(&self) -> u64 {
        let process = self.process().expect("the node runs");
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix("kB").unwrap().trim().parse().unwrap()
    }

    /// Kills it, with no time to write anything more.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(process) = self.process() {
            signal(process, "KILL");
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // A process that is gone for those who look may still hold what it had open.
        let begun = Instant::now();
        // Of a test that fails the directory may be gone before.
        let Ok(lock) = fs::File::open(Path::new(&self.dir).join("LOCK")) else { return };
        while lock.try_lock().is_err() && begun.elapsed() < STOP_WAIT {
            std::thread::sleep(STOP_STEP);
        }
    }

    /// Asks it to end: how it ended, and what it said.
    pub fn stop(mut self) -> (ExitStatus, String) {
        signal(self.process().expect("the node runs"), "TERM");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < STOP_WAIT, "the node does not stop: {}", self.said());
            std::thread::sleep(STOP_STEP);
        };
        (status, self.said())
    }

    /// What it said on standard error.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Its health: the status and the body.
    pub fn health(&self) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("{}/health", self.url)).call().unwrap();
        let body = answer.body_mut().read_to_vec().unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }
}

impl Drop for Node {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        self.end();
    }
}

fn signal(process: u32, name: &str) {
    // The shell's own: the program is not everywhere.
    let _ = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
}

/// Whether a tool is installed; says what is skipped if not.
pub fn there_is(tool: &str, package: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| Path::new(&folder).join(tool).exists());
    if !found {
        println!("SKIPPED: needs {tool} (Debian: apt-get install {package})");
    }
    found
}
