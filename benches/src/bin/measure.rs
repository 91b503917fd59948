//! Reads, validates and hashes a document in memory a number of times, and prints what it took:
//! our side of the comparison in `compare`, and what a profiler looks at.
//!
//! `measure FILE [TIMES]` prints one JSON object; `measure --write json|xml EVENTS` prints a
//! document instead.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use suyuan_benches::{digest_all, json_document, xml_document};
use suyuan_epcis::hash::Profile;
use suyuan_epcis::input::Input;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["--write", "json", events] => write(json_document, events),
        ["--write", "xml", events] => write(xml_document, events),
        [file] => measure(file, "1"),
        [file, times] => measure(file, times),
        _ => Err("usage: measure FILE [TIMES] | measure --write json|xml EVENTS".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("measure: {message}");
            ExitCode::from(3)
        }
    }
}

fn write(document: fn(usize) -> String, events: &str) -> Result<(), String> {
    let events = events.parse().map_err(|_| format!("{events} is no number of events"))?;
    std::io::stdout().write_all(document(events).as_bytes()).map_err(|error| error.to_string())
}

fn measure(file: &str, times: &str) -> Result<(), String> {
    let times: u32 = times.parse().map_err(|_| format!("{times} is no number of times"))?;
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let mut seconds = Vec::new();
    let mut hashes = Vec::new();
    for _ in 0..times {
        let mut input = Input::Memory(bytes.clone());
        let begin = Instant::now();
        hashes = digest_all(&mut input, Profile::default())?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    let hashes: Vec<String> = hashes.into_iter().map(|hash| hash.to_ni()).collect();
    println!("{}", serde_json::json!({ "seconds": seconds, "hashes": hashes }));
    Ok(())
}
