//! Clients that capture by HTTP until the node is gone, and remember what was acknowledged and what is in doubt.
#![allow(dead_code)]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_node::clock::now_ms;
use suyuan_sdk::keyfile::KeyFile;
use suyuan_sdk::signer::{MemorySigner, Signer, sign_submission};

use crate::runner::{document, event};

/// A node that says nothing for so long counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many numbers of events each client has.
const NUMBERS: u32 = 50_000_000;
/// How often, and how far apart, a job is looked at.
const JOB_LOOKS: u32 = 600;
const JOB_WAIT: Duration = Duration::from_millis(20);

/// What a node said.
#[derive(Debug)]
pub enum Said {
    /// All events are on the ledger; the answer.
    Applied(Value),
    /// Come again.
    Busy,
    /// It will not, or can't: the status and the body.
    Refused(u16, Value),
    /// The connection broke: nobody knows what became of it.
    Gone,
}

/// How a client captures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Signed submissions on a lane of its own.
    Records,
    /// Documents, which the node signs.
    Documents,
}

/// A client with its key and its numbers of events.
pub struct Client {
    way: Way,
    signer: MemorySigner,
    /// The number of the next event.
    next: u32,
    /// Filling, to make events large.
    filling: usize,
    place: Option<(Hash, u64, LaneState)>,
    /// What was sent and not answered: the numbers of its events, and the bytes.
    doubt: Option<(Vec<u32>, Vec<u8>, Option<LaneState>)>,
    /// The numbers of events that were acknowledged.
    pub acknowledged: Vec<u32>,
    /// Refusals, as they came.
    pub refused: Vec<(u16, Value)>,
    /// How often the node was busy.
    pub busy: u64,
    /// The times of the blocks that its events are in.
    pub block_times: Vec<i64>,
    /// How far its clock is ahead, in milliseconds.
    pub ahead_ms: i64,
}

/// The id of the event of this number.
pub fn event_id(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into()
}

impl Client {
    pub fn new(way: Way, key: &str, number: usize, filling: usize) -> Client {
        let signer = KeyFile::read(Path::new(key)).unwrap().open_insecure().unwrap();
        let next = u32::try_from(number).unwrap() * NUMBERS;
        Client {
            way,
            signer,
            next,
            filling,
            place: None,
            doubt: None,
            acknowledged: Vec::new(),
            refused: Vec::new(),
            busy: 0,
            block_times: Vec::new(),
            ahead_ms: 0,
        }
    }

    /// Captures one group. `true` if it is on the ledger; else it is signed anew the next time.
    pub fn once(&mut self, url: &str, group: u32) -> bool {
        let (before, agent) = (self.acknowledged.len(), agent());
        if self.is_placed(&agent, url) {
            self.step(&agent, url, group);
        }
        self.doubt = None;
        self.acknowledged.len() > before
    }

    /// Captures groups of events until the node is gone, refuses for good, or `stop` is set.
    pub fn run(&mut self, url: &str, group: u32, stop: &AtomicBool) {
        let agent = agent();
        while !stop.load(Ordering::Relaxed) {
            if !self.is_placed(&agent, url) {
                return;
            }
            if !self.step(&agent, url, group) {
                return;
            }
        }
    }

    /// Sends what is in doubt, or the next group. `false` if the node is gone or refuses.
    pub fn turn(&mut self, agent: &ureq::Agent, url: &str, group: u32) -> bool {
        self.is_placed(agent, url) && self.step(agent, url, group)
    }

    /// Sends what is in doubt, or the next group; whether to go on.
    fn step(&mut self, agent: &ureq::Agent, url: &str, group: u32) -> bool {
        let (numbers, bytes, place) = match self.doubt.take() {
            Some(doubt) => doubt,
            None => self.prepare(group),
        };
        let said = send(agent, url, self.way, &bytes);
        if let Said::Applied(answer) = &said {
            self.block_times.extend(answer["block_time"].as_i64());
            if let (Some(new), Some((_, _, lane))) = (place, &mut self.place) {
                *lane = new;
            }
            self.acknowledged.extend(numbers);
            return true;
        }
        self.doubt = Some((numbers, bytes, place));
        match said {
            Said::Busy => {
                self.busy += 1;
                std::thread::sleep(Duration::from_millis(10));
                true
            }
            Said::Refused(status, body) => {
                self.refused.push((status, body));
                false
            }
            Said::Gone | Said::Applied(_) => false,
        }
    }

    /// Asks where the lane stands, if that is not known.
    fn is_placed(&mut self, agent: &ureq::Agent, url: &str) -> bool {
        if self.place.is_some() || self.way == Way::Documents {
            return true;
        }
        let answer = agent.get(format!("{url}/v1/lanes/{}", self.signer.key_id())).call();
        // A node that is busy, or about to stop, tells that instead.
        let Ok(mut answer) = answer else { return false };
        if answer.status().as_u16() != 200 {
            return false;
        }
        let Ok(station) = answer.body_mut().read_to_vec() else { return false };
        let station: Value = serde_json::from_slice(&station).unwrap();
        let text = |name: &str| Hash::from_hex(station[name].as_str().unwrap()).unwrap();
        let lane = LaneState { next: station["next"].as_u64().unwrap(), previous: text("previous") };
        self.place = Some((text("chain"), station["organisation"].as_u64().unwrap(), lane));
        true
    }

    /// The next group: its numbers, what is sent, and where the lane stands once that is on the ledger.
    fn prepare(&mut self, group: u32) -> (Vec<u32>, Vec<u8>, Option<LaneState>) {
        let numbers: Vec<u32> = (self.next..self.next + group).collect();
        self.next += group;
        let texts: Vec<String> = numbers.iter().map(|number| self.text(*number)).collect();
        let (Way::Records, Some((chain, organisation, lane))) = (self.way, self.place) else {
            return (numbers, document(&texts).into_bytes(), None);
        };
        let events = texts
            .into_iter()
            .map(|text| SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload: text.into_bytes() })
            .collect();
        let signed: SignedSubmission =
            sign_submission(&self.signer, chain, organisation, lane, now_ms() + self.ahead_ms, events).unwrap();
        let after = LaneState { next: lane.next + 1, previous: signed.submission.id() };
        (numbers, encode(&signed), Some(after))
    }

    /// An event of a thing of its own.
    fn text(&self, number: u32) -> String {
        let mut members = format!(r#","ex:number":{number}"#);
        if self.filling > 0 {
            members.push_str(&format!(r#","ex:filling":"{}""#, noise(u64::from(number), self.filling)));
        }
        event(number, &members).replace("00/095210010000000017", &format!("01/09521001001014/21/{number}"))
    }
}

/// Letters that do not compress well. Digits could have the form of a person's number, which is refused.
pub fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend((8..16).map(|nibble| char::from(b'a' + (state >> (nibble * 4) & 15) as u8)));
    }
    text
}

/// Sends what a client has: the one place that knows the routes.
pub fn send(agent: &ureq::Agent, url: &str, way: Way, bytes: &[u8]) -> Said {
    let (route, kind) = match way {
        Way::Records => ("/v1/records", "application/octet-stream"),
        Way::Documents => ("/epcis/capture", "application/json"),
    };
    let answer = agent.post(format!("{url}{route}")).header("Content-Type", kind).send(bytes);
    let Ok(mut answer) = answer else { return Said::Gone };
    let status = answer.status().as_u16();
    let job = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Ok(body) = answer.body_mut().read_to_vec() else { return Said::Gone };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (status, way) {
        (200, Way::Records) if body["status"] == "applied" => applied(&body),
        (200, Way::Documents) => match body["complete"] == true {
            true => Said::Applied(body),
            false => Said::Refused(status, body),
        },
        (202, Way::Documents) => job.map_or(Said::Refused(status, body), |job| followed(agent, url, &job)),
        (429, _) => Said::Busy,
        _ => Said::Refused(status, body),
    }
}

/// Receipts that say of each event that it is recorded, now or before.
fn applied(body: &Value) -> Said {
    let receipts = body["receipts"].as_array().unwrap();
    let good = receipts.iter().all(|receipt| [0, 201].contains(&receipt["code"].as_u64().unwrap()));
    if good { Said::Applied(body.clone()) } else { Said::Refused(200, body.clone()) }
}

/// What became of a capture job (EPCIS 2.0 §12.6.1).
fn followed(agent: &ureq::Agent, url: &str, job: &str) -> Said {
    let address = if job.starts_with("http") { job.to_owned() } else { format!("{url}{job}") };
    for _ in 0..JOB_LOOKS {
        let Ok(mut answer) = agent.get(&address).call() else { return Said::Gone };
        let status = answer.status().as_u16();
        let Ok(body) = answer.body_mut().read_to_vec() else { return Said::Gone };
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status != 200 {
            return Said::Refused(status, body);
        }
        if body["running"] == false {
            return if body["success"] == true { Said::Applied(body) } else { Said::Refused(status, body) };
        }
        std::thread::sleep(JOB_WAIT);
    }
    Said::Gone
}
