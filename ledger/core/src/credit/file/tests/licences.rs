//! Operating without a licence in force (CAP-3).

use super::*;

const KIND: &str = "food production";

fn licence(number: &str, from: &str, to: &str, state: &str) -> String {
    let to = if to.is_empty() { String::new() } else { format!(r#""to":"{to}","#) };
    format!(r#""kind":"{KIND}","number":"{number}","from":"{from}",{to}"state":"{state}""#)
}

fn unlicensed(number: &str, date: &str) -> String {
    format!(r#""kind":"{KIND}","number":"{number}","date":"{date}","report":{}"#, reference(220))
}

fn codes(file: &CreditFile<'_>, on: &str) -> Vec<(&'static str, Grade)> {
    file.status(day(on)).ceilings.iter().map(|ceiling| (ceiling.code.name(), ceiling.grade)).collect()
}

/// A file with a licence that was revoked, and the finding of 2026-09-14 that the firm goes on.
fn found() -> CreditFile<'static> {
    let mut file = file();
    take(&mut file, 1, "2024-01-01", "Licence", &licence("1", "2024-01-01", "2027-12-31", "valid")).unwrap();
    take(&mut file, 2, "2026-09-01", "Licence", &licence("1", "2026-09-01", "", "revoked")).unwrap();
    take(&mut file, 3, "2026-09-14", "UnlicensedOperation", &unlicensed("1", "2026-09-14")).unwrap();
    file
}

/// Goal: a finding without one of its members is none. Method: each left out.
#[test]
fn the_record() {
    let whole = unlicensed("1", "2026-09-14");
    shown::needs("UnlicensedOperation", &whole, &["kind", "number", "date", "report"]);
    assert_eq!(shown::refused("UnlicensedOperation", &unlicensed("1", "2026-09-31")).unwrap().0, "/date");
}

/// Goal: the ceiling begins on the sixth working day, over a Sunday that is worked on. Method: the days around it.
#[test]
fn when_it_begins() {
    let file = found();
    // 2026-09-20 is a Sunday and worked on: the fifth of 15, 16, 17, 18, 20.
    for (on, is_there) in [("2026-09-14", false), ("2026-09-20", false), ("2026-09-21", true), ("2028-01-01", true)] {
        let expected = if is_there { &[("CAP-3", Grade::D)][..] } else { &[] };
        assert_eq!(codes(&file, on), expected, "{on}");
    }
    let ceilings = file.status(day("2026-09-21")).ceilings;
    assert_eq!(ceilings[0].evidence, Evidence::List(vec!["1".to_owned(), hash(3).to_string()]));
}

/// What is said of licences, and whether there is a ceiling on days.
type Case<'a> = (&'a [String], &'a [(&'a str, bool)]);

/// Goal: it lifts by itself once a licence of that kind is valid, of that number or of another, and comes back by no other
/// licence that ends. Method: a table of licences that come after the finding, with days and whether it holds.
#[test]
fn when_it_lifts() {
    let table: [Case<'_>; 7] = [
        // In time: it never begins.
        (&[licence("1", "2026-09-18", "", "valid")], &[("2026-09-21", false), ("2027-09-21", false)]),
        (&[licence("2", "2026-09-20", "2027-09-19", "valid")], &[("2026-09-21", false), ("2027-09-20", false)]),
        // Later: it lifts on that day.
        (&[licence("1", "2026-10-08", "", "valid")], &[("2026-10-07", true), ("2026-10-08", false)]),
        (&[licence("2", "2026-10-08", "", "valid")], &[("2026-10-07", true), ("2026-10-08", false)]),
        // Not valid, or over on the day of the finding.
        (&[licence("2", "2026-10-08", "", "suspended")], &[("2026-10-08", true)]),
        (&[licence("2", "2025-01-01", "2026-09-14", "valid")], &[("2026-10-08", true)]),
        // Granted, and taken back before it began.
        (
            &[licence("2", "2026-10-08", "", "valid"), licence("2", "2026-10-08", "", "revoked")],
            &[("2026-10-07", true), ("2026-10-08", true)],
        ),
    ];
    for (licences, days) in table {
        let mut file = found();
        for (licence, number) in licences.iter().zip(10..) {
            take(&mut file, number, "2026-09-18", "Licence", licence).unwrap();
        }
        for (on, holds) in days {
            assert_eq!(!codes(&file, on).is_empty(), *holds, "{licences:?} on {on}");
        }
    }
    let mut file = found();
    let other = licence("2", "2026-10-08", "", "valid").replace(KIND, "catering");
    take(&mut file, 10, "2026-09-18", "Licence", &other).unwrap();
    assert_eq!(codes(&file, "2026-10-08").len(), 1, "a licence of another kind");
}

/// Goal: only what is so can be found. Method: licences that are unknown, valid, expired, suspended, on days around that.
#[test]
fn what_can_be_found() {
    let mut file = file();
    take(&mut file, 1, "2024-01-01", "Licence", &licence("1", "2024-01-01", "2026-06-30", "valid")).unwrap();
    take(&mut file, 2, "2024-01-01", "Licence", &licence("2", "2024-01-01", "", "valid")).unwrap();
    take(&mut file, 3, "2026-03-01", "Licence", &licence("2", "2026-03-01", "2026-03-31", "suspended")).unwrap();
    take(&mut file, 4, "2026-03-01", "Licence", &licence("2", "2026-04-01", "", "valid")).unwrap();
    let table = [
        ("1", "2026-06-30", false),
        ("1", "2026-07-01", true),
        ("1", "2023-12-31", true),
        ("2", "2026-02-28", false),
        ("2", "2026-03-01", true),
        ("2", "2026-03-31", true),
        ("2", "2026-04-01", false),
        ("3", "2026-07-01", false),
    ];
    for ((number, date, may), record) in table.into_iter().zip(10..) {
        let said = take(&mut file, record, "2026-07-01", "UnlicensedOperation", &unlicensed(number, date));
        assert_eq!(said, if may { Ok(()) } else { Err(Void::WrongTarget) }, "{number} {date}");
    }
    let other = unlicensed("1", "2026-07-01").replace(KIND, "catering");
    assert_eq!(take(&mut file, 50, "2026-07-01", "UnlicensedOperation", &other), Err(Void::WrongTarget));
    let own = take_by(&mut file, FIRM, 51, "2026-07-01", "UnlicensedOperation", &unlicensed("1", "2026-07-01"));
    assert_eq!(own, Err(Void::NoRight));
}

/// Goal: an accepted objection suspends it, to the finding or to the revocation that it rests on; rejected it is there
/// again. Method: both.
#[test]
fn objected_to() {
    for (target, rejects) in [(3, true), (3, false), (2, false)] {
        let mut file = found();
        take(&mut file, 10, "2026-09-22", "Objection", &objection(target, "fact")).unwrap();
        assert_eq!(codes(&file, "2026-09-23").len(), 1);
        take(&mut file, 11, "2026-09-23", "ObjectionStep", &step("objection", 10, "accept")).unwrap();
        assert_eq!(codes(&file, "2026-09-23"), []);
        let decided = match rejects {
            true => format!(r#""result":"rejected","reasons":{}"#, reference(221)),
            false => r#""result":"upheld""#.to_owned(),
        };
        let decided = format!("{},{decided}", step("objection", 10, "decide"));
        take(&mut file, 12, "2026-09-28", "ObjectionStep", &decided).unwrap();
        assert_eq!(codes(&file, "2026-09-28").len(), usize::from(rejects), "{target}");
    }
}
