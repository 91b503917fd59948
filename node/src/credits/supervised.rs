//! What a firm's credit says of equipment and of recalls, and what is recorded of excursions of temperature and of the use of
//! codes, for those who supervise it.

use serde::{Deserialize, Serialize};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::devices::{DeviceState, Register};
use suyuan_ledger::credit::equipment::apply_by;
use suyuan_ledger::credit::recalls::Recalls;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::answer::utc;
use suyuan_ledger::trace::{exceptions, excursions};
use utoipa::ToSchema;

use super::{Looked, Reading, nothing};
use crate::codes::node as codes;
use crate::open::store_reason;
use crate::traces::{recorded, subjects};

/// So many days by which inspections are due are told.
const DUE_DAYS: usize = 10;

/// A piece of special equipment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditDevice {
    /// Its code.
    pub device: String,
    /// Who uses it.
    pub user: String,
    /// Whether it is in use.
    pub in_use: bool,
    /// When it has to be inspected next, if that is known.
    pub due: Option<String>,
    /// By when its user applies for that.
    pub apply_by: Option<String>,
    /// Of a lift in use, that day and those after it, ten in all.
    #[serde(default)]
    pub due_days: Vec<String>,
    /// For how many days that is overdue; 0 if it is not.
    pub overdue_days: u32,
    /// The last inspection that it passed.
    pub inspected: Option<String>,
    /// The last service.
    pub serviced: Option<String>,
    /// Of a lift, the longest time between two services, in days, if it was too long.
    pub service_gap_days: Option<i64>,
    /// The hashes of the records: registration, installation or alteration, inspection.
    pub evidence: Vec<String>,
}

/// A recall.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRecall {
    /// Its id.
    pub recall: String,
    /// I, II or III, the gravest first; none of equipment, unless an authority says it.
    pub level: Option<String>,
    /// The hash of the record that announces it; of one that was not announced, of the authority's order.
    pub record: String,
    /// By when it had to begin; none without a level.
    pub start_by: Option<String>,
    /// When it began; none if it was ordered and did not.
    pub started: Option<String>,
    /// By when all direct customers have to know; none without a level, or before it began.
    pub notify_by: Option<String>,
    /// The direct customers that the ledger knows.
    pub customers: Vec<RecallCustomer>,
    /// Whether these are all: not if there were too many ways to follow.
    pub is_whole: bool,
    /// How much customers hold, were given back or destroyed, in thousandths of the unit.
    pub confirmed: i64,
    /// The last day on which it is closed in time.
    pub finish_by: Option<String>,
    /// How it was closed.
    pub closed: Option<RecallClosing>,
    /// How well it was handled so far, 0 to 1000.
    pub value: u16,
    /// What that is made of.
    #[serde(default)]
    pub parts: RecallParts,
}

/// The points of a recall. Of one without a level the last two make up the whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallParts {
    /// That it was begun in time.
    pub started: Option<u64>,
    /// That all direct customers acknowledged in time.
    pub notified: Option<u64>,
    /// For what was recovered.
    pub recovered: Option<u64>,
    /// That it was closed in time.
    pub closed: Option<u64>,
}

/// One to whom recalled things went.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallCustomer {
    /// It.
    pub organisation: String,
    /// When it acknowledged.
    pub acknowledged: Option<String>,
}

/// The end of a recall.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallClosing {
    /// The hash of the record.
    pub record: String,
    /// When.
    pub at: String,
    /// How much had been distributed, in thousandths of the unit.
    pub distributed: i64,
    /// How much of it was recovered, as far as customers or an authority confirm it.
    pub recovered: i64,
    /// The same, of a thousand.
    pub recovery_permille: u64,
    /// Whether an authority says so.
    pub is_of_authority: bool,
}

/// The excursions of a thing, or of what it was in. Temperatures are in tenths of a degree Celsius.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Excursions {
    /// The thing, as it was asked for.
    pub thing: String,
    /// The height up to which records count.
    pub height: u64,
    /// Whether it is known that it can be used: not if too much befell it to read all.
    pub usable: bool,
    /// They, in the order in which they were recorded.
    pub excursions: Vec<Excursion>,
    /// That it, or what is in it, was dispensed or sold though it could not be used.
    pub dispensed_though_unusable: Vec<ExcursionMisuse>,
    /// Whether that is all: not if too much befell it.
    pub is_whole: bool,
}

/// An excursion.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Excursion {
    /// The hash of its record.
    pub record: String,
    /// The event's own hash, by which a decision names it.
    pub event: String,
    /// From when.
    pub start: String,
    /// Until when.
    pub end: String,
    /// For how many minutes.
    pub minutes: u64,
    /// The lowest temperature, as whoever recorded it says.
    pub min: i64,
    /// The highest.
    pub max: i64,
    /// How many readings there are of that time, if they are on the ledger.
    pub samples: Option<u64>,
    /// The lowest and the highest of them.
    pub read: Option<[i64; 2]>,
    /// Who had it.
    pub custodian: String,
    /// Who says so.
    pub recorded_by: String,
    /// Of a lot or class that is asked for, whether only some of it was there.
    pub in_part: bool,
    /// Whether whoever said it has declared that erroneous: it is shown if it was decided of.
    pub withdrawn: bool,
    /// What was decided; none if nothing was yet.
    pub decision: Option<ExcursionDecision>,
    /// Whether what it befell can be used.
    pub usable: bool,
}

/// What was decided of an excursion.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcursionDecision {
    /// The hash of the record.
    pub record: String,
    /// Who decided.
    pub by: String,
    /// `release` or `reject`.
    pub decision: String,
    /// So many minutes were used before.
    pub prior_minutes: u64,
    /// With those of the excursion.
    pub used_minutes: u64,
    /// So many there may be, if that is said.
    pub budget_minutes: Option<u64>,
    /// How that does not go together: `released_above_budget`, `rejected_within_budget`, `used_too_few`.
    pub contradiction: Option<String>,
}

/// That a thing was dispensed or sold though it could not be used.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcursionMisuse {
    /// The hash of the record.
    pub record: String,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: String,
    /// The thing.
    pub thing: String,
}

/// What is wrong with the use of a code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeExceptions {
    /// The code, as it was asked for.
    pub code: String,
    /// The height up to which records count.
    pub height: u64,
    /// Whether it is known that nothing is wrong but what is merely declared.
    pub sound: bool,
    /// What is wrong, in the order in which it was recorded.
    pub exceptions: Vec<CodeException>,
    /// Whether all was read that those with a right to the thing recorded.
    pub is_whole: bool,
    /// Whether all was read that strangers recorded.
    pub is_whole_of_strangers: bool,
}

/// Something wrong with the use of a code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeException {
    /// `duplicate`, `after_decommission`, `unexpected_place` or `unknown`.
    pub kind: String,
    /// The hash of the record that is the exception, or that declares one.
    pub record: String,
    /// The hash of the record that it does not go with, if there is one.
    pub against: Option<String>,
    /// Who recorded it.
    pub recorded_by: String,
    /// When it happened, as that one says.
    pub at: String,
    /// The time of its block.
    pub recorded_at: String,
    /// Whether that one had no right to the thing.
    pub by_stranger: bool,
    /// Whether somebody only declares it.
    pub declared: bool,
    /// Who noticed it, as a declaration says.
    pub detected_by: Option<String>,
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

/// A piece of equipment as it stands on a day.
pub(super) fn device(state: &DeviceState, today: Day) -> CreditDevice {
    CreditDevice {
        device: state.code.clone(),
        user: state.user.clone(),
        in_use: state.in_use,
        due: state.due.and_then(Day::text),
        apply_by: state.due.and_then(apply_by).and_then(Day::text),
        due_days: state.due_days().take(DUE_DAYS).filter_map(Day::text).collect(),
        overdue_days: state.overdue_days(today),
        inspected: state.inspected.and_then(Day::text),
        serviced: state.serviced.and_then(Day::text),
        service_gap_days: state.service_gap,
        evidence: texts(&state.evidence),
    }
}

/// Recalls, and those that were ordered and did not begin.
pub(super) fn recalls(recalls: &Recalls) -> Vec<CreditRecall> {
    let announced = recalls.announced.iter().map(|recall| CreditRecall {
        recall: recall.id.clone(),
        level: recall.level.map(|level| level.name().to_owned()),
        record: recall.record.to_string(),
        start_by: recall.start_by().map(utc),
        started: Some(utc(recall.started)),
        notify_by: recall.notify_by.map(utc),
        customers: recall
            .customers
            .iter()
            .map(|(organisation, at)| RecallCustomer { organisation: organisation.clone(), acknowledged: at.map(utc) })
            .collect(),
        is_whole: recall.is_whole,
        confirmed: recall.confirmed,
        finish_by: recall.finish_by.text(),
        closed: recall.closed.map(|closing| RecallClosing {
            record: closing.record.to_string(),
            at: utc(closing.at),
            distributed: closing.distributed,
            recovered: closing.recovered,
            recovery_permille: recall.recovery_permille(),
            is_of_authority: closing.is_of_authority,
        }),
        value: recall.value(),
        parts: {
            let [started, notified, recovered, closed] = recall.parts();
            RecallParts { started, notified, recovered, closed }
        },
    });
    let ordered = recalls.unanswered.iter().map(|order| CreditRecall {
        recall: order.id.clone(),
        level: Some(order.level.name().to_owned()),
        record: order.record.to_string(),
        start_by: Some(utc(order.start_by)),
        started: None,
        notify_by: None,
        customers: Vec::new(),
        is_whole: true,
        confirmed: 0,
        finish_by: None,
        closed: None,
        value: 0,
        parts: RecallParts::default(),
    });
    announced.chain(ordered).collect()
}

/// All equipment of which the use is registered, whoever uses it, as it stands on a day: that of the block if absent.
pub fn equipment(reading: &Reading, height: Option<u64>, day: Option<Day>) -> Result<Vec<CreditDevice>, Reason> {
    let Looked { snapshot, ledger, height, time, .. } =
        reading.look(height)?.map_err(|height| nothing("urn:cn:speq:*", height))?;
    let devices = Register::new(&snapshot, &ledger.directory, height).all();
    let today = day.unwrap_or(Day::in_china(time));
    let states = devices.map_err(|error| store_reason(&error))?.into_iter().filter_map(|device| device.on(today));
    Ok(states.map(|state| device(&state, today)).collect())
}

/// The excursions of a thing at a height, the last one if absent.
pub fn excursions(reading: &Reading, thing: &str, height: Option<u64>) -> Result<Excursions, Reason> {
    let not_recorded = |height: u64| Reason::new(codes::NOT_RECORDED, &[thing, &height.to_string()]);
    let keys = subjects(thing)?;
    let Looked { snapshot, ledger, height, .. } = reading.look(height)?.map_err(not_recorded)?;
    let subject = recorded_at(&snapshot, &keys, height)?.ok_or_else(|| not_recorded(height))?;
    let found = excursions::of(&snapshot, &ledger.directory, subject, height).map_err(|error| store_reason(&error))?;
    let misuses = found.misuses.iter().map(|misuse| ExcursionMisuse {
        record: misuse.record.to_string(),
        by: misuse.by.clone(),
        at: utc(misuse.at),
        thing: misuse.thing.clone(),
    });
    Ok(Excursions {
        thing: thing.to_owned(),
        height,
        usable: found.is_usable(),
        excursions: found.excursions.iter().map(excursion).collect(),
        dispensed_though_unusable: misuses.collect(),
        is_whole: found.is_whole,
    })
}

/// Which of the keys was recorded by a height: its number. Of what came later it is not known that nothing is wrong.
fn recorded_at(store: &dyn Read, keys: &[SubjectKey], height: u64) -> Result<Option<u64>, Reason> {
    let (reader, failed) = (Reader::new(store), |error: StoreError| store_reason(&error));
    for key in keys {
        let Some(number) = recorded(&reader, std::slice::from_ref(key))? else { continue };
        let Some(run) = reader.run_at(number).map_err(failed)? else { continue };
        if reader.log(run.log).map_err(failed)?.founded_height <= height {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

fn excursion(one: &excursions::Excursion) -> Excursion {
    Excursion {
        record: one.record.to_string(),
        event: one.event.to_string(),
        start: utc(one.from),
        end: utc(one.to),
        minutes: one.minutes,
        min: one.min,
        max: one.max,
        samples: one.readings.map(|read| read.samples),
        read: one.readings.map(|read| [read.min, read.max]),
        custodian: one.custodian.clone(),
        recorded_by: one.by.clone(),
        in_part: one.is_in_part,
        withdrawn: one.is_withdrawn,
        decision: one.decision.as_ref().map(|decision| ExcursionDecision {
            record: decision.record.to_string(),
            by: decision.by.clone(),
            decision: decision.verdict.name().to_owned(),
            prior_minutes: decision.prior,
            used_minutes: decision.used,
            budget_minutes: decision.budget,
            contradiction: decision.contradiction.map(|one| one.name().to_owned()),
        }),
        usable: one.is_usable(),
    }
}

/// What is wrong with the use of a code at a height, the last one if absent.
pub fn exceptions(reading: &Reading, code: &str, height: Option<u64>) -> Result<CodeExceptions, Reason> {
    let not_recorded = |height: u64| Reason::new(codes::NOT_RECORDED, &[code, &height.to_string()]);
    let keys = subjects(code)?;
    let Looked { snapshot, ledger, height, .. } = reading.look(height)?.map_err(not_recorded)?;
    let subject = recorded_at(&snapshot, &keys, height)?.ok_or_else(|| not_recorded(height))?;
    let found = exceptions::of(&snapshot, &ledger.directory, subject, height).map_err(|error| store_reason(&error))?;
    let found = found.ok_or_else(|| Reason::new(codes::SUBJECT, &[code, "no single thing"]))?;
    Ok(CodeExceptions {
        code: code.to_owned(),
        height,
        sound: found.is_sound(),
        exceptions: found.exceptions.iter().map(exception).collect(),
        is_whole: found.is_whole,
        is_whole_of_strangers: found.is_whole_of_strangers,
    })
}

fn exception(one: &exceptions::Exception) -> CodeException {
    CodeException {
        kind: one.kind.name().to_owned(),
        record: one.record.to_string(),
        against: one.against.map(|hash| hash.to_string()),
        recorded_by: one.by.clone(),
        at: utc(one.at),
        recorded_at: utc(one.recorded),
        by_stranger: one.by_stranger,
        declared: one.is_declared,
        detected_by: one.detected_by.clone(),
    }
}
