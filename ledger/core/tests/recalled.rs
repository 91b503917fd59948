//! Goal: who scans goods sees the recalls that reach them, and no others. Method: the infant formula of scenario A and what
//! was made of it, with records of its maker, its customers, an authority and strangers, in blocks of their times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, read, time};
use serde_json::{Value, json};
use suyuan_ledger::credit::recalls::RecallLevel;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Table, WriteSet};
use suyuan_ledger::profile::event_of;
use suyuan_ledger::state::subject::place_key;
use suyuan_ledger::submission::record_type;
use suyuan_ledger::trace::recalled::{EVENTS_MAX, RECALLS_MAX, Reach, Recalled, is_use, recalled};

const LOT_A: &str = "https://id.gs1.org/01/09521001001014/10/L20261003A";
const LOT_B: &str = "https://id.gs1.org/01/09521001001014/10/L20261003B";
const CASES_A: &str = "https://id.gs1.org/01/19521001001011/10/L20261003A";
const FORMULA: &str = "https://id.gs1.org/01/09521001001014";
const CAN: &str = "https://id.gs1.org/01/09521001001014/21/C1";
const MILK: &str = "https://id.gs1.org/01/09521002001013/10/M-20261002-2";
const UNIT: &str = "https://id.gs1.org/00/095210010000000017";
const PALLET: &str = "https://id.gs1.org/00/095210010000000031";
const MADE: [&str; 4] = ["01", "02", "03", "04"];
const BEFORE: [&str; 9] = ["01", "02", "03", "04", "05", "06", "07", "08", "09"];
/// When the tests' own recalls begin.
const AT: &str = "2026-10-21T08:30:00+08:00";
const LATER: &str = "2026-10-22T08:30:00+08:00";

fn at_height(world: &World, thing: &str, height: u64) -> Recalled {
    let key = SubjectKey::from_uri(thing).unwrap();
    recalled(&world.store(), &world.network.ledger.directory, &key, height).unwrap()
}

fn of(world: &World, thing: &str) -> Recalled {
    at_height(world, thing, world.network.ledger.head.height)
}

/// The recalls of a thing: id, and how it reaches it.
fn told(world: &World, thing: &str) -> Vec<(String, Reach)> {
    let found = of(world, thing);
    assert!(found.is_whole, "{thing}");
    found.recalls.into_iter().map(|one| (one.id, one.reach)).collect()
}

fn is_forbidden(world: &World, thing: &str) -> bool {
    of(world, thing).forbidding().is_some()
}

fn after(documents: &[&str]) -> World {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", documents, 0);
    world
}

/// An event about things, lots and classes.
fn about(step: &str, things: &[&str]) -> Value {
    let is_class = |thing: &&&str| thing.contains("/10/") || !thing.contains("/21/") && thing.contains("/01/");
    let classes: Vec<Value> = things.iter().filter(is_class).map(|class| json!({"epcClass": class})).collect();
    let items: Vec<&&str> = things.iter().filter(|thing| !is_class(thing)).collect();
    let mut event = json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step});
    if !classes.is_empty() {
        event["quantityList"] = json!(classes);
    }
    if !items.is_empty() {
        event["epcList"] = json!(items);
    }
    event
}

fn of_recall(kind: &str, step: &str, id: &str, things: &[&str]) -> Value {
    let mut event = about(step, things);
    event["disposition"] = json!("recalled");
    (event["suyuan:recordType"], event["suyuan:productClass"]) = (json!(kind), json!("INFANT"));
    event["suyuan:recall_id"] = json!(id);
    event
}

fn announcement(id: &str, level: &str, things: &[&str]) -> Value {
    let mut event = of_recall("F11.RECALL", "holding", id, things);
    (event["suyuan:level"], event["suyuan:risk_known_at"]) = (json!(level), json!(AT));
    event
}

fn closing(id: &str, things: &[&str]) -> Value {
    let mut event = of_recall("F11b.RECALL_CLOSE", "other", id, things);
    let quantity = json!({"suyuan:milli": 1_000});
    (event["suyuan:distributed_qty"], event["suyuan:recovered_qty"]) = (quantity.clone(), quantity);
    event
}

fn made(things: &[&str]) -> Value {
    let mut event = about("commissioning", things);
    event["action"] = json!("ADD");
    event
}

fn packed(action: &str, parent: &str, children: &[&str]) -> Value {
    let step = if action == "ADD" { "packing" } else { "unpacking" };
    let of = about(step, children);
    let mut event = json!({"type": "AggregationEvent", "action": action, "bizStep": step, "parentID": parent});
    for (list, child_list) in [("epcList", "childEPCs"), ("quantityList", "childQuantityList")] {
        if !of[list].is_null() {
            event[child_list] = of[list].clone();
        }
    }
    event
}

fn transformed(step: &str, inputs: &[&str], outputs: &[&str]) -> Value {
    let of = |things: &[&str]| about(step, things)["quantityList"].clone();
    let mut event = json!({"type": "TransformationEvent", "bizStep": step, "outputQuantityList": of(outputs)});
    if !inputs.is_empty() {
        event["inputQuantityList"] = of(inputs);
    }
    event
}

/// That a can is of a lot.
fn of_lot(can: &str, lot: &str) -> Value {
    let number = lot.rsplit('/').next().unwrap();
    let mut event = made(&[can]);
    event["ilmd"] = json!({"cbvmda:lotNumber": number});
    event
}

/// Declares the event that was captured last erroneous.
fn withdraw(world: &mut World, who: &str, mut event: Value, of: &str, at: &str) {
    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", world.next));
    (event["eventTime"], event["eventTimeZoneOffset"]) = (json!(of), json!("+08:00"));
    event["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
    event["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:incorrect_data"});
    world.say(who, record_type::EPCIS, time(at), &[event.to_string()]);
}

/// Goal: from step 7 of scenario A on lot A is not to be sold, nor what contains it; before, and lot B, it is. Method: the
/// documents, asked of at the heights before and after step 7.
#[test]
fn formula_is_not_sold_after_its_recall() {
    let mut world = after(&BEFORE);
    let before = world.network.ledger.head.height;
    world.documents("a", &["10"], 0);
    let found = of(&world, LOT_A);
    let [recall] = found.recalls.as_slice() else { panic!("{found:?}") };
    assert_eq!((recall.id.as_str(), recall.level, recall.reach), ("R-20261021-1", Some(RecallLevel::I), Reach::Named));
    assert_eq!((&recall.by, recall.is_order, &*recall.names), (&world.uri("dairy"), false, LOT_A));
    assert_eq!((recall.at, recall.closed, recall.lifted), (time(AT), None, None));
    assert_eq!((recall.record.to_string(), recall.place.height), (world.last(), before + 1));
    assert!(found.is_whole && found.forbidding() == Some(recall) && !found.is_made_of_recalled());
    assert_eq!(told(&world, CASES_A), [("R-20261021-1".to_owned(), Reach::Named)]);
    for thing in [LOT_B, MILK, FORMULA, UNIT] {
        assert_eq!(told(&world, thing), [], "{thing}");
    }
    for thing in [LOT_A, CASES_A] {
        assert_eq!(at_height(&world, thing, before), Recalled { recalls: Vec::new(), is_whole: true });
    }
}

/// Goal: a case is reached while something recalled is in it, however deep, and a can by the recall of its lot or its class.
/// Method: logistic units of lots A and B, before and after they are unpacked; cans with and without a lot.
#[test]
fn cases_and_cans() {
    let mut world = after(&MADE);
    let other = "https://id.gs1.org/00/095210010000000048";
    world.capture("dairy", "2026-10-07T12:10:00+08:00", packed("ADD", other, &[LOT_B]));
    world.capture("dairy", "2026-10-07T12:20:00+08:00", packed("ADD", PALLET, &[UNIT]));
    world.capture("dairy", "2026-10-07T12:30:00+08:00", of_lot(CAN, LOT_A));
    let can_b = "https://id.gs1.org/01/09521001001014/21/C2";
    world.capture("dairy", "2026-10-07T12:31:00+08:00", of_lot(can_b, LOT_B));
    world.capture("dairy", "2026-10-07T12:40:00+08:00", packed("ADD", other, &[can_b]));
    world.documents("a", &["10"], 0);
    let reached = |reach| vec![("R-20261021-1".to_owned(), reach)];
    assert_eq!(told(&world, UNIT), reached(Reach::Contents));
    assert_eq!(told(&world, PALLET), reached(Reach::Contents));
    assert_eq!(told(&world, CAN), reached(Reach::Lot));
    assert_eq!((told(&world, other), told(&world, can_b)), (vec![], vec![]));
    world.capture("dairy", LATER, packed("DELETE", PALLET, &[UNIT]));
    assert_eq!((told(&world, PALLET), is_forbidden(&world, UNIT)), (vec![], true));
    // What is said of a can says nothing of its lot, nor does it free the can.
    world.capture("dairy", LATER, announcement("R-3", "III", &[CAN, LOT_A]));
    let mut freed = about("inspecting", &[CAN]);
    freed["persistentDisposition"] = json!({"unset": ["recalled"]});
    world.capture("dairy", LATER, freed);
    let third = of(&world, CAN).recalls.into_iter().find(|one| one.id == "R-3").unwrap();
    assert_eq!((third.reach, third.lifted), (Reach::Lot, None));
    // All of the class: also of what is not recorded.
    world.capture("dairy", LATER, announcement("R-2", "II", &[FORMULA]));
    let unknown = "https://id.gs1.org/01/09521001001014/21/NEVER-SEEN";
    for thing in [LOT_B, can_b, unknown] {
        assert_eq!(told(&world, thing), [("R-2".to_owned(), Reach::Class)], "{thing}");
    }
    assert_eq!(told(&world, other), [("R-2".to_owned(), Reach::Contents)]);
}

/// Goal: who recalls a case recalls what was in it by then, and not all of a lot of which some was in it. Method: a can
/// that was taken out, one that came in later, and the lot.
#[test]
fn what_was_in_a_recalled_case() {
    let mut world = after(&MADE);
    let later = "https://id.gs1.org/01/09521001001014/21/C2";
    world.capture("dairy", "2026-10-08T08:00:00+08:00", of_lot(CAN, LOT_A));
    world.capture("dairy", "2026-10-08T08:01:00+08:00", of_lot(later, LOT_A));
    world.capture("dairy", "2026-10-08T08:10:00+08:00", packed("ADD", PALLET, &[CAN, LOT_B]));
    world.capture("dairy", "2026-10-08T08:20:00+08:00", packed("DELETE", PALLET, &[CAN]));
    world.capture("dairy", AT, announcement("R-1", "II", &[PALLET]));
    world.capture("dairy", LATER, packed("ADD", PALLET, &[later]));
    assert_eq!(told(&world, CAN), [("R-1".to_owned(), Reach::Container)]);
    assert_eq!(told(&world, PALLET), [("R-1".to_owned(), Reach::Named)]);
    assert_eq!((told(&world, later), told(&world, LOT_B)), (vec![], vec![]));
}

/// Goal: nobody recalls another's things. Method: a stranger, a customer and the maker of other things say that lot A is
/// recalled; a stranger puts recalled things into others' cases, and others' things into a case that it recalls.
#[test]
fn strangers_recall_nothing() {
    let mut world = after(&BEFORE);
    for (who, id) in [("brake", "S-1"), ("dist", "S-2"), ("milkfarm", "S-3")] {
        world.capture(who, AT, announcement(id, "I", &[LOT_A, CASES_A]));
    }
    assert_eq!((told(&world, LOT_A), told(&world, CASES_A)), (vec![], vec![]));
    let (own, own_unit) = ("https://id.gs1.org/01/09521009001016/10/OWN", "https://id.gs1.org/00/095210090000000019");
    world.capture("brake", AT, made(&[own]));
    world.capture("dairy", AT, of_lot(CAN, LOT_B));
    world.capture("brake", AT, packed("ADD", UNIT, &[own]));
    world.capture("brake", AT, packed("ADD", own_unit, &[CAN]));
    world.capture("brake", LATER, announcement("S-4", "I", &[own, own_unit]));
    assert_eq!(told(&world, own), [("S-4".to_owned(), Reach::Named)]);
    assert_eq!((told(&world, UNIT), told(&world, CAN)), (vec![], vec![]));
    // An id that another uses too is another recall.
    world.capture("dairy", LATER, announcement("S-1", "III", &[LOT_A]));
    let found = of(&world, LOT_A);
    assert_eq!(found.recalls.len(), 1);
    assert_eq!((found.recalls[0].level, &found.recalls[0].by), (Some(RecallLevel::III), &world.uri("dairy")));
}

/// Goal: nor does one whose receipt nobody confirms. Method: what was shipped to a firm that is not registered is received by
/// a stranger, who puts recalled things into it, and it into what it recalls.
#[test]
fn unconfirmed_receivers_recall_nothing() {
    let mut world = after(&MADE);
    let (own, own_unit) = ("https://id.gs1.org/01/09521009001016/10/OWN", "https://id.gs1.org/00/095210090000000019");
    world.capture("brake", "2026-10-08T08:00:00+08:00", made(&[own]));
    world.capture("dairy", "2026-10-08T08:00:00+08:00", of_lot(CAN, LOT_B));
    world.capture("dairy", "2026-10-08T08:00:00+08:00", packed("ADD", PALLET, &[LOT_B]));
    let mut shipped = about("shipping", &[CAN, PALLET]);
    shipped["destinationList"] =
        json!([{"type": "owning_party", "destination": "https://id.gs1.org/417/9521099000012"}]);
    world.capture("dairy", "2026-10-08T09:00:00+08:00", shipped);
    world.capture("brake", "2026-10-09T09:00:00+08:00", about("receiving", &[CAN, PALLET]));
    world.capture("brake", "2026-10-09T10:00:00+08:00", packed("ADD", PALLET, &[own]));
    world.capture("brake", "2026-10-09T10:00:00+08:00", packed("ADD", own_unit, &[CAN]));
    world.capture("brake", AT, announcement("S-1", "I", &[own, own_unit, CAN, PALLET]));
    assert_eq!(told(&world, own_unit), [("S-1".to_owned(), Reach::Named)]);
    assert_eq!((told(&world, PALLET), told(&world, CAN)), (vec![], vec![]));
}

/// Goal: what an authority orders counts, and only it ends that. Method: an order, lifted by the maker and by the authority.
#[test]
fn an_authority_orders_a_recall() {
    let mut world = after(&BEFORE);
    world.capture("amr", AT, announcement("O-1", "I", &[LOT_A]));
    let found = of(&world, LOT_A);
    assert!(found.recalls[0].is_order && found.recalls[0].by == world.uri("amr") && is_forbidden(&world, LOT_A));
    world.capture("dairy", AT, announcement("R-1", "I", &[LOT_A]));
    let lifted = || {
        let mut event = about("inspecting", &[LOT_A]);
        event["persistentDisposition"] = json!({"unset": ["recalled"]});
        event
    };
    world.capture("brake", LATER, lifted());
    assert!(of(&world, LOT_A).recalls.iter().all(|one| one.lifted.is_none()));
    world.capture("dairy", LATER, lifted());
    let over = |world: &World| of(world, LOT_A).recalls.iter().map(|one| one.lifted.is_some()).collect::<Vec<_>>();
    assert_eq!((over(&world), is_forbidden(&world, LOT_A)), (vec![false, true], true));
    world.capture("amr", "2026-10-23T08:30:00+08:00", lifted());
    assert_eq!((over(&world), is_forbidden(&world, LOT_A)), (vec![true, true], false));
    // Only the authority closes it.
    world.capture("dairy", "2026-10-23T09:00:00+08:00", closing("O-1", &[LOT_A]));
    assert_eq!(of(&world, LOT_A).recalls[0].closed, None);
    world.capture("amr", "2026-10-23T10:00:00+08:00", closing("O-1", &[LOT_A]));
    assert_eq!(of(&world, LOT_A).recalls[0].closed, Some(time("2026-10-23T10:00:00+08:00")));
    // It begins anew.
    world.capture("dairy", "2026-10-24T08:30:00+08:00", announcement("R-1", "I", &[LOT_A]));
    assert_eq!((over(&world), is_forbidden(&world, LOT_A)), (vec![true, true, false], true));
}

/// Goal: a recall that was declared erroneous is none. Method: one of two is declared so, then the other; a closing too.
#[test]
fn erroneous_recalls() {
    let mut world = after(&BEFORE);
    world.documents("a", &["10"], 0);
    let again = announcement("R-2", "II", &[LOT_A]);
    world.capture("dairy", LATER, again.clone());
    assert_eq!(told(&world, LOT_A).len(), 2);
    let before = world.network.ledger.head.height;
    withdraw(&mut world, "dairy", again, LATER, "2026-10-22T09:00:00+08:00");
    assert_eq!(told(&world, LOT_A), [("R-20261021-1".to_owned(), Reach::Named)]);
    assert_eq!(at_height(&world, LOT_A, before).recalls.len(), 2, "as it was");
    let first = read("a/10-dairy-recall.jsonld")["epcisBody"]["eventList"][0].clone();
    let mut erroneous = first.clone();
    erroneous["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    let at = "2026-10-22T09:10:00+08:00";
    erroneous["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:incorrect_data"});
    world.say("dairy", record_type::EPCIS, time(at), &[erroneous.to_string()]);
    assert!(told(&world, LOT_A).is_empty() && told(&world, CASES_A).is_empty() && !is_forbidden(&world, LOT_A));
}

/// Goal: goods stay recalled when the recall is closed, which is told. Method: the documents to the end; reports by others,
/// and of only one of the things that a recall names.
#[test]
fn closed_recalls() {
    let mut world = after(&BEFORE);
    world.documents("a", &["10", "11", "12", "13", "14", "15", "16"], 0);
    for thing in [LOT_A, CASES_A] {
        let found = of(&world, thing);
        assert_eq!(found.recalls[0].closed, Some(time("2026-11-04T16:00:00+08:00")));
        assert!(found.forbidding().is_some());
    }
    let mut world = after(&BEFORE);
    world.capture("dairy", AT, announcement("R-1", "I", &[LOT_A, LOT_B]));
    world.capture("dist", LATER, closing("R-1", &[LOT_A]));
    world.capture("dairy", LATER, closing("R-2", &[LOT_A]));
    assert_eq!(of(&world, LOT_A).recalls[0].closed, None);
    let report = closing("R-1", &[LOT_A]);
    world.capture("dairy", "2026-10-23T08:30:00+08:00", report.clone());
    assert_eq!(of(&world, LOT_B).recalls[0].closed, Some(time("2026-10-23T08:30:00+08:00")));
    withdraw(&mut world, "dairy", report, "2026-10-23T08:30:00+08:00", "2026-10-23T09:00:00+08:00");
    assert_eq!(of(&world, LOT_B).recalls[0].closed, None);
}

/// Goal: what was made of recalled things is told so, and may be sold; what only has them packed is not to be. Method: milk
/// of which the formula was made; cans that were packed to cases of another GTIN.
#[test]
fn ingredients_and_packs() {
    let mut world = after(&BEFORE);
    world.capture("milkfarm", AT, announcement("M-1", "II", &[MILK]));
    for thing in [LOT_A, LOT_B, CASES_A] {
        let found = of(&world, thing);
        assert_eq!(told(&world, thing), [("M-1".to_owned(), Reach::Ingredient)], "{thing}");
        assert!(found.is_made_of_recalled() && found.forbidding().is_none(), "{thing}");
    }
    // The cans alone are named.
    world.capture("dairy", LATER, announcement("R-1", "I", &[LOT_A]));
    assert_eq!(
        of(&world, CASES_A).forbidding().map(|one| (one.id.as_str(), one.reach)),
        Some(("R-1", Reach::Contents))
    );
    let cake = "https://id.gs1.org/01/09521001001021/10/CAKE";
    world.capture("dairy", LATER, transformed("creating_class_instance", &[CASES_A], &[cake]));
    let found = of(&world, cake);
    assert!(found.is_made_of_recalled() && found.forbidding().is_none());
    // What it was made of held the milk at the time.
    let other = "https://id.gs1.org/01/09521001001021/10/OTHER";
    world.capture("dairy", "2026-10-22T09:00:00+08:00", packed("ADD", PALLET, &[MILK]));
    let mut used = transformed("creating_class_instance", &[], &[other]);
    used["inputEPCList"] = json!([PALLET]);
    world.capture("dairy", "2026-10-22T10:00:00+08:00", used);
    world.capture("dairy", "2026-10-22T11:00:00+08:00", packed("DELETE", PALLET, &[]));
    assert_eq!(told(&world, other), [("M-1".to_owned(), Reach::Ingredient)]);
    assert_eq!(told(&world, PALLET), []);
    // Nor does it go back: what a recall of the cake says of milk is nothing.
    world.capture("dairy", LATER, announcement("R-2", "I", &[cake]));
    assert_eq!(told(&world, MILK), [("M-1".to_owned(), Reach::Named)]);
    assert!(told(&world, LOT_B).iter().all(|(id, _)| id == "M-1"));
}

/// Goal: a device is reached by the recall of a part while that is installed. Method: the lift of scenario C.
#[test]
fn installed_parts() {
    let mut world = World::new("2018-01-01T00:00:00+08:00");
    let (device, part) = ("urn:cn:speq:31104401020190123", "https://id.gs1.org/01/09521009001016/10/BK1/21/1");
    let installed = |action: &str, step: &str| json!({"type": "AssociationEvent", "action": action, "bizStep": step, "parentID": device, "childEPCs": [part]});
    world.capture("liftmfr", "2026-10-01T08:00:00+08:00", made(&[device]));
    world.capture("brake", "2026-10-01T08:00:00+08:00", made(&[part]));
    world.capture("liftmfr", "2026-10-02T08:00:00+08:00", installed("ADD", "installing"));
    let mut recall = of_recall("S13.RECALL", "holding", "R-1", &["https://id.gs1.org/01/09521009001016/10/BK1"]);
    recall["suyuan:productClass"] = json!("SPEQ");
    world.capture("brake", AT, recall);
    assert_eq!(told(&world, device), [("R-1".to_owned(), Reach::Contents)]);
    assert_eq!(of(&world, device).recalls[0].level, None);
    world.capture("liftmfr", LATER, installed("DELETE", "removing"));
    assert_eq!((told(&world, device), told(&world, part)), (vec![], vec![("R-1".to_owned(), Reach::Lot)]));
}

/// Goal: what is not read is not said to be all, and a flood hides no recall. Method: strangers and the maker record more
/// than is read; more recalls than are told.
#[test]
fn limits() {
    let mut world = after(&MADE);
    let flood = |world: &mut World, who: &str, from: usize| {
        for (day, some) in (0..).zip((0..EVENTS_MAX).collect::<Vec<_>>().chunks(900)) {
            let payloads: Vec<String> = some
                .iter()
                .map(|number| {
                    let mut event = about("holding", &[LOT_A]);
                    event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-9000-{:012x}", from + number));
                    event["eventTime"] = json!("2026-10-08T08:00:00+08:00");
                    event["eventTimeZoneOffset"] = json!("+08:00");
                    event.to_string()
                })
                .collect();
            world.say(who, record_type::EPCIS, time("2026-10-08T08:00:00+08:00") + day * 86_400_000, &payloads);
        }
    };
    flood(&mut world, "brake", 0);
    world.capture("amr", AT, announcement("O-1", "I", &[LOT_A]));
    assert_eq!(told(&world, LOT_A), [("O-1".to_owned(), Reach::Named)]);
    flood(&mut world, "dairy", EVENTS_MAX);
    world.documents("a", &["10"], 0);
    let found = of(&world, LOT_A);
    let ids: Vec<&str> = found.recalls.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((found.is_whole, ids), (false, vec!["O-1", "R-20261021-1"]));
    for number in 0..RECALLS_MAX {
        world.capture("dairy", AT, announcement(&format!("R-{number}"), "III", &[CASES_A]));
    }
    let found = of(&world, CASES_A);
    assert_eq!((found.recalls.len(), found.is_whole), (RECALLS_MAX, false));
    assert_eq!(found.recalls[0].id, "R-20261021-1");
}

/// Goal: nobody makes the question dear for all. Method: two lots made of each other again and again, each time at another
/// time; a pallet of many things that lived alike, recalled again and again. Both are answered within the bounds, and say so.
#[test]
fn questions_stay_cheap() {
    let mut world = after(&MADE);
    let at = |number: usize| {
        let (hour, minute, second) = (number / 3600, number / 60 % 60, number % 60);
        json!(format!("2026-10-08T{hour:02}:{minute:02}:{second:02}+08:00"))
    };
    let made = |number: usize| {
        let (from, to) = if number.is_multiple_of(2) { (LOT_A, LOT_B) } else { (LOT_B, LOT_A) };
        let class = |class: &str| json!([{"epcClass": class, "quantity": 1}]);
        let mut event = json!({"type": "TransformationEvent", "bizStep": "commissioning"});
        (event["inputQuantityList"], event["outputQuantityList"]) = (class(from), class(to));
        (event["eventTime"], event["eventTimeZoneOffset"]) = (at(number), json!("+08:00"));
        event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-9000-{number:012x}"));
        event.to_string()
    };
    let numbers: Vec<usize> = (0..800).collect();
    for (day, some) in (0..).zip(numbers.chunks(800)) {
        let payloads: Vec<String> = some.iter().map(|number| made(*number)).collect();
        world.say("dairy", record_type::EPCIS, time("2026-10-08T08:00:00+08:00") + day * 86_400_000, &payloads);
    }
    assert!(!of(&world, LOT_A).is_whole);

    let things: Vec<String> = (0..1_000).map(|number| format!("{FORMULA}/21/T{number}")).collect();
    let things: Vec<&str> = things.iter().map(String::as_str).collect();
    let mut event = about("commissioning", &things);
    event["action"] = json!("ADD");
    world.capture("dairy", AT, event);
    world.capture("dairy", AT, json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": PALLET, "childEPCs": things}));
    for number in 0..400 {
        world.capture("dairy", AT, announcement(&format!("R-{number}"), "III", &things));
    }
    let found = of(&world, PALLET);
    assert_eq!((found.recalls.len(), found.is_whole), (RECALLS_MAX, false));
}

/// Goal: what an erased event said of a recall is not known, and so not said to be none. Method: the announcement without
/// its payload.
#[test]
fn erased_recalls() {
    let mut world = after(&BEFORE);
    world.documents("a", &["10"], 0);
    let place = of(&world, LOT_A).recalls[0].place;
    let (mut store, mut erased) = (world.store(), WriteSet::default());
    erased.delete(Table::Payload, place_key(place.height, place.index));
    store.apply(&erased);
    let ledger = &world.network.ledger;
    let key = SubjectKey::from_uri(LOT_A).unwrap();
    let found = recalled(&store, &ledger.directory, &key, ledger.head.height).unwrap();
    assert_eq!(found, Recalled { recalls: Vec::new(), is_whole: false });
}

/// Goal: sales, dispensing and shipments are uses; what a recall itself takes is none. Method: the events of scenario A, and
/// a table of others.
#[test]
fn what_is_a_use() {
    let is_one = |event: &Value| {
        let mut event = event.clone();
        event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
        is_use(&event_of(event.to_string().as_bytes()).unwrap())
    };
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/a")).unwrap();
    for name in files.map(|file| file.unwrap().file_name().into_string().unwrap()) {
        let document = read(&format!("a/{name}"));
        for event in document["epcisBody"]["eventList"].as_array().unwrap() {
            let step = event["bizStep"].as_str().unwrap();
            assert_eq!(is_one(event), ["shipping", "retail_selling"].contains(&step), "{name} {event}");
        }
    }
    let with = |step: &str, disposition: &str| {
        let mut event = about(step, &[LOT_A]);
        event["disposition"] = json!(disposition);
        event
    };
    for (step, disposition, expected) in [
        ("dispensing", "dispensed", true),
        ("dispensing", "partially_dispensed", true),
        ("retail_selling", "recalled", true),
        ("shipping", "in_transit", true),
        ("shipping", "recalled", false),
        ("shipping", "returned", false),
        ("shipping", "disposed", false),
        ("destroying", "destroyed", false),
        ("returning", "returned", false),
        ("receiving", "in_progress", false),
    ] {
        assert_eq!(is_one(&with(step, disposition)), expected, "{step} {disposition}");
    }
    let mut event = with("shipping", "in_transit");
    event["persistentDisposition"] = json!({"set": ["recalled"]});
    assert!(!is_one(&event));
    let mut event = with("shipping", "in_transit");
    event["suyuan:recall_id"] = json!("R-1");
    assert!(!is_one(&event));
    let mut event = with("retail_selling", "retail_sold");
    event["errorDeclaration"] = json!({"declarationTime": AT});
    assert!(!is_one(&event));
}
