//! The lexical forms of the XSD's simple types, and of XML's own names and characters.

use crate::time::Stamp;

/// `xsd:dateTime`: a time stamp whose offset may be absent.
pub(crate) fn is_date_time(text: &str) -> bool {
    Stamp::parse(text).is_some() || Stamp::parse(&[text, "Z"].concat()).is_some()
}

/// `xsd:decimal`.
pub(crate) fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction)
}

/// `xsd:double`.
pub(crate) fn is_double(text: &str) -> bool {
    if matches!(text, "INF" | "-INF" | "NaN") {
        return true;
    }
    match text.split_once(['e', 'E']) {
        None => is_decimal(text),
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            is_decimal(mantissa) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

/// `xsd:boolean`.
pub(crate) fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "false" | "1" | "0")
}

/// `xsd:hexBinary`.
pub(crate) fn is_hex_binary(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// XML white space (XML 1.0 §2.3).
pub(crate) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Whether there is nothing but XML white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// `text` without white space at its ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// A character of XML 1.0 §2.2.
pub(crate) fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The first character that XML may not hold.
pub(crate) fn forbidden(text: &str) -> Option<char> {
    // Nearly every text passes on its bytes alone; U+FFFE and U+FFFF begin with 0xEF.
    let suspicious = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF;
    // Without an early exit, so that the compiler takes many bytes at once.
    match text.bytes().fold(false, |found, byte| found | suspicious(byte)) {
        true => text.chars().find(|character| !is_character(*character)),
        false => None,
    }
}

/// A name without colon (Namespaces in XML 1.0 §3, XML 1.0 §2.3).
pub(crate) fn is_ncname(text: &str) -> bool {
    // Nearly every name is of letters alone.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return true;
    }
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each lexical form takes exactly what the XSD allows. Method: tables.
    #[test]
    fn forms() {
        assert!(is_date_time("2026-01-01T00:00:00") && is_date_time("2026-01-01T00:00:00-13:59"));
        assert!(!is_date_time("2026-01-01") && !is_date_time("2019-02-29T00:00:00"));
        assert!(is_decimal("-1.") && is_decimal(".5") && !is_decimal(".") && !is_decimal("1e2") && !is_decimal(""));
        assert!(is_double("1e-2") && is_double("-INF") && !is_double("1e") && !is_double("1,5"));
        assert!(is_hex_binary("f0F0") && is_hex_binary("") && !is_hex_binary("f"));
        assert!(is_ncname("a.b-c") && is_ncname("溯源") && !is_ncname("1a") && !is_ncname("a:b") && !is_ncname(""));
    }
}
