// A list of one range of leaves is what is meant.
#![allow(clippy::single_range_in_vec_init)]

use std::ops::Range;

use super::*;
use crate::kv_memory::MemoryRead;
use crate::test_random::Random;
use crate::tree::runs::root_from_runs;

/// All leaves one by one: the model of a tree, and for the tree of subjects where its leaves come from.
#[derive(Clone, Default)]
struct Model(Vec<Hash>);

impl LeafRuns for Model {
    fn runs(&self, _: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
        let leaves = &self.0[leaves.start as usize..leaves.end as usize];
        Ok(leaves.chunk_by(|a, b| a == b).map(|run| (run.len() as u64, run[0])).collect())
    }
}

/// Leaf number `kind`; kind 0 is the unused leaf.
fn leaf(kind: u64) -> Hash {
    if kind == 0 { Hash::ZERO } else { Tag::Leaf.hash(&kind.to_le_bytes()) }
}

/// Sets ranges of a model and the stored tree to the same leaves; both must have the same root.
fn change(tree: DenseTree, store: &mut MemoryRead, model: &mut Model, count: usize, sets: &[(Range<usize>, Hash)]) {
    let before = model.0.len();
    model.0.resize(count, Hash::ZERO);
    let mut changed = BTreeMap::new();
    for (range, hash) in sets {
        for place in range.clone() {
            model.0[place] = *hash;
            changed.insert(place as u64, *hash);
        }
    }
    let mut overlay = Overlay::new(store);
    let (before, after) = (before as u64, count as u64);
    let root = match tree.leaves_stored {
        true => tree.set(&mut overlay, before, after, &changed).unwrap(),
        false => {
            let ranges: Vec<Range<u64>> = changed.keys().map(|place| *place..place + 1).collect();
            tree.update(&mut overlay, before, after, &ranges, model).unwrap()
        }
    };
    let writes = overlay.into_writes();
    store.apply(&writes);
    assert_eq!(root, tree::root(tree.tag, &model.0), "{before} to {after} leaves: {sets:?}");
    assert_eq!(root, tree.root(store, after, leaves_of(tree, model)).unwrap());
}

/// A tree with stored leaves must need none from its reader but zeros.
fn leaves_of(tree: DenseTree, model: &Model) -> &dyn LeafRuns {
    static NONE: BTreeMap<u64, Hash> = BTreeMap::new();
    if tree.leaves_stored { &NONE } else { model }
}

/// Goal: whatever changes, in whatever batches, the stored tree is the tree over all leaves. Method:
/// thousands of random batches of runs, of few leaf hashes so that nodes become equal and cease to be,
/// with and without growth, against the root over all leaves; then all leaves become zeros again, which
/// must leave no page.
#[test]
fn random_updates() {
    for (seed, tree) in [SUBJECTS, EVENTS, SUBJECTS, ROWS].into_iter().enumerate() {
        let mut random = Random(seed as u64);
        let (mut store, mut model) = (MemoryRead::default(), Model::default());
        for _ in 0..700 {
            let growth = match random.below(8) {
                0 => random.below(300),
                1 => random.below(20),
                2 => 1,
                _ => 0,
            };
            let count = (model.0.len() as u64 + growth).min(4_500) as usize;
            let mut sets = Vec::new();
            for _ in 0..random.below(4) * u64::from(count > 0) {
                let first = random.below(count as u64);
                let length_max = [2, 40, 700, 3_000][random.below(4) as usize];
                let end = (first + random.below(length_max)).min(count as u64);
                let kind = random.below(4) * (1 + random.below(2) * random.below(1_000));
                sets.push((first as usize..end as usize, leaf(kind)));
            }
            change(tree, &mut store, &mut model, count, &sets);
        }
        let count = model.0.len();
        change(tree, &mut store, &mut model, count, &[(0..count, Hash::ZERO)]);
        assert_eq!(store.count(Table::Page), 0);
    }
}

/// Goal: growth past any partly filled page. Method: every size from 0 to 600 one leaf at a time, once
/// with distinct leaves, once with equal ones; then from each size around a power of two to another.
#[test]
fn growth() {
    for tree in [SUBJECTS, EVENTS] {
        for distinct in [true, false] {
            let (mut store, mut model) = (MemoryRead::default(), Model::default());
            for count in 0..=600usize {
                let kind = if distinct { count as u64 } else { 1 };
                change(tree, &mut store, &mut model, count, &[(count.saturating_sub(1)..count, leaf(kind))]);
            }
        }
        let sizes: Vec<usize> = [4, 8, 12].into_iter().flat_map(|bit| (1usize << bit) - 1..=(1 << bit) + 1).collect();
        for before in &sizes {
            let (mut store, mut model) = (MemoryRead::default(), Model::default());
            let sets: Vec<_> = (0..*before).map(|place| (place..place + 1, leaf(1 + place as u64 / 3))).collect();
            change(tree, &mut store, &mut model, *before, &sets);
            for after in sizes.iter().filter(|after| *after > before) {
                let (mut store, mut model) = (store.clone(), model.clone());
                change(tree, &mut store, &mut model, *after, &[(*before..*after - 1, leaf(7))]);
            }
        }
    }
}

/// Goal: a run of a million subjects is cheap to set, to change as a whole and to cut. Method: a tree of
/// 2^40 leaves, told by a list of runs; the pages written are counted, and the root is the one that a
/// proof of nothing but runs gives.
#[test]
fn huge_runs() {
    struct Runs(Vec<LeafRun>);
    impl LeafRuns for Runs {
        fn runs(&self, _: &dyn Read, leaves: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
            let clip = |run: &LeafRun| (run.end().min(leaves.end) - run.first.max(leaves.start), run.hash);
            Ok(overlapping(&self.0, leaves.clone()).iter().map(clip).collect())
        }
    }
    let runs_of = |cuts: &[(u64, u64)]| {
        let ends = cuts.iter().skip(1).map(|(first, _)| *first).chain([LEAVES_MAX]);
        let runs = cuts.iter().zip(ends);
        Runs(
            runs.map(|((first, kind), end)| LeafRun { first: *first, count: end - first, hash: leaf(*kind) }).collect(),
        )
    };
    let mut store = MemoryRead::default();
    let mut step = |cuts: &[(u64, u64)], before: u64, changed: &[Range<u64>]| {
        let runs = runs_of(cuts);
        let mut overlay = Overlay::new(&store);
        let root = SUBJECTS.update(&mut overlay, before, LEAVES_MAX, changed, &runs).unwrap();
        let writes = overlay.into_writes();
        store.apply(&writes);
        assert_eq!(root_from_runs(Tag::Subjects, LEAVES_MAX, &runs.0, &[]), Some(root));
        assert_eq!(SUBJECTS.root(&store, LEAVES_MAX, &runs).unwrap(), root);
        (writes.iter().count(), store.count(Table::Page))
    };
    let (first, end) = (123_456_789, 124_456_789);
    assert_eq!(step(&[(0, 0)], 0, &[]), (0, 0));
    let (written, kept) = step(&[(0, 0), (first, 1), (end, 0)], LEAVES_MAX, &[first..end]);
    assert!(written <= 20 && kept == written, "{written} {kept}");
    let (written, kept_then) = step(&[(0, 0), (first, 2), (end, 0)], LEAVES_MAX, &[first..end]);
    assert!(written <= 20 && kept_then == kept, "{written} {kept_then}");
    let cut = first + 500_000;
    let (written, _) = step(&[(0, 0), (first, 2), (cut, 3), (cut + 1, 2), (end, 0)], LEAVES_MAX, &[cut..cut + 1]);
    assert!(written <= 10, "{written}");
    let (_, kept_then) = step(&[(0, 0), (first, 4), (end, 0)], LEAVES_MAX, &[first..end]);
    assert_eq!(kept_then, kept);
}

/// Goal: a proof shows its leaves and no others. Method: random wanted sets of random trees, cut into runs
/// at random; each proof is right, and each mutation of it (a sibling changed, dropped, added or swapped
/// with its neighbour; a run moved, shrunk, stretched or of another leaf) is refused unless it is true.
#[test]
fn proofs() {
    let mut random = Random(5);
    for round in 0..600 {
        let tree = [SUBJECTS, EVENTS][round % 2];
        let (mut store, mut model) = (MemoryRead::default(), Model::default());
        let count = 1 + random.below([20, 300, 5_000][round % 3]) as usize;
        let sets: Vec<_> = (0..count / 3).map(|place| (place * 2..place * 2 + 1, leaf(random.below(90)))).collect();
        change(tree, &mut store, &mut model, count, &sets);
        let mut wanted = Vec::new();
        let mut position = random.below(count as u64 + 1) * random.below(2);
        while position < count as u64 && wanted.len() < 30 {
            let end = (position + 1 + random.below(9)).min(count as u64);
            wanted.push(position..end);
            position = end + random.below(2) * random.below(200);
        }
        let siblings = tree.siblings(&store, count as u64, &wanted, leaves_of(tree, &model)).unwrap();
        let mut runs = Vec::new();
        for range in &wanted {
            for place in range.clone() {
                runs.push(LeafRun { first: place, count: 1, hash: model.0[place as usize] });
            }
        }
        check_mutations(&mut random, tree.tag, &model.0, runs, siblings);
    }
}

fn check_mutations(random: &mut Random, tag: Tag, leaves: &[Hash], runs: Vec<LeafRun>, mut siblings: Vec<Hash>) {
    let (count, root) = (leaves.len() as u64, tree::root(tag, leaves));
    let is_true = |run: &LeafRun| {
        let claimed = leaves.get(run.first as usize..run.end() as usize);
        claimed.is_some_and(|claimed| !claimed.is_empty() && claimed.iter().all(|hash| *hash == run.hash))
    };
    let check = |count, runs: &[LeafRun], siblings: &[Hash]| root_from_runs(tag, count, runs, siblings) == Some(root);
    assert!(check(count, &runs, &siblings));
    let joined: Vec<LeafRun> = runs
        .chunk_by(|a, b| a.hash == b.hash && a.end() == b.first)
        .map(|run| LeafRun { count: run.len() as u64, ..run[0] })
        .collect();
    assert!(check(count, &joined, &siblings));
    for place in 0..joined.len() {
        let original = joined[place];
        let mutants = [
            LeafRun { hash: leaf(91), ..original },
            LeafRun { count: original.count + 1, ..original },
            LeafRun { count: original.count - 1, ..original },
            LeafRun { count: u64::MAX - random.below(3), ..original },
            LeafRun { first: original.first + 1, ..original },
            LeafRun { first: original.first.wrapping_sub(1), ..original },
        ];
        for mutant in mutants {
            let mut runs = joined.clone();
            runs[place] = mutant;
            assert!(is_true(&mutant) || !check(count, &runs, &siblings), "{mutant:?} for {original:?}");
        }
        let mut fewer = joined.clone();
        fewer.remove(place);
        assert!(!check(count, &fewer, &siblings));
    }
    for place in 0..siblings.len() {
        siblings[place].0[31] ^= 1;
        assert!(!check(count, &joined, &siblings));
        siblings[place].0[31] ^= 1;
        let sibling = siblings.remove(place);
        assert!(!check(count, &joined, &siblings));
        siblings.insert(place, sibling);
        siblings.insert(place, Hash::ZERO);
        assert!(!check(count, &joined, &siblings));
        siblings.remove(place);
        if place > 0 && siblings[place - 1] != siblings[place] {
            siblings.swap(place - 1, place);
            assert!(!check(count, &joined, &siblings));
            siblings.swap(place - 1, place);
        }
    }
    siblings.push(Hash::ZERO);
    assert!(!check(count, &joined, &siblings));
}

/// Goal: a damaged page is an error, never another root. Method: pages cut, lengthened, and sources that
/// tell too few or too many leaves.
#[test]
fn damage() {
    struct Wrong(u64);
    impl LeafRuns for Wrong {
        fn runs(&self, _: &dyn Read, _: Range<u64>) -> Result<Vec<(u64, Hash)>, StoreError> {
            Ok(vec![(self.0, Hash::ZERO)])
        }
    }
    let (mut store, mut model) = (MemoryRead::default(), Model::default());
    let sets: Vec<_> = (0..100).map(|place| (place..place + 1, leaf(place as u64))).collect();
    change(SUBJECTS, &mut store, &mut model, 100, &sets);
    for bytes in [0, 6 * 32 - 1, 5 * 32, 7 * 32] {
        let mut damaged = store.clone();
        let mut overlay = Overlay::new(&store);
        overlay.put(Table::Page, SUBJECTS.key(4, 0), vec![0; bytes]);
        damaged.apply(&overlay.into_writes());
        assert!(SUBJECTS.root(&damaged, 100, &model).is_err());
        let mut overlay = Overlay::new(&damaged);
        assert!(SUBJECTS.update(&mut overlay, 100, 100, &[3..4], &model).is_err());
    }
    for count in [0, 15, 17, u64::MAX] {
        let mut overlay = Overlay::new(&store);
        assert!(SUBJECTS.update(&mut overlay, 100, 100, &[3..4], &Wrong(count)).is_err());
    }
    let mut overlay = Overlay::new(&store);
    assert!(SUBJECTS.update(&mut overlay, 100, 99, &[], &model).is_err());
    assert!(SUBJECTS.update(&mut overlay, 100, LEAVES_MAX + 1, &[], &model).is_err());
}
