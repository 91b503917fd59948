//! Says a trace to people and programs: the closure with names, words, quantities, and what is missing.

mod build;
mod facts;
mod gaps;
mod holdings;

use serde::Serialize;
use suyuan_epcis::codes::{Code, trace as codes};

pub use build::{answer, kind_name, life_name};
pub use facts::{flags, utc};

use crate::trace::closure::{Cut, Query};

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

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 8] = [
        Reason::NotCaptured,
        Reason::ReceiverNotRegistered,
        Reason::SenderNotRecorded,
        Reason::NeverCommissioned,
        Reason::OpeningBalance,
        Reason::PayloadErased,
        Reason::AfterEndOfLife,
        Reason::NeverPacked,
    ];

    /// Its entry in the registry. Its argument is the subject.
    pub fn code(self) -> &'static Code {
        match self {
            Reason::NotCaptured => codes::GAP_NOT_CAPTURED,
            Reason::ReceiverNotRegistered => codes::GAP_RECEIVER_NOT_REGISTERED,
            Reason::SenderNotRecorded => codes::GAP_SENDER_NOT_RECORDED,
            Reason::NeverCommissioned => codes::GAP_NEVER_COMMISSIONED,
            Reason::OpeningBalance => codes::GAP_OPENING_BALANCE,
            Reason::PayloadErased => codes::GAP_PAYLOAD_ERASED,
            Reason::AfterEndOfLife => codes::GAP_AFTER_END_OF_LIFE,
            Reason::NeverPacked => codes::GAP_NEVER_PACKED,
        }
    }
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

impl Cut {
    /// Its entry in the registry. The argument of a depth is the subject.
    pub fn code(&self) -> &'static Code {
        match self {
            Cut::Depth(_) => codes::CUT_DEPTH,
            Cut::Nodes => codes::CUT_NODES,
            Cut::Edges => codes::CUT_EDGES,
            Cut::Work => codes::CUT_WORK,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::proof::RefusedCode;

    /// Goal: the registry has each refusal of a proof, each gap and each cut, and no others; a gap is called in
    /// JSON as its code is. Method: all of them, against the areas of the registry.
    #[test]
    fn codes_are_registered() {
        let refused: BTreeSet<&str> = RefusedCode::ALL.iter().map(|refused| refused.text()).collect();
        let registered: BTreeSet<&str> = suyuan_epcis::codes::proof::ALL.iter().map(|code| code.id).collect();
        assert_eq!((&refused, refused.len()), (&registered, RefusedCode::ALL.len()));
        let cuts = [Cut::Depth(1), Cut::Nodes, Cut::Edges, Cut::Work];
        let told = Reason::ALL.iter().map(|reason| reason.code()).chain(cuts.iter().map(Cut::code));
        let told: BTreeSet<&str> = told.map(|code| code.id).collect();
        assert_eq!(told, codes::ALL.iter().map(|code| code.id).collect());
        for reason in Reason::ALL {
            let name = serde_json::to_string(&reason).unwrap().trim_matches('"').to_uppercase();
            assert_eq!(reason.code().id, format!("TRACE-GAP_{name}"));
        }
    }
}
