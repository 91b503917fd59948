//! What may be removed of a firm's file: what was held against it and is over, each with all that is about it (`01-seed-systems.md`
//! §1.5, limit 8; `05-credit-model.md` §5.8).

use std::collections::{BTreeMap, BTreeSet};

use super::{CreditFile, RepairResult, Standing, Void};
use crate::credit::record::{CreditRecord, Removed, Statement};
use crate::day::Day;
use crate::hash::Hash;

/// What is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// What the record names.
    pub targets: Vec<Removed>,
    /// Those of them whose bodies are still there.
    cases: BTreeSet<Hash>,
    /// The findings that were repaired with them.
    findings: BTreeSet<Hash>,
}

impl CreditFile<'_> {
    /// What was held against the firm and was repaired, or is over, with nothing about it still to be decided: what is to be
    /// removed.
    pub fn removable(&self, day: Day) -> BTreeSet<Hash> {
        let mut over: BTreeSet<Hash> = self.items.keys().filter(|hash| self.is_over(hash, day)).copied().collect();
        // What was repaired together goes together: without one of its targets a repair would have no effect, and bring
        // the others back.
        loop {
            let before = over.len();
            let stays: Vec<Hash> = over.iter().filter(|hash| !self.together(hash, &over)).copied().collect();
            over.retain(|hash| !stays.contains(hash));
            if over.len() == before {
                return over;
            }
        }
    }

    /// What is removed, by the hash of the record that asks for it.
    pub fn removals(&self) -> &BTreeMap<Hash, Removal> {
        &self.removals
    }

    /// Takes note that an authority's record is where a removal has it, and has no body any more. It MUST be taken before the
    /// removal's record.
    pub fn take_gone(&mut self, record: Hash) {
        self.gone.insert(record);
    }

    /// Takes out what is to be removed, with all that is about it, so that the file is the same whether the bodies are there
    /// or not.
    pub(super) fn remove(&mut self, hash: Hash, targets: &[Removed], day: Day) -> Result<(), Void> {
        let named: BTreeSet<Hash> = targets.iter().map(|target| target.record).collect();
        for target in &named {
            let is_past = self.items.get(target).map(|_| self.is_past(target, day));
            match is_past {
                _ if self.removed.contains(target) => return Err(Void::Transition),
                None if self.gone.contains(target) => {}
                None => return Err(Void::UnknownTarget),
                Some(None) => return Err(Void::WrongTarget),
                Some(_) if !self.is_over(target, day) => return Err(Void::Transition),
                Some(_) if !self.together(target, &named) => return Err(Void::WrongTarget),
                Some(_) => {}
            }
        }
        let cases: BTreeSet<Hash> = named.iter().filter(|one| self.items.contains_key(one)).copied().collect();
        let repaired = self.items.iter().filter(|(_, item)| item.standing == Standing::Repaired);
        let findings = repaired.filter(|(_, item)| match &item.statement {
            Statement::Inspection { penalty: Some(penalty), .. } => cases.contains(penalty),
            _ => false,
        });
        let findings: BTreeSet<Hash> = findings.map(|(hash, _)| *hash).collect();
        let is_case = |hash: &Hash| cases.contains(hash) || findings.contains(hash);
        // Notices about any of it go too, with what says that they are done and objections to them.
        let notices = self.items.iter().filter(|(_, item)| match &item.statement {
            Statement::Notice(notice) => notice.about.is_some_and(|about| is_case(&about)),
            _ => false,
        });
        let notices: BTreeSet<Hash> = notices.map(|(hash, _)| *hash).collect();
        let done = self.items.iter().filter(|(_, item)| match &item.statement {
            Statement::NoticeDone(done) => notices.contains(&done.notice),
            _ => false,
        });
        let done: BTreeSet<Hash> = done.map(|(hash, _)| *hash).collect();
        let is_out = |hash: &Hash| is_case(hash) || notices.contains(hash) || done.contains(hash);
        self.order.retain(|hash| !is_out(hash));
        self.items.retain(|hash, _| !is_out(hash));
        self.objections.retain(|_, one| !is_out(&one.target));
        self.repairs.retain(|_, one| !one.targets.iter().all(is_case));
        // Of what has no body any more nobody can tell which of several that name it was the first with a right to.
        self.removed.extend(&cases);
        self.removals.insert(hash, Removal { targets: targets.to_vec(), cases, findings });
        Ok(())
    }

    /// Whether all that was repaired with it is named too, or gone.
    fn together(&self, target: &Hash, named: &BTreeSet<Hash>) -> bool {
        let repaired = self.repairs.values().filter(|one| one.result == Some(RepairResult::Repaired));
        let mut others = repaired.filter(|one| one.targets.contains(target)).flat_map(|one| &one.targets);
        others.all(|other| named.contains(other) || !self.items.contains_key(other))
    }

    fn is_over(&self, hash: &Hash, day: Day) -> bool {
        let is_about = |target: &Hash| target == hash || self.is_basis_of(target, hash);
        let is_contested = self.objections.values().any(|one| one.due.is_some() && is_about(&one.target));
        let is_asked = self.repairs.values().any(|one| one.due.is_some() && one.targets.iter().any(is_about));
        self.is_past(hash, day) == Some(true) && !is_contested && !is_asked
    }

    pub(super) fn is_basis_of(&self, target: &Hash, penalty: &Hash) -> bool {
        self.items.get(target).is_some_and(
            |item| matches!(&item.statement, Statement::Inspection { penalty: Some(of), .. } if of == penalty),
        )
    }
}

/// Picks what is about what is removed out of a file's records, in their order: the items themselves, the findings that were
/// repaired with them, objections to these, repairs of nothing else, notices about any of it, and the steps of all these.
pub(in crate::credit) struct About<'a> {
    removal: &'a Removal,
    notices: BTreeSet<Hash>,
    procedures: BTreeSet<Hash>,
}

impl<'a> About<'a> {
    pub(in crate::credit) fn new(removal: &'a Removal) -> About<'a> {
        About { removal, notices: BTreeSet::new(), procedures: BTreeSet::new() }
    }

    /// Whether the next record is about them.
    pub(in crate::credit) fn is_part(&mut self, hash: Hash, record: &CreditRecord) -> bool {
        let Removal { cases, findings, .. } = self.removal;
        let is_in_case = |hash: &Hash| cases.contains(hash) || findings.contains(hash);
        let is_notice = |of: &Hash| self.notices.contains(of);
        match &record.statement {
            _ if is_in_case(&hash) => true,
            Statement::Notice(notice) if notice.about.is_some_and(|about| is_in_case(&about)) => {
                self.notices.insert(hash)
            }
            Statement::NoticeDone(done) if is_notice(&done.notice) => self.notices.insert(hash),
            Statement::Objection { target, .. } if is_in_case(target) || is_notice(target) => {
                self.procedures.insert(hash)
            }
            Statement::Repair { targets, .. } if targets.iter().all(is_in_case) => self.procedures.insert(hash),
            Statement::ObjectionStep { objection: of, .. } | Statement::RepairStep { repair: of, .. } => {
                self.procedures.contains(of)
            }
            _ => false,
        }
    }
}
