//! Tampered proofs: none may pass.

use std::sync::Arc;

use super::ledger::{TestEvent, case, item, lot, trust};
use super::{proved, small};
use crate::hash::{Hash, Tag};
use crate::log::{LogNode, LogStep};
use crate::proof::RefusedCode;
use crate::proof::format::{Answer, Found, NameKey, NamePart, Recorded, ShownEvent, TraceProof};
use crate::proof::verify::verify;
use crate::record::{LinkRun, Role, Standing};
use crate::state::subject::StoredRecord;
use crate::test_random::Random;
use crate::trace::closure::Direction;

/// Mutations in the long test.
const MUTATIONS: u64 = 1_000_000;

pub(super) fn recorded(proof: &mut TraceProof) -> &mut Recorded {
    match &mut proof.answer {
        Answer::Recorded(recorded) => recorded,
        Answer::Absent(_) => panic!("an absence"),
    }
}

fn code(proof: &TraceProof) -> Option<RefusedCode> {
    verify(&proof.to_bytes(), &trust()).map(|_| ()).err().map(|refused| refused.code)
}

/// An event that no ledger has, which names these subjects.
pub(super) fn forged(after: &ShownEvent, first: u64, count: u32) -> ShownEvent {
    let mut record = StoredRecord::clone(&after.record);
    record.runs = vec![LinkRun { role: Role::Epc as u8, standing: Standing::Bystander as u8, first, count }];
    record.names = Hash::ZERO;
    record.own += 1_000;
    let mut place = after.place;
    place.index += 1_000;
    ShownEvent { place, record: Arc::new(record), opened: None }
}

/// Goal: the cut rule (`ranges.md`, "Soundness"): an event cannot be forged behind the first member of a run
/// that is claimed to share one log. Method: a run of four items; forged events that name any part of it but
/// not all are refused by that rule, those that name all or none by others.
#[test]
fn cut_rule_forged_events() {
    let ledger = small();
    let bytes = proved(&ledger, &lot(95, "L1"), Direction::Forward);
    let proof = TraceProof::from_bytes(&bytes).unwrap();
    let run = recorded(&mut proof.clone()).subjects.iter().find(|run| run.count >= 3).cloned().unwrap();
    let (mut cut, mut others) = (0, 0);
    for first in run.first.saturating_sub(2)..run.first + run.count + 2 {
        for count in 1..=run.count + 4 {
            let mut proof = proof.clone();
            let events = &mut recorded(&mut proof).events;
            let last = events.last().unwrap().clone();
            events.push(forged(&last, first, count as u32));
            let end = first + count;
            let names_any = first < run.first + run.count && end > run.first;
            let names_all = first <= run.first && end >= run.first + run.count;
            let refused = code(&proof).unwrap();
            if names_any && !names_all {
                assert_eq!(refused, RefusedCode::Cut, "{first} {count}");
                cut += 1;
            } else {
                others += 1;
            }
        }
    }
    assert!(cut > 10 && others > 3);
}

/// Goal: a run stretched over what does not share its log, or shrunk, or cut in two, is refused. Method: each
/// run of every proof, at both ends.
#[test]
fn runs_stretched_and_shrunk() {
    let ledger = small();
    for key in [item(95, 3), lot(95, "L1"), case(1)] {
        for direction in [Direction::Back, Direction::Forward, Direction::History] {
            let proof = TraceProof::from_bytes(&proved(&ledger, &key, direction)).unwrap();
            let count = recorded(&mut proof.clone()).subjects.len();
            for place in 0..count {
                for change in 0..5 {
                    let mut proof = proof.clone();
                    let subjects = &mut recorded(&mut proof).subjects;
                    let run = &mut subjects[place];
                    match change {
                        0 => run.count += 1,
                        1 => run.count -= 1,
                        2 => (run.first, run.count) = (run.first.saturating_sub(1), run.count + 1),
                        3 => (run.first, run.count) = (run.first + 1, run.count - 1),
                        _ => {
                            if run.count < 2 {
                                continue;
                            }
                            let mut right = run.clone();
                            run.count = 1;
                            (right.first, right.count) = (run.first + 1, right.count - 1);
                            subjects.insert(place + 1, right);
                        }
                    }
                    assert!(code(&proof).is_some(), "{place} {change}");
                }
            }
        }
    }
}

/// Goal: an event left out is missed. Method: every event of every proof, one at a time, with the places that
/// point at it corrected.
#[test]
fn events_left_out() {
    let ledger = small();
    for key in [item(95, 3), lot(95, "L1"), lot(7, "MILK"), case(1)] {
        for direction in [Direction::Back, Direction::Forward, Direction::History] {
            let proof = TraceProof::from_bytes(&proved(&ledger, &key, direction)).unwrap();
            for place in 0..recorded(&mut proof.clone()).events.len() {
                let mut proof = proof.clone();
                let recorded = recorded(&mut proof);
                recorded.events.remove(place);
                for run in &mut recorded.subjects {
                    if let Found::Event(event) = &mut run.found
                        && *event as usize > place
                    {
                        *event -= 1;
                    }
                }
                for names in recorded.names.iter_mut().filter(|names| names.event as usize > place) {
                    names.event -= 1;
                }
                assert!(code(&proof).is_some(), "{place}");
            }
        }
    }
}

/// Goal: an older checkpoint does not make a trace of a later one pass, nor the other way round. Method: two
/// heights of one ledger; every section of one proof in the other.
#[test]
fn sections_of_other_proofs() {
    let older = small();
    let mut newer = small();
    newer.next_block();
    let keys = [item(95, 3)];
    let links: &[_] = &[(Role::Epc, Standing::Holder, &keys[..])];
    newer.event(&TestEvent { author: 3, time: 90, bits: 0, links });
    let proofs: Vec<TraceProof> = [(&older, item(95, 3)), (&newer, item(95, 3)), (&newer, item(95, 4))]
        .into_iter()
        .map(|(ledger, key)| TraceProof::from_bytes(&proved(ledger, &key, Direction::History)).unwrap())
        .collect();
    for one in &proofs {
        for other in proofs.iter().filter(|other| *other != one) {
            for section in 0..7 {
                let (mut mixed, mut from) = (one.clone(), other.clone());
                let taken = recorded(&mut from);
                match section {
                    0 => mixed.decided = other.decided.clone(),
                    1 => mixed.roots = other.roots.clone(),
                    2 => mixed.query.key = other.query.key.clone(),
                    3 => recorded(&mut mixed).events = std::mem::take(&mut taken.events),
                    4 => recorded(&mut mixed).subjects = std::mem::take(&mut taken.subjects),
                    5 => recorded(&mut mixed).siblings = std::mem::take(&mut taken.siblings),
                    _ => recorded(&mut mixed).names = std::mem::take(&mut taken.names),
                }
                if mixed != *one {
                    assert!(code(&mixed).is_some(), "{section}");
                }
            }
        }
    }
}

/// Goal: no tampered proof passes. Method: a million random mutations of the bytes and of the parts of small
/// proofs, from a fixed seed. What is accepted has the very bytes, or answers another query (a walk with
/// claims that meets none is proved by the same parts).
#[test]
fn a_million_mutations() {
    let ledger = small();
    let pair = |key, direction| {
        let bytes = proved(&ledger, &key, direction);
        let proof = TraceProof::from_bytes(&bytes).unwrap();
        (bytes, proof)
    };
    let proofs = [
        pair(item(95, 3), Direction::History),
        pair(item(95, 9), Direction::Back),
        pair(lot(95, "L1"), Direction::Forward),
        pair(case(1), Direction::Forward),
    ];
    let mut random = Random(11);
    let (mut refused, mut same) = (std::collections::BTreeMap::new(), 0);
    for round in 0..MUTATIONS {
        let (bytes, proof) = &proofs[random.below(proofs.len() as u64) as usize];
        let mutated = if round % 4 == 0 {
            let mut proof = proof.clone();
            change_part(&mut proof, &mut random);
            proof.to_bytes()
        } else {
            change_bytes(bytes, &mut random)
        };
        match verify(&mutated, &trust()) {
            Ok(verified) if mutated != *bytes => assert_ne!(verified.query, proof.query),
            Ok(_) => same += 1,
            Err(error) => *refused.entry(error.code).or_insert(0) += 1,
        }
    }
    println!("{refused:?} {same} unchanged");
    assert!(same < MUTATIONS / 50);
}

fn change_bytes(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = random.below(bytes.len() as u64) as usize;
    let length = 1 + random.below(40) as usize;
    let end = (place + length).min(bytes.len());
    match random.below(8) {
        0..3 => bytes[place] ^= 1 << random.below(8),
        3 => bytes[place] = random.next() as u8,
        4 => drop(bytes.drain(place..end)),
        5 => {
            let copied = bytes[place..end].to_vec();
            let target = random.below(bytes.len() as u64) as usize;
            bytes.splice(target..target, copied);
        }
        6 => bytes.truncate(place),
        _ => {
            let target = random.below(bytes.len() as u64) as usize;
            let end = (target + end - place).min(bytes.len());
            let copied = bytes[place..place + end - target].to_vec();
            bytes[target..end].copy_from_slice(&copied);
        }
    }
    bytes
}

fn change_part(proof: &mut TraceProof, random: &mut Random) {
    let parts = recorded(proof);
    let event = random.below(parts.events.len() as u64) as usize;
    let run = random.below(parts.subjects.len() as u64) as usize;
    match random.below(12) {
        0 => drop(parts.events.remove(event)),
        1 => {
            let other = random.below(parts.events.len() as u64) as usize;
            parts.events.swap(event, other);
        }
        2..4 => {
            let record = Arc::make_mut(&mut parts.events[event].record);
            change_record(record, random);
        }
        4 => {
            let forged = forged(&parts.events[event], random.below(20), 1 + random.below(8) as u32);
            parts.events.push(forged);
        }
        5 => drop(parts.subjects.remove(run)),
        6..8 => {
            let run = &mut parts.subjects[run];
            match random.below(8) {
                0 => run.count += 1,
                1 => run.count = run.count.saturating_sub(1),
                2 => run.first += 1,
                3 => run.state.holder ^= 1,
                4 => run.state.parent ^= 1,
                5 => run.pruned = if run.pruned.is_some() { None } else { Some(random.below(9)) },
                6 => {
                    run.found = [Found::FirstEntry, Found::Hidden, Found::Event(event as u32)][random.below(3) as usize]
                }
                _ => run.state.recall ^= 1,
            }
        }
        8 => match random.below(3) {
            0 => drop(parts.siblings.pop()),
            1 => parts.siblings.push(Tag::Subjects.hash(b"another")),
            _ => parts.siblings.reverse(),
        },
        9 => {
            let place = random.below(parts.logs.len() as u64 + 1) as usize;
            let step = [LogStep::Descend, LogStep::Pruned(LogNode::EMPTY)][random.below(2) as usize];
            match random.below(2) {
                0 if place < parts.logs.len() => drop(parts.logs.remove(place)),
                _ => parts.logs.insert(place, step),
            }
        }
        10 => parts.start += 1,
        _ => change_names(parts, random),
    }
}

fn change_record(record: &mut StoredRecord, random: &mut Random) {
    let run = random.below(record.runs.len() as u64) as usize;
    match random.below(9) {
        0 => record.event_time += 1,
        1 => record.author += 1,
        2 => record.own += 1,
        3 => record.mask ^= 1 << random.below(32),
        4 => record.event_digest.0[3] ^= 1,
        5 => record.runs[run].count += 1,
        6 => record.runs[run].first += 1,
        7 => record.runs[run].standing ^= 1,
        _ => drop(record.runs.remove(run)),
    }
}

fn change_names(parts: &mut Recorded, random: &mut Random) {
    let Some(names) = parts.names.last_mut() else { return };
    let place = random.below(names.parts.len() as u64) as usize;
    match (random.below(4), &mut names.parts[place]) {
        (0, _) => drop(parts.names.pop()),
        (1, part) => *part = NamePart::Inner,
        (_, NamePart::Page(page)) => match random.below(4) {
            0 => page[0].number += 1,
            1 => page[0].key = NameKey::Tag(Hash::ZERO),
            2 => drop(page.pop()),
            _ => page.reverse(),
        },
        (_, part) => *part = NamePart::Hidden(Hash::ZERO),
    }
}

/// Goal: payload-less events that only claim to found a subject are refused, as are events that nothing
/// needs. Method: an event shown that is real, but of another subject; one that is forged.
#[test]
fn events_that_nothing_places() {
    let ledger = small();
    let mut proof = TraceProof::from_bytes(&proved(&ledger, &lot(7, "MILK"), Direction::Back)).unwrap();
    let other = TraceProof::from_bytes(&proved(&ledger, &item(95, 9), Direction::History)).unwrap();
    let stranger = recorded(&mut other.clone()).events.last().unwrap().clone();
    let last = recorded(&mut proof).events.last().unwrap().clone();
    for event in [stranger, forged(&last, 100, 1)] {
        let mut proof = proof.clone();
        recorded(&mut proof).events.push(event);
        recorded(&mut proof).events.sort_by_key(|event| event.place);
        assert_eq!(code(&proof), Some(RefusedCode::Unanchored));
    }
}

/// Goal: what a mode must show cannot be pruned. Method: for every entry of every pruned log, and for every
/// log that is shown whole, a proof with that entry's node in place of the entry, and one with the root of the
/// log in place of it; the events stay, or are left out. All are refused.
#[test]
fn entries_pruned_that_must_be_shown() {
    let ledger = small();
    let mut tried = 0;
    for key in [item(95, 3), item(95, 9), lot(95, "L1"), case(1)] {
        for direction in [Direction::Back, Direction::Forward, Direction::History] {
            let proof = TraceProof::from_bytes(&proved(&ledger, &key, direction)).unwrap();
            for place in 0..recorded(&mut proof.clone()).subjects.len() {
                for keep_events in [true, false] {
                    let mut proof = proof.clone();
                    let parts = recorded(&mut proof);
                    let run = &mut parts.subjects[place];
                    if run.pruned.is_some() {
                        continue;
                    }
                    let (count, root, places) = ledger.log_of(run.first);
                    (run.pruned, run.found) = (Some(count), Found::Hidden);
                    run.state.found = ledger.found_of(run.first);
                    let before = parts.subjects[..place].iter().filter(|run| run.pruned.is_some()).count();
                    // Pruned logs of these proofs are few; the step goes before or after all of them.
                    let at = if before == 0 { 0 } else { parts.logs.len() };
                    parts.logs.insert(at, LogStep::Pruned(root));
                    if !keep_events {
                        parts.events.retain(|event| !places.contains(&event.place));
                    }
                    assert!(code(&proof).is_some());
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 50);
}
