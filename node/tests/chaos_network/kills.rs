//! Goal: nothing that any node acknowledged is lost, all nodes have one chain, and each is sound, however often any of them
//! is killed while clients write at all of them. Method: SIGKILL at moments by seed, of one node or two, also while it
//! starts; each is started again at once or a little later.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hosts::Hosts;
use crate::load::Load;
use crate::net::{NODES, Net};
use crate::world::Chance;

const CLIENTS: usize = 2;

fn rounds(mut net: Net, name: &str, rounds: u64) {
    let mut chance = Chance::new(name);
    net.start_all();
    let all: Vec<usize> = (0..NODES).collect();
    let mut load = Load::start(&net, &all, CLIENTS, 0);
    sleep(Duration::from_secs(2));
    let (mut kills, mut slowest) = (0, Duration::ZERO);
    let begun = Instant::now();
    for _ in 0..rounds {
        let mut gone = vec![chance.below(NODES as u64) as usize];
        if chance.below(4) == 0 {
            gone.push((gone[0] + 1 + chance.below(NODES as u64 - 1) as usize) % NODES);
        }
        for number in &gone {
            net.kill(*number);
            load.follow(&net);
            kills += 1;
            sleep(Duration::from_millis(chance.below(200)));
        }
        for number in gone {
            if chance.below(8) == 0 {
                // Killed again as soon as it listens: it is about to read what it remembers, and to ask for what it lacks.
                net.start(number);
                net.kill(number);
                kills += 1;
            }
            net.start(number);
            load.follow(&net);
        }
        // Mostly before all are in step again.
        sleep(Duration::from_millis(chance.below(700)));
        if chance.below(10) == 0 {
            slowest = slowest.max(net.in_step(&all));
        }
    }
    slowest = slowest.max(net.in_step(&all));
    load.stop();
    let height = net.agree(&all);
    assert!(load.refused().is_empty(), "{:?}", load.refused());
    println!(
        "{name}: {rounds} rounds, {kills} kills in {:.0?}, one chain of {height} blocks, in step at most {slowest:.2?} after",
        begun.elapsed()
    );
    let acknowledged = net.finish(&load);
    assert!(acknowledged > 50, "{acknowledged}");
}

#[test]
fn killed_all_over() {
    let Some(hosts) = Hosts::new(NODES) else { return };
    rounds(Net::new(Some(hosts)), "killed_all_over", 200);
}

/// The same without namespaces, for every machine.
#[test]
fn killed_on_one_machine() {
    rounds(Net::new(None), "killed_on_one_machine", 6);
}
