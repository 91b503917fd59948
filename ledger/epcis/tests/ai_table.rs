//! Goal: the checked-in table of application identifiers says what the GS1 Barcode Syntax Dictionary says. Method: a
//! second reader of the dictionary, written apart from the generator, spells out what each entry means, and so does
//! this file for the table; the two lists of lines must be equal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use suyuan_epcis::gs1::{Ai, Component, Kind, Linter};

#[test]
fn the_table_is_the_dictionary() {
    let Some(corpus) = common::corpus() else { return };
    let dictionary = std::fs::read_to_string(corpus.join("identifiers/gs1-syntax-dictionary.txt")).unwrap();
    let expected: Vec<String> = dictionary.lines().filter(|line| is_entry(line)).flat_map(spell_entry).collect();
    let actual: Vec<String> = Ai::all().iter().map(spell).collect();
    assert!(expected.len() > 500, "{}", expected.len());
    for (one, two) in expected.iter().zip(&actual) {
        assert_eq!(one, two);
    }
    assert_eq!(expected.len(), actual.len());
}

fn is_entry(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_digit())
}

/// An entry of the dictionary, once for each number, in the words of the dictionary but normalised: flags, components,
/// attributes sorted by key, title.
fn spell_entry(line: &str) -> Vec<String> {
    let (body, title) = line.split_once('#').unwrap_or((line, ""));
    let mut words = body.split_whitespace().peekable();
    let range = words.next().unwrap();
    let flags = words.next_if(|word| word.contains(['*', '?'])).unwrap_or_default();
    let (attributes, components): (Vec<&str>, Vec<&str>) =
        words.partition(|word| word.contains('=') || *word == "dlpkey");
    let keyed = |key: &str| -> Vec<String> {
        attributes.iter().filter_map(|word| word.strip_prefix(key)).map(str::to_owned).collect()
    };
    let requires = keyed("req=").join(" & ");
    let excludes = keyed("ex=").join(",");
    let primary = match keyed("dlpkey").pop() {
        None => "none".to_owned(),
        Some(alternatives) => format!("key {}", alternatives.trim_start_matches('=')),
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (low, high): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
    let number = |number: u32| format!("{number:0width$}", width = first.len());
    (low..=high)
        .map(|each| {
            let components = components.join(" ");
            format!("{} {flags} {components} {requires} {excludes} {primary} {}", number(each), title.trim())
        })
        .collect()
}

/// An entry of the table in the same words.
fn spell(ai: &Ai) -> String {
    let flags: String = [(ai.predefined_length, '*'), (ai.data_attribute, '?')]
        .iter()
        .filter_map(|(set, flag)| set.then_some(*flag))
        .collect();
    let components: Vec<String> = ai.components.iter().map(spell_component).collect();
    let requirement = |groups: &&[&[&str]]| groups.iter().map(|group| group.join("+")).collect::<Vec<_>>().join(",");
    let requires: Vec<String> = ai.requires.iter().map(requirement).collect();
    let primary = match ai.qualifiers {
        None => "none".to_owned(),
        Some(alternatives) => {
            let sequences: Vec<String> = alternatives.iter().map(|sequence| sequence.join(",")).collect();
            format!("key {}", sequences.join("|"))
        }
    };
    let (number, excludes) = (ai.number, ai.excludes.join(","));
    format!("{number} {flags} {} {} {excludes} {primary} {}", components.join(" "), requires.join(" & "), ai.title)
}

fn spell_component(component: &Component) -> String {
    let kind = match component.kind {
        Kind::Numeric => 'N',
        Kind::Cset82 => 'X',
        Kind::Cset39 => 'Y',
        Kind::Cset64 => 'Z',
    };
    let length = match component.length_min == component.length_max && component.length_max > 1 {
        true => component.length_max.to_string(),
        false if component.length_max == 1 => "1".to_owned(),
        false => format!("..{}", component.length_max),
    };
    let mut text = if component.optional { format!("[{kind}{length}]") } else { format!("{kind}{length}") };
    for linter in component.linters {
        text.push(',');
        text.push_str(linter.name());
    }
    text
}

#[test]
fn every_number_is_found_and_no_other() {
    for ai in Ai::all() {
        assert_eq!(Ai::find(ai.number), Some(ai));
        assert_eq!(Ai::at_start(&format!("{}XYZ", ai.number)), Some(ai));
        for shorter in 0..ai.number.len() {
            assert_eq!(Ai::find(&ai.number[..shorter]), None, "{}", ai.number);
        }
    }
    let known = |number: &str| Ai::all().iter().any(|ai| ai.number == number);
    for value in 0..10_000 {
        let digits = format!("{value:04}");
        for length in 0..=4 {
            assert_eq!(Ai::find(&digits[..length]).is_some(), known(&digits[..length]), "{digits}");
        }
    }
    for text in ["", "0", "é1", "01é", "0é", "🦀"] {
        assert_eq!(Ai::find(text), None);
        assert_eq!(Ai::at_start(text).is_some(), text == "01é");
    }
}

#[test]
fn every_linter_of_the_table_has_its_name() {
    for linter in Linter::ALL {
        assert_eq!(Linter::from_name(linter.name()), Some(*linter));
    }
}
