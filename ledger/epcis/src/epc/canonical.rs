//! The constrained canonical GS1 Digital Link (CBV 2.0 §8.9): the one form under which the event
//! hash knows an object, a class or a place.
//!
//! * The host is `https://id.gs1.org`, whatever it was.
//! * Of the qualifiers only the finest is kept; the consumer product variant, the query and the
//!   fragment are dropped.
//! * A GTIN has 14 digits.
//! * Check digits are computed for URNs, which have none, and are not verified in links: an event
//!   with a wrong one still needs a hash.
//!
//! Where the reference implementation (epcis-event-hash-generator 1.9.3) fails to recognise what
//! the standards allow, or two spellings of one object would differ, we depart from it:
//!
//! 1. Percent-escapes in links are read: `/21/a%2Fb` is canonical, and the same as the URN's `a%2Fb`
//!    (the reference leaves such links as they are).
//! 2. An escape that needs none is undone (`%41` is `A`), in lower case is made upper case, and `"`,
//!    `<`, `>`, `&`, `!`, `(`, `)`, `*`, `+`, `,`, `:` of a link are escaped as those of a URN are.
//! 3. A fragment is dropped even without a query before it.
//! 4. Any host will do, also one without a dot, but there must be one.
//! 5. Consumer product variant, batch and serial may each have their full 20 characters (the
//!    reference allows 20 for all of them together).
//! 6. Short names of qualifiers include `glnx`, `tpx` and `cpsn`.
//! 7. The path before the key may have parts that look like a key, such as `/00/`.
//! 8. GRAI, GDTI and SGCN of a 12-digit company prefix have two dots after it, as the Tag Data
//!    Standard says (the reference expects three).
//! 9. A GDTI has a dot and 1 to 17 characters after its document type (the reference does without
//!    the dot and accepts none or 19).
//! 10. An empty qualifier (`/21/`) and an escaped or additional `/` are not accepted as values.
//! 11. Digits are ASCII digits, and a trailing line break is not ignored.

use super::link::{self, Link};
use super::scheme::{Level, Scheme};
use super::text::{append_link, decoded};
use super::urn::EpcUrn;
use crate::identifier::checks::mod10;

/// The constrained canonical GS1 Digital Link of an EPC URN or of any GS1 Digital Link; none for
/// anything else.
///
/// ```
/// use suyuan_epcis::epc::constrained_canonical as canonical;
/// let serial = "https://id.gs1.org/01/09780345418913/21/765tz";
/// assert_eq!(canonical("https://shop.example/gtin/9780345418913/lot/1/ser/765tz?a=b").as_deref(), Some(serial));
/// assert_eq!(canonical("urn:epc:id:sgtin:978034541.0891.765tz").as_deref(), Some(serial));
/// assert_eq!(canonical("urn:uuid:4f7d"), None);
/// ```
pub fn constrained_canonical(text: &str) -> Option<String> {
    if !is_candidate(text) {
        return None;
    }
    let mut canonical = String::with_capacity(text.len() + 24);
    append_constrained_canonical(text, &mut canonical).then_some(canonical)
}

/// Appends the constrained canonical form to `out`, or leaves it as it is and answers no.
///
/// Allocates nothing but what `out` needs to grow.
pub fn append_constrained_canonical(text: &str, out: &mut String) -> bool {
    if !is_candidate(text) {
        return false;
    }
    if text.starts_with('u') {
        return match EpcUrn::shape(text) {
            Ok(urn) => append_urn(&urn, out),
            Err(_) => false,
        };
    }
    match link::read(text) {
        Some(link) => {
            append_finest(&link, out);
            true
        }
        None => false,
    }
}

/// Most values of an event are words, numbers and private URIs: they leave here.
fn is_candidate(text: &str) -> bool {
    text.starts_with("urn:epc:") || text.starts_with("http")
}

const HOST: &str = "https://id.gs1.org";

fn append_finest(link: &Link<'_>, out: &mut String) {
    out.push_str(HOST);
    out.push('/');
    out.push_str(link.key.identifier());
    out.push('/');
    if link.key == link::Key::Gtin {
        // 8, 12 or 13 digits are the same GTIN with zeros in front.
        out.push_str("000000".get(link.value.len().saturating_sub(8)..).unwrap_or(""));
    }
    append_link(link.value, out);
    if let Some((qualifier, value)) = link.qualifier {
        out.push('/');
        out.push_str(qualifier.identifier());
        out.push('/');
        append_link(value, out);
    }
}

/// Appends the link of a URN whose syntax has been checked; false for schemes and patterns
/// without one.
pub(super) fn append_urn(urn: &EpcUrn<'_>, out: &mut String) -> bool {
    match urn.level {
        Level::Instance | Level::Class => append_instance(urn, out),
        Level::Pattern => append_class(urn, out),
    }
}

fn append_instance(urn: &EpcUrn<'_>, out: &mut String) -> bool {
    match urn.scheme {
        Scheme::Sgtin => {
            append_moved(urn, "/01/", out);
            append_part("/21/", urn.serial, out);
        }
        Scheme::Lgtin => {
            append_moved(urn, "/01/", out);
            append_part("/10/", urn.serial, out);
        }
        Scheme::Upui => {
            append_moved(urn, "/01/", out);
            append_part("/235/", urn.serial, out);
        }
        Scheme::Itip => {
            append_pieces(urn, out);
            append_part("/21/", urn.serial, out);
        }
        Scheme::Sscc => append_moved(urn, "/00/", out),
        Scheme::Sgln => {
            append_key(urn, "/414/", "", out);
            // Tag Data Standard 2.0 §6.3.3: the extension 0 stands for none.
            if !decoded(urn.serial).eq([b'0']) {
                append_part("/254/", urn.serial, out);
            }
        }
        Scheme::Pgln => append_key(urn, "/417/", "", out),
        Scheme::Grai => {
            append_key(urn, "/8003/", "0", out);
            append_link(urn.serial, out);
        }
        Scheme::Gdti => {
            append_key(urn, "/253/", "", out);
            append_link(urn.serial, out);
        }
        Scheme::Sgcn => {
            append_key(urn, "/255/", "", out);
            out.push_str(urn.serial);
        }
        Scheme::Gsrn => append_key(urn, "/8018/", "", out),
        Scheme::Gsrnp => append_key(urn, "/8017/", "", out),
        Scheme::Gsin => append_key(urn, "/402/", "", out),
        Scheme::Giai => append_text(urn, "/8004/", out),
        Scheme::Ginc => append_text(urn, "/401/", out),
        Scheme::Cpi => {
            append_text(urn, "/8010/", out);
            append_part("/8011/", urn.serial, out);
        }
        Scheme::Gid | Scheme::Usdod | Scheme::Adi | Scheme::Bic | Scheme::Imovn => return false,
    }
    true
}

/// A pattern has a link if it leaves open the serial and nothing else: then it is the class.
fn append_class(urn: &EpcUrn<'_>, out: &mut String) -> bool {
    if urn.serial != "*" || urn.reference == "*" || urn.total == "*" {
        return false;
    }
    match urn.scheme {
        Scheme::Sgtin | Scheme::Upui => append_moved(urn, "/01/", out),
        Scheme::Itip => append_pieces(urn, out),
        Scheme::Grai => append_key(urn, "/8003/", "0", out),
        Scheme::Gdti => append_key(urn, "/253/", "", out),
        Scheme::Sgcn => append_key(urn, "/255/", "", out),
        Scheme::Cpi => append_text(urn, "/8010/", out),
        _ => return false,
    }
    true
}

fn append_part(lead: &str, value: &str, out: &mut String) {
    out.push_str(lead);
    append_link(value, out);
}

/// A key whose first digit stands before the reference in the URN and before the prefix in the key.
fn append_moved(urn: &EpcUrn<'_>, lead: &str, out: &mut String) {
    out.push_str(HOST);
    out.push_str(lead);
    let start = out.len();
    let (first, rest) = urn.reference.split_at_checked(1).unwrap_or((urn.reference, ""));
    out.push_str(first);
    out.push_str(urn.company_prefix);
    out.push_str(rest);
    append_check(start, out);
}

fn append_key(urn: &EpcUrn<'_>, lead: &str, zero: &str, out: &mut String) {
    out.push_str(HOST);
    out.push_str(lead);
    let start = out.len();
    out.push_str(zero);
    out.push_str(urn.company_prefix);
    out.push_str(urn.reference);
    append_check(start, out);
}

fn append_pieces(urn: &EpcUrn<'_>, out: &mut String) {
    append_moved(urn, "/8006/", out);
    out.push_str(urn.piece);
    out.push_str(urn.total);
}

fn append_text(urn: &EpcUrn<'_>, lead: &str, out: &mut String) {
    out.push_str(HOST);
    out.push_str(lead);
    out.push_str(urn.company_prefix);
    append_link(urn.reference, out);
}

/// Appends the check digit of the digits from `start`.
fn append_check(start: usize, out: &mut String) {
    let digit = mod10(out.as_bytes().get(start..).unwrap_or(&[]));
    out.push(char::from(digit));
}
