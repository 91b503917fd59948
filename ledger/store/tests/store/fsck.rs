//! Goal: a ledger that is what its blocks make of it passes, with payloads or without; any byte that is not
//! is reported, with its table and key. Method: a random workload through real submissions in memory; then
//! single bits flipped anywhere, rows taken away or added, payloads erased.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use suyuan_ledger::codec;
use suyuan_ledger::contract::fold::ContractState;
use suyuan_ledger::credit::Source;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::KeyRole;
use suyuan_ledger::organisation::OrganisationRole::{Authority, Member};
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::records;
use suyuan_ledger::submission::record_type;
use suyuan_store::{DataDirectory, Fsck, MEMORY_BYTES_MIN, MemoryStore, PayloadPlace, Progress, fsck, fsck_directory};

use crate::common::{END, Numbers, scan};
use crate::ledger::{START, TestLedger, event, event_at, event_id, key};

pub fn check(store: &(dyn Read + Sync), genesis: &[u8]) -> Fsck {
    fsck(store, genesis, &MemoryStore::default(), &mut |_| {}).unwrap()
}

/// The tables that blocks make.
pub const TABLES: [Table; Table::ALL.len() - 1] = {
    let mut tables = [Table::Meta; Table::ALL.len() - 1];
    let mut place = 0;
    while place < tables.len() {
        tables[place] = Table::ALL[place];
        place += 1;
    }
    // What is read out of their bodies comes last.
    assert!(matches!(Table::ALL[place], Table::Reading));
    tables
};
const PARTIES: [&str; 3] = ["9521001.00000", "9521004.00000", "9521099.00000"];

/// Random events of a few items, units and lots, so that they meet again and again.
struct Chain {
    numbers: Numbers,
    said: Vec<(usize, String)>,
}

impl Chain {
    fn items(&mut self) -> String {
        let (first, count) = (self.numbers.below(60), 1 + self.numbers.below(12));
        let items =
            (first..first + count).map(|serial| format!("\"https://id.gs1.org/01/09521001001014/21/{serial}\""));
        items.collect::<Vec<_>>().join(",")
    }

    fn unit(&mut self) -> String {
        format!("https://id.gs1.org/00/09521001000000{:04}", self.numbers.below(6))
    }

    fn lots(&mut self) -> String {
        let lots = (0..1 + self.numbers.below(3)).map(|_| {
            let (lot, amount) = (self.numbers.below(5), self.numbers.below(9_000));
            let unit = ["KGM", "LTR"][self.numbers.below(2) as usize];
            format!(r#"{{"epcClass":"https://id.gs1.org/01/09521001001021/10/L{lot}","quantity":{amount}.5,"uom":"{unit}"}}"#)
        });
        lots.collect::<Vec<_>>().join(",")
    }

    fn payload(&mut self) -> String {
        let (items, unit, lots) = (self.items(), self.unit(), self.lots());
        let party = PARTIES[self.numbers.below(3) as usize];
        let to = format!(r#""destinationList":[{{"type":"owning_party","destination":"urn:epc:id:pgln:{party}"}}]"#);
        match self.numbers.below(14) {
            0 | 1 => event(
                "ObjectEvent",
                &format!(
                    r#""action":"ADD","bizStep":"commissioning","epcList":[{items}],"ilmd":{{"cbvmda:lotNumber":"L1"}}"#
                ),
            ),
            2 => event("ObjectEvent", &format!(r#""action":"ADD","bizStep":"commissioning","quantityList":[{lots}]"#)),
            3 => event(
                "AggregationEvent",
                &format!(r#""action":"ADD","parentID":"{unit}","childEPCs":[{items}],"childQuantityList":[{lots}]"#),
            ),
            4 => event("AggregationEvent", &format!(r#""action":"DELETE","parentID":"{unit}""#)),
            5 => event(
                "AggregationEvent",
                &format!(r#""action":"DELETE","parentID":"{unit}","childEPCs":[{items}],"childQuantityList":[{lots}]"#),
            ),
            6 => event(
                "ObjectEvent",
                &format!(r#""action":"OBSERVE","bizStep":"shipping","epcList":["{unit}",{items}],{to}"#),
            ),
            7 => event(
                "ObjectEvent",
                &format!(r#""action":"OBSERVE","bizStep":"shipping","quantityList":[{lots}],{to}"#),
            ),
            8 => event(
                "ObjectEvent",
                &format!(
                    r#""action":"OBSERVE","bizStep":"receiving","epcList":["{unit}",{items}],"quantityList":[{lots}]"#
                ),
            ),
            9 => event(
                "TransformationEvent",
                &format!(
                    r#""inputQuantityList":[{lots}],"inputEPCList":[{items}],"outputQuantityList":[{{"epcClass":"https://id.gs1.org/01/09521001001038/10/M1","quantity":7}}],"transformationID":"urn:uuid:t{}""#,
                    self.numbers.below(3)
                ),
            ),
            10 => event(
                "ObjectEvent",
                &format!(r#""action":"OBSERVE","bizStep":"holding","disposition":"recalled","epcList":[{items}]"#),
            ),
            11 => event("ObjectEvent", &format!(r#""action":"DELETE","bizStep":"destroying","epcList":[{items}]"#)),
            12 => event(
                "AssociationEvent",
                &format!(
                    r#""action":"ADD","parentID":"{unit}","childEPCs":["https://id.gs1.org/8004/9521001{}"]"#,
                    self.numbers.below(4)
                ),
            ),
            _ => event("ObjectEvent", &format!(r#""action":"OBSERVE","epcList":["{unit}"]"#)),
        }
    }

    /// Mostly something new; sometimes what was said before once more, or declared erroneous.
    fn next(&mut self, author: usize) -> String {
        let own: Vec<String> =
            self.said.iter().filter(|(by, _)| *by == author).map(|(_, payload)| payload.clone()).collect();
        let earlier = (!own.is_empty()).then(|| own[self.numbers.below(own.len() as u64) as usize].clone());
        match (self.numbers.below(8), earlier) {
            (0, Some(earlier)) => earlier,
            (1, Some(earlier)) => {
                let open = earlier.strip_suffix('}').unwrap();
                format!(
                    r#"{open},"errorDeclaration":{{"declarationTime":"2026-10-31T13:00:00Z","reason":"did_not_occur"}}}}"#
                )
            }
            _ => {
                let payload = self.payload();
                self.said.push((author, payload.clone()));
                payload
            }
        }
    }
}

/// A ledger of random blocks, the last one sealed.
pub fn network(seed: u64, blocks: u64) -> TestLedger {
    let mut network = TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", Member, &["9521001"]),
        ("urn:uscc:91440106DEMA000484", Member, &["9521004"]),
        ("urn:uscc:91440104DEMA001013", Member, &[]),
        ("urn:uscc:11440100DEMA00179H", Authority, &[]),
    ]);
    let mut chain = Chain { numbers: Numbers(seed), said: Vec::new() };
    for block in 0..blocks {
        let mut submissions = Vec::new();
        for author in 0..4 {
            if author > 0 && chain.numbers.below(2) == 0 {
                continue;
            }
            let payloads: Vec<String> = (0..1 + chain.numbers.below(4)).map(|_| chain.next(author)).collect();
            let signed = network.sign(author, &payloads);
            submissions.push(network.verify(signed).unwrap());
        }
        if block % 8 == 3 {
            let operation = Operation::KeyAdmit {
                organisation: None,
                public: key(10 + block as u8).verifying_key().to_bytes(),
                role: KeyRole::Device,
            };
            let record = OrganisationRecord { event_id: event_id(), event_time: START, operation };
            let payload = String::from_utf8(record.write()).unwrap();
            let administrator = network.members[0].administrator.clone();
            let signed = network.sign_with(0, &administrator, record_type::ORGANISATION, &[payload]);
            submissions.push(network.verify(signed).unwrap());
        }
        network.decide(&submissions).unwrap();
    }
    network.decide(&[]).unwrap();
    network
}

/// The places of all payloads of EPCIS events.
pub fn erasable(store: &dyn Read) -> Vec<PayloadPlace> {
    let mut places = Vec::new();
    for (key, value) in scan(store, Table::Block, &[], END) {
        let block: suyuan_ledger::block::StoredBlock = codec::decode_trusted(&value).unwrap();
        let height = u64::from_be_bytes(key.try_into().unwrap());
        let events = block.submissions.iter().flat_map(|submission| &submission.events);
        let epcis = events.zip(0..).filter(|(event, _)| event.record_type == record_type::EPCIS);
        places.extend(epcis.map(|(_, index)| PayloadPlace { height, index }));
    }
    places
}

pub fn without_payloads(store: &MemoryRead, places: &[PayloadPlace]) -> MemoryRead {
    let mut writes = WriteSet::default();
    places.iter().for_each(|place| writes.delete(Table::Payload, place.key()));
    let mut erased = store.clone();
    erased.apply(&writes);
    erased
}

#[test]
fn honest_ledgers_pass_with_payloads_and_without() {
    for seed in 0..6 {
        let network = network(seed, 40);
        let whole = check(&network.store, &network.genesis);
        assert_eq!(whole.differences, [], "seed {seed}");
        assert_eq!((whole.blocks, whole.erased), (41, 0));
        assert_eq!(whole.events, network.store.count(Table::Payload) as u64);
        let places = erasable(&network.store);
        // All of them, and every other one.
        let some: Vec<PayloadPlace> = places.iter().copied().step_by(2).collect();
        for places in [&places, &some] {
            let erased = check(&without_payloads(&network.store, places), &network.genesis);
            assert_eq!(erased.differences, [], "seed {seed}");
            assert_eq!(erased.erased, places.len() as u64);
        }
    }
}

/// A copy with one bit of one value flipped; its table, its key, the place of the byte.
pub fn flipped(store: &MemoryRead, table: Table, numbers: &mut Numbers) -> Option<(MemoryRead, Vec<u8>, usize)> {
    let pairs = scan(store, table, &[], END);
    let (key, mut value) = pairs.get(numbers.below(pairs.len().max(1) as u64) as usize)?.clone();
    let place = numbers.below(value.len().max(1) as u64) as usize;
    *value.get_mut(place)? ^= 1 << numbers.below(8);
    let mut writes = WriteSet::default();
    writes.put(table, key.clone(), value);
    let mut changed = store.clone();
    changed.apply(&writes);
    Some((changed, key, place))
}

#[test]
fn each_flipped_bit_is_reported() {
    let network = network(11, 40);
    let mut numbers = Numbers(5);
    let mut tables = BTreeSet::new();
    let mut flips = 0;
    while flips < 450 {
        let table = TABLES[flips % TABLES.len()];
        let (changed, key, place) = flipped(&network.store, table, &mut numbers).unwrap();
        let found = check(&changed, &network.genesis);
        assert!(!found.differences.is_empty(), "{table:?} {key:02x?} byte {place} is not reported");
        let named = found.differences.iter().any(|fault| fault.table == table && fault.key == key);
        assert!(named, "{table:?} {key:02x?} byte {place}: only {:?}", found.differences);
        tables.insert(table);
        flips += 1;
    }
    assert_eq!(tables.len(), TABLES.len());
}

/// Where the effects of the records of a row are.
fn effects_in(row: &[u8]) -> Vec<Range<usize>> {
    let (mut effects, mut end) = (Vec::new(), 0);
    let _ = records::each(row, (0, 0), &mut |_, record| {
        // Place and length come before a record, and its effect comes last in it.
        end += 5 + codec::encode(&record).len();
        effects.push(end - codec::encode(&record.effect).len()..end);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(end, row.len());
    effects
}

/// Of what replay takes from records, the effect alone is in no hash of its own: a change of it is found if
/// it changes anything else.
#[test]
fn without_payloads_too_but_for_effects_without_effect() {
    let network = network(12, 12);
    let store = without_payloads(&network.store, &erasable(&network.store));
    assert_eq!(check(&store, &network.genesis).differences, []);
    let mut numbers = Numbers(6);
    let (mut effects, mut harmless) = (0, 0);
    for flip in 0..450 {
        let table = if flip < 150 { Table::Record } else { TABLES[flip % TABLES.len()] };
        let (changed, key, place) = flipped(&store, table, &mut numbers).unwrap();
        let found = check(&changed, &network.genesis);
        if table != Table::Record {
            assert!(!found.differences.is_empty(), "{table:?} {key:02x?} byte {place}");
            continue;
        }
        let value = store.get(table, &key).unwrap().unwrap();
        let in_effect = effects_in(&value).iter().any(|effect| effect.contains(&place));
        effects += usize::from(in_effect);
        harmless += usize::from(found.differences.is_empty());
        assert!(in_effect || !found.differences.is_empty(), "byte {place} of {value:?}");
    }
    println!("{harmless} of {effects} flips in effects changed nothing");
    assert!(effects > 10 && harmless < effects);
}

/// Goal: rows that are missing or too many are named. Method: each table loses a row at a time, of the last
/// block where it has some; and gets one.
#[test]
fn missing_and_added_rows_are_reported() {
    let network = network(13, 40);
    for table in &TABLES {
        let pairs = scan(&network.store, *table, &[], END);
        for (key, _) in pairs.iter().rev().take(3).chain(pairs.first()) {
            let mut writes = WriteSet::default();
            writes.delete(*table, key.clone());
            let mut changed = network.store.clone();
            changed.apply(&writes);
            let found = check(&changed, &network.genesis);
            // A payload that is missing is an erased one, but for those of organisations.
            assert!(!found.differences.is_empty() || *table == Table::Payload, "{table:?} {key:02x?}");
        }
        let mut longer = pairs.last().unwrap().0.clone();
        longer.push(0);
        let mut writes = WriteSet::default();
        writes.put(*table, longer.clone(), vec![1]);
        let mut changed = network.store.clone();
        changed.apply(&writes);
        let found = check(&changed, &network.genesis);
        assert!(!found.differences.is_empty(), "{table:?} has a row too many");
    }
    // Of blocks that there are not.
    for table in [Table::Block, Table::Record, Table::Payload] {
        for height in [0, network.ledger.head.height + 7] {
            let mut writes = WriteSet::default();
            let key = [&height.to_be_bytes()[..], &[0; 4]].concat();
            writes.put(table, key, vec![1]);
            let mut changed = network.store.clone();
            changed.apply(&writes);
            let found = check(&changed, &network.genesis);
            assert!(found.differences.iter().any(|fault| fault.table == table), "{table:?} {height}");
        }
    }
    // Of a block that there is, with as many payloads as events, or more.
    let place = erasable(&network.store)[1];
    for is_erased in [true, false] {
        let mut writes = WriteSet::default();
        if is_erased {
            writes.delete(Table::Payload, place.key());
        }
        let other = PayloadPlace { height: place.height, index: 1_000 };
        writes.put(Table::Payload, other.key(), vec![1; 40]);
        let mut changed = network.store.clone();
        changed.apply(&writes);
        let found = check(&changed, &network.genesis);
        let [fault] = found.differences.as_slice() else { panic!("{:?}", found.differences) };
        assert_eq!((fault.table, fault.key.as_slice()), (Table::Payload, other.key().as_slice()));
    }
    // In each block, which leaves room to tell of other tables.
    let mut writes = WriteSet::default();
    for height in 1..=network.ledger.head.height {
        writes.put(Table::Payload, PayloadPlace { height, index: 1_000 }.key(), vec![1; 40]);
    }
    writes.put(Table::Name, [7; 32], vec![1]);
    let mut changed = network.store.clone();
    changed.apply(&writes);
    let tables: Vec<Table> = check(&changed, &network.genesis).differences.iter().map(|fault| fault.table).collect();
    assert_eq!(tables, [Table::Payload, Table::Name]);
    // Of the last block's rows, some.
    let last = network.ledger.head.height - 1;
    let mut writes = WriteSet::default();
    for table in [Table::Block, Table::Record, Table::Payload] {
        for height in [last, last + 1] {
            for (key, _) in scan(&network.store, table, &height.to_be_bytes(), &(height + 1).to_be_bytes()) {
                writes.delete(table, key);
            }
        }
    }
    let mut changed = network.store.clone();
    changed.apply(&writes);
    let found = check(&changed, &network.genesis);
    assert!(found.differences.iter().any(|fault| fault.table == Table::Meta), "{:?}", found.differences);
}

#[test]
fn another_genesis_is_no_genesis_of_this_ledger() {
    let (ours, theirs) = (network(14, 3), network(15, 3));
    let mut other = String::from_utf8(theirs.genesis.clone()).unwrap();
    other = other.replace("\"test\"", "\"tess\"");
    let found = check(&ours.store, other.as_bytes());
    assert_eq!(found.differences[0].table, Table::Block);
    assert!(fsck(&ours.store, b"{}", &MemoryStore::default(), &mut |_| {}).is_err());
}

#[test]
fn a_directory_whose_payloads_were_erased_passes() {
    let network = network(16, 30);
    let temporary = tempfile::tempdir().unwrap();
    let directory = DataDirectory::create(&temporary.path().join("ledger"), MEMORY_BYTES_MIN).unwrap();
    let store = directory.open_store(MEMORY_BYTES_MIN).unwrap();
    let mut writes = WriteSet::default();
    for table in Table::ALL {
        scan(&network.store, *table, &[], END).into_iter().for_each(|(key, value)| writes.put(*table, key, value));
    }
    store.commit(&writes).unwrap();
    let places = erasable(&store);
    store.erase_payloads(&places).unwrap();
    let mut compared = 0;
    let found = fsck_directory(&directory, &store, &network.genesis, MEMORY_BYTES_MIN, &mut |progress| {
        compared += usize::from(matches!(progress, Progress::Compares(_)));
    })
    .unwrap();
    assert_eq!(
        (found.differences.as_slice(), found.erased, compared),
        (&[][..], places.len() as u64, Table::ALL.len())
    );
    assert!(!directory.path().join("fsck").exists());
}

/// Goal: where records of credit are is made anew, as far as the store has read; what it has erased is in no file. Method:
/// a ledger with two such records, read; then with a row less, one more, one that is erased, and heights that are not.
#[test]
fn what_is_read_out_of_bodies() {
    let mut network = network(14, 8);
    let device = network.members[3].device.clone();
    let score = |id: u32| {
        format!(
            r#"{{"type":"suyuan:PublicScore","eventID":"urn:x:{id}","eventTime":"2026-10-31T13:00:00Z","subject":"urn:uscc:91440115DEMA00013J","score":800,"date":"2026-10-01"}}"#
        )
    };
    let signed = network.sign_with(3, &device, record_type::CREDIT, &[score(1), score(2)]);
    let verified = network.verify(signed).unwrap();
    network.decide(&[verified]).unwrap();
    network.decide(&[]).unwrap();
    let head = network.ledger.head.height;
    let unread = network.store.clone();
    let mut read = unread.clone();
    while let Some(writes) = reading::read_on(&read, head).unwrap() {
        read.apply(&writes);
    }
    // Those of subjects; of shipments and receipts there are others.
    let rows = scan(&read, Table::Reading, &[1], &[2]);
    assert_eq!((rows.len(), reading::height(&read).unwrap()), (2, head));
    for honest in [&unread, &read] {
        assert_eq!(check(honest, &network.genesis).differences, []);
    }
    let place = rows[0].0.clone();
    let changed = |table, key: &[u8], value: Option<Vec<u8>>| {
        let mut writes = WriteSet::default();
        match value {
            Some(value) => writes.put(table, key, value),
            None => writes.delete(table, key),
        }
        let mut changed = read.clone();
        changed.apply(&writes);
        check(&changed, &network.genesis).differences
    };
    let other = [&place[..place.len() - 1], &[7]].concat();
    for found in [
        changed(Table::Reading, &place, None),
        changed(Table::Reading, &place, Some(vec![1])),
        changed(Table::Reading, &other, Some(Vec::new())),
        changed(Table::Reading, &[0], Some((head + 1).to_be_bytes().to_vec())),
    ] {
        assert!(found.iter().any(|fault| fault.table == Table::Reading), "{found:?}");
    }
    // A payload that is erased, with the row or without.
    let payload = PayloadPlace { height: head - 1, index: 0 };
    assert!(!changed(Table::Payload, &payload.key(), None).is_empty());
    let found = check(&without_index(&read, &[payload]), &network.genesis);
    assert_eq!((found.differences, found.erased), (vec![], 1));
}

/// Goal: what waits to be received is made anew too. Method: a shipment that nobody receives in time, one that still waits, a
/// receipt without a shipment; then a row of each kind taken away or changed.
#[test]
fn what_waits_to_be_received() {
    let mut network = network(16, 2);
    let of = |lot: &str, step: &str| {
        format!(
            r#""@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"action":"OBSERVE","bizStep":"{step}","quantityList":[{{"epcClass":"https://id.gs1.org/01/09521001001021/10/{lot}","quantity":1}}]"#
        )
    };
    let shipment = |lot: &str| {
        let members = r#""disposition":"in_transit","destinationList":[{"type":"owning_party","destination":"urn:epc:id:pgln:9521004.00000"},{"type":"location","destination":"urn:epc:id:sgln:9521004.00000.0"}],"bizTransactionList":[{"type":"desadv","bizTransaction":"urn:epcglobal:cbv:bt:9521001000007:1"}],"suyuan:recordType":"F7.SHIP","suyuan:productClass":"OTHER","suyuan:vehicle_class":"ambient","suyuan:eta":"2026-11-06T09:00:00.000Z""#;
        event("ObjectEvent", &format!("{},{members}", of(lot, "shipping")))
    };
    assert_eq!(network.submit(0, &[shipment("Z1")]), [0]);
    network.time += 73 * 3_600_000;
    assert_eq!(network.submit(1, &[event("ObjectEvent", &of("Z9", "receiving"))]), [0]);
    assert_eq!(network.submit(0, &[shipment("Z2")]), [0]);
    network.decide(&[]).unwrap();
    let mut read = network.store.clone();
    while let Some(writes) = reading::read_on(&read, network.ledger.head.height).unwrap() {
        read.apply(&writes);
    }
    assert_eq!(check(&read, &network.genesis).differences, []);
    // Shipments by who receives, what is due, what counts less, shipments by who ships, receipts, what was taken, the last
    // shipments.
    for tag in [22, 23, 24, 25, 26, 28, 29] {
        let rows = scan(&read, Table::Reading, &[tag], &[tag + 1]);
        let (key, value) = rows.first().unwrap_or_else(|| panic!("no row {tag}"));
        for changed in [None, Some([value.as_slice(), &[1]].concat())] {
            let mut writes = WriteSet::default();
            match changed {
                Some(value) => writes.put(Table::Reading, key, value),
                None => writes.delete(Table::Reading, key),
            }
            let mut store = read.clone();
            store.apply(&writes);
            let found = check(&store, &network.genesis).differences;
            assert!(found.iter().any(|fault| fault.table == Table::Reading && fault.key == *key), "{tag} {found:?}");
        }
    }
}

/// What is left once payloads are erased, with what was read out of them.
fn without_index(read: &MemoryRead, places: &[PayloadPlace]) -> MemoryRead {
    let writes = reading::forget(read, &places.iter().map(|place| (place.height, place.index)).collect::<Vec<_>>());
    let writes = writes.unwrap();
    assert!(!writes.is_empty());
    let mut erased = without_payloads(read, places);
    erased.apply(&writes);
    erased
}

/// Goal: where records of contracts are is made anew too, and goes with what is erased: with a contract's first record all
/// of it. Method: a contract of two firms, their records and those of a third; then its second record is erased, and its
/// first.
#[test]
fn contracts_are_read_out_of_bodies() {
    let (seller, buyer, strange) =
        ("urn:uscc:91440115DEMA00013J", "urn:uscc:91440106DEMA000484", "urn:uscc:91440104DEMA001013");
    let mut network = network(15, 2);
    let say = |network: &mut TestLedger, member: usize, kind: &str, members: &str| {
        let payload = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"{}","eventTime":"2026-10-31T13:00:00Z",{members}}}"#,
            event_id()
        );
        let device = network.members[member].device.clone();
        let signed = network.sign_with(member, &device, record_type::CONTRACT, &[payload]);
        let verified = network.verify(signed).unwrap();
        assert_eq!(network.decide(&[verified]).unwrap()[0].code, 0);
        let place = PayloadPlace { height: network.ledger.head.height, index: 0 };
        let record = Reader::new(&network.store).record(place.height, 0).unwrap().unwrap();
        (place, record.record(place.height, 0).hash())
    };
    let obligation = format!(
        r#"{{"id":"1","kind":"deliver","debtor":"{seller}","creditor":"{buyer}","quantity":1000,"due":"2026-11-30T00:00:00Z"}}"#
    );
    let text = "0".repeat(64);
    let members = format!(
        r#""parties":[{{"organisation":"{seller}","role":"seller"}},{{"organisation":"{buyer}","role":"buyer"}}],"category":"goods","textCommitment":"{text}","sizeBand":2,"obligations":[{obligation}]"#
    );
    let (first, id) = say(&mut network, 0, "Contract", &members);
    let consent = format!(r#""contract":"{id}","to":"{id}","sizeBand":2"#);
    // One who is no party is in nobody's file.
    say(&mut network, 2, "ContractConsent", &consent);
    let (second, _) = say(&mut network, 1, "ContractConsent", &consent);
    // Nor does one make a contract of two others.
    let (_, forged) = say(&mut network, 2, "Contract", &members);
    say(&mut network, 1, "ContractConsent", &consent.replace(&id.to_string(), &forged.to_string()));
    network.decide(&[]).unwrap();
    let mut read = network.store.clone();
    while let Some(writes) = reading::read_on(&read, network.ledger.head.height).unwrap() {
        read.apply(&writes);
    }
    let at = (network.ledger.head.height, network.ledger.head.time);
    let contract = |store: &MemoryRead| {
        let found = reading::contract(store, &network.ledger.directory, &id, at, Calendar::first()).unwrap();
        found.map(|(contract, _)| (contract.state, contract.records.len(), contract.voids.len()))
    };
    let contracts = |store: &MemoryRead, of: &str| reading::contracts_of(store, of, at.0).unwrap();
    assert_eq!(contract(&read), Some((ContractState::Active, 2, 0)));
    for (firm, own) in [(seller, 1), (buyer, 1), (strange, 0)] {
        assert_eq!(contracts(&read, firm).len(), own, "{firm}");
    }
    assert_eq!(check(&read, &network.genesis).differences, []);
    let erased = without_index(&read, &[second]);
    assert_eq!(contract(&erased), Some((ContractState::Proposed, 1, 0)));
    assert_eq!(check(&erased, &network.genesis).differences, []);
    let erased = without_index(&read, &[first]);
    assert_eq!((contract(&erased), contracts(&erased, buyer).len()), (None, 0));
    assert_eq!(check(&erased, &network.genesis).differences, []);
}

/// An event that its profile scores: a shipment of food at a time, with all of these members beside.
fn shipment(time: &str, members: &str) -> String {
    let members = format!(
        r#""@context":[{{"suyuan":"https://suyuan.example/ns/"}}],"epcList":["{UNIT}"],"action":"OBSERVE","bizStep":"shipping","disposition":"in_transit","suyuan:productClass":"FOOD","suyuan:recordType":"F7.SHIP"{members}"#
    );
    event_at("ObjectEvent", time, &members)
}

const DAY: i64 = 86_400_000;
const UNIT: &str = "https://id.gs1.org/01/09521001001014/21/TRACED";

/// Goal: what a firm's events count for completeness and timeliness is summed by the month in which it was recorded and by class, is the same at any height
/// from then on, is confirmed by another firm that goes on with what was recorded, and is made anew without what is erased.
/// Method: events of two months in several blocks, of which one says more than the others; the other's receipt; then single
/// payloads erased, each against an index that was made without them.
#[test]
fn traces_are_summed() {
    let firm = "urn:uscc:91440115DEMA00013J";
    let mut network = network(15, 2);
    let say = |network: &mut TestLedger, member: usize, payloads: &[String]| {
        let signed = network.sign(member, payloads);
        let verified = network.verify(signed).unwrap();
        assert!(network.decide(&[verified]).unwrap().iter().all(|receipt| receipt.code == 0));
        network.ledger.head.height
    };
    let full = r#","suyuan:vehicle_class":"chilled","suyuan:eta":"2026-10-09""#;
    let first = say(&mut network, 0, &[shipment("2026-10-31T11:00:00Z", ""), shipment("2026-10-31T11:30:00Z", full)]);
    let second = say(&mut network, 0, &[shipment("2026-10-28T11:00:00Z", "")]);
    // December begins in China.
    network.time = START + 29 * DAY + 17 * DAY / 24;
    let unscored = event("ObjectEvent", &format!(r#""epcList":["{UNIT}"],"action":"OBSERVE""#));
    let to = r#","destinationList":[{"type":"owning_party","destination":"urn:uscc:91440106DEMA000484"}]"#;
    let before = say(&mut network, 0, &[unscored, shipment("2026-08-31T20:00:00Z", to)]);
    let received =
        shipment("2026-10-31T12:00:00Z", "").replace("shipping", "receiving").replace("F7.SHIP", "F9.RECEIVE");
    let receipt = say(&mut network, 1, &[received.replace("in_transit", "in_progress")]);
    let mut read = network.store.clone();
    while let Some(writes) = reading::read_on(&read, network.ledger.head.height).unwrap() {
        read.apply(&writes);
    }
    let facts = |store: &MemoryRead, height: u64| {
        let data = (Calendar::first(), RepairPolicies::first());
        let at = (height, network.ledger.head.time);
        let file = reading::file(store, &network.ledger.directory, firm, at, data).unwrap();
        let facts = file.facts().into_iter();
        facts.map(|fact| (fact.id, fact.value, fact.mass, fact.source, fact.evidence.len())).collect::<Vec<_>>()
    };
    let last = network.ledger.head.height;
    let values = |store: &MemoryRead, height: u64| {
        facts(store, height).into_iter().map(|(id, value, ..)| (id, value)).collect::<Vec<_>>()
    };
    let all = facts(&read, last);
    let ids: Vec<&str> = all.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids, ["TRC.FOOD.2026-11", "TRT.FOOD.2026-11", "TRC.FOOD.2026-12", "TRT.FOOD.2026-12"]);
    let mean = all[0].1;
    assert!(mean > 0 && mean < 1_000, "{all:?}");
    // Two in time, one of three days before that has a day, and one of months before.
    assert_eq!((all[1].1, all[3].1), ((1_000 + 1_000 + 500) / 3, 0));
    let sources: Vec<Source> = all.iter().map(|(.., source, _)| *source).collect();
    assert_eq!(sources, [Source::OneSide, Source::OneSide, Source::BothSides, Source::BothSides]);
    assert!(facts(&read, before).iter().all(|(.., source, _)| *source == Source::OneSide));
    let then = values(&read, first);
    assert_eq!((then.len(), then[0].0.as_str(), then[1].1), (2, ids[0], 1_000));
    assert!(then[0].1 > mean, "the one that says more counts more: {then:?}");
    assert_eq!(facts(&read, first - 1), []);
    assert_eq!(check(&read, &network.genesis).differences, []);
    for erased in [
        &[(first, 0)][..],
        &[(first, 1)],
        &[(second, 0)],
        &[(first, 0), (first, 1)],
        &[(receipt, 0)],
        &[(first, 1), (second, 0), (receipt, 0)],
    ] {
        let places: Vec<PayloadPlace> =
            erased.iter().map(|(height, index)| PayloadPlace { height: *height, index: *index }).collect();
        let left = without_index(&read, &places);
        assert_eq!(check(&left, &network.genesis).differences, [], "{erased:?}");
        assert_ne!(facts(&left, last), all, "{erased:?}");
    }
    let left = without_index(&read, &[PayloadPlace { height: first, index: 1 }]);
    assert!(facts(&left, last)[0].1 < mean);
}
