//! Goal: what was too warm can't be made usable, nor what was not unusable, by anybody who has no right to say so. Method: the
//! vaccine of scenario B, with records of its maker, its carrier, who receives it, and strangers, in blocks of their times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, read, time};
use serde_json::{Value, json};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::record_type;
use suyuan_ledger::trace::excursions::{self, Excursions, Verdict};

const CASE: &str = "https://id.gs1.org/00/095210050000000174";
const OTHER: &str = "https://id.gs1.org/00/095210050000000181";
const CODE: &str = "urn:cn:drugtrace:81051230000000004471";
/// When the case was too warm, and until when.
const WARM: [&str; 2] = ["2026-09-14T08:40:00+08:00", "2026-09-14T09:25:00+08:00"];

fn at_height(world: &World, thing: &str, height: u64) -> Excursions {
    let (store, ledger) = (world.store(), &world.network.ledger);
    let subject = Reader::new(&store).number_of(SubjectKey::from_uri(thing).unwrap().tag()).unwrap().unwrap();
    excursions::of(&store, &ledger.directory, subject, height).unwrap()
}

fn of(world: &World, thing: &str) -> Excursions {
    at_height(world, thing, world.network.ledger.head.height)
}

fn shipped() -> World {
    let mut world = World::new("2026-09-01T00:00:00+08:00");
    world.documents("b", &["01", "02"], 0);
    world
}

/// The vaccine up to when it is received, too warm.
fn received() -> World {
    let mut world = shipped();
    world.documents("b", &["03", "04"], 0);
    world
}

fn object(step: &str, things: &[&str]) -> Value {
    json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "epcList": things})
}

fn made(things: &[&str]) -> Value {
    let mut event = object("commissioning", things);
    event["action"] = json!("ADD");
    event
}

fn packed(action: &str, parent: &str, children: &[&str]) -> Value {
    let step = if action == "ADD" { "packing" } else { "unpacking" };
    json!({"type": "AggregationEvent", "action": action, "bizStep": step, "parentID": parent, "childEPCs": children})
}

/// That things were too warm.
fn warm(world: &World, who: &str, things: &[&str], [from, to]: [&str; 2]) -> Value {
    let mut event = read("b/03-coldlog-excursion.jsonld")["epcisBody"]["eventList"][0].clone();
    event.as_object_mut().unwrap().remove("eventTime");
    (event["epcList"], event["suyuan:custodian"]) = (json!(things), json!(world.uri(who)));
    (event["suyuan:from"], event["suyuan:to"]) = (json!(from), json!(to));
    event
}

fn decision(world: &World, who: &str, things: &[&str], (excursion, decision): (&str, &str)) -> Value {
    let mut event = object("inspecting", things);
    event["disposition"] = json!(if decision == "release" { "conformant" } else { "non_conformant" });
    for (name, value) in [
        ("recordType", json!("D7b.EXCURSION_DECISION")),
        ("productClass", json!("VACC")),
        ("excursion_ref", json!(excursion)),
        ("decided_by", json!(world.uri(who))),
        ("decision", json!(decision)),
        ("used_min", json!(55)),
        ("budget_min", json!(60)),
        ("report_hash", json!("3".repeat(64))),
    ] {
        event[format!("suyuan:{name}")] = value;
    }
    event
}

/// Decides on the excursion of a thing that was said last.
fn decide(world: &mut World, who: &str, thing: &str, at: &str, verdict: &str) -> Value {
    let hash = of(world, thing).excursions.last().unwrap().event.to_string();
    let event = decision(world, who, &[thing], (&hash, verdict));
    world.capture(who, at, event.clone());
    named(world, event, at)
}

/// The event that was captured last, as it was captured.
fn named(world: &World, mut event: Value, at: &str) -> Value {
    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", world.next));
    (event["eventTime"], event["eventTimeZoneOffset"]) = (json!(at), json!("+08:00"));
    event["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
    event
}

/// Declares an event erroneous.
fn withdraw(world: &mut World, who: &str, mut event: Value, at: &str) {
    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    event["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:incorrect_data"});
    world.say(who, record_type::EPCIS, time(at), &[event.to_string()]);
}

/// The document's own excursion, as it was captured.
fn first_excursion() -> Value {
    read("b/03-coldlog-excursion.jsonld")["epcisBody"]["eventList"][0].clone()
}

fn flood(world: &mut World, who: &str, thing: &str, at: &str) {
    let payloads: Vec<String> = (0..4_100)
        .map(|_| {
            world.next += 1;
            let mut event = named(world, object("holding", &[thing]), at);
            event["readPoint"]["id"] = json!(format!("https://id.gs1.org/414/9521011000014/254/{}", world.next));
            event.to_string()
        })
        .collect();
    // A stranger may not record so much on one day.
    for (day, some) in (0..).zip(payloads.chunks(900)) {
        world.say(who, record_type::EPCIS, time(at) + day * 86_400_000, some);
    }
}

// What strangers record hides nothing, however much it is; and where not all is read of those with a right to it, nobody knows.
#[test]
fn what_is_not_read_is_not_known() {
    let mut world = received();
    flood(&mut world, "brake", CASE, "2026-09-14T12:00:00+08:00");
    decide(&mut world, "vaccine", CASE, "2026-09-20T12:00:00+08:00", "reject");
    for thing in [CASE, CODE] {
        let found = of(&world, thing);
        let verdict = found.excursions[0].decision.as_ref().map(|decision| decision.verdict);
        assert!(found.is_whole && found.is_unusable() && !found.is_usable() && verdict == Some(Verdict::Reject));
    }
    let at = "2026-09-20T13:00:00+08:00";
    world.capture("vaccine", at, made(&[OTHER]));
    assert!(of(&world, OTHER).is_usable());
    flood(&mut world, "vaccine", OTHER, at);
    let found = of(&world, OTHER);
    assert!(!found.is_whole && !found.is_usable() && !found.is_unusable());
}

// Who said it takes it back only until it was decided of; who rejected takes that back, and then it is to be decided anew.
#[test]
fn decisions_are_not_withdrawn_with_what_they_are_of() {
    let mut world = received();
    withdraw(&mut world, "coldlog", first_excursion(), "2026-09-14T11:40:00+08:00");
    assert!(of(&world, CASE).excursions.is_empty() && of(&world, CASE).is_usable());
    let mut world = received();
    let released = decide(&mut world, "vaccine", CASE, "2026-09-14T12:00:00+08:00", "release");
    let again = decide(&mut world, "vaccine", CASE, "2026-09-14T12:10:00+08:00", "release");
    withdraw(&mut world, "vaccine", again, "2026-09-14T12:20:00+08:00");
    assert!(of(&world, CASE).is_usable(), "the last that was not withdrawn counts");
    withdraw(&mut world, "vaccine", released, "2026-09-14T12:25:00+08:00");
    assert!(of(&world, CASE).excursions[0].decision.is_none() && of(&world, CASE).is_unusable());
    decide(&mut world, "vaccine", CASE, "2026-09-14T12:30:00+08:00", "release");
    let rejected = decide(&mut world, "vaccine", CASE, "2026-09-14T12:40:00+08:00", "reject");
    withdraw(&mut world, "coldlog", first_excursion(), "2026-09-14T12:50:00+08:00");
    for thing in [CASE, CODE] {
        let found = of(&world, thing);
        let [one] = found.excursions.as_slice() else { panic!("{found:?}") };
        let verdict = one.decision.as_ref().map(|decision| decision.verdict);
        assert!(one.is_withdrawn && verdict == Some(Verdict::Reject) && found.is_unusable());
    }
    withdraw(&mut world, "vaccine", rejected, "2026-09-14T13:00:00+08:00");
    let found = of(&world, CASE);
    assert!(found.excursions[0].decision.is_none() && found.is_unusable());
    decide(&mut world, "vaccine", CASE, "2026-09-14T13:10:00+08:00", "release");
    assert!(of(&world, CASE).is_usable());
}

// What was in a box while it was warm is affected, whenever that is said; what came into it later is not.
#[test]
fn what_was_there_then() {
    let mut world = shipped();
    world.documents("b", &["04"], 0);
    world.capture("cdc", "2026-09-14T11:30:00+08:00", packed("DELETE", CASE, &[CODE]));
    let later = "https://id.gs1.org/01/09521005001010/21/LATER1";
    world.capture("vaccine", "2026-09-14T11:35:00+08:00", made(&[later]));
    world.capture("vaccine", "2026-09-14T11:36:00+08:00", packed("ADD", CASE, &[later]));
    let event = warm(&world, "cdc", &[CASE], WARM);
    world.capture("cdc", "2026-09-14T11:50:00+08:00", event);
    assert!(of(&world, CODE).is_unusable() && of(&world, CASE).is_unusable());
    assert!(of(&world, later).is_usable() && of(&world, later).excursions.is_empty());
    // It is decided of where it was said.
    decide(&mut world, "vaccine", CASE, "2026-09-14T12:00:00+08:00", "release");
    assert!(of(&world, CODE).is_usable());
}

// At each height it is what was read when that was the last one.
#[test]
fn past_heights_stay_as_they_were() {
    let mut world = World::new("2026-09-01T00:00:00+08:00");
    world.documents("b", &["01"], 0);
    let mut known = Vec::new();
    let mut look =
        |world: &World| known.push((world.network.ledger.head.height, [CASE, CODE].map(|one| of(world, one))));
    for document in ["02", "03", "04", "05", "06", "07"] {
        world.documents("b", &[document], 0);
        look(&world);
    }
    for (height, found) in known {
        assert_eq!([CASE, CODE].map(|one| at_height(&world, one, height)), found, "{height}");
    }
    // Who made it is no other before it says that it has.
    let event = warm(&world, "mpa", &[OTHER], WARM);
    world.capture("mpa", "2026-09-21T09:00:00+08:00", event);
    decide(&mut world, "vaccine", OTHER, "2026-09-21T10:00:00+08:00", "release");
    let (height, found) = (world.network.ledger.head.height, of(&world, OTHER));
    world.capture("vaccine", "2026-09-21T11:00:00+08:00", made(&[OTHER]));
    assert_eq!(at_height(&world, OTHER, height), found);
    assert_eq!(of(&world, OTHER), found);
}

// Of whose things were in it at another time none keeps the maker of all that was there from deciding.
#[test]
fn who_made_what_was_there_then() {
    let [milk, other] = ["MILK1", "MILK2"].map(|serial| format!("https://id.gs1.org/01/09521001001014/21/{serial}"));
    let things = [milk.as_str(), other.as_str()];
    for (taken_out, decides) in [("2026-09-13T17:00:00+08:00", true), ("2026-09-14T09:00:00+08:00", false)] {
        let mut world = World::new("2026-09-01T00:00:00+08:00");
        world.documents("b", &["01"], 0);
        let at = "2026-09-14T10:00:00+08:00";
        let of_time = |mut event: Value, time: &str| {
            event["eventTime"] = json!(time);
            event
        };
        world.capture("dairy", at, of_time(made(&things), "2026-09-13T15:30:00+08:00"));
        world.capture("dairy", at, of_time(packed("ADD", CASE, &things), "2026-09-13T16:00:00+08:00"));
        world.capture("vaccine", at, of_time(packed("ADD", CASE, &things), "2026-09-13T16:00:00+08:00"));
        world.capture("vaccine", at, of_time(packed("DELETE", CASE, &things), taken_out));
        world.capture("dairy", at, of_time(packed("DELETE", CASE, &things), taken_out));
        world.documents("b", &["02", "03", "04"], 0);
        decide(&mut world, "vaccine", CASE, "2026-09-14T12:00:00+08:00", "release");
        assert_eq!(of(&world, CASE).is_usable(), decides, "{taken_out}");
    }
}

// What the maker says of a whole lot holds of each item of it, and what others say of the lot does not.
#[test]
fn items_of_a_lot() {
    let mut world = shipped();
    let item = "https://id.gs1.org/01/09521005001010/21/OFLOT1";
    let lot = "https://id.gs1.org/01/09521005001010/10/V20260901";
    let mut event = made(&[item]);
    event["ilmd"] = json!({"cbvmda:lotNumber": "V20260901"});
    world.capture("vaccine", "2026-09-14T07:00:00+08:00", event);
    let mut event = made(&[]);
    event["quantityList"] = json!([{"epcClass": lot, "quantity": 100}]);
    event.as_object_mut().unwrap().remove("epcList");
    world.capture("vaccine", "2026-09-14T07:00:00+08:00", event);
    let of_lot = |world: &World, who: &str| {
        let mut event = warm(world, who, &[], WARM);
        event.as_object_mut().unwrap().remove("epcList");
        event["quantityList"] = json!([{"epcClass": lot}]);
        event
    };
    let said = of_lot(&world, "brake");
    world.capture("brake", "2026-09-14T11:00:00+08:00", said);
    assert!(of(&world, item).is_usable());
    let said = of_lot(&world, "vaccine");
    world.capture("vaccine", "2026-09-14T11:10:00+08:00", said);
    assert!(of(&world, item).is_unusable() && of(&world, lot).is_unusable());
    let hash = of(&world, lot).excursions.last().unwrap().event.to_string();
    let mut event = decision(&world, "vaccine", &[], (&hash, "release"));
    event.as_object_mut().unwrap().remove("epcList");
    event["quantityList"] = json!([{"epcClass": lot}]);
    world.capture("vaccine", "2026-09-14T11:20:00+08:00", event);
    assert!(of(&world, item).is_usable() && of(&world, lot).is_usable());
}

// A carrier says what happened on its way, and nothing after; what is said twice is one excursion.
#[test]
fn carriers_speak_of_their_way() {
    let mut world = received();
    for (times, count) in [
        (["2026-09-14T12:00:00+08:00", "2026-09-14T12:30:00+08:00"], 1),
        (["2026-09-14T11:00:00+08:00", "2026-09-14T11:30:00+08:00"], 1),
        (["2026-09-14T05:00:00+08:00", "2026-09-14T06:30:00+08:00"], 1),
        (["2026-09-14T10:00:00+08:00", "2026-09-14T10:30:00+08:00"], 2),
    ] {
        let event = warm(&world, "coldlog", &[CASE], times);
        world.capture("coldlog", "2026-09-14T13:00:00+08:00", event);
        assert_eq!([CASE, CODE].map(|thing| of(&world, thing).excursions.len()), [count, count], "{times:?}");
    }
    // Whose truck came by without being named says nothing; who has it now does.
    for (who, count) in [("brake", 2), ("cdc", 3)] {
        let event = warm(&world, who, &[CASE], ["2026-09-14T12:00:00+08:00", "2026-09-14T12:30:00+08:00"]);
        world.capture(who, "2026-09-14T14:00:00+08:00", event);
        assert_eq!(of(&world, CASE).excursions.len(), count);
    }
    // Who says that it has received what no one here has sent says nothing of it until that is confirmed.
    world.capture("brake", "2026-09-14T14:10:00+08:00", object("receiving", &[OTHER]));
    let event = warm(&world, "brake", &[OTHER], WARM);
    world.capture("brake", "2026-09-14T14:20:00+08:00", event);
    assert!(of(&world, OTHER).excursions.is_empty());
    let mut world = received();
    let mut again = first_excursion();
    again["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    again["eventID"] = json!("urn:uuid:00000000-0000-4000-8000-00000000ffff");
    world.say("coldlog", record_type::EPCIS, time("2026-09-14T15:00:00+08:00"), &[again.to_string()]);
    assert_eq!(of(&world, CASE).excursions.len(), 1);
}

// Who gives it away dates that back in vain.
#[test]
fn use_is_not_dated_back() {
    let mut world = received();
    let mut event = object("dispensing", &[CODE]);
    (event["action"], event["disposition"]) = (json!("DELETE"), json!("dispensed"));
    (event["suyuan:recordType"], event["suyuan:productClass"]) = (json!("D8.DISPENSE"), json!("VACC"));
    (event["suyuan:place_type"], event["eventTime"]) = (json!("vaccination"), json!("2026-09-14T08:00:00+08:00"));
    world.capture("cdc", "2026-09-14T12:30:00+08:00", event);
    let found = of(&world, CODE);
    let [misuse] = found.misuses.as_slice() else { panic!("{found:?}") };
    assert_eq!((misuse.by.clone(), misuse.at), (world.uri("cdc"), time("2026-09-14T08:00:00+08:00")));
}
