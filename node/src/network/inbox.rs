//! Hands up what comes in, votes before blocks and every peer in its turn.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::each::{Each, lock};
use super::peer::Peer;
use super::record::Bucket;
use super::{Class, Event, Refusal};

/// After so many votes in a row a block has its turn, if there is one: nobody starves the others with votes.
const VOTES_IN_A_ROW: u32 = 64;
/// So many refusals wait to be handed up; more are only counted.
const REFUSALS_MAX: usize = 64;
/// And so many a second are handed up.
const REFUSALS_PER_SECOND: u32 = 16;

struct Ready {
    /// Peers of which it is to be told that they are connected, or not any more.
    changed: VecDeque<Arc<Peer>>,
    refused: VecDeque<Event>,
    refusals: Bucket,
    /// Refusals that are not told.
    untold: u64,
    /// Peers with messages.
    lanes: Each<VecDeque<Arc<Peer>>>,
    votes: u32,
}

/// What is to be handed up. Messages stay with their peers: this only knows which have some.
pub(super) struct Inbox {
    ready: Mutex<Ready>,
    some: Notify,
    ended: AtomicBool,
}

impl Inbox {
    pub fn new() -> Inbox {
        let ready = Ready {
            changed: VecDeque::new(),
            refused: VecDeque::new(),
            refusals: Bucket::new(REFUSALS_PER_SECOND),
            untold: 0,
            lanes: Each::default(),
            votes: 0,
        };
        Inbox { ready: Mutex::new(ready), some: Notify::new(), ended: AtomicBool::new(false) }
    }

    /// A peer has a first change that is to be told.
    pub fn changed(&self, peer: Arc<Peer>) {
        lock(&self.ready).changed.push_back(peer);
        self.some.notify_one();
    }

    /// A peer has a first message that is to be handed up.
    pub fn ready(&self, class: Class, peer: Arc<Peer>) {
        lock(&self.ready).lanes.of_mut(class).push_back(peer);
        self.some.notify_one();
    }

    /// Tells that somebody was refused, unless that is told too often. Whether it is.
    pub fn refused(&self, address: String, peer: Option<String>, why: Refusal) -> bool {
        let mut ready = lock(&self.ready);
        ready.refusals.take(0);
        if ready.refused.len() >= REFUSALS_MAX || ready.refusals.debt().is_some() {
            ready.untold += 1;
            return false;
        }
        ready.refusals.take(1);
        let untold = std::mem::take(&mut ready.untold);
        ready.refused.push_back(Event::Refused { address, peer, why, untold });
        drop(ready);
        self.some.notify_one();
        true
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.some.notify_one();
    }

    fn next(&self) -> Option<Event> {
        loop {
            let mut ready = lock(&self.ready);
            if let Some(peer) = ready.changed.pop_front() {
                drop(ready);
                let (change, more) = peer.next_change();
                let key = peer.key;
                if more {
                    lock(&self.ready).changed.push_front(peer);
                }
                match change {
                    Some(true) => return Some(Event::Connected(key)),
                    Some(false) => return Some(Event::Disconnected(key)),
                    None => continue,
                }
            }
            if let Some(event) = ready.refused.pop_front() {
                return Some(event);
            }
            let first = if ready.votes < VOTES_IN_A_ROW { Class::Consensus } else { Class::Bulk };
            let (class, peer) = match ready.lanes.of_mut(first).pop_front() {
                Some(peer) => (first, peer),
                None => (first.other(), ready.lanes.of_mut(first.other()).pop_front()?),
            };
            ready.votes = if class == Class::Consensus { ready.votes.saturating_add(1) } else { 0 };
            drop(ready);
            let (message, more) = peer.hand_up(class);
            let from = peer.key;
            if more {
                lock(&self.ready).lanes.of_mut(class).push_back(peer);
            }
            if let Some(bytes) = message {
                return Some(Event::Message { from, class, bytes });
            }
        }
    }
}

/// What happens in a network, to be received by one who listens. While nobody does, nothing is lost: the peers wait.
pub struct Events {
    inbox: Arc<Inbox>,
}

impl Events {
    pub(super) fn new(inbox: Arc<Inbox>) -> Events {
        Events { inbox }
    }

    /// The next event; none once the network has stopped. Nothing is lost if this is not awaited to its end.
    pub async fn recv(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.inbox.next() {
                return Some(event);
            }
            if self.inbox.ended.load(Ordering::Acquire) {
                return self.inbox.next();
            }
            self.inbox.some.notified().await;
        }
    }

    /// The next event, if there is one already.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.inbox.next()
    }
}
