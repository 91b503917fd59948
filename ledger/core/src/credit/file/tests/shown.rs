//! What is shown and scores nothing: acts of administration, disclosures, notices.

use super::*;
use crate::credit::administrative::AdministrativeKind;
use crate::credit::disclosure::Topic;

const OTHER: &str = "urn:uscc:91440112DEMA001443";

fn act(kind: &str) -> String {
    format!(r#""kind":"{kind}","decisionNo":"2026-3","basis":"x","date":"2026-07-10","document":{}"#, reference(210))
}

fn disclosure() -> String {
    format!(r#""topic":"qualification","content":{},"truthPledge":{}"#, reference(211), reference(212))
}

fn verification(disclosure: u8, result: &str) -> String {
    format!(r#""disclosure":{},"result":"{result}","evidence":{}"#, reference(disclosure), reference(213))
}

/// The place at which a record of the firm is refused, if it is, and why.
pub(super) fn refused(kind: &str, members: &str) -> Option<(String, String)> {
    let payload = format!(
        r#"{{"type":"suyuan:{kind}","eventID":"urn:x:1","eventTime":"2026-07-10T10:00:00+08:00","subject":"{FIRM}",{members}}}"#
    );
    CreditRecord::parse(payload.as_bytes()).err().map(|error| (error.pointer, error.argument))
}

/// Without each of its members a record is refused there.
pub(super) fn needs(kind: &str, members: &str, names: &[&str]) {
    assert_eq!(refused(kind, members), None, "{kind}");
    for name in names {
        let less: Vec<&str> = members.split(',').filter(|one| !one.starts_with(&format!("\"{name}\""))).collect();
        assert_eq!(refused(kind, &less.join(",")).unwrap().0, format!("/{name}"), "{kind}");
    }
}

pub(super) fn evaluated(file: &CreditFile<'_>, on: &str) -> (u64, Grade) {
    let (facts, status) = (file.facts(), file.status(day(on)));
    let said = Assessment::new(Parameters::first(), Profile::Maker, &facts, &status, day(on)).evaluation();
    (said.score, said.grade)
}

/// Goal: a record is of its type's item of the catalogue, or of another one that has this type, or is none. Method: a table.
#[test]
fn items_of_the_catalogue() {
    let table = [
        ("Administrative", act("reward"), "administrative", true),
        ("Administrative", act("reward"), "honours", true),
        ("Administrative", act("reward"), "serious_dishonesty", false),
        ("Inspection", inspection("2026-07-10", "fail"), "administrative", true),
        ("Inspection", inspection("2026-07-10", "fail"), "honours", false),
        ("Pledge", pledge(), "opinions", false),
    ];
    for (kind, members, item, is_one) in table {
        let pointer = refused(kind, &format!("{members},\"catalogueItem\":\"{item}\"")).map(|(pointer, _)| pointer);
        assert_eq!(pointer, (!is_one).then(|| "/catalogueItem".to_owned()), "{kind} {item}");
    }
}

/// Goal: acts of administration are of five kinds, are shown until an objection is upheld, and score nothing; licences and
/// penalties have records of their own. Method: each kind; an objection; the evaluation before and after.
#[test]
fn acts_of_administration() {
    needs("Administrative", &act("coercion"), &["kind", "decisionNo", "basis", "date", "document"]);
    for (kind, own) in [("licence", "suyuan:Licence"), ("penalty", "suyuan:Penalty")] {
        let (pointer, why) = refused("Administrative", &act(kind)).unwrap();
        assert!(pointer == "/kind" && why.contains(own), "{why}");
    }
    assert_eq!(refused("Administrative", &act("opinion")).unwrap().0, "/kind");
    let mut file = file();
    take(&mut file, 1, "2026-01-01", "Inspection", &inspection("2026-01-01", "pass")).unwrap();
    let before = evaluated(&file, "2026-09-01");
    let kinds = ["coercion", "confirmation", "adjudication", "reward", "supervision"];
    for (kind, number) in kinds.iter().zip(2..) {
        take(&mut file, number, "2026-07-10", "Administrative", &act(kind)).unwrap();
    }
    assert_eq!(take_by(&mut file, OTHER, 9, "2026-07-10", "Administrative", &act("reward")), Err(Void::NoRight));
    assert!(file.administrative().all(|said| said.item == "administrative"));
    let shown: Vec<&str> = file.administrative().map(|said| said.what.kind.name()).collect();
    assert_eq!((shown.as_slice(), evaluated(&file, "2026-09-01")), (&kinds[..], before));
    take(&mut file, 10, "2026-07-11", "Objection", &objection(2, "fact")).unwrap();
    take(&mut file, 11, "2026-07-13", "ObjectionStep", &step("objection", 10, "accept")).unwrap();
    let first = file.administrative().next().unwrap();
    assert!(first.is_contested && first.author == AUTHORITY && first.what.kind == AdministrativeKind::Coercion);
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 10, "decide"));
    take(&mut file, 12, "2026-07-14", "ObjectionStep", &upheld).unwrap();
    assert!(file.administrative().all(|said| said.what.kind != AdministrativeKind::Coercion));
}

/// Goal: what a firm says of itself is its own word until an authority has verified it, and never scores; what is false
/// counts once as a broken pledge, until an objection to that is upheld. Method: every step of one disclosure.
#[test]
fn disclosures() {
    needs("Disclosure", &disclosure(), &["topic", "content", "truthPledge"]);
    needs("Verification", &verification(1, "false"), &["disclosure", "result", "evidence"]);
    assert_eq!(refused("Disclosure", &disclosure().replace("qualification", "politics")).unwrap().0, "/topic");
    let mut file = file();
    take(&mut file, 1, "2026-01-01", "Inspection", &inspection("2026-01-01", "pass")).unwrap();
    let before = evaluated(&file, "2026-09-01");
    take(&mut file, 2, "2026-07-01", "Disclosure", &disclosure()).unwrap();
    assert_eq!(take_by(&mut file, AUTHORITY, 3, "2026-07-01", "Disclosure", &disclosure()), Err(Void::NoRight));
    let verify = |file: &mut CreditFile<'_>, number: u8, of: u8, result: &str| {
        take(file, number, "2026-07-02", "Verification", &verification(of, result))
    };
    for author in [FIRM, OTHER] {
        let own = take_by(&mut file, author, 4, "2026-07-02", "Verification", &verification(2, "verified"));
        assert_eq!(own, Err(Void::NoRight));
    }
    assert_eq!(verify(&mut file, 5, 99, "verified"), Err(Void::UnknownTarget));
    assert_eq!(verify(&mut file, 5, 1, "verified"), Err(Void::WrongTarget));
    let source = |file: &CreditFile<'_>| file.disclosures().map(|one| one.source).collect::<Vec<_>>();
    assert_eq!((source(&file), evaluated(&file, "2026-09-01")), (vec![Source::OwnStatement], before));
    verify(&mut file, 6, 2, "verified").unwrap();
    assert_eq!(verify(&mut file, 7, 2, "verified"), Err(Void::Transition));
    assert_eq!((source(&file), evaluated(&file, "2026-09-01")), (vec![Source::Authority], before));
    // What was taken for true turns out not to be.
    verify(&mut file, 8, 2, "false").unwrap();
    assert_eq!(verify(&mut file, 9, 2, "false"), Err(Void::Transition));
    assert_eq!(verify(&mut file, 9, 2, "verified"), Err(Void::Transition));
    let said = file.disclosures().next().unwrap();
    assert_eq!((said.source, said.said.what.topic), (Source::OwnStatement, Topic::Qualification));
    assert_eq!(said.finding.unwrap().what.result, Finding::False);
    let facts = file.facts();
    let broken = &facts[1];
    assert_eq!((facts.len(), broken.indicator.name(), broken.value, broken.mass), (2, "CMT", 0, PLEDGE_MASS));
    assert_eq!((broken.source, broken.evidence.as_slice()), (Source::Authority, &[hash(8)][..]));
    assert!(evaluated(&file, "2026-09-01").0 < before.0);
    take(&mut file, 10, "2026-07-03", "Objection", &objection(8, "fact")).unwrap();
    take(&mut file, 11, "2026-07-06", "ObjectionStep", &step("objection", 10, "accept")).unwrap();
    assert_eq!(evaluated(&file, "2026-09-01"), before);
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 10, "decide"));
    take(&mut file, 12, "2026-07-07", "ObjectionStep", &upheld).unwrap();
    assert_eq!((source(&file), evaluated(&file, "2026-09-01")), (vec![Source::Authority], before));
    // The firm objects to no word of its own.
    assert_eq!(take(&mut file, 13, "2026-07-08", "Objection", &objection(2, "fact")), Err(Void::WrongTarget));
}

/// Goal: a notice is shown until what it asks for is done, and scores nothing. Method: every step of two, and what can't be.
#[test]
fn notices() {
    let notice = |kind: &str, due: &str| format!(r#""kind":"{kind}","due":"{due}","document":{}"#, reference(214));
    let done = |number: u8| format!(r#""notice":{},"document":{}"#, reference(number), reference(215));
    needs("Notice", &notice("talk", "2026-08-01"), &["kind", "due", "document"]);
    needs("NoticeDone", &done(1), &["notice", "document"]);
    let table = [("kind", notice("order", "2026-08-01")), ("due", notice("talk", "2026-08-32"))];
    for (name, members) in table {
        assert_eq!(refused("Notice", &members).unwrap().0, format!("/{name}"));
    }
    let about = format!("{},\"about\":\"x\"", notice("talk", "2026-08-01"));
    assert_eq!(refused("Notice", &about).unwrap().0, "/about");
    let mut file = file();
    take(&mut file, 1, "2026-01-01", "Inspection", &inspection("2026-01-01", "pass")).unwrap();
    let before = evaluated(&file, "2026-09-01");
    let about = format!("{},\"about\":{}", notice("warning", "2026-08-01"), reference(1));
    take(&mut file, 2, "2026-07-01", "Notice", &about).unwrap();
    take(&mut file, 3, "2026-07-01", "Notice", &notice("talk", "2026-08-02")).unwrap();
    assert_eq!(take_by(&mut file, FIRM, 4, "2026-07-01", "Notice", &about), Err(Void::NoRight));
    assert_eq!(take_by(&mut file, FIRM, 4, "2026-07-01", "NoticeDone", &done(2)), Err(Void::NoRight));
    assert_eq!(take(&mut file, 4, "2026-07-01", "NoticeDone", &done(99)), Err(Void::UnknownTarget));
    assert_eq!(take(&mut file, 4, "2026-07-01", "NoticeDone", &done(1)), Err(Void::WrongTarget));
    let open =
        |file: &CreditFile<'_>| file.notices().map(|said| (said.what.kind.name(), said.what.about)).collect::<Vec<_>>();
    assert_eq!(open(&file), [("warning", Some(hash(1))), ("talk", None)]);
    take(&mut file, 5, "2026-07-20", "NoticeDone", &done(2)).unwrap();
    assert_eq!(take(&mut file, 6, "2026-07-21", "NoticeDone", &done(2)), Err(Void::Transition));
    assert_eq!((open(&file), evaluated(&file, "2026-09-01")), (vec![("talk", None)], before));
    take(&mut file, 7, "2026-07-21", "Objection", &objection(3, "basis")).unwrap();
    take(&mut file, 8, "2026-07-22", "ObjectionStep", &step("objection", 7, "accept")).unwrap();
    assert!(file.notices().all(|said| said.is_contested));
    let upheld = format!("{},\"result\":\"upheld\"", step("objection", 7, "decide"));
    take(&mut file, 9, "2026-07-23", "ObjectionStep", &upheld).unwrap();
    assert!(open(&file).is_empty());
}
