//! What keeps a grade down whatever the score.

use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::evaluate::Grade;
use crate::named::named;

named! {
    /// Why a grade can't be better (`05-credit-model.md` §5.5).
    pub enum CeilingCode {
        /// On a list of seriously dishonest entities that is in force.
        Listed "CAP-1",
        /// A serious penalty in publication.
        SeriousPenalty "CAP-2",
        /// A required licence is revoked or expired, and the firm goes on operating.
        LicenceLost "CAP-3",
        /// Special equipment in use whose inspection is overdue.
        EquipmentOverdue "CAP-4",
        /// A recall of level I that was not started in time.
        RecallLate "CAP-5",
        /// Adjudicated falsification of records.
        Falsified "CAP-6",
        /// The customs' tiers for dishonest firms.
        CustomsDishonest "CAP-7",
        /// Too little behind an A: counterparties, history or completeness of traces.
        ThinRecord "CAP-8",
        /// Badly fulfilled, or late, in the last quarter.
        RecentQuarter "CAP-9",
    }
}

impl CeilingCode {
    /// Whether the model sets it by rule; of the others somebody has decided the fact.
    pub fn is_by_rule(self) -> bool {
        matches!(self, CeilingCode::ThinRecord | CeilingCode::RecentQuarter)
    }
}

/// What a ceiling rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Evidence {
    /// In words: of a rule its figures, of a decision its number.
    Words(String),
    /// Several, such as the hashes of records.
    List(Vec<String>),
}

/// A ceiling: a grade is this one at best. In JSON it is the list of its three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Why.
    pub code: CeilingCode,
    /// The best grade.
    pub grade: Grade,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Serialize for Ceiling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple(3)?;
        parts.serialize_element(&self.code)?;
        parts.serialize_element(&self.grade)?;
        parts.serialize_element(&self.evidence)?;
        parts.end()
    }
}
