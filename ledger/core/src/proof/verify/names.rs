//! What a proof shows of subjects' keys. A key belongs to a number because the event that founded the subject
//! says so: by the names root in its record, of which a page is shown, or by its payload.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;
use std::rc::Rc;

use crate::hash::{Hash, Tag};
use crate::names::{PAGE_NAMES, page_hash};
use crate::proof::format::{NameKey, NamePage, ShownEvent, ShownNames};
use crate::proof::refused::{Refused, RefusedCode};
use crate::tree::runs::{LeafRun, root_from_runs};

/// Keys that are proved, by number and by tag.
#[derive(Default)]
pub(super) struct Names {
    by_number: BTreeMap<u64, (Rc<[u8]>, usize)>,
    by_tag: HashMap<Hash, u64>,
}

impl Names {
    /// Checks the pages shown against the names roots of their events.
    pub fn read(events: &[ShownEvent], shown: &[ShownNames]) -> Result<Names, Refused> {
        let mut names = Names::default();
        let mut before = None;
        for of_event in shown {
            let place = of_event.event as usize;
            let refused = RefusedCode::Names.event(place);
            let event = events.get(place).filter(|_| before.is_none_or(|before| before < of_event.event));
            // The payload shows all that the event founded.
            let event = event.filter(|event| event.opened.is_none()).ok_or(refused)?;
            before = Some(of_event.event);
            let root = names.read_pages(of_event).ok_or(refused)?;
            if root != event.record.names {
                return Err(refused);
            }
        }
        Ok(names)
    }

    /// The names root that an event's pages lead to.
    fn read_pages(&mut self, shown: &ShownNames) -> Option<Hash> {
        let page_count = shown.count.div_ceil(PAGE_NAMES);
        let mut leaves = Vec::with_capacity(shown.pages.len());
        let mut number_before = None;
        for page in &shown.pages {
            let first = page.index.checked_mul(PAGE_NAMES).filter(|first| *first < shown.count)?;
            if page.names.len() as u64 != (shown.count - first).min(PAGE_NAMES) {
                return None;
            }
            let ascends = page.names.iter().all(|name| {
                let ascends = number_before.is_none_or(|before| before < name.number);
                number_before = Some(name.number);
                ascends
            });
            let hash = self.read_page(page, shown.event as usize).filter(|_| ascends)?;
            leaves.push(LeafRun { first: page.index, count: 1, hash });
        }
        root_from_runs(Tag::Names, page_count, &leaves, &shown.siblings)
    }

    fn read_page(&mut self, page: &NamePage, event: usize) -> Option<Hash> {
        let mut pairs = Vec::with_capacity(page.names.len());
        for name in &page.names {
            let tag = match &name.key {
                NameKey::Tag(tag) => *tag,
                NameKey::Key(key) => {
                    let tag = Tag::Key.hash(key);
                    self.add(name.number, tag, key.as_slice().into(), event)?;
                    tag
                }
            };
            pairs.push((name.number, tag));
        }
        Some(page_hash(&pairs))
    }

    /// Adds a key that an event founded; `None` if another has its number or it has another number.
    pub fn add(&mut self, number: u64, tag: Hash, key: Rc<[u8]>, event: usize) -> Option<()> {
        let is_new = self.by_number.insert(number, (key, event)).is_none() && self.by_tag.insert(tag, number).is_none();
        is_new.then_some(())
    }

    /// The key of a subject.
    pub fn key(&self, number: u64) -> Option<&Rc<[u8]>> {
        self.by_number.get(&number).map(|(key, _)| key)
    }

    /// The number of the subject with this tag.
    pub fn number(&self, tag: &Hash) -> Option<u64> {
        self.by_tag.get(tag).copied()
    }

    /// The place of the event that founded a subject whose key is known.
    pub fn founding_event(&self, number: u64) -> Option<usize> {
        self.by_number.get(&number).map(|(_, event)| *event)
    }

    /// The subjects within these numbers whose keys are known.
    pub fn within(&self, numbers: impl RangeBounds<u64>) -> impl Iterator<Item = (u64, &Rc<[u8]>)> {
        self.by_number.range(numbers).map(|(number, (key, _))| (*number, key))
    }

    /// All keys by number.
    pub fn keys(&self) -> BTreeMap<u64, Rc<[u8]>> {
        self.by_number.iter().map(|(number, (key, _))| (*number, key.clone())).collect()
    }
}
