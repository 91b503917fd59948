//! A firm that was found to operate although the licence that it needs is not in force: the ceiling CAP-3
//! (`05-credit-model.md` §5.5).

use std::collections::BTreeMap;

use super::record::LicenceState;
use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};

/// So many working days a firm has to prove that its licence is renewed.
pub const PROOF_DAYS: u32 = 5;

/// That a firm was found to operate without a licence in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlicensed {
    /// What the licence permits.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// When.
    pub day: Day,
    /// The report.
    pub report: Hash,
}

impl Unlicensed {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Unlicensed, InvalidRecord> {
        Ok(Unlicensed {
            kind: members.text("kind")?,
            number: members.text("number")?,
            day: members.day("date")?,
            report: members.hash("report")?,
        })
    }
}

/// What a record says of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Its number.
    pub number: &'a str,
    /// Since when it is so.
    pub from: Day,
    /// Until when.
    pub to: Option<Day>,
    /// What became of it.
    pub state: LicenceState,
}

/// A time in which a licence is valid: from a day (included) to another (not included), without end if absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spell<'a> {
    /// The licence.
    pub number: &'a str,
    from: Day,
    until: Option<Day>,
}

impl Spell<'_> {
    /// Whether it is valid on any day from one to another, both included.
    pub(super) fn meets(&self, from: Day, to: Day) -> bool {
        let first = self.from.max(from);
        first <= to && self.until.is_none_or(|until| first < until)
    }
}

/// When licences are valid by what is said of them, in the order in which it was said: each word holds until the day from
/// which a later one on the same licence does.
pub(super) fn spells<'a>(words: &[Word<'a>]) -> Vec<Spell<'a>> {
    let (mut next, mut spells) = (BTreeMap::<&str, Day>::new(), Vec::new());
    for Word { number, from, to, state } in words.iter().rev().copied() {
        let later = next.get(number).copied();
        let until = match (later, to.map(Day::next)) {
            (Some(later), Some(end)) => Some(later.min(end)),
            (later, end) => later.or(end),
        };
        if state == LicenceState::Valid {
            spells.push(Spell { number, from, until });
        }
        next.insert(number, later.map_or(from, |later| later.min(from)));
    }
    spells
}
