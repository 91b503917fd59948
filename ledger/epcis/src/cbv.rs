//! The vocabularies of the Core Business Vocabulary 2.0 and, for sensors, of the GS1 web
//! vocabulary: their words, and every way to write one.

use std::borrow::Cow;

/// A closed list of words with the URIs they stand for.
pub struct Vocabulary {
    /// What a message calls it; also the field it is used in.
    pub name: &'static str,
    /// What precedes the word in a URN, if the CBV defines URNs for it.
    pub urn: Option<&'static str>,
    /// What precedes the word in its web URI. None for the GS1 web vocabulary: it is written with two
    /// hosts, which event hashes tell apart, so the model does too.
    pub web: &'static [&'static str],
    /// What precedes the word in a CURIE.
    pub curie: &'static str,
    /// The words.
    pub words: &'static [&'static str],
}

const CBV: &str = "cbv";

/// Business steps (CBV 2.0 §7.1).
pub const BIZ_STEP: Vocabulary = Vocabulary {
    name: "bizStep",
    urn: Some("urn:epcglobal:cbv:bizstep:"),
    web: &["https://ref.gs1.org/cbv/BizStep-"],
    curie: "cbv:BizStep-",
    words: &[
        "accepting",
        "arriving",
        "assembling",
        "collecting",
        "commissioning",
        "consigning",
        "creating_class_instance",
        "cycle_counting",
        "decommissioning",
        "departing",
        "destroying",
        "disassembling",
        "dispensing",
        "encoding",
        "entering_exiting",
        "holding",
        "inspecting",
        "installing",
        "killing",
        "loading",
        "other",
        "packing",
        "picking",
        "receiving",
        "removing",
        "repackaging",
        "repairing",
        "replacing",
        "reserving",
        "retail_selling",
        "sampling",
        "sensor_reporting",
        "shipping",
        "staging_outbound",
        "stock_taking",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
        "void_shipping",
    ],
};

/// Dispositions (CBV 2.0 §7.2).
pub const DISPOSITION: Vocabulary = Vocabulary {
    name: "disposition",
    urn: Some("urn:epcglobal:cbv:disp:"),
    web: &["https://ref.gs1.org/cbv/Disp-"],
    curie: "cbv:Disp-",
    words: &[
        "active",
        "available",
        "completeness_inferred",
        "completeness_verified",
        "conformant",
        "container_closed",
        "container_open",
        "damaged",
        "destroyed",
        "dispensed",
        "disposed",
        "encoded",
        "expired",
        "in_progress",
        "in_transit",
        "inactive",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "needs_replacement",
        "no_pedigree_match",
        "non_conformant",
        "non_sellable_other",
        "partially_dispensed",
        "recalled",
        "reserved",
        "retail_sold",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "stolen",
        "unavailable",
        "unknown",
    ],
};

/// Business transaction types (CBV 2.0 §7.3).
pub const BIZ_TRANSACTION: Vocabulary = Vocabulary {
    name: "bizTransaction type",
    urn: Some("urn:epcglobal:cbv:btt:"),
    web: &["https://ref.gs1.org/cbv/BTT-"],
    curie: "cbv:BTT-",
    words: &[
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    ],
};

/// Source and destination types (CBV 2.0 §7.4).
pub const SOURCE_DESTINATION: Vocabulary = Vocabulary {
    name: "source/destination type",
    urn: Some("urn:epcglobal:cbv:sdt:"),
    web: &["https://ref.gs1.org/cbv/SDT-"],
    curie: "cbv:SDT-",
    words: &["owning_party", "possessing_party", "location"],
};

/// Error reasons (CBV 2.0 §7.5).
pub const ERROR_REASON: Vocabulary = Vocabulary {
    name: "reason",
    urn: Some("urn:epcglobal:cbv:er:"),
    web: &["https://ref.gs1.org/cbv/ER-"],
    curie: "cbv:ER-",
    words: &["did_not_occur", "incorrect_data"],
};

/// Components of a sensor value (CBV 2.0 §7.6).
pub const COMPONENT: Vocabulary = Vocabulary {
    name: "component",
    urn: None,
    web: &["https://ref.gs1.org/cbv/Comp-"],
    curie: "cbv:Comp-",
    words: &[
        "x",
        "y",
        "z",
        "axial_distance",
        "azimuth",
        "height",
        "spherical_radius",
        "polar_angle",
        "elevation_angle",
        "easting",
        "northing",
        "latitude",
        "longitude",
        "altitude",
    ],
};

/// Sensor exceptions.
pub const EXCEPTION: Vocabulary = Vocabulary {
    name: "exception",
    urn: None,
    web: &[],
    curie: "gs1:",
    words: &["ALARM_CONDITION", "ERROR_CONDITION"],
};

/// Measurement types.
pub const MEASUREMENT_TYPE: Vocabulary = Vocabulary {
    name: "measurement type",
    urn: None,
    web: &[],
    curie: "gs1:",
    words: &[
        "AbsoluteHumidity",
        "AbsorbedDose",
        "AbsorbedDoseRate",
        "Acceleration",
        "Altitude",
        "AmountOfSubstance",
        "AmountOfSubstancePerUnitVolume",
        "Angle",
        "AngularAcceleration",
        "AngularMomentum",
        "AngularVelocity",
        "Area",
        "Capacitance",
        "Conductance",
        "Conductivity",
        "Count",
        "Density",
        "Dimensionless",
        "DoseEquivalent",
        "DoseEquivalentRate",
        "DynamicViscosity",
        "ElectricCharge",
        "ElectricCurrent",
        "ElectricCurrentDensity",
        "ElectricFieldStrength",
        "Energy",
        "Exposure",
        "Force",
        "Frequency",
        "Illuminance",
        "Inductance",
        "Irradiance",
        "KinematicViscosity",
        "Length",
        "LinearMomentum",
        "Luminance",
        "LuminousFlux",
        "LuminousIntensity",
        "MagneticFlux",
        "MagneticFluxDensity",
        "MagneticVectorPotential",
        "Mass",
        "MassConcentration",
        "MassFlowRate",
        "MassPerAreaTime",
        "MemoryCapacity",
        "MolalityOfSolute",
        "MolarEnergy",
        "MolarMass",
        "MolarVolume",
        "Power",
        "Pressure",
        "RadiantFlux",
        "RadiantIntensity",
        "Radioactivity",
        "RelativeHumidity",
        "Resistance",
        "Resistivity",
        "SolidAngle",
        "SpecificVolume",
        "Speed",
        "SurfaceDensity",
        "SurfaceTension",
        "Temperature",
        "Time",
        "Torque",
        "Voltage",
        "Volume",
        "VolumeFlowRate",
        "VolumeFraction",
        "VolumetricFlux",
        "Wavenumber",
    ],
};

/// Every vocabulary.
pub const ALL: &[&Vocabulary] = &[
    &BIZ_STEP,
    &DISPOSITION,
    &BIZ_TRANSACTION,
    &SOURCE_DESTINATION,
    &ERROR_REASON,
    &COMPONENT,
    &EXCEPTION,
    &MEASUREMENT_TYPE,
];

impl Vocabulary {
    /// Whether `word` is one of the words.
    pub fn contains(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The standard word that `value` writes as a URN, a web URI or a CURIE; none if it is a bare
    /// word already, or no word of this vocabulary.
    pub fn word_of_uri(&self, value: &str) -> Option<&'static str> {
        let rest = self
            .urn
            .into_iter()
            .chain(self.web.iter().copied())
            .chain([self.curie])
            .find_map(|prefix| value.strip_prefix(prefix))?;
        self.words.iter().find(|word| **word == rest).copied()
    }

    /// `value` as the model holds it: a standard word bare, anything else as is.
    pub fn to_model<'a>(&self, value: &'a str) -> Cow<'a, str> {
        match self.word_of_uri(value) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Borrowed(value),
        }
    }

    /// `value` of the model as XML writes it: a standard word as its URN, or as a CURIE of the
    /// `gs1:` or `cbv:` prefix where there is no URN; anything else as is.
    pub fn to_xml<'a>(&self, value: &'a str) -> Cow<'a, str> {
        match self.contains(value) {
            true => Cow::Owned([self.urn.unwrap_or(self.curie), value].concat()),
            false => Cow::Borrowed(value),
        }
    }

    /// The word nearest to `value`, for "did you mean": at most two edits away.
    pub fn nearest(&self, value: &str) -> Option<&'static str> {
        self.words
            .iter()
            .map(|word| (edit_distance(word, value), *word))
            .filter(|(distance, word)| *distance <= 2.max(word.len() / 4))
            .min()
            .map(|(_, word)| word)
    }
}

/// Levenshtein's distance in bytes; values longer than 64 bytes are taken as far away.
fn edit_distance(one: &str, two: &str) -> usize {
    if two.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in two.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[two.len()]
}

/// The prefixes that GS1's own JSON-LD context binds, and so every document may use undeclared.
pub const STANDARD_PREFIXES: &[(&str, &str)] = &[
    ("epcis", "https://ref.gs1.org/epcis/"),
    (CBV, "https://ref.gs1.org/cbv/"),
    // GS1's context puts a colon behind it, as JSON-LD needs; the namespace itself, which XML
    // declares, has none.
    ("cbvmda", "urn:epcglobal:cbv:mda"),
    ("gs1", "https://gs1.org/voc/"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("dcterms", "http://purl.org/dc/terms/"),
];
