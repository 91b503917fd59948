//! The seam to whatever holds a private key: a file, a token, a module.

use ed25519_dalek::SigningKey;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{self, LaneState, SUITE_ED25519, SignedSubmission, Submission, SubmittedEvent};
use zeroize::Zeroizing;

/// Signs with a key that it MUST NOT hand out.
pub trait Signer {
    /// The key's id: its lane.
    fn key_id(&self) -> Hash;

    /// The public key.
    fn public(&self) -> [u8; 32];

    /// Signs a message. The signature MUST be that of [`public`](Signer::public) over its 32 bytes.
    fn sign(&self, message: Hash) -> Result<[u8; 64], Reason>;
}

/// A key in memory, wiped when it is dropped.
pub struct MemorySigner(SigningKey);

impl MemorySigner {
    /// The key of a seed.
    pub fn from_seed(seed: &[u8; 32]) -> MemorySigner {
        MemorySigner(SigningKey::from_bytes(seed))
    }

    /// The seed of the key, for the handshake by which a node shows other nodes who it is. It MUST NOT be stored or sent.
    pub fn identity_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Signs a message: a key in memory always can.
    pub fn signature(&self, message: Hash) -> [u8; 64] {
        submission::sign(&self.0, message)
    }
}

impl Signer for MemorySigner {
    fn key_id(&self) -> Hash {
        submission::key_id(SUITE_ED25519, &self.public())
    }

    fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&self, message: Hash) -> Result<[u8; 64], Reason> {
        Ok(submission::sign(&self.0, message))
    }
}

/// Signs events as the next submission of the signer's lane.
pub fn sign_submission(
    signer: &dyn Signer,
    chain: Hash,
    organisation: u64,
    lane: LaneState,
    signed_at: i64,
    events: Vec<SubmittedEvent>,
) -> Result<SignedSubmission, Reason> {
    let submission = Submission::new(chain, organisation, signer.key_id(), lane, signed_at, &events);
    let signature = signer.sign(submission.id())?;
    Ok(SignedSubmission { submission, signature, events })
}
