//! What an authority has done about a firm beside licences and penalties (`01-seed-systems.md` C9). It is shown, and scores
//! nothing.

use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::named::named;

named! {
    /// A kind of administrative act.
    pub enum AdministrativeKind {
        /// 行政许可, which has a record of its own.
        Licence "licence",
        /// 行政处罚, likewise.
        Penalty "penalty",
        /// 行政强制
        Coercion "coercion",
        /// 行政确认
        Confirmation "confirmation",
        /// 行政裁决
        Adjudication "adjudication",
        /// 行政奖励
        Reward "reward",
        /// 行政监督检查
        Supervision "supervision",
    }
}

/// An administrative act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrative {
    /// Which kind.
    pub kind: AdministrativeKind,
    /// The number of the decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// When.
    pub day: Day,
    /// The decision.
    pub document: Hash,
}

impl Administrative {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Administrative, InvalidRecord> {
        let kind = members.one_of("kind", AdministrativeKind::from_name)?;
        let own = match kind {
            AdministrativeKind::Licence => Some("suyuan:Licence"),
            AdministrativeKind::Penalty => Some("suyuan:Penalty"),
            _ => None,
        };
        if let Some(own) = own {
            return Err(members.error("kind", format!("it has a record of its own: write it as {own}")));
        }
        Ok(Administrative {
            kind,
            decision: members.text("decisionNo")?,
            basis: members.text("basis")?,
            day: members.day("date")?,
            document: members.hash("document")?,
        })
    }
}
