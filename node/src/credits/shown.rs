//! What a firm's credit shows beside what scores: penalties in publication, acts of administration, disclosures, measures,
//! notices.

use serde::{Deserialize, Serialize};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::CeilingCode;
use suyuan_ledger::credit::Grade;
use suyuan_ledger::credit::file::{CreditFile, Disclosed, MeasureUsed, PenaltySaid};
use suyuan_ledger::credit::measures::Catalogued;
use suyuan_ledger::credit::reading;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use utoipa::ToSchema;

use super::{Looked, Reading, nothing};
use crate::open::store_reason;

/// A penalty in publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditPenalty {
    /// The hash of its record.
    pub record: String,
    /// Who has decided.
    pub authority: String,
    /// The number of the decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// minor, general or serious.
    pub class: String,
    /// What it consists in.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The band of its amount, 1 to 5: below 10,000, 100,000, 1,000,000, 10,000,000 CNY, and above.
    #[serde(default)]
    pub amount_band: Option<u8>,
    /// When it was decided.
    pub decided: String,
    /// From when on its repair can be applied for.
    #[serde(default)]
    pub repairable_from: Option<String>,
    /// When its publication ends by itself.
    #[serde(default)]
    pub ends: Option<String>,
}

/// The penalties of a firm that are in publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirmPenalties {
    /// The firm, by its URI.
    pub subject: String,
    /// They.
    pub penalties: Vec<CreditPenalty>,
}

/// An act of administration.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditAct {
    /// The hash of its record.
    pub record: String,
    /// Whose it is.
    pub authority: String,
    /// The item of the catalogue of public credit information.
    pub catalogue_item: String,
    /// coercion, confirmation, adjudication, reward or supervision.
    pub kind: String,
    /// The number of the decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// When.
    pub day: String,
    /// The hash of the decision.
    pub document: String,
    /// Whether an objection to it is being looked into.
    pub contested: bool,
}

/// What the firm says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditDisclosure {
    /// The hash of its record.
    pub record: String,
    /// fulfilment, qualification, operation or public_welfare.
    pub topic: String,
    /// The hash of what it says.
    pub content: String,
    /// The hash of the pledge that it is true.
    pub truth_pledge: String,
    /// When it was said.
    pub day: String,
    /// Who stands for it: S4 the firm itself, S1 an authority that has verified it.
    pub source: String,
    /// What an authority found: verified or false; none if none did.
    pub finding: Option<String>,
    /// The hash of the record that says so.
    pub found_by: Option<String>,
    /// Whether an objection to that is being looked into.
    pub contested: bool,
}

/// A measure in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditMeasure {
    /// The hash of its record.
    pub record: String,
    /// Whose decision it is.
    pub authority: String,
    /// The hash of the catalogue's record.
    pub catalogue: String,
    /// The code of the item.
    pub code: String,
    /// incentive or penalty.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The number of the decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// Since when.
    pub from: String,
    /// Until when.
    pub to: Option<String>,
    /// Whether an objection to it is being looked into.
    pub contested: bool,
}

/// An item of a catalogue of measures that is in force, and whose conditions the firm meets. It is in use only if an
/// authority has decided so.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditMeasureItem {
    /// Whose catalogue.
    pub authority: String,
    /// The hash of its record.
    pub catalogue: String,
    /// The code of the item.
    pub code: String,
    /// incentive or penalty.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The law.
    pub basis: String,
    /// The conditions that the firm meets: its grade, listed, serious_penalty.
    pub applies: Vec<String>,
}

/// A notice of which nothing says that what it asks for is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditNotice {
    /// The hash of its record.
    pub record: String,
    /// Whose it is.
    pub authority: String,
    /// prompt, warning or talk.
    pub kind: String,
    /// The record that it is about.
    pub about: Option<String>,
    /// By when it is to be done.
    pub due: String,
    /// Whether that day is over.
    pub overdue: bool,
    /// The hash of its text.
    pub document: String,
    /// Whether an objection to it is being looked into.
    pub contested: bool,
}

fn text(day: Day) -> String {
    day.text().unwrap_or_default()
}

fn penalty(said: PenaltySaid<'_>) -> CreditPenalty {
    CreditPenalty {
        record: said.record.to_string(),
        authority: said.author.to_owned(),
        decision: said.decision.to_owned(),
        basis: said.basis.to_owned(),
        class: said.class.name().to_owned(),
        kinds: said.kinds.to_vec(),
        amount_band: said.amount_band,
        decided: text(said.decided),
        repairable_from: said.repairable_from.and_then(Day::text),
        ends: said.ends.and_then(Day::text),
    }
}

/// The penalties in publication on a day, of the last months before it.
pub(super) fn penalties(file: &CreditFile<'_>, day: Day, months: u32) -> Vec<CreditPenalty> {
    file.penalties(day, months).into_iter().map(penalty).collect()
}

pub(super) fn administrative(file: &CreditFile<'_>) -> Vec<CreditAct> {
    let acts = file.administrative().map(|said| CreditAct {
        record: said.record.to_string(),
        authority: said.author.to_owned(),
        catalogue_item: said.item.to_owned(),
        kind: said.what.kind.name().to_owned(),
        decision: said.what.decision.clone(),
        basis: said.what.basis.clone(),
        day: text(said.what.day),
        document: said.what.document.to_string(),
        contested: said.is_contested,
    });
    acts.collect()
}

pub(super) fn disclosures(file: &CreditFile<'_>) -> Vec<CreditDisclosure> {
    let disclosures = file.disclosures().map(|Disclosed { said, source, finding }| CreditDisclosure {
        record: said.record.to_string(),
        topic: said.what.topic.name().to_owned(),
        content: said.what.content.to_string(),
        truth_pledge: said.what.pledge.to_string(),
        day: text(said.on),
        source: source.name().to_owned(),
        finding: finding.as_ref().map(|one| one.what.result.name().to_owned()),
        found_by: finding.as_ref().map(|one| one.record.to_string()),
        contested: finding.is_some_and(|one| one.is_contested),
    });
    disclosures.collect()
}

pub(super) fn measures(file: &CreditFile<'_>, day: Day) -> Vec<CreditMeasure> {
    let used = file.measures(day).into_iter().map(|MeasureUsed { said, item }| CreditMeasure {
        record: said.record.to_string(),
        authority: said.author.to_owned(),
        catalogue: said.what.catalogue.to_string(),
        code: item.code.clone(),
        kind: item.kind.name().to_owned(),
        name: item.name.clone(),
        decision: said.what.decision.clone(),
        basis: said.what.basis.clone(),
        from: text(said.what.from),
        to: said.what.to.map(text),
        contested: said.is_contested,
    });
    used.collect()
}

/// The items of catalogues that a firm of this grade and with these ceilings meets.
pub(super) fn may_apply(
    in_force: &[(String, Catalogued)],
    grade: Grade,
    ceilings: &[CeilingCode],
) -> Vec<CreditMeasureItem> {
    let items =
        in_force.iter().flat_map(|(authority, one)| one.catalogue.items.iter().map(move |item| (authority, one, item)));
    let met = items.filter_map(|(authority, one, item)| {
        let met = item.applies.iter().filter(|condition| condition.is_met(grade, ceilings));
        let applies: Vec<String> = met.map(|condition| condition.name().to_owned()).collect();
        (!applies.is_empty()).then(|| CreditMeasureItem {
            authority: authority.clone(),
            catalogue: one.record.to_string(),
            code: item.code.clone(),
            kind: item.kind.name().to_owned(),
            name: item.name.clone(),
            basis: item.basis.clone(),
            applies,
        })
    });
    met.collect()
}

pub(super) fn notices(file: &CreditFile<'_>, day: Day) -> Vec<CreditNotice> {
    let notices = file.notices().map(|said| CreditNotice {
        record: said.record.to_string(),
        authority: said.author.to_owned(),
        kind: said.what.kind.name().to_owned(),
        about: said.what.about.map(|hash| hash.to_string()),
        due: text(said.what.due),
        overdue: said.what.due < day,
        document: said.what.document.to_string(),
        contested: said.is_contested,
    });
    notices.collect()
}

/// Of all firms the penalties in publication on a day, that of the last block if absent, of the last months before it; those
/// of firms that have at least so many.
pub fn penalties_of_all(
    reading: &Reading,
    day: Option<Day>,
    (months, least): (u32, usize),
) -> Result<Vec<FirmPenalties>, Reason> {
    let failed = |error: StoreError| store_reason(&error);
    let looked = reading.look(None)?.map_err(|height| nothing("*", height))?;
    let Looked { snapshot, ledger, height, time, tables } = looked;
    let (day, data) = (day.unwrap_or(Day::in_china(time)), tables.of_files());
    let mut found = Vec::new();
    for subject in reading::subjects(&snapshot).map_err(failed)? {
        let file = reading::file_of_records(&snapshot, &ledger.directory, &subject, height, data).map_err(failed)?;
        let penalties = penalties(&file, day, months);
        if penalties.len() >= least {
            found.push(FirmPenalties { subject, penalties });
        }
    }
    Ok(found)
}

/// Whose objection or application for repair a record is.
pub fn subject_of_procedure(reading: &Reading, record: &Hash) -> Result<Option<String>, Reason> {
    let Ok(Looked { snapshot, .. }) = reading.look(None)? else { return Ok(None) };
    reading::subject_of_procedure(&snapshot, record).map_err(|error| store_reason(&error))
}
