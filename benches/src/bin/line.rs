//! Measures subjects in ranges on disk: a line that prints serial numbers by the thousand, packs them in cases and
//! pallets, ships those, and sells one item in ten alone.
//!
//! usage: line SUBJECTS STORE      prints a line at each power of ten of subjects, and at the end

use std::path::{Path, PathBuf};
use std::time::Instant;

use suyuan_benches::chain::{Chain, Failure, Spent};
use suyuan_benches::process::resident_mib;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{ProofOptions, last_header, make};
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::closure::Direction;
use suyuan_store::{RocksStore, StoreOptions};

/// Serial numbers that one event commissions, items of a case, cases of a pallet, events of a submission.
const COMMISSIONED: u64 = 960;
const CASE: u64 = 12;
const PALLET: u64 = 40;
const BATCH: usize = 500;
/// One item in so many is sold alone.
const SOLD_EACH: u64 = 10;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, subjects, store] = arguments.as_slice() else { return Err("usage: line SUBJECTS STORE".into()) };
    let mut line = Line::new(Path::new(store))?;
    let wanted: u64 = subjects.parse()?;
    let mut told = 100_000;
    while line.subjects() < wanted {
        line.round()?;
        if line.subjects() >= told.min(wanted) {
            line.tell()?;
            told *= 10;
        }
    }
    line.flush()?;
    line.chain.block(Vec::new(), &mut Spent::default())?;
    line.proofs()
}

struct Line {
    path: PathBuf,
    chain: Chain<RocksStore>,
    waiting: Vec<Vec<u8>>,
    items: u64,
    cases: u64,
    pallets: u64,
    events: u64,
    /// Events and when they were counted last.
    window: (u64, Instant),
}

fn item(number: u64) -> String {
    format!("https://id.gs1.org/01/09521000000049/21/L{number:011}")
}

/// A logistic unit: cases have even numbers, pallets odd ones.
fn unit(number: u64) -> String {
    let body = format!("0952100{number:010}");
    let sum: u32 =
        body.bytes().rev().zip([3, 1].into_iter().cycle()).map(|(byte, by)| u32::from(byte - b'0') * by).sum();
    format!("https://id.gs1.org/00/{body}{}", (10 - sum % 10) % 10)
}

fn list(ids: impl Iterator<Item = String>) -> String {
    ids.map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",")
}

impl Line {
    fn new(path: &Path) -> Result<Line, Failure> {
        let store = RocksStore::open(path, &StoreOptions { create: true, ..StoreOptions::default() })?;
        let (path, chain, window) = (path.to_path_buf(), Chain::found(store)?, (0, Instant::now()));
        Ok(Line { path, chain, waiting: Vec::new(), items: 0, cases: 0, pallets: 0, events: 0, window })
    }

    fn subjects(&self) -> u64 {
        self.items + self.cases + self.pallets
    }

    fn say(&mut self, kind: &str, step: &str, rest: &str) -> Result<(), Failure> {
        let second = self.events % 86_400;
        let time = format!("2027-01-01T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60);
        let event = format!(
            r#"{{"type":"{kind}","eventTime":"{time}","eventTimeZoneOffset":"+00:00","eventID":"urn:uuid:{:08x}-0000-4000-8000-000000000000","bizStep":"{step}",{rest}}}"#,
            self.events
        );
        self.events += 1;
        self.waiting.push(event.into_bytes());
        if self.waiting.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        match self.chain.block(std::mem::take(&mut self.waiting), &mut Spent::default())? {
            0 => Ok(()),
            refused => Err(format!("{refused} events of the line are refused").into()),
        }
    }

    /// Commissions one event's serial numbers, packs and ships them, and sells some.
    fn round(&mut self) -> Result<(), Failure> {
        let items = self.items..self.items + COMMISSIONED;
        let made = list(items.clone().map(item));
        self.say("ObjectEvent", "commissioning", &format!(r#""action":"ADD","epcList":[{made}]"#))?;
        let mut cases = Vec::new();
        for first in items.clone().step_by(CASE as usize) {
            let case = unit(self.cases * 2);
            let packed = list((first..first + CASE).map(item));
            let rest = format!(r#""action":"ADD","parentID":"{case}","childEPCs":[{packed}]"#);
            self.say("AggregationEvent", "packing", &rest)?;
            self.cases += 1;
            cases.push(case);
        }
        for cases in cases.chunks(PALLET as usize) {
            let pallet = unit(self.pallets * 2 + 1);
            let rest = format!(r#""action":"ADD","parentID":"{pallet}","childEPCs":[{}]"#, list(cases.iter().cloned()));
            self.say("AggregationEvent", "packing", &rest)?;
            self.say("ObjectEvent", "shipping", &format!(r#""action":"OBSERVE","epcList":["{pallet}"]"#))?;
            self.pallets += 1;
        }
        self.items = items.end;
        for sold in items.filter(|item| item % SOLD_EACH == 7) {
            self.say("ObjectEvent", "retail_selling", &format!(r#""action":"DELETE","epcList":["{}"]"#, item(sold)))?;
        }
        Ok(())
    }

    fn tell(&mut self) -> Result<(), Failure> {
        let (events, since) = self.window;
        let rate = (self.events - events) as f64 / since.elapsed().as_secs_f64();
        let count = |table| -> Result<u64, Failure> {
            let mut count = 0u64;
            self.chain.store.scan(table, &[], &[0xff; 9], &mut |_, _| {
                count += 1;
                true
            })?;
            Ok(count)
        };
        let (runs, logs) = (count(Table::Run)?, count(Table::Log)?);
        let bytes: u64 =
            std::fs::read_dir(&self.path)?.filter_map(|entry| entry.ok()?.metadata().ok()).map(|file| file.len()).sum();
        println!(
            "{} subjects, {} events: {rate:.0} events/s since the last line; {runs} runs, {logs} logs; {:.0} bytes an event on disk, logs included; resident {} MiB",
            self.subjects(),
            self.events,
            bytes as f64 / self.events as f64,
            resident_mib(),
        );
        self.window = (self.events, Instant::now());
        Ok(())
    }

    /// The proof of an item's history, of a thing that is not there, and how long opening takes.
    fn proofs(self) -> Result<(), Failure> {
        let trust = self.chain.trust();
        for (name, uri) in [("history of an item", item(self.items / 2)), ("absence", item(u64::from(u32::MAX)))] {
            let key = SubjectKey::from_uri(&uri).map_err(|error| format!("{error:?}"))?.bytes().to_vec();
            let started = Instant::now();
            let query = ProofQuery { key, direction: Direction::History as u8, claims: false };
            let header = last_header(&self.chain.store).map_err(|error| format!("{error:?}"))?;
            let made = make(&self.chain.store, header, query, ProofOptions { payloads: false });
            let proof = made.map_err(|error| format!("{error:?}"))?.to_bytes();
            let made = started.elapsed();
            let started = Instant::now();
            verify(&proof, &trust).map_err(|refused| format!("{refused:?}"))?;
            println!(
                "{name}: proof of {} bytes, made in {made:.1?}, checked in {:.1?}",
                proof.len(),
                started.elapsed()
            );
        }
        let (path, head) = (self.path.clone(), self.chain.ledger.head.id);
        drop(self);
        let started = Instant::now();
        let chain = Chain::reopen(RocksStore::open(&path, &StoreOptions::default())?)?;
        println!("opened again in {:.1?}, the same head: {}", started.elapsed(), chain.ledger.head.id == head);
        Ok(())
    }
}
