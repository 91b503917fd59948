//! What a proof shows of subjects' keys. A key belongs to a number because the event that founded the subject
//! says so: by the names root in its record, of which a page is shown, or by its payload.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;
use std::rc::Rc;

use crate::hash::{Hash, Tag};
use crate::names::{Name, page_hash};
use crate::proof::format::{NameKey, NamePart, ShownEvent, ShownName, ShownNames};
use crate::proof::refused::{Refused, RefusedCode};

/// The tree over an event's pages has at most so many levels: it has fewer pages than 2^20.
const TREE_DEPTH_MAX: u32 = 20;

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
        let mut walk =
            Walk { parts: shown.parts.iter(), event: shown.event as usize, number_before: None, names: self };
        let (root, any) = walk.node(TREE_DEPTH_MAX)?;
        (any && walk.parts.next().is_none()).then_some(root)
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

/// Reads the tree over an event's pages.
struct Walk<'a> {
    parts: std::slice::Iter<'a, NamePart>,
    event: usize,
    number_before: Option<u64>,
    names: &'a mut Names,
}

impl Walk<'_> {
    /// A node's hash, and whether a page below it is shown.
    fn node(&mut self, depth_left: u32) -> Option<(Hash, bool)> {
        match self.parts.next()? {
            NamePart::Hidden(hash) => Some((*hash, false)),
            NamePart::Page(page) => Some((self.page(page)?, true)),
            NamePart::Inner => {
                let depth_left = depth_left.checked_sub(1)?;
                let (left, left_shown) = self.node(depth_left)?;
                let (right, right_shown) = self.node(depth_left)?;
                // A node with nothing shown below is hidden as a whole: a proof has one form.
                (left_shown || right_shown).then(|| (Tag::Names.inner(left, right), true))
            }
        }
    }

    fn page(&mut self, page: &[ShownName]) -> Option<Hash> {
        let mut pairs = Vec::with_capacity(page.len());
        for shown in page {
            if self.number_before.is_some_and(|before| before >= shown.number) {
                return None;
            }
            self.number_before = Some(shown.number);
            let tag = match &shown.key {
                NameKey::Tag(tag) => *tag,
                NameKey::Key(key) => {
                    let tag = Tag::Key.hash(key);
                    self.names.add(shown.number, tag, key.as_slice().into(), self.event)?;
                    tag
                }
            };
            pairs.push(Name { number: shown.number, tag });
        }
        Some(page_hash(&pairs))
    }
}
