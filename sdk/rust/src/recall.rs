//! Refuses to sell, dispense or ship on what is under recall.
//!
//! That is asked here, before anything is signed, and not by the ledger: what really was sold has to be recorded, be it
//! recalled or not. So whoever captures can leave the question out.

use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::derive::derive;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::profile::event_of;
use suyuan_ledger::record::Role;
use suyuan_ledger::trace::recalled::{RecallOf, is_use};

/// A recall for which a thing is not to be sold, dispensed or shipped on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The recall's id.
    pub id: String,
    /// Its level; none if it does not say.
    pub level: Option<String>,
    /// The URI of who recalls.
    pub by: String,
}

impl From<&RecallOf> for Notice {
    fn from(recall: &RecallOf) -> Notice {
        let level = recall.level.map(|level| level.name().to_owned());
        Notice { id: recall.id.clone(), level, by: recall.by.clone() }
    }
}

/// The things that an event puts on the market or into use: none if it does not.
pub fn used(payload: &[u8]) -> Vec<SubjectKey> {
    if !event_of(payload).as_ref().is_some_and(is_use) {
        return Vec::new();
    }
    // What can't be derived is refused for that.
    let Ok(derived) = derive(payload) else { return Vec::new() };
    let in_role = |role: Role| matches!(role, Role::Epc | Role::Parent | Role::Child | Role::Lot);
    let mut places: Vec<u32> = derived.links.iter().filter(|link| in_role(link.role)).map(|link| link.key).collect();
    places.sort_unstable();
    places.dedup();
    let keys = places.into_iter().filter_map(|place| derived.keys.get(usize::try_from(place).ok()?));
    keys.cloned().collect()
}

/// Why an event is not to be recorded: it sells, dispenses or ships on what `ask` says is under recall. It is asked of each
/// thing, up to the first that is; `Err` is what it could not answer for.
pub fn refuse<E>(
    payload: &[u8],
    ask: &mut dyn FnMut(&SubjectKey) -> Result<Option<Notice>, E>,
) -> Result<Option<Reason>, E> {
    for key in used(payload) {
        if let Some(Notice { id, level, by }) = ask(&key)? {
            let level = level.unwrap_or_else(|| "-".to_owned());
            return Ok(Some(Reason::new(codes::RECALLED, &[&key.to_uri(), &id, &level, &by])));
        }
    }
    Ok(None)
}
