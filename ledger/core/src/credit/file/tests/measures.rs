//! Measures out of catalogues, and penalties one after another.

use super::*;
use crate::credit::measures::{Catalogued, Condition, Measure, MeasureCatalogue, MeasureItem, MeasureKind, item_of};

fn measure(code: &str, decision: &str, from: &str, to: &str) -> String {
    let to = if to.is_empty() { String::new() } else { format!(r#""to":"{to}","#) };
    let (catalogue, receipt) = (reference(230), reference(231));
    format!(
        r#""catalogue":{catalogue},"code":"{code}","decisionNo":"{decision}","basis":"x","humanDecision":true,"from":"{from}",{to}"noticeReceipt":{receipt}"#
    )
}

fn item(code: &str) -> MeasureItem {
    MeasureItem {
        code: code.to_owned(),
        kind: MeasureKind::Penalty,
        name: "n".to_owned(),
        basis: "x".to_owned(),
        applies: vec![Condition::Grade(Grade::E)],
    }
}

fn catalogued(record: u8, version: &str, from: &str, codes: &[&str]) -> Catalogued {
    let items = codes.iter().map(|code| item(code)).collect();
    let catalogue = MeasureCatalogue { version: version.to_owned(), from: day(from), items };
    Catalogued { place: (u64::from(record), 0), record: hash(record), catalogue }
}

/// Goal: a measure without one of its members, or that no person has decided, is none; nor is a catalogue of items that are
/// none. Method: each left out or wrong, with the place.
#[test]
fn the_records() {
    let whole = measure("P1", "7", "2026-07-10", "");
    let members = ["catalogue", "code", "decisionNo", "basis", "from", "humanDecision", "noticeReceipt"];
    shown::needs("Measure", &whole, &members);
    let machine = whole.replace("true", "false");
    assert_eq!(shown::refused("Measure", &machine).unwrap().0, "/humanDecision");
    let good = r#""version":"1","from":"2026-01-01","items":[{"code":"P1","kind":"penalty","name":"n","basis":"x","applies":["D","E","NR","listed","serious_penalty"]}]"#;
    assert_eq!(shown::refused("MeasureCatalogue", good), None);
    let table = [
        (r#""version":"1","#, "", "/version"),
        (r#""from":"2026-01-01","#, "", "/from"),
        (r#""code":"P1","#, "", "/items/0/code"),
        (r#""kind":"penalty""#, r#""kind":"favour""#, "/items/0/kind"),
        (r#""name":"n","#, "", "/items/0/name"),
        (r#""basis":"x","#, "", "/items/0/basis"),
        (r#""listed""#, r#""disliked""#, "/items/0/applies"),
        (r#""D","E","NR","listed","serious_penalty""#, "", "/items/0/applies"),
        (r#""code":"P1","#, r#""code":"P1","points":5,"#, "/items/0/points"),
        (r#"}]"#, r#"},{"code":"P1","kind":"penalty","name":"n","basis":"x","applies":["E"]}]"#, "/items"),
    ];
    for (from, to, pointer) in table {
        assert!(good.contains(from), "{from}");
        assert_eq!(shown::refused("MeasureCatalogue", &good.replace(from, to)).unwrap().0, pointer, "{to}");
    }
    let item = r#"{"code":"P0","kind":"penalty","name":"n","basis":"x","applies":["E"]}"#;
    for (count, is_refused) in [(1_024, false), (1_025, true)] {
        let items: Vec<String> = (0..count).map(|number| item.replace("P0", &number.to_string())).collect();
        let members = format!(r#""version":"1","from":"2026-01-01","items":[{}]"#, items.join(","));
        assert_eq!(shown::refused("MeasureCatalogue", &members).is_some(), is_refused, "{count}");
    }
}

/// Goal: a measure is of the catalogue that it names, if that is in force on its first day and has it. Method: a table over
/// three catalogues, of which two begin on the same day.
#[test]
fn of_which_catalogue() {
    let known = [
        catalogued(1, "1", "2026-01-01", &["P1", "P2"]),
        catalogued(2, "2", "2026-07-01", &["P1"]),
        catalogued(3, "3", "2026-07-01", &["P1", "P3"]),
    ];
    let table = [
        (1, "P1", "2025-12-31", false),
        (1, "P1", "2026-01-01", true),
        (1, "P2", "2026-06-30", true),
        (1, "P3", "2026-06-30", false),
        (1, "P1", "2026-07-01", false),
        (2, "P1", "2026-07-01", false),
        (3, "P1", "2026-07-01", true),
        (3, "P3", "2026-07-01", true),
        (3, "P2", "2026-07-01", false),
        (9, "P1", "2026-07-01", false),
    ];
    for (catalogue, code, from, is_one) in table {
        let measure = Measure {
            catalogue: hash(catalogue),
            code: code.to_owned(),
            decision: "7".to_owned(),
            basis: "x".to_owned(),
            from: day(from),
            to: None,
            receipt: hash(9),
        };
        assert_eq!(item_of(&known, &measure).is_some(), is_one, "{catalogue} {code} {from}");
    }
}

/// Goal: a condition is met by the grade that it names, or by what is decided. Method: a table.
#[test]
fn conditions() {
    let (listed, penalised) = (CeilingCode::Listed, CeilingCode::SeriousPenalty);
    let table: [(&str, Grade, &[CeilingCode], bool); 6] = [
        ("E", Grade::E, &[], true),
        ("E", Grade::D, &[listed], false),
        ("NR", Grade::NotRated, &[], true),
        ("listed", Grade::E, &[penalised, listed], true),
        ("listed", Grade::E, &[penalised], false),
        ("serious_penalty", Grade::C, &[penalised], true),
    ];
    for (name, grade, ceilings, is_met) in table {
        let condition = Condition::from_name(name).unwrap();
        assert_eq!((condition.is_met(grade, ceilings), condition.name()), (is_met, name), "{name} {grade:?}");
    }
    assert_eq!(Condition::from_name("opinion"), None);
}

/// Goal: a measure is shown while it is in use, its authority's last word being meant, and scores nothing; without a
/// catalogue it has no effect. Method: its days, an end that comes later, an objection.
#[test]
fn in_use() {
    let mut file = file();
    take(&mut file, 1, "2026-01-01", "Inspection", &inspection("2026-01-01", "pass")).unwrap();
    let before = shown::evaluated(&file, "2026-09-01");
    let begun = measure("P1", "7", "2026-07-10", "");
    assert_eq!(take(&mut file, 2, "2026-07-10", "Measure", &begun), Err(Void::NotCatalogued));
    for number in 3..6 {
        file.take_measure_item(hash(number), item("P1"));
    }
    assert_eq!(take_by(&mut file, FIRM, 3, "2026-07-10", "Measure", &begun), Err(Void::NoRight));
    take(&mut file, 3, "2026-07-10", "Measure", &begun).unwrap();
    let used = |file: &CreditFile<'_>, on: &str| {
        file.measures(day(on)).iter().map(|used| (used.said.record, used.said.is_contested)).collect::<Vec<_>>()
    };
    assert!(used(&file, "2026-07-09").is_empty());
    assert_eq!(
        (used(&file, "2026-07-10"), used(&file, "2036-07-10")),
        (vec![(hash(3), false)], vec![(hash(3), false)])
    );
    take(&mut file, 4, "2026-08-10", "Measure", &measure("P1", "7", "2026-07-10", "2026-08-31")).unwrap();
    take(&mut file, 5, "2026-08-10", "Measure", &measure("P1", "8", "2026-08-10", "2026-09-30")).unwrap();
    assert_eq!(used(&file, "2026-08-31"), [(hash(4), false), (hash(5), false)]);
    assert_eq!(used(&file, "2026-09-01"), [(hash(5), false)]);
    assert!(used(&file, "2026-10-01").is_empty());
    take(&mut file, 6, "2026-08-11", "Objection", &objection(5, "basis")).unwrap();
    take(&mut file, 7, "2026-08-12", "ObjectionStep", &step("objection", 6, "accept")).unwrap();
    assert_eq!(used(&file, "2026-09-01"), [(hash(5), true)]);
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 6, "decide"));
    take(&mut file, 8, "2026-08-13", "ObjectionStep", &upheld).unwrap();
    assert!(used(&file, "2026-09-01").is_empty());
    assert_eq!(shown::evaluated(&file, "2026-09-01"), before);
}

/// Goal: an authority has one catalogue of a version, about itself alone, and objects to none of its own. Method: the same
/// version twice, another; a firm's; an authority's about a firm.
#[test]
fn catalogues() {
    let mut own = CreditFile::new(AUTHORITY, Calendar::first(), RepairPolicies::first());
    let mut say = |author: &str, is_authority: bool, number: u8, kind: &str, members: &str| {
        let payload = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"urn:x:{number}","eventTime":"2026-01-01T10:00:00+08:00","subject":"{AUTHORITY}",{members}}}"#
        );
        let record = CreditRecord::parse(payload.as_bytes()).unwrap();
        own.take(&Written { hash: hash(number), author: Author { uri: author.to_owned(), is_authority }, record })
    };
    let catalogue = |version: &str| {
        format!(
            r#""version":"{version}","from":"2026-01-01","items":[{{"code":"P1","kind":"penalty","name":"n","basis":"x","applies":["E"]}}]"#
        )
    };
    assert_eq!(say(FIRM, true, 1, "MeasureCatalogue", &catalogue("1")), Err(Void::NoRight));
    assert_eq!(say(AUTHORITY, false, 1, "MeasureCatalogue", &catalogue("1")), Err(Void::NoRight));
    assert_eq!(say(AUTHORITY, true, 1, "MeasureCatalogue", &catalogue("1")), Ok(()));
    assert_eq!(say(AUTHORITY, true, 2, "MeasureCatalogue", &catalogue("1")), Err(Void::Transition));
    assert_eq!(say(AUTHORITY, true, 3, "MeasureCatalogue", &catalogue("2")), Ok(()));
    assert_eq!(say(AUTHORITY, true, 4, "Objection", &objection(1, "fact")), Err(Void::WrongTarget));
}

/// Goal: who is penalised again and again is told by penalties in publication, of the last months alone. Method: days
/// around the months; one that is repaired, one that is over, one that is withdrawn.
#[test]
fn penalties_one_after_another() {
    let mut file = file();
    take(&mut file, 1, "2026-07-10", "Penalty", &penalty("general", "2026-07-10")).unwrap();
    take(&mut file, 2, "2026-09-10", "Penalty", &penalty("minor", "2026-09-10")).unwrap();
    take(&mut file, 3, "2026-09-20", "Penalty", &penalty("serious", "2026-09-20")).unwrap();
    let found = |file: &CreditFile<'_>, on: &str, months: u32| {
        file.penalties(day(on), months).iter().map(|one| one.record.0[0]).collect::<Vec<_>>()
    };
    let table: [(&str, u32, &[u8]); 8] = [
        ("2026-07-09", 12, &[]),
        ("2026-09-20", 0, &[3]),
        ("2026-09-20", 2, &[2, 3]),
        ("2026-09-10", 2, &[1, 2]),
        ("2026-09-11", 2, &[2]),
        ("2026-09-20", 12, &[1, 2, 3]),
        ("2026-12-10", u32::MAX, &[1, 3]),
        ("2027-07-10", 12, &[3]),
    ];
    for (on, months, expected) in table {
        assert_eq!(found(&file, on, months), expected, "{on} {months}");
    }
    take(&mut file, 4, "2026-10-10", "Pledge", &pledge()).unwrap();
    take(&mut file, 5, "2026-10-12", "Repair", &repair(&[1], 4)).unwrap();
    take(&mut file, 6, "2026-10-13", "RepairStep", &step("repair", 5, "accept")).unwrap();
    let repaired = format!("{},\"result\":\"repaired\"", step("repair", 5, "decide"));
    take(&mut file, 7, "2026-10-22", "RepairStep", &repaired).unwrap();
    assert_eq!(found(&file, "2026-10-22", 12), [2, 3]);
    take(&mut file, 8, "2026-10-23", "Objection", &objection(3, "identity")).unwrap();
    take(&mut file, 9, "2026-10-26", "ObjectionStep", &step("objection", 8, "accept")).unwrap();
    assert_eq!(found(&file, "2026-10-26", 12), [2]);
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 8, "decide"));
    take(&mut file, 10, "2026-10-27", "ObjectionStep", &upheld).unwrap();
    assert_eq!(found(&file, "2026-10-27", 12), [2]);
}
