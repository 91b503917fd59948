//! The ledger over HTTP: the program `suyuan` run as a node, and clients that sign and send.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde_json::Value;
use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, key_id, record_type};

use crate::chain::Failure;
use crate::peers::connection::Connection;
use crate::peers::milliseconds;
use crate::peers::ours::BATCH;
use crate::peers::theirs::Asked;

/// The organisation of the node's chain.
const OWNER: &str = "urn:uscc:91440115DEMA00013J";
/// An authority of the chain.
const AUTHORITY: &str = "urn:uscc:11440100DEMA00179H";
/// A busy node is asked again after so long.
const BUSY_WAIT: Duration = Duration::from_millis(5);
/// What was captured is read within so long.
const READ_WAIT: Duration = Duration::from_secs(120);

/// Clients that write side by side, as the peer's benchmark has it.
pub const CLIENTS: usize = 16;

/// A node in a process of its own, over a new data directory, with a key for each client.
pub struct Node {
    child: Child,
    address: String,
    keys: Vec<SigningKey>,
    /// The program, and the folder of its files.
    program: PathBuf,
    folder: PathBuf,
}

/// Runs the program to its end.
pub(crate) fn run(program: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("suyuan {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Makes a key file, and gives the key that is in it.
fn key(program: &Path, file: &Path, role: &str) -> Result<SigningKey, Failure> {
    key_of(program, file, (OWNER, role))
}

fn key_of(program: &Path, file: &Path, (of, role): (&str, &str)) -> Result<SigningKey, Failure> {
    let shown = file.to_str().ok_or("a path that is no text")?;
    run(program, &["keygen", "--output", shown, "--organisation", of, "--role", role, "--insecure"])?;
    let text: Value = serde_json::from_slice(&fs::read(file)?)?;
    let seed = Hash::from_hex(text["insecureSeed"].as_str().ok_or("no seed")?).ok_or("no seed")?;
    Ok(SigningKey::from_bytes(&seed.0))
}

impl Node {
    /// Makes a data directory in `folder`, whatever was there being removed, and starts a node on it.
    pub fn found(program: &Path, folder: &Path) -> Result<Node, Failure> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let file = |name: &str| folder.join(name).to_str().map(str::to_owned).ok_or("a path that is no text");
        let (list, genesis, own, dir) = (file("list.json")?, file("genesis.json")?, file("own.key")?, file("data")?);
        let root = file("root.key")?;
        key(program, Path::new(&own), "device")?;
        key(program, Path::new(&root), "root")?;
        let authority = file("authority.key")?;
        key_of(program, Path::new(&authority), (AUTHORITY, "device"))?;
        let binding = r#"[{"scope":{"prefix":"9521"},"strict":false}]"#;
        let text = format!(
            r#"[{{"uri":"{OWNER}","name":"Bench","role":"operator","bindings":{binding}}},{{"uri":"{AUTHORITY}","name":"Authority","role":"authority"}}]"#
        );
        fs::write(&list, text)?;
        let files: Vec<String> = (0..CLIENTS).map(|number| file(&format!("{number}.key"))).collect::<Result<_, _>>()?;
        let keys = files.iter().map(|file| key(program, Path::new(file), "device")).collect::<Result<_, _>>()?;
        let mut new = vec!["genesis", "new", "--network", "bench", "--organisations", &list, "--validator", &own];
        [&root, &own, &authority].into_iter().chain(&files).for_each(|key| new.extend(["--key", key.as_str()]));
        new.extend(["--output", &genesis]);
        run(program, &new)?;
        let init = ["node", "init", "--dir", &dir, "--genesis", &genesis, "--insecure", "--validator", &own];
        run(program, &[init.as_slice(), &["--device", &own]].concat())?;
        // The memory that the ledger in process has.
        let config = PathBuf::from(&dir).join("config.toml");
        let text = fs::read_to_string(&config)?.replace("memory_mib = 128", "memory_mib = 512");
        fs::write(&config, text)?;
        let (child, address) = start(program, &dir)?;
        Ok(Node { child, address, keys, program: program.to_owned(), folder: folder.to_owned() })
    }

    /// Captures events in submissions of 500 by one client; events a second.
    pub fn capture(&self, folder: &Path, events: usize) -> Result<f64, Failure> {
        let lines = BufReader::with_capacity(1 << 20, File::open(folder.join("events.ndjson"))?).lines().take(events);
        let mut client = self.client(0)?;
        let mut group = Vec::with_capacity(BATCH);
        let (started, mut sent) = (Instant::now(), 0usize);
        for line in lines {
            group.push(line?.into_bytes());
            if group.len() == BATCH {
                sent += client.submit(std::mem::take(&mut group))?;
            }
        }
        if !group.is_empty() {
            sent += client.submit(group)?;
        }
        Ok(sent as f64 / started.elapsed().as_secs_f64())
    }

    /// Captures single events by 16 clients side by side, so many each, dealt out as the peer deals them; events a
    /// second.
    pub fn singles(&self, folder: &Path, each: usize) -> Result<f64, Failure> {
        let lines: Vec<Vec<u8>> = BufReader::new(File::open(folder.join("events.ndjson"))?)
            .lines()
            .take(each * CLIENTS)
            .map(|line| line.map(String::into_bytes))
            .collect::<Result<_, _>>()?;
        let mut clients = (0..CLIENTS).map(|number| self.client(number)).collect::<Result<Vec<_>, _>>()?;
        let started = Instant::now();
        let failed: Vec<String> = thread::scope(|scope| {
            let work = clients.iter_mut().enumerate().map(|(number, client)| {
                let mine = lines.iter().skip(number).step_by(CLIENTS);
                scope.spawn(move || {
                    for line in mine {
                        client.submit(vec![line.clone()]).map_err(|error| error.to_string())?;
                    }
                    Ok(())
                })
            });
            let work: Vec<_> = work.collect();
            let ends =
                work.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a client panicked".to_owned())));
            ends.filter_map(|end: Result<(), String>| end.err()).collect()
        });
        match failed.first() {
            None => Ok(lines.len() as f64 / started.elapsed().as_secs_f64()),
            Some(first) => Err(first.clone().into()),
        }
    }

    /// An authority records so many inspections of the node's organisation, each a fact of its credit.
    pub fn inspect(&self, count: usize) -> Result<(), Failure> {
        let (records, key) = (self.folder.join("inspections.ndjson"), self.folder.join("authority.key"));
        let line = |number: usize| {
            let (id, report) = (format!("urn:uuid:00000000-0000-4000-8000-{number:012}"), "c".repeat(64));
            let (subject, day) = (OWNER, format!("2026-{:02}-{:02}", 1 + number / 28 % 9, 1 + number % 28));
            format!(
                r#"{{"type":"suyuan:Inspection","eventID":"{id}","eventTime":"{day}T10:00:00+08:00","subject":"{subject}","date":"{day}","result":"pass","report":"{report}"}}"#
            ) + "\n"
        };
        fs::write(&records, (0..count).map(line).collect::<String>())?;
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a path that is no text");
        let url = format!("http://{}", self.address);
        run(&self.program, &["credit", "record", &text(&records)?, "--key", &text(&key)?, "--insecure", "--url", &url])
    }

    /// The credit of the node's organisation over a connection that is kept: milliseconds of each of so many reads, and how
    /// many facts it is made of.
    pub fn credit(&self, reads: usize) -> Result<(Vec<f64>, usize), Failure> {
        let mut connection = Connection::open(&self.address)?;
        let (mut times, mut facts) = (Vec::with_capacity(reads), 0);
        for _ in 0..reads {
            let started = Instant::now();
            let (status, body) = connection.ask("GET", &format!("/v1/credit/{}", escaped(OWNER)), b"")?;
            times.push(milliseconds(started.elapsed()));
            if status != 200 {
                return Err(format!("credit: {status} {}", String::from_utf8_lossy(&body)).into());
            }
            let said: Value = serde_json::from_slice(&body)?;
            facts = said["facts"].as_array().ok_or("no facts")?.len();
        }
        Ok((times, facts))
    }

    /// Traces from each of these, as `GET /v1/trace` gives them: with events, edges and gaps.
    pub fn trace(&self, direction: &str, uris: &[String]) -> Result<Vec<Asked>, Failure> {
        let mut connection = Connection::open(&self.address)?;
        let mut asked = Vec::with_capacity(uris.len());
        for uri in uris {
            let started = Instant::now();
            let (status, body) =
                connection.ask("GET", &format!("/v1/trace/{}?direction={direction}", escaped(uri)), b"")?;
            let ms = milliseconds(started.elapsed());
            if status != 200 {
                return Err(format!("{uri}: {status} {}", String::from_utf8_lossy(&body)).into());
            }
            let answer: Value = serde_json::from_slice(&body)?;
            let nodes = answer["nodes"].as_array().ok_or("no nodes")?;
            let ids: Vec<String> = nodes.iter().filter_map(|node| node["id"].as_str().map(str::to_owned)).collect();
            asked.push(Asked { ms, count: ids.len(), ids, noticed: Vec::new() });
        }
        Ok(asked)
    }

    /// Waits until all blocks were read for contracts and credit; how long that took.
    pub fn read(&self) -> Result<Duration, Failure> {
        let (started, mut connection) = (Instant::now(), Connection::open(&self.address)?);
        while started.elapsed() < READ_WAIT {
            let (_, body) = connection.ask("GET", "/metrics", b"")?;
            let text = String::from_utf8(body)?;
            let figure = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
            match (figure("suyuan_height"), figure("suyuan_credit_height")) {
                (Some(height), Some(read)) if read >= height => return Ok(started.elapsed()),
                (Some(_), Some(_)) => thread::sleep(BUSY_WAIT),
                _ => return Err("the node tells no heights".into()),
            }
        }
        Err("the node does not read its blocks".into())
    }

    fn client(&self, number: usize) -> Result<Client<'_>, Failure> {
        let key = self.keys.get(number).ok_or("no such client")?;
        let mut connection = Connection::open(&self.address)?;
        let id = key_id(1, key.verifying_key().as_bytes());
        let (_, body) = connection.ask("GET", &format!("/v1/lanes/{id}"), b"")?;
        let station: Value = serde_json::from_slice(&body)?;
        let hash = |name: &str| station[name].as_str().and_then(Hash::from_hex).ok_or("no lane");
        let lane = LaneState { next: station["next"].as_u64().ok_or("no lane")?, previous: hash("previous")? };
        let organisation = station["organisation"].as_u64().ok_or("the key is not known")?;
        Ok(Client { connection, key, chain: hash("chain")?, organisation, lane })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a node on a data directory; its address.
pub(crate) fn start(program: &Path, dir: &str) -> Result<(Child, String), Failure> {
    let mut command = Command::new(program);
    command.args(["node", "run", "--dir", dir, "--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().ok_or("no pipe")?).read_line(&mut line)?;
    match line.split_whitespace().find_map(|word| word.strip_prefix("http://")) {
        Some(address) => Ok((child, address.to_owned())),
        None => {
            let _ = child.kill();
            Err(format!("the node says: {line}").into())
        }
    }
}

/// A client with its key and where its lane stands.
struct Client<'a> {
    connection: Connection,
    key: &'a SigningKey,
    chain: Hash,
    organisation: u64,
    lane: LaneState,
}

impl Client<'_> {
    /// Signs and submits events, and waits until they are on the ledger; how many.
    fn submit(&mut self, payloads: Vec<Vec<u8>>) -> Result<usize, Failure> {
        let count = payloads.len();
        let events = payloads.into_iter().zip(0u64..).map(|(payload, place)| {
            let mut salt = [0; 16];
            salt[..8].copy_from_slice(&self.lane.next.to_le_bytes());
            salt[8..].copy_from_slice(&place.to_le_bytes());
            SubmittedEvent { record_type: record_type::EPCIS, salt, payload }
        });
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let now = i64::try_from(now.as_millis())?;
        let signed = SignedSubmission::sign(self.chain, self.organisation, self.key, self.lane, now, events.collect());
        let bytes = encode(&signed);
        loop {
            let (status, body) = self.connection.ask("POST", "/v1/records", &bytes)?;
            match status {
                200 => break,
                429 => thread::sleep(BUSY_WAIT),
                _ => return Err(format!("{status} {}", String::from_utf8_lossy(&body)).into()),
            }
        }
        self.lane = LaneState { next: self.lane.next.saturating_add(1), previous: signed.submission.id() };
        Ok(count)
    }
}

/// A URI as a part of a path.
fn escaped(uri: &str) -> String {
    let mut text = String::with_capacity(uri.len() * 2);
    for byte in uri.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
