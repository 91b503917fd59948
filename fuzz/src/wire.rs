//! Submissions, blocks, checkpoints, trust files and proofs, as they come from strangers.

use bincode::{Decode, Encode};
use suyuan_ledger::block::{Block, Checkpoint, StoredBlock};
use suyuan_ledger::codec;
use suyuan_ledger::derive::derive;
use suyuan_ledger::proof::format::TraceProof;
use suyuan_ledger::proof::inclusion::InclusionProof;
use suyuan_ledger::proof::trust::{Trust, checkpoint_bytes, read_checkpoint};
use suyuan_ledger::submission::SignedSubmission;

/// What is fuzzed is short.
const BYTES_MAX: usize = 1 << 20;

/// What is read is written as it was read, and its further checks end.
pub fn check(bytes: &[u8]) {
    if let Some(signed) = decoded::<SignedSubmission>(bytes) {
        check_submission(&signed);
    }
    if let Some(block) = decoded::<Block>(bytes) {
        block.submissions.iter().for_each(check_submission);
    }
    decoded::<StoredBlock>(bytes);
    if let Some(checkpoint) = decoded::<Checkpoint>(bytes) {
        let _ = checkpoint.is_decided();
    }
    if let Ok(checkpoint) = read_checkpoint(bytes) {
        assert_eq!(checkpoint_bytes(&checkpoint), bytes);
    }
    if let Ok(trust) = Trust::from_bytes(bytes) {
        let again = Trust::from_bytes(&trust.to_bytes());
        assert_eq!(again.as_ref(), Ok(&trust));
        let _ = InclusionProof::verify(bytes, &trust);
    }
    if let Ok(proof) = TraceProof::from_bytes(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    if let Ok(proof) = InclusionProof::from_bytes(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
        let trust = Trust::genesis(proof.decided.header.chain, 0, Vec::new());
        assert!(InclusionProof::verify(bytes, &trust).is_err(), "nobody decides");
    }
}

fn decoded<T: Decode<()> + Encode>(bytes: &[u8]) -> Option<T> {
    let thing = codec::decode(bytes, BYTES_MAX).ok()?;
    assert_eq!(codec::encode(&thing), bytes);
    Some(thing)
}

fn check_submission(signed: &SignedSubmission) {
    let digests = signed.check_form(signed.submission.chain);
    assert!(digests.is_err() || digests.is_ok_and(|digests| digests.len() == signed.events.len()));
    for event in &signed.events {
        let _ = derive(&event.payload);
    }
}
