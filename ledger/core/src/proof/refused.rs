//! Why a proof is refused.

use std::fmt;

use suyuan_epcis::codes::{Code, proof};

use super::wire::WireError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:ident),+ $(,)?) => {
        /// What is wrong with a proof.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusedCode { $($(#[$doc])* $name),+ }

        impl RefusedCode {
            /// All of them.
            pub const ALL: &[RefusedCode] = &[$(RefusedCode::$name),+];

            /// Its entry in the registry: stable name, texts, remedy.
            pub fn code(self) -> &'static Code {
                match self { $(RefusedCode::$name => proof::$code),+ }
            }

            /// Its stable name.
            pub fn text(self) -> &'static str {
                self.code().id
            }
        }
    };
}

codes! {
    /// More bytes than a proof may have, or more of something in it.
    Size SIZE,
    /// Not the bytes of such a proof, or not the only ones that it can be written as.
    Form FORM,
    /// For another chain than the trusted one.
    Chain CHAIN,
    /// Decided by validators whom the trust does not lead to.
    Validators VALIDATORS,
    /// Older than what is trusted already.
    Stale STALE,
    /// What is trusted is older than whoever trusts it allows.
    Expired EXPIRED,
    /// The certificate does not decide the header, or a header is not the one that is pinned.
    Certificate CERTIFICATE,
    /// An event's place, links or names are not in order.
    Event EVENT,
    /// The payload is not that of the event's digest, or nothing can be derived from it.
    Payload PAYLOAD,
    /// The links that the payload gives are not those that were recorded.
    Links LINKS,
    /// Names are not those under an event's names root.
    Names NAMES,
    /// Runs of subjects are not in order.
    Subject SUBJECT,
    /// An event shown names a part of subjects whose history is claimed to be the same.
    Cut CUT,
    /// A pruned log does not fit the events shown.
    Log LOG,
    /// The subjects shown are not those under the state root.
    State STATE,
    /// The answer needs a subject that is not shown.
    Missing MISSING,
    /// The answer needs entries of a log that are pruned.
    Pruned PRUNED,
    /// An event is shown that nothing places on the ledger.
    Unanchored UNANCHORED,
    /// Something is shown that the answer does not need.
    Superfluous SUPERFLUOUS,
    /// The queried subject is not proved to be absent.
    Absence ABSENCE,
    /// The path of an event, a submission or a receipt does not lead to its root.
    Path PATH,
    /// A submission is not signed by its key.
    Signature SIGNATURE,
}

/// Where in a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The proof as a whole.
    Proof,
    /// So many bytes from its beginning.
    Byte(usize),
    /// The event shown at this place, from 0.
    Event(usize),
    /// The subject with this number.
    Subject(u64),
}

/// Why a proof is refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub code: RefusedCode,
    /// Where.
    pub place: Place,
}

impl RefusedCode {
    /// Of the proof as a whole.
    pub(crate) fn whole(self) -> Refused {
        Refused { code: self, place: Place::Proof }
    }

    /// Of an event shown.
    pub(crate) fn event(self, index: usize) -> Refused {
        Refused { code: self, place: Place::Event(index) }
    }

    /// Of a subject.
    pub(crate) fn subject(self, number: u64) -> Refused {
        Refused { code: self, place: Place::Subject(number) }
    }

    /// `Err` unless it holds.
    pub(crate) fn unless(self, holds: bool, place: Place) -> Result<(), Refused> {
        match holds {
            true => Ok(()),
            false => Err(Refused { code: self, place }),
        }
    }
}

impl WireError {
    /// As the reason at so many bytes from the beginning.
    pub(crate) fn at(self, position: usize) -> Refused {
        let code = match self {
            WireError::Malformed => RefusedCode::Form,
            WireError::TooMany => RefusedCode::Size,
        };
        Refused { code, place: Place::Byte(position) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code.text())?;
        match self.place {
            Place::Proof => Ok(()),
            Place::Byte(position) => write!(formatter, " at byte {position}"),
            Place::Event(index) => write!(formatter, " at event {index}"),
            Place::Subject(number) => write!(formatter, " at subject {number}"),
        }
    }
}

impl std::error::Error for Refused {}
