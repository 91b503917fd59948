//! Applies a block: every event of every submission in order, then the trees, then the head, as one set of
//! writes.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::erased::{Erased, Said};
use super::event::{self, Context, may_write, refusal};
use super::head::{HEAD_KEY, Head, StateRoots};
use super::standing::Author;
use super::verify::{Tags, VerifiedSubmission};
use super::working::{Cache, Working, stored};
use crate::block::{
    CommitCertificate, HEADER_TYPE, HEADER_VERSION, Header, Receipt, StoredBlock, StoredEvent, StoredSubmission,
    Validator, body_root, results_root, validators_hash,
};
use crate::codec::encode;
use crate::derive::{Derived, RULES};
use crate::hash::Hash;
use crate::kv::{Overlay, Read, StoreError, Table, WriteSet};
use crate::organisation::operation::OrganisationRecord;
use crate::organisation::{self, Directory, Key, KeyRole};
use crate::submission::{InvalidSubmission, LaneState, SubmittedEvent, record_type};
use crate::tree::dense;

/// Where a ledger stands: its head, and who is who.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The head.
    pub head: Head,
    /// Organisations, keys, bindings, delegations, parameters.
    pub directory: Arc<Directory>,
    /// What blocks read and wrote lately. It goes to the ledger after the next block.
    cache: RefCell<Cache>,
}

/// What a block does.
#[derive(Debug)]
pub struct Applied {
    /// Where the ledger stands after it.
    pub ledger: Ledger,
    /// What is to be written, in one synced batch.
    pub writes: WriteSet,
    /// A receipt for each event.
    pub receipts: Vec<Receipt>,
}

/// Why a block can't be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// The store failed.
    Store(StoreError),
    /// The block is not the next of this ledger: the field of its header that differs.
    Header(&'static str),
    /// A submission may not stand in this block.
    Submission(InvalidSubmission),
    /// Rules are in force that this program does not know.
    Rules(u16),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        ApplyError::Store(error)
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Store(error) => write!(formatter, "{error}"),
            ApplyError::Header(field) => write!(formatter, "the header's {field} is not what this ledger demands"),
            ApplyError::Rules(rules) => {
                write!(formatter, "rules {rules} are in force, and this program knows rules up to {RULES}")
            }
            ApplyError::Submission(invalid) => write!(formatter, "a submission is invalid ({})", invalid.code()),
        }
    }
}

impl std::error::Error for ApplyError {}

/// The name of the row that keeps where a lane stands.
pub fn lane_row(key: &Hash) -> Vec<u8> {
    [b"lane/".as_slice(), &key.0].concat()
}

/// Where a lane stands in a store.
pub fn lane(store: &dyn Read, key: &Hash) -> Result<LaneState, StoreError> {
    match store.get(Table::Row, &lane_row(key))? {
        Some(bytes) => stored(Table::Row, bytes.get(8..).unwrap_or_default()),
        None => Ok(LaneState::default()),
    }
}

/// Who is who by the rows that a store holds.
pub fn directory(store: &dyn Read) -> Result<Directory, StoreError> {
    let mut rows = Vec::new();
    for prefix in organisation::PREFIXES {
        // The end of all names that begin so is the prefix with its last byte raised. The prefix with 0xff behind it
        // would leave out the names that go on with 0xff: of keys, one in 256.
        let mut end = prefix.to_vec();
        if let Some(last) = end.last_mut() {
            *last = last.saturating_add(1);
        }
        store.scan(Table::Row, prefix, &end, &mut |name, value| {
            rows.push((name.to_vec(), value.get(8..).unwrap_or_default().to_vec()));
            true
        })?;
    }
    let rows = rows.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    Directory::from_rows(rows).map_err(|error| StoreError::Corrupt(Table::Row, format!("{error:?}")))
}

/// An event's values beside its payload take about so many bytes.
const EVENT_BYTES: usize = 1024;

impl Ledger {
    /// The ledger of a genesis, and what founds it in an empty store.
    pub fn found(
        chain: Hash,
        start_time: i64,
        rows: &[(Vec<u8>, Vec<u8>)],
        directory: Directory,
        empty: &dyn Read,
    ) -> Result<(Ledger, WriteSet), StoreError> {
        let mut overlay = Overlay::new(empty);
        let mut working = Working::new(empty, StateRoots::default(), 1, Cache::default());
        for (name, value) in rows {
            working.set_row(name, value.clone())?;
        }
        let (roots, next_log, _) = working.finish(&mut overlay)?;
        let history = dense::HISTORY.set(&mut overlay, 0, 1, &BTreeMap::from([(0, chain)]))?;
        let head = Head {
            chain,
            height: 0,
            id: chain,
            time: start_time,
            state: roots.root(),
            results: Hash::ZERO,
            history,
            validators: validators_hash(directory.validators().at(1)),
            roots,
            next_log,
        };
        super::sets::keep(&mut overlay, 0, directory.validators().at(1));
        overlay.put(Table::Meta, HEAD_KEY, encode(&head));
        Ok((Ledger { head, directory: Arc::new(directory), cache: RefCell::default() }, overlay.into_writes()))
    }

    /// The ledger that a store holds; `None` if it is empty.
    pub fn open(store: &dyn Read) -> Result<Option<Ledger>, StoreError> {
        let Some(bytes) = store.get(Table::Meta, HEAD_KEY)? else { return Ok(None) };
        let head: Head = stored(Table::Meta, &bytes)?;
        let directory = directory(store)?;
        let ledger = Ledger { head, directory: Arc::new(directory), cache: RefCell::default() };
        if validators_hash(ledger.validators()) != ledger.head.validators {
            let words = "the validators are not those that the last header names".to_owned();
            return Err(StoreError::Corrupt(Table::Row, words));
        }
        Ok(Some(ledger))
    }

    /// Those who decide the next block.
    pub fn validators(&self) -> &[Validator] {
        self.directory.validators().at(self.head.height.saturating_add(1))
    }

    /// The rules under which the next block is applied.
    pub fn rules(&self) -> u16 {
        self.directory.governance().rules_at(self.head.height.saturating_add(1))
    }

    /// The header of the next block with these submissions.
    pub fn next_header(&self, time: i64, submissions: &[impl Borrow<VerifiedSubmission>]) -> Header {
        let ids: Vec<Hash> = submissions.iter().map(|submission| submission.borrow().id()).collect();
        let bodies = submissions.iter().map(|submission| &submission.borrow().signed().submission);
        Header {
            kind: HEADER_TYPE,
            version: HEADER_VERSION,
            chain: self.head.chain,
            height: self.head.height + 1,
            time: time.max(self.head.time + 1),
            parent: self.head.id,
            body: body_root(&ids),
            body_bytes: bodies.clone().map(|head| u64::from(head.body_bytes)).fold(0, u64::saturating_add),
            // What a peer lists may add up to anything; such a header is nobody's.
            events: bodies.map(|head| head.count).fold(0, u32::saturating_add),
            state: self.head.state,
            results: self.head.results,
            history: self.head.history,
            validators: self.head.validators,
            next_validators: validators_hash(self.directory.validators().at(self.head.height.saturating_add(2))),
            rules: self.rules(),
            proposer: 0,
        }
    }

    /// Checks that a header is that of the next block with these submissions.
    pub fn check_header(
        &self,
        header: &Header,
        submissions: &[impl Borrow<VerifiedSubmission>],
    ) -> Result<(), ApplyError> {
        let expected = self.next_header(header.time, submissions);
        let fields = [
            ("height", header.height == expected.height),
            ("time", header.time == expected.time),
            ("parent", header.parent == expected.parent),
            ("body", header.body == expected.body),
            ("state root", header.state == expected.state),
            ("results root", header.results == expected.results),
            ("history root", header.history == expected.history),
        ];
        if let Some((field, _)) = fields.iter().find(|(_, same)| !same) {
            return Err(ApplyError::Header(field));
        }
        if *header == (Header { proposer: header.proposer, ..expected }) {
            Ok(())
        } else {
            Err(ApplyError::Header("other fields"))
        }
    }

    /// Applies the next block.
    pub fn apply(
        &self,
        store: &dyn Read,
        header: &Header,
        certificate: CommitCertificate,
        submissions: &[impl Borrow<VerifiedSubmission>],
    ) -> Result<Applied, ApplyError> {
        if header.rules != RULES && header.rules == self.rules() {
            return Err(ApplyError::Rules(header.rules));
        }
        self.check_header(header, submissions)?;
        // What events say is most of it, and is not moved once more.
        let events: usize = submissions.iter().map(|one| one.borrow().derived().len()).sum();
        let mut overlay = Overlay::with_room(store, header.body_bytes as usize + events * EVENT_BYTES);
        let mut block = BlockInWork {
            working: Working::new(store, self.head.roots.clone(), self.head.next_log, self.cache.take()),
            directory: Arc::clone(&self.directory),
            height: header.height,
            time: header.time,
            index: 0,
            receipts: Vec::new(),
        };
        block.working.prepare(submissions.iter().flat_map(|submission| submission.borrow().tags()))?;
        let mut stored_submissions = Vec::with_capacity(submissions.len());
        for (place, submission) in submissions.iter().enumerate() {
            stored_submissions.push(block.apply_submission(&mut overlay, place, submission.borrow())?);
        }
        let BlockInWork { working, directory, receipts, .. } = block;
        let (roots, next_log, cache) = working.finish(&mut overlay)?;
        let id = header.id();
        let ids = BTreeMap::from([(header.height, id)]);
        let history = dense::HISTORY.set(&mut overlay, header.height, header.height + 1, &ids)?;
        let head = Head {
            chain: self.head.chain,
            height: header.height,
            id,
            time: header.time,
            state: roots.root(),
            results: results_root(&receipts),
            history,
            validators: header.next_validators,
            roots,
            next_log,
        };
        let block = StoredBlock { header: header.clone(), certificate, submissions: stored_submissions };
        overlay.put(Table::Block, header.height.to_be_bytes(), encode(&block));
        if header.next_validators != header.validators {
            super::sets::keep(&mut overlay, header.height, self.directory.validators().at(header.height + 1));
        }
        overlay.put(Table::Meta, HEAD_KEY, encode(&head));
        Ok(Applied {
            ledger: Ledger { head, directory, cache: RefCell::new(cache) },
            writes: overlay.into_writes(),
            receipts,
        })
    }
}

/// A block while its events are applied.
struct BlockInWork<'a> {
    working: Working<'a>,
    directory: Arc<Directory>,
    height: u64,
    time: i64,
    index: u32,
    receipts: Vec<Receipt>,
}

impl BlockInWork<'_> {
    fn apply_submission(
        &mut self,
        overlay: &mut Overlay<'_>,
        place: usize,
        submission: &VerifiedSubmission,
    ) -> Result<StoredSubmission, ApplyError> {
        let signed = submission.signed();
        if submission.is_ahead_of(self.time, &self.directory) {
            return Err(ApplyError::Submission(InvalidSubmission::Ahead));
        }
        let id = submission.id();
        self.advance_lane(&signed.submission.key, signed.submission.sequence, signed.submission.previous, id)?;
        let mut location = self.height.to_be_bytes().to_vec();
        location.extend_from_slice(&u32::try_from(place).unwrap_or(u32::MAX).to_be_bytes());
        location.extend_from_slice(&self.index.to_be_bytes());
        overlay.put(Table::Submission, id.0, location);
        let mut events = Vec::with_capacity(signed.events.len());
        let parts =
            signed.events.iter().zip(submission.digests()).zip(submission.derived().iter().zip(submission.tags()));
        for (place, ((event, digest), derived)) in parts.enumerate() {
            let erased = submission.erased(place);
            let outcome = self.apply_event(&signed.submission.key, event, *digest, derived, erased)?;
            let (code, record) = match outcome {
                Ok(record) => (0, record),
                Err(code) => (code, Hash::ZERO),
            };
            if erased.is_none() {
                let key = super::subject::place_key(self.height, self.index);
                overlay.put_parts(Table::Payload, key, &[&event.salt, &event.payload]);
            }
            self.receipts.push(Receipt { submission: id, index: self.index, code, record });
            events.push(StoredEvent { record_type: event.record_type, code, digest: *digest });
            self.index += 1;
        }
        Ok(StoredSubmission { submission: signed.submission.clone(), signature: signed.signature, events })
    }

    fn advance_lane(&mut self, key: &Hash, sequence: u64, previous: Hash, id: Hash) -> Result<(), ApplyError> {
        let lane = self.lane(key)?;
        if (lane.next, lane.previous) != (sequence, previous) {
            return Err(ApplyError::Submission(InvalidSubmission::Lane));
        }
        let lane = LaneState { next: sequence.saturating_add(1), previous: id };
        self.working.set_row(&lane_row(key), encode(&lane))?;
        Ok(())
    }

    fn apply_event(
        &mut self,
        key: &Hash,
        event: &SubmittedEvent,
        digest: Hash,
        (derived, tags): (&Derived, &Tags),
        erased: Option<&Erased>,
    ) -> Result<Result<Hash, u16>, StoreError> {
        if let Some(Erased::Refused(code)) = erased {
            return Ok(Err(*code));
        }
        let record_type = event.record_type;
        let directory = Arc::clone(&self.directory);
        let Some((key, organisation)) =
            directory.key(key).and_then(|key| Some((key, directory.organisation(key.organisation)?)))
        else {
            return Ok(Err(refusal::KEY));
        };
        let grace_ms = directory.parameters().retired_key_grace_ms;
        if organisation.is_removed_at(self.time) || !key.is_valid_at(self.time, grace_ms) {
            return Ok(Err(refusal::KEY));
        }
        if key.role == KeyRole::Node || !may_write(organisation.role, record_type) {
            return Ok(Err(refusal::RECORD_TYPE));
        }
        let context = Context {
            author: Author { organisation, directory: &directory, time: self.time, step: derived.step },
            key,
            record_type,
            height: self.height,
            index: self.index,
            digest,
        };
        let said = match erased {
            Some(Erased::Accepted { next, .. }) => Said { derived, tags, next: *next },
            _ => event::said(&context, derived, tags),
        };
        // What a record of credit or of a contract says is read elsewhere; here it must not act as an event does.
        if record_type::is_read_apart(record_type) && erased.is_none() && !derived.names_nothing() {
            return Ok(Err(refusal::UNREADABLE));
        }
        if record_type::is_erasable(record_type) {
            return event::apply(&mut self.working, &context, &said);
        }
        self.govern(&context, key, &event.payload, &said)
    }

    /// Applies a record about organisations: to the directory and its rows, then as an event.
    fn govern(
        &mut self,
        context: &Context<'_>,
        key: &Key,
        payload: &[u8],
        said: &Said<'_>,
    ) -> Result<Result<Hash, u16>, StoreError> {
        let Ok(record) = OrganisationRecord::parse(payload) else { return Ok(Err(refusal::UNREADABLE)) };
        let author = organisation::Author { organisation: key.organisation, key: key.id };
        let (record_type, height, time, digest) =
            (context.record_type, context.height, context.author.time, context.digest);
        let occasion = organisation::Occasion { record_type, height, time, digest, payload };
        let judged = context.author.directory.judge(author, &occasion, &record.operation);
        let change = match judged {
            Ok(change) => change,
            Err(refused) => return Ok(Err(refused.code())),
        };
        if let Some(skip) = change.lane
            && self.lane(&skip.key)?.next != skip.from
        {
            return Ok(Err(organisation::Refusal::Conflict.code()));
        }
        let outcome = event::apply(&mut self.working, context, said)?;
        if outcome.is_ok() {
            // Only now: what is refused must not cost a copy of all organisations.
            let mut directory = context.author.directory.clone();
            let changed = directory.accept(change);
            for (name, value) in changed.rows {
                self.working.set_row(&name, value)?;
            }
            if let Some(skip) = changed.lane {
                let lane = LaneState { next: skip.to, previous: skip.previous };
                self.working.set_row(&lane_row(&skip.key), encode(&lane))?;
            }
            self.directory = Arc::new(directory);
        }
        Ok(outcome)
    }

    fn lane(&mut self, key: &Hash) -> Result<LaneState, StoreError> {
        match self.working.row(&lane_row(key))? {
            Some(value) => stored(Table::Row, value),
            None => Ok(LaneState::default()),
        }
    }
}
