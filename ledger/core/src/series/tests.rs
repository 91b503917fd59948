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

// Goal: a part leads to the root of its series, from wherever it is. Method: every part of series of 1 to 40 readings.
#[test]
fn parts() {
    for count in 1..=40 {
        let readings = every_five_minutes(count);
        let series = Series::new(readings.clone()).unwrap();
        for first in 0..readings.len() {
            for last in first..readings.len() {
                let part = series.part(readings[first].at, readings[last].at);
                assert_eq!((part.first, part.readings.len()), (first as u64, last + 1 - first));
                assert_eq!(part.root(), Some(series.root()), "{count}: {first}..={last}");
            }
        }
        assert_eq!(series.part(BEGIN - 2, BEGIN - 1).readings, readings[..1]);
        assert_eq!(series.part(i64::MAX, i64::MAX).readings, readings[readings.len() - 1..]);
        assert_eq!(series.part(i64::MIN, i64::MAX), series.whole());
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
        let honest = series.part(readings[first].at, readings[last].at);
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

/// What a record says of all but some of 57 readings, and those.
fn cut(range: Range<usize>) -> (Said, Series) {
    let all = every_five_minutes(57);
    let (depart, arrive) = (Some(all[0].at), Some(all[56].at));
    let left = all.iter().enumerate().filter(|(place, _)| !range.contains(place)).map(|(_, one)| *one);
    let series = Series::new(left.collect()).unwrap();
    (Said { depart, arrive, ..said(&series) }, series)
}

fn at(place: i64) -> i64 {
    BEGIN + place * 5 * MINUTE
}

// Goal: a logger that stood still, or readings that were cut out before they were recorded, are seen unless they are declared.
// Method: readings cut out at the beginning, in the middle and at the end; declared in both ways, too short, and not at all.
#[test]
fn gaps() {
    // Twice the interval is none yet.
    let (said_of, series) = cut(20..21);
    assert_eq!(said_of.faults(&series.whole()), []);
    for (range, (from, to)) in [(20..24, (19, 24)), (0..3, (0, 3)), (51..57, (50, 56))] {
        let (mut said_of, series) = cut(range.clone());
        let part = series.whole();
        let few = (range.len() > 5).then_some(Fault::Number { due: 57, there: 51 });
        let hidden: Vec<Fault> = few.into_iter().chain([Fault::Gap { from: at(from), to: at(to) }]).collect();
        assert_eq!(said_of.faults(&part), hidden, "{range:?}");
        let middle = series.part(at(30), at(40));
        assert_eq!(said_of.faults(&middle), few.into_iter().collect::<Vec<_>>(), "outside of what is shown");
        for (from, to) in [(at(from), at(to)), (at(range.start as i64), at(range.end as i64 - 1))] {
            said_of.gaps = vec![(0, 1), (from, to)];
            assert_eq!(said_of.faults(&part), [Fault::Declared { from, to }], "{range:?}");
        }
        said_of.gaps = vec![(at(from), at(to) - 6 * MINUTE)];
        assert!(said_of.faults(&part).contains(&Fault::Gap { from: at(from), to: at(to) }), "{range:?}");
        said_of.gaps = vec![(at(from) + 6 * MINUTE, at(to))];
        assert!(said_of.faults(&part).contains(&Fault::Gap { from: at(from), to: at(to) }), "{range:?}");
    }
    assert_eq!(cut(20..24).1.gaps(5 * MINUTE), [(at(19), at(24))]);
    // What is shown of a time begins before a gap at its beginning.
    let (said_of, series) = cut(20..24);
    let part = series.part(at(21), at(26));
    assert!(part.covers(at(21), at(26)) && !part.covers(at(18), at(26)) && !part.covers(at(21), at(27)));
    assert_eq!(said_of.faults(&part), [Fault::Gap { from: at(19), to: at(24) }]);
    assert!(series.whole().covers(i64::MIN, i64::MAX));
}

// Goal: a declaration does not hide everything. Method: one of all time, with readings in it; many, of which one covers.
#[test]
fn declared_gaps() {
    let (mut said_of, series) = cut(20..24);
    said_of.gaps = vec![(0, i64::MAX)];
    let found = said_of.faults(&series.whole());
    assert!(found.contains(&Fault::NoGap { from: 0, to: i64::MAX, at: at(0) }), "{found:?}");
    said_of.gaps = (0..500).map(|n| (n, n + 1)).chain([(at(19), at(24))]).collect();
    assert_eq!(said_of.faults(&series.whole()), [Fault::Declared { from: at(19), to: at(24) }]);
}

// Goal: a series of twice as many readings, half of them made up, does not pass by showing that half; nor one of which every
// other reading is left out. Method: both, with a record that is right but for that.
#[test]
fn another_number() {
    let all = every_five_minutes(57);
    let later = all.iter().map(|one| Reading { at: one.at + 400 * MINUTE, tenths: 116 });
    let both = Series::new(all.iter().copied().chain(later).collect()).unwrap();
    let (depart, arrive) = (Some(all[0].at), Some(all[56].at));
    let said_of = Said { depart, arrive, ..said(&both) };
    let clean = both.part(all[0].at, all[56].at);
    assert_eq!(said_of.faults(&clean), [Fault::Number { due: 57, there: 114 }]);
    let half = Series::new(all.iter().step_by(2).copied().collect()).unwrap();
    let said_of = Said { depart, arrive, ..said(&half) };
    assert_eq!(said_of.faults(&half.whole()), [Fault::Number { due: 57, there: 29 }]);
}

// Goal: what is a number of degrees is read and nothing else. Method: a table of texts.
#[test]
fn degrees() {
    let read = |celsius: &str| Reading::parse("2026-09-14T06:30:00+08:00", celsius).map(|one| one.tenths);
    for (text, tenths) in
        [("4.5", 45), ("4", 40), ("-0.5", -5), ("4.0625", 40), ("-4.0625", -41), ("-4.10", -41), ("0", 0)]
    {
        assert_eq!(read(text), Some(tenths), "{text}");
    }
    for text in [
        "",
        "-",
        "Err",
        "E1",
        "4.5C",
        "NaN",
        "HI",
        "warm",
        ".5",
        "4.",
        "+4",
        "4,5",
        "1e1",
        "--4",
        "9999999999999999999",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

// Goal: what a record says of its series beside the root is compared. Method: one element after another is another.
#[test]
fn what_is_said() {
    let readings = every_five_minutes(20);
    let series = Series::new(readings.clone()).unwrap();
    let (honest, part) = (said(&series), series.whole());
    assert_eq!((honest.faults(&part), honest.outside(&part)), (vec![], Some(0)));
    let changed = Said { count: Some(21), ..honest.clone() };
    assert_eq!(changed.faults(&part), [Fault::Count { said: 21, there: 20 }]);
    let changed = Said { max: Some(45), ..honest.clone() };
    let beyond: Vec<Fault> = readings.iter().filter(|one| one.tenths > 45).map(|one| Fault::Beyond(*one)).collect();
    assert_eq!((changed.faults(&part), beyond.len()), (beyond, 2));
    let changed = Said { min: Some(39), max: Some(47), ..honest.clone() };
    assert_eq!(changed.faults(&part), [Fault::Unread { tenths: 39 }, Fault::Unread { tenths: 47 }]);
    // Of some nobody can say whether they are the lowest.
    assert_eq!(changed.faults(&series.part(readings[3].at, readings[5].at)), []);
    let warm = Said { limits: Some((20, 44)), ..honest.clone() };
    assert_eq!((warm.faults(&part), warm.outside(&part)), (vec![], Some(5)));
    // Without a root nothing but what is said is compared: two readings of one time.
    let twice = Part { readings: vec![readings[0], readings[0]], count: 2, first: 0, siblings: Vec::new() };
    let said_of = Said { root: None, count: None, min: None, max: None, arrive: None, ..honest.clone() };
    assert_eq!(said_of.faults(&twice), [Fault::Lacks("arrive"), Fault::Order { at: readings[0].at }]);
    let said_of = Said { interval_ms: None, ..honest.clone() };
    assert_eq!(said_of.faults(&part), [Fault::Lacks("interval_s")]);
    let said_of = Said { interval_ms: None, unusable: vec!["interval_s"], ..honest.clone() };
    assert_eq!(said_of.faults(&part), [Fault::Unusable("interval_s")]);
    // The record has other readings than those whose root it has.
    let mut other = readings;
    other[4].tenths -= 1;
    let said_of = Said { readings: other, ..honest };
    assert_eq!(said_of.faults(&part), [Fault::Own]);
    assert_eq!(said_of.faults(&said_of.own().unwrap()), [Fault::Root]);
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

// Goal: what an event says is read, and what can't be used is told, as is whose readings they are. Method: the vaccine's carriage
// of the scenarios, with one element after another spoilt.
#[test]
fn of_events() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/b/02-coldlog-transport.jsonld");
    let document: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut carriage = document["epcisBody"]["eventList"][0].clone();
    carriage["@context"] = document["@context"].clone();
    let read = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = carriage.clone();
        change(&mut changed);
        Said::of(&crate::profile::event_of(changed.to_string().as_bytes()).unwrap()).unwrap()
    };
    let honest = read(&|_| ());
    let own = honest.own().unwrap();
    assert_eq!((honest.faults(&own), own.count, honest.outside(&own)), (vec![], 57, Some(9)));
    let spoilt: [(&str, serde_json::Value); 8] = [
        ("series_root", "97F3".into()),
        ("series_count", (-57).into()),
        ("interval_s", 0.into()),
        ("min_dC", "cold".into()),
        ("limits_dC", serde_json::json!([80, 20])),
        ("gaps", serde_json::json!([{ "suyuan:from": "then", "suyuan:to": "later" }])),
        ("depart", (-1).into()),
        ("arrive", "soon".into()),
    ];
    for (name, value) in spoilt {
        let said = read(&|event| event[format!("suyuan:{name}")] = value.clone());
        assert_eq!(said.unusable, [name]);
        assert!(said.faults(&own).contains(&Fault::Unusable(name)), "{name}");
    }
    // A reading that can't be read is none that is left out quietly.
    for (member, value) in
        [("value", serde_json::json!(40.1)), ("uom", "FAH".into()), ("time", serde_json::Value::Null)]
    {
        let said = read(&|event| {
            let report = &mut event["sensorElementList"][0]["sensorReport"][9];
            report[member] = value.clone();
        });
        match member {
            "value" => assert_eq!(said.faults(&said.own().unwrap()), [Fault::Root]),
            _ => assert_eq!(said.unusable, ["sensorElementList"], "{member}"),
        }
    }
    // A second logger's are not this one's: without a name it can't be told which are meant.
    let second = |event: &mut serde_json::Value| {
        let mut other = event["sensorElementList"][0].clone();
        other["sensorMetadata"]["deviceID"] = "https://id.gs1.org/8004/9521006logger-32".into();
        other["sensorReport"][0]["value"] = 30.into();
        event["sensorElementList"].as_array_mut().unwrap().push(other);
    };
    assert_eq!(read(&second).unusable, ["sensorElementList"]);
    let named = read(&|event| {
        second(event);
        event["suyuan:device_id"] = "https://id.gs1.org/8004/9521006logger-31".into();
    });
    assert_eq!((named.faults(&named.own().unwrap()), named.readings.len()), (vec![], 57));
}
