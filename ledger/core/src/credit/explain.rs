//! Tells what each fact did to a score.

use serde::Serialize;
use serde::ser::{SerializeTuple, Serializer};

use super::evaluate::{Assessment, Evaluation, score};

/// So many of the facts that cost most are shown, and so many of those that brought most.
const WORST: usize = 5;
const BEST: usize = 3;

/// What a fact did to the score: the score less what it would be without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta<'a> {
    /// Points; negative if the fact cost them.
    pub points: i64,
    /// The fact's place among those that were given.
    pub fact: usize,
    /// Its name.
    pub id: &'a str,
}

impl Serialize for Delta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple(2)?;
        parts.serialize_element(&self.points)?;
        parts.serialize_element(self.id)?;
        parts.end()
    }
}

/// An evaluation with the facts that moved it most. In JSON it is what the reference prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation<'a> {
    /// The evaluation.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// The worst five, then the best three.
    pub explain: Vec<Delta<'a>>,
}

impl Assessment<'_> {
    /// What each fact that counts did to the score, in the order of the facts. The indicator of a fact is made anew from
    /// its sums without the fact, so that the time is linear in the number of facts.
    pub fn deltas(&self) -> Vec<Delta<'_>> {
        let of_profile = self.parameters.weights(self.profile);
        let whole = score(of_profile, &self.values);
        let delta = |one: &super::tally::Counted| {
            let fact = self.facts.get(one.fact)?;
            let place = one.indicator.place();
            let mut values = self.values;
            if let Some(value) = values.get_mut(place).filter(|_| one.indicator.is_of_facts()) {
                *value = self.tallies.get(place)?.value(one.indicator, self.parameters, Some(one)).0;
            }
            let points = i64::try_from(whole).ok()? - i64::try_from(score(of_profile, &values)).ok()?;
            Some(Delta { points, fact: one.fact, id: &fact.id })
        };
        let mut deltas: Vec<Delta<'_>> = self.counted.iter().filter_map(delta).collect();
        deltas.sort_by_key(|delta| delta.fact);
        deltas
    }

    /// The evaluation with the facts that moved it most.
    pub fn explanation(&self) -> Explanation<'_> {
        let mut deltas = self.deltas();
        deltas.sort_by(|one, other| (one.points, one.id).cmp(&(other.points, other.id)));
        let worst = deltas.iter().take(WORST);
        let best = deltas.iter().skip(deltas.len().saturating_sub(BEST));
        Explanation { evaluation: self.evaluation(), explain: worst.chain(best).copied().collect() }
    }
}
