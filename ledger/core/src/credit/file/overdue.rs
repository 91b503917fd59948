//! What should have been done by a day that is over: by the firm, or by whoever looks into what it has asked for.

use std::collections::BTreeSet;

use super::{CreditFile, RepairResult};
use crate::credit::indicator::Indicator;
use crate::credit::record::Statement;
use crate::day::Day;
use crate::hash::Hash;
use crate::named::named;

/// Working days in which all nodes have erased what was repaired (`05-credit-model.md` §5.8).
const REMOVAL_DAYS: u32 = 1;

named! {
    /// What should have been done.
    pub enum Duty {
        /// Special equipment in use is inspected, which its user sees to.
        Inspection "inspection",
        /// A recall begins, all direct customers acknowledge it, it is closed.
        Recall "recall",
        /// An objection is accepted or refused, checked, answered.
        Objection "objection",
        /// A repair is accepted or refused, decided.
        Repair "repair",
        /// What a notice asks for.
        Notice "notice",
        /// A pledge is kept, and an authority says whether it was.
        Pledge "pledge",
        /// What was repaired or is over is removed, which an authority asks for.
        Removal "removal",
    }
}

/// Something that is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// What should have been done.
    pub duty: Duty,
    /// Of what: the code of the equipment, the id of the recall, the hash of the record.
    pub of: String,
    /// The last day on which it was in time.
    pub due: Day,
}

impl CreditFile<'_> {
    /// What is overdue on a day, by duties. What is contested is not.
    pub fn overdue(&self, day: Day) -> Vec<Overdue> {
        let (inspections, recalls) = (self.inspections_due(day), self.recalls_due(day));
        let objections = self.objections.iter().filter_map(|(record, one)| Some((Duty::Objection, record, one.due?)));
        let repairs = self.repairs.iter().filter_map(|(record, one)| Some((Duty::Repair, record, one.due?)));
        let notices = self.notices().filter(|said| !said.is_contested);
        let notices: Vec<(Hash, Day)> = notices.map(|said| (said.record, said.what.due)).collect();
        let (pledges, removals) = (self.pledges(), self.removals_due(day));
        let of_kind = |duty, list: Vec<(String, Day)>| list.into_iter().map(move |(of, due)| Overdue { duty, of, due });
        let of_record = |(duty, record, due): (Duty, &Hash, Day)| Overdue { duty, of: record.to_string(), due };
        let all = of_kind(Duty::Inspection, inspections)
            .chain(of_kind(Duty::Recall, recalls))
            .chain(objections.chain(repairs).map(of_record))
            .chain(notices.iter().map(|(record, due)| of_record((Duty::Notice, record, *due))))
            .chain(pledges.iter().map(|(record, due)| of_record((Duty::Pledge, record, *due))))
            .chain(removals.iter().map(|(record, due)| of_record((Duty::Removal, record, *due))));
        all.filter(|one| one.due < day).collect()
    }

    fn inspections_due(&self, day: Day) -> Vec<(String, Day)> {
        let in_use = self.devices(day).into_iter().filter(|device| device.in_use);
        let is_contested = |hash: &Hash| self.is_contested(hash, Indicator::Equipment);
        let counted = in_use.filter(|device| !device.evidence.iter().any(is_contested));
        counted.filter_map(|device| Some((device.code.clone(), device.due?))).collect()
    }

    /// The first day of a recall by which something was not done.
    fn recalls_due(&self, day: Day) -> Vec<(String, Day)> {
        let is_contested = |record: &Hash| self.is_contested(record, Indicator::Recall);
        let (announced, unanswered) = (&self.recalls.announced, &self.recalls.unanswered);
        let begun = announced.iter().filter(|recall| !is_contested(&recall.record)).filter_map(|recall| {
            let is_acknowledged = recall.customers.iter().all(|(_, at)| at.is_some_and(|at| Day::in_china(at) <= day));
            let notify_by = recall.notify_by.filter(|_| !is_acknowledged).map(Day::in_china);
            let finish_by = recall.closed.is_none().then_some(recall.finish_by);
            let due = notify_by.into_iter().chain(finish_by).min()?;
            Some((recall.id.clone(), due))
        });
        let ordered = unanswered.iter().filter(|order| !is_contested(&order.record));
        begun.chain(ordered.map(|order| (order.id.clone(), Day::in_china(order.start_by)))).collect()
    }

    /// What was held against the firm and is no more, and nobody has asked yet that it is removed: from when it was over, and
    /// nothing about it was still to be decided.
    fn removals_due(&self, day: Day) -> Vec<(Hash, Day)> {
        let since = |hash: &Hash| {
            let is_about = |target: &Hash| target == hash || self.is_basis_of(target, hash);
            let repairs = self.repairs.values().filter(|one| one.targets.iter().any(is_about));
            let objections = self.objections.values().filter(|one| is_about(&one.target));
            let last = repairs.clone().filter_map(|one| one.ended).chain(objections.filter_map(|one| one.ended)).max();
            let repaired = repairs.filter(|one| one.result == Some(RepairResult::Repaired)).filter_map(|one| one.ended);
            repaired.min().or_else(|| self.ended(hash, day)).max(last)
        };
        let over = self.removable(day).into_iter();
        let over = over.filter_map(|hash| Some((hash, self.calendar.after(since(&hash)?, REMOVAL_DAYS))));
        over.collect()
    }

    /// When it ended by itself, if it has by a day.
    fn ended(&self, hash: &Hash, day: Day) -> Option<Day> {
        let ended = match &self.items.get(hash)?.statement {
            Statement::Penalty { class, decided, .. } => self.policies.ended((*decided, *class), day),
            Statement::Listing { to, .. } | Statement::CustomsTier { to, .. } => to.map(Day::next),
            Statement::Falsification(said) => said.ends(),
            _ => None,
        };
        ended.filter(|ended| *ended <= day)
    }

    /// The pledges of which no authority has said how they were kept, and by when each is to be.
    fn pledges(&self) -> Vec<(Hash, Day)> {
        let ended: BTreeSet<Hash> = self
            .said(|statement| match statement {
                Statement::PledgeResult { pledge, .. } => Some(pledge),
                _ => None,
            })
            .map(|said| *said.what)
            .collect();
        let pledges = self.said(|statement| match statement {
            Statement::Pledge { due, .. } => Some(due),
            _ => None,
        });
        // One that was to be kept before it was given was none.
        let pledges = pledges.filter(|said| !ended.contains(&said.record) && *said.what >= said.on);
        pledges.map(|said| (said.record, *said.what)).collect()
    }
}
