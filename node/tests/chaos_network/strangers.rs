//! Goal: who is no member, or of another chain, gets nothing of the network and costs it nothing. Method: a real node with
//! the right genesis and a key that is not listed, and one of another chain with a listed key, both dialling all others.

use std::thread::sleep;
use std::time::{Duration, Instant};

use suyuan_ledger::organisation::KeyRole;

use crate::hosts::Hosts;
use crate::load::Load;
use crate::net::{AUDIT, NODES, Net, init, key, organisation, public};
use crate::runner::{is, path, run};

const ALL: [usize; NODES] = [0, 1, 2, 3, AUDIT];

#[test]
fn strangers() {
    // One host more, for them.
    let Some(hosts) = Hosts::new(NODES + 1) else { return };
    let mut net = Net::new(Some(hosts));
    net.start_all();
    let mut load = Load::start(&net, &ALL, 1, 0);
    sleep(Duration::from_secs(3));

    let hosts = net.hosts.as_ref().unwrap();
    let there = format!("/ip4/{}/tcp/8490", hosts.address(NODES));
    let seed = |number: usize| 1 + number as u8;
    let peers = || (0..NODES).map(|number| (public(seed(number)), format!("/ip4/{}/tcp/8490", hosts.address(number))));
    // Right chain, a key that nobody lists.
    let (unlisted, _) = key(&net.work, "unlisted", &organisation(0), 99, KeyRole::Node);
    let outside = path(&net.work, "outside");
    init(&outside, &net.genesis, &unlisted, &net.keys[0][1], &there, peers());
    // A listed key, another chain.
    let (list, other) = (path(&net.work, "list.json"), path(&net.work, "other.json"));
    let listed = path(&net.work, "node3.key");
    let new = ["genesis", "new", "--network", "another", "--organisations", &list, "--validator"];
    let keys = [&listed, "--validator", &path(&net.work, "node0.key"), "--key", &path(&net.work, "root0.key")];
    is(&run(&[new.as_slice(), &keys, &["--key", &net.keys[3][0], "--output", &other]].concat()), 0, "chain");
    let another = path(&net.work, "another");
    init(&another, &other, &listed, &net.keys[3][0], &there, peers());

    // A validator's place is free for the node with its key, and of another chain.
    for (dir, what) in [(&outside, "a key that nobody lists"), (&another, "another chain")] {
        let stranger = net.run(NODES, dir, &[]).unwrap();
        let (begun, before) = (Instant::now(), net.height(0));
        sleep(Duration::from_secs(8));
        let (status, body) = crate::net::ask(&stranger.url, "/ready").unwrap();
        let blocks = net.height(0) - before;
        let events = load.events(&ALL, begun, begun.elapsed());
        let refusals: usize = ALL
            .iter()
            .map(|number| net.node(*number).said().lines().filter(|line| line.contains("refused")).count())
            .sum();
        println!(
            "strangers: {what}: it has {} of {} blocks after 8 s; {refusals} refusals told; the network made {blocks} blocks \
             with {events} events",
            body["height"],
            net.height(0)
        );
        assert!(status == 200 && body["height"] == 0 && blocks > 0 && events > 0);
        stranger.kill();
    }
    load.stop();
    net.in_step(&ALL);
    net.agree(&ALL);
    net.finish(&load);
}
