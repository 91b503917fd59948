//! Judges identifiers: of organisations, goods, assets, places, licences, customs and code lists.
//!
//! Each kind has its type ([`Uscc`], [`Gtin`] …) whose values can only come from `parse`, so what
//! holds one holds a valid identifier. [`Kind`] names the kinds where the kind is data, and
//! [`identify`](fn@identify) tells which of them a text can be.
//!
//! Nothing is trimmed, upper-cased or converted: a text that needs it is refused with a
//! [`Reason`]. Where a kind has a public check character it is verified ([`Check::Exact`]);
//! otherwise only the form can be judged ([`Check::FormatOnly`]), and whether the identifier was
//! ever issued is for a registry to say.

pub(crate) mod checks;
mod customs;
mod division;
mod drug;
mod equipment;
mod food;
pub mod guard;
mod identify;
mod keys;
mod lists;
mod medical;
mod organisation;
mod transport;
pub mod units;

pub use identify::{Identified, identify};
pub use medical::UdiDi;

use crate::codes::{Language, identifier as codes, lint};
use crate::epc;
use crate::problem::Reason;

/// How far an identifier can be judged without asking a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// A check character or a closed table: a slip of one character is found.
    Exact,
    /// Only length, characters and structure.
    FormatOnly,
}

/// What a kind's judge says of a valid text: a warning, if there is one.
type Verdict = Result<Option<Reason>, Reason>;

/// How the canonical URI of a kind is made.
#[derive(Clone, Copy)]
enum Uri {
    None,
    /// This before the identifier.
    Urn(&'static str),
    /// A Digital Link path before the key.
    Link(&'static str),
}

/// A text that has been judged: only `parse` makes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Text(Box<str>);

/// Declares the kinds, each with its type.
///
/// `Type = "name", "English", "Chinese", Check, judge, uri, "form";` The form is shown in messages: 9 a digit, A
/// a letter, X either.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $type:ident = $name:literal, $en:literal, $zh:literal, $check:ident, $judge:path, $uri:expr, $form:literal;)*) => {
        /// A kind of identifier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $type,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$type),*];

            /// The stable name, as in the vectors and in the arguments of a [`Reason`].
            pub fn name(self) -> &'static str {
                match self { $(Kind::$type => $name,)* }
            }

            /// What a person calls it.
            pub fn label(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Kind::$type, Language::En) => $en, (Kind::$type, Language::Zh) => $zh,)*
                }
            }

            /// How far it can be judged.
            pub fn check(self) -> Check {
                match self { $(Kind::$type => Check::$check,)* }
            }

            /// The form, for messages: 9 a digit, A a letter, X either.
            pub fn form(self) -> &'static str {
                match self { $(Kind::$type => $form,)* }
            }

            /// Judges `text`. Allocates only to say what is wrong.
            fn judge(self, text: &str) -> Verdict {
                match self { $(Kind::$type => $judge(self, text),)* }
            }

            fn uri(self) -> Uri {
                match self { $(Kind::$type => $uri,)* }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub struct $type(Text);

            impl $type {
                /// The kind.
                pub const KIND: Kind = Kind::$type;
                /// How far it can be judged.
                pub const CHECK: Check = Check::$check;

                /// Reads an identifier exactly as written.
                pub fn parse(text: &str) -> Result<Self, Reason> {
                    Kind::$type.judge(text)?;
                    Ok($type(Text(text.into())))
                }

                /// The identifier as written.
                pub fn as_str(&self) -> &str {
                    &self.0.0
                }

                /// What is odd about it without making it invalid.
                pub fn warning(&self) -> Option<Reason> {
                    Kind::$type.judge(&self.0.0).ok().flatten()
                }

                /// The canonical URI, for the kinds that have one.
                pub fn canonical_uri(&self) -> Option<String> {
                    Kind::$type.canonical_uri(&self.0.0)
                }
            }

            impl std::fmt::Display for $type {
                fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    formatter.write_str(self.as_str())
                }
            }
        )*
    };
}

identifiers! {
    /// Unified social credit code, GB 32100-2015: every organisation in mainland China.
    Uscc = "USCC", "unified social credit code", "统一社会信用代码", Exact, organisation::uscc, Uri::Urn("urn:uscc:"), "XX999999XXXXXXXXXX";
    /// Legal entity identifier, ISO 17442.
    Lei = "LEI", "legal entity identifier", "法人机构识别编码", Exact, organisation::lei, Uri::Urn("urn:lei:"), "XXXXXXXXXXXXXXXXXX99";
    /// Number of a Hong Kong business registration certificate, also its unique business identifier.
    HkBusinessNumber = "hk_business_number", "Hong Kong business registration number", "香港商业登记号码", FormatOnly, organisation::hk_business, Uri::None, "99999999";
    /// Global location number: a place or a party.
    Gln = "GLN", "global location number", "全球位置码", Exact, keys::gln, Uri::Link("/414/"), "9999999999999";
    /// Global trade item number of 8, 12, 13 or 14 digits.
    Gtin = "GTIN", "global trade item number", "全球贸易项目代码", Exact, keys::gtin, Uri::Link("/01/"), "99999999, 999999999999, 9999999999999 / 99999999999999";
    /// Serial shipping container code: a logistic unit.
    Sscc = "SSCC", "serial shipping container code", "系列货运包装箱代码", Exact, keys::sscc, Uri::Link("/00/"), "999999999999999999";
    /// Global returnable asset identifier: a zero, 13 digits and up to 16 characters.
    Grai = "GRAI", "global returnable asset identifier", "全球可回收资产代码", Exact, keys::grai, Uri::Link("/8003/"), "09999999999999X…";
    /// Global individual asset identifier: at least four digits of the company prefix, up to 30
    /// characters.
    Giai = "GIAI", "global individual asset identifier", "全球单个资产代码", FormatOnly, keys::giai, Uri::Link("/8004/"), "9999X…";
    /// Global service relation number of a recipient.
    Gsrn = "GSRN", "global service relation number", "全球服务关系代码", Exact, keys::gsrn, Uri::Link("/8018/"), "999999999999999999";
    /// Global document type identifier: 13 digits and up to 17 characters.
    Gdti = "GDTI", "global document type identifier", "全球文件类型代码", Exact, keys::gdti, Uri::Link("/253/"), "9999999999999X…";
    /// Freight container, ISO 6346.
    ContainerNumber = "ISO6346", "freight container number", "集装箱箱号", Exact, transport::container, Uri::Urn("urn:iso6346:"), "AAAU9999999";
    /// Drug traceability code of 20 digits, NMPAB/T 1002-2019: 7 of the drug, 13 of the pack.
    DrugTraceCode = "drug_trace_code", "drug traceability code", "药品追溯码", FormatOnly, drug::trace_code, Uri::Urn("urn:cn:drugtrace:"), "99999999999999999999";
    /// National drug code, 本位码 (国食药监办〔2009〕315 号).
    DrugStandardCode = "BENWEI", "national drug standard code", "国家药品编码本位码", Exact, drug::standard_code, Uri::None, "86999999999999";
    /// Approval of a drug, 国药准字, in the form of 2020 or before.
    DrugApproval = "drug_approval", "drug approval number", "药品批准文号", FormatOnly, drug::approval, Uri::None, "国药准字H99999999 / 国药准字HC99999999 / 国药准字HJ99999999";
    /// Registration of a medical device.
    DeviceRegistration = "device_registration", "medical device registration number", "医疗器械注册证编号", FormatOnly, medical::registration, Uri::None, "国械注准99999999999";
    /// Filing of a medical device of class I.
    DeviceFiling = "device_filing", "medical device filing number", "医疗器械备案编号", FormatOnly, medical::filing, Uri::None, "国械备99999999";
    /// Device identifier of a medical device as the Health Industry Business Communications Council
    /// writes it.
    HibcDevice = "HIBC", "HIBC device identifier", "HIBC 医疗器械产品标识", Exact, medical::hibc, Uri::None, "+AXXXX…9X";
    /// Device identifier of a medical device by one of the two Chinese agencies, MA or AHM. Their rules
    /// are not public: the prefix and the characters are all that is judged.
    AgencyDevice = "agency_udi", "MA or AHM device identifier", "MA 或 AHM 医疗器械产品标识", FormatOnly, medical::agency, Uri::None, "MA.X… / AHMX…";
    /// Food production licence.
    FoodLicence = "SC", "food production licence number", "食品生产许可证编号", Exact, food::licence, Uri::None, "SC99999999999999";
    /// Registration of an infant formula.
    InfantFormulaRegistration = "infant_formula_reg", "infant formula registration number", "婴幼儿配方乳粉产品配方注册号", FormatOnly, food::infant_formula, Uri::None, "国食注字YP99999999";
    /// Code of a special equipment (boiler, vessel, lift, crane …): 4 of the type, 5 of the maker or 6
    /// of the division, 4 of the year, 4 or 5 of the serial number.
    EquipmentCode = "speq_code", "special equipment code", "特种设备代码", FormatOnly, equipment::code, Uri::Urn("urn:cn:speq:"), "9999999999999X999";
    /// Registration code of a special equipment before the present codes: 4 of the type, 6 of the
    /// division, year and month, 4 of the serial number.
    EquipmentRegistration = "speq_reg_legacy", "special equipment registration code", "特种设备注册代码", FormatOnly, equipment::registration, Uri::None, "99999999999999999999";
    /// Certificate of use of a special equipment.
    UseCertificate = "speq_use_cert", "special equipment use registration certificate", "特种设备使用登记证编号", FormatOnly, equipment::use_certificate, Uri::None, "梯99粤AXXXXX(99)";
    /// Registration of a party with Chinese customs.
    CustomsRegistration = "customs_reg", "customs registration code", "海关注册编码", FormatOnly, customs::registration, Uri::None, "9999XXXXXX";
    /// Authorised economic operator: `AEOCN` and the customs registration, or that of another economy.
    Aeo = "aeo", "authorised economic operator code", "AEO 企业编码", FormatOnly, customs::operator, Uri::None, "AEOCN9999XXXXXX / AEOAAX…";
    /// Customs declaration: 4 of the office, 4 of the year, 1 import or 0 export, 9 of the serial number.
    CustomsDeclaration = "customs_declaration", "customs declaration number", "报关单号", FormatOnly, customs::declaration, Uri::None, "999999991999999999";
    /// Goods class of the Harmonized System: 6 digits, in China 8 or 10.
    HsCode = "hs", "Harmonized System code", "HS 编码", FormatOnly, customs::goods, Uri::None, "999999, 99999999 / 9999999999";
    /// Dangerous goods, UN Model Regulations.
    UnNumber = "un_number", "UN number", "联合国危险货物编号", FormatOnly, transport::un_number, Uri::None, "UN9999";
    /// Administrative division of China, GB/T 2260: six digits, the first two a province.
    Division = "division", "administrative division code", "行政区划代码", FormatOnly, division::division, Uri::None, "999999";
    /// Country, ISO 3166-1 alpha-2.
    CountryCode = "country", "ISO 3166-1 country code", "ISO 3166-1 国家代码", Exact, lists::country, Uri::None, "AA";
    /// Currency, ISO 4217.
    CurrencyCode = "currency", "ISO 4217 currency code", "ISO 4217 货币代码", Exact, lists::currency, Uri::None, "AAA";
    /// Unit of measure, UN/ECE Recommendation 20.
    UnitCode = "unit", "UN/ECE Rec 20 unit code", "UN/ECE 第 20 号建议书计量单位代码", Exact, units::unit, Uri::None, "XX / XXX";
    /// Batch: 1 to 20 characters of GS1 AI (10).
    Lot = "lot", "batch number", "批号", FormatOnly, keys::lot, Uri::None, "X…";
}

impl Kind {
    /// The kind named `name`.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether `text` is a valid identifier of this kind; a warning doesn't hinder.
    pub fn is_valid(self, text: &str) -> bool {
        self.judge(text).is_ok()
    }

    /// What is wrong with `text` as an identifier of this kind, if anything.
    pub fn verify(self, text: &str) -> Result<(), Reason> {
        self.judge(text).map(|_| ())
    }

    /// The canonical URI of a valid identifier.
    fn canonical_uri(self, text: &str) -> Option<String> {
        match self.uri() {
            Uri::None => None,
            Uri::Urn(lead) => Some([lead, text].concat()),
            Uri::Link(path) => {
                let mut uri = ["https://id.gs1.org", path].concat();
                if self == Kind::Gtin {
                    uri.push_str("000000".get(text.len().saturating_sub(8)..).unwrap_or(""));
                }
                // In a bare key `%` is a character, in a link it begins an escape.
                epc::append_link_characters(text, &mut uri);
                Some(uri)
            }
        }
    }

    /// Refuses `text` if one of its characters isn't `allowed`, then if its length isn't.
    fn characters(self, text: &str, allowed: impl Fn(u8) -> bool, lengths: &[usize]) -> Result<(), Reason> {
        self.only(text, allowed)?;
        match lengths.contains(&text.len()) {
            true => Ok(()),
            false => {
                let expected: Vec<String> = lengths.iter().map(usize::to_string).collect();
                Err(self.length(&expected.join("/"), text.len()))
            }
        }
    }

    fn length(self, expected: &str, found: usize) -> Reason {
        Reason::new(codes::LENGTH, &[self.name(), expected, &found.to_string()])
    }

    /// Refuses `text` for its first character that isn't `allowed`.
    fn only(self, text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), Reason> {
        let Some(place) = text.bytes().position(|byte| !allowed(byte)) else { return Ok(()) };
        // All bytes before are ASCII, so this is the start of a character and the place counts them.
        let character = text.get(place..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}');
        Err(self.foreign(character, place))
    }

    /// Refuses a text for the character at `place`, from 0.
    fn foreign(self, character: char, place: usize) -> Reason {
        let shown = match character.is_control() {
            true => character.escape_unicode().to_string(),
            false => character.to_string(),
        };
        Reason::new(codes::CHARSET, &[self.name(), &shown, &place.saturating_add(1).to_string()])
    }

    /// Refuses `text` for its structure, or for a full-width character, which nobody sees is one.
    fn misshapen(self, text: &str) -> Reason {
        let full_width = |character: &char| matches!(character, '\u{ff01}'..='\u{ff5e}' | '\u{3000}');
        if let Some((place, character)) = text.chars().enumerate().find(|(_, character)| full_width(character)) {
            return self.foreign(character, place);
        }
        Reason::new(codes::FORMAT, &[text, self.name(), self.form()])
    }

    /// Refuses `text` for its check character unless `right`.
    fn checked(self, text: &str, right: bool) -> Result<(), Reason> {
        match right {
            true => Ok(()),
            false => Err(Reason::new(lint::CHECK_DIGIT, &[&[self.name(), " ", text].concat()])),
        }
    }
}

fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn digit_or_capital(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// Whether `text` is exactly as many characters as `form`, which says of each: `9` a digit, `A` a
/// capital, `X` either, anything else itself.
fn fits(text: &str, form: &str) -> bool {
    let mut characters = text.chars();
    let all = form.chars().all(|wanted| match (wanted, characters.next()) {
        (_, None) => false,
        ('9', Some(found)) => found.is_ascii_digit(),
        ('A', Some(found)) => found.is_ascii_uppercase(),
        ('X', Some(found)) => found.is_ascii_digit() || found.is_ascii_uppercase(),
        (_, Some(found)) => found == wanted,
    });
    all && characters.next().is_none()
}

/// Whether `year` begins a year of this century or the last.
fn is_year(year: &str) -> bool {
    year.starts_with("19") || year.starts_with("20")
}

/// The characters that stand for the provinces on licences and plates.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
