//! Traces of the scenarios through real submissions of their actors: who may move what is judged by `apply`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ledger;

use std::collections::BTreeSet;

use ledger::TestLedger;
use serde_json::Value;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::OrganisationRole;
use suyuan_ledger::trace::answer::{Answer, Asked, Organisations, Reason, answer};
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;

struct Actors(Vec<Value>);

impl Organisations for Actors {
    fn uri(&self, number: u64) -> Option<String> {
        Some(self.0.get(usize::try_from(number).ok()?.checked_sub(1)?)?["entity"].as_str()?.to_owned())
    }
}

fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

fn actors() -> Actors {
    Actors(read("actors.json").as_array().unwrap().clone())
}

fn load(scenario: &str) -> TestLedger {
    let actors = actors().0;
    let prefixes: Vec<[&str; 1]> = actors.iter().map(|actor| [actor["companyPrefix"].as_str().unwrap()]).collect();
    let members: Vec<_> = actors
        .iter()
        .zip(&prefixes)
        .map(|(actor, prefix)| {
            let authority = actor["role"] == "authority";
            let role = if authority { OrganisationRole::Authority } else { OrganisationRole::Member };
            (actor["entity"].as_str().unwrap(), role, prefix.as_slice())
        })
        .collect();
    let mut network = TestLedger::new(&members);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/");
    let mut files: Vec<String> = std::fs::read_dir(format!("{folder}{scenario}"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.retain(|file| file.ends_with(".jsonld"));
    files.sort();
    for file in files {
        let actor = file.split('-').nth(1).unwrap().trim_end_matches(".jsonld");
        let member = actors.iter().position(|known| known["key"] == actor).unwrap();
        let document = read(&format!("{scenario}/{file}"));
        let events = document["epcisBody"]["eventList"].as_array().unwrap();
        let payloads: Vec<String> = events.iter().map(|event| event.to_string()).collect();
        // No event may lie in the future of its block: these all lie in its past.
        network.time = network.time.max(1_900_000_000_000);
        let codes = network.submit(member, &payloads);
        assert!(codes.iter().all(|code| *code == 0), "{file} {codes:?}");
    }
    network
}

fn ask(network: &TestLedger, uri: &str, direction: Direction) -> Answer {
    let mut history = StoreHistory::new(&network.store);
    let start = history.reader().number_of(SubjectKey::from_uri(uri).unwrap().tag()).unwrap().unwrap();
    let query = Query::new(vec![start], direction);
    let closure = close(&mut history, &query).unwrap();
    let height = network.ledger.head.height;
    answer(&mut history, &closure, &Asked { query: &query, height, organisations: &actors() }).unwrap()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Goal: through real submissions, scenario A's recall reaches what it must, nothing is a mere claim, and
/// everything that came somewhere is counted. Method: the documents of the actors in order.
#[test]
fn formula_recall() {
    let network = load("a");
    let milk = ask(&network, "https://id.gs1.org/01/09521002001013/10/M-20261002-2", Direction::Forward);
    let ids: BTreeSet<&str> = milk.nodes.iter().map(|node| node.id.as_str()).collect();
    let expected = [
        "https://id.gs1.org/00/095210010000000017",
        "https://id.gs1.org/00/095210010000000024",
        "https://id.gs1.org/01/09521001001014/10/L20261003A",
        "https://id.gs1.org/01/09521001001014/10/L20261003B",
        "https://id.gs1.org/01/09521002001013/10/M-20261002-2",
        "https://id.gs1.org/01/19521001001011/10/L20261003A",
    ];
    assert_eq!(ids, BTreeSet::from(expected));
    assert_eq!((milk.claims.len(), &milk.gaps, &milk.cuts), (0, &vec![], &vec![]));
    let at = |gln: &str, subject: &str| {
        let mut lines = milk.holdings.iter().filter(|line| line.place.ends_with(gln) && line.subject == subject);
        let line = lines.next().unwrap();
        assert!(lines.next().is_none());
        [&line.received, &line.shipped, &line.sold, &line.ended].map(|amount| amount.value.clone())
    };
    let (cans, cases) = (expected[2], expected[5]);
    assert_eq!(at("9521003000015", cases), ["600", "350", "0", "250"]);
    assert_eq!(at("9521004000014", cases), ["750", "0", "0", "510"]);
    assert_eq!(at("9521004000014", cans), ["0", "0", "2880", "1150"]);
    let holder = milk.nodes.iter().find(|node| node.id == expected[0]).unwrap().holder.as_deref();
    assert_eq!(holder, Some("urn:uscc:91441900DEMA0003X3"));
    let back = ask(&network, cans, Direction::Back);
    assert_eq!((back.nodes.len(), back.edges.len(), back.gaps.len()), (4, 3, 1));
}

/// Goal: scenario C's devices are found, and who replaced a brake without standing towards it is told as a
/// claim that ends nothing. Method: the documents of the actors in order.
#[test]
fn lift_recall() {
    let network = load("c");
    let expected = read("expected.json")["c"].clone();
    let lot = ask(&network, expected["brakeLot"].as_str().unwrap(), Direction::Forward);
    let associations = || lot.edges.iter().filter(|edge| edge.relation == "association");
    assert_eq!(associations().map(|edge| edge.to.clone()).collect::<BTreeSet<_>>(), texts(&expected["everInstalled"]));
    assert_eq!(
        associations()
            .filter(|edge| edge.until.is_none() && edge.until_claimed.is_none())
            .map(|edge| edge.to.clone())
            .collect::<BTreeSet<_>>(),
        texts(&expected["installedAfterReplacement"])
    );
}

/// Goal: scenario E's container leads back to the harvest, and each who held it to 120 cases. Method: the
/// documents of the actors in order.
#[test]
fn durian_origin() {
    let network = load("e");
    let expected = read("expected.json")["e"].clone();
    let back = ask(&network, expected["container"].as_str().unwrap(), Direction::Back);
    let mut known = texts(&expected["pallets"]);
    known.extend(["container", "lot", "harvest"].map(|name| expected[name].as_str().unwrap().to_owned()));
    assert_eq!(back.nodes.iter().map(|node| node.id.clone()).collect::<BTreeSet<_>>(), known);
    assert_eq!((back.claims.len(), back.gaps.len()), (0, 0));
    let lot = expected["lot"].as_str().unwrap();
    let received = back.holdings.iter().filter(|line| line.subject == lot && line.received.value == "120");
    assert_eq!(received.count(), 2);
}

/// Goal: a stranger's word that it commissioned a thing does not hide that nobody with the right to has recorded its
/// making; nor does it that a lot went into something that was commissioned. Method: an owner keeps an item and uses a lot
/// that it never commissioned, and makes an item of that; a stranger "commissions" the first.
#[test]
fn a_strangers_word_fills_no_gap() {
    let owner: &[&str] = &["9521001"];
    let mut network = TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", OrganisationRole::Member, owner),
        ("urn:uscc:91440104DEMA001013", OrganisationRole::Member, &[]),
    ]);
    let kept = "https://id.gs1.org/01/09521001001014/21/1";
    let used = "https://id.gs1.org/01/09521001001014/10/USED";
    let made = "https://id.gs1.org/01/09521001001014/21/3";
    let object = |action: &str, step: &str| {
        ledger::event("ObjectEvent", &format!(r#""action":"{action}","bizStep":"{step}","epcList":["{kept}"]"#))
    };
    network.accept(0, object("OBSERVE", "storing"));
    let input = format!(r#"{{"epcClass":"{used}","quantity":3,"uom":"KGM"}}"#);
    let members = format!(r#""bizStep":"commissioning","inputQuantityList":[{input}],"outputEPCList":["{made}"]"#);
    network.accept(0, ledger::event("TransformationEvent", &members));
    network.accept(1, object("ADD", "commissioning"));
    for (uri, missing) in [(kept, true), (used, true), (made, false)] {
        let found = ask(&network, uri, Direction::History);
        let gap = found.gaps.iter().any(|gap| gap.reason == Reason::NeverCommissioned && gap.subject == uri);
        assert_eq!(gap, missing, "{uri}: {:?}", found.gaps);
    }
}
