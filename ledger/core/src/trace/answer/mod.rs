//! Says a trace to people and programs: the closure with names, words, quantities, and what is missing.

mod build;
mod facts;
mod gaps;
mod holdings;

use serde::Serialize;

pub use build::answer;

use crate::trace::closure::Query;

/// Who the organisations are, as far as the asker knows.
pub trait Organisations {
    /// The primary URI of the organisation with this number.
    fn uri(&self, number: u64) -> Option<String>;
}

/// Knows no organisation: they are called by their numbers.
pub struct Unknown;

impl Organisations for Unknown {
    fn uri(&self, _number: u64) -> Option<String> {
        None
    }
}

/// What an answer is made for.
pub struct Asked<'a> {
    /// The query that was walked.
    pub query: &'a Query,
    /// The height up to which history was walked.
    pub height: u64,
    /// Who the organisations are.
    pub organisations: &'a dyn Organisations,
}

/// The answer to a trace. Its JSON is a contract with users' scripts (`interfaces.md`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The first subject that was asked for.
    pub subject: String,
    /// `back`, `forward` or `history`.
    pub direction: &'static str,
    /// The height up to which history was walked.
    pub height: u64,
    /// The subjects, the start first.
    pub nodes: Vec<NodeAnswer>,
    /// How they flowed into one another.
    pub edges: Vec<EdgeAnswer>,
    /// What happened, by event time.
    pub events: Vec<EventAnswer>,
    /// What is missing, and from whom.
    pub gaps: Vec<Gap>,
    /// What those claim who had no standing.
    pub claims: Vec<EdgeAnswer>,
    /// Recalls of subjects of the trace, of their classes and lots.
    pub recalls: Vec<RecallAnswer>,
    /// Who received, shipped and sold how much of what.
    pub holdings: Vec<HoldingAnswer>,
    /// Inputs that also went elsewhere: what a recall of one result should make look at.
    pub siblings: Vec<SiblingAnswer>,
    /// Why it is not all; empty if it is.
    pub cuts: Vec<CutAnswer>,
    /// Nothing recorded up to this height is left out, but for `cuts`.
    pub complete_to_height: u64,
}

/// A subject of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeAnswer {
    /// Its canonical URI.
    pub id: String,
    /// What it is.
    pub kind: &'static str,
    /// How many edges from the start.
    pub depth: u32,
    /// `unknown`, `active`, `ended`, `consumed`.
    pub life: &'static str,
    /// Whether it is recalled.
    pub recalled: bool,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Where it was last seen, of the events that are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The times between which its events belong to the trace, if not all do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Vec<[Option<String>; 2]>>,
}

/// How one subject flowed into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EdgeAnswer {
    /// The input, child, lot, or name.
    pub from: String,
    /// The output, parent, item, or other name.
    pub to: String,
    /// The event that says so.
    pub event: String,
    /// `transformation`, `containment`, `association`, `lot`, `alias`.
    pub relation: &'static str,
    /// How much of `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Amount>,
    /// The event that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The event that says so earlier, or alone, of one who had no standing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_claimed: Option<String>,
}

/// A quantity as decimal text with its unit (UN/ECE Rec 20), none for pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Amount {
    /// Exact decimal text.
    pub value: String,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventAnswer {
    /// Its eventID; if the payload is erased, its place in the chain.
    pub id: String,
    /// Its place in the chain: height/index.
    pub position: String,
    /// When, as it was written; if that is erased, in UTC.
    pub time: String,
    /// The event type.
    #[serde(rename = "type")]
    pub kind: String,
    /// ADD, OBSERVE, DELETE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The business step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The disposition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Who recorded it.
    pub author: String,
    /// Where: the business location, else the read point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What was remarked at capture.
    pub flags: Vec<&'static str>,
    /// The events that declare it erroneous.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declared_erroneous_by: Vec<String>,
    /// The events that confirm it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed_by: Vec<String>,
    /// Whether its payload is erased or not shown.
    pub erased: bool,
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Shipped; no receipt is captured.
    NotCaptured,
    /// Shipped to one who is no member here, and so can't record the receipt.
    ReceiverNotRegistered,
    /// Received; no shipment is captured.
    SenderNotRecorded,
    /// Its making is not on this ledger.
    NeverCommissioned,
    /// It was there before its holder joined: what was before is not on this ledger.
    OpeningBalance,
    /// The payload of an event is erased or not shown.
    PayloadErased,
    /// Named after the end of its life.
    AfterEndOfLife,
    /// Unpacked from what it was never packed in.
    NeverPacked,
}

/// Something that is missing, or can't be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// Of what.
    pub subject: String,
    /// Who should have recorded it, if anybody is named.
    pub expected_of: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The event from which it follows.
    pub event: String,
    /// When that was.
    pub time: String,
}

/// A recall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecallAnswer {
    /// What is recalled.
    pub subject: String,
    /// The event that says so.
    pub event: String,
    /// Who recalls.
    pub author: String,
    /// When.
    pub time: String,
    /// Whether the author has no right to: then it is a claim.
    pub claim: bool,
    /// Whether the subject still is recalled.
    pub in_force: bool,
}

/// What passed through a place, of one class or lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoldingAnswer {
    /// The place: a GLN's URI without extension, else the author.
    pub place: String,
    /// Who recorded it.
    pub author: String,
    /// The class or lot; of single items, their class.
    pub subject: String,
    /// Received.
    pub received: Amount,
    /// Shipped.
    pub shipped: Amount,
    /// Sold to consumers.
    pub sold: Amount,
    /// Destroyed, dispensed, decommissioned.
    pub ended: Amount,
}

/// An input that became several results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiblingAnswer {
    /// The input.
    pub input: String,
    /// Each lot, class or unit that it became.
    pub results: Vec<String>,
}

/// Why a trace is not all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutAnswer {
    /// `depth`, `nodes`, `edges` or `work`.
    pub limit: &'static str,
    /// Beyond which subject there is more, if it is depth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}
