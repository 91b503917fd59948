//! Goal: recalled goods are not sold, dispensed or shipped on by who uses this client, and all that a recall takes goes on.
//! Method: scenario A on a ledger in memory, asked before its recall and after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../ledger/core/tests/actors/mod.rs"]
mod actors;
#[path = "../../../ledger/core/tests/ledger/mod.rs"]
mod ledger;

use actors::{World, read};
use serde_json::{Value, json};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::trace::recalled::recalled;
use suyuan_sdk::recall::{Notice, refuse, used};

const LOT_A: &str = "https://id.gs1.org/01/09521001001014/10/L20261003A";
const LOT_B: &str = "https://id.gs1.org/01/09521001001014/10/L20261003B";
const UNIT: &str = "https://id.gs1.org/00/095210010000000017";
const AT: &str = "2026-10-22T10:00:00+08:00";

fn payload(mut event: Value) -> String {
    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
    if event["eventID"].is_null() {
        event["eventID"] = json!("urn:uuid:00000000-0000-4000-8000-ffffffffffff");
        (event["eventTime"], event["eventTimeZoneOffset"]) = (json!(AT), json!("+08:00"));
    }
    event.to_string()
}

fn asked(world: &World, event: Value) -> Option<Reason> {
    let (store, ledger) = (world.store(), &world.network.ledger);
    let mut ask = |key: &SubjectKey| {
        let found = recalled(&store, &ledger.directory, key, ledger.head.height)?;
        Ok::<_, suyuan_ledger::kv::StoreError>(found.forbidding().map(Notice::from))
    };
    refuse(payload(event).as_bytes(), &mut ask).unwrap()
}

fn sale(lot: &str) -> Value {
    json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling", "disposition": "retail_sold",
        "quantityList": [{"epcClass": lot, "quantity": 1}]})
}

fn shipment(unit: &str, disposition: &str) -> Value {
    json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": disposition,
        "epcList": [unit]})
}

// Up to step 7 all that was sold is sold; from then on lot A is not, lot B is, and what the documents record is let through.
#[test]
fn sales_of_scenario_a() {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    world.documents("a", &["01", "02", "03", "04"], 0);
    for event in [sale(LOT_A), sale(LOT_B), shipment(UNIT, "in_transit")] {
        assert_eq!(asked(&world, event), None);
    }
    world.documents("a", &["10"], 0);
    let reason = asked(&world, sale(LOT_A)).unwrap();
    assert_eq!(reason.code.id, "LEDGER-RECALLED");
    let by = world.uri("dairy");
    let told = format!(
        "{LOT_A} is under recall R-20261021-1 of level I by {by}: it is not to be sold, dispensed or shipped on"
    );
    assert_eq!(reason.what(Language::En), told);
    assert!(reason.what(Language::Zh).contains("R-20261021-1"));
    assert_eq!(asked(&world, sale(LOT_B)), None);
    assert!(asked(&world, shipment(UNIT, "in_transit")).unwrap().what(Language::En).starts_with(UNIT));
    assert_eq!(asked(&world, shipment(UNIT, "recalled")), None);
    for document in
        ["11-dist-acknowledge", "13-retail-returns", "14-dist-destroy", "15-retail-destroy", "16-dairy-close"]
    {
        for event in read(&format!("a/{document}.jsonld"))["epcisBody"]["eventList"].as_array().unwrap() {
            assert_eq!(asked(&world, event.clone()), None, "{document}");
        }
    }
    // Said of a can of which the ledger knows nothing: the sale itself says of which lot it is.
    let can = "https://id.gs1.org/01/09521001001014/21/NEVER-SEEN";
    let mut event = sale(LOT_A);
    event.as_object_mut().unwrap().remove("quantityList");
    event["epcList"] = json!([can]);
    assert_eq!(asked(&world, event.clone()), None);
    event["epcList"] = json!(["https://id.gs1.org/01/09521001001014/10/L20261003A/21/NEVER-SEEN"]);
    assert!(asked(&world, event).unwrap().what(Language::En).starts_with(LOT_A));
}

// Each thing is asked of once, up to the first that is recalled; what is no use asks nothing; who can't answer is heard.
#[test]
fn what_is_asked() {
    let event = |step: &str| {
        payload(json!({"type": "AggregationEvent", "action": "OBSERVE", "bizStep": step, "parentID": UNIT,
            "childQuantityList": [{"epcClass": LOT_A}, {"epcClass": LOT_B}, {"epcClass": LOT_A}]}))
    };
    let shipped = event("shipping");
    let uris: Vec<String> = used(shipped.as_bytes()).iter().map(SubjectKey::to_uri).collect();
    assert_eq!(uris, [LOT_A, LOT_B, UNIT]);
    let mut asked = Vec::new();
    let mut ask = |key: &SubjectKey| {
        asked.push(key.to_uri());
        let notice = Notice { id: "R-1".to_owned(), level: None, by: "urn:uscc:91440115DEMA00013J".to_owned() };
        Ok::<_, ()>((key.to_uri() == LOT_B).then_some(notice))
    };
    assert!(refuse(shipped.as_bytes(), &mut ask).unwrap().unwrap().what(Language::En).contains("R-1 of level - by"));
    assert_eq!(asked, [LOT_A, LOT_B]);
    let mut never = |_: &SubjectKey| -> Result<Option<Notice>, ()> { panic!("asked") };
    for other in [event("receiving"), event("holding"), "{}".to_owned(), "no JSON".to_owned()] {
        assert_eq!(refuse(other.as_bytes(), &mut never), Ok(None));
    }
    assert_eq!(refuse(shipped.as_bytes(), &mut |_| Err("no network")), Err("no network"));
}
