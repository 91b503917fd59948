//! What an event becomes: its derived record, its links, and the state of the subjects it names.
//! (`proofs.md` §3 as amended by `ranges.md`.)

use bincode::{Decode, Encode};

use crate::codec;
use crate::hash::{Hash, Tag};

/// In which role an event names a subject. The number is in every link run, entry and mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// In `epcList` or `quantityList`.
    Epc = 1,
    /// An input of a transformation.
    Input = 2,
    /// An output of a transformation.
    Output = 3,
    /// The parent of an aggregation, association or transaction.
    Parent = 4,
    /// A child.
    Child = 5,
    /// The process: `transformationID`.
    Process = 6,
    /// The lot of an item that the event names.
    Lot = 7,
    /// Another name of a subject.
    Alias = 8,
    /// The event that this one declares erroneous: an event's own number.
    Own = 9,
    /// Named by the event that this one declares erroneous.
    Error = 10,
    /// Refers to another event: its own number.
    CrossReference = 11,
    /// Confirms a receipt that came before its shipment: the receipt's own number.
    Confirm = 12,
    /// Takes a wrongly derived link back.
    Retract = 13,
}

impl Role {
    /// All roles, in their numbers' order.
    pub const ALL: [Role; 13] = [
        Role::Epc,
        Role::Input,
        Role::Output,
        Role::Parent,
        Role::Child,
        Role::Process,
        Role::Lot,
        Role::Alias,
        Role::Own,
        Role::Error,
        Role::CrossReference,
        Role::Confirm,
        Role::Retract,
    ];

    /// The role with this number.
    pub fn from_number(number: u8) -> Option<Role> {
        Role::ALL.get(usize::from(number.checked_sub(1)?)).copied()
    }

    /// Whether links in this role number events, not subjects: they are in no subject's log.
    pub fn names_events(self) -> bool {
        matches!(self, Role::Own | Role::CrossReference | Role::Confirm)
    }

    /// Its bit in a mask.
    pub fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// Bits of a mask above those of the roles.
pub mod mask {
    /// The event's action is ADD.
    pub const ADD: u32 = 1 << 16;
    /// The event's action is DELETE.
    pub const DELETE: u32 = 1 << 17;
    /// A parent is emptied: DELETE that names no children.
    pub const UNPACK_ALL: u32 = 1 << 18;
    /// The containment is an association.
    pub const ASSOCIATION: u32 = 1 << 19;
    /// A recall that has effect.
    pub const RECALL: u32 = 1 << 20;
    /// A recall by one without the right to it: a claim.
    pub const RECALL_CLAIM: u32 = 1 << 21;
    /// The subject's life ends.
    pub const END_OF_LIFE: u32 = 1 << 22;
    /// The author's standing towards the subject is at least 1. Set in an entry's node, not in a record.
    pub const STANDING: u32 = 1 << 23;
}

/// By what right an author names a subject (`proofs.md` §3, §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Standing {
    /// A stranger: the event is kept, and moves nothing.
    Bystander = 0,
    /// Has received it from one who is not registered; not confirmed.
    Unconfirmed = 1,
    /// Holds it, or was named next by the holder.
    Holder = 2,
    /// Owns the prefix, or acts for its owner, or founded the subject while nobody owns the prefix.
    Owner = 3,
    /// An authority.
    Authority = 4,
}

impl Standing {
    /// The standing with this number.
    pub fn from_number(number: u8) -> Option<Standing> {
        [Standing::Bystander, Standing::Unconfirmed, Standing::Holder, Standing::Owner, Standing::Authority]
            .get(usize::from(number))
            .copied()
    }
}

/// Flags of an accepted event (`proofs.md` §6), by bit.
pub mod flag {
    /// A subject's prefix is bound to nobody.
    pub const PREFIX_UNBOUND: u64 = 1;
    /// Commissioned by one who does not own the prefix.
    pub const FOREIGN_COMMISSION: u64 = 1 << 1;
    /// Named without ever having been commissioned here.
    pub const NEVER_COMMISSIONED: u64 = 1 << 2;
    /// Named after the end of its life.
    pub const AFTER_END_OF_LIFE: u64 = 1 << 3;
    /// The receiver is not the one whom the shipper named.
    pub const RECEIVER_NOT_NAMED: u64 = 1 << 4;
    /// A child is already in another parent.
    pub const ALREADY_CONTAINED: u64 = 1 << 5;
    /// A recall by a bystander: a claim.
    pub const BYSTANDER_RECALL: u64 = 1 << 6;
    /// More of a lot left than had come.
    pub const NEGATIVE_BALANCE: u64 = 1 << 7;
    /// Moved while recalled.
    pub const MOVED_WHILE_RECALLED: u64 = 1 << 8;
    /// Captured later than the limit of capture, by the block's time.
    pub const LATE_CAPTURE: u64 = 1 << 9;
    /// Signed by a key after its compromise.
    pub const KEY_SUSPECT: u64 = 1 << 10;
    /// The links were declared by the author, the payload being sealed.
    pub const LINKS_DECLARED: u64 = 1 << 11;
    /// Another author took part in the process.
    pub const FOREIGN_PROCESS: u64 = 1 << 12;
    /// Derived again under later rules.
    pub const DERIVED_AGAIN: u64 = 1 << 13;
}

/// Subjects with consecutive numbers that an event names in one role and standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct LinkRun {
    /// A [`Role`]'s number.
    pub role: u8,
    /// A [`Standing`]'s number.
    pub standing: u8,
    /// The first subject's number.
    pub first: u64,
    /// How many subjects, at least one.
    pub count: u32,
}

impl LinkRun {
    /// The maximal runs of links (role, standing, subject), which ascend.
    pub(crate) fn maximal(links: &[(u8, u8, u64)]) -> Vec<LinkRun> {
        let mut runs: Vec<LinkRun> = Vec::new();
        for (role, standing, number) in links {
            match runs.last_mut() {
                Some(run)
                    if (run.role, run.standing) == (*role, *standing)
                        && run.first + u64::from(run.count) == *number =>
                {
                    run.count += 1;
                }
                _ => runs.push(LinkRun { role: *role, standing: *standing, first: *number, count: 1 }),
            }
        }
        runs
    }
}

/// The hash that a record keeps of its link runs. They are maximal and ascend by (role, standing, first).
pub fn links_hash(runs: &[LinkRun]) -> Hash {
    let mut bytes = Vec::with_capacity(runs.len() * 14);
    for run in runs {
        bytes.extend_from_slice(&[run.role, run.standing]);
        bytes.extend_from_slice(&run.first.to_le_bytes());
        bytes.extend_from_slice(&run.count.to_le_bytes());
    }
    Tag::Links.hash(&bytes)
}

/// The derived record of an accepted event (REC): all that proofs need of it once its payload is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Record {
    /// What the payload is: 1 an EPCIS event, 2 an organisation's record, 3 governance.
    pub record_type: u16,
    /// The block's height.
    pub height: u64,
    /// The event's place in the block, from 0, over all submissions.
    pub index: u32,
    /// The block's time, milliseconds since 1970.
    pub block_time: i64,
    /// When it happened, milliseconds since 1970.
    pub event_time: i64,
    /// The rules it was derived under.
    pub rules: u16,
    /// The author's organisation number.
    pub author: u64,
    /// The event's own number.
    pub own: u64,
    /// [`flag`]s.
    pub flags: u64,
    /// The roles in which it names subjects, and what it does ([`mask`]).
    pub mask: u32,
    /// The salted digest of the payload.
    pub event_digest: Hash,
    /// [`links_hash`] of its link runs.
    pub links: Hash,
    /// The root over the names of subjects that are new with it (`crate::names`), or zeros.
    pub names: Hash,
}

impl Record {
    /// Its hash: in receipts, entries, and as the founding record in the state of subjects.
    pub fn hash(&self) -> Hash {
        codec::with_encoded(self, |bytes| Tag::Record.hash(bytes))
    }
}

/// The salted digest of a payload, which outlives the payload.
pub fn event_digest(salt: &[u8; 16], payload: &[u8]) -> Hash {
    Tag::Event.hash_parts(&[salt, payload])
}
