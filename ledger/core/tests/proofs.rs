//! Goal: what a node proves, a verifier without a store finds true, and nothing else. Method: real signed
//! submissions applied to a ledger in memory; proofs of every subject and event, with and without payloads.

mod ledger;
mod proved;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use ledger::{TestLedger, event_at};
use proved::{DIRECTIONS, as_proved, case, item, list, prove, subjects, trust};
use suyuan_ledger::hash::Tag;
use suyuan_ledger::kv::{Overlay, Table};
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::proof::format::{Answer, TraceProof};
use suyuan_ledger::proof::inclusion::{EventShown, InclusionProof, Receipts};
use suyuan_ledger::proof::make::{MakeError, complete_to, last_header};
use suyuan_ledger::proof::make_inclusion::make_inclusion;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::proof::{Place, RefusedCode};
use suyuan_ledger::state::subject::place_key;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::history;
use suyuan_ledger::trace::store::StoreHistory;

/// An event a minute after the one before.
fn event(event_type: &str, members: &str) -> String {
    static MINUTE: AtomicU32 = AtomicU32::new(0);
    let minute = MINUTE.fetch_add(1, Relaxed);
    event_at(event_type, &format!("2026-10-30T{:02}:{:02}:00Z", minute / 60 % 24, minute % 60), members)
}

/// A dairy and a shop: made of a lot, packed, shipped, received, one sold, a shipment declared erroneous.
fn network() -> TestLedger {
    let mut network = TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", Member, &["9521001"]),
        ("urn:uscc:91440106DEMA000484", Member, &["9521004"]),
    ]);
    let milk = r#"{"epcClass":"https://id.gs1.org/01/09521001001007/10/MILK","quantity":500,"uom":"KGM"}"#;
    let items: Vec<String> = (1..=24).map(item).collect();
    let (first, second) = items.split_at(12);
    network.accept(
        0,
        event("ObjectEvent", &format!(r#""action":"ADD","bizStep":"commissioning","quantityList":[{milk}]"#)),
    );
    network.accept(
        0,
        event(
            "TransformationEvent",
            &format!(
                r#""inputQuantityList":[{milk}],"outputEPCList":[{}],"ilmd":{{"cbvmda:lotNumber":"L1"}}"#,
                list(&items)
            ),
        ),
    );
    let pack = |case: String, items: &[String]| {
        let children = list(items);
        event(
            "AggregationEvent",
            &format!(r#""action":"ADD","bizStep":"packing","parentID":"{case}","childEPCs":[{children}]"#),
        )
    };
    network.submit(0, &[pack(case(1), first), pack(case(2), second)]);
    let ship = event(
        "ObjectEvent",
        &format!(r#""action":"OBSERVE","bizStep":"shipping","epcList":["{}","{}"]"#, case(1), case(2)),
    );
    network.accept(0, ship.clone());
    let refused = network.submit(0, &[pack(case(3), &[item(99)]), ship.clone(), pack(case(4), &[item(98)])]);
    assert_eq!(refused, [0, 201, 0]);
    network.accept(
        1,
        event("ObjectEvent", &format!(r#""action":"OBSERVE","bizStep":"receiving","epcList":["{}"]"#, case(1))),
    );
    network.accept(
        1,
        event(
            "AggregationEvent",
            &format!(r#""action":"DELETE","bizStep":"unpacking","parentID":"{}","childEPCs":["{}"]"#, case(1), item(5)),
        ),
    );
    network.accept(
        1,
        event("ObjectEvent", &format!(r#""action":"OBSERVE","bizStep":"retail_selling","epcList":["{}"]"#, item(5))),
    );
    // Later events of the case, and of the class, whose founding event does not name it.
    let stock = r#"{"epcClass":"https://id.gs1.org/01/09521001001014","quantity":4}"#;
    for _ in 0..3 {
        let case = case(1);
        network.accept(
            1,
            event("ObjectEvent", &format!(r#""action":"OBSERVE","epcList":["{case}"],"quantityList":[{stock}]"#)),
        );
    }
    let error = ship.replace(
        r#""action""#,
        r#""errorDeclaration":{"declarationTime":"2026-10-31T13:00:00Z","reason":"did_not_occur"},"action""#,
    );
    network.accept(0, error);
    network
}

/// Goal: the verifier's trace is the node's, for whatever was recorded. Method: all subjects and directions,
/// with payloads and without; a proof from a state that no header certifies yet is not made.
#[test]
fn traces_of_everything() {
    let mut network = network();
    assert_eq!(last_header(&network.store), Err(MakeError::NotCertified));
    network.checkpoint();
    let trust = trust(&network);
    let (mut opened, mut pruned) = (0, 0);
    for (number, key) in subjects(&network) {
        for direction in DIRECTIONS {
            for payloads in [false, true] {
                let proof = prove(&network, &key, direction, payloads);
                let Answer::Recorded(recorded) = &proof.answer else { panic!("an absence") };
                opened += recorded.events.iter().filter(|event| event.opened.is_some()).count();
                pruned += recorded.subjects.iter().filter(|run| run.pruned.is_some()).count();
                let verified = verify(&proof.to_bytes(), &trust)
                    .unwrap_or_else(|refused| panic!("{number} {direction:?} {refused}"));
                assert_eq!(verified.complete_to, network.ledger.head.height - 1);
                let query = Query::new(vec![number], direction);
                let walked = close(&mut StoreHistory::new(&network.store), &query).unwrap();
                assert_eq!(verified.trace.unwrap().closure, as_proved(walked));
            }
        }
    }
    assert!(opened > 400 && pruned > 50, "{opened} {pruned}");
}

/// Goal: a trace of the store and its proof say the same of how far they are complete, and it does not change
/// while nothing happens but that a block is certified. Method: before and after sealing blocks.
#[test]
fn store_and_proof_are_complete_to_one_height() {
    let mut network = network();
    let key = subjects(&network)[0].1.clone();
    let trust = trust(&network);
    let last = network.ledger.head.height;
    assert_eq!(complete_to(&network.store), Ok(last));
    for sealing in 0..3 {
        network.checkpoint();
        let proved = verify(&prove(&network, &key, Direction::Back, false).to_bytes(), &trust).unwrap();
        assert_eq!((complete_to(&network.store), proved.complete_to), (Ok(last + sealing), last + sealing));
    }
}

/// Goal: payloads may be erased, one by one, and proofs stand. Method: all subjects with each event erased.
#[test]
fn erased_payloads() {
    let mut network = network();
    network.checkpoint();
    let trust = trust(&network);
    let whole = prove(&network, &subjects(&network)[3].1, Direction::Back, true);
    let Answer::Recorded(recorded) = &whole.answer else { panic!("an absence") };
    for event in &recorded.events {
        let mut overlay = Overlay::new(&network.store);
        overlay.delete(Table::Payload, place_key(event.place.height, event.place.index));
        let writes = overlay.into_writes();
        network.store.apply(&writes);
        let proof = prove(&network, &whole.query.key, Direction::Back, true);
        assert!(verify(&proof.to_bytes(), &trust).is_ok());
    }
}

/// Goal: an opened event's payload, and what is said of its new subjects, cannot be tampered with. Method:
/// bytes of payload and salt, the founded numbers, which subjects were new: each changed.
#[test]
fn tampered_payloads() {
    let mut network = network();
    network.checkpoint();
    let trust = trust(&network);
    for (_, key) in subjects(&network) {
        let proof = prove(&network, &key, Direction::Back, true);
        let Answer::Recorded(recorded) = &proof.answer else { panic!("an absence") };
        for index in 0..recorded.events.len() {
            for change in 0..6 {
                let mut recorded = recorded.clone();
                let opened = Arc::make_mut(recorded.events[index].opened.as_mut().unwrap());
                let before = opened.clone();
                match change {
                    0 => opened.salt[0] ^= 1,
                    1 => opened.payload[30] ^= 1,
                    2 => opened.payload.push(b' '),
                    3 => opened.founded.reverse(),
                    4 => drop(opened.founded.pop()),
                    _ => opened.news.iter_mut().for_each(|length| *length += 1),
                }
                if *opened != before {
                    let proof = TraceProof { answer: Answer::Recorded(recorded), ..proof.clone() };
                    assert!(verify(&proof.to_bytes(), &trust).is_err(), "{change}");
                }
            }
        }
    }
}

/// Goal: one event is proved with all that a court wants of it, a refused one too. Method: every event of
/// every block, with and without payload; each byte of one proof changed, and parts of one in another.
#[test]
fn inclusion() {
    let mut network = network();
    network.checkpoint();
    let trust = trust(&network);
    let decided = last_header(&network.store).unwrap();
    let mut proofs = Vec::new();
    let mut refused = 0;
    for height in 1..network.ledger.head.height {
        for index in 0.. {
            let place = history::Place { height, index };
            let prove =
                |payload| make_inclusion(&network.store, decided.clone(), &network.ledger.directory, place, payload);
            let Ok(proof) = prove(true) else { break };
            let included = InclusionProof::verify(&proof.to_bytes(), &trust).unwrap();
            assert_eq!((included.height, included.index, included.organisation > 0), (height, index, true));
            assert_eq!(included.code == 0, included.record.is_some());
            refused += u32::from(included.code == 201);
            let EventShown::Payload(salt, payload) = &proof.event else { panic!("no payload") };
            assert_eq!(included.digest, Tag::Event.hash_parts(&[salt, payload]));
            let erased = InclusionProof::verify(&prove(false).unwrap().to_bytes(), &trust).unwrap();
            assert_eq!((erased.payload, erased.digest), (None, included.digest));
            proofs.push(proof);
        }
    }
    assert_eq!((proofs.len(), refused), (15, 1));
    let is_refused = |proof: &&InclusionProof| matches!(proof.receipts, Receipts::Refused(..));
    for proof in [&proofs[3], proofs.iter().find(is_refused).unwrap()] {
        let bytes = proof.to_bytes();
        for place in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut bytes = bytes.clone();
                bytes[place] ^= bit;
                assert!(InclusionProof::verify(&bytes, &trust).is_err(), "{place}");
            }
        }
        for other in proofs.iter().filter(|other| *other != proof) {
            let mut mixed = proof.clone();
            (mixed.event, mixed.batch) = (other.event.clone(), other.batch.clone());
            assert!(InclusionProof::verify(&mixed.to_bytes(), &trust).is_err());
            let mut mixed = proof.clone();
            mixed.receipts = other.receipts.clone();
            assert!(InclusionProof::verify(&mixed.to_bytes(), &trust).is_err());
        }
    }
}

/// Goal: an inclusion proof reaches back over any number of blocks. Method: the first event, from checkpoints
/// 1 to 70 blocks later.
#[test]
fn inclusion_long_ago() {
    let mut network = network();
    let trust = trust(&network);
    for _ in 0..70 {
        network.checkpoint();
        let decided = last_header(&network.store).unwrap();
        for height in [1, 2, 3, 7] {
            let place = history::Place { height, index: 0 };
            let proof =
                make_inclusion(&network.store, decided.clone(), &network.ledger.directory, place, false).unwrap();
            assert_eq!(InclusionProof::verify(&proof.to_bytes(), &trust).unwrap().height, height);
        }
    }
}

/// Goal: a proof says what is wrong with it. Method: another chain's trust; bytes that are none.
#[test]
fn refusals_say_why() {
    let mut network = network();
    network.checkpoint();
    let bytes = prove(&network, &subjects(&network)[0].1, Direction::Back, false).to_bytes();
    let mut other = trust(&network);
    other.chain.0[0] ^= 1;
    let refused = verify(&bytes, &other).map(|_| ()).unwrap_err();
    assert_eq!((refused.code, refused.place), (RefusedCode::Chain, Place::Proof));
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(verify(&longer, &trust(&network)).map(|_| ()).unwrap_err().code, RefusedCode::Form);
    assert_eq!(refused.to_string(), "PROOF-CHAIN");
}
