//! Posts single events to a node of its own from several connections, each waiting for its answer.
//!
//! `http_load records|events [CLIENTS] [EVENTS] [URL]`: signed submissions of one event, each connection with a
//! key of its own, to `/v1/records`; or bare events, signed by the node, to `/epcis/events`. What is sent is made
//! before. Prints in JSON the rate, the times, the processor time of the node for an event, and how many events
//! shared a block and its sync. With a URL, `events` asks a node that runs, or whatever else answers there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_ledger::submission::{LaneState, SubmittedEvent, record_type};
use suyuan_sdk::keyfile::{self, Protection};
use suyuan_sdk::lane::after;
use suyuan_sdk::signer::{MemorySigner, sign_submission};
use suyuan_sims::Workload;

const OWNER: &str = "urn:lei:999900DEMOTH00000178";
const CREATED: &str = "2026-10-01T00:00:00Z";
/// Clock ticks in which the kernel counts processor time.
const TICK: Duration = Duration::from_millis(10);
/// A node is given so long to answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What is sent, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Records,
    Events,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let kind = match arguments.first().map(String::as_str) {
        Some("records") => Kind::Records,
        Some("events") => Kind::Events,
        _ => {
            eprintln!("http_load records|events [CLIENTS] [EVENTS] [URL]");
            return ExitCode::from(2);
        }
    };
    let number =
        |index: usize, default: usize| arguments.get(index).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (clients, events) = (number(1, 16).max(1), number(2, 32_000));
    match measure(kind, clients, events, arguments.get(3).map(String::as_str)) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("http_load: {error}");
            ExitCode::from(3)
        }
    }
}

fn measure(kind: Kind, clients: usize, events: usize, url: Option<&str>) -> Result<Value, Fault> {
    let folder = tempfile::tempdir()?;
    let node = match url {
        Some(_) => None,
        None => Some(Node::start(folder.path(), clients)?),
    };
    let address = match (url, &node) {
        (Some(url), _) => url.trim_start_matches("http://").trim_end_matches('/').to_owned(),
        (None, Some(node)) => node.address.clone(),
        (None, None) => String::new(),
    };
    let payloads: Vec<Vec<u8>> = Workload::new(u32::try_from(events)?, 7).collect();
    let bodies = match kind {
        Kind::Events => dealt(payloads, clients),
        Kind::Records => signed(&address, dealt(payloads, clients))?,
    };
    let (before, cpu_before) = (figures(&address), node.as_ref().map(Node::processor_time));
    let barrier = Arc::new(Barrier::new(clients + 1));
    let posting: Vec<_> = bodies
        .into_iter()
        .map(|bodies| {
            let (address, barrier) = (address.clone(), barrier.clone());
            std::thread::spawn(move || post_all(&address, kind, &bodies, &barrier))
        })
        .collect();
    barrier.wait();
    let begun = Instant::now();
    let mut times = Vec::new();
    for thread in posting {
        times.extend(thread.join().map_err(|_| "a client failed")??);
    }
    let taken = begun.elapsed();
    let (after, cpu_after) = (figures(&address), node.as_ref().map(Node::processor_time));
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied();
    let milliseconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
    let micros_an_event = cpu_after
        .zip(cpu_before)
        .map(|(after, before)| (after.saturating_sub(before).as_micros() as f64 / times.len().max(1) as f64).round());
    let counted = |name: &str| Some(after.as_ref()?.get(name)? - before.as_ref()?.get(name)?);
    let blocks = counted("suyuan_blocks_with_events_total");
    let sync_ms = counted("suyuan_commit_nanoseconds_total").zip(counted("suyuan_blocks_total"));
    Ok(json!({
        "to": if kind == Kind::Records { "/v1/records" } else { "/epcis/events" },
        "clients": clients, "events": times.len(),
        "events_per_s": (times.len() as f64 / taken.as_secs_f64()).round(),
        "ms_p50": milliseconds(at(50)), "ms_p99": milliseconds(at(99)),
        "node_cpu_us_an_event": micros_an_event,
        "events_a_block": blocks.map(|blocks| times.len() as f64 / blocks.max(1.0)),
        "commit_ms": sync_ms.map(|(time, blocks)| time / blocks.max(1.0) / 1e6),
    }))
}

/// Deals what there is to the clients in turn, as it would come in time.
fn dealt(all: Vec<Vec<u8>>, clients: usize) -> Vec<Vec<Vec<u8>>> {
    let mut hands: Vec<Vec<Vec<u8>>> = vec![Vec::new(); clients];
    for (index, one) in all.into_iter().enumerate() {
        if let Some(hand) = hands.get_mut(index % clients) {
            hand.push(one);
        }
    }
    hands
}

/// Each client's payloads, signed one by one with its own key.
fn signed(address: &str, hands: Vec<Vec<Vec<u8>>>) -> Result<Vec<Vec<Vec<u8>>>, Fault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let (now, mut all) = (i64::try_from(now)?, Vec::new());
    for (client, payloads) in hands.into_iter().enumerate() {
        let signer = MemorySigner::from_seed(&seed(client)?);
        let key = suyuan_sdk::signer::Signer::key_id(&signer);
        let station: Value = serde_json::from_slice(&get(address, &format!("/v1/lanes/{key}"))?)?;
        let chain = station["chain"].as_str().and_then(Hash::from_hex).ok_or("no chain")?;
        let organisation = station["organisation"].as_u64().ok_or("the key is not known")?;
        let (mut lane, mut bodies) = (LaneState::default(), Vec::new());
        for (index, payload) in payloads.into_iter().enumerate() {
            let salt = (((client as u128) << 64) | index as u128).to_le_bytes();
            let event = SubmittedEvent { record_type: record_type::EPCIS, salt, payload };
            let submission = sign_submission(&signer, chain, organisation, lane, now, vec![event]);
            let submission = submission.map_err(|reason| reason.to_string())?;
            lane = after(&submission);
            bodies.push(codec::encode(&submission));
        }
        all.push(bodies);
    }
    Ok(all)
}

fn seed(client: usize) -> Result<[u8; 32], Fault> {
    Ok([u8::try_from(client + 10)?; 32])
}

fn post_all(address: &str, kind: Kind, bodies: &[Vec<u8>], barrier: &Barrier) -> Result<Vec<Duration>, Fault> {
    let connected = connect(address);
    barrier.wait();
    let mut connection = connected?;
    let (path, media) = match kind {
        Kind::Records => ("/v1/records", "application/octet-stream"),
        Kind::Events => ("/epcis/events", "application/json"),
    };
    let mut times = Vec::with_capacity(bodies.len());
    for body in bodies {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\n\
             GS1-EPCIS-Version: 2.0.0\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        let begun = Instant::now();
        loop {
            connection.get_mut().write_all(&request)?;
            let (status, answer) = read_answer(&mut connection)?;
            match status {
                200..=202 => break,
                429 => std::thread::sleep(Duration::from_millis(5)),
                _ => return Err(format!("{status} {}", String::from_utf8_lossy(&answer)).into()),
            }
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn connect(address: &str) -> Result<BufReader<TcpStream>, Fault> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_TIME))?;
    Ok(BufReader::new(stream))
}

fn get(address: &str, path: &str) -> Result<Vec<u8>, Fault> {
    let mut connection = connect(address)?;
    connection.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    match read_answer(&mut connection)? {
        (200, body) => Ok(body),
        (status, body) => Err(format!("{status} {}", String::from_utf8_lossy(&body)).into()),
    }
}

/// An answer's status and body; only what a node sends is understood.
fn read_answer(connection: &mut BufReader<TcpStream>) -> Result<(u16, Vec<u8>), Fault> {
    let (mut line, mut status, mut length) = (String::new(), 0, 0usize);
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err("the connection was closed".into());
        }
        let text = line.trim_end();
        if status == 0 {
            status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
        } else if text.is_empty() {
            break;
        } else if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status, body))
}

/// What a node counts, by name; none if there is nothing at `/metrics`.
fn figures(address: &str) -> Option<std::collections::BTreeMap<String, f64>> {
    let text = String::from_utf8(get(address, "/metrics").ok()?).ok()?;
    let line = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    Some(text.lines().filter_map(line).collect())
}

/// A node in a process of its own.
struct Node {
    child: Child,
    address: String,
}

impl Node {
    fn start(folder: &Path, clients: usize) -> Result<Node, Fault> {
        let binary = std::env::current_exe()?.with_file_name("suyuan");
        let data = initialised(&binary, folder, clients)?;
        let mut command = Command::new(&binary);
        command.args(["node", "run", "--listen", "127.0.0.1:0", "--dir"]).arg(&data).env("LANG", "C");
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().ok_or("no stderr")?).read_line(&mut line)?;
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        let address = url.ok_or_else(|| line.clone())?.to_owned();
        Ok(Node { child, address })
    }

    /// Time on processors, of the user and of the kernel.
    fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // Behind the name, which may have spaces, in brackets: fields 14 and 15.
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace());
        let ticks: u32 =
            fields.into_iter().flatten().skip(11).take(2).filter_map(|text| text.parse::<u32>().ok()).sum();
        TICK * ticks
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data directory of a chain of one organisation, which has a key for each client.
fn initialised(binary: &Path, folder: &Path, clients: usize) -> Result<PathBuf, Fault> {
    let write = |name: &str, seed: [u8; 32], role: KeyRole| -> Result<PathBuf, Fault> {
        let file = folder.join(name);
        let written = keyfile::write(&file, &seed, OWNER, role, CREATED, &Protection::Insecure);
        written.map_err(|reason| reason.to_string())?;
        Ok(file)
    };
    let (root, device) = (write("root.key", [1; 32], KeyRole::Root)?, write("device.key", [2; 32], KeyRole::Device)?);
    let (list, genesis, data) = (folder.join("list.json"), folder.join("genesis.json"), folder.join("data"));
    std::fs::write(&list, json!([{"uri": OWNER, "name": "Load", "role": "operator"}]).to_string())?;
    let mut new = Command::new(binary);
    new.args(["genesis", "new", "--network", "load", "--organisations"]).arg(&list);
    new.arg("--validator").arg(&device).arg("--output").arg(&genesis);
    new.arg("--key").arg(&root).arg("--key").arg(&device);
    for client in 0..clients {
        new.arg("--key").arg(write(&format!("{client}.key"), seed(client)?, KeyRole::Device)?);
    }
    done(&mut new)?;
    let mut init = Command::new(binary);
    init.args(["node", "init", "--insecure", "--dir"]).arg(&data).arg("--genesis").arg(&genesis);
    init.arg("--validator").arg(&device).arg("--device").arg(&device);
    done(&mut init)?;
    Ok(data)
}

fn done(command: &mut Command) -> Result<(), Fault> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}
