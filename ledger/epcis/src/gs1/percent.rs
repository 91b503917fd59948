//! Percent-encoding of values in URIs (RFC 3986 §2).

use std::borrow::Cow;

/// The text that `encoded` stands for. None if a `%` isn't followed by two hexadecimal digits, or the bytes are not
/// UTF-8 or contain NUL. In a query `+` stands for a space (the rules of HTML forms).
pub(super) fn decode(encoded: &str, in_query: bool) -> Option<Cow<'_, str>> {
    if !encoded.bytes().any(|byte| byte == b'%' || (in_query && byte == b'+')) {
        return Some(Cow::Borrowed(encoded));
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let value = hexadecimal(bytes.next()?)? * 16 + hexadecimal(bytes.next()?)?;
                if value == 0 {
                    return None;
                }
                decoded.push(value);
            }
            b'+' if in_query => decoded.push(b' '),
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `text` with all but the unreserved characters of RFC 3986 §2.3 encoded, as GS1 Digital Link demands.
pub(super) fn encode(text: &str, uri: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => {
                uri.push('%');
                uri.push(char::from(DIGITS[usize::from(byte >> 4)]));
                uri.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}
