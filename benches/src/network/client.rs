//! A client: a device with a lane of its own, that signs and posts to `/v1/records`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ed25519_dalek::SigningKey;
use serde_json::Value;
use suyuan_ledger::codec::encode;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, key_id, record_type};

use crate::chain::Failure;
use crate::peers::connection::{Connection, TaskConnection};

/// Where it posts.
const RECORDS: &str = "/v1/records";

/// What a node said to a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is on the ledger.
    Recorded {
        /// The codes of the events that their receipts refuse.
        refused: Vec<u16>,
    },
    /// Come again (429).
    Busy,
}

/// A device.
pub struct Client {
    address: String,
    connection: Option<Connection>,
    key: SigningKey,
    chain: Hash,
    organisation: u64,
    lane: LaneState,
    /// What was signed and is not known to be on the ledger: its bytes, its id, how many events.
    signed: Option<(Vec<u8>, Hash, usize)>,
}

impl Client {
    /// One that posts to this node.
    pub fn open(address: &str, key: &SigningKey) -> Result<Client, Failure> {
        let mut connection = Connection::open(address)?;
        let id = key_id(1, key.verifying_key().as_bytes());
        let (_, body) = connection.ask("GET", &format!("/v1/lanes/{id}"), b"")?;
        let station: Value = serde_json::from_slice(&body)?;
        let hash = |name: &str| station[name].as_str().and_then(Hash::from_hex).ok_or("no lane");
        let lane = LaneState { next: station["next"].as_u64().ok_or("no lane")?, previous: hash("previous")? };
        let organisation = station["organisation"].as_u64().ok_or("the key is not known")?;
        Ok(Client {
            address: address.to_owned(),
            connection: Some(connection),
            key: key.clone(),
            chain: hash("chain")?,
            organisation,
            lane,
            signed: None,
        })
    }

    /// Whether something is signed that is not known to be on the ledger.
    pub fn is_waiting(&self) -> bool {
        self.signed.is_some()
    }

    /// Signs events as the next submission of the lane.
    pub fn sign(&mut self, payloads: Vec<Vec<u8>>) {
        let count = payloads.len();
        let events = payloads.into_iter().zip(0u64..).map(|(payload, place)| {
            let mut salt = [0; 16];
            salt[..8].copy_from_slice(&self.lane.next.to_le_bytes());
            salt[8..].copy_from_slice(&place.to_le_bytes());
            SubmittedEvent { record_type: record_type::EPCIS, salt, payload }
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let signed = SignedSubmission::sign(self.chain, self.organisation, &self.key, self.lane, now, events.collect());
        self.signed = Some((encode(&signed), signed.submission.id(), count));
    }

    /// Posts what is signed, and waits for the answer. After an error it may be posted again, to whatever node.
    pub fn post(&mut self) -> Result<Said, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.address)?,
        };
        let (status, body) = connection.ask("POST", RECORDS, self.signed_bytes()?)?;
        self.connection = Some(connection);
        self.said(status, &body)
    }

    /// The connection for a task, on which [`Client::post_on`] posts.
    pub fn for_task(&mut self) -> Result<TaskConnection, Failure> {
        self.connection.take().ok_or("no connection")?.into_task()
    }

    /// As [`Client::post`], in a task.
    pub async fn post_on(&mut self, connection: &mut TaskConnection) -> Result<Said, Failure> {
        let (status, body) = connection.ask("POST", RECORDS, self.signed_bytes()?).await?;
        self.said(status, &body)
    }

    fn signed_bytes(&self) -> Result<&[u8], Failure> {
        Ok(self.signed.as_ref().map(|(bytes, ..)| bytes.as_slice()).ok_or("nothing is signed")?)
    }

    /// Takes the answer to what is signed.
    fn said(&mut self, status: u16, body: &[u8]) -> Result<Said, Failure> {
        match (status, self.signed.take()) {
            (200, Some((_, id, _))) => {
                self.lane = LaneState { next: self.lane.next.saturating_add(1), previous: id };
                Ok(Said::Recorded { refused: refused(body) })
            }
            (429, signed) => {
                self.signed = signed;
                Ok(Said::Busy)
            }
            (_, signed) => {
                self.signed = signed;
                Err(format!("{status} {}", String::from_utf8_lossy(body)).into())
            }
        }
    }

    /// Signs events, and posts them until they are on the ledger: how long that took from the first post.
    pub fn record(&mut self, payloads: Vec<Vec<u8>>) -> Result<Duration, Failure> {
        self.sign(payloads);
        let begun = Instant::now();
        while self.post()? == Said::Busy {
            std::thread::sleep(super::load::BUSY_WAIT);
        }
        Ok(begun.elapsed())
    }
}

/// The codes of an answer's receipts that are not 0.
fn refused(body: &[u8]) -> Vec<u16> {
    const CODE: &str = r#""code":"#;
    let text = String::from_utf8_lossy(body);
    let codes = text.split(CODE).skip(1).filter(|rest| !rest.starts_with('0'));
    codes.filter_map(|rest| rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()).collect()
}
