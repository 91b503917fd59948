//! `suyuan query`, `suyuan export`, `suyuan fsck`: what a data directory holds.

use std::io::Write;

use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_store::Fsck;

use super::arguments::{ExportArguments, ExportFormat, FsckArguments, QueryArguments};
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, directory};
use super::screen::Screen;
use super::text::pick;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::open::{Opened, store_reason};
use crate::query::{EventQuery, each_event};

/// A payload on one line. A line's end in JSON is never within a text, so nothing of its content changes.
fn on_one_line(payload: &[u8]) -> Vec<u8> {
    payload.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}

/// Finds events.
pub fn query(options: &QueryArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let query = EventQuery::parse(&options.conditions).map_err(|error| error.reason())?;
    let opened = Opened::open(&directory(options.dir.as_deref()))?.whole()?;
    let (mut sink, mut failed, mut count) = (screen.answers(), None, 0u64);
    if !options.ndjson {
        let head = concat!(
            r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"#,
            r#""type":"EPCISQueryDocument","schemaVersion":"2.0","creationDate":""#
        );
        let body = r#"","epcisBody":{"queryResults":{"queryName":"SimpleEventQuery","resultsBody":{"eventList":["#;
        write!(sink, "{head}{}{body}", time_text(now_ms()))?;
    }
    query
        .run(&opened.store.snapshot(), &mut |payload| {
            let before: &[u8] = if options.ndjson || count == 0 { b"" } else { b",\n" };
            let after: &[u8] = if options.ndjson { b"\n" } else { b"" };
            let line = if options.ndjson { on_one_line(payload) } else { payload.to_vec() };
            count += 1;
            match [before, &line, after].iter().try_for_each(|part| sink.write_all(part)) {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        })
        .map_err(|error| error.reason())?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if !options.ndjson {
        writeln!(sink, "]}}}}}}}}")?;
    }
    Ok(Outcome::Done)
}

/// Writes out every event in the ledger's order, as its author wrote it but on one line.
pub fn export(options: &ExportArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let ExportFormat::Ndjson = options.format;
    let opened = Opened::open(&directory(options.dir.as_deref()))?.whole()?;
    let (mut sink, mut failed) = (screen.answers(), None);
    let read = each_event(&opened.store.snapshot(), &mut |(height, index), payload| {
        let written = match payload {
            Some(payload) => sink.write_all(&on_one_line(payload)).and_then(|()| sink.write_all(b"\n")),
            None => screen.complain_of("suyuan", Reason::new(codes::ERASED, &[&format!("{height}/{index}")])),
        };
        failed = written.err();
        failed.is_none()
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    read.map_err(|error| store_reason(&error))?;
    Ok(Outcome::Done)
}

/// What a check found, a line each.
pub fn differences(found: &Fsck) -> Vec<String> {
    let said = found.differences.iter().map(|fault| {
        let key: String = fault.key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("table {} key {key}: {}", fault.table.name(), fault.what)
    });
    said.collect()
}

/// Recomputes the ledger from its blocks, and says what is not as they make it.
pub fn fsck(options: &FsckArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let opened = Opened::open_to_check(&directory(options.dir.as_deref()))?;
    let found = opened.fsck(&mut |_| {})?;
    let said = differences(&found);
    let outcome = if said.is_empty() { Outcome::Done } else { Outcome::No };
    let mut sink = screen.answers();
    if options.json {
        let differences: Vec<Value> = said.into_iter().map(Value::from).collect();
        let said = json!({"sound": outcome == Outcome::Done, "blocks": found.blocks, "events": found.events,
            "erased": found.erased, "differences": differences});
        writeln!(sink, "{said}")?;
        return Ok(outcome);
    }
    for difference in &said {
        screen.complain_of(&opened.path.display().to_string(), Reason::new(codes::DIFFERENCE, &[difference]))?;
    }
    let language = screen.language;
    let words = [
        pick(language, "blocks", "个区块"),
        pick(language, "events", "个事件"),
        pick(language, "erased", "个内容已删除"),
        pick(language, "differences", "处差异"),
    ];
    let counts = [found.blocks, found.events, found.erased, said.len() as u64];
    let parts: Vec<String> = counts.iter().zip(words).map(|(count, word)| format!("{count} {word}")).collect();
    writeln!(sink, "{}", parts.join(", "))?;
    Ok(outcome)
}
