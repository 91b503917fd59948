//! What may be removed of a firm's file: penalties whose time is over, each with all that is about it (`01-seed-systems.md`
//! §1.5, limit 8; `05-credit-model.md` §5.8).

use std::collections::{BTreeMap, BTreeSet};

use super::{CreditFile, PenaltyState, RepairResult, Standing, Void};
use crate::credit::record::{CreditRecord, Removed, Statement};
use crate::day::Day;
use crate::hash::Hash;

impl CreditFile<'_> {
    /// The penalties that were repaired, or whose publication has ended, with nothing about them still to be decided: what
    /// is to be removed.
    pub fn removable(&self, day: Day) -> BTreeSet<Hash> {
        let mut over: BTreeSet<Hash> = self.items.keys().filter(|hash| self.is_over(hash, day)).copied().collect();
        // What was repaired together goes together: without one of its penalties a repair would have no effect, and bring
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
    pub fn removals(&self) -> &BTreeMap<Hash, Vec<Removed>> {
        &self.removals
    }

    /// Takes note of what is to be removed. Where the bodies are gone already nothing is left to look at.
    pub(super) fn remove(&mut self, hash: Hash, targets: &[Removed], day: Day) -> Result<(), Void> {
        let named: BTreeSet<Hash> = targets.iter().map(|target| target.record).collect();
        for target in named.iter().filter(|target| self.items.contains_key(target)) {
            let is_penalty =
                self.items.get(target).is_some_and(|item| matches!(item.statement, Statement::Penalty { .. }));
            match (is_penalty, self.is_over(target, day)) {
                (false, _) => return Err(Void::WrongTarget),
                (true, false) => return Err(Void::Transition),
                (true, true) if !self.together(target, &named) => return Err(Void::WrongTarget),
                (true, true) => {}
            }
        }
        self.removals.insert(hash, targets.to_vec());
        Ok(())
    }

    /// Whether all that was repaired with a penalty is named too, or gone.
    fn together(&self, target: &Hash, named: &BTreeSet<Hash>) -> bool {
        let repaired = self.repairs.values().filter(|one| one.result == Some(RepairResult::Repaired));
        let mut others = repaired.filter(|one| one.targets.contains(target)).flat_map(|one| &one.targets);
        others.all(|other| named.contains(other) || !self.items.contains_key(other))
    }

    fn is_over(&self, hash: &Hash, day: Day) -> bool {
        let Some(item) = self.items.get(hash) else { return false };
        if !matches!(item.statement, Statement::Penalty { .. }) {
            return false;
        }
        let is_about = |target: &Hash| target == hash || self.is_basis_of(target, hash);
        let is_contested = self.objections.values().any(|one| one.due.is_some() && is_about(&one.target));
        let is_asked = self.repairs.values().any(|one| one.due.is_some() && one.targets.contains(hash));
        let is_done = matches!(self.penalty_state(item, day), PenaltyState::Repaired | PenaltyState::Expired);
        is_done && !is_contested && !is_asked
    }

    fn is_basis_of(&self, target: &Hash, penalty: &Hash) -> bool {
        self.items.get(target).is_some_and(
            |item| matches!(&item.statement, Statement::Inspection { penalty: Some(of), .. } if of == penalty),
        )
    }

    /// Whether a finding was repaired with the penalty that it is the basis of.
    pub(in crate::credit) fn is_repaired(&self, hash: &Hash) -> bool {
        self.items.get(hash).is_some_and(|item| item.standing == Standing::Repaired)
    }
}

/// Picks what is about penalties out of a file's records, in their order: they themselves, the findings that were repaired
/// with them, objections to these, repairs of nothing else, notices about any of it, and the steps of all these.
pub(in crate::credit) struct About<'a> {
    file: &'a CreditFile<'a>,
    penalties: BTreeSet<Hash>,
    procedures: BTreeSet<Hash>,
    known: BTreeSet<Hash>,
}

impl<'a> About<'a> {
    pub(in crate::credit) fn new(file: &'a CreditFile<'a>, penalties: &[Removed]) -> About<'a> {
        let penalties: BTreeSet<Hash> = penalties.iter().map(|one| one.record).collect();
        About { file, known: penalties.clone(), penalties, procedures: BTreeSet::new() }
    }

    /// Whether the next record is about them.
    pub(in crate::credit) fn is_part(&mut self, hash: Hash, record: &CreditRecord) -> bool {
        match &record.statement {
            Statement::Penalty { .. } => self.penalties.contains(&hash),
            Statement::Inspection { penalty: Some(penalty), .. } => {
                let is_part = self.penalties.contains(penalty) && self.file.is_repaired(&hash);
                if is_part {
                    self.known.insert(hash);
                }
                is_part
            }
            Statement::Notice(notice) => {
                notice.about.is_some_and(|about| self.known.contains(&about)) && self.procedures.insert(hash)
            }
            Statement::NoticeDone(done) => self.procedures.contains(&done.notice),
            Statement::Objection { target, .. } => self.known.contains(target) && self.procedures.insert(hash),
            Statement::Repair { targets, .. } => {
                targets.iter().all(|target| self.penalties.contains(target)) && self.procedures.insert(hash)
            }
            Statement::ObjectionStep { objection: of, .. } | Statement::RepairStep { repair: of, .. } => {
                self.procedures.contains(of)
            }
            _ => false,
        }
    }
}
