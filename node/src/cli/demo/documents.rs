//! The documents of `docs/scenarios`, within the program so that the demo runs anywhere.

use std::borrow::Cow;

/// A document: its scenario, its file's name, its text.
#[derive(Clone)]
pub struct Document {
    /// The scenario's letter.
    pub scenario: char,
    /// The file's name.
    pub name: &'static str,
    /// The text.
    pub text: Cow<'static, str>,
}

impl Document {
    /// The key in `actors.json` of who captures it: the part of the name behind the number.
    pub fn actor(&self) -> &'static str {
        self.name.split('-').nth(1).unwrap_or_default()
    }
}

/// Who captures.
pub const ACTORS: &str = include_str!("../../../../docs/scenarios/actors.json");
/// What must come of it.
pub const EXPECTED: &str = include_str!("../../../../docs/scenarios/expected.json");

macro_rules! documents {
    ($(#[$words:meta])* $list:ident: $($scenario:literal $letter:literal $name:literal),+ $(,)?) => {
        $(#[$words])*
        pub const $list: &[Document] = &[$(Document {
            scenario: $letter,
            name: $name,
            text: Cow::Borrowed(include_str!(concat!("../../../../docs/scenarios/", $scenario, "/", $name))),
        }),+];
    };
}

documents! {
    /// What is recorded in January 2025 of what parts makes, for every month.
    MONTH:
    "d" 'd' "01-parts-make.jsonld",
    "d" 'd' "02-parts-ship.jsonld",
    "d" 'd' "03-assembler-receive.jsonld",
}

documents! {
    /// The documents of four scenarios.
    DOCUMENTS:
    "a" 'a' "01-milkfarm-ship.jsonld",
    "a" 'a' "02-dairy-intake.jsonld",
    "a" 'a' "03-dairy-make.jsonld",
    "a" 'a' "04-dairy-test-pack-ship.jsonld",
    "a" 'a' "05-dist-receive.jsonld",
    "a" 'a' "06-retail-receive.jsonld",
    "a" 'a' "07-dist-ship.jsonld",
    "a" 'a' "08-retail-sell.jsonld",
    "a" 'a' "09-amr-sampling.jsonld",
    "a" 'a' "10-dairy-recall.jsonld",
    "a" 'a' "11-dist-acknowledge.jsonld",
    "a" 'a' "12-retail-acknowledge.jsonld",
    "a" 'a' "13-retail-returns.jsonld",
    "a" 'a' "14-dist-destroy.jsonld",
    "a" 'a' "15-retail-destroy.jsonld",
    "a" 'a' "16-dairy-close.jsonld",
    "b" 'b' "01-vaccine-release-ship.jsonld",
    "b" 'b' "02-coldlog-transport.jsonld",
    "b" 'b' "03-coldlog-excursion.jsonld",
    "b" 'b' "04-cdc-receive.jsonld",
    "b" 'b' "05-vaccine-decide.jsonld",
    "b" 'b' "06-cdc-return.jsonld",
    "b" 'b' "07-vaccine-receive-destroy.jsonld",
    "b" 'b' "08-cdc-dispense.jsonld",
    "c" 'c' "01-brake-make-ship.jsonld",
    "c" 'c' "02-liftmfr-manufacture.jsonld",
    "c" 'c' "03-liftmfr-install.jsonld",
    "c" 'c' "04-amr-use-register.jsonld",
    "c" 'c' "05-inspect-periodic.jsonld",
    "c" 'c' "05b-inspect-periodic.jsonld",
    "c" 'c' "06-brake-spare.jsonld",
    "c" 'c' "07-maint-receive.jsonld",
    "c" 'c' "08-maint-replace.jsonld",
    "c" 'c' "09-maint-service.jsonld",
    "c" 'c' "10-brake-recall.jsonld",
    "c" 'c' "10b-brake-spare.jsonld",
    "c" 'c' "11-maint-receive.jsonld",
    "c" 'c' "12-amr-stop-use.jsonld",
    "c" 'c' "13-maint-replace.jsonld",
    "c" 'c' "14-inspect-periodic.jsonld",
    "c" 'c' "15-property-resume.jsonld",
    "e" 'e' "01-thpack-harvest-freeze-pack.jsonld",
    "e" 'e' "02-thpack-load-ship.jsonld",
    "e" 'e' "03-hkhub-receive-ship.jsonld",
    "e" 'e' "04-coldlog-transport.jsonld",
    "e" 'e' "05-importer-arrive-receive.jsonld",
}
