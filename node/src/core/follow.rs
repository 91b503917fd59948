//! Catches up with blocks that others have decided: each is checked by its certificate, then applied.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use suyuan_ledger::block::{Block, StoredBlock, StoredSubmission};
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::ApplyError;
use suyuan_ledger::state::subject::place_key;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent};

use super::{Alarm, CoreError, DecidedBlock, Effect, Message, NodeCore, NodeKey, Part};

/// Decided blocks are sent in portions of at most so many, and of about so many bytes.
const PORTION_BLOCKS: u64 = 64;
const PORTION_BYTES: usize = 8 << 20;
/// A node that is one block behind may be about to decide that block itself: it asks after so long.
const GRACE_MS: u64 = 150;
/// Another node is asked if the one that was has not answered for so long.
const ANSWER_MS: u64 = 2_000;
/// And it is not asked again for so long.
const SILENT_MS: u64 = 10_000;
/// With fewer events that are not verified than this, an answer is verified where it is applied.
const VERIFIED_APART: usize = 16;
/// A block that can't be applied before more of the history is there is tried again after so long.
const LATER_MS: u64 = 500;
/// Every node tells how far it is so often.
const STATUS_MS: u64 = 1_000;

/// What is known of the others, and what they have sent.
#[derive(Default)]
pub(super) struct Follow {
    /// Of each node that is connected: its last height, as it says, and until when it is not asked since it had nothing.
    heights: BTreeMap<NodeKey, (u64, u64)>,
    /// Since when some node is ahead.
    behind_since: Option<u64>,
    /// Who was asked, and until when an answer may come.
    asked: Option<(NodeKey, u64)>,
    /// Blocks to apply, the next one first: of two answers at most.
    blocks: VecDeque<Followed>,
    /// The last height of those that are being verified.
    verifying: Option<u64>,
    /// Until when the next block is not tried again, since it needs history that is not there.
    later_at: u64,
    status_at: u64,
}

/// A decided block that another node has sent, and what of it is verified.
#[derive(Debug)]
pub struct Followed {
    decided: DecidedBlock,
    from: NodeKey,
    /// Of each submission, if it is verified under the directory.
    verified: Vec<Option<Arc<VerifiedSubmission>>>,
    directory: Arc<Directory>,
}

impl Followed {
    /// Verifies the submissions that are not yet. One that is invalid stays what it was, and is found so where the block
    /// would be applied.
    pub fn verify(&mut self, chain: Hash) {
        for (signed, verified) in self.decided.block.submissions.iter().zip(&mut self.verified) {
            if verified.is_none() {
                *verified = VerifiedSubmission::verify(signed.clone(), chain, &self.directory).ok().map(Arc::new);
            }
        }
    }

    fn height(&self) -> u64 {
        self.decided.block.header.height
    }

    fn events_to_verify(&self) -> usize {
        let submissions = self.decided.block.submissions.iter().zip(&self.verified);
        submissions.filter(|(_, verified)| verified.is_none()).map(|(signed, _)| signed.events.len()).sum()
    }
}

impl Follow {
    pub fn connected(&mut self, node: NodeKey) {
        self.heights.insert(node, (0, 0));
    }

    /// Whether any node is connected.
    pub fn has_nodes(&self) -> bool {
        !self.heights.is_empty()
    }

    /// How far those are that are connected, as they say.
    pub fn heights(&self) -> impl Iterator<Item = (NodeKey, u64)> {
        self.heights.iter().map(|(node, (said, _))| (*node, *said))
    }

    /// Whether nobody tells of a block after this one.
    pub fn is_last(&self, height: u64) -> bool {
        self.end(height) == height && self.heights().all(|(_, said)| said <= height)
    }

    pub fn disconnected(&mut self, node: &NodeKey) {
        self.heights.remove(node);
        self.asked = self.asked.filter(|(asked, _)| asked != node);
    }

    /// A node's last height, as it says.
    pub fn status(&mut self, node: NodeKey, height: u64, now: u64) {
        if let Some(known) = self.heights.get_mut(&node) {
            known.0 = height.max(known.0);
        }
        self.behind_since.get_or_insert(now);
    }

    /// The last height that is here, or on its way from being verified.
    fn end(&self, height: u64) -> u64 {
        self.verifying.or(self.blocks.back().map(Followed::height)).unwrap_or(height).max(height)
    }

    /// Whether an answer is the one that was asked for, and fits. What is not is dropped.
    fn expects(&mut self, from: NodeKey, blocks: &[DecidedBlock], height: u64) -> bool {
        let Some((_, until)) = self.asked.filter(|(asked, _)| *asked == from) else { return false };
        self.asked = None;
        let next = self.end(height).saturating_add(1);
        let fits = blocks.first().is_some_and(|block| block.block.header.height == next);
        if !fits || blocks.len() as u64 > PORTION_BLOCKS {
            // It has nothing, whatever it said.
            self.heights.insert(from, (0, until));
            return false;
        }
        true
    }

    /// Takes blocks that are verified as far as they can be, unless they are not waited for any more.
    pub fn verified(&mut self, blocks: Vec<Followed>) {
        if self.verifying.is_some() && self.verifying == blocks.last().map(Followed::height) {
            self.verifying = None;
            self.blocks.extend(blocks);
        }
    }

    /// A block was none: nothing of what was sent counts, and who sent it is not asked for a while.
    fn refuse(&mut self, from: NodeKey, now: u64) {
        self.blocks.clear();
        self.verifying = None;
        self.heights.insert(from, (0, now.saturating_add(SILENT_MS)));
    }

    /// Whether the next block is here, and may be applied by now.
    pub fn has_block(&self, height: u64, now: u64) -> bool {
        self.later_at <= now && self.blocks.front().is_some_and(|block| block.height() == height.saturating_add(1))
    }

    pub fn wakes_at(&self) -> Option<u64> {
        let answer = self.asked.map(|(_, until)| until);
        let grace = self.behind_since.map(|since| since.saturating_add(GRACE_MS)).filter(|_| answer.is_none());
        let later = Some(self.later_at).filter(|at| *at > 0 && !self.blocks.is_empty());
        [Some(self.status_at), answer, grace, later].into_iter().flatten().min()
    }

    /// Whom to ask for blocks, and from which height on, if it is time to: the next answer comes and is verified while
    /// this one is applied.
    fn whom(&mut self, height: u64, now: u64) -> Option<(NodeKey, u64)> {
        if let Some((silent, _)) = self.asked.filter(|(_, until)| now >= *until) {
            // Whatever it says meanwhile: others are asked first.
            self.asked = None;
            self.heights.entry(silent).and_modify(|known| known.1 = now.saturating_add(SILENT_MS));
        }
        let end = self.end(height);
        let ahead = self.heights.iter().filter(|(_, (said, not_before))| *said > end && *not_before <= now);
        let Some((best, highest)) = ahead.map(|(node, (said, _))| (*node, *said)).max_by_key(|(_, said)| *said) else {
            self.behind_since = None;
            return None;
        };
        let since = *self.behind_since.get_or_insert(now);
        let has_enough = self.verifying.is_some() || self.blocks.len() as u64 >= PORTION_BLOCKS;
        let may_decide_it = highest == end.saturating_add(1) && now < since.saturating_add(GRACE_MS);
        if self.asked.is_some() || has_enough || may_decide_it {
            return None;
        }
        self.asked = Some((best, now.saturating_add(ANSWER_MS)));
        Some((best, end.saturating_add(1)))
    }
}

impl NodeCore {
    pub(super) fn send_status(&self, to: Option<NodeKey>, effects: &mut Vec<Effect>) {
        let message = Arc::new(Message::Status { height: self.ledger.head.height });
        effects.push(Effect::Send { to, message });
    }

    /// Tells nodes that do not vote of a block that was just decided: nobody else tells them.
    pub(super) fn tell_followers(&self, effects: &mut Vec<Effect>) {
        self.follow
            .heights
            .keys()
            .filter(|node| !self.votes(node))
            .for_each(|node| self.send_status(Some(*node), effects));
    }

    /// Asks for the blocks that this node lacks, and tells from time to time how far it is.
    pub(super) fn ask_for_blocks(&mut self, effects: &mut Vec<Effect>) {
        let (height, now) = (self.ledger.head.height, self.elapsed_ms);
        if self.watch.diverged.is_none()
            && let Some((node, from)) = self.follow.whom(height, now)
        {
            let message = Arc::new(Message::WantDecided { from });
            effects.push(Effect::Send { to: Some(node), message });
        }
        if now >= self.follow.status_at {
            self.follow.status_at = now.saturating_add(STATUS_MS);
            self.send_status(None, effects);
            self.pass_on_again(effects);
        }
    }

    /// Sends decided blocks to a node that asks for them.
    pub(super) fn send_decided(
        &self,
        store: &dyn Read,
        to: NodeKey,
        from: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CoreError> {
        let blocks = decided_blocks(store, from)?;
        effects.push(Effect::Send { to: Some(to), message: Arc::new(Message::Decided(blocks)) });
        Ok(())
    }

    /// Takes an answer; what is to be verified of it is handed out if that is much.
    pub(super) fn take_decided(&mut self, from: NodeKey, blocks: Vec<DecidedBlock>, effects: &mut Vec<Effect>) {
        if !self.follow.expects(from, &blocks, self.ledger.head.height) {
            return;
        }
        let blocks: Vec<Followed> = blocks.into_iter().map(|decided| self.followed(from, decided)).collect();
        self.follow.verifying = blocks.last().map(Followed::height);
        match blocks.iter().map(Followed::events_to_verify).sum::<usize>() {
            ..VERIFIED_APART => self.follow.verified(blocks),
            _ => effects.push(Effect::Verify(blocks)),
        }
    }

    fn followed(&self, from: NodeKey, decided: DecidedBlock) -> Followed {
        // What waits here was verified when it came: while others go on, that is most of it.
        let waits = |signed: &Arc<SignedSubmission>| {
            let pooled = self.pool.get(&signed.submission.id())?;
            if pooled.submission.signed() == signed { self.current(pooled) } else { None }
        };
        let verified = decided.block.submissions.iter().map(waits).collect();
        Followed { decided, from, verified, directory: Arc::clone(&self.ledger.directory) }
    }

    /// Applies the next of the blocks that another node has sent; whether there was one.
    pub(super) fn apply_followed(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let height = self.ledger.head.height;
        while self.follow.blocks.front().is_some_and(|block| block.height() <= height) {
            self.follow.blocks.pop_front();
        }
        if self.elapsed_ms < self.follow.later_at {
            return Ok(false);
        }
        let Some(followed) = self.follow.blocks.pop_front() else { return Ok(false) };
        if self.watch.diverged.is_some() {
            return Ok(false);
        }
        let Followed { decided, from, verified, directory } = &followed;
        let (header, from) = (decided.block.header.clone(), *from);
        // Verified under another directory, it is not verified.
        let verified = if Arc::ptr_eq(directory, &self.ledger.directory) { verified.clone() } else { Vec::new() };
        match self.check_followed(decided, verified) {
            Ok(submissions) => {
                match self.decided(store, &header, decided.certificate.clone(), &submissions, effects) {
                    Err(CoreError::Apply(ApplyError::Store(StoreError::Later))) => {
                        self.follow.later_at = self.elapsed_ms.saturating_add(LATER_MS);
                        self.follow.blocks.push_front(followed);
                        return Ok(false);
                    }
                    applied => applied?,
                }
                self.tell_followers(effects);
                // It may be waited for.
                if matches!(self.part, Part::Validator(_)) && self.follow.is_last(self.ledger.head.height) {
                    self.send_status(None, effects);
                }
                // More may be on their way while this one is written.
                self.ask_for_blocks(effects);
                Ok(true)
            }
            Err(what) => {
                self.follow.refuse(from, self.elapsed_ms);
                if self.watch_refused(&followed.decided, from, effects) {
                    effects.push(Effect::Alarm(Alarm::Misbehaved { node: from, what }));
                }
                Ok(false)
            }
        }
    }

    /// Whether a block is the next one, decided by those who have to, and made of what they say.
    fn check_followed(
        &self,
        decided: &DecidedBlock,
        verified: Vec<Option<Arc<VerifiedSubmission>>>,
    ) -> Result<Vec<Arc<VerifiedSubmission>>, &'static str> {
        let header = &decided.block.header;
        if header.validators != self.ledger.head.validators {
            return Err("a block of another validator set");
        }
        if !decided.certificate.decides(header, self.validators()) {
            return Err("a block that its certificate does not decide");
        }
        let mut submissions = Vec::with_capacity(decided.block.submissions.len());
        let verified = verified.into_iter().chain(std::iter::repeat(None));
        for (signed, verified) in decided.block.submissions.iter().zip(verified) {
            let (chain, directory) = (self.ledger.head.chain, &self.ledger.directory);
            submissions.push(match verified {
                Some(verified) => verified,
                None => Arc::new(
                    VerifiedSubmission::verify(signed.clone(), chain, directory)
                        .map_err(|_| "a block with an invalid submission")?,
                ),
            });
        }
        self.ledger.check_header(header, &submissions).map_err(|_| "a block that is not the next one")?;
        Ok(submissions)
    }
}

/// Decided blocks from a height on, as many as are sent at once; none if the first can't be had.
pub fn decided_blocks(store: &dyn Read, from: u64) -> Result<Vec<DecidedBlock>, StoreError> {
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    let first = from.max(1);
    for height in first..first.saturating_add(PORTION_BLOCKS) {
        let Some(block) = decided_block(store, height)? else { break };
        bytes += block.block.header.body_bytes as usize;
        blocks.push(block);
        if bytes > PORTION_BYTES {
            break;
        }
    }
    Ok(blocks)
}

/// A decided block with its payloads; `None` if there is none, or some of its payloads are erased.
fn decided_block(store: &dyn Read, height: u64) -> Result<Option<DecidedBlock>, StoreError> {
    let Some(bytes) = store.get(Table::Block, &height.to_be_bytes())? else { return Ok(None) };
    let corrupt = |error| StoreError::Corrupt(Table::Block, format!("{error:?}"));
    let stored: StoredBlock = codec::decode_trusted(&bytes).map_err(corrupt)?;
    let mut index = 0;
    let mut submissions = Vec::with_capacity(stored.submissions.len());
    for submission in stored.submissions {
        let Some(signed) = with_payloads(store, submission, height, &mut index)? else { return Ok(None) };
        submissions.push(Arc::new(signed));
    }
    let block = Block { header: stored.header, submissions };
    Ok(Some(DecidedBlock { block, certificate: stored.certificate }))
}

fn with_payloads(
    store: &dyn Read,
    stored: StoredSubmission,
    height: u64,
    index: &mut u32,
) -> Result<Option<SignedSubmission>, StoreError> {
    let mut events = Vec::with_capacity(stored.events.len());
    for event in &stored.events {
        let Some(bytes) = store.get(Table::Payload, &place_key(height, *index))? else { return Ok(None) };
        let Some((salt, payload)) = bytes.split_first_chunk() else {
            return Err(StoreError::Corrupt(Table::Payload, "a salt is cut off".to_owned()));
        };
        events.push(SubmittedEvent { record_type: event.record_type, salt: *salt, payload: payload.to_vec() });
        *index += 1;
    }
    Ok(Some(SignedSubmission { submission: stored.submission, signature: stored.signature, events }))
}
