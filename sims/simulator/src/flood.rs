//! Says all that a member can say, as much as it can.

use std::sync::Arc;

use suyuan_ledger::block::{Header, ballot_message, proposal_message};
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::submission::{BODY_BYTES_MAX, LaneState, SubmittedEvent, record_type};
use suyuan_node::consensus::{ConsensusMessage, SignedProposal, SignedVote};
use suyuan_node::core::{Message, ProposedBlock, WAITING_MAX};
use suyuan_sdk::signer::{MemorySigner, Signer as _, sign_submission};
use suyuan_sims::Workload;

use crate::profile::Chance;
use crate::{FLOOD_DEVICES, FLOOD_KEYS, VALIDATOR, seed_of};

/// So far ahead of what is next in a lane others keep submissions.
const GAP: u64 = 32;
/// Events of a large submission: as many as fit.
const LARGE_EVENTS: usize = 4_096;
/// Events that it has; they come again and again, in other submissions.
const FLOOD_EVENTS: u32 = 512;
/// Messages at a time, to each node.
const BURST: usize = 6;

/// A member that floods the others.
pub(super) struct Flood {
    chain: Hash,
    signer: MemorySigner,
    devices: Vec<MemorySigner>,
    organisation: u64,
    payloads: Vec<Vec<u8>>,
    made: u64,
    /// So many submissions as large as can be come first: together more than others have room for.
    large: u32,
}

impl Flood {
    pub fn new(place: usize, chain: Hash, large: u32) -> Flood {
        Flood {
            chain,
            signer: MemorySigner::from_seed(&seed_of(VALIDATOR, place)),
            devices: (0..FLOOD_KEYS).map(|key| MemorySigner::from_seed(&seed_of(FLOOD_DEVICES, key))).collect(),
            organisation: place as u64 + 1,
            payloads: Workload::new(FLOOD_EVENTS, 5).collect(),
            made: 0,
            large,
        }
    }

    /// What it says now to everybody.
    pub fn burst(&mut self, header: &Header, chance: &mut Chance) -> Vec<Arc<Message>> {
        if let Some(left) = self.large.checked_sub(1) {
            self.large = left;
            return self.submission(LARGE_EVENTS).map(Arc::new).into_iter().collect();
        }
        (0..BURST).map(|_| Arc::new(self.one(header, chance))).collect()
    }

    fn one(&mut self, header: &Header, chance: &mut Chance) -> Message {
        let height = header.height + 1 + [0, 0, 1, chance.below(40)].get(chance.index(4)).copied().unwrap_or(0);
        let round =
            u32::try_from([chance.below(3), chance.below(15), chance.next() >> 33][chance.index(3)]).unwrap_or(0);
        let id = Tag::Header.hash(&chance.next().to_le_bytes());
        let ids = |chance: &mut Chance| -> Vec<Hash> {
            (0..WAITING_MAX).map(|_| Tag::Submission.hash(&chance.next().to_le_bytes())).collect()
        };
        match chance.below(10) {
            0..=3 => self.submission(1).unwrap_or(Message::Status { height }),
            4 => {
                let kind = u8::try_from(chance.below(2)).unwrap_or(0);
                let named = suyuan_ledger::block::VoteKind::from_number(kind);
                let bytes = named.map_or(Hash::ZERO, |kind| ballot_message(self.chain, height, round, kind, id));
                let (validator, signature) = (self.signer.public(), self.signer.signature(bytes));
                let vote = SignedVote { kind, height, round, id, validator, signature };
                Message::Consensus(ConsensusMessage::Vote(vote))
            }
            5 => {
                let bytes = proposal_message(self.chain, height, round, -1, id);
                let (validator, signature) = (self.signer.public(), self.signer.signature(bytes));
                let one = SignedProposal { height, round, id, pol_round: -1, validator, signature };
                Message::Consensus(ConsensusMessage::Proposal(one))
            }
            6 => {
                let header = Header { height, parent: id, ..header.clone() };
                Message::Proposed(ProposedBlock { header, submissions: ids(chance) })
            }
            7 => Message::WantDecided { from: chance.below(header.height + 2) },
            8 => Message::WantSubmissions { height, id, submissions: ids(chance) },
            _ => Message::WantProposed { height, id },
        }
    }

    /// A submission that can't be taken yet: the first of its lane never comes.
    fn submission(&mut self, events: usize) -> Option<Message> {
        self.made += 1;
        let device = self.devices.get(usize::try_from(self.made).ok()? % self.devices.len())?;
        let lane =
            LaneState { next: 1 + self.made / self.devices.len() as u64 % GAP, previous: Tag::Header.hash(b"none") };
        let first = usize::try_from(self.made).ok()? % FLOOD_EVENTS as usize;
        let mut bytes = 0;
        let fits = |payload: &&Vec<u8>| {
            bytes += payload.len() + 16;
            bytes <= BODY_BYTES_MAX
        };
        let payloads = self.payloads.iter().cycle().skip(first).take(events).take_while(fits);
        let event = |payload: &Vec<u8>| SubmittedEvent {
            record_type: record_type::EPCIS,
            salt: [3; 16],
            payload: payload.clone(),
        };
        let events: Vec<SubmittedEvent> = payloads.map(event).collect();
        let at = crate::START_MS;
        sign_submission(device, self.chain, self.organisation, lane, at, events)
            .ok()
            .map(|signed| Message::Submission(Arc::new(signed)))
    }
}
