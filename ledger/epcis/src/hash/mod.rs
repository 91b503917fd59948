//! Event hash IDs (CBV 2.0 §8.9): the identity that an event's content gives it, the same for
//! JSON and XML.
//!
//! Three published states of the reference algorithm disagree, so a digest means nothing without
//! its [`Profile`]. Where the reference itself gives the JSON and the XML of one event two hashes
//! (it prints JSON's booleans as `True`, expands a user's prefixes in values of JSON only, and in
//! 2025 leaves `cbvmda:` unexpanded in JSON that does not declare it), this module gives both the
//! hash of the XML.

mod prehash;
mod value;

pub use prehash::prehash;

use std::collections::HashSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::document::Header;
use crate::model::{Event, Extension, Value};
use crate::name::{Name, Namespaces};
use crate::time::Rounding;

/// A named state of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// The reference of October 2025. The default.
    #[default]
    Cbv20Of2025,
    /// The reference of 2026, for CBV 2.0.
    Cbv20Of2026,
    /// The reference of 2026, for CBV 2.1.
    Cbv21Of2026,
}

/// What distinguishes the profiles.
struct Rules {
    /// certificationInfo is hashed, and so are business rules of a sensor report.
    certification: bool,
    /// parentID stands before epcList.
    parent_first: bool,
    /// Transactions, sources and destinations stand in this order before the sensors; otherwise
    /// they are sorted among what has no place of its own, behind them.
    why_in_order: bool,
    /// The token `sensorElementList` is written.
    sensor_list_token: bool,
    /// Extensions of a standard field stand within it; otherwise in a block behind everything.
    extensions_inline: bool,
    rounding: Rounding,
    /// Numbers pass through binary floating point, as Python's `float` reads and prints them.
    floats: bool,
    gs1_vocabulary: &'static str,
}

const CBV20_2025: Rules = Rules {
    certification: true,
    parent_first: true,
    why_in_order: false,
    sensor_list_token: true,
    extensions_inline: true,
    rounding: Rounding::HalfEven,
    floats: true,
    gs1_vocabulary: "https://gs1.org/voc/",
};

const CBV20_2026: Rules = Rules {
    certification: false,
    parent_first: false,
    why_in_order: true,
    sensor_list_token: false,
    extensions_inline: false,
    rounding: Rounding::HalfUp,
    floats: false,
    gs1_vocabulary: "https://ref.gs1.org/voc/",
};

const CBV21_2026: Rules = Rules { sensor_list_token: true, extensions_inline: true, ..CBV20_2026 };

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 3] = [Profile::Cbv20Of2025, Profile::Cbv20Of2026, Profile::Cbv21Of2026];

    /// Its name, for example `cbv2.0-2025`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Cbv20Of2025 => "cbv2.0-2025",
            Profile::Cbv20Of2026 => "cbv2.0-2026",
            Profile::Cbv21Of2026 => "cbv2.1-2026",
        }
    }

    /// The profile of this name.
    pub fn from_name(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// The version that the `ni:` URI names; two profiles name the same.
    pub fn version(self) -> &'static str {
        match self {
            Profile::Cbv20Of2025 | Profile::Cbv20Of2026 => "CBV2.0",
            Profile::Cbv21Of2026 => "CBV2.1",
        }
    }

    fn rules(self) -> &'static Rules {
        match self {
            Profile::Cbv20Of2025 => &CBV20_2025,
            Profile::Cbv20Of2026 => &CBV20_2026,
            Profile::Cbv21Of2026 => &CBV21_2026,
        }
    }
}

/// A digest and the profile it was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventHash {
    /// How it was made.
    pub profile: Profile,
    /// SHA-256 of the pre-hash string.
    pub digest: [u8; 32],
}

impl EventHash {
    /// The hash of `event`. `ignored` are the extensions its document excludes.
    pub fn of(event: &Event, profile: Profile, ignored: &IgnoredFields) -> EventHash {
        let text = prehash(event, profile, ignored);
        EventHash { profile, digest: Sha256::digest(text.as_bytes()).into() }
    }

    /// The `ni:` URI (RFC 6920): `ni:///sha-256;<64 hex>?ver=CBV2.0`.
    pub fn to_ni(self) -> String {
        let mut uri = String::with_capacity(90);
        uri.push_str("ni:///sha-256;");
        for byte in self.digest {
            let _ = write!(uri, "{byte:02x}");
        }
        uri.push_str("?ver=");
        uri.push_str(self.profile.version());
        uri
    }

    /// Reads a `ni:` URI: the digest and the version it names.
    pub fn parse_ni(uri: &str) -> Option<([u8; 32], &str)> {
        let (hex, version) = uri.strip_prefix("ni:///sha-256;")?.split_once("?ver=")?;
        let hex = hex.as_bytes();
        if hex.len() != 64 {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |character: u8| char::from(character).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some((digest, version))
    }
}

/// The profiles by which the `ni:` URI `claimed` is the hash of `event`. Empty: the claim is
/// false. None: it is no hash ID at all.
pub fn profiles_of_claim(event: &Event, claimed: &str, ignored: &IgnoredFields) -> Option<Vec<Profile>> {
    let (digest, version) = EventHash::parse_ni(claimed)?;
    let fits =
        |profile: &Profile| profile.version() == version && EventHash::of(event, *profile, ignored).digest == digest;
    Some(Profile::ALL.into_iter().filter(fits).collect())
}

/// Names of extensions that are no part of an event's hash. A set, since a document may name many and
/// each extension of each event is looked up.
pub type IgnoredFields = HashSet<Name>;

/// The extensions that a document says are no part of its events' identity: those named by an
/// extension `ignoreFields` of the document, its body or its query results.
pub fn ignored_fields(header: &Header) -> IgnoredFields {
    let mut names: IgnoredFields = header.late_ignored_fields.iter().cloned().collect();
    for extensions in [&header.extensions, &header.body_extensions, &header.query_results_extensions] {
        names.extend(fields_ignored_by(extensions, &header.namespaces));
    }
    names
}

/// The local name of the extension that excludes others from event hashes, as the reference reads it.
pub const IGNORE_FIELDS: &str = "ignoreFields";

/// What the extensions named `ignoreFields` among these exclude.
pub fn fields_ignored_by(extensions: &[Extension], namespaces: &Namespaces) -> Vec<Name> {
    let mut names = Vec::new();
    for extension in extensions.iter().filter(|extension| &*extension.name.local == IGNORE_FIELDS) {
        match &extension.value {
            Value::Scalar(text, _) => names.extend(namespaces.expand(text)),
            Value::Object(object) => names.extend(object.members.iter().map(|member| member.name.clone())),
            Value::Null | Value::List(_) => {}
        }
    }
    names
}
