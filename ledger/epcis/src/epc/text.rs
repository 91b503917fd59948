//! Characters of GS1 values and their escapes in EPC URNs and Digital Links.

use super::scheme::Alphabet;

/// In the 82-character set of serial numbers (GS1 General Specifications figure 7.11-1).
const SERIAL: u8 = 1;
/// In the 39-character set of part references (figure 7.11-2).
const PART: u8 = 2;
/// Stands for itself in an EPC URN (Tag Data Standard 2.0 §6.3, GS3A3Char).
const URN_PLAIN: u8 = 4;
/// Stands for itself in a canonical Digital Link. The standard wants `! # % & ( ) * + , / :` and
/// space escaped; `" < > ?` cannot stand in a URI (RFC 3986); the event hash writes `' ; =` plain.
const LINK_PLAIN: u8 = 8;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        let letter_or_digit = character.is_ascii_alphanumeric();
        let mut class = 0;
        if letter_or_digit || matches!(character, b'!' | b'"' | b'%'..=b'/' | b':'..=b'?' | b'_') {
            class |= SERIAL;
        }
        if character.is_ascii_digit() || character.is_ascii_uppercase() || matches!(character, b'#' | b'-' | b'/') {
            class |= PART;
        }
        if class & SERIAL != 0 && !matches!(character, b'"' | b'%' | b'&' | b'/' | b'<' | b'>' | b'?') {
            class |= URN_PLAIN;
        }
        if letter_or_digit || matches!(character, b'\'' | b'-' | b'.' | b';' | b'=' | b'_') {
            class |= LINK_PLAIN;
        }
        classes[byte] = class;
        byte += 1;
    }
    classes
}

fn has(byte: u8, class: u8) -> bool {
    // A byte always is an index of 256 entries: the compiler removes the check.
    CLASSES[usize::from(byte)] & class != 0
}

/// Where a text stands: decides what may be written without an escape.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Syntax {
    /// In an EPC URN, where the standard lists what must be escaped.
    Urn,
    /// In the path of a Digital Link, where readers accept what needn't be escaped to be told apart.
    Link,
}

/// The number of characters `text` stands for, or none if one of them isn't allowed, should
/// have been escaped or is badly escaped.
pub(crate) fn measure(text: &str, alphabet: Alphabet, syntax: Syntax) -> Option<usize> {
    let allowed = match alphabet {
        Alphabet::Serial => SERIAL,
        Alphabet::Part => PART,
    };
    let plain = match syntax {
        Syntax::Urn => URN_PLAIN,
        Syntax::Link => SERIAL | PART,
    };
    let mut bytes = text.bytes();
    let mut count = 0;
    while let Some(byte) = bytes.next() {
        let character = match byte {
            b'%' => unescape(bytes.next()?, bytes.next()?)?,
            _ if has(byte, plain) => byte,
            _ => return None,
        };
        if !has(character, allowed) {
            return None;
        }
        count += 1;
    }
    Some(count)
}

fn unescape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The characters a text stands for; the text has been measured before.
pub(crate) fn decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut bytes = text.bytes();
    std::iter::from_fn(move || match bytes.next()? {
        b'%' => unescape(bytes.next()?, bytes.next()?),
        byte => Some(byte),
    })
}

/// Appends `text` as the canonical Digital Link writes it.
pub(crate) fn append_link(text: &str, out: &mut String) {
    append(text, LINK_PLAIN, out);
}

/// Appends `text` as an EPC URN writes it.
pub(crate) fn append_urn(text: &str, out: &mut String) {
    append(text, URN_PLAIN, out);
}

/// Appends `text`, in which nothing is escaped yet, as the canonical Digital Link writes it.
pub(crate) fn append_link_characters(text: &str, out: &mut String) {
    append_characters(text.bytes(), LINK_PLAIN, out);
}

/// Whether `byte` is in the 82-character set of serial numbers and batches.
pub(crate) fn is_serial_character(byte: u8) -> bool {
    has(byte, SERIAL)
}

fn append(text: &str, plain: u8, out: &mut String) {
    if text.bytes().all(|byte| has(byte, plain)) {
        out.push_str(text);
        return;
    }
    append_characters(decoded(text), plain, out);
}

fn append_characters(characters: impl Iterator<Item = u8>, plain: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for character in characters {
        if has(character, plain) {
            out.push(char::from(character));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(character >> 4)]));
            out.push(char::from(HEX[usize::from(character & 15)]));
        }
    }
}

/// Whether `text` is digits only; true of the empty text.
pub(crate) fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: the sets are those of the General Specifications. Method: count and list them.
    #[test]
    fn sets() {
        let members = |class| (0..=255).filter(|byte| has(*byte, class)).map(char::from).collect::<String>();
        assert_eq!(members(SERIAL).len(), 82);
        assert_eq!(members(PART), "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert_eq!(members(SERIAL).replace(|c: char| members(URN_PLAIN).contains(c), ""), "\"%&/<>?");
    }

    // Goal: escapes are read in either case and written in one way. Method: a table.
    #[test]
    fn escapes() {
        let link = |text: &str| {
            let mut out = String::new();
            append_link(text, &mut out);
            out
        };
        assert_eq!(link("a%2fb%41(c"), "a%2FbA%28c");
        assert_eq!(measure("a%2fb%41(c", Alphabet::Serial, Syntax::Urn), Some(6));
        for bad in ["%", "%2", "%zz", "%00", "%23", "a/b", "a\"", "é", "a b", "%7B", "１"] {
            assert_eq!(measure(bad, Alphabet::Serial, Syntax::Urn), None, "{bad}");
        }
        assert_eq!(measure("A%23%2F-", Alphabet::Part, Syntax::Urn), Some(4));
        assert_eq!(measure("a", Alphabet::Part, Syntax::Urn), None);
        assert_eq!(measure("A#", Alphabet::Part, Syntax::Urn), None);
    }
}
