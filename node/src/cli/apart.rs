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
use crate::cli::org::sign_next;
use crate::cli::outcome::Outcome;
use crate::cli::place::{self, Failure, place, remote, start, unlock};
use crate::cli::screen::Screen;
use crate::cli::text::pick;
use crate::clock::now_ms;
use crate::codes::node as node_codes;
use crate::credits::{self, Reading};
use crate::link::{EventReceipt, Link, Submitted};
use crate::open::{Opened, store_reason};
use crate::random::random_uri;
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
    let (told, mut outcome) = (Told { name, json: options.json }, Outcome::Done);
    with_submitter(kind, options, &mut |submit| {
        outcome = told.submit_all(records, submit, screen)?;
        Ok(())
    })?;
    Ok(outcome)
}

/// Signs payloads together and submits them: what became of each.
pub type Submit<'a> = dyn FnMut(&[&[u8]]) -> Result<Vec<Recorded>, Failure> + 'a;

/// Hands over what signs records with the key that is asked for, and submits them where that is asked.
pub fn with_submitter(
    kind: &Kind,
    options: &SigningArguments,
    work: &mut dyn FnMut(&mut Submit<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match place(&options.place, false) {
        place::Place::Node(url) => {
            let key = options.key.as_ref().ok_or_else(|| Reason::new(node_codes::KEY_MISSING, &[&url]))?;
            let signer = unlock(key, &options.unlock, false)?;
            let remote = remote(&url, &options.place)?;
            work(&mut |payloads| submit(kind, &Link::Remote(&remote), None, &signer, payloads))
        }
        place::Place::Directory(path) => {
            let opened = Opened::open(&path)?;
            let allow = opened.configuration.allow_unencrypted_keys;
            let key = options.key.clone().unwrap_or_else(|| opened.device_key());
            let signer = unlock(&key, &options.unlock, allow)?;
            let node = start(opened, &options.unlock)?;
            let reading = Reading::new(Arc::clone(&node.store));
            let link = Link::to(&node);
            let done = work(&mut |payloads| submit(kind, &link, Some(&reading), &signer, payloads));
            drop(reading);
            node.close()?;
            done
        }
    }
}

/// A record of a file, or why it is none and on which line.
type Read = Result<Vec<u8>, (Reason, u64)>;

/// The records of a file, each with an id and a time, which are made if they are not there.
fn records_of(kind: &Kind, bytes: &[u8]) -> Result<Vec<Read>, Failure> {
    let read = values_of(kind, bytes).into_iter();
    read.map(|(line, value)| match value {
        Ok(value) => completed(value).map(Ok),
        Err(reason) => Ok(Err((reason, line))),
    })
    .collect()
}

/// The JSON values of a file, those of a list one by one, or why there is none, each with the line on which it begins, one in
/// a list with that of the list. A line that is broken keeps none of the other lines out; where records are not one a line,
/// what is behind it can't be told.
pub fn values_of(kind: &Kind, bytes: &[u8]) -> Vec<(u64, Result<Value, Reason>)> {
    let (mut records, mut from, mut lines) = (Vec::new(), 0, 0);
    while let Some(rest) = bytes.get(from..) {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        let lines_to = |end: usize| rest.iter().take(end).filter(|byte| **byte == b'\n').count() as u64;
        let (mut broken, mut counted, mut line) = (None, 0, lines + 1);
        while let Some(value) = values.next() {
            // Blank lines may be before it.
            let is_blank = |byte: &&u8| byte.is_ascii_whitespace();
            let blank = rest.get(counted..).unwrap_or_default().iter().take_while(is_blank);
            line += blank.filter(|byte| **byte == b'\n').count() as u64;
            match value {
                Ok(Value::Array(list)) => records.extend(list.into_iter().map(|one| (line, Ok(one)))),
                Ok(one) => records.push((line, Ok(one))),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
            let end = values.byte_offset();
            let begun = rest.get(counted..end).unwrap_or_default().iter().skip_while(is_blank);
            line += begun.filter(|byte| **byte == b'\n').count() as u64;
            counted = end;
        }
        let Some(error) = broken else { break };
        let begun = values.byte_offset();
        // The line on which it begins: what is cut off reads on into the lines behind it.
        records.push((lines + lines_to(begun) + 1, Err(Reason::new(kind.form, &[&error.to_string()]))));
        // From the next line that begins a record.
        let is_one_a_line = rest.get(begun) == Some(&b'{');
        let is_next = |at: &usize| is_one_a_line && rest.get(*at..at.saturating_add(2)) == Some(b"\n{");
        let Some(next) = (begun.saturating_add(1)..rest.len()).find(is_next).map(|at| at.saturating_add(1)) else {
            break;
        };
        lines += lines_to(next);
        from = from.saturating_add(next);
    }
    records
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
pub type Recorded = Result<(u64, String), (Reason, String)>;

/// How it is told.
struct Told<'a> {
    name: &'a str,
    json: bool,
}

impl Told<'_> {
    fn submit_all(&self, records: &[Read], submit: &mut Submit<'_>, screen: &mut Screen) -> Result<Outcome, Failure> {
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
            let Some(recorded) = submit(&[payload])?.pop() else { continue };
            match recorded {
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

/// Signs payloads together and submits them: what became of each. What is wrong with one keeps none of the others out.
pub fn submit(
    kind: &Kind,
    link: &Link<'_>,
    reading: Option<&Reading>,
    signer: &dyn Signer,
    payloads: &[&[u8]],
) -> Result<Vec<Recorded>, Failure> {
    let judged: Vec<Option<(Reason, String)>> = payloads
        .iter()
        .map(|payload| {
            let wrong = |error: InvalidRecord| (Reason::new(kind.form, &[&error.argument]), error.pointer);
            judge_payload(payload).or_else(|| (kind.check)(payload).err().map(wrong))
        })
        .collect();
    let sound = payloads.iter().zip(&judged).filter(|(_, judged)| judged.is_none());
    let sound: Vec<&[u8]> = sound.map(|(payload, _)| *payload).collect();
    let mut recorded = submit_sound(kind, link, reading, signer, &sound)?.into_iter();
    let of = |judged: Option<(Reason, String)>| judged.map(Err).or_else(|| recorded.next());
    Ok(judged.into_iter().filter_map(of).collect())
}

/// A submission is taken in as a whole or not at all: where one of its records keeps it out, halves are tried.
fn submit_sound(
    kind: &Kind,
    link: &Link<'_>,
    reading: Option<&Reading>,
    signer: &dyn Signer,
    payloads: &[&[u8]],
) -> Result<Vec<Recorded>, Failure> {
    if payloads.is_empty() {
        return Ok(Vec::new());
    }
    let refused = match submit_together(kind, link, reading, signer, payloads)? {
        Ok(recorded) => return Ok(recorded),
        Err(refused) => refused,
    };
    let (one, other) = payloads.split_at(payloads.len() / 2);
    if one.is_empty() {
        return Ok(vec![Err(refused)]);
    }
    let mut recorded = submit_sound(kind, link, reading, signer, one)?;
    recorded.append(&mut submit_sound(kind, link, reading, signer, other)?);
    Ok(recorded)
}

/// What became of each, or why none was taken in.
fn submit_together(
    kind: &Kind,
    link: &Link<'_>,
    reading: Option<&Reading>,
    signer: &dyn Signer,
    payloads: &[&[u8]],
) -> Result<Result<Vec<Recorded>, (Reason, String)>, Failure> {
    let (_, signed) = sign_next(link, signer, kind.record_type, payloads)?;
    // A node looks itself.
    let refused = reading.map(|reading| credits::gate(reading, &signed)).transpose();
    if let Some(refused) = refused.map_err(|error| store_reason(&error))?.flatten() {
        return Ok(Err((refused.reason, refused.pointer)));
    }
    let submitted = match link.submit(&signed, &suyuan_ledger::codec::encode(&signed)) {
        Ok(submitted) => submitted,
        Err(reason) if kind.refusals.contains(&reason.code) || reason.code == ledger_codes::DUPLICATE => {
            return Ok(Err((reason, String::new())));
        }
        Err(reason) => return Err(reason.into()),
    };
    let of_number = |number: u16| ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED);
    match submitted {
        Submitted::Applied { height, receipts, .. } => {
            let of = |receipt: EventReceipt| match receipt.code {
                0 => Ok((height, receipt.record)),
                code => Err((Reason::new(of_number(code), &["", ""]), String::new())),
            };
            Ok(Ok(receipts.into_iter().map(of).collect()))
        }
        Submitted::Refused { number, pointer, argument, .. } => {
            Ok(Err((Reason::new(of_number(number), &[&argument]), pointer)))
        }
        Submitted::NotNext { .. } => Err(Reason::new(node_codes::LANE_MOVED, &[]).into()),
        Submitted::Busy => Err(Reason::new(node_codes::BUSY, &[]).into()),
    }
}
