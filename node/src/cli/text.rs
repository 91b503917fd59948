//! Words that are no messages: counts, places, labels.

use suyuan_epcis::codes::{Language, Severity};
use suyuan_epcis::problem::Place;

/// What can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Files.
    Files,
    /// Events.
    Events,
    /// Problems that are errors.
    Errors,
    /// Problems that are warnings.
    Warnings,
    /// Identifiers.
    Identifiers,
}

/// `1 event`, `2 events`, `2 个事件`.
pub fn count(number: u64, counted: Counted, language: Language) -> String {
    let (one, many, chinese) = match counted {
        Counted::Files => ("file", "files", "个文件"),
        Counted::Events => ("event", "events", "个事件"),
        Counted::Errors => ("error", "errors", "个错误"),
        Counted::Warnings => ("warning", "warnings", "个警告"),
        Counted::Identifiers => ("identifier", "identifiers", "个标识"),
    };
    match language {
        Language::En if number == 1 => format!("1 {one}"),
        Language::En => format!("{number} {many}"),
        Language::Zh => format!("{number} {chinese}"),
    }
}

/// `event 3 /epcisBody/eventList/3/action (line 12)`; empty for the document as a whole.
pub fn place(place: &Place, language: Language) -> String {
    let event = place.event.map(|index| match language {
        Language::En => format!("event {index}"),
        Language::Zh => format!("事件 {index}"),
    });
    let pointer = (!place.pointer.is_empty()).then(|| place.pointer.clone());
    let line = place.line.map(|line| match language {
        Language::En => format!("(line {line})"),
        Language::Zh => format!("（第 {line} 行）"),
    });
    [event, pointer, line].into_iter().flatten().collect::<Vec<_>>().join(" ").replace(" （", "（")
}

/// `error` or `warning`.
pub fn severity(severity: Severity, language: Language) -> &'static str {
    match (severity, language) {
        (Severity::Error, Language::En) => "error",
        (Severity::Error, Language::Zh) => "错误",
        (Severity::Warning, Language::En) => "warning",
        (Severity::Warning, Language::Zh) => "警告",
    }
}

/// What stands before a remedy.
pub fn help(language: Language) -> &'static str {
    match language {
        Language::En => "help: ",
        Language::Zh => "建议：",
    }
}

/// Text in both languages.
pub fn pick(language: Language, english: &'static str, chinese: &'static str) -> &'static str {
    match language {
        Language::En => english,
        Language::Zh => chinese,
    }
}
