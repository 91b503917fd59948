//! Goal: a code that was used twice, or as it can't have been, is told with whose event it was, and nobody who has no right to it
//! can make another's use look so. Method: an item of the vaccine's maker on its way over a distributor to who gives it out, with
//! records of these, of their authorities and of strangers, in blocks of their times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, time};
use serde_json::{Value, json};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::record_type;
use suyuan_ledger::trace::exceptions::{self, Exceptions};

const ITEM: &str = "https://id.gs1.org/01/09521005001010/21/E1";
const CASE: &str = "https://id.gs1.org/00/095210050000000174";
const CODE: &str = "urn:cn:drugtrace:81051230000000004471";

fn at_height(world: &World, thing: &str, height: u64) -> Option<Exceptions> {
    let (store, ledger) = (world.store(), &world.network.ledger);
    let subject = Reader::new(&store).number_of(SubjectKey::from_uri(thing).unwrap().tag()).unwrap().unwrap();
    exceptions::of(&store, &ledger.directory, subject, height).unwrap()
}

fn of(world: &World, thing: &str) -> Exceptions {
    at_height(world, thing, world.network.ledger.head.height).unwrap()
}

/// What is wrong with a thing, in words: what, whose event it is, whether that is a stranger, whether it is merely declared.
fn told(world: &World, thing: &str) -> Vec<String> {
    let in_words = |one: &exceptions::Exception| {
        let key = world.actors.iter().find(|actor| actor["entity"] == one.by).unwrap()["key"].as_str().unwrap();
        let stranger = if one.by_stranger { " stranger" } else { "" };
        let declared = if one.is_declared { " declared" } else { "" };
        format!("{} {key}{stranger}{declared}", one.kind.name())
    };
    of(world, thing).exceptions.iter().map(in_words).collect()
}

fn nothing() -> [&'static str; 0] {
    []
}

fn at(hour: u32) -> String {
    format!("2026-09-{:02}T{:02}:00:00+08:00", 2 + hour / 24, hour % 24)
}

fn object(step: &str, things: &[&str]) -> Value {
    json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "epcList": things})
}

fn with(mut event: Value, members: &[(&str, Value)]) -> Value {
    members.iter().for_each(|(name, value)| event[*name] = value.clone());
    event
}

fn made(things: &[&str]) -> Value {
    with(object("commissioning", things), &[("action", json!("ADD"))])
}

fn dispensed(things: &[&str]) -> Value {
    let members = [("action", json!("DELETE")), ("disposition", json!("dispensed"))];
    with(object("dispensing", things), &members)
}

fn sold(things: &[&str]) -> Value {
    with(object("retail_selling", things), &[("disposition", json!("retail_sold"))])
}

fn returned(things: &[&str]) -> Value {
    with(object("receiving", things), &[("disposition", json!("returned"))])
}

fn ended(things: &[&str]) -> Value {
    let members = [("action", json!("DELETE")), ("disposition", json!("inactive"))];
    with(object("decommissioning", things), &members)
}

fn founded(things: &[&str]) -> Value {
    with(made(things), &[("suyuan:recordType", json!("TRC.OPENING_BALANCE"))])
}

fn packed(action: &str, parent: &str, children: &[&str]) -> Value {
    let step = if action == "ADD" { "packing" } else { "unpacking" };
    json!({"type": "AggregationEvent", "action": action, "bizStep": step, "parentID": parent, "childEPCs": children})
}

/// A shipment to a party of this GLN.
fn to_party(things: &[&str], gln: &str) -> Value {
    let destination = json!([{"type": "possessing_party", "destination": format!("https://id.gs1.org/417/{gln}")}]);
    with(object("shipping", things), &[("destinationList", destination)])
}

fn shipped(world: &World, things: &[&str], to: &str) -> Value {
    to_party(things, world.actors[world.member(to)]["gln"].as_str().unwrap())
}

fn started() -> World {
    World::new("2026-09-01T00:00:00+08:00")
}

/// An item of the maker's that the distributor has received, by hour 4.
fn at_distributor() -> World {
    let mut world = started();
    world.capture("vaccine", &at(1), made(&[ITEM]));
    let event = shipped(&world, &[ITEM], "dist");
    world.capture("vaccine", &at(2), event);
    world.capture("dist", &at(3), object("receiving", &[ITEM]));
    world
}

/// The same, which who gives it out has received by hour 6.
fn at_centre() -> World {
    let mut world = at_distributor();
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("dist", &at(4), event);
    world.capture("cdc", &at(5), object("receiving", &[ITEM]));
    world
}

/// The event that was captured last, as it was captured.
fn named(world: &World, mut event: Value, at: &str) -> Value {
    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", world.next));
    if event["eventTime"].is_null() {
        event["eventTime"] = json!(at);
    }
    event["eventTimeZoneOffset"] = json!("+08:00");
    event["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
    event
}

/// Captures an event, and declares it erroneous.
fn erred(world: &mut World, who: &str, at: &str, event: Value) {
    world.capture(who, at, event.clone());
    let mut event = named(world, event, at);
    event["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:incorrect_data"});
    world.say(who, record_type::EPCIS, time(at), &[event.to_string()]);
}

/// Goal: what is done rightly is no exception. Method: an item over two hands; and scenario B, in which a case is shipped, received,
/// sent back, unpacked and what was in it destroyed.
#[test]
fn right_use() {
    let mut world = at_centre();
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    assert!(of(&world, ITEM).is_sound() && of(&world, ITEM).is_whole_of_strangers);
    let mut world = started();
    world.documents("b", &["01", "02", "03", "04", "05", "06", "07"], 0);
    for thing in [CODE, CASE] {
        assert_eq!(told(&world, thing), nothing(), "{thing}");
    }
    let lot = "https://id.gs1.org/01/09521005001010/10/L1";
    world.capture(
        "vaccine",
        "2026-09-21T09:00:00+08:00",
        with(made(&[]), &[("quantityList", json!([{"epcClass": lot}]))]),
    );
    let head = world.network.ledger.head.height;
    assert_eq!(at_height(&world, lot, head), None, "a lot is used many times");
}

/// Goal: the second use is the duplicate, and one use that is told twice is none. Method: who has the item gives it out again, in
/// part and as a whole; says the same event again under another id; and each height keeps what was found at it.
#[test]
fn given_out_twice() {
    let mut world = at_centre();
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    let first = world.last();
    let again = with(dispensed(&[ITEM]), &[("eventTime", json!(at(6)))]);
    world.capture("cdc", &at(7), again);
    assert_eq!(told(&world, ITEM), nothing(), "the same event");
    let height = world.network.ledger.head.height;
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    let second = world.last();
    let found = of(&world, ITEM);
    assert_eq!(told(&world, ITEM), ["duplicate cdc"]);
    let one = &found.exceptions[0];
    assert_eq!((one.record.to_string(), one.against.unwrap().to_string()), (second, first));
    assert_eq!((one.at, one.recorded > one.at - 10_000), (time(&at(8)), true));
    assert!(!found.is_sound());
    assert!(at_height(&world, ITEM, height).unwrap().exceptions.is_empty());
    // Of an opened pack its holder gives out several times; nobody else does, nor after it is empty.
    let mut world = at_centre();
    let part = |hour: u32| with(object("dispensing", &[ITEM]), &[("eventTime", json!(at(hour)))]);
    world.capture("cdc", &at(6), part(6));
    world.capture("cdc", &at(7), part(7));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    world.capture("cdc", &at(9), part(9));
    assert_eq!(told(&world, ITEM), ["duplicate cdc"]);
    // A sale is a use as well.
    world.capture("cdc", &at(10), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate cdc", "duplicate cdc"]);
    let mut world = at_centre();
    world.capture("cdc", &at(6), part(6));
    world.capture("mpa", &at(7), part(7));
    assert_eq!(told(&world, ITEM), ["duplicate mpa"], "an opened pack stays where it is");
}

/// Goal: a stranger makes nobody's use the second one. Method: a stranger gives the item out before its holder does, dated back
/// before that, and after; another stranger ends it; only strangers are told of, each against the holder's use.
#[test]
fn strangers_are_the_duplicates() {
    let mut world = at_centre();
    let first = with(dispensed(&[ITEM]), &[("eventTime", json!(at(1)))]);
    world.capture("brake", &at(6), first);
    world.capture("parts", &at(6), ended(&[ITEM]));
    world.capture("cdc", &at(7), dispensed(&[ITEM]));
    let right = world.last();
    world.capture("brake", &at(8), sold(&[ITEM]));
    let found: Vec<String> = told(&world, ITEM).into_iter().filter(|one| one.starts_with("duplicate")).collect();
    assert_eq!(found, ["duplicate brake stranger", "duplicate brake stranger"]);
    let exceptions = of(&world, ITEM).exceptions;
    assert!(exceptions.iter().all(|one| one.by_stranger), "{exceptions:?}");
    let duplicates = exceptions.iter().filter(|one| one.kind.name() == "duplicate");
    assert!(duplicates.clone().all(|one| one.against.unwrap().to_string() == right));
    assert_eq!(duplicates.count(), 2);
}

/// Goal: whoever had the item and gave it away is not its user either. Method: the distributor, who has shipped it on, and the
/// maker, who has the prefix for ever, give it out before who has it; both are told of, and who has it is not.
#[test]
fn who_gave_it_away_is_the_duplicate() {
    for (who, stranger) in [("dist", " stranger"), ("vaccine", "")] {
        let mut world = at_centre();
        // A stranger can't give it back.
        let event = shipped(&world, &[ITEM], who);
        world.capture("brake", &at(6), event);
        world.capture(who, &at(6), dispensed(&[ITEM]));
        world.capture("cdc", &at(7), dispensed(&[ITEM]));
        assert_eq!(
            told(&world, ITEM),
            [format!("duplicate {who}{stranger}"), format!("unexpected_place {who}{stranger}")]
        );
    }
    // Who took it back, because it could not be delivered, has it; who says so though it was delivered has it not.
    let mut world = at_distributor();
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("dist", &at(4), event);
    world.capture("dist", &at(5), object("receiving", &[ITEM]));
    world.capture("dist", &at(6), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    // To whom it was shipped back has it before it says so.
    let mut world = at_centre();
    let event = shipped(&world, &[ITEM], "dist");
    world.capture("cdc", &at(6), event);
    world.capture("dist", &at(7), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    let mut world = at_centre();
    world.capture("vaccine", &at(6), object("receiving", &[ITEM]));
    world.capture("vaccine", &at(7), dispensed(&[ITEM]));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate vaccine"], "the ledger takes the maker to hold it since");
    // What its maker ships a second time, though it was received, nobody is expected to have.
    let mut world = at_centre();
    let event = shipped(&world, &[ITEM], "brake");
    world.capture("vaccine", &at(6), event);
    world.capture("brake", &at(7), object("receiving", &[ITEM]));
    world.capture("brake", &at(8), dispensed(&[ITEM]));
    world.capture("cdc", &at(9), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["unexpected_place brake", "duplicate brake", "unexpected_place brake"]);
    // One who says that it had it when it joined has no right to what its maker has made.
    let mut world = at_centre();
    world.capture("brake", &at(6), founded(&[ITEM]));
    world.capture("brake", &at(7), dispensed(&[ITEM]));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate brake stranger", "unexpected_place brake stranger"]);
}

/// Goal: what was declared erroneous did not happen. Method: a use, a commissioning and an end, each declared erroneous and then
/// recorded anew.
#[test]
fn what_was_erroneous() {
    let mut world = started();
    erred(&mut world, "vaccine", &at(0), made(&[ITEM]));
    world.capture("vaccine", &at(1), made(&[ITEM]));
    erred(&mut world, "vaccine", &at(2), ended(&[ITEM]));
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("vaccine", &at(3), event);
    world.capture("cdc", &at(4), object("receiving", &[ITEM]));
    erred(&mut world, "cdc", &at(5), dispensed(&[ITEM]));
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    // Nobody declares another's event erroneous: the last one still stands.
    world.capture("cdc", &at(7), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate cdc"]);
    // A shipment that was none sends nothing.
    let mut world = at_distributor();
    let event = shipped(&world, &[ITEM], "retail");
    erred(&mut world, "dist", &at(4), event);
    let event = shipped(&world, &[ITEM], "retail");
    world.capture("dist", &at(5), event);
    world.capture("dist", &at(6), object("void_shipping", &[ITEM]));
    world.capture("dist", &at(7), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
}

/// Goal: what came back is sold again, and only who gave it out takes it back. Method: sold, returned, sold; a return that a
/// stranger or the distributor records; one that is dated back before the sale.
#[test]
fn returned_and_sold_again() {
    let mut world = at_centre();
    world.capture("cdc", &at(6), sold(&[ITEM]));
    world.capture("cdc", &at(7), returned(&[ITEM]));
    world.capture("cdc", &at(8), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    world.capture("brake", &at(9), returned(&[ITEM]));
    world.capture("vaccine", &at(9), returned(&[ITEM]));
    world.capture("cdc", &at(10), with(returned(&[ITEM]), &[("eventTime", json!(at(7)))]));
    world.capture("cdc", &at(11), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate cdc"]);
    // Sent back by who gave it out, it is in trade again.
    let mut world = at_centre();
    world.capture("cdc", &at(6), sold(&[ITEM]));
    let event = with(shipped(&world, &[ITEM], "dist"), &[("disposition", json!("returned"))]);
    world.capture("cdc", &at(7), event);
    world.capture("dist", &at(8), object("receiving", &[ITEM]));
    world.capture("dist", &at(9), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
}

/// Goal: a code that is copied is its copier's exception, whoever says first that it is made. Method: a stranger commissions an
/// item of the maker's before and after it; two say that they had it when they joined.
#[test]
fn made_twice() {
    for order in [["brake", "vaccine"], ["vaccine", "brake"]] {
        let mut world = started();
        order.iter().zip(1..).for_each(|(who, hour)| world.capture(who, &at(hour), made(&[ITEM])));
        assert_eq!(told(&world, ITEM), ["duplicate brake stranger"], "{order:?}");
    }
    let mut world = started();
    world.capture("vaccine", &at(1), made(&[ITEM]));
    world.capture("cdc", &at(2), founded(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing(), "it was made before it was in stock");
    world.capture("retail", &at(3), founded(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate retail stranger"]);
    // What is written on a tag first and made then is made once.
    let mut world = started();
    world.capture("vaccine", &at(1), object("encoding", &[ITEM]));
    world.capture("vaccine", &at(2), made(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
}

/// Goal: what is at its end is not handled any more, but may be taken back, held and destroyed; and an end that is recorded
/// afterwards makes nothing before it wrong. Method: each step after a decommissioning and after a sale; ends that are dated back.
#[test]
fn after_its_end() {
    for (step, count) in [("shipping", 1), ("receiving", 1), ("retail_selling", 1), ("holding", 0), ("inspecting", 0)] {
        let mut world = at_centre();
        world.capture("cdc", &at(6), ended(&[ITEM]));
        let end = world.last();
        world.capture("cdc", &at(7), object(step, &[ITEM]));
        let found = of(&world, ITEM).exceptions;
        assert_eq!(found.len(), count, "{step} {found:?}");
        assert!(found.iter().all(|one| one.kind.name() == "after_decommission"));
        assert!(found.iter().all(|one| one.against.unwrap().to_string() == end));
    }
    let mut world = at_centre();
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    world.capture("cdc", &at(7), packed("ADD", "https://id.gs1.org/00/095210070000000197", &[ITEM]));
    assert_eq!(told(&world, ITEM), nothing(), "so it is sent to who has bought it");
    let event = shipped(&world, &[ITEM], "retail");
    world.capture("cdc", &at(8), event);
    assert_eq!(told(&world, ITEM), ["after_decommission cdc"]);
    // Taken back by another, as of a recall, it may be received and destroyed.
    let mut world = at_centre();
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    world.capture("vaccine", &at(7), returned(&[ITEM]));
    world.capture("vaccine", &at(8), object("receiving", &[ITEM]));
    let members = [("action", json!("DELETE")), ("disposition", json!("destroyed"))];
    world.capture("vaccine", &at(9), with(object("destroying", &[ITEM]), &members));
    assert_eq!(told(&world, ITEM), nothing());
    // What the maker ends behind everybody's back ends nothing before it, and a stranger ends nothing at all.
    let mut world = at_centre();
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    world.capture("vaccine", &at(7), with(ended(&[ITEM]), &[("eventTime", json!(at(2)))]));
    assert_eq!(told(&world, ITEM), nothing());
    let mut world = at_distributor();
    world.capture("brake", &at(3), ended(&[ITEM]));
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("dist", &at(4), event);
    world.capture("cdc", &at(5), object("receiving", &[ITEM]));
    world.capture("cdc", &at(6), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    // Nor does a stranger sell it for those who have it.
    let mut world = at_distributor();
    world.capture("brake", &at(3), sold(&[ITEM]));
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("dist", &at(4), event);
    world.capture("cdc", &at(5), object("receiving", &[ITEM]));
    assert_eq!(told(&world, ITEM), ["unexpected_place brake stranger"]);
    // What happened before the end may be recorded after it.
    let mut world = at_centre();
    world.capture("cdc", &at(9), ended(&[ITEM]));
    world.capture("cdc", &at(10), with(object("receiving", &[ITEM]), &[("eventTime", json!(at(5)))]));
    assert_eq!(told(&world, ITEM), nothing());
}

/// Goal: who takes in or gives out what was sent to another is told of, and nobody where it is not known where it was sent.
/// Method: shipments to a named one, to nobody, to one that is not registered; receipts that are recorded before their shipment; by a
/// carrier; a case instead of what is in it.
#[test]
fn unexpected_places() {
    let mut world = at_distributor();
    let event = shipped(&world, &[ITEM], "cdc");
    world.capture("dist", &at(4), event);
    world.capture("retail", &at(5), object("receiving", &[ITEM]));
    world.capture("retail", &at(6), with(sold(&[ITEM]), &[("eventTime", json!(at(0)))]));
    let both = ["unexpected_place retail stranger", "unexpected_place retail stranger"];
    assert_eq!(told(&world, ITEM), both, "dated back before all shipments as well");
    // The shipment to it is recorded later: its receipt came first.
    let mut world = at_distributor();
    world.capture("retail", &at(5), object("receiving", &[ITEM]));
    world.capture("retail", &at(6), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), both);
    let event = with(shipped(&world, &[ITEM], "retail"), &[("eventTime", json!(at(4)))]);
    world.capture("dist", &at(7), event);
    assert_eq!(told(&world, ITEM), nothing());
    let nowhere = object("shipping", &[ITEM]);
    for unknown in [nowhere, to_party(&[ITEM], "9529999000014")] {
        let mut world = at_distributor();
        world.capture("dist", &at(4), unknown);
        world.capture("retail", &at(5), object("receiving", &[ITEM]));
        world.capture("retail", &at(6), sold(&[ITEM]));
        assert_eq!(told(&world, ITEM), nothing());
    }
    let mut world = at_distributor();
    let event = with(shipped(&world, &[ITEM], "cdc"), &[("suyuan:carrier", json!(world.uri("coldlog")))]);
    world.capture("dist", &at(4), event);
    world.capture("coldlog", &at(5), object("receiving", &[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
    // Until it is received it is shipped to another instead; what a stranger receives is not received.
    let mut world = at_distributor();
    for (hour, who) in [(4, "cdc"), (6, "retail")] {
        let event = shipped(&world, &[ITEM], who);
        world.capture("dist", &at(hour), event);
        world.capture("brake", &at(hour + 1), object("receiving", &[ITEM]));
    }
    world.capture("retail", &at(8), object("receiving", &[ITEM]));
    assert_eq!(told(&world, ITEM), ["unexpected_place brake stranger"; 2]);
    // A stranger's shipment sends nothing anywhere.
    let mut world = at_centre();
    let event = shipped(&world, &[ITEM], "parts");
    world.capture("brake", &at(6), event);
    world.capture("parts", &at(7), object("receiving", &[ITEM]));
    assert_eq!(told(&world, ITEM), ["unexpected_place parts stranger"]);
    let mut world = started();
    world.documents("b", &["01"], 0);
    world.capture("retail", "2026-09-14T11:30:00+08:00", object("receiving", &[CASE]));
    for thing in [CASE, CODE] {
        assert_eq!(told(&world, thing), ["unexpected_place retail stranger"], "{thing}");
    }
}

/// Goal: what nobody with the right to has made is unknown. Method: an item that is received, commissioned by a stranger, only
/// encoded; one that its owner packs, one that its holder had before it joined.
#[test]
fn what_nobody_made() {
    let mut world = started();
    world.capture("dist", &at(1), object("receiving", &[ITEM]));
    world.capture("dist", &at(2), sold(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["unknown dist"], "once for each who handles it");
    world.capture("brake", &at(3), made(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["unknown dist", "unknown brake stranger"]);
    world.capture("vaccine", &at(4), made(&[ITEM]));
    let unknown = told(&world, ITEM).into_iter().filter(|one| one.starts_with("unknown"));
    assert_eq!(unknown.count(), 0, "its maker was late");
    for event in [packed("ADD", CASE, &[ITEM]), founded(&[ITEM])] {
        let who = if event["parentID"].is_null() { "dist" } else { "vaccine" };
        let mut world = started();
        world.capture(who, &at(1), event);
        world.capture(who, &at(2), object("inspecting", &[ITEM]));
        assert_eq!(told(&world, ITEM), nothing());
    }
    let mut world = started();
    world.capture("vaccine", &at(1), object("encoding", &[ITEM]));
    world.capture("brake", &at(2), packed("ADD", "https://id.gs1.org/00/095210090000000195", &[ITEM]));
    assert_eq!(told(&world, ITEM), ["unknown brake stranger"]);
}

fn declaration(world: &World, kind: &str, by: &str) -> Value {
    let members = [
        ("disposition", json!("unknown")),
        ("suyuan:recordType", json!("D12.EXCEPTION")),
        ("suyuan:productClass", json!("VACC")),
        ("suyuan:kind", json!(kind)),
        ("suyuan:detected_by", json!(world.uri(by))),
    ];
    with(object("other", &[ITEM]), &members)
}

/// Goal: what somebody declares of a code is told as that, and proves nothing. Method: an authority and a stranger declare exceptions;
/// one of no kind, and one that is declared erroneous, are none.
#[test]
fn declared_exceptions() {
    let mut world = at_centre();
    let event = declaration(&world, "duplicate", "cdc");
    world.capture("mpa", &at(6), event);
    let event = declaration(&world, "unknown", "brake");
    world.capture("brake", &at(7), event);
    let event = declaration(&world, "stolen", "brake");
    world.capture("brake", &at(8), event);
    let event = declaration(&world, "unexpected_place", "cdc");
    erred(&mut world, "cdc", &at(9), event);
    assert_eq!(told(&world, ITEM), ["duplicate mpa declared", "unknown brake stranger declared"]);
    let found = of(&world, ITEM);
    assert_eq!(found.exceptions[0].detected_by, Some(world.uri("cdc")));
    assert!(found.is_sound());
}

/// Goal: a thing is one under all its names, and nobody gives another's thing a name. Method: the maker says that an item has a
/// drug code; it is dispensed under one and sold under the other. A stranger says the same of its own code.
#[test]
fn other_names() {
    let linked = |thing: &str, name: &str| {
        let members = [("suyuan:recordType", json!("ID.LINK")), ("suyuan:alias", json!(name))];
        with(object("other", &[thing]), &members)
    };
    let mut world = at_centre();
    world.capture("vaccine", &at(6), made(&[CODE]));
    world.capture("vaccine", &at(7), linked(ITEM, CODE));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    world.capture("brake", &at(9), dispensed(&[CODE]));
    for name in [ITEM, CODE] {
        let found = told(&world, name);
        assert!(found.contains(&"duplicate brake stranger".to_owned()), "{name} {found:?}");
        assert!(of(&world, name).exceptions.iter().all(|one| one.by_stranger), "{name}");
    }
    let mut world = at_centre();
    let own = "https://id.gs1.org/01/09521009001018/21/B1";
    world.capture("brake", &at(6), made(&[own]));
    world.capture("brake", &at(6), dispensed(&[own]));
    world.capture("brake", &at(7), linked(own, ITEM));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), nothing());
}

fn flood(world: &mut World, who: &str, at: &str, count: u32) {
    let payloads: Vec<String> = (0..count)
        .map(|_| {
            world.next += 1;
            named(world, object("holding", &[ITEM]), at).to_string()
        })
        .collect();
    payloads.chunks(900).for_each(|some| world.say(who, record_type::EPCIS, time(at), some));
}

/// Goal: where not all is read that is so told, and a stranger hides nothing of what others do. Method: more events than are read,
/// by a stranger before the item is given out twice and copied by another; and by its maker.
#[test]
fn what_is_not_read() {
    let mut world = at_centre();
    flood(&mut world, "brake", &at(6), 65);
    assert!(of(&world, ITEM).is_sound() && !of(&world, ITEM).is_whole_of_strangers);
    world.capture("cdc", &at(7), dispensed(&[ITEM]));
    world.capture("cdc", &at(8), dispensed(&[ITEM]));
    world.capture("parts", &at(9), dispensed(&[ITEM]));
    assert_eq!(told(&world, ITEM), ["duplicate cdc", "duplicate parts stranger", "unexpected_place parts stranger"]);
    assert!(of(&world, ITEM).is_whole);
    let mut world = at_centre();
    flood(&mut world, "vaccine", &at(6), 100);
    assert!(of(&world, ITEM).is_whole);
    flood(&mut world, "vaccine", &at(6), 4_000);
    let found = of(&world, ITEM);
    assert!(found.exceptions.is_empty() && !found.is_whole && !found.is_sound());
    assert!(found.is_whole_of_strangers);
}
