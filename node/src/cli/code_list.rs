//! `suyuan codes`: the registry of messages.

use std::io::{self, Write};

use serde::Serialize;
use suyuan_epcis::codes::Code;

use super::arguments::CodesArguments;
use super::machine;
use super::outcome::Outcome;
use super::screen::Screen;

#[derive(Serialize)]
struct CodeEntry {
    code: &'static str,
    severity: &'static str,
    what: TextEntry,
    remedy: TextEntry,
}

#[derive(Serialize)]
struct TextEntry {
    en: &'static str,
    zh: &'static str,
}

/// Every code of every crate, by name.
fn all() -> Vec<&'static Code> {
    let mut all: Vec<&Code> = suyuan_epcis::codes::all()
        .chain(
            crate::codes::ALL
                .iter()
                .chain(crate::codes::node::ALL)
                .chain(crate::codes::alarm::ALL)
                .chain(crate::codes::epcis::ALL)
                .copied(),
        )
        .collect();
    all.sort_by_key(|code| code.id);
    all
}

/// Prints the registry.
pub fn run(options: &CodesArguments, screen: &mut Screen) -> io::Result<Outcome> {
    let mut sink = screen.answers();
    match options.json {
        true => as_json(&mut sink)?,
        false => as_markdown(&mut sink)?,
    }
    Ok(Outcome::Done)
}

fn as_json(sink: &mut dyn Write) -> io::Result<()> {
    let entry = |code: &'static Code| CodeEntry {
        code: code.id,
        severity: machine::severity(code.severity),
        what: TextEntry { en: code.what.en, zh: code.what.zh },
        remedy: TextEntry { en: code.remedy.en, zh: code.remedy.zh },
    };
    let entries: Vec<CodeEntry> = all().into_iter().map(entry).collect();
    machine::write(&entries, sink)?;
    sink.write_all(b"\n")
}

fn as_markdown(sink: &mut dyn Write) -> io::Result<()> {
    sink.write_all(
        b"# Codes\n\nEvery message has a stable code. `{0}`, `{1}` \xE2\x80\xA6 stand for what the message is about. \
          This page is made by `suyuan codes`.\n",
    )?;
    let mut area = "";
    for code in all() {
        let here = code.id.split_once('-').map_or(code.id, |(area, _)| area);
        if here != area {
            area = here;
            write!(sink, "\n## {area}\n\n| Code | | What | What to do |\n|---|---|---|---|\n")?;
        }
        let [what, what_zh, remedy, remedy_zh] =
            [code.what.en, code.what.zh, code.remedy.en, code.remedy.zh].map(|text| text.replace('|', "\\|"));
        let severity = machine::severity(code.severity);
        writeln!(sink, "| `{}` | {severity} | {what}<br>{what_zh} | {remedy}<br>{remedy_zh} |", code.id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::all;

    // Goal: a code names one message only. Method: compare neighbours of the sorted list.
    #[test]
    fn codes_are_unique() {
        let all = all();
        assert!(all.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
