//! The documents of `docs/scenarios` are valid, and what `expected.json` says of them follows from
//! their events, by brute force and without the ledger's own code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Captured, closure, contents, edges, json, load, party, seconds, whole};
use suyuan_epcis::model::Value;
use suyuan_ledger::profile::{assess, classify, declared_class, declared_type};

const SCENARIOS: [&str; 4] = ["a", "b", "c", "e"];

fn expected(scenario: &str) -> serde_json::Value {
    json("expected.json")[scenario].clone()
}

fn texts(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The actors' keys by GLN.
fn actors() -> BTreeMap<String, String> {
    let text = |actor: &serde_json::Value, name: &str| actor[name].as_str().unwrap().to_owned();
    json("actors.json").as_array().unwrap().iter().map(|actor| (text(actor, "gln"), text(actor, "key"))).collect()
}

// Goal: the documents can be captured as they stand, in the order of their names. Method: read and validate
// every one (`load` panics at a warning); each author is an actor, each event has its own ID, time doesn't run
// back from file to file, and each reference to an event is the hash of one captured before.
#[test]
fn documents_are_in_order() {
    let keys: BTreeSet<String> = actors().into_values().collect();
    let mut ids = BTreeSet::new();
    let mut references = 0;
    for scenario in SCENARIOS {
        let events = load(scenario);
        let mut before: BTreeSet<&str> = BTreeSet::new();
        let mut started = (String::new(), i64::MIN);
        for captured in &events {
            let at = (&captured.file, &captured.event.event_id);
            assert!(keys.contains(&captured.actor), "{at:?}");
            assert!(ids.insert(captured.event.event_id.clone().unwrap()), "{at:?}");
            if captured.file != started.0 {
                assert!(captured.seconds() >= started.1, "{at:?}");
                started = (captured.file.clone(), captured.seconds());
            }
            for name in ["cross_ref", "announced_ref", "series_ref", "excursion_ref"] {
                if let Some(reference) = captured.text(name) {
                    assert!(before.contains(reference), "{at:?} {name}");
                    references += 1;
                }
            }
            before.insert(&captured.digest);
        }
    }
    assert_eq!((ids.len(), references), (103, 16));
}

// Goal: every event that names a record type is a complete record of it, and no other is taken for one. Method: judge
// each by its own class.
#[test]
fn records_are_complete() {
    let mut count = 0;
    for captured in SCENARIOS.into_iter().flat_map(load) {
        let at = (&captured.file, captured.text("recordType"), captured.step());
        let Some(record_type) = declared_type(&captured.event).unwrap() else {
            assert!(classify(&captured.event).is_none(), "{at:?}");
            continue;
        };
        let class = declared_class(&captured.event).unwrap().unwrap();
        let assessment = assess(&captured.event, record_type, class);
        assert_eq!((assessment.completeness, assessment.problems), (1000, Vec::new()), "{at:?}");
        count += 1;
    }
    assert_eq!(count, 83);
}

// Goal: the actors are who they say. Method: entity, GLN and prefix are judged; the prefix begins the GLN.
#[test]
fn actors_are_valid() {
    use suyuan_epcis::identifier::{Gln, Lei, Uscc};
    for actor in json("actors.json").as_array().unwrap() {
        let text = |name: &str| actor[name].as_str().unwrap();
        match text("entity").strip_prefix("urn:uscc:") {
            Some(code) => assert!(Uscc::parse(code).is_ok()),
            None => assert!(Lei::parse(text("entity").strip_prefix("urn:lei:").unwrap()).is_ok()),
        }
        assert!(Gln::parse(text("gln")).is_ok() && text("gln").starts_with(text("companyPrefix")));
        assert_eq!(text("companyPrefix").len(), 7);
        assert!(matches!(text("role"), "member" | "authority"));
    }
}

/// Who received how many cases, as `at:dist:600`: by class, or by the unit they were packed into.
fn received(events: &[Captured], case: &str) -> BTreeSet<String> {
    let actors = actors();
    let packed: BTreeMap<&str, u64> = events
        .iter()
        .filter(|captured| captured.action() == "ADD" && captured.event.parent_id.is_some())
        .map(|captured| {
            let inside = captured.event.child_quantity_list.iter().flatten();
            (captured.event.parent_id.as_deref().unwrap(), inside.map(whole).sum())
        })
        .collect();
    let mut all = BTreeSet::new();
    for captured in events.iter().filter(|captured| captured.step() == "receiving") {
        let units = captured.event.epc_list.iter().flatten().filter_map(|epc| packed.get(epc.as_str()));
        let cases = captured.count(case) + units.sum::<u64>();
        if cases > 0 {
            assert_eq!(captured.amount("accepted_qty"), cases);
            let place = captured.event.read_point.as_ref().unwrap().id.as_deref().unwrap();
            let at = &actors[place.split('/').nth(4).unwrap()];
            assert_eq!(
                (at, at),
                (&captured.actor, &actors[party(&captured.event.destination_list, "owning_party").unwrap()])
            );
            all.insert(format!("at:{at}:{cases}"));
        }
    }
    all
}

// Goal: scenario A's traces are those of the specification, in both directions. Method: the closure over the
// events' edges, each subject under the name that `expected.json` gives it; who received follows from receipts.
#[test]
fn formula_traces() {
    let (events, expected) = (load("a"), expected("a"));
    let names = expected["names"].as_object().unwrap();
    let name_of = |subject: &String| {
        let named = names.iter().find(|(_, uris)| texts(uris).contains(&subject.as_str()));
        named.unwrap_or_else(|| panic!("{subject}")).0.clone()
    };
    let edges = edges(&events);
    let case = texts(&names["lot:L20261003A"])[1];
    let reach = |start: &str, forward| -> BTreeSet<String> {
        let start = texts(&names[start]);
        closure(&edges, &start, forward).iter().map(name_of).collect()
    };
    let set = |name: &str| -> BTreeSet<String> { texts(&expected[name]).into_iter().map(str::to_owned).collect() };
    let with_receipts = |mut reached: BTreeSet<String>| {
        reached.extend(received(&events, case));
        reached
    };
    assert_eq!(with_receipts(reach("milk:M-20261002-2", true)), set("forwardFromMilk2"));
    assert_eq!(with_receipts(reach("lot:L20261003A", true)), set("forwardFromLotA"));
    assert_eq!(reach("lot:L20261003A", false), set("backwardFromLotA"));
    // Siblings: what else came of what lot A was made of.
    let mut siblings = BTreeSet::new();
    reach("lot:L20261003A", false).iter().for_each(|input| siblings.extend(reach(input, true)));
    siblings.retain(|name| name.starts_with("lot:") && name != "lot:L20261003A");
    assert_eq!(siblings, set("siblingOfLotA"));
}

// Goal: scenario A's quantities add up. Method: every figure is summed from events of another kind than the one
// that states it, and the closing report must agree.
#[test]
fn formula_quantities() {
    let (events, expected) = (load("a"), expected("a"));
    let of = |name: &str| expected["quantities"][name].as_u64().unwrap();
    let lots = texts(&expected["names"]["lot:L20261003A"]);
    let (can, case) = (lots[0], lots[1]);
    let sum = |chosen: &dyn Fn(&Captured) -> bool, class: &str| -> u64 {
        events.iter().filter(|captured| chosen(captured)).map(|captured| captured.count(class)).sum()
    };
    let transformed = |output: bool, class: &str| -> u64 {
        let lists = events.iter().flat_map(|captured| match output {
            true => captured.event.output_quantity_list.iter().flatten(),
            false => captured.event.input_quantity_list.iter().flatten(),
        });
        lists.filter(|element| element.epc_class.as_deref() == Some(class)).map(whole).sum()
    };
    let (produced, cases) = (transformed(true, can), transformed(true, case));
    assert_eq!((produced, cases, transformed(false, can)), (of("producedCans"), of("cases"), of("producedCans")));
    let a_case = produced / cases;
    assert_eq!(a_case, of("cansPerCase"));
    let into_units: u64 =
        events.iter().flat_map(|captured| captured.event.child_quantity_list.iter().flatten()).map(whole).sum();
    assert_eq!(into_units, cases);
    let cases_of = |who: &str| -> u64 {
        let lines = received(&events, case);
        lines.iter().filter_map(|line| line.strip_prefix(&format!("at:{who}:"))?.parse::<u64>().ok()).sum()
    };
    let shipped_on = sum(&|captured| captured.actor == "dist" && captured.step() == "shipping", case);
    let sold = sum(&|captured| captured.step() == "retail_selling", can);
    let (dist, retail) = ((cases_of("dist") - shipped_on) * a_case, cases_of("retail") * a_case - sold);
    assert_eq!(
        (dist, cases_of("retail") * a_case, sold, retail),
        (of("distStock"), of("retailIn"), of("retailSold"), of("retailStock"))
    );
    let held = |who: &str| sum(&|captured| captured.actor == who && captured.is("F11a.RECALL_ACK"), case) * a_case;
    assert_eq!((held("dist"), held("retail")), (dist, retail));
    let returned = sum(&|captured| captured.disposition() == "returned", can);
    assert_eq!(returned, of("consumerReturns"));
    let destroyed = |captured: &Captured| captured.step() == "destroying" && captured.action() == "DELETE";
    let gone = sum(&destroyed, case) * a_case + sum(&destroyed, can);
    assert_eq!((gone, gone), (of("destroyed"), dist + retail + returned));
    assert_eq!((of("recovered"), of("unaccounted")), (gone, produced - gone));
    assert_eq!(of("recoveryPermille"), gone * 1000 / produced);
    let report = events.last().unwrap();
    let stated = ["distributed_qty", "recovered_qty", "unaccounted_qty"].map(|name| report.amount(name));
    assert_eq!(stated, [produced, gone, produced - gone]);
}

// Goal: scenario A's recall runs in time. Method: the times of the events against those expected.
#[test]
fn formula_times() {
    let (events, expected) = (load("a"), expected("a"));
    let time = |name: &str| seconds(expected["times"][name].as_str().unwrap());
    let at = |record_type: &str| events.iter().filter(|captured| captured.is(record_type)).map(Captured::seconds).max();
    assert_eq!(at("F13.SAMPLING"), Some(time("riskKnown")));
    assert_eq!(at("F11.RECALL"), Some(time("announced")));
    assert_eq!(at("F11a.RECALL_ACK"), Some(time("notifiedAllDirectCustomers")));
    assert!(time("announced") <= time("startDeadline") && time("startDeadline") - time("riskKnown") == 86_400);
    let recall = events.iter().find(|captured| captured.is("F11.RECALL")).unwrap();
    assert_eq!(recall.text("finish_deadline"), expected["times"]["completionDeadline"].as_str());
    let last_sale = events.iter().filter(|captured| captured.step() == "retail_selling").map(Captured::seconds).max();
    assert!(last_sale < at("F13.SAMPLING"));
}

/// The temperature readings of the events' sensors: time in seconds, tenths of a degree.
fn readings(events: &[Captured]) -> Vec<(i64, i64)> {
    let reports = events.iter().flat_map(|captured| captured.event.sensor_element_list.iter().flatten());
    reports
        .flat_map(|element| &element.reports)
        .filter_map(|report| {
            let field =
                |name: &str| report.fields.iter().find(|(field, _)| field.name == name).map(|(_, text)| &**text);
            Some((seconds(field("time")?), tenths(field("value")?)))
        })
        .collect()
}

fn tenths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    assert_eq!(fraction.len(), 1, "{text}");
    let (whole, fraction): (i64, i64) = (whole.parse().unwrap(), fraction.parse().unwrap());
    whole * 10 + if text.starts_with('-') { -fraction } else { fraction }
}

// Goal: scenario B's excursion follows from its readings, and the decision from the excursion. Method: look for the
// readings outside the limits; the excursion ends at the next one inside; compare with what the events state.
#[test]
fn vaccine_excursion() {
    let (events, expected) = (load("b"), expected("b"));
    let number = |value: &serde_json::Value| value.as_i64().unwrap();
    let all = readings(&events);
    assert_eq!(all.len() as i64, number(&expected["samples"]));
    assert!(all.windows(2).all(|pair| pair[1].0 - pair[0].0 == number(&expected["intervalSeconds"])));
    let (least, most) = (number(&expected["limitsTenths"][0]), number(&expected["limitsTenths"][1]));
    let outside: Vec<usize> = (0..all.len()).filter(|at| !(least..=most).contains(&all[*at].1)).collect();
    let (first, after) = (outside[0], outside[outside.len() - 1] + 1);
    assert_eq!(after - first, outside.len());
    let excursion = &expected["excursion"];
    assert_eq!(all[first].0, seconds(excursion["start"].as_str().unwrap()));
    assert_eq!(outside.len() as i64, number(&excursion["samples"]));
    let minutes = (all[after].0 - all[first].0) / 60;
    assert_eq!(minutes, number(&excursion["minutes"]));
    assert_eq!(outside.iter().map(|at| all[*at].1).max(), excursion["maxTenths"].as_i64());
    let stated = events.iter().find(|captured| captured.is("D7a.EXCURSION")).unwrap();
    assert_eq!(
        (seconds(stated.text("from").unwrap()), seconds(stated.text("to").unwrap())),
        (all[first].0, all[after].0)
    );
    assert_eq!(stated.text("minutes"), Some(minutes.to_string().as_str()));
    let used = minutes + number(&expected["usedBeforeMinutes"]);
    assert_eq!((used, used > number(&expected["budgetMinutes"])), (number(&expected["usedMinutes"]), true));
    let decision = events.iter().find(|captured| captured.is("D7b.EXCURSION_DECISION")).unwrap();
    assert_eq!(decision.text("used_min"), Some(used.to_string().as_str()));
    assert_eq!(decision.text("decision"), expected["decision"].as_str());
}

// Goal: scenario B's three codes are packed, travel in their case, come out and are destroyed. Method: follow them.
#[test]
fn vaccine_codes() {
    let (events, expected) = (load("b"), expected("b"));
    let codes: BTreeSet<&str> = texts(&expected["codes"]).into_iter().collect();
    let named = |step: &str| -> BTreeSet<&str> {
        let of = events.iter().filter(|captured| captured.step() == step);
        of.flat_map(|captured| captured.event.epc_list.iter().flatten().map(String::as_str)).collect()
    };
    let case = expected["case"].as_str().unwrap();
    for step in ["shipping", "transporting", "receiving", "holding"] {
        assert_eq!(named(step), BTreeSet::from([case]), "{step}");
    }
    assert_eq!((named("commissioning"), named("destroying")), (codes.clone(), codes.clone()));
    let packed = events.iter().take_while(|captured| captured.step() != "unpacking");
    let packed: Vec<&Captured> = packed.filter(|captured| captured.step() == "packing").collect();
    assert_eq!(packed.len(), 1);
    assert_eq!(packed[0].event.child_epcs.iter().flatten().map(String::as_str).collect::<BTreeSet<_>>(), codes);
    assert!(contents(&events).values().all(BTreeSet::is_empty));
}

// Goal: scenario C's recall finds the devices that have a brake of the lot when asked, and no others. Method: fold the
// associations up to the recall, and to the end.
#[test]
fn lift_recall() {
    let (events, expected) = (load("c"), expected("c"));
    let lot = expected["brakeLot"].as_str().unwrap();
    let of_lot = |brake: &String| brake.starts_with(&format!("{lot}/"));
    let with_lot = |events: &[Captured]| -> Vec<String> {
        contents(events).into_iter().filter(|(_, parts)| parts.iter().any(of_lot)).map(|(device, _)| device).collect()
    };
    let recall = events.iter().position(|captured| captured.is("S13.RECALL")).unwrap();
    assert_eq!(with_lot(&events[..recall]), texts(&expected["installedAtRecall"]));
    assert_eq!(with_lot(&events), texts(&expected["installedAfterReplacement"]));
    let ever: BTreeSet<String> =
        edges(&events).into_iter().filter(|(brake, _)| of_lot(brake)).map(|edge| edge.1).collect();
    assert_eq!(ever.iter().map(String::as_str).collect::<Vec<_>>(), texts(&expected["everInstalled"]));
    let now: BTreeMap<String, Vec<String>> =
        contents(&events).into_iter().map(|(device, parts)| (device, parts.into_iter().collect())).collect();
    for (device, brake) in expected["brakes"].as_object().unwrap() {
        assert_eq!(now[device], [brake.as_str().unwrap()]);
    }
    assert_eq!(now.len(), 4);
}

// Goal: scenario C's inspections and maintenance are those expected. Method: read them off the events.
#[test]
fn lift_inspections() {
    let (events, expected) = (load("c"), expected("c"));
    let device = expected["device"].as_str().unwrap();
    let of = |record_type: &'static str| events.iter().filter(move |captured| captured.is(record_type));
    let days: Vec<&str> = of("S6.PERIODIC_INSPECTION").map(|captured| captured.text("date").unwrap()).collect();
    assert_eq!(days, texts(&expected["inspections"]));
    assert_eq!(of("S6.PERIODIC_INSPECTION").next_back().unwrap().text("next_due"), expected["nextDue"].as_str());
    let services: Vec<i64> = of("S8.MAINTENANCE").map(Captured::seconds).collect();
    let gap = services.windows(2).map(|pair| (pair[1] - pair[0]) / 86_400).max();
    assert_eq!(gap, expected["maintenanceGapDays"].as_i64());
    for captured in of("S6.PERIODIC_INSPECTION").chain(of("S8.MAINTENANCE")).chain(of("S11.STOP_RESUME")) {
        assert_eq!(captured.event.epc_list.as_deref(), Some([device.to_owned()].as_slice()));
    }
}

// Goal: scenario E's container can be traced to the harvest and its cases and weight counted. Method: closure, packing
// events, the weight of a case in the master data of its lot; seals, custody and the gap from the events.
#[test]
fn durian_container() {
    let (events, expected) = (load("e"), expected("e"));
    let text = |name: &str| expected[name].as_str().unwrap();
    let back = closure(&edges(&events), &[text("container")], false);
    let mut known: BTreeSet<String> = texts(&expected["pallets"]).into_iter().map(str::to_owned).collect();
    known.extend([text("lot").to_owned(), text("harvest").to_owned()]);
    assert_eq!(back, known);
    let on_pallets: u64 =
        events.iter().flat_map(|captured| captured.event.child_quantity_list.iter().flatten()).map(whole).sum();
    assert_eq!(on_pallets, expected["cases"].as_u64().unwrap());
    let packing = events.iter().find(|captured| captured.is("F3.INITIAL_PACK")).unwrap();
    let master = |name: &str| {
        let found = packing.event.ilmd.iter().flatten().find(|extension| &*extension.name.local == name);
        found.unwrap().value.clone()
    };
    let Value::Object(weight) = master("net_weight") else { panic!("no weight") };
    let Value::Scalar(milli, _) = &weight.members[0].value else { panic!("no number") };
    assert_eq!(on_pallets * milli.parse::<u64>().unwrap() / 1000, expected["kilograms"].as_u64().unwrap());
    assert_eq!(packing.amount("packed_qty"), expected["kilograms"].as_u64().unwrap());
    assert!(matches!(master("countryOfOrigin"), Value::Scalar(origin, _) if *origin == *text("origin")));
    let seals: BTreeSet<&str> = events.iter().filter_map(|captured| captured.text("seal")).collect();
    assert_eq!(seals, BTreeSet::from([text("seal")]));
    let mut custody: Vec<&str> = events.iter().map(|captured| captured.actor.as_str()).collect();
    custody.dedup();
    assert_eq!(custody, texts(&expected["custody"]));
    let all = readings(&events);
    let gap = all.windows(2).map(|pair| (pair[1].0 - pair[0].0) / 60).max();
    assert_eq!(
        (gap, all.iter().map(|reading| reading.1).max()),
        (expected["gapMinutes"].as_i64(), expected["maxTenths"].as_i64())
    );
}
