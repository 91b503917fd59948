//! Goal: the ledger's closures of the generated chain are exactly those of a plain graph walk. Method: the
//! workload of 20,000 events through real submissions, all campaigns compared with the walker's sets.

mod ledger;

use ledger::TestLedger;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::Table;
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::{Known, StoreHistory};
use suyuan_sims::{Shape, Workload};

#[test]
fn closures_are_those_of_a_walk() {
    let mut network = TestLedger::new(&[("urn:uscc:91440115DEMA00013J", Member, &["9521"])]);
    let mut workload = Workload::new(20_000, 7);
    let mut graph = suyuan_sims::walk::Graph::new();
    loop {
        let batch: Vec<Vec<u8>> = workload.by_ref().take(500).collect();
        if batch.is_empty() {
            break;
        }
        batch.iter().for_each(|event| graph.add(event).unwrap());
        let payloads: Vec<String> = batch.into_iter().map(|event| String::from_utf8(event).unwrap()).collect();
        let refused = network.submit(0, &payloads).iter().filter(|code| **code != 0).count();
        assert_eq!(refused, 0);
    }
    println!(
        "subjects {} logs {} runs {}",
        network.ledger.head.roots.name_count,
        network.store.count(Table::Log),
        network.store.count(Table::Run)
    );
    let queries: Vec<_> = workload.queries().collect();
    assert!(!queries.is_empty());
    let mut compared = 0;
    for query in &queries {
        let mut check = |uri: &str, direction| {
            let tag = SubjectKey::from_uri(uri).unwrap().tag();
            let mut history = StoreHistory::new(&network.store);
            let Some(number) = history.reader().number_of(tag).unwrap() else { return };
            let closure = close(&mut history, &Query::new(vec![number], direction)).unwrap();
            let mut found: Vec<String> = closure
                .nodes
                .iter()
                .map(|node| {
                    let key = history.reader().key_of(node.subject).unwrap().unwrap();
                    SubjectKey::parse(&key).unwrap().to_uri()
                })
                .collect();
            found.sort();
            let walked = match direction {
                Direction::Forward => graph.forward(uri),
                _ => graph.back(uri),
            };
            let walked: Vec<String> =
                walked.into_iter().map(|uri| SubjectKey::from_uri(uri).unwrap().to_uri()).collect();
            let mut walked_sorted = walked.clone();
            walked_sorted.sort();
            assert_eq!(found.len(), walked_sorted.len(), "{uri} {direction:?}");
            assert_eq!(found, walked_sorted, "{uri}");
            compared += 1;
        };
        if query.packed {
            check(&query.raw, Direction::Forward);
            check(&query.item.0, Direction::Back);
            check(&query.case.0, Direction::Back);
        }
    }
    println!("compared {compared}");
    assert!(compared > 100);
}

/// Goal: what was read at earlier heights and brought up to date gives the closures of the store as it is. Method:
/// while a workload of all shapes is captured, traces of campaigns begun and not, each over what the ones before it
/// read and over nothing.
#[test]
fn what_was_read_is_brought_up_to_date() {
    let mut compared = 0;
    for (_, shape) in Shape::ALL {
        let mut network = TestLedger::new(&[("urn:uscc:91440115DEMA00013J", Member, &["9521"])]);
        let mut workload = Workload::shaped(shape, 4_000, 11);
        let mut known = Known::default();
        let mut round = 0;
        loop {
            let batch: Vec<Vec<u8>> = workload.by_ref().take(100).collect();
            if batch.is_empty() {
                break;
            }
            let payloads: Vec<String> = batch.into_iter().map(|event| String::from_utf8(event).unwrap()).collect();
            network.submit(0, &payloads);
            round += 1;
            for query in workload.queries().skip(round % 7).step_by(7) {
                for uri in [&query.raw, &query.item.0, &query.case.0] {
                    let tag = SubjectKey::from_uri(uri).unwrap().tag();
                    let mut fresh = StoreHistory::new(&network.store);
                    let Some(number) = fresh.reader().number_of(tag).unwrap() else { continue };
                    let mut again = StoreHistory::knowing(&network.store, known).unwrap();
                    for direction in [Direction::Back, Direction::Forward, Direction::History] {
                        let query = Query::new(vec![number], direction);
                        let closure = close(&mut fresh, &query).unwrap();
                        assert_eq!(close(&mut again, &query).unwrap(), closure, "{uri} {direction:?}");
                        compared += 1;
                    }
                    known = again.into_known();
                }
            }
        }
    }
    println!("compared {compared}");
    assert!(compared > 1_000);
}
