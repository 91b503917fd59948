//! A grade that an authority publishes: what a firm's credit was at a height, so exactly that whoever may read the facts
//! computes every part of it again, and sees whether anybody has changed it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::evaluate::{Assessment, Grade, Row};
use super::file::CreditFile;
use super::parameters::{Parameters, Profile};
use super::{Fact, MODEL};
use crate::day::Day;
use crate::hash::{Hash, Tag};
use crate::members::{InvalidRecord, Members};

/// There are nine ceilings, each of one of five grades.
const CEILINGS_MAX: usize = 45;

/// What is published of a firm's credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whose weights.
    pub profile: Profile,
    /// SHA-256 of the model's numbers.
    pub parameters: Hash,
    /// The height up to which records count.
    pub height: u64,
    /// The day as of which they count.
    pub day: Day,
    /// 0 to 1000.
    pub score: u64,
    /// The score's band.
    pub band: Grade,
    /// The grade. It is never E where no authority stands for anything against the firm (§5.13).
    pub grade: Grade,
    /// What holds it down, as `CAP-9:C`, each once.
    pub ceilings: Vec<String>,
    /// The hash of the explanation: of all that the evaluation says, of every fact with what it did to the score and the records
    /// that it comes from, and of the records that each other indicator rests on.
    pub explanation: Hash,
}

/// A fact as an explanation has it.
#[derive(Serialize)]
struct Explained<'a> {
    id: &'a str,
    indicator: &'static str,
    day: i64,
    value: u16,
    mass: u64,
    source: &'static str,
    status: &'static str,
    counterparty: Option<&'a str>,
    evidence: Vec<String>,
    delta: i64,
}

impl Published {
    /// What is to be published of a firm's file, as of a height and a day.
    pub fn of(
        file: &CreditFile<'_>,
        profile: Profile,
        (height, day): (u64, Day),
        parameters: &Parameters,
    ) -> Published {
        let (facts, status) = (file.facts_on(day), file.status(day));
        Published::assessed(&Assessment::new(parameters, profile, &facts, &status, day), &facts, (height, day))
    }

    /// The same, of facts that were weighed already.
    pub fn assessed(assessment: &Assessment<'_>, facts: &[Fact], (height, day): (u64, Day)) -> Published {
        let evaluation = assessment.evaluation();
        let mut explained: Vec<Explained<'_>> = facts.iter().map(explained).collect();
        for delta in assessment.deltas() {
            if let Some(fact) = explained.get_mut(delta.fact) {
                fact.delta = delta.points;
            }
        }
        // Serializing what has no maps with keys that are no text does not fail.
        let records = |row: &Row| assessment.evidence(row.ind).iter().map(Hash::to_string).collect::<Vec<String>>();
        let records: Vec<Vec<String>> = evaluation.rows.iter().map(records).collect();
        let explanation = serde_json::to_vec(&(&evaluation, &explained, &records)).unwrap_or_default();
        let grade = grade_to_publish(assessment, evaluation.grade);
        // One of a kind each: a firm may have any number of penalties.
        let ceilings: BTreeSet<String> =
            evaluation.ceilings.iter().map(|one| format!("{}:{}", one.code.name(), one.grade.name())).collect();
        Published {
            profile: evaluation.profile,
            parameters: assessment.parameters.hash(),
            height,
            day,
            score: evaluation.score,
            band: evaluation.band,
            grade,
            ceilings: ceilings.into_iter().collect(),
            explanation: Tag::Explanation.hash(&explanation),
        }
    }

    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Published, InvalidRecord> {
        if members.text("model")? != MODEL {
            return Err(members.error("model", "not a model that there is"));
        }
        let grade = |name: &str| Grade::from_name(name);
        Ok(Published {
            profile: members.one_of("profile", Profile::from_name)?,
            parameters: members.hash("parametersHash")?,
            height: members.integer("height", u64::MAX)?,
            day: members.day("day")?,
            score: members.integer("score", 1_000)?,
            band: members.one_of("band", grade)?,
            grade: members.one_of("grade", grade)?,
            ceilings: members.texts("ceilings", CEILINGS_MAX)?,
            explanation: members.hash("explanation")?,
        })
    }
}

/// A grade as it may be published: what others alone say makes no E (§5.13).
pub(super) fn grade_to_publish(assessment: &Assessment<'_>, grade: Grade) -> Grade {
    match grade {
        Grade::E if !assessment.has_authority_against() => Grade::D,
        grade => grade,
    }
}

fn explained(fact: &Fact) -> Explained<'_> {
    Explained {
        id: &fact.id,
        indicator: fact.indicator.name(),
        day: fact.day.number(),
        value: fact.value,
        mass: fact.mass,
        source: fact.source.name(),
        status: fact.status.name(),
        counterparty: fact.counterparty.as_deref(),
        evidence: fact.evidence.iter().map(Hash::to_string).collect(),
        delta: 0,
    }
}
