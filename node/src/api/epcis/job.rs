//! A capture job: what became of one document, as the standard's `CaptureJob` says it and as it is kept on disk.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::{Place, Reason};

use super::answer::Exception;
use crate::codes::epcis as codes;
use crate::times::time_text;

/// Errors that a job lists; all are counted.
pub const ERRORS_MAX: usize = 200;

/// Characters of the place of an error.
const POINTER_CHARACTERS_MAX: usize = 1_000;

/// What is done about an error in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Behaviour {
    /// The document is recorded as a whole or not at all.
    Rollback,
    /// What is good is recorded.
    Proceed,
}

impl Behaviour {
    /// Its name in headers and jobs.
    pub fn name(self) -> &'static str {
        match self {
            Behaviour::Rollback => "rollback",
            Behaviour::Proceed => "proceed",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Behaviour> {
        [Behaviour::Rollback, Behaviour::Proceed].into_iter().find(|behaviour| behaviour.name() == name)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id: later ones are greater.
    pub id: String,
    /// What is done about errors.
    pub behaviour: Behaviour,
    /// When it came, milliseconds since 1970.
    pub created: i64,
    /// When it ended.
    pub finished: Option<i64>,
    /// Bytes of its document.
    pub bytes: u64,
    /// The account that sent it, if one did.
    pub account: Option<String>,
    /// How often the node stopped while it was at work.
    pub interruptions: u32,
    /// Events that are recorded.
    pub recorded: u64,
    /// Events that had been recorded before.
    pub duplicates: u64,
    /// The height of the last block with events of it, 0 if there is none.
    pub height: u64,
    /// What is wrong, as far as it is listed.
    pub errors: Vec<Value>,
    /// How many errors there are.
    pub errors_count: u64,
}

impl Job {
    /// A job that waits.
    pub fn new(id: String, behaviour: Behaviour, created: i64, account: Option<String>) -> Job {
        Job {
            id,
            behaviour,
            created,
            finished: None,
            bytes: 0,
            account,
            interruptions: 0,
            recorded: 0,
            duplicates: 0,
            height: 0,
            errors: Vec::new(),
            errors_count: 0,
        }
    }

    /// Begins anew: what an earlier run counted is counted again.
    pub fn begin(&mut self) {
        (self.recorded, self.duplicates, self.height) = (0, 0, 0);
        (self.errors, self.errors_count) = (Vec::new(), 0);
    }

    /// Notes an error.
    pub fn fault(&mut self, reason: &Reason, place: &Place) {
        self.errors_count = self.errors_count.saturating_add(1);
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(error_json(reason, place, StatusCode::BAD_REQUEST, Exception::Validation));
        }
    }

    /// Notes an error that no event is to blame for.
    pub fn failure(&mut self, reason: &Reason) {
        self.errors_count = self.errors_count.saturating_add(1);
        let (status, exception) = match *reason.code == *codes::ROLLBACK_LIMIT {
            true => (StatusCode::PAYLOAD_TOO_LARGE, Exception::CaptureLimit),
            false => (StatusCode::INTERNAL_SERVER_ERROR, Exception::Implementation),
        };
        self.errors.push(error_json(reason, &Place::default(), status, exception));
    }

    /// Ends it.
    pub fn finish(&mut self, now: i64) {
        self.finished = Some(now);
        let more = self.errors_count.saturating_sub(self.errors.len() as u64);
        if more > 0 {
            let reason = Reason::new(codes::MORE_ERRORS, &[&more.to_string()]);
            self.errors.push(error_json(&reason, &Place::default(), StatusCode::BAD_REQUEST, Exception::Validation));
        }
    }

    /// The job document of the standard. What it does not know has a prefix of ours.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "captureID": self.id,
            "createdAt": time_text(self.created),
            "running": self.finished.is_none(),
            "success": self.errors_count == 0,
            "captureErrorBehaviour": self.behaviour.name(),
            "errors": self.errors,
            "suyuan:recorded": self.recorded,
            "suyuan:duplicates": self.duplicates,
            "suyuan:height": self.height,
        });
        if let Some(finished) = self.finished {
            document["finishedAt"] = json!(time_text(finished));
        }
        if self.interruptions > 0 {
            // It was running when the node stopped, and was begun again.
            document["suyuan:interruptions"] = json!(self.interruptions);
        }
        document
    }
}

/// An error as RFC 7807 has it, with its code and where in the document it is.
pub fn error_json(reason: &Reason, place: &Place, status: StatusCode, exception: Exception) -> Value {
    let mut error = json!({
        "type": exception.name(),
        "title": reason.what(Language::En),
        "status": status.as_u16(),
        "detail": reason.remedy(Language::En),
        "code": reason.code.id,
    });
    if let Some(event) = place.event {
        error["event"] = json!(event);
    }
    if !place.pointer.is_empty() {
        // Names within it can be of any length.
        error["pointer"] = json!(place.pointer.chars().take(POINTER_CHARACTERS_MAX).collect::<String>());
    }
    if let Some(line) = place.line {
        error["line"] = json!(line);
    }
    error
}
