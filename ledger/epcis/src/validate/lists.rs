//! Finds what stands twice in a list: pairwise while short, by sorting beyond.

/// Up to this many elements, comparing each pair is faster than sorting, and allocates nothing.
const PAIRWISE_MAX: usize = 12;

/// Calls `found` with the places (first, repeated) of every element of `keys` that stood before.
pub(super) fn repeated<K: Ord>(keys: &[K], mut found: impl FnMut(usize, usize)) {
    if keys.len() <= PAIRWISE_MAX {
        for (index, key) in keys.iter().enumerate() {
            if let Some(first) = keys.iter().take(index).position(|earlier| earlier == key) {
                found(first, index);
            }
        }
        return;
    }
    let mut order: Vec<(&K, usize)> = keys.iter().zip(0..).collect();
    order.sort_unstable();
    let mut first: Option<(&K, usize)> = None;
    for (key, index) in order {
        match first {
            Some((earlier, at)) if earlier == key => found(at, index),
            _ => first = Some((key, index)),
        }
    }
}

/// Calls `found` with the places (in `one`, in `two`) of every element of `two` that is in `one`.
pub(super) fn common<K: Ord>(one: &[K], two: &[K], mut found: impl FnMut(usize, usize)) {
    if one.len() <= PAIRWISE_MAX || two.is_empty() {
        for (index, key) in two.iter().enumerate() {
            if let Some(at) = one.iter().position(|other| other == key) {
                found(at, index);
            }
        }
        return;
    }
    let mut order: Vec<(&K, usize)> = one.iter().zip(0..).collect();
    order.sort_unstable();
    for (index, key) in two.iter().enumerate() {
        if let Ok(at) = order.binary_search_by(|(other, _)| (*other).cmp(key))
            && let Some((_, at)) = order.get(at)
        {
            found(*at, index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: short and long lists give the same answers. Method: lists around the threshold, every
    // answer compared with a plain search.
    #[test]
    fn both_ways() {
        for length in [0, 1, 5, PAIRWISE_MAX, PAIRWISE_MAX + 1, 40] {
            let keys: Vec<usize> = (0..length).map(|index| index * 7 % 9).collect();
            let mut found = Vec::new();
            repeated(&keys, |first, index| found.push((first, index)));
            found.sort_unstable_by_key(|(_, index)| *index);
            let plain: Vec<(usize, usize)> = (0..length)
                .filter_map(|index| {
                    let first = keys.iter().position(|key| *key == keys[index]).unwrap();
                    (first < index).then_some((first, index))
                })
                .collect();
            assert_eq!(found, plain);
            let other: Vec<usize> = (5..15).collect();
            let mut shared = Vec::new();
            common(&keys, &other, |at, index| shared.push((keys[at], other[index])));
            let plain: Vec<(usize, usize)> =
                other.iter().filter(|key| keys.contains(key)).map(|key| (*key, *key)).collect();
            assert_eq!(shared, plain);
        }
    }
}
