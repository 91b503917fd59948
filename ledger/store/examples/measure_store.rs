//! Measures a store: commits of blocks, reads at random, memory.
//!
//! `measure_store [BATCHES [MEMORY_MIB [DIRECTORY]]]`, by default 1000 batches of 500 events, which makes
//! 1.5 million rows at random keys, 512 MiB, and a directory for temporary files. An event puts three rows of
//! 60 bytes at random 8-byte keys, one of 60 bytes at the next number, one entry at the end of one of 100,000
//! logs, and a payload of about 700 bytes. Prints wall time and the processor's time of all threads.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "an example stops at the first error")]

use std::path::Path;
use std::time::{Duration, Instant};

use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_store::{RocksStore, StoreOptions};

const EVENTS_PER_BATCH: u64 = 500;
const ROWS_PER_EVENT: u64 = 3;
const LOGS: u64 = 100_000;
const READS: u64 = 200_000;
const MIB: usize = 1024 * 1024;

/// Numbers spread over 64 bits, each from its index alone, so that a row written can be found again.
fn spread(index: u64) -> u64 {
    let mixed = (index.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// 60 bytes of which a third repeats, as the states of subjects do.
fn row(index: u64) -> Vec<u8> {
    let mut bytes = vec![0; 20];
    for part in 0..5 {
        bytes.extend(spread(index * 5 + part).to_le_bytes());
    }
    bytes
}

/// An event as JSON.
fn payload(event: u64) -> Vec<u8> {
    let items: Vec<String> =
        (0..10).map(|item| format!("\"urn:epc:id:sgtin:6901234.012345.{}\"", event * 10 + item)).collect();
    format!(
        "{{\"type\":\"ObjectEvent\",\"eventID\":\"ni:///sha-256;{:016x}{:016x}{:016x}{:016x}?ver=CBV2.0\",\
         \"eventTime\":\"2026-11-22T02:{:02}:{:02}.000Z\",\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"OBSERVE\",\
         \"bizStep\":\"shipping\",\"disposition\":\"in_transit\",\"readPoint\":{{\"id\":\"urn:epc:id:sgln:6901234.00001.0\"}},\
         \"epcList\":[{}]}}",
        spread(event),
        spread(event + 1),
        spread(event + 2),
        spread(event + 3),
        event / 60 % 60,
        event % 60,
        items.join(",")
    )
    .into_bytes()
}

fn batch(height: u64, log_lengths: &mut [u64]) -> WriteSet {
    let mut writes = WriteSet::default();
    for index in 0..EVENTS_PER_BATCH {
        let event = height * EVENTS_PER_BATCH + index;
        for part in 0..ROWS_PER_EVENT {
            let number = event * ROWS_PER_EVENT + part;
            writes.put(Table::Log, spread(number).to_be_bytes(), row(number));
        }
        writes.put(Table::Key, event.to_be_bytes(), row(event));
        let log = spread(event) % LOGS;
        let length = &mut log_lengths[usize::try_from(log).unwrap()];
        writes.put(Table::Entry, [log.to_be_bytes(), length.to_be_bytes()].concat(), [7; 14]);
        *length += 1;
        let place = [height.to_be_bytes().as_slice(), &u32::try_from(index).unwrap().to_be_bytes()].concat();
        writes.put(Table::Payload, place, payload(event));
    }
    writes
}

/// A number of a file of `/proc/self`, in the file's unit.
fn of_process(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    value.unwrap_or(0)
}

/// The processor's time of all threads so far; the kernel counts hundredths of seconds.
fn processor() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        text.rsplit(") ").next().unwrap_or("").split(' ').map(|it| it.parse().unwrap_or(0)).collect();
    Duration::from_millis(10 * (fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0)))
}

/// The processor's time of this thread so far, which other load on the machine does not lengthen much.
fn processor_of_thread() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0))
}

fn memory(moment: &str) {
    let mib = |name| of_process("status", name) / 1024;
    println!("  memory {moment}: {} MiB resident, {} MiB at most", mib("VmRSS:"), mib("VmHWM:"));
}

fn commits(store: &RocksStore, batches: u64) {
    let mut log_lengths = vec![0; usize::try_from(LOGS).unwrap()];
    let mut committing = Duration::ZERO;
    let mut slowest = Duration::ZERO;
    let start = (Instant::now(), processor());
    let (mut thread_building, mut thread_committing) = (Duration::ZERO, Duration::ZERO);
    for height in 0..batches {
        let thread_before = processor_of_thread();
        let writes = batch(height, &mut log_lengths);
        let (built, thread_built) = (Instant::now(), processor_of_thread());
        store.commit(&writes).unwrap();
        thread_building += thread_built - thread_before;
        thread_committing += processor_of_thread() - thread_built;
        committing += built.elapsed();
        slowest = slowest.max(built.elapsed());
    }
    let events = (batches * EVENTS_PER_BATCH) as f64;
    println!(
        "commits: {batches} of {EVENTS_PER_BATCH} events, {:.2} ms each ({:.0} at most), {:.0} events/s; with their making {:.1} s",
        committing.as_secs_f64() * 1e3 / batches as f64,
        slowest.as_secs_f64() * 1e3,
        events / committing.as_secs_f64(),
        start.0.elapsed().as_secs_f64()
    );
    let each = |time: Duration| time.as_secs_f64() * 1e6 / events;
    println!(
        "  processor, µs an event: making {:.1}, committing {:.1}, in the background {:.1}; written to disk {:.0} bytes an event",
        each(thread_building),
        each(thread_committing),
        each((processor() - start.1).saturating_sub(thread_building + thread_committing)),
        of_process("io", "write_bytes:") as f64 / events
    );
}

fn reads(store: &dyn Read, name: &str, rows: u64) {
    let timed = |what: &str, read: &mut dyn FnMut(u64)| {
        let start = (Instant::now(), processor_of_thread());
        for index in 0..READS {
            read(spread(index ^ 0x5555));
        }
        let each = |time: Duration| time.as_secs_f64() * 1e6 / READS as f64;
        let (wall, thread) = (each(start.0.elapsed()), each(processor_of_thread() - start.1));
        println!("  {what}: {wall:.2} µs, processor {thread:.2} µs");
    };
    println!("reads, {name}, {READS} at random of {rows} rows:");
    timed("get, present", &mut |random| {
        let number = random % rows;
        assert_eq!(store.get(Table::Log, &spread(number).to_be_bytes()).unwrap(), Some(row(number)));
    });
    timed("get, absent", &mut |random| {
        assert_eq!(store.get(Table::Log, &random.wrapping_mul(7).to_be_bytes()).unwrap(), None);
    });
    timed("get, one of 1,000", &mut |random| {
        assert!(store.get(Table::Log, &spread(random % 1000).to_be_bytes()).unwrap().is_some());
    });
    timed("get, a payload", &mut |random| {
        let event = random % (rows / ROWS_PER_EVENT);
        let (height, index) = (event / EVENTS_PER_BATCH, event % EVENTS_PER_BATCH);
        let place = [height.to_be_bytes().as_slice(), &u32::try_from(index).unwrap().to_be_bytes()].concat();
        assert!(store.get(Table::Payload, &place).unwrap().is_some());
    });
    timed("at or before", &mut |random| {
        store.at_or_before(Table::Log, &random.to_be_bytes()).unwrap();
    });
    timed("scan of a log", &mut |random| {
        let log = random % LOGS;
        let end = [log.to_be_bytes(), u64::MAX.to_be_bytes()].concat();
        store.scan(Table::Entry, &log.to_be_bytes(), &end, &mut |_, _| true).unwrap();
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| arguments.get(place).map_or(default, |text| text.parse().expect("a number"));
    let (batches, mib) = (number(0, 1000u64), number(1, 512));
    let temporary = tempfile::tempdir().unwrap();
    let path = arguments.get(2).map_or(temporary.path(), Path::new);
    let mut options =
        StoreOptions { memory_bytes: usize::try_from(mib).unwrap() * MIB, create: true, ..Default::default() };
    println!("budget {mib} MiB, {batches} batches of {EVENTS_PER_BATCH} events");
    memory("before");
    let rows = batches * EVENTS_PER_BATCH * ROWS_PER_EVENT;
    let store = RocksStore::open(path, &options).unwrap();
    commits(&store, batches);
    memory("after commits");
    reads(&store, "after commits", rows);
    memory("after reads");
    drop(store);
    options.create = false;
    let start = Instant::now();
    let store = RocksStore::open(path, &options).unwrap();
    println!("opened anew in {:.2} s", start.elapsed().as_secs_f64());
    reads(&store, "opened anew", rows);
    reads(&store.snapshot(), "in a snapshot", rows);
    memory("at the end");
    let bytes: u64 = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("on the disk: {:.0} bytes an event", bytes as f64 / (batches * EVENTS_PER_BATCH) as f64);
}
