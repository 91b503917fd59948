//! Takes a state, portion by portion, and makes a ledger of it only if it is what a certified header says.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;

use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Overlay, Read, StoreError, Table, WriteSet};
use suyuan_ledger::names::{Name, sealed};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::directory;
use suyuan_ledger::state::head::{HEAD_KEY, Head, LACKS_KEY, StateRoots, row_leaf};
use suyuan_ledger::state::sets;
use suyuan_ledger::state::subject::{UNPLACED, event_row};
use suyuan_ledger::tree::dense::{DenseTree, EVENTS, HISTORY, ROWS};
use suyuan_ledger::tree::pages::PageMaker;

use super::blocks::{Ground, Rows, check_portion};
use super::flat::Flat;
use super::logs::{self, Weights};
use super::ranks::Ranks;
use super::serve::{Heights, Part, is_empty, limits};
use super::sink::{Gathered, Sink, Sorted};
use super::{Lacks, Moment, Pairs, Refused, TABLES, Trust};

/// So many names are added to the segments at once.
const NAMES_AT_ONCE: usize = 1 << 16;
/// So many batches of names wait for whoever writes them.
const BATCHES_AHEAD: usize = 8;
/// So many pages are written at once.
const PAGES_AT_ONCE: usize = 4_096;
/// So many tags of events are sorted at once (as in `sink.rs`).
const TAGS_AT_ONCE: u64 = 1 << 19;
/// Leaves of a page.
const PAGE_LEAVES: u64 = 16;
/// A chain changes its validator set at most so often.
const CHANGES_MAX: usize = 1 << 14;
/// Threads that check.
const THREADS_MAX: usize = 8;

/// What was taken so far.
pub struct Receiver<'a, S: Sink> {
    trust: Trust,
    moment: Moment,
    store: &'a S,
    scratch: PathBuf,
    threads: usize,
    /// The number of the one of [`TABLES`] that is being taken, its last key, and how many rows each has.
    table: u8,
    last_key: Option<Vec<u8>>,
    gathered: Gathered,
    rows: [u64; TABLES.len()],
    /// Known once all tables of the moment are there: who is who, and the root over the ids of blocks.
    ground: Option<(Directory, Hash)>,
    /// The blocks that are wanted beside the tables, the last one first: those that change the validator set, and the
    /// last one.
    blocks: Vec<u64>,
    /// Of the last block, once it is there: its time, and the hash of the set that decides the next.
    last: Option<(i64, Hash, Hash)>,
    pages: Pages<'a, S>,
}

/// Pages that are made here.
struct Pages<'a, S: Sink> {
    store: &'a S,
    writes: WriteSet,
    count: usize,
}

impl<S: Sink> Pages<'_, S> {
    fn new(store: &S) -> Pages<'_, S> {
        Pages { store, writes: WriteSet::default(), count: 0 }
    }

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

/// How many threads check.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX))
}

/// Trusts whom a moment shows to follow from those who are trusted.
pub(super) fn trust_changes(trust: &mut Trust, moment: &Moment) -> Result<(), Refused> {
    let are_before = moment.changes.iter().all(|change| change.header.height <= moment.height);
    match are_before && moment.changes.len() <= CHANGES_MAX && moment.changes.iter().all(|change| trust.follow(change))
    {
        true => Ok(()),
        false => Err(Refused::fault(Table::Meta, HEAD_KEY, "a change of the validator set that nobody decided")),
    }
}

impl<'a, S: Sink> Receiver<'a, S> {
    /// Begins with an empty store; `scratch` is a folder for what is needed while it lasts.
    pub fn new(mut trust: Trust, moment: Moment, store: &'a S, scratch: &Path) -> Result<Self, Refused> {
        let header = &moment.header;
        let fault = |what: &str| Refused::fault(Table::Meta, HEAD_KEY, what);
        trust_changes(&mut trust, &moment)?;
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
        let mut blocks: Vec<u64> = moment.changes.iter().map(|change| change.header.height).collect();
        blocks.push(moment.height);
        blocks.dedup();
        blocks.reverse();
        Ok(Receiver {
            trust,
            moment,
            store,
            scratch: scratch.to_owned(),
            threads: threads(),
            table: 0,
            last_key: None,
            gathered: Gathered::new(TABLES[0].0),
            rows: [0; TABLES.len()],
            ground: None,
            blocks,
            last: None,
            pages: Pages::new(store),
        })
    }

    /// The state that is taken.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// The number of the table of which a part is wanted next, and above which key; none if all are there.
    pub fn wants_part(&self) -> Option<(u8, Option<&[u8]>)> {
        (usize::from(self.table) < TABLES.len()).then_some((self.table, self.last_key.as_deref()))
    }

    /// Takes the part that was wanted.
    pub fn take_part(&mut self, part: Part) -> Result<(), Refused> {
        let place = usize::from(self.table);
        let Some((table, leaves_of)) = TABLES.get(place).copied() else { return Ok(()) };
        let Part { pairs, is_last } = part;
        let (first, end) = limits(leaves_of);
        let is_within = pairs.get(0).is_none_or(|(key, _)| key >= first.as_slice())
            && pairs.last_key().is_none_or(|last| last < end.as_slice());
        if !is_within || !pairs.ascend_from(self.last_key.as_deref()) || (pairs.is_empty() && !is_last) {
            return Err(Refused::fault(table, pairs.last_key().unwrap_or_default(), "is no part of the table"));
        }
        if let Some(rows) = self.rows.get_mut(place) {
            *rows = rows.saturating_add(pairs.len() as u64);
        }
        self.last_key = pairs.last_key().map(<[u8]>::to_vec).or(self.last_key.take());
        self.gathered.add(self.store, pairs)?;
        if is_last {
            self.gathered.write(self.store)?;
            (self.table, self.last_key) = (self.table.saturating_add(1), None);
            match TABLES.get(usize::from(self.table)) {
                Some((next, _)) => self.gathered = Gathered::new(*next),
                None => self.check_tables()?,
            }
        }
        Ok(())
    }

    fn rows_of(&self, table: Table) -> u64 {
        TABLES.iter().zip(self.rows).find(|((other, _), _)| *other == table).map_or(0, |(_, rows)| rows)
    }

    /// Checks what blocks are held against: rows, and with them who is who; ids of blocks.
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
        let history = self.check_history()?;
        self.ground = Some((directory(store)?, history));
        Ok(())
    }

    /// Checks the ids of blocks, from that of the genesis to that of the last one, and gives their root.
    fn check_history(&mut self) -> Result<Hash, Refused> {
        let (height, header) = (self.moment.height, self.moment.header.clone());
        let root = check_leaves(self.store, &mut self.pages, HISTORY, height.saturating_add(1))?;
        // What a header tells of are the blocks before it.
        let (last, certified) = match header.height == height {
            true => (header.id(), root_of(self.store, HISTORY, height)?),
            false => (header.parent, root),
        };
        match certified == header.history && HISTORY.stored_leaf(self.store, height)? == Some(last) {
            true => Ok(root),
            false => Err(Refused::fault(Table::Page, &[], "the ids of blocks do not make their root")),
        }
    }

    /// The height of a block that is wanted with what is stored under it; none if all are there, or the tables are not
    /// yet.
    pub fn wants_block(&self) -> Option<u64> {
        self.ground.as_ref().and(self.blocks.last().copied())
    }

    /// Takes the block that was wanted.
    pub fn take_block(&mut self, portion: Heights) -> Result<(), Refused> {
        let (Some(height), Some((directory, _))) = (self.wants_block(), &self.ground) else { return Ok(()) };
        let ground = Ground { trust: &self.trust, directory, store: self.store };
        let checked = check_portion(&ground, (height, height), &portion, 1)?;
        let expected = HISTORY.stored_leaf(self.store, height)?;
        let block = checked.into_iter().next().filter(|block| Some(block.id) == expected);
        let fault = || Refused::fault(Table::Block, &height.to_be_bytes(), "is not the block of this chain");
        let block = block.ok_or_else(fault)?;
        let mut rows = Rows::default();
        rows.add(self.store, portion)?;
        rows.write(self.store)?;
        if height == self.moment.height {
            self.last = Some((block.header.time, block.header.next_validators, block.results));
        }
        self.blocks.pop();
        Ok(())
    }

    /// Checks what only all together can show, and writes where the ledger stands, and that it lacks what was before:
    /// without that it is no ledger. `giver` is noted, since what turns out to be wrong is of its making.
    pub fn finish(mut self, giver: Hash) -> Result<Head, Refused> {
        let (store, roots) = (self.store, self.moment.roots.clone());
        let fault = || Refused::fault(Table::Block, &self.moment.height.to_be_bytes(), "the last block is missing");
        let (Some((time, validators, results)), Some((_, history))) = (self.last, &self.ground) else {
            return Err(fault());
        };
        let (last, history) = (&self.moment.header, *history);
        if last.height > self.moment.height && last.results != results {
            return Err(Refused::fault(Table::Record, &[], "the last block's records are not those of its receipts"));
        }
        let id = if last.height > self.moment.height { last.parent } else { last.id() };
        let next_log = self.check_subjects()?;
        self.pages.write()?;
        let (chain, state, height) = (self.trust.chain(), roots.root(), self.moment.height);
        let head = Head { chain, height, id, time, state, results, history, validators, roots, next_log };
        let mut writes = Overlay::new(store);
        sets::keep(&mut writes, 0, self.trust.first());
        for change in &self.moment.changes {
            sets::keep(&mut writes, change.header.height, &change.next);
        }
        writes.put(Table::Meta, HEAD_KEY, encode(&head));
        writes.put(Table::Meta, LACKS_KEY, encode(&Lacks { moment: self.moment, giver, is_false: false }));
        store.commit(&writes.into_writes())?;
        store.settle()?;
        Ok(head)
    }

    /// Checks logs, runs and names, and tags of events, of which it makes their rows; gives the next log's number.
    fn check_subjects(&mut self) -> Result<u64, Refused> {
        let (roots, weights, store) = (self.moment.roots.clone(), Weights::new(), self.store);
        let leaves = Flat::create(&self.scratch.join("leaves"))?;
        let totals = logs::leaves(store, &leaves, &weights, self.threads)?;
        if totals.logs != self.rows_of(Table::Log) {
            return Err(Refused::fault(Table::Log, &[], "logs are missing, or there are too many"));
        }
        let (pages, scratch) = (&mut self.pages, self.scratch.clone());
        thread::scope(|scope| {
            // Names by their tags are sorted and written while those that follow are checked.
            let (hand_over, names) = sync_channel::<Vec<Name>>(BATCHES_AHEAD);
            let no_thread = |error| StoreError::Failed(format!("no thread to write with: {error}"));
            let writing = thread::Builder::new().name("names".to_owned()).spawn_scoped(scope, move || {
                let mut rows = Sorted::new(Table::Name);
                for name in names.into_iter().flatten() {
                    rows.add(store, name.tag.0, name.number.to_be_bytes())?;
                }
                rows.write(store)
            });
            let writing = writing.map_err(no_thread)?;
            let mut ranks = Ranks::new(scratch);
            let (root, named) = logs::subjects(
                store,
                roots.subject_count,
                (&leaves, totals),
                &weights,
                &mut |key, page| pages.put(key, page),
                &mut |named| {
                    named.iter().try_for_each(|(height, name)| ranks.push(*height, name))?;
                    // It fails only if the thread has ended by itself, which it is asked for below.
                    let _ = hand_over.send(named.into_iter().map(|(_, name)| name).collect());
                    Ok(())
                },
            )?;
            drop(hand_over);
            if root != roots.subjects || named != roots.name_count {
                return Err(Refused::fault(Table::Run, &[], "the subjects do not make their root"));
            }
            // What is left goes one step after the other, so that events have a processor now.
            let events = thread::Builder::new().name("events".to_owned());
            let events = events.spawn_scoped(scope, || check_events(store, &roots)).map_err(no_thread)?;
            let names = names_root(store, ranks)?;
            let panicked = |_| StoreError::Failed("a thread that writes has panicked".to_owned());
            writing.join().map_err(panicked)??;
            events.join().map_err(panicked)??;
            match names == roots.names {
                true => Ok(()),
                false => Err(Refused::fault(Table::Key, &[], "the names do not make their root")),
            }
        })?;
        Ok(totals.logs.saturating_add(1))
    }
}

/// Checks the tags of events, and makes their rows.
fn check_events(store: &impl Sink, roots: &StateRoots) -> Result<(), Refused> {
    let mut pages = Pages::new(store);
    if check_leaves(store, &mut pages, EVENTS, roots.event_count)? != roots.events {
        return Err(Refused::fault(Table::Page, &[], "the tags of events do not make their root"));
    }
    pages.write()?;
    Ok(write_events(store, roots.event_count)?)
}

/// Makes the pages of a tree of which the leaves were taken, and gives its root.
fn check_leaves<S: Sink>(
    store: &S,
    pages: &mut Pages<'_, S>,
    tree: DenseTree,
    leaf_count: u64,
) -> Result<Hash, Refused> {
    let mut maker = PageMaker::new(tree);
    let (mut next, mut refused) = (0u64, None);
    let level_zero = tree.key(0, 0)[1];
    // Those of the lowest level are there.
    let mut put = |key: [u8; 10], page: &[u8]| if key[1] == level_zero { Ok(()) } else { pages.put(key, page) };
    store.scan(Table::Page, &tree.key(0, 0), &tree.key(1, 0), &mut |key, page| {
        let mut one = || {
            let (leaves, rest) = page.as_chunks::<32>();
            let held = leaf_count.saturating_sub(maker.count()).min(PAGE_LEAVES);
            if key != tree.key(0, next) || leaves.len() as u64 != held || !rest.is_empty() || held == 0 {
                return Err(Refused::fault(Table::Page, key, "is not the next page"));
            }
            next = next.saturating_add(1);
            for leaf in leaves {
                maker.push(Hash(*leaf), 1, &mut put)?;
            }
            Ok(())
        };
        refused = one().err();
        refused.is_none()
    })?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    if maker.count() != leaf_count {
        return Err(Refused::fault(Table::Page, &tree.key(0, next), "is missing"));
    }
    Ok(maker.finish(&mut put)?)
}

/// The root over the first leaves of a tree.
fn root_of(store: &dyn Read, tree: DenseTree, leaf_count: u64) -> Result<Hash, StoreError> {
    let (mut maker, mut pushed) = (PageMaker::new(tree), Ok(()));
    store.scan(Table::Page, &tree.key(0, 0), &tree.key(1, 0), &mut |_, page| {
        let left = usize::try_from(leaf_count.saturating_sub(maker.count())).unwrap_or(usize::MAX);
        let mut leaves = page.as_chunks::<32>().0.iter().take(left);
        pushed = leaves.try_for_each(|leaf| maker.push(Hash(*leaf), 1, &mut |_, _| Ok(())));
        pushed.is_ok()
    })?;
    pushed?;
    maker.finish(&mut |_, _| Ok(()))
}

/// Makes the segments of names, and gives their root.
fn names_root(store: &impl Sink, ranks: Ranks) -> Result<Hash, StoreError> {
    let (mut count, mut names) = (0u64, Vec::with_capacity(NAMES_AT_ONCE));
    let mut append = |names: &mut Vec<Name>| {
        let mut overlay = Overlay::new(store);
        let root = sealed::append(&mut overlay, count, names)?;
        count = count.saturating_add(names.len() as u64);
        names.clear();
        store.commit(&overlay.into_writes())?;
        Ok(root)
    };
    ranks.each(&mut |name| {
        names.push(name);
        if names.len() >= NAMES_AT_ONCE { append(&mut names).map(drop) } else { Ok(()) }
    })?;
    append(&mut names)
}

/// Makes the rows of events from their tags. Where they are is not known yet; which was the first of a tag is: an error
/// declaration repeats the tag of its target.
fn write_events(store: &impl Sink, event_count: u64) -> Result<(), StoreError> {
    // From the last on, so that what is written over is the later one.
    for first in (0..event_count.div_ceil(TAGS_AT_ONCE)).rev().map(|part| part.saturating_mul(TAGS_AT_ONCE)) {
        let mut tags: Vec<([u8; 32], u64)> = Vec::new();
        let (from, to) = (first / PAGE_LEAVES, first.saturating_add(TAGS_AT_ONCE) / PAGE_LEAVES);
        store.scan(Table::Page, &EVENTS.key(0, from), &EVENTS.key(0, to), &mut |_, page| {
            tags.extend(
                page.as_chunks::<32>()
                    .0
                    .iter()
                    .zip(first.saturating_add(tags.len() as u64)..)
                    .map(|one| (*one.0, one.1)),
            );
            true
        })?;
        tags.sort_unstable();
        tags.dedup_by_key(|(tag, _)| *tag);
        let mut rows = Pairs::default();
        tags.iter().for_each(|(tag, own)| rows.push(tag, &event_row(*own, UNPLACED, 0)));
        store.ingest(Table::Event, &[rows])?;
    }
    Ok(())
}
