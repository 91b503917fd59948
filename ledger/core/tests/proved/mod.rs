//! Traces that are proved and verified as their users do it: what tests of proofs over real submissions share.
#![allow(dead_code)]

use std::sync::Arc;

use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::proof::format::{Answer as Shown, Found, ProofQuery, Recorded, TraceProof};
use suyuan_ledger::proof::make::{ProofOptions, complete_to, last_header, make};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::state::subject::{StoredRecord, decode_keys};
use suyuan_ledger::trace::answer::{Answer, Asked, Unknown, answer};
use suyuan_ledger::trace::closure::{Closure, Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;

use crate::ledger::{TestLedger, event_at};

pub const DIRECTIONS: [Direction; 3] = [Direction::Back, Direction::Forward, Direction::History];

/// A GTIN of the first member of most tests.
pub const GTIN: &str = "09521001001014";

/// URIs as the members of a JSON list.
pub fn list(ids: &[String]) -> String {
    ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",")
}

pub fn item(serial: u32) -> String {
    format!("https://id.gs1.org/01/{GTIN}/21/S{serial}")
}

pub fn lot(name: &str) -> String {
    format!("https://id.gs1.org/01/{GTIN}/10/{name}")
}

pub fn case(number: u32) -> String {
    let body = format!("0952100100000{number:04}");
    let sum: u32 =
        body.bytes().rev().zip([3, 1].into_iter().cycle()).map(|(digit, by)| u32::from(digit - 48) * by).sum();
    format!("https://id.gs1.org/00/{body}{}", (10 - sum % 10) % 10)
}

/// An event at an hour of one day.
pub fn event_of_hour(event_type: &str, hour: u32, members: &str) -> String {
    event_at(event_type, &format!("2026-10-30T{hour:02}:00:00Z"), members)
}

/// Trust in the validators of the genesis.
pub fn trust(network: &TestLedger) -> Trust {
    Trust::genesis(network.ledger.head.chain, 0, network.validators.clone())
}

/// Each subject's number and key.
pub fn subjects(network: &TestLedger) -> Vec<(u64, Vec<u8>)> {
    let mut subjects = Vec::new();
    network
        .store
        .scan(Table::Key, &[], &[255; 9], &mut |first, row| {
            let numbers = u64::from_be_bytes(first.try_into().unwrap())..;
            subjects.extend(numbers.zip(decode_keys(row).unwrap()).map(|(number, key)| (number, key.to_vec())));
            true
        })
        .unwrap();
    subjects
}

/// The proof of a trace as of the last header.
pub fn prove(network: &TestLedger, key: &[u8], direction: Direction, payloads: bool) -> TraceProof {
    let query = ProofQuery { key: key.to_vec(), direction: direction as u8, claims: false };
    let decided = last_header(&network.store).unwrap();
    make(&network.store, decided, query, ProofOptions { payloads }).unwrap()
}

pub fn recorded(proof: &mut TraceProof) -> &mut Recorded {
    match &mut proof.answer {
        Shown::Recorded(recorded) => recorded,
        Shown::Absent(_) => panic!("an absence"),
    }
}

/// A closure over the store as a proof shows it: what an event founded and did to the state is the node's own
/// note, and in no proof.
pub fn as_proved(mut closure: Closure) -> Closure {
    for event in &mut closure.events {
        let record = StoredRecord::clone(&event.record);
        event.record = Arc::new(StoredRecord { founded: Vec::new(), effect: Default::default(), ..record });
    }
    closure
}

/// The number of what a URI names, if anything is recorded of it.
pub fn number(network: &TestLedger, uri: &str) -> Option<u64> {
    let history = StoreHistory::new(&network.store);
    history.reader().number_of(SubjectKey::from_uri(uri).unwrap().tag()).unwrap()
}

/// The answer to a trace of the store: proved with payloads and without, verified offline from the genesis and
/// from a pinned checkpoint, with the very closure and answer; and refused with any event left out.
pub fn traced(network: &mut TestLedger, uri: &str, direction: Direction) -> Answer {
    let pinned = Trust::pinned(&network.checkpoint()).unwrap();
    let key = SubjectKey::from_uri(uri).unwrap();
    let start = number(network, uri).unwrap_or_else(|| panic!("nothing is recorded of {uri}"));
    let query = Query::new(vec![start], direction);
    let mut history = StoreHistory::new(&network.store);
    let walked = close(&mut history, &query).unwrap();
    let height = complete_to(&network.store).unwrap();
    let asked = Asked { query: &query, height, organisations: &Unknown };
    let said = answer(&mut history, &walked, &asked).unwrap();
    let walked = as_proved(walked);
    for payloads in [true, false] {
        let proof = prove(network, key.bytes(), direction, payloads);
        for trust in [&trust(network), &pinned] {
            let verified = verify(&proof.to_bytes(), trust).unwrap();
            assert_eq!((verified.complete_to, &verified.query), (height, &proof.query));
            let mut trace = verified.trace.unwrap();
            assert_eq!((trace.start, &trace.closure), (start, &walked));
            if payloads {
                let proved = answer(&mut trace.history, &trace.closure, &asked).unwrap();
                // What only a claim names goes by its number in a proof.
                let claims = said.claims.clone();
                assert_eq!(Answer { claims, ..proved }, said);
            }
        }
        for left_out in 0..recorded(&mut proof.clone()).events.len() {
            let proof = without_event(&proof, left_out);
            assert!(verify(&proof.to_bytes(), &pinned).is_err(), "without event {left_out}");
        }
    }
    said
}

/// A proof without one of its events, and what points at those after it corrected.
pub fn without_event(proof: &TraceProof, place: usize) -> TraceProof {
    let mut proof = proof.clone();
    let parts = recorded(&mut proof);
    parts.events.remove(place);
    for run in &mut parts.subjects {
        if let Found::Event(event) = &mut run.found
            && *event as usize > place
        {
            *event -= 1;
        }
    }
    for names in parts.names.iter_mut().filter(|names| names.event as usize > place) {
        names.event -= 1;
    }
    proof
}
