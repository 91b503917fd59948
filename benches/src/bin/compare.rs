//! Measures Suyuan and the Python reference of the event hash (`epcis-event-hash-generator`) side
//! by side, in one run on one machine: both hash the same document of the same events, in turns,
//! each in a process of its own, and their hashes must be equal.
//!
//! `compare PYTHON MEASURE_PY [EVENTS [ROUNDS]]`: run it by `make bench-epcis`, which prepares the
//! interpreter.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use suyuan_benches::json_document;

/// Times each process hashes the document; the first warms caches up and is not counted.
const TIMES: usize = 3;

/// No new round begins after this.
const BUDGET: Duration = Duration::from_secs(180);

/// One implementation: the command that measures it and what it has measured.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    /// Seconds of reading and hashing the document.
    work: Vec<f64>,
    /// Seconds of the whole process, an iteration of the work.
    process: Vec<f64>,
    hashes: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| match arguments.get(index) {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| *number > 0),
    };
    let (Some(python), Some(script), Some(events), Some(rounds)) =
        (arguments.first(), arguments.get(1), number(2, 500), number(3, 7))
    else {
        eprintln!("usage: compare PYTHON MEASURE_PY [EVENTS [ROUNDS]]");
        return ExitCode::from(2);
    };
    match compare(python, script, events, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("compare: {message}");
            ExitCode::from(3)
        }
    }
}

fn compare(python: &str, script: &str, events: usize, rounds: usize) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("suyuan-compare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let outcome = compare_in(&folder, python, script, events, rounds);
    let removed = std::fs::remove_dir_all(&folder).map_err(|error| error.to_string());
    outcome.and(removed)
}

fn compare_in(folder: &Path, python: &str, script: &str, events: usize, rounds: usize) -> Result<(), String> {
    let document = folder.join("document.json");
    let text = json_document(events);
    let bytes = text.len();
    std::fs::write(&document, text).map_err(|error| error.to_string())?;
    let document = document.to_str().ok_or("the temporary folder's name is not UTF-8")?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("measure");
    let own = own.to_str().ok_or("this program's path is not UTF-8")?;
    let mut suyuan = Contender::new("suyuan", &[own, document]);
    let mut reference = Contender::new("python reference", &[python, script, document]);

    let begin = Instant::now();
    for round in 0..rounds {
        if round > 0 && begin.elapsed() > BUDGET {
            eprintln!("stopped after {round} of {rounds} rounds: time is up");
            break;
        }
        suyuan.run()?;
        reference.run()?;
    }
    if suyuan.hashes.len() != events || suyuan.hashes != reference.hashes {
        return Err("the two do not give the same hashes, so their times say nothing".to_owned());
    }
    print(&suyuan, &reference, events, bytes);
    Ok(())
}

impl Contender {
    fn new(name: &'static str, command: &[&str]) -> Self {
        let command = command.iter().map(|&part| part.to_owned()).chain([TIMES.to_string()]).collect();
        Contender { name, command, work: Vec::new(), process: Vec::new(), hashes: Vec::new() }
    }

    /// One process: its hashes, and the times of all but the first of its iterations.
    fn run(&mut self) -> Result<(), String> {
        let (program, arguments) = self.command.split_first().ok_or("no command")?;
        let begin = Instant::now();
        let output = Command::new(program).args(arguments).output();
        let output = output.map_err(|error| format!("{program}: {error}"))?;
        let seconds = begin.elapsed().as_secs_f64();
        if !output.status.success() {
            return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&output.stderr)));
        }
        let measured: serde_json::Value =
            serde_json::from_slice(&output.stdout).map_err(|error| format!("{}: {error}", self.name))?;
        let list = |key: &str| measured.get(key).and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        self.work.extend(list("seconds").iter().skip(1).filter_map(serde_json::Value::as_f64));
        self.process.push(seconds / TIMES as f64);
        self.hashes = list("hashes").iter().filter_map(|hash| hash.as_str().map(str::to_owned)).collect();
        Ok(())
    }
}

fn print(suyuan: &Contender, reference: &Contender, events: usize, bytes: usize) {
    let rate = |seconds: &[f64]| events as f64 / median(seconds);
    println!();
    println!("{events} ObjectEvents of 10 EPCs, {} bytes an event, one JSON document in memory", bytes / events);
    println!("on one core of: {}", processor());
    println!("medians of {} processes each, in turns; the hashes of both are equal", suyuan.process.len());
    println!();
    println!("{:<18} {:>16} {:>16} {:>24}", "", "events/s", "slowest..fastest", "with start of process");
    for contender in [suyuan, reference] {
        let slowest = contender.work.iter().copied().fold(0.0, f64::max);
        let fastest = contender.work.iter().copied().fold(f64::INFINITY, f64::min);
        let range = format!("{:.0}..{:.0}", events as f64 / slowest, events as f64 / fastest);
        let whole = format!("{:.0}", rate(&contender.process));
        println!("{:<18} {:>16.0} {:>16} {:>24}", contender.name, rate(&contender.work), range, whole);
    }
    println!();
    println!("ratio: {:.0} times the reference's rate", rate(&suyuan.work) / rate(&reference.work));
    println!("(suyuan reads, validates and hashes; the reference reads and hashes)");
}

/// The middle value; none of an empty list, which reads as an endless time.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY)
}

fn processor() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cores = information.lines().filter(|line| line.starts_with("processor")).count();
    match model {
        Some((_, name)) => format!("{} ({cores} cores)", name.trim()),
        None => std::env::consts::ARCH.to_owned(),
    }
}
