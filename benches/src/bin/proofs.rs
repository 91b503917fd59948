//! Measures traces and their proofs over a store that `ledger` has captured: the subjects alone, the whole closure,
//! making the proof and checking it; over nothing read yet, and over what an earlier trace has read.
//!
//! usage: proofs FOLDER STORE [ROUNDS]      the largest campaign and one of a thousand nodes, ROUNDS (9) times

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use suyuan_benches::chain::{Chain, Failure};
use suyuan_benches::process::running;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{ProofOptions, last_header, make_over};
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::closure::{Direction, Query, close, subjects};
use suyuan_ledger::trace::store::StoreHistory;
use suyuan_store::{RocksStore, StoreOptions};

/// One of the times of a round.
type Time = fn(&Round) -> Duration;

/// Processor times of one round.
#[derive(Default)]
struct Round {
    nodes: usize,
    bytes: usize,
    events: usize,
    cold_subjects: Duration,
    cold_made: Duration,
    warm_subjects: Duration,
    warm_closed: Duration,
    warm_made: Duration,
    checked: Duration,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, store, rest @ ..] = arguments.as_slice() else {
        return Err("usage: proofs FOLDER STORE [ROUNDS]".into());
    };
    let rounds: usize = rest.first().map_or(Ok(9), |rounds| rounds.parse())?;
    let chain = Chain::reopen(RocksStore::open(Path::new(store), &StoreOptions::default())?)?;
    let queries: Value = serde_json::from_reader(BufReader::new(File::open(Path::new(folder).join("queries.json"))?))?;
    let campaigns = queries["campaigns"].as_array().ok_or("no campaigns")?;
    for nodes in [994, 99_532] {
        let campaign = campaigns.iter().find(|campaign| campaign["fwd_nodes"].as_u64() == Some(nodes));
        let Some(campaign) = campaign else { continue };
        for (start, direction) in [("raw", Direction::Forward), ("vessel", Direction::Back)] {
            let Some(uri) = campaign[start].as_str() else { continue };
            let mut measured = Vec::with_capacity(rounds);
            for _ in 0..rounds {
                measured.push(round(&chain, uri, direction)?);
            }
            tell(direction, &measured);
        }
    }
    Ok(())
}

fn spent<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, Duration), Failure> {
    let started = running();
    let made = work()?;
    Ok((made, running().saturating_sub(started)))
}

fn round(chain: &Chain<RocksStore>, uri: &str, direction: Direction) -> Result<Round, Failure> {
    let store = &chain.store;
    let trust = chain.trust();
    let key = SubjectKey::from_uri(uri).map_err(|error| format!("{error:?}"))?;
    let asked = || ProofQuery { key: key.bytes().to_vec(), direction: direction as u8, claims: false };
    let made = |history: &mut StoreHistory<'_>| -> Result<Vec<u8>, Failure> {
        let header = last_header(store).map_err(|error| format!("{error:?}"))?;
        let proof = make_over(history, store, header, asked(), ProofOptions::default());
        Ok(proof.map_err(|error| format!("{error:?}"))?.to_bytes())
    };
    let mut round = Round::default();
    let mut history = StoreHistory::new(store);
    let number = history.reader().number_of(key.tag())?.ok_or("the start is not recorded")?;
    let query = Query::new(vec![number], direction);
    let (found, cold_subjects) = spent(|| Ok(subjects(&mut history, &query)?))?;
    drop(history);
    let mut history = StoreHistory::new(store);
    let (_, cold_made) = spent(|| made(&mut history))?;
    let (again, warm_subjects) = spent(|| Ok(subjects(&mut history, &query)?))?;
    let (closure, warm_closed) = spent(|| Ok(close(&mut history, &query)?))?;
    (round.nodes, round.events) = (closure.nodes.len(), closure.events.len());
    drop(closure);
    let (proof, warm_made) = spent(|| made(&mut history))?;
    let (verified, checked) = spent(|| Ok(verify(&proof, &trust).map_err(|refused| format!("{refused:?}"))?))?;
    let trace = verified.trace.ok_or("a proof of absence")?;
    if trace.closure.nodes.len() != round.nodes || found.0.len() != round.nodes || again != found {
        return Err("the proof gives another closure".into());
    }
    round.bytes = proof.len();
    Ok(Round { cold_subjects, cold_made, warm_subjects, warm_closed, warm_made, checked, ..round })
}

/// The best and the middle of the rounds: on a machine that others share, the best is nearest to what it costs.
fn tell(direction: Direction, rounds: &[Round]) {
    let Some(first) = rounds.first() else { return };
    let of = |time: Time| {
        let mut times: Vec<f64> = rounds.iter().map(|round| time(round).as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        (times.first().copied().unwrap_or_default(), times.get(times.len() / 2).copied().unwrap_or_default())
    };
    let beyond = first.bytes.saturating_sub(32 * first.events) as f64 / first.nodes as f64;
    println!(
        "{direction:?}: {} nodes, {} events; proof {:.1} bytes a node, {beyond:.1} beyond the digests; processor time in ms, \
         best (middle) of {}:",
        first.nodes,
        first.events,
        first.bytes as f64 / first.nodes as f64,
        rounds.len()
    );
    let lines: [(&str, Time); 6] = [
        ("nothing read: subjects", |round| round.cold_subjects),
        ("nothing read: proof made", |round| round.cold_made),
        ("read before: subjects", |round| round.warm_subjects),
        ("read before: closure", |round| round.warm_closed),
        ("read before: proof made", |round| round.warm_made),
        ("proof checked", |round| round.checked),
    ];
    for (name, time) in lines {
        let (best, middle) = of(time);
        println!("  {name:<26} {best:>9.2} ({middle:.2})");
    }
    let rate = |time: Time| first.nodes as f64 / of(time).0 * 1e3;
    println!("  made and checked, nothing read before: {:.0} nodes/s", rate(|round| round.cold_made + round.checked));
    println!("  made and checked, read before: {:.0} nodes/s", rate(|round| round.warm_made + round.checked));
}
