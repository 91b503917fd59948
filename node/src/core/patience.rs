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
/// For one validator it is waited so long at most, and not again before so many times as long as it took and never at
/// once: one that lies about how far it is takes one part in fifteen of what the others can do.
const WAIT_MS: u64 = 4_000;
const REST_TIMES: u64 = 14;
const REST_MS_MIN: u64 = 10_000;

/// For whom it is or was waited.
#[derive(Debug, Default)]
pub(super) struct Patience {
    waits: BTreeMap<NodeKey, Wait>,
}

#[derive(Debug)]
struct Wait {
    begun: u64,
    /// When it is over.
    until: u64,
    /// From when on it is waited for that validator again.
    again: u64,
}

impl Wait {
    /// As if it took all the time that it may.
    fn new(begun: u64) -> Wait {
        let until = begun.saturating_add(WAIT_MS);
        Wait { begun, until, again: until.saturating_add(WAIT_MS * REST_TIMES) }
    }

    fn end(&mut self, now: u64) {
        if now < self.until {
            let rest = now.saturating_sub(self.begun).saturating_mul(REST_TIMES).max(REST_MS_MIN);
            (self.until, self.again) = (now, now.saturating_add(rest));
        }
    }
}

impl Patience {
    /// Until when no block is begun; none if nobody is waited for.
    pub fn until(&self, now: u64) -> Option<u64> {
        self.waits.values().map(|wait| wait.until).filter(|until| *until > now).max()
    }

    fn may_begin(&self, node: &NodeKey, now: u64) -> bool {
        self.waits.get(node).is_none_or(|wait| now >= wait.again)
    }

    /// It is not waited for any more.
    pub fn end(&mut self, node: &NodeKey, now: u64) {
        if let Some(wait) = self.waits.get_mut(node) {
            wait.end(now);
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
            ..NEAR_BLOCKS => self.patience.end(&node, now),
            FAR_BLOCKS.. if self.patience.may_begin(&node, now) => {
                // Who can't be told when it went is not waited for, nor looked at again soon.
                let next = stored_block(store, height.saturating_add(1)).ok();
                let is_short = next.is_some_and(|next| head.time.saturating_sub(next.header.time) <= AWAY_MS);
                let wait = Wait::new(now);
                self.patience.waits.insert(node, if is_short { wait } else { Wait { until: now, ..wait } });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = [1; 32];

    /// Goal: who is back soon is waited for again sooner, and nobody takes more than its part by saying that it is behind as
    /// often as it is believed. Method: waits that end after some time or never, one after the other as soon as may be.
    #[test]
    fn who_says_so_ever_again_takes_a_fifteenth() {
        for (took, again) in
            [(0, 10_000), (100, 10_100), (714, 10_714), (1_000, 15_000), (3_999, 59_985), (5_000, 60_000)]
        {
            let (mut patience, mut now, mut waited) = (Patience::default(), 0, 0);
            for turn in 0..100 {
                assert!(patience.may_begin(&NODE, now), "{took}, {turn}");
                patience.waits.insert(NODE, Wait::new(now));
                assert_eq!(patience.until(now), Some(now + WAIT_MS));
                patience.end(&NODE, now + took);
                assert_eq!(patience.until(now + took), None);
                assert!(!patience.may_begin(&NODE, now + again - 1), "{took}, {turn}");
                waited += took.min(WAIT_MS);
                now += again;
            }
            assert!(waited * (REST_TIMES + 1) <= now, "{took}: {waited} of {now}");
        }
    }
}
