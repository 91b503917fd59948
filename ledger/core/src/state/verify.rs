//! The stateless gate: what is wrong with a submission whatever the ledger holds (`proofs.md` §6, 1xx). What
//! passes is a [`VerifiedSubmission`], which nothing else can make.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::erased::Erased;
use super::event::event_tag;
use crate::derive::{DeriveError, Derived, derive};
use crate::hash::Hash;
use crate::key::SubjectKey;
use crate::organisation::Directory;
use crate::submission::{InvalidSubmission, SignedSubmission};

/// A submission that may enter a block.
#[derive(Debug, Clone)]
pub struct VerifiedSubmission {
    /// Shared with the blocks and messages that carry it: it may have megabytes.
    signed: Arc<SignedSubmission>,
    id: Hash,
    digests: Vec<Hash>,
    derived: Vec<Derived>,
    tags: Vec<Tags>,
    /// By place, those whose payloads are erased. Only replay has such.
    erased: BTreeMap<usize, Erased>,
}

/// The tags that an event names. They are hashed here, where submissions can be verified side by side, and not
/// where they are applied one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// The event's own.
    pub event: Hash,
    /// Those of its keys, in their order.
    pub keys: Vec<Hash>,
}

impl Tags {
    fn new(author: u64, derived: &Derived) -> Tags {
        Tags { event: event_tag(author, &derived.event_id), keys: derived.keys.iter().map(SubjectKey::tag).collect() }
    }
}

/// Why a submission may not enter a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The submission as a whole.
    Submission(InvalidSubmission),
    /// One of its events: its place in the submission, and why.
    Event(usize, DeriveError),
}

impl Refusal {
    /// Its number in `proofs.md` §6.
    pub fn code(&self) -> u16 {
        match self {
            Refusal::Submission(invalid) => invalid.code(),
            Refusal::Event(_, error) => error.code,
        }
    }
}

/// An event happened after it was signed, or was signed after the block.
const FROM_THE_FUTURE: u16 = 111;

impl VerifiedSubmission {
    /// Checks form, limits, batch, signature and every event.
    pub fn verify(
        signed: impl Into<Arc<SignedSubmission>>,
        chain: Hash,
        directory: &Directory,
    ) -> Result<Self, Refusal> {
        let signed = signed.into();
        let digests = signed.check_form(chain).map_err(Refusal::Submission)?;
        let head = &signed.submission;
        let known = directory.key(&head.key).filter(|key| key.organisation == head.organisation);
        if !known.is_some_and(|key| signed.is_signed_by(&key.public)) {
            return Err(Refusal::Submission(InvalidSubmission::Signature));
        }
        let latest = head.signed_at.saturating_add(directory.parameters().clock_tolerance_ms);
        let mut derived = Vec::with_capacity(signed.events.len());
        for (place, event) in signed.events.iter().enumerate() {
            let one = derive(&event.payload).map_err(|error| Refusal::Event(place, error))?;
            if one.event_time > latest {
                let argument = "eventTime".to_owned();
                let error = DeriveError { code: FROM_THE_FUTURE, pointer: "/eventTime".to_owned(), argument };
                return Err(Refusal::Event(place, error));
            }
            derived.push(one);
        }
        let id = head.id();
        let tags = derived.iter().map(|derived| Tags::new(head.organisation, derived)).collect();
        Ok(VerifiedSubmission { signed, id, digests, derived, tags, erased: BTreeMap::new() })
    }

    /// What replay found in a store and checked.
    pub(super) fn replayed(
        signed: SignedSubmission,
        digests: Vec<Hash>,
        derived: Vec<Derived>,
        erased: BTreeMap<usize, Erased>,
    ) -> VerifiedSubmission {
        let id = signed.submission.id();
        let mut tags: Vec<Tags> =
            derived.iter().map(|derived| Tags::new(signed.submission.organisation, derived)).collect();
        for (place, how) in &erased {
            if let (Erased::Accepted { tag, .. }, Some(tags)) = (how, tags.get_mut(*place)) {
                tags.event = *tag;
            }
        }
        VerifiedSubmission { signed: Arc::new(signed), id, digests, derived, tags, erased }
    }

    /// What is known of an event whose payload is erased.
    pub(super) fn erased(&self, place: usize) -> Option<&Erased> {
        self.erased.get(&place)
    }

    /// What was signed, with its events.
    pub fn signed(&self) -> &Arc<SignedSubmission> {
        &self.signed
    }

    /// The submission's id.
    pub fn id(&self) -> Hash {
        self.id
    }

    /// The salted digest of each event.
    pub fn digests(&self) -> &[Hash] {
        &self.digests
    }

    /// What each event says.
    pub fn derived(&self) -> &[Derived] {
        &self.derived
    }

    /// The tags of what each event names.
    pub fn tags(&self) -> &[Tags] {
        &self.tags
    }

    /// Whether it was signed too far ahead of a block's time (111): such a block is invalid.
    pub fn is_ahead_of(&self, block_time: i64, directory: &Directory) -> bool {
        self.signed.submission.signed_at > block_time.saturating_add(directory.parameters().clock_tolerance_ms)
    }
}
