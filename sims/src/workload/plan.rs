//! Decides which campaigns make up a number of events.

use super::campaign::{Campaign, DAY};
use super::draw::{Draws, Purpose, below};
use super::shape::Shape;

/// Items of a large campaign: in shape food its closure has about 10⁵ nodes.
const LARGE: u32 = 90_000;
/// Items of a campaign whose closure has about 10³ nodes.
const MIDDLE: u32 = 890;
/// Items of a campaign whose closure has about 10 nodes.
pub(super) const SMALL: u32 = 6;
/// Campaigns start in this time.
const STARTS_WITHIN_MS: u64 = 150 * DAY;

/// A campaign to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Planned {
    pub(super) start_ms: u64,
    pub(super) number: u32,
    pub(super) items: u32,
}

/// The campaigns in the order of their starts.
pub(super) fn plan(shape: Shape, draws: &Draws, events: u64) -> Vec<Planned> {
    let [large_events, middle_events, small_events] =
        [LARGE, MIDDLE, SMALL].map(|items| Campaign::events_expected(shape, items));
    let large = match shape {
        // A line's campaigns are large.
        Shape::DairyLine => events * 3 / 4 / large_events,
        _ if events >= 13 * large_events => 3,
        _ => u64::from(events * 100 >= 129 * large_events),
    };
    let left = events.saturating_sub(large * large_events);
    let middle = left * 3 / 4 / middle_events;
    // A little more than asked for, since sales are random; what is too much is cut off at the end.
    let spare = events / 200 + 20;
    let small = (left - middle * middle_events + spare).div_ceil(small_events);
    let sizes = [(LARGE, large), (MIDDLE, middle), (SMALL, small)];
    let sizes = sizes.into_iter().flat_map(|(items, count)| (0..count).map(move |_| items));
    let mut planned: Vec<Planned> =
        (1..).zip(sizes).map(|(number, items)| Planned { start_ms: start(draws, number), number, items }).collect();
    planned.sort_unstable();
    planned
}

fn start(draws: &Draws, campaign: u32) -> u64 {
    below(draws.draw(campaign, Purpose::Start as u8, 0).first, STARTS_WITHIN_MS)
}
