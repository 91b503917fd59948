//! Takes the ledger of a data directory as one who joins does, in one process: the state, then the history. What is given
//! is packed on a thread of its own, what is taken is unpacked, checked and written beside it. Tells the time of each
//! step.
//!
//! `cargo run --release --example measure_snapshot -- DIRECTORY TARGET`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::Read;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_store::snapshot::{
    Heights, History, PORTION_BYTES, Pairs, Part, Receiver, TABLES, Trust, heights, lacks, moment, part,
};
use suyuan_store::{DataDirectory, RocksStore, StoreOptions};

const MEMORY: usize = 128 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, from, to] = arguments.as_slice() else { panic!("DIRECTORY TARGET") };
    let directory = DataDirectory::open(Path::new(from)).unwrap();
    let source = directory.open_store(MEMORY).unwrap();
    let bytes = std::fs::read(Path::new(from).join("genesis.json")).unwrap();
    let genesis = Genesis::parse(&bytes).unwrap();
    let trust = Trust::new(chain_id(&bytes), genesis.validators);
    let begun = Instant::now();
    let at = source.snapshot_beside_cache();
    let given = moment(&at, &source).unwrap().expect("no certified state");
    let height = given.height;
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(Path::new(to).join("scratch")).unwrap();
    let scratch = Path::new(to).join("scratch");
    let options = StoreOptions { memory_bytes: MEMORY, create: true, disposable: true, ..Default::default() };
    let store = RocksStore::open(&Path::new(to).join("db"), &options).unwrap();
    let mut receiver = Receiver::new(trust.clone(), given, &store, &scratch).unwrap();
    let (send, receive) = sync_channel(1);
    let mut sent_bytes = 0;
    std::thread::scope(|scope| {
        let at = &at as &(dyn Read + Sync);
        scope.spawn(move || {
            for (number, (table, _)) in (0..).zip(TABLES) {
                let mut after = None;
                loop {
                    let Part { pairs, is_last } = part(at, number, after.as_deref(), PORTION_BYTES).unwrap().unwrap();
                    after = pairs.last_key().map(<[u8]>::to_vec);
                    send.send((table, is_last, pairs.pack())).unwrap();
                    if is_last {
                        break;
                    }
                }
            }
        });
        let (mut step, mut rows, mut of_table) = (Instant::now(), 0, 0);
        for (table, is_last, packed) in receive {
            of_table += packed.len();
            let pairs = Pairs::unpack(&packed).unwrap();
            rows += pairs.len();
            receiver.take_part(Part { pairs, is_last }).unwrap();
            if is_last {
                let seconds = step.elapsed().as_secs_f32();
                println!("{}: {rows} rows, {of_table} bytes packed, {seconds:.2} s", table.name());
                sent_bytes += of_table;
                (step, rows, of_table) = (Instant::now(), 0, 0);
            }
        }
    });
    let step = Instant::now();
    while let Some(height) = receiver.wants_block() {
        receiver.take_block(heights(&source, height, height, PORTION_BYTES).unwrap().unwrap()).unwrap();
    }
    let head = receiver.finish(Hash::ZERO).unwrap();
    println!("subjects, names, events: {:.2} s", step.elapsed().as_secs_f32());
    println!("height {}, {} events, {sent_bytes} bytes", head.height, head.roots.event_count);
    println!("the state in all {:.2} s", begun.elapsed().as_secs_f32());

    let (step, stopping) = (Instant::now(), AtomicBool::new(false));
    let lacking = lacks(&store).unwrap().unwrap();
    let mut history = History::new(trust, lacking, &store, &scratch, &stopping).unwrap();
    let (send, receive) = sync_channel(1);
    std::thread::scope(|scope| {
        let source = &source;
        scope.spawn(move || {
            let mut from = 1;
            while from <= height {
                let found = heights(&source.snapshot_beside_cache(), from, height, PORTION_BYTES).unwrap().unwrap();
                from = found.through + 1;
                send.send((found.through, [found.blocks.pack(), found.records.pack(), found.payloads.pack()])).unwrap();
            }
        });
        for (through, rows) in receive {
            let [blocks, records, payloads] = rows.map(|packed| Pairs::unpack(&packed).unwrap());
            history.take_heights(Heights { through, blocks, records, payloads }).unwrap();
        }
    });
    println!("blocks: {:.2} s", step.elapsed().as_secs_f32());
    let step = Instant::now();
    history.finish(&store.snapshot_beside_cache()).unwrap();
    println!("logs: {:.2} s", step.elapsed().as_secs_f32());
    println!("in all {:.2} s", begun.elapsed().as_secs_f32());
}
