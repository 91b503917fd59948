//! Puts the bodies of proposed blocks together, and judges whether they may be decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_ledger::block::{Block, Header, body_root};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::Read;
use suyuan_ledger::state::apply::lane;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::LaneState;

use super::pool::is_of_organisations;
use super::{Alarm, CoreError, Effect, Message, NodeCore, NodeKey, Part, ProposedBlock, WAITING_MAX};

/// What is missing is asked for after so long: most of it is on its way.
const MISSING_MS: u64 = 30;
/// It is asked for again, of another node, after so long.
const AGAIN_MS: u64 = 250;

/// The body of a proposed block.
pub(super) struct Body {
    pub header: Header,
    pub submissions: Vec<Arc<VerifiedSubmission>>,
    /// Whether it may be decided.
    pub valid: bool,
    /// Whether consensus was told that it may be decided.
    pub told: bool,
    /// Who sent it, if it is not this node's own.
    pub from: Option<NodeKey>,
}

impl Body {
    /// The block with all its bytes.
    pub fn block(&self) -> Block {
        let submissions = self.submissions.iter().map(|submission| submission.signed().clone()).collect();
        Block { header: self.header.clone(), submissions }
    }

    pub fn proposed(&self) -> ProposedBlock {
        let submissions = self.submissions.iter().map(|submission| submission.id()).collect();
        ProposedBlock { header: self.header.clone(), submissions }
    }
}

/// A body of which submissions are missing.
pub(super) struct Partial {
    block: ProposedBlock,
    /// Those that came for this body.
    here: BTreeMap<Hash, Arc<VerifiedSubmission>>,
    pub from: NodeKey,
    pub ask_at: u64,
}

impl NodeCore {
    /// Takes the list of a proposed block; whether a block is decided by that.
    pub(super) fn take_proposed(
        &mut self,
        store: &dyn Read,
        from: NodeKey,
        block: ProposedBlock,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, CoreError> {
        let (next, now) = (self.ledger.head.height.saturating_add(1), self.elapsed_ms);
        // A list that the header does not name would keep the true one out.
        let is_its = is_list(&block.submissions) && body_root(&block.submissions) == block.header.body;
        let is_fit = self.votes(&from) && block.header.chain == self.ledger.head.chain && is_its;
        let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
        if !is_fit {
            return Ok(false);
        }
        if block.header.height == next.saturating_add(1) {
            agreement.keep_for_later(from, block);
            return Ok(false);
        }
        let id = block.header.id();
        let known = agreement.bodies.contains_key(&id) || agreement.partial.contains_key(&id);
        if block.header.height != next || known || !agreement.has_room(&from, &id) {
            return Ok(false);
        }
        let ask_at = now.saturating_add(MISSING_MS);
        agreement.partial.insert(id, Partial { block, here: BTreeMap::new(), from, ask_at });
        self.complete_bodies(store, effects)
    }

    /// Keeps a submission for the bodies in which it is missing.
    pub(super) fn keep_for_bodies(&mut self, verified: &Arc<VerifiedSubmission>) {
        let Part::Validator(agreement) = &mut self.part else { return };
        let id = verified.id();
        for partial in agreement.partial.values_mut().filter(|partial| partial.block.submissions.contains(&id)) {
            partial.here.insert(id, Arc::clone(verified));
        }
    }

    /// Whether a submission is missing in a body.
    pub(super) fn is_missing(&self, id: &Hash) -> bool {
        let Part::Validator(agreement) = &self.part else { return false };
        agreement.partial.values().any(|partial| partial.block.submissions.contains(id))
    }

    /// Judges the bodies of which nothing is missing any more; whether a block is decided by that.
    pub(super) fn complete_bodies(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let Part::Validator(agreement) = &self.part else { return Ok(false) };
        let whole: Vec<(Hash, Vec<Arc<VerifiedSubmission>>)> =
            agreement.partial.iter().filter_map(|(id, partial)| Some((*id, self.whole(partial)?))).collect();
        for (id, submissions) in whole {
            let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
            let Some(partial) = agreement.partial.remove(&id) else { continue };
            let header = partial.block.header;
            let fault = self.fault_in(store, &header, &submissions)?;
            let valid = fault.is_none();
            if let Some(why) = fault {
                effects.push(Effect::Alarm(Alarm::Invalid { id, why }));
            }
            let Part::Validator(agreement) = &mut self.part else { return Ok(false) };
            let from = Some(partial.from);
            agreement.bodies.insert(id, Body { header, submissions, valid, told: false, from });
            if self.tell_body(store, id, effects)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The submissions of a body if none is missing.
    fn whole(&self, partial: &Partial) -> Option<Vec<Arc<VerifiedSubmission>>> {
        let one = |id: &Hash| match partial.here.get(id) {
            Some(submission) => Some(Arc::clone(submission)),
            None => self.current(self.pool.get(id)?),
        };
        partial.block.submissions.iter().map(one).collect()
    }

    /// Why a block may not be decided, or `None`.
    pub(super) fn fault_in(
        &self,
        store: &dyn Read,
        header: &Header,
        submissions: &[Arc<VerifiedSubmission>],
    ) -> Result<Option<String>, CoreError> {
        if let Err(error) = self.ledger.check_header(header, submissions) {
            return Ok(Some(error.to_string()));
        }
        let (events_max, bytes_max) = self.block_limits();
        if header.events as usize > events_max || header.body_bytes > bytes_max as u64 {
            // One submission alone may be as large as submissions may be.
            if submissions.len() > 1 {
                return Ok(Some("more than a block may carry".to_owned()));
            }
        }
        // Compared with a clock only here, where it is proposed (`proofs.md` §4).
        let latest = self.wall_ms.saturating_add(self.ledger.directory.parameters().clock_tolerance_ms);
        if header.time > latest {
            return Ok(Some("its time is ahead of this validator's clock".to_owned()));
        }
        // A record of an organisation may move a lane that a later submission of the block stands on.
        let before_last = submissions.split_last().map_or(&[][..], |(_, before)| before);
        if before_last.iter().any(|submission| is_of_organisations(submission)) {
            return Ok(Some("something follows a record of an organisation".to_owned()));
        }
        let mut lanes: BTreeMap<Hash, LaneState> = BTreeMap::new();
        for submission in submissions {
            let head = &submission.signed().submission;
            if submission.is_ahead_of(header.time, &self.ledger.directory) {
                return Ok(Some("a submission is signed after the block's time".to_owned()));
            }
            let stands = match lanes.get(&head.key) {
                Some(stands) => *stands,
                None => lane(store, &head.key)?,
            };
            if (head.sequence, head.previous) != (stands.next, stands.previous) {
                return Ok(Some("a submission is not the next of its lane".to_owned()));
            }
            lanes.insert(head.key, LaneState { next: head.sequence.saturating_add(1), previous: submission.id() });
        }
        Ok(None)
    }

    /// Asks for what is still missing.
    pub(super) fn ask_for_bodies(&mut self, effects: &mut Vec<Effect>) {
        let (now, height) = (self.elapsed_ms, self.ledger.head.height.saturating_add(1));
        let validators: Vec<NodeKey> = self.validators().iter().map(|validator| validator.key).collect();
        let Part::Validator(agreement) = &mut self.part else { return };
        let own = agreement.key();
        // Of another one next time: this one may be gone.
        let again = |asked: NodeKey| {
            let place = validators.iter().position(|key| *key == asked).unwrap_or(0);
            let others = validators.iter().cycle().skip(place + 1).take(validators.len());
            (others.copied().find(|key| *key != own).unwrap_or(asked), now.saturating_add(AGAIN_MS))
        };
        for (id, from) in agreement.ask_for_proposed(now, again) {
            let message = Arc::new(Message::WantProposed { height, id });
            effects.push(Effect::Send { to: Some(from), message });
        }
        for (id, partial) in agreement.partial.iter_mut().filter(|(_, partial)| partial.ask_at <= now) {
            let lacks = |id: &&Hash| !partial.here.contains_key(*id) && self.pool.get(id).is_none();
            let missing: BTreeSet<Hash> = partial.block.submissions.iter().filter(lacks).copied().collect();
            let message = Message::WantSubmissions { height, id: *id, submissions: missing.into_iter().collect() };
            effects.push(Effect::Send { to: Some(partial.from), message: Arc::new(message) });
            (partial.from, partial.ask_at) = again(partial.from);
        }
    }

    pub(super) fn send_proposed(&self, to: NodeKey, height: u64, id: Hash, effects: &mut Vec<Effect>) {
        let Part::Validator(agreement) = &self.part else { return };
        // One that is not valid may name this validator, and is none that it hands on.
        if let Some(body) = agreement.bodies.get(&id).filter(|body| body.valid && body.header.height == height) {
            effects.push(Effect::Send { to: Some(to), message: Arc::new(Message::Proposed(body.proposed())) });
        }
    }

    /// Sends submissions that another validator misses in a body: of the body, or of those that wait.
    pub(super) fn send_submissions(
        &self,
        to: NodeKey,
        height: u64,
        id: Hash,
        wanted: &[Hash],
        effects: &mut Vec<Effect>,
    ) {
        let Part::Validator(agreement) = &self.part else { return };
        let body = agreement.bodies.get(&id).filter(|body| body.header.height == height);
        let wanted: BTreeSet<&Hash> = wanted.iter().take(WAITING_MAX).collect();
        let submissions = body.map_or(&[][..], |body| &body.submissions);
        let of_body: BTreeMap<Hash, &Arc<VerifiedSubmission>> =
            submissions.iter().map(|submission| (submission.id(), submission)).collect();
        for id in wanted {
            let found = of_body.get(id).copied().or_else(|| self.pool.get(id).map(|pooled| &pooled.submission));
            if let Some(submission) = found {
                let message = Message::Submission(submission.signed().clone());
                effects.push(Effect::Send { to: Some(to), message: Arc::new(message) });
            }
        }
    }
}

/// Whether ids are those of a block's submissions: not more than wait at a node, and none twice.
fn is_list(ids: &[Hash]) -> bool {
    ids.len() <= WAITING_MAX && ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
}
