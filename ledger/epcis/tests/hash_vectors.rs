//! Event hash IDs against the published vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/documents.rs"]
mod documents;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use documents::hashes;
use suyuan_epcis::hash::Profile;

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Compares a file's hashes with the expected ones; says what differs.
fn compare(file: &Path, expected: &[String], profile: Profile, misprints: &[(&str, usize)]) -> Vec<String> {
    let found = hashes(file, profile);
    let name = file.file_name().unwrap().to_str().unwrap();
    let mut differences = Vec::new();
    if found.len() != expected.len() {
        differences.push(format!("{name}: {} events, {} hashes expected", found.len(), expected.len()));
    }
    for (index, ((hash, text), expected)) in found.iter().zip(expected).enumerate() {
        let misprint = misprints.iter().any(|(stem, at)| name.starts_with(stem) && *at == index);
        if (hash == expected) == misprint {
            differences
                .push(format!("{name} #{index} {}\n   got {hash}\n  want {expected}\n  from {text}", profile.name()));
        }
    }
    differences
}

/// The inputs beside the folder of expectations that have this stem.
fn inputs(examples: &Path, stem: &str) -> Vec<std::path::PathBuf> {
    ["jsonld", "xml"]
        .iter()
        .map(|suffix| examples.join(format!("{stem}.{suffix}")))
        .filter(|file| file.exists())
        .collect()
}

fn expectations(folder: &Path) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "hashes"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), lines(&path)))
        .collect();
    found.sort();
    found
}

// Goal: all 37 inputs of the reference of October 2025 hash as it expects.
// Method: its own expectations, every input in JSON and XML.
#[test]
fn reference_of_2025() {
    let Some(corpus) = common::corpus() else { return };
    let examples = corpus.join("event-hash-reference/examples");
    let (mut count, mut differences) = (0, Vec::new());
    for (stem, expected) in expectations(&examples) {
        for file in inputs(&examples, &stem) {
            count += 1;
            differences.extend(compare(&file, &expected, Profile::Cbv20Of2025, &[]));
        }
    }
    assert!(differences.is_empty(), "{} of {count}\n{}", differences.len(), differences.join("\n"));
    // The reference counts 37: two of these inputs its own tests pass over.
    assert_eq!(count, 39);
}

// Goal: every file of the reference of 2026 hashes as it expects under its profile.
// Method: the transcribed expectations.
#[test]
fn reference_of_2026() {
    let Some(corpus) = common::corpus() else { return };
    let examples = corpus.join("event-hash-reference/examples");
    let mut differences = Vec::new();
    for (folder, profile) in [("CBV2.0", Profile::Cbv20Of2026), ("CBV2.1", Profile::Cbv21Of2026)] {
        for (stem, expected) in expectations(&corpus.join("event-hash-2026").join(folder)) {
            for file in inputs(&examples, &stem) {
                differences.extend(compare(&file, &expected, profile, MISPRINTS));
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// Expectations of 2026 that are proven to be misprinted: file and event. (A test fails when one
/// of them suddenly matches.)
const MISPRINTS: &[(&str, usize)] = &[];

/// Rows of the table that can't hold under a profile. This event has a sensor, and the 2026 reference for
/// CBV 2.0 writes no `sensorElementList` (its own expectations for SensorDataExamples.xml, which pass above,
/// prove it), so its digest can't be that of the others.
const NOT_STABLE: &[(&str, usize, Profile)] =
    &[("openepcis/2.0/EPCIS/XML/Query/queryDocument.xml", 0, Profile::Cbv20Of2026)];

// Goal: events on which all states of the reference agree hash so under every profile.
// Method: each row of the table; the version named by the URI is the profile's own.
#[test]
fn stable_hashes() {
    let Some(corpus) = common::corpus() else { return };
    let mut rows: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for line in
        lines(&corpus.join("event-hash-reference/stable_hashes.tsv")).iter().filter(|line| !line.starts_with('#'))
    {
        let mut columns = line.split('\t');
        let (file, index, hash) = (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap());
        rows.entry(file.to_owned()).or_default().push((index.parse().unwrap(), hash.to_owned()));
    }
    let (mut count, mut differences) = (0, Vec::new());
    for (file, expected) in rows {
        for profile in Profile::ALL {
            let found = hashes(&corpus.join(&file), profile);
            for (index, hash) in &expected {
                count += 1;
                let hash = hash.replace("CBV2.0", profile.version());
                if NOT_STABLE.contains(&(file.as_str(), *index, profile)) {
                    assert_ne!(found[*index].0, hash, "{file} is listed as not stable, and is");
                    continue;
                }
                match found.get(*index) {
                    Some((got, _)) if *got == hash => {}
                    other => differences.push(format!("{file} #{index} {}: want {hash} got {other:?}", profile.name())),
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} of {count}\n{}", differences.len(), differences.join("\n"));
    assert_eq!(count, 3 * 121);
}
