//! Derives from an event's payload which subjects it names, in which roles, and what it does to them.
//!
//! Frozen under its rules number: the same payload gives the same links on every node and in every
//! verifier, for ever. A parser that is bettered elsewhere changes nothing here.
//!
//! The payload is read once, from its first byte to its last (`json::Reader`); each member that
//! names subjects makes links as it comes. What depends on other members comes behind: the lots of `ilmd`,
//! then aliases. A member whose name decides (those in `event`) must have the form of the standard, or
//! nothing is derived (105); whatever else there is may have any form. Golden vectors:
//! `docs/vectors/derive.json`.

use crate::key::SubjectKey;
use crate::record::Role;

mod event;
mod json;
pub(crate) mod quantity;
pub(crate) mod time;
mod words;

pub use json::{DEPTH_MAX, NUMBER_CHARACTERS_MAX, PAYLOAD_BYTES_MAX};

/// An event names at most so many subjects (`proofs.md` §2).
pub const SUBJECTS_MAX: usize = 4_096;
/// An event names at most so many parties as its source, and as many as its destination.
pub const PARTIES_MAX: usize = 64;

/// The rules number of this module.
pub const RULES: u16 = 1;

/// What an event says happened, as far as `apply` needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The event's `eventID`, unescaped.
    pub event_id: String,
    /// `eventTime`, milliseconds since 1970.
    pub event_time: i64,
    /// Which of the event types it is.
    pub event_type: EventType,
    /// Its action; `None` for a transformation, and for a type of an extension that has none of the three.
    pub action: Option<Action>,
    /// Its business step, as far as it matters to states.
    pub step: Step,
    /// Whether the disposition, or the persistent disposition set, is `recalled`.
    pub recalled: bool,
    /// Whether the persistent disposition unset is `recalled`.
    pub recall_lifted: bool,
    /// Each subject named, once, in the order of first appearance.
    pub keys: Vec<SubjectKey>,
    /// Each role in which a subject is named, in the order of the payload, then lots of `ilmd`, then aliases; no
    /// pair of role and key twice (of quantities of one class or lot it is the sum).
    pub links: Vec<Link>,
    /// The parties whom a shipment names as receiver (`owning_party`, `possessing_party`), as keys.
    pub receivers: Vec<SubjectKey>,
    /// The parties whom it names as source, likewise.
    pub senders: Vec<SubjectKey>,
    /// Present if the event declares an earlier one erroneous.
    pub error: Option<ErrorDeclared>,
    /// Whether it founds stock that existed before the firm joined (`TRC.OPENING_BALANCE`).
    pub opening_balance: bool,
    /// The bits of [`crate::record::mask`] that the payload alone decides: ADD, DELETE, unpack-all,
    /// association; and those of the roles.
    pub mask: u32,
}

impl Derived {
    /// Whether it concerns no subject, and no other event.
    pub fn names_nothing(&self) -> bool {
        self.event_type == EventType::Other && self.keys.is_empty() && self.error.is_none()
    }
}

/// One subject in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The role.
    pub role: Role,
    /// Index in [`Derived::keys`].
    pub key: u32,
    /// How much of a class or lot, if said.
    pub quantity: Option<Quantity>,
}

/// A quantity, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// Thousandths of the unit; `None` if the text is finer than that or larger than fits.
    pub thousandths: Option<i64>,
    /// The unit's code (UN/ECE Rec 20) as its bytes, padded with zeros; zeros stand for "each".
    pub unit: [u8; 4],
}

/// EPCIS event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// `ObjectEvent`.
    Object,
    /// `AggregationEvent`.
    Aggregation,
    /// `AssociationEvent`.
    Association,
    /// `TransactionEvent`.
    Transaction,
    /// `TransformationEvent`.
    Transformation,
    /// A type of an extension: its subjects are recorded, their states untouched.
    Other,
}

/// EPCIS actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// ADD.
    Add,
    /// OBSERVE.
    Observe,
    /// DELETE.
    Delete,
}

/// What a business step does to states, as CBV 2.0 §7.1 defines the steps.
///
/// * The step of an ObjectEvent with action DELETE is [`Step::Ending`] whatever its bizStep: EPCIS 2.0 §7.4.2
///   has DELETE end the life of what is named.
/// * `encoding` is [`Step::Other`]: a tag is written, and what it will name need not exist. A maker encodes
///   first and commissions then; that must not be two births.
/// * `killing` is [`Step::Other`]: it is the tag that dies.
/// * `dispensing` ends a life with disposition `dispensed` (or action DELETE); in part, it does not.
/// * `retail_selling` is [`Step::Other`]: what is sold may come back, and be recalled.
/// * `staging_outbound`, `loading`, `transporting`, `unloading` change no holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// commissioning, creating_class_instance: a life begins. The latter may come again for the same lot.
    Commissioning,
    /// shipping, departing, consigning: leaves its holder.
    Shipping,
    /// receiving, accepting, arriving: has a new holder.
    Receiving,
    /// void_shipping: a shipment that was none.
    VoidShipping,
    /// decommissioning, destroying, dispensing in full; action DELETE of an ObjectEvent: a life ends.
    Ending,
    /// holding, where a recall is declared.
    Holding,
    /// Any other step, or none.
    Other,
}

/// What an `errorDeclaration` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDeclared {
    /// Whether the reason is `did_not_occur`.
    pub did_not_occur: bool,
    /// `correctiveEventIDs`.
    pub corrective: Vec<String>,
}

/// A payload from which nothing can be derived: why, with its number of `proofs.md` §6, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeriveError {
    /// 101 JSON form, 102 size or depth, 104 too many subjects or too wide a pattern, 112 own parent,
    /// 105 a member without which there is no event (type, eventTime, eventID, action).
    pub code: u16,
    /// JSON pointer of the place.
    pub pointer: String,
    /// What is wrong, for the message: an argument, not prose.
    pub argument: String,
}

impl DeriveError {
    fn new(code: u16, argument: String) -> DeriveError {
        DeriveError { code, pointer: String::new(), argument }
    }

    /// The same, seen from a level above, where its place is below `name` (RFC 6901).
    fn under(mut self, name: &str) -> DeriveError {
        let below = self.pointer;
        self.pointer = ["/", &name.replace('~', "~0").replace('/', "~1"), &below].concat();
        self
    }
}

/// Derives from one event's payload what it names and does.
pub fn derive(payload: &[u8]) -> Result<Derived, DeriveError> {
    event::derive(payload)
}
