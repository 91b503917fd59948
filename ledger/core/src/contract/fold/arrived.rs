//! What events tell a contract: what arrived of a performance or who witnessed it, and what of that is withdrawn.

use super::{Arrival, Contract, ContractState, PARTS_MAX};
use crate::contract::course::{Course, Receipt, days};
use crate::contract::obligation::{Obligation, ObligationKind};
use crate::contract::record::Received;
use crate::hash::Hash;

impl Contract<'_> {
    /// Takes what an event says of a performance, which MUST be told after it: it is its creditor's receipt, until that says
    /// otherwise in the days to inspect. What has no effect is no record of the contract's.
    pub fn arrive(&mut self, arrival: &Arrival) {
        // In the block of its performance nobody was silent yet.
        if arrival.captured > self.time {
            self.advance(arrival.captured);
        }
        self.arrive_now(arrival, None);
        self.close();
    }

    /// An event that arrived was declared erroneous at a time, which MUST be told after it. It says nothing any more of a
    /// performance if that is within the days to inspect, and nobody has answered to it; what is final stays so.
    pub fn withdraw(&mut self, event: &Hash, performance: &Hash, recorded: i64) {
        self.advance(recorded);
        let is_it = |one: &Arrival| (one.hash, one.performance) == (*event, *performance);
        self.held.retain(|one| !is_it(one));
        let name = self.named.iter().find(|one| is_it(one)).and_then(|one| one.name);
        self.named.retain(|one| !is_it(one));
        let (now, calendar) = (self.time, self.calendar);
        let is_of = |course: &Course| course.performances.iter().any(|one| one.hash == *performance);
        let course = self.courses.iter_mut().rfind(|course| is_of(course));
        let until = (self.suspended.map_or(now, |(_, known)| known), calendar);
        if let Some(given) = course.and_then(|course| course.withdraw(event, performance, until)) {
            self.records.retain(|(hash, _)| hash != event);
            // What others say under the same name is heard instead, who witnesses first, and inspected from now on.
            let is_beside = |one: &Arrival| one.performance == *performance && one.name == name && name.is_some();
            let (mut beside, rest): (Vec<Arrival>, Vec<Arrival>) =
                std::mem::take(&mut self.named).into_iter().partition(is_beside);
            self.named = rest;
            beside.sort_by_key(|one| one.witness.is_none());
            beside.iter().for_each(|one| self.arrive_now(one, Some(given)));
            // Silence may have been acceptance by then.
            self.let_pass(now);
        }
        self.close();
    }

    fn arrive_now(&mut self, arrival: &Arrival, given: Option<u64>) {
        match self.state {
            ContractState::SuspendedForceMajeure if self.held.len() < PARTS_MAX => self.held.push(arrival.clone()),
            _ => self.receive_event(arrival, given),
        }
    }

    pub(super) fn receive_event(&mut self, arrival: &Arrival, given: Option<u64>) {
        if arrival.name.is_some() && self.named.len() < PARTS_MAX {
            self.named.push(arrival.clone());
        }
        if self.taken_as_receipt(arrival, given).is_some() {
            self.records.push((arrival.hash, arrival.author.clone()));
        }
    }

    /// Whether what is known by the same name has paid for another performance of the obligation, under whatever terms.
    fn is_paid_before(&self, place: usize, arrival: &Arrival) -> bool {
        let Some(Obligation { id, kind: ObligationKind::Pay, .. }) = self.courses.get(place).map(|one| &one.obligation)
        else {
            return false;
        };
        let of_it = self.courses.iter().filter(|course| course.obligation.id == *id);
        let is_named = |one: &Receipt| one.name.is_some() && one.name == arrival.name;
        of_it.flat_map(|course| &course.receipts).any(|one| is_named(one) && one.answers != Some(arrival.performance))
    }

    /// Takes it, of as much as nothing is said of yet, or as is given.
    fn taken_as_receipt(&mut self, arrival: &Arrival, given: Option<u64>) -> Option<()> {
        let (now, calendar, inspection_days) = (self.time, self.calendar, self.terms.inspection_days);
        if !self.state.performs() {
            return None;
        }
        let is_of = |course: &Course| course.performances.iter().any(|one| one.hash == arrival.performance);
        let place = self.courses.iter().rposition(is_of)?;
        if self.is_paid_before(place, arrival) {
            return None;
        }
        let course = self.courses.get_mut(place)?;
        // What came before anything was owed came for something else.
        let is_before = arrival.happened.min(arrival.captured) < course.since;
        let is_full = course.receipts.len() >= PARTS_MAX;
        if is_before || is_full || course.is_wholly_disputed() || course.is_over(now, calendar) {
            return None;
        }
        let performance = course.performances.iter().find(|one| one.hash == arrival.performance)?.clone();
        let heard = arrival.name.as_ref().and_then(|name| course.heard(&performance.hash, name));
        let rest = match (heard, given) {
            // Who witnesses takes the place of its creditor, as long as that can be inspected.
            (Some(heard), _) => {
                let is_open = heard.inspected_by.is_some_and(|by| now < by);
                if !is_open || heard.witness.is_some() || arrival.witness.is_none() {
                    return None;
                }
                let (replaced, quantity) = (heard.hash, heard.said.quantity);
                course.take_back(&replaced, &performance.hash);
                self.records.retain(|(hash, _)| *hash != replaced);
                quantity
            }
            (None, Some(given)) => given,
            (None, None) => course.unsaid(&performance, now)?,
        };
        let quantity = arrival.quantity.min(rest);
        // That nothing came says something only where something is still to come.
        if rest == 0 || (quantity == 0 && !arrival.is_short) {
            return None;
        }
        let answers = Some(performance.hash);
        let said = Received {
            at: arrival.happened.max(performance.at).min(arrival.captured),
            quantity,
            good: quantity.saturating_sub(arrival.bad),
            returned: 0,
            is_complete: false,
        };
        // Later than both were recorded if time rested.
        let inspected_by = Some(now.saturating_add(days(inspection_days)));
        let receipt = Receipt::new((arrival.hash, now), said, answers);
        let Arrival { is_short, witness, name, .. } = *arrival;
        course.receipts.push(Receipt { inspected_by, is_short, witness, name, ..receipt });
        course.look_again(&arrival.performance);
        self.state = ContractState::InPerformance;
        Some(())
    }
}
