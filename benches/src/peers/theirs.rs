//! PostgreSQL, asked through `benches/peers/peer.py`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::chain::Failure;

/// A process that asks PostgreSQL.
pub struct Theirs {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// An answer to a trace or a history: how long it took, how much it holds, and the identifiers if they were asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Milliseconds.
    pub ms: f64,
    /// Rows.
    pub count: usize,
    /// Identifiers.
    pub ids: Vec<String>,
    /// Those of them that only concern what is asked: of a class, a lot, another name.
    pub noticed: Vec<String>,
}

impl Theirs {
    /// Starts it with this Python and script, on a folder of events.
    pub fn start(python: &Path, script: &Path, folder: &Path) -> Result<Theirs, Failure> {
        let mut command = Command::new(python);
        command.arg(script).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", python.display()))?;
        let requests = child.stdin.take().ok_or("no pipe")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        Ok(Theirs { child, requests, answers })
    }

    fn ask(&mut self, request: &Value) -> Result<Value, Failure> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(format!("the peer ended at {request}").into()),
            _ => Ok(serde_json::from_str(&line)?),
        }
    }

    /// Captures so many events anew by COPY in batches of 500; events a second with the client's parsing.
    pub fn capture(&mut self, events: usize) -> Result<f64, Failure> {
        number(&self.ask(&json!({"do": "copy", "events": events}))?, "per_second")
    }

    /// Captures single events anew by writers side by side, so many each; events a second.
    pub fn singles(&mut self, writers: usize, each: usize) -> Result<f64, Failure> {
        number(&self.ask(&json!({"do": "writers", "writers": writers, "each": each}))?, "per_second")
    }

    /// Lets it vacuum and analyse.
    pub fn settle(&mut self) -> Result<(), Failure> {
        self.ask(&json!({"do": "settle"})).map(drop)
    }

    /// Traces from each of these.
    pub fn trace(&mut self, forward: bool, uris: &[String], tell: bool) -> Result<Vec<Asked>, Failure> {
        let direction = if forward { "forward" } else { "back" };
        let answer = self.ask(&json!({"do": "trace", "direction": direction, "uris": uris, "tell": tell}))?;
        asked(&answer)
    }

    /// Histories of each of these, with what they were in if asked.
    pub fn history(&mut self, containment: bool, uris: &[String], tell: bool) -> Result<Vec<Asked>, Failure> {
        asked(&self.ask(&json!({"do": "history", "containment": containment, "uris": uris, "tell": tell}))?)
    }

    /// Bytes an event on disk, tables and indexes.
    pub fn size(&mut self) -> Result<f64, Failure> {
        number(&self.ask(&json!({"do": "size"}))?, "bytes_an_event")
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(answer: &Value, name: &str) -> Result<f64, Failure> {
    answer[name].as_f64().ok_or_else(|| format!("no {name} in {answer}").into())
}

fn asked(answer: &Value) -> Result<Vec<Asked>, Failure> {
    let list = answer["answers"].as_array().ok_or("no answers")?;
    list.iter()
        .map(|one| {
            let ids = one["ids"].as_array().ok_or("no ids")?;
            let ids = ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
            let count = usize::try_from(one["nodes"].as_u64().ok_or("no count")?)?;
            Ok(Asked { ms: number(one, "ms")?, count, ids, noticed: Vec::new() })
        })
        .collect()
}
