//! `suyuan epcis validate`

use std::io;

use suyuan_epcis::document::{Item, ReadError};
use suyuan_epcis::problem::{Problem, Problems, Reason};

use super::judge::Judge;
use super::read_items;
use super::report::{Machine, People, Report};
use crate::cli::arguments::ValidateArguments;
use crate::cli::outcome::{Outcome, read_reason};
use crate::cli::screen::Screen;
use crate::cli::sources::{Source, expand};

/// What was found in one document, or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events, broken ones included.
    pub events: u64,
    /// Problems that are errors.
    pub errors: u64,
    /// Problems that are warnings.
    pub warnings: u64,
    /// Problems beyond those kept an event, of either kind.
    pub truncated: u64,
    /// Whether a document is so broken that its rest could not be read.
    pub broken_off: bool,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.events += other.events;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.truncated += other.truncated;
        self.broken_off |= other.broken_off;
    }

    fn count(&mut self, problem: &Problem) {
        match problem.is_error() {
            true => self.errors += 1,
            false => self.warnings += 1,
        }
    }

    /// Nothing found that refuses the document. Where there is an error, one at least is kept.
    fn is_valid(&self) -> bool {
        self.errors == 0
    }
}

/// Checks every document, and reports as it goes.
pub fn run(options: &ValidateArguments, screen: &mut Screen) -> io::Result<Outcome> {
    let mut report: Box<dyn Report> = match options.json {
        true => Box::new(Machine::new(screen)),
        false => Box::new(People::new(screen)),
    };
    let (mut total, mut outcome) = (Tally::default(), Outcome::Done);
    report.begin()?;
    for source in expand(&options.paths) {
        let (name, (tally, failure)) = match source {
            Ok(source) => (source.name(), check(&source, report.as_mut(), screen)?),
            Err(missing) => {
                report.begin_file(&missing.name)?;
                (missing.name, (Tally::default(), Some((missing.reason, missing.outcome))))
            }
        };
        report.end_file(&name, &tally, failure.as_ref().map(|(reason, _)| reason))?;
        if let Some((reason, failed)) = failure {
            screen.complain_of(&name, reason)?;
            outcome.worsen(failed);
        }
        if !tally.is_valid() {
            outcome.worsen(Outcome::No);
        }
        total.add(&tally);
    }
    report.end(&total, outcome == Outcome::Done)?;
    Ok(outcome)
}

/// What was found; where reading failed, why, and what that makes of the command.
type Checked = (Tally, Option<(Reason, Outcome)>);

fn check(source: &Source, report: &mut dyn Report, screen: &mut Screen) -> io::Result<Checked> {
    let name = source.name();
    let mut tally = Tally::default();
    let mut judge = None;
    report.begin_file(&name)?;
    let ended = read_items(source, screen, &mut |item, _| {
        let problems = judged(item, &mut judge, &mut tally);
        tally.truncated += problems.dropped;
        for problem in &problems.list {
            tally.count(problem);
            report.problem(&name, problem)?;
        }
        Ok(())
    })?;
    match ended {
        Ok(()) => Ok((tally, None)),
        Err(ReadError::Malformed(problem)) => {
            tally.count(&problem);
            // Without a place nothing of it was read at all.
            tally.broken_off = problem.place.event.is_some() || problem.place.line.is_some();
            report.problem(&name, &problem)?;
            Ok((tally, None))
        }
        Err(ReadError::Io(error)) => Ok((tally, Some((read_reason(&error), Outcome::Failed)))),
    }
}

fn judged(item: Item<'_>, judge: &mut Option<Judge>, tally: &mut Tally) -> Problems {
    match item {
        Item::Header(header, mut problems) => {
            *judge = Some(Judge::new(*header, &mut problems));
            problems
        }
        Item::Event(event, mut problems, lines) => {
            tally.events += 1;
            if let Some(judge) = judge {
                judge.event(&event, &mut problems, lines);
            }
            problems
        }
        Item::End(_, problems) => problems,
    }
}
