//! Goal: authorities change who decides while the network runs, and a laptop that knows the genesis alone follows. Method:
//! one validator becomes four, the first leaves, an organisation is removed, by the commands that users give; whoever
//! may not is refused; a checkpoint across more than ten sets is checked, then forged, cut, and replaced by an old one.

mod runner;

use std::fs;
use std::time::{Duration, Instant};

use runner::net::{Net, Of, height, organisation, together};
use runner::{Run, Served, is, run};
use serde_json::Value;

/// One authority proposes, another approves.
const THRESHOLD: usize = 2;

fn governance(net: &Net, at: &Served, by: usize, arguments: &[&str]) -> Run {
    let key = net.file(&format!("root{by}.key"));
    run(&[&["governance"], arguments, &["--url", &at.url, "--key", &key, "--insecure"]].concat())
}

fn shown(at: &Served) -> Value {
    run(&["governance", "show", "--json", "--url", &at.url]).json()
}

/// The only proposal that is open.
fn open(at: &Served) -> String {
    let said = shown(at);
    let proposals = said["proposals"].as_array().unwrap().iter();
    let mut open = proposals.filter(|one| one["state"] == "open");
    let id = open.next().unwrap_or_else(|| panic!("{said}"))["proposal"].as_str().unwrap().to_owned();
    assert!(open.next().is_none(), "{said}");
    id
}

/// The first authority proposes, the second one approves, each at a node of its own.
fn decree(net: &Net, nodes: &[&Served], arguments: &[&str]) {
    is(&governance(net, nodes[0], 0, arguments), 0, "takes effect once");
    let begun = Instant::now();
    // The other's node may be a block behind.
    while !shown(nodes[1]).to_string().contains("\"open\"") {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
    is(&governance(net, nodes[1], 1, &["approve", &open(nodes[1])]), 0, "recorded");
}

fn power(net: &Net, nodes: &[&Served], node: usize, power: &str) {
    let key = net.file(&format!("node{node}.key"));
    decree(net, nodes, &["validator", &key, "--power", power]);
}

fn validators(at: &Served) -> usize {
    let said = shown(at);
    said["next_validators"].as_array().or(said["validators"].as_array()).unwrap().len()
}

#[test]
fn authorities_change_who_decides() {
    let roles = ["authority", "authority", "authority", "member"];
    let net = Net::new(&Of { roles: &roles, validators: 1, threshold: THRESHOLD });
    let nodes: Vec<Served> = (0..roles.len()).map(|number| net.start(number)).collect();
    let [zero, one, two, three] = nodes.each_ref_array();
    is(&net.capture(three, 3, 1..21), 0, "accepted 20");

    // Who may not, and what does not fit.
    let key = net.file("node1.key");
    is(&governance(&net, zero, 3, &["validator", &key, "--power", "1"]), 1, "LEDGER-208");
    is(&governance(&net, zero, 0, &["validator", &"ab".repeat(32), "--power", "1"]), 1, "LEDGER-210");
    is(&governance(&net, zero, 0, &["threshold", "4"]), 1, "LEDGER-210");

    // One becomes two, three, four; each votes from the block after the next one on.
    for (node, count) in [(1, 2), (2, 3), (3, 4)] {
        power(&net, &[zero, one], node, "1");
        is(&net.capture(zero, 0, 100 * node as u32..100 * node as u32 + 20), 0, "accepted 20");
        assert_eq!(validators(zero), count);
    }
    let old = net.file("old");
    together(&[zero, one, two, three], 8);
    wait_for_checkpoint(&old, one);

    // Powers go up and down, and the first one leaves: it is not missed.
    for (node, to) in [(1, "2"), (2, "2"), (1, "1"), (2, "1"), (3, "2"), (3, "1"), (0, "0")] {
        power(&net, &[zero, one], node, to);
    }
    is(&net.capture(one, 1, 500..520), 0, "accepted 20");
    let least = together(&[zero, one, two, three], height(one));
    let mut nodes = nodes;
    nodes.remove(0).kill();
    let [one, two, three] = nodes.each_ref_array();
    is(&net.capture(two, 2, 600..620), 0, "accepted 20");
    together(&[one, two, three], least + 1);

    // An organisation is removed: its keys are worth nothing, its node is no validator and no member.
    is(&governance(&net, one, 1, &["remove", &organisation(3), "--reason", "test"]), 0, "takes effect once");
    is(&governance(&net, one, 2, &["approve", &open(one)]), 0, "recorded");
    assert_eq!(validators(one), 2);
    is(&net.capture(two, 3, 700..720), 1, "202");
    is(&net.capture(two, 2, 800..820), 0, "accepted 20");
    let stands = height(three);
    let ahead = together(&[one, two], stands + 1);
    std::thread::sleep(Duration::from_secs(1));
    assert!(height(three) < ahead, "a node that is no member follows nobody");

    // Ten sets later a laptop that knows the genesis follows, and keeps what it trusts.
    let (new, pinned, genesis) = (net.file("new"), net.file("pinned"), net.file("genesis.json"));
    wait_for_checkpoint(&new, one);
    let verified = run(&["verify", &new, "--trust", &genesis, "--pin", &pinned, "--json"]);
    is(&verified, 0, "valid");
    assert_eq!(verified.json()["set_changes"], 11, "{}", verified.stdout);
    let proof = net.file("proof");
    let unit = "https://id.gs1.org/00/095210010000000017";
    is(&run(&["trace", unit, "--url", &one.url, "--proof", &proof]), 0, "140");
    for trust in [&genesis, &pinned, &old] {
        is(&run(&["verify", &proof, "--trust", trust]), 0, "proved");
    }
    is(&run(&["verify", &new, "--trust", &genesis, "--trust-days", "0"]), 1, "PROOF-EXPIRED");
    is(&run(&["verify", &old, "--trust", &genesis]), 0, "holds");
    is(&run(&["verify", &old, "--trust", &pinned]), 1, "PROOF-STALE");
    let bytes = fs::read(&new).unwrap();
    let forged = net.file("forged");
    for place in (2..bytes.len()).step_by(61) {
        let mut bytes = bytes.clone();
        bytes[place] ^= 4;
        fs::write(&forged, bytes).unwrap();
        is(&run(&["verify", &forged, "--trust", &genesis]), 1, "PROOF-");
    }
    fs::write(&forged, &bytes[..bytes.len() - 1]).unwrap();
    is(&run(&["verify", &forged, "--trust", &genesis]), 1, "PROOF-");

    for node in nodes {
        assert_eq!(node.stop(), 0);
    }
    for dir in net.dirs.iter().skip(1).take(2) {
        is(&run(&["fsck", "--dir", dir]), 0, "0 differences");
    }
}

/// Goal: what credit is read with is put in force by a threshold of authorities, is the same at every node, and still there when
/// a node starts again. Method: two authorities and a calendar; one that can't be read is refused, and so are days that have been.
#[test]
fn authorities_put_tables_in_force() {
    let net = Net::new(&Of { roles: &["authority", "authority"], validators: 1, threshold: THRESHOLD });
    let nodes: Vec<Served> = (0..2).map(|number| net.start(number)).collect();
    let [zero, one] = nodes.each_ref_array();
    let calendar = |from: &str, to: &str| {
        format!(
            "{{\n \"basis\": \"test\",\n \"from\": \"{from}\",\n \"to\": \"{to}\",\n \"holidays\": [],\n \"workdays\": []\n}}\n"
        )
    };
    let file = net.file("calendar.json");
    let table = |from: &str| governance(&net, zero, 0, &["table", "calendar", &file, "--from", from]);
    fs::write(&file, calendar("2099-01-01", "2099-12-31")).unwrap();
    is(&table("2099-06-01"), 1, "CREDIT-TABLE");
    fs::write(&file, calendar("2020-01-01", "2020-12-31")).unwrap();
    is(&table("2020-01-01"), 1, "LEDGER-210");
    let text = calendar("2099-01-01", "2099-12-31");
    fs::write(&file, &text).unwrap();
    decree(&net, &[zero, one], &["table", "calendar", &file, "--from", "2099-01-01"]);
    together(&[zero, one], 2);
    let tables = shown(zero)["tables"].clone();
    assert_eq!((tables.as_array().unwrap().len(), &tables[0]["readable"]), (1, &true.into()), "{tables}");
    assert_eq!((&tables[0]["name"], &tables[0]["table"]), (&"calendar".into(), &text.into()));
    assert_eq!(shown(one)["tables"], tables);
    nodes.into_iter().for_each(|node| assert_eq!(node.stop(), 0));
    let again = net.start(0);
    assert_eq!(shown(&again)["tables"], tables);
    assert_eq!(again.stop(), 0);
    is(&run(&["fsck", "--dir", &net.dirs[0]]), 0, "0 differences");
}

/// Writes the newest checkpoint, once a header certifies the last records.
fn wait_for_checkpoint(file: &str, at: &Served) {
    let begun = Instant::now();
    loop {
        let run = run(&["checkpoint", file, "--url", &at.url]);
        if run.code == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", run.stderr);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// References to as many nodes as are named.
trait Each {
    fn each_ref_array<const N: usize>(&self) -> [&Served; N];
}

impl Each for Vec<Served> {
    fn each_ref_array<const N: usize>(&self) -> [&Served; N] {
        std::array::from_fn(|place| &self[place])
    }
}
