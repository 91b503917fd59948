//! Tells whether an EPC belongs to a class: the `MATCH_` parameters of the EPCIS query (EPCIS 2.0 §8.2.7).

use super::convert::to_urn;
use super::link;
use super::scheme::{Level, Scheme};
use super::text::decoded;
use super::urn::EpcUrn;
use crate::codes::epc as codes;
use crate::problem::Reason;

/// A pattern, read once and compared with many EPCs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpcPattern {
    urn: String,
    /// Digits of the company prefix, or none if it is `*`.
    prefix_length: Option<usize>,
}

impl EpcPattern {
    /// Reads a pattern: a URN `urn:epc:idpat:`, or an EPC of any other kind, which contains itself.
    pub fn parse(pattern: &str) -> Result<Self, Reason> {
        let urn = match link::read(pattern) {
            Some(_) => to_urn(pattern, None)?,
            None => pattern.to_owned(),
        };
        let parsed = EpcUrn::parse(&urn)?;
        let prefix_length = (parsed.company_prefix != "*").then_some(parsed.company_prefix.len());
        Ok(EpcPattern { prefix_length, urn })
    }

    /// Whether `epc`, a URN or a Digital Link, is in the class. A class is in another if each
    /// of its members is: the batch `urn:epc:class:lgtin:…` in the pattern of its trade item.
    pub fn matches(&self, epc: &str) -> bool {
        let Ok(pattern) = EpcUrn::shape(&self.urn) else { return false };
        if link::read(epc).is_none() {
            return EpcUrn::shape(epc).is_ok_and(|epc| contains(&pattern, &epc));
        }
        // A link does not show its prefix, but it is compared with one that is known; where the
        // pattern has `*` for it, any length compares alike.
        match to_urn(epc, Some(self.prefix_length.unwrap_or(6))) {
            Ok(urn) => EpcUrn::shape(&urn).is_ok_and(|epc| contains(&pattern, &epc)),
            Err(_) => false,
        }
    }
}

/// Whether `epc` matches `pattern`; an error if `pattern` is none.
///
/// ```
/// use suyuan_epcis::epc::matches;
/// let pattern = "urn:epc:idpat:sgtin:4012345.011111.*";
/// assert!(matches(pattern, "urn:epc:id:sgtin:4012345.011111.987").unwrap());
/// assert!(matches(pattern, "https://shop.example/01/04012345111118/10/A").unwrap());
/// assert!(!matches(pattern, "urn:epc:id:sgtin:4012345.011112.987").unwrap());
/// ```
pub fn matches(pattern: &str, epc: &str) -> Result<bool, Reason> {
    if pattern.is_empty() {
        return Err(Reason::new(codes::NOT_EPC, &[pattern]));
    }
    Ok(EpcPattern::parse(pattern)?.matches(epc))
}

fn contains(pattern: &EpcUrn<'_>, epc: &EpcUrn<'_>) -> bool {
    let every_serial = pattern.level == Level::Pattern && pattern.serial == "*";
    let same_scheme = pattern.scheme == epc.scheme
        || every_serial && pattern.scheme == Scheme::Sgtin && matches!(epc.scheme, Scheme::Lgtin | Scheme::Upui);
    let parts = [
        (pattern.company_prefix, epc.company_prefix),
        (pattern.reference, epc.reference),
        (pattern.piece, epc.piece),
        (pattern.total, epc.total),
        (pattern.serial, epc.serial),
    ];
    let star = |part: &str, level| level == Level::Pattern && part == "*";
    let fits = |(wanted, found): (&str, &str)| {
        // A serial `*` of an instance is the character, of a pattern the wildcard.
        star(wanted, pattern.level) || !star(found, epc.level) && decoded(wanted).eq(decoded(found))
    };
    same_scheme && parts.into_iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::matches;

    // Goal: patterns contain what the query interface says. Method: a table of both answers.
    #[test]
    fn containment() {
        let table = [
            ("urn:epc:idpat:sgtin:*.*.*", "urn:epc:id:sgtin:4012345.011111.1", true),
            ("urn:epc:idpat:sgtin:*.*.*", "https://a.example/01/04012345111118/21/1", true),
            ("urn:epc:idpat:sgtin:*.*.*", "urn:epc:id:sscc:4012345.0000000011", false),
            ("urn:epc:idpat:sgtin:4012345.*.*", "https://a.example/01/04012345111118/21/1", true),
            ("urn:epc:idpat:sgtin:401234.*.*", "urn:epc:id:sgtin:4012345.011111.1", false),
            ("urn:epc:idpat:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.011111.%31", true),
            ("urn:epc:idpat:sgtin:4012345.011111.1", "urn:epc:idpat:sgtin:4012345.011111.*", false),
            ("urn:epc:idpat:sgtin:4012345.011111.*", "urn:epc:idpat:sgtin:4012345.011111.*", true),
            ("urn:epc:idpat:sgtin:4012345.011111.*", "urn:epc:class:lgtin:4012345.011111.A", true),
            ("urn:epc:class:lgtin:4012345.011111.A", "https://a.example/gtin/4012345111118/lot/A", true),
            ("urn:epc:class:lgtin:4012345.011111.*", "urn:epc:class:lgtin:4012345.011111.A", false),
            ("urn:epc:id:sgtin:4012345.011111.*", "urn:epc:id:sgtin:4012345.011111.A", false),
            ("urn:epc:idpat:sscc:4012345.*", "https://a.example/00/040123450000000115", true),
            ("urn:epc:idpat:bic:*", "urn:epc:id:bic:CSQU3054383", true),
            ("urn:epc:idpat:bic:*", "CSQU3054383", false),
            ("urn:epc:idpat:itip:4012345.011111.01.*.*", "urn:epc:id:itip:4012345.011111.01.02.7", true),
            ("urn:epc:idpat:giai:4012345.*", "https://a.example/8004/40123459", true),
        ];
        for (pattern, epc, expected) in table {
            assert_eq!(matches(pattern, epc).unwrap(), expected, "{pattern} {epc}");
        }
        for bad in ["", "*", "urn:epc:idpat:sgtin:*.011111.*", "urn:epc:tag:sgtin-96:1.4012345.011111.1"] {
            assert!(matches(bad, "urn:epc:id:sgtin:4012345.011111.1").is_err(), "{bad}");
        }
    }
}
