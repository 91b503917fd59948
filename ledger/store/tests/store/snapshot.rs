//! Goal: whoever joins comes to exactly the ledger of those whom it joins, and whatever else it is given it refuses: the
//! state, with which it can go on at once, and the history that it takes after. Method: a random workload in memory, given
//! away portion by portion, with blocks applied between the two; then with single bits flipped anywhere, rows taken away,
//! added and exchanged, portions cut, doubled and taken from another chain. What comes out of it is a refusal, or to the
//! last byte the honest ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use suyuan_ledger::block::StoredBlock;
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::state::apply::{ApplyError, Ledger};
use suyuan_ledger::state::event::refusal;
use suyuan_ledger::state::head::lacks_history;
use suyuan_ledger::state::records;
use suyuan_ledger::state::subject::{StoredLog, StoredRecord, place_key};
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent};
use suyuan_store::snapshot::{
    Heights, History, Moment, Pairs, Part, Receiver, Refused, SetChange, Sink, Trust, disbelieve, heights, lacks,
    moment, part,
};
use suyuan_store::{DataDirectory, MEMORY_BYTES_MIN, MemoryStore, PayloadPlace, RocksStore, Store, StoreOptions};

use crate::common::{Model, Numbers, contents};
use crate::fsck::{TABLES, check, erasable, flipped, network, without_payloads};
use crate::ledger::TestLedger;

/// Small portions, so that each table takes several.
const BYTES: usize = 3_000;

fn trust(network: &TestLedger) -> Trust {
    Trust::new(chain_id(&network.genesis), network.validators.clone())
}

/// What a liar does to what it sends.
trait Sender {
    fn part(&mut self, _: u8, part: Part) -> Part {
        part
    }
    fn heights(&mut self, heights: Heights) -> Heights {
        heights
    }
}

struct Honest;
impl Sender for Honest {}

/// Who gives a state.
const GIVER: Hash = Hash([9; 32]);

/// Takes a state of `at`, and the history of it from `live`.
fn take<S: Sink>(
    trust: &Trust,
    (at, live): (&dyn Read, &dyn Read),
    store: &S,
    sender: &mut dyn Sender,
) -> Result<Moment, Refused> {
    let given = begin(trust, (at, live), store, sender)?;
    assert!(lacks_history(store).unwrap());
    go_on(trust, live, store, sender)?;
    assert!(!lacks_history(store).unwrap());
    Ok(given)
}

/// Takes the history that a store lacks, over what it holds by now.
fn go_on<S: Sink>(trust: &Trust, live: &dyn Read, store: &S, sender: &mut dyn Sender) -> Result<(), Refused> {
    let (scratch, stopping) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
    let lacking = lacks(store).unwrap().unwrap();
    assert_eq!((lacking.giver, lacking.is_false), (GIVER, false));
    let mut history = History::new(trust.clone(), lacking, store, scratch.path(), &stopping)?;
    while let Some(from) = history.wants_heights() {
        let given = heights(live, from, history.moment().height, BYTES)?.unwrap_or_default();
        history.take_heights(sender.heights(given))?;
    }
    history.finish(store)
}

/// Takes a state of `at`, whose last block is given by `live`.
fn begin<S: Sink>(
    trust: &Trust,
    (at, live): (&dyn Read, &dyn Read),
    store: &S,
    sender: &mut dyn Sender,
) -> Result<Moment, Refused> {
    let scratch = tempfile::tempdir().unwrap();
    let given = moment(at, live).map_err(Refused::from)?;
    let given = given.ok_or_else(|| Refused::from(suyuan_ledger::kv::StoreError::Failed("no moment".to_owned())))?;
    let mut receiver = Receiver::new(trust.clone(), given.clone(), store, scratch.path())?;
    while let Some((table, after)) = receiver.wants_part() {
        let given = part(at, table, after, BYTES)?.unwrap();
        // As they go over the wire.
        let given = Part { pairs: Pairs::unpack(&given.pairs.pack()).unwrap(), ..given };
        receiver.take_part(sender.part(table, given))?;
    }
    while let Some(height) = receiver.wants_block() {
        let given = heights(live, height, height, BYTES)?.unwrap_or_default();
        receiver.take_block(sender.heights(given))?;
    }
    receiver.finish(GIVER)?;
    Ok(given)
}

fn taken(network: &TestLedger, source: &MemoryRead) -> Result<Model, Refused> {
    let store = MemoryStore::default();
    take(&trust(network), (source, source), &store, &mut Honest)?;
    Ok(contents(&store))
}

#[test]
fn honest_ledgers_are_taken_with_payloads_and_without() {
    for seed in 20..26 {
        let network = network(seed, 40);
        let places = erasable(&network.store);
        let some: Vec<_> = places.iter().copied().step_by(2).collect();
        for source in
            [network.store.clone(), without_payloads(&network.store, &some), without_payloads(&network.store, &places)]
        {
            let store = MemoryStore::default();
            take(&trust(&network), (&source, &source), &store, &mut Honest).unwrap();
            assert!(contents(&store) == contents(&source), "seed {seed}");
            assert_eq!(check(&store, &network.genesis).differences, []);
        }
    }
}

/// A state that is not the last one is certified by the header after it.
#[test]
fn an_earlier_state_is_taken_while_the_chain_goes_on() {
    let mut network = network(31, 25);
    let before = network.store.clone();
    let height = network.ledger.head.height;
    for _ in 0..3 {
        network.accept(0, crate::ledger::event("ObjectEvent", r#""action":"OBSERVE","epcList":["urn:x:1"]"#));
    }
    let middle = network.store.clone();
    network.accept(1, crate::ledger::event("ObjectEvent", r#""action":"OBSERVE","epcList":["urn:x:2"]"#));
    for (at, expected) in [(&before, height), (&middle, height + 3)] {
        let store = MemoryStore::default();
        let moment = take(&trust(&network), (at, &network.store), &store, &mut Honest).unwrap();
        assert_eq!((moment.height, moment.header.height), (expected, expected + 1));
        assert!(contents(&store) == contents(at));
    }
    // The last block carries something, and nobody has certified what it made.
    assert_eq!(moment(&network.store, &network.store).unwrap(), None);
    // A ledger goes on from it as from any other.
    let store = MemoryStore::default();
    take(&trust(&network), (&middle, &network.store), &store, &mut Honest).unwrap();
    let opened = Ledger::open(&store).unwrap().unwrap();
    let again = Ledger::open(&middle).unwrap().unwrap();
    assert_eq!(opened.head, again.head);
}

/// Applies the block of a height of `live` to the ledger that a store holds; gives the codes of its receipts.
fn follow<S: Store>(store: &S, live: &dyn Read, height: u64) -> Result<Vec<u16>, ApplyError> {
    let ledger = Ledger::open(store).unwrap().unwrap();
    let bytes = live.get(Table::Block, &height.to_be_bytes()).unwrap().unwrap();
    let block: StoredBlock = codec::decode_trusted(&bytes).unwrap();
    let mut index = 0;
    let mut signed = Vec::new();
    for stored in block.submissions {
        let mut events = Vec::new();
        for event in &stored.events {
            let payload = live.get(Table::Payload, &place_key(height, index)).unwrap().unwrap();
            let (salt, payload) = payload.split_first_chunk().unwrap();
            let (record_type, payload) = (event.record_type, payload.to_vec());
            events.push(SubmittedEvent { record_type, salt: *salt, payload });
            index += 1;
        }
        signed.push(SignedSubmission { submission: stored.submission, signature: stored.signature, events });
    }
    let verify = |signed| VerifiedSubmission::verify(signed, ledger.head.chain, &ledger.directory).unwrap();
    let submissions: Vec<VerifiedSubmission> = signed.into_iter().map(verify).collect();
    let applied = ledger.apply(store, &block.header, block.certificate, &submissions)?;
    store.commit(&applied.writes).unwrap();
    Ok(applied.receipts.iter().map(|receipt| receipt.code).collect())
}

/// A ledger goes on from a state before its history is there: it does what others do, or says that it can't yet.
#[test]
fn blocks_are_applied_before_the_history_is_there() {
    let (mut waited, mut duplicates, mut applied) = (0, 0, 0);
    for seed in 50..56 {
        let network = network(seed, 40);
        let (honest, last) = (contents(&network.store), network.ledger.head.height);
        for height in [3, 10, 20, 30] {
            let at = MemoryStore::default();
            at.commit(&founded(&network)).unwrap();
            (1..=height).for_each(|height| drop(follow(&at, &network.store, height).unwrap()));
            let store = MemoryStore::default();
            begin(&trust(&network), (&at, &network.store), &store, &mut Honest).unwrap();
            let mut next = height + 1;
            while next <= last {
                match follow(&store, &network.store, next) {
                    Ok(codes) => {
                        duplicates += codes.iter().filter(|code| **code == refusal::DUPLICATE).count();
                        applied += 1;
                    }
                    Err(error) => {
                        assert_eq!(error, ApplyError::Store(StoreError::Later));
                        waited += 1;
                        break;
                    }
                }
                next += 1;
            }
            go_on(&trust(&network), &network.store, &store, &mut Honest).unwrap();
            (next..=last).for_each(|height| drop(follow(&store, &network.store, height).unwrap()));
            assert!(contents(&store) == honest, "seed {seed}, from {height}");
        }
    }
    println!("applied {applied}, duplicates {duplicates}, waited {waited}");
    assert!(waited > 5 && duplicates > 5 && applied > 10);
}

/// What founds the ledger of a network.
fn founded(network: &TestLedger) -> WriteSet {
    let genesis = Genesis::parse(&network.genesis).unwrap();
    let (chain, empty) = (chain_id(&network.genesis), MemoryRead::default());
    Ledger::found(chain, genesis.start_time, &genesis.rows(), genesis.directory(), &empty).unwrap().1
}

/// Who takes history keeps what it has when it ends; what came with the state is in it; and nothing is erased meanwhile.
#[test]
fn history_is_taken_in_two_goes() {
    let network = network(57, 60);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let directory = DataDirectory::create(&path, MEMORY_BYTES_MIN).unwrap();
    let joining = directory.begin_join().unwrap();
    let store = joining.open_store(MEMORY_BYTES_MIN).unwrap();
    begin(&trust(&network), (&network.store, &network.store), &store, &mut Honest).unwrap();
    drop(store);
    joining.exchange().unwrap();
    let mut own = 0;
    for portions in [7, 5, usize::MAX] {
        let place = directory.begin_join().unwrap();
        let store = directory.open_store(MEMORY_BYTES_MIN).unwrap();
        let (lacking, stopping) = (lacks(&store).unwrap().unwrap(), AtomicBool::new(false));
        assert_eq!(store.erase_payloads(&[PayloadPlace { height: 1, index: 0 }]), Err(StoreError::Later));
        let mut history = History::new(trust(&network), lacking, &store, &place.scratch(), &stopping).unwrap();
        while history.take_own().unwrap() {}
        let begun_at = history.wants_heights().unwrap();
        assert!(begun_at > own || own == 0, "{begun_at} {own}");
        own = begun_at;
        for _ in 0..portions {
            let Some(from) = history.wants_heights() else { break };
            let given = heights(&network.store, from, history.moment().height, BYTES).unwrap().unwrap();
            history.take_heights(given).unwrap();
        }
        match history.wants_heights() {
            Some(_) => history.keep().unwrap(),
            None => history.finish(&store.snapshot()).unwrap(),
        }
    }
    let store = directory.open_store(MEMORY_BYTES_MIN).unwrap();
    assert!(contents(&store) == contents(&network.store));
    assert_eq!(check(&store, &network.genesis).differences, []);
}

/// Records of the last block of a portion show to be wrong with the next header: then they are wanted anew.
#[test]
fn a_portion_is_taken_in_once_the_next_header_says_so() {
    let network = network(58, 40);
    let store = MemoryStore::default();
    begin(&trust(&network), (&network.store, &network.store), &store, &mut Honest).unwrap();
    let (scratch, stopping) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
    let lacking = lacks(&store).unwrap().unwrap();
    let mut history = History::new(trust(&network), lacking, &store, scratch.path(), &stopping).unwrap();
    let (mut lied, mut lies) = (BTreeSet::new(), 0);
    while let Some(from) = history.wants_heights() {
        let mut given = heights(&network.store, from, history.moment().height, BYTES).unwrap().unwrap();
        if lied.insert(from) {
            let (mut records, last) = (Pairs::default(), given.records.len().saturating_sub(1));
            for (place, (key, row)) in given.records.iter().enumerate() {
                let mut rows = Vec::new();
                let _ = records::each(row, records::row_place(key).unwrap(), &mut |place, mut record| {
                    record.flags ^= u64::from(rows.is_empty());
                    rows.push((place.0, place.1, record));
                    std::ops::ControlFlow::Continue(())
                })
                .unwrap();
                let of_last = key[..8] == given.through.to_be_bytes();
                match place == last && of_last {
                    true => records.push(key, &row_of(&rows)),
                    false => records.push(key, row),
                }
            }
            lies += u64::from(records != given.records);
            given.records = records;
        }
        if let Err(Refused::Fault(_)) = history.take_heights(given) {
            assert!(history.wants_heights().unwrap() <= from);
        }
    }
    assert!(lies > 3);
    history.finish(&store).unwrap();
    assert!(contents(&store) == contents(&network.store));
}

fn row_of(rows: &[(u64, u32, StoredRecord)]) -> Vec<u8> {
    let below = MemoryRead::default();
    let mut overlay = suyuan_ledger::kv::Overlay::new(&below);
    records::put(&mut overlay, rows);
    overlay.into_writes().of_table(Table::Record).next().unwrap().1.unwrap().to_vec()
}

/// Entries that are not those of a log pass with the state, and are found with the history; then it is noted whose it is.
#[test]
fn a_state_that_its_history_does_not_make_is_known_by_then() {
    let network = network(59, 40);
    let mut found = 0;
    for ((table, key), value) in &contents(&network.store).0 {
        if *table != Table::Log {
            continue;
        }
        let mut log: StoredLog = codec::decode_trusted(value).unwrap();
        let Some(entry) = log.recent.first_mut() else { continue };
        entry.standing ^= 1;
        let (mut writes, mut changed) = (WriteSet::default(), network.store.clone());
        writes.put(*table, key, codec::encode(&log));
        changed.apply(&writes);
        let store = MemoryStore::default();
        begin(&trust(&network), (&changed, &changed), &store, &mut Honest).unwrap();
        assert!(matches!(go_on(&trust(&network), &network.store, &store, &mut Honest), Err(Refused::Fault(_))));
        disbelieve(&store).unwrap();
        let lacking = lacks(&store).unwrap().unwrap();
        assert!(lacking.is_false && lacking.giver == GIVER);
        found += 1;
        if found == 20 {
            return;
        }
    }
    panic!("{found}");
}

/// In a data directory, with the files that RocksDB makes of it.
#[test]
fn into_rocksdb() {
    let network = network(32, 40);
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { memory_bytes: MEMORY_BYTES_MIN, create: true, disposable: true, ..Default::default() };
    let path = folder.path().join("db");
    let store = RocksStore::open(&path, &options).unwrap();
    take(&trust(&network), (&network.store, &network.store), &store, &mut Honest).unwrap();
    assert!(contents(&store) == contents(&network.store));
    drop(store);
    let left = std::fs::read_dir(&path)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "part"));
    assert_eq!(left.count(), 0);
    let store =
        RocksStore::open(&path, &StoreOptions { memory_bytes: MEMORY_BYTES_MIN, ..Default::default() }).unwrap();
    assert!(contents(&store) == contents(&network.store));
    assert_eq!(check(&store, &network.genesis).differences, []);
}

/// What no root covers of a record whose payload is there: the receiver that a shipment names, which depends on who was
/// registered then. With it made alike, records are equal.
fn without_next(model: &Model) -> BTreeMap<(Table, Vec<u8>), Vec<StoredRecord>> {
    let rows = model.0.iter().filter(|((table, _), _)| *table == Table::Record);
    let mut all = BTreeMap::new();
    for ((table, key), row) in rows {
        let mut found = Vec::new();
        let _ = records::each(row, records::row_place(key).unwrap(), &mut |_, mut record| {
            record.effect.next = 0;
            found.push(record);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        all.insert((*table, key.clone()), found);
    }
    all
}

/// Whether what came of changed contents is a refusal; else it has to be the honest ledger.
fn is_refused(network: &TestLedger, changed: &MemoryRead, honest: &Model, what: &str) -> bool {
    let Ok(mut taken) = taken(network, changed) else { return true };
    // A payload that is missing counts as erased.
    for ((table, key), value) in &honest.0 {
        let pair = (Table::Payload, key.clone());
        if *table == Table::Payload && !taken.0.contains_key(&pair) {
            taken.0.insert(pair, value.clone());
        }
    }
    if taken != *honest {
        let other = |model: &Model| {
            let rest = model.0.iter().filter(|((table, _), _)| *table != Table::Record);
            rest.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        };
        assert!(other(&taken) == other(honest), "{what}: another ledger");
        assert!(without_next(&taken) == without_next(honest), "{what}: other records");
    }
    false
}

/// Tables of which nothing is taken, or, of pages, only some.
const MADE: [Table; 6] = [Table::Name, Table::Segment, Table::Event, Table::Submission, Table::Meta, Table::Page];

#[test]
fn flipped_bits_are_refused() {
    let network = network(33, 40);
    let honest = contents(&network.store);
    let mut numbers = Numbers(7);
    let mut refused = BTreeMap::<Table, (u32, u32)>::new();
    for flip in 0..600 {
        let table = TABLES[flip % TABLES.len()];
        let (changed, key, place) = flipped(&network.store, table, &mut numbers).unwrap();
        let what = format!("{table:?} {key:02x?} byte {place}");
        let is_refused = is_refused(&network, &changed, &honest, &what);
        let counts = refused.entry(table).or_default();
        counts.0 += u32::from(is_refused);
        counts.1 += 1;
        assert!(is_refused || MADE.contains(&table) || table == Table::Record, "{what} is taken");
    }
    println!("refused of flipped: {refused:?}");
    let (of_records, all) = refused[&Table::Record];
    assert!(refused[&Table::Page].0 > 0 && of_records * 10 > all * 9);
}

#[test]
fn missing_and_added_rows_are_refused() {
    let network = network(34, 40);
    let honest = contents(&network.store);
    let with = |change: &dyn Fn(&mut WriteSet)| {
        let (mut writes, mut changed) = (WriteSet::default(), network.store.clone());
        change(&mut writes);
        changed.apply(&writes);
        changed
    };
    for table in &TABLES {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = honest
            .0
            .iter()
            .filter(|((other, _), _)| other == table)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect();
        let (middle, last) = (rows.len() / 2, rows.len() - 1);
        for place in BTreeSet::from([0, middle, last]) {
            let (key, value) = &rows[place];
            let what = format!("{table:?} {key:02x?}");
            let is_free = MADE.contains(table);
            let missing = with(&|writes| writes.delete(*table, key));
            let refused = is_refused(&network, &missing, &honest, &format!("{what} missing"));
            assert!(refused || is_free || *table == Table::Payload, "{what} missing");
            for added in [[key.as_slice(), &[0]].concat(), [key.as_slice(), &[0xff; 3]].concat()] {
                let longer = with(&|writes| writes.put(*table, &added, value));
                let refused = is_refused(&network, &longer, &honest, &format!("{what} added"));
                // Of blocks only those are read that follow each other.
                assert!(refused || is_free || *table == Table::Block, "{what} added");
            }
            // The same value under the next key.
            let mut next = key.clone();
            if let Some(byte) = next.last_mut() {
                *byte = byte.wrapping_add(1);
            }
            if !honest.0.contains_key(&(*table, next.clone())) {
                let added = with(&|writes| writes.put(*table, &next, value));
                let refused = is_refused(&network, &added, &honest, &format!("{what} again"));
                assert!(refused || is_free || *table == Table::Block, "{what} again");
            }
            // The value of another row.
            let other = &rows[(place + 1) % rows.len()].1;
            if other != value {
                let exchanged = with(&|writes| writes.put(*table, key, other));
                let refused = is_refused(&network, &exchanged, &honest, &format!("{what} exchanged"));
                assert!(refused || is_free, "{what} exchanged");
            }
        }
    }
}

/// Changes that leave the tree of subjects as it is, and those that only a payload gives away.
#[test]
fn what_no_root_shows_at_once_is_refused() {
    let network = network(35, 40);
    let mut tried = BTreeMap::<&str, u32>::new();
    let honest = contents(&network.store);
    let mut try_it = |what: &'static str, table: Table, key: &[u8], value: Vec<u8>| {
        let (mut writes, mut changed) = (WriteSet::default(), network.store.clone());
        writes.put(table, key, value);
        changed.apply(&writes);
        assert!(taken(&network, &changed).is_err(), "{what} {key:02x?}");
        *tried.entry(what).or_default() += 1;
    };
    for ((table, key), value) in &honest.0 {
        if *table == Table::Log {
            let log: StoredLog = codec::decode_trusted(value).unwrap();
            let mut other = log.clone();
            other.subjects += 1;
            try_it("subjects of a log", *table, key, codec::encode(&other));
            let mut other = log.clone();
            other.founded_index ^= 1;
            try_it("founding event", *table, key, codec::encode(&other));
            if log.recent.len() > 1 {
                let mut other = log.clone();
                other.recent.swap(0, 1);
                if other.recent != log.recent {
                    try_it("order of entries", *table, key, codec::encode(&other));
                }
            }
        }
        if *table != Table::Record {
            continue;
        }
        let (mut rows, first) = (Vec::new(), records::row_place(key).unwrap());
        let _ = records::each(value, first, &mut |place, record| {
            rows.push((place.0, place.1, record));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        let row = row_of;
        for place in 0..rows.len() {
            let mut other = rows.clone();
            other[place].2.effect.event_type = 1 + other[place].2.effect.event_type % 6;
            try_it("event type", *table, key, row(&other));
            let mut other = rows.clone();
            other[place].2.effect.bits ^= 1;
            try_it("recall", *table, key, row(&other));
            if let [one, two, ..] = rows[place].2.founded.as_slice() {
                let mut other = rows.clone();
                (other[place].2.founded[0], other[place].2.founded[1]) = (*two, *one);
                try_it("order of founding", *table, key, row(&other));
            }
            if let Some(quantity) = rows[place].2.effect.quantities.first() {
                let mut other = rows.clone();
                other[place].2.effect.quantities[0].thousandths = Some(quantity.thousandths.unwrap_or(0) + 1);
                try_it("quantity", *table, key, row(&other));
            }
        }
    }
    println!("{tried:?}");
    assert_eq!(tried.len(), 7);
}

/// Portions that are cut off, empty, doubled, of another height, or ended too early.
#[test]
fn portions_that_were_not_asked_for_are_refused() {
    struct Liar<'a> {
        how: usize,
        /// The number of the table of which it lies; of blocks if it is none.
        table: u8,
        number: usize,
        other: &'a MemoryRead,
        lied: bool,
    }
    impl Sender for Liar<'_> {
        fn part(&mut self, table: u8, part: Part) -> Part {
            if table != self.table || self.lied {
                return part;
            }
            self.lied = true;
            let cut = |count: usize| {
                let mut pairs = Pairs::default();
                part.pairs.iter().take(count).for_each(|(key, value)| pairs.push(key, value));
                pairs
            };
            match self.how {
                0 => Part { pairs: cut(part.pairs.len() / 2), is_last: true },
                1 => Part { pairs: Pairs::default(), is_last: false },
                2 => Part { pairs: Pairs::default(), is_last: true },
                3 => {
                    let mut pairs = part.pairs.clone();
                    part.pairs.iter().take(1).for_each(|(key, value)| pairs.push(key, value));
                    Part { pairs, is_last: part.is_last }
                }
                // One row is left out.
                _ => {
                    let mut pairs = Pairs::default();
                    part.pairs.iter().skip(1).for_each(|(key, value)| pairs.push(key, value));
                    Part { pairs, is_last: part.is_last }
                }
            }
        }

        fn heights(&mut self, heights: Heights) -> Heights {
            self.number += 1;
            if self.number != 3 || self.lied {
                return heights;
            }
            self.lied = true;
            let Heights { through, blocks, records, payloads } = heights.clone();
            match self.how {
                0 => Heights { through: through + 1, blocks, records, payloads },
                1 => Heights::default(),
                2 => Heights { through, blocks, records: Pairs::default(), payloads },
                3 => {
                    let from = u64::from_be_bytes(blocks.get(0).unwrap().0.try_into().unwrap());
                    suyuan_store::snapshot::heights(self.other, from, through, BYTES).unwrap().unwrap_or_default()
                }
                _ => {
                    let mut more = payloads.clone();
                    more.push(&[0xff; 12], &[0; 20]);
                    Heights { through, blocks, records, payloads: more }
                }
            }
        }
    }
    let (network, other) = (network(36, 40), network(37, 40));
    let tables = 0..=suyuan_store::snapshot::TABLES.len() as u8;
    for (table, how) in tables.flat_map(|table| (0..5).map(move |how| (table, how))) {
        let mut liar = Liar { how, table, number: 0, other: &other.store, lied: false };
        let store = MemoryStore::default();
        let taken = take(&trust(&network), (&network.store, &network.store), &store, &mut liar);
        assert!(liar.lied && matches!(taken, Err(Refused::Fault(_))), "{table} {how}: {taken:?}");
        // Without a head it is none; with one it says that it lacks what was before.
        assert!(store.get(Table::Meta, b"head").unwrap().is_none() || lacks_history(&store).unwrap());
    }
}

/// A state of another chain, of other validators, or of another height than the header that is shown for it.
#[test]
fn states_that_nobody_certified_are_refused() {
    let network = network(38, 20);
    let given = moment(&network.store, &network.store).unwrap().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let is_taken = |trust: &Trust, moment: Moment| {
        Receiver::new(trust.clone(), moment, &MemoryStore::default(), scratch.path()).is_ok()
    };
    let right = trust(&network);
    assert!(is_taken(&right, given.clone()));
    let other_chain = Trust::new(suyuan_ledger::hash::Hash([1; 32]), network.validators.clone());
    assert!(!is_taken(&other_chain, given.clone()));
    let mut strangers = network.validators.clone();
    strangers[0].key = crate::ledger::key(9).verifying_key().to_bytes();
    assert!(!is_taken(&Trust::new(right.chain(), strangers), given.clone()));
    let mut lies: Vec<Moment> = vec![given.clone(); 7];
    lies[0].height += 1;
    lies[1].height = lies[1].height.saturating_sub(2);
    lies[2].height = 0;
    lies[3].roots.subject_count += 1;
    lies[4].certificate.signatures.clear();
    lies[5].header.state = lies[5].header.results;
    let change = SetChange {
        header: given.header.clone(),
        certificate: given.certificate.clone(),
        next: network.validators.clone(),
    };
    lies[6].changes.push(change);
    for (number, lie) in lies.into_iter().enumerate() {
        assert!(!is_taken(&right, lie), "lie {number}");
    }
}

/// The data directory in which it is laid down is whole at every moment: the old ledger, or the new one.
#[test]
fn the_store_is_exchanged_as_a_whole() {
    let network = network(39, 20);
    let at = |path: &std::path::Path| -> u64 {
        let directory = DataDirectory::open(path).unwrap();
        let store = directory.open_store(MEMORY_BYTES_MIN).unwrap();
        Ledger::open(&store).unwrap().map_or(0, |ledger| ledger.head.height)
    };
    let height = network.ledger.head.height;
    for stop in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let directory = DataDirectory::create(&path, MEMORY_BYTES_MIN).unwrap();
        let joining = directory.begin_join().unwrap();
        let store = joining.open_store(MEMORY_BYTES_MIN).unwrap();
        take(&trust(&network), (&network.store, &network.store), &store, &mut Honest).unwrap();
        drop(store);
        // As if the process had died before, in the middle of, or after the exchange.
        match stop {
            0 => {}
            1 => joining.mark().unwrap(),
            2 => {
                joining.mark().unwrap();
                std::fs::remove_dir_all(path.join("db")).unwrap();
            }
            _ => joining.exchange().unwrap(),
        }
        drop(directory);
        assert_eq!(at(&path), if stop == 0 { 0 } else { height }, "stopped at {stop}");
        assert_eq!(at(&path), if stop == 0 { 0 } else { height });
        assert_eq!(path.join("join").exists(), stop == 0);
    }
}

/// A set follows from the one before: by a header that names it, which those before have decided.
#[test]
fn trust_follows_changes_of_the_set() {
    use suyuan_ledger::block::{CommitCertificate, CommitSignature, Validator, validators_hash, vote_message};
    use suyuan_ledger::submission::sign;
    let network = network(40, 4);
    let given = moment(&network.store, &network.store).unwrap().unwrap();
    let next_key = crate::ledger::key(77);
    let next = vec![Validator { key: next_key.verifying_key().to_bytes(), power: 3 }];
    let decided = |mut header: suyuan_ledger::block::Header, by: &ed25519_dalek::SigningKey| {
        header.chain = trust(&network).chain();
        let message = vote_message(header.chain, header.height, 0, header.id());
        let signature = CommitSignature { validator: 0, signature: sign(by, message) };
        (header, CommitCertificate { round: 0, signatures: vec![signature] })
    };
    let mut naming = given.header.clone();
    naming.next_validators = validators_hash(&next);
    let mut later = naming.clone();
    (later.height, later.validators) = (naming.height + 1, validators_hash(&next));
    let (header, certificate) = decided(later, &next_key);
    let mut trusted = trust(&network);
    assert!(!trusted.decides(&header, &certificate));
    let (naming, by_them) = decided(naming, &network.validator);
    let (_, by_itself) = decided(naming.clone(), &next_key);
    let change = |certificate, next| SetChange { header: naming.clone(), certificate, next };
    assert!(!trusted.follow(&change(by_itself, next.clone())));
    assert!(!trusted.follow(&change(by_them.clone(), network.validators.clone())));
    assert!(trusted.follow(&change(by_them.clone(), next.clone())));
    assert!(!trusted.follow(&change(by_them, next)));
    assert!(trusted.decides(&header, &certificate) && trusted.decides(&given.header, &given.certificate));
}
