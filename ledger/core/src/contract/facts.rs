//! The facts of credit that a contract gives one of its parties.

use super::course::Course;
use super::fold::Contract;
use super::obligation::ObligationKind;
use crate::credit::calendar::Calendar;
use crate::credit::{Fact, FactStatus, Indicator, Ring};
use crate::day::Day;
use crate::hash::Tag;

/// What a fact weighs by the band of size (`05-credit-model.md` §5.2), and a payment's.
const BAND_MASS: [u64; 5] = [500, 1_000, 2_000, 3_000, 4_000];
const PAYMENT_MASS: u64 = 1_000;

/// The name of a counterparty in the facts of a subject: alike in all of them, and another's for another subject (§4.6).
pub fn pseudonym(subject: &str, partner: &str, salt: &[u8]) -> String {
    Tag::Pseudonym.hash_parts(&[subject.as_bytes(), &[0], partner.as_bytes(), &[0], salt]).to_string()
}

impl Contract<'_> {
    /// The facts of one party, as of the time up to which the contract is told: of all that it owes and that holds. A payment
    /// of which a part is disputed weighs as much as the rest of it.
    pub fn facts(&self, subject: &str, salt: &[u8], calendar: &Calendar) -> Vec<Fact> {
        let is_own = |course: &&Course| course.obligation.debtor == subject && !course.is_wholly_disputed();
        let own = self.courses.iter().filter(is_own);
        own.flat_map(|course| self.facts_of(course, subject, salt, calendar)).collect()
    }

    fn facts_of(&self, course: &Course, subject: &str, salt: &[u8], calendar: &Calendar) -> Vec<Fact> {
        let Some(verdict) = course.verdict(self.time(), calendar).filter(|verdict| verdict.provisional.is_none())
        else {
            return Vec::new();
        };
        let (obligation, determination) = (&course.obligation, verdict.determination);
        let ring = if self.are_related { Ring::Confirmed } else { Ring::Independent };
        let mass = BAND_MASS.get(usize::from(course.size_band).saturating_sub(1)).copied().unwrap_or(0);
        // What was late counts as of when it was due: to be late gives no younger a fact.
        let day = Day::in_china(determination.done.min(obligation.due));
        let fact = |indicator: Indicator, value: u16, mass: u64| Fact {
            id: format!("{}.{}.{}.{}", indicator.name(), self.id, course.version, obligation.id),
            indicator,
            day,
            value,
            mass,
            source: verdict.source,
            counterparty: Some(pseudonym(subject, &obligation.creditor, salt)),
            status: FactStatus::Active,
            ring,
            evidence: verdict.evidence.clone(),
        };
        if obligation.kind == ObligationKind::Pay {
            let undisputed = u128::from(PAYMENT_MASS) * u128::from(course.undisputed());
            let mass = undisputed.checked_div(obligation.quantity.into()).and_then(|mass| u64::try_from(mass).ok());
            let mass = mass.unwrap_or(PAYMENT_MASS);
            return vec![fact(Indicator::Payment, determination.payment(), mass)];
        }
        let mut facts = vec![
            fact(Indicator::Fulfilment, determination.fulfilment(course.grace_days), mass),
            fact(Indicator::OnTime, determination.punctuality(), mass),
        ];
        facts.extend(determination.quality().map(|value| fact(Indicator::Quality, value, mass)));
        facts
    }
}
