//! Repair (`05-credit-model.md` §5.8) of whatever an authority has said against a firm (`01-seed-systems.md` §1.5, limit 5): penalties
//! in the terms of the policy, falsification in its own, all else as soon as what it asks for is done, as whoever has said it finds. What contracts and events
//! come to needs none: it decays, lifts by itself, or is objected to.

use super::{CreditFile, Item, Repair, Standing, Void, is_dishonest};
use crate::credit::disclosure::{Finding, Verification};
use crate::credit::kind::RecordKind;
use crate::credit::record::{InspectionResult, PledgeResult, RepairResult, RepairStep, Statement};
use crate::credit::status::PenaltyState;
use crate::day::Day;
use crate::hash::Hash;

/// Working days to accept an application for repair, to decide it, and of its one extension (§5.8).
const REPAIR_ACCEPT_DAYS: u32 = 3;
const REPAIR_DECIDE_DAYS: u32 = 10;
/// After so many months a finding that names a penalty can be repaired by itself: as long as that of a serious one takes at least.
const FINDING_MONTHS: i32 = 12;

impl CreditFile<'_> {
    pub(super) fn apply_for_repair(
        &mut self,
        (hash, day): (Hash, Day),
        targets: &[Hash],
        pledge: &Hash,
    ) -> Result<(), Void> {
        self.need(pledge, RecordKind::Pledge)?;
        for target in targets {
            let item = self.item(target)?;
            let from = self.repairable_from(item, day)?;
            let is_asked = self.repairs.values().any(|one| one.due.is_some() && one.targets.contains(target));
            if is_asked || !self.is_held_against(item, day) {
                return Err(Void::Transition);
            }
            if from.is_none_or(|from| day < from) {
                return Err(Void::MinPeriod);
            }
        }
        let due = Some(self.calendar.after(day, REPAIR_ACCEPT_DAYS));
        let repair =
            Repair { targets: targets.to_vec(), step: None, result: None, due, ended: None, is_extended: false };
        self.repairs.insert(hash, repair);
        Ok(())
    }

    /// From when on the repair of an item can be applied for; none if no policy says so. An error if it is nothing to repair.
    fn repairable_from(&self, item: &Item, day: Day) -> Result<Option<Day>, Void> {
        match &item.statement {
            Statement::Penalty { class, field, decided, .. } => {
                Ok(self.policies.on(day).and_then(|policy| policy.eligible_from(*decided, *class, field)))
            }
            Statement::Falsification(said) => Ok(said.repairable_from()),
            // What a penalty rests on is repaired with it, or by itself later: the penalty may be void, or over before.
            Statement::Inspection { penalty, result, .. } if *result != InspectionResult::Pass => {
                let months = if penalty.is_some() { FINDING_MONTHS } else { 0 };
                Ok(item.day.plus_months(months))
            }
            Statement::PledgeResult { result, .. } if *result != PledgeResult::Kept => Ok(Some(item.day)),
            Statement::Verification(Verification { result: Finding::False, .. }) => Ok(Some(item.day)),
            // A customs' tier is repaired by the tier that the customs give next.
            Statement::Listing { .. } | Statement::Unlicensed(_) => Ok(Some(item.day)),
            _ => Err(Void::WrongTarget),
        }
    }

    /// Whether an item counts against the firm on a day.
    fn is_held_against(&self, item: &Item, day: Day) -> bool {
        let is_over = |end: Option<Day>| end.is_some_and(|end| day > end);
        match &item.statement {
            Statement::Penalty { .. } => self.penalty_state(item, day) == PenaltyState::Published,
            Statement::Listing { to, .. } => item.standing == Standing::Stands && !is_over(*to),
            Statement::Falsification(said) => item.standing == Standing::Stands && said.ceiling(day).is_some(),
            _ => item.standing == Standing::Stands,
        }
    }

    pub(super) fn repair_step(
        &mut self,
        hash: &Hash,
        (step, result): (RepairStep, Option<RepairResult>),
        author: &str,
        day: Day,
    ) -> Result<(), Void> {
        let mut repair = self.repairs.get(hash).ok_or(Void::UnknownTarget)?.clone();
        let due = match (repair.step, step) {
            (None, RepairStep::Accept) => Some(self.calendar.after(day, REPAIR_DECIDE_DAYS)),
            (None, RepairStep::Refuse) => None,
            (Some(RepairStep::Accept), RepairStep::Extend) if !repair.is_extended => {
                repair.is_extended = true;
                repair.due.map(|due| self.calendar.after(due, REPAIR_DECIDE_DAYS))
            }
            (Some(RepairStep::Accept | RepairStep::Extend), RepairStep::Decide) => None,
            _ => return Err(Void::Transition),
        };
        if result == Some(RepairResult::Repaired) {
            // Penalties are handled by one window for all; what else an authority has said only it takes back.
            let others = repair.targets.iter().filter_map(|target| self.items.get(target));
            let mut others = others.filter(|item| !matches!(item.statement, Statement::Penalty { .. }));
            if others.any(|item| item.author != author) {
                return Err(Void::NoRight);
            }
            for target in &repair.targets {
                self.set(target, Standing::Repaired, &[]);
            }
            // What a repaired penalty rests on shares its fate.
            let is_basis = |item: &Item| match &item.statement {
                Statement::Inspection { penalty: Some(penalty), .. } => repair.targets.contains(penalty),
                _ => false,
            };
            self.items.values_mut().filter(|item| is_basis(item)).for_each(|item| item.standing = Standing::Repaired);
        }
        (repair.step, repair.result, repair.due) = (Some(step), result, due);
        repair.ended = due.is_none().then_some(day);
        self.repairs.insert(*hash, repair);
        Ok(())
    }

    pub(super) fn penalty_state(&self, item: &Item, day: Day) -> PenaltyState {
        let Statement::Penalty { class, decided, .. } = &item.statement else { return PenaltyState::Revoked };
        match item.standing {
            Standing::Repaired => PenaltyState::Repaired,
            Standing::Withdrawn => PenaltyState::Revoked,
            // At the greatest period publication stops by itself.
            _ if self.policies.is_over((*decided, *class), day) => PenaltyState::Expired,
            Standing::Suspended => PenaltyState::Objection,
            Standing::Stands => PenaltyState::Published,
        }
    }

    /// Whether nothing of an item counts against the firm any more, or will again: it was repaired, or its time is over. None if
    /// it never counts against anybody.
    pub(super) fn is_past(&self, hash: &Hash, day: Day) -> Option<bool> {
        let item = self.items.get(hash)?;
        let is_over = |end: Option<Day>| end.is_some_and(|end| day > end);
        if let Statement::CustomsTier { tier, to, .. } = &item.statement {
            return is_dishonest(*tier).map(|_| is_over(*to));
        }
        // What was repaired with its penalty goes with that.
        if let Statement::Inspection { penalty: Some(_), .. } = &item.statement {
            let mut repaired = self.repairs.values().filter(|one| one.result == Some(RepairResult::Repaired));
            return repaired.any(|one| one.targets.contains(hash)).then_some(item.standing == Standing::Repaired);
        }
        self.repairable_from(item, day).ok()?;
        Some(match &item.statement {
            Statement::Penalty { .. } => {
                matches!(self.penalty_state(item, day), PenaltyState::Repaired | PenaltyState::Expired)
            }
            _ if item.standing == Standing::Repaired => true,
            Statement::Listing { to, .. } => is_over(*to),
            Statement::Falsification(said) => said.ends().is_some_and(|end| day >= end),
            _ => false,
        })
    }
}
