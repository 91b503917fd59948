//! Series of temperatures as a logger reads them: the root that a record of carriage keeps of one (F8/D6, `series_root`), the
//! part of one that is shown later, and whether the part goes with the record.
//!
//! A record says of a series how many readings there are, how far apart, the lowest and the highest, and the root over all of
//! them in their order. Whoever is shown some in a row finds by the root that they are those that were recorded, at the places
//! that are claimed: none is changed, left out between or put in. That a logger stood still, or that readings were taken out
//! before they were recorded, is seen by the times: whatever is further apart than twice the interval is a gap
//! (`03-records.md`, COLD), and has to be declared.
//!
//! Reading: `H("reading", time 8 ‖ temperature 8)`, milliseconds since 1970 and tenths of a degree Celsius, big-endian, two's
//! complement. Root: `H("series", count 8 ‖ T("readings") root 32)`.

use std::ops::Range;

use suyuan_epcis::model::{Event, SensorElement};

use crate::derive::quantity::thousandths;
use crate::derive::time::milliseconds;
use crate::hash::{Hash, Tag};
use crate::profile::{declared_type, pair, spans, time_ms, word};
use crate::tree;
use crate::tree::runs::{LeafRun, maximal_nodes, root_from_runs};

/// A series has at most so many readings: one a second for twelve days.
pub const READINGS_MAX: usize = 1 << 20;

/// What a sensor read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Tenths of a degree Celsius.
    pub tenths: i64,
}

impl Reading {
    /// The reading of a time as EPCIS writes it, and degrees Celsius; what is finer than a tenth is rounded down.
    pub fn parse(time: &str, celsius: &str) -> Option<Reading> {
        Some(Reading { at: milliseconds(time)?, tenths: thousandths(celsius)?.div_euclid(100) })
    }

    fn leaf(self) -> Hash {
        Tag::Reading.hash_parts(&[&self.at.to_be_bytes(), &self.tenths.to_be_bytes()])
    }
}

/// Why readings are no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSeries {
    /// There are none.
    Empty,
    /// More than [`READINGS_MAX`].
    TooMany,
    /// The reading at this place, counted from 0, is not later than the one before.
    NotLater(usize),
}

/// All readings of one logger on one carriage, each later than the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series(Vec<Reading>);

impl Series {
    /// The series that these readings are.
    pub fn new(readings: Vec<Reading>) -> Result<Series, NoSeries> {
        if readings.is_empty() {
            return Err(NoSeries::Empty);
        }
        if readings.len() > READINGS_MAX {
            return Err(NoSeries::TooMany);
        }
        match (1..).zip(readings.windows(2)).find(|(_, two)| !is_later(two)) {
            Some((place, _)) => Err(NoSeries::NotLater(place)),
            None => Ok(Series(readings)),
        }
    }

    /// Its readings.
    pub fn readings(&self) -> &[Reading] {
        &self.0
    }

    /// What a record keeps of it.
    pub fn root(&self) -> Hash {
        let leaves: Vec<Hash> = self.0.iter().map(|reading| reading.leaf()).collect();
        root_of(self.0.len() as u64, tree::root(Tag::Readings, &leaves))
    }

    /// The readings within a span of time, both ends with it, and what leads from them to the root; none if there is none.
    pub fn part(&self, from: i64, to: i64) -> Option<Part> {
        let first = self.0.partition_point(|reading| reading.at < from);
        let end = self.0.partition_point(|reading| reading.at <= to);
        let readings = self.0.get(first..end).filter(|readings| !readings.is_empty())?.to_vec();
        let count = self.0.len() as u64;
        let outside = maximal_nodes(0..first as u64, count).chain(maximal_nodes(end as u64..count, count));
        let siblings = outside.map(|node| self.node(&node)).collect();
        Some(Part { count, first: first as u64, readings, siblings })
    }

    fn node(&self, leaves: &Range<u64>) -> Hash {
        let within = self.0.get(leaves.start as usize..leaves.end as usize).unwrap_or_default();
        let leaves: Vec<Hash> = within.iter().map(|reading| reading.leaf()).collect();
        tree::root(Tag::Readings, &leaves)
    }

    /// From which reading to the next it is more than twice the interval.
    pub fn gaps(&self, interval_ms: i64) -> Vec<(i64, i64)> {
        let between = self.0.windows(2).filter_map(|two| Some((two.first()?.at, two.last()?.at)));
        between.filter(|gap| is_gap(*gap, interval_ms)).collect()
    }
}

fn is_later(two: &[Reading]) -> bool {
    matches!(two, [one, next] if one.at < next.at)
}

fn is_gap((from, to): (i64, i64), interval_ms: i64) -> bool {
    to.saturating_sub(from) > interval_ms.saturating_mul(2)
}

fn root_of(count: u64, tree: Hash) -> Hash {
    Tag::Series.hash_parts(&[&count.to_be_bytes(), tree.as_ref()])
}

/// Readings in a row, and what leads from them to the root of their series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// So many readings the series has.
    pub count: u64,
    /// The place of the first one shown, counted from 0.
    pub first: u64,
    /// Those shown.
    pub readings: Vec<Reading>,
    /// The roots over the largest subtrees outside them, from left to right.
    pub siblings: Vec<Hash>,
}

impl Part {
    /// The root that the readings have at the place that is claimed; none if they can't be there.
    pub fn root(&self) -> Option<Hash> {
        let end = self.end().filter(|end| *end <= self.count)?;
        let runs = (self.first..end).zip(&self.readings).map(|(first, reading)| LeafRun {
            first,
            count: 1,
            hash: reading.leaf(),
        });
        let runs: Vec<LeafRun> = runs.collect();
        let tree = root_from_runs(Tag::Readings, self.count, &runs, &self.siblings).filter(|_| !runs.is_empty())?;
        Some(root_of(self.count, tree))
    }

    fn is_whole(&self) -> bool {
        self.readings.len() as u64 == self.count
    }

    fn end(&self) -> Option<u64> {
        self.first.checked_add(self.readings.len() as u64)
    }
}

/// What a record of carriage says of its series. Times are milliseconds since 1970, temperatures tenths of a degree Celsius.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The root over all readings.
    pub root: Option<Hash>,
    /// How many there are.
    pub count: Option<u64>,
    /// So long after one reading the next one is due.
    pub interval_ms: Option<i64>,
    /// The lowest.
    pub min: Option<i64>,
    /// The highest.
    pub max: Option<i64>,
    /// Between which temperatures they should be.
    pub limits: Option<(i64, i64)>,
    /// When the logger stood still, as declared.
    pub gaps: Vec<(i64, i64)>,
    /// When the carriage began.
    pub depart: Option<i64>,
    /// When it ended.
    pub arrive: Option<i64>,
    /// The readings that the event itself has.
    pub readings: Vec<Reading>,
}

impl Said {
    /// What an event says of a series; none if it is of no type that has one.
    pub fn of(event: &Event) -> Option<Said> {
        let kind = declared_type(event).ok()??;
        let field = |name| kind.fields.iter().any(|field| field.name == name);
        if !field("series_root") {
            return None;
        }
        let number = |name| word(event, kind, name)?.parse::<i64>().ok();
        Some(Said {
            root: word(event, kind, "series_root").and_then(Hash::from_hex),
            count: number("series_count").and_then(|count| u64::try_from(count).ok()),
            interval_ms: number("interval_s")
                .filter(|seconds| *seconds > 0)
                .and_then(|seconds| seconds.checked_mul(1_000)),
            min: number("min_dC"),
            max: number("max_dC"),
            limits: pair(event, kind, "limits_dC"),
            gaps: spans(event, kind, "gaps"),
            depart: time_ms(event, kind, "depart"),
            arrive: time_ms(event, kind, "arrive"),
            readings: readings(event),
        })
    }

    /// What does not go with what the record says, of a part that is shown. Of one that is not of the series at all nothing else is
    /// said.
    pub fn faults(&self, part: &Part) -> Vec<Fault> {
        if self.root.is_some() && self.root != part.root() {
            return vec![Fault::Root];
        }
        let mut faults = Vec::new();
        if let Some(count) = self.count.filter(|count| *count != part.count) {
            faults.push(Fault::Count { said: count, there: part.count });
        }
        let windows = part.readings.windows(2);
        faults.extend(windows.filter(|two| !is_later(two)).filter_map(|two| Some(Fault::Order { at: two.last()?.at })));
        match self.interval_ms {
            Some(interval) => {
                faults.extend(self.gaps_in(part, interval).into_iter().map(|(from, to)| Fault::Gap { from, to }))
            }
            None => faults.push(Fault::NoInterval),
        }
        let beyond = |reading: &&Reading| {
            self.min.is_some_and(|min| reading.tenths < min) || self.max.is_some_and(|max| reading.tenths > max)
        };
        faults.extend(part.readings.iter().filter(beyond).map(|reading| Fault::Beyond(*reading)));
        if part.is_whole() && faults.iter().all(|fault| !matches!(fault, Fault::Beyond(_))) {
            let there = part.readings.iter().map(|reading| reading.tenths);
            let (min, max) = (there.clone().min(), there.max());
            let differs = |said: Option<i64>, there| said.filter(|said| Some(*said) != there);
            let unread = [differs(self.min, min), differs(self.max, max)];
            faults.extend(unread.into_iter().flatten().map(|tenths| Fault::Unread { tenths }));
        }
        faults
    }

    /// Gaps of the part that nobody has declared; at both ends of the series, from the departure and to the arrival.
    fn gaps_in(&self, part: &Part, interval: i64) -> Vec<(i64, i64)> {
        let mut times: Vec<i64> = part.readings.iter().map(|reading| reading.at).collect();
        let (first, last) = (times.first().copied(), times.last().copied());
        if let (Some(depart), Some(first)) = (self.depart, first)
            && part.first == 0
            && depart < first
        {
            times.insert(0, depart);
        }
        if let (Some(arrive), Some(last)) = (self.arrive, last)
            && part.end() == Some(part.count)
            && last < arrive
        {
            times.push(arrive);
        }
        let between = times.windows(2).filter_map(|two| Some((*two.first()?, *two.last()?)));
        // A logger may name the last reading and the next one, or when the first one was missed and the last one.
        let is_declared = |(from, to): &(i64, i64)| {
            self.gaps.iter().any(|gap| gap.0.saturating_sub(interval) <= *from && *to <= gap.1.saturating_add(interval))
        };
        between.filter(|gap| is_gap(*gap, interval) && !is_declared(gap)).collect()
    }

    /// How many readings are not within the limits that the record names.
    pub fn outside(&self, part: &Part) -> Option<u64> {
        let (least, most) = self.limits?;
        Some(part.readings.iter().filter(|reading| !(least..=most).contains(&reading.tenths)).count() as u64)
    }
}

/// Where a part and a record do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The readings are not those whose root was recorded.
    Root,
    /// The series has another number of readings than the record says.
    Count {
        /// So many the record says.
        said: u64,
        /// So many there are.
        there: u64,
    },
    /// A reading is not later than the one before.
    Order {
        /// Its time.
        at: i64,
    },
    /// More than twice the interval without a reading, and not declared.
    Gap {
        /// The reading before, or the departure.
        from: i64,
        /// The reading after, or the arrival.
        to: i64,
    },
    /// The record does not say how far apart readings should be, so that gaps can't be told.
    NoInterval,
    /// A reading is lower than the lowest that the record names, or higher than the highest.
    Beyond(Reading),
    /// The record names this as the lowest or the highest, and there is no such reading.
    Unread {
        /// What it names.
        tenths: i64,
    },
}

/// The temperatures that an event's sensors have read.
pub(crate) fn readings(event: &Event) -> Vec<Reading> {
    let of = |element: &SensorElement| {
        let time = element.metadata.iter().flat_map(|metadata| &metadata.fields);
        let common = time.clone().find(|(field, _)| field.name == "time").map(|(_, text)| &**text);
        let read = element.reports.iter().filter_map(move |report| {
            let field =
                |name: &str| report.fields.iter().find(|(field, _)| field.name == name).map(|(_, text)| &**text);
            if field("type") != Some("Temperature") || field("uom") != Some("CEL") {
                return None;
            }
            Reading::parse(field("time").or(common)?, field("value")?)
        });
        read.collect::<Vec<_>>()
    };
    event.sensor_element_list.iter().flatten().flat_map(of).collect()
}

#[cfg(test)]
mod tests;
