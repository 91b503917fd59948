//! Simulates networks of nodes, seed after seed, and tells what must never happen and did.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use suyuan_simulator::{Byzantine, Control, Outcome, Profile, run, run_with_timeline};

/// Simulates networks of nodes: the same seed, the same run
///
/// Exits with 0 if no seed showed a violation; with 1 if one did, and tells which.
#[derive(Parser)]
#[command(name = "suyuan-sims")]
struct Arguments {
    /// The first and the last seed but one, as in 0..1000
    #[arg(long, default_value = "0..100", value_parser = seeds)]
    seeds: (u64, u64),
    /// What goes wrong
    #[arg(long, value_enum, default_value_t = Kind::Hard)]
    profile: Kind,
    /// How many validators there are
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    validators: u16,
    /// How many nodes without a vote follow them; 1, or 2 where they get a vote
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=16))]
    followers: Option<u16>,
    /// How many heights must be decided while things go wrong
    #[arg(long, default_value_t = 50)]
    heights: u64,
    /// No keys are admitted and retired, and no lanes moved, meanwhile
    #[arg(long)]
    no_administrators: bool,
    /// Weakens what is correct: the run is expected to show a violation
    #[arg(long, value_enum, default_value_t = Weakened::Nothing)]
    control: Weakened,
    /// Runs each seed twice and compares the traces
    #[arg(long)]
    check_determinism: bool,
    /// Runs one seed and tells what happened, line by line
    #[arg(long)]
    timeline: Option<u64>,
    /// So many seeds are run at a time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Nothing goes wrong
    Calm,
    /// Loss, delay, doubles, cuts, stops and wrong clocks, with no Byzantine validator
    Hard,
    /// The same, and one validator runs twice under one key
    Twins,
    /// The same, and one validator lies
    Liar,
    /// The same, and one validator forgets what it voted for whenever it stops, which is often
    Forgets,
    /// Hard, and every fourth write to a disk takes up to two seconds
    Disks,
    /// Hard, and one member sends all that it can, as much as it can
    Flood,
    /// Hard, with twins every second time, and the validator set changes
    Changes,
    /// All but calm in turn
    All,
}

#[expect(clippy::enum_variant_names, reason = "the names are those of the library's")]
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weakened {
    /// Nothing
    Nothing,
    /// Validators forget what they said when they stop
    LogDropped,
    /// Validators speak before what they must remember is on disk
    FlushSkipped,
    /// The Byzantine validator and one other decide; with liar, it alone makes certificates
    QuorumWeakened,
    /// The Byzantine validator signs with all keys, as if nobody checked
    SignaturesUnchecked,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let (first, end) = text.split_once("..").ok_or("give two numbers, as in 0..1000")?;
    match (first.parse(), end.parse()) {
        (Ok(first), Ok(end)) if first < end => Ok((first, end)),
        _ => Err("give two numbers, the second one greater, as in 0..1000".to_owned()),
    }
}

impl Arguments {
    fn profile(&self, seed: u64) -> Profile {
        const IN_TURN: [Kind; 7] =
            [Kind::Hard, Kind::Twins, Kind::Liar, Kind::Forgets, Kind::Disks, Kind::Flood, Kind::Changes];
        let turn = usize::try_from(seed % IN_TURN.len() as u64).unwrap_or(0);
        let kind = match self.profile {
            Kind::All => IN_TURN.get(turn).copied().unwrap_or(Kind::Hard),
            kind => kind,
        };
        let byzantine = match kind {
            Kind::Twins => Byzantine::Twins,
            Kind::Changes if (seed / IN_TURN.len() as u64).is_multiple_of(2) => Byzantine::Twins,
            Kind::Liar => Byzantine::Liar,
            Kind::Forgets => Byzantine::Forgets,
            Kind::Flood => Byzantine::Flood,
            _ => Byzantine::None,
        };
        let profile = match kind {
            Kind::Calm => Profile::calm(),
            Kind::Disks => Profile::disks(byzantine),
            Kind::Changes => Profile::changes(byzantine),
            _ => Profile::hard(byzantine),
        };
        let control = match self.control {
            Weakened::Nothing => Control::None,
            Weakened::LogDropped => Control::LogDropped,
            Weakened::FlushSkipped => Control::FlushSkipped,
            Weakened::QuorumWeakened => Control::QuorumWeakened,
            Weakened::SignaturesUnchecked => Control::SignaturesUnchecked,
        };
        let profile = if control == Control::None { profile } else { Profile::weakened(control, byzantine) };
        let (validators, followers) = (self.validators, self.followers.unwrap_or(profile.followers));
        let organisations = !self.no_administrators;
        Profile { validators, followers, organisations, heights: self.heights, ..profile }
    }
}

/// What the seeds came to.
#[derive(Default)]
struct Total {
    runs: u64,
    heights: u64,
    least_heights: Option<u64>,
    acknowledged: u64,
    set_changes: u64,
    contradicted: u64,
    evidence: u64,
    slowest_ms: u64,
    failed: Vec<(u64, Outcome)>,
    differing: Vec<u64>,
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.runs += 1;
        self.heights += outcome.height;
        self.least_heights = Some(self.least_heights.map_or(outcome.height, |least| least.min(outcome.height)));
        self.acknowledged += outcome.acknowledged as u64;
        self.set_changes += outcome.set_changes;
        self.contradicted += outcome.contradicted;
        self.evidence += outcome.evidence;
        self.slowest_ms = self.slowest_ms.max(outcome.converged_ms);
        if !outcome.violations.is_empty() {
            self.failed.push((seed, outcome));
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.timeline {
        let (outcome, lines) = run_with_timeline(seed, arguments.profile(seed));
        lines.iter().for_each(|line| println!("{line}"));
        println!("{outcome:?}");
        return if outcome.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let begun = Instant::now();
    let (next, total) = (AtomicU64::new(arguments.seeds.0), Mutex::new(Total::default()));
    thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| run_seeds(&arguments, &next, &total));
        }
    });
    let total = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    tell(&total, begun.elapsed().as_secs_f64())
}

fn run_seeds(arguments: &Arguments, next: &AtomicU64, total: &Mutex<Total>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= arguments.seeds.1 {
            return;
        }
        let outcome = run(seed, arguments.profile(seed));
        let differs = arguments.check_determinism && run(seed, arguments.profile(seed)) != outcome;
        let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if differs {
            total.differing.push(seed);
        }
        total.add(seed, outcome);
    }
}

fn tell(total: &Total, seconds: f64) -> ExitCode {
    for (seed, outcome) in total.failed.iter().take(20) {
        println!("seed {seed}: {:?}", outcome.violations);
    }
    for seed in &total.differing {
        println!("seed {seed}: another trace the second time");
    }
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for violation in total.failed.iter().filter_map(|(_, outcome)| outcome.violations.first()) {
        let words = violation.to_string();
        let kind = words.split(' ').next().unwrap_or_default();
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    for (kind, seeds) in kinds {
        println!("{kind} in {seeds} of {} seeds", total.runs);
    }
    println!(
        "{} seeds, {} heights (at least {} each), {} submissions acknowledged, {} changes of the validator set; {} seeds with violations, {} that differ; \
         {} times evidence, of {} heights at which a correct validator heard two things; \
         all at one height, and all clients answered, at most {} ms after nothing went wrong any more; {seconds:.1} s",
        total.runs,
        total.heights,
        total.least_heights.unwrap_or(0),
        total.acknowledged,
        total.set_changes,
        total.failed.len(),
        total.differing.len(),
        total.evidence,
        total.contradicted,
        total.slowest_ms,
    );
    match total.failed.is_empty() && total.differing.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
