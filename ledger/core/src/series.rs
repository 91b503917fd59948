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

use std::collections::BTreeSet;
use std::ops::Range;

use suyuan_epcis::model::{Event, SensorElement, SensorField};

use crate::derive::quantity::thousandths;
use crate::derive::time::milliseconds;
use crate::hash::{Hash, Tag};
use crate::profile::{declared_type, pair, says, spans, time_ms, word};
use crate::tree;
use crate::tree::runs::{LeafRun, maximal_nodes, root_from_runs};

/// A series has at most so many readings: one a second for twelve days.
pub const READINGS_MAX: usize = 1 << 20;
/// As many readings as are due, to a tenth or to two of them: loggers start late, and miss one now and then.
const NUMBER_TOLERANCE: u64 = 10;
const NUMBER_TOLERANCE_MIN: u64 = 2;

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
        Some(Reading { at: milliseconds(time)?, tenths: tenths(celsius)? })
    }

    fn leaf(self) -> Hash {
        Tag::Reading.hash_parts(&[&self.at.to_be_bytes(), &self.tenths.to_be_bytes()])
    }
}

/// A decimal number in tenths, rounded down. A blank or a word that a logger writes where it has read nothing is none.
fn tenths(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let (tenth, finer) = fraction.split_at(1);
    let value = whole.parse::<i64>().ok()?.checked_mul(10)?.checked_add(tenth.parse().ok()?)?;
    let is_finer = finer.bytes().any(|digit| digit != b'0');
    Some(if text.starts_with('-') { value.checked_neg()?.checked_sub(i64::from(is_finer))? } else { value })
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

    /// The readings that cover a span of time, and what leads from them to the root: from the last one that is not later than its
    /// beginning to the first one that is not earlier than its end, so that a gap at either is seen; or from the first and to the
    /// last one there is.
    pub fn part(&self, from: i64, to: i64) -> Part {
        let last = self.0.len().saturating_sub(1);
        let first = self.0.partition_point(|reading| reading.at <= from).saturating_sub(1);
        let end = self.0.partition_point(|reading| reading.at < to).min(last).max(first).saturating_add(1);
        let readings = self.0.get(first..end).unwrap_or_default().to_vec();
        let count = self.0.len() as u64;
        let outside = maximal_nodes(0..first as u64, count).chain(maximal_nodes(end as u64..count, count));
        let siblings = outside.map(|node| self.node(&node)).collect();
        Part { count, first: first as u64, readings, siblings }
    }

    /// All of it.
    pub fn whole(&self) -> Part {
        Part { count: self.0.len() as u64, first: 0, readings: self.0.clone(), siblings: Vec::new() }
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

    /// Whether it shows all that the series has of a span of time.
    pub fn covers(&self, from: i64, to: i64) -> bool {
        let (Some(first), Some(last)) = (self.readings.first(), self.readings.last()) else { return false };
        (first.at <= from || self.first == 0) && (to <= last.at || self.end() == Some(self.count))
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
    /// Elements that say something of which no use can be made.
    pub unusable: Vec<&'static str>,
}

impl Said {
    /// What an event says of a series; none if it is of no type that has one.
    pub fn of(event: &Event) -> Option<Said> {
        let kind = declared_type(event).ok()??;
        let is_field = |name: &str| kind.fields.iter().any(|field| field.name == name);
        if !is_field("series_root") {
            return None;
        }
        let mut said = Said::default();
        let unusable = &mut said.unusable;
        let mut note = |name: &'static str, is_there: bool| {
            if !is_there && says(event, name) {
                unusable.push(name);
            }
        };
        let mut number = |name: &'static str, least: i64| {
            let number = word(event, kind, name).and_then(|text| text.parse::<i64>().ok());
            let number = number.filter(|number| *number >= least);
            note(name, number.is_some());
            number
        };
        said.count = number("series_count", 1).map(i64::unsigned_abs);
        said.interval_ms = number("interval_s", 1).map(|seconds| seconds.saturating_mul(1_000));
        (said.min, said.max) = (number("min_dC", i64::MIN), number("max_dC", i64::MIN));
        said.root = word(event, kind, "series_root").and_then(Hash::from_hex);
        note("series_root", said.root.is_some());
        said.limits = pair(event, kind, "limits_dC");
        note("limits_dC", said.limits.is_some());
        said.gaps = spans(event, kind, "gaps");
        note("gaps", !said.gaps.is_empty());
        (said.depart, said.arrive) = (time_ms(event, kind, "depart"), time_ms(event, kind, "arrive"));
        note("depart", said.depart.is_some());
        note("arrive", said.arrive.is_some());
        let (own, is_plain) = own_readings(event, word(event, kind, "device_id"));
        if !is_plain {
            said.unusable.push("sensorElementList");
        }
        said.readings = own;
        said.gaps.sort_unstable();
        Some(said)
    }

    /// The event's own readings as a part of which nothing is left out; none if it has none.
    pub fn own(&self) -> Option<Part> {
        let readings = self.readings.clone();
        let part = Part { count: readings.len() as u64, first: 0, readings, siblings: Vec::new() };
        Some(part).filter(|part| part.count > 0)
    }

    /// What does not go with what the record says, of a part that is shown, and what is to be known of it besides. Of one that is
    /// not of the series at all nothing else is said.
    pub fn faults(&self, part: &Part) -> Vec<Fault> {
        if self.root.is_some() && self.root != part.root() {
            return vec![Fault::Root];
        }
        let mut faults: Vec<Fault> = self.unusable.iter().map(|name| Fault::Unusable(name)).collect();
        if let Some(count) = self.count.filter(|count| *count != part.count) {
            faults.push(Fault::Count { said: count, there: part.count });
        }
        let lacks = [
            ("interval_s", self.interval_ms.is_none()),
            ("depart", self.depart.is_none()),
            ("arrive", self.arrive.is_none()),
        ];
        let lacks = lacks.into_iter().filter(|(name, lacks)| *lacks && !self.unusable.contains(name));
        faults.extend(lacks.map(|(name, _)| Fault::Lacks(name)));
        faults.extend(self.number_of_readings(part));
        let windows = part.readings.windows(2);
        faults.extend(windows.filter(|two| !is_later(two)).filter_map(|two| Some(Fault::Order { at: two.last()?.at })));
        faults.extend(self.gaps_in(part));
        let beyond = |reading: &&Reading| {
            self.min.is_some_and(|min| reading.tenths < min) || self.max.is_some_and(|max| reading.tenths > max)
        };
        let before = faults.len();
        faults.extend(part.readings.iter().filter(beyond).map(|reading| Fault::Beyond(*reading)));
        if part.is_whole() && faults.len() == before {
            let there = part.readings.iter().map(|reading| reading.tenths);
            let (min, max) = (there.clone().min(), there.max());
            let differs = |said: Option<i64>, there| said.filter(|said| Some(*said) != there);
            let unread = [differs(self.min, min), differs(self.max, max)];
            faults.extend(unread.into_iter().flatten().map(|tenths| Fault::Unread { tenths }));
        }
        // The record's own ones are read by everybody who is not shown others.
        if self.root.is_some() && self.own().is_some_and(|own| own != *part && own.root() != self.root) {
            faults.push(Fault::Own);
        }
        faults
    }

    /// Whether there are as many readings as are due from the departure to the arrival, but for the gaps that are declared: else
    /// some are left out between the others, or are there that are of no carriage.
    fn number_of_readings(&self, part: &Part) -> Option<Fault> {
        let (interval, depart, arrive) = (self.interval_ms?, self.depart?, self.arrive?);
        let (mut still, mut until) = (0_i64, depart);
        for (from, to) in &self.gaps {
            let (from, to) = ((*from).max(until), (*to).min(arrive));
            still = still.saturating_add(to.saturating_sub(from).max(0));
            until = until.max(to);
        }
        let long = arrive.saturating_sub(depart).saturating_sub(still).max(0);
        let due = u64::try_from(long.checked_div(interval)?).ok()?.saturating_add(1);
        let is_near = due.abs_diff(part.count) <= (due / NUMBER_TOLERANCE).max(NUMBER_TOLERANCE_MIN);
        (!is_near).then_some(Fault::Number { due, there: part.count })
    }

    /// Gaps of the part that nobody has declared; at both ends of the series, from the departure and to the arrival. Then those that
    /// are declared and within what is shown, and readings within these.
    fn gaps_in(&self, part: &Part) -> Vec<Fault> {
        let Some(interval) = self.interval_ms else { return Vec::new() };
        let (Some(first), Some(last)) = (part.readings.first(), part.readings.last()) else { return Vec::new() };
        let depart = self.depart.filter(|depart| part.first == 0 && *depart < first.at);
        let arrive = self.arrive.filter(|arrive| part.end() == Some(part.count) && last.at < *arrive);
        let read = part.readings.iter().map(|reading| reading.at);
        let times: Vec<i64> = depart.into_iter().chain(read).chain(arrive).collect();
        // Up to which time those declared reach that begin no later.
        let reach = self.gaps.iter().scan(i64::MIN, |reach, (_, to)| {
            *reach = (*reach).max(*to);
            Some(*reach)
        });
        let reach: Vec<i64> = reach.collect();
        // A logger may name the last reading and the next one, or when the first one was missed and the last one.
        let is_declared = |(from, to): &(i64, i64)| {
            let before = self.gaps.partition_point(|gap| gap.0.saturating_sub(interval) <= *from);
            let reach = before.checked_sub(1).and_then(|last| reach.get(last));
            reach.is_some_and(|reach| *to <= reach.saturating_add(interval))
        };
        let between = times.windows(2).filter_map(|two| Some((*two.first()?, *two.last()?)));
        let hidden = between.filter(|gap| is_gap(*gap, interval) && !is_declared(gap));
        let mut faults: Vec<Fault> = hidden.map(|(from, to)| Fault::Gap { from, to }).collect();
        let (begin, end) = (depart.unwrap_or(first.at), arrive.unwrap_or(last.at));
        for (from, to) in self.gaps.iter().filter(|(from, to)| *from < end && begin < *to) {
            faults.push(Fault::Declared { from: *from, to: *to });
            let next = part.readings.get(part.readings.partition_point(|reading| reading.at <= *from));
            let inside = next.filter(|reading| reading.at < *to);
            faults.extend(inside.map(|reading| Fault::NoGap { from: *from, to: *to, at: reading.at }));
        }
        faults
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
    /// In this time the logger stood still, as the record declares.
    Declared {
        /// Since when.
        from: i64,
        /// Until when.
        to: i64,
    },
    /// There is a reading in a gap that the record declares.
    NoGap {
        /// Since when the logger is said to have stood still.
        from: i64,
        /// Until when.
        to: i64,
        /// The first reading in that time.
        at: i64,
    },
    /// From the departure to the arrival another number of readings is due.
    Number {
        /// So many are due, but for gaps that are declared.
        due: u64,
        /// So many there are.
        there: u64,
    },
    /// The record has no element of this name, without which gaps can't be told.
    Lacks(&'static str),
    /// What the record says under this name is of no use.
    Unusable(&'static str),
    /// The readings that the event itself has are not those whose root was recorded.
    Own,
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
    let elements = event.sensor_element_list.iter().flatten();
    elements.flat_map(reports).filter_map(|report| report.reading()).collect()
}

/// Those of one logger, and whether it is plain which they are: all can be read, and they are of one logger, or of that which
/// is named.
fn own_readings(event: &Event, device: Option<&str>) -> (Vec<Reading>, bool) {
    let all: Vec<Report<'_>> = event.sensor_element_list.iter().flatten().flat_map(reports).collect();
    let devices: BTreeSet<Option<&str>> = all.iter().map(|report| report.device).collect();
    let is_of = |report: &&Report<'_>| devices.len() < 2 || device.is_none() || report.device == device;
    let read: Vec<Option<Reading>> = all.iter().filter(is_of).map(Report::reading).collect();
    let is_plain = (devices.len() < 2 || device.is_some()) && read.iter().all(Option::is_some);
    (read.into_iter().flatten().collect(), is_plain)
}

/// What a sensor reports of a temperature.
struct Report<'a> {
    device: Option<&'a str>,
    time: Option<&'a str>,
    value: &'a str,
    unit: Option<&'a str>,
}

impl Report<'_> {
    fn reading(&self) -> Option<Reading> {
        // A JSON number may have an exponent.
        let exact = || thousandths(self.value).filter(|_| self.value.contains(['e', 'E']));
        let tenths = tenths(self.value).or_else(|| exact().map(|value| value.div_euclid(100)))?;
        let at = milliseconds(self.time?)?;
        Some(Reading { at, tenths }).filter(|_| self.unit == Some("CEL"))
    }
}

fn find<'a>(fields: &'a [(SensorField, Box<str>)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field.name == name).map(|(_, text)| &**text)
}

/// The temperatures of an element, each with the time and the device of its own, or else those of all.
fn reports(element: &SensorElement) -> impl Iterator<Item = Report<'_>> {
    let common = element.metadata.as_ref().map_or(&[][..], |metadata| metadata.fields.as_slice());
    element.reports.iter().filter_map(move |report| {
        let own = report.fields.as_slice();
        let field = |name| find(own, name).or_else(|| find(common, name));
        // A lowest or highest of many is no reading.
        let value = find(own, "value").filter(|_| find(own, "type") == Some("Temperature"))?;
        Some(Report { device: field("deviceID"), time: field("time"), value, unit: find(own, "uom") })
    })
}

#[cfg(test)]
mod tests;
