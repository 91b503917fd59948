//! What supervision sees of the scenarios: recalls, what was too warm, lifts that are overdue, inspections by lot. All is asked of
//! the regulator's audit node.

use std::io::Write;
use std::time::Instant;

use serde_json::{Value, json};
use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::Profile;
use suyuan_ledger::credit::draw::{Draw, InspectionRates};
use suyuan_ledger::credit::file::Duty;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::series::{Part, Said, Series};

use super::Demo;
use super::checks::Checks;
use super::credit::{AUTHORITY, SUBJECT, credit, list, member, text, values, weighed};
use super::documents::Document;
use super::process::NodeProcess;
use crate::cli::apart;
use crate::cli::place::Failure;
use crate::cli::series::{in_document, read_table, reason_of};
use crate::cli::text::pick;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::credits::draws::{DrawSaid, record_of};
use crate::credits::{Credit, Excursions};
use crate::link::percent_encoded;
use crate::random::random_uri;
use crate::times::{milliseconds, time_text};

// ---- A: the recall ----

/// Compares what who scans a thing is told.
pub fn scan(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    for (list, is_recalled) in [("recalled", true), ("not", false)] {
        for name in expected.of(&format!("/a/scan/{list}")).as_array().into_iter().flatten().filter_map(Value::as_str) {
            let thing = expected.text(&format!("/a/names/{name}/0"));
            let said = demo.ask_audit(&format!("/v1/recalled/{}", percent_encoded(&thing)))?;
            demo.check(&format!("{name} is recalled"), json!(is_recalled), member(&said, "recalled"))?;
        }
    }
    let lot = expected.text("/a/names/lot:L20261003A/0");
    let (tally, said) = demo.network.capture_unless_recalled(&sale(&lot)?)?;
    let refused = json!([ledger_codes::RECALLED.id, 0]);
    demo.check("a sale of it, as whoever sells would record it", refused, json!([said.first(), tally.accepted]))
}

/// A sale of one piece of a lot, in a shop.
fn sale(lot: &str) -> Result<Document, Reason> {
    let now = time_text(now_ms());
    let event = json!({
        "type": "ObjectEvent", "eventID": random_uri()?, "eventTime": now, "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "retail_selling", "disposition": "retail_sold",
        "quantityList": [{ "epcClass": lot, "quantity": 1 }],
    });
    let document = json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": now, "epcisBody": { "eventList": [event] },
    });
    Ok(Document { scenario: 'a', name: "0-retail-sell", text: document.to_string().into() })
}

/// Whom the recall has to reach, as the authority's node lists it from its announcement on; and how long that took since the
/// announcement was sent off.
pub fn listed(demo: &mut Demo<'_>, expected: &Checks, sent: Instant) -> Result<(), Failure> {
    let uri = demo.network.actors.get("dairy").map_or("", |actor| actor.uri.as_str());
    let said = demo.ask_audit(&format!("/v1/credit/{}", percent_encoded(uri)))?;
    let took = sent.elapsed();
    let recall = list(&said, "recalls").first().cloned().unwrap_or_default();
    let actor_of =
        |uri: &str| demo.network.actors.iter().find(|(_, actor)| actor.uri == uri).map(|(key, _)| key.clone());
    let customers = list(&recall, "customers").iter().map(|one| actor_of(text(one, "organisation")));
    let mut customers: Vec<Option<String>> = customers.collect();
    customers.sort();
    demo.check("whom the recall has to reach", expected.of("/a/recall/customers"), json!(customers))?;
    let most = expected.of("/a/recall/listedWithinMs").as_u64().unwrap_or_default();
    demo.check("listed by the authority's node in time", json!(true), json!(took.as_millis() <= u128::from(most)))?;
    let words = pick(demo.screen.language, "milliseconds after it was sent off", "毫秒（自发出起）");
    Ok(writeln!(demo.screen.answers(), "  {} {words}", took.as_millis())?)
}

/// How the recall was handled.
pub fn recall(demo: &mut Demo<'_>, expected: &Checks, day: &str) -> Result<(), Failure> {
    let said = credit(demo, "dairy", day)?;
    let recall = list(&said, "recalls").first().cloned().unwrap_or_default();
    let closed = member(&recall, "closed");
    let in_china = |time: &str| milliseconds(time).map(Day::in_china).and_then(Day::text);
    let found = [
        ("recall", member(&recall, "recall")),
        ("level", member(&recall, "level")),
        ("finishBy", member(&recall, "finish_by")),
        ("closed", json!(in_china(text(&closed, "at")))),
        ("recovered", json!(member(&recall, "confirmed").as_i64().map(|milli| milli / 1_000))),
        ("recoveryPermille", member(&closed, "recovery_permille")),
        ("value", member(&recall, "value")),
        ("parts", member(&recall, "parts")),
    ];
    for (name, found) in found {
        demo.check(name, expected.of(&format!("/a/recall/{name}")), found)?;
    }
    let start_by = milliseconds(&expected.text("/a/recall/startBy"));
    demo.check("to begin by", json!(start_by.map(time_text)), member(&recall, "start_by"))?;
    // The ledger knows it from the block that the announcement came in.
    let began = milliseconds(text(&recall, "started")).unwrap_or_default();
    let announced = milliseconds(&expected.text("/a/recall/started")).unwrap_or_default();
    demo.check("seconds from the announcement to its block", json!(0), json!((began - announced) / 60_000 * 60))
}

// ---- C: the lift ----

/// The lift whose inspection is overdue, what that does to its user, and that it is not any more once it was inspected.
pub fn lift(demo: &mut Demo<'_>, expected: &Checks, stage: &Value, day: &str) -> Result<(), Failure> {
    let device = expected.text("/c/device");
    let said = weighed(demo, "property", day, Some(Profile::SpecialEquipment.name()))?;
    let devices = list(&said, "equipment");
    let is_it = |one: &&Value| device.ends_with(text(one, "device")) && !text(one, "device").is_empty();
    let one = devices.iter().find(is_it).cloned().unwrap_or_default();
    let count = |is: fn(&Value) -> bool| devices.iter().filter(|one| is(one)).count();
    let ceilings = list(&said, "ceilings").iter().filter(|one| text(one, "code") == "CAP-4");
    let ceilings: Vec<&str> = ceilings.map(|one| text(one, "ceiling")).collect();
    let found = json!({
        "day": day, "due": one.get("due"), "applyBy": one.get("apply_by"), "overdueDays": one.get("overdue_days"),
        "inUse": count(|one| one.get("in_use") == Some(&Value::Bool(true))),
        "overdue": count(|one| one.get("overdue_days").and_then(Value::as_u64).is_some_and(|days| days > 0)),
        "ceilings": ceilings, "dueDays": one.get("due_days"),
        "value": values(list(&said, "indicators"), "code", |name| name == "EQP").get("EQP"),
    });
    // Of what a day says nothing, nothing is compared.
    let found = found.as_object().into_iter().flatten().filter(|(name, _)| stage.get(name).is_some());
    let found = Value::Object(found.map(|(name, value)| (name.clone(), value.clone())).collect());
    demo.check("the lift, so many in use, the user's ceiling", stage.clone(), found)?;
    let user = demo.network.actors.get("property").map_or("", |actor| actor.uri.as_str());
    // It has all that was recorded, as its answer before shows.
    let said = audit(demo)?.ask(&format!("/v1/overdue?firm={}&day={day}", percent_encoded(user)))?;
    let said = said.as_array().into_iter().flatten();
    let count = said.filter(|one| text(one, "duty") == Duty::Inspection.name()).count();
    demo.check("what the user is told to be overdue for inspection", member(stage, "overdue"), json!(count))
}

fn audit<'a>(demo: &'a Demo<'_>) -> Result<&'a NodeProcess, Failure> {
    let audit = demo.network.nodes.iter().find(|node| node.audits);
    Ok(audit.ok_or_else(|| Reason::new(codes::UNREACHABLE, &["demo", "no audit node"]))?)
}

// ---- B: what was too warm ----

/// What is said of the vaccine that was too warm, and of the code that is used after its end.
pub fn alert(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let (code, sound) = (expected.text("/b/alert/code"), expected.text("/b/alert/sound"));
    let of = |what: &str, thing: &str| format!("/v1/{what}/{}", percent_encoded(thing));
    let path = of("excursions", &code);
    let said: Excursions = serde_json::from_value(demo.ask_audit(&path)?).map_err(|error| unread(&path, &error))?;
    let found = said.excursions.first().map(|one| {
        let decision = one.decision.as_ref();
        json!({
            "start": one.start, "minutes": one.minutes, "samples": one.samples, "max": one.max, "custodian": one.custodian,
            "decision": decision.map(|one| &one.decision), "prior_minutes": decision.map(|one| one.prior_minutes),
            "used_minutes": decision.map(|one| one.used_minutes),
            "budget_minutes": decision.map(|one| one.budget_minutes), "usable": said.usable,
        })
    });
    demo.check("the excursion", expected.of("/b/excursionSaid"), found.into())?;
    let said = demo.ask_audit(&of("exceptions", &code))?;
    let kinds: Vec<&str> = list(&said, "exceptions").iter().map(|one| text(one, "kind")).collect();
    demo.check("the code that was dispensed", expected.of("/b/alert/kinds"), json!(kinds))?;
    let said = demo.ask_audit(&of("exceptions", &sound))?;
    demo.check("another one of the case is sound", json!(true), member(&said, "sound"))
}

/// What the logger wrote, which the ledger has only the root of unless its owner shows some.
const LOGGER: &str = include_str!("../../../../docs/scenarios/b/logger-31.csv");

/// Compares some of the logger's readings with the root that the carrier has recorded; then one of them changed, and what the
/// record would be had the warm ones been cut out before.
pub fn series(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let id = expected.text("/b/series/event");
    let path = format!("/epcis/events/{}", percent_encoded(&id));
    let found = in_document(&path, audit(demo)?.ask(&path)?.to_string().into_bytes(), &id)?;
    let said = Said::of(&found.event).unwrap_or_default();
    let logger = read_table(LOGGER.as_bytes())?;
    let time = |name: &str| milliseconds(&expected.text(&format!("/b/series/{name}"))).unwrap_or_default();
    let (from, to) = (time("from"), time("to"));
    let mut part = logger.part(from, to);
    let codes_of = |said: &Said, part: &Part| {
        let faults = said.faults(part);
        json!(faults.iter().map(|fault| reason_of(fault).code.id).collect::<Vec<_>>())
    };
    let shown = json!({ "root": said.root.map(|root| root.to_string()), "count": part.count, "shown": part.readings.len(),
        "outside": said.outside(&part), "faults": codes_of(&said, &part) });
    demo.check("readings shown, against the root that is recorded", expected.of("/b/series/said"), shown)?;
    if let Some(first) = part.readings.first_mut() {
        first.tenths -= 50;
    }
    demo.check("one of them changed", expected.of("/b/series/changed"), codes_of(&said, &part))?;
    let kept = logger.readings().iter().filter(|reading| !(from..=to).contains(&reading.at)).copied().collect();
    let cut = Series::new(kept).map_err(|_| Reason::new(codes::ANSWER, &[&path, "no readings are left"]))?;
    let tenths = || cut.readings().iter().map(|reading| reading.tenths);
    let (min, max, count) = (tenths().min(), tenths().max(), Some(cut.readings().len() as u64));
    let said = Said { root: Some(cut.root()), count, min, max, readings: Vec::new(), ..said };
    demo.check("cut out before they were recorded", expected.of("/b/series/cut"), codes_of(&said, &cut.whole()))
}

fn unread(path: &str, error: &serde_json::Error) -> Reason {
    Reason::new(codes::ANSWER, &[path, &error.to_string()])
}

// ---- D: inspections by lot ----

/// The authority commits to a draw with one firm, at the rate of its grade.
pub fn draw(demo: &mut Demo<'_>, draw: &Value, day: &str) -> Result<(), Failure> {
    let said = credit(demo, SUBJECT, day)?;
    let said: Credit = serde_json::from_value(said).map_err(|error| unread("/v1/credit", &error))?;
    let authority = demo.network.actors.get(AUTHORITY).map_or("", |actor| actor.uri.as_str());
    let firm = std::iter::once((&said.subject, Some(&said.to_publish)));
    let mut record = record_of(authority, text(draw, "draw"), firm, InspectionRates::first());
    record["eventID"] = json!(random_uri()?);
    record["eventTime"] = json!(time_text(now_ms()));
    let payload = record.to_string().into_bytes();
    let recorded = demo.network.record((AUTHORITY, 'd'), &apart::CREDIT, &[&payload])?;
    let refused: Vec<String> = recorded.into_iter().filter_map(Result::err).map(|(why, _)| why.to_string()).collect();
    demo.check("refused of the draw", json!([]), json!(refused))
}

/// Who is drawn: the lot is a block's id, as another node has it, and whoever knows it draws the same.
pub fn drawn(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    // Once the audit node has all.
    credit(demo, SUBJECT, &expected.text("/d/drawn"))?;
    let authority = demo.network.actors.get(AUTHORITY).map_or("", |actor| actor.uri.as_str());
    let path = format!("/v1/draws/{}", percent_encoded(authority));
    let said: Vec<DrawSaid> = audit(demo)?.remote.said(&path)?;
    let rates = said.iter().flat_map(|draw| draw.entities.iter().map(|one| json!([draw.draw, one.rate])));
    let rates: Vec<Value> = rates.collect();
    let wanted = expected.of("/d/draws");
    let wanted = wanted
        .as_array()
        .into_iter()
        .flatten()
        .map(|draw| json!([member(draw, "draw"), expected.of(&format!("/d/drawRatePpm/{}", text(draw, "rate")))]));
    demo.check("rates, in millionths", Value::Array(wanted.collect()), json!(rates))?;
    for one in said {
        let height = one.lot_height.unwrap_or_default();
        let block = |height: u64| demo.network.host(' ')?.ask(&format!("/v1/blocks/{height}"));
        let (before, block) = (block(height.saturating_sub(1))?, block(height)?);
        let time = |block: &Value| block.pointer("/header/time").and_then(Value::as_i64);
        let is_first = milliseconds(&one.lot_from)
            .is_some_and(|from| time(&before).is_some_and(|time| time < from) && time(&block) >= Some(from));
        demo.check("the lot", json!([block.pointer("/header/id"), true]), json!([one.lot, is_first]))?;
        let lot = one.lot.as_deref().and_then(Hash::from_hex).unwrap_or_default();
        let entities = one.entities.iter().map(|firm| (firm.organisation.clone(), firm.rate)).collect();
        let again = Draw { id: one.draw, entities };
        let again: Vec<Option<bool>> = again.drawn(&lot).map(|(.., is_drawn)| Some(is_drawn)).collect();
        let drawn: Vec<Option<bool>> = one.entities.iter().map(|firm| firm.is_drawn).collect();
        demo.check("whether it is drawn, drawn again", json!(again), json!(drawn))?;
    }
    Ok(())
}
