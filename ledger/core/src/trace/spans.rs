//! Spans of event time, as a set.

/// Disjoint spans of time, ascending, both ends included; each is marked while it is still to be walked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    spans: Vec<(i64, i64, bool)>,
}

impl Spans {
    /// Adds a span, united with those that it meets. Whether that added any time.
    pub fn add(&mut self, from: i64, to: i64) -> bool {
        if from > to {
            return false;
        }
        let start = self.spans.partition_point(|span| span.1 < from);
        let end = self.spans.partition_point(|span| span.0 <= to);
        let met = self.spans.get(start..end).unwrap_or_default();
        if met.iter().any(|span| span.0 <= from && to <= span.1) {
            return false;
        }
        let first = met.first().map_or(from, |span| span.0.min(from));
        let last = met.last().map_or(to, |span| span.1.max(to));
        self.spans.splice(start..end, [(first, last, true)]);
        true
    }

    /// Marks all as still to be walked.
    pub fn renew(&mut self) {
        self.spans.iter_mut().for_each(|span| span.2 = true);
    }

    /// The spans that are still to be walked, which then count as walked.
    pub fn take_new(&mut self) -> Vec<(i64, i64)> {
        let new = self.spans.iter().filter(|span| span.2).map(|span| (span.0, span.1)).collect();
        self.spans.iter_mut().for_each(|span| span.2 = false);
        new
    }

    /// The spans.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        self.spans.iter().map(|span| (span.0, span.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a set of spans holds the moments that were added, each span is handed out when it grew, and
    /// spans that share a moment are one. Method: every sequence of four spans over six moments, against
    /// sets of moments; for what was handed out, too.
    #[test]
    fn spans_are_sets_of_moments() {
        let pairs: Vec<(i64, i64)> = (0..6).flat_map(|from| (from..6).map(move |to| (from, to))).collect();
        for number in 0..pairs.len().pow(4) {
            let chosen = (0..4).map(|place| pairs[number / pairs.len().pow(place) % pairs.len()]);
            let (mut spans, mut moments) = (Spans::default(), [false; 6]);
            for (from, to) in chosen {
                let before = moments;
                (from..=to).for_each(|moment| moments[moment as usize] = true);
                let grew = spans.add(from, to);
                let joins = spans.iter().any(|span| span.0 <= from && to <= span.1);
                assert!(joins);
                // Moments lie one apart, so spans can join without a new moment: 0–1 and 2–3 by 1–2.
                assert!(grew || before == moments);
                let new = spans.take_new();
                assert_eq!(!new.is_empty(), grew);
                assert!(new.iter().all(|span| span.0 <= from && to <= span.1));
            }
            let held: Vec<i64> = spans.iter().flat_map(|(from, to)| from..=to).collect();
            let expected: Vec<i64> = (0..6).filter(|moment| moments[*moment as usize]).collect();
            assert_eq!(held, expected);
            assert!(spans.iter().zip(spans.iter().skip(1)).all(|(one, two)| one.1 < two.0));
        }
    }
}
