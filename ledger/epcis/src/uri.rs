//! What counts as a URI.

/// Whether `text` is a URI with a scheme (RFC 3986 §3), as JSON schema's format `uri` and the
/// standard's fields of type URI demand. Characters beyond ASCII pass (they make an IRI, RFC
/// 3987, which XML Schema's `anyURI` allows).
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let bytes = scheme.as_bytes();
    let scheme_holds = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !scheme_holds || rest.is_empty() {
        return false;
    }
    let Some(hierarchy) = rest.strip_prefix("//") else { return !rest.starts_with('#') && holds(rest) };
    let (authority, path) = hierarchy.split_at(hierarchy.find(['/', '?', '#']).unwrap_or(hierarchy.len()));
    // RFC 9110 §4.2: `http` and `https` without a host name nothing.
    let may_be_empty = !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https");
    (authority_holds(authority) || (authority.is_empty() && may_be_empty && !path.is_empty())) && holds(path)
}

/// RFC 3986 §3.2: `[userinfo@]host[:port]`, the host a name or an address in brackets.
fn authority_holds(authority: &str) -> bool {
    let (user, host_and_port) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match host_and_port.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((address, after)) => (address, after.strip_prefix(':').or(after.is_empty().then_some(""))),
            None => return false,
        },
        None => match host_and_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, Some("")),
        },
    };
    let port_holds = port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    port_holds && !host.is_empty() && !user.contains('@') && holds(user) && holds(host)
}

/// Whether the characters may stand in a URI, each `%` begins an escape (§2.1), and at most one `#` a
/// fragment (§3.5). Brackets are for addresses only (§3.2.2).
fn holds(part: &str) -> bool {
    let bytes = part.as_bytes();
    if !bytes.iter().all(|byte| URI_BYTES[usize::from(*byte)]) {
        return false;
    }
    let escape = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    memchr::memchr_iter(b'%', bytes).all(escape) && memchr::memchr_iter(b'#', bytes).nth(1).is_none()
}

/// Whether each byte may stand in a URI outside brackets: a table, since every identifier of every
/// event passes through it.
const URI_BYTES: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        table[byte] = false;
        byte += 1;
    }
    let excluded = b"\"<>[\\]^`{|}\x7f";
    let mut at = 0;
    while at < excluded.len() {
        table[excluded[at] as usize] = false;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::is_uri;

    // Goal: what RFC 3986 and 3987 call a URI or IRI passes, anything else does not. Method: a table of each.
    #[test]
    fn uris() {
        for text in [
            "urn:epc:id:sgtin:9521141.012345.a%2Fb",
            "https://id.gs1.org/01/09521141123454?17=270131#here",
            "HTTP://user:word@example.com:8080/",
            "http://[2001:db8::1]:80/a",
            "https://例子.中国/批次",
            "ni:///sha-256;abc?ver=CBV2.0",
            "file:///a/b",
            "x-y:z",
            "geo:22.5,114.0",
            "urn:x",
        ] {
            assert!(is_uri(text), "{text}");
        }
        for text in [
            "",
            ":",
            "x",
            "x:",
            "1:2",
            "a b:c",
            "http:",
            "http://",
            "https:///a",
            "http://a b/",
            "http://a/%",
            "http://a/%4",
            "http://a/%zz",
            "http://[",
            "http://[::1",
            "http://[::1]x/",
            "http://a:b/",
            "http://:80/",
            "http://a/#b#c",
            "http://a/[1]",
            "urn:x:<a>",
            "urn:x:a|b",
            "urn:x:a\0",
            "urn:x: ",
            "urn:#a",
            "a://",
        ] {
            assert!(!is_uri(text), "{text}");
        }
    }
}
