//! Makes a grade of facts and status.

use std::collections::BTreeSet;

use serde::Serialize;

use super::MODEL;
use super::ceiling::{Ceiling, CeilingCode, Evidence};
use super::fact::{Fact, FactStatus, Ring, Source};
use super::indicator::Indicator;
use super::parameters::{ONE, Parameters, Profile, WEIGHTS_SUM};
use super::status::{Penalty, PenaltyState, Status};
use super::tally::{Counted, Tally};
use crate::day::Day;
use crate::hash::Hash;
use crate::named::named;

/// For an A a firm needs so many independent counterparties,
const COUNTERPARTIES_FOR_A: usize = 3;
/// so many days since its first fact that counts,
const HISTORY_DAYS_FOR_A: i64 = 365;
/// and traces so complete (CAP-8).
const COMPLETENESS_FOR_A: u16 = 850;
/// The last quarter, in days (CAP-9):
const RECENT_DAYS: i64 = 91;
/// it says something with so many facts
const RECENT_FACTS_MIN: usize = 5;
/// of so many counterparties,
const RECENT_COUNTERPARTIES_MIN: usize = 2;
/// and it is bad below this mean.
const RECENT_MEAN_MIN: u64 = 600;
/// What is below this is unfavourable, and weighs twice (§5.4).
const UNFAVOURABLE_BELOW: u16 = 500;
/// A firm is rated when it has so much mass,
const RATED_MASS_MIN: u128 = 3_000;
/// and so many independent counterparties, or something that an authority stands for.
const RATED_COUNTERPARTIES_MIN: usize = 2;

named! {
    /// A grade, the best first.
    pub enum Grade {
        /// A.
        A "A",
        /// B.
        B "B",
        /// C.
        C "C",
        /// D.
        D "D",
        /// E.
        E "E",
        /// Not rated: too little is known. It is neutral, and never shown as bad.
        NotRated "NR",
    }
}

impl Grade {
    /// The grades that scores have.
    pub const BANDS: &[Grade] = &[Grade::A, Grade::B, Grade::C, Grade::D, Grade::E];
}

/// An indicator in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which.
    pub ind: Indicator,
    /// Its value, 0 to 1000.
    pub value: u16,
    /// Its weight in ten-thousandths, after those that have no value dropped out.
    pub weight_bp: u64,
    /// What it brings to the score, in ten-thousandths.
    pub points_x10000: u64,
    /// The mass of its facts; none if it is as the firm stands.
    pub mass: Option<u64>,
}

/// What is said of a firm. In JSON it has the names of the reference (`credit_v1.py`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// [`MODEL`].
    pub model: &'static str,
    /// Whose weights.
    pub profile: Profile,
    /// 0 to 1000.
    pub score: u64,
    /// The score's band.
    pub band: Grade,
    /// The worst of band and ceilings; or not rated.
    pub grade: Grade,
    /// What holds the grade down.
    pub ceilings: Vec<Ceiling>,
    /// How much mass of facts there is to rate by.
    pub evidence_mass: u64,
    /// How many counterparties that are suspected of nothing.
    pub independent_counterparties: usize,
    /// The indicators that have a value and a weight.
    pub rows: Vec<Row>,
}

/// Evaluates a firm as of a day. What is in the future of it does not count.
pub fn evaluate(parameters: &Parameters, profile: Profile, facts: &[Fact], status: &Status, day: Day) -> Evaluation {
    Assessment::new(parameters, profile, facts, status, day).evaluation()
}

/// An evaluation with what it was made of.
pub struct Assessment<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) profile: Profile,
    pub(super) facts: &'a [Fact],
    status: &'a Status,
    day: Day,
    /// The facts that count, with their masses.
    live: Vec<(usize, u64)>,
    pub(super) tallies: Vec<Tally>,
    pub(super) counted: Vec<Counted>,
    /// Of every indicator its value, if it has one, and its mass.
    pub(super) values: Values,
    masses: [u128; Indicator::ALL.len()],
}

/// A value for each indicator that has one.
pub(super) type Values = [Option<u16>; Indicator::ALL.len()];

impl<'a> Assessment<'a> {
    /// Weighs the facts.
    pub fn new(
        parameters: &'a Parameters,
        profile: Profile,
        facts: &'a [Fact],
        status: &'a Status,
        day: Day,
    ) -> Assessment<'a> {
        let mass = |fact: &Fact| {
            let age = day.number().saturating_sub(fact.day.number());
            match fact.status {
                FactStatus::Active => parameters.mass((fact.mass, fact.value), age, fact.source, fact.ring),
                _ => 0,
            }
        };
        let live: Vec<(usize, u64)> =
            facts.iter().enumerate().map(|(place, fact)| (place, mass(fact))).filter(|(_, mass)| *mass > 0).collect();
        let (mut values, mut masses): (Values, _) = ([None; Indicator::ALL.len()], [0; Indicator::ALL.len()]);
        let (mut tallies, mut counted) = (Vec::new(), Vec::new());
        for ((indicator, value), mass) in Indicator::ALL.iter().zip(&mut values).zip(&mut masses) {
            let (tally, mut its) = Tally::new(*indicator, facts, &live, parameters);
            match indicator.is_of_facts() {
                true => (*value, *mass) = tally.value(*indicator, parameters, None),
                false => *value = status.value(*indicator, parameters),
            }
            tallies.push(tally);
            counted.append(&mut its);
        }
        Assessment { parameters, profile, facts, status, day, live, tallies, counted, values, masses }
    }

    /// What comes of it.
    pub fn evaluation(&self) -> Evaluation {
        let weights = weights(self.parameters.weights(self.profile), &self.values);
        let rows: Vec<Row> = Indicator::ALL
            .iter()
            .zip(weights)
            .filter_map(|(indicator, weight)| self.row(*indicator, weight?))
            .collect();
        // Of an organ of state how it pays is told, and no number is made of that.
        let rows: Vec<Row> = match self.status.is_organ {
            true => rows.into_iter().filter(|row| row.ind == Indicator::Payment).collect(),
            false => rows,
        };
        let score = match self.status.is_organ {
            true => 0,
            false => score(self.parameters.weights(self.profile), &self.values),
        };
        let (rule, independent_counterparties) = self.ceilings_by_rule();
        let (band, rule) = match self.status.is_organ {
            true => (Grade::NotRated, Vec::new()),
            false => (self.parameters.band(score), rule),
        };
        let ceilings: Vec<Ceiling> = self.status.ceilings.iter().cloned().chain(rule).collect();
        let evidence_mass = Indicator::ALL.iter().zip(self.masses).filter(|(one, _)| one.is_evidence());
        let evidence_mass: u128 = evidence_mass.map(|(_, mass)| mass).sum();
        let is_decided = ceilings.iter().any(|ceiling| !ceiling.code.is_by_rule());
        let is_thin = evidence_mass < RATED_MASS_MIN
            || independent_counterparties < RATED_COUNTERPARTIES_MIN && !self.has_authority();
        let grade = match self.status.is_organ || (is_thin && !is_decided) {
            true => Grade::NotRated,
            false => ceilings.iter().map(|ceiling| ceiling.grade).fold(band, Grade::max),
        };
        Evaluation {
            model: MODEL,
            profile: self.profile,
            score,
            band,
            grade,
            ceilings,
            evidence_mass: whole(evidence_mass),
            independent_counterparties,
            rows,
        }
    }

    fn row(&self, indicator: Indicator, weight_bp: u64) -> Option<Row> {
        let value = self.values.get(indicator.place()).copied().flatten()?;
        let mass = self.masses.get(indicator.place()).map(|mass| whole(*mass));
        let mass = mass.filter(|_| indicator.is_of_facts());
        Some(Row { ind: indicator, value, weight_bp, points_x10000: weight_bp * u64::from(value), mass })
    }

    /// The records that an indicator rests on which is as the firm stands.
    pub fn evidence(&self, indicator: Indicator) -> &[Hash] {
        self.status.evidence.get(&indicator).map_or(&[], Vec::as_slice)
    }

    fn has_authority(&self) -> bool {
        self.live_facts().any(|fact| fact.source == Source::Authority)
    }

    /// Whether an authority stands for anything against the firm: a ceiling, a penalty that is published, a finding. What
    /// others alone say makes no E (§5.13).
    pub(super) fn has_authority_against(&self) -> bool {
        let is_published = |penalty: &Penalty| penalty.state == PenaltyState::Published;
        self.status.ceilings.iter().any(|ceiling| !ceiling.code.is_by_rule())
            || self.status.penalties.iter().any(is_published)
            || self.live_facts().any(|fact| fact.source == Source::Authority && fact.value < UNFAVOURABLE_BELOW)
    }

    fn live_facts(&self) -> impl Iterator<Item = &Fact> {
        self.live.iter().filter_map(|(place, _)| self.facts.get(*place))
    }

    /// The ceilings that the model sets (CAP-8, CAP-9), and how many independent counterparties there are.
    fn ceilings_by_rule(&self) -> (Vec<Ceiling>, usize) {
        let independent = self.live_facts().filter(|fact| fact.ring == Ring::Independent);
        let independent: BTreeSet<&str> =
            independent.filter_map(|fact| fact.counterparty.as_deref()).filter(|name| !name.is_empty()).collect();
        let counterparties = independent.len();
        let first = self.live_facts().map(|fact| fact.day).min().unwrap_or(self.day);
        let history = self.day.number().saturating_sub(first.number());
        let completeness = self.values.get(Indicator::TraceCompleteness.place()).copied().flatten().unwrap_or(0);
        let mut ceilings = Vec::new();
        if counterparties < COUNTERPARTIES_FOR_A || history < HISTORY_DAYS_FOR_A || completeness < COMPLETENESS_FOR_A {
            let words =
                format!("independent_counterparties={counterparties} history_days={history} TRC={completeness}");
            let evidence = Evidence::Words(words);
            ceilings.push(Ceiling { code: CeilingCode::ThinRecord, grade: Grade::B, evidence });
        }
        let recent = [Indicator::Fulfilment, Indicator::OnTime].into_iter().filter_map(|one| self.recent(one));
        ceilings.extend(recent);
        (ceilings, counterparties)
    }

    /// The ceiling of a bad last quarter: a mean that nothing has decayed.
    fn recent(&self, indicator: Indicator) -> Option<Ceiling> {
        let is_recent = |fact: &&Fact| {
            fact.indicator == indicator && self.day.number().saturating_sub(fact.day.number()) <= RECENT_DAYS
        };
        let recent: Vec<&Fact> = self.live_facts().filter(is_recent).collect();
        let counterparties: BTreeSet<Option<&str>> = recent.iter().map(|fact| fact.counterparty.as_deref()).collect();
        if recent.len() < RECENT_FACTS_MIN || counterparties.len() < RECENT_COUNTERPARTIES_MIN {
            return None;
        }
        let weighted: u128 = recent.iter().map(|fact| u128::from(fact.value) * u128::from(fact.mass)).sum();
        let mean = whole(weighted.checked_div(recent.iter().map(|fact| u128::from(fact.mass)).sum())?);
        let words = format!("{} mean of last 91 days = {mean} over {} facts", indicator.name(), recent.len());
        let ceiling = Ceiling { code: CeilingCode::RecentQuarter, grade: Grade::C, evidence: Evidence::Words(words) };
        (mean < RECENT_MEAN_MIN).then_some(ceiling)
    }
}

/// Sums are bounded by the number of facts and their greatest mass, far below this.
fn whole(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}

/// The weights of those indicators that have one and a value, scaled to their full sum; what is left over by rounding
/// goes to the heaviest, of equal ones to the first (§5.3).
fn weights(of_profile: [u64; Indicator::ALL.len()], values: &Values) -> [Option<u64>; Indicator::ALL.len()] {
    let applies = |(weight, value): (u64, &Option<u16>)| (weight > 0 && value.is_some()).then_some(weight);
    let mut weights = [None; Indicator::ALL.len()];
    for (weight, found) in weights.iter_mut().zip(of_profile.into_iter().zip(values).map(applies)) {
        *weight = found;
    }
    let sum: u64 = weights.iter().flatten().sum();
    // The first of the heaviest.
    let lead =
        (0..weights.len()).max_by_key(|place| (weights.get(*place).copied().flatten(), std::cmp::Reverse(*place)));
    for weight in weights.iter_mut().flatten() {
        *weight = (*weight * WEIGHTS_SUM).checked_div(sum).unwrap_or(0);
    }
    let rest = WEIGHTS_SUM.saturating_sub(weights.iter().flatten().sum());
    if let Some(weight) = lead.and_then(|place| weights.get_mut(place)).and_then(Option::as_mut) {
        *weight += rest;
    }
    weights
}

/// The score of values.
pub(super) fn score(of_profile: [u64; Indicator::ALL.len()], values: &Values) -> u64 {
    let points = weights(of_profile, values).into_iter().zip(values);
    let points = points.map(|(weight, value)| weight.unwrap_or(0) * u64::from(value.unwrap_or(0)));
    points.sum::<u64>() / WEIGHTS_SUM
}

/// A value has so many steps.
const _: () = assert!(ONE == 1_000);
