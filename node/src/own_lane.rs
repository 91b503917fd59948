//! The lane of a node's own key: what clients hand in as documents is signed here in the node's name.
//!
//! One thread owns the lane. What comes while a submission is on its way to the disk goes together as the next one,
//! so that many clients share a signature, a block and a flush. Whoever hands in first is recorded first.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX, LaneState, SubmittedEvent};
use suyuan_sdk::lane::after;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};
use suyuan_store::RocksStore;
use tokio::sync::oneshot;

use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::link::{EventReceipt, Station, Submitted, why_stopped};
use crate::open::store_reason;
use crate::shell::Writer;

/// So many parcels wait at most; whoever brings more is told to come again.
const PARCELS_MAX: usize = 256;
/// So often is a submission tried again: because another took its place in the lane, or the writer is busy.
const TRIES_MAX: u32 = 60;
/// A busy writer is left alone for so long.
const BUSY_WAIT: Duration = Duration::from_millis(100);

/// Events that were recorded, or refused by receipt.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The block's height.
    pub height: u64,
    /// The block's time, milliseconds since 1970.
    pub time: i64,
    /// The submission's id.
    pub submission: String,
    /// Of each event.
    pub receipts: Vec<EventReceipt>,
}

/// Why events were not recorded, none of them.
#[derive(Debug, Clone)]
pub enum NotRecorded {
    /// They may not enter the ledger: why, and which event is to blame, where in it.
    Refused {
        /// Why.
        reason: Reason,
        /// Which of the events handed in.
        event: Option<usize>,
        /// Where in it.
        pointer: String,
    },
    /// Too much is waiting.
    Busy,
    /// The node can't go on, or is stopping.
    Stopped(Reason),
}

struct Parcel {
    events: Vec<SubmittedEvent>,
    answer: oneshot::Sender<Result<Recorded, NotRecorded>>,
}

impl Parcel {
    fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.salt.len().saturating_add(event.payload.len())).sum()
    }
}

/// Hands events to the thread that owns the lane.
pub struct OwnLane {
    sender: Mutex<Option<SyncSender<Parcel>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    clock_tolerance_ms: i64,
}

impl OwnLane {
    /// Starts the thread.
    pub fn start(writer: Arc<Writer>, store: Arc<RocksStore>, signer: Arc<MemorySigner>) -> Result<OwnLane, Reason> {
        let ledger = Ledger::open(&store.snapshot()).map_err(|error| store_reason(&error))?;
        let tolerance = ledger.map_or(0, |ledger| ledger.directory.parameters().clock_tolerance_ms);
        let (sender, receiver) = sync_channel(PARCELS_MAX);
        let lane = Lane { writer, store, signer, station: None };
        let thread = std::thread::Builder::new().name("own lane".to_owned()).spawn(move || run(lane, &receiver));
        let thread = thread.map_err(|error| Reason::new(codes::STORE, &[&error.to_string()]))?;
        Ok(OwnLane {
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            clock_tolerance_ms: tolerance,
        })
    }

    /// An event that happens later than this is from the future, and would keep all events that are signed with it
    /// off the ledger (111).
    pub fn latest(&self) -> i64 {
        now_ms().saturating_add(self.clock_tolerance_ms)
    }

    /// Hands events over, within the limits of one submission. The answer comes once they are on disk.
    pub fn submit(
        &self,
        events: Vec<SubmittedEvent>,
    ) -> Result<oneshot::Receiver<Result<Recorded, NotRecorded>>, NotRecorded> {
        let (answer, answered) = oneshot::channel();
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sender) = sender else { return Err(stopping()) };
        match sender.try_send(Parcel { events, answer }) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(NotRecorded::Busy),
            Err(TrySendError::Disconnected(_)) => Err(stopping()),
        }
    }

    /// Lets the thread finish what was handed over, and end.
    pub fn stop(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It fails only if the thread has panicked, which has been told.
            let _ = thread.join();
        }
    }
}

/// The node is stopping.
pub fn stopping() -> NotRecorded {
    NotRecorded::Stopped(Reason::new(codes::BUSY, &[]))
}

/// The lane, as its thread has it.
struct Lane {
    writer: Arc<Writer>,
    store: Arc<RocksStore>,
    signer: Arc<MemorySigner>,
    station: Option<Position>,
}

#[derive(Clone, Copy)]
struct Position {
    chain: Hash,
    organisation: u64,
    lane: LaneState,
}

fn run(mut lane: Lane, receiver: &Receiver<Parcel>) {
    let mut kept: Option<Parcel> = None;
    loop {
        let first = match kept.take() {
            Some(parcel) => parcel,
            None => match receiver.recv() {
                Ok(parcel) => parcel,
                Err(_) => return,
            },
        };
        let (mut events, mut bytes) = (first.events.len(), first.bytes());
        let mut parcels = vec![first];
        while let Ok(parcel) = receiver.try_recv() {
            events = events.saturating_add(parcel.events.len());
            bytes = bytes.saturating_add(parcel.bytes());
            if events > EVENTS_MAX || bytes > BODY_BYTES_MAX {
                kept = Some(parcel);
                break;
            }
            parcels.push(parcel);
        }
        lane.send(parcels);
    }
}

impl Lane {
    /// Submits parcels together and answers each. If they are refused together, each is tried alone: a bad event
    /// loses none that came from another.
    fn send(&mut self, mut parcels: Vec<Parcel>) {
        let events: Vec<SubmittedEvent> = parcels.iter().flat_map(|parcel| parcel.events.iter().cloned()).collect();
        let answer = self.submit(events);
        if matches!(answer, Err(NotRecorded::Refused { .. })) && parcels.len() > 1 {
            parcels.into_iter().for_each(|parcel| self.send(vec![parcel]));
            return;
        }
        let Ok(recorded) = answer else {
            for parcel in parcels {
                let refused = answer.clone();
                // Whoever handed it in may have gone.
                let _ = parcel.answer.send(refused);
            }
            return;
        };
        let mut receipts = recorded.receipts.iter().cloned();
        for parcel in parcels.drain(..) {
            let receipts = receipts.by_ref().take(parcel.events.len()).collect();
            let (submission, height, time) = (recorded.submission.clone(), recorded.height, recorded.time);
            let _ = parcel.answer.send(Ok(Recorded { height, time, submission, receipts }));
        }
    }

    fn submit(&mut self, events: Vec<SubmittedEvent>) -> Result<Recorded, NotRecorded> {
        let stopped = NotRecorded::Stopped;
        for _ in 0..TRIES_MAX {
            let position = self.position().map_err(stopped)?;
            let Position { chain, organisation, lane } = position;
            let signed = sign_submission(&*self.signer, chain, organisation, lane, now_ms(), events.clone());
            let signed = signed.map_err(stopped)?;
            let (id, after) = (signed.submission.id(), after(&signed));
            let answer = self.writer.submit(signed).blocking_recv();
            let answer = answer.map_err(|_| stopped(why_stopped(&self.writer)))?;
            let submitted = Submitted::of(answer, id, &self.store).map_err(|error| stopped(store_reason(&error)))?;
            match submitted {
                Submitted::Applied { height, block_time, submission, receipts } => {
                    self.station = Some(Position { lane: after, ..position });
                    return Ok(Recorded { height, time: block_time, submission, receipts });
                }
                Submitted::Refused { number, event, pointer, argument } => {
                    let code = ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED);
                    let event = event.and_then(|event| usize::try_from(event).ok());
                    return Err(NotRecorded::Refused { reason: Reason::new(code, &[&argument]), event, pointer });
                }
                Submitted::NotNext { .. } => self.station = None,
                Submitted::Busy => std::thread::sleep(BUSY_WAIT),
            }
        }
        Err(NotRecorded::Busy)
    }

    /// Where the lane stands: known from the last submission, else read.
    fn position(&mut self) -> Result<Position, Reason> {
        if let Some(position) = self.station {
            return Ok(position);
        }
        let key = self.signer.key_id();
        let station = Station::of(&self.store, &key).map_err(|error| store_reason(&error))?;
        let unknown = || Reason::new(codes::KEY_UNKNOWN, &[&key.to_string()]);
        let position = Position {
            chain: Hash::from_hex(&station.chain).ok_or_else(unknown)?,
            organisation: station.organisation.ok_or_else(unknown)?,
            lane: station.lane().ok_or_else(unknown)?,
        };
        self.station = Some(position);
        Ok(position)
    }
}
