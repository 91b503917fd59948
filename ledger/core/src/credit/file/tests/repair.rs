//! Repair of whatever an authority has said against a firm.

use super::*;

fn listing() -> String {
    format!(
        r#""list":"x","decisionNo":"7","basis":"x","from":"2026-07-01","to":"2027-06-30","humanDecision":true,"noticeReceipt":{}"#,
        reference(209)
    )
}

fn falsification(decided: &str) -> String {
    let (document, receipt) = (reference(210), reference(211));
    format!(
        r#""decisionNo":"2026-F1","basis":"x","decided":"{decided}","document":{document},"noticeReceipt":{receipt},"humanDecision":true,"records":[{}]"#,
        reference(212)
    )
}

/// Goal: a falsification that is adjudicated holds the grade at E for a year, then at D for two more. Method: the days around.
#[test]
fn falsified() {
    let mut file = file();
    take(&mut file, 1, "2026-07-10", "Falsification", &falsification("2026-07-10")).unwrap();
    let best = |on: &str| {
        let ceilings = file.status(day(on)).ceilings;
        assert!(ceilings.iter().all(|ceiling| {
            let evidence = Evidence::List(vec!["2026-F1".to_owned(), hash(1).to_string()]);
            (ceiling.code, &ceiling.evidence) == (CeilingCode::Falsified, &evidence)
        }));
        ceilings.first().map(|ceiling| ceiling.grade)
    };
    let table = [
        ("2026-07-09", None),
        ("2026-07-10", Some(Grade::E)),
        ("2027-07-09", Some(Grade::E)),
        ("2027-07-10", Some(Grade::D)),
        ("2029-07-09", Some(Grade::D)),
        ("2029-07-10", None),
    ];
    for (on, grade) in table {
        assert_eq!(best(on), grade, "{on}");
    }
    // An authority stands for it, so that an E is published as that; while it is objected to in fact it stays.
    let (facts, status) = (file.facts(), file.status(day("2026-08-01")));
    let assessment = Assessment::new(Parameters::first(), Profile::Food, &facts, &status, day("2026-08-01"));
    assert_eq!(Published::assessed(&assessment, &facts, (1, day("2026-08-01"))).grade, Grade::E);
    take(&mut file, 2, "2026-08-01", "Objection", &objection(1, "fact")).unwrap();
    take(&mut file, 3, "2026-08-02", "ObjectionStep", &step("objection", 2, "accept")).unwrap();
    assert_eq!(file.status(day("2026-08-03")).ceilings.len(), 1);
    let machine = falsification("2026-07-10").replace("true", "false");
    let payload = format!(
        r#"{{"type":"suyuan:Falsification","eventID":"urn:x:1","eventTime":"2026-09-01T10:00:00+08:00","subject":"{FIRM}",{machine}}}"#
    );
    assert_eq!(CreditRecord::parse(payload.as_bytes()).unwrap_err().pointer, "/humanDecision");
}

/// What counts against a firm on a day: its ceilings, and its facts that are not full.
fn against(file: &CreditFile<'_>, on: Day) -> usize {
    let facts = file.facts().into_iter().filter(|fact| fact.value < 1_000 && fact.day <= on);
    file.status(on).ceilings.len() + facts.count()
}

/// Goal: every item that an authority has said against a firm can be repaired, through the one window; then nothing of it
/// counts, it is to be removed, and is gone. Method: each kind; on the day before it can be, twice, refused, and repaired.
#[test]
fn every_item() {
    let licence = |state: &str| format!(r#""kind":"food","number":"SC1","from":"2026-07-01","state":"{state}""#);
    let result = format!(r#""pledge":{},"result":"broken""#, reference(2));
    let verification = format!(r#""disclosure":{},"result":"false","evidence":{}"#, reference(3), reference(203));
    let unlicensed = format!(r#""kind":"food","number":"SC1","date":"2026-07-10","report":{}"#, reference(203));
    let table = [
        ("Listing", listing(), "2026-07-20", "2027-07-01"),
        ("Falsification", falsification("2026-07-10"), "2027-07-10", "2029-07-10"),
        ("Inspection", inspection("2026-07-10", "fail"), "2026-07-20", ""),
        ("PledgeResult", result, "2026-07-20", ""),
        ("Verification", verification, "2026-07-20", ""),
        ("UnlicensedOperation", unlicensed, "2026-07-20", ""),
    ];
    for (kind, members, from, over) in table {
        let mut file = file();
        take(&mut file, 1, "2026-07-01", "Licence", &licence("expired")).unwrap();
        take(&mut file, 2, "2026-07-01", "Pledge", &pledge()).unwrap();
        let disclosure =
            format!(r#""topic":"qualification","content":{},"truthPledge":{}"#, reference(213), reference(2));
        take(&mut file, 3, "2026-07-01", "Disclosure", &disclosure).unwrap();
        take(&mut file, 4, "2026-07-10", kind, &members).unwrap();
        let (asked, before) = (day(from), Day::from_number(day(from).number() - 1));
        assert_eq!(against(&file, asked), 1, "{kind}");
        if kind == "Falsification" {
            let early = before.text().unwrap();
            assert_eq!(take(&mut file, 9, &early, "Repair", &repair(&[4], 2)), Err(Void::MinPeriod));
        }
        assert_eq!(file.removable(asked), BTreeSet::new(), "{kind}");
        if !over.is_empty() {
            let past = file.removable(day(over));
            assert_eq!(past, BTreeSet::from([hash(4)]), "{kind}");
            assert_eq!(take(&mut file.clone(), 9, over, "Repair", &repair(&[4], 2)), Err(Void::Transition), "{kind}");
        }
        take(&mut file, 10, from, "Repair", &repair(&[4], 2)).unwrap();
        assert_eq!(take(&mut file, 11, from, "Repair", &repair(&[4], 2)), Err(Void::Transition), "{kind}");
        take(&mut file, 12, from, "RepairStep", &step("repair", 10, "accept")).unwrap();
        assert_eq!(against(&file, asked), 1, "{kind}");
        let decided = format!("{},\"result\":\"repaired\"", step("repair", 10, "decide"));
        // Only whoever has said it takes it back.
        let author = "urn:uscc:11440000DEMA001877";
        let payload = format!(
            r#"{{"type":"suyuan:RepairStep","eventID":"urn:x:16","eventTime":"{from}T10:00:00+08:00","subject":"{FIRM}",{decided}}}"#
        );
        let record = CreditRecord::parse(payload.as_bytes()).unwrap();
        let author = Author { uri: author.to_owned(), is_authority: true };
        assert_eq!(file.take(&Written { hash: hash(16), author, record }), Err(Void::NoRight), "{kind}");
        take(&mut file, 13, from, "RepairStep", &decided).unwrap();
        assert_eq!(against(&file, asked), 0, "{kind}");
        assert_eq!(take(&mut file, 14, from, "Repair", &repair(&[4], 2)), Err(Void::Transition), "{kind}");
        assert_eq!(file.removable(asked), BTreeSet::from([hash(4)]), "{kind}");
        let removal = format!(r#""targets":[{{"record":{},"height":1,"index":0}}]"#, reference(4));
        take(&mut file, 15, from, "Removal", &removal).unwrap();
        assert!(!file.items.contains_key(&hash(4)) && file.repairs.is_empty() && against(&file, asked) == 0, "{kind}");
    }
    // What is good, what is the firm's, and what shares the fate of a penalty is nothing to repair.
    let mut file = file();
    take(&mut file, 1, "2026-07-10", "Penalty", &penalty("general", "2026-07-10")).unwrap();
    take(&mut file, 2, "2026-07-10", "Pledge", &pledge()).unwrap();
    let finding = format!("{},\"penalty\":{}", inspection("2026-07-10", "fail"), reference(1));
    take(&mut file, 3, "2026-07-10", "Inspection", &finding).unwrap();
    take(&mut file, 4, "2026-07-10", "CustomsTier", r#""tier":"certified","from":"2026-07-01""#).unwrap();
    take(&mut file, 5, "2026-07-10", "Licence", &licence("revoked")).unwrap();
    take(&mut file, 6, "2026-07-10", "CustomsTier", r#""tier":"dishonest","from":"2026-07-01","to":"2026-12-31""#)
        .unwrap();
    let ask = |file: &mut CreditFile<'_>, number: u8, on: &str, target: u8| {
        take(file, number, on, "Repair", &repair(&[target], 2))
    };
    for target in [2, 4, 5, 6] {
        assert_eq!(ask(&mut file, 9, "2026-11-10", target), Err(Void::WrongTarget), "{target}");
    }
    assert_eq!(ask(&mut file, 9, "2026-11-10", 3), Err(Void::MinPeriod));
    // The penalty is over, its finding is not, and is repaired by itself; a tier whose time is over is to be removed.
    assert_eq!(file.removable(day("2027-07-10")), BTreeSet::from([hash(1), hash(6)]));
    ask(&mut file, 10, "2027-07-10", 3).unwrap();
    // While that waits, its penalty does too.
    assert_eq!(file.removable(day("2027-07-10")), BTreeSet::from([hash(6)]));
    take(&mut file, 11, "2027-07-12", "RepairStep", &step("repair", 10, "accept")).unwrap();
    let decided = format!("{},\"result\":\"repaired\"", step("repair", 10, "decide"));
    take(&mut file, 12, "2027-07-13", "RepairStep", &decided).unwrap();
    assert_eq!(file.removable(day("2027-07-13")), BTreeSet::from([hash(1), hash(3), hash(6)]));
}

/// Goal: an organ of state has no grade, whatever is recorded of it, and how it pays is told. Method: a grave record of one, and
/// a grade that somebody would publish.
#[test]
fn organs() {
    let of = |kind: &str, members: &str| {
        let payload = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"urn:x:1","eventTime":"2026-09-01T10:00:00+08:00","subject":"{AUTHORITY}",{members}}}"#
        );
        CreditRecord::parse(payload.as_bytes())
    };
    let mut file = CreditFile::new(AUTHORITY, Calendar::first(), RepairPolicies::first());
    let author = Author { uri: "urn:uscc:11440000DEMA001877".to_owned(), is_authority: true };
    for (number, kind, members) in [(1, "Listing", listing()), (2, "Inspection", inspection("2026-07-10", "fail"))] {
        let record = of(kind, &members).unwrap();
        file.take(&Written { hash: hash(number), author: author.clone(), record }).unwrap();
    }
    let paid = |indicator: Indicator| Fact {
        id: format!("{}.1", indicator.name()),
        indicator,
        day: day("2026-07-10"),
        value: 100,
        mass: 4_000,
        source: Source::Authority,
        counterparty: None,
        status: FactStatus::Active,
        ring: Ring::Independent,
        evidence: vec![hash(9)],
    };
    file.take_traces(vec![paid(Indicator::Payment), paid(Indicator::OnTime)]);
    let (facts, status) = (file.facts(), file.status(day("2026-08-01")));
    assert_eq!(facts.iter().map(|fact| fact.indicator).collect::<Vec<_>>(), [Indicator::Payment]);
    let evaluation =
        Assessment::new(Parameters::first(), Profile::Food, &facts, &status, day("2026-08-01")).evaluation();
    assert_eq!((evaluation.grade, evaluation.band, evaluation.ceilings), (Grade::NotRated, Grade::NotRated, vec![]));
    let told: Vec<Indicator> = evaluation.rows.iter().map(|row| row.ind).collect();
    assert_eq!((evaluation.score, told), (0, vec![Indicator::Payment]));
    let grade = r#""model":"x""#;
    assert_eq!(of("Grade", grade).unwrap_err().pointer, "/subject");
}
