//! Waits a moment for a validator that was away for a moment: as long as it is missing, one more that fails stops all of
//! them. Where processors are scarce it would else never catch up with those who take all they can.

use std::collections::BTreeMap;

use suyuan_ledger::kv::Read;
use suyuan_ledger::state::replay::stored_block;

use super::{NodeCore, NodeKey, Part};

/// Who is so many blocks behind when it tells how far it is catches up, and who is fewer than a few behind has.
const FAR_BLOCKS: u64 = 16;
const NEAR_BLOCKS: u64 = 3;
/// Who was away for longer takes too long to be waited for.
const AWAY_MS: i64 = 60_000;
/// For one validator it is waited so long, and not again before so long: one that lies about how far it is takes one part
/// in fifteen of what the others can do.
const WAIT_MS: u64 = 4_000;
const AGAIN_MS: u64 = 60_000;

/// For whom it is or was waited.
#[derive(Debug, Default)]
pub(super) struct Patience {
    waits: BTreeMap<NodeKey, Wait>,
}

#[derive(Debug)]
struct Wait {
    begun: u64,
    is_over: bool,
}

impl Patience {
    /// Until when no block is begun; none if nobody is waited for.
    pub fn until(&self, now: u64) -> Option<u64> {
        let ends = self.waits.values().filter(|wait| !wait.is_over).map(|wait| wait.begun.saturating_add(WAIT_MS));
        ends.filter(|end| *end > now).max()
    }

    fn may_begin(&self, node: &NodeKey, now: u64) -> bool {
        self.waits.get(node).is_none_or(|wait| now >= wait.begun.saturating_add(AGAIN_MS))
    }

    /// It is not waited for any more.
    pub fn end(&mut self, node: &NodeKey) {
        if let Some(wait) = self.waits.get_mut(node) {
            wait.is_over = true;
        }
    }
}

impl NodeCore {
    /// Another node tells how far it is: if it is a validator's that comes back, it is waited for.
    pub(super) fn wait_for(&mut self, store: &dyn Read, node: NodeKey, height: u64) {
        if !matches!(self.part, Part::Validator(_)) || !self.validators().iter().any(|one| one.key == node) {
            return;
        }
        let (head, now) = (&self.ledger.head, self.elapsed_ms);
        match head.height.saturating_sub(height) {
            ..NEAR_BLOCKS => self.patience.end(&node),
            FAR_BLOCKS.. if self.patience.may_begin(&node, now) => {
                // Who can't be told when it went is not waited for, nor looked at again soon.
                let next = stored_block(store, height.saturating_add(1)).ok();
                let is_short = next.is_some_and(|next| head.time.saturating_sub(next.header.time) <= AWAY_MS);
                self.patience.waits.insert(node, Wait { begun: now, is_over: !is_short });
            }
            _ => {}
        }
    }
}
