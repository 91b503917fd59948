//! A ledger in memory to test with: real keys, real signatures, one validator.
#![allow(dead_code)]

use ed25519_dalek::SigningKey;
use suyuan_ledger::block::{
    Checkpoint, CommitCertificate, CommitSignature, Receipt, StoredBlock, Validator, vote_message,
};
use suyuan_ledger::codec::decode_trusted;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_ledger::state::apply::{ApplyError, Ledger, lane};
use suyuan_ledger::state::records;
use suyuan_ledger::state::verify::{Refusal, VerifiedSubmission};
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent, key_id, record_type, sign};

/// One member of the network.
pub struct Member {
    /// Its number.
    pub number: u64,
    /// Its device key.
    pub device: SigningKey,
    /// Its administrator's key.
    pub administrator: SigningKey,
}

/// A ledger in memory.
pub struct TestLedger {
    pub store: MemoryRead,
    pub ledger: Ledger,
    pub members: Vec<Member>,
    pub validator: SigningKey,
    pub validators: Vec<Validator>,
    pub time: i64,
    pub genesis: Vec<u8>,
    salt: u64,
}

/// 2026-11-01T00:00:00Z.
pub const START: i64 = 1_793_491_200_000;

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// What to make a member of: its URI, its role, the company prefixes bound to it.
pub type MemberOf<'a> = (&'a str, OrganisationRole, &'a [&'a str]);

impl TestLedger {
    /// A ledger with these members, which take the numbers 1, 2, …
    pub fn new(members: &[MemberOf<'_>]) -> TestLedger {
        Self::with_parameters(members, Parameters::default())
    }

    pub fn with_parameters(members: &[MemberOf<'_>], parameters: Parameters) -> TestLedger {
        Self::founded(members, parameters, START)
    }

    /// A ledger that begins at a time.
    pub fn founded(members: &[MemberOf<'_>], parameters: Parameters, start_time: i64) -> TestLedger {
        let validator = key(255);
        let validators = vec![Validator { key: validator.verifying_key().to_bytes(), power: 1 }];
        let mut organisations = Vec::new();
        let mut keys = Vec::new();
        // A network without an operator is none.
        let operator: MemberOf<'_> = ("urn:uscc:11440100DEMA00208W", OrganisationRole::Operator, &[]);
        for (place, (uri, role, prefixes)) in members.iter().chain([&operator]).enumerate() {
            let number = place as u64 + 1;
            let member = Member { number, device: key(number as u8), administrator: key(100 + number as u8) };
            organisations.push(GenesisOrganisation {
                uri: (*uri).to_owned(),
                aliases: Vec::new(),
                name: format!("Member {number}"),
                role: *role,
                keys: vec![
                    (member.device.verifying_key().to_bytes(), KeyRole::Device),
                    (member.administrator.verifying_key().to_bytes(), KeyRole::Administrator),
                ],
                bindings: prefixes
                    .iter()
                    .map(|prefix| match prefix.strip_prefix("strict:") {
                        Some(prefix) => (Scope::new(ScopeKind::Prefix, prefix).unwrap(), true),
                        None => (Scope::new(ScopeKind::Prefix, prefix).unwrap(), false),
                    })
                    .collect(),
            });
            keys.push(member);
        }
        let genesis = Genesis {
            network: "test".to_owned(),
            trial: false,
            start_time,
            parameters,
            organisations,
            validators: validators.clone(),
            threshold: 0,
        };
        genesis.check().unwrap();
        let bytes = genesis.write();
        let genesis = Genesis::parse(&bytes).unwrap();
        let mut store = MemoryRead::default();
        let (ledger, writes) =
            Ledger::found(chain_id(&bytes), start_time, &genesis.rows(), genesis.directory(), &store).unwrap();
        store.apply(&writes);
        TestLedger { store, ledger, members: keys, validator, validators, time: start_time, genesis: bytes, salt: 0 }
    }

    /// Events signed as the next submission of a member's device.
    pub fn sign(&mut self, member: usize, payloads: &[String]) -> SignedSubmission {
        let device = self.members[member].device.clone();
        self.sign_with(member, &device, record_type::EPCIS, payloads)
    }

    pub fn sign_with(
        &mut self,
        member: usize,
        signing_key: &SigningKey,
        record_type: u16,
        payloads: &[String],
    ) -> SignedSubmission {
        let events = payloads
            .iter()
            .map(|payload| {
                self.salt += 1;
                let mut salt = [0; 16];
                salt[..8].copy_from_slice(&self.salt.to_le_bytes());
                SubmittedEvent { record_type, salt, payload: payload.clone().into_bytes() }
            })
            .collect();
        let lane = lane(&self.store, &key_id(1, signing_key.verifying_key().as_bytes())).unwrap();
        let number = self.members[member].number;
        SignedSubmission::sign(self.ledger.head.chain, number, signing_key, lane, self.time, events)
    }

    pub fn verify(&self, submission: SignedSubmission) -> Result<VerifiedSubmission, Refusal> {
        VerifiedSubmission::verify(submission, self.ledger.head.chain, &self.ledger.directory)
    }

    /// Decides a block of these and applies it, and once more to a ledger that was opened anew and so has kept nothing:
    /// both must come to the same.
    pub fn decide(&mut self, submissions: &[VerifiedSubmission]) -> Result<Vec<Receipt>, ApplyError> {
        self.time += 1_000;
        let header = self.ledger.next_header(self.time, submissions);
        let message = vote_message(header.chain, header.height, 0, header.id());
        let signature = CommitSignature { validator: 0, signature: sign(&self.validator, message) };
        let certificate = CommitCertificate { round: 0, signatures: vec![signature] };
        let applied = self.ledger.apply(&self.store, &header, certificate.clone(), submissions)?;
        let opened = Ledger::open(&self.store).unwrap().unwrap();
        let anew = opened.apply(&self.store, &header, certificate, submissions).unwrap();
        assert!(anew.writes == applied.writes, "what was kept changes block {}", header.height);
        self.store.apply(&applied.writes);
        self.ledger = applied.ledger;
        Ok(applied.receipts)
    }

    /// Submits events of a member in a block of their own; the codes of the receipts.
    pub fn submit(&mut self, member: usize, payloads: &[String]) -> Vec<u16> {
        let signed = self.sign(member, payloads);
        let verified = self.verify(signed).unwrap();
        self.decide(&[verified]).unwrap().iter().map(|receipt| receipt.code).collect()
    }

    /// Submits one event that must be accepted.
    pub fn accept(&mut self, member: usize, payload: String) {
        assert_eq!(self.submit(member, std::slice::from_ref(&payload)), [0], "{payload}");
    }

    /// The checkpoint of the last block with events: a sealing block follows it.
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.decide(&[]).unwrap();
        let bytes = self.store.get(Table::Block, &self.ledger.head.height.to_be_bytes()).unwrap().unwrap();
        let block: StoredBlock = decode_trusted(&bytes).unwrap();
        Checkpoint { header: block.header, certificate: block.certificate, validators: self.validators.clone() }
    }

    /// What is flagged in the last event of the last block with events.
    pub fn last_record(&self) -> suyuan_ledger::state::subject::StoredRecord {
        records::last_to(&self.store, u64::MAX).unwrap().unwrap().1
    }
}

static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// An event id that no other event has.
pub fn event_id() -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{:012x}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

/// An event's JSON from its type and its members other than id and time.
pub fn event(event_type: &str, members: &str) -> String {
    event_at(event_type, "2026-10-31T12:00:00Z", members)
}

/// The same, at a time.
pub fn event_at(event_type: &str, time: &str, members: &str) -> String {
    let id = event_id();
    format!(
        r#"{{"type":"{event_type}","eventID":"{id}","eventTime":"{time}","eventTimeZoneOffset":"+00:00",{members}}}"#
    )
}
