//! Checks blocks that were taken, each by itself: what two have to do with each other is checked when they are laid
//! end to end (`receive`).

use suyuan_ledger::block::{
    HEADER_TYPE, HEADER_VERSION, Header, Receipt, StoredBlock, StoredEvent, StoredSubmission, body_root, results_root,
};
use suyuan_ledger::codec::{self, ENCODED_BYTES_MAX};
use suyuan_ledger::derive::derive;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Overlay, Read, Table};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::names::Name;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::record::{Role, event_digest};
use suyuan_ledger::state::records;
use suyuan_ledger::state::replay::check_form;
use suyuan_ledger::state::subject::{StoredRecord, place_key};
use suyuan_ledger::submission::{SignedSubmission, record_type};

use super::founding::Founded;
use super::{Heights, Pairs, Refused, Trust};

/// What is kept of an event to check logs with: hash, time and mask of its record. Zeros if it was refused.
pub(super) const FACT_BYTES: usize = 44;
pub(super) type Fact = [u8; FACT_BYTES];

/// What blocks are held against.
pub(super) struct Ground<'a> {
    pub trust: &'a Trust,
    pub directory: &'a Directory,
    /// The tables of a moment, in which the keys are.
    pub store: &'a (dyn Read + Sync),
}

/// A block that is right by itself.
pub(super) struct Checked {
    pub header: Header,
    pub id: Hash,
    /// The root over its receipts: what the next header has to name.
    pub results: Hash,
    /// One an event.
    pub facts: Vec<Fact>,
    /// Of the accepted ones: own number, place in the block, whether it is no error declaration.
    pub accepted: Vec<(u64, u32, bool)>,
    /// Of the subjects founded, ascending by number.
    pub names: Vec<Name>,
    /// Rows of keys that they fill.
    pub key_rows: u64,
    /// Ids of the submissions, and the place of the first event of each.
    pub submissions: Vec<(Hash, u32)>,
    /// Events without a payload.
    pub erased: u64,
}

/// Checks the blocks of a portion from one place of it to another.
pub(super) fn check_all(
    ground: &Ground<'_>,
    portion: &Heights,
    places: std::ops::Range<usize>,
) -> Result<Vec<Checked>, Refused> {
    places
        .filter_map(|place| portion.blocks.get(place))
        .map(|(key, bytes)| check(ground, portion, key, bytes))
        .collect()
}

/// The pairs of a height.
fn of_height<'a>(pairs: &'a Pairs, height: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let (mut from, mut to) = (0, pairs.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        match pairs.get(middle).is_some_and(|(key, _)| key < height) {
            true => from = middle + 1,
            false => to = middle,
        }
    }
    (from..pairs.len()).map_while(|place| pairs.get(place)).take_while(move |(key, _)| key.starts_with(height))
}

fn check(ground: &Ground<'_>, portion: &Heights, key: &[u8], bytes: &[u8]) -> Result<Checked, Refused> {
    let fault = |what: &str| Refused::fault(Table::Block, key, what);
    let block: StoredBlock = codec::decode(bytes, ENCODED_BYTES_MAX).map_err(|_| fault("is no block"))?;
    let header = &block.header;
    if header.kind != HEADER_TYPE || header.version != HEADER_VERSION || key != header.height.to_be_bytes() {
        return Err(fault("is not the block of its height"));
    }
    if !ground.trust.decides(header, &block.certificate) {
        return Err(fault("its certificate does not decide it"));
    }
    let ids: Vec<Hash> = block.submissions.iter().map(|stored| stored.submission.id()).collect();
    let events: usize = block.submissions.iter().map(|stored| stored.events.len()).sum();
    if body_root(&ids) != header.body || events != header.events as usize {
        return Err(fault("its submissions are not those of its header"));
    }
    for stored in &block.submissions {
        check_form(stored).map_err(fault)?;
        check_signature(ground, stored).map_err(fault)?;
    }
    let records = read_records(portion, key)?;
    let founded = Founded::read(ground.store, header.height, &records)?;
    let mut checking = Checking {
        ground,
        founded: &founded,
        height: header.height,
        records: records.iter().peekable(),
        payloads: of_height(&portion.payloads, key).peekable(),
        receipts: Vec::with_capacity(events),
        checked: Checked {
            header: header.clone(),
            id: header.id(),
            results: Hash::ZERO,
            facts: Vec::with_capacity(events),
            accepted: Vec::with_capacity(records.len()),
            names: founded.names().collect(),
            key_rows: founded.rows,
            submissions: Vec::with_capacity(ids.len()),
            erased: 0,
        },
    };
    for (stored, id) in block.submissions.iter().zip(ids) {
        let first = checking.index();
        checking.checked.submissions.push((id, first));
        for event in &stored.events {
            checking.event(id, event)?;
        }
    }
    checking.finish()
}

/// That the author of a submission was who its key says is in what the validators decided; that it signed is checked
/// with the key as the ledger has it now, since an id stands for one public key.
fn check_signature(ground: &Ground<'_>, stored: &StoredSubmission) -> Result<(), &'static str> {
    let head = &stored.submission;
    let signed = SignedSubmission { submission: head.clone(), signature: stored.signature, events: Vec::new() };
    let key = ground.directory.key(&head.key);
    match head.chain == ground.trust.chain() && key.is_some_and(|key| signed.is_signed_by(&key.public)) {
        true => Ok(()),
        false => Err("the signature of a submission is not that of its key"),
    }
}

/// The records of a block, whose rows must be exactly those that are written for them.
fn read_records(portion: &Heights, height: &[u8]) -> Result<Vec<(u64, u32, StoredRecord)>, Refused> {
    let mut all = Vec::new();
    for (key, row) in of_height(&portion.records, height) {
        let fault = |_| Refused::fault(Table::Record, key, "is no row of records");
        let first = records::row_place(key).map_err(fault)?;
        let each = records::each(row, first, &mut |(height, index), record| {
            all.push((height, index, record));
            std::ops::ControlFlow::Continue(())
        });
        let _ = each.map_err(fault)?;
    }
    let empty = MemoryRead::default();
    let mut again = Overlay::new(&empty);
    records::put(&mut again, &all);
    let again = again.into_writes();
    let rows = again.of_table(Table::Record).map(|(key, row)| (key, row.unwrap_or_default()));
    match rows.eq(of_height(&portion.records, height)) {
        true => Ok(all),
        false => Err(Refused::fault(Table::Record, height, "rows are not as they are written")),
    }
}

/// A block while its events are checked.
struct Checking<'a, R: Iterator, P: Iterator> {
    ground: &'a Ground<'a>,
    founded: &'a Founded,
    height: u64,
    records: std::iter::Peekable<R>,
    payloads: std::iter::Peekable<P>,
    receipts: Vec<Receipt>,
    checked: Checked,
}

impl<'a, R, P> Checking<'a, R, P>
where
    R: Iterator<Item = &'a (u64, u32, StoredRecord)>,
    P: Iterator<Item = (&'a [u8], &'a [u8])>,
{
    fn index(&self) -> u32 {
        u32::try_from(self.receipts.len()).unwrap_or(u32::MAX)
    }

    fn event(&mut self, submission: Hash, event: &StoredEvent) -> Result<(), Refused> {
        let index = self.index();
        let place = place_key(self.height, index);
        let payload = self.payload(&place, event)?;
        let (mut hash, mut fact) = (Hash::ZERO, [0; FACT_BYTES]);
        if event.code == 0 {
            let fault = |what: &str| Refused::fault(Table::Record, &place, what);
            let found = self.records.next_if(|(_, at, _)| *at == index);
            let (_, _, record) = found.ok_or_else(|| fault("is missing"))?;
            if record.event_digest != event.digest || record.record_type != event.record_type {
                return Err(fault("is of another event"));
            }
            hash = record.record(self.height, index).hash();
            fact = fact_of(hash, record);
            self.founded.check(&place, record)?;
            match payload {
                Some(payload) => {
                    let derived = derive(payload)
                        .map_err(|_| Refused::fault(Table::Payload, &place, "nothing can be derived of it"))?;
                    self.founded.check_said(self.ground.store, &place, record, &derived)?;
                }
                None if !record_type::is_erasable(event.record_type) => {
                    return Err(Refused::fault(Table::Payload, &place, "a record of an organisation is missing"));
                }
                None => {}
            }
            let is_first = record.runs.iter().all(|run| run.role != Role::Own as u8);
            self.checked.accepted.push((record.own, index, is_first));
        }
        self.checked.erased = self.checked.erased.saturating_add(u64::from(payload.is_none()));
        self.checked.facts.push(fact);
        self.receipts.push(Receipt { submission, index, code: event.code, record: hash });
        Ok(())
    }

    /// The payload of an event, if it is there: then it has its digest.
    fn payload(&mut self, place: &[u8], event: &StoredEvent) -> Result<Option<&'a [u8]>, Refused> {
        let Some((_, bytes)) = self.payloads.next_if(|(key, _)| *key == place) else { return Ok(None) };
        let whole = bytes.split_first_chunk::<16>();
        let payload = whole.filter(|(salt, payload)| event_digest(salt, payload) == event.digest);
        let fault = || Refused::fault(Table::Payload, place, "has another digest than its event");
        payload.map(|(_, payload)| Some(payload)).ok_or_else(fault)
    }

    fn finish(mut self) -> Result<Checked, Refused> {
        if let Some((_, index, _)) = self.records.next() {
            return Err(Refused::fault(Table::Record, &place_key(self.height, *index), "no accepted event is there"));
        }
        if let Some((key, _)) = self.payloads.next() {
            return Err(Refused::fault(Table::Payload, key, "no event is there"));
        }
        self.checked.results = results_root(&self.receipts);
        Ok(self.checked)
    }
}

fn fact_of(hash: Hash, record: &StoredRecord) -> Fact {
    let mut fact = [0; FACT_BYTES];
    let (of_hash, rest) = fact.split_at_mut(32);
    let (of_time, of_mask) = rest.split_at_mut(8);
    of_hash.copy_from_slice(&hash.0);
    of_time.copy_from_slice(&record.event_time.to_le_bytes());
    of_mask.copy_from_slice(&record.mask.to_le_bytes());
    fact
}
