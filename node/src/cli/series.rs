//! `suyuan series`: the root over a logger's readings, some of them to be shown, and whether those shown are what was recorded.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;
use suyuan_epcis::codes::{Language, Severity, series as codes};
use suyuan_epcis::document::{Item, Limits, ReadError};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Place as ProblemPlace, Problem, Reason};
use suyuan_epcis::read::read;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::series::{Fault, NoSeries, Part, READINGS_MAX, Reading, Said, Series};
use suyuan_ledger::state::apply::Ledger;

use super::arguments::PlaceArguments;
use super::credit::bytes_of;
use super::import::without_mark;
use super::machine::ReasonEntry;
use super::outcome::{Outcome, read_reason};
use super::place::{Failure, Place, place, remote, warn_if_stale};
use super::screen::{Screen, printable, problem_lines};
use super::text::pick;
use crate::codes::node as node_codes;
use crate::link::percent_encoded;
use crate::open::{Opened, store_reason};
use crate::query::{by_id, declarations_of, event_at};
use crate::times::{milliseconds, time_text};

/// `suyuan series`
#[derive(Debug, Args)]
pub struct SeriesArguments {
    /// What to do
    #[command(subcommand)]
    pub command: SeriesCommand,
}

/// Commands on series of readings.
#[derive(Debug, Subcommand)]
pub enum SeriesCommand {
    /// Say what a record of the carriage says of a logger's readings: root, number, lowest, highest, gaps
    Root(SeriesRootArguments),
    /// Write some readings in a row with what leads from them to the root, to be shown to who may ask
    Show(SeriesShowArguments),
    /// Check readings against the record of the carriage; exit code 1 if they do not go with it
    Check(SeriesCheckArguments),
}

/// `suyuan series root`
#[derive(Debug, Args)]
pub struct SeriesRootArguments {
    /// Readings as CSV with the columns time and celsius; or - for standard input
    #[arg(value_name = "READINGS")]
    pub readings_file: PathBuf,
    /// Seconds from one reading to the next
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub interval: u32,
}

/// `suyuan series show`
#[derive(Debug, Args)]
pub struct SeriesShowArguments {
    /// Readings as CSV with the columns time and celsius; or - for standard input
    #[arg(value_name = "READINGS")]
    pub readings_file: PathBuf,
    /// Time from which all is to be shown, for example 2026-09-14T08:40:00+08:00
    #[arg(long = "from", value_name = "TIME")]
    pub from_time: String,
    /// Time up to which all is to be shown
    #[arg(long = "to", value_name = "TIME")]
    pub to_time: String,
}

/// `suyuan series check`
#[derive(Debug, Args)]
pub struct SeriesCheckArguments {
    /// Id of the event that records the carriage
    #[arg(value_name = "EVENT")]
    pub event_id: String,
    /// File that suyuan series show wrote [default: the event's own readings]
    #[arg(long, value_name = "FILE")]
    pub part: Option<PathBuf>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Time from which all is to be shown
    #[arg(long = "from", value_name = "TIME", requires = "to_time")]
    pub from_time: Option<String>,
    /// Time up to which all is to be shown
    #[arg(long = "to", value_name = "TIME", requires = "from_time")]
    pub to_time: Option<String>,
    /// EPCIS document that has the event: no ledger is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "url", "token"])]
    pub document: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// A part of a series as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartFile {
    /// So many readings the series has.
    count: u64,
    /// The place of the first one shown, from 0.
    first: u64,
    readings: Vec<ReadingShown>,
    siblings: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingShown {
    time: String,
    /// Tenths of a degree Celsius.
    #[serde(rename = "dC")]
    tenths: i64,
}

/// What a check says.
#[derive(Serialize)]
pub struct SeriesChecked {
    /// The event's id.
    pub event: String,
    /// Whether all goes together.
    pub holds: bool,
    /// Whether the record was looked up in a ledger.
    pub looked_up: bool,
    /// The root that is recorded; none if there is none.
    pub root: Option<String>,
    /// So many seconds are to be from one reading to the next; none if the record does not say.
    pub interval_s: Option<i64>,
    /// So many readings the series has.
    pub count: u64,
    /// So many were looked at.
    pub shown: u64,
    /// The place of the first of those, from 0.
    pub first: u64,
    /// Its time.
    pub from: String,
    /// The time of the last one.
    pub to: String,
    /// So many of those are not within the limits that the record names; none if it names none.
    pub outside: Option<u64>,
    /// What does not go together and what is to be known besides, up to a hundred of the readings.
    pub faults: Vec<ReasonEntry>,
    /// And so many more.
    pub more_faults: u64,
}

/// So many faults are told.
const FAULTS_MAX: usize = 100;

/// Runs the command.
pub fn run(options: &SeriesArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match &options.command {
        SeriesCommand::Root(options) => root(options, screen),
        SeriesCommand::Show(options) => show(options, screen),
        SeriesCommand::Check(options) => check(options, screen),
    }
}

fn root(options: &SeriesRootArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let series = series_of(&options.readings_file)?;
    let tenths = || series.readings().iter().map(|reading| reading.tenths);
    let gaps = series.gaps(i64::from(options.interval) * 1_000).into_iter();
    let gaps: Vec<_> =
        gaps.map(|(from, to)| json!({ "suyuan:from": time_text(from), "suyuan:to": time_text(to) })).collect();
    let mut said = json!({
        "suyuan:series_root": series.root().to_string(),
        "suyuan:series_count": series.readings().len(),
        "suyuan:interval_s": options.interval,
        "suyuan:min_dC": tenths().min(),
        "suyuan:max_dC": tenths().max(),
    });
    // A list of none would say something.
    if !gaps.is_empty() {
        said["suyuan:gaps"] = json!(gaps);
    }
    writeln!(screen.answers(), "{said:#}")?;
    Ok(Outcome::Done)
}

fn show(options: &SeriesShowArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (from, to) = times(&options.from_time, &options.to_time)?;
    let part = series_of(&options.readings_file)?.part(from, to);
    let shown = |reading: &Reading| ReadingShown { time: time_text(reading.at), tenths: reading.tenths };
    let file = PartFile {
        count: part.count,
        first: part.first,
        readings: part.readings.iter().map(shown).collect(),
        siblings: part.siblings.iter().map(Hash::to_string).collect(),
    };
    serde_json::to_writer_pretty(screen.answers(), &file).map_err(std::io::Error::from)?;
    writeln!(screen.answers())?;
    Ok(Outcome::Done)
}

fn series_of(path: &Path) -> Result<Series, Failure> {
    read_table(&bytes_of(path)?).map_err(|why| Failure::Of(path.display().to_string(), why))
}

/// Two times, the first one not later.
fn times(from: &str, to: &str) -> Result<(i64, i64), Reason> {
    let time =
        |name: &str, text: &str| milliseconds(text).ok_or_else(|| Reason::new(node_codes::OPTION, &[name, text]));
    let (begin, end) = (time("--from", from)?, time("--to", to)?);
    match begin <= end {
        true => Ok((begin, end)),
        false => Err(Reason::new(node_codes::OPTION, &["--to", to])),
    }
}

/// The series of a table.
pub(super) fn read_table(bytes: &[u8]) -> Result<Series, Reason> {
    let wrong = |why: String| Reason::new(codes::FILE, &[&why]);
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(without_mark(bytes));
    let header = table.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|cell| cell == name);
        found.ok_or_else(|| wrong(format!("there is no column {name} in its first line")))
    };
    let (time, celsius) = (column("time")?, column("celsius")?);
    let (mut readings, mut lines) = (Vec::new(), Vec::new());
    for row in table.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let (time, celsius) = (row.get(time).unwrap_or_default(), row.get(celsius).unwrap_or_default());
        let reading = Reading::parse(time, celsius);
        readings.push(reading.ok_or_else(|| wrong(format!("line {line}: {time:?} at {celsius:?} °C")))?);
        lines.push(line);
        if readings.len() > READINGS_MAX {
            break;
        }
    }
    Series::new(readings).map_err(|no| match no {
        NoSeries::Empty => wrong("there are none".to_owned()),
        NoSeries::TooMany => wrong(format!("there are more than {READINGS_MAX}")),
        NoSeries::NotLater(place) => {
            let line = lines.get(place).copied().unwrap_or_default();
            wrong(format!("line {line} is not later than the line before"))
        }
    })
}

fn check(options: &SeriesCheckArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let id = &options.event_id;
    let span = options.from_time.as_deref().zip(options.to_time.as_deref());
    let span = span.map(|(from, to)| times(from, to)).transpose()?;
    let Recorded { event, is_withdrawn } = recorded(options, screen)?;
    let said = Said::of(&event).ok_or_else(|| Reason::new(codes::NOT_SAID, &[id]))?;
    let part = match &options.part {
        Some(_) if said.root.is_none() => return Err(Reason::new(codes::NO_ROOT, &[id]).into()),
        Some(path) => part_of(path)?,
        None => said.own().ok_or_else(|| Reason::new(codes::NO_READINGS, &[id]))?,
    };
    let faults = said.faults(&part);
    let (first, last) = (part.readings.first(), part.readings.last());
    let time = |reading: Option<&Reading>| reading.map(|reading| time_text(reading.at)).unwrap_or_default();
    let not_shown = span.filter(|(from, to)| !part.covers(*from, *to)).map(|(from, to)| {
        Reason::new(codes::NOT_SHOWN, &[&time_text(from), &time_text(to), &time(first), &time(last)])
    });
    let withdrawn = is_withdrawn.then(|| Reason::new(codes::WITHDRAWN, &[]));
    let is_error = |reason: &Reason| reason.code.severity == Severity::Error;
    // Of a temperature that is wrong all along there would be a line for each.
    let reasons = withdrawn.into_iter().chain(not_shown);
    let reasons: Vec<Reason> = reasons.chain(faults.iter().take(FAULTS_MAX).map(reason_of)).collect();
    let checked = SeriesChecked {
        event: id.clone(),
        holds: !reasons.iter().any(is_error) && faults.len() <= FAULTS_MAX,
        looked_up: options.document.is_none(),
        root: said.root.map(|root| root.to_string()),
        interval_s: said.interval_ms.map(|interval| interval / 1_000),
        count: part.count,
        shown: part.readings.len() as u64,
        first: part.first,
        from: time(first),
        to: time(last),
        outside: said.outside(&part),
        faults: reasons.iter().map(|reason| ReasonEntry::new(reason, screen.language)).collect(),
        more_faults: faults.len().saturating_sub(FAULTS_MAX) as u64,
    };
    screen.found(&checked, options.json, |checked, language| in_words(checked, &reasons, language))?;
    Ok(if checked.holds { Outcome::Done } else { Outcome::No })
}

/// What a fault says.
pub(super) fn reason_of(fault: &Fault) -> Reason {
    let degrees = |tenths: i64| {
        let sign = if tenths < 0 { "-" } else { "" };
        format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    };
    match fault {
        Fault::Root => Reason::new(codes::ROOT, &[]),
        Fault::Count { said, there } => Reason::new(codes::COUNT, &[&said.to_string(), &there.to_string()]),
        Fault::Order { at } => Reason::new(codes::ORDER, &[&time_text(*at)]),
        Fault::Gap { from, to } => Reason::new(codes::GAP, &[&time_text(*from), &time_text(*to)]),
        Fault::Declared { from, to } => Reason::new(codes::GAP_DECLARED, &[&time_text(*from), &time_text(*to)]),
        Fault::NoGap { from, to, at } => {
            Reason::new(codes::NO_GAP, &[&time_text(*from), &time_text(*to), &time_text(*at)])
        }
        Fault::Number { due, there } => Reason::new(codes::NUMBER, &[&due.to_string(), &there.to_string()]),
        Fault::Lacks(name) => Reason::new(codes::LACKS, &[name]),
        Fault::Unusable(name) => Reason::new(codes::UNUSABLE, &[name]),
        Fault::Own => Reason::new(codes::OWN, &[]),
        Fault::Beyond(reading) => Reason::new(codes::BEYOND, &[&time_text(reading.at), &degrees(reading.tenths)]),
        Fault::Unread { tenths } => Reason::new(codes::UNREAD, &[&degrees(*tenths)]),
    }
}

fn in_words(checked: &SeriesChecked, reasons: &[Reason], language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let words = match (checked.holds, checked.root.is_some(), checked.looked_up) {
        (true, true, true) => say("as recorded", "与记录一致"),
        (true, true, false) => say("as this document says; no ledger was asked", "与该文档一致；未询问账本"),
        (true, false, _) => say("goes with what is said, which has no root of it", "与所述相符；所述无其根"),
        (false, _, _) => say("NOT AS RECORDED", "与记录不符"),
    };
    let mut text = format!("{}  {words}\n", printable(&checked.event));
    let mut line = |name: &str, value: &str| text.push_str(&format!(" {name} {value}\n"));
    line(say("readings looked at", "已核对读数"), &format!("{} / {}", checked.shown, checked.count));
    line(say("from", "自"), &checked.from);
    line(say("to", "至"), &checked.to);
    if let Some(interval) = checked.interval_s {
        line(say("seconds from one to the next", "读数间隔秒数"), &interval.to_string());
    }
    if let Some(outside) = checked.outside {
        line(say("not within the limits", "超出限值"), &outside.to_string());
    }
    if let Some(root) = &checked.root {
        line(say("root", "根"), root);
    }
    for reason in reasons {
        let problem = Problem { reason: reason.clone(), place: ProblemPlace::default() };
        text.push_str(&problem_lines(&checked.event, &problem, language));
    }
    if checked.more_faults > 0 {
        text.push_str(&format!(" {} {}\n", say("and so many more:", "其余："), checked.more_faults));
    }
    text
}

/// The part of a file.
fn part_of(path: &Path) -> Result<Part, Failure> {
    let name = path.display().to_string();
    let wrong = |why: String| Failure::Of(name.clone(), Reason::new(codes::PART, &[&why]));
    let file: PartFile = serde_json::from_slice(&bytes_of(path)?).map_err(|error| wrong(error.to_string()))?;
    if file.readings.len() > READINGS_MAX || file.count > READINGS_MAX as u64 {
        return Err(wrong(format!("more than {READINGS_MAX} readings")));
    }
    let reading = |one: &ReadingShown| {
        let at = milliseconds(&one.time).ok_or_else(|| wrong(format!("{:?} is no time", one.time)))?;
        Ok(Reading { at, tenths: one.tenths })
    };
    let hash = |text: &String| Hash::from_hex(text).ok_or_else(|| wrong(format!("{text:?} is no hash")));
    Ok(Part {
        count: file.count,
        first: file.first,
        readings: file.readings.iter().map(reading).collect::<Result<_, Failure>>()?,
        siblings: file.siblings.iter().map(hash).collect::<Result<_, Failure>>()?,
    })
}

// ---- the event ----

/// An event, and whether its author has declared it erroneous.
pub(super) struct Recorded {
    /// It.
    pub event: Event,
    /// Whether it was.
    pub is_withdrawn: bool,
}

/// The event that is named: of a document, a directory or a node.
fn recorded(options: &SeriesCheckArguments, screen: &mut Screen) -> Result<Recorded, Failure> {
    let id = &options.event_id;
    if let Some(path) = &options.document {
        return in_document(&path.display().to_string(), bytes_of(path)?, id);
    }
    match place(&options.place, false) {
        Place::Directory(folder) => {
            let opened = Opened::open(&folder)?.whole()?;
            let found = in_store(&opened.store.snapshot(), id).map_err(|error| store_reason(&error))?;
            Ok(only(found, id)?)
        }
        Place::Node(url) => {
            let remote = remote(&url, &options.place)?;
            let path = format!("/epcis/events/{}", percent_encoded(id));
            let (status, bytes) = remote.get(&path, "application/json")?;
            warn_if_stale(&remote, screen)?;
            match status {
                200 => in_document(remote.url(), bytes, id),
                404 => Err(Reason::new(codes::NO_EVENT, &[id]).into()),
                409 => Err(Reason::new(codes::SEVERAL_EVENTS, &[id]).into()),
                _ => Err(remote.unexpected(status, &bytes).into()),
            }
        }
    }
}

/// The events with an id, each with whether it was declared erroneous.
fn in_store(store: &dyn Read, id: &str) -> Result<Vec<Recorded>, StoreError> {
    let Some(ledger) = Ledger::open(store)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (_, place) in by_id(store, &ledger.directory, id)? {
        if let Some(event) = event_at(store, place)?.event {
            found.push(Recorded { event, is_withdrawn: !declarations_of(store, place)?.is_empty() });
        }
    }
    Ok(found)
}

/// The event of a document with an id.
pub(super) fn in_document(name: &str, bytes: Vec<u8>, id: &str) -> Result<Recorded, Failure> {
    let (mut found, mut declared) = (Vec::new(), Vec::new());
    let ended = read(&mut Input::Memory(bytes), &Limits::default(), &mut |item| {
        if let Item::Event(event, _, _) = item
            && event.event_id.as_deref() == Some(id)
        {
            // The declaration repeats the event with its id.
            match event.error_declaration {
                Some(_) => declared.push(*event),
                None => found.push(*event),
            }
        }
        ControlFlow::Continue(())
    });
    let is_withdrawn = !declared.is_empty();
    // The declaration alone says what was recorded as well.
    found = if found.is_empty() { declared.into_iter().take(1).collect() } else { found };
    let of = |reason| Failure::Of(name.to_owned(), reason);
    ended.map_err(|error| match error {
        ReadError::Io(error) => of(read_reason(&error)),
        ReadError::Malformed(problem) => of(problem.reason),
    })?;
    only(found.into_iter().map(|event| Recorded { event, is_withdrawn }).collect(), id).map_err(of)
}

fn only(found: Vec<Recorded>, id: &str) -> Result<Recorded, Reason> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(Reason::new(codes::NO_EVENT, &[id])),
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Reason::new(codes::SEVERAL_EVENTS, &[id])),
    }
}
