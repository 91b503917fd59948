//! Credit files: the specification's scenario D as far as authorities' records go, and every step that is not allowed.

use super::*;
use crate::credit::{Assessment, Parameters};

mod licences;
mod measures;
mod repair;
mod shown;

pub(super) const FIRM: &str = "urn:uscc:91441900DEMA00136H";
pub(super) const AUTHORITY: &str = "urn:uscc:11440100DEMA00179H";

pub(super) fn file() -> CreditFile<'static> {
    CreditFile::new(FIRM, Calendar::first(), RepairPolicies::first())
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(super) fn hash(number: u8) -> Hash {
    Hash([number; 32])
}

/// Takes a record of that number, written on a day by the one whose it is.
fn take(file: &mut CreditFile<'_>, number: u8, on: &str, kind: &str, members: &str) -> Result<(), Void> {
    let said = RecordKind::from_name(&format!("suyuan:{kind}"));
    let author = if said.map(RecordKind::speaker) == Some(Speaker::Subject) { FIRM } else { AUTHORITY };
    take_by(file, author, number, on, kind, members)
}

fn take_by(
    file: &mut CreditFile<'_>,
    author: &str,
    number: u8,
    on: &str,
    kind: &str,
    members: &str,
) -> Result<(), Void> {
    let payload = format!(
        r#"{{"type":"suyuan:{kind}","eventID":"urn:x:{number}","eventTime":"{on}T10:00:00+08:00","subject":"{FIRM}",{members}}}"#
    );
    let record = CreditRecord::parse(payload.as_bytes()).unwrap_or_else(|error| panic!("{payload}: {error:?}"));
    let author = Author { uri: author.to_owned(), is_authority: author == AUTHORITY };
    file.take(&Written { hash: hash(number), author, record })
}

fn reference(number: u8) -> String {
    format!("\"{}\"", hash(number))
}

pub(super) fn penalty(class: &str, decided: &str) -> String {
    let (notice, receipt) = (reference(201), reference(202));
    format!(
        r#""decisionNo":"2026-17","basis":"x","class":"{class}","decided":"{decided}","repairNotice":{notice},"deliveryReceipt":{receipt}"#
    )
}

pub(super) fn inspection(date: &str, result: &str) -> String {
    format!(r#""date":"{date}","result":"{result}","report":{}"#, reference(203))
}

pub(super) fn pledge() -> String {
    format!(r#""text":{},"duty":"x","due":"2026-12-31""#, reference(204))
}

pub(super) fn objection(target: u8, kind: &str) -> String {
    format!(r#""target":{},"kind":"{kind}","statement":{}"#, reference(target), reference(205))
}

pub(super) fn step(of: &str, number: u8, step: &str) -> String {
    format!(r#""{of}":{},"step":"{step}""#, reference(number))
}

pub(super) fn repair(targets: &[u8], pledge: u8) -> String {
    let targets: Vec<String> = targets.iter().map(|target| reference(*target)).collect();
    format!(r#""targets":[{}],"pledge":{},"dutiesDone":[{}]"#, targets.join(","), reference(pledge), reference(206))
}

fn states(file: &CreditFile<'_>, on: &str) -> Vec<PenaltyState> {
    file.status(day(on)).penalties.iter().map(|penalty| penalty.state).collect()
}

/// Goal: a penalty is repaired in the terms of the scenario, and with it what it rests on. Method: its dates.
#[test]
fn the_repair_of_the_scenario() {
    let mut file = file();
    let penalty = penalty("general", "2026-07-10");
    let finding = format!("{},\"penalty\":{}", inspection("2026-07-10", "fail"), reference(1));
    take(&mut file, 1, "2026-07-10", "Penalty", &penalty).unwrap();
    take(&mut file, 2, "2026-07-10", "Inspection", &finding).unwrap();
    take(&mut file, 3, "2026-10-08", "Pledge", &pledge()).unwrap();
    assert_eq!(states(&file, "2026-10-01"), [PenaltyState::Published]);
    assert_eq!(take(&mut file, 4, "2026-10-09", "Repair", &repair(&[1], 3)), Err(Void::MinPeriod));
    take(&mut file, 5, "2026-10-12", "Repair", &repair(&[1], 3)).unwrap();
    assert_eq!(file.repairs[&hash(5)].due, Some(day("2026-10-15")));
    // One window, one application at a time.
    assert_eq!(take(&mut file, 6, "2026-10-12", "Repair", &repair(&[1], 3)), Err(Void::Transition));
    let decided = format!("{},\"result\":\"repaired\"", step("repair", 5, "decide"));
    assert_eq!(take(&mut file, 7, "2026-10-12", "RepairStep", &decided), Err(Void::Transition));
    take(&mut file, 8, "2026-10-13", "RepairStep", &step("repair", 5, "accept")).unwrap();
    assert_eq!(file.repairs[&hash(5)].due, Some(day("2026-10-27")));
    assert_eq!(file.facts()[0].status, FactStatus::Active);
    take(&mut file, 9, "2026-10-22", "RepairStep", &decided).unwrap();
    assert_eq!((states(&file, "2026-10-22"), file.facts()), (vec![PenaltyState::Repaired], vec![]));
    assert_eq!(take(&mut file, 10, "2026-10-23", "RepairStep", &decided), Err(Void::Transition));
    assert_eq!(file.voids.iter().map(|(hash, _)| hash.0[0]).collect::<Vec<_>>(), [4, 6, 7, 10]);
}

/// Goal: publication ends by itself at the greatest period; an extension comes once. Method: the days around it.
#[test]
fn periods() {
    let mut file = file();
    take(&mut file, 1, "2026-07-10", "Penalty", &penalty("general", "2026-07-10")).unwrap();
    assert_eq!(states(&file, "2027-07-09"), [PenaltyState::Published]);
    assert_eq!(states(&file, "2027-07-10"), [PenaltyState::Expired]);
    assert!(states(&file, "2026-07-09").is_empty());
    take(&mut file, 2, "2026-10-10", "Pledge", &pledge()).unwrap();
    take(&mut file, 3, "2026-10-12", "Repair", &repair(&[1], 2)).unwrap();
    take(&mut file, 4, "2026-10-13", "RepairStep", &step("repair", 3, "accept")).unwrap();
    take(&mut file, 5, "2026-10-26", "RepairStep", &step("repair", 3, "extend")).unwrap();
    assert_eq!(file.repairs[&hash(3)].due, Some(day("2026-11-10")));
    assert_eq!(take(&mut file, 6, "2026-10-27", "RepairStep", &step("repair", 3, "extend")), Err(Void::Transition));
    let refused = format!("{},\"result\":\"refused\",\"reasons\":{}", step("repair", 3, "decide"), reference(207));
    take(&mut file, 7, "2026-10-27", "RepairStep", &refused).unwrap();
    assert_eq!(states(&file, "2026-10-27"), [PenaltyState::Published]);
    // Refused, it may be asked for again.
    take(&mut file, 8, "2026-10-28", "Repair", &repair(&[1], 2)).unwrap();
}

/// Goal: an objection suspends what it is about in the terms of the scenario, and what is wrong goes. Method: its dates.
#[test]
fn the_objection_of_the_scenario() {
    let mut file = file();
    take(&mut file, 1, "2026-09-01", "Inspection", &inspection("2026-09-01", "fail")).unwrap();
    take(&mut file, 2, "2026-09-16", "Objection", &objection(1, "fact")).unwrap();
    assert_eq!((file.objections[&hash(2)].due, file.facts()[0].status), (Some(day("2026-09-18")), FactStatus::Active));
    assert_eq!(take(&mut file, 3, "2026-09-16", "Objection", &objection(1, "fact")), Err(Void::Transition));
    take(&mut file, 4, "2026-09-18", "ObjectionStep", &step("objection", 2, "accept")).unwrap();
    assert_eq!(
        (file.objections[&hash(2)].due, file.facts()[0].status),
        (Some(day("2026-09-21")), FactStatus::Suspended)
    );
    take(&mut file, 5, "2026-09-21", "ObjectionStep", &step("objection", 2, "platform_check")).unwrap();
    take(&mut file, 6, "2026-09-21", "ObjectionStep", &step("objection", 2, "provider_asked")).unwrap();
    assert_eq!(file.objections[&hash(2)].due, Some(day("2026-10-12")));
    let accept = step("objection", 2, "accept");
    assert_eq!(take(&mut file, 7, "2026-09-22", "ObjectionStep", &accept), Err(Void::Transition));
    // Nobody has answered in time: it stays suspended.
    assert_eq!(file.facts()[0].status, FactStatus::Suspended);
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 2, "decide"));
    take(&mut file, 8, "2026-10-09", "ObjectionStep", &upheld).unwrap();
    assert_eq!((file.objections[&hash(2)].due, file.facts()[0].status), (None, FactStatus::Superseded));
    assert_eq!(take(&mut file, 9, "2026-10-10", "ObjectionStep", &upheld), Err(Void::Transition));
}

/// Goal: an objection comes once for each record, unless there is new evidence; what is rejected counts again. Method: a
/// rejected one, the same again, and with evidence.
#[test]
fn objecting_again() {
    let mut file = file();
    take(&mut file, 1, "2026-09-01", "Inspection", &inspection("2026-09-01", "fail")).unwrap();
    take(&mut file, 2, "2026-09-16", "Objection", &objection(1, "fact")).unwrap();
    take(&mut file, 3, "2026-09-17", "ObjectionStep", &step("objection", 2, "accept")).unwrap();
    let rejected = format!("{},\"result\":\"rejected\",\"reasons\":{}", step("objection", 2, "decide"), reference(207));
    take(&mut file, 4, "2026-09-18", "ObjectionStep", &rejected).unwrap();
    assert_eq!(file.facts()[0].status, FactStatus::Active);
    assert_eq!(take(&mut file, 5, "2026-09-19", "Objection", &objection(1, "fact")), Err(Void::ObjectedBefore));
    let again = format!("{},\"evidence\":[{}]", objection(1, "fact"), reference(208));
    take(&mut file, 6, "2026-09-19", "Objection", &again).unwrap();
}

/// Goal: an authority's gravest decisions keep their effect while they are looked into, but for mistakes of form. Method:
/// a serious penalty and a listing, objected to in both ways.
#[test]
fn what_an_objection_suspends() {
    let listing = format!(
        r#""list":"x","decisionNo":"7","basis":"x","from":"2026-07-01","humanDecision":true,"noticeReceipt":{}"#,
        reference(209)
    );
    for (kind, stays) in [("fact", true), ("basis", true), ("identity", false), ("transcription", false)] {
        for (record, members) in [("Penalty", penalty("serious", "2026-07-10")), ("Listing", listing.clone())] {
            let mut file = file();
            take(&mut file, 1, "2026-07-10", record, &members).unwrap();
            assert_eq!(file.status(day("2026-09-01")).ceilings.len(), 1);
            take(&mut file, 2, "2026-09-16", "Objection", &objection(1, kind)).unwrap();
            take(&mut file, 3, "2026-09-17", "ObjectionStep", &step("objection", 2, "accept")).unwrap();
            assert_eq!(file.status(day("2026-09-18")).ceilings.len(), usize::from(stays), "{record} {kind}");
        }
    }
}

/// Goal: only an authority says what is an authority's, only the subject what is its own, and nobody of itself what others
/// must say. Method: each kind of record by each author.
#[test]
fn who_may_say_what() {
    let table = [
        ("Inspection", inspection("2026-09-01", "pass"), AUTHORITY),
        ("Penalty", penalty("minor", "2026-07-10"), AUTHORITY),
        ("PublicScore", r#""score":860,"date":"2026-07-01""#.to_owned(), AUTHORITY),
        ("CustomsTier", r#""tier":"certified","from":"2026-07-01""#.to_owned(), AUTHORITY),
        ("CreditProfile", r#""profile":"FOOD""#.to_owned(), AUTHORITY),
        ("Pledge", pledge(), FIRM),
    ];
    for (kind, members, owner) in table {
        for author in [FIRM, AUTHORITY, "urn:uscc:91440112DEMA001443"] {
            let said = take_by(&mut file(), author, 1, "2026-09-01", kind, &members);
            assert_eq!(said.is_ok(), author == owner, "{kind} by {author}");
        }
    }
    // An authority is no judge of its own case, and no record is of another firm's file.
    let mut own = CreditFile::new(AUTHORITY, Calendar::first(), RepairPolicies::first());
    assert_eq!(take(&mut own, 1, "2026-09-01", "Inspection", &inspection("2026-09-01", "pass")), Err(Void::NoRight));
}

/// Goal: what names another record names one that is there and can be meant. Method: a table.
#[test]
fn targets() {
    let mut file = file();
    take(&mut file, 1, "2026-07-10", "Penalty", &penalty("general", "2026-07-10")).unwrap();
    take(&mut file, 2, "2026-07-10", "Pledge", &pledge()).unwrap();
    take(&mut file, 3, "2026-07-10", "Inspection", &inspection("2026-07-10", "pass")).unwrap();
    let result = |number| format!(r#""pledge":{},"result":"kept""#, reference(number));
    let table = [
        ("Objection", objection(99, "fact"), Void::UnknownTarget),
        ("Objection", objection(2, "fact"), Void::WrongTarget),
        ("ObjectionStep", step("objection", 1, "accept"), Void::UnknownTarget),
        ("Repair", repair(&[1], 99), Void::UnknownTarget),
        ("Repair", repair(&[1], 3), Void::WrongTarget),
        ("Repair", repair(&[3], 2), Void::WrongTarget),
        ("Repair", repair(&[1, 99], 2), Void::UnknownTarget),
        ("RepairStep", step("repair", 1, "accept"), Void::UnknownTarget),
        ("PledgeResult", result(99), Void::UnknownTarget),
        ("PledgeResult", result(1), Void::WrongTarget),
    ];
    for (kind, members, void) in table {
        assert_eq!(take(&mut file, 50, "2026-10-12", kind, &members), Err(void), "{kind} {members}");
    }
    let undelivered = r#""decisionNo":"1","basis":"x","class":"minor","decided":"2026-07-10""#;
    assert_eq!(take(&mut file, 51, "2026-07-10", "Penalty", undelivered), Err(Void::NotDelivered));
    assert!(file.status(day("2026-10-12")).penalties.len() == 1 && file.facts().len() == 1);
}

/// Goal: a record that says too little, or what no machine may, is none. Method: a table of payloads with the place.
#[test]
fn records_that_are_none() {
    let payload = |kind: &str, subject: &str, members: &str| {
        let text = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"urn:x:1","eventTime":"2026-09-01T10:00:00+08:00","subject":"{subject}"{members}}}"#
        );
        CreditRecord::parse(text.as_bytes()).map_err(|error| error.pointer)
    };
    let listing =
        format!(r#","list":"x","decisionNo":"7","basis":"x","from":"2026-07-01","noticeReceipt":{}"#, reference(1));
    let decide = format!(",{}", step("repair", 1, "decide"));
    let table = [
        ("Score", FIRM, "", "/type"),
        ("PublicScore", "urn:uscc:92441900DEMA00136H", r#","score":1,"date":"2026-09-01""#, "/subject"),
        ("PublicScore", "firm", r#","score":1,"date":"2026-09-01""#, "/subject"),
        ("PublicScore", FIRM, r#","score":1001,"date":"2026-09-01""#, "/score"),
        ("PublicScore", FIRM, r#","score":1,"date":"2026-09-31""#, "/date"),
        ("PublicScore", FIRM, r#","score":1,"date":"2026-09-01","opinion":"x""#, "/opinion"),
        ("Listing", FIRM, listing.as_str(), "/humanDecision"),
        ("RepairStep", FIRM, decide.as_str(), "/result"),
        ("Repair", FIRM, "", "/targets"),
    ];
    for (kind, subject, members, pointer) in table {
        assert_eq!(payload(kind, subject, members).unwrap_err(), pointer, "{kind} {members}");
    }
}

/// Goal: what authorities have recorded makes a grade of which each point has its record. Method: a firm with inspections,
/// a kept pledge, licences of which one ran out, a tier, a score; evaluated on two days.
#[test]
fn a_grade_of_records() {
    let mut file = file();
    let licence = |kind: &str, to: &str| {
        format!(r#""kind":"{kind}","number":"1","from":"2024-01-01","to":"{to}","state":"valid""#)
    };
    take(&mut file, 1, "2025-01-01", "CreditProfile", r#""profile":"TRAD""#).unwrap();
    take(&mut file, 2, "2025-01-01", "Licence", &licence("a", "2026-12-31")).unwrap();
    take(&mut file, 3, "2025-01-01", "Licence", &licence("b", "2026-06-30")).unwrap();
    take(&mut file, 4, "2026-01-01", "Inspection", &inspection("2026-01-01", "pass")).unwrap();
    take(&mut file, 5, "2026-02-01", "Inspection", &inspection("2026-02-01", "rectified_late")).unwrap();
    take(&mut file, 6, "2026-02-01", "Pledge", &pledge()).unwrap();
    take(&mut file, 7, "2026-03-01", "PledgeResult", &format!(r#""pledge":{},"result":"kept""#, reference(6))).unwrap();
    take(&mut file, 8, "2026-03-01", "CustomsTier", r#""tier":"dishonest","from":"2026-07-01""#).unwrap();
    take(&mut file, 9, "2026-03-01", "PublicScore", r#""score":900,"date":"2026-03-01""#).unwrap();
    take(&mut file, 10, "2026-04-01", "PublicScore", r#""score":800,"date":"2026-02-01""#).unwrap();
    let facts = file.facts();
    assert_eq!(
        facts.iter().map(|fact| (fact.indicator.name(), fact.value)).collect::<Vec<_>>(),
        [("INS", 1000), ("INS", 300), ("CMT", 1000)]
    );
    assert!(facts.iter().all(|fact| fact.evidence.len() == 1 && fact.source == Source::Authority));
    for (on, licences, grade, codes) in
        [("2026-06-30", (2, 2), Grade::C, &["CAP-8"][..]), ("2026-07-01", (2, 1), Grade::D, &["CAP-7", "CAP-8"])]
    {
        let status = file.status(day(on));
        assert_eq!(
            (status.licences.required, status.licences.valid, status.public_score),
            (licences.0, licences.1, Some(900))
        );
        let said = Assessment::new(Parameters::first(), file.profile().unwrap(), &facts, &status, day(on)).evaluation();
        let found: Vec<&str> = said.ceilings.iter().map(|ceiling| ceiling.code.name()).collect();
        assert_eq!((said.band, said.grade, found.as_slice()), (Grade::C, grade, codes), "{on} {said:?}");
    }
}
