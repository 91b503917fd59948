//! Licences that are not in force while the firm goes on operating.

use super::{CreditFile, Standing, Void, decided_by};
use crate::credit::ceiling::{Ceiling, CeilingCode};
use crate::credit::evaluate::Grade;
use crate::credit::record::Statement;
use crate::credit::unlicensed::{PROOF_DAYS, Spell, Unlicensed, Word, spells};
use crate::day::Day;

impl CreditFile<'_> {
    /// Whether this may be found: the firm has such a licence, and it is not valid on that day.
    pub(super) fn may_be_unlicensed(&self, found: &Unlicensed) -> Result<(), Void> {
        let words = self.words(&found.kind);
        let is_known = words.iter().any(|word| word.number == found.number);
        let is_valid = |spell: &Spell<'_>| spell.number == found.number && spell.meets(found.day, found.day);
        match is_known && !spells(&words).iter().any(is_valid) {
            true => Ok(()),
            false => Err(Void::WrongTarget),
        }
    }

    /// The ceilings of what was found, each from the sixth working day on, unless a licence of that kind was valid on any
    /// day since: it lifts by itself, and a licence that ends again has to be found anew.
    pub(super) fn unlicensed(&self, day: Day) -> impl Iterator<Item = Ceiling> {
        let found = self.in_order().filter(|(_, item)| item.standing == Standing::Stands);
        found.filter_map(move |(hash, item)| {
            let Statement::Unlicensed(found) = &item.statement else { return None };
            let is_begun = day >= self.calendar.after(found.day, PROOF_DAYS.saturating_add(1));
            let is_renewed = || spells(&self.words(&found.kind)).iter().any(|one| one.meets(found.day.next(), day));
            (is_begun && !is_renewed()).then(|| decided_by(CeilingCode::LicenceLost, Grade::D, &found.number, hash))
        })
    }

    /// What stands of licences of a kind, in its order.
    fn words(&self, of: &str) -> Vec<Word<'_>> {
        let stands = self.in_order().filter(|(_, item)| item.standing == Standing::Stands);
        let words = stands.filter_map(|(_, item)| match &item.statement {
            Statement::Licence { kind, number, from, to, state, .. } if kind == of => {
                Some(Word { number, from: *from, to: *to, state: *state })
            }
            _ => None,
        });
        words.collect()
    }
}
