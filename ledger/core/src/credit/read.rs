//! Reads an evaluation's input from JSON, with the names of the reference (`credit_v1.py`).

use std::collections::BTreeMap;

use super::ceiling::{Ceiling, CeilingCode, Evidence};
use super::evaluate::{Assessment, Grade};
use super::fact::{Fact, FactStatus, Ring, Source};
use super::indicator::Indicator;
use super::parameters::{MASS_MAX, ONE, Parameters, Profile};
use super::status::{CustomsTier, Equipment, Licences, Penalty, PenaltyClass, PenaltyState, Status};
use crate::day::Day;
use crate::members::{InvalidRecord, Members};

/// An evaluation takes at most so many facts.
pub const FACTS_MAX: usize = 1 << 20;
/// So many penalties, ceilings, and pieces of evidence of each.
const ENTRIES_MAX: usize = 1 << 12;
/// So many licences and pieces of equipment.
const COUNT_MAX: u64 = u32::MAX as u64;
/// Days are at most so far from 1970.
const DAYS_MAX: u64 = 1_000_000;

/// What is to be evaluated, apart from any ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Whose weights.
    pub profile: Profile,
    /// As of which day.
    pub day: Day,
    /// What happened.
    pub facts: Vec<Fact>,
    /// How the firm stands.
    pub status: Status,
}

impl Case {
    /// Reads `{"profile", "day", "facts", "status"}`: members as the reference has them, a `null` being left out.
    pub fn parse(bytes: &[u8]) -> Result<Case, InvalidRecord> {
        let mut members = Members::parse(bytes)?;
        let profile = members.one_of("profile", Profile::from_name)?;
        let day = day(&mut members)?;
        let facts = members.objects("facts", FACTS_MAX)?.into_iter().map(fact).collect::<Result<_, _>>()?;
        let status = match members.optional_object("status")? {
            Some(object) => status(object)?,
            None => Status::default(),
        };
        members.end()?;
        Ok(Case { profile, day, facts, status })
    }

    /// Weighs its facts.
    pub fn assess<'a>(&'a self, parameters: &'a Parameters) -> Assessment<'a> {
        Assessment::new(parameters, self.profile, &self.facts, &self.status, self.day)
    }
}

fn day(members: &mut Members) -> Result<Day, InvalidRecord> {
    members.signed("day", DAYS_MAX).map(Day::from_number)
}

fn fact(mut members: Members) -> Result<Fact, InvalidRecord> {
    members.drop_nulls();
    let ring = members.optional_integer("ring", 2)?.unwrap_or(0);
    let evidence = members.hashes("evidence", ENTRIES_MAX)?;
    let fact = Fact {
        id: members.text("id")?,
        indicator: members.one_of("ind", Indicator::from_name)?,
        day: day(&mut members)?,
        value: permille(&mut members, "v")?,
        mass: members.integer("m", MASS_MAX)?,
        source: members.one_of("src", Source::from_name)?,
        counterparty: members.optional_text("cp")?,
        status: members.optional_one_of("status", FactStatus::from_name)?.unwrap_or(FactStatus::Active),
        ring: Ring::from_number(ring).unwrap_or_default(),
        evidence,
    };
    members.end().map(|()| fact)
}

fn permille(members: &mut Members, name: &str) -> Result<u16, InvalidRecord> {
    members.integer(name, ONE).map(|value| u16::try_from(value).unwrap_or(u16::MAX))
}

fn status(mut members: Members) -> Result<Status, InvalidRecord> {
    members.drop_nulls();
    let penalties = members.objects("penalties", ENTRIES_MAX)?.into_iter().map(penalty).collect::<Result<_, _>>()?;
    let ceilings = members.objects("caps", ENTRIES_MAX)?.into_iter().map(ceiling).collect::<Result<_, _>>()?;
    let licences = match pair(&mut members, "licences")? {
        Some((0, _)) => return Err(members.error("licences", "none required")),
        Some((required, valid)) => Licences { required, valid },
        None => Licences::default(),
    };
    let equipment = pair(&mut members, "equipment")?.unwrap_or_default();
    let public_score = match members.has("pub") {
        true => Some(permille(&mut members, "pub")?),
        false => None,
    };
    let status = Status {
        penalties,
        licences,
        equipment: Equipment { in_use: equipment.0, overdue: equipment.1 },
        customs_tier: members.optional_one_of("aeo", CustomsTier::from_name)?,
        public_score,
        ceilings,
        is_organ: false,
        evidence: BTreeMap::new(),
    };
    members.end().map(|()| status)
}

/// Two counts of which the second is a part of the first.
fn pair(members: &mut Members, name: &str) -> Result<Option<(u32, u32)>, InvalidRecord> {
    if !members.has(name) {
        return Ok(None);
    }
    match members.integers(name, COUNT_MAX)?.as_slice() {
        [whole, part] if part <= whole => {
            Ok(Some((u32::try_from(*whole).unwrap_or(u32::MAX), u32::try_from(*part).unwrap_or(u32::MAX))))
        }
        _ => Err(members.error(name, "not two numbers of which the second is a part of the first")),
    }
}

fn penalty(mut members: Members) -> Result<Penalty, InvalidRecord> {
    members.optional_text("id")?;
    let class = members.one_of("class", PenaltyClass::from_name)?;
    let state = members.one_of("state", PenaltyState::from_name)?;
    members.end().map(|()| Penalty { class, state })
}

fn ceiling(mut members: Members) -> Result<Ceiling, InvalidRecord> {
    let code = members.one_of("code", CeilingCode::from_name)?;
    let grade =
        members.one_of("ceiling", |name| Grade::from_name(name).filter(|grade| Grade::BANDS.contains(grade)))?;
    let evidence = match members.has_list("evidence") {
        true => Evidence::List(members.texts("evidence", ENTRIES_MAX)?),
        false => Evidence::Words(members.text("evidence")?),
    };
    members.end().map(|()| Ceiling { code, grade, evidence })
}
