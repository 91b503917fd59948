//! Altered proofs of traces made by real submissions: each is refused. What is altered is said by each test; a
//! million random mutations are in the library's own tests.

mod ledger;
mod proved;

use std::sync::Arc;

use ledger::TestLedger;
use proved::{
    DIRECTIONS, as_proved, case, event_of_hour, item, list, lot, number, prove, recorded, trust, without_event,
};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::proof::RefusedCode;
use suyuan_ledger::proof::format::{Found, ProofQuery, ShownEvent, TraceProof};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::record::{LinkRun, Role, Standing};
use suyuan_ledger::state::subject::StoredRecord;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;

/// Twelve items of one lot in two cases; a case shipped.
fn network() -> TestLedger {
    let mut network = TestLedger::new(&[("urn:uscc:91440115DEMA00013J", Member, &["9521001"])]);
    let items: Vec<String> = (1..=12).map(item).collect();
    let made = format!(
        r#""inputQuantityList":[{{"epcClass":"{}","quantity":9}}],"outputEPCList":[{}],"ilmd":{{"cbvmda:lotNumber":"L1"}}"#,
        "https://id.gs1.org/01/09521001001007/10/MILK",
        list(&items)
    );
    network.accept(0, event_of_hour("TransformationEvent", 8, &made));
    for (number, items) in (1..).zip(items.chunks(6)) {
        let parent = case(number);
        let members = format!(r#""action":"ADD","parentID":"{parent}","childEPCs":[{}]"#, list(items));
        network.accept(0, event_of_hour("AggregationEvent", 9, &members));
    }
    see(&mut network, 10, &case(1));
    network.checkpoint();
    network
}

fn see(network: &mut TestLedger, hour: u32, id: &str) {
    let members = format!(r#""action":"OBSERVE","bizStep":"storing","epcList":["{id}"]"#);
    network.accept(0, event_of_hour("ObjectEvent", hour, &members));
}

fn key(uri: &str) -> Vec<u8> {
    SubjectKey::from_uri(uri).unwrap().bytes().to_vec()
}

fn refusal(proof: &TraceProof, trust: &Trust) -> Option<RefusedCode> {
    verify(&proof.to_bytes(), trust).err().map(|refused| refused.code)
}

/// The proofs of what the tests below alter.
fn proofs(network: &TestLedger) -> Vec<TraceProof> {
    let starts = [item(3), lot("L1"), case(1), "https://id.gs1.org/01/09521001001007/10/MILK".to_owned()];
    let each = starts.iter().flat_map(|uri| DIRECTIONS.map(|direction| (uri, direction)));
    each.flat_map(|(uri, direction)| [true, false].map(|payloads| prove(network, &key(uri), direction, payloads)))
        .collect()
}

/// Goal: an event that is left out is missed. Method: each event of each proof, with and without payloads.
#[test]
fn event_left_out() {
    let network = network();
    let trust = trust(&network);
    let mut tried = 0;
    for proof in proofs(&network) {
        for place in 0..recorded(&mut proof.clone()).events.len() {
            assert!(refusal(&without_event(&proof, place), &trust).is_some(), "{place}");
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Goal: an older head hides nothing: what it certifies is another state, and one who has pinned a later set
/// of events is told how far the old proof reaches. Method: the same trace proved before and after an event of
/// an item of its lot; each head under the other's body; the old header with the roots of the new one.
#[test]
fn older_head() {
    let mut network = network();
    let trust = trust(&network);
    let older = prove(&network, &key(&lot("L1")), Direction::Forward, false);
    see(&mut network, 11, &item(5));
    network.checkpoint();
    let newer = prove(&network, &key(&lot("L1")), Direction::Forward, false);
    for (head, body) in [(&older, &newer), (&newer, &older)] {
        let (decided, roots) = (head.decided.clone(), head.roots.clone());
        let mixed = TraceProof { decided, roots, ..body.clone() };
        assert_eq!(refusal(&mixed, &trust), Some(RefusedCode::State));
        let mixed = TraceProof { decided: head.decided.clone(), ..body.clone() };
        assert_eq!(refusal(&mixed, &trust), Some(RefusedCode::State));
        let mixed = TraceProof { roots: head.roots.clone(), ..body.clone() };
        assert_eq!(refusal(&mixed, &trust), Some(RefusedCode::State));
    }
    let [older, newer] = [older, newer].map(|proof| verify(&proof.to_bytes(), &trust).unwrap());
    assert!(older.complete_to < newer.complete_to);
    let events = |verified: suyuan_ledger::proof::verify::Verified| verified.trace.unwrap().closure.events.len();
    assert_eq!(events(newer), events(older) + 1);
}

/// Goal: a proof answers for its own subject alone. Method: the proof of one item asked for another that shares
/// its log, and for one of another case: with the key exchanged, with the number too, and with the names shown.
#[test]
fn another_subject() {
    let network = network();
    let trust = trust(&network);
    for direction in DIRECTIONS {
        for payloads in [true, false] {
            let proof = prove(&network, &key(&item(3)), direction, payloads);
            for other in [4, 9].map(item) {
                let mut altered = proof.clone();
                altered.query.key = key(&other);
                assert_eq!(refusal(&altered, &trust), Some(RefusedCode::Names));
                recorded(&mut altered).start = number(&network, &other).unwrap();
                assert!(refusal(&altered, &trust).is_some());
                let mut theirs = prove(&network, &key(&other), direction, payloads);
                let taken = recorded(&mut theirs).names.clone();
                recorded(&mut altered).names = taken;
                // Items that share their logs share all but the names: then it is the other's own proof.
                assert_eq!(refusal(&altered, &trust).is_none(), altered == theirs);
            }
        }
    }
}

/// Goal: a run of subjects has the extent that its log has. Method: each run of each proof stretched and shrunk
/// at both ends, and cut in two.
#[test]
fn run_stretched_or_shrunk() {
    let network = network();
    let trust = trust(&network);
    let mut tried = 0;
    for proof in proofs(&network) {
        for place in 0..recorded(&mut proof.clone()).subjects.len() {
            for change in 0..5 {
                let mut proof = proof.clone();
                let subjects = &mut recorded(&mut proof).subjects;
                let run = &mut subjects[place];
                match change {
                    0 => run.count += 1,
                    1 => run.count -= 1,
                    2 => (run.first, run.count) = (run.first.saturating_sub(1), run.count + 1),
                    3 => (run.first, run.count) = (run.first + 1, run.count - 1),
                    _ if run.count < 2 => continue,
                    _ => {
                        let mut right = run.clone();
                        (run.count, right.first, right.count) = (1, run.first + 1, run.count - 1);
                        subjects.insert(place + 1, right);
                    }
                }
                assert!(refusal(&proof, &trust).is_some(), "{place} {change}");
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Goal: subjects that share a log cannot be vouched for by the first of them. Method: after an event of the
/// fourth item of a run, a node shows the run as it was before: with that real event and without it; and a
/// forged event of the first, the fourth and the last alone, and of some of them, in a proof that holds.
#[test]
fn run_checked_by_its_first_member_only() {
    let mut network = network();
    let trust = trust(&network);
    let older = prove(&network, &key(&lot("L1")), Direction::Forward, false);
    see(&mut network, 11, &item(4));
    network.checkpoint();
    let newer = prove(&network, &key(&lot("L1")), Direction::Forward, false);
    let later = recorded(&mut newer.clone()).events.last().unwrap().clone();
    let of_run = |proof: &TraceProof| {
        let first = number(&network, &item(1)).unwrap();
        recorded(&mut proof.clone()).subjects.iter().find(|run| run.first == first).unwrap().clone()
    };
    let (before, after) = (of_run(&older), of_run(&newer));
    assert_eq!((before.count, after.count), (6, 3));
    let mut hidden = newer.clone();
    let parts = recorded(&mut hidden);
    parts.subjects.retain(|run| run.first < before.first || run.first >= before.first + before.count);
    parts.subjects.push(before.clone());
    parts.subjects.sort_by_key(|run| run.first);
    assert_eq!(refusal(&hidden, &trust), Some(RefusedCode::Cut));
    recorded(&mut hidden).events.pop();
    assert_eq!(refusal(&hidden, &trust), Some(RefusedCode::State));
    let mut shown = older.clone();
    recorded(&mut shown).events.push(later.clone());
    assert_eq!(refusal(&shown, &trust), Some(RefusedCode::Cut));
    for first in before.first..before.first + before.count {
        for count in 1..=before.count - (first - before.first) {
            let mut forged = older.clone();
            recorded(&mut forged).events.push(naming(&later, first, count as u32));
            let whole = count == before.count;
            let expected = if whole { RefusedCode::State } else { RefusedCode::Cut };
            assert_eq!(refusal(&forged, &trust), Some(expected), "{first} {count}");
        }
    }
}

/// An event that no ledger has: `after`, with these subjects as its things.
fn naming(after: &ShownEvent, first: u64, count: u32) -> ShownEvent {
    let mut record = StoredRecord::clone(&after.record);
    record.runs = vec![LinkRun { role: Role::Epc as u8, standing: Standing::Owner as u8, first, count }];
    record.names = Hash::ZERO;
    ShownEvent { record: Arc::new(record), ..after.clone() }
}

/// Goal: no byte of a proof is without meaning. Method: each byte of two proofs with each of its bits turned, and
/// set to 0 and to 255; the proof cut short at each byte, and longer by one. What is accepted is an answer to
/// another query, whose two bytes they are, that needs the same parts: it is the very trace that the ledger
/// gives to that query.
#[test]
fn any_byte_altered() {
    let network = network();
    let trust = trust(&network);
    for (uri, payloads) in [(item(3), true), (lot("L1"), false)] {
        let proof = prove(&network, &key(&uri), Direction::Forward, payloads);
        let bytes = proof.to_bytes();
        for place in 0..bytes.len() {
            let byte = bytes[place];
            let others = (0..8).map(|bit| byte ^ 1 << bit).chain([0, 255]).filter(|other| *other != byte);
            for other in others {
                let mut altered = bytes.clone();
                altered[place] = other;
                let Ok(verified) = verify(&altered, &trust) else { continue };
                let ProofQuery { key, direction, claims } = verified.query;
                assert!(key == proof.query.key && (direction, claims) != (proof.query.direction, false), "{place}");
                let direction = DIRECTIONS.into_iter().find(|known| *known as u8 == direction).unwrap();
                let trace = verified.trace.unwrap();
                let query = Query { claims, ..Query::new(vec![trace.start], direction) };
                let walked = close(&mut StoreHistory::new(&network.store), &query).unwrap();
                assert_eq!(trace.closure, as_proved(walked), "{place}");
            }
            assert!(verify(&bytes[..place], &trust).is_err(), "{place}");
        }
        assert!(verify(&[bytes.as_slice(), &[0]].concat(), &trust).is_err());
    }
}

/// Goal: a subject that appeared with an event is placed by that event and by no other. Method: each run's
/// founding event pointed at each other event shown.
#[test]
fn founding_event_exchanged() {
    let network = network();
    let trust = trust(&network);
    let mut tried = 0;
    for proof in proofs(&network) {
        let parts = recorded(&mut proof.clone()).clone();
        for place in 0..parts.subjects.len() {
            for event in 0..parts.events.len() as u32 {
                let mut altered = proof.clone();
                recorded(&mut altered).subjects[place].found = Found::Event(event);
                if altered != proof {
                    assert!(refusal(&altered, &trust).is_some(), "{place} {event}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
