//! How long a record must be kept.

use super::class::ProductClass;
use crate::day::Day;

/// The last day on which a record of this class must be kept; none if no end is known, so that it must be kept.
///
/// `expiry` is that of the goods; without it `shelf_life_days` count from the event. Food: six months after it,
/// without one two years (Food Safety Law art. 50). Drugs: a year after it and five years after the event at
/// least; vaccines: five years after it. Equipment lives as long as it lives, and for the other classes no rule is
/// known here.
pub fn retain_until(
    class: ProductClass,
    event_day: Day,
    expiry: Option<Day>,
    shelf_life_days: Option<u32>,
) -> Option<Day> {
    let expiry = match (expiry, shelf_life_days) {
        (Some(expiry), _) => Some(expiry),
        (None, Some(days)) => Some(event_day.plus_days(days)?),
        (None, None) => None,
    };
    match class {
        ProductClass::Food | ProductClass::Infant | ProductClass::Fresh | ProductClass::Agri => match expiry {
            Some(expiry) => expiry.plus_months(6),
            None => event_day.plus_months(24),
        },
        ProductClass::Drug => Some(expiry?.plus_months(12)?.max(event_day.plus_months(60)?)),
        ProductClass::Vacc => expiry?.plus_months(60),
        ProductClass::AgInput
        | ProductClass::MedCon
        | ProductClass::Cosm
        | ProductClass::SpEq
        | ProductClass::Haz
        | ProductClass::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each class is kept as long as its rule says. Method: a table.
    #[test]
    fn retention() {
        use ProductClass::{Agri, Drug, Food, Haz, Infant, SpEq, Vacc};
        let table = [
            (Infant, Some("2028-10-02"), None, Some("2029-04-02")),
            (Food, None, None, Some("2028-10-03")),
            (Agri, None, Some(10), Some("2027-04-13")),
            (Food, Some("2027-01-31"), Some(900), Some("2027-07-31")),
            (Drug, Some("2028-08-31"), None, Some("2031-10-03")),
            (Drug, Some("2031-08-31"), None, Some("2032-08-31")),
            (Drug, None, None, None),
            (Vacc, Some("2028-08-31"), None, Some("2033-08-31")),
            (Vacc, None, None, None),
            (SpEq, Some("2028-08-31"), None, None),
            (Haz, None, None, None),
        ];
        let day = |text: &str| Day::parse(text).unwrap();
        for (class, expiry, shelf_life_days, until) in table {
            let kept = retain_until(class, day("2026-10-03"), expiry.map(day), shelf_life_days);
            assert_eq!(kept, until.map(day), "{class:?} {expiry:?}");
        }
    }
}
