//! A ledger with one member and one validator, over any store: what the benchmarks of the ledger run on.

use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use suyuan_ledger::block::{CommitCertificate, CommitSignature, Validator, vote_message};
use suyuan_ledger::kv::Read;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::state::apply::{Applied, Ledger, lane};
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{SignedSubmission, key_id, sign};
use suyuan_store::Store;

use crate::pipelined::salted;

/// Why a benchmark can't go on.
pub type Failure = Box<dyn std::error::Error>;

/// 2028-01-01: later than any event of a workload.
const TIME: i64 = 1_830_297_600_000;
/// From one block to the next.
pub(crate) const BLOCK_MS: i64 = 1_000;

/// The ledger, its store and the keys of those who write it.
pub struct Chain<S: Store> {
    /// Where it is.
    pub store: S,
    /// As of the last block.
    pub ledger: Ledger,
    pub(crate) device: SigningKey,
    pub(crate) voter: Voter,
    pub(crate) time: i64,
}

/// The one validator.
pub(crate) struct Voter {
    key: SigningKey,
    validators: Vec<Validator>,
}

impl Voter {
    /// What the next block of a ledger would be with these submissions.
    pub(crate) fn apply(
        &self,
        ledger: &Ledger,
        store: &dyn Read,
        time: i64,
        submissions: &[VerifiedSubmission],
    ) -> Result<Applied, String> {
        let header = ledger.next_header(time, submissions);
        let message = vote_message(header.chain, header.height, 0, header.id());
        let signature = CommitSignature { validator: 0, signature: sign(&self.key, message) };
        let certificate = CommitCertificate { round: 0, signatures: vec![signature] };
        ledger.apply(store, &header, certificate, submissions).map_err(|error| error.to_string())
    }
}

/// Where the time of a capture goes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Spent {
    /// Making and signing submissions.
    pub sign: Duration,
    /// Checking their form and signatures, hashing payloads, deriving what they say.
    pub verify: Duration,
    /// Applying them: state, trees, receipts.
    pub apply: Duration,
    /// Writing the block, synced.
    pub commit: Duration,
}

fn keys() -> (SigningKey, Voter) {
    let (device, key) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let validators = vec![Validator { key: key.verifying_key().to_bytes(), power: 1 }];
    (device, Voter { key, validators })
}

/// The bytes of the genesis of the ledger that benchmarks found.
pub fn genesis() -> Result<Vec<u8>, Failure> {
    let (device, voter) = keys();
    let administrator = SigningKey::from_bytes(&[3; 32]).verifying_key().to_bytes();
    let genesis = Genesis {
        network: "bench".to_owned(),
        trial: false,
        start_time: TIME,
        parameters: Parameters::default(),
        organisations: vec![GenesisOrganisation {
            uri: "urn:uscc:91440115DEMA00013J".to_owned(),
            aliases: Vec::new(),
            name: "Bench".to_owned(),
            role: OrganisationRole::Operator,
            keys: vec![(device.verifying_key().to_bytes(), KeyRole::Device), (administrator, KeyRole::Administrator)],
            bindings: vec![(Scope::new(ScopeKind::Prefix, "9521").map_err(|_| "prefix")?, false)],
        }],
        validators: voter.validators.clone(),
        threshold: 0,
    };
    Ok(genesis.write())
}

impl<S: Store> Chain<S> {
    /// The ledger of a store that [`Chain::found`] has written.
    pub fn reopen(store: S) -> Result<Chain<S>, Failure> {
        let (device, voter) = keys();
        let ledger = Ledger::open(&store)?.ok_or("the store is empty")?;
        let time = ledger.head.time;
        Ok(Chain { store, ledger, device, voter, time })
    }

    /// A new ledger, whose one member is bound to the demonstration prefix 9521.
    pub fn found(store: S) -> Result<Chain<S>, Failure> {
        let (device, voter) = keys();
        let genesis = Genesis::parse(&genesis()?).map_err(|error| format!("{error:?}"))?;
        let chain = chain_id(&genesis.write());
        let (ledger, writes) = Ledger::found(chain, TIME, &genesis.rows(), genesis.directory(), &store)?;
        store.commit(&writes)?;
        Ok(Chain { store, ledger, device, voter, time: TIME })
    }

    /// What a reader of its proofs trusts.
    pub fn trust(&self) -> Trust {
        Trust::genesis(self.ledger.head.chain, TIME, self.voter.validators.clone())
    }

    /// Signs payloads as the next submission of the member's device.
    pub fn sign(&self, payloads: Vec<Vec<u8>>) -> Result<SignedSubmission, Failure> {
        let events = salted(payloads, self.time);
        let lane = lane(&self.store, &key_id(1, self.device.verifying_key().as_bytes()))?;
        Ok(SignedSubmission::sign(self.ledger.head.chain, 1, &self.device, lane, self.time, events))
    }

    /// Verifies a submission.
    pub fn verify(&self, signed: SignedSubmission) -> Result<VerifiedSubmission, Failure> {
        let verified = VerifiedSubmission::verify(signed, self.ledger.head.chain, &self.ledger.directory);
        verified.map_err(|refusal| format!("{refusal:?}").into())
    }

    /// What the next block would be with these submissions.
    pub fn apply(&self, submissions: &[VerifiedSubmission]) -> Result<Applied, Failure> {
        Ok(self.voter.apply(&self.ledger, &self.store, self.time.saturating_add(BLOCK_MS), submissions)?)
    }

    /// Makes an applied block the last one. How many of its events were refused.
    pub fn commit(&mut self, applied: Applied) -> Result<usize, Failure> {
        self.store.commit(&applied.writes)?;
        self.ledger = applied.ledger;
        self.time = self.time.saturating_add(BLOCK_MS);
        Ok(applied.receipts.iter().filter(|receipt| receipt.code != 0).count())
    }

    /// Captures payloads as one block of one submission, or an empty block. How many were refused.
    pub fn block(&mut self, payloads: Vec<Vec<u8>>, spent: &mut Spent) -> Result<usize, Failure> {
        let mut submissions = Vec::new();
        if !payloads.is_empty() {
            let signed = timed(&mut spent.sign, || self.sign(payloads))?;
            submissions.push(timed(&mut spent.verify, || self.verify(signed))?);
        }
        let applied = timed(&mut spent.apply, || self.apply(&submissions))?;
        timed(&mut spent.commit, || self.commit(applied))
    }
}

pub(crate) fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    *spent += started.elapsed();
    result
}
