//! What belongs to a trace: the closure of a query over recorded history (`proofs.md` §5, step 6).
//!
//! | From | To | Shown |
//! |---|---|---|
//! | query | itself; forward also what was ever packed in it | full |
//! | back: output of X | X's inputs, through the process too | full |
//! | back: parent | what was ever packed in it or associated with it | full |
//! | forward: input of X | X's outputs, through the process too | full |
//! | forward, history: child packed in P | P, while the child was in it | window |
//! | forward: child associated with P | P | full |
//! | forward: lot | its items | full |
//! | item, lot | its class; its lot; its other names | notice |
//!
//! Windows are in event time and nest: what contains a container counts only while the thing was in the
//! container, from the event on that put the container there in that time. Windows of one container are
//! united, and walked again when they grow.
//!
//! A link is walked if its author has standing towards the subject whose log is being read. Others are
//! claims: listed, and walked only if the query says so. Two events of a process are one transformation if they
//! are of one author, or if both authors have standing towards the process.

use std::sync::Arc;

use crate::state::subject::{StoredRecord, SubjectState};
use crate::trace::history::{History, Place};
use crate::trace::spans::Spans;
use crate::trace::walk::Walk;

/// Which way a trace goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    /// What it was made of.
    Back = 1,
    /// What became of it.
    Forward = 2,
    /// What befell it, also while inside other things.
    History = 3,
}

/// No trace has more nodes than this, whatever the query allows.
pub const NODES_MAX: usize = 4 << 20;
/// No trace has more edges than this.
pub const EDGES_MAX: usize = 8 << 20;
/// No trace looks at more entries and links than this.
pub const WORK_MAX: usize = 256 << 20;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Where the trace starts.
    pub subjects: Vec<u64>,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether claims are walked too.
    pub claims: bool,
    /// How many edges from the start at most.
    pub depth_max: u32,
    /// How many nodes at most; never above [`NODES_MAX`].
    pub nodes_max: usize,
}

impl Query {
    /// A trace from these subjects without claims or further limits.
    pub fn new(subjects: Vec<u64>, direction: Direction) -> Query {
        Query { subjects, direction, claims: false, depth_max: u32::MAX, nodes_max: NODES_MAX }
    }
}

/// How much of a subject's log belongs to a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// What [`crate::trace::history::Mode::Notice`] shows.
    Notice,
    /// What happened in these spans of event time.
    Windows(Spans),
    /// All.
    Full,
}

/// A subject of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub subject: u64,
    /// The kind of its key ([`crate::key::KeyKind`]).
    pub kind: u8,
    /// How many edges from the start.
    pub depth: u32,
    /// How much of its log is shown.
    pub shown: Shown,
    /// Its state.
    pub state: Arc<SubjectState>,
}

/// What an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// An input became an output.
    Transformation,
    /// A child was packed in a parent.
    Containment,
    /// A part was associated with a whole.
    Association,
    /// An item belongs to a lot.
    Lot,
    /// Two names of one thing.
    Alias,
}

/// How one subject flowed into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The input, child, lot, or name.
    pub from: u64,
    /// The output, parent, item, or other name.
    pub to: u64,
    /// Where that is recorded; of a process with several events, where the input is.
    pub event: Place,
    /// What it is.
    pub relation: Relation,
    /// The event that ended a containment or association, if that is recorded.
    pub until: Option<Place>,
    /// The event that says so earlier, or alone, without standing: it ends nothing.
    pub until_claimed: Option<Place>,
}

/// An event that belongs to a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownEvent {
    /// Where it is.
    pub place: Place,
    /// Its record.
    pub record: Arc<StoredRecord>,
}

/// A subject that is not part of the trace but can concern it: a class, a lot, another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The subject.
    pub subject: u64,
    /// Its state.
    pub state: Arc<SubjectState>,
    /// The events of its log that are shown.
    pub events: Vec<Place>,
}

/// An event that says something of another: that it is in error, or that it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The event spoken of.
    pub event: Place,
    /// The event that says so.
    pub by: Place,
}

/// Why a trace ends before history does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// There is more beyond this subject, which is at the greatest depth that the query allows.
    Depth(u64),
    /// There are more nodes than the query allows.
    Nodes,
    /// There are more edges than [`EDGES_MAX`].
    Edges,
    /// It would take more than [`WORK_MAX`].
    Work,
}

/// What belongs to a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// The subjects in the order in which they were reached, the start first.
    pub nodes: Vec<Node>,
    /// The edges between nodes, ascending. That an item is of a lot, or has another name, is one edge with the
    /// first event that says so.
    pub edges: Vec<Edge>,
    /// Edges whose author had no standing, ascending.
    pub claims: Vec<Edge>,
    /// The events by event time, then place.
    pub events: Vec<ShownEvent>,
    /// The processes through which nodes were reached, ascending.
    pub processes: Vec<u64>,
    /// Classes, lots and other names of nodes, ascending.
    pub notices: Vec<Notice>,
    /// Events of the trace that are declared erroneous, ascending.
    pub errors: Vec<Remark>,
    /// Receipts of the trace that a later-captured shipment confirms, ascending.
    pub confirmations: Vec<Remark>,
    /// Why it is not all, ascending; empty if it is.
    pub cuts: Vec<Cut>,
}

/// Walks a query's closure only for what the walk asks of the history.
pub fn visit<H: History>(history: &mut H, query: &Query) -> Result<(), H::Error> {
    Walk::new(history, query).run()
}

/// The closure of a query. The same history gives the same closure.
pub fn close<H: History>(history: &mut H, query: &Query) -> Result<Closure, H::Error> {
    let mut walk = Walk::new(history, query);
    walk.run()?;
    Ok(walk.finish())
}

/// Only the subjects of a query's closure, in the order in which they were reached, and why they are not all: what a
/// recall asks first.
pub fn subjects<H: History>(history: &mut H, query: &Query) -> Result<(Vec<u64>, Vec<Cut>), H::Error> {
    let mut walk = Walk::new(history, query);
    walk.run()?;
    Ok(walk.into_subjects())
}
