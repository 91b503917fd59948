//! Proofs of traces, against the trust of the golden vectors.

use std::sync::LazyLock;

use suyuan_ledger::hash::Hash;
use suyuan_ledger::proof::RefusedCode;
use suyuan_ledger::proof::format::TraceProof;
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::trace::answer::{Asked, Unknown, answer};
use suyuan_ledger::trace::closure::{Direction, Query};

const VECTORS: &str = include_str!("../../docs/vectors/proof/traces.txt");

/// Whom the vectors trust, and the headers that were signed.
static KNOWN: LazyLock<(Trust, Vec<Hash>)> = LazyLock::new(|| {
    let mut trust = None;
    let mut headers = Vec::new();
    for line in VECTORS.lines() {
        if let Some(text) = line.strip_prefix("trust ") {
            trust = Trust::from_bytes(&unhex(text)).ok();
        } else if let Some(text) = line.strip_prefix("proof ") {
            let bytes = unhex(text.split(' ').next_back().unwrap_or_default());
            headers.extend(TraceProof::from_bytes(&bytes).map(|proof| proof.decided.header.id()));
        }
    }
    (trust.expect("the vectors have a trust file"), headers)
});

/// What is accepted is as of a header that the validators of the vectors have signed, and its answer can be said.
pub fn check(bytes: &[u8]) {
    let (trust, headers) = &*KNOWN;
    match verify(bytes, trust) {
        Err(refused) => assert!(RefusedCode::ALL.contains(&refused.code) && !refused.to_string().is_empty()),
        Ok(verified) => {
            assert!(headers.contains(&verified.header), "a forged header");
            let Some(mut trace) = verified.trace else { return };
            let directions = [Direction::Back, Direction::Forward, Direction::History];
            let direction = directions.into_iter().find(|known| *known as u8 == verified.query.direction);
            let direction = direction.expect("what is verified has a direction");
            let query = Query { claims: verified.query.claims, ..Query::new(vec![trace.start], direction) };
            let asked = Asked { query: &query, height: verified.complete_to, organisations: &Unknown };
            answer(&mut trace.history, &trace.closure, &asked).expect("a verified trace can be said");
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).filter_map(digits).collect()
}
