//! Tests of proofs of traces.

mod ledger;
mod tampered;
mod vectors;

use std::sync::Arc;

use ledger::{TestEvent, TestLedger, case, certify, item, lot, query, test_validator, trust, validator};

use ed25519_dalek::SigningKey;

use super::RefusedCode;
use super::format::TraceProof;
use super::make::{ProofOptions, make};
use super::trust::{ExportedCheckpoint, SetChange, Trust, checkpoint_bytes, read_checkpoint};
use super::verify::{Verified, verify};
use crate::block::{Checkpoint, Validator, validators_hash};
use crate::hash::{Hash, Tag};
use crate::key::SubjectKey;
use crate::record::{Role, Standing, mask};
use crate::state::reader::Reader;
use crate::state::subject::StoredRecord;
use crate::trace::closure::{Direction, close};
use crate::trace::store::StoreHistory;

/// Goods of two firms: items made of a lot of milk, packed, shipped, one unpacked, recalled, one erroneous.
fn small() -> TestLedger {
    let mut ledger = TestLedger::new();
    let items: Vec<SubjectKey> = (1..=10).map(|serial| item(95, serial)).collect();
    let (milk, made) = ([lot(7, "MILK")], [lot(95, "L1")]);
    let cases = [case(1), case(2)];
    let owner = Standing::Owner;
    let mut event = |author, time, bits, links: &[(Role, Standing, &[SubjectKey])]| {
        ledger.event(&TestEvent { author, time, bits, links })
    };
    event(2, 10, mask::ADD, &[(Role::Epc, owner, &milk)]);
    event(
        1,
        20,
        0,
        &[(Role::Input, Standing::Holder, &milk), (Role::Output, owner, &items), (Role::Lot, owner, &made)],
    );
    event(1, 30, mask::ADD, &[(Role::Parent, owner, &cases[..1]), (Role::Child, owner, &items[..6])]);
    event(1, 31, mask::ADD, &[(Role::Parent, owner, &cases[1..]), (Role::Child, owner, &items[6..])]);
    event(1, 40, 0, &[(Role::Epc, owner, &cases)]);
    event(3, 50, 0, &[(Role::Epc, Standing::Holder, &cases[..1])]);
    event(
        3,
        55,
        mask::DELETE,
        &[(Role::Parent, Standing::Holder, &cases[..1]), (Role::Child, Standing::Holder, &items[2..3])],
    );
    event(3, 60, 0, &[(Role::Epc, Standing::Holder, &items[2..3])]);
    event(3, 61, 0, &[(Role::Epc, Standing::Holder, &cases[..1])]);
    event(2, 70, mask::RECALL, &[(Role::Epc, owner, &milk)]);
    event(9, 80, 0, &[(Role::Epc, Standing::Bystander, &items[8..9])]);
    ledger
}

fn proved(ledger: &TestLedger, key: &SubjectKey, direction: Direction) -> Vec<u8> {
    let (store, decided) = ledger.store();
    make(&store, decided, query(key, direction), ProofOptions::default()).unwrap().to_bytes()
}

/// Goal: the verifier's trace is the node's. Method: every subject of a small ledger and each direction; the
/// walk over the store gives the same closure as the proof.
#[test]
fn verified_trace_is_the_nodes() {
    let ledger = small();
    let (store, _) = ledger.store();
    for key in [item(95, 3), item(95, 9), lot(7, "MILK"), lot(95, "L1"), case(1), case(2)] {
        for direction in [Direction::Back, Direction::Forward, Direction::History] {
            let bytes = proved(&ledger, &key, direction);
            let Verified { trace, complete_to, .. } = verify(&bytes, &trust()).unwrap();
            let trace = trace.unwrap();
            assert_eq!(complete_to, 1);
            let asked = query(&key, direction).closure_query(ledger.number(&key)).unwrap();
            let mut walked = close(&mut StoreHistory::new(&store), &asked).unwrap();
            // A proof does not show what an event founded, but by names.
            for event in &mut walked.events {
                event.record = Arc::new(StoredRecord { founded: Vec::new(), ..StoredRecord::clone(&event.record) });
            }
            assert_eq!(trace.closure, walked);
            let keys = walked.nodes.iter().map(|node| trace.history.key_shown(node.subject).unwrap().to_vec());
            let tags: Vec<Hash> = keys.map(|key| Tag::Key.hash(&key)).collect();
            let numbers = tags.iter().map(|tag| Reader::new(&store).number_of(*tag).unwrap().unwrap());
            assert!(numbers.eq(walked.nodes.iter().map(|node| node.subject)));
        }
    }
}

/// Goal: what was never recorded is proved to be absent, and only that. Method: an item that no event names;
/// the proof under the name of one that is recorded is refused.
#[test]
fn absent() {
    let ledger = small();
    let bytes = proved(&ledger, &item(95, 77), Direction::Forward);
    let verified = verify(&bytes, &trust()).unwrap();
    assert!(verified.trace.is_none() && verified.query.key == item(95, 77).bytes());
    let mut proof = TraceProof::from_bytes(&bytes).unwrap();
    proof.query.key = item(95, 3).bytes().to_vec();
    let refused = verify(&proof.to_bytes(), &trust()).map(|_| ()).unwrap_err();
    assert_eq!(refused.code, RefusedCode::Absence);
}

/// Goal: the validators whom the trust leads to decide, no others. Method: a set change that the trusted set
/// decides is followed; one that others decide, one out of order, and a certificate of the old set are not.
#[test]
fn set_changes_are_followed() {
    let (store, mut decided) = small().store();
    let key = item(95, 3);
    let (trusted, other) = (validator(), SigningKey::from_bytes(&[8; 32]));
    let next = vec![Validator { key: other.verifying_key().to_bytes(), power: 3 }];
    let mut header = decided.header.clone();
    header.height = 1;
    header.next_validators = validators_hash(&next);
    let change =
        |signer| SetChange { certificate: certify(&header, signer), header: header.clone(), next: next.clone() };
    decided.header.validators = validators_hash(&next);
    decided.header.next_validators = validators_hash(&next);
    let verified = |set_changes: Vec<SetChange>, signer| {
        let mut decided = decided.clone();
        decided.certificate = certify(&decided.header, signer);
        decided.set_changes = set_changes;
        let proof = make(&store, decided, query(&key, Direction::Back), ProofOptions::default()).unwrap();
        verify(&proof.to_bytes(), &trust()).map(|_| ()).map_err(|refused| refused.code)
    };
    assert_eq!(verified(vec![change(&trusted)], &other), Ok(()));
    assert_eq!(verified(vec![change(&other)], &other), Err(RefusedCode::Certificate));
    assert_eq!(verified(vec![change(&trusted)], &trusted), Err(RefusedCode::Certificate));
    assert_eq!(verified(vec![change(&trusted), change(&trusted)], &other), Err(RefusedCode::Validators));
    assert_eq!(verified(Vec::new(), &other), Err(RefusedCode::Validators));
}

/// Goal: trust comes from a genesis or a pinned checkpoint, in one form of bytes. Method: both to bytes and
/// back; a pinned checkpoint leads to its own header and to no other of its height; a forged one is none.
#[test]
fn trust_files() {
    let (store, decided) = small().store();
    let validators = vec![test_validator()];
    let checkpoint =
        Checkpoint { header: decided.header.clone(), certificate: decided.certificate.clone(), validators };
    let checkpoint = ExportedCheckpoint { set_changes: Vec::new(), checkpoint };
    assert_eq!(Trust::from_bytes(&trust().to_bytes()), Ok(trust()));
    let bytes = checkpoint_bytes(&checkpoint);
    assert_eq!(read_checkpoint(&bytes), Ok(checkpoint.clone()));
    let pinned = Trust::from_bytes(&bytes).unwrap();
    assert_eq!(Trust::from_bytes(&pinned.to_bytes()), Ok(pinned.clone()));
    let proved =
        |decided| make(&store, decided, query(&case(1), Direction::Back), ProofOptions::default()).unwrap().to_bytes();
    assert!(verify(&proved(decided.clone()), &pinned).is_ok());
    let mut fork = decided;
    fork.header.results = Hash([9; 32]);
    fork.certificate = certify(&fork.header, &validator());
    let bytes = proved(fork);
    assert!(verify(&bytes, &trust()).is_ok());
    assert_eq!(verify(&bytes, &pinned).map(|_| ()).unwrap_err().code, RefusedCode::Certificate);
    for place in 0..checkpoint_bytes(&checkpoint).len() {
        let mut bytes = checkpoint_bytes(&checkpoint);
        bytes[place] ^= 1;
        assert!(read_checkpoint(&bytes).is_err());
    }
}
