//! That a firm has falsified records, as was adjudicated: the ceiling CAP-6 (`05-credit-model.md` §5.5).

use super::evaluate::Grade;
use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};

/// It names at most so many records.
const RECORDS_MAX: usize = 64;
/// So many months the grade is E at best.
const GRAVEST_MONTHS: i32 = 12;
/// And D until it is repaired, or so many months after the decision.
const MONTHS: i32 = 36;

/// That records were falsified, which a person has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Falsification {
    /// The number of the award, judgment or decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// When it was decided.
    pub decided: Day,
    /// The award, judgment or decision.
    pub document: Hash,
    /// The receipt of its notice.
    pub receipt: Hash,
    /// What was falsified, by its hash.
    pub records: Vec<Hash>,
}

impl Falsification {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Falsification, InvalidRecord> {
        // No machine finds a falsification (`01-seed-systems.md` §1.5, limit 6).
        if !members.boolean("humanDecision")? {
            return Err(members.error("humanDecision", "not true: a falsification is adjudicated by a person"));
        }
        Ok(Falsification {
            decision: members.text("decisionNo")?,
            basis: members.text("basis")?,
            decided: members.day("decided")?,
            document: members.hash("document")?,
            receipt: members.hash("noticeReceipt")?,
            records: if members.has("records") { members.hashes("records", RECORDS_MAX)? } else { Vec::new() },
        })
    }

    /// From when on its repair can be applied for.
    pub fn repairable_from(&self) -> Option<Day> {
        self.decided.plus_months(GRAVEST_MONTHS)
    }

    /// From when on it holds nothing down any more.
    pub fn ends(&self) -> Option<Day> {
        self.decided.plus_months(MONTHS)
    }

    /// The best grade on a day, if it holds one down.
    pub(super) fn ceiling(&self, day: Day) -> Option<Grade> {
        let is_over = |end: Option<Day>| end.is_some_and(|end| day >= end);
        match (day >= self.decided && !is_over(self.ends()), is_over(self.repairable_from())) {
            (false, _) => None,
            (true, false) => Some(Grade::E),
            (true, true) => Some(Grade::D),
        }
    }
}
