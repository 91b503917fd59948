//! What `suyuan epcis validate` answers, for people and for machines. Both are written as the
//! documents are read, and keep nothing.

use std::io::{self, Write};

use serde::Serialize;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::{PROBLEMS_MAX, Problem, Reason};

use super::validate::Tally;
use crate::cli::machine::{self, List, ProblemEntry, ReasonEntry};
use crate::cli::screen::{Answers, Screen, printable, problem_lines};
use crate::cli::text::{Counted, count, pick};

/// Takes what is found, in order.
pub trait Report {
    /// Before everything.
    fn begin(&mut self) -> io::Result<()>;
    /// A document follows.
    fn begin_file(&mut self, name: &str) -> io::Result<()>;
    /// A problem of the document.
    fn problem(&mut self, name: &str, problem: &Problem) -> io::Result<()>;
    /// The document's end; `failure` says why it was not read to it.
    fn end_file(&mut self, name: &str, tally: &Tally, failure: Option<&Reason>) -> io::Result<()>;
    /// After everything.
    fn end(&mut self, total: &Tally, valid: bool) -> io::Result<()>;
}

/// For people: two lines a problem, a line a document, a line for all.
pub struct People {
    sink: Answers,
    language: Language,
    files: u64,
    not_read: u64,
}

impl People {
    /// Reports on the screen.
    pub fn new(screen: &Screen) -> Self {
        People { sink: screen.answers(), language: screen.language, files: 0, not_read: 0 }
    }

    fn summary(&self, tally: &Tally) -> String {
        let language = self.language;
        let separator = if language == Language::Zh { "，" } else { ", " };
        let parts =
            [(tally.events, Counted::Events), (tally.errors, Counted::Errors), (tally.warnings, Counted::Warnings)];
        let mut summary = parts.map(|(number, counted)| count(number, counted, language)).join(separator);
        if tally.truncated > 0 {
            let number = tally.truncated;
            summary.push_str(&match language {
                Language::En => format!(" and {number} problems more (at most {PROBLEMS_MAX} are shown an event)"),
                Language::Zh => format!("，另有 {number} 个问题未显示（每个事件最多显示 {PROBLEMS_MAX} 个）"),
            });
        }
        if tally.broken_off {
            summary.push_str(pick(self.language, "; what follows the fault was not read", "；故障之后的内容未能读取"));
        }
        summary
    }
}

impl Report for People {
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn begin_file(&mut self, _: &str) -> io::Result<()> {
        self.files += 1;
        Ok(())
    }

    fn problem(&mut self, name: &str, problem: &Problem) -> io::Result<()> {
        self.sink.write_all(problem_lines(name, problem, self.language).as_bytes())
    }

    fn end_file(&mut self, name: &str, tally: &Tally, failure: Option<&Reason>) -> io::Result<()> {
        self.not_read += u64::from(failure.is_some());
        match failure {
            // Said on standard error; nothing was found out.
            Some(_) if *tally == Tally::default() => Ok(()),
            _ => writeln!(self.sink, "{}: {}", printable(name), self.summary(tally)),
        }
    }

    fn end(&mut self, total: &Tally, _: bool) -> io::Result<()> {
        if self.files < 2 {
            return Ok(());
        }
        let mut files = count(self.files, Counted::Files, self.language);
        if self.not_read > 0 {
            files.push_str(&match self.language {
                Language::En => format!(" ({} could not be read)", self.not_read),
                Language::Zh => format!("（其中 {} 个无法读取）", self.not_read),
            });
        }
        let summary = self.summary(total);
        match self.language {
            Language::En => writeln!(self.sink, "in all: {files}, {summary}"),
            Language::Zh => writeln!(self.sink, "合计: {files}，{summary}"),
        }
    }
}

/// For machines: one JSON document.
pub struct Machine {
    sink: Answers,
    language: Language,
    files: List,
    problems: List,
}

#[derive(Serialize)]
struct Ending<'a> {
    events: u64,
    errors: u64,
    warnings: u64,
    truncated: u64,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a ReasonEntry>,
}

impl Machine {
    /// Reports on the screen.
    pub fn new(screen: &Screen) -> Self {
        let (files, problems) = (List::default(), List::default());
        Machine { sink: screen.answers(), language: screen.language, files, problems }
    }
}

impl Report for Machine {
    fn begin(&mut self) -> io::Result<()> {
        self.sink.write_all(b"{\"files\":[")
    }

    fn begin_file(&mut self, name: &str) -> io::Result<()> {
        self.files.next(&mut self.sink)?;
        self.sink.write_all(b"{\"file\":")?;
        machine::write(&name, &mut self.sink)?;
        self.problems = List::default();
        self.sink.write_all(b",\"problems\":[")
    }

    fn problem(&mut self, _: &str, problem: &Problem) -> io::Result<()> {
        self.problems.next(&mut self.sink)?;
        machine::write(&ProblemEntry::new(problem, self.language), &mut self.sink)
    }

    fn end_file(&mut self, _: &str, tally: &Tally, failure: Option<&Reason>) -> io::Result<()> {
        let failure = failure.map(|reason| ReasonEntry::new(reason, self.language));
        let ending = serde_json::to_string(&Ending {
            events: tally.events,
            errors: tally.errors,
            warnings: tally.warnings,
            truncated: tally.truncated,
            complete: !tally.broken_off && failure.is_none(),
            failure: failure.as_ref(),
        })?;
        // The object is open: its remaining members follow, without their own brace.
        write!(self.sink, "],{}", ending.strip_prefix('{').unwrap_or(&ending))
    }

    fn end(&mut self, _: &Tally, valid: bool) -> io::Result<()> {
        writeln!(self.sink, "\n],\"valid\":{valid}}}")
    }
}
