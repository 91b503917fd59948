//! Goal: an audit node follows four validators without a vote, refuses writes and a validator's key, tells how it goes, and
//! raises alarms with evidence that holds. Method: processes over loopback and the commands that a user would give; a
//! validator that is killed and whose key then lies from within this test, over the real network.

mod runner;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use runner::net::{Net, Of, json, node_seed, organisation, together, until};
use runner::{Served, command, is, path, run};
use serde_json::Value;
use suyuan_ledger::block::{
    CommitCertificate, CommitSignature, Header, Validator, VoteKind, ballot_message, validators_hash, vote_message,
};
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::submission::{LaneState, SubmittedEvent, record_type};
use suyuan_node::clock::now_ms;
use suyuan_node::consensus::{ConsensusMessage, SignedVote};
use suyuan_node::core::evidence::Decision;
use suyuan_node::core::{Answer, Message};
use suyuan_node::link::Station;
use suyuan_node::network::{Class, Event, Member, Network, Settings};
use suyuan_node::open::Opened;
use suyuan_sdk::keyfile::KeyFile;
use suyuan_sdk::signer::{MemorySigner, Signer as _, sign_submission};

const VALIDATORS: usize = 4;

fn signer(number: usize) -> MemorySigner {
    MemorySigner::from_seed(&node_seed(number))
}

fn connected(count: usize) -> impl Fn(&Value) -> bool {
    move |status| {
        let validators = status["validators"].as_array().unwrap();
        validators.iter().filter(|one| one["connected"] == true).count() == count
    }
}

fn has(code: &'static str) -> impl Fn(&Value) -> bool {
    move |said| said["alarms"].as_array().unwrap().iter().any(|alarm| alarm["code"] == code)
}

/// Two votes of a validator of which it may sign one.
fn two_votes(chain: Hash, height: u64, signer: &MemorySigner) -> [Message; 2] {
    let vote = |id: Hash| {
        let (kind, round) = (VoteKind::Precommit, 0);
        let signature = signer.signature(ballot_message(chain, height, round, kind, id));
        let vote = SignedVote { kind: kind as u8, height, round, id, validator: signer.public(), signature };
        Message::Consensus(ConsensusMessage::Vote(vote))
    };
    [vote(Hash([1; 32])), vote(Hash([2; 32]))]
}

/// Another block at a height, decided by the first three: what no three of four may do.
fn another(chain: Hash, height: u64, validators: &[Validator]) -> Decision {
    let (zero, hash) = (Hash::ZERO, validators_hash(validators));
    let header = Header {
        kind: 2,
        version: 1,
        chain,
        height,
        time: 1,
        parent: zero,
        body: zero,
        body_bytes: 0,
        events: 0,
        state: zero,
        results: zero,
        history: zero,
        validators: hash,
        next_validators: hash,
        rules: 1,
        proposer: 0,
    };
    let message = vote_message(chain, height, 0, header.id());
    let place = |number: usize| validators.iter().position(|one| one.key == signer(number).public()).unwrap();
    let sign = |number: usize| CommitSignature {
        validator: u16::try_from(place(number)).unwrap(),
        signature: signer(number).signature(message),
    };
    let mut signatures: Vec<CommitSignature> = (0..3).map(sign).collect();
    signatures.sort_by_key(|signed| signed.validator);
    Decision { header, certificate: CommitCertificate { round: 0, signatures } }
}

/// Connects to the audit node as a validator, says two things for one height, and when it is asked what is decided, tells
/// of another block. Ends once it has done both.
async fn lie(net: &Net, number: usize, chain: Hash, validators: Vec<Validator>, height: u64) {
    let settings = Settings::new(node_seed(number), chain.0, Vec::new());
    let audit = signer(VALIDATORS).public();
    let addresses = vec![format!("/ip4/127.0.0.1/tcp/{}", net.ports[VALIDATORS])];
    let (network, mut events) = Network::start(settings, vec![Member { key: audit, addresses }]).await.unwrap();
    let send = |class: Class, message: Message| network.send(audit, class, Arc::from(message.encode())).unwrap();
    loop {
        match events.recv().await.expect("the audit node lets a validator in") {
            Event::Connected(_) => {
                let status = Message::Status { height };
                two_votes(chain, height + 1, &signer(number))
                    .into_iter()
                    .chain([status])
                    .for_each(|message| send(Class::Consensus, message));
            }
            Event::Message { bytes, .. } => {
                if let Ok(Message::WantDecision { height }) = Message::decode(&bytes) {
                    let decision = another(chain, height, &validators);
                    send(Class::Consensus, Message::Decision { decision, wall_ms: 1 });
                    network.stop().await;
                    return;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn an_audit_node_watches() {
    let roles = ["operator", "member", "member", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: VALIDATORS, threshold: 0 });
    let genesis = net.file("genesis.json");
    let start = |number: usize| Served::start(&net.dirs[number]);
    let configuration = format!("{}/config.toml", net.dirs[VALIDATORS]);
    let text = fs::read_to_string(&configuration).unwrap().replace("audit = false", "audit = true");
    fs::write(&configuration, text).unwrap();
    let audit = start(VALIDATORS);
    let mut nodes: Vec<Served> = (0..VALIDATORS).map(start).collect();
    is(&net.capture(&nodes[0], 0, 1..21), 0, "accepted 20");
    together(&[&nodes[0], &nodes[3], &audit], 1);

    // How it goes.
    let status = until(&audit, "/v1/status", connected(VALIDATORS));
    assert_eq!((&status["role"], &status["diverged"]), (&Value::from("audit"), &Value::Null));
    assert_eq!(status["organisation"], "Organisation 4");
    assert_eq!(json(&nodes[0], "/v1/status")["role"], "validator");
    is(&run(&["node", "status", "--url", &audit.url]), 0, "audit node");
    is(&run(&["--lang", "zh", "node", "status", "--url", &audit.url]), 0, "审计节点");
    assert_eq!(run(&["node", "status", "--url", &nodes[1].url, "--json"]).json()["role"], "validator");
    is(&run(&["alarms", "--url", &audit.url]), 0, "no alarms");
    let metrics = audit.ask("GET /metrics", b"");
    for line in ["suyuan_peers_connected 4", "suyuan_diverged 0", "suyuan_pool_submissions 0", "suyuan_peer_lag{peer="]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let metrics = nodes[0].ask("GET /metrics", b"");
    for line in ["suyuan_decided_seconds_bucket", "suyuan_peer_sent_bytes_total{class=\"consensus\"}"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }

    // It takes nothing in, and has no vote.
    is(&net.capture(&audit, VALIDATORS, 900..901), 3, "NODE-AUDIT_ONLY");
    let refused = audit.ask("POST /epcis/events", b"{}");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("NODE-AUDIT_ONLY"), "{refused}");
    nodes.remove(3).kill();
    is(&run(&["node", "run", "--dir", &net.dirs[3], "--listen", "127.0.0.1:0", "--audit"]), 3, "NODE-AUDIT_KEY");
    until(&audit, "/v1/status", connected(VALIDATORS - 1));

    // A line a second where there is no terminal; whoever reads may go.
    let mut watching = command();
    watching.args(["node", "status", "--url", &audit.url, "--watch"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watching = watching.spawn().unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(watching.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("role=audit") && line.contains("validators=3/4"), "{line}");
    drop(reader);
    assert!(!watching.wait().unwrap().success());

    // The key of the one that was killed lies.
    let bytes = fs::read(&genesis).unwrap();
    let (chain, validators) = (chain_id(&bytes), Genesis::parse(&bytes).unwrap().validators);
    let height = json(&audit, "/v1/status")["height"].as_u64().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(lie(&net, 3, chain, validators, height));
    until(&audit, "/v1/alarms", has("ALARM-EQUIVOCATION"));
    until(&audit, "/v1/alarms", has("ALARM-FORK"));
    until(&audit, "/v1/alarms", has("ALARM-PEER_CLOCK"));
    let found = path(&net.work, "found");
    is(&run(&["alarms", "--url", &audit.url, "--evidence", &found]), 1, "ALARM-EQUIVOCATION");

    // They outlive the node, and stand by themselves.
    audit.kill();
    let listed = run(&["alarms", "--dir", &net.dirs[VALIDATORS], "--json"]);
    assert_eq!((listed.code, has("ALARM-FORK")(&listed.json())), (1, true), "{}", listed.stdout);
    is(&run(&["--lang", "zh", "alarms", "--dir", &net.dirs[VALIDATORS]]), 1, "两个已决定的区块");
    let mut proved = Vec::new();
    for entry in fs::read_dir(&found).unwrap() {
        let file = entry.unwrap().path().to_str().unwrap().to_owned();
        let verified = run(&["verify", &file, "--trust", &genesis, "--json"]);
        assert_eq!(verified.code, 0, "{}", verified.stderr);
        let said = verified.json();
        proved.push((said["evidence"].as_str().unwrap().to_owned(), said["validators"].as_array().unwrap().len()));
        // One bit, and it shows nothing.
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        let broken = path(&net.work, "broken.evidence");
        fs::write(&broken, bytes).unwrap();
        is(&run(&["verify", &broken, "--trust", &genesis]), 1, "EVIDENCE-UNPROVED");
    }
    proved.sort();
    assert_eq!(proved[0], ("equivocation".to_owned(), 1));
    let signed_both = proved.iter().filter(|(what, _)| what == "fork").map(|(_, count)| *count).max();
    assert!(signed_both >= Some(2), "{proved:?}");
    // After a start they are there again.
    let audit = start(VALIDATORS);
    assert!(has("ALARM-EQUIVOCATION")(&json(&audit, "/v1/alarms")));
    assert_eq!(json(&audit, "/v1/status")["role"], "audit");
}

// Goal: an audit node flags a grade that does not follow from the records, and none that does, also when it was killed
// meanwhile. Method: an authority publishes what follows at a validator that stops; another grade is written past its gateway;
// then the audit node follows, is killed, loses what it had noted, and follows again.
#[test]
fn an_audit_node_computes_grades_again() {
    let roles = ["authority", "member", "authority"];
    let net = Net::new(&Of { roles: &roles, validators: 1, threshold: 1 });
    let (firm, key) = (organisation(1), net.file("device2.key"));
    let configuration = format!("{}/config.toml", net.dirs[2]);
    let text = fs::read_to_string(&configuration).unwrap().replace("audit = false", "audit = true");
    fs::write(&configuration, text).unwrap();
    let validator = net.start(0);
    let at = ["--url", validator.url.as_str(), "--key", key.as_str(), "--insecure"];
    let records = net.file("records.ndjson");
    let inspection = serde_json::json!({"type": "suyuan:Inspection", "eventTime": "2026-01-10T10:00:00+08:00",
        "subject": firm, "date": "2026-01-10", "result": "pass", "report": "c".repeat(64)});
    fs::write(&records, format!("{inspection}\n")).unwrap();
    is(&run(&[&["credit", "record", &records], &at[..]].concat()), 0, "");
    is(&run(&[&["credit", "publish", &firm], &at[..]].concat()), 0, "recorded at height");
    assert_eq!(validator.stop(), 0);
    let said = run(&["credit", &firm, "--json", "--dir", &net.dirs[0]]).json();
    let published = &said["published"];
    let forged = serde_json::json!({"type": "suyuan:Grade", "subject": firm, "model": said["model"],
        "eventID": "urn:uuid:00000000-0000-4000-8000-000000000007", "eventTime": "2026-10-01T00:00:00Z",
        "profile": published["profile"], "parametersHash": published["parameters_hash"], "height": published["height"],
        "day": published["day"], "score": 999, "band": published["band"], "grade": published["grade"],
        "ceilings": published["ceilings"], "explanation": published["explanation"]});
    let opened = Opened::open(Path::new(&net.dirs[0])).unwrap();
    let author = KeyFile::read(Path::new(&key)).unwrap().open_insecure().unwrap();
    let station = Station::of(&opened.store, &author.key_id()).unwrap();
    let of_hex = |text: &str| Hash::from_hex(text).unwrap();
    let lane = LaneState { next: station.next, previous: of_hex(&station.previous) };
    let payload = forged.to_string().into_bytes();
    let events = vec![SubmittedEvent { record_type: record_type::CREDIT, salt: [7; 16], payload }];
    let (chain, organisation) = (of_hex(&station.chain), station.organisation.unwrap());
    let signed = sign_submission(&author, chain, organisation, lane, now_ms(), events).unwrap();
    let writer = opened.start(signer(0)).unwrap();
    assert!(matches!(writer.writer.submit(signed).blocking_recv().unwrap(), Answer::Applied { .. }));
    writer.close().unwrap();

    let validator = net.start(0);
    let audit = net.start(2);
    together(&[&validator, &audit], 1);
    assert_eq!(json(&audit, "/v1/status")["role"], "audit");
    let said = until(&audit, "/v1/alarms", has("ALARM-GRADE"));
    let count = |said: &Value| {
        let alarms = said["alarms"].as_array().unwrap().iter();
        alarms.filter(|one| one["code"] == "ALARM-GRADE").map(|one| one["count"].as_u64().unwrap()).sum::<u64>()
    };
    // The score that was written past the gateway, and that alone.
    assert!(count(&said) == 1 && said.to_string().contains(" 999 "), "{said}");
    audit.kill();
    // As if it had been killed between reading and looking.
    fs::remove_file(format!("{}/audited", net.dirs[2])).unwrap();
    fs::remove_dir_all(format!("{}/alarms", net.dirs[2])).unwrap();
    let audit = net.start(2);
    let said = until(&audit, "/v1/alarms", has("ALARM-GRADE"));
    assert!(count(&said) == 1 && said.to_string().contains(" 999 "), "{said}");
    is(&run(&["alarms", "--url", &audit.url]), 1, "ALARM-GRADE");
}
