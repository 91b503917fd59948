//! What an authority calls a firm's attention to: prompts, warnings, talks, each with a day by which it is to be done
//! (`01-seed-systems.md` C18). It is for the firm and for authorities, and scores nothing.

use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::named::named;

named! {
    /// A kind of notice.
    pub enum NoticeKind {
        /// 提示
        Prompt "prompt",
        /// 警示
        Warning "warning",
        /// 约谈
        Talk "talk",
    }
}

/// A notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Which kind.
    pub kind: NoticeKind,
    /// The record that it is about, of whatever type; none if it is about none.
    pub about: Option<Hash>,
    /// By when what it asks for is to be done.
    pub due: Day,
    /// Its text.
    pub document: Hash,
}

/// That what a notice asks for is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeDone {
    /// The notice.
    pub notice: Hash,
    /// What shows it.
    pub document: Hash,
}

impl Notice {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Notice, InvalidRecord> {
        Ok(Notice {
            kind: members.one_of("kind", NoticeKind::from_name)?,
            about: members.optional_hash("about")?,
            due: members.day("due")?,
            document: members.hash("document")?,
        })
    }
}

impl NoticeDone {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<NoticeDone, InvalidRecord> {
        Ok(NoticeDone { notice: members.hash("notice")?, document: members.hash("document")? })
    }
}
