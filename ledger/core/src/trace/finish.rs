//! Puts a finished walk in order, and says which event ended which containment.

use std::collections::BTreeMap;

use crate::record::{Role, mask};
use crate::trace::arena::Arena;
use crate::trace::closure::{Closure, Cut, Edge, Node, Notice, Relation, Remark, ShownEvent};
use crate::trace::history::{Place, ShownLog};
use crate::trace::numbers::{NumberMap, NumberSet};
use crate::trace::walk::{Reached, is_class_level};

/// An edge as it is drawn, before it is known what ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) from: u64,
    pub(super) to: u64,
    /// The event's place in the arena.
    pub(super) event: u32,
    pub(super) relation: Relation,
}

/// What a walk has found, in no order.
pub(super) struct Parts {
    pub(super) nodes: Vec<Reached>,
    pub(super) edges: Vec<Drawn>,
    pub(super) claims: Vec<Drawn>,
    pub(super) events: Vec<u32>,
    pub(super) processes: Vec<u64>,
    pub(super) notices: BTreeMap<u64, ShownLog>,
    pub(super) cuts: Vec<Cut>,
}

pub(super) fn closure(arena: &Arena, parts: Parts) -> Closure {
    let Parts { nodes, mut edges, mut claims, mut events, processes, notices, cuts } = parts;
    sort_once(arena, &mut edges);
    sort_once(arena, &mut claims);
    say_once(&mut edges, &mut claims);
    events.sort_unstable_by_key(|event| arena.when(*event));
    let nodes: Vec<Node> = nodes.into_iter().filter_map(|reached| node(arena, reached)).collect();
    let notices = notices.into_iter().filter_map(|(subject, log)| notice(arena, subject, &log)).collect();
    let edges = end_containments(arena, &edges, &nodes, &events);
    let claims = claims.iter().map(|claim| lasting(arena, claim)).collect();
    let errors = remarks(arena, &events, Role::Own);
    let confirmations = remarks(arena, &events, Role::Confirm);
    let shown = |event: u32| Some(ShownEvent { place: arena.place_of(event), record: arena.record(event)?.clone() });
    let events: Vec<ShownEvent> = events.into_iter().filter_map(shown).collect();
    Closure { nodes, edges, claims, events, processes, notices, errors, confirmations, cuts }
}

fn node(arena: &Arena, reached: Reached) -> Option<Node> {
    let Reached { subject, kind, depth, shown, log, .. } = reached;
    Some(Node { subject, kind, depth, shown, state: arena.state(log?)?.clone() })
}

fn notice(arena: &Arena, subject: u64, log: &ShownLog) -> Option<Notice> {
    let events = log.entries.iter().filter_map(|entry| arena.event_of(entry));
    let mut events: Vec<Place> = events.map(|event| arena.place_of(event)).collect();
    events.dedup();
    Some(Notice { subject, state: arena.state(log.log)?.clone(), events })
}

/// Sorts by from, to, the events' places and relation, keeping one of those that are equal. The sort is the stable one:
/// edges are drawn node by node, so that most stand in order already, and it takes whole stretches over.
pub(super) fn sort_once(arena: &Arena, edges: &mut Vec<Drawn>) {
    edges.sort_by(|one, two| {
        let ends = (one.from, one.to).cmp(&(two.from, two.to));
        let later = || arena.place_of(one.event).cmp(&arena.place_of(two.event));
        ends.then_with(later).then(one.relation.cmp(&two.relation))
    });
    edges.dedup();
}

/// The subjects that an event links in one role.
fn subjects(arena: &Arena, event: u32, role: Role) -> impl Iterator<Item = u64> {
    let runs = arena.linked(event, role).filter_map(|link| arena.link(link));
    runs.flat_map(|run| run.first..run.first.saturating_add(u64::from(run.count)))
}

/// Which events of the trace link others of it by their own numbers in this role.
fn remarks(arena: &Arena, events: &[u32], role: Role) -> Vec<Remark> {
    // Most traces have none: then the numbers of all events need not be known.
    if events.iter().all(|event| arena.linked(*event, role).is_empty()) {
        return Vec::new();
    }
    let own = |event: &u32| arena.record(*event).map(|record| (record.own, arena.place_of(*event)));
    let places: NumberMap<u64, Place> = events.iter().filter_map(own).collect();
    let mut remarks: Vec<Remark> = events
        .iter()
        .flat_map(|by| subjects(arena, *by, role).map(|own| (own, arena.place_of(*by))))
        .filter_map(|(own, by)| places.get(&own).map(|event| Remark { event: *event, by }))
        .filter(|remark| remark.event != remark.by)
        .collect();
    remarks.sort_unstable();
    remarks.dedup();
    remarks
}

/// That an item is of a lot, or has another name, is said by many events: the first one says it.
fn say_once(edges: &mut Vec<Drawn>, claims: &mut Vec<Drawn>) {
    let is_name = |edge: &Drawn| matches!(edge.relation, Relation::Lot | Relation::Alias);
    let same = |one: &mut Drawn, two: &mut Drawn| {
        is_name(one) && (one.from, one.to, one.relation) == (two.from, two.to, two.relation)
    };
    edges.dedup_by(same);
    claims.dedup_by(same);
    let known: NumberSet<(u64, u64, Relation)> =
        edges.iter().filter(|edge| is_name(edge)).map(|edge| (edge.from, edge.to, edge.relation)).collect();
    claims.retain(|claim| !known.contains(&(claim.from, claim.to, claim.relation)));
}

/// Events that end containments.
#[derive(Default)]
struct Endings {
    /// Child, parent, and when it was taken out, ascending once all are added.
    unpacked: Vec<(u64, u64, (i64, Place))>,
    /// By parent, and whether it ends associations; in the order in which they happened.
    emptied: NumberMap<(u64, bool), Vec<(i64, Place)>>,
}

/// An edge that nothing has ended.
fn lasting(arena: &Arena, edge: &Drawn) -> Edge {
    let Drawn { from, to, event, relation } = *edge;
    Edge { from, to, event: arena.place_of(event), relation, until: None, until_claimed: None }
}

/// The edges, which ascend, with what ended them. The events are those of the trace, in the order in which they happened.
fn end_containments(arena: &Arena, edges: &[Drawn], nodes: &[Node], events: &[u32]) -> Vec<Edge> {
    let in_parts: NumberSet<u64> =
        nodes.iter().filter(|node| is_class_level(node.kind)).map(|node| node.subject).collect();
    let (mut endings, mut claimed) = (Endings::default(), Endings::default());
    for event in events {
        if arena.mask(*event) & (mask::DELETE | mask::UNPACK_ALL) != 0 {
            endings.add(arena, *event, &in_parts, |standing| standing > 0);
            claimed.add(arena, *event, &in_parts, |standing| standing == 0);
        }
    }
    endings.unpacked.sort_unstable();
    claimed.unpacked.sort_unstable();
    let (mut unpacked, mut unpacked_claimed) = (endings.unpacked.as_slice(), claimed.unpacked.as_slice());
    let ended = |edge: &Drawn| {
        let lasting = lasting(arena, edge);
        let is_containment = matches!(edge.relation, Relation::Containment | Relation::Association);
        // Only what adds begins a containment.
        if !is_containment || arena.mask(edge.event) & mask::ADD == 0 {
            return lasting;
        }
        let begun = arena.when(edge.event);
        let end = endings.first(edge, begun, of_child(&mut unpacked, edge));
        let claim = claimed.first(edge, begun, of_child(&mut unpacked_claimed, edge));
        let claim = claim.filter(|claim| end.is_none_or(|end| *claim < end));
        Edge { until: end.map(|end| end.1), until_claimed: claim.map(|claim| claim.1), ..lasting }
    };
    edges.iter().map(ended).collect()
}

/// The endings of an edge's child and parent: edges ascend, so that those before are never asked for again.
fn of_child<'e>(rest: &mut &'e [(u64, u64, (i64, Place))], edge: &Drawn) -> &'e [(u64, u64, (i64, Place))] {
    let ends = (edge.from, edge.to);
    let before = rest.iter().take_while(|ending| (ending.0, ending.1) < ends).count();
    *rest = rest.get(before..).unwrap_or_default();
    let count = rest.iter().take_while(|ending| (ending.0, ending.1) == ends).count();
    rest.get(..count).unwrap_or_default()
}

impl Endings {
    /// Adds an event where its author's standing is of these. Events come in the order in which they happened.
    fn add(&mut self, arena: &Arena, event: u32, in_parts: &NumberSet<u64>, wanted: fn(u8) -> bool) {
        let mut links = arena.linked(event, Role::Parent).filter_map(|link| arena.link(link));
        // EPCIS gives an event one parent at most.
        let Some(parent) = links.next() else { return };
        let when = arena.when(event);
        if arena.mask(event) & mask::UNPACK_ALL != 0 && wanted(parent.standing) {
            let association = arena.mask(event) & mask::ASSOCIATION != 0;
            self.emptied.entry((parent.first, association)).or_default().push(when);
        }
        let children = arena.linked(event, Role::Child).filter_map(|link| arena.link(link));
        for run in children.filter(|run| wanted(run.standing)) {
            for child in run.first..run.first.saturating_add(u64::from(run.count)) {
                if !in_parts.contains(&child) {
                    self.unpacked.push((child, parent.first, when));
                }
            }
        }
    }

    /// The first that ends a containment which began then, of the endings of its child and parent.
    fn first(&self, edge: &Drawn, begun: (i64, Place), of_child: &[(u64, u64, (i64, Place))]) -> Option<(i64, Place)> {
        let unpacked = of_child.get(of_child.partition_point(|ending| ending.2 <= begun));
        let emptied = self.emptied.get(&(edge.to, edge.relation == Relation::Association));
        let emptied = emptied.and_then(|ends| ends.get(ends.partition_point(|end| *end <= begun))).copied();
        [unpacked.map(|ending| ending.2), emptied].into_iter().flatten().min()
    }
}
