//! Takes what was before the state with which a ledger was begun: beside those who write to it already, portion by
//! portion, and takes it for whole only once all of it is what was decided, and all logs are made of it.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use suyuan_ledger::block::results_root;
use suyuan_ledger::codec::decode_trusted;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table, WriteSet};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::apply::directory;
use suyuan_ledger::state::head::LACKS_KEY;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::event_row;
use suyuan_ledger::tree::dense::{EVENTS, HISTORY};

use super::blocks::{Checked, FACT_BYTES, Fact, Ground, Rows, check_portion, own_facts};
use super::flat::{self, Flat};
use super::logs::{self, Events};
use super::receive::{threads, trust_changes};
use super::serve::{Heights, PORTION_BYTES, heights};
use super::sink::{Sink, Sorted};
use super::{Lacks, Moment, Refused, Trust};

/// What of the history a ledger lacks, if it was begun with a state and has not all of it yet.
pub fn lacks(store: &dyn Read) -> Result<Option<Lacks>, StoreError> {
    let bytes = store.get(Table::Meta, LACKS_KEY)?;
    let lacks = bytes.map(|bytes| decode_trusted(&bytes)).transpose();
    lacks.map_err(|error| StoreError::Corrupt(Table::Meta, format!("{error:?}")))
}

/// Notes that the history shows the state to be false with which a ledger was begun.
pub fn disbelieve(store: &impl Sink) -> Result<(), StoreError> {
    let Some(lacks) = lacks(store)? else { return Ok(()) };
    let mut writes = WriteSet::default();
    writes.put_encoded(Table::Meta, LACKS_KEY, &Lacks { is_false: true, ..lacks });
    store.commit(&writes)
}

/// The history that was taken so far.
pub struct History<'a, S: Sink> {
    trust: Trust,
    moment: Moment,
    store: &'a S,
    stopping: &'a AtomicBool,
    threads: usize,
    directory: Directory,
    chain: Chain,
    /// What was taken last, until the next header says that its records are right.
    pending: Option<(Heights, Vec<Checked>)>,
    rows: Rows,
    event_rows: Sorted<20>,
    submission_rows: Sorted<16>,
    /// Tags of events that follow each other: the number of the page, and they.
    tags: (u64, Vec<u8>),
}

/// Blocks laid end to end.
struct Chain {
    /// The height of the last one.
    height: u64,
    events: Events,
    facts: flat::Writer<FACT_BYTES>,
    accepted: u64,
    founded: u64,
    erased: u64,
}

impl<'a, S: Sink> History<'a, S> {
    /// Begins with what a ledger lacks; `trust` is that of its genesis, `scratch` a folder for what is needed while it
    /// lasts. Once `stopping` is set, what takes long ends with an error.
    pub fn new(
        mut trust: Trust,
        lacks: Lacks,
        store: &'a S,
        scratch: &Path,
        stopping: &'a AtomicBool,
    ) -> Result<Self, Refused> {
        let moment = lacks.moment;
        trust_changes(&mut trust, &moment)?;
        let facts: Flat<FACT_BYTES> = Flat::create(&scratch.join("facts"))?;
        let chain = Chain {
            height: 0,
            facts: facts.writer(0)?,
            events: Events { starts: vec![0, 0], facts },
            accepted: 0,
            founded: 0,
            erased: 0,
        };
        Ok(History {
            trust,
            moment,
            store,
            stopping,
            threads: threads(),
            directory: directory(store)?,
            chain,
            pending: None,
            rows: Rows::default(),
            event_rows: Sorted::new(Table::Event),
            submission_rows: Sorted::new(Table::Submission),
            tags: (u64::MAX, Vec::new()),
        })
    }

    /// The state with which the ledger was begun.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// From which height on blocks are wanted; none if all are there.
    pub fn wants_heights(&self) -> Option<u64> {
        let last = self.pending.as_ref().map_or(self.chain.height, |(portion, _)| portion.through);
        let next = last.saturating_add(1);
        (next <= self.moment.height).then_some(next)
    }

    /// Takes the blocks that were wanted, each whole and right, or none of them. If they show that those before them have
    /// not the records that were decided, those are wanted anew.
    pub fn take_heights(&mut self, portion: Heights) -> Result<(), Refused> {
        let checked = self.check(&portion)?;
        self.settle_pending(checked.first().map(|block| block.header.results))?;
        self.check_numbers(&checked)?;
        let is_last = portion.through == self.moment.height;
        self.pending = Some((portion, checked));
        if is_last { self.settle_pending(self.last_results()) } else { Ok(()) }
    }

    /// Takes blocks that are here already: those that came before this process, and those that came with the state.
    /// Whether there were any.
    pub fn take_own(&mut self) -> Result<bool, Refused> {
        let Some(from) = self.wants_heights().filter(|_| self.pending.is_none()) else { return Ok(false) };
        let Some(portion) = heights(self.store, from, self.moment.height, PORTION_BYTES)? else { return Ok(false) };
        let checked = self.check(&portion)?;
        self.check_numbers(&checked)?;
        checked.into_iter().try_for_each(|block| self.append(block))?;
        Ok(true)
    }

    /// Checks a portion by itself: its blocks are those of this chain, and each header says of the block before what
    /// that is.
    fn check(&self, portion: &Heights) -> Result<Vec<Checked>, Refused> {
        let Some(from) = self.wants_heights() else { return Ok(Vec::new()) };
        let ground = Ground { trust: &self.trust, directory: &self.directory, store: self.store };
        let checked = check_portion(&ground, (from, self.moment.height), portion, self.threads)?;
        for block in &checked {
            if HISTORY.stored_leaf(self.store, block.header.height)? != Some(block.id) {
                let key = block.header.height.to_be_bytes();
                return Err(Refused::fault(Table::Block, &key, "is not the block of this chain"));
            }
        }
        for (block, next) in checked.iter().zip(checked.iter().skip(1)) {
            check_results(block, Some(next.header.results))?;
        }
        Ok(checked)
    }

    /// What was decided of the receipts of the last block.
    fn last_results(&self) -> Option<Hash> {
        let header = &self.moment.header;
        // A block that certifies itself carries nothing.
        Some(if header.height > self.moment.height { header.results } else { results_root(&[]) })
    }

    /// Takes what is pending in, if its last block has these results; else it is forgotten.
    fn settle_pending(&mut self, results: Option<Hash>) -> Result<(), Refused> {
        let Some((portion, checked)) = self.pending.take() else { return Ok(()) };
        checked.last().map_or(Ok(()), |last| check_results(last, results))?;
        self.rows.add(self.store, portion)?;
        Ok(checked.into_iter().try_for_each(|block| self.append(block))?)
    }

    /// Checks that events are numbered as they follow each other. Nothing may be pending.
    fn check_numbers(&self, checked: &[Checked]) -> Result<(), Refused> {
        let accepted =
            checked.iter().flat_map(|block| block.accepted.iter().map(move |one| (block.header.height, one.0)));
        match (self.chain.accepted..).zip(accepted).find(|(next, (_, own))| next != own) {
            None => Ok(()),
            Some((_, (height, _))) => {
                Err(Refused::fault(Table::Block, &height.to_be_bytes(), "its events have not the next numbers"))
            }
        }
    }

    fn append(&mut self, block: Checked) -> Result<(), StoreError> {
        let (height, accepted) = (block.header.height, block.accepted.len() as u64);
        // Whoever finds where an event or a submission is MUST find it there.
        if self.event_rows.is_almost_full(block.accepted.len())
            || self.submission_rows.is_almost_full(block.submissions.len())
        {
            self.rows.write(self.store)?;
        }
        for (own, index, is_first) in block.accepted {
            if is_first {
                let tag = self.tag(own)?;
                self.event_rows.add(self.store, tag, event_row(own, height, index))?;
            }
        }
        for (place, (id, first)) in (0u32..).zip(block.submissions) {
            let mut row = [0; 16];
            row[..8].copy_from_slice(&height.to_be_bytes());
            row[8..12].copy_from_slice(&place.to_be_bytes());
            row[12..].copy_from_slice(&first.to_be_bytes());
            self.submission_rows.add(self.store, id.0, row)?;
        }
        self.chain.append(height, &block.facts, (accepted, block.founded, block.erased))
    }

    /// The tag of an event.
    fn tag(&mut self, own: u64) -> Result<[u8; 32], StoreError> {
        let page = own / 16;
        if self.tags.0 != page {
            let found = self.store.get(Table::Page, &EVENTS.key(0, page))?;
            self.tags = (page, found.unwrap_or_default());
        }
        let tag = self.tags.1.as_chunks::<32>().0.get((own % 16) as usize).copied();
        tag.ok_or_else(|| StoreError::Corrupt(Table::Page, format!("event {own} has no tag")))
    }

    /// Writes out what was gathered: whoever begins anew finds it with [`Self::take_own`].
    pub fn keep(&mut self) -> Result<(), StoreError> {
        self.rows.write(self.store)
    }

    /// How many events have no payload.
    pub fn erased(&self) -> u64 {
        self.chain.erased
    }

    /// Checks what only all together can show, over the ledger as `at` shows it by now, and notes that nothing is lacking
    /// any more.
    pub fn finish(mut self, at: &(dyn Read + Sync)) -> Result<(), Refused> {
        let (store, roots) = (self.store, self.moment.roots.clone());
        if self.wants_heights().is_some() || self.pending.is_some() {
            return Err(Refused::fault(Table::Block, &self.chain.height.to_be_bytes(), "is not the last one"));
        }
        self.keep()?;
        self.event_rows.write(store)?;
        self.submission_rows.write(store)?;
        if self.chain.accepted != roots.event_count {
            return Err(Refused::fault(Table::Record, &[], "not as many events as have tags"));
        }
        if self.chain.founded != roots.name_count {
            return Err(Refused::fault(Table::Key, &[], "there are keys of no subject"));
        }
        // What was applied since is of this node's making.
        let last = Reader::new(at).head()?.map_or(0, |head| head.height);
        for height in self.chain.height.saturating_add(1)..=last {
            self.chain.append(height, &own_facts(at, height)?, (0, 0, 0))?;
        }
        self.chain.facts.flush()?;
        let totals = logs::check(at, &self.chain.events, self.threads, self.stopping)?;
        if logs::check_rows(at, self.stopping)? != totals.rows {
            return Err(Refused::fault(Table::Entry, &[], "there are entries of no log"));
        }
        let mut writes = WriteSet::default();
        writes.delete(Table::Meta, LACKS_KEY);
        Ok(store.commit(&writes)?)
    }
}

/// Checks that a block has the receipts that the header after it tells of. That is decided: it is true.
fn check_results(block: &Checked, results: Option<Hash>) -> Result<(), Refused> {
    match results == Some(block.results) {
        true => Ok(()),
        false => {
            let words = "records or refusals are not those of the block's receipts";
            Err(Refused::fault(Table::Record, &block.header.height.to_be_bytes(), words))
        }
    }
}

impl Chain {
    /// Adds a block: what is known of its events; how many were accepted, how many subjects founded, how many events
    /// have no payload.
    fn append(&mut self, height: u64, facts: &[Fact], counts: (u64, u64, u64)) -> Result<(), StoreError> {
        facts.iter().try_for_each(|fact| self.facts.push(fact))?;
        let first = self.events.starts.last().copied().unwrap_or(0);
        self.events.starts.push(first.saturating_add(facts.len() as u64));
        self.height = height;
        self.accepted = self.accepted.saturating_add(counts.0);
        self.founded = self.founded.saturating_add(counts.1);
        self.erased = self.erased.saturating_add(counts.2);
        Ok(())
    }
}
