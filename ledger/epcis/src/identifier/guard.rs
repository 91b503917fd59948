//! Keeps personal data out: finds what is shaped like a natural person's number in a text.
//!
//! To be asked about texts that are not identifiers: a valid identifier in a field of its own kind is
//! never refused for its shape. A resident identity number is only seen where its check character
//! is right and no digit touches it, so a longer number is not mistaken for one; a word of 32 hexadecimal digits or more,
//! and a UUID, is a digest or a key.

use std::borrow::Cow;

use super::PROVINCES;
use super::checks::mod11_2;

/// What a text has the shape of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Resident identity number, GB 11643-1999.
    ResidentId,
    /// Mobile telephone number of mainland China.
    MobileNumber,
    /// Licence plate of a motor vehicle, GA 36-2018.
    LicencePlate,
    /// E-mail address at a provider of mail for persons.
    PrivateEmail,
}

/// What personal number or address `text` is or contains, if any. Wide characters and invisible ones hide nothing, nor do
/// the usual groups of digits.
///
/// ```
/// use suyuan_epcis::identifier::guard::{Kind, natural_person_shape};
/// // The sample published in GB 11643.
/// assert_eq!(natural_person_shape("11010519491231002X"), Some(Kind::ResidentId));
/// assert_eq!(natural_person_shape("110105194912310021"), None);
/// assert_eq!(natural_person_shape("+86 138 1234 5678"), Some(Kind::MobileNumber));
/// ```
pub fn natural_person_shape(text: &str) -> Option<Kind> {
    let text = &*plain(text);
    number_in(text.as_bytes()).or_else(|| {
        let address = has_private_email(text).then_some(Kind::PrivateEmail);
        address.or_else(|| has_plate(text).then_some(Kind::LicencePlate))
    })
}

/// Whether `text` contains an e-mail address of those that persons have for themselves. No identifier does.
pub fn private_email_shape(text: &str) -> Option<Kind> {
    has_private_email(&plain(text)).then_some(Kind::PrivateEmail)
}

/// The text as it is read: wide forms (U+FF01 to U+FF5E) as the ASCII that they stand for, and without what is not seen.
fn plain(text: &str) -> Cow<'_, str> {
    let is_unseen = |found: char| matches!(found, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let is_wide = |found: char| matches!(found, '\u{ff01}'..='\u{ff5e}' | '\u{3000}' | '\u{a0}');
    if text.is_ascii() || !text.contains(|found| is_unseen(found) || is_wide(found)) {
        return Cow::Borrowed(text);
    }
    let narrow = |found: char| match found {
        '\u{3000}' | '\u{a0}' => ' ',
        wide if is_wide(wide) => char::from_u32(u32::from(wide) - 0xfee0).unwrap_or(wide),
        other => other,
    };
    Cow::Owned(text.chars().filter(|found| !is_unseen(*found)).map(narrow).collect())
}

/// Every number that is found has a group of so many digits, however it is written.
const GROUP_DIGITS_MIN: usize = 4;
// A resident's, in as many groups as there may be.
const _: () = assert!(17 > GROUPS_MAX * (GROUP_DIGITS_MIN - 1));

fn number_in(text: &[u8]) -> Option<Kind> {
    let mut read = 0;
    while let Some((start, end)) = next_group(text, read) {
        // The number may begin in a group before.
        let from = read.max(start.saturating_sub(GROUPED_DIGITS_MAX + GROUPS_MAX));
        if let Some(kind) = number_between(text, from, end) {
            return Some(kind);
        }
        read = end;
    }
    None
}

/// The next run of digits, from a place within none on, that is long enough for a group of a number.
fn next_group(text: &[u8], from: usize) -> Option<(usize, usize)> {
    // Looked at together, which costs a fifth of what it costs one by one: a large body may be a picture.
    const TOGETHER: usize = 64;
    let mut rest = text.get(from..)?;
    while let Some(block) = rest.first_chunk::<{ TOGETHER + GROUP_DIGITS_MIN - 1 }>()
        && !has_group(block)
    {
        rest = rest.get(TOGETHER..)?;
    }
    let place = rest.windows(GROUP_DIGITS_MIN).position(|group| group.iter().all(u8::is_ascii_digit))?;
    let start = text.len() - rest.len() + place;
    Some((start, start + digits_at(text.get(start..)?)))
}

/// Whether four digits follow one another. No branch within, so that it is done for many bytes at once.
fn has_group(block: &[u8]) -> bool {
    let after = |skipped: usize| block.get(skipped..).unwrap_or_default().iter().map(u8::is_ascii_digit);
    let four = after(0).zip(after(1)).zip(after(2)).zip(after(3));
    four.fold(false, |found, (((first, second), third), fourth)| found | (first & second & third & fourth))
}

/// What a number is that begins between two places, the second of which ends a run of digits.
fn number_between(text: &[u8], from: usize, end: usize) -> Option<Kind> {
    let is_digit = |place: usize| text.get(place).is_some_and(u8::is_ascii_digit);
    let mut place = from;
    // Within a run that begins before: too far away.
    while place > 0 && is_digit(place - 1) && is_digit(place) {
        place += 1;
    }
    while place < end {
        if !is_digit(place) {
            place += 1;
            continue;
        }
        let (before, rest) = text.split_at_checked(place)?;
        let run = digits_at(rest);
        let (digits, after) = rest.split_at_checked(run)?;
        let of_run = number_shape(digits, before.last().copied(), after).filter(|_| !is_in_digest(text, place));
        // Nothing but a UUID has groups within it.
        let kind = of_run.or_else(|| grouped(before, rest, run));
        if kind.is_some() && !is_in_uuid(text, place) {
            return kind;
        }
        place += run;
    }
    None
}

/// A digest or a key has at least so many hexadecimal digits.
const DIGEST_DIGITS_MIN: usize = 32;
/// RFC 9562 §4: a UUID's groups of hexadecimal digits, 36 characters with what is between them.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
const UUID_LENGTH: usize = 36;

/// Whether a digit is one of a digest or a key. Of 300 digests one holds eleven digits between letters that would be
/// a telephone's number.
fn is_in_digest(text: &[u8], place: usize) -> bool {
    let (before, after) = text.split_at_checked(place).unwrap_or((text, &[]));
    let (left, right) = (before.iter().rev(), after.iter());
    let within = |byte: &&u8| byte.is_ascii_hexdigit();
    let digits = left.take(DIGEST_DIGITS_MIN).take_while(within).count()
        + right.take(DIGEST_DIGITS_MIN).take_while(within).count();
    digits >= DIGEST_DIGITS_MIN
}

/// Whether a digit is one of a UUID.
fn is_in_uuid(text: &[u8], place: usize) -> bool {
    (place.saturating_sub(UUID_LENGTH - 1)..=place).any(|start| {
        let is_begun = start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_hexdigit);
        let is_longer = text.get(start + UUID_LENGTH).is_some_and(u8::is_ascii_hexdigit);
        !is_begun && !is_longer && text.get(start..start + UUID_LENGTH).is_some_and(is_uuid)
    })
}

fn is_uuid(text: &[u8]) -> bool {
    let groups = text.split(|byte| *byte == b'-');
    let is_group = |group: &[u8], digits: usize| group.len() == digits && group.iter().all(u8::is_ascii_hexdigit);
    groups.clone().count() == UUID_GROUPS.len()
        && groups.zip(UUID_GROUPS).all(|(group, digits)| is_group(group, digits))
}

/// How many digits a text begins with.
fn digits_at(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn is_mobile(number: &[u8]) -> bool {
    number.len() == 11 && matches!(number, [b'1', second, ..] if (b'3'..=b'9').contains(second))
}

/// Judges a run of digits that no other digit touches.
fn number_shape(digits: &[u8], preceding: Option<u8>, after: &[u8]) -> Option<Kind> {
    let mobile = |number: Option<&[u8]>| number.is_some_and(is_mobile).then_some(Kind::MobileNumber);
    match digits.len() {
        11 => mobile(Some(digits)),
        // Written internationally, +86 or 0086.
        13 if preceding == Some(b'+') => mobile(digits.strip_prefix(b"86")),
        15 => mobile(digits.strip_prefix(b"0086")),
        17 => (has_check_x(after) && is_resident(digits, b'X')).then_some(Kind::ResidentId),
        18 => {
            let (check, body) = digits.split_last()?;
            is_resident(body, *check).then_some(Kind::ResidentId)
        }
        _ => None,
    }
}

/// Whether a text begins with the check character X, and no further digit.
fn has_check_x(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'X' | b'x')) && !text.get(1).is_some_and(u8::is_ascii_digit)
}

/// A grouped number has at most so many digits, and so many groups.
const GROUPED_DIGITS_MAX: usize = 18;
const GROUPS_MAX: usize = 5;

/// Judges a number whose groups of digits one and the same character separates, the first of which begins `text`.
fn grouped(before: &[u8], text: &[u8], first: usize) -> Option<Kind> {
    let separator = text.get(first).copied().filter(|byte| b" -.".contains(byte))?;
    let is_continued = before.last() == Some(&separator) && before.iter().nth_back(1).is_some_and(u8::is_ascii_digit);
    if is_continued {
        return None;
    }
    let (mut digits, mut groups, mut rest) = (Vec::with_capacity(GROUPED_DIGITS_MAX), Vec::new(), text);
    loop {
        let run = digits_at(rest);
        let (group, after) = rest.split_at_checked(run)?;
        digits.extend_from_slice(group);
        groups.push(run);
        rest = after;
        if digits.len() > GROUPED_DIGITS_MAX || groups.len() > GROUPS_MAX {
            return None;
        }
        match after.split_first() {
            Some((next, more)) if *next == separator && more.first().is_some_and(u8::is_ascii_digit) => rest = more,
            _ => break,
        }
    }
    let has_plus = before.last() == Some(&b'+');
    let of_mobile = match (groups.as_slice(), digits.as_slice()) {
        ([3, 4, 4] | [3, 8] | [7, 4], number) | ([2, 3, 4, 4], [b'8', b'6', number @ ..]) => Some(number),
        ([4, 3, 4, 4], [b'0', b'0', b'8', b'6', number @ ..]) => Some(number),
        ([5, 4, 4] | [5, 8], [b'8', b'6', number @ ..]) if has_plus => Some(number),
        _ => None,
    };
    if of_mobile.is_some_and(is_mobile) {
        return Some(Kind::MobileNumber);
    }
    let is_id = match digits.len() {
        17 => has_check_x(rest) && is_resident(&digits, b'X'),
        18 => digits.split_last().is_some_and(|(check, body)| is_resident(body, *check)),
        _ => false,
    };
    is_id.then_some(Kind::ResidentId)
}

/// Whose mail a person has for itself. Each stands for what is below it too.
const PRIVATE_MAIL: &[&str] = &[
    "qq.com",
    "foxmail.com",
    "163.com",
    "126.com",
    "yeah.net",
    "188.com",
    "139.com",
    "189.cn",
    "wo.cn",
    "sina.com",
    "sina.cn",
    "sohu.com",
    "aliyun.com",
    "tom.com",
    "21cn.com",
    "263.net",
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "live.cn",
    "msn.com",
    "yahoo.com",
    "yahoo.cn",
    "ymail.com",
    "rocketmail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "tutanota.com",
    "zoho.com",
    "fastmail.com",
    "gmx.com",
    "gmx.net",
    "gmx.de",
    "web.de",
    "t-online.de",
    "freenet.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "naver.com",
    "daum.net",
    "hanmail.net",
    "nate.com",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "laposte.net",
    "libero.it",
    "virgilio.it",
    "rediffmail.com",
    "seznam.cz",
    "wp.pl",
    "o2.pl",
    "uol.com.br",
    "bol.com.br",
    "hinet.net",
    "netvigator.com",
    "pchome.com.tw",
];
/// Providers with a domain in many countries: the name, whatever follows.
const PRIVATE_MAIL_NAMES: &[&str] = &["yahoo", "hotmail", "outlook", "live", "gmx"];

fn has_private_email(text: &str) -> bool {
    memchr::memchr_iter(b'@', text.as_bytes()).any(|at| {
        let local = text.get(..at).and_then(|before| before.chars().next_back());
        let domain = text.get(at + 1..).unwrap_or("");
        let end = domain.bytes().position(|found| !found.is_ascii_alphanumeric() && !b"-.".contains(&found));
        let domain = domain.get(..end.unwrap_or(domain.len())).unwrap_or("").trim_end_matches('.');
        // Most that have this sign are no address.
        if !domain.contains('.') {
            return false;
        }
        let domain = domain.to_ascii_lowercase();
        let is_of =
            |mail: &str| domain.strip_suffix(mail).is_some_and(|below| below.is_empty() || below.ends_with('.'));
        let is_named = || {
            let mut labels = domain.split('.');
            let (first, rest) = (labels.next().unwrap_or(""), labels.count());
            PRIVATE_MAIL_NAMES.contains(&first) && (1..=2).contains(&rest)
        };
        local.is_some_and(|last| last.is_alphanumeric() || "._%+-".contains(last))
            && (PRIVATE_MAIL.iter().any(|mail| is_of(mail)) || is_named())
    })
}

/// Division 6, birth date 8, order 3, then the check character.
fn is_resident(body: &[u8], check: u8) -> bool {
    let number = |from: usize, to: usize| {
        let digits = body.get(from..to).unwrap_or(&[]);
        digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let born = (1900..=2099).contains(&number(6, 10))
        && (1..=12).contains(&number(10, 12))
        && (1..=31).contains(&number(12, 14));
    body.first() != Some(&b'0') && born && mod11_2(body) == Some(check)
}

/// A province's character, a capital, an optional dot, then five or six characters of which the last
/// may be a Chinese one. Letters I and O are not used. What stands within a longer number, such as a
/// certificate's, is no plate.
fn has_plate(text: &str) -> bool {
    // A province is no ASCII.
    if text.is_ascii() {
        return false;
    }
    let letter = |character: char| matches!(character, 'A'..='H' | 'J'..='N' | 'P'..='Z');
    let mut preceding = ' ';
    for (at, character) in text.char_indices() {
        // The cheap test first: the search in the list is for Chinese characters only.
        let starts = !character.is_ascii() && !preceding.is_ascii_alphanumeric() && PROVINCES.contains(character);
        preceding = character;
        if !starts {
            continue;
        }
        let mut rest = text.get(at + character.len_utf8()..).unwrap_or("").chars();
        if !rest.next().is_some_and(letter) {
            continue;
        }
        let rest = rest.as_str().trim_start_matches(['·', '•', ' ', '-']);
        let digit_or_letter = |found: &char| letter(*found) || found.is_ascii_digit();
        let count = rest.chars().take(7).take_while(digit_or_letter).count();
        let next = rest.chars().nth(count);
        let special = next.is_some_and(|last| "挂学警港澳".contains(last));
        let ended = !next.is_some_and(|next| next.is_ascii_alphanumeric());
        if ended && (matches!(count, 5 | 6) || count == 4 && special) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Kind, natural_person_shape, number_between, number_in};

    // Goal: personal numbers are found as whole numbers and nothing else is. Method: a table; the
    // resident numbers are the standard's samples.
    #[test]
    fn shapes() {
        let table = [
            ("11010519491231002X", Some(Kind::ResidentId)),
            ("身份证 11010519491231002x。", Some(Kind::ResidentId)),
            ("440524188001010014", None),
            ("110105194912310021", None),
            ("11010519491231002X1", None),
            ("111010519491231002X", None),
            ("13812345678", Some(Kind::MobileNumber)),
            ("call +8613812345678 now", Some(Kind::MobileNumber)),
            ("8613812345678", None),
            ("138123456789", None),
            ("12812345678", None),
            ("１３８１２３４５６７８", Some(Kind::MobileNumber)),
            ("138\u{200b}1234\u{200b}5678", Some(Kind::MobileNumber)),
            ("138 1234 5678", Some(Kind::MobileNumber)),
            ("tel 138-1234-5678, day", Some(Kind::MobileNumber)),
            ("+86 138.1234.5678", Some(Kind::MobileNumber)),
            ("+86 138 1234 5678", Some(Kind::MobileNumber)),
            ("0086 138 1234 5678", Some(Kind::MobileNumber)),
            ("008613812345678", Some(Kind::MobileNumber)),
            ("+86138 1234 5678", Some(Kind::MobileNumber)),
            ("+86-13812345678", Some(Kind::MobileNumber)),
            ("138 12345678", Some(Kind::MobileNumber)),
            ("1381234 5678", Some(Kind::MobileNumber)),
            ("7-138-1234-5678", None),
            ("138-1234-5678-9", None),
            ("128-1234-5678", None),
            ("2026-10-03 12:00", None),
            ("110105 19491231 002X", Some(Kind::ResidentId)),
            ("110105-1949-1231-002x", Some(Kind::ResidentId)),
            ("110105 19491231 0021", None),
            ("１１０１０５１９４９１２３１００２Ｘ", Some(Kind::ResidentId)),
            ("Zhang.San@163.com", Some(Kind::PrivateEmail)),
            ("write to zhang+a@VIP.QQ.COM.", Some(Kind::PrivateEmail)),
            ("mailto:li@yahoo.co.jp?subject=a", Some(Kind::PrivateEmail)),
            ("张三＠ｑｑ．ｃｏｍ", Some(Kind::PrivateEmail)),
            ("quality@dairy.example", None),
            ("info@my163.com", None),
            ("a@163.com.example", None),
            ("@163.com", None),
            ("a @163.com", None),
            ("粤Ａ１２３４５", Some(Kind::LicencePlate)),
            ("粤A12345", Some(Kind::LicencePlate)),
            ("车牌：粤B·D12345，", Some(Kind::LicencePlate)),
            ("粤Z1234港", Some(Kind::LicencePlate)),
            ("粤A1234", None),
            ("粤A1234567", None),
            ("梯11粤A00123(19)", None),
            ("粤械注准20162140001", None),
            ("91440115DEMA00013J", None),
            ("095210010000000017", None),
            ("81051230000000004471", None),
            ("", None),
            ("\0\u{7f}é１３８", None),
            ("ab13812345678cd", Some(Kind::MobileNumber)),
            ("key 5cab13812345678cd0000000000000ff, 1", None),
            ("5cab13812345678cd0000000000000f 13812345678", Some(Kind::MobileNumber)),
            ("5cab13812345678cd0000000000000ff 13812345678", Some(Kind::MobileNumber)),
            ("run 00000000-0000-4000-8000-a13812345678.", None),
            ("run 0000000-0000-4000-8000-a13812345678", Some(Kind::MobileNumber)),
            ("00000000-0000-4000-8138-1234567800aa", None),
            ("00000000-a138-1234-5678-0000000000aa", None),
            ("5cab0000000000000000000000000a138 1234 5678", Some(Kind::MobileNumber)),
        ];
        for (text, expected) in table {
            assert_eq!(natural_person_shape(text), expected, "{text}");
        }
    }

    // Goal: that most of a text is passed over hides nothing. Method: texts of what numbers are written with, in all lengths
    // about those that are looked at together, and numbers put anywhere in them; compared with every run of digits judged.
    #[test]
    fn passes_over_nothing() {
        let numbers =
            ["13812345678", "138 1234 5678", "+86-138-1234-5678", "11010519491231002X", "110105-1949-1231-002x"];
        let mut state = 1_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let mut found = 0;
        for _ in 0..200_000 {
            // Digits of those that are there, so that they are numbers by chance too.
            let signs = ["138012345678 -.Xaf", "1389 -+8", "abc xyz-"][below(3)].as_bytes();
            let mut text: Vec<u8> = (0..below(160)).map(|_| signs[below(signs.len())]).collect();
            if below(4) == 0 {
                let (at, number) = (below(text.len() + 1), numbers[below(numbers.len())]);
                text.splice(at..at, number.bytes());
            }
            let expected = number_between(&text, 0, text.len());
            found += usize::from(expected.is_some());
            assert_eq!(number_in(&text), expected, "{}", String::from_utf8_lossy(&text));
        }
        assert!((20_000..150_000).contains(&found), "{found}");
    }

    // Goal: size costs linear time. Method: 20 MB of the worst.
    #[test]
    fn hostile_size() {
        for unit in [
            "1",
            "粤",
            "粤A",
            "粤A ",
            "12345678901234567 ",
            "粤A1",
            "1 ",
            "138 1234 ",
            "@",
            "a@163",
            "１",
            "a1",
            "00000000-",
            "0000000000000000000000000000000 ",
            "1234 ",
            "1234-1 ",
        ] {
            assert_eq!(natural_person_shape(&unit.repeat(20_000_000 / unit.len())), None, "{unit}");
        }
    }
}
