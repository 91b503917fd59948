//! The ledger beside PostgreSQL: the same files to both in alternating rounds, both answers compared, one table of
//! ratios with their spread. `benches/peers/compare` starts the server and this.
//!
//! usage: peers FOLDER WORK PYTHON SCRIPT PROGRAM     ROUNDS (3) from the environment

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;
use suyuan_benches::chain::Failure;
use suyuan_benches::peers::node::{CLIENTS, Node};
use suyuan_benches::peers::ours::{Ours, With, bytes_in};
use suyuan_benches::peers::theirs::{Asked, Theirs};
use suyuan_benches::peers::{Ratios, milliseconds, quantiles};
use suyuan_benches::process::resident_mib;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::trace::closure::Direction;
use suyuan_sims::walk::Graph;

/// Single events of each client.
const SINGLES: usize = 500;
/// Traces of about a thousand nodes, and of a hundred thousand, in a round.
const MIDDLE_TRACES: usize = 20;
const LARGE_TRACES: usize = 3;
/// Histories in a round.
const HISTORIES: usize = 1_000;
/// Histories whose events are compared.
const HISTORIES_COMPARED: usize = 200;

/// Where things are.
struct Places {
    folder: PathBuf,
    work: PathBuf,
    program: PathBuf,
    events: usize,
}

/// What is traced.
struct Starts {
    middle: Vec<Start>,
    large: Vec<Start>,
    items: Vec<String>,
}

/// A lot of raw material, and the vessel in which all of it ends.
struct Start {
    raw: String,
    vessel: String,
}

/// A row of the table.
#[derive(Default)]
struct Row {
    what: String,
    bar: &'static str,
    ours: String,
    theirs: String,
    ratios: Ratios,
}

/// The rows in the order in which they were first told.
#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    /// Adds a round's pair, of which `ratio` is told.
    fn add(&mut self, what: &str, bar: &'static str, pair: (String, String), ratio: f64) {
        let place = self.0.iter().position(|row| row.what == what);
        let place = place.unwrap_or_else(|| {
            self.0.push(Row { what: what.to_owned(), bar, ..Row::default() });
            self.0.len() - 1
        });
        if let Some(row) = self.0.get_mut(place) {
            (row.ours, row.theirs) = pair;
            row.ratios.add(ratio);
        }
    }

    fn rates(&mut self, what: &str, bar: &'static str, ours: f64, theirs: f64) {
        self.add(what, bar, (format!("{ours:.0}/s"), format!("{theirs:.0}/s")), ours / theirs);
    }

    fn times(&mut self, what: &str, bar: &'static str, ours: f64, theirs: f64) {
        self.add(what, bar, (format!("{ours:.2} ms"), format!("{theirs:.2} ms")), ours / theirs);
    }

    fn show(&self) {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["What", "Ours, last round", "PostgreSQL", "Ratio", "least – greatest", "Bar"]);
        for column in 1..5 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.0 {
            let (middle, least, most) = row.ratios.spread().unwrap_or((f64::NAN, f64::NAN, f64::NAN));
            table.add_row([
                row.what.clone(),
                row.ours.clone(),
                row.theirs.clone(),
                format!("{middle:.2}"),
                format!("{least:.2} – {most:.2}"),
                row.bar.to_owned(),
            ]);
        }
        println!("{table}");
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, work, python, script, program] = arguments.as_slice() else {
        return Err("usage: peers FOLDER WORK PYTHON SCRIPT PROGRAM".into());
    };
    let number = |name: &str, otherwise: usize| -> Result<usize, Failure> {
        std::env::var(name).map_or(Ok(otherwise), |text| Ok(text.parse()?))
    };
    let (folder, work) = (PathBuf::from(folder), PathBuf::from(work));
    let (starts, events) = Starts::read(&folder)?;
    let places = Places { folder, work, program: program.into(), events };
    let mut theirs = Theirs::start(Path::new(python), Path::new(script), &places.folder)?;
    let mut rows = Rows::default();
    let rounds = number("ROUNDS", 3)?;
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        println!("{}", flush_time(&places.work)?);
        one_round(&places, &starts, &mut theirs, &mut rows, round == 1)?;
    }
    rows.show();
    Ok(())
}

/// The flush time of the moment, in the peer's own words.
fn flush_time(work: &Path) -> Result<String, Failure> {
    let output = Command::new("bash").arg(work.join("fio.sh")).arg(work).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn one_round(
    places: &Places,
    starts: &Starts,
    theirs: &mut Theirs,
    rows: &mut Rows,
    compare: bool,
) -> Result<(), Failure> {
    over_http(places, starts, theirs, rows)?;
    let store = places.work.join("store");
    let (ours, our_rate) = Ours::capture(&places.folder, &store, places.events)?;
    let their_rate = theirs.capture(places.events)?;
    rows.rates("capture, batches of 500, in process", "≥ 2", our_rate, their_rate);
    eprintln!("captured; resident {} MiB", resident_mib());
    theirs.settle()?;
    let (ours, opened) = ours.settle(&store)?;
    let (our_size, their_size) = (bytes_in(&store)? as f64 / places.events as f64, theirs.size()?);
    let sizes = (format!("{our_size:.0} B"), format!("{their_size:.0} B"));
    rows.add("bytes an event on disk, compacted", "≤ 900 B", sizes, our_size / their_size);
    // The peer has its pages in its buffers, since it has just captured and vacuumed; here nothing is read yet.
    cold_traces(&ours, starts, theirs, rows)?;
    // This reads all, so that from here on the pages are in memory on both sides; what traces have read is forgotten here.
    let checked = ours.check(&places.work.join("scratch"))?;
    ours.forget();
    traces(&ours, starts, theirs, rows, compare)?;
    histories(&ours, starts, theirs, rows, compare)?;
    rows.add(
        "fsck, events a second, to capture's",
        "≥ 1",
        (format!("{checked:.0}/s"), format!("(ours) {our_rate:.0}/s")),
        checked / our_rate,
    );
    let opened = milliseconds(opened);
    rows.add("opening the store again", "≤ 2 s", (format!("{opened:.0} ms"), "–".to_owned()), opened / 2_000.0);
    Ok(())
}

/// What goes over a socket on both sides: PostgreSQL's protocol there, HTTP here.
fn over_http(places: &Places, starts: &Starts, theirs: &mut Theirs, rows: &mut Rows) -> Result<(), Failure> {
    let data = places.work.join("node");
    let node = Node::found(&places.program, &data)?;
    let ours = node.singles(&places.folder, SINGLES)?;
    drop(node);
    let singles = theirs.singles(CLIENTS, SINGLES)?;
    rows.rates("single events, 16 clients, HTTP", "≥ 1", ours, singles);
    let node = Node::found(&places.program, &data)?;
    let ours = node.capture(&places.folder, places.events)?;
    let batches = theirs.capture(places.events)?;
    rows.rates("capture, batches of 500, HTTP", "≥ 2", ours, batches);
    theirs.settle()?;
    for (forward, direction) in [(true, "forward"), (false, "back")] {
        for (starts, name, reps) in [(&starts.middle, "994", MIDDLE_TRACES), (&starts.large, "99,532", LARGE_TRACES)] {
            let uris = chosen(starts, forward, reps);
            if uris.is_empty() {
                continue;
            }
            let ours = node.trace(direction, &uris)?;
            let given = theirs.trace(forward, &uris, false)?;
            same_sizes(&ours, &given, &uris)?;
            let what = format!("{direction} trace of {name}, HTTP, with events and edges");
            rows.times(&what, "", middle(&ours), middle(&given));
        }
    }
    Ok(())
}

/// Each the first here to read what it needs of a store that was just opened.
fn cold_traces(ours: &Ours, starts: &Starts, theirs: &mut Theirs, rows: &mut Rows) -> Result<(), Failure> {
    let uris = chosen(&starts.middle, true, MIDDLE_TRACES);
    if uris.is_empty() {
        return Ok(());
    }
    let walked = ours.trace(Direction::Forward, &uris, With::Identifiers)?;
    let given = theirs.trace(true, &uris, false)?;
    same_sizes(&walked, &given, &uris)?;
    rows.times("forward trace of 994, of a store just opened", "", middle(&walked), middle(&given));
    Ok(())
}

fn traces(ours: &Ours, starts: &Starts, theirs: &mut Theirs, rows: &mut Rows, compare: bool) -> Result<(), Failure> {
    for (forward, direction, name) in [(true, Direction::Forward, "forward"), (false, Direction::Back, "back")] {
        let sizes = [
            (&starts.middle, "994", MIDDLE_TRACES, "≤ 0.5", "≤ 1"),
            (&starts.large, "99,532", LARGE_TRACES, "≤ 0.25", "≤ 0.5"),
        ];
        for (starts, nodes, reps, bar, bar_proved) in sizes {
            let uris = chosen(starts, forward, reps);
            if uris.is_empty() {
                continue;
            }
            // The first call reads what is cold; it is nobody's measure.
            ours.trace(direction, uris.get(..1).unwrap_or_default(), With::Identifiers)?;
            let walked = ours.trace(direction, &uris, With::Identifiers)?;
            let given = theirs.trace(forward, &uris, compare)?;
            same_sizes(&walked, &given, &uris)?;
            if compare {
                same_identifiers(&walked, &given, &uris)?;
            }
            rows.times(&format!("{name} trace of {nodes}, in process"), bar, middle(&walked), middle(&given));
            let proved = ours.trace(direction, &uris, With::Proof)?;
            same_sizes(&proved, &given, &uris)?;
            let what = format!("{name} trace of {nodes}, its proof made, in process");
            rows.times(&what, bar_proved, middle(&proved), middle(&given));
        }
    }
    Ok(())
}

fn histories(ours: &Ours, starts: &Starts, theirs: &mut Theirs, rows: &mut Rows, compare: bool) -> Result<(), Failure> {
    let uris: Vec<String> = starts.items.iter().cycle().take(HISTORIES).cloned().collect();
    if compare {
        let sample: Vec<String> = uris.iter().take(HISTORIES_COMPARED).cloned().collect();
        let told = theirs.history(true, &sample, true)?;
        let walked = ours.history(&sample)?;
        same_events(&walked, &told, &sample)?;
    }
    let walked: Vec<f64> = ours.history(&uris)?.iter().map(|asked| asked.ms).collect();
    let given: Vec<f64> = theirs.history(true, &uris, false)?.iter().map(|asked| asked.ms).collect();
    let (ours, theirs) = (quantiles(&walked), quantiles(&given));
    rows.times("item history with containers, documents, middle", "", ours.0, theirs.0);
    rows.times("item history with containers, documents, p99", "ours ≤ 1 ms", ours.1, theirs.1);
    Ok(())
}

fn chosen(starts: &[Start], forward: bool, reps: usize) -> Vec<String> {
    let of = |start: &Start| if forward { start.raw.clone() } else { start.vessel.clone() };
    starts.iter().map(of).cycle().take(if starts.is_empty() { 0 } else { reps }).collect()
}

fn middle(asked: &[Asked]) -> f64 {
    quantiles(&asked.iter().map(|asked| asked.ms).collect::<Vec<f64>>()).0
}

// ---- both answers are the same ----

fn same_sizes(ours: &[Asked], theirs: &[Asked], uris: &[String]) -> Result<(), Failure> {
    for ((ours, theirs), uri) in ours.iter().zip(theirs).zip(uris) {
        if ours.count != theirs.count {
            return Err(format!("{uri}: {} nodes here, {} there", ours.count, theirs.count).into());
        }
    }
    Ok(())
}

/// The same things are named, in whatever spelling.
fn same_identifiers(ours: &[Asked], theirs: &[Asked], uris: &[String]) -> Result<(), Failure> {
    let keys = |asked: &Asked| -> Result<BTreeSet<String>, Failure> {
        let one =
            |uri: &String| SubjectKey::from_uri(uri).map(|key| key.to_uri()).map_err(|error| format!("{error:?}"));
        Ok(asked.ids.iter().map(one).collect::<Result<_, _>>()?)
    };
    for ((ours, theirs), uri) in ours.iter().zip(theirs).zip(uris) {
        let (ours, theirs) = (keys(ours)?, keys(theirs)?);
        if ours != theirs {
            let other: Vec<&String> = ours.symmetric_difference(&theirs).take(3).collect();
            return Err(format!("{uri}: only one side names {other:?}").into());
        }
    }
    println!("{} closures with the same identifiers on both sides", uris.len());
    Ok(())
}

/// The same events on both sides, but for those that ours shows besides: of the item's class and lot.
fn same_events(ours: &[Asked], theirs: &[Asked], uris: &[String]) -> Result<(), Failure> {
    let (mut events, mut besides) = (0usize, 0usize);
    for ((asked, theirs), uri) in ours.iter().zip(theirs).zip(uris) {
        let ours: BTreeSet<&String> = asked.ids.iter().collect();
        let theirs: BTreeSet<&String> = theirs.ids.iter().collect();
        let more: Vec<&String> = ours.difference(&theirs).copied().collect();
        if !theirs.is_subset(&ours) || more.iter().any(|id| !asked.noticed.contains(id)) {
            let there: Vec<&String> = theirs.difference(&ours).take(3).copied().collect();
            return Err(format!("{uri}: only here {more:?}, only there {there:?}").into());
        }
        events += theirs.len();
        besides += more.len();
    }
    println!("{} item histories with the same {events} events on both sides; {besides} more of lots here", uris.len());
    Ok(())
}

impl Starts {
    /// The campaigns of a folder that are whole, those of which a plain walk finds as much as the folder says; and how
    /// many events it has.
    fn read(folder: &Path) -> Result<(Starts, usize), Failure> {
        let graph = Graph::read(BufReader::new(File::open(folder.join("events.ndjson"))?))?;
        let queries: Value = serde_json::from_slice(&std::fs::read(folder.join("queries.json"))?)?;
        let mut starts = Starts { middle: Vec::new(), large: Vec::new(), items: Vec::new() };
        for campaign in queries["campaigns"].as_array().ok_or("no campaigns")? {
            let text = |name: &str| campaign[name].as_str().map(str::to_owned);
            starts.items.extend(text("item"));
            let (Some(raw), Some(vessel), Some(nodes)) = (text("raw"), text("vessel"), campaign["fwd_nodes"].as_u64())
            else {
                continue;
            };
            if graph.forward(&raw).len() as u64 != nodes {
                continue;
            }
            match nodes {
                900..5_000 => starts.middle.push(Start { raw, vessel }),
                5_000.. => starts.large.push(Start { raw, vessel }),
                _ => {}
            }
        }
        Ok((starts, usize::try_from(graph.events())?))
    }
}
