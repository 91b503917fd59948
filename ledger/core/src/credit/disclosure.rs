//! What a firm says of itself, with a pledge that it is true, and whether an authority has found it so (`01-seed-systems.md`
//! C2, C3).

use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::named::named;

named! {
    /// What a disclosure is about.
    pub enum Topic {
        /// How contracts are performed.
        Fulfilment "fulfilment",
        /// Qualifications and certificates.
        Qualification "qualification",
        /// How the firm operates.
        Operation "operation",
        /// What it does for the public.
        PublicWelfare "public_welfare",
    }
}

named! {
    /// What an authority found of a disclosure.
    pub enum Finding {
        /// It is so.
        Verified "verified",
        /// It is not: the pledge that it is true is broken.
        False "false",
    }
}

/// What a firm says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disclosure {
    /// What about.
    pub topic: Topic,
    /// What it says.
    pub content: Hash,
    /// The pledge that it is true.
    pub pledge: Hash,
}

/// Whether that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// The disclosure.
    pub disclosure: Hash,
    /// What was found.
    pub result: Finding,
    /// What shows it.
    pub evidence: Hash,
}

impl Disclosure {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Disclosure, InvalidRecord> {
        Ok(Disclosure {
            topic: members.one_of("topic", Topic::from_name)?,
            content: members.hash("content")?,
            pledge: members.hash("truthPledge")?,
        })
    }
}

impl Verification {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Verification, InvalidRecord> {
        Ok(Verification {
            disclosure: members.hash("disclosure")?,
            result: members.one_of("result", Finding::from_name)?,
            evidence: members.hash("evidence")?,
        })
    }
}
