//! Golden vectors of proofs.

use std::fmt::Write;
use std::sync::Arc;

use super::ledger::{item, lot, trust};
use super::tampered::{forged, recorded};
use super::{proved, small};
use crate::proof::format::TraceProof;
use crate::proof::verify::verify;
use crate::trace::closure::Direction;

const VECTORS: &str = include_str!("../../../../../docs/vectors/proof/traces.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What a verifier answers, as text.
fn answer(bytes: &[u8]) -> String {
    let verified = match verify(bytes, &trust()) {
        Ok(verified) => verified,
        Err(refused) => return format!("refused {refused}\n"),
    };
    let mut text = format!("complete-to {} certified-at {}\n", verified.complete_to, verified.certified_at);
    let Some(trace) = verified.trace else {
        return text + "absent\n";
    };
    for node in &trace.closure.nodes {
        writeln!(text, "node {} {}", node.subject, hex(trace.history.key_shown(node.subject).unwrap())).unwrap();
    }
    for edge in &trace.closure.edges {
        let (height, index) = (edge.event.height, edge.event.index);
        writeln!(text, "edge {} {} {:?} {height}/{index}", edge.from, edge.to, edge.relation).unwrap();
    }
    for event in &trace.closure.events {
        writeln!(text, "event {}/{} {}", event.place.height, event.place.index, event.record.event_digest).unwrap();
    }
    text
}

/// Goal: the format stays as it is; verifiers in other languages have something to agree with. Method: proofs
/// of a small ledger, a true one of each direction, one of absence, one with an event forged behind the first
/// member of a run (the cut rule), one whose event is changed; bytes and answers as they were written down.
#[test]
fn golden_vectors() {
    let ledger = small();
    let forward = proved(&ledger, &lot(95, "L1"), Direction::Forward);
    let mut cut = TraceProof::from_bytes(&forward).unwrap();
    let run = recorded(&mut cut).subjects.iter().find(|run| run.count >= 3).cloned().unwrap();
    let last = recorded(&mut cut).events.last().unwrap().clone();
    recorded(&mut cut).events.push(forged(&last, run.first + 1, 1));
    let history = proved(&ledger, &item(95, 3), Direction::History);
    let mut changed = TraceProof::from_bytes(&history).unwrap();
    Arc::make_mut(&mut recorded(&mut changed).events[0].record).event_time += 1;
    let proofs = [
        ("back", proved(&ledger, &item(95, 9), Direction::Back)),
        ("forward", forward),
        ("history", history),
        ("absent", proved(&ledger, &item(95, 77), Direction::Forward)),
        ("cut-rule", cut.to_bytes()),
        ("changed-event", changed.to_bytes()),
    ];
    let mut text = format!("trust {}\n", hex(&trust().to_bytes()));
    for (name, bytes) in proofs {
        write!(text, "\nproof {name} {}\n{}", hex(&bytes), answer(&bytes)).unwrap();
    }
    assert!(text == VECTORS, "the vectors would be:\n{text}");
}
