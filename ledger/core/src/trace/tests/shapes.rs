//! Small traces whose closure is known by hand.

use super::mini::{Happening, Mini};
use crate::record::{Role, mask};
use crate::trace::closure::{Closure, Cut, Direction, Query, Relation, Shown, close};
use crate::trace::history::Mode;

const GTIN: &str = "09521000000011";
const PART: &str = "09521000000028";

fn trace(mini: &mut Mini, subject: u64, direction: Direction) -> Closure {
    let Ok(closure) = close(mini, &Query::new(vec![subject], direction));
    closure
}

fn subjects(closure: &Closure) -> Vec<u64> {
    let mut subjects: Vec<u64> = closure.nodes.iter().map(|node| node.subject).collect();
    subjects.sort_unstable();
    subjects
}

fn windows(closure: &Closure, subject: u64) -> Vec<(i64, i64)> {
    let node = closure.nodes.iter().find(|node| node.subject == subject).unwrap();
    match &node.shown {
        Shown::Windows(spans) => spans.iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn packed(time: i64, parent: u64, children: &[u64]) -> Happening {
    Happening::at(time).with(mask::ADD).link(Role::Parent, &[parent]).link(Role::Child, children)
}

fn unpacked(time: i64, parent: u64, children: &[u64]) -> Happening {
    Happening::at(time).with(mask::DELETE).link(Role::Parent, &[parent]).link(Role::Child, children)
}

/// Goal: windows nest, a container's other contents and other trips stay out, and no log is asked for beyond
/// what a proof must show. Method: an item in a case on a pallet; the pallet's trips before and after.
#[test]
fn windows_nest() {
    let mut mini = Mini::default();
    let (item, other) = (mini.item(GTIN, "1"), mini.item(GTIN, "2"));
    let (case, pallet) = (mini.unit("case"), mini.unit("pallet"));
    mini.capture(packed(1, pallet, &[other]));
    mini.capture(unpacked(5, pallet, &[other]));
    mini.capture(packed(10, case, &[item]));
    mini.capture(packed(20, pallet, &[case]));
    let inside = mini.capture(Happening::at(25).link(Role::Epc, &[pallet]));
    mini.capture(unpacked(30, pallet, &[case]));
    let after = mini.capture(Happening::at(35).link(Role::Epc, &[pallet]));
    mini.capture(unpacked(40, case, &[item]));
    mini.asked.clear();
    for direction in [Direction::Forward, Direction::History] {
        let closure = trace(&mut mini, item, direction);
        assert_eq!(subjects(&closure), vec![item, case, pallet]);
        assert_eq!((windows(&closure, case), windows(&closure, pallet)), (vec![(10, 40)], vec![(20, 30)]));
        let places: Vec<_> = closure.events.iter().map(|event| event.place).collect();
        assert!(places.contains(&inside) && !places.contains(&after));
        assert_eq!(closure.edges.iter().filter(|edge| edge.until.is_some()).count(), 2);
    }
    for (subject, mode) in &mini.asked {
        assert!(*subject == item || *mode != Mode::Full || ![case, pallet].contains(subject), "{subject} {mode:?}");
    }
}

/// Goal: a lot that is packed in parts stays until everything is unpacked, an item only until it is named; a
/// stranger's unpacking ends nothing. Method: the three in one case.
#[test]
fn lots_leave_with_everything() {
    let mut mini = Mini::default();
    let (item, lot, case) = (mini.item(GTIN, "1"), mini.lot(GTIN, "A"), mini.unit("case"));
    mini.capture(packed(10, case, &[item, lot]));
    mini.capture(unpacked(15, case, &[]).link_as(Role::Child, 0, &[item]));
    mini.capture(unpacked(20, case, &[item, lot]));
    mini.capture(Happening::at(25).with(mask::DELETE | mask::UNPACK_ALL).link_as(Role::Parent, 0, &[case]));
    let emptied = mini.capture(Happening::at(30).with(mask::DELETE | mask::UNPACK_ALL).link(Role::Parent, &[case]));
    let closure = trace(&mut mini, item, Direction::Forward);
    assert_eq!(windows(&closure, case), vec![(10, 20)]);
    let closure = trace(&mut mini, lot, Direction::Forward);
    assert_eq!(windows(&closure, case), vec![(10, 30)]);
    assert_eq!(closure.edges[0].until, Some(emptied));
}

/// Goal: a recall of a component's lot finds the devices, and says in which the component still is. Method:
/// two brakes of the lot and one of another, one replaced.
#[test]
fn components() {
    let mut mini = Mini::default();
    let (lot, other) = (mini.lot(PART, "BK1"), mini.lot(PART, "BK2"));
    let brakes = [mini.item(PART, "1"), mini.item(PART, "2"), mini.item(PART, "3")];
    let lifts = [mini.unit("l1"), mini.unit("l2"), mini.unit("l3")];
    mini.capture(Happening::at(1).with(mask::ADD).link(Role::Epc, &brakes[..2]).link(Role::Lot, &[lot]));
    mini.capture(Happening::at(1).with(mask::ADD).link(Role::Epc, &brakes[2..]).link(Role::Lot, &[other]));
    for (lift, brake) in lifts.iter().zip(&brakes) {
        mini.capture(packed(5, *lift, &[*brake]).with(mask::ASSOCIATION));
    }
    let removed = mini.capture(unpacked(8, lifts[0], &brakes[..1]).with(mask::ASSOCIATION));
    mini.capture(packed(9, lifts[0], &brakes[2..]).with(mask::ASSOCIATION));
    let seen = mini.capture(Happening::at(12).link(Role::Epc, &[lifts[0]]));
    let closure = trace(&mut mini, lot, Direction::Forward);
    let installed: Vec<_> = closure
        .edges
        .iter()
        .filter(|edge| edge.relation == Relation::Association)
        .map(|edge| (edge.from, edge.to, edge.until))
        .collect();
    assert_eq!(installed, vec![(brakes[0], lifts[0], Some(removed)), (brakes[1], lifts[1], None)]);
    assert!(closure.events.iter().any(|event| event.place == seen));
    let back = trace(&mut mini, lifts[0], Direction::Back);
    assert!(subjects(&back).contains(&lot) && subjects(&back).contains(&brakes[2]));
}

/// Goal: what declares an event erroneous is found with it, and the event stays. Method: a transformation
/// declared erroneous; a notice of a recall of the class of what it made.
#[test]
fn errors_and_recalls_are_told() {
    let mut mini = Mini::default();
    let (input, output) = (mini.lot(PART, "A"), mini.item(GTIN, "1"));
    let class = mini.number(crate::key::KeyKind::Class, &[GTIN]);
    let wrong = mini.capture(Happening::at(1).link(Role::Input, &[input]).link(Role::Output, &[output]));
    let error = Happening::at(1).link(Role::Own, &[wrong.height]).link(Role::Error, &[input, output]);
    let error = mini.capture(error);
    let recall = mini.capture(Happening::at(3).with(mask::RECALL).link(Role::Epc, &[class]));
    mini.capture(Happening::at(4).link(Role::Epc, &[class]));
    let closure = trace(&mut mini, output, Direction::Back);
    assert_eq!(subjects(&closure), vec![input, output]);
    assert_eq!(closure.errors.iter().map(|remark| (remark.event, remark.by)).collect::<Vec<_>>(), vec![(wrong, error)]);
    let notice = closure.notices.iter().find(|notice| notice.subject == class).unwrap();
    assert_eq!(notice.events, vec![recall]);
}

/// Goal: limits cut, and say so. Method: a chain of ten lots with each limit in turn.
#[test]
fn limits_are_told() {
    let mut mini = Mini::default();
    let lots: Vec<u64> = (0..10).map(|number| mini.lot(GTIN, &number.to_string())).collect();
    for (time, pair) in lots.windows(2).enumerate() {
        mini.capture(Happening::at(time as i64).link(Role::Input, &pair[..1]).link(Role::Output, &pair[1..]));
    }
    let query = Query::new(vec![lots[0]], Direction::Forward);
    let Ok(deep) = close(&mut mini, &Query { depth_max: 4, ..query.clone() });
    assert_eq!((deep.nodes.len(), deep.cuts), (5, vec![Cut::Depth(lots[4])]));
    let Ok(many) = close(&mut mini, &Query { nodes_max: 3, ..query.clone() });
    assert_eq!((many.nodes.len(), many.cuts), (3, vec![Cut::Nodes]));
    let Ok(whole) = close(&mut mini, &Query { depth_max: 9, nodes_max: 10, ..query });
    assert_eq!((whole.nodes.len(), whole.cuts), (10, vec![]));
}

/// Goal: the forward closure of a campaign as large as the largest that we plan for has the size that its
/// shape tells. Method: raw lot, lots, items, cases, pallets and a vessel, counted by hand.
#[test]
fn a_large_campaign() {
    let mut mini = Mini::default();
    let (items, lot_count) = (90_000usize, 64usize);
    let raw = mini.lot(GTIN, "raw");
    let lots: Vec<u64> = (0..lot_count).map(|number| mini.lot(GTIN, &format!("P{number}"))).collect();
    let things: Vec<u64> = (0..items).map(|number| mini.item(GTIN, &number.to_string())).collect();
    let cases: Vec<u64> = (0..items / 10).map(|number| mini.item(PART, &number.to_string())).collect();
    let pallets: Vec<u64> = (0..cases.len() / 20).map(|number| mini.unit(&format!("p{number}"))).collect();
    let vessel = mini.unit("vessel");
    mini.capture(Happening::at(0).link(Role::Input, &[raw]).link(Role::Output, &lots));
    for (number, made) in things.chunks(100).enumerate() {
        let process = mini.number(crate::key::KeyKind::Process, &[&number.to_string()]);
        let event = Happening::at(1).link(Role::Input, &[lots[number % lot_count]]).link(Role::Output, made);
        mini.capture(event.link(Role::Process, &[process]));
    }
    let levels = [(&things, &cases, 10), (&cases, &pallets, 20)];
    for (time, (children, parents, count)) in levels.into_iter().enumerate() {
        for (children, parent) in children.chunks(count).zip(parents) {
            mini.capture(packed(10 + time as i64, *parent, children));
        }
    }
    mini.capture(packed(20, vessel, &pallets));
    mini.capture(unpacked(30, vessel, &pallets));
    for (time, (children, parents, count)) in levels.into_iter().rev().enumerate() {
        for (children, parent) in children.chunks(count).zip(parents) {
            mini.capture(unpacked(40 + time as i64, *parent, children));
        }
    }
    for (number, item) in things.iter().enumerate().filter(|(number, _)| number % 3 == 0) {
        mini.capture(Happening::at(50 + number as i64).link(Role::Epc, &[*item]));
    }
    let closure = trace(&mut mini, raw, Direction::Forward);
    assert_eq!(closure.nodes.len(), 1 + lot_count + items + cases.len() + pallets.len() + 1);
    assert_eq!(closure.edges.len(), lot_count + 2 * items + cases.len() + pallets.len());
    assert!(
        closure.edges.iter().filter(|edge| edge.relation == Relation::Containment).all(|edge| edge.until.is_some())
    );
}
