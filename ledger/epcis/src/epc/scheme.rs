//! The EPC schemes and the shape of each (GS1 Tag Data Standard 2.0 §6.3).

/// An EPC scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Trade item with serial number (§6.3.1).
    Sgtin,
    /// Logistic unit (§6.3.2).
    Sscc,
    /// Location, with or without extension (§6.3.3).
    Sgln,
    /// Returnable asset (§6.3.4).
    Grai,
    /// Individual asset (§6.3.5).
    Giai,
    /// Service relation, recipient (§6.3.6).
    Gsrn,
    /// Service relation, provider (§6.3.7).
    Gsrnp,
    /// Document (§6.3.8).
    Gdti,
    /// Component or part (§6.3.9).
    Cpi,
    /// Coupon (§6.3.10).
    Sgcn,
    /// Consignment (§6.3.11).
    Ginc,
    /// Shipment (§6.3.12).
    Gsin,
    /// Piece of a trade item (§6.3.13).
    Itip,
    /// Unit pack identifier of tobacco traceability (§6.3.14).
    Upui,
    /// Party (§6.3.15).
    Pgln,
    /// General identifier (§6.3.16).
    Gid,
    /// US Department of Defense identifier (§6.3.17).
    Usdod,
    /// Aerospace and defence identifier (§6.3.18).
    Adi,
    /// Freight container, ISO 6346 (§6.3.19).
    Bic,
    /// Vessel, IMO number (§6.3.20).
    Imovn,
    /// Batch of a trade item: a class, not an instance (§6.4.1).
    Lgtin,
}

/// What an EPC URN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// One object: `urn:epc:id:`.
    Instance,
    /// A class of objects: `urn:epc:class:`.
    Class,
    /// Every object that fits: `urn:epc:idpat:`.
    Pattern,
}

impl Level {
    /// The word after `urn:epc:`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Instance => "id",
            Level::Class => "class",
            Level::Pattern => "idpat",
        }
    }
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Scheme; 21] = [
        Scheme::Sgtin,
        Scheme::Sscc,
        Scheme::Sgln,
        Scheme::Grai,
        Scheme::Giai,
        Scheme::Gsrn,
        Scheme::Gsrnp,
        Scheme::Gdti,
        Scheme::Cpi,
        Scheme::Sgcn,
        Scheme::Ginc,
        Scheme::Gsin,
        Scheme::Itip,
        Scheme::Upui,
        Scheme::Pgln,
        Scheme::Gid,
        Scheme::Usdod,
        Scheme::Adi,
        Scheme::Bic,
        Scheme::Imovn,
        Scheme::Lgtin,
    ];

    /// The name in URNs, for example `sgtin`.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Sgtin => "sgtin",
            Scheme::Sscc => "sscc",
            Scheme::Sgln => "sgln",
            Scheme::Grai => "grai",
            Scheme::Giai => "giai",
            Scheme::Gsrn => "gsrn",
            Scheme::Gsrnp => "gsrnp",
            Scheme::Gdti => "gdti",
            Scheme::Cpi => "cpi",
            Scheme::Sgcn => "sgcn",
            Scheme::Ginc => "ginc",
            Scheme::Gsin => "gsin",
            Scheme::Itip => "itip",
            Scheme::Upui => "upui",
            Scheme::Pgln => "pgln",
            Scheme::Gid => "gid",
            Scheme::Usdod => "usdod",
            Scheme::Adi => "adi",
            Scheme::Bic => "bic",
            Scheme::Imovn => "imovn",
            Scheme::Lgtin => "lgtin",
        }
    }

    /// The scheme named `name`.
    pub fn from_name(name: &[u8]) -> Option<Scheme> {
        // Written out, the comparison is by length and a few bytes: this is on the path of hashing.
        Some(match name {
            b"sgtin" => Scheme::Sgtin,
            b"sgln" => Scheme::Sgln,
            b"sscc" => Scheme::Sscc,
            b"lgtin" => Scheme::Lgtin,
            b"grai" => Scheme::Grai,
            b"giai" => Scheme::Giai,
            b"gsrn" => Scheme::Gsrn,
            b"gsrnp" => Scheme::Gsrnp,
            b"gdti" => Scheme::Gdti,
            b"cpi" => Scheme::Cpi,
            b"sgcn" => Scheme::Sgcn,
            b"ginc" => Scheme::Ginc,
            b"gsin" => Scheme::Gsin,
            b"itip" => Scheme::Itip,
            b"upui" => Scheme::Upui,
            b"pgln" => Scheme::Pgln,
            b"gid" => Scheme::Gid,
            b"usdod" => Scheme::Usdod,
            b"adi" => Scheme::Adi,
            b"bic" => Scheme::Bic,
            b"imovn" => Scheme::Imovn,
            _ => return None,
        })
    }

    /// How many parts separated by dots the scheme has.
    pub(crate) fn component_count(self) -> usize {
        match self.layout() {
            Layout::Key(key) => 2 + if key.pieces { 2 } else { 0 } + usize::from(key.serial != Serial::None),
            Layout::General | Layout::Aerospace => 3,
            Layout::Defense => 2,
            Layout::Container | Layout::Vessel => 1,
        }
    }

    /// The shape of the scheme.
    pub(crate) fn layout(self) -> Layout {
        let digits = |total, serial| Layout::Key(Key { reference: Reference::Digits(total), pieces: false, serial });
        let text = |total, alphabet, serial| {
            Layout::Key(Key { reference: Reference::Text(total, alphabet), pieces: false, serial })
        };
        match self {
            Scheme::Sgtin | Scheme::Lgtin => digits(13, Serial::Text(20)),
            Scheme::Sscc | Scheme::Gsrn | Scheme::Gsrnp => digits(17, Serial::None),
            Scheme::Sgln => digits(12, Serial::Text(20)),
            Scheme::Grai => digits(12, Serial::Text(16)),
            Scheme::Gdti => digits(12, Serial::Text(17)),
            Scheme::Sgcn => digits(12, Serial::Digits(12)),
            Scheme::Pgln => digits(12, Serial::None),
            Scheme::Gsin => digits(16, Serial::None),
            Scheme::Upui => digits(13, Serial::Text(28)),
            Scheme::Itip => {
                Layout::Key(Key { reference: Reference::Digits(13), pieces: true, serial: Serial::Text(20) })
            }
            Scheme::Giai | Scheme::Ginc => text(30, Alphabet::Serial, Serial::None),
            Scheme::Cpi => text(30, Alphabet::Part, Serial::Digits(12)),
            Scheme::Gid => Layout::General,
            Scheme::Usdod => Layout::Defense,
            Scheme::Adi => Layout::Aerospace,
            Scheme::Bic => Layout::Container,
            Scheme::Imovn => Layout::Vessel,
        }
    }
}

/// The shape of a scheme's body.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// Company prefix and reference of a GS1 key.
    Key(Key),
    /// Three numbers.
    General,
    /// CAGE code and number.
    Defense,
    /// CAGE code, part number and serial.
    Aerospace,
    /// An ISO 6346 code.
    Container,
    /// An IMO number.
    Vessel,
}

/// The shape of a GS1 key.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// What follows the company prefix.
    pub reference: Reference,
    /// Whether piece and total follow the reference.
    pub pieces: bool,
    /// What comes last.
    pub serial: Serial,
}

/// The reference of a GS1 key; the number counts the company prefix too.
#[derive(Clone, Copy)]
pub(crate) enum Reference {
    /// Exactly this many digits.
    Digits(usize),
    /// At most this many characters.
    Text(usize, Alphabet),
}

/// The serial of a GS1 key, with its greatest length.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Serial {
    None,
    Text(usize),
    Digits(usize),
}

/// Which characters a text may have.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Alphabet {
    /// GS1 General Specifications figure 7.11-1 (82 characters).
    Serial,
    /// GS1 General Specifications figure 7.11-2 (39 characters).
    Part,
}

#[cfg(test)]
mod tests {
    use super::Scheme;

    // Goal: the two spellings of the table of names agree. Method: every scheme there and back.
    #[test]
    fn names() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::from_name(scheme.name().as_bytes()), Some(scheme));
        }
        assert_eq!(Scheme::from_name(b"SGTIN"), None);
    }
}
