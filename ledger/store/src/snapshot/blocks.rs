//! Checks blocks that were taken, each by itself: what two have to do with each other is checked when they are laid
//! end to end (`history`).

use std::ops::ControlFlow;
use std::thread;

use suyuan_ledger::block::{
    HEADER_TYPE, HEADER_VERSION, Header, Receipt, StoredBlock, StoredEvent, StoredSubmission, body_root, results_root,
};
use suyuan_ledger::codec::{self, ENCODED_BYTES_MAX};
use suyuan_ledger::derive::derive;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Overlay, Read, StoreError, Table};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::record::{Role, event_digest};
use suyuan_ledger::state::records;
use suyuan_ledger::state::replay::check_form;
use suyuan_ledger::state::subject::{StoredRecord, place_key, read_number};
use suyuan_ledger::submission::{SignedSubmission, record_type};

use super::founding::Founded;
use super::sink::Sink;
use super::{Heights, Pairs, Refused, Trust};

/// What is under heights is written out when it has so many bytes.
const ROWS_BYTES: usize = 32 << 20;

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
    /// How many subjects were founded.
    pub founded: u64,
    /// Ids of the submissions, and the place of the first event of each.
    pub submissions: Vec<(Hash, u32)>,
    /// Events without a payload.
    pub erased: u64,
}

/// Gathers what is stored under heights until it is worth files. A block is there only once all that belongs to it is.
#[derive(Default)]
pub(super) struct Rows {
    portions: Vec<Heights>,
    bytes: usize,
}

impl Rows {
    pub fn add(&mut self, sink: &impl Sink, portion: Heights) -> Result<(), StoreError> {
        let Heights { blocks, records, payloads, .. } = &portion;
        self.bytes =
            [blocks, records, payloads].iter().fold(self.bytes, |sum, pairs| sum.saturating_add(pairs.bytes()));
        self.portions.push(portion);
        if self.bytes >= ROWS_BYTES { self.write(sink) } else { Ok(()) }
    }

    /// Writes out what was gathered.
    pub fn write(&mut self, sink: &impl Sink) -> Result<(), StoreError> {
        let (mut blocks, mut records, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for portion in self.portions.drain(..) {
            blocks.push(portion.blocks);
            records.push(portion.records);
            payloads.push(portion.payloads);
        }
        self.bytes = 0;
        sink.ingest(Table::Payload, &payloads)?;
        sink.ingest(Table::Record, &records)?;
        sink.ingest(Table::Block, &blocks)
    }
}

/// Checks that a portion is of blocks that follow each other, from one height on and not beyond another, and each of
/// them by itself, on several threads.
pub(super) fn check_portion(
    ground: &Ground<'_>,
    (from, to): (u64, u64),
    portion: &Heights,
    threads: usize,
) -> Result<Vec<Checked>, Refused> {
    let fault = |what: &str| Refused::fault(Table::Block, &from.to_be_bytes(), what);
    let count = portion.blocks.len() as u64;
    let end = from.saturating_add(count);
    let is_next = |(place, (key, _)): (u64, (&[u8], &[u8]))| key == from.saturating_add(place).to_be_bytes();
    let is_right = count > 0
        && end <= to.saturating_add(1)
        && portion.through.checked_add(1) == Some(end)
        && (0..).zip(portion.blocks.iter()).all(is_next)
        && is_between(&portion.records, from, end)
        && is_between(&portion.payloads, from, end);
    if !is_right {
        return Err(fault("the portion is not of the blocks that were asked for"));
    }
    let checked = check_side_by_side(ground, portion, threads)?;
    match checked.iter().all(|block| ground.trust.knows_next(&block.header)) {
        true => Ok(checked),
        false => Err(fault("names a set of validators that nobody has shown")),
    }
}

fn check_side_by_side(ground: &Ground<'_>, portion: &Heights, threads: usize) -> Result<Vec<Checked>, Refused> {
    let count = portion.blocks.len();
    let share = count.div_ceil(threads.max(1)).max(1);
    let shares: Vec<_> = (0..count).step_by(share).map(|first| first..count.min(first + share)).collect();
    if let [all] = shares.as_slice() {
        return check_all(ground, portion, all.clone());
    }
    thread::scope(|scope| {
        let mut working = Vec::with_capacity(shares.len());
        for share in shares {
            let check = move || check_all(ground, portion, share);
            let thread = thread::Builder::new().name("blocks".to_owned()).spawn_scoped(scope, check);
            working.push(thread.map_err(|error| StoreError::Failed(format!("no thread to check with: {error}")))?);
        }
        let mut checked = Vec::with_capacity(count);
        for thread in working {
            let panicked = |_| StoreError::Failed("a thread that checks has panicked".to_owned());
            checked.append(&mut thread.join().map_err(panicked)??);
        }
        Ok(checked)
    })
}

/// Whether keys ascend and begin with heights from one to another (not included).
fn is_between(pairs: &Pairs, from: u64, end: u64) -> bool {
    let height = |pair: Option<(&[u8], &[u8])>| pair.map(|(key, _)| read_number(key));
    let ends = [height(pairs.get(0)), height(pairs.len().checked_sub(1).and_then(|last| pairs.get(last)))];
    pairs.ascend_from(None)
        && ends.into_iter().flatten().all(|height| height.is_some_and(|height| from <= height && height < end))
}

/// Checks the blocks of a portion from one place of it to another.
fn check_all(ground: &Ground<'_>, portion: &Heights, places: std::ops::Range<usize>) -> Result<Vec<Checked>, Refused> {
    places
        .filter_map(|place| portion.blocks.get(place))
        .map(|(key, bytes)| check(ground, portion, key, bytes))
        .collect()
}

/// What is known of the events of a block of the own ledger, as [`Checked::facts`].
pub(super) fn own_facts(store: &dyn Read, height: u64) -> Result<Vec<Fact>, StoreError> {
    let corrupt = |words: &str| StoreError::Corrupt(Table::Block, format!("block {height} {words}"));
    let bytes = store.get(Table::Block, &height.to_be_bytes())?.ok_or_else(|| corrupt("is missing"))?;
    let block: StoredBlock = codec::decode_trusted(&bytes).map_err(|_| corrupt("can't be read"))?;
    let mut facts = vec![[0; FACT_BYTES]; block.header.events as usize];
    records::scan(store, (height, 0), (height.saturating_add(1), 0), &mut |(_, index), record| {
        if let Some(fact) = facts.get_mut(index as usize) {
            *fact = fact_of(record.record(height, index).hash(), &record);
        }
        ControlFlow::Continue(())
    })?;
    Ok(facts)
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
            founded: founded.count(),
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
            ControlFlow::Continue(())
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
