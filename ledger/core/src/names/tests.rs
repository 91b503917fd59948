use super::absence::{AbsenceProof, prove_absence};
use super::sealed::{SEGMENT_NAMES_MIN, append, root};
use super::*;
use crate::kv::{Overlay, Read, Table};
use crate::kv_memory::MemoryRead;
use crate::test_random::Random;

fn name(rank: u64) -> Name {
    Name { number: rank * 3, tag: Tag::Key.hash(&rank.to_le_bytes()) }
}

fn add(store: &mut MemoryRead, count: u64, names: &[Name]) -> Hash {
    let mut overlay = Overlay::new(store);
    let root = append(&mut overlay, count, names).unwrap();
    let writes = overlay.into_writes();
    store.apply(&writes);
    root
}

/// The sizes of the segments in force, and of the tail: the rule told another way, by the smallest parts
/// first, which are joined where four that make a larger one are there and it is in force.
fn model_sizes(count: u64) -> Vec<u64> {
    let mut segments: Vec<(u64, u64)> = (0..count / SEGMENT_NAMES_MIN).map(|i| (i * 4_096, 4_096)).collect();
    let mut size = SEGMENT_NAMES_MIN * 4;
    while size <= count {
        for first in (0..=count - size).step_by(size as usize) {
            if first + size + size / 16 <= count {
                segments.retain(|(start, _)| *start < first || *start >= first + size);
                segments.push((first, size));
            }
        }
        size *= 4;
    }
    segments.sort();
    let mut sizes: Vec<u64> = segments.into_iter().map(|(_, size)| size).collect();
    let tail = count - sizes.iter().sum::<u64>();
    sizes.extend((tail > 0).then_some(tail));
    sizes
}

fn model_root(names: &[Name]) -> Hash {
    let (mut rest, mut roots) = (names, Vec::new());
    for size in model_sizes(names.len() as u64) {
        let (segment, others) = rest.split_at(size as usize);
        let mut segment = segment.to_vec();
        segment.sort_by_key(|name| name.tag);
        roots.push(names_root(&segment));
        rest = others;
    }
    Tag::NamesRoot.hash_parts(&[&(names.len() as u64).to_le_bytes(), &tree::root(Tag::Names, &roots).0])
}

/// Goal: an event's names are shown page by page, and no other. Method: lists of 0 to 40 names; each
/// number's proof shows its tag under the root, no number that is not there, and nothing when changed.
#[test]
fn names_of_an_event() {
    assert_eq!(names_root(&[]), Hash::ZERO);
    for count in 0..40 {
        let names: Vec<Name> = (0..count).map(name).collect();
        let root = names_root(&names);
        assert!(NameProof::new(&names, 1).is_none());
        for name in &names {
            let proof = NameProof::new(&names, name.number).unwrap();
            assert_eq!(NameProof::decode(&codec::encode(&proof)).unwrap(), proof);
            assert_eq!(proof.tag(root, name.number), Some(name.tag));
            assert_eq!(proof.tag(root, name.number + 1), None);
            let mut changed = proof.clone();
            changed.names.iter_mut().for_each(|shown| shown.tag.0[5] ^= u8::from(shown.number == name.number));
            assert_eq!(changed.tag(root, name.number), None);
            for place in 0..proof.path.len() {
                let mut changed = proof.clone();
                changed.path[place].0[0] ^= 1;
                assert_eq!(changed.tag(root, name.number), None);
                changed.path.remove(place);
                assert_eq!(changed.tag(root, name.number), None);
            }
        }
    }
}

/// Goal: the root depends on the names and their order alone, not on how they come in batches; what is
/// superseded is deleted. Method: 300,000 names in batches of random sizes, some of one name, some of tens
/// of thousands, around every place where segments come into force; the root is compared with a model that
/// sorts every segment anew.
#[test]
fn roots() {
    let names: Vec<Name> = (0..300_000).map(name).collect();
    for (seed, checks) in [(1, 25), (2, 25), (3, 0)] {
        let mut random = Random(seed);
        let mut store = MemoryRead::default();
        assert_eq!(add(&mut store, 0, &[]), model_root(&[]));
        let (mut count, mut checked) = (0, 0);
        while count < names.len() {
            let batch = match random.below(4) {
                0 => 1 + random.below(3),
                1 => 1_024 - count as u64 % 1_024,
                2 => random.below(3_000),
                _ => random.below([9_000, 40_000, 2_000][seed as usize - 1]),
            };
            let end = names.len().min(count + batch as usize);
            let got = add(&mut store, count as u64, &names[count..end]);
            count = end;
            if checked < checks && random.below(3) == 0 || count == names.len() {
                assert_eq!(got, model_root(&names[..count]), "{count} names");
                assert_eq!(got, root(&store, count as u64).unwrap());
                checked += 1;
            }
        }
        // 262,144 in force as one since 278,528, its parts gone since 294,912; two of 16,384; one of 4,096;
        // the chunks of each, its nodes and its root, and the 992 names of the tail.
        assert_eq!(model_sizes(300_000), [262_144, 16_384, 16_384, 4_096, 992]);
        let chunks = (262_144 + 2 * 16_384 + 4_096) / 1_024;
        assert_eq!(store.count(Table::Segment), chunks + (3 + 2 + 1) + 4 + 4);
    }
}

/// Goal: at every count near a change of the segments, the root is the model's. Method: from each multiple
/// of 1,024 less one, two single names and the rest, up to 90,000.
#[test]
fn single_names() {
    let names: Vec<Name> = (0..90_000).map(name).collect();
    let mut store = MemoryRead::default();
    let mut count = 0;
    for end in (1..88).flat_map(|chunk: usize| [chunk * 1_024 - 1, chunk * 1_024, chunk * 1_024 + 1]) {
        let got = add(&mut store, count as u64, &names[count..end]);
        count = end;
        assert_eq!(got, model_root(&names[..count]), "{count} names");
    }
}

/// Goal: absence is proven of every name that is absent and of no other. Method: sets of up to 50,000
/// names; the tags next to members' tags are proven absent; members never, neither by the prover nor with
/// their neighbours' proofs; each proof changed anywhere is refused.
#[test]
fn absences() {
    let mut random = Random(4);
    for count in [0u64, 1, 7, 8, 9, 100, 4_095, 4_096, 4_097, 17_407, 17_408, 21_000, 50_000] {
        let names: Vec<Name> = (0..count).map(name).collect();
        let mut store = MemoryRead::default();
        let root = add(&mut store, 0, &names);
        let samples = if count <= 100 { count } else { 250 };
        for sample in 0..samples {
            let member = names[if count <= 100 { sample } else { random.below(count) } as usize].tag;
            assert_eq!(prove_absence(&store, count, member).unwrap(), None);
            for absent in [neighbour(member, true), neighbour(member, false)] {
                let proof = check_absence(&store, count, root, absent);
                assert!(!proof.verify(root, count, member));
                // Elsewhere, where the pages that are shown say nothing.
                for other in [0, count / 2, count - 1, random.below(count)] {
                    assert!(!proof.verify(root, count, names[other as usize].tag));
                }
                if sample < 3 {
                    check_mutations(&proof, root, count, absent);
                }
            }
        }
        for absent in [Hash::ZERO, Hash([255; 32]), Tag::Key.hash(b"absent")] {
            let proof = check_absence(&store, count, root, absent);
            check_mutations(&proof, root, count, absent);
        }
    }
}

/// The tag just above or below.
fn neighbour(tag: Hash, above: bool) -> Hash {
    let mut bytes = tag.0;
    for byte in bytes.iter_mut().rev() {
        let (next, carry) = if above { byte.overflowing_add(1) } else { byte.overflowing_sub(1) };
        *byte = next;
        if !carry {
            break;
        }
    }
    Hash(bytes)
}

fn check_absence(store: &dyn Read, count: u64, root: Hash, absent: Hash) -> AbsenceProof {
    let proof = prove_absence(store, count, absent).unwrap().unwrap();
    let decoded = AbsenceProof::decode(&codec::encode(&proof)).unwrap();
    assert!(decoded.verify(root, count, absent));
    for other in [count + 1, count.wrapping_sub(1), u64::MAX] {
        assert!(!proof.verify(root, other, absent));
    }
    proof
}

fn check_mutations(proof: &AbsenceProof, root: Hash, count: u64, absent: Hash) {
    let refused = |change: &dyn Fn(&mut AbsenceProof)| {
        let mut changed = proof.clone();
        change(&mut changed);
        assert!(!changed.verify(root, count, absent) || changed == *proof, "{changed:?}");
    };
    for segment in 0..proof.segments.len() {
        let parts = &proof.segments[segment];
        refused(&|proof| drop(proof.segments.remove(segment)));
        refused(&|proof| proof.segments.insert(segment, parts.clone()));
        refused(&|proof| proof.segments.swap(segment, 0));
        refused(&|proof| proof.segments[segment].page += 1);
        refused(&|proof| proof.segments[segment].page = parts.page.wrapping_sub(1));
        refused(&|proof| proof.segments[segment].siblings.push(Hash::ZERO));
        for place in 0..parts.names.len() {
            refused(&|proof| proof.segments[segment].names[place].number += 1);
            refused(&|proof| proof.segments[segment].names[place].tag.0[31] ^= 1);
            refused(&|proof| proof.segments[segment].names[place].tag = absent);
            refused(&|proof| proof.segments[segment].names.retain(|name| *name != parts.names[place]));
            refused(&|proof| proof.segments[segment].names.insert(place, parts.names[place]));
            refused(&|proof| proof.segments[segment].names.swap(place, 0));
        }
        for place in 0..parts.siblings.len() {
            refused(&|proof| proof.segments[segment].siblings[place].0[0] ^= 1);
            refused(&|proof| proof.segments[segment].siblings.truncate(place));
            refused(&|proof| proof.segments[segment].siblings.swap(place, 0));
        }
    }
}

/// Goal: a tag that comes twice, and a store that has lost something, are errors. Method: duplicates within
/// a tail, and in two segments that are merged; each value of the table taken away in turn while a merge
/// goes on, which either is found or was no longer needed.
#[test]
fn damage() {
    let mut names: Vec<Name> = (0..17_500).map(name).collect();
    let mut store = MemoryRead::default();
    add(&mut store, 0, &names[..17_000]);
    let mut keys = Vec::new();
    store
        .scan(Table::Segment, &[], &[255], &mut |key, _| {
            keys.push(key.to_vec());
            true
        })
        .unwrap();
    let right = append(&mut Overlay::new(&store), 17_000, &names[17_000..]).unwrap();
    let mut found = 0;
    for key in &keys {
        let mut overlay = Overlay::new(&store);
        overlay.delete(Table::Segment, key.as_slice());
        match append(&mut overlay, 17_000, &names[17_000..]) {
            Ok(root) => assert_eq!(root, right),
            Err(_) => found += 1,
        }
    }
    assert!(found * 4 > keys.len() && found < keys.len(), "{found} of {}", keys.len());
    names[16_300] = names[5];
    assert!(append(&mut Overlay::new(&MemoryRead::default()), 0, &names).is_err());
    assert!(append(&mut Overlay::new(&MemoryRead::default()), 0, &[name(1), name(2), name(1)]).is_err());
}
