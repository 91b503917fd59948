//! Goal: a network goes on while its nodes change from one build of the program to another, and back. Method: under load each
//! node in turn is asked to stop and started from this build, then two of them from the old one again; both decide together
//! all the while.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::net::{IN_STEP, NODES, Net, THIS_BUILD};

/// The file of another build.
const OLD: &str = "SUYUAN_CHAOS_OLD";
const CLIENTS: usize = 2;
/// Both builds decide together for so long.
const TOGETHER: Duration = Duration::from_secs(3);

#[test]
fn upgraded_one_by_one() {
    let Ok(old) = std::env::var(OLD) else {
        println!("SKIPPED: needs another build of the program: OLD=FILE make chaos-upgrade");
        return;
    };
    assert!(fs::read(&old).unwrap() != fs::read(THIS_BUILD).unwrap(), "{OLD} is this build");
    let mut net = Net::new(None);
    net.program = old.clone();
    net.start_all();
    let all: Vec<usize> = (0..NODES).collect();
    let mut load = Load::start(&net, &all, CLIENTS, 0);
    sleep(TOGETHER);
    let begun = net.height(0);
    let steps = all.iter().map(|number| (*number, THIS_BUILD)).chain([(0, old.as_str()), (1, old.as_str())]);
    for (number, program) in steps {
        let (before, stopped) = (net.height((number + 1) % NODES), Instant::now());
        let (status, said) = net.take(number).stop();
        assert!(status.success(), "node {number}: {said}");
        load.follow(&net);
        let stopping = stopped.elapsed();
        net.program = program.to_owned();
        net.start(number);
        load.follow(&net);
        let in_step = net.in_step(&all);
        assert!(in_step < IN_STEP, "node {number}: {in_step:?}");
        sleep(TOGETHER);
        let (after, which) = (net.height((number + 1) % NODES), if program == THIS_BUILD { "this" } else { "the old" });
        assert!(after > before, "nothing is decided: {before}, {after}");
        println!(
            "  node {number} runs {which} build: stopped in {stopping:.2?}, in step {in_step:.2?} after its start, block {after}"
        );
    }
    load.stop();
    let height = net.agree(&all);
    assert!(load.refused().is_empty(), "{:?}", load.refused());
    println!("upgraded_one_by_one: {} blocks decided meanwhile, one chain of {height}", height - begun);
    assert!(net.finish(&load) > 50);
}
