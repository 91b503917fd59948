//! Measures what names cost: processor time a name, bytes written a name, size of a proof of absence.
//!
//! `cargo run --release -p suyuan-ledger --example measure_names`

use std::time::{Duration, Instant};

use suyuan_ledger::codec;
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::kv::{Overlay, StoreError, Table};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::names::Name;
use suyuan_ledger::names::absence::prove_absence;
use suyuan_ledger::names::sealed::append;

/// Names in all, and new ones of a batch: 700 are a block of about 500 events.
const RUNS: [(u64, u64); 3] = [(100_000, 20), (100_000, 700), (1_000_000, 700)];
const PROOFS: u64 = 200;

fn main() -> Result<(), StoreError> {
    for (total, batch) in RUNS {
        let mut store = MemoryRead::default();
        let mut root = Hash::ZERO;
        let (mut spent, mut longest, mut bytes, mut count) = (Duration::ZERO, Duration::ZERO, 0, 0);
        while count < total {
            let end = total.min(count + batch);
            let names: Vec<Name> =
                (count..end).map(|number| Name { number, tag: Tag::Key.hash(&number.to_le_bytes()) }).collect();
            let start = Instant::now();
            let mut overlay = Overlay::new(&store);
            root = append(&mut overlay, count, &names)?;
            let writes = overlay.into_writes();
            let took = start.elapsed();
            (spent, longest) = (spent + took, longest.max(took));
            bytes += writes.iter().map(|(_, key, value)| key.len() + value.map_or(0, <[u8]>::len)).sum::<usize>();
            store.apply(&writes);
            count = end;
        }
        let (mut proof_bytes, mut making, mut checking) = (0, Duration::ZERO, Duration::ZERO);
        for absent in 0..PROOFS {
            let tag = Tag::Key.hash(&(total + absent).to_le_bytes());
            let start = Instant::now();
            let Some(proof) = prove_absence(&store, count, tag)? else { continue };
            making += start.elapsed();
            let start = Instant::now();
            assert!(proof.verify(root, count, tag));
            checking += start.elapsed();
            proof_bytes += codec::encode(&proof).len();
        }
        println!(
            "{total} names, {batch} a batch: {:.2} µs and {} bytes written a name, longest batch {:.1} ms; \
             {} values; absence: {} bytes, {} µs to make, {} µs to check",
            spent.as_secs_f64() * 1e6 / total as f64,
            bytes as u64 / total,
            longest.as_secs_f64() * 1e3,
            store.count(Table::Segment),
            proof_bytes as u64 / PROOFS,
            making.as_micros() / u128::from(PROOFS),
            checking.as_micros() / u128::from(PROOFS),
        );
    }
    Ok(())
}
