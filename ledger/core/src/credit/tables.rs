//! What credit is read with beside records: the numbers of the model, working days, terms of repair, rates of inspection and
//! when equipment is inspected first.
//! Each is data: what came with the model, and what authorities have put in force on the ledger since (`suyuan:TableSet`).
//!
//! A table says something only of days after the one on which it was put in force: nothing that was said of a day before
//! ever changes by it. As of a height those count that were put in force up to it, so that everybody reads with the same.

use std::sync::LazyLock;

use suyuan_epcis::codes::credit as codes;
use suyuan_epcis::problem::Reason;

use super::calendar::Calendar;
use super::draw::InspectionRates;
use super::equipment::EquipmentIntervals;
use super::parameters::Parameters;
use super::repair::RepairPolicies;
use crate::day::Day;
use crate::members::InvalidRecord;
use crate::organisation::{AdoptedTable, Directory, TableName};

/// All tables as of a height.
#[derive(Debug, Clone)]
pub struct Tables {
    calendar: Calendar,
    policies: RepairPolicies,
    /// Each from a day on, the first ones from ever.
    parameters: Vec<(Option<Day>, Parameters)>,
    rates: Vec<(Option<Day>, InspectionRates)>,
    intervals: Vec<(Option<Day>, EquipmentIntervals)>,
}

/// What one table says.
enum Content {
    Calendar(Calendar),
    Policies(RepairPolicies),
    Parameters(Box<Parameters>),
    Rates(InspectionRates),
    Intervals(EquipmentIntervals),
}

static FIRST: LazyLock<Tables> = LazyLock::new(|| Tables {
    calendar: Calendar::first().clone(),
    policies: RepairPolicies::first().clone(),
    parameters: vec![(None, Parameters::first().clone())],
    rates: vec![(None, InspectionRates::first().clone())],
    intervals: vec![(None, EquipmentIntervals::first().clone())],
});

impl Tables {
    /// Those with which the model came.
    pub fn first() -> &'static Tables {
        &FIRST
    }

    /// Those in force as of a height. What is none of a kind that this program reads has no effect.
    pub fn of(directory: &Directory, height: u64) -> Tables {
        Tables::with(directory.tables().filter(|one| one.height <= height))
    }

    /// The first ones with these, in the order in which they were put in force.
    pub fn with<'a>(adopted: impl Iterator<Item = &'a AdoptedTable>) -> Tables {
        let mut tables = Tables::first().clone();
        for one in adopted {
            let from = Day::from_number(one.from);
            match content(one.name, from, &one.text) {
                Ok(Content::Calendar(calendar)) => tables.calendar.take(&calendar),
                Ok(Content::Policies(policies)) => tables.policies.take(policies),
                Ok(Content::Parameters(parameters)) => put(&mut tables.parameters, from, *parameters),
                Ok(Content::Rates(rates)) => put(&mut tables.rates, from, rates),
                Ok(Content::Intervals(intervals)) => put(&mut tables.intervals, from, intervals),
                Err(_) => {}
            }
        }
        tables
    }

    /// When equipment is inspected first, from each day on, as of a height; no other table is read for it.
    pub(super) fn intervals_of(directory: &Directory, height: u64) -> Vec<(Option<Day>, EquipmentIntervals)> {
        let is_it = |one: &&AdoptedTable| one.height <= height && one.name == TableName::EquipmentIntervals;
        Tables::with(directory.tables().filter(is_it)).intervals
    }

    /// Working days.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Terms of repair.
    pub fn policies(&self) -> &RepairPolicies {
        &self.policies
    }

    /// What a file is read with.
    pub fn of_files(&self) -> (&Calendar, &RepairPolicies) {
        (&self.calendar, &self.policies)
    }

    /// The model's numbers on a day.
    pub fn parameters(&self, day: Day) -> &Parameters {
        on(&self.parameters, day).unwrap_or(Parameters::first())
    }

    /// How often firms are inspected, on a day.
    pub fn rates(&self, day: Day) -> &InspectionRates {
        on(&self.rates, day).unwrap_or(InspectionRates::first())
    }
}

/// From a day on another is in force: what was put in force later is meant where two say something of a day.
fn put<T>(list: &mut Vec<(Option<Day>, T)>, from: Day, one: T) {
    list.retain(|(other, _)| other.is_none_or(|other| other < from));
    list.push((Some(from), one));
}

/// What is in force on a day.
pub(super) fn on<T>(list: &[(Option<Day>, T)], day: Day) -> Option<&T> {
    list.iter().rfind(|(from, _)| from.is_none_or(|from| from <= day)).map(|(_, one)| one)
}

/// Reads a table. None says anything of the days before its first.
fn content(name: TableName, from: Day, text: &str) -> Result<Content, InvalidRecord> {
    let bytes = text.as_bytes();
    let early = |pointer: &str| InvalidRecord::at(pointer, "before the day from which the table is in force");
    match name {
        TableName::Calendar => {
            let calendar = Calendar::parse(bytes)?;
            if calendar.first_day() < from { Err(early("/from")) } else { Ok(Content::Calendar(calendar)) }
        }
        TableName::RepairPolicies => {
            let policies = RepairPolicies::parse(bytes)?;
            let is_early = policies.first_day().is_none_or(|day| day < from);
            if is_early { Err(early("/policies/0/from")) } else { Ok(Content::Policies(policies)) }
        }
        TableName::Parameters => Parameters::parse(bytes).map(|one| Content::Parameters(Box::new(one))),
        TableName::InspectionRates => InspectionRates::parse(bytes).map(Content::Rates),
        TableName::EquipmentIntervals => EquipmentIntervals::parse(bytes).map(Content::Intervals),
    }
}

/// Why a table can't be read, for whoever is to sign it: on the ledger it would have no effect.
pub fn check(name: TableName, from: Day, text: &str) -> Result<(), Reason> {
    let wrong = |InvalidRecord { pointer, argument }: InvalidRecord| {
        // Of all of it there is no place to name.
        let place = if pointer.is_empty() { pointer } else { format!("{pointer}: ") };
        Reason::new(codes::TABLE, &[name.name(), &format!("{place}{argument}")])
    };
    content(name, from, text).map(drop).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credit::Grade;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn with(tables: &[(u64, TableName, &str, &str)]) -> Directory {
        let mut directory = Directory::default();
        for (height, name, from, text) in tables {
            let (from, text) = (day(from).number(), (*text).to_owned());
            directory.adopt(AdoptedTable { height: *height, name: *name, from, adopted_at: 0, text });
        }
        directory
    }

    const NEXT_YEAR: &str =
        r#"{"basis":"b","from":"2027-01-01","to":"2027-12-31","holidays":["2027-01-01"],"workdays":["2027-01-03"]}"#;
    const VESSELS: &str = r#"{"basis":"b","first":[{"code":"2","months":12},{"code":"21","months":6}]}"#;
    const RATES: &str = r#"{"A":1,"B":2,"C":3,"D":4,"E":5,"NR":6}"#;

    // Goal: a table is read with from its height and its day on, and what is none changes nothing. Method: each kind, as of
    // the height before and after, on the day before and after.
    #[test]
    fn in_force_from_a_height_and_a_day() {
        let numbers = include_str!("scl-credit-1.0.0.json").replace("\"PRIOR\":700", "\"PRIOR\":600");
        assert_ne!(numbers, include_str!("scl-credit-1.0.0.json"));
        let policies = include_str!("repair-policies.json");
        let (_, last) = policies.rsplit_once("{\n      \"basis\"").unwrap();
        let policies = format!("{{\"policies\": [{{\"basis\"{last}")
            .replace("2026-04-01", "2027-03-01")
            .replace("2025-36", "2027-1");
        let directory = with(&[
            (5, TableName::Calendar, "2027-01-01", NEXT_YEAR),
            (6, TableName::InspectionRates, "2027-02-01", RATES),
            (7, TableName::Parameters, "2027-02-01", &numbers),
            (8, TableName::RepairPolicies, "2027-03-01", &policies),
            (9, TableName::Calendar, "2027-01-01", "{}"),
            (9, TableName::EquipmentIntervals, "2027-02-01", VESSELS),
        ]);
        let (before, after) = (Tables::of(&directory, 4), Tables::of(&directory, 9));
        let new_year = (day("2026-12-31"), day("2027-01-03"), day("2027-01-04"));
        assert_eq!(before.calendar().after(new_year.0, 2), new_year.2);
        assert_eq!(after.calendar().after(new_year.0, 1), new_year.1);
        assert!(after.calendar().covers(day("2026-05-01")) && after.calendar().covers(day("2027-05-01")));
        assert!(!before.calendar().covers(day("2027-05-01")) && !after.calendar().is_working(day("2026-10-01")));
        assert_eq!(Tables::of(&directory, 5).rates(day("2027-02-01")), InspectionRates::first());
        assert_eq!(after.rates(day("2027-01-31")), InspectionRates::first());
        assert_eq!(after.rates(day("2027-02-01")).ppm(Grade::D), 4);
        let due = |tables: &Tables, on: &str, code: &str| {
            super::on(&tables.intervals, day(on)).unwrap().due(code, day("2027-01-10")).and_then(Day::text)
        };
        let months =
            |tables: &Tables, on: &str| ["2170", "2240", "4110"].map(|code| due(tables, on, code).unwrap_or_default());
        assert_eq!(months(&before, "2027-02-01"), ["2030-01-31", "2030-01-31", "2029-01-31"]);
        assert_eq!(months(&after, "2027-01-31"), months(&before, "2027-02-01"));
        assert_eq!(months(&after, "2027-02-01"), ["2027-07-31", "2028-01-31", ""]);
        assert_eq!(after.parameters(day("2027-01-31")), Parameters::first());
        assert_ne!(after.parameters(day("2027-02-01")).hash(), Parameters::first().hash());
        assert_eq!(after.policies().on(day("2027-02-28")).unwrap().basis, "2025-36");
        assert_eq!(after.policies().on(day("2027-03-01")).unwrap().basis, "2027-1");
        assert!(after.policies().named("2023-58").is_some());
    }

    // Goal: what was put in force later is meant, from its first day on. Method: rates put in force twice, out of order.
    #[test]
    fn the_later_one_is_meant() {
        let other = RATES.replace("\"A\":1", "\"A\":9");
        let directory = with(&[
            (5, TableName::InspectionRates, "2027-03-01", RATES),
            (6, TableName::InspectionRates, "2027-02-01", &other),
        ]);
        let tables = Tables::of(&directory, 6);
        for on in ["2027-02-01", "2027-03-01", "2030-01-01"] {
            assert_eq!(tables.rates(day(on)).ppm(Grade::A), 9, "{on}");
        }
        assert_eq!(Tables::of(&directory, 5).rates(day("2027-03-01")).ppm(Grade::A), 1);
    }

    // Goal: what can't be read is told to whoever is to sign it. Method: a table.
    #[test]
    fn tables_that_are_none() {
        let from = day("2027-01-01");
        let wrong = [
            (TableName::Calendar, NEXT_YEAR.replace("2027-01-01\",\"to", "2026-12-31\",\"to"), "/from"),
            (TableName::Calendar, NEXT_YEAR.replace("2027-12-31", "2026-12-31"), "/to"),
            (TableName::RepairPolicies, include_str!("repair-policies.json").to_owned(), "/policies/0/from"),
            (TableName::Parameters, "{}".to_owned(), "/IND"),
            (TableName::InspectionRates, RATES.replace("\"E\":5", "\"E\":1000001"), "/E"),
            (TableName::InspectionRates, RATES.replace(",\"NR\":6", ""), "/NR"),
            (TableName::EquipmentIntervals, r#"{"basis":"b"}"#.to_owned(), "/first"),
            (TableName::EquipmentIntervals, VESSELS.replace("\"21\"", "\"2\""), "/first/1/code"),
            (
                TableName::EquipmentIntervals,
                r#"{"basis":"b","first":[{"code":"31","months":12}]}"#.to_owned(),
                "/first/0/code",
            ),
            (
                TableName::EquipmentIntervals,
                r#"{"basis":"b","first":[{"code":"2","months":0}]}"#.to_owned(),
                "/first/0/months",
            ),
        ];
        for (name, text, pointer) in wrong {
            let said = check(name, from, &text).unwrap_err();
            assert!(said.arguments.iter().any(|words| words.contains(pointer)), "{said:?}");
        }
        let whole = check(TableName::Calendar, from, "[]").unwrap_err();
        assert_eq!(whole.arguments.last().map(String::as_str), Some("not an object"));
        assert_eq!(check(TableName::Calendar, from, NEXT_YEAR), Ok(()));
    }
}
