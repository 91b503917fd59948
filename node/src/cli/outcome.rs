//! How a command ended, as its exit code says it.

use std::io;
use std::process::ExitCode;

use suyuan_epcis::input::SpoolError;
use suyuan_epcis::problem::Reason;

use crate::codes;

/// The weightiest of several outcomes is the command's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 0: done, and the answer is yes.
    Done,
    /// 1: done, and the answer is no: invalid, not an identifier.
    No,
    /// 2: used wrongly.
    WrongUse,
    /// 3: could not do it.
    Failed,
}

impl Outcome {
    /// Takes the weightier.
    pub fn worsen(&mut self, other: Outcome) {
        *self = (*self).max(other);
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::No => 1,
            Outcome::WrongUse => 2,
            Outcome::Failed => 3,
        })
    }
}

/// Why a file could not be read.
pub fn read_reason(error: &io::Error) -> Reason {
    if let Some(spool) = error.get_ref().and_then(|inner| inner.downcast_ref::<SpoolError>()) {
        return Reason::new(codes::CANNOT_SPOOL, &[&spool.folder.display().to_string(), &spool.error.to_string()]);
    }
    match error.kind() {
        io::ErrorKind::NotFound => Reason::new(codes::NOT_FOUND, &[]),
        io::ErrorKind::PermissionDenied => Reason::new(codes::NOT_PERMITTED, &[]),
        _ => Reason::new(codes::CANNOT_READ, &[&error.to_string()]),
    }
}

/// Why a file could not be written.
pub fn write_reason(error: &io::Error) -> Reason {
    Reason::new(codes::CANNOT_WRITE, &[&error.to_string()])
}
