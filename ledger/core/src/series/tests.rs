//! Tries series, parts of them and what records say of them.

use super::*;
use crate::test_random::Random;

const MINUTE: i64 = 60_000;
/// 2026-09-14T06:30:00+08:00.
const BEGIN: i64 = 1_789_338_600_000;

fn every_five_minutes(count: i64) -> Vec<Reading> {
    (0..count).map(|place| Reading { at: BEGIN + place * 5 * MINUTE, tenths: 40 + place % 7 }).collect()
}

fn said(series: &Series) -> Said {
    let tenths = || series.readings().iter().map(|reading| reading.tenths);
    Said {
        root: Some(series.root()),
        count: Some(series.readings().len() as u64),
        interval_ms: Some(5 * MINUTE),
        min: tenths().min(),
        max: tenths().max(),
        limits: Some((20, 80)),
        depart: series.readings().first().map(|reading| reading.at),
        arrive: series.readings().last().map(|reading| reading.at),
        ..Said::default()
    }
}

fn whole(series: &Series) -> Part {
    series.part(i64::MIN, i64::MAX).unwrap()
}

// Goal: a part leads to the root of its series, from wherever it is. Method: every part of series of 1 to 40 readings.
#[test]
fn parts() {
    for count in 1..=40 {
        let readings = every_five_minutes(count);
        let series = Series::new(readings.clone()).unwrap();
        for first in 0..readings.len() {
            for last in first..readings.len() {
                let part = series.part(readings[first].at, readings[last].at).unwrap();
                assert_eq!((part.first, part.readings.len()), (first as u64, last + 1 - first));
                assert_eq!(part.root(), Some(series.root()), "{count}: {first}..={last}");
            }
        }
        assert_eq!(series.part(BEGIN - 2, BEGIN - 1), None);
    }
}

// Goal: nothing of a part can be changed. Method: of random parts, one thing after another is another: a time, a temperature, the
// place, the number, a reading or a sibling more, less, or moved.
#[test]
fn tampered_parts() {
    let mut random = Random(7);
    let mut refused = 0;
    for _ in 0..2_000 {
        let readings = every_five_minutes(2 + random.below(60) as i64);
        let series = Series::new(readings.clone()).unwrap();
        let first = random.below(readings.len() as u64) as usize;
        let last = first + random.below((readings.len() - first) as u64) as usize;
        let honest = series.part(readings[first].at, readings[last].at).unwrap();
        let mut part = honest.clone();
        let place = random.below(part.readings.len() as u64) as usize;
        match random.below(10) {
            0 => part.readings[place].at += 1,
            1 => part.readings[place].tenths -= 1,
            2 => part.first += 1,
            3 => part.count += 1,
            4 => part.count -= 1,
            5 => drop(part.readings.remove(place)),
            6 => part.readings.insert(place, honest.readings[place]),
            7 => part.siblings.push(Hash::ZERO),
            8 => drop(part.siblings.pop()),
            _ => part.readings.reverse(),
        }
        if part == honest {
            continue;
        }
        assert_eq!(said(&series).faults(&part), [Fault::Root], "{honest:?} {part:?}");
        refused += 1;
    }
    assert!(refused > 1_500, "{refused}");
    let strange = Part { count: u64::MAX, first: u64::MAX, readings: every_five_minutes(3), siblings: Vec::new() };
    assert_eq!(strange.root(), None);
    assert_eq!(Part { count: 0, first: 0, readings: Vec::new(), siblings: Vec::new() }.root(), None);
}

// Goal: a logger that stood still, or readings that were cut out before they were recorded, are seen unless they are declared.
// Method: readings cut out at the beginning, in the middle and at the end; declared in both ways, too short, and not at all.
#[test]
fn gaps() {
    let all = every_five_minutes(57);
    let cut = |range: Range<usize>| {
        let mut left = all.clone();
        left.drain(range);
        let series = Series::new(left).unwrap();
        let (depart, arrive) = (Some(all[0].at), Some(all[56].at));
        (Said { depart, arrive, ..said(&series) }, whole(&series), series)
    };
    let at = |place: usize| all[place].at;
    // Twice the interval is none yet.
    let (said_of, part, _) = cut(20..21);
    assert_eq!(said_of.faults(&part), []);
    for (range, (from, to)) in [(20..24, (19, 24)), (0..3, (0, 3)), (50..57, (49, 56))] {
        let (mut said_of, part, series) = cut(range.clone());
        assert_eq!(said_of.faults(&part), [Fault::Gap { from: at(from), to: at(to) }], "{range:?}");
        let middle = series.part(at(30), at(40)).unwrap();
        assert_eq!(said_of.faults(&middle), [], "outside of what is shown");
        for declared in [(at(from), at(to)), (at(range.start), at(range.end - 1))] {
            said_of.gaps = vec![(0, 1), declared];
            assert_eq!(said_of.faults(&part), [], "{range:?}");
        }
        said_of.gaps = vec![(at(from) + 6 * MINUTE, at(to)), (at(from), at(to) - 6 * MINUTE)];
        assert_eq!(said_of.faults(&part), [Fault::Gap { from: at(from), to: at(to) }], "{range:?}");
    }
    assert_eq!(cut(20..24).2.gaps(5 * MINUTE), [(at(19), at(24))]);
    let said_of = Said { interval_ms: None, ..said(&Series::new(all.clone()).unwrap()) };
    assert_eq!(said_of.faults(&whole(&Series::new(all).unwrap())), [Fault::NoInterval]);
}

// Goal: what a record says of its series beside the root is compared. Method: one element after another is another.
#[test]
fn what_is_said() {
    let readings = every_five_minutes(20);
    let series = Series::new(readings.clone()).unwrap();
    let (honest, part) = (said(&series), whole(&series));
    assert_eq!((honest.faults(&part), honest.outside(&part)), (vec![], Some(0)));
    let changed = Said { count: Some(21), ..honest.clone() };
    assert_eq!(changed.faults(&part), [Fault::Count { said: 21, there: 20 }]);
    let changed = Said { max: Some(45), ..honest.clone() };
    let beyond: Vec<Fault> = readings.iter().filter(|one| one.tenths > 45).map(|one| Fault::Beyond(*one)).collect();
    assert_eq!((changed.faults(&part), beyond.len()), (beyond, 2));
    let changed = Said { min: Some(39), max: Some(47), ..honest.clone() };
    assert_eq!(changed.faults(&part), [Fault::Unread { tenths: 39 }, Fault::Unread { tenths: 47 }]);
    // Of some nobody can say whether they are the lowest.
    assert_eq!(changed.faults(&series.part(readings[3].at, readings[5].at).unwrap()), []);
    let warm = Said { limits: Some((20, 44)), ..honest.clone() };
    assert_eq!((warm.faults(&part), warm.outside(&part)), (vec![], Some(5)));
    // Without a root nothing but what is said is compared: two readings of one time.
    let twice = Part { readings: vec![readings[0], readings[0]], count: 2, first: 0, siblings: Vec::new() };
    let said_of = Said { root: None, count: None, min: None, max: None, arrive: None, ..honest };
    assert_eq!(said_of.faults(&twice), [Fault::Order { at: readings[0].at }]);
}

// Goal: what is no series makes none. Method: none, too many, and one that goes back.
#[test]
fn no_series() {
    assert_eq!(Series::new(Vec::new()), Err(NoSeries::Empty));
    let reading = Reading { at: 0, tenths: -200 };
    assert_eq!(Series::new(vec![reading; READINGS_MAX + 1]), Err(NoSeries::TooMany));
    let mut back = every_five_minutes(5);
    back[3].at = back[2].at;
    assert_eq!(Series::new(back), Err(NoSeries::NotLater(3)));
}

// Goal: the root is that of the format, so that other programs can make it. Method: three readings, hashed by hand.
#[test]
fn the_format() {
    let readings = [(0, 45), (300_000, -5), (600_000, 1_116)].map(|(at, tenths)| Reading { at, tenths });
    let hash = |name: &str, parts: &[&[u8]]| {
        let key = blake3::derive_key(&format!("suyuan/1/{name}"), &[]);
        *blake3::keyed_hash(&key, &parts.concat()).as_bytes()
    };
    let leaf = |at: i64, tenths: i64| hash("reading", &[&at.to_be_bytes(), &tenths.to_be_bytes()]);
    let [one, two, three] = [leaf(0, 45), leaf(300_000, -5), leaf(600_000, 1_116)];
    let tree = hash("readings", &[&hash("readings", &[&one, &two]), &three]);
    let root = hash("series", &[&3u64.to_be_bytes(), &tree]);
    assert_eq!(Series::new(readings.to_vec()).unwrap().root(), Hash(root));
}
