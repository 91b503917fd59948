//! Goal: the walk finds what it says, since traces are judged by it. Method: small graphs whose closures are
//! plain to see, the hostile events among them, and input that is broken.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use suyuan_sims::hostile;
use suyuan_sims::walk::{Graph, WalkError};

fn set<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    names.iter().copied().collect()
}

fn graph(lines: &[&str]) -> Graph {
    Graph::read(lines.join("\n").as_bytes()).unwrap()
}

#[test]
fn edges_are_walked_both_ways_and_cycles_end() {
    let graph = graph(&[
        r#"{"type":"TransformationEvent","inputEPCList":["a"],"inputQuantityList":[{"epcClass":"b"}],"outputEPCList":["c","d"]}"#,
        "",
        r#"{"type":"AggregationEvent","action":"ADD","parentID":"p","childEPCs":["c"]}"#,
        r#"{"type":"AggregationEvent","action":"DELETE","parentID":"p","childEPCs":["c"]}"#,
        r#"{"type":"AggregationEvent","action":"OBSERVE","parentID":"q","childEPCs":["d"]}"#,
        r#"{"type":"AggregationEvent","action":"ADD","parentID":"c","childEPCs":["p"]}"#,
        r#"{"type":"ObjectEvent","action":"ADD","epcList":["z"]}"#,
    ]);
    assert_eq!(graph.events(), 6);
    assert_eq!(graph.forward("a"), set(&["a", "c", "d", "p"]));
    assert_eq!(graph.forward("c"), set(&["c", "p"]));
    assert_eq!(graph.back("p"), set(&["a", "b", "c", "p"]));
    assert_eq!(graph.back("d"), set(&["a", "b", "d"]));
    assert_eq!(graph.forward("z"), set(&["z"]));
    assert_eq!(graph.forward("unknown"), set(&["unknown"]));
}

#[test]
fn events_that_share_a_transformation_are_one() {
    let graph = Graph::of_events(hostile::split_transformation()).unwrap();
    let [one, two, output] = [
        "https://id.gs1.org/01/09521000000018/10/T1",
        "https://id.gs1.org/01/09521000000018/10/T2",
        "https://id.gs1.org/01/09521000000049/10/T",
    ];
    assert_eq!(graph.back(output), set(&[one, two, output]));
    assert_eq!(graph.forward(two), set(&[two, output]));
}

#[test]
fn what_was_inside_stays_an_edge() {
    let graph = Graph::of_events(hostile::unpack_all()).unwrap();
    assert_eq!(graph.back("https://id.gs1.org/01/09521000000056/21/U").len(), 4);
    let graph = Graph::of_events(hostile::class_level_children()).unwrap();
    assert_eq!(graph.back("https://id.gs1.org/01/09521000000056/21/C").len(), 4);
    let graph = Graph::of_events(hostile::back_dated_containment()).unwrap();
    assert_eq!(graph.forward("https://id.gs1.org/01/09521000000049/21/B1").len(), 2);
    let graph = Graph::of_events([hostile::many_children(1_000_000)]).unwrap();
    assert_eq!(graph.back("https://id.gs1.org/01/09521000000056/21/M").len(), 1_000_001);
}

#[test]
fn exact_quantities_are_written_as_they_are() {
    let events = hostile::exact_quantities();
    let text = String::from_utf8(events.concat()).unwrap();
    assert!(text.contains(r#""quantity":9007199254740993,"#) && text.contains(r#""quantity":12.50,"#), "{text}");
}

#[test]
fn broken_events_are_named() {
    for broken in [
        "{",
        r#"{"type":7}"#,
        r#"{"type":"AggregationEvent","action":"ADD","childEPCs":["c"]}"#,
        r#"{"type":"AggregationEvent","action":"ADD","parentID":"p","childEPCs":"c"}"#,
        r#"{"type":"TransformationEvent","inputEPCList":[1]}"#,
        r#"{"type":"TransformationEvent","outputQuantityList":[{}]}"#,
    ] {
        let text = format!("{{\"type\":\"ObjectEvent\"}}\n{broken}\n");
        assert!(matches!(Graph::read(text.as_bytes()), Err(WalkError::Event { index: 1, .. })), "{broken}");
    }
}
