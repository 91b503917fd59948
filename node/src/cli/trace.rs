//! `suyuan trace`, `suyuan verify`

use std::io::Write;
use std::path::Path;

use serde_json::json;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::genesis::{GENESIS_BYTES_MAX, Genesis, chain_id};
use suyuan_ledger::proof::format::PROOF_BYTES_MAX;
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::trace::answer::Answer;
use suyuan_ledger::trace::closure::Direction;

use super::arguments::{TraceArguments, VerifyArguments};
use super::dot::dot;
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, Place, directory, place, remote};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::codes::node as codes;
use crate::core::evidence::Evidence;
use crate::link::Remote;
use crate::open::{Opened, io_reason, need_folder, read_file};
use crate::traces::{self, Found, Remembered, Request};

/// Traces a subject.
pub fn run(options: &TraceArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let keys = traces::subjects(&options.subject)?;
    for file in [&options.proof, &options.dot].into_iter().flatten() {
        need_folder(file)?;
    }
    let direction = match (options.forward, options.history) {
        (true, _) => Direction::Forward,
        (_, true) => Direction::History,
        _ => Direction::Back,
    };
    let request = Request { depth: options.depth.unwrap_or(u32::MAX), ..Request::all(direction) };
    match place(&options.place, false) {
        Place::Directory(path) => local(&path, options, &keys, request, screen),
        Place::Node(url) => from_node(&remote(&url, &options.place)?, options, request, screen),
    }
}

fn local(
    path: &Path,
    options: &TraceArguments,
    keys: &[SubjectKey],
    request: Request,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let opened = Opened::open(path)?;
    let snapshot = opened.store.snapshot();
    let remembered = Remembered::default();
    if let Some(file) = &options.proof {
        let proof = traces::prove(&snapshot, keys, request.direction, request.claims, &remembered)?;
        write_file(file, &proof.ok_or_else(|| Reason::new(codes::PROOF_LATER, &[]))?)?;
    }
    match traces::trace(&snapshot, keys, request, &remembered)? {
        Found::Nothing(height) => {
            Err(Reason::new(codes::NOT_RECORDED, &[&options.subject, &height.to_string()]).into())
        }
        Found::Trace(answer) => {
            if let Some(file) = &options.dot {
                let trace = serde_json::to_value(&answer).map_err(std::io::Error::from)?;
                write_file(file, dot(&trace).as_bytes())?;
            }
            show(&answer, options.json, screen)?;
            Ok(cuts(&answer, screen)?)
        }
    }
}

/// Writes a trace for people or programs.
pub fn show(answer: &Answer, json: bool, screen: &mut Screen) -> std::io::Result<()> {
    let mut sink = screen.answers();
    match json {
        true => writeln!(sink, "{}", serde_json::to_string(answer)?),
        false => {
            let text = traces::text(answer, screen.language);
            text.lines().try_for_each(|line| writeln!(sink, "{}", printable(line)))
        }
    }
}

fn cuts(answer: &Answer, screen: &mut Screen) -> std::io::Result<Outcome> {
    if let Some(cut) = answer.cuts.first() {
        screen.complain_of(&answer.subject, Reason::new(codes::CUT, &[cut.limit]))?;
    }
    Ok(Outcome::Done)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Reason> {
    std::fs::write(path, bytes).map_err(|error| io_reason(path, &error))
}

fn from_node(
    remote: &Remote,
    options: &TraceArguments,
    request: Request,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let direction = match request.direction {
        Direction::Back => "back",
        Direction::Forward => "forward",
        Direction::History => "history",
    };
    let depth = options.depth.map(|depth| format!("&depth={depth}")).unwrap_or_default();
    let path = format!("/v1/trace/{}?direction={direction}{depth}", percent_encoded(&options.subject));
    if let Some(file) = &options.proof {
        let (status, bytes) = remote.get(&format!("{path}&proof=true"), "application/octet-stream")?;
        if status != 200 {
            return Err(remote.unexpected(status, &bytes).into());
        }
        write_file(file, &bytes)?;
    }
    if let Some(file) = &options.dot {
        let (status, bytes) = remote.get(&path, "application/json")?;
        match (status, serde_json::from_slice(&bytes)) {
            (200, Ok(trace)) => write_file(file, dot(&trace).as_bytes())?,
            // What is asked for next tells it.
            (404, _) => {}
            _ => return Err(remote.unexpected(status, &bytes).into()),
        }
    }
    let text = format!("&format=text&lang={}", pick(screen.language, "en", "zh"));
    let (status, bytes) = remote.get(&[path.as_str(), if options.json { "" } else { &text }].concat(), "*/*")?;
    let mut sink = screen.answers();
    match status {
        200 if options.json => {
            sink.write_all(&bytes)?;
            writeln!(sink)?;
        }
        200 => {
            let text = String::from_utf8_lossy(&bytes);
            text.lines().try_for_each(|line| writeln!(sink, "{}", printable(line)))?;
        }
        404 => {
            let height = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
            let height = height.and_then(|body| body.get("height")?.as_u64()).unwrap_or_default();
            return Err(Reason::new(codes::NOT_RECORDED, &[&options.subject, &height.to_string()]).into());
        }
        _ => return Err(remote.unexpected(status, &bytes).into()),
    }
    Ok(Outcome::Done)
}

/// A text as one segment of a path (RFC 3986 §2.1).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Checks a proof.
pub fn verify(options: &VerifyArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let name = options.proof_file.display().to_string();
    let bytes = read_file(&options.proof_file, PROOF_BYTES_MAX as u64)?;
    let trust = trust(&options.trust.clone().unwrap_or_else(|| directory(None).join("genesis.json")))?;
    if Evidence::is_claimed(&bytes) {
        return super::alarms::verify(name, &bytes, &trust, options.json, screen);
    }
    let proved = traces::check(&bytes, &trust).map_err(|reason| Failure::Of(name, reason))?;
    let certified = time_text(proved.certified_at);
    let mut sink = screen.answers();
    if options.json {
        let said = json!({"valid": true, "subject": proved.subject, "complete_to_height": proved.complete_to,
            "certified_at": certified, "header": proved.header.to_string(), "trace": proved.answer});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let language = screen.language;
    match &proved.answer {
        Some(answer) => show(answer, false, screen)?,
        None => {
            let nothing = pick(language, "nothing is recorded of it", "没有任何记录");
            writeln!(sink, "{}: {nothing}", printable(&proved.subject))?;
        }
    }
    let words = [
        pick(language, "proved: nothing is missing up to height", "已证明：无遗漏，截至高度"),
        pick(language, "certified at", "确认时间"),
    ];
    writeln!(sink, "{} {} ({} {certified})", words[0], proved.complete_to, words[1])?;
    Ok(Outcome::Done)
}

/// Whom to believe: a genesis, a trust or a checkpoint.
fn trust(path: &Path) -> Result<Trust, Failure> {
    let bytes = read_file(path, GENESIS_BYTES_MAX as u64)?;
    if bytes.first() == Some(&b'{') {
        let genesis = Genesis::parse(&bytes);
        let genesis = genesis.map_err(|error| Failure::Of(path.display().to_string(), error.reason))?;
        return Ok(Trust::genesis(chain_id(&bytes), genesis.validators));
    }
    Trust::from_bytes(&bytes).map_err(|error| Failure::Of(path.display().to_string(), traces::refused(error)))
}
