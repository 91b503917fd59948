//! Reads JSON text strictly, one value after the other, without building a tree.
//!
//! Stricter than RFC 8259 where readers differ: no byte order mark, no name twice in an object (after
//! unescaping), no lone surrogate, no NUL, at most [`DEPTH_MAX`] levels, numbers of at most
//! [`NUMBER_CHARACTERS_MAX`] characters, which stay text. Whitespace may stand around the value.

use std::borrow::Cow;

use super::DeriveError;

/// A payload is at most so many bytes.
pub const PAYLOAD_BYTES_MAX: usize = 256 << 10;
/// Objects and lists are nested at most so deep; the payload itself is the first level.
pub const DEPTH_MAX: u32 = 32;
/// A number is at most so long.
pub const NUMBER_CHARACTERS_MAX: usize = 40;

/// Up to so many names an object's are compared one with another, above they are sorted.
const NAMES_COMPARED_MAX: usize = 32;

pub(super) type Read<T> = Result<T, DeriveError>;

/// A place in a text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// The names so far of all objects that are open, the innermost last.
    names: Vec<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Read<Reader<'a>> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(DeriveError::new(102, format!("{} bytes", payload.len())));
        }
        match std::str::from_utf8(payload) {
            Ok(text) => Ok(Reader { text, at: 0, depth: 0, names: Vec::with_capacity(32) }),
            Err(error) => Err(DeriveError::new(101, format!("byte {}: no UTF-8", error.valid_up_to()))),
        }
    }

    /// The text ends here.
    pub(super) fn end(&mut self) -> Read<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows")),
        }
    }

    /// The first byte of what comes next.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn malformed(&self, what: &str) -> DeriveError {
        DeriveError::new(101, format!("byte {}: {what}", self.at))
    }

    /// What comes next is another kind of value than `wanted`, or none.
    fn unexpected(&mut self, wanted: &str) -> DeriveError {
        match self.peek() {
            Some(b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => {
                DeriveError::new(105, format!("no {wanted}"))
            }
            _ => self.malformed("no value"),
        }
    }

    fn open(&mut self, bracket: u8, wanted: &str) -> Read<()> {
        if self.peek() != Some(bracket) {
            return Err(self.unexpected(wanted));
        }
        if self.depth == DEPTH_MAX {
            return Err(DeriveError::new(102, format!("byte {}: deeper than {DEPTH_MAX}", self.at)));
        }
        (self.at, self.depth) = (self.at + 1, self.depth + 1);
        Ok(())
    }

    /// Takes `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Whether another element or member follows; else the closing bracket has been taken.
    fn another(&mut self, bracket: u8) -> Read<bool> {
        if self.take(b',') {
            return Ok(true);
        }
        if self.take(bracket) {
            return Ok(false);
        }
        Err(self.malformed("no comma or bracket"))
    }

    /// Reads an object: `member` is called with each name and must read the value.
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        self.open(b'{', "object")?;
        let base = self.names.len();
        let mut seen = 0;
        let mut more = !self.take(b'}');
        while more {
            if self.peek() != Some(b'"') {
                return Err(self.malformed("no name"));
            }
            let name = self.string()?;
            self.note(base, name.clone(), &mut seen)?;
            if !self.take(b':') {
                return Err(self.malformed("no colon"));
            }
            member(self, &name).map_err(|error| error.under(&name))?;
            more = self.another(b'}')?;
        }
        self.check_names(base)?;
        self.names.truncate(base);
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    /// Keeps a name of the object whose names begin at `base`, and refuses it if the object has it. `seen` has
    /// a bit for each name, of its length and ends: most names need no comparing.
    fn note(&mut self, base: usize, name: Cow<'a, str>, seen: &mut u64) -> Read<()> {
        let names = self.names.get(base..).unwrap_or(&[]);
        if names.len() < NAMES_COMPARED_MAX {
            let ends = [name.as_bytes().first(), name.as_bytes().last()].map(|byte| usize::from(*byte.unwrap_or(&0)));
            let bit = 1 << ((name.len() + ends[0] * 5 + ends[1] * 11) % 64);
            if *seen & bit != 0 && names.contains(&name) {
                return Err(twice(&name));
            }
            *seen |= bit;
        }
        self.names.push(name);
        Ok(())
    }

    /// The names of a large object are compared when it ends.
    fn check_names(&mut self, base: usize) -> Read<()> {
        let names = self.names.get_mut(base..).unwrap_or(&mut []);
        if names.len() > NAMES_COMPARED_MAX {
            names.sort_unstable();
            if let Some([name, ..]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(twice(name));
            }
        }
        Ok(())
    }

    /// Reads a list: `element` must read each of its elements.
    pub(super) fn list(&mut self, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.open(b'[', "list")?;
        let mut index: usize = 0;
        let mut more = !self.take(b']');
        while more {
            element(self).map_err(|error| error.under(&index.to_string()))?;
            index += 1;
            more = self.another(b']')?;
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    /// Reads a string.
    pub(super) fn string(&mut self) -> Read<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("string"));
        }
        let start = self.at + 1;
        let rest = self.text.get(start..).unwrap_or("");
        let length = plain_length(rest.as_bytes());
        self.at = start + length;
        let plain = rest.get(..length).unwrap_or("");
        match rest.as_bytes().get(length) {
            Some(b'"') => {
                self.at += 1;
                Ok(Cow::Borrowed(plain))
            }
            Some(b'\\') => self.escaped(plain).map(Cow::Owned),
            Some(_) => Err(self.malformed("control character")),
            None => Err(self.malformed("no end of string")),
        }
    }

    /// The rest of a string that begins with `plain` and has an escape next.
    fn escaped(&mut self, plain: &str) -> Read<String> {
        let mut string = String::with_capacity(plain.len() + 32);
        string.push_str(plain);
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            match rest.as_bytes().first() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape(rest)?),
                Some(byte) if *byte >= 0x20 => {
                    let length = plain_length(rest.as_bytes());
                    string.push_str(rest.get(..length).unwrap_or(""));
                    self.at += length;
                }
                Some(_) => return Err(self.malformed("control character")),
                None => return Err(self.malformed("no end of string")),
            }
        }
    }

    /// The character of the escape that `rest` begins with.
    fn escape(&mut self, rest: &str) -> Read<char> {
        let character = match rest.as_bytes().get(1) {
            Some(simple @ (b'"' | b'\\' | b'/')) => char::from(*simple),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(rest),
            _ => return Err(self.malformed("escape")),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self, rest: &str) -> Read<char> {
        let unit = |at: usize| {
            let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
            let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let Some(first) = unit(0) else { return Err(self.malformed("escape")) };
        let units = [first, unit(6).unwrap_or(0)];
        match char::decode_utf16(units).next() {
            Some(Ok('\0')) => Err(self.malformed("NUL")),
            Some(Ok(character)) => {
                self.at += 6 * character.len_utf16();
                Ok(character)
            }
            _ => Err(self.malformed("lone surrogate")),
        }
    }

    /// Reads a number as its text (RFC 8259 §6).
    pub(super) fn number(&mut self) -> Read<&'a str> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.unexpected("number"));
        }
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        let length = match number_length(rest.as_bytes()) {
            Some(length) => length,
            None => return Err(self.malformed("number")),
        };
        if length > NUMBER_CHARACTERS_MAX {
            return Err(DeriveError::new(102, format!("byte {start}: number of {length} characters")));
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or(""))
    }

    /// Reads any value and forgets it.
    pub(super) fn skip(&mut self) -> Read<()> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(|reader, _| reader.skip()),
            Some(b'[') => self.list(Reader::skip),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// Takes this literal.
    pub(super) fn word(&mut self, word: &str) -> Read<()> {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if !found {
            return Err(self.malformed("no value"));
        }
        self.at += word.len();
        Ok(())
    }
}

fn twice(name: &str) -> DeriveError {
    DeriveError::new(101, "twice".to_owned()).under(name)
}

/// Bytes up to the first quotation mark, backslash or control character.
///
/// Eight at a time: a byte b of a word w is below n exactly if bit 7 of (w − n…n) & !w is its lowest such bit;
/// equal to c, if w ^ c…c has it below 1. Bits above the lowest may lie, and are not looked at.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    /// A long string is looked at so many at a time: the compiler then takes the widest words that there are. Most
    /// strings are shorter than what that costs.
    const LONG: usize = 64;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & (ONES * 0x80);
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let special =
            below(word, 0x20) | below(word ^ (ONES * u64::from(b'"')), 1) | below(word ^ (ONES * u64::from(b'\\')), 1);
        if special != 0 {
            return bytes.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = more;
        while bytes.len() - rest.len() >= LONG
            && let Some((block, more)) = rest.split_first_chunk::<LONG>()
            && !block.iter().fold(false, |found, byte| found | is_special(*byte))
        {
            rest = more;
        }
    }
    let end = rest.iter().position(|byte| is_special(*byte));
    bytes.len() - rest.len() + end.unwrap_or(rest.len())
}

/// Bytes of the number at the start; none if its grammar is broken.
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |at: usize| {
        let count = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then(|| at + count)
    };
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut end = digits(start)?;
    if bytes.get(start) == Some(&b'0') && end > start + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = digits(end + 1 + usize::from(signed))?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8]) -> Result<(), u16> {
        let mut reader = Reader::new(text).map_err(|error| error.code)?;
        reader.skip().and_then(|()| reader.end()).map_err(|error| error.code)
    }

    /// Goal: exactly JSON is accepted. Method: a table of texts, also judged by serde_json where it is not laxer.
    #[test]
    fn grammar() {
        let good = [
            "0",
            "-0.5e+10",
            "[]",
            "{}",
            " [ 1 , \"\\u00e9\\n\\/\" , null , true , false ] ",
            "{\"\":{\"\":1}}",
            "\"\\ud83d\\ude00\"",
            "\"\u{7f}\u{10ffff}\"",
            "1E400",
        ];
        for text in good {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
        let bad = [
            "",
            " ",
            "{",
            "[",
            "\"",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "01",
            "-",
            "+1",
            ".5",
            "1.",
            "1e",
            "1e+",
            "NaN",
            "Infinity",
            "tru",
            "nul",
            "truex",
            "1 2",
            "[1 2]",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\t\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\\u0000\"",
            "\"\u{0}\"",
            "\u{feff}{}",
            "[]]",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            "// x\n1",
        ];
        for text in bad {
            assert_eq!(check(text.as_bytes()), Err(101), "{text}");
        }
        assert_eq!(check(b"\"\xff\""), Err(101));
        assert_eq!(check(b"\"\xed\xa0\x80\""), Err(101));
    }

    /// Goal: what we accept, another parser accepts with the same strings; what it refuses, we refuse.
    /// Method: short texts of JSON's own characters, drawn by a fixed sequence.
    #[test]
    fn no_laxer_than_another_parser() {
        let tokens = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\u0062\"",
            "\"b\"",
            "1",
            "-0.1",
            "01",
            "null",
            " ",
            "\"é\\\\\"",
        ];
        let mut random = 7_u64;
        let mut accepted = 0;
        for _ in 0..200_000 {
            let mut text = String::new();
            for _ in 0..1 + random % 9 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(tokens[usize::try_from(random >> 33).unwrap() % tokens.len()]);
            }
            let other = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let ours = check(text.as_bytes()).is_ok();
            // Another parser takes a name twice.
            assert!(other || !ours, "{text}");
            if other && !ours {
                assert!(text.matches(['b', 'a']).count() >= 2, "{text}");
            }
            accepted += u32::from(ours);
        }
        assert!(accepted > 5_000, "{accepted}");
    }

    /// Goal: strings are cut at the first special byte wherever it stands. Method: every special byte at every
    /// place of texts around the length of a word and of what is looked at together.
    #[test]
    fn plain_lengths() {
        for length in (0..40).chain(60..72).chain(124..140).chain(190..204) {
            for place in 0..=length {
                for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
                    for filler in [b'a', b' ', b'!', 0x7f, 0x80, 0xff, b'#', b'[', b']'] {
                        let mut bytes = vec![filler; length];
                        if let Some(byte) = bytes.get_mut(place) {
                            *byte = special;
                        }
                        assert_eq!(plain_length(&bytes), place, "{bytes:?}");
                    }
                }
            }
        }
    }

    /// Goal: limits hold at their edge. Method: one text at each limit and one beyond.
    #[test]
    fn limits() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!((check(nested(32).as_bytes()), check(nested(33).as_bytes())), (Ok(()), Err(102)));
        let mixed = "{\"a\":[".repeat(16);
        assert_eq!(check((mixed.clone() + "1" + &"]}".repeat(16)).as_bytes()), Ok(()));
        assert_eq!(check((mixed + "{").as_bytes()), Err(102));
        assert_eq!((check("1".repeat(40).as_bytes()), check("1".repeat(41).as_bytes())), (Ok(()), Err(102)));
        let string = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
        assert_eq!(check(string(PAYLOAD_BYTES_MAX).as_bytes()), Ok(()));
        assert_eq!(check(string(PAYLOAD_BYTES_MAX + 1).as_bytes()), Err(102));
    }

    /// Goal: a name twice is found in objects of any size. Method: objects of 1 to 100 names with one of
    /// them again, written with an escape, at the end; and without it.
    #[test]
    fn names_twice() {
        for count in 1..100 {
            let names: Vec<String> = (0..count).map(|index| format!("\"n{index}\":{{\"n0\":1}}")).collect();
            assert_eq!(check(format!("{{{}}}", names.join(",")).as_bytes()), Ok(()), "{count}");
            let again = format!("{{{},\"\\u006e{}\":1}}", names.join(","), count - 1);
            assert_eq!(check(again.as_bytes()), Err(101), "{count}");
        }
    }
}
