use super::*;
use crate::test_random::Random;

fn record(event_time: i64, mask: u32) -> Record {
    let (event_digest, links, names) = (Hash::ZERO, Hash::ZERO, Hash::ZERO);
    let (height, index, block_time, rules, author, own, flags) = (7, 0, 9, 1, 3, 4, 0);
    let record_type = 1;
    Record {
        record_type,
        height,
        index,
        block_time,
        event_time,
        rules,
        author,
        own,
        flags,
        mask,
        event_digest,
        links,
        names,
    }
}

fn random_entries(random: &mut Random, count: u64) -> Vec<LogNode> {
    let entry = |place: u64| {
        let role = Role::ALL[random.below(13) as usize];
        let standing = Standing::from_number(random.below(5) as u8).unwrap();
        let time = place as i64 * 10 + random.below(40) as i64;
        let record = record(time, role.bit() | [0, mask::ADD, mask::RECALL][random.below(3) as usize]);
        LogNode::entry(&record, record.hash(), role, standing)
    };
    (0..count).map(entry).collect()
}

/// The tree as RFC 6962 defines it.
fn model_root(entries: &[LogNode]) -> LogNode {
    match entries {
        [] => LogNode::EMPTY,
        [entry] => *entry,
        _ => {
            let (left, right) = entries.split_at(split(entries.len() as u64) as usize);
            LogNode::inner(&model_root(left), &model_root(right))
        }
    }
}

/// Goal: an entry's mask says what its own subject had to do with the event. Method: a record with several
/// roles and bits; each role's entry has its bit alone, the other bits, and the standing's bit from 1 up.
#[test]
fn entry_masks() {
    let others = mask::ADD | mask::RECALL;
    let record = record(-5, Role::Input.bit() | Role::Output.bit() | Role::Retract.bit() | others);
    for role in Role::ALL {
        let stranger = LogNode::entry(&record, record.hash(), role, Standing::Bystander);
        assert_eq!(stranger.mask, role.bit() | others);
        let holder = LogNode::entry(&record, record.hash(), role, Standing::Unconfirmed);
        assert_eq!(holder.mask, role.bit() | others | mask::STANDING);
        assert_eq!((holder.tmin, holder.tmax), (-5, -5));
        assert_ne!(holder.hash, stranger.hash);
    }
    assert_eq!(codec::encode(&LogNode::EMPTY).len(), 52);
}

/// Goal: peaks give the tree's root at every count. Method: the definition, from 0 to 300 entries; times and
/// masks against all entries; peaks through their encoding.
#[test]
fn peaks() {
    let mut random = Random(1);
    let entries = random_entries(&mut random, 300);
    let mut peaks = Peaks::default();
    for count in 0..=entries.len() {
        assert!(peaks.is_well_formed() && peaks.count == count as u64);
        let root = peaks.root();
        let held = &entries[..count];
        assert_eq!(root, model_root(held));
        assert_eq!(root.tmin, held.iter().map(|entry| entry.tmin).min().unwrap_or(0));
        assert_eq!(root.tmax, held.iter().map(|entry| entry.tmax).max().unwrap_or(0));
        assert_eq!(root.mask, held.iter().fold(0, |mask, entry| mask | entry.mask));
        peaks = codec::decode(&codec::encode(&peaks), 1 << 20).unwrap();
        if let Some(entry) = entries.get(count) {
            peaks.push(*entry);
        }
    }
    peaks.nodes.pop();
    assert!(!peaks.is_well_formed());
}

/// Goal: a pruned log shows all that must be seen, and nothing passes that is not so. Method: random logs
/// under predicates on masks and on times, with further entries shown; the shown places come back, no node
/// could have been pruned higher up; each mutation (a step changed, dropped, doubled, a node's field changed,
/// an entry dropped, swapped or forged) is refused, as is each needed entry's being left out.
#[test]
fn pruned_logs() {
    let mut random = Random(2);
    for _ in 0..400 {
        let count = random.below(60);
        let entries = random_entries(&mut random, count);
        let needed = Role::Output.bit() | mask::RECALL;
        let (from, to) = (random.below(600) as i64, random.below(600) as i64);
        let lacks = move |node: &LogNode| node.mask & needed == 0;
        let outside = move |node: &LogNode| node.tmax < from || node.tmin > to;
        let may_prune: &dyn Fn(&LogNode) -> bool = if random.below(2) == 0 { &lacks } else { &outside };
        let places = |random: &mut Random| -> Vec<u64> {
            let is_shown = |place: &u64| !may_prune(&entries[*place as usize]) || random.below(20) == 0;
            (0..count).filter(is_shown).collect()
        };
        let shown = places(&mut random);
        let steps = prune(&entries, &shown, may_prune).unwrap();
        let kept: Vec<LogNode> = shown.iter().map(|place| entries[*place as usize]).collect();
        let root = model_root(&entries);
        let verify = |count, steps: &[LogStep], kept: &[LogNode]| root_of_pruned(count, steps, kept, may_prune);
        let decoded: Vec<LogStep> = codec::decode(&codec::encode(&steps), 1 << 20).unwrap();
        assert_eq!(verify(count, &decoded, &kept), Some((root, shown.clone())));
        assert_eq!(steps.len(), steps_of_model(&entries, &shown, may_prune));

        for (place, shown_place) in shown.iter().enumerate() {
            let mut fewer = shown.clone();
            fewer.remove(place);
            let allowed = may_prune(&entries[*shown_place as usize]);
            assert_eq!(prune(&entries, &fewer, may_prune).is_some(), allowed);
        }
        let right =
            |steps: &[LogStep], kept: &[LogNode]| verify(count, steps, kept).is_some_and(|(got, _)| got == root);
        for (steps, kept) in mutants(&steps, &kept) {
            assert!(!right(&steps, &kept), "{steps:?} {kept:?}");
        }
    }
    assert_eq!(prune(&[LogNode::EMPTY], &[1], &|_| true), None);
    assert_eq!(prune(&[LogNode::EMPTY; 3], &[1, 1], &|_| true), None);
    assert!(codec::decode::<LogStep>(&[2], 1 << 20).is_err());
}

/// How many steps a walk has that prunes the highest nodes it may.
fn steps_of_model(entries: &[LogNode], shown: &[u64], may_prune: &dyn Fn(&LogNode) -> bool) -> usize {
    match entries {
        [] => 0,
        _ if shown.is_empty() && may_prune(&model_root(entries)) => 1,
        [_] => 1,
        _ => {
            let (left, right) = entries.split_at(split(entries.len() as u64) as usize);
            let size = left.len() as u64;
            let (shown_left, shown_right) = shown.split_at(shown.partition_point(|place| *place < size));
            let shown_right: Vec<u64> = shown_right.iter().map(|place| place - size).collect();
            1 + steps_of_model(left, shown_left, may_prune) + steps_of_model(right, &shown_right, may_prune)
        }
    }
}

fn mutants(steps: &[LogStep], kept: &[LogNode]) -> Vec<(Vec<LogStep>, Vec<LogNode>)> {
    let mut mutants = Vec::new();
    let nodes_of = |node: LogNode| {
        let mut hash = node.hash;
        hash.0[0] ^= 1;
        [
            LogNode { hash, ..node },
            LogNode { tmin: node.tmin - 1_000, ..node },
            LogNode { tmax: node.tmax + 1_000, ..node },
            LogNode { mask: node.mask ^ 1, ..node },
        ]
    };
    for (place, step) in steps.iter().enumerate() {
        let mut with = |changed: &[LogStep]| {
            let mut steps = steps.to_vec();
            steps.splice(place..place + 1, changed.iter().copied());
            mutants.push((steps, kept.to_vec()));
        };
        with(&[]);
        with(&[*step, *step]);
        match step {
            LogStep::Descend => with(&[LogStep::Pruned(LogNode::EMPTY)]),
            LogStep::Pruned(node) => {
                with(&[LogStep::Descend]);
                nodes_of(*node).into_iter().for_each(|node| with(&[LogStep::Pruned(node)]));
            }
        }
    }
    for (place, entry) in kept.iter().enumerate() {
        let mut with = |changed: &[LogNode]| {
            let mut kept = kept.to_vec();
            kept.splice(place..place + 1, changed.iter().copied());
            mutants.push((steps.to_vec(), kept));
        };
        with(&[]);
        with(&[*entry, *entry]);
        nodes_of(*entry).into_iter().for_each(|node| with(&[node]));
    }
    for place in 1..kept.len() {
        let mut swapped = kept.to_vec();
        swapped.swap(place - 1, place);
        mutants.push((steps.to_vec(), swapped));
    }
    mutants
}

/// Goal: a long log of which little matters has a short proof. Method: 10^5 entries, ten of which are kept:
/// neighbours, and far apart, where each needs a path of its own.
#[test]
fn long_log() {
    let entry =
        |place: u64, bit: u32| LogNode { hash: Tag::Entry.hash(&place.to_le_bytes()), tmin: 0, tmax: 0, mask: bit };
    for (distance, bytes_max) in [(1, 1_200), (9_973, 8_000)] {
        let shown: Vec<u64> = (0..10).map(|kept| 333 + kept * distance).collect();
        let entries: Vec<LogNode> = (0..100_000).map(|place| entry(place, u32::from(shown.contains(&place)))).collect();
        let lacks = |node: &LogNode| node.mask == 0;
        let steps = prune(&entries, &shown, &lacks).unwrap();
        let kept: Vec<LogNode> = shown.iter().map(|place| entries[*place as usize]).collect();
        assert_eq!(root_of_pruned(100_000, &steps, &kept, &lacks), Some((model_root(&entries), shown)));
        let bytes = codec::encode(&steps).len();
        assert!(bytes <= bytes_max, "{bytes}");
    }
}
