//! Goal: what was delivered under a contract follows from the events of who received it, and from nothing else that looks
//! like it. Method: one delivery of 600 cases, shipped and received by events of its own, each time with one thing wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, time};
use serde_json::{Value, json};
use suyuan_ledger::contract::ObligationState;
use suyuan_ledger::contract::fold::Contract;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::{FactStatus, Source};
use suyuan_ledger::submission::record_type;

const GTIN: &str = "19521001001011";
const SHIPMENT: &str = "aa00000000000000000000000000000000000000000000000000000000000001";
const OTHER: &str = "bb00000000000000000000000000000000000000000000000000000000000002";
/// When the contract is signed, the goods are shipped, the debtor says so, they are received, and the days to inspect are
/// over.
const SIGNED: &str = "2026-10-08T09:00:00+08:00";
const SHIPPED: &str = "2026-10-12T09:00:00+08:00";
const SAID: &str = "2026-10-12T10:00:00+08:00";
const RECEIVED: &str = "2026-10-13T09:00:00+08:00";
const OVER: &str = "2026-10-21T09:00:00+08:00";

fn class(lot: &str) -> String {
    format!("https://id.gs1.org/01/{GTIN}/10/{lot}")
}

fn party(gln: &str, kind: &str, side: &str) -> Value {
    json!([{"type": kind, side: format!("https://id.gs1.org/417/{gln}")}])
}

/// What the dairy owes the distributor: 600 cases by the 14th.
fn owed() -> Value {
    json!({"kind": "deliver", "what": GTIN, "quantity": 600_000, "due": "2026-10-14T09:00:00+08:00"})
}

fn sscc(number: u32) -> String {
    format!("https://id.gs1.org/00/0952100100000{number:05}")
}

fn pack(world: &mut World, action: &str, parent: u32, things: Value) {
    let mut event =
        json!({"type": "AggregationEvent", "action": action, "bizStep": "packing", "parentID": sscc(parent)});
    things.as_object().unwrap().iter().for_each(|(name, value)| event[name] = value.clone());
    world.capture("dairy", SAID, event);
}

/// What the distributor says that it received.
fn receipt(world: &World) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "completeness_verified",
        "quantityList": [{"epcClass": class("L1"), "quantity": 600}],
        "suyuan:recordType": "F9.RECEIVE", "suyuan:productClass": "INFANT", "suyuan:source": world.uri("dairy"),
        "suyuan:cross_ref": SHIPMENT, "suyuan:accepted_qty": {"suyuan:milli": 600_000},
    })
}

/// A contract of the dairy and the distributor, with the goods on their way, which its debtor has said.
struct Delivery {
    world: World,
    contract: String,
    performance: String,
}

impl Delivery {
    fn new(obligation: Value) -> Delivery {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let contract = world.agreed("dairy", "dist", SIGNED, obligation);
        for lot in ["L1", "L2", "L3"] {
            world.capture(
                "dairy",
                SIGNED,
                json!({
                    "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning",
                    "quantityList": [{"epcClass": class(lot), "quantity": 600}],
                }),
            );
            // The third one stays at home.
            if lot != "L3" {
                ship(&mut world, json!({"quantityList": [{"epcClass": class(lot), "quantity": 600}]}));
            }
        }
        let performance = world.performed("dairy", SAID, &contract, 600_000, &[SHIPMENT]);
        Delivery { world, contract, performance }
    }

    /// Delivered as agreed, but for what is changed in what the distributor says.
    fn received(change: impl FnOnce(&mut Value)) -> Delivery {
        let mut delivery = Delivery::new(owed());
        let mut event = receipt(&delivery.world);
        change(&mut event);
        delivery.world.capture("dist", RECEIVED, event);
        delivery
    }

    fn told(&self, at: &str) -> Contract<'static> {
        self.world.told(&self.contract, at)
    }

    fn state(&self, at: &str) -> ObligationState {
        state(&self.told(at))
    }

    /// FUL, ONT and QUA, and who stands for them, once they count.
    fn values(&self, at: &str) -> Option<(u16, u16, u16, Source)> {
        values(&self.told(at))
    }
}

fn ship(world: &mut World, things: Value) {
    let mut event = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
        "destinationList": party("9521003000015", "owning_party", "destination"),
    });
    things.as_object().unwrap().iter().for_each(|(name, value)| event[name] = value.clone());
    world.capture("dairy", SHIPPED, event);
}

fn state(contract: &Contract<'_>) -> ObligationState {
    contract.courses[0].state(contract.time(), Calendar::first())
}

fn values(contract: &Contract<'_>) -> Option<(u16, u16, u16, Source)> {
    let verdict = contract.courses[0].verdict(contract.time(), Calendar::first())?;
    let said = verdict.determination;
    let values = (said.fulfilment(10), said.punctuality(), said.quality().unwrap_or(0), verdict.source);
    verdict.provisional.is_none().then_some(values)
}

const FAULTLESS: Option<(u16, u16, u16, Source)> = Some((1_000, 1_000, 1_000, Source::BothSides));
/// What silence makes of a performance that nothing answers.
const DEEMED: Option<(u16, u16, u16, Source)> = Some((1_000, 1_000, 1_000, Source::OneSide));

// What is received as agreed counts after the days to inspect, and its evidence is the event, to which its debtor may object.
#[test]
fn received_as_agreed() {
    let mut delivery = Delivery::received(|_| ());
    let event = delivery.world.last();
    assert_eq!((delivery.state(RECEIVED), delivery.values(RECEIVED)), (ObligationState::Accepted, None));
    assert_eq!((delivery.state(OVER), delivery.values(OVER)), (ObligationState::Done, FAULTLESS));
    let world = &mut delivery.world;
    let facts = world.file_at("dairy", time(OVER)).facts();
    let of_contract = |id: &str| id.contains(&delivery.contract);
    let facts: Vec<_> = facts.into_iter().filter(|fact| of_contract(&fact.id)).collect();
    assert_eq!(facts.len(), 3);
    assert!(facts.iter().all(|fact| fact.value == 1_000 && fact.evidence[0].to_string() == event));
    let objection = json!({"target": event, "kind": "fact", "statement": "1".repeat(64), "indicators": ["ONT"]});
    let objection = world.credit("dairy", "dairy", OVER, "Objection", objection);
    world.credit("amr", "dairy", OVER, "ObjectionStep", json!({"objection": objection, "step": "accept"}));
    let file = world.file_at("dairy", time(OVER));
    assert!(file.voids.is_empty(), "{:?}", file.voids);
    let suspended = file.facts().into_iter().filter(|fact| fact.status == FactStatus::Suspended);
    assert_eq!(suspended.map(|fact| fact.indicator.name()).collect::<Vec<_>>(), ["ONT"]);
    // To its own word the creditor does not object, and to another's event nobody does.
    assert!(!world.file_at("dist", time(OVER)).facts().iter().any(|fact| of_contract(&fact.id)));
}

// It is the same whether the debtor speaks before its creditor or after it, and whichever way the goods are named.
#[test]
fn order_and_names() {
    let mut later = Delivery::new(owed());
    let mut event = receipt(&later.world);
    event["suyuan:cross_ref"] = json!(OTHER);
    later.world.capture("dist", RECEIVED, event);
    let obligation = json!({"kind": "deliver", "what": class("L1"), "quantity": 600_000, "unit": "H87", "due": "2026-10-14T09:00:00+08:00"});
    let second = later.world.agreed("dairy", "dist", SIGNED, obligation);
    assert_eq!(values(&later.world.told(&second, OVER)), None);
    // It came before this contract.
    later.world.performed("dairy", "2026-10-14T08:00:00+08:00", &second, 600_000, &[OTHER]);
    assert_eq!(state(&later.world.told(&second, "2026-10-14T09:00:00+08:00")), ObligationState::Tendered);
    for what in [json!(GTIN), json!(class("L1")), json!(format!("https://id.gs1.org/01/{GTIN}")), json!(null)] {
        let mut obligation = owed();
        obligation["what"] = what.clone();
        if what.is_null() {
            obligation.as_object_mut().unwrap().remove("what");
        }
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let contract = world.agreed("dairy", "dist", SIGNED, obligation);
        ship(&mut world, json!({"quantityList": [{"epcClass": class("L1"), "quantity": 600}]}));
        let mut event = receipt(&world);
        event.as_object_mut().unwrap().remove("suyuan:accepted_qty");
        world.capture("dist", RECEIVED, event);
        world.performed("dairy", RECEIVED, &contract, 600_000, &[SHIPMENT]);
        assert_eq!(values(&world.told(&contract, "2026-10-20T12:00:00+08:00")), None);
        assert_eq!(values(&world.told(&contract, OVER)), FAULTLESS, "{what}");
    }
}

// What is in a container is known from what was packed in it.
#[test]
fn in_containers() {
    for (lots, what, counts) in
        [(["L1", "L1"], class("L1"), true), (["L1", "L2"], GTIN.to_owned(), true), (["L1", "L2"], class("L1"), false)]
    {
        let mut obligation = owed();
        obligation["what"] = json!(what);
        let mut delivery = Delivery::new(obligation);
        let world = &mut delivery.world;
        for (number, lot) in (1..).zip(lots) {
            world.capture(
                "dairy",
                SAID,
                json!({
                    "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": sscc(number),
                    "childQuantityList": [{"epcClass": class(lot), "quantity": 300}],
                }),
            );
        }
        world.capture(
            "dairy",
            SAID,
            json!({
                "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": sscc(9),
                "childEPCs": [sscc(1), sscc(2)],
            }),
        );
        ship(world, json!({"epcList": [sscc(9)]}));
        let mut event = receipt(world);
        event.as_object_mut().unwrap().remove("quantityList");
        event["epcList"] = json!([sscc(9)]);
        world.capture("dist", RECEIVED, event);
        let expected = if counts { FAULTLESS } else { DEEMED };
        assert_eq!(delivery.values(OVER), expected, "{what} in {lots:?}");
    }
}

// What does not say that its creditor received this from its debtor is no receipt: the performance waits, and silence is all that
// there is.
#[test]
fn what_is_no_receipt() {
    type Change = fn(&mut Value);
    let changes: [(&str, &str, Change); 10] = [
        ("dist", "what was not shipped to it", |event| event["quantityList"][0]["epcClass"] = json!(class("L3"))),
        ("dist", "another shipment", |event| event["suyuan:cross_ref"] = json!(OTHER)),
        ("dist", "of another", |event| event["suyuan:source"] = json!("urn:uscc:91440607DEMA00021L")),
        ("dist", "of nobody", |event| drop(event.as_object_mut().unwrap().remove("suyuan:source"))),
        ("dist", "another step", |event| event["bizStep"] = json!("storing")),
        ("dist", "another product", |event| {
            event["quantityList"] =
                json!([{"epcClass": "https://id.gs1.org/01/09521001001014/10/L1", "quantity": 600}]);
        }),
        ("dist", "another unit", |event| {
            event["suyuan:accepted_qty"] = json!({"suyuan:milli": 600_000, "suyuan:uom": "KGM"});
            event["quantityList"][0]["uom"] = json!("KGM");
        }),
        ("dist", "before the contract", |event| event["eventTime"] = json!("2026-10-07T09:00:00+08:00")),
        ("dairy", "its debtor", |_| ()),
        ("brake", "a stranger", |_| ()),
    ];
    for (who, name, change) in changes {
        let mut delivery = Delivery::new(owed());
        let mut event = receipt(&delivery.world);
        change(&mut event);
        delivery.world.capture(who, RECEIVED, event);
        let found = (delivery.state("2026-10-19T09:00:00+08:00"), delivery.values(OVER));
        assert_eq!(found, (ObligationState::Tendered, DEEMED), "{name}");
    }
}

// One shipment proves one performance of its debtor, in whichever contract; one event that is there twice gives no more than was
// performed.
#[test]
fn counted_once() {
    let mut delivery = Delivery::received(|_| ());
    let world = &mut delivery.world;
    let again = receipt(world);
    world.capture("dist", RECEIVED, again);
    let second = world.agreed("dairy", "dist", SIGNED, owed());
    world.performed("dairy", RECEIVED, &second, 600_000, &[SHIPMENT]);
    let first = world.told(&delivery.contract, OVER);
    let delivered = first.courses[0].verdict(first.time(), Calendar::first()).unwrap().determination.delivered;
    assert_eq!((delivered, values(&first)), (600_000, FAULTLESS));
    assert_eq!(state(&world.told(&second, "2026-10-19T09:00:00+08:00")), ObligationState::Tendered);
    // Half of it is said of each of two performances of one obligation: the second one is not proved by the same.
    let mut half = Delivery::new(owed());
    let event = receipt(&half.world);
    half.world.capture("dist", RECEIVED, event);
    half.world.performed("dairy", RECEIVED, &half.contract.clone(), 300_000, &[SHIPMENT, OTHER]);
    let told = half.told(OVER);
    let found = told.courses[0].verdict(told.time(), Calendar::first()).unwrap();
    assert_eq!((found.determination.delivered, found.source), (900_000, Source::OneSide));
}

// What is bad counts against the debtor only if it agrees, or nobody disputes it in the days for that; its creditor's own
// record takes the place of its event, in the days to inspect.
#[test]
fn what_is_bad() {
    let damaged = |event: &mut Value| {
        event["suyuan:accepted_qty"] = json!({"suyuan:milli": 450_000});
        event["suyuan:damaged_qty"] = json!({"suyuan:milli": 150_000});
    };
    let delivery = Delivery::received(damaged);
    assert_eq!(
        (delivery.state(RECEIVED), delivery.values("2026-10-19T09:00:00+08:00")),
        (ObligationState::PartlyAccepted, None)
    );
    assert_eq!(delivery.values(OVER), Some((1_000, 1_000, 750, Source::OneSide)));
    for change in
        [(|event: &mut Value| event["suyuan:temperature_accepted"] = json!(false)) as fn(&mut Value), |event| {
            event["disposition"] = json!("damaged")
        }]
    {
        assert_eq!(Delivery::received(change).values(OVER), Some((1_000, 1_000, 0, Source::OneSide)));
    }
    // Its debtor agrees.
    let mut agreed = Delivery::received(damaged);
    let event = agreed.world.last();
    let contract = agreed.contract.clone();
    agreed.world.contract("dairy", RECEIVED, Some(&contract), "ContractConsent", json!({"to": event}));
    assert_eq!(agreed.values(OVER), Some((1_000, 1_000, 750, Source::BothSides)));
    // Its debtor disputes it.
    let mut disputed = Delivery::received(damaged);
    disputed.world.contract("dairy", RECEIVED, Some(&contract_of(&disputed)), "Dispute", json!({"obligations": ["1"]}));
    assert_eq!(
        (disputed.state(OVER), disputed.world.file_at("dairy", time(OVER)).is_empty()),
        (ObligationState::Disputed, false)
    );
    assert!(
        !disputed
            .world
            .file_at("dairy", time(OVER))
            .facts()
            .iter()
            .any(|fact| fact.id.contains(&contract_of(&disputed)))
    );
    // Who inspects finds more, or less, than came by the gate.
    let mut inspected = Delivery::received(|_| ());
    let said = json!({"obligation": "1", "performance": inspected.performance, "received": RECEIVED, "quantity": 600_000, "good": 590_000, "reasons": "2".repeat(64)});
    let contract = contract_of(&inspected);
    let at = "2026-10-16T09:00:00+08:00";
    let record = inspected.world.contract("dist", at, Some(&contract), "Receipt", said.clone());
    let told = inspected.told("2026-10-24T09:00:00+08:00");
    let verdict = told.courses[0].verdict(told.time(), Calendar::first()).unwrap();
    assert_eq!((verdict.determination.quality(), verdict.determination.received), (Some(983), 600_000));
    assert_eq!(verdict.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(), [record]);
    // Once its own record is there its events say no more, and after the days to inspect it is over.
    let event = receipt(&inspected.world);
    inspected.world.capture("dist", "2026-10-16T10:00:00+08:00", event);
    assert_eq!(inspected.told("2026-10-24T09:00:00+08:00").records.len(), told.records.len());
    let mut late = Delivery::received(|_| ());
    let contract = contract_of(&late);
    late.world.contract(
        "dist",
        OVER,
        Some(&contract),
        "Receipt",
        json!({"performance": late.performance, "obligation": "1", "received": RECEIVED, "quantity": 1_000}),
    );
    assert_eq!((late.told(OVER).voids.len(), late.values(OVER)), (1, FAULTLESS));
}

fn contract_of(delivery: &Delivery) -> String {
    delivery.contract.clone()
}

// When something came is what who received says, but no later than the ledger had it, and no earlier than who delivered says.
#[test]
fn times() {
    let late = Delivery::received(|event| event["eventTime"] = json!("2026-10-13T09:02:00+08:00"));
    let done = |delivery: &Delivery| {
        let told = delivery.told(OVER);
        told.courses[0].verdict(told.time(), Calendar::first()).unwrap().determination.done
    };
    assert_eq!(done(&late), time(RECEIVED));
    let back = Delivery::received(|event| event["eventTime"] = json!("2026-10-09T09:00:00+08:00"));
    assert_eq!(done(&back), time(SAID));
    // Two days late by the event: said by one side, and not disputed.
    let mut delivery = Delivery::new(owed());
    let event = receipt(&delivery.world);
    delivery.world.capture("dist", "2026-10-15T09:30:00+08:00", event);
    assert_eq!(delivery.values("2026-10-22T09:00:00+08:00"), None);
    assert_eq!(delivery.values("2026-10-23T09:00:00+08:00"), Some((1_000, 900, 1_000, Source::OneSide)));
}

/// The last receiving event again, declared erroneous.
fn declare(delivery: &mut Delivery, at: &str) {
    let mut wrong = receipt(&delivery.world);
    wrong["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", delivery.world.next));
    (wrong["eventTime"], wrong["eventTimeZoneOffset"]) = (json!(RECEIVED), json!("+08:00"));
    wrong["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
    wrong["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    wrong["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:did_not_occur"});
    delivery.world.say("dist", record_type::EPCIS, time(at), &[wrong.to_string()]);
}

// What was declared erroneous in the days to inspect was not received, from then on.
#[test]
fn declared_erroneous() {
    let mut delivery = Delivery::received(|_| ());
    let at = "2026-10-14T09:00:00+08:00";
    assert_eq!(delivery.state(at), ObligationState::Accepted);
    declare(&mut delivery, at);
    assert_eq!((delivery.state(at), delivery.values(OVER)), (ObligationState::Tendered, DEEMED));
    // What was final stays so, whenever it is read.
    let mut late = Delivery::received(|_| ());
    assert_eq!(late.values(OVER), FAULTLESS);
    declare(&mut late, "2026-10-21T10:00:00+08:00");
    assert_eq!(late.values("2026-10-30T09:00:00+08:00"), FAULTLESS);
}

const CASE: &str = "https://id.gs1.org/00/095210050000000181";

/// What coldlog owes the vaccine's maker: one case, brought to the centre.
fn carried() -> Value {
    json!({"kind": "carry", "what": CASE, "place": "9521007000011", "due": "2026-10-14T09:00:00+08:00"})
}

// What is carried is received by whom the place belongs to that both sides agreed on, from who had it; never by its debtor.
#[test]
fn carried_to_a_place() {
    for (who, place, had_it, counts) in [
        ("cdc", "9521007000011", "9521006000012", true),
        ("cdc", "https://id.gs1.org/414/9521007000011/254/dock-2", "9521006000012", true),
        ("cdc", "9521007000011", "9521005000013", false),
        ("cdc", "9521003000015", "9521006000012", false),
        ("coldlog", "9521006000012", "9521006000012", false),
    ] {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let mut obligation = carried();
        obligation["place"] = json!(place);
        let contract = world.agreed("coldlog", "vaccine", SIGNED, obligation);
        let mut event = json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "epcList": [CASE],
            "destinationList": party("9521007000011", "owning_party", "destination"),
        });
        world.capture("vaccine", SHIPPED, event.clone());
        world.performed("coldlog", SAID, &contract, 1_000, &[SHIPMENT]);
        (event["bizStep"], event["disposition"]) = (json!("receiving"), json!("completeness_verified"));
        event["sourceList"] = party(had_it, "possessing_party", "source");
        event["suyuan:recordType"] = json!("D7.RECEIVE");
        event["suyuan:announced_ref"] = json!(SHIPMENT);
        world.capture(who, RECEIVED, event);
        let expected = if counts { FAULTLESS } else { DEEMED };
        assert_eq!(values(&world.told(&contract, OVER)), expected, "{who} at {place} from {had_it}");
    }
}

// A case is no piece of what is in it: what is in it counts if it is known, less what was taken out, and else nothing.
#[test]
fn in_containers_without_a_name() {
    for (name, arrives, expected) in
        [("known", true, FAULTLESS), ("taken out", true, DEEMED), ("unknown", false, DEEMED), ("said", true, FAULTLESS)]
    {
        let mut obligation = owed();
        obligation.as_object_mut().unwrap().remove("what");
        let mut delivery = Delivery::new(obligation);
        let world = &mut delivery.world;
        let half = json!({"childQuantityList": [{"epcClass": class("L1"), "quantity": 300}]});
        pack(world, "ADD", 1, half.clone());
        if name != "unknown" {
            pack(world, "ADD", 2, half);
        }
        pack(world, "ADD", 9, json!({"childEPCs": [sscc(1), sscc(2)]}));
        if name == "taken out" {
            pack(world, "DELETE", 9, json!({"childEPCs": [sscc(2)]}));
        }
        ship(world, json!({"epcList": [sscc(9)]}));
        let mut event = receipt(world);
        event.as_object_mut().unwrap().remove("quantityList");
        if name != "said" {
            event.as_object_mut().unwrap().remove("suyuan:accepted_qty");
        }
        event["epcList"] = json!([sscc(9)]);
        world.capture("dist", RECEIVED, event);
        let event = delivery.world.last();
        let has_arrived = delivery.told(RECEIVED).records.iter().any(|(hash, _)| hash.to_string() == event);
        assert_eq!((has_arrived, delivery.values(OVER)), (arrives, expected), "{name}");
    }
}

// What is said to be missing, or can't be counted, silence does not make good; that less was named is no such word.
#[test]
fn what_is_missing() {
    type Change = fn(&mut Value);
    let nothing: Change = |event| {
        event["disposition"] = json!("mismatch_quantity");
        event["suyuan:accepted_qty"] = json!({"suyuan:milli": 0});
        event["suyuan:short_qty"] = json!({"suyuan:milli": 600_000});
    };
    let part: Change = |event| {
        event["suyuan:accepted_qty"] = json!({"suyuan:milli": 100_000});
        event["suyuan:short_qty"] = json!({"suyuan:milli": 500_000});
    };
    let weighed: Change = |event| event["suyuan:damaged_qty"] = json!({"suyuan:milli": 5_000, "suyuan:uom": "KGM"});
    let less: Change = |event| event["suyuan:accepted_qty"] = json!({"suyuan:milli": 1_000});
    for (change, state, expected) in [
        (nothing, ObligationState::Rejected, None),
        (part, ObligationState::Overdue, None),
        (weighed, ObligationState::Rejected, None),
        (less, ObligationState::Done, DEEMED),
    ] {
        let delivery = Delivery::received(change);
        let then = if state == ObligationState::Rejected { RECEIVED } else { OVER };
        assert_eq!((delivery.state(then), delivery.values(OVER)), (state, expected));
        assert!(!delivery.told("2026-12-01T09:00:00+08:00").courses[0].is_breached());
    }
}

// A performance without effect claims no shipment: neither of what another owes, nor one that came too early.
#[test]
fn claimed_in_vain() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    let mut obligation = owed();
    obligation["earlyOk"] = json!(172_800);
    let (other, contract) =
        (world.agreed("dist", "dairy", SIGNED, owed()), world.agreed("dairy", "dist", SIGNED, obligation));
    ship(&mut world, json!({"quantityList": [{"epcClass": class("L1"), "quantity": 600}]}));
    world.performed("dairy", SHIPPED, &other, 600_000, &[SHIPMENT]);
    let early = json!({"obligation": "1", "completed": "2026-10-12T08:00:00+08:00", "quantity": 600_000, "evidence": [SHIPMENT]});
    world.contract("dairy", SHIPPED, Some(&contract), "Performance", early);
    world.performed("dairy", SAID, &contract, 600_000, &[SHIPMENT]);
    let event = receipt(&world);
    world.capture("dist", RECEIVED, event);
    let told = world.told(&contract, OVER);
    assert_eq!((told.voids.len(), values(&told)), (1, FAULTLESS));
}

// What other terms go on with is owed since it was first, and what was performed before may be said again.
#[test]
fn amended() {
    let mut delivery = Delivery::received(|_| ());
    let (world, contract) = (&mut delivery.world, delivery.contract.clone());
    let mut obligation = owed();
    (obligation["id"], obligation["debtor"], obligation["creditor"]) =
        (json!("1"), json!(world.uri("dairy")), json!(world.uri("dist")));
    obligation["due"] = json!("2026-10-16T09:00:00+08:00");
    let terms = json!({"version": 2, "textCommitment": "1".repeat(64), "sizeBand": 3, "obligations": [obligation]});
    let at = "2026-10-13T12:00:00+08:00";
    let asked = world.contract("dairy", at, Some(&contract), "ContractAmendment", terms);
    world.contract("dist", at, Some(&contract), "ContractConsent", json!({"to": asked, "sizeBand": 3}));
    world.performed("dairy", at, &contract, 600_000, &[SHIPMENT]);
    let told = delivery.told("2026-10-22T09:00:00+08:00");
    let verdict = told.courses[1].verdict(told.time(), Calendar::first()).unwrap();
    assert_eq!((told.voids.len(), verdict.source, verdict.determination.delivered), (0, Source::BothSides, 600_000));
}

// Strangers don't hide what is in a case, whatever they say of it.
#[test]
fn strangers_hide_nothing() {
    let mut delivery = Delivery::new(owed());
    let world = &mut delivery.world;
    pack(world, "ADD", 1, json!({"childQuantityList": [{"epcClass": class("L1"), "quantity": 600}]}));
    let noise = |number: u32| {
        json!({
            "@context": [{"suyuan": "https://suyuan.example/ns/"}], "type": "AggregationEvent", "action": "ADD",
            "bizStep": "packing", "parentID": sscc(1), "childEPCs": [sscc(2)], "eventTime": SAID,
            "eventID": format!("urn:uuid:00000000-0000-4000-9000-{:012x}", number),
            "eventTimeZoneOffset": "+08:00", "readPoint": {"id": "https://id.gs1.org/414/9521011000014"},
        })
        .to_string()
    };
    let noise: Vec<String> = (0..500).map(noise).collect();
    world.say("brake", record_type::EPCIS, time(SAID), &noise);
    ship(world, json!({"epcList": [sscc(1)]}));
    let mut event = receipt(world);
    event.as_object_mut().unwrap().remove("quantityList");
    event["epcList"] = json!([sscc(1)]);
    world.capture("dist", RECEIVED, event);
    let event = world.last();
    let told = delivery.told(RECEIVED);
    assert!(told.records.iter().any(|(hash, _)| hash.to_string() == event), "{:?}", state(&told));
}
