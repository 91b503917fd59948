//! Submissions: up to 4,096 events under one signature, each signing key on a lane of its own
//! (`proofs.md` §4).

use std::cell::RefCell;
use std::collections::HashSet;

use bincode::{Decode, Encode};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

use crate::codec;
use crate::hash::{Hash, Tag};
use crate::record::event_digest;
use crate::tree;

/// The type byte of a submission.
pub const SUBMISSION_TYPE: u8 = 1;
/// The version of the format.
pub const SUBMISSION_VERSION: u8 = 1;
/// A submission carries at most so many events.
pub const EVENTS_MAX: usize = 4_096;
/// Salts and payloads of a submission fill at most so many bytes.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// The only signature suite there is yet: Ed25519. 2 is reserved for SM2.
pub const SUITE_ED25519: u8 = 1;

/// What a payload is.
pub mod record_type {
    /// An EPCIS event.
    pub const EPCIS: u16 = 1;
    /// An organisation's record: its keys, its delegations.
    pub const ORGANISATION: u16 = 2;
    /// A record of governance: organisations, prefix bindings, parameters.
    pub const GOVERNANCE: u16 = 3;
    /// A record of a contract. What it says is for the reading state alone (`architecture.md`, "Two states").
    pub const CONTRACT: u16 = 4;
    /// A record of credit, likewise.
    pub const CREDIT: u16 = 5;

    /// Whether it is read by the reading state alone, and moves nothing.
    pub const fn is_read_apart(record_type: u16) -> bool {
        matches!(record_type, CONTRACT | CREDIT)
    }

    /// Whether what follows it can be judged without its payload, so that this may be erased.
    pub const fn is_erasable(record_type: u16) -> bool {
        matches!(record_type, EPCIS | CONTRACT | CREDIT)
    }
}

/// An event as its author submits it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SubmittedEvent {
    /// A [`record_type`].
    pub record_type: u16,
    /// Random bytes, so that the digest of an erased payload can't be guessed from its content.
    pub salt: [u8; 16],
    /// One event as JSON: the author's bytes, never written anew.
    pub payload: Vec<u8>,
}

impl SubmittedEvent {
    /// Its salted digest.
    pub fn digest(&self) -> Hash {
        event_digest(&self.salt, &self.payload)
    }

    fn bytes(&self) -> usize {
        self.salt.len() + self.payload.len()
    }
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Submission {
    /// [`SUBMISSION_TYPE`].
    pub kind: u8,
    /// [`SUBMISSION_VERSION`].
    pub version: u8,
    /// The chain's identity.
    pub chain: Hash,
    /// The author's organisation number.
    pub organisation: u64,
    /// The id of the signing key, which is the lane.
    pub key: Hash,
    /// Its place in the lane, from 0.
    pub sequence: u64,
    /// The id of the submission before it in the lane; zeros for the first.
    pub previous: Hash,
    /// When it was signed, by the author's clock, milliseconds since 1970.
    pub signed_at: i64,
    /// 0: public within the network. Others are refused until they are defined.
    pub visibility: u8,
    /// How many events.
    pub count: u32,
    /// Bytes of all salts and payloads.
    pub body_bytes: u32,
    /// The root over the batch: a leaf for each event, of its record type and digest.
    pub batch: Hash,
}

impl Submission {
    /// What is to be signed for these events as the next of a lane: its [`id`](Submission::id) is the message.
    pub fn new(
        chain: Hash,
        organisation: u64,
        key: Hash,
        lane: LaneState,
        signed_at: i64,
        events: &[SubmittedEvent],
    ) -> Submission {
        Submission {
            kind: SUBMISSION_TYPE,
            version: SUBMISSION_VERSION,
            chain,
            organisation,
            key,
            sequence: lane.next,
            previous: lane.previous,
            signed_at,
            visibility: 0,
            count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(body_bytes(events)).unwrap_or(u32::MAX),
            batch: batch_root(events.iter().map(|event| (event.record_type, event.digest()))),
        }
    }

    /// Its id, which is also the message that is signed.
    pub fn id(&self) -> Hash {
        Tag::Submission.hash(&codec::encode(self))
    }
}

/// A leaf of the batch tree.
pub fn batch_leaf(record_type: u16, digest: Hash) -> Hash {
    Tag::Batch.hash_parts(&[&record_type.to_le_bytes(), &digest.0])
}

/// The root over a batch of (record type, digest).
pub fn batch_root(events: impl Iterator<Item = (u16, Hash)>) -> Hash {
    let leaves: Vec<Hash> = events.map(|(record_type, digest)| batch_leaf(record_type, digest)).collect();
    tree::root(Tag::Batch, &leaves)
}

/// A submission with its signature and its events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SignedSubmission {
    /// What is signed.
    pub submission: Submission,
    /// Ed25519, over [`Submission::id`].
    pub signature: [u8; 64],
    /// The events, in order.
    pub events: Vec<SubmittedEvent>,
}

/// Where a lane stands: what its next submission must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct LaneState {
    /// The next submission's sequence.
    pub next: u64,
    /// The id of the last submission, or zeros.
    pub previous: Hash,
}

/// The id of a public key.
pub fn key_id(suite: u8, public: &[u8; 32]) -> Hash {
    Tag::KeyId.hash_parts(&[&[suite], public])
}

impl SignedSubmission {
    /// Signs events as the next submission of a lane.
    pub fn sign(
        chain: Hash,
        organisation: u64,
        signing_key: &SigningKey,
        lane: LaneState,
        signed_at: i64,
        events: Vec<SubmittedEvent>,
    ) -> SignedSubmission {
        let key = key_id(SUITE_ED25519, signing_key.verifying_key().as_bytes());
        let submission = Submission::new(chain, organisation, key, lane, signed_at, &events);
        let signature = sign(signing_key, submission.id());
        SignedSubmission { submission, signature, events }
    }

    /// Checks what needs no state: form, limits, batch root. Gives the digests of the events.
    pub fn check_form(&self, chain: Hash) -> Result<Vec<Hash>, InvalidSubmission> {
        let head = &self.submission;
        if head.kind != SUBMISSION_TYPE || head.version != SUBMISSION_VERSION || head.chain != chain {
            return Err(InvalidSubmission::Chain);
        }
        if head.visibility != 0 {
            return Err(InvalidSubmission::Chain);
        }
        let bytes = body_bytes(&self.events);
        if self.events.is_empty() || self.events.len() > EVENTS_MAX || bytes > BODY_BYTES_MAX {
            return Err(InvalidSubmission::Size);
        }
        if head.count as usize != self.events.len() || head.body_bytes as usize != bytes {
            return Err(InvalidSubmission::Batch);
        }
        let digests: Vec<Hash> = self.events.iter().map(SubmittedEvent::digest).collect();
        let types = self.events.iter().map(|event| event.record_type);
        if batch_root(types.zip(digests.iter().copied())) != head.batch {
            return Err(InvalidSubmission::Batch);
        }
        Ok(digests)
    }

    /// Whether this key signed it.
    pub fn is_signed_by(&self, public: &[u8; 32]) -> bool {
        key_id(SUITE_ED25519, public) == self.submission.key && verify(public, self.submission.id(), &self.signature)
    }
}

fn body_bytes(events: &[SubmittedEvent]) -> usize {
    events.iter().map(SubmittedEvent::bytes).sum()
}

/// A stateless fault of a submission: such bytes never enter the ledger (`proofs.md` §6, 1xx).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidSubmission {
    /// 102: no events, too many, or too many bytes.
    Size,
    /// 107: the signature is not that of the key named.
    Signature,
    /// 108: for another chain, or of a version or visibility that is not defined.
    Chain,
    /// 109: not the next of its lane.
    Lane,
    /// 111: signed after the block's time.
    Ahead,
    /// 110: count, bytes or root of the batch are not those of the events.
    Batch,
}

impl InvalidSubmission {
    /// Its number.
    pub fn code(self) -> u16 {
        match self {
            InvalidSubmission::Size => 102,
            InvalidSubmission::Signature => 107,
            InvalidSubmission::Chain => 108,
            InvalidSubmission::Lane => 109,
            InvalidSubmission::Batch => 110,
            InvalidSubmission::Ahead => 111,
        }
    }
}

/// Signs a hash.
pub fn sign(signing_key: &SigningKey, message: Hash) -> [u8; 64] {
    use ed25519_dalek::Signer;
    signing_key.sign(&message.0).to_bytes()
}

/// Whether this public key signed a hash. Strict: keys and signatures on which verifiers could disagree
/// are refused.
pub fn verify(public: &[u8; 32], message: Hash, signature: &[u8; 64]) -> bool {
    KNOWN.with_borrow_mut(|known| match known {
        None => is_signed(public, message, signature),
        Some(known) => {
            let what = (*public, message, *signature);
            known.contains(&what) || (is_signed(public, message, signature) && known.insert(what))
        }
    })
}

fn is_signed(public: &[u8; 32], message: Hash, signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public)
        .is_ok_and(|key| key.verify_strict(&message.0, &Signature::from_bytes(signature)).is_ok())
}

/// A key, what it signed, and its signature.
type Signed = ([u8; 32], Hash, [u8; 64]);

thread_local! {
    static KNOWN: RefCell<Option<HashSet<Signed>>> = const { RefCell::new(None) };
}

/// Does some work during which signatures that were found good are remembered on this thread: for a simulator, where one
/// thread is many nodes, and each of them checks what all have signed. What is found good is the same.
pub fn with_known_signatures<T>(work: impl FnOnce() -> T) -> T {
    KNOWN.set(Some(HashSet::new()));
    let done = work();
    KNOWN.set(None);
    done
}
