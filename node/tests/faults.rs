//! The hostile list, at the level where a user meets it: the command and the running node. Of each fault: a clear
//! error, nothing acknowledged lost, nothing half there, and the next start works or says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod http;
mod runner;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use runner::{Run, Served, command, copy, document, event, folder, is, path, run};
use serde_json::Value;
use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::clock::now_ms;
use suyuan_sdk::keyfile::KeyFile;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};

/// The user without rights.
const NOBODY: u32 = 65_534;

/// What a directory holds: each exported event once; a copy would show.
fn exported(dir: &str) -> Vec<String> {
    let exported = run(&["export", "--dir", dir]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let mut events: Vec<String> = exported.stdout.lines().map(str::to_owned).collect();
    let count = events.len();
    events.sort();
    events.dedup();
    assert_eq!(events.len(), count, "an event is there twice");
    events
}

fn is_sound(dir: &str) {
    is(&run(&["fsck", "--dir", dir]), 0, " 0 differences");
}

/// A number of a run's answer in JSON.
fn count(run: &Run, name: &str) -> u64 {
    run.json()[name].as_u64().unwrap_or_else(|| panic!("{name}: {}{}", run.stdout, run.stderr))
}

// ---- signed submissions ----

/// A key's answer about its lane, and what signs for it.
struct Device {
    signer: MemorySigner,
    chain: Hash,
    organisation: u64,
}

impl Device {
    fn of(node: &Served, key: &str) -> Device {
        let signer = KeyFile::read(Path::new(key)).unwrap().open_insecure().unwrap();
        let answer = node.ask(&format!("GET /v1/lanes/{}", signer.key_id()), b"");
        let station: Value = serde_json::from_str(body(&answer)).unwrap();
        let chain = Hash::from_hex(station["chain"].as_str().unwrap()).unwrap();
        Device { signer, chain, organisation: station["organisation"].as_u64().unwrap() }
    }

    fn sign(&self, chain: Hash, lane: LaneState, text: &str) -> SignedSubmission {
        let event = SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload: text.into() };
        sign_submission(&self.signer, chain, self.organisation, lane, now_ms(), vec![event]).unwrap()
    }
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").expect(answer).1
}

fn submit(node: &Served, signed: &SignedSubmission) -> (u16, Value) {
    let answer = node.ask("POST /v1/records", &encode(signed));
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body(&answer)).unwrap())
}

// Goal: what is forged, altered, meant for another network or from the future is refused with its code, a replay is
// answered as before, a fork is refused; none of it leaves a trace. Method: each sent to a node as signed bytes; then
// the ledger must hold the two good events, and be sound.
#[test]
fn hostile_submissions() {
    let work = folder(&[]);
    let (dir, key) = (path(&work, "data"), path(&work, "data/keys/device.key"));
    assert_eq!(run(&["node", "init", "--dir", &dir, "--insecure"]).code, 0);
    let node = Served::start(&dir);
    let device = Device::of(&node, &key);
    let start = LaneState { next: 0, previous: Hash::ZERO };
    let first = device.sign(device.chain, start, &event(1, ""));

    let mut forged = first.clone();
    forged.signature[9] ^= 1;
    let mut altered = first.clone();
    altered.events[0].payload = event(1, r#","disposition":"in_progress""#).into_bytes();
    let mut claimed = first.clone();
    claimed.submission.organisation += 1;
    let elsewhere = device.sign(Hash([9; 32]), start, &event(1, ""));
    let future = device.sign(device.chain, start, &event(1, "").replace("2026-10", "9999-10"));
    let mut stranger = device.sign(device.chain, start, &event(1, ""));
    stranger.submission.key = Hash([8; 32]);
    for (hostile, code) in [
        (&forged, "LEDGER-107"),
        (&altered, "LEDGER-110"),
        (&claimed, "LEDGER-107"),
        (&elsewhere, "LEDGER-108"),
        (&future, "LEDGER-111"),
        (&stranger, "LEDGER-107"),
    ] {
        let (status, answer) = submit(&node, hostile);
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{answer}");
        assert!(!answer["detail"].as_str().unwrap().is_empty(), "{answer}");
    }

    let (status, applied) = submit(&node, &first);
    assert_eq!((status, &applied["status"]), (200, &Value::from("applied")), "{applied}");
    let (status, replayed) = submit(&node, &first);
    assert_eq!((status, replayed), (200, applied));
    let fork = device.sign(device.chain, start, &event(2, ""));
    assert_eq!(submit(&node, &fork).0, 409);
    let hole = LaneState { next: 5, previous: first.submission.id() };
    assert_eq!(submit(&node, &device.sign(device.chain, hole, &event(2, ""))).0, 409);
    let lane = LaneState { next: 1, previous: first.submission.id() };
    assert_eq!(submit(&node, &device.sign(device.chain, lane, &event(2, ""))).0, 200);
    assert_eq!(node.stop(), 0);
    assert_eq!(exported(&dir).len(), 2);
    is_sound(&dir);
}

// Goal: an event is recorded once, however often and by whichever way it is sent. Method: one document captured by
// the command, by HTTP, and under another device's key of the same firm.
#[test]
fn duplicates() {
    let text = document(&[event(1, "")]);
    let owner = "urn:lei:999900DEMOTH00000178";
    let work = folder(&[("1.json", &text)]);
    let (one, dir, other) = (path(&work, "1.json"), path(&work, "data"), path(&work, "other.key"));
    assert_eq!(run(&["node", "init", "--dir", &dir, "--insecure", "--organisation", owner]).code, 0);
    assert_eq!(run(&["keygen", "--output", &other, "--organisation", owner, "--insecure"]).code, 0);
    is(&run(&["org", "admit", &other, "--dir", &dir]), 0, "recorded");
    is(&run(&["capture", &one, "--dir", &dir]), 0, "accepted 1, duplicates 0");
    is(&run(&["capture", &one, "--dir", &dir]), 0, "accepted 0, duplicates 1");
    is(&run(&["capture", &one, "--dir", &dir, "--key", &other]), 0, "accepted 0, duplicates 1");
    let node = Served::start(&dir);
    let again = http::capture(&node.url, text.as_bytes(), &[]);
    assert_eq!((&again["success"], &again["suyuan:duplicates"]), (&Value::from(true), &Value::from(1)), "{again}");
    assert_eq!(node.stop(), 0);
    assert_eq!(exported(&dir).len(), 1);
}

/// Starts a capture by HTTP.
fn capture(url: &str, key: &str, file: &str) -> std::process::Child {
    let mut command = command();
    command.args(["capture", file, "--url", url, "--key", key, "--insecure", "--group", "5", "--json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: std::process::Child) -> Run {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

// Goal: two devices of one firm write at once, each with its key, and both are recorded whole; two programs that share
// a key lose nothing either. Method: two processes capture different documents side by side; then two with copies of
// one key, run again until they have come through.
#[test]
fn two_devices_at_once() {
    let documents: Vec<String> =
        (0..4).map(|part| document(&(0..100).map(|one| event(part * 100 + one, "")).collect::<Vec<_>>())).collect();
    let names = ["0.json", "1.json", "2.json", "3.json"];
    let files: Vec<(&str, &str)> = names.into_iter().zip(documents.iter().map(String::as_str)).collect();
    let work = folder(&files);
    let owner = "urn:lei:999900DEMOTH00000178";
    let (dir, first) = (path(&work, "data"), path(&work, "data/keys/device.key"));
    let (second, copied) = (path(&work, "second.key"), path(&work, "copied.key"));
    assert_eq!(run(&["node", "init", "--dir", &dir, "--insecure", "--organisation", owner]).code, 0);
    assert_eq!(run(&["keygen", "--output", &second, "--organisation", owner, "--insecure"]).code, 0);
    is(&run(&["org", "admit", &second, "--dir", &dir]), 0, "recorded");
    let node = Served::start(&dir);
    let both =
        [capture(&node.url, &first, &path(&work, "0.json")), capture(&node.url, &second, &path(&work, "1.json"))];
    for run in both.map(ended) {
        assert_eq!((run.code, count(&run, "accepted")), (0, 100), "{}{}", run.stdout, run.stderr);
    }
    fs::copy(&second, &copied).unwrap();
    for _ in 0..20 {
        let both =
            [capture(&node.url, &second, &path(&work, "2.json")), capture(&node.url, &copied, &path(&work, "3.json"))];
        let [one, other] = both.map(ended);
        for run in [&one, &other].into_iter().filter(|run| run.code != 0) {
            assert!(run.code == 3 && run.stdout.contains("NODE-LANE_MOVED"), "{}{}", run.stdout, run.stderr);
        }
        if one.code == 0 && other.code == 0 {
            break;
        }
    }
    assert_eq!(node.stop(), 0);
    assert_eq!(exported(&dir).len(), 400);
    is_sound(&dir);
}

// ---- documents ----

// Goal: what claims to happen far in the future is refused with its code, and its neighbours are recorded. Method: the
// last year that can be written, and one beyond, among good events.
#[test]
fn far_in_the_future() {
    let events = [
        event(1, ""),
        event(2, "").replace("2026-10", "9999-10"),
        event(3, r#","disposition":"in_transit""#),
        event(4, "").replace("2026-10", "99999-10"),
    ];
    let work = folder(&[("future.json", &document(&events))]);
    let dir = path(&work, "data");
    let captured = run(&["capture", &path(&work, "future.json"), "--dir", &dir, "--json"]);
    assert_eq!((captured.code, count(&captured, "accepted"), count(&captured, "refused")), (1, 2, 2));
    let codes: BTreeMap<u64, String> =
        captured.json()["problems"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut codes, problem| {
            codes.insert(problem["event"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned());
            codes
        });
    assert_eq!((codes[&1].as_str(), codes[&3].as_str()), ("LEDGER-111", "EPCIS-BAD_TIME"));
    assert_eq!(exported(&dir).len(), 2);
}

/// An aggregation of so many children.
fn aggregation(children: u32) -> String {
    let children: Vec<String> =
        (0..children).map(|serial| format!("\"https://id.gs1.org/01/09521001001014/21/{serial}\"")).collect();
    let list =
        format!(r#","parentID":"https://id.gs1.org/00/095210010000000024","childEPCs":[{}]"#, children.join(","));
    let event = event(1_000_000, &list).replace("ObjectEvent", "AggregationEvent").replace("OBSERVE", "ADD");
    event.replace(r#""epcList":["https://id.gs1.org/00/095210010000000017"],"#, "")
}

// Goal: a million children in one event cost bounded memory and time, are refused with a code that says the limit,
// and lose no event before them; what is beyond the ledger's limit only loses none behind it either. Method: events of
// 4,000, 5,000 and 1,000,000 children between small ones; the memory of the process is watched.
#[test]
fn a_million_children() {
    let work = folder(&[
        ("some.json", &document(&[event(1, ""), aggregation(5_000), event(2, r#","bizStep":"holding""#)])),
        ("many.json", &document(&[event(3, r#","bizStep":"packing""#), aggregation(1_000_000), event(4, "")])),
        ("good.json", &document(&[aggregation(4_000)])),
    ]);
    let dir = path(&work, "data");
    let some = run(&["capture", &path(&work, "some.json"), "--dir", &dir, "--json"]);
    assert_eq!((some.code, count(&some, "accepted"), count(&some, "refused")), (1, 2, 1), "{}", some.stdout);
    let code = some.json()["problems"][0]["code"].as_str().unwrap().to_owned();
    assert!(["LEDGER-102", "LEDGER-104"].contains(&code.as_str()), "{code}");
    let (many, memory) = watched(&["capture", &path(&work, "many.json"), "--dir", &dir, "--json"], |_| {});
    assert_eq!((many.code, count(&many, "accepted"), count(&many, "unreadable")), (1, 1, 1), "{}", many.stdout);
    let problem = &many.json()["problems"][0];
    assert_eq!((&problem["code"], &problem["event"]), (&Value::from("EPCIS-EVENT_TOO_LARGE"), &Value::from(1)));
    assert!(memory < 300 << 10, "{memory} KiB");
    is(&run(&["capture", &path(&work, "good.json"), "--dir", &dir]), 0, "accepted 1");
    assert_eq!(exported(&dir).len(), 4);
    is_sound(&dir);
}

/// Runs the command, `write` writing its standard input, and gives the most memory it had, in KiB.
fn watched(arguments: &[&str], write: impl FnOnce(&mut dyn Write) + Send) -> (Run, u64) {
    let mut command = command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(folder) = std::env::var_os("TMPDIR") {
        command.env("TMPDIR", folder);
    }
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut most = 0;
    let output = thread::scope(|scope| {
        scope.spawn(move || write(&mut input));
        let output = scope.spawn(move || child.wait_with_output().unwrap());
        // The system keeps the most there ever was: the last look before the end is all it takes.
        while !output.is_finished() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
            most = most.max(kib.unwrap_or(0));
            thread::sleep(Duration::from_millis(5));
        }
        output.join().unwrap()
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run = Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) };
    (run, most)
}

/// The size of the large document in MiB: `make hostile-document` says 1024.
fn document_mib() -> u64 {
    std::env::var("SUYUAN_DOCUMENT_MIB").ok().map_or(48, |text| text.parse().unwrap())
}

// Goal: a document of any size passes within bounded memory, with every event recorded. Method: events of 128 KiB each
// written to a pipe until the size is reached (48 MiB, or SUYUAN_DOCUMENT_MIB); all must be accepted, exported as many,
// and the process never have had 300 MiB.
#[test]
fn a_document_of_a_gibibyte() {
    let events = u32::try_from(document_mib() * 8).unwrap();
    let work = folder(&[]);
    let dir = path(&work, "data");
    let filling = "a".repeat((128 << 10) - 400);
    let started = Instant::now();
    let (captured, memory) = watched(&["capture", "-", "--dir", &dir, "--json"], |input| {
        let empty = document(&[]);
        let (head, tail) = empty.split_at(empty.len() - 3);
        input.write_all(head.as_bytes()).unwrap();
        for number in 0..events {
            let text = event(number, &format!(r#","ex:number":{number},"ex:filling":"{filling}""#));
            let comma: &[u8] = if number == 0 { b"" } else { b"," };
            input.write_all(&[comma, text.as_bytes()].concat()).unwrap();
        }
        input.write_all(tail.as_bytes()).unwrap();
    });
    println!("{} MiB, {events} events: {:?}, {} MiB at most", document_mib(), started.elapsed(), memory >> 10);
    assert_eq!(captured.code, 0, "{}", captured.stderr);
    assert_eq!(count(&captured, "accepted"), u64::from(events));
    assert!(memory > 0 && memory < 300 << 10, "{memory} KiB");
    let mut exported = command();
    exported.args(["export", "--dir", &dir]).stdout(Stdio::piped());
    let mut exported = exported.spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(exported.stdout.take().unwrap()));
    assert_eq!(lines.map(Result::unwrap).filter(|line| line.len() > 100_000).count(), events as usize);
    assert!(exported.wait().unwrap().success());
}

// Goal: one value without end meets a limit, not the memory. Method: an event with a text of the size above, through a
// pipe, behind a good event.
#[test]
fn a_text_without_end() {
    let work = folder(&[]);
    let dir = path(&work, "data");
    let (captured, memory) = watched(&["capture", "-", "--dir", &dir, "--json"], |input| {
        let both = document(&[event(1, ""), event(2, r#","ex:filling":"?""#)]);
        let (head, tail) = both.split_once('?').unwrap();
        let block = vec![b'a'; 1 << 20];
        input.write_all(head.as_bytes()).unwrap();
        (0..document_mib()).for_each(|_| input.write_all(&block).unwrap());
        input.write_all(tail.as_bytes()).unwrap();
    });
    assert_eq!((captured.code, count(&captured, "accepted"), count(&captured, "unreadable")), (1, 1, 1));
    assert_eq!(captured.json()["problems"][0]["code"], "EPCIS-EVENT_TOO_LARGE");
    assert!(memory < 300 << 10, "{memory} KiB");
}

// ---- the disk ----

/// A data directory as a killed node leaves it: with two events captured before, in sorted files, and three that are in
/// the log only. Gives the document of all five.
fn killed_node(work: &tempfile::TempDir, dir: &str) -> String {
    let event = |number: u32| event(number, &format!(r#","ex:number":{number}"#));
    let all = path(work, "all.json");
    fs::write(&all, document(&(0..5).map(event).collect::<Vec<_>>())).unwrap();
    let early = path(work, "early.json");
    fs::write(&early, document(&[event(0), event(1)])).unwrap();
    assert_eq!(run(&["capture", &early, "--dir", dir]).code, 0);
    // Each opening writes what the log held into sorted files.
    assert_eq!(exported(dir).len(), 2);
    let node = Served::start(dir);
    for number in 2..5 {
        let job = http::capture(&node.url, document(&[event(number)]).as_bytes(), &[]);
        assert_eq!(job["success"], true, "{job}");
    }
    node.kill();
    all
}

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("db")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|one| one == ending)).collect();
    found.retain(|path| fs::metadata(path).unwrap().len() > 0);
    found.sort();
    assert!(!found.is_empty(), "{ending}");
    found
}

fn flip(file: &Path, place: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[place] ^= 0x10;
    fs::write(file, bytes).unwrap();
}

// Goal: a cut-off log loses at most its end, which is told and named, and never the consistency: once the loss is
// accepted, what is left is a beginning of what was there, and what is missing can be captured again. Method: the log of
// a killed node cut at 12 places; export, capture of all again, fsck.
#[test]
fn truncated_log() {
    let work = folder(&[]);
    let (whole, cut) = (path(&work, "whole"), path(&work, "cut"));
    let all = killed_node(&work, &whole);
    let log = files(Path::new(&whole), "log").pop().unwrap();
    let length = fs::metadata(&log).unwrap().len();
    for part in 0..12 {
        let _ = fs::remove_dir_all(&cut);
        copy(Path::new(&whole), Path::new(&cut));
        let file = Path::new(&cut).join("db").join(log.file_name().unwrap());
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length * part / 12).unwrap();
        let told = run(&["export", "--dir", &cut]);
        is(&told, 3, "NODE-LOST");
        assert!(told.stderr.contains("the last block acknowledged was"), "{}", told.stderr);
        is(&run(&["fsck", "--dir", &cut]), 3, "NODE-LOST");
        is(&run(&["node", "accept-loss", "--dir", &cut]), 0, "goes on from height");
        let left = run(&["export", "--dir", &cut]);
        assert_eq!(left.code, 0, "{}", left.stderr);
        for (number, line) in left.stdout.lines().enumerate() {
            assert!(line.contains(&format!("\"ex:number\":{number}")), "{line}");
        }
        let left = left.stdout.lines().count();
        assert!((2..5).contains(&left), "{left}");
        is_sound(&cut);
        is(&run(&["capture", &all, "--dir", &cut]), 0, &format!("accepted {}, duplicates {left}", 5 - left));
        assert_eq!(exported(&cut).len(), 5);
        is_sound(&cut);
    }
}

// Goal: a flipped bit anywhere in the store (blocks, payloads, indices, log) is never passed on as data: whatever reads
// it says so and what to do, or it is harmless and all is there. Method: a bit in each file at several places; export,
// fsck and capture over each; the five events are whole or the run ends with a code of the store's.
#[test]
fn flipped_bits() {
    let work = folder(&[]);
    let (whole, flipped) = (path(&work, "whole"), path(&work, "flipped"));
    let all = killed_node(&work, &whole);
    let mut targets: Vec<(PathBuf, usize)> = Vec::new();
    for file in files(Path::new(&whole), "log").into_iter().chain(files(Path::new(&whole), "sst")) {
        let length = fs::metadata(&file).unwrap().len() as usize;
        targets.extend([length / 4, length * 2 / 3].map(|place| (file.clone(), place)));
    }
    let expected = {
        copy(Path::new(&whole), Path::new(&flipped));
        exported(&flipped)
    };
    let (mut told, mut harmless) = (0, 0);
    for (file, place) in targets {
        let _ = fs::remove_dir_all(&flipped);
        copy(Path::new(&whole), Path::new(&flipped));
        flip(&Path::new(&flipped).join("db").join(file.file_name().unwrap()), place);
        let checked = run(&["fsck", "--dir", &flipped]);
        let export = run(&["export", "--dir", &flipped]);
        let captured = run(&["capture", &all, "--dir", &flipped]);
        for run in [&checked, &export, &captured].into_iter().filter(|run| run.code != 0) {
            let known = ["NODE-DAMAGED", "NODE-DIFFERENCE", "NODE-LOST"].iter().any(|code| run.stderr.contains(code));
            assert!([1, 3].contains(&run.code) && known && run.stderr.contains("help: "), "{place} {}", run.stderr);
        }
        if export.code == 0 {
            let mut lines: Vec<String> = export.stdout.lines().map(str::to_owned).collect();
            lines.sort();
            assert!(lines == expected, "{} {place}: {}", file.display(), export.stdout);
        }
        if checked.code == 0 {
            assert_eq!(export.code, 0, "{} {place}: {}", file.display(), export.stderr);
            harmless += 1;
        } else {
            told += 1;
        }
    }
    println!("{told} flipped bits told, {harmless} harmless");
    assert!(told > harmless);
}

/// A file system of its own, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one, if this user may.
    fn mount(path: &Path, mib: u64) -> Option<SmallDisk> {
        let size = format!("size={mib}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "suyuan-test"]).arg(path).output();
        mount.is_ok_and(|output| output.status.success()).then(|| SmallDisk(path.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status().is_ok_and(|status| status.success());
        assert!(unmounted || thread::panicking(), "can't unmount {}", self.0.display());
    }
}

/// Letters that do not compress well. Digits could have the form of a person's number, which is refused.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend((8..16).map(|nibble| char::from(b'a' + (state >> (nibble * 4) & 15) as u8)));
    }
    text
}

// Goal: a full disk stops a capture with a clear error; what was acknowledged is there once there is space, what was not
// is captured by running the command again, and nothing is there twice. Method: 240 events of 100 KB onto a disk of
// 24 MiB, 8 of them taken by a file that is deleted once the disk is full, and the disk made larger.
#[test]
fn full_disk() {
    let mounted = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(mounted.path(), 16) else {
        println!("SKIPPED: full_disk needs the right to mount a tmpfs (run as root)");
        return;
    };
    let dir = disk.0.join("data").to_str().unwrap().to_owned();
    let events: Vec<String> = (0..240)
        .map(|number| event(number, &format!(r#","ex:noise":"{}""#, noise(u64::from(number), 100_000))))
        .collect();
    let work = folder(&[("large.json", &document(&events))]);
    let capture = || run(&["capture", &path(&work, "large.json"), "--dir", &dir, "--group", "4", "--json"]);
    let full = capture();
    assert_eq!(full.code, 3, "{}{}", full.stdout, full.stderr);
    let said = full.json();
    let codes: Vec<&str> = said["problems"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.contains(&"NODE-DISK_FULL") || codes.contains(&"QUEUE-IO"), "{codes:?}");
    let acknowledged = count(&full, "accepted");
    assert!((1..240).contains(&acknowledged), "{acknowledged}");
    // Still full: no start, or no room for more; nothing is harmed.
    let again = capture();
    assert_eq!(again.code, 3, "{}{}", again.stdout, again.stderr);
    let grown = Command::new("mount").args(["-o", "remount,size=128m"]).arg(&disk.0).status().unwrap();
    assert!(grown.success());
    let kept = exported(&dir).len() as u64;
    assert!(kept >= acknowledged, "{kept} of {acknowledged}");
    let done = capture();
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(exported(&dir).len(), 240);
    is_sound(&dir);
}

// ---- the system ----

/// Runs the command as the user without rights; none if this user may not.
fn as_nobody(arguments: &[&str]) -> Option<Run> {
    let mut command = command();
    command.args(arguments).uid(NOBODY).current_dir("/").stdin(Stdio::null());
    let output = command.output().ok()?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some(Run { code: output.status.code()?, stdout: text(output.stdout), stderr: text(output.stderr) })
}

// Goal: without permission it is said what may not be used, and nothing is harmed. Method: another user's directory,
// document and parent folder, by a user without rights (root becomes that user, others take their rights away).
#[test]
fn no_permission() {
    let work = folder(&[("1.json", &document(&[event(1, "")]))]);
    let (one, dir) = (path(&work, "1.json"), path(&work, "data"));
    assert_eq!(run(&["capture", &one, "--dir", &dir]).code, 0);
    let mode = |path: &str, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let parent = work.path().to_str().unwrap().to_owned();
    mode(&dir, 0o000);
    let is_root = fs::read_dir(&dir).is_ok();
    let other = |arguments: &[&str]| if is_root { as_nobody(arguments) } else { Some(run(arguments)) };
    mode(&parent, if is_root { 0o755 } else { 0o500 });
    mode(&one, 0o000);
    let Some(denied) = other(&["export", "--dir", &dir]) else {
        println!("SKIPPED: no_permission can't run the command as another user");
        return;
    };
    let new = path(&work, "new");
    let runs = [
        (denied, "NODE-NOT_PERMITTED"),
        (other(&["capture", &one, "--dir", &new]).unwrap(), "NODE-NOT_PERMITTED"),
        (other(&["epcis", "validate", &one]).unwrap(), "CLI-NOT_PERMITTED"),
    ];
    mode(&parent, 0o755);
    mode(&dir, 0o755);
    mode(&one, 0o644);
    for (run, code) in runs {
        is(&run, 3, code);
        assert!(run.stderr.contains("permission") && run.stderr.contains("help: "), "{}", run.stderr);
    }
    assert!(!Path::new(&new).exists());
    assert_eq!(exported(&dir).len(), 1);
}

// Goal: a port that is taken is said with what to do, and the data directory is as it was. Method: a node on the port of
// another; then on a free one.
#[test]
fn port_in_use() {
    let work = folder(&[]);
    let dir = path(&work, "data");
    assert_eq!(run(&["node", "init", "--dir", &dir, "--insecure"]).code, 0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let refused = run(&["node", "run", "--dir", &dir, "--listen", &taken]);
    is(&refused, 3, "NODE-PORT");
    assert!(refused.stderr.contains(&taken) && refused.stderr.contains("--listen"), "{}", refused.stderr);
    let node = Served::start(&dir);
    is(&run(&["export", "--dir", &dir]), 3, "NODE-IN_USE");
    assert_eq!(node.stop(), 0);
    is_sound(&dir);
}
