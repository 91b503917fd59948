//! Whether what a node answers may be behind what was decided: then every answer says so.

use crate::clock::now_ms;

use super::App;
use super::v1::status::peers;
use crate::core::Role;

/// The header of an answer that may be behind: why, and the age of the last block in milliseconds.
pub const STALE: &str = "suyuan-stale";
/// With others a block is decided every ten seconds, also when there is nothing to record: one this old is not the last.
const AGE_MS_MAX: i64 = 25_000;
/// And at this age the next one is due.
const AGE_MS_DUE: i64 = 11_000;
/// A node that is so many blocks behind others, as they say, is catching up.
const LAG_MAX: u64 = 2;

/// Why a node's answers may be behind, and how old its last block is, in milliseconds; `None` if they are not.
pub fn staleness(app: &App) -> Option<(&'static str, i64)> {
    let node = &app.node;
    // Who decides alone is never behind.
    node.others.as_ref()?;
    let (view, _) = node.writer.view();
    let age_ms = now_ms().saturating_sub(view.time);
    if view.peers.iter().any(|(_, height)| *height > view.height.saturating_add(LAG_MAX)) {
        return Some(("behind", age_ms));
    }
    // One without a vote need not be connected to all who have one.
    if matches!(view.role, Role::Validator | Role::Abstaining) || age_ms > AGE_MS_DUE {
        let connections = peers(app);
        let is_here = |key| key == node.key || connections.iter().any(|peer| peer.key == key && peer.connected);
        let power = |one: &suyuan_ledger::block::Validator| u128::from(one.power);
        let all: u128 = view.validators.iter().map(power).sum();
        let here: u128 = view.validators.iter().filter(|one| is_here(one.key)).map(power).sum();
        if here * 3 <= all * 2 {
            return Some(("no-quorum", age_ms));
        }
    }
    (age_ms > AGE_MS_MAX).then_some(("old", age_ms))
}
