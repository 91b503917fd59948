//! What answers look like, for OpenAPI. Those that the ledger writes itself stand here a second time, read
//! strictly, so that a test can hold the two together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::link::EventReceipt;

/// A submission that is on the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct Applied {
    /// Always `applied`.
    #[schema(example = "applied")]
    pub status: &'static str,
    /// The block's height.
    pub height: u64,
    /// The block's time, milliseconds since 1970.
    pub block_time: i64,
    /// The submission's id.
    pub submission: String,
    /// Of each event, in their order.
    pub receipts: Vec<EventReceipt>,
}

/// A submission that never enters the ledger: a problem with these members besides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// As of every problem.
    pub r#type: String,
    /// As of every problem.
    pub title: String,
    /// As of every problem.
    pub status: u16,
    /// As of every problem.
    pub detail: String,
    /// As of every problem.
    pub code: String,
    /// The code's number (1xx); none if the body was no submission.
    pub number: Option<u16>,
    /// Which of its events is to blame, from 0; none if it is the whole.
    pub event: Option<u64>,
    /// Where in the event.
    pub pointer: Option<String>,
    /// What stands there.
    pub argument: Option<String>,
}

/// A submission that is not the next of its lane: a problem with these members besides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NotNext {
    /// As of every problem.
    pub r#type: String,
    /// As of every problem.
    pub title: String,
    /// As of every problem.
    pub status: u16,
    /// As of every problem.
    pub detail: String,
    /// As of every problem.
    pub code: String,
    /// The next submission's sequence; 0 if two were signed for one place.
    pub next: u64,
    /// The id of the one before.
    pub previous: String,
}

/// The last height that is certified.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckpointAnswer {
    /// The chain's identity.
    pub chain: String,
    /// The height.
    pub height: u64,
    /// The state root after that height.
    pub state: String,
    /// The id of the header that certifies it.
    pub header: String,
    /// The time of that header, milliseconds since 1970.
    pub time: i64,
}

/// A page of headers.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockList {
    /// The height of the last block there is.
    pub height: u64,
    /// The headers, ascending.
    pub blocks: Vec<BlockHeader>,
    /// Where the next page begins; none on the last.
    pub next: Option<u64>,
}

/// A block's header.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockHeader {
    /// Its id, which validators vote for.
    pub id: String,
    /// The chain's identity.
    pub chain: String,
    /// The height.
    pub height: u64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// The parent's id.
    pub parent: String,
    /// The root over its submissions.
    pub body: String,
    /// Bytes of its salts and payloads.
    pub body_bytes: u64,
    /// Its events.
    pub events: u32,
    /// Its submissions.
    pub submissions: u64,
    /// The state root after its parent.
    pub state_before: String,
    /// The root over its parent's receipts.
    pub results_before: String,
    /// The root over all headers before it.
    pub history: String,
    /// The hash of the validators who decide it.
    pub validators: String,
    /// The hash of those who decide its child.
    pub next_validators: String,
    /// The rules under which it is applied.
    pub rules: u16,
    /// The proposer's place among the validators.
    pub proposer: u16,
}

/// A block.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeBlock {
    /// Its header.
    pub header: BlockHeader,
    /// The round in which it was decided.
    pub round: u32,
    /// Why it is decided.
    pub votes: Vec<VoteOf>,
    /// What it carries.
    pub submissions: Vec<BlockSubmission>,
}

/// A validator's signature.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoteOf {
    /// Its place among the validators.
    pub validator: u16,
    /// Ed25519, in hex.
    pub signature: String,
}

/// A submission of a block.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockSubmission {
    /// Its id.
    pub id: String,
    /// The author's organisation.
    pub organisation: u64,
    /// The id of the key that signed it: its lane.
    pub key: String,
    /// Its place in the lane.
    pub sequence: u64,
    /// The submission before it in the lane.
    pub previous: String,
    /// When it was signed, milliseconds since 1970.
    pub signed_at: i64,
    /// Ed25519, in hex.
    pub signature: String,
    /// Its events.
    pub events: Vec<BlockEvent>,
}

/// An event of a block.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockEvent {
    /// Its place in the block.
    pub index: u32,
    /// 1: EPCIS event, 2: organisation's record, 3: governance.
    pub record_type: u16,
    /// 0 if it was accepted, else why not (2xx).
    pub code: u16,
    /// The salted digest of its payload.
    pub digest: String,
}

/// A subject.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subject {
    /// Its canonical URI.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Its number on this ledger.
    pub number: u64,
    /// unknown, active, ended, consumed.
    pub life: String,
    /// Whether it is recalled.
    pub recalled: bool,
    /// Who holds it.
    pub holder: Option<String>,
    /// Whom the holder named as receiver.
    pub next_holder: Option<String>,
    /// Who commissioned it with the right to.
    pub maker: Option<String>,
    /// Who recorded it first.
    pub founder: Option<String>,
    /// What contains it.
    pub parent: Option<String>,
    /// How many subjects, it included, have lived alike so far and share one log.
    pub shared_by: u64,
    /// How many entries its log has.
    pub entries: u64,
    /// A page of them, in the order of recording.
    pub history: Vec<SubjectEntry>,
    /// Where the next page begins; none on the last.
    pub next: Option<u64>,
    /// Nothing recorded up to this height is left out.
    pub complete_to_height: u64,
}

/// An entry of a subject's log: an event that names it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubjectEntry {
    /// The event's place in the chain: height/index.
    pub position: String,
    /// Its eventID; none if its payload is erased.
    pub event: Option<String>,
    /// In which role it names the subject.
    pub role: String,
    /// By what right its author does.
    pub standing: String,
    /// Its author.
    pub author: String,
    /// When it happened, in UTC.
    pub event_time: String,
    /// When it was recorded, in UTC.
    pub block_time: String,
    /// What was remarked at capture.
    pub flags: Vec<String>,
    /// Whether its payload is erased.
    pub erased: bool,
}

/// How the network is governed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GovernanceAnswer {
    /// How many authorities have to sign a record of governance; 0: an operator alone.
    pub threshold: u32,
    /// The rules under which blocks are applied.
    pub rules: RulesAnswer,
    /// Who decides the next block.
    pub validators: Vec<ValidatorAnswer>,
    /// Who decides later, if others do.
    pub next_validators: Option<Vec<ValidatorAnswer>>,
    /// From which height on they do.
    pub next_from: Option<u64>,
    /// What was proposed.
    pub proposals: Vec<ProposalAnswer>,
    /// Tables that credit is read with, beside those that came with the program, in the order in which they were put in force.
    pub tables: Vec<TableAnswer>,
}

/// A table that was put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableAnswer {
    /// `calendar`, `repair-policies`, `parameters`, `inspection-rates` or `equipment-intervals`.
    pub name: String,
    /// From which day on it says something.
    pub from: String,
    /// The height at which it was put in force.
    pub height: u64,
    /// When that was.
    pub adopted: String,
    /// It, in JSON, byte by byte.
    pub table: String,
    /// Whether this program can read it; one that it can't has no effect here.
    pub readable: bool,
}

/// Rules in force, and announced ones.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesAnswer {
    /// The rules of the next block.
    pub now: u16,
    /// Later ones, if announced.
    pub next: Option<u16>,
    /// From which height on these hold.
    pub from: Option<u64>,
}

/// A validator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidatorAnswer {
    /// Its public key.
    pub key: String,
    /// Its voting power.
    pub power: u64,
    /// The URI of the organisation whose node it is, if its key is on the ledger.
    pub organisation: Option<String>,
}

/// A record of governance that authorities sign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalAnswer {
    /// Its id: the digest of the event that proposed it.
    pub proposal: String,
    /// open, effective or lapsed.
    pub state: String,
    /// When it was proposed.
    pub proposed: String,
    /// When it lapses if it is not effective by then.
    pub lapses: String,
    /// The URIs of those who have signed it.
    pub signers: Vec<Option<String>>,
    /// The record; none once it is effective.
    #[schema(value_type = Option<Object>)]
    pub record: Option<serde_json::Value>,
}

/// A page of organisations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationList {
    /// The organisations, by their numbers.
    pub organisations: Vec<OrganisationAnswer>,
    /// Where the next page begins; none on the last.
    pub next: Option<u64>,
}

/// An organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationAnswer {
    /// Its number.
    pub number: u64,
    /// Its URI.
    pub uri: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// What people call it.
    pub name: String,
    /// What it is to the network.
    pub role: String,
    /// When it was removed, milliseconds since 1970; 0 is never.
    pub removed: i64,
    /// Its keys.
    pub keys: Vec<KeyAnswer>,
    /// What is bound to it.
    pub bindings: Vec<BindingAnswer>,
}

/// A key. Times are milliseconds since 1970; 0 is never.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyAnswer {
    /// Its id.
    pub key: String,
    /// root, administrator or device.
    pub role: String,
    /// Since when it is in force.
    pub admitted: i64,
    /// When it was retired.
    pub retired: i64,
    /// When it was revoked.
    pub revoked: i64,
}

/// A binding. Times are milliseconds since 1970.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingAnswer {
    /// What kind of name is bound.
    pub kind: String,
    /// The name.
    pub value: String,
    /// Whether only the owner may commission under it.
    pub strict: bool,
    /// Since when.
    pub from: i64,
    /// Until when; 0 is without end.
    pub to: i64,
}

/// A trace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The subject.
    pub subject: String,
    /// back, forward or history.
    pub direction: String,
    /// The height up to which history was walked.
    pub height: u64,
    /// The subjects, the start first.
    pub nodes: Vec<TraceNode>,
    /// How they flowed into one another.
    pub edges: Vec<TraceEdge>,
    /// What happened, by event time.
    pub events: Vec<TraceEvent>,
    /// What is missing, and from whom.
    pub gaps: Vec<TraceGap>,
    /// What those claim who had no standing.
    pub claims: Vec<TraceEdge>,
    /// Recalls of subjects of the trace, of their classes and lots.
    pub recalls: Vec<TraceRecall>,
    /// Who received, shipped and sold how much of what.
    pub holdings: Vec<TraceHolding>,
    /// Inputs that also went elsewhere.
    pub siblings: Vec<TraceSibling>,
    /// Why it is not all; empty if it is.
    pub cuts: Vec<TraceCut>,
    /// Nothing recorded up to this height is left out, but for cuts.
    pub complete_to_height: u64,
}

/// A subject of a trace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceNode {
    /// Its canonical URI.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// How many links from the start.
    pub depth: u32,
    /// unknown, active, ended, consumed.
    pub life: String,
    /// Whether it is recalled.
    pub recalled: bool,
    /// Who holds it.
    pub holder: Option<String>,
    /// Where it was last seen.
    pub at: Option<String>,
    /// The times between which its events belong to the trace, if not all do.
    pub windows: Option<Vec<Vec<Option<String>>>>,
}

/// How one subject flowed into another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceEdge {
    /// The input, child, lot, or name.
    pub from: String,
    /// The output, parent, item, or other name.
    pub to: String,
    /// The event that says so.
    pub event: String,
    /// transformation, containment, association, lot, alias.
    pub relation: String,
    /// How much.
    pub quantity: Option<TraceAmount>,
    /// The event that ended it.
    pub until: Option<String>,
    /// The event that says so of one who had no standing.
    pub until_claimed: Option<String>,
}

/// A quantity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceAmount {
    /// Exact decimal text.
    pub value: String,
    /// UN/ECE Rec 20; none for pieces.
    pub unit: Option<String>,
}

/// What happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceEvent {
    /// Its eventID; if the payload is erased, its place.
    pub id: String,
    /// Its place in the chain: height/index.
    pub position: String,
    /// When.
    pub time: String,
    /// The event type.
    pub r#type: String,
    /// ADD, OBSERVE, DELETE.
    pub action: Option<String>,
    /// The business step.
    pub step: Option<String>,
    /// The disposition.
    pub disposition: Option<String>,
    /// Who recorded it.
    pub author: String,
    /// Where.
    pub place: Option<String>,
    /// What was remarked at capture.
    pub flags: Vec<String>,
    /// The events that declare it erroneous.
    #[serde(default)]
    pub declared_erroneous_by: Vec<String>,
    /// The events that confirm it.
    #[serde(default)]
    pub confirmed_by: Vec<String>,
    /// Whether its payload is erased.
    pub erased: bool,
}

/// Something that is missing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceGap {
    /// Of what.
    pub subject: String,
    /// Who should have recorded it.
    pub expected_of: Option<String>,
    /// Why (TRACE-GAP_ codes, in lower case).
    pub reason: String,
    /// The event from which it follows.
    pub event: String,
    /// When that was.
    pub time: String,
}

/// A recall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceRecall {
    /// What is recalled.
    pub subject: String,
    /// The event that says so.
    pub event: String,
    /// Who recalls.
    pub author: String,
    /// When.
    pub time: String,
    /// Whether the author has no right to.
    pub claim: bool,
    /// Whether it still is recalled.
    pub in_force: bool,
}

/// What passed through a place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceHolding {
    /// The place.
    pub place: String,
    /// Who recorded it.
    pub author: String,
    /// The class or lot.
    pub subject: String,
    /// Received.
    pub received: TraceAmount,
    /// Shipped.
    pub shipped: TraceAmount,
    /// Sold to consumers.
    pub sold: TraceAmount,
    /// Destroyed, dispensed, decommissioned.
    pub ended: TraceAmount,
}

/// An input that became several results.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceSibling {
    /// The input.
    pub input: String,
    /// Each lot, class or unit that it became.
    pub results: Vec<String>,
}

/// Why a trace is not all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceCut {
    /// depth, nodes, edges or work.
    pub limit: String,
    /// Beyond which subject there is more.
    pub subject: Option<String>,
}
