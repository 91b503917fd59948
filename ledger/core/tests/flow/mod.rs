//! Shipments of the parts maker to the assembler, and what is read of them however blocks are cut and whatever is erased.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::actors::{World, rows, time};
use serde_json::{Value, json};
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::reading::Place;
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::credit::{Indicator, reading};
use suyuan_ledger::derive::Step;
use suyuan_ledger::kv::{Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::record::{Role, Standing};
use suyuan_ledger::state::records;
use suyuan_ledger::state::subject::{StoredRecord, place_key};
use suyuan_ledger::submission::record_type;

pub const HOUR: i64 = 3_600_000;
/// The parts maker's, and the assembler's GLN.
pub const GTIN: &str = "09521013001019";
pub const MAKER: &str = "9521013000012";
pub const ASSEMBLER: &str = "9521014000011";
pub const LOT: &str = "L1";

/// A ledger on which the lot was made, at hour zero.
pub struct Flow {
    pub world: World,
    pub start: i64,
}

pub fn lot(name: &str) -> Value {
    json!([{"epcClass": format!("https://id.gs1.org/01/{GTIN}/10/{name}"), "quantity": 10}])
}

pub fn item(number: u32) -> String {
    format!("https://id.gs1.org/01/{GTIN}/21/{number:04}")
}

pub fn case(number: u32) -> String {
    format!("https://id.gs1.org/00/0952101300000{number:05}")
}

pub fn parties(side: &str, gln: &str) -> Value {
    let of = |kind: &str, key: u32| json!({"type": kind, side: format!("https://id.gs1.org/{key}/{gln}")});
    json!([of("owning_party", 417), of("location", 414)])
}

pub fn stamp(at: i64) -> String {
    let stamp = suyuan_epcis::time::Stamp { seconds: at / 1_000, nanoseconds: 0 };
    stamp.to_utc_milliseconds(suyuan_epcis::time::Rounding::HalfUp).unwrap()
}

/// A shipment of the lot with all that its profile asks for.
pub fn shipment() -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
        "quantityList": lot(LOT), "destinationList": parties("destination", ASSEMBLER),
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521013000012:1"}],
        "suyuan:recordType": "F7.SHIP", "suyuan:productClass": "OTHER", "suyuan:vehicle_class": "ambient",
        "suyuan:eta": "2026-10-06T09:00:00.000Z",
    })
}

/// A receipt of the lot, likewise.
pub fn receipt() -> Value {
    let number = |milli: u64| json!({"suyuan:milli": milli});
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "completeness_verified",
        "quantityList": lot(LOT), "sourceList": parties("source", MAKER),
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521013000012:1"}],
        "suyuan:recordType": "F9.RECEIVE", "suyuan:productClass": "OTHER", "suyuan:cross_ref": "1".repeat(64),
        "suyuan:accepted_qty": number(10_000), "suyuan:short_qty": number(0), "suyuan:damaged_qty": number(0),
    })
}

/// With other members than an event has; what is null it has not.
pub fn with(mut event: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    event
}

/// Instead of the lot.
pub fn of_things(event: Value, things: &[String]) -> Value {
    with(event, json!({"quantityList": null, "epcList": things}))
}

impl Flow {
    pub fn new() -> Flow {
        let world = World::new("2026-10-01T00:00:00+08:00");
        let start = time("2026-10-05T09:00:00+08:00");
        let mut flow = Flow { world, start };
        let made = json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"});
        flow.say("parts", -HOUR, with(made.clone(), json!({"quantityList": lot(LOT)})));
        let things: Vec<String> = (0..200).map(item).chain((0..4).map(case)).collect();
        flow.say("parts", -HOUR + 1_000, of_things(made, &things));
        flow
    }

    /// Captures an event in a block of a time after the start: its height.
    pub fn say(&mut self, who: &str, after: i64, event: Value) -> u64 {
        self.world.next += 1;
        let id = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.world.next);
        let at = self.start + after;
        self.say_as(who, at, with(event, json!({"eventID": id, "eventTime": stamp(at)})))
    }

    pub fn say_as(&mut self, who: &str, at: i64, event: Value) -> u64 {
        self.world.say(who, record_type::EPCIS, at, &[payload(event)]);
        assert_eq!(self.world.network.ledger.head.time, at);
        self.world.network.ledger.head.height
    }

    /// Captures events of several, each of whom is named once, in one block.
    pub fn block(&mut self, after: i64, said: &[(&str, Vec<Value>)]) -> u64 {
        let at = self.start + after;
        self.world.network.time = self.world.network.time.max(at - 1_000);
        let mut verified = Vec::new();
        for (who, events) in said {
            let payloads = events.iter().map(|event| {
                self.world.next += 1;
                let id = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.world.next);
                let own =
                    if event["eventID"].is_null() { json!({"eventID": id, "eventTime": stamp(at)}) } else { json!({}) };
                payload(with(event.clone(), own))
            });
            let (payloads, member) = (payloads.collect::<Vec<String>>(), self.world.member(who));
            let device = self.world.network.members[member].device.clone();
            let signed = self.world.network.sign_with(member, &device, record_type::EPCIS, &payloads);
            verified.push(self.world.network.verify(signed).unwrap());
        }
        let receipts = self.world.network.decide(&verified).unwrap();
        assert!(receipts.iter().all(|receipt| receipt.code == 0), "{receipts:?} {said:?}");
        assert_eq!(self.world.network.ledger.head.time, at);
        self.world.network.ledger.head.height
    }

    /// Something else is recorded: its height.
    pub fn tick(&mut self, after: i64) -> u64 {
        self.say("amr", after, json!({"type": "ObjectEvent", "action": "OBSERVE", "epcList": [case(99_999)]}))
    }

    /// The last event of one who says it at its hour is declared erroneous.
    pub fn declare(&mut self, who: &str, said: i64, after: i64, event: Value) -> u64 {
        let id = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.world.next);
        let reason =
            json!({"declarationTime": stamp(self.start + after), "reason": "urn:epcglobal:cbv:er:did_not_occur"});
        let event =
            with(event, json!({"eventID": id, "eventTime": stamp(self.start + said), "errorDeclaration": reason}));
        self.say_as(who, self.start + after, event)
    }

    /// What a firm's events count for completeness as of a height; none without any.
    pub fn complete(&self, firm: &str, height: u64) -> Option<u16> {
        complete(&self.world, &self.world.store(), firm, height)
    }

    pub fn now(&self, firm: &str) -> Option<u16> {
        self.complete(firm, self.world.network.ledger.head.height)
    }

    /// What both sides' events count a day after the shipment was due.
    pub fn both(&mut self) -> (Option<u16>, Option<u16>) {
        self.tick(96 * HOUR);
        check(&self.world);
        (self.now("parts"), self.now("assembler"))
    }
}

pub fn payload(event: Value) -> String {
    let members = json!({
        "@context": [{"suyuan": "https://suyuan.example/ns/"}], "eventTimeZoneOffset": "+08:00",
        "readPoint": {"id": "https://id.gs1.org/414/9521011000014"},
    });
    with(event, members).to_string()
}

pub fn complete(world: &World, store: &MemoryRead, firm: &str, height: u64) -> Option<u16> {
    let (ledger, data) = (&world.network.ledger, (Calendar::first(), RepairPolicies::first()));
    let file = reading::file(store, &ledger.directory, &world.uri(firm), (height, ledger.head.time), data).unwrap();
    let facts = file.facts().into_iter();
    let mut facts = facts.filter(|fact| fact.indicator == Indicator::TraceCompleteness).map(|fact| fact.value);
    let first = facts.next();
    assert_eq!(facts.next(), None);
    first
}

/// All that was read out of bodies, up to each of these heights after the other.
pub fn read_up_to(store: &MemoryRead, heights: impl Iterator<Item = u64>) -> MemoryRead {
    let mut store = store.clone();
    for height in heights {
        while let Some(writes) = reading::read_on(&store, height).unwrap() {
            store.apply(&writes);
        }
    }
    store
}

/// The rows of these kinds.
pub fn rows_of(store: &MemoryRead, tags: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows(store).into_iter().filter(|(key, _)| tags.contains(&key[0])).collect()
}

/// What waits: lists of shipments, what is due, what was sent, early receipts, the last shipments of things.
pub const OPEN: [u8; 5] = [22, 23, 25, 26, 29];

/// All events, in their order.
pub fn records_of(store: &MemoryRead, head: u64) -> Vec<(Place, StoredRecord)> {
    let mut found = Vec::new();
    records::scan(store, (1, 0), (head + 1, 0), &mut |place, record| {
        found.push((place, record));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// Numbers that look random, the same for one seed.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// However blocks are cut, the same is read as at once.
pub fn check_cuts(world: &World) -> MemoryRead {
    let (network, head) = (&world.network, world.network.ledger.head.height);
    let read = read_up_to(&network.store, std::iter::once(head));
    assert_eq!(rows(&read), rows(&read_up_to(&network.store, 1..=head)));
    for seed in 1..=4 {
        let mut numbers = Numbers(seed);
        let cuts: Vec<u64> = (1..=head).filter(|height| numbers.below(3) == 0 || *height == head).collect();
        assert_eq!(rows(&read), rows(&read_up_to(&network.store, cuts.iter().copied())), "{cuts:?}");
    }
    read
}

/// So it is, and whichever event is erased, what is left is what is read without it.
pub fn check(world: &World) {
    check_erased(world, 1);
}

/// The same with every so-manieth event erased.
pub fn check_erased(world: &World, step: usize) {
    let (network, head) = (&world.network, world.network.ledger.head.height);
    let read = check_cuts(world);
    let places: Vec<Place> = records_of(&network.store, head).into_iter().map(|(place, _)| place).collect();
    let pairs = places.windows(2).map(<[Place]>::to_vec);
    for places in places.iter().map(|place| vec![*place]).chain(pairs).step_by(step) {
        let mut without = WriteSet::default();
        places.iter().for_each(|(height, index)| without.delete(Table::Payload, place_key(*height, *index)));
        let mut left = read.clone();
        left.apply(&reading::forget(&read, &places).unwrap());
        left.apply(&without);
        let mut store = network.store.clone();
        store.apply(&without);
        assert_eq!(rows(&left), rows(&read_up_to(&store, std::iter::once(head))), "{places:?}");
    }
}

/// Which events count less from which height on, by the rule as it is written; no things in others, and few enough.
pub fn model(store: &MemoryRead, head: u64) -> BTreeSet<(u64, Place)> {
    let all: BTreeMap<Place, StoredRecord> = records_of(store, head).into_iter().collect();
    let things = |record: &StoredRecord, standing: Standing| -> BTreeSet<u64> {
        let is_moved = |role: u8| [Role::Epc as u8, Role::Parent as u8, Role::Child as u8].contains(&role);
        let runs = record.runs.iter().filter(|run| is_moved(run.role) && run.standing >= standing as u8);
        runs.flat_map(|run| run.first..run.first + u64::from(run.count)).collect()
    };
    let shipped = |place: &Place| things(&all[place], Standing::Holder);
    let due = |place: &Place| all[place].block_time + 72 * HOUR;
    // What waits, what can be voided, by which receipts a shipment that comes is received, and the last shipment of each thing
    // to each receiver, if it was not received in time so far.
    let (mut open, mut sent) = (BTreeSet::<Place>::new(), BTreeSet::<Place>::new());
    let (mut early, mut last) = (BTreeSet::<Place>::new(), BTreeMap::<(u64, u64), Place>::new());
    let mut less = BTreeSet::new();
    for height in 1..=head {
        let within: Vec<(&Place, &StoredRecord)> = all.range((height, 0)..(height + 1, 0)).collect();
        let Some(time) = within.first().map(|(_, record)| record.block_time) else { continue };
        for is_over in [false, true] {
            let is_past = |end: i64| if is_over { end <= time } else { end < time };
            less.extend(open.iter().filter(|place| is_past(due(place))).map(|place| (height, *place)));
            open.retain(|place| !is_past(due(place)));
            early.retain(|place| !is_past(due(place)));
            sent.retain(|place| !is_past(due(place) + 30 * 24 * HOUR));
            last.retain(|_, place| sent.contains(place));
            if is_over {
                break;
            }
            for (place, record) in &within {
                let named = things(record, Standing::Bystander);
                let mut closed = BTreeSet::new();
                if let Some(own) = record.runs.iter().find(|run| run.role == Role::Own as u8) {
                    let (target, _) = all.iter().find(|(_, one)| one.own == own.first).unwrap();
                    closed.insert(*target);
                    early.remove(target);
                } else if record.effect.step() == Some(Step::VoidShipping) {
                    let mut rest = named;
                    for one in sent.iter().rev().filter(|one| all[*one].author == record.author) {
                        if shipped(one).is_subset(&rest) {
                            rest.retain(|thing| !shipped(one).contains(thing));
                            closed.insert(*one);
                        }
                    }
                } else if let Some(to) = record.effect.ships_to().filter(|to| *to != record.author) {
                    let own = shipped(place);
                    let is_of = |one: &Place| {
                        all[one].author == to && !things(&all[one], Standing::Bystander).is_disjoint(&own)
                    };
                    last.retain(|(by, thing), _| *by != to || !own.contains(thing));
                    if !own.is_empty() && !early.iter().any(is_of) {
                        last.extend(own.iter().map(|thing| ((to, *thing), **place)));
                        open.insert(**place);
                        sent.insert(**place);
                    }
                } else if record.effect.step() == Some(Step::Receiving) {
                    let is_of = |one: &&Place| {
                        all[*one].effect.ships_to() == Some(record.author) && !named.is_disjoint(&shipped(one))
                    };
                    closed.extend(open.iter().filter(is_of));
                    last.retain(|_, one| !closed.contains(one));
                    if named.iter().any(|thing| last.contains_key(&(record.author, *thing))) {
                        less.insert((height, **place));
                    }
                    early.insert(**place);
                }
                open.retain(|one| !closed.contains(one));
                sent.retain(|one| !closed.contains(one));
                last.retain(|_, one| !closed.contains(one));
            }
        }
    }
    less
}

/// Which events count less from which height on, as it was read.
pub fn lowered(store: &MemoryRead) -> BTreeSet<(u64, Place)> {
    let number = |key: &[u8], from_end: usize| {
        let from = key.len() - from_end;
        u64::from_be_bytes(key[from..from + 8].try_into().unwrap())
    };
    let index = |key: &[u8]| u32::from_be_bytes(*key.last_chunk().unwrap());
    let less = rows_of(store, &[24]);
    less.iter().map(|(key, _)| (number(key, 20), (number(key, 12), index(key)))).collect()
}
