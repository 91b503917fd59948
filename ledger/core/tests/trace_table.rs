//! What a recall asks of traces, one case a test: each trace is made from the store, proved, verified offline
//! from the genesis and from a pinned checkpoint, and the proof's closure and answer are the store's.

mod ledger;
mod proved;

use std::collections::BTreeSet;
use std::time::Instant;

use ledger::TestLedger;
use proved::{DIRECTIONS, GTIN, case, event_of_hour, item, list, lot, number, prove, traced, trust};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::answer::{Answer, EdgeAnswer};
use suyuan_ledger::trace::closure::Direction;

const MILK: [&str; 2] = ["https://id.gs1.org/01/09521001001007/10/M1", "https://id.gs1.org/01/09521001001007/10/M2"];

/// A dairy, and a shop that has standing towards nothing of the dairy's unless it is shipped there.
fn network() -> TestLedger {
    TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", Member, &["9521001"]),
        ("urn:uscc:91440106DEMA000484", Member, &["9521004"]),
    ])
}

fn quantity(uri: &str, amount: u32) -> String {
    format!(r#"{{"epcClass":"{uri}","quantity":{amount}}}"#)
}

/// Items made of milk, of a lot.
fn make(network: &mut TestLedger, hour: u32, milk: &str, serials: &[u32], lot: &str) {
    let items: Vec<String> = serials.iter().map(|serial| item(*serial)).collect();
    let members = format!(
        r#""inputQuantityList":[{}],"outputEPCList":[{}],"ilmd":{{"cbvmda:lotNumber":"{lot}"}}"#,
        quantity(milk, 10),
        list(&items)
    );
    network.accept(0, event_of_hour("TransformationEvent", hour, &members));
}

/// An aggregation of items; the id of its event.
fn pack(network: &mut TestLedger, member: usize, hour: u32, action: &str, parent: &str, serials: &[u32]) -> String {
    let items: Vec<String> = serials.iter().map(|serial| item(*serial)).collect();
    let members = format!(r#""action":"{action}","parentID":"{parent}","childEPCs":[{}]"#, list(&items));
    accept(network, member, event_of_hour("AggregationEvent", hour, &members))
}

/// An unpack-all: a parent alone.
fn empty(network: &mut TestLedger, member: usize, hour: u32, parent: &str) -> String {
    let members = format!(r#""action":"DELETE","bizStep":"unpacking","parentID":"{parent}""#);
    accept(network, member, event_of_hour("AggregationEvent", hour, &members))
}

/// An observation of units.
fn see(network: &mut TestLedger, member: usize, hour: u32, ids: &[String]) -> String {
    let members = format!(r#""action":"OBSERVE","bizStep":"storing","epcList":[{}]"#, list(ids));
    accept(network, member, event_of_hour("ObjectEvent", hour, &members))
}

fn accept(network: &mut TestLedger, member: usize, event: String) -> String {
    let id = event.split(r#""eventID":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    network.accept(member, event);
    id
}

fn nodes(answer: &Answer) -> BTreeSet<&str> {
    answer.nodes.iter().map(|node| node.id.as_str()).collect()
}

fn has_event(answer: &Answer, id: &str) -> bool {
    answer.events.iter().any(|event| event.id == id)
}

fn edge<'a>(answer: &'a Answer, from: &str, to: &str) -> &'a EdgeAnswer {
    let mut edges = answer.edges.iter().filter(|edge| (edge.from.as_str(), edge.to.as_str()) == (from, to));
    let edge = edges.next().unwrap_or_else(|| panic!("no edge from {from} to {to}"));
    assert!(edges.next().is_none());
    edge
}

/// The only window of a node.
fn window(answer: &Answer, id: &str) -> [Option<String>; 2] {
    let node = answer.nodes.iter().find(|node| node.id == id).unwrap();
    let [window] = node.windows.as_deref().unwrap() else { panic!("{:?}", node.windows) };
    window.clone()
}

fn hours(from: u32, to: Option<u32>) -> [Option<String>; 2] {
    [Some(from), to].map(|hour| hour.map(|hour| format!("2026-10-30T{hour:02}:00:00.000Z")))
}

/// Goal: the trace of a can tells the recall of its lot, in every direction, and a bystander's as a claim; the
/// can of another lot has no part in it. Method: cans of two lots, by transformation and by commissioning; the
/// maker and a stranger recall the one lot.
#[test]
fn can_includes_its_lots_recall() {
    let mut network = network();
    make(&mut network, 8, MILK[0], &[1, 2, 3], "L1");
    make(&mut network, 8, MILK[0], &[4], "L2");
    let commissioned =
        format!(r#""action":"ADD","bizStep":"commissioning","epcList":["{}"],"ilmd":{{"lotNumber":"L1"}}"#, item(5));
    network.accept(0, event_of_hour("ObjectEvent", 8, &commissioned));
    let recall = |hour| {
        let lot = quantity(&lot("L1"), 3);
        let words = r#""action":"OBSERVE","bizStep":"holding","disposition":"recalled""#;
        event_of_hour("ObjectEvent", hour, &format!(r#"{words},"quantityList":[{lot}]"#))
    };
    let claim = accept(&mut network, 1, recall(9));
    let recalled = accept(&mut network, 0, recall(10));
    for direction in DIRECTIONS {
        for can in [item(2), item(5)] {
            let answer = traced(&mut network, &can, direction);
            let recalls: Vec<_> = answer
                .recalls
                .iter()
                .map(|recall| (recall.subject.clone(), recall.event.as_str(), recall.claim, recall.in_force))
                .collect();
            let lot = lot("L1");
            assert_eq!(recalls, [(lot.clone(), claim.as_str(), true, true), (lot, recalled.as_str(), false, true)]);
        }
        assert_eq!(traced(&mut network, &item(4), direction).recalls, []);
    }
    let forward = traced(&mut network, &lot("L1"), Direction::Forward);
    let expected = [1, 2, 3, 5].map(item);
    assert_eq!(nodes(&forward), expected.iter().map(String::as_str).chain([lot("L1").as_str()]).collect());
}

/// Goal: an AggregationEvent DELETE that names its parent alone lets all children out at its time; a stranger's
/// lets none out, and is told. Method: two items in a case, one taken out before; the case seen before and after.
#[test]
fn unpack_all_without_children() {
    let mut network = network();
    make(&mut network, 8, MILK[0], &[1, 2], "L1");
    let case = case(1);
    pack(&mut network, 0, 9, "ADD", &case, &[1, 2]);
    let taken = pack(&mut network, 0, 10, "DELETE", &case, &[1]);
    let claim = empty(&mut network, 1, 11, &case);
    let inside = see(&mut network, 0, 12, std::slice::from_ref(&case));
    let emptied = empty(&mut network, 0, 13, &case);
    let after = see(&mut network, 0, 14, std::slice::from_ref(&case));
    for direction in [Direction::Forward, Direction::History] {
        let answer = traced(&mut network, &item(2), direction);
        assert_eq!(window(&answer, &case), hours(9, Some(13)));
        let edge = edge(&answer, &item(2), &case);
        assert_eq!((edge.until.as_ref(), edge.until_claimed.as_ref()), (Some(&emptied), Some(&claim)));
        assert!(has_event(&answer, &inside) && !has_event(&answer, &after));
        let answer = traced(&mut network, &item(1), direction);
        assert_eq!(window(&answer, &case), hours(9, Some(10)));
        assert!(!has_event(&answer, &inside) && !has_event(&answer, &emptied) && has_event(&answer, &taken));
    }
    let back = traced(&mut network, &case, Direction::Back);
    assert_eq!(edge(&back, &item(2), &case).until.as_ref(), Some(&emptied));
    assert_eq!(edge(&back, &item(1), &case).until.as_ref(), Some(&taken));
}

/// An item of the shop's, which it says was made in the dairy's transformation.
const FOREIGN: &str = "https://id.gs1.org/01/09521004001011/21/X1";
const FOREIGN_OUTPUT: &str = r#""outputEPCList":["https://id.gs1.org/01/09521004001011/21/X1"]"#;

fn part_of(id: &str, hour: u32, members: &str) -> String {
    event_of_hour("TransformationEvent", hour, &format!(r#""transformationID":"{id}",{members}"#))
}

/// Goal: a transformation told in several events is one: each input became each output, in both directions; what
/// a stranger adds to it is a claim. Method: two events with inputs, two with outputs, between others, under one
/// transformationID; a third with outputs by a shop.
#[test]
fn split_transformation() {
    let mut network = network();
    let id = "urn:epc:id:gdti:9521001.00001.Mix1";
    let part = |hour, members: String| part_of(id, hour, &members);
    let inputs = |milk| format!(r#""inputQuantityList":[{}]"#, quantity(milk, 10));
    let outputs = |serials: &[u32]| {
        let items: Vec<String> = serials.iter().map(|serial| item(*serial)).collect();
        format!(r#""outputEPCList":[{}]"#, list(&items))
    };
    network.accept(0, part(8, inputs(MILK[0])));
    network.accept(0, part(10, outputs(&[1, 2])));
    make(&mut network, 10, MILK[1], &[9], "L9");
    network.accept(0, part(9, inputs(MILK[1])));
    network.accept(0, part(11, outputs(&[3])));
    network.accept(1, part_of(id, 12, FOREIGN_OUTPUT));
    let made = [1, 2, 3].map(item);
    for can in &made {
        let back = traced(&mut network, can, Direction::Back);
        assert_eq!(nodes(&back), BTreeSet::from([can.as_str(), MILK[0], MILK[1]]));
        assert_eq!((back.edges.len(), back.claims.len()), (2, 0));
    }
    let forward = traced(&mut network, MILK[0], Direction::Forward);
    assert_eq!(nodes(&forward), made.iter().map(String::as_str).chain([MILK[0]]).collect());
    assert_eq!((forward.edges.len(), forward.claims.len()), (3, 1));
    let forward = traced(&mut network, MILK[1], Direction::Forward);
    assert_eq!(forward.nodes.len(), 5);
    let back = traced(&mut network, FOREIGN, Direction::Back);
    assert_eq!((back.nodes.len(), back.claims.len()), (1, 2));
}

/// Goal: who names a transformationID before its owner does gains nothing by it and takes nothing away: the parts
/// of one author are one transformation, and what the stranger adds is a claim. Method: a shop names the process
/// before the dairy does; the dairy's parts around it.
#[test]
fn split_transformation_named_first_by_a_stranger() {
    let mut network = network();
    network.accept(1, part_of("urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8", 7, FOREIGN_OUTPUT));
    let inputs = format!(r#""inputQuantityList":[{}]"#, quantity(MILK[0], 10));
    network.accept(0, part_of("urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8", 8, &inputs));
    let outputs = format!(r#""outputEPCList":["{}"]"#, item(1));
    network.accept(0, part_of("urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8", 9, &outputs));
    let forward = traced(&mut network, MILK[0], Direction::Forward);
    assert_eq!(nodes(&forward), BTreeSet::from([MILK[0], item(1).as_str()]));
    assert_eq!((forward.edges.len(), forward.claims.len()), (1, 1));
    let back = traced(&mut network, &item(1), Direction::Back);
    assert_eq!((nodes(&back), back.claims.len()), (BTreeSet::from([MILK[0], item(1).as_str()]), 0));
    let back = traced(&mut network, FOREIGN, Direction::Back);
    assert_eq!((back.nodes.len(), back.claims.len()), (1, 1));
}

/// Goal: containment is in event time, in whatever order it is captured: a pack captured last takes effect from
/// its own time until the unpacking that follows in event time though it was captured first; an unpacking that
/// lies before it ends nothing. What was proved before the late event still holds up to its height. Method: the
/// events of a case, with the pack of an item into it captured after all of them.
#[test]
fn back_dated_containment() {
    let mut network = network();
    let case = case(1);
    make(&mut network, 7, MILK[0], &[1, 2], "L1");
    pack(&mut network, 0, 8, "ADD", &case, &[1]);
    let early = pack(&mut network, 0, 9, "DELETE", &case, &[1]);
    let inside = see(&mut network, 0, 11, std::slice::from_ref(&case));
    let left = pack(&mut network, 0, 12, "DELETE", &case, &[1]);
    let outside = see(&mut network, 0, 13, std::slice::from_ref(&case));
    let before = traced(&mut network, &item(1), Direction::History);
    assert_eq!(window(&before, &case), hours(8, Some(9)));
    assert!(!has_event(&before, &inside) && !has_event(&before, &outside));
    let packed = pack(&mut network, 0, 10, "ADD", &case, &[1, 2]);
    for direction in [Direction::History, Direction::Forward] {
        let answer = traced(&mut network, &item(1), direction);
        let node = answer.nodes.iter().find(|node| node.id == case).unwrap();
        assert_eq!(node.windows, Some(vec![hours(8, Some(9)), hours(10, Some(12))]));
        let ends: Vec<_> = answer.edges.iter().map(|edge| (edge.event.clone(), edge.until.clone())).collect();
        assert!(ends.contains(&(packed.clone(), Some(left.clone()))) && ends.iter().all(|(_, end)| end.is_some()));
        assert!(ends.iter().any(|(_, end)| end.as_ref() == Some(&early)));
        assert!(has_event(&answer, &inside) && !has_event(&answer, &outside));
        assert!(answer.height > before.height);
        // Its neighbour in that pack was never taken out.
        let answer = traced(&mut network, &item(2), direction);
        assert_eq!(window(&answer, &case), hours(10, None));
        assert!(has_event(&answer, &outside));
    }
}

/// Goal: some of a lot in a case stays there until all is unpacked, since naming a part of it takes out no more
/// than that part; a recall of the lot reaches the case while it is in it. Method: childQuantityList; the lot in
/// two cases; a part taken out of one, then that case emptied.
#[test]
fn class_level_child() {
    let mut network = network();
    let (lot, cases) = (lot("L1"), [case(1), case(2)]);
    let stock = quantity(&lot, 100);
    let made = format!(r#""action":"ADD","bizStep":"commissioning","quantityList":[{stock}]"#);
    network.accept(0, event_of_hour("ObjectEvent", 8, &made));
    let part = |network: &mut TestLedger, hour, action, case, amount| {
        let children = quantity(&lot, amount);
        let members = format!(r#""action":"{action}","parentID":"{case}","childQuantityList":[{children}]"#);
        accept(network, 0, event_of_hour("AggregationEvent", hour, &members))
    };
    part(&mut network, 9, "ADD", &cases[0], 12);
    part(&mut network, 9, "ADD", &cases[1], 24);
    let taken = part(&mut network, 10, "DELETE", &cases[0], 4);
    let inside = see(&mut network, 0, 11, &cases);
    let emptied = empty(&mut network, 0, 12, &cases[0]);
    let after = see(&mut network, 0, 13, &cases[..1]);
    for direction in [Direction::Forward, Direction::History] {
        let answer = traced(&mut network, &lot, direction);
        assert_eq!(nodes(&answer), BTreeSet::from([lot.as_str(), &cases[0], &cases[1]]));
        assert_eq!([window(&answer, &cases[0]), window(&answer, &cases[1])], [hours(9, Some(12)), hours(9, None)]);
        assert_eq!(edge(&answer, &lot, &cases[0]).until.as_ref(), Some(&emptied));
        assert_eq!(edge(&answer, &lot, &cases[1]).until, None);
        assert!([&taken, &inside].iter().all(|id| has_event(&answer, id)) && !has_event(&answer, &after));
        let amount = edge(&answer, &lot, &cases[1]).quantity.clone().unwrap();
        assert_eq!(amount.value, "24");
    }
    let back = traced(&mut network, &cases[0], Direction::Back);
    assert_eq!(edge(&back, &lot, &cases[0]).until.as_ref(), Some(&emptied));
}

/// Goal: a lot written as URN and as Digital Links is one subject, with one log and one proof. Method: each of
/// its events in another writing; all writings asked.
#[test]
fn lot_as_urn_and_as_digital_link() {
    let mut network = network();
    let writings = [
        "urn:epc:class:lgtin:9521001.000101.L1".to_owned(),
        lot("L1"),
        format!("https://dairy.example/products/01/{GTIN}/10/L1"),
        "https://dairy.example/gtin/09521001001014/lot/L1".to_owned(),
    ];
    let events: Vec<String> = (8u32..)
        .zip(["commissioning", "storing", "shipping", "storing"])
        .zip(&writings)
        .map(|((hour, step), writing)| {
            let action = if hour == 8 { "ADD" } else { "OBSERVE" };
            let stock = quantity(writing, 5);
            let members = format!(r#""action":"{action}","bizStep":"{step}","quantityList":[{stock}]"#);
            accept(&mut network, 0, event_of_hour("ObjectEvent", hour, &members))
        })
        .collect();
    let known = number(&network, &writings[0]).unwrap();
    for writing in &writings {
        assert_eq!(number(&network, writing), Some(known));
        for direction in DIRECTIONS {
            let answer = traced(&mut network, writing, direction);
            assert_eq!(nodes(&answer), BTreeSet::from([lot("L1").as_str()]));
            assert_eq!(answer.subject, lot("L1"));
            assert!(answer.events.iter().map(|event| &event.id).eq(&events));
        }
    }
}

/// Goal: a thing that is packed in another very often is traced, proved and verified in a time that grows with the
/// number of events, not with its square. Method: 8,000 events of one item and one case, by turns in and out; the
/// forward trace, with a window for each stay, takes no more than 200 times the backward one, which has none.
#[test]
fn very_many_stays() {
    let mut network = network();
    let (item, case) = (item(1), case(1));
    let events: Vec<String> = (0..8_000)
        .map(|second| {
            let action = if second % 2 == 0 { "ADD" } else { "DELETE" };
            let time = format!("2026-10-30T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60);
            let members = format!(r#""action":"{action}","parentID":"{case}","childEPCs":["{item}"]"#);
            ledger::event_at("AggregationEvent", &time, &members)
        })
        .collect();
    for events in events.chunks(2_000) {
        assert!(network.submit(0, events).iter().all(|code| *code == 0));
    }
    network.checkpoint();
    let key = SubjectKey::from_uri(&item).unwrap();
    let trust = trust(&network);
    let timed = |direction| {
        let start = Instant::now();
        let proof = prove(&network, key.bytes(), direction, false);
        let verified = verify(&proof.to_bytes(), &trust).unwrap();
        (start.elapsed(), verified.trace.unwrap().closure.edges.len())
    };
    let ((back, no_edges), (forward, edges)) = (timed(Direction::Back), timed(Direction::Forward));
    assert_eq!((no_edges, edges), (0, 4_000));
    assert!(forward < back * 200, "{forward:?} {back:?}");
}
