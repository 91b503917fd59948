//! Room for connections. When there is none left, the one that has asked nothing for longest has to go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// One that has to go is given so long before who comes is turned away.
const LEAVE_TIME: Duration = Duration::from_millis(250);

/// Room for connections.
pub struct Places {
    room: Arc<Semaphore>,
    connections_max: u32,
    idle: Mutex<Idle>,
    pub(super) open: AtomicUsize,
    /// Connections that had to go to make room.
    pub evicted: AtomicU64,
    /// Connections that found no room.
    pub refused: AtomicU64,
}

/// The connections that have asked nothing, the longest first.
#[derive(Default)]
struct Idle {
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

impl Places {
    /// Room for so many.
    pub fn new(connections_max: u32) -> Arc<Places> {
        Arc::new(Places {
            room: Arc::new(Semaphore::new(connections_max as usize)),
            connections_max,
            idle: Mutex::default(),
            open: AtomicUsize::new(0),
            evicted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection, if need be that of another; `None` if all of them are being answered.
    pub(super) async fn enter(self: &Arc<Self>) -> Option<Arc<Place>> {
        let permit = match self.room.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) if self.make_room() => {
                tokio::time::timeout(LEAVE_TIME, self.room.clone().acquire_owned()).await.ok().and_then(Result::ok)
            }
            Err(_) => None,
        };
        let Some(permit) = permit else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        self.open.fetch_add(1, Ordering::Relaxed);
        let place =
            Arc::new(Place { places: self.clone(), leave: Arc::default(), ticket: Mutex::new(None), _permit: permit });
        place.set_idle();
        Some(place)
    }

    /// Tells the connection that has asked nothing for longest to go, if there is one.
    pub(super) fn make_room(&self) -> bool {
        let longest = self.idle().waiting.pop_first();
        if let Some((_, leave)) = &longest {
            leave.notify_one();
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        longest.is_some()
    }

    /// Waits until no connection is left.
    pub(super) async fn empty(&self) {
        let _ = self.room.acquire_many(self.connections_max).await;
    }
}

/// A connection's place.
pub(super) struct Place {
    places: Arc<Places>,
    leave: Arc<Notify>,
    /// Its place among those that have asked nothing.
    ticket: Mutex<Option<u64>>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Comes when the connection has to go.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    fn ticket(&self) -> MutexGuard<'_, Option<u64>> {
        self.ticket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_idle(&self) {
        let mut idle = self.places.idle();
        let ticket = idle.next;
        idle.next += 1;
        idle.waiting.insert(ticket, self.leave.clone());
        *self.ticket() = Some(ticket);
    }

    fn leave_idle(&self) {
        let mut idle = self.places.idle();
        if let Some(ticket) = self.ticket().take() {
            idle.waiting.remove(&ticket);
        }
    }

    /// Says that a request is being answered, until what is given is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.leave_idle();
        Busy(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave_idle();
        self.places.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// That a request is being answered.
pub struct Busy(Arc<Place>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set_idle();
    }
}
