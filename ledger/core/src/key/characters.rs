//! Characters of GS1 values and their escapes in EPC URNs and Digital Links.

/// In the 82-character set of serial numbers (GS1 General Specifications figure 7.11-1).
pub(super) const SERIAL: u8 = 1;
/// In the 39-character set of part references (figure 7.11-2).
pub(super) const PART: u8 = 2;
/// Stands for itself in an EPC URN (Tag Data Standard 2.0 §6.3).
const URN_PLAIN: u8 = 4;
/// Stands for itself in a canonical Digital Link, as the event hash writes it (CBV 2.0 §8.9).
const LINK_PLAIN: u8 = 8;

static CLASSES: [u8; 256] = classes();

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
pub(super) enum Syntax {
    /// In an EPC URN, where the standard lists what must be escaped.
    Urn,
    /// In the path of a Digital Link, where whatever needn't be escaped to be told apart may stand.
    Link,
}

/// Appends the characters that `text` stands for: 1 to `longest`, all of them in `alphabet`. None if they
/// are not; what has been appended then is of no use.
pub(super) fn append_decoded(
    text: &str,
    alphabet: u8,
    syntax: Syntax,
    longest: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    // An escape has three bytes: a longer text needs no closer look.
    if text.is_empty() || text.len() > longest.saturating_mul(3) {
        return None;
    }
    let plain = match syntax {
        Syntax::Urn => URN_PLAIN,
        Syntax::Link => SERIAL | PART,
    };
    let start = out.len();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let character = match byte {
            b'%' => unescape(bytes.next()?, bytes.next()?)?,
            _ if has(byte, plain) => byte,
            _ => return None,
        };
        if !has(character, alphabet) {
            return None;
        }
        out.push(character);
    }
    (out.len().saturating_sub(start) <= longest).then_some(())
}

fn unescape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Appends `part`, in which nothing is escaped, as the canonical Digital Link writes it.
pub(super) fn append_link(part: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in part.bytes() {
        if has(byte, LINK_PLAIN) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Whether `text` is a lot as AI (10) allows it, unescaped.
pub(super) fn is_lot(text: &str) -> bool {
    (1..=super::read::SERIAL_MAX).contains(&text.len()) && text.bytes().all(|byte| has(byte, SERIAL))
}

/// Whether `text` is digits only; true of the empty text.
pub(super) fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
