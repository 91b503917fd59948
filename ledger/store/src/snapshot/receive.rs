//! Takes a ledger's contents, portion by portion, and gives them out only if they are what a certified header says.

use std::path::Path;
use std::thread;

use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Overlay, Read, StoreError, Table, WriteSet};
use suyuan_ledger::names::{Name, sealed};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::directory;
use suyuan_ledger::state::head::{HEAD_KEY, Head, row_leaf};
use suyuan_ledger::state::sets;
use suyuan_ledger::state::subject::{place_key, read_number};
use suyuan_ledger::tree::dense::{EVENTS, HISTORY, ROWS};
use suyuan_ledger::tree::pages::PageMaker;

use super::blocks::{Checked, FACT_BYTES, Ground, check_all};
use super::flat::{self, Flat};
use super::logs::{self, Events, Weights};
use super::serve::{Heights, Part, is_empty, limits};
use super::sink::{Gathered, Sink, Sorted};
use super::{BY_HEIGHT, Moment, Pairs, Refused, TABLES, Trust};

/// So many names are added to the segments at once.
const NAMES_AT_ONCE: usize = 1 << 16;
/// So many pages are written at once.
const PAGES_AT_ONCE: usize = 4_096;
/// A chain changes its validator set at most so often.
const CHANGES_MAX: usize = 1 << 14;
/// Threads that check.
const THREADS_MAX: usize = 8;

/// What was taken so far.
pub struct Receiver<'a, S: Sink> {
    trust: Trust,
    moment: Moment,
    store: &'a S,
    threads: usize,
    /// Which of [`TABLES`] is being taken, its last key, and how many rows each has.
    table: usize,
    last_key: Option<Vec<u8>>,
    gathered: Gathered,
    rows: [u64; TABLES.len()],
    /// Known once all tables of the moment are there.
    directory: Option<Directory>,
    chain: Chain,
    pages: Pages<'a, S>,
}

/// Blocks laid end to end.
struct Chain {
    /// Of the last block: height, id, time, the root over its receipts, the hash of the set that decides the next.
    height: u64,
    id: Hash,
    time: i64,
    results: Hash,
    validators: Hash,
    events: Events,
    facts: flat::Writer<FACT_BYTES>,
    event_count: u64,
    accepted: u64,
    erased: u64,
    history: PageMaker,
    names: Vec<Name>,
    name_count: u64,
    names_root: Hash,
    key_rows: u64,
    by_height: [Gathered; BY_HEIGHT.len()],
    name_rows: Sorted<8>,
    event_rows: Sorted<20>,
    submission_rows: Sorted<16>,
    leaves: Flat<32>,
    /// Tags of events that follow each other: the number of the page, and they.
    tags: (u64, Vec<u8>),
}

/// Pages that are made here.
struct Pages<'a, S: Sink> {
    store: &'a S,
    writes: WriteSet,
    count: usize,
}

impl<S: Sink> Pages<'_, S> {
    fn put(&mut self, key: [u8; 10], page: &[u8]) -> Result<(), StoreError> {
        self.writes.put(Table::Page, key, page);
        self.count += 1;
        if self.count >= PAGES_AT_ONCE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        self.count = 0;
        self.store.commit(&std::mem::take(&mut self.writes))
    }
}

impl<'a, S: Sink> Receiver<'a, S> {
    /// Begins with an empty store; `scratch` is a folder for what is needed while it lasts.
    pub fn new(mut trust: Trust, moment: Moment, store: &'a S, scratch: &Path) -> Result<Self, Refused> {
        let header = &moment.header;
        let fault = |what: &str| Refused::fault(Table::Meta, HEAD_KEY, what);
        let are_before = moment.changes.iter().all(|change| change.header.height <= moment.height);
        if !are_before
            || moment.changes.len() > CHANGES_MAX
            || !moment.changes.iter().all(|change| trust.follow(change))
        {
            return Err(fault("a change of the validator set that nobody decided"));
        }
        let certifies = match header.height.checked_sub(moment.height) {
            Some(0) => is_empty(header),
            Some(1) => true,
            _ => false,
        };
        if moment.height == 0 || !certifies || !trust.decides(header, &moment.certificate) {
            return Err(fault("no header that is decided certifies this state"));
        }
        if moment.roots.root() != header.state {
            return Err(fault("the parts do not make the state root"));
        }
        let facts: Flat<FACT_BYTES> = Flat::create(&scratch.join("facts"))?;
        let mut pages = Pages { store, writes: WriteSet::default(), count: 0 };
        let mut history = PageMaker::new(HISTORY);
        history.push(trust.chain(), 1, &mut |key, page| pages.put(key, page))?;
        let chain = Chain {
            height: 0,
            id: trust.chain(),
            time: 0,
            results: Hash::ZERO,
            validators: Hash::ZERO,
            facts: facts.writer(0)?,
            events: Events { starts: vec![0, 0], facts },
            event_count: 0,
            accepted: 0,
            erased: 0,
            history,
            names: Vec::new(),
            name_count: 0,
            names_root: Hash::ZERO,
            key_rows: 0,
            by_height: BY_HEIGHT.map(Gathered::new),
            name_rows: Sorted::new(Table::Name),
            event_rows: Sorted::new(Table::Event),
            submission_rows: Sorted::new(Table::Submission),
            leaves: Flat::create(&scratch.join("leaves"))?,
            tags: (u64::MAX, Vec::new()),
        };
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX));
        Ok(Receiver {
            trust,
            moment,
            store,
            threads,
            table: 0,
            last_key: None,
            gathered: Gathered::new(Table::RowName),
            rows: [0; TABLES.len()],
            directory: None,
            chain,
            pages,
        })
    }

    /// The state that is taken.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// The table of which a part is wanted next, and above which key; none if all are there.
    pub fn wants_part(&self) -> Option<(Table, Option<&[u8]>)> {
        Some((*TABLES.get(self.table)?, self.last_key.as_deref()))
    }

    /// Takes the part that was wanted.
    pub fn take_part(&mut self, part: Part) -> Result<(), Refused> {
        let Some(table) = TABLES.get(self.table).copied() else { return Ok(()) };
        let Part { pairs, is_last } = part;
        let (first, end) = limits(table);
        let is_within = pairs.get(0).is_none_or(|(key, _)| key >= first.as_slice())
            && pairs.last_key().is_none_or(|last| last < end.as_slice());
        if !is_within || !pairs.ascend_from(self.last_key.as_deref()) || (pairs.is_empty() && !is_last) {
            return Err(Refused::fault(table, pairs.last_key().unwrap_or_default(), "is no part of the table"));
        }
        if let Some(rows) = self.rows.get_mut(self.table) {
            *rows = rows.saturating_add(pairs.len() as u64);
        }
        self.last_key = pairs.last_key().map(<[u8]>::to_vec).or(self.last_key.take());
        self.gathered.add(self.store, pairs)?;
        if is_last {
            self.gathered.write(self.store)?;
            (self.table, self.last_key) = (self.table.saturating_add(1), None);
            match TABLES.get(self.table) {
                Some(next) => self.gathered = Gathered::new(*next),
                None => self.check_tables()?,
            }
        }
        Ok(())
    }

    fn rows_of(&self, table: Table) -> u64 {
        TABLES.iter().zip(self.rows).find(|(other, _)| **other == table).map_or(0, |(_, rows)| rows)
    }

    /// Checks what blocks are held against: rows, and with them who is who; tags of events.
    fn check_tables(&mut self) -> Result<(), Refused> {
        let (roots, store) = (self.moment.roots.clone(), self.store);
        let mut rows = PageMaker::new(ROWS);
        let (pages, mut refused) = (&mut self.pages, None);
        store.scan(Table::RowName, &[], &[u8::MAX; 16], &mut |key, name| {
            let mut one = || {
                let fault = |what: &str| Refused::fault(Table::RowName, key, what);
                if key != rows.count().to_be_bytes() {
                    return Err(fault("is not the next number"));
                }
                let row = store.get(Table::Row, name)?.ok_or_else(|| fault("no row has this name"))?;
                let value = row.split_first_chunk::<8>().filter(|(number, _)| number.as_slice() == key);
                let (_, value) = value.ok_or_else(|| fault("the row has another number"))?;
                Ok(rows.push(row_leaf(name, value), 1, &mut |key, page| pages.put(key, page))?)
            };
            refused = one().err();
            refused.is_none()
        })?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        let count = rows.count();
        let root = rows.finish(&mut |key, page| self.pages.put(key, page))?;
        if count != roots.row_count || root != roots.rows || self.rows_of(Table::Row) != count {
            return Err(Refused::fault(Table::Row, &[], "the rows do not make their root"));
        }
        self.check_tags(roots.event_count, roots.events)?;
        self.directory = Some(directory(store)?);
        Ok(())
    }

    fn check_tags(&mut self, event_count: u64, expected: Hash) -> Result<(), Refused> {
        let (store, pages) = (self.store, &mut self.pages);
        let (from, to) = limits(Table::Page);
        let (mut tags, mut next, mut refused) = (PageMaker::new(EVENTS), 0u64, None);
        let level_zero = EVENTS.key(0, 0)[1];
        store.scan(Table::Page, &from, &to, &mut |key, page| {
            let mut one = || {
                let (leaves, rest) = page.as_chunks::<32>();
                let held = event_count.saturating_sub(tags.count()).min(16);
                if key != EVENTS.key(0, next) || leaves.len() as u64 != held || !rest.is_empty() || held == 0 {
                    return Err(Refused::fault(Table::Page, key, "is not the next page"));
                }
                next = next.saturating_add(1);
                for leaf in leaves {
                    // Those of the lowest level are there.
                    tags.push(Hash(*leaf), 1, &mut |key, page| {
                        if key[1] == level_zero { Ok(()) } else { pages.put(key, page) }
                    })?;
                }
                Ok(())
            };
            refused = one().err();
            refused.is_none()
        })?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        let count = tags.count();
        let root =
            tags.finish(&mut |key, page| if key[1] == level_zero { Ok(()) } else { self.pages.put(key, page) })?;
        match count == event_count && root == expected {
            true => Ok(()),
            false => Err(Refused::fault(Table::Page, &[], "the tags of events do not make their root")),
        }
    }

    /// From which height on blocks are wanted; none if all are there, or the tables of the moment are not yet.
    pub fn wants_heights(&self) -> Option<u64> {
        let next = self.chain.height.saturating_add(1);
        (self.directory.is_some() && next <= self.moment.height).then_some(next)
    }

    /// Takes the blocks that were wanted, each whole and right, or none of them.
    pub fn take_heights(&mut self, portion: Heights) -> Result<(), Refused> {
        let (Some(from), Some(directory)) = (self.wants_heights(), &self.directory) else { return Ok(()) };
        let fault = |what: &str| Refused::fault(Table::Block, &from.to_be_bytes(), what);
        let count = portion.blocks.len() as u64;
        let end = from.saturating_add(count);
        let is_next = |(place, (key, _)): (u64, (&[u8], &[u8]))| key == from.saturating_add(place).to_be_bytes();
        let is_right = count > 0
            && end <= self.moment.height.saturating_add(1)
            && portion.through.checked_add(1) == Some(end)
            && (0..).zip(portion.blocks.iter()).all(is_next)
            && is_between(&portion.records, from, end)
            && is_between(&portion.payloads, from, end);
        if !is_right {
            return Err(fault("the portion is not of the blocks that were asked for"));
        }
        let ground = Ground { trust: &self.trust, directory, store: self.store };
        let checked = check_side_by_side(&ground, &portion, self.threads)?;
        for block in &checked {
            self.chain.check_next(block)?;
            if !self.trust.knows_next(&block.header) {
                return Err(fault("names a set of validators that nobody has shown"));
            }
        }
        for block in checked {
            self.chain.append(self.store, &mut self.pages, block)?;
        }
        let Heights { blocks, records, payloads, .. } = portion;
        for (gathered, pairs) in self.chain.by_height.iter_mut().zip([blocks, records, payloads]) {
            gathered.add(self.store, pairs)?;
        }
        Ok(())
    }

    /// How many events have no payload.
    pub fn erased(&self) -> u64 {
        self.chain.erased
    }

    /// Checks what only all together can show, and writes where the ledger stands: before that, nothing of it is one.
    pub fn finish(mut self) -> Result<Head, Refused> {
        let (store, roots) = (self.store, self.moment.roots.clone());
        let last = &self.moment.header;
        let chain = &mut self.chain;
        chain.add_names(store)?;
        let pages = &mut self.pages;
        let history = std::mem::replace(&mut chain.history, PageMaker::new(HISTORY));
        let history = history.finish(&mut |key, page| pages.put(key, page))?;
        let is_certified = match last.height == self.moment.height {
            true => last.id() == chain.id,
            false => last.parent == chain.id && last.results == chain.results && last.history == history,
        };
        if chain.height != self.moment.height || !is_certified {
            return Err(Refused::fault(Table::Block, &chain.height.to_be_bytes(), "not the block that is certified"));
        }
        if chain.accepted != roots.event_count {
            return Err(Refused::fault(Table::Record, &[], "not as many events as have tags"));
        }
        if chain.name_count != roots.name_count || chain.names_root != roots.names {
            return Err(Refused::fault(Table::Key, &[], "the names do not make their root"));
        }
        if chain.key_rows != self.rows_of(Table::Key) {
            return Err(Refused::fault(Table::Key, &[], "there are keys of no subject"));
        }
        self.chain.facts.flush()?;
        let next_log = self.check_subjects()?;
        self.pages.write()?;
        let Chain { height, id, time, results, validators, .. } = self.chain;
        let (chain, state) = (self.trust.chain(), roots.root());
        let head = Head { chain, height, id, time, state, results, history, validators, roots, next_log };
        let mut writes = Overlay::new(store);
        sets::keep(&mut writes, 0, self.trust.first());
        for change in &self.moment.changes {
            sets::keep(&mut writes, change.header.height, &change.next);
        }
        writes.put(Table::Meta, HEAD_KEY, encode(&head));
        store.commit(&writes.into_writes())?;
        store.settle()?;
        Ok(head)
    }

    /// Checks logs, their entries and the runs of subjects; gives the next log's number.
    fn check_subjects(&mut self) -> Result<u64, Refused> {
        let (roots, weights, store) = (self.moment.roots.clone(), Weights::new(), self.store);
        let leaves = self.chain.leaves.clone();
        let Chain { by_height, name_rows, event_rows, submission_rows, events, .. } = &mut self.chain;
        // What is left to write is written while logs are checked.
        let totals = thread::scope(|scope| {
            let write = || {
                by_height.iter_mut().try_for_each(|gathered| gathered.write(store))?;
                name_rows.write(store)?;
                event_rows.write(store)?;
                submission_rows.write(store)
            };
            let writing = thread::Builder::new().name("write".to_owned()).spawn_scoped(scope, write);
            let writing = writing.map_err(|error| StoreError::Failed(format!("no thread to write with: {error}")))?;
            let totals = logs::check(store, events, &leaves, &weights, self.threads)?;
            writing.join().map_err(|_| StoreError::Failed("a thread that writes has panicked".to_owned()))??;
            Ok::<_, Refused>(totals)
        })?;
        if totals.logs != self.rows_of(Table::Log) {
            return Err(Refused::fault(Table::Log, &[], "logs are missing, or there are too many"));
        }
        if logs::check_rows(store)? != totals.rows {
            return Err(Refused::fault(Table::Entry, &[], "there are entries of no log"));
        }
        let pages = &mut self.pages;
        let mut put = |key: [u8; 10], page: &[u8]| pages.put(key, page);
        let (root, named) = logs::subjects(store, roots.subject_count, (&leaves, totals), &weights, &mut put)?;
        match root == roots.subjects && named == roots.name_count {
            true => Ok(totals.logs.saturating_add(1)),
            false => Err(Refused::fault(Table::Run, &[], "the subjects do not make their root")),
        }
    }
}

impl Chain {
    /// Whether a block follows the last one, as far as its own header says.
    fn check_next(&mut self, block: &Checked) -> Result<(), Refused> {
        let header = &block.header;
        let fault = |what: &str| Refused::fault(Table::Block, &header.height.to_be_bytes(), what);
        if header.parent != self.id {
            return Err(fault("is not the child of the block before"));
        }
        if header.results != self.results {
            // It is decided: what it says of its parent is true.
            let parent = header.height.saturating_sub(1).to_be_bytes();
            return Err(Refused::fault(
                Table::Record,
                &parent,
                "records or refusals are not those of the block's receipts",
            ));
        }
        let follows = (self.accepted..).zip(&block.accepted).all(|(next, (own, _, _))| next == *own);
        if !follows {
            return Err(fault("its events have not the next numbers"));
        }
        (self.height, self.id, self.time) = (header.height, block.id, header.time);
        (self.results, self.validators) = (block.results, header.next_validators);
        self.accepted = self.accepted.saturating_add(block.accepted.len() as u64);
        self.events
            .starts
            .push(self.events.starts.last().copied().unwrap_or(0).saturating_add(block.facts.len() as u64));
        Ok(())
    }

    fn append<S: Sink>(&mut self, store: &S, pages: &mut Pages<'_, S>, block: Checked) -> Result<(), StoreError> {
        let height = block.header.height;
        self.history.push(block.id, 1, &mut |key, page| pages.put(key, page))?;
        block.facts.iter().try_for_each(|fact| self.facts.push(fact))?;
        self.event_count = self.event_count.saturating_add(block.facts.len() as u64);
        self.erased = self.erased.saturating_add(block.erased);
        self.key_rows = self.key_rows.saturating_add(block.key_rows);
        for (own, index, is_first) in block.accepted {
            let tag = self.tag(store, own)?;
            if is_first {
                let mut row = [0; 20];
                let (number, place) = row.split_at_mut(8);
                number.copy_from_slice(&own.to_be_bytes());
                place.copy_from_slice(&place_key(height, index));
                self.event_rows.add(store, tag, row)?;
            }
        }
        for (place, (id, first)) in (0u32..).zip(block.submissions) {
            let mut row = [0; 16];
            let (of_height, rest) = row.split_at_mut(8);
            let (of_place, of_first) = rest.split_at_mut(4);
            of_height.copy_from_slice(&height.to_be_bytes());
            of_place.copy_from_slice(&place.to_be_bytes());
            of_first.copy_from_slice(&first.to_be_bytes());
            self.submission_rows.add(store, id.0, row)?;
        }
        for name in &block.names {
            self.name_rows.add(store, name.tag.0, name.number.to_be_bytes())?;
        }
        self.names.extend(block.names);
        if self.names.len() >= NAMES_AT_ONCE { self.add_names(store) } else { Ok(()) }
    }

    /// The tag of an event.
    fn tag(&mut self, store: &dyn Read, own: u64) -> Result<[u8; 32], StoreError> {
        let page = own / 16;
        if self.tags.0 != page {
            let found = store.get(Table::Page, &EVENTS.key(0, page))?;
            self.tags = (page, found.unwrap_or_default());
        }
        let tag = self.tags.1.as_chunks::<32>().0.get((own % 16) as usize).copied();
        tag.ok_or_else(|| StoreError::Corrupt(Table::Page, format!("event {own} has no tag")))
    }

    fn add_names(&mut self, store: &impl Sink) -> Result<(), StoreError> {
        let names = std::mem::take(&mut self.names);
        let mut overlay = Overlay::new(store);
        self.names_root = sealed::append(&mut overlay, self.name_count, &names)?;
        self.name_count = self.name_count.saturating_add(names.len() as u64);
        store.commit(&overlay.into_writes())
    }
}

/// Checks the blocks of a portion on several threads.
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
