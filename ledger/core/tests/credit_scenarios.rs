//! Goal: what the scenarios of recalls, of a cold chain and of equipment come to in credit (`07-scenarios.md` A, B and C)
//! follows from their documents alone. Method: the documents through real submissions of their actors, in blocks of the documents' times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, day, read, rows, time};
use serde_json::{Value, json};
use suyuan_ledger::credit::file::{CreditFile, Duty, Overdue};
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::{CeilingCode, Grade, Indicator, Source};
use suyuan_ledger::day::Day;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, Table, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::record_type;
use suyuan_ledger::trace::excursions::{self, Contradiction, Excursions, Verdict};

const MINUTE: i64 = 60_000;

/// The ceiling of this code on a day.
fn ceiling(file: &CreditFile<'_>, code: CeilingCode, on: &str) -> Option<Grade> {
    let ceilings = file.status(day(on)).ceilings;
    ceilings.into_iter().find(|ceiling| ceiling.code == code).map(|ceiling| ceiling.grade)
}

fn recall_fact(file: &CreditFile<'_>) -> (u16, Source, Option<String>) {
    let facts = file.facts();
    let fact = facts.iter().find(|fact| fact.indicator == Indicator::Recall).unwrap();
    (fact.value, fact.source, fact.day.text())
}

const BEFORE: [&str; 9] = ["01", "02", "03", "04", "05", "06", "07", "08", "09"];
const AFTER: [&str; 6] = ["11", "12", "13", "14", "15", "16"];

// The recall of infant formula: who had it is known from what was shipped, who knew when from their own records.
#[test]
fn formula_recall() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &BEFORE, 0);
    world.documents("a", &["10"], 0);
    let file = world.file("dairy");
    let recall = &file.recalls().announced[0];
    let customers: Vec<&str> = recall.customers.iter().map(|(uri, _)| uri.as_str()).collect();
    assert_eq!(customers, [world.uri("dist"), world.uri("retail")]);
    assert!(recall.is_whole && recall.is_in_time() && !recall.is_notified());
    assert_eq!(
        (recall.risk_known, recall.start_by()),
        (time("2026-10-20T09:00:00+08:00"), Some(time("2026-10-21T09:00:00+08:00")))
    );
    assert_eq!(recall.finish_by.text().as_deref(), Some("2026-11-04"));
    // Customers have to know within a day.
    let overdue = |file: &CreditFile<'_>, on: &str| -> Vec<(Duty, Option<String>)> {
        file.overdue(day(on)).into_iter().map(|one| (one.duty, one.due.text())).collect()
    };
    let notify_by = Day::in_china(recall.notify_by.unwrap());
    assert_eq!(overdue(&file, &notify_by.text().unwrap()), []);
    assert_eq!(overdue(&file, "2026-11-05"), [(Duty::Recall, notify_by.text())]);
    world.documents("a", &AFTER[..4], 0);
    let open = world.file("dairy");
    let recall = &open.recalls().announced[0];
    assert!(recall.is_notified() && recall.closed.is_none());
    assert_eq!(overdue(&open, "2026-11-04"), []);
    assert_eq!(overdue(&open, "2026-11-05"), [(Duty::Recall, Some("2026-11-04".to_owned()))]);
    world.documents("a", &AFTER[4..], 0);
    assert_eq!(overdue(&world.file("dairy"), "2026-11-05"), []);
    let file = world.file("dairy");
    let expected = read("expected.json")["a"]["quantities"].clone();
    let recall = &file.recalls().announced[0];
    assert_eq!(recall.recovery_permille(), expected["recoveryPermille"].as_u64().unwrap());
    assert_eq!(recall.confirmed, expected["recovered"].as_i64().unwrap() * 1_000);
    assert_eq!(recall_fact(&file), (956, Source::BothSides, Some("2026-11-04".to_owned())));
    assert_eq!(ceiling(&file, CeilingCode::RecallLate, "2026-10-30"), None);
    // Nobody else has a recall.
    assert!(["dist", "retail", "milkfarm"].iter().all(|firm| world.file(firm).recalls().announced.is_empty()));
}

// One minute after the deadline, by the block and not by what the event says.
#[test]
fn a_recall_that_begins_late() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &BEFORE, 0);
    world.documents("a", &["10"], 31 * MINUTE);
    let open = world.file("dairy");
    assert_eq!(ceiling(&open, CeilingCode::RecallLate, "2026-10-20"), None);
    assert_eq!(ceiling(&open, CeilingCode::RecallLate, "2026-10-21"), Some(Grade::C));
    assert_eq!(ceiling(&open, CeilingCode::RecallLate, "2026-11-30"), Some(Grade::C));
    world.documents("a", &AFTER, 31 * MINUTE);
    let closed = world.file("dairy");
    assert_eq!(recall_fact(&closed).0, 556);
    assert_eq!(ceiling(&closed, CeilingCode::RecallLate, "2026-11-03"), Some(Grade::C));
    assert_eq!(ceiling(&closed, CeilingCode::RecallLate, "2026-11-04"), None);
}

/// An event about lot A with a record type.
fn about_lot(kind: &str, step: &str, members: Value) -> Value {
    let mut event = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "disposition": "recalled",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09521001001014/10/L20261003A"}],
        "suyuan:recordType": kind, "suyuan:productClass": "INFANT",
    });
    members.as_object().unwrap().iter().for_each(|(name, value)| event[format!("suyuan:{name}")] = value.clone());
    event
}

fn announcement(id: &str, level: &str, risk_known: &str) -> Value {
    about_lot("F11.RECALL", "holding", json!({"recall_id": id, "level": level, "risk_known_at": risk_known}))
}

// What an authority has ordered holds the grade at D until it is begun. What a firm says of its own is worth what others
// confirm; who has nothing to do with the goods confirms and recalls nothing.
#[test]
fn recalls_that_are_ordered_and_gamed() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &BEFORE, 0);
    world.capture("amr", "2026-10-20T10:00:00+08:00", announcement("O-1", "I", "2026-10-20T10:00:00+08:00"));
    let ordered = world.file("dairy");
    assert_eq!(ordered.recalls().unanswered.len(), 1);
    assert_eq!(ordered.overdue(day("2026-10-22")).len(), 1);
    assert_eq!(ordered.overdue(day("2026-10-21")), []);
    for (on, grade) in [("2026-10-21", None), ("2026-10-22", Some(Grade::D)), ("2027-10-22", Some(Grade::D))] {
        assert_eq!(ceiling(&ordered, CeilingCode::RecallLate, on), grade, "{on}");
    }
    // The firm says that it learned of the risk yesterday. The authority had found it bad two days before.
    world.capture("dairy", "2026-10-22T20:00:00+08:00", announcement("R-1", "I", "2026-10-22T19:00:00+08:00"));
    let begun = world.file("dairy");
    let recall = &begun.recalls().announced[0];
    assert!(begun.recalls().unanswered.is_empty() && !recall.is_in_time());
    assert_eq!(recall.risk_known, time("2026-10-20T09:00:00+08:00"));
    assert_eq!(ceiling(&begun, CeilingCode::RecallLate, "2026-10-22"), Some(Grade::C));
    // A stranger recalls it, acknowledges it and says that it destroyed it all.
    world.capture("brake", "2026-10-22T21:00:00+08:00", announcement("R-2", "I", "2026-10-22T20:00:00+08:00"));
    let acknowledged = json!({"recall_id": "R-1", "received_at": "2026-10-22T21:00:00+08:00", "stock_qty": {"suyuan:milli": 12_000_000}, "sold_qty": {"suyuan:milli": 0}, "returned_qty": {"suyuan:milli": 0}});
    world.capture("brake", "2026-10-22T21:10:00+08:00", about_lot("F11a.RECALL_ACK", "holding", acknowledged.clone()));
    let close = json!({"recall_id": "R-1", "distributed_qty": {"suyuan:milli": 12_000_000}, "recovered_qty": {"suyuan:milli": 12_000_000}});
    world.capture("dairy", "2026-10-23T20:00:00+08:00", about_lot("F11b.RECALL_CLOSE", "other", close));
    assert!(world.file("brake").recalls().announced.is_empty());
    let closed = world.file("dairy");
    // Closed in time, and nothing else.
    assert_eq!(recall_fact(&closed), (100, Source::OwnStatement, Some("2026-10-23".to_owned())));
    // An authority says what was recovered.
    let close = json!({"recall_id": "R-1", "distributed_qty": {"suyuan:milli": 12_000_000}, "recovered_qty": {"suyuan:milli": 6_000_000}});
    world.capture("amr", "2026-10-24T20:00:00+08:00", about_lot("F11b.RECALL_CLOSE", "other", close));
    assert_eq!(recall_fact(&world.file("dairy")), (100 + 150, Source::Authority, Some("2026-10-23".to_owned())));
}

// A month counts from the day after its last one: on that day more may be recorded.
#[test]
fn months_that_are_over_count() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &BEFORE, 0);
    let file = world.file("dairy");
    let months = |on: &str| -> Vec<String> {
        let facts = file.facts_on(day(on)).into_iter();
        facts.filter(|fact| fact.indicator == Indicator::TraceCompleteness).map(|fact| fact.id).collect()
    };
    assert_eq!((months("2026-10-30"), months("2026-10-31")), (vec![], vec![]));
    assert_eq!(months("2026-11-01"), ["TRC.INFANT.2026-10"]);
}

// Customers have longer to know of drugs; not where an authority has ordered the recall as of something else.
#[test]
fn recalls_of_drugs() {
    for (class, level, ordered, hours) in [
        ("INFANT", "II", None, 48),
        ("DRUG", "I", None, 24),
        ("DRUG", "II", None, 72),
        ("VACC", "III", None, 168),
        ("DRUG", "III", Some("DRUG"), 168),
        ("DRUG", "III", Some("INFANT"), 72),
    ] {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        world.documents("a", &BEFORE, 0);
        let of_class = |id: &str, class: &str, at: &str| {
            let mut event = announcement(id, level, at);
            event["suyuan:productClass"] = json!(class);
            event
        };
        if let Some(class) = ordered {
            let at = "2026-10-20T10:00:00+08:00";
            world.capture("amr", at, of_class("O-1", class, at));
        }
        let at = "2026-10-20T12:00:00+08:00";
        world.capture("dairy", at, of_class("R-1", class, at));
        let file = world.file("dairy");
        let recall = &file.recalls().announced[0];
        assert_eq!(recall.notify_by, Some(recall.started + hours * 3_600_000), "{class} {level} {ordered:?}");
    }
}

// A recall is of its own things: an id that another uses too, an ally's goods, an authority's word on another's recall count for
// nothing; what went to nobody is no recall to be proud of; a grave order is not answered by a light recall.
#[test]
fn recalls_are_not_borrowed() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &BEFORE, 0);
    let of_brake = |mut event: Value| {
        event["quantityList"] = json!([{"epcClass": "https://id.gs1.org/01/09521009001016/10/OWN", "quantity": 5}]);
        event
    };
    let mut made = of_brake(about_lot("TRC.OPENING_BALANCE", "commissioning", json!({})));
    (made["action"], made["disposition"]) = (json!("ADD"), json!("active"));
    world.capture("brake", "2026-10-19T09:00:00+08:00", made);
    world.capture("amr", "2026-10-20T10:00:00+08:00", announcement("O-1", "I", "2026-10-20T10:00:00+08:00"));
    world.capture("dairy", "2026-10-23T08:00:00+08:00", announcement("R-1", "III", "2026-10-23T08:00:00+08:00"));
    world.capture(
        "brake",
        "2026-10-23T09:00:00+08:00",
        of_brake(announcement("R-1", "I", "2026-10-23T09:00:00+08:00")),
    );
    let late = world.file("dairy");
    assert_eq!(ceiling(&late, CeilingCode::RecallLate, "2026-10-23"), Some(Grade::C));
    assert_eq!(late.recalls().announced[0].finish_by, day("2026-11-06"), "as the order has it");
    let amount = |number: i64| json!({"suyuan:milli": number});
    let close = json!({"recall_id": "R-1", "distributed_qty": amount(9_000_000), "recovered_qty": amount(9_000_000)});
    world.capture("amr", "2026-10-24T09:00:00+08:00", about_lot("F11b.RECALL_CLOSE", "other", close));
    let held = json!({"recall_id": "R-1", "stock_qty": amount(1_000_000_000)});
    world.capture("brake", "2026-10-24T10:00:00+08:00", of_brake(about_lot("F11a.RECALL_ACK", "holding", held)));
    assert_eq!(recall_fact(&world.file("dairy")), (400, Source::Authority, Some("2026-10-24".to_owned())));
    assert_eq!(world.file("dairy").recalls().announced[0].confirmed, 0);
    let brake = world.file("brake");
    assert_eq!((brake.recalls().announced.len(), brake.recalls().announced[0].closed), (1, None));
    assert!(brake.facts().iter().all(|fact| fact.indicator != Indicator::Recall));
    // An order for more than is recalled is not answered; one that was closed before is none either.
    let mut more = announcement("O-2", "I", "2026-10-25T10:00:00+08:00");
    let other = json!({"epcClass": "https://id.gs1.org/01/09521001001014/10/L20261003B"});
    more["quantityList"].as_array_mut().unwrap().push(other);
    world.capture("amr", "2026-10-25T10:00:00+08:00", more);
    assert_eq!(ceiling(&world.file("dairy"), CeilingCode::RecallLate, "2026-10-27"), Some(Grade::D));
}

/// Goal: a recall of special equipment counts what can be measured of it: what was recovered, and whether it was closed by its own
/// day; with an authority's order of a level also whether it began and was acknowledged in time. Method: the spare brake of scenario
/// C, recalled by its maker: closed in time, later, never, with nothing recovered, announced by a stranger, ordered before.
#[test]
fn equipment_recall() {
    let brake = |kind: &str, step: &str, members: Value| {
        let mut event = json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "disposition": "recalled",
            "epcList": ["https://id.gs1.org/01/09521009001016/10/BK2503/21/0007"],
            "suyuan:recordType": kind, "suyuan:productClass": "SPEQ", "suyuan:recall_id": "E-1",
        });
        members.as_object().unwrap().iter().for_each(|(name, value)| event[format!("suyuan:{name}")] = value.clone());
        event
    };
    let recalled = |deadline: &str| brake("S13.RECALL", "holding", json!({"remedy": "replace", "deadline": deadline}));
    let pieces = |number: u32| json!({"suyuan:milli": number * 1_000});
    let held = brake("F11a.RECALL_ACK", "holding", json!({"stock_qty": pieces(1)}));
    let closing = |recovered: u32| {
        let members = json!({"distributed_qty": pieces(1), "recovered_qty": pieces(recovered)});
        brake("F11b.RECALL_CLOSE", "other", members)
    };
    let begun = || {
        let mut world = World::new("2025-03-01T00:00:00+08:00");
        world.documents("c", &["06", "07"], 0);
        world
    };
    for (closed, recovered, value, source) in [
        (Some("2026-12-10T23:00:00+08:00"), 1, 1_000, Source::BothSides),
        (Some("2026-12-10T23:00:00+08:00"), 0, 250, Source::BothSides),
        (Some("2026-12-11T00:00:00+08:00"), 1, 750, Source::BothSides),
        (None, 1, 0, Source::BothSides),
    ] {
        let mut world = begun();
        world.capture("brake", "2026-11-10T09:00:00+08:00", recalled("2026-12-10"));
        world.capture("property", "2026-11-10T10:00:00+08:00", recalled("2026-12-10"));
        let file = world.file("brake");
        let recall = &file.recalls().announced[0];
        assert_eq!((recall.level, recall.start_by(), recall.notify_by), (None, None, None));
        assert_eq!(
            (recall.finish_by, recall.customers.as_slice()),
            (day("2026-12-10"), &[(world.uri("maint"), None)][..])
        );
        world.capture("maint", "2026-11-12T09:00:00+08:00", held.clone());
        closed.into_iter().for_each(|at| world.capture("brake", at, closing(recovered)));
        let file = world.file("brake");
        let on = closed.map_or("2026-12-11", |at| &at[..10]);
        assert_eq!(recall_fact(&file), (value, source, Some(on.to_owned())), "{closed:?} {recovered}");
        assert_eq!(ceiling(&file, CeilingCode::RecallLate, "2027-12-11"), None);
        assert!(world.file("property").recalls().announced.is_empty());
    }
    // Ordered with a level, it begins a day late, and all know in time; it is to be closed within the working days of its level,
    // however late its own day is, and on that day if it is sooner.
    for (deadline, finish_by) in [("9999-12-31", "2026-11-24"), ("2026-11-20", "2026-11-20")] {
        for (closed, value) in [(finish_by, 200 + 300 + 100), ("2026-11-25", 200 + 300)] {
            let mut world = begun();
            let order = json!({"level": "I", "risk_known_at": "2026-11-08T09:00:00+08:00"});
            world.capture("amr", "2026-11-08T09:00:00+08:00", brake("F11.RECALL", "holding", order));
            world.capture("amr", "2026-11-08T10:00:00+08:00", recalled("2026-12-10"));
            let orders = &world.file("brake").recalls().unanswered.clone();
            assert_eq!(orders.len(), 1, "without a level there is no time to begin by: {orders:?}");
            world.capture("brake", "2026-11-10T09:00:00+08:00", recalled(deadline));
            world.capture("maint", "2026-11-11T09:00:00+08:00", held.clone());
            let file = world.file("brake");
            assert!(file.recalls().unanswered.is_empty());
            assert_eq!(file.recalls().announced[0].finish_by, day(finish_by));
            assert_eq!(ceiling(&file, CeilingCode::RecallLate, "2026-11-11"), Some(Grade::C));
            world.capture("brake", &format!("{closed}T09:00:00+08:00"), closing(1));
            assert_eq!(recall_fact(&world.file("brake")).0, value, "{deadline} {closed}");
        }
    }
    // What has to be done before it is announced is to be done on that day, and makes no fact of a time before; what is no
    // equipment is not recalled so.
    let mut world = begun();
    world.capture("brake", "2026-11-10T09:00:00+08:00", recalled("2020-01-01"));
    world.capture("maint", "2026-11-12T09:00:00+08:00", held.clone());
    let mut food = recalled("2026-12-10");
    (food["suyuan:productClass"], food["suyuan:recall_id"]) = (json!("FOOD"), json!("E-2"));
    world.capture("brake", "2026-11-12T10:00:00+08:00", food);
    let file = world.file("brake");
    assert_eq!(file.recalls().announced.len(), 1);
    assert_eq!(file.recalls().announced[0].finish_by, day("2026-11-10"));
    assert_eq!(recall_fact(&file), (0, Source::BothSides, Some("2026-11-11".to_owned())));
}

/// What a document's events say of this name, in their order.
fn said(file: &str, name: &str) -> Vec<String> {
    let document = read(file);
    let events = document["epcisBody"]["eventList"].as_array().unwrap().iter();
    events.filter_map(|event| event[format!("suyuan:{name}")].as_str()).map(str::to_owned).collect()
}

/// What the contracts of a firm come to by a time: indicator, value, source.
fn of_contracts(world: &World, firm: &str, at: &str) -> Vec<(&'static str, u16, Source)> {
    let facts = world.file_at(firm, time(at)).facts().into_iter().filter(|fact| {
        matches!(fact.indicator, Indicator::Fulfilment | Indicator::OnTime | Indicator::Quality | Indicator::Payment)
    });
    facts.map(|fact| (fact.indicator.name(), fact.value, fact.source)).collect()
}

// The deliveries of infant formula follow from what their receivers have recorded anyway; nobody writes a receipt for its
// contract.
#[test]
fn formula_deliveries() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &["01", "02", "03"], 0);
    let case = "19521001001011";
    let owed = |quantity: u64, due: &str| json!({"kind": "deliver", "what": case, "quantity": quantity, "due": due});
    let signed = "2026-10-05T09:00:00+08:00";
    let to_dist = world.agreed("dairy", "dist", signed, owed(600_000, "2026-10-08T12:00:00+08:00"));
    let to_retail = world.agreed("dairy", "retail", signed, owed(400_000, "2026-10-08T14:00:00+08:00"));
    let onward = world.agreed("dist", "retail", signed, owed(350_000, "2026-10-12T12:00:00+08:00"));
    world.documents("a", &["04"], 0);
    let shipped = "2026-10-07T13:00:00+08:00";
    for (contract, quantity, file) in
        [(&to_dist, 600_000, "a/05-dist-receive.jsonld"), (&to_retail, 400_000, "a/06-retail-receive.jsonld")]
    {
        world.performed("dairy", shipped, contract, quantity, &[&said(file, "cross_ref")[0]]);
    }
    world.documents("a", &["05", "06"], 0);
    assert!(of_contracts(&world, "dairy", "2026-10-15T12:00:00+08:00").is_empty(), "there are seven days to inspect");
    let faultless = ["FUL", "ONT", "QUA"].map(|name| (name, 1_000, Source::BothSides));
    assert_eq!(of_contracts(&world, "dairy", "2026-10-16T12:00:00+08:00"), [faultless, faultless].concat());
    world.documents("a", &["07"], 0);
    let reference = said("a/08-retail-sell.jsonld", "cross_ref").remove(0);
    world.performed("dist", "2026-10-12T08:30:00+08:00", &onward, 350_000, &[&reference]);
    world.documents("a", &["08"], 0);
    // The shops have recorded that eight days later: by then their silence was acceptance.
    let deemed = ["FUL", "ONT", "QUA"].map(|name| (name, 1_000, Source::OneSide));
    assert_eq!(of_contracts(&world, "dist", "2026-10-28T12:00:00+08:00"), deemed);
    assert!(of_contracts(&world, "retail", "2026-10-28T12:00:00+08:00").is_empty());
}

const CASE: &str = "https://id.gs1.org/00/095210050000000174";
const CODE: &str = "urn:cn:drugtrace:81051230000000004471";

/// The vaccine, with a contract of its carrier, up to when it is received.
fn vaccine_received() -> (World, String, String) {
    let mut world = World::new("2026-09-01T00:00:00+08:00");
    let owed = json!({
        "kind": "carry", "what": CASE, "place": "9521007000011", "due": "2026-09-14T12:00:00+08:00",
        "temperature": {"min": 20, "max": 80},
    });
    let contract = world.agreed("coldlog", "vaccine", "2026-09-10T09:00:00+08:00", owed);
    world.documents("b", &["01", "02"], 0);
    let [shipment, series] =
        ["announced_ref", "temperature_record_ref"].map(|name| said("b/04-cdc-receive.jsonld", name).remove(0));
    let at = "2026-09-14T11:14:00+08:00";
    let performance = world.performed("coldlog", at, &contract, 1_000, &[&shipment, &series]);
    world.documents("b", &["03", "04"], 0);
    (world, contract, performance)
}

fn excursions_of(world: &World, thing: &str) -> Excursions {
    let (store, ledger) = (world.store(), &world.network.ledger);
    let subject = Reader::new(&store).number_of(SubjectKey::from_uri(thing).unwrap().tag()).unwrap().unwrap();
    excursions::of(&store, &ledger.directory, subject, ledger.head.height).unwrap()
}

/// A decision on the excursion.
fn decide(world: &mut World, who: &str, at: &str, decision: &str, minutes: (u64, u64)) {
    let reference = said("b/05-vaccine-decide.jsonld", "excursion_ref").remove(0);
    let disposition = if decision == "release" { "conformant" } else { "non_conformant" };
    let event = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting", "disposition": disposition,
        "epcList": [CASE, CODE], "suyuan:recordType": "D7b.EXCURSION_DECISION", "suyuan:productClass": "VACC",
        "suyuan:excursion_ref": reference, "suyuan:decided_by": world.uri(who), "suyuan:decision": decision,
        "suyuan:used_min": minutes.0, "suyuan:budget_min": minutes.1, "suyuan:report_hash": "3".repeat(64),
    });
    world.capture(who, at, event);
}

// The vaccine that was too warm on the road: its maker rejects it, its carrier came in time with nothing good, and nobody else
// is affected.
#[test]
fn vaccine_too_warm() {
    let (mut world, ..) = vaccine_received();
    let expected = read("expected.json")["b"].clone();
    let number = |value: &Value| value.as_u64().unwrap();
    for thing in [CASE, CODE] {
        let found = excursions_of(&world, thing);
        let [one] = found.excursions.as_slice() else { panic!("{found:?}") };
        let readings = one.readings.unwrap();
        assert_eq!(
            (one.from, one.minutes),
            (time("2026-09-14T08:40:00+08:00"), number(&expected["excursion"]["minutes"]))
        );
        assert_eq!(readings.samples, number(&expected["excursion"]["samples"]));
        assert_eq!((one.max, readings.max), (expected["excursion"]["maxTenths"].as_i64().unwrap(), 116));
        assert_eq!((one.min, readings.min, &one.custodian), (84, 84, &world.uri("coldlog")));
        assert!(!found.is_usable() && found.is_whole && one.decision.is_none() && found.misuses.is_empty());
    }
    assert!(of_contracts(&world, "coldlog", "2026-09-21T12:00:00+08:00").is_empty(), "it may be disputed");
    world.documents("b", &["05", "06", "07"], 0);
    for thing in [CASE, CODE] {
        let found = excursions_of(&world, thing);
        let decision = found.excursions[0].decision.clone().unwrap();
        assert_eq!((decision.verdict, decision.by), (Verdict::Reject, world.uri("vaccine")));
        assert_eq!(
            (decision.prior, decision.used, decision.budget),
            (
                number(&expected["usedBeforeMinutes"]),
                number(&expected["usedMinutes"]),
                expected["budgetMinutes"].as_u64()
            )
        );
        assert!(decision.contradiction.is_none() && !found.is_usable() && found.misuses.is_empty());
    }
    let after = "2026-09-22T12:00:00+08:00";
    let [ful, ont, qua] =
        [("FUL", 1_000), ("ONT", 1_000), ("QUA", 0)].map(|(name, value)| (name, value, Source::OneSide));
    assert_eq!(of_contracts(&world, "coldlog", after), [ful, ont, qua]);
    assert!(["vaccine", "cdc"].iter().all(|firm| of_contracts(&world, firm, after).is_empty()));
}

// With ten minutes used before it is released, and its carrier's creditor says what came of it.
#[test]
fn vaccine_released() {
    let (mut world, contract, performance) = vaccine_received();
    decide(&mut world, "vaccine", "2026-09-14T17:30:00+08:00", "release", (55, 60));
    for thing in [CASE, CODE] {
        let found = excursions_of(&world, thing);
        let decision = found.excursions[0].decision.clone().unwrap();
        assert_eq!((decision.prior, decision.used, decision.contradiction), (10, 55, None));
        assert!(found.is_usable());
    }
    let at = "2026-09-15T09:00:00+08:00";
    let members = json!({"obligation": "1", "performance": performance, "received": "2026-09-14T11:20:00+08:00", "quantity": 1_000});
    world.contract("vaccine", at, Some(&contract), "Receipt", members);
    let values: Vec<u16> = of_contracts(&world, "coldlog", at).into_iter().map(|fact| fact.1).collect();
    assert_eq!(values, [1_000, 1_000, 1_000]);
}

// Nobody but who made it, or an authority, says that it is good; what was rejected stays so; what is given to people all the same
// is told.
#[test]
fn excursions_are_not_talked_away() {
    let (mut world, ..) = vaccine_received();
    for who in ["coldlog", "cdc", "brake"] {
        decide(&mut world, who, "2026-09-14T12:00:00+08:00", "release", (45, 60));
    }
    assert!(!excursions_of(&world, CASE).is_usable());
    let dispensed = |world: &mut World, who: &str, at: &str| {
        let event = json!({
            "type": "ObjectEvent", "action": "DELETE", "bizStep": "dispensing", "disposition": "dispensed", "epcList": [CODE],
            "suyuan:recordType": "D8.DISPENSE", "suyuan:productClass": "VACC", "suyuan:place_type": "vaccination",
        });
        world.capture(who, at, event);
    };
    // A stranger has none of it to give.
    dispensed(&mut world, "brake", "2026-09-14T12:20:00+08:00");
    assert!(excursions_of(&world, CODE).misuses.is_empty());
    dispensed(&mut world, "cdc", "2026-09-14T12:30:00+08:00");
    let event = world.last();
    for thing in [CASE, CODE] {
        let found = excursions_of(&world, thing).misuses;
        let [misuse] = found.as_slice() else { panic!("{thing} {found:?}") };
        assert_eq!(
            (misuse.record.to_string(), &misuse.by, misuse.thing.as_str()),
            (event.clone(), &world.uri("cdc"), CODE)
        );
    }
    assert!(excursions_of(&world, "urn:cn:drugtrace:81051230000000004472").misuses.is_empty());
    // A release above the budget is told, and one that forgets minutes which the ledger knows of.
    let contradiction =
        |world: &World| excursions_of(world, CASE).excursions[0].decision.clone().unwrap().contradiction;
    decide(&mut world, "vaccine", "2026-09-14T13:00:00+08:00", "release", (65, 60));
    assert_eq!(contradiction(&world), Some(Contradiction::ReleasedAboveBudget));
    decide(&mut world, "vaccine", "2026-09-14T13:10:00+08:00", "release", (40, 60));
    assert_eq!(contradiction(&world), Some(Contradiction::UsedTooFew));
    decide(&mut world, "mpa", "2026-09-14T14:00:00+08:00", "reject", (55, 60));
    assert_eq!(contradiction(&world), Some(Contradiction::RejectedWithinBudget));
    decide(&mut world, "vaccine", "2026-09-14T15:00:00+08:00", "release", (55, 60));
    assert!(!excursions_of(&world, CASE).is_usable());
    // A stranger makes nothing unusable.
    let mut event = read("b/03-coldlog-excursion.jsonld")["epcisBody"]["eventList"][0].clone();
    event.as_object_mut().unwrap().remove("eventTime");
    (event["epcList"], event["suyuan:custodian"]) =
        (json!(["https://id.gs1.org/00/095210050000000181"]), json!(world.uri("brake")));
    let mut made = json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"});
    made["epcList"] = event["epcList"].clone();
    world.capture("vaccine", "2026-09-14T16:00:00+08:00", made);
    world.capture("brake", "2026-09-14T16:10:00+08:00", event);
    let other = excursions_of(&world, "https://id.gs1.org/00/095210050000000181");
    assert!(other.excursions.is_empty() && other.is_usable());
}

/// An event about a lift.
fn about_lift(kind: &str, action: &str, step: &str, disposition: &str, device: &str, members: Value) -> Value {
    let mut event = json!({
        "type": "ObjectEvent", "action": action, "bizStep": step, "disposition": disposition,
        "epcList": [format!("urn:cn:speq:{device}")],
        "suyuan:recordType": kind, "suyuan:productClass": "SPEQ", "suyuan:device": device,
    });
    members.as_object().unwrap().iter().for_each(|(name, value)| event[format!("suyuan:{name}")] = value.clone());
    event
}

const LIFT: &str = "31104401020190123";

fn inspection(on: &str, approval: &str) -> Value {
    let members = json!({"agency": "urn:uscc:12440000DEMA001281", "agency_approval": approval, "date": on, "result": "pass", "next_due": "2028-08-31"});
    about_lift("S6.PERIODIC_INSPECTION", "OBSERVE", "inspecting", "conformant", LIFT, members)
}

// The lift whose inspection is overdue: one of six in use, with the days of notice, and lifted by the inspection alone.
#[test]
fn lift_overdue() {
    let mut world = World::new("2019-06-01T00:00:00+08:00");
    let licence =
        |number: &str| json!({"kind": "special equipment", "number": number, "from": "2018-01-01", "state": "valid"});
    for (firm, number) in [("liftmfr", "TS3344123-2021"), ("inspect", "TS7110128-2027")] {
        world.credit("amr", firm, "2019-06-02T09:00:00+08:00", "Licence", licence(number));
    }
    world.documents("c", &["01", "02", "03", "04"], 0);
    world.documents("c", &["05", "06", "07", "08", "09"], 0);
    let expected = read("expected.json")["c"].clone();
    let lift = |world: &World, on: &str| {
        let devices = world.file("property").devices(day(on));
        devices.into_iter().find(|device| device.code == LIFT).unwrap()
    };
    let due = |world: &World, on: &str| lift(world, on).due.and_then(Day::text).unwrap();
    assert_eq!(
        [due(&world, "2019-09-30"), due(&world, "2021-01-01"), due(&world, "2026-09-01")],
        ["2020-08-31", "2023-08-31", "2026-08-31"]
    );
    assert_eq!(lift(&world, "2026-11-21").service_gap, expected["maintenanceGapDays"].as_i64());
    let file = world.file("property");
    for (on, grade) in [
        ("2026-08-31", None),
        ("2026-09-07", None),
        ("2026-09-08", Some(Grade::C)),
        ("2026-09-30", Some(Grade::C)),
        ("2026-10-01", Some(Grade::D)),
        ("2026-11-21", Some(Grade::D)),
    ] {
        assert_eq!(ceiling(&file, CeilingCode::EquipmentOverdue, on), grade, "{on}");
    }
    let equipment = file.status(day("2026-11-21")).equipment;
    assert_eq!((equipment.in_use, equipment.overdue), (6, 1));
    assert_eq!(lift(&world, "2026-11-21").overdue_days(day("2026-11-21")), 82);
    let overdue = |world: &World, on: &str| world.file("property").overdue(day(on));
    assert_eq!(overdue(&world, "2026-08-31"), []);
    let inspection_due = Overdue { duty: Duty::Inspection, of: LIFT.to_owned(), due: day("2026-08-31") };
    assert_eq!(overdue(&world, "2026-09-01"), [inspection_due]);
    // It is the user's alone.
    assert!(["maint", "liftmfr", "inspect"].iter().all(|firm| world.file(firm).devices(day("2026-11-21")).is_empty()));
    // Neither the user nor one without a licence inspects it, and another firm does not take it over.
    world.capture("property", "2026-11-10T09:00:00+08:00", inspection("2026-11-10", "TS7110128-2027"));
    world.capture("maint", "2026-11-10T10:00:00+08:00", inspection("2026-11-10", "TS7110128-2027"));
    world.capture("inspect", "2026-11-10T11:00:00+08:00", inspection("2026-11-10", "TS0000000-2027"));
    let members = json!({"use_cert": "梯11粤A00123(19)", "user": world.uri("dist"), "registrar": world.uri("amr"), "first_use": "2026-11-09"});
    let taken = about_lift("S5.USE_REGISTER", "ADD", "commissioning", "active", LIFT, members);
    world.capture("dist", "2026-11-10T12:00:00+08:00", taken);
    assert_eq!(due(&world, "2026-11-21"), "2026-08-31");
    assert!(world.file("dist").devices(day("2026-11-21")).is_empty());
    // Out of use by order of the authority; inspected; in use again.
    world.documents("c", &["10", "11", "12"], 0);
    let stopped = world.file("property");
    let equipment = stopped.status(day("2026-11-22")).equipment;
    assert_eq!((equipment.in_use, equipment.overdue), (5, 0));
    assert_eq!(ceiling(&stopped, CeilingCode::EquipmentOverdue, "2026-11-22"), None);
    assert_eq!(overdue(&world, "2026-11-22"), []);
    world.documents("c", &["13", "14", "15"], 0);
    let file = world.file("property");
    let equipment = file.status(day("2026-12-04")).equipment;
    assert_eq!((equipment.in_use, equipment.overdue), (6, 0));
    assert_eq!(due(&world, "2026-12-04"), expected["nextDue"].as_str().unwrap());
}

// Goal: equipment that is no lift is due first when the table says, then when its inspectors say, and after an alteration by the
// table again. Method: a pressure vessel through its life, and a boiler, of which the table has nothing.
#[test]
fn other_equipment() {
    const VESSEL: &str = "21704401020200001";
    const BOILER: &str = "11104401020200001";
    let mut world = World::new("2020-01-01T00:00:00+08:00");
    let say = |world: &mut World, on: &str, kind: &str, step: &str, device: &str, members: Value| {
        let event = about_lift(kind, "OBSERVE", step, "active", device, members);
        world.capture("amr", &format!("{on}T18:00:00+08:00"), event);
    };
    let due = |world: &World, device: &str, on: &str| {
        let devices = world.file("property").devices(day(on));
        let device = devices.into_iter().find(|one| one.code == device).unwrap();
        (device.due.and_then(Day::text), device.overdue_days(day(on)))
    };
    for device in [VESSEL, BOILER] {
        let registered = json!({"user": world.uri("property"), "first_use": "2020-02-01"});
        say(&mut world, "2020-02-02", "S5.USE_REGISTER", "commissioning", device, registered);
        let installed = json!({"supervision_result": "pass", "supervision_date": "2020-01-15"});
        say(&mut world, "2020-02-03", "S4.INSTALL", "installing", device, installed);
    }
    let by = |day: &str, overdue: u32| (Some(day.to_owned()), overdue);
    assert_eq!(due(&world, VESSEL, "2023-01-31"), by("2023-01-31", 0));
    assert_eq!(due(&world, VESSEL, "2023-02-08"), by("2023-01-31", 8));
    assert_eq!(due(&world, BOILER, "2026-01-31"), (None, 0));
    assert_eq!(ceiling(&world.file("property"), CeilingCode::EquipmentOverdue, "2023-02-08"), Some(Grade::C));
    let inspected = json!({"date": "2023-02-09", "result": "pass", "next_due": "2029-02-28"});
    for device in [VESSEL, BOILER] {
        say(&mut world, "2023-02-09", "S6.PERIODIC_INSPECTION", "inspecting", device, inspected.clone());
        assert_eq!(due(&world, device, "2023-02-10"), by("2029-02-28", 0));
    }
    // A repair says nothing of it; an alteration begins anew, where the table has something of it.
    for (on, kind, vessel) in [("2024-03-01", "major_repair", "2029-02-28"), ("2024-05-20", "alteration", "2027-05-31")]
    {
        let repaired = json!({"kind": kind, "result": "pass", "supervision_date": on});
        for (device, expected) in [(VESSEL, vessel), (BOILER, "2029-02-28")] {
            say(&mut world, on, "S9.MAJOR_REPAIR", "repairing", device, repaired.clone());
            assert_eq!(due(&world, device, "2024-06-01"), by(expected, 0), "{kind} {device}");
        }
    }
    // As of a day before, it was due when it was.
    assert_eq!(due(&world, VESSEL, "2024-05-19"), by("2029-02-28", 0));
    // Whoever inspects it and says no day leaves that of the last one; it is not the table's any more.
    let inspected = json!({"date": "2024-05-20", "result": "pass"});
    say(&mut world, "2024-05-21", "S6.PERIODIC_INSPECTION", "inspecting", VESSEL, inspected);
    assert_eq!(due(&world, VESSEL, "2024-06-01"), by("2029-02-28", 0));
}

// Goal: what should have been done is overdue from the day after its last day on, until it is done. Method: a pledge, a notice,
// an objection, a repair, each looked at on that day, on the next one, and after the step that ends it.
#[test]
fn what_is_overdue() {
    let mut world = World::new("2026-01-01T00:00:00+08:00");
    let at = "2026-06-01T09:00:00+08:00";
    let hash = "5".repeat(64);
    let on_day = |world: &World, on: &str| -> Vec<(Duty, String)> {
        let found = world.file("dairy").overdue(day(on)).into_iter();
        found.map(|one| (one.duty, one.of)).collect()
    };
    let pledge =
        world.credit("dairy", "dairy", at, "Pledge", json!({"text": hash, "duty": "cold", "due": "2026-06-10"}));
    let notice = json!({"kind": "warning", "due": "2026-06-12", "document": hash});
    let notice = world.credit("amr", "dairy", at, "Notice", notice);
    let failed = json!({"date": "2026-05-20", "result": "fail", "report": hash});
    let failed = world.credit("amr", "dairy", at, "Inspection", failed);
    let objection = json!({"target": failed, "kind": "fact", "statement": hash, "evidence": []});
    let objection = world.credit("dairy", "dairy", at, "Objection", objection);
    // Two working days from a Monday.
    assert_eq!(on_day(&world, "2026-06-03"), []);
    assert_eq!(on_day(&world, "2026-06-04"), [(Duty::Objection, objection.clone())]);
    assert_eq!(on_day(&world, "2026-06-10"), [(Duty::Objection, objection.clone())]);
    let all = [(Duty::Objection, objection.clone()), (Duty::Notice, notice.clone()), (Duty::Pledge, pledge.clone())];
    assert_eq!(on_day(&world, "2026-06-13"), all);
    let refused = json!({"objection": objection, "step": "refuse", "reasons": hash});
    world.credit("amr", "dairy", "2026-06-02T09:00:00+08:00", "ObjectionStep", refused);
    assert_eq!(on_day(&world, "2026-06-13"), all[1..]);
    world.credit("amr", "dairy", at, "NoticeDone", json!({"notice": notice, "document": hash}));
    assert_eq!(on_day(&world, "2026-06-13"), all[2..]);
    world.credit("amr", "dairy", at, "PledgeResult", json!({"pledge": pledge, "result": "kept"}));
    assert_eq!(on_day(&world, "2026-06-13"), []);
    // Three working days from the day of the application.
    let repair = json!({"targets": [failed], "pledge": pledge, "dutiesDone": [hash]});
    let repair = world.credit("dairy", "dairy", at, "Repair", repair);
    let due = vec![(Duty::Repair, repair.clone())];
    assert_eq!((on_day(&world, "2026-06-04"), on_day(&world, "2026-06-05")), (vec![], due));
    // What is repaired is removed by the end of the next working day.
    for (step, result) in [("accept", Value::Null), ("decide", json!("repaired"))] {
        let mut members = json!({"repair": repair, "step": step});
        result.is_string().then(|| members["result"] = result);
        world.credit("amr", "dairy", "2026-06-05T09:00:00+08:00", "RepairStep", members);
    }
    assert_eq!(on_day(&world, "2026-06-08"), []);
    assert_eq!(on_day(&world, "2026-06-09"), [(Duty::Removal, failed)]);
    let removable = world.file("dairy").removable(day("2026-06-09"));
    assert_eq!(removable.len(), 1);
}

// Goal: what is erased leaves nothing behind in what was read. Method: each event of the recall, of the cold chain with the
// records of its contract, and of the lift, erased alone, against what is read without it.
#[test]
fn erased_events_are_forgotten() {
    let of = |scenario: &str, start: &str| {
        let mut world = World::new(start);
        world.documents(scenario, &["0", "1"], 0);
        world
    };
    let (mut vaccine, ..) = vaccine_received();
    vaccine.documents("b", &["05", "06", "07"], 0);
    for (scenario, world) in
        [("a", of("a", "2026-10-01T00:00:00+08:00")), ("b", vaccine), ("c", of("c", "2019-06-01T00:00:00+08:00"))]
    {
        let head = world.network.ledger.head.height;
        let read = |mut store: MemoryRead| {
            while let Some(writes) = reading::read_on(&store, head).unwrap() {
                store.apply(&writes);
            }
            store
        };
        let whole = read(world.network.store.clone());
        let (mut places, mut changed) = (Vec::new(), 0);
        let visit = &mut |key: &[u8], _: &[u8]| {
            let (height, index) = key.split_first_chunk().unwrap();
            places.push((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().unwrap())));
            true
        };
        whole.scan(Table::Payload, &[], &[u8::MAX], visit).unwrap();
        for place in places {
            let mut erased = WriteSet::default();
            erased.delete(Table::Payload, [place.0.to_be_bytes().as_slice(), &place.1.to_be_bytes()].concat());
            let (mut left, mut without) = (whole.clone(), world.network.store.clone());
            left.apply(&reading::forget(&whole, &[place]).unwrap());
            left.apply(&erased);
            without.apply(&erased);
            assert_eq!(rows(&left), rows(&read(without)), "{scenario} {place:?}");
            changed += usize::from(rows(&left) != rows(&whole));
        }
        assert!(changed > 10, "{scenario} {changed}");
    }
}

// The user objects to what makes its lift overdue, with the report of the inspection: until that is decided nothing is
// overdue.
#[test]
fn what_is_overdue_can_be_objected_to() {
    let mut world = World::new("2019-06-01T00:00:00+08:00");
    let licence =
        json!({"kind": "special equipment", "number": "TS3344123-2021", "from": "2018-01-01", "state": "valid"});
    world.credit("amr", "liftmfr", "2019-06-02T09:00:00+08:00", "Licence", licence);
    world.documents("c", &["01", "02", "03", "04"], 0);
    let overdue = |world: &World| world.file("property").status(day("2026-11-21")).equipment.overdue;
    assert_eq!(overdue(&world), 1);
    let registration = world.file("property").devices(day("2026-11-21"))[0].evidence[0].to_string();
    let at = "2026-11-02T09:00:00+08:00";
    let objection = json!({"target": registration, "kind": "fact", "statement": "1".repeat(64), "indicators": ["EQP"]});
    let objection = world.credit("property", "property", at, "Objection", objection);
    assert_eq!(overdue(&world), 1, "not accepted yet");
    let accepted = json!({"objection": objection, "step": "accept"});
    world.credit("amr", "property", at, "ObjectionStep", accepted);
    assert_eq!(overdue(&world), 0);
    let rejected = json!({"objection": objection, "step": "decide", "result": "rejected", "reasons": "2".repeat(64)});
    world.credit("amr", "property", at, "ObjectionStep", rejected);
    assert_eq!(overdue(&world), 1);
}

// Nobody makes its overdue lift one among many that nobody has seen, hands it to a shell, inspects it itself, or has it inspected by
// one with another licence; and what was declared erroneous is not said.
#[test]
fn equipment_is_not_made_up() {
    let mut world = World::new("2019-06-01T00:00:00+08:00");
    let licence = |number: &str| json!({"kind": "x", "number": number, "from": "2018-01-01", "state": "valid"});
    for (firm, number) in [
        ("liftmfr", "TS3344123-2021"),
        ("property", "TS7000001-2030"),
        ("maint", "SC12944011500126"),
        ("inspect", "TS7110128-2027"),
    ] {
        world.credit("amr", firm, "2019-06-02T09:00:00+08:00", "Licence", licence(number));
    }
    let register = |world: &World, device: &str, user: &str, first_use: &str| {
        let members = json!({"user": world.uri(user), "first_use": first_use});
        about_lift("S5.USE_REGISTER", "ADD", "commissioning", "active", device, members)
    };
    // Before it is registered: a shell says that it will use it, and the user inspects it ahead.
    world.documents("c", &["01", "02", "03"], 0);
    let shell = register(&world, LIFT, "dist", "2026-09-01");
    world.capture("dist", "2019-09-01T09:00:00+08:00", shell);
    world.documents("c", &["04"], 0);
    for serial in 200..220 {
        let made_up = register(&world, &format!("31104401020190{serial}"), "property", "2019-09-06");
        world.capture("property", "2019-09-10T09:00:00+08:00", made_up);
    }
    for (who, approval) in [("property", "TS7000001-2030"), ("maint", "SC12944011500126")] {
        world.capture(who, "2026-10-10T09:00:00+08:00", inspection("2026-10-10", approval));
    }
    let today = day("2026-11-21");
    let equipment = |world: &World| {
        let equipment = world.file("property").status(today).equipment;
        (equipment.in_use, equipment.overdue)
    };
    assert_eq!(equipment(&world), (6, 1));
    assert!(world.file("dist").devices(today).is_empty());
    // The institute has inspected it; no, it has not.
    world.capture("inspect", "2026-10-11T09:00:00+08:00", inspection("2026-10-11", "TS7110128-2027"));
    assert_eq!(equipment(&world), (6, 0));
    let mut wrong = inspection("2026-10-11", "TS7110128-2027");
    wrong["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", world.next));
    (wrong["eventTime"], wrong["eventTimeZoneOffset"]) = (json!("2026-10-11T09:00:00+08:00"), json!("+08:00"));
    wrong["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
    wrong["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    wrong["errorDeclaration"] =
        json!({"declarationTime": "2026-10-12T09:00:00+08:00", "reason": "urn:epcglobal:cbv:er:incorrect_data"});
    world.say("inspect", record_type::EPCIS, time("2026-10-12T09:00:00+08:00"), &[wrong.to_string()]);
    assert_eq!(equipment(&world), (6, 1));
}
