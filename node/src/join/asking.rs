//! Asks other nodes for what is taken from them, before this one begins its work or beside it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use suyuan_ledger::hash::Hash;

use super::SnapshotMessage;
use crate::core::NodeKey;

/// An answer is waited for so long, then the question is asked again, so often.
const ANSWER: Duration = Duration::from_secs(5);
const ASKED_MAX: u32 = 3;
/// Points against a node that lies: enough to be refused for a while.
const LIE_POINTS: u32 = 101;
/// So often it is told how far it has come.
const TOLD: Duration = Duration::from_secs(5);

/// What is heard of other nodes.
#[derive(Debug)]
pub enum Heard {
    /// One is connected.
    Connected(NodeKey),
    /// One is not any more.
    Disconnected(NodeKey),
    /// How far one is, as it says.
    Height(NodeKey, u64),
    /// One answers.
    Said(NodeKey, Box<SnapshotMessage>),
}

/// The way to the other nodes.
pub(super) trait Line {
    /// What is heard next, if anything is in time.
    fn next(&mut self, wait: Duration) -> Result<Option<Heard>, Stopping>;
    /// Sends to one; what can't be sent is dropped.
    fn send(&self, to: NodeKey, message: SnapshotMessage);
    /// Counts points against one.
    fn penalise(&self, node: NodeKey, points: u32);
}

/// This node is stopping.
#[derive(Debug)]
pub(super) struct Stopping;

/// Why there is no answer.
pub(super) enum Unanswered {
    /// The node is silent.
    Silent,
    /// This node is stopping.
    Stopping,
}

impl From<Stopping> for Unanswered {
    fn from(_: Stopping) -> Self {
        Unanswered::Stopping
    }
}

/// Another node.
#[derive(Default)]
pub(super) struct Other {
    pub connected: bool,
    pub height: Option<u64>,
    pub attempts: u32,
    /// It has lied.
    pub refused: bool,
}

/// The other nodes, and the way to them.
pub(super) struct Asking<L> {
    line: L,
    pub others: BTreeMap<NodeKey, Other>,
    told: Instant,
}

impl<L: Line> Asking<L> {
    pub fn new(line: L) -> Asking<L> {
        Asking { line, others: BTreeMap::new(), told: Instant::now() }
    }

    pub fn other(&mut self, node: NodeKey) -> &mut Other {
        self.others.entry(node).or_default()
    }

    /// Sends a question whose answer is waited for later.
    pub fn send(&self, to: NodeKey, question: SnapshotMessage) {
        self.line.send(to, question);
    }

    /// Takes note of one thing that is heard, and gives it if it is an answer.
    pub fn hear(&mut self, wait: Duration) -> Result<Option<(NodeKey, SnapshotMessage)>, Stopping> {
        match self.line.next(wait)? {
            Some(Heard::Connected(node)) => self.other(node).connected = true,
            Some(Heard::Disconnected(node)) => self.other(node).connected = false,
            Some(Heard::Height(node, height)) => {
                let other = self.other(node);
                // Whoever says so is connected.
                (other.connected, other.height) = (true, other.height.max(Some(height)));
            }
            Some(Heard::Said(node, said)) => return Ok(Some((node, *said))),
            None => {}
        }
        Ok(None)
    }

    /// Asks until an answer comes that fits.
    pub fn answer<T>(
        &mut self,
        node: NodeKey,
        question: &SnapshotMessage,
        is_asked: bool,
        fits: impl Fn(SnapshotMessage) -> Option<T>,
    ) -> Result<T, Unanswered> {
        for asked in 0..ASKED_MAX {
            if asked > 0 || !is_asked {
                self.line.send(node, question.clone());
            }
            let until = Instant::now() + ANSWER;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                match self.hear(left)? {
                    Some((from, said)) if from == node => {
                        if let Some(answer) = fits(said) {
                            return Ok(answer);
                        }
                    }
                    _ => {}
                }
            }
        }
        Err(Unanswered::Silent)
    }

    /// A node has sent what is wrong: it is asked no more.
    pub fn refuse(&mut self, liar: NodeKey, what: &str) {
        tracing::warn!(node = %Hash(liar), what, "what is sent for a snapshot is not what was decided");
        self.line.penalise(liar, LIE_POINTS);
        self.other(liar).refused = true;
    }

    /// Tells how far it has come, unless that was a moment ago.
    pub fn tell(&mut self, what: impl Fn() -> String) {
        if self.told.elapsed() >= TOLD {
            self.told = Instant::now();
            tracing::warn!(at = what(), "joining");
        }
    }
}
