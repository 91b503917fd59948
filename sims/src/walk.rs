//! Finds closures by brute force: the oracle against which a ledger's traces are checked.
//!
//! It shares nothing with the ledger: events are read by a general JSON parser, identifiers are the
//! texts as they stand, the graph is walked in memory. So two spellings of one identifier are two
//! nodes to it.
//!
//! Edges: from each input to each output of a transformation, also where its events are several that
//! share a `transformationID` (EPCIS 2.0 §7.4.4); from each child, be it instance or class, to its
//! parent where an AggregationEvent with action ADD names both. What is later taken out of its parent
//! was in it: DELETE removes no edge.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::Value;

/// Why events could not be walked.
#[derive(Debug)]
pub enum WalkError {
    /// The input could not be read.
    Io(io::Error),
    /// An event is no JSON, or a part of it that makes edges has another type than EPCIS gives it.
    Event {
        /// The event's place, from 0.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// More nodes than the graph can number.
    TooManyNodes,
}

impl fmt::Display for WalkError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WalkError::Io(error) => write!(out, "cannot read: {error}"),
            WalkError::Event { index, reason } => write!(out, "event {index}: {reason}"),
            WalkError::TooManyNodes => write!(out, "too many nodes to number, walk fewer events"),
        }
    }
}

impl std::error::Error for WalkError {}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        WalkError::Io(error)
    }
}

/// A node: an identifier, or a transformation between its inputs and outputs, which keeps a process of
/// n inputs and m outputs at n + m edges and is left out of answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Subject(Arc<str>),
    /// A transformation with an ID.
    Process(Arc<str>),
    /// A transformation that is one event.
    Event(u64),
}

/// What flowed into what, by the events added.
#[derive(Debug, Default)]
pub struct Graph {
    numbers: HashMap<Node, u32>,
    nodes: Vec<Node>,
    forward: Vec<Vec<u32>>,
    back: Vec<Vec<u32>>,
    events: u64,
}

impl Graph {
    /// A graph without events.
    pub fn new() -> Self {
        Graph::default()
    }

    /// The graph of an `events.ndjson`; empty lines are passed over.
    pub fn read(mut input: impl BufRead) -> Result<Self, WalkError> {
        let mut graph = Graph::new();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            if !line.iter().all(u8::is_ascii_whitespace) {
                graph.add(&line)?;
            }
            line.clear();
        }
        Ok(graph)
    }

    /// The graph of these events, each a JSON object.
    pub fn of_events<E: AsRef<[u8]>>(events: impl IntoIterator<Item = E>) -> Result<Self, WalkError> {
        let mut graph = Graph::new();
        events.into_iter().try_for_each(|event| graph.add(event.as_ref()))?;
        Ok(graph)
    }

    /// Adds the edges of one event. After an error, some of them may be there.
    pub fn add(&mut self, event: &[u8]) -> Result<(), WalkError> {
        let index = self.events;
        self.events += 1;
        let wrong = |reason: String| WalkError::Event { index, reason };
        let event: Value = serde_json::from_slice(event).map_err(|error| wrong(error.to_string()))?;
        let named = |epcs: &str, classes: &str| named(&event, epcs, classes).map_err(wrong);
        match text(&event, "type").map_err(wrong)? {
            Some("TransformationEvent") => {
                let process = match text(&event, "transformationID").map_err(wrong)? {
                    Some(id) => self.number(Node::Process(id.into()))?,
                    None => self.number(Node::Event(index))?,
                };
                for input in named("inputEPCList", "inputQuantityList")? {
                    let input = self.number(Node::Subject(input.into()))?;
                    self.connect(input, process);
                }
                for output in named("outputEPCList", "outputQuantityList")? {
                    let output = self.number(Node::Subject(output.into()))?;
                    self.connect(process, output);
                }
            }
            Some("AggregationEvent") if text(&event, "action").map_err(wrong)? == Some("ADD") => {
                let parent = text(&event, "parentID").map_err(wrong)?;
                let parent = parent.ok_or_else(|| wrong("an aggregation ADD without parentID".to_owned()))?;
                let parent = self.number(Node::Subject(parent.into()))?;
                for child in named("childEPCs", "childQuantityList")? {
                    let child = self.number(Node::Subject(child.into()))?;
                    self.connect(child, parent);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Everything that `start` flowed into, at whatever remove, `start` included; in order. A start that
    /// no edge names is alone.
    pub fn forward<'a>(&'a self, start: &'a str) -> BTreeSet<&'a str> {
        self.closure(start, &self.forward)
    }

    /// Everything that flowed into `start`, as [`Graph::forward`].
    pub fn back<'a>(&'a self, start: &'a str) -> BTreeSet<&'a str> {
        self.closure(start, &self.back)
    }

    /// How many events were added.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn closure<'a>(&'a self, start: &'a str, edges: &[Vec<u32>]) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::from([start]);
        let mut seen = vec![false; self.nodes.len()];
        let mut open: Vec<u32> = self.numbers.get(&Node::Subject(start.into())).copied().into_iter().collect();
        while let Some(number) = open.pop() {
            let place = number as usize;
            let (Some(seen), Some(node), Some(next)) = (seen.get_mut(place), self.nodes.get(place), edges.get(place))
            else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            if let Node::Subject(subject) = node {
                reached.insert(subject);
            }
            open.extend(next);
        }
        reached
    }

    fn number(&mut self, node: Node) -> Result<u32, WalkError> {
        if let Some(number) = self.numbers.get(&node) {
            return Ok(*number);
        }
        let number = u32::try_from(self.nodes.len()).map_err(|_| WalkError::TooManyNodes)?;
        self.nodes.push(node.clone());
        self.numbers.insert(node, number);
        self.forward.push(Vec::new());
        self.back.push(Vec::new());
        Ok(number)
    }

    fn connect(&mut self, from: u32, to: u32) {
        if let Some(edges) = self.forward.get_mut(from as usize) {
            edges.push(to);
        }
        if let Some(edges) = self.back.get_mut(to as usize) {
            edges.push(from);
        }
    }
}

/// A member that is a text, where it is there.
fn text<'a>(event: &'a Value, member: &str) -> Result<Option<&'a str>, String> {
    match event.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{member} is no text")),
    }
}

/// The instances of one list and the classes of another.
fn named<'a>(event: &'a Value, epcs: &str, classes: &str) -> Result<Vec<&'a str>, String> {
    let instances = list(event, epcs)?.iter().map(|epc| epc.as_str().ok_or_else(|| format!("{epcs} names no text")));
    let classes = list(event, classes)?.iter().map(|element| {
        element.get("epcClass").and_then(Value::as_str).ok_or_else(|| format!("{classes} has an element without class"))
    });
    instances.chain(classes).collect()
}

fn list<'a>(event: &'a Value, member: &str) -> Result<&'a [Value], String> {
    match event.get(member) {
        None => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(format!("{member} is no list")),
    }
}
