//! `suyuan import`: takes in an authority's records of credit by the table, and says how good the table is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};
use suyuan_epcis::codes::{Language, credit, ledger as ledger_codes};
use suyuan_epcis::problem::{Place, Problem, Reason};

use super::apart::{self, Recorded, with_submitter};
use super::arguments::SigningArguments;
use super::credit::bytes_of;
use super::outcome::{Outcome, write_reason};
use super::place::Failure;
use super::screen::Screen;
use crate::api::v1::credit::{checked_uri_of, uri_of};
use crate::clock::now_ms;
use crate::codes::node as node_codes;
use crate::random::uuid_uri;
use crate::times::time_text;

/// `suyuan import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// CSV with a header, whose columns are called as the members in docs/CREDIT.md, or JSON: a list, or one a line; or - for standard input
    #[arg(value_name = "FILE")]
    pub table_file: PathBuf,
    /// What the rows are, unless they say so themselves: Licence, Penalty, Administrative, Listing, Falsification, Inspection, UnlicensedOperation, PublicScore, CustomsTier, CreditProfile, PledgeResult, Verification, Measure, Notice or NoticeDone
    #[arg(long = "as", value_name = "TYPE")]
    pub row_type: Option<String>,
    /// File for the rows that are refused, as CSV: line, code, reason, row
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// Who signs them, and where they go
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// What an authority says by the table.
const TYPES: [&str; 15] = [
    "Licence",
    "Penalty",
    "Administrative",
    "Listing",
    "Falsification",
    "Inspection",
    "UnlicensedOperation",
    "PublicScore",
    "CustomsTier",
    "CreditProfile",
    "PledgeResult",
    "Verification",
    "Measure",
    "Notice",
    "NoticeDone",
];
/// So many rows are signed together.
const GROUP_ROWS: usize = 256;
/// Members that say which licence or decision a row is about.
const NUMBERS: [&str; 2] = ["number", "decisionNo"];
const MILLION: u64 = 1_000_000;

/// A row: on which line it begins, as it is written, and what it says or why that can't be read.
struct Row {
    line: u64,
    written: String,
    says: Result<Map<String, Value>, Reason>,
}

/// Why a row is refused, and where in it.
struct Rejected {
    line: u64,
    pointer: String,
    reason: Reason,
    written: String,
}

/// What became of the rows.
#[derive(Default)]
struct Tally {
    total: u64,
    recorded: u64,
    known: u64,
    /// Rows whose firm's code is wrong, or that say again what another row says.
    bad: u64,
    rejected: Vec<Rejected>,
}

/// Takes in a table. A row that is refused keeps none of the others out; the same table taken in again adds nothing.
pub fn run(options: &ImportArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    if let Some(name) = &options.row_type
        && !TYPES.contains(&name.as_str())
    {
        return Err(Reason::new(node_codes::OPTION, &["--as", name]).into());
    }
    let name = options.table_file.display().to_string();
    let rows = rows_of(without_mark(&bytes_of(&options.table_file)?));
    if rows.is_empty() {
        return Err(Failure::Of(name, Reason::new(credit::RECORD_FORM, &["the table has no rows"])));
    }
    let (mut tally, mut payloads) = (Tally { total: rows.len() as u64, ..Tally::default() }, Vec::new());
    let (mut seen, mut numbers) = (BTreeSet::new(), BTreeMap::<(String, String), String>::new());
    for row in rows {
        let Row { line, written, says } = row;
        let mut reject = |pointer: &str, reason| {
            tally.rejected.push(Rejected { line, pointer: pointer.to_owned(), reason, written: written.clone() });
        };
        let mut members = match says {
            Ok(members) => members,
            Err(reason) => {
                reject("", reason);
                continue;
            }
        };
        if let Some(kind) = &options.row_type {
            members.entry("type").or_insert_with(|| json!(format!("suyuan:{kind}")));
        }
        let subject = members.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (checked, subject) = (checked_uri_of(&subject), uri_of(&subject));
        members.insert("subject".to_owned(), json!(subject));
        // A row is known by what it says: taken in again it is the same event. A decision against a firm is known by its number, or one that
        // was removed would come again with a table in which anything else has changed.
        let named = ["type", "subject", "decisionNo"].map(|name| members.get(name).and_then(Value::as_str));
        let known = match named {
            [
                Some(kind @ ("suyuan:Penalty" | "suyuan:Listing" | "suyuan:Falsification")),
                Some(subject),
                Some(decision),
            ] => {
                json!([kind, subject, decision])
            }
            _ => Value::Object(members.clone()),
        };
        let id = *blake3::hash(known.to_string().as_bytes()).as_bytes();
        members.entry("eventID").or_insert_with(|| json!(uuid_of(id)));
        members.entry("eventTime").or_insert_with(|| json!(time_text(now_ms())));
        if let Err(reason) = checked {
            tally.bad += 1;
            reject("/subject", reason);
            continue;
        }
        let number = NUMBERS.iter().find_map(|name| members.get(*name).and_then(Value::as_str));
        let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
        let other = number.and_then(|number| {
            let before = numbers.insert((kind.to_owned(), number.to_owned()), subject.clone());
            before.filter(|before| *before != subject)
        });
        let event = members.get("eventID").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !seen.insert(event) || other.is_some() {
            tally.bad += 1;
            let words =
                other.map_or("the row is there twice".to_owned(), |other| format!("its number is also of {other}"));
            reject("", Reason::new(credit::RECORD_FORM, &[&words]));
            continue;
        }
        payloads.push((line, written, Value::Object(members).to_string().into_bytes()));
    }
    with_submitter(&apart::CREDIT, &options.signing, &mut |submit| {
        for group in payloads.chunks(GROUP_ROWS) {
            let records: Vec<&[u8]> = group.iter().map(|(.., payload)| payload.as_slice()).collect();
            let recorded = submit(&records)?;
            let may_nothing =
                |recorded: &Recorded| matches!(recorded, Err((reason, _)) if reason.code == credit::NO_RIGHT);
            if tally.recorded + tally.known == 0 && recorded.iter().all(may_nothing) {
                return Err(Failure::Of(name.clone(), Reason::new(credit::NO_RIGHT, &[])));
            }
            for ((line, written, _), recorded) in group.iter().zip(recorded) {
                tally.take(*line, written, recorded);
            }
            screen.progress(&name, tally.recorded + tally.known, payloads.len() as u64);
        }
        Ok(())
    })?;
    screen.unwatch();
    tally.rejected.sort_by_key(|rejected| rejected.line);
    tally.tell(&name, options, screen)
}

/// The URI of an event that is known by a hash.
fn uuid_of(hash: [u8; 32]) -> String {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(place, byte)| *place = byte);
    uuid_uri(bytes, 8)
}

impl Tally {
    fn take(&mut self, line: u64, written: &str, recorded: Recorded) {
        match recorded {
            Ok(_) => self.recorded += 1,
            Err((reason, _)) if reason.code == ledger_codes::DUPLICATE => self.known += 1,
            Err((reason, pointer)) => {
                self.rejected.push(Rejected { line, pointer, reason, written: written.to_owned() });
            }
        }
    }

    /// Of a million rows, how many are as they must be; and how many have a code that is wrong, or twice.
    fn quality(&self) -> (u64, u64) {
        let of_million = |count: u64| (count * MILLION).checked_div(self.total);
        let passed = self.total.saturating_sub(self.rejected.len() as u64);
        (of_million(passed).unwrap_or(MILLION), of_million(self.bad).unwrap_or(0))
    }

    fn tell(&self, name: &str, options: &ImportArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
        for rejected in &self.rejected {
            let place = Place { line: Some(rejected.line), pointer: rejected.pointer.clone(), ..Place::default() };
            screen.complain(name, &Problem { reason: rejected.reason.clone(), place })?;
        }
        if let Some(path) = &options.rejected {
            let told = self.write_rejected(screen);
            let written = told.and_then(|bytes| std::fs::write(path, bytes));
            written.map_err(|error| Failure::Of(path.display().to_string(), write_reason(&error)))?;
        }
        let (compliance, bad) = self.quality();
        let refused = self.rejected.len();
        let mut sink = screen.answers();
        match options.signing.json {
            true => writeln!(
                sink,
                "{}",
                json!({
                    "rows": self.total, "recorded": self.recorded, "known": self.known, "rejected": refused,
                    "compliance_ppm": compliance, "bad_ppm": bad,
                })
            )?,
            false => {
                let (total, recorded, known) = (self.total, self.recorded, self.known);
                let words = match screen.language {
                    Language::En => format!(
                        "{total} rows: {recorded} recorded, {known} known before, {refused} refused\n\
                         as they must be: {compliance} of a million; codes wrong or twice: {bad} of a million"
                    ),
                    Language::Zh => format!(
                        "共 {total} 行：记录 {recorded}，此前已有 {known}，退回 {refused}\n\
                         数据达标率：百万分之 {compliance}；重错码率：百万分之 {bad}"
                    ),
                };
                writeln!(sink, "{words}")?;
            }
        }
        Ok(if self.rejected.is_empty() { Outcome::Done } else { Outcome::No })
    }

    fn write_rejected(&self, screen: &Screen) -> std::io::Result<Vec<u8>> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["line", "code", "reason", "row"])?;
        for Rejected { line, pointer, reason, written } in &self.rejected {
            let reason_words = format!("{pointer} {}", reason.what(screen.language));
            table.write_record([&line.to_string(), reason.code.id, reason_words.trim(), written])?;
        }
        table.into_inner().map_err(|error| error.into_error())
    }
}

/// Bytes without the mark that some programs write before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// The rows of a table: JSON if it begins as such, else CSV.
fn rows_of(bytes: &[u8]) -> Vec<Row> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'[' | b'{') => rows_of_json(bytes),
        _ => rows_of_csv(bytes),
    }
}

fn rows_of_json(bytes: &[u8]) -> Vec<Row> {
    let read = apart::values_of(&apart::CREDIT, bytes).into_iter();
    read.map(|(line, value)| {
        let written = value.as_ref().map(Value::to_string).unwrap_or_default();
        let says = value.and_then(|value| match value {
            Value::Object(members) => Ok(members),
            _ => Err(Reason::new(credit::RECORD_FORM, &["not a JSON object"])),
        });
        Row { line, written, says }
    })
    .collect()
}

fn rows_of_csv(bytes: &[u8]) -> Vec<Row> {
    let wrong = |words: &str| Reason::new(credit::RECORD_FORM, &[words]);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return vec![Row { line: 1, written: String::new(), says: Err(wrong(&error.to_string())) }],
    };
    let (mut rows, mut record) = (Vec::new(), csv::ByteRecord::new());
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Err(error) => {
                rows.push(Row { line, written: String::new(), says: Err(wrong(&error.to_string())) });
                break;
            }
            Ok(true) => {}
        }
        let line = record.position().map_or(line, csv::Position::line);
        let cells: Vec<String> = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        let says = match record.iter().all(|cell| std::str::from_utf8(cell).is_ok()) {
            true if cells.len() > header.len() => Err(wrong("more cells than the header has columns")),
            true => Ok(header.iter().zip(&cells).filter_map(|(name, cell)| member(name, cell)).collect()),
            false => Err(wrong("not UTF-8: save the table as CSV UTF-8")),
        };
        rows.push(Row { line, written: as_line(&cells), says });
    }
    rows
}

/// Cells as a line of CSV.
fn as_line(cells: &[String]) -> String {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let written = line.write_record(cells).ok().and_then(|()| line.into_inner().ok());
    String::from_utf8(written.unwrap_or_default()).unwrap_or_default().trim_end().to_owned()
}

/// A cell as the member that its column is. What is empty is left out.
fn member(name: &str, cell: &str) -> Option<(String, Value)> {
    if cell.is_empty() {
        return None;
    }
    let value = match (name, cell) {
        ("humanDecision", "true") => json!(true),
        ("humanDecision", "false") => json!(false),
        ("kinds" | "scope" | "records", _) => json!(cell.split(';').map(str::trim).collect::<Vec<_>>()),
        ("score" | "amountBand", _) => cell.parse::<u64>().map_or_else(|_| json!(cell), |number| json!(number)),
        _ => json!(cell),
    };
    Some((name.to_owned(), value))
}
