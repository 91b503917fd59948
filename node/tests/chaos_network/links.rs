//! Goal: a network that is cut in two decides nothing, or on one side only, and is in step soon after it is whole; one whose
//! packets are lost and late goes on; one validator of four that is gone is not missed; with two gone nothing is decided,
//! and reads are answered; too many clients are told to come again. Nothing acknowledged is ever lost, and all nodes have
//! the same blocks. Method: five hosts, clients at all of them all the time, faults one after the other.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hosts::Hosts;
use crate::load::Load;
use crate::net::{AUDIT, DEVICES, IN_STEP, NODES, Net, VALIDATORS, ask};

/// Clients at each node.
const CLIENTS: usize = 3;
const ALL: [usize; NODES] = [0, 1, 2, 3, AUDIT];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A network whose nodes run.
fn network() -> Option<Net> {
    let mut net = Net::new(Some(Hosts::new(NODES)?));
    net.start_all();
    Some(net)
}

/// That a node answers what it is asked about what it has.
fn reads(net: &Net, number: usize) {
    let url = net.url(number);
    for route in
        ["/v1/checkpoint", "/v1/blocks/1", "/v1/trace/https://id.gs1.org/01/09521001001014/21/1?direction=history"]
    {
        let answer = ask(&url, route);
        assert!(answer.as_ref().is_some_and(|(status, _)| *status == 200), "node {number}, {route}: {answer:?}");
    }
}

/// Asserts that nodes decide nothing for a while. Which of them was behind may catch up.
fn stand_still(net: &Net, nodes: &[usize], during: Duration) -> u64 {
    sleep(seconds(1));
    let before: Vec<u64> = nodes.iter().map(|number| net.height(*number)).collect();
    sleep(during);
    let after: Vec<u64> = nodes.iter().map(|number| net.height(*number)).collect();
    assert_eq!(before.iter().max(), after.iter().max(), "{nodes:?}: {before:?}, {after:?}");
    after.into_iter().max().unwrap()
}

#[test]
fn cut_in_two() {
    let Some(mut net) = network() else { return };
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(seconds(4));
    for (one, other) in [([0, 1].as_slice(), [2, 3, AUDIT].as_slice()), (&[0, 3], &[1, 2, AUDIT])] {
        net.hosts.as_ref().unwrap().split(one, other);
        let stood = stand_still(&net, &ALL, seconds(8));
        ALL.iter().for_each(|number| reads(&net, *number));
        net.hosts.as_mut().unwrap().heal();
        let took = net.in_step(&ALL);
        println!(
            "cut_in_two: {one:?} | {other:?}: nothing decided above {stood}, reads answered; in step {took:.2?} after"
        );
        assert!(took <= IN_STEP, "{took:?}");
    }
    sleep(seconds(2));
    for (one, other) in [([0, 1, 2].as_slice(), [3, AUDIT].as_slice()), (&[1, 2, 3, AUDIT], &[0])] {
        net.hosts.as_ref().unwrap().split(one, other);
        sleep(seconds(1));
        let (begun, before) = (Instant::now(), net.height(one[0]));
        let stood = stand_still(&net, other, seconds(8));
        let (blocks, events) = (net.height(one[0]) - before, load.events(one, begun, begun.elapsed()));
        assert!(blocks > 4 && events > 0, "{blocks} blocks, {events} events");
        ALL.iter().for_each(|number| reads(&net, *number));
        net.hosts.as_mut().unwrap().heal();
        let took = net.in_step(&ALL);
        println!(
            "cut_in_two: {one:?} | {other:?}: {blocks} blocks with {events} events on one side, the other at {stood}; in \
             step {took:.2?} after"
        );
        assert!(took <= IN_STEP, "{took:?}");
    }
    load.stop();
    let height = net.agree(&ALL);
    assert!(load.refused().is_empty(), "{:?}", load.refused());
    println!("cut_in_two: one chain of {height} blocks");
    net.finish(&load);
}

#[test]
fn lossy() {
    let Some(mut net) = network() else { return };
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(seconds(4));
    let held = net.hosts.as_mut().unwrap().shake(50, 0.2);
    let (begun, before, during) = (Instant::now(), net.height(0), seconds(60));
    sleep(during);
    let (blocks, events) = (net.height(0).saturating_sub(before), load.events(&ALL, begun, during));
    net.hosts.as_mut().unwrap().heal();
    let took = net.in_step(&ALL);
    load.stop();
    let height = net.agree(&ALL);
    println!(
        "lossy: 20 % of packets lost{}: {blocks} blocks with {events} events in {during:?}; in step {took:.2?} after; one \
         chain of {height} blocks",
        if held { ", 50 ms each" } else { "" }
    );
    assert!(blocks > 10 && events > 0 && took <= IN_STEP);
    assert!(load.refused().is_empty(), "{:?}", load.refused());
    net.finish(&load);
}

#[test]
fn one_gone() {
    let Some(mut net) = network() else { return };
    // Fewer clients: five nodes share the processors, and the one that comes back needs some of them.
    let mut load = Load::start(&net, &ALL, 1, 0);
    sleep(seconds(5));
    for gone in 0..VALIDATORS {
        let rest: Vec<usize> = ALL.into_iter().filter(|number| *number != gone).collect();
        let begun = Instant::now();
        sleep(seconds(10));
        let before = load.events(&rest, begun, seconds(10)) / 10;
        net.kill(gone);
        load.follow(&net);
        let killed = Instant::now();
        sleep(seconds(15));
        let first = load.events(&rest, killed, seconds(5)) / 5;
        let after = load.events(&rest, killed + seconds(5), seconds(10)) / 10;
        let begun = Instant::now();
        net.start(gone);
        let started = begun.elapsed();
        let took = net.in_step(&ALL);
        load.follow(&net);
        println!(
            "one_gone: validator {gone}: {before} events/s at the others, {first} in the five seconds after the kill, then \
             {after} ({} %); listens {started:.2?} after its start, in step {took:.2?} after that",
            after * 100 / before.max(1)
        );
        assert!(
            after * 100 >= before * 60 && started + took <= IN_STEP,
            "{before}, {first}, {after}, {started:?}, {took:?}"
        );
        sleep(seconds(2));
    }
    load.stop();
    let height = net.agree(&ALL);
    println!("one_gone: one chain of {height} blocks");
    net.finish(&load);
}

#[test]
fn two_gone() {
    let Some(mut net) = network() else { return };
    let mut load = Load::start(&net, &ALL, CLIENTS, 0);
    sleep(seconds(5));
    for (one, other) in [(0, 1), (2, 3), (1, 3)] {
        net.kill(one);
        net.kill(other);
        load.follow(&net);
        let rest: Vec<usize> = ALL.into_iter().filter(|number| ![one, other].contains(number)).collect();
        let stood = stand_still(&net, &rest, seconds(12));
        rest.iter().for_each(|number| reads(&net, *number));
        for number in &rest {
            let said = ask(&net.url(*number), "/v1/status").map(|(_, body)| body["stale"].clone());
            assert!(said.as_ref().is_some_and(serde_json::Value::is_string), "{number}: {said:?}");
        }
        let said = ask(&net.url(rest[0]), "/v1/checkpoint").map(|(_, body)| body);
        let age = said.as_ref().and_then(|body| body["time"].as_i64()).map(|time| suyuan_node::clock::now_ms() - time);
        net.start(one);
        let (begun, three) = (Instant::now(), [rest.as_slice(), &[one]].concat());
        net.reach(&rest, stood + 1);
        let took = begun.elapsed();
        load.follow(&net);
        net.start(other);
        load.follow(&net);
        let all = net.in_step(&ALL);
        println!(
            "two_gone: {one} and {other}: nothing decided above {stood}, reads answered (checkpoint {age:?} ms old by its \
             time); first decision {took:.2?} after {three:?} run; all in step {all:.2?} after the last start"
        );
        assert!(took <= IN_STEP, "{took:?}");
        sleep(seconds(2));
    }
    load.stop();
    let height = net.agree(&ALL);
    println!("two_gone: one chain of {height} blocks");
    net.finish(&load);
}

#[test]
fn overload() {
    let Some(mut net) = network() else { return };
    // The peak: as many clients as give the highest rate, and three times as many.
    const PEAK: usize = 3;
    let mut base = Load::start(&net, &ALL, PEAK, 0);
    sleep(seconds(5));
    let begun = Instant::now();
    sleep(seconds(15));
    let peak = base.events(&ALL, begun, seconds(15)) / 15;
    let memory = |net: &Net| ALL.map(|number| net.node(number).resident_kib() >> 10);
    let before = memory(&net);
    let mut more = Load::start(&net, &ALL, DEVICES - PEAK, PEAK);
    let (begun, mut most) = (Instant::now(), before);
    while begun.elapsed() < seconds(60) {
        sleep(seconds(1));
        most = std::array::from_fn(|number| most[number].max(memory(&net)[number]));
    }
    let under = (base.events(&ALL, begun, seconds(60)) + more.events(&ALL, begun, seconds(60))) / 60;
    more.stop();
    let ended = Instant::now();
    sleep(seconds(10));
    let after = base.events(&ALL, ended, seconds(10)) / 10;
    base.stop();
    println!(
        "overload: {peak} events/s with {} clients, {under} with {} for 60 s, {after} in the ten seconds after; told to come \
         again {} times; resident MiB {before:?} before, {most:?} at most",
        PEAK * NODES,
        DEVICES * NODES,
        base.busy() + more.busy()
    );
    assert!(under * 100 >= peak * 80 && after * 100 >= peak * 80, "{peak}, {under}, {after}");
    assert!(most.iter().all(|mib| *mib < 1024), "{most:?}");
    net.in_step(&ALL);
    net.agree(&ALL);
    let refused = [base.refused(), more.refused()].concat();
    assert!(refused.is_empty(), "{refused:?}");
    net.finish(&base);
}
