//! The registry of codes: every message this crate can give, once, in English and Chinese.
//!
//! A library function returns a [`Code`] and its arguments, never prose; whoever shows the
//! message to a person renders it here in that person's language. `docs/CODES.md` is written
//! from the same tables.

use std::fmt;

pub mod contract;
pub mod credit;
pub mod element_string;
pub mod epc;
pub mod identifier;
pub mod ledger;
pub mod lint;
pub mod proof;
pub mod query;
pub mod record;
pub mod semantics;
pub mod series;
pub mod structure;
pub mod trace;
pub mod xml;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; the document is still accepted.
    Warning,
    /// The value, event or document is refused.
    Error,
}

/// A language messages are rendered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese (simplified).
    Zh,
}

/// One entry of the registry. `{0}`, `{1}` … in the texts stand for the arguments in order.
pub struct Code {
    /// The stable name, AREA-NAME, for example `ID-CHECK_DIGIT`.
    pub id: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong.
    pub what: Text,
    /// What to do about it.
    pub remedy: Text,
}

/// One text in every language.
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

impl Text {
    /// The text in `language` with `{n}` replaced by the n-th argument.
    pub fn render(&self, language: Language, arguments: &[String]) -> String {
        let template = match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        };
        let mut rendered = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let (before, tail) = rest.split_at(open);
            rendered.push_str(before);
            let argument = tail[1..].split_once('}').and_then(|(number, after)| {
                let index: usize = number.parse().ok()?;
                Some((arguments.get(index)?, after))
            });
            match argument {
                Some((value, after)) => {
                    rendered.push_str(value);
                    rest = after;
                }
                None => {
                    rendered.push('{');
                    rest = &tail[1..];
                }
            }
        }
        rendered.push_str(rest);
        rendered
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id)
    }
}

/// Declares the codes of one area as constants and lists them in `ALL`.
///
/// For every crate that gives messages: this one's areas, and those of the crates above.
///
/// Each line: `NAME = "AREA-NAME", Severity, "English", "Chinese", "English remedy", "Chinese remedy";`
#[macro_export]
macro_rules! codes {
    ($($name:ident = $id:literal, $severity:ident, $en:literal, $zh:literal, $fix_en:literal, $fix_zh:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $en)]
            pub const $name: &$crate::codes::Code = &$crate::codes::Code {
                id: $id,
                severity: $crate::codes::Severity::$severity,
                what: $crate::codes::Text { en: $en, zh: $zh },
                remedy: $crate::codes::Text { en: $fix_en, zh: $fix_zh },
            };
        )*
        /// Every code of this area.
        pub const ALL: &[&$crate::codes::Code] = &[$($name),*];
    };
}
pub(crate) use codes;

/// Every code of this crate, by area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [
        identifier::ALL,
        lint::ALL,
        element_string::ALL,
        epc::ALL,
        structure::ALL,
        xml::ALL,
        query::ALL,
        semantics::ALL,
        ledger::ALL,
        record::ALL,
        proof::ALL,
        trace::ALL,
        series::ALL,
        credit::ALL,
        contract::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code named `id`, if there is one.
pub fn find(id: &str) -> Option<&'static Code> {
    all().find(|code| code.id == id)
}
