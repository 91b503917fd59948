//! `suyuan id parse`

use std::io::{self, Write};

use serde::Serialize;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;

use super::arguments::ParseArguments;
use super::machine::{self, List, ReasonEntry};
use super::outcome::Outcome;
use super::screen::{Answers, Screen, printable};
use super::text::pick;
use reading::{Check, Reading, read};

mod reading;

/// Says what each text is.
pub fn parse(options: &ParseArguments, screen: &mut Screen) -> io::Result<Outcome> {
    let mut sink = screen.answers();
    let (mut outcome, mut results) = (Outcome::Done, List::default());
    if options.json {
        sink.write_all(b"{\"identifiers\":[")?;
    }
    for text in &options.texts {
        let found = read(text);
        if found.is_err() {
            outcome.worsen(Outcome::No);
        }
        if options.json {
            results.next(&mut sink)?;
            machine::write(&TextEntry::new(text, &found, screen.language), &mut sink)?;
            continue;
        }
        match found {
            Ok(readings) => show(text, &readings, screen.language, &mut sink)?,
            Err(reason) => screen.complain_of(text, reason)?,
        }
    }
    if options.json {
        writeln!(sink, "\n],\"valid\":{}}}", outcome == Outcome::Done)?;
    }
    Ok(outcome)
}

// ---- for people ----

fn show(text: &str, readings: &[Reading], language: Language, sink: &mut Answers) -> io::Result<()> {
    writeln!(sink, "{}", printable(text))?;
    for (index, reading) in readings.iter().enumerate() {
        if index > 0 {
            writeln!(sink, "  {}", pick(language, "or", "或者"))?;
        }
        let mut line = |label: &str, value: &str| writeln!(sink, "  {}{}", padded(label), printable(value));
        line(pick(language, "kind", "种类"), reading.kind(language))?;
        let form = |form: &Option<Result<String, Reason>>| match form {
            None => None,
            Some(Ok(text)) => Some(text.clone()),
            Some(Err(reason)) => {
                let none = pick(language, "none", "无");
                Some(format!("{none} ({} {})", reason.code.id, reason.what(language)))
            }
        };
        let rows = [
            (pick(language, "URI", "URI"), reading.uri.clone()),
            (pick(language, "digital link", "数字链接"), form(&reading.link)),
            (pick(language, "EPC URN", "EPC URN"), form(&reading.urn)),
            (pick(language, "element string", "单元数据串"), reading.element_string.clone()),
        ];
        for (label, value) in rows {
            if let Some(value) = value {
                line(label, &value)?;
            }
        }
        line(pick(language, "check", "校验"), check(reading.check, language))?;
        for note in &reading.notes {
            let value = format!("{} {}", note.code.id, note.what(language));
            line(pick(language, "note", "注意"), &value)?;
        }
    }
    Ok(())
}

fn check(check: Check, language: Language) -> &'static str {
    match check {
        Check::Verified => pick(language, "verified (check digit, or a closed list)", "已验证（校验码或封闭代码表）"),
        Check::Computed => pick(
            language,
            "this form has no check digit; those of the other forms are computed",
            "此形式不含校验码；其他形式的校验码由计算得出",
        ),
        Check::FormOnly => {
            pick(language, "form only; there is no check digit to verify", "仅校验格式；没有可验证的校验码")
        }
    }
}

/// The label with spaces up to the column of values. A Chinese character is two columns wide.
fn padded(label: &str) -> String {
    let width: usize = label.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{label}{}", " ".repeat(16_usize.saturating_sub(width)))
}

// ---- for machines ----

#[derive(Serialize)]
struct TextEntry<'a> {
    text: &'a str,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ReasonEntry>,
    readings: Vec<ReadingEntry>,
}

#[derive(Serialize)]
struct ReadingEntry {
    kind: &'static str,
    name: &'static str,
    uri: Option<String>,
    digital_link: Option<String>,
    epc_urn: Option<String>,
    element_string: Option<String>,
    check: &'static str,
    notes: Vec<ReasonEntry>,
}

impl<'a> TextEntry<'a> {
    fn new(text: &'a str, found: &Result<Vec<Reading>, Reason>, language: Language) -> Self {
        let (error, readings) = match found {
            Ok(readings) => (None, readings.iter().map(|reading| ReadingEntry::new(reading, language)).collect()),
            Err(reason) => (Some(ReasonEntry::new(reason, language)), Vec::new()),
        };
        TextEntry { text, valid: error.is_none(), error, readings }
    }
}

impl ReadingEntry {
    fn new(reading: &Reading, language: Language) -> Self {
        let forms = [&reading.link, &reading.urn];
        let absent = forms.into_iter().flatten().filter_map(|form| form.as_ref().err());
        let notes = absent.chain(&reading.notes).map(|reason| ReasonEntry::new(reason, language)).collect();
        ReadingEntry {
            kind: reading.name,
            name: reading.kind(language),
            uri: reading.uri.clone(),
            digital_link: reading.link.clone().and_then(Result::ok),
            epc_urn: reading.urn.clone().and_then(Result::ok),
            element_string: reading.element_string.clone(),
            check: match reading.check {
                Check::Verified => "verified",
                Check::Computed => "computed",
                Check::FormOnly => "form_only",
            },
            notes,
        }
    }
}
