//! Sums up the facts of one indicator, so that each can be left out again without a new sum.

use std::collections::BTreeMap;

use super::fact::Fact;
use super::indicator::Indicator;
use super::parameters::Parameters;

/// What a counterparty's favourable facts carry.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    mass: u128,
    /// Values times masses.
    weighted: u128,
}

/// A fact that counts, within its tally.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Its place in the facts that were given.
    pub fact: usize,
    pub indicator: Indicator,
    pub value: u16,
    pub mass: u64,
    /// The share that it is part of.
    share: Option<usize>,
}

/// The facts of one indicator.
#[derive(Debug, Default)]
pub(super) struct Tally {
    mass: u128,
    weighted: u128,
    /// The mass of all that is favourable and capped.
    favourable: u128,
    /// By counterparty, the greatest mass first.
    shares: Vec<Share>,
}

impl Tally {
    /// Sums up those facts that are of this indicator; facts with their masses come with their places.
    pub fn new(
        indicator: Indicator,
        facts: &[Fact],
        live: &[(usize, u64)],
        parameters: &Parameters,
    ) -> (Tally, Vec<Counted>) {
        let (mut tally, mut counted) = (Tally::default(), Vec::new());
        let mut of_counterparty: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (place, mass) in live {
            let Some(fact) = facts.get(*place).filter(|fact| fact.indicator == indicator) else { continue };
            if indicator.is_capped() && parameters.is_favourable(fact.value) {
                of_counterparty.entry(fact.counterparty.as_deref()).or_default().push(counted.len());
            }
            let one = Counted { fact: *place, indicator, value: fact.value, mass: *mass, share: None };
            tally.mass += u128::from(one.mass);
            tally.weighted += one.weighted();
            counted.push(one);
        }
        let sum = |places: &Vec<usize>| {
            let facts = places.iter().filter_map(|place| counted.get(*place));
            facts.fold(Share::default(), |share, one| Share {
                mass: share.mass + u128::from(one.mass),
                weighted: share.weighted + one.weighted(),
            })
        };
        let mut shares: Vec<(Share, Vec<usize>)> =
            of_counterparty.into_values().map(|places| (sum(&places), places)).collect();
        shares.sort_by_key(|(share, _)| std::cmp::Reverse(share.mass));
        for (number, (share, places)) in shares.into_iter().enumerate() {
            for place in places {
                if let Some(one) = counted.get_mut(place) {
                    one.share = Some(number);
                }
            }
            tally.favourable += share.mass;
            tally.shares.push(share);
        }
        (tally, counted)
    }

    /// The indicator's value and mass, without one of its facts if one is given; no value if nothing is known and the
    /// indicator may be absent.
    pub fn value(
        &self,
        indicator: Indicator,
        parameters: &Parameters,
        without: Option<&Counted>,
    ) -> (Option<u16>, u128) {
        let (mut mass, mut weighted, mut favourable) = (self.mass, self.weighted, self.favourable);
        let mut lessened = None;
        if let Some(gone) = without {
            mass -= u128::from(gone.mass);
            weighted -= gone.weighted();
            if let Some((number, share)) = gone.share.and_then(|number| Some((number, self.shares.get(number)?))) {
                favourable -= u128::from(gone.mass);
                let rest =
                    Share { mass: share.mass - u128::from(gone.mass), weighted: share.weighted - gone.weighted() };
                lessened = Some((number, rest));
            }
        }
        // The group is scaled, not each fact: thousands of small ones would be rounded away (§5.4).
        let mut cap = |share: &Share| {
            let limit = parameters.counterparty_limit(share.mass, favourable);
            let is_over = share.mass > limit;
            if is_over {
                weighted -= share.weighted - share.weighted * limit / share.mass;
                mass -= share.mass - limit;
            }
            is_over
        };
        // With less mass a share is further from being over its limit, so the first that is not ends the search.
        let others =
            self.shares.iter().enumerate().filter(|(number, _)| lessened.is_none_or(|(own, _)| own != *number));
        let _ = others.map(|(_, share)| share).take_while(|share| cap(share)).count();
        if let Some((_, rest)) = &lessened {
            cap(rest);
        }
        if mass == 0 && indicator.may_be_absent() {
            return (None, 0);
        }
        let (prior, prior_mass) = parameters.prior(indicator);
        let mean = (weighted + u128::from(prior) * u128::from(prior_mass)).checked_div(mass + u128::from(prior_mass));
        (mean.and_then(|mean| u16::try_from(mean).ok()), mass)
    }
}

impl Counted {
    fn weighted(&self) -> u128 {
        u128::from(self.value) * u128::from(self.mass)
    }
}
