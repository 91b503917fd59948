//! Keeps a validator from contradicting what it may have signed and does not know of: one whose data directory was laid
//! down from a backup, was taken from other nodes, or was made anew after its disk was lost.
//!
//! It may have voted up to some height L, which stands after a block that a quorum decided. So any quorum of the others
//! has a correct node in it that voted for that block too, and so had the one before: none can tell of less than L - 2
//! at most. The validator follows until it has two blocks more than the most it was told of, which others have decided
//! without it, and votes on later ones only. Where others can't decide without it (fewer than four of equal power), that
//! never comes: only an operator can say that nothing was signed.

use std::collections::BTreeMap;

use suyuan_ledger::block::Validator;

use super::NodeKey;

/// While a chain has fewer blocks than this, a validator that began with none of them is taken for one that comes late to
/// the beginning, and not for one that was there and has lost its disk since.
const BEGINNING: u64 = 1_000;

/// A validator that does not vote.
#[derive(Debug)]
pub(super) struct Abstaining {
    /// The height at which it started.
    began_at: u64,
    /// How far others are, as they say.
    told: BTreeMap<NodeKey, u64>,
    /// Up to which height it abstains, once it is known.
    until: Option<u64>,
}

impl Abstaining {
    /// From this height on.
    pub fn new(began_at: u64) -> Abstaining {
        Abstaining { began_at, told: BTreeMap::new(), until: None }
    }

    /// Another node says how far it is.
    pub fn told(&mut self, node: NodeKey, height: u64) {
        let known = self.told.entry(node).or_default();
        *known = height.max(*known);
    }

    /// Whether it may vote on the block after this height.
    pub fn is_over(&mut self, own: NodeKey, height: u64, validators: &[Validator]) -> bool {
        if self.until.is_none() {
            let power = |one: &Validator| u128::from(one.power);
            let total: u128 = validators.iter().map(power).sum();
            let has_told = |one: &&Validator| self.told.contains_key(&one.key);
            let others: u128 = validators.iter().filter(|one| one.key != own).filter(has_told).map(power).sum();
            let its_own: u128 = validators.iter().filter(|one| one.key == own).map(power).sum();
            let highest = self.told.values().copied().max().unwrap_or(0).max(height);
            if others * 3 > total * 2 {
                self.until = Some(highest.saturating_add(2));
            }
            if self.began_at == 0 && highest < BEGINNING && (others + its_own) * 3 > total * 2 {
                self.until = Some(0);
            }
        }
        self.until.is_some_and(|until| height >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validators(powers: &[u64]) -> Vec<Validator> {
        (0..).zip(powers).map(|(number, power)| Validator { key: [number; 32], power: *power }).collect()
    }

    fn is_over(one: &mut Abstaining, height: u64, validators: &[Validator]) -> bool {
        one.is_over([0; 32], height, validators)
    }

    #[test]
    fn it_waits_for_two_blocks_after_what_a_quorum_of_the_others_tells() {
        let (mut one, four) = (Abstaining::new(5), validators(&[1; 4]));
        one.told([1; 32], 7);
        one.told([2; 32], 9);
        // Another node's word counts for nothing but how far it is.
        one.told([9; 32], 11);
        assert!(!is_over(&mut one, 13, &four), "two of four others have told");
        one.told([3; 32], 9);
        assert!(!is_over(&mut one, 10, &four) && !is_over(&mut one, 12, &four));
        // What is told later is after what was signed.
        one.told([3; 32], 40);
        assert!(is_over(&mut one, 13, &four));
    }

    #[test]
    fn a_network_begins_with_a_quorum() {
        let (mut one, four) = (Abstaining::new(0), validators(&[1; 4]));
        one.told([1; 32], 0);
        assert!(!is_over(&mut one, 0, &four));
        one.told([2; 32], 1);
        assert!(is_over(&mut one, 0, &four), "somewhat late");
        let mut late = Abstaining::new(0);
        late.told([1; 32], 0);
        late.told([2; 32], BEGINNING);
        assert!(!is_over(&mut late, 0, &four) && !is_over(&mut late, 9, &four));
        let mut had_a_ledger = Abstaining::new(1);
        had_a_ledger.told([1; 32], 1);
        had_a_ledger.told([2; 32], 1);
        assert!(!is_over(&mut had_a_ledger, 1, &four));
    }

    #[test]
    fn where_others_cannot_decide_without_it_it_never_ends() {
        let (mut one, three) = (Abstaining::new(5), validators(&[1; 3]));
        one.told([1; 32], 5);
        one.told([2; 32], 5);
        assert!(!is_over(&mut one, 7, &three) && !is_over(&mut one, 1_000, &three));
        let (mut heavy, four) = (Abstaining::new(5), validators(&[4, 1, 1, 1]));
        (1..4).for_each(|other| heavy.told([other; 32], 5));
        assert!(!is_over(&mut heavy, 1_000, &four));
    }
}
