//! `suyuan trace`

use std::io::Write;
use std::path::Path;

use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::trace::answer::Answer;
use suyuan_ledger::trace::closure::Direction;

use super::arguments::TraceArguments;
use super::dot::dot;
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote};
use super::screen::{Screen, printable};
use super::status::stale;
use super::text::pick;
use crate::codes::node as codes;
use crate::link::{Remote, percent_encoded};
use crate::open::{Opened, io_reason, need_folder};
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
    let opened = Opened::open(path)?.whole()?;
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

pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Reason> {
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
    if let Some(why) = remote.stale() {
        let said = format!("{}\n", stale(why, screen.language));
        screen.say(&said)?;
    }
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
