//! Goal: nothing that was acknowledged is lost, and nothing is half there, however a capture ends. Method:
//! this test starts itself again as a process that captures the workload into a directory and prints the id of
//! each submission once its receipt came; it is killed (SIGKILL) at a random moment, started again, and so on;
//! at the end every id printed must be on the ledger and `fsck` must find no difference.
//!
//! `SUYUAN_KILLS` says how often (10 unless told); `make chaos-capture` kills 200 times.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use suyuan_ledger::block::Validator;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_ledger::state::apply::{Ledger, lane};
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent, key_id, record_type};
use suyuan_node::clock::now_ms;
use suyuan_node::consensus::Pace;
use suyuan_node::core::{Answer, CoreSettings, NodeCore};
use suyuan_node::shell::Writer;
use suyuan_sdk::signer::MemorySigner;
use suyuan_store::{DataDirectory, RocksStore, fsck_directory};

const CHILD: &str = "SUYUAN_KILL_CHILD";
const MEMORY: usize = 64 << 20;
const EVENTS: u32 = 200_000;

fn keys() -> [SigningKey; 2] {
    [SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32])]
}

fn genesis() -> Vec<u8> {
    let [device, validator] = keys();
    let administrator = SigningKey::from_bytes(&[3; 32]).verifying_key().to_bytes();
    let device = device.verifying_key().to_bytes();
    Genesis {
        network: "kill".to_owned(),
        trial: false,
        start_time: 0,
        parameters: Parameters::default(),
        organisations: vec![GenesisOrganisation {
            uri: "urn:uscc:91440115DEMA00013J".to_owned(),
            aliases: Vec::new(),
            name: "Kill".to_owned(),
            role: OrganisationRole::Operator,
            keys: vec![(device, KeyRole::Device), (administrator, KeyRole::Administrator)],
            bindings: vec![(Scope::new(ScopeKind::Prefix, "9521").unwrap(), false)],
        }],
        validators: vec![Validator { key: validator.verifying_key().to_bytes(), power: 1 }],
        threshold: 0,
    }
    .write()
}

/// Opens the ledger of a directory, or founds it.
fn open(folder: &Path) -> (DataDirectory, RocksStore, Ledger) {
    let directory = DataDirectory::open(folder).or_else(|_| DataDirectory::create(folder, MEMORY)).unwrap();
    let store = directory.open_store(MEMORY).unwrap();
    let bytes = genesis();
    let genesis = Genesis::parse(&bytes).unwrap();
    let ledger = Ledger::open(&store).unwrap().unwrap_or_else(|| {
        let (ledger, writes) =
            Ledger::found(chain_id(&bytes), 0, &genesis.rows(), genesis.directory(), &store).unwrap();
        store.commit(&writes).unwrap();
        ledger
    });
    (directory, store, ledger)
}

/// The process that is killed: captures from where the lane stands, and says what is acknowledged.
fn capture(folder: &Path) {
    let (_directory, store, ledger) = open(folder);
    let [device, _] = keys();
    let key = Some(MemorySigner::from_seed(&[2; 32]));
    let id = key_id(1, device.verifying_key().as_bytes());
    let mut place = lane(&store, &id).unwrap();
    let chain = ledger.head.chain;
    let store = Arc::new(store);
    let settings = CoreSettings { key, pace: Pace::default(), log: Vec::new(), is_new_log: false };
    let core = NodeCore::new(ledger, store.as_ref(), settings).unwrap();
    let writer = Writer::start(core, Arc::clone(&store), None).unwrap();
    let mut workload = suyuan_sims::Workload::new(EVENTS, 7).skip(usize::try_from(place.next).unwrap() * 50);
    let mut out = std::io::stdout();
    loop {
        let events: Vec<SubmittedEvent> = workload
            .by_ref()
            .take(50)
            .map(|payload| SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload })
            .collect();
        let signed = SignedSubmission::sign(chain, 1, &device, place, now_ms(), events);
        let submission = signed.submission.id();
        place = suyuan_ledger::submission::LaneState { next: place.next + 1, previous: submission };
        match writer.submit(signed).blocking_recv().unwrap() {
            Answer::Applied { .. } => writeln!(out, "ack {submission}").unwrap(),
            other => panic!("{other:?}"),
        }
        out.flush().unwrap();
    }
}

#[test]
fn acknowledged_events_survive_kills() {
    if let Some(folder) = std::env::var_os(CHILD) {
        capture(Path::new(&folder));
        return;
    }
    let kills: u32 = std::env::var("SUYUAN_KILLS").ok().map_or(10, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut acknowledged = Vec::new();
    let mut restarts = Vec::new();
    // Moments differ from run to run on purpose: the machine's own noise is part of the test.
    let mut random = u64::try_from(now_ms()).unwrap();
    for _ in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "acknowledged_events_survive_kills", "--nocapture"])
            .env(CHILD, &data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            // The last line may be cut off: then it was not acknowledged.
            for line in lines.map_while(Result::ok) {
                if let Some(id) = line.find("ack ").and_then(|at| Hash::from_hex(&line[at + 4..])) {
                    let _ = sender.send(id);
                }
            }
        });
        // Some are killed while they start, most while they capture.
        if random >> 60 != 0 {
            acknowledged.extend(receiver.recv_timeout(Duration::from_secs(120)).ok());
            restarts.push(started.elapsed());
        }
        std::thread::sleep(Duration::from_millis(random >> 33 & 255));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        acknowledged.extend(receiver.try_iter());
    }
    let (directory, store, ledger) = open(&data);
    let lost = acknowledged.iter().filter(|id| store.get(Table::Submission, &id.0).unwrap().is_none()).count();
    println!(
        "{kills} kills, {} submissions of 50 events acknowledged, {lost} lost, height {}, slowest start {:?}",
        acknowledged.len(),
        ledger.head.height,
        restarts.iter().max()
    );
    assert!(acknowledged.len() > 1);
    assert_eq!(lost, 0);
    let checked = fsck_directory(&directory, &store, &genesis(), MEMORY, &mut |_| {}).unwrap();
    assert_eq!(checked.differences, []);
    assert!(checked.events >= acknowledged.len() as u64 * 50);
}
