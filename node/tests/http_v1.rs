//! The ledger's own routes: each of them, asked rightly and wrongly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod runner;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use asking::{Answer, ask, get};
use runner::{OWNER, Served, chain_with_known_keys, document, event, folder, is, path, run};
use serde_json::Value;
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::proof::inclusion::InclusionProof;
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::api::v1::schema::{OrganisationList, Trace};
use suyuan_node::clock::now_ms;
use suyuan_sdk::lane::after;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};

const UNIT: &str = "(00)095210010000000017";
const UNKNOWN: &str = "(00)095210010000000024";

/// Signs events as the next submission of the device's lane, and says where the lane is then.
fn signed(node: &Served, lane: LaneState, events: &[String]) -> (Vec<u8>, SignedSubmission) {
    let signer = MemorySigner::from_seed(&[2; 32]);
    let station = get(node, &format!("/v1/lanes/{}", signer.key_id())).json();
    let chain = Hash::from_hex(station["chain"].as_str().unwrap()).unwrap();
    let one = |event: &String| SubmittedEvent {
        record_type: record_type::EPCIS,
        salt: [7; 16],
        payload: event.clone().into_bytes(),
    };
    let events = events.iter().map(one).collect();
    let organisation = station["organisation"].as_u64().unwrap();
    let submission = sign_submission(&signer, chain, organisation, lane, now_ms(), events).unwrap();
    (codec::encode(&submission), submission)
}

fn post(node: &Served, body: &[u8]) -> Answer {
    ask(node, "POST", "/v1/records", &[("Content-Type", "application/octet-stream")], body)
}

/// A node with one submission of three events on it.
fn with_events(work: &tempfile::TempDir) -> (Served, SignedSubmission) {
    let node = Served::start(&chain_with_known_keys(work));
    let events: Vec<String> = (0..3).map(|number| event(number, "")).collect();
    let (bytes, submission) = signed(&node, LaneState::default(), &events);
    assert_eq!(post(&node, &bytes).status, 200);
    (node, submission)
}

// Goal: a submission is recorded once, and refused for what is wrong with it. Method: the same one twice, one out
// of its turn, one whose event is no event, one with a person's number, bytes that are none.
#[test]
fn records() {
    let work = folder(&[]);
    let (node, first) = with_events(&work);
    let again = post(&node, &codec::encode(&first));
    let applied = again.json();
    assert_eq!((again.status, &applied["status"], &applied["height"]), (200, &"applied".into(), &1.into()));
    assert_eq!(applied["receipts"].as_array().unwrap().len(), 3);
    assert_eq!(applied["receipts"][2]["index"], 2);
    let id = first.submission.id().to_string();
    assert_eq!(applied["submission"], id);
    let receipt = get(&node, &format!("/v1/receipts/{id}"));
    assert_eq!((receipt.status, receipt.json()), (200, applied));
    get(&node, &format!("/v1/receipts/{}", "0".repeat(64))).is_problem(404, "API-NOT_FOUND");
    get(&node, "/v1/receipts/12").is_problem(400, "API-PARAMETER");

    let (late, _) = signed(&node, LaneState { next: 5, previous: Hash::ZERO }, &[event(9, "")]);
    let late = post(&node, &late);
    late.is_problem(409, "LEDGER-109");
    assert_eq!((&late.json()["next"], &late.json()["previous"]), (&1.into(), &id.clone().into()));
    let broken = event(9, "").replace("\"action\":\"OBSERVE\"", "\"action\":\"SING\"");
    let (broken, _) = signed(&node, after(&first), &[event(10, ""), broken]);
    let broken = post(&node, &broken);
    assert_eq!(broken.status, 400);
    assert_eq!((&broken.json()["event"], &broken.json()["status"]), (&1.into(), &400.into()));
    assert!(broken.json()["code"].as_str().unwrap().starts_with("LEDGER-1"), "{}", broken.text());
    // Signed by a client that did not look: the gateway does.
    let (person, _) = signed(&node, after(&first), &[event(10, ""), event(11, r#","ex:by":"138 1234 5678""#)]);
    let person = post(&node, &person);
    person.is_problem(400, "LEDGER-106");
    assert_eq!((&person.json()["event"], &person.json()["pointer"]), (&1.into(), &"/ex:by".into()));
    assert!(!person.text().contains("1234 5678"), "{}", person.text());
    let mut forged = first.clone();
    forged.submission.sequence = 1;
    post(&node, &codec::encode(&forged)).is_problem(400, "LEDGER-107");
    post(&node, b"no submission").is_problem(400, "API-BODY");
    post(&node, b"").is_problem(400, "API-BODY");
    let lane = get(&node, &format!("/v1/lanes/{}", first.submission.key)).json();
    assert_eq!((&lane["next"], &lane["previous"], &lane["uri"]), (&1.into(), &id.into(), &OWNER.into()));
    get(&node, "/v1/lanes/key").is_problem(400, "API-PARAMETER");
    assert_eq!(get(&node, &format!("/v1/lanes/{}", "0".repeat(64))).json()["organisation"], Value::Null);
    assert_eq!(node.stop(), 0);
}

// Goal: what is too large is refused before it is read. Method: a length that is only announced, and a body
// without one that goes on.
#[test]
fn too_large() {
    use std::io::Write;
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let mut stream = asking::connect(&node);
    stream.write_all(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n").unwrap();
    asking::read(&mut stream).is_problem(413, "API-TOO_LARGE");
    let mut stream = asking::connect(&node);
    let head = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head).unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![0; 0x10_0000], b"\r\n"].concat();
    // The node may have answered and gone before all is sent.
    while stream.write_all(&chunk).is_ok() {}
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    // A reset may take the answer with it; if it came, it must be this one.
    if let Some(answer) = asking::parse(&answer) {
        answer.is_problem(413, "API-TOO_LARGE");
    }
    assert_eq!(get(&node, "/health").status, 200);
}

// Goal: a trace by HTTP is the one of the command, in the shape that OpenAPI says. Method: read it strictly.
#[test]
fn traces() {
    let work = folder(&[]);
    let (node, first) = with_events(&work);
    let subject = "/v1/trace/https%3A%2F%2Fid.gs1.org%2F00%2F095210010000000017";
    let history = get(&node, &format!("{subject}?direction=history"));
    let trace: Trace = serde_json::from_slice(&history.body).unwrap();
    assert_eq!((trace.events.len(), trace.nodes.len(), trace.direction.as_str()), (3, 1, "history"));
    assert_eq!(trace.events[0].position, "1/0");
    // The same, not encoded, as an element string, with every parameter.
    let plain = get(&node, "/v1/trace/https://id.gs1.org/00/095210010000000017?direction=history");
    assert_eq!(plain.json()["events"], history.json()["events"]);
    let all = get(&node, &format!("/v1/trace/{UNIT}?direction=history&depth=3&claims=true&proof=false&format=json"));
    assert_eq!(all.json()["events"], history.json()["events"]);
    let text = get(&node, &format!("/v1/trace/{UNIT}?direction=history&format=text&lang=zh"));
    assert!(text.text().contains("个事件"), "{}", text.text());
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    let nothing = get(&node, &format!("/v1/trace/{UNKNOWN}"));
    nothing.is_problem(404, "NODE-NOT_RECORDED");
    assert!(nothing.json()["height"].as_u64().unwrap() >= 1);
    for wrong in ["direction=up", "depth=-1", "depth=x", "claims=1", "colour=red", "format=xml", "proof=true&depth=1"] {
        get(&node, &format!("/v1/trace/{UNIT}?{wrong}")).is_problem(400, "API-PARAMETER");
    }
    get(&node, "/v1/trace/(00)095210010000000018").is_problem(400, "ID-CHECK_DIGIT");
    get(&node, "/v1/trace/nonsense").is_problem(400, "ID-UNKNOWN");
    get(&node, "/v1/trace/%FF%FE").is_problem(400, "API-PARAMETER");
    get(&node, "/v1/trace/").is_problem(404, "API-NOT_FOUND");

    let subject = get(&node, &format!("/v1/subjects/{UNIT}?limit=2")).json();
    assert_eq!((&subject["entries"], &subject["next"], &subject["life"]), (&3.into(), &2.into(), &"unknown".into()));
    assert_eq!(subject["history"].as_array().unwrap().len(), 2);
    assert_eq!(subject["history"][1]["event"], "urn:uuid:00000000-0000-4000-8000-000000000001");
    assert_eq!((&subject["history"][1]["author"], &subject["history"][1]["role"]), (&OWNER.into(), &"epc".into()));
    let rest = get(&node, &format!("/v1/subjects/{UNIT}?from=2")).json();
    assert_eq!((rest["history"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(get(&node, &format!("/v1/subjects/{UNIT}?from=99")).json()["history"], Value::Array(vec![]));
    get(&node, &format!("/v1/subjects/{UNKNOWN}")).is_problem(404, "NODE-NOT_RECORDED");
    // Of what is not recorded too: it may be of a class that is recalled.
    for unit in [UNIT, UNKNOWN] {
        let recalled = get(&node, &format!("/v1/recalled/{unit}")).json();
        let said = (&recalled["recalled"], &recalled["made_of_recalled"], &recalled["is_whole"]);
        assert_eq!(said, (&false.into(), &false.into(), &true.into()));
        assert_eq!(recalled["recalls"], Value::Array(vec![]));
    }
    get(&node, "/v1/recalled/nonsense").is_problem(400, "ID-UNKNOWN");
    // Several at once, answered in their order; how many, that all are things, and that nothing else is asked.
    let several = |count: usize| {
        format!(
            "/v1/recalled?{}",
            [UNIT, UNKNOWN].repeat(count).iter().map(|thing| format!("thing={thing}")).collect::<Vec<_>>().join("&")
        )
    };
    let told = get(&node, &several(32)).json();
    let things: Vec<&Value> = told["things"].as_array().unwrap().iter().map(|one| &one["thing"]).collect();
    assert_eq!((things.len(), things[0] == things[1], things[0] == things[62]), (64, false, true));
    assert_eq!(told["things"][0], get(&node, &format!("/v1/recalled/{UNIT}")).json());
    for (wrong, code) in [
        (several(33), "API-PARAMETER"),
        ("/v1/recalled".to_owned(), "API-PARAMETER"),
        (format!("/v1/recalled?thing={UNIT}&colour=red"), "API-PARAMETER"),
        (format!("/v1/recalled?thing={UNIT}&thing=nonsense"), "ID-UNKNOWN"),
    ] {
        get(&node, &wrong).is_problem(400, code);
    }
    for wrong in ["limit=0", "limit=1001", "limit=x", "from=-1", "colour=red"] {
        get(&node, &format!("/v1/subjects/{UNIT}?{wrong}")).is_problem(400, "API-PARAMETER");
    }
    assert_eq!(first.events.len(), 3);
}

// Goal: a subject's pages are its log, however that is stored. Method: more entries than a row holds, in pages of
// odd sizes.
#[test]
fn pages() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let events: Vec<String> = (0..70).map(|number| event(number, "")).collect();
    let (bytes, _) = signed(&node, LaneState::default(), &events);
    assert_eq!(post(&node, &bytes).status, 200);
    for limit in [1, 7, 16, 33, 70, 1000] {
        let (mut seen, mut from) = (Vec::new(), Some(0));
        while let Some(start) = from {
            let page = get(&node, &format!("/v1/subjects/{UNIT}?from={start}&limit={limit}")).json();
            let listed = page["history"].as_array().unwrap();
            seen.extend(listed.iter().map(|entry| entry["position"].as_str().unwrap().to_owned()));
            from = page["next"].as_u64();
        }
        assert_eq!(seen, (0..70).map(|index| format!("1/{index}")).collect::<Vec<_>>(), "{limit}");
    }
}

// Goal: proofs by HTTP hold. Method: the command checks them, from the genesis and from the node's checkpoint.
#[test]
fn proofs() {
    let work = folder(&[]);
    let (node, _) = with_events(&work);
    let genesis = path(&work, "data/genesis.json");
    let keep = |name: &str, answer: Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        fs::write(path(&work, name), &answer.body).unwrap();
        path(&work, name)
    };
    let proof = keep("proof", get(&node, &format!("/v1/proofs/trace/{UNIT}?direction=history")));
    is(&run(&["verify", &proof, "--trust", &genesis]), 0, "3 events");
    let same = get(&node, &format!("/v1/trace/{UNIT}?direction=history&proof=true"));
    assert_eq!(same.body, fs::read(&proof).unwrap());
    let absent = keep("absent", get(&node, &format!("/v1/proofs/trace/{UNKNOWN}?claims=true")));
    is(&run(&["verify", &absent, "--trust", &genesis]), 0, "");
    get(&node, &format!("/v1/proofs/trace/{UNIT}?direction=up")).is_problem(400, "API-PARAMETER");
    get(&node, "/v1/proofs/trace/nonsense").is_problem(400, "ID-UNKNOWN");

    let accept = [("Accept", "application/json;q=0.1, application/octet-stream")];
    let checkpoint = keep("checkpoint", ask(&node, "GET", "/v1/checkpoint", &accept, b""));
    is(&run(&["verify", &proof, "--trust", &checkpoint]), 0, "3 events");
    assert_eq!(get(&node, "/v1/checkpoint").json()["height"], 1);

    let by_place = get(&node, "/v1/proofs/inclusion/1/2");
    let by_id = get(&node, "/v1/proofs/inclusion/urn:uuid:00000000-0000-4000-8000-000000000002");
    assert_eq!((by_place.status, &by_place.body), (200, &by_id.body));
    let bytes = fs::read(&genesis).unwrap();
    let trust = Trust::genesis(chain_id(&bytes), 0, Genesis::parse(&bytes).unwrap().validators);
    let proved = InclusionProof::verify(&by_place.body, &trust).unwrap();
    assert_eq!((proved.height, proved.index, proved.code), (1, 2, 0));
    assert_eq!(proved.payload, Some(event(2, "").into_bytes()));
    let hidden = get(&node, "/v1/proofs/inclusion/1/2?payload=false");
    assert!(hidden.body.len() < by_place.body.len());
    for missing in ["1/3", "9/0", "0/0", "99999999999999999999/1", "urn:uuid:nobody"] {
        get(&node, &format!("/v1/proofs/inclusion/{missing}")).is_problem(404, "API-NOT_FOUND");
    }
    get(&node, "/v1/proofs/inclusion/1/2?payload=7").is_problem(400, "API-PARAMETER");
}

// Goal: the chain and who is on it can be read in pages. Method: several blocks, odd pages.
#[test]
fn blocks_and_organisations() {
    let work = folder(&[]);
    let (node, first) = with_events(&work);
    let (bytes, _) = signed(&node, after(&first), &[event(7, "")]);
    // The last block is sealed by an empty one in a moment.
    sleep(Duration::from_millis(700));
    assert_eq!(post(&node, &bytes).json()["height"], 3);
    let all = get(&node, "/v1/blocks").json();
    assert!(all["height"].as_u64().unwrap() >= 3, "{all}");
    let heights: Vec<u64> =
        all["blocks"].as_array().unwrap().iter().map(|one| one["height"].as_u64().unwrap()).collect();
    assert_eq!(heights[..3], [1, 2, 3]);
    let page = get(&node, "/v1/blocks?from=2&limit=1").json();
    assert_eq!((&page["blocks"][0], &page["next"]), (&all["blocks"][1], &3.into()));
    assert_eq!(get(&node, "/v1/blocks?from=1000").json()["blocks"], Value::Array(vec![]));
    assert_eq!(get(&node, "/v1/blocks?from=18446744073709551615&limit=1000").status, 200);
    get(&node, "/v1/blocks?limit=5000").is_problem(400, "API-PARAMETER");
    let block = get(&node, "/v1/blocks/1").json();
    assert_eq!(block["header"], all["blocks"][0]);
    assert_eq!(block["submissions"][0]["id"], first.submission.id().to_string());
    assert_eq!(block["submissions"][0]["events"].as_array().unwrap().len(), 3);
    assert_eq!(block["submissions"][0]["events"][1]["digest"], first.events[1].digest().to_string());
    assert_eq!(block["votes"].as_array().unwrap().len(), 1);
    assert_eq!(all["blocks"][1]["parent"], block["header"]["id"]);
    get(&node, "/v1/blocks/99").is_problem(404, "API-NOT_FOUND");
    get(&node, "/v1/blocks/first").is_problem(400, "API-PARAMETER");

    let listed = get(&node, "/v1/organisations");
    let organisations: OrganisationList = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!((organisations.organisations.len(), organisations.next), (1, None));
    assert_eq!((organisations.organisations[0].uri.as_str(), organisations.organisations[0].keys.len()), (OWNER, 2));
    assert_eq!(get(&node, "/v1/organisations/1").json(), listed.json()["organisations"][0]);
    get(&node, "/v1/organisations/2").is_problem(404, "API-NOT_FOUND");
    get(&node, "/v1/organisations/x").is_problem(400, "API-PARAMETER");
    is(&run(&["org", "list", "--url", &node.url]), 0, OWNER);
}

// Goal: what is not there, and what may not be done, is said as a problem. Method: paths and methods that are none.
#[test]
fn elsewhere() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    get(&node, "/").is_problem(404, "API-NOT_FOUND");
    get(&node, "/v2/trace").is_problem(404, "API-NOT_FOUND");
    let refused = ask(&node, "DELETE", "/v1/blocks", &[], b"");
    refused.is_problem(405, "API-METHOD");
    assert_eq!(refused.header("allow"), "GET,HEAD");
    let head = ask(&node, "HEAD", "/v1/checkpoint", &[], b"");
    assert!(head.body.is_empty() && head.status != 405);
    let text = document(&[event(1, "")]);
    fs::write(path(&work, "one.json"), &text).unwrap();
    let key = path(&work, "data/keys/device.key");
    is(&run(&["capture", &path(&work, "one.json"), "--url", &node.url, "--key", &key, "--insecure"]), 0, "accepted 1");
    let https = node.url.replace("http://", "https://");
    is(&run(&["trace", UNIT, "--url", &https]), 3, "NODE-NO_HTTPS");
    is(&run(&["trace", UNIT, "--url", &node.url, "--token", "suyuan_00"]), 3, "API-TOKEN_UNKNOWN");
}
