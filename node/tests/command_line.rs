//! The command line as users' scripts see it: exact texts, exit codes, streams.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use runner::{command, finish, folder, path, root, run};
use serde_json::Value;

const EVENT: &str = r#"{"type":"ObjectEvent","eventTime":"2026-10-07T13:10:00.000+08:00","eventTimeZoneOffset":"+08:00","epcList":["urn:epc:id:sscc:9521001.0000000001"],"action":"OBSERVE","bizStep":"shipping"}"#;
const HASH: &str = "ni:///sha-256;";

// Goal: exit codes are what scripts rely on. Method: a table.
#[test]
fn exit_codes() {
    let sample = "docs/samples/infant-formula.jsonld";
    let table: &[(&[&str], i32)] = &[
        (&["--version"], 0),
        (&["codes"], 0),
        (&["epcis", "validate", sample], 0),
        (&["epcis", "validate", "docs/samples/broken.xml"], 1),
        (&["epcis", "validate", "docs/samples/none.json"], 3),
        (&["epcis", "validate", "docs/samples/broken.xml", "docs/samples/none.json"], 3),
        (&["epcis", "validate", "--nothing"], 2),
        (&["epcis", "validate", "-", "-"], 2),
        (&["epcis", "hash", sample], 0),
        (&["epcis", "hash", "docs/samples/broken.jsonld"], 1),
        (&["epcis", "hash", "docs/samples/none.json"], 3),
        (&["epcis", "convert", sample, "--to", "xml"], 0),
        (&["epcis", "convert", "docs/samples", "--to", "xml"], 2),
        (&["epcis", "convert", "docs/samples/none.json", "--to", "xml"], 3),
        (&["epcis", "convert", sample, "--to", "xml", "--json"], 2),
        (&["epcis", "convert", sample, "--to", "xml", "--output", sample], 2),
        (&["epcis", "convert", sample, "--to", "xml", "--output", "docs/none/x.xml"], 3),
        (&["id", "parse", "9521001001014"], 0),
        (&["id", "parse", "9521001001014", "nothing"], 1),
        (&["id", "parse"], 2),
        (&[], 2),
    ];
    for (arguments, expected) in table {
        let run = run(arguments);
        assert_eq!(run.code, *expected, "{arguments:?}: {}", run.stderr);
    }
}

// Goal: the language follows the environment as POSIX orders it, and the option before it.
// Method: one error under several environments.
#[test]
fn languages() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "error"),
        (&[("LANG", "zh_CN.UTF-8")], "错误"),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")], "error"),
        (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "zh_TW.UTF-8"), ("LC_MESSAGES", "C")], "错误"),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")], "错误"),
    ];
    for (variables, expected) in table {
        let mut command = command();
        command.env_remove("LANG").envs(variables.iter().copied()).args(["id", "parse", "nothing"]);
        let run = finish(command, b"");
        assert!(run.stderr.contains(expected), "{variables:?}: {}", run.stderr);
    }
}

// Goal: `validate --json` is one document of the promised shape, whatever was met.
// Method: good, broken and missing files.
#[test]
fn validate_json() {
    let files = ["docs/samples/infant-formula.jsonld", "docs/samples/broken.jsonld", "docs/samples/broken.xml", "none"];
    let arguments: Vec<&str> = ["epcis", "validate", "--json"].into_iter().chain(files).collect();
    let answer = run(&arguments).json();
    assert_eq!(answer["valid"], false);
    let names: Vec<&Value> = answer["files"].as_array().unwrap().iter().map(|file| &file["file"]).collect();
    assert_eq!(names, files);
    let broken = &answer["files"][1];
    assert_eq!(broken["events"], 7);
    assert_eq!(broken["truncated"], 0);
    let problems = broken["problems"].as_array().unwrap();
    let errors = problems.iter().filter(|problem| problem["severity"] == "error").count();
    assert_eq!(broken["errors"], errors);
    assert_eq!(broken["warnings"], problems.len() - errors);
    assert!(problems.iter().any(|problem| problem["code"] == "EPCIS-BAD_ACTION"
        && problem["event"] == 1
        && problem["pointer"] == "/epcisBody/eventList/1/action"
        && problem["what"].is_string()
        && problem["remedy"].is_string()));
    assert_eq!(answer["files"][2]["complete"], false);
    assert_eq!(answer["files"][3]["failure"]["code"], "CLI-NOT_FOUND");
}

// Goal: so is `hash --json`. Method: the same.
#[test]
fn hash_json() {
    let files = ["docs/samples/infant-formula.jsonld", "docs/samples/broken.jsonld", "docs/samples/broken.xml", "none"];
    let arguments: Vec<&str> = ["epcis", "hash", "--json", "--prehash"].into_iter().chain(files).collect();
    let answer = run(&arguments).json();
    assert_eq!(answer["profile"], "cbv2.0-2025");
    let events = answer["files"][0]["events"].as_array().unwrap();
    assert_eq!(events.len(), 10);
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["event"], index);
        assert!(event["hash"].as_str().unwrap().starts_with(HASH));
        assert!(event["prehash"].as_str().unwrap().starts_with("eventType="));
    }
    assert!(answer["files"][1]["events"][6]["hash"].is_null());
    assert_eq!(answer["files"][3]["failure"]["code"], "CLI-NOT_FOUND");
}

// Goal: so are those of identifiers and codes. Method: a good and a bad identifier; one code.
#[test]
fn other_json() {
    let answer = run(&["id", "parse", "--json", "(01)09521001001014(21)1", "nothing"]).json();
    assert_eq!(answer["valid"], false);
    let reading = &answer["identifiers"][0]["readings"][0];
    assert_eq!(reading["digital_link"], "https://id.gs1.org/01/09521001001014/21/1");
    assert_eq!(reading["element_string"], "(01)09521001001014(21)1");
    assert_eq!(answer["identifiers"][1]["error"]["code"], "ID-UNKNOWN");
    let codes = run(&["codes", "--json"]).json();
    assert!(codes.as_array().unwrap().iter().any(|code| code["code"] == "EPCIS-BAD_TIME"));
}

// Goal: the URN of a company prefix of unknown length is not guessed, and the answer says why.
// Method: a key of a range that the list of prefixes does not tell.
#[test]
fn unknown_prefix() {
    let run = run(&["id", "parse", "(00)095287650000000017"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("none (EPC-PREFIX_UNKNOWN "), "{}", run.stdout);
}

// Goal: an event hashes alike in JSON and XML, one hash a line. Method: the sample in both.
#[test]
fn hashes_of_both_syntaxes() {
    for profile in ["cbv2.0-2025", "cbv2.0-2026", "cbv2.1-2026"] {
        let of = |file: &str| run(&["epcis", "hash", "--profile", profile, file]).stdout;
        let json = of("docs/samples/infant-formula.jsonld");
        assert_eq!(json, of("docs/samples/infant-formula.xml"));
        assert_eq!(json.lines().count(), 10);
        assert!(json.lines().all(|line| line.starts_with(HASH)));
    }
}

// Goal: standard input is read like a file. Method: the sample through a pipe, nothing, an archive.
#[test]
fn standard_input() {
    let sample = fs::read(root().join("docs/samples/infant-formula.xml")).unwrap();
    let mut piped = command();
    piped.args(["epcis", "hash", "-"]);
    assert_eq!(finish(piped, &sample).stdout, run(&["epcis", "hash", "docs/samples/infant-formula.xml"]).stdout);
    for (input, code) in [("", "EPCIS-EMPTY_DOCUMENT"), ("PK\u{3}\u{4}", "EPCIS-UNKNOWN_SYNTAX")] {
        let mut command = command();
        command.args(["epcis", "validate", "-"]);
        let run = finish(command, input.as_bytes());
        assert_eq!(run.code, 1);
        assert!(run.stdout.starts_with(&format!("-: error {code}")), "{}", run.stdout);
    }
}

// Goal: folders are searched through, in order, for documents only; links cannot lead in circles.
// Method: a tree with other files, an empty folder and a link to its own root.
#[test]
fn folders() {
    let files = [("b/2.XML", "<x/>"), ("b/1.json", EVENT), ("a.ndjson", EVENT), ("c.txt", "no"), ("z.jsonld", EVENT)];
    let folder = folder(&files);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("b/loop")).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let answer = run(&["epcis", "validate", "--json", &path(&folder, "")]).json();
    let name = |file: &Value| file["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let names: Vec<String> = answer["files"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(names, ["a.ndjson", "1.json", "2.XML", "z.jsonld"]);
    let run = run(&["epcis", "validate", &path(&folder, "empty")]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("CLI-NO_DOCUMENTS"), "{}", run.stderr);
}

// Goal: what cannot be read stops nothing else. Method: a file without permission (for a user who
// may read everything, a link to nothing), and a good one behind it.
#[test]
fn unreadable() {
    let folder = folder(&[("a.json", EVENT), ("b.json", EVENT)]);
    let locked = folder.path().join("a.json");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let mut expected = "CLI-NOT_PERMITTED";
    if fs::File::open(&locked).is_ok() {
        fs::remove_file(&locked).unwrap();
        std::os::unix::fs::symlink(folder.path().join("gone.json"), &locked).unwrap();
        expected = "CLI-NOT_FOUND";
    }
    let run = run(&["epcis", "hash", &path(&folder, "a.json"), &path(&folder, "b.json")]);
    assert_eq!(run.code, 3);
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

// Goal: names and contents from elsewhere neither crash the program nor steer the terminal.
// Method: a name that is no UTF-8, a name and a value with control characters, an argument that
// is no UTF-8.
#[test]
fn hostile_names() {
    let folder = folder(&[]);
    let name = folder.path().join(OsStr::from_bytes(b"caf\xE9.json"));
    fs::write(&name, EVENT).unwrap();
    fs::write(folder.path().join("\u{1b}[2J.json"), EVENT.replace("OBSERVE", "\\u001b[31mX\\nY")).unwrap();
    for json in [&[][..], &["--json"]] {
        for verb in ["validate", "hash"] {
            let mut command = command();
            command.args(["epcis", verb, "--prehash"].iter().take(if verb == "hash" { 3 } else { 2 }));
            command.args(json).arg(folder.path()).arg(&name);
            let run = finish(command, b"");
            assert!([0, 1].contains(&run.code), "{}", run.stderr);
            assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{}{}", run.stdout, run.stderr);
        }
    }
    let mut command = command();
    command.args(["id", "parse"]).arg(OsStr::from_bytes(b"\xFF"));
    let run = finish(command, b"");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("CLI-NO_UNICODE"), "{}", run.stderr);
}

// Goal: a broken event costs no good one beside it. Method: one event a line, the second cut off.
#[test]
fn broken_line() {
    let folder = folder(&[("x.ndjson", &format!("{EVENT}\n{}\n{EVENT}\n", &EVENT[..80]))]);
    let run = run(&["epcis", "hash", &path(&folder, "x.ndjson")]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout.lines().count(), 2);
    assert!(run.stderr.contains("event 1 (line 2): error EPCIS-JSON_SYNTAX"), "{}", run.stderr);
}

// Goal: a reader that goes away is no crash, and no success. Method: close the pipe at once.
#[test]
fn closed_pipe() {
    let folder = folder(&[("x.ndjson", &format!("{EVENT}\n").repeat(20_000))]);
    let mut command = command();
    command.args(["epcis", "hash", &path(&folder, "x.ndjson")]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

// Goal: converting changes no event's identity, there and back, also through the other form of
// identifiers, and the outcome is valid. Method: hashes before and after.
#[test]
fn conversion_keeps_hashes() {
    let folder = folder(&[]);
    let hashes = |file: &str| run(&["epcis", "hash", file]).stdout;
    for sample in ["infant-formula.jsonld", "infant-formula.xml", "infant-formula-1.2.xml", "distributor.ndjson"] {
        let source = format!("docs/samples/{sample}");
        for (index, steps) in [&["xml"][..], &["json"], &["xml", "json"], &["json", "xml"]].iter().enumerate() {
            for epc in [&[][..], &["--epc", "dl"], &["--epc", "urn"]] {
                let mut from = source.clone();
                for (step, syntax) in steps.iter().enumerate() {
                    let to = path(&folder, &format!("{sample}.{index}.{step}"));
                    let arguments = ["epcis", "convert", &from, "--to", syntax, "--output", &to];
                    let arguments: Vec<&str> = arguments.into_iter().chain(epc.iter().copied()).collect();
                    let converted = run(&arguments);
                    assert_eq!(converted.code, 0, "{arguments:?} {}", converted.stderr);
                    let valid = run(&["epcis", "validate", &to]);
                    assert_eq!(valid.code, 0, "{arguments:?} {}", valid.stdout);
                    from = to;
                }
                assert_eq!(hashes(&from), hashes(&source), "{sample} {steps:?} {epc:?}");
            }
        }
    }
}

// Goal: identifiers change form where that is defined, and are counted where not.
// Method: the sample to URNs; a key whose company prefix is unknown.
#[test]
fn identifier_forms() {
    let converted = run(&["epcis", "convert", "docs/samples/infant-formula.jsonld", "--to", "xml", "--epc", "urn"]);
    assert_eq!(converted.code, 0, "{}", converted.stderr);
    assert!(converted.stdout.contains("urn:epc:id:sscc:9521001.0000000001"), "{}", converted.stdout);
    assert!(!converted.stdout.contains("https://id.gs1.org/"), "{}", converted.stdout);
    let unknown = EVENT.replace("urn:epc:id:sscc:9521001.0000000001", "https://id.gs1.org/00/095287650000000017");
    let mut command = command();
    command.args(["epcis", "convert", "-", "--to", "xml", "--epc", "urn"]);
    let run = finish(command, unknown.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("https://id.gs1.org/00/095287650000000017"), "{}", run.stdout);
    assert!(run.stderr.contains("warning CLI-KEPT_AS_WRITTEN: 1 identifier kept as written"), "{}", run.stderr);
}

// Goal: --output gives a whole file or none, and replaces no device.
// Method: an unreadable input, a good one, and /dev/null.
#[test]
fn output_is_whole() {
    let folder = folder(&[("broken.json", "{\"type\":"), ("good.json", EVENT)]);
    let output = path(&folder, "out.xml");
    let of = |name: &str, output: &str| {
        run(&["epcis", "convert", &path(&folder, name), "--to", "xml", "--output", output, "--json"])
    };
    let failed = of("broken.json", &output);
    assert_eq!(failed.code, 1);
    assert!(failed.json()["output"].is_null());
    assert!(!Path::new(&output).exists());
    let done = of("good.json", &output);
    assert_eq!((done.code, &done.json()["events"]), (0, &Value::from(1)), "{}", done.stderr);
    assert!(fs::read_to_string(&output).unwrap().ends_with("EPCISDocument>\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    assert_eq!(of("good.json", "/dev/null").code, 0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

// Goal: the page of codes is complete. Method: look for a heading of each area and both languages.
#[test]
fn code_list() {
    let run = run(&["codes"]);
    for needle in ["## CLI\n", "## EPC\n", "## EPCIS\n", "## ID\n", "`CLI-NOT_FOUND`", "没有此文件或文件夹"] {
        assert!(run.stdout.contains(needle), "{needle}");
    }
}

// Goal: common accidents are told in words that help. Method: an input in UTF-16, no room for a temporary file, an
// empty argument, an output into a folder that is not there.
#[test]
fn accidents() {
    let told = |run: &runner::Run, code: i32, words: &[&str]| {
        assert_eq!(run.code, code, "{}", run.stderr);
        for word in words {
            assert!([&*run.stdout, &run.stderr].concat().contains(word), "{word}: {}", run.stderr);
        }
    };
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut validate = command();
    validate.args(["epcis", "validate", "-"]);
    told(&finish(validate, &utf16), 1, &["EPCIS-NOT_UTF8", "UTF-16"]);
    let mut hash = command();
    hash.env("TMPDIR", "/no/such/folder").args(["epcis", "hash", "-"]);
    told(&finish(hash, &[b' '; 9 << 20]), 3, &["CLI-CANNOT_SPOOL", "/no/such/folder", "TMPDIR"]);
    told(&run(&["epcis", "validate", ""]), 2, &["CLI-NO_VALUE", "help: see suyuan epcis validate --help"]);
    let sample = "docs/samples/infant-formula.jsonld";
    let nowhere = run(&["epcis", "convert", sample, "--to", "xml", "--output", "/no/such/folder/out.xml"]);
    told(&nowhere, 3, &["/no/such/folder/out.xml: error NODE-NO_FOLDER", "the folder /no is missing"]);
    assert!(!nowhere.stderr.contains(".suyuan-"), "{}", nowhere.stderr);
}

// Goal: warnings alone refuse nothing, however many. Method: an event that names one object a thousand times in XML,
// whose XSD allows that.
#[test]
fn many_warnings() {
    let epcs = "<epc>https://a.example/01/09521234543213/21/1</epc>".repeat(1000);
    let text = format!(
        "<ObjectEvent><eventTime>2026-01-01T00:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>\
         <epcList>{epcs}</epcList><action>OBSERVE</action></ObjectEvent>"
    );
    let mut validate = command();
    validate.args(["epcis", "validate", "--json", "-"]);
    let run = finish(validate, text.as_bytes());
    let answer = run.json();
    assert_eq!((run.code, &answer["valid"], &answer["files"][0]["errors"]), (0, &true.into(), &0.into()));
    assert_eq!(answer["files"][0]["truncated"], 899);
}
