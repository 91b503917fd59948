//! Runs the binary from the root of the repository, with nothing of the caller's environment.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod net;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use suyuan_ledger::organisation::KeyRole;
use suyuan_sdk::keyfile::{self, Protection};

/// What a run gave.
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The command, to be given arguments.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_suyuan"));
    command.current_dir(root()).env_clear().env("LANG", "C.UTF-8");
    command
}

/// Runs it with `input` on standard input.
pub fn finish(mut command: Command, input: &[u8]) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    // A command that reads no input may be gone before it is written.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("the binary ends");
    Run {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs it with these arguments and no input.
pub fn run(arguments: &[&str]) -> Run {
    let mut command = command();
    command.args(arguments);
    finish(command, b"")
}

/// A folder of the test's own, with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// The path of `name` in it.
pub fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().expect("UTF-8").to_owned()
}

/// Copies a data directory that nobody uses.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            // The socket of a node that was killed.
            _ => {}
        }
    }
}

/// The organisation of [`chain_with_known_keys`].
pub const OWNER: &str = "urn:lei:999900DEMOTH00000178";

/// Makes a data directory `data` in a folder, of a chain of one organisation whose keys are the same in every run.
pub fn chain_with_known_keys(folder: &tempfile::TempDir) -> String {
    chain_of_genesis(folder, &|genesis| genesis)
}

/// As [`chain_with_known_keys`], with a genesis changed by `change`.
pub fn chain_of_genesis(folder: &tempfile::TempDir, change: &dyn Fn(String) -> String) -> String {
    let of = |name: &str, seed: u8, role: KeyRole| {
        let file = path(folder, name);
        let made = "2026-10-01T00:00:00Z";
        keyfile::write(Path::new(&file), &[seed; 32], OWNER, role, made, &Protection::Insecure).unwrap();
        file
    };
    let (root, device) = (of("root.key", 1, KeyRole::Root), of("device.key", 2, KeyRole::Device));
    let (list, genesis, dir) = (path(folder, "list.json"), path(folder, "genesis.json"), path(folder, "data"));
    fs::write(&list, format!(r#"[{{"uri":"{OWNER}","name":"A","role":"operator"}}]"#)).unwrap();
    let new = ["genesis", "new", "--network", "n", "--organisations", &list, "--validator", &device];
    let made = run(&[new.as_slice(), &["--key", &root, "--key", &device, "--output", &genesis]].concat());
    assert_eq!(made.code, 0, "{}", made.stderr);
    fs::write(&genesis, change(fs::read_to_string(&genesis).unwrap())).unwrap();
    let init = ["node", "init", "--dir", &dir, "--genesis", &genesis, "--insecure"];
    let made = run(&[init.as_slice(), &["--validator", &device, "--device", &device]].concat());
    assert_eq!(made.code, 0, "{}", made.stderr);
    fs::copy(root, Path::new(&dir).join("keys/administrator.key")).unwrap();
    dir
}

/// A document with these events.
pub fn document(events: &[String]) -> String {
    format!(
        r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{{"ex":"https://example.com/"}}],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-10-01T00:00:00Z","epcisBody":{{"eventList":[{}]}}}}"#,
        events.join(",")
    )
}

/// An event that is told from others by its number.
pub fn event(number: u32, members: &str) -> String {
    format!(
        r#"{{"type":"ObjectEvent","eventID":"urn:uuid:00000000-0000-4000-8000-{number:012}","eventTime":"2026-10-01T08:00:00+08:00","eventTimeZoneOffset":"+08:00","epcList":["https://id.gs1.org/00/095210010000000017"],"action":"OBSERVE"{members}}}"#
    )
}

/// Asserts how a run ended, and that it said these words.
pub fn is(run: &Run, code: i32, words: &str) {
    let said = [run.stdout.as_str(), run.stderr.as_str()].concat();
    assert_eq!(run.code, code, "{said}");
    assert!(said.contains(words), "{words}: {said}");
}

/// A node in a process of its own, and its address.
pub struct Served {
    child: Child,
    /// Its address.
    pub url: String,
    /// What it said before it listened.
    pub said: String,
}

impl Served {
    /// Starts one over a data directory.
    pub fn start(dir: &str) -> Served {
        Served::start_by(command(), dir)
    }

    /// The same by a command that was prepared.
    pub fn start_by(mut command: Command, dir: &str) -> Served {
        command.args(["node", "run", "--dir", dir, "--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut said, mut url) = (String::new(), None);
        let mut lines = BufReader::new(child.stderr.as_mut().unwrap());
        while url.is_none() {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "{said}");
            url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            said.push_str(&line);
        }
        Served { child, url: url.expect(&said), said }
    }

    /// One request as bytes; the whole answer as text.
    pub fn ask(&self, request: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        let head =
            format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks it to end, and waits for that.
    pub fn stop(mut self) -> i32 {
        // The shell's own: the program is not everywhere.
        let told = Command::new("sh").args(["-c", "kill \"$0\"", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code().expect("an exit code, not a signal")
    }

    /// Kills it, with no time to write anything more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
