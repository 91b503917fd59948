//! Measures subjects in ranges on disk: a line that prints serial numbers by the thousand, packs them in cases and
//! pallets, ships those, and sells one item in ten alone. At each step of size it tells what things cost.
//!
//! usage: line SUBJECTS STORE [CSV]    captures; a row of costs at 1, 2 and 5 of each power of ten, and at the end
//!        line --plot CSV SVG          draws the rows, with what they lead to at 2 × 10^8 subjects
//!
//! Each step is a process of its own, so that its memory is that of a node which was started once, and opening the
//! store again is a restart. (`line --step SUBJECTS STORE` and `line --open STORE` are what it calls.)

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use suyuan_benches::chain::{Chain, Failure, Spent};
use suyuan_benches::curves::{COLUMNS, Costs, plot};
use suyuan_benches::pipelined::Feed;
use suyuan_benches::process::{folder_bytes, resident_most_mib, running, running_all};
use suyuan_benches::traces::{Took, traces};
use suyuan_ledger::key::SubjectKey;
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
/// So many traces of each kind are measured at each step, after as many to warm up.
const TRACES: u64 = 200;
/// The first step of size.
const STEP_MIN: u64 = 100_000;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let (subjects, store, csv) = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--plot", csv, svg] => return plot(Path::new(csv), Path::new(svg)),
        [_, "--step", subjects, store] => return step(subjects.parse()?, Path::new(store)),
        [_, "--open", store] => return open(Path::new(store)),
        [_, subjects, store] => (subjects.parse::<u64>()?, PathBuf::from(store), None),
        [_, subjects, store, csv] => (subjects.parse::<u64>()?, PathBuf::from(store), Some(PathBuf::from(csv))),
        _ => return Err("usage: line SUBJECTS STORE [CSV] | line --plot CSV SVG".into()),
    };
    if is_there(&store) {
        return Err(format!("{}: there is a store already", store.display()).into());
    }
    println!("{COLUMNS}");
    if let Some(csv) = &csv {
        std::fs::write(csv, format!("{COLUMNS}\n"))?;
    }
    for step in steps(subjects) {
        let (costs, head) = said(&["--step", &step.to_string()], &store)?;
        let (opened_s, head_opened) = said(&["--open"], &store)?;
        if head_opened != head {
            return Err("opened again it has another head".into());
        }
        let costs = format!("{costs},{opened_s}");
        println!("{costs}");
        if let Some(csv) = &csv {
            writeln!(OpenOptions::new().append(true).open(csv)?, "{costs}")?;
        }
    }
    Ok(())
}

fn is_there(store: &Path) -> bool {
    store.join("CURRENT").exists()
}

/// What this program says, called with other arguments, and the ledger's head.
fn said(arguments: &[&str], store: &Path) -> Result<(String, String), Failure> {
    let program =
        Command::new(std::env::current_exe()?).args(arguments).arg(store).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(program.stdout)?;
    match text.trim().split_once('\n') {
        Some((said, head)) if program.status.success() => Ok((said.to_owned(), head.to_owned())),
        _ => Err(format!("line {}: {}", arguments.join(" "), program.status).into()),
    }
}

/// Says in how many seconds the store opens, and its head.
fn open(store: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let chain = Chain::reopen(RocksStore::open(store, &StoreOptions::default())?)?;
    println!("{:.2}\n{}", started.elapsed().as_secs_f64(), chain.ledger.head.id);
    Ok(())
}

/// Captures until there are so many subjects, and says what things cost then, and the head.
fn step(subjects: u64, path: &Path) -> Result<(), Failure> {
    let new = !is_there(path);
    let store = RocksStore::open(path, &StoreOptions { create: new, ..StoreOptions::default() })?;
    let mut chain = if new { Chain::found(store)? } else { Chain::reopen(store)? };
    let mut line = Line::of(chain.ledger.head.roots.event_count);
    let (events, started, ran) = (line.events, Instant::now(), running_all());
    let (_, refused) = chain.pipelined(&mut Spent::default(), |feed, _| line.run(feed, subjects))?;
    if refused > 0 {
        return Err(format!("{refused} events of the line are refused").into());
    }
    let (took, ran) = (started.elapsed(), running_all().saturating_sub(ran));
    let captured = (line.events - events) as f64;
    let mut costs = Costs {
        subjects: line.subjects(),
        events: line.events,
        rate: captured / took.as_secs_f64(),
        processor_us: ran.as_secs_f64() * 1e6 / captured,
        disk_bytes: folder_bytes(path)? as f64 / line.events as f64,
        resident_mib: resident_most_mib() as f64,
        ..Costs::default()
    };
    chain.block(Vec::new(), &mut Spent::default())?;
    line.traces(&chain, &mut costs)?;
    line.proofs(&chain, &mut costs)?;
    println!("{costs}\n{}", chain.ledger.head.id);
    Ok(())
}

/// 1, 2 and 5 of each power of ten, up to the number wanted and with it.
fn steps(wanted: u64) -> Vec<u64> {
    let powers =
        std::iter::successors(Some(STEP_MIN), |power| power.checked_mul(10)).take_while(|power| *power < wanted);
    let steps = powers.flat_map(|power| [power, power.saturating_mul(2), power.saturating_mul(5)]);
    steps.filter(|step| *step < wanted).chain([wanted]).collect()
}

struct Line {
    waiting: Vec<Vec<u8>>,
    items: u64,
    cases: u64,
    pallets: u64,
    events: u64,
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

fn key(uri: &str) -> Result<SubjectKey, Failure> {
    SubjectKey::from_uri(uri).map_err(|error| format!("{error:?}").into())
}

impl Line {
    /// The line as it stands after so many events, which are those of whole rounds.
    fn of(events: u64) -> Line {
        let (cases, sold) = (COMMISSIONED / CASE, COMMISSIONED / SOLD_EACH);
        let pallets = cases.div_ceil(PALLET);
        let rounds = events / (1 + cases + 2 * pallets + sold);
        let (items, cases, pallets) = (rounds * COMMISSIONED, rounds * cases, rounds * pallets);
        Line { waiting: Vec::new(), items, cases, pallets, events }
    }

    fn subjects(&self) -> u64 {
        self.items + self.cases + self.pallets
    }

    /// Captures until there are so many subjects.
    fn run(&mut self, feed: &Feed, subjects: u64) -> Result<(), Failure> {
        while self.subjects() < subjects {
            self.round(feed)?;
        }
        if !self.waiting.is_empty() {
            feed.block(std::mem::take(&mut self.waiting))?;
        }
        feed.wait()
    }

    fn say(&mut self, feed: &Feed, kind: &str, step: &str, rest: &str) -> Result<(), Failure> {
        let second = self.events % 86_400;
        let time = format!("2027-01-01T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60);
        let event = format!(
            r#"{{"type":"{kind}","eventTime":"{time}","eventTimeZoneOffset":"+00:00","eventID":"urn:uuid:{:08x}-0000-4000-8000-000000000000","bizStep":"{step}",{rest}}}"#,
            self.events
        );
        self.events += 1;
        self.waiting.push(event.into_bytes());
        if self.waiting.len() >= BATCH { feed.block(std::mem::take(&mut self.waiting)) } else { Ok(()) }
    }

    /// Commissions one event's serial numbers, packs and ships them, and sells some.
    fn round(&mut self, feed: &Feed) -> Result<(), Failure> {
        let items = self.items..self.items + COMMISSIONED;
        let made = list(items.clone().map(item));
        self.say(feed, "ObjectEvent", "commissioning", &format!(r#""action":"ADD","epcList":[{made}]"#))?;
        let mut cases = Vec::new();
        for first in items.clone().step_by(CASE as usize) {
            let case = unit(self.cases * 2);
            let packed = list((first..first + CASE).map(item));
            let rest = format!(r#""action":"ADD","parentID":"{case}","childEPCs":[{packed}]"#);
            self.say(feed, "AggregationEvent", "packing", &rest)?;
            self.cases += 1;
            cases.push(case);
        }
        for cases in cases.chunks(PALLET as usize) {
            let pallet = unit(self.pallets * 2 + 1);
            let rest = format!(r#""action":"ADD","parentID":"{pallet}","childEPCs":[{}]"#, list(cases.iter().cloned()));
            self.say(feed, "AggregationEvent", "packing", &rest)?;
            self.say(feed, "ObjectEvent", "shipping", &format!(r#""action":"OBSERVE","epcList":["{pallet}"]"#))?;
            self.pallets += 1;
        }
        self.items = items.end;
        for sold in items.filter(|item| item % SOLD_EACH == 7) {
            let rest = format!(r#""action":"DELETE","epcList":["{}"]"#, item(sold));
            self.say(feed, "ObjectEvent", "retail_selling", &rest)?;
        }
        Ok(())
    }

    /// How long histories of items and closures back from pallets take, spread over all there are; each is asked of
    /// the store anew.
    fn traces(&self, chain: &Chain<RocksStore>, costs: &mut Costs) -> Result<(), Failure> {
        let spread = |place: u64, of: u64| place.wrapping_mul(0x9e37_79b9_7f4a_7c15) % of.max(1);
        let items: Vec<SubjectKey> =
            (0..2 * TRACES).map(|place| key(&item(spread(place, self.items)))).collect::<Result<_, _>>()?;
        let pallets: Vec<SubjectKey> =
            (0..2 * TRACES).map(|place| key(&unit(spread(place, self.pallets) * 2 + 1))).collect::<Result<_, _>>()?;
        let nodes = (1 + PALLET + PALLET * CASE) as usize;
        let ask = |keys: &[SubjectKey], direction, nodes| -> Result<Took, Failure> {
            let (first, measured) = keys.split_at(TRACES as usize);
            traces(&chain.store, first, direction, nodes)?;
            traces(&chain.store, measured, direction, nodes)
        };
        let mut took = ask(&items, Direction::History, None)?;
        (costs.item_us, costs.item_p99_us) = (took.processor_each_us(), took.clock_us(99));
        costs.pallet_us = ask(&pallets, Direction::Back, Some(nodes))?.processor_each_us();
        Ok(())
    }

    /// The proofs of an item's history and of a thing that is not there.
    fn proofs(&self, chain: &Chain<RocksStore>, costs: &mut Costs) -> Result<(), Failure> {
        let trust = chain.trust();
        let proof = |uri: &str| -> Result<(f64, f64, f64), Failure> {
            let query =
                ProofQuery { key: key(uri)?.bytes().to_vec(), direction: Direction::History as u8, claims: false };
            let started = running();
            let header = last_header(&chain.store).map_err(|error| format!("{error:?}"))?;
            let made = make(&chain.store, header, query, ProofOptions { payloads: false });
            let proof = made.map_err(|error| format!("{error:?}"))?.to_bytes();
            let made = running().saturating_sub(started);
            let started = running();
            verify(&proof, &trust).map_err(|refused| format!("{refused:?}"))?;
            let checked = running().saturating_sub(started);
            Ok((proof.len() as f64, made.as_secs_f64() * 1e3, checked.as_secs_f64() * 1e3))
        };
        (costs.proof_bytes, costs.proof_made_ms, costs.proof_checked_ms) = proof(&item(self.items / 2 + 1))?;
        (costs.absence_bytes, costs.absence_made_ms, _) = proof(&item(u64::from(u32::MAX)))?;
        Ok(())
    }
}
