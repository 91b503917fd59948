//! Goal: whatever the clocks say, the ledger's time only grows, what can't be judged is refused with its code, blocks are
//! certified all the same, and the node goes on once the clock is right. Method: the node under libfaketime an hour back
//! and ten years ahead after a restart, clients with a right clock and with the node's.

use crate::clients::{Client, Way};
use crate::node::{Node, there_is};
use crate::runner::{folder, path};
use crate::world::{chain_of_devices, is_sound, recorded};

const HOUR_MS: i64 = 3_600_000;
const YEARS_MS: i64 = 10 * 365 * 24 * HOUR_MS;

/// Starts a node whose clock is so far ahead.
fn start(dir: &str, ahead_ms: i64) -> Node {
    let ahead = format!("{:+}s", ahead_ms / 1_000);
    // Timeouts go by the clock that only counts, which is right on a machine whose date is wrong.
    let environment = [("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1")];
    let tool: &[&str] = if ahead_ms == 0 { &[] } else { &["faketime", "-m", "-f", &ahead] };
    Node::start_under(dir, tool, &environment).unwrap_or_else(|said| panic!("{said}"))
}

/// Whether a trace can be proved: the last block is certified by the one after it.
fn is_certified(node: &Node) -> bool {
    let subject = "https://id.gs1.org/01/09521001001014/21/0";
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let answer = agent.get(format!("{}/v1/trace/{subject}?proof=true", node.url)).call().unwrap();
    answer.status().as_u16() == 200
}

#[test]
fn wrong_clocks() {
    if !there_is("faketime", "faketime") {
        return;
    }
    let work = folder(&[]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    let mut client = Client::new(Way::Records, &keys[0], 0, 0);
    // The node's clock, the client's, and the code with which it is refused.
    let cases = [
        (0, 0, None),
        (-HOUR_MS, 0, Some("LEDGER-111")),
        (-HOUR_MS, -HOUR_MS, None),
        (0, 0, None),
        (0, YEARS_MS, Some("LEDGER-111")),
        (YEARS_MS, 0, None),
        (YEARS_MS, YEARS_MS, None),
        (0, 0, None),
        (-HOUR_MS, -HOUR_MS, None),
    ];
    for (place, (node_ms, client_ms, code)) in cases.into_iter().enumerate() {
        let node = start(&dir, node_ms);
        client.ahead_ms = client_ms;
        let accepted = client.once(&node.url, 3);
        let refused: Vec<_> = client.refused.drain(..).collect();
        let codes: Vec<&str> = refused.iter().map(|(_, body)| body["code"].as_str().unwrap()).collect();
        assert_eq!((accepted, codes.as_slice()), (code.is_none(), code.as_slice()), "case {place}: {refused:?}");
        assert!(is_certified(&node), "case {place}: the last block is not certified");
        assert!(node.stop().0.success());
        is_sound(&dir);
    }
    let times = &client.block_times;
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert_eq!(recorded(&dir).len(), client.acknowledged.len());
    println!(
        "wrong_clocks: {} starts, {} groups on the ledger, {} refused, time grew from {} to {}",
        cases.len(),
        times.len(),
        cases.iter().filter(|(_, _, code)| code.is_some()).count(),
        times[0],
        times[times.len() - 1]
    );
}
