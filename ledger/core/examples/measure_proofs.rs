//! Measures the proof of a large closure: bytes a node and by section, time to make and to check it.
//!
//! A dairy's lot becomes 91,200 items in 7,600 cases on 190 pallets, shipped; six in ten are sold one by one.
//! Serials are random. `cargo run --release -p suyuan-ledger --example measure_proofs [TRANSFORMATIONS]`.

// A program to measure with, on a ledger of the tests: what goes wrong ends it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/ledger/mod.rs"]
mod ledger;

use std::time::Instant;

use ledger::{TestLedger, event};
use suyuan_ledger::key::{KeyKind, SubjectKey};
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::proof::format::{Answer, ProofQuery};
use suyuan_ledger::proof::make::{ProofOptions, last_header, make};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::closure::Direction;

const MEMBER: &str = "urn:uscc:91440115DEMA00013J";

fn sscc(number: usize) -> String {
    let body = format!("09521001{number:09}");
    let digits = body.bytes().rev().zip([3u32, 1].into_iter().cycle());
    let sum: u32 = digits.map(|(digit, by)| u32::from(digit - b'0') * by).sum();
    format!("https://id.gs1.org/00/{body}{}", (10 - sum % 10) % 10)
}

fn list(ids: &[String]) -> String {
    ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",")
}

fn submit(ledger: &mut TestLedger, events: &[String]) {
    for part in events.chunks(1_000) {
        let codes = ledger.submit(0, part);
        assert!(codes.iter().all(|code| *code == 0), "an event is refused");
    }
}

fn pack(parent: &str, children: &[String]) -> String {
    let children = list(children);
    event(
        "AggregationEvent",
        &format!(r#""action":"ADD","bizStep":"packing","parentID":"{parent}","childEPCs":[{children}]"#),
    )
}

fn observe(step: &str, epcs: &[String]) -> String {
    event("ObjectEvent", &format!(r#""action":"OBSERVE","bizStep":"{step}","epcList":[{}]"#, list(epcs)))
}

fn main() {
    let transformations: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_900);
    let mut ledger = TestLedger::new(&[(MEMBER, Member, &["9521001"])]);
    let milk = r#"{"epcClass":"https://id.gs1.org/01/09521001001007/10/MILK","quantity":500,"uom":"KGM"}"#;
    let mut random = 88_172_645_463_325_252u64;
    let mut serial = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        format!("https://id.gs1.org/01/09521001001014/21/{:012}", random % 1_000_000_000_000)
    };
    submit(
        &mut ledger,
        &[event("ObjectEvent", &format!(r#""action":"ADD","bizStep":"commissioning","quantityList":[{milk}]"#))],
    );
    let (mut items, mut events) = (Vec::new(), Vec::new());
    for _ in 0..transformations {
        let made: Vec<String> = (0..48).map(|_| serial()).collect();
        let outputs = list(&made);
        let members = format!(r#""inputQuantityList":[{milk}],"outputEPCList":[{outputs}]"#);
        events.push(event("TransformationEvent", &members));
        items.extend(made);
    }
    let cases: Vec<String> = (0..items.len() / 12).map(sscc).collect();
    let pallets: Vec<String> = (0..cases.len().div_ceil(40)).map(|number| sscc(1_000_000 + number)).collect();
    events.extend(items.chunks(12).zip(&cases).map(|(children, case)| pack(case, children)));
    events.extend(cases.chunks(40).zip(&pallets).map(|(children, pallet)| pack(pallet, children)));
    events.extend(pallets.iter().map(|pallet| observe("shipping", std::slice::from_ref(pallet))));
    let sold = items.iter().enumerate().filter(|(place, _)| place % 3 != 0).map(|(_, item)| item);
    events.extend(sold.map(|item| observe("retail_selling", std::slice::from_ref(item))));
    let started = Instant::now();
    submit(&mut ledger, &events);
    ledger.checkpoint();
    println!("{} events applied in {:?}", events.len() + 1, started.elapsed());

    let trust = Trust::genesis(ledger.ledger.head.chain, 0, ledger.validators.clone());
    let key = SubjectKey::new(KeyKind::Lot, &[b"09521001001007", b"MILK"]).map(|key| key.bytes().to_vec());
    let query = ProofQuery { key: key.unwrap_or_default(), direction: Direction::Forward as u8, claims: false };
    for payloads in [false, true] {
        for _ in 0..2 {
            let started = Instant::now();
            let decided = last_header(&ledger.store).expect("certified");
            let proof = make(&ledger.store, decided, query.clone(), ProofOptions { payloads }).expect("made");
            let (bytes, sections) = proof.laid_out();
            let made = started.elapsed();
            let started = Instant::now();
            let verified = verify(&bytes, &trust).expect("verified");
            let checked = started.elapsed();
            let nodes = verified.trace.map_or(0, |trace| trace.closure.nodes.len());
            let Answer::Recorded(recorded) = &proof.answer else { return };
            let each = |bytes: usize| bytes as f64 / nodes as f64;
            println!(
                "payloads {payloads}: {nodes} nodes, {} events, {} runs, {} siblings, {} bytes = {:.1} a node",
                recorded.events.len(),
                recorded.subjects.len(),
                recorded.siblings.len(),
                bytes.len(),
                each(bytes.len()),
            );
            println!(
                "  a node: events {:.1} (digests {:.1}), subjects {:.1}, siblings {:.2}, logs {:.2}, names {:.1}",
                each(sections.events - sections.head),
                each(recorded.events.len() * 32),
                each(sections.subjects - sections.events),
                each(sections.siblings - sections.subjects),
                each(sections.logs - sections.siblings),
                each(sections.names - sections.logs),
            );
            println!(
                "  made in {made:?}, checked in {checked:?}: {:.0} nodes/s",
                nodes as f64 / (made + checked).as_secs_f64()
            );
        }
    }
}
