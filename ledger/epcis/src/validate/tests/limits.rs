//! Floods, long lists, the cost of a plain event, and where lines come from.

use super::{event_of, read};
use crate::document::{Locate, NoLines};
use crate::model::Event;
use crate::problem::{PROBLEMS_MAX, Problems};
use crate::validate;

// Goal: a flood of warnings neither grows without bound nor hides an error that comes after it.
// Method: 300 warnings, then an error.
#[test]
fn flood() {
    let epcs: Vec<String> = (0..300).map(|index| format!(r#""urn:epc:class:lgtin:0614141.107346.{index}""#)).collect();
    let members = format!(r#""action": "ADD", "epcList": [{}], "bizStep": "wrong""#, epcs.join(","));
    let (event, mut problems) = read(&event_of("ObjectEvent", &members)).pop().unwrap();
    validate::event(&event, "", &Default::default(), &mut problems, &NoLines);
    assert_eq!((problems.list.len(), problems.dropped), (PROBLEMS_MAX, 201));
    assert!(problems.has_error());
}

// Goal: hostile lists cost time in proportion. Method: 200,000 equal class identifiers and 200,000
// unknown words; pairwise comparison or a search for similar words would take minutes.
#[test]
fn long_lists() {
    let mut event = Event::new(crate::model::EventType::Object);
    event.epc_list = Some(vec!["https://a.example/01/09521234543213".to_owned(); 200_000]);
    event.persistent_disposition = Some(crate::model::PersistentDisposition {
        set: Some(vec!["wrong".repeat(12); 200_000]),
        unset: Some(vec!["wrong".repeat(12); 200_000]),
        extensions: Vec::new(),
    });
    let mut problems = Problems::new(None);
    let start = std::time::Instant::now();
    validate::event(&event, "", &Default::default(), &mut problems, &NoLines);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(problems.list.len(), PROBLEMS_MAX);
}

// Goal: lines come from the reader, for places that have a problem only. Method: a locator that counts.
#[test]
fn lines() {
    struct Counting(std::cell::RefCell<Vec<String>>);
    impl Locate for Counting {
        fn line(&self, pointer: &str) -> Option<u64> {
            self.0.borrow_mut().push(pointer.to_owned());
            Some(7)
        }
    }
    let locate = Counting(Vec::new().into());
    let text = event_of("ObjectEvent", r#""action": "ADD", "epcList": ["urn:a:b"], "bizStep": "wrong""#);
    let (event, mut problems) = read(&text).pop().unwrap();
    validate::event(&event, "/epcisBody/eventList/0", &Default::default(), &mut problems, &locate);
    assert_eq!(problems.list[0].place.line, Some(7));
    assert_eq!(problems.list[0].place.pointer, "/epcisBody/eventList/0/bizStep");
    assert_eq!(*locate.0.borrow(), ["/bizStep"]);
}

// Goal: a plain event is judged in a few microseconds. Method: the best of many rounds of an ObjectEvent
// of ten SGTINs; the bound is far above what is measured, for slow machines.
#[test]
fn speed() {
    let epcs: Vec<String> = (0..10).map(|index| format!(r#""urn:epc:id:sgtin:0614141.107346.{index}""#)).collect();
    let members = format!(
        r#""action": "OBSERVE", "epcList": [{}], "bizStep": "shipping", "disposition": "in_transit", "readPoint": {{"id": "urn:epc:id:sgln:0614141.07346.1234"}}, "bizTransactionList": [{{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}}]"#,
        epcs.join(",")
    );
    let (event, _) = read(&event_of("ObjectEvent", &members)).pop().unwrap();
    let mut problems = Problems::new(None);
    let best = (0..50)
        .map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..100 {
                validate::event(
                    std::hint::black_box(&event),
                    "/epcisBody/eventList/0",
                    &Default::default(),
                    &mut problems,
                    &NoLines,
                );
            }
            start.elapsed() / 100
        })
        .min()
        .unwrap();
    assert!(problems.list.is_empty());
    println!("an ObjectEvent of ten SGTINs: {best:?}");
    assert!(best.as_micros() < 20, "{best:?}");
}
