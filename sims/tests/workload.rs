//! Goal: a workload is what it says: deterministic, in order, with answers that are exact.
//! Method: every answer is compared with a walk of the whole graph; a small model of what exists and what is
//! inside what follows the events.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use suyuan_sims::walk::Graph;
use suyuan_sims::{Query, Shape, Workload};

const EVENTS: u32 = 100_000;

/// The workload's graph, and what it says of itself.
fn walked(shape: Shape, events: u32, seed: u64) -> (Graph, Vec<Query>) {
    let mut workload = Workload::shaped(shape, events, seed);
    let graph = Graph::of_events(workload.by_ref()).unwrap();
    assert_eq!(graph.events(), u64::from(events));
    (graph, workload.queries().collect())
}

fn check_answers(graph: &Graph, query: &Query) {
    assert_eq!(graph.forward(&query.raw).len() as u64, query.forward_nodes, "forward from {}", query.raw);
    let points = [Some(&query.item), Some(&query.case), query.pallet.as_ref(), query.vessel.as_ref()];
    for (start, nodes) in points.into_iter().flatten() {
        assert_eq!(graph.back(start).len() as u64, *nodes, "back from {start}");
    }
}

#[test]
fn answers_are_those_of_a_walk() {
    for (name, shape) in Shape::ALL {
        let (graph, queries) = walked(shape, EVENTS, 7);
        let packed: Vec<&Query> = queries.iter().filter(|query| query.packed).collect();
        assert!(packed.len() * 100 >= queries.len() * 98, "{name}: {} of {}", packed.len(), queries.len());
        packed.iter().for_each(|query| check_answers(&graph, query));
        let sizes: BTreeSet<u32> = packed.iter().map(|query| query.items).collect();
        let large = if shape == Shape::SingleItems { None } else { Some(90_000) };
        assert_eq!(sizes, [6, 890].into_iter().chain(large).collect(), "{name}");
    }
}

/// The very sizes that the comparison with PostgreSQL quotes.
#[test]
fn closures_have_ten_a_thousand_and_a_hundred_thousand_nodes() {
    let (_, queries) = walked(Shape::Food, EVENTS, 7);
    let sizes: BTreeMap<u32, u64> = queries.iter().map(|query| (query.items, query.forward_nodes)).collect();
    assert_eq!(sizes, BTreeMap::from([(6, 11), (890, 994), (90_000, 99_532)]));
}

#[test]
fn a_campaign_that_is_cut_off_says_so() {
    let mut cut = 0;
    for seed in 0..20 {
        let mut workload = Workload::new(3_000, seed);
        let events: Vec<Vec<u8>> = workload.by_ref().take(1_000).collect();
        let graph = Graph::of_events(&events).unwrap();
        for query in workload.queries() {
            let found = graph.forward(&query.raw).len() as u64;
            assert_eq!(found == query.forward_nodes, query.packed, "seed {seed}: {}", query.raw);
            cut += usize::from(!query.packed);
        }
    }
    assert!(cut > 0);
}

#[test]
fn every_number_of_events_is_made_exactly() {
    for (name, shape) in Shape::ALL {
        for events in [0, 1, 16, 17, 100, 999, 5_000, 20_000] {
            for seed in 0..5 {
                let made = Workload::shaped(shape, events, seed).count();
                assert_eq!(made, events as usize, "{name} with seed {seed}");
            }
        }
    }
}

#[test]
fn events_come_in_the_order_of_their_times_and_each_once() {
    for (name, shape) in Shape::ALL {
        let (mut last, mut ids) = (String::new(), BTreeSet::new());
        for event in Workload::shaped(shape, 20_000, 3) {
            let event: Value = serde_json::from_slice(&event).unwrap();
            let time = event["eventTime"].as_str().unwrap().to_owned();
            assert!(time >= last, "{name}: {time} after {last}");
            last = time;
            assert!(ids.insert(event["eventID"].as_str().unwrap().to_owned()), "{name}: {event}");
        }
    }
}

/// Every item is made before it is packed, packed before it is unpacked, and so on up to the vessel;
/// what is shipped and sold exists.
#[test]
fn nothing_happens_before_it_can() {
    for (name, shape) in Shape::ALL {
        let (mut made, mut inside) = (BTreeSet::new(), BTreeMap::new());
        for event in Workload::shaped(shape, 20_000, 5) {
            let event: Value = serde_json::from_slice(&event).unwrap();
            let texts = |member: &str| -> Vec<String> {
                let values = event[member].as_array().into_iter().flatten();
                values.map(|value| value.as_str().or(value["epcClass"].as_str()).unwrap().to_owned()).collect()
            };
            let all = |members: [&str; 2]| -> Vec<String> { members.into_iter().flat_map(texts).collect() };
            match (event["type"].as_str().unwrap(), event["action"].as_str()) {
                ("ObjectEvent", Some("ADD")) => made.extend(all(["epcList", "quantityList"])),
                ("ObjectEvent", _) => {
                    for subject in all(["epcList", "quantityList"]) {
                        assert!(made.contains(&subject), "{name}: {event}");
                    }
                }
                ("TransformationEvent", _) => {
                    for input in all(["inputEPCList", "inputQuantityList"]) {
                        assert!(made.contains(&input), "{name}: {event}");
                    }
                    made.extend(all(["outputEPCList", "outputQuantityList"]));
                }
                (_, Some(action)) => {
                    let parent = event["parentID"].as_str().unwrap().to_owned();
                    for child in texts("childEPCs") {
                        assert!(made.contains(&child), "{name}: {event}");
                        if action == "ADD" {
                            assert_eq!(inside.insert(child, parent.clone()), None, "{name}: {event}");
                        } else {
                            assert_eq!(inside.remove(&child).as_ref(), Some(&parent), "{name}: {event}");
                        }
                    }
                    made.insert(parent);
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn single_items_are_single() {
    for event in Workload::shaped(Shape::SingleItems, 20_000, 7) {
        let event: Value = serde_json::from_slice(&event).unwrap();
        for list in ["epcList", "childEPCs", "outputEPCList"] {
            assert!(event[list].as_array().is_none_or(|list| list.len() == 1), "{event}");
        }
    }
}

#[test]
fn a_shuffled_case_holds_items_of_many_runs() {
    let span = |shape| {
        let packing = Workload::shaped(shape, 20_000, 7)
            .map(|event| serde_json::from_slice::<Value>(&event).unwrap())
            .find(|event| event["childEPCs"].as_array().is_some_and(|children| children.len() == 10))
            .unwrap();
        let children = packing["childEPCs"].as_array().unwrap();
        let serial = |child: &str| child.get(child.len() - 6..).unwrap().parse::<u32>().unwrap();
        let serials: Vec<u32> = children.iter().map(|child| serial(child.as_str().unwrap())).collect();
        serials.iter().max().unwrap() - serials.iter().min().unwrap()
    };
    assert_eq!(span(Shape::Food), 9);
    assert!(span(Shape::Shuffled) > 100);
}
