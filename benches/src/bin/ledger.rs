//! Measures the ledger on a folder of the workload's format (`events.ndjson`, `queries.json`): how fast it
//! captures into RocksDB, durably, what a step of it costs, and whether every closure of the folder is exact
//! and its proof verifies.
//!
//! usage: ledger FOLDER STORE                 captures into a new store, then compares closures
//!        ledger FOLDER STORE --no-closures   captures only; with --compact tells the disk's use after compaction
//!        ledger FOLDER STORE --keep          compares the closures of a store captured before
//!        ledger FOLDER STORE --histories     how long histories of items take there
//!        ledger FOLDER STORE --fsck          checks it: builds it anew from its blocks, and compares

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use suyuan_benches::chain::{Chain, Failure, Spent, genesis};
use suyuan_benches::process::{folder_bytes, resident_mib, resident_most_mib, running, running_all};
use suyuan_benches::traces::{items, traces};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{ProofOptions, last_header, make};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;
use suyuan_sims::walk::Graph;
use suyuan_store::{MEMORY_BYTES_DEFAULT, Progress, RocksStore, StoreOptions, fsck, memory_shares};

struct Bench {
    chain: Chain<RocksStore>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, store, rest @ ..] = arguments.as_slice() else {
        return Err("usage: ledger FOLDER STORE [--no-closures [--compact] | --keep | --histories | --fsck]".into());
    };
    let wants = |wanted: &str| rest.iter().any(|word| word == wanted);
    if wants("--histories") {
        return Bench::reopen(Path::new(store))?.histories();
    }
    if wants("--fsck") {
        return check(Path::new(store));
    }
    if wants("--keep") {
        return Bench::reopen(Path::new(store))?.closures(Path::new(folder));
    }
    const BATCH: usize = 500;
    let mut bench = Bench::found(Path::new(store))?;
    bench.capture(&Path::new(folder).join("events.ndjson"), BATCH)?;
    if wants("--compact") {
        bench.disk(Path::new(store))?;
    }
    if wants("--no-closures") {
        return Ok(());
    }
    bench.closures(Path::new(folder))
}

/// Checks a store, in a scratch store beside it.
fn check(path: &Path) -> Result<(), Failure> {
    let (source_bytes, memory_bytes) = memory_shares(MEMORY_BYTES_DEFAULT);
    let source = RocksStore::open(path, &StoreOptions { memory_bytes: source_bytes, ..StoreOptions::default() })?;
    let scratch_path = path.with_extension("fsck");
    let options = StoreOptions { memory_bytes, create: true, disposable: true, ..StoreOptions::default() };
    let (started, ran, mut compared) = (Instant::now(), running_all(), None);
    let scratch = RocksStore::open(&scratch_path, &options)?;
    let found = fsck(&source, &genesis()?, &scratch, &mut |progress| {
        if let Progress::Compares(_) = progress {
            compared.get_or_insert_with(|| started.elapsed());
        }
    })?;
    let (all, ran) = (started.elapsed(), running_all().saturating_sub(ran));
    drop(scratch);
    std::fs::remove_dir_all(&scratch_path)?;
    println!(
        "fsck of {} events: {} differences; {:.0} events/s, of {:.1?} replaying took {:.1?}; processor {:.2} µs an event; \
         resident {} MiB, {} at most",
        found.events,
        found.differences.len(),
        found.events as f64 / all.as_secs_f64(),
        all,
        compared.unwrap_or_default(),
        ran.as_secs_f64() * 1e6 / found.events as f64,
        resident_mib(),
        resident_most_mib()
    );
    match found.differences.first() {
        None => Ok(()),
        Some(fault) => Err(format!("{fault:?}").into()),
    }
}

impl Bench {
    /// The store of an earlier run, for its closures only.
    fn reopen(path: &Path) -> Result<Bench, Failure> {
        Ok(Bench { chain: Chain::reopen(RocksStore::open(path, &StoreOptions::default())?)? })
    }

    fn found(path: &Path) -> Result<Bench, Failure> {
        let store = RocksStore::open(path, &StoreOptions { create: true, ..StoreOptions::default() })?;
        Ok(Bench { chain: Chain::found(store)? })
    }

    fn capture(&mut self, path: &Path, batch: usize) -> Result<(), Failure> {
        let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?).lines();
        let mut spent = Spent::default();
        let (started, ran) = (Instant::now(), running_all());
        let (events, refused) = self.chain.pipelined(&mut spent, |feed, _| {
            let mut events = 0usize;
            loop {
                let payloads: Vec<Vec<u8>> =
                    lines.by_ref().take(batch).map(|line| line.map(String::into_bytes)).collect::<Result<_, _>>()?;
                if payloads.is_empty() {
                    feed.wait()?;
                    return Ok(events);
                }
                events += payloads.len();
                feed.block(payloads)?;
                if events.is_multiple_of(200 * batch) {
                    eprintln!("{events} events, {:.0} events/s", events as f64 / started.elapsed().as_secs_f64());
                }
            }
        })?;
        let (all, ran) = (started.elapsed(), running_all().saturating_sub(ran));
        self.chain.block(Vec::new(), &mut spent)?;
        let each = |duration: Duration| format!("{:.2} µs", duration.as_secs_f64() * 1e6 / events as f64);
        println!(
            "captured {events} events ({refused} refused) in batches of {batch}: {:.0} events/s",
            events as f64 / all.as_secs_f64()
        );
        println!(
            "an event: sign {}, verify and derive {}, apply {}, waiting for the commit {}; processor {}",
            each(spent.sign),
            each(spent.verify),
            each(spent.apply),
            each(spent.commit),
            each(ran)
        );
        println!("resident {} MiB, {} at most", resident_mib(), resident_most_mib());
        Ok(())
    }

    /// What it takes on disk, before and after all of it is compacted.
    fn disk(&self, path: &Path) -> Result<(), Failure> {
        let events = self.chain.ledger.head.roots.event_count as f64;
        let before = folder_bytes(path)? as f64 / events;
        let started = running_all();
        self.chain.store.compact()?;
        let took = running_all().saturating_sub(started);
        let after = folder_bytes(path)? as f64 / events;
        println!("on disk {before:.0} bytes an event, {after:.0} after compaction, which took {took:.1?} of processor");
        for (table, bytes) in self.chain.store.bytes_of_tables()? {
            println!("  {:<12} {:.1} bytes an event", table.name(), bytes as f64 / events);
        }
        Ok(())
    }

    /// How long the history of an item takes: of so many all over the ledger, and before them as many to warm up.
    fn histories(&self) -> Result<(), Failure> {
        const ITEMS: usize = 10_000;
        let items = items(&self.chain.store, self.chain.ledger.head.roots.subject_count, 2 * ITEMS)?;
        let (first, measured) = items.split_at(ITEMS);
        traces(&self.chain.store, first, Direction::History, None)?;
        let mut took = traces(&self.chain.store, measured, Direction::History, None)?;
        println!(
            "histories of {ITEMS} items, each: {:.0} µs of the processor; by the clock p50 {:.0} µs, p99 {:.0} µs",
            took.processor_each_us(),
            took.clock_us(50),
            took.clock_us(99)
        );
        Ok(())
    }

    /// Compares closures of every campaign of the folder with a plain walk of the same file, and with what the
    /// folder says where the campaign is whole; proves each.
    fn closures(&self, folder: &Path) -> Result<(), Failure> {
        let graph = Graph::read(BufReader::new(File::open(folder.join("events.ndjson"))?))?;
        let queries: Value = serde_json::from_reader(BufReader::new(File::open(folder.join("queries.json"))?))?;
        let trust = self.chain.trust();
        let (mut proved, mut whole, mut told) = (0, 0, 0);
        for campaign in queries["campaigns"].as_array().ok_or("no campaigns")? {
            for (start, direction) in [
                ("raw", Direction::Forward),
                ("item", Direction::Back),
                ("case", Direction::Back),
                ("vessel", Direction::Back),
            ] {
                let Some(uri) = campaign[start].as_str() else { continue };
                let walked: BTreeSet<String> = match direction {
                    Direction::Forward => graph.forward(uri),
                    _ => graph.back(uri),
                }
                .into_iter()
                .map(str::to_owned)
                .collect();
                let large = walked.len() >= 900;
                let tell = large && (walked.len() > 10_000 || told < 6);
                told += usize::from(tell);
                let Some(nodes) = self.prove(uri, direction, &trust, tell)? else { continue };
                if nodes != walked.len() {
                    return Err(
                        format!("{direction:?} from {uri}: {nodes} nodes, a walk finds {}", walked.len()).into()
                    );
                }
                proved += 1;
                whole += usize::from(start == "raw" && campaign["fwd_nodes"].as_u64() == Some(nodes as u64));
            }
        }
        println!("{proved} closures exact and proved; {whole} forward ones are whole and as large as the folder says");
        Ok(())
    }

    /// The nodes of a closure, which are also those of its proof.
    fn prove(&self, uri: &str, direction: Direction, trust: &Trust, tell: bool) -> Result<Option<usize>, Failure> {
        let key = SubjectKey::from_uri(uri).map_err(|error| format!("{error:?}"))?;
        let started = running();
        let mut history = StoreHistory::new(&self.chain.store);
        let Some(number) = history.reader().number_of(key.tag())? else { return Ok(None) };
        let closure = close(&mut history, &Query::new(vec![number], direction))?;
        let walked = running().saturating_sub(started);
        let started = running();
        let query = ProofQuery { key: key.bytes().to_vec(), direction: direction as u8, claims: false };
        let header = last_header(&self.chain.store).map_err(|error| format!("{error:?}"))?;
        let made = make(&self.chain.store, header, query, ProofOptions { payloads: false });
        let proof = made.map_err(|error| format!("{error:?}"))?.to_bytes();
        let made = running().saturating_sub(started);
        let started = running();
        let verified = verify(&proof, trust).map_err(|refused| format!("{refused:?}"))?;
        let checked = running().saturating_sub(started);
        let trace = verified.trace.ok_or("a proof of absence")?;
        if trace.closure.nodes.len() != closure.nodes.len() {
            return Err("the proof gives another closure".into());
        }
        if tell {
            let (nodes, events) = (closure.nodes.len(), closure.events.len());
            println!(
                "{direction:?}: {nodes} nodes, {events} events; processor time: walked {:.1} ms; proof {:.1} bytes a node, {:.1} beyond \
                 the digests, made {:.1} ms, checked {:.1} ms: {:.0} nodes/s",
                walked.as_secs_f64() * 1e3,
                proof.len() as f64 / nodes as f64,
                proof.len().saturating_sub(32 * events) as f64 / nodes as f64,
                made.as_secs_f64() * 1e3,
                checked.as_secs_f64() * 1e3,
                nodes as f64 / (made + checked).as_secs_f64()
            );
        }
        Ok(Some(closure.nodes.len()))
    }
}
