//! Measures reading, validating and hashing of EPCIS documents: many events and a single one, in
//! JSON and XML. `make bench-epcis`

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use suyuan_benches::{digest_all, json_document, xml_document};
use suyuan_epcis::document::{Item, Limits};
use suyuan_epcis::hash::Profile;
use suyuan_epcis::input::Input;
use suyuan_epcis::read::read;

/// Events of the long document.
const EVENTS: usize = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (syntax, document) in [("json", json_document as fn(usize) -> String), ("xml", xml_document)] {
        whole(&mut criterion, syntax, document);
        parts(&mut criterion, syntax, document);
    }
    criterion.final_summary();
}

/// Everything that happens to an event, of a long document and of one with a single event.
fn whole(criterion: &mut Criterion, syntax: &str, document: fn(usize) -> String) {
    let mut group = criterion.benchmark_group(format!("{syntax}/read, validate, hash"));
    for events in [1, EVENTS] {
        let text = document(events).into_bytes();
        let hashes = digest_all(&mut Input::Memory(text.clone()), Profile::default());
        assert_eq!(hashes.map(|hashes| hashes.len()), Ok(events), "the benchmark's own document must be valid");
        group.throughput(Throughput::Elements(events as u64));
        let name = if events == 1 { "1 event".to_owned() } else { format!("{events} events") };
        group.bench_function(name, |bencher| {
            // The copy of the text is made outside the measured time.
            let copy = || Input::Memory(text.clone());
            bencher.iter_batched(copy, |mut input| digest_all(&mut input, Profile::default()), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Reading alone, so that the share of the rest shows.
fn parts(criterion: &mut Criterion, syntax: &str, document: fn(usize) -> String) {
    let text = document(EVENTS).into_bytes();
    let mut group = criterion.benchmark_group(format!("{syntax}/read"));
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function(format!("{EVENTS} events"), |bencher| {
        let copy = || Input::Memory(text.clone());
        let read_only = |mut input: Input| {
            read(&mut input, &Limits::default(), &mut |item: Item<'_>| {
                if let Item::Event(event, _, _) = item {
                    black_box(event);
                }
                std::ops::ControlFlow::Continue(())
            })
        };
        bencher.iter_batched(copy, read_only, BatchSize::LargeInput);
    });
    group.finish();
}
