//! What a proof shows of subjects' keys. A key belongs to a number because the event that founded the subject
//! says so: by the names root in its record, of which a page is shown, or by its payload.

use std::ops::Range;
use std::sync::Arc;

use crate::hash::{Hash, Tag};
use crate::names::{Name, page_hash};
use crate::proof::format::{NameKey, NamePart, ShownEvent, ShownName, ShownNames};
use crate::proof::refused::{Refused, RefusedCode};
use crate::trace::numbers::{HashMapped, Paged};

/// The tree over an event's pages has at most so many levels: it has fewer pages than 2^20.
const TREE_DEPTH_MAX: u32 = 20;

/// Keys that are proved.
#[derive(Default)]
pub(super) struct Names {
    /// Ascending by number once [`Names::sort`] was called.
    known: Vec<Known>,
    /// By number, the place in `known` plus one.
    places: Paged<u32>,
    by_tag: HashMapped<u64>,
}

/// A subject's key.
pub(super) struct Known {
    pub number: u64,
    pub key: Arc<[u8]>,
    /// The place of the event that founded the subject.
    pub event: usize,
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

    /// Adds a key that an event founded; `None` if another number has it.
    pub fn add(&mut self, number: u64, tag: Hash, key: Arc<[u8]>, event: usize) -> Option<()> {
        self.known.push(Known { number, key, event });
        self.by_tag.insert(tag, number).is_none().then_some(())
    }

    /// Brings the keys in order, for all below; `None` if a number has two.
    pub fn sort(&mut self) -> Option<()> {
        self.known.sort_unstable_by_key(|known| known.number);
        let ascends = self.known.windows(2).all(|pair| match pair {
            [left, right] => left.number < right.number,
            _ => true,
        });
        for (known, place) in self.known.iter().zip(1..) {
            self.places.set(known.number, place);
        }
        ascends.then_some(())
    }

    /// All keys, ascending by number.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// The place of a subject's key among them.
    pub fn place(&self, number: u64) -> Option<usize> {
        (self.places.get(number) as usize).checked_sub(1)
    }

    /// The number of the subject with this tag.
    pub fn number(&self, tag: &Hash) -> Option<u64> {
        self.by_tag.get(tag).copied()
    }

    /// The subjects within these numbers whose keys are known.
    pub fn within(&self, numbers: Range<u64>) -> &[Known] {
        let start = self.known.partition_point(|known| known.number < numbers.start);
        let end = self.known.partition_point(|known| known.number < numbers.end);
        self.known.get(start..end).unwrap_or_default()
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
                    self.names.add(shown.number, tag, key.clone(), self.event)?;
                    tag
                }
            };
            pairs.push(Name { number: shown.number, tag });
        }
        Some(page_hash(&pairs))
    }
}
