//! Where submissions go: a ledger in this process, or a node by HTTP. Both give the same answers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use suyuan_epcis::codes::{contract, credit};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::state::apply::{ApplyError, Ledger, lane};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::verify::Refusal;
use suyuan_ledger::submission::{LaneState, SignedSubmission};
use suyuan_sdk::lane as lane_text;
use suyuan_sdk::recall::{self, Notice};
use suyuan_store::{RocksStore, Snapshot};

use crate::api::stale::STALE;
use crate::clock;
use crate::codes::node as codes;
use crate::core::Answer;
use crate::credits::catch_up;
use crate::open::{Node, stopped_reason, store_reason};
use crate::recalls::{RecalledThing, RecalledThings, THINGS_MAX, ledger_of, look_up};
use crate::shell::Writer;

/// What was answered of so many things is kept.
const KNOWN_MAX: usize = 1 << 16;
/// An address with things that are asked of has so many bytes: more are refused by some on the way.
const QUESTION_BYTES_MAX: usize = 7_000;
/// A node has so long to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of an answer: receipts of 4,096 events are below this.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// What a writer has to know of its key's lane before it signs.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Station {
    /// The next submission's sequence.
    pub next: u64,
    /// The id of the one before.
    pub previous: String,
    /// The chain's identity.
    pub chain: String,
    /// The number of the key's organisation; none if the key is not known.
    pub organisation: Option<u64>,
    /// Its URI.
    pub uri: Option<String>,
    /// How far clocks may be ahead, in milliseconds.
    pub clock_tolerance_ms: i64,
    /// How many authorities have to sign a record of governance; 0: an operator alone.
    #[serde(default)]
    pub threshold: u32,
    /// Whether the network is a trial, whose clock may be set.
    #[serde(default)]
    pub trial: bool,
}

impl Station {
    /// Where the lane stands.
    pub fn lane(&self) -> Option<LaneState> {
        Some(LaneState { next: self.next, previous: Hash::from_hex(&self.previous)? })
    }

    /// Of a key in a store, which does not tell whether it is of a trial.
    pub fn of(store: &RocksStore, key: &Hash) -> Result<Station, StoreError> {
        let snapshot = store.snapshot();
        let ledger = Ledger::open(&snapshot)?.ok_or_else(|| StoreError::Failed("no ledger".to_owned()))?;
        let lane = lane(&snapshot, key)?;
        let organisation = ledger.directory.key(key).map(|key| key.organisation);
        let uri = organisation.and_then(|number| ledger.directory.organisation(number)).map(|one| one.uri.clone());
        Ok(Station {
            next: lane.next,
            previous: lane.previous.to_string(),
            chain: ledger.head.chain.to_string(),
            organisation,
            uri,
            clock_tolerance_ms: ledger.directory.parameters().clock_tolerance_ms,
            threshold: ledger.directory.governance().threshold,
            trial: false,
        })
    }
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventReceipt {
    /// Its index in the block.
    pub index: u32,
    /// 0 if it was accepted, else why it was refused (2xx).
    pub code: u16,
    /// The flags of an accepted one, by bit.
    pub flags: u64,
    /// The hash of its record, zeros if it was refused.
    pub record: String,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Submitted {
    /// It is on the ledger.
    Applied {
        /// The block's height.
        height: u64,
        /// The block's time, milliseconds since 1970.
        block_time: i64,
        /// The submission's id.
        submission: String,
        /// Of each event.
        receipts: Vec<EventReceipt>,
    },
    /// It never enters the ledger.
    Refused {
        /// Why (1xx).
        number: u16,
        /// Which of its events, if one is to blame.
        event: Option<u64>,
        /// Where in the event.
        pointer: String,
        /// What stands there.
        argument: String,
    },
    /// It is not the next of its lane, which stands here.
    NotNext {
        /// The next submission's sequence.
        next: u64,
        /// The id of the one before.
        previous: String,
    },
    /// Come again.
    Busy,
}

impl Submitted {
    /// Says an answer of the core in full: with the flags of the records.
    pub fn of(answer: Answer, id: Hash, store: &RocksStore) -> Result<Submitted, StoreError> {
        Ok(match answer {
            Answer::Applied { height, time, receipts } => {
                let reader = Reader::new(store);
                let mut said = Vec::with_capacity(receipts.len());
                for receipt in receipts {
                    let record = if receipt.code == 0 { reader.record(height, receipt.index)? } else { None };
                    said.push(EventReceipt {
                        index: receipt.index,
                        code: receipt.code,
                        flags: record.map_or(0, |record| record.flags),
                        record: receipt.record.to_string(),
                    });
                }
                Submitted::Applied { height, block_time: time, submission: id.to_string(), receipts: said }
            }
            Answer::Refused(Refusal::Submission(invalid)) => Submitted::Refused {
                number: invalid.code(),
                event: None,
                pointer: String::new(),
                argument: String::new(),
            },
            Answer::Refused(Refusal::Event(place, error)) => Submitted::Refused {
                number: error.code,
                event: u64::try_from(place).ok(),
                pointer: error.pointer,
                argument: error.argument,
            },
            Answer::NotNext(lane) => Submitted::NotNext { next: lane.next, previous: lane.previous.to_string() },
            // What was signed can't be taken, but what it carries can, signed for where the lane stands.
            Answer::LaneFork(previous) => Submitted::NotNext { next: 0, previous: previous.to_string() },
            Answer::Busy => Submitted::Busy,
        })
    }
}

/// Where submissions go.
pub enum Link<'a> {
    /// To a ledger in this process.
    Local(&'a Writer, &'a RocksStore),
    /// To a node.
    Remote(&'a Remote),
}

impl<'a> Link<'a> {
    /// To this node.
    pub fn to(node: &'a Node) -> Link<'a> {
        Link::Local(&node.writer, &node.store)
    }

    /// Asks about a key's lane.
    pub fn station(&self, key: &Hash) -> Result<Station, Reason> {
        match self {
            Link::Local(_, store) => Station::of(store, key).map_err(|error| store_reason(&error)),
            Link::Remote(remote) => remote.station(key),
        }
    }

    /// What is asked about things, as it stands now.
    pub fn view(&self) -> Result<View<'a>, Reason> {
        let of = match self {
            Link::Local(_, store) => {
                // Whether anything was recalled is known once all is read; where that is for later, each thing is looked at.
                match catch_up(store, &AtomicBool::new(false)) {
                    Ok(_) | Err(StoreError::Later) => {}
                    Err(error) => return Err(store_reason(&error)),
                }
                let snapshot = store.snapshot();
                let ledger = ledger_of(&snapshot)?;
                Of::Local(snapshot, Box::new(ledger))
            }
            Link::Remote(remote) => Of::Remote(remote),
        };
        Ok(View { of, known: HashMap::new(), nothing_is: false })
    }

    /// Submits, and waits for the answer. An error means that it is not known what became of it.
    pub fn submit(&self, submission: &SignedSubmission, bytes: &[u8]) -> Result<Submitted, Reason> {
        match self {
            Link::Local(writer, store) => {
                let id = submission.submission.id();
                let answer = writer.submit(submission.clone()).blocking_recv();
                let answer = answer.map_err(|_| why_stopped(writer))?;
                Submitted::of(answer, id, store).map_err(|error| store_reason(&error))
            }
            Link::Remote(remote) => remote.submit(bytes),
        }
    }
}

/// Where it is asked about things, and what was answered: those of one document are often the same.
pub struct View<'a> {
    of: Of<'a>,
    known: HashMap<SubjectKey, Option<Notice>>,
    /// Whether it is known that nothing is recalled, or can't be known.
    nothing_is: bool,
}

enum Of<'a> {
    /// The store at one moment, and its ledger, which takes time to open.
    Local(Snapshot<'a>, Box<Ledger>),
    /// A node, as it stands.
    Remote(&'a Remote),
}

impl View<'_> {
    /// For which recall a thing is not to be sold, dispensed or shipped on.
    pub fn recall_of(&mut self, key: &SubjectKey) -> Result<Option<Notice>, Reason> {
        self.look(std::slice::from_ref(key))?;
        Ok(self.known.get(key).cloned().flatten())
    }

    /// Asks of all that events put on the market or into use, as many things at a time as a node takes.
    pub fn look_ahead<'p>(&mut self, payloads: impl Iterator<Item = &'p [u8]>) -> Result<(), Reason> {
        let mut keys = Vec::new();
        for payload in payloads {
            // Mostly nothing was ever recalled, which the first question tells.
            if self.nothing_is {
                return Ok(());
            }
            keys.extend(recall::used(payload));
            if self.known.is_empty() || keys.len() >= THINGS_MAX {
                self.look(&keys)?;
                keys.clear();
            }
        }
        self.look(&keys)
    }

    fn look(&mut self, keys: &[SubjectKey]) -> Result<(), Reason> {
        let mut unknown: Vec<SubjectKey> = keys.iter().filter(|key| !self.known.contains_key(key)).cloned().collect();
        unknown.sort_unstable();
        unknown.dedup();
        let mut rest = unknown.as_slice();
        while !rest.is_empty() && !self.nothing_is {
            let some = rest.get(..THINGS_MAX).unwrap_or(rest);
            let found = match &self.of {
                Of::Local(snapshot, ledger) => {
                    let look = |key| look_up(snapshot, ledger, std::slice::from_ref(key));
                    Some(some.iter().map(look).collect::<Result<Vec<_>, Reason>>()?)
                }
                Of::Remote(remote) => remote.recalled_things(some)?,
            };
            // What can't be known forbids nothing: what happened has to be recorded.
            let found = found.unwrap_or_default();
            self.nothing_is = found.first().is_none_or(|first| !first.others_may_be);
            if self.known.len() >= KNOWN_MAX {
                self.known.clear();
            }
            rest = rest.get(found.len()..).unwrap_or_default();
            self.known.extend(some.iter().cloned().zip(found.iter().map(RecalledThing::notice)));
        }
        Ok(())
    }
}

/// Why a writer gives no answers any more.
pub fn why_stopped(writer: &Writer) -> Reason {
    let unknown = || Reason::new(codes::STORE, &["the writer has stopped"]);
    writer.failure().map_or_else(unknown, stopped_reason)
}

/// The words of an error of `apply`.
pub fn apply_reason(error: &ApplyError) -> Reason {
    Reason::new(codes::STORE, &[&error.to_string()])
}

/// A node reached by HTTP.
pub struct Remote {
    url: String,
    agent: ureq::Agent,
    /// What the node is told of who asks.
    authorization: Option<String>,
    /// What the node said of answers that may be stale.
    stale: OnceLock<String>,
}

/// What a node answers to a submission that it does not take, as far as it is used here.
#[derive(Deserialize)]
struct NodeRefusal {
    code: String,
    title: String,
    number: Option<u16>,
    event: Option<u64>,
    pointer: Option<String>,
    argument: Option<String>,
    next: Option<u64>,
    previous: Option<String>,
}

impl Remote {
    /// The node at this address, asked with the token of an account if there is one.
    pub fn new(url: &str, token: Option<&str>) -> Result<Remote, Reason> {
        if url.starts_with("https://") {
            return Err(Reason::new(codes::NO_HTTPS, &[url]));
        }
        if !url.starts_with("http://") {
            return Err(Reason::new(codes::OPTION, &["--url", "an address that begins with http://"]));
        }
        let is_plain = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_some_and(|token| !is_plain(token)) {
            return Err(Reason::new(codes::OPTION, &["--token", "what suyuan node account add printed"]));
        }
        let configuration =
            ureq::Agent::config_builder().timeout_global(Some(ANSWER_TIMEOUT)).http_status_as_error(false).build();
        let authorization = token.map(|token| format!("Bearer {token}"));
        let (url, stale) = (url.trim_end_matches('/').to_owned(), OnceLock::new());
        Ok(Remote { url, agent: configuration.into(), authorization, stale })
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Why an answer may be behind what was decided, if the node said so of one.
    pub fn stale(&self) -> Option<&str> {
        self.stale.get().map(String::as_str)
    }

    /// Gets a document: its status and its bytes.
    pub fn get(&self, path: &str, accept: &str) -> Result<(u16, Vec<u8>), Reason> {
        let address = [&self.url, path].concat();
        let mut request = self.agent.get(&address).header("Accept", accept);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        self.read(request.call())
    }

    fn read(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(u16, Vec<u8>), Reason> {
        let unreachable = |error: ureq::Error| Reason::new(codes::UNREACHABLE, &[&self.url, &error.to_string()]);
        let mut answer = answer.map_err(unreachable)?;
        if let Some(why) = answer.headers().get(STALE).and_then(|why| why.to_str().ok()) {
            self.stale.get_or_init(|| why.to_owned());
        }
        let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(unreachable)?;
        Ok((answer.status().as_u16(), bytes))
    }

    fn station(&self, key: &Hash) -> Result<Station, Reason> {
        let (status, bytes) = self.get(&format!("/v1/lanes/{key}"), "application/json")?;
        match serde_json::from_slice(&bytes) {
            Ok(station) if status == 200 => {
                let station: Station = station;
                // What is signed would say for good that it was at a time that somebody set.
                clock::allow(station.trial, &self.url).map(|()| station)
            }
            _ => Err(self.unexpected(status, &bytes)),
        }
    }

    /// What a node answers in JSON.
    pub fn said<T: DeserializeOwned>(&self, path: &str) -> Result<T, Reason> {
        let (status, bytes) = self.get(path, "application/json")?;
        match serde_json::from_slice(&bytes) {
            Ok(found) if status == 200 => Ok(found),
            _ => Err(self.unexpected(status, &bytes)),
        }
    }

    /// The recalls that reach up to [`THINGS_MAX`] things: those of the first ones, and of one at least. None if the node can't say.
    fn recalled_things(&self, things: &[SubjectKey]) -> Result<Option<Vec<RecalledThing>>, Reason> {
        let mut path = "/v1/recalled?".to_owned();
        for (place, thing) in things.iter().enumerate() {
            let one = format!("thing={}&", percent_encoded(&thing.to_uri()));
            if place > 0 && path.len() + one.len() > QUESTION_BYTES_MAX {
                break;
            }
            path.push_str(&one);
        }
        let found = match self.known(&path)? {
            Some(RecalledThings { things }) => Some(things),
            // A node of a version before this one.
            None => {
                let alone = things.first().map(|first| format!("/v1/recalled/{}", percent_encoded(&first.to_uri())));
                alone.map_or(Ok(None), |path| self.known(&path))?.map(|found| vec![found])
            }
        };
        let Some(found) = found else { return Ok(None) };
        let is_of = |(found, thing): (&RecalledThing, &SubjectKey)| found.thing == thing.to_uri();
        if found.is_empty() || found.len() > things.len() || !found.iter().zip(things).all(is_of) {
            return Err(Reason::new(codes::ANSWER, &[&self.url, "recalls of other things"]));
        }
        Ok(Some(found))
    }

    /// An answer in JSON; none if the node can't say: it lacks its history yet, or does not know the question.
    fn known<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Reason> {
        let (status, bytes) = self.get(path, "application/json")?;
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status == 404 || (status == 503 && problem["code"] == codes::HISTORY_LATER.id) {
            return Ok(None);
        }
        match serde_json::from_slice(&bytes) {
            Ok(found) if status == 200 => Ok(Some(found)),
            _ => Err(self.unexpected(status, &bytes)),
        }
    }

    fn submit(&self, bytes: &[u8]) -> Result<Submitted, Reason> {
        let address = [&self.url, "/v1/records"].concat();
        let mut request = self.agent.post(&address).header("Content-Type", "application/octet-stream");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let (status, bytes) = self.read(request.send(bytes))?;
        if status == 200 {
            return serde_json::from_slice(&bytes).map_err(|_| self.unexpected(status, &bytes));
        }
        if status == 429 {
            return Ok(Submitted::Busy);
        }
        let refusal: NodeRefusal = serde_json::from_slice(&bytes).map_err(|_| self.unexpected(status, &bytes))?;
        match refusal {
            NodeRefusal { next: Some(next), previous: Some(previous), .. } => Ok(Submitted::NotNext { next, previous }),
            NodeRefusal { number: Some(number), event, pointer, argument, .. } => {
                let (pointer, argument) = (pointer.unwrap_or_default(), argument.unwrap_or_default());
                Ok(Submitted::Refused { number, event, pointer, argument })
            }
            NodeRefusal { code, argument, .. } => {
                match credit::ALL.iter().chain(contract::ALL).find(|known| known.id == code) {
                    Some(known) => Err(Reason::new(known, &[&argument.unwrap_or_default()])),
                    None => Err(self.unexpected(status, &bytes)),
                }
            }
        }
    }

    /// Says that a node refuses, and why if it says so itself; else that the answer is none that a node gives.
    pub fn unexpected(&self, status: u16, bytes: &[u8]) -> Reason {
        if let Ok(NodeRefusal { code, title, .. }) = serde_json::from_slice(bytes) {
            // What can be done about these does not hang on the node.
            let known = [credit::NOT_YOURS, contract::NOT_YOURS].into_iter().find(|known| known.id == code);
            return match known {
                Some(known) => Reason::new(known, &[]),
                None => Reason::new(codes::REFUSED, &[&self.url, &code, &title]),
            };
        }
        let text: String = String::from_utf8_lossy(bytes).chars().take(80).collect();
        Reason::new(codes::ANSWER, &[&self.url, &format!("{status} {text}")])
    }
}

/// Where a lane stands, as the node's answers and the lane's file have it.
pub fn lane_json(lane: LaneState) -> Vec<u8> {
    lane_text::to_json(lane)
}

/// The name of a file as shown.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The parameters of an address that have a value.
pub fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", percent_encoded((*value)?))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
}

/// A text as one segment of a path (RFC 3986 §2.1).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
