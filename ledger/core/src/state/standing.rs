//! By what right an author names a subject (`proofs.md` §3, §6).

use super::subject::{NONE, SubjectState, UNREGISTERED};
use super::working::Working;
use crate::derive::Step;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::StoreError;
use crate::organisation::{Directory, Organisation, OrganisationRole};
use crate::record::Standing;

/// A unit inside a case inside a pallet inside a container…: deeper nesting is looked through no further.
const NESTING_MAX: usize = 16;

/// Whether many can hold some of it at the same time: lots and classes. Their holders are rows, not state.
pub fn is_class_level(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Lot | KeyKind::Class | KeyKind::InstanceClass | KeyKind::DrugClass)
}

/// Who holds a subject, looked at through what contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The organisation, or [`NONE`].
    pub holder: u64,
    /// Whom it named as receiver.
    pub next: u64,
    /// Whether the holder's receipt is unconfirmed.
    pub unconfirmed: bool,
}

/// Who holds a subject: while it is inside another, whoever holds that; and when that was emptied, whoever
/// emptied it.
pub fn holding(working: &Working<'_>, state: &SubjectState) -> Result<Holding, StoreError> {
    let own = |state: &SubjectState| Holding { holder: state.holder, next: state.next, unconfirmed: state.claim != 0 };
    let mut inner = state.clone();
    for _ in 0..NESTING_MAX {
        if inner.parent == 0 {
            break;
        }
        let parent = working.state_of(inner.parent - 1)?;
        if parent.emptied > inner.packed {
            return Ok(Holding { holder: parent.emptied_by, next: NONE, unconfirmed: false });
        }
        inner = parent;
    }
    Ok(own(&inner))
}

/// Who emptied the parent that a subject was in, if that was after it was put there: it is not inside any more,
/// though its own log does not say so.
pub fn released(working: &Working<'_>, state: &SubjectState) -> Result<Option<u64>, StoreError> {
    if state.parent == 0 {
        return Ok(None);
    }
    let parent = working.state_of(state.parent - 1)?;
    Ok((parent.emptied > state.packed).then_some(parent.emptied_by))
}

/// The name of the row that says in which way an organisation holds some of a lot or class.
pub fn share_row(subject: u64, organisation: u64) -> Vec<u8> {
    [b"share/".as_slice(), &subject.to_be_bytes(), &organisation.to_be_bytes()].concat()
}

/// In which way an organisation holds some of a lot or class: the value of its row.
pub mod share {
    /// Named as receiver by one who had standing.
    pub const NAMED: u8 = 1;
    /// Has received some from one who is not registered.
    pub const UNCONFIRMED: u8 = 2;
    /// Has received some.
    pub const HOLDER: u8 = 3;
}

/// What standing is judged from, beside the subject itself.
pub struct Author<'a> {
    /// The organisation.
    pub organisation: &'a Organisation,
    /// Who is who.
    pub directory: &'a Directory,
    /// The block's time.
    pub time: i64,
    /// What the event does.
    pub step: Step,
}

impl Author<'_> {
    /// The standing that follows from who the author is and who owns the key, whatever was recorded: authority,
    /// owner, delegate; else `None`, with whether anybody owns the key.
    pub fn by_right(&self, key: &SubjectKey) -> (Option<Standing>, Ownership) {
        let ownership = match self.directory.owner(key, self.time) {
            None => Ownership::Unbound,
            Some((owner, strict)) => {
                let number = self.organisation.number;
                if owner == number || self.directory.acts_for(number, owner, key, self.time) {
                    Ownership::Own
                } else {
                    Ownership::Foreign { strict }
                }
            }
        };
        let standing = match (self.organisation.role, ownership) {
            (_, Ownership::Own) => Some(Standing::Owner),
            (OrganisationRole::Authority, _) => Some(Standing::Authority),
            _ => None,
        };
        (standing, ownership)
    }

    /// The standing towards a subject that is new with this event.
    pub fn towards_new(&self, ownership: Ownership) -> Standing {
        match ownership {
            Ownership::Own | Ownership::Unbound => Standing::Owner,
            // Whoever held it before is not registered here, or the owner would have recorded it.
            Ownership::Foreign { .. } if self.step == Step::Receiving => Standing::Unconfirmed,
            Ownership::Foreign { .. } => Standing::Bystander,
        }
    }

    /// The standing towards a subject with this state, of which `share` says what row the author has if it is
    /// a lot or class.
    pub fn towards(&self, state: &SubjectState, holding: Holding, share: Option<u8>, ownership: Ownership) -> Standing {
        let number = self.organisation.number;
        if ownership == Ownership::Unbound && state.founder == number {
            return Standing::Owner;
        }
        if holding.holder == number || share == Some(share::HOLDER) {
            return if holding.unconfirmed { Standing::Unconfirmed } else { Standing::Holder };
        }
        if holding.next == number || share == Some(share::NAMED) {
            return Standing::Holder;
        }
        let from_unregistered = holding.holder == NONE || holding.next == UNREGISTERED;
        if share == Some(share::UNCONFIRMED) || (self.step == Step::Receiving && from_unregistered) {
            return Standing::Unconfirmed;
        }
        Standing::Bystander
    }
}

/// Whose a key is, from the author's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The author's, or of one for whom it acts.
    Own,
    /// Nobody's.
    Unbound,
    /// Another's; `strict` if that one lets nobody else commission.
    Foreign {
        /// Whether the binding is strict.
        strict: bool,
    },
}
