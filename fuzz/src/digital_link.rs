//! GS1 Digital Link URIs.

use suyuan_epcis::gs1::ParseOptions;
use suyuan_epcis::gs1::digital_link::{canonical, generate, parse};

/// What is read is written again, under any stem, and reads the same.
pub fn check(text: &str) {
    for options in [ParseOptions::default(), ParseOptions { unknown_ais: true, ..ParseOptions::STRICT }] {
        let link = match parse(text, &options) {
            Err(reason) => {
                crate::render(&reason);
                continue;
            }
            Ok(link) => link,
        };
        assert!(link.primary_key().is_some());
        assert!(link.qualifiers().len() + link.attributes().len() < link.elements.elements.len());
        // A link may hold what element strings may not: the dictionary lets (22) qualify (8006) in a
        // link, and otherwise wants (01) beside it.
        crate::element_string::check_forms(&link.elements, &ParseOptions { associations: false, ..options });
        let uri = generate(&link.elements, &link.stem).expect("a link that was read can be written");
        let again = parse(&uri, &options).expect("a link that was written can be read");
        // A stem may be given with or without the slash that follows it.
        assert_eq!(again.stem, link.stem.strip_suffix('/').unwrap_or(&link.stem));
        assert_eq!(canonical(&again.elements), canonical(&link.elements), "{uri}");
    }
}
