//! `suyuan credit record`, `suyuan contract record`: signs records that the reading state reads, and submits them.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Value, json};
use suyuan_epcis::codes::{Code, contract, credit, ledger as ledger_codes};
use suyuan_epcis::problem::{Place, Problem, Reason};
use suyuan_ledger::contract::record::ContractRecord;
use suyuan_ledger::credit::record::CreditRecord;
use suyuan_ledger::organisation::InvalidRecord;
use suyuan_ledger::submission::record_type;
use suyuan_sdk::batch::judge_payload;
use suyuan_sdk::signer::Signer;

use crate::cli::arguments::{RecordArguments, SigningArguments};
use crate::cli::credit::bytes_of;
use crate::cli::found::random_uri;
use crate::cli::org::sign_next;
use crate::cli::outcome::Outcome;
use crate::cli::place::{self, Failure, place, remote, start, unlock};
use crate::cli::screen::Screen;
use crate::cli::text::pick;
use crate::codes::node as node_codes;
use crate::credits::{self, Reading};
use crate::link::{Link, Submitted};
use crate::open::{Opened, store_reason};
use crate::shell::now_ms;
use crate::times::time_text;

/// What kind of records.
pub struct Kind {
    record_type: u16,
    /// That one is wrong, with what is wrong of it.
    form: &'static Code,
    check: fn(&[u8]) -> Result<(), InvalidRecord>,
    /// That a node refuses one.
    refusals: &'static [&'static Code],
}

/// Records of credit.
pub const CREDIT: Kind = Kind {
    record_type: record_type::CREDIT,
    form: credit::RECORD_FORM,
    check: |payload| CreditRecord::parse(payload).map(drop),
    refusals: credit::ALL,
};

/// Records of contracts.
pub const CONTRACT: Kind = Kind {
    record_type: record_type::CONTRACT,
    form: contract::RECORD_FORM,
    check: |payload| ContractRecord::parse(payload).map(drop),
    refusals: contract::ALL,
};

/// Signs the records of a file, each as a submission of its own, and submits them in order. One that is refused keeps none
/// of the others out.
pub fn record(kind: &Kind, options: &RecordArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let name = options.records_file.display().to_string();
    let records = records_of(kind, &bytes_of(&options.records_file)?)?;
    record_all(kind, &name, &records, &options.signing, screen)
}

/// The same, of one record that no file has.
pub fn record_one(
    kind: &Kind,
    record: Value,
    options: &SigningArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    record_all(kind, "-", &[Ok(completed(record)?)], options, screen)
}

fn record_all(
    kind: &Kind,
    name: &str,
    records: &[Read],
    options: &SigningArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let told = Told { name, json: options.json };
    match place(&options.place, false) {
        place::Place::Node(url) => {
            let key = options.key.as_ref().ok_or_else(|| Reason::new(node_codes::KEY_MISSING, &[&url]))?;
            let signer = unlock(key, &options.unlock, false)?;
            let remote = remote(&url, &options.place)?;
            told.submit_all(
                records,
                &mut |payload| submit(kind, &Link::Remote(&remote), None, &signer, payload),
                screen,
            )
        }
        place::Place::Directory(path) => {
            let opened = Opened::open(&path)?;
            let allow = opened.configuration.allow_unencrypted_keys;
            let key = options.key.clone().unwrap_or_else(|| opened.device_key());
            let signer = unlock(&key, &options.unlock, allow)?;
            let node = start(opened, &options.unlock)?;
            let reading = Reading::new(Arc::clone(&node.store));
            let mut one = |payload: &[u8]| submit(kind, &Link::to(&node), Some(&reading), &signer, payload);
            let done = told.submit_all(records, &mut one, screen);
            drop(reading);
            node.close()?;
            done
        }
    }
}

/// A record of a file, or why it is none and on which line.
type Read = Result<Vec<u8>, (Reason, u64)>;

/// The records of a file, each with an id and a time, which are made if they are not there. A line that is broken keeps
/// none of the other lines out; where records are not one a line, what is behind it can't be told.
fn records_of(kind: &Kind, bytes: &[u8]) -> Result<Vec<Read>, Failure> {
    let (mut records, mut from, mut lines) = (Vec::new(), 0, 0);
    while let Some(rest) = bytes.get(from..) {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        let mut broken = None;
        for value in values.by_ref() {
            match value {
                Ok(Value::Array(list)) => {
                    for one in list {
                        records.push(Ok(completed(one)?));
                    }
                }
                Ok(one) => records.push(Ok(completed(one)?)),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let Some(error) = broken else { break };
        let begun = values.byte_offset();
        let lines_to = |end: usize| rest.iter().take(end).filter(|byte| **byte == b'\n').count() as u64;
        // The line on which it begins: what is cut off reads on into the lines behind it.
        records.push(Err((Reason::new(kind.form, &[&error.to_string()]), lines + lines_to(begun) + 1)));
        // From the next line that begins a record.
        let is_one_a_line = rest.get(begun) == Some(&b'{');
        let is_next = |at: &usize| is_one_a_line && rest.get(*at..at.saturating_add(2)) == Some(b"\n{");
        let Some(next) = (begun.saturating_add(1)..rest.len()).find(is_next).map(|at| at.saturating_add(1)) else {
            break;
        };
        lines += lines_to(next);
        from = from.saturating_add(next);
    }
    Ok(records)
}

/// A record with an id and a time.
fn completed(mut value: Value) -> Result<Vec<u8>, Failure> {
    if let Some(members) = value.as_object_mut() {
        members.entry("eventID").or_insert(Value::String(random_uri()?));
        members.entry("eventTime").or_insert(Value::String(time_text(now_ms())));
    }
    Ok(serde_json::to_vec(&value).map_err(std::io::Error::from)?)
}

/// What became of a record: its height and hash, or why it was refused and where in it.
type Recorded = Result<(u64, String), (Reason, String)>;

/// How it is told.
struct Told<'a> {
    name: &'a str,
    json: bool,
}

impl Told<'_> {
    fn submit_all(
        &self,
        records: &[Read],
        submit: &mut dyn FnMut(&[u8]) -> Result<Recorded, Failure>,
        screen: &mut Screen,
    ) -> Result<Outcome, Failure> {
        let (mut outcome, mut sink) = (Outcome::Done, screen.answers());
        for (read, place) in records.iter().zip(0..) {
            let payload = match read {
                Ok(payload) => payload,
                Err((reason, line)) => {
                    let place = Place { event: Some(place), line: Some(*line), ..Place::default() };
                    screen.complain(self.name, &Problem { reason: reason.clone(), place })?;
                    outcome.worsen(Outcome::No);
                    continue;
                }
            };
            match submit(payload)? {
                Ok((height, record)) if self.json => {
                    writeln!(sink, "{}", json!({ "event": place, "height": height, "record": record }))?;
                }
                Ok((height, record)) => {
                    let words = pick(screen.language, "recorded at height", "已记录于高度");
                    writeln!(sink, "{words} {height}  {record}")?;
                }
                Err((reason, pointer)) => {
                    let place = Place { event: Some(place), pointer, ..Place::default() };
                    screen.complain(self.name, &Problem { reason, place })?;
                    outcome.worsen(Outcome::No);
                }
            }
        }
        Ok(outcome)
    }
}

fn submit(
    kind: &Kind,
    link: &Link<'_>,
    reading: Option<&Reading>,
    signer: &dyn Signer,
    payload: &[u8],
) -> Result<Recorded, Failure> {
    if let Some(refused) = judge_payload(payload) {
        return Ok(Err(refused));
    }
    if let Err(error) = (kind.check)(payload) {
        return Ok(Err((Reason::new(kind.form, &[&error.argument]), error.pointer)));
    }
    let (_, signed) = sign_next(link, signer, kind.record_type, payload.to_vec())?;
    // A node looks itself.
    let refused = reading.map(|reading| credits::gate(reading, &signed)).transpose();
    if let Some(refused) = refused.map_err(|error| store_reason(&error))?.flatten() {
        return Ok(Err((refused.reason, refused.pointer)));
    }
    let submitted = match link.submit(&signed, &suyuan_ledger::codec::encode(&signed)) {
        Ok(submitted) => submitted,
        Err(reason) if kind.refusals.contains(&reason.code) => return Ok(Err((reason, String::new()))),
        Err(reason) => return Err(reason.into()),
    };
    let of_number = |number: u16| ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED);
    match submitted {
        Submitted::Applied { height, receipts, .. } => match receipts.first() {
            Some(receipt) if receipt.code == 0 => Ok(Ok((height, receipt.record.clone()))),
            receipt => {
                let code = of_number(receipt.map_or(0, |receipt| receipt.code));
                Ok(Err((Reason::new(code, &["", ""]), String::new())))
            }
        },
        Submitted::Refused { number, pointer, argument, .. } => {
            Ok(Err((Reason::new(of_number(number), &[&argument]), pointer)))
        }
        Submitted::NotNext { .. } => Err(Reason::new(node_codes::LANE_MOVED, &[]).into()),
        Submitted::Busy => Err(Reason::new(node_codes::BUSY, &[]).into()),
    }
}
