//! The walk itself: a queue of nodes, each walked until nothing that it shows is new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::key::KeyKind;
use crate::record::{LinkRun, Role, mask};
use crate::state::subject::StoredRecord;
use crate::trace::closure::{
    Closure, Cut, Direction, EDGES_MAX, NODES_MAX, Node, Notice, Query, Relation, Shown, WORK_MAX,
};
use crate::trace::finish::{self, Drawn};
use crate::trace::history::{Entry, History, Mode, Place, SubjectLog};
use crate::trace::numbers::NumberMap;
use crate::trace::spans::Spans;

/// A walk in progress.
pub(super) struct Walk<'a, H: History> {
    history: &'a mut H,
    query: &'a Query,
    nodes: Vec<Reached>,
    places: NumberMap<u64, usize>,
    queue: VecDeque<usize>,
    edges: Vec<Drawn>,
    claims: Vec<Drawn>,
    events: NumberMap<Place, Rc<StoredRecord>>,
    processes: BTreeMap<u64, Rc<SubjectLog>>,
    notices: BTreeMap<u64, Notice>,
    stays: NumberMap<Stay, i64>,
    /// The log whose events were shown last: neighbours often share it.
    shown_last: Option<Rc<SubjectLog>>,
    cuts: BTreeSet<Cut>,
    work: usize,
}

struct Reached {
    node: Node,
    queued: bool,
    /// Whether what was ever packed in it belongs to the trace: it is the query or was packed in it.
    contents: bool,
    class: Option<u64>,
    /// Its log in the mode in which it was reached, until it is walked.
    log: Option<(Mode, Rc<SubjectLog>)>,
}

/// How long at most something that was packed in a parent could have stayed.
#[derive(PartialEq, Eq, Hash)]
struct Stay {
    parent: u64,
    association: bool,
    packed: (i64, Place),
    to: i64,
}

/// Where an edge leads and with what right.
struct Step {
    edge: Drawn,
    target: u64,
    shown: Shown,
    contents: bool,
    moves: bool,
}

impl Step {
    fn full(edge: Drawn, target: u64, moves: bool) -> Step {
        Step { edge, target, shown: Shown::Full, contents: false, moves }
    }
}

/// When a child left its parents, by what its own log says.
#[derive(Default)]
struct Departures {
    /// Parent (none: any parent), event, ascending.
    named: Vec<(Option<u64>, (i64, Place))>,
}

impl Departures {
    fn first_after(&self, parent: u64, packed: (i64, Place)) -> Option<i64> {
        let first = |parent: Option<u64>| {
            let start = self.named.partition_point(|departure| *departure <= (parent, packed));
            self.named.get(start).filter(|departure| departure.0 == parent).map(|departure| departure.1.0)
        };
        [first(None), first(Some(parent))].into_iter().flatten().min()
    }
}

/// The link runs of a record in one role: they ascend by role.
pub(super) fn linked(record: &StoredRecord, role: Role) -> &[LinkRun] {
    let start = record.runs.partition_point(|run| run.role < role as u8);
    let end = record.runs.partition_point(|run| run.role <= role as u8);
    record.runs.get(start..end).unwrap_or_default()
}

/// The subjects that a record links in one role.
pub(super) fn subjects(record: &StoredRecord, role: Role) -> impl Iterator<Item = u64> {
    linked(record, role).iter().flat_map(|run| run.first..run.first.saturating_add(u64::from(run.count)))
}

/// The parent that a record links: EPCIS gives an event one at most.
pub(super) fn parent(record: &StoredRecord) -> Option<u64> {
    linked(record, Role::Parent).first().map(|run| run.first)
}

/// Whether quantities of it can be taken out in parts, so that naming it as unpacked ends nothing.
pub(super) fn is_class_level(kind: u8) -> bool {
    [KeyKind::Lot, KeyKind::Class, KeyKind::InstanceClass, KeyKind::DrugClass].iter().any(|level| *level as u8 == kind)
}

impl<'a, H: History> Walk<'a, H> {
    pub(super) fn new(history: &'a mut H, query: &'a Query) -> Self {
        Walk {
            history,
            query,
            nodes: Vec::new(),
            places: NumberMap::default(),
            queue: VecDeque::new(),
            edges: Vec::new(),
            claims: Vec::new(),
            events: NumberMap::default(),
            processes: BTreeMap::new(),
            notices: BTreeMap::new(),
            stays: NumberMap::default(),
            shown_last: None,
            cuts: BTreeSet::new(),
            work: 0,
        }
    }

    pub(super) fn run(&mut self) -> Result<(), H::Error> {
        let contents = self.query.direction == Direction::Forward;
        for subject in &self.query.subjects {
            self.reach(*subject, Shown::Full, contents, 0)?;
        }
        while let Some(at) = self.queue.pop_front() {
            self.walk(at)?;
            if self.work > WORK_MAX {
                self.cuts.insert(Cut::Work);
            }
            if self.cuts.contains(&Cut::Work) || self.cuts.contains(&Cut::Edges) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Closure {
        finish::closure(finish::Parts {
            nodes: self.nodes.into_iter().map(|reached| reached.node).collect(),
            edges: self.edges,
            claims: self.claims,
            events: self.events,
            processes: self.processes.into_keys().collect(),
            notices: self.notices.into_values().collect(),
            cuts: self.cuts.into_iter().collect(),
        })
    }

    /// Makes a subject a node that shows at least this much. Whether it is one.
    fn reach(&mut self, subject: u64, shown: Shown, contents: bool, depth: u32) -> Result<bool, H::Error> {
        let Some(&at) = self.places.get(&subject) else {
            if self.nodes.len() >= self.query.nodes_max.min(NODES_MAX) {
                self.cuts.insert(Cut::Nodes);
                return Ok(false);
            }
            let kind = self.history.key(subject)?.first().copied().unwrap_or(0);
            // Any mode tells the state; the mode that the node is reached in is asked for anyway.
            let mode = shown.modes().first().copied().unwrap_or(Mode::Notice);
            let log = self.history.log(subject, mode)?;
            let class = self.history.class_of(subject)?;
            let node = Node { subject, kind, depth, shown, state: log.state.clone() };
            self.places.insert(subject, self.nodes.len());
            self.queue.push_back(self.nodes.len());
            self.nodes.push(Reached { node, queued: true, contents, class, log: Some((mode, log)) });
            return Ok(true);
        };
        let Some(reached) = self.nodes.get_mut(at) else { return Ok(false) };
        let mut grew = reached.node.shown.join(shown);
        if depth < reached.node.depth || (contents && !reached.contents) {
            reached.node.depth = reached.node.depth.min(depth);
            reached.contents |= contents;
            if let Shown::Windows(spans) = &mut reached.node.shown {
                spans.renew();
            }
            grew = true;
        }
        if grew && !reached.queued {
            reached.queued = true;
            self.queue.push_back(at);
        }
        Ok(true)
    }

    fn walk(&mut self, at: usize) -> Result<(), H::Error> {
        let Some(reached) = self.nodes.get_mut(at) else { return Ok(()) };
        reached.queued = false;
        let modes = reached.node.shown.take_modes();
        let mut known = reached.log.take();
        let from = From {
            subject: reached.node.subject,
            kind: reached.node.kind,
            depth: reached.node.depth,
            contents: reached.contents,
            class: reached.class,
        };
        for mode in modes {
            let log = match known.take().filter(|known| known.0 == mode) {
                Some((_, log)) => log,
                None => self.history.log(from.subject, mode)?,
            };
            self.show(&log);
            let until = if let Mode::Window { to, .. } = mode { to } else { i64::MAX };
            let departures =
                if self.query.direction == Direction::Back { Departures::default() } else { Self::departures(&log) };
            for entry in &log.entries {
                match self.query.direction {
                    Direction::Back => self.step_back(&from, entry)?,
                    Direction::Forward => self.step_forward(&from, entry, mode, until, &departures)?,
                    Direction::History => self.step_up(&from, entry, mode, until, &departures)?,
                }
                self.notices_of_entry(&from, entry)?;
            }
        }
        match from.class {
            Some(class) => self.notice(class),
            None => Ok(()),
        }
    }

    /// Adds the events of entries to those of the trace.
    fn show(&mut self, log: &Rc<SubjectLog>) {
        self.work = self.work.saturating_add(log.entries.len().max(1));
        if self.shown_last.as_ref().is_some_and(|last| Rc::ptr_eq(last, log)) {
            return;
        }
        for entry in &log.entries {
            self.events.entry(entry.place).or_insert_with(|| entry.record.clone());
        }
        self.shown_last = Some(log.clone());
    }

    fn departures(log: &SubjectLog) -> Departures {
        let mut departures = Departures::default();
        for entry in &log.entries {
            if entry.role == Role::Child as u8 && entry.mask & mask::DELETE != 0 && entry.moves() {
                departures.named.push((parent(&entry.record), entry.when()));
            }
        }
        departures.named.sort_unstable();
        departures
    }

    fn step_back(&mut self, from: &From, entry: &Entry) -> Result<(), H::Error> {
        if entry.role == Role::Output as u8 {
            self.transformed(from, entry, Role::Input)
        } else if entry.role == Role::Parent as u8 && entry.mask & mask::ADD != 0 {
            self.contents(from, entry)
        } else if entry.role == Role::Process as u8 {
            self.of_process(from, entry, Role::Input)
        } else {
            Ok(())
        }
    }

    fn step_forward(
        &mut self,
        from: &From,
        entry: &Entry,
        mode: Mode,
        until: i64,
        departures: &Departures,
    ) -> Result<(), H::Error> {
        if entry.role == Role::Input as u8 {
            self.transformed(from, entry, Role::Output)
        } else if entry.role == Role::Child as u8 && entry.mask & mask::ADD != 0 {
            self.containers(from, entry, mode, until, departures)
        } else if entry.role == Role::Parent as u8
            && entry.mask & (mask::ADD | mask::ASSOCIATION) == mask::ADD
            && from.contents
        {
            self.contents(from, entry)
        } else if entry.role == Role::Lot as u8 && from.kind == KeyKind::Lot as u8 {
            self.items(from, entry)
        } else if entry.role == Role::Process as u8 {
            self.of_process(from, entry, Role::Output)
        } else {
            Ok(())
        }
    }

    fn step_up(
        &mut self,
        from: &From,
        entry: &Entry,
        mode: Mode,
        until: i64,
        departures: &Departures,
    ) -> Result<(), H::Error> {
        let packed = entry.role == Role::Child as u8 && entry.mask & mask::ADD != 0;
        if packed && entry.mask & mask::ASSOCIATION == 0 {
            self.containers(from, entry, mode, until, departures)
        } else {
            Ok(())
        }
    }

    /// From an input to the outputs, or from an output to the inputs: of the event, and of the other events of
    /// its process.
    fn transformed(&mut self, from: &From, entry: &Entry, far: Role) -> Result<(), H::Error> {
        let record = &entry.record;
        self.flow(from, record, entry.place, far, entry.moves())?;
        for process in subjects(record, Role::Process) {
            let log = self.process(process)?;
            self.work = self.work.saturating_add(log.entries.len());
            let parts = || log.entries.iter().filter(|part| part.role == Role::Process as u8);
            let moves_process = parts().any(|part| part.place == entry.place && part.moves());
            for part in parts().filter(|part| part.place != entry.place) {
                if part.mask & far.bit() != 0 {
                    let event = if far == Role::Output { entry.place } else { part.place };
                    // One author's parts are one process, even if a stranger has named it first.
                    let is_one = part.record.author == record.author || (moves_process && part.moves());
                    self.flow(from, &part.record, event, far, entry.moves() && is_one)?;
                }
            }
        }
        Ok(())
    }

    fn of_process(&mut self, from: &From, entry: &Entry, far: Role) -> Result<(), H::Error> {
        let record = &entry.record;
        self.flow(from, record, entry.place, far, entry.moves())
    }

    fn flow(
        &mut self,
        from: &From,
        record: &StoredRecord,
        event: Place,
        far: Role,
        moves: bool,
    ) -> Result<(), H::Error> {
        for other in subjects(record, far) {
            let (source, result) = if far == Role::Output { (from.subject, other) } else { (other, from.subject) };
            let edge = Drawn { from: source, to: result, event, relation: Relation::Transformation };
            self.step(from, Step::full(edge, other, moves))?;
        }
        Ok(())
    }

    fn process(&mut self, process: u64) -> Result<Rc<SubjectLog>, H::Error> {
        if let Some(known) = self.processes.get(&process) {
            return Ok(known.clone());
        }
        let log = self.history.log(process, Mode::Full)?;
        self.show(&log);
        self.processes.insert(process, log.clone());
        Ok(log)
    }

    /// From a parent to what was packed in it or associated with it.
    fn contents(&mut self, from: &From, entry: &Entry) -> Result<(), H::Error> {
        let record = &entry.record;
        for child in subjects(record, Role::Child) {
            let edge = containment(child, from.subject, entry);
            self.step(from, Step { contents: from.contents, ..Step::full(edge, child, entry.moves()) })?;
        }
        Ok(())
    }

    /// From a child to what it was packed in, while it was; or to what it was associated with.
    fn containers(
        &mut self,
        from: &From,
        entry: &Entry,
        mode: Mode,
        until: i64,
        departures: &Departures,
    ) -> Result<(), H::Error> {
        let record = &entry.record;
        let association = entry.mask & mask::ASSOCIATION != 0;
        let Some(parent) = parent(record) else { return Ok(()) };
        let mut step = Step::full(containment(from.subject, parent, entry), parent, entry.moves());
        // Not read for a claim that is not walked: a proof need not show the stranger's parent.
        let walked = step.moves || self.query.claims;
        if walked && !(association && mode == Mode::Full) {
            let left = departures.first_after(parent, entry.when()).filter(|_| !is_class_level(from.kind));
            let to = left.map_or(until, |left| left.min(until));
            let to = self.stay(Stay { parent, association, packed: entry.when(), to })?;
            let mut spans = Spans::default();
            spans.add(entry.time, to);
            step.shown = Shown::Windows(spans);
        }
        self.step(from, step)
    }

    /// Until when what was packed could have stayed: until the parent was emptied, or `to`.
    fn stay(&mut self, stay: Stay) -> Result<i64, H::Error> {
        if let Some(known) = self.stays.get(&stay) {
            return Ok(*known);
        }
        let (from, to) = (stay.packed.0, stay.to);
        let mode = if stay.association { Mode::Window { from, to } } else { Mode::Stay { from, to } };
        let log = self.history.log(stay.parent, mode)?;
        self.work = self.work.saturating_add(log.entries.len());
        let ends = log.entries.iter().filter(|entry| entry.empties(stay.association) && entry.when() > stay.packed);
        let end = ends.map(|entry| entry.time).min().map_or(to, |end| end.min(to));
        self.stays.insert(stay, end);
        Ok(end)
    }

    /// From a lot to the items that an event says are of it.
    fn items(&mut self, from: &From, entry: &Entry) -> Result<(), H::Error> {
        let Some(class) = from.class else { return Ok(()) };
        let record = &entry.record;
        for role in [Role::Epc, Role::Input, Role::Output, Role::Parent, Role::Child] {
            for item in subjects(record, role) {
                self.work = self.work.saturating_add(1);
                if self.is_item_of(item, class)? {
                    let (relation, event) = (Relation::Lot, entry.place);
                    let edge = Drawn { from: from.subject, to: item, event, relation };
                    self.step(from, Step::full(edge, item, entry.moves()))?;
                }
            }
        }
        Ok(())
    }

    fn is_item_of(&mut self, subject: u64, class: u64) -> Result<bool, H::Error> {
        Ok(self.history.class_of(subject)? == Some(class)
            && !is_class_level(self.history.key(subject)?.first().copied().unwrap_or(0)))
    }

    fn step(&mut self, from: &From, step: Step) -> Result<(), H::Error> {
        self.work = self.work.saturating_add(1);
        if step.target == from.subject || self.cuts.contains(&Cut::Edges) {
            return Ok(());
        }
        if self.edges.len().saturating_add(self.claims.len()) >= EDGES_MAX {
            finish::sort_once(&mut self.edges);
            finish::sort_once(&mut self.claims);
            // Half free, or sorting again and again would take most of the time.
            if self.edges.len().saturating_add(self.claims.len()) > EDGES_MAX / 2 {
                self.cuts.insert(Cut::Edges);
                return Ok(());
            }
        }
        if !step.moves {
            self.claims.push(step.edge);
            if !self.query.claims {
                return Ok(());
            }
        }
        if from.depth >= self.query.depth_max && !self.places.contains_key(&step.target) {
            self.cuts.insert(Cut::Depth(from.subject));
            return Ok(());
        }
        let is_node = self.reach(step.target, step.shown, step.contents, from.depth.saturating_add(1))?;
        if is_node && step.moves {
            self.edges.push(step.edge);
        }
        Ok(())
    }

    /// The lot of an item, and other names of a subject, where an event tells them.
    fn notices_of_entry(&mut self, from: &From, entry: &Entry) -> Result<(), H::Error> {
        let lot = entry.mask & Role::Lot.bit() != 0 && entry.role != Role::Lot as u8 && !is_class_level(from.kind);
        let alias = entry.mask & Role::Alias.bit() != 0;
        if !lot && !alias {
            return Ok(());
        }
        let record = &entry.record;
        if let (true, Some(class)) = (lot, from.class) {
            for lot in subjects(record, Role::Lot) {
                self.work = self.work.saturating_add(1);
                if self.history.class_of(lot)? == Some(class) {
                    self.notice_or_step(from, lot, Relation::Lot, entry)?;
                }
            }
        }
        if alias {
            // The other side of what the event says: the names of a subject, or the subject of a name.
            let other = if entry.role == Role::Alias as u8 { Role::Epc } else { Role::Alias };
            for name in subjects(record, other) {
                self.notice_or_step(from, name, Relation::Alias, entry)?;
            }
        }
        Ok(())
    }

    /// Backwards, what the lot was made of belongs to the trace; otherwise only notices of it concern the item.
    fn notice_or_step(&mut self, from: &From, other: u64, relation: Relation, entry: &Entry) -> Result<(), H::Error> {
        if self.query.direction != Direction::Back {
            return self.notice(other);
        }
        let edge = Drawn { from: other, to: from.subject, event: entry.place, relation };
        self.step(from, Step { shown: Shown::Notice, ..Step::full(edge, other, entry.moves()) })
    }

    fn notice(&mut self, subject: u64) -> Result<(), H::Error> {
        if self.notices.contains_key(&subject) {
            return Ok(());
        }
        let log = self.history.log(subject, Mode::Notice)?;
        self.show(&log);
        let mut events: Vec<Place> = log.entries.iter().map(|entry| entry.place).collect();
        events.dedup();
        self.notices.insert(subject, Notice { subject, state: log.state.clone(), events });
        Ok(())
    }
}

/// The node that a step starts from.
struct From {
    subject: u64,
    kind: u8,
    depth: u32,
    contents: bool,
    class: Option<u64>,
}

fn containment(child: u64, parent: u64, entry: &Entry) -> Drawn {
    let association = entry.mask & mask::ASSOCIATION != 0;
    let relation = if association { Relation::Association } else { Relation::Containment };
    Drawn { from: child, to: parent, event: entry.place, relation }
}

impl Shown {
    /// Shows also what `other` shows. Whether that is more.
    fn join(&mut self, other: Shown) -> bool {
        match (&mut *self, other) {
            (Shown::Full, _) | (_, Shown::Notice) => false,
            (Shown::Windows(spans), Shown::Windows(other)) => {
                other.iter().fold(false, |grew, (from, to)| spans.add(from, to) || grew)
            }
            (_, other) => {
                *self = other;
                true
            }
        }
    }

    fn modes(&self) -> Vec<Mode> {
        match self {
            Shown::Notice => vec![Mode::Notice],
            Shown::Full => vec![Mode::Full],
            Shown::Windows(spans) => spans.iter().map(|(from, to)| Mode::Window { from, to }).collect(),
        }
    }

    /// The modes that are still to be walked, which then count as walked.
    fn take_modes(&mut self) -> Vec<Mode> {
        match self {
            Shown::Windows(spans) => spans.take_new().into_iter().map(|(from, to)| Mode::Window { from, to }).collect(),
            _ => self.modes(),
        }
    }
}
