//! Who received, shipped and sold how much of each class or lot, also inside other things.

use std::collections::BTreeMap;

use crate::derive::Step;
use crate::key::{KeyKind, SubjectKey};
use crate::record::Role;
use crate::trace::answer::HoldingAnswer;
use crate::trace::answer::build::Known;
use crate::trace::answer::facts::{Facts, Quantity, amount};
use crate::trace::closure::{Closure, Edge, Relation};
use crate::trace::numbers::{NumberMap, NumberSet};
use crate::trace::walk::{is_class_level, subjects};

/// A thing of a single kind, in thousandths of a piece.
const ONE: Quantity = Quantity { thousandths: 1000, unit: [0; 4] };
/// Things inside things are counted down to so many levels.
const LEVELS_MAX: usize = 16;

#[derive(Default)]
struct Sums {
    received: i128,
    shipped: i128,
    sold: i128,
    ended: i128,
}

/// What an event does to a holding.
#[derive(Clone, Copy)]
enum Moved {
    Received,
    Shipped,
    Sold,
    Ended,
}

impl Moved {
    /// By the very words: who arrives, accepts and receives says three times that it came once.
    fn of(facts: &Facts) -> Option<Moved> {
        match (facts.step.as_deref(), facts.meaning) {
            (Some("receiving"), _) => Some(Moved::Received),
            (Some("shipping"), _) => Some(Moved::Shipped),
            (Some("retail_selling"), _) => Some(Moved::Sold),
            (_, Some(Step::Ending)) => Some(Moved::Ended),
            _ => None,
        }
    }
}

/// Author, place, class or lot, unit.
type Line = (u64, String, u64, [u8; 4]);

pub(super) fn holdings<'a>(known: &Known<'a>, closure: &'a Closure) -> Vec<HoldingAnswer> {
    let mut contents: NumberMap<u64, Vec<&Edge>> = NumberMap::default();
    for edge in closure.edges.iter().filter(|edge| edge.relation == Relation::Containment) {
        contents.entry(edge.to).or_default().push(edge);
    }
    let mut lines: BTreeMap<Line, Sums> = BTreeMap::new();
    for (index, (event, facts)) in known.events.iter().zip(&known.facts).enumerate() {
        let Some(moved) = Moved::of(facts) else { continue };
        if known.erroneous.contains(&index) {
            continue;
        }
        let place = place(facts).unwrap_or_else(|| known.organisation(event.record.author));
        let mut count = Count { known, contents: &contents, index, counted: NumberSet::default(), found: Vec::new() };
        count.event();
        for (subject, quantity) in count.found {
            let line = (event.record.author, place.clone(), subject, quantity.unit);
            let sums = lines.entry(line).or_default();
            let sum = match moved {
                Moved::Received => &mut sums.received,
                Moved::Shipped => &mut sums.shipped,
                Moved::Sold => &mut sums.sold,
                Moved::Ended => &mut sums.ended,
            };
            *sum = sum.saturating_add(i128::from(quantity.thousandths));
        }
    }
    let answer = |((author, place, subject, unit), sums): (Line, Sums)| HoldingAnswer {
        place,
        author: known.organisation(author),
        subject: known.id(subject),
        received: amount(sums.received, unit),
        shipped: amount(sums.shipped, unit),
        sold: amount(sums.sold, unit),
        ended: amount(sums.ended, unit),
    };
    lines.into_iter().map(answer).collect()
}

/// The place without its extension: a firm's hall is not another holder.
fn place(facts: &Facts) -> Option<String> {
    let uri = facts.place.as_deref()?;
    let key = SubjectKey::from_uri(uri).ok();
    let whole = key.as_ref().and_then(SubjectKey::gln).and_then(|gln| {
        SubjectKey::from_uri(&format!("https://id.gs1.org/414/{gln}")).ok().map(|place| place.to_uri())
    });
    Some(whole.unwrap_or_else(|| uri.to_owned()))
}

/// Counts what one event names, with what is inside at that time.
struct Count<'k, 'a> {
    known: &'k Known<'a>,
    contents: &'k NumberMap<u64, Vec<&'a Edge>>,
    index: usize,
    /// A thing counts once, though it be named beside its container.
    counted: NumberSet<u64>,
    found: Vec<(u64, Quantity)>,
}

impl Count<'_, '_> {
    fn event(&mut self) {
        let (Some(event), Some(facts)) = (self.known.events.get(self.index), self.known.facts.get(self.index)) else {
            return;
        };
        let mut units = Vec::new();
        for (role, subject, quantity) in &facts.quantities {
            if *role == Role::Epc {
                self.counted.insert(*subject);
                self.found.push((*subject, *quantity));
            }
        }
        for subject in subjects(&event.record, Role::Epc).filter(|subject| self.known.is_node(*subject)) {
            if self.contents.contains_key(&subject) {
                units.push(subject);
            } else {
                self.thing(subject);
            }
        }
        for _ in 0..LEVELS_MAX {
            let mut inner = Vec::new();
            for unit in std::mem::take(&mut units) {
                if self.counted.insert(unit) {
                    self.inside(unit, &mut inner);
                }
            }
            units = inner;
        }
    }

    fn thing(&mut self, subject: u64) {
        let countable = [KeyKind::Item, KeyKind::Upui, KeyKind::DrugCode, KeyKind::Instance];
        let kind = self.known.kind(subject);
        if let (true, Some(class)) = (countable.iter().any(|known| *known as u8 == kind), self.known.class(subject))
            && self.counted.insert(subject)
        {
            self.found.push((class, ONE));
        }
    }

    fn inside(&mut self, unit: u64, inner: &mut Vec<u64>) {
        let contents = self.contents;
        let edges: &[&Edge] = contents.get(&unit).map(Vec::as_slice).unwrap_or_default();
        for edge in edges {
            if !self.is_inside(edge) {
                continue;
            }
            if is_class_level(self.known.kind(edge.from)) {
                let packing = self.known.index(edge.event).and_then(|index| self.known.facts.get(index));
                let quantity = packing.and_then(|facts| facts.quantity(Role::Child, edge.from));
                // What the event itself names with its quantity is not counted again.
                if let (Some(quantity), false) = (quantity, self.counted.contains(&edge.from)) {
                    self.found.push((edge.from, quantity));
                }
            } else if self.contents.contains_key(&edge.from) {
                inner.push(edge.from);
            } else {
                self.thing(edge.from);
            }
        }
    }

    /// Events are in the order in which they happened.
    fn is_inside(&self, edge: &Edge) -> bool {
        let packed = self.known.index(edge.event).is_some_and(|packed| packed < self.index);
        let left = edge.until.and_then(|until| self.known.index(until)).is_some_and(|left| left < self.index);
        packed && !left
    }
}
