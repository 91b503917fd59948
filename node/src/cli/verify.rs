//! `suyuan verify`, `suyuan checkpoint`: what holds without a ledger, and from which trust.

use std::io::Write;
use std::path::Path;

use serde_json::json;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::organisation::genesis::{GENESIS_BYTES_MAX, Genesis, chain_id};
use suyuan_ledger::proof::format::PROOF_BYTES_MAX;
use suyuan_ledger::proof::trust::{CHECKPOINT_TYPE, Trust, checkpoint_bytes, read_checkpoint};

use super::arguments::{CheckpointArguments, VerifyArguments};
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, Place, directory, place, remote};
use super::screen::{Screen, printable};
use super::text::pick;
use super::trace::{show, write_file};
use crate::api::v1::blocks::{OCTETS, newest_checkpoint};
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::core::evidence::Evidence;
use crate::open::{Opened, need_folder, read_file};
use crate::traces;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Checks a proof or a checkpoint.
pub fn run(options: &VerifyArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let name = options.proof_file.display().to_string();
    let bytes = read_file(&options.proof_file, PROOF_BYTES_MAX as u64)?;
    let trust = trust(&options.trust.clone().unwrap_or_else(|| directory(None).join("genesis.json")), screen)?;
    if let Some(days) = options.trust_days {
        trust.check_age(now_ms(), i64::from(days).saturating_mul(DAY_MS)).map_err(traces::refused)?;
    }
    if Evidence::is_claimed(&bytes) {
        return super::alarms::verify(name, &bytes, &trust, options.json, screen);
    }
    if bytes.first() == Some(&CHECKPOINT_TYPE) {
        return checkpoint(&name, &bytes, &trust, options, screen);
    }
    if options.pin.is_some() {
        return Err(Reason::new(codes::OPTION, &["--pin", "a checkpoint is pinned, not a proof"]).into());
    }
    proof(&name, &bytes, &trust, options, screen)
}

fn proof(
    name: &str,
    bytes: &[u8],
    trust: &Trust,
    options: &VerifyArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let proved = traces::check(bytes, trust).map_err(|reason| Failure::Of(name.to_owned(), reason))?;
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

/// Follows the changes of the validator set from what is trusted to a checkpoint.
fn checkpoint(
    name: &str,
    bytes: &[u8],
    trust: &Trust,
    options: &VerifyArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let refused = |refused| Failure::Of(name.to_owned(), traces::refused(refused));
    let exported = read_checkpoint(bytes).map_err(refused)?;
    let pinned = trust.follow(&exported).map_err(refused)?;
    if let Some(path) = &options.pin {
        need_folder(path)?;
        write_file(path, &pinned.to_bytes())?;
    }
    let point = &exported.checkpoint;
    let followed = exported.set_changes.iter().filter(|change| change.header.height >= trust.height).count();
    let certified = time_text(point.header.time);
    let mut sink = screen.answers();
    if options.json {
        let said = json!({"valid": true, "height": point.height(), "state": point.header.state.to_string(),
            "header": point.header.id().to_string(), "certified_at": certified,
            "validators": point.validators.len(), "set_changes": followed});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let language = screen.language;
    let words = [
        pick(language, "holds: the state after height", "成立：此高度之后的状态"),
        pick(language, "certified at", "确认时间"),
        pick(language, "changes of the validator set followed", "所推导的验证节点变更次数"),
    ];
    writeln!(sink, "{} {} = {} ({} {certified})", words[0], point.height(), point.header.state, words[1])?;
    writeln!(sink, "{}: {followed}", words[2])?;
    Ok(Outcome::Done)
}

/// Writes the newest checkpoint.
pub fn export(options: &CheckpointArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    need_folder(&options.checkpoint)?;
    let bytes = match place(&options.place, false) {
        Place::Directory(path) => checkpoint_bytes(&newest_checkpoint(Opened::open(&path)?.store.as_ref())?),
        Place::Node(url) => {
            let remote = remote(&url, &options.place)?;
            let (status, bytes) = remote.get("/v1/checkpoint", OCTETS)?;
            match status {
                200 => bytes,
                _ => return Err(remote.unexpected(status, &bytes).into()),
            }
        }
    };
    let exported = read_checkpoint(&bytes).map_err(traces::refused)?;
    write_file(&options.checkpoint, &bytes)?;
    let words = pick(screen.language, "checkpoint of height", "检查点高度");
    writeln!(screen.answers(), "{words} {}  {}", exported.checkpoint.height(), exported.checkpoint.header.id())?;
    Ok(Outcome::Done)
}

/// Whom to believe: a genesis, a trust or a checkpoint. A genesis tells whether it is of a trial.
fn trust(path: &Path, screen: &mut Screen) -> Result<Trust, Failure> {
    let bytes = read_file(path, GENESIS_BYTES_MAX as u64)?;
    if bytes.first() == Some(&b'{') {
        let genesis = Genesis::parse(&bytes);
        let genesis = genesis.map_err(|error| Failure::Of(path.display().to_string(), error.reason))?;
        if genesis.trial {
            let name = path.display().to_string();
            screen.complain_of("suyuan", Reason::new(codes::TRIAL, &[&name]))?;
        }
        return Ok(Trust::genesis(chain_id(&bytes), genesis.start_time, genesis.validators));
    }
    Trust::from_bytes(&bytes).map_err(|error| Failure::Of(path.display().to_string(), traces::refused(error)))
}
