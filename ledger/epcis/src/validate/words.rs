//! Words of the vocabularies (CBV 2.0 §7): a standard word, or a URI of the user's own.

use super::report::Report;
use crate::cbv::Vocabulary;
use crate::codes::semantics as codes;
use crate::problem::Path;
use crate::uri::is_uri;

/// Where GS1 defines words, as URIs and as CURIEs.
const RESERVED: &[&str] = &[
    "urn:epcglobal:cbv:",
    "https://ref.gs1.org/cbv/",
    "http://ref.gs1.org/cbv/",
    "https://ns.gs1.org/cbv/",
    "http://ns.gs1.org/cbv/",
    "https://gs1.org/voc/",
    "http://gs1.org/voc/",
    "https://www.gs1.org/voc/",
    "http://www.gs1.org/voc/",
    "https://ref.gs1.org/voc/",
    "cbv:",
    "gs1:",
];

/// Judges `value`, which the model holds as a bare word if it is a standard one.
pub(super) fn check(vocabulary: &Vocabulary, value: &str, path: &Path<'_>, report: &mut Report<'_>) {
    if vocabulary.contains(value) {
        return;
    }
    let is_uri = is_uri(value);
    let reserved = is_uri && RESERVED.iter().any(|prefix| value.starts_with(prefix));
    if is_uri && !reserved {
        return;
    }
    let code = if reserved { codes::RESERVED_WORD } else { codes::UNKNOWN_WORD };
    // Looking for a similar word costs more than all else: not for a message nobody sees.
    let similar = if report.is_full() { None } else { vocabulary.nearest(local_part(vocabulary, value)) };
    let example = similar.or(vocabulary.words.first().copied()).unwrap_or_default();
    report.add(code, &[value, vocabulary.name, example], path);
}

/// The word of a URI or CURIE: what follows the vocabulary's own prefix, or the last delimiter.
fn local_part<'a>(vocabulary: &Vocabulary, value: &'a str) -> &'a str {
    let prefixes = vocabulary.urn.into_iter().chain(vocabulary.web.iter().copied()).chain([vocabulary.curie]);
    let known = prefixes.filter_map(|prefix| value.strip_prefix(prefix)).next();
    known.unwrap_or_else(|| value.rsplit([':', '/', '#']).next().unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbv::BIZ_STEP;
    use crate::document::NoLines;
    use crate::problem::Problems;

    // Goal: what is no URI is refused, in GS1's namespaces too; a URI there that GS1 doesn't define is odd. Method:
    // a table.
    #[test]
    fn own_words() {
        let table = [
            ("shipping", None),
            ("https://a.example/step", None),
            ("cbv:BizStep-shiping", Some("EPCIS-RESERVED_WORD")),
            ("cbv:BizStep-shipping ", Some("EPCIS-UNKNOWN_WORD")),
            ("urn:epcglobal:cbv:bizstep:%zz", Some("EPCIS-UNKNOWN_WORD")),
            ("shiping", Some("EPCIS-UNKNOWN_WORD")),
            ("", Some("EPCIS-UNKNOWN_WORD")),
        ];
        for (word, expected) in table {
            let mut problems = Problems::new(None);
            check(&BIZ_STEP, word, &Path::root(""), &mut Report::new("", &mut problems, &NoLines));
            assert_eq!(problems.list.first().map(|problem| problem.reason.code.id), expected, "{word}");
        }
    }
}
