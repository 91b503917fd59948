//! The workload: campaigns of a supply chain, merged by time.
//!
//! Everything made from one lot of raw material is a campaign: raw lot → intermediate lot → blend →
//! product lot → item → case → pallet → vessel. Of a campaign under way only its steps are kept, 16
//! bytes each; an event is written when its time comes.

mod answers;
mod campaign;
mod draw;
mod name;
mod plan;
mod render;
mod shape;
pub(crate) mod text;

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use serde_json::Value;

pub use answers::Query;
use campaign::{Campaign, Step};
use draw::Draws;
use plan::Planned;
pub use shape::Shape;
use shape::{Figures, Size};

/// Makes exactly the number of events asked for, as JSON, in the order of their times, which is the
/// order of capture.
///
/// ```
/// let mut workload = suyuan_sims::Workload::new(1_000, 7);
/// let events: Vec<Vec<u8>> = workload.by_ref().collect();
/// assert_eq!(events.len(), 1_000);
/// assert!(workload.queries().any(|query| query.forward_nodes == 994));
/// ```
pub struct Workload {
    shape: Shape,
    draws: Draws,
    planned: std::iter::Peekable<std::vec::IntoIter<Planned>>,
    under_way: BinaryHeap<Reverse<Box<UnderWay>>>,
    begun: Vec<Begun>,
    left: u32,
    time_ms: u64,
}

/// What is remembered of each campaign that has begun.
#[derive(Clone, Copy)]
struct Begun {
    planned: Planned,
    packed: bool,
}

/// A campaign with the steps that are still to come.
struct UnderWay {
    next: Step,
    steps: std::vec::IntoIter<Step>,
    campaign: Campaign,
    edges_left: usize,
    /// Its place in the list of those begun.
    begun: usize,
}

impl Workload {
    /// The workload of shape food.
    pub fn new(events: u32, seed: u64) -> Self {
        Workload::shaped(Shape::Food, events, seed)
    }

    /// The workload of any shape.
    pub fn shaped(shape: Shape, events: u32, seed: u64) -> Self {
        let draws = Draws::new(seed);
        let planned = plan::plan(shape, &draws, u64::from(events)).into_iter().peekable();
        let under_way = BinaryHeap::new();
        Workload { shape, draws, planned, under_way, begun: Vec::new(), left: events, time_ms: 0 }
    }

    /// How many campaigns have begun in the events made so far.
    pub fn campaigns(&self) -> usize {
        self.begun.len()
    }

    /// Where to trace from and what to find, of every campaign begun so far: ask when all events are
    /// made. Large campaigns come first, then those of middle size, then small ones.
    pub fn queries(&self) -> impl Iterator<Item = Query> + '_ {
        let is = |begun: &Begun, size| Figures::new(self.shape, begun.planned.items).size() == size;
        let of_size = move |size| self.begun.iter().filter(move |begun| is(begun, size));
        let begun = [Size::Large, Size::Middle, Size::Small].into_iter().flat_map(of_size);
        begun.map(|begun| self.campaign(begun.planned).query(begun.packed))
    }

    /// The contracts of the campaigns begun so far, in the order in which they began.
    pub fn contracts(&self) -> impl Iterator<Item = Value> + '_ {
        self.begun.iter().map(|begun| self.campaign(begun.planned).contract())
    }

    fn campaign(&self, planned: Planned) -> Campaign {
        Campaign::new(self.shape, &self.draws, planned.number, planned.items, planned.start_ms)
    }

    /// Begins every campaign that starts no later than the next event of those under way.
    fn begin_due(&mut self) {
        while let Some(planned) = self.planned.next_if(|planned| {
            self.under_way.peek().is_none_or(|Reverse(first)| planned.start_ms <= first.next.time_ms)
        }) {
            self.begin(planned);
        }
        // Fewer sales than spared for: small campaigns fill up what is missing.
        if self.under_way.is_empty() {
            let number = u32::try_from(self.begun.len()).unwrap_or(u32::MAX).saturating_add(1);
            self.begin(Planned { start_ms: self.time_ms, number, items: plan::SMALL });
        }
    }

    fn begin(&mut self, planned: Planned) {
        let campaign = self.campaign(planned);
        let steps = campaign.steps();
        let edges_left = steps.iter().filter(|step| step.kind.makes_edges()).count();
        let mut steps = steps.into_iter();
        if let Some(next) = steps.next() {
            let begun = self.begun.len();
            self.under_way.push(Reverse(Box::new(UnderWay { next, steps, campaign, edges_left, begun })));
            self.begun.push(Begun { planned, packed: false });
        }
    }
}

impl Iterator for Workload {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        self.begin_due();
        let mut first = self.under_way.peek_mut()?;
        let UnderWay { next, steps, campaign, edges_left, begun } = first.0.as_mut();
        self.time_ms = next.time_ms;
        let event = campaign.event(*next);
        if next.kind.makes_edges() {
            *edges_left = edges_left.saturating_sub(1);
            if let (0, Some(begun)) = (*edges_left, self.begun.get_mut(*begun)) {
                begun.packed = true;
            }
        }
        match steps.next() {
            Some(step) => *next = step,
            None => drop(PeekMut::pop(first)),
        }
        Some(event)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl UnderWay {
    /// Campaigns whose events happen at one time come in the order of their numbers.
    fn key(&self) -> (u64, u32) {
        (self.next.time_ms, self.campaign.number)
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for UnderWay {}
