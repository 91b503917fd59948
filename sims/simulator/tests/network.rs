//! Goal: a network of nodes agrees, loses nothing that it acknowledged, and comes to one height again once nothing goes
//! wrong any more, whatever goes wrong and whatever one of four validators does; the same seed gives the same run; and a
//! weakened validator is caught. Method: the simulator with a fixed set of seeds; a thousand times as many are run by
//! `make sims`.

use suyuan_simulator::{Byzantine, Control, Profile, Violation, run};

fn holds(name: &str, profile: Profile, seeds: std::ops::Range<u64>) {
    let least_heights = profile.heights;
    for seed in seeds {
        let outcome = run(seed, profile);
        assert_eq!(outcome.violations, [], "{name}, seed {seed}");
        assert!(outcome.height >= least_heights && outcome.acknowledged > 0, "{name}, seed {seed}: {outcome:?}");
    }
}

#[test]
fn calm() {
    holds("calm", Profile::calm(), 0..3);
}

#[test]
fn everything_that_can_go_wrong() {
    holds("hard", Profile::hard(Byzantine::None), 100..112);
}

#[test]
fn a_validator_that_runs_twice() {
    holds("twins", Profile::hard(Byzantine::Twins), 200..210);
}

#[test]
fn a_validator_that_lies() {
    holds("liar", Profile::hard(Byzantine::Liar), 300..310);
}

#[test]
fn seven_validators() {
    let profile = Profile { validators: 7, heights: 20, ..Profile::hard(Byzantine::Liar) };
    holds("seven", profile, 400..403);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for (seed, byzantine) in [(500, Byzantine::None), (501, Byzantine::Twins), (502, Byzantine::Liar)] {
        let profile = Profile { heights: 30, ..Profile::hard(byzantine) };
        let first = run(seed, profile);
        assert_eq!(first, run(seed, profile));
        assert_ne!(first.trace, run(seed + 10, profile).trace);
    }
}

#[test]
fn validators_that_forget_are_caught() {
    let profile = Profile { control: Control::LogDropped, ..Profile::hard(Byzantine::None) };
    let voted_twice = |seed: &u64| {
        let violations = run(*seed, profile).violations;
        violations.iter().any(|violation| matches!(violation, Violation::VotedTwice { .. }))
    };
    let caught = (600..612).filter(voted_twice).count();
    assert!(caught >= 10, "{caught} of 12");
}
