//! Keeps submissions that wait for a block: those of this node's clients, and those that other nodes pass on.

use std::collections::BTreeMap;
use std::sync::Arc;

use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{LaneState, record_type};

use super::{WAITING_BYTES_MAX, WAITING_MAX};

/// So many of one organisation are taken from other nodes.
const AUTHOR_MAX: usize = WAITING_MAX / 2;
/// They may be so far ahead of those of their lane that are here.
const GAP_MAX: u64 = 32;
/// A lane's submissions are kept so far ahead of where the lane stands on the ledger.
const AHEAD_MAX: u64 = 1_024;

/// What waits is passed on again more and more seldom, but each two to this many times at least.
const AGAIN_TIMES_MAX: u32 = 5;

/// A submission that waits.
#[derive(Clone)]
pub(super) struct Pooled {
    pub submission: Arc<VerifiedSubmission>,
    /// Under which directory it was verified.
    pub directory: Arc<Directory>,
    /// Whether a client of this node brought it.
    pub own: bool,
    bytes: usize,
    place: u64,
    /// How often it was passed on again, and from which time on it is next.
    again: (u32, u64),
}

/// What became of a submission that was to wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It waits, or did already.
    Waits,
    /// There is no room.
    Full,
    /// Another one waits for the same place of its lane: its id.
    Fork(Hash),
}

/// How much of an organisation waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    count: usize,
    bytes: usize,
}

/// What waits, in the order in which it came.
#[derive(Default)]
pub(super) struct Pool {
    by_id: BTreeMap<Hash, Pooled>,
    by_place: BTreeMap<u64, Hash>,
    /// By lane and sequence.
    lanes: BTreeMap<Hash, BTreeMap<u64, Hash>>,
    /// How much of each organisation.
    authors: BTreeMap<u64, Share>,
    next_place: u64,
    bytes: usize,
    /// How often it was asked what is to be passed on again.
    time: u64,
}

impl Pool {
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn get(&self, id: &Hash) -> Option<&Pooled> {
        self.by_id.get(id)
    }

    /// Whether one of so many bytes would not find room.
    fn is_full(&self, bytes: usize) -> bool {
        self.by_id.len() >= WAITING_MAX || self.bytes.saturating_add(bytes) > WAITING_BYTES_MAX
    }

    /// Makes room for a submission of an organisation; whether there is. What other nodes passed on of the organisation that
    /// has most waiting is dropped, the last first, as long as that is more than this one's: whoever brought it still has it,
    /// and what waits for what never comes must not keep others out.
    pub fn make_room(&mut self, author: u64, bytes: usize) -> bool {
        while self.is_full(bytes) {
            let own = self.authors.get(&author).copied().unwrap_or_default();
            let lacks_bytes = self.by_id.len() < WAITING_MAX;
            let size = |share: &Share| if lacks_bytes { share.bytes } else { share.count };
            let wanted = size(&own).saturating_add(if lacks_bytes { bytes } else { 1 });
            let more = self.authors.iter().filter(|(other, share)| **other != author && size(share) > wanted);
            let most = more.max_by_key(|(_, share)| size(share)).map(|(other, _)| *other);
            let is_of =
                |pooled: &Pooled| Some(pooled.submission.signed().submission.organisation) == most && !pooled.own;
            let mut latest = self.by_place.values().rev();
            let Some(id) = latest.find(|id| self.by_id.get(id).is_some_and(is_of)).copied() else { return false };
            self.remove(&id);
        }
        true
    }

    /// Lets one wait. `lane` is where its lane stands on the ledger.
    pub fn add(
        &mut self,
        submission: Arc<VerifiedSubmission>,
        directory: Arc<Directory>,
        own: bool,
        lane: LaneState,
    ) -> Added {
        let (id, head) = (submission.id(), &submission.signed().submission);
        let (key, sequence, bytes) = (head.key, head.sequence, head.body_bytes as usize);
        if let Some(pooled) = self.by_id.get_mut(&id) {
            pooled.own |= own;
            return Added::Waits;
        }
        if sequence < lane.next || sequence - lane.next > AHEAD_MAX {
            return Added::Full;
        }
        let (author, tip) = (head.organisation, self.tip(&key, lane));
        let of_author = self.authors.get(&author).map_or(0, |share| share.count);
        // What other nodes pass on must leave room: for other organisations, and for what the next of a lane is.
        if !own && (of_author >= AUTHOR_MAX || sequence > tip.next.saturating_add(GAP_MAX)) {
            return Added::Full;
        }
        if let Some(other) = self.lanes.get(&key).and_then(|lane| lane.get(&sequence)) {
            return Added::Fork(*other);
        }
        // For what can't be taken yet nothing else is dropped.
        let has_room = if sequence == tip.next { self.make_room(author, bytes) } else { !self.is_full(bytes) };
        if !has_room {
            return Added::Full;
        }
        let place = self.next_place;
        self.next_place += 1;
        self.bytes += bytes;
        self.lanes.entry(key).or_default().insert(sequence, id);
        let share = self.authors.entry(author).or_default();
        (share.count, share.bytes) = (share.count + 1, share.bytes + bytes);
        self.by_place.insert(place, id);
        self.by_id.insert(id, Pooled { submission, directory, own, bytes, place, again: (0, self.time + 2) });
        Added::Waits
    }

    /// The lanes of which something waits.
    pub fn lanes(&self) -> Vec<Hash> {
        self.lanes.keys().copied().collect()
    }

    /// Where a lane stands once what waits for it without a gap is applied.
    pub fn tip(&self, key: &Hash, mut lane: LaneState) -> LaneState {
        let waiting = self.lanes.get(key);
        while let Some(id) = waiting.and_then(|waiting| waiting.get(&lane.next)) {
            lane = LaneState { next: lane.next.saturating_add(1), previous: *id };
        }
        lane
    }

    /// Those for the next block, as many as it may carry: in the order in which they came, but each lane in its own.
    /// They go on waiting until they are applied.
    pub fn choose(
        &self,
        (events_max, bytes_max): (usize, usize),
        may_enter: &dyn Fn(&VerifiedSubmission) -> bool,
        ledger: &mut dyn FnMut(&Hash) -> Result<LaneState, StoreError>,
    ) -> Result<Vec<Pooled>, StoreError> {
        let (mut events, mut bytes) = (0usize, 0usize);
        let mut chosen = Vec::new();
        let mut lanes: BTreeMap<Hash, LaneState> = BTreeMap::new();
        for id in self.by_place.values() {
            let Some(first) = self.by_id.get(id) else { continue };
            let key = first.submission.signed().submission.key;
            let lane = match lanes.get(&key) {
                Some(lane) => *lane,
                None => ledger(&key)?,
            };
            lanes.insert(key, lane);
            if first.submission.signed().submission.sequence < lane.next {
                continue;
            }
            // What came before the one it follows is taken together with that one.
            let mut next = lane;
            while let Some(pooled) = self.following(&key, next).filter(|pooled| may_enter(&pooled.submission)) {
                events = events.saturating_add(pooled.submission.derived().len());
                bytes = bytes.saturating_add(pooled.bytes);
                if !chosen.is_empty() && (events > events_max || bytes > bytes_max) {
                    return Ok(chosen);
                }
                next = LaneState { next: next.next.saturating_add(1), previous: pooled.submission.id() };
                lanes.insert(key, next);
                let is_this = pooled.place == first.place;
                chosen.push(pooled.clone());
                if is_of_organisations(&pooled.submission) {
                    return Ok(chosen);
                }
                if is_this {
                    break;
                }
            }
        }
        Ok(chosen)
    }

    /// Whether one of them is the next of its lane.
    pub fn is_ready(&self, ledger: &mut dyn FnMut(&Hash) -> Result<LaneState, StoreError>) -> Result<bool, StoreError> {
        for key in self.lanes.keys() {
            if self.following(key, ledger(key)?).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those that are the next of their lanes.
    pub fn next_of_lanes(
        &self,
        ledger: &mut dyn FnMut(&Hash) -> Result<LaneState, StoreError>,
    ) -> Result<Vec<Pooled>, StoreError> {
        let mut next = Vec::new();
        for key in self.lanes.keys() {
            next.extend(self.following(key, ledger(key)?).cloned());
        }
        Ok(next)
    }

    /// How many there are, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        (self.by_id.len(), self.bytes)
    }

    fn following(&self, key: &Hash, lane: LaneState) -> Option<&Pooled> {
        let pooled = self.by_id.get(self.lanes.get(key)?.get(&lane.next)?)?;
        (pooled.submission.signed().submission.previous == lane.previous).then_some(pooled)
    }

    /// Forgets one, whatever became of it.
    pub fn remove(&mut self, id: &Hash) -> Option<Pooled> {
        let pooled = self.by_id.remove(id)?;
        let head = &pooled.submission.signed().submission;
        self.bytes -= pooled.bytes;
        if let Some(share) = self.authors.get_mut(&head.organisation) {
            (share.count, share.bytes) = (share.count - 1, share.bytes - pooled.bytes);
            if share.count == 0 {
                self.authors.remove(&head.organisation);
            }
        }
        self.by_place.remove(&pooled.place);
        if let Some(lane) = self.lanes.get_mut(&head.key) {
            lane.remove(&head.sequence);
            if lane.is_empty() {
                self.lanes.remove(&head.key);
            }
        }
        Some(pooled)
    }

    /// Takes out those of a lane that can never be its next again, and the ones that do not follow what is on the ledger.
    pub fn outdated(&mut self, key: &Hash, lane: LaneState) -> Vec<Pooled> {
        let Some(waiting) = self.lanes.get(key) else { return Vec::new() };
        let mut gone: Vec<Hash> = waiting.range(..lane.next).map(|(_, id)| *id).collect();
        if let Some(next) = waiting.get(&lane.next).filter(|_| self.following(key, lane).is_none()) {
            gone.push(*next);
        }
        gone.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Those that clients of this node brought and that are to be passed on again, asked from time to time: first when one has
    /// waited from one time to the next, then after twice as many times, and again. At most so many, and so many bytes.
    pub fn again(&mut self, (count_max, bytes_max): (usize, usize)) -> Vec<Hash> {
        self.time += 1;
        let (mut bytes, mut again) = (0usize, Vec::new());
        for id in self.by_place.values() {
            let due = self.by_id.get_mut(id).filter(|one| one.own && one.again.1 <= self.time);
            let Some(pooled) = due else { continue };
            let fits = again.len() < count_max && bytes.saturating_add(pooled.bytes) <= bytes_max;
            if !fits && !again.is_empty() {
                break;
            }
            bytes = bytes.saturating_add(pooled.bytes);
            let times = (pooled.again.0 + 1).min(AGAIN_TIMES_MAX);
            pooled.again = (times, self.time + (1 << times));
            again.push(*id);
        }
        again
    }

    /// Those that clients of this node brought, in order.
    pub fn own(&self) -> impl Iterator<Item = &Pooled> {
        self.by_place.values().filter_map(|id| self.by_id.get(id)).filter(|pooled| pooled.own)
    }
}

/// Whether something in a submission may change who may do what, or where a lane stands: nothing follows it in a block.
pub(super) fn is_of_organisations(submission: &VerifiedSubmission) -> bool {
    submission.signed().events.iter().any(|event| !record_type::is_erasable(event.record_type))
}
