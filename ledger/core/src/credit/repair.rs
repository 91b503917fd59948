//! From when on a penalty can be repaired, and when its publication ends by itself: policies are data, each in force from
//! a day on.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::status::PenaltyClass;
use crate::day::Day;
use crate::members::{InvalidRecord, Members, built_in};

const POLICIES_MAX: usize = 64;
const FIELDS_MAX: usize = 64;
const MONTHS_MAX: u64 = 600;

/// For how long a penalty is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Terms {
    /// So many months at least,
    min_months: i32,
    /// or so many where the policy names the field of law.
    strict_min_months: i32,
    /// At most so many: then publication ends by itself.
    max_months: i32,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairPolicy {
    /// Its name: what it rests on.
    pub basis: String,
    /// Since when it is in force.
    pub from: Day,
    strict_fields: Vec<String>,
    terms: BTreeMap<PenaltyClass, Terms>,
}

/// All policies, each until the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairPolicies(Vec<RepairPolicy>);

static FIRST: LazyLock<RepairPolicies> =
    LazyLock::new(|| built_in(RepairPolicies::parse(include_bytes!("repair-policies.json"))));

impl RepairPolicies {
    /// Those of mainland China: the trial measures of 2023 (NDRC Order 58), and the measures in force from 2026-04-01
    /// (NDRC Order 36 of 2025).
    pub fn first() -> &'static RepairPolicies {
        &FIRST
    }

    /// Reads `{"policies": [{"basis", "from", "strictFields", "terms"}]}`, ascending.
    pub fn parse(bytes: &[u8]) -> Result<RepairPolicies, InvalidRecord> {
        let mut members = Members::parse(bytes)?;
        let policies: Vec<RepairPolicy> =
            members.objects("policies", POLICIES_MAX)?.into_iter().map(policy).collect::<Result<_, _>>()?;
        if policies.is_empty() || !policies.is_sorted_by(|one, next| one.from < next.from) {
            return Err(members.error("policies", "none, or not in the order of their days"));
        }
        members.end().map(|()| RepairPolicies(policies))
    }

    /// Since when the first of them is in force.
    pub(super) fn first_day(&self) -> Option<Day> {
        self.0.first().map(|policy| policy.from)
    }

    /// Takes later ones, instead of those that were to be in force from their first day on.
    pub(super) fn take(&mut self, later: RepairPolicies) {
        let first = later.first_day();
        self.0.retain(|policy| first.is_none_or(|first| policy.from < first));
        self.0.extend(later.0);
    }

    /// The policy of a name.
    pub fn named(&self, basis: &str) -> Option<&RepairPolicy> {
        self.0.iter().find(|policy| policy.basis == basis)
    }

    /// Whether the publication of a penalty has ended by a day, under the policy that was in force then: it does not begin again
    /// when a later one lets others be published for longer.
    pub fn is_over(&self, penalty: (Day, PenaltyClass), day: Day) -> bool {
        self.ended(penalty, day).is_some()
    }

    /// The day on which it has ended, if it has by a day.
    pub fn ended(&self, (decided, class): (Day, PenaltyClass), day: Day) -> Option<Day> {
        let until = self.0.iter().skip(1).map(|next| Some(next.from)).chain([None]);
        let ended = self.0.iter().zip(until).filter_map(|(policy, until)| {
            let ended = policy.ends(decided, class)?.max(policy.from);
            (ended <= day && until.is_none_or(|until| ended < until)).then_some(ended)
        });
        ended.min()
    }

    /// The policy that is in force on a day: that of the application decides.
    pub fn on(&self, day: Day) -> Option<&RepairPolicy> {
        self.0.iter().rfind(|policy| policy.from <= day)
    }
}

impl RepairPolicy {
    /// From when on a penalty of this class, decided on that day, can be repaired.
    pub fn eligible_from(&self, decided: Day, class: PenaltyClass, field: &str) -> Option<Day> {
        let terms = self.terms.get(&class)?;
        let is_strict = self.strict_fields.iter().any(|strict| strict == field);
        decided.plus_months(if is_strict { terms.strict_min_months } else { terms.min_months })
    }

    /// When its publication ends by itself.
    pub fn ends(&self, decided: Day, class: PenaltyClass) -> Option<Day> {
        decided.plus_months(self.terms.get(&class)?.max_months)
    }
}

fn policy(mut members: Members) -> Result<RepairPolicy, InvalidRecord> {
    let (basis, from) = (members.text("basis")?, members.day("from")?);
    let strict_fields = members.texts("strictFields", FIELDS_MAX)?;
    let mut by_class = members.object("terms")?;
    let mut terms = BTreeMap::new();
    for class in PenaltyClass::ALL {
        let mut of_class = by_class.object(class.name())?;
        let mut months =
            |name| of_class.integer(name, MONTHS_MAX).map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        let found = Terms {
            min_months: months("minMonths")?,
            strict_min_months: months("strictMinMonths")?,
            max_months: months("maxMonths")?,
        };
        if found.min_months > found.strict_min_months || found.strict_min_months > found.max_months {
            return Err(of_class.error("maxMonths", "less than the months before"));
        }
        of_class.end()?;
        terms.insert(*class, found);
    }
    by_class.end()?;
    members.end().map(|()| RepairPolicy { basis, from, strict_fields, terms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    // Goal: terms are those of the policy in force when repair is asked for. Method: a table (`05-credit-model.md` §5.8).
    #[test]
    fn terms() {
        use PenaltyClass::{General, Minor, Serious};
        let table = [
            ("2026-10-12", "2025-36", General, "", "2026-10-10", "2027-07-10"),
            ("2026-10-12", "2025-36", General, "food", "2026-10-10", "2027-07-10"),
            ("2026-10-12", "2025-36", Minor, "", "2026-07-10", "2026-10-10"),
            ("2026-10-12", "2025-36", Serious, "", "2027-07-10", "2029-07-10"),
            ("2026-03-31", "2023-58", General, "", "2026-10-10", "2029-07-10"),
            ("2026-03-31", "2023-58", Minor, "fire", "2027-07-10", "2029-07-10"),
        ];
        for (asked, basis, class, field, from, end) in table {
            let policy = RepairPolicies::first().on(day(asked)).unwrap();
            assert_eq!(policy.basis, basis);
            assert_eq!(RepairPolicies::first().named(basis), Some(policy));
            let decided = day("2026-07-10");
            assert_eq!(policy.eligible_from(decided, class, field), Some(day(from)), "{basis} {class:?} {field}");
            assert_eq!(policy.ends(decided, class), Some(day(end)), "{basis} {class:?}");
        }
        assert_eq!(RepairPolicies::first().on(day("2023-04-30")), None);
    }

    // Goal: a publication that has ended does not begin again, and a shorter term ends it from its own first day. Method: terms
    // that become shorter, then longer.
    #[test]
    fn what_is_over_stays_so() {
        let (_, last) = include_str!("repair-policies.json").rsplit_once("{\n      \"basis\"").unwrap();
        let later = format!("{{\"policies\": [{{\"basis\"{last}").replace("2026-04-01", "2028-01-01");
        let later = later.replace("\"maxMonths\": 12", "\"maxMonths\": 36");
        let mut policies = RepairPolicies::first().clone();
        policies.take(RepairPolicies::parse(later.as_bytes()).unwrap());
        let table = [
            // Three years at first, one from April 2026 on.
            ("2025-01-10", "2026-03-31", false),
            ("2025-01-10", "2026-04-01", true),
            ("2025-01-10", "2028-06-01", true),
            ("2026-07-10", "2027-07-09", false),
            ("2026-07-10", "2027-07-10", true),
            ("2026-07-10", "2028-01-01", true),
            // It goes on into the longer term.
            ("2027-02-10", "2028-02-10", false),
            ("2027-02-10", "2030-02-09", false),
            ("2027-02-10", "2030-02-10", true),
        ];
        for (decided, on, over) in table {
            assert_eq!(policies.is_over((day(decided), PenaltyClass::General), day(on)), over, "{decided} {on}");
        }
    }

    // Goal: policies that are none are refused at their place. Method: the real ones with one thing changed.
    #[test]
    fn policies_that_are_none() {
        let good = include_str!("repair-policies.json");
        let table = [
            ("2026-04-01", "2023-04-01", "/policies"),
            ("\"maxMonths\": 3,", "\"maxMonths\": 601,", "/policies/1/terms/minor/maxMonths"),
            ("\"minMonths\": 12,", "\"minMonths\": 37,", "/policies/1/terms/serious/maxMonths"),
            ("\"serious\"", "\"grave\"", "/policies/0/terms/serious"),
        ];
        for (from, to, pointer) in table {
            assert!(good.contains(from), "{from}");
            let refused = RepairPolicies::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert_eq!(refused.pointer, pointer, "{to}");
        }
    }
}
