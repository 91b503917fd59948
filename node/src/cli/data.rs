//! `suyuan query`, `suyuan export`: events out of a data directory.

use std::io::Write;

use suyuan_epcis::problem::Reason;

use super::arguments::{ExportArguments, ExportFormat, QueryArguments};
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, directory};
use super::screen::Screen;
use crate::codes::node as codes;
use crate::open::{Opened, store_reason};
use crate::query::{EventQuery, each_event};
use crate::shell::now_ms;

/// A payload on one line. A line's end in JSON is never within a text, so nothing of its content changes.
fn on_one_line(payload: &[u8]) -> Vec<u8> {
    payload.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}

/// Finds events.
pub fn query(options: &QueryArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let query = EventQuery::parse(&options.conditions)?;
    let opened = Opened::open(&directory(options.dir.as_deref()))?;
    let (mut sink, mut failed, mut count) = (screen.answers(), None, 0u64);
    if !options.ndjson {
        let head = concat!(
            r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"#,
            r#""type":"EPCISQueryDocument","schemaVersion":"2.0","creationDate":""#
        );
        let body = r#"","epcisBody":{"queryResults":{"queryName":"SimpleEventQuery","resultsBody":{"eventList":["#;
        write!(sink, "{head}{}{body}", time_text(now_ms()))?;
    }
    query.run(&opened.store.snapshot(), &mut |payload| {
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
    })?;
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
    let opened = Opened::open(&directory(options.dir.as_deref()))?;
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
