//! Goal: what is over goes from every node as one, and nothing that was decided changes by it. Method: a firm with penalties
//! repaired together, one that stands, findings, objections and applications that came to nothing; removals that may not be;
//! then the bodies erased that a removal names, against what was there before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod actors;
mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use actors::{World, day};
use serde_json::{Value, json};
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::file::{CreditFile, Void};
use suyuan_ledger::credit::record::Removed;
use suyuan_ledger::credit::removal::{self, bodies_of, done};
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::credit::{Parameters, PenaltyState, Profile, Published, reading};
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::record_type;

type Place = (u64, u32);

fn hash(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn penalty(decided: &str, delivered: bool) -> Value {
    let mut penalty = json!({"decisionNo": "no. 7", "basis": "law", "class": "general", "decided": decided});
    if delivered {
        penalty["repairNotice"] = json!(hash('a'));
        penalty["deliveryReceipt"] = json!(hash('b'));
    }
    penalty
}

fn read(world: &World, mut store: MemoryRead) -> MemoryRead {
    while let Some(writes) = reading::read_on(&store, world.network.ledger.head.height).unwrap() {
        store.apply(&writes);
    }
    store
}

fn file_at(world: &World, store: &MemoryRead, height: u64) -> CreditFile<'static> {
    let (directory, head) = (&world.network.ledger.directory, &world.network.ledger.head);
    let data = (Calendar::first(), RepairPolicies::first());
    reading::file(store, directory, &world.uri("dairy"), (height, head.time), data).unwrap()
}

fn erased(whole: &MemoryRead, places: &[Place]) -> MemoryRead {
    let (mut left, mut writes) = (whole.clone(), WriteSet::default());
    for place in places {
        writes.delete(Table::Payload, [place.0.to_be_bytes().as_slice(), &place.1.to_be_bytes()].concat());
    }
    left.apply(&reading::forget(whole, places).unwrap());
    left.apply(&writes);
    left
}

struct Case {
    world: World,
    together: [String; 2],
    stands: String,
    finding: String,
    /// The heights of all records, by their hashes.
    heights: BTreeMap<String, u64>,
    /// The records that go: their hashes.
    gone: BTreeSet<String>,
    decided: u64,
}

fn case() -> Case {
    let mut world = World::new("2026-07-01T00:00:00+08:00");
    let mut heights = BTreeMap::new();
    let mut say = |who: &str, at: &str, kind: &str, members: Value| {
        let record = world.credit(who, "dairy", &format!("{at}T09:00:00+08:00"), kind, members);
        heights.insert(record.clone(), world.network.ledger.head.height);
        record
    };
    let first = say("amr", "2026-07-10", "Penalty", penalty("2026-07-10", true));
    let second = say("amr", "2026-07-11", "Penalty", penalty("2026-07-09", true));
    let stands = say("amr", "2026-07-11", "Penalty", penalty("2026-07-11", true));
    let sampling = json!({"date": "2026-07-09", "result": "fail", "report": hash('c'), "penalty": first});
    let finding = say("amr", "2026-07-12", "Inspection", sampling);
    let other = json!({"date": "2026-07-08", "result": "fail", "report": hash('d')});
    say("amr", "2026-07-12", "Inspection", other);
    let statement = |target: &str| json!({"target": target, "kind": "fact", "statement": hash('e')});
    let objection = say("dairy", "2026-07-13", "Objection", statement(&finding));
    let refused = json!({"objection": objection, "step": "refuse", "reasons": hash('f')});
    let refused = say("amr", "2026-07-14", "ObjectionStep", refused);
    say("dairy", "2026-07-13", "Objection", statement(&stands));
    let pledge = json!({"text": hash('1'), "duty": "food safety", "due": "2027-07-10"});
    let pledge = say("dairy", "2026-10-01", "Pledge", pledge);
    let apply = |targets: &[&String]| json!({"targets": targets, "pledge": pledge, "dutiesDone": [hash('2')]});
    // Too early: it comes to nothing.
    let early = say("dairy", "2026-10-02", "Repair", apply(&[&first]));
    let repair = say("dairy", "2026-10-12", "Repair", apply(&[&first, &second]));
    let accept = say("amr", "2026-10-13", "RepairStep", json!({"repair": repair, "step": "accept"}));
    let decide = json!({"repair": repair, "step": "decide", "result": "repaired"});
    let decide = say("amr", "2026-10-22", "RepairStep", decide);
    let decided = world.network.ledger.head.height;
    let gone = [&first, &second, &finding, &objection, &refused, &early, &repair, &accept, &decide];
    let gone = gone.into_iter().cloned().collect();
    Case { world, together: [first, second], stands, finding, heights, gone, decided }
}

/// Hands in the first penalty again, which is refused: its place.
fn handed_in_twice(world: &mut World) -> Place {
    let (member, mut payload) = (world.member("amr"), None);
    world
        .network
        .store
        .scan(Table::Payload, &[], &[u8::MAX; 16], &mut |_, value| {
            let text = String::from_utf8(value[16..].to_vec()).unwrap();
            payload = Some(text).filter(|text| text.contains("suyuan:Penalty"));
            payload.is_none()
        })
        .unwrap();
    let device = world.network.members[member].device.clone();
    let signed = world.network.sign_with(member, &device, record_type::CREDIT, &[payload.unwrap()]);
    let verified = world.network.verify(signed).unwrap();
    let receipts = world.network.decide(&[verified]).unwrap();
    assert_eq!(receipts[0].code, 201);
    (world.network.ledger.head.height, 0)
}

#[test]
fn what_is_over_goes_as_one() {
    let Case { mut world, together, stands, finding, heights, gone, decided } = case();
    let today = day("2026-10-23");
    let removable: Vec<String> = world.file("dairy").removable(today).iter().map(ToString::to_string).collect();
    assert_eq!(removable.into_iter().collect::<BTreeSet<_>>(), together.iter().cloned().collect());

    let at = "2026-10-23T09:00:00+08:00";
    let ask = |world: &mut World, who: &str, targets: &[&String]| {
        let target = |hash: &&String| json!({"record": hash, "height": heights[*hash], "index": 0});
        let targets: Vec<Value> = targets.iter().map(target).collect();
        let record = world.credit(who, "dairy", at, "Removal", json!({"targets": targets}));
        let file = world.file("dairy");
        let void = file.voids.iter().find(|(hash, _)| hash.to_string() == record).map(|(_, void)| *void);
        (record, void)
    };
    let both: Vec<&String> = together.iter().collect();
    assert_eq!(ask(&mut world, "amr", &[&stands]).1, Some(Void::Transition));
    assert_eq!(ask(&mut world, "amr", &[&together[0]]).1, Some(Void::WrongTarget), "half of a repair");
    assert_eq!(ask(&mut world, "amr", &[both[0], both[1], &finding]).1, Some(Void::WrongTarget));
    for other in ["dist", "dairy"] {
        let (own, _) = ask(&mut world, other, &both);
        assert!(!world.file("dairy").removals().keys().any(|hash| hash.to_string() == own), "{other}");
    }
    let unknown = json!({"targets": [{"record": hash('9'), "height": 1, "index": 0}]});
    let unknown = world.credit("amr", "dairy", at, "Removal", unknown);
    assert!(!world.file("dairy").removals().keys().any(|hash| hash.to_string() == unknown));
    // Handed in twice it is kept twice.
    let twice = handed_in_twice(&mut world);
    let (removal, void) = ask(&mut world, "amr", &both);
    assert_eq!(void, None);
    assert_eq!(ask(&mut world, "amr", &both).1, Some(Void::Transition), "it is removed");
    world.credit("dist", "dairy", at, "RemovalDone", json!({"removal": unknown}));
    world.credit("dist", "dairy", at, "RemovalDone", json!({"removal": removal}));
    world.credit("dist", "dairy", at, "RemovalDone", json!({"removal": removal}));
    world.credit("amr", "dairy", at, "RemovalDone", json!({"removal": removal}));

    let whole = read(&world, world.network.store.clone());
    let (directory, head) = (&world.network.ledger.directory, world.network.ledger.head.height);
    let asked = removal::removals(&whole, 0, head).unwrap();
    let of: Vec<bool> = asked.iter().map(|one| one.record.to_string() == removal).collect();
    assert_eq!(of, [false, false, false, false, true, false], "only an authority's are any");
    let asked = &asked[4];
    assert_eq!(removal::removals(&whole, asked.place.0, u64::MAX).unwrap().len(), 1);
    let said = done(&whole, directory, &asked.record).unwrap();
    assert_eq!(said, [world.uri("dist"), world.uri("amr")].into_iter().collect());

    let file = file_at(&world, &whole, head);
    let places = bodies_of(&whole, directory, asked, &file).unwrap();
    let hash_of = |place: &Place| {
        let record = Reader::new(&whole).record(place.0, place.1).unwrap();
        record.map(|record| record.record(place.0, place.1).hash().to_string())
    };
    assert_eq!(places.iter().filter_map(hash_of).collect::<BTreeSet<_>>(), gone);
    let refused: Vec<Place> = places.iter().filter(|place| hash_of(place).is_none()).copied().collect();
    assert_eq!(refused, [twice]);

    // Once it is removed the file is as without the bodies.
    assert_eq!(file.removable(today), BTreeSet::new());
    let before = file_at(&world, &whole, asked.place.0 - 1);
    let to_remove = removal::removable(&whole, directory, &before, today).unwrap();
    assert_eq!(to_remove.iter().map(|one| one.record.to_string()).collect::<BTreeSet<_>>(), together.into());
    assert!(to_remove.iter().all(|one| removal::is_there(&whole, directory, one).unwrap()));
    let elsewhere = Removed { place: (to_remove[0].place.0, 1), ..to_remove[0] };
    assert!(!removal::is_there(&whole, directory, &elsewhere).unwrap());

    // Nothing that was decided changes, at this height or any later one; and again there is nothing to do.
    let left = erased(&whole, &places);
    let now = file_at(&world, &left, head);
    assert_eq!((now.facts(), now.status(today)), (file.facts(), file.status(today)));
    assert_eq!((&now.objections, &now.repairs), (&file.objections, &file.repairs));
    let mut status = before.status(today);
    status.penalties.retain(|penalty| penalty.state != PenaltyState::Repaired);
    assert_eq!((before.facts(), status), (now.facts(), now.status(today)));
    for height in [decided, head] {
        let of = |store: &MemoryRead| {
            Published::of(&file_at(&world, store, height), Profile::Food, (height, today), Parameters::first())
        };
        assert_eq!(of(&left), of(&whole), "{height}");
    }
    // What was published before can't be computed again, what is published from now on can.
    let first = to_remove.iter().map(|one| one.place.0).min().unwrap();
    let subject = world.uri("dairy");
    let hides =
        |store: &MemoryRead, at: u64, of: u64| removal::hides(store, directory, &subject, ((at, 0), of)).unwrap();
    let published = [(decided, first - 1), (decided, first), (asked.place.0, first), (asked.place.0 + 1, first)];
    assert_eq!(published.map(|(at, of)| hides(&left, at, of)), [false, true, true, false]);
    assert!(!hides(&whole, decided, first), "it is all there");
    let is_before = |of: u64, at: u64| removal::is_before_removal(&left, &subject, (of, (at, 0))).unwrap();
    let first_asked = removal::removals(&whole, 0, head).unwrap()[0].place.0;
    let published = [(decided, first_asked), (decided, first_asked + 1), (head, head + 1)];
    assert_eq!(published.map(|(of, at)| is_before(of, at)), [false, true, false]);
    assert!(now.removals().contains_key(&asked.record), "it stands without the bodies too");
    assert_eq!(bodies_of(&left, directory, asked, &now).unwrap(), []);
    assert_eq!((now.objections.len(), now.repairs.len()), (1, 0));
    assert_eq!(now.removable(today), BTreeSet::new());
    // What is read anew without the bodies is what is left.
    let mut without = world.network.store.clone();
    let mut writes = WriteSet::default();
    for place in &places {
        writes.delete(Table::Payload, [place.0.to_be_bytes().as_slice(), &place.1.to_be_bytes()].concat());
    }
    without.apply(&writes);
    let rows = |store: &MemoryRead| {
        let mut rows = Vec::new();
        let visit = &mut |key: &[u8], value: &[u8]| {
            rows.push((key.to_vec(), value.to_vec()));
            true
        };
        store.scan(Table::Reading, &[], &[u8::MAX], visit).unwrap();
        rows
    };
    assert_eq!(rows(&read(&world, without)), rows(&left));
}

// What is still to be decided is not removed; what has ended by itself is.
#[test]
fn what_is_not_over_stays() {
    let Case { world, stands, .. } = case();
    let file = world.file("dairy");
    let named = |on: &str| file.removable(day(on)).iter().any(|hash| hash.to_string() == stands);
    // Its publication ends on 2027-07-11, and an objection to it waits.
    assert_eq!(["2027-07-10", "2027-07-11"].map(named), [false, false]);
    let mut world = world;
    let objection = world.file("dairy").objections.iter().find(|(_, one)| one.due.is_some()).unwrap().0.to_string();
    let refused = json!({"objection": objection, "step": "refuse", "reasons": hash('f')});
    world.credit("amr", "dairy", "2026-10-24T09:00:00+08:00", "ObjectionStep", refused);
    let file = world.file("dairy");
    let named = |on: &str| file.removable(day(on)).iter().any(|hash| hash.to_string() == stands);
    assert_eq!(["2027-07-10", "2027-07-11"].map(named), [false, true]);
}
