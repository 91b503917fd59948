//! What a file shows that scores nothing. What was withdrawn or repaired is not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{CreditFile, Item, Standing, Void};
use crate::credit::administrative::Administrative;
use crate::credit::disclosure::{Disclosure, Finding, Verification};
use crate::credit::fact::Source;
use crate::credit::kind::RecordKind;
use crate::credit::measures::{Measure, MeasureItem};
use crate::credit::notice::{Notice, NoticeDone};
use crate::credit::record::Statement;
use crate::credit::status::{PenaltyClass, PenaltyState};
use crate::day::Day;
use crate::hash::Hash;

/// What a record says that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'a, T> {
    /// The hash of the record.
    pub record: Hash,
    /// The item of the catalogue that it is of.
    pub item: &'static str,
    /// Who says it.
    pub author: &'a str,
    /// When.
    pub on: Day,
    /// Whether an objection to it is being looked into.
    pub is_contested: bool,
    /// It.
    pub what: &'a T,
}

/// A disclosure, with what an authority found of it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed<'a> {
    /// It.
    pub said: Said<'a, Disclosure>,
    /// Who stands for it: the firm itself until an authority has verified it.
    pub source: Source,
    /// What was found, if anything was.
    pub finding: Option<Said<'a, Verification>>,
}

/// A measure in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureUsed<'a> {
    /// The decision.
    pub said: Said<'a, Measure>,
    /// What it is the use of.
    pub item: &'a MeasureItem,
}

/// A penalty in publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltySaid<'a> {
    /// The hash of its record.
    pub record: Hash,
    /// Who has decided.
    pub author: &'a str,
    /// The number of the decision.
    pub decision: &'a str,
    /// The law.
    pub basis: &'a str,
    /// How serious.
    pub class: PenaltyClass,
    /// What it consists in.
    pub kinds: &'a [String],
    /// The band of its amount, 1 to 5.
    pub amount_band: Option<u8>,
    /// When it was decided.
    pub decided: Day,
    /// From when on its repair can be applied for, by the policy of the day that is looked at.
    pub repairable_from: Option<Day>,
    /// When its publication ends by itself, by the same.
    pub ends: Option<Day>,
}

impl CreditFile<'_> {
    /// The administrative acts, in the order in which they were recorded.
    pub fn administrative(&self) -> impl Iterator<Item = Said<'_, Administrative>> {
        self.said(|statement| match statement {
            Statement::Administrative(said) => Some(said),
            _ => None,
        })
    }

    /// What the subject says of itself, likewise.
    pub fn disclosures(&self) -> impl Iterator<Item = Disclosed<'_>> {
        let mut found: BTreeMap<Hash, Said<'_, Verification>> =
            self.verifications().map(|said| (said.what.disclosure, said)).collect();
        let said = self.said(|statement| match statement {
            Statement::Disclosure(said) => Some(said),
            _ => None,
        });
        said.map(move |said| {
            let finding = found.remove(&said.record);
            let is_verified = |one: &Said<'_, Verification>| !one.is_contested && one.what.result == Finding::Verified;
            let source =
                if finding.as_ref().is_some_and(is_verified) { Source::Authority } else { Source::OwnStatement };
            Disclosed { said, source, finding }
        })
    }

    fn verifications(&self) -> impl Iterator<Item = Said<'_, Verification>> {
        self.said(|statement| match statement {
            Statement::Verification(said) => Some(said),
            _ => None,
        })
    }

    /// Whether this may be found of a disclosure: once false it is not found again, so that it counts once; nor is anything
    /// found twice over.
    pub(super) fn may_verify(&self, said: &Verification) -> Result<(), Void> {
        self.need(&said.disclosure, RecordKind::Disclosure)?;
        let before = self.verifications().filter(|before| before.what.disclosure == said.disclosure);
        let last = before.last().map(|last| last.what.result);
        match last.is_some_and(|last| last == Finding::False || last == said.result) {
            true => Err(Void::Transition),
            false => Ok(()),
        }
    }

    /// The notices of which nothing says that what they ask for is done, likewise.
    pub fn notices(&self) -> impl Iterator<Item = Said<'_, Notice>> {
        let done: BTreeSet<Hash> = self.notices_done().map(|said| said.what.notice).collect();
        let said = self.said(|statement| match statement {
            Statement::Notice(said) => Some(said),
            _ => None,
        });
        said.filter(move |said| !done.contains(&said.record))
    }

    fn notices_done(&self) -> impl Iterator<Item = Said<'_, NoticeDone>> {
        self.said(|statement| match statement {
            Statement::NoticeDone(said) => Some(said),
            _ => None,
        })
    }

    /// Whether what a notice asks for may be said to be done: once.
    pub(super) fn may_be_done(&self, done: &NoticeDone) -> Result<(), Void> {
        self.need(&done.notice, RecordKind::Notice)?;
        match self.notices_done().any(|before| before.what.notice == done.notice) {
            true => Err(Void::Transition),
            false => Ok(()),
        }
    }

    /// The measures in use on a day, by authority, code and decision. Of one decision to use one the last word is meant, so
    /// that an authority can end what it has begun.
    pub fn measures(&self, day: Day) -> Vec<MeasureUsed<'_>> {
        let said = self.said(|statement| match statement {
            Statement::Measure(said) => Some(&**said),
            _ => None,
        });
        let last: BTreeMap<_, Said<'_, Measure>> =
            said.map(|said| ((said.author, &said.what.code, &said.what.decision), said)).collect();
        let in_use = last.into_values().filter(|said| {
            let Measure { from, to, .. } = said.what;
            *from <= day && to.is_none_or(|to| day <= to)
        });
        let used = in_use.filter_map(|said| Some(MeasureUsed { item: self.measure_items.get(&said.record)?, said }));
        used.collect()
    }

    /// The penalties that are in publication on a day and were decided within so many months before it, the same day of the
    /// month included: who is penalised again and again (`01-seed-systems.md` C30).
    pub fn penalties(&self, day: Day, months: u32) -> Vec<PenaltySaid<'_>> {
        let months = i32::try_from(months).unwrap_or(i32::MAX);
        let since = day.plus_months(months.saturating_neg());
        let policy = self.policies.on(day);
        let penalties = self.in_order().filter_map(|(record, item)| {
            let Statement::Penalty { decision, basis, class, decided, field, kinds, amount_band, .. } = &item.statement
            else {
                return None;
            };
            let is_within = *decided <= day && since.is_none_or(|since| *decided >= since);
            let is_public = self.penalty_state(item, day) == PenaltyState::Published;
            let (record, author, class, decided) = (*record, item.author.as_str(), *class, *decided);
            let repairable_from = policy.and_then(|policy| policy.eligible_from(decided, class, field));
            let ends = policy.and_then(|policy| policy.ends(decided, class));
            let (kinds, amount_band) = (kinds.as_slice(), *amount_band);
            let said = PenaltySaid {
                record,
                author,
                decision,
                basis,
                class,
                kinds,
                amount_band,
                decided,
                repairable_from,
                ends,
            };
            (is_within && is_public).then_some(said)
        });
        penalties.collect()
    }

    /// What records say, as far as it is meant and neither withdrawn nor repaired.
    pub(super) fn said<'a, T: 'a>(
        &'a self,
        of: impl Fn(&'a Statement) -> Option<&'a T>,
    ) -> impl Iterator<Item = Said<'a, T>> {
        let items = self.order.iter().filter_map(|hash| Some((*hash, self.items.get(hash)?)));
        let stands = |item: &Item| matches!(item.standing, Standing::Stands | Standing::Suspended);
        items.filter(move |(_, item)| stands(item)).filter_map(move |(record, item)| {
            let (what, is_contested) = (of(&item.statement)?, item.standing == Standing::Suspended);
            Some(Said { record, item: item.item, author: &item.author, on: item.day, is_contested, what })
        })
    }
}
