//! What counts as a URI.

/// Whether `text` is a URI with a scheme (RFC 3986 §3), as JSON schema's format `uri` and the
/// standard's fields of type URI demand. Characters beyond ASCII pass (they make an IRI, RFC
/// 3987, which XML Schema's `anyURI` allows).
pub fn is_uri(text: &str) -> bool {
    let Some(colon) = text.find(':') else { return false };
    let (scheme, rest) = text.split_at(colon);
    let bytes = scheme.as_bytes();
    let scheme_holds = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    scheme_holds && rest.len() > 1 && rest.bytes().all(is_uri_byte)
}

fn is_uri_byte(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x7f)
}
