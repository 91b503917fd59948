//! Objections, repairs and removals in whatever order.

use super::tests::{AUTHORITY, FIRM, file, hash, inspection, objection, penalty, pledge, repair, step};
use super::*;
use crate::credit::record::Removed;
use crate::test_random::Random;

/// The first day.
const START: i64 = 20_500;

/// What may follow what (`05-credit-model.md` §5.7, §5.8); what nothing follows is not here.
const OBJECTION: [(Option<ObjectionStep>, ObjectionStep); 12] = {
    use ObjectionStep::{Accept, Decide, PlatformCheck, ProviderAnswer, ProviderAsked, Refuse};
    [
        (None, Accept),
        (None, Refuse),
        (Some(Accept), PlatformCheck),
        (Some(Accept), ProviderAsked),
        (Some(Accept), ProviderAnswer),
        (Some(Accept), Decide),
        (Some(PlatformCheck), ProviderAsked),
        (Some(PlatformCheck), ProviderAnswer),
        (Some(PlatformCheck), Decide),
        (Some(ProviderAsked), ProviderAnswer),
        (Some(ProviderAsked), Decide),
        (Some(ProviderAnswer), Decide),
    ]
};
const REPAIR: [(Option<RepairStep>, RepairStep); 5] = {
    use RepairStep::{Accept, Decide, Extend, Refuse};
    [(None, Accept), (None, Refuse), (Some(Accept), Extend), (Some(Accept), Decide), (Some(Extend), Decide)]
};

fn text(day: i64) -> String {
    Day::from_number(day).text().unwrap()
}

/// One of a few records, by one of two, that names one of those before.
fn said(random: &mut Random, file: &CreditFile<'_>, number: u8, today: i64) -> (&'static str, String) {
    // Mostly one that can be meant.
    let one_of = |random: &mut Random, meant: Vec<&Hash>| match meant.is_empty() || random.below(8) == 0 {
        true => 1 + u8::try_from(random.below(number.into())).unwrap(),
        false => meant[usize::try_from(random.below(meant.len() as u64)).unwrap()].0[0],
    };
    let items = |is: fn(&Statement) -> bool| {
        file.items.iter().filter(|(_, item)| is(&item.statement)).map(|(hash, _)| hash).collect::<Vec<_>>()
    };
    let penalties = || items(|statement| matches!(statement, Statement::Penalty { .. }));
    let against = || {
        items(|statement| {
            let is_grave = matches!(statement, Statement::Listing { .. } | Statement::Falsification(_));
            is_grave || matches!(statement, Statement::Penalty { .. } | Statement::PledgeResult { .. })
        })
    };
    let pick =
        |random: &mut Random, from: &[&'static str]| from[usize::try_from(random.below(from.len() as u64)).unwrap()];
    match random.below(16) {
        10 => {
            let about = hash(one_of(random, against()));
            let about = pick(random, &["", "about"]).replace("about", &format!(r#","about":"{about}""#));
            ("Notice", format!(r#""kind":"talk","due":"{}","document":"{}"{about}"#, text(today + 30), hash(7)))
        }
        11 => {
            let notice = hash(one_of(random, items(|statement| matches!(statement, Statement::Notice(_)))));
            ("NoticeDone", format!(r#""notice":"{notice}","document":"{}""#, hash(7)))
        }
        8 => {
            let pledge = hash(one_of(random, items(|statement| matches!(statement, Statement::Pledge { .. }))));
            ("PledgeResult", format!(r#""pledge":"{pledge}","result":"{}""#, pick(random, &["broken", "kept"])))
        }
        9 => {
            let (since, notice) = (text(today - 300), hash(7));
            let common = format!(r#""decisionNo":"x","basis":"x","humanDecision":true,"noticeReceipt":"{notice}""#);
            match random.below(2) {
                0 => ("Listing", format!(r#"{common},"list":"x","from":"{since}","to":"{}""#, text(today + 200))),
                _ => ("Falsification", format!(r#"{common},"decided":"{since}","document":"{notice}""#)),
            }
        }
        0 => ("Penalty", penalty(pick(random, &["minor", "general", "serious"]), &text(today - 200))),
        1 => {
            let basis = format!(r#","penalty":"{}""#, hash(one_of(random, penalties())));
            ("Inspection", inspection(&text(today), "fail") + &basis)
        }
        2 => ("Pledge", pledge()),
        3 => {
            let kind = pick(random, &["fact", "identity"]);
            let evidence = if random.below(2) == 0 { String::new() } else { format!(r#","evidence":["{}"]"#, hash(9)) };
            let others = file.items.iter().filter(|(_, item)| item.kind.speaker() == Speaker::Authority);
            let target = one_of(random, others.map(|(hash, _)| hash).collect());
            ("Objection", objection(target, kind) + &evidence)
        }
        4 | 12 | 13 => {
            let name =
                pick(random, &["accept", "refuse", "platform_check", "provider_asked", "provider_answer", "decide"]);
            let result = if name == "decide" { pick(random, &["upheld", "partly", "rejected"]) } else { "" };
            ("ObjectionStep", stepped("objection", one_of(random, file.objections.keys().collect()), name, result))
        }
        5 => {
            let pledge = one_of(random, items(|statement| matches!(statement, Statement::Pledge { .. })));
            let (one, other) = (one_of(random, against()), one_of(random, against()));
            let both = [one, other];
            let count = if one == other { 1 } else { 1 + usize::try_from(random.below(2)).unwrap() };
            ("Repair", repair(&both[..count], pledge))
        }
        6 | 14 | 15 => {
            let name = pick(random, &["accept", "refuse", "extend", "decide"]);
            let result = if name == "decide" { pick(random, &["repaired", "refused"]) } else { "" };
            ("RepairStep", stepped("repair", one_of(random, file.repairs.keys().collect()), name, result))
        }
        _ => {
            let target = hash(one_of(random, against()));
            ("Removal", format!(r#""targets":[{{"record":"{target}","height":1,"index":0}}]"#))
        }
    }
}

fn stepped(of: &str, number: u8, name: &str, result: &str) -> String {
    let result = if result.is_empty() { String::new() } else { format!(r#","result":"{result}""#) };
    format!(r#"{}{result},"reasons":"{}""#, step(of, number, name), hash(8))
}

fn written(number: u8, author: &str, today: i64, kind: &str, members: &str) -> Written {
    let payload = format!(
        r#"{{"type":"suyuan:{kind}","eventID":"urn:x:{number}","eventTime":"{}T10:00:00+08:00","subject":"{FIRM}",{members}}}"#,
        text(today)
    );
    let record = CreditRecord::parse(payload.as_bytes()).unwrap_or_else(|error| panic!("{payload}: {error:?}"));
    let author = Author { uri: author.to_owned(), is_authority: author == AUTHORITY };
    Written { hash: hash(number), author, record }
}

/// All that a file comes to.
fn all(file: &CreditFile<'_>, day: Day) -> String {
    format!("{:?}", (file.facts(), file.status(day), &file.objections, &file.repairs, file.removals()))
}

// Goal: whatever is said in whatever order, what has no effect changes nothing; a step follows one that it may follow; what is
// decided stays so; what is repaired never comes back; and what is over can be taken out without a trace in what the rest comes
// to. Method: random records by both, with days between, against tables of steps.
#[test]
fn any_order() {
    let mut random = Random(11);
    let (mut voids, mut effects, mut removed, mut steps) = (0, 0, 0, BTreeSet::new());
    for _ in 0..8_000 {
        let (mut file, mut today, mut taken) = (file(), START, Vec::new());
        for number in 1..=4 + u8::try_from(random.below(40)).unwrap() {
            today += i64::try_from(random.below(30)).unwrap();
            let (kind, members) = said(&mut random, &file, number, today);
            let is_own = matches!(kind, "Pledge" | "Objection" | "Repair") != (random.below(12) == 0);
            let record = written(number, if is_own { FIRM } else { AUTHORITY }, today, kind, &members);
            let (before, day) = (file.clone(), Day::from_number(today));
            let has_effect = file.take(&record).is_ok();
            if has_effect {
                effects += 1;
                follows(&before, &file, &record, &mut steps);
            } else {
                voids += 1;
                assert_eq!(all(&before, day), all(&file, day), "{record:?}");
            }
            taken.push((record, has_effect));
            for (hash, item) in before.items.iter().filter(|(_, item)| item.standing == Standing::Repaired) {
                let now = file.items.get(hash);
                assert!(now.is_none_or(|now| now.standing == item.standing), "it came back");
            }
        }
        removed += without_what_is_over(&file, &taken, Day::from_number(today));
    }
    assert!(voids > 40_000 && effects > 40_000 && removed > 500, "{voids} {effects} {removed}");
    assert_eq!(steps.len(), OBJECTION.len() + REPAIR.len(), "{steps:?}");
}

/// Checks that a step is one of the tables', of something that was not decided.
fn follows(before: &CreditFile<'_>, after: &CreditFile<'_>, record: &Written, steps: &mut BTreeSet<String>) {
    match &record.record.statement {
        Statement::ObjectionStep { objection, step, .. } => {
            let last = before.objections[objection].step;
            assert!(OBJECTION.contains(&(last, *step)), "{last:?} {step:?}");
            assert_eq!(after.objections[objection].step, Some(*step));
            steps.insert(format!("{last:?} {step:?}"));
        }
        Statement::RepairStep { repair, step, .. } => {
            let last = before.repairs[repair].step;
            assert!(REPAIR.contains(&(last, *step)), "{last:?} {step:?}");
            steps.insert(format!("{last:?} {step:?} of a repair"));
        }
        // It takes out what was decided.
        Statement::Removal { .. } => return,
        _ => {}
    }
    for (hash, one) in before.objections.iter().filter(|(_, one)| one.step.is_some() && one.due.is_none()) {
        assert_eq!(after.objections.get(hash), Some(one));
    }
    for (hash, one) in before.repairs.iter().filter(|(_, one)| one.step.is_some() && one.due.is_none()) {
        assert_eq!(after.repairs.get(hash), Some(one));
    }
}

/// Takes what is over out of the records, and compares what the rest comes to; 1 if anything was over.
fn without_what_is_over(whole: &CreditFile<'_>, taken: &[(Written, bool)], day: Day) -> usize {
    let over: Vec<Removed> = whole.removable(day).into_iter().map(|record| Removed { record, place: (1, 0) }).collect();
    if over.is_empty() {
        return 0;
    }
    let mut removed = whole.clone();
    removed.remove(hash(200), &over, day).unwrap();
    let (mut about, mut rest) = (About::new(&removed.removals()[&hash(200)]), file());
    for (record, had_effect) in taken {
        // What could come to life is erased with it.
        let is_removal = matches!(record.record.statement, Statement::Removal { .. });
        let is_void = !had_effect && (is_removal || crate::credit::removal::could_have_effect(&record.record));
        if about.is_part(record.hash, &record.record) || is_void {
            continue;
        }
        // An application that failed for something that is over and another is void now; nothing else is, but for what was
        // removed before.
        let is_left = matches!(
            &record.record.statement,
            Statement::Repair { .. } | Statement::RepairStep { .. } | Statement::Removal { .. }
        );
        assert!(rest.take(record).is_ok() == *had_effect || is_left, "{record:?}");
    }
    over.iter().for_each(|one| rest.take_gone(one.record));
    rest.remove(hash(200), &over, day).unwrap();
    assert_eq!(removed.facts(), rest.facts());
    assert_eq!(removed.status(day), rest.status(day));
    assert_eq!(removed.objections, rest.objections);
    let open = |file: &CreditFile<'_>| {
        file.repairs.iter().filter(|(_, one)| one.due.is_some()).map(|(hash, _)| *hash).collect::<Vec<_>>()
    };
    assert_eq!(open(&removed), open(&rest));
    let notices = |file: &CreditFile<'_>| file.notices().map(|one| one.record).collect::<Vec<_>>();
    assert_eq!(notices(&removed), notices(&rest));
    1
}
