//! Whom an authority inspects by lot: the list and the rates are committed first, the lot is a block that nobody knows then,
//! and everybody draws again (`05-credit-model.md` §5.9).

use std::sync::LazyLock;

use super::evaluate::Grade;
use crate::hash::{Hash, Tag};
use crate::members::{InvalidRecord, Members, built_in};
use crate::organisation::is_organisation_uri;

/// A draw is among so many at most.
pub const ENTITIES_MAX: usize = 4_096;
/// A rate of all.
pub const ALL_PPM: u32 = 1_000_000;
/// The lot is the first block so long after the list was committed, in milliseconds: who commits it can't know it.
pub const LOT_AFTER_MS: i64 = 24 * 3_600_000;

/// A list of firms, each with the rate at which it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// What the authority calls it; each of its draws has another name.
    pub id: String,
    /// The firms by their URIs, each once, with rates in millionths.
    pub entities: Vec<(String, u32)>,
}

/// A to E and not rated.
const GRADES: usize = Grade::BANDS.len() + 1;

/// How often a firm of each grade is drawn in a year, in millionths. An authority commits to any other rate by its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionRates([u32; GRADES]);

static FIRST: LazyLock<InspectionRates> =
    LazyLock::new(|| built_in(InspectionRates::parse(include_bytes!("inspection-rates.json"))));

impl InspectionRates {
    /// Those that the specification has (`05-credit-model.md` §5.9). A firm that is not rated counts as one of grade B.
    pub fn first() -> &'static InspectionRates {
        &FIRST
    }

    /// Reads a rate for each of A to E and NR.
    pub fn parse(bytes: &[u8]) -> Result<InspectionRates, InvalidRecord> {
        let (mut members, mut rates) = (Members::parse(bytes)?, [0; GRADES]);
        for (rate, grade) in rates.iter_mut().zip(Grade::BANDS.iter().chain([&Grade::NotRated])) {
            *rate = u32::try_from(members.integer(grade.name(), u64::from(ALL_PPM))?).unwrap_or(ALL_PPM);
        }
        members.end().map(|()| InspectionRates(rates))
    }

    /// That of a grade.
    pub fn ppm(&self, grade: Grade) -> u32 {
        let place = Grade::BANDS.iter().position(|band| *band == grade).unwrap_or(Grade::BANDS.len());
        self.0.get(place).copied().unwrap_or(ALL_PPM)
    }
}

impl Draw {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Draw, InvalidRecord> {
        let id = members.text("draw")?;
        let mut entities: Vec<(String, u32)> = Vec::new();
        for mut one in members.objects("entities", ENTITIES_MAX)? {
            let entity = one.text("organisation")?;
            if !is_organisation_uri(&entity) {
                return Err(one.error("organisation", "not an organisation's URI"));
            }
            let rate = u32::try_from(one.integer("rate", u64::from(ALL_PPM))?).unwrap_or(ALL_PPM);
            one.end()?;
            entities.push((entity, rate));
        }
        let mut names: Vec<&str> = entities.iter().map(|(entity, _)| entity.as_str()).collect();
        names.sort_unstable();
        match names.is_empty() || names.windows(2).any(|pair| pair.first() == pair.last()) {
            true => Err(members.error("entities", "none, or one twice")),
            false => Ok(Draw { id, entities }),
        }
    }

    /// Whether each is drawn, by the block that is the lot.
    pub fn drawn(&self, lot: &Hash) -> impl Iterator<Item = (&str, u32, bool)> {
        let seed = Tag::Lot.hash(&[lot.0.as_slice(), self.id.as_bytes()].concat());
        self.entities.iter().map(move |(entity, rate)| (entity.as_str(), *rate, is_drawn(&seed, entity, *rate)))
    }
}

/// Whether the first four bytes of the hash over the seed and the firm are below the rate's part of all of them.
fn is_drawn(seed: &Hash, entity: &str, rate_ppm: u32) -> bool {
    let hash = Tag::Drawn.hash(&[seed.0.as_slice(), entity.as_bytes()].concat());
    let number = hash.0.first_chunk().map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes));
    u64::from(number) < (u64::from(rate_ppm) << 32) / u64::from(ALL_PPM)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each is drawn at its rate, alike for everybody, and otherwise by another lot or name. Method: many firms at each
    // rate and many lots; the extremes; another lot, another name.
    #[test]
    fn at_their_rates() {
        let entities = |rate: u32| (0..4_000).map(|number| (format!("urn:example:{number}"), rate)).collect::<Vec<_>>();
        for (grade, percent) in [(Grade::A, 3), (Grade::B, 10), (Grade::NotRated, 10), (Grade::C, 25), (Grade::D, 60)] {
            let draw = Draw { id: "2026-1".to_owned(), entities: entities(InspectionRates::first().ppm(grade)) };
            let count = |lot: u8| draw.drawn(&Hash([lot; 32])).filter(|(.., is_drawn)| *is_drawn).count();
            let all: usize = (0..10).map(count).sum();
            // Five standard deviations at most, of 40,000 firms.
            let (expected, spread) = (400 * percent, 5 * 100);
            assert!(all.abs_diff(expected) < spread, "{grade:?}: {all}");
            assert_eq!(count(3), count(3));
        }
        let of = |id: &str, rate: u32, lot: u8| {
            let draw = Draw { id: id.to_owned(), entities: entities(rate) };
            draw.drawn(&Hash([lot; 32])).map(|(.., is_drawn)| is_drawn).collect::<Vec<bool>>()
        };
        assert!(of("a", ALL_PPM, 1).iter().all(|one| *one) && !of("a", 0, 1).contains(&true));
        assert_ne!(of("a", 100_000, 1), of("b", 100_000, 1));
        assert_ne!(of("a", 100_000, 1), of("a", 100_000, 2));
    }
}
