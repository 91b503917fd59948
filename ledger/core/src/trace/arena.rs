//! What was read of history, laid out for walking: events, links, entries and logs lie in arrays, and name each
//! other by their places in these. A walk over a hundred thousand subjects then follows no pointers, and reads
//! side by side what it needs side by side.

use std::ops::Range;
use std::sync::Arc;

use crate::record::{LinkRun, Role, mask};
use crate::state::subject::{StoredRecord, SubjectState};
use crate::trace::history::{Entry, Mode, Place};
use crate::trace::numbers::NumberMap;

/// Logs with more entries have an index of their event times once a window of them was asked for: a thing can be
/// packed in another as often as its log is long, and each time is a window of its own.
const PLAIN_ENTRIES_MAX: u32 = 32;

/// Events, and the logs in which they are.
#[derive(Debug, Default)]
pub struct Arena {
    events: Vec<Event>,
    /// By event, all that is recorded of it.
    records: Vec<Arc<StoredRecord>>,
    /// The link runs of all events, one event after another.
    links: Vec<LinkRun>,
    /// The entries of all logs, one log after another.
    entries: Vec<LogEntry>,
    logs: Vec<Log>,
    times: NumberMap<u32, Times>,
}

/// What a walk needs of every event.
#[derive(Debug, Clone, Copy)]
struct Event {
    place: Place,
    time: i64,
    mask: u32,
    links_from: u32,
    links_to: u32,
}

/// An entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// The event's place in the arena.
    pub event: u32,
    /// A [`Role`]'s number.
    pub role: u8,
    /// A [`crate::record::Standing`]'s number.
    pub standing: u8,
}

#[derive(Debug)]
struct Log {
    entries: Range<u32>,
    state: Arc<SubjectState>,
}

#[derive(Debug)]
struct Times {
    /// The event time of each entry with its place in the arena, ascending.
    entries: Vec<(i64, u32)>,
    /// When it was emptied of what was packed in it, ascending.
    emptied: Vec<i64>,
}

/// Entries of a log, as places in the arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Places {
    /// All of these.
    All(Range<u32>),
    /// These, ascending.
    Some(Box<[u32]>),
}

impl Places {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Places::All(range) => range.len(),
            Places::Some(places) => places.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The places, one after another.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let (all, some) = match self {
            Places::All(range) => (range.clone(), [].as_slice()),
            Places::Some(places) => (0..0, &**places),
        };
        all.chain(some.iter().copied())
    }
}

/// A place in an array of so many things.
fn place(count: usize) -> u32 {
    // What is read has far fewer things: a proof by its limits, a walk by its work.
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Arena {
    /// Adds an event; gives its place.
    pub fn add_event(&mut self, at: Place, record: Arc<StoredRecord>) -> u32 {
        let links_from = place(self.links.len());
        self.links.extend_from_slice(&record.runs);
        let links_to = place(self.links.len());
        let (time, mask) = (record.event_time, record.mask);
        self.events.push(Event { place: at, time, mask, links_from, links_to });
        self.records.push(record);
        place(self.events.len() - 1)
    }

    /// Adds a log with its entries in order, of events that were added; gives its place.
    pub fn add_log(&mut self, state: Arc<SubjectState>, entries: impl IntoIterator<Item = LogEntry>) -> u32 {
        let from = place(self.entries.len());
        self.entries.extend(entries);
        self.logs.push(Log { entries: from..place(self.entries.len()), state });
        place(self.logs.len() - 1)
    }

    /// How many events there are.
    pub fn event_count(&self) -> usize {
        self.events.len()
    }

    /// How many logs there are.
    pub fn log_count(&self) -> usize {
        self.logs.len()
    }

    /// How many entries and links there are: what it takes in memory goes by them.
    pub fn size(&self) -> usize {
        self.entries.len().saturating_add(self.links.len())
    }

    /// The record of an event.
    pub fn record(&self, event: u32) -> Option<&Arc<StoredRecord>> {
        self.records.get(event as usize)
    }

    /// Where an event is in the chain.
    pub fn place_of(&self, event: u32) -> Place {
        self.events.get(event as usize).map_or(Place { height: 0, index: 0 }, |event| event.place)
    }

    /// The mask of an event's record.
    pub fn mask(&self, event: u32) -> u32 {
        self.events.get(event as usize).map_or(0, |event| event.mask)
    }

    /// When an event happened: event time, then the ledger's order.
    pub fn when(&self, event: u32) -> (i64, Place) {
        let event = self.events.get(event as usize);
        event.map_or((0, Place { height: 0, index: 0 }), |event| (event.time, event.place))
    }

    /// The state of the subjects that have a log.
    pub fn state(&self, log: u32) -> Option<&Arc<SubjectState>> {
        self.logs.get(log as usize).map(|log| &log.state)
    }

    /// All entries of a log.
    pub fn entries(&self, log: u32) -> Range<u32> {
        self.logs.get(log as usize).map_or(0..0, |log| log.entries.clone())
    }

    /// All entries of a log, in order.
    pub fn log_entries(&self, log: u32) -> &[LogEntry] {
        let Range { start, end } = self.entries(log);
        self.entries.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The event of an entry.
    pub fn event_of(&self, entry: u32) -> Option<u32> {
        self.entries.get(entry as usize).map(|entry| entry.event)
    }

    /// An entry, with what its event says.
    pub fn entry(&self, entry: u32) -> Option<Entry> {
        let LogEntry { event, role, standing } = *self.entries.get(entry as usize)?;
        let Event { place, time, mask, .. } = *self.events.get(event as usize)?;
        let role_bit = Role::from_number(role).map_or(0, Role::bit);
        let standing_bit = if standing > 0 { mask::STANDING } else { 0 };
        Some(Entry { event, place, role, standing, time, mask: mask | role_bit | standing_bit })
    }

    /// The link runs of an event in one role, as places in the arena: they ascend by role.
    pub fn linked(&self, event: u32, role: Role) -> Range<u32> {
        let Some(event) = self.events.get(event as usize) else { return 0..0 };
        let links = self.links.get(event.links_from as usize..event.links_to as usize).unwrap_or_default();
        let before = links.iter().take_while(|link| link.role < role as u8).count();
        let count = links.iter().skip(before).take_while(|link| link.role == role as u8).count();
        let from = event.links_from + place(before);
        from..from + place(count)
    }

    /// A link run.
    pub fn link(&self, link: u32) -> Option<&LinkRun> {
        self.links.get(link as usize)
    }

    /// The entries of a log that a mode shows: as [`Mode::shown`].
    pub fn shown(&mut self, log: u32, mode: Mode) -> Places {
        let all = self.entries(log);
        if mode == Mode::Full {
            return Places::All(all);
        }
        let places = match all.len() <= PLAIN_ENTRIES_MAX as usize {
            true => self.shown_plainly(all.clone(), mode),
            false => self.shown_by_times(log, all.clone(), mode),
        };
        if places.len() == all.len() { Places::All(all) } else { Places::Some(places.into()) }
    }

    fn shown_plainly(&self, all: Range<u32>, mode: Mode) -> Vec<u32> {
        let entries = || all.clone().filter_map(|entry| Some((entry, self.entry(entry)?)));
        let mode = mode.narrowed(entries().map(|(_, entry)| entry));
        let is_shown = |entry: &Entry| !mode.may_prune(entry.time, entry.time, entry.node_mask());
        entries().filter(|(_, entry)| is_shown(entry)).map(|(place, _)| place).collect()
    }

    /// As [`Mode::narrowed`], over all entries of a log.
    pub fn narrowed(&mut self, log: u32, mode: Mode) -> Mode {
        let Mode::Stay { from, to } = mode else { return mode };
        let all = self.entries(log);
        if all.len() <= PLAIN_ENTRIES_MAX as usize {
            return mode.narrowed(all.filter_map(|entry| self.entry(entry)));
        }
        let emptied = &self.times(log).emptied;
        let end = emptied.get(emptied.partition_point(|time| *time <= from));
        Mode::Window { from, to: end.map_or(to, |end| to.min(*end)) }
    }

    /// Costs what it shows and not what the log has.
    fn shown_by_times(&mut self, log: u32, all: Range<u32>, mode: Mode) -> Vec<u32> {
        let Mode::Window { from, to } = self.narrowed(log, mode) else { return self.shown_plainly(all, mode) };
        let times = &self.times(log).entries;
        let start = times.partition_point(|(time, _)| *time < from);
        let end = times.partition_point(|(time, _)| *time <= to);
        let mut places: Vec<u32> = times.get(start..end).unwrap_or_default().iter().map(|(_, place)| *place).collect();
        places.sort_unstable();
        places
    }

    fn times(&mut self, log: u32) -> &Times {
        if !self.times.contains_key(&log) {
            let entries = || self.entries(log).filter_map(|place| Some((place, self.entry(place)?)));
            let mut times: Vec<(i64, u32)> = entries().map(|(place, entry)| (entry.time, place)).collect();
            times.sort_unstable();
            let mut emptied: Vec<i64> =
                entries().filter(|(_, entry)| entry.empties(false)).map(|(_, entry)| entry.time).collect();
            emptied.sort_unstable();
            self.times.insert(log, Times { entries: times, emptied });
        }
        self.times.entry(log).or_insert_with(|| Times { entries: Vec::new(), emptied: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;
    use crate::test_random::Random;

    /// Goal: what is shown is what the rule shows, whether there is an index or not. Method: random logs of few
    /// moments, short and long, every mode over them.
    #[test]
    fn shown_is_the_rule() {
        let mut random = Random(5);
        let mut arena = Arena::default();
        for round in 0..300 {
            let count = random.below(if round % 10 == 0 { 80 } else { 12 });
            let entries: Vec<LogEntry> = (0..count)
                .map(|_| {
                    let bits = [0, mask::UNPACK_ALL, mask::RECALL, mask::ADD][random.below(4) as usize];
                    let time = random.below(6) as i64;
                    let place = Place { height: arena.event_count() as u64, index: 0 };
                    let event = arena.add_event(place, Arc::new(record(time, bits)));
                    let role = [Role::Parent as u8, Role::Output as u8][random.below(2) as usize];
                    LogEntry { event, role, standing: u8::from(random.below(3) > 0) }
                })
                .collect();
            let log = arena.add_log(Arc::new(SubjectState::founded(Hash::ZERO, 1)), entries);
            let all = arena.entries(log);
            let spans = (-1..7).flat_map(|from| (-1..7).map(move |to| (from, to)));
            let windows = spans.flat_map(|(from, to)| [Mode::Window { from, to }, Mode::Stay { from, to }]);
            for mode in windows.chain([Mode::Full, Mode::Notice]) {
                let entries: Vec<Entry> = all.clone().map(|place| arena.entry(place).unwrap()).collect();
                let rule = mode.narrowed(entries.iter().copied());
                assert_eq!(arena.narrowed(log, mode), rule);
                let shown: Vec<Entry> = entries
                    .into_iter()
                    .filter(|entry| !rule.may_prune(entry.time, entry.time, entry.node_mask()))
                    .collect();
                let places = arena.shown(log, mode);
                let found: Vec<Entry> = places.iter().map(|place| arena.entry(place).unwrap()).collect();
                assert_eq!(found, shown, "{mode:?}");
                assert_eq!(places.len() == all.len(), places == Places::All(all.clone()));
            }
        }
    }

    fn record(event_time: i64, mask: u32) -> StoredRecord {
        StoredRecord {
            record_type: 1,
            block_time: 0,
            event_time,
            rules: 1,
            author: 1,
            own: 0,
            flags: 0,
            mask,
            event_digest: Hash::ZERO,
            names: Hash::ZERO,
            runs: Vec::new(),
            founded: Vec::new(),
            effect: Default::default(),
        }
    }
}
