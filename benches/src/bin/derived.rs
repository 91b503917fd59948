//! What it costs that credit is derived beside capture: the same events over HTTP to a node of its own, in batches of 500, once
//! with the class of their product, by which completeness and timeliness are judged, and once with as many bytes that say
//! nothing; alternating. And how far what is derived is behind when the last batch is answered.
//!
//! usage: derived FOLDER WORK PROGRAM     ROUNDS (3) and EVENTS (100000) from the environment; FOLDER has the generator's
//! events.ndjson (`benches/peers/prepare`)

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use suyuan_benches::chain::Failure;
use suyuan_benches::peers::Ratios;
use suyuan_benches::peers::node::Node;

/// As long as each other.
const CLASSED: &str = r#"{"@context":[{"suyuan":"https://suyuan.example/ns/"}],"suyuan:productClass":"FOOD","#;
const PLAIN: &str = r#"{"@context":[{"vendor":"https://vendor.example/ns/"}],"vendor:articleClass":"FOOD","#;
/// Of the rate without, and seconds behind.
const RATE_BAR: f64 = 0.85;
const BEHIND_BAR: f64 = 5.0;

fn main() -> Result<(), Failure> {
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
    let (mut ratios, mut behind_most) = (Ratios::default(), 0f64);
    for round in 0..rounds {
        let capture = |folder: &Path| -> Result<(f64, f64), Failure> {
            let node = Node::found(program, &work.join("node"))?;
            let rate = node.capture(folder, events)?;
            Ok((rate, node.read()?.as_secs_f64()))
        };
        // Whoever is first has the advantage in turns.
        let ((rate, behind), (plain, _)) = match round % 2 {
            0 => (capture(&with)?, capture(&without)?),
            _ => {
                let plain = capture(&without)?;
                (capture(&with)?, plain)
            }
        };
        println!("derived {rate:.0}/s, nothing derived {plain:.0}/s: {:.3}; {behind:.2} s behind", rate / plain);
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
    fs::remove_dir_all(work.join("node"))?;
    Ok(())
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
