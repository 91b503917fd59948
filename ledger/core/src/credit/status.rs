//! How a firm stands on the day of an evaluation, apart from what happened on single days.

use std::collections::BTreeMap;

use super::ceiling::Ceiling;
use super::indicator::Indicator;
use super::parameters::Parameters;
use crate::hash::Hash;
use crate::named::named;

named! {
    /// How serious a penalty is.
    pub enum PenaltyClass {
        /// Minor.
        Minor "minor",
        /// General.
        General "general",
        /// Serious.
        Serious "serious",
    }
}

named! {
    /// What has become of a penalty.
    pub enum PenaltyState {
        /// It is public, and counts.
        Published "published",
        /// An objection to it is being looked into, and it does not count meanwhile.
        Objection "objection",
        /// It was repaired.
        Repaired "repaired",
        /// Its time of publication is over.
        Expired "expired",
        /// It was revoked.
        Revoked "revoked",
        /// Only authorities see it, with a reason.
        Archived "archived",
    }
}

named! {
    /// A tier of the customs (GACC Order 282), the best first.
    pub enum CustomsTier {
        /// 高级认证
        Advanced "advanced",
        /// 认证
        Certified "certified",
        /// 常规
        Regular "regular",
        /// 失信
        Dishonest "dishonest",
        /// 严重失信
        SeriouslyDishonest "seriously_dishonest",
    }
}

/// A penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Penalty {
    /// How serious.
    pub class: PenaltyClass,
    /// What has become of it.
    pub state: PenaltyState,
}

/// Licences that a firm must have for what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Licences {
    /// How many it needs: at least 1.
    pub required: u32,
    /// How many of them are valid.
    pub valid: u32,
}

impl Default for Licences {
    fn default() -> Licences {
        Licences { required: 1, valid: 1 }
    }
}

/// Special equipment that a firm uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Equipment {
    /// How many pieces are in use.
    pub in_use: u32,
    /// Of how many of them the inspection is overdue.
    pub overdue: u32,
}

/// How a firm stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Its penalties.
    pub penalties: Vec<Penalty>,
    /// Its licences.
    pub licences: Licences,
    /// Its equipment.
    pub equipment: Equipment,
    /// Its tier at the customs, if it has one.
    pub customs_tier: Option<CustomsTier>,
    /// The public comprehensive score, 0 to 1000, if the authority gave one.
    pub public_score: Option<u16>,
    /// Ceilings that rest on decisions or on registers.
    pub ceilings: Vec<Ceiling>,
    /// Whether it is an organ of state, which has no grade.
    pub is_organ: bool,
    /// The records that the indicators rest on which are as the firm stands (`01-seed-systems.md` §1.5, limit 4); of equipment those
    /// of what is overdue.
    pub evidence: BTreeMap<Indicator, Vec<Hash>>,
}

impl Status {
    /// The value of an indicator that is as the firm stands; none if it has none, or if the indicator is of facts.
    pub(super) fn value(&self, indicator: Indicator, parameters: &Parameters) -> Option<u16> {
        let share = |part: u32, whole: u32| {
            let permille = u64::from(part).saturating_mul(1_000).checked_div(whole.into())?;
            u16::try_from(permille).ok()
        };
        match indicator {
            Indicator::Penalty => {
                let published = self.penalties.iter().filter(|penalty| penalty.state == PenaltyState::Published);
                let points = published.map(|penalty| parameters.penalty(penalty.class)).fold(0, u16::saturating_add);
                Some(1_000_u16.saturating_sub(points))
            }
            Indicator::Licence => share(self.licences.valid, self.licences.required),
            Indicator::CustomsTier => self.customs_tier.map(|tier| parameters.customs_tier(tier)),
            Indicator::Equipment => {
                let Equipment { in_use, overdue } = self.equipment;
                share(in_use.saturating_sub(overdue), in_use)
            }
            Indicator::PublicScore => self.public_score,
            _ => None,
        }
    }
}
