//! What the value of a key data element may be.

use suyuan_epcis::epc::constrained_canonical;
use suyuan_epcis::identifier::Kind;
use suyuan_epcis::model::Value;
use suyuan_epcis::time::Stamp;
use suyuan_epcis::uri::is_uri;

use super::extension::{member, scalar};
use crate::day::Day;

/// Characters of a text.
const TEXT_CHARACTERS_MAX: usize = 256;
/// Characters of a code, an identifier of a record or a licence number.
const CODE_CHARACTERS_MAX: usize = 64;
/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 64;

/// The type of a key data element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A point in time: a time stamp with an offset, or milliseconds since 1970.
    Time,
    /// A civil day, `YYYY-MM-DD`.
    Date,
    /// `milli`, a whole number of thousandths, and `uom`, a unit of UN/ECE Recommendation 20 (none for pieces).
    Quantity,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Short text.
    Text,
    /// A word of a code list, without spaces.
    Code,
    /// A licence number or the like.
    Licence,
    /// An organisation: `urn:uscc:…` or `urn:lei:…`.
    Entity,
    /// 64 hexadecimal digits, lower case.
    Hash,
    /// What is kept sealed: its commitment, written like a hash.
    Sealed,
    /// A URI.
    Uri,
    /// An identifier of this kind, bare or as its canonical URI.
    Identifier(Kind),
    /// A device identifier of a medical device.
    DeviceIdentifier,
    /// The seven digits that a drug's traceability codes begin with.
    DrugCode,
    /// One of these words.
    Enum(Vec<&'static str>),
    /// One value or more; where members are named, each has all of them.
    List(Vec<&'static str>),
    /// Two whole numbers, the first not greater.
    Pair,
    /// A structure.
    Structure,
    /// Seven flags, as a number.
    Flags7,
}

impl FieldType {
    /// The type that the table calls `name`.
    pub(super) fn from_name(name: &'static str) -> Option<FieldType> {
        let inside = |lead: &str, close: char| -> Option<Vec<&'static str>> {
            Some(name.strip_prefix(lead)?.strip_suffix(close)?.split(',').collect())
        };
        Some(match name {
            "ts" => FieldType::Time,
            "date" => FieldType::Date,
            "qty" => FieldType::Quantity,
            "int" => FieldType::Integer,
            "bool" => FieldType::Boolean,
            "str" => FieldType::Text,
            "code" | "id" => FieldType::Code,
            "licence" => FieldType::Licence,
            "entity" => FieldType::Entity,
            "hash" => FieldType::Hash,
            "sealed" => FieldType::Sealed,
            "uri" => FieldType::Uri,
            "gln" => FieldType::Identifier(Kind::Gln),
            "gtin" => FieldType::Identifier(Kind::Gtin),
            "lot" => FieldType::Identifier(Kind::Lot),
            "division" => FieldType::Identifier(Kind::Division),
            "sc" => FieldType::Identifier(Kind::FoodLicence),
            "formula" => FieldType::Identifier(Kind::InfantFormulaRegistration),
            "approval" => FieldType::Identifier(Kind::DrugApproval),
            "benwei" => FieldType::Identifier(Kind::DrugStandardCode),
            "speq" => FieldType::Identifier(Kind::EquipmentCode),
            "use_cert" => FieldType::Identifier(Kind::UseCertificate),
            "un" => FieldType::Identifier(Kind::UnNumber),
            "udi" => FieldType::DeviceIdentifier,
            "drug_id" => FieldType::DrugCode,
            "list" => FieldType::List(Vec::new()),
            "pair" => FieldType::Pair,
            "struct" => FieldType::Structure,
            "bits7" => FieldType::Flags7,
            _ if name.starts_with("enum(") => FieldType::Enum(inside("enum(", ')')?),
            _ => FieldType::List(inside("list{", '}')?),
        })
    }

    /// What a value must be, for messages.
    pub fn describe(&self) -> String {
        match self {
            FieldType::Time => "2026-10-03T14:00:00.000+08:00".to_owned(),
            FieldType::Date => "YYYY-MM-DD".to_owned(),
            FieldType::Quantity => "{ \"suyuan:milli\": 1000, \"suyuan:uom\": \"KGM\" }".to_owned(),
            FieldType::Integer => "-?[0-9]+".to_owned(),
            FieldType::Boolean => "true | false".to_owned(),
            FieldType::Text => format!(".{{1,{TEXT_CHARACTERS_MAX}}}"),
            FieldType::Code => format!("[!-~]{{1,{CODE_CHARACTERS_MAX}}}"),
            FieldType::Licence => format!(".{{1,{CODE_CHARACTERS_MAX}}}"),
            FieldType::Entity => "urn:uscc:… | urn:lei:…".to_owned(),
            FieldType::Hash | FieldType::Sealed => format!("[0-9a-f]{{{HASH_DIGITS}}}"),
            FieldType::Uri => "URI".to_owned(),
            FieldType::Identifier(kind) => format!("{} ({})", kind.name(), kind.form()),
            FieldType::DeviceIdentifier => "GTIN | HIBC | MA.… | AHM…".to_owned(),
            FieldType::DrugCode => "[0-9]{7}".to_owned(),
            FieldType::Enum(words) => words.join(" | "),
            FieldType::List(members) if members.is_empty() => "[ … ]".to_owned(),
            FieldType::List(members) => format!("[ {{ {} }} … ]", members.join(", ")),
            FieldType::Pair => "[ least, most ]".to_owned(),
            FieldType::Structure => "{ … }".to_owned(),
            FieldType::Flags7 => "0 … 127".to_owned(),
        }
    }

    /// Whether these values, those of one extension, are of this type.
    pub(super) fn accepts(&self, values: &[&Value]) -> bool {
        match self {
            FieldType::List(members) => {
                let elements: Vec<&Value> = values.iter().flat_map(|value| elements(value)).collect();
                !elements.is_empty() && elements.into_iter().all(|value| is_element(value, members))
            }
            FieldType::Pair => match values {
                [least, most] => matches!((integer(least), integer(most)), (Some(least), Some(most)) if least <= most),
                _ => false,
            },
            _ => matches!(values, [value] if self.accepts_one(value)),
        }
    }

    fn accepts_one(&self, value: &Value) -> bool {
        match (self, value) {
            (FieldType::Quantity, Value::Object(object)) => {
                let unit =
                    member(object, "uom").map(|unit| scalar(unit).is_some_and(|unit| Kind::UnitCode.is_valid(unit)));
                member(object, "milli").and_then(integer).is_some() && unit != Some(false)
            }
            (FieldType::Structure, Value::Object(object)) => !object.members.is_empty(),
            (_, Value::Scalar(text, _)) => self.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            FieldType::Time => Stamp::parse(text).is_some() || text.parse::<i64>().is_ok(),
            FieldType::Date => Day::parse(text).is_some(),
            FieldType::Integer => text.parse::<i64>().is_ok(),
            FieldType::Boolean => matches!(text, "true" | "false"),
            FieldType::Text => is_text(text, TEXT_CHARACTERS_MAX),
            FieldType::Licence => is_text(text, CODE_CHARACTERS_MAX),
            FieldType::Code => {
                (1..=CODE_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
            }
            FieldType::Entity => is_entity(text),
            FieldType::Hash | FieldType::Sealed => {
                text.len() == HASH_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }
            FieldType::Uri => is_uri(text),
            FieldType::Identifier(kind) => is_identifier(*kind, text),
            FieldType::DeviceIdentifier => {
                is_identifier(Kind::Gtin, text) || Kind::HibcDevice.is_valid(text) || Kind::AgencyDevice.is_valid(text)
            }
            FieldType::DrugCode => text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit()),
            FieldType::Enum(words) => words.contains(&text),
            FieldType::Flags7 => text.parse::<u8>().is_ok_and(|flags| flags < 128),
            FieldType::Quantity | FieldType::List(_) | FieldType::Pair | FieldType::Structure => false,
        }
    }
}

/// A list within a list of values is its elements.
pub(super) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(values) => values,
        other => std::slice::from_ref(other),
    }
}

/// Whether `value` says something and, as a structure, has all `members`.
fn is_element(value: &Value, members: &[&str]) -> bool {
    match value {
        Value::Null => false,
        Value::Object(object) => members.iter().all(|name| !matches!(member(object, name), None | Some(Value::Null))),
        Value::Scalar(text, _) => members.is_empty() && !text.is_empty(),
        Value::List(_) => false,
    }
}

fn integer(value: &Value) -> Option<i64> {
    scalar(value)?.parse().ok()
}

fn is_text(text: &str, characters_max: usize) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control) && text.chars().nth(characters_max).is_none()
}

/// Whether `text` is the URI of an organisation.
pub(super) fn is_entity(text: &str) -> bool {
    match (text.strip_prefix("urn:uscc:"), text.strip_prefix("urn:lei:")) {
        (Some(code), _) => Kind::Uscc.is_valid(code),
        (_, Some(code)) => Kind::Lei.is_valid(code),
        _ => false,
    }
}

/// Whether `text` is a bare identifier of this kind, or the URI of one.
fn is_identifier(kind: Kind, text: &str) -> bool {
    if kind.is_valid(text) {
        return true;
    }
    let lead = match kind {
        Kind::EquipmentCode => return text.strip_prefix("urn:cn:speq:").is_some_and(|code| kind.is_valid(code)),
        Kind::Gln => "https://id.gs1.org/414/",
        Kind::Gtin => "https://id.gs1.org/01/",
        _ => return false,
    };
    let canonical = constrained_canonical(text);
    let bare = canonical.as_deref().and_then(|link| link.strip_prefix(lead)?.split('/').next());
    bare.is_some_and(|bare| kind.is_valid(bare))
}

#[cfg(test)]
mod tests {
    use suyuan_epcis::model::{Extension, Object, Scalar};
    use suyuan_epcis::name::Name;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Scalar(text.into(), Scalar::Text)
    }

    fn object(members: &[(&str, &str)]) -> Value {
        let member = |(name, value): &(&str, &str)| Extension { name: Name::local(name), value: text(value) };
        Value::Object(Object { members: members.iter().map(member).collect(), ..Object::default() })
    }

    // Goal: each type takes what it means and nothing near it. Method: a table of texts, good and bad.
    #[test]
    fn texts() {
        let hash = "0123456789abcdef".repeat(4);
        let long = "x".repeat(65);
        let table: &[(&'static str, &[&str], &[&str])] = &[
            (
                "ts",
                &["2026-10-03T14:00:00Z", "2026-10-03T14:00:00.000+08:00", "1790000000000"],
                &["", "2026-10-03", "2026-10-03T14:00:00", "1.5"],
            ),
            ("date", &["2028-02-29"], &["2027-02-29", "2027-2-1", "", "2027-02-01T00:00:00Z"]),
            ("int", &["0", "-18", "116"], &["", "1.0", "1e3", "９", "99999999999999999999"]),
            ("bool", &["true", "false"], &["", "True", "1", "N"]),
            ("str", &["GB 19301", "生鲜乳", "x"], &["", " ", "a\nb"]),
            ("code", &["raw-milk", "GB19301-2010"], &["", "raw milk", "生鲜乳", &long]),
            ("licence", &["TS2310123-2022", "许可证 1"], &["", &long]),
            (
                "entity",
                &["urn:uscc:91440115DEMA00013J", "urn:lei:999900DEMOHK00000135"],
                &["91440115DEMA00013J", "urn:uscc:91440115DEMA00013K", "urn:lei:91440115DEMA00013J", ""],
            ),
            ("hash", &[&hash], &["", &hash[1..], &hash.to_uppercase()]),
            ("sealed", &[&hash], &["Mr"]),
            ("uri", &["https://id.gs1.org/414/9521001000017", "urn:x:y"], &["", "barn 1", "9521001000017"]),
            (
                "gln",
                &["9521001000017", "https://id.gs1.org/414/9521001000017/254/a", "urn:epc:id:sgln:9521001.00001.0"],
                &["", "9521001000018", "https://id.gs1.org/417/9521001000017", "https://id.gs1.org/414/9521001000018"],
            ),
            (
                "gtin",
                &["9521001001014", "19521001001011", "https://id.gs1.org/01/19521001001011/10/L"],
                &["9521001001015", "", "https://id.gs1.org/00/095210010000000017"],
            ),
            ("lot", &["L20261003A"], &["", "L20261003AL20261003AL", "批"]),
            ("division", &["440607"], &["990607", "44060"]),
            ("sc", &["SC12944011500126"], &["SC12944011500127"]),
            ("formula", &["国食注字YP20260123"], &["YP20260123"]),
            ("approval", &["国药准字S20260012"], &["S20260012"]),
            ("benwei", &["86905100001233"], &["86905100001234"]),
            (
                "speq",
                &["31104401020190123", "urn:cn:speq:31104401020190123"],
                &["3110440102019", "urn:cn:speq:3110440102019"],
            ),
            ("use_cert", &["梯11粤A00123(19)"], &["A00123"]),
            ("un", &["UN1170"], &["1170"]),
            ("udi", &["9521001001014", "+A123BJC5D6E71G"], &["", "+A123BJC5D6E71H"]),
            ("drug_id", &["8105123"], &["810512", "81051234", "810512X"]),
            ("bits7", &["0", "127"], &["128", "-1", ""]),
            ("enum(pass,fail)", &["pass", "fail"], &["", "PASS", "recheck", "pass,fail"]),
        ];
        for (name, good, bad) in table {
            let kind = FieldType::from_name(name).unwrap();
            assert!(!kind.describe().is_empty());
            for value in *good {
                assert!(kind.accepts(&[&text(value)]), "{name} {value:?}");
            }
            for value in *bad {
                assert!(!kind.accepts(&[&text(value)]), "{name} {value:?}");
            }
            let one = text(good[0]);
            assert!(!kind.accepts(&[&one, &one]) && !kind.accepts(&[]), "{name}");
            assert!(!kind.accepts(&[&Value::Null]) && !kind.accepts(&[&object(&[("a", "b")])]), "{name}");
        }
    }

    // Goal: structures and lists are judged member by member. Method: a table.
    #[test]
    fn structures() {
        let kind = |name| FieldType::from_name(name).unwrap();
        let quantity = |members: &[(&str, &str)]| kind("qty").accepts(&[&object(members)]);
        assert!(quantity(&[("milli", "12000000")]) && quantity(&[("milli", "-5"), ("uom", "KGM")]));
        assert!(
            !quantity(&[("milli", "1.5")])
                && !quantity(&[("uom", "KGM")])
                && !quantity(&[("milli", "1"), ("uom", "kilo")])
        );
        assert!(!kind("qty").accepts(&[&text("5")]));
        let part = object(&[("role", "brake"), ("gtin", "1"), ("lot_or_serial", "2")]);
        let parts = kind("list{role,gtin,lot_or_serial}");
        assert!(parts.accepts(&[&part, &part]) && parts.accepts(&[&Value::List(vec![part.clone()])]));
        assert!(!parts.accepts(&[&part, &object(&[("role", "brake")])]) && !parts.accepts(&[&text("brake")]));
        let list = kind("list");
        assert!(list.accepts(&[&text("a")]) && list.accepts(&[&text("a"), &part]));
        assert!(!list.accepts(&[]) && !list.accepts(&[&Value::List(Vec::new())]) && !list.accepts(&[&text("")]));
        let pair = |one, two| kind("pair").accepts(&[&text(one), &text(two)]);
        assert!(pair("20", "80") && pair("-300", "-180") && !pair("80", "20") && !pair("a", "b"));
        assert!(!kind("pair").accepts(&[&text("20")]));
        assert!(kind("struct").accepts(&[&part]) && !kind("struct").accepts(&[&object(&[])]));
        for unknown in ["", "number", "enum(a", "list{a", "list(a)"] {
            assert_eq!(FieldType::from_name(unknown), None, "{unknown}");
        }
    }
}
