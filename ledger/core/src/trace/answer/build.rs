//! Builds an answer from a closure.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::key::{KeyKind, SubjectKey};
use crate::record::{Role, mask};
use crate::state::subject::{NONE, UNREGISTERED, life};
use crate::trace::answer::facts::{Facts, flags, position, utc};
use crate::trace::answer::{
    Answer, Asked, CutAnswer, EdgeAnswer, EventAnswer, Gap, NodeAnswer, Organisations, Reason, RecallAnswer,
    SiblingAnswer, gaps, holdings,
};
use crate::trace::closure::{Closure, Cut, Direction, Edge, Node, Relation, Remark, Shown, ShownEvent};
use crate::trace::history::{History, Place};
use crate::trace::numbers::NumberMap;
use crate::trace::spans::Spans;
use crate::trace::walk::{is_class_level, linked, subjects};

/// That an event names a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    /// The index of the event.
    pub(super) event: usize,
    pub(super) role: u8,
    pub(super) standing: u8,
}

/// What is known of the subjects and events of a trace.
pub(super) struct Known<'a> {
    pub(super) events: &'a [ShownEvent],
    /// For each event.
    pub(super) facts: Vec<Facts>,
    /// The indices of events that are declared erroneous, and of those that declare so.
    pub(super) erroneous: BTreeSet<usize>,
    organisations: &'a dyn Organisations,
    indices: NumberMap<Place, usize>,
    /// URIs of nodes, notices, and what else is named.
    ids: NumberMap<u64, String>,
    /// For each node: its kind, class, and the events that name it.
    nodes: NumberMap<u64, (u8, Option<u64>, Vec<Touch>)>,
}

impl Known<'_> {
    pub(super) fn id(&self, subject: u64) -> String {
        self.ids.get(&subject).cloned().unwrap_or_else(|| format!("subject {subject}"))
    }

    pub(super) fn index(&self, place: Place) -> Option<usize> {
        self.indices.get(&place).copied()
    }

    pub(super) fn is_node(&self, subject: u64) -> bool {
        self.nodes.contains_key(&subject)
    }

    pub(super) fn kind(&self, subject: u64) -> u8 {
        self.nodes.get(&subject).map_or(0, |node| node.0)
    }

    pub(super) fn class(&self, subject: u64) -> Option<u64> {
        self.nodes.get(&subject)?.1
    }

    pub(super) fn touches(&self, subject: u64) -> &[Touch] {
        self.nodes.get(&subject).map(|node| node.2.as_slice()).unwrap_or_default()
    }

    pub(super) fn organisation(&self, number: u64) -> String {
        self.organisations.uri(number).unwrap_or_else(|| format!("organisation {number}"))
    }

    fn event_id(&self, place: Place) -> String {
        let facts = self.index(place).and_then(|index| self.facts.get(index));
        facts.map_or_else(|| format!("{}/{}", place.height, place.index), |facts| facts.id.clone())
    }
}

/// The answer to a closure.
pub fn answer<H: History>(history: &mut H, closure: &Closure, asked: &Asked<'_>) -> Result<Answer, H::Error> {
    let known = know(history, closure, asked)?;
    let start = asked.query.subjects.first().copied();
    let mut gaps: Vec<Gap> = erased(&known, closure);
    for node in closure.nodes.iter().filter(|node| node.shown != Shown::Notice) {
        gaps.append(&mut gaps::of_node(&known, node, known.touches(node.subject)));
    }
    gaps.sort_unstable();
    gaps.dedup();
    Ok(Answer {
        subject: start.map(|start| known.id(start)).unwrap_or_default(),
        direction: match asked.query.direction {
            Direction::Back => "back",
            Direction::Forward => "forward",
            Direction::History => "history",
        },
        height: asked.height,
        nodes: closure.nodes.iter().map(|node| node_answer(&known, node)).collect(),
        edges: closure.edges.iter().map(|edge| edge_answer(&known, edge)).collect(),
        events: events(&known, closure),
        gaps,
        claims: closure.claims.iter().map(|edge| edge_answer(&known, edge)).collect(),
        recalls: recalls(&known, closure),
        holdings: holdings::holdings(&known, closure),
        siblings: siblings(&known),
        cuts: closure.cuts.iter().map(|cut| cut_answer(&known, cut)).collect(),
        complete_to_height: asked.height,
    })
}

fn know<'a, H: History>(history: &mut H, closure: &'a Closure, asked: &'a Asked<'_>) -> Result<Known<'a>, H::Error> {
    let mut ids = NumberMap::default();
    let mut nodes = NumberMap::default();
    let mut in_parts = HashMap::new();
    for node in &closure.nodes {
        let key = history.key(node.subject)?;
        let class = history.class_of(node.subject)?;
        ids.insert(node.subject, uri(&key));
        if is_class_level(node.kind) {
            in_parts.insert(key.to_vec(), node.subject);
        }
        nodes.insert(node.subject, (node.kind, class, Vec::new()));
    }
    let others = closure.notices.iter().map(|notice| notice.subject);
    #[allow(clippy::disallowed_methods, reason = "the set has an order of its own")]
    let classes: BTreeSet<u64> = nodes.values().filter_map(|node: &(u8, Option<u64>, Vec<Touch>)| node.1).collect();
    for subject in others.chain(classes) {
        if let Entry::Vacant(place) = ids.entry(subject) {
            place.insert(uri(&history.key(subject)?));
        }
    }
    for subject in closure.claims.iter().flat_map(|edge| [edge.from, edge.to]) {
        // A proof need not name what only a claim names: then it goes by its number.
        if let (Entry::Vacant(place), Ok(key)) = (ids.entry(subject), history.key(subject)) {
            place.insert(uri(&key));
        }
    }
    let mut facts = Vec::with_capacity(closure.events.len());
    for event in &closure.events {
        facts.push(Facts::read(event, history.payload(event.place)?.as_deref(), &in_parts));
    }
    let indices: NumberMap<Place, usize> =
        closure.events.iter().enumerate().map(|(index, event)| (event.place, index)).collect();
    let erroneous = closure
        .errors
        .iter()
        .flat_map(|remark| [remark.event, remark.by])
        .filter_map(|place| indices.get(&place).copied())
        .collect();
    let mut known =
        Known { events: &closure.events, facts, erroneous, organisations: asked.organisations, indices, ids, nodes };
    touch(&mut known, closure);
    Ok(known)
}

/// Notes for each node which events name it, as far as its log is shown.
fn touch(known: &mut Known<'_>, closure: &Closure) {
    let windows: NumberMap<u64, &Spans> = closure
        .nodes
        .iter()
        .filter_map(|node| match &node.shown {
            Shown::Windows(spans) => Some((node.subject, spans)),
            _ => None,
        })
        .collect();
    for (index, event) in closure.events.iter().enumerate() {
        let time = event.record.event_time;
        let in_logs = |role: u8| Role::from_number(role).is_some_and(|role| !role.names_events());
        for run in event.record.runs.iter().filter(|run| in_logs(run.role)) {
            for subject in run.first..run.first.saturating_add(u64::from(run.count)) {
                let Some(node) = known.nodes.get_mut(&subject) else { continue };
                let shown =
                    windows.get(&subject).is_none_or(|spans| spans.iter().any(|(from, to)| from <= time && time <= to));
                if shown {
                    node.2.push(Touch { event: index, role: run.role, standing: run.standing });
                }
            }
        }
    }
}

fn uri(key: &[u8]) -> String {
    SubjectKey::parse(key).map(|key| key.to_uri()).unwrap_or_default()
}

/// What people call the kind of key with this number.
pub fn kind_name(number: u8) -> &'static str {
    match KeyKind::from_number(number) {
        Some(KeyKind::Item | KeyKind::Upui | KeyKind::DrugCode) => "item",
        Some(KeyKind::Lot) => "lot",
        Some(KeyKind::Class | KeyKind::InstanceClass | KeyKind::DrugClass) => "class",
        Some(KeyKind::LogisticUnit) => "logistic_unit",
        Some(KeyKind::Instance) => "instance",
        Some(KeyKind::Place) => "place",
        Some(KeyKind::Device) => "device",
        Some(KeyKind::Container) => "container",
        Some(KeyKind::Organisation) => "organisation",
        Some(KeyKind::Contract) => "contract",
        Some(KeyKind::Process) => "process",
        Some(KeyKind::Event) => "event",
        Some(KeyKind::Other) | None => "other",
    }
}

/// How far a life has come, in a word.
pub fn life_name(number: u8) -> &'static str {
    match number {
        life::ACTIVE => "active",
        life::ENDED => "ended",
        life::CONSUMED => "consumed",
        _ => "unknown",
    }
}

fn node_answer(known: &Known<'_>, node: &Node) -> NodeAnswer {
    let windows = match &node.shown {
        Shown::Windows(spans) => {
            let ends = |(from, to): (i64, i64)| [Some(utc(from)), (to != i64::MAX).then(|| utc(to))];
            Some(spans.iter().map(ends).collect())
        }
        _ => None,
    };
    let mut places = known.touches(node.subject).iter().rev().filter_map(|touch| known.facts.get(touch.event));
    NodeAnswer {
        id: known.id(node.subject),
        kind: kind_name(node.kind),
        depth: node.depth,
        life: life_name(node.state.life),
        recalled: node.state.recall != 0,
        holder: match node.state.holder {
            NONE | UNREGISTERED => None,
            holder => Some(known.organisation(holder)),
        },
        at: places.find_map(|facts| facts.place.clone()),
        windows,
    }
}

fn edge_answer(known: &Known<'_>, edge: &Edge) -> EdgeAnswer {
    let role = match edge.relation {
        Relation::Transformation => Role::Input,
        _ => Role::Child,
    };
    let facts = known.index(edge.event).and_then(|index| known.facts.get(index));
    EdgeAnswer {
        from: known.id(edge.from),
        to: known.id(edge.to),
        event: known.event_id(edge.event),
        relation: match edge.relation {
            Relation::Transformation => "transformation",
            Relation::Containment => "containment",
            Relation::Association => "association",
            Relation::Lot => "lot",
            Relation::Alias => "alias",
        },
        quantity: facts.and_then(|facts| facts.quantity(role, edge.from)).map(|quantity| quantity.amount()),
        until: edge.until.map(|until| known.event_id(until)),
        until_claimed: edge.until_claimed.map(|until| known.event_id(until)),
    }
}

fn events(known: &Known<'_>, closure: &Closure) -> Vec<EventAnswer> {
    let by = |remarks: &[Remark]| {
        let mut by: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        remarks.iter().for_each(|remark| by.entry(remark.event).or_default().push(known.event_id(remark.by)));
        by
    };
    let (mut errors, mut confirmations) = (by(&closure.errors), by(&closure.confirmations));
    let answer = |(event, facts): (&ShownEvent, &Facts)| EventAnswer {
        id: facts.id.clone(),
        position: position(event),
        time: facts.time.clone(),
        kind: facts.kind.clone(),
        action: facts.action.clone(),
        step: facts.step.clone(),
        disposition: facts.disposition.clone(),
        author: known.organisation(event.record.author),
        place: facts.place.clone(),
        flags: flags(event.record.flags),
        declared_erroneous_by: errors.remove(&event.place).unwrap_or_default(),
        confirmed_by: confirmations.remove(&event.place).unwrap_or_default(),
        erased: facts.erased,
    };
    known.events.iter().zip(&known.facts).map(answer).collect()
}

/// Events without a payload, each as a gap of one subject that it names.
fn erased(known: &Known<'_>, closure: &Closure) -> Vec<Gap> {
    let named = |event: &ShownEvent| {
        let runs =
            event.record.runs.iter().filter(|run| Role::from_number(run.role).is_some_and(|role| !role.names_events()));
        let mut subjects = runs.flat_map(|run| run.first..run.first.saturating_add(u64::from(run.count)));
        subjects.find(|subject| known.is_node(*subject))
    };
    let gap = |(event, facts): (&ShownEvent, &Facts)| Gap {
        subject: named(event).map(|subject| known.id(subject)).unwrap_or_default(),
        expected_of: Some(known.organisation(event.record.author)),
        reason: Reason::PayloadErased,
        event: facts.id.clone(),
        time: facts.time.clone(),
    };
    closure.events.iter().zip(&known.facts).filter(|(_, facts)| facts.erased).map(gap).collect()
}

/// The recalls of nodes, and of the classes, lots and other names that concern them.
fn recalls(known: &Known<'_>, closure: &Closure) -> Vec<RecallAnswer> {
    let notices = closure.notices.iter().map(|notice| (notice.subject, notice.state.recall));
    let states: NumberMap<u64, u8> =
        notices.chain(closure.nodes.iter().map(|node| (node.subject, node.state.recall))).collect();
    let mut recalls = Vec::new();
    for (event, facts) in known.events.iter().zip(&known.facts) {
        if event.record.mask & (mask::RECALL | mask::RECALL_CLAIM) == 0 {
            continue;
        }
        for run in linked(&event.record, Role::Epc) {
            for subject in run.first..run.first.saturating_add(u64::from(run.count)) {
                let Some(state) = states.get(&subject) else { continue };
                recalls.push(RecallAnswer {
                    subject: known.id(subject),
                    event: facts.id.clone(),
                    author: known.organisation(event.record.author),
                    time: facts.time.clone(),
                    claim: event.record.mask & mask::RECALL == 0 || run.standing == 0,
                    in_force: *state != 0,
                });
            }
        }
    }
    recalls
}

/// Inputs that became different results in several events: lots, classes and units, not single items. They
/// are named by the payloads, for they need not belong to the trace.
fn siblings(known: &Known<'_>) -> Vec<SiblingAnswer> {
    let mut results: BTreeMap<u64, BTreeSet<&[String]>> = BTreeMap::new();
    for (event, facts) in known.events.iter().zip(&known.facts).filter(|(_, facts)| !facts.results.is_empty()) {
        for input in subjects(&event.record, Role::Input).filter(|input| known.is_node(*input)) {
            results.entry(input).or_default().insert(&facts.results);
        }
    }
    let several = results.into_iter().filter(|(_, results)| results.len() > 1);
    let answer = |(input, results): (u64, BTreeSet<&[String]>)| {
        let results: BTreeSet<&String> = results.into_iter().flatten().collect();
        SiblingAnswer { input: known.id(input), results: results.into_iter().cloned().collect() }
    };
    several.map(answer).collect()
}

fn cut_answer(known: &Known<'_>, cut: &Cut) -> CutAnswer {
    let (limit, subject) = match cut {
        Cut::Depth(subject) => ("depth", Some(known.id(*subject))),
        Cut::Nodes => ("nodes", None),
        Cut::Edges => ("edges", None),
        Cut::Work => ("work", None),
    };
    CutAnswer { limit, subject }
}
