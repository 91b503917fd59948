//! Goal: workloads and hostile events are EPCIS 2.0 without fault: what a ledger refuses of them, it refuses
//! wrongly. Method: every document is read and judged by the product's own validator; nothing, not even a
//! warning, may be found. A document that is spoilt shows that the judge is awake.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;

use suyuan_epcis::document::{Item, Limits, NoLines};
use suyuan_epcis::hash::IgnoredFields;
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::Problems;
use suyuan_epcis::validate::{self, DocumentRules};
use suyuan_sims::files::{Documents, write};
use suyuan_sims::{Shape, Workload, hostile};

/// How many events the input has, and what is wrong with it.
fn judge(path: &std::path::Path) -> (u64, Vec<String>) {
    let limits = Limits { event_bytes_max: 1 << 30, ..Limits::default() };
    let (mut found, mut events, mut rules) = (Vec::new(), 0, DocumentRules::default());
    let mut keep = |problems: Problems| found.extend(problems.list.iter().map(|problem| format!("{problem:?}")));
    suyuan_epcis::read::read(&mut Input::open(path).unwrap(), &limits, &mut |item| {
        match item {
            Item::Header(header, mut problems) => {
                validate::header(&header, &mut problems);
                keep(problems);
            }
            Item::Event(event, mut problems, _) => {
                validate::event(&event, "", &IgnoredFields::default(), &mut problems, &NoLines);
                rules.event(&event, None, "", &mut problems, &NoLines);
                events += 1;
                keep(problems);
            }
            Item::End(_, problems) => keep(problems),
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    (events, found)
}

fn judge_text(text: &[u8]) -> (u64, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    std::fs::write(&path, text).unwrap();
    judge(&path)
}

#[test]
fn documents_of_every_shape_are_valid() {
    for (name, shape) in Shape::ALL {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents { batch: 500, most: None };
        let written = write(Workload::shaped(shape, 10_100, 7), folder.path(), documents).unwrap();
        assert_eq!(written.documents, 21);
        for number in 1..=written.documents {
            let (events, found) = judge(&folder.path().join(format!("docs/doc-{number:06}.json")));
            assert_eq!(found, [""; 0], "{name}");
            assert_eq!(events, if number == 21 { 100 } else { 500 }, "{name}");
        }
        assert_eq!(judge(&folder.path().join("events.ndjson")), (10_100, Vec::new()), "{name}");
    }
}

#[test]
fn the_judge_is_awake() {
    let event = Workload::new(1, 7).next().unwrap();
    assert_eq!(judge_text(&event), (1, Vec::new()));
    for (right, wrong) in [("000018/10/", "000019/10/"), ("commissioning", "commisioning"), ("\"ADD\"", "\"OBSERVE\"")]
    {
        let spoilt = String::from_utf8(event.clone()).unwrap().replace(right, wrong);
        assert_ne!(judge_text(spoilt.as_bytes()).1, [""; 0], "{wrong}");
    }
}

#[test]
fn hostile_events_are_valid() {
    let groups = [
        hostile::exact_quantities(),
        hostile::back_dated_containment(),
        hostile::unpack_all(),
        hostile::split_transformation(),
        hostile::class_level_children(),
        hostile::spellings_of_one_lot(),
    ];
    let mut lines: Vec<Vec<u8>> = groups.into_iter().flatten().collect();
    lines.extend(Workload::new(1_000, 7));
    let count = lines.len() as u64;
    // Together, so that identities that meet would show.
    assert_eq!(judge_text(&lines.join(&b'\n')), (count, Vec::new()));
}

#[test]
fn an_event_may_have_a_million_children() {
    let event = hostile::many_children(1_000_000);
    assert!(event.len() > 50_000_000, "{}", event.len());
    assert_eq!(judge_text(&event), (1, Vec::new()));
}
