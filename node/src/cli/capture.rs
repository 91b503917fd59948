//! `suyuan capture`

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use suyuan_epcis::codes::{Code, Language, Severity};
use suyuan_epcis::document::ReadError;
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Place as Spot, Problem, Reason};
use suyuan_ledger::profile::{Judged, ProductClass};
use suyuan_sdk::queue::{QUEUE_BYTES_MAX, Queue};
use suyuan_sdk::recall;
use suyuan_sdk::signer::{MemorySigner, Signer};

use super::arguments::CaptureArguments;
use super::found::{is_insecure_by_the_way, new_chain, say_new_chain};
use super::machine::ProblemEntry;
use super::outcome::{Outcome, read_reason};
use super::place::{Failure, Place, outcome_of, place, remote, start, unlock};
use super::screen::{Screen, printable};
use super::sources::{Source, expand};
use super::text::{self, pick};
use crate::capture::{Capture, CaptureError, Refuse, Said, Tally, rehearse};
use crate::codes::node as codes;
use crate::link::Link;
use crate::open::{Opened, is_there, spool_folder};
use crate::profiles::profile_json;

/// Problems that an answer in JSON lists; all are counted.
const PROBLEMS_MAX: usize = 10_000;
/// Flagged events that people are shown; all are counted.
const FLAGGED_LINES_MAX: usize = 20;

/// Receipts and problems, as they come.
struct Report<'a> {
    screen: &'a mut Screen,
    json: bool,
    file: String,
    problems: Vec<Value>,
    omitted: u64,
    receipts: Vec<Value>,
    flagged: Vec<Value>,
    /// How many events have each flag or remark, and what the first of them says.
    flags: BTreeMap<&'static str, (Reason, u64)>,
    profiles: Vec<Value>,
    /// Events that follow a profile, and lines shown of them.
    judged: u64,
    judged_lines: usize,
    height: u64,
    resumed: u64,
    /// Whether a document as a whole has errors.
    unsound: bool,
}

impl Report<'_> {
    fn hear(&mut self, said: Said<'_>) -> io::Result<()> {
        match said {
            Said::Problem(problem) => {
                let is_error = problem.reason.code.severity == Severity::Error;
                self.unsound |= is_error && problem.place.event.is_none();
                self.problem(problem)
            }
            Said::Flagged { event, flags } => self.flagged(event, flags),
            Said::Profile { event, profile } => self.profile(event, profile),
            Said::Receipt { height, submission, events } => {
                self.height = height;
                if self.json && self.receipts.len() < PROBLEMS_MAX {
                    self.receipts.push(json!({"height": height, "submission": submission, "events": events}));
                } else if !self.json {
                    let language = self.screen.language;
                    let (at, of) = (pick(language, "height", "高度"), pick(language, "events", "个事件"));
                    writeln!(self.screen.answers(), "  {at} {height}  {submission}  {events} {of}")?;
                }
                Ok(())
            }
            Said::Resumed(groups) => {
                self.resumed = groups;
                if !self.json {
                    let words = pick(self.screen.language, "submissions kept from an earlier run", "次先前保存的提交");
                    writeln!(self.screen.answers(), "  {groups} {words}")?;
                }
                Ok(())
            }
        }
    }

    fn flagged(&mut self, event: Option<u64>, flags: &[&'static Code]) -> io::Result<()> {
        for code in flags {
            self.count(Reason::new(code, &[]));
        }
        let ids: Vec<&str> = flags.iter().map(|code| code.id).collect();
        let shown = if self.json { PROBLEMS_MAX } else { FLAGGED_LINES_MAX };
        if self.flagged.len() >= shown {
            self.omitted += u64::from(self.json);
            return Ok(());
        }
        if !self.json {
            let place = text::place(&Spot { event, ..Spot::default() }, self.screen.language);
            writeln!(self.screen.answers(), "  {} {place}: {}", printable(&self.file), ids.join(" "))?;
        }
        self.flagged.push(json!({"file": self.file, "event": event, "flags": ids}));
        Ok(())
    }

    fn count(&mut self, reason: Reason) {
        self.flags.entry(reason.code.id).or_insert((reason, 0)).1 += 1;
    }

    fn profile(&mut self, event: Option<u64>, profile: &Judged) -> io::Result<()> {
        self.judged += 1;
        let mut told = BTreeSet::new();
        for reason in profile.remarks.iter().filter(|reason| told.insert(reason.code.id)) {
            self.count(reason.clone());
        }
        if self.json {
            if self.profiles.len() >= PROBLEMS_MAX {
                self.omitted += 1;
                return Ok(());
            }
            let mut said = profile_json(event, profile);
            if let Value::Object(members) = &mut said {
                members.insert("file".to_owned(), json!(self.file));
            }
            self.profiles.push(said);
            return Ok(());
        }
        if profile.remarks.is_empty() || self.judged_lines >= FLAGGED_LINES_MAX {
            return Ok(());
        }
        self.judged_lines += 1;
        let line = profile_line(profile, self.screen.language);
        let place = text::place(&Spot { event, ..Spot::default() }, self.screen.language);
        writeln!(self.screen.answers(), "  {} {place}: {line}", printable(&self.file))
    }

    fn problem(&mut self, problem: &Problem) -> io::Result<()> {
        if !self.json {
            return self.screen.complain(&self.file, problem);
        }
        if self.problems.len() >= PROBLEMS_MAX {
            self.omitted += 1;
            return Ok(());
        }
        let mut entry = serde_json::to_value(ProblemEntry::new(problem, self.screen.language))?;
        if let Value::Object(members) = &mut entry {
            members.insert("file".to_owned(), json!(self.file));
        }
        self.problems.push(entry);
        Ok(())
    }

    /// Says that a document can't be read.
    fn unreadable(&mut self, reason: Reason) -> io::Result<()> {
        self.problem(&Problem { reason, place: Default::default() })
    }

    fn end(&mut self, tally: Tally, unreadable: u64) -> io::Result<()> {
        let mut sink = self.screen.answers();
        if self.json {
            let said = json!({"accepted": tally.accepted, "duplicates": tally.duplicates, "refused": tally.refused,
                "flagged": tally.flagged, "unreadable": unreadable, "resumed": self.resumed, "height": self.height,
                "receipts": self.receipts, "flags": self.flagged, "profiles": self.profiles,
                "problems": self.problems, "omitted": self.omitted});
            return writeln!(sink, "{said}");
        }
        let language = self.screen.language;
        let mut said = format!(
            "{} {}, {} {}, {} {}",
            pick(language, "accepted", "已接受"),
            tally.accepted,
            pick(language, "duplicates", "重复"),
            tally.duplicates,
            pick(language, "refused", "被拒"),
            tally.refused,
        );
        if tally.flagged > 0 {
            said.push_str(&format!(", {} {}", pick(language, "flagged", "有备注"), tally.flagged));
        }
        if unreadable > 0 {
            said.push_str(&format!(", {} {unreadable}", pick(language, "not read to the end", "未能读完")));
        }
        if self.judged > 0 {
            said.push_str(&format!(", {} {}", pick(language, "judged by a profile", "按产品类别评估"), self.judged));
        }
        for (reason, count) in self.flags.values() {
            writeln!(sink, "  {} × {count}: {}", reason.code.id, printable(&reason.what(language)))?;
        }
        writeln!(sink, "{said}")
    }
}

/// `F7.SHIP INFANT: complete 750‰, in time 800‰; REC-FIELD_MISSING REC-LATE (missing: eta)`
fn profile_line(profile: &Judged, language: Language) -> String {
    let class = profile.class.map_or("-", ProductClass::code);
    let mut line = format!("{} {class}", profile.record_type.unwrap_or("-"));
    let words = [
        (pick(language, "complete", "完整"), profile.completeness),
        (pick(language, "in time", "及时"), profile.timeliness),
    ];
    for (word, thousandths) in words {
        if let Some(thousandths) = thousandths {
            line.push_str(&format!(", {word} {thousandths}‰"));
        }
    }
    let mut codes: Vec<&str> = profile.remarks.iter().map(|reason| reason.code.id).collect();
    codes.dedup();
    line.push_str(&format!("; {}", codes.join(" ")));
    if !profile.missing.is_empty() {
        line.push_str(&format!(" ({}: {})", pick(language, "missing", "缺少"), profile.missing.join(", ")));
    }
    line
}

/// Captures documents.
pub fn run(options: &CaptureArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match place(&options.place, true) {
        Place::Node(url) => {
            let remote = remote(&url, &options.place)?;
            let key = options.key.as_ref().ok_or_else(|| Reason::new(codes::KEY_MISSING, &[&url]))?;
            let signer = unlock(key, &options.unlock, false)?;
            let mut spool = key.clone().into_os_string();
            spool.push(".spool");
            documents(options, Link::Remote(&remote), &signer, Path::new(&spool), screen)
        }
        Place::Directory(path) => {
            if !is_there(&path) || !path.join("genesis.json").exists() {
                let insecure = is_insecure_by_the_way(&options.unlock);
                let uri = new_chain(&path, options.organisation.as_deref(), &options.unlock, insecure)?;
                say_new_chain(&path, &uri, insecure, screen)?;
            }
            let opened = Opened::open(&path)?;
            let key = options.key.clone().unwrap_or_else(|| opened.device_key());
            let signer = unlock(&key, &options.unlock, opened.configuration.allow_unencrypted_keys)?;
            let node = start(opened, &options.unlock)?;
            let spool = spool_folder(&path).join(signer.key_id().to_string());
            let outcome = documents(options, Link::to(&node), &signer, &spool, screen);
            let closed = node.close();
            let outcome = outcome?;
            match closed {
                // Why the writer stopped has been said.
                Err(_) if outcome == Outcome::Failed => Ok(outcome),
                Err(reason) => Err(reason.into()),
                Ok(()) => Ok(outcome),
            }
        }
    }
}

fn documents(
    options: &CaptureArguments,
    link: Link<'_>,
    signer: &MemorySigner,
    spool: &Path,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let (mut inputs, mut outcome, mut unreadable) = (Vec::new(), Outcome::Done, 0u64);
    let mut report = Report {
        screen,
        json: options.json,
        file: String::new(),
        problems: Vec::new(),
        omitted: 0,
        receipts: Vec::new(),
        flagged: Vec::new(),
        flags: BTreeMap::new(),
        profiles: Vec::new(),
        judged: 0,
        judged_lines: 0,
        height: 0,
        resumed: 0,
        unsound: false,
    };
    for source in expand(&options.paths) {
        match source {
            Ok(source) => inputs.push((source, None)),
            Err(missing) => {
                report.file = missing.name;
                report.unreadable(missing.reason)?;
                unreadable += 1;
                outcome.worsen(missing.outcome);
            }
        }
    }
    if options.rollback {
        let mut view = if options.recalled_anyway { None } else { Some(link.view()?) };
        let mut refuse = |payload: &[u8]| match &mut view {
            None => Ok(None),
            Some(view) => {
                view.look_ahead(std::iter::once(payload))?;
                recall::refuse::<Reason>(payload, &mut |key| view.recall_of(key))
            }
        };
        let bad = rehearse_all(&mut inputs, &mut refuse, &mut report, &mut outcome)?.saturating_add(unreadable);
        if bad > 0 {
            report.problems.retain(|problem| problem["severity"] == "error");
            let reason = Reason::new(codes::ROLLED_BACK, &[&bad.to_string()]);
            report.file = "suyuan".to_owned();
            report.unreadable(reason)?;
            report.end(Tally { refused: bad, ..Tally::default() }, unreadable)?;
            outcome.worsen(Outcome::No);
            return Ok(outcome);
        }
        report.problems.clear();
    }
    let group = usize::try_from(options.group).unwrap_or(usize::MAX);
    let queue = Queue::open(spool, signer.key_id(), QUEUE_BYTES_MAX)?;
    let mut capture = Capture::new(link, signer, Some(queue), group)?;
    capture.refuses_recalled = !options.recalled_anyway;
    let resumed = capture.resume(&mut |said| report.hear(said));
    let mut ended = settle(resumed.map(|()| true), &mut report, &mut outcome)?;
    for (source, kept) in inputs {
        if ended == Ended::Stop {
            break;
        }
        report.file = source.name();
        let opened = kept.map_or_else(|| source.open(), Ok);
        let mut input = match opened {
            Ok(input) => report.screen.watch(input, &source.name()),
            Err(error) => {
                report.unreadable(read_reason(&error))?;
                unreadable += 1;
                outcome.worsen(Outcome::Failed);
                continue;
            }
        };
        let captured = capture.document(&mut input, &mut |said| report.hear(said));
        report.screen.unwatch();
        unreadable += u64::from(matches!(captured, Ok(false)));
        ended = settle(captured, &mut report, &mut outcome)?;
    }
    if capture.tally.refused > 0 || report.unsound {
        outcome.worsen(Outcome::No);
    }
    report.end(capture.tally, unreadable)?;
    Ok(outcome)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    GoOn,
    Stop,
}

/// What a document's end means for the ones behind it.
fn settle(
    captured: Result<bool, CaptureError>,
    report: &mut Report<'_>,
    outcome: &mut Outcome,
) -> Result<Ended, Failure> {
    match captured {
        Ok(true) => Ok(Ended::GoOn),
        Ok(false) => {
            outcome.worsen(Outcome::No);
            Ok(Ended::GoOn)
        }
        Err(CaptureError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Io(error)),
        Err(CaptureError::Io(error)) => {
            report.unreadable(read_reason(&error))?;
            outcome.worsen(Outcome::Failed);
            Ok(Ended::GoOn)
        }
        Err(CaptureError::Refused(reason)) => {
            report.unreadable(reason)?;
            outcome.worsen(Outcome::No);
            Ok(Ended::GoOn)
        }
        Err(CaptureError::Stopped(reason)) => {
            outcome.worsen(outcome_of(&reason).max(Outcome::Failed));
            report.unreadable(reason)?;
            Ok(Ended::Stop)
        }
    }
}

/// Reads all documents without submitting anything: how much of them is bad. What can be read only once is
/// kept.
fn rehearse_all(
    inputs: &mut [(Source, Option<Input>)],
    refuse: &mut Refuse<'_>,
    report: &mut Report<'_>,
    outcome: &mut Outcome,
) -> Result<u64, Failure> {
    let mut bad = 0u64;
    for (source, kept) in inputs {
        report.file = source.name();
        let mut input = match source.open() {
            Ok(input) => input,
            Err(error) => {
                report.unreadable(read_reason(&error))?;
                outcome.worsen(Outcome::Failed);
                bad += 1;
                continue;
            }
        };
        match rehearse(&mut input, refuse, &mut |said| report.hear(said)) {
            Ok(counts) => bad = bad.saturating_add(counts.refused),
            Err(ReadError::Malformed(problem)) => {
                report.problem(&problem)?;
                bad += 1;
            }
            Err(ReadError::Io(error)) => {
                report.unreadable(read_reason(&error))?;
                outcome.worsen(Outcome::Failed);
                bad += 1;
            }
        }
        if *source == Source::Standard {
            *kept = Some(input);
        }
    }
    Ok(bad)
}
