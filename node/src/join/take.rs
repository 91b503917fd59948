//! Takes a state from another node before this one begins its work: finds out how far others are, asks one for a state,
//! and turns to the next if it is silent or lies.

use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_store::snapshot::{Moment, Pairs, Part, Place, Receiver, Refused, TABLES, Trust};
use suyuan_store::{DataDirectory, RocksStore};

use super::SnapshotMessage;
use super::asking::{Asking, Heard, Line, Stopping, Unanswered};
use super::message::unpacked;
use crate::config::{JoinBy, NetworkTable};
use crate::core::{Message, NodeKey};
use crate::network::Event;
use crate::open::{directory_reason, store_reason};
use crate::peers::Joining;

/// For so long a node waits to be connected with somebody, and to hear how far others are.
const LOOK_AROUND: Duration = Duration::from_secs(3);
/// Once somebody has said it, for so long it waits for others to.
const LOOK_FURTHER: Duration = Duration::from_millis(500);
/// A node that has no state to give now is asked again after so long, so often.
const LATER: Duration = Duration::from_millis(500);
const LATER_MAX: u32 = 20;
/// So many parts wait to be written.
const PARTS_AHEAD: usize = 1;
/// So often it is tried with one node that falls silent.
const ATTEMPTS_MAX: u32 = 3;

/// Whether a node begins by taking a snapshot, if others are far enough ahead.
pub fn wants_to_join(table: &NetworkTable, height: u64, is_stuck: bool) -> bool {
    table.join == JoinBy::Snapshot && (height == 0 || is_stuck)
}

/// What came of it.
pub enum Joined {
    /// A ledger that begins with a state lies beside the old one.
    Taken(Place),
    /// Nobody is far enough ahead, or nobody gives one: the node goes on with what it has.
    No,
}

/// Why an attempt ended.
enum End {
    /// The node does not answer, or has nothing.
    Silent,
    /// The node sent what is wrong.
    Lie(String),
    /// This node can't go on.
    Failed(Reason),
}

impl From<Unanswered> for End {
    fn from(_: Unanswered) -> Self {
        End::Silent
    }
}

impl From<Refused> for End {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Failed(error) => End::Failed(store_reason(&error)),
            fault @ Refused::Fault(_) => End::Lie(fault.to_string()),
        }
    }
}

/// The way to others before anybody listens: this node says how far it is, and hears how far they are.
struct Before<'a> {
    joining: &'a mut Joining,
    height: u64,
}

impl Line for Before<'_> {
    fn next(&mut self, wait: Duration) -> Result<Option<Heard>, Stopping> {
        Ok(match self.joining.next(wait) {
            Some(Event::Connected(node)) => {
                self.joining.send(node, Message::Status { height: self.height });
                Some(Heard::Connected(node))
            }
            Some(Event::Disconnected(node)) => Some(Heard::Disconnected(node)),
            Some(Event::Message { from, bytes, .. }) => match Message::decode(&bytes) {
                Ok(Message::Status { height }) => Some(Heard::Height(from, height)),
                Ok(Message::Snapshot(said)) if !said.asks() => Some(Heard::Said(from, Box::new(said))),
                // Who asks something now asks again; votes come too early.
                _ => None,
            },
            Some(Event::Refused { .. }) | None => None,
        })
    }

    fn send(&self, to: NodeKey, message: SnapshotMessage) {
        self.joining.send(to, Message::Snapshot(message));
    }

    fn penalise(&self, node: NodeKey, points: u32) {
        self.joining.penalise(node, points);
    }
}

/// A node that joins.
pub struct Joiner<'a> {
    asking: Asking<Before<'a>>,
    directory: &'a DataDirectory,
    trust: Trust,
    /// The height that others must have for a snapshot to be worth it.
    least: u64,
    memory_bytes: usize,
}

impl<'a> Joiner<'a> {
    /// Of a node whose ledger is at this height. `behind`: so many blocks others must be ahead.
    pub fn new(
        joining: &'a mut Joining,
        directory: &'a DataDirectory,
        trust: Trust,
        (height, behind): (u64, u64),
        memory_bytes: usize,
    ) -> Joiner<'a> {
        let least = height.saturating_add(behind.max(1));
        Joiner { asking: Asking::new(Before { joining, height }), directory, trust, least, memory_bytes }
    }

    /// Takes nothing from this node.
    pub fn without(mut self, node: NodeKey) -> Joiner<'a> {
        self.asking.other(node).refused = true;
        self
    }

    /// Takes a state, if there is one to be had.
    pub fn run(mut self) -> Result<Joined, Reason> {
        self.look_around();
        while let Some(node) = self.candidate() {
            let begun = Instant::now();
            match self.attempt(node) {
                Ok((place, moment)) => {
                    let seconds = begun.elapsed().as_secs_f32();
                    tracing::warn!(from = %Hash(node), height = moment.height, seconds, "joined from a snapshot");
                    return Ok(Joined::Taken(place));
                }
                Err(End::Silent) => {
                    tracing::warn!(node = %Hash(node), "has no snapshot for this node, or is silent");
                    self.asking.other(node).attempts += 1;
                }
                Err(End::Lie(what)) => self.asking.refuse(node, &what),
                Err(End::Failed(reason)) => return Err(reason),
            }
        }
        if self.asking.others.values().any(|other| other.attempts > 0 || other.refused) {
            tracing::warn!("nobody gives a snapshot: the ledger is replayed block by block");
        }
        Ok(Joined::No)
    }

    /// Waits until it is known how far others are.
    fn look_around(&mut self) {
        let (begun, mut first) = (Instant::now(), None);
        loop {
            let until = first.map_or(begun + LOOK_AROUND, |first: Instant| first + LOOK_FURTHER);
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            let _ = self.asking.hear(left);
            if self.asking.others.values().any(|other| other.height.is_some()) {
                first.get_or_insert_with(Instant::now);
            }
            if self.candidate().is_some() {
                return;
            }
        }
    }

    /// The node that is furthest ahead of those with which it may be tried.
    fn candidate(&self) -> Option<NodeKey> {
        let able = |other: &super::asking::Other| other.connected && !other.refused && other.attempts < ATTEMPTS_MAX;
        let far = self.asking.others.iter().filter(|(_, other)| able(other) && other.height >= Some(self.least));
        far.max_by_key(|(_, other)| (other.height, std::cmp::Reverse(other.attempts))).map(|(node, _)| *node)
    }

    fn moment(&mut self, node: NodeKey) -> Result<Moment, End> {
        for _ in 0..LATER_MAX {
            let fits = |said| if let SnapshotMessage::Moment(moment) = said { Some(moment) } else { None };
            if let Some(moment) = self.asking.answer(node, &SnapshotMessage::WantMoment, false, fits)? {
                return Ok(moment);
            }
            thread::sleep(LATER);
        }
        Err(End::Silent)
    }

    fn attempt(&mut self, node: NodeKey) -> Result<(Place, Moment), End> {
        let moment = self.moment(node)?;
        if moment.height < self.least {
            return Err(End::Silent);
        }
        let failed = |error| End::Failed(directory_reason(&error));
        let place = self.directory.begin_join().map_err(failed)?;
        let store = place.open_store(self.memory_bytes).map_err(failed)?;
        tracing::warn!(from = %Hash(node), height = moment.height, "joins from a snapshot");
        let mut receiver = Receiver::new(self.trust.clone(), moment.clone(), &store, &place.scratch())?;
        self.take_tables(node, &mut receiver)?;
        self.take_blocks(node, &mut receiver)?;
        receiver.finish(Hash(node))?;
        drop(store);
        Ok((place, moment))
    }

    /// Takes all tables: what was heard is written on a thread of its own, while the next part is heard.
    fn take_tables(&mut self, node: NodeKey, receiver: &mut Receiver<'_, RocksStore>) -> Result<(), End> {
        let height = receiver.moment().height;
        thread::scope(|scope| {
            let (heard, parts) = sync_channel(PARTS_AHEAD);
            let writing = thread::Builder::new()
                .name("taking".to_owned())
                .spawn_scoped(scope, move || parts.into_iter().try_for_each(|part| receiver.take_part(part)));
            let no_thread = |error| StoreError::Failed(format!("no thread to write with: {error}"));
            let writing = writing.map_err(no_thread).map_err(|error| End::Failed(store_reason(&error)))?;
            let all = self.hear_tables(node, height, &heard);
            drop(heard);
            // If it ended early, that is why there was nobody to hand over to.
            writing.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            all
        })
    }

    fn hear_tables(&mut self, node: NodeKey, height: u64, heard: &SyncSender<Part>) -> Result<(), End> {
        let (mut table, mut after, mut is_asked) = (0u8, Vec::new(), false);
        while usize::from(table) < TABLES.len() {
            self.asking.tell(|| format!("table {} of {}", table.saturating_add(1), TABLES.len()));
            let want = |table: u8, after: &[u8]| SnapshotMessage::WantPart { height, table, after: after.to_vec() };
            let part = self.asking.answer(node, &want(table, &after), is_asked, |said| match said {
                SnapshotMessage::Part { height: of, table: number, after: above, is_last, pairs }
                    if of == height && number == table && above == after =>
                {
                    Some(Some((is_last, pairs)))
                }
                SnapshotMessage::Gone { height: of } if of == height => Some(None),
                _ => None,
            })?;
            let (is_last, packed) = part.ok_or(End::Silent)?;
            let lie = || End::Lie(format!("table {table}: a part that can't be read"));
            let pairs = Pairs::unpack(&packed).ok_or_else(lie)?;
            (table, after) = match is_last {
                true => (table.saturating_add(1), Vec::new()),
                false => (table, pairs.last_key().ok_or_else(lie)?.to_vec()),
            };
            // The next one is read there while this one is written here.
            is_asked = usize::from(table) < TABLES.len();
            if is_asked {
                self.asking.send(node, want(table, &after));
            }
            if heard.send(Part { pairs, is_last }).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Takes the blocks that the state needs beside its tables.
    fn take_blocks(&mut self, node: NodeKey, receiver: &mut Receiver<'_, RocksStore>) -> Result<(), End> {
        while let Some(height) = receiver.wants_block() {
            let question = SnapshotMessage::WantBlocks { from: height, to: height };
            let (through, rows) = self.asking.answer(node, &question, false, |said| match said {
                SnapshotMessage::Blocks { from, through, rows } if from == height => Some((through, rows)),
                _ => None,
            })?;
            if through < height {
                return Err(End::Silent);
            }
            let lie = || End::Lie(format!("block {height} can't be read"));
            receiver.take_block(unpacked(through, &rows).ok_or_else(lie)?)?;
        }
        Ok(())
    }
}

/// Every table has a number that fits into a message.
const _: () = assert!(TABLES.len() < u8::MAX as usize);
