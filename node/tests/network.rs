//! Goal: four validators of four organisations and a fifth node without a vote keep one ledger, as processes of their own
//! over loopback; one that is killed is not missed and catches up, two that are killed stop everything but reading, and
//! nobody who is not listed is let in. Method: the commands that a user would give.

mod runner;

use std::time::Duration;

use runner::net::{Net, Of, height, together};
use runner::{Served, is, path, run};

const VALIDATORS: usize = 4;

#[test]
fn four_organisations_keep_one_ledger() {
    let roles = ["operator", "member", "member", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
    let mut nodes: Vec<Served> = (0..=VALIDATORS).map(|number| net.start(number)).collect();
    for (number, node) in nodes.iter().enumerate().take(VALIDATORS) {
        let first = 1 + 100 * number as u32;
        is(&net.capture(node, number, first..first + 20), 0, "accepted 20");
    }
    let before = together(&nodes.iter().collect::<Vec<_>>(), 4);

    // What one organisation recorded at its node is traced at another's, and proved.
    let proof = path(&net.work, "proof");
    let unit = "https://id.gs1.org/00/095210010000000017";
    is(&run(&["trace", unit, "--url", &nodes[VALIDATORS].url, "--proof", &proof]), 0, "80");
    is(&run(&["verify", &proof, "--trust", &path(&net.work, "genesis.json")]), 0, "proved");

    // One of four is not missed, and catches up.
    nodes.remove(2).kill();
    is(&net.capture(&nodes[0], 0, 500..520), 0, "accepted 20");
    is(&net.capture(&nodes[2], 3, 600..620), 0, "accepted 20");
    let after = together(&nodes.iter().collect::<Vec<_>>(), before + 2);
    nodes.insert(2, net.start(2));
    together(&nodes.iter().collect::<Vec<_>>(), after);
    is(&net.capture(&nodes[2], 2, 700..720), 0, "accepted 20");
    together(&nodes.iter().collect::<Vec<_>>(), after + 1);

    // With two of four nothing is decided, and reading goes on; with the third it is.
    let third = nodes.remove(3);
    third.kill();
    nodes.remove(2).kill();
    let stands = height(&nodes[0]);
    std::thread::sleep(Duration::from_secs(2));
    assert!(height(&nodes[0]) <= stands + 1);
    is(&run(&["trace", unit, "--url", &nodes[0].url]), 0, "140");
    nodes.insert(2, net.start(2));
    is(&net.capture(&nodes[0], 0, 800..820), 0, "accepted 20");
    nodes.insert(3, net.start(3));
    together(&nodes.iter().collect::<Vec<_>>(), stands + 1);

    for node in nodes {
        assert_eq!(node.stop(), 0);
    }
    for dir in &net.dirs {
        is(&run(&["fsck", "--dir", dir]), 0, "160 events");
    }
}
