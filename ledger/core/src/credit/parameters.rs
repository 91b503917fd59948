//! The numbers of the model: a table in its canonical JSON, known by its hash. A new version is a new table, from a height
//! on; what the numbers are used for is the model's.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::evaluate::Grade;
use super::fact::{Ring, Source};
use super::indicator::Indicator;
use super::status::{CustomsTier, PenaltyClass};
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members, built_in};
use crate::named::named;

/// Days in a step of the decay: a quarter.
const DECAY_DAYS: u64 = 91;
/// Steps of the decay: three years.
const DECAY_STEPS: usize = 13;
/// A fact counts for so many days.
const AGE_DAYS_MAX: u64 = 1_095;
/// The greatest mass of a fact, of a prior and of what a counterparty may carry.
pub(super) const MASS_MAX: u64 = 1_000_000_000;
/// One in the unit of values, shares and factors.
pub(super) const ONE: u64 = 1_000;
/// One in the unit of weights.
pub(super) const WEIGHTS_SUM: u64 = 10_000;
/// What the authority's score may weigh (S3 二(四): 占一定权重).
const PUBLIC_SCORE_WEIGHTS: std::ops::RangeInclusive<u64> = 1_000..=3_000;
/// Below this value a fact is a failure.
const FAILURE_BELOW: u16 = 500;
/// Failures weigh at most so much more.
const FAILURE_FACTOR_MAX: u64 = 100;

named! {
    /// What a firm does: which indicators weigh how much.
    pub enum Profile {
        /// A maker of goods.
        Maker "GENM",
        /// Food.
        Food "FOOD",
        /// Drugs.
        Drug "DRUG",
        /// Special equipment.
        SpecialEquipment "SPEQ",
        /// Logistics.
        Logistics "LOGI",
        /// Trade.
        Trade "TRAD",
    }
}

/// A version of the model's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    hash: Hash,
    weights: Vec<[u64; Indicator::ALL.len()]>,
    prior: u16,
    prior_masses: [u64; Indicator::ALL.len()],
    decay: [u64; DECAY_STEPS],
    sources: Vec<u64>,
    damping: Vec<u64>,
    failure_factor: u64,
    counterparty_free: u64,
    counterparty_share: u64,
    penalties: Vec<u64>,
    customs_tiers: Vec<u64>,
    bands: Vec<(Grade, u64)>,
}

static FIRST: LazyLock<Parameters> =
    LazyLock::new(|| built_in(Parameters::parse(include_bytes!("scl-credit-1.0.0.json"))));

impl Parameters {
    /// Those with which the model came.
    pub fn first() -> &'static Parameters {
        &FIRST
    }

    /// Reads a table. Its hash is that of these bytes.
    pub fn parse(bytes: &[u8]) -> Result<Parameters, InvalidRecord> {
        let mut table = Members::parse(bytes)?;
        let indicators = table.texts("IND", Indicator::ALL.len())?;
        if !indicators.iter().map(String::as_str).eq(Indicator::ALL.iter().map(|one| one.name())) {
            return Err(table.error("IND", "not the indicators of the model, in their order"));
        }
        let mut of_profiles = table.object("W")?;
        let weights = Profile::ALL.iter().map(|profile| weights(&mut of_profiles, *profile));
        let weights = weights.collect::<Result<_, _>>()?;
        of_profiles.end()?;
        let mut masses = table.object("K")?;
        let mut prior_masses = [0; Indicator::ALL.len()];
        for (indicator, mass) in Indicator::ALL.iter().zip(&mut prior_masses).filter(|(one, _)| one.is_of_facts()) {
            *mass = masses.integer(indicator.name(), MASS_MAX)?;
            if *mass == 0 && !indicator.may_be_absent() {
                return Err(masses.error(indicator.name(), "0"));
            }
        }
        masses.end()?;
        let decay = table.integers("DECAY", ONE)?;
        let decay =
            decay.try_into().ok().filter(|steps: &[u64; DECAY_STEPS]| steps.is_sorted_by(|one, next| one >= next));
        let bands = bands(&mut table)?;
        let by_name = |table: &mut Members, name: &str, of: &[&'static str]| -> Result<Vec<u64>, InvalidRecord> {
            let mut object = table.object(name)?;
            let values = of.iter().map(|name| object.integer(name, ONE)).collect::<Result<_, _>>()?;
            object.end().map(|()| values)
        };
        let parameters = Parameters {
            hash: Hash(Sha256::digest(bytes).into()),
            weights,
            prior: u16::try_from(table.integer("PRIOR", ONE)?).unwrap_or(u16::MAX),
            prior_masses,
            decay: decay.ok_or_else(|| table.error("DECAY", "not 13 numbers, none greater than the one before"))?,
            sources: by_name(&mut table, "SRC", &names(Source::ALL, Source::name))?,
            damping: by_name(&mut table, "DAMP", &["0", "1", "2"])?,
            failure_factor: table.integer("NEG_MULT", FAILURE_FACTOR_MAX)?,
            counterparty_free: table.integer("CP_FREE", MASS_MAX)?,
            counterparty_share: table.integer("CP_SHARE", ONE)?,
            penalties: by_name(&mut table, "PENALTY", &names(PenaltyClass::ALL, PenaltyClass::name))?,
            customs_tiers: by_name(&mut table, "AEO", &names(CustomsTier::ALL, CustomsTier::name))?,
            bands,
        };
        table.end().map(|()| parameters)
    }

    /// The table's hash (SHA-256).
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The weights of the indicators, in ten-thousandths: 10,000 together.
    pub fn weights(&self, profile: Profile) -> [u64; Indicator::ALL.len()] {
        self.weights.get(profile as usize).copied().unwrap_or_default()
    }

    /// What is taken for a firm's value before anything is known of it, and how much that weighs.
    pub(super) fn prior(&self, indicator: Indicator) -> (u16, u64) {
        (self.prior, self.prior_masses.get(indicator.place()).copied().unwrap_or(0))
    }

    /// Whether a value is at least the prior.
    pub(super) fn is_favourable(&self, value: u16) -> bool {
        value >= self.prior
    }

    /// How much a fact weighs after so many days: each factor is taken down to whole thousandths, in this order (§5.4).
    pub(super) fn mass(&self, (mass, value): (u64, u16), age_days: i64, source: Source, ring: Ring) -> u64 {
        let Some(age) = u64::try_from(age_days).ok().filter(|age| *age <= AGE_DAYS_MAX) else { return 0 };
        let step = usize::try_from(age / DECAY_DAYS).unwrap_or(usize::MAX);
        let times = |mass: u64, factor: Option<&u64>| mass.saturating_mul(factor.copied().unwrap_or(0)) / ONE;
        let mut mass = times(mass.min(MASS_MAX), self.decay.get(step));
        mass = times(mass, self.sources.get(source as usize));
        if self.is_favourable(value) {
            mass = times(mass, self.damping.get(ring as usize));
        }
        if value < FAILURE_BELOW { mass.saturating_mul(self.failure_factor) } else { mass }
    }

    /// How much of the favourable mass `all` a counterparty may carry that has `own` of it.
    pub(super) fn counterparty_limit(&self, own: u128, all: u128) -> u128 {
        let others = all.saturating_sub(own);
        others.saturating_mul(self.counterparty_share.into()) / u128::from(ONE) + u128::from(self.counterparty_free)
    }

    pub(super) fn penalty(&self, class: PenaltyClass) -> u16 {
        value(&self.penalties, class as usize)
    }

    pub(super) fn customs_tier(&self, tier: CustomsTier) -> u16 {
        value(&self.customs_tiers, tier as usize)
    }

    /// The band of a score.
    pub(super) fn band(&self, score: u64) -> Grade {
        self.bands.iter().find(|(_, least)| score >= *least).map_or(Grade::E, |(band, _)| *band)
    }
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| name(*one)).collect()
}

fn value(values: &[u64], place: usize) -> u16 {
    values.get(place).and_then(|value| u16::try_from(*value).ok()).unwrap_or(0)
}

fn weights(table: &mut Members, profile: Profile) -> Result<[u64; Indicator::ALL.len()], InvalidRecord> {
    let name = profile.name();
    let weights = <[u64; Indicator::ALL.len()]>::try_from(table.integers(name, WEIGHTS_SUM)?);
    let weights = weights.map_err(|_| table.error(name, "not a weight for each indicator"))?;
    if weights.iter().sum::<u64>() != WEIGHTS_SUM {
        return Err(table.error(name, "the weights do not sum to 10000"));
    }
    let of_public_score = weights.get(Indicator::PublicScore.place()).copied().unwrap_or(0);
    if !PUBLIC_SCORE_WEIGHTS.contains(&of_public_score) {
        return Err(table.error(name, "PUB weighs less than 1000 or more than 3000"));
    }
    Ok(weights)
}

/// Bands with their least scores, the best first, down to E from 0.
fn bands(table: &mut Members) -> Result<Vec<(Grade, u64)>, InvalidRecord> {
    let bands: Vec<(String, u64)> = table.pairs("BANDS", Grade::BANDS.len(), ONE)?;
    let named: Option<Vec<(Grade, u64)>> =
        bands.into_iter().map(|(name, least)| Some((Grade::from_name(&name)?, least))).collect();
    let is_right = |bands: &Vec<(Grade, u64)>| {
        bands.iter().map(|(grade, _)| grade).eq(Grade::BANDS)
            && bands.is_sorted_by(|(_, one), (_, next)| one > next)
            && bands.last().is_some_and(|(_, least)| *least == 0)
    };
    named.filter(is_right).ok_or_else(|| table.error("BANDS", "not A to E with falling scores, the last 0"))
}
