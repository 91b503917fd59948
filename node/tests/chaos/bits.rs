//! Goal: a bit that flips anywhere in a data directory, and any file of it that is cut off, is told when the directory is
//! opened, read or checked, or changes no answer; never is an answer wrong. Method: one file at a time, by seed, of every
//! kind that a killed node left; then the events exported, traces, `fsck` and a capture of what is there already, each
//! compared with what the untouched directory answers. It counts as harmless only if all of them answer as before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::node::Node;
use crate::runner::{Run, chain_with_known_keys, copy, document, event, folder, is, path, run};
use crate::world::{Chance, times};

/// Events in sorted files, and in the log only.
const EARLY: u32 = 120;
const LATE: u32 = 30;

/// A kind of file.
fn kind(name: &str) -> &'static str {
    let last = name.rsplit('/').next().unwrap();
    match last {
        _ if last.ends_with(".sst") => "sst",
        _ if name.starts_with("journal/") => "journal",
        _ if name.starts_with("spool/") => "spool",
        _ if last.ends_with(".log") => "write-ahead log",
        _ if last.starts_with("MANIFEST") => "MANIFEST",
        _ if last.starts_with("OPTIONS") => "OPTIONS",
        _ if last.starts_with("LOG") => "LOG",
        _ if name.starts_with("keys/") => "key",
        "CURRENT" => "CURRENT",
        "IDENTITY" => "IDENTITY",
        "ACKNOWLEDGED" => "ACKNOWLEDGED",
        "FORMAT" => "FORMAT",
        "genesis.json" => "genesis.json",
        "config.toml" => "config.toml",
        other => panic!("a file of no kind: {name} ({other})"),
    }
}

/// Each kind as often as it is chosen: the ledger's own data most.
const CHOSEN: &[(&str, usize)] = &[
    ("sst", 6),
    ("write-ahead log", 5),
    ("MANIFEST", 4),
    ("CURRENT", 1),
    ("OPTIONS", 1),
    ("LOG", 1),
    ("IDENTITY", 1),
    ("ACKNOWLEDGED", 1),
    ("FORMAT", 1),
    ("genesis.json", 2),
    ("config.toml", 1),
    ("key", 1),
    ("journal", 1),
    ("spool", 1),
];

/// The files of a directory that hold anything, by their names within it.
pub fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = folder.join(entry.file_name());
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(name),
                kind if kind.is_file() && entry.metadata().unwrap().len() > 0 => {
                    found.push(name.to_str().unwrap().to_owned());
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// What a node that was killed left: events in sorted files and in the log. And the document of all.
fn killed_node(work: &tempfile::TempDir) -> (String, String) {
    let dir = chain_with_known_keys(work);
    let lines: Vec<String> =
        suyuan_sims::Workload::new(EARLY, 7).map(|line| String::from_utf8(line).unwrap()).collect();
    let late: Vec<String> = (0..LATE).map(|number| event(number, &format!(r#","ex:number":{number}"#))).collect();
    let (early, all) = (path(work, "early.json"), path(work, "all.json"));
    fs::write(&early, document(&lines)).unwrap();
    fs::write(&all, document(&[lines, late.clone()].concat())).unwrap();
    is(&run(&["capture", &early, "--dir", &dir]), 0, "accepted");
    // Each opening writes what the log held into sorted files.
    is(&run(&["fsck", "--dir", &dir]), 0, " 0 differences");
    let node = Node::start(&dir);
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    for events in late.chunks(5) {
        let way = crate::clients::Way::Documents;
        let said = crate::clients::send(&agent, &node.url, way, document(events).as_bytes());
        assert!(matches!(said, crate::clients::Said::Applied(_)), "{said:?}");
    }
    node.kill();
    (dir, all)
}

/// All that is asked of a directory, and what answers are compared by.
fn answers(dir: &str, all: &str, subjects: &[String]) -> Vec<(&'static str, Run)> {
    let mut asked = vec![("export", run(&["export", "--dir", dir]))];
    for subject in subjects {
        asked.push(("trace", run(&["trace", subject, "--forward", "--dir", dir, "--json"])));
        asked.push(("history", run(&["trace", subject, "--history", "--dir", dir, "--json"])));
    }
    asked.push(("fsck", run(&["fsck", "--dir", dir])));
    let mut captured = run(&["capture", all, "--dir", dir, "--json"]);
    if captured.code == 0 {
        // A block more, of duplicates only: its height and its hash are new.
        captured.stdout = format!("{} {}", captured.json()["accepted"], captured.json()["duplicates"]);
    }
    asked.push(("capture", captured));
    asked
}

#[test]
fn flipped_bits() {
    harmed("flipped_bits", times(25, 500), |bytes, chance| {
        let (place, bit) = (chance.below(bytes.len() as u64) as usize, chance.below(8));
        bytes[place] ^= 1 << bit;
        format!("byte {place} bit {bit}")
    });
}

#[test]
fn truncated_files() {
    harmed("truncated_files", times(25, 200), |bytes, chance| {
        let (whole, left) = (bytes.len(), chance.below(bytes.len() as u64) as usize);
        bytes.truncate(left);
        format!("{left} of {whole} bytes left")
    });
}

/// Harms one file of a directory so many times, each time of another copy, and judges what is answered then.
fn harmed(test: &str, rounds: u64, harm: impl Fn(&mut Vec<u8>, &mut Chance) -> String) {
    let work = folder(&[]);
    let (whole, all) = killed_node(&work);
    let harmed = path(&work, "harmed");
    let subjects = ["https://id.gs1.org/00/095210010000000017".to_owned(), raw_lot()];
    let fresh = |dir: &str| {
        let _ = fs::remove_dir_all(dir);
        copy(Path::new(&whole), Path::new(dir));
    };
    fresh(&harmed);
    let expected = answers(&harmed, &all, &subjects);
    for (name, run) in &expected {
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
    }
    let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    files(Path::new(&whole)).into_iter().for_each(|name| by_kind.entry(kind(&name)).or_default().push(name));
    let kinds: Vec<&str> = CHOSEN.iter().flat_map(|(kind, often)| std::iter::repeat_n(*kind, *often)).collect();
    let chosen: BTreeSet<&str> = CHOSEN.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(by_kind.keys().copied().collect::<BTreeSet<_>>(), chosen);
    let mut chance = Chance::new(test);
    let mut table: BTreeMap<&str, BTreeMap<String, u32>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for round in 0..rounds {
        let kind = kinds[round as usize % kinds.len()];
        let names = &by_kind[kind];
        let name = &names[chance.below(names.len() as u64) as usize];
        fresh(&harmed);
        let file = Path::new(&harmed).join(name);
        let mut bytes = fs::read(&file).unwrap();
        let how = harm(&mut bytes, &mut chance);
        fs::write(&file, bytes).unwrap();
        let what = judge(&answers(&harmed, &all, &subjects), &expected);
        let what = what.unwrap_or_else(|why| {
            wrong.push(format!("{name}, {how}: {why}"));
            "WRONG".to_owned()
        });
        *table.entry(kind).or_default().entry(what).or_default() += 1;
    }
    for (kind, counts) in &table {
        println!("{test}: {kind}: {counts:?}");
    }
    println!("{test}: {rounds} files, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A lot from which the workload begins.
fn raw_lot() -> String {
    let mut workload = suyuan_sims::Workload::new(EARLY, 7);
    workload.by_ref().for_each(drop);
    let query = workload.queries().next().unwrap();
    query.raw.clone()
}

/// Who told of the harm; an error if an answer is wrong.
fn judge(answers: &[(&'static str, Run)], expected: &[(&'static str, Run)]) -> Result<String, String> {
    let mut told = Vec::new();
    for ((name, run), (_, good)) in answers.iter().zip(expected) {
        let said = [run.stdout.as_str(), run.stderr.as_str()].concat();
        if said.contains("panicked") {
            return Err(format!("{name} panics: {said}"));
        }
        if run.code == 0 {
            if run.stdout != good.stdout {
                return Err(format!("{name} answers otherwise: {}", &run.stdout[..run.stdout.len().min(300)]));
            }
            continue;
        }
        // A program that asked for JSON is told in it.
        let is_told = run.stderr.contains("help: ") || run.stdout.contains(r#""code":"NODE-"#);
        if ![1, 3].contains(&run.code) || !is_told {
            return Err(format!("{name} ends with {}: {said}", run.code));
        }
        told.push(*name);
    }
    told.dedup();
    Ok(match told.as_slice() {
        [] => "harmless".to_owned(),
        all if all.len() > 3 => "told by all".to_owned(),
        some => format!("told by {}", some.join(", ")),
    })
}
