//! Measures the pieces that a capture and a proof are made of, each alone, over a ledger in memory of 20,000 events
//! of the workload: decoding and verifying a submission, deriving an event, applying a block, bringing the tree of
//! subjects up to date, walking, making and checking a proof. `make bench-pieces`

use criterion::{BatchSize, Criterion, Throughput};
use suyuan_benches::chain::{Chain, Failure, Spent};
use suyuan_ledger::codec;
use suyuan_ledger::derive::derive;
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::Overlay;
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{ProofOptions, last_header, make};
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::submission::SignedSubmission;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;
use suyuan_ledger::tree::dense;
use suyuan_sims::Workload;
use suyuan_store::MemoryStore;

/// Events of the ledger, and of a submission.
const EVENTS: u32 = 20_000;
const BATCH: usize = 500;

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut workload = Workload::new(EVENTS, 7);
    let mut chain = Chain::found(MemoryStore::default())?;
    // The last batch is what the pieces of a capture are measured with.
    let mut last: Vec<Vec<u8>> = Vec::new();
    loop {
        let batch: Vec<Vec<u8>> = workload.by_ref().take(BATCH).collect();
        if batch.len() < BATCH {
            break;
        }
        let before = std::mem::replace(&mut last, batch);
        if !before.is_empty() && chain.block(before, &mut Spent::default())? > 0 {
            return Err("an event of the workload is refused".into());
        }
    }
    capture(&mut criterion, &chain, &last)?;
    tree(&mut criterion);
    // An empty block, whose header certifies the state that the others have left.
    chain.block(Vec::new(), &mut Spent::default())?;
    for query in workload.queries().filter(|query| query.packed && query.forward_nodes > 900).take(1) {
        proof(&mut criterion, &chain, &query.raw)?;
    }
    criterion.final_summary();
    Ok(())
}

fn capture(criterion: &mut Criterion, chain: &Chain<MemoryStore>, payloads: &[Vec<u8>]) -> Result<(), Failure> {
    let mut group = criterion.benchmark_group(format!("capture of {BATCH} events"));
    group.throughput(Throughput::Elements(payloads.len() as u64));
    group.bench_function("derive", |bencher| {
        bencher.iter(|| payloads.iter().filter(|payload| derive(payload).is_ok()).count());
    });
    group.bench_function("sign", |bencher| {
        bencher.iter_batched(|| payloads.to_vec(), |payloads| chain.sign(payloads).ok(), BatchSize::LargeInput);
    });
    let signed = chain.sign(payloads.to_vec())?;
    let bytes = codec::encode(&signed);
    let decode = || codec::decode::<SignedSubmission>(&bytes, bytes.len());
    if decode().ok().as_ref() != Some(&signed) {
        return Err("a submission is not decoded as it was encoded".into());
    }
    group.bench_function("decode", |bencher| bencher.iter(decode));
    group.bench_function("verify and derive", |bencher| {
        bencher.iter_batched(|| signed.clone(), |signed| chain.verify(signed).ok(), BatchSize::LargeInput);
    });
    let verified = [chain.verify(signed)?];
    if chain.apply(&verified)?.receipts.iter().any(|receipt| receipt.code != 0) {
        return Err("an event of the workload is refused".into());
    }
    group.bench_function("apply", |bencher| {
        bencher.iter_batched(|| (), |()| chain.apply(&verified).ok(), BatchSize::LargeInput);
    });
    group.finish();
    Ok(())
}

/// The tree of events, of 100,000 leaves: setting 500 in a row, which is what a block does, and 500 spread out.
fn tree(criterion: &mut Criterion) {
    const LEAVES: u64 = 100_000;
    let leaf = |number: u64, salt: u8| (number, Tag::Leaf.hash_parts(&[&number.to_le_bytes(), &[salt]]));
    let mut store = MemoryRead::default();
    let mut overlay = Overlay::new(&store);
    let all = (0..LEAVES).map(|number| leaf(number, 0)).collect();
    let root = dense::EVENTS.set(&mut overlay, 0, LEAVES, &all);
    assert_ne!(root, Ok(Hash::ZERO));
    let writes = overlay.into_writes();
    store.apply(&writes);
    let mut group = criterion.benchmark_group("state tree of 100,000 leaves");
    group.throughput(Throughput::Elements(500));
    for (name, step) in [("500 in a row", 1), ("500 spread out", 199)] {
        let changed = (0..500).map(|place| leaf(place * step, 1)).collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| dense::EVENTS.set(&mut Overlay::new(&store), LEAVES, LEAVES, &changed));
        });
    }
    group.finish();
}

fn proof(criterion: &mut Criterion, chain: &Chain<MemoryStore>, raw: &str) -> Result<(), Failure> {
    let key = SubjectKey::from_uri(raw).map_err(|error| format!("{error:?}"))?;
    let number = StoreHistory::new(&chain.store).reader().number_of(key.tag())?.ok_or("the lot is not recorded")?;
    let walked = Query::new(vec![number], Direction::Forward);
    let nodes = close(&mut StoreHistory::new(&chain.store), &walked)?.nodes.len();
    let prove = || {
        let query = ProofQuery { key: key.bytes().to_vec(), direction: Direction::Forward as u8, claims: false };
        let header = last_header(&chain.store).map_err(|error| format!("{error:?}"))?;
        let made = make(&chain.store, header, query, ProofOptions { payloads: false });
        made.map(|proof| proof.to_bytes()).map_err(|error| format!("{error:?}"))
    };
    let bytes = prove()?;
    let trust = chain.trust();
    let found = verify(&bytes, &trust).map_err(|refused| format!("{refused:?}"))?.trace.map(|trace| trace.closure);
    if found.map(|closure| closure.nodes.len()) != Some(nodes) {
        return Err("the proof gives another closure".into());
    }
    let mut group = criterion.benchmark_group(format!("forward trace of {nodes} nodes"));
    group.throughput(Throughput::Elements(nodes as u64));
    group.bench_function("walk", |bencher| bencher.iter(|| close(&mut StoreHistory::new(&chain.store), &walked)));
    group.bench_function("make the proof", |bencher| bencher.iter(prove));
    group.bench_function("check the proof", |bencher| bencher.iter(|| verify(&bytes, &trust).is_ok()));
    group.finish();
    Ok(())
}
