//! What it costs that credit is derived beside capture: the same events over HTTP to a node of its own, in batches of 500, once
//! with the class of their product, by which completeness and timeliness are judged, and once with as many bytes that say
//! nothing; alternating. And how far what is derived is behind when the last batch is answered, and how long a grade takes to
//! be read then. Exit code 1 if a bar is not held.
//!
//! usage: derived FOLDER WORK PROGRAM     ROUNDS (3) and EVENTS (100000) from the environment; FOLDER has the generator's
//! events.ndjson (`benches/peers/prepare`)

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use suyuan_benches::chain::Failure;
use suyuan_benches::peers::node::Node;
use suyuan_benches::peers::{Ratios, quantiles};

/// As long as each other.
const CLASSED: &str = r#"{"@context":[{"suyuan":"https://suyuan.example/ns/"}],"suyuan:productClass":"FOOD","#;
const PLAIN: &str = r#"{"@context":[{"vendor":"https://vendor.example/ns/"}],"vendor:articleClass":"FOOD","#;
/// Of the rate without, and seconds behind.
const RATE_BAR: f64 = 0.85;
const BEHIND_BAR: f64 = 5.0;
/// Milliseconds in the middle of so many reads of a grade, of so many facts.
const READ_BAR_MS: f64 = 5.0;
const READS: usize = 500;
const FACTS: usize = 300;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, work, program] = arguments.as_slice() else {
        return Err("usage: derived FOLDER WORK PROGRAM".into());
    };
    let number = |name: &str, otherwise: usize| -> Result<usize, Failure> {
        std::env::var(name).map_or(Ok(otherwise), |text| Ok(text.parse()?))
    };
    let (rounds, events) = (number("ROUNDS", 3)?, number("EVENTS", 100_000)?);
    let (folder, work, program) = (Path::new(folder), Path::new(work), Path::new(program));
    let (with, without) = (work.join("classed"), work.join("plain"));
    write(folder, &with, CLASSED)?;
    write(folder, &without, PLAIN)?;
    let (mut ratios, mut behind_most, mut read_most) = (Ratios::default(), 0f64, 0f64);
    for round in 0..rounds {
        let mut read = (Vec::new(), 0);
        let mut capture = |folder: &Path| -> Result<(f64, f64), Failure> {
            let node = Node::found(program, &work.join("node"))?;
            let rate = node.capture(folder, events)?;
            let behind = node.read()?.as_secs_f64();
            if folder == with {
                node.inspect(FACTS)?;
                read = node.credit(READS)?;
                if read.1 < FACTS {
                    return Err(format!("a grade of {} facts", read.1).into());
                }
            }
            Ok((rate, behind))
        };
        // Whoever is first has the advantage in turns.
        let ((rate, behind), (plain, _)) = match round % 2 {
            0 => (capture(&with)?, capture(&without)?),
            _ => {
                let plain = capture(&without)?;
                (capture(&with)?, plain)
            }
        };
        let (middle, late) = quantiles(&read.0);
        println!(
            "derived {rate:.0}/s, nothing derived {plain:.0}/s: {:.3}; {behind:.2} s behind; a grade of {} facts read in \
             {middle:.2} ms, p99 {late:.2} ms",
            rate / plain,
            read.1
        );
        read_most = read_most.max(middle);
        ratios.add(rate / plain);
        behind_most = behind_most.max(behind);
    }
    let (middle, least, most) = ratios.spread().ok_or("no rounds")?;
    let verdict = |holds: bool| if holds { "holds" } else { "does NOT hold" };
    println!(
        "rate with all derived: {middle:.3} ({least:.3} – {most:.3}) of that without, bar {RATE_BAR}: {}",
        verdict(middle >= RATE_BAR)
    );
    println!("behind at most {behind_most:.2} s, bar {BEHIND_BAR}: {}", verdict(behind_most <= BEHIND_BAR));
    println!("a grade read in {read_most:.2} ms at most, bar {READ_BAR_MS}: {}", verdict(read_most <= READ_BAR_MS));
    fs::remove_dir_all(work.join("node"))?;
    let holds = middle >= RATE_BAR && behind_most <= BEHIND_BAR && read_most <= READ_BAR_MS;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The events of a folder, each begun otherwise.
fn write(from: &Path, to: &Path, begin: &str) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    let mut out = BufWriter::new(File::create(to.join("events.ndjson"))?);
    for line in BufReader::new(File::open(from.join("events.ndjson"))?).lines() {
        let line = line?;
        let rest = line
            .strip_prefix('{')
            .filter(|rest| !rest.contains("\"@context\""))
            .ok_or("an event that begins otherwise")?;
        writeln!(out, "{begin}{rest}")?;
    }
    out.flush()?;
    Ok(())
}
