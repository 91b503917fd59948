//! Puts a finished walk in order, and says which event ended which containment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::record::{Role, mask};
use crate::state::subject::StoredRecord;
use crate::trace::arena::Arena;
use crate::trace::closure::{Closure, Cut, Edge, Node, Notice, Relation, Remark, ShownEvent};
use crate::trace::history::{Place, ShownLog};
use crate::trace::numbers::{NumberMap, NumberSet};
use crate::trace::walk::{Reached, is_class_level, linked, parent, subjects};

/// An edge as it is drawn, before it is known what ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Drawn {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) event: Place,
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
    let Parts { nodes, mut edges, mut claims, events, processes, notices, cuts } = parts;
    sort_once(&mut edges);
    sort_once(&mut claims);
    say_once(&mut edges, &mut claims);
    let mut events: Vec<(i64, Place, &Arc<StoredRecord>)> = events
        .into_iter()
        .filter_map(|event| arena.record(event).map(|record| (record.event_time, arena.place_of(event), record)))
        .collect();
    events.sort_unstable_by_key(|(time, place, _)| (*time, *place));
    let nodes: Vec<Node> = nodes.into_iter().filter_map(|reached| node(arena, reached)).collect();
    let notices = notices.into_iter().filter_map(|(subject, log)| notice(arena, subject, &log)).collect();
    let (edges, claims) = end_containments(edges, claims, &nodes, &events);
    let events: Vec<ShownEvent> =
        events.into_iter().map(|(_, place, record)| ShownEvent { place, record: record.clone() }).collect();
    let errors = remarks(&events, Role::Own);
    let confirmations = remarks(&events, Role::Confirm);
    Closure { nodes, edges, claims, events, processes, notices, errors, confirmations, cuts }
}

fn node(arena: &Arena, reached: Reached) -> Option<Node> {
    let Reached { subject, kind, depth, shown, log, .. } = reached;
    Some(Node { subject, kind, depth, shown, state: arena.state(log)?.clone() })
}

fn notice(arena: &Arena, subject: u64, log: &ShownLog) -> Option<Notice> {
    let events = log.entries.iter().filter_map(|entry| arena.event_of(entry));
    let mut events: Vec<Place> = events.map(|event| arena.place_of(event)).collect();
    events.dedup();
    Some(Notice { subject, state: arena.state(log.log)?.clone(), events })
}

/// Sorts, keeping one of those that are equal. The sort is the stable one: edges are drawn node by node, so that
/// most stand in order already, and it takes whole stretches over.
pub(super) fn sort_once(edges: &mut Vec<Drawn>) {
    edges.sort();
    edges.dedup();
}

/// Which events of the trace link others of it by their own numbers in this role.
fn remarks(events: &[ShownEvent], role: Role) -> Vec<Remark> {
    // Most traces have none: then the numbers of all events need not be known.
    if events.iter().all(|event| linked(&event.record, role).is_empty()) {
        return Vec::new();
    }
    let places: NumberMap<u64, Place> = events.iter().map(|event| (event.record.own, event.place)).collect();
    let mut remarks: Vec<Remark> = events
        .iter()
        .flat_map(|by| subjects(&by.record, role).map(|own| (own, by.place)))
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

/// The edges with what ended them; the claims too, which end with nothing.
fn end_containments(
    edges: Vec<Drawn>,
    claims: Vec<Drawn>,
    nodes: &[Node],
    events: &[(i64, Place, &Arc<StoredRecord>)],
) -> (Vec<Edge>, Vec<Edge>) {
    let in_parts: NumberSet<u64> =
        nodes.iter().filter(|node| is_class_level(node.kind)).map(|node| node.subject).collect();
    let (mut endings, mut claimed) = (Endings::default(), Endings::default());
    for event in events.iter().filter(|event| event.2.mask & (mask::DELETE | mask::UNPACK_ALL) != 0) {
        endings.add(event, &in_parts, |standing| standing > 0);
        claimed.add(event, &in_parts, |standing| standing == 0);
    }
    endings.unpacked.sort_unstable();
    claimed.unpacked.sort_unstable();
    // Only what adds begins a containment.
    let begun = events.iter().filter(|event| event.2.mask & mask::ADD != 0);
    let times: NumberMap<Place, i64> = begun.map(|(time, place, _)| (*place, *time)).collect();
    let lasting = |edge: &Drawn| {
        let Drawn { from, to, event, relation } = *edge;
        Edge { from, to, event, relation, until: None, until_claimed: None }
    };
    let ended = |edge: &Drawn| {
        let lasting = lasting(edge);
        if !matches!(edge.relation, Relation::Containment | Relation::Association) {
            return lasting;
        }
        let Some(time) = times.get(&edge.event) else { return lasting };
        let end = endings.first(edge, *time);
        let claim = claimed.first(edge, *time).filter(|claim| end.is_none_or(|end| *claim < end));
        Edge { until: end.map(|end| end.1), until_claimed: claim.map(|claim| claim.1), ..lasting }
    };
    (edges.iter().map(ended).collect(), claims.iter().map(lasting).collect())
}

impl Endings {
    /// Adds an event where its author's standing is of these. Events come in the order in which they happened.
    fn add(
        &mut self,
        (time, place, record): &(i64, Place, &Arc<StoredRecord>),
        in_parts: &NumberSet<u64>,
        wanted: fn(u8) -> bool,
    ) {
        let Some(parent) = parent(record) else { return };
        let when = (*time, *place);
        let empties = linked(record, Role::Parent).first().is_some_and(|run| wanted(run.standing));
        if record.mask & mask::UNPACK_ALL != 0 && empties {
            let association = record.mask & mask::ASSOCIATION != 0;
            self.emptied.entry((parent, association)).or_default().push(when);
        }
        for run in linked(record, Role::Child).iter().filter(|run| wanted(run.standing)) {
            for child in run.first..run.first.saturating_add(u64::from(run.count)) {
                if !in_parts.contains(&child) {
                    self.unpacked.push((child, parent, when));
                }
            }
        }
    }

    /// The first that ends a containment which began at this time.
    fn first(&self, edge: &Drawn, time: i64) -> Option<(i64, Place)> {
        let begun = (time, edge.event);
        let of_child = self.unpacked.partition_point(|ending| *ending <= (edge.from, edge.to, begun));
        let unpacked = self.unpacked.get(of_child).filter(|ending| (ending.0, ending.1) == (edge.from, edge.to));
        let emptied = self.emptied.get(&(edge.to, edge.relation == Relation::Association));
        let emptied = emptied.and_then(|ends| ends.get(ends.partition_point(|end| *end <= begun))).copied();
        [unpacked.map(|ending| ending.2), emptied].into_iter().flatten().min()
    }
}
