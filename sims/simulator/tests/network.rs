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
    // Two proposals of a round, of which a body is judged anew: nobody is accused of saying the same twice.
    holds("liar", Profile::hard(Byzantine::Liar), 905..906);
}

#[test]
fn a_validator_that_forgets() {
    holds("forgets", Profile::hard(Byzantine::Forgets), 320..326);
}

#[test]
fn slow_disks() {
    holds("disks", Profile::disks(Byzantine::None), 340..344);
}

/// The first seed is one in which the flood begins with more than others have room for.
#[test]
fn a_member_that_floods() {
    holds("flood", Profile { heights: 20, ..Profile::hard(Byzantine::Flood) }, 360..363);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::trim);
    let kib: u64 = most.and_then(|text| text.strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0);
    // Five nodes with their stores, and what is on its way between them.
    assert!(kib < 1 << 20, "{kib} KiB");
}

#[test]
fn validator_sets_that_change() {
    let mut changes = 0;
    for (seed, byzantine) in (380..386).zip([Byzantine::None, Byzantine::Twins].into_iter().cycle()) {
        let outcome = run(seed, Profile::changes(byzantine));
        assert_eq!(outcome.violations, [], "changes, seed {seed}");
        changes += outcome.set_changes;
    }
    assert!(changes >= 12, "{changes}");
}

#[test]
fn seven_validators() {
    let profile = Profile { validators: 7, heights: 20, ..Profile::hard(Byzantine::Liar) };
    holds("seven", profile, 400..403);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let kinds = [Byzantine::None, Byzantine::Twins, Byzantine::Liar, Byzantine::Forgets, Byzantine::Flood];
    for (seed, byzantine) in (500..).zip(kinds) {
        let profile = Profile { heights: 30, ..Profile::hard(byzantine) };
        let first = run(seed, profile);
        assert_eq!(first, run(seed, profile));
        assert_ne!(first.trace, run(seed + 10, profile).trace);
    }
}

/// Asserts that a weakness is caught in so many of so many seeds.
fn caught(
    control: Control,
    byzantine: Byzantine,
    seeds: std::ops::Range<u64>,
    least: usize,
    as_: fn(&Violation) -> bool,
) {
    let profile = Profile::weakened(control, byzantine);
    let count = seeds.clone().filter(|seed| run(*seed, profile).violations.iter().any(as_)).count();
    assert!(count >= least, "{control:?} with {byzantine:?}: {count} of {}", seeds.count());
}

fn is_vote(violation: &Violation) -> bool {
    matches!(violation, Violation::VotedTwice { .. })
}

fn is_fork(violation: &Violation) -> bool {
    matches!(violation, Violation::Disagreement { .. })
}

#[test]
fn validators_that_forget_are_caught() {
    caught(Control::LogDropped, Byzantine::None, 600..612, 10, is_vote);
}

#[test]
fn validators_that_do_not_flush_are_caught() {
    caught(Control::FlushSkipped, Byzantine::None, 620..632, 9, is_vote);
}

#[test]
fn a_weak_quorum_is_caught() {
    caught(Control::QuorumWeakened, Byzantine::Twins, 640..652, 7, is_fork);
    caught(Control::QuorumWeakened, Byzantine::Liar, 660..672, 11, is_fork);
}

#[test]
fn unchecked_signatures_are_caught() {
    // Twins seldom use what nobody checks.
    caught(Control::SignaturesUnchecked, Byzantine::Liar, 700..712, 9, is_fork);
}
