//! In which language to speak.

use std::ffi::{OsStr, OsString};

use suyuan_epcis::codes::Language;

/// The variables that name the language, the strongest first (POSIX.1-2024 §8.2).
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The language the environment asks for.
pub fn of_environment() -> Language {
    let named = VARIABLES.into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    of_locale(named.as_deref().and_then(OsStr::to_str).unwrap_or(""))
}

fn of_locale(locale: &str) -> Language {
    match locale.get(..2) {
        Some(language) if language.eq_ignore_ascii_case("zh") => Language::Zh,
        _ => Language::En,
    }
}

/// The language that these arguments ask for, even if they are wrong in other ways: what is
/// wrong must be said in it.
pub fn of_arguments(arguments: &[OsString]) -> Language {
    let mut words = arguments.iter().filter_map(|argument| argument.to_str()).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let value = match word {
            "--lang" => words.next(),
            _ => word.strip_prefix("--lang="),
        };
        if let Some(language) = value.and_then(from_name) {
            return language;
        }
    }
    of_environment()
}

/// The language named `en` or `zh`.
pub fn from_name(name: &str) -> Option<Language> {
    match name {
        "en" => Some(Language::En),
        "zh" => Some(Language::Zh),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: locales and flags choose as documented. Method: a table.
    #[test]
    fn choices() {
        for (locale, expected) in [
            ("zh_CN.UTF-8", Language::Zh),
            ("zh", Language::Zh),
            ("C", Language::En),
            ("", Language::En),
            ("de_DE", Language::En),
        ] {
            assert_eq!(of_locale(locale), expected, "{locale}");
        }
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(of_arguments(&arguments(&["suyuan", "--lang", "zh", "x"])), Language::Zh);
        assert_eq!(of_arguments(&arguments(&["suyuan", "x", "--lang=zh"])), Language::Zh);
        assert_eq!(of_arguments(&arguments(&["suyuan", "--lang", "en"])), Language::En);
    }
}
