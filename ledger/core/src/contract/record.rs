//! Reads the records of contracts: who owes whom what, and what became of it. A payload is one JSON object of record type
//! 4 (`docs/CONTRACT.md`), read strictly.

use std::collections::BTreeSet;

use super::obligation::{Obligation, ObligationKind};
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::named::named;
use crate::organisation::{is_organisation_uri, is_uri};

/// A contract has at most so many parties.
const PARTIES_MAX: usize = 16;
/// And so many obligations, each time of a recurring one counted.
pub const OBLIGATIONS_MAX: usize = 1_024;
/// A record names at most so many pieces of evidence.
const EVIDENCE_MAX: usize = 64;
/// Days to inspect what was received, and of grace after which a late performance counts half, unless the contract says
/// otherwise (`04-contract.md` §4.1); and the most that it may say.
const INSPECTION_DAYS: u64 = 7;
const GRACE_DAYS: u64 = 10;
const DAYS_MAX: u64 = 365;
/// The highest band of size.
const BAND_MAX: u64 = 5;
/// Quantities in thousandths are at most so many, so that no sum of them overflows.
const QUANTITY_MAX: u64 = 1_000_000_000_000_000;
/// Nobody negotiates longer than a year.
const NEGOTIATION_DAYS_MAX: u64 = 365;

named! {
    /// What a party is to the contract.
    pub enum PartyRole {
        /// It sells.
        Seller "seller",
        /// It buys.
        Buyer "buyer",
        /// It carries.
        Carrier "carrier",
        /// It installs.
        Installer "installer",
        /// It maintains.
        Maintainer "maintainer",
        /// It pays.
        Payer "payer",
    }
}

named! {
    /// What kind of payer a party is: there are longest terms of payment by law (`04-contract.md` §4.5).
    pub enum PartySize {
        /// An organ of state or a public institution.
        Organ "organ",
        /// A large enterprise.
        Large "large",
        /// A small or medium-sized enterprise.
        Small "sme",
    }
}

named! {
    /// What a contract is about.
    pub enum Category {
        /// Goods.
        Goods "goods",
        /// Carriage.
        Carriage "carriage",
        /// Installation.
        Installation "install",
        /// Maintenance.
        Maintenance "maintain",
        /// Power.
        Power "power",
        /// What was tendered publicly.
        PublicTender "public_tender",
    }
}

named! {
    /// What of a contract may appear in reports.
    pub enum Disclosure {
        /// Nothing.
        Nothing "none",
        /// How many obligations there were.
        Counts "counts",
        /// And how many of them were kept.
        Rates "rates",
    }
}

named! {
    /// Where a dispute goes that is not settled.
    pub enum Forum {
        /// An arbitration body.
        Arbitration "arbitration",
        /// A court.
        Court "court",
    }
}

/// How disputes are settled: by the parties, then with a mediator's help, then by a court or arbitrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disputes {
    /// So many days the parties negotiate first.
    pub negotiation_days: u32,
    /// Who mediates then: an organisation's URI.
    pub mediator: Option<String>,
    /// Where a dispute goes that is not settled.
    pub forum: Forum,
    /// Which court or arbitrators: an organisation's URI.
    pub body: Option<String>,
}

named! {
    /// How a contract is to end before its time.
    pub enum TerminationKind {
        /// All agree.
        Mutual "mutual",
        /// One party says so, with a ground.
        Unilateral "unilateral",
        /// By law: an authority says so.
        ByLaw "by_law",
    }
}

named! {
    /// Why an obligation is owed no more, or not in time.
    pub enum Excuse {
        /// The creditor does without it.
        Waived "waived",
        /// It was the creditor's own doing.
        Creditor "excused_creditor",
        /// Nobody could help it.
        ForceMajeure "excused_fm",
    }
}

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its URI.
    pub organisation: String,
    /// What it is to the contract.
    pub role: PartyRole,
    /// What kind of payer it is, if that was stated.
    pub size: Option<PartySize>,
}

/// What the parties sign: version 1 with the contract, a further one with each amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The salted hash of the whole text.
    pub text: Hash,
    /// How large it is, 1 to 5: what its facts weigh.
    pub size_band: u8,
    /// Days to inspect what was received: silence after them is acceptance.
    pub inspection_days: u32,
    /// Days after which a late performance counts half, and after which one that was warned of is a breach.
    pub grace_days: u32,
    /// What is owed.
    pub obligations: Vec<Obligation>,
}

/// What an adjudicator has found, or all have agreed, of one obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub obligation: String,
    /// What.
    pub finding: Finding,
}

/// What was found of an obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It was performed so.
    Performed(Received),
    /// It was not.
    Breached,
    /// It is not owed, or not in time.
    Excused(Excuse),
}

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// How much, in thousandths of the unit.
    pub quantity: u64,
    /// How much of it was as agreed.
    pub good: u64,
    /// How much of it was given back, and is still owed.
    pub returned: u64,
    /// Nothing more is expected.
    pub is_complete: bool,
}

/// A record of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRecord {
    /// Its `eventID`.
    pub event_id: String,
    /// Its `eventTime`, milliseconds since 1970.
    pub event_time: i64,
    /// The contract, by the hash of its first record; none in that.
    pub contract: Option<Hash>,
    /// What it says.
    pub act: Act,
}

/// What is done. Other records are named by their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A contract is proposed.
    Propose {
        /// Who is party to it.
        parties: Vec<Party>,
        /// What it is about.
        category: Category,
        /// The terms, version 1.
        terms: Terms,
        /// Whether the parties belong together: what they do for each other speaks for neither.
        are_related: bool,
        /// What may appear in reports.
        disclosure: Disclosure,
        /// The project that was tendered, by a hash of its number: of a public tender, and of nothing else.
        project: Option<Hash>,
        /// How disputes are settled.
        disputes: Disputes,
    },
    /// Other terms are proposed.
    Amend {
        /// Their version.
        version: u32,
        /// They.
        terms: Terms,
    },
    /// Agrees to what another has proposed: the contract, other terms, a settlement, a termination, a case of force
    /// majeure, or what was received.
    Consent {
        /// The record.
        to: Hash,
        /// The band of size as this party states it, where terms are agreed to.
        size_band: Option<u8>,
    },
    /// Does not agree, or takes its own proposal back.
    Dissent {
        /// The record.
        to: Hash,
    },
    /// The debtor has performed, as it says.
    Perform {
        /// The obligation.
        obligation: String,
        /// When, in milliseconds since 1970.
        at: i64,
        /// How much, in thousandths.
        quantity: u64,
        /// What shows it: records of events.
        evidence: Vec<Hash>,
    },
    /// The creditor has received something.
    Receive {
        /// The obligation.
        obligation: String,
        /// The performance that it answers, if there was one.
        performance: Option<Hash>,
        /// What.
        received: Received,
        /// Why something was not as agreed.
        reasons: Option<Hash>,
        /// What shows it.
        evidence: Vec<Hash>,
    },
    /// A bank confirms that a payment has reached its creditor. It is told the contract by a performance that names it as
    /// evidence.
    Confirm {
        /// The obligation to pay.
        obligation: String,
        /// When it did, in milliseconds since 1970.
        at: i64,
        /// How much, in thousandths.
        quantity: u64,
        /// The transfer, by a hash of its number: whoever confirms it, it is one.
        transfer: Hash,
        /// The number of the bank's licence; an authority needs none.
        licence: Option<String>,
    },
    /// The creditor warns that something is overdue.
    Warn {
        /// The obligation.
        obligation: String,
    },
    /// The creditor does without something, or says that it was its own doing.
    Excuse {
        /// The obligation.
        obligation: String,
        /// Why.
        excuse: Excuse,
    },
    /// A party can't perform, and nobody can help it.
    ForceMajeure {
        /// What shows it.
        evidence: Vec<Hash>,
    },
    /// It can be gone on.
    Resume,
    /// A party disputes what is said of obligations.
    Dispute {
        /// Which.
        obligations: Vec<String>,
        /// Of one payment, how much of it is disputed, in thousandths; all if absent.
        disputed: Option<u64>,
        /// What shows it.
        evidence: Vec<Hash>,
    },
    /// A party proposes what is to hold.
    Settle {
        /// It.
        outcomes: Vec<Outcome>,
    },
    /// An adjudicator has decided what holds.
    Award {
        /// The number of the decision.
        decision: String,
        /// It.
        outcomes: Vec<Outcome>,
    },
    /// It is to end before its time.
    Terminate {
        /// How.
        kind: TerminationKind,
        /// The ground.
        ground: Option<Hash>,
    },
}

impl ContractRecord {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<ContractRecord, InvalidRecord> {
        let mut members = Members::parse(payload)?;
        let name = members.text("type")?;
        let (event_id, event_time) = (members.text("eventID")?, members.time("eventTime")?);
        if !is_uri(&event_id) {
            return Err(members.error("eventID", "not a URI"));
        }
        let contract = match name.as_str() {
            "suyuan:Contract" => None,
            _ => Some(members.hash("contract")?),
        };
        let act = act(&name, &mut members)?;
        let told = match &act {
            Act::Perform { at, .. } => Some(("completed", *at)),
            Act::Receive { received: Received { at, .. }, .. } | Act::Confirm { at, .. } => Some(("received", *at)),
            _ => None,
        };
        if let Some((name, _)) = told.filter(|(_, at)| *at > event_time) {
            return Err(members.error(name, "after eventTime"));
        }
        members.end()?;
        Ok(ContractRecord { event_id, event_time, contract, act })
    }
}

fn act(name: &str, members: &mut Members) -> Result<Act, InvalidRecord> {
    Ok(match name {
        "suyuan:Contract" => propose(members)?,
        "suyuan:ContractAmendment" => {
            let version = u32::try_from(members.integer("version", u64::from(u32::MAX))?).unwrap_or(u32::MAX);
            Act::Amend { version, terms: terms(members)? }
        }
        "suyuan:ContractConsent" => Act::Consent {
            to: members.hash("to")?,
            size_band: members.optional_integer("sizeBand", BAND_MAX)?.map(band),
        },
        "suyuan:ContractDissent" => Act::Dissent { to: members.hash("to")? },
        "suyuan:Performance" => Act::Perform {
            obligation: members.text("obligation")?,
            at: members.time("completed")?,
            quantity: some(members)?,
            evidence: members.hashes("evidence", EVIDENCE_MAX)?,
        },
        "suyuan:PaymentConfirmation" => Act::Confirm {
            obligation: members.text("obligation")?,
            at: members.time("received")?,
            quantity: some(members)?,
            transfer: members.hash("transfer")?,
            licence: members.optional_text("licence")?,
        },
        "suyuan:Receipt" => receive(members)?,
        "suyuan:OverdueNotice" => Act::Warn { obligation: members.text("obligation")? },
        "suyuan:ObligationExcuse" => {
            let excuse = members.one_of("excuse", Excuse::from_name)?;
            // Force majeure is not one party's to find.
            if excuse == Excuse::ForceMajeure {
                return Err(members.error("excuse", "not a creditor's to say"));
            }
            Act::Excuse { obligation: members.text("obligation")?, excuse }
        }
        "suyuan:ForceMajeure" => Act::ForceMajeure { evidence: members.hashes("evidence", EVIDENCE_MAX)? },
        "suyuan:Resumption" => Act::Resume,
        "suyuan:Dispute" => {
            let obligations = members.texts("obligations", OBLIGATIONS_MAX)?;
            if obligations.is_empty() {
                return Err(members.error("obligations", "none"));
            }
            let disputed = members.optional_integer("disputed", QUANTITY_MAX)?;
            if disputed.is_some_and(|part| part == 0 || obligations.len() > 1) {
                return Err(members.error("disputed", "of one payment, more than 0"));
            }
            Act::Dispute { obligations, disputed, evidence: members.hashes("evidence", EVIDENCE_MAX)? }
        }
        "suyuan:Settlement" => Act::Settle { outcomes: outcomes(members)? },
        "suyuan:Award" => Act::Award { decision: members.text("decisionNo")?, outcomes: outcomes(members)? },
        "suyuan:ContractTermination" => {
            let kind = members.one_of("kind", TerminationKind::from_name)?;
            let ground = members.optional_hash("ground")?;
            if ground.is_none() && kind != TerminationKind::Mutual {
                return Err(members.error("ground", "missing"));
            }
            Act::Terminate { kind, ground }
        }
        _ => return Err(members.error("type", "unknown type")),
    })
}

fn some(members: &mut Members) -> Result<u64, InvalidRecord> {
    match members.integer("quantity", QUANTITY_MAX)? {
        0 => Err(members.error("quantity", "nothing")),
        quantity => Ok(quantity),
    }
}

fn band(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn propose(members: &mut Members) -> Result<Act, InvalidRecord> {
    let mut parties: Vec<Party> = Vec::new();
    for mut party in members.objects("parties", PARTIES_MAX)? {
        let organisation = party.text("organisation")?;
        if !is_organisation_uri(&organisation) {
            return Err(party.error("organisation", "not an organisation's URI"));
        }
        if parties.iter().any(|other| other.organisation == organisation) {
            return Err(party.error("organisation", "is there twice"));
        }
        let role = party.one_of("role", PartyRole::from_name)?;
        let size = party.optional_one_of("size", PartySize::from_name)?;
        party.end()?;
        parties.push(Party { organisation, role, size });
    }
    if parties.len() < 2 {
        return Err(members.error("parties", "fewer than two"));
    }
    let terms = terms(members)?;
    check_parties(members, &terms, &parties)?;
    let (category, project) = (members.one_of("category", Category::from_name)?, members.optional_hash("project")?);
    if project.is_some() != (category == Category::PublicTender) {
        return Err(members.error("project", "goes with the category \"public_tender\", and with it alone"));
    }
    Ok(Act::Propose {
        parties,
        category,
        terms,
        are_related: members.boolean("relatedParty")?,
        disclosure: members.optional_one_of("disclosure", Disclosure::from_name)?.unwrap_or(Disclosure::Nothing),
        project,
        disputes: disputes(members)?,
    })
}

fn disputes(members: &mut Members) -> Result<Disputes, InvalidRecord> {
    let days = members.optional_integer("negotiationDays", NEGOTIATION_DAYS_MAX)?.unwrap_or(0);
    let mut body = |name: &str| match members.optional_text(name)? {
        Some(uri) if !is_organisation_uri(&uri) => Err(members.error(name, "not an organisation's URI")),
        uri => Ok(uri),
    };
    Ok(Disputes {
        negotiation_days: u32::try_from(days).unwrap_or(u32::MAX),
        mediator: body("mediator")?,
        body: body("forumBody")?,
        forum: members.optional_one_of("forum", Forum::from_name)?.unwrap_or(Forum::Court),
    })
}

/// Checks that who owes and is owed is party to it.
fn check_parties(members: &Members, terms: &Terms, parties: &[Party]) -> Result<(), InvalidRecord> {
    let is_party = |uri: &String| parties.iter().any(|party| party.organisation == *uri);
    match terms.obligations.iter().all(|one| is_party(&one.debtor) && is_party(&one.creditor)) {
        true => Ok(()),
        false => Err(members.error("obligations", "a debtor or creditor is no party")),
    }
}

fn terms(members: &mut Members) -> Result<Terms, InvalidRecord> {
    let text = members.hash("textCommitment")?;
    let size_band = members.integer("sizeBand", BAND_MAX)?;
    if size_band == 0 {
        return Err(members.error("sizeBand", "not from 1 to 5"));
    }
    let mut days = |name: &str, default: u64| -> Result<u32, InvalidRecord> {
        let days = members.optional_integer(name, DAYS_MAX)?.unwrap_or(default);
        Ok(u32::try_from(days).unwrap_or(u32::MAX))
    };
    let (inspection_days, grace_days) = (days("inspectionDays", INSPECTION_DAYS)?, days("graceDays", GRACE_DAYS)?);
    let mut obligations: Vec<Obligation> = Vec::new();
    for mut one in members.objects("obligations", OBLIGATIONS_MAX)? {
        let times = obligation(&mut one)?;
        one.end()?;
        if obligations.len().saturating_add(times.len()) > OBLIGATIONS_MAX {
            return Err(members.error("obligations", format!("above {OBLIGATIONS_MAX}")));
        }
        obligations.extend(times);
    }
    let names: BTreeSet<&str> = obligations.iter().map(|one| one.id.as_str()).collect();
    if obligations.is_empty() || names.len() != obligations.len() {
        return Err(members.error("obligations", "none, or two of one id"));
    }
    if obligations.iter().flat_map(|one| &one.depends_on).any(|on| !names.contains(on.as_str())) {
        return Err(members.error("obligations", "one depends on what is not there"));
    }
    Ok(Terms { text, size_band: band(size_band), inspection_days, grace_days, obligations })
}

/// Reads an obligation: one for each time that it is due.
fn obligation(members: &mut Members) -> Result<Vec<Obligation>, InvalidRecord> {
    const MILLION: u64 = 1_000_000;
    const SECONDS_MAX: u64 = 365 * 86_400;
    const DAY_MS: i64 = 86_400_000;
    let id = members.text("id")?;
    let (debtor, creditor) = (members.text("debtor")?, members.text("creditor")?);
    if debtor == creditor {
        return Err(members.error("creditor", "is the debtor"));
    }
    let quantity = members.optional_integer("quantity", QUANTITY_MAX)?.unwrap_or(1_000);
    if quantity == 0 {
        return Err(members.error("quantity", "nothing"));
    }
    let first = Obligation {
        id,
        kind: members.one_of("kind", ObligationKind::from_name)?,
        debtor,
        creditor,
        what: members.optional_text("what")?,
        quantity,
        unit: members.optional_text("unit")?,
        tolerance_minus_ppm: members.optional_integer("tolMinusPpm", MILLION)?.unwrap_or(0),
        tolerance_plus_ppm: members.optional_integer("tolPlusPpm", MILLION)?.unwrap_or(0),
        due: members.time("due")?,
        early_seconds: members.optional_integer("earlyOk", SECONDS_MAX)?,
        late_seconds: members.optional_integer("lateTolerance", SECONDS_MAX)?.unwrap_or(0),
        place: members.optional_text("place")?,
        quality_rule: members.optional_hash("qualityRule")?,
        temperature: temperature(members)?,
        depends_on: members.texts("dependsOn", OBLIGATIONS_MAX)?,
        price: members.optional_hash("price")?,
        term_days: members.optional_integer("termDays", DAYS_MAX)?.map(|days| u32::try_from(days).unwrap_or(u32::MAX)),
    };
    let Some(mut every) = members.optional_object("every")? else { return Ok(vec![first]) };
    let (days, times) = (every.integer("days", DAYS_MAX)?, every.integer("times", OBLIGATIONS_MAX as u64)?);
    if days == 0 || times == 0 {
        return Err(every.error("days", "never"));
    }
    every.end()?;
    let step = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS);
    let at = |time: i64| Obligation {
        id: format!("{}#{}", first.id, time.saturating_add(1)),
        due: first.due.saturating_add(step.saturating_mul(time)),
        ..first.clone()
    };
    Ok((0..i64::try_from(times).unwrap_or(0)).map(at).collect())
}

/// From which temperature to which, in tenths of a degree Celsius.
fn temperature(members: &mut Members) -> Result<Option<(i64, i64)>, InvalidRecord> {
    const TENTHS_MAX: u64 = 10_000;
    let Some(mut range) = members.optional_object("temperature")? else { return Ok(None) };
    let (min, max) = (range.signed("min", TENTHS_MAX)?, range.signed("max", TENTHS_MAX)?);
    range.end()?;
    match min <= max {
        true => Ok(Some((min, max))),
        false => Err(members.error("temperature", "the least is above the greatest")),
    }
}

fn receive(members: &mut Members) -> Result<Act, InvalidRecord> {
    let received = received(members)?;
    let reasons = members.optional_hash("reasons")?;
    if reasons.is_none() && received.good < received.quantity {
        return Err(members.error("reasons", "missing"));
    }
    Ok(Act::Receive {
        obligation: members.text("obligation")?,
        performance: members.optional_hash("performance")?,
        received,
        reasons,
        evidence: members.hashes("evidence", EVIDENCE_MAX)?,
    })
}

fn received(members: &mut Members) -> Result<Received, InvalidRecord> {
    let (at, quantity) = (members.time("received")?, members.integer("quantity", QUANTITY_MAX)?);
    let good = members.optional_integer("good", QUANTITY_MAX)?.unwrap_or(quantity);
    let returned = members.optional_integer("returned", QUANTITY_MAX)?.unwrap_or(0);
    if good.saturating_add(returned) > quantity {
        return Err(members.error("good", "with what was returned above the quantity"));
    }
    Ok(Received { at, quantity, good, returned, is_complete: members.boolean("complete")? })
}

fn outcomes(members: &mut Members) -> Result<Vec<Outcome>, InvalidRecord> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for mut one in members.objects("outcomes", OBLIGATIONS_MAX)? {
        let obligation = one.text("obligation")?;
        let finding = match one.text("finding")?.as_str() {
            "performed" => Finding::Performed(Received { is_complete: true, ..received(&mut one)? }),
            "breached" => Finding::Breached,
            other => match Excuse::from_name(other) {
                Some(excuse) => Finding::Excused(excuse),
                None => return Err(one.error("finding", format!("\"{other}\" is none of those that there are"))),
            },
        };
        one.end()?;
        if outcomes.iter().any(|other| other.obligation == obligation) {
            return Err(one_twice(members));
        }
        outcomes.push(Outcome { obligation, finding });
    }
    match outcomes.is_empty() {
        true => Err(members.error("outcomes", "none")),
        false => Ok(outcomes),
    }
}

fn one_twice(members: &Members) -> InvalidRecord {
    members.error("outcomes", "two of one obligation")
}
