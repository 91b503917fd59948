//! Catches up with blocks that others have decided: each is checked by its certificate, then applied.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use suyuan_ledger::block::{Block, StoredBlock, StoredSubmission};
use suyuan_ledger::codec;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::subject::place_key;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent};

use super::{Alarm, CoreError, DecidedBlock, Effect, Message, NodeCore, NodeKey};

/// Decided blocks are sent in portions of at most so many, and of about so many bytes.
const PORTION_BLOCKS: u64 = 64;
const PORTION_BYTES: usize = 8 << 20;
/// A node that is one block behind may be about to decide that block itself: it asks after so long.
const GRACE_MS: u64 = 150;
/// Another node is asked if the one that was has not answered for so long.
const ANSWER_MS: u64 = 2_000;
/// And it is not asked again for so long.
const SILENT_MS: u64 = 10_000;
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
    /// Blocks to apply, the next one first, and who sent them.
    blocks: VecDeque<DecidedBlock>,
    sender: NodeKey,
    status_at: u64,
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
        self.blocks.is_empty() && self.heights().all(|(_, said)| said <= height)
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

    /// Takes an answer. One that was not asked for, or does not fit, is dropped.
    pub fn take(&mut self, from: NodeKey, blocks: Vec<DecidedBlock>, height: u64) {
        let Some((_, until)) = self.asked.filter(|(asked, _)| *asked == from) else { return };
        self.asked = None;
        let next = |block: &DecidedBlock| block.block.header.height == height.saturating_add(1);
        if blocks.first().is_some_and(next) && blocks.len() as u64 <= PORTION_BLOCKS {
            (self.blocks, self.sender) = (blocks.into(), from);
        } else {
            // It has nothing, whatever it said.
            self.heights.insert(from, (0, until));
        }
    }

    pub fn has_block(&self, height: u64) -> bool {
        self.blocks.front().is_some_and(|block| block.block.header.height == height.saturating_add(1))
    }

    pub fn wakes_at(&self) -> Option<u64> {
        let answer = self.asked.map(|(_, until)| until);
        let grace = self.behind_since.map(|since| since.saturating_add(GRACE_MS)).filter(|_| answer.is_none());
        [Some(self.status_at), answer, grace].into_iter().flatten().min()
    }

    /// Whom to ask for blocks after a height, if it is time to.
    fn whom(&mut self, height: u64, now: u64) -> Option<NodeKey> {
        if let Some((silent, _)) = self.asked.filter(|(_, until)| now >= *until) {
            // Whatever it says meanwhile: others are asked first.
            self.asked = None;
            self.heights.entry(silent).and_modify(|known| known.1 = now.saturating_add(SILENT_MS));
        }
        let ahead = self.heights.iter().filter(|(_, (said, not_before))| *said > height && *not_before <= now);
        let Some((best, highest)) = ahead.map(|(node, (said, _))| (*node, *said)).max_by_key(|(_, said)| *said) else {
            self.behind_since = None;
            return None;
        };
        let since = *self.behind_since.get_or_insert(now);
        if !self.blocks.is_empty() || (highest == height.saturating_add(1) && now < since.saturating_add(GRACE_MS)) {
            return None;
        }
        match self.asked {
            Some(_) => None,
            None => {
                self.asked = Some((best, now.saturating_add(ANSWER_MS)));
                Some(best)
            }
        }
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
            && let Some(node) = self.follow.whom(height, now)
        {
            let message = Arc::new(Message::WantDecided { from: height.saturating_add(1) });
            effects.push(Effect::Send { to: Some(node), message });
        }
        if now >= self.follow.status_at {
            self.follow.status_at = now.saturating_add(STATUS_MS);
            self.send_status(None, effects);
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
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        let last = self.ledger.head.height.min(from.saturating_add(PORTION_BLOCKS - 1));
        for height in from.max(1)..=last {
            let Some(block) = decided_block(store, height)? else { break };
            bytes += block.block.header.body_bytes as usize;
            blocks.push(block);
            if bytes > PORTION_BYTES {
                break;
            }
        }
        effects.push(Effect::Send { to: Some(to), message: Arc::new(Message::Decided(blocks)) });
        Ok(())
    }

    /// Applies the next of the blocks that another node has sent; whether there was one.
    pub(super) fn apply_followed(&mut self, store: &dyn Read, effects: &mut Vec<Effect>) -> Result<bool, CoreError> {
        let height = self.ledger.head.height;
        while self.follow.blocks.front().is_some_and(|block| block.block.header.height <= height) {
            self.follow.blocks.pop_front();
        }
        let Some(decided) = self.follow.blocks.pop_front() else { return Ok(false) };
        if self.watch.diverged.is_some() {
            return Ok(false);
        }
        let header = decided.block.header.clone();
        match self.check_followed(&decided) {
            Ok(submissions) => {
                self.decided(store, &header, decided.certificate, &submissions, effects)?;
                self.tell_followers(effects);
                Ok(true)
            }
            Err(what) => {
                let node = self.follow.sender;
                self.follow.blocks.clear();
                self.follow.heights.insert(node, (0, self.elapsed_ms.saturating_add(SILENT_MS)));
                if self.watch_refused(&decided, node, effects) {
                    effects.push(Effect::Alarm(Alarm::Misbehaved { node, what }));
                }
                Ok(false)
            }
        }
    }

    /// Whether a block is the next one, decided by those who have to, and made of what they say.
    fn check_followed(&self, decided: &DecidedBlock) -> Result<Vec<Arc<VerifiedSubmission>>, &'static str> {
        let header = &decided.block.header;
        if header.validators != self.ledger.head.validators {
            return Err("a block of another validator set");
        }
        if !decided.certificate.decides(header, self.validators()) {
            return Err("a block that its certificate does not decide");
        }
        let mut submissions = Vec::with_capacity(decided.block.submissions.len());
        for signed in &decided.block.submissions {
            // What waits here was verified when it came: while others go on, that is most of it.
            let waits = self.pool.get(&signed.submission.id()).filter(|pooled| pooled.submission.signed() == signed);
            if let Some(verified) = waits.and_then(|pooled| self.current(pooled)) {
                submissions.push(verified);
                continue;
            }
            let verified = VerifiedSubmission::verify(signed.clone(), self.ledger.head.chain, &self.ledger.directory);
            submissions.push(Arc::new(verified.map_err(|_| "a block with an invalid submission")?));
        }
        self.ledger.check_header(header, &submissions).map_err(|_| "a block that is not the next one")?;
        Ok(submissions)
    }
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
        submissions.push(signed);
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
