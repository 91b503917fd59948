//! Answers to traces of the scenarios in `docs/scenarios`, whose events are derived as `apply` derives them.
//! Every author has standing here: who may move what is `apply`'s to judge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mini::{Happening, Mini};
use crate::derive::{Action, Step, derive};
use crate::key::SubjectKey;
use crate::record::mask;
use crate::trace::answer::{Answer, Asked, Organisations, Reason, Unknown, answer};
use crate::trace::closure::{Direction, Query, close};
use crate::trace::history::Place;
use crate::trace::tree::{TreeWords, tree};

/// The actors: key, entity URI, in the order of their numbers from 1.
struct Actors(Vec<(String, String)>);

impl Organisations for Actors {
    fn uri(&self, number: u64) -> Option<String> {
        self.0.get(number as usize - 1).map(|actor| actor.1.clone())
    }
}

fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(text).collect()
}

fn actors() -> Actors {
    Actors(
        read("actors.json")
            .as_array()
            .unwrap()
            .iter()
            .map(|actor| (text(&actor["key"]), text(&actor["entity"])))
            .collect(),
    )
}

/// Captures a payload as an author who has standing towards all that it names.
pub fn capture(mini: &mut Mini, author: u64, payload: &str) -> Place {
    let derived = derive(payload.as_bytes()).unwrap();
    let mut event = Happening::at(derived.event_time).with(derived.mask).by(author).saying(payload);
    if derived.recalled {
        event.mask |= mask::RECALL;
    }
    for link in &derived.links {
        let number = mini.number_of_key(derived.keys[link.key as usize].clone());
        event = event.link(link.role, &[number]);
        let begins = derived.step == Step::Commissioning && derived.action == Some(Action::Add);
        if begins || link.role == crate::record::Role::Output {
            mini.state(number).life = crate::state::subject::life::ACTIVE;
        }
        if derived.recalled {
            mini.state(number).recall = 1;
        }
    }
    mini.capture(event)
}

fn load(scenario: &str) -> Mini {
    let mut mini = Mini::default();
    let actors = actors();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/");
    let mut files: Vec<String> = std::fs::read_dir(format!("{folder}{scenario}"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.retain(|file| file.ends_with(".jsonld"));
    files.sort();
    for file in files {
        let actor = file.split('-').nth(1).unwrap().trim_end_matches(".jsonld").to_owned();
        let author = actors.0.iter().position(|known| known.0 == actor).unwrap() as u64 + 1;
        for event in read(&format!("{scenario}/{file}"))["epcisBody"]["eventList"].as_array().unwrap() {
            capture(&mut mini, author, &event.to_string());
        }
    }
    mini
}

fn ask(mini: &mut Mini, uri: &str, direction: Direction) -> Answer {
    let start = mini.number_of_key(SubjectKey::from_uri(uri).unwrap());
    let query = Query::new(vec![start], direction);
    let Ok(closure) = close(mini, &query);
    let actors = actors();
    let Ok(answer) = answer(mini, &closure, &Asked { query: &query, height: 99, organisations: &actors });
    answer
}

fn ids(answer: &Answer) -> BTreeSet<String> {
    answer.nodes.iter().map(|node| node.id.clone()).collect()
}

/// Goal: scenario A's recall reaches exactly what the specification says, with who received how many cases,
/// and warns of the sibling lot. Method: the documents, against `expected.json`.
#[test]
fn formula_recall() {
    let mut mini = load("a");
    let expected = read("expected.json")["a"].clone();
    let names: BTreeMap<String, Vec<String>> = expected["names"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, uris)| (name.clone(), uris.as_array().unwrap().iter().map(text).collect()))
        .collect();
    let keys: BTreeMap<String, String> = actors().0.into_iter().map(|(key, uri)| (uri, key)).collect();
    let named = |answer: &Answer| -> BTreeSet<String> {
        let of = |id: &String| {
            let name = names.iter().find(|(_, uris)| uris.contains(id));
            name.unwrap_or_else(|| panic!("{id} is not expected")).0.clone()
        };
        ids(answer).iter().filter(|id| **id != answer.subject).map(of).collect()
    };
    let received = |answer: &Answer| -> BTreeSet<String> {
        let lines = answer.holdings.iter().filter(|line| line.received.value != "0" && line.subject.contains("/01/1"));
        lines
            .map(|line| (keys[&line.author].clone(), line.received.value.clone()))
            .map(|(at, many)| format!("at:{at}:{many}"))
            .collect()
    };
    let forward = ask(&mut mini, &names["milk:M-20261002-2"][0], Direction::Forward);
    let mut found = named(&forward);
    // 400 in the pallet and 350 from the distributor are one line of the shops.
    assert_eq!(received(&forward), BTreeSet::from(["at:dist:600".to_owned(), "at:retail:750".to_owned()]));
    found.extend(["at:dist:600", "at:retail:400", "at:retail:350"].map(str::to_owned));
    assert_eq!(found, texts(&expected["forwardFromMilk2"]));
    let sold = forward.holdings.iter().find(|line| line.sold.value != "0").unwrap();
    assert_eq!(sold.sold.value, expected["quantities"]["retailSold"].to_string());
    let results = &forward.siblings.iter().find(|sibling| sibling.input == forward.subject).unwrap().results;
    assert_eq!(*results, vec![names["lot:L20261003A"][0].clone(), names["lot:L20261003B"][0].clone()]);
    assert!(forward.recalls.iter().any(|recall| recall.in_force && names["lot:L20261003A"].contains(&recall.subject)));
    let back = ask(&mut mini, &names["lot:L20261003A"][0], Direction::Back);
    assert_eq!(named(&back), texts(&expected["backwardFromLotA"]));
    let whey = back.gaps.iter().find(|gap| gap.subject == names["whey:W-77"][0]).unwrap();
    assert_eq!(whey.reason, Reason::OpeningBalance);
    let quantities: BTreeSet<&str> =
        back.edges.iter().filter_map(|edge| Some(edge.quantity.as_ref()?.value.as_str())).collect();
    assert!(!quantities.is_empty() && back.edges.iter().all(|edge| edge.quantity.is_some()));
    let json: Value = serde_json::to_value(&back).unwrap();
    for member in ["subject", "height", "nodes", "edges", "events", "gaps", "complete_to_height"] {
        assert!(json.get(member).is_some(), "{member}");
    }
    assert!(json["edges"][0]["from"].is_string() && json["edges"][0]["relation"] == "transformation");
}

/// Goal: scenario C's recall of a component finds the devices that have it now. Method: associations of the
/// lot's brakes that no event ended.
#[test]
fn lift_recall() {
    let mut mini = load("c");
    let expected = read("expected.json")["c"].clone();
    let forward = ask(&mut mini, &text(&expected["brakeLot"]), Direction::Forward);
    let devices = |ended: bool| -> BTreeSet<String> {
        let edges =
            forward.edges.iter().filter(|edge| edge.relation == "association" && (ended || edge.until.is_none()));
        edges.map(|edge| edge.to.clone()).collect()
    };
    assert_eq!(devices(true), texts(&expected["everInstalled"]));
    assert_eq!(devices(false), texts(&expected["installedAfterReplacement"]));
    assert!(forward.recalls.iter().any(|recall| recall.subject == forward.subject && !recall.claim));
}

/// Goal: scenario E's container is traced to the harvest. Method: the documents, against `expected.json`.
#[test]
fn durian_origin() {
    let mut mini = load("e");
    let expected = read("expected.json")["e"].clone();
    let back = ask(&mut mini, &text(&expected["container"]), Direction::Back);
    let mut known = texts(&expected["pallets"]);
    known.extend(["container", "lot", "harvest"].map(|name| text(&expected[name])));
    assert_eq!(ids(&back), known);
    let cases: i64 = back
        .edges
        .iter()
        .filter(|edge| edge.from == text(&expected["lot"]) && edge.relation == "containment")
        .map(|edge| edge.quantity.as_ref().unwrap().value.parse::<i64>().unwrap())
        .sum();
    assert_eq!(cases, expected["cases"].as_i64().unwrap());
}

/// Goal: a tree shows each node once with what is below it, and says what it leaves out. Method: scenario A's
/// lot backwards, whole and cut.
#[test]
fn trees_are_readable() {
    let mut mini = load("a");
    let lot = "https://id.gs1.org/01/09521001001014/10/L20261003A";
    let answer = ask(&mut mini, lot, Direction::Back);
    let words = TreeWords { above: " ^", recalled: " RECALLED", ended: " ended", more: "more:" };
    let lines = tree(&answer, &words, 100);
    let farm = "https://id.gs1.org/01/09521002001013/10";
    assert_eq!(lines[0], format!("{lot} RECALLED"));
    assert_eq!(lines.len(), 4);
    assert!(
        lines.iter().any(|line| line.starts_with(&format!("  {farm}/M-20261002-1 [transformation "))),
        "{lines:#?}"
    );
    assert_eq!(tree(&answer, &words, 2)[2], "more: 2");
}

fn event(number: u32, kind: &str, rest: &str) -> String {
    format!(
        r#"{{"type":"{kind}","eventID":"urn:uuid:{number}","eventTime":"2026-01-01T00:00:{number:02}Z","eventTimeZoneOffset":"+00:00",{rest}}}"#
    )
}

const ITEM: &str = r#""epcList":["https://id.gs1.org/01/09521000000011/21/1"]"#;
const OBSERVE: &str = r#""action":"OBSERVE""#;

fn object(number: u32, step: &str, rest: &str) -> String {
    event(number, "ObjectEvent", &format!(r#"{ITEM},{OBSERVE},"bizStep":"{step}"{rest}"#))
}

/// Goal: each missing hop is named with its reason and with who should know, and a chain without one has no
/// gaps. Method: small lives of one item, each with the gaps that a reader finds in it.
#[test]
fn gaps_have_reasons() {
    let commission = || event(1, "ObjectEvent", &format!(r#"{ITEM},"action":"ADD","bizStep":"commissioning""#));
    let to = r#","destinationList":[{"type":"owning_party","destination":"https://id.gs1.org/417/9521003000015"}]"#;
    let from = r#","sourceList":[{"type":"owning_party","source":"https://id.gs1.org/417/9521003000015"}]"#;
    // A party is a place to the ledger: one GLN.
    let party = Some("https://id.gs1.org/414/9521003000015".to_owned());
    let unpack = || {
        let child = r#""parentID":"https://id.gs1.org/00/095210010000000017","childEPCs":["https://id.gs1.org/01/09521000000011/21/1"],"action":"DELETE""#;
        event(4, "AggregationEvent", child)
    };
    let first = |number: u64| Some(format!("organisation {number}"));
    type Case = (Vec<(u64, String)>, Vec<(Reason, Option<String>)>);
    let cases: Vec<Case> = vec![
        (vec![(1, commission()), (1, object(2, "shipping", to)), (2, object(3, "receiving", from))], vec![]),
        (vec![(1, commission()), (1, object(2, "shipping", to))], vec![(Reason::NotCaptured, party.clone())]),
        (
            vec![
                (1, commission()),
                (1, object(2, "shipping", to)),
                (1, object(3, "departing", to)),
                (2, object(4, "arriving", "")),
                (2, object(5, "receiving", "")),
            ],
            vec![],
        ),
        (vec![(1, commission()), (2, object(3, "receiving", from))], vec![(Reason::SenderNotRecorded, party.clone())]),
        (vec![(1, commission()), (1, object(2, "shipping", to)), (1, object(3, "void_shipping", ""))], vec![]),
        (vec![(2, object(3, "storing", ""))], vec![(Reason::NeverCommissioned, None)]),
        (
            vec![(1, commission()), (1, object(2, "destroying", "")), (3, object(5, "storing", ""))],
            vec![(Reason::AfterEndOfLife, first(3))],
        ),
        (vec![(1, commission()), (2, unpack())], vec![(Reason::NeverPacked, first(2))]),
    ];
    for (number, (events, expected)) in cases.into_iter().enumerate() {
        let mut mini = Mini::default();
        for (author, payload) in &events {
            capture(&mut mini, *author, payload);
        }
        let item = mini.number_of_key(SubjectKey::from_uri("https://id.gs1.org/01/09521000000011/21/1").unwrap());
        let query = Query::new(vec![item], Direction::History);
        let Ok(closure) = close(&mut mini, &query);
        let Ok(answer) = answer(&mut mini, &closure, &Asked { query: &query, height: 9, organisations: &Unknown });
        let found: Vec<_> = answer.gaps.iter().map(|gap| (gap.reason, gap.expected_of.clone())).collect();
        assert_eq!(found, expected, "case {number}");
    }
}

/// Goal: an erased payload takes the words and leaves the event, named as a gap of its author. Method: erase
/// one of two.
#[test]
fn erased_events_are_gaps() {
    let mut mini = Mini::default();
    capture(&mut mini, 1, &event(1, "ObjectEvent", &format!(r#"{ITEM},"action":"ADD","bizStep":"commissioning""#)));
    let erased = capture(&mut mini, 2, &object(2, "storing", ""));
    mini.erase(erased);
    let answer = ask(&mut mini, "https://id.gs1.org/01/09521000000011/21/1", Direction::History);
    assert_eq!((answer.events.len(), answer.gaps.len()), (2, 1));
    assert_eq!((answer.gaps[0].reason, answer.gaps[0].event.as_str()), (Reason::PayloadErased, "2/0"));
    let event = &answer.events[1];
    assert_eq!((event.erased, event.time.as_str(), &event.step), (true, "2026-01-01T00:00:02.000Z", &None));
}
