//! Where a lane stands, in a file beside the key: what was last receipted, so that the next submission can be
//! signed without asking the node.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::{LaneState, SignedSubmission};

use crate::durable;

const FILE_BYTES_MAX: usize = 1 << 10;

/// A lane's state as the file and the node's answer to `lanes/{key}` have it.
#[derive(Serialize, Deserialize)]
struct LaneText {
    next: u64,
    previous: String,
}

/// Reads a lane's state: `{"next":…,"previous":"…"}`.
pub fn from_json(bytes: &[u8]) -> Option<LaneState> {
    let text: LaneText = serde_json::from_slice(bytes).ok()?;
    Some(LaneState { next: text.next, previous: Hash::from_hex(&text.previous)? })
}

/// Writes a lane's state.
pub fn to_json(lane: LaneState) -> Vec<u8> {
    let text = LaneText { next: lane.next, previous: lane.previous.to_string() };
    // A number and a text: writing them to memory does not fail.
    serde_json::to_vec(&text).unwrap_or_default()
}

/// Where a lane stands once a submission is in it.
pub fn after(submission: &SignedSubmission) -> LaneState {
    let (next, previous) = (submission.submission.sequence.saturating_add(1), submission.submission.id());
    LaneState { next, previous }
}

/// The file of one lane.
pub struct LaneFile(PathBuf);

impl LaneFile {
    /// The file beside a key's file: its name with `.lane` behind it.
    pub fn beside(key_file: &Path) -> LaneFile {
        let mut name = key_file.as_os_str().to_owned();
        name.push(".lane");
        LaneFile(PathBuf::from(name))
    }

    /// The file at this path.
    pub fn at(path: PathBuf) -> LaneFile {
        LaneFile(path)
    }

    /// The state kept; `None` if none is, and the node must be asked.
    pub fn load(&self) -> Result<Option<LaneState>, Reason> {
        let damaged = || Reason::new(codes::QUEUE_DAMAGED, &[&self.0.display().to_string()]);
        match durable::read(&self.0, FILE_BYTES_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error)),
            Ok(bytes) => from_json(&bytes.ok_or_else(damaged)?).ok_or_else(damaged).map(Some),
        }
    }

    /// Keeps a state.
    pub fn save(&self, lane: LaneState) -> Result<(), Reason> {
        durable::replace(&self.0, &to_json(lane)).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Reason {
        Reason::new(codes::QUEUE_IO, &[&self.0.display().to_string(), &error.to_string()])
    }
}
