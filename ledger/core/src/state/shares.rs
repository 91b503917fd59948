//! Who holds some of a lot or class: rows, since many can, while an item has one holder in its state.

use super::effect::Event;
use super::event::{Context, Resolved};
use super::standing::{is_class_level, share, share_row};
use super::subject::{NONE, UNREGISTERED};
use super::working::Working;
use crate::derive::{Action, Derived, Step};
use crate::key::KeyKind;
use crate::kv::StoreError;
use crate::record::{Role, Standing, mask};

/// Whoever takes some of a lot out of what it holds, where one with standing had put it, holds that.
pub(super) fn inherit_standing(
    working: &mut Working<'_>,
    derived: &Derived,
    links: &mut [Resolved],
) -> Result<(), StoreError> {
    let parent = links.iter().find(|link| link.role == Role::Parent && link.standing >= Standing::Unconfirmed);
    let Some((parent, standing)) = parent.and_then(|parent| Some((parent.number?, parent.standing))) else {
        return Ok(());
    };
    if derived.action != Some(Action::Delete) {
        return Ok(());
    }
    let emptied = working.state_of(parent)?.emptied;
    for link in links.iter_mut().filter(|link| link.role == Role::Child && is_class_level(link.kind)) {
        let Some(number) = link.number else { continue };
        if link.standing == Standing::Bystander && working.row(&contents_row(parent, emptied, number))?.is_some() {
            link.standing = standing.min(Standing::Holder);
        }
    }
    Ok(())
}

/// Of so many lots and classes at most one who empties their parent becomes a holder. There are not so many in
/// anything that is packed as it should be, and a small event must not cause large work.
const EMPTIED_MAX: usize = 256;

/// The prefix of the rows that say which lots and classes were put into a parent by one with standing since the
/// event (plus one) that emptied it last: what was in it before is nobody's who opens it later.
fn contents_prefix(parent: u64, emptied: u64) -> Vec<u8> {
    [b"inside/".as_slice(), &parent.to_be_bytes(), &emptied.to_be_bytes()].concat()
}

fn contents_row(parent: u64, emptied: u64, child: u64) -> Vec<u8> {
    [contents_prefix(parent, emptied).as_slice(), &child.to_be_bytes()].concat()
}

pub(super) fn share_of(
    working: &mut Working<'_>,
    kind: KeyKind,
    number: u64,
    context: &Context<'_>,
) -> Result<Option<u8>, StoreError> {
    if !is_class_level(kind) {
        return Ok(None);
    }
    let row = working.row(&share_row(number, context.author.organisation.number))?;
    Ok(row.and_then(|value| value.first().copied()))
}

/// Keeps who holds some of a lot or class: whom a shipment names, who received, who unpacked it from what it
/// held, who made it. `emptied`: the event (plus one) that had emptied its parent before.
pub(super) fn keep_shares(
    working: &mut Working<'_>,
    event: &Event<'_>,
    links: &[Resolved],
    emptied: u64,
) -> Result<(), StoreError> {
    for link in links.iter().filter(|link| is_class_level(link.kind) && link.standing >= Standing::Unconfirmed) {
        let Some(number) = link.number else { continue };
        let step = event.derived.step;
        let mut set = |organisation: u64, value: u8| -> Result<(), StoreError> {
            let name = share_row(number, organisation);
            let before = working.row(&name)?.and_then(|row| row.first().copied()).unwrap_or(0);
            if before < value { working.set_row(&name, vec![value]) } else { Ok(()) }
        };
        match link.role {
            Role::Epc if step == Step::Shipping && !matches!(event.next, NONE | UNREGISTERED) => {
                set(event.next, share::NAMED)?;
            }
            Role::Epc if step == Step::Receiving => {
                let unconfirmed = link.standing == Standing::Unconfirmed;
                set(event.author, if unconfirmed { share::UNCONFIRMED } else { share::HOLDER })?;
            }
            Role::Output => set(event.author, share::HOLDER)?,
            Role::Epc if event.commissions(Role::Epc) => set(event.author, share::HOLDER)?,
            Role::Child if event.derived.action == Some(Action::Delete) => set(event.author, share::HOLDER)?,
            Role::Child if event.derived.action == Some(Action::Add) && event.parent != 0 => {
                working.set_row(&contents_row(event.parent - 1, emptied, number), vec![1])?;
            }
            _ => {}
        }
    }
    let unpacks_all = event.derived.mask & mask::UNPACK_ALL != 0;
    let by_right = links.iter().any(|link| link.role == Role::Parent && link.standing >= Standing::Unconfirmed);
    if unpacks_all && by_right && event.parent != 0 {
        for number in working.rows_below(&contents_prefix(event.parent - 1, emptied), EMPTIED_MAX)? {
            let name = share_row(number, event.author);
            working.set_row(&name, vec![share::HOLDER])?;
        }
    }
    Ok(())
}
