//! Reads the records of credit: what authorities have decided or found of a firm, what it has pledged, and how it objects
//! and repairs. A payload is one JSON object of record type 5 (`docs/CREDIT.md`), read strictly.

use suyuan_epcis::identifier::Kind;

use super::administrative::Administrative;
use super::catalogue::Catalogue;
use super::disclosure::{Disclosure, Verification};
use super::draw::Draw;
use super::falsification::Falsification;
use super::indicator::Indicator;
use super::kind::RecordKind;
use super::measures::{Measure, MeasureCatalogue};
use super::notice::{Notice, NoticeDone};
use super::parameters::Profile;
use super::published::Published;
use super::status::{CustomsTier, PenaltyClass};
use super::unlicensed::Unlicensed;
use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::named::named;
use crate::organisation::{is_organisation_uri, is_uri};

/// A repair names at most so many records.
const TARGETS_MAX: usize = 64;
/// And a removal so many.
const REMOVED_MAX: usize = 1_024;
/// And so many documents.
const DOCUMENTS_MAX: usize = 64;
/// A licence names so many things that it is for, a penalty so many kinds.
const WORDS_MAX: usize = 32;
/// The bands of size of contracts.
const BANDS: u64 = 5;
/// Whose URI begins so is a person in business (个体工商户), a party to trade and never graded, or has a citizen's number.
const PERSONS: [&str; 2] = ["urn:uscc:92", "urn:cn:"];

/// Whether an organisation may have a grade: legal entities, by their URNs (`01-seed-systems.md` §1.5, limit 1).
pub fn may_be_graded(uri: &str) -> bool {
    uri.starts_with("urn:") && !PERSONS.iter().any(|person| uri.starts_with(person))
}

/// Codes of organs of state begin so (GB 32100: registered by the establishment office, an organ).
const ORGANS: &str = "urn:uscc:11";

/// Whether it is an organ of state: how it pays is told, and it is never graded (`01-seed-systems.md` C28, §1.4).
pub fn is_organ(uri: &str) -> bool {
    uri.starts_with(ORGANS)
}

named! {
    /// What became of a licence.
    pub enum LicenceState {
        /// It is in force.
        Valid "valid",
        /// It is suspended.
        Suspended "suspended",
        /// It was revoked.
        Revoked "revoked",
        /// It ran out.
        Expired "expired",
        /// Its holder gave it back.
        Cancelled "cancelled",
    }
}

named! {
    /// What an inspection found.
    pub enum InspectionResult {
        /// Nothing.
        Pass "pass",
        /// Something that was put right in time.
        RectifiedInTime "rectified_in_time",
        /// Something that was put right late.
        RectifiedLate "rectified_late",
        /// Something that stands.
        Fail "fail",
    }
}

named! {
    /// What became of a pledge.
    pub enum PledgeResult {
        /// It was kept.
        Kept "kept",
        /// In part.
        Partly "partly",
        /// It was broken.
        Broken "broken",
    }
}

named! {
    /// What an objection says is wrong.
    pub enum ObjectionKind {
        /// It is another firm.
        Identity "identity",
        /// It was copied wrongly.
        Transcription "transcription",
        /// It did not happen so.
        Fact "fact",
        /// Its time is over.
        Expiry "expiry",
        /// It has no legal basis.
        Basis "basis",
    }
}

named! {
    /// A step of an objection, in the order in which they come.
    pub enum ObjectionStep {
        /// It is looked into.
        Accept "accept",
        /// It is not.
        Refuse "refuse",
        /// Whoever runs the platform has compared its data.
        PlatformCheck "platform_check",
        /// Whoever gave the record was asked.
        ProviderAsked "provider_asked",
        /// And has answered.
        ProviderAnswer "provider_answer",
        /// It is decided.
        Decide "decide",
    }
}

named! {
    /// How an objection was decided.
    pub enum ObjectionResult {
        /// The record was wrong.
        Upheld "upheld",
        /// In part, and is replaced by another.
        Partly "partly",
        /// It was right.
        Rejected "rejected",
    }
}

named! {
    /// A step of a repair.
    pub enum RepairStep {
        /// It is looked into.
        Accept "accept",
        /// It is not.
        Refuse "refuse",
        /// It takes longer, once.
        Extend "extend",
        /// It is decided.
        Decide "decide",
    }
}

named! {
    /// How a repair was decided.
    pub enum RepairResult {
        /// The penalty is public no more.
        Repaired "repaired",
        /// It stays.
        Refused "refused",
    }
}

/// A record of credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditRecord {
    /// Its `eventID`.
    pub event_id: String,
    /// Its `eventTime`, milliseconds since 1970.
    pub event_time: i64,
    /// Whose credit it is about: an organisation's URI.
    pub subject: String,
    /// What kind it is.
    pub kind: RecordKind,
    /// The item of the catalogue that it is of, by its code.
    pub item: &'static str,
    /// What it says.
    pub statement: Statement,
}

/// A record that is to be removed. Where its record is stays known, and who wrote it, when its body is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The hash of its record.
    pub record: Hash,
    /// Its height, and its index in the block.
    pub place: (u64, u32),
}

/// What a record says of its subject. Other records are named by their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// Which weights are the subject's.
    Profile(Profile),
    /// A licence, or what has become of one.
    Licence {
        /// What it permits.
        kind: String,
        /// Its number.
        number: String,
        /// Since when.
        from: Day,
        /// Until when; without end if absent.
        to: Option<Day>,
        /// Whether it is in force.
        state: LicenceState,
        /// For what, where it is not for all of its kind.
        scope: Vec<String>,
    },
    /// A penalty.
    Penalty {
        /// The number of the decision.
        decision: String,
        /// The law.
        basis: String,
        /// How serious.
        class: PenaltyClass,
        /// The field of law, where a policy of repair asks for it.
        field: String,
        /// The day of the decision.
        decided: Day,
        /// What it consists in: a warning, a fine, goods that are confiscated.
        kinds: Vec<String>,
        /// How much it is in all, by the bands of size of contracts (`04-contract.md` §4.1).
        amount_band: Option<u8>,
        /// The notice of how to repair it, and the receipt of both: without them it does not score (两书同达).
        delivered: Option<(Hash, Hash)>,
    },
    /// Another act of an authority.
    Administrative(Administrative),
    /// A listing as seriously dishonest, which a person has decided.
    Listing {
        /// The list.
        list: String,
        /// The number of the decision.
        decision: String,
        /// The law.
        basis: String,
        /// Since when.
        from: Day,
        /// Until when.
        to: Option<Day>,
        /// The receipt of the notice.
        receipt: Hash,
    },
    /// Records were falsified.
    Falsification(Box<Falsification>),
    /// An inspection or sampling.
    Inspection {
        /// When.
        day: Day,
        /// What was found.
        result: InspectionResult,
        /// The report.
        report: Hash,
        /// The penalty of which it is the basis: whose fate it shares.
        penalty: Option<Hash>,
        /// The draw by which the subject was to be inspected.
        draw: Option<String>,
    },
    /// The subject was found to operate without a licence in force.
    Unlicensed(Unlicensed),
    /// The public comprehensive score, 0 to 1000.
    PublicScore {
        /// It.
        score: u16,
        /// As of which day.
        day: Day,
    },
    /// A tier at the customs.
    CustomsTier {
        /// Which.
        tier: CustomsTier,
        /// The code under which the customs know the subject.
        code: Option<String>,
        /// Since when.
        from: Day,
        /// Until when.
        to: Option<Day>,
    },
    /// A pledge of the subject.
    Pledge {
        /// Its text.
        text: Hash,
        /// What it is about.
        duty: String,
        /// By when it is to be kept.
        due: Day,
        /// To whom it was given: an organisation's URI.
        recipient: Option<String>,
        /// Whether anybody may know of it.
        is_public: bool,
    },
    /// What became of one.
    PledgeResult {
        /// The pledge.
        pledge: Hash,
        /// It.
        result: PledgeResult,
    },
    /// What the subject says of itself.
    Disclosure(Disclosure),
    /// Whether that is so.
    Verification(Verification),
    /// A prompt, a warning, a talk.
    Notice(Notice),
    /// What it asks for is done.
    NoticeDone(NoticeDone),
    /// The measures that an authority has: its subject is the authority itself.
    MeasureCatalogue(Box<MeasureCatalogue>),
    /// The use of one.
    Measure(Box<Measure>),
    /// The subject objects to a record.
    Objection {
        /// Which.
        target: Hash,
        /// What is wrong with it.
        kind: ObjectionKind,
        /// What the subject says.
        statement: Hash,
        /// What it shows for it.
        evidence: Vec<Hash>,
        /// What of a contract it objects to; all that rests on the record if empty.
        indicators: Vec<Indicator>,
    },
    /// A step of an objection.
    ObjectionStep {
        /// Which objection.
        objection: Hash,
        /// The step.
        step: ObjectionStep,
        /// How it was decided, with the last step alone.
        result: Option<ObjectionResult>,
        /// Why.
        reasons: Option<Hash>,
    },
    /// Whom an authority inspects by lot: its subject is the authority itself.
    Draw(Box<Draw>),
    /// The grade that an authority publishes.
    Grade(Box<Published>),
    /// The subject applies for repair.
    Repair {
        /// What is to be repaired.
        targets: Vec<Hash>,
        /// The pledge that goes with it.
        pledge: Hash,
        /// What shows that all duties are performed.
        duties_done: Vec<Hash>,
    },
    /// A step of a repair.
    RepairStep {
        /// Which repair.
        repair: Hash,
        /// The step.
        step: RepairStep,
        /// How it was decided, with the last step alone.
        result: Option<RepairResult>,
        /// Why.
        reasons: Option<Hash>,
    },
    /// The bodies of these records, whose time is over, and of all that is about them are to be erased on every node.
    Removal {
        /// The records.
        targets: Vec<Removed>,
    },
    /// Its author's node has erased them.
    RemovalDone {
        /// The record that asked for it.
        removal: Hash,
    },
}

impl CreditRecord {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<CreditRecord, InvalidRecord> {
        let mut members = Members::parse(payload)?;
        let kind = members.text("type")?;
        let kind = RecordKind::from_name(&kind).ok_or_else(|| members.error("type", "unknown type"))?;
        let (event_id, event_time) = (members.text("eventID")?, members.time("eventTime")?);
        if !is_uri(&event_id) {
            return Err(members.error("eventID", "not a URI"));
        }
        let subject = members.text("subject")?;
        let is_code = match (subject.strip_prefix("urn:uscc:"), subject.strip_prefix("urn:lei:")) {
            (Some(code), _) => Kind::Uscc.is_valid(code),
            (_, Some(code)) => Kind::Lei.is_valid(code),
            _ => true,
        };
        if !is_organisation_uri(&subject) || !is_code {
            return Err(members.error("subject", "not an organisation's URI"));
        }
        if !may_be_graded(&subject) {
            return Err(members.error("subject", "no legal entity, or a person in business, who is never graded"));
        }
        if kind == RecordKind::Grade && is_organ(&subject) {
            return Err(members.error("subject", "an organ of state, which is never graded"));
        }
        let item = item(kind, &mut members)?;
        let statement = statement(kind, &mut members)?;
        members.end()?;
        Ok(CreditRecord { event_id, event_time, subject, kind, item, statement })
    }
}

/// The item of the catalogue that a record is of: the one that it names, else its type's own.
fn item(kind: RecordKind, members: &mut Members) -> Result<&'static str, InvalidRecord> {
    let catalogue = Catalogue::first();
    let item = match members.optional_text("catalogueItem")? {
        Some(code) => catalogue.item(&code, kind),
        None => catalogue.own_item(kind),
    };
    let item = item.ok_or_else(|| members.error("catalogueItem", "not an item of the catalogue for this type"))?;
    Ok(&item.code)
}

fn statement(kind: RecordKind, members: &mut Members) -> Result<Statement, InvalidRecord> {
    Ok(match kind {
        RecordKind::Profile => Statement::Profile(members.one_of("profile", Profile::from_name)?),
        RecordKind::Licence => Statement::Licence {
            kind: members.text("kind")?,
            number: members.text("number")?,
            from: members.day("from")?,
            to: members.optional_day("to")?,
            state: members.one_of("state", LicenceState::from_name)?,
            scope: members.texts("scope", WORDS_MAX)?,
        },
        RecordKind::Penalty => penalty(members)?,
        RecordKind::Administrative => Statement::Administrative(Administrative::read(members)?),
        RecordKind::Listing => {
            // No list is kept by a machine (`01-seed-systems.md` §1.5, limit 6).
            if !members.boolean("humanDecision")? {
                return Err(members.error("humanDecision", "not true: a listing is decided by a person"));
            }
            Statement::Listing {
                list: members.text("list")?,
                decision: members.text("decisionNo")?,
                basis: members.text("basis")?,
                from: members.day("from")?,
                to: members.optional_day("to")?,
                receipt: members.hash("noticeReceipt")?,
            }
        }
        RecordKind::Falsification => Statement::Falsification(Box::new(Falsification::read(members)?)),
        RecordKind::Inspection => Statement::Inspection {
            day: members.day("date")?,
            result: members.one_of("result", InspectionResult::from_name)?,
            report: members.hash("report")?,
            penalty: members.optional_hash("penalty")?,
            draw: members.optional_text("draw")?,
        },
        RecordKind::Unlicensed => Statement::Unlicensed(Unlicensed::read(members)?),
        RecordKind::PublicScore => Statement::PublicScore {
            score: u16::try_from(members.integer("score", 1_000)?).unwrap_or(u16::MAX),
            day: members.day("date")?,
        },
        RecordKind::CustomsTier => Statement::CustomsTier {
            tier: members.one_of("tier", CustomsTier::from_name)?,
            code: members.optional_text("code")?,
            from: members.day("from")?,
            to: members.optional_day("to")?,
        },
        RecordKind::Pledge => {
            let recipient = members.optional_text("recipient")?;
            if recipient.as_ref().is_some_and(|one| !(is_organisation_uri(one) && may_be_graded(one))) {
                return Err(members.error("recipient", "no legal entity's URI"));
            }
            Statement::Pledge {
                text: members.hash("text")?,
                duty: members.text("duty")?,
                due: members.day("due")?,
                recipient,
                is_public: members.boolean("public")?,
            }
        }
        RecordKind::PledgeResult => Statement::PledgeResult {
            pledge: members.hash("pledge")?,
            result: members.one_of("result", PledgeResult::from_name)?,
        },
        RecordKind::Disclosure => Statement::Disclosure(Disclosure::read(members)?),
        RecordKind::Verification => Statement::Verification(Verification::read(members)?),
        RecordKind::Notice => Statement::Notice(Notice::read(members)?),
        RecordKind::NoticeDone => Statement::NoticeDone(NoticeDone::read(members)?),
        RecordKind::MeasureCatalogue => Statement::MeasureCatalogue(Box::new(MeasureCatalogue::read(members)?)),
        RecordKind::Measure => Statement::Measure(Box::new(Measure::read(members)?)),
        RecordKind::Objection => Statement::Objection {
            target: members.hash("target")?,
            kind: members.one_of("kind", ObjectionKind::from_name)?,
            statement: members.hash("statement")?,
            evidence: members.hashes("evidence", DOCUMENTS_MAX)?,
            indicators: indicators(members)?,
        },
        RecordKind::ObjectionStep => objection_step(members)?,
        RecordKind::Repair => {
            let (targets, duties_done) =
                (members.hashes("targets", TARGETS_MAX)?, members.hashes("dutiesDone", DOCUMENTS_MAX)?);
            for (name, list) in [("targets", &targets), ("dutiesDone", &duties_done)] {
                if list.is_empty() {
                    return Err(members.error(name, "none"));
                }
            }
            Statement::Repair { targets, pledge: members.hash("pledge")?, duties_done }
        }
        RecordKind::RepairStep => repair_step(members)?,
        RecordKind::Removal => {
            let targets = members.objects("targets", REMOVED_MAX)?.into_iter().map(removed);
            let targets = targets.collect::<Result<Vec<_>, _>>()?;
            if targets.is_empty() {
                return Err(members.error("targets", "none"));
            }
            Statement::Removal { targets }
        }
        RecordKind::RemovalDone => Statement::RemovalDone { removal: members.hash("removal")? },
        RecordKind::Draw => Statement::Draw(Box::new(Draw::read(members)?)),
        RecordKind::Grade => Statement::Grade(Box::new(Published::read(members)?)),
    })
}

fn removed(mut members: Members) -> Result<Removed, InvalidRecord> {
    let record = members.hash("record")?;
    let index = members.integer("index", u32::MAX.into())?;
    let place = (members.integer("height", u64::MAX)?, u32::try_from(index).unwrap_or(u32::MAX));
    members.end().map(|()| Removed { record, place })
}

fn penalty(members: &mut Members) -> Result<Statement, InvalidRecord> {
    let delivered = match (members.optional_hash("repairNotice")?, members.optional_hash("deliveryReceipt")?) {
        (Some(notice), Some(receipt)) => Some((notice, receipt)),
        _ => None,
    };
    let amount_band = members.optional_integer("amountBand", BANDS)?.map(|band| u8::try_from(band).unwrap_or(0));
    if amount_band == Some(0) {
        return Err(members.error("amountBand", "1 to 5"));
    }
    Ok(Statement::Penalty {
        decision: members.text("decisionNo")?,
        basis: members.text("basis")?,
        class: members.one_of("class", PenaltyClass::from_name)?,
        field: members.optional_text("field")?.unwrap_or_default(),
        kinds: members.texts("kinds", WORDS_MAX)?,
        amount_band,
        decided: members.day("decided")?,
        delivered,
    })
}

fn objection_step(members: &mut Members) -> Result<Statement, InvalidRecord> {
    let step = members.one_of("step", ObjectionStep::from_name)?;
    let result = members.optional_one_of("result", ObjectionResult::from_name)?;
    if result.is_some() != (step == ObjectionStep::Decide) {
        return Err(members.error("result", "goes with the step \"decide\", and with it alone"));
    }
    let reasons = reasons(members, step == ObjectionStep::Refuse || result == Some(ObjectionResult::Rejected))?;
    Ok(Statement::ObjectionStep { objection: members.hash("objection")?, step, result, reasons })
}

fn repair_step(members: &mut Members) -> Result<Statement, InvalidRecord> {
    let step = members.one_of("step", RepairStep::from_name)?;
    let result = members.optional_one_of("result", RepairResult::from_name)?;
    if result.is_some() != (step == RepairStep::Decide) {
        return Err(members.error("result", "goes with the step \"decide\", and with it alone"));
    }
    let reasons = reasons(members, step == RepairStep::Refuse || result == Some(RepairResult::Refused))?;
    Ok(Statement::RepairStep { repair: members.hash("repair")?, step, result, reasons })
}

fn indicators(members: &mut Members) -> Result<Vec<Indicator>, InvalidRecord> {
    let names = members.texts("indicators", Indicator::ALL.len())?;
    let found: Option<Vec<Indicator>> = names.iter().map(|name| Indicator::from_name(name)).collect();
    found.ok_or_else(|| members.error("indicators", "not all are indicators"))
}

/// Who says no says why.
fn reasons(members: &mut Members, are_needed: bool) -> Result<Option<Hash>, InvalidRecord> {
    let reasons = members.optional_hash("reasons")?;
    match are_needed && reasons.is_none() {
        true => Err(members.error("reasons", "missing")),
        false => Ok(reasons),
    }
}
