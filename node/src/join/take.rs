//! Takes the ledger from other nodes before this one begins its work: finds out how far they are, asks one for a state
//! and any for blocks, and turns to the next if one is silent or lies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::Table;
use suyuan_store::snapshot::{Moment, Pairs, Part, Place, Receiver, Refused, TABLES, Trust};
use suyuan_store::{DataDirectory, RocksStore};

use super::SnapshotMessage;
use super::message::{number_of, table_of, unpacked};
use crate::config::{JoinBy, NetworkTable};
use crate::core::{Message, NodeKey};
use crate::network::Event;
use crate::open::{directory_reason, store_reason};
use crate::peers::Joining;

/// For so long a node waits to be connected with somebody, and to hear how far others are.
const LOOK_AROUND: Duration = Duration::from_secs(3);
/// Once somebody has said it, for so long it waits for others to.
const LOOK_FURTHER: Duration = Duration::from_millis(500);
/// An answer is waited for so long, then the question is asked again, so often.
const ANSWER: Duration = Duration::from_secs(5);
const ASKED_MAX: u32 = 3;
/// A node that has no state to give now is asked again after so long, so often.
const LATER: Duration = Duration::from_millis(500);
const LATER_MAX: u32 = 20;
/// So often it is tried with one node that falls silent.
const ATTEMPTS_MAX: u32 = 3;
/// Points against a node that lies: enough to be refused for a while.
const LIE_POINTS: u32 = 101;
/// So often it is told how far it has come.
const TOLD: Duration = Duration::from_secs(5);

/// Whether a node begins by taking a snapshot, if others are far enough ahead.
pub fn wants_to_join(table: &NetworkTable, height: u64, is_stuck: bool) -> bool {
    table.join == JoinBy::Snapshot && (height == 0 || is_stuck)
}

/// What came of it.
pub enum Joined {
    /// A ledger lies beside the old one, whole and right.
    Taken(Place),
    /// Nobody is far enough ahead, or nobody gives one: the node goes on with what it has.
    No,
}

/// Another node.
#[derive(Default)]
struct Other {
    connected: bool,
    height: Option<u64>,
    attempts: u32,
    /// It has lied.
    refused: bool,
}

/// Why an attempt ended.
enum End {
    /// The node does not answer, or has nothing.
    Silent(NodeKey),
    /// The node sent what is wrong.
    Lie(NodeKey, String),
    /// This node can't go on.
    Failed(Reason),
}

/// A node that joins.
pub struct Joiner<'a> {
    joining: &'a mut Joining,
    directory: &'a DataDirectory,
    trust: Trust,
    /// The height that others must have for a snapshot to be worth it.
    least: u64,
    height: u64,
    memory_bytes: usize,
    others: BTreeMap<NodeKey, Other>,
    told: Instant,
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
        let (others, told) = (BTreeMap::new(), Instant::now());
        Joiner { joining, directory, trust, least, height, memory_bytes, others, told }
    }

    /// Takes a ledger, if there is one to be had.
    pub fn run(mut self) -> Result<Joined, Reason> {
        self.look_around();
        while let Some(node) = self.candidate() {
            let begun = Instant::now();
            match self.attempt(node) {
                Ok((place, moment, erased)) => {
                    let seconds = begun.elapsed().as_secs_f32();
                    tracing::warn!(from = %Hash(node), height = moment.height, erased, seconds, "joined from a snapshot");
                    return Ok(Joined::Taken(place));
                }
                Err(End::Silent(silent)) => {
                    tracing::warn!(node = %Hash(silent), "has no snapshot for this node, or is silent");
                    self.other(silent).attempts += 1;
                }
                Err(End::Lie(liar, what)) => {
                    tracing::warn!(node = %Hash(liar), what, "a snapshot that is not what was decided");
                    self.joining.penalise(liar, LIE_POINTS);
                    self.other(liar).refused = true;
                }
                Err(End::Failed(reason)) => return Err(reason),
            }
        }
        if self.others.values().any(|other| other.attempts > 0 || other.refused) {
            tracing::warn!("nobody gives a snapshot: the ledger is replayed block by block");
        }
        Ok(Joined::No)
    }

    fn other(&mut self, node: NodeKey) -> &mut Other {
        self.others.entry(node).or_default()
    }

    /// Waits until it is known how far others are.
    fn look_around(&mut self) {
        let (begun, mut first) = (Instant::now(), None);
        loop {
            let until = first.map_or(begun + LOOK_AROUND, |first: Instant| first + LOOK_FURTHER);
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            self.hear(left);
            if self.others.values().any(|other| other.height.is_some()) {
                first.get_or_insert_with(Instant::now);
            }
            if self.candidate().is_some() {
                return;
            }
        }
    }

    /// The node that is furthest ahead of those with which it may be tried.
    fn candidate(&self) -> Option<NodeKey> {
        let able = |other: &Other| other.connected && !other.refused && other.attempts < ATTEMPTS_MAX;
        let far = self.others.iter().filter(|(_, other)| able(other) && other.height >= Some(self.least));
        far.max_by_key(|(_, other)| (other.height, std::cmp::Reverse(other.attempts))).map(|(node, _)| *node)
    }

    /// Takes note of one event, and gives what is said of snapshots.
    fn hear(&mut self, wait: Duration) -> Option<(NodeKey, SnapshotMessage)> {
        match self.joining.next(wait)? {
            Event::Connected(node) => {
                self.other(node).connected = true;
                self.joining.send(node, Message::Status { height: self.height });
                None
            }
            Event::Disconnected(node) => {
                self.other(node).connected = false;
                None
            }
            Event::Message { from, bytes, .. } => match Message::decode(&bytes) {
                Ok(Message::Status { height }) => {
                    let other = self.other(from);
                    other.height = other.height.max(Some(height));
                    None
                }
                Ok(Message::Snapshot(said)) if !said.asks() => Some((from, said)),
                // Who asks something now asks again; votes come too early.
                _ => None,
            },
            Event::Refused { .. } => None,
        }
    }

    /// Asks until an answer comes that fits.
    fn answer<T>(
        &mut self,
        node: NodeKey,
        question: &SnapshotMessage,
        is_asked: bool,
        fits: impl Fn(SnapshotMessage) -> Option<T>,
    ) -> Result<T, End> {
        for asked in 0..ASKED_MAX {
            if asked > 0 || !is_asked {
                self.joining.send(node, Message::Snapshot(question.clone()));
            }
            let until = Instant::now() + ANSWER;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                match self.hear(left) {
                    Some((from, said)) if from == node => {
                        if let Some(answer) = fits(said) {
                            return Ok(answer);
                        }
                    }
                    _ => {}
                }
            }
        }
        Err(End::Silent(node))
    }

    fn moment(&mut self, node: NodeKey) -> Result<Moment, End> {
        for _ in 0..LATER_MAX {
            let fits = |said| if let SnapshotMessage::Moment(moment) = said { Some(moment) } else { None };
            if let Some(moment) = self.answer(node, &SnapshotMessage::WantMoment, false, fits)? {
                return Ok(moment);
            }
            std::thread::sleep(LATER);
        }
        Err(End::Silent(node))
    }

    fn attempt(&mut self, node: NodeKey) -> Result<(Place, Moment, u64), End> {
        let moment = self.moment(node)?;
        if moment.height < self.least {
            return Err(End::Silent(node));
        }
        let failed = |error| End::Failed(directory_reason(&error));
        let place = self.directory.begin_join().map_err(failed)?;
        let store = place.open_store(self.memory_bytes).map_err(failed)?;
        tracing::warn!(from = %Hash(node), height = moment.height, "joins from a snapshot");
        let scratch = place.scratch();
        let receiver = Receiver::new(self.trust.clone(), moment.clone(), &store, &scratch);
        let mut receiver = receiver.map_err(|refused| blame(node, refused))?;
        self.take_tables(node, &mut receiver)?;
        self.take_blocks(node, &place, &mut receiver)?;
        let erased = receiver.erased();
        // Blocks were checked as they came: what is wrong now is in the tables.
        receiver.finish().map_err(|refused| blame(node, refused))?;
        drop(store);
        Ok((place, moment, erased))
    }

    fn take_tables(&mut self, node: NodeKey, receiver: &mut Receiver<'_, RocksStore>) -> Result<(), End> {
        let height = receiver.moment().height;
        let want = |table: Table, after: &[u8]| SnapshotMessage::WantPart {
            height,
            table: number_of(table),
            after: after.to_vec(),
        };
        let mut is_asked = false;
        while let Some((table, after)) = receiver.wants_part() {
            let after = after.unwrap_or_default().to_vec();
            self.tell(|| format!("table {}", table.name()));
            let question = want(table, &after);
            let part = self.answer(node, &question, is_asked, |said| match said {
                SnapshotMessage::Part { height: of, table: number, after: above, is_last, pairs }
                    if of == height && number == number_of(table) && above == after =>
                {
                    Some(Ok((is_last, pairs)))
                }
                SnapshotMessage::Gone { height: of } if of == height => Some(Err(End::Silent(node))),
                _ => None,
            })?;
            let (is_last, packed) = part?;
            let lie = || End::Lie(node, format!("table {}: a part that can't be read", table.name()));
            let pairs = Pairs::unpack(&packed).ok_or_else(lie)?;
            // The next one is read there while this one is written here.
            let next = match is_last {
                true => table_of(number_of(table).saturating_add(1)).map(|next| want(next, &[])),
                false => pairs.last_key().map(|last| want(table, last)),
            };
            is_asked = next.is_some();
            if let Some(next) = next {
                self.joining.send(node, Message::Snapshot(next));
            }
            receiver.take_part(Part { pairs, is_last }).map_err(|refused| blame(node, refused))?;
        }
        Ok(())
    }

    /// Takes blocks from whoever gives them, first from the node that gives the state.
    fn take_blocks(
        &mut self,
        node: NodeKey,
        place: &Place,
        receiver: &mut Receiver<'_, RocksStore>,
    ) -> Result<(), End> {
        let to = receiver.moment().height;
        let (mut source, mut is_asked, mut tried) = (node, false, Vec::new());
        while let Some(from) = receiver.wants_heights() {
            self.tell(|| format!("block {from} of {to}"));
            if !is_asked && let Some(kept) = place.kept(from, to) {
                match receiver.take_heights(kept) {
                    Ok(()) => continue,
                    Err(Refused::Failed(error)) => return Err(End::Failed(store_reason(&error))),
                    // What lay on the disk has rotted, or a liar's was kept.
                    Err(Refused::Fault(_)) => place.forget(from),
                }
            }
            let taken = self.take_portion(source, (from, to), is_asked, place, receiver);
            is_asked = matches!(taken, Ok(true));
            if let Err(end) = taken {
                match end {
                    End::Failed(reason) => return Err(End::Failed(reason)),
                    End::Silent(_) => {}
                    End::Lie(liar, what) => {
                        tracing::warn!(node = %Hash(liar), what, "blocks that are not what was decided");
                        self.joining.penalise(liar, LIE_POINTS);
                        self.other(liar).refused = true;
                    }
                }
                tried.push(source);
                let able = |(other, known): (&NodeKey, &Other)| {
                    (known.connected && !known.refused && known.height >= Some(from) && !tried.contains(other))
                        .then_some(*other)
                };
                source = self.others.iter().find_map(able).ok_or(End::Silent(node))?;
            }
        }
        Ok(())
    }

    /// Takes the blocks of one answer; whether more were asked for meanwhile.
    fn take_portion(
        &mut self,
        source: NodeKey,
        (from, to): (u64, u64),
        is_asked: bool,
        place: &Place,
        receiver: &mut Receiver<'_, RocksStore>,
    ) -> Result<bool, End> {
        let question = SnapshotMessage::WantBlocks { from, to };
        let (through, rows) = self.answer(source, &question, is_asked, |said| match said {
            SnapshotMessage::Blocks { from: first, through, rows } if first == from => Some((through, rows)),
            _ => None,
        })?;
        if through < from {
            return Err(End::Silent(source));
        }
        let portion = unpacked(through, &rows);
        let portion = portion.ok_or_else(|| End::Lie(source, format!("blocks from {from} that can't be read")))?;
        let next = through.saturating_add(1);
        let is_more = next <= to && !place.has_kept(next);
        if is_more {
            self.joining.send(source, Message::Snapshot(SnapshotMessage::WantBlocks { from: next, to }));
        }
        receiver.take_heights(portion).map_err(|refused| blame(source, refused))?;
        place.keep(from, through, &rows).map_err(|error| End::Failed(store_reason(&error)))?;
        Ok(is_more)
    }

    fn tell(&mut self, what: impl Fn() -> String) {
        if self.told.elapsed() >= TOLD {
            self.told = Instant::now();
            tracing::warn!(at = what(), "joining");
        }
    }
}

fn blame(node: NodeKey, refused: Refused) -> End {
    match refused {
        Refused::Failed(error) => End::Failed(store_reason(&error)),
        fault @ Refused::Fault(_) => End::Lie(node, fault.to_string()),
    }
}

/// Every table has a number that fits into a message.
const _: () = assert!(TABLES.len() < u8::MAX as usize);
