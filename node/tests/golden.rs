//! What people read on the command line, word for word, in English and Chinese.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::fs;
use std::path::Path;

use runner::run;

const CASES: &[(&str, &[&str])] = &[
    ("help", &["--help"]),
    ("help_hash", &["epcis", "hash", "--help"]),
    ("help_convert", &["epcis", "convert", "--help"]),
    ("no_command", &[]),
    ("wrong_command", &["epcis", "hsh"]),
    ("wrong_option", &["epcis", "hash", "--prehsh", "x"]),
    ("wrong_value", &["epcis", "hash", "--profile", "cbv3", "x"]),
    ("no_value", &["epcis", "convert", "x", "--to"]),
    ("missing_option", &["epcis", "convert", "x"]),
    ("missing_path", &["epcis", "validate"]),
    ("given_twice", &["epcis", "convert", "x", "--to", "xml", "--to", "json"]),
    ("stdin_twice", &["epcis", "validate", "-", "-"]),
    ("convert_folder", &["epcis", "convert", "docs/samples", "--to", "xml"]),
    ("missing_file", &["epcis", "validate", "docs/samples/none.json", "docs/samples/distributor.ndjson"]),
    ("validate_broken_json", &["epcis", "validate", "docs/samples/broken.jsonld"]),
    ("validate_broken_xml", &["epcis", "validate", "docs/samples/broken.xml"]),
    ("hash", &["epcis", "hash", "--prehash", "docs/samples/distributor.ndjson"]),
    ("hash_two", &["epcis", "hash", "docs/samples/distributor.ndjson", "docs/samples/infant-formula-1.2.xml"]),
    ("hash_broken_json", &["epcis", "hash", "docs/samples/broken.jsonld"]),
    ("hash_broken_xml", &["epcis", "hash", "docs/samples/broken.xml"]),
    ("convert_broken_json", &["epcis", "convert", "docs/samples/broken.jsonld", "--to", "xml"]),
    (
        "id",
        &[
            "id",
            "parse",
            "(01)09521001001014(10)L20261003A",
            "urn:epc:id:sscc:9521001.0000000001",
            "https://shop.example/01/09521001001014/21/1?17=281002",
            "(10)L20261003A",
            "9521001001014",
            "91440115DEMA00013J",
        ],
    ),
    ("id_wrong", &["id", "parse", "(01)09521001001015", "91440115DEMA00013K", "(01", "milk"]),
];

// Goal: what people read is exactly what was reviewed.
// Method: run, compare with the files in tests/golden; with SUYUAN_GOLDEN=write they are written
// anew, to be reviewed before they are committed.
#[test]
fn texts() {
    let rewrite = std::env::var_os("SUYUAN_GOLDEN").is_some_and(|value| value == "write");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut differences = Vec::new();
    for (name, arguments) in CASES {
        for language in ["en", "zh"] {
            let arguments: Vec<&str> = ["--lang", language].into_iter().chain(arguments.iter().copied()).collect();
            let run = run(&arguments);
            let found = format!(
                "$ suyuan {}\n[exit code {}]\n[standard output]\n{}[standard error]\n{}",
                arguments.join(" "),
                run.code,
                run.stdout,
                run.stderr
            );
            let file = folder.join(format!("{name}.{language}.txt"));
            if rewrite {
                fs::create_dir_all(&folder).expect("a folder");
                fs::write(&file, &found).expect("written");
            }
            if fs::read_to_string(&file).unwrap_or_default() != found {
                differences.push(format!("==== {}\n{found}", file.display()));
            }
        }
    }
    let differences = differences.join("\n");
    assert!(differences.is_empty(), "texts have changed; review, then run with SUYUAN_GOLDEN=write:\n{differences}");
}

// Goal: the page of codes in the documentation is the registry's. Method: compare it with what
// `suyuan codes` prints; SUYUAN_GOLDEN=write writes it anew.
#[test]
fn page_of_codes() {
    let printed = run(&["codes"]).stdout;
    let file = runner::root().join("docs/CODES.md");
    if std::env::var_os("SUYUAN_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&file, &printed).expect("written");
    }
    let page = fs::read_to_string(&file).unwrap_or_default();
    assert!(page == printed, "docs/CODES.md is not what `suyuan codes` prints; run with SUYUAN_GOLDEN=write");
}
