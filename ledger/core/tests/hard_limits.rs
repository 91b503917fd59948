//! The hard limits of `01-seed-systems.md` §1.5 that concern credit: each test tries to break one. (Limit 2 is of purposes, limit 7
//! of grants, which are not there yet.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use actors::World;
use serde_json::{Value, json};
use suyuan_epcis::identifier::Uscc;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::catalogue::Catalogue;
use suyuan_ledger::credit::file::{CreditFile, Void};
use suyuan_ledger::credit::kind::RecordKind;
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::record::CreditRecord;
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::credit::{Assessment, Evidence, Indicator, Parameters, PenaltyState, Profile, Published};
use suyuan_ledger::day::Day;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::records;

const AT: &str = "2026-11-02T09:00:00+08:00";

fn hash(digit: char) -> String {
    String::from(digit).repeat(64)
}

fn record(subject: &str, kind: &str, members: &Value) -> Value {
    let mut record = members.clone();
    record["type"] = json!(format!("suyuan:{kind}"));
    record["eventID"] = json!("urn:uuid:00000000-0000-4000-8000-000000000001");
    record["eventTime"] = json!(AT);
    record["subject"] = json!(subject);
    record
}

fn refused(subject: &str, kind: &str, members: &Value) -> Option<(String, String)> {
    let error = CreditRecord::parse(record(subject, kind, members).to_string().as_bytes()).err();
    error.map(|error| (error.pointer, error.argument))
}

/// What an authority may say of a firm that lowers its grade, each with all that it must have.
fn negatives() -> Vec<(&'static str, Value)> {
    let (notice, receipt) = (hash('a'), hash('b'));
    vec![
        (
            "Penalty",
            json!({"decisionNo": "1", "basis": "x", "class": "serious", "decided": "2026-07-10", "repairNotice": notice, "deliveryReceipt": receipt}),
        ),
        (
            "Listing",
            json!({"list": "x", "decisionNo": "2", "basis": "x", "from": "2026-07-10", "humanDecision": true, "noticeReceipt": receipt}),
        ),
        ("Inspection", json!({"date": "2026-07-10", "result": "fail", "report": hash('c')})),
        ("Licence", json!({"kind": "x", "number": "3", "from": "2026-07-10", "state": "revoked"})),
        ("PublicScore", json!({"score": 100, "date": "2026-07-10"})),
        ("CustomsTier", json!({"tier": "seriously_dishonest", "from": "2026-07-10"})),
        ("UnlicensedOperation", json!({"kind": "x", "number": "3", "date": "2026-07-10", "report": hash('c')})),
        (
            "Falsification",
            json!({"decisionNo": "6", "basis": "x", "decided": "2026-07-10", "document": hash('d'), "humanDecision": true, "noticeReceipt": hash('b')}),
        ),
    ]
}

/// What an authority may say that lowers no grade, likewise.
fn scoreless() -> Vec<(&'static str, Value)> {
    vec![
        (
            "Administrative",
            json!({"kind": "coercion", "decisionNo": "4", "basis": "x", "date": "2026-07-10", "document": hash('d')}),
        ),
        ("Notice", json!({"kind": "talk", "due": "2026-12-31", "document": hash('d')})),
    ]
}

/// The use of a measure out of a catalogue.
fn measure(catalogue: &str, code: &str) -> Value {
    json!({"catalogue": catalogue, "code": code, "decisionNo": "5", "basis": "x", "humanDecision": true, "from": "2026-07-10", "noticeReceipt": hash('b')})
}

fn catalogue() -> Value {
    let item = json!({"code": "P1", "kind": "penalty", "name": "n", "basis": "x", "applies": ["E", "listed", "serious_penalty"]});
    json!({"version": "1", "from": "2026-01-01", "items": [item]})
}

// Limit 1: whose credit there is. A person in business takes part in all that others do, and has none.
#[test]
fn nobody_but_legal_entities_is_graded() {
    let digits = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    let code = digits.map(|last| format!("92440101DEMA00000{last}")).find(|code| Uscc::parse(code).is_ok()).unwrap();
    let person = format!("urn:uscc:{code}");
    let of_no_firm = [
        "urn:cn:id:11010519491231002X",
        "mailto:someone@example.com",
        "tel:+8613800000000",
        "https://example.com/people/1",
        "urn:uscc:11010519491231002X",
        "",
    ];
    for (kind, members) in negatives() {
        assert!(refused("urn:uscc:91440115DEMA00013J", kind, &members).is_none(), "{kind}");
        for subject in of_no_firm.into_iter().chain([person.as_str()]) {
            assert!(refused(subject, kind, &members).is_some(), "{kind} {subject}");
        }
    }
    let trader = json!({"key": "trader", "entity": person, "companyPrefix": "9521099", "role": "member"});
    let mut world = World::with("2026-10-01T00:00:00+08:00", &[trader]);
    let profile = |members: Value| {
        let mut event = json!({"type": "ObjectEvent", "suyuan:productClass": "FOOD"});
        members.as_object().unwrap().iter().for_each(|(name, value)| event[name] = value.clone());
        event
    };
    let lot = json!([{"epcClass": "https://id.gs1.org/01/09521099000017/10/L1", "quantity": 10}]);
    let made =
        profile(json!({"action": "ADD", "bizStep": "commissioning", "disposition": "active", "quantityList": lot}));
    world.capture("trader", AT, made);
    let shipped = json!({"action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "quantityList": lot, "suyuan:recordType": "F7.SHIP"});
    world.capture("trader", AT, profile(shipped));
    let recalled = json!({"action": "OBSERVE", "bizStep": "holding", "disposition": "recalled", "quantityList": lot, "suyuan:recordType": "F11.RECALL", "suyuan:recall_id": "R", "suyuan:level": "I", "suyuan:risk_known_at": "2026-10-01T09:00:00+08:00"});
    world.capture("trader", AT, profile(recalled));
    let registered = json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active", "epcList": ["urn:cn:speq:31104401020190123"], "suyuan:recordType": "S5.USE_REGISTER", "suyuan:productClass": "SPEQ", "suyuan:device": "31104401020190123", "suyuan:user": person, "suyuan:first_use": "2026-10-02"});
    world.capture("amr", AT, registered);
    let file = world.file("trader");
    assert!(file.is_empty() && file.facts().is_empty());
    let status = file.status(Day::parse("2027-11-30").unwrap());
    assert_eq!((status.ceilings, status.equipment.in_use), (vec![], 0));
}

// Limit 3: what there is to say. No opinion, no ranking, no conduct that is nobody's to judge; nothing beside what is known.
#[test]
fn nothing_but_what_is_in_the_catalogue_scores() {
    let firm = "urn:uscc:91440115DEMA00013J";
    for kind in ["Opinion", "MediaRanking", "SocialConduct", "PoliticalConduct", "Score", "BlackList", "penalty", ""] {
        let members = json!({"score": 0, "date": "2026-07-10"});
        assert_eq!(refused(firm, kind, &members).unwrap().0, "/type", "{kind}");
    }
    for (kind, members) in negatives() {
        for more in ["opinion", "points", "weight", "ranking"] {
            let mut members = members.clone();
            members[more] = json!(1);
            assert_eq!(refused(firm, kind, &members).unwrap().0, format!("/{more}"), "{kind}");
        }
    }
    // Every type is of an item of the catalogue, its own unless the record names another one that has it.
    let catalogue = Catalogue::first();
    for (kind, members) in negatives().into_iter().chain(scoreless()) {
        let own = catalogue.own_item(RecordKind::from_name(&format!("suyuan:{kind}")).unwrap()).unwrap();
        let of = |item: &str| {
            let mut members = members.clone();
            members["catalogueItem"] = json!(item);
            refused(firm, kind, &members).map(|(pointer, _)| pointer)
        };
        assert_eq!(of(&own.code), None, "{kind}");
        for other in ["registration", "honours_of_media", "contract_performance", "media", "politics"] {
            assert_eq!(of(other).as_deref(), Some("/catalogueItem"), "{kind} {other}");
        }
    }
    assert!(RecordKind::ALL.iter().all(|kind| catalogue.own_item(*kind).is_some()));
}

/// The firms of two scenarios, with what an authority says of them.
fn judged() -> World {
    let mut world = World::new("2019-06-01T00:00:00+08:00");
    let licence =
        json!({"kind": "special equipment", "number": "TS3344123-2021", "from": "2018-01-01", "state": "valid"});
    world.credit("amr", "liftmfr", "2019-06-02T09:00:00+08:00", "Licence", licence);
    world.documents("c", &["01", "02", "03", "04", "05", "06", "07", "08", "09"], 0);
    world.documents("a", &["0", "1"], 0);
    for firm in ["dairy", "property"] {
        for (kind, members) in negatives() {
            world.credit("amr", firm, AT, kind, members);
        }
    }
    world
}

// Limit 4: every point has its record. What a fact or a ceiling rests on is on the ledger.
#[test]
fn every_point_has_its_record() {
    let world = judged();
    let mut recorded = BTreeSet::new();
    records::scan(&world.network.store, (0, 0), (u64::MAX, 0), &mut |(height, index), record| {
        recorded.insert(record.record(height, index).hash());
        ControlFlow::Continue(())
    })
    .unwrap();
    let known: BTreeSet<String> = recorded.iter().map(ToString::to_string).collect();
    let (mut facts, mut ceilings, mut indicators) = (0, 0, BTreeSet::new());
    for firm in world.actors.iter().map(|actor| actor["key"].as_str().unwrap()) {
        let file = world.file(firm);
        for fact in file.facts() {
            assert!(!fact.evidence.is_empty() && fact.evidence.iter().all(|hash| recorded.contains(hash)), "{fact:?}");
            facts += 1;
        }
        let (day, mut missing) = (Day::parse("2027-01-31").unwrap(), Vec::new());
        let status = file.status(day);
        for row in Profile::ALL.iter().flat_map(|profile| {
            let weighed = Assessment::new(Parameters::first(), *profile, &[], &status, day);
            weighed.evaluation().rows.into_iter().filter(|row| row.mass.is_none())
        }) {
            // What nothing is recorded of is full: no licence, no penalty, no equipment.
            let records = status.evidence.get(&row.ind).cloned().unwrap_or_default();
            assert!(records.iter().all(|hash| recorded.contains(hash)), "{row:?}");
            missing.extend((records.is_empty() && row.value < 1_000).then_some(row.ind));
            indicators.extend((!records.is_empty()).then_some(row.ind));
        }
        assert_eq!(missing, [], "{firm}");
        for ceiling in status.ceilings {
            let Evidence::List(list) = &ceiling.evidence else { panic!("{ceiling:?}") };
            assert!(list.iter().any(|one| known.contains(one)), "{ceiling:?}");
            ceilings += 1;
        }
    }
    assert!(facts > 20 && ceilings > 5, "{facts} {ceilings}");
    use Indicator::{CustomsTier, Equipment, Licence, Penalty, PublicScore};
    assert_eq!(indicators, BTreeSet::from([Penalty, Licence, CustomsTier, Equipment, PublicScore]));
}

// Limit 5: to everything that counts against a firm it can object, through one window; what is penalised can be repaired.
#[test]
fn everything_can_be_objected_to() {
    let mut world = judged();
    for firm in ["dairy", "property"] {
        let file = world.file(firm);
        let day = Day::parse("2027-01-31").unwrap();
        let of_facts = file.facts().into_iter().filter(|fact| fact.value < 1_000);
        let mut targets: BTreeSet<String> =
            of_facts.filter_map(|fact| fact.evidence.first().map(ToString::to_string)).collect();
        for ceiling in file.status(day).ceilings {
            let Evidence::List(list) = ceiling.evidence else { continue };
            targets.extend(list.into_iter().find(|one| one.len() == 64));
        }
        assert!(targets.len() >= 5, "{firm} {targets:?}");
        for target in targets {
            let objection = json!({"target": target, "kind": "transcription", "statement": hash('1')});
            let objection = world.credit(firm, firm, AT, "Objection", objection);
            world.credit("amr", firm, AT, "ObjectionStep", json!({"objection": objection, "step": "accept"}));
        }
        let contested = world.file(firm);
        assert_eq!(contested.voids, [], "{firm}");
        assert_eq!(contested.status(day).ceilings, [], "{firm}");
        let counts = contested.facts().into_iter().filter(|fact| fact.value < 1_000);
        let counts = counts.filter(|fact| fact.status == suyuan_ledger::credit::FactStatus::Active);
        assert_eq!(counts.collect::<Vec<_>>(), [], "{firm}");
    }
}

// §5.13: whatever is said of others, a firm's credit is the same. Its partners are penalised, listed and found to fail, and its grade and every byte of its explanation stay.
#[test]
fn what_is_said_of_others_moves_nothing() {
    let mut world = World::new("2026-06-01T00:00:00+08:00");
    world.documents("a", &["01", "02", "03", "04", "05", "06", "07", "08"], 0);
    let day = Day::parse("2027-01-31").unwrap();
    let published =
        |world: &World, firm: &str| Published::of(&world.file(firm), Profile::Food, (1, day), Parameters::first());
    let (before, others) = (published(&world, "retail"), published(&world, "dairy"));
    for (kind, members) in negatives() {
        for firm in ["dairy", "dist", "milkfarm"] {
            world.credit("amr", firm, AT, kind, members.clone());
        }
    }
    assert_eq!(published(&world, "retail"), before);
    assert_ne!(published(&world, "dairy"), others);
}

// Limit 6: who is competent has decided, with number, basis, day and the receipt of its notice.
#[test]
fn a_machine_decides_nothing() {
    let firm = "urn:uscc:91440115DEMA00013J";
    let decided = negatives().into_iter().filter(|(kind, _)| matches!(*kind, "Penalty" | "Listing" | "Falsification"));
    for (kind, members) in decided.chain([("Measure", measure(&hash('e'), "P1"))]) {
        for name in members.as_object().unwrap().keys() {
            let mut less = members.clone();
            less.as_object_mut().unwrap().remove(name);
            let is_delivery = matches!(name.as_str(), "repairNotice" | "deliveryReceipt");
            assert_eq!(refused(firm, kind, &less).is_none(), is_delivery, "{kind} {name}");
        }
    }
    let machine = json!({"list": "x", "decisionNo": "2", "basis": "x", "from": "2026-07-10", "humanDecision": false, "noticeReceipt": hash('b')});
    assert_eq!(refused(firm, "Listing", &machine).unwrap().0, "/humanDecision");
    // Not delivered, not an authority's, or of itself, it has no effect.
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    let day = Day::parse("2026-11-30").unwrap();
    for (kind, members) in negatives() {
        world.credit("dist", "dairy", AT, kind, members.clone());
        world.credit("amr", "amr", AT, kind, members.clone());
        if kind == "Penalty" {
            let mut less = members;
            less.as_object_mut().unwrap().remove("repairNotice");
            world.credit("amr", "dairy", AT, kind, less);
        }
    }
    let file = world.file("dairy");
    assert!(file.facts().is_empty() && file.status(day).ceilings.is_empty() && file.status(day).penalties.is_empty());
    let whys: BTreeSet<Void> = file.voids.iter().map(|(_, why)| *why).collect();
    assert_eq!(whys, BTreeSet::from([Void::NotDelivered]), "what others say of a firm is in nobody's file");
    assert!(world.file("amr").voids.iter().all(|(_, why)| *why == Void::NoRight));
}

// Limit 6, and no generalised use: a measure is one of its authority's own catalogue that was recorded before it and is in
// force; nothing adds one, none scores, and to each the firm can object.
#[test]
fn no_measure_is_beside_the_catalogue() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    let day = Day::parse("2026-11-30").unwrap();
    world.credit(
        "amr",
        "dairy",
        AT,
        "Inspection",
        json!({"date": "2026-07-10", "result": "pass", "report": hash('c')}),
    );
    let score = |world: &World| {
        let file = world.file("dairy");
        Published::of(&file, Profile::Food, (1, day), Parameters::first())
    };
    let before = score(&world);
    // Of a catalogue that nobody has recorded, a firm's, another authority's.
    world.credit("amr", "dairy", AT, "Measure", measure(&hash('e'), "P1"));
    let of_firm = world.credit("dairy", "dairy", AT, "MeasureCatalogue", catalogue());
    world.credit("amr", "dairy", AT, "Measure", measure(&of_firm, "P1"));
    let of_other = world.credit("mpa", "mpa", AT, "MeasureCatalogue", catalogue());
    world.credit("amr", "dairy", AT, "Measure", measure(&of_other, "P1"));
    let own = world.credit("amr", "amr", AT, "MeasureCatalogue", catalogue());
    world.credit("amr", "dairy", AT, "Measure", measure(&own, "P2"));
    let height = world.network.ledger.head.height;
    let used = world.credit("amr", "dairy", AT, "Measure", measure(&own, "P1"));
    // One that comes later changes nothing that was before.
    let mut next = catalogue();
    (next["version"], next["from"]) = (json!("2"), json!("2026-07-01"));
    let next = world.credit("amr", "amr", AT, "MeasureCatalogue", next);
    world.credit("amr", "dairy", AT, "Measure", measure(&own, "P1"));
    let again = world.credit("amr", "dairy", AT, "Measure", measure(&next, "P1"));
    let file = world.file("dairy");
    let of = |why: Void| file.voids.iter().filter(|(_, void)| *void == why).count();
    assert_eq!((of(Void::NotCatalogued), of(Void::NoRight)), (5, 1));
    // Of one decision the last word is meant.
    let in_use: Vec<String> = file.measures(day).iter().map(|used| used.said.record.to_string()).collect();
    assert_eq!(in_use, std::slice::from_ref(&again));
    assert_eq!(score(&world), before);
    let at_height = file_at(&world, "dairy", height + 1);
    assert_eq!(at_height.measures(day).iter().map(|one| one.said.record.to_string()).collect::<Vec<_>>(), [used]);
    assert!(file_at(&world, "dairy", height).measures(day).is_empty());
    for (kind, members) in scoreless() {
        world.credit("amr", "dairy", AT, kind, members);
    }
    assert_eq!(score(&world), before);
    let said = world.file("dairy");
    let targets = said.administrative().map(|one| one.record).chain(said.notices().map(|one| one.record));
    let targets: Vec<String> = targets.map(|record| record.to_string()).chain([again]).collect();
    assert_eq!(targets.len(), 3);
    for target in &targets {
        let objection = json!({"target": target, "kind": "basis", "statement": hash('1')});
        let objection = world.credit("dairy", "dairy", AT, "Objection", objection);
        world.credit("amr", "dairy", AT, "ObjectionStep", json!({"objection": objection, "step": "accept"}));
        let upheld = json!({"objection": objection, "step": "decide", "result": "upheld"});
        world.credit("amr", "dairy", AT, "ObjectionStep", upheld);
    }
    let after = world.file("dairy");
    assert_eq!((after.administrative().count(), after.notices().count()), (0, 0));
    assert!(after.measures(day).iter().all(|one| !targets.contains(&one.said.record.to_string())));
}

/// A firm's file as of a height.
fn file_at(world: &World, firm: &str, height: u64) -> CreditFile<'static> {
    let (head, mut store): (_, MemoryRead) = (&world.network.ledger.head, world.network.store.clone());
    while let Some(writes) = reading::read_on(&store, head.height).unwrap() {
        store.apply(&writes);
    }
    let data = (Calendar::first(), RepairPolicies::first());
    reading::file(&store, &world.network.ledger.directory, &world.uri(firm), (height, head.time), data).unwrap()
}

// Limit 8: what is repaired or over is in no view; once its body is erased no table has its words, and the ledger keeps its
// hash. How nodes erase by themselves is tried in `removal.rs` and on a network.
#[test]
fn what_is_repaired_is_gone() {
    let mut world = World::new("2026-06-01T00:00:00+08:00");
    let words = "decision-no-7f3a91";
    let penalty = json!({"decisionNo": words, "basis": "x", "class": "general", "decided": "2026-07-10", "repairNotice": hash('a'), "deliveryReceipt": hash('b')});
    let penalty = world.credit("amr", "dairy", "2026-07-10T09:00:00+08:00", "Penalty", penalty);
    let finding = json!({"date": "2026-07-10", "result": "fail", "report": hash('c'), "penalty": penalty});
    world.credit("amr", "dairy", "2026-07-10T09:00:00+08:00", "Inspection", finding);
    let over = json!({"list": words, "decisionNo": "2", "basis": "x", "from": "2026-07-10", "to": "2026-10-01", "humanDecision": true, "noticeReceipt": hash('b')});
    world.credit("amr", "dairy", "2026-07-10T09:00:00+08:00", "Listing", over);
    let height = world.network.ledger.head.height;
    let pledge = json!({"text": hash('d'), "duty": "x", "due": "2026-12-31"});
    let pledge = world.credit("dairy", "dairy", "2026-10-10T09:00:00+08:00", "Pledge", pledge);
    let repair = json!({"targets": [penalty], "pledge": pledge, "dutiesDone": [hash('e')]});
    let repair = world.credit("dairy", "dairy", "2026-10-12T09:00:00+08:00", "Repair", repair);
    let step = |step: &str| json!({"repair": repair, "step": step});
    world.credit("amr", "dairy", "2026-10-13T09:00:00+08:00", "RepairStep", step("accept"));
    let mut decided = step("decide");
    decided["result"] = json!("repaired");
    world.credit("amr", "dairy", "2026-10-22T09:00:00+08:00", "RepairStep", decided);

    let (directory, head) = (&world.network.ledger.directory, &world.network.ledger.head);
    let read = |mut store: MemoryRead| {
        while let Some(writes) = reading::read_on(&store, head.height).unwrap() {
            store.apply(&writes);
        }
        store
    };
    let whole = read(world.network.store.clone());
    let file_at = |store: &MemoryRead, height: u64| -> CreditFile<'static> {
        let data = (Calendar::first(), RepairPolicies::first());
        reading::file(store, directory, &world.uri("dairy"), (height, head.time), data).unwrap()
    };
    let day = Day::parse("2026-10-22").unwrap();
    let file = file_at(&whole, head.height);
    assert!(file.facts().is_empty() && file.status(day).ceilings.is_empty());
    assert!(file.status(day).penalties.iter().all(|penalty| penalty.state == PenaltyState::Repaired));
    // Erased, no table has its words; the ledger keeps its hash.
    let places = [(height - 2, 0), (height - 1, 0), (height, 0)];
    let mut erased = WriteSet::default();
    for place in &places {
        erased.delete(Table::Payload, [place.0.to_be_bytes().as_slice(), &u32::to_be_bytes(place.1)].concat());
    }
    let mut left = whole.clone();
    left.apply(&reading::forget(&whole, &places).unwrap());
    left.apply(&erased);
    let holds = |store: &MemoryRead| {
        let mut found = BTreeSet::new();
        for table in Table::ALL {
            store
                .scan(*table, &[], &[u8::MAX; 64], &mut |key, value| {
                    let bytes = [key, value].concat();
                    if bytes.windows(words.len()).any(|part| part == words.as_bytes()) {
                        found.insert(*table);
                    }
                    true
                })
                .unwrap();
        }
        found
    };
    assert_eq!((holds(&whole), holds(&left)), (BTreeSet::from([Table::Payload]), BTreeSet::new()));
    // The grade is the same, and no height has it any more.
    let now = file_at(&left, head.height);
    assert_eq!((now.facts(), now.status(day).ceilings), (file.facts(), file.status(day).ceilings));
    let past = file_at(&left, height);
    assert!(past.facts().is_empty() && past.status(day).penalties.is_empty() && past.status(day).ceilings.is_empty());
    for place in places {
        let of = |store: &MemoryRead| Reader::new(store).record(place.0, place.1).unwrap().unwrap();
        assert_eq!(of(&left).record(place.0, place.1).hash(), of(&whole).record(place.0, place.1).hash());
    }
}
