//! The walk itself: a queue of nodes, each walked until nothing that it shows is new.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::KeyKind;
use crate::record::{LinkRun, Role, mask};
use crate::state::subject::StoredRecord;
use crate::trace::closure::{Closure, Cut, Direction, EDGES_MAX, NODES_MAX, Query, Relation, Shown, WORK_MAX};
use crate::trace::finish::{self, Drawn};
use crate::trace::history::{Entry, History, Mode, Place, ShownLog};
use crate::trace::numbers::{NumberMap, Paged};
use crate::trace::spans::Spans;

/// So many nodes at most are announced to the history at once, before they are walked.
const ANNOUNCED_MAX: usize = 65_536;

/// A walk in progress.
pub(super) struct Walk<'a, H: History> {
    history: &'a mut H,
    query: &'a Query,
    nodes: Vec<Reached>,
    /// By subject, the place of its node plus one.
    places: Paged<u32>,
    /// The nodes to be walked next.
    queue: Vec<usize>,
    edges: Vec<Drawn>,
    claims: Vec<Drawn>,
    /// The events shown, as places in the arena, in no order; and by place, which these are.
    events: Vec<u32>,
    is_shown: Vec<bool>,
    processes: BTreeMap<u64, ShownLog>,
    /// The class, lot or other name, and what is shown of its log.
    notices: BTreeMap<u64, ShownLog>,
    /// The class that was noticed last: neighbours are of one.
    noticed_last: Option<u64>,
    stays: NumberMap<Stay, i64>,
    /// The log whose events were shown last: neighbours often share it.
    shown_last: Option<ShownLog>,
    cuts: BTreeSet<Cut>,
    work: usize,
}

pub(super) struct Reached {
    pub(super) subject: u64,
    /// Zero until it is walked.
    pub(super) kind: u8,
    pub(super) depth: u32,
    pub(super) shown: Shown,
    /// The place of its log in the arena, once it is walked.
    pub(super) log: Option<u32>,
    queued: bool,
    /// Whether what was ever packed in it belongs to the trace: it is the query or was packed in it.
    contents: bool,
    class: Option<u64>,
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
            places: Paged::default(),
            queue: Vec::new(),
            edges: Vec::new(),
            claims: Vec::new(),
            events: Vec::new(),
            is_shown: Vec::new(),
            processes: BTreeMap::new(),
            notices: BTreeMap::new(),
            noticed_last: None,
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
        while !self.queue.is_empty() && !self.is_cut_off() {
            for nodes in std::mem::take(&mut self.queue).chunks(ANNOUNCED_MAX) {
                self.walk_nodes(nodes)?;
            }
        }
        self.meet_the_rest()
    }

    fn is_cut_off(&self) -> bool {
        self.cuts.contains(&Cut::Work) || self.cuts.contains(&Cut::Edges)
    }

    fn walk_nodes(&mut self, nodes: &[usize]) -> Result<(), H::Error> {
        if self.is_cut_off() {
            return Ok(());
        }
        let subjects: Vec<u64> =
            nodes.iter().filter_map(|at| self.nodes.get(*at)).map(|reached| reached.subject).collect();
        self.history.announce(&subjects)?;
        for at in nodes {
            if self.is_cut_off() {
                break;
            }
            self.walk(*at)?;
            if self.work > WORK_MAX {
                self.cuts.insert(Cut::Work);
            }
        }
        Ok(())
    }

    /// What is said of a node is known only once its log was asked for: where the walk was cut off, some were not.
    fn meet_the_rest(&mut self) -> Result<(), H::Error> {
        for reached in self.nodes.iter_mut().filter(|reached| reached.log.is_none()) {
            reached.kind = self.history.kind(reached.subject)?;
            reached.log = Some(self.history.log(reached.subject, reached.shown.first_mode())?.log);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Closure {
        let parts = finish::Parts {
            nodes: self.nodes,
            edges: self.edges,
            claims: self.claims,
            events: self.events,
            processes: self.processes.into_keys().collect(),
            notices: self.notices,
            cuts: self.cuts.into_iter().collect(),
        };
        finish::closure(self.history.arena(), parts)
    }

    /// The subjects reached, in the order in which they were, and whether they are all.
    pub(super) fn into_subjects(self) -> (Vec<u64>, Vec<Cut>) {
        (self.nodes.into_iter().map(|reached| reached.subject).collect(), self.cuts.into_iter().collect())
    }

    /// Makes a subject a node that shows at least this much. Whether it is one.
    fn reach(&mut self, subject: u64, shown: Shown, contents: bool, depth: u32) -> Result<bool, H::Error> {
        let Some(at) = (self.places.get(subject) as usize).checked_sub(1) else {
            return Ok(self.reach_new(subject, shown, contents, depth));
        };
        let Some(reached) = self.nodes.get_mut(at) else { return Ok(false) };
        let mut grew = reached.shown.join(shown);
        if depth < reached.depth || (contents && !reached.contents) {
            reached.depth = reached.depth.min(depth);
            reached.contents |= contents;
            if let Shown::Windows(spans) = &mut reached.shown {
                spans.renew();
            }
            grew = true;
        }
        if grew && !reached.queued {
            reached.queued = true;
            self.queue.push(at);
        }
        Ok(true)
    }

    fn reach_new(&mut self, subject: u64, shown: Shown, contents: bool, depth: u32) -> bool {
        let at = self.nodes.len();
        if at >= self.query.nodes_max.min(NODES_MAX) {
            self.cuts.insert(Cut::Nodes);
            return false;
        }
        self.places.set(subject, u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX));
        self.queue.push(at);
        self.nodes.push(Reached { subject, kind: 0, depth, shown, log: None, queued: true, contents, class: None });
        true
    }

    fn walk(&mut self, at: usize) -> Result<(), H::Error> {
        let Some(reached) = self.nodes.get_mut(at) else { return Ok(()) };
        reached.queued = false;
        if reached.log.is_none() {
            reached.kind = self.history.kind(reached.subject)?;
            reached.class = self.history.class_of(reached.subject)?;
        }
        let from = From {
            subject: reached.subject,
            kind: reached.kind,
            depth: reached.depth,
            contents: reached.contents,
            class: reached.class,
        };
        match reached.shown.take_modes() {
            Modes::One(mode) => self.walk_mode(at, &from, mode)?,
            Modes::Windows(spans) => {
                for (window_from, to) in spans {
                    self.walk_mode(at, &from, Mode::Window { from: window_from, to })?;
                }
            }
        }
        match from.class.filter(|_| self.noticed_last != from.class) {
            Some(class) => {
                self.noticed_last = from.class;
                self.notice(class)
            }
            None => Ok(()),
        }
    }

    fn walk_mode(&mut self, at: usize, from: &From, mode: Mode) -> Result<(), H::Error> {
        let log = self.history.log(from.subject, mode)?;
        if let Some(reached) = self.nodes.get_mut(at) {
            reached.log = Some(log.log);
        }
        self.walk_log(from, mode, log)
    }

    fn walk_log(&mut self, from: &From, mode: Mode, log: ShownLog) -> Result<(), H::Error> {
        self.show(&log);
        let until = if let Mode::Window { to, .. } = mode { to } else { i64::MAX };
        let departures = match self.query.direction {
            Direction::Back => Departures::default(),
            Direction::Forward | Direction::History => self.departures(&log),
        };
        for place in log.entries.iter() {
            let Some(entry) = self.history.arena().entry(place) else { continue };
            match self.query.direction {
                Direction::Back => self.step_back(from, &entry)?,
                Direction::Forward => self.step_forward(from, &entry, mode, until, &departures)?,
                Direction::History => self.step_up(from, &entry, mode, until, &departures)?,
            }
            self.notices_of_entry(from, &entry)?;
        }
        Ok(())
    }

    /// Adds the events of entries to those of the trace.
    fn show(&mut self, log: &ShownLog) {
        self.work = self.work.saturating_add(log.entries.len().max(1));
        if self.shown_last.as_ref() == Some(log) {
            return;
        }
        let arena = self.history.arena();
        if self.is_shown.len() < arena.event_count() {
            self.is_shown.resize(arena.event_count().next_power_of_two(), false);
        }
        for event in log.entries.iter().filter_map(|entry| arena.event_of(entry)) {
            if let Some(is_shown) = self.is_shown.get_mut(event as usize).filter(|is_shown| !**is_shown) {
                *is_shown = true;
                self.events.push(event);
            }
        }
        self.shown_last = Some(log.clone());
    }

    /// The subjects that an event links in one role: first and count of each run.
    fn links(&self, event: u32, role: Role) -> impl Iterator<Item = u32> + use<H> {
        self.history.arena().linked(event, role)
    }

    /// The subjects of a link run.
    fn linked(&self, link: u32) -> std::ops::Range<u64> {
        let run = self.history.arena().link(link);
        run.map_or(0..0, |run| run.first..run.first.saturating_add(u64::from(run.count)))
    }

    /// The parent that an event links: EPCIS gives an event one at most.
    fn parent(&self, event: u32) -> Option<u64> {
        self.links(event, Role::Parent).next().map(|link| self.linked(link).start)
    }

    fn departures(&self, log: &ShownLog) -> Departures {
        let mut departures = Departures::default();
        for entry in log.entries.iter().filter_map(|place| self.history.arena().entry(place)) {
            if entry.role == Role::Child as u8 && entry.mask & mask::DELETE != 0 && entry.moves() {
                departures.named.push((self.parent(entry.event), entry.when()));
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
        self.flow(from, entry.event, entry.event, far, entry.moves())?;
        for link in self.links(entry.event, Role::Process) {
            for process in self.linked(link) {
                self.through(from, entry, far, process)?;
            }
        }
        Ok(())
    }

    /// On to the other events of a process.
    fn through(&mut self, from: &From, entry: &Entry, far: Role, process: u64) -> Result<(), H::Error> {
        let log = self.process(process)?;
        self.work = self.work.saturating_add(log.entries.len());
        let arena = self.history.arena();
        let author = |event: u32| arena.record(event).map(|record| record.author);
        let parts = log.entries.iter().filter_map(|place| arena.entry(place));
        let parts: Vec<(Entry, bool)> = parts
            .filter(|part| part.role == Role::Process as u8)
            .map(|part| (part, author(part.event) == author(entry.event)))
            .collect();
        let moves_process = parts.iter().any(|(part, _)| part.place == entry.place && part.moves());
        for (part, is_author) in parts.into_iter().filter(|(part, _)| part.place != entry.place) {
            if part.mask & far.bit() != 0 {
                let event = if far == Role::Output { entry.event } else { part.event };
                // One author's parts are one process, even if a stranger has named it first.
                let is_one = is_author || (moves_process && part.moves());
                self.flow(from, part.event, event, far, entry.moves() && is_one)?;
            }
        }
        Ok(())
    }

    fn of_process(&mut self, from: &From, entry: &Entry, far: Role) -> Result<(), H::Error> {
        self.flow(from, entry.event, entry.event, far, entry.moves())
    }

    /// To what an event links on the far side; `event` is what the edges say.
    fn flow(&mut self, from: &From, linking: u32, event: u32, far: Role, moves: bool) -> Result<(), H::Error> {
        for link in self.links(linking, far) {
            for other in self.linked(link) {
                let (source, result) = if far == Role::Output { (from.subject, other) } else { (other, from.subject) };
                let edge = Drawn { from: source, to: result, event, relation: Relation::Transformation };
                self.step(from, Step::full(edge, other, moves))?;
            }
        }
        Ok(())
    }

    fn process(&mut self, process: u64) -> Result<ShownLog, H::Error> {
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
        for link in self.links(entry.event, Role::Child) {
            for child in self.linked(link) {
                let edge = containment(child, from.subject, entry);
                self.step(from, Step { contents: from.contents, ..Step::full(edge, child, entry.moves()) })?;
            }
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
        let association = entry.mask & mask::ASSOCIATION != 0;
        let Some(parent) = self.parent(entry.event) else { return Ok(()) };
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
        let entries = log.entries.iter().filter_map(|place| self.history.arena().entry(place));
        let ends = entries.filter(|entry| entry.empties(stay.association) && entry.when() > stay.packed);
        let end = ends.map(|entry| entry.time).min().map_or(to, |end| end.min(to));
        self.stays.insert(stay, end);
        Ok(end)
    }

    /// From a lot to the items that an event says are of it.
    fn items(&mut self, from: &From, entry: &Entry) -> Result<(), H::Error> {
        let Some(class) = from.class else { return Ok(()) };
        for role in [Role::Epc, Role::Input, Role::Output, Role::Parent, Role::Child] {
            for link in self.links(entry.event, role) {
                for item in self.linked(link) {
                    self.work = self.work.saturating_add(1);
                    if self.is_item_of(item, class)? {
                        let (relation, event) = (Relation::Lot, entry.event);
                        let edge = Drawn { from: from.subject, to: item, event, relation };
                        self.step(from, Step::full(edge, item, entry.moves()))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_item_of(&mut self, subject: u64, class: u64) -> Result<bool, H::Error> {
        Ok(self.history.class_of(subject)? == Some(class) && !is_class_level(self.history.kind(subject)?))
    }

    fn step(&mut self, from: &From, step: Step) -> Result<(), H::Error> {
        self.work = self.work.saturating_add(1);
        if step.target == from.subject || (!self.cuts.is_empty() && self.cuts.contains(&Cut::Edges)) {
            return Ok(());
        }
        if self.edges.len().saturating_add(self.claims.len()) >= EDGES_MAX {
            let arena = self.history.arena();
            finish::sort_once(arena, &mut self.edges);
            finish::sort_once(arena, &mut self.claims);
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
        if from.depth >= self.query.depth_max && self.places.get(step.target) == 0 {
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
        if let (true, Some(class)) = (lot, from.class) {
            for link in self.links(entry.event, Role::Lot) {
                for lot in self.linked(link) {
                    self.work = self.work.saturating_add(1);
                    if self.history.class_of(lot)? == Some(class) {
                        self.notice_or_step(from, lot, Relation::Lot, entry)?;
                    }
                }
            }
        }
        if alias {
            // The other side of what the event says: the names of a subject, or the subject of a name.
            let other = if entry.role == Role::Alias as u8 { Role::Epc } else { Role::Alias };
            for link in self.links(entry.event, other) {
                for name in self.linked(link) {
                    self.notice_or_step(from, name, Relation::Alias, entry)?;
                }
            }
        }
        Ok(())
    }

    /// Backwards, what the lot was made of belongs to the trace; otherwise only notices of it concern the item.
    fn notice_or_step(&mut self, from: &From, other: u64, relation: Relation, entry: &Entry) -> Result<(), H::Error> {
        if self.query.direction != Direction::Back {
            return self.notice(other);
        }
        let edge = Drawn { from: other, to: from.subject, event: entry.event, relation };
        self.step(from, Step { shown: Shown::Notice, ..Step::full(edge, other, entry.moves()) })
    }

    fn notice(&mut self, subject: u64) -> Result<(), H::Error> {
        if self.notices.contains_key(&subject) {
            return Ok(());
        }
        let log = self.history.log(subject, Mode::Notice)?;
        self.show(&log);
        self.notices.insert(subject, log);
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
    Drawn { from: child, to: parent, event: entry.event, relation }
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

    /// One of the modes that show this much.
    fn first_mode(&self) -> Mode {
        match self {
            Shown::Notice => Mode::Notice,
            Shown::Full => Mode::Full,
            Shown::Windows(spans) => spans.iter().next().map_or(Mode::Notice, |(from, to)| Mode::Window { from, to }),
        }
    }

    /// The modes that are still to be walked, which then count as walked.
    fn take_modes(&mut self) -> Modes {
        match self {
            Shown::Notice => Modes::One(Mode::Notice),
            Shown::Full => Modes::One(Mode::Full),
            Shown::Windows(spans) => Modes::Windows(spans.take_new()),
        }
    }
}

/// How a node's log is to be walked.
enum Modes {
    One(Mode),
    /// Each of these spans of event time.
    Windows(Vec<(i64, i64)>),
}
